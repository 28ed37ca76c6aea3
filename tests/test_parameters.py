import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from tests import reference
from triceptron.parameters import initialize


def test_exercise_start_has_the_published_sums():
    start = initialize(64, 50, 10, scheme="exercise", rng=32)
    assert start.W1.sum() == pytest.approx(reference.W1_SUM, abs=1e-11)
    assert start.W2.sum() == pytest.approx(reference.W2_SUM, abs=1e-9)
    assert not start.b1.any()
    assert not start.b2.any()


def test_exercise_start_repeats_its_stream_in_w2():
    start = initialize(64, 50, 10, scheme="exercise", rng=32)
    assert (start.W2.ravel() == start.W1.ravel()[:500]).all()


def test_he_start_keeps_the_variance_of_the_signal():
    start = initialize(400, 300, 10, rng=0)
    assert start.W1.std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
    assert start.W2.std() == pytest.approx(np.sqrt(2 / 300), rel=0.05)


def test_glorot_start_is_spread_as_scikit_learns():
    ours = initialize(40, 300, 10, scheme="glorot", rng=0)
    theirs = MLPClassifier(300, max_iter=1, learning_rate_init=1e-12, random_state=0)
    X, y = np.random.default_rng(0).normal(size=(50, 40)), np.arange(50) % 10
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.fit(X, y)
    W1, W2, b1, b2 = *theirs.coefs_, *theirs.intercepts_
    for mine, other in zip(ours, (W1, b1, W2, b2), strict=True):
        near = 0.5 if other.size < 100 else 0.1
        assert abs(mine).max() == pytest.approx(abs(other).max(), rel=near)
        assert mine.std() == pytest.approx(other.std(), rel=near)


def test_initialize_leaves_the_global_generator_alone():
    np.random.seed(1)  # noqa: NPY002 - the global state is what this test watches
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    initialize(4, 3, 2, scheme="exercise", rng=5)
    initialize(4, 3, 2, rng=5)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_initialize_gives_the_dtype_asked_for(dtype):
    assert {theta.dtype for theta in initialize(3, 2, 2, dtype=dtype)} == {np.dtype(dtype)}


def test_fingerprint_is_the_same_for_the_same_bits_and_another_for_one_bit_more():
    start = initialize(5, 4, 3, rng=0)
    assert start.fingerprint() == initialize(5, 4, 3, rng=0).fingerprint()
    b2 = start.b2.copy()
    b2[0] = np.nextafter(0, 1)
    assert start._replace(b2=b2).fingerprint() != start.fingerprint()
    assert start._replace(W1=np.asfortranarray(start.W1)).fingerprint() == start.fingerprint()
    assert len(start.fingerprint()) == 8


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((64, 0, 10), {}, "h must be a whole number of at least 1, got 0"),
        ((64, 2.5, 10), {}, "h must be a whole number of at least 1, got 2.5"),
        ((0, 50, 10), {}, "m must be"),
        ((64, 50, 0), {}, "K must be a whole number of at least 1, got 0"),
        ((3, 2, 2), {"dtype": np.float16}, "dtype must be float32 or float64, got float16"),
        ((3, 2, 2), {"scheme": "xavier"}, "scheme must be one of he, glorot, exercise, got 'xavier'"),
        ((3, 2, 2), {"scheme": "exercise", "rng": np.random.default_rng()}, "needs a seed"),
    ],
)
def test_initialize_says_what_is_wrong(sizes, options, message):
    with pytest.raises(ValueError, match=message):
        initialize(*sizes, **options)


def test_validate_names_the_array_that_does_not_fit():
    start = initialize(5, 4, 3)
    with pytest.raises(ValueError, match=r"W2 must have shape \(4, 3\).*got \(3, 3\)"):
        start._replace(W2=start.W2[1:]).validate()
    with pytest.raises(ValueError, match="b1 is float32 but W1 is float64"):
        start._replace(b1=start.b1.astype(np.float32)).validate()
