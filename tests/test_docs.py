"""What READMEs and docs show is so: examples, commands, quoted lines, links, and what they include."""

import ast
import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import triceptron
from triceptron.cli import app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READMES = ["README.md", "README.zh-CN.md"]
QUICK_STARTS = {"en_US.UTF-8": "docs/quickstart.md", "zh_CN.UTF-8": "docs/quickstart.zh-CN.md"}
PAGES = [
    *READMES,
    "CONTRIBUTING.md",
    "SECURITY.md",
    "paper/paper.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts),
]
EXAMPLES = [page for page in PAGES if ">>> " in (ROOT / page).read_text("utf-8")]


def read(page):
    return (ROOT / page).read_text("utf-8")


def blocks(page, language):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", read(page), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", EXAMPLES)
def test_python_examples_give_what_they_show(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example saves a model
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8")
    assert (failed, tried > 2) == (0, True)


def test_what_a_learner_reads_first_has_examples():
    assert {*QUICK_STARTS.values(), "docs/estimator.md", "docs/estimator.zh-CN.md"} <= set(EXAMPLES)


@pytest.mark.parametrize("page", PAGES)
def test_python_without_a_prompt_is_python(page):
    for block in blocks(page, "python"):
        if ">>> " not in block:
            ast.parse("if True:\n" + re.sub("^", " ", block, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_understood(page):
    commands = re.findall(r"^\$ triceptron (.+)$", read(page), re.MULTILINE)
    assert commands or page not in READMES
    for command in commands:
        app.parse_args(shlex.split(command, comments=True), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("locale", QUICK_STARTS)
def test_the_quick_starts_commands_do_what_they_show(locale, tmp_path):
    environment = {**os.environ, "LANG": locale, "LC_ALL": locale, "PYTHONUTF8": "1", "COLUMNS": "80"}
    tried = 0
    for block in blocks(QUICK_STARTS[locale], "console"):
        for command, shown in re.findall(r"^\$ (triceptron .+)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            done = subprocess.run(
                [sys.executable, "-m", *shlex.split(command, comments=True)],
                cwd=tmp_path,
                env=environment,
                encoding="utf-8",
                capture_output=True,
                check=False,
            )
            assert done.returncode == (1 if " check " in command else 0), done.stderr
            told, shown = (
                re.sub(r"\d+\.\d\d (s|秒)|\b[0-9a-f]{8}\b", "", text) for text in (done.stdout, shown)
            )
            assert not shown or [line.rstrip() for line in told.splitlines()] == [
                line.rstrip() for line in shown.splitlines()
            ]
            tried += 1
    assert tried >= 7


def test_the_quick_start_has_the_same_commands_in_both_languages():
    english, chinese = (
        [command.split("  #")[0].strip() for command in re.findall(r"^\$ (.+)$", read(page), re.MULTILINE)]
        for page in QUICK_STARTS.values()
    )
    assert english == chinese


@pytest.mark.parametrize("page", [page for page in PAGES if ".zh-CN" in page])
def test_a_chinese_page_has_an_english_one(page):
    english = page.replace(".zh-CN", "")
    assert (ROOT / english).exists()


def test_the_equations_are_the_same_in_both_languages():
    english, chinese = (
        re.findall(r"^\| \(.+|^## .+", read(page), re.MULTILINE)
        for page in ("docs/equations.md", "docs/equations.zh-CN.md")
    )
    assert len(english) == len(chinese) > 22
    for ours, theirs in zip(english, chinese, strict=True):
        assert re.findall(r"\$.+?\$|`.+?`", ours) == re.findall(r"\$.+?\$|`.+?`", theirs)


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^\$ |`)make (?:-C triceptron )?([a-z-]+)", read(page), re.MULTILINE)
    assert named or page not in READMES
    assert set(named) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_the_lesson_that_is_quoted_is_in_the_lesson(page):
    lesson = {
        line.strip() for line in (ROOT / "src" / "triceptron" / "steps.py").read_text("utf-8").splitlines()
    }
    quoted = [
        line.strip()
        for block in blocks(page, "python")
        for line in block.splitlines()
        if re.search(r"# \(\d+\)$", line)
    ]
    assert set(quoted) <= lesson
    assert quoted or page not in READMES


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", read(page)):
        if link != "gallery/index.rst":  # is made when the docs are built
            assert (ROOT / page).parent.joinpath(link).exists(), link


def test_the_paper_cites_what_its_bibliography_has():
    cited = re.findall(r"@([a-z]+\d{4})", read("paper/paper.md"))
    assert set(cited) == set(re.findall(r"^@\w+\{(\w+),", read("paper/paper.bib"), re.MULTILINE))


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_is_one_screen(readme):
    assert len(read(readme).splitlines()) <= 60


@pytest.mark.parametrize("name", triceptron.__all__)
def test_every_public_name_has_its_page(name):
    assert (DOCS / "reference" / f"{name}.md").exists()
    assert f"]({name}.md)" in (DOCS / "reference" / "index.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_takes_from_another_file_is_there(page):
    for block in re.findall(r"^```\{include\} (.+?)^```", read(page), re.MULTILINE | re.DOTALL):
        source = (ROOT / page).parent / block.splitlines()[0]
        for marker in re.findall(r':(?:start-after|end-before): "(.+)"', block):
            assert source.read_text("utf-8").count(marker) == 1, marker
