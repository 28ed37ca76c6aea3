"""The empty exercise: every function with its docstring, and "your code here"."""

import json
from pathlib import Path
from typing import Any

from triceptron.checking.messages import Language, choose_language, say

__all__ = ["write_template"]

_PARAMETERS = "parameters: dict with W1 (m, h), b1 (1, h), W2 (h, K), b2 (1, K)"
_PARAMETERS_ZH = "parameters：字典，含 W1 (m, h)、b1 (1, h)、W2 (h, K)、b2 (1, K)"

_TITLE = (
    "The three-layer perceptron, step by step.\n\nWrite each function and run\n\n"
    "    triceptron check {file}\n\nShapes: n samples, m features, h hidden units, K classes; rows are samples.",
    "三层感知机，一步一步来。\n\n写好每个函数，然后运行\n\n    triceptron check {file}\n\n"
    "形状：n 个样本，m 个特征，h 个隐藏单元，K 个类别；每行是一个样本。",
)

_DATA = (
    "trainX (n, m) is among the globals: the checker provides the digits, and so do your own cells.",
    "trainX (n, m) 是全局变量：检查时会提供手写数字数据，平时由你自己的代码准备。",
)

_FUNCTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "initialize(h, K)",
        "Return the parameters a training starts from: weights N(0, 1) * 0.01, biases 0.\n\n"
        f"{_DATA[0]}\nReturns {_PARAMETERS}.",
        f"返回训练开始时的参数：权重为 N(0, 1) * 0.01，偏置为 0。\n\n{_DATA[1]}\n返回 {_PARAMETERS_ZH}。",
    ),
    (
        "linear_combination(X, W, b)",
        "Return Z = XW + b.\n\nX (n, m), W (m, h), b (1, h); returns Z (n, h).",
        "返回 Z = XW + b。\n\nX (n, m)、W (m, h)、b (1, h)；返回 Z (n, h)。",
    ),
    (
        "ReLU(X)",
        "Return a new array: the positive entries of X, and 0 for the others.",
        "返回一个新数组：X 的正数保持不变，其余为 0。",
    ),
    (
        "my_softmax(O)",
        "Return exp(O), each row divided by its sum. (What happens for O = [[1000, 0]]?)\n\n"
        "O (n, K); returns (n, K).",
        "返回 exp(O)，每一行除以该行的和。（O = [[1000, 0]] 时会怎样？）\n\nO (n, K)；返回 (n, K)。",
    ),
    (
        "softmax(O)",
        "Return the softmax of each row, right for logits of any size.\n\nO (n, K); returns (n, K).",
        "返回每一行的 softmax，无论数值多大都要正确。\n\nO (n, K)；返回 (n, K)。",
    ),
    (
        "log_softmax(x)",
        "Return the logarithm of softmax, without ever taking the logarithm of 0.\n\n"
        "x (n, K); returns (n, K).",
        "返回 softmax 的对数，且绝不对 0 取对数。\n\nx (n, K)；返回 (n, K)。",
    ),
    (
        "cross_entropy_with_softmax(y_true, O)",
        "Return the mean cross-entropy between the truth and softmax(O): a number.\n\n"
        "y_true (n, K) one-hot, O (n, K) before softmax.",
        "返回真值与 softmax(O) 的平均交叉熵：一个数。\n\ny_true (n, K) 为 one-hot，O (n, K) 是 softmax 之前的值。",
    ),
    (
        "forward(X, parameters)",
        f"Return O (n, K), the output layer before softmax.\n\nX (n, m), {_PARAMETERS}.",
        f"返回 O (n, K)，即 softmax 之前的输出层。\n\nX (n, m)，{_PARAMETERS_ZH}。",
    ),
    (
        "compute_gradient(y_true, y_pred, H, Z, X, parameters)",
        "Return the loss's derivative by each parameter: a dict with dW1, db1, dW2, db2.\n\n"
        "y_true and y_pred (n, K): truth and softmax(O); H and Z (n, h): the hidden layer after and before "
        "ReLU;\nX (n, m).",
        "返回损失对每个参数的导数：字典，含 dW1、db1、dW2、db2。\n\n"
        "y_true 与 y_pred (n, K)：真值与 softmax(O)；H 与 Z (n, h)：隐藏层激活后与激活前；X (n, m)。",
    ),
    (
        "update(parameters, grads, learning_rate)",
        "Take one step of gradient descent, in place: parameter - learning_rate * gradient.",
        "做一步梯度下降（原地更新）：参数 - 学习率 * 梯度。",
    ),
    (
        "backward(y_true, y_pred, H, Z, X, parameters, learning_rate)",
        "Compute the gradient and update the parameters.",
        "计算梯度并更新参数。",
    ),
    (
        "train(trainX, trainY, testX, testY, parameters, epochs, learning_rate=0.01, verbose=False)",
        "Train for some epochs; return two lists: the training and the testing loss of each epoch.\n\n"
        "Record both losses before the update. trainY and testY are one-hot.",
        "训练若干轮；返回两个列表：每一轮的训练损失与测试损失。\n\n在更新之前记录损失。trainY 与 testY 为 one-hot。",
    ),
    (
        "predict(X, parameters)",
        "Return the class of each row: the index of the largest output. Shape (n,).",
        "返回每一行的类别：最大输出的下标。形状 (n,)。",
    ),
)

_YOURS = ("# your code here", "# 在此处写代码")


def write_template(path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the empty exercise.

    Parameters
    ----------
    path : path
        A .py file or an .ipynb notebook; it must not exist.
    lang : {"en", "zh"}, optional
        The language of the docstrings; the locale's by default.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If the suffix is another.
    FileExistsError
        If the file exists.
    """
    path, lang = Path(path), choose_language(lang)
    if path.suffix not in (".py", ".ipynb"):
        raise ValueError(say(lang, "template_suffix", file=path))
    title = _TITLE[lang == "zh"].format(file=path.name)
    functions = [_function(signature, docs[lang == "zh"], lang) for signature, *docs in _FUNCTIONS]
    if path.suffix == ".py":
        text = "\n\n\n".join([f'"""{title}\n"""\n\nimport numpy as np', *functions]) + "\n"
    else:
        text = json.dumps(_notebook(title, ["import numpy as np", *functions]), indent=1, ensure_ascii=False)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FileExistsError(say(lang, "template_exists", file=path)) from None
    return path


def _function(signature: str, docs: str, lang: Language) -> str:
    head, *rest = docs.split("\n")
    body = "\n".join(f"    {line}".rstrip() for line in rest)
    docstring = f'    """{head}\n{body}\n    """' if rest else f'    """{head}"""'
    return f"def {signature}:\n{docstring}\n    {_YOURS[lang == 'zh']}\n    raise NotImplementedError"


def _notebook(title: str, cells: list[str]) -> dict[str, Any]:
    def cell(number: int, kind: str, text: str) -> dict[str, Any]:
        common = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
        source = text.splitlines(keepends=True)
        if kind == "markdown":
            return {**common, "source": source}
        return {**common, "execution_count": None, "outputs": [], "source": source}

    first, _, rest = title.partition("\n")
    return {
        "cells": [
            cell(0, "markdown", f"# {first}\n{rest}"),
            *(cell(number, "code", text) for number, text in enumerate(cells, 1)),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
