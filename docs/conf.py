"""How Sphinx builds the site: ``make docs`` writes it to ``docs/_build``, and a warning is an error."""

import re
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from docutils import nodes
from math_core import LatexToMathML
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

project = "Triceptron"
author = "The Triceptron authors"
copyright = author  # the name that Sphinx gives it
version = release = installed_version("triceptron")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples", "tables"]
templates_path = ["_templates"]
html_math_renderer = "mathml"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc's sections name the types
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "min_reported_time": 3600,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "Triceptron"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "quickstart", "speed", "contributing")}  # no page below them
html_theme_options = {
    "navbar_align": "left",
    "navbar_center": ["pages"],
    "navbar_end": ["language", "theme-switcher"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}

_mathml = LatexToMathML(annotation=True)
_CHINESE = ".zh-CN"


def _formula(body: list[str], node: nodes.Element, *, display: bool) -> None:
    """Write a formula as MathML, which browsers show by themselves, offline too."""
    body.append(_mathml.convert_with_local_state(node.astext(), displaystyle=display))
    raise nodes.SkipNode


def _speak(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page its language, the sections in it, and its twin in the other (or else the first page)."""
    chinese = page.endswith(_CHINESE)
    twin = page.removesuffix(_CHINESE) if chinese else page + _CHINESE
    if twin not in app.env.found_docs:
        twin = "index" if chinese else "index" + _CHINESE
    context |= {
        "language": "zh-CN" if chinese else "en",
        "twin": context["pathto"](twin),
        "twin_language": "en" if chinese else "zh-CN",
        "twin_name": "English" if chinese else "中文",
        "sections": [
            (title, context["pathto"](first), page in pages)
            for title, first, pages in _sections(app.env, "index" + _CHINESE if chinese else "index")
        ],
    }
    if chinese:
        context["_"] = lambda text: _THEME_IN_CHINESE.get(text, text)


_THEME_IN_CHINESE = {
    "On this page": "本页",
    "Section Navigation": "各页",
    "Collapse Sidebar": "收起",
    "Expand Sidebar": "展开",
    "Search": "搜索",
    "Breadcrumb": "位置",
    "Home": "首页",
}


@cache
def _sections(env: BuildEnvironment, first: str) -> list[tuple[str, str, set[str]]]:
    """Return the titles in a first page's table of contents, their pages, and all the pages below."""

    def below(page: str) -> set[str]:
        return {page}.union(*map(below, env.toctree_includes.get(page, ())))

    return [
        (title or env.titles[page].astext(), page, below(page))
        for toctree in env.get_doctree(first).findall(addnodes.toctree)
        for title, page in toctree["entries"]
        if page != "index" + _CHINESE
    ]


def _join_chinese(app: Sphinx, doctree: nodes.document) -> None:
    """Take out the line ends between Chinese letters, which a browser would show as spaces."""
    for end in [text for text in doctree.findall(nodes.Text) if text == "\n"]:
        at = end.parent.index(end)
        around = [node.astext() for node in (*end.parent[at - 1 : at], *end.parent[at + 1 : at + 2])]
        if len(around) == 2 and re.fullmatch(r"[\u3000-\uffef]{2}", around[0][-1:] + around[1][:1]):
            end.parent.remove(end)


def _write_lesson(app: Sphinx, exception: Exception | None) -> None:
    """Lay the lesson's page beside the pages that link to it, as ``triceptron lesson --out`` writes it."""
    from triceptron.lesson.assembly import make_page

    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / "the-page.html").write_text(make_page(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Sphinx calls this once."""
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda writer, node: _formula(writer.body, node, display=False), None),
        block_renderers=(lambda writer, node: _formula(writer.body, node, display=True), None),
    )
    app.connect("doctree-read", _join_chinese)
    app.connect("html-page-context", _speak)
    app.connect("build-finished", _write_lesson)
