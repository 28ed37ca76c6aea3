"""The network as an ONNX graph, node by node; ``pip install triceptron[export]``.

::

    X ─ Gemm(W1, b1) ─ Relu ─ Gemm(W2, b2) ─┬─ Softmax ──────────────── probabilities (n, K)
                                            └─ ArgMax ─ Gather(classes) ─ label (n,)

A single logistic output is softmax over (0, O): W2 and b2 get a column of zeros in front, and the graph is
the same. Several end in Sigmoid (probabilities) and in Greater (label, zeros and ones); numbers end where
they are, in ``prediction``.

A standardisation needs no node of its own: (x - mean) / scale · W1 + b1 is x · W1' + b1' with
W1' = W1 / scale, row by row, and b1' = b1 - mean · W1'. Where the model's table may have gaps, NaN in X is
one, and before Gemm stand::

    X ─┬─ IsNaN ─┬─ Where(median, X) ──── Concat ─
       └─────────┴─ Gather(gaps) ─ Cast ──┘
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from triceptron.data import Columns
from triceptron.files.modelfile import Model
from triceptron.parameters import Parameters

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["fold", "to_onnx"]

_OPSET, _IR_VERSION = 17, 8  # of 2022: read by every runtime of today, browsers' too


def to_onnx(model: Model, *, dtype: npt.DTypeLike | None = None) -> "ModelProto":
    """Return a trained network as an ONNX model.

    Parameters
    ----------
    model : Model
        A standardisation is folded into the first layer.
    dtype : {"float32", "float64"}, optional
        What the graph takes and computes in; the parameters' own when not given. Many runtimes hand over
        float32.

    Returns
    -------
    onnx.ModelProto
        Input ``X`` (n, m) in that dtype, before any standardisation, NaN where a number is missing; outputs
        ``label`` (n,), the classes as they were given, and ``probabilities`` (n, K). For labels that may go
        together ``label`` is (n, K); of numbers there is a single output ``prediction`` (n, K).

    Raises
    ------
    ValueError
        If the model takes categories: they are texts, and the graph takes numbers alone. Or if it
        preprocesses its images, which a graph cannot do.
    """
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError as error:
        raise ImportError("exporting needs the package onnx: pip install triceptron[export]") from error

    if model.views is not None:
        raise ValueError(
            f"the graph cannot preprocess images ({', '.join(dict.fromkeys(model.views.names))}); "
            "use predict_table, or a model that was trained without `preprocess`"
        )
    named = [] if model.columns is None else [c.name for c in model.columns.columns if c.categories]
    if named:
        told = ", ".join(named[:8])
        raise ValueError(
            f"the graph takes numbers alone, the model categories too ({told}); use predict_table"
        )
    W1, b1, W2, b2 = fold(model, dtype)
    if model.output == "logistic" and len(b2) == 1:
        W2, b2 = (np.concatenate([np.zeros_like(theta), theta], axis=-1) for theta in (W2, b2))
    weights: dict[str, npt.NDArray[Any]] = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    floating = helper.np_dtype_to_tensor_dtype(W1.dtype)
    node, value = helper.make_node, helper.make_tensor_value_info
    names, m, filled = model.feature_names, len(W1), "X"
    nodes: list[Any] = []
    if model.columns is not None:
        names = tuple(column.name for column in model.columns.columns)
        m, filled = len(names), "filled X"
        nodes, arrays = _fill(model.columns, W1.dtype)
        weights |= arrays
    nodes += [
        node("Gemm", [filled, "W1", "b1"], ["Z"]),  # (1)
        node("Relu", ["Z"], ["H"]),  # (2)
        node("Gemm", ["H", "W2", "b2"], ["prediction" if model.output == "identity" else "O"]),  # (3)
    ]
    outputs = [value("probabilities", floating, ["n", len(model.classes)])]
    if model.output == "identity":
        outputs = [value("prediction", floating, ["n", len(b2)])]
    elif model.output == "logistic" and len(model.parameters.b2) > 1:
        weights["zero"] = np.zeros((), W1.dtype)
        nodes += [
            node("Sigmoid", ["O"], ["probabilities"]),  # (19)
            node("Greater", ["O", "zero"], ["likely"]),
            node("Cast", ["likely"], ["label"], to=TensorProto.INT64),
        ]
        outputs.insert(0, value("label", TensorProto.INT64, ["n", len(b2)]))
    else:
        classes = weights["classes"] = _plain_classes(model.classes)
        weights |= {"W2": W2[:, : len(classes)], "b2": b2[: len(classes)]}
        nodes += [
            node("Softmax", ["O"], ["probabilities"], axis=1),  # (4)
            node("ArgMax", ["O"], ["code"], axis=1, keepdims=0),
            node("Gather", ["classes", "code"], ["label"]),
        ]
        text = classes.dtype == object
        kind = TensorProto.STRING if text else helper.np_dtype_to_tensor_dtype(classes.dtype)
        outputs.insert(0, value("label", kind, ["n"]))
    graph = helper.make_graph(
        nodes,
        "triceptron",
        [value("X", floating, ["n", m])],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="triceptron",
    )
    facts = {"fingerprint": model.fingerprint}
    if names is not None:
        facts["feature_names"] = json.dumps(names)
    helper.set_model_props(proto, facts)
    checker.check_model(proto)
    return proto


def _fill(columns: Columns, dtype: npt.DTypeLike) -> tuple[list[Any], dict[str, npt.NDArray[Any]]]:
    """Return the nodes that make the features of numbers with gaps, and the arrays that they need."""
    from onnx import helper

    floating = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    arrays = {
        "median": np.array([column.median for column in columns.columns], dtype),
        "gaps": np.array([j for j, column in enumerate(columns.columns) if column.gaps], np.int64),
    }
    nodes = [
        helper.make_node("IsNaN", ["X"], ["missing"]),
        helper.make_node("Where", ["missing", "median", "X"], ["numbers"]),
        helper.make_node("Gather", ["missing", "gaps"], ["told"], axis=1),
        helper.make_node("Cast", ["told"], ["indicators"], to=floating),
        helper.make_node("Concat", ["numbers", "indicators"], ["filled X"], axis=1),
    ]
    return nodes, arrays


def fold(model: Model, dtype: npt.DTypeLike | None = None) -> Parameters:
    """Return parameters that take the features as they are: the standardisation goes into W1 and b1.

    Parameters
    ----------
    model : Model

    Returns
    -------
    named tuple
        `Parameters`, computed in float64 and rounded once to `dtype`, the model's where None.
    """
    W1, b1, W2, b2 = model.parameters
    dtype = W1.dtype if dtype is None else np.dtype(dtype)
    if model.standardisation is not None:
        mean, scale = model.standardisation
        W1 = W1 / scale[:, None]
        b1 = b1 - mean @ W1
    return Parameters(*(theta.astype(dtype) for theta in (W1, b1, W2, b2)))


def _plain_classes(classes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the classes in one of the dtypes that every runtime can gather: int64, a float, or text."""
    if classes.dtype.kind in "iub":
        return classes.astype(np.int64)
    return classes if classes.dtype.kind == "f" else classes.astype(str).astype(object)
