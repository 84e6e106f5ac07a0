"""In which order workers take the files of a test run (conftest.py): the long ones first."""

import re
import subprocess
import sys

from conftest import LONG_FIRST
from tools.course import NOTEBOOKS, ROOT


def test_the_long_files_are_files_of_the_course():
    there = {path.name for folder in (ROOT / "tests", NOTEBOOKS) for path in folder.iterdir()}
    assert set(LONG_FIRST) <= there
    assert len(set(LONG_FIRST)) == len(LONG_FIRST)


def test_a_worker_begins_with_the_long_files_however_few_tests_they_hold(tmp_path):
    for name, tests in {"test_a.py": 9, "test_b.py": 3, LONG_FIRST[1]: 1, LONG_FIRST[0]: 1}.items():
        (tmp_path / name).write_text("\n".join(f"def test_{k}():\n    pass\n" for k in range(tests)))
    command = [sys.executable, "-m", "pytest", "-v", "-n", "1", "-p", "conftest", "--rootdir", ROOT, "-c"]
    result = subprocess.run([*command, ROOT / "pyproject.toml", tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    ran = re.findall(r"PASSED \S*?(test_\w+\.py)", result.stdout)
    assert list(dict.fromkeys(ran)) == [LONG_FIRST[0], LONG_FIRST[1], "test_a.py", "test_b.py"]
    assert len(ran) == 14
