import gzip
import re
import struct

import numpy as np
import pytest

from triceptron.data import DataError, load

RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (30, 5, 4)).astype(np.uint8),
    "y_train": np.arange(30, dtype=np.uint8) % 3 + 1,
    "x_test": RNG.integers(0, 256, (9, 5, 4)).astype(np.uint8),
    "y_test": np.arange(9, dtype=np.uint8) % 3 + 1,
}
NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write(folder, arrays=ARRAYS, ending="", before=""):
    folder.mkdir()
    for name, array in arrays.items():
        data = idx(array)
        (folder / f"{before}{NAMES[name]}{ending}").write_bytes(gzip.compress(data) if ending else data)
    return folder


def check(split):
    for part, data in zip(("train", "test"), split, strict=True):
        np.testing.assert_array_equal(data.X, ARRAYS[f"x_{part}"].reshape(-1, 20))
        np.testing.assert_array_equal(data.y, ARRAYS[f"y_{part}"] - 1)
        assert (data.classes, data.image_shape, data.X.dtype) == (("1", "2", "3"), (5, 4), np.uint8)


@pytest.mark.parametrize(("ending", "before"), [("", ""), (".gz", ""), (".gz", "emnist-letters-")])
def test_a_folder_of_idx_files_is_read(tmp_path, ending, before):
    check(load(write(tmp_path / "images", ending=ending, before=before)))


def test_a_file_like_keras_s_is_read(tmp_path):
    np.savez(tmp_path / "fashion.npz", **ARRAYS)
    check(load(tmp_path / "fashion.npz"))
    np.savez(tmp_path / "column.npz", **ARRAYS | {"y_test": ARRAYS["y_test"][:, None]})
    check(load(tmp_path / "column.npz"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"x_test": ARRAYS["x_test"][:, :4]}, "the images of both parts must have the same size"),
        ({"x_train": ARRAYS["x_train"].astype(float)}, "x_train must be images of bytes, .* got float64"),
        (
            {"x_train": ARRAYS["x_train"].reshape(30, 20)},
            r"shape \(n, height, width\), got uint8, \(30, 20\)",
        ),
        ({"y_train": ARRAYS["y_train"][:-1]}, "y_train must hold a whole number for each of 30 images"),
        ({"y_test": ARRAYS["y_test"] + 1}, "y_test holds 4, which y_train does not"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, problem):
    np.savez(tmp_path / "a.npz", **ARRAYS | change)
    with pytest.raises(DataError, match=f"a.npz.*{problem}"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is no idx file of bytes with 3 axes"),
        (idx(ARRAYS["y_train"]), "is no idx file of bytes with 3 axes"),
        (idx(ARRAYS["x_train"])[:-1], r"says that its shape is \(30, 5, 4\), but holds another number"),
        (
            idx(ARRAYS["x_train"]) + b"0",
            r"says that its shape is \(30, 5, 4\), but holds another number of bytes",
        ),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "nothing, or too much to be read"),
        (bytes([0, 0, 8, 3]) + bytes(12), "nothing, or too much to be read"),
    ],
)
def test_an_idx_file_that_is_none_is_named(tmp_path, data, problem):
    folder = write(tmp_path / "images")
    (folder / NAMES["x_train"]).write_bytes(data)
    with pytest.raises(DataError, match=f"{re.escape(NAMES['x_train'])}.* {problem}"):
        load(folder)


def test_a_damaged_gzip_file_is_named(tmp_path):
    folder = write(tmp_path / "images", ending=".gz")
    path = folder / f"{NAMES['x_train']}.gz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="train-images-idx3-ubyte.gz cannot be read"):
        load(folder)


def test_a_folder_without_the_files_says_which_it_wants(tmp_path):
    folder = write(tmp_path / "images")
    (folder / NAMES["y_test"]).unlink()
    with pytest.raises(DataError, match="the four files that MNIST is published as, .* for y_test it has 0"):
        load(folder)


def test_what_is_no_npz_file_is_named(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"a\.npz cannot be read as an \.npz file"):
        load(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=1)
    with pytest.raises(DataError, match=r"b\.npz must hold x_train, y_train, x_test and y_test"):
        load(tmp_path / "b.npz")
    with pytest.raises(FileNotFoundError, match=r"c\.npz is not there"):
        load(tmp_path / "c.npz")
