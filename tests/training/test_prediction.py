import numpy as np
import pytest

from triceptron import steps
from triceptron.data import Standardisation
from triceptron.parameters import initialize
from triceptron.training import logits, predict

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (9000, 12)).astype(np.uint8)  # more than two chunks
STANDARDISATION = Standardisation.fit(PIXELS)


@pytest.mark.parametrize("engine", ["core", "steps"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_are_the_lessons_on_the_standardised_samples(engine, dtype):
    parameters = initialize(12, 7, 3, dtype=dtype)
    O = logits(PIXELS, parameters, STANDARDISATION, engine=engine)  # noqa: E741
    assert O.dtype == dtype
    expected = steps.forward(STANDARDISATION.transform(PIXELS, dtype), parameters).O
    np.testing.assert_allclose(O, expected, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5)
    said = predict(PIXELS, parameters, STANDARDISATION, engine=engine)
    np.testing.assert_array_equal(said, O.argmax(axis=1))


def test_bytes_without_a_standardisation_count_as_the_numbers_they_are():
    parameters = initialize(12, 7, 3)
    np.testing.assert_array_equal(logits(PIXELS, parameters), logits(PIXELS.astype(float), parameters))


def test_a_rows_bits_depend_on_that_row_alone():
    parameters = initialize(12, 7, 3, dtype=np.float32)
    whole = logits(PIXELS, parameters, STANDARDISATION, n_threads=2)
    rows = RNG.permutation(9000)[:50]
    np.testing.assert_array_equal(logits(PIXELS[rows], parameters, STANDARDISATION, n_threads=1), whole[rows])
