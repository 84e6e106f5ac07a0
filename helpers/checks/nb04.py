"""The checkers of notebook 04: an update by hand, `learn` of two agents, and two targets beside that of Q-learning."""

import numpy as np
from gymnasium.spaces import Discrete

from helpers.agents import QLearning, Sarsa, TableConfig
from helpers.buffer import Transition
from helpers.checks.expect import Wrong, array, close, number, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Learn with a Q-table"


@exercise("4.1", "Predict an update", kind="predict")
def update_by_hand(answer, rng):
    """gamma 0.9, alpha 0.5, Q(s, a) = 2, reward 1, Q(s', ·) = (1, 4), and the clock stops the episode."""
    given, q, alpha, gamma = number(answer, "your prediction"), 2.0, 0.5, 0.9
    target = float(q_learning_target(1, [1, 4], False, gamma))
    recognise(
        given,
        q + alpha * (target - q),
        {
            "You cut off the future. The clock stopped the episode: is that `terminated`?": q + alpha * (1 - q),
            "That is the target. The entry moves only a part of the way towards it.": target,
            "That is the TD error. What does the update do with it?": target - q,
            "That is the step. The entry was not 0 before it.": alpha * (target - q),
            "You moved away from the target. Look at the sign of the TD error.": q - alpha * (target - q),
            "You took the next value in full. It comes one step later.": q + alpha * (1 + 4 - q),
            "You took the smaller entry of the next row. Which does Q-learning ask for?": q + alpha * (1 + gamma - q),
            "You took the mean of the next row. Which entry does Q-learning ask for?": q
            + alpha * (1 + gamma * 2.5 - q),
        },
        "Write down the target first, then the TD error, then the step.",
    )
    return "The clock ended the episode, and the world would have gone on: the next value counts."


GAMMA = 0.8
STEPS = {  # obs, action, next_obs, terminated, truncated
    "goes on": (1, 2, 3, False, False),
    "into itself": (2, 0, 2, False, False),
    "cut by the clock": (0, 1, 4, False, True),
    "ends": (3, 1, 0, True, False),
    "ends as the clock stops": (4, 0, 1, True, True),
}


@exercise("4.2", "Write `learn`", changes=True)
def learn(answer, rng):
    """A table with arbitrary entries and visits, and steps that go on, end, and are cut."""
    for obs, action, next_obs, terminated, truncated in STEPS.values():
        q, visits = rng.normal(size=(5, 3)) + 2, rng.integers(2, 9, size=(5, 3))
        reward = float(rng.normal() + 1)
        agent = (_Taught if _is_ours(answer.function) else _Bare)(q.copy(), visits.copy())
        answer(agent, Transition(obs, action, reward, next_obs, terminated, truncated))
        after = array(agent.q, (5, 3), "`agent.q`", "f")
        own, others = (obs, action), np.ones((5, 3), bool)
        others[own] = False
        _ends_teach(after[own] != q[own], terminated, truncated)
        _is_the_right_entry(after, q, own, others, next_obs)
        old, n = q[own], visits[own]
        alpha, row = _alpha(n + 1), GAMMA * q[next_obs]
        future = row.max() * (not terminated)
        target = reward + future
        recognise(
            after[own],
            old + alpha * (target - old),
            {
                "The clock stopped the episode, and the world would have gone on: what follows still counts.": old
                + alpha * (reward + row.max() * (not (terminated or truncated)) - old),
                "The last reward is lost. It was paid before the end; only what would follow is not.": old
                + alpha * ((reward + row.max()) * (not terminated) - old),
                "After a terminated step nothing comes: the next row must not count.": old
                + alpha * (reward + row.max() - old),
                "The next row counts in full. It comes one step later.": old + alpha * (reward + future / GAMMA - old),
                "The reward is discounted too. It comes at once.": old + alpha * (GAMMA * reward + future - old),
                "You asked for the best action where the step began. Where did it lead?": old
                + alpha * (reward + GAMMA * q[obs].max() * (not terminated) - old),
                "You took the same action's entry in the next row. Which does Q-learning ask for?": old
                + alpha * (reward + row[action] * (not terminated) - old),
                "You took the mean of the next row. Which entry does Q-learning ask for?": old
                + alpha * (reward + row.mean() * (not terminated) - old),
                SMALLEST[agent.asked]: old + alpha * (reward + row.min() * (not terminated) - old),
                "The place of the largest entry is not its value: `argmax` gives the place.": old
                + alpha * (reward + GAMMA * q[next_obs].argmax() * (not terminated) - old),
                "The step size is that of the visit before. This visit counts too.": old + _alpha(n) * (target - old),
                "The step size asks for the visits of this one entry. You gave it something else.": old
                + _alpha(71) * (target - old),
                "You moved away from the target. Look at the sign of the TD error.": old - alpha * (target - old),
                "You put the target there. The entry moves only a part of the way.": target,
                "You added a part of the target. The entry moves by a part of the *error*.": old + alpha * target,
                "How much is kept, and how much is new? The step size and the rest are swapped.": alpha * old
                + (1 - alpha) * target,
            },
            "Write down the target first, then the TD error, then the step, as in update 1 above.",
        )
        _has_counted(agent, visits, own, others)
    return "That is all of Q-learning. The rest of the agent only decides what to try."


