"""The READMEs' Python examples give what they show, and their commands are real."""

import doctest
import re
from pathlib import Path

import pytest

from triceptron.cli import app

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.zh-CN.md"]


@pytest.mark.parametrize("readme", READMES)
def test_python_examples_give_what_they_show(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example saves a model
    failed, tried = doctest.testfile(str(ROOT / readme), module_relative=False, encoding="utf-8")
    assert (failed, tried > 5) == (0, True)


@pytest.mark.parametrize("readme", READMES)
def test_commands_are_understood(readme):
    text = (ROOT / readme).read_text("utf-8")
    commands = re.findall(r"^\$ (?:\.venv/bin/)?triceptron (.+)$", text, re.MULTILINE)
    assert commands
    for command in commands:
        app.parse_args(command, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("readme", READMES)
def test_make_targets_exist(readme):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert (
        set(re.findall(r"make (digits|test|lint|bench|sanitize)", (ROOT / readme).read_text("utf-8")))
        <= targets
    )


@pytest.mark.parametrize("readme", READMES)
def test_links_lead_to_files(readme):
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", (ROOT / readme).read_text("utf-8")):
        assert (ROOT / link).exists(), link
