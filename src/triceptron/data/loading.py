"""Data by name: what a command or a job is told to learn from."""

from pathlib import Path

from triceptron.data.dataset import Split
from triceptron.data.digits import load_digits
from triceptron.data.imagefiles import holds_images, load_images
from triceptron.data.labelled import read_split
from triceptron.data.mnist import load_mnist
from triceptron.data.splitting import split

__all__ = ["has_labels", "load"]

_NAMED = ("digits", "mnist")


def has_labels(name: str | Path) -> bool:
    """Whether such data bring their labels along, as `load` reads them; a table names a column for them."""
    return name in _NAMED or holds_images(Path(name))


def load(
    name: str | Path,
    *,
    label: str = "label",
    test: Path | None = None,
    test_size: float = 0.4,
    seed: int = 32,
) -> Split:
    """Load a part to learn from and a part to be tested on.

    Parameters
    ----------
    name : str or path
        "digits": scikit-learn's, cut in two. "mnist": its own 60,000 and 10,000. An .npz file or a folder
        holds images as MNIST's do, in two parts. Any other path is a labelled CSV file, cut in two.
    label : str
        The column of a CSV file that holds the labels.
    test : path, optional
        A second CSV file: the test part, instead of a part of the first.
    test_size : float
        The share that is cut off to test on.
    seed : int
        Of that cut; 32 gives the text's split of the digits.

    Returns
    -------
    Split

    Raises
    ------
    ValueError, OSError
        If the data cannot be had; the message names the file.
    """
    if name not in _NAMED and not Path(name).exists():
        raise FileNotFoundError(f"`data` must be digits, mnist or a CSV file, but {name} is not there")
    if not has_labels(name):
        return read_split(name, label, test=test, test_size=test_size, seed=seed)
    if test is not None:
        raise ValueError(f"{name} has a test part of its own; `test` goes with a CSV file")
    if name == "digits":
        return split(load_digits(), test_size=test_size, seed=seed)
    return load_mnist() if name == "mnist" else load_images(Path(name))
