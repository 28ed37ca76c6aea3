"""What a table's headings mean, in English and in Chinese."""

import re
import unicodedata
from difflib import get_close_matches

__all__ = ["HYPERPARAMETERS", "REMARK", "RESULTS", "english", "heading_like", "meaning", "suggestion"]

HYPERPARAMETERS = {
    "hidden": (
        "hidden units, hidden, hidden size, hidden layer size, hidden layer sizes, hidden neurons, "
        "neurons, units, h, 隐藏层单元数, 隐藏单元数, 隐藏单元, 隐藏层神经元数, 隐藏层神经元个数, "
        "隐藏神经元数, 隐藏层节点数, 隐藏节点数, 隐藏层大小, 隐藏层, 隐层单元数, 隐层神经元数, 神经元数"
    ),
    "learning_rate": "learning rate, learning rate init, lr, eta, η, step size, 学习率, 学习速率, 步长",
    "epochs": (
        "epochs, epoch, iterations, iteration, max iter, number of epochs, 迭代轮数, 迭代次数, 训练轮数, "
        "训练次数, 轮数, 轮次, 迭代数"
    ),
    "batch_size": (
        "batch size, batch, mini batch, mini batch size, minibatch size, 批量大小, 批大小, 批次大小, "
        "批量, 批尺寸, 小批量大小"
    ),
    "solver": "solver, optimizer, optimiser, 优化器, 优化算法, 优化方法, 求解器",
    "momentum": "momentum, 动量, 动量系数",
    "schedule": "schedule, learning rate schedule, lr schedule, 学习率调度, 学习率策略, 学习率计划",
    "alpha": (
        "alpha, α, l2, l2 penalty, weight decay, regularization, regularisation, 正则化, 正则化系数, "
        "l2正则化, 权重衰减"
    ),
    "input_dropout": "input dropout, dropout input, 输入层丢弃率, 输入丢弃率, 输入层dropout",
    "dropout": "dropout, hidden dropout, dropout rate, 丢弃率, 隐藏层丢弃率, 随机失活, dropout率",
    "preprocess": "preprocess, preprocessing, preprocessed, view, views, 预处理, 图像预处理",
    "augment": "augment, augmentation, data augmentation, 数据增强, 数据扩增, 增强",
    "augment_strength": "augment strength, augmentation strength, strength, 增强强度, 形变强度",
    "members": "members, committee, ensemble, ensemble size, networks, 成员数, 网络个数, 集成个数",
    "distil": "distil, distill, distilled, distillation, 蒸馏",
    "moved_copies": "moved copies, shifted copies, test time augmentation, 移动副本, 测试时增强",
    "init": "init, initialization, initialisation, initializer, 初始化, 初始化方法, 参数初始化",
    "seed": "seed, random seed, random state, 随机种子, 种子",
    "dtype": "dtype, precision, 精度, 数据类型",
}
"""Fields of `triceptron.training.Recipe` and the headings that name them, the plainest first."""

RESULTS = {
    "train_loss": (
        "train loss, training loss, final train loss, final training loss, 训练损失, 训练集损失, 训练误差"
    ),
    "test_loss": "test loss, final test loss, validation loss, 测试损失, 测试集损失, 验证损失, 测试误差",
    "accuracy": (
        "accuracy, test accuracy, acc, 准确率, 测试准确率, 正确率, 测试集准确率, 精确度, 测试正确率"
    ),
    "time": "time, training time, train time, seconds, duration, 时间, 训练时间, 用时, 耗时",
    "fingerprint": "fingerprint, 指纹, 参数指纹",
    "best": "best, 最佳, 最优, 最好",
}
"""What is filled in, and the headings that ask for it."""

REMARK = "remark"
_REMARKS = (
    "#, no, no., nr, number, id, row, name, model, run, note, notes, remark, remarks, comment, 序号, 编号, "
    "名称, 实验, 模型, 备注, 说明, 组别"
)


def _plain(heading: str) -> str:
    """Strip what makes no difference: case, emphasis, units in brackets, spaces, dashes, underscores."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"[(\[][^()\[\]]*[)\]]", "", text)
    return re.sub(r"[\s*_`\-:]", "", text.replace("%", "")) or text.strip()


_MEANINGS = {
    _plain(word): kind
    for kind, words in (*HYPERPARAMETERS.items(), *RESULTS.items(), (REMARK, _REMARKS))
    for word in words.split(", ")
}


def meaning(heading: str) -> str | None:
    """Return the hyperparameter or the result that a heading names, `REMARK`, or None if it is unknown."""
    return _MEANINGS.get(_plain(heading)) or (REMARK if not heading.strip() else None)


def suggestion(heading: str) -> str:
    """Return what an unknown heading was perhaps meant to be, or all that it could be."""
    close = get_close_matches(_plain(heading), _MEANINGS, n=1)
    if close:
        kind = _MEANINGS[close[0]]
        return f"did you mean {english(kind)!r}?"
    return (
        f"a table can hold {', '.join(english(kind) for kind in (*HYPERPARAMETERS, *RESULTS))}, and remarks"
    )


def english(kind: str) -> str:
    """Return the plainest English heading."""
    words = {**HYPERPARAMETERS, **RESULTS}.get(kind, kind)
    return words.split(", ")[0]


def heading_like(kind: str, headings: list[str]) -> str:
    """Return a heading for `kind` in the manner of the others: in their language, with their underscores."""
    if not any("一" <= letter <= "鿿" for letter in "".join(headings)):
        heading = english(kind)
        return heading.replace(" ", "_") if any("_" in other for other in headings) else heading
    words = {**HYPERPARAMETERS, **RESULTS}[kind].split(", ")
    return next(word for word in words if "一" <= word[0] <= "鿿")
