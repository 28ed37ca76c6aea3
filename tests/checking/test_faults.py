"""One fault each, as learners write them: found in the right step, with its cause and line."""

import pytest

from tests.checking.exercise import RIGHT, check_text, put

FOUR = RIGHT[RIGHT.index('parameters["W1"] -=') : RIGHT.index("\n\n\ndef backward")]

FAULTS = [
    # step, cause, what stands in the right text, what the learner wrote
    ("initialize", "initialize_constant", "rng.normal(size=(trainX.shape[1], h)) * 0.01", "np.zeros((trainX.shape[1], h))"),
    ("initialize", "initialize_scale", "rng.normal(size=(h, K)) * 0.01", "rng.normal(size=(h, K))"),
    ("initialize", "biases_not_zero", "np.zeros((1, h))", "rng.normal(size=(1, h))"),
    ("initialize", "transposed", "rng.normal(size=(h, K))", "rng.normal(size=(K, h))"),
    ("linear_combination", "elementwise_product", "np.dot(X, W) + b", "X * W + b"),
    ("linear_combination", "bias_missing", "np.dot(X, W) + b", "np.dot(X, W)"),
    ("linear_combination", "bias_sign", "np.dot(X, W) + b", "np.dot(X, W) - b"),
    ("linear_combination", "transpose_missing", "np.dot(X, W) + b", "np.dot(W, X) + b"),
    ("linear_combination", "overwrites_argument", "return np.dot(X, W) + b", "X += 0.5\nreturn np.dot(X, W) + b"),
    ("relu", "relu_overwrites_argument", "return np.maximum(X, 0)", "X[X < 0] = 0\nreturn X"),
    ("relu", "relu_overwrites_argument", "return np.maximum(X, 0)", "A = X\nA[A < 0] = 0\nreturn A"),
    ("relu", "relu_overwrites_argument", "return np.maximum(X, 0)", "X *= X > 0\nreturn X"),
    ("relu", "relu_overwrites_argument", "np.maximum(X, 0)", "np.maximum(X, 0, out=X)"),
    ("relu", "relu_absolute", "np.maximum(X, 0)", "np.abs(X)"),
    ("relu", "relu_flipped", "np.maximum(X, 0)", "np.minimum(X, 0)"),
    ("relu", "relu_identity", "np.maximum(X, 0)", "X"),
    ("relu", "relu_slope", "np.maximum(X, 0)", "np.where(X > 0, 1.0, 0.0)"),
    ("relu", "relu_leaky", "np.maximum(X, 0)", "np.where(X > 0, X, 0.01 * X)"),
    ("relu", "relu_maximum", "np.maximum(X, 0)", "np.max(X * (X > 0))"),
    ("relu", "relu_other", "np.maximum(X, 0)", "1 / (1 + np.exp(-X))"),
    ("my_softmax", "sum_whole_matrix", "np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)", "np.exp(O) / np.sum(np.exp(O))"),
    ("my_softmax", "wrong_axis", "np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)", "np.exp(O) / np.sum(np.exp(O), axis=0)"),
    ("my_softmax", "keepdims_missing", "np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)", "np.exp(O) / np.sum(np.exp(O), axis=1)"),
    ("softmax", "no_max_subtracted", "my_softmax(O - np.max(O, axis=1, keepdims=True))", "my_softmax(O)"),
    ("softmax", "no_max_subtracted", "my_softmax(O - np.max(O, axis=1, keepdims=True))", "np.exp(O) / np.exp(O).sum(axis=1, keepdims=True)"),
    ("softmax", "max_whole_matrix", "O - np.max(O, axis=1, keepdims=True)", "O - np.max(O)"),
    ("softmax", "sum_whole_matrix", "my_softmax(O - np.max(O, axis=1, keepdims=True))", "np.exp(O - O.max()) / np.sum(np.exp(O - O.max()))"),
    ("softmax", "wrong_axis", "O - np.max(O, axis=1, keepdims=True)", "O - np.max(O, axis=0)"),
    ("softmax", "not_normalised", "my_softmax(O - np.max(O, axis=1, keepdims=True))", "np.exp(O - np.max(O, axis=1, keepdims=True))"),
    ("softmax", "softmax_twice", "my_softmax(O - np.max(O, axis=1, keepdims=True))", "my_softmax(my_softmax(O - np.max(O, axis=1, keepdims=True)))"),
    ("softmax", "overwrites_argument", "return my_softmax(O - np.max(O, axis=1, keepdims=True))", "O -= np.max(O, axis=1, keepdims=True)\nreturn my_softmax(O)"),
    ("log_softmax", "max_whole_matrix", "x - np.max(x, axis=1, keepdims=True)", "x - np.max(x)"),
    ("log_softmax", "sum_whole_matrix", "np.sum(np.exp(shifted), axis=1, keepdims=True)", "np.sum(np.exp(shifted))"),
    ("log_softmax", "wrong_axis", "np.sum(np.exp(shifted), axis=1, keepdims=True)", "np.sum(np.exp(shifted), axis=0, keepdims=True)"),
    ("log_softmax", "log_of_zero", "shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))", "np.log(softmax(x))"),
    ("log_softmax", "log_of_zero_patched", "shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))", "np.log(softmax(x) + 1e-8)"),
    ("log_softmax", "no_max_subtracted", "x - np.max(x, axis=1, keepdims=True)", "x"),
    ("log_softmax", "max_not_put_back", "return shifted - ", "return x - "),
    ("log_softmax", "log_missing", "np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))", "np.sum(np.exp(shifted), axis=1, keepdims=True)"),
    ("log_softmax", "loss_base", "np.log(np.sum", "np.log10(np.sum"),
    ("log_softmax", "normaliser_missing", "shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))", "shifted"),
    ("cross_entropy", "loss_not_averaged", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-np.sum(y_true * log_softmax(O))"),
    ("cross_entropy", "mean_over_entries", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-np.mean(y_true * log_softmax(O))"),
    ("cross_entropy", "mean_over_classes", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-np.sum(y_true * log_softmax(O)) / y_true.shape[1]"),
    ("cross_entropy", "loss_sign", "-np.sum(y_true * log_softmax(O))", "np.sum(y_true * log_softmax(O))"),
    ("cross_entropy", "loss_not_summed", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-np.sum(y_true * log_softmax(O), axis=1)"),
    ("cross_entropy", "loss_base", "log_softmax(O)) / len(y_true)", "log_softmax(O)) / np.log(2) / len(y_true)"),
    ("cross_entropy", "log_of_zero", "y_true * log_softmax(O)", "y_true * np.log(softmax(O))"),
    ("cross_entropy", "log_of_zero_patched", "y_true * log_softmax(O)", "y_true * np.log(softmax(O) + 1e-12)"),
    ("cross_entropy", "softmax_twice", "y_true * log_softmax(O)", "y_true * log_softmax(softmax(O))"),
    ("cross_entropy", "log_missing", "y_true * log_softmax(O)", "y_true * softmax(O)"),
    ("cross_entropy", "log_of_zero", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-np.log(softmax(O))[np.arange(len(O)), y_true.argmax(1)].mean()"),
    ("cross_entropy", "loss_squared", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "np.sum((y_true - softmax(O)) ** 2) / len(y_true)"),
    ("cross_entropy", "scaled", "-np.sum(y_true * log_softmax(O)) / len(y_true)", "-3 * np.sum(y_true * log_softmax(O)) / len(y_true)"),
    ("softmax", "no_max_subtracted", "np.max(O, axis=1, keepdims=True)", "np.mean(O, axis=1, keepdims=True)"),
    ("compute_gradient", "scaled", "n = len(y_true)", "n = len(trainX)"),
    ("compute_gradient", "dO_for_dZ", "db1 = np.sum(dZ, axis=0)", "db1 = np.sum(dO, axis=0)"),
    ("forward", "relu_other", "H = ReLU(Z)\n    return", "H = np.tanh(Z)\nreturn"),
    ("forward", "relu_missing", 'H = ReLU(Z)\n    return', 'H = Z\nreturn'),
    ("forward", "softmax_applied", 'return linear_combination(H, parameters["W2"], parameters["b2"])', 'return softmax(linear_combination(H, parameters["W2"], parameters["b2"]))'),
    ("forward", "relu_on_output", 'return linear_combination(H, parameters["W2"], parameters["b2"])', 'return ReLU(linear_combination(H, parameters["W2"], parameters["b2"]))'),
    ("forward", "bias_missing", 'return linear_combination(H, parameters["W2"], parameters["b2"])', 'return np.dot(H, parameters["W2"])'),
    ("forward", "returns_nothing", 'return linear_combination(H, parameters["W2"], parameters["b2"])', 'O = linear_combination(H, parameters["W2"], parameters["b2"])'),
    ("compute_gradient", "mean_missing", "(y_pred - y_true) / n", "y_pred - y_true"),
    ("compute_gradient", "mean_twice", "dW2 = np.dot(H.T, dO)", "dW2 = np.dot(H.T, dO) / n"),
    ("compute_gradient", "mean_twice", "db2 = np.sum(dO, axis=0)", "db2 = np.mean(dO, axis=0)"),
    ("compute_gradient", "mean_missing", "dW1 = np.dot(X.T, dZ)", "dW1 = np.dot(X.T, dZ) * n"),
    ("compute_gradient", "mean_over_classes", "n = len(y_true)", "n = y_true.shape[1]"),
    ("compute_gradient", "gradient_sign", "y_pred - y_true", "y_true - y_pred"),
    ("compute_gradient", "factor_two", "(y_pred - y_true) / n", "2 * (y_pred - y_true) / n"),
    ("compute_gradient", "relu_derivative_missing", 'np.dot(dO, parameters["W2"].T) * relu_grad', 'np.dot(dO, parameters["W2"].T)'),
    ("compute_gradient", "relu_derivative_wrong_array", "(Z >= 0) * 1.0", "(H >= 0) * 1.0"),
    ("compute_gradient", "relu_derivative_wrong_array", "(Z >= 0) * 1.0", '(np.dot(dO, parameters["W2"].T) > 0) * 1.0'),
    ("compute_gradient", "relu_derivative_wrong_array", "(Z >= 0) * 1.0", "(X >= 0) * 1.0"),
    ("compute_gradient", "relu_derivative_flipped", "(Z >= 0) * 1.0", "(Z <= 0) * 1.0"),
    ("compute_gradient", "relu_derivative_itself", "(Z >= 0) * 1.0", "ReLU(Z)"),
    ("compute_gradient", "bias_not_summed", "db1 = np.sum(dZ, axis=0)", "db1 = dZ"),
    ("compute_gradient", "bias_not_summed", "db2 = np.sum(dO, axis=0)", "db2 = dO"),
    ("compute_gradient", "bias_summed_whole", "db1 = np.sum(dZ, axis=0)", "db1 = np.sum(dZ)"),
    ("compute_gradient", "wrong_axis", "db2 = np.sum(dO, axis=0)", "db2 = np.sum(dO, axis=1)"),
    ("compute_gradient", "wrong_axis", "db1 = np.sum(dZ, axis=0)", "db1 = np.sum(dZ, axis=1, keepdims=True)"),
    ("compute_gradient", "transpose_missing", "dW2 = np.dot(H.T, dO)", "dW2 = np.dot(H, dO)"),
    ("compute_gradient", "transpose_missing", 'np.dot(dO, parameters["W2"].T)', 'np.dot(dO, parameters["W2"])'),
    ("compute_gradient", "transposed", "dW1 = np.dot(X.T, dZ)", "dW1 = np.dot(dZ.T, X)"),
    ("compute_gradient", "Z_for_H", "dW2 = np.dot(H.T, dO)", "dW2 = np.dot(Z.T, dO)"),
    ("compute_gradient", "softmax_twice", "(y_pred - y_true) / n", "(softmax(y_pred) - y_true) / n"),
    ("compute_gradient", "softmax_slope_again", "(y_pred - y_true) / n", "(y_pred - y_true) * y_pred * (1 - y_pred) / n"),
    ("compute_gradient", "truth_ignored", "(y_pred - y_true) / n", "y_pred / n"),
    ("compute_gradient", "overwrites_argument", "relu_grad = (Z >= 0) * 1.0", "relu_grad = Z\nrelu_grad[relu_grad >= 0] = 1\nrelu_grad[relu_grad < 0] = 0"),
    ("compute_gradient", "overwrites_argument", "dO = (y_pred - y_true) / n", "y_pred[np.arange(n), y_true.argmax(1)] -= 1\ndO = y_pred / n"),
    ("compute_gradient", "key_unknown", 'np.dot(dO, parameters["W2"].T)', 'np.dot(dO, parameters["w2"].T)'),
    ("compute_gradient", "name_unknown", "dW2 = np.dot(H.T, dO)", "dW2 = np.dot(H1.T, dO)"),
    ("update", "update_sign", FOUR, 'for key in parameters:\n    parameters[key] += learning_rate * grads["d" + key]'),
    ("update", "update_nothing", FOUR, 'for key in parameters:\n    theta = parameters[key] - learning_rate * grads["d" + key]'),
    ("update", "update_without_rate", FOUR, 'for key in parameters:\n    parameters[key] -= grads["d" + key]'),
    ("update", "update_some", '    parameters["b1"] -= learning_rate * grads["db1"]\n', ""),
    ("update", "update_replaces", FOUR, 'for key in parameters:\n    parameters[key] = -learning_rate * grads["d" + key]'),
    ("update", "update_sign", 'parameters["W2"] -= learning_rate', 'parameters["W2"] += learning_rate'),
    ("backward", "update_nothing", "    update(parameters, grads, learning_rate)\n", ""),
    ("backward", "update_sign", "update(parameters, grads, learning_rate)\n", "update(parameters, grads, -learning_rate)\n"),
    ("train", "train_epochs", "range(epochs)", "range(1, epochs)"),
    ("train", "train_epochs", "range(epochs)", "range(epochs + 1)"),
    ("train", "train_on_test", "backward(trainY, softmax(O), H, Z, trainX,", "Z = linear_combination(testX, parameters['W1'], parameters['b1'])\nH = ReLU(Z)\nO = linear_combination(H, parameters['W2'], parameters['b2'])\nbackward(testY, softmax(O), H, Z, testX,"),
    ("train", "train_swapped", "return training_losses, testing_losses", "return testing_losses, training_losses"),
    ("train", "train_repeated", "cross_entropy_with_softmax(testY, forward(testX, parameters))", "cross_entropy_with_softmax(trainY, O)"),
    ("train", "update_nothing", "        backward(trainY, softmax(O), H, Z, trainX, parameters, learning_rate)\n", ""),
    ("train", "softmax_missing", "backward(trainY, softmax(O), H,", "backward(trainY, O, H,"),
    ("train", "H_for_Z", "softmax(O), H, Z, trainX", "softmax(O), H, H, trainX"),
    ("predict", "wrong_axis", "np.argmax(softmax(forward(X, parameters)), axis=1)", "np.argmax(softmax(forward(X, parameters)), axis=0)"),
    ("predict", "argmax_whole_matrix", "np.argmax(softmax(forward(X, parameters)), axis=1)", "np.argmax(softmax(forward(X, parameters)))"),
    ("predict", "predicts_probabilities", "np.argmax(softmax(forward(X, parameters)), axis=1)", "np.max(softmax(forward(X, parameters)), axis=1)"),
    ("predict", "predicts_one_hot", "return np.argmax(softmax(forward(X, parameters)), axis=1)", "P = softmax(forward(X, parameters))\nreturn (P == P.max(axis=1, keepdims=True)).astype(int)"),
    ("predict", "predicts_from_one", "np.argmax(softmax(forward(X, parameters)), axis=1)", "np.argmax(softmax(forward(X, parameters)), axis=1) + 1"),
    ("predict", "predicts_least", "np.argmax(softmax(", "np.argmin(softmax("),
]  # fmt: skip


def test_the_right_text_is_called_right_from_end_to_end(tmp_path):
    report = check_text(RIGHT, tmp_path)
    assert report.ok, str(report)
    assert {step.status for step in report.steps} == {"right"}
    assert report.together.status == "right"


NOT_A_LINE = {"returns_nothing", "update_some", "update_nothing"}
"""Faults of what is not there."""

ANOTHER_LINE = {
    "n = len(trainX)",
    "n = y_true.shape[1]",  # the line that divides by n is shown
    "ReLU(Z)",  # and here the line that multiplies by relu_grad
    "(X >= 0) * 1.0",  # which is also where NumPy raises
    "x",  # and here the exponential that overflows
}


@pytest.mark.parametrize(
    ("step", "cause", "right", "fault"),
    FAULTS,
    ids=[f"{number}-{row[0]}-{row[1]}" for number, row in enumerate(FAULTS)],
)
def test_a_fault_is_found_with_its_cause_and_line(step, cause, right, fault, tmp_path):
    text = put(right, fault)
    report = check_text(text, tmp_path)
    assert report.wrong == (step,), str(report)
    assert cause in report[step].causes, str(report)
    (finding,) = (f for f in report[step].result.findings if f.cause is not None and f.cause.code == cause)
    assert finding.place is not None
    if cause not in NOT_A_LINE and fault not in ANOTHER_LINE:
        changed = {line.strip() for line in text.splitlines()} - {line.strip() for line in RIGHT.splitlines()}
        assert finding.place.text in changed
