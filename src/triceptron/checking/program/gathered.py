"""Networks computed number by number in loops: what is done to each is written down as done to arrays.

Numbers that become others again and again, by what depends on them, are parameters. Those that are multiplied
by the same numbers where they are used first are a layer's; the sums of these products are its Z. All that a
new parameter is made of is then followed back for all numbers of its layer at once: where they were made
alike, they were made as one array.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from triceptron.checking.program.tape import PRODUCTS, Node, Tape, nodes_in

__all__ = ["gather"]

_MOST_STEPS = 40
"""Changes of the parameters that are written down anew."""

_LONGEST = 400
"""Operations that an array is made of, one after another."""

_OF_TWO = {"max": "maximum", "min": "minimum"}
"""What an operation on two numbers is called for arrays."""

_FAR = 1 << 40
"""How far below 0 the whole numbers of the program's text are told, beside those of nodes."""

_ZERO = -_FAR


class _UnlikeError(ValueError):
    """Numbers that belong together were not made alike."""


_UNKNOWN = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What is raised where a record is not that of such a network."""


def gather(tape: Tape) -> None:
    """Write the record of a network of single numbers down anew, as one of arrays."""
    if any(node.op in PRODUCTS for node in tape.nodes):
        return
    numbers = _Numbers(tape)
    arrays = _Arrays(tape, numbers)
    with suppress(*_UNKNOWN):
        layers = numbers.layers() if len(numbers.versions) > 3 else []
        grids = [each for layer in layers for each in layer if each is not None]
        steps = min((len(numbers.versions[first]) for grid in grids for first in grid.flat), default=0)
        arrays.know_late(layers)
        for step in range(min(steps, _MOST_STEPS) if len(layers) > 1 else 0):
            for grid in grids:
                versions = [numbers.versions[first][step] for first in grid.flat]
                arrays.of(np.array(versions).reshape(grid.shape))
    if any(node.op in PRODUCTS for node in arrays.made):
        arrays.replace()


class _Numbers:
    """Single numbers of a record: sums of products, and those that are parameters."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    @cached_property
    def versions(self) -> dict[int, list[int]]:
        """From the first number that a parameter was to all of them."""
        found: dict[int, list[int]] = {}
        first: dict[int, int] = {}
        for node in self.tape.nodes:
            if node.op not in ("add", "subtract") or np.ndim(node.value) or len(node.inputs) != 2:
                continue
            if [type(operand) for operand in node.operands[:2]] != [list, list]:
                continue
            old, new = node.inputs
            begun, written = first.setdefault(old, old), not self.tape.nodes[old].inputs
            if (written and not np.any(self.tape.nodes[old].value)) or not self.tape.depends(new, old):
                continue  # many numbers begin as one and the same zero
            if found.setdefault(begun, [begun])[-1] == old:
                found[begun].append(node.at)
                first[node.at] = begun
            elif written:
                found[begun] = [begun, -1]  # a number of the program's text, in one sum after another
        return {begun: each for begun, each in found.items() if each[-1] >= 0}

    @cached_property
    def parameters(self) -> frozenset[int]:
        """All numbers that parameters were."""
        return frozenset(at for each in self.versions.values() for at in each)

    @cached_property
    def trained(self) -> set[int]:
        """All numbers that are made of parameters."""
        return self.tape.descendants(self.parameters)

    @cached_property
    def written(self) -> dict[tuple[Any, ...], set[int]]:
        """The whole numbers that stand in each place: other ones each time are data."""
        found: dict[tuple[Any, ...], set[int]] = defaultdict(set)
        for node in self.tape.nodes:
            for position, operand in enumerate(node.operands):
                if isinstance(operand, int):
                    found[_place(node, position)].add(operand)
        return found

    def terms(self, at: int) -> list[int]:
        """Return what a number is the sum of, zeros left out."""
        found: list[int] = []
        waiting = [at]
        while waiting and len(found) <= _LONGEST:
            node = self.tape.nodes[waiting.pop()]
            if node.op in ("add", "sum") and (node.at == at or node.at not in self.parameters):
                several = [part for operand in node.operands[: None if node.op == "add" else 1]
                    for part in (operand["l"] if isinstance(operand, dict) else [operand])]  # fmt: skip
                codes = [code for code in map(_coded, several) if code != _ZERO]
                found += [code for code in codes if code < 0]
                waiting += [code for code in codes[::-1] if code >= 0]
            elif node.inputs or np.any(node.value):
                found.append(node.at)
        return found

    def pair(self, at: int) -> tuple[int, int] | None:
        """Return the two numbers that a product is made of."""
        node = self.tape.nodes[at] if at >= 0 else None
        if node is None or node.op != "multiply" or len(node.operands) != 2:
            return None
        return _coded(node.operands[0]), _coded(node.operands[1])

    def layers(self) -> list[tuple[Any, Any]]:
        """Return W (out, in) and b of each layer, by the numbers that they begin with."""
        sums: dict[tuple[int, ...], list[tuple[int, tuple[int, ...], tuple[int, ...]]]] = {}
        seen: set[int] = set()
        for begun in self.versions:
            users = [user for user in self.tape.users[begun] if self.pair(user)]
            if not users or users[0] in seen:
                continue
            end = self._end(users[0])
            pairs = [(term, self.pair(term)) for term in self.terms(end)]
            mine = [self._sides(pair) for _, pair in pairs if pair is not None]
            rest = tuple(term for term, pair in pairs if pair is None and term in self.versions)
            if not mine or any(each is None for each in mine):
                continue
            seen |= {term for term, _ in pairs}
            weights, others = zip(*(each for each in mine if each is not None), strict=True)
            sums.setdefault(others, []).append((end, weights, rest))
        late = self._late_biases()
        found = []
        for _, rows in sorted(sums.items(), key=lambda each: min(row[0] for row in each[1])):
            W = [row[1] for row in sorted(rows)]
            b = [row[2] or late.get(row[1], ()) for row in sorted(rows)]
            if {len(row) for row in W} != {len(W[0])} or {len(row) for row in b} - {0, 1}:
                return []
            whole = all(b)
            found.append((np.array(W), np.array(b)[:, 0] if whole else None))
        return found

    def _late_biases(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Return, by a unit's weights, its bias where that is zero before the first step."""
        begun_as = {at: begun for begun, each in self.versions.items() for at in each}
        found: dict[tuple[int, ...], tuple[int, ...]] = {}
        for begun in (begun for begun in self.versions if self.is_late(begun)):
            users = [user for user in self.tape.users[begun] if self.tape.nodes[user].op in ("add", "sum")]
            users = [user for user in users if user not in self.parameters]
            terms = self.terms(self._end(users[0])) if users else []
            pairs = [pair for pair in map(self.pair, terms) if pair is not None]
            weights = tuple(begun_as[at] for pair in pairs for at in pair if at in begun_as)
            if begun in terms and len(weights) == len(pairs) > 0:
                found[weights] = (begun,)
        return found

    def is_late(self, at: int) -> bool:
        """Tell whether a number is what the first step made of a zero."""
        node = self.tape.nodes[at]
        first = node.operands[0] if node.op in ("add", "subtract") else None
        if isinstance(first, list):
            before = self.tape.nodes[first[0]]
            return not before.inputs and not np.any(before.value)
        return first == 0 and isinstance(first, int)

    def _sides(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        """Tell the weight of a product from what it multiplies."""
        sides = [side for side in (0, 1) if pair[side] in self.versions]
        return (pair[sides[0]], pair[1 - sides[0]]) if len(sides) == 1 else None

    def _end(self, at: int) -> int:
        """Follow a sum to its end."""
        while True:
            sums = [user for user in self.tape.users[at] if self.tape.nodes[user].op in ("add", "sum")]
            if len(sums) != 1 or sums[0] in self.parameters:
                return at
            at = sums[0]


def _place(node: Node, position: int) -> tuple[Any, ...]:
    return node.op, node.block, node.line, node.inside, position


def _coded(operand: Any) -> int:
    """Tell an operand as one number: that of its node, or itself, far below 0."""
    if isinstance(operand, list):
        return int(operand[0])
    if isinstance(operand, int) and abs(operand) < _FAR // 2:
        return operand - _FAR
    raise _UnlikeError


class _Arrays:
    """Arrays of numbers that were made alike, as nodes of a new record, and when each was complete."""

    def __init__(self, tape: Tape, numbers: _Numbers) -> None:
        self.tape, self.numbers = tape, numbers
        self.made: list[Node] = []
        self.times: list[int] = []
        self.first: dict[int, int] = {}
        """From a number to the array that it is, or is the first one of."""
        self._known: dict[tuple[tuple[int, ...], bytes], int] = {}
        self._zeros: dict[tuple[tuple[int, ...], bytes], int] = {}
        """From weights, and from what the first step made of their biases, to these as they begin."""

    def know_late(self, layers: Sequence[tuple[Any, Any]]) -> None:
        """Write down the zeros that biases are before the first step: no sum shows them."""
        for W, b in layers:
            if b is not None and all(map(self.numbers.is_late, b)):
                zeros = self._new("leaf", [], None, np.zeros(len(b)))
                self._zeros |= {(W.shape, W.tobytes()): zeros, (b.shape, b.tobytes()): zeros}

    def of(self, ids: Any) -> int:
        """Return the array of numbers, in the shape in which they are told."""
        ids = np.asarray(ids, np.int64)
        if ids.shape == () and int(ids) in self.numbers.trained:
            ids = ids.reshape(1)  # the one output of a network
        key = (ids.shape, ids.tobytes())
        if key not in self._known:
            self._known[key] = self._reshaped(ids)
        return self._known[key]

    def _reshaped(self, ids: Any) -> int:
        """Return an array that is known in another shape; else make it."""
        others = [("T", ids.T)] if ids.ndim == 2 else []
        if ids.ndim == 1:
            others += [("ravel", ids[None, :]), ("ravel", ids[:, None])]
        if ids.size == 1:
            others += [("reshape", ids.reshape(shape)) for shape in ((1,), (), (1, 1))]
        for op, other in others:
            at = self._known.get((other.shape, np.ascontiguousarray(other).tobytes()))
            if (at is not None and other.shape != ids.shape) or (at is not None and op == "T"):
                return self._new(op, [[at]], ids, self.made[at].value)
        return self._make(ids)

    def _make(self, ids: Any) -> int:
        flat = ids.ravel()
        if (flat < 0).any():
            return self._with_constants(ids)
        nodes = [self.tape.nodes[at] for at in flat]
        kinds = {(node.op, len(node.operands)) for node in nodes}
        if len(kinds) != 1:
            raise _UnlikeError
        node = nodes[0]
        if not node.inputs:
            return self._new("leaf", [], ids, None)
        if node.op in ("add", "sum") and node.at not in self.numbers.parameters:
            terms = [self.numbers.terms(each.at) for each in nodes]
            products = [[term for term in each if self.numbers.pair(term)] for each in terms]
            if len(products[0]) > 1 or (node.op == "sum" and terms[0]):
                return self._summed(ids, terms, products)
        return self._entrywise(ids, nodes)

    def _with_constants(self, ids: Any) -> int:
        """Write out whole numbers of the program's text; beside computed ones at an end of a vector."""
        flat = ids.ravel()
        if (flat < 0).all():
            return self._new("leaf", [], ids, np.array([float(code + _FAR) for code in flat]))
        plain = np.flatnonzero(flat < 0)
        if ids.ndim != 1 or len(plain) != 1 or plain[0] not in (0, len(flat) - 1):
            raise _UnlikeError
        rest, number = self.of(np.delete(flat, plain[0])), self.of(flat[plain])
        return self._new("append", [[rest], [number]] if plain[0] else [[number], [rest]], ids, None)

    def _entrywise(self, ids: Any, nodes: Sequence[Node]) -> int:
        op, operands, axes = nodes[0].op, [], []
        for position in range(len(nodes[0].operands)):
            codes = np.array([_coded(node.operands[position]) for node in nodes]).reshape(ids.shape)
            zeros = None if position else self._zeros.get((ids.shape, ids.tobytes()))
            operand, along = self._operand(codes) if zeros is None else ([zeros], tuple(range(ids.ndim)))
            if isinstance(operand, int) and len(self.numbers.written[_place(nodes[0], position)]) > 1:
                operand = [self._new("leaf", [], None, codes + float(_FAR))]  # a label, or a slope
            operands.append(operand)
            axes.append(along)
        if op == "multiply" and sorted(axes) == [(0,), (1,)]:
            return self._new("outer", operands if axes[0] == (0,) else operands[::-1], ids, None)
        for number, along in enumerate(axes):
            if along == (0,) and ids.ndim == 2:  # once for each column
                column = self.made[operands[number][0]]
                operands[number] = [self._new("reshape", [operands[number]], None, column.value[:, None])]
        return self._new(_OF_TWO.get(op, op) if len(operands) == 2 else op, operands, ids, None)

    def _operand(self, codes: Any) -> tuple[Any, tuple[int, ...]]:
        """Return an operand, and along which axes its numbers differ."""
        first = codes.ravel()[0]
        if (codes == first).all():
            return (int(first) + _FAR if first < 0 else [self.of(first)]), ()
        if codes.ndim == 2 and (codes == codes[:1]).all():
            return [self.of(codes[0])], (1,)
        if codes.ndim == 2 and (codes == codes[:, :1]).all():
            return [self.of(codes[:, 0])], (0,)
        return [self.of(codes)], tuple(range(codes.ndim))

    def _summed(self, ids: Any, terms: Sequence[list[int]], products: Sequence[list[int]]) -> int:
        """Make sums of products: those of a matrix and a vector, or of two matrices, and what is added."""
        count, rest = len(products[0]), len(terms[0]) - len(products[0])
        if any(len(each) != count for each in products) or any(len(each) != count + rest for each in terms):
            raise _UnlikeError
        made = self._product(ids, products) if count else None
        plain = [[term for term in each if not self.numbers.pair(term)] for each in terms]
        if count == 0 and rest > 1:
            return self._new("sum", [[self.of(np.array(plain).reshape(*ids.shape, rest))]], ids, None)
        for position in range(rest):
            added, _ = self._operand(np.array([each[position] for each in plain]).reshape(ids.shape))
            if made is None:
                return int(added[0])
            last = position == rest - 1
            value = None if last else self.made[made].value + self._value(added)
            made = self._new("add", [[made], added], ids, value)
        return made if made is not None else self._new("leaf", [], ids, None)

    def _value(self, operand: Any) -> Any:
        return self.made[operand[0]].value if isinstance(operand, list) else operand

    def _product(self, ids: Any, products: Sequence[list[int]]) -> int:
        count = len(products[0])
        pairs = np.array([[self.numbers.pair(term) for term in each] for each in products])
        A, B = (pairs[..., side].reshape(*ids.shape, count) for side in (0, 1))
        values = np.array([sum(float(self.tape.nodes[term].value) for term in each) for each in products])
        place = self.tape.nodes[products[-1][-1]]
        if ids.ndim < 2:
            weights = self.numbers.parameters
            sides = sorted(((A, B), (B, A)), key=lambda each: each[0].flat[0] not in weights)
            for a, b in sides:
                if ids.ndim == 1 and (b == b[0]).all():
                    operands = [[self.of(a)], [self.of(b[0])]]
                    made = self._new("dot", operands, None, values, place, ids)
                    zeros = self._zeros.get((a.shape, a.tobytes()))
                    if zeros is None:
                        return made
                    return self._new("add", [[made], [zeros]], None, values, place, ids)
        else:
            for a, b in ((A, B), (B, A)):
                if (a == a[:, :1]).all() and (b == b[:1]).all():
                    operands = [[self.of(a[:, 0])], [self.of(b[0].T)]]
                    return self._new("dot", operands, None, values.reshape(ids.shape), place, ids)
            raise _UnlikeError
        nodes = [self.tape.nodes[term] for row in products for term in row]
        each = self._entrywise(np.array(products).reshape(A.shape), nodes)
        return self._new("sum", [[each]], None, values.reshape(ids.shape), place, ids)

    def _new(
        self, op: str, operands: list[Any], ids: Any, value: Any, place: Node | None = None, when: Any = None
    ) -> int:
        """Add a node: the numbers of the record, or a value of its own."""
        when = ids if when is None else when
        members = [self.tape.nodes[at] for at in (() if when is None else np.ravel(when)) if at >= 0]
        if value is None:
            value = np.array([float(self.tape.nodes[at].value) for at in ids.ravel()])
        shape = np.shape(value) if ids is None else ids.shape
        wide = [np.shape(self.made[o[0]].value) for o in operands if isinstance(o, list)]
        shape = (1,) if shape == () and (1,) in wide else shape
        value = np.asarray(value, float).reshape(shape)
        times = [node.at for node in members] or [self.times[o[0]] for o in operands if isinstance(o, list)]
        place = place or (members[0] if members else None)
        block, line, inside = (place.block, place.line, place.inside) if place is not None else (0, 0, "")
        loops = _shared([node.loops for node in members])
        at = len(self.made)
        self.made.append(Node(at, op, operands, value, block, line, inside, loops, list(nodes_in(operands))))
        self.times.append(max(times, default=0))
        if ids is not None and members and op not in ("T", "ravel", "reshape"):
            self.first.setdefault(members[0].at, at)
        return at

    def replace(self) -> None:
        """Put the arrays in the place of the record's numbers, each where it was complete."""
        tape = self.tape
        order = sorted(range(len(self.made)), key=lambda at: (self.times[at], at))
        new = {at: place for place, at in enumerate(order)}
        times = np.array([self.times[at] for at in order])

        def told(operand: Any) -> Any:
            if not isinstance(operand, list):
                return None if isinstance(operand, dict) else operand
            return [new[self.first[operand[0]]]] if operand[0] in self.first else None

        def when(at: int) -> int:
            return int(np.searchsorted(times, at))

        for place, at in enumerate(order):
            node = self.made[at]
            node.at = place
            node.operands = [[new[o[0]]] if isinstance(o, list) else o for o in node.operands]
            node.inputs = list(nodes_in(node.operands))
        for call in tape.calls:
            call.began, call.ended = when(call.began), when(call.ended)
            call.arguments = {name: told(operand) for name, operand in call.arguments.items()}
            call.result = told(call.result)
        tape.loops = [(*loop[:3], when(loop[3]), when(loop[4])) for loop in tape.loops]
        tape.names = [(text, told(operand)) for text, operand in tape.names if told(operand) is not None]
        tape.places = {new[self.first[at]]: each for at, each in tape.places.items() if at in self.first}
        tape.nodes = [self.made[at] for at in order]
        tape.raised = None
        for name in ("users", "made_of", "named", "after_products"):
            vars(tape).pop(name, None)


def _shared(several: Sequence[list[list[int]]]) -> list[list[int]]:
    """Return the rounds of loops that all are in."""
    found: list[list[int]] = []
    for rounds in zip(*several, strict=False):
        if any(each != rounds[0] for each in rounds):
            break
        found.append(rounds[0])
    return found
