"""Kill writers and trainings: ``python -m tests.kills [KILLS] [TRAININGS]``.

A writer of a folder, a file, a checkpoint or a ledger is killed (SIGKILL, nothing can be tidied up) at each
step that it takes, and then at random moments. The old or the new must be there, whole, and the next writer
must leave nothing else. Trainings are killed one to four times while they write a checkpoint after every
epoch, are resumed after each, and must end with the same bits as one never stopped.
"""

import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from tests.writers import LETTERS, Writing, writings
from triceptron import ThreeLayerPerceptron
from triceptron.files import tensorfile

_STEPS = ("open", "os.", "shutil.", "ctypes.dlsym", "fcntl.flock")
"""What Python's audit hooks tell of a writing; flushing to the disk is a step, too."""

_TRAININGS = (
    {"solver": "adam", "early_stopping": True, "tol": 0.0},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "dropout": 0.2},
    {"solver": "adam", "learning_rate": "one_cycle", "class_weight": "balanced", "dtype": "float32"},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5, "standardize": True},
)


def kill_writers(kills: int, seed: int = 0) -> int:
    """Kill writers at all their steps, then at random moments up to that number; return how many there were.

    A writer that loses what was there, or leaves something behind, is an `AssertionError`.
    """
    done = 0
    for writing in writings():
        step = 0
        while _killed(writing, partial(_at_step, step)):
            step += 1
        done += step
    rng = np.random.default_rng(seed)
    took = {writing: _seconds(writing) for writing in writings()}
    while done < kills:
        for writing, seconds in took.items():
            done += _killed(writing, partial(_after, rng.uniform(0, 1.2 * seconds)))
    return done


def _killed(writing: Writing, kill: Callable[[], None]) -> bool:
    """Kill one writer; return False where it was done before."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        writing.write(place, LETTERS[0])
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            os.close(told)
            kill()
            writing.write(place, LETTERS[1])
            os.write(tell, b"done")
            signal.setitimer(signal.ITIMER_REAL, 0)
            os._exit(0)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        done = os.read(told, 4) == b"done"
        os.close(told)
        assert os.WIFSIGNALED(status) or status == 0, f"{writing.name} fails"
        found = writing.read(place)
        assert found in ([LETTERS[1]] if done else [*LETTERS[:2]]), (
            f"{writing.name} lost what was there: {found}"
        )
        writing.write(place, LETTERS[2])
        assert writing.read(place) == LETTERS[2]
        assert writing.left_behind(place) == [], f"{writing.name} left {writing.left_behind(place)}"
        return os.WIFSIGNALED(status)


def _at_step(step: int) -> None:
    """Let this process be killed at its step of that number from now on."""
    left = step

    def count(event: str, _: object = None) -> None:
        nonlocal left
        if event.startswith(_STEPS):
            left -= 1
            if left == -1:
                os.kill(os.getpid(), signal.SIGKILL)

    flush = os.fsync

    def fsync(descriptor: int) -> None:
        count("os.fsync")
        flush(descriptor)

    os.fsync = fsync
    sys.addaudithook(count)


def _after(seconds: float) -> None:
    """Let this process be killed after so many seconds."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # nothing of Python is run when it comes
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))


def _seconds(writing: Writing) -> float:
    with tempfile.TemporaryDirectory() as folder:
        writing.write(Path(folder), LETTERS[0])
        began = time.perf_counter()
        writing.write(Path(folder), LETTERS[1])
        return time.perf_counter() - began


class Outcome(NamedTuple):
    """What came of the trainings."""

    runs: int
    kills: int
    same: int
    found: int  # kills after which there was a checkpoint, each of them readable


def kill_and_resume(runs: int, seed: int = 0) -> Outcome:
    """Do so many trainings; a checkpoint that cannot be read is an error."""
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
            assert os.listdir(folder) == ["checkpoint"]
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
    wanted = [int(word) for word in sys.argv[1:]]
    kills = kill_writers(wanted[0] if wanted else 1000)
    print(f"{kills:,} kills of writers: nothing lost, nothing left behind", flush=True)
    outcome = kill_and_resume(wanted[1] if len(wanted) > 1 else 100)
    print(
        f"{outcome.runs} trainings, {outcome.kills} kills, {outcome.found} left a checkpoint, all readable: "
        f"{outcome.same} ended with the same bits as one never stopped"
    )
    sys.exit(outcome.same != outcome.runs)