SMALLEST = {
    False: "You took the smallest entry of the next row.",
    True: "You took the entry of an action that the agent may try. Which entry does Q-learning ask for?",
}
BE_YOURSELF = "There is no `agent.{}` yet: this is what you write here. Change `agent.q` and the two counters yourself."


def _alpha(visits: int) -> float:
    return 1 / (2 + visits)


class _Bare:
    """What the notebook lists of an agent, and no more. It explores by trying what looks worst."""

    def __init__(self, q, counts):
        self.q, self.counts, self.num_steps, self.asked = q, counts, 70, False
        self.config = TableConfig(gamma=GAMMA, alpha=_alpha, policy=self._worst)

    def _worst(self, q, *_) -> int:
        self.asked = True
        return int(np.argmin(q))

    def act(self, obs, explore=True) -> int:
        return self._worst(self.q[obs]) if explore else int(self.q[obs].argmax())

    def learn(self, *_, **__) -> None:
        raise Wrong(BE_YOURSELF.format("learn"))

    def move_towards(self, *_, **__) -> None:
        raise Wrong(BE_YOURSELF.format("move_towards"))


def _is_ours(function) -> bool:
    """Whether it is the course's own `learn`, also where a notebook has written it out again."""
    code, ours = getattr(function, "__code__", None), QLearning.learn.__code__
    return code is not None and (code.co_code, code.co_names) == (ours.co_code, ours.co_names)


class _Taught(_Bare):
    """For the course's own `learn`, which is in two methods."""

    def move_towards(self, *arguments, **keywords):  # pyright: ignore[reportIncompatibleMethodOverride]
        QLearning.move_towards(self, *arguments, **keywords)  # type: ignore[arg-type]


def _ends_teach(moved: bool, terminated: bool, truncated: bool) -> None:
    """The last step of an episode is learnt from too."""
    require(moved or not terminated, "A step that ends the episode still teaches its reward.")
    require(moved or not truncated, "A step that the clock makes the last one teaches as much as any other.")


def _is_the_right_entry(after, q, own, others, next_obs) -> None:
    """One entry moved: that of the step's own state and action."""
    require(
        not np.array_equal(after, q),
        "`agent.q` is as it was. Change the table itself, `agent.q[obs, action] = ...`; a new name is lost.",
    )
    moved = np.argwhere(after != q).tolist()
    require(
        after[own] != q[own] or not any(row == next_obs for row, _ in moved),
        "You moved an entry of the next state. The one that was left is the one that learns.",
    )
    require(close(after[others], q[others]), "Only the entry of this state and this action may change.")


def _has_counted(agent, visits, own, others) -> None:
    """The visit of the entry, and the step of the agent."""
    counts = array(agent.counts, visits.shape, "`agent.counts`", "iu")
    require(counts[own] != visits[own], "The visit is not counted: the next step size would be the same again.")
    require(counts[own] == visits[own] + 1, "One visit is one more in `agent.counts`.")
    require(np.array_equal(counts[others], visits[others]), "Only the entry that was visited has one visit more.")
    require(agent.num_steps == 71, "The step itself is not counted: `agent.num_steps` should be one more.")


def _after_the_end(got, reward) -> None:
    """Targets of steps that all terminated."""
    require(not close(got, np.zeros_like(reward)), "The reward of the last step still counts.")
    require(close(got, reward), "What comes after a terminated step? It should not count.")


