from dataclasses import replace

import numpy as np
import pytest

from triceptron import initialize, train
from triceptron.data import Dataset, Standardisation
from triceptron.training import Momentum, Recipe, predict

RNG = np.random.default_rng(0)
PIXELS = Dataset(
    RNG.integers(0, 256, (50, 12)).astype(np.uint8), RNG.integers(0, 3, 50), ("a", "b", "c"), (3, 4)
)
PLAIN = Standardisation.of_pixels(12)


def test_a_recipe_trains_as_train_does_with_the_same_hyperparameters():
    recipe = Recipe(
        hidden=6,
        learning_rate=0.2,
        epochs=4,
        batch_size=8,
        solver="nesterov",
        alpha=1e-3,
        dropout=0.2,
        seed=5,
    )
    said = train(**recipe.arguments(PIXELS, PLAIN, test=PIXELS))
    expected = train(
        initialize(12, 6, 3, rng=5, dtype=np.float32),
        *PIXELS[:2],
        test=PIXELS[:2],
        standardisation=PLAIN,
        epochs=4,
        learning_rate=0.2,
        batch_size=8,
        solver=Momentum(0.9, nesterov=True),
        alpha=1e-3,
        dropout=(0.0, 0.2),
        rng=5,
    )
    assert said.parameters.fingerprint() == expected.parameters.fingerprint()
    assert said.history.test_loss == expected.history.test_loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tables_of_floats_are_standardised_too(dtype):
    data = PIXELS._replace(X=PIXELS.X.astype(np.float64))
    recipe = Recipe(epochs=3, seed=1, dtype=dtype)
    training = train(**recipe.arguments(data, PLAIN, test=data))
    assert training.parameters.W1.dtype == dtype
    bytes_too = train(**recipe.arguments(PIXELS, PLAIN, test=PIXELS))
    np.testing.assert_allclose(training.history.test_loss, bytes_too.history.test_loss, rtol=1e-5)


def test_one_cycle_spans_all_updates():
    rates = []
    recipe = Recipe(learning_rate=0.5, epochs=5, batch_size=10, schedule="one_cycle")
    train(**recipe.arguments(PIXELS, PLAIN), callback=lambda epoch: rates.append(epoch.learning_rate))
    assert max(rates) == rates[0] == 0.5  # five updates an epoch: the peak after the first
    assert rates[-1] == pytest.approx(0.5 / 21)


@pytest.mark.parametrize("augment", ["shift", "affine", "elastic"])
def test_augmented_images_are_learned_from_and_the_same_for_a_seed(augment):
    recipe = Recipe(epochs=3, augment=augment, seed=2)
    fingerprints = {
        train(**recipe.arguments(PIXELS, PLAIN), n_threads=threads).parameters.fingerprint()
        for threads in (1, 2)
    }
    assert len(fingerprints) == 1
    still = train(**replace(recipe, augment="none").arguments(PIXELS, PLAIN)).parameters.fingerprint()
    assert still not in fingerprints


@pytest.mark.parametrize("solver", ["sgd", "momentum", "nesterov", "adam"])
def test_every_solver_learns(digits, solver):
    data = Dataset(digits.X, digits.y, tuple("0123456789"))
    rate = 0.01 if solver == "adam" else 0.1
    recipe = Recipe(learning_rate=rate, epochs=10, batch_size=32, solver=solver)
    training = train(**recipe.arguments(data, Standardisation(np.zeros(64), np.ones(64))))
    test_X = digits.test_X.astype(np.float32)
    assert (predict(test_X, training.parameters) == digits.test_y).mean() > 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 0}, "hidden must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be a finite number greater than 0, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"solver": "lbfgs"}, "solver must be one of sgd, momentum, nesterov, adam, got 'lbfgs'"),
        ({"momentum": 1}, "momentum must be a finite number at least 0 and less than 1"),
        ({"schedule": "cosine"}, "schedule must be one of constant, one_cycle"),
        ({"alpha": -1}, "alpha must be"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"input_dropout": -0.1}, "input_dropout must be"),
        ({"augment": "mixup"}, "augment must be one of none, shift, affine, elastic"),
        ({"augment_strength": 10}, "augment_strength must be a finite number at least 0 and less than 10"),
        ({"init": "zeros"}, "init must be one of he, glorot, exercise"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64"),
    ],
)
def test_hyperparameters_that_do_not_fit_are_refused_at_once(change, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**change)


@pytest.mark.parametrize("augment", ["shift", "affine", "elastic"])
def test_the_strength_says_how_far_images_are_moved(augment):
    images = PIXELS._replace(X=np.repeat(PIXELS.X[:1], len(PIXELS.X), axis=0))
    moved = [
        np.abs(
            Recipe(augment=augment, augment_strength=strength, seed=2)
            .arguments(images, PLAIN)["augment"](images.X, 0)
            .astype(float)
            - images.X
        ).mean()
        for strength in (0, 0.5, 1)
    ]
    assert moved[0] == 0 < moved[1] < moved[2]


@pytest.mark.parametrize("augment", ["shift", "affine", "elastic"])
def test_augmenting_what_is_no_image_is_refused(augment):
    recipe = Recipe(augment=augment)
    recipe.check(PIXELS)
    with pytest.raises(ValueError, match='augment must be "none" for data that are not images'):
        recipe.check(PIXELS._replace(image_shape=None))


@pytest.mark.parametrize(
    ("data", "recipe", "problem"),
    [
        (PIXELS, {"preprocess": "width_8"}, 'preprocess "width_8" is for wider images, got a width of 4'),
        (PIXELS, {"preprocess": "varied", "members": 3}, "wider images"),
        (
            PIXELS._replace(image_shape=None),
            {"preprocess": "deslanted"},
            'preprocess must be "none" for data',
        ),
        (
            PIXELS._replace(X=PIXELS.X / 255),
            {"preprocess": "deslanted"},
            'preprocess must be "none" for data',
        ),
    ],
)
def test_what_cannot_be_preprocessed_is_refused_before_it_is_trained_on(data, recipe, problem):
    with pytest.raises(ValueError, match=problem):
        Recipe(**recipe).check(data)


def test_views_that_vary_are_for_several_members():
    with pytest.raises(ValueError, match='preprocess "varied" is for several members, got members 1'):
        Recipe(preprocess="varied").check(PIXELS)
    with pytest.raises(ValueError, match="preprocess must be one of none, deslanted, width_20, .*, varied"):
        Recipe(preprocess="upright")
