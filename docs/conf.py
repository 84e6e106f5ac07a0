"""How Sphinx makes the course into a web page; `make site` runs it on a copy of the pages (tools/build_site.py).

The notebooks are not run: the page shows their stored outputs. Nothing on it comes from another host.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

project = "Learning from Feedback"
html_title = project
html_short_title = project
author = ""  # else the theme says that it is not set
copyright = f"the authors of {project}, MIT licence"
language = "en"

extensions = ["myst_nb", "sphinxcontrib.bibtex", "numbers_and_figures", "folds_and_boxes"]
extensions += ["notebook_pages", "glossary", "books"]
exclude_patterns = ["jupyter_execute", ".jupyter_cache"]

# --- the notebooks ---------------------------------------------------------------------------------------------------
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # a widget needs a kernel; its text/html stands here instead
nb_mime_priority_overrides = [
    ("html", "text/html", 1),
    ("html", "application/vnd.jupyter.widget-view+json", None),
]
nb_code_prompt_show = "Show the solution"  # docs/_ext/folds_and_boxes.py titles what else is folded
nb_code_prompt_hide = "Hide the solution"
myst_enable_extensions = ["dollarmath", "smartquotes"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
myst_heading_slug_func = "numbers_and_figures.slug_as_in_jupyter"

# --- formulas, from files of our own ---------------------------------------------------------------------------------
mathjax_path = "mathjax/tex-mml-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}, "chtml": {"displayAlign": "center"}}

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

# --- the look --------------------------------------------------------------------------------------------------------
html_theme = "sphinx_book_theme"
html_static_path = [str(HERE / "_static")]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_favicon = str(HERE / "_static" / "favicon.svg")
html_sourcelink_suffix = ""
html_last_updated_fmt = None
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": project},
    "navbar_persistent": [],  # the sidebar has the search
    "home_page_in_toc": False,
    "show_navbar_depth": 1,
    "show_toc_level": 1,
    "toc_title": "On this page",
    "use_download_button": False,  # each notebook has its own line of buttons below its card
    "use_fullscreen_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "search_bar_text": "Search the course",
}
html_context = {"default_mode": "auto"}
