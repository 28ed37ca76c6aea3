"""From the cells of a row to the recipe that it asks for."""

import unicodedata
from dataclasses import replace
from typing import Any

from triceptron.data import TableError, shown
from triceptron.jobs.table.formats import Given
from triceptron.jobs.table.headings import HYPERPARAMETERS, REMARK, RESULTS, meaning, suggestion
from triceptron.training import Recipe

__all__ = ["columns", "recipes"]

_SWITCH: dict[Any, str] = {False: "no, none, off, false, 0, 否, 无", True: "yes, on, true, 1, 是"}
_WORDS: dict[str, dict[Any, str]] = {
    "solver": {
        "sgd": "sgd, gd, gradient descent, plain, 梯度下降, 随机梯度下降, 小批量梯度下降",
        "momentum": "momentum, sgd with momentum, sgd momentum, 动量, 动量法",
        "nesterov": "nesterov, nag, nesterov momentum, sgd nesterov",
        "adam": "adam",
    },
    "schedule": {
        "constant": "constant, none, fixed, 固定, 恒定, 无",
        "one_cycle": "one cycle, onecycle, 1cycle, 单周期",
    },
    "preprocess": {
        "none": "none, no, off, 无, 否",
        "deslanted": "deslanted, deslant, deskew, deskewed, slant, 去倾斜, 倾斜校正",
        "varied": "varied, different, mixed, 各不相同, 多种",
        **{
            f"width_{width}": f"width {width}, {width}, 宽 {width}, 宽度 {width}" for width in range(8, 22, 2)
        },
    },
    "augment": {
        "none": "none, no, off, 无, 否",
        "shift": "shift, shifts, yes, on, 平移, 是",
        "affine": "affine, 仿射, 仿射变换",
        "elastic": "elastic, elastic distortion, elastic distortions, 弹性, 弹性形变, 弹性变形",
    },
    "distil": _SWITCH,
    "moved_copies": _SWITCH,
    "init": {
        "he": "he, kaiming, he normal",
        "exercise": "exercise, text, normal, 0.01, 练习",
        "glorot": "glorot, xavier",
    },
    "dtype": {"float32": "float32, single, 32, 单精度", "float64": "float64, double, 64, 双精度"},
}
_FULL = {"full", "all", "full batch", "none", "全部", "全批量", "全批次", "全量"}
_WHOLE = {"hidden", "epochs", "batch_size", "members", "seed"}
_MOST_DIGITS = 30


def columns(given: Given) -> dict[str, int]:
    """Return which column holds which hyperparameter or result.

    Raises
    ------
    TableError
        If a heading is unknown, or two name the same.
    """
    found: dict[str, int] = {}
    for i, heading in enumerate(given.headings):
        kind = meaning(heading)
        if kind is None:
            raise TableError(given.name, f"unknown; {suggestion(heading)}", column=heading)
        if kind == REMARK:
            continue
        if kind in found:
            raise TableError(
                given.name, f"means the same as {shown(given.headings[found[kind]])}", column=heading
            )
        found[kind] = i
    if not found.keys() & HYPERPARAMETERS.keys():
        raise TableError(given.name, "no heading names a hyperparameter, such as learning rate")
    return found


def recipes(given: Given, base: Recipe) -> list[Recipe]:
    """Return each row's recipe; what a row leaves open is as in `base`.

    Raises
    ------
    TableError
        If there are no rows, or a cell cannot be what its column asks for.
    """
    where = columns(given)
    if not given.rows:
        raise TableError(given.name, "the table has no rows below its headings")
    asked = {kind: column for kind, column in where.items() if kind not in RESULTS}
    return [_recipe(given, i, asked, base) for i in range(len(given.rows))]


def _recipe(given: Given, row: int, asked: dict[str, int], base: Recipe) -> Recipe:
    recipe = base
    for kind, column in asked.items():
        cell = given.rows[row][column]
        if not cell:
            continue
        try:
            recipe = replace(recipe, **{kind: _value(kind, cell)})
        except ValueError as error:
            raise given.error(str(error), row, column) from None
    return recipe


def _value(kind: str, cell: str) -> Any:
    text = unicodedata.normalize("NFKC", cell).strip("*`_ ").casefold()
    if kind in _WORDS:
        plain = text.replace("_", " ").replace("-", " ")
        for value, words in _WORDS[kind].items():
            if plain in words.casefold().split(", "):
                return value
        return text[:60]  # the recipe says what would be right
    if kind == "batch_size" and text in _FULL:
        return None
    if kind in _WHOLE:
        return _whole(kind, text)
    return _number(kind, text)


def _whole(kind: str, text: str) -> int:
    digits = text.replace("_", "").replace(",", "").replace(" ", "")
    if not digits.removeprefix("-").isdecimal() or len(digits) > _MOST_DIGITS:
        raise ValueError(f"{kind} must be a whole number, got {shown(text)}")
    return int(digits)


def _number(kind: str, text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"{kind} must be a number, got {shown(text)}") from None
