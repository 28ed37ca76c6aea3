"""A small competition in Kaggle's format: ten bars, each at a height of its own, in noise."""

import numpy as np

PIXELS = [f"pixel{i}" for i in range(784)]


def images(n, seed):
    """Return n images as bytes, shape (n, 784), and their labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 10, n)
    X = np.where(rng.random((n, 28, 28)) < 0.1, 40, 0)
    for image, label in zip(X, y, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
        image[:, 2 * label + 4] = 200
    return X.reshape(n, 784).astype(np.uint8), y


def lines(names, table):
    """Return the text of a CSV file."""
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in table.tolist())]) + "\n"


def write_competition(folder, train=60, test=20):
    """Write train.csv and test.csv."""
    X, y = images(train, seed=0)
    (folder / "train.csv").write_text(lines(["label", *PIXELS], np.column_stack([y, X])))
    (folder / "test.csv").write_text(lines(PIXELS, images(test, seed=1)[0]))
