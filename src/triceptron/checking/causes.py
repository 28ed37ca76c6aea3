"""The known faults: each with its sentence in English and in Chinese, and with what its line looks like.

What a step yields with such a fault is in ``alternatives``, under the same code.
"""

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from triceptron.checking.syntax import (
    REDUCTIONS,
    SUMS,
    Test,
    assigns,
    is_call,
    is_difference,
    is_division,
    reduces,
    targets,
    within,
    writes_to,
)

__all__ = ["KNOWN", "Known", "assigning"]

Where = Callable[[ast.AST, str], Sequence[Test]]
"""From a function's definition, and what is wrong (an argument, a result; "" for all), to what to look for, the
most telling first."""


def assigning(function: ast.AST, what: str) -> Sequence[Test]:
    """Look for the line that makes the wrong result."""
    return [assigns(what)] if what else []


def _calling(*names: str) -> Where:
    return lambda function, what: [is_call(*names)]


def _reducing(name: str) -> Where:
    """Look for a reduction of a whole array."""
    return lambda function, what: [reduces(REDUCTIONS[name], axis=None)]


def _along_the_wrong_axis(function: ast.AST, what: str) -> Sequence[Test]:
    axis = 1 if what.startswith("db") else 0
    summed = [within(assigns(what), reduces(SUMS, axis=axis))] if what else []
    return [*summed, reduces((*REDUCTIONS["max"], *SUMS, *REDUCTIONS["argmax"]), axis=axis), assigns(what)]


def _overwriting(function: ast.AST, what: str) -> Sequence[Test]:
    return [writes_to(function, what)]


def _logarithm(function: ast.AST, what: str) -> Sequence[Test]:
    return [is_call("log2", "log10"), is_call("log")]


def _error(function: ast.AST, what: str) -> Sequence[Test]:
    """Look for y_pred - y_true and its 1/n, where all results are wrong alike."""
    return [assigns(what)] if what else [is_difference, is_division, is_call("mean", "average", "sum")]


def _backprop(function: ast.AST, what: str) -> Sequence[Test]:
    return [assigns("dZ"), assigns("dW1")]


def _comparison(function: ast.AST, what: str) -> Sequence[Test]:
    return [lambda node: isinstance(node, ast.Compare), *_backprop(function, what)]


def _step(function: ast.AST, what: str) -> Sequence[Test]:
    """Look for the line that changes the parameters, or hands them to what does."""
    return [
        *assigning(function, what),
        lambda node: isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add | ast.Mult),
        lambda node: isinstance(node, ast.AugAssign),
        is_call("update", "update_parameters", "backward"),
        is_difference,
        lambda node: isinstance(node, ast.Assign),
    ]


def _softmax(function: ast.AST, what: str) -> Sequence[Test]:
    return [is_call("softmax", "my_softmax", "log_softmax"), is_call("exp")]


def _loop(function: ast.AST, what: str) -> Sequence[Test]:
    return [lambda node: isinstance(node, ast.For | ast.While)]


def _return(function: ast.AST, what: str) -> Sequence[Test]:
    return [lambda node: isinstance(node, ast.Return)]


def _testing_loss(function: ast.AST, what: str) -> Sequence[Test]:
    def test(node: ast.AST) -> bool:
        text = ast.unparse(node) if isinstance(node, ast.Expr | ast.Assign) else ""
        return "test" in text and "cross_entropy" in text

    return [test]


def _hidden(function: ast.AST, what: str) -> Sequence[Test]:
    return [lambda node: any(getattr(target, "id", "") == "H" for target in targets(node))]


class Known(NamedTuple):
    """A known fault.

    Attributes
    ----------
    english, chinese : str
        The likely cause in a sentence; braces stand for what is filled in.
    where : callable
        What its line looks like.
    """

    english: str
    chinese: str
    where: Where = assigning


