"""Prediction: rows a second in batches, and the time of a single row through the Python call."""

import numpy as np

from benchmarks.measure import THREADS, Contender, race
from triceptron import core, initialize, steps
from triceptron.parameters import Parameters


def prediction(turns: int, quick: bool) -> None:
    """784-800-10 and 64-50-10, float32, probabilities."""
    rng = np.random.default_rng(0)
    for m, h in ((784, 800), (64, 50)):
        parameters = initialize(m, h, 10, dtype=np.float32)
        X = rng.normal(size=(10_000, m)).astype(np.float32)
        predictor = core.predictor(parameters)
        session = _onnx(parameters)
        for rows, repeats in ((1, 2000), (1000, 20), (10_000, 2)):
            x = X[:rows]
            repeats = max(1, repeats // 10) if quick else repeats

            def ours(x=x, repeats=repeats):
                for _ in range(repeats):
                    predictor.probabilities(x)

            def lesson(x=x, repeats=repeats):
                for _ in range(repeats):
                    steps.softmax(steps.forward(x, parameters).O)

            def onnx(x=x, repeats=repeats):
                for _ in range(repeats):
                    session.run(None, {"X": x})

            contenders = [Contender("ours", ours), Contender("the lesson, NumPy", lesson)]
            if session is not None:
                contenders.append(Contender("onnxruntime", onnx))
            flop = float(repeats * rows * (2 * m * h + 20 * h))
            title = f"Prediction, {m}-{h}-10, {rows:,} row{'s' * (rows > 1)} a call, {repeats} calls, float32"
            race(title, contenders, flop, np.float32, turns)


def _onnx(parameters: Parameters):
    try:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return None
    W1, b1, W2, b2 = (
        numpy_helper.from_array(theta, name)
        for theta, name in zip(parameters, parameters._fields, strict=True)
    )
    nodes = [
        helper.make_node("Gemm", ["X", "W1", "b1"], ["Z"]),
        helper.make_node("Relu", ["Z"], ["H"]),
        helper.make_node("Gemm", ["H", "W2", "b2"], ["O"]),
        helper.make_node("Softmax", ["O"], ["P"], axis=1),
    ]
    X = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", parameters.W1.shape[0]])
    P = helper.make_tensor_value_info("P", TensorProto.FLOAT, ["n", len(parameters.b2)])
    graph = helper.make_graph(nodes, "perceptron", [X], [P], [W1, b1, W2, b2])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
