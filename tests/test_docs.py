"""The docs site names everything that is public, and finds what it takes from other files."""

import re

import pytest

import triceptron
from tests.test_readme import PAGES, ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", triceptron.__all__)
def test_every_public_name_has_its_page(name):
    assert (DOCS / "reference" / f"{name}.md").exists()
    assert f"]({name}.md)" in (DOCS / "reference" / "index.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_takes_from_another_file_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    for block in re.findall(r"^```\{include\} (.+?)^```", text, re.MULTILINE | re.DOTALL):
        source = (ROOT / page).parent / block.splitlines()[0]
        for marker in re.findall(r':(?:start-after|end-before): "(.+)"', block):
            assert source.read_text("utf-8").count(marker) == 1, marker
