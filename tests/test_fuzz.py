"""The runner of the fuzzers (tools/fuzz.py): what it counts, what it prints, what it says is missing."""

from types import SimpleNamespace

import pytest

from tools import fuzz


@pytest.fixture
def modules(monkeypatch):
    """Fuzzers by the name of their module, in place of those that are there."""
    there = {}

    def load(name):
        if name not in there:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return there[name]

    monkeypatch.setattr(fuzz.importlib, "import_module", load)
    return there


def breaks_one_in_two(rng) -> str:
    assert rng.random() < 0.5, "a wrong number without a word"
    return "refused"


def test_examples_are_counted_and_a_missing_fuzzer_is_named(modules, capsys):
    modules["tools.fuzz_records"] = SimpleNamespace(fuzz=lambda rng: "harmless")
    assert fuzz.main(["--minutes", "0", "--seed", "812"]) == 0
    told = capsys.readouterr().out
    assert "answers: there is no tools/fuzz_answers.py" in told
    assert "seeds 812 to 812" in told and "records: 1 harmless" in told


def test_the_seed_of_what_was_not_answered_is_told_and_does_it_again(modules, capsys):
    modules["tools.fuzz_records"] = SimpleNamespace(fuzz=breaks_one_in_two)
    seeds = [seed for seed in range(20) if fuzz.main(["--only", "records", "--minutes", "0", "--seed", str(seed)])]
    told = capsys.readouterr().out
    assert 0 < len(seeds) < 20
    for seed in seeds:
        assert f"records, seed {seed}:" in told
        assert f"--only records --seed {seed} --minutes 0" in told
    assert told.count("a wrong number without a word") >= len(seeds)


def test_the_minutes_are_used_and_each_example_has_a_seed_of_its_own(modules, monkeypatch, capsys):
    clock = iter(range(0, 1_000, 20))
    monkeypatch.setattr(fuzz.time, "monotonic", lambda: next(clock))
    drawn = []
    modules["tools.fuzz_records"] = SimpleNamespace(fuzz=lambda rng: drawn.append(rng.random()) or "harmless")
    assert fuzz.main(["--minutes", "1", "--seed", "5"]) == 0
    assert len(drawn) == len(set(drawn)) == 3
    assert "seeds 5 to 7" in capsys.readouterr().out


def test_without_any_fuzzer_it_fails(modules):
    assert fuzz.main(["--minutes", "0"]) == 1


def test_a_fuzzer_that_lacks_a_library_is_not_taken_for_a_missing_one(monkeypatch):
    def load(name):
        raise ModuleNotFoundError("No module named 'elsewhere'", name="elsewhere")

    monkeypatch.setattr(fuzz.importlib, "import_module", load)
    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        fuzz.find(["records"])
