"""``python -m benchmarks.kaggle_defaults TRAIN.csv TEST.csv``: cross-validation for the Kaggle defaults.

Every candidate is trained on the same folds of train.csv; test.csv is read only because the reader checks
both files, and nothing is learned or chosen from it.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import mean

import numpy as np

from triceptron.data import Dataset, Standardisation
from triceptron.data.kaggle import find, read
from triceptron.jobs import wilson_interval
from triceptron.training import Recipe, predict, train

LEAD = Recipe(
    hidden=800, learning_rate=0.1, batch_size=128, solver="nesterov", schedule="one_cycle", augment="elastic"
)


def candidates(epochs: int) -> dict[str, Recipe]:
    """What is done to the images, how far, how long, and dropout beside it, around one lead."""
    lead = replace(LEAD, epochs=epochs)
    return {
        "elastic": lead,
        "elastic, strength 1.25": replace(lead, augment_strength=1.25),
        "elastic, dropout 0.3": replace(lead, dropout=0.3),
        "affine": replace(lead, augment="affine"),
        "shift, dropout 0.3": replace(
            lead, augment="shift", dropout=0.3, learning_rate=0.15, epochs=max(epochs // 2, 1)
        ),
        "elastic, strength 0.75": replace(lead, augment_strength=0.75),
        "elastic, learning rate 0.2": replace(lead, learning_rate=0.2),
        "none, dropout 0.3": replace(lead, augment="none", dropout=0.3, epochs=max(epochs // 4, 1)),
        "elastic, twice the epochs": replace(lead, epochs=2 * epochs),
        "deslanted, elastic": replace(lead, preprocess="deslanted"),
        "deslanted, elastic, twice the epochs": replace(lead, preprocess="deslanted", epochs=2 * epochs),
    }


def right(data: Dataset, fold: np.ndarray, recipe: Recipe) -> int:
    """Count the digits of a fold that a training on all the others gets right."""
    learned, held_out = (data._replace(X=data.X[rows], y=data.y[rows]) for rows in (~fold, fold))
    standardisation = Standardisation.of_pixels(data.X.shape[1])
    parameters = train(**recipe.arguments(learned, standardisation)).parameters
    said = predict(recipe.seen(held_out).X, parameters, standardisation)
    return int((said == held_out.y).sum())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kaggle_defaults", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="as triceptron kaggle takes them")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--tried", type=int, help="folds that are tried, where not all of them are")
    parser.add_argument("--epochs", type=int, default=20)
    chosen = parser.parse_args()
    data = read(find(chosen.files)).train
    dealt = np.random.default_rng(0).permutation(len(data.y)) % chosen.folds
    for name, recipe in candidates(chosen.epochs).items():
        folds = [dealt == fold for fold in range(chosen.tried or chosen.folds)]
        counts = [right(data, fold, recipe) for fold in folds]
        n = sum(int(fold.sum()) for fold in folds)
        low, high = wilson_interval(sum(counts), n)
        shares = [count / fold.sum() for count, fold in zip(counts, folds, strict=True)]
        print(
            f"{name:<42}{recipe.epochs:>3} epochs  {mean(shares):.2%}  ({low:.2%} to {high:.2%})", flush=True
        )


if __name__ == "__main__":
    main()
