"""``triceptron kaggle`` as a process, on a small made-up competition."""

import json

import numpy as np
import pytest

from tests.cli.test_digits import triceptron
from tests.kaggle_files import images, write_competition
from triceptron.cli import app
from triceptron.files import modelfile
from triceptron.jobs import KAGGLE


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kaggle")
    write_competition(folder, train=300, test=40)
    out = folder / "out"
    words = ["kaggle", folder / "train.csv", folder / "test.csv", "--out", out]
    done = triceptron(*words, "--hidden", 20, "--epochs", 8, "--batch-size", 32)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    return done, out


def test_the_submission_is_in_kaggles_format(run):
    _, out = run
    lines = (out / "submission.csv").read_text("ascii").splitlines()
    assert lines[0] == "ImageId,Label"
    assert [line.split(",")[0] for line in lines[1:]] == [str(i) for i in range(1, 41)]
    assert {line.split(",")[1] for line in lines[1:]} <= set("0123456789")


def test_the_digits_are_learned(run):
    _, out = run
    said = [int(line.split(",")[1]) for line in (out / "submission.csv").read_text().splitlines()[1:]]
    _, truth = images(40, seed=1)
    assert np.mean(said == truth) > 0.9


def test_the_folder_holds_the_estimate_and_the_model_that_made_the_submission(run):
    done, out = run
    metrics = json.loads((out / "metrics.json").read_text())
    low, high = metrics["accuracy_interval"]
    assert low < metrics["accuracy"] < high or metrics["accuracy"] == 1
    assert metrics["test_samples"] == 30
    assert metrics["submission_fingerprint"] in done.stdout
    model = modelfile.read(out / "model.safetensors")
    assert model.parameters.fingerprint() == metrics["submission_fingerprint"]
    assert {"confusion_matrix.png", "hidden_units.png", "loss_curve.png"} <= {p.name for p in out.iterdir()}


def test_predict_reads_the_model_and_says_the_same(run, tmp_path):
    _, out = run
    done = triceptron(
        "predict", out / "model.safetensors", out.parent / "test.csv", "--out", tmp_path / "p.csv"
    )
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "p.csv").read_text().splitlines()[1:]
    assert said == [line.split(",")[1] for line in (out / "submission.csv").read_text().splitlines()[1:]]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_the_same_seed_gives_the_same_submission_on_any_number_of_threads(run, tmp_path, n_threads):
    _, out = run
    words = ["kaggle", out.parent, "--out", tmp_path / "again", "--n-threads", n_threads, "--quiet"]
    done = triceptron(*words, "--hidden", 20, "--epochs", 8, "--batch-size", 32)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = json.loads((tmp_path / "again" / "metrics.json").read_text())
    first = json.loads((out / "metrics.json").read_text())
    assert again["submission_fingerprint"] == first["submission_fingerprint"]


def test_the_commands_defaults_are_the_rooms():
    _, words, _ = app.parse_args("kaggle train.csv test.csv --epochs 3")
    assert words.arguments["recipe"].settings() == KAGGLE.settings() | {"epochs": 3}


def test_swapped_files_are_one_message_and_nothing_is_written(run, tmp_path):
    _, out = run
    done = triceptron("kaggle", out.parent / "test.csv", out.parent / "train.csv", "--out", tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the two files are swapped" in done.stderr
    assert not (tmp_path / "none").exists()
