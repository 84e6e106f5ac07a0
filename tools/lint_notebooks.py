"""The rules that every notebook keeps, each a small function from a notebook to a list of problems.

    python tools/lint_notebooks.py                                      every notebook of the course
    python tools/lint_notebooks.py notebooks/08_train_a_dqn.ipynb       this one

Each problem says where it is and what to do. tests/test_notebooks.py runs the rules on the course, and shows each rule
a notebook that breaks it. What a cell computes is compared elsewhere: pytest runs every cell again with nbval.
"""

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from tools.course import LAST_OF_PART_I, NOTEBOOKS, ROOT, notebook_paths, read_card, read_notebook
from tools.prose import facts_are_used, numbers_are_true
from tools.prose_equations import update_rules_are_checked
from tools.run_notebooks import clean

Rule = Callable[[Path, object], list[str]]
RULES: dict[str, Rule] = {}

MAX_BYTES = 1_000_000
MAX_CODE_CELLS = 40
MAX_LINES = 25
MIN_COMPARED = 0.8
LAST_SECTIONS = ["Check yourself", "On your own", "In practice", "Further reading"]
IGNORE = "nbval-ignore-output"
OWN_IMPORT = "own-import"
PRACTICE = {"exercise", "solution", "quiz", "play"}  # cells of these tags do not count towards the cells of a lesson

BANNED_NAMES = {
    "done": "say `terminated` or `truncated`: they mean different things",
    "state": "say `obs`: what the agent sees",
    "lr": "say `alpha` or `learning_rate`",
    "s_": "say `next_obs`",
    "tmp": "say what it holds",
}
NETWORK_MODULES = {"requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket", "ftplib", "ssl", "webbrowser"}
SHELL_MODULES = {"subprocess", "pip", "ensurepip"}
FETCHING_NAMES = {"get_file", "load_data", "urlretrieve", "urlopen"}
INSTALLING_MAGICS = {"pip", "conda", "mamba", "uv", "system", "sx", "bash", "sh", "script", "cmd"}
NUMPY_RANDOM = {"default_rng", "Generator", "BitGenerator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
MACHINE_PATH = re.compile(r"(?<![\w.~/:])/(?:root|home|work|Users|tmp|private|var|opt|usr|mnt)/\S*|\b[A-Za-z]:\\\S*")
FILE_NAME = re.compile(r"\d\d(_[a-z0-9]+){2,}\.ipynb")


def rule(function: Rule) -> Rule:
    """Register a rule under its own name."""
    RULES[function.__name__] = function
    return function


def lint(path: Path) -> list[str]:
    """All problems of one notebook, each with the name of its rule."""
    notebook = read_notebook(path)
    return [f"{name}: {problem}" for name, check in RULES.items() for problem in check(path, notebook)]


# --- reading notebooks ----------------------------------------------------------------------------------------------


def code_cells(notebook) -> list[tuple[int, object]]:
    """Code cells with their number as a reader counts them: 1..N."""
    return list(enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1))


def tags(cell) -> set[str]:
    """A cell's tags."""
    return set(cell.metadata.get("tags", []))


@cache
def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, its magics turned into calls as IPython does it."""
    return ast.parse(TransformerManager().transform_cell(source))


def outputs(notebook) -> Iterator[tuple[int, object]]:
    """Every output with the number of its code cell."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            yield number, output


def texts(output) -> Iterator[str]:
    """What of an output is text: its stream, its error, each of its representations that is not a picture."""
    if output.output_type == "stream":
        yield output.text
    elif output.output_type == "error":
        yield "\n".join([output.evalue, *output.traceback])
    else:
        for kind, data in output.data.items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield data if isinstance(data, str) else json.dumps(data)


def pictures(output) -> list[str]:
    """The kinds of picture that an output holds."""
    return [kind for kind in output.get("data", {}) if kind.startswith("image/")]


def says_something(cell) -> bool:
    """Whether a cell has text output; the description that stands under a picture is not counted."""
    return any(not pictures(output) for output in cell.outputs)


def sections(notebook) -> list[str]:
    """The headings of the second level, in their order."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^## +(.+?)\s*$", prose, flags=re.MULTILINE)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that the code names in an import, `from a import b` as a.b too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`np.random.seed` of the expression; an empty string where it is not a plain dotted name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def identifiers(tree: ast.AST) -> Iterator[str]:
    """The names that the code itself gives or uses: variables, arguments, functions, aliases; not attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname


# --- how a notebook is stored ---------------------------------------------------------------------------------------


