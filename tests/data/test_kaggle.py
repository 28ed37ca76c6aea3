"""The competition's files: every way to name them, and every fault told by file, line and column."""

import zipfile

import numpy as np
import pytest

from tests.kaggle_files import PIXELS, images
from triceptron.data import TableError
from triceptron.data import kaggle as files
from triceptron.data.kaggle import find, read


def edit(path, line, change):
    """Rewrite one line (from 1) of a file; `change` takes and returns its values."""
    lines = path.read_text().splitlines()
    lines[line - 1] = ",".join(change(lines[line - 1].split(",")))
    path.write_text("\n".join(lines) + "\n")


def replaced(column, value):
    return lambda values: [*values[:column], value, *values[column + 1 :]]


def zipped(folder, *names, under=""):
    path = folder / "digit-recognizer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(folder / name, under + name)
    return path


@pytest.mark.parametrize("way", ["two files", "folder", "zip", "zip with a folder"])
def test_files_are_found_and_read_as_bytes(competition, way):
    paths = {
        "two files": [competition / "train.csv", competition / "test.csv"],
        "folder": [competition],
        "zip": [zipped(competition, "train.csv", "test.csv")],
        "zip with a folder": [zipped(competition, "train.csv", "test.csv", under="data/")],
    }[way]
    data = read(find(paths))
    X, y = images(60, seed=0)
    assert data.train.X.dtype == data.test.dtype == np.uint8
    assert (data.train.X == X).all()
    assert (data.train.y == y).all()
    assert (data.test == images(20, seed=1)[0]).all()
    assert data.train.image_shape == (28, 28)


def test_on_kaggle_nothing_has_to_be_named(competition, monkeypatch):
    other = competition / "another-competition"
    other.mkdir()
    (other / "train.csv").write_text("a,b\n1,2\n")
    (other / "test.csv").write_text("a\n1\n")
    monkeypatch.setattr(files, "KAGGLE_INPUT", competition)
    assert len(read(find()).train.y) == 60


FAULTS = {
    "a value above 255": (
        "train.csv",
        3,
        replaced(5, "256"),
        r"line 3, column pixel4: .* from 0 to 255, got '256'",
    ),
    "a negative value": ("test.csv", 2, replaced(0, "-1"), r"line 2, column pixel0: .* got '-1'"),
    "a fraction": ("test.csv", 4, replaced(7, "1.5"), r"line 4, column pixel7: .* got '1.5'"),
    "text": ("train.csv", 9, replaced(784, "x"), r"line 9, column pixel783: .* got 'x'"),
    "a missing value": ("test.csv", 5, replaced(3, ""), r"line 5, column pixel3: the value is missing"),
    "a label of ten": ("train.csv", 2, replaced(0, "10"), r"line 2, column label: .* from 0 to 9, got '10'"),
    "a short row": ("train.csv", 7, lambda values: values[:-1], r"line 7: 784 values, .* name 785"),
    "a long row": ("test.csv", 3, lambda values: [*values, "0"], r"line 3: 785 values, .* name 784"),
    "a missing pixel": ("test.csv", 1, lambda names: names[:-1], r"line 1: column pixel783 missing"),
    "another heading": ("train.csv", 1, replaced(2, "pixle1"), r"line 1: column pixel1 missing"),
    "labels in test.csv": (
        "test.csv",
        1,
        lambda names: ["label", *names],
        r"line 1, column 1: a label column",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_by_file_line_and_column(competition, fault):
    name, line, change, message = FAULTS[fault]
    edit(competition / name, line, change)
    with pytest.raises(TableError, match=f"{name}, {message}"):
        read(find([competition]))


def test_swapped_files_are_told(competition):
    with pytest.raises(TableError, match=r"test.csv, line 1: no label column; the two files are swapped"):
        read(find([competition / "test.csv", competition / "train.csv"]))


@pytest.mark.parametrize("text", ["", ",".join(PIXELS) + "\n"])
def test_a_file_without_rows_is_told(competition, text):
    (competition / "test.csv").write_text(text)
    with pytest.raises(TableError, match=r"test.csv(, line 1: no headings|: no rows)"):
        read(find([competition]))


def test_a_zip_without_the_files_says_what_it_holds(competition):
    with pytest.raises(
        TableError, match=r"zip holds no test.csv, but train.csv: name train.csv and test.csv"
    ):
        find([zipped(competition, "train.csv")])


def test_a_broken_zip_is_told(competition):
    path = zipped(competition, "train.csv", "test.csv")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(TableError, match=r"digit-recognizer.zip"):
        read(find([path]))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["none.csv", "test.csv"], "none.csv is not there"),
        (["train.csv"], "train.csv is one of two files"),
        (["none.zip"], "none.zip is not there"),
        (["train.csv", "test.csv", "more.csv"], "3 paths given"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_wanted(competition, names, message):
    with pytest.raises(TableError, match=f"{message}.*: name train.csv and test.csv, their folder, or"):
        find([competition / name for name in names])


def test_an_empty_folder_and_no_files_at_all_are_told(tmp_path, monkeypatch):
    with pytest.raises(TableError, match=r"holds no train.csv"):
        find([tmp_path])
    monkeypatch.setattr(files, "KAGGLE_INPUT", tmp_path / "none")
    with pytest.raises(TableError, match="no files given: .* `download` fetches them"):
        find()
