"""Writes what is missing where a file only defines a class: the lines that make a network and train it.

The lines are run after the file, in the same closed process, and written down with it. In which way the class
wants its samples and labels is not asked: the usual ways are tried, and a run counts that shows a training.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from textwrap import indent
from typing import Any

from triceptron.checking.programs import quantity, role_of

__all__ = ["drivers"]

_SIZES: tuple[Mapping[str, str], ...] = (
    {"m": "4", "h": "5", "K": "3", "sizes": "[4, 5, 3]", "activation": "'relu'"},
    {"m": "4", "h": "[5]", "K": "3", "sizes": "(4, 5, 3)", "activation": "'sigmoid'"},
    {"m": "4", "h": "5", "K": "1", "sizes": "[4, 5, 1]", "activation": "'tanh'"},
    {"m": "2", "h": "5", "K": "2", "sizes": "[2, 5, 2]", "activation": "'tanh'"},
)

_PICTURES: Mapping[str, str] = {
    "m": "784", "h": "5", "K": "10", "sizes": "[784, 5, 10]", "activation": "'relu'",
}  # fmt: skip

_VALUES: Mapping[str, str] = {
    "learning_rate": "0.1", "epochs": "4", "batch_size": "8", "verbose": "False", "samples": "24",
    "lambda": "0.0", "dropout": "0.0", "keep": "1.0",
}  # fmt: skip

_WAYS: Mapping[str, Mapping[str, str]] = {
    "rows": {"X": "X", "Y": "Y"},
    "columns": {"X": "X.T", "Y": "Y.T"},
    "codes": {"X": "X", "Y": "y"},
    "codes of columns": {"X": "X.T", "Y": "y"},
    "pairs": {"X": "pairs", "Y": "pairs", "XY": "pairs"},
    "table": {"X": "table", "Y": "y"},
    "single": {"X": "X[k]", "Y": "Y[k]"},
    "single columns": {"X": "X[k][:, None]", "Y": "Y[k][:, None]"},
}
"""How samples and labels are handed over."""

_DATA = """
def __widths(held, depth=0):
    held = vars(held) if hasattr(held, "__dict__") else held
    held = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else ()
    for entry in held:
        if isinstance(entry, np.ndarray):
            if entry.ndim == 2 and max(entry.shape) > 1 and entry.any():
                yield entry.shape
        elif depth < 3:
            yield from __widths(entry, depth + 1)
import numpy as np
np.random.seed(0)
"""

_SAMPLES = """
__found = list(__widths({net}))
__m, __K = {m}, {K}
if __found:
    __first, __last = __found[0], __found[-1]
    __m, __K = (__first[1], __last[0]) if {columns} else (__first[0], __last[1])
X = np.random.RandomState(1).standard_normal((24, __m))
y = np.random.RandomState(2).permutation(np.arange(24) % max(__K, 2))
Y = np.eye(__K)[y] if __K > 1 else y[:, None] * 1.0
pairs = [(a[:, None], b[:, None]) for a, b in zip(X, Y)]
other_X, other_y, other_Y = np.random.RandomState(3).standard_normal((6, __m)), y[:6], Y[:6]
table, other_table = (np.column_stack(each) for each in ((X, y), (other_X, other_y)))
other_pairs = [(a[:, None], b[:, None]) for a, b in zip(other_X, other_Y)]
"""


def drivers(found: Sequence[Mapping[str, Any]], text: str) -> Iterator[tuple[str, bool]]:
    """Yield what trains a network of the file's, a class or a function, in one way after another.

    With each way it is told whether the samples are the file's own.
    """
    tree = _parsed(text)
    functions = [entry for entry in found if entry["own"] and entry["kind"] == "function"]
    trains = [entry for entry in functions if role_of(entry["name"]) == "train"]
    trains += [each for each in functions if each not in trains and _may_train(each, tree)]
    classes = sorted(filter(_is_network, found), key=lambda each: -len(_roles(each)))
    own = list(_own_samples(tree))
    for entry in [*classes[:2], *trains[:2]]:
        asked = {quantity(name, True) for name, *_ in entry["arguments"] or []}
        free = [name for name, _, optional in entry["arguments"] or [] if not optional]
        unknown = [name for name in free if quantity(name, False) in ("", "X", "Y")]
        whole = entry["kind"] == "function" and len(unknown) == 1 and "Y" not in asked  # labels are a column
        write = _driver if entry["kind"] == "class" else partial(_call, functions=functions, tree=tree)
        for sizes, data in own:
            made = write(entry, sizes, "own", data)
            if made is not None:
                yield made, True
        pictures = entry["kind"] == "function" and "784" in text
        for sizes in [*([_PICTURES] if pictures else []), *_SIZES]:
            if (sizes["h"] == "[5]" and "h" not in asked) or (sizes["m"] == "2" and "m" in asked):
                continue
            for way, data in _WAYS.items():
                if (way == "table") != whole:
                    continue
                made = write(entry, sizes, way, data)
                if made is not None:
                    yield made, False


def _parsed(text: str) -> ast.Module:
    """Read the file's text; what cannot be read is empty."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


