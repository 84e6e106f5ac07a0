"""Draw the picture at the top of README.md from the recorded runs: an agent at three ages, and ten learning curves.

python tools/draw_front.py
"""

import sys

import gymnasium as gym
import matplotlib.pyplot as plt
import numpy as np

from helpers.agents import HandMadeAgent
from helpers.animation import animated_png, record_episode, record_figure
from helpers.network import values_in_numpy
from helpers.plotting import COLOURS, plot_runs, reference_line, use_style
from helpers.records import load_record
from tools.course import NOTEBOOKS, ROOT

PICTURE = ROOT / "docs" / "assets" / "front.png"
ENV_ID, START = "CartPole-v1", 7
AGES = {0: (1, 12), 20_000: (6, 30), 100_000: (6, 50)}  # env steps: env steps between two pictures, most pictures
MAX_BYTES = 300_000


def agent_at(record: dict, age: int, obs_scale) -> HandMadeAgent:
    """The agent of seed 0 as it was after `age` env steps of training."""
    layers = [(record[f"weights_{age}/{k}"], record[f"weights_{age}/{k + 1}"]) for k in (0, 2, 4)]
    return HandMadeAgent(lambda obs: values_in_numpy(layers, obs / obs_scale).argmax())


def films(record: dict, obs_scale) -> list[tuple[int, np.ndarray]]:
    """(age, picture) of every frame."""
    env = gym.make(ENV_ID, render_mode="rgb_array")
    frames = []
    for age, (every, most) in AGES.items():
        pictures = record_episode(agent_at(record, age, obs_scale), env, START, most, every=every, width=360)
        frames += [(age, picture[40:190]) for picture in pictures]
        frames += [frames[-1]] * 6  # stay for a moment
    return frames


def draw(record: dict, frames) -> list[np.ndarray]:
    """The film on the left, the curves on the right, with a line that marks the age of the agent on the left."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.7), width_ratios=(1, 1.1))
    left.set_axis_off()
    image = left.imshow(frames[0][1])
    curves = record["greedy_returns"].mean(axis=2)  # (N, V)
    plot_runs(right, record["measured_at"] / 1_000, curves, "deep Q-network", COLOURS["DQN"])
    reference_line(right, gym.spec(ENV_ID).reward_threshold, "solved", COLOURS["table"])
    marker = right.axvline(0, color=COLOURS["exact"], linewidth=1.2)
    right.set(xlabel="thousands of environment steps", ylabel="return per episode", xlim=(-2, 102), ylim=(0, 520))
    right.legend(loc="lower right")

    def draw_frame(k: int) -> None:
        age, picture = frames[k]
        image.set_data(picture)
        left.set_title("before training" if age == 0 else f"after {age:,} steps of training")
        marker.set_xdata([age / 1_000] * 2)

    pictures = record_figure(figure, draw_frame, len(frames))
    plt.close(figure)
    return pictures


def main() -> int:
    use_style()
    record, provenance = load_record(NOTEBOOKS / "data" / "plain_dqn.npz")
    frames = films(record, np.array(provenance["config"]["obs_scale"], np.float32))
    pictures = draw(record, frames)
    png = animated_png(pictures, frames_per_second=10, width=pictures[0].shape[1])
    if len(png) > MAX_BYTES:
        print(f"{PICTURE.name} would have {len(png):,} bytes, more than {MAX_BYTES:,}: show fewer pictures.")
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(png)
    print(f"{PICTURE.relative_to(ROOT)}: {len(pictures)} pictures, {len(png):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
