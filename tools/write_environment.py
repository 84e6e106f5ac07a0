"""Write environment.yml, for conda and for Binder, from pyproject.toml and uv.lock.

    python tools/write_environment.py      (or `make environment`, which brings uv.lock up to date first)

conda itself only brings Python and pip; the rest is pinned under `pip:`, where the wheels are, TensorFlow's among them.
"""

import sys
import tomllib

from packaging.requirements import Requirement

from tools.course import ROOT, pyproject

ENVIRONMENT = ROOT / "environment.yml"
PYTHON = "3.12"  # repo2docker understands exactly `python=3.12`; on `python>=3.11` it falls back to 3.10

# The reader's interface. No result depends on it, and `-e .` brings it where it is missing. Binder has its own, which a
# line under `pip:` would replace (conda runs pip with --upgrade), against what the rest of Binder's image asks for.
LEFT_OUT = {"ipykernel", "jupyterlab"}

HEAD = """\
# Written by `make environment` from pyproject.toml and uv.lock: change those, then run it again.
# For conda:  conda env create -f environment.yml && conda activate {name} && jupyter lab notebooks/00_start_here.ipynb
# Binder reads this file too, as long as it stands here: a folder named binder/ would make it look there instead.
"""


def locked_versions() -> dict[str, str]:
    """The version of every package in uv.lock; it holds one of each."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}


def pip_lines() -> list[str]:
    """The project's direct dependencies, exactly as locked, and the project itself."""
    versions = locked_versions()
    lines = []
    for text in pyproject()["project"]["dependencies"]:
        requirement = Requirement(text)
        if requirement.name not in LEFT_OUT:
            requirement.specifier = f"=={versions[requirement.name]}"
            lines.append(str(requirement))
    return [*lines, "-e ."]


def render() -> str:
    """The whole file."""
    name = pyproject()["project"]["name"]
    lines = [
        f"name: {name}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python={PYTHON}",
        "  - pip",
        "  - pip:",
        *(f"      - {quoted(line)}" for line in pip_lines()),
    ]
    return HEAD.format(name=name) + "\n".join(lines) + "\n"


def quoted(line: str) -> str:
    """A YAML string: in quotation marks where it has more than a name and a version."""
    return f"'{line}'" if ";" in line or "[" in line else line


def main() -> int:
    ENVIRONMENT.write_text(render(), encoding="utf-8", newline="\n")
    print(f"{ENVIRONMENT.name}: {len(pip_lines())} lines under pip, Python {PYTHON}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
