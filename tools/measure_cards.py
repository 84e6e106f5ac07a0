"""Measure what each notebook costs, on one core, and write it on its card and into docs/costs.json.

    python tools/measure_cards.py                          every notebook of the course     (or `make cards`)
    python tools/measure_cards.py 08_train_a_dqn           this one

Close other programs first. The notebook is run from a fresh kernel and its outputs are thrown away: only the seconds
and the memory in its first cell change. `make cards` then brings the table in README.md up to date.
"""

import argparse
import json
import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

from tools.costs import RECORD, read_record, yardstick
from tools.course import COSTS, read_notebook
from tools.run_notebooks import execute, find_notebooks, refuse_defects, store


def measure(path: Path) -> dict:
    """Run one notebook and say what it took: seconds, processor seconds, and megabytes (2**20 bytes)."""
    notebook = read_notebook(path)
    cost = execute(notebook, path.resolve().parent)
    refuse_defects(notebook)
    return {
        "seconds": round(cost.seconds, 1),
        "processor_seconds": round(cost.processor_seconds, 1),
        "megabytes": round(cost.peak_bytes / 2**20),
        "kernel_megabytes": round(cost.kernel_bytes / 2**20),
        "cells": len(notebook.cells),
    }


def write_card(path: Path, measured: dict) -> None:
    """The seconds and the memory on the card, memory in tens of megabytes; nothing else in the notebook changes."""
    notebook = read_notebook(path)
    costs = f"{max(1, round(measured['seconds']))} s to run, {tens(measured['megabytes']):,} MB of memory"
    lines = notebook.cells[0].source.splitlines()
    row = "| **It costs** | "
    (number,) = [number for number, line in enumerate(lines) if line.startswith(row)]
    old = COSTS.match(lines[number].removeprefix(row))
    lines[number] = lines[number].replace(old["measured"], costs)
    notebook.cells[0].source = "\n".join(lines)
    store(notebook, path)


def tens(megabytes: float) -> int:
    """Up to the next ten."""
    return int(-(-megabytes // 10) * 10)


def machine() -> str:
    """This machine, in words for the README."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"one core of {processor()}, {platform.system()}, Python {python}, TensorFlow {tensorflow()}"


def processor() -> str:
    """The name of the processor's type, without marks."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        name = found[1] if found else name
    words = re.sub(r"\((R|TM)\)| CPU", "", name).split()
    return f"{'an' if words[0][0] in 'AEIOU' else 'a'} {' '.join(words)}"


def tensorflow() -> str:
    """The version of whichever distribution is installed."""
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return version(name)
        except ModuleNotFoundError:
            continue
    raise SystemExit("TensorFlow is not installed: run `make cards`, which installs it first.")


def remember(name: str, measured: dict, yard: float) -> None:
    """Put one notebook's numbers into the record. Another machine begins a new record: cards must be comparable."""
    old = read_record() if RECORD.exists() else {}
    notebooks = old.get("notebooks", {}) if old.get("machine") == machine() else {}
    record = {
        "machine": machine(),
        "yardstick": round(yard, 4),
        "notebooks": dict(sorted((notebooks | {name: measured}).items())),
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    paths = find_notebooks(parser.parse_args(arguments).notebooks)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, as on Binder; kernels inherit it
    yard = yardstick()
    print(f"{machine()}; yardstick {yard:.3f} s")
    for path in paths:
        measured = measure(path)
        print(f"{path.name}: {measured}", flush=True)
        write_card(path, measured)
        remember(path.name, measured, yard)
    return 0


if __name__ == "__main__":
    sys.exit(main())
