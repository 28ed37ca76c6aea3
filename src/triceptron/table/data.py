"""The data that a table's rows are trained on, with what a row leaves open."""

from importlib.resources import files
from pathlib import Path

import numpy as np

from triceptron.datasets import Dataset, Split, Standardisation, load_digits, load_mnist, split
from triceptron.labelled import read_split
from triceptron.recipe import Recipe
from triceptron.table.runs import TableData

__all__ = ["DEFAULT_TABLE", "load"]

DEFAULT_TABLE = Path(str(files("triceptron.table") / "default.csv"))
"""The table that ships with the package: hidden units against learning rates."""

_AS_IN_THE_TEXT = Recipe(
    hidden=50, learning_rate=0.03, epochs=1000, batch_size=None, init="exercise", seed=32, dtype="float64"
)
_OTHERS = Recipe()
_TEST_SIZE, _SPLIT_SEED = 0.4, 32  # the text's split


def load(name: str, *, label: str = "label", test: Path | None = None) -> TableData:
    """Load the data by name.

    Parameters
    ----------
    name : str
        "digits": the text's 60/40 split, and what a row leaves open is as in the text. "mnist": its own
        60,000 and 10,000. Anything else is the path of a labelled CSV file, split 60/40.
    label : str
        The column of a CSV file that holds the labels.
    test : Path, optional
        A second CSV file: the test part, instead of a part of the first.

    Returns
    -------
    TableData

    Raises
    ------
    ValueError, OSError
        If the data cannot be had; the message names the file.
    """
    if name in ("digits", "mnist") and test is not None:
        raise ValueError(f"{name} has a test part of its own; --test goes with a CSV file")
    if name == "digits":
        digits = split(load_digits(), test_size=_TEST_SIZE, seed=_SPLIT_SEED)
        return _prepared(digits, _AS_IN_THE_TEXT)
    if name == "mnist":
        return _prepared(load_mnist(), _OTHERS)
    if not Path(name).exists():
        raise FileNotFoundError(f"--data must be digits, mnist or a CSV file, but {name} is not there")
    parts, _ = read_split(name, label, test=test, test_size=_TEST_SIZE, seed=_SPLIT_SEED)
    return _prepared(parts, _OTHERS)


def _prepared(parts: Split, base: Recipe) -> TableData:
    return TableData(parts.train, parts.test, _standardisation(parts.train), base)


def _standardisation(train: Dataset) -> Standardisation:
    if train.X.dtype == np.uint8:
        return Standardisation.of_pixels(train.X.shape[1])
    return Standardisation.fit(train.X)
