"""Sparse tables beside MLPClassifier: work and memory of a fit, each in a process of its own."""

import json
import os
import subprocess
import sys
import warnings
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

SHAPES = {
    "100,000 x 10,000, 0.1 % filled": (100_000, 10_000, 1_000_000, 10),
    "100,000 x 10,000, 1 % filled": (100_000, 10_000, 10_000_000, 10),
    "11,314 x 130,107, like TF-IDF": (11_314, 130_107, 1_700_000, 20),
}
KINDS = ("ThreeLayerPerceptron", "MLPClassifier")


def sparse(turns: int, quick: bool) -> None:
    """Fit with the defaults (Adam, batches of 200): an epoch's processor seconds, and the peak memory.

    One thread each, and the processor's own time: what else the machine does matters little then.
    """
    epochs = 1 if quick else 3
    print(f"\nSparse tables, {epochs} epochs, defaults of both, one thread, processor seconds an epoch")
    print(f"  {'':<34}{'ours':>18}{'scikit-learn':>20}{'times ours':>12}")
    for name in SHAPES:
        runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
        for _ in range(1 if quick else min(turns, 3)):
            for kind in KINDS:
                told = subprocess.run(
                    [sys.executable, "-m", "benchmarks.sparse", kind, name, str(epochs)],
                    check=True,
                    capture_output=True,
                    text=True,
                    env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
                runs[kind].append(json.loads(told.stdout))
        ours, theirs = (
            {key: median(run[key] for run in runs[kind]) for key in ("seconds", "megabytes")}
            for kind in KINDS
        )
        columns = "".join(
            f"{both['seconds']:>10.2f} s{both['megabytes']:>6.0f} MB" for both in (ours, theirs)
        )
        print(f"  {name:<34}{columns}{theirs['seconds'] / ours['seconds']:>10.1f}", flush=True)


def _make(n: int, m: int, stored: int) -> Any:
    """A random table; the entries of wide ones crowd in few columns, as words do."""
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    starts = np.concatenate([[0], np.cumsum(rng.poisson(stored / n, n))])
    columns = rng.integers(0, m, starts[-1])
    if m > n:
        columns = rng.permutation(m)[np.floor(m * rng.random(starts[-1]) ** 4).astype(np.int64)]
    X = csr_matrix((rng.random(starts[-1]), columns.astype(np.int32), starts.astype(np.int32)), shape=(n, m))
    X.sum_duplicates()
    return X


def _run(kind: str, name: str, epochs: int) -> None:
    import resource

    n, m, stored, K = SHAPES[name]
    X, y = _make(n, m, stored), np.random.default_rng(1).integers(0, K, n)
    if kind == "MLPClassifier":
        from sklearn.neural_network import MLPClassifier as Model
    else:
        from triceptron import ThreeLayerPerceptron as Model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = process_time()
        Model(max_iter=epochs, random_state=0).fit(X, y)
        seconds = (process_time() - began) / epochs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
