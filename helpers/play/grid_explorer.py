"""The grid explorer: change a world, turn the agent's three numbers, and watch Q, policy and TD errors follow."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.envs import actions_of
from helpers.live import show_live
from helpers.play.base import Piece, front_end, png_of, style
from helpers.play.grid_world import Explorer, snapshot
from helpers.plotting import COLOURS, plot_arrows, plot_grid, plot_letters

TEXT = (
    "A still picture of the grid explorer: two maps of the meadow and a curve. Left, what was learnt in 10,000 steps; "
    "right, the exact answer; below, the error of the table, which rises while only costs are known and falls once the "
    "news of the goal has travelled back. Run the cell in JupyterLab to change the world and the agent yourself."
)
STILL_STEPS = (50, 200)  # commands, and env steps of each, for the still picture


class GridExplorer(Piece):
    """The widget. `world` is the `Explorer` behind it, for whoever wants to look at the numbers in a cell."""

    _esm = front_end("grid_explorer.js")
    _css = style()

    def __init__(self, seed: int = 0, **settings):
        self.world = Explorer(seed=seed, **settings)
        super().__init__()

    def look(self) -> dict:
        return snapshot(self.world)

    def do_put(self, cell, letter) -> None:
        self.world.put(cell, letter)

    def do_set(self, name, value) -> None:
        self.world.set(name, value)

    def do_advance(self, num_steps) -> None:
        self.world.advance(num_steps)

    def do_finish_episode(self) -> None:
        self.world.finish_episode()

    def do_forget(self) -> None:
        self.world.forget()

    def do_restore(self) -> None:
        self.world.restore()


def still(world: Explorer):
    """The figure that stands in for the widget: what was learnt, the exact answer, and the error on the way."""
    figure = plt.figure(figsize=(8, 5.4))
    axes = figure.subplot_mosaic([["learnt", "exact"], ["error", "error"]], height_ratios=[1.5, 1])
    limits = (min(world.q_star[world.acts].min(), 0), world.q_star.max())
    for name, q in (("learnt", world.agent.q), ("exact", world.q_star)):
        ax, values = axes[name], q.max(axis=1)
        plot_grid(ax, values, world.env.shape, hidden=~world.acts, label="max Q (return)", limits=limits)
        order = actions_of(world.env)
        plot_arrows(ax, q.argmax(axis=1), world.env.shape, order, hidden=~world.acts, background=values, limits=limits)
        plot_letters(ax, np.where(world.env.cells == "S", ".", world.env.cells)).set_title(name)
    axes["learnt"].set_title(f"learnt in {world.agent.num_steps:,} env steps")
    axes["error"].plot(world.steps_of, world.rms, color=COLOURS["Q-learning"])
    axes["error"].set(xlabel="environment steps", ylabel="RMS error (return)", ylim=(0, None))
    return figure


def show_grid_explorer(seed: int = 0) -> GridExplorer:
    """Show the grid explorer, or its still picture where the notebook is stored; the widget is returned."""
    picture = Explorer(seed=seed)
    for _ in range(STILL_STEPS[0]):
        picture.advance(STILL_STEPS[1])
    piece = GridExplorer(seed)
    show_live(piece, TEXT, png=png_of(still(picture)))
    return piece
