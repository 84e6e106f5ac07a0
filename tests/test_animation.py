"""Episodes become animated PNGs: the right pictures, small, and described."""

from io import BytesIO

import gymnasium as gym
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from helpers import animation
from helpers.agents import HandMadeAgent
from helpers.animation import animated_png, caption, shrink

ALWAYS_LEFT = HandMadeAgent(lambda obs: 0)


def test_an_episode_has_its_start_every_step_and_its_end():
    """Always left from seed 0 falls after some 9 steps: that many pictures, and the start."""
    env = gym.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=0)
    steps, terminated = 0, False
    while not terminated:
        _, _, terminated, _, _ = env.step(0)
        steps += 1
    frames = animation.record_episode(ALWAYS_LEFT, env, seed=0)
    assert len(frames) == 1 + steps
    assert frames[0].shape == (200, 300, 3)
    every_fourth = animation.record_episode(ALWAYS_LEFT, env, seed=0, every=4)
    assert len(every_fourth) == 1 + -(-steps // 4)
    assert (every_fourth[0] == frames[0]).all()
    assert (every_fourth[1] == frames[4]).all()
    assert (every_fourth[-1] == frames[-1]).all()


def test_an_environment_that_draws_nothing_is_refused():
    with pytest.raises(ValueError, match='render_mode="rgb_array" to record it; it was None'):
        animation.record_episode(ALWAYS_LEFT, gym.make("CartPole-v1"), seed=0)


def test_animated_png_plays_every_picture():
    frames = [np.full((40, 60, 3), shade, np.uint8) for shade in (0, 100, 200)]
    picture = Image.open(BytesIO(animation.animated_png(frames, frames_per_second=10, width=30)))
    assert picture.n_frames == 3
    assert picture.size == (30, 20)
    durations, shades = [], []
    for frame in range(3):
        picture.seek(frame)
        durations.append(picture.info["duration"])
        shades.append(np.asarray(picture.convert("RGB")).mean())
    assert durations == [100, 100, 1000]
    np.testing.assert_allclose(shades, [0, 100, 200], atol=2)


def test_no_pictures_no_animation():
    with pytest.raises(ValueError, match="at least one picture"):
        animation.animated_png([], 25, 300)


def test_a_figure_is_recorded_as_it_changes():
    figure, ax = plt.subplots(figsize=(2, 2))
    frames = animation.record_figure(figure, lambda k: ax.set_facecolor((k / 2, 0, 0)), 3)
    plt.close(figure)
    middles = [frame[frame.shape[0] // 2, frame.shape[1] // 2, 0] for frame in frames]
    assert middles[0] < middles[1] < middles[2]


def test_a_dot_walks_over_the_cells_of_a_map(ax_of_a_map):
    """From cell 1 to 4, below it, and there it stays: found where the map itself has these cells."""
    frames = animation.record_walk(ax_of_a_map, [1, 4, 4], columns=3, between=2, colour="#ff0000")
    assert len(frames) == 2 + 2 * 2
    middles = [np.argwhere((frame == (255, 0, 0)).all(axis=2)).mean(axis=0) for frame in frames]
    (x, y), (_, below) = ax_of_a_map.transData.transform([(1, 0), (1, 1)])
    height = frames[0].shape[0]
    expected = [(height - place, x) for place in (y, y, (y + below) / 2, below, below, below)]
    np.testing.assert_allclose(middles, expected, atol=1.5)


@pytest.fixture
def ax_of_a_map():
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.imshow(np.zeros((2, 3)))
    yield ax
    plt.close(figure)


def test_films_run_beside_each_other_and_the_shorter_one_waits():
    short = [np.full((2, 3, 3), shade, np.uint8) for shade in (1, 2)]
    long = [np.full((2, 4, 3), shade, np.uint8) for shade in (5, 6, 7)]
    both = animation.side_by_side(short, long)
    assert [frame.shape for frame in both] == [(2, 7, 3)] * 3
    assert [(frame[0, 0, 0], frame[0, -1, 0]) for frame in both] == [(1, 5), (2, 6), (2, 7)]
    with pytest.raises(ValueError, match=r"at least one picture; they had \[2, 0\]"):
        animation.side_by_side(short, [])


def test_captions_leave_the_picture_itself_alone():
    frame = np.full((100, 300, 3), 255, np.uint8)
    (captioned,) = animation.caption([frame], ["step 7"])
    assert (frame == 255).all()
    assert (captioned[:30] < 255).any()
    assert (captioned[40:] == 255).all()


def test_shrinking_keeps_proportions_and_never_enlarges():
    frame = np.zeros((400, 600, 3), np.uint8)
    assert animation.shrink(frame, 300).shape == (200, 300, 3)
    assert animation.shrink(frame, 900) is frame


def test_animation_is_shown_with_its_description(monkeypatch):
    shown = []
    monkeypatch.setattr(animation, "show_png", lambda png, alt: shown.append((png, alt)))
    animation.show_animation([np.full((10, 10, 3), 50 * k, np.uint8) for k in range(4)], "It grows lighter.", every=2)
    ((png, alt),) = shown
    assert alt == "It grows lighter."
    assert Image.open(BytesIO(png)).n_frames == 2


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 80))
def test_shrinking_any_picture_keeps_its_proportions(height, width, wanted):
    picture = shrink(np.zeros((height, width, 3), np.uint8), wanted)
    assert picture.shape[1] == min(width, wanted)
    assert abs(picture.shape[0] - height * picture.shape[1] / width) < 1  # half a pixel, or the one that must be


@given(st.integers(1, 40), st.integers(1, 25))
def test_any_number_of_pictures_is_played(num_frames, frames_per_second):
    frames = [np.full((4, 6, 3), 255 * (k % 2), np.uint8) for k in range(num_frames)]
    film = Image.open(BytesIO(animated_png(frames, frames_per_second, width=6)))
    assert getattr(film, "n_frames", 1) == num_frames


@given(st.text(max_size=20), st.integers(1, 3))
def test_any_caption_leaves_the_shape_alone(text, num_frames):
    frames = [np.zeros((40, 60, 3), np.uint8)] * num_frames
    assert [frame.shape for frame in caption(frames, [text] * num_frames)] == [(40, 60, 3)] * num_frames
