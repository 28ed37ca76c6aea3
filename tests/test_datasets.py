import hashlib
import os
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from triceptron import datasets


def test_digits_split_has_the_texts_sizes():
    train, test = datasets.split(datasets.load_digits())
    assert (train.X.shape, test.X.shape) == ((1078, 64), (719, 64))


def test_standardisation_is_learned_on_the_given_part_alone_and_keeps_constant_pixels():
    train, _ = datasets.split(datasets.load_digits())
    standardisation = datasets.Standardisation.fit(train.X)
    X = standardisation.transform(train.X)
    constant = train.X.std(axis=0) == 0
    assert constant.sum() == 3
    assert (standardisation.scale[constant] == 1).all()
    assert not X[:, constant].any()
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=0)[~constant], 1, rtol=1e-12)


@given(arrays(np.float64, (7, 3), elements=st.integers(0, 255)))
def test_standardisation_is_scikit_learns(X):
    standardised = datasets.Standardisation.fit(X).transform(X)
    np.testing.assert_allclose(standardised, StandardScaler().fit_transform(X), rtol=1e-9, atol=1e-9)
    pixels = X.astype(np.uint8)
    np.testing.assert_array_equal(datasets.Standardisation.fit(pixels).transform(pixels), standardised)


def test_a_constant_feature_that_rounds_badly_is_still_constant():
    X = np.full((3, 1), 0.1)  # its float64 mean is not 0.1
    assert datasets.Standardisation.fit(X).transform(X).ravel().tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transform_gives_the_dtype_asked_for(dtype):
    X = np.arange(6.0).reshape(3, 2)
    assert datasets.Standardisation.fit(X).transform(X, dtype).dtype == dtype


@pytest.fixture
def no_environment(monkeypatch):
    monkeypatch.delenv("TRICEPTRON_DATA", raising=False)


@pytest.fixture
def tiny_mnist(monkeypatch, tmp_path):
    """A file like Keras's with five images, taken for the published one."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", 3), ("test", 2)):
        arrays[f"x_{part}"] = rng.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        arrays[f"y_{part}"] = rng.integers(0, 10, n).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", **arrays)
    hashes = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    monkeypatch.setattr(datasets, "_MNIST_ARRAYS", hashes)
    return arrays


@pytest.mark.skipif("TRICEPTRON_DATA" not in os.environ, reason="TRICEPTRON_DATA names no folder with MNIST")
def test_mnist_is_the_published_one():
    train, test = datasets.load_mnist()
    assert (train.X.shape, test.X.shape, train.X.dtype) == ((60000, 784), (10000, 784), np.uint8)
    assert np.bincount(train.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert (train.image_shape, train.classes) == ((28, 28), tuple("0123456789"))


def test_mnist_is_found_in_the_folder_that_the_environment_names(tiny_mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("TRICEPTRON_DATA", str(tmp_path))
    train, test = datasets.load_mnist()
    np.testing.assert_array_equal(train.X, tiny_mnist["x_train"].reshape(3, 784))
    np.testing.assert_array_equal(test.y, tiny_mnist["y_test"])
    assert (train.X.dtype, train.y.dtype) == (np.uint8, np.int64)


def test_mnist_with_one_other_pixel_is_refused(tiny_mnist, tmp_path, monkeypatch):
    tiny_mnist["x_test"][0, 0, 0] ^= 1
    np.savez(tmp_path / "mnist.npz", **tiny_mnist)
    monkeypatch.setenv("TRICEPTRON_DATA", str(tmp_path))
    with pytest.raises(
        datasets.DataError, match=r"mnist\.npz is not MNIST: x_test has another SHA-256; down"
    ):
        datasets.load_mnist()


def test_missing_mnist_says_where_it_was_looked_for_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICEPTRON_DATA", str(tmp_path))
    told = r"mnist\.npz, where TRICEPTRON_DATA points, is not there; download https://.* by hand and set"
    with pytest.raises(datasets.DataError, match=told):
        datasets.load_mnist()


def test_a_file_that_is_no_archive_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mnist.npz").write_bytes(b"<html>not found</html>")
    monkeypatch.setenv("TRICEPTRON_DATA", str(tmp_path))
    with pytest.raises(datasets.DataError, match=r"mnist\.npz cannot be read as mnist\.npz"):
        datasets.load_mnist()


def test_mnist_is_downloaded_into_the_users_cache_with_its_hash(
    tiny_mnist, tmp_path, monkeypatch, no_environment
):
    pooch, asked = pytest.importorskip("pooch"), []

    def retrieve(url, known_hash, fname, path):
        asked.append((url, known_hash, fname, path))
        return str(tmp_path / "mnist.npz")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert len(datasets.load_mnist().train.X) == 3
    ((url, known_hash, fname, path),) = asked
    assert url.endswith("/mnist.npz")
    assert (known_hash, fname) == (f"sha256:{datasets._MNIST_FILE}", "mnist.npz")
    assert path == pooch.os_cache("triceptron")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError("Failed to resolve 'storage.googleapis.com'"),
            r"could not be downloaded \(no network\?\); down",
        ),
        (OSError("403 Forbidden"), r"could not be downloaded \(403 Forbidden\); download https://.* by hand"),
        (
            ValueError("SHA256 hash of downloaded file does not match"),
            "is not the published file: SHA256 hash",
        ),
    ],
)
def test_a_download_that_fails_says_why_and_what_to_do(error, message, monkeypatch, no_environment):
    pooch = pytest.importorskip("pooch")

    def retrieve(*_, **__):
        raise error

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with pytest.raises(datasets.DataError, match=message):
        datasets.load_mnist()


def test_without_pooch_the_message_names_the_extra(monkeypatch, no_environment):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        datasets.DataError, match=r'needs pooch: pip install "triceptron\[mnist\]", or download'
    ):
        datasets.load_mnist()
