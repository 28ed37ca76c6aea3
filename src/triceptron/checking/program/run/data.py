"""What is done to samples and labels before the training."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np

from triceptron.checking.program.passes import Layer, Pass, Reading, Step, kind_of, labels_of, last_name
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, is_test, names_behind
from triceptron.checking.program.run.samples import (
    ORDERING,
    Scaling,
    Stage,
    common,
    is_identity,
    length,
    scaling_of,
    stages,
)
from triceptron.checking.program.tape import Node, Tape, nodes_in

__all__ = ["judge_data"]


_STATISTICS = frozenset({"mean", "std", "var", "max", "min", "amax", "amin", "median", "nanmean", "nanstd"})


def judge_data(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """See that samples and labels stay together, and that the test part is kept apart; the first flaw."""
    steps = [step for step in reading.steps if step.passes and step.passes[0].truth >= 0]
    checks = (
        _truncated, _labels_written, _rotated, _apart, _apart_one_by_one, _on_test, _in_lists, _held_out,
        _split_later,
    )  # fmt: skip
    found = (check(reading, steps) for check in checks if steps)
    yield from islice(chain(_last_class(reading), filter(None, found)), 1)


def _last_class(reading: Reading) -> Iterator[Flaw]:
    """See that no class of -1 stands for the last one."""
    tape = reading.tape
    written: dict[tuple[int, int], set[int]] = {}
    columns: dict[int, set[int]] = {}
    for node in tape.nodes:
        if node.op in ("put", "subtract_at", "add_at", "item") and len(node.operands) > 1:
            key = node.operands[1]
            if node.op == "put" and type(key) is int and np.size(node.value) == max(np.shape(node.value)):
                one_by_one = written.setdefault((node.line, node.value.size), set())
                one_by_one.add(key)
                if len(one_by_one) == node.value.size > 2 and one_by_one == {*range(-1, node.value.size - 1)}:
                    yield flaw_at(node, "one_hot", "labels_one_off")
            parts = key["l"] if isinstance(key, dict) and "l" in key else []
            if node.op == "put" and len(parts) == 2 and all(type(part) is int for part in parts):
                columns.setdefault(node.line, set()).add(parts[1])
                if -1 in columns[node.line] and len(columns[node.line]) > 2:
                    yield flaw_at(node, "one_hot", "labels_one_off")
            if node.op == "item" and node.inputs and is_identity(tape, node.inputs[0]):
                parts = parts or [key]
            for part in (part for part in parts if isinstance(part, list) or node.op != "item"):
                made = tape.nodes[part[0]] if isinstance(part, list) else node
                several = np.ndim(made.value) == 1 and np.size(made.value) > 3
                single = node.op == "put" and made.op == "subtract" and np.ndim(made.value) == 0
                if (several or single) and made.value.dtype.kind == "i" and made.value.min() == -1:
                    yield flaw_at(node, "one_hot", "labels_one_off")


def _truncated(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that samples keep what stands behind the decimal point, and labels are not all cut to one."""
    tape, passed = reading.tape, steps[0].passes[0]
    samples = tape.ancestors([passed.layers[0].source])
    for at in sorted(samples | tape.ancestors([passed.truth])):
        node = tape.nodes[at]
        before = tape.nodes[node.inputs[0]].value if node.inputs else node.value
        if np.size(before) != np.size(node.value) or np.size(before) < 2:
            continue
        whole = np.array_equal(before, np.trunc(before))
        cast = node.op in ("astype", "array", "asarray") and node.value.dtype.kind in "iu"
        by = np.size(tape.value(node.operands[1])) if node.op == "floor_divide" and np.ptp(before) > 0 else 0
        cast = cast and before.dtype.kind == "f" and not whole
        if at not in samples:
            cast, by = cast and np.ptp(node.value) == 0 < np.ptp(before), 0  # codes may be cut out of numbers
        if cast or by == 1 or (by and not whole):
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
    one_of_some = passed.output == "softmax" or Y.shape[1] > 2
    if one_of_some and (many == 1).any() and (many == 0).any() and (many <= 1).all() and codes:
        beyond = np.max(codes[0].value) >= Y.shape[1]
        written = [node for node in made if node.op in ("put", "equal")]
        put = [n for n in written if n.op == "put" and np.size(tape.value(n.operands[-1])) > 1]
        if put:
            return flaw_at(put[-1], "one_hot", "one_hot_value")
        node = codes[0] if beyond else written[-1] if written else tape.nodes[passed.truth]
        return flaw_at(node, "data" if beyond else "one_hot", "labels_one_off")
    return None


