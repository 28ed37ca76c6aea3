"""From a cause to the line that bears it, by the shape of the learner's code."""

import ast
from collections.abc import Callable, Iterator, Sequence

from triceptron.checking.catalogue import STEPS
from triceptron.checking.source import Definition, Listing, Place

__all__ = [
    "argument_names",
    "compared_array",
    "is_blank",
    "locate",
    "mentions_log_of",
    "multiplies_at",
    "reduces_without_keepdims",
]

Test = Callable[[ast.AST], bool]


def locate(code: str, listing: Listing, name: str, detail: str = "") -> Place | None:
    """Find the line of a cause."""
    if name not in listing:
        return None
    family = list(_family(listing, name))
    for test in _tests(code, family[0], detail):
        for definition in family:
            for node in _in_order(definition.node):
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


def compared_array(listing: Listing, name: str) -> tuple[str, bool] | None:
    """Name the array whose sign a gradient asks for, traced back to an argument of the function."""
    if name not in listing:
        return None
    definition = listing[name]
    origin = _origins(definition.node)
    for node in _in_order(definition.node):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id != "np"]
            if names:
                return origin.get(names[0], names[0]), isinstance(node.ops[0], ast.GtE | ast.Lt)
    return None


def mentions_log_of(listing: Listing, name: str) -> bool:
    """Tell whether a function takes the logarithm of a softmax rather than of a sum."""
    if name not in listing:
        return False
    for definition in _family(listing, name):
        for node in ast.walk(definition.node):
            if _called(node) in ("log", "log2", "log10") and isinstance(node, ast.Call) and node.args:
                inside = {_called(part) for part in ast.walk(node.args[0])}
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
    reduces = _reduces((*_REDUCTIONS["max"], *_SUMS), axis=1)
    return any(
        reduces(node) and all(keyword.arg != "keepdims" for keyword in getattr(node, "keywords", ()))
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
                    matrix |= _is_matrix_product(node)
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


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes, outer before inner, in the order of the text."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _result_line(definition: Definition) -> Place:
    for node in _in_order(definition.node):
        if isinstance(node, ast.Return):
            return definition.place(node)
    return definition.place()


def _tests(code: str, definition: Definition, detail: str) -> Sequence[Test]:
    """Return what to look for, the most telling first."""
    if code.endswith("overwrites_argument"):
        return [_writes_to(definition.node, detail.partition("[")[0].partition(".")[0])]
    if code in ("max_whole_matrix", "sum_whole_matrix", "argmax_whole_matrix"):
        return [_reduces(_REDUCTIONS[code.partition("_")[0]], axis=None)]
    if code == "wrong_axis":
        wrong = 1 if detail.startswith("db") else 0
        return [
            *([_within(_assigns(detail), _reduces(_SUMS, axis=wrong))] if detail else []),
            _reduces((*_REDUCTIONS["max"], *_SUMS, *_REDUCTIONS["argmax"]), axis=wrong),
            _assigns(detail),
        ]
    if code in ("bias_not_summed", "bias_summed_whole", "transposed", "transpose_missing", "Z_for_H"):
        return [_assigns(detail)]
    if code in ("no_max_subtracted", "max_not_put_back", "not_normalised"):
        return [_is_call("exp")]
    if code in ("log_of_zero", "log_of_zero_patched", "loss_base"):
        return [_is_call("log2", "log10"), _is_call("log")]
    if code in _OF_THE_ERROR and not detail:
        return [_is_difference, _is_division, _is_call("mean", "average", "sum")]
    if code in ("loss_sign", "loss_not_averaged", "loss_not_summed"):
        return [_is_call("sum", "mean")]
    if code == "relu_derivative_missing":
        return [_assigns("dZ"), _assigns("dW1")]
    if code.startswith("relu_derivative"):
        return [lambda node: isinstance(node, ast.Compare), _assigns("dZ"), _assigns("dW1")]
    if code.startswith("update_"):
        return [
            *([_assigns(detail)] if detail else []),
            lambda node: isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add | ast.Mult),
            lambda node: isinstance(node, ast.AugAssign),
            _is_call("update", "update_parameters", "backward"),
            _is_difference,
            _writes_anything,
        ]
    if code in ("softmax_twice", "softmax_applied"):
        return [_is_call("softmax", "my_softmax", "log_softmax"), _is_call("exp")]
    if code in ("train_on_test", "softmax_missing", "H_for_Z"):
        return [_is_call("backward", "compute_gradient", "update")]
    if code == "train_epochs":
        return [lambda node: isinstance(node, ast.For | ast.While)]
    if code == "train_swapped":
        return [lambda node: isinstance(node, ast.Return)]
    if code == "train_repeated":
        return [lambda node: _mentions("test")(node) and _mentions("cross_entropy")(node)]
    if code == "relu_missing":
        return [lambda node: any(getattr(target, "id", "") == "H" for target in _targets(node))]
    return [_assigns(detail)] if detail else []


