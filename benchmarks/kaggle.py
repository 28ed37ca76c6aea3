"""Kaggle's recipe, two epochs of it: ours and the same in PyTorch."""

from dataclasses import replace

import numpy as np

from benchmarks.measure import THREADS, Contender, race
from benchmarks.training import mnist
from triceptron.data import Dataset, Elastic, Standardisation
from triceptron.jobs import KAGGLE
from triceptron.training import Recipe, train


def kaggle(turns: int, quick: bool) -> None:
    """42,000 images, as in the competition's train.csv; a whole run has 120 epochs twice."""
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
    images = torch.from_numpy(data.X).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(data.y)
    usual = Elastic((28, 28))
    reach = round(4 * usual.sigma)
    taps = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / usual.sigma) ** 2)
    smooth = torch.zeros(28, 28 + 2 * reach)
    for row in range(28):
        smooth[row, row : row + len(taps)] = taps / taps.sum()

    def evenly(*shape: int) -> torch.Tensor:
        return 2 * torch.rand(shape) - 1

    def bent(rows: torch.Tensor) -> torch.Tensor:
        """As `Elastic`, with a field of its own for each image; places go from -1 to 1 in PyTorch."""
        n = len(rows)
        angle, shear = evenly(n) * usual.rotation * np.pi / 180, evenly(n) * usual.shear
        down, right = 1 + usual.stretch * evenly(2, n)
        sine, cosine = torch.sin(angle), torch.cos(angle)
        moves = evenly(2, n) * usual.shift / 14
        across = torch.stack([cosine * right, (sine + cosine * shear) * down, moves[0]], dim=-1)
        along = torch.stack([-sine * right, (cosine - sine * shear) * down, moves[1]], dim=-1)
        places = nn.functional.affine_grid(torch.stack([across, along], dim=1), [n, 1, 28, 28], False)
        field = smooth @ evenly(n, 2, 28 + 2 * reach, 28 + 2 * reach) @ smooth.T * usual.bend / 14
        places = places + field.permute(0, 2, 3, 1)
        looked_up = nn.functional.grid_sample(images[rows].float() / 255, places, align_corners=False)
        return looked_up.reshape(n, -1)

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
                loss = nn.functional.cross_entropy(network(bent(rows)), labels[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
        return loss.item()

    return Contender("PyTorch eager", run)
