"""The record of a run as a graph: what each number was made of, by which operation, in which line."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["PRODUCTS", "SAME", "Call", "Node", "Raised", "Stop", "Tape", "nodes_in"]

PRODUCTS = frozenset({"matmul", "dot", "inner", "einsum", "tensordot", "multi_dot", "vdot", "outer"})
SAME = frozenset({
    "T", "transpose", "copy", "asarray", "array", "ascontiguousarray", "reshape", "ravel", "flatten",
    "squeeze", "expand_dims", "astype", "changed", "atleast_2d", "broadcast_to", "float64", "float32",
    "asanyarray", "deepcopy", "values", "to_numpy", "numpy", "view",
})  # fmt: skip
"""Operations that hand on the same numbers."""


@dataclass(slots=True)
class Node:
    """One operation: its operands as they were written, its value, its line and function, its loops."""

    at: int
    op: str
    operands: list[Any]
    value: Any
    block: int
    line: int
    inside: str
    loops: list[list[int]]
    inputs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """A call of one of the learner's functions, and the nodes that were made during it."""

    name: str
    began: int
    ended: int
    arguments: Mapping[str, Any]
    result: Any
    line: int


@dataclass(slots=True)
class Raised:
    """The operation that ended the program."""

    op: str
    operands: list[Any]
    block: int
    line: int
    inside: str
    error: str
    text: str


@dataclass(frozen=True)
class Stop:
    """Where a program stopped before its end, by which error, and where in a module of its own."""

    block: int
    line: int
    where: str
    error: str


