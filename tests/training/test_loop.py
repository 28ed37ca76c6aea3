import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from tests import reference
from tests.conftest import problems
from triceptron import datasets, steps
from triceptron.data import Elastic, Standardisation
from triceptron.parameters import Parameters, initialize
from triceptron.training import Adam, DivergenceError, Momentum, TrainingInterrupted, dropout, loss, train

ENGINES = ["core", "steps"]


@pytest.mark.parametrize("engine", ENGINES)
def test_digits_job_gives_every_reference_value(digits, engine):
    training = train(
        digits.parameters,
        digits.X,
        digits.y,
        test=(digits.test_X, digits.test_y),
        epochs=1000,
        learning_rate=0.03,
        engine=engine,
    )
    for epoch, (train_loss, test_loss) in reference.LOSSES.items():
        assert training.history.train_loss[epoch - 1] == pytest.approx(train_loss, abs=1e-9)
        assert training.history.test_loss[epoch - 1] == pytest.approx(test_loss, abs=1e-9)
    correct = (steps.predict(digits.test_X, training.parameters) == digits.test_y).sum()
    assert (correct, len(digits.test_y)) == (reference.CORRECT, reference.TESTED)


def test_an_epoch_of_mini_batches_is_the_update_of_each_batch_in_turn():
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(7, 4)), rng.integers(3, size=7), initialize(4, 5, 3, rng=1)
    trained = train(start, X, y, epochs=1, learning_rate=0.5, batch_size=3, shuffle=False, engine="steps")
    parameters, losses = start, []
    for rows in (slice(0, 3), slice(3, 6), slice(6, 7)):
        Y = steps.one_hot(y[rows], 3, np.float64)
        Z, H, O = steps.forward(X[rows], parameters)  # noqa: E741
        losses.append(len(Y) * steps.cross_entropy(Y, O))
        gradient = steps.compute_gradient(Y, steps.softmax(O), H, Z, X[rows], parameters)
        parameters = steps.update(parameters, gradient, 0.5)
    assert trained.parameters.fingerprint() == parameters.fingerprint()
    assert trained.history.train_loss == pytest.approx([sum(losses) / 7], rel=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("batch_size", "recorded"), [(None, ("before", "before")), (300, ("during", "after"))]
)
def test_the_held_out_loss_is_from_before_a_full_batch_and_from_after_the_last_of_several(
    digits, engine, batch_size, recorded
):
    at_the_end = [digits.parameters]
    training = train(
        digits.parameters,
        digits.X,
        digits.y,
        test=(digits.test_X, digits.test_y),
        epochs=4,
        learning_rate=0.1,
        batch_size=batch_size,
        engine=engine,
        callback=lambda epoch: at_the_end.append(epoch.state().parameters),
    )
    assert training.history.recorded == recorded
    states = at_the_end[:-1] if batch_size is None else at_the_end[1:]
    expected = [loss(digits.test_X, digits.test_y, parameters, engine="steps") for parameters in states]
    assert training.history.test_loss == pytest.approx(expected, rel=1e-9)


