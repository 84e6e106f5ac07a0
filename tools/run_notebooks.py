"""Execute notebooks from a fresh kernel and store them with their outputs, or refuse and say why.

    python tools/run_notebooks.py                                  every notebook of the course
    python tools/run_notebooks.py notebooks/08_train_a_dqn.ipynb   this one
    python tools/run_notebooks.py --from-percent draft.py notebooks/01_meet_the_loop.ipynb
                                                                   build it from a py:percent file, then execute it
Add `--no-run` to build without executing. A notebook that prints to stderr or raises is never stored: what was there
before stays as it was.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_notebook

from helpers.live import WIDGET_VIEW
from tools.course import NOTEBOOKS, notebook_paths, read_card, read_notebook
from tools.watch import Watch, family

# The same in every stored notebook: no patch version of Python, so that a new patch changes no file.
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
KEPT_CELL_METADATA = {"tags", "facts"}  # facts: numbers of the text known from elsewhere, see tools/prose.py
FOLDED = "hide-input"


class Refused(Exception):
    """The notebook must not be stored; the message says which cell, what it did, and what to do."""


@dataclass(frozen=True)
class Cost:
    """What one execution took; memory is the peak of the kernel and its worker processes together."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    kernel_bytes: int  # the most that the kernel's own process held
    slowest_cell: int
    slowest_seconds: float

    def __str__(self) -> str:
        memory = f"{self.peak_bytes / 2**20:.0f} MB"
        slowest = f"slowest: code cell {self.slowest_cell} with {self.slowest_seconds:.1f} s"
        return f"{self.seconds:.1f} s, peak {memory}, {slowest}"


def compare_with_card(notebook: nbformat.NotebookNode, cost: Cost) -> str:
    """A remark where the card promises less than was measured, or nearly twice as much; else nothing."""
    try:
        card = read_card(notebook)
    except ValueError:
        return ""  # tools/lint_notebooks.py says what is wrong with it
    megabytes = cost.peak_bytes / 2**20
    seconds_fit = cost.seconds <= 1.25 * card.seconds + 2 and card.seconds <= 2 * cost.seconds + 2
    memory_fits = megabytes <= 1.1 * card.megabytes and card.megabytes <= 1.5 * megabytes
    if seconds_fit and memory_fits:
        return ""
    return (
        f"  its card says {card.seconds} s and {card.megabytes} MB: "
        f"write `{cost.seconds:.0f} s to run, {megabytes:.0f} MB of memory` if this is the reference machine"
    )


def build(percent_file: Path) -> nbformat.NotebookNode:
    """A notebook without outputs from a py:percent file. The same text gives the same bytes, cell ids included."""
    draft = jupytext.read(percent_file, fmt="py:percent")
    notebook = new_notebook(cells=draft.cells)
    for cell, cell_id in zip(notebook.cells, stable_ids(notebook.cells), strict=True):
        cell["id"] = cell_id
    return clean(notebook)


