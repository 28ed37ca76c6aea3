"""The estimator beside MLPClassifier: the same parameters, the same splits, ten seeds each."""

import os
import warnings
from collections.abc import Callable
from statistics import mean, median, stdev
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from triceptron import ThreeLayerPerceptron
from triceptron.core import resolve_threads
from triceptron.data import load_mnist

SEEDS = 10


class Outcome(NamedTuple):
    """One fit."""

    seconds: float
    accuracy: float
    epochs: int


def estimator(turns: int, quick: bool) -> None:
    """Fit time and test accuracy on small tables and on MNIST, with the default parameters of both.

    A turn is a seed here: of the split, the start and the shuffling. Accuracies are means over the seeds,
    with their standard deviation; the last column is the median of the seeds' own ratios of fit times.
    """
    seeds = 2 if quick else SEEDS
    print(
        f"\nThe estimator and MLPClassifier, {seeds} seeds, default parameters, {resolve_threads()} threads"
    )
    print(f"  {'':<31}{'ours':^32}{'scikit-learn':^32}")
    columns = f"{'epochs':>7}{'seconds':>9}{'accuracy':>16}"
    print(f"  {'':<31}{columns}{columns}{'times ours':>12}")
    for name, load in _TABLES.items():
        _compare(name, load, seeds, {})
    if "TRICEPTRON_DATA" in os.environ:
        epochs = 2 if quick else 10
        _compare(f"MNIST, {epochs} epochs", _mnist, seeds, {"batch_size": 200, "max_iter": epochs})
    else:
        print("  MNIST left out: TRICEPTRON_DATA names no folder with mnist.npz")


def _compare(name: str, load: Callable[[int], tuple[Any, ...]], seeds: int, settings: dict[str, Any]) -> None:
    kinds = (ThreeLayerPerceptron, MLPClassifier)
    outcomes: dict[type, list[Outcome]] = {kind: [] for kind in kinds}
    for seed in range(seeds):
        parts = load(seed)
        for kind in kinds if seed % 2 else kinds[::-1]:  # neither is always the one that runs first
            outcomes[kind].append(_fit(kind(100, random_state=seed, **settings), *parts))
    ours, theirs = (outcomes[kind] for kind in kinds)
    ratio = median(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))
    n, m = parts[0].shape
    shape = f"{name}, {n:,} x {m}"
    print(f"  {shape:<31}{_told(ours)}{_told(theirs)}{ratio:>12.2f}", flush=True)


def _fit(model: Any, X: np.ndarray, test_X: np.ndarray, y: np.ndarray, test_y: np.ndarray) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = perf_counter()
        model.fit(X, y)
        seconds = perf_counter() - began
    return Outcome(seconds, model.score(test_X, test_y), model.n_iter_)


def _told(outcomes: list[Outcome]) -> str:
    epochs, seconds = median(o.epochs for o in outcomes), median(o.seconds for o in outcomes)
    accuracy = [100 * o.accuracy for o in outcomes]
    return f"{epochs:>7.0f}{seconds:>9.3g}{f'{mean(accuracy):.2f} ± {stdev(accuracy):.2f} %':>16}"


def _table(load: Callable[..., Any]) -> Callable[[int], tuple[Any, ...]]:
    def split(seed: int) -> tuple[Any, ...]:
        X, y = load(return_X_y=True)
        X, test_X, y, test_y = train_test_split(X, y, random_state=seed, stratify=y)
        scaler = StandardScaler().fit(X)
        return scaler.transform(X), scaler.transform(test_X), y, test_y

    return split


def _like_covertype(return_X_y: bool) -> tuple[np.ndarray, np.ndarray]:
    """54 features, 7 uneven classes, as the forest cover types have."""
    return datasets.make_classification(
        12_000,
        54,
        n_informative=20,
        n_classes=7,
        weights=[0.36, 0.49, 0.06, 0.005, 0.015, 0.03],
        class_sep=1.5,
        random_state=0,
    )


def _mnist(seed: int) -> tuple[Any, ...]:
    train, test = load_mnist()
    X, test_X = (part.X.astype(np.float32) / 255 for part in (train, test))
    return X, test_X, train.y, test.y


_TABLES = {
    "digits": _table(datasets.load_digits),
    "breast cancer": _table(datasets.load_breast_cancer),
    "wine": _table(datasets.load_wine),
    "iris": _table(datasets.load_iris),
    "like covertype": _table(_like_covertype),
}