@exercise("4.3", "Write the target of Double Q-learning")
def double_q_target(answer, rng):
    """Batches in which the two tables often disagree about the best action."""
    for num_actions, batch in [(2, 7), (4, 6), (3, 1)]:
        reward, ends = rng.normal(size=batch), np.arange(batch) % 2 == 1
        own, other = rng.normal(size=(2, batch, num_actions))
        if batch == 1:  # the tables surely disagree
            own, other = np.array([[1.0, 2.0, 0.5]]), np.array([[3.0, -1.0, 4.0]])
        gamma, rows = rng.uniform(0.5, 0.95), np.arange(batch)

        def ask(ends, gamma=gamma, reward=reward, own=own, other=other):
            return array(answer(reward, own, other, ends, gamma), reward.shape, "the target", "f")

        future = gamma * other[rows, own.argmax(axis=1)]
        recognise(
            ask(np.zeros(batch, bool)),
            reward + future,
            {
                "That is Q-learning's target: one table both chooses and judges.": reward + gamma * own.max(axis=1),
                "The other table both chooses and judges. Let the table that learns choose.": reward
                + gamma * other.max(axis=1),
                "The roles are swapped: the table that learns chooses, the other judges.": reward
                + gamma * own[rows, other.argmax(axis=1)],
                "That is the smaller of the two maxima: another cure, and not this one.": reward
                + gamma * np.minimum(own.max(axis=1), other.max(axis=1)),
                "You averaged the tables first. Then the same numbers choose and judge again.": reward
                + gamma * ((own + other) / 2).max(axis=1),
                "You averaged the two maxima. Both are too high.": reward
                + gamma * (own.max(axis=1) + other.max(axis=1)) / 2,
                "The future has the wrong sign: a good next state should help.": reward - future,
                "The future counts in full. It comes one step later.": reward + future / gamma,
                "The reward of this step is discounted too. Is it late?": gamma * reward + future,
                "One action is chosen for the whole batch. Each row has its own.": reward
                + gamma * other[:, own.max(axis=0).argmax()],
            },
            "The target of a step that goes on is not right. Try it by hand with two actions.",
        )
        _after_the_end(ask(np.ones(batch, bool)), reward)
        require(close(ask(ends), np.where(ends, reward, reward + future)), "Each row has its own `terminated`.")
    return "An action chosen for its luck is judged by a table that had no part in the luck."


@exercise("4.4", "Write SARSA's `learn`", changes=True)
def learn_sarsa(answer, rng):
    """A table with arbitrary entries, and a policy that takes another action each time it is asked, never the best."""
    for obs, action, next_obs, terminated, truncated in STEPS.values():
        q, visits = rng.normal(size=(5, 5)) + 2, rng.integers(2, 9, size=(5, 5))
        q[next_obs, (action + 1) % 5] = q[next_obs].max() + 1  # the best one there is not the action taken here
        reward, over = float(rng.normal() + 1), terminated or truncated
        agent = _BareSarsa(q.copy(), visits.copy(), action)
        answer(agent, Transition(obs, action, reward, next_obs, terminated, truncated))
        after = array(agent.q, (5, 5), "`agent.q`", "f")
        own, others = (obs, action), np.ones((5, 5), bool)
        others[own] = False
        _ends_teach(after[own] != q[own], terminated, truncated)
        _is_the_right_entry(after, q, own, others, next_obs)
        old, n, row = q[own], visits[own], q[next_obs]
        alpha, first = _alpha(n + 1), _worst_first(row, action)
        future = GAMMA * row[first[0]] * (not terminated)
        moved = {
            "The clock stopped the episode, and the world would have gone on: what follows still counts.": reward
            + future * (not over),
            "The last reward is lost. It was paid before the end; only what would follow is not.": (not terminated)
            * (reward + future),
            "After a terminated step nothing comes: the next row must not count.": reward + GAMMA * row[first[0]],
            "The next value counts in full. It comes one step later.": reward + future / GAMMA,
            "That is Q-learning's target: the best next action, and not the one that will be taken.": reward
            + GAMMA * row.max() * (not terminated),
            "You took the next row's entry of the action that was taken *here*. SARSA asks for the next action.": reward
            + GAMMA * row[action] * (not terminated),
            "You took the mean of the next row. SARSA takes one entry: that of the action chosen.": reward
            + GAMMA * row.mean() * (not terminated),
            "You looked for the next action where the step began. Where did it lead?": reward
            + GAMMA * q[obs, _worst_first(q[obs], action)[0]] * (not terminated),
            "You chose more than once, and the target has an action that was chosen later.": reward
            + GAMMA * row[first[1]] * (not terminated),
            "`agent.table.act` gives the number of an action. The target needs that action's entry.": reward
            + GAMMA * first[0] * (not terminated),
        }
        recognise(
            after[own],
            old + alpha * (reward + future - old),
            {hint: old + alpha * (target - old) for hint, target in moved.items()}
            | {
                "The entry has moved twice. `move_towards` does the whole update.": old
                + (1 - (1 - alpha) * (1 - _alpha(n + 2))) * (reward + future - old),
                "You put the target there. The entry moves only a part of the way.": reward + future,
            },
            "Go through the box line by line: choose, write down the target, move, leave the action waiting.",
        )
        _has_counted(agent.table, visits, own, others)
        _leaves_waiting(agent.next_action, int(first[0]), terminated, truncated)
    return "One entry of the target has changed, and with it the question that the table answers."


