"""How times are taken and told.

Small machines are shared and noisy, so contenders take turns (A B C A B C …), each figure is a median
over the turns, and a ratio is the median of the turns' own ratios.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from time import perf_counter, sleep

import numpy as np

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PEERS = ("numpy", "scikit-learn", "torch", "jax", "onnxruntime")


@dataclass
class Contender:
    """Somebody who does the work: `run` is timed and returns a figure that shows the work was done."""

    name: str
    run: Callable[[], object]


def seconds(run: Callable[[], object]) -> float:
    sleep(0.1)  # the threads of whoever ran before spin for some milliseconds before they sleep
    began = perf_counter()
    run()
    return perf_counter() - began


def peak(dtype: type) -> Contender:
    """The machine's own peak: NumPy's matrix multiplication, large and square."""
    size = 2048 if dtype == np.float32 else 1536
    A = np.random.default_rng(0).normal(size=(size, size)).astype(dtype)
    return Contender(f"{'s' if dtype == np.float32 else 'd'}gemm {size}", lambda: A @ A)


def race(title: str, contenders: list[Contender], flop: float, dtype: type, turns: int) -> None:
    """Let all run `turns` times in turn and print a line for each.

    `flop` is the arithmetic of one run, dtype the precision that the share of the peak is of. The first
    contender is ours; the others' ratios say how many times as long they take.
    """
    machine = peak(dtype)
    size = int(machine.name.split()[1])
    for contender in (machine, *contenders):
        contender.run()  # warm: caches, thread pools, compilers
    times: dict[str, list[float]] = {contender.name: [] for contender in (machine, *contenders)}
    for _ in range(turns):
        for contender in (machine, *contenders):
            times[contender.name].append(seconds(contender.run))
    peaks = [2 * size**3 / t for t in times.pop(machine.name)]
    print(
        f"\n{title}\n  {flop / 1e9:.2f} GFLOP a run, {turns} turns, "
        f"peak {machine.name}: {median(peaks) / 1e9:.0f} GFLOP/s"
    )
    print(f"  {'':<44}{'seconds':>10}{'GFLOP/s':>10}{'of peak':>10}{'times ours':>12}")
    ours = times[contenders[0].name]
    for name, taken in times.items():
        share = median(flop / t / p for t, p in zip(taken, peaks, strict=True))
        ratio = median(t / o for t, o in zip(taken, ours, strict=True))
        speed = flop / median(taken) / 1e9
        print(f"  {name:<44}{median(taken):>10.4g}{speed:>10.1f}{share:>10.0%}{ratio:>12.2f}", flush=True)


def header() -> None:
    """Say where and with what."""
    from triceptron import core

    versions = []
    for peer in PEERS:
        try:
            versions.append(f"{peer} {version(peer)}")
        except PackageNotFoundError:
            versions.append(f"{peer} not installed: left out")
    print(f"{_processor()}, {THREADS} threads, {platform.system()}, Python {platform.python_version()}")
    print(f"triceptron {core.version()} (core: {core.instruction_set()}), {', '.join(versions)}")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
