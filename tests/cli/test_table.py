"""``triceptron table`` as a user types it."""

import re
import sys

import pytest

from tests.cli.test_digits import triceptron
from triceptron import cli

pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked")  # main() reads sys.argv

MARKDOWN = """| hidden units | learning rate | epochs | accuracy |
|---|---|---|---|
| 10 | 0.3 | 30 | |
| 10 | 1e300 | 30 | |
"""


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run a command in this process, in a folder of its own: a new process takes seconds to import."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRICEPTRON_NUM_THREADS", "1")

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["triceptron", "table", *map(str, words)])
        try:
            cli.main()
            status = 0
        except SystemExit as error:
            status = error.code or 0
        return status, *capsys.readouterr()

    return command


def test_a_table_comes_back_filled_in_and_is_shown(tmp_path):
    (tmp_path / "given.md").write_text(MARKDOWN)
    done = triceptron("table", "given.md", "--n-jobs", 1, "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "diverged" in done.stdout
    assert "written to out/table.md" in done.stdout
    table = (tmp_path / "out" / "table.md").read_text()
    assert re.search(r"\| 10 +\| 0.3 +\| 30 +\| \*\*0\.\d{4}\*\* \|", table)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "loss_curves.png",
        "runs.csv",
        "runs.jsonl",
        "table.md",
    }


def test_a_csv_file_with_a_test_part_of_its_own(run, tmp_path):
    lines = ["length,width,kind", *(f"{i},{i % 7},{'ab'[i % 2]}" for i in range(40))]
    (tmp_path / "train.csv").write_text("\n".join(lines))
    (tmp_path / "test.csv").write_text("width,kind,length\n1,a,2\n2,b,1\n")
    (tmp_path / "given.csv").write_text("hidden,epochs\n5,3\n")
    words = ("given.csv", "--data", "train.csv", "--label", "kind", "--n-jobs", 1, "--quiet")
    assert run(*words, "--out", "split") == (0, "", "")
    assert ",16," in (tmp_path / "split" / "runs.csv").read_text()  # 40 % of 40
    assert run(*words, "--test", "test.csv", "--out", "own") == (0, "", "")
    assert ",2," in (tmp_path / "own" / "runs.csv").read_text()
    (tmp_path / "test.csv").write_text("width,kind,length\n1,c,2\n")
    status, _, said = run(*words, "--test", "test.csv", "--out", "new")
    assert status == 1
    assert "test.csv, column 'kind': the label 'c' is not among those to learn from" in said


def test_interrupted_it_says_what_is_kept(run, tmp_path, monkeypatch):
    from triceptron.jobs.table import filling

    (tmp_path / "given.md").write_text(MARKDOWN)
    whole, trained = filling.run, []

    def once(*arguments):
        if trained:
            raise KeyboardInterrupt
        trained.append(arguments)
        return whole(*arguments)

    monkeypatch.setattr(filling, "run", once)
    status, _, said = run("given.md", "--n-jobs", 1, "--quiet", "--out", "out")
    assert status == 1
    assert "interrupted; 1 of 2 runs are kept in out, and the same command goes on from there" in said


@pytest.mark.parametrize(
    ("name", "text", "words", "message"),
    [
        ("t.csv", "hidden,colour\n1,red\n", [], "t.csv, column 'colour': unknown"),
        ("t.csv", "hidden\n10\nten\n", [], "t.csv, row 2 (line 3), column 'hidden': hidden must be a whole"),
        ("t.md", "|lr|\n|---|\n|-1|\n", [], "t.md, row 1 (line 3), column 'lr': learning_rate must be"),
        ("t.toml", "[[r]]\nlr = 1\n[[r]]\nlr = 'x'\n", [], "t.toml, row 2, column 'lr': learning_rate must"),
        ("t.csv", "hidden,accuracy\n", [], "t.csv: the table has no rows"),
        ("t.csv", "augment\nshift\n", [], "t.csv, row 1 (line 2), column 'augment': augment must be"),
        ("t.csv", "hidden\n1\n", ["--repeats", "0"], "repeats must be a whole number of at least 1, got 0"),
        ("t.csv", "hidden\n1\n", ["--n-jobs", "0"], "n_jobs must be a number of rows to train at a time"),
        ("t.csv", "hidden\n1\n", ["--data", "cifar"], "--data must be digits, mnist or a CSV file"),
        ("t.csv", "hidden\n1\n", ["--data", "t.csv"], "t.csv: there is no column 'label'"),
        ("t.csv", "hidden\n1\n", ["--test", "t.csv"], "digits has a test part of its own"),
        ("t.xlsx", "", [], "a table is a .csv, a .md or a .toml file"),
    ],
)
def test_bad_input_gets_one_message_and_trains_nothing(run, tmp_path, name, text, words, message):
    (tmp_path / name).write_text(text)
    status, out, said = run(name, *words, "--out", "out", "--quiet")
    assert (status, out) == (1, "")
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_given_table_is_never_written_over(run, tmp_path):
    (tmp_path / "table.csv").write_text("hidden\n1\n")
    (tmp_path / "runs.jsonl").touch()
    status, _, said = run("table.csv", "--out", ".")
    assert status == 1
    assert "holds the given table itself" in said
    assert (tmp_path / "table.csv").read_text() == "hidden\n1\n"


def test_help_shows_an_example(run):
    assert "Example: triceptron table given.md" in run("--help")[1]
