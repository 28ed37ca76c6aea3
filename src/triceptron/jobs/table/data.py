"""The data that a table's rows are trained on, with what a row leaves open."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from triceptron import data
from triceptron.arrays import digest
from triceptron.data import Dataset, Standardisation
from triceptron.jobs.digits import DIGITS
from triceptron.training import Recipe

__all__ = ["DEFAULT_TABLE", "TableData", "load", "shipped"]

DEFAULT_TABLE = Path(str(files("triceptron.jobs.table") / "default.csv"))
"""The table that ships with the package: hidden units against learning rates."""


_SHIPPED = {"classic": Path(str(files("triceptron.jobs.table") / "classic.md"))}
"""Tables that go by a name: what is published of one hidden layer on MNIST, as this network can do it."""


def shipped(given: Path) -> Path:
    """Return the table of that name where one ships with the package, else the path as it is."""
    return _SHIPPED.get(str(given), given)


@dataclass(frozen=True)
class TableData:
    """What every row is trained on: one split, one standardisation.

    Attributes
    ----------
    train, test : Dataset
    standardisation : Standardisation
        Of the training part.
    base : Recipe
        What a row leaves open.
    """

    train: Dataset
    test: Dataset
    standardisation: Standardisation
    base: Recipe

    def digest(self) -> str:
        """Return a hash of all that a run sees of the data."""
        return digest([*self.train[:2], *self.test[:2], *self.standardisation])


def load(name: str, *, label: str = "label", test: Path | None = None) -> TableData:
    """Load the data by name, as `triceptron.data.load` does.

    What a row leaves open is as in the text for its digits, and as in a plain `Recipe` for all others.

    Returns
    -------
    TableData

    Raises
    ------
    ValueError, OSError
        If the data cannot be had; the message names the file.
    """
    parts = data.load(name, label=label, test=test)
    base = DIGITS if name == "digits" else Recipe()
    return TableData(parts.train, parts.test, Standardisation.suited(parts.train.X), base)