def _may_train(entry: Mapping[str, Any], tree: ast.Module) -> bool:
    """Tell whether nothing in the file calls a function that takes samples, or goes round with others."""
    called, name = _called(tree), entry["name"]
    needed = [name for name, _, optional in entry["arguments"] or [] if not optional]
    if name not in called or role_of(name) or any(name in names for names in called.values()):
        return False
    nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    loops = any(isinstance(node, ast.For | ast.While) for node in ast.walk(nodes[-1]))
    return {"X", "Y"} <= {quantity(name, False) for name in needed} or (
        loops and len(called[name]) > 1 and len(needed) > 1
    )


def _called(tree: ast.Module) -> dict[str, set[str]]:
    """From a function to those of the file that it names."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    return defaultdict(set) | {
        name: {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & functions.keys() - {name}
        for name, node in functions.items()
    }


def _own_samples(tree: ast.Module) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Yield the file's own samples and labels, by their names, and the sizes of a network for them."""
    named: dict[str, list[str]] = {}
    stores = [n for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]  # fmt: skip
    for name in dict.fromkeys(n.id for n in stores[::-1]):
        named.setdefault(quantity(name, False), []).append(name)
    # what was made last is what is trained on
    for X in named.get("X", [])[:1]:
        other = named.get("testX", [X])[0]
        for number, Y in enumerate(named.get("Y", [])[:2]):
            others = named.get("testY", [Y])
            data = {"X": X, "Y": Y, "testX": other, "testY": others[min(number, len(others) - 1)]}
            for form, m in ((f"{Y}", f"{X}.shape[1]"), (f"{Y}.T", f"{X}.shape[0]")):
                K = f"({form}.shape[1] if np.ndim({Y}) > 1 else int({Y}.max()) + 1)"
                sizes = {"m": m, "h": "5", "K": K, "sizes": f"[{m}, 5, {K}]", "activation": "'relu'"}
                yield sizes, data


def _call(
    entry: Mapping[str, Any],
    sizes: Mapping[str, str],
    way: str,
    data: Mapping[str, str],
    functions: Sequence[Mapping[str, Any]],
    tree: ast.Module,
) -> str | None:
    """Write the call of a function that starts and trains a network."""
    values = {**_VALUES, **sizes, **_others(data), **data}
    for start in functions:
        asked = {quantity(name, True) for name, _, optional in start["arguments"] or [] if not optional}
        if asked and asked <= {"m", "h", "K", "sizes"} and start["name"] not in _called(tree)[entry["name"]]:
            begun = f"{start['name']}({_arguments(start['arguments'], values, sizes=True)})"
            values |= {"parameters": begun, "sizes": begun}  # layers of numbers, or layers
    made = _arguments(entry["arguments"], values, sizes=False)
    if made is None or data["X"] not in made or way.startswith("single"):
        return None
    samples = _SAMPLES.format(net="{}", m=sizes["m"], K=sizes["K"], columns=False) if way != "own" else ""
    call = f"{_DATA}{samples}trained = {entry['name']}({made})\n"
    predicts = [entry for entry in functions if role_of(entry["name"]) == "predict"]
    for predict in predicts[:1]:
        for trained in ("trained", "trained[0]"):
            held = {**values, "X": values["testX"], "parameters": trained}
            call += _tried(_arguments(predict["arguments"], held, sizes=False), predict["name"])
    return call


def _others(data: Mapping[str, str]) -> dict[str, str]:
    """Return the samples that are kept apart, handed over in the same way."""
    return {"testX": f"other_{data['X']}", "testY": f"other_{data['Y']}"}


