"""What is done to samples and labels before the training."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np

from triceptron.checking.program.passes import Reading, Step, kind_of, last_name
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, is_test, names_behind
from triceptron.checking.program.tape import Tape

__all__ = ["judge_data"]


_STATISTICS = frozenset({"mean", "std", "var", "max", "min", "amax", "amin", "median", "nanmean", "nanstd"})

_ORDERING = frozenset({"random.shuffle", "shuffle", "changed", "random.permutation", "permutation"})


def judge_data(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """See that samples and labels stay together, and that the test part is kept apart; the first flaw."""
    steps = [step for step in reading.steps if step.passes and step.passes[0].truth >= 0]
    checks = (_truncated, _labels_written, _apart, _on_test, _held_out) if steps else ()
    found = (check(reading, steps) for check in checks)
    yield from islice(chain(_last_class(reading), filter(None, found)), 1)


def _last_class(reading: Reading) -> Iterator[Flaw]:
    """See that no class of -1 stands for the last one."""
    tape = reading.tape
    for node in tape.nodes:
        if node.op in ("put", "subtract_at", "add_at", "item") and len(node.operands) > 1:
            key = node.operands[1]
            parts = key["l"] if isinstance(key, dict) and "l" in key else []
            if node.op == "item" and node.inputs and _is_identity(tape, node.inputs[0]):
                parts = parts or [key]
            for part in parts:
                made = tape.nodes[part[0]] if isinstance(part, list) else node
                several = np.ndim(made.value) == 1 and np.size(made.value) > 3
                single = node.op == "put" and made.op == "subtract" and np.ndim(made.value) == 0
                if (several or single) and made.value.dtype.kind == "i" and made.value.min() == -1:
                    yield flaw_at(node, "one_hot", "labels_one_off")


def _is_identity(tape: Tape, at: int) -> bool:
    value = tape.nodes[at].value
    return np.ndim(value) == 2 and len(value) > 1 and np.array_equal(value, np.eye(*value.shape))


def _truncated(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that samples keep what stands behind the decimal point."""
    tape = reading.tape
    for at in sorted(tape.ancestors([steps[0].passes[0].layers[0].source])):
        node = tape.nodes[at]
        before = tape.nodes[node.inputs[0]].value if node.inputs else node.value
        if np.size(before) != np.size(node.value) or np.size(before) < 2:
            continue
        whole = np.array_equal(before, np.trunc(before))
        cast = node.op in ("astype", "array", "asarray") and node.value.dtype.kind in "iu"
        by = np.size(tape.value(node.operands[1])) if node.op == "floor_divide" and np.ptp(before) > 0 else 0
        if (cast and before.dtype.kind == "f" and not whole) or by == 1 or (by and not whole):
            return flaw_at(node, "data", "truncated")
    return None