class Tape:
    """What a program did."""

    def __init__(self, outcome: Mapping[str, Any]) -> None:
        graph = json.loads("".join(outcome["graph"]))
        values = [  # what did not come over, since there was too much of it, is empty
            value if isinstance(value, np.ndarray) else np.zeros(0) for value in outcome["values"]
        ]
        sites = [*graph["sites"], [0, 0, ""]]
        self.nodes = [
            Node(number, str(op), operands, values[at], *_site(sites[site]), loops, list(nodes_in(operands)))
            for number, (op, operands, at, site, loops) in enumerate(graph["nodes"])
        ]
        for node in self.nodes:
            if node.op == "fill" or (node.op == "changed" and node.value.size and not node.value.any()):
                node.inputs.clear()  # nothing is left of what was there
        self.names = [(str(text), operand) for text, operand, _ in graph["names"] if text]
        self.places: dict[int, list[tuple[bool, int, int, str]]] = {}
        """Where a node is given a name of its own, or returned."""
        for text, operand, site in graph["names"]:
            if isinstance(operand, list) and "[" not in text and site >= 0:
                self.places.setdefault(operand[0], []).append((not text, *_site(sites[site])))
        self.calls = [
            Call(name, began, ended, arguments, result, sites[site][1])
            for name, began, ended, arguments, result, site in graph["calls"]
        ]
        self.loops = [
            (sites[site][1], rounds, length, began, ended)
            for site, rounds, length, began, ended in graph["loops"]
        ]
        self.stand_ins = tuple(map(str, graph["stand_ins"]))
        self.files = tuple(map(str, graph["files"]))
        self.revived = tuple(map(str, graph["revived"]))
        raised, self.cut = graph["raised"], bool(graph["cut"])
        self.raised = None
        stopped = outcome["stopped"]
        self.stopped = None if stopped is None else Stop(*stopped)
        if raised is not None and self.stopped is not None and self.stopped.error.startswith(raised[3]):
            site, op, operands, error, text = raised
            self.raised = Raised(op, operands, *_site(sites[site]), error, text)

    @cached_property
    def users(self) -> list[list[int]]:
        """From a node to those that use it."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for entry in node.inputs:
                found[entry].append(node.at)
        return found

    @cached_property
    def made_of(self) -> list[int]:
        """From a node to all that it was made of, itself included, as bits."""
        found: list[int] = []
        for node in self.nodes:
            bits = 1 << node.at
            for entry in node.inputs:
                bits |= found[entry]
            found.append(bits)
        return found

    def depends(self, at: int, on: int) -> bool:
        """Tell whether a node was made with another."""
        return bool(self.made_of[at] >> on & 1)

    @cached_property
    def after_products(self) -> frozenset[int]:
        """All that is made with a product of matrices."""
        return frozenset(self.descendants([node.at for node in self.nodes if node.op in PRODUCTS]))

    @cached_property
    def named(self) -> dict[int, list[str]]:
        """From a node to the names that it was given, the first one first."""
        found: dict[int, list[str]] = {}
        for text, operand in self.names:
            parts = text.strip("()").split(", ") if "," in text and "[" not in text else [text]
            operands = [operand]
            listed = operand["l"] if isinstance(operand, dict) and "l" in operand else []
            if len(parts) > 1:
                operands = listed
            elif 0 < len(listed) < 20:
                parts, operands = [text] * len(listed), listed
            for part, each in zip(parts, operands, strict=False):
                if isinstance(each, list):
                    found.setdefault(each[0], []).append(part.strip())
        for call in self.calls:
            for name, operand in call.arguments.items():
                if isinstance(operand, list):
                    found.setdefault(operand[0], []).append(name)
        return found

    def names_of(self, at: int) -> list[str]:
        """Return the names of an array and of those that it is a copy of."""
        return [*self.named.get(at, ()), *self.named.get(self.origin(at)[0], ())]

    def returned(self, at: int) -> Node | None:
        """Return an array with the place where a function returns it that was handed it."""
        names = [call.name for call in self.calls if call.began > at and call.result == [at]][:1]
        found = [place for returned, *place in self.places.get(at, ()) if returned and place[2] in names]
        return self._placed(at, found)

    def handed_on(self, at: int, *, anywhere: bool = False, back: bool = False) -> Node:
        """Return an array with the place where it goes on as it is: out of a function, by another name.

        `anywhere` takes names in other functions as well, `back` the function's own return.
        """
        node, places = self.nodes[at], self.places.get(at, ())
        named = [
            p for returned, *p in places if returned <= back and (anywhere or p[2] == node.inside)
        ]  # fmt: skip
        return self.returned(at) or self._placed(at, named) or node

    def _placed(self, at: int, places: Sequence[Sequence[Any]]) -> Node | None:
        """Return a node with the last of these places."""
        for block, line, inside in places[-1:]:
            return replace(self.nodes[at], block=block, line=line, inside=inside)
        return None

    def value(self, operand: Any) -> Any:
        """Return the number or array that an operand is; None where it is something else."""
        if isinstance(operand, list) and operand:
            return self.nodes[operand[0]].value
        return operand if isinstance(operand, int | float) else None

    def number(self, at: int) -> float:
        """Return a node that is one number."""
        return float(np.ravel(self.nodes[at].value)[0])

    def varied(self, entries: Sequence[int]) -> list[int]:
        """Return those of several arrays that are not one number again and again, as a column of ones is."""
        return [at for at in entries if (np.ravel(value := self.nodes[at].value)[:1] != value).any()]

    def ancestors(self, starts: Collection[int], stops: Collection[int] = ()) -> set[int]:
        """Return all that nodes were made of, themselves included; beyond the stops nothing is looked for."""
        waiting, found = list(starts), set(starts)
        while waiting:
            at = waiting.pop()
            if at in stops:
                continue
            for entry in self.nodes[at].inputs:
                if entry not in found:
                    found.add(entry)
                    waiting.append(entry)
        return found

    def descendants(self, starts: Collection[int], stops: Collection[int] = ()) -> set[int]:
        """Return all that is made with nodes, themselves included; the stops are not entered."""
        waiting, found, users = [*starts], {*starts}, self.users
        while waiting:
            for user in users[waiting.pop()]:
                if user not in found and user not in stops:
                    found.add(user)
                    waiting.append(user)
        return found

    def origin(self, at: int, stops: Collection[int] = ()) -> tuple[int, bool]:
        """Go back to where numbers come from, through copies and transpositions; tell if they are turned."""
        turned = False
        while at not in stops and (before := self._handed_on(self.nodes[at])) is not None:
            turned ^= self.nodes[at].op in ("T", "transpose") and np.ndim(self.nodes[at].value) == 2
            at = before
        return at, turned

    def _handed_on(self, node: Node) -> int | None:
        """Return the operand whose numbers an operation hands on, once or for every sample; else None."""
        if not node.inputs or node.op == "changed":
            return None
        first = self.nodes[node.inputs[0]].value
        if node.op in ("add", "subtract") and len(node.operands) == 2 and type(node.operands[1]) is int:
            return node.inputs[0] if node.operands[1] == 0 else None
        if node.op in PRODUCTS and len(node.inputs) == 2:
            plain = np.ndim(first) == 2 and np.shape(first)[1] == 1 and bool((first == 1).all())
            return node.inputs[1] if plain and np.size(node.value) > 1 else None
        if node.op in SAME and np.size(node.value) == np.size(first):
            return node.inputs[0]
        if node.op == "item" and np.array_equal(np.ravel(node.value), np.ravel(first)):
            return node.inputs[0]
        if node.op == "put" and len(node.inputs) > 1:
            anew = self.nodes[node.inputs[-1]].value  # perhaps all of it
            return node.inputs[-1] if np.array_equal(np.ravel(node.value), np.ravel(anew)) else None
        return node.inputs[0] if _is_written_out(node, first) else None

    def within(self, at: int) -> Iterator[Call]:
        """Yield the calls during which a node was made, the innermost first."""
        yield from sorted(
            (call for call in self.calls if call.began <= at < call.ended), key=lambda c: c.ended - c.began
        )


_WRITTEN_OUT = ("tile", "repeat", "vstack", "hstack", "stack", "concatenate")


def _is_written_out(node: Node, before: Any) -> bool:
    """Tell whether an array is another one again and again, a bias for every sample."""
    if node.op not in (*_WRITTEN_OUT, "array", "broadcast_to") or len({*node.inputs}) > 1:
        return False
    value, row = np.squeeze(node.value), np.ravel(before)
    if value.ndim != 2 or row.size not in value.shape or row.size < 2:
        return False
    return any(each.shape[1] == row.size and bool((each == row).all()) for each in (value, value.T))


def _site(told: list[Any]) -> tuple[int, int, str]:
    """Return a place: which block, which line, in which function."""
    block, line, inside = told
    return int(block), int(line), str(inside)


def nodes_in(operands: Any) -> Iterator[int]:
    """Yield the nodes among operands, those in lists and slices included."""
    for operand in operands:
        if isinstance(operand, list):
            yield operand[0]
        elif isinstance(operand, dict):
            for part in operand.values():
                yield from nodes_in(part)
