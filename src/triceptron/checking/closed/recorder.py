"""Runs a learner's whole program and writes down what it computes: each operation, its operands, its value.

Part of the learner's process, like ``executor``: NumPy and the standard library, and nothing of ours. The
program is rewritten so that operators, calls, subscripts, assignments and loops go through here; what they
do stays the same. An array is known by its identity, so that dictionaries, attributes and functions need no
looking into: whoever uses the array again is found to use what made it.
"""

import argparse
import ast
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import json
import operator
import os
import re
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_MOST_NODES, _MOST_BYTES, _LARGEST = 5000, 60 << 20, 1 << 23
_LATER_BYTES = 8 << 20
"""Of these, what is left for what comes after the training: predictions are small."""

_FIRST_BYTES = 110 << 20
"""What the first round may take, so that a step of a large network is seen to its end."""

_LATER_NODES = 1500
"""Operations that are written down of the rest of a round, after a call that has filled the record."""

_STEPS, _ENOUGH = 4, 400
"""Rounds of an outermost loop, and operations, after which a loop goes on unrecorded."""

_BRANCH = 500
"""Operations that are seen of a branch which is entered for the first time while the record pauses."""

_FEWEST_ROWS, _MOST_ROWS = 10_000, 70_000
"""Numbers that a program on made-up data means as numbers of the real rows."""

_FEWEST_SAMPLES, _LARGEST_BATCH = 50, 4096
"""Made-up samples, and those of a batch, where the number of batches is counted."""

_SECONDS = 2.5
"""Processor time after which loops end early, so that what comes after them is seen."""

_LONGEST, _MOST_LISTED = 1100, 100_000
"""Entries of a list that is looked into, the units of a large layer, and of all such lists."""

_FORWARD = re.compile(r"(?i)forw|feed|propag|activat")
"""What a function is called with which a network of single numbers begins."""

_SHORT = 100
"""Entries of an array of which lists are made one by one."""

_GATHERING = ("array", "asarray", "copy", "save", "savez", "savez_compressed")
_PRODUCTS = ("matmul", "dot", "einsum")
_NO_NUMBER = ("only 0-dimensional arrays", "only length-1 arrays", "setting an array element with a sequence")
"""What NumPy says where an array stands for a number."""

_LONG = 0.3
"""Processor time after which a loop is one of those that take the time."""

_MOST_SECONDS = 6.0
"""Processor time after which the run ends, wherever it is."""

_OPERATORS = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "MatMult": "matmul", "Pow": "pow",
    "Mod": "mod", "FloorDiv": "floordiv", "BitAnd": "and", "BitOr": "or", "BitXor": "xor",
    "LShift": "lshift", "RShift": "rshift",
    "Gt": "gt", "Lt": "lt", "GtE": "ge", "LtE": "le", "Eq": "eq", "NotEq": "ne",
}  # fmt: skip
"""What Python calls an operator."""

_NAMES = {
    "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "floordiv": "floor_divide",
    "gt": "greater", "lt": "less", "ge": "greater_equal", "le": "less_equal", "eq": "equal",
    "ne": "not_equal",
}  # fmt: skip
"""What NumPy calls it, where that is another name."""

_PLAIN = frozenset({
    "super", "locals", "globals", "vars", "eval", "exec", "print", "range", "len", "isinstance", "type",
    "enumerate", "zip", "dir", "id", "input", "open", "iter", "next", "getattr", "setattr", "hasattr", "list",
    "tuple", "dict", "set", "str", "repr", "format", "sorted", "reversed", "map", "filter",
})  # fmt: skip
"""Builtins that are called as they are: they look at their caller, or make no numbers."""


