"""Sparse X stays sparse: the bits of the dense table, in less memory."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, load_model, save_model

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = np.where(RNG.random((300, 40)) < 0.8, 0, RNG.normal(size=(300, 40)))
y = (X @ RNG.normal(size=(40, 3))).argmax(axis=1)
KINDS = [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_matrix]


def model(**settings):
    return ThreeLayerPerceptron(24, **{"max_iter": 8, "random_state": 0, **settings})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "sgd", "momentum": 0.0, "alpha": 0.0},
        {"dropout": (0.2, 0.5)},
        {"early_stopping": True, "validation_fraction": 0.3},
        {"dtype": "float32"},
        {"class_weight": "balanced", "batch_size": 7},
    ],
)
def test_a_sparse_table_gives_the_bits_of_the_dense_one(kind, settings):
    expected = model(**settings).fit(X, y)
    fitted = model(**settings).fit(kind(X), y)
    assert fitted.fingerprint_ == expected.fingerprint_
    assert fitted.loss_curve_ == expected.loss_curve_
    assert fitted.validation_scores_ == expected.validation_scores_
    dense = expected.predict_proba(X)
    assert fitted.predict_proba(kind(X)).tobytes() == dense.tobytes()
    assert fitted.predict_proba(X).tobytes() == dense.tobytes()


def test_the_lesson_takes_sparse_tables_too():
    for settings in ({}, {"dropout": (0.2, 0.5)}, {"solver": "lbfgs"}):
        core = model(**settings).fit(sparse.csr_matrix(X), y)
        steps = model(engine="steps", **settings).fit(sparse.csr_matrix(X), y)
        np.testing.assert_allclose(core.predict_proba(X), steps.predict_proba(sparse.csr_array(X)), rtol=1e-5)


def test_two_classes_labels_and_numbers_too():
    Y = np.column_stack([y == 0, y == 1])
    for kind, targets in (
        (ThreeLayerPerceptron, y == 0),
        (ThreeLayerPerceptron, Y.astype(int)),
        (ThreeLayerPerceptronRegressor, y + 0.5),
        (ThreeLayerPerceptronRegressor, Y + 0.5),
    ):
        dense, thin = (kind(max_iter=5, random_state=0).fit(a, targets) for a in (X, sparse.csr_matrix(X)))
        assert thin.fingerprint_ == dense.fingerprint_
        np.testing.assert_array_equal(thin.predict(sparse.csr_matrix(X)), dense.predict(X))


def test_64_bit_indices_whole_numbers_and_columns_out_of_order():
    rows = sparse.csr_matrix(X)
    rows.indices, rows.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    assert model().fit(rows, y).fingerprint_ == model().fit(X, y).fingerprint_
    counts = np.round(3 * X)
    assert (
        model().fit(sparse.csr_matrix(counts.astype(int)), y).fingerprint_
        == model().fit(counts, y).fingerprint_
    )
    bytes_ = np.abs(counts).astype(np.uint8)
    single = sparse.csr_matrix(bytes_)
    assert model().fit(single, y).fingerprint_ == model().fit(bytes_.astype(float), y).fingerprint_
    shuffled = sparse.csr_matrix(X)
    for start, end in zip(shuffled.indptr, shuffled.indptr[1:], strict=False):
        for part in (shuffled.indices, shuffled.data):
            part[start:end] = part[start:end][::-1].copy()
    shuffled.has_sorted_indices = False
    before = shuffled.indices.copy()
    assert model().fit(shuffled, y).fingerprint_ == model().fit(X, y).fingerprint_
    np.testing.assert_array_equal(shuffled.indices, before)


def test_weights_a_part_of_ones_own_and_going_on():
    w, rows = np.linspace(0.1, 2, 300), sparse.csr_matrix(X)
    dense = model().fit(X, y, sample_weight=w, X_val=X[:50], y_val=y[:50])
    thin = model().fit(rows, y, sample_weight=w, X_val=rows[:50], y_val=y[:50])
    assert thin.fingerprint_ == dense.fingerprint_
    assert thin.validation_loss_curve_ == dense.validation_loss_curve_
    assert thin.partial_fit(rows, y).fingerprint_ == dense.partial_fit(X, y).fingerprint_
    parts = model().partial_fit(rows, y, classes=[0, 1, 2])
    assert parts.set_params(warm_start=True).fit(X, y).score(rows, y) > 0.3


def test_a_scorer_sees_the_sparse_rows():
    fitted = model(early_stopping=True, scoring="neg_log_loss").fit(sparse.csr_matrix(X), y)
    expected = model(early_stopping=True, scoring="neg_log_loss").fit(X, y)
    assert fitted.validation_scores_ == expected.validation_scores_


def test_standardize_scales_without_centring():
    stretched = sparse.csr_matrix(X * np.linspace(1, 50, 40))
    fitted = model(standardize=True).fit(stretched, y)
    assert not fitted.standardisation_.mean.any()
    np.testing.assert_allclose(fitted.standardisation_.scale, stretched.toarray().std(axis=0), rtol=1e-9)
    scaled = model().fit(X / X.std(axis=0), y)
    np.testing.assert_allclose(fitted.loss_curve_, scaled.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(fitted.predict_proba(stretched), fitted.predict_proba(stretched.toarray()))
    empty = sparse.csr_matrix(np.hstack([X, np.zeros((300, 2))]))
    np.testing.assert_array_equal(model(standardize=True).fit(empty, y).standardisation_.scale[-2:], 1)


def test_a_network_that_centres_predicts_sparse_rows_as_dense_ones():
    fitted = model(standardize=True).fit(X + 1, y)
    np.testing.assert_array_equal(fitted.predict_proba(sparse.csr_matrix(X)), fitted.predict_proba(X))


def test_files_and_checkpoints_know_sparse_tables(tmp_path):
    rows = sparse.csr_matrix(X)
    fitted = model(standardize=True).fit(rows, y)
    save_model(fitted, tmp_path / "model")
    assert (
        load_model(tmp_path / "model").predict_proba(rows).tobytes() == fitted.predict_proba(rows).tobytes()
    )
    model(max_iter=4, checkpoint=tmp_path / "checkpoint").fit(rows, y)
    resumed = model(max_iter=8, checkpoint=tmp_path / "checkpoint").fit(rows, y)
    assert resumed.fingerprint_ == model(max_iter=8).fit(rows, y).fingerprint_
    with pytest.raises(ValueError, match="the checkpoint of another training: data was"):
        model(max_iter=8, checkpoint=tmp_path / "checkpoint").fit(2 * rows, y)


def test_what_is_not_finite_is_refused():
    for bad in (np.nan, np.inf):
        rows = sparse.csr_matrix(np.where(X > 2, bad, X))
        with pytest.raises(ValueError, match="NaN|infinity"):
            model().fit(rows, y)


def test_neither_fitting_nor_predicting_writes_the_zeros_out():
    n, m = 4000, 20_000  # 640 MB if they were
    rows = sparse.random(n, m, density=0.001, format="csr", random_state=0)
    labels = np.arange(n) % 3
    tracemalloc.start()
    fitted = ThreeLayerPerceptron(10, max_iter=1, standardize=True, early_stopping=True).fit(rows, labels)
    fitted.predict(rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40e6


def test_words_are_learned_in_a_pipeline():
    texts = [f"{'good' if i % 2 else 'bad'} word{i % 7} word{i % 11}" for i in range(100)]
    pipeline = make_pipeline(TfidfVectorizer(), model(max_iter=100))
    assert cross_val_score(pipeline, texts, [i % 2 for i in range(100)], cv=2).mean() > 0.9
