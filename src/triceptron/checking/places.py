"""From a cause to the line that bears it, by the shape of the learner's code."""

import ast
from collections.abc import Iterator

from triceptron.checking.catalogue import STEPS
from triceptron.checking.causes import KNOWN, assigning
from triceptron.checking.source import Definition, Listing, Place
from triceptron.checking.syntax import (
    REDUCTIONS,
    SUMS,
    called,
    in_order,
    is_matrix_product,
    origins,
    reduces,
)

__all__ = [
    "argument_names",
    "compared_array",
    "is_blank",
    "locate",
    "mentions_log_of",
    "multiplies_at",
    "reduces_without_keepdims",
]


def locate(code: str, listing: Listing, name: str, detail: str = "") -> Place | None:
    """Find the line of a cause."""
    if name not in listing:
        return None
    family = list(_family(listing, name))
    where = KNOWN[code].where if code in KNOWN else assigning
    for test in where(family[0].node, detail):
        for definition in family:
            for node in in_order(definition.node):
                if test(node):
                    return definition.place(node)
    return _result_line(family[0])


def is_blank(definition: Definition) -> bool:
    """Tell whether a function has not been written yet: a docstring, pass, ... or NotImplementedError."""
    node = definition.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return all(map(_does_nothing, node.body))


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def compared_array(listing: Listing, name: str) -> str | None:
    """Name the array whose sign a gradient asks for, traced back to an argument of the function."""
    if name not in listing:
        return None
    definition = listing[name]
    origin = origins(definition.node)
    for node in in_order(definition.node):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id != "np"]
            if names:
                return origin.get(names[0], names[0])
    return None


def mentions_log_of(listing: Listing, name: str) -> bool:
    """Tell whether a function takes the logarithm of a softmax rather than of a sum."""
    if name not in listing:
        return False
    for definition in _family(listing, name):
        for node in ast.walk(definition.node):
            if called(node) in ("log", "log2", "log10") and isinstance(node, ast.Call) and node.args:
                inside = {called(part) for part in ast.walk(node.args[0])}
                if "sum" not in inside or any("softmax" in (called or "") for called in inside):
                    return True
    return False


def argument_names(listing: Listing, name: str) -> list[str]:
    """Return the names of a function's arguments, in order."""
    node = listing[name].node if name in listing else None
    if isinstance(node, ast.Assign):
        node = node.value  # type: ignore[assignment]
    arguments = getattr(node, "args", None)
    return [argument.arg for argument in arguments.args] if isinstance(arguments, ast.arguments) else []


def reduces_without_keepdims(listing: Listing, name: str) -> bool:
    """Tell whether a function takes a sum or a maximum along axis 1 and lets the axis go."""
    if name not in listing:
        return False
    by_rows = reduces((*REDUCTIONS["max"], *SUMS), axis=1)
    return any(
        by_rows(node) and all(keyword.arg != "keepdims" for keyword in getattr(node, "keywords", ()))
        for definition in _family(listing, name)
        for node in ast.walk(definition.node)
    )


def multiplies_at(listing: Listing, name: str, place: Place | None) -> tuple[bool, bool]:
    """Tell whether a line multiplies matrices, and whether it multiplies entry by entry."""
    matrix = entrywise = False
    if name in listing and place is not None:
        for definition in _family(listing, name):
            for node in ast.walk(definition.node):
                if definition.block.cell == place.cell and definition.place(node).line == place.line:
                    matrix |= is_matrix_product(node)
                    entrywise |= isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    return matrix, entrywise


def _family(listing: Listing, name: str) -> Iterator[Definition]:
    """Yield a function and the helpers it calls that are no steps themselves."""
    steps = {known for step in STEPS for known in step.names}
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop(0)
        if current in seen or current not in listing:
            continue
        seen.add(current)
        yield listing[current]
        called = {part.id for part in ast.walk(listing[current].node) if isinstance(part, ast.Name)}
        waiting += sorted(called & set(listing) - steps)


def _result_line(definition: Definition) -> Place:
    for node in in_order(definition.node):
        if isinstance(node, ast.Return):
            return definition.place(node)
    return definition.place()