def test_a_history_says_when_its_losses_were_taken():
    X, y, start = np.eye(4), np.array([0, 1, 0, 1]), initialize(4, 3, 2)
    options = {"epochs": 1, "learning_rate": 0.1, "test": (X, y)}
    full, several = train(start, X, y, **options), train(start, X, y, batch_size=2, **options)
    assert "before], test_loss" in repr(full.history)
    assert "during], test_loss" in repr(several.history)
    assert "after], seconds" in repr(several.history)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("solver", "options"),
    [
        (Momentum(0.9), {"solver": "sgd", "nesterovs_momentum": False}),
        (Momentum(0.9, nesterov=True), {"solver": "sgd"}),
        (Adam(), {"solver": "adam"}),
    ],
)
def test_training_equals_scikit_learns_with_penalty_and_weights(engine, solver, options):
    rng = np.random.default_rng(3)
    X, y, weights = rng.normal(size=(60, 5)), rng.integers(3, size=60), rng.uniform(0.1, 2, size=60)
    constants = {"hidden_layer_sizes": 6, "batch_size": 20, "shuffle": False, "alpha": 0.3, "random_state": 5}
    peer = MLPClassifier(**constants, **options, learning_rate_init=0.01, max_iter=4)
    begun = MLPClassifier(
        **constants, **options, learning_rate_init=1e-300, max_iter=1
    )  # the same start, unmoved
    with pytest.warns(UserWarning, match="Maximum iterations"):
        peer.fit(X, y, sample_weight=weights)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        begun.fit(X, y)
    (W1, W2), (b1, b2) = begun.coefs_, begun.intercepts_
    trained = train(
        Parameters(W1, b1, W2, b2),
        X,
        y,
        epochs=4,
        learning_rate=0.01,
        batch_size=20,
        shuffle=False,
        solver=solver,
        alpha=0.3,
        sample_weight=weights,
        engine=engine,
    )
    expected = (peer.coefs_[0], peer.intercepts_[0], peer.coefs_[1], peer.intercepts_[1])
    for ours, theirs in zip(trained.parameters, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@given(problems(), st.integers(1, 50), st.integers(0, 3))
def test_training_changes_nothing_it_was_given(problem, batch_size, epochs):
    X, y, start = problem
    for array in (X, y, *start):
        array.flags.writeable = False
    training = train(start, X, y, epochs=epochs, learning_rate=0.1, batch_size=batch_size, engine="steps")
    assert training.history.epochs == epochs
    assert {theta.dtype for theta in training.parameters} == {X.dtype}


def test_dropout_gives_the_gradient_of_the_thinned_network():
    """One plain update with both masks, against the formulas with the masks written out."""
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(9, 6)), rng.integers(4, size=9), initialize(6, 8, 4, rng=1)
    trained = train(start, X, y, epochs=1, learning_rate=1.0, dropout=(0.25, 0.5), engine="steps")
    seed = trained.state.dropout_seed
    D0 = dropout.mask(seed, 0, dropout.INPUT, (9, 6), 0.25, np.float64)
    D1 = dropout.mask(seed, 0, dropout.HIDDEN, (9, 8), 0.5, np.float64)
    W1, b1, W2, b2 = start
    Z = (X * D0) @ W1 + b1
    H = steps.relu(Z) * D1
    dO = (steps.softmax(H @ W2 + b2) - steps.one_hot(y, 4, np.float64)) / 9
    dZ = dO @ W2.T * D1 * (Z > 0)
    expected = Parameters(W1 - (X * D0).T @ dZ, b1 - dZ.sum(0), W2 - H.T @ dO, b2 - dO.sum(0))
    for ours, wanted in zip(trained.parameters, expected, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("solver", [Momentum(), Adam()])
def test_a_training_in_two_parts_ends_with_the_same_bits(engine, solver):
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(50, 6)), rng.integers(4, size=50), initialize(6, 8, 4, rng=1)
    options = {
        "learning_rate": 0.1,
        "batch_size": 16,
        "solver": solver,
        "dropout": (0.1, 0.3),
        "engine": engine,
    }
    whole = train(start, X, y, epochs=5, rng=np.random.default_rng(9), **options)
    shuffler = np.random.default_rng(9)
    half = train(start, X, y, epochs=2, rng=shuffler, **options)
    rest = train(half.state, X, y, epochs=3, rng=shuffler, **options)
    assert rest.parameters.fingerprint() == whole.parameters.fingerprint()
    assert half.history.train_loss + rest.history.train_loss == whole.history.train_loss


@pytest.mark.parametrize("engine", ENGINES)
def test_pixels_with_their_standardisation_learn_as_standardised_floats(engine):
    rng = np.random.default_rng(0)
    pixels, y = rng.integers(0, 256, size=(40, 12)).astype(np.uint8), rng.integers(3, size=40)
    standardisation = datasets.Standardisation.fit(pixels)
    options = {"epochs": 3, "learning_rate": 0.2, "batch_size": 16, "engine": engine}
    start = initialize(12, 5, 3, rng=2)
    from_pixels = train(start, pixels, y, standardisation=standardisation, **options)
    from_floats = train(start, standardisation.transform(pixels), y, **options)
    for one, other in zip(from_pixels.parameters, from_floats.parameters, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_callback_is_told_each_epoch_and_may_stop():
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(20, 3)), rng.integers(2, size=20), initialize(3, 4, 2)
    told = []

    def callback(epoch):
        told.append((epoch.number, epoch.train_loss, epoch.state().step))
        return epoch.number == 3

    training = train(start, X, y, epochs=10, learning_rate=0.1, callback=callback)
    assert [number for number, _, _ in told] == [1, 2, 3]
    assert [loss for _, loss, _ in told] == training.history.train_loss
    assert [step for _, _, step in told] == [1, 2, 3]


def test_learning_rate_may_follow_a_schedule():
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(20, 3)), rng.integers(2, size=20), initialize(3, 4, 2)
    asked = []
    train(start, X, y, epochs=2, learning_rate=lambda step: asked.append(step) or 0.1, batch_size=8)
    assert asked == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("engine", ENGINES)