@rule
def is_named_number_verb_object(path, notebook) -> list[str]:
    """00_start_here.ipynb, 08_train_a_dqn.ipynb."""
    if FILE_NAME.fullmatch(path.name):
        return []
    return [f"Name it NN_verb_object.ipynb in small letters, as 08_train_a_dqn.ipynb; it is {path.name!r}."]


@rule
def is_executed_in_order(path, notebook) -> list[str]:
    """Counts 1..N, from a fresh kernel."""
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    expected = list(range(1, len(counts) + 1))
    if counts == expected:
        return []
    return [f"Code cells must have counts 1..{len(counts)}; they have {counts}. Run `make notebooks NB={path.stem}`."]


@rule
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


@rule
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


@rule
def prints_no_stderr(path, notebook) -> list[str]:
    """Stderr in a notebook is a defect: a warning, a progress bar, a library's noise."""
    return [
        f"Code cell {number} printed to stderr: {output.text.strip()[:200]!r}. Mend the cause; do not silence it."
        for number, output in outputs(notebook)
        if output.output_type == "stream" and output.name == "stderr"
    ]


@rule
def raises_no_error(path, notebook) -> list[str]:
    """To show an error to the reader, catch it and print its message."""
    return [
        f"Code cell {number} raised {output.ename}: {output.evalue}. Mend it, or catch it and print the message."
        for number, output in outputs(notebook)
        if output.output_type == "error"
    ]


@rule
def shows_no_machine_path(path, notebook) -> list[str]:
    """Outputs are the same on every machine."""
    return [
        f"Code cell {number} shows a path of the machine it ran on: {match.group()!r}. Print a relative one, or none."
        for number, output in outputs(notebook)
        for text in texts(output)
        for match in [MACHINE_PATH.search(text)]
        if match
    ]


# --- what a notebook is made of -------------------------------------------------------------------------------------


@rule
def begins_with_title_and_card(path, notebook) -> list[str]:
    """The reader sees first what it teaches, what it needs and what it costs."""
    try:
        title = read_card(notebook).title
    except ValueError as error:
        return [str(error)]
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    name = path.stem.partition("_")[2]
    if not words.startswith(name):
        return [f"Title and file name must say the same; the title is {title!r}, the file {path.name!r}."]
    return []


@rule
def ends_with_the_four_sections(path, notebook) -> list[str]:
    """Check yourself, On your own, In practice, Further reading: these, in this order, last."""
    found = sections(notebook)
    if found[-4:] == LAST_SECTIONS:
        return []
    expected = ", ".join(f"`## {name}`" for name in LAST_SECTIONS)
    return [f"The last four sections must be {expected}; its sections are {found}."]


@rule
def has_cells_of_readable_size(path, notebook) -> list[str]:
    """One idea in a cell."""
    problems = []
    cells = code_cells(notebook)
    lesson = [cell for _, cell in cells if not tags(cell) & PRACTICE]
    if len(lesson) > MAX_CODE_CELLS:
        problems.append(f"At most {MAX_CODE_CELLS} code cells; it has {len(lesson)}. Make it two notebooks.")
    for number, cell in cells:
        lines = len(cell.source.splitlines())
        if lines > MAX_LINES:
            problems.append(f"Code cell {number} has {lines} lines; at most {MAX_LINES}. Split it, one idea in each.")
        if not cell.source.strip():
            problems.append(f"Code cell {number} is empty. Delete it.")
    return problems


@rule
def imports_in_the_setup_cell_only(path, notebook) -> list[str]:
    """The first code cell holds all imports; a later one that must show its own is tagged own-import."""
    cells = code_cells(notebook)
    if cells and not any(imported(parsed(cells[0][1].source))):
        return ["The first code cell must be the setup cell: all imports, the style, the configuration."]
    return [
        f"Code cell {number} imports {next(imported(parsed(cell.source)))}. Move it into the setup cell (the first), "
        f"or tag the cell `{OWN_IMPORT}` where the import is what it teaches."
        for number, cell in cells[1:]
        if OWN_IMPORT not in tags(cell) and any(imported(parsed(cell.source)))
    ]


@rule
def folds_its_solutions(path, notebook) -> list[str]:
    """A solution is folded away, on the web page and in JupyterLab, and does not count as the reader's pass."""
    return [
        f"Code cell {number} is tagged solution: tag it hide-input too, and say `record=False` in its check."
        for number, cell in code_cells(notebook)
        if "solution" in tags(cell) and ("hide-input" not in tags(cell) or "record=False" not in cell.source)
    ]


# --- what the code may say ------------------------------------------------------------------------------------------


