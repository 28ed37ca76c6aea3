import json
import os
import pickle

import numpy as np
import pytest
from sklearn.datasets import make_classification

from tests.kills import kill_and_resume
from triceptron import ThreeLayerPerceptron, core
from triceptron.files import InvalidFileError, tensorfile

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(200, 8, n_informative=6, n_classes=3, random_state=0)


def model(path=None, **settings):
    given = {"max_iter": 30, "random_state": 0, "batch_size": 32, "checkpoint": path, **settings}
    return ThreeLayerPerceptron(8, **given)


def bits(fitted):
    return fitted.fingerprint_, fitted.loss_curve_, fitted.validation_scores_, fitted.n_iter_, fitted.t_


class StoppedError(Exception):
    pass


class StopAfter:
    """Breaks a training off after an epoch, as a lost machine would."""

    def __init__(self, epochs):
        self.epochs = epochs

    def __call__(self, estimator, X, y):
        self.epochs -= 1
        if self.epochs < 0:
            raise StoppedError
        return estimator.score(X, y)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_trainings_killed_at_random_moments_end_with_the_same_bits():
    outcome = kill_and_resume(8)
    assert outcome.same == outcome.runs
    assert outcome.kills >= 4


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"early_stopping": True, "n_iter_no_change": 30},
        {"solver": "sgd", "learning_rate": "invscaling", "dropout": 0.3, "n_iter_no_change": 30},
        {"learning_rate": "one_cycle"},
        {"random_state": np.random.Generator(np.random.MT19937(5))},
    ],
)
@pytest.mark.parametrize("stopped_after", [3, 10, 17])
def test_a_training_that_broke_off_goes_on_to_the_same_bits(tmp_path, settings, stopped_after):
    def fit(path, scoring):
        mine = pickle.loads(pickle.dumps(settings))  # a generator moves on: each fit takes its own
        return model(path, scoring=scoring, checkpoint_every=5, **mine).fit(X, y, X_val=X[:40], y_val=y[:40])

    path = tmp_path / "checkpoint"
    with pytest.raises(StoppedError):
        fit(path, StopAfter(stopped_after))
    assert path.exists() == (stopped_after >= 5)
    assert bits(fit(path, StopAfter(1000))) == bits(fit(None, StopAfter(1000)))


def test_a_finished_training_is_not_done_again(tmp_path):
    done = model(tmp_path / "checkpoint").fit(X, y)
    again = model(tmp_path / "checkpoint").fit(X, y)
    assert bits(again) == bits(done)
    assert again.history_["seconds"] == done.history_["seconds"]


def test_max_iter_may_grow(tmp_path):
    model(tmp_path / "checkpoint", max_iter=20).fit(X, y)
    grown = model(tmp_path / "checkpoint", max_iter=30).fit(X, y)
    assert bits(grown) == bits(model().fit(X, y))


def test_threads_and_how_often_it_is_written_may_change(tmp_path):
    model(tmp_path / "checkpoint", max_iter=20, n_threads=1, checkpoint_every=3).fit(X, y)
    assert bits(model(tmp_path / "checkpoint", n_threads=2).fit(X, y)) == bits(model().fit(X, y))


