"""README.md and CONTRIBUTING.md say what is so: their table, badges, links and commands."""

import re

import pytest

from tools.course import ROOT, binder_url, github_url, notebook_paths, read_card, read_notebook
from tools.write_readme_table import README, render, table

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def text_of(path):
    return path.read_text(encoding="utf-8")


def pages_of_the_course():
    """Everything that a reader sees: pages and notebooks."""
    return [
        *PAGES,
        *sorted((ROOT / "notebooks").glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *notebook_paths(),
    ]


def test_what_is_generated_is_up_to_date():
    assert text_of(README) == render(text_of(README)), "Run `make readme`."


def test_the_table_has_every_notebook_with_its_card_s_costs():
    rows = table().splitlines()[2:]
    assert len(rows) == len(notebook_paths())
    for path, row in zip(notebook_paths(), rows, strict=True):
        notebook = read_notebook(path)
        card = read_card(notebook)
        assert row.startswith(f"| {path.name[:2]} | [{card.title}](notebooks/{path.name}) | ")
        costs = f" | {card.minutes} | {card.seconds} | {card.megabytes:,} | {len(notebook.cells)} |"
        assert row.endswith(costs)


@pytest.mark.parametrize("path", pages_of_the_course(), ids=lambda path: path.name)
def test_every_binder_badge_leads_to_this_repository(path):
    """Owner, name and branch stand in pyproject.toml, in [tool.course]; every badge must agree."""
    for url in re.findall(r"https?://mybinder\.org/v2/[^\s)\"'\\]+", text_of(path)):
        target = url.partition("?urlpath=lab/tree/")[2]
        assert url == binder_url(target), "Write it as tools.course.binder_url gives it."
        assert (ROOT / target).is_file(), f"{url} opens {target}, which is not there."


@pytest.mark.parametrize("path", pages_of_the_course(), ids=lambda path: path.name)
def test_every_address_on_github_is_this_repository_s(path):
    name = github_url().rpartition("/")[2]
    for url in re.findall(rf"https://github\.com/[\w.-]+/{re.escape(name)}\b", text_of(path)):
        assert url == github_url()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_file_finds_it(path):
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text_of(path)):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there."


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_make_command_exists(path):
    commands = set(re.findall(r"(?:^|`)make ([a-z-]+)", text_of(path), flags=re.MULTILINE))
    assert commands, "There should be some."
    for command in commands:
        assert re.search(rf"^{command}:", MAKEFILE, flags=re.MULTILINE), f"The Makefile has no `{command}`."


def test_readme_names_the_two_commands_first():
    commands = re.findall(r"^make (\w+)", text_of(README), flags=re.MULTILINE)
    assert commands[:2] == ["lab", "test"]


def test_readme_needs_its_two_comments():
    with pytest.raises(ValueError, match="README.md must hold '<!-- badge"):
        render("# A page without them\n")


def test_the_picture_is_small_enough_for_a_slow_connection():
    assert (ROOT / "docs" / "assets" / "front.png").stat().st_size <= 300_000
