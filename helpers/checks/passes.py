"""The reader's progress: which exercises have been passed, in a small file beside the notebooks."""

import json
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from helpers.checks.editions import EDITION, renumbered
from helpers.checks.registry import exercises_of, load, notebooks

FILE = ".progress.json"
VARIABLE = "COURSE_PROGRESS"  # another place for the file; the tests keep the reader's own out of it
OLD_LOCK = 10.0  # seconds after which a lock was left behind by a kernel that is gone


def progress() -> None:
    """Print a table: for each notebook how many of its exercises have been passed, and which are open."""
    passed, trouble = read_passes(progress_file())
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
    """Where it is kept: beside the notebook that runs."""
    return Path(os.environ.get(VARIABLE) or FILE)


def read_passes(path: Path) -> tuple[dict[str, str], str]:
    """({number: when}, trouble), in today's numbers. A file that cannot be read is kept aside, and said so."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        passed = {str(number): str(when) for number, when in content["passed"].items()}
        return renumbered(passed, content.get("version")), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"(Your progress cannot be read: {error.strerror}.)"
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, _keep_aside(path)


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
def _locked(path: Path, patience: float = 3.0):
    """One kernel at a time; a lock that is older than ten seconds was left behind by one that is gone."""
    lock = path.with_name(f"{path.name}.lock")
    end = time.monotonic() + patience
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > OLD_LOCK:
                    lock.unlink()
            if time.monotonic() > end:
                raise OSError(0, "another notebook is writing to it; run the cell again") from None
            time.sleep(0.01)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
