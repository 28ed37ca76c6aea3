"""The same training by others: softmax cross-entropy, one ReLU hidden layer, plain descent or momentum.

Each returns the last training loss, so that a run shows that it did the work. ``None`` where a peer is not
installed.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.measure import THREADS
from triceptron.parameters import Parameters
from triceptron.training import solvers, train


class Job(NamedTuple):
    """A training: X, y, a held-out part or None, the start, and how long."""

    X: np.ndarray
    y: np.ndarray
    test: tuple[np.ndarray, np.ndarray] | None
    start: Parameters
    epochs: int
    learning_rate: float
    batch_size: int | None = None
    momentum: float = 0.0

    @property
    def flop(self) -> float:
        (n, m), (h, K) = self.X.shape, self.start.W2.shape
        forward, backward = 2 * m * h + 2 * h * K, 2 * m * h + 4 * h * K
        tested = 0 if self.test is None else len(self.test[0])
        return float(self.epochs * (n * (forward + backward) + tested * forward))

    def batches(self, rng: np.random.Generator) -> list[np.ndarray] | list[slice]:
        if self.batch_size is None:
            return [slice(None)]
        order = rng.permutation(len(self.X))
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]


def triceptron(job: Job, **options: object) -> float:
    solver = solvers.Momentum(job.momentum) if job.momentum else solvers.GradientDescent()
    training = train(
        job.start,
        options.pop("X", job.X),
        job.y,
        test=options.pop("test", job.test),
        epochs=job.epochs,
        learning_rate=job.learning_rate,
        batch_size=job.batch_size,
        solver=solver,
        **options,
    )
    return training.history.train_loss[-1]


def plain_numpy(job: Job) -> float:
    """The description's formulas, one expression a line (with the faults mended)."""
    X, test_X = job.X, None if job.test is None else job.test[0]
    eye = np.eye(len(job.start.b2), dtype=X.dtype)
    Y, test_Y = eye[job.y], None if job.test is None else eye[job.test[1]]
    W1, b1, W2, b2 = (theta.copy() for theta in job.start)
    V = [np.zeros_like(theta) for theta in job.start]
    rng = np.random.default_rng(0)

    def log_softmax(O):  # noqa: E741
        O = O - np.max(O, axis=1, keepdims=True)  # noqa: E741
        return O - np.log(np.sum(np.exp(O), axis=1, keepdims=True))

    loss = np.nan
    for _ in range(job.epochs):
        if test_X is not None:
            test_O = np.maximum(np.dot(test_X, W1) + b1, 0) @ W2 + b2
            -np.mean(np.sum(test_Y * log_softmax(test_O), axis=1))
        for rows in job.batches(rng):
            x, y = X[rows], Y[rows]
            Z = np.dot(x, W1) + b1
            H = np.maximum(Z, 0)
            O = np.dot(H, W2) + b2  # noqa: E741
            log_P = log_softmax(O)
            loss = -np.mean(np.sum(y * log_P, axis=1))
            dO = (np.exp(log_P) - y) / len(y)
            dW2 = np.dot(H.T, dO)
            db2 = np.sum(dO, axis=0)
            dZ = np.dot(dO, W2.T) * (Z > 0)
            dW1 = np.dot(x.T, dZ)
            db1 = np.sum(dZ, axis=0)
            for theta, v, g in zip((W1, b1, W2, b2), V, (dW1, db1, dW2, db2), strict=True):
                if job.momentum:
                    v *= job.momentum
                    v -= job.learning_rate * g
                    theta += v
                else:
                    theta -= job.learning_rate * g
    return float(loss)


def scikit_learn(job: Job) -> float:
    """Without the held-out loss, which it cannot record: less work than the others do."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    peer = MLPClassifier(
        job.start.W1.shape[1],
        solver="sgd",
        alpha=0,
        batch_size=job.batch_size or len(job.X),
        learning_rate_init=job.learning_rate,
        momentum=job.momentum,
        nesterovs_momentum=False,
        max_iter=job.epochs,
        tol=0,
        n_iter_no_change=job.epochs + 1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return float(peer.fit(job.X, job.y).loss_)


def torch(job: Job) -> Callable[[], float] | None:
    """Eager mode, its own threads."""
    try:
        import torch
        from torch.nn import functional
    except ImportError:
        return None
    torch.set_num_threads(THREADS)
    X, y = torch.from_numpy(job.X), torch.from_numpy(job.y)
    test = None if job.test is None else tuple(torch.from_numpy(part) for part in job.test)

    def run() -> float:
        W1, b1, W2, b2 = (torch.from_numpy(theta.T.copy()).requires_grad_() for theta in job.start)
        optimiser = torch.optim.SGD([W1, b1, W2, b2], lr=job.learning_rate, momentum=job.momentum)

        def logits(x):
            return functional.linear(functional.relu(functional.linear(x, W1, b1)), W2, b2)

        loss = torch.tensor(np.nan)
        for _ in range(job.epochs):
            if test is not None:
                with torch.no_grad():
                    functional.cross_entropy(logits(test[0]), test[1]).item()
            batches = [None] if job.batch_size is None else torch.randperm(len(X)).split(job.batch_size)
            for rows in batches:
                loss = functional.cross_entropy(
                    logits(X if rows is None else X[rows]), y if rows is None else y[rows]
                )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            loss.item()
        return loss.item()

    return run


def jax(job: Job) -> Callable[[], float] | None:
    """One jitted scan over all updates; the compiler's time is spent in the warm-up."""
    try:
        import jax
        from jax import numpy as jnp
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    X, y = jnp.asarray(job.X), jnp.asarray(job.y)
    test = None if job.test is None else tuple(jnp.asarray(part) for part in job.test)
    size = job.batch_size or len(X)
    whole = len(X) // size * size  # a scan's steps all have one shape: the last, smaller batch is left out

    def loss_of(theta, x, labels):
        W1, b1, W2, b2 = theta
        log_P = jax.nn.log_softmax(jnp.maximum(x @ W1 + b1, 0) @ W2 + b2)
        return -jnp.mean(jnp.take_along_axis(log_P, labels[:, None], axis=1))

    def update(carry, rows):
        theta, velocity = carry
        x, labels = (X, y) if job.batch_size is None else (X[rows], y[rows])
        loss, gradient = jax.value_and_grad(loss_of)(theta, x, labels)
        velocity = jax.tree.map(
            lambda v, g: (job.momentum * v - job.learning_rate * g).astype(g.dtype), velocity, gradient
        )
        return (jax.tree.map(jnp.add, theta, velocity), velocity), loss

    def epoch(carry, key):
        test_loss = jnp.nan if test is None else loss_of(carry[0], *test)
        order = jax.random.permutation(key, len(X))[:whole].reshape(-1, size)
        if job.batch_size is None:
            order = jnp.zeros((1, 1), int)
        carry, losses = jax.lax.scan(update, carry, order)
        return carry, (losses.mean(), test_loss)

    @jax.jit
    def run_all(theta):
        keys = jax.random.split(jax.random.key(0), job.epochs)
        return jax.lax.scan(epoch, (theta, jax.tree.map(jnp.zeros_like, theta)), keys)

    start = tuple(jnp.asarray(theta) for theta in job.start)

    def run() -> float:
        _, (losses, test_losses) = run_all(start)
        test_losses.block_until_ready()
        return float(losses[-1])

    return run
