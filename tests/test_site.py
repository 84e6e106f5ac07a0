"""The web page of the course, built as `make site` does: its pages, numbers and links, and a real browser on it."""

import functools
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import nbformat
import pytest

from tests.browser import chromium, new_page, screenshot
from tools.build_site import DOCS
from tools.costs import slowness
from tools.course import ROOT, binder_url, notebook_paths, read_notebook

sys.path.insert(0, str(DOCS / "_ext"))
from glossary import PAGE, Term, read_terms
from numbers_and_figures import is_animated, pictures_of

SECONDS = 60  # of processor time, on the machine of docs/costs.json
NAMES = [path.stem for path in notebook_paths()]


class Page(HTMLParser):
    """What the tests ask of one page: its tags with their attributes, its ids, its headings, its visible text."""

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.tags, self.ids, self.headings, self.words = path, [], set(), [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids.add(attrs.get("id"))
        if tag == "article":
            self.headings.clear()  # what stood before is of the frame
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str, **wanted) -> list[dict]:
        """The attributes of each such tag; `class_="math"` asks for one of its classes."""
        classes = wanted.pop("class_", None)
        return [
            attrs
            for name, attrs in self.tags
            if name == tag
            and (classes is None or classes in (attrs.get("class") or "").split())
            and all(attrs.get(key) == value for key, value in wanted.items())
        ]


def run_build(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)


def processor_seconds_of_children() -> float:
    """What the programs have taken that this process started, and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The folder of the built site."""
    output = tmp_path_factory.mktemp("site")
    begin = processor_seconds_of_children()
    built = run_build("tools/build_site.py", "--output", str(output))
    assert built.returncode == 0, built.stdout + built.stderr
    assert not built.stderr, built.stderr
    seconds = processor_seconds_of_children() - begin
    if seconds > SECONDS:
        slower = slowness()
        assert seconds <= SECONDS * slower, (
            f"The site took {seconds:.0f} s of processor time; it may take {SECONDS} s, {slower:.1f} times that here."
        )
    return output / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    return {path.stem: Page(path) for path in sorted(site.glob("*.html"))}


def test_every_notebook_has_a_page_and_a_place_on_the_map(pages):
    linked = [attrs.get("href") for attrs in pages["index"].all("a")]
    for name in NAMES:
        assert name in pages
        assert linked.count(f"{name}.html") >= 2, f"{name}: in the list of pages and on the map"


def test_pages_follow_each_other_in_the_order_of_the_course(pages):
    order = ["index", *NAMES, "glossary"]
    for before, name, after in zip(order, order[1:], order[2:], strict=False):
        assert pages[name].all("a", class_="left-prev")[0]["href"] == f"{before}.html"
        assert pages[name].all("a", class_="right-next")[0]["href"] == f"{after}.html"


@pytest.mark.parametrize("name", NAMES)
def test_each_notebook_can_be_launched_and_downloaded(site, pages, name):
    [launch], [download] = (pages[name].all("a", class_=word) for word in ("launch", "download"))
    assert launch["href"] == binder_url(f"notebooks/{name}.ipynb")
    stored = site.parent / "source" / f"{name}.ipynb"  # as it was when the site was built
    assert (site / download["href"]).read_bytes() == stored.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_is_numbered_and_described_once(pages, name):
    page, pictures = pages[name], list(pictures_of(read_notebook(ROOT / "notebooks" / f"{name}.ipynb")))
    shown = [attrs for attrs in page.all("img") if (attrs.get("src") or "").startswith("_images/")]
    assert [attrs["alt"] for attrs in shown] == [alt for _, alt in pictures]
    assert all(alt for _, alt in pictures)
    for place in range(1, len(pictures) + 1):
        assert f"figure-{int(name[:2])}-{place}" in page.ids
        assert f"Figure {int(name[:2])}.{place}" in "".join(page.words)
    moving = [alt for png, alt in pictures if is_animated(png)]
    assert [attrs["alt"] for attrs in page.all("img", class_="animation")] == moving
    outputs = re.findall(r'<div class="output text_plain.*?</pre>', page.source, flags=re.DOTALL)
    assert not [alt for _, alt in pictures for output in outputs if alt in output], "its text stands there twice"


