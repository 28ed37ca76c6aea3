"""Call the core with arguments of every sort: ``python -m tests.calls [CALLS] [SEED]``.

A call passes where the core answers, or raises TypeError or ValueError; what it answers has the
same bits with another number of threads. Child processes make the calls, so that a crash is counted.
"""

import sys
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from tests.children import Position, watched
from triceptron import core

_BATCH = 5000  # calls of one child
_DTYPES = (
    np.float32,
    np.float64,
    np.uint8,
    np.int64,
    np.int32,
    bool,
    object,
    ">f8",
    np.float16,
    complex,
    "U3",
)
_NUMBERS = (
    0,
    -1,
    1,
    3,
    4097,
    2**31,
    2**62,
    2**70,
    -(2**70),
    0.5,
    np.nan,
    np.inf,
    -np.inf,
    "3",
    None,
    True,
    1j,
)
_VALUES = (np.nan, np.inf, -np.inf, 1e300, 1e-310, -1, 0, 255, 2**31, 2**62)
_THINGS = (None, 3, "abc", b"abc", [], [1.0, 2.0], [[1.0], [2.0, 3.0]], {}, object(), (), (1, 2, 3))


class Outcome(NamedTuple):
    """What came of the calls."""

    calls: int
    refused: int
    faults: list[str]


def run(calls: int, seed: int = 0) -> Outcome:
    """Make so many calls."""
    faults: list[str] = []
    position, done, all_refused = Position(), 0, 0
    began = told = time.monotonic()
    while done < calls:
        last = min(done + _BATCH, calls)
        position.set(done, 0)
        faults += watched("call", partial(_make_all, done, last, seed, position), position)
        reached, refused = position.get()
        done, all_refused = reached + 1, all_refused + refused
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{done:,} calls, {len(faults)} faults, {told - began:.0f} s", file=sys.stderr, flush=True)
    return Outcome(done, all_refused, faults)


def _make_all(first: int, last: int, seed: int, position: Position, tell: Callable[[str], None]) -> None:
    warnings.simplefilter("ignore")
    refused = 0
    for number in range(first, last):
        position.set(number, refused)
        try:
            _call(np.random.default_rng([seed, number]))
        except (TypeError, ValueError):
            refused += 1
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            tell(f"call {number}: {error!r:.200} at {place.filename}:{place.lineno}")
    position.set(last - 1, refused)


def _call(rng: np.random.Generator) -> None:
    """Make a network, train it, ask it, all of it once with each of two numbers of threads."""
    given = _problem(rng)
    for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
        name = str(rng.choice(list(given)))
        given[name] = _spoil(given[name], rng)
    how = rng.integers(2**32)
    one, several = (
        _answers(given, threads, np.random.default_rng(how)) for threads in (1, rng.integers(2, 5))
    )
    if one != several:
        raise AssertionError("the number of threads changes the bits")