class _Rewriter(ast.NodeTransformer):
    """Lets operators, calls, subscripts, assignments and loops go through the recorder, by site."""

    def __init__(self, block: int, sites: list[list[Any]]) -> None:
        self.block, self.sites, self.inside = block, sites, [""]

    def site(self, node: ast.AST) -> ast.expr:
        self.sites.append([self.block, getattr(node, "lineno", 0), self.inside[-1]])
        return ast.Constant(len(self.sites) - 1)

    def to(self, name: str, node: ast.AST, *args: ast.expr, keywords: Any = ()) -> ast.expr:
        function = ast.Attribute(ast.Name("__recorder__", ast.Load()), name, ast.Load())
        return ast.copy_location(ast.Call(function, [self.site(node), *args], list(keywords)), node)

    def _within(self, node: Any) -> Any:
        self.inside.append(f"{self.inside[-1]}.{node.name}" if self.inside[-1] else node.name)
        self.generic_visit(node)
        self.inside.pop()
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _within  # noqa: N815

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return self.to("binary", node, _operator(node.op), node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) > 1 or type(node.ops[0]).__name__ not in _OPERATORS:
            return node
        return self.to("binary", node, _operator(node.ops[0]), node.left, node.comparators[0])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.USub) or isinstance(node.operand, ast.Constant):
            return node
        return self.to("unary", node, node.operand)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        plain = isinstance(node.func, ast.Name) and node.func.id in _PLAIN
        kept = isinstance(node.func, ast.Attribute) and node.func.attr == "append" and len(node.args) == 1
        text = ast.unparse(node.func.value)[:80] if kept and isinstance(node.func, ast.Attribute) else ""
        self.generic_visit(node)
        if kept and not isinstance(node.args[0], ast.Starred):
            node.args[0] = self.to("named", node, ast.Constant(text), node.args[0])
        return node if plain else self.to("call", node, node.func, *node.args, keywords=node.keywords)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        if type(value) is not int or value % 1000 or not _FEWEST_ROWS <= value <= _MOST_ROWS:
            return node
        return self.to("rows", node, ast.Constant(value))

    def visit_MatchValue(self, node: ast.AST) -> ast.AST:
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        name = {"T": "transpose", "values": "values_of"}.get(node.attr)
        return self.to(name, node, node.value) if name and isinstance(node.ctx, ast.Load) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return self.to("item", node, node.value, _index(node.slice))

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self.to("named", node, ast.Constant(""), node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Subscript):
            value, holder, index = self.visit(node.value), self.visit(target.value), self.visit(target.slice)
            text = ast.Constant(ast.unparse(target)[:80])
            stored = self.to("put", node, text, value, holder, _index(index))
            return ast.copy_location(ast.Expr(stored), node)
        texts = [ast.unparse(each) for each in node.targets]
        node.value = self.visit(node.value)
        node.targets = [self.visit(each) for each in node.targets]
        if len(texts) == 1 and isinstance(target, ast.Name | ast.Attribute | ast.Tuple):
            node.value = self.to("named", node, ast.Constant(texts[0][:2000]), node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        op, value, target = _operator(node.op), self.visit(node.value), node.target
        text = ast.Constant(ast.unparse(target)[:80])
        if isinstance(target, ast.Subscript):
            holder, index = self.visit(target.value), self.visit(target.slice)
            changed = self.to("change_item", node, text, op, value, holder, _index(index))
            return ast.copy_location(ast.Expr(changed), node)
        old: ast.expr = ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target
        if isinstance(target, ast.Attribute):
            old = ast.Attribute(self.visit(target.value), target.attr, ast.Load())
        new = self.to("change", node, text, op, old, value)
        return ast.copy_location(ast.Assign([target], new), node)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = self.to("loop", node, node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = self.to("entries", node.iter, node.iter)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        main = ast.unparse(node.test).startswith("__name__")
        self.generic_visit(node)
        if not main:
            node.body = self._branch(node, node.body)
            node.orelse = self._branch(node, node.orelse)
        return node

    def _branch(self, node: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
        """Let a branch be seen once, where it does more than jump; a generator's is left in the midst."""
        parts = [part for statement in body for part in ast.walk(statement)]
        if not any(isinstance(part, ast.Call) for part in parts) or any(
            isinstance(part, ast.Yield | ast.YieldFrom) for part in parts
        ):
            return body
        return [ast.With([ast.withitem(self.to("branch", node))], body)]

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        self.generic_visit(node)
        node.test = ast.BoolOp(ast.Or(), [node.test, self.to("made_up", node)])
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        test = ast.Lambda(ast.arguments([], [], None, [], [], None, []), node.test)
        counter = ast.Name("__round__", ast.Store())
        return ast.copy_location(
            ast.For(counter, self.to("while_", node, test), node.body, node.orelse, None), node
        )


def _operator(op: ast.AST) -> ast.expr:
    return ast.Constant(_OPERATORS[type(op).__name__])


def _index(node: ast.expr) -> ast.expr:
    """Write a slice as the call that makes it."""
    if isinstance(node, ast.Slice):
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        return ast.Call(ast.Attribute(ast.Name("__recorder__", ast.Load()), "slice_", ast.Load()), parts, [])
    return (
        ast.Tuple([_index(part) for part in node.elts], ast.Load()) if isinstance(node, ast.Tuple) else node
    )


class Recorder:
    """The record of a run: nodes (operation, operands, value, site, loops), names and calls."""

    slice_ = slice

    def __init__(self, stand_ins: Any, python: Callable[[str], str]) -> None:
        self.stand_ins, self.python = stand_ins, python
        self.files: list[str] = []
        self.sites: list[list[Any]] = []
        self.nodes: list[list[Any]] = []
        self.names: list[Any] = []
        self.calls: list[Any] = []
        self.loops: list[Any] = []
        self.values: list[Any] = []
        self.raised: Any = None
        self.cut = False
        self._known: dict[int, tuple[int, bytes, Any]] = {}
        self._at: dict[Any, int] = {}
        self._bytes, self._most_bytes = 0, _MOST_BYTES - _LATER_BYTES
        self._loops: list[list[int]] = []
        self._off = self._loading = self._woken = False
        self._allowed = _MOST_NODES
        self.has_products = False
        self._listed = 0
        self._loop_of_pause = 0
        self._branches: set[int] = set()
        self._within: list[int] = []
        """In how many loops each call of the program's own was made that has not ended."""
        self._rest = False
        self._full = False
        self._watched = False
        self._unseen: dict[str, Any] = {}
        self._began = time.process_time()

    # --- what is known of values ---

    def _value(self, value: Any) -> tuple[int, bytes]:
        """Keep a copy of a number or an array, each only once."""
        array = _copied(value)
        digest = array.tobytes()
        key = (array.dtype.str, array.shape, digest)
        if key not in self._at:
            self._bytes += array.nbytes
            self.values.append(array)
            self._at[key] = len(self.values) - 1
        return self._at[key], digest

    def _node(self, op: str, operands: Any, value: Any, site: int) -> int:
        first = not any(rounds for _, rounds in self._loops[:2])
        most = (_FIRST_BYTES if first else self._most_bytes) if self.has_products else _MOST_BYTES // 2
        if len(self.nodes) >= self._allowed or self._bytes > most:
            self._pause(1 if self._full else 2)
            self._full = True
        at, digest = self._value(value)
        self.nodes.append([op, operands, at, site, [list(loop) for loop in self._loops]])
        self._known[id(value)] = (len(self.nodes) - 1, digest, value)
        return len(self.nodes) - 1

    def _leaf(self, value: Any) -> int:
        """Note a value that nothing is known of but, from while the record paused, its names."""
        at = self._node("leaf", [], value, -1)
        self.names += [[name, [at], -1] for name, latest in self._unseen.items() if latest is value]
        return at

    def _operand(self, value: Any, depth: int = 0) -> Any:
        """Say what a value is: a node, a list of them, or something plain."""
        if _is_number(value):
            found = self._known.get(id(value))
            if found is None or found[2] is not value:
                whole = self._known.get(id(getattr(value, "base", None)))
                if whole is not None and value.base is whole[2]:  # a row that a loop has taken
                    return [self._node("item", [[whole[0]], None], value, self.nodes[whole[0]][3])]
                beyond = len(self.nodes) > self._allowed + _LONGEST  # within one long list
                return None if beyond else [self._leaf(value)]
            op = "assign" if _is_table(value) else "changed" if isinstance(value, np.ndarray) else ""
            if op and found[1] != _copied(value).tobytes():
                return [self._node(op, [[found[0]]], value, self.nodes[found[0]][3])]
            return [found[0]]
        if isinstance(value, slice):
            return {"s": [self._operand(part, depth + 1) for part in (value.start, value.stop, value.step)]}
        if (
            type(value) in (list, tuple)
            and len(value) < _LONGEST
            and depth < 3
            and (self._listed < _MOST_LISTED or len(value) < 5)
        ):
            self._listed += len(value)
            return {"l": [self._operand(entry, depth + 1) for entry in value]}
        if isinstance(value, bool | int | np.integer | np.bool_):
            return int(value) if -(2**53) < int(value) < 2**53 else None
        return value[:40] if isinstance(value, str) else None

    def _note(self, site: int, op: str, operands: Any, result: Any) -> None:
        if self._off:
            return
        if _is_table(result) and not self._watched:
            self._watch_columns()
        self.has_products = self.has_products or op in _PRODUCTS
        if _is_number(result):
            known = self._known.get(id(result))
            if known is not None and known[2] is result:
                return  # the same array goes on, or comes out of where it was kept
            self._node(op, [self._operand(operand) for operand in operands], result, site)
        elif type(result) in (list, tuple) and 0 < len(result) < 300 and any(map(_is_number, result)):
            told = [self._operand(operand) for operand in operands]
            for number, entry in enumerate(result):
                if _is_number(entry) and id(entry) not in self._known:
                    self._node(op, [*told, number], entry, site)

    def _watch_columns(self) -> None:
        """Note columns that are taken as attributes: table.species."""
        self._watched = True
        kind = sys.modules["pandas"].DataFrame
        get = kind.__getattr__

        def column(table: Any, name: str) -> Any:
            result = get(table, name)
            if _is_table(result) and id(table) in self._known:
                self._note(-1, "columns", (table,), result)
            return result

        kind.__getattr__ = column

    def _wake(self, name: str, operands: Any) -> None:
        """Go on with the record at the first product of matrices, however much was prepared before it."""
        if name not in _PRODUCTS or self.has_products:
            return
        self.has_products = True
        self._begin_again()
        for operand in operands:
            whole = getattr(operand, "base", None)
            if isinstance(whole, np.ndarray) and whole.strides == operand.strides[::-1] and whole.ndim == 2:
                self._node("T", [self._operand(whole)], operand, -1)  # it was turned just before

    def _begin_again(self) -> None:
        self._off, self._allowed = False, len(self.nodes) + _MOST_NODES

    def _pause(self, depth: int = 1) -> None:
        """Write nothing down until the loop at that depth has ended: the first one, or all of the epochs."""
        self._off, self._loop_of_pause = True, min(depth, len(self._loops))

    def _go_on(self, within: int) -> None:
        """Go on for the rest of a round of the outermost loop after a call that has filled the record."""
        if self._off and self._full and within == 1 and 1 not in self._within:
            self._off, self._rest = False, True
            self._allowed = len(self.nodes) + _LATER_NODES

    def _raise(self, site: int, op: str, operands: Any, error: BaseException) -> None:
        """Note the operation that raised, once, if nothing met in it that only stands in for something."""
        if not self._is_nothing(operands) and (self.raised is None or self.raised[3] is not error):
            was = self._off, self._allowed
            self._off, self._allowed = False, len(self.nodes) + 100
            with contextlib.suppress(Exception):
                self.raised = [site, op, [self._operand(operand) for operand in operands], error]
            self._off, self._allowed = was

    # --- what the program does ---

    def binary(self, site: int, op: str, left: Any, right: Any) -> Any:
        """Apply an operator between two values; of made-up samples there is one batch at least."""
        counts = op == "floordiv" and self.stand_ins.used and type(left) is type(right) is int
        if counts and _FEWEST_SAMPLES <= left < right <= _LARGEST_BATCH:
            return 1
        left, right = (_dense(side) for side in (left, right))
        return self._do(site, _NAMES.get(op, op), getattr(operator, f"__{op}__"), left, right)

    def _do(self, site: int, name: str, function: Callable[..., Any], *operands: Any) -> Any:
        result = self._tried(site, name, operands, function, *operands)
        if self._off:
            self._wake(name, operands)
        if not self._off and any(map(_is_number, operands)):
            self._note(site, name, operands, result)
        return result

    def _tried(self, site: int, name: str, operands: Any, function: Callable[..., Any], *args: Any) -> Any:
        """Call what does an operation; one that raises is noted."""
        try:
            return function(*args)
        except Exception as error:
            if str(error).startswith(_NO_NUMBER):  # before NumPy 2.4 an array of one number was one
                with contextlib.suppress(TypeError, ValueError):
                    result = function(*map(_as_number, args))
                    self.stand_ins.revived.append(f"{name}([x])")
                    return result
            if not any(str(getattr(each, "__module__", "")).startswith("sklearn") for each in args[:2]):
                self._raise(site, name, operands, error)  # what scores refuse is no clash of shapes
            raise

    def _is_nothing(self, operands: Any) -> bool:
        """Tell whether what only stands in for something is among operands, or in a list of them."""
        stub = self.stand_ins.Stub
        return any(
            isinstance(part, stub)
            for each in operands
            for part in (each if type(each) in (list, tuple) and len(each) < _LONGEST else (each,))
        )

    def rows(self, site: int, count: int) -> int:
        """Bring a number of rows down to the made-up data's."""
        scale: int = self.stand_ins.SCALE
        return count // scale if self.stand_ins.used else count

    def made_up(self, site: int) -> bool:
        """Tell whether the data are: what a program claims of the real ones is not asked of these."""
        return bool(self.stand_ins.used)

    def unary(self, site: int, value: Any) -> Any:
        """Take the negative."""
        return self._do(site, "negative", operator.neg, value)

    def transpose(self, site: int, value: Any) -> Any:
        """Return what is turned."""
        result = value.T
        if _is_number(value):
            self._note(site, "T", (value,), result)
        return result

    def values_of(self, site: int, holder: Any) -> Any:
        """Return a table's numbers, or what else has that name."""
        result = holder.values
        if _is_table(holder):
            self._note(site, "values", (holder,), result)
        return result

    def item(self, site: int, holder: Any, index: Any) -> Any:
        """Return what stands at an index."""
        if self.stand_ins.used:
            index = self.stand_ins.fit_all(holder, index)
        result = self._tried(site, "item", (holder, index), operator.getitem, holder, index)
        if isinstance(holder, np.ndarray) or _is_table(holder):
            self._note(site, "item", (holder, index), result)
        elif type(holder).__name__ in ("_iLocIndexer", "_LocIndexer"):
            rows = index[0] if type(index) is tuple else index
            op = "item" if "iLoc" in type(holder).__name__ else "columns" if _is_whole(rows) else "loc"
            self._note(site, op, (holder.obj, index), result)
        elif holder is np.c_ or holder is np.r_:
            self._note(site, "concatenate", index if isinstance(index, tuple) else (index,), result)
        return result

    def put(self, site: int, text: str, value: Any, holder: Any, index: Any) -> None:
        """Assign to an index."""
        if self.stand_ins.used:
            index = self.stand_ins.fit_all(holder, index)
        before = self._before(holder)
        self._tried(site, "put", (holder, index, value), operator.setitem, holder, index, value)
        if isinstance(holder, np.ndarray):
            if _is_whole(index) and np.shape(value) == holder.shape and before is not None:
                self._node("copy", [self._operand(value)], holder, site)
            else:
                self._renew(site, "put", holder, before, index, value)
        else:
            self.named(site, text, value)

    def change_item(self, site: int, text: str, op: str, value: Any, holder: Any, index: Any) -> None:
        """Change what stands at an index."""
        name, array = _NAMES.get(op, op), isinstance(holder, np.ndarray)
        before = self._before(holder)
        old = self._tried(site, name, (holder, index, value), operator.getitem, holder, index)
        inside = before if array else self._before(old)

        def change() -> Any:
            new = getattr(operator, f"__i{op}__")(old, value)
            holder[index] = new
            return new

        new = self._tried(site, name, (holder, index, value) if array else (old, value), change)
        if array:
            where = () if _is_whole(index) else (index,)
            self._renew(site, f"{name}_at" if where else name, holder, before, *where, value)
        elif new is old:
            self._renew(site, name, new, inside, value)
        else:
            self._note(site, name, (old, value), new)
        if not array:
            self.named(site, text, new)

    def change(self, site: int, text: str, op: str, old: Any, value: Any) -> Any:
        """Change a name or an attribute."""
        name, before = _NAMES.get(op, op), self._before(old)
        new = self._tried(site, name, (old, value), getattr(operator, f"__i{op}__"), old, value)
        if new is old:
            self._renew(site, name, new, before, value)
        else:
            self._note(site, name, (old, value), new)
        return self.named(site, text, new)

    def _before(self, holder: Any) -> Any:
        return self._operand(holder) if isinstance(holder, np.ndarray) and not self._off else None

    def _renew(self, site: int, op: str, array: Any, before: Any, *operands: Any) -> None:
        """Note that an array has new numbers."""
        if isinstance(array, np.ndarray) and before is not None and not self._off:
            self._node(op, [before, *map(self._operand, operands)], array, site)

    def named(self, site: int, text: str, value: Any) -> Any:
        """Note the name of a value; none where a function returns it."""
        unknown = isinstance(value, self.stand_ins.Stub)
        known = self.stand_ins.used and type(value) in (tuple, list)
        if text[:1] + text[-1:] == "()" and (unknown or known):
            target = ast.parse(text, mode="eval").body
            names = [ast.unparse(name) for name in getattr(target, "elts", ())]
            value = _spread(value, target) if unknown else self.stand_ins.parts(names, value)
        if not self._off and len(self.names) < 20_000 and (text or id(value) in self._known):
            told = self._operand(value)
            if told is not None:
                self.names.append([text, told, site])
        elif self._off and text:
            several = text[:1] == "(" and type(value) in (tuple, list)
            each = zip(text.strip("()").split(", "), value, strict=False) if several else [(text, value)]
            self._unseen.update(each)
        return value

    def call(self, site: int, function: Any, /, *args: Any, **keywords: Any) -> Any:
        """Call a function."""
        while type(function) is functools.partial:
            args, keywords = (*function.args, *args), {**function.keywords, **keywords}
            function = function.func
        if self._off:
            self._wake(getattr(function, "__name__", ""), args)
        if not self._woken and _is_own(function) and _FORWARD.search(getattr(function, "__name__", "")):
            self._woken = True
            if self._off and not self.has_products:  # of single numbers, in loops
                self._begin_again()
        if self._off and not _is_own(function):
            return self._called(getattr(function, "__name__", ""), function, args, keywords)
        if self._off:
            return function(*args, **keywords)
        if _is_own(function):
            name = getattr(function, "__qualname__", type(function).__name__)
            began = len(self.nodes)
            told = self._arguments(function, args, keywords)
            self._within.append(len(self._loops))
            try:
                result = self._of_own(name, function, args, keywords)
            finally:
                self._go_on(self._within.pop())
            if not self._off and len(self.calls) < 5000:
                self.calls.append([name, began, len(self.nodes), told, self._operand(result), site])
            return result
        if function is sum and inspect.isgenerator(args[0] if args else None):
            args = (list(args[0]), *args[1:])  # what is summed is seen
        operands = (*args, *keywords.values())
        holder = getattr(function, "__self__", None)
        if isinstance(holder, np.ndarray | np.generic) or _is_table(holder):
            operands = (holder, *operands)
        arrays = [operand for operand in operands if isinstance(operand, np.ndarray)]
        name = getattr(function, "__name__", type(function).__name__)
        if type(holder).__module__.startswith("numpy.random") or type(holder).__name__ == "Random":
            name = f"random.{name}"
        elif isinstance(holder, np.ufunc):
            name = f"{holder.__name__}_{name}"
        whole = keywords.get("out") is not None or name.endswith("_at")
        before = [self._operand(array) for array in arrays]
        given = [self._operand(each) for each in args] if whole else []
        try:
            result = self._tried(site, name, operands, self._called, name, function, args, keywords)
        except Exception:
            if not self._is_nothing(operands):
                raise
            result = self.stand_ins.Stub(name)
        if result is None or keywords.get("out") is not None:
            for array, old in zip(arrays, before, strict=True):
                known = self._known.get(id(array))
                if known is not None and known[1] != array.tobytes():
                    if whole and not self._off:
                        self._node(name, given, array, site)
                    else:
                        self._renew(site, name, array, old)
        self._note(site, name, operands, result)
        if name == "deepcopy" and not self._off:
            self._copied(site, args[0], result)
        return result

    def _of_own(self, name: str, function: Any, args: Any, keywords: Any) -> Any:
        """Call a function of the program's; what it fails to load is made up."""
        if self._loading or isinstance(function, type) or not self.stand_ins.loads(name):
            return function(*args, **keywords)
        known, self._loading = len(self.stand_ins.used), True
        try:
            return function(*args, **keywords)
        except Exception as error:
            if not isinstance(error, OSError) and len(self.stand_ins.used) == known:
                raise
            self.raised = None
            return self.stand_ins.loaded(name, **keywords)
        finally:
            self._loading = False

    def _copied(self, site: int, old: Any, new: Any, depth: int = 0) -> None:
        """Note that what a dictionary or list holds is copied with it."""
        if _is_number(new):
            if id(new) not in self._known:
                self._node("copy", [self._operand(old)], new, site)
        elif isinstance(new, dict | list | tuple) and type(old) is type(new) and depth < 4:
            for key in new if isinstance(new, dict) else range(len(new)):
                self._copied(site, old[key], new[key], depth + 1)

    def _called(self, name: str, function: Any, args: Any, keywords: Any) -> Any:
        """Call a library's function; one that reshapes stand-ins is brought down to their number of rows."""
        try:
            return function(*args, **keywords)
        except TypeError as error:
            if "arrays to stack must be" not in str(error) or not inspect.isgenerator(args[0]):
                raise
            self.stand_ins.revived.append(f"np.{name}(x for x in y)")  # nothing of it is gone yet
            return function(list(args[0]), *args[1:], **keywords)
        except IndexError:
            if name != "take" or not self.stand_ins.used:
                raise
            return function(*args, **{**keywords, "mode": "wrap"})  # there are fewer made-up samples
        except ValueError as error:
            if "inhomogeneous" in str(error) and name in _GATHERING:  # what had no one shape was of objects
                self.stand_ins.revived.append(f"np.{name}([[1], [2, 3]])")
                function = np.array if name == "copy" else function
                return None if "save" in name else function(*args, **{**keywords, "dtype": object})
            if name.endswith("choice") and self.stand_ins.used and "larger sample" in str(error):
                return function(*args[:2], **{**keywords, "replace": True})  # there are fewer made-up samples
            if name != "reshape" or not self.stand_ins.used:
                raise
            array = getattr(function, "__self__", None)
            array, shape = (array, args) if isinstance(array, np.ndarray) else (args[0], args[1:])
            return self.stand_ins.reshaped(array, shape or tuple(keywords.values()))

    def _arguments(self, function: Any, args: Any, keywords: Any) -> dict[str, Any]:
        try:
            bound = inspect.signature(function).bind(*args, **keywords)
        except (TypeError, ValueError):
            return {}
        bound.apply_defaults()
        return {name: self._operand(value) for name, value in bound.arguments.items()}

    def loop(self, site: int, iterable: Any) -> Iterator[Any]:
        """Go through a loop; one that takes too long ends early."""
        depth, iterable = len(self._loops), getattr(iterable, "around", iterable)
        self._loops.append([site, -1])
        began, outermost, since = len(self.nodes), not depth, self.seconds()
        length = len(iterable) if isinstance(iterable, range | list | tuple | np.ndarray) else None
        try:
            for entry in iterable:
                self._loops[depth][1] += 1
                rounds = self._loops[depth][1]
                enough = self._rest or (rounds >= _STEPS and len(self.nodes) - began > _ENOUGH)
                if outermost and enough and not self._off:
                    self._pause()
                if not rounds % 4 and self.seconds() > _SECONDS:
                    self.cut = True
                if self.cut and rounds >= _STEPS and self.seconds() > since + _LONG:
                    break  # a short one, through layers or classes, is part of something
                yield entry
        finally:
            if outermost or len(self.loops) < 2000:
                self.loops.append([site, self._loops[depth][1] + 1, length, began, len(self.nodes)])
            del self._loops[depth:]
            self._rest = self._rest and depth > 0
            if self._off and depth < self._loop_of_pause:
                self._off = False
                more = 2000 if not depth else _MOST_NODES  # what an epoch ends with is of all samples
                self._allowed = max(self._allowed, len(self.nodes) + more)
                self._most_bytes = max(self._most_bytes, _MOST_BYTES - (_LATER_BYTES if depth else 0))

    def entries(self, site: int, iterable: Any) -> Any:
        """Return what a list is made of entry by entry; the numbers of a short array one after another."""
        if self._off or not isinstance(iterable, np.ndarray) or iterable.ndim != 1:
            return iterable
        short = len(iterable) <= _SHORT and iterable.dtype.kind == "f"
        return [self.item(site, iterable, at) for at in range(len(iterable))] if short else iterable

    def while_(self, site: int, test: Callable[[], Any]) -> Iterator[int]:
        """Go through a loop as long as its test holds."""

        def rounds() -> Iterator[int]:
            count = 0
            while test():
                yield count
                count += 1

        return self.loop(site, rounds())

    def branch(self, site: int) -> contextlib.AbstractContextManager[None]:
        """Go into a branch; one that the record has not seen is written down even while it pauses."""
        new = site not in self._branches
        self._branches.add(site)
        return self._shown() if new and self._off and self.has_products else contextlib.nullcontext()

    @contextlib.contextmanager
    def _shown(self) -> Iterator[None]:
        """Write down what is done now, in the midst of a pause."""
        loop, allowed = self._loop_of_pause, self._allowed
        self._off, self._allowed = False, len(self.nodes) + _BRANCH
        try:
            yield
        finally:
            self._off, self._loop_of_pause, self._allowed = True, loop, allowed

    # --- the record ---

    def seconds(self) -> float:
        """Return the processor time that the run has taken."""
        return time.process_time() - self._began

    def told(self) -> dict[str, Any]:
        """Return the record as plain data."""
        raised = None
        if self.raised is not None:
            site, op, operands, error = self.raised
            raised = [site, op, operands, type(error).__name__, str(error)[:200]]
        kept = ("nodes", "names", "calls", "sites", "loops", "cut", "files")
        graph = {name: getattr(self, name) for name in kept}
        graph["stand_ins"] = list(dict.fromkeys(self.stand_ins.used + self.stand_ins.asked))
        graph["revived"] = list(dict.fromkeys(self.stand_ins.revived))
        text = json.dumps({**graph, "raised": raised}, default=str)
        pieces = [text[at : at + 500_000] for at in range(0, len(text), 500_000)]
        return {"graph": pieces, "values": self.values}


def _dense(value: Any) -> Any:
    """Write out a sparse matrix, such as labels that scikit-learn encodes: its numbers are to be seen."""
    return np.asmatrix(value.toarray()) if hasattr(type(value), "toarray") else value


def _spread(value: Any, target: ast.expr) -> Any:
    """Return what is not here as often as it is taken apart: figure, (one, another)."""
    parts = getattr(target, "elts", None)
    return value if parts is None else tuple(_spread(value, part) for part in parts)


def _is_table(value: Any) -> bool:
    """Tell whether a value is a table of pandas', or one of its columns; from then on columns are known."""
    kind = type(value)
    return kind.__name__ in ("DataFrame", "Series") and kind.__module__.startswith("pandas")


def _copied(value: Any) -> Any:
    """Return the numbers of a number, an array or a table, as an array of their own."""
    return np.array(_numbers(value) if _is_table(value) else value)


def _numbers(table: Any) -> Any:
    """Return the numbers of a table; those of words are their places in the alphabet."""
    array = table.to_numpy()
    if array.dtype.kind in "biuf":
        return array
    columns = [table] if array.ndim == 1 else [table.iloc[:, at] for at in range(array.shape[1])]
    arrays = [np.asarray(column) for column in columns]
    found = [
        each if each.dtype.kind in "biuf" else np.unique(each.astype(str), return_inverse=True)[1] * 1.0
        for each in arrays
    ]
    return found[0] if array.ndim == 1 else np.column_stack(found) if found else np.zeros(array.shape)


def _is_whole(index: Any) -> bool:
    """Tell whether an index takes all: [:] or [...]."""
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))


def _is_number(value: Any) -> bool:
    if _is_table(value):
        return bool(8 * value.size <= _LARGEST)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf" and value.nbytes <= _LARGEST
    return isinstance(value, np.floating | np.integer) or type(value) is float


def _as_number(value: Any) -> Any:
    """Take the number out of an array of one, in arguments, too."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.reshape(-1)[0]
    return tuple(map(_as_number, value)) if type(value) is tuple else value


def _is_own(function: Any) -> bool:
    """Tell whether a call runs code that goes through the recorder."""
    if isinstance(function, types.MethodType):
        function = function.__func__
    if isinstance(function, type):
        return (
            hasattr(sys.modules.get(function.__module__), "__recorder__") or function.__module__ == "__main__"
        )
    scope = getattr(function, "__globals__", None)
    if scope is None and not isinstance(function, types.BuiltinFunctionType | np.ufunc):
        scope = getattr(getattr(type(function), "__call__", None), "__globals__", None)  # noqa: B004
    return scope is not None and "__recorder__" in scope


def _is_beside(file: str, folders: list[str]) -> bool:
    """Tell whether a file lies beside the program, or below a folder above it, and is no library's."""
    libraries = (sys.prefix, sys.base_prefix)
    return any(file.startswith(folder + os.sep) for folder in folders) and not (
        {"site-packages", "dist-packages"} & {*file.split(os.sep)}
        or any(file.startswith(place + os.sep) for place in libraries)
    )


def _folders_in(folder: str, *, above: bool) -> list[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = sorted((e for e in entries if e.name[0] not in "._"), key=lambda e: e.name)
        own = not above or any(e.is_file() for e in found)  # or it holds what others do
        return [e for e in found if own and e.is_dir()][:50]
    return []


class _Siblings(importlib.abc.MetaPathFinder):
    """Finds modules that lie beside the program, or above it, and lets what they do be written down, too."""

    def __init__(self, recorder: Recorder, folders: list[str], blocks: int, *, below: bool = False) -> None:
        self.recorder, self.folders, self.blocks = recorder, folders, blocks
        if below:
            levels = [_folders_in(folder, above=folder != folders[0]) for folder in folders]
            self.folders = [entry.path for entries in levels for entry in entries]

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the learner's."""
        spec = importlib.machinery.PathFinder.find_spec(name, self.folders if path is None else path)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        if not _is_beside(str(spec.origin), self.folders):
            return None
        spec.loader = _Recorded(spec.name, str(spec.origin), self.recorder, self.blocks)
        return spec


class _Recorded(importlib.machinery.SourceFileLoader):
    """Loads a module rewritten."""

    def __init__(self, name: str, path: str, recorder: Recorder, blocks: int) -> None:
        super().__init__(name, path)
        self.recorder, self.blocks = recorder, blocks

    def get_code(self, fullname: str) -> types.CodeType:
        """Return the module, rewritten."""
        block = self.blocks + len(self.recorder.files)
        self.recorder.files.append(self.path)
        text = self.recorder.python(self.get_data(self.path).decode("utf-8", "replace"))
        self.recorder.stand_ins.open_libraries(text)
        return _rewritten(text, self.path, block, self.recorder)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run it."""
        vars(module)["__recorder__"] = self.recorder
        exec(self.get_code(module.__name__), vars(module))


def _rewritten(text: str, name: str, block: int, recorder: Recorder, flags: int = 0) -> types.CodeType:
    (code,) = _statements(text, name, block, recorder, flags, None)
    return code


def _statements(
    text: str, name: str, block: int, recorder: Recorder, flags: int, kept: list[int] | None
) -> Iterator[types.CodeType]:
    """Yield a block, rewritten; of one of which only some statements are run, each by itself."""
    tree = ast.parse(text)
    body = tree.body if kept is None else [tree.body[position] for position in kept]
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    tree.body = [node for node in body if not flags or node not in future]  # cells may have it anywhere
    rewriter = _Rewriter(block, recorder.sites)
    tree = ast.fix_missing_locations(rewriter.visit(tree))
    for part in [tree] if kept is None else [ast.Module([node], []) for node in tree.body]:
        code: types.CodeType = compile(part, name, "exec", flags=flags, dont_inherit=True)
        yield code


def record(
    blocks: list[tuple[str, str, list[int] | None]],
    flags: int,
    scope: dict[str, Any],
    folder: str,
    stand_ins: Any,
    python: Callable[[str], str],
    repository: Any,
) -> dict[str, Any]:
    """Run a program, given as blocks of (file name, text, statements to run or None); return its record."""
    recorder, main = Recorder(stand_ins, python), types.ModuleType("__main__")
    vars(main).update(scope, __recorder__=recorder, input=stand_ins.answer)
    scope, sys.modules["__main__"] = vars(main), main  # where what it pickles is looked for
    folders = repository.folders(folder)
    stand_ins.install("\n".join(text for _, text, _ in blocks), folders)

    def elsewhere(module: str, name: str) -> Any:
        own = os.path.join(folder, blocks[0][0].strip("<>"))
        file = repository.defining(module, name, folder, own)
        known = [each for each in list(sys.modules.values()) if getattr(each, "__file__", None) == file]
        path = os.path.splitext(os.path.relpath(file or folder, folders[-1]))[0]
        with contextlib.suppress(ImportError):
            if file:
                found = known[0] if known else importlib.import_module(path.replace(os.sep, "."))
                return getattr(found, name, None)
        return None

    stand_ins.program.elsewhere = elsewhere
    own = []
    for name, module in sys.modules.items():
        places = [
            getattr(module, "__file__", None),
            *getattr(module, "__path__", ()),
        ]  # a package has no file
        if any(_is_beside(str(place), folders) for place in places):
            own.append(name)
    for name in own:  # once all are found: the path of a folder in one asks for that one
        del sys.modules[name]
    inside = any("from ." in text for _, text, _ in blocks)
    sys.meta_path.insert(0, _Siblings(recorder, folders[inside and len(folders) > 1 :], len(blocks)))
    near = folders if repository.marked(folder) else folders[:1]  # what lies beside it may be anybody's
    sys.meta_path.insert(-1, _Siblings(recorder, near, len(blocks), below=True))
    if inside:
        scope["__package__"] = repository.package(folder)
        sys.path[:] = [place for place in sys.path if place != folder]  # nor is it where a package is run
    sys.argv[:] = [blocks[0][0].strip("<>")] if blocks else []
    sys.argv += _given(blocks[0][1], stand_ins.sizes.get("arguments", 0)) if blocks else []
    argparse.ArgumentParser.error = lambda *_: None  # type: ignore[assignment,method-assign]
    argparse.ArgumentParser.add_argument = _with_a_value  # type: ignore[assignment,method-assign]
    stopped: Any = None
    _end_after(_MOST_SECONDS, recorder)
    for number, (name, text, kept) in enumerate(blocks):
        try:
            for code in _statements(text, name, number, recorder, flags, kept):
                try:
                    exec(code, scope)
                except Exception:
                    if kept is None:
                        raise
                    recorder.raised = None  # a constant that needs what is not here
        except BaseException as error:
            stopped = stopped or _stop(error, [name for name, *_ in blocks], folders)
            ends = recorder.raised is not None and recorder.raised[3] is error
            if len(blocks) == 1 or (ends and (recorder.has_products or recorder.raised[1] in _PRODUCTS)):
                break
            recorder.raised = None  # a cell before the network: who sees it goes on with the next
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"stopped": stopped, "seconds": recorder.seconds(), **recorder.told()}


def _given(text: str, count: int) -> list[str]:
    """Return what a program that does not run without arguments may be called with."""
    there = sorted(name for name in os.listdir() if name.endswith((".csv", ".txt", ".data")))
    inner = sorted(
        os.path.join("data", name) for name in (os.listdir("data") if os.path.isdir("data") else ())
    )
    given = []
    for number in range(1, count + 1):
        it = rf"sys\.argv\[{number}\]"
        words = re.findall(rf"{it} *== *['\"]([\w-]+)['\"]", text)
        kind = re.search(rf"(int|float)\( *{it}", text)
        plain = {"int": "10", "float": "0.1"}[kind[1]] if kind else [*there, *inner, "data.csv"][0]
        given.append(min(words, key=lambda word: "train" not in word) if words else plain)
    return given


_ADD_ARGUMENT = argparse.ArgumentParser.add_argument


def _with_a_value(parser: Any, *names: str, **options: Any) -> Any:
    """Declare an argument of a program that is run without any: what is required has a value."""
    wanted = options.pop("required", False) or not names[0].startswith("-") or options.get("choices")
    if wanted and options.get("default") is None and options.get("action") in (None, "store"):
        kind, choices = options.get("type"), options.get("choices")
        plain: dict[Any, Any] = {int: 10, float: 0.1}
        value = next(iter(choices)) if choices else plain.get(kind, "data.csv")
        options["default"] = [value] if options.get("nargs") in ("+", "*") else value
        if not names[0].startswith("-"):
            options["nargs"] = {"+": "*"}.get(options.get("nargs", ""), options.get("nargs", "?"))
    return _ADD_ARGUMENT(parser, *names, **options)


class _EnoughError(BaseException):
    """The run has taken long enough."""

    def __init__(self) -> None:
        super().__init__("it takes too long here")


def _end_after(seconds: float, recorder: Recorder) -> None:
    """End a run that takes too long where it is, so that what was seen until then is kept."""

    def end(*_: Any) -> None:
        recorder.cut = True
        raise _EnoughError

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, end)
        signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)


def _stop(error: BaseException, names: list[str], folders: list[str]) -> list[Any]:
    """Say where a program stopped (block, line), by which error, and where in a module of its own."""
    at, where = [0, 0], ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file in names:
            at, where = [names.index(file), line], ""
        elif _is_beside(file, folders):
            where = f"{os.path.basename(file)}:{line}"
    text = ""
    with contextlib.suppress(Exception):  # a learner's own __str__
        text = (str(error).strip().splitlines() or [""])[0][:200]
    name = "TimeoutError" if isinstance(error, _EnoughError) else type(error).__name__
    return [*at, where, f"{name}: {text}" if text else name]
