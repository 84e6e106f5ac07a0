"""The rules that notebooks keep (tools/lint, and ruff): on the course, and on notebooks that break them."""

import copy
import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.course import ROOT, notebook_paths, read_notebook
from tools.lint import RULES, lint
from tools.lint.source import brings_tensorflow
from tools.lint.storage import MAX_BYTES
from tools.lint_notebooks import main
from tools.run_notebooks import clean, stable_ids

NAME = "03_balance_a_pole.ipynb"
CARD = """\
# Balance a pole

| | |
|---|---|
| **You will do** | watch a pole fall |
| **You will learn** | why it falls |
| **You need** | patience |
| **It costs** | 2 minutes to read, 2 s to run, 1,240 MB of memory |"""
END = "## Check yourself\n\n## On your own\n\n## In practice\n\n## Further reading"
SETUP = """\
# What this notebook imports
import numpy as np

from helpers.plotting import show

rng = np.random.default_rng(0)"""
PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "A pole."}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_the_course_keeps_the_rule(path, name):
    problems = RULES[name](path, read_notebook(path))
    assert not problems, "\n".join(problems)


def stream(text, name="stdout"):
    return new_output("stream", text=text, name=name)


def picture(alt="A pole."):
    return new_output("display_data", data=PICTURE, metadata={"image/png": {"alt": alt}})


def code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {})


def good_notebook():
    """A small notebook that keeps every rule."""
    printed = [code(f"print({n})", stream(f"{n}\n")) for n in range(8)]
    cells = [
        new_markdown_cell(CARD),
        code(SETUP, tags=["hide-input"]),
        new_markdown_cell("## The pole falls\n\n![a pole](pole.png)"),
        *printed,
        code("show(figure, 'A pole.')", picture()),
        code("speed = measure()\nspeed", stream("12.3"), tags=["nbval-ignore-output"]),
        code("assert speed > 1\nprint('fast enough')", stream("fast enough\n")),
        new_markdown_cell(END),
    ]
    return numbered(new_notebook(cells=cells))


def numbered(notebook):
    """As after a fresh run: counts 1..N, ids, clean metadata."""
    for cell, cell_id in zip(notebook.cells, stable_ids(notebook.cells), strict=True):
        cell["id"] = cell_id
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    return clean(notebook)


def written(folder, notebook, name=NAME):
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")  # as it is: nbformat would mend some of it
    return path


def test_a_good_notebook_keeps_every_rule(tmp_path, capsys):
    path = written(tmp_path, good_notebook())
    assert lint(path) == []
    assert main([str(path)]) == 0
    assert f"{len(RULES)} rules, 0 problems" in capsys.readouterr().out


# --- ways to break a notebook: each takes a good one and spoils it ----------------------------------------------------


def first(text):
    def spoil(notebook):
        notebook.cells[0].source = text

    return spoil


def last(text):
    def spoil(notebook):
        notebook.cells[-1].source = text

    return spoil


def added(source, *outputs, tags=(), at=3):
    def spoil(notebook):
        notebook.cells.insert(at, code(source, *outputs, tags=tags))
        numbered(notebook)

    return spoil


def markdown(source):
    def spoil(notebook):
        notebook.cells.insert(3, new_markdown_cell(source))
        numbered(notebook)

    return spoil


def metadata(**values):
    def spoil(notebook):
        notebook.cells[1].metadata.update(values)

    return spoil


def declared_in_vain(notebook):
    notebook.cells[2].metadata["facts"] = [{"number": "812", "source": "a book"}]


def open_setup(notebook):
    notebook.cells[1].metadata.tags.remove("hide-input")


def long_setup(notebook):
    notebook.cells[1].source = SETUP + 35 * "\nimport numpy as np"


def without_title(notebook):
    notebook.cells[1].source = SETUP.removeprefix("# What this notebook imports\n")


def out_of_order(notebook):
    notebook.cells[4].execution_count = 40


def without_setup(notebook):
    notebook.cells[1].source = "x = 1"


def too_many(notebook):
    notebook.cells[3:3] = [code("x = 1") for _ in range(40)]
    numbered(notebook)


def without_assert(notebook):
    notebook.cells[-2].source = "print('fast enough')"


def assert_in_a_function_only(notebook):
    notebook.cells[-2].source = "def check():\n    assert speed > 1"


def three_ignored(notebook):
    for n in range(2):
        added("speed", stream(f"{n}"), tags=["nbval-ignore-output"])(notebook)


def old_python(notebook):
    notebook.metadata.language_info["version"] = "3.12.1"


def twice_the_same_id(notebook):
    notebook.cells[2]["id"] = notebook.cells[3]["id"]