def _answers(given: dict[str, Any], n_threads: int, rng: np.random.Generator) -> list[bytes]:
    given = {"n_threads": n_threads} | given
    if rng.random() < 0.3:
        names = ("parameters", "mean", "scale", "n_threads")
        predictor = core.predictor(**{name: given[name] for name in names if name in given})
        X = core.compress(given["X"]) if isinstance(given["X"], csr_array) else given["X"]
        ask = (predictor.logits, predictor.probabilities, predictor.classes)[rng.integers(3)]
        return [np.asarray(ask(X)).tobytes()]
    training = core.training(**given)
    n = len(given["y"])
    for _ in range(rng.integers(1, 3)):
        order = None if rng.random() < 0.3 else rng.integers(0, n, rng.integers(1, 2 * n + 1))
        batch = int(rng.integers(1, n + 1)) if rng.random() < 0.9 else 2**62
        rates = rng.choice([0, 1e-3, 0.1, 1e10], -(-(n if order is None else len(order)) // batch))
        asked = {"order": order, "batch_size": batch, "learning_rates": rates}
        if rng.random() < 0.2:
            name = str(rng.choice(list(asked)))
            asked[name] = _spoil(asked[name], rng)
        training.epoch(**asked)
    if rng.random() < 0.2:
        training.load(_spoil(given["parameters"], rng))
    training.renewed()
    sets = [training.parameters(), *training.moments()]
    return [array.tobytes() for arrays in sets for array in arrays] + [str(training.step()).encode()]


def _problem(rng: np.random.Generator) -> dict[str, Any]:
    """Return arguments that fit together."""
    n, m, h, K = (int(rng.choice([1, 2, 7, 8, 9, 33, 64, 65, int(rng.integers(1, 140))])) for _ in range(4))
    dtype = np.float32 if rng.random() < 0.5 else np.float64
    four = partial(_four, m, h, K, dtype, rng)
    rule = str(rng.choice(["descent", "momentum", "nesterov", "adam", "gradient"]))
    output = str(rng.choice(["softmax", "softmax", "logistic", "identity"]))
    kind = rng.choice(["plain", "pixels", "compressed", "sparse"])

    def part(rows: int) -> tuple[Any, np.ndarray]:
        X = rng.normal(size=(rows, m)).astype(dtype)
        if kind != "plain":
            X[rng.random((rows, m)) < 0.8] = 0
        if kind == "pixels":
            X = (X * 100).astype(np.uint8)
        y = rng.integers(0, K, rows) if output == "softmax" else rng.random((rows, K)).astype(dtype)
        return csr_array(X) if kind == "compressed" else X, y

    X, y = part(n)
    given = {"parameters": four(), "X": X, "y": y, "rule": rule, "output": output}
    given["moments"] = tuple(four() for _ in range({"descent": 0, "adam": 2}.get(rule, 1)))
    options = {
        "test": lambda: part(int(rng.integers(1, 50))),
        "sample_weight": lambda: rng.random(n),
        "momentum": rng.random,
        "beta_1": rng.random,
        "beta_2": rng.random,
        "epsilon": rng.random,
        "alpha": rng.random,
        "dropout": lambda: (rng.random(), rng.random()),
        "dropout_seed": lambda: int(rng.integers(2**63)),
        "step": lambda: int(rng.integers(2**40)),
    }
    if kind == "pixels":
        options |= {"mean": lambda: rng.random(m) * 255, "scale": lambda: rng.random(m) + 0.1}
    return given | {name: make() for name, make in options.items() if rng.random() < 0.3}


def _four(m: int, h: int, K: int, dtype: type, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return tuple(rng.normal(size=shape).astype(dtype) for shape in ((m, h), (h,), (h, K), (K,)))


def _spoil(value: Any, rng: np.random.Generator) -> Any:
    """Return something else in the place of an argument: often alike, often not."""
    if rng.random() < 0.05:
        return _THINGS[rng.integers(len(_THINGS))]
    if isinstance(value, tuple) and value:
        match rng.integers(4):
            case 0:
                return value[:-1]
            case 1:
                return (*value, value[0])
            case 2:
                return [*value]
        place = rng.integers(len(value))
        return (*value[:place], _spoil(value[place], rng), *value[place + 1 :])
    if isinstance(value, csr_array):
        parts = [value.data.copy(), value.indices.copy(), value.indptr.copy()]
        place = rng.integers(3)
        parts[place] = _with_another_value(parts[place], rng)
        spoilt = value.copy()
        spoilt.data, spoilt.indices, spoilt.indptr = parts
        return spoilt
    if isinstance(value, np.ndarray) and value.ndim:
        return _other_array(value, rng)
    return _NUMBERS[rng.integers(len(_NUMBERS))]


def _other_array(array: np.ndarray, rng: np.random.Generator) -> Any:
    match rng.integers(10):
        case 0:
            return array.astype(_DTYPES[rng.integers(len(_DTYPES))])
        case 1:
            return array.T
        case 2:
            return array[::-1]
        case 3:  # every second number of a longer array
            return np.repeat(array, 2, axis=-1)[..., ::2]
        case 4:
            return np.asfortranarray(array)
        case 5:
            return array[: rng.integers(len(array) + 1)]
        case 6:
            return array.reshape(-1) if rng.random() < 0.5 else array[None]
        case 7:  # not where the processor likes it
            memory = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
            memory[...] = array
            return memory
        case 8:  # one number for all of them
            return np.broadcast_to(array.reshape(-1)[:1].reshape((1,) * array.ndim), array.shape)
    return _with_another_value(array, rng)


def _with_another_value(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    array = array.copy()
    if array.size:
        value = np.array(_VALUES[rng.integers(len(_VALUES))])
        array.reshape(-1)[rng.integers(array.size)] = value.astype(array.dtype)
    return array


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    outcome = run(*(numbers or [1_000_000]))
    print("\n".join(outcome.faults[:50]))
    print(f"{outcome.calls:,} calls, {outcome.refused:,} refused: {len(outcome.faults)} faults")
    sys.exit(bool(outcome.faults))
