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
        "It prints a lot: {characters} characters in one call.",
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
        "NaN for large logits: the text lets my_softmax overflow on purpose, and softmax fixes it.",
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