ERROR = new_output("error", ename="ValueError", evalue="no pole", traceback=["..."])
BROKEN = {
    "is_executed_in_order": [(out_of_order, "make notebooks NB=03_balance_a_pole")],
    "is_stored_clean": [
        (old_python, "metadata"),
        (metadata(execution={"iopub.status.busy": "2026"}), "metadata"),
        (twice_the_same_id, "id"),
    ],
    "is_below_one_megabyte": [(added("1", stream("x" * MAX_BYTES)), "Code cell 2 shows most")],
    "prints_no_stderr": [(added("1", stream("Warning: oh", name="stderr")), "Warning: oh")],
    "raises_no_error": [(added("1", ERROR), "raised ValueError: no pole")],
    "shows_no_machine_path": [
        (added("1", stream(f"read {path}\n")), "Print a relative one")
        for path in [
            "/root/x",
            "/home/ada/x",
            "/work/main",
            "/Users/ada/x",
            "C:\\Users\\ada",
            "(/tmp/ipykernel_1/2.py)",
        ]
    ],
    "begins_with_title_and_card": [
        (first("Balance a pole"), "first line must be the title"),
        (first(CARD.replace("# Balance a pole", "# Drop a ball")), "say the same"),
        (first(CARD.replace("|---|---|\n", "")), "must begin on line 3"),
        (first(CARD.replace("**You need**", "You need")), r"`| **You need** | ... |`"),
        (first("\n".join(CARD.splitlines()[:-1])), "It costs"),
        (first(CARD.replace("2 s to run", "a moment to run")), "25 minutes to read, 12 s to run"),
    ],
    "ends_with_the_four_sections": [
        (last(END.replace("## In practice\n\n", "")), "## In practice"),
        (last(END + "\n\n## More"), "More"),
        (last(END.replace("Check yourself", "X").replace("On your own", "Check yourself")), "X"),
    ],
    "has_cells_of_readable_size": [
        (added("\n".join(f"x = {n}" for n in range(26))), "26 lines"),
        (long_setup, "41 lines; at most 40"),
        (added(""), "empty"),
        (too_many, "Make it two notebooks"),
    ],
    "imports_in_the_setup_cell_only": [
        (added("import math"), "Code cell 2 imports math"),
        (added("def f():\n    from math import pi"), "Code cell 2 imports math"),
        (without_setup, "must be the setup cell"),
    ],
    "folds_its_solutions": [
        (added("check('4.1', x, record=False)", tags=["solution"]), "tag it hide-input"),
        (added("check('4.1', x)", tags=["solution", "hide-input"]), "record=False"),
    ],
    "uses_the_course_s_names": [
        (added("done = True"), "`done`"),
        (added("state = 1"), "`state`"),
        (added("def f(lr):\n    return 1"), "`lr`"),
        (added("for s_ in []:\n    pass"), "`s_`"),
        (added("import math as tmp"), "`tmp`"),
    ],
    "runs_no_other_program": [
        (added("%pip install gymnasium"), "`%pip`"),
        (added("!pip install gymnasium"), "shell command"),
        (added("files = !ls"), "shell command"),
        (added("%%bash\nls"), "`%bash`"),
    ],
    "opens_no_window": [
        (added("gym.make('CartPole-v1', render_mode='human')"), "rgb_array"),
        (added("options = {'render_mode': 'human'}"), "rgb_array"),
    ],
    "keeps_tensorflow_out_of_part_one": [
        (added("import tensorflow as tf"), "`tensorflow`"),
        (added("from keras import layers"), "`keras`"),
        (added("from helpers.dqn import DQN"), "`helpers.dqn`"),
        (added("from helpers import dqn"), "`helpers.dqn`"),
    ],
    "describes_every_picture": [
        (added("1", picture(alt=" ")), "without alternative text"),
        (added("1", new_output("display_data", data=PICTURE)), "without alternative text"),
        (markdown("![](pole.png)"), "![](pole.png)"),
        (markdown('<img src="pole.png">'), "<img"),
    ],
    "compares_most_of_what_it_prints": [(three_ignored, "3 of 12")],
    "asserts_after_what_is_not_compared": [
        (without_assert, "must assert"),
        (assert_in_a_function_only, "must assert"),
    ],
    "skips_no_check": [
        (added("1", tags=["nbval-skip"]), "nbval-skip"),
        (added("1", tags=["raises-exception"]), "raises-exception"),
        (added("# NBVAL_IGNORE_OUTPUT\n1"), "NBVAL_IGNORE_OUTPUT"),
    ],
    "has_headings_in_order": [
        (markdown("# Another title"), "Make it `## Another title`"),
        (markdown("## One\n\n#### Two"), "Make it `### Two`"),
    ],
    "states_true_numbers": [(markdown("The pole stands for 812 steps."), "The pole stands for 812 steps.")],
    "declares_few_facts": [(declared_in_vain, "Delete it")],
    "fits_the_page": [
        (added(f"x = 1\ny = {'1 + ' * 22}1"), "Code cell 2, line 2 has 93 columns"),
        (added("x = 1" + 84 * " ", tags=["hide-input"]), "Code cell 2, line 1 has 89 columns"),
    ],
    "folds_what_is_no_idea": [
        (open_setup, "Code cell 1 imports"),
        (without_title, "`# What this notebook imports`"),
        (added("figure, ax = plt.subplots()"), "Code cell 2 draws"),
        (added("def draw():\n    return plt.figure()"), "Code cell 2 draws"),
        (added("figure = plt.figure()", tags=["hide-input"]), "`# How this figure is drawn`"),
    ],
    "is_one_sitting": [
        (markdown("word " * 3_301), "At most 3,300 words; it has 3,3"),
        (added("1", *[picture() for _ in range(45)]), "it has 47"),
        (first(CARD.replace("2 minutes", "3 minutes")), "Its card must say `2 minutes to read`"),
        (markdown("### Exercise 3.1: Fall\n\nDifficulty 1 of 5, 7 minutes."), "to read and 7 for the exercises`"),
    ],
    "checks_its_update_rules": [
        (markdown("## Learn\n\n$$Q \\leftarrow Q + 1$$"), "assert that the code gives the same")
    ],
}


