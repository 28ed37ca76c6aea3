"""`triceptron check` as a process: what a user types and sees."""

import json

import pytest

from tests.checking.exercise import RIGHT, put
from tests.cli.test_digits import triceptron


@pytest.fixture
def steps(tmp_path):
    def write(text, name="my_steps.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_right_steps_exit_with_zero(steps):
    done = triceptron("check", steps(RIGHT), "--lang", "en")
    assert (done.returncode, done.stderr) == (0, "")
    assert "13 right, 0 wrong, 0 not there" in done.stdout


def test_a_wrong_step_exits_with_one_and_is_told(steps):
    text = put("y_pred - y_true", "y_true - y_pred")
    done = triceptron("check", steps(text), "--lang", "en")
    assert (done.returncode, done.stderr) == (1, "")
    assert "The sign is reversed" in done.stdout
    assert "dO = (y_true - y_pred) / n" in done.stdout


def test_chinese(steps):
    done = triceptron("check", steps(RIGHT), "--lang", "zh")
    assert "13 个正确，0 个错误，0 个缺失" in done.stdout


def test_json_is_all_that_is_printed(steps):
    done = triceptron("check", steps(put("/ len(y_true)", "")), "--json", "--lang", "en")
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    wrong = {
        step["step"]: step["findings"][0]["cause"]["code"]
        for step in report["steps"]
        if step["status"] == "wrong"
    }
    assert wrong == {"cross_entropy": "loss_not_averaged"}


def test_quiet_says_it_by_the_exit_status_alone(steps):
    done = triceptron("check", steps(put("np.maximum(X, 0)", "X")), "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


@pytest.mark.parametrize("suffix", ["py", "ipynb"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_template_is_accepted_with_every_step_not_there(suffix, lang, tmp_path):
    file = tmp_path / f"exercise.{suffix}"
    written = triceptron("check", "--template", file, "--lang", lang)
    assert (written.returncode, written.stdout.strip(), written.stderr) == (0, str(file), "")
    done = triceptron("check", file, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["right"], report["wrong"], report["missing"]) == (0, 0, 0, 13)


def test_a_template_never_overwrites(steps):
    file = steps(RIGHT)
    done = triceptron("check", "--template", file, "--lang", "en")
    assert (done.returncode, done.stdout) == (1, "")
    assert "exists already" in done.stderr
    assert file.read_text("utf-8") == RIGHT


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 1, "FILE to check, or --template FILE"),
        (["none.py"], 1, "cannot read none.py: No such file"),
        (["--template", "exercise.docx"], 1, "a .py file or an .ipynb notebook"),
        (["--template", "no/such/folder/exercise.py"], 1, "No such file or directory"),
        (["none.py", "--time-limit", "0"], 1, "time_limit must be"),
        (["none.py", "--lang", "fr"], 2, "--lang"),
    ],
)
def test_bad_words_get_one_message(words, status, message, tmp_path):
    done = triceptron("check", *words, cwd=tmp_path)
    assert done.returncode == status
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_python_gets_one_message(steps):
    done = triceptron("check", steps("def relu(Z:\n"), "--lang", "en")
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 1 is not Python" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_shows_an_example():
    assert "Example: triceptron check my_steps.py" in triceptron("check", "--help").stdout
