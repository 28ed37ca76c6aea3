"""L-BFGS over the core's and the lesson's loss and gradient."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, initialize
from triceptron.training import lbfgs, make_task, minimize

X, y = make_classification(120, 6, n_informative=4, n_classes=3, random_state=0)


def model(**settings):
    return ThreeLayerPerceptron(12, solver="lbfgs", random_state=0, **settings)


@pytest.mark.parametrize("engine", ["core", "steps"])
@pytest.mark.parametrize("output", ["softmax", "logistic", "identity"])
def test_what_is_minimised_has_the_gradient_that_goes_with_it(engine, output):
    rng = np.random.default_rng(0)
    truth = y if output == "softmax" else rng.random((120, 3))
    start = initialize(6, 5, 3, rng=1)
    task = make_task(start, X, truth, output=output, alpha=0.5, sample_weight=rng.random(120))
    objective = lbfgs._Objective(start, task, engine)
    x = lbfgs._pack(start)
    differences = approx_fprime(x, lambda x: objective(x)[0], 1e-7)
    np.testing.assert_allclose(objective(x)[1], differences, rtol=1e-3, atol=1e-5)


def test_engines_end_at_the_same_place():
    start = initialize(6, 5, 3, rng=1)
    core, steps = (
        minimize(start, make_task(start, X, y, alpha=0.5), max_iter=25, max_fun=1000, tol=1e-6, engine=engine)
        for engine in ("core", "steps")
    )
    assert core.iterations == steps.iterations
    assert core.loss == pytest.approx(steps.loss, rel=1e-6)
    np.testing.assert_allclose(core.parameters.W1, steps.parameters.W1, rtol=1e-3, atol=1e-5)


def test_a_fit_that_converges_says_nothing_and_the_same_seed_gives_the_same_bits():
    settings = {"alpha": 10.0, "tol": 1e-2}
    fitted = model(**settings).fit(X, y)
    assert fitted.n_iter_ < 200
    assert fitted.fingerprint_ == model(**settings, n_threads=3).fit(X, y).fingerprint_
    assert fitted.score(X, y) > 0.6


def test_the_ends_of_iterations_and_evaluations_are_told_in_scikit_learns_words():
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge after 5 iteration\(s\)"):
        assert model(max_iter=5).fit(X, y).n_iter_ == 5
    with pytest.warns(ConvergenceWarning, match="EVALUATIONS EXCEEDS LIMIT"):
        assert model(max_fun=10).fit(X, y).n_iter_ <= 10


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_single_precision_is_rounded_at_the_end_alone():
    single = model(max_iter=20).fit(X.astype(np.float32), y)
    double = model(max_iter=20).fit(X.astype(np.float32).astype(float), y)
    assert single.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(single.coefs_[0], double.coefs_[0], rtol=1e-2, atol=1e-3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_warm_start_standardisation_and_another_solver_afterwards():
    w = np.linspace(0, 2, 120)
    assert model(max_iter=20).fit(X, y, sample_weight=w).loss_ != model(max_iter=20).fit(X, y).loss_
    going = model(max_iter=10, warm_start=True).fit(X, y)
    first = going.loss_
    assert going.fit(X, y).loss_ < first
    assert going.set_params(solver="adam", max_iter=3).fit(X, y).n_iter_ == 3
    assert going.set_params(solver="lbfgs", max_iter=3).fit(X, y).n_iter_ == 3
    assert model(standardize=True, max_iter=100).fit(100 * X + 50, y).score(100 * X + 50, y) > 0.9
    pixels = np.clip(np.round(40 * X + 128), 0, 255).astype(np.uint8)
    assert model(standardize=True, max_iter=100).fit(pixels, y).score(pixels, y) > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_verbose_prints_the_losses(capsys):
    fitted = model(max_iter=3, verbose=True).fit(X, y)
    losses = [float(line.split("=")[1]) for line in capsys.readouterr().out.splitlines()]
    assert len(losses) == 3
    assert losses[-1] == pytest.approx(fitted.loss_, abs=1e-8)
    several = ThreeLayerPerceptronRegressor(solver="lbfgs", max_iter=2, alpha=0.0, random_state=0)
    Y = np.column_stack([X[:, 0], X[:, 1] + 1])
    several.fit(X, Y)
    assert several.loss_ == pytest.approx(((several.predict(X) - Y) ** 2).mean() / 2)


def test_a_grid_may_hold_both_estimators():
    pipeline = Pipeline([("scale", StandardScaler()), ("network", MLPClassifier(max_iter=5))])
    ours = ThreeLayerPerceptron(max_iter=5)
    grid = [
        {
            "network": [ours],
            "network__hidden_layer_sizes": [(20,), (40,)],
            "network__solver": ["adam", "sgd"],
        },
        {"network": [MLPClassifier(max_iter=5)], "network__activation": ["tanh"]},
    ]
    search = GridSearchCV(pipeline, grid, cv=2)
    with pytest.warns(ConvergenceWarning):
        search.fit(X, y)
    assert len(search.cv_results_["params"]) == 5
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
