"""The READMEs' Python examples give what they show; commands and links, the docs' too, are real."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from triceptron.cli import app

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.zh-CN.md"]
PAGES = READMES + [
    path.relative_to(ROOT).as_posix()
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if "_build" not in path.parts
]


@pytest.mark.parametrize("readme", READMES)
def test_python_examples_give_what_they_show(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example saves a model
    failed, tried = doctest.testfile(str(ROOT / readme), module_relative=False, encoding="utf-8")
    assert (failed, tried > 5) == (0, True)


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_understood(page):
    text = (ROOT / page).read_text("utf-8")
    commands = re.findall(r"^\$ (?:\.venv/bin/)?triceptron (.+)$", text, re.MULTILINE)
    assert commands or page not in READMES
    for command in commands:
        app.parse_args(shlex.split(command, comments=True), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("readme", READMES)
def test_make_targets_exist(readme):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^\$ |`)make ([a-z]+)", (ROOT / readme).read_text("utf-8"), re.MULTILINE)
    assert named
    assert set(named) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_the_lesson_that_is_quoted_is_in_the_lesson(page):
    lesson = {
        line.strip() for line in (ROOT / "src" / "triceptron" / "steps.py").read_text("utf-8").splitlines()
    }
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    quoted = [
        line.strip() for block in blocks for line in block.splitlines() if re.search(r"# \(\d+\)$", line)
    ]
    assert set(quoted) <= lesson
    assert quoted or page not in READMES


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", (ROOT / page).read_text("utf-8")):
        assert (ROOT / page).parent.joinpath(link).exists(), link
