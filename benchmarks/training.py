"""The trainings: the digits job, full batch at Kaggle's size, mini-batches at MNIST's."""

import os
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.measure import Contender, race
from benchmarks.peers import Job
from triceptron import datasets, initialize


def digits(turns: int, quick: bool) -> None:
    """The text's job, train and test loss each epoch."""
    train, test = datasets.split(datasets.load_digits())
    standardisation = datasets.Standardisation.fit(train.X)

    def job(dtype: type) -> Job:
        start = initialize(64, 50, 10, scheme="exercise", rng=32, dtype=dtype)
        X, test_X = (standardisation.transform(part.X, dtype) for part in (train, test))
        return Job(X, train.y, (test_X, test.y), start, epochs=100 if quick else 1000, learning_rate=0.03)

    single, double = job(np.float32), job(np.float64)
    rivals = _contenders(single)
    rivals.insert(2, Contender("plain NumPy, float64", lambda: peers.plain_numpy(double)))
    race("Digits job, float32", rivals, single.flop, np.float32, turns)
    race("Digits job, float64", _contenders(double), double.flop, np.float64, turns)


def full_batch(turns: int, quick: bool) -> None:
    """25,200 rows of 784 pixels, as 60 % of Kaggle's training file."""
    pixels, y = mnist()
    pixels, y = pixels[:25_200], y[:25_200]
    X = datasets.Standardisation.fit(pixels).transform(pixels, np.float32)
    plain = datasets.Standardisation(np.zeros(784), np.full(784, 255.0))
    for h in (50, 256):
        job = Job(
            X,
            y,
            None,
            initialize(784, h, 10, dtype=np.float32),
            epochs=2 if quick else 10,
            learning_rate=0.03,
        )
        contenders = _contenders(job)
        contenders[1:1] = [
            Contender(
                "ours, pixels as bytes, zeros skipped",
                lambda job=job: peers.triceptron(job, X=pixels, standardisation=plain),
            )
        ]
        race(f"Full batch, 25,200 x 784, h = {h}, float32", contenders, job.flop, np.float32, turns)


def minibatch(turns: int, quick: bool) -> None:
    """An epoch of 60,000 x 784, h = 800, batches of 128, momentum 0.9."""
    pixels, y = mnist()
    if quick:
        pixels, y = pixels[:12_800], y[:12_800]
    plain = datasets.Standardisation(np.zeros(784), np.full(784, 255.0))
    scaled = plain.transform(pixels, np.float32)
    dense = datasets.Standardisation.fit(pixels).transform(pixels, np.float32)
    start = initialize(784, 800, 10, dtype=np.float32)
    job = Job(scaled, y, None, start, epochs=1, learning_rate=0.01, batch_size=128, momentum=0.9)
    contenders = _contenders(job)
    contenders[0] = Contender(
        "ours, pixels as bytes, zeros skipped", lambda: peers.triceptron(job, X=pixels, standardisation=plain)
    )
    contenders[1:1] = [
        Contender("ours, pixels / 255 as float32, zeros skipped", lambda: peers.triceptron(job)),
        Contender("ours, standardised: no zeros to skip", lambda: peers.triceptron(job, X=dense)),
    ]
    race(
        f"Mini-batches of 128, {len(y):,} x 784, h = 800, momentum, float32",
        contenders,
        job.flop,
        np.float32,
        turns,
    )


def _contenders(job: Job) -> list[Contender]:
    name = job.X.dtype.name
    torch, jax = peers.torch(job), peers.jax(job)
    return [
        Contender(f"ours, {name}", lambda: peers.triceptron(job)),
        Contender(f"plain NumPy, {name}", lambda: peers.plain_numpy(job)),
        Contender("scikit-learn (no test loss)", lambda: peers.scikit_learn(job)),
        *([Contender("PyTorch eager", torch)] if torch else []),
        *([Contender("JAX jit, scan", jax)] if jax else []),
    ]


def mnist() -> tuple[np.ndarray, np.ndarray]:
    """MNIST's training part from TRICEPTRON_DATA, else noise with as many zeros."""
    folder = os.environ.get("TRICEPTRON_DATA")
    if folder:
        with np.load(Path(folder) / "mnist.npz", allow_pickle=False) as mnist:
            return mnist["x_train"].reshape(-1, 784), mnist["y_train"].astype(np.int64)
    print("\nTRICEPTRON_DATA names no folder with mnist.npz: random pixels, 81 % of them 0, stand in")
    rng = np.random.default_rng(0)
    pixels = rng.integers(1, 256, (60_000, 784), np.uint8) * (rng.random((60_000, 784)) < 0.19)
    return pixels.astype(np.uint8), rng.integers(0, 10, 60_000)