def _roles(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return a class's methods by their roles, the shortest name first."""
    found: dict[str, str] = {}
    for name in sorted(entry.get("methods") or {}, key=len):
        if role_of(name):
            found.setdefault(role_of(name), name)
    return found


def _is_network(entry: Mapping[str, Any]) -> bool:
    roles = _roles(entry)
    return bool(entry["own"]) and entry["kind"] == "class" and bool(roles) and (
        "train" in roles or {"forward", "compute_gradient"} <= roles.keys()
    )  # fmt: skip


def _driver(
    entry: Mapping[str, Any], sizes: Mapping[str, str], way: str, data: Mapping[str, str]
) -> str | None:
    values = {**_VALUES, **sizes}
    early = {"X": "np.zeros((1, 4))", "Y": "np.zeros((1, 3))"}
    asked = {quantity(name, True) for name, *_ in entry["arguments"] or []}
    samples = _SAMPLES.format(net="{}" if asked & {"X", "Y"} else "net", m=sizes["m"], K=sizes["K"],
        columns="columns" in way or way == "pairs")  # fmt: skip
    made = _arguments(entry["arguments"], {**values, **(data if asked & {"X", "Y"} else early)}, sizes=True)
    calls = _calls(entry, {**values, **_others(data), **data}, way)
    if made is None or calls is None:
        return None
    start = f"net = {entry['name']}({made})\n"
    if way == "own":
        return _DATA + start + calls
    return _DATA + (samples + start if asked & {"X", "Y"} else start + samples) + calls


def _calls(entry: Mapping[str, Any], values: Mapping[str, str], way: str) -> str | None:
    """Write the calls of a few steps of the training."""
    methods, roles = entry["methods"], _roles(entry)
    lines: list[str] = []
    given = (
        {quantity(name, False) for name, *_ in methods[roles["train"]] or []} if "train" in roles else {"X"}
    )
    if not given & {"X", "Y", "XY"} and {"forward", "compute_gradient"} <= roles.keys():
        roles["update"] = roles.pop("train")  # a step, from what is kept
    if "train" in roles:
        steps = [f"net.{roles['train']}({{}})"]
        order = ["train"]
    else:
        order = [key for key in ("forward", "compute_gradient", "update") if key in roles]
        steps = [
            f"{left} = net.{roles[key]}({{}})"
            for left, key in zip(("out", "grads", "_"), order, strict=False)
        ]
    known = {**values, "P": "out", "cache": "out", "A2": "out", "gradients": "grads"}
    for step, key in zip(steps, order, strict=True):
        made = _arguments(methods[roles[key]], known, sizes=False)
        if made is None:
            return None
        lines.append(step.format(made))
    body = "\n".join(lines) + "\n"
    if way.startswith("single"):
        body = "for k in range(8):\n" + indent(body, "    ")
    elif "train" not in roles:
        body = "for epoch in range(5):\n" + indent(body, "    ")
    if "predict" in roles:
        held = {**known, "X": values["testX"]}
        body += _tried(_arguments(methods[roles["predict"]], held, sizes=False), f"net.{roles['predict']}")
    return body


def _tried(made: str | None, name: str) -> str:
    """Write a call that may fail: it shows what it shows."""
    return "" if made is None else f"try:\n    {name}({made})\nexcept Exception:\n    pass\n"


def _arguments(
    arguments: Sequence[Sequence[Any]] | None, values: Mapping[str, str], *, sizes: bool
) -> str | None:
    """Write the arguments of a call; nothing where one of them is of unknown meaning."""
    if arguments is None:
        return None
    written = []
    free = [key for key in ("X", "Y") if not sizes]
    for name, kind, optional in arguments:
        if kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
            continue
        key = quantity(name, sizes)
        if key not in values and not optional and free:
            key = free[0]
        if optional and not sizes and key in ("X", "Y") and key not in free:
            continue  # a batch may be a number
        if key in free:
            free.remove(key)
        useful = not optional or key in ("X", "Y", "learning_rate", "epochs", "batch_size", "verbose")
        if key in values and useful:
            written.append(values[key] if kind == "POSITIONAL_ONLY" else f"{name}={values[key]}")
        elif not optional:
            return None
    return ", ".join(written)
