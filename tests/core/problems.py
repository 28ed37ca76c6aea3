"""Random trainings that hypothesis can shape, and both engines on them."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from triceptron import parameters
from triceptron.data import Standardisation
from triceptron.training import engines, solvers


def make(
    *,
    n=37,
    m=9,
    h=11,
    K=4,
    dtype=np.float64,
    solver=None,
    alpha=0.0,
    dropout=(0.0, 0.0),
    weighted=False,
    pixels=False,
    centred=False,
    sparse=False,
    compressed=False,
    output="softmax",
    soft=False,
    tested=True,
    n_threads=1,
    seed=0,
):
    """Return (state, task) of a random problem of that description."""
    rng = np.random.default_rng(seed)
    solver = solver or solvers.GradientDescent()

    def features(rows):
        X = (
            rng.integers(0, 256, (rows, m)).astype(np.uint8)
            if pixels
            else rng.normal(size=(rows, m)).astype(dtype)
        )
        X = np.where(rng.random((rows, m)) < 0.8, 0, X).astype(X.dtype) if sparse else X
        return csr_array(X) if compressed and not pixels else X

    def truth(rows):
        if output == "softmax" and soft:
            return rng.dirichlet(np.ones(K), rows).astype(dtype)
        if output == "softmax":
            return rng.integers(0, K, rows)
        Y = rng.integers(0, 2, (rows, K)) if output == "logistic" else rng.normal(size=(rows, K))
        return Y.astype(dtype)

    X, test_X = features(n), features(n // 2 + 1)
    standardisation = None
    if pixels:
        mean = rng.uniform(0, 255, m) if centred else np.zeros(m)
        standardisation = Standardisation(mean, rng.uniform(50, 255, m))
    start = parameters.initialize(m, h, K, rng=seed, dtype=dtype)
    start = start._replace(b1=rng.normal(size=h).astype(dtype), b2=rng.normal(size=K).astype(dtype))
    task = engines.Task(
        X=X,
        y=truth(n),
        test=(test_X, truth(n // 2 + 1)) if tested else None,
        sample_weight=rng.uniform(0, 2, n).astype(dtype) if weighted else None,
        standardisation=standardisation,
        solver=solver,
        alpha=alpha,
        dropout=dropout,
        n_threads=n_threads,
        output=output,
    )
    return engines.State(start, solver.start(start), 0, int(rng.integers(0, 2**63))), task


def run(engine, state, task, *, epochs=3, batch_size=None, learning_rate=0.05, seed=0):
    """Return the engine's losses and its final state."""
    rng = np.random.default_rng(seed)
    running = engines.start_engine(engine, state, task)
    n = len(task.y)
    batch_size = batch_size or n
    rates = np.full(-(-n // batch_size), learning_rate)
    losses = [
        running.epoch(rng.permutation(n) if batch_size < n else None, batch_size, rates)
        for _ in range(epochs)
    ]
    return np.array(losses), running.state()


def fingerprints(state):
    """Return the fingerprints of the parameters and of every moment."""
    return [state.parameters.fingerprint(), *(moment.fingerprint() for moment in state.moments)]


def with_threads(task, n_threads):
    return replace(task, n_threads=n_threads)


def spread(task):
    """Return the task with its zeros written out."""
    test = None if task.test is None else (task.test[0].toarray(), task.test[1])
    return replace(task, X=task.X.toarray(), test=test)


SOLVERS = [
    solvers.GradientDescent(),
    solvers.Momentum(0.9),
    solvers.Momentum(0.8, nesterov=True),
    solvers.Adam(epsilon=1e-3),  # so large that a gradient of rounding errors moves nothing
]

sizes = st.integers(1, 40) | st.sampled_from([1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 129])
descriptions = st.fixed_dictionaries(
    {
        "n": sizes | st.integers(1, 300),
        "m": sizes,
        "h": sizes,
        "K": st.integers(2, 20) | st.sampled_from([1, 2, 64, 65, 130]),
        "solver": st.sampled_from(SOLVERS),
        "alpha": st.sampled_from([0.0, 0.3]),
        "dropout": st.sampled_from([(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.2, 0.4)]),
        "weighted": st.booleans(),
        "pixels": st.booleans(),
        "centred": st.booleans(),
        "sparse": st.booleans(),
        "compressed": st.booleans(),
        "output": st.sampled_from(["softmax", "softmax", "logistic", "identity"]),
        "soft": st.booleans(),
        "tested": st.booleans(),
        "seed": st.integers(0, 1000),
    }
)
