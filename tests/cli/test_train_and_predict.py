"""Both commands as processes: a table in, a model's folder out, and its predictions."""

import csv
import json

import pytest
from sklearn.datasets import load_digits, load_iris

from tests.cli.test_digits import triceptron


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flowers")
    data = load_iris()
    with open(folder / "flowers.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "species"])
        for row, code in zip(data.data.tolist(), data.target, strict=True):
            writer.writerow([*row, data.target_names[code]])
    done = triceptron("train", "flowers.csv", "--label", "species", "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_train_says_how_it_went_and_writes_the_runs_folder(flowers):
    folder, done = flowers
    assert "test accuracy" in done.stdout
    assert {path.name for path in (folder / "run").iterdir()} == {
        "confusion_matrix.png",
        "loss_curve.png",
        "metrics.json",
        "model.safetensors",
    }
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    assert metrics["settings"]["data"] == "flowers.csv"


def test_predict_writes_a_row_for_each_row_and_counts_the_right_ones(flowers):
    folder, _ = flowers
    done = triceptron("predict", "run/model.safetensors", "flowers.csv", "--out", "p.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "150 rows predicted, 14" in done.stdout
    rows = (folder / "p.csv").read_text().splitlines()
    assert rows[:2] == ["prediction", "setosa"]
    assert len(rows) == 151
    again = triceptron("predict", "run/model.safetensors", "flowers.csv", "--out", "p.csv", cwd=folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert "--out p.csv is already there; name another file, or add --force" in again.stderr
    words = ("--out", "p.csv", "--force", "--probabilities", "--quiet")
    forced = triceptron("predict", "run/model.safetensors", "flowers.csv", *words, cwd=folder)
    assert (forced.returncode, forced.stdout, forced.stderr) == (0, "", "")
    assert (folder / "p.csv").read_text().startswith("prediction,setosa,versicolor,virginica\n")


def test_predict_reads_the_model_of_a_digits_run(tmp_path):
    done = triceptron(
        "digits", "--init", "he", "--learning-rate", "0.3", "--epochs", 50, "--out", "run", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    data = load_digits()
    lines = [",".join(f"pixel{i}" for i in range(64)), *(",".join(map(str, row)) for row in data.data[:50])]
    (tmp_path / "digits.csv").write_text("\n".join(lines))
    done = triceptron("predict", "run/model.safetensors", "digits.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "predictions.csv").read_text().split()[1:]
    assert sum(int(digit) == truth for digit, truth in zip(said, data.target[:50], strict=True)) >= 45


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,kind\n1,x\n", "there is no column 'species'; the columns are a, kind"),
        ("a,species\n1,x\nred,y\n", "bad.csv, row 3, column 'a': 'red' is not a number"),
        ("a,species\n1,x\n2,y,3\n", "bad.csv, row 3: 3 values, but 2 columns are named"),
        ("a,species\n1,x\n,y\n", "bad.csv, row 3, column 'a': the value is missing"),
        ("", "bad.csv: the file is empty"),
    ],
)
def test_bad_tables_get_one_message_and_leave_nothing(tmp_path, text, message):
    (tmp_path / "bad.csv").write_text(text)
    done = triceptron("train", "bad.csv", "--label", "species", "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["train", "flowers.csv", "--out", "new"], 2, "--label"),
        (["train", "nothing.csv", "--label", "species", "--out", "new"], 1, "nothing.csv"),
        (["train", "flowers.csv", "--label", "species"], 1, "--out run already holds files"),
        (["train", "flowers.csv", "--label", "species", "--epochs", "0", "--out", "new"], 1, "epochs must"),
        (
            ["train", "flowers.csv", "--label", "species", "--test-size", "2", "--out", "new"],
            1,
            "test_size must",
        ),
        (["predict", "flowers.csv", "flowers.csv", "--out", "new"], 1, "flowers.csv: not a safetensors file"),
        (["predict", "nothing", "flowers.csv", "--out", "new"], 1, "nothing"),
        (["predict", "run/model.safetensors", "run/metrics.json", "--out", "new"], 1, "metrics.json"),
    ],
)
def test_bad_words_get_one_message(flowers, words, status, message):
    folder, _ = flowers
    words += [] if "--out" in words else ["--out", "run"]
    done = triceptron(*words, cwd=folder)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "new").exists()


def test_divergence_is_said_and_the_curve_up_to_there_is_kept(flowers, tmp_path):
    folder, _ = flowers
    words = ("--solver", "sgd", "--learning-rate", "1e30", "--out", tmp_path / "run")
    done = triceptron("train", "flowers.csv", "--label", "species", *words, cwd=folder)
    assert done.returncode == 1
    assert "training diverged" in done.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"loss_curve.png", "metrics.json"}


@pytest.mark.parametrize("command", ["train", "predict"])
def test_help_shows_an_example(command):
    assert f"Example: triceptron {command}" in triceptron(command, "--help").stdout
