"""The formulas: published values, calculus, other libraries, and manners."""

import array_api_strict
import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests import reference
from tests.conftest import problems
from triceptron import steps
from triceptron.parameters import Parameters

logits = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 6)), elements=st.floats(-1e32, 1e32))


def gradient_of(X, Y, parameters, w=None):
    Z, H, O = steps.forward(X, parameters)  # noqa: E741
    P = steps.softmax(O)
    if w is None:
        return steps.compute_gradient(Y, P, H, Z, X, parameters)
    return steps.backpropagate(w[:, None] * (P - Y), H, steps.relu_derivative(Z), X, parameters)


def loss_of(X, Y, parameters, w=None):
    O = steps.forward(X, parameters).O  # noqa: E741
    return steps.cross_entropy(Y, O) if w is None else -(w * (Y * steps.log_softmax(O)).sum(axis=1)).sum()


def relative_error(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-8)


# Published values


def test_forward_gives_the_published_means(digits):
    _, H, O = steps.forward(digits.X, digits.parameters)  # noqa: E741
    assert H.mean() == pytest.approx(reference.MEAN_H, abs=1e-12)
    assert O.mean() == pytest.approx(reference.MEAN_O, abs=1e-12)
    assert steps.log_softmax(O).mean() == pytest.approx(reference.MEAN_LOG_SOFTMAX, abs=1e-12)


def test_gradient_gives_the_right_sums_and_not_the_published_wrong_ones(digits):
    gradient = gradient_of(digits.X, steps.one_hot(digits.y, 10, np.float64), digits.parameters)
    assert gradient.dW1.sum() == pytest.approx(reference.DW1_SUM, abs=1e-12)
    assert gradient.db1.sum() == pytest.approx(reference.DB1_SUM, abs=1e-12)
    assert abs(gradient.dW1.sum() - reference.WRONG_DW1_SUM) > 1e-3
    assert abs(gradient.db1.sum() - reference.WRONG_DB1_SUM) > 1e-4


def test_gradient_with_a_slope_of_one_everywhere_gives_the_published_wrong_sums(digits):
    """What the in-place ReLU does: Z is already H, no entry is negative, every slope is 1 (Z ≥ 0)."""
    Y = steps.one_hot(digits.y, 10, np.float64)
    Z, H, O = steps.forward(digits.X, digits.parameters)  # noqa: E741
    wrong = steps.compute_gradient(Y, steps.softmax(O), H, np.ones_like(Z), digits.X, digits.parameters)
    assert wrong.dW1.sum() == pytest.approx(reference.WRONG_DW1_SUM, abs=1e-12)
    assert wrong.db1.sum() == pytest.approx(reference.WRONG_DB1_SUM, abs=1e-15)


def test_update_gives_the_right_sum_after_one_step(digits):
    gradient = gradient_of(digits.X, steps.one_hot(digits.y, 10, np.float64), digits.parameters)
    stepped = steps.update(digits.parameters, gradient, 0.1)
    assert stepped.W1.sum() == pytest.approx(reference.W1_SUM_AFTER_A_STEP, abs=1e-12)


# Calculus


@given(problems(dtype=np.float64))
def test_gradient_agrees_with_central_differences(problem):
    X, y, parameters = problem
    Y = steps.one_hot(y, len(parameters.b2), np.float64)
    step = 1e-5
    reach = step * (1 + np.abs(X).max())  # how far Z moves when one weight or bias moves by `step`
    assume(np.abs(steps.forward(X, parameters).Z).min() > 2 * reach)
    for position, (theta, computed) in enumerate(zip(parameters, gradient_of(X, Y, parameters), strict=True)):
        differences = np.empty_like(theta)
        for index in np.ndindex(theta.shape):
            losses = []
            for sign in (1, -1):
                moved = [array.copy() for array in parameters]
                moved[position][index] += sign * step
                losses.append(loss_of(X, Y, moved))
            differences[index] = (losses[0] - losses[1]) / (2 * step)
        assert relative_error(computed, differences) < 1e-6


@given(problems(dtype=np.float64), st.booleans())
def test_gradient_agrees_with_automatic_differentiation(problem, weighted):
    X, y, parameters = problem
    Y = steps.one_hot(y, len(parameters.b2), np.float64)
    w = np.random.default_rng(0).dirichlet(np.ones(len(X))) if weighted else np.full(len(X), 1 / len(X))

    def loss(W1, b1, W2, b2):
        O = anp.dot(anp.maximum(anp.dot(X, W1) + b1, 0), W2) + b2  # noqa: E741
        log_sum = anp.log(anp.sum(anp.exp(O), axis=1))
        return anp.sum(w * (log_sum - anp.sum(Y * O, axis=1)))

    computed = gradient_of(X, Y, parameters, w if weighted else None)
    for differentiated, ours in zip(autograd.grad(loss, (0, 1, 2, 3))(*parameters), computed, strict=True):
        np.testing.assert_allclose(ours, differentiated, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        loss_of(X, Y, parameters, w if weighted else None), loss(*parameters), rtol=1e-12
    )


OTHER_OUTPUTS = {
    "logistic": (steps.logistic, steps.binary_cross_entropy),
    "identity": (np.positive, steps.squared_error),
}


