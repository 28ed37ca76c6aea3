"""The regressor as a user of scikit-learn meets it, and beside MLPRegressor itself."""

import pickle

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_regression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from triceptron import ThreeLayerPerceptronRegressor, load_model, save_model

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_regression(300, 8, noise=5.0, random_state=0)
y = y / y.std()
SEVERAL = np.column_stack([y, -2 * y + 1, np.abs(y)])


def model(h=24, **settings):
    settings = {"max_iter": 40, "random_state": 0, "learning_rate_init": 0.01, **settings}
    return ThreeLayerPerceptronRegressor(hidden_layer_sizes=h, **settings)


@pytest.mark.filterwarnings("ignore")  # the checks fit on purpose what warns
@parametrize_with_checks([ThreeLayerPerceptronRegressor(max_iter=100)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_every_parameter_of_mlpregressors_has_the_same_default():
    ours, theirs = ThreeLayerPerceptronRegressor().get_params(), MLPRegressor().get_params()
    assert {name: ours[name] for name in theirs} == theirs


def test_mlpregressors_fitted_attributes_are_there_too():
    for early_stopping in (False, True):
        ours = model(early_stopping=early_stopping).fit(X, y)
        theirs = MLPRegressor(hidden_layer_sizes=16, max_iter=15, early_stopping=early_stopping)
        theirs.fit(X, y)
        for name in vars(theirs):
            if name.endswith("_") and not name.startswith("_"):
                assert hasattr(ours, name), name
                assert (getattr(ours, name) is None) == (getattr(theirs, name) is None), name


@pytest.mark.parametrize("engine", ["core", "steps"])
def test_a_number_and_several_are_learned(engine):
    one, several = model(engine=engine).fit(X, y), model(engine=engine).fit(X, SEVERAL)
    assert one.predict(X).shape == (300,)
    assert several.predict(X).shape == (300, 3)
    assert one.score(X, y) > 0.95
    assert several.score(X, SEVERAL) > 0.9
    assert (one.out_activation_, one.n_outputs_, several.n_outputs_) == ("identity", 1, 3)


def test_the_loss_is_half_the_mean_squared_error_and_the_penalty():
    for targets in (y, SEVERAL):
        fitted = model(alpha=0.0, batch_size=300, max_iter=5).fit(X, targets)
        expected = mean_squared_error(targets, fitted.predict(X)) / 2
        fitted.set_params(warm_start=True, max_iter=1).fit(X, targets)
        assert fitted.loss_ == pytest.approx(expected, rel=1e-9)


def test_engines_and_threads_agree():
    core, steps = model().fit(X, SEVERAL), model(engine="steps").fit(X, SEVERAL)
    np.testing.assert_allclose(core.loss_curve_, steps.loss_curve_, rtol=1e-9)
    assert {model(n_threads=n).fit(X, SEVERAL).fingerprint_ for n in (1, 2, 3)} == {core.fingerprint_}


def test_precision_follows_the_data_or_the_wish():
    single = model().fit(X.astype(np.float32), y.astype(np.float32))
    assert (single.coefs_[0].dtype, single.predict(X.astype(np.float32)).dtype) == (np.float32, np.float32)
    assert model(dtype="float32").fit(X, y).predict(X).dtype == np.float32
    assert model().fit(X, (10 * y).astype(int)).predict(X).dtype == np.float64


def test_early_stopping_watches_r2_or_the_metric_of_ones_choice():
    stopped = model(early_stopping=True, n_iter_no_change=5, max_iter=300).fit(X, y)
    assert stopped.best_validation_score_ == max(stopped.validation_scores_) <= 1
    watched = model().fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert watched.validation_scores_[-1] == pytest.approx(watched.score(X[200:], y[200:]))
    scored = model(early_stopping=True, scoring="neg_mean_absolute_error").fit(X, y)
    assert scored.best_validation_score_ < 0
    by_loss = model(early_stopping=True, scoring="loss").fit(X, SEVERAL)
    assert by_loss.best_validation_score_ == -min(by_loss.validation_loss_curve_)


def test_going_on_weights_dropout_standardisation_and_pickles():
    whole = model(max_iter=4).fit(X, y)
    parts = model()
    for _ in range(4):
        parts.partial_fit(X, y)
    assert parts.fingerprint_ == whole.fingerprint_
    halves = model(max_iter=2, warm_start=True).fit(X, y).fit(X, y)
    assert halves.fingerprint_ == whole.fingerprint_
    weighted = model(max_iter=4).fit(X, y, sample_weight=np.linspace(0.1, 2, 300))
    assert weighted.fingerprint_ != whole.fingerprint_
    assert model(dropout=0.3).fit(X, y).score(X, y) > 0.5
    assert model(standardize=True).fit(50 + 10 * X, y).score(50 + 10 * X, y) > 0.95
    copied = pickle.loads(pickle.dumps(whole))
    assert copied.partial_fit(X, y).fingerprint_ == whole.partial_fit(X, y).fingerprint_


def test_a_regressor_comes_back_from_a_file(tmp_path):
    for targets in (y, SEVERAL):
        fitted = model(standardize=True).fit(X, targets)
        save_model(fitted, tmp_path / "model")
        again = load_model(tmp_path / "model")
        assert isinstance(again, ThreeLayerPerceptronRegressor)
        assert again.predict(X).tobytes() == fitted.predict(X).tobytes()
        again.partial_fit(X, targets)


def test_a_checkpoint_resumes_to_the_same_bits(tmp_path):
    whole = model(max_iter=6).fit(X, y)
    model(max_iter=3, checkpoint=tmp_path / "checkpoint").fit(X, y)
    resumed = model(max_iter=6, checkpoint=tmp_path / "checkpoint").fit(X, y)
    assert resumed.fingerprint_ == whole.fingerprint_


def test_it_works_in_pipelines_and_searches():
    learner = TransformedTargetRegressor(model(), transformer=StandardScaler())
    pipeline = make_pipeline(StandardScaler(), learner)
    search = GridSearchCV(pipeline, {"transformedtargetregressor__regressor__alpha": [0.0, 1.0]}, cv=2)
    assert search.fit(X, 1000 * y).score(X, 1000 * y) > 0.95


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "poisson"}, "loss='poisson' is not in .* squared errors: keep MLPRegressor for it"),
        ({"activation": "tanh"}, "keep MLPRegressor for it"),
        ({"h": (5, 5)}, "has one hidden layer: keep MLPRegressor for it"),
        ({"loss": "huber"}, "The 'loss' parameter"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        model(**settings).fit(X, y)


def test_targets_that_do_not_fit_are_refused():
    fitted = model(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="y has 3 columns, but the network learned from 1"):
        fitted.fit(X, SEVERAL)
    with pytest.raises(ValueError, match="y has 3 columns, but the network learned from 1"):
        model().fit(X, y, X_val=X, y_val=SEVERAL)
    with pytest.raises(ValueError, match="contains NaN"):
        model().fit(X, np.where(y > 0, np.nan, y))


def test_it_learns_what_mlpregressor_learns():
    features, targets = load_diabetes(return_X_y=True)
    ours, theirs = (
        np.mean(
            [
                cross_val_score(
                    make_pipeline(
                        StandardScaler(),
                        TransformedTargetRegressor(
                            kind(hidden_layer_sizes=20, random_state=seed), transformer=StandardScaler()
                        ),
                    ),
                    features,
                    targets,
                )
                for seed in range(5)
            ]
        )
        for kind in (ThreeLayerPerceptronRegressor, MLPRegressor)
    )
    assert ours == pytest.approx(theirs, abs=0.03)
