"""The estimator beside MLPClassifier on many tables: which are learned worse, and which take longer."""

import warnings
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import ttest_rel, wilcoxon
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from triceptron import ThreeLayerPerceptron
from triceptron.core import resolve_threads

SEEDS = 10


class Fit(NamedTuple):
    """One fit, and how it does on the test part."""

    seconds: float
    accuracy: float
    loss: float


def many(turns: int, quick: bool) -> None:
    """Accuracy, log loss and fit time with the default parameters of both, standardised and raw.

    A turn is a seed of the split, the start and the shuffling. Each table's seeds are compared in pairs (t
    test), and the tables' p values are corrected by Holm's method; all tables together are compared by the
    signed ranks of their means.
    """
    seeds = 2 if quick else SEEDS
    for prepared in ("standardised", "raw"):
        print(f"\n{len(TABLES)} tables, {prepared}, {seeds} seeds, defaults, {resolve_threads()} threads")
        print(f"  {'':<34}{'accuracy %':>22}{'log loss':>18}{'seconds':>16}{'times':>7}")
        found = {name: _compare(name, load, prepared, seeds) for name, load in TABLES.items()}
        for measure in ("accuracy", "loss"):
            _judge(measure, {name: _pairs(pair, measure) for name, pair in found.items()})
        ratios = [
            median(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))
            for ours, theirs in found.values()
        ]
        print(
            f"  fit time: scikit-learn's is {median(ratios):.1f} times ours at the median, "
            f"{min(ratios):.1f} at least"
        )


def _compare(
    name: str, load: Callable[[], tuple[Any, Any]], prepared: str, seeds: int
) -> tuple[list[Fit], list[Fit]]:
    X, y = load()
    fits: dict[type, list[Fit]] = {ThreeLayerPerceptron: [], MLPClassifier: []}
    for seed in range(seeds):
        parts = _split(X, y, prepared, seed)
        for kind in list(fits)[:: 1 if seed % 2 else -1]:  # neither is always the one that runs first
            fits[kind].append(_fit(kind(random_state=seed), *parts))
    ours, theirs = fits.values()
    columns = [
        [100 * np.mean([fit.accuracy for fit in both]) for both in (ours, theirs)],
        [np.mean([fit.loss for fit in both]) for both in (ours, theirs)],
        [median(fit.seconds for fit in both) for both in (ours, theirs)],
    ]
    (a, b), (c, d), (e, f) = columns
    shape = f"{name}, {len(X)} x {X.shape[1]}"
    print(f"  {shape:<34}{a:>11.2f}{b:>11.2f}{c:>9.3f}{d:>9.3f}{e:>8.3f}{f:>8.3f}{f / e:>7.1f}", flush=True)
    return ours, theirs


def _split(X: Any, y: Any, prepared: str, seed: int) -> tuple[Any, ...]:
    X, test_X, y, test_y = train_test_split(X, y, random_state=seed, stratify=y)
    if prepared == "standardised":
        scaler = StandardScaler().fit(X)
        X, test_X = scaler.transform(X), scaler.transform(test_X)
    return X, test_X, y, test_y


def _fit(model: Any, X: Any, test_X: Any, y: Any, test_y: Any) -> Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = perf_counter()
        model.fit(X, y)
        seconds = perf_counter() - began
    P = model.predict_proba(test_X)
    return Fit(seconds, model.score(test_X, test_y), log_loss(test_y, P, labels=model.classes_))


def _pairs(pair: tuple[list[Fit], list[Fit]], measure: str) -> tuple[list[float], list[float]]:
    ours, theirs = ([getattr(fit, measure) for fit in fits] for fits in pair)
    return ours, theirs


def _judge(measure: str, pairs: dict[str, tuple[list[float], list[float]]]) -> None:
    sign = 1 if measure == "accuracy" else -1
    differences = {name: sign * (np.mean(a) - np.mean(b)) for name, (a, b) in pairs.items()}
    p = {name: _p_value(a, b) for name, (a, b) in pairs.items()}
    worse, better = [], []
    for rank, name in enumerate(sorted(p, key=lambda name: p[name])):
        if p[name] * (len(p) - rank) >= 0.05:
            break  # Holm's method ends at the first that may be chance
        (worse if differences[name] < 0 else better).append(name)
    overall = wilcoxon(list(differences.values())).pvalue
    print(
        f"  {measure}: mean difference {np.mean(list(differences.values())):+.4f} (better is +), "
        f"signed ranks p = {overall:.2f}; after Holm's correction better on {better or 'none'}, "
        f"worse on {worse or 'none'}"
    )


def _p_value(a: list[float], b: list[float]) -> float:
    return 1.0 if np.allclose(a, b, rtol=0, atol=1e-12) else float(ttest_rel(a, b).pvalue)


