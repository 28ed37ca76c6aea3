"""A job that is killed is gone on with from its checkpoint, to the same bits."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from triceptron.files import InvalidFileError, checkpointfile, tensorfile
from triceptron.jobs import DIGITS, RunCompleteError, RunStopped, check_folder, run_digits, session
from triceptron.jobs.run import CHECKPOINT
from triceptron.parameters import Parameters
from triceptron.training import members

RECIPE = replace(DIGITS, epochs=12, batch_size=256, solver="adam")


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Keep every epoch, as long ones are."""
    for name in ("_KEPT_EVERY", "_WRITTEN_EVERY", "_SHARE"):
        monkeypatch.setattr(session, name, 0.0)


@pytest.fixture(scope="module")
def whole():
    return run_digits(RECIPE)


def stop_after(epochs, action):
    def callback(epoch):
        if epoch.number == epochs:
            action()

    return callback


def killed(out, epochs=5):
    """Run the job in a process of its own that is killed after some epochs."""
    child = os.fork()
    if not child:
        try:
            kill = stop_after(epochs, lambda: os.kill(os.getpid(), signal.SIGKILL))
            run_digits(RECIPE, callback=kill, checkpoint=out)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


@pytest.fixture
def out(tmp_path):
    """A folder as a killed run leaves it."""
    with pytest.raises(RuntimeError):
        run_digits(RECIPE, callback=stop_after(5, _fail), checkpoint=tmp_path / "run")
    return tmp_path / "run"


def _fail():
    raise RuntimeError


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_killed_run_keeps_its_last_finished_epoch_and_goes_on_to_the_same_bits(tmp_path, whole):
    out = tmp_path / "run"
    killed(out)
    assert [path.name for path in out.iterdir()] == [CHECKPOINT]
    assert len(checkpointfile.read(out / CHECKPOINT).curves["training.train_loss"]) == 5
    with pytest.raises(FileExistsError, match="holds a run that was stopped: add `resume=True`"):
        check_folder(out, force=False)
    check_folder(out, force=True)

    resumed = run_digits(RECIPE, resume=out, checkpoint=out)
    assert resumed.parameters.fingerprint() == whole.parameters.fingerprint()
    assert resumed.history.train_loss == whole.history.train_loss
    resumed.save(out)
    assert CHECKPOINT not in {path.name for path in out.iterdir()}
    with pytest.raises(RunCompleteError):
        run_digits(RECIPE, resume=out)


def test_a_committee_is_its_members_together_and_goes_on_from_the_middle_of_one(tmp_path):
    recipe = replace(RECIPE, members=3)
    whole = run_digits(recipe)
    apart = [run_digits(member) for member in members(recipe).values()]
    expected = Parameters.committee([run.parameters for run in apart])
    assert whole.parameters.fingerprint() == expected.fingerprint()
    assert whole.history.test_loss[-1] == pytest.approx(np.mean([run.history.test_loss[-1] for run in apart]))
    assert whole.correct >= np.mean([run.correct for run in apart])

    with pytest.raises(RunStopped) as stopped:
        run_digits(recipe, callback=stop_after(17, _interrupt))
    stopped.value.save(tmp_path / "run")
    resumed = run_digits(recipe, resume=tmp_path / "run")
    assert resumed.parameters.fingerprint() == whole.parameters.fingerprint()
    assert resumed.history.train_loss == whole.history.train_loss


@pytest.mark.parametrize("epochs", [17, 29])
def test_what_learns_from_a_committee_goes_on_from_the_middle(tmp_path, epochs):
    recipe = replace(RECIPE, members=2, distil=True)
    whole = run_digits(recipe)
    assert whole.parameters.W1.shape == (64, RECIPE.hidden)
    with pytest.raises(RunStopped, match=f"interrupted after {epochs} of 36 epochs") as stopped:
        run_digits(recipe, callback=stop_after(epochs, _interrupt))
    assert stopped.value.run.parameters.W1.shape == (64, 2 * RECIPE.hidden)
    stopped.value.save(tmp_path / "run")
    resumed = run_digits(recipe, resume=tmp_path / "run")
    assert resumed.parameters.fingerprint() == whole.parameters.fingerprint()


def _interrupt():
    raise KeyboardInterrupt


def test_no_checkpoint_is_written_where_none_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_digits(RECIPE)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_takes_no_checkpoint_is_told_and_the_training_goes_on(tmp_path, whole):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="no checkpoint can be kept: .*; the training goes on"):
        run = run_digits(RECIPE, checkpoint=tmp_path / "file")
    assert run.parameters.fingerprint() == whole.parameters.fingerprint()


def test_a_checkpoint_of_another_arithmetic_is_refused_with_the_mend(out):
    tensors, record = tensorfile.read(out / CHECKPOINT, "checkpoint")
    here = record["identity"]["arithmetic"]
    record["identity"]["arithmetic"] = "plain" if here == "fused" else "fused"
    tensorfile.write(out / CHECKPOINT, tensors, record)
    with pytest.raises(InvalidFileError, match=r"checkpoint.safetensors: made .* fused multiply-add.* begin"):
        run_digits(RECIPE, resume=out)


def test_the_engine_of_formulas_does_not_ask_for_the_core_s_arithmetic(tmp_path):
    with pytest.raises(RuntimeError):
        run_digits(RECIPE, engine="steps", callback=stop_after(2, _fail), checkpoint=tmp_path)
    assert "arithmetic" not in checkpointfile.read(tmp_path / CHECKPOINT).identity


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({"training.0.W1": np.zeros((64, 9))}, {}),
        ({"curve.training.train_loss": np.zeros(40)}, {}),
        ({"curve.training.train_loss": np.full(5, np.nan)}, {}),
        ({"curve.training.test_loss": np.zeros(2)}, {}),
        ({"curve.training.measured": np.zeros(5)}, {}),
        ({}, {"facts": {"training.seconds": "long"}}),
        ({}, {"facts": {}}),
        ({}, {"generator": {"bit_generator": "MT19937"}}),
        ({}, {"states": {"training": {"sets": 1, "step": 25, "dropout_seed": 0}}}),
        ({}, {"states": {"training": {"sets": 3, "step": -1, "dropout_seed": 0}}}),
    ],
)
def test_a_made_up_checkpoint_is_refused_by_name(out, arrays, facts):
    tensors, record = tensorfile.read(out / CHECKPOINT, "checkpoint")
    tensorfile.write(out / CHECKPOINT, tensors | arrays, record | facts)
    with pytest.raises(InvalidFileError, match=r"run.checkpoint\.safetensors: a damaged checkpoint"):
        run_digits(RECIPE, resume=out)
