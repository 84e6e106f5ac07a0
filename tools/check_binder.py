"""What Binder does, without Docker: environment.yml installed on its Python, and notebooks run within Binder's limits.

    python tools/check_binder.py               notebooks 00 to 08      (or `make binder-check`; about ten minutes)
    python tools/check_binder.py 14 15         these

A clean clone of the last commit; a new environment with what Binder's image brings itself; on top of it the lines
under `pip:`, as conda installs them; postBuild. Then JupyterLab is started from that environment, and each notebook
runs in a kernel of it, beside the server, on one core; the stored text must come again (nbval, strict). The resident
memory of server, kernel and workers together is watched, and must stay within 2 GB: Binder ends a kernel beyond that.
What this cannot prove: that conda finds Python 3.12 and pip, and that the image is pushed and started.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import yaml

from tools.course import ROOT
from tools.watch import Watch
from tools.write_environment import PYTHON

LIMIT = 2 * 10**9  # bytes that mybinder.org gives one reader
OF_BINDER = (
    "jupyterlab",
    "jupyterlab_server",
    "jupyter_server",
    "notebook",
    "ipywidgets",
    "ipykernel",
    "jupyterhub-base",
    "pip",
)


def python_of_binder() -> str:
    """A Python of the version that environment.yml asks for: pyenv's, or the one on the PATH."""
    with suppress(OSError, SystemExit):
        names = output("pyenv", "versions", "--bare").split()
        found = [name for name in names if re.fullmatch(re.escape(PYTHON) + r"\.\d+", name)]
        if found:
            return output("pyenv", "prefix", found[-1]).strip() + "/bin/python"
    if path := shutil.which(f"python{PYTHON}"):
        return path
    raise SystemExit(f"Binder uses Python {PYTHON}, and neither pyenv nor the PATH has one here: install it first.")


def output(*command, **options) -> str:
    """What a command prints; the check ends with what it said where it fails."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode:
        words = " ".join(map(str, command))
        raise SystemExit(f"This failed: {words}\n{result.stdout}{result.stderr}")
    return result.stdout


def of_binder() -> list[str]:
    """What repo2docker's image holds before environment.yml is read, as pip names it, at its locked versions."""
    package = find_spec("repo2docker")  # found and not imported: it warns of what it imports itself
    folder = Path(package.origin).parent / "buildpacks" / "conda"
    lock = (folder / f"environment.py-{PYTHON}-linux-64.lock").read_text(encoding="utf-8")
    versions = dict(re.findall(r"/([a-z0-9_.-]+?)-(\d[^-/]*)-[^-/]+\.(?:conda|tar\.bz2)", lock))
    return [f"{name.removesuffix('-base')}=={versions[name]}" for name in OF_BINDER]


def build(folder: Path) -> Path:
    """The clone, its environment and its postBuild, in `folder`; the environment's python."""
    output("git", "clone", "--quiet", ROOT, folder / "course")
    output(python_of_binder(), "-m", "venv", folder / "env")
    python = folder / "env" / "bin" / "python"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    output(*pip, "install", *of_binder())
    environment = yaml.safe_load((folder / "course" / "environment.yml").read_text(encoding="utf-8"))
    lines = environment["dependencies"][-1]["pip"]
    listed = folder / "course" / ".pip-lines.txt"  # beside environment.yml, as conda does it: `-e .` is read from there
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    output(*pip, "install", "--upgrade", "-r", listed, cwd=folder / "course")
    output(python, "-m", "pip", "check")
    output("./postBuild", cwd=folder / "course", env=surroundings(folder))
    return python


def surroundings(folder: Path) -> dict[str, str]:
    """A reader's fresh home on Binder, with the environment's kernel as `binder`."""
    kernel = folder / "jupyter" / "kernels" / "binder"
    kernel.mkdir(parents=True, exist_ok=True)
    command = [str(folder / "env" / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Binder", "language": "python"}))
    home = {"HOME": str(folder / "home"), "JUPYTER_PATH": str(folder / "jupyter")}
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | home


@contextmanager
def jupyterlab(folder: Path):
    """The server that a reader on Binder has beside the kernel; it must know the course's settings."""
    port = free_port()
    options = ["--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--allow-root"]
    command = [folder / "env" / "bin" / "jupyter", "lab", *options, f"--ServerApp.root_dir={folder / 'course'}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=surroundings(folder) | {"JUPYTER_TOKEN": "binder"}, **quiet) as server:
        try:
            news = asks_about_news(port)
            print(f"JupyterLab runs; whether to ask about news: {news}", flush=True)
            if news != "false":
                raise SystemExit("JupyterLab on Binder does not read docs/lab/settings.json.")
            yield
        finally:
            server.terminate()


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asks_about_news(port: int, patience: float = 60) -> str:
    """The setting's default, as JupyterLab serves it once it listens."""
    url = f"http://127.0.0.1:{port}/lab/api/settings/@jupyterlab/apputils-extension:notification?token=binder"
    deadline = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=patience) as answer:
                return json.load(answer)["schema"]["properties"]["fetchNews"]["default"]
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def of_environment(folder: Path) -> list[psutil.Process]:
    """The server, the kernel and its workers: what runs from the environment in `folder`."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error, IndexError):
            if process.cmdline()[0].startswith(str(folder)):
                found.append(process)
    return found


def check(path: Path, folder: Path) -> bool:
    """Run one notebook within the limits, and say what it took."""
    options = ["-n", "0", "--nbval", "--nbval-kernel-name=binder", "--nbval-cell-timeout=900", "-o", "addopts="]
    command = [sys.executable, "-m", "pytest", "-q", *options, path]
    begin = time.perf_counter()
    with Watch(lambda: of_environment(folder / "env")) as watch:
        result = subprocess.run(
            command, cwd=folder / "course", env=surroundings(folder), capture_output=True, text=True
        )
    seconds = time.perf_counter() - begin
    fits, passed = watch.together <= LIMIT, result.returncode == 0
    verdict = "as stored" if passed else "NOT as stored"
    print(f"{path.name:40} {verdict}, {seconds:4.0f} s, {watch.together / 1e6:5,.0f} MB with the server", flush=True)
    if not passed:
        print(result.stdout[-5_000:])
    if not fits:
        print(f"  That is more than the {LIMIT / 1e9:.0f} GB of Binder, which would end the kernel.")
    return passed and fits


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", default=[f"{number:02}" for number in range(9)])
    numbers = parser.parse_args(arguments).numbers
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, for everything that is started from here
    with tempfile.TemporaryDirectory(prefix="binder-") as name:
        folder = Path(name)
        begin = time.perf_counter()
        python = build(folder)
        print(f"{output(python, '--version').strip()}, environment installed in {time.perf_counter() - begin:.0f} s")
        print("of Binder's image:", *of_binder(), flush=True)
        with jupyterlab(folder):
            paths = [path for n in numbers for path in sorted((folder / "course" / "notebooks").glob(f"{n}_*.ipynb"))]
            results = [check(path, folder) for path in paths]
    print(
        f"{sum(results)} of {len(results)} notebooks run on Binder's Python, on one core, within {LIMIT / 1e9:.0f} GB"
    )
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
