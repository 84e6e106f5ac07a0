"""The worlds do what their arrays say, and the arrows point where the agent goes."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from helpers.envs import (
    MEADOW,
    MEADOW_RULES,
    Corridor,
    Discretise,
    GridWorld,
    SwitchedCorridor,
    actions_of,
    as_arrays,
    terminal_states,
)

WORLDS = {
    "meadow": lambda: GridWorld(MEADOW, **MEADOW_RULES),
    "corridor": lambda: Corridor(5),
    "switched corridor": lambda: SwitchedCorridor(aliased=False),
    "lake": lambda: gym.make("FrozenLake-v1"),
    "large lake": lambda: gym.make("FrozenLake-v1", map_name="8x8"),
    "cliff": lambda: gym.make("CliffWalking-v1"),
}


@pytest.mark.filterwarnings("ignore:.*spec.*")
@pytest.mark.parametrize("name", ["meadow", "corridor", "switched corridor"])
def test_our_worlds_keep_gymnasiums_contract(name):
    check_env(WORLDS[name](), skip_render_check=True)


@pytest.mark.parametrize("name", WORLDS)
def test_arrays_are_probabilities(name):
    P, R = as_arrays(WORLDS[name]())
    assert P.shape == (*R.shape, R.shape[0])
    assert (P >= 0).all()
    np.testing.assert_allclose(P.sum(axis=2), 1)


@pytest.mark.parametrize("name", WORLDS)
def test_arrays_agree_with_steps(name):
    """Count what really follows from each state-action pair of 20,000 random steps."""
    env = WORLDS[name]()
    P, R = as_arrays(env)
    rng = np.random.default_rng(0)
    counts, sums = np.zeros_like(P), np.zeros_like(R)
    obs, _ = env.reset(seed=0)
    for _ in range(20_000):
        action = int(rng.integers(env.action_space.n))
        next_obs, reward, terminated, truncated, _ = env.step(action)
        counts[obs, action, next_obs] += 1
        sums[obs, action] += reward
        assert terminated == terminal_states(P, R)[next_obs]
        obs = env.reset()[0] if terminated or truncated else next_obs
    visits = counts.sum(axis=2)
    often = visits >= 200
    assert often.any()
    assert (P[counts > 0] > 0).all()  # nothing happened that the arrays forbid
    shares = counts[often] / visits[often][:, None]
    assert np.abs(shares - P[often]).max() < 0.14  # 4 standard errors at 200 visits
    assert np.abs(sums[often] / visits[often] - R[often]).max() < 0.3 * max(1, np.ptp(R) / 4)


@pytest.mark.parametrize(
    ("name", "shape", "start"), [("meadow", (4, 6), 20), ("lake", (4, 4), None), ("cliff", (4, 12), 14)]
)
def test_arrows_point_where_the_agent_goes(name, shape, start):
    """From a cell with free neighbours each action moves one cell along its arrow."""
    env = gym.make("FrozenLake-v1", is_slippery=False) if name == "lake" else WORLDS[name]()
    start = 14 if name == "lake" else start
    P, _ = as_arrays(GridWorld(MEADOW, slip=0.0) if name == "meadow" else env)
    for action, meaning in enumerate(actions_of(env)):
        row, column = np.unravel_index(start, shape)
        aim = (row + meaning.step[0], column + meaning.step[1])
        if 0 <= aim[0] < shape[0] and 0 <= aim[1] < shape[1]:
            target = np.ravel_multi_index(aim, shape)
            if name == "meadow" and MEADOW[aim[0]][aim[1]] == "#":
                target = start
            assert P[start, action, target] == 1, meaning.name
        else:
            assert P[start, action, start] == 1, meaning.name


def test_arrows_and_names_belong_together():
    for env in (*(make() for make in WORLDS.values()), gym.make("CartPole-v1")):
        order = actions_of(env)
        assert len(order) == env.action_space.n
        for action in order:
            arrow = {"left": "←", "right": "→", "up": "↑", "down": "↓"}[action.name]
            assert action.arrow == arrow
            assert action.step == {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}[action.name]


def test_cartpoles_actions_push_where_they_say():
    env = gym.make("CartPole-v1")
    for action, meaning in enumerate(actions_of(env)):
        before, _ = env.reset(seed=0)
        after, *_ = env.step(action)
        assert np.sign(after[1] - before[1]) == meaning.step[1]


def test_actions_of_an_unknown_world():
    with pytest.raises(KeyError, match="The actions of AcrobotEnv have no names here"):
        actions_of(gym.make("Acrobot-v1"))


def test_slip_by_hand():
    """Slip 0.2 in a free cell: 0.8 ahead, 0.1 to each side, never backwards."""
    world = GridWorld(["...", ".S.", "..."], slip=0.2, step_reward=-0.5)
    left, down, right, up = 3, 7, 5, 1  # neighbours of cell 4
    assert world.P[4, 2, right] == pytest.approx(0.8)  # action 2 is right
    assert world.P[4, 2, up] == pytest.approx(0.1)
    assert world.P[4, 2, down] == pytest.approx(0.1)
    assert world.P[4, 2, left] == 0
    assert world.R[4, 2] == pytest.approx(-0.5)


def test_what_may_follow_is_listed_with_each_way_that_a_move_can_go():
    """Right from the corner of a row of two: into the goal, or against the edge twice, which stays listed twice."""
    world = GridWorld(["SG"], slip=0.2, step_reward=-0.5)
    found = world.outcomes(0, 2)
    assert found == [(0.8, 1, 1.0, True), (0.1, 0, -0.5, False), (0.1, 0, -0.5, False)]
    assert world.outcomes(1, 2) == []
    assert GridWorld(["S#"]).outcomes(1, 0) == []


def test_walls_edges_and_ends_by_hand():
    world = GridWorld(["S#G", "..X"], goal_reward=2, pit_reward=-3, step_reward=-0.1)
    assert world.P[0, 2, 0] == 1  # right, into the wall: stays
    assert world.P[0, 0, 0] == 1  # left, over the edge: stays
    assert world.R[4, 2] == -3  # right, into the pit
    assert world.P[5, 1, 5] == 1 and world.R[5, 1] == 0  # the pit leads to itself for nothing
    assert terminal_states(world.P, world.R).tolist() == [False, True, True, False, False, True]


def test_several_starts_are_all_used():
    world = GridWorld(["S.S", "S.G"])
    seen = {world.reset(seed=0)[0]} | {world.reset()[0] for _ in range(50)}
    assert seen == {0, 2, 3}


def test_corridor_by_hand():
    """Three cells, start in cell 1 of 0..2, which is state 2 of 0..4: two steps right to the far reward."""
    env = Corridor(3, start=1, near_reward=0.1, far_reward=1.0)
    assert env.reset(seed=0)[0] == 2
    assert env.step(1) == (3, 0.0, False, False, {})
    assert env.step(1) == (4, 1.0, True, False, {})
    env.reset()
    env.step(0)
    assert env.step(0) == (0, 0.1, True, False, {})


def test_discretise_by_hand():
    """Edges 0 cut the first part into 2 bins; edges -1, 1 the second into 3: index = bin1 * 3 + bin2."""
    env = Discretise(gym.make("MountainCar-v0"), [[0.0], [-1.0, 1.0]])
    assert env.observation_space.n == 6
    assert env.observation(np.array([-0.5, -2.0])) == 0
    assert env.observation(np.array([-0.5, 0.0])) == 1
    assert env.observation(np.array([0.5, 2.0])) == 5
    assert env.observation(np.array([0.0, 0.0])) == 4  # an edge belongs to the bin above it


@given(st.lists(st.floats(-10, 10), min_size=4, max_size=4))
def test_every_observation_has_a_row(values):
    edges = [np.linspace(-2, 2, 3), [], [0.0], np.linspace(-1, 1, 5)]
    env = Discretise(gym.make("CartPole-v1"), edges)
    assert env.observation_space.contains(env.observation(np.array(values)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GridWorld(["S.", "..."]), "one common length.*2, 3"),
        (lambda: GridWorld(["S?"]), r"only; it also had \['\?'\]"),
        (lambda: GridWorld(["..G"]), "at least one start"),
        (lambda: GridWorld(["S"], slip=1.5), "between 0 and 1; it was 1.5"),
        (lambda: Corridor(1), "2 or more cells.*were 1 and 1"),
        (lambda: Corridor(3, start=3), "a start inside; they were 3 and 3"),
        (lambda: Discretise(gym.make("CartPole-v1"), [[0.0]]), "one array for each part.*there were 1"),
        (lambda: Discretise(gym.make("CartPole-v1"), [[0, 0], [], [], []]), "must increase"),
        (lambda: as_arrays(gym.make("CartPole-v1")), "CartPoleEnv has no transition table"),
    ],
)
def test_errors_say_what_was_given_and_expected(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()


@st.composite
def grids(draw):
    """Grids of one to four rows and columns with at least one start."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    letters = draw(st.lists(st.sampled_from("SGX#."), min_size=rows * columns, max_size=rows * columns))
    letters[draw(st.integers(0, len(letters) - 1))] = "S"
    return ["".join(letters[row * columns : (row + 1) * columns]) for row in range(rows)]