def test_divergence_is_told_with_its_epoch_and_the_curve_up_to_there(digits, engine):
    with pytest.raises(
        DivergenceError, match=r"epoch \d+: training diverged .* smaller learning rate"
    ) as raised:
        train(digits.parameters, digits.X, digits.y, epochs=100, learning_rate=1e9, engine=engine)
    history = raised.value.history
    assert f"epoch {history.epochs + 1}:" in str(raised.value)
    assert np.isfinite(history.train_loss).all()


def test_parameters_lost_in_the_last_update_are_divergence_too():
    X, y = np.full((2, 2), 1e200), np.array([0, 1])
    with pytest.raises(DivergenceError, match="epoch 1"):
        train(initialize(2, 3, 2, rng=1), X, y, epochs=1, learning_rate=1e200, engine="steps")


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_keeps_what_was_done(digits, engine):
    def interrupt(epoch):
        if epoch.number == 7:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted) as raised:
        train(
            digits.parameters,
            digits.X,
            digits.y,
            epochs=50,
            learning_rate=0.1,
            engine=engine,
            callback=interrupt,
        )
    assert raised.value.history.epochs == raised.value.state.step == 7


def _case(X=None, y=None, **options):
    X = np.zeros((4, 3)) if X is None else X
    y = np.array([0, 1, 0, 1]) if y is None else y
    return X, y, {"epochs": 1, "learning_rate": 0.1} | options


def _with(value):
    X = np.zeros((4, 3))
    X[2, 1] = value
    return X


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("case", "message"),
    [
        (_case(X=np.zeros((4, 2))), r"X must have shape \(n, 3\).*got \(4, 2\)"),
        (_case(X=np.zeros(3)), r"X must have shape \(n, 3\).*got \(3,\)"),
        (_case(X=np.zeros((0, 3)), y=np.zeros(0, int)), "X has no rows"),
        (_case(X=np.zeros((4, 3), np.float32)), "X is float32 but the parameters are float64"),
        (_case(X=_with(np.nan)), r"X must be finite, but X\[2, 1\] is nan"),
        (_case(X=_with(-np.inf)), r"X must be finite, but X\[2, 1\] is -inf"),
        (_case(y=np.array([0, 1, 2, 1])), r"y must hold labels from 0 to 1, but y\[2\] is 2"),
        (_case(y=np.array([0, -1, 0, 1])), r"y\[1\] is -1"),
        (_case(y=np.array([0.0, 1, 0, 1])), "y must hold whole numbers from 0 to 1, got dtype float64"),
        (_case(y=np.array([0, 1])), r"y must have shape \(4,\).*got \(2,\)"),
        (_case(learning_rate=0), "learning_rate must be a finite number greater than 0, got 0"),
        (_case(learning_rate=float("nan")), "learning_rate must be .* got nan"),
        (_case(learning_rate="fast"), "learning_rate must be a number .* got 'fast'"),
        (_case(epochs=-1), "epochs must be a whole number of at least 0, got -1"),
        (_case(batch_size=0), "batch_size must be a whole number of at least 1, got 0"),
        (_case(alpha=-1), "alpha must be a finite number at least 0, got -1"),
        (_case(dropout=(0, 1)), "dropout of the hidden layer must be .* less than 1, got 1"),
        (_case(n_threads=0), "n_threads must be"),
        (_case(sample_weight=np.zeros(4)), "sample_weight must be .* not all zero"),
        (_case(sample_weight=np.ones(3)), r"sample_weight must have shape \(4,\)"),
        (_case(test=(np.zeros((2, 2)), [0, 1])), r"test X must have shape \(n, 3\)"),
        (_case(test=(np.zeros((2, 3)), [0, 2])), r"test y\[1\] is 2"),
        (_case(standardisation=datasets.Standardisation(np.zeros(3), np.zeros(3))), "positive scale"),
    ],
)
def test_bad_input_is_named_with_what_it_is_and_what_is_wanted(engine, case, message):
    X, y, options = case
    with pytest.raises(ValueError, match=message):
        train(initialize(3, 2, 2), X, y, engine=engine, **options)


