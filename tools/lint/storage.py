"""How a notebook is stored."""

import json
import re

from tools.course import read_notebook
from tools.lint.reading import code_cells, outputs, texts
from tools.run_notebooks import clean

MAX_BYTES = 1_000_000
MACHINE_PATH = re.compile(r"(?<![\w.~/:])/(?:root|home|work|Users|tmp|private|var|opt|usr|mnt)/\S*|\b[A-Za-z]:\\\S*")
FILE_NAME = re.compile(r"\d\d(_[a-z0-9]+){2,}\.ipynb")


def is_named_number_verb_object(path, notebook) -> list[str]:
    """00_start_here.ipynb, 08_train_a_dqn.ipynb."""
    if FILE_NAME.fullmatch(path.name):
        return []
    return [f"Name it NN_verb_object.ipynb in small letters, as 08_train_a_dqn.ipynb; it is {path.name!r}."]


def is_executed_in_order(path, notebook) -> list[str]:
    """Counts 1..N, from a fresh kernel."""
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    expected = list(range(1, len(counts) + 1))
    if counts == expected:
        return []
    return [f"Code cells must have counts 1..{len(counts)}; they have {counts}. Run `make notebooks NB={path.stem}`."]


def is_stored_clean(path, notebook) -> list[str]:
    """No timings, no editors' marks, no patch version of Python; nbformat 4.5 with an id for each cell."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    problems = []
    if (raw["nbformat"], raw["nbformat_minor"]) != (4, 5):
        problems.append(f"It must be nbformat 4.5; it is {raw['nbformat']}.{raw['nbformat_minor']}.")
    ids = [cell.get("id") for cell in raw["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        problems.append("Every cell must have an id of its own.")
    cleaned = clean(read_notebook(path))
    if raw["metadata"] != cleaned.metadata or [c["metadata"] for c in raw["cells"]] != [
        c.metadata for c in cleaned.cells
    ]:
        problems.append("Its metadata holds more than tags, declared facts and the kernel's name.")
    return [f"{problem} Run `make notebooks NB={path.stem}`." for problem in problems]


def is_below_one_megabyte(path, notebook) -> list[str]:
    """A page loads in a moment, and the repository stays small."""
    size = path.stat().st_size
    if size < MAX_BYTES:
        return []
    per_cell = {number: len(json.dumps(cell.outputs)) for number, cell in code_cells(notebook)}
    largest = max(per_cell, key=per_cell.get, default=None)
    return [
        f"It must be below {MAX_BYTES:,} bytes; it has {size:,}. Code cell {largest} shows most: make that smaller."
    ]


def prints_no_stderr(path, notebook) -> list[str]:
    """Stderr in a notebook is a defect: a warning, a progress bar, a library's noise."""
    return [
        f"Code cell {number} printed to stderr: {output.text.strip()[:200]!r}. Mend the cause; do not silence it."
        for number, output in outputs(notebook)
        if output.output_type == "stream" and output.name == "stderr"
    ]


def raises_no_error(path, notebook) -> list[str]:
    """To show an error to the reader, catch it and print its message."""
    return [
        f"Code cell {number} raised {output.ename}: {output.evalue}. Mend it, or catch it and print the message."
        for number, output in outputs(notebook)
        if output.output_type == "error"
    ]


def shows_no_machine_path(path, notebook) -> list[str]:
    """Outputs are the same on every machine."""
    return [
        f"Code cell {number} shows a path of the machine it ran on: {match.group()!r}. Print a relative one, or none."
        for number, output in outputs(notebook)
        for text in texts(output)
        for match in [MACHINE_PATH.search(text)]
        if match
    ]


RULES = (
    is_named_number_verb_object,
    is_executed_in_order,
    is_stored_clean,
    is_below_one_megabyte,
    prints_no_stderr,
    raises_no_error,
    shows_no_machine_path,
)
