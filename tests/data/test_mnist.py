import hashlib
import os
import sys

import numpy as np
import pytest

from triceptron import datasets
from triceptron.data import mnist


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
    monkeypatch.setattr(mnist, "_MNIST_ARRAYS", hashes)
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
    assert (known_hash, fname) == (f"sha256:{mnist._MNIST_FILE}", "mnist.npz")
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
