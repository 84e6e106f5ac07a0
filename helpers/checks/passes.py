"""The reader's progress: which exercises have been passed, in a small file in the folder of the notebooks."""

import json
import os
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from helpers.checks.editions import EDITION, renumbered
from helpers.checks.registry import exercises_of, load, notebooks

FILE = ".progress.json"
VARIABLE = "COURSE_PROGRESS"  # another place for the file; the tests keep the reader's own out of it
PATIENCE = 3.0  # seconds to wait for another kernel that writes
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"  # wherever the kernel has been started, or has gone to


def progress() -> None:
    """Print a table: for each notebook how many of its exercises have been passed, and which are open."""
    passed, trouble = read_passes(progress_file(), keep_aside=False)
    total = found = 0
    for notebook in notebooks():
        numbers = [one.number for one in exercises_of(notebook)]
        here = [number in passed for number in numbers]
        total, found = total + len(numbers), found + sum(here)
        boxes = "".join("■" if one else "□" for one in here)
        print(f"{notebook}  {load(notebook).TITLE:<42} {sum(here)} of {len(numbers)}  {boxes}")
    print(f"{found} of {total} exercises passed in all")
    if trouble:
        print(trouble)


def progress_file() -> Path:
    """Where it is kept: beside the notebooks of the course."""
    return Path(os.environ.get(VARIABLE) or FOLDER / FILE)


def read_passes(path: Path, keep_aside: bool = True) -> tuple[dict[str, str], str]:
    """({number: when}, trouble), in today's numbers.

    A damaged file is kept under another name, and said so. Without the lock it must stay (keep_aside=False): another
    kernel may have mended it meanwhile.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        passed = {str(number): str(when) for number, when in content["passed"].items()}
        return renumbered(passed, content.get("version")), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"(Your progress cannot be read: {error.strerror}.)"
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, _keep_aside(path) if keep_aside else "(The file of your progress is damaged.)"


def _keep_aside(path: Path) -> str:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}.json")).exists():
        number += 1
    try:
        path.replace(aside)
    except OSError as error:
        return f"(The file of your progress is damaged and cannot be moved: {error.strerror}.)"
    return f"(The file of your progress was damaged. It is kept as {aside.name}, and a new one is begun.)"


def record_pass(number: str) -> str:
    """Remember a pass; what is wrong, in a sentence, if it could not be remembered, else an empty string."""
    path = progress_file()
    try:
        with _locked(path):
            passed, trouble = read_passes(path)  # anew: another notebook may have written since
            if number not in passed:
                passed[number] = datetime.now(UTC).isoformat(timespec="seconds")
                _write(path, {"version": EDITION, "passed": passed})
            return trouble
    except OSError as error:
        return f"(The pass could not be recorded: {error.strerror or error}.)"


def _write(path: Path, content: dict) -> None:
    """Beside, to the disk, then renamed: a crash at any moment leaves the old file or the new one."""
    handle, beside = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.resolve().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            json.dump(content, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path):
    """One kernel at a time. The system holds the lock: it ends with the kernel, however that ends, and not before."""
    with open(path.with_name(f"{path.name}.lock"), "ab") as file:
        end = time.monotonic() + PATIENCE
        while not _take(file):
            if time.monotonic() > end:
                raise OSError(0, "another notebook is writing to it; run the cell again")
            time.sleep(0.01)
        yield  # closing the file gives the lock back; the file stays, since another kernel may be waiting for it


def _take(file) -> bool:
    """Whether this open file now has the lock."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
