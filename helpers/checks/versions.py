"""Checks that answer in words: is this machine ready for the course?"""

import platform
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

COURSE = "learning-from-feedback"
MEND = (
    "Close this notebook and run `make lab` (or `uv sync`) in the course's folder: "
    "it installs what the course was tested with."
)


def check_versions(names: tuple[str, ...] = ("numpy", "gymnasium", "matplotlib", "tensorflow", "keras")) -> bool:
    """Print one line for Python and for each library, with what to do where it is wrong; True if all are right.

    The ranges are those of pyproject.toml, read from the installed course. Nothing is imported.
    """
    wanted = _requirements()
    lines = [_judge("Python", platform.python_version(), _python_range())]
    lines += [_judge(name, *_installed(name, wanted)) for name in names]
    print("\n".join(line for _, line in lines))
    good = all(fine for fine, _ in lines)
    print("Ready: go on to the next cell." if good else f"Not ready yet. {MEND}")
    return good


def _judge(name: str, found: str | None, wanted: SpecifierSet) -> tuple[bool, str]:
    if found is None:
        return False, f"{name:<12} is not installed; the course needs {wanted}"
    if not wanted.contains(found, prereleases=True):
        return False, f"{name:<12} {found} is installed; the course needs {wanted}"
    return True, f"{name:<12} fine ({wanted})"


def _installed(name: str, wanted: dict[str, SpecifierSet]) -> tuple[str | None, SpecifierSet]:
    """tensorflow-cpu is the same library without the parts for graphics cards."""
    for alias in (name, f"{name}-cpu"):
        if alias in wanted:
            try:
                return metadata.version(alias), wanted[alias]
            except metadata.PackageNotFoundError:
                return None, wanted[alias]
    raise KeyError(f"{name} is no library of this course; it uses {', '.join(sorted(wanted))}.")


def _requirements() -> dict[str, SpecifierSet]:
    """The libraries that this machine needs (the markers choose), and their ranges."""
    requirements = [Requirement(text) for text in metadata.requires(COURSE) or ()]
    return {r.name: r.specifier for r in requirements if r.marker is None or r.marker.evaluate()}


def _python_range() -> SpecifierSet:
    return SpecifierSet(metadata.metadata(COURSE)["Requires-Python"])