def in_code(notebook, find: Callable[[ast.AST], Iterator[str]]) -> list[str]:
    """What `find` says of each code cell's tree, once each, with the cell's number before it."""
    return [
        f"Code cell {number}: {problem}"
        for number, cell in code_cells(notebook)
        for problem in dict.fromkeys(find(parsed(cell.source)))
    ]


@rule
def uses_the_course_s_names(path, notebook) -> list[str]:
    """One small vocabulary: obs, action, reward, next_obs, terminated, truncated."""

    def find(tree):
        for name in identifiers(tree):
            if name in BANNED_NAMES:
                yield f"the name `{name}` does not occur in this course; {BANNED_NAMES[name]}."

    return in_code(notebook, find)


@rule
def installs_and_fetches_nothing(path, notebook) -> list[str]:
    """Every cell runs offline, in the environment that is there."""

    def find(tree):
        for module in imported(tree):
            if module.partition(".")[0] in NETWORK_MODULES:
                yield f"imports `{module}`, which reaches for the network. Read from notebooks/data/ instead."
            if module.partition(".")[0] in SHELL_MODULES:
                yield f"imports `{module}`: a notebook starts no other programs. Add what it needs to pyproject.toml."
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in FETCHING_NAMES:
                yield f"`{node.attr}` downloads. Read from notebooks/data/ instead."
            if isinstance(node, ast.Call):
                yield from shell_calls(node)

    return in_code(notebook, find)


def shell_calls(call: ast.Call) -> Iterator[str]:
    """`!command`, `%pip install`, `%%bash`, `os.system`."""
    name = dotted(call.func) or ast.unparse(call.func)
    if name in {"os.system", "os.popen", "get_ipython().system", "get_ipython().getoutput"}:
        yield "runs a shell command. Add what it needs to pyproject.toml, or write it in Python."
    if name.endswith(("run_line_magic", "run_cell_magic")) and call.args:
        magic = getattr(call.args[0], "value", None)
        if magic in INSTALLING_MAGICS:
            yield f"`%{magic}` installs or runs a shell command. Add what it needs to pyproject.toml."


@rule
def opens_no_window(path, notebook) -> list[str]:
    """There is no screen on Binder."""

    def find(tree):
        for node in ast.walk(tree):
            pairs = [(node.arg, node.value)] if isinstance(node, ast.keyword) else []
            if isinstance(node, ast.Dict):
                pairs = [
                    (getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)
                ]
            for key, value in pairs:
                if key == "render_mode" and getattr(value, "value", None) == "human":
                    yield 'render_mode="human" opens a window. Say render_mode="rgb_array" and show an animation.'

    return in_code(notebook, find)


@rule
def edits_no_path(path, notebook) -> list[str]:
    """`helpers` is installed; a cell that edits a path hides that it is not."""

    def find(tree):
        names = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for name in sorted(names & {"sys.path", "os.chdir", "site.addsitedir"}):
            yield f"`{name}` is not for notebooks: `helpers` is installed, and files are read relative to the notebook."

    return in_code(notebook, find)


@rule
def uses_no_global_generator(path, notebook) -> list[str]:
    """Randomness is an argument: one generator made from the seed, handed down."""

    def find(tree):
        if "random" in set(imported(tree)):
            yield "imports `random`, a global generator. Say `rng = np.random.default_rng(seed)` and hand it down."
        for node in ast.walk(tree):
            name = dotted(node) if isinstance(node, ast.Attribute) else ""
            base, _, function = name.rpartition(".")
            if base in {"np.random", "numpy.random"} and function not in NUMPY_RANDOM:
                yield f"`{name}` uses NumPy's global generator. Say `rng = np.random.default_rng(seed)`, then `rng.…`."

    return in_code(notebook, find)


@rule
def keeps_tensorflow_out_of_part_one(path, notebook) -> list[str]:
    """Part I is NumPy only, so that it starts in a second and runs anywhere."""
    if not path.name[:2].isdigit() or int(path.name[:2]) > LAST_OF_PART_I:
        return []

    def find(tree):
        for module in imported(tree):
            if brings_tensorflow(module):
                yield f"`{module}` brings TensorFlow into Part I (notebooks 00 to {LAST_OF_PART_I:02}). Do without it."

    return in_code(notebook, find)


@cache
def brings_tensorflow(module: str) -> bool:
    """Whether importing a module imports TensorFlow or Keras; our own modules are followed, others judged by name."""
    if module.partition(".")[0] in {"tensorflow", "keras", "tf_keras"}:
        return True
    place = ROOT / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.is_file():
        return False
    body = ast.parse(file.read_text(encoding="utf-8")).body  # what stands inside functions is not run by an import
    statements = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return any(brings_tensorflow(name) for node in statements for name in imported(node))


