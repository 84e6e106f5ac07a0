"""Notebooks are executed from a fresh kernel and stored whole, or not at all (tools/run_notebooks.py)."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.course import read_notebook
from tools.run_notebooks import build, main


def written(folder, *sources):
    path = folder / "03_balance_a_pole.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_drafts_give_the_same_bytes_each_time(tmp_path):
    draft = tmp_path / "draft.py"
    draft.write_text('# %% [markdown]\n# # Title\n\n# %% tags=["own-import"]\nimport math\n\n# %%\n1\n\n# %%\n1\n')
    one, two = build(draft), build(draft)
    assert json.dumps(one) == json.dumps(two)
    assert [cell.source for cell in one.cells] == ["# Title", "import math", "1", "1"]
    assert one.cells[1].metadata == {"tags": ["own-import"]}
    assert len({cell.id for cell in one.cells}) == 4


def test_execution_stores_counts_and_outputs(tmp_path, capsys):
    path = written(tmp_path, "x = 6", "x * 7")
    assert main([str(path)]) == 0
    cells = read_notebook(path).cells
    assert [cell.execution_count for cell in cells] == [1, 2]
    assert cells[1].outputs[0].data == {"text/plain": "42"}
    assert "MB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "part"),
    [("import sys\nprint('oh', file=sys.stderr)", "Code cell 1 printed to stderr"), ("1 / 0", "ZeroDivisionError")],
)
def test_what_fails_is_never_stored(tmp_path, capsys, source, part):
    path = written(tmp_path, source)
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    assert part in capsys.readouterr().err


def test_a_notebook_that_does_not_exist_is_named():
    with pytest.raises(SystemExit, match="No notebook '77_x'.*08_train_a_dqn"):
        main(["77_x"])


def test_the_reader_s_progress_bar_is_not_stored(tmp_path):
    """The surroundings of stored notebooks silence tqdm, and the person's own IPython stays out."""
    source = """import os
from tqdm import tqdm
for _ in tqdm(range(3)):
    pass
print('ipython-' in os.environ['IPYTHONDIR'])"""
    path = written(tmp_path, source)
    assert main([str(path)]) == 0
    assert read_notebook(path).cells[0].outputs == [new_output("stream", text="True\n", name="stdout")]
