"""A single logistic output for two classes, and one for each label where labels go together."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier

from triceptron import ThreeLayerPerceptron, load_model, save_model
from triceptron.estimator import stopping

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(200, 6, flip_y=0.1, random_state=1)
LABELS_X, LABELS_Y = make_multilabel_classification(300, 10, n_classes=4, random_state=0)


def model(**settings):
    settings = {"max_iter": 30, "random_state": 0, "learning_rate_init": 0.01, **settings}
    return ThreeLayerPerceptron(16, **settings)


def test_two_classes_have_one_output_as_mlpclassifier_has():
    ours, theirs = (kind(max_iter=2).fit(X, y) for kind in (ThreeLayerPerceptron, MLPClassifier))
    for fitted in (ours, theirs):
        assert (fitted.out_activation_, fitted.n_outputs_) == ("logistic", 1)
        assert [W.shape for W in fitted.coefs_] == [(6, 100), (100, 1)]
        assert [b.shape for b in fitted.intercepts_] == [(100,), (1,)]


@pytest.mark.parametrize("labels", [[0, 1], [-1, 7], ["no", "yes"], [False, True]])
@pytest.mark.parametrize("engine", ["core", "steps"])
def test_two_classes_of_any_kind(labels, engine):
    named = np.array(labels)[y]
    fitted = model(engine=engine).fit(X, named)
    assert fitted.classes_.tolist() == labels
    assert fitted.classes_.dtype == named.dtype
    assert fitted.score(X, named) > 0.8
    P = fitted.predict_proba(X)
    assert P.shape == (200, 2)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict(X), np.array(labels)[P.argmax(axis=1)])
    np.testing.assert_allclose(fitted.predict_log_proba(X), np.log(P), rtol=1e-9)
    assert roc_auc_score(y, P[:, 1]) > 0.9


def test_log_probabilities_of_two_classes_are_finite_where_probabilities_underflow():
    log_P = model().fit(X, y).predict_log_proba(1e5 * X)
    assert np.isfinite(log_P).all()
    assert log_P.min() < -1000


def test_engines_and_threads_agree_on_two_classes():
    core, steps = model().fit(X, y), model(engine="steps").fit(X, y)
    np.testing.assert_allclose(core.loss_curve_, steps.loss_curve_, rtol=1e-9)
    assert {model(n_threads=n).fit(X, y).fingerprint_ for n in (1, 2, 3)} == {core.fingerprint_}


def test_class_weights_early_stopping_and_a_part_of_ones_own_know_two_classes():
    weights = {0: 1.0, 1: 3.0}
    by_class = model(class_weight=weights).fit(X, y)
    by_sample = model().fit(X, y, sample_weight=[weights[label] for label in y])
    assert by_class.fingerprint_ == by_sample.fingerprint_
    stopped = model(early_stopping=True, scoring="roc_auc", max_iter=100).fit(X, y)
    assert stopped.best_validation_score_ == max(stopped.validation_scores_)
    watched = model().fit(X, y, X_val=X[:50], y_val=y[:50])
    assert watched.validation_scores_[-1] == watched.score(X[:50], y[:50])


def test_a_single_class_is_certain():
    for labels in (np.zeros(20), np.array(["only"] * 20)):
        fitted = model().fit(X[:20], labels)
        assert fitted.predict(X[:3]).tolist() == labels[:3].tolist()
        np.testing.assert_array_equal(fitted.predict_proba(X[:3]), np.ones((3, 1)))
        np.testing.assert_array_equal(fitted.predict_log_proba(X[:3]), np.zeros((3, 1)))


def test_a_single_sample_can_be_learned():
    assert model().fit(X[:1], [3]).predict(X[:1]).tolist() == [3]


def test_partial_fit_and_warm_start_go_on_with_two_classes():
    whole = model(max_iter=4).fit(X, y)
    parts = model()
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1])
    assert parts.fingerprint_ == whole.fingerprint_
    halves = model(max_iter=2, warm_start=True).fit(X, y).fit(X, y)
    assert halves.fingerprint_ == whole.fingerprint_


def test_a_network_of_two_classes_comes_back_from_a_file(tmp_path):
    fitted = model(standardize=True).fit(X, np.array(["no", "yes"])[y])
    save_model(fitted, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()
    assert (again.out_activation_, again.n_outputs_) == ("logistic", 1)
    assert again.classes_.tolist() == ["no", "yes"]
    again.partial_fit(X, np.array(["no", "yes"])[y])


# Labels that go together


def test_labels_that_go_together_are_answered_one_by_one():
    fitted = model(max_iter=100).fit(LABELS_X, LABELS_Y)
    assert (fitted.out_activation_, fitted.n_outputs_) == ("logistic", 4)
    assert fitted.classes_.tolist() == [0, 1, 2, 3]
    P, told = fitted.predict_proba(LABELS_X), fitted.predict(LABELS_X)
    assert P.shape == told.shape == LABELS_Y.shape
    assert told.dtype.kind == "i"
    np.testing.assert_array_equal(told, P > 0.5)
    assert (told == LABELS_Y).mean() > 0.8
    assert abs(P.sum(axis=1) - 1).max() > 0.1
    np.testing.assert_allclose(fitted.predict_log_proba(LABELS_X), np.log(P), rtol=1e-9)


def test_labels_that_go_together_know_early_stopping_scores_files_and_partial_fit(tmp_path):
    stopped = model(early_stopping=True).fit(LABELS_X, LABELS_Y)
    assert np.isfinite(stopped.validation_scores_).all()
    watched = model().fit(LABELS_X, LABELS_Y, X_val=LABELS_X[:60], y_val=LABELS_Y[:60])
    assert watched.validation_scores_[-1] == watched.score(LABELS_X[:60], LABELS_Y[:60])
    save_model(stopped, tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").predict(LABELS_X), stopped.predict(LABELS_X))
    parts = model(max_iter=3)
    for _ in range(3):
        parts.partial_fit(LABELS_X, LABELS_Y, classes=[0, 1, 2, 3])
    assert parts.fingerprint_ == model(max_iter=3).fit(LABELS_X, LABELS_Y).fingerprint_
    assert cross_val_score(model(), LABELS_X, LABELS_Y, cv=2).min() > 0.1


def test_a_sparse_y_is_taken():
    sparse = pytest.importorskip("scipy.sparse")
    dense = model().fit(LABELS_X, LABELS_Y)
    assert model().fit(LABELS_X, sparse.csr_matrix(LABELS_Y)).fingerprint_ == dense.fingerprint_


def test_a_stack_of_multilabel_networks_learns():
    networks = [("one", model()), ("other", model(random_state=1))]
    stack = StackingClassifier(networks, final_estimator=model(), cv=2)
    assert stack.fit(LABELS_X, LABELS_Y).predict(LABELS_X).shape == LABELS_Y.shape


def test_a_column_of_labels_is_flattened_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        fitted = model().fit(X, y[:, None])
    assert fitted.fingerprint_ == model().fit(X, y).fingerprint_


def test_what_does_not_go_with_labels_that_go_together_is_said():
    with pytest.raises(ValueError, match="class_weight does not go with several labels a sample"):
        model(class_weight={0: 2.0}).fit(LABELS_X, LABELS_Y)
    with pytest.raises(ValueError, match="Multioutput target data is not supported"):
        model().fit(LABELS_X, LABELS_Y * [1, 2, 3, 4])
    fitted = model(warm_start=True).fit(LABELS_X, LABELS_Y)
    with pytest.raises(ValueError, match="y has one label a sample, but the network learned"):
        fitted.fit(LABELS_X, LABELS_Y[:, 0])
    with pytest.raises(ValueError, match="y has 3 columns, but the network learned from 4"):
        fitted.fit(LABELS_X, LABELS_Y[:, :3])


# scikit-learn's words, and what a copied line meets


def test_warm_start_refuses_other_classes_in_scikit_learns_words():
    fitted = model(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"warm_start can only .* Previously got \[0 1\], `y` has \[0 2\]"):
        fitted.fit(X, 2 * y)


def test_partial_fit_refuses_unknown_classes_in_scikit_learns_words():
    fitted = model().partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`. .* has \[0 1\]. 'y' has \[0 2\]"):
        fitted.partial_fit(X, 2 * y)


def test_filters_for_scikit_learns_warnings_work():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ConvergenceWarning, module="sklearn")
        model(max_iter=2).fit(X, y)
        model(solver="lbfgs", max_iter=2).fit(X, y)
        warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
        model(batch_size=5000).fit(X, y)


def test_no_partial_fit_without_epochs():
    assert hasattr(model(), "partial_fit")
    assert not hasattr(model(solver="lbfgs"), "partial_fit")


def test_pandas_strings_are_the_classes_that_mlpclassifier_has():
    pandas = pytest.importorskip("pandas")
    named = pandas.Series(np.array(["no", "yes"])[y], dtype="string")
    ours, theirs = (kind(max_iter=2).fit(X, named) for kind in (ThreeLayerPerceptron, MLPClassifier))
    assert ours.classes_.tolist() == theirs.classes_.tolist()
    assert ours.classes_.dtype == theirs.classes_.dtype
    assert ours.predict(X).dtype == theirs.predict(X).dtype


@pytest.mark.filterwarnings("ignore:invalid value encountered in reduce")  # scikit-learn's check of X
def test_features_too_large_for_the_arithmetic_are_said_in_scikit_learns_words():
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        model().fit(1e308 * np.sign(X), y)


def test_a_diverging_fit_with_early_stopping_keeps_the_best_epoch_with_a_warning():
    settings = {"solver": "sgd", "early_stopping": True, "learning_rate_init": 0.05, "n_iter_no_change": 99}
    fitted = model(**settings)
    measure = stopping.Fitting.__call__

    def call(fitting, epoch):  # the learning rate is fine for four epochs, and then it is not
        stop = measure(fitting, epoch)
        if fitting.progress.epochs == 4:
            fitting.progress.learning_rate = 1e300
        return stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping.Fitting, "__call__", call)
        with pytest.warns(ConvergenceWarning, match="diverged .* the parameters of the best epoch are kept"):
            fitted.fit(X, y)
    assert all(np.isfinite(W).all() for W in fitted.coefs_)
    assert np.isnan(fitted.validation_scores_[-1])
    assert fitted.best_validation_score_ == np.nanmax(fitted.validation_scores_)
