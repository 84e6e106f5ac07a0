"""The grid explorer without its display: a world that can be changed while the agent of notebook 04 learns in it."""

import numpy as np

from helpers.agents import QLearning, TableConfig
from helpers.buffer import Transition
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, actions_of, terminal_states
from helpers.exact import policy_evaluation, value_iteration
from helpers.policies import epsilon_greedy
from helpers.updates import q_learning_target

LIMITS = {  # what a slider may say: (least, most)
    "gamma": (0.0, 0.99),
    "alpha": (0.0, 1.0),
    "epsilon": (0.0, 1.0),
    "slip": (0.0, 1.0),
    "step_reward": (-1.0, 0.5),
    "goal_reward": (-5.0, 5.0),
    "pit_reward": (-5.0, 5.0),
}
NAMES = {"S": "start", "G": "goal", "X": "pit", "#": "wall", ".": "free grass"}
MOST_STEPS = 200  # env steps after which an episode is cut (truncated): a world may have no way to a goal
MOST_POINTS = 400  # kept of the error's curve
AT_ONCE = 2_000  # env steps of one command: about a tenth of a second


class Explorer:
    """A grid world, the course's Q-learning in it, and the exact answer beside it.

    settings: gamma, alpha, epsilon, slip, step_reward, goal_reward, pit_reward. What is learnt stays when the world or
    a setting changes; `forget` empties the table, `restore` puts the first world and the first settings back too.
    """

    def __init__(self, rows=MEADOW, seed: int = 0, **settings):
        first = {"gamma": 0.95, "alpha": 0.2, "epsilon": 0.3, "goal_reward": 1.0, "pit_reward": -1.0, **MEADOW_RULES}
        self._first = ([list(row) for row in rows], first | settings)
        self.seed = seed
        self.restore()

    # --- what the reader does ---

    def restore(self) -> None:
        """The world and the settings as they were at first, and an empty table."""
        rows, settings = self._first
        self.settings = {name: check_setting(name, value) for name, value in settings.items()}
        self._build([row.copy() for row in rows])
        self.forget()

    def forget(self) -> None:
        """An empty table and a fresh start, with the same seed, in the world as it is."""
        self.agent = QLearning(self.env.observation_space, self.env.action_space, self._config(), self.seed)
        self.errors = np.zeros(self.agent.q.shape)  # (S, A) the last TD error of each entry
        self.last, self.returns = None, []
        self.steps_of = [0]  # env steps at which `rms` was taken
        self.rms, self.spacing = [self.error()], 1  # env steps from one point of the curve to the next, at least
        self.obs, _ = self.env.reset(seed=self.seed)
        self.episode_steps, self.episode_return = 0, 0.0

    def put(self, cell: int, letter: str) -> None:
        """Draw `letter` (S, G, X, # or .) into the cell; the one start moves. ValueError where that cannot be."""
        rows = self.env.cells.tolist()
        columns = self.env.shape[1]
        if letter not in NAMES or not isinstance(cell, int) or not 0 <= cell < self.env.cells.size:
            raise ValueError(
                f"Put one of {', '.join(NAMES)} into a cell from 0 to {self.env.cells.size - 1}; "
                f"it was {letter!r}, {cell}."
            )
        if rows[cell // columns][cell % columns] == "S" and letter != "S":
            raise ValueError(
                "The agent needs a place to start. Put the start somewhere else first, then change this cell."
            )
        if letter == "S":
            rows = [["." if old == "S" else old for old in row] for row in rows]
        rows[cell // columns][cell % columns] = letter
        self._change(rows)

    def set(self, name: str, value: float) -> None:
        """Change one setting; the table stays, the exact answer is computed again where it depends on it."""
        self.settings[name] = check_setting(name, value)
        if name in ("alpha", "epsilon"):
            return
        if name == "gamma":
            self.agent.config = self._config()
            self._solve()
            self._note()
        else:
            self._change(self.env.cells.tolist())

    def advance(self, num_steps: int) -> None:
        """So many env steps, at most 2,000."""
        if not isinstance(num_steps, int) or not 1 <= num_steps <= AT_ONCE:
            raise ValueError(f"Ask for a whole number of env steps from 1 to {AT_ONCE:,}; it was {num_steps}.")
        for _ in range(num_steps):
            self._step()
        self._note()

    def finish_episode(self) -> None:
        """Env steps until this episode ends, by itself or by the clock."""
        before = len(self.returns)
        while len(self.returns) == before:
            self._step()
        self._note()

    # --- what there is to see ---

    def error(self) -> float:
        """Root of the mean squared difference of the table from Q*, over the entries in which one acts."""
        return float(np.sqrt(np.mean((self.agent.q - self.q_star)[self.acts] ** 2))) if self.acts.any() else 0.0

    def wrong_arrows(self) -> int:
        """Cells whose greedy action is not a best one (to within 1e-6)."""
        chosen = np.take_along_axis(self.q_star, self.agent.q.argmax(axis=1)[:, None], axis=1)[:, 0]
        return int(np.sum(self.q_star.max(axis=1)[self.acts] - chosen[self.acts] > 1e-6))

    def values_at_start(self) -> tuple[float, float]:
        """Exact value at the start of the table's greedy policy, and of the best policy."""
        start = self.env.starts[0]
        value = policy_evaluation(self.env.P, self.env.R, self.agent.q.argmax(axis=1), self.settings["gamma"])
        return float(value[start]), float(self.q_star[start].max())

    # --- inside ---

    def _config(self) -> TableConfig:
        def policy(q, counts, step, rng):
            return epsilon_greedy(q, self.settings["epsilon"], rng)

        return TableConfig(gamma=self.settings["gamma"], alpha=lambda n: self.settings["alpha"], policy=policy)

    def _build(self, rows) -> None:
        rules = ("slip", "step_reward", "goal_reward", "pit_reward")
        self.env = GridWorld(["".join(row) for row in rows], **{name: self.settings[name] for name in rules})
        self.acts = ~terminal_states(self.env.P, self.env.R)  # (S,) of bool
        self.acts &= ~np.isin(self.env.cells.ravel(), ["#", "G", "X"])
        self._solve()

    def _solve(self) -> None:
        self.q_star = value_iteration(self.env.P, self.env.R, self.settings["gamma"], tolerance=1e-6)

    def _change(self, rows) -> None:
        """Another world for the same agent, with the same generator; a new episode where it can no longer stand."""
        generator, obs = self.env.np_random, self.obs
        self._build(rows)
        self.env.np_random = generator
        dead = ~self.acts
        self.agent.q[dead], self.agent.counts[dead], self.errors[dead] = 0.0, 0, 0.0  # nobody acts there
        if self.acts[obs]:
            self.env.obs = obs
        else:
            self._begin()
        self._note()

    def _begin(self) -> None:
        self.obs, _ = self.env.reset()
        self.episode_steps, self.episode_return = 0, 0.0

    def _step(self) -> None:
        q, obs = self.agent.q, self.obs
        action = self.agent.act(obs)
        next_obs, reward, terminated, _, _ = self.env.step(action)
        self.episode_steps += 1
        self.episode_return += reward
        truncated = not terminated and self.episode_steps >= MOST_STEPS
        before = float(q[obs, action])
        target = float(q_learning_target(reward, q[next_obs], terminated, self.settings["gamma"]))
        next_best = float(q[next_obs].max())
        self.agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))
        self.errors[obs, action] = target - before
        self.last = {"obs": obs, "action": action, "reward": reward, "next_obs": next_obs, "terminated": terminated}
        self.last |= {"next_best": next_best, "target": target, "before": before, "after": float(q[obs, action])}
        self.obs = next_obs
        if terminated or truncated:
            self.returns.append(self.episode_return)
            self._begin()

    def _note(self) -> None:
        """The newest point of the error's curve; when there are too many, every other one goes, evenly."""
        if len(self.steps_of) > 1 and self.steps_of[-1] - self.steps_of[-2] < self.spacing:
            self.steps_of.pop()
            self.rms.pop()
        self.steps_of.append(self.agent.num_steps)
        self.rms.append(self.error())
        if len(self.rms) > MOST_POINTS:
            self.steps_of, self.rms, self.spacing = self.steps_of[::2], self.rms[::2], 2 * self.spacing


def check_setting(name: str, value) -> float:
    """The value as a number within its limits; ValueError in the reader's words."""
    if name not in LIMITS:
        raise ValueError(f"There is no setting {name!r}; there are {', '.join(LIMITS)}.")
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"`{name}` must be a number from {low:g} to {high:g}; it was {value!r}.")
    return float(value)


def snapshot(world: Explorer) -> dict:
    """What a display needs of the world, as arrays and numbers."""
    value, best = world.values_at_start()
    return {
        "rows": ["".join(row) for row in world.env.cells.tolist()],
        "arrows": [action.arrow for action in actions_of(world.env)],
        "moves": [action.name for action in actions_of(world.env)],
        "settings": world.settings,
        "q": world.agent.q,
        "q_star": world.q_star,
        "errors": world.errors,
        "counts": world.agent.counts,
        "acts": world.acts,
        "obs": world.obs,
        "last": world.last,
        "steps": world.agent.num_steps,
        "episodes": len(world.returns),
        "recent_return": float(np.mean(world.returns[-20:])) if world.returns else None,
        "curve": [world.steps_of, world.rms],
        "rms": world.error(),
        "wrong": world.wrong_arrows(),
        "value": value,
        "best": best,
    }
