"""The version check says what is wrong and what to do."""

from importlib import metadata

import pytest

from helpers.checks import versions


def test_this_machine_is_ready(capsys):
    assert versions.check_versions()
    out = capsys.readouterr().out
    assert out.startswith("Python")
    assert out.endswith("Ready: go on to the next cell.\n")


def pretend(monkeypatch, **found):
    """Let the named libraries have other versions (None: not installed)."""
    real = metadata.version

    def version(name):
        if name in found and found[name] is None:
            raise metadata.PackageNotFoundError(name)
        return found.get(name) or real(name)

    monkeypatch.setattr(metadata, "version", version)


def test_an_old_library_is_named_with_what_to_do(monkeypatch, capsys):
    pretend(monkeypatch, numpy="1.26.4")
    assert not versions.check_versions(("numpy",))
    out = capsys.readouterr().out
    assert "numpy        1.26.4 is installed; the course needs <2.5,>=2.3" in out
    assert "Not ready yet" in out
    assert "make lab" in out


def test_a_missing_library_is_named(monkeypatch, capsys):
    pretend(monkeypatch, gymnasium=None)
    assert not versions.check_versions(("numpy", "gymnasium"))
    assert "gymnasium    is not installed; the course needs" in capsys.readouterr().out


def test_a_wrong_python_is_named(monkeypatch, capsys):
    monkeypatch.setattr(versions.platform, "python_version", lambda: "3.9.18")
    assert not versions.check_versions(())
    assert "Python       3.9.18 is installed; the course needs <3.14,>=3.11" in capsys.readouterr().out


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="torch is no library of this course; it uses "):
        versions.check_versions(("torch",))