# --- what a reader and a test can rely on ---------------------------------------------------------------------------


@rule
def describes_every_picture(path, notebook) -> list[str]:
    """Alternative text for those who cannot see the picture."""
    problems = [
        f"Code cell {number} shows a picture ({kind}) without alternative text. "
        "Show it with helpers.plotting.show(figure, alt) or show_png(png, alt)."
        for number, output in outputs(notebook)
        for kind in pictures(output)
        if not str(output.metadata.get(kind, {}).get("alt", "")).strip()
    ]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for bare in re.findall(r"!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", cell.source):
                problems.append(
                    f"The picture {bare} in the text has no alternative text. Write it: ![what it shows](…)."
                )
    return problems


@rule
def compares_most_of_what_it_prints(path, notebook) -> list[str]:
    """nbval compares every cell but those tagged; at most one in five may be, of those that print."""
    printing = [(number, cell) for number, cell in code_cells(notebook) if says_something(cell)]
    ignored = [number for number, cell in printing if IGNORE in tags(cell)]
    if len(ignored) <= (1 - MIN_COMPARED) * len(printing):
        return []
    return [
        f"{len(ignored)} of {len(printing)} code cells that print are tagged {IGNORE} ({ignored}); at most "
        f"{1 - MIN_COMPARED:.0%} may be. Print rounded numbers or a fixed sentence after an assert instead."
    ]


@rule
def asserts_after_what_is_not_compared(path, notebook) -> list[str]:
    """Where an output differs from machine to machine, the next code cell says what must hold on all of them."""
    cells = code_cells(notebook)
    following = [cell for _, cell in cells[1:]] + [None]
    return [
        f"Code cell {number} is tagged {IGNORE}: the next code cell must assert what holds on every machine."
        for (number, cell), after in zip(cells, following, strict=True)
        if IGNORE in tags(cell) and (after is None or not has_assert(after))
    ]


def has_assert(cell) -> bool:
    """Whether a cell asserts something, outside of functions that it only defines."""
    statements = [node for node in parsed(cell.source).body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return any(isinstance(node, ast.Assert) for statement in statements for node in ast.walk(statement))


@rule
def skips_no_check(path, notebook) -> list[str]:
    """The one way not to compare an output is the tag nbval-ignore-output."""
    problems = []
    for number, cell in code_cells(notebook):
        wrong = sorted(tag for tag in tags(cell) if tag.startswith(("nbval", "raises")) and tag != IGNORE)
        if wrong:
            problems.append(f"Code cell {number} is tagged {wrong}; the only tag for tests is {IGNORE}.")
        comments = re.findall(r"^\s*#+\s*((?:NBVAL|PYTEST)_\w+)", cell.source, flags=re.MULTILINE)
        if comments:
            problems.append(
                f"Code cell {number} has the comment {comments[0]}: use the tag {IGNORE}, readers need not see it."
            )
    return problems


# --- what the text says ---------------------------------------------------------------------------------------------


@rule
def has_headings_in_order(path, notebook) -> list[str]:
    """One title; below it no level is left out, so that a screen reader and the table of contents can follow."""
    problems, above = [], 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
        for marks, text in re.findall(r"^(#+) +(.+?)\s*$", prose, flags=re.MULTILINE):
            if len(marks) == 1 and number > 1:
                problems.append(f"Cell {number}: a second title, `# {text}`. Make it `## {text}`.")
            elif len(marks) > above + 1:
                fitting = "#" * (above + 1)
                problems.append(f"Cell {number}: `{marks} {text}` skips a level. Make it `{fitting} {text}`.")
            above = len(marks)
    return problems


@rule
def states_true_numbers(path, notebook) -> list[str]:
    """Each number of the text is printed or in the code of its section, or declared with its source."""
    return numbers_are_true(notebook)


@rule
def declares_few_facts(path, notebook) -> list[str]:
    """Declared facts name their source, stand in the text, and are few."""
    return facts_are_used(notebook)


@rule
def checks_its_update_rules(path, notebook) -> list[str]:
    """Each displayed update rule is worked by hand in a cell close behind it."""
    return update_rules_are_checked(notebook)


def main(arguments: list[str]) -> int:
    paths = [Path(argument) for argument in arguments] or notebook_paths()
    problems = {path: lint(path) for path in paths}
    for path, found in problems.items():
        for problem in found:
            print(f"{path.name}: {problem}")
    total = sum(map(len, problems.values()))
    print(f"{len(paths)} notebooks in {NOTEBOOKS.name}/, {len(RULES)} rules, {total} problems")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
