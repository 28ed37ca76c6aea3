"""Functions that do not come back, or take the process with them: it is said, and the others are checked."""

import sys
import time

import pytest

from tests.checking.exercise import RIGHT, check_text, load, put
from triceptron import check

forks = pytest.mark.skipif(sys.platform == "win32", reason="the children that are limited need fork")

limits_memory = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits memory")


def check_file(text, folder, **options):
    file = folder / "steps.py"
    file.write_text(text, encoding="utf-8")
    return check(file, **{"lang": "en", **options})


HOSTILE = put("return np.maximum(X, 0)", "while True:\n    pass")
HOSTILE = put("return np.dot(X, W) + b", "import sys\nsys.exit(3)", HOSTILE)
if sys.platform.startswith("linux"):
    HOSTILE = put(
        "return my_softmax(O - np.max(O, axis=1, keepdims=True))", "return np.ones((1 << 36,))", HOSTILE
    )
HOSTILE = put("shifted = x - np", 'print("x" * 100000)\nshifted = x - np', HOSTILE)
HOSTILE = put("return -np.sum(y_true", "import os\nos._exit(0)\nreturn -np.sum(y_true", HOSTILE)
HOSTILE = put(
    "Z = linear_combination(X, p", 'raise ValueError("no idea")\nZ = linear_combination(X, p', HOSTILE
)
HOSTILE = put(
    "return np.argmax(softmax(forward(X, parameters)), axis=1)", "return predict(X, parameters)", HOSTILE
)
HOSTILE = put("def train(", "def train_later(", HOSTILE)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return check_file(HOSTILE, tmp_path_factory.mktemp("hostile"), time_limit=1)


@forks
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("relu", "time"),
        ("linear_combination", "exit"),
        pytest.param("softmax", "memory", marks=limits_memory),
        ("cross_entropy", "died"),
        ("forward", "raises"),
        ("predict", "recursion"),
    ],
)
def test_what_a_function_does_instead_of_returning_is_said(report, step, kind):
    assert report[step].status == "wrong"
    assert report[step].result.findings[0].kind == kind, str(report)


@forks
def test_the_other_steps_are_still_checked(report):
    for step in ("initialize", "my_softmax", "log_softmax", "compute_gradient", "update", "backward"):
        assert report[step].status == "right", str(report)
    assert report["train"].status == "missing"


@forks
def test_printing_much_is_a_remark_and_reaches_no_terminal(report, capfd):
    assert [remark.kind for remark in report["log_softmax"].result.remarks] == ["prints"]
    assert capfd.readouterr() == ("", "")


@forks
def test_an_error_is_quoted_with_its_line(report):
    (finding,) = report["forward"].result.findings
    assert finding.got == "ValueError: no idea"
    assert finding.place.text == 'raise ValueError("no idea")'


@limits_memory
def test_memory_that_is_taken_bit_by_bit_meets_the_limit(tmp_path):
    eats = "pieces = []\nwhile True:\n    pieces.append(np.ones(1 << 20))"
    report = check_file(put("return np.maximum(X, 0)", eats), tmp_path, memory_limit=1 << 28, time_limit=20)
    assert report["relu"].result.findings[0].kind == "memory"
    assert report.wrong == ("relu",)


@forks
def test_processes_that_a_function_starts_end_with_it(tmp_path):
    text = put("return np.maximum(X, 0)", 'import subprocess\nsubprocess.run(["sleep", "300"])')
    began = time.monotonic()
    report = check_file(text, tmp_path, time_limit=1)
    assert report["relu"].result.findings[0].kind == "time"
    assert time.monotonic() - began < 60


@forks
def test_what_a_function_spoils_other_steps_do_not_see(tmp_path):
    text = put("return np.maximum(X, 0)", "trainX[:] = np.nan\nreturn np.maximum(X, 0)")
    assert check_file(text, tmp_path).ok


@forks
def test_a_function_that_breaks_numpy_is_said_and_the_rest_is_checked(tmp_path):
    report = check_file(put("return np.maximum(X, 0)", "np.exp = None\nreturn X"), tmp_path)
    assert report["relu"].causes == ("relu_identity",)  # judged by our own NumPy, in our own process
    assert report.wrong == ("relu",)
    assert report["log_softmax"].status == "right"


def test_what_a_namespaces_functions_do_stays_out_of_this_process(tmp_path):
    module = load(put("return np.maximum(X, 0)", "global SEEN\nSEEN = 1\nreturn np.maximum(X, 0)"), tmp_path)
    assert check(vars(module)).ok
    if sys.platform != "win32":
        assert not hasattr(module, "SEEN")


def test_objects_that_raise_when_looked_at_are_no_result(tmp_path):
    nasty = (
        "class Nasty:\n    def __repr__(self):\n        raise RuntimeError\n"
        "    def __array__(self, *a, **k):\n        raise RuntimeError\nreturn Nasty()"
    )
    report = check_file(put("return np.maximum(X, 0)", nasty), tmp_path)
    assert report.wrong == ("relu",)


@pytest.mark.parametrize(
    "result", ["None", "'H'", "[[1, 2], [3]]", "(X, X)", "{}", "np.ma.masked", "iter(X)", "X > 0", "object()"]
)
def test_odd_results_are_wrong_and_break_nothing(tmp_path, result):
    text = RIGHT.replace("return np.maximum(X, 0)", f"return {result}").replace(
        "return np.argmax(softmax(forward(X, parameters)), axis=1)", f"return {result}"
    )
    report = check_text(text, tmp_path)
    assert {"relu", "predict"} <= set(report.wrong)
    assert report["compute_gradient"].status == "right"


def test_where_nothing_can_fork_a_files_steps_share_a_process_that_is_started_again(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os\nif hasattr(os, 'fork'):\n    del os.fork\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = put("return np.maximum(X, 0)", "while True:\n    pass")
    text = put("return np.dot(X, W) + b", "import os\nos._exit(3)", text)
    report = check_file(text, tmp_path, time_limit=0.5)
    assert report["relu"].result.findings[0].kind == "time"
    assert report["linear_combination"].result.findings[0].kind == "died"
    assert report.wrong == ("linear_combination", "relu")


def test_where_nothing_can_fork_a_namespace_is_checked_in_this_process(tmp_path, monkeypatch):
    monkeypatch.delattr("os.fork", raising=False)
    module = load(put("return np.maximum(X, 0)", "return np.abs(X)"), tmp_path)
    assert check(vars(module), lang="en").wrong == ("relu",)
