"""The docs site names everything that is public, its commands are real, and its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

import triceptron
from triceptron.cli import app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts
]


@pytest.mark.parametrize("name", triceptron.__all__)
def test_every_public_name_has_its_page(name):
    assert (DOCS / "reference" / f"{name}.md").exists()
    assert f"]({name}.md)" in (DOCS / "reference" / "index.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_understood(page):
    text = (DOCS / page).read_text("utf-8")
    for command in re.findall(r"^\$ triceptron (.+)$", text, re.MULTILINE):
        app.parse_args(shlex.split(command, comments=True), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text = (DOCS / page).read_text("utf-8")
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (DOCS / page).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_takes_from_another_file_is_there(page):
    text = (DOCS / page).read_text("utf-8")
    for block in re.findall(r"^```\{include\} (.+?)^```", text, re.MULTILINE | re.DOTALL):
        source = (DOCS / page).parent / block.splitlines()[0]
        for marker in re.findall(r':(?:start-after|end-before): "(.+)"', block):
            assert source.read_text("utf-8").count(marker) == 1, marker
