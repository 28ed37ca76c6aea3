"""scikit-learn's own tests of its networks, of the installed version, with ours in the place of theirs.

Nothing of them is copied: the module is loaded from the installed package while `MLPClassifier` and
`MLPRegressor` stand for ours. What had to be adapted stands in ADAPTED, what is left out in LEFT_OUT.
"""

import functools
import importlib.util
from unittest import mock

import numpy as np
import pytest
import sklearn.neural_network

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor
from triceptron.estimator import translation
from triceptron.training import lbfgs, make_task

pytestmark = pytest.mark.filterwarnings("default")

ADAPTED = {
    "activation": "every other activation is ReLU here: ours has no other (ACTIVATION_TYPES is ['relu'])",
    "hidden_layer_sizes": "of several hidden layers the first is taken: ours has one",
    "_optimizer.learning_rate": "a private name: ours keeps the rate in `_progress`",
    "_no_improvement_count": "a private name: ours keeps the count in `_progress`",
    "_loss_grad_lbfgs": "a private name: ours gives scipy the function that `lbfgs` makes",
    "random_state": "the same seed draws another start here; see SEEDS",
}
SEEDS = {
    # One update for a class that was not there before: right for 93 of 100 seeds of theirs, 92 of ours.
    "test_partial_fit_unseen_classes": 1,
}
LEFT_OUT = {
    "test_multilabel_classification": "a learning rate for logistic hidden units: with ReLU theirs fails too",
    "test_mlp_diverging_loss": "identity units diverge there, ReLU units die: with ReLU theirs fails too",
    "test_fit": "an example worked out by hand for logistic hidden units, set up through private attributes",
    "test_mlp_vs_poisson_glm_equivalent": "the Poisson loss with identity hidden units, which ours has not",
}


class PrivateNames:
    """What the tests ask of scikit-learn's internals, answered by ours."""

    @property
    def _optimizer(self):
        return mock.Mock(learning_rate=self._progress.learning_rate)

    @property
    def _no_improvement_count(self):
        return self._progress.improvement.unimproved

    def _loss_grad_lbfgs(self, theta, X, Y, sample_weight, *room):
        truth = Y.argmax(axis=1) if self.out_activation_ == "softmax" else Y.astype(float)
        start = self._parameters()
        task = make_task(start, X, truth, output=self.out_activation_, alpha=self.alpha)
        W1, W2, b1, b2 = np.split(theta, np.cumsum([start.W1.size, start.W2.size, start.b1.size]))
        loss, gradient = lbfgs._Objective(start, task, "core")(np.concatenate([W1, b1, W2, b2]))
        W1, b1, W2, b2 = np.split(gradient, np.cumsum([start.W1.size, start.b1.size, start.W2.size]))
        return loss, np.concatenate([W1, W2, b1, b2])


class Classifier(PrivateNames, ThreeLayerPerceptron):
    pass


class Regressor(PrivateNames, ThreeLayerPerceptronRegressor):
    pass


def adapt(settings):
    sizes = settings.get("hidden_layer_sizes", 100)
    first = {"hidden_layer_sizes": sizes[:1]} if isinstance(sizes, tuple) and len(sizes) > 1 else {}
    return {**settings, "activation": "relu", **first}


def classifier(**settings):
    return Classifier(**adapt(settings))


def regressor(**settings):
    return Regressor(**adapt(settings))


def load():
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    if spec is None:
        return {}
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(sklearn.neural_network, MLPClassifier=classifier, MLPRegressor=regressor):
        spec.loader.exec_module(module)
    module.ACTIVATION_TYPES = ["relu"]
    return {name: test for name, test in vars(module).items() if name.startswith("test_")}


def seeded(test, seed):
    @functools.wraps(test)
    def run():
        def other(**settings):
            return classifier(**{**settings, "random_state": seed})

        with mock.patch.dict(test.__globals__, MLPClassifier=other):
            test()

    return run


THEIRS = load()
globals().update({name: test for name, test in THEIRS.items() if name not in LEFT_OUT})
globals().update({name: seeded(THEIRS[name], seed) for name, seed in SEEDS.items() if name in THEIRS})


def test_of_all_their_tests_no_more_than_these_are_left_out():
    if not THEIRS:
        pytest.skip("this scikit-learn is installed without its tests")
    assert set(LEFT_OUT) <= set(THEIRS)
    assert len(THEIRS) - len(LEFT_OUT) >= 39


def test_what_is_adapted_is_really_not_in_ours():
    assert translation.check(ThreeLayerPerceptron()) is None
    for settings in ({"activation": "tanh"}, {"hidden_layer_sizes": (5, 3)}):
        with pytest.raises(ValueError, match="keep MLPClassifier for it"):
            translation.check(ThreeLayerPerceptron(**settings))
