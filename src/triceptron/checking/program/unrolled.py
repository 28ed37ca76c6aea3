"""Parameters in one long vector: each part that is cut out of it is followed as a parameter of its own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from triceptron.checking.program.tape import SAME, Node, Tape, nodes_in

__all__ = ["unroll"]

_JOINING = frozenset({"concatenate", "hstack", "append", "block"})

_ENTRYWISE = frozenset({
    "add", "subtract", "multiply", "divide", "negative", "power", "square", "sqrt", "abs", "sign",
    "maximum", "minimum", "clip", "copy", "deepcopy", "array", "asarray", "astype", "changed",
})  # fmt: skip

_MOST = 40
"""Parts of a vector."""

Part = tuple[int, int, tuple[int, ...]]
"""Where a part begins and ends in the vector, and the shape that it is used in."""


def unroll(tape: Tape) -> None:
    """Write a record down anew in which the parts of a vector of parameters are changed one by one."""
    cuts = {node.at: part for node in tape.nodes if (part := _part(tape, node)) is not None}
    vectors = _vectors(tape, {tape.nodes[at].inputs[0] for at in cuts})
    changed = {at for at in vectors if tape.nodes[at].op in ("add", "subtract")}
    cuts = {at: part for at, part in cuts.items() if tape.nodes[at].inputs[0] in vectors}
    matrices = any(len(shape) == 2 for *_, shape in cuts.values())
    if not changed or not matrices or len({*cuts.values()}) > _MOST:
        return
    known = _Parts(tape)
    parts = sorted(dict.fromkeys(cuts.values()))
    for at in sorted(vectors):
        each = [known.of(at, part) for part in parts]
        if at in changed:  # it is no parameter of its own
            tape.nodes[at].op, tape.nodes[at].operands = "concatenate", [{"l": [[one] for one in each]}]
    for at, part in cuts.items():
        node = tape.nodes[at]
        node.op, node.operands = "ravel", [[known.of(node.inputs[0], part)]]
    _renumber(tape, known.made)


def _part(tape: Tape, node: Node) -> Part | None:
    """Read which part of a vector is cut out and given the shape of a matrix, or is a vector's itself."""
    key = node.operands[1] if node.op == "item" and len(node.operands) > 1 else None
    whole = tape.nodes[node.inputs[0]].value if node.inputs else node.value
    ends = _cut(tape, key, whole) if _is_flat(node.value) else None
    if ends is None or whole.dtype.kind != "f":
        return None
    begin, end = ends
    shapes = {np.shape(tape.nodes[user].value) for user in tape.users[node.at] if tape.nodes[user].op in SAME}
    shape = next(iter(shapes)) if len(shapes) == 1 else (end - begin,)
    return (begin, end, shape) if end - begin == len(node.value) < len(whole) else None


def _cut(tape: Tape, key: Any, whole: Any) -> tuple[int, int] | None:
    """Read where a slice of a vector begins and ends."""
    ends = [tape.value(end) for end in key["s"]] if isinstance(key, dict) and "s" in key else []
    if not ends or ends[2] is not None or not _is_flat(whole):
        return None
    begin, end, _ = slice(*(None if end is None else int(end) for end in ends)).indices(len(whole))
    return begin, end


def _is_flat(value: Any) -> bool:
    """Tell whether an array is a vector, perhaps a column."""
    return np.ndim(value) == 1 or (np.ndim(value) == 2 and np.shape(value)[1] == 1)


def _vectors(tape: Tape, cut: set[int]) -> set[int]:
    """Return the vectors that matrices are cut out of, and what becomes of them step by step."""
    found: set[int] = set()
    for node in tape.nodes:
        step = node.op in ("add", "subtract") and isinstance(node.operands[0], list)
        before = node.operands[0][0] if step else -1
        goes_on = before in found and np.shape(node.value) == np.shape(tape.nodes[before].value)
        if goes_on or (node.at in cut and not step):
            found.add(node.at)
    return found


