"""Every sentence of the checker, in English and in Chinese, side by side."""

import locale
import os
from typing import Literal, TypeAlias

__all__ = ["SENTENCES", "Language", "choose_language", "say"]

Language: TypeAlias = Literal["en", "zh"]

SENTENCES: dict[str, tuple[str, str]] = {
    # --- files ---
    "file_unreadable": ("cannot read {file}: {reason}", "无法读取 {file}：{reason}"),
    "file_too_large": (
        "{file} is larger than {limit} MB: too large for a file of functions",
        "{file} 超过 {limit} MB：作为函数文件太大了",
    ),
    "file_no_text": (
        "{file} is not text in its declared encoding (UTF-8 unless it says otherwise): save it as UTF-8",
        "{file} 不是其声明编码（默认 UTF-8）的文本：请另存为 UTF-8",
    ),
    "file_no_notebook": (
        "{file} is not a Jupyter notebook: a notebook is JSON with a list of cells",
        "{file} 不是 Jupyter 笔记本：笔记本是含有单元格列表的 JSON",
    ),
    "file_no_python": (
        "{file}, line {line} is not Python: {reason}",
        "{file} 第 {line} 行不是 Python：{reason}",
    ),
    "file_no_step": (
        "{file} defines none of the exercise's functions ({names})",
        "{file} 没有定义练习中的任何函数（{names}）",
    ),
    "file_never_ends": (
        "{file}: its imports, constants and definitions did not finish in time",
        "{file}：其中的导入、常量与定义未能在限定时间内执行完",
    ),
    "file_ends_python": (
        "{file}: its imports, constants and definitions ended the process",
        "{file}：其中的导入、常量与定义终止了进程",
    ),
    "template_exists": (
        "{file} exists already: choose another name, nothing was written",
        "{file} 已存在：请换一个文件名，未写入任何内容",
    ),
    "template_suffix": (
        "a template is a .py file or an .ipynb notebook, got {file}",
        "模板应为 .py 文件或 .ipynb 笔记本，得到的是 {file}",
    ),
    # --- places ---
    "place": ("{file}:{line}", "{file}:{line}"),
    "place_cell": ("code cell {cell}, line {line}", "第 {cell} 个代码单元第 {line} 行"),
    "line_of_cell": ("cell {cell}, line {line}", "单元 {cell} 第 {line} 行"),
    # --- the frame of a report ---
    "title": ("Steps in {file}", "{file} 检查结果"),
    "this_session": ("this session", "当前会话"),
    "head": ("✗ {name}: ", "✗ {name}："),
    "head_of_remark": ("(remark) {name}: ", "（备注）{name}："),
    "step": ("step", "步骤"),
    "status": ("verdict", "结论"),
    "line": ("line", "行"),
    "what": ("note", "说明"),
    "right": ("right", "正确"),
    "wrong": ("wrong", "错误"),
    "missing": ("not there", "缺失"),
    "chain": ("all together", "整体串联"),
    "fed": ("fed in", "输入"),
    "got": ("came out", "得到"),
    "expected": ("expected", "应为"),
    "cause": ("likely cause", "可能原因"),
    "skipped": ("not run (no import, constant or definition)", "未执行（不是导入、常量或定义）"),
    "not_run": ("could not be run", "无法执行"),
    "broken_cell": ("is not Python: {reason}", "不是 Python：{reason}"),
    "more": ("and {count} more", "另有 {count} 条"),
    "summary": (
        "{right} right, {wrong} wrong, {missing} not there; checked in {seconds} s.",
        "{right} 个正确，{wrong} 个错误，{missing} 个缺失；用时 {seconds} 秒。",
    ),
    "summary_chain_wrong": (
        " The chain as a whole is wrong.",
        "各步骤串联起来的结果是错误的。",
    ),
    # --- kinds of findings ---
    "raises": ("It raises an error.", "运行时报错。"),
    "unreadable": ("What it returns cannot be used as the result.", "返回值无法作为结果使用。"),
    "shape": ("{what}: the shape is wrong.", "{what}：形状不对。"),
    "values": ("{what}: the values are wrong.", "{what}：数值不对。"),
    "finite": (
        "{what}: NaN or infinity, where the result is an ordinary number.",
        "{what}：出现 NaN 或无穷大，而正确结果是有限的数。",
    ),
    "arguments": ("It changes its argument {argument}.", "它改变了传入的参数 {argument}。"),
    "time": (
        "It did not return within {seconds} s: an endless loop, or far too slow.",
        "在 {seconds} 秒内没有返回：死循环，或实在太慢。",
    ),
    "memory": ("It asked for more memory than the limit allows.", "它申请的内存超过了上限。"),
    "exit": (
        "It calls exit (status {status}) instead of returning.",
        "它调用了 exit（状态 {status}），而没有返回结果。",
    ),
    "died": (
        "It ended the whole process (status {status}): os._exit, a crash, or memory beyond the limit.",
        "它终止了整个进程（状态 {status}）：os._exit、崩溃，或内存超限。",
    ),
    "failed": (
        "The checker itself failed while it looked at this ({reason}). Does the function change NumPy?",
        "检查程序在检查这一步时自身出错（{reason}）。这个函数是否改动了 NumPy？",
    ),
    "recursion": ("It calls itself without end.", "它无止境地调用自己。"),
    "prints": (
        "It prints much: {characters} characters in one call.",
        "打印过多：一次调用打印了 {characters} 个字符。",
    ),
    "blank": ("Not written yet.", "尚未编写。"),
    "records_after_update": (
        "It records each loss after the update; the text's code records before. Both can be meant.",
        "它在更新之后记录损失；原文代码在更新之前记录。两种理解都可以。",
    ),
    "initialize_repeats": (
        "W2 repeats W1's random numbers: the generator is seeded again before W2 (as in the text).",
        "W2 重复了 W1 的随机数：在生成 W2 之前又设置了同一个种子（原文即如此）。",
    ),
    "calculus_agrees": (
        "Agrees with central differences of {whose} loss: relative errors {errors}.",
        "与{whose}损失函数的中心差分一致：相对误差 {errors}。",
    ),
    "calculus_differs": (
        "Differs from central differences of {whose} loss: relative errors {errors}.",
        "与{whose}损失函数的中心差分不符：相对误差 {errors}。",
    ),
    "overflows_on_purpose": (
        "NaN for large logits: the text lets my_softmax overflow on purpose, and softmax mends it.",
        "数值较大时得到 NaN：原文有意让 my_softmax 溢出，再由 softmax 解决。",
    ),
    "own": ("your own", "你自己的"),
    "ours": ("the reference's", "参考实现的"),
    "together": (
        "Run one after the other, these functions give a wrong gradient.",
        "把这些函数依次串起来运行，得到的梯度是错的。",
    ),
    "together_broken": (
        "Run one after the other, these functions do not get as far as a gradient.",
        "把这些函数依次串起来运行，得不到梯度。",
    ),
    "spoils_gradient": (
        "Through this the whole network's gradient is wrong, though its loss may still fall.",
        "整个网络的梯度因此都是错的，尽管损失可能仍在下降。",
    ),
    # --- causes ---
    "culprit": (
        "The fault is in {name}: with the right one in its place the gradient is right.",
        "问题出在 {name}：换成正确的实现后，梯度就对了。",
    ),
    "overwrites_argument": (
        "{argument} is overwritten in place: whoever uses it afterwards gets the changed numbers. Make a new "
        "array instead.",
        "{argument} 被原地改写：之后再用到它的地方，拿到的都是改过的值。应生成新的数组。",
    ),
    "relu_overwrites_argument": (
        "{argument} is overwritten in place: compute_gradient then looks for negative entries in Z and finds "
        "none. Make a new array instead, such as np.maximum({argument}, 0).",
        "{argument} 被原地改写：compute_gradient 之后要看 Z 中哪些为负，却一个也找不到了。"
        "应生成新的数组，例如 np.maximum({argument}, 0)。",
    ),
    "max_whole_matrix": (
        "The maximum is taken over the whole matrix instead of each row: rows much smaller than the largest "
        "underflow. Take np.max(O, axis=1, keepdims=True).",
        "取的是整个矩阵的最大值，而不是每一行的最大值：远小于最大行的那些行会下溢。"
        "应使用 np.max(O, axis=1, keepdims=True)。",
    ),
    "sum_whole_matrix": (
        "The sum runs over the whole matrix instead of each row. Take np.sum(…, axis=1, keepdims=True).",
        "求和是对整个矩阵进行的，而不是对每一行。应使用 np.sum(…, axis=1, keepdims=True)。",
    ),
    "argmax_whole_matrix": (
        "The largest entry is sought in the whole matrix instead of each row: axis=1 is missing.",
        "在整个矩阵里找最大元素，而不是在每一行里找：缺少 axis=1。",
    ),
    "no_max_subtracted": (
        "The row's maximum is not subtracted before exp: large logits overflow to infinity, and inf / inf is "
        "NaN.",
        "在 exp 之前没有减去每行的最大值：较大的数会溢出为无穷大，inf / inf 得到 NaN。",
    ),
    "wrong_axis": (
        "Wrong axis: rows are samples, columns are classes or units.",
        "轴（axis）用错了：行是样本，列是类别或单元。",
    ),
    "keepdims_missing": (
        "keepdims=True is missing: a row's sum or maximum loses its axis and no longer fits the rows.",
        "缺少 keepdims=True：每行的和或最大值丢掉了一个维度，无法再与各行对应。",
    ),
    "not_normalised": (
        "The exponentials are not divided by their row's sum.",
        "指数值没有除以各自所在行的和。",
    ),
    "max_not_put_back": (
        "The row's maximum is subtracted in one place and not in the other.",
        "只在一处减去了每行的最大值，另一处没有减。",
    ),
    "normaliser_missing": (
        "The logarithm of the row's sum of exponentials is not subtracted.",
        "没有减去每行指数和的对数。",
    ),
    "softmax_twice": (
        "Softmax is applied twice: what comes in are logits, and one softmax is enough.",
        "softmax 用了两次：传入的是未激活的输出值，只需一次 softmax。",
    ),
    "softmax_missing": (
        "Softmax is missing: y_pred is softmax(O), not O itself.",
        "缺少 softmax：y_pred 应为 softmax(O)，而不是 O 本身。",
    ),
    "H_for_Z": (
        "H is handed on where Z belongs: H >= 0 holds everywhere, so every ReLU derivative is taken as 1.",
        "该传 Z 的地方传了 H：H >= 0 处处成立，于是 ReLU 的导数处处都成了 1。",
    ),
    "softmax_applied": (
        "Softmax is applied already here; forward should return O before softmax, or it is applied twice.",
        "这里已经用了 softmax；forward 应返回 softmax 之前的 O，否则 softmax 会用两次。",
    ),
    "log_softmax_applied": (
        "log_softmax is applied already here; forward should return O before softmax.",
        "这里已经用了 log_softmax；forward 应返回 softmax 之前的 O。",
    ),
    "logit_sign": ("The sign of O is turned.", "O 的符号反了。"),
    "log_instead": (
        "This is log_softmax, not softmax: the exponential is missing at the end.",
        "这是 log_softmax 而不是 softmax：最后缺少取指数。",
    ),
    "log_missing": ("The logarithm is missing.", "缺少取对数。"),
    "log_of_zero": (
        "Logarithm of zero: softmax underflows to 0 and log makes -inf of it. Use log_softmax: subtract the "
        "row's maximum and take the logarithm of the sum only.",
        "对零取对数：softmax 下溢为 0，取对数得到 -inf。应使用 log_softmax：减去每行最大值，只对和取对数。",
    ),
    "log_of_zero_patched": (
        "Logarithm of zero, patched with a small constant: the loss of a confidently wrong row comes out too "
        "small. Use log_softmax, which needs no constant.",
        "用一个小常数掩盖了对零取对数的问题：自信却错误的样本，其损失会偏小。应使用 log_softmax，无需常数。",
    ),
    "loss_base": (
        "A logarithm of another base: the loss wants the natural logarithm, np.log.",
        "对数的底不对：损失函数要用自然对数 np.log。",
    ),
    "loss_sign": ("The minus sign is wrong or missing.", "负号缺失或多余。"),
    "loss_not_averaged": (
        "1/n is missing: the loss is summed over the samples, not averaged.",
        "缺少 1/n：损失是对样本求和，没有取平均。",
    ),
    "loss_not_summed": (
        "A single number is wanted: sum over the classes, then average over the samples.",
        "需要的是一个数：对类别求和，再对样本取平均。",
    ),
    "loss_halved": ("There is a factor ½ too much.", "多了一个因子 ½。"),
    "truth_ignored": ("The truth (y_true) does not enter.", "真值（y_true）没有参与计算。"),
    "mean_missing": (
        "1/n is missing: the gradient is summed over the samples, not averaged.",
        "缺少 1/n：梯度是对样本求和，没有取平均。",
    ),
    "mean_twice": ("1/n is there twice.", "1/n 用了两次。"),
    "mean_over_entries": (
        "Averaged over all n·K entries instead of the n samples: K times too small.",
        "对全部 n·K 个元素取了平均，而不是对 n 个样本：小了 K 倍。",
    ),
    "mean_over_classes": (
        "Divided by the number of classes K instead of the number of samples n.",
        "除以了类别数 K，而不是样本数 n。",
    ),
    "factor_two": (
        "Twice too large: the 2 belongs to the squared error, not to cross-entropy.",
        "大了一倍：因子 2 属于平方误差，不属于交叉熵。",
    ),
    "gradient_sign": (
        "The sign is turned: the derivative is y_pred - y_true, not y_true - y_pred.",
        "符号反了：导数是 y_pred - y_true，而不是 y_true - y_pred。",
    ),
    "gradient_zero": ("The gradient is zero everywhere.", "梯度处处为零。"),
    "relu_derivative_missing": (
        "The derivative of ReLU is missing: units with Z < 0 must pass nothing back.",
        "缺少 ReLU 的导数：Z < 0 的单元不应回传任何梯度。",
    ),
    "relu_derivative_wrong_array": (
        "The derivative of ReLU is taken of {array}: it belongs to Z (or to H > 0; H >= 0 holds everywhere).",
        "ReLU 的导数取自 {array}：应取自 Z（或 H > 0；而 H >= 0 处处成立）。",
    ),
    "relu_derivative_flipped": (
        "The derivative of ReLU is turned round: it is 1 where Z > 0 and 0 where Z < 0.",
        "ReLU 的导数弄反了：Z > 0 处为 1，Z < 0 处为 0。",
    ),
    "relu_derivative_itself": (
        "Multiplied by the activation itself instead of its derivative, which is 0 or 1.",
        "乘的是激活值本身，而不是它的导数（0 或 1）。",
    ),
    "Z_for_H": (
        "dW2 is made with Z (or its sign) instead of H: dW2 = Hᵀ dO.",
        "dW2 用了 Z（或其符号）而不是 H：dW2 = Hᵀ dO。",
    ),
    "softmax_slope_again": (
        "The slope of softmax is in y_pred - y_true already; here it is multiplied once more.",
        "y_pred - y_true 已包含 softmax 的导数；这里又乘了一次。",
    ),
    "bias_not_summed": (
        "The gradient of the bias is not summed over the samples: np.sum(…, axis=0) is missing.",
        "偏置的梯度没有对样本求和：缺少 np.sum(…, axis=0)。",
    ),
    "bias_summed_whole": (
        "The gradient of the bias is summed over everything: axis=0 is missing, each unit has its own bias.",
        "偏置的梯度把所有元素都加起来了：缺少 axis=0，每个单元有自己的偏置。",
    ),
    "transposed": ("The result is transposed.", "结果被转置了。"),
    "transpose_missing": (
        "The shapes do not fit at a matrix product: a transpose is missing, or the factors are in the wrong "
        "order.",
        "矩阵乘法的形状不匹配：缺少转置，或两个因子的次序不对。",
    ),
    "elementwise_product": (
        "* multiplies entry by entry; a matrix product is @ or np.dot.",
        "* 是逐元素相乘；矩阵乘法要用 @ 或 np.dot。",
    ),
    "shapes_clash": ("The shapes of two arrays do not fit.", "两个数组的形状不匹配。"),
    "bias_missing": ("A bias is missing.", "缺少偏置。"),
    "bias_sign": ("The bias is subtracted instead of added.", "偏置被减去了，应当加上。"),
    "relu_identity": ("Negative entries are let through.", "负数没有被置零。"),
    "relu_absolute": (
        "The absolute value is taken: negative entries should become 0.",
        "取了绝对值：负数应变为 0。",
    ),
    "relu_flipped": (
        "The comparison is turned round: the positive entries should stay.",
        "比较方向反了：应保留正数。",
    ),
    "relu_slope": (
        "This is ReLU's derivative (0 or 1) instead of ReLU: positive entries keep their value.",
        "这是 ReLU 的导数（0 或 1）而不是 ReLU：正数应保持原值。",
    ),
    "relu_leaky": (
        "A leaky ReLU: negative entries should become exactly 0.",
        "这是 leaky ReLU：负数应恰好变为 0。",
    ),
    "relu_other": ("Another activation than ReLU.", "用的是别的激活函数，不是 ReLU。"),
    "relu_capped": ("Positive entries are capped at 1.", "正数被截断到 1。"),
    "relu_maximum": (
        "np.max takes the largest of all; np.maximum compares entry by entry.",
        "np.max 取所有元素中最大的；逐元素比较要用 np.maximum。",
    ),
    "relu_missing": (
        "The hidden layer's ReLU is missing: H should be ReLU(Z).",
        "缺少隐藏层的 ReLU：H 应为 ReLU(Z)。",
    ),
    "relu_on_output": ("ReLU is applied to the output layer too.", "对输出层也用了 ReLU。"),
    "returns_hidden": (
        "The hidden layer is returned instead of the output O.",
        "返回的是隐藏层，而不是输出 O。",
    ),
    "returns_nothing": ("Nothing is returned: the return is missing.", "什么也没有返回：缺少 return。"),
    "update_nothing": (
        "The parameters stay as they were: nothing is written back and nothing returned.",
        "参数没有变化：既没有写回，也没有返回。",
    ),
    "update_sign": (
        "The sign of the update: the gradient is added, which walks uphill. Subtract it.",
        "更新的符号错了：加上梯度是在上坡，应当减去。",
    ),
    "update_without_rate": ("The learning rate is missing.", "缺少学习率。"),
    "update_replaces": (
        "The parameters are replaced by the step instead of changed by it.",
        "参数被更新量替换了，而不是在原值上改变。",
    ),
    "update_divides": (
        "Divided by the learning rate instead of multiplied.",
        "除以了学习率，应当乘以学习率。",
    ),
    "update_twice": ("The step is taken twice.", "更新做了两次。"),
    "update_some": ("Only some of the four parameters are updated.", "四个参数只更新了一部分。"),
    "train_epochs": (
        "The number of epochs is one off: as many losses as epochs are wanted.",
        "迭代轮数差一：损失的个数应等于轮数。",
    ),
    "train_on_test": (
        "It learns from the test part, which is only to be looked at.",
        "它在用测试集学习；测试集只能用来评估。",
    ),
    "train_swapped": (
        "The two lists of losses are swapped: the training losses come first.",
        "两个损失列表次序颠倒：训练损失应在前。",
    ),
    "train_repeated": (
        "The testing losses are computed from the training part.",
        "测试损失是用训练集算的。",
    ),
    "predicts_probabilities": (
        "A class is wanted, the index of the largest entry (np.argmax), not a value.",
        "需要的是类别，即最大元素的下标（np.argmax），而不是数值。",
    ),
    "predicts_least": ("The least likely class is taken.", "取了可能性最小的类别。"),
    "predicts_from_one": ("Classes count from 0.", "类别从 0 开始编号。"),
    "predicts_hidden": (
        "The largest hidden unit is taken instead of the largest output.",
        "取了最大的隐藏单元，而不是最大的输出。",
    ),
    "predicts_one_hot": (
        "Rows of zeros and a one; the class's number is wanted.",
        "返回的是 one-hot 行；需要的是类别编号。",
    ),
    "biases_not_zero": ("Biases start at zero.", "偏置应从零开始。"),
    "initialize_constant": (
        "The numbers of {what} do not differ: hidden units that start alike stay alike.",
        "{what} 的数没有差别：起点相同的隐藏单元会一直相同。",
    ),
    "initialize_scale": (
        "{what} starts too large: the factor 0.01 is missing.",
        "{what} 的初始值太大：缺少因子 0.01。",
    ),
    "name_unknown": (
        "{name} is defined nowhere among the file's imports, constants and definitions.",
        "在文件的导入、常量与定义中找不到 {name}。",
    ),
    "key_unknown": (
        "There is no key {key}: parameters have W1, b1, W2, b2, and gradients dW1, db1, dW2, db2.",
        "没有键 {key}：参数的键是 W1、b1、W2、b2，梯度的键是 dW1、db1、dW2、db2。",
    ),
    "signature": (
        "It takes other arguments than the exercise's: ({arguments}), handed over by position.",
        "它的参数与练习不同：应为（{arguments}），按位置传入。",
    ),
}
"""From a code to the sentence in English and in Chinese."""


def say(lang: Language, code: str, **values: object) -> str:
    """Return a sentence."""
    english, chinese = SENTENCES[code]
    return (chinese if lang == "zh" else english).format(**values)


def choose_language(lang: str | None = None) -> Language:
    """Return the language asked for, or the locale's.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if lang is not None:
        if lang not in ("en", "zh"):
            raise ValueError(f"lang must be en or zh, got {lang!r}")
        return "zh" if lang == "zh" else "en"
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return "zh" if os.environ[variable].lower().startswith("zh") else "en"
    name = (locale.getlocale()[0] or "").lower()
    return "zh" if name.startswith(("zh", "chinese")) else "en"
