"""The estimator as a user of scikit-learn meets it, and beside MLPClassifier itself."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import accuracy_score, log_loss, make_scorer, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from triceptron import ThreeLayerPerceptron, initialize

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(300, 12, n_informative=8, n_classes=3, random_state=0)
TWO_X, TWO_Y = make_classification(200, 6, random_state=1)


def model(h=16, **settings):
    return ThreeLayerPerceptron(
        h, **{"max_iter": 15, "random_state": 0, "learning_rate_init": 0.01, **settings}
    )


@pytest.mark.filterwarnings("ignore")  # the checks fit on purpose what warns
@parametrize_with_checks([ThreeLayerPerceptron(max_iter=100)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


# Beside MLPClassifier


def test_every_parameter_of_mlpclassifiers_has_the_same_default():
    ours, theirs = ThreeLayerPerceptron().get_params(), MLPClassifier().get_params()
    assert {name: ours[name] for name in theirs} == theirs


def test_mlpclassifiers_fitted_attributes_are_there_too():
    for early_stopping in (False, True):
        ours = model(early_stopping=early_stopping).fit(X, y)
        theirs = MLPClassifier(16, max_iter=15, early_stopping=early_stopping).fit(X, y)
        for name in vars(theirs):
            if name.endswith("_") and not name.startswith("_"):
                assert hasattr(ours, name), name
                assert (getattr(ours, name) is None) == (getattr(theirs, name) is None), name


# Labels and data of every kind


def test_string_labels():
    labels = np.array(["ant", "bee", "cow"])[y]
    for early_stopping in (False, True):
        fitted = model(max_iter=60, early_stopping=early_stopping).fit(X, labels)
        assert fitted.classes_.tolist() == ["ant", "bee", "cow"]
        assert fitted.score(X, labels) > 0.75
        assert set(fitted.predict(X)) == {"ant", "bee", "cow"}


def test_two_classes_have_two_probabilities_that_sum_to_one():
    fitted = model(max_iter=60).fit(TWO_X, TWO_Y == 1)
    assert fitted.classes_.dtype == bool
    P = fitted.predict_proba(TWO_X)
    assert P.shape == (200, 2)
    np.testing.assert_allclose(P.sum(axis=1), 1)
    assert roc_auc_score(TWO_Y, P[:, 1]) > 0.9
    np.testing.assert_allclose(np.log(P), fitted.predict_log_proba(TWO_X), rtol=1e-9)


def test_log_probabilities_are_finite_where_probabilities_underflow():
    fitted = model(max_iter=60).fit(X, y)
    log_P = fitted.predict_log_proba(1e4 * X)
    assert np.isfinite(log_P).all()
    assert log_P.min() < -800


def test_pandas_and_polars_frames_give_names_and_the_same_network():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    names = [f"feature {i}" for i in range(12)]
    expected = model().fit(X, y)
    for frame, labels in (
        (pandas.DataFrame(X, columns=names), pandas.Series(y)),
        (polars.DataFrame(X, schema=names), polars.Series(y)),
    ):
        fitted = model().fit(frame, labels)
        if hasattr(MLPClassifier(max_iter=1).fit(frame, labels), "feature_names_in_"):  # not in all versions
            assert fitted.feature_names_in_.tolist() == names
        assert fitted.fingerprint_ == expected.fingerprint_
        np.testing.assert_array_equal(fitted.predict(frame), expected.predict(X))
    named = model().fit(pandas.DataFrame(X, columns=names), y)
    with pytest.raises(ValueError, match="feature names should match"):
        named.predict(pandas.DataFrame(X, columns=names[::-1]))


def test_pixels_as_bytes_are_the_same_as_their_numbers():
    pixels = np.random.default_rng(0).integers(0, 256, (300, 9)).astype(np.uint8)
    for settings in ({"standardize": True}, {"learning_rate_init": 1e-4}):
        as_bytes = model(**settings).fit(pixels, y)
        as_floats = model(**settings).fit(pixels.astype(float), y)
        np.testing.assert_allclose(as_bytes.loss_curve_, as_floats.loss_curve_, rtol=1e-9)
        np.testing.assert_array_equal(as_bytes.predict(pixels), as_floats.predict(pixels.astype(float)))


def test_it_works_in_pipelines_searches_and_with_set_output():
    pandas = pytest.importorskip("pandas")
    pipeline = make_pipeline(StandardScaler(), model()).set_output(transform="pandas")
    search = GridSearchCV(pipeline, {"threelayerperceptron__hidden_layer_sizes": [(4,), 16]}, cv=2)
    search.fit(pandas.DataFrame(X, columns=list("abcdefghijkl")), y)
    assert search.best_estimator_[-1].feature_names_in_.tolist() == list("abcdefghijkl")
    assert search.score(pandas.DataFrame(X, columns=list("abcdefghijkl")), y) > 0.6


def test_parallel_cross_validation_gives_the_same_scores():
    one = cross_val_score(model(), X, y, cv=2, n_jobs=1)
    np.testing.assert_array_equal(cross_val_score(model(), X, y, cv=2, n_jobs=2), one)


def test_metadata_routing_hands_weights_and_validation_parts_through():
    w = np.linspace(0.1, 2, 300)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = model().set_fit_request(sample_weight=True, X_val=True, y_val=True)
        untouched = StandardScaler(with_mean=False, with_std=False).set_fit_request(sample_weight=False)
        pipeline = make_pipeline(untouched, asked)
        pipeline.fit(X, y, sample_weight=w, X_val=X[:50], y_val=y[:50])
    expected = model().fit(X, y, sample_weight=w, X_val=X[:50], y_val=y[:50])
    assert pipeline[-1].fingerprint_ == expected.fingerprint_
    assert len(pipeline[-1].validation_scores_) == 15


# What is ours on top


def test_class_weight_is_sample_weight_by_class():
    uneven = {0: 1.0, 1: 5.0, 2: 0.5}
    by_class = model(class_weight=uneven).fit(X, y)
    by_sample = model().fit(X, y, sample_weight=[uneven[label] for label in y])
    assert by_class.fingerprint_ == by_sample.fingerprint_ != model().fit(X, y).fingerprint_
    both = model(class_weight=uneven).fit(X, y, sample_weight=np.linspace(1, 2, 300))
    product = model().fit(X, y, sample_weight=np.linspace(1, 2, 300) * [uneven[label] for label in y])
    np.testing.assert_allclose(both.loss_curve_, product.loss_curve_, rtol=1e-12)


def test_balanced_class_weights_find_the_rare_class():
    rare_X, rare_y = make_classification(1000, 8, n_informative=5, weights=[0.95], random_state=0)
    plain, balanced = (
        model(max_iter=40, class_weight=weight).fit(rare_X, rare_y) for weight in (None, "balanced")
    )
    assert (balanced.predict(rare_X) == 1).sum() > 1.3 * (plain.predict(rare_X) == 1).sum()


def test_a_validation_part_of_ones_own_is_measured_each_epoch_and_learned_from_by_nobody():
    learn_X, watch_X, learn_y, watch_y = train_test_split(X, y, random_state=0)
    watched = model().fit(learn_X, learn_y, X_val=watch_X, y_val=watch_y)
    assert watched.fingerprint_ == model().fit(learn_X, learn_y).fingerprint_
    assert len(watched.validation_loss_curve_) == len(watched.validation_scores_) == 15
    P = watched.predict_proba(watch_X)
    assert watched.validation_loss_curve_[-1] == pytest.approx(log_loss(watch_y, P))
    assert watched.validation_scores_[-1] == accuracy_score(watch_y, watched.predict(watch_X))
    assert watched.best_validation_score_ is None


def test_a_validation_parts_weights_count():
    w = np.linspace(0, 1, 100)
    watched = model().fit(X, y, X_val=X[:100], y_val=y[:100], sample_weight_val=w)
    P = watched.predict_proba(X[:100])
    assert watched.validation_loss_curve_[-1] == pytest.approx(log_loss(y[:100], P, sample_weight=w))
    assert watched.validation_scores_[-1] == pytest.approx(watched.score(X[:100], y[:100], sample_weight=w))


@pytest.mark.parametrize("own", [False, True])
def test_early_stopping_keeps_the_best_epochs_parameters(own):
    more = {"X_val": X[200:], "y_val": y[200:]} if own else {}
    fitted = model(
        early_stopping=True,
        max_iter=300,
        n_iter_no_change=5,
        learning_rate_init=0.05,
        validation_fraction=0.3,
    ).fit(X[:200], y[:200], **more)
    scores = fitted.validation_scores_
    assert len(scores) == fitted.n_iter_ < 300
    assert fitted.best_validation_score_ == max(scores) > scores[-1]
    assert fitted.best_loss_ is None
    if own:
        assert fitted.score(X[200:], y[200:]) == max(scores)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "balanced_accuracy", "roc_auc_ovr", "loss"])
def test_early_stopping_watches_the_metric_of_ones_choice(scoring):
    labels = np.array(["ant", "bee", "cow"])[y]
    fitted = model(early_stopping=True, scoring=scoring, standardize=True).fit(
        X[:200], labels[:200], X_val=X[200:], y_val=labels[200:]
    )
    metric = "neg_log_loss" if scoring == "loss" else scoring
    expected = sklearn.metrics.get_scorer(metric)(fitted, X[200:], labels[200:])
    assert fitted.best_validation_score_ == pytest.approx(expected)


def test_early_stopping_takes_a_scorer_too():
    scorer = make_scorer(accuracy_score)
    scored = model(early_stopping=True, scoring=scorer).fit(X, y)
    assert scored.validation_scores_ == model(early_stopping=True).fit(X, y).validation_scores_


def test_parameters_given_by_hand_are_where_it_starts():
    start = initialize(12, 16, 3, rng=5)
    fitted = model(init=start, learning_rate_init=1e-12, max_iter=1).fit(X, y)
    np.testing.assert_allclose(fitted.coefs_[0], start.W1, atol=1e-10)
    earlier = model().fit(X, y)
    W1, W2, b1, b2 = *earlier.coefs_, *earlier.intercepts_
    again = model(init=[W1, b1, W2, b2], max_iter=1).fit(X, y)
    assert again.loss_ < 1.05 * earlier.loss_
    clone(again)  # scikit-learn's clone compares what it was given


def test_init_exercise_is_the_texts_start():
    fitted = model(init="exercise", random_state=32, learning_rate_init=1e-12, max_iter=1).fit(X, y)
    start = initialize(12, 16, 3, scheme="exercise", rng=32)
    np.testing.assert_allclose(fitted.coefs_[0], start.W1, atol=1e-10)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_one_cycle_rises_falls_and_runs_to_its_end(solver):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a cycle that ends as planned is nothing to warn of
        fitted = model(
            learning_rate="one_cycle", learning_rate_init=0.1, solver=solver, max_iter=20, tol=10.0
        ).fit(X, y)
    rates = fitted.history_["learning_rate"]
    assert fitted.n_iter_ == 20
    assert np.argmax(rates) == 3
    assert max(rates) == pytest.approx(0.1)
    assert rates[-1] < 0.01


def test_dropout_is_in_the_training_and_not_in_the_predictions():
    plain, dropped = model().fit(X, y), model(dropout=0.5).fit(X, y)
    assert dropped.fingerprint_ != plain.fingerprint_
    assert model(dropout=(0.0, 0.5)).fit(X, y).fingerprint_ == dropped.fingerprint_
    assert model(dropout=(0.2, 0.5)).fit(X, y).fingerprint_ != dropped.fingerprint_
    np.testing.assert_array_equal(dropped.predict_proba(X), dropped.predict_proba(X))


def test_standardize_is_a_scaler_in_front():
    ours = model(standardize=True).fit(50 + 10 * X, y)
    scaler = StandardScaler().fit(50 + 10 * X)
    before = model().fit(scaler.transform(50 + 10 * X), y)
    np.testing.assert_allclose(ours.loss_curve_, before.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(ours.standardisation_.mean, scaler.mean_)


def test_dtype_follows_the_data_or_the_wish():
    def dtypes(fitted):
        return fitted.coefs_[0].dtype, fitted.predict_proba(X).dtype

    single = X.astype(np.float32)
    assert dtypes(model().fit(single, y)) == (np.float32, np.float32)
    assert dtypes(model().fit(X, y)) == (np.float64, np.float64)
    assert dtypes(model().fit(X.astype(np.int64), y)) == (np.float64, np.float64)
    assert dtypes(model(dtype="float32").fit(X, y)) == (np.float32, np.float32)
    assert dtypes(model(dtype=np.float64).fit(single, y)) == (np.float64, np.float64)


def test_engines_agree_and_threads_do_not_matter():
    core, steps = model().fit(X, y), model(engine="steps").fit(X, y)
    np.testing.assert_allclose(core.loss_curve_, steps.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(core.predict_proba(X), steps.predict_proba(X), rtol=1e-7)
    assert {model(n_threads=n).fit(X, y).fingerprint_ for n in (1, 2, 3)} == {core.fingerprint_}


def test_history_is_a_table_of_the_epochs():
    pandas = pytest.importorskip("pandas")
    fitted = model().fit(X, y, X_val=X, y_val=y)
    history = pandas.DataFrame(fitted.history_)
    assert len(history) == 15
    assert list(history) == ["loss", "learning_rate", "validation_loss", "validation_score", "seconds"]
    assert fitted.loss_curve_ == history["loss"].tolist()


def test_fingerprint_names_the_bits_and_random_state_decides_them():
    first = model().fit(X, y)
    assert first.fingerprint_ == model().fit(X, y).fingerprint_
    assert first.fingerprint_ != model(random_state=1).fit(X, y).fingerprint_
    assert model(random_state=None).fit(X, y).fingerprint_ != model(random_state=None).fit(X, y).fingerprint_
    with pytest.raises(NotFittedError):
        _ = model().fingerprint_


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_random_state_may_be_a_generator_that_moves_on(kind):
    one, other = kind(3), kind(3)
    first, second = (model(random_state=one).fit(X, y).fingerprint_ for _ in range(2))
    assert first != second
    assert [model(random_state=other).fit(X, y).fingerprint_ for _ in range(2)] == [first, second]


def test_without_a_random_state_numpys_global_seed_decides():
    def seeded(seed):
        np.random.seed(seed)  # noqa: NPY002
        return [model(random_state=None, dropout=0.2).fit(X, y).fingerprint_ for _ in range(2)]

    first, second = seeded(0)
    assert first != second
    assert seeded(0) == [first, second]
    assert seeded(1)[0] != first


# Going on


@pytest.mark.parametrize("settings", [{}, {"solver": "sgd", "learning_rate": "invscaling"}, {"dropout": 0.3}])
def test_partial_fit_k_times_is_a_fit_of_k_epochs(settings):
    whole = model(max_iter=4, **settings).fit(X, y)
    parts = model(**settings)
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert parts.fingerprint_ == whole.fingerprint_
    assert parts.loss_curve_ == whole.loss_curve_
    assert (parts.n_iter_, parts.t_) == (4, 1200)


def test_partial_fit_knows_classes_that_come_later():
    fitted = model(learning_rate_init=0.001)
    for _ in range(100):
        for label in (0, 1, 2):
            fitted.partial_fit(X[y == label], y[y == label], classes=[2, 1, 0])
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.score(X, y) > 0.5


def test_warm_start_goes_on_where_it_was():
    whole = model(max_iter=10).fit(X, y)
    halves = model(max_iter=5, warm_start=True).fit(X, y).fit(X, y)
    assert halves.fingerprint_ == whole.fingerprint_
    assert halves.loss_curve_ == whole.loss_curve_
    assert (halves.n_iter_, halves.t_) == (5, 3000)
    afresh = model(max_iter=5).fit(X, y).fit(X, y)
    assert afresh.fingerprint_ == model(max_iter=5).fit(X, y).fingerprint_


def test_warm_start_takes_changed_coefficients_and_another_solver():
    fitted = model(warm_start=True, max_iter=5).fit(X, y)
    fitted.coefs_ = [np.zeros_like(W) for W in fitted.coefs_]
    fitted.set_params(solver="sgd", learning_rate_init=1e-12, tol=0.0).fit(X, y)
    np.testing.assert_allclose(fitted.coefs_[1], 0, atol=1e-9)


def test_a_pickled_estimator_goes_on_too():
    fitted = model(warm_start=True, max_iter=5).fit(X, y)
    copied = pickle.loads(pickle.dumps(fitted))
    assert copied.fit(X, y).fingerprint_ == fitted.fit(X, y).fingerprint_


# scikit-learn's words where something does not fit


def test_a_training_that_needs_more_epochs_warns():
    with pytest.warns(ConvergenceWarning, match=r"Stochastic Optimizer: Maximum iterations \(3\)"):
        model(max_iter=3).fit(X, y)


def test_a_training_that_has_converged_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = model(max_iter=1000, tol=0.01, n_iter_no_change=3).fit(X, y)
    assert fitted.n_iter_ < 1000


def test_a_batch_larger_than_the_data_warns_and_is_clipped():
    with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample size"):
        clipped = model(batch_size=500).fit(X, y)
    assert clipped.fingerprint_ == model(batch_size=300).fit(X, y).fingerprint_


def test_divergence_is_said_in_words():
    with pytest.raises(ValueError, match="training diverged .* a smaller learning rate is the usual mend"):
        model(solver="sgd", learning_rate_init=1e200).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"h": (3, 4)}, r"\(3, 4\) are 2 layers, and .* has one hidden layer: keep MLPClassifier for it"),
        ({"h": 0}, "hidden_layer_sizes"),
        ({"solver": "newton"}, "The 'solver' parameter"),
        ({"solver": "lbfgs", "dropout": 0.5}, "dropout does not go with solver='lbfgs'"),
        ({"solver": "lbfgs", "checkpoint": "file"}, "checkpoint does not go with solver='lbfgs'"),
        ({"max_fun": 0}, "The 'max_fun' parameter"),
        ({"activation": "tanh"}, "activation='tanh' .* ReLU ones: keep MLPClassifier for it"),
        ({"activation": "step"}, "The 'activation' parameter"),
        ({"learning_rate": 0.1}, "The 'learning_rate' parameter"),
        ({"alpha": -1}, "The 'alpha' parameter"),
        ({"dropout": 1.0}, "The 'dropout' parameter"),
        ({"dropout": (0.1, 0.2, 0.3)}, "dropout must be one share, or two"),
        ({"dropout": (0.1, 2)}, "dropout of the hidden layer must be"),
        ({"dtype": np.int32}, "dtype must be float32, float64 or None"),
        ({"init": "zeros"}, "The 'init' parameter"),
        ({"init": initialize(5, 16, 3)}, r"init must have W1 of shape \(12, 16\)"),
        ({"init": [1, 2, 3]}, "init must be a scheme's name or W1, b1, W2, b2, got 3 arrays"),
        ({"scoring": "acuracy", "early_stopping": True}, "acuracy"),
        ({"class_weight": {5: 1.0}}, "class_weight|classes"),
        ({"class_weight": "even"}, "The 'class_weight' parameter"),
        ({"n_threads": 0}, "The 'n_threads' parameter"),
        ({"checkpoint_every": 0}, "The 'checkpoint_every' parameter"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        model(**settings).fit(X, y)


def test_data_that_do_not_fit_are_refused():
    fitted = model().fit(X, y)
    with pytest.raises(ValueError, match="X has 5 features, but ThreeLayerPerceptron is expecting 12"):
        fitted.predict(X[:, :5])
    with pytest.raises(ValueError, match="NaN"):
        fitted.fit(np.where(X > 1, np.nan, X), y)
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        fitted.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="previously unseen labels"):
        fitted.fit(X, y, X_val=X, y_val=y + 1)
    with pytest.raises(ValueError, match="sample_weight"):
        fitted.fit(X, y, sample_weight=-np.ones(300))
    with pytest.raises(ValueError, match="validation set is too small"):
        model(early_stopping=True, validation_fraction=0.01).fit(TWO_X[:60], np.zeros(60))
    with pytest.raises(NotFittedError):
        model().predict(X)


def test_going_on_with_what_does_not_fit_is_refused():
    fitted = model(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="hidden_layer_sizes is 5 but the network to go on from has 16"):
        fitted.set_params(hidden_layer_sizes=5).fit(X, y)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model().partial_fit(X, y)
    with pytest.raises(ValueError, match="is not the same as on the last call to partial_fit"):
        model().partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y, classes=[0, 1])
    for settings in ({"early_stopping": True}, {"learning_rate": "one_cycle"}, {"class_weight": "balanced"}):
        with pytest.raises(ValueError, match="partial_fit does not support"):
            model(**settings).partial_fit(X, y, classes=[0, 1, 2])


def test_verbose_prints_the_epochs_and_silence_is_the_default(capsys):
    model(max_iter=2, verbose=True).fit(X, y, X_val=X, y_val=y)
    assert "Iteration 2, loss = " in (said := capsys.readouterr().out)
    assert "Validation score: " in said
    model(max_iter=2).fit(X, y)
    assert capsys.readouterr().out == ""


def test_it_learns_what_mlpclassifier_learns():
    features, labels = load_iris(return_X_y=True)
    ours, theirs = (
        np.mean(
            [
                cross_val_score(
                    make_pipeline(StandardScaler(), kind(32, random_state=seed)), features, labels
                )
                for seed in range(5)
            ]
        )
        for kind in (ThreeLayerPerceptron, MLPClassifier)
    )
    assert ours == pytest.approx(theirs, abs=0.02)
