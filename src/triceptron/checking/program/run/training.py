"""How often, on what and from where the steps are taken."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.passes import Chain, Reading, Step, kind_of, last_name
from triceptron.checking.program.run.changes import change_of, data_of, rate_names, rates_of, scalars_in
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at
from triceptron.checking.program.tape import Tape

__all__ = ["judge_training"]


def judge_training(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at how often, on what and from where the steps are taken; the first flaw is told."""
    steps = [step for step in reading.steps if step.passes]
    nodes = reading.tape.nodes
    steps = [  # of one training, perhaps with rounds between that were not recorded
        step for step in steps if step.changes.keys() & steps[0].changes.keys()
        or all(nodes[chain.versions[0]].op == "leaf" for chain in step.changes)
    ]  # fmt: skip
    if _each_by_itself(reading, steps):
        return
    checks = (
        _once, _rate, _stale, _rounds, _one_round_short, _copies, _decay, _batches, _same_again, _pairs,
    ) if steps else (_late,)  # fmt: skip
    found = (check(reading, steps) for check in (_lost, *checks))
    flaws = list(islice(filter(None, found), 1))
    for call in reading.tape.within(steps[0].first) if steps and not flaws else ():
        if role_of(call.name) == "train":
            verdict.right["train"] = call.name
    yield from flaws


