"""The page's numbers are Python's numbers."""

import base64
import os
from pathlib import Path

import numpy as np
import pytest

from tests import reference
from triceptron import data, initialize, steps, train
from triceptron.lesson import network
from triceptron.lesson.assembly import make_page

DIGITS = """([digits, n_train]) => {
    window.split ??= data.standardise(data.unpackDigits(data.bytes(digits), n_train));
}"""


@pytest.fixture(scope="module")
def digits_in_page(modules):
    parts = data.load("digits")
    packed = b"".join(
        np.concatenate([getattr(part, name) for part in parts]).astype(np.uint8).tobytes() for name in "yX"
    )
    assert base64.b64encode(packed).decode() in make_page()
    modules.evaluate(DIGITS, [base64.b64encode(packed).decode(), len(parts.train.y)])
    return modules


def run(tab, faults="null", **changes):
    return tab.evaluate(
        f"""changes => {{
        const settings = {{ ...training.DEFAULTS, ...changes }};
        const run = new training.Training(split, settings, {faults} ? faults.withFault({faults}) : training.STEPS);
        while (!run.done) run.epoch();
        return {{
            train_loss: run.train_loss, test_loss: run.test_loss, correct: run.correct(),
            parameters: run.parameters.map((theta) => [...theta.data]),
        }};
    }}""",
        changes,
    )


def test_the_digits_job_is_pythons_to_nine_digits_in_every_epoch(digits_in_page, digits):
    page = run(digits_in_page)
    python = train(
        digits.parameters,
        digits.X,
        digits.y,
        test=(digits.test_X, digits.test_y),
        epochs=1000,
        learning_rate=0.03,
    )
    np.testing.assert_allclose(page["train_loss"], python.history.train_loss, rtol=0, atol=1e-9)
    np.testing.assert_allclose(page["test_loss"], python.history.test_loss, rtol=0, atol=1e-9)
    for ours, theirs in zip(page["parameters"], python.parameters, strict=True):
        np.testing.assert_allclose(ours, theirs.ravel(), rtol=0, atol=1e-9)
    assert page["correct"] == reference.CORRECT
    assert page["train_loss"][-1] == pytest.approx(reference.LOSSES[1000][0], abs=1e-9)
    assert page["test_loss"][-1] == pytest.approx(reference.LOSSES[1000][1], abs=1e-9)


def test_other_hyperparameters_from_the_same_start_are_pythons_too(digits_in_page, digits):
    page = run(digits_in_page, hidden=23, learning_rate=0.5, epochs=40, seed=5)
    start = initialize(64, 23, 10, scheme="exercise", rng=5)
    python = train(start, digits.X, digits.y, epochs=40, learning_rate=0.5)
    np.testing.assert_allclose(page["train_loss"], python.history.train_loss, rtol=0, atol=1e-9)


def test_the_published_fault_ends_where_the_published_code_ends(digits_in_page):
    page = run(digits_in_page, faults="'relu_in_place'")
    assert page["train_loss"][-1] == pytest.approx(0.14412952807, abs=1e-9)
    assert page["test_loss"][-1] == pytest.approx(0.18451647542, abs=1e-9)
    assert page["correct"] == 683


STEP = """([n, m, h, K, X, y, theta, eta]) => {
    const { Matrix } = matrix;
    const of = (rows, cols, data) => new Matrix(rows, cols, Float64Array.from(data));
    const x = of(n, m, X);
    const Y = steps.one_hot(y, K);
    const parameters = [of(m, h, theta[0]), of(1, h, theta[1]), of(h, K, theta[2]), of(1, K, theta[3])];
    const { Z, H, O } = steps.forward(x, parameters);
    const P = steps.softmax(O);
    const gradient = steps.compute_gradient(Y, P, H, Z, x, parameters);
    const updated = steps.update(parameters, gradient, eta);
    const loss = of(1, 1, [steps.cross_entropy(Y, O)]);
    return [Z, H, O, P, steps.log_softmax(O), loss, ...gradient, ...updated].map((A) => [...A.data]);
}"""


@pytest.mark.parametrize("seed", range(25))
def test_one_step_of_random_shapes_is_pythons_to_twelve_digits(modules, seed):
    rng = np.random.default_rng(seed)
    n, m, h, K = rng.integers(1, [30, 40, 30, 11])
    K += 1
    X, y = rng.normal(size=(n, m)), rng.integers(K, size=n)
    parameters = initialize(int(m), int(h), int(K), rng=seed)
    parameters = parameters._replace(b1=rng.normal(size=h), b2=rng.normal(size=K))
    theta = [part.ravel().tolist() for part in parameters]
    page = modules.evaluate(
        STEP, [int(n), int(m), int(h), int(K), X.ravel().tolist(), y.tolist(), theta, 0.3]
    )
    Y = steps.one_hot(y, K, np.dtype(np.float64))
    Z, H, O = steps.forward(X, parameters)  # noqa: E741
    P = steps.softmax(O)
    gradient = steps.compute_gradient(Y, P, H, Z, X, parameters)
    updated = steps.update(parameters, gradient, 0.3)
    python = [Z, H, O, P, steps.log_softmax(O), steps.cross_entropy(Y, O), *gradient, *updated]
    for ours, theirs in zip(page, python, strict=True):
        np.testing.assert_allclose(ours, np.ravel(theirs), rtol=1e-12, atol=1e-13)


def test_random_numbers_are_those_of_numpys_legacy_generator(modules):
    for seed in (0, 32, 2**32 - 1):
        normals, order, words = modules.evaluate(
            """seed => [
                [...new random.RandomState(seed).normal(25, 41).data],
                [...new random.RandomState(seed).permutation(100)],
                Array.from({ length: 3 }, () => new random.RandomState(seed).word()),
            ]""",
            seed,
        )
        np.testing.assert_allclose(normals, np.random.RandomState(seed).normal(size=25 * 41), rtol=1e-14)
        np.testing.assert_array_equal(order, np.random.RandomState(seed).permutation(100))
        assert words[0] == np.random.RandomState(seed).randint(0, 2**32, dtype=np.uint32)


@pytest.mark.skipif(
    "TRICEPTRON_DATA" not in os.environ, reason="MNIST is not here: TRICEPTRON_DATA is not set"
)
def test_the_shipped_network_answers_a_thousand_mnist_digits_as_in_python(modules):
    test = data.load("mnist").test
    pixels, shipped = test.X[:1000], Path(network.__file__).with_name(network.SHIPPED).read_bytes()
    page = modules.evaluate(
        """([file, pixels]) => {
            const read = model.readModel(data.bytes(file));
            const all = data.bytes(pixels);
            return Array.from({ length: all.length / 784 }, (_, i) => {
                const x = model.features(all.subarray(784 * i, 784 * (i + 1)), read);
                return [...steps.softmax(steps.forward(x, read.parameters).O).data];
            });
        }""",
        [base64.b64encode(shipped).decode(), base64.b64encode(pixels.tobytes()).decode()],
    )
    python = steps.softmax(steps.forward(pixels / 255, network.load()).O)
    np.testing.assert_allclose(page, python, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(np.argmax(page, axis=1), np.argmax(python, axis=1))
