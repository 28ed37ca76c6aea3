"""`triceptron grade` as a process, over a class in which everything goes wrong."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

from tests.checking.exercise import RIGHT, put
from tests.cli.test_digits import LISTEN
from tests.grading.test_collecting import packed
from triceptron.grading.grade import check_out

FORMATS = ("json", "junit", "sarif", "github", "gradescope", "nbgrader", "otter")
SIGN = put("y_pred - y_true", "y_true - y_pred")


def triceptron(*words, cwd=None):
    command = [sys.executable, "-m", "triceptron", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=280, check=False)


def class_of(folder, **work):
    folder.mkdir()
    for name, text in work.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def table(out):
    text = (out / "table.csv").read_text("utf-8-sig")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    base = tmp_path_factory.mktemp("class")
    work = class_of(
        base / "work",
        anna=RIGHT,
        bob=SIGN,
        bert=SIGN,
        carl="def relu(Z:\n",
        dora="",
        eve="import os\n\n\nclass Gone:\n    os._exit(0)\n\n\n" + RIGHT,
        finn=put("return np.maximum(X, 0)", "while True: pass"),
        greta=put("return np.maximum(X, 0)", "return np.ones((1 << 40,))"),
        hal="from triceptron.steps import relu as ReLU\n" + RIGHT.replace("def ReLU", "def other"),
        ivy=put("return np.maximum(X, 0)", "raise ValueError('<script>alert(1)</script>\\x1b[31m')"),
    )
    (work / "=cmd<b>.py").write_text(RIGHT)
    packed({"../out.py": RIGHT, "steps.py": RIGHT}, work / "jan.zip")
    (work / "kim.py").symlink_to("/dev/zero")
    options = [word for name in FORMATS for word in ("--format", name)]
    done = triceptron("grade", work, "--out", base / "out", "--time-limit", 1, "--lang", "en", *options)
    return done, work, base / "out"


def test_everyone_has_a_row_whatever_the_others_do(graded):
    done, work, out = graded
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    rows = table(out)
    assert len(rows) == len(list(work.iterdir())) == 13
    earned = {name: float(row["points"]) for name, row in rows.items()}
    assert earned["anna"] == earned["jan"] == earned["'=cmd<b>"] == 10.0
    assert earned["bob"] == earned["bert"] == 8.57
    assert earned["carl"] == earned["dora"] == earned["eve"] == earned["kim"] == 0.0
    assert rows["finn"]["relu"] == rows["greta"]["relu"] == rows["ivy"]["relu"] == "wrong"
    assert rows["hal"]["relu"] != "right"
    assert "line 1 is not Python" in rows["carl"]["faults"]
    assert "a link: not followed" in rows["kim"]["remarks"]
    assert "compute_gradient (46): The sign is reversed" in rows["bob"]["faults"]


def test_the_page_puts_the_most_frequent_fault_first_and_runs_nothing(graded):
    _, _, out = graded
    page = (out / "index.html").read_text("utf-8")
    assert page.index("The sign is reversed") < page.index("It did not return within")
    assert "dO = (y_true - y_pred) / n" in page
    for path in [out / "index.html", *(out / "learners").glob("*.html")]:
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "<b>.py" not in text
        assert "\x1b" not in text
        assert "http" not in text.replace("http-equiv", "")


def test_each_format_is_written_and_can_be_read(graded):
    _, _, out = graded
    results = json.loads((out / "results.json").read_text())["submissions"]
    assert {each["name"]: each["points"] for each in results}["anna"] == 10.0
    suites = ElementTree.parse(out / "junit.xml").getroot()
    suite = next(each for each in suites if each.get("name") == "bob")
    assert [case.get("name") for case in suite if case.find("failure") is not None] == [
        "compute_gradient",
        "together",
    ]
    (run,) = json.loads((out / "results.sarif").read_text())["runs"]
    reversed_signs = [each for each in run["results"] if "sign is reversed" in each["message"]["text"]]
    places = [each["locations"][0]["physicalLocation"] for each in reversed_signs]
    assert [place["region"]["startLine"] for place in places] == [46, 46]
    scope = json.loads((out / "learners" / "bob.gradescope.json").read_text())
    assert scope["score"] == pytest.approx(sum(test["score"] for test in scope["tests"]), abs=1e-4)
    assert (out / "grades.csv").read_text().startswith("student_id,")
    assert (
        "::error file=bob.py,title=bob%3A compute_gradient,line=46::" in (out / "annotations.txt").read_text()
    )
    files = json.loads((out / "learners" / "bob.otter.json").read_text())["test_file_results"]
    assert [each["filename"] for each in files if not each["test_case_results"][0]["passed"]] == [
        "compute_gradient",
        "together",
    ]


def test_again_nothing_is_checked_anew_and_the_table_is_the_same_to_the_byte(graded):
    _, work, out = graded
    first, kept = (out / "table.csv").read_bytes(), {*(out / "checked").iterdir()}
    stamps = {path: path.stat().st_mtime_ns for path in kept}
    done = triceptron("grade", work, "--out", out, "--time-limit", 1, "--lang", "en", "--hints", "answer")
    assert done.returncode == 0, done.stderr
    assert (out / "table.csv").read_bytes() == first
    assert {path: path.stat().st_mtime_ns for path in (out / "checked").iterdir()} == stamps
    assert "dO @ W2.T" in (out / "learners" / "bob.html").read_text("utf-8")


def test_hints_tell_as_much_as_they_are_to(tmp_path):
    work = class_of(tmp_path / "work", bob=SIGN)
    triceptron("grade", work, "--out", tmp_path / "out", "--hints", "where", "--lang", "zh")
    page = (tmp_path / "out" / "learners" / "bob.html").read_text("utf-8")
    assert "dO = (y_true - y_pred) / n" in page
    assert "符号" not in page
    assert "错误" in page
    triceptron("grade", work, "--out", tmp_path / "out", "--hints", "why", "--lang", "zh")
    assert "符号" in (tmp_path / "out" / "learners" / "bob.md").read_text("utf-8")


def test_what_a_killed_grading_left_is_no_obstacle(tmp_path):
    left = tmp_path / ".table.csv.0123456789abcdef.partial"
    left.write_text("half a ta", encoding="utf-8")
    check_out(tmp_path)
    (tmp_path / ".mine.csv.0123456789abcdef.partial").write_text("", encoding="utf-8")
    with pytest.raises(FileExistsError, match="mine"):
        check_out(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(tmp_path):
    slow = put("return np.maximum(X, 0)", "while True: pass")
    work = class_of(tmp_path / "work", a="x = 1\n", **{f"slow{i}": slow + f"# {i}\n" for i in range(6)})
    run = f"{LISTEN}; from triceptron.cli import main; main()"
    command = [sys.executable, "-c", run, "grade", work, "--out", tmp_path / "out"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
    kept = tmp_path / "out" / "checked"
    while process.poll() is None and not (kept.is_dir() and any(kept.glob("*.json"))):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "and the same command goes on from there" in told
    assert "Traceback" not in told
    assert any(kept.glob("*.json"))
    assert not (tmp_path / "out" / "index.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "grade needs the class's work"),
        (["none"], "neither a folder, a zip"),
        (["work", "--points", "none.toml"], "No such file"),
        (["work", "--n-jobs", "0"], "n_jobs must be"),
        (["work", "--time-limit", "0"], "time_limit must be"),
        (["work", "--out", "work"], "which no grading wrote"),
    ],
)
def test_bad_words_get_one_message(words, message, tmp_path):
    class_of(tmp_path / "work", a="")
    done = triceptron("grade", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("format", FORMATS)
def test_check_prints_each_format_of_a_file_that_is_no_python_too(format, tmp_path):
    (tmp_path / "steps.py").write_text("def relu(Z:\n")
    done = triceptron("check", "steps.py", "--format", format, "--lang", "en", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "not Python" in done.stdout or format == "nbgrader"
    assert done.stdout.strip()


def test_help_shows_an_example():
    done = triceptron("grade", "--help")
    assert "Example: triceptron grade handed_in.zip" in " ".join(done.stdout.split())