def _bundled(load: Callable[..., Any]) -> Callable[[], tuple[Any, Any]]:
    return lambda: load(return_X_y=True)


def _made(
    n: int, m: int, informative: int, classes: int = 2, **settings: Any
) -> Callable[[], tuple[Any, Any]]:
    return lambda: datasets.make_classification(
        n,
        m,
        n_informative=informative,
        n_redundant=min(2, m - informative),
        n_classes=classes,
        random_state=n + m,
        **settings,
    )


def _parts(load: Callable[..., Any], n_classes: int, **settings: Any) -> Callable[[], tuple[Any, Any]]:
    """From a number to be predicted, as many classes of equal size."""

    def make() -> tuple[Any, Any]:
        X, number = load(**settings)
        return X, np.searchsorted(np.quantile(number, np.linspace(0, 1, n_classes + 1)[1:-1]), number)

    return make


def _only(load: Callable[..., Any], *labels: int) -> Callable[[], tuple[Any, Any]]:
    def make() -> tuple[Any, Any]:
        X, y = load(return_X_y=True)
        rows = np.isin(y, labels)
        return X[rows], y[rows]

    return make


TABLES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "iris": _bundled(datasets.load_iris),
    "iris, 1 or 2": _only(datasets.load_iris, 1, 2),
    "wine": _bundled(datasets.load_wine),
    "wine, 0 or 1": _only(datasets.load_wine, 0, 1),
    "breast cancer": _bundled(datasets.load_breast_cancer),
    "digits": _bundled(datasets.load_digits),
    "digits, 3 or 8": _only(datasets.load_digits, 3, 8),
    "digits, 1, 7 or 9": _only(datasets.load_digits, 1, 7, 9),
    "diabetes, halves": _parts(datasets.load_diabetes, 2, return_X_y=True),
    "diabetes, thirds": _parts(datasets.load_diabetes, 3, return_X_y=True),
    "moons": lambda: datasets.make_moons(600, noise=0.25, random_state=1),
    "moons, noisy": lambda: datasets.make_moons(300, noise=0.5, random_state=2),
    "circles": lambda: datasets.make_circles(500, noise=0.15, factor=0.5, random_state=3),
    "circles, noisy": lambda: datasets.make_circles(300, noise=0.3, factor=0.6, random_state=4),
    "blobs, 5": lambda: datasets.make_blobs(700, 4, centers=5, cluster_std=3.0, random_state=5),
    "blobs, 2": lambda: datasets.make_blobs(400, 8, centers=2, cluster_std=7.0, random_state=6),
    "gaussian quantiles, 2": lambda: datasets.make_gaussian_quantiles(
        n_samples=800, n_features=6, n_classes=2, random_state=7
    ),
    "gaussian quantiles, 4": lambda: datasets.make_gaussian_quantiles(
        n_samples=900, n_features=4, n_classes=4, random_state=8
    ),
    "Hastie's sums of squares": lambda: datasets.make_hastie_10_2(1000, random_state=9),
    "Friedman 1, halves": _parts(datasets.make_friedman1, 2, n_samples=700, noise=2.0, random_state=10),
    "Friedman 2, thirds": _parts(datasets.make_friedman2, 3, n_samples=700, noise=99.0, random_state=11),
    "Friedman 3, halves": _parts(datasets.make_friedman3, 2, n_samples=600, noise=0.2, random_state=12),
    "Swiss roll, quarters": _parts(datasets.make_swiss_roll, 4, n_samples=800, noise=0.5, random_state=13),
    "S curve, halves": _parts(datasets.make_s_curve, 2, n_samples=500, noise=0.3, random_state=14),
    "sparse uncorrelated, halves": _parts(
        datasets.make_sparse_uncorrelated, 2, n_samples=500, n_features=12, random_state=15
    ),
    "few samples": _made(80, 10, 4, flip_y=0.1),
    "many features": _made(300, 200, 10, flip_y=0.05),
    "noisy labels": _made(600, 20, 6, flip_y=0.3),
    "very noisy labels": _made(400, 12, 4, flip_y=0.5),
    "uneven, 9 to 1": _made(1000, 15, 5, weights=[0.9]),
    "uneven, 97 to 3": _made(1200, 12, 5, weights=[0.97], flip_y=0.0),
    "clusters": _made(800, 8, 6, n_clusters_per_class=4, class_sep=0.8),
    "close classes": _made(1000, 25, 8, class_sep=0.3),
    "3 classes": _made(700, 14, 7, 3, flip_y=0.1),
    "6 classes": _made(1200, 18, 9, 6),
    "10 classes, uneven": _made(1500, 30, 14, 10, weights=[0.3, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.04, 0.03]),
}