def stable_ids(cells) -> list[str]:
    """An id for each cell: a hash of its content, numbered where the same content comes again.

    The position is left out on purpose: a cell put in at the top then changes no other id.
    """
    seen = Counter()
    ids = []
    for cell in cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs from run to run or from machine to machine: timings, editors' marks, Python's patch version.

    The address of a widget too: it means nothing to another kernel, and the still version stands in for it.
    """
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = kept_metadata(cell)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def kept_metadata(cell) -> dict:
    """The tags; and that JupyterLab folds the source, where a cell is tagged `hide-input` (as the web page does)."""
    kept = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
    return kept | {"jupyter": {"source_hidden": True}} if FOLDED in kept.get("tags", ()) else kept


def execute(notebook: nbformat.NotebookNode, folder: Path, timeout: float = 900) -> Cost:
    """Run every cell from a fresh kernel that stands in `folder`, in place. Counts are 1..N afterwards."""
    forget_outputs(notebook)
    seconds, started = {}, {}
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=lambda cell, cell_index: started.update({cell_index: time.perf_counter()}),
        on_cell_executed=lambda cell, cell_index, **_: seconds.update(
            {cell_index: time.perf_counter() - started[cell_index]}
        ),
    )
    begin = time.perf_counter()
    with plain_kernels(), Watch(lambda: kernel_of(client)) as watch:
        client.execute()
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    slowest = max(seconds, key=seconds.get, default=None)
    return Cost(
        seconds=time.perf_counter() - begin,
        processor_seconds=watch.processor,
        peak_bytes=watch.together,
        kernel_bytes=watch.first,
        slowest_cell=code_cells.index(slowest) + 1 if slowest is not None else 0,
        slowest_seconds=seconds.get(slowest, 0.0),
    )


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Kernels started in here store and compare what any reader's would: no progress bars, no personal settings."""
    with tempfile.TemporaryDirectory(prefix="ipython-") as folder:
        settings = {
            "TQDM_DISABLE": "1",  # a progress bar is for the reader who waits, not for the stored page
            "COURSE_PROGRESS": os.path.join(folder, "progress.json"),  # the reader's own progress stays as it is
            "IPYTHONDIR": folder,  # neither the start-up files of whoever runs this, nor their history
        }
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)  # kernels inherit it
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def forget_outputs(notebook: nbformat.NotebookNode) -> None:
    """As after "Restart kernel and clear all outputs"."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def kernel_of(client: NotebookClient) -> list[psutil.Process]:
    """The client's kernel and all that it started, the kernel first; nothing before it runs and after its end."""
    provisioner = getattr(getattr(client, "km", None), "provisioner", None)
    pid = getattr(provisioner, "pid", None)
    return family(pid) if pid else []


def refuse_defects(notebook: nbformat.NotebookNode) -> None:
    """Raise `Refused` where an output must never reach a reader."""
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                raise Refused(
                    f"Code cell {number} raised {output.ename}: {output.evalue}. Mend it; nothing was stored."
                )
            if output.output_type == "stream" and output.name == "stderr":
                raise Refused(
                    f"Code cell {number} printed to stderr, which is a defect: {output.text.strip()[:500]!r}. "
                    "Mend the cause (do not silence it); nothing was stored."
                )


def store(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write beside, then rename: a failed save never destroys the last good one."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(beside, 0o644)  # mkstemp makes it private; a notebook is for everyone
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def find_notebooks(paths: list[Path]) -> list[Path]:
    """The notebooks named, or all of the course in their order. A bare name is looked for in notebooks/."""
    if not paths:
        return notebook_paths()
    found = []
    for path in paths:
        guesses = [path, NOTEBOOKS / path.name, NOTEBOOKS / f"{path.name}.ipynb"]
        match = next((guess for guess in guesses if guess.is_file() and guess.suffix == ".ipynb"), None)
        if match is None:
            raise SystemExit(f"No notebook {str(path)!r}. Give a path, or a name in notebooks/ such as 08_train_a_dqn.")
        found.append(match)
    return found


def run(notebook: nbformat.NotebookNode, path: Path) -> bool:
    """Execute, check, store and report one notebook; False where it was refused."""
    print(f"{path.name}: running ...", flush=True)
    try:
        cost = execute(notebook, path.resolve().parent)
        refuse_defects(notebook)
        store(clean(notebook), path)
    except (Refused, CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        print(f"{path.name}: REFUSED, nothing was stored\n{error}", file=sys.stderr, flush=True)
        return False
    print(f"{path.name}: {cost}; {path.stat().st_size / 1000:.0f} kB", flush=True)
    if remark := compare_with_card(notebook, cost):
        print(remark, flush=True)
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebooks to execute (default: all)")
    parser.add_argument("--from-percent", nargs=2, type=Path, metavar=("DRAFT", "NOTEBOOK"))
    parser.add_argument("--no-run", action="store_true", help="with --from-percent: build only, store no outputs")
    options = parser.parse_args(arguments)

    if options.from_percent:
        draft, path = options.from_percent
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = build(draft)
        if options.no_run:
            store(notebook, path)
            return 0
        return 0 if run(notebook, path) else 1
    if options.no_run:
        parser.error("--no-run goes with --from-percent: without it there is nothing to build")
    results = [run(read_notebook(path), path) for path in find_notebooks(options.notebooks)]
    print(f"{sum(results)} of {len(results)} notebooks executed and stored")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