@pytest.mark.parametrize(
    ("settings", "data", "name"),
    [
        ({"alpha": 0.5}, (X, y), "alpha"),
        ({"random_state": 1}, (X, y), "random_state"),
        ({"hidden_layer_sizes": 9}, (X, y), "hidden_layer_sizes"),
        ({}, (X + 1, y), "data"),
        ({}, (X, (y + 1) % 3), "data"),
        ({}, (X, np.array(["a", "b", "c"])[y]), "data"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(tmp_path, settings, data, name):
    path = tmp_path / "checkpoint"
    model(path).fit(X, y)
    before = path.read_bytes()
    with pytest.raises(InvalidFileError, match=f"checkpoint: the checkpoint of another training: {name} was"):
        model(path).set_params(**settings).fit(*data)
    assert path.read_bytes() == before


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path):
    path = tmp_path / "checkpoint"
    model(path).fit(X, y)
    tensors, record = tensorfile.read(path, "checkpoint")
    for change in (
        {"generator": {"bit_generator": "PCG64"}},
        {"generator": []},
        {"states": {"now": {"sets": 1.5}}},
        {"facts": {"epochs": "many"}},
        {"curves": ["nonsense"]},
        {"states": record["states"] | {"best": {}}},
        {"identity": None},
    ):
        tensorfile.write(path, tensors, record | change)
        with pytest.raises(InvalidFileError, match="checkpoint: a damaged checkpoint"):
            model(path).fit(X, y)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InvalidFileError, match="not a safetensors file, or damaged"):
        model(path).fit(X, y)


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({"now.0.W1": np.zeros((7, 8))}, {}),
        ({"now.0.W1": np.zeros((8, 8), np.float32)}, {}),
        ({"curve.loss": np.zeros(3)}, {}),
        ({"curve.validation_loss": np.zeros(30)}, {"curves": ["loss", "learning_rate", "validation_loss"]}),
        ({}, {"curves": ["loss", "seconds"]}),
        ({}, {"states": {"now": {"sets": 2, "step": 210, "dropout_seed": 0}}}),
        ({}, {"states": {"now": {"sets": 3, "step": 2**60, "dropout_seed": 0}}}),
        ({}, {"states": {"now": {"sets": 3, "step": 210, "dropout_seed": -1}}}),
    ],
)
def test_a_made_up_checkpoint_is_refused_by_name(tmp_path, arrays, facts):
    path = tmp_path / "checkpoint"
    model(path).fit(X, y)
    tensors, record = tensorfile.read(path, "checkpoint")
    tensorfile.write(path, tensors | arrays, record | facts)
    with pytest.raises(InvalidFileError, match="checkpoint: a damaged checkpoint"):
        model(path).fit(X, y)


@pytest.mark.parametrize(
    ("engine", "theirs", "mend"),
    [
        ("core", "fused", "made on a machine with fused multiply-add; .* Go on with it where it was made"),
        ("core", "plain", "made without fused multiply-add; .* Set TRICEPTRON_INSTRUCTION_SET=baseline"),
        ("steps", "plain", None),
    ],
)
def test_a_checkpoint_of_another_arithmetic_is_refused(tmp_path, monkeypatch, engine, theirs, mend):
    path = tmp_path / "checkpoint"
    monkeypatch.setattr(core, "arithmetic", lambda: theirs)
    model(path, engine=engine, max_iter=2).fit(X, y)
    monkeypatch.setattr(core, "arithmetic", lambda: {"fused": "plain", "plain": "fused"}[theirs])
    if mend is None:  # NumPy's arithmetic is not ours to promise
        model(path, engine=engine).fit(X, y)
        return
    with pytest.raises(InvalidFileError, match=f"checkpoint: {mend}"):
        model(path, engine=engine).fit(X, y)


def test_a_checkpoint_that_cannot_be_written_is_said(tmp_path):
    path = tmp_path / "no-such-folder" / "checkpoint"
    with pytest.raises(FileNotFoundError, match="no-such-folder"):  # before the first epoch
        model(path, checkpoint_every=1000, scoring=StopAfter(0)).fit(X, y, X_val=X, y_val=y)


def test_a_checkpoint_holds_no_data(tmp_path):
    model(tmp_path / "checkpoint").fit(X, y)
    tensors, record = tensorfile.read(tmp_path / "checkpoint", "checkpoint")
    assert max(tensor.size for tensor in tensors.values()) <= 64
    assert len(json.dumps(record)) < 5000


def test_warm_start_and_checkpoint_exclude_each_other(tmp_path):
    fitted = model(tmp_path / "checkpoint", warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="warm_start and checkpoint do not go together"):
        fitted.fit(X, y)
