"""How the parameters are changed: each of them, once, downhill, by the learning rate."""

from collections.abc import Container, Iterator, Sequence

import numpy as np

from triceptron.checking.program.passes import Pass, Reading, Step
from triceptron.checking.program.run.changes import (
    Change,
    change_of,
    grown_bias,
    is_rooted,
)
from triceptron.checking.program.run.flaws import Flaw, Verdict, begun_as_zeros, flaw_at
from triceptron.checking.program.run.gradient import judge_gradient
from triceptron.checking.program.run.rates import judge_rates
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["judge_replaced", "judge_update"]


def judge_replaced(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """See that no parameter's place is taken by its gradient."""
    replaced = None if grown_bias(reading) else _replaced(reading)
    if replaced is not None:
        first = reading.tape.value(replaced.operands[0])
        divided = replaced.op == "divide" and np.shape(first) == np.shape(replaced.value)
        divided = divided and replaced.inputs[0] not in reading.tape.after_products
        yield flaw_at(replaced, "update", "update_divides" if divided else "update_replaces")


def judge_update(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at how the parameters are changed: sign, learning rate, each of them, once."""
    steps = [step for step in reading.steps if step.passes][:4]
    found = grown_bias(reading)
    if steps and found is None:
        changes = [change_of(reading, chain, after) for chain, (_, after) in steps[-1].changes.items()]
        found = (
            judge_rates(reading, changes)
            or _left_out(reading, steps)
            or _against_others(reading, changes)
            or _untrained(reading, steps)
        )
    if found is not None:
        yield found


def _left_out(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """Find a parameter whose changes are lost again and again."""
    still = [chain for chain in reading.chains if chain.kind and chain.lost >= 2 and len(chain.steps) <= 1]
    if still and len(steps[0].changes) > len(still):
        return flaw_at(reading.tape.nodes[still[0].versions[-1]], "update", "update_some")
    return None


def _against_others(reading: Reading, changes: Sequence[Change]) -> Flaw | None:
    """Find a parameter that goes up where the others go down."""
    turned = {"add": "subtract", "subtract": "add"}
    trained = [c for c in changes if c.chain.kind]  # an average of gradients is no parameter
    ops = [c.op if c.sign_of(reading.tape) > 0 else turned.get(c.op, "other") for c in trained]
    if len({*ops}) < 2:
        return None
    few = [c for c, op in zip(trained, ops, strict=True) if ops.count(op) * 2 < len(ops)]
    odd = next(iter(few or [c for c, op in zip(trained, ops, strict=True) if op == "add"]), None)
    if odd is None or odd.sign_of(reading.tape) <= 0 or _fits(reading, odd):
        return None
    return flaw_at(reading.tape.nodes[odd.at], "update", "update_sign")


def _fits(reading: Reading, odd: Change) -> bool:
    """Tell whether a change belongs to one gradient with the others, wherever their signs stand."""
    tried, part = Verdict(), f"d{odd.chain.kind}{odd.chain.layer + 1}"
    list(judge_gradient(reading, tried))
    found = tried.explanation
    return found is not None and part not in found.wrong and found.code != "gradient_sign"


def _untrained(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """Find a weight or bias of the network that no step changes, and what becomes of it instead."""
    tape = reading.tape
    passed = steps[-1].passes[-1]
    for position, layer in enumerate(passed.layers if len(passed.layers) > 1 else ()):  # one may be a part
        at = layer.weight if layer.chain is None else layer.bias if layer.bias_chain is None else None
        if at is None or _differs(reading, passed, position, layer.weight == at):
            continue
        root = tape.origin(at)[0]
        copied = [chain for chain in reading.chains if tape.origin(chain.versions[0])[0] == root]
        copied += [
            chain
            for chain in reading.chains
            if not chain.kind
            and chain.shape(tape) == np.shape(tape.nodes[root].value)
            and np.array_equal(tape.nodes[chain.versions[0]].value, tape.nodes[root].value)
        ]
        if copied:
            return flaw_at(tape.nodes[copied[0].versions[1]], "train", "train_copies")
        for user in tape.users[root]:
            changed = [
                u
                for u in tape.users[user]
                if tape.nodes[u].op == "subtract" and tape.nodes[u].inputs[0] == user
            ]
            if tape.nodes[user].op in SAME and tape.nodes[user].op not in ("T", "changed") and changed:
                return flaw_at(tape.nodes[changed[0]], "train", "train_copies")
        users = [tape.nodes[user] for user in tape.users[root] if tape.nodes[user].op == "subtract"]
        still = [user for user in users if np.array_equal(user.value, tape.nodes[root].value)]
        if still:
            zeros = begun_as_zeros(tape, max(still[0].inputs, key=lambda entry: (entry != root, entry)))
            return flaw_at(zeros, "compute_gradient", "gradient_zero")
        met = layer.product if at == layer.weight else layer.Z
        beside = layer.bias_chain if at == layer.weight else layer.chain
        shown = beside.versions[1] if beside is not None else met
        return flaw_at(tape.nodes[shown], "update", "update_some")
    return None


def _differs(reading: Reading, passed: Pass, position: int, weight: bool) -> bool:
    """Tell whether a weight or a bias is not what it was in earlier ways forward, whatever has changed it."""
    same = [p.layers[position] for p in reading.passes if len(p.layers) == len(passed.layers)]
    values = [reading.W(layer) if weight else reading.b(layer) for layer in same]
    values = [value for value in values if value is not None]
    return any(not np.array_equal(value, values[0]) for value in values[1:])


def _replaced(reading: Reading) -> Node | None:
    """Find a weight or bias whose place is taken by a multiple of its gradient."""
    tape, hot = reading.tape, reading.tape.after_products
    forward = {layer.product for passed in reading.passes for layer in passed.layers}
    first: dict[tuple[str, int, int, str], Node] = {}  # where parameters that are not changed yet are used
    for node in tape.nodes:
        if node.op in PRODUCTS or (
            node.op == "add" and any(tape.nodes[at].op in PRODUCTS for at in node.inputs)
        ):
            first.setdefault((node.op, node.block, node.line, node.inside), node)
    for node in (tape.nodes[at] for at in sorted(hot) if tape.origin(at)[0] not in reading.versions):
        started = any(at not in hot and np.any(tape.nodes[at].value) for at in node.inputs)  # no memory
        kept = started or not reading.versions.keys().isdisjoint(node.inputs)
        if node.op in ("add", "subtract") and kept:
            continue  # more is taken away from it
        core = _bare(tape, node.at, hot)
        for user in (tape.nodes[user] for user in tape.users[node.at]):
            others = [at for at in user.inputs if at != node.at]
            if len(others) != 1:
                continue
            if user.op == "add" and core.op in ("sum", "mean", *PRODUCTS) and core is not node:
                other = tape.nodes[others[0]]
                earlier = first.get((other.op, other.block, other.line, other.inside), core).at < core.at
                if earlier and np.size(node.value) < np.size(user.value) == np.size(other.value):
                    return node
            before = first.get((user.op, user.block, user.line, user.inside), user)
            if not before.at < core.at or not tape.depends(core.at, before.at):
                continue
            place = before.inputs[user.inputs.index(node.at)]
            if place in hot or np.size(tape.nodes[place].value) != np.size(node.value):
                continue
            bias = user.op == "add" and not forward.isdisjoint(before.inputs)
            scaled = core.at != tape.origin(node.at)[0]
            if bias and scaled and not tape.depends(others[0], node.at):
                return node  # that of a single sample
            if core.op not in PRODUCTS:
                continue
            its = _bare(tape, others[0])
            for mine in (_bare(tape, entry) for entry in core.inputs):
                same = (mine.op, mine.line) == (its.op, its.line) and np.shape(mine.value) == np.shape(
                    its.value
                )
                drawn = mine.op.startswith("random.") or not mine.inputs  # a weight may be like another one
                if same and (mine is its or not drawn) and core.at not in tape.ancestors(its.inputs):
                    return node
    return None


def _bare(tape: Tape, at: int, hot: Container[int] = ()) -> Node:
    """Return what an array is a multiple of, turned or not, beside what is remembered, or decays."""
    while True:
        node = tape.nodes[tape.origin(at)[0]]
        arrays = [entry for entry in node.inputs if np.ndim(tape.nodes[entry].value) > 0]
        if len(arrays) > 1:
            arrays = [entry for entry in arrays if entry in hot and not is_rooted(tape, entry)]
        if node.op not in ("add", "subtract", "multiply", "divide", "negative") or len(arrays) != 1:
            return node
        at = arrays[0]
