"""What is read of a file: functions by name, and only imports, constants and definitions are run."""

import json

import pytest

from tests.checking.exercise import RIGHT, put
from triceptron import check
from triceptron.checking import UnreadableFileError
from triceptron.checking.source import read, trains_at_its_top


def write(path, *cells):
    if path.suffix == ".py":
        path.write_text("\n".join(cells), encoding="utf-8")
    else:
        kinds = [{"cell_type": "markdown", "source": "# 三层感知机"}]
        kinds += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
        path.write_text(
            json.dumps({"cells": kinds, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
        )
    return path


TRAINING = """
raise SystemExit("the training cells are not run")
while True:
    pass
for epoch in range(10 ** 12):
    pass
parameters = initialize(50, 10)
trainX = None
testing_loss = open("losses.txt", "w").write("0")
if __name__ == "__main__":
    train(trainX, trainY_mat, testX, testY_mat, parameters, 10 ** 9)
"""


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_training_cells_are_not_run(suffix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = check(write(tmp_path / f"steps{suffix}", RIGHT, TRAINING), lang="en")
    assert report.ok, str(report)
    assert report.skipped[0].text == 'raise SystemExit("the training cells are not run")'
    assert "not run" in str(report)
    assert not (tmp_path / "losses.txt").exists()


def test_a_notebooks_lines_are_told_by_cell(tmp_path):
    cells = put("return np.maximum(X, 0)", "X[X < 0] = 0\nreturn X").split("\n\n\n")
    report = check(write(tmp_path / "steps.ipynb", *cells), lang="en")
    (finding, _) = report["relu"].result.findings
    assert (finding.place.cell, finding.place.line, finding.place.text) == (4, 2, "X[X < 0] = 0")
    assert "code cell 4, line 2" in str(report)


def test_magics_and_shell_lines_are_passed_over(tmp_path):
    cells = [
        "%matplotlib inline\n!pip install numpy\nimport matplotlib.pyplot as plt\nimport seaborn as sns",
        "plt.style.use('ggplot')",
        "%%time\n" + RIGHT,
        "%%bash\nthis is no Python",
        "np.dot?",
        "files = !ls",
    ]
    report = check(write(tmp_path / "steps.ipynb", *cells), lang="en")
    assert report.ok, str(report)
    assert {step.status for step in report.steps} == {"right"}


def test_a_broken_cell_is_said_and_the_others_are_checked(tmp_path):
    report = check(write(tmp_path / "steps.ipynb", RIGHT, "def broken(:\n    pass"), lang="en")
    assert report.ok
    ((place, reason),) = report.notes
    assert (place.cell, place.line) == (2, 1)
    assert "is not Python" in reason


def test_a_statement_that_raises_is_said_and_the_others_are_run(tmp_path):
    text = "import no_such_module\nSIZE = 1 / 0\n" + RIGHT
    report = check(write(tmp_path / "steps.py", text), lang="en")
    assert report.ok
    assert [place.line for place, _ in report.notes] == [1, 2]
    assert "No module named 'no_such_module'" in report.text(width=200)


def test_modules_beside_the_file_can_be_imported(tmp_path):
    write(tmp_path / "my_helpers.py", "def positive(X):\n    return X * (X > 0)")
    text = "from my_helpers import positive\n" + put("return np.maximum(X, 0)", "return positive(X)")
    assert check(write(tmp_path / "steps.py", text)).ok


@pytest.mark.parametrize("name", ["pre-processing.py", "lesson 1.py", "class.py"])
def test_a_file_beside_that_no_program_can_import_is_passed_over(name, tmp_path):
    write(tmp_path / name, "def forward(X, W):\n    return X @ W")
    path = write(tmp_path / "net.py", "def shuffled(X):\n    return X[::-1]")
    with pytest.raises(UnreadableFileError, match="net.py"):
        check(path, lang="en")


def test_constants_and_the_data_of_the_exercise_are_there(tmp_path):
    body = (
        "assert trainX.shape == (1078, 64) and testX.shape == (719, 64)\n"
        "assert trainY.shape == (1078,) and trainY_mat.shape == (1078, 10) and testY_mat.shape == (719, 10)\n"
        "return np.maximum(X, ZERO)"
    )
    text = "ZERO, ONE = 0, 1\n" + put("return np.maximum(X, 0)", body)
    assert check(write(tmp_path / "steps.py", text)).ok


def test_the_last_definition_counts_as_in_a_notebook(tmp_path):
    first = put("return np.maximum(X, 0)", "return X")
    assert check(write(tmp_path / "steps.ipynb", first, RIGHT)).ok


def test_functions_of_the_exercise_that_are_missing_are_not_wrong(tmp_path):
    report = check(
        write(tmp_path / "steps.py", "import numpy as np\ndef relu(Z):\n    return np.maximum(Z, 0)")
    )
    assert report.ok
    assert [step.key for step in report.steps if step.status == "right"] == ["relu"]
    assert report["ReLU" if report["relu"].name == "ReLU" else "relu"].status == "right"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.py", None, "No such file"),
        ("folder.py", "folder", "cannot read"),
        ("broken.py", b"def relu(Z):\n    return (Z\n", "line 2 is not Python|line 3 is not Python"),
        ("tabs.py", b"def relu(Z):\n\tif Z:\n        return Z\n", "is not Python"),
        ("binary.py", bytes(range(256)), "not text|is not Python"),
        ("empty.py", b"", "defines none of the exercise's functions"),
        ("other.py", b"def f(x):\n    return x\n", "defines none of the exercise's functions"),
        ("no_json.ipynb", b"import numpy", "not a Jupyter notebook"),
        ("list.ipynb", b"[]", "not a Jupyter notebook"),
        ("no_cells.ipynb", b"{}", "not a Jupyter notebook"),
        ("odd_cells.ipynb", b'{"cells": [3]}', "not a Jupyter notebook"),
        ("deep.ipynb", b"[" * 100_000, "not a Jupyter notebook"),
        ("latin.py", "def relu(Z):\n    'é'\n".encode("latin-1"), "not text"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error(name, content, message, tmp_path):
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message):
        check(tmp_path / name, lang="en")


def test_an_import_that_ends_python_is_one_error(tmp_path):
    write(tmp_path / "ends.py", "import os\nos._exit(0)")
    with pytest.raises(UnreadableFileError, match="ended the process"):
        check(write(tmp_path / "steps.py", "import ends\n" + RIGHT), lang="en")


def test_future_imports_and_byte_order_marks_are_understood(tmp_path):
    text = "\ufefffrom __future__ import annotations\n" + put(
        "def ReLU(X):", "def ReLU(X: Undefined) -> Undefined:"
    )
    assert check(write(tmp_path / "steps.py", text)).ok


def test_a_librarys_functions_are_not_taken_for_the_learners(tmp_path):
    text = (
        "import numpy as np\nfrom scipy.special import softmax, log_softmax\n"
        "def cross_entropy(Y, O):\n    return -(Y * log_softmax(O, axis=1)).sum() / len(Y)\n"
    )
    report = check(write(tmp_path / "steps.py", text), lang="en")
    assert report.ok, str(report)
    assert [step.key for step in report.steps if step.status == "right"] == ["cross_entropy"]


@pytest.mark.parametrize("library", ["triceptron.steps", "my_steps"])
def test_functions_imported_from_beside_the_file_or_from_us_are(tmp_path, library):
    write(tmp_path / "my_steps.py", RIGHT)
    report = check(write(tmp_path / "steps.py", f"from {library} import *\n"), lang="en")
    assert report.ok, str(report)
    assert report["softmax"].status == "right"


def test_quotes_may_be_the_same_within_an_f_string(tmp_path):
    file = tmp_path / "steps.py"
    file.write_text('def relu(X):\n    return X * (X > 0)\nheld = {"a": 1}\nprint(f"{held["a"]}")\n', "utf-8")
    assert check(file)["relu"].status == "right"


def test_weights_in_a_dictionary_that_a_loop_changes_are_a_training(tmp_path):
    file = tmp_path / "script.py"
    file.write_text("weights, rate = {}, 0.1\nfor _ in range(3):\n    weights['W1'] -= rate * weights['W1']\n"
                    "    weights['b1'] -= rate\n", "utf-8")  # fmt: skip
    assert trains_at_its_top(read(file))
