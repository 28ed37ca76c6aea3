"""Where samples and labels come from: which rows of which earlier arrays, and how they are scaled."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.program.tape import Node, Tape

__all__ = ["ORDERING", "Scaling", "Stage", "common", "is_identity", "length", "scaling_of", "stages"]

ORDERING = frozenset({
    "random.shuffle", "shuffle", "changed", "random.permutation", "permutation", "take", "sample", "loc",
    "reindex", "sort_values", "sort_index",
})  # fmt: skip
"""Operations that bring rows into another order."""

_PARTING = {"shuffle": 1, "train_test_split": 2}
"""Those that do so with several arrays alike, and how many parts of each they return."""

_JOINING = frozenset({"concatenate", "hstack", "vstack", "append"})
"""Those that put arrays together."""


@dataclass(frozen=True)
class Stage:
    """An array that samples were taken from: along which axis its rows are, and which of them they are."""

    at: int
    axis: int
    index: Any

    @property
    def rows(self) -> set[int]:
        """The rows that were taken."""
        return {*self.index.tolist()}


def stages(tape: Tape, at: int, rows: bool, *, mixed: bool = False) -> list[Stage]:
    """Follow samples back, one array after another; the last one is as far as can be told.

    What is made of columns in orders of their own is the last one, unless these may be `mixed`.
    """
    found = [Stage(at, 0 if rows else -1, np.arange(length(tape, at, 0 if rows else -1)))]
    while len(found) < 60:
        before = _before(tape, found[-1], mixed) or _codes(tape, found[-1])
        if before is None:
            break
        found.append(before)
    return found


def _codes(tape: Tape, stage: Stage) -> Stage | None:
    """Find the codes that one-hot rows were written from, whatever wrote them."""
    value = np.asarray(tape.nodes[stage.at].value)
    if value.ndim != 2 or len(stage.index) < 8:
        return None
    rows = value if stage.axis == 0 else value.T
    if rows.shape[1] < 2 or ((rows == 1).sum(axis=1) != 1).any() or ((rows != 0).sum(axis=1) != 1).any():
        return None
    codes = rows.argmax(axis=1)
    for node in reversed(tape.nodes[: stage.at]):
        shape = np.shape(node.value)
        one_each = (
            np.size(node.value) == len(rows) == max(shape, default=0) and node.value.dtype.kind in "iuf"
        )
        if one_each and np.array_equal(np.ravel(node.value), codes):
            return Stage(node.at, 0 if shape[0] == len(rows) else -1, stage.index)
    return None


def common(one: Sequence[Stage], other: Sequence[Stage]) -> tuple[Stage, Stage] | None:
    """Return where two ways back meet first."""
    places = {stage.at: stage for stage in other}
    return next(((stage, places[stage.at]) for stage in one if stage.at in places), None)


def length(tape: Tape, at: int, axis: int) -> int:
    """Return how long an array is along an axis; 0 for one number."""
    shape = np.shape(tape.nodes[at].value)
    return int(shape[axis]) if shape else 0


def is_identity(tape: Tape, at: int) -> bool:
    """Tell whether an array is an identity matrix: of its rows, one-hot labels are made."""
    value = tape.nodes[at].value
    return np.ndim(value) == 2 and len(value) > 1 and np.array_equal(value, np.eye(*value.shape))


def _before(tape: Tape, stage: Stage, mixed: bool) -> Stage | None:
    """Go back by one operation; None where it cannot be told."""
    node, axis, index = tape.nodes[stage.at], stage.axis, stage.index
    n = length(tape, stage.at, axis)
    if not node.inputs or (node.op.startswith("random.") and node.op != "random.shuffle"):
        return None
    before = node.inputs[0]
    if node.op in ("T", "transpose") and np.ndim(node.value) == 2:
        return Stage(before, -1 if axis == 0 else 0, index)
    if node.op == "item":
        return _taken_from(tape, stage, n)
    beside = all(_has(tape, at, axis, n) for at in node.inputs)  # further columns of the same samples
    if node.op in _JOINING and len(node.inputs) > 1 and not beside:
        return _joined(tape, node, axis, index)
    if node.op in _PARTING and isinstance(node.operands[-1], int) and len(node.inputs) > 1:
        return _parted(tape, node, index)
    if node.op == "take" and len(node.operands) > 1 and length(tape, before, axis) >= n:
        taken = _rows_at(tape, node.operands[1], length(tape, before, axis))
        return None if taken is None or len(taken) != n else Stage(before, axis, taken[index])
    if node.op in ORDERING and length(tape, before, axis) == n:
        order = _order(tape.nodes[before].value, node.value, axis)
        return None if order is None else Stage(before, axis, order[index])
    if node.op == "put" and isinstance(node.operands[1], dict) and "l" in node.operands[1]:
        parts = [part[0] for part in node.operands[1]["l"] if isinstance(part, list)]
        counted = np.arange(n)  # one-hot rows written from codes
        codes = (at for at in parts if np.size(tape.nodes[at].value) == n)
        at = next((at for at in codes if not np.array_equal(tape.nodes[at].value, counted)), None)
        return None if at is None else Stage(at, 0, index)
    if node.op == "argmax" and np.ndim(node.value) == 1 and np.ndim(tape.nodes[before].value) == 2:
        shape = np.shape(tape.nodes[before].value)
        return Stage(before, shape.index(n), index) if shape.count(n) == 1 else None
    same = [at for at in node.inputs if _has(tape, at, axis, n)]
    if not same or node.op in ("dot", "matmul", "sum", "mean", "argmax"):
        return None
    several = tape.varied(same) or same
    ways = [stages(tape, at, axis == 0, mixed=True)[-1] for at in several[:4] if not mixed]
    moved = {way.index.tobytes() for way in ways if not np.array_equal(way.index, np.arange(n))}
    return Stage(several[0], axis, index) if len(moved) < 2 else None


def _has(tape: Tape, at: int, axis: int, n: int) -> bool:
    return np.ndim(tape.nodes[at].value) > 0 and length(tape, at, axis) == n


def _taken_from(tape: Tape, stage: Stage, n: int) -> Stage | None:
    """Go back by an index."""
    node, axis, index = tape.nodes[stage.at], stage.axis, stage.index
    before, key = node.inputs[0], node.operands[1]
    if is_identity(tape, before) and isinstance(key, list):
        return Stage(key[0], 0, index)  # one-hot rows taken by codes
    parts = key["l"] if isinstance(key, dict) and "l" in key else [key]
    if any(isinstance(part, str) for part in parts):  # columns of a table, by their names
        return Stage(before, 0, index) if length(tape, before, 0) == n else None
    listed = len(parts) > np.ndim(tape.nodes[before].value) and all(type(part) is int for part in parts)
    parts = [key] if listed else parts  # a list of rows
    flat = np.ndim(tape.nodes[before].value) == 2 and np.ndim(node.value) == 1
    if flat and any(type(part) is int for part in parts[:2]):  # one column of a table, or one row
        axis = -1 if type(parts[0]) is int else 0
    place = 1 if axis == -1 and np.ndim(tape.nodes[before].value) == 2 else 0
    if place >= len(parts):
        return Stage(before, axis, index) if length(tape, before, axis) == n else None
    size = length(tape, before, axis)
    taken = _rows_at(tape, parts[place], size)
    if taken is None or len(taken) != n:
        return None
    part = parts[place]
    if isinstance(part, list) and len({*taken.tolist()}) == size < n:
        return Stage(part[0], 0, index)  # what each class has: the samples are those of the codes
    return Stage(before, axis, taken[index])


def _rows_at(tape: Tape, part: Any, size: int) -> Any:
    """Read an index along one axis; None where it cannot be read."""
    if isinstance(part, dict) and "s" in part:
        ends = []
        for end in part["s"]:
            value = tape.value(end)
            ends.append(None if value is None else int(value))
        return np.arange(size)[slice(*ends)]
    if isinstance(part, dict) and part.get("l") and all(type(row) is int for row in part["l"]):
        rows = np.array(part["l"])
        return np.arange(size)[rows] if rows.max() < size else None
    if isinstance(part, list):
        value = np.asarray(tape.nodes[part[0]].value)
        if value.ndim == 1 and value.dtype.kind in "iu":
            return np.arange(size)[value] if value.size and value.max() < size else None
        if value.ndim == 1 and value.dtype.kind == "b" and len(value) == size:
            return np.flatnonzero(value)
    return None


def _parted(tape: Tape, node: Node, index: Any) -> Stage | None:
    """Go back by what brings several arrays into one order: those whose rows are told apart tell it."""
    each, number = _PARTING[node.op], node.operands[-1]
    operand = node.operands[number // each] if number // each < len(node.operands) - 1 else None
    for other in tape.nodes[max(node.at - 20, 0) : node.at + 20]:
        alike = (other.op, other.line, other.operands[:-1]) == (node.op, node.line, node.operands[:-1])
        if not alike or not isinstance(operand, list) or (other.operands[-1] - number) % each:
            continue
        source = node.operands[other.operands[-1] // each]
        order = _order(tape.nodes[source[0]].value, other.value, 0) if isinstance(source, list) else None
        if order is not None and len(order) == len(node.value):
            return Stage(operand[0], 0, order[index])
    return None


def _joined(tape: Tape, node: Node, axis: int, index: Any) -> Stage | None:
    """Go back from parts that are put together to what they all were taken from."""
    ways = [stages(tape, at, axis == 0) for at in node.inputs]
    root, joined = ways[0][-1], np.concatenate([way[-1].index for way in ways])
    one = all((way[-1].at, way[-1].axis) == (root.at, root.axis) for way in ways)
    if not one or len(joined) != length(tape, node.at, axis):
        return None
    return Stage(root.at, root.axis, joined[index])


def _order(before: Any, after: Any, axis: int) -> Any:
    """Tell which row each row of an array was; None where rows are not told apart, or are others."""
    old, new = (np.moveaxis(np.asarray(v), axis, 0) for v in (before, after))
    places = defaultdict(list)
    for place in range(len(old) - 1, -1, -1):
        places[old[place].tobytes()].append(place)
    if len(places) < 0.9 * len(old):
        return None
    keys = [row.tobytes() for row in new]
    if any(not places.get(key) for key in keys):
        return None
    return np.array([places[key].pop() if len(places[key]) > 1 else places[key][0] for key in keys])


@dataclass(frozen=True)
class Scaling:
    """How samples were scaled: (raw - center) / width, column by column, and from which array to which."""

    raw: Stage
    scaled: Stage
    live: Any
    center: Any
    width: Any

    @property
    def numbers(self) -> tuple[Any, Any]:
        """Center and width of all columns; those of a constant one say nothing."""
        found = np.zeros((2, *self.live.shape))
        found[:, self.live] = self.center, self.width
        return found[0], found[1]

    def like(self, center: Any, width: Any, live: Any = True) -> tuple[bool, bool]:
        """Tell whether columns were centered, and scaled, by these numbers."""
        both, mine = self.live & live, self.numbers
        room = 1e-4 * np.abs(mine[1][both])
        wanted = [np.broadcast_to(each, both.shape)[both] for each in (center, width)]
        off = [np.abs(each[both] - want) <= room for each, want in zip(mine, wanted, strict=True)]
        return bool(off[0].all()), bool(off[1].all())

    def by(self, tape: Tape, rows: Any) -> tuple[bool, bool]:
        """Tell whether columns were centered, and scaled, by what some rows show, or not at all."""
        X = _columns(tape, self.raw)[rows]
        each = [self.like(*numbers) for over in (0, None) for numbers in _statistics(X, over)]
        none = self.like(0.0, 1.0)
        return none[0] or any(center for center, _ in each), none[1] or any(width for _, width in each)


def _statistics(X: Any, over: int | None) -> Iterator[tuple[Any, Any]]:
    """Yield what samples are usually centered and scaled by, column by column, or of all of them."""
    low, high, mean = X.min(axis=over), X.max(axis=over), X.mean(axis=over)
    yield mean, X.std(axis=over)
    yield mean, X.std(axis=over, ddof=1)
    yield low, high - low
    yield np.median(X, axis=over), np.abs(X).max(axis=over)
    yield mean, high


def scaling_of(tape: Tape, way: Sequence[Stage]) -> Scaling | None:
    """Find how samples were scaled on their way from the first array that they are a multiple of."""
    values = [_columns(tape, stage)[stage.index] for stage in way]
    X = values[0]
    if X.ndim != 2 or len(X) < 3:
        return None
    with np.errstate(all="ignore"):
        for number in range(len(way) - 1, -1, -1):
            raw = values[number]
            live = np.ptp(raw, axis=0) > 0 if raw.shape == X.shape else np.zeros(0, bool)
            if not live.any():
                continue
            width = np.ptp(raw[:, live], axis=0) / np.ptp(X[:, live], axis=0)
            center = raw[:, live].min(axis=0) - width * X[:, live].min(axis=0)
            room = 1e-5 * np.abs(raw[:, live]).max(axis=0)
            off = np.abs(X[:, live] * width + center - raw[:, live])
            if np.isfinite(width).all() and (off <= room).all():
                same = [stage for stage, value in zip(way, values, strict=True) if np.array_equal(value, X)]
                return Scaling(way[number], same[-1], live, center, width)
    return None


def _columns(tape: Tape, stage: Stage) -> Any:
    """Return an array of samples with samples as rows."""
    value = np.asarray(tape.nodes[stage.at].value, float)
    return np.moveaxis(value, stage.axis, 0).reshape(len(value) if stage.axis == 0 else value.shape[-1], -1)
