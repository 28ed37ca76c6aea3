"""Twenty small labelled sets: scikit-learn's own, and generated ones, each of which is hard in its way."""

from collections.abc import Callable

import numpy as np
from sklearn import datasets

__all__ = ["SETS"]

Sample = tuple[np.ndarray, np.ndarray]


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _spirals() -> Sample:
    """Two arms that turn one and a half times about each other."""
    rng = _rng()
    turn, arm = 1.5 * 2 * np.pi * np.sqrt(rng.random(600)), rng.integers(2, size=600)
    X = turn[:, None] * np.column_stack([np.cos(turn + np.pi * arm), np.sin(turn + np.pi * arm)])
    return X + rng.normal(scale=0.4, size=X.shape), arm


def _checkerboard() -> Sample:
    X = _rng().uniform(0, 4, size=(800, 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def _exclusive_or() -> Sample:
    """Three coordinates decide by the sign of their product, five do not matter."""
    X = _rng().normal(size=(800, 8))
    return X, (X[:, :3].prod(axis=1) > 0).astype(int)


def _long_tails() -> Sample:
    """A linear boundary in the logarithms of what is measured."""
    rng = _rng()
    X = rng.normal(size=(700, 8))
    y = (X @ rng.normal(size=8) + 0.5 * rng.normal(size=700) > 0).astype(int)
    return np.exp(2 * X), y


def _outliers() -> Sample:
    """One value in a hundred is a thousand times too large."""
    X, y = datasets.make_classification(700, 10, n_informative=6, random_state=1)
    return np.where(_rng().random(X.shape) < 0.01, 1000 * X, X), y


def _mostly_noise() -> Sample:
    rng = _rng()
    X = rng.normal(size=(300, 60))
    return X, (X[:, :4].sum(axis=1) + rng.normal(size=300) > 0).astype(int)


def _ring() -> Sample:
    """Breiman's ringnorm: a narrow normal cloud within a wide one."""
    rng = _rng()
    y = rng.integers(2, size=600)
    wide, narrow = 2 * rng.normal(size=(600, 20)), rng.normal(2 / np.sqrt(20), size=(600, 20))
    return np.where(y[:, None] == 0, wide, narrow), y


def _waves() -> Sample:
    """Breiman's waveform: mixtures of two of three triangles, and noise."""
    rng = _rng()
    i = np.arange(1, 22)
    triangles = np.array([np.maximum(6 - abs(i - middle), 0) for middle in (7, 15, 11)])
    y, u = rng.integers(3, size=600), rng.random((600, 1))
    first, second = triangles[[0, 0, 1]][y], triangles[[1, 2, 2]][y]
    return u * first + (1 - u) * second + rng.normal(size=(600, 21)), y


def _sklearn(load: Callable[..., Sample]) -> Callable[[], Sample]:
    return lambda: load(return_X_y=True)


SETS: dict[str, Callable[[], Sample]] = {
    "iris": _sklearn(datasets.load_iris),
    "wine": _sklearn(datasets.load_wine),
    "breast cancer": _sklearn(datasets.load_breast_cancer),
    "digits": _sklearn(datasets.load_digits),
    "moons": lambda: datasets.make_moons(500, noise=0.25, random_state=0),
    "circles": lambda: datasets.make_circles(500, noise=0.12, factor=0.6, random_state=0),
    "quantiles": lambda: datasets.make_gaussian_quantiles(n_samples=700, n_features=6, random_state=0),
    "hastie": lambda: datasets.make_hastie_10_2(1000, random_state=0),
    "clusters": lambda: datasets.make_classification(
        800, 20, n_informative=8, n_clusters_per_class=4, random_state=0
    ),
    "seven classes": lambda: datasets.make_classification(
        900, 20, n_informative=10, n_classes=7, random_state=0
    ),
    "one in ten": lambda: datasets.make_classification(
        800, 12, n_informative=6, weights=[0.9], random_state=0
    ),
    "wrong labels": lambda: datasets.make_classification(
        700, 15, n_informative=6, flip_y=0.2, random_state=0
    ),
    "spirals": _spirals,
    "checkerboard": _checkerboard,
    "exclusive or": _exclusive_or,
    "long tails": _long_tails,
    "outliers": _outliers,
    "mostly noise": _mostly_noise,
    "ring": _ring,
    "waves": _waves,
}
