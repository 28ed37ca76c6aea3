from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from triceptron import ThreeLayerPerceptron, load_model, save_model
from triceptron.files import InvalidFileError, modelfile
from triceptron.jobs import DIGITS, run_digits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(150, 6, n_informative=4, n_classes=3, random_state=0)
X = 3 + 5 * X
NAMED = np.array(["ant", "bee", "cow"])[y]


def model(**settings):
    return ThreeLayerPerceptron(8, **{"max_iter": 12, "random_state": 0, **settings})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize(
    "settings",
    [{}, {"standardize": True, "dtype": "float32"}, {"early_stopping": True, "dropout": (0.1, 0.2)}],
)
def test_a_loaded_model_is_the_one_that_was_saved(path, settings):
    saved = model(**settings).fit(X, NAMED)
    save_model(saved, path)
    loaded = load_model(path)
    assert loaded.get_params() == {
        **saved.get_params(),
        "dropout": list(settings["dropout"]) if "dropout" in settings else 0.0,
    }
    np.testing.assert_array_equal(loaded.predict_proba(X), saved.predict_proba(X))
    assert loaded.predict(X).tolist() == saved.predict(X).tolist()
    for name in (name for name in vars(saved) if name.endswith("_") and name != "standardisation_"):
        np.testing.assert_equal(getattr(loaded, name), getattr(saved, name), name)
    assert loaded.fingerprint_ == saved.fingerprint_


def test_feature_names_come_along(path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    save_model(model().fit(frame, y), path)
    loaded = load_model(path)
    assert loaded.predict(frame).shape == (150,)
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame[list("fedcba")])


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), StandardScaler(with_mean=False), StandardScaler(with_std=False)]
)
def test_a_pipelines_scaler_becomes_part_of_the_model(path, scaler):
    pipeline = make_pipeline(scaler, "passthrough", model(standardize=True)).fit(X, y)
    save_model(pipeline, path)
    np.testing.assert_allclose(load_model(path).predict_proba(X), pipeline.predict_proba(X), rtol=1e-9)


def test_training_goes_on_from_a_loaded_model(path):
    saved = model(warm_start=True).fit(X, y)
    save_model(saved, path)
    loaded = load_model(path).fit(X, y)
    assert loaded.t_ == 2 * saved.t_
    assert len(loaded.loss_curve_) == 24
    assert loaded.loss_ < saved.loss_
    assert load_model(path).partial_fit(X, y).t_ == saved.t_ + 150


def test_a_digits_run_loads_too(tmp_path):
    run = run_digits(replace(DIGITS, epochs=5))
    run.save(tmp_path / "run")
    loaded = load_model(tmp_path / "run" / "model.safetensors")
    assert (loaded.predict(run.test.X) == run.test.y).sum() == run.correct
    assert loaded.loss_curve_ == run.history.train_loss
    assert loaded.fingerprint_ == run.parameters.fingerprint()


def test_what_cannot_be_saved_is_said_and_leaves_nothing(tmp_path, path):
    with pytest.raises(ValueError, match="only a ThreeLayerPerceptron can be saved, got MLPClassifier"):
        save_model(MLPClassifier(), path)
    with pytest.raises(NotFittedError):
        save_model(model(), path)
    with pytest.raises(ValueError, match="only a StandardScaler can stand before .* got MinMaxScaler"):
        save_model(make_pipeline(MinMaxScaler(), model()).fit(X, y), path)
    with pytest.raises(OSError, match="nowhere"):
        save_model(model().fit(X, y), tmp_path / "nowhere" / "m")
    assert not list(tmp_path.iterdir())


def test_a_model_without_the_curves_of_its_validation_part_loads(path):
    save_model(model(early_stopping=True).fit(X, y), path)
    saved = modelfile.read(path)
    del saved.history["validation_loss"]
    modelfile.write(saved, path)
    loaded = load_model(path)
    assert loaded.validation_loss_curve_ == []
    assert loaded.fingerprint_ == saved.fingerprint


def test_a_loaded_model_does_not_write_where_its_maker_kept_a_checkpoint(tmp_path, path):
    save_model(model(checkpoint=tmp_path / "theirs").fit(X, y), path)
    saved = modelfile.read(path)
    modelfile.write(replace(saved, estimator={**saved.estimator, "checkpoint": str(tmp_path / "mine")}), path)
    load_model(path).fit(X, y)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(("name", "value"), [("alpha", "strong"), ("n_threads", 2**70)])
def test_a_file_with_parameters_that_do_not_fit_is_refused_by_name(path, name, value):
    save_model(model().fit(X, y), path)
    damaged = modelfile.read(path)
    damaged.estimator[name] = value
    modelfile.write(damaged, path)
    with pytest.raises(InvalidFileError, match=rf"safetensors: a hyperparameter does not fit.*'{name}'"):
        load_model(path)