def _rotated(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that codes which begin at 0 are not moved on by one before they are written as one-hot rows."""
    tape, K = reading.tape, steps[0].passes[0].Y.shape[1]
    for node in (tape.nodes[at] for at in sorted(tape.ancestors([steps[0].passes[0].truth]))):
        for hot in _classes_in(node.value, K):
            codes = [tape.nodes[at].value for at in tape.ancestors([node.at]) if at != node.at]
            codes = [c for c in codes if np.shape(c) == hot.shape and c.dtype.kind in "iu"]
            for one in (c for c in codes if np.array_equal(np.unique(c), np.arange(K))):
                if any(np.array_equal(hot, (one.astype(int) + step) % K) for step in (1, -1)):
                    return flaw_at(node, "one_hot", "labels_one_off")
    return None


def _classes_in(value: Any, K: int) -> Iterator[Any]:
    """Yield the classes that an array may stand for: codes, or one-hot rows or columns of more than two."""
    if np.ndim(value) == 1 and len(value) > K > 2 and value.dtype.kind in "iu":
        yield value.astype(int)
    for rows in (value, value.T) if np.ndim(value) == 2 and K > 2 else ():
        if rows.shape[1] == K < len(rows) and ((rows != 0).sum(axis=1) == 1).all():
            yield rows.argmax(axis=1)


def _apart(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that each sample has the label that came with it, in the training and where it is tried."""
    tape = reading.tape
    for number, passed in enumerate(_met(reading, steps)):
        found = _labels(reading, passed) if number else passed.truth
        if found is None:
            continue
        x = stages(tape, passed.layers[0].source, passed.layers[0].rows)
        y = stages(tape, found, passed.layers[-1].rows)
        if len(x[0].index) != len(y[0].index):
            continue
        if (met := common(x, y)) is not None:
            apart = not np.array_equal(met[0].index, met[1].index)
        else:
            end, root = x[-1], y[-1]
            n, others = (length(tape, each.at, each.axis) for each in (end, root))
            before, made = (_ordered(tape, tape.nodes[each.at]) for each in (end, root))
            if n != others:  # labels of a part of the samples
                end = next((each for each in x if length(tape, each.at, each.axis) == others), end)
                n = length(tape, end.at, end.axis)
            if n != others or n <= 8:
                continue
            apart = not np.array_equal(end.index, root.index)
            if before is None and made is not None and not tape.depends(end.at, root.at):
                # labels, which are not told apart, in an order of their own
                apart = not np.array_equal(made[0][end.index], made[1][root.index])
            elif before is not None or made is not None:
                continue
        if apart:
            return flaw_at(tape.nodes[found if number else x[0].at], "data", "shuffled_apart")
    return None


def _apart_one_by_one(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that single samples, each learned from by itself, are taken with the labels of the same row."""
    tape, met = reading.tape, list[tuple[int, int, int]]()
    for passed in (passed for step in steps for passed in step.passes):
        x, y = (_row_of(tape, at) for at in (passed.layers[0].source, passed.truth))
        if x is not None and y is not None and x[1] == y[1]:
            met.append((x[0], y[0], passed.truth))
    apart = [truth for row, other, truth in met if row != other]
    if len(met) > 8 and 2 * len(apart) > len(met):
        return flaw_at(tape.nodes[apart[0]], "data", "shuffled_apart")
    return None


def _row_of(tape: Tape, at: int) -> tuple[int, int] | None:
    """Return which row of an array a single sample is, and how many that has."""
    node = tape.nodes[tape.origin(at)[0]]
    while node.op == "item" and len(node.operands) > 1:
        held, key = tape.nodes[node.inputs[0]].value, node.operands[1]
        number = tape.value(key) if not isinstance(key, dict) else None
        if number is not None and np.ndim(number) == 0 and np.ndim(held) and len(held) > 8:
            return int(number) % len(held), len(held)
        node = tape.nodes[tape.origin(node.inputs[0])[0]]
    return None


def _met(reading: Reading, steps: Sequence[Step]) -> Iterator[Pass]:
    """Yield the first way forward that is learned from, and those of other samples that are only tried."""
    if len(steps[0].passes) == 1:
        yield steps[0].passes[0]
    learned = {passed.layers[0].source for step in reading.steps for passed in step.passes}
    tried = {passed.layers[0].source: passed for passed in reading.passes if len(passed.layers) > 1}
    yield from islice((tried[source] for source in tried if source not in learned), 4)


def _labels(reading: Reading, passed: Pass) -> int | None:
    """Return what the outputs of a way forward that is not learned from are compared with."""
    made = reading.tape.descendants([passed.P], reading.beyond(passed))
    found = (at for at, *_ in labels_of(reading, passed, made))
    return next(found, None) if len(reading.rows(passed.P, passed.layers[-1])) > 3 else None


def _ordered(tape: Tape, node: Node) -> tuple[Any, Any] | None:
    """Return what has a name before and after its rows were brought into another order; else None."""
    if not node.inputs or node.op not in ORDERING or not tape.names_of(node.inputs[0]):
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
    partners = {name.replace(*each) for name in trained for each in (("test", "train"), ("te", "tr"))}
    named = any("train" in name for name in others if kind_of(name) == "X") or bool(partners & others)
    if on_test and (named or _is_beside(reading, layer)):
        return flaw_at(tape.nodes[layer.product], "train", "train_on_test")
    return None


def _is_beside(reading: Reading, layer: Layer) -> bool:
    """Tell whether samples beside those that are learned from are not called a test part.

    They are handed over with them, or are other rows of the same array.
    """
    tape, made = reading.tape, reading.tape.ancestors([layer.source])
    for call in tape.calls:
        given = [
            (is_test(name), kind_of(name), at[0] in made)
            for name, at in call.arguments.items()
            if type(at) is list
        ]
        if any(test and mine for test, _, mine in given) and (False, "X", False) in given:
            return True
    mine = stages(tape, layer.source, layer.rows)
    for passed in (passed for passed in reading.passes if passed.layers[0].source not in made):
        other = passed.layers[0]
        met = common(mine, stages(tape, other.source, other.rows))
        apart = met is not None and not met[0].rows & met[1].rows
        if apart and not any(map(is_test, names_behind(tape, other.source))):
            return True
    return False


def _in_lists(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that of samples in a list that is handed over for a test none is learned from."""
    tape = reading.tape
    learned = {tape.origin(p.layers[0].source)[0]: p for step in reading.steps for p in step.passes}
    for call in tape.calls:
        lists = [
            (name, each) for name, each in call.arguments.items() if isinstance(each, dict) and "l" in each
        ]
        for name, each in lists:
            both = learned.keys() & {tape.origin(at)[0] for at in nodes_in([each])}
            twice = sum(other == each for _, other in lists) > 1  # both parts are one, for a trial
            if is_test(name) and len(lists) > 1 and len(both) > 2 and not twice:
                return flaw_at(tape.nodes[learned[min(both)].layers[0].source], "data", "test_in_training")
    return None


def _held_out(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that samples that are kept apart are in neither the training nor its scaling, but scaled alike."""
    tape, first = reading.tape, _learned(reading.tape, reading.steps)[:1]
    kept = [*_kept_apart(reading, {p.layers[0].source for step in reading.steps for p in step.passes})]
    tests = {at for at, _ in kept if any("test" in name.lower() for name in tape.names_of(at))}
    for source, named in kept if first else ():
        in_rows = _has_rows(tape, source, steps[0].passes[0].layers[0])
        theirs, turned = (stages(tape, source, rowwise) for rowwise in (in_rows, not in_rows))
        if theirs[-1].at == turned[-1].at == first[0][-1].at and theirs[-1].axis != first[0][-1].axis:
            theirs = turned
        used = any(passed.layers[0].source == source for passed in reading.passes) or (
            len({*map(last_name, tape.names_of(source))}) > 1  # handed to a function, and not to be scaled
            and not any(at > source and tape.depends(at, source) for at, _ in kept)
        )
        named = named or any(is_test(name) for stage in theirs for name in tape.names_of(stage.at))
        choosing = bool(tests) and tests.isdisjoint(stage.at for stage in theirs)
        flaw = _flaw_of_part(reading, theirs, named, used=used, choosing=choosing)
        if flaw is not None:
            return flaw
    return None


def _flaw_of_part(
    reading: Reading, theirs: Sequence[Stage], named: bool, *, used: bool, choosing: bool
) -> Flaw | None:
    """Hold samples that are kept apart against the training that they are kept apart from."""
    tape, source = reading.tape, theirs[0].at
    # of several trainings, that after the part was made
    parted = min(each.at for each in theirs if length(tape, each.at, each.axis) == len(each.index))
    after = [step for step in reading.steps if step.last > parted] or reading.steps[-1:]
    near = [step for step in reading.steps if step.changes.keys() & after[0].changes.keys()]
    ways = _learned(tape, near)
    if not ways:
        return None
    parts, tested = [way[-1].rows for way in ways], theirs[-1].rows
    trained = set().union(*parts)
    # no batches, of which only the first ones are known
    always = all(part == trained for part in parts) and len(near) > 1
    same = theirs[-1].at == ways[0][-1].at
    if not named and (not same or not always or tested & trained):
        return None
    meant = same and named and tested != trained and (used or source < reading.steps[-1].last)
    if meant and 5 * len(tested & trained) > len(tested) and not _is_one_of_folds(tape, near, source):
        return flaw_at(tape.nodes[source], "data", "test_in_training")
    scaled, other = scaling_of(tape, ways[0]), scaling_of(tape, theirs)
    if scaled is None or other is None or (same and tested <= trained):
        return None
    rows = next((stage.rows for stage in theirs if stage.at == scaled.raw.at), set())
    code = _misscaled(tape, scaled, other, rows)
    if code == "test_statistics" and choosing:
        return None  # parts of the training part, which the scaler may know
    if not code and not same and _by_itself(tape, source, theirs, ways[0]):
        code = "scaled_apart"
    at = scaled.scaled.at if code == "test_statistics" else source
    made = (tape.nodes[at] for at in sorted(tape.ancestors([at])))
    by = next((node for node in made if node.op in _STATISTICS or "transform" in node.op), None)
    if code == "train_on_test":
        return flaw_at(tape.nodes[near[0].passes[0].layers[0].product], "train", code)
    if (code == "test_statistics" and by) or (code == "scaled_apart" and used):
        return flaw_at(by or tape.nodes[at], "data", code)
    return None


def _learned(tape: Tape, steps: Sequence[Step]) -> list[list[Stage]]:
    """Return where the first samples that are learned from come from, as far as that is one array."""
    each = dict.fromkeys(
        (p.layers[0].source, p.layers[0].rows) for step in steps for p in step.passes
        if np.ndim(tape.nodes[p.layers[0].source].value) == 2
    )  # fmt: skip
    ways = [stages(tape, *one) for one in islice(each, 8)]
    return [way for way in ways if way[-1].at == ways[0][-1].at]


def _split_later(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that what is tried in two parts, [:k] and [k:], was not learned from as a whole."""
    tape = reading.tape
    learned = [p.layers[0] for step in reading.steps for p in step.passes]
    each = [p.layers[0] for p in reading.passes if p.layers[0].source not in {one.source for one in learned}]
    known = [stages(tape, *way) for way in dict.fromkeys((one.source, one.rows) for one in learned[:40])]
    firsts: dict[int, set[int]] = {}
    for way in (stages(tape, layer.source, layer.rows) for layer in each):
        if len(way) < 2 or not len(way[1].index):
            continue
        whole, index = way[1].at, way[1].index
        if index[0] == 0:
            firsts.setdefault(whole, set()).add(len(index))
        elif index[0] in firsts.get(whole, ()) and _is_open(tape.nodes[way[0].at]):
            met = {row for way in known for stage in way if stage.at == whole for row in stage.rows}
            if met & way[1].rows:
                return flaw_at(tape.nodes[way[0].at], "data", "test_in_training")
    return None


def _is_open(node: Node) -> bool:
    """Tell whether a slice goes to the end: that of the last batch has one more number."""
    key = node.operands[-1]
    parts = key["l"] if isinstance(key, dict) and "l" in key else [key]
    return any(isinstance(p, dict) and p.get("s", [None])[0] is not None is p["s"][1] for p in parts)


def _is_one_of_folds(tape: Tape, steps: Sequence[Step], source: int) -> bool:
    """Tell whether samples are chosen anew in each round of a loop around a training: cross-validation."""
    made = [tape.nodes[at] for at in tape.ancestors([source]) if tape.nodes[at].op == "item"]
    trained = [tape.nodes[p.layers[0].product].loops for step in steps for p in step.passes]
    rounds = {tuple(loops[0]) for loops in trained if len(loops) > 1}
    return len(rounds) > 1 and any(node.loops and tuple(node.loops[0]) in rounds for node in made)


def _has_rows(tape: Tape, source: int, layer: Layer) -> bool:
    """Tell whether samples stand in rows: perhaps they are not turned yet as those that are learned from."""
    learned, shape = np.shape(tape.nodes[layer.source].value), np.shape(tape.nodes[source].value)
    features = learned[-1 if layer.rows else 0]
    turned = len(shape) == 2 and shape[1 if layer.rows else 0] != features == shape[0 if layer.rows else 1]
    return layer.rows != turned


def _by_itself(tape: Tape, source: int, way: Sequence[Stage], learned: Sequence[Stage]) -> bool:
    """Tell whether samples of a file of their own are scaled by numbers of that file alone."""
    features = np.shape(tape.nodes[way[0].at].value)[-1 if way[0].axis == 0 else 0]
    made = [tape.nodes[at] for at in tape.ancestors([source]) - tape.ancestors([learned[0].at])]
    numbers = [n for n in made if n.op in _STATISTICS and n.inputs and np.size(n.value) in (1, features)]
    return any(stages(tape, n.inputs[0], way[0].axis == 0)[-1].at == way[-1].at for n in numbers)


def _misscaled(tape: Tape, learned: Scaling, tried: Scaling, tested: set[int]) -> str:
    """Tell whether samples are scaled by what must not be known to them, or not like one another.

    `tested` are the rows of the first array of what was learned that are only tried.
    """
    mine, whole = _own(tape, learned), np.arange(length(tape, learned.raw.at, learned.raw.axis))
    both = tested & {*mine.tolist()}
    among = 5 * len(both) > len(tested)  # rows may be alike
    alone = [row for row in mine.tolist() if row not in both] if among else mine
    known = learned.by(tape, alone) if len(alone) > 2 else (False, False)
    told = learned.by(tape, mine if among else whole)
    if tested and any(told[part] and not known[part] for part in (0, 1)):
        return "test_statistics"
    if len(tested) > 2 and not both and not any(known) and all(learned.by(tape, sorted(tested))):
        return "train_on_test"  # it is the others that the numbers are of
    if learned.live.shape != tried.live.shape or all(alike := tried.like(*learned.numbers, learned.live)):
        return ""
    one, other = (tape.nodes[each.raw.at] for each in (learned, tried))
    own = tried.by(tape, _own(tape, tried))
    by_own = not one.inputs and not other.inputs and any(own[part] and not alike[part] for part in (0, 1))
    parts = one.op == other.op == "item" and one.inputs[:1] == other.inputs[:1]  # of one table
    if one is other or parts or (by_own and not all(tried.like(0.0, 1.0))):
        return "scaled_apart"
    same = (one.op, one.line, one.value.dtype) == (other.op, other.line, other.value.dtype) and not one.inputs
    same = same and 1 / 3 < np.ptp(one.value) / np.ptp(other.value) < 3  # they are files of the same kind
    times = np.median(learned.width) / np.median(tried.width)
    return "scaled_apart" if same and not one.op.startswith("random.") and not 0.5 < times < 2 else ""


def _own(tape: Tape, scaling: Scaling) -> Any:
    """Return the rows that were scaled together."""
    way = stages(tape, scaling.scaled.at, scaling.scaled.axis == 0)
    return next((stage.index for stage in way if stage.at == scaling.raw.at), scaling.raw.index)


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
