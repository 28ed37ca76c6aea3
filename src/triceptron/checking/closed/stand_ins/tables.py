"""Made-up tables: the columns and words that a program, or a file's name, promises."""

import functools
import os
import re
from typing import Any

import numpy as np

from .samples import TEST, TRAIN, classes, measured
from .state import FEATURES, KINDS, SCALE, program, sizes, used


def make_table(name: str) -> tuple[Any, list[str], Any]:
    """Make the table that a file's name, or the program, promises: numbers, headings, words for classes."""
    low, text = os.path.basename(name).lower(), program.text
    if "iris" in low:
        X, y = measured(150, 4, 3)
        names = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
        if re.search(r"['\"]Id['\"]|\w\.Id\b|SepalLengthCm", text):  # as Kaggle has it
            X = np.column_stack([np.arange(1, len(X) + 1), X])
            names = ["Id", "SepalLengthCm", "SepalWidthCm", "PetalLengthCm", "PetalWidthCm", "Species"]
        return np.column_stack([X, y]), names, ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
    digits = any(word in low for word in ("mnist", "digit", "handwritten"))
    pictures = re.search(r"784|pixel|\b28 *[,*] *28\b|\b255\b|(?i:mnist)", text)
    large = sizes.get("features") == 784 or any(word in low for word in ("train", "test"))
    if digits or (pictures and large):
        if low == "test.csv":
            return classes(28_000 // SCALE, 784, seed=1)[0], [f"pixel{k}" for k in range(784)], None
        rows = 42_000 // SCALE if low == "train.csv" else TEST if "test" in low else TRAIN
        X, y = classes(rows, 784, seed=int("test" in low))
        if "label" in low or low.startswith("y_"):
            return y[:, None], ["label"], None
        if "image" in low or low.startswith("x_"):
            return X, [f"pixel{k}" for k in range(784)], None
        return np.column_stack([y, X]), ["label", *(f"pixel{k}" for k in range(784))], None
    names, truth = _columns()
    words = re.search(r"(?:map|replace)\(\s*\{([^}]*)\}", text)
    kinds = list(dict.fromkeys(_QUOTED.findall(words[1]))) if words else []
    X, y = measured(200, len(names) - 1, len(kinds) if len(kinds) > 1 else sizes.get("kinds", KINDS))
    others = iter(X.T)
    table = np.column_stack([y if name == truth else next(others) for name in names])
    return table, names, kinds if len(kinds) > 1 and names[-1] == truth else None


_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")

_TRUTH = re.compile(r"(?i)^(y|labels?|targets?|class|outcome|species|diagnosis|survived|result|output)$")


def _columns() -> tuple[list[str], str]:
    """Tell which columns a program expects of its table, and which of them holds the truth."""
    text = program.text
    listed = [_QUOTED.findall(each) for each in re.findall(r"(?:names|columns)\s*=\s*\[([^\]]*)\]", text)]
    named = re.findall(r"\bfor (\w+) in csv\.DictReader\(", text)  # its rows are dictionaries
    listed += [re.findall(rf"\b{row}\[['\"]([^'\"]+)['\"]\]", text) for row in named]
    longest: list[str] = max(listed, key=len, default=[])
    names = list(dict.fromkeys(longest))
    dropped: list[str] = []
    for frame in dict.fromkeys(re.findall(r"(\w+)\s*=\s*pd\.read_\w+\(", text)):
        taken = [_QUOTED.findall(each) for each in re.findall(rf"\b{frame}\[(\[?[^\]]*)\]", text)]
        dropped += [name for each in re.findall(rf"\b{frame}\.(?:drop|pop)\(([^)]*)\)", text)
                    for name in _QUOTED.findall(each)]  # fmt: skip
        names = names if len(names) > 2 else [*names, *(name for each in taken for name in each)]
    names = list(dict.fromkeys([*names, *dropped]))
    truth = [name for name in names if _TRUTH.match(name)] or dropped or names[-1:] or ["y"]
    if len(names) < 2 or {*names} <= {*dropped, *truth}:  # the others have any name
        cut = [int(k) for k in re.findall(r"\[:, *(?:0 *)?: *(\d+)\]", text)]
        cut = [
            k for k in cut if 1 < k < 100 and re.search(rf"\[:, *{k}\b(?! *:\])", text)
        ]  # the truth is next
        features = sizes.get("features", cut[0] if cut else FEATURES)
        names = [*(f"x{k}" for k in range(features)), *(names or truth)]
        if re.search(r"\[:, *0\]", text) and not re.search(r"\[:, *-1\]", text):
            return [truth[-1], *(name for name in names if name != truth[-1])], truth[-1]
    return [*(name for name in names if name != truth[-1]), truth[-1]] if not listed else names, truth[-1]


def table_lines(name: str) -> str:
    """Make the text of such a table, written as the program reads it."""
    text = program.text
    table, names, words = make_table(name)
    rows = [[f"{value:g}" for value in row] for row in table]
    for row in rows if words else ():
        row[-1] = words[int(row[-1])]
    if "DictReader(" in text:
        for column, word in re.findall(r"\[['\"](\w+)['\"]\] *== *['\"](\w+)['\"]", text):
            for number, row in enumerate(rows if column in names else ()):
                row[names.index(column)] = word if number % 3 else f"no {word}"
        rows.insert(0, names)
    commas = re.search(r"(split\(|delimiter=|sep=) *['\"],|csv\.reader|read_csv", text)
    spaces = not commas and re.search(r"\.split\((['\"] ['\"])?\)|(loadtxt|genfromtxt)\(", text)
    return "\n".join(map((" " if spaces else ",").join, rows)) + "\n"


def having(real: Any) -> Any:
    """Let a table that is made up have the columns that it is asked for."""

    @functools.wraps(real)
    def asked(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return real(self, *args, **keywords)
        except (KeyError, AttributeError):
            given = [*args[:1], *(keywords.get(name) for name in ("labels", "columns"))]
            names = [n for each in given for n in (each if isinstance(each, list) else [each])]
            names = [name for name in names if isinstance(name, str) and name not in self.columns]
            if real.__name__ == "__getattr__":
                names = [name for name in names if re.search(rf"\w\.{name}\b(?! *\()", program.text)]
            if not names or not self.attrs.get("made_up"):
                raise
            for name in names:
                self[name] = _column(self, name)
            return real(self, *args, **keywords)

    return asked


def _column(table: Any, name: str) -> Any:
    """Make one more column of a table: labels, or numbers that tell something of them."""
    quoted = rf"['\"]{re.escape(name)}['\"]"
    if _TRUTH.match(name) or re.search(rf"(?m)^ *\w*(?i:y|label|target)\w* *=[^\n]*{quoted}", program.text):
        return np.random.RandomState(5).permutation(len(table)) % sizes.get("kinds", KINDS)
    own = np.random.RandomState(len(name) + ord(name[0]))
    known = table.iloc[:, -1].to_numpy()
    known = np.nan_to_num(known) if known.dtype.kind in "iuf" else np.zeros(len(table))
    return np.round(abs(known * own.uniform(-2, 2) + own.uniform(0, 3, len(table))), 1)


def told_by_a_word(real: Any) -> Any:
    """Let a column of a made-up table, of which a word is asked, have words."""

    @functools.wraps(real)
    def compared(self: Any, other: Any) -> Any:
        if isinstance(other, str) and self.attrs.get("made_up") and self.dtype.kind in "iuf":
            words = _WORDS.setdefault(str(self.name), [])
            if other not in words:
                words.append(other)
            values = np.unique(self)
            at = words.index(other)
            if len(values) > 20:  # numbers for which words stand in turn
                return real(self.rank(method="first") % max(len(words), 2), at)
            other = values[at] if at < len(values) else np.nan
        return real(self, other)

    return compared


_WORDS: dict[str, list[str]] = {}
"""The words that a made-up column of numbers was compared with."""


def splitting(real: Any) -> Any:
    """Bring the sizes of parts down."""

    @functools.wraps(real)
    def split(*arrays: Any, **keywords: Any) -> Any:
        n = len(arrays[0])
        for name in ("test_size", "train_size"):
            if used and isinstance(keywords.get(name), int | np.integer) and keywords[name] >= n:
                keywords[name] = max(keywords[name] // SCALE, 1)
        return real(*arrays, **keywords)

    return split