def _lost(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that what an update returns is kept."""
    tape, known = reading.tape, [chain for chain in reading.chains if chain.kind]
    lost = [chain for chain in known if chain.lost >= 2 and len(chain.steps) <= 1]
    names = [tape.named.get(user, ()) for chain in lost for user in tape.users[chain.versions[0]]
        if tape.nodes[user].op in ("subtract", "add") and user not in reading.versions
        and np.shape(tape.nodes[user].value) == chain.shape(tape)]  # fmt: skip
    taken = {tape.nodes[chain.versions[-1]].inputs[0] for chain in lost}
    copies = [tape.nodes[at] for at in sorted(taken) if tape.nodes[at].op in ("copy", "deepcopy", "array")]
    if copies:
        return flaw_at(copies[0], "train", "train_copies")
    kinds = {chain.kind for chain in lost}
    whole = len(kinds) == 1 and all(chain in lost for chain in known if chain.kind in kinds)
    if lost and len(lost) < len(known) and whole and len(lost) > 1 and names and all(names):
        return flaw_at(tape.nodes[lost[0].versions[-1]], "train", "update_lost")  # of all W, under a new name
    if lost and len(lost) < len(known):
        return flaw_at(tape.nodes[lost[0].versions[-1]], "update", "update_some")
    theirs = {last_name(name) for chain in lost for name in tape.names_of(chain.versions[0])}
    if lost and names and not theirs & {last_name(name) for each in names for name in each}:
        return flaw_at(tape.nodes[lost[0].versions[-1]], "update", "update_nothing")  # by another name
    return flaw_at(reading.tape.nodes[lost[0].versions[-1]], "train", "update_lost") if lost else None


def _late(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See whether a training without a step changes its parameters after the loop."""
    tape = reading.tape
    whole = [passed for passed in reading.passes if len(passed.layers) > 1]
    if len(whole) < 3 or _cut_short(reading):
        return None
    weight = tape.origin(whole[0].layers[0].weight)[0]
    same = [passed for passed in whole if tape.origin(passed.layers[0].weight)[0] == weight]
    first = whole[0].layers[0].product
    rounds, end = max(((r, e) for _, r, _, began, e in tape.loops if began <= first < e), default=(0, 0))
    hot = tape.after_products
    changed = [
        node for node in tape.nodes[first:]
        if node.op in ("subtract", "add") and len(node.inputs) == 2
        and (node.inputs[1] in hot or (node.at in tape.named and not tape.depends(node.inputs[1], weight)))
        and tape.origin(node.inputs[0])[0] == weight
        and np.shape(node.value) == np.shape(tape.nodes[weight].value)
    ]  # fmt: skip
    if rounds < 4 or len(same) < 3 or not changed:
        return None
    if changed[-1].at >= end:
        return flaw_at(changed[-1], "train", "update_after_loop")
    return flaw_at(changed[0], "train", "update_lost") if len(changed) > 2 else None


def _cut_short(reading: Reading) -> bool:
    """Tell whether the program did not come to its own end."""
    return reading.tape.cut or reading.tape.raised is not None


def _once(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that two steps are not taken after the same way forward."""
    tape = reading.tape
    twice = [_taken_again(reading, chain) for chain in reading.chains if chain.kind]
    if any(twice) and not all(twice):
        return flaw_at(tape.nodes[min(filter(None, twice))], "update", "update_twice")
    for before, step in pairwise(steps[:4]):
        both = [chain for chain in step.changes if chain in before.changes]
        if step.passes != before.passes or not both:
            continue
        node, again = (tape.nodes[each.changes[both[0]][1]] for each in (before, step))
        rounds = {loop[0]: loop[1] for loop in again.loops}
        always = len(steps) > 2 and all(each.passes == step.passes for each in steps)
        if not always and all(rounds.get(site, count) == count for site, count in node.loops):
            return flaw_at(again, "update", "update_twice")
        return flaw_at(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
    return None


def _each_by_itself(reading: Reading, steps: Sequence[Step]) -> bool:
    """Tell whether weights are changed by one sample after another of the same way forward."""
    for before, step in pairwise(steps[:6]):
        for chain in step.changes.keys() & before.changes.keys() if step.passes == before.passes else ():
            taken = [reading.tape.nodes[chain.taken(each.changes[chain][1])].value for each in (before, step)]
            a, b = map(np.ravel, taken)
            if a.size == b.size and a @ b < 0.9 * np.linalg.norm(a) * np.linalg.norm(b):
                return True
    return False


def _taken_again(reading: Reading, chain: Chain) -> int:
    """Return where one parameter is changed by a gradient that was taken away just before; 0 if nowhere."""
    cores = [change_of(reading, chain, after).core for after in chain.versions[1:8]]
    values = [reading.tape.nodes[core].value for core in cores]
    several = np.size(values[0]) > 1  # one number may be the same by chance
    twice = [
        at
        for at, (one, other) in enumerate(pairwise(values))
        if np.any(one) and np.array_equal(one, other) and (several or cores[at] == cores[at + 1])
    ]
    in_turn = twice and twice[0] < 2 and twice == [*range(twice[0], len(cores) - 1, 2)]
    return chain.versions[twice[0] + 2] if in_turn else 0


def _rate(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that a learning rate that is handed over is the one in use."""
    tape, changes = reading.tape, steps[0].changes
    around = list(tape.within(steps[0].first))
    classes = {call.name.rpartition(".")[0] for call in around}
    objects = [call for call in tape.calls if call.name in classes and call.ended <= steps[0].first]
    given, of_objects = (
        [
            operand[0]
            for call in calls
            for operand in map(call.arguments.get, rate_names(call.arguments))
            if isinstance(operand, list)
        ]
        for calls in (around, objects)
    )
    roots = {chain.versions[0] for chain in changes}
    made = tape.ancestors(
        [after for _, after in changes.values()], roots | {tape.origin(root)[0] for root in roots}
    )
    unused = any(rate not in made for rate in given) or (of_objects and not made & {*of_objects})
    if unused and (rates_of(reading) & made or _has_own_rate(reading, steps[0])):
        return flaw_at(tape.nodes[steps[0].first], "train", "rate_ignored")
    return None


def _has_own_rate(reading: Reading, step: Step) -> bool:
    """Tell whether changes are plain multiples by a number that is none of what averages have."""
    n = sum(len(reading.rows(p.layers[0].source, p.layers[0])) for p in step.passes)
    each = [change_of(reading, chain, after) for chain, (_, after) in step.changes.items()]
    plain = [change for change in each if not change.remembers and not change.adaptive]
    numbers = [reading.tape.number(at) for c in plain for at in {*c.times} - reading.tape.after_products]
    usual = (1, n, 2, 0.5, 1 / n, 2 / n, 0.5 / n)
    return any(c.literals for c in each) or any(not np.isclose(np.abs(k), usual).any() for k in numbers)


def _stale(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that each way forward goes through the weights that are then changed."""
    tape = reading.tape
    for before, step in pairwise(steps[:4]):
        used = {tape.origin(layer.weight)[0] for passed in step.passes for layer in passed.layers}
        if before.passes[-1] is not step.passes[-1]:
            continue  # what is remembered of a step may be taken away with the next one
        weights = {chain: old for chain, (old, _) in step.changes.items() if chain.kind == "W"}
        stale = [chain for chain, old in weights.items() if old not in used and used & set(chain.versions)]
        if stale and len(stale) == len(weights):
            return flaw_at(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
    return None


def _rounds(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that a step is taken in each round of its loop: not after it, and no return ends the first."""
    tape, first = reading.tape, steps[0]
    if _cut_short(reading):
        return None
    products = [passed.layers[0].product for passed in reading.passes if len(passed.layers) > 1]
    for _, rounds, _, began, ended in tape.loops if len(first.passes) == 1 else ():
        within = [at for at in products if began <= at < ended <= first.first]
        if rounds > 2 and len(within) > 2 and first.passes[0].layers[0].product == within[-1]:
            return flaw_at(tape.nodes[first.first], "train", "update_after_loop")
    for line, rounds, length, _, ended in _loops_around(tape, first):
        broken = tape.stopped is not None and ended >= len(tape.nodes) - 2
        if rounds == 1 and length is not None and length > 2 and not broken:
            return Flaw("train", "return_in_loop", 0, line, tape.nodes[first.first].inside)
    return None


def _loops_around(tape: Tape, step: Step) -> list[tuple[int, int, int | None, int, int]]:
    return [loop for loop in tape.loops if loop[3] <= step.first < loop[4]]


def _one_round_short(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that no loop around a step goes round once less than the number of epochs that is handed over."""
    tape, first = reading.tape, steps[0]
    epochs, cut, around = _epochs(reading), _cut_short(reading), _loops_around(tape, first)
    forward = reading.steps[0].passes[0].layers[0].product if reading.steps[0].passes else 0
    often = {line: rounds if length is None else length for line, rounds, length, began, _ in around
        if began <= forward and not (cut and length is None)}  # fmt: skip
    if epochs.isdisjoint(often.values()):
        for line, each in reversed(often.items()):
            if each + 1 in epochs:
                return Flaw("train", "train_epochs", 0, line, tape.nodes[first.first].inside)
    return None


def _copies(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that what is used after the training is what was trained."""
    tape = reading.tape
    trained = (chain for chain in steps[0].changes if chain.kind == "W" and len(chain.versions) > 2)
    starts = {tape.origin(chain.versions[0])[0] for chain in trained}
    later = [passed.layers[0] for passed in reading.passes if passed.layers[0].product > steps[-1].last]
    if any(tape.origin(layer.weight)[0] in starts for layer in later):
        return flaw_at(tape.nodes[steps[0].last], "train", "train_copies")
    return None


def _decay(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that the learning rate does not shrink to nothing long before the training has ended."""
    tape = reading.tape
    hot = tape.after_products  # where they are one number, errors stand among the factors, too
    rates: list[float] = []
    inside = rates_of(reading)  # or they stand in the product
    begun = {str(tape.nodes[step.first].loops[:1]): step for step in reversed(steps[20:])}
    some = [*steps[:20], *reversed(begun.values())]  # with the first ones of later epochs
    for chain in steps[0].changes:  # another training, on other samples, has other factors
        changes = [
            change_of(reading, chain, step.changes[chain][1]) for step in some if chain in step.changes
        ]
        times = [c.times or sorted(inside & scalars_in(reading, c.core))[-1:] for c in changes]
        times = [each for each in times if each and not hot & {*each}]
        rates = rates or [abs(float(np.prod([tape.number(at) for at in each]))) for each in times]
    shrunk = [after / before for before, after in pairwise(rates) if before > 0 and before != after]
    slowest = max(shrunk, default=1.0)
    if len(shrunk) < 3 or slowest >= 1:
        return None
    around = [
        max(rounds, length or 0)
        for _, rounds, length, *ends in tape.loops
        if ends[0] <= steps[0].first < ends[1]
    ]
    often = float(np.prod(around) if len(shrunk) == len(rates) - 1 else around[-1]) if around else 0.0
    lasting = 1 / (1 - slowest)  # for so many times, as it was, it goes on all in all
    if slowest**often < 1e-4 and lasting < max(often / 40, 2):
        return flaw_at(tape.nodes[steps[1].first], "train", "rate_decays")
    return None


def _batches(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that not every step takes the same slice."""
    tape = reading.tape
    xs = [tape.nodes[tape.origin(step.passes[0].layers[0].source)[0]] for step in steps[:6]]
    keys = [x.operands[1] for x in xs if x.op == "item"]
    anew = len({key[0] for key in keys if isinstance(key, list)}) == len(xs) and len(xs[0].loops) > 0
    sliced = len(keys) == len(xs) and (anew or all(isinstance(key, dict | int) for key in keys))
    if len(xs) < 3 or not sliced or any(not np.array_equal(x.value, xs[0].value) for x in xs):
        return None
    rounds = {tuple(loop[1] for loop in x.loops) for x in xs}
    if tape.stand_ins and all(len(each) > 1 and not each[-1] for each in rounds):
        return None  # of what is made up there is but one batch
    whole = tape.nodes[xs[0].inputs[0]].value
    axis, taken = 0 if steps[0].passes[0].layers[0].rows else -1, xs[0].value
    part = np.ndim(whole) > np.ndim(taken) or np.shape(whole)[axis] > np.shape(taken)[axis]  # of the samples
    if len(rounds) >= 3 and part and len({x.at for x in xs}) == len(xs):
        return flaw_at(xs[0], "train", "first_batch_only")
    return None


def _same_again(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that not all steps of a round take one batch, while another round takes another one."""
    tape = reading.tape
    rounds: dict[tuple[int, ...], list[frozenset[bytes]]] = {}
    for step in steps[:12]:
        product, change = (tape.nodes[at] for at in (step.passes[0].layers[0].product, step.first))
        around = [one[1] for one, other in zip(product.loops, change.loops, strict=False) if one == other]
        if len(around) < 2 or not _taken_anew(reading, step, len(around)):
            return None
        rows = [row for p in step.passes for row in reading.rows(p.layers[0].source, p.layers[0])]
        rounds.setdefault(tuple(around[:-1]), []).append(frozenset(row.tobytes() for row in rows))
    each = [batches for batches in rounds.values() if len(batches) > 1]
    still = all(len({*batches}) == 1 and len(batches[0]) > 1 for batches in each)
    if len(each) > 1 and still and len({batches[0] for batches in each}) == len(each):
        return flaw_at(tape.nodes[steps[0].passes[0].layers[0].product], "train", "first_batch_only")
    return None


def _taken_anew(reading: Reading, step: Step, depth: int) -> bool:
    """Tell whether the samples of a step are looked up in its own round of the loop."""
    tape = reading.tape
    if len(step.passes) > 1:
        return True  # one by one, out of a list
    x = tape.nodes[tape.origin(step.passes[0].layers[0].source)[0]]
    return x.op == "item" and x.loops[:depth] == tape.nodes[step.first].loops[:depth]


def _epochs(reading: Reading) -> set[int]:
    """Return the numbers that are called epochs or iterations."""
    tape = reading.tape
    found = {
        operand for text, operand in tape.names
        if isinstance(operand, int) and len(last_name(text)) > 1
        and kind_of(text) == "epochs"
    }  # fmt: skip
    for call in tape.calls:
        found |= {
            value for name, value in call.arguments.items()
            if isinstance(value, int) and kind_of(name) == "epochs" and len(name) > 1
        }  # fmt: skip
    return {value for value in found if value > 2}


def _pairs(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """See that a sample keeps its label from step to step, and that both move on."""
    known = [(step, data_of(reading, step)) for step in steps[:12]]
    first = [data for _, data in known[:4] if data is not None]
    first = first if len({X.shape for X, _ in first}) == 1 else first[:3]
    if len(first) > 2 and len(first[0][1]) > 3 and len({X.shape for X, _ in first}) == 1:
        still = [all(np.array_equal(each[part], first[0][part]) for each in first) for part in (0, 1)]
        passed = steps[1].passes[0]
        if still[0] != still[1]:
            node = reading.tape.nodes[passed.layers[0].source if still[0] else passed.truth]
            return flaw_at(node, "train", "first_batch_only")
    seen: dict[bytes, bytes] = {}
    for step, data in known:
        if data is None:
            continue
        X, Y = data
        rows = [row.tobytes() for row in np.round(X, 9)]
        if len(set(rows)) < len(rows):
            return None
        wrong = 0
        for row, y in zip(rows, np.round(Y, 9), strict=True):
            wrong += seen.setdefault(row, y.tobytes()) != y.tobytes()
        if wrong > 0.1 * len(rows):
            return flaw_at(reading.tape.nodes[step.passes[0].layers[0].source], "train", "shuffled_apart")
    return None
