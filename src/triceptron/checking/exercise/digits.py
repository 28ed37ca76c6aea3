"""The digits, which the exercise's functions find among their globals."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.source import Source
from triceptron.checking.steps_table import PROVIDED
from triceptron.data import Split, Standardisation, load

__all__ = ["digits", "provided", "uses_data"]


@cache
def digits() -> Split:
    """Load the digits as the text prepares them."""
    train, test = load("digits")
    standardisation = Standardisation.fit(train.X)
    return Split(
        train._replace(X=standardisation.transform(train.X)),
        test._replace(X=standardisation.transform(test.X)),
    )


@cache
def provided() -> dict[str, Any]:
    """Return the data by the names that the exercise gives them."""
    (trainX, trainY, *_), (testX, testY, *_) = digits()
    matrices = (steps.one_hot(y, 10, np.float64) for y in (trainY, testY))
    trainY_mat, testY_mat = matrices
    return dict(zip(PROVIDED, (trainX, trainY, trainY_mat, testX, testY, testY_mat), strict=True))


def uses_data(source: Source) -> bool:
    """Tell whether a file, or one beside it that it imports, may look for the data; to load it takes time."""
    text = "\n".join(block.text for block in source.blocks)
    words = set(text.replace(".", " ").replace(",", " ").split())
    beside = (path.stem in words for path in Path(source.folder).glob("*.py") if path.name != source.file)
    return any(name in text for name in PROVIDED) or "triceptron" in text or any(beside)
