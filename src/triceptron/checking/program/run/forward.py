"""The start, and the way forward: products, biases, the hidden activation, the output."""

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import numpy as np

from triceptron.checking.exercise.faults import activation_faults, output_faults, sigmoid_faults
from triceptron.checking.names import loss_class, role_of
from triceptron.checking.program.network import HIDDEN, OUTPUTS
from triceptron.checking.program.passes import Layer, Pass, Reading, without_mask
from triceptron.checking.program.run.activations import hidden_of
from triceptron.checking.program.run.changes import grown_bias
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, maker_of, step_of
from triceptron.checking.program.tape import SAME, Call, Node, Tape

__all__ = ["judge_forward", "judge_start"]


_LOADING = frozenset({"load", "loadtxt", "genfromtxt", "fromfile", "read_csv"})
"""Operations that read numbers from a file."""

_WILD = 1e3
"""Numbers of a training that has gone astray, in which one activation looks like another."""


def _trained(reading: Reading) -> list[Pass]:
    """Return the ways forward that a step was taken after, the late ones first: their biases are not zero."""
    taken = [step for step in reading.steps if step.passes][:5]
    found = [passed for step in taken for passed in step.passes]
    found = found or [passed for passed in reading.passes if len(passed.layers) > 1]
    tame = [p for p in found if np.abs(reading.rows(p.layers[0].Z, p.layers[0])).max() < _WILD]
    return (tame or found)[::-1]