CASES = [(name, spoil, part) for name, cases in BROKEN.items() for spoil, part in cases]


def test_every_rule_has_a_notebook_that_breaks_it():
    assert set(RULES) - set(BROKEN) == {"is_named_number_verb_object"}  # that one is here:


@pytest.mark.parametrize("name", ["balance_a_pole.ipynb", "3_balance_a_pole.ipynb", "03_Balance.ipynb", "03-a-b.ipynb"])
def test_a_name_that_breaks_the_rule(tmp_path, name):
    (problem,) = RULES["is_named_number_verb_object"](tmp_path / name, good_notebook())
    assert repr(name) in problem and "08_train_a_dqn.ipynb" in problem


@pytest.mark.parametrize(("name", "spoil", "part"), CASES, ids=[name for name, _, _ in CASES])
def test_the_rule_speaks_up(tmp_path, name, spoil, part):
    notebook = copy.deepcopy(good_notebook())
    spoil(notebook)
    path = written(tmp_path, notebook)
    problems = RULES[name](path, read_notebook(path))
    assert problems and part in problems[0], problems
    assert main([str(path)]) == 1


def test_part_two_may_use_tensorflow(tmp_path):
    path = written(tmp_path, good_notebook(), "07_balance_a_pole.ipynb")
    notebook = read_notebook(path)
    added("import tensorflow as tf")(notebook)
    assert RULES["keeps_tensorflow_out_of_part_one"](path, notebook) == []


def test_our_own_modules_are_followed_to_tensorflow(tmp_path, monkeypatch):
    """What a module imports at its top counts; what it imports inside a function is not run by importing it."""
    (tmp_path / "far.py").write_text("import near\n")
    (tmp_path / "near.py").write_text("from keras import Model\n")
    (tmp_path / "late.py").write_text("def make():\n    import keras\n")
    monkeypatch.setattr("tools.lint.source.ROOT", tmp_path)
    assert brings_tensorflow("far") and not brings_tensorflow("late")


def test_own_import_is_allowed_where_it_is_tagged(tmp_path):
    notebook = good_notebook()
    added("import math", tags=["own-import"])(notebook)
    assert lint(written(tmp_path, notebook)) == []


# --- what ruff says of a notebook (pyproject.toml) --------------------------------------------------------------------

IMPORTS = "import os\nimport sys\n\nimport keras\nimport numpy as np"
SEEN_BY_RUFF = {
    "np.random.seed(0)": "NPY002",
    "np.random.rand(3)": "NPY002",
    "np.random.RandomState(0)": "hand it down",
    "import random": "hand it down",
    "os.system('ls')": "starts no other program",
    "import subprocess": "starts no other program",
    "from urllib.request import urlopen": "the network",
    "import http.client": "the network",
    "keras.datasets.mnist.load_data()": "downloads",
    "keras.utils.get_file('x')": "downloads",
    "sys.path.insert(0, '..')": "`helpers` is installed",
    "os.chdir('..')": "`helpers` is installed",
    "rng = np.random.default_rng(0)": "",
}


def test_ruff_sees_what_no_cell_may_use():
    """Each line as a cell of its own; what ruff says of imports that are not used or not sorted is left out."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in (IMPORTS, *SEEN_BY_RUFF)])
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--select=NPY,TID251", "-"]
    command += ["--stdin-filename", ROOT / "notebooks" / NAME]
    ran = subprocess.run(command, cwd=ROOT, input=nbformat.writes(notebook), capture_output=True, text=True)
    assert ran.returncode == 1 and not ran.stderr
    said = {found["cell"]: f"{found['code']} {found['message']}" for found in json.loads(ran.stdout)}
    assert 1 not in said
    for cell, (source, part) in enumerate(SEEN_BY_RUFF.items(), start=2):
        assert part in said[cell] if part else cell not in said, source
