"""How often, on what and from where the steps are taken."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from triceptron.checking.passes import Reading, Step, last_name
from triceptron.checking.programs import quantity
from triceptron.checking.run.changes import change_of, data_of, rates_of
from triceptron.checking.run.flaws import Flaw, Verdict, flaw_at

__all__ = ["judge_training"]


def judge_training(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at how often, on what and from where the steps are taken."""
    tape = reading.tape
    steps = [step for step in reading.steps if step.passes]
    lost = [chain for chain in reading.chains if chain.kind and chain.lost >= 2 and len(chain.steps) <= 1]
    if lost and len(lost) * 2 >= len([c for c in reading.chains if c.kind]):
        yield flaw_at(tape.nodes[lost[0].versions[-1]], "train", "update_lost")
        return
    if not steps:
        whole = [passed for passed in reading.passes if len(passed.layers) > 1]
        rounds = max(
            (
                r
                for _, r, _, began, ended in tape.loops
                if whole and began <= whole[0].layers[0].product < ended
            ),
            default=0,
        )
        weights = {tape.origin(passed.layers[0].weight)[0] for passed in whole}
        if rounds > 3 and len(whole) > 2 and len(weights) == 1 and not tape.cut and tape.raised is None:
            (weight,) = weights
            changed = [
                tape.nodes[u]
                for u in tape.users[weight]
                if tape.nodes[u].op in ("subtract", "add")
                and np.shape(tape.nodes[u].value) == np.shape(tape.nodes[weight].value)
                and u > whole[-1].layers[0].product
            ]
            if changed and not changed[-1].loops:
                yield flaw_at(changed[-1], "train", "update_after_loop")
        return
    for before_, step in pairwise(steps[:4]):
        if step.passes != before_.passes:
            continue
        cores = [
            {change_of(reading, chain, after).core for chain, (_, after) in each.changes.items()}
            for each in (before_, step)
        ]  # fmt: skip
        if cores[0] == cores[1]:
            yield flaw_at(tape.nodes[step.first], "update", "update_twice")
        else:
            yield flaw_at(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
        return
    rates_ = rates_of(reading)
    for call in tape.within(steps[0].first):
        for name, operand in call.arguments.items():
            if quantity(name, False) == "learning_rate" and isinstance(operand, list):
                made = tape.ancestors(
                    [after for _, after in steps[0].changes.values()],
                    {tape.origin(chain.versions[0])[0] for chain in steps[0].changes}
                    | {chain.versions[0] for chain in steps[0].changes},
                )
                unused, others = operand[0] not in made, bool(rates_ & made)
                literal = any(
                    change_of(reading, c, after).literals for c, (_, after) in steps[0].changes.items()
                )
                if unused and (others or literal):
                    yield flaw_at(tape.nodes[steps[0].first], "train", "rate_ignored")
                    return
    for step in steps[1:4]:
        used = {tape.origin(layer.weight)[0] for passed in step.passes for layer in passed.layers}
        before = {old for chain, (old, _) in step.changes.items() if chain.kind == "W"}
        stale = [
            chain for chain, (old, _) in step.changes.items()
            if chain.kind == "W" and old not in used and used & set(chain.versions)
        ]  # fmt: skip
        if stale and len(stale) == len(before):
            yield flaw_at(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
            return
    first = steps[0]
    around = [
        (line, rounds, length) for line, rounds, length, began, ended in tape.loops
        if began <= first.first < ended
    ]  # fmt: skip
    epochs = _epochs(reading)
    if around and not tape.cut and tape.raised is None:
        line, rounds, length = around[-1]
        if rounds == 1 and length is not None and length > 2:
            yield Flaw("train", "return_in_loop", 0, line, tape.nodes[first.first].inside)
            return
        if length is not None and epochs and all(length != e for e in epochs) and length + 1 in epochs:
            yield Flaw("train", "train_epochs", 0, line, tape.nodes[first.first].inside)
            return
    elif not around and tape.raised is None and not tape.cut:
        inside = [
            (line, rounds) for line, rounds, length, began, ended in tape.loops
            if rounds > 2 and began <= first.passes[0].layers[0].product < ended and ended <= first.first
        ]  # fmt: skip
        if inside:
            yield flaw_at(tape.nodes[first.first], "train", "update_after_loop")
            return
    later = [passed for passed in reading.passes if passed.layers[0].product > steps[-1].last]
    for passed in later:
        layer = passed.layers[0]
        origin = tape.origin(layer.weight)[0]
        for chain in reading.chains:
            if chain.kind == "W" and len(chain.versions) > 2 and origin == chain.versions[0]:
                yield flaw_at(tape.nodes[steps[0].last], "train", "train_copies")
                return
    rates = [
        [float(tape.nodes[at].value) for at in change_of(reading, chain, after).times]
        for step in steps[:6] for chain, (_, after) in list(step.changes.items())[:1]
    ]  # fmt: skip
    flat = [abs(np.prod(values)) for values in rates if values]
    if len(flat) >= 4 and flat[-1] < 0.02 * flat[0]:
        yield flaw_at(tape.nodes[steps[1].first], "train", "rate_decays")
        return
    xs = [tape.nodes[step.passes[0].layers[0].source] for step in steps[:6]]
    slices = [
        x
        for x in xs
        if tape.origin(x.at)[0] == x.at and x.op == "item" and isinstance(x.operands[1], dict | int)
    ]
    if len(slices) == len(xs) >= 3 and all(np.array_equal(x.value, xs[0].value) for x in xs):
        counts = {tuple(loop[1] for loop in node.loops) for node in slices}
        whole = tape.nodes[xs[0].inputs[0]].value
        if len(counts) >= 3 and np.size(whole) > np.size(xs[0].value) and len({x.at for x in xs}) == len(xs):
            yield flaw_at(xs[0], "train", "first_batch_only")
            return
    yield from _pairs(reading, steps)


def _epochs(reading: Reading) -> set[int]:
    """Return the numbers that are called epochs or iterations."""
    tape = reading.tape
    found = {
        operand for _, text, operand, _ in tape.names
        if isinstance(operand, int) and len(last_name(text)) > 1
        and quantity(last_name(text), False) == "epochs"
    }  # fmt: skip
    for call in tape.calls:
        found |= {
            value for name, value in call.arguments.items()
            if isinstance(value, int) and quantity(name, False) == "epochs" and len(name) > 1
        }  # fmt: skip
    return {value for value in found if value > 2}


def _pairs(reading: Reading, steps: Sequence[Step]) -> Iterator[Flaw]:
    """See that a sample keeps its label from step to step."""
    seen: dict[bytes, bytes] = {}
    for step in steps[:12]:
        data = data_of(reading, step)
        if data is None:
            continue
        X, Y, _ = data
        rows = [row.tobytes() for row in np.round(X, 9)]
        if len(set(rows)) < len(rows):
            return
        wrong = 0
        for row, y in zip(rows, np.round(Y, 9), strict=True):
            wrong += seen.setdefault(row, y.tobytes()) != y.tobytes()
        if wrong > 0.1 * len(rows):
            yield flaw_at(reading.tape.nodes[step.passes[0].layers[0].source], "train", "shuffled_apart")
            return
