"""The small network that the page reads digits with, and the command that makes it.

``python -m triceptron.lesson.network OUT.safetensors`` trains 784-200-10 on MNIST's images, bent afresh each
epoch, and writes the weights in 8 bits: 160 KB.
"""

import argparse
import os
from collections.abc import Sequence
from importlib.resources import files
from math import ceil
from pathlib import Path

import numpy as np
from safetensors import numpy as safetensors

from triceptron import data, steps
from triceptron.arrays import Labels, Matrix
from triceptron.data import Standardisation
from triceptron.files import write_file
from triceptron.lesson.bending import Bending, add_upstrokes
from triceptron.parameters import Parameters, initialize
from triceptron.training import Epoch, Momentum, one_cycle, train

__all__ = ["load", "main", "pack", "train_network", "unpack"]

SHIPPED = "network.safetensors"
_LARGEST = 127


def load() -> Parameters:
    """Return the network that ships with the package, in float64: pixels from 0 to 1 in, 784-200-10."""
    return unpack(files("triceptron.lesson").joinpath(SHIPPED).read_bytes())


def pack(parameters: Parameters) -> bytes:
    """Write parameters as a safetensors file with weights of 8 bits and one scale for each column."""
    W1, b1, W2, b2 = parameters
    arrays = {"b1": b1.astype(np.float32), "b2": b2.astype(np.float32)}
    for name, W in (("W1", W1), ("W2", W2)):
        scale = (np.abs(W).max(axis=0) / _LARGEST).astype(np.float32)
        arrays[name] = np.rint(W / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale
    written: bytes = safetensors.save(arrays)
    return written


def unpack(file: bytes) -> Parameters:
    """Undo `pack`, up to the rounding."""
    arrays = {name: array.astype(np.float64) for name, array in safetensors.load(file).items()}
    return Parameters(
        arrays["W1"] * arrays["W1_scale"], arrays["b1"], arrays["W2"] * arrays["W2_scale"], arrays["b2"]
    )


def train_network(*, hidden: int = 200, epochs: int = 40, seed: int = 0) -> Parameters:
    """Train on MNIST's 60,000 images, bent afresh each epoch."""
    X, y = _images(seed)
    batch_size = 128
    updates = epochs * ceil(len(y) / batch_size)
    return train(
        initialize(28 * 28, hidden, 10, rng=seed, dtype=np.float32),
        X,
        y,
        standardisation=Standardisation.of_pixels(28 * 28),
        augment=Bending(seed=seed),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=one_cycle(0.1, updates),
        solver=Momentum(0.9, nesterov=True),
        rng=seed,
        callback=_show,
    ).parameters


def _images(seed: int) -> tuple[Matrix, Labels]:
    """Return MNIST's training part, and its ones once more, with an upstroke."""
    mnist = data.load_mnist().train
    ones = add_upstrokes(mnist.X[mnist.y == 1], np.random.default_rng(seed))
    return np.concatenate([mnist.X, ones]), np.concatenate([mnist.y, np.ones(len(ones), np.int64)])


def correct(parameters: Parameters) -> int:
    """Return how many of MNIST's 10,000 test images are read right."""
    test = data.load_mnist().test
    return int((steps.predict(test.X / 255, parameters) == test.y).sum())


def main(words: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m triceptron.lesson.network", description=__doc__)
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--hidden", type=int, default=200, help="hidden units (200)")
    parser.add_argument("--epochs", type=int, default=40, help="times through MNIST (40)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    trained = train_network(hidden=given.hidden, epochs=given.epochs, seed=given.seed)
    file = pack(trained)
    write_file(given.out, file)
    print(f"MNIST's test images right: {correct(trained):,} of 10,000 as trained, ", end="")
    print(f"{correct(unpack(file)):,} in 8 bits; {os.fspath(given.out)}: {len(file):,} bytes")


def _show(epoch: Epoch) -> None:
    print(f"epoch {epoch.number:3}: training loss {epoch.train_loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
