"""Write the table of notebooks and the Binder badge in README.md again, from the notebooks' cards and pyproject.toml.

python tools/write_readme_table.py      (or `make readme`)
"""

import re
import sys

from tools.costs import read_record
from tools.course import NOTEBOOKS, ROOT, binder_url, github_url, notebook_paths, read_card, read_notebook

README = ROOT / "README.md"
TABLE_HEAD = [
    "| # | Notebook | You will learn | Minutes to read | Seconds to run | MB of memory | Cells |",
    "|---|---|---|---:|---:|---:|---:|",
]


def badge() -> str:
    """Binder's own picture, leading to the first notebook."""
    return f"[![Launch on Binder](https://mybinder.org/badge_logo.svg)]({binder_url()})"


def table() -> str:
    """One row for each notebook, in its card's words."""
    return "\n".join(TABLE_HEAD + [table_row(path) for path in notebook_paths()])


def table_row(path) -> str:
    """Number, title, what it teaches, what it costs."""
    notebook = read_notebook(path)
    card = read_card(notebook)
    link = f"[{card.title}]({NOTEBOOKS.name}/{path.name})"
    costs = f"{card.minutes} | {card.seconds} | {card.megabytes:,} | {len(notebook.cells)}"
    return f"| {path.name[:2]} | {link} | {card.learn} | {costs} |"


def machine() -> str:
    """Where the seconds and the memory were measured."""
    return (
        f"Seconds and memory (the kernel and its workers) were measured on {read_record()['machine']}, by `make cards`."
    )


def clone() -> str:
    """The commands of the first minute."""
    commands = [
        f"git clone {github_url()}.git && cd {github_url().rpartition('/')[2]}",
        "make lab     # opens JupyterLab at the first notebook",
        "make test    # runs every cell and every test",
    ]
    return "\n".join(["```sh", *commands, "```"])


def render(readme: str) -> str:
    """README.md with what stands between its pairs of comments written again."""
    for name, text in {"badge": badge(), "clone": clone(), "notebooks": table(), "machine": machine()}.items():
        begin, end = f"<!-- {name}: written by `make readme` -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", flags=re.DOTALL)
        if len(pattern.findall(readme)) != 1:
            raise ValueError(f"README.md must hold {begin!r} and, after it, {end!r}, once each.")
        readme = pattern.sub(lambda _, b=begin, t=text, e=end: f"{b}\n{t}\n{e}", readme)
    return readme


def main() -> int:
    readme = README.read_text(encoding="utf-8")
    README.write_text(render(readme), encoding="utf-8", newline="\n")
    print(f"{README.name}: {len(notebook_paths())} notebooks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
