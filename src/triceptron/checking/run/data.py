"""What is done to samples and labels before the training."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from triceptron.checking.passes import Pass, Reading
from triceptron.checking.run.flaws import Flaw, Verdict, flaw_at
from triceptron.checking.tape import Tape

__all__ = ["judge_data"]


def judge_data(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """See that samples and labels stay together, and that the test part is kept apart."""
    tape = reading.tape
    for node in tape.nodes:
        if node.op in ("put", "subtract_at", "add_at", "item") and len(node.operands) > 1:
            key = node.operands[1]
            for part in key["l"] if isinstance(key, dict) and "l" in key else ():
                value = np.asarray(tape.nodes[part[0]].value) if isinstance(part, list) else np.zeros(1)
                if value.ndim == 1 and value.size > 3 and value.dtype.kind == "i" and value.min() == -1:
                    yield flaw_at(node, "one_hot", "labels_one_off")
                    return
    steps = [step for step in reading.steps if step.passes and step.passes[0].truth >= 0]
    if not steps:
        return
    passed = steps[0].passes[0]
    yield from _labels_written(reading, passed)
    layer = passed.layers[0]
    x, y = (
        _origin_rows(reading, layer.source, layer.rows),
        _origin_rows(reading, passed.truth, passed.layers[-1].rows),
    )
    for at in tape.ancestors([layer.source]):
        node = tape.nodes[at]
        if node.op in ("astype", "array", "asarray") and node.inputs and node.value.dtype.kind in "iu":
            before = tape.nodes[node.inputs[0]].value
            if before.dtype.kind == "f" and not np.array_equal(before, np.trunc(before)):
                yield flaw_at(node, "data", "truncated")
                return
    if x is not None and y is not None and len(steps[0].passes) == 1:
        (root_x, index_x), (root_y, index_y) = x, y
        same = len(index_x) == len(index_y) and root_x[1] == root_y[1]
        if same and not np.array_equal(index_x, index_y) and root_x[1] > 8:
            yield flaw_at(tape.nodes[layer.source], "data", "shuffled_apart")
            return
    if x is None:
        return
    named = [(" ".join(tape.names_of(p.layers[0].source)).lower(), p) for p in reading.passes]
    tests = [p for name, p in named if ("test" in name or "val" in name) and "train" not in name]
    trained: set[int] = set()
    for step in steps[:8]:
        for each in step.passes:
            found = _origin_rows(reading, each.layers[0].source, each.layers[0].rows)
            if found is not None and found[0] == x[0]:
                trained |= set(found[1].tolist())
    for other in tests[:1]:
        theirs = _origin_rows(reading, other.layers[0].source, other.layers[0].rows)
        if theirs is None or theirs[0] != x[0]:
            continue
        tested = set(theirs[1].tolist())
        if tested & trained and tested != trained:
            yield flaw_at(tape.nodes[other.layers[0].source], "data", "test_in_training")
            return
        for source, what in ((layer.source, "test_statistics"), (other.layers[0].source, "scaled_apart")):
            for at in sorted(tape.ancestors([source])):
                node = tape.nodes[at]
                if node.op in ("mean", "std", "var", "max", "min") and node.inputs:
                    over = _origin_rows(reading, node.inputs[0], layer.rows)
                    if (
                        over is not None
                        and over[0] == x[0]
                        and set(over[1].tolist()) & tested
                        and not tested <= trained
                    ):
                        yield flaw_at(node, "data", what)
                        return


def _labels_written(reading: Reading, passed: Pass) -> Iterator[Flaw]:
    """See that one-hot rows have a single 1."""
    tape, Y = reading.tape, passed.Y
    if Y is None or Y.shape[1] < 2 or passed.output not in ("softmax", "sigmoid"):
        return
    single = np.all((Y != 0).sum(axis=1) <= 1) and np.array_equal(Y, np.round(Y))
    if single and Y.max() > 1:
        made = [
            tape.nodes[at]
            for at in sorted(tape.ancestors([passed.truth]))
            if tape.nodes[at].op in ("put", "multiply")
        ]
        yield flaw_at(made[-1] if made else tape.nodes[passed.truth], "one_hot", "one_hot_value")


def _origin_rows(reading: Reading, at: int, rows: bool) -> tuple[tuple[int, int], Any] | None:
    """Tell which rows of which first array the samples of an array are; None where it cannot be told."""
    tape = reading.tape
    axis = 0 if rows else -1
    index = None
    for _ in range(60):
        node = tape.nodes[at]
        n = np.shape(node.value)[axis] if np.ndim(node.value) else 0
        index = np.arange(n) if index is None else index
        if not node.inputs or (node.op.startswith("random.") and node.op != "random.shuffle"):
            return (at, n), index
        several = node.op == "shuffle" and isinstance(node.operands[-1], int) and len(node.inputs) > 1
        before = tape.nodes[node.inputs[node.operands[-1] if several else 0]]
        size = np.shape(before.value)[axis] if np.ndim(before.value) else 0
        if node.op in ("T", "transpose") and np.ndim(node.value) == 2:
            axis, at = (-1 if axis == 0 else 0), before.at
        elif node.op == "item":
            key = node.operands[1]
            parts = key["l"] if isinstance(key, dict) and "l" in key else [key]
            whole = axis == -1 and np.ndim(before.value) == 2
            if whole and len(parts) < 2:
                return (at, n), index
            part = parts[1] if whole else parts[0]
            taken = _taken(tape, part, size)
            if taken is None or len(taken) != n:
                return (at, n), index
            index, at = taken[index], before.at
        elif (
            node.op in ("random.shuffle", "shuffle", "changed", "random.permutation", "permutation")
            and size == n
        ):
            old, new = (
                np.moveaxis(np.asarray(v), axis, 0).reshape(n, -1) for v in (before.value, node.value)
            )
            order = {row.tobytes(): place for place, row in enumerate(old)}
            if len(order) < n or any(row.tobytes() not in order for row in new):
                return (at, n), index
            index, at = np.array([order[row.tobytes()] for row in new])[index], before.at
        elif node.op == "put" and isinstance(node.operands[1], dict) and "l" in node.operands[1]:
            parts = node.operands[1]["l"]  # one-hot rows written from codes
            codes = [part[0] for part in parts if isinstance(part, list)]
            codes = [c for c in codes if np.size(tape.nodes[c].value) == n and not np.array_equal(
                tape.nodes[c].value, np.arange(n))]  # fmt: skip
            if not codes:
                return (at, n), index
            at, axis = codes[0], 0
        else:
            same = [
                e
                for e in node.inputs
                if np.ndim(tape.nodes[e].value) and np.shape(tape.nodes[e].value)[axis] == n
            ]
            if len(same) < 1 or node.op in ("dot", "matmul", "sum", "mean", "argmax"):
                return (at, n), index
            at = same[0]
    return None


def _taken(tape: Tape, part: Any, size: int) -> Any:
    """Read an index along one axis; None where it cannot be read."""
    if isinstance(part, dict) and "s" in part:
        ends = []
        for end in part["s"]:
            value = tape.value(end)
            ends.append(None if value is None else int(value))
        return np.arange(size)[slice(*ends)]
    if isinstance(part, list):
        value = np.asarray(tape.nodes[part[0]].value)
        if value.ndim == 1 and value.dtype.kind in "iu":
            return np.arange(size)[value] if value.size and value.max() < size else None
        if value.ndim == 1 and value.dtype.kind == "b" and len(value) == size:
            return np.flatnonzero(value)
    return None