@given(grids(), st.floats(0, 1), st.integers(0, 2**32))
def test_any_grid_is_a_world_whose_steps_its_arrays_foretell(rows, slip, seed):
    world = GridWorld(rows, slip=slip, step_reward=-0.5)
    P, R = as_arrays(world)
    np.testing.assert_allclose(P.sum(axis=2), 1)
    assert np.all(P >= 0)
    ends = np.isin(world.cells.ravel(), ["G", "X", "#"])
    assert np.array_equal(terminal_states(P, R), ends)
    obs, _ = world.reset(seed=seed)
    assert obs in world.starts
    for action in range(4):
        next_obs, reward, terminated, truncated, _ = world.step(action)
        assert P[obs, action, next_obs] > 0
        assert terminated == (world.cells.ravel()[next_obs] in "GX")
        assert reward == {"G": 1, "X": -1}.get(world.cells.ravel()[next_obs], -0.5)
        assert not truncated
        if terminated:
            break
        obs = next_obs


@given(st.text(alphabet="SGX#.?", max_size=3), st.text(alphabet="SGX#.?", max_size=3))
def test_a_grid_is_made_or_refused_in_words(first, second):
    sound = len(first) == len(second) > 0 and "?" not in first + second and "S" in first + second
    if sound:
        assert GridWorld([first, second]).shape == (2, len(first))
    else:
        with pytest.raises(ValueError, match=r"rows of a grid need|A grid is drawn with|A grid needs"):
            GridWorld([first, second])


