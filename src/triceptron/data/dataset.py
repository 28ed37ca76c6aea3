"""Samples with their labels, whole or in two parts."""

from typing import NamedTuple

from triceptron.arrays import Labels, Matrix

__all__ = ["Dataset", "Split"]


class Dataset(NamedTuple):
    """Samples with their labels.

    Attributes
    ----------
    X : array, shape (n, m)
    y : array of int64, shape (n,)
        Labels from 0 to K - 1.
    classes : tuple of str
        The K names of the labels.
    image_shape : (int, int) or None
        Height and width where a row is an image.
    feature_names : tuple of str or None
        The names of X's columns, where they have names.
    """

    X: Matrix
    y: Labels
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    feature_names: tuple[str, ...] | None = None


class Split(NamedTuple):
    """A data set in two parts that share no sample."""

    train: Dataset
    test: Dataset
