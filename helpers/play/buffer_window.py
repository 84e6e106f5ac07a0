"""The buffer window: where in the plane the memories lie as training goes on, and what a batch of them looks like."""

import matplotlib.pyplot as plt

from helpers.live import show_live
from helpers.play.base import Piece, front_end, png_of, style
from helpers.play.memory import Memory

TEXT = (
    "A still picture of the buffer window: pole angle and angular velocity of transitions in the replay buffer, early, "
    "in the middle and at the end of training, coloured by age; those that end an episode by a fall are crosses at the "
    "rim. Run the cell in JupyterLab to move through the training and to draw batches."
)
STILL_ROWS = 150  # more of them make the picture large, and no clearer


class BufferWindow(Piece):
    """The widget. `memory` has the snapshots and the batch drawn last."""

    _esm = front_end("buffer_window.js")
    _css = style()

    def __init__(self, memory: Memory):
        self.memory = memory
        super().__init__()

    def look(self) -> dict:
        return self.memory.summary()

    def do_look_at(self, at) -> None:
        self.memory.look_at(at)

    def do_draw(self) -> None:
        self.memory.draw()


def still(memory: Memory):
    """The figure that stands in for the widget: the first snapshot, one in the middle, and the last."""
    count = len(memory.rows)
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.9), sharex=True, sharey=True, layout="constrained")
    for ax, at in zip(axes, (0, (count - 1) // 2, count - 1), strict=True):
        angle, spin, terminated, age = memory.rows[at, :STILL_ROWS].T
        for marker, chosen in ((".", terminated == 0), ("x", terminated == 1)):
            dots = ax.scatter(angle[chosen], spin[chosen], 16, age[chosen], marker=marker, cmap="cividis", vmin=0)
            dots.set_clim(0, memory.whole[at, 0])
        ax.set(title=f"after {memory.measured_at[at]:,} steps", xlabel="angle (rad)")
        ax.title.set_fontsize("small")
    axes[0].set_ylabel("angular velocity (rad/s)")
    bar = figure.colorbar(axes[-1].collections[-1], ax=axes, ticks=[0, memory.whole[-1, 0]])
    bar.ax.set_yticklabels(["newest", "oldest"])
    return figure


def show_buffer_window(measured_at, rows, whole, seed: int) -> BufferWindow:
    """Show what the buffer contained, or its still picture where the notebook is stored; the widget is returned.

    measured_at (V,) env steps; rows (V, N, 4) and whole (V, 3): what `peek` measured. seed: of the batches.
    """
    memory = Memory(measured_at, rows, whole, seed)
    piece = BufferWindow(memory)
    show_live(piece, TEXT, png=png_of(still(memory)))
    return piece
