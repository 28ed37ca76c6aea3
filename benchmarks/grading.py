"""``python -m benchmarks grading``: a class of 200 graded, loops, crashes, memory eaters and cheats included.

The submissions are the programs and the faults of ``benchmarks/faults`` and the exercise of the tests. Told:
wall and processor time of `triceptron grade` with two processes, and whether a second run from nothing gives
the same table to the byte.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from benchmarks.faults.mutants import harmless, mutants
from tests.checking.exercise import RIGHT, put

__all__ = ["grading", "submissions"]

_RELU = "return np.maximum(X, 0)"
_BAD = {
    "loop": lambda: put(_RELU, "while True: pass"),
    "sleep": lambda: put(_RELU, "import time; time.sleep(1000)"),
    "crash": lambda: put(_RELU, "import os; os._exit(3)"),
    "abort": lambda: put(_RELU, "import os; os.abort()"),
    "memory": lambda: put(_RELU, "return np.ones((1 << 40,))"),
    "eater": lambda: put(_RELU, "kept = []\nwhile True: kept.append(bytearray(1 << 24))"),
    "flood": lambda: put(_RELU, "while True: print('x' * 1000)"),
    "import": lambda: "from triceptron.steps import relu as ReLU\n" + RIGHT.replace("def ReLU", "def other"),
    "patch": lambda: "import numpy as np\nnp.allclose = lambda *a, **k: True\n" + put(_RELU, "return X"),
    "exit": lambda: "import os\n\n\nclass Gone:\n    os._exit(0)\n\n\n" + RIGHT,
    "empty": lambda: "",
    "syntax": lambda: "def relu(Z:\n",
}
_SLIPS = (
    ("y_pred - y_true", "y_true - y_pred"),
    ("np.sum(dO, axis=0)", "np.sum(dO)"),
    ("np.sum(dZ, axis=0)", "np.sum(dZ)"),
    ("/ len(y_true)", ""),
    ("(Z >= 0) * 1.0", "(Z < 0) * 1.0"),
    ("dO = (y_pred - y_true) / n", "dO = y_pred - y_true"),
    ('parameters["b1"] -=', 'parameters["b1"] +='),
    (_RELU, "return X"),
)


def submissions(count: int) -> dict[str, str]:
    """Return programs by name: a tenth does harm, a third are others' networks, the rest the exercise."""
    networks = [*mutants("tuning"), *harmless("tuning")]
    found = {}
    for number in range(count):
        if number % 10 == 0:
            kind = [*_BAD][number // 10 % len(_BAD)]
            found[f"s{number:03}_{kind}"] = _BAD[kind]() + f"# {number}\n"
        elif number % 3 == 0:
            network = networks[number * 7 % len(networks)]
            found[f"s{number:03}_network"] = network.text + f"# {number}\n"
        else:
            slip = _SLIPS[number % (len(_SLIPS) + 1) - 1] if number % (len(_SLIPS) + 1) else None
            found[f"s{number:03}_exercise"] = (put(*slip) if slip else RIGHT) + f"# {number}\n"
    return found


def grading(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks grading", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="submissions")
    parser.add_argument("--runs", type=int, default=2, help="from nothing, each")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as base:
        work = Path(base) / "work"
        work.mkdir()
        for name, text in submissions(asked.count).items():
            (work / f"{name}.py").write_text(text, encoding="utf-8")
        digests = set()
        for run in range(asked.runs):
            out = Path(base) / f"out{run}"
            began, before = perf_counter(), os.times()
            command = [sys.executable, "-m", "triceptron", "grade", work, "--out", out, "--lang", "en", "-q"]
            done = subprocess.run(command, check=False)
            wall, after = perf_counter() - began, os.times()
            cpu = sum(after[2:4]) - sum(before[2:4])
            digests.add(sha256((out / "table.csv").read_bytes()).hexdigest())
            load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
            told = f"{asked.count} submissions, exit status {done.returncode}: {wall:.0f} s wall"
            print(
                f"{told}, {cpu:.0f} s of processor time in processes that were waited for{load}", flush=True
            )
        print("the same table to the byte" if len(digests) == 1 else "THE TABLES DIFFER")
