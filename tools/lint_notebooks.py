"""Look whether notebooks keep the rules of the course (tools/lint).

    python tools/lint_notebooks.py                                      every notebook of the course
    python tools/lint_notebooks.py notebooks/08_train_a_dqn.ipynb       this one

Each problem says where it is and what to do. tests/test_notebooks.py runs the rules on the course, and shows each rule
a notebook that breaks it. What ruff sees in a notebook it says itself: `make lint` runs both. What a cell computes is
compared elsewhere: pytest runs every cell again with nbval.
"""

import sys
from pathlib import Path

from tools.course import NOTEBOOKS, notebook_paths
from tools.lint import RULES, lint


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
