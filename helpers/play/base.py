"""What every piece shares: the front end sends small commands, Python answers each with a new picture of the world.

The front end sends {"do": name, "with": {...}, "number": n}. `Piece` calls the method `do_name(**with)`, then sets
`snapshot`, from which the front end draws everything, and `answered`, so that the front end asks again only when the
last answer has come: however slow the kernel, no commands pile up, and when the page is closed nothing goes on.
"""

from io import BytesIO
from pathlib import Path

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import traitlets

FOLDER = Path(__file__).parent


def front_end(*names: str) -> str:
    """The JavaScript of a piece: what all share, then its own files, as one module."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("base.js", *names))


def style() -> str:
    """The style sheet of all pieces."""
    return (FOLDER / "base.css").read_text(encoding="utf-8")


def plain(value):
    """Arrays, NumPy's numbers and tuples as what JSON knows; a number that is not finite as None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def png_of(figure) -> bytes:
    """The still picture of a piece; closes the figure."""
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    plt.close(figure)
    return file.getvalue()


class Piece(anywidget.AnyWidget):
    """A widget that draws `snapshot` and sends commands; subclasses give `look()` and methods `do_...`."""

    snapshot = traitlets.Dict().tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)  # to the reader: what could not be done, and what to do

    def __init__(self, **traits):
        super().__init__(**traits)
        self.snapshot = plain(self.look())
        self.on_msg(lambda _, content, buffers: self.answer(content))

    def look(self) -> dict:
        """Everything that the front end draws."""
        raise NotImplementedError

    def answer(self, content) -> None:
        """Carry out one command; what it cannot do is said in `message`, in the reader's words, and changes nothing."""
        number = content.get("number", 0) if isinstance(content, dict) else 0
        try:
            words = self._carry_out(content)
        except (ValueError, TypeError) as error:
            words = str(error)
        with self.hold_sync():  # one message to the front end, not three
            self.message, self.snapshot, self.answered = words, plain(self.look()), int(number)

    def _carry_out(self, content) -> str:
        if not isinstance(content, dict) or not isinstance(content.get("do"), str):
            raise ValueError(f"A command is a dictionary with `do`, the name of what to do; it was {content!r}.")
        method = getattr(self, f"do_{content['do']}", None)
        if method is None:
            known = sorted(name[3:] for name in dir(self) if name.startswith("do_"))
            raise ValueError(f"This piece cannot {content['do']!r}; it can: {', '.join(known)}.")
        return method(**content.get("with", {})) or ""
