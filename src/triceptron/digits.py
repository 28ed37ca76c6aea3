"""The main job of the text: learn the handwritten digits of scikit-learn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron import datasets
from triceptron.engines import DEFAULT, EngineName
from triceptron.parameters import Scheme, initialize
from triceptron.run import Run
from triceptron.training import Epoch, train
from triceptron.validation import check_count

__all__ = ["run_digits"]


def run_digits(
    *,
    hidden: int = 50,
    learning_rate: float = 0.03,
    epochs: int = 1000,
    batch_size: int | None = None,
    init: Scheme = "exercise",
    seed: int = 32,
    dtype: npt.DTypeLike = np.float64,
    engine: EngineName = DEFAULT,
    n_threads: int | None = None,
    callback: Callable[[Epoch], object] | None = None,
) -> Run:
    """Train on 60 % of the digits and test on the others; the defaults are the text's.

    Parameters
    ----------
    hidden : int
        h, the number of hidden units.
    learning_rate : float
        η.
    epochs : int
    batch_size : int, optional
        Samples an update; all 1,078 when not given.
    init : {"exercise", "he"}
        How the parameters start; see `triceptron.initialize`.
    seed : int
        Seeds the start and the shuffling. The split is always the text's.
    dtype : dtype
        float32 or float64.
    engine : str
        See `triceptron.train`.
    n_threads : int, optional
    callback : callable, optional
        Told of each epoch.

    Returns
    -------
    Run
    """
    check_count("hidden", hidden)
    train_part, test_part = datasets.split(datasets.load_digits(), test_size=0.4, seed=32)
    standardisation = datasets.Standardisation.fit(train_part.X)
    m, K = train_part.X.shape[1], len(train_part.classes)
    training = train(
        initialize(m, hidden, K, scheme=init, rng=seed, dtype=dtype),
        standardisation.transform(train_part.X, dtype),
        train_part.y,
        test=(standardisation.transform(test_part.X, dtype), test_part.y),
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=batch_size,
        rng=seed,
        engine=engine,
        n_threads=n_threads,
        callback=callback,
    )
    settings: dict[str, Any] = {
        "data": "digits",
        "hidden": hidden,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "batch_size": batch_size,
        "init": init,
        "seed": seed,
        "dtype": np.dtype(dtype).name,
        "engine": engine,
    }
    return Run(training.parameters, training.history, standardisation, test_part, settings)
