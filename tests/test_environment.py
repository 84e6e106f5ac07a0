"""pyproject.toml, uv.lock and environment.yml say the same, and what they say can be installed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tools.course import ROOT, pyproject
from tools.write_environment import LEFT_OUT, PYTHON, locked_versions, render

ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_KEYS = {"name", "channels", "dependencies", "variables"}  # and `prefix`, which is a path of one machine
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def requirements():
    return [Requirement(text) for text in pyproject()["project"]["dependencies"]]


def requirements_of_this_machine():
    return [requirement for requirement in requirements() if not requirement.marker or requirement.marker.evaluate()]


def pip_list():
    (pip,) = (entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict))
    return pip


def run(*command, cwd=ROOT, **kwargs):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, **kwargs)


# --- the lock -------------------------------------------------------------------------------------------------------


def test_lock_belongs_to_pyproject():
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv" / "bin")
    if uv is None:
        pytest.skip("uv is neither on the PATH nor in .uv/: `make test` puts it there")
    result = run(uv, "lock", "--check")
    assert result.returncode == 0, f"Run `make environment`.\n{result.stderr}"


def test_lock_holds_one_version_of_each_library():
    """So that a result does not depend on whether the reader has Python 3.11, 3.12 or 3.13."""
    names = [package["name"] for package in LOCK["package"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"{twice} have several versions in uv.lock: narrow their range in pyproject.toml."


def test_lock_takes_everything_from_pypi_with_its_hash():
    for package in LOCK["package"]:
        if package["source"] == {"editable": "."}:
            continue
        assert package["source"] == {"registry": "https://pypi.org/simple"}, package["name"]
        files = package.get("wheels", []) + [package[kind] for kind in ("sdist",) if kind in package]
        assert files and all(file["hash"].startswith("sha256:") for file in files), package["name"]
        assert all(file["url"].startswith("https://files.pythonhosted.org/") for file in files), package["name"]


@pytest.mark.parametrize(("system", "machine"), PLATFORMS)
def test_lock_covers_the_platform_with_one_tensorflow(system, machine):
    here = {"sys_platform": system, "platform_machine": machine}
    assert any(Marker(marker).evaluate(here) for marker in LOCK["supported-markers"])
    names = [r.name for r in requirements() if r.name.startswith("tensorflow") and r.marker.evaluate(here)]
    assert len(names) == 1
    (package,) = (package for package in LOCK["package"] if package["name"] == names[0])
    for python in ("cp311", "cp312", "cp313"):
        wheels = [wheel["url"] for wheel in package["wheels"] if f"-{python}-{python}-" in wheel["url"]]
        assert any(machine.lower() in url.lower() for url in wheels), f"{names[0]} has no wheel for {python}, {here}"


@pytest.mark.parametrize("requirement", requirements_of_this_machine(), ids=lambda requirement: requirement.name)
def test_what_is_installed_is_what_is_locked(requirement):
    locked = locked_versions()[requirement.name]
    assert version(requirement.name) == locked, "Run `make test`, or `uv sync`."
    assert locked in requirement.specifier


@pytest.mark.parametrize(
    ("peer", "asked_for"),
    [("stable_baselines", {"stable-baselines3", "torch"}), ("rejax_ppo", {"rejax", "gymnax", "jax"})],
)
def test_a_peer_s_environment_is_pinned_and_has_our_versions_of_what_both_use(peer, asked_for):
    locked = {package["name"]: package["version"] for package in LOCK["package"]}
    lines = (ROOT / "benchmarks" / f"{peer}.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    for pin in pins:
        version_of_peer = str(pin.specifier).removeprefix("==")
        assert re.fullmatch(r"[\d.]+(dev\d+)?", version_of_peer), f"pin it exactly: {pin}"
        assert locked.get(pin.name, version_of_peer) == version_of_peer, pin.name
    assert asked_for <= {pin.name for pin in pins} - set(locked)


def test_uv_is_pinned_where_the_makefile_installs_it():
    assert re.search(r"pip install .* uv==\d+\.\d+\.\d+$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


# --- environment.yml ------------------------------------------------------------------------------------------------


def test_environment_file_is_what_pyproject_and_lock_give():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == render(), "Run `make environment`."


def test_environment_pins_agree_with_the_lock():
    versions = locked_versions()
    *pins, project = pip_list()
    assert project == "-e ."
    assert [Requirement(pin).name for pin in pins] == [r.name for r in requirements() if r.name not in LEFT_OUT]
    for pin in map(Requirement, pins):
        assert str(pin.specifier) == f"=={versions[pin.name]}"


def test_environment_has_only_what_conda_knows():
    assert set(ENVIRONMENT) <= CONDA_KEYS
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    *conda, pip = ENVIRONMENT["dependencies"]
    assert conda == [f"python={PYTHON}", "pip"] and set(pip) == {"pip"}
    assert all(isinstance(line, str) for line in pip["pip"])


def test_environment_s_python_is_supported():
    assert PYTHON in SpecifierSet(pyproject()["project"]["requires-python"])


def test_pip_section_resolves(tmp_path):
    """What conda and mamba run for the lines under `pip:`, without the installing, and as if nothing were installed."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    probe = run(*pip, "--no-deps", "--retries=0", "--timeout=20", "hatchling")
    if probe.returncode:
        assert "No module named pip" not in probe.stderr
        pytest.skip("no package index is reachable from here")
    (tmp_path / "pip.txt").write_text("\n".join(pip_list()) + "\n")
    report = tmp_path / "report.json"
    result = run(*pip, "--report", report, "-r", tmp_path / "pip.txt")
    assert result.returncode == 0, result.stderr
    chosen = {
        entry["metadata"]["name"].lower(): entry["metadata"] for entry in json.loads(report.read_text())["install"]
    }
    assert chosen["numpy"]["version"] == locked_versions()["numpy"]
    assert chosen[pyproject()["project"]["name"]]["version"] == pyproject()["project"]["version"]


