"""What many tests need: the digits as the text prepares them, and random networks."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.kaggle_files import write_competition
from triceptron import datasets, parameters

settings.register_profile(
    "triceptron", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("triceptron")


class Digits(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    test_X: np.ndarray
    test_y: np.ndarray
    parameters: parameters.Parameters


@pytest.fixture(scope="session")
def digits():
    """The text's split, standardisation and start, in float64."""
    train, test = datasets.split(datasets.load_digits())
    standardisation = datasets.Standardisation.fit(train.X)
    start = parameters.initialize(64, 50, 10, scheme="exercise", rng=32)
    return Digits(
        standardisation.transform(train.X), train.y, standardisation.transform(test.X), test.y, start
    )


class Problem(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    parameters: parameters.Parameters


@st.composite
def problems(draw, dtype=None):
    """A random network with random data; n, m, h, K all differ as often as not."""
    n, m, h, K = (draw(st.integers(low, high)) for low, high in ((1, 40), (1, 30), (1, 30), (2, 12)))
    dtype = dtype or draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    start = parameters.initialize(m, h, K, rng=rng, dtype=dtype)
    start = start._replace(b1=rng.normal(size=h).astype(dtype), b2=rng.normal(size=K).astype(dtype))
    return Problem(rng.normal(size=(n, m)).astype(dtype), rng.integers(K, size=n), start)


@pytest.fixture
def competition(tmp_path):
    """A folder with both files."""
    write_competition(tmp_path)
    return tmp_path
