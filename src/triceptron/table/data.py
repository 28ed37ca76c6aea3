"""The data that a table's rows are trained on, with what a row leaves open."""

from importlib.resources import files
from pathlib import Path

import numpy as np

from triceptron.datasets import Dataset, Split, Standardisation, load_digits, load_mnist, split
from triceptron.recipe import Recipe
from triceptron.table.runs import TableData

__all__ = ["DEFAULT_TABLE", "load"]

DEFAULT_TABLE = Path(str(files("triceptron.table") / "default.csv"))
"""The table that ships with the package: hidden units against learning rates."""

_AS_THE_TEXT = Recipe(
    hidden=50, learning_rate=0.03, epochs=1000, batch_size=None, init="exercise", seed=32, dtype="float64"
)
_OTHERS = Recipe()


def load(
    name: str, *, label: str = "label", test: Path | None = None, test_size: float = 0.4, seed: int = 32
) -> TableData:
    """Load the data by name.

    Parameters
    ----------
    name : str
        "digits": the text's 60/40 split, and what a row leaves open is as in the text. "mnist": its own
        60,000 and 10,000. Anything else is a labelled CSV file.
    label : str
        The column of a CSV file that holds the labels.
    test : Path, optional
        A second CSV file, the test part; without it the first is split at random.
    test_size : float
        The test part's share of a CSV file.
    seed : int
        Of that split, not of the trainings.

    Returns
    -------
    TableData
    """
    if name == "digits":
        digits = split(load_digits(), test_size=0.4, seed=32)
        return _prepared(name, digits, _AS_THE_TEXT)
    if name == "mnist":
        return _prepared(name, load_mnist(), _OTHERS)
    raise ValueError(f"data must be digits, mnist or the path of a CSV file, got {name!r}")


def _prepared(name: str, parts: Split, base: Recipe) -> TableData:
    return TableData(name, parts.train, parts.test, _standardisation(parts.train), base)


def _standardisation(train: Dataset) -> Standardisation:
    if train.X.dtype == np.uint8:
        return Standardisation.of_pixels(train.X.shape[1])
    return Standardisation.fit(train.X)