# --- Binder ---------------------------------------------------------------------------------------------------------


def rendered_by_repo2docker(folder):
    result = run(sys.executable, "-m", "repo2docker", "--no-build", "--debug", ".", cwd=folder)
    assert result.returncode == 0, result.stderr
    return result.stdout, result.stderr


def test_binder_reads_the_environment_and_installs_the_project():
    dockerfile, log = rendered_by_repo2docker(ROOT)
    assert f"Building conda environment for python={PYTHON}\n" in log
    copy = dockerfile.index(" src/ ${REPO_DIR}/")
    install = dockerfile.index('env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"')
    assert copy < install, "`-e .` needs the project to be there before pip runs"
    assert install < dockerfile.index("RUN ./postBuild")
    own = f"environment.py-{PYTHON}-linux-64.lock".replace("-", "-2d").replace(
        ".", "-2e"
    )  # as repo2docker writes a path
    assert own in dockerfile, "Binder's own part must have the same Python."


def test_jupyterlab_finds_the_course_s_settings_in_this_environment():
    """Installed with the project, by uv, pip, conda and Binder alike."""
    installed = (
        Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.d" / "learning-from-feedback.json"
    )
    assert json.loads(installed.read_text()) == json.loads((ROOT / "docs" / "lab" / "settings.json").read_text())


@pytest.mark.skipif(os.name == "nt", reason="Binder runs Linux")
def test_binder_begins_with_the_layout_of_make_lab(tmp_path):
    result = run(ROOT / "postBuild", env=os.environ | {"HOME": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    (written,) = (tmp_path / ".jupyter" / "lab" / "workspaces").iterdir()
    assert written.read_bytes() == (ROOT / "docs" / "lab" / "layout.json").read_bytes()
    assert written.name in (ROOT / "Makefile").read_text(), "`make lab` writes it under the same name."


@pytest.mark.parametrize("folder", ["binder", ".binder"])
def test_no_folder_hides_the_environment_from_binder(folder):
    assert not (ROOT / folder).exists(), f"Binder would read {folder}/ and ignore environment.yml."


# --- make -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here; the README has a way without")
def test_make_lab_opens_the_first_notebook_to_this_machine_and_its_token_only(tmp_path):
    with make_lab(tmp_path) as lines:
        url = first_url(lines)
        base, _, token = url.partition("/lab/tree/notebooks/00_start_here.ipynb?token=")
        assert re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+", base) and len(token) >= 32, url
        assert status(f"{base}/api/contents") == 403
        assert status(f"{base}/api/contents?token={token}") == 200
        assert status(url) == 200


@contextmanager
def make_lab(folder: Path, seconds: float = 600):
    """The lines that `make lab` prints; it ends with the block, or after so many seconds."""
    settings = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    # `-o`: the environment that runs this test is installed already, by whatever means.
    command = ["make", "-o", f"{sys.prefix}/.installed-from-the-lock", "lab", f"VENV={sys.prefix}", "ARGS=--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, start_new_session=True, **pipes) as process:
        too_long = threading.Timer(seconds, end, [process])
        too_long.start()
        try:
            yield process.stdout
        finally:
            too_long.cancel()
            end(process)


def end(process: subprocess.Popen) -> None:
    """End make and the server that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def first_url(lines) -> str:
    """The first address with a token that JupyterLab prints."""
    seen = []
    for line in lines:
        seen.append(line)
        if match := re.search(r"http://\S+token=\w+", line):
            return match.group()
    raise AssertionError("JupyterLab printed no address with a token:\n" + "".join(seen))


def status(url: str, patience: float = 600) -> int:
    """The HTTP status of a page; JupyterLab prints its address a moment before it listens there."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return urllib.request.urlopen(url, timeout=patience).status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
