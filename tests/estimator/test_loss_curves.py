"""From the same start the losses are scikit-learn's own, epoch by epoch, whatever the output."""

from inspect import signature

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, initialize

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class FromGivenStart:
    """scikit-learn's networks from parameters given by hand."""

    start = None

    def _init_coef(self, fan_in, fan_out, dtype):
        W1, b1, W2, b2 = self.start
        W, b = (W1, b1) if (fan_in, fan_out) == W1.shape else (W2, b2)
        return W.astype(dtype), b.astype(dtype)


class Classifier(FromGivenStart, MLPClassifier):
    pass


class Regressor(FromGivenStart, MLPRegressor):
    pass


def scaled(X, y):
    return X, (y - y.mean(axis=0)) / y.std(axis=0)


PROBLEMS = {
    "three classes": (
        make_classification(300, 12, n_informative=8, n_classes=3, random_state=0),
        ThreeLayerPerceptron,
        Classifier,
        3,
    ),
    "two classes": (
        make_classification(300, 12, n_informative=8, flip_y=0.2, random_state=1),
        ThreeLayerPerceptron,
        Classifier,
        1,
    ),
    "labels that go together": (
        make_multilabel_classification(300, 12, n_classes=4, random_state=2),
        ThreeLayerPerceptron,
        Classifier,
        4,
    ),
    "a number": (
        scaled(*make_regression(300, 12, noise=9.0, random_state=3)),
        ThreeLayerPerceptronRegressor,
        Regressor,
        1,
    ),
    "several numbers": (
        scaled(*make_regression(300, 12, n_targets=5, noise=9.0, random_state=4)),
        ThreeLayerPerceptronRegressor,
        Regressor,
        5,
    ),
}
SETTINGS = [
    {"solver": "adam"},
    {"solver": "adam", "alpha": 0.1, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6, "batch_size": 7},
    {"solver": "sgd", "learning_rate_init": 0.02},
    {"solver": "sgd", "learning_rate_init": 0.02, "nesterovs_momentum": False, "alpha": 1.0},
    {"solver": "sgd", "learning_rate_init": 0.02, "momentum": 0.0, "batch_size": 32},
    {"solver": "sgd", "learning_rate_init": 0.1, "learning_rate": "invscaling", "power_t": 0.3},
    {
        "solver": "sgd",
        "learning_rate_init": 0.02,
        "learning_rate": "adaptive",
        "tol": 0.02,
        "n_iter_no_change": 2,
    },
    {"solver": "sgd", "learning_rate_init": 0.02, "tol": 0.01, "n_iter_no_change": 3},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_loss_curve_from_the_same_start(settings, name, weighted):
    (X, y), ours, theirs, K = PROBLEMS[name]
    if weighted and "sample_weight" not in signature(MLPClassifier.fit).parameters:
        pytest.skip("MLPClassifier takes sample_weight from scikit-learn 1.7 on")
    start = initialize(12, 10, K, rng=7)
    start = start._replace(b1=np.linspace(-0.1, 0.1, 10), b2=np.linspace(-0.2, 0.2, K))
    settings = {"max_iter": 60, "shuffle": False, **settings}
    # Theirs averages a batch's weighted losses by count, ours by weight: the same where the mean weight is 1.
    settings |= {"batch_size": 300, "alpha": 0.0} if weighted else {}
    w = np.random.default_rng(0).uniform(0.2, 1.8, 300) if weighted else None
    more = {} if w is None else {"sample_weight": w / w.mean()}
    ours = ours(hidden_layer_sizes=10, init=start, **settings).fit(X, y, **more)
    theirs = theirs(hidden_layer_sizes=10, **settings)
    theirs.start = start
    theirs.fit(X, y, **more)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)
    for mine, other in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-9)
    answer = "predict_proba" if hasattr(theirs, "predict_proba") else "predict"
    np.testing.assert_allclose(getattr(ours, answer)(X), getattr(theirs, answer)(X), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X).shape, theirs.predict(X).shape)
    for name in ("n_iter_", "t_", "n_layers_", "n_features_in_", "n_outputs_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.best_loss_ == pytest.approx(theirs.best_loss_, rel=1e-9)


@pytest.mark.parametrize("engine", ["core", "steps"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_lbfgs_ends_as_low_as_scikit_learns(name, engine):
    (X, y), ours, theirs, K = PROBLEMS[name]
    start = initialize(12, 10, K, rng=7)
    settings = {"solver": "lbfgs", "alpha": 0.3, "max_iter": 400, "hidden_layer_sizes": 10}
    ours = ours(init=start, engine=engine, **settings).fit(X, y)
    theirs = theirs(**settings)
    theirs.start = start
    theirs.fit(X, y)
    assert ours.loss_ < 1.1 * theirs.loss_
    assert ours.score(X, y) > theirs.score(X, y) - 0.03
    for attribute in ("n_layers_", "n_features_in_", "n_outputs_", "out_activation_", "t_"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
