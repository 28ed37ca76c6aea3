import json
from dataclasses import replace

import pytest

from triceptron.data import load_digits, split
from triceptron.files import InvalidFileError, modelfile
from triceptron.jobs import DIGITS, check_folder, run_digits, wilson_interval
from triceptron.jobs.run import read_metrics
from triceptron.training import Recipe

FILES = {
    "confusion_matrix.png",
    "hidden_units.png",
    "loss_curve.png",
    "metrics.json",
    "mistakes.png",
    "model.safetensors",
}


@pytest.fixture(scope="module")
def run():
    return run_digits(replace(DIGITS, epochs=3), engine="steps")


def test_save_writes_the_pictures_and_the_figures(run, tmp_path):
    run.save(tmp_path / "deep" / "run")
    assert {path.name for path in (tmp_path / "deep" / "run").iterdir()} >= FILES
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run"]  # no scratch left
    metrics = json.loads((tmp_path / "deep" / "run" / "metrics.json").read_text())
    assert metrics["accuracy"] == run.correct / 719
    assert metrics["train_loss"] == run.history.train_loss
    assert metrics["fingerprint"] == run.parameters.fingerprint()
    assert metrics["settings"]["learning_rate"] == 0.03
    assert metrics["accuracy_interval"] == pytest.approx(wilson_interval(run.correct, 719))


def test_save_writes_the_network_itself(run, tmp_path):
    run.save(tmp_path / "run")
    model = modelfile.read(tmp_path / "run" / "model.safetensors")
    test = split(load_digits()).test
    assert (model.classes[model.predict_proba(test.X).argmax(axis=1)] == test.y).sum() == run.correct
    assert model.settings["hidden"] == 50
    assert model.history == {"loss": run.history.train_loss, "test_loss": run.history.test_loss}


def test_save_takes_more_facts_and_files_and_others_in_place_of_the_usual(run, tmp_path):
    also = {
        "submission.csv": lambda path: path.write_text("1,2"),
        "loss_curve.png": lambda path: path.write_bytes(b"another"),
    }
    replace(run, facts={"weather": "fair"}).save(tmp_path / "run", also=also)
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES | {"submission.csv"}
    assert (tmp_path / "run" / "loss_curve.png").read_bytes() == b"another"
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["weather"] == "fair"


@pytest.mark.parametrize(  # Newcombe: Statistics in Medicine 17 (1998), table I, method 3
    ("correct", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(correct, n, low, high):
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


def test_save_refuses_a_used_folder_and_leaves_it_as_it_was(run, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    for force, message in (
        (False, "already holds files.*force=True"),
        (True, "thesis.txt, which no run wrote"),
    ):
        with pytest.raises(OSError, match=message):
            run.save(tmp_path, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_save_with_force_replaces_an_earlier_run(run, tmp_path):
    folder = tmp_path / "run"
    run.save(folder)
    (folder / "metrics.json").write_text("old")
    run.save(folder, force=True)
    assert json.loads((folder / "metrics.json").read_text())["epochs_done"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_save_that_fails_half_way_leaves_the_earlier_run(run, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    run.save(folder)
    before = (folder / "metrics.json").read_bytes()
    monkeypatch.setattr("triceptron.plots.mistakes", lambda *_: _BrokenFigure())
    with pytest.raises(OSError, match="disk full"):
        run.save(folder, force=True)
    assert (folder / "metrics.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


class _BrokenFigure:
    def savefig(self, *_, **__):
        raise OSError("disk full")


@pytest.mark.parametrize("text", ["", "[]", '{"epochs_done": 3}', '{"settings": ' + "[" * 100_000])
def test_figures_that_are_none_are_refused_by_name(text, tmp_path):
    (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(InvalidFileError, match=r"metrics\.json.*not the figures of a run"):
        read_metrics(tmp_path)


def test_check_folder_refuses_a_file_and_a_file_as_parent(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="is a file; name a folder"):
        check_folder(file, force=True)
    with pytest.raises(OSError, match="cannot be made: .*file is a file"):
        check_folder(file / "run", force=False)


def test_mini_batches_and_he_start_learn_the_digits_better_in_far_fewer_epochs():
    run = run_digits(Recipe(hidden=50, batch_size=32, epochs=40, learning_rate=0.1, seed=32))
    assert run.accuracy > 0.96
