"""Neither threads nor vectors nor chance change a bit."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.core import problems
from triceptron import core

SHAPES = {
    "small": {"n": 137, "m": 23, "h": 50, "K": 10},
    "many panels": {"n": 150, "m": 310, "h": 150, "K": 70},
    "many stripes": {"n": 2600, "m": 60, "h": 20, "K": 3},
    "many chunks": {"n": 1200, "m": 1000, "h": 20, "K": 3},
    "pixels": {"n": 200, "m": 100, "h": 33, "K": 5, "pixels": True, "sparse": True, "centred": True},
    "logistic": {"n": 137, "m": 40, "h": 50, "K": 1, "output": "logistic", "weighted": True},
    "identity": {"n": 150, "m": 310, "h": 150, "K": 70, "output": "identity", "alpha": 0.1},
    "compressed": {
        "n": 300,
        "m": 900,
        "h": 70,
        "K": 5,
        "sparse": True,
        "compressed": True,
        "dropout": (0.2, 0.0),
    },
    "dropout": {"n": 90, "m": 31, "h": 70, "K": 5, "dropout": (0.2, 0.5), "alpha": 0.1, "weighted": True},
}


def all_fingerprints(n_threads=2):
    """Train every shape with every solver, full batch and mini-batch, in both dtypes, cut either way."""
    found = {}
    kinds = itertools.product(SHAPES.items(), problems.SOLVERS, (np.float32, np.float64), (None, 32))
    for ((name, shape), solver, dtype, batch_size), cut in itertools.product(kinds, ("rows", "units")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRICEPTRON_CUT", cut)
            state, task = problems.make(dtype=dtype, solver=solver, n_threads=n_threads, **shape)
            losses, after = problems.run("core", state, task, epochs=2, batch_size=batch_size)
        key = f"{name}, {solver}, {dtype.__name__}, {batch_size}, {cut}"
        found[key] = [*problems.fingerprints(after), losses.tobytes().hex()]
    return found


@pytest.fixture(scope="module")
def expected():
    return all_fingerprints(1)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
def test_the_number_of_threads_changes_no_bit(expected, n_threads):
    assert all_fingerprints(n_threads) == expected


@pytest.mark.parametrize("name", ["avx2", "avx512"])
def test_the_instruction_set_changes_no_bit(expected, name):
    if core.instruction_set() not in ("avx2", "avx512"):
        pytest.skip("this machine has no fused multiply-add in vectors of x86")
    if name == "avx512" and core.instruction_set() != "avx512":
        pytest.skip("this machine has no AVX-512")
    assert in_process_of(name) == expected


def test_without_fused_multiply_add_the_core_still_runs_the_same_every_time():
    assert in_process_of("baseline") == in_process_of("baseline")


def test_an_unknown_instruction_set_is_an_error():
    code = "from triceptron import core; core.instruction_set()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TRICEPTRON_INSTRUCTION_SET": "mmx"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "TRICEPTRON_INSTRUCTION_SET must name one that this machine has" in done.stderr


def in_process_of(name):
    code = "import json; from tests.core.test_same_bits import all_fingerprints as f; print(json.dumps(f()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TRICEPTRON_INSTRUCTION_SET": name},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_predictions_are_the_same_alone_and_in_company():
    state, task = problems.make(n=200, m=40, h=30)
    X = task.X
    expected = core.predictor(state.parameters, n_threads=1).logits(X)
    for n_threads in (2, 3, 7):
        predictor = core.predictor(state.parameters, n_threads=n_threads)
        assert predictor.logits(X).tobytes() == expected.tobytes()
        assert b"".join(predictor.logits(x).tobytes() for x in X) == expected.tobytes()
