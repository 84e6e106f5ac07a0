"""What a replay buffer contains as training goes on, without its display: a few of its rows, and batches of them."""

import numpy as np

ROWS = 400  # of the buffer, kept for each moment
BATCH = 64


def peek(buffer, seed: int, num_rows: int = ROWS) -> dict[str, np.ndarray]:
    """A look into the buffer for `measure` of `train`; it changes nothing, not even the buffer's generator.

    memory_rows (num_rows, 4): of rows drawn with replacement the pole's angle (rad), its angular velocity (rad/s),
    terminated (0 or 1) and age (env steps since it was added; the newest has 0). memory_whole (3,): of all rows their
    number, the share that is terminated, and the mean age.
    """
    size = len(buffer)
    if size == 0:
        raise ValueError("The replay buffer is empty: add transitions before you look into it.")
    ages = (buffer.num_added - 1 - np.arange(size)) % buffer.capacity  # (size,)
    rows = np.random.default_rng(seed).integers(size, size=num_rows)
    kept = np.column_stack([buffer.obs[rows, 2], buffer.obs[rows, 3], buffer.terminated[rows], ages[rows]])
    return {"memory_rows": kept, "memory_whole": np.array([size, buffer.terminated[:size].mean(), ages.mean()])}


class Memory:
    """The snapshots of one run, which of them is looked at, and the batch drawn last.

    measured_at (V,) env steps; rows (V, N, 4) and whole (V, 3) as `peek` gives them, one for each snapshot.
    """

    def __init__(self, measured_at, rows, whole, seed: int):
        self.measured_at, self.rows, self.whole = np.asarray(measured_at), np.asarray(rows), np.asarray(whole)
        if len(self.rows) == 0 or not len(self.measured_at) == len(self.rows) == len(self.whole):
            raise ValueError(
                "The window needs one snapshot or more, with rows and totals for each; there were "
                f"{len(self.measured_at)} moments, {len(self.rows)} sets of rows and {len(self.whole)} of totals."
            )
        self.rng = np.random.default_rng(seed)
        self.at, self.drawn, self.shares = 0, np.zeros(0, int), []

    def look_at(self, at) -> None:
        """Choose a snapshot; batches drawn before are put away."""
        if not isinstance(at, int) or not 0 <= at < len(self.rows):
            raise ValueError(f"There are the snapshots 0 to {len(self.rows) - 1}; asked for was {at!r}.")
        self.at, self.drawn, self.shares = at, np.zeros(0, int), []

    def draw(self) -> None:
        """A batch, uniform and with replacement, as the buffer draws it; here of the rows that were kept."""
        self.drawn = self.rng.integers(self.rows.shape[1], size=BATCH)  # (B,)
        self.shares.append(int(self.rows[self.at, self.drawn, 2].sum()))

    def summary(self) -> dict:
        """Everything that the front end draws."""
        rows, (size, share, age) = self.rows[self.at], self.whole[self.at]
        batch = rows[self.drawn]
        return {
            "moments": self.measured_at,
            "at": self.at,
            "rows": np.round(rows, 3),
            "drawn": self.drawn,
            "whole": {"size": size, "terminated": share, "age": age},
            "batch": {"terminated": batch[:, 2].sum(), "age": batch[:, 3].mean() if len(batch) else 0.0},
            "draws": len(self.shares),
            "without": sum(number == 0 for number in self.shares),
            "batch_size": BATCH,
        }
