"""How Sphinx builds the site: ``make docs`` writes it to ``docs/_build``, and a warning is an error."""

from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

project = "Triceptron"
author = "The Triceptron authors"
copyright = author  # the name that Sphinx gives it
version = release = installed_version("triceptron")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "tables"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc's sections name the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "Triceptron"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}


def _write_lesson(app: Sphinx, exception: Exception | None) -> None:
    """Lay the lesson's page beside the pages that link to it, as ``triceptron lesson --out`` writes it."""
    from triceptron.lesson.assembly import make_page

    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / "the-page.html").write_text(make_page(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Sphinx calls this once."""
    app.connect("build-finished", _write_lesson)
