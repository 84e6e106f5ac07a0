"""In which order workers take the files of a test run (conftest.py): the long ones first."""

import re
import subprocess
import sys

from conftest import NEW_NOTEBOOK, SECONDS, seconds_of
from tools.costs import read_record
from tools.course import NOTEBOOKS, ROOT

LONGEST = sorted(SECONDS, key=SECONDS.get, reverse=True)


def test_the_long_files_are_there():
    assert all((ROOT / "tests" / name).is_file() for name in SECONDS)


def test_a_notebook_takes_what_was_measured_and_a_new_one_is_not_left_for_the_end():
    name, measured = next(iter(read_record()["notebooks"].items()))
    assert seconds_of(NOTEBOOKS / name) == measured["seconds"]
    assert seconds_of(NOTEBOOKS / "25_take_it_further.ipynb") == NEW_NOTEBOOK > 0
    assert seconds_of(ROOT / "tests" / "test_new.py") == 0


def test_a_worker_begins_with_the_long_files_however_few_tests_they_hold(tmp_path):
    for name, tests in {"test_a.py": 9, "test_b.py": 3, LONGEST[1]: 1, LONGEST[0]: 1}.items():
        (tmp_path / name).write_text("\n".join(f"def test_{k}():\n    pass\n" for k in range(tests)))
    command = [sys.executable, "-m", "pytest", "-v", "-n", "1", "-p", "conftest", "--rootdir", ROOT, "-c"]
    result = subprocess.run([*command, ROOT / "pyproject.toml", tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    ran = re.findall(r"PASSED \S*?(test_\w+\.py)", result.stdout)
    assert list(dict.fromkeys(ran)) == [LONGEST[0], LONGEST[1], "test_a.py", "test_b.py"]
    assert len(ran) == 14