class _Parts:
    """Parts of vectors, as nodes of their own: numbers beyond those of the record, and after which one."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.made: dict[int, tuple[int, Node]] = {}
        self._known: dict[tuple[int, Part], int] = {}

    def of(self, at: int, part: Part) -> int:
        """Return a part of what is one number for each entry of the vector."""
        if (at, part) not in self._known:
            self._known[at, part] = self._find(at, part)
        return self._known[at, part]

    def _find(self, at: int, part: Part) -> int:
        node, (begin, end, shape) = self.tape.nodes[at], part
        if np.size(node.value) == 1:
            return at
        if node.op in _JOINING and (joined := self._joined(node, begin, end)) is not None:
            return self._bare(joined, shape)
        if node.op == "put" and (ends := _cut(self.tape, node.operands[1], node.value)) is not None:
            if ends == (begin, end) and isinstance(node.operands[2], list):
                return self._bare(node.operands[2][0], shape)
            if ends[1] <= begin or end <= ends[0]:  # another part is written
                return self.of(node.inputs[0], part)
        value = node.value[begin:end].reshape(shape)
        operands: list[Any] = []
        sizes = {np.size(self.tape.nodes[entry].value) for entry in node.inputs}
        if node.op in _ENTRYWISE and sizes <= {1, np.size(node.value)}:
            operands = [[self.of(o[0], part)] if isinstance(o, list) else o for o in node.operands]
        return self._add(node, operands, value)

    def _bare(self, at: int, shape: tuple[int, ...]) -> int:
        """Return a part as it was before it was made flat."""
        bare = at
        while np.shape(self.tape.nodes[bare].value) != shape and self.tape.nodes[bare].op in SAME:
            bare = self.tape.nodes[bare].inputs[0]
        return bare if np.shape(self.tape.nodes[bare].value) == shape else at

    def _joined(self, node: Node, begin: int, end: int) -> int | None:
        """Return the one of several arrays, put one after another, that a part is."""
        at = 0
        for entry in node.inputs:
            size = int(np.size(self.tape.nodes[entry].value))
            if (at, at + size) == (begin, end):
                return entry
            at += size
        return None

    def _add(self, node: Node, operands: list[Any], value: Any) -> int:
        number = len(self.tape.nodes) + len(self.made)
        op = node.op if operands else "leaf"
        self.made[number] = node.at, Node(number, op, operands, value, node.block, node.line, node.inside,
            node.loops)  # fmt: skip
        return number


def _renumber(tape: Tape, made: Mapping[int, tuple[int, Node]]) -> None:
    """Put new nodes where they belong: each before the vector that it is a part of."""
    places = [(node.at, 1, node.at, node) for node in tape.nodes]
    places += [(at, 0, number, node) for number, (at, node) in made.items()]
    order = [node for *_, node in sorted(places, key=lambda each: each[:3])]
    new = {node.at: place for place, node in enumerate(order)}
    ends = [new[at] for at in range(len(tape.nodes))] + [len(order)]

    def told(operand: Any) -> Any:
        if isinstance(operand, list):
            return [new[operand[0]]]
        if isinstance(operand, dict):
            return {key: [told(part) for part in parts] for key, parts in operand.items()}
        return operand

    for place, node in enumerate(order):
        node.at, node.operands = place, [told(operand) for operand in node.operands]
        node.inputs = list(nodes_in(node.operands))
    for call in tape.calls:
        call.began, call.ended, call.result = ends[call.began], ends[call.ended], told(call.result)
        call.arguments = {name: told(operand) for name, operand in call.arguments.items()}
    if tape.raised is not None:
        tape.raised.operands = [told(operand) for operand in tape.raised.operands]
    tape.names = [(text, told(operand)) for text, operand in tape.names]
    tape.places = {new[at]: places for at, places in tape.places.items()}
    tape.loops = [(*loop[:3], ends[loop[3]], ends[loop[4]]) for loop in tape.loops]
    tape.nodes = order
    vars(tape).pop("users", None)
