import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triceptron.data import VIEWS, Views, distortions, preprocess
from triceptron.data.preprocessing import view_maps

SHAPE = (28, 28)


def image(*pixels, shape=SHAPE):
    X = np.zeros((1, *shape), np.uint8)
    for r, c in pixels:
        X[0, r, c] = 255
    return X.reshape(1, -1)


def bar(slant, width=3):
    """A bar of 17 rows that moves sideways by `slant` pixels a row."""
    rows = range(5, 22)
    return image(*((r, 13 + round(slant * (r - 13)) + c) for r in rows for c in range(width)))


def mean_columns(X):
    pixels = X.reshape(SHAPE).astype(float)
    rows = pixels.sum(axis=1) > 255
    return (pixels @ np.arange(28))[rows] / pixels.sum(axis=1)[rows]


@pytest.mark.parametrize("slant", [0.5, -0.5, 0.25, -0.7])
def test_a_slanted_bar_stands_upright_where_it_was(slant):
    upright = mean_columns(preprocess(bar(slant), SHAPE, "deslanted"))
    assert np.ptp(mean_columns(bar(slant))) > 3
    assert np.ptp(upright) < 1.2
    np.testing.assert_allclose(upright.mean(), mean_columns(bar(slant)).mean(), atol=0.2)


def test_an_upright_bar_stays_as_it_is():
    np.testing.assert_array_equal(preprocess(bar(0), SHAPE, "deslanted"), bar(0))


def test_what_lies_flat_is_sheared_by_no_more_than_a_pixel_a_row():
    flat = image(*((10 + c // 8, c) for c in range(4, 24)))
    maps = view_maps(flat, SHAPE, "deslanted") / distortions.PIXEL
    assert maps[0, 1, 0] == 1


@pytest.mark.parametrize("width", [8, 12, 20])
@pytest.mark.parametrize("columns", [(10, 12), (0, 27), (3, 17), (20, 26)])
def test_an_image_has_the_width_that_is_asked_for_and_is_in_the_middle(width, columns):
    left, right = columns
    block = image(*((r, c) for r in range(8, 20) for c in range(left, right + 1)))
    found = preprocess(block, SHAPE, f"width_{width}").reshape(SHAPE)
    solid = np.flatnonzero(found[12] > 127)
    assert solid[0] + solid[-1] == 27
    assert abs(len(solid) - width) <= 1
    np.testing.assert_array_equal(found.any(axis=1), block.reshape(SHAPE).any(axis=1))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(20, 40), st.sampled_from(VIEWS), st.integers(0, 2**31))
def test_the_core_looks_up_what_the_specification_does(height, width, name, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, (4, height, width)).astype(np.uint8)
    X[rng.random(X.shape) < rng.random()] = 0
    X[0] = 0
    X = X.reshape(4, -1)
    before = X.copy()
    found = preprocess(X, (height, width), name)
    expected = distortions.distorted(X, (height, width), view_maps(X, (height, width), name))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(X, before)
    assert not found[0].any()


def test_a_slant_is_that_of_the_covariance():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (5, 784)).astype(np.uint8)
    X[rng.random(X.shape) < 0.9] = 0
    r, c = np.mgrid[:28, :28].reshape(2, -1)
    for pixels, maps in zip(X, view_maps(X, SHAPE, "deslanted") / distortions.PIXEL, strict=True):
        covariance = np.cov(r, c, aweights=pixels, ddof=0)
        np.testing.assert_allclose(maps[1, 0], covariance[0, 1] / covariance[0, 0], atol=1e-5)
        middle = np.average(r, weights=pixels)
        np.testing.assert_allclose(maps[1] @ [middle, 5, 1], 5, atol=1e-4)


@pytest.mark.parametrize("name", VIEWS)
def test_an_image_depends_on_itself_alone_and_on_no_number_of_threads(name):
    X = np.random.default_rng(0).integers(0, 256, (300, 784)).astype(np.uint8)
    one = preprocess(X, SHAPE, name, n_threads=1)
    np.testing.assert_array_equal(preprocess(X, SHAPE, name, n_threads=3), one)
    np.testing.assert_array_equal(preprocess(X[7:9], SHAPE, name), one[7:9])


def test_the_bytes_are_the_same_in_every_version():
    X = (np.arange(200 * 784, dtype=np.int64) ** 2 % 1009 % 256).reshape(200, 784)
    X = np.where(X % 7 < 5, 0, X).astype(np.uint8)
    assert int(preprocess(X, SHAPE, "deslanted").astype(np.int64).sum()) == 5268592
    assert int(preprocess(X, SHAPE, "width_12").astype(np.int64).sum()) == 2289486


@pytest.mark.parametrize(
    ("X", "shape", "name", "problem"),
    [
        (np.zeros((2, 784), np.float32), SHAPE, "deslanted", r"rows of 28 × 28 pixels, uint8, .* float32"),
        (np.zeros((2, 783), np.uint8), SHAPE, "width_8", r"got shape \(2, 783\)"),
        (np.zeros((2, 64), np.uint8), (8, 8), "width_20", 'preprocess "width_20" is for wider images, .* 8'),
        (np.zeros((2, 784), np.uint8), SHAPE, "upright", "preprocess must be one of none, deslanted, width"),
    ],
)
def test_what_cannot_be_preprocessed_is_refused(X, shape, name, problem):
    with pytest.raises(ValueError, match=problem):
        preprocess(X, shape, name)


def test_views_are_checked():
    with pytest.raises(ValueError, match="views must name at least one"):
        Views(SHAPE, ())
    with pytest.raises(ValueError, match="wider images"):
        Views((8, 8), ("none", "width_12"))
