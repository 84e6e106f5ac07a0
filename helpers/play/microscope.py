"""The episode microscope: one step at a time, what the agent saw, thought, was told to think, and what is stored."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.live import show_live
from helpers.play.base import Piece, front_end, png_of, style
from helpers.play.cartpole import ENV_ID
from helpers.play.episodes import Episode, record, sent
from helpers.plotting import COLOURS

TEXT = (
    "A still picture of the episode microscope: for three agents, Q of the action taken and the target at each step of "
    "one episode. They lie close together, but for the last step of an episode that is terminated: there the target is "
    "the reward alone. Where an episode is truncated the target goes on as before. Run the cell in JupyterLab to go "
    "through the steps one by one."
)


class Microscope(Piece):
    """The widget. `episodes` has the numbers that it shows, unrounded."""

    _esm = front_end("cartpole.js", "scene.js", "microscope.js")
    _css = style()

    def __init__(self, episodes: list[Episode], gamma: float):
        if not episodes:
            raise ValueError("The microscope needs at least one episode; `episodes` was empty.")
        if not 0 <= gamma < 1:
            raise ValueError(f"`gamma` must be at least 0 and below 1, so that Q has a ceiling; it was {gamma}.")
        self.episodes, self.gamma = list(episodes), float(gamma)
        super().__init__()

    def look(self) -> dict:
        return {"episodes": [sent(e) for e in self.episodes], "gamma": self.gamma, "ceiling": 1 / (1 - self.gamma)}


def still(episodes: list[Episode], gamma: float):
    """The figure that stands in for the widget: Q of the action taken and the target, along each episode."""
    figure, axes = plt.subplots(1, len(episodes), figsize=(8, 2.9), squeeze=False, sharey=True)
    for ax, episode in zip(axes[0], episodes, strict=True):
        steps, how = np.arange(len(episode.action)), "terminated" if episode.stored[-1] else "truncated"
        value = episode.target - episode.error
        ax.plot(steps, value, color=COLOURS["DQN"], label="Q of the action", zorder=3)  # above the dots
        ax.plot(steps, episode.target, ".", color="black", markersize=3, label="target")
        ax.plot(steps[-1], episode.target[-1], "o", color="black", fillstyle="none", label="last step")
        ax.axhline(1 / (1 - gamma), color="grey", linestyle="--", linewidth=1, label="ceiling for Q")
        ax.set(title=f"{episode.name}:\n{len(steps)} steps, {how}", xlabel=f"step of {ENV_ID}")
        ax.title.set_fontsize("small")
    axes[0, 0].set_ylabel("value (return)")
    axes[0, -1].legend(fontsize="x-small")
    return figure


def show_microscope(weights: dict, scale: np.ndarray, gamma: float, seed: int) -> Microscope:
    """Show one greedy episode of each network under the microscope, or its still picture; the widget is returned.

    weights: for each name the layers of a network, as `helpers.network.layers_in_numpy` gives them. scale: (4,)
    divides obs. gamma: discount. seed: that of the episodes, which all begin at the same place.
    """
    episodes = [record(name, layers, scale, gamma, seed) for name, layers in weights.items()]
    piece = Microscope(episodes, gamma)
    show_live(piece, TEXT, png=png_of(still(episodes, gamma)))
    return piece
