"""What stands in a line of the learner's code: tests of the nodes of its syntax tree."""

import ast
from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "REDUCTIONS",
    "SUMS",
    "Test",
    "assigns",
    "called",
    "in_order",
    "is_call",
    "is_difference",
    "is_division",
    "is_matrix_product",
    "origins",
    "reduces",
    "targets",
    "within",
    "writes_to",
]

Test = Callable[[ast.AST], bool]


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes, outer before inner, in the order of the text."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from in_order(child)


SUMS = ("sum", "nansum")
REDUCTIONS = {"max": ("max", "amax", "nanmax"), "sum": SUMS, "argmax": ("argmax",)}
_UNKNOWN = object()


def called(node: ast.AST) -> str | None:
    """Name the function that a call calls, without its module."""
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "attr", None) or getattr(node.func, "id", None)


def is_call(*names: str) -> Test:
    """Test for a call of one of these functions, of whatever module."""
    return lambda node: called(node) in names


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


def reduces(names: Sequence[str], axis: int | None) -> Test:
    """Test for a reduction by one of these functions along an axis; None is the whole array."""

    def test(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call) or called(node) not in names:
            return False
        along = _axis(node)
        return along == axis or (axis == 1 and along == -1)

    return test


def within(outer: Test, inner: Test) -> Test:
    """Test for a node that holds another."""
    return lambda node: outer(node) and any(map(inner, ast.walk(node)))


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def targets(node: ast.AST) -> list[ast.expr]:
    """Return what a statement assigns to."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def assigns(detail: str) -> Test:
    """Test for an assignment to a name like dW1, d_W1, grads['dW1'] or W_1."""
    wanted = _letters(detail)

    def test(node: ast.AST) -> bool:
        for target in targets(node):
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


def origins(function: ast.AST) -> dict[str, str]:
    """Follow names back to the arguments they are made of: `A = Z.copy()` makes A a Z."""
    arguments = [argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)]
    origin = {argument: argument for argument in arguments}
    for node in in_order(function):
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
    for node in in_order(function):
        value = getattr(node, "value", None)
        while isinstance(value, ast.Subscript):
            value = value.value
        if isinstance(node, ast.Assign) and isinstance(value, ast.Name) and value.id in names:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def writes_to(function: ast.AST, argument: str) -> Test:
    """Test for a line that writes into an argument: by index, in place, or as an output."""
    names = _aliases(function, argument)

    def base(node: ast.AST) -> str | None:
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        return node.id if isinstance(node, ast.Name) else None

    def test(node: ast.AST) -> bool:
        for target in targets(node):
            subscript = isinstance(target, ast.Subscript)
            if base(target) in names and (subscript or isinstance(node, ast.AugAssign)):
                return True
        if isinstance(node, ast.Call):
            into = [keyword.value for keyword in node.keywords if keyword.arg == "out"]
            if called(node) in ("put", "putmask", "place", "copyto", "fill", "sort", "clip_", "setflags"):
                into += node.args[:1]
                if isinstance(node.func, ast.Attribute):
                    into.append(node.func.value)
            return any(base(part) in names for part in into)
        return False

    return test


def is_division(node: ast.AST) -> bool:
    """Tell whether a node divides."""
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def is_difference(node: ast.AST) -> bool:
    """Tell whether a node subtracts."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def is_matrix_product(node: ast.AST) -> bool:
    """Tell whether a node multiplies matrices."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
        return True
    return called(node) in ("dot", "matmul", "einsum", "tensordot")