@pytest.mark.parametrize("name", OTHER_OUTPUTS)
@given(problems(dtype=np.float64))
def test_the_gradient_of_the_other_outputs_agrees_with_automatic_differentiation(name, problem):
    X, _, parameters = problem
    activation, loss = OTHER_OUTPUTS[name]
    Y = np.random.default_rng(0).random((len(X), len(parameters.b2)))

    def plain_loss(W1, b1, W2, b2):
        O = anp.dot(anp.maximum(anp.dot(X, W1) + b1, 0), W2) + b2  # noqa: E741
        P = 1 / (1 + anp.exp(-O))
        crossed = -Y * anp.log(P) - (1 - Y) * anp.log(1 - P)
        return anp.sum((O - Y) ** 2 / 2 if name == "identity" else crossed) / len(X)

    Z, H, O = steps.forward(X, parameters)  # noqa: E741
    computed = steps.compute_gradient(Y, activation(O), H, Z, X, parameters)
    differentiated = autograd.grad(plain_loss, (0, 1, 2, 3))(*parameters)
    for ours, wanted in zip(computed, differentiated, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(loss(Y, O), plain_loss(*parameters), rtol=1e-9)


@given(logits)
def test_logistic_is_softmax_of_two_logits_one_of_them_zero(O):  # noqa: E741
    pairs = np.stack([np.zeros_like(O), O], axis=-1)
    np.testing.assert_allclose(steps.logistic(O), steps.softmax(pairs)[..., 1], rtol=1e-12)
    np.testing.assert_allclose(steps.log_logistic(O), steps.log_softmax(pairs)[..., 1], rtol=1e-9, atol=1e-15)


# Safety


def test_logistic_of_huge_logits_is_exact_and_its_logarithm_finite():
    assert steps.logistic(np.array([1e32, 0.0, -1e32])).tolist() == [1, 0.5, 0]
    assert steps.log_logistic(np.array([1e32, -1e32])).tolist() == [0, -1e32]
    assert steps.log_logistic(np.array([50.0]))[0] == pytest.approx(-np.exp(-50), rel=1e-12)


def test_softmax_of_huge_logits_is_exact():
    assert steps.softmax(np.array([[1e32, 0.0, -1e32]])).tolist() == [[1, 0, 0]]


def test_log_softmax_takes_each_rows_own_maximum():
    assert steps.log_softmax(np.array([[0.0, 0.0], [2000.0, 0.0]]))[0] == pytest.approx([-np.log(2)] * 2)


@given(logits)
def test_softmax_gives_probabilities_for_any_logits(O):  # noqa: E741
    P = steps.softmax(O)
    assert (P >= 0).all()
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)


@given(logits)
def test_log_softmax_is_finite_and_never_positive(O):  # noqa: E741
    log_P = steps.log_softmax(O)
    assert np.isfinite(log_P).all()
    assert (log_P <= 0).all()


@given(logits, st.floats(-1e3, 1e3))
def test_softmax_does_not_see_a_constant_added_to_a_row(O, shift):  # noqa: E741
    O = O % 100  # noqa: E741 - small enough for the shift not to be lost in rounding
    np.testing.assert_allclose(steps.softmax(O + shift), steps.softmax(O), rtol=1e-9)


def test_relu_has_no_slope_at_zero():
    assert steps.relu_derivative(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 1]


def test_relu_lets_nan_through_instead_of_hiding_it():
    assert np.isnan(steps.relu(np.array([np.nan]))).all()


# Manners


@given(problems())
def test_no_step_changes_its_arguments_or_its_dtype(problem):
    X, y, parameters = problem
    dtype = X.dtype
    for array in (X, y, *parameters):
        array.flags.writeable = False  # a write would raise
    Y = steps.one_hot(y, len(parameters.b2), dtype)
    Z, H, O = steps.forward(X, parameters)  # noqa: E741
    P = steps.softmax(O)
    for array in (Y, Z, H, O, P):
        array.flags.writeable = False
    gradient = steps.compute_gradient(Y, P, H, Z, X, parameters)
    stepped = steps.update(parameters, gradient, 0.1)
    losses = [loss(Y, O) for loss in (steps.cross_entropy, steps.binary_cross_entropy, steps.squared_error)]
    others = steps.log_softmax(O), steps.logistic(O), steps.log_logistic(O)
    results = (Y, Z, H, O, P, *others, *losses, *gradient, *stepped)
    assert {result.dtype for result in results} == {dtype}
    assert [theta.shape for theta in stepped] == [dtheta.shape for dtheta in gradient]
    assert isinstance(stepped, Parameters)
    plain = steps.update(tuple(parameters), gradient, 0.1)
    assert type(plain) is tuple
    assert all((a == b).all() for a, b in zip(plain, stepped, strict=True))


@given(problems())
def test_steps_run_on_any_array_library_that_keeps_to_the_standard(problem):
    X, y, parameters = problem
    strict = [array_api_strict.asarray(array) for array in (X, y, *parameters)]
    Y = steps.one_hot(strict[1], len(parameters.b2), strict[0].dtype)
    gradient = gradient_of(strict[0], Y, strict[2:])
    expected = gradient_of(X, steps.one_hot(y, len(parameters.b2), X.dtype), parameters)
    for ours, wanted in zip(gradient, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), wanted)
    np.testing.assert_array_equal(
        np.asarray(steps.predict(strict[0], strict[2:])), steps.predict(X, parameters)
    )
    array_api_strict.asarray(steps.update(tuple_of(strict[2:]), gradient, 0.1)[0])
    O = steps.forward(strict[0], strict[2:]).O  # noqa: E741
    for loss in (steps.binary_cross_entropy, steps.squared_error):
        np.testing.assert_array_equal(np.asarray(loss(Y, O)), loss(np.asarray(Y), np.asarray(O)))


def tuple_of(arrays_):
    return Parameters(*arrays_)


@given(problems())
def test_predict_takes_the_most_probable_class(problem):
    X, _, parameters = problem
    P = steps.softmax(steps.forward(X, parameters).O)
    predicted = steps.predict(X, parameters)
    assert (P[np.arange(len(X)), predicted] == P.max(axis=1)).all()
