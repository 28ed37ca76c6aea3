"""Kaggle's recipe, two epochs of it: ours and the same in PyTorch."""

from dataclasses import replace

import numpy as np

from benchmarks.measure import THREADS, Contender, race
from benchmarks.training import mnist
from triceptron.data import Dataset, Standardisation
from triceptron.jobs import KAGGLE
from triceptron.training import Recipe, train


def kaggle(turns: int, quick: bool) -> None:
    """42,000 images, as in the competition's train.csv; a whole run has 30 epochs twice."""
    pixels, y = mnist()
    n = 4_200 if quick else 42_000
    data = Dataset(pixels[:n], y[:n], tuple("0123456789"), (28, 28))
    recipe = replace(KAGGLE, epochs=2)
    standardisation = Standardisation.of_pixels(784)
    contenders = [
        Contender("ours", lambda: train(**recipe.arguments(data, standardisation)).history.train_loss[-1])
    ]
    if peer := _torch(data, recipe):
        contenders.append(peer)
    flop = float(recipe.epochs * n * recipe.hidden * (4 * 784 + 6 * 10))
    race(f"Kaggle's recipe, {n:,} images, two epochs, float32", contenders, flop, np.float32, turns)


def _torch(data: Dataset, recipe: Recipe) -> Contender | None:
    try:
        import torch
        from torch import nn
    except ImportError:
        return None
    torch.set_num_threads(THREADS)
    images = nn.functional.pad(torch.from_numpy(data.X).reshape(-1, 28, 28), (2, 2, 2, 2))
    labels = torch.from_numpy(data.y)
    pixels = torch.arange(28)

    def shifted(rows: torch.Tensor) -> torch.Tensor:
        down, right = torch.randint(0, 5, (2, len(rows), 1))
        picked = images[rows[:, None, None], (down + pixels)[:, :, None], (right + pixels)[:, None, :]]
        return picked.reshape(len(rows), -1) / 255

    def run() -> float:
        network = nn.Sequential(
            nn.Linear(784, recipe.hidden), nn.ReLU(), nn.Dropout(recipe.dropout), nn.Linear(recipe.hidden, 10)
        )
        optimiser = torch.optim.SGD(
            network.parameters(), recipe.learning_rate, momentum=recipe.momentum, nesterov=True
        )
        batches = -(-len(labels) // recipe.batch_size) * recipe.epochs
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            recipe.learning_rate,
            batches,
            pct_start=0.2,
            anneal_strategy="linear",
            cycle_momentum=False,
        )
        loss = torch.tensor(np.nan)
        for _ in range(recipe.epochs):
            for rows in torch.randperm(len(labels)).split(recipe.batch_size):
                loss = nn.functional.cross_entropy(network(shifted(rows)), labels[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
        return loss.item()

    return Contender("PyTorch eager", run)
