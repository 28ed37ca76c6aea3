"""The exported graph in onnxruntime, beside our own predictions."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_multilabel_classification,
    make_regression,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from triceptron import ThreeLayerPerceptron, ThreeLayerPerceptronRegressor, datasets, export_onnx
from triceptron.data import read_table
from triceptron.files import modelfile, to_onnx
from triceptron.jobs import DIGITS, run_digits, train_table
from triceptron.training import Recipe

onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DATA = {
    "digits": lambda: load_digits(return_X_y=True),
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "iris": lambda: load_iris(return_X_y=True),
    "like covertype": lambda: make_classification(
        3000, 54, n_informative=20, n_classes=7, shift=None, scale=None, random_state=0
    ),
}


def run(path, X):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["label", "probabilities"], {"X": X})


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_onnxruntime_agrees_on_every_data_set(tmp_path, name, dtype):
    X, y = DATA[name]()
    X = X.astype(dtype)
    fitted = make_pipeline(StandardScaler(), ThreeLayerPerceptron(32, max_iter=20, random_state=0)).fit(X, y)
    export_onnx(fitted, tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", X)
    np.testing.assert_allclose(P, fitted.predict_proba(X), atol=1e-5)
    assert P.dtype == dtype
    np.testing.assert_array_equal(labels, fitted.classes_[P.argmax(axis=1)])


def test_onnxruntime_agrees_on_mnist(tmp_path):
    try:
        mnist = datasets.load_mnist()
    except datasets.DataError as error:
        pytest.skip(f"no MNIST: {error}")
    model = ThreeLayerPerceptron(100, max_iter=2, random_state=0, standardize=True, dtype="float32")
    model.fit(mnist.train.X[:10_000], mnist.train.y[:10_000])
    export_onnx(model, tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", mnist.test.X.astype(np.float32))
    np.testing.assert_allclose(P, model.predict_proba(mnist.test.X), atol=1e-5)
    assert (labels == mnist.test.y).mean() > 0.9


@pytest.mark.parametrize(
    "classes", [np.array(["蚂蚁", "bee", "cow"]), np.array([-3, 5, 2**40]), np.array([0.5, 1.0, 2.5])]
)
def test_labels_are_the_classes_as_they_were_given(tmp_path, classes):
    X, y = load_iris(return_X_y=True)
    model = ThreeLayerPerceptron(16, learning_rate_init=0.05, max_iter=60, random_state=0)
    if classes.dtype.kind == "f":
        model.fit(X, y)
        model.classes_ = classes
    else:
        model.fit(X, classes[y])
    export_onnx(model, tmp_path / "model.onnx")
    labels, _ = run(tmp_path / "model.onnx", X)
    assert labels.tolist() == model.predict(X).tolist()
    assert len(set(labels.tolist())) == 3


def test_two_classes_of_bool(tmp_path):
    X, y = load_breast_cancer(return_X_y=True)
    model = ThreeLayerPerceptron(16, standardize=True, max_iter=20, random_state=0).fit(X, y == 1)
    export_onnx(model, tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", X)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(P, model.predict_proba(X), atol=1e-5)


def test_a_run_exports_too_and_its_graph_is_six_nodes(tmp_path):
    finished = run_digits(replace(DIGITS, epochs=20))
    proto = to_onnx(finished.model())
    assert [node.op_type for node in proto.graph.node] == [
        "Gemm",
        "Relu",
        "Gemm",
        "Softmax",
        "ArgMax",
        "Gather",
    ]
    facts = {entry.key: entry.value for entry in proto.metadata_props}
    assert facts["fingerprint"] == finished.parameters.fingerprint()
    finished.save(tmp_path / "run")
    export_onnx(modelfile.read(tmp_path / "run" / "model.safetensors"), tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", finished.test.X)
    np.testing.assert_allclose(P, finished.P, atol=1e-12)
    assert (labels == finished.test.y).sum() == finished.correct


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_single_logistic_output_is_the_same_graph_as_two_softmax_ones(tmp_path, dtype):
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X.astype(dtype), np.array(["no", "yes"])[y]
    model = ThreeLayerPerceptron(16, standardize=True, max_iter=20, random_state=0).fit(X, y)
    assert model.n_outputs_ == 1
    export_onnx(model, tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", X)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(P, model.predict_proba(X), atol=1e-5)
    assert (P.shape, P.dtype) == ((len(X), 2), dtype)


def test_labels_that_go_together_are_zeros_and_ones(tmp_path):
    X, Y = make_multilabel_classification(200, 10, n_classes=4, random_state=0)
    model = ThreeLayerPerceptron(16, standardize=True, max_iter=30, random_state=0).fit(X, Y)
    export_onnx(model, tmp_path / "model.onnx")
    labels, P = run(tmp_path / "model.onnx", X)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(P, model.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("K", [1, 3])
def test_numbers_are_predictions(tmp_path, K):
    X, Y = make_regression(200, 10, n_targets=K, random_state=0)
    model = ThreeLayerPerceptronRegressor(max_iter=20, random_state=0)
    fitted = make_pipeline(StandardScaler(), model).fit(X, Y)
    export_onnx(fitted, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (prediction,) = session.run(["prediction"], {"X": X})
    np.testing.assert_allclose(prediction, fitted.predict(X).reshape(-1, K), rtol=1e-9, atol=1e-9)


def test_a_float64_model_is_exported_to_take_float32_where_wanted(tmp_path):
    X, y = load_wine(return_X_y=True)
    model = ThreeLayerPerceptron(16, standardize=True, max_iter=20, random_state=0).fit(X, y)
    export_onnx(model, tmp_path / "model.onnx", dtype="float32")
    labels, P = run(tmp_path / "model.onnx", X.astype(np.float32))
    assert P.dtype == np.float32
    np.testing.assert_allclose(P, model.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(X))


def table_model(folder, text):
    (folder / "t.csv").write_text(text)
    finished = train_table(folder / "t.csv", "kind", Recipe(epochs=5))
    return finished.model()


def test_gaps_are_filled_within_the_graph(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:, 1] = rng.normal(size=60)
    rows = [",".join("" if np.isnan(x) else repr(x) for x in row) for row in X.tolist()]
    model = table_model(
        tmp_path, "\n".join(["a,b,c,kind", *(f"{r},{'xy'[i % 2]}" for i, r in enumerate(rows))])
    )
    export_onnx(model, tmp_path / "model.onnx")
    _, P = run(tmp_path / "model.onnx", X.astype(np.float32))
    encoded = model.columns.encode(read_table(tmp_path / "t.csv"))
    assert encoded.shape == (60, 5)
    np.testing.assert_allclose(P, model.predict_proba(encoded), atol=1e-5)


def test_categories_cannot_be_exported_and_are_named(tmp_path):
    rows = [f"{i % 7 + 0.5},{'uvw'[i % 3]},{'xy'[i % 2]}" for i in range(60)]
    model = table_model(tmp_path, "\n".join(["a,colour,kind", *rows]))
    with pytest.raises(ValueError, match="takes numbers alone, the model categories too [(]colour[)]"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