def test_an_unknown_engine_is_refused():
    X, y, options = _case()
    with pytest.raises(ValueError, match="engine must be one of core, steps, got 'gpu'"):
        train(initialize(3, 2, 2), X, y, engine="gpu", **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_augmented_epochs_learn_from_what_augment_made_of_x(engine):
    rng = np.random.default_rng(0)
    X, y, start = rng.normal(size=(20, 3)), rng.integers(2, size=20), initialize(3, 4, 2)
    before = X.copy()
    once = train(start, X, y, epochs=1, learning_rate=0.1, engine=engine)
    shifted = train(once.state, X + 1, y, epochs=1, learning_rate=0.1, engine=engine)
    both = train(start, X, y, epochs=2, learning_rate=0.1, engine=engine, augment=lambda X, epoch: X + epoch)
    assert both.parameters.fingerprint() == shifted.parameters.fingerprint()
    assert (X == before).all()


@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_hot_rows_are_labels_to_the_last_bit(cut, dtype, monkeypatch):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    rng = np.random.default_rng(0)
    X, y, start = (
        rng.normal(size=(90, 7)).astype(dtype),
        rng.integers(0, 5, 90),
        initialize(7, 20, 5, dtype=dtype),
    )
    common = {"epochs": 3, "learning_rate": 0.1, "batch_size": 40, "alpha": 0.1}
    labels = train(start, X, y, test=(X, y), **common)
    rows = train(start, X, np.eye(5)[y], test=(X, y), **common)
    assert rows.parameters.fingerprint() == labels.parameters.fingerprint()
    assert rows.history.train_loss == labels.history.train_loss
    assert rows.history.test_loss == labels.history.test_loss


@pytest.mark.parametrize("engine", ["core", "steps"])
def test_a_network_learns_the_probabilities_that_it_is_given(engine):
    rng = np.random.default_rng(0)
    X, Y = np.eye(4), rng.dirichlet(np.ones(3), 4)
    trained = train(initialize(4, 30, 3, rng=1), X, Y, epochs=3000, learning_rate=0.5, engine=engine)
    P = steps.softmax(steps.forward(X, trained.parameters).O)
    np.testing.assert_allclose(P, Y, atol=0.01)
    entropy = -(Y * np.log(Y)).sum(axis=1).mean()
    assert trained.history.train_loss[-1] == pytest.approx(entropy, abs=1e-3)  # it cannot be less


@pytest.mark.parametrize("engine", ["core", "steps"])
def test_an_epoch_may_have_its_own_truth(engine):
    rng = np.random.default_rng(0)
    X, start = rng.normal(size=(30, 4)), initialize(4, 6, 3)
    truths = rng.dirichlet(np.ones(3), (2, 30))
    common = {"learning_rate": 0.1, "engine": engine}
    both = train(start, X, truths[0], epochs=2, augment=lambda X, epoch: (X, truths[epoch]), **common)
    first = train(start, X, truths[0], epochs=1, **common)
    second = train(first.state, X, truths[1], epochs=1, **common)
    assert both.parameters.fingerprint() == second.parameters.fingerprint()


@pytest.mark.parametrize(
    ("Y", "problem"),
    [
        (np.full((30, 3), 0.5), r"y must have rows of probabilities that sum to 1, but y\[0\] is"),
        (np.tile([1.5, -0.5, 0], (30, 1)), r"y must have rows of probabilities that sum to 1"),
        (np.full((30, 2), 0.5), r"y must have shape \(30, 3\)"),
        (np.full((30, 3), np.nan), "y must be finite"),
    ],
)
def test_rows_that_are_no_distributions_are_refused(Y, problem):
    with pytest.raises(ValueError, match=problem):
        train(initialize(4, 6, 3), np.zeros((30, 4)), Y, epochs=1, learning_rate=0.1)


def test_an_augmented_truth_needs_one_to_take_the_place_of():
    X, y, Y = np.zeros((30, 4)), np.zeros(30, np.int64), np.full((30, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"needs a Y \(n, K\) to take the place of"):
        train(initialize(4, 6, 3), X, y, epochs=1, learning_rate=0.1, augment=lambda X, epoch: (X, Y))


def test_bent_images_need_one_scale_for_all_pixels():
    X = np.random.default_rng(0).integers(0, 256, (30, 12)).astype(np.uint8)
    common = {"epochs": 1, "learning_rate": 0.1, "augment": Elastic((3, 4))}
    start, y = initialize(12, 5, 3), np.zeros(30, np.int64)
    with pytest.raises(
        ValueError, match="standardisation must have one scale for all pixels where images are"
    ):
        train(start, X, y, standardisation=Standardisation.fit(X), **common)
    train(start, X, y, standardisation=Standardisation(np.arange(12.0), np.full(12, 80.0)), **common)