_OF_THE_ERROR = (
    "mean_missing", "mean_twice", "mean_over_entries", "mean_over_classes", "gradient_sign", "factor_two",
    "truth_ignored", "softmax_slope_again",
)  # fmt: skip
"""Faults that spoil all four gradients alike: of y_pred - y_true and its 1/n."""

_SUMS = ("sum", "nansum")
_REDUCTIONS = {"max": ("max", "amax", "nanmax"), "sum": _SUMS, "argmax": ("argmax",)}
_UNKNOWN = object()


def _called(node: ast.AST) -> str | None:
    """Name the function that a call calls, without its module."""
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "attr", None) or getattr(node.func, "id", None)


def _is_call(*names: str) -> Test:
    return lambda node: _called(node) in names


def _axis(node: ast.Call) -> object:
    for keyword in node.keywords:
        if keyword.arg in ("axis", "dim"):
            try:
                return ast.literal_eval(keyword.value)
            except ValueError:
                return _UNKNOWN
    by_method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
    )
    positional = node.args if by_method else node.args[1:]
    if not positional:
        return None
    try:
        return ast.literal_eval(positional[0])
    except ValueError:
        return _UNKNOWN


def _reduces(names: Sequence[str], axis: int | None) -> Test:
    def test(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call) or _called(node) not in names:
            return False
        along = _axis(node)
        return along == axis or (axis == 1 and along == -1)

    return test


def _within(outer: Test, inner: Test) -> Test:
    return lambda node: outer(node) and any(map(inner, ast.walk(node)))


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def _assigns(detail: str) -> Test:
    """Test for an assignment to a name like dW1, d_W1, grads['dW1'] or W_1."""
    wanted = _letters(detail)

    def test(node: ast.AST) -> bool:
        for target in _targets(node):
            names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
            names += [
                part.value
                for part in ast.walk(target)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            if wanted and any(_letters(name).endswith(wanted) for name in names):
                return True
        return False

    return test


def _origins(function: ast.AST) -> dict[str, str]:
    """Follow names back to the arguments they are made of: `A = Z.copy()` makes A a Z."""
    arguments = [argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)]
    origin = {argument: argument for argument in arguments}
    for node in _in_order(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            used = [
                part.id for part in ast.walk(node.value) if isinstance(part, ast.Name) and part.id in origin
            ]
            if len(set(used)) == 1 and node.targets[0].id not in arguments:
                origin[node.targets[0].id] = origin[used[0]]
    return origin


def _aliases(function: ast.AST, argument: str) -> set[str]:
    """Collect the names that stand for an argument itself, not for a copy."""
    names = {argument}
    for node in _in_order(function):
        value = getattr(node, "value", None)
        while isinstance(value, ast.Subscript):
            value = value.value
        if isinstance(node, ast.Assign) and isinstance(value, ast.Name) and value.id in names:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _writes_to(function: ast.AST, argument: str) -> Test:
    names = _aliases(function, argument)

    def base(node: ast.AST) -> str | None:
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        return node.id if isinstance(node, ast.Name) else None

    def test(node: ast.AST) -> bool:
        for target in _targets(node):
            subscript = isinstance(target, ast.Subscript)
            if base(target) in names and (subscript or isinstance(node, ast.AugAssign)):
                return True
        if isinstance(node, ast.Call):
            into = [keyword.value for keyword in node.keywords if keyword.arg == "out"]
            if _called(node) in ("put", "putmask", "place", "copyto", "fill", "sort", "clip_", "setflags"):
                into += node.args[:1]
                if isinstance(node.func, ast.Attribute):
                    into.append(node.func.value)
            return any(base(part) in names for part in into)
        return False

    return test


def _is_division(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def _is_difference(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def _mentions(part: str) -> Test:
    return lambda node: isinstance(node, ast.Expr | ast.Assign) and part in ast.unparse(node)


def _writes_anything(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign)


def _is_matrix_product(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
        return True
    return _called(node) in ("dot", "matmul", "einsum", "tensordot")
