"""A deep Q-learner for CartPole that cannot run and cannot learn, and the first half of its repair.

`Program` has the structure and the faults of many listings. Each class after it mends one fault by one method, until
it runs, can be judged, and no longer wastes its time. `helpers.clinic.repair` goes on from there, until it learns.
"""

# Two of the faults are an import and a name that are not there; and the mended program hands its returns back.
# pyright: reportMissingImports=false, reportUndefinedVariable=false, reportIncompatibleMethodOverride=false

import gymnasium
import numpy as np
import tensorflow as tf

from helpers.network import make_network


class Program:
    """The program as it is found. `train` plays and learns, `test` plays."""

    def __init__(self):
        self.env = self.make_env()
        self.network = self.make_network()
        self.target_network = self.make_network()
        self.optimizer = tf.keras.optimizers.Adam(learning_rate=0.001)

    def make_env(self):
        import gym

        return gym.make("CartPole-v1")

    def make_network(self):
        hidden = [tf.keras.layers.Dense(64, "relu") for _ in range(2)]
        layers = [tf.keras.Input((4,)), *hidden, tf.keras.layers.Dense(2)]
        return tf.keras.Sequential(layers)

    def train(self, num_episodes=1000):
        for _ in range(num_episodes):
            obs, over = self.begin(), False
            while not over:
                action = self.act(obs)
                next_obs, reward, over = self.step(action)
                self.learn(obs, action, reward, next_obs, over)
                obs = next_obs

    def test(self, num_episodes=100):
        total = 0
        for _ in range(num_episodes):
            obs, over = self.begin(), False
            while not over:
                obs, reward, over = self.step(self.act(obs))
                total += reward

    def begin(self):
        return self.env.reset()

    def step(self, action):
        next_obs, reward, over, _ = self.env.step(action)
        return next_obs, reward, over

    def act(self, obs):
        return int(self.values(self.network, obs).argmax())

    def values(self, network, obs):
        return network.predict(obs.reshape(1, -1))  # (1, A)

    def learn(self, obs, action, reward, next_obs, over):
        wanted = self.values(self.network, obs)  # (1, A)
        wanted[0, action] = self.target(reward, next_obs, over)
        self.target_network.set_weights(self.network.get_weights())
        with tf.GradientTape() as tape:
            loss = self.loss(wanted, self.network(obs.reshape(1, -1)))
        weights = self.network.trainable_variables
        gradient = tape.gradient(loss, weights)
        self.optimizer.apply_gradients(zip(gradient, weights, strict=True))

    def target(self, reward, next_obs, over):
        future = self.values(self.target_network, next_obs).max()
        return reward + gamma * future  # noqa: F821

    def loss(self, wanted, q):
        return tf.reduce_mean(tf.keras.losses.mean_squared_error(wanted, q))


# --- until it runs --------------------------------------------------------------------------------------------------


class NewLibrary(Program):
    """Gymnasium is gym's successor."""

    def make_env(self):
        return gymnasium.make("CartPole-v1")


class UnpacksReset(NewLibrary):
    """`reset` gives two things."""

    def begin(self):
        obs, _ = self.env.reset()
        return obs


class UnpacksStep(UnpacksReset):
    """`step` gives five. (Joining the two flags is right for the loop, and wrong for the target.)"""

    def step(self, action):
        next_obs, reward, terminated, truncated, _ = self.env.step(action)
        return next_obs, reward, terminated or truncated


class DefinesGamma(UnpacksStep):
    """The discount is a number of the agent."""

    gamma = 0.99

    def target(self, reward, next_obs, over):
        future = self.values(self.target_network, next_obs).max()
        return reward + self.gamma * future


class DefinesLoss(DefinesGamma):
    """The mean of squares, written out: no library can take it away."""

    def loss(self, wanted, q):
        return tf.reduce_mean(tf.square(wanted - q))


# --- until it can be judged -----------------------------------------------------------------------------------------


class Seeded(DefinesLoss):
    """One seed for the weights and, at the first reset only, for the environment."""

    def __init__(self, seed):
        self.weight_seed = self.env_seed = seed
        super().__init__()

    def make_network(self):
        return make_network(4, (64, 64), 2, self.weight_seed)

    def begin(self):
        obs, _ = self.env.reset(seed=self.env_seed)
        self.env_seed = None  # seeded again, every episode would be the first one
        return obs


class Examined(Seeded):
    """The return of every episode, handed back."""

    def test(self, num_episodes=100):
        returns = np.zeros(num_episodes)
        for episode in range(num_episodes):
            obs, over = self.begin(), False
            while not over:
                obs, reward, over = self.step(self.act(obs))
                returns[episode] += reward
        return returns


class Called(Examined):
    """The network is called, and does not `predict`."""

    def values(self, network, obs):
        return network(obs.reshape(1, -1)).numpy()  # (1, A)