@given(st.integers(2, 12), st.data())
def test_a_corridor_is_left_at_the_end_to_which_one_walks(length, data):
    start = data.draw(st.integers(0, length - 1))
    for action, steps, reward in [(0, start + 1, 0.1), (1, length - start, 1.0)]:
        world = Corridor(length, start=start)
        world.reset(seed=0)
        walked = [world.step(action)[1:3] for _ in range(steps)]
        assert walked[-1] == (reward, True)
        assert all(step == (0.0, False) for step in walked[:-1])


@given(st.lists(st.lists(st.floats(-3, 3), max_size=4, unique=True).map(sorted), min_size=4, max_size=4), st.data())
def test_a_row_number_says_which_bin_each_part_fell_into(edges, data):
    obs = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=4, max_size=4)))
    env = Discretise(gym.make("CartPole-v1"), edges)
    bins = np.unravel_index(env.observation(obs), env.num_bins)
    for value, part, place in zip(obs, edges, bins, strict=True):
        assert place == sum(edge <= value for edge in part)


@given(st.text("abcXYZ", max_size=8))
def test_actions_of_a_world_without_names_are_asked_for_in_words(name):
    world = type(f"World{name}", (gym.Env,), {})()
    with pytest.raises(KeyError, match="have no names here; known are"):
        actions_of(world)


@pytest.mark.filterwarnings("ignore:.*spec.*")
def test_the_switched_corridor_shows_nothing_of_where_the_agent_is():
    """Right, right (switched: back), left, right: cells 0, 1, 0, 0, 1; then left (switched), right: the goal."""
    check_env(SwitchedCorridor(), skip_render_check=True)
    blind, seeing = SwitchedCorridor(), SwitchedCorridor(aliased=False)
    assert blind.reset(seed=0)[0] == seeing.reset(seed=0)[0] == 0
    places = []
    for action in (1, 1, 0, 1, 0, 1):
        obs, reward, terminated, truncated, _ = seeing.step(action)
        assert blind.step(action)[:4] == (0, reward, terminated, truncated)
        places.append((obs, reward, terminated))
    assert places == [(1, -1, False), (0, -1, False), (0, -1, False), (1, -1, False), (2, -1, False), (3, -1, True)]
