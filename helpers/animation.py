"""Moving pictures as animated PNG: they need no player, no trust and no network."""

from collections.abc import Iterable
from io import BytesIO
from itertools import count, pairwise

import numpy as np
from PIL import Image, ImageDraw

from helpers.agents import Agent
from helpers.loop import episode
from helpers.plotting import show_png

COVERAGE = Image.Quantize.MAXCOVERAGE  # of colours: a small dot on a large map keeps its own


def record_episode(
    agent: Agent, env, seed: int, max_frames: int = 501, *, every: int = 1, width: int = 300
) -> list[np.ndarray]:
    """Pictures (height, width, 3) of one greedy episode: its start, one after every `every` env steps, and its end.

    After `max_frames` pictures the film is cut. `env` must be made with render_mode="rgb_array". The pictures are made
    small at once: 500 full ones take 360 MB.
    """
    if env.render_mode != "rgb_array":
        raise ValueError(f'Make the environment with render_mode="rgb_array" to record it; it was {env.render_mode!r}.')
    frames, steps = [], count()

    def act(obs):
        if next(steps) % every == 0:
            frames.append(shrink(env.render(), width))
        return agent.act(obs, explore=False)

    for _ in episode(env, act, seed):
        if len(frames) >= max_frames:
            return frames
    return [*frames, shrink(env.render(), width)]


def shrink(frame: np.ndarray, width: int) -> np.ndarray:
    """The picture `width` pixels wide, its proportions kept; a smaller one stays as it is."""
    if frame.shape[1] <= width:
        return frame
    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS))


def record_figure(figure, draw, num_frames: int) -> list[np.ndarray]:
    """Pictures of a Matplotlib figure: `draw(frame)` changes it before each one."""
    frames = []
    for frame in range(num_frames):
        draw(frame)
        figure.canvas.draw()
        frames.append(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    return frames


def record_walk(ax, places, columns: int, *, between: int = 3, colour: str = "#D55E00") -> list[np.ndarray]:
    """Pictures of a dot that walks over a map of cells: `places` (T,) are numbers of cells, counted row by row.

    ax holds the map, as `helpers.plotting.plot_grid` draws it, with so many `columns`. Each step takes `between`
    pictures, the last of which shows where it ends; a step that goes nowhere takes as long.
    """
    ax.figure.canvas.draw()
    empty = Image.fromarray(np.asarray(ax.figure.canvas.buffer_rgba())[..., :3])
    cells = np.array([divmod(int(place), columns)[::-1] for place in places])  # (T, 2) column, row
    corners = ax.transData.transform([(0, 0), (1, 0)])
    radius = 0.16 * np.linalg.norm(corners[1] - corners[0])
    way = [cells[0]] * between
    for here, there in pairwise(cells):
        way += [here + (there - here) * part / between for part in range(1, between + 1)]
    frames = []
    for place in way:
        (x, y), picture = ax.transData.transform(place), empty.copy()
        box = [x - radius, picture.height - y - radius, x + radius, picture.height - y + radius]
        ImageDraw.Draw(picture).ellipse(box, fill=colour, outline="white", width=2)
        frames.append(np.asarray(picture))
    return frames


def side_by_side(*films: list[np.ndarray]) -> list[np.ndarray]:
    """Films of pictures of one height beside each other; the last picture of a shorter one stays to the end."""
    if not films or not all(films):
        raise ValueError(f"Each film needs at least one picture; they had {[len(film) for film in films]}.")
    last = max(map(len, films)) - 1
    return [np.hstack([film[min(k, len(film) - 1)] for film in films]) for k in range(last + 1)]


def caption(frames: Iterable[np.ndarray], texts: Iterable[str]) -> list[np.ndarray]:
    """Write a line of text at the top left of each picture."""
    captioned = []
    for frame, text in zip(frames, texts, strict=True):
        picture = Image.fromarray(frame)
        ImageDraw.Draw(picture).text((10, 8), text, fill=(0, 0, 0), font_size=max(14, picture.height // 18))
        captioned.append(np.asarray(picture))
    return captioned


def show_animation(
    frames: list[np.ndarray], alt: str, *, frames_per_second: int = 25, every: int = 1, width: int = 300
):
    """Show pictures as an endless animation `width` pixels wide, keeping one picture in `every`."""
    show_png(animated_png(frames[::every], frames_per_second, width), alt)


def animated_png(frames: list[np.ndarray], frames_per_second: int, width: int) -> bytes:
    """The bytes of an animated PNG (any browser shows it). The last picture stays for a second."""
    if not frames:
        raise ValueError("An animation needs at least one picture; there was none.")
    small = [Image.fromarray(shrink(frame, width)) for frame in frames]
    # One palette for all, or the file stores full colours for each picture: three times as much.
    found = [
        colour for picture in small for colour in picture.quantize(32, COVERAGE).convert("RGB").getcolors(32) or ()
    ]
    colours = np.array(sorted({rgb for _, rgb in found}), np.uint8)[None]  # (1, number of colours, 3)
    palette = Image.fromarray(colours).quantize(256, dither=Image.Dither.NONE)
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in small]
    durations = [1000 // frames_per_second] * len(others) + [1000]
    file = BytesIO()
    first.save(file, "PNG", save_all=True, append_images=others, duration=durations, loop=0)
    return file.getvalue()