KNOWN: dict[str, Known] = {
    "culprit": Known(
        "The fault is in {name}: with the right one in its place the gradient is right.",
        "问题出在 {name}：换成正确的实现后，梯度就对了。",
    ),
    "overwrites_argument": Known(
        "{argument} is overwritten in place: whoever uses it afterwards gets the changed numbers. Make a new "
        "array instead.",
        "{argument} 被原地改写：之后再用到它的地方，拿到的都是改过的值。应生成新的数组。",
        _overwriting,
    ),
    "relu_overwrites_argument": Known(
        "{argument} is overwritten in place: compute_gradient then looks for negative entries in Z and finds "
        "none. Make a new array instead, such as np.maximum({argument}, 0).",
        "{argument} 被原地改写：compute_gradient 之后要看 Z 中哪些为负，却一个也找不到了。"
        "应生成新的数组，例如 np.maximum({argument}, 0)。",
        _overwriting,
    ),
    "max_whole_matrix": Known(
        "The maximum is taken over the whole matrix instead of each row: rows much smaller than the largest "
        "underflow. Take np.max(O, axis=1, keepdims=True).",
        "取的是整个矩阵的最大值，而不是每一行的最大值：远小于最大行的那些行会下溢。"
        "应使用 np.max(O, axis=1, keepdims=True)。",
        _reducing("max"),
    ),
    "sum_whole_matrix": Known(
        "The sum runs over the whole matrix instead of each row. Take np.sum(…, axis=1, keepdims=True).",
        "求和是对整个矩阵进行的，而不是对每一行。应使用 np.sum(…, axis=1, keepdims=True)。",
        _reducing("sum"),
    ),
    "argmax_whole_matrix": Known(
        "The largest entry is looked for in the whole matrix instead of each row: axis=1 is missing.",
        "在整个矩阵里找最大元素，而不是在每一行里找：缺少 axis=1。",
        _reducing("argmax"),
    ),
    "no_max_subtracted": Known(
        "The row's maximum is not subtracted before exp: large logits overflow to infinity, and inf / inf is "
        "NaN.",
        "在 exp 之前没有减去每行的最大值：较大的数会溢出为无穷大，inf / inf 得到 NaN。",
        _calling("exp"),
    ),
    "wrong_axis": Known(
        "Wrong axis: rows are samples, columns are classes or units.",
        "轴（axis）用错了：行是样本，列是类别或单元。",
        _along_the_wrong_axis,
    ),
    "keepdims_missing": Known(
        "keepdims=True is missing: a row's sum or maximum loses its axis and no longer fits the rows.",
        "缺少 keepdims=True：每行的和或最大值丢掉了一个维度，无法再与各行对应。",
    ),
    "not_normalised": Known(
        "The exponentials are not divided by their row's sum.",
        "指数值没有除以各自所在行的和。",
        _calling("exp"),
    ),
    "max_not_put_back": Known(
        "The row's maximum is subtracted in one place and not in the other.",
        "只在一处减去了每行的最大值，另一处没有减。",
        _calling("exp"),
    ),
    "normaliser_missing": Known(
        "The logarithm of the row's sum of exponentials is not subtracted.",
        "没有减去每行指数和的对数。",
    ),
    "softmax_twice": Known(
        "Softmax is applied twice: what comes in are logits, and one softmax is enough.",
        "softmax 用了两次：传入的是未激活的输出值，只需一次 softmax。",
        _softmax,
    ),
    "softmax_missing": Known(
        "Softmax is missing: y_pred is softmax(O), not O itself.",
        "缺少 softmax：y_pred 应为 softmax(O)，而不是 O 本身。",
        _calling("backward", "compute_gradient", "update"),
    ),
    "H_for_Z": Known(
        "H is passed where Z belongs: H >= 0 holds everywhere, so every ReLU derivative is taken as 1.",
        "该传 Z 的地方传了 H：H >= 0 处处成立，于是 ReLU 的导数处处都成了 1。",
        _calling("backward", "compute_gradient", "update"),
    ),
    "softmax_applied": Known(
        "Softmax is applied already here; forward should return O before softmax, or it is applied twice.",
        "这里已经用了 softmax；forward 应返回 softmax 之前的 O，否则 softmax 会用两次。",
        _softmax,
    ),
    "log_softmax_applied": Known(
        "log_softmax is applied already here; forward should return O before softmax.",
        "这里已经用了 log_softmax；forward 应返回 softmax 之前的 O。",
    ),
    "logit_sign": Known("The sign of O is reversed.", "O 的符号反了。"),
    "log_instead": Known(
        "This is log_softmax, not softmax: the exponential is missing at the end.",
        "这是 log_softmax 而不是 softmax：最后缺少取指数。",
    ),
    "log_missing": Known("The logarithm is missing.", "缺少取对数。"),
    "log_of_zero": Known(
        "Logarithm of zero: softmax underflows to 0 and log makes -inf of it. Use log_softmax: subtract the "
        "row's maximum and take the logarithm of the sum only.",
        "对零取对数：softmax 下溢为 0，取对数得到 -inf。应使用 log_softmax：减去每行最大值，只对和取对数。",
        _logarithm,
    ),
    "log_of_zero_patched": Known(
        "Logarithm of zero, patched with a small constant: the loss of a confidently wrong row comes out too "
        "small. Use log_softmax, which needs no constant.",
        "用一个小常数掩盖了对零取对数的问题：自信却错误的样本，其损失会偏小。应使用 log_softmax，无需常数。",
        _logarithm,
    ),
    "loss_base": Known(
        "A logarithm of another base: the loss uses the natural logarithm, np.log.",
        "对数的底不对：损失函数要用自然对数 np.log。",
        _logarithm,
    ),
    "loss_sign": Known("The minus sign is wrong or missing.", "负号缺失或多余。", _calling("sum", "mean")),
    "loss_not_averaged": Known(
        "1/n is missing: the loss is summed over the samples, not averaged.",
        "缺少 1/n：损失是对样本求和，没有取平均。",
        _calling("sum", "mean"),
    ),
    "loss_not_summed": Known(
        "A single number is expected: sum over the classes, then average over the samples.",
        "需要的是一个数：对类别求和，再对样本取平均。",
        _calling("sum", "mean"),
    ),
    "loss_halved": Known("There is a factor ½ too much.", "多了一个因子 ½。"),
    "truth_ignored": Known("The truth (y_true) is not used.", "真值（y_true）没有参与计算。", _error),
    "loss_squared": Known(
        "This is the squared error: cross-entropy is the mean of -log of the true class's probability.",
        "这是平方误差：交叉熵是真实类别的概率取 -log 之后的平均。",
    ),
    "scaled": Known(
        "Everything is {factor} times the right value.",
        "整体是正确值的 {factor} 倍。",
        _error,
    ),
    "dO_for_dZ": Known(
        "dO is used where dZ belongs: the error goes back through W2 and ReLU first.",
        "该用 dZ 的地方用了 dO：误差要先经过 W2 和 ReLU 回传。",
    ),
    "mean_missing": Known(
        "1/n is missing: the gradient is summed over the samples, not averaged.",
        "缺少 1/n：梯度是对样本求和，没有取平均。",
        _error,
    ),
    "mean_twice": Known("1/n is there twice.", "1/n 用了两次。", _error),
    "mean_over_entries": Known(
        "Averaged over all n·K entries instead of the n samples: K times too small.",
        "对全部 n·K 个元素取了平均，而不是对 n 个样本：小了 K 倍。",
        _error,
    ),
    "mean_over_classes": Known(
        "Divided by the number of classes K instead of the number of samples n.",
        "除以了类别数 K，而不是样本数 n。",
        _error,
    ),
    "factor_two": Known(
        "Twice too large: the 2 belongs to the squared error, not to cross-entropy.",
        "大了一倍：因子 2 属于平方误差，不属于交叉熵。",
        _error,
    ),
    "gradient_sign": Known(
        "The sign is reversed: the derivative is y_pred - y_true, not y_true - y_pred.",
        "符号反了：导数是 y_pred - y_true，而不是 y_true - y_pred。",
        _error,
    ),
    "gradient_zero": Known("The gradient is zero everywhere.", "梯度处处为零。"),
    "relu_derivative_missing": Known(
        "The derivative of ReLU is missing: units with Z < 0 must pass nothing back.",
        "缺少 ReLU 的导数：Z < 0 的单元不应回传任何梯度。",
        _backprop,
    ),
    "relu_derivative_wrong_array": Known(
        "The derivative of ReLU is taken of {array}: it belongs to Z (or to H > 0; H >= 0 holds everywhere).",
        "ReLU 的导数取自 {array}：应取自 Z（或 H > 0；而 H >= 0 处处成立）。",
        _comparison,
    ),
    "relu_derivative_flipped": Known(
        "The derivative of ReLU is the wrong way round: it is 1 where Z > 0 and 0 where Z < 0.",
        "ReLU 的导数弄反了：Z > 0 处为 1，Z < 0 处为 0。",
        _comparison,
    ),
    "relu_derivative_itself": Known(
        "Multiplied by the activation itself instead of its derivative, which is 0 or 1.",
        "乘的是激活值本身，而不是它的导数（0 或 1）。",
        _comparison,
    ),
    "Z_for_H": Known(
        "dW2 is made with Z (or its sign) instead of H: dW2 = Hᵀ dO.",
        "dW2 用了 Z（或其符号）而不是 H：dW2 = Hᵀ dO。",
    ),
    "softmax_slope_again": Known(
        "The slope of softmax is in y_pred - y_true already; here it is multiplied once more.",
        "y_pred - y_true 已包含 softmax 的导数；这里又乘了一次。",
        _error,
    ),
    "bias_not_summed": Known(
        "The gradient of the bias is not summed over the samples: np.sum(…, axis=0) is missing.",
        "偏置的梯度没有对样本求和：缺少 np.sum(…, axis=0)。",
    ),
    "bias_summed_whole": Known(
        "The gradient of the bias is summed over everything: axis=0 is missing, each unit has its own bias.",
        "偏置的梯度把所有元素都加起来了：缺少 axis=0，每个单元有自己的偏置。",
    ),
    "transposed": Known("The result is transposed.", "结果被转置了。"),
    "transpose_missing": Known(
        "The shapes do not fit at a matrix product: a transpose is missing, or the factors are in the wrong "
        "order.",
        "矩阵乘法的形状不匹配：缺少转置，或两个因子的次序不对。",
    ),
    "elementwise_product": Known(
        "* multiplies entry by entry; a matrix product is @ or np.dot.",
        "* 是逐元素相乘；矩阵乘法要用 @ 或 np.dot。",
    ),
    "shapes_clash": Known("The shapes of two arrays do not fit.", "两个数组的形状不匹配。"),
    "bias_missing": Known("A bias is missing.", "缺少偏置。"),
    "bias_sign": Known("The bias is subtracted instead of added.", "偏置被减去了，应当加上。"),
    "relu_identity": Known("Negative entries are let through.", "负数没有被置零。"),
    "relu_absolute": Known(
        "The absolute value is taken: negative entries should become 0.",
        "取了绝对值：负数应变为 0。",
    ),
    "relu_flipped": Known(
        "The comparison is the wrong way round: the positive entries should stay.",
        "比较方向反了：应保留正数。",
    ),
    "relu_slope": Known(
        "This is ReLU's derivative (0 or 1) instead of ReLU: positive entries keep their value.",
        "这是 ReLU 的导数（0 或 1）而不是 ReLU：正数应保持原值。",
    ),
    "relu_leaky": Known(
        "A leaky ReLU: negative entries should become exactly 0.",
        "这是 leaky ReLU：负数应恰好变为 0。",
    ),
    "relu_other": Known("Another activation than ReLU.", "用的是别的激活函数，不是 ReLU。", _hidden),
    "relu_capped": Known("Positive entries are capped at 1.", "正数被截断到 1。"),
    "relu_maximum": Known(
        "np.max takes the largest of all; np.maximum compares entry by entry.",
        "np.max 取所有元素中最大的；逐元素比较要用 np.maximum。",
    ),
    "relu_missing": Known(
        "The hidden layer's ReLU is missing: H should be ReLU(Z).",
        "缺少隐藏层的 ReLU：H 应为 ReLU(Z)。",
        _hidden,
    ),
    "relu_on_output": Known("ReLU is applied to the output layer too.", "对输出层也用了 ReLU。"),
    "returns_hidden": Known(
        "The hidden layer is returned instead of the output O.",
        "返回的是隐藏层，而不是输出 O。",
    ),
    "returns_nothing": Known("Nothing is returned: the return is missing.", "什么也没有返回：缺少 return。"),
    "update_nothing": Known(
        "The parameters stay as they were: nothing is written back and nothing returned.",
        "参数没有变化：既没有写回，也没有返回。",
        _step,
    ),
    "update_sign": Known(
        "The sign of the update: the gradient is added, which walks uphill. Subtract it.",
        "更新的符号错了：加上梯度是在上坡，应当减去。",
        _step,
    ),
    "update_without_rate": Known("The learning rate is missing.", "缺少学习率。", _step),
    "update_replaces": Known(
        "The parameters are replaced by the step instead of changed by it.",
        "参数被更新量替换了，而不是在原值上改变。",
        _step,
    ),
    "update_divides": Known(
        "Divided by the learning rate instead of multiplied.",
        "除以了学习率，应当乘以学习率。",
        _step,
    ),
    "update_twice": Known("The step is taken twice.", "更新做了两次。", _step),
    "update_some": Known("Only some of the four parameters are updated.", "四个参数只更新了一部分。", _step),
    "train_epochs": Known(
        "The number of epochs is one off: as many losses as epochs are expected.",
        "迭代轮数差一：损失的个数应等于轮数。",
        _loop,
    ),
    "train_on_test": Known(
        "It learns from the test part, which is only to be looked at.",
        "它在用测试集学习；测试集只能用来评估。",
        _calling("backward", "compute_gradient", "update"),
    ),
    "train_swapped": Known(
        "The two lists of losses are swapped: the training losses come first.",
        "两个损失列表次序颠倒：训练损失应在前。",
        _return,
    ),
    "train_repeated": Known(
        "The testing losses are computed from the training part.",
        "测试损失是用训练集算的。",
        _testing_loss,
    ),
    "predicts_probabilities": Known(
        "A class is expected, the index of the largest entry (np.argmax), not a value.",
        "需要的是类别，即最大元素的下标（np.argmax），而不是数值。",
    ),
    "predicts_least": Known("The least likely class is taken.", "取了可能性最小的类别。"),
    "predicts_from_one": Known("Classes count from 0.", "类别从 0 开始编号。"),
    "predicts_hidden": Known(
        "The largest hidden unit is taken instead of the largest output.",
        "取了最大的隐藏单元，而不是最大的输出。",
    ),
    "predicts_one_hot": Known(
        "Rows of zeros and a one; the class's number is expected.",
        "返回的是 one-hot 行；需要的是类别编号。",
    ),
    "biases_not_zero": Known("Biases start at zero.", "偏置应从零开始。"),
    "initialize_constant": Known(
        "The numbers of {what} do not differ: hidden units that start alike stay alike.",
        "{what} 的数没有差别：起点相同的隐藏单元会一直相同。",
    ),
    "initialize_scale": Known(
        "{what} starts too large: the factor 0.01 is missing.",
        "{what} 的初始值太大：缺少因子 0.01。",
    ),
    "name_unknown": Known(
        "{name} is defined nowhere among the file's imports, constants and definitions.",
        "在文件的导入、常量与定义中找不到 {name}。",
    ),
    "key_unknown": Known(
        "There is no key {key}: parameters have W1, b1, W2, b2, and gradients dW1, db1, dW2, db2.",
        "没有键 {key}：参数的键是 W1、b1、W2、b2，梯度的键是 dW1、db1、dW2、db2。",
    ),
    "signature": Known(
        "It takes other arguments than the exercise's: ({arguments}), passed by position.",
        "它的参数与练习不同：应为（{arguments}），按位置传入。",
    ),
}
"""From a cause's code to what is known of it."""
