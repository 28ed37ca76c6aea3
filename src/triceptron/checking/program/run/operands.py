"""Which operand of a gradient stands in the place of another: put there, it makes the gradient right."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from triceptron.checking.program.passes import Reading
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["Exchange", "code_of", "exchange", "is_multiple", "with_other"]

_MOST_PLACES = 4
"""At how many places at once one array may stand for another."""

_LONGEST = 60
"""Operations that are done again."""

_NOT_COMPUTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_REDUCING = ("sum", "mean", "max", "min")
_UNKNOWN = ("dW", "db", "Y", "back", "L", "on")
"""What is not put in the place of anything."""


@dataclass(frozen=True)
class Exchange:
    """An operand that is not what it should be: where it is used, which one it is, what it should be."""

    node: Node
    at: int
    wrong: str
    right: str
    multiplied: bool
    """Whether it goes into a product of matrices."""
    partly: bool
    """Whether a function that is handed it uses it elsewhere as it should."""


def exchange(reading: Reading, core: int, name: str, right: Mapping[str, Any]) -> Exchange | None:
    """Find the one operand in whose place another array makes a gradient the right one."""
    tape = reading.tape
    segment, names = _segment(reading, core, right)
    if len(segment) > _LONGEST or right[name].size < 3 or not _is_same(_again(tape, segment, {}), tape, core):
        return None
    used: dict[int, list[tuple[int, int]]] = {}
    for at in segment:
        for position, operand in enumerate(tape.nodes[at].operands):
            if isinstance(operand, list) and np.size(tape.nodes[operand[0]].value) > 1:
                used.setdefault(_root(tape, operand[0]), []).append((at, position))
    several = [
        (not names.get(root, ""), count, root, some)
        for root, places in used.items() if root in names and len(places) <= _MOST_PLACES
        for count in range(1, len(places) + 1) for some in combinations(places, count)
    ]  # fmt: skip
    for *_, root, some in sorted(several):
        for other, array in right.items():
            if other == names[root] or other.startswith(_UNKNOWN) or not np.ptp(array):
                continue
            for turned in (array, array.T):
                instead = {place: _like(tape, place, turned, root) for place in some}
                made = _again(tape, segment, instead)
                if made is not None and is_multiple(made, right[name]):
                    user = tape.nodes[some[0][0]]
                    line, inside, partly = _use(tape, user, root, {at for at, _ in some})
                    user = replace(user, line=line, inside=inside)
                    multiplied = _is_multiplied(tape, user)
                    return Exchange(user, tape.origin(root)[0], names[root], other, multiplied, partly)
    return None


def with_other(tape: Tape, end: int, at: int, array: Any) -> Any:
    """Compute anew what is made of an array, with another one in its place; None where that cannot be."""
    segment = sorted(tape.ancestors([end], [at]) & tape.descendants([at]) - {at})
    places = {(user, k) for user in segment for k, of in enumerate(tape.nodes[user].operands) if of == [at]}
    usable = 0 < len(segment) < _LONGEST
    return _again(tape, segment, dict.fromkeys(places, array)) if usable else None


def _segment(reading: Reading, core: int, right: Mapping[str, Any]) -> tuple[list[int], dict[int, str]]:
    """Return the operations that make a gradient of known arrays, and the names of all that they use."""
    tape, names = reading.tape, {}
    hot = tape.descendants([passed.layers[0].product for passed in reading.passes], reading.versions)
    waiting, segment = [core], {core}
    while waiting:
        for entry in tape.nodes[waiting.pop()].inputs:
            root, value = _root(tape, entry), tape.nodes[entry].value
            names[root] = next((n for n, other in right.items() if is_multiple(value, other)), "")
            known = names[root] or entry not in hot or entry in reading.versions
            if not known and entry not in segment:
                segment.add(entry)
                waiting.append(entry)
    return sorted(segment), names


def _root(tape: Tape, at: int) -> int:
    """Return what an array is, or is the negative of."""
    while (node := tape.nodes[tape.origin(at)[0]]).op == "negative" and node.inputs:
        at = node.inputs[0]
    return node.at


def _like(tape: Tape, place: tuple[int, int], array: Any, root: int) -> Any:
    """Return an array as another one is used at a place: turned, or negative; None where it does not fit."""
    user = tape.nodes[place[0]]
    value = tape.nodes[user.operands[place[1]][0]].value
    shapes = [np.shape(value), np.shape(user.value)]  # what is written out for every unit stands for a matrix
    if np.ndim(value) == 1 and np.size(array) == np.size(value):
        array = np.ravel(array)  # of one sample
    array = array if np.shape(array) in shapes else array.T
    sign = -1 if is_multiple(value, tape.nodes[root].value) < 0 else 1
    return sign * array if np.shape(array) in shapes else None


def _again(tape: Tape, segment: list[int], instead: Mapping[tuple[int, int], Any]) -> Any:
    """Compute a gradient anew with other operands at some places; None where that is not possible."""
    made: dict[int, Any] = {}
    if any(value is None for value in instead.values()):
        return None
    with np.errstate(all="ignore"), suppress(*_NOT_COMPUTED):
        for at in segment:
            node = tape.nodes[at]
            operands = [
                instead[at, position] if (at, position) in instead
                else made.get(of[0], tape.nodes[of[0]].value) if isinstance(of, list) else of
                for position, of in enumerate(node.operands)
            ]  # fmt: skip
            made[at] = _computed(node, operands, tape)
        return made[segment[-1]]
    return None


def _computed(node: Node, operands: list[Any], tape: Tape) -> Any:
    """Do one operation with other operands; what is summed, and along which axis, its own result tells."""
    first = operands[0]
    if node.op in ("T", "transpose"):
        return first.T
    if node.op in SAME:
        return np.reshape(first, np.shape(node.value))
    if node.op in _REDUCING:
        before, function = tape.nodes[node.inputs[0]].value, getattr(np, node.op)
        for axis in (None, *range(np.ndim(before))):
            for kept in (False, True):
                told = function(before, axis=axis, keepdims=kept)
                if np.shape(told) == np.shape(node.value) and np.allclose(told, node.value, equal_nan=True):
                    return function(first, axis=axis, keepdims=kept)
        raise ValueError(node.op)
    if node.op == "put":
        changed, key = np.array(first), operands[1]
        changed[key] = operands[2]
        return changed
    return getattr(np, node.op)(*operands)


def _is_same(made: Any, tape: Tape, core: int) -> bool:
    value = tape.nodes[core].value
    return made is not None and np.shape(made) == np.shape(value) and np.allclose(made, value, 1e-4, 1e-9)


def _is_multiplied(tape: Tape, user: Node) -> bool:
    """Tell whether what is used goes into a product of matrices."""
    while user.op in SAME and len(tape.users[user.at]) == 1:
        user = tape.nodes[tape.users[user.at][0]]
    return user.op in PRODUCTS


def _use(tape: Tape, user: Node, at: int, wrong: Collection[int]) -> tuple[int, str, bool]:
    """Return the line and the function where an array is used: where a function of it alone is called.

    Tell whether that function uses it in other operations as well, which are right.
    """
    found = user.line, user.inside, False
    wrong = {*wrong, *(each for number in wrong for each in tape.users[number])}  # of what is turned round
    for call in tape.within(user.at):
        nodes = tape.nodes[call.began : call.ended]
        used = [(node.at, _root(tape, entry)) for node in nodes if node.op not in ("negative", *SAME)
                for entry in node.inputs if np.size(tape.nodes[entry].value) > 1]  # fmt: skip
        if {root for _, root in used if root < call.began} != {at}:
            break
        handed = [value for value in call.arguments.values() if isinstance(value, list)]
        as_one = sum(_root(tape, value[0]) == at for value in handed) == 1
        if as_one and not {number for number, root in used if root == at} <= wrong:
            return *found[:2], True
        found = call.line, next((c.name for c in tape.within(user.at) if c.ended > call.ended), ""), False
    return found


def code_of(found: Exchange, layers: int, loss: str) -> str:
    """Name the fault of taking one array for another; empty where it has no name."""
    wrong, right = found.wrong, found.right
    number = right[-1]
    if wrong.startswith("on"):
        return "relu_on_output"
    if right == "S":
        return "output_slope_wrong_array" if wrong == "L" else ""
    if found.partly and wrong.startswith(("A", "Z")) and right.startswith(("A", "Z", "slope")):
        return "slope_formula"
    if right == f"Z{layers}" and wrong in ("P", f"A{layers}") and "entropy" in loss:
        return "softmax_twice"
    if right[0] == "W" or (right.startswith("dA") and wrong.startswith(("dZ", "E"))):
        return "weights_not_used"
    if right.startswith("dZ"):
        if wrong == f"dA{number}":
            return "relu_derivative_missing"
        return "dO_for_dZ" if wrong.startswith(("dZ", "E")) else ""
    if right.startswith(("A", "Z", "slope", "P")) and found.multiplied:
        return "Z_for_H" if wrong[:1] == "Z" else "X_for_H" if wrong in ("X", "A0") else ""
    if wrong and right.startswith(("A", "Z", "slope", "P")):
        if right[0] == "s" and wrong in (f"A{number}", f"Z{number}"):
            return "relu_derivative_itself"
        last = right == "P" or number == str(layers)
        return "output_slope_wrong_array" if last else "slope_wrong_array"
    return ""


def is_multiple(value: Any, wanted: Any) -> float:
    """Return by what an array is a multiple of another one, turned or not; 0 where it is none."""
    rough = 1e-3 if np.asarray(value).dtype == np.float32 else 1e-6
    value = np.asarray(value, float)
    if value.size != np.size(wanted):
        return 0.0
    for turned in (wanted, np.transpose(wanted)):
        flat, other = value.ravel(), np.ravel(turned)
        square = float(other @ other)
        times = float(flat @ other) / square if square else 0.0
        if square and np.allclose(flat, times * other, rough, 1e-3 * rough * np.abs(flat).max()):
            return times
    return 0.0
