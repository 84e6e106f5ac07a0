"""You against the agent: balance the pole yourself, and see what the trained network thinks of where you are."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.live import show_live
from helpers.play.base import Piece, front_end, png_of, style
from helpers.play.cartpole import (
    ENV_ID,
    MOST_STEPS,
    SPEEDS,
    Opponent,
    check_played,
    hand_made_opponent,
    network_opponent,
    random_opponent,
    starts,
    table_opponent,
)
from helpers.plotting import COLOURS

TEXT = (
    "A still picture of the game: the returns of four agents, each a dot for one of the starts that all share, and an "
    "empty row for yours. Run the cell in JupyterLab to balance the pole with the keys left and right, and to see live "
    "what the trained network says of both pushes."
)


class Duel(Piece):
    """The widget. `played` lists your episodes so far: dictionaries with `start`, `return` and `speed`."""

    _esm = front_end("cartpole.js", "scene.js", "duel.js")
    _css = style()

    def __init__(self, opponents: list[Opponent], seed: int):
        kinds = [opponent.recipe["kind"] for opponent in opponents]
        if "network" not in kinds or len({len(opponent.returns) for opponent in opponents}) != 1:
            raise ValueError(
                "`opponents` needs a network among them, and the same number of episodes for each; "
                f"it had {kinds} with {[len(opponent.returns) for opponent in opponents]} episodes."
            )
        self.opponents, self.played = opponents, []
        self.starts = starts(len(opponents[0].returns), seed)  # (E, 4)
        super().__init__()

    def look(self) -> dict:
        rows = [
            {"name": o.name, "returns": o.returns, "recipe": o.recipe, "colour": COLOURS.get(o.name, "#000000")}
            for o in self.opponents
        ]
        return {"opponents": rows, "starts": self.starts, "speeds": SPEEDS, "played": self.played}

    def do_played(self, start, steps, speed) -> None:
        """An episode that the reader has played to its end."""
        self.played = [*self.played, check_played(start, steps, speed, len(self.starts))]


def opponents_of(agent, layers, table_record, num_episodes: int, seed: int) -> list[Opponent]:
    """Random, hand-made, the table of notebook 06 (seed 1 of its record), and `agent`, all from the same starts.

    layers: the weights of `agent`, as `helpers.network.layers_in_numpy` gives them; table_record: what `load_record`
    gives for data/table_on_cartpole.npz.
    """
    record, provenance = table_record
    return [
        random_opponent(num_episodes, seed),
        hand_made_opponent(num_episodes, seed),
        table_opponent(record, provenance, 1, num_episodes, seed),
        network_opponent(agent, layers, num_episodes, seed),
    ]


def still(opponents: list[Opponent]):
    """The figure that stands in for the widget: the returns of all, and a row for the reader."""
    figure, ax = plt.subplots(figsize=(7, 2.8))
    for row, opponent in enumerate(opponents):
        colour = COLOURS.get(opponent.name, "black")
        spread = row + 0.22 * np.linspace(-1, 1, len(opponent.returns))
        ax.plot(opponent.returns, spread, "o", color=colour, alpha=0.6, markersize=4)
        ax.plot([opponent.returns.mean()] * 2, [row - 0.35, row + 0.35], color="black")
    ax.text(250, len(opponents), "run the cell, and play", ha="center", va="center")
    ax.set(yticks=range(len(opponents) + 1), yticklabels=[*(o.name for o in opponents), "you"])
    ax.set(xlim=(0, MOST_STEPS + 12), xlabel=f"return of an episode of {ENV_ID} (black: the mean)")
    ax.set_ylim(len(opponents) + 0.5, -0.5)
    return figure


def show_duel(opponents: list[Opponent], seed: int) -> Duel:
    """Show the game, or its still picture where the notebook is stored; the widget is returned."""
    piece = Duel(opponents, seed)
    show_live(piece, TEXT, png=png_of(still(opponents)))
    return piece
