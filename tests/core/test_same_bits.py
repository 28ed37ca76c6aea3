"""Neither threads nor vectors nor chance change a bit."""

import ctypes
import itertools
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core import problems
from triceptron import core
from triceptron.parameters import Parameters
from triceptron.training import engines

RULES = {
    "descent": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
}
MOMENTS = {"descent": 0, "momentum": 1, "nesterov": 1, "adam": 2}

SHAPES = {
    "small": {"n": 137, "m": 23, "h": 50, "K": 10},
    "many panels": {"n": 150, "m": 310, "h": 150, "K": 70},
    "many stripes": {"n": 2600, "m": 60, "h": 20, "K": 3},
    "many chunks": {"n": 1200, "m": 1000, "h": 20, "K": 3},
    "pixels": {"n": 200, "m": 100, "h": 33, "K": 5, "pixels": True, "sparse": True, "centred": True},
    "logistic": {"n": 137, "m": 40, "h": 50, "K": 1, "output": "logistic", "weighted": True},
    "identity": {"n": 150, "m": 310, "h": 150, "K": 70, "output": "identity", "alpha": 0.1},
    "distributions": {"n": 150, "m": 40, "h": 70, "K": 12, "soft": True, "weighted": True},
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


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7, 32])
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


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="Linux says there what programs may use")
def test_the_best_instruction_set_is_found():
    line = re.search(r"^flags\b(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    flags = set(line[1].split()) if line else set()
    best = "baseline"
    if {"avx2", "fma"} <= flags:
        best = "avx2"
        if {"avx512f", "avx512vl", "avx512dq", "avx512bw"} <= flags:
            best = "avx512"
    code = "from triceptron import core; print(core.instruction_set())"
    environment = {name: value for name, value in os.environ.items() if name != "TRICEPTRON_INSTRUCTION_SET"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == best


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


@pytest.mark.skipif(
    not (sys.platform == "linux" and platform.machine() == "x86_64"), reason="sets x86's modes through glibc"
)
@pytest.mark.parametrize(
    "mode", [0x8040, 0x2000, 0x6000], ids=["small numbers to zero", "down", "towards zero"]
)
@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_another_librarys_rounding_and_denormal_modes_change_no_bit(monkeypatch, mode, cut, n_threads):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    state, task = problems.make(n=90, m=70, h=40, dtype=np.float32, solver=problems.SOLVERS[3], alpha=0.1)
    task.X[:, 0] = 0
    state.parameters.W1[0] = (
        1e-40  # a pixel that is always 0: its weights decay to below the smallest normal number
    )
    rates = np.full(3, 0.05)

    def train():
        return engines.start_engine("core", state, replace(task, n_threads=n_threads))

    libm, kept = ctypes.CDLL("libm.so.6"), ctypes.create_string_buffer(32)
    expected, found = train(), train()
    expected.epoch(None, 32, rates)
    libm.fegetenv(kept)
    changed = bytearray(kept.raw)
    changed[28:] = (int.from_bytes(changed[28:], "little") | mode).to_bytes(4, "little")  # MXCSR
    try:
        libm.fesetenv(bytes(changed))
        found.epoch(None, 32, rates)
        libm.fegetenv(kept_after := ctypes.create_string_buffer(32))
    finally:
        libm.fesetenv(kept)
    assert problems.fingerprints(found.state()) == problems.fingerprints(expected.state())
    assert int.from_bytes(kept_after.raw[28:], "little") & mode == mode  # left as it was found


def golden_problem(dtype, pixels):
    """Return (parameters, X, y): whole numbers divided by powers of two, the same with any NumPy."""

    def numbers(*shape):
        count, state, found = int(np.prod(shape)), 12345, []
        for _ in range(count):
            state = (1103515245 * state + 12345) % 2**31
            found.append(state >> 16)
        return np.array(found, np.int64).reshape(shape)

    n, m, h, K = 75, 20, 18, 5
    X = (numbers(n, m) % 256).astype(np.uint8) if pixels else (numbers(n, m) / 2**14 - 1).astype(dtype)
    W1, W2 = ((numbers(*shape)[::-1] / 2**15 - 0.5).astype(dtype) for shape in ((m, h), (h, K)))
    return (W1, np.zeros(h, dtype), W2, np.zeros(K, dtype)), X, numbers(n) % K


def golden_fingerprints():
    """Return solver, cut, dtype, dropout, bytes -> fingerprint after two epochs of mini-batches."""
    found = {}
    dtypes, rates = (np.float32, np.float64), ((0.0, 0.0), (0.2, 0.5))
    kinds = itertools.product(RULES.items(), ("rows", "units"), dtypes, rates, (False, True))
    for (rule, constants), cut, dtype, dropout, pixels in kinds:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRICEPTRON_CUT", cut)
            four, X, y = golden_problem(dtype, pixels)
            moments = [tuple(np.zeros_like(part) for part in four)] * MOMENTS[rule]
            running = core.training(
                parameters=four,
                moments=moments,
                X=X,
                y=y,
                scale=np.full(20, 256.0) if pixels else None,
                rule=rule,
                alpha=0.01,
                dropout=dropout,
                dropout_seed=5,
                n_threads=2,
                **constants,
            )
            for _ in range(2):
                running.epoch(np.arange(75)[::-1].copy(), 33, np.full(3, 2.0**-4))
        kind = "bytes" if pixels else "floats"
        found[f"{rule} {cut} {np.dtype(dtype).name} {dropout[1]} {kind}"] = Parameters(
            *running.parameters()
        ).fingerprint()
    return found


def test_the_bits_are_those_of_the_last_version():
    if core.instruction_set() == "baseline" and platform.machine() == "x86_64":
        pytest.skip("no fused multiply-add here")
    golden = Path(__file__).with_name("golden.json")
    assert golden_fingerprints() == json.loads(golden.read_text())


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