class _BareSarsa(Sarsa):
    """SARSA before its `learn` is written. Its policy takes what looks worst, and the second worst if asked again."""

    def __init__(self, q, counts, taken: int):
        spaces = Discrete(len(q)), Discrete(q.shape[1])
        self.taken, self.asked = taken, 0
        super().__init__(*spaces, TableConfig(gamma=GAMMA, alpha=_alpha, policy=self._worst), 0)
        self.table.q, self.table.counts, self.table.num_steps = q, counts, 70

    def _worst(self, q, *_) -> int:
        self.asked += 1
        return int(_worst_first(q, self.taken)[(self.asked - 1) % 2])

    def learn(self, *_, **__) -> None:
        raise Wrong(BE_YOURSELF.format("learn"))


def _worst_first(row, taken: int) -> np.ndarray:
    """The two worst actions of a row, the one that was just taken left out: neither is what a wrong target takes."""
    return np.array([action for action in np.argsort(row) if action != taken])[:2]


def _leaves_waiting(waiting, chosen: int, terminated: bool, truncated: bool) -> None:
    """The action of the target waits for `act`; after the end of an episode none does."""
    if terminated or truncated:
        why = "has ended" if terminated else "was stopped by the clock"
        require(waiting is None, f"The episode {why}, and the next one starts elsewhere: no action may be waiting.")
        return
    require(waiting is not None, "No action is waiting: `act` would choose another than the one in the target.")
    given = whole(waiting, "`agent.next_action`", 0, 4)
    require(given == chosen, "The action that waits isn't the one in the target. Choose once, and use it twice.")


@exercise("4.5", "Write the target between SARSA and Q-learning")
def expected_sarsa_target(answer, rng):
    """Batches with distinct entries in each row, and one with ties: there it makes no difference which one is best."""
    for num_actions, batch, ties in [(2, 6, False), (4, 5, False), (3, 1, False), (4, 5, True)]:
        reward, next_q = rng.normal(size=batch), rng.normal(size=(batch, num_actions))
        if ties:
            next_q[:, 0] = next_q[:, 2] = next_q.max(axis=1) + 1
        epsilon, gamma, ends = rng.uniform(0.2, 0.8), rng.uniform(0.5, 0.95), np.arange(batch) % 2 == 1

        def ask(ends, epsilon=epsilon, gamma=gamma, reward=reward, next_q=next_q):
            return array(answer(reward, next_q, ends, epsilon, gamma), reward.shape, "the target", "f")

        best, mean = next_q.max(axis=1), next_q.mean(axis=1)
        others = (next_q.sum(axis=1) - best) / (num_actions - 1)
        largest = (next_q == best[:, None]).sum(axis=1)
        future = gamma * ((1 - epsilon) * best + epsilon * mean)
        recognise(
            ask(np.zeros(batch, bool)),
            reward + future,
            {
                "The future has the wrong sign: a good next state should help.": reward - future,
                "The future counts in full. It comes one step later.": reward + future / gamma,
                "The reward of this step is discounted too. Is it late?": gamma * reward + future,
                "That is Q-learning's target: as if the agent never explored.": reward + gamma * best,
                "That is the target of an agent that always acts at random.": reward + gamma * mean,
                "You averaged over the whole batch. Each row is a state of its own, with its own mean.": reward
                + gamma * ((1 - epsilon) * best + epsilon * next_q.mean()),
                "You added up the row where its mean belongs: the random action is one of them, each as likely.": reward
                + gamma * ((1 - epsilon) * best + epsilon * next_q.sum(axis=1)),
                "You let the random action be any but the best. An ε-greedy agent may draw the best one too.": reward
                + gamma * ((1 - epsilon) * best + epsilon * others),
                "How often does it explore? ε and the rest are swapped.": reward
                + gamma * (epsilon * best + (1 - epsilon) * mean),
                "Where two entries are equally large, both count as the best, and their chances sum to more than 1.": (
                    reward + gamma * ((1 - epsilon) * largest * best + epsilon * mean)
                ),
            },
            "The target of a step that goes on is not right. Try it by hand with two actions.",
        )
        _after_the_end(ask(np.ones(batch, bool)), reward)
        require(close(ask(ends), np.where(ends, reward, reward + future)), "Each row has its own `terminated`.")
    return "With ε = 0 it is Q-learning's target; for any ε it is the mean of SARSA's over the next action."
