"""The numbers of a DQN."""

from dataclasses import dataclass

from helpers.config import check_counts, check_hidden, check_shares, helpful


@helpful
@dataclass(frozen=True)
class DQNConfig:
    """Every number of the agent; the defaults solve CartPole-v1.

    `hidden` and `obs_scale` belong to the network that `DQN` makes, `learning_rate` and `learning_rate_steps` to its
    optimiser: they say nothing where another one is handed in.
    """

    hidden: tuple[int, ...] = (64, 64)  # units of each hidden layer
    obs_scale: tuple[float, ...] | None = (2.4, 3.0, 0.21, 3.0)  # (O,) divides obs, so that each part is about +-1
    gamma: float = 0.99  # discount for each env step
    learning_rate: float = 2e-3  # Adam's step size at the first gradient step
    learning_rate_steps: int | None = 25_000  # gradient steps in which it falls to 0 in a line; None: it stays
    batch_size: int = 64  # transitions in one gradient step
    buffer_size: int = 100_000  # transitions kept
    learning_starts: int = 1_000  # env steps before the first gradient step
    learn_every: int = 256  # env steps from one call of the compiled function to the next
    gradient_steps: int = 64  # K, gradient steps in one call
    target_every: int = 64  # gradient steps from one copy to the target network to the next; a multiple of K
    epsilon_start: float = 1.0  # chance of a random action at first
    epsilon_end: float = 0.05  # and in the end
    epsilon_steps: int = 10_000  # env steps between the two

    def __post_init__(self):
        check_counts(
            self, "batch_size", "buffer_size", "learn_every", "gradient_steps", "target_every", "epsilon_steps"
        )
        check_hidden(self)
        check_shares(self, "gamma", "epsilon_start", "epsilon_end")
        if not self.learning_rate > 0:
            raise ValueError(f"`learning_rate` must be above 0; it was {self.learning_rate}.")
        if self.target_every % self.gradient_steps:
            raise ValueError(
                f"`target_every` must be a multiple of `gradient_steps`, because the copy is made between two calls; "
                f"they were {self.target_every} and {self.gradient_steps}."
            )
