"""``triceptron train`` with no option but ``--label``, beside scikit-learn's pipelines with none at all."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from warnings import catch_warnings, simplefilter

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.mixed_sets import MIXED
from benchmarks.table_sets import SETS
from triceptron.jobs import LABELLED, TableRun, train_table
from triceptron.training import Recipe

__all__ = ["tables"]

Result = tuple[float, float, float]
"""Accuracy and log-loss on the test part, and seconds."""

FORMER = Recipe(hidden=100, learning_rate=0.001, epochs=200, batch_size=200, solver="adam", alpha=1e-4)


@dataclass
class _Contender:
    name: str
    learn: Callable[[Path, int], Result]


def tables(turns: int, quick: bool) -> None:
    """On each set and for each seed: the same rows to learn from, the same to be tested on, one thread."""
    contenders = [
        _Contender("MLPClassifier", _peer),
        _Contender("ours", lambda path, seed: _ours(path, LABELLED, seed)),
        _Contender("no early stopping", lambda path, seed: _ours(path, LABELLED, seed, early_stopping=False)),
        _Contender("former defaults", lambda path, seed: _ours(path, FORMER, seed, early_stopping=False)),
    ]
    with TemporaryDirectory() as folder, threadpool_limits(1):
        plain = {name: _write(Path(folder), name, *make()) for name, make in SETS.items()}
        _compare("20 tables of numbers", contenders, plain, 1 if quick else turns)
        mixed = {name: _write_rows(Path(folder), name, make()) for name, make in MIXED.items()}
        _compare("tables of the real world", contenders[:3], mixed, 1 if quick else turns)


def _compare(title: str, contenders: list[_Contender], paths: dict[str, Path], turns: int) -> None:
    print(f"\n{title}: accuracy, and the others' difference to {contenders[0].name}; {turns} seeds")
    print(f"{'':<16}" + "".join(f"{contender.name:>26}" for contender in contenders))
    means = []
    for name, path in paths.items():
        results = np.array(
            [[contender.learn(path, seed) for contender in contenders] for seed in range(turns)]
        )
        accuracy = results[:, :, 0]
        line = f"{accuracy[:, 0].mean():>26.4f}"
        for j in range(1, len(contenders)):
            difference = accuracy[:, j] - accuracy[:, 0]
            error = difference.std(ddof=1) / np.sqrt(turns) if turns > 1 else float("nan")
            line += f"{difference.mean():>+17.4f} ± {error:.4f}"
        print(f"{name:<16}{line}", flush=True)
        means.append(results.mean(axis=0))
    accuracy, loss, seconds = np.moveaxis(np.array(means), 2, 0).mean(axis=1)
    print(f"{'mean':<16}{accuracy[0]:>26.4f}" + "".join(f"{a - accuracy[0]:>+26.4f}" for a in accuracy[1:]))
    print(f"{'log-loss':<16}" + "".join(f"{each:>26.3f}" for each in loss))
    print(f"{'seconds a fit':<16}" + "".join(f"{each:>26.3f}" for each in seconds), flush=True)


def _ours(path: Path, recipe: Recipe, seed: int, *, early_stopping: bool = True) -> Result:
    began = perf_counter()
    run: TableRun = train_table(
        path, "label", replace(recipe, seed=seed), early_stopping=early_stopping, n_threads=1
    )
    seconds = perf_counter() - began
    return run.accuracy, _log_loss(run.P, run.test.y), seconds


def _peer(path: Path, seed: int) -> Result:
    """Read, cut, impute, encode, standardise and learn as scikit-learn and pandas do by default."""
    import pandas

    began = perf_counter()
    table = pandas.read_csv(path)
    y = table.pop("label").astype(str).to_numpy()
    X, test_X, y, test_y = train_test_split(table, y, test_size=0.2, random_state=seed, stratify=y)
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
    )
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    with catch_warnings():
        simplefilter("ignore")
        fitted = make_pipeline(columns, MLPClassifier(random_state=seed)).fit(X, y)
        P = fitted.predict_proba(test_X)
    return (
        fitted.score(test_X, test_y),
        _log_loss(P, np.searchsorted(fitted.classes_, test_y)),
        perf_counter() - began,
    )


def _log_loss(P: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(np.maximum(P[np.arange(len(y)), y], 1e-15)).mean())


def _write(folder: Path, name: str, X: np.ndarray, y: np.ndarray) -> Path:
    names = [f"x{j}" for j in range(X.shape[1])]
    rows = [[*x, f"class {label}"] for x, label in zip(X.tolist(), y.tolist(), strict=True)]
    return _write_rows(folder, name, [[*names, "label"], *rows])


def _write_rows(folder: Path, name: str, rows: list[list[object]]) -> Path:
    path = folder / f"{name}.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path