@pytest.mark.parametrize("name", NAMES)
def test_each_displayed_formula_is_numbered(pages, name):
    markdown = "\n".join(
        cell.source for cell in read_notebook(ROOT / f"notebooks/{name}.ipynb").cells if cell.cell_type == "markdown"
    )
    formulas = len(re.findall(r"\$\$.+?\$\$", markdown, flags=re.DOTALL))
    numbers = [re.sub(r"\s", "", number) for number in re.findall(r'class="eqno">\(([^)]*)\)', pages[name].source)]
    assert numbers == [f"{int(name[:2])}.{place}" for place in range(1, formulas + 1)]
    assert {f"equation-{number.replace('.', '-')}" for number in numbers} <= pages[name].ids


def test_every_picture_has_words_and_headings_keep_their_order(pages):
    for name, page in pages.items():
        for attrs in page.all("img"):
            assert attrs.get("alt") is not None, f"{name}: {attrs}"
        assert page.headings.count(1) == 1, f"{name}: {page.headings}"
        assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False)), (
            f"{name}: {page.headings}"
        )


def problem_of_link(site: Path, pages: dict[str, Page], page: Page, url: str) -> str | None:
    """What is wrong with one link; None if nothing."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        return None if re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.hostname or "") and " " not in url else "not an address"
    if parts.scheme:
        return None if parts.scheme == "mailto" else "neither http, https nor of this site"
    target = page.path if not parts.path else (page.path.parent / unquote(parts.path)).resolve()
    if not target.is_file():
        return "no such file"
    if parts.fragment and target.suffix == ".html":
        there = pages.get(target.stem)
        if there is None or unquote(parts.fragment) not in there.ids:
            return "no such anchor"
    return None


def test_every_link_and_anchor_leads_somewhere(site, pages):
    problems, checked = [], 0
    for name, page in pages.items():
        for _, attrs in page.tags:
            for url in filter(None, (attrs.get("href"), attrs.get("src"))):
                if url == "#" or url.startswith("data:"):
                    continue
                checked += 1
                if problem := problem_of_link(site, pages, page, url):
                    problems.append(f"{name}: {url}: {problem}")
    assert not problems, "\n".join(problems)
    assert checked > 1_000


def test_a_broken_link_is_found(site, pages):
    page = pages["index"]
    assert problem_of_link(site, pages, page, "08_train_a_dqn.html#no-such-place") == "no such anchor"
    assert problem_of_link(site, pages, page, "nowhere.html") == "no such file"
    assert problem_of_link(site, pages, page, "https://nowhere") == "not an address"
    assert problem_of_link(site, pages, page, "08_train_a_dqn.html#figure-8-1") is None


# --- glossary and symbols -------------------------------------------------------------------------------------------


def test_every_word_of_the_glossary_has_its_chinese_and_its_anchor(pages):
    terms = read_terms()
    assert len(terms) == PAGE.read_text(encoding="utf-8").count("\n- **")
    for term in terms:
        assert re.search(r"[\u4e00-\u9fff]|^softmax", term.chinese), term
        assert term.anchor in pages["glossary"].ids
    assert 'lang="zh-Hans"' in pages["glossary"].source


def test_the_first_use_of_a_word_links_to_the_glossary_and_no_other(pages):
    used = Counter()
    for name in NAMES:
        links = [attrs["href"] for attrs in pages[name].all("a", class_="glossary-term")]
        assert len(links) == len(set(links)), f"{name}: a word is linked twice"
        assert len(links) >= 5, f"{name}: {links}"
        used.update(links)
    unused = [term.name for term in read_terms() if f"glossary.html#{term.anchor}" not in used and "*" in term.chinese]
    assert not unused, f"no notebook uses them in a sentence, and the article did not either: {unused}"


def test_a_word_is_found_in_its_forms_only():
    term = Term("policy", ("policies",), "策略")
    assert [match[0] for match in term.pattern.finditer("Policy, policies, off-policy and policyholder")] == [
        "Policy",
        "policies",
    ]


def test_a_line_of_the_glossary_without_its_form_is_named(tmp_path):
    page = tmp_path / "glossary.md"
    page.write_text("# Glossary\n\n- **word** without its end\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 3: write"):
        read_terms(page)


def test_symbols_are_those_of_notebook_00(pages):
    first = "\n".join(cell.source for cell in read_notebook(notebook_paths()[0]).cells)
    table = first[first.index("| symbol | in code |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| .+ \| (`.+`) \| .+ \|$", table, flags=re.MULTILINE)
    words = "".join(pages["symbols"].words)
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(names) > 12
    assert not [name for name in names if name not in words]
    letters = re.search(r"in fixed letters: (.+?)\.", first, flags=re.DOTALL)[1]
    symbols = (DOCS / "symbols.md").read_text(encoding="utf-8")
    assert re.findall(r"\b([A-Z]) [a-z]", letters) == re.findall(r"^\| ([A-Z]) \|", symbols, flags=re.MULTILINE)


# --- folded answers -------------------------------------------------------------------------------------------------


def built_page(folder: Path, *cells) -> Page:
    """The page of a small notebook of these cells."""
    card = "# Try it\n\n| | |\n|---|---|\n| **You will do** | one thing |\n\nText."
    source = folder / "source"
    source.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(card), *cells])
    notebook.metadata.update(
        kernelspec={"name": "python3", "display_name": "Python 3"}, language_info={"name": "python"}
    )
    nbformat.write(notebook, source / "99_try_it.ipynb")
    (source / "index.md").write_text("# Front\n\n```{toctree}\n99_try_it\n```\n", encoding="utf-8")
    (source / "references.bib").write_text("", encoding="utf-8")
    built = run_build("-m", "sphinx", "-q", "-W", "-c", str(DOCS), "-b", "html", str(source), str(folder / "html"))
    assert built.returncode == 0, built.stderr
    return Page(folder / "html" / "99_try_it.html")


@pytest.fixture(scope="module")
def boxes(tmp_path_factory) -> Page:
    """Cells that are folded, and three quotations."""
    folded = [
        ("import numpy", "hide-input"),
        ("# How the map is drawn\ndraw()", "hide-input"),
        ("draw()", "hide-input"),
        ("x = 42", "solution hide-input"),
        ("# Our version\nx = 42", "solution hide-input"),
    ]
    code = [
        nbformat.v4.new_code_cell(source, metadata={"tags": tags.split()}, execution_count=count)
        for count, (source, tags) in enumerate(folded, start=1)
    ]
    text = "> **Key.**\n>\n> $$x = y$$\n\nThen:\n\n> **Search.** Repeat:\n>\n> - look\n\nAnd:\n\n> It was said."
    return built_page(tmp_path_factory.mktemp("boxes"), *code, nbformat.v4.new_markdown_cell(text))


@pytest.fixture(scope="module")
def exercise(tmp_path_factory) -> Page:
    """The page of a small notebook with a folded solution and with a quiz."""
    quiz = '<details><summary>Answer</summary>It is <span class="math">\\(x^2\\)</span>.</details>'
    data = {
        "text/html": quiz,
        "text/plain": "quiz as text",
        "application/vnd.jupyter.widget-view+json": {"model_id": "a"},
    }
    solution = nbformat.v4.new_code_cell(
        "solution = 42", metadata={"tags": ["solution", "hide-input"]}, execution_count=1
    )
    outputs = [nbformat.v4.new_output("display_data", data=data)]
    asking = nbformat.v4.new_code_cell("ask()", execution_count=2, outputs=outputs)
    return built_page(tmp_path_factory.mktemp("exercise"), solution, asking)


def test_solutions_are_folded(exercise):
    [folded] = exercise.all("details", class_="hide")
    assert "open" not in folded
    inside = exercise.source.partition("Show the solution")[2].partition("</details>")[0]
    assert "solution" in inside


def test_what_imports_and_what_draws_is_folded_under_its_own_words(boxes):
    titles = re.findall(r'<p class="collapsed admonition-title">(.*?)</p>', boxes.source)
    assert titles == ["What this notebook imports", "How the map is drawn", "How this figure is drawn",
                      "Show the solution", "Our version"]  # fmt: skip
    assert len(boxes.all("details", class_="hide")) == len(titles)


def test_an_equation_to_remember_and_an_algorithm_stand_in_boxes(boxes):
    found = [attrs["class"] for attrs in boxes.all("blockquote") if "box" in (attrs.get("class") or "")]
    assert found == ["box key-equation", "box pseudocode"]
    assert len(boxes.all("blockquote")) == 3, "a plain quotation stays as it is"


def test_the_sidebar_has_the_numbers_of_the_notebooks(pages):
    sidebar = pages["index"].source.partition("bd-sidebar-primary")[2].partition("<main")[0]
    numbers = re.findall(r'class="number">(\d\d)</span>', sidebar)
    assert numbers == [name[:2] for name in NAMES]


def test_a_quiz_stands_as_html_with_its_formulas(exercise):
    assert "quiz as text" not in exercise.source
    assert "<summary>Answer</summary>" in exercise.source
    assert "\\(x^2\\)" in exercise.source
    assert any("mathjax" in (attrs.get("src") or "") for attrs in exercise.all("script")), "it would not be typeset"


# --- a real browser -------------------------------------------------------------------------------------------------

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
WAIT_FOR_FORMULAS = "window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => true) : true"
# Contrast is nearly all of axe's work, and nearly all of that are words of code, thousands on a page. A word that looks
# as one before it does (colours and sizes, its own and of all that it stands in; whether it is seen, and whole) is
# marked, and that look is measured once. Every other rule meets every word.
MARK = """() => {
    const looks = new Map(), met = new Set();
    const names = ['color', 'backgroundColor', 'backgroundImage', 'fontSize', 'fontWeight', 'opacity', 'filter',
        'textShadow', 'visibility'];
    const look = element => {
        if (!element) return '';
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            looks.set(element, names.map(name => style[name]).join() + ';' + look(element.parentElement));
        }
        return looks.get(element);
    };
    for (const word of document.querySelectorAll('pre span')) {
        const [box, block] = [word, word.closest('pre')].map(element => element.getBoundingClientRect());
        const cut = box.left < block.left || box.right > block.right || box.bottom > block.bottom;
        const key = [word.checkVisibility(), cut, word.children.length, look(word)].join();
        word.toggleAttribute('data-look-met', met.has(key));
        met.add(key);
    }
    axe.configure({rules: [{id: 'color-contrast', selector: ':not([data-look-met])'}]});
}"""
CHECK = """async rules => {
    const options = {resultTypes: ['violations'], preload: false};
    if (rules.length) options.runOnly = {type: 'rule', values: rules};
    const found = await axe.run({exclude: [['mjx-container > *']]}, options);
    return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
        .map(v => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`);
}"""
OF_COLOURS = ("color-contrast", "link-in-text-block")  # the rules that say something else in another theme
THEME = "name => { document.documentElement.dataset.theme = name; document.documentElement.dataset.mode = name; }"
CUT = """() => [...document.querySelectorAll('main *')]
    .filter(e => !e.closest('pre, table, mjx-container') && e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(e => e.outerHTML.slice(0, 100))"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def served(folder: Path):
    """The folder over http, on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def open_for_axe(page, address: str) -> None:
    """A page of the site, its formulas typeset, with axe in it."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    page.evaluate(WAIT_FOR_FORMULAS)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.add_style_tag(content="* { transition: none !important; }")  # a colour is measured at its end


def problems_in(page, theme: str, *rules: str) -> list[str]:
    """What axe finds in the open page; by all its rules where none is named."""
    page.evaluate(THEME, theme)
    page.evaluate(MARK)
    return [f"{theme}: {problem}" for problem in page.evaluate(CHECK, list(rules))]


def look_at(page, address: str) -> list[str]:
    """What is wrong with a page: its formulas, in light, in dark, and on a phone."""
    open_for_axe(page, address)
    problems = formulas_left_bare(page)
    problems += problems_in(page, "light") + problems_in(page, "dark", *OF_COLOURS)
    page.set_viewport_size({"width": 375, "height": 800})
    page.wait_for_timeout(100)
    if page.evaluate("document.documentElement.scrollWidth") > 375:
        problems.append(f"375 px: wider than the screen: {page.evaluate(CUT)}")
    return problems


def formulas_left_bare(page) -> list[str]:
    """A problem where not every formula of the open page is typeset."""
    formulas, typeset = (len(page.query_selector_all(what)) for what in (".math", ".math mjx-container"))
    return [f"{typeset} of {formulas} formulas typeset"] if typeset < formulas else []


@pytest.mark.browser
def test_each_page_is_accessible_in_both_themes_fits_a_phone_and_asks_no_other_host(site, pages):
    problems = []
    with chromium() as browser, served(site) as url:
        page = new_page(browser, color_scheme="light", reduced_motion="reduce")
        for name in pages:
            problems += [f"{name}: {problem}" for problem in look_at(page, f"{url}/{name}.html")]
        problems += page.console_errors + page.foreign_requests
    assert not problems, "\n".join(problems)


TOO_WIDE = """() => {
    document.querySelectorAll('main details').forEach(fold => fold.open = true);
    return [...document.querySelectorAll('main div.cell_input pre')]
        .filter(code => code.scrollWidth > code.clientWidth + 1)
        .map(code => code.innerText.split('\\n').sort((a, b) => b.length - a.length)[0]);
}"""


@pytest.mark.browser
def test_no_code_scrolls_sideways_on_a_laptop(site):
    with chromium() as browser:
        page = new_page(browser)
        page.set_viewport_size({"width": 1280, "height": 900})
        problems = []
        for name in NAMES:
            page.goto((site / f"{name}.html").as_uri())
            problems += [f"{name}: {line}" for line in page.evaluate(TOO_WIDE)]
        assert not problems, "\n".join(problems)
        wide = "document.querySelector('main div.cell_input pre').append('x'.repeat(120))"
        page.evaluate(wide)
        assert len(page.evaluate(TOO_WIDE)) == 1, "it would not be found"


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_pale_word_of_code_is_found(site, theme):
    """In one theme, and among the words that look as one before them did."""
    with chromium() as browser:
        page = new_page(browser, color_scheme="light", reduced_motion="reduce")
        open_for_axe(page, (site / f"{NAMES[0]}.html").as_uri())
        assert problems_in(page, "light", "color-contrast") == []
        word = page.locator("[data-look-met]:visible", has_text="return").last
        word.evaluate("word => word.classList.add('pale')")
        page.add_style_tag(content=f"[data-theme={theme}] .pale {{ color: #808080 !important; }}")
        found = {name: problems_in(page, name, *OF_COLOURS) for name in ("light", "dark")}
    assert found.pop(theme)[0].startswith(f"{theme}: color-contrast (serious): <span class=")
    assert [*found.values()] == [[]]


@pytest.mark.browser
def test_pages_from_a_folder_ask_no_other_host_and_typeset_their_formulas(site):
    """As they are opened without a server: some of each kind, since all are made alike."""
    with chromium() as browser:
        page = new_page(browser)
        for name in ("index", NAMES[2], NAMES[-1], "glossary", "symbols"):
            page.goto((site / f"{name}.html").as_uri())
            page.evaluate(WAIT_FOR_FORMULAS)
            assert formulas_left_bare(page) == [], name
        assert not page.foreign_requests and not page.console_errors


@pytest.mark.browser
@pytest.mark.parametrize("way", ["http", "file"])
def test_a_search_for_target_network_leads_to_notebook_08(site, way):
    with chromium() as browser, served(site) as url:
        page = new_page(browser)
        page.goto(f"{url}/index.html" if way == "http" else (site / "index.html").as_uri())
        page.locator(".bd-sidebar-primary .search-button-field, .bd-sidebar-primary [type=search]").first.click()
        page.keyboard.type("target network")
        page.keyboard.press("Enter")
        page.locator(".search-summary", has_text="Search finished").wait_for()
        links = [link.get_attribute("href") for link in page.locator("#search-results li a").all()[:5]]
        found = next((k for k, link in enumerate(links) if "08_train_a_dqn" in link), None)
        assert found is not None and found < 3, links
        page.locator("#search-results li a").nth(found).click()
        page.wait_for_url("**/08_train_a_dqn.html*")
        assert page.locator("h1").first.inner_text().startswith("Train a DQN")
        assert not page.foreign_requests


@pytest.mark.browser
def test_the_keyboard_reaches_the_content_and_an_animation_stops(site):
    with chromium() as browser:
        page = new_page(browser)
        page.goto((site / "00_start_here.html").as_uri())
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", (
            "the focus is not seen"
        )
        button = page.get_by_role("button", name="Stop the animation").first
        button.focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("button", name="Play the animation").count() == 1
        assert page.locator("canvas[role=img]").get_attribute("aria-label").startswith("Animation:")
        screenshot(page, "site_stopped")