def _labels_written(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that one-hot rows have a single 1."""
    tape, passed = reading.tape, steps[0].passes[0]
    Y = passed.Y
    if Y.shape[1] < 2 or passed.output not in ("softmax", "sigmoid") or not np.array_equal(Y, np.round(Y)):
        return None
    many = (Y != 0).sum(axis=1)
    made = [tape.nodes[at] for at in sorted(tape.ancestors([passed.truth]))]
    if (many <= 1).all() and (Y > 1).any():
        written = [node for node in made if node.op in ("put", "multiply")]
        return flaw_at(written[-1] if written else tape.nodes[passed.truth], "one_hot", "one_hot_value")
    codes = [n for n in made if n.value.dtype.kind in "iu" and np.ndim(n.value) == 1 and len(n.value) > 3]
    if passed.output == "softmax" and (many == 1).any() and (many == 0).any() and (many <= 1).all() and codes:
        beyond = np.max(codes[0].value) >= Y.shape[1]
        written = [node for node in made if node.op in ("put", "equal")]
        put = [n for n in written if n.op == "put" and np.size(tape.value(n.operands[-1])) > 1]
        if put:
            return flaw_at(put[-1], "one_hot", "one_hot_value")
        node = codes[0] if beyond else written[-1] if written else tape.nodes[passed.truth]
        return flaw_at(node, "data" if beyond else "one_hot", "labels_one_off")
    return None


def _apart(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that each sample has the label that came with it."""
    passed = steps[0].passes[0]
    x = _origin_rows(reading, passed.layers[0].source, passed.layers[0].rows)
    y = _origin_rows(reading, passed.truth, passed.layers[-1].rows)
    if x is None or y is None or len(steps[0].passes) > 1:
        return None
    (root_x, index_x), (root_y, index_y) = x, y
    if len(index_x) != len(index_y) or root_x[1] != root_y[1] or root_x[1] <= 8:
        return None
    before, made = (_ordered(reading.tape, root) for root in (root_x, root_y))
    apart = not np.array_equal(index_x, index_y)
    if (
        before is None and made is not None and not reading.tape.depends(passed.layers[0].source, root_y[0])
    ):  # labels, which are not told apart, in an order of their own
        apart = not np.array_equal(made[0][index_x], made[1][index_y])
    elif before is not None or made is not None:
        return None
    return flaw_at(reading.tape.nodes[passed.layers[0].source], "data", "shuffled_apart") if apart else None


def _ordered(tape: Tape, root: tuple[int, int]) -> tuple[Any, Any] | None:
    """Return what has a name before and after its rows were brought into another order; else None."""
    node = tape.nodes[root[0]]
    if not node.inputs or node.op not in _ORDERING or not tape.names_of(node.inputs[0]):
        return None
    before = tape.nodes[node.inputs[0]].value
    old, new = (sorted(row.tobytes() for row in np.atleast_1d(each)) for each in (before, node.value))
    return (before, node.value) if old == new else None  # else there are other numbers in them


def _on_test(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that the steps are not taken on what is called the test part, where there is another one."""
    tape, layer = reading.tape, steps[0].passes[0].layers[0]
    trained: set[str] = set()
    for source in {passed.layers[0].source for step in steps[:4] for passed in step.passes}:
        trained |= names_behind(tape, source)
    others = {last_name(name).lower() for names in tape.named.values() for name in names} - trained
    twice = {  # one array as both parts, for a trial
        last_name(name).lower() for call in tape.calls for name, operand in call.arguments.items()
        if isinstance(operand, list) and [*call.arguments.values()].count(operand) > 1
    }  # fmt: skip
    on_test = any(map(is_test, trained - twice)) and not any("train" in name for name in trained)
    if on_test and any("train" in name for name in others if kind_of(name) == "X"):
        return flaw_at(tape.nodes[layer.product], "train", "train_on_test")
    return None


def _held_out(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that samples that are kept apart are in neither the training nor its statistics."""
    tape, layer = reading.tape, steps[0].passes[0].layers[0]
    x = _origin_rows(reading, layer.source, layer.rows)
    if x is None:
        return None
    each = [p.layers[0] for step in steps[:8] for p in step.passes]
    found = [_origin_rows(reading, one.source, one.rows) for one in each]
    parts = [{*rows[1].tolist()} for rows in found if rows is not None and rows[0] == x[0]]
    trained = set().union(*parts)
    always = len(parts) > 1 and all(
        part == trained for part in parts
    )  # no batches, of which only the first ones are known
    for source, named in _kept_apart(reading, {one.source for one in each}):
        theirs = _origin_rows(reading, source, layer.rows)
        if theirs is None:
            continue
        tested, same = {*theirs[1].tolist()}, theirs[0] == x[0]
        if not named and (not same or not always or tested & trained):
            continue
        if same and named and tested & trained and tested != trained:
            return flaw_at(tape.nodes[source], "data", "test_in_training")
        for start, code in ((layer.source, "test_statistics"), (source, "scaled_apart")):
            for at in sorted(tape.ancestors([start])):
                node = tape.nodes[at]
                if node.op not in _STATISTICS or not node.inputs:
                    continue
                over = _origin_rows(reading, node.inputs[0], layer.rows)
                if over is None or (over[0][1] == np.size(node.value) != reading.W(layer).shape[0]):
                    continue  # each sample by its own numbers
                of_test = over[0] == theirs[0] and {*over[1].tolist()} & tested
                if of_test and not (same and tested <= trained):
                    return flaw_at(node, "data", code)
    return None


def _kept_apart(reading: Reading, trained: set[int]) -> Iterator[tuple[int, bool]]:
    """Yield samples that are kept for a test, and whether their name says so."""
    tape = reading.tape
    seen = dict.fromkeys(p.layers[0].source for p in reading.passes if p.layers[0].source not in trained)
    seen |= dict.fromkeys(at for at, names in tape.named.items() if any(map(is_test, names)))
    for at in seen:
        if any(kind_of(name) == "testY" for name in tape.names_of(at)):
            continue
        names = " ".join(tape.names_of(at)).lower()
        if np.ndim(tape.nodes[at].value) == 2 and "train" not in names:
            yield at, any(map(is_test, tape.names_of(at)))


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
        elif node.op == "item" and _is_identity(tape, before.at) and isinstance(node.operands[1], list):
            at, axis = node.operands[1][0], 0  # one-hot rows taken by codes
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
            if len({*taken.tolist()}) == size < n and isinstance(part, list):
                at, axis = part[0], 0  # what each class has: the samples are those of the codes
            else:
                index, at = taken[index], before.at
        elif node.op in _ORDERING and size == n:
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
