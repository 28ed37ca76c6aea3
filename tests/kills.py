"""Kill trainings at random moments and resume them: ``python -m tests.kills [RUNS]``.

Each run is killed (SIGKILL, nothing can be tidied up) one to four times while it trains and writes its
checkpoint after every epoch, is resumed after each, and must end with the same bits as one never stopped.
"""

import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from triceptron import ThreeLayerPerceptron
from triceptron.files import tensorfile

_TRAININGS = (
    {"solver": "adam", "early_stopping": True, "tol": 0.0},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "dropout": 0.2},
    {"solver": "adam", "learning_rate": "one_cycle", "class_weight": "balanced", "dtype": "float32"},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5, "standardize": True},
)


class Outcome(NamedTuple):
    """What came of the runs."""

    runs: int
    kills: int
    same: int
    found: int  # kills after which there was a checkpoint, each of them readable


def kill_and_resume(runs: int, seed: int = 0) -> Outcome:
    """Do so many runs; a checkpoint that cannot be read is an error."""
    rng = np.random.default_rng(seed)
    expected = [_timed_training(settings) for settings in _TRAININGS]
    kills = same = found = 0
    for run in range(runs):
        kind = run % len(_TRAININGS)
        whole, seconds = expected[kind]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint"
            for _ in range(rng.integers(1, 5)):
                killed = _killed_after(rng.uniform(0, seconds), _TRAININGS[kind], path)
                kills += killed
                if killed and path.exists():
                    tensorfile.read(path, "checkpoint")
                    found += 1
            same += _training(_TRAININGS[kind], path) == whole
    return Outcome(runs, kills, same, found)


def _training(settings: dict[str, object], path: Path) -> tuple[object, ...]:
    """Train, or go on training, to the end; return all that must be the same."""
    X, y = load_digits(return_X_y=True)
    model = ThreeLayerPerceptron(
        24, **settings, max_iter=40, n_iter_no_change=8, random_state=1, checkpoint=path, checkpoint_every=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X[:500] / 16, y[:500])
    return model.fingerprint_, model.loss_curve_, model.validation_scores_, model.n_iter_, model.t_


def _timed_training(settings: dict[str, object]) -> tuple[tuple[object, ...], float]:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        return _training(settings, Path(folder) / "checkpoint"), time.perf_counter() - began


def _killed_after(seconds: float, settings: dict[str, object], path: Path) -> bool:
    """Train in a process of its own and kill it; False where it was done before."""
    child = os.fork()
    if child == 0:
        try:
            _training(settings, path)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    outcome = kill_and_resume(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    print(
        f"{outcome.runs} runs, {outcome.kills} kills, {outcome.found} left a checkpoint, all readable: "
        f"{outcome.same} ended with the same bits as one never stopped"
    )
    sys.exit(outcome.same != outcome.runs)