def judge_forward(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold a way forward against the usual networks, and their faults."""
    tape = reading.tape
    passes = _trained(reading)
    if not passes:
        return
    grown = grown_bias(reading)
    if grown is not None:
        yield grown
        return

    def line(passed: Pass) -> int:
        return tape.nodes[passed.layers[-1].product].line

    untrained = [passed for passed in reading.passes if passed not in passes]
    elsewhere = {line(passed): passed for passed in untrained if line(passed) not in {*map(line, passes)}}
    others = [*elsewhere.values(), *(passed for passed in reading.passes[:6] if passed in untrained)]
    for passed in [*passes[:4], *passes[-1:], *others]:
        if len(passed.layers) < max(len(other.layers) for other in passes):
            continue
        flaws = list(_flaws_of_pass(reading, passed, passed in passes and passed.truth >= 0))
        if flaws:
            yield flaws[0]
            break
    passed = passes[0]
    hidden = hidden_of(reading, passed)
    if hidden or len(passed.layers) == 1:
        last = passed.layers[-1]
        verdict.right["forward"] = tape.nodes[last.product].inside
        verdict.one_sample = all(len(reading.rows(p.layers[-1].Z, p.layers[-1])) == 1 for p in passes)
        verdict.convention |= {
            "layout": "rows" if last.rows else "columns", "hidden": hidden, "output": passed.output,
            "labels": passed.labels or "codes",
        }  # fmt: skip


def _flaws_of_pass(reading: Reading, passed: Pass, trained: bool) -> Iterator[Flaw]:
    tape = reading.tape
    free = [chain for chain in reading.chains if not chain.kind]
    biases = [layer.bias_chain for layer in passed.layers]
    for position, layer in enumerate(passed.layers):
        node = tape.nodes[layer.product]
        W = reading.W(layer)
        cut_off = not tape.users[node.at]  # the record pauses there
        alone = len(passed.layers) == 1 and (
            W.shape[1] == 1 or role_of(node.inside) == "compute_gradient"
        )  # its bias may begin as a plain 0; or it is the way back, after a pause of the record
        if layer.bias is None and not (cut_off or alone or _something_added(tape, node, W.shape[1])):
            there = [c for c in reading.chains if c.kind == "b" and c.layer == position]
            sized = there or [c for c in free if int(np.prod(c.shape(tape))) == W.shape[1]]
            if sized:
                yield flaw_at(node, step_of(node.inside, "forward", ("forward",)), "bias_missing")
        elif layer.sign < 0:
            yield flaw_at(tape.nodes[layer.Z], "forward", "bias_sign")
        elif layer.bias_chain is not None and biases.count(layer.bias_chain) > 1:
            yield flaw_at(tape.nodes[layer.Z], "forward", "bias_swapped")
    if len(passed.layers) < 2:
        return
    last = passed.layers[-1]
    cut = _cut(tape, passed) if trained else None
    if cut is not None:
        yield flaw_at(cut, "forward", "truncated")
        return
    if not passed.hidden or "leaky" in passed.hidden or "identity" in passed.hidden:
        for layer, following in pairwise(passed.layers):
            yield from _flaws_of_hidden(reading, layer, following, deep=len(passed.layers) > 2)
    if trained and passed.output == "softmax":
        yield from _flaws_of_exponents(reading, passed, last)
    if trained and passed.output in ("softmax", "sigmoid"):
        P = reading.rows(passed.P, last)
        for at in sorted(tape.descendants([passed.P], reading.versions)):
            node = tape.nodes[at]
            shaped = np.shape(node.value) == np.shape(tape.nodes[passed.P].value) and at != passed.P
            squashed = shaped and passed.output == "sigmoid" and P.shape[1] > 1
            if squashed and np.allclose(reading.rows(at, last), OUTPUTS["softmax"][0](P), 1e-7, 1e-10):
                yield _flaw_of_use(tape, tape.nodes[passed.P], "relu_on_output")
                return
            if (
                shaped
                and not _is_on_the_way_back(tape, at)
                and np.allclose(reading.rows(at, last), OUTPUTS[passed.output][0](P), 1e-9, 1e-12)
            ):
                yield _flaw_of_use(tape, node, "softmax_twice")
                return
    reach = {"sigmoid": (0, 1), "tanh": (-1, 1), "ReLU": (0, np.inf)}.get(passed.output)
    if (
        trained
        and reach is not None
        and not tape.stand_ins
        and len(passed.Y) > 3
        and not np.array_equal(reading.rows(passed.P, last), reading.rows(last.Z, last))
        and not np.array_equal(passed.Y, np.clip(passed.Y, *reach))
    ):
        yield _flaw_of_use(tape, tape.nodes[passed.P], "relu_on_output")  # no output comes there
        return
    if trained and passed.output == "identity":
        yield from _flaws_of_output(reading, passed, last)


def _flaw_of_use(tape: Tape, node: Node, code: str) -> Flaw:
    """Make a flaw of the call of a function that is right, and in the wrong place."""
    line, block = node.line, node.block
    for call in tape.within(node.at):
        handed = [operand for operand in call.arguments.values() if isinstance(operand, list)]
        result = call.result[0] if isinstance(call.result, list) else -1
        if len(handed) != 1 or result < 0 or tape.origin(result)[0] != tape.origin(node.at)[0]:
            break
        line = call.line
    return Flaw("forward", code, block, line, node.inside)


def _is_on_the_way_back(tape: Tape, at: int) -> bool:
    """Tell whether something is made for a gradient, and not by a way forward that is gone for it."""
    roles = (role_of(call.name) for call in tape.within(at))
    told = (role for role in roles if role in ("forward", "compute_gradient") or role.endswith("derivative"))
    return next(told, "forward") != "forward"


def _something_added(tape: Tape, product: Node, width: int) -> bool:
    """Tell whether something is added to a product that may be a bias, though it is not known as one."""
    hot = tape.after_products
    sizes = (width, np.size(product.value))  # the bias itself, or written out for every sample
    return any(
        tape.nodes[user].op in ("add", "subtract")
        and np.size(tape.nodes[entry].value) in sizes
        and (np.size(tape.nodes[entry].value) == width or entry not in hot)
        for user in tape.users[product.at]
        for entry in tape.nodes[user].inputs
        if entry != product.at
    )


def _between(tape: Tape, start: int, end: int) -> list[Node]:
    """Return the operations on the way from one node to another, the last one first."""
    on = tape.descendants([start])
    made = tape.ancestors([end], [start])
    return [tape.nodes[at] for at in sorted(on & made, reverse=True) if at != start]


_CUTTING = frozenset(
    {"astype", "array", "asarray", "copy", "trunc", "fix", "floor", "round", "rint", "around"}
)
"""Operations that may lose what stands behind the decimal point; a copy may be into an array of integers."""


def _cut(tape: Tape, passed: Pass) -> Node | None:
    """Find where on the way forward numbers lose what stands behind the decimal point."""
    way = _between(tape, passed.layers[0].product, passed.P)
    for node in (node for node in reversed(way) if node.op in _CUTTING):
        for before in (np.asarray(tape.nodes[entry].value) for entry in node.inputs):
            kept = before.size == node.value.size > 1 and node.value.dtype.kind != "b"
            kept = kept and before.dtype.kind == "f" and before.max() > 0
            if not kept or np.array_equal(before, whole := np.trunc(before)):
                continue
            same = (
                np.array_equal(np.ravel(node.value), np.ravel(each)) for each in (whole, np.round(before))
            )
            if any(same):
                return node
    return None


def _way_to_hidden(tape: Tape, layer: Layer) -> list[Node]:
    """Return the operations that make H of Z, the last one first."""
    return [each for each in _between(tape, layer.Z, layer.out) if each.op not in SAME]


def _faults_of_hidden(Z: Any) -> Iterator[tuple[str, Any]]:
    """Yield what may be made of Z by mistake."""
    for code, H in activation_faults(Z):
        if code not in ("relu_capped", "relu_leaky", "relu_flipped", "relu_other"):  # may be meant
            yield code, H
    yield "relu_slope", (Z >= 0) * 1.0
    yield "relu_maximum", np.max(Z)
    yield from sigmoid_faults(Z)


def _slope_where(Z: Any, H: Any, side: Any) -> float | None:
    """Return by what all numbers on one side of 0 are multiplied; None if not all by the same."""
    times = H[side] / Z[side]
    return round(float(times[0]), 6) if times.size > 1 and np.allclose(times, times[0], 1e-6, 1e-9) else None


def _flaws_of_hidden(reading: Reading, layer: Layer, following: Layer, *, deep: bool) -> Iterator[Flaw]:
    """Name what is done to Z instead of an activation."""
    tape = reading.tape
    Z, H = reading.rows(layer.Z, layer), reading.rows(without_mask(tape, layer)[0], layer)
    H = H if following.ones is None else np.delete(H, following.ones, axis=1)
    if not np.isfinite(Z).all():
        return  # nothing is known of numbers that are none
    way = [each for each in _way_to_hidden(tape, layer) if np.size(each.value) in (1, Z.size)]
    node = way[0] if way else tape.nodes[following.product]
    if Z.shape == H.shape and np.allclose(Z, H, 1e-9):
        if way and (Z > 0).all():
            return  # so is ReLU's of such numbers
        called = [
            call for call in tape.calls
            if call.began > layer.Z and call.ended <= following.product
            and isinstance(call.result, list) and _is_alone(call, tape, layer.Z)
            and np.array_equal(tape.nodes[call.result[0]].value, tape.nodes[layer.Z].value)
        ]  # fmt: skip
        if called or way:
            yield flaw_at(tape.handed_on(layer.Z) if called else node, "relu", "relu_identity")
        elif _is_activated(reading, layer, Z, following.product):
            yield flaw_at(node, "forward", "relu_missing")
        elif not deep:  # a linear layer among others may be meant
            yield flaw_at(tape.handed_on(layer.Z), "forward", "relu_missing")
        return
    if np.size(H) == 1 or H.shape != Z.shape:
        tops = [np.max(Z), *(top for axis in (0, 1) for top in [Z.max(axis=axis)] if top.size == H.size)]
        if any(np.allclose(np.ravel(H), np.ravel(top)) or np.allclose(H, np.maximum(top, 0)) for top in tops):
            yield flaw_at(node, "relu", "relu_maximum")
        return
    above, below = (_slope_where(Z, H, side) for side in (Z > 0, Z < 0))
    if above is not None and below is not None and (above or below):
        words = [name for at in tape.ancestors([node.at]) for name in tape.named.get(at, ())]
        leaks = any("leak" in word.lower() for word in (node.inside, *words))
        meant = role_of(node.inside) == "relu" and not leaks
        code = "relu_flipped" if abs(above) < abs(below) else "relu_absolute" if above == -below != 0 else ""
        code = code or ("relu_leaky" if meant and 0 < below < above == 1 else "")
        if code:
            yield flaw_at(node, "relu", code)
        return
    squashed = any(each.op in ("exp", "tanh") for each in way)
    for code, made in _faults_of_hidden(Z):
        if np.allclose(H, made, 1e-6, 1e-9) and not (squashed and code == "relu_slope"):
            yield flaw_at(node, "relu", code)
            return


def _is_activated(reading: Reading, layer: Layer, Z: Any, end: int) -> bool:
    """Tell whether an activation is made of Z before the next layer, though not handed on."""
    tape = reading.tape
    made = [tape.nodes[at] for at in tape.descendants([layer.Z], range(end, len(tape.nodes))) - {layer.Z}]
    made = [node for node in made if np.shape(node.value) == np.shape(tape.nodes[layer.Z].value)]
    return any(
        np.allclose(reading.rows(n.at, layer), act(Z), 1e-6, 1e-9)
        for n in made
        for name, (act, _) in HIDDEN.items()
        if name != "identity"
    )


def _is_alone(call: Call, tape: Tape, at: int) -> bool:
    """Tell whether a call is handed an array and nothing else that was computed."""
    given = [tape.origin(operand[0])[0] for operand in call.arguments.values() if isinstance(operand, list)]
    return given == [tape.origin(at)[0]]


def _flaws_of_exponents(reading: Reading, passed: Pass, layer: Layer) -> Iterator[Flaw]:
    """See that each sample's largest number is taken away before the exponentials."""
    tape = reading.tape
    O = reading.rows(layer.Z, layer)
    made = tape.descendants([layer.Z], reading.beyond(passed))
    for at in sorted({*tape.ancestors([passed.P], [layer.Z]), *made}):
        node = tape.nodes[at]
        if node.op != "exp" or not node.inputs or np.shape(node.value) != np.shape(tape.nodes[layer.Z].value):
            continue
        of = node.inside.rpartition(".")[0]
        serves = role_of(node.inside) == "softmax" or "softmax" in of.lower() or loss_class(of)
        taken = O - reading.rows(node.inputs[0], layer)
        if not np.any(taken) and not serves and not _is_squashing(tape, node, layer.Z):
            continue  # written out for these very numbers: only a function must serve others
        step = "log_softmax" if "log" in node.inside.lower() else "softmax"
        if not np.any(taken):
            yield flaw_at(node, step, "no_max_subtracted")
        elif len(O) > 1 and np.allclose(taken, O.max(), 1e-9, 0) and np.ptp(O.max(axis=1)) > 1e-6:
            yield flaw_at(node, step, "max_whole_matrix")
        else:
            continue
        return


def _is_squashing(tape: Tape, node: Node, at: int) -> bool:
    """Tell whether a function makes something of the logits alone, in their shape."""
    return any(
        isinstance(call.result, list) and _is_alone(call, tape, at)
        and np.shape(tape.nodes[call.result[0]].value) == np.shape(tape.nodes[at].value)
        for call in islice(tape.within(node.at), 1)
    )  # fmt: skip


def _is_close(node: Node, made: Any, wrong: Any) -> bool:
    """Tell whether an output is what a fault makes, in the precision that the program computes in."""
    return np.allclose(made, wrong, *((1e-4, 1e-6) if node.value.dtype == np.float32 else (1e-7, 1e-10)))


def _flaws_of_output(reading: Reading, passed: Pass, layer: Layer) -> Iterator[Flaw]:
    """Name what is done to O instead of softmax or sigmoid."""
    tape = reading.tape
    O = reading.rows(layer.Z, layer)
    after = sorted(tape.descendants([layer.Z], {*reading.beyond(passed), *reading.alike}) - reading.alike)
    shaped = [
        at for at in after
        if np.shape(tape.nodes[at].value) == np.shape(tape.nodes[layer.Z].value) and at != layer.Z
    ]  # fmt: skip
    squash = {name: output for name, (output, _) in OUTPUTS.items() if name in ("softmax", "sigmoid")}
    H = HIDDEN.get(passed.hidden)
    for at in shaped:
        made = reading.rows(at, layer)
        node = tape.nodes[at]
        for name, output in squash.items():
            if O.shape[1] == 1 and name == "softmax":
                continue
            if _is_close(node, made, output(output(O))):
                yield _flaw_of_use(tape, node, "softmax_twice")
                return
            if H is not None and _is_close(node, made, output(H[0](O))):
                squashed = [n for n in shaped if _is_close(tape.nodes[n], reading.rows(n, layer), H[0](O))]
                yield _flaw_of_use(tape, tape.nodes[min(squashed, default=at)], "relu_on_output")
                return
    taken = [c.taken(after) for step in reading.steps[:2] for c, (_, after) in step.changes.items()]
    used = tape.ancestors(taken, reading.versions)
    for at in (at for at in shaped if at in used and np.array_equal(reading.rows(at, layer), np.trunc(O))):
        if not np.array_equal(O, np.trunc(O)) and (O.size > 1 or abs(O) >= 2):  # one 1 may be anything
            yield flaw_at(tape.nodes[at], "forward", "truncated")
            return
    found: list[tuple[bool, int, str, int]] = []
    for at in shaped:
        made = reading.rows(at, layer)
        for code, wrong in output_faults(O) if O.shape[1] > 1 else sigmoid_faults(O):
            alike = np.shape(wrong) == made.shape and _is_close(tape.nodes[at], made, wrong)
            summed = all(tape.nodes[user].op == "sum" for user in tape.users[at])  # of which the logarithm is
            meant = (code == "log_instead" and "log" in tape.nodes[at].inside.lower()) or (
                code == "not_normalised" and summed and tape.users[at]
            )
            alike = alike and not meant
            if alike and (len(O) > 1 or np.ptp(made) > 0):  # of one sample, ones may be anything
                found.append((code == "not_normalised", len(found), code, at))
                break
    if found:
        *_, code, at = min(found)
        of_logs = [n for n in tape.ancestors([at], [layer.Z]) if tape.nodes[n].op == "log"]
        if code == "max_not_put_back" and of_logs:
            yield flaw_at(tape.nodes[max(of_logs)], "log_softmax", code)
            return
        node = (
            tape.handed_on(at, back=True) if code == "not_normalised" else _first_strange(reading, layer, at)
        )
        step = "log_softmax" if of_logs and code != "log_instead" else "softmax"
        yield flaw_at(node, "relu" if code.startswith("sigmoid") else step, code)
        return
    plain = {*SAME, "item", "add", "clip", "maximum", "subtract", "multiply", "negative", "log"}
    ends = {p.layers[-1].Z for p in reading.passes if p.output == "identity" and len(p.layers) > 1}
    logs = [
        (Z, at) for Z in ends for at in tape.descendants([Z], reading.versions) if tape.nodes[at].op == "log"
    ]
    if any(all(each.op in plain for each in _between(tape, *ends)) for ends in logs):
        yield flaw_at(tape.handed_on(layer.Z), "forward", "softmax_missing")


def _first_strange(reading: Reading, layer: Layer, end: int) -> Node:
    """Return the first operation of a softmax whose result is none that occurs when all is right."""
    tape = reading.tape
    O = reading.rows(layer.Z, layer)
    M = O.max(axis=1, keepdims=True)
    E, plain = np.exp(O - M), np.exp(O)
    totals = [each.sum(axis=1, keepdims=True) for each in (E, plain)]
    right = [O, -O, M, -M, O - M, E, plain, *totals, *map(np.log, totals)]
    for node in reversed(_between(tape, layer.Z, end)):
        value = np.squeeze(node.value)
        known = [np.squeeze(each if layer.rows else each.T) for each in right]
        if not any(value.shape == each.shape and _is_close(node, value, each) for each in known):
            return node
    return tape.nodes[end]


def judge_start(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at the numbers that the training starts from."""
    tape = reading.tape
    shallow = [p.layers[0].chain for p in reading.passes if len(p.layers) == 1]
    deep = [layer.chain for p in reading.passes if len(p.layers) > 1 for layer in p.layers]
    for chain in (each for each in reading.chains if each in deep or each not in shallow):
        W = tape.nodes[chain.versions[0]].value
        if chain.kind == "W" and W.size > 2:
            node = maker_of(tape, chain.versions[0])
            if np.ptp(W) == 0:
                yield flaw_at(node, "initialize", "initialize_constant", "W")
                return
            m = max(W.shape)
            made = {tape.nodes[at].op for at in tape.ancestors([chain.versions[0]])}
            if made & _LOADING:
                continue  # it has been trained before
            if np.abs(W).mean() > 6 * max(1.0, np.sqrt(2 / m)):
                yield flaw_at(node, "initialize", "initialize_scale", "W")
                return
            if role_of(node.inside) == "initialize":
                verdict.right["initialize"] = node.inside
