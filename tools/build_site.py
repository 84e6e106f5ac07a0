"""Build the course as a static site from the stored outputs of the notebooks: docs/_build/html/index.html.

python tools/build_site.py                    (or `make site`)
python tools/build_site.py --output FOLDER

The pages are copied beside each other first, so that Sphinx writes nothing into notebooks/. A warning is an error.
"""

import argparse
import shutil
import sys
from pathlib import Path
from time import perf_counter

from tools.course import NOTEBOOKS, ROOT, binder_url, github_url, notebook_paths

DOCS = ROOT / "docs"
OUTPUT = DOCS / "_build"
PAGES = ("glossary.md", "symbols.md", "bibliography.md", "references.bib")


def stage(folder: Path) -> None:
    """Copy every page into one folder; links of the front page into docs/ then lead beside it."""
    folder.mkdir(parents=True)
    for path in [*notebook_paths(), *(DOCS / name for name in PAGES)]:
        shutil.copy(path, folder)
    (folder / "index.md").write_text(front_page(), encoding="utf-8")
    shutil.copytree(DOCS / "assets", folder / "assets")


def front_page() -> str:
    """notebooks/index.md with the addresses of this repository, and with its links into docs/ leading beside it."""
    text = (NOTEBOOKS / "index.md").read_text(encoding="utf-8").replace("](../docs/", "](")
    clone = f"git clone {github_url()}.git && cd {github_url().rpartition('/')[2]}"
    for name, value in {"binder": binder_url(), "clone": clone, "repository": github_url()}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def build(output: Path = OUTPUT, jobs: str = "auto") -> int:
    """Sphinx's exit status; the site is output/html. What stood there is replaced."""
    from sphinx.cmd.build import main as sphinx

    for name in ("source", "doctrees", "html"):
        shutil.rmtree(output / name, ignore_errors=True)
    stage(output / "source")
    places = ["-d", str(output / "doctrees"), "-c", str(DOCS), str(output / "source"), str(output / "html")]
    return sphinx(["-W", "--keep-going", "-q", "-j", jobs, "-b", "html", *places])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the site is written into its folder html/")
    output = parser.parse_args().output.resolve()
    start = perf_counter()
    status = build(output)
    if status == 0:
        print(f"{output / 'html' / 'index.html'}: built in {perf_counter() - start:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
