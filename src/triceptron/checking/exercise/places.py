"""From a fault to its line: by what each line did when it ran, and by a little of what stands in it."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from triceptron.checking.findings import Place
from triceptron.checking.source import Definition, Listing
from triceptron.checking.steps_table import STEPS

__all__ = [
    "compared_array",
    "faulty_line",
    "is_blank",
    "line_of_call",
    "line_of_loop",
    "line_of_return",
    "mentions_log_of",
    "multiplies_at",
    "overwriting_line",
    "reduces_without_keepdims",
]

Line = tuple[str, int]

# --- by what the lines did ---


def overwriting_line(trace: Any, position: int) -> Line | None:
    """Return the line after which an argument was no longer what it had been."""
    return next(((file, line) for file, line, _, over in trace if position in over), None)


def faulty_line(trace: Any, faulty: Mapping[str, Any], right: list[Any]) -> Line | None:
    """Return the first line that made one of the faulty values, or else the line that returned.

    A value counts where it goes by the name of that quantity, or where it is none that occurs when all is
    right.
    """
    last: Line | None = None
    for file, line, changed, _ in trace:
        for label, value in changed.items():
            if label == "return" or label.startswith("return."):
                last = (file, line)
            for name, wrong in faulty.items():
                if _equal(value, wrong) and (
                    _called(label, name) or not any(_equal(value, r) for r in right)
                ):
                    return file, line
    return last


def _called(label: str, name: str) -> bool:
    return _letters(label).endswith(_letters(name))


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _equal(value: Any, other: Any) -> bool:
    other = np.asarray(other)
    if value.size != other.size or value.dtype.kind not in "biuf" or other.dtype.kind not in "biuf":
        return False
    if value.ndim == other.ndim == 0 or np.squeeze(value).shape != np.squeeze(other).shape:
        return value.ndim == other.ndim == 0 and bool(np.isclose(value, other, 1e-7, 0))
    with np.errstate(all="ignore"):
        return bool(np.allclose(np.squeeze(value), np.squeeze(other), 1e-7, 1e-10, equal_nan=True))


# --- by what stands in them ---


def is_blank(definition: Definition) -> bool:
    """Tell whether a function has not been written yet: a docstring, pass, ... or NotImplementedError."""
    node = definition.node
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and all(map(_does_nothing, node.body))


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def line_of_call(listing: Listing, name: str, *called: str) -> Place | None:
    """Find the first line of a function that calls one of these."""
    return _first(listing, name, lambda node: _name_called(node) in called)


def line_of_loop(listing: Listing, name: str) -> Place | None:
    """Find a function's loop."""
    return _first(listing, name, lambda node: isinstance(node, ast.For | ast.While))


def line_of_return(listing: Listing, name: str) -> Place | None:
    """Find a function's return."""
    return _first(listing, name, lambda node: isinstance(node, ast.Return))


def _first(listing: Listing, name: str, test: Any) -> Place | None:
    if name in listing:
        nodes = sorted(filter(test, ast.walk(listing[name].node)), key=lambda node: node.lineno)
        return listing[name].place(nodes[0]) if nodes else listing[name].place()
    return None


def _name_called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "attr", None) or getattr(node.func, "id", None)


def compared_array(listing: Listing, name: str) -> str | None:
    """Name the array whose sign a gradient asks for, traced back to an argument of the function."""
    if name not in listing:
        return None
    node = listing[name].node
    arguments = [argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)]
    origin = dict(zip(arguments, arguments, strict=True))
    parts = [part for part in ast.walk(node) if isinstance(part, _STATEMENTS)]
    for part in sorted(parts, key=lambda part: part.lineno):
        compares = [node for node in ast.walk(part) if isinstance(node, ast.Compare) and len(node.ops) == 1]
        names = [n.id for c in compares for n in ast.walk(c) if isinstance(n, ast.Name) and n.id != "np"]
        if names:
            return origin.get(names[0], names[0])
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            used = {n.id for n in ast.walk(part.value) if isinstance(n, ast.Name) and n.id in origin}
            if len(used) == 1 and part.targets[0].id not in arguments:
                origin[part.targets[0].id] = origin[used.pop()]
    return None


_STATEMENTS = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)


def mentions_log_of(listing: Listing, name: str) -> bool:
    """Tell whether a function takes the logarithm of a softmax rather than of a sum."""
    for node in _family_nodes(listing, name):
        if _name_called(node) in ("log", "log2", "log10") and isinstance(node, ast.Call) and node.args:
            inside = {_name_called(part) for part in ast.walk(node.args[0])}
            quotient = any(
                isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) for part in ast.walk(node)
            )
            if "sum" not in inside or quotient or any("softmax" in (called or "") for called in inside):
                return True
    return False


def reduces_without_keepdims(listing: Listing, name: str) -> bool:
    """Tell whether a function takes a sum or a maximum along axis 1 and lets the axis go."""
    for node in _family_nodes(listing, name):
        if _name_called(node) in ("max", "amax", "sum") and isinstance(node, ast.Call):
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            axis = options.get("axis") or (ast.unparse(node.args[-1]) if node.args else "")
            if axis in ("1", "-1") and "keepdims" not in options:
                return True
    return False


def multiplies_at(listing: Listing, name: str, place: Place | None) -> tuple[bool, bool]:
    """Tell whether a line multiplies matrices, and whether it multiplies entry by entry."""
    matrix = entrywise = False
    there = (place.cell, place.line) if place is not None else None
    for definition in _family(listing, name):
        for node in ast.walk(definition.node):
            if (definition.block.cell, getattr(node, "lineno", 0) + definition.offset) == there:
                product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
                matrix |= product or _name_called(node) in ("dot", "matmul", "einsum", "tensordot")
                entrywise |= isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    return matrix, entrywise


def _family(listing: Listing, name: str) -> Iterator[Definition]:
    """Yield a function and the helpers it calls that are no steps themselves."""
    steps = {known for step in STEPS for known in step.names}
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop(0)
        if current not in seen and current in listing:
            seen.add(current)
            yield listing[current]
            called = {part.id for part in ast.walk(listing[current].node) if isinstance(part, ast.Name)}
            waiting += sorted(called & set(listing) - steps)


def _family_nodes(listing: Listing, name: str) -> Iterator[ast.AST]:
    for definition in _family(listing, name):
        yield from ast.walk(definition.node)
