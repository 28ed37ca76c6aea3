"""What a learner's own run shows: the first thing in it that is not as the mathematics has it.

The program has run as its author would run it. Every way forward, loss, gradient and change of the
parameters is held against the network that it shows itself to be; where something differs, its operands are
known, and with them the line and often the cause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from triceptron.checking.faults import output_faults
from triceptron.checking.network import HIDDEN, OUTPUTS, Explanation, Model, explain, hold
from triceptron.checking.passes import Chain, Layer, Pass, Reading, Step, labels_of, last_name
from triceptron.checking.programs import quantity, role_of
from triceptron.checking.rest import losses
from triceptron.checking.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["Flaw", "Verdict", "judge_run"]


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong: in which step, why (a code, or empty), and where."""

    step: str
    code: str
    block: int
    line: int
    inside: str
    what: str = ""
    got: Any = None
    right: Any = None


@dataclass
class Verdict:
    """What the run shows: flaws, the steps that are right, and the network that it is."""

    flaws: list[Flaw] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)
    explanation: Explanation | None = None
    convention: dict[str, str] = field(default_factory=dict)


_STEPS = {
    "sigmoid": "relu",
    "sigmoid_derivative": "relu_derivative",
    **{key: key for key in (
        "relu", "relu_derivative", "softmax", "cross_entropy", "predict", "compute_gradient", "update",
        "forward", "initialize",
    )},
}  # fmt: skip


def _step_of(inside: str, default: str, allowed: Sequence[str] = ()) -> str:
    """Tell which step a function is, by its name; the default where that is not among those that fit."""
    step = _STEPS.get(role_of(inside.split(".")[-1]), "")
    return step if step and (not allowed or step in allowed) else default


def judge_run(reading: Reading) -> Verdict:
    """Judge a run."""
    verdict = Verdict()
    for check in (_raised, _initial, _forward, _data, _training, _update, _gradient, _loss, _predictions):
        with np.errstate(all="ignore"):
            flaws = list(check(reading, verdict))
        verdict.flaws += flaws
        if flaws and check in (_raised, _initial, _forward):
            break
    return verdict


def _flaw(node: Node, step: str, code: str, what: str = "", got: Any = None, right: Any = None) -> Flaw:
    return Flaw(step, code, node.block, node.line, node.inside, what, got, right)


# --- the program ended with an error ---


def _raised(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Explain an operation whose operands do not fit."""
    raised, tape = reading.tape.raised, reading.tape
    if (
        raised is None
        or tape.cut
        or raised.error not in ("ValueError", "IndexError", "TypeError", "AttributeError")
    ):
        return
    values = [tape.value(operand) for operand in raised.operands]
    arrays = [value for value in values if np.ndim(value) >= 1]
    if not arrays:
        return
    hot = _after_products(tape)
    refs = [operand[0] for operand in raised.operands if isinstance(operand, list)]
    late = any(ref in hot for ref in refs)
    got = f"{raised.error}: {raised.text}"
    grown = _grown_bias(reading)
    if grown is not None:
        yield grown
        return
    if raised.op in ("equal", "not_equal"):
        flaws = list(_predictions(reading, verdict))
        floats = [
            v for v in arrays if np.asarray(v).dtype.kind == "f" and np.ndim(v) == 2 and min(np.shape(v)) > 1
        ]
        if not flaws and floats and late:
            flaws = [
                Flaw("predict", "predicts_probabilities", raised.block, raised.line, raised.inside, "", got)
            ]
        yield from flaws or [
            Flaw("predict", "shapes_clash", raised.block, raised.line, raised.inside, "", got)
        ]
        return
    for ref in refs:
        node = tape.nodes[ref]
        if (
            node.op in ("max", "amax")
            and node.inputs
            and node.inputs[0] in hot
            and raised.op in ("dot", "matmul")
        ):
            yield _flaw(node, "relu", "relu_maximum", "", got)
            return
    code = "shapes_clash"
    matrices = len(arrays) >= 2 and all(np.ndim(array) == 2 for array in arrays[:2])
    if matrices:
        a, b = arrays[:2]
        if raised.op == "multiply" and (
            a.shape[1] == b.shape[0] or a.shape[0] == b.shape[0] or a.shape[1] == b.shape[1]
        ):
            code = "elementwise_product"
        elif raised.op in ("dot", "matmul"):
            code = "transpose_missing"
    elif (
        raised.op in ("divide", "subtract")
        and len(arrays) == 2
        and {np.ndim(a) for a in arrays[:2]} == {1, 2}
    ):
        code = "keepdims_missing"
    if raised.op in ("item", "put", "subtract_at") and "out of bounds" in raised.text:
        yield Flaw("one_hot", "labels_one_off", raised.block, raised.line, raised.inside, "", got)
        return
    if raised.op in ("add", "subtract") and len(refs) == 2 and refs[1] in hot and _is_start(reading, refs[0]):
        yield _unfit_change(reading, refs[0], refs[1], got)
        return
    if raised.op == "multiply" and matrices:
        hidden = [p for p in reading.passes if len(p.layers) > 1]
        shapes = {np.shape(array) for array in arrays[:2]}
        if any(
            shapes == {np.shape(tape.nodes[p.P].value), np.shape(tape.nodes[p.layers[0].Z].value)}
            for p in hidden
        ):
            yield Flaw("compute_gradient", "dO_for_dZ", raised.block, raised.line, raised.inside, "", got)
            return
    step = "forward"
    after = _after_outputs(reading)
    if any(ref in after for ref in refs) and late:
        step = _step_of(raised.inside, "compute_gradient", ("compute_gradient", "cross_entropy", "predict"))
    layers = max((len(passed.layers) for passed in reading.passes), default=0)
    if late and layers < 3 and role_of(raised.inside.split(".")[-1]) != "forward":
        step = "compute_gradient" if max(_depths(tape)[ref] for ref in refs) >= 3 else step
    if step == "forward" and code == "transpose_missing":
        own = [ref for ref in refs if ref not in hot and _is_start(reading, ref)]
        if own and all(tape.nodes[ref].op not in ("T", "transpose") for ref in refs):
            a, b = arrays[:2]
            turned = a.shape[1] == b.shape[1] or a.shape[0] == b.shape[0]
            if turned:
                node = _maker(tape, tape.origin(own[-1])[0])
                yield Flaw("initialize", "transposed", node.block, node.line, node.inside, "", got)
                return
    yield Flaw(step, code, raised.block, raised.line, raised.inside, "", got)


def _grown_bias(reading: Reading) -> Flaw | None:
    """Find a bias that has taken the shape of a gradient that is not summed."""
    tape, hot = reading.tape, _after_products(reading.tape)
    for node in tape.nodes:
        if node.op != "subtract" or len(node.inputs) != 2 or node.inputs[1] not in hot:
            continue
        before = tape.nodes[node.inputs[0]].value
        if 1 < np.size(before) < np.size(node.value) and _is_start(reading, node.inputs[0]):
            return _unfit_change(reading, node.inputs[0], node.inputs[1], "")
    return None


def _is_start(reading: Reading, at: int) -> bool:
    """Tell whether an array is a parameter, by its names or by what was found out."""
    tape = reading.tape
    origin = tape.origin(at)[0]
    names = [*tape.named.get(origin, ()), *tape.named.get(at, ())]
    return origin in reading.versions or any(
        quantity(last_name(name), False).rstrip("0123456789") in ("W", "b", "weights", "biases")
        for name in names
    )


def _unfit_change(reading: Reading, old: int, change: int, got: str) -> Flaw:
    """Explain a gradient that does not fit its parameter."""
    tape = reading.tape
    core = change
    while tape.nodes[core].op in ("multiply", "divide", "negative", *SAME) and tape.nodes[core].inputs:
        arrays = [
            e
            for e in tape.nodes[core].inputs
            if np.shape(tape.nodes[e].value) == np.shape(tape.nodes[core].value)
        ]
        if not arrays:
            break
        core = arrays[0]
    node, theta, value = tape.nodes[core], tape.nodes[old].value, tape.nodes[core].value
    if min(theta.shape) == 1 or theta.ndim == 1:
        summed = value.ndim < 2 or min(value.shape) == 1
        summed = summed and value.size not in {
            chain.shape(tape)[-1] for chain in reading.chains if chain.kind == "b"
        }
        code = "wrong_axis" if summed else "bias_not_summed" if theta.size in value.shape else "shapes_clash"
    else:
        code = "transposed" if value.shape == theta.shape[::-1] else "shapes_clash"
    return Flaw("compute_gradient", code, node.block, node.line, node.inside, "", got)


def _depths(tape: Tape) -> list[int]:
    """Tell of how many products, one after another, each node is made."""
    found: list[int] = []
    for node in tape.nodes:
        before = max((found[entry] for entry in node.inputs), default=0)
        found.append(before + (node.op in PRODUCTS))
    return found


def _after_products(tape: Tape) -> set[int]:
    return tape.descendants([node.at for node in tape.nodes if node.op in ("dot", "matmul")])


def _after_outputs(reading: Reading) -> set[int]:
    """Return what descends from a difference of an output and a truth."""
    tape = reading.tape
    starts = [passed.P for passed in reading.passes if len(passed.layers) > 1]
    after = tape.descendants(starts, set(reading.versions)) if starts else set()
    return {
        at for at in after if tape.nodes[at].op in ("subtract", "subtract_at", "put", "copy") or at in after
    } - set(starts)


# --- the way forward ---


def _trained(reading: Reading) -> list[Pass]:
    """Return the ways forward that a step was taken after, the late ones first: their biases are not zero."""
    found = [passed for step in reading.steps[:5] for passed in step.passes]
    found = found or [passed for passed in reading.passes if len(passed.layers) > 1]
    return found[::-1]


def _forward(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold a way forward against the usual networks, and their faults."""
    tape = reading.tape
    passes = _trained(reading)
    if not passes:
        return
    others = [passed for passed in reading.passes[:6] if passed not in passes]
    for passed in [*passes[:4], *passes[-1:], *others]:
        if len(passed.layers) < max(len(other.layers) for other in passes):
            continue
        flaws = list(_flaws_of_pass(reading, passed, passed in passes and passed.truth >= 0))
        if flaws:
            yield flaws[0]
            return
    passed = passes[0]
    if passed.hidden or len(passed.layers) == 1:
        last = passed.layers[-1]
        verdict.right["forward"] = tape.nodes[last.product].inside
        verdict.convention |= {
            "layout": "rows" if last.rows else "columns", "hidden": passed.hidden, "output": passed.output,
            "labels": passed.labels or "codes",
        }  # fmt: skip


def _flaws_of_pass(reading: Reading, passed: Pass, trained: bool) -> Iterator[Flaw]:
    tape = reading.tape
    free = [chain for chain in reading.chains if not chain.kind]
    for position, layer in enumerate(passed.layers):
        node = tape.nodes[layer.product]
        W = reading.W(layer)
        if layer.bias is None:
            there = [c for c in reading.chains if c.kind == "b" and c.layer == position]
            sized = there or [c for c in free if int(np.prod(c.shape(tape))) == W.shape[1]]
            if sized:
                yield _flaw(node, _step_of(node.inside, "forward", ("forward",)), "bias_missing")
        elif layer.sign < 0:
            yield _flaw(tape.nodes[layer.Z], "forward", "bias_sign")
        elif (
            sum(
                layer.bias_chain is not None and layer.bias_chain is other.bias_chain
                for other in passed.layers
            )
            > 1
        ):
            yield _flaw(tape.nodes[layer.Z], "forward", "bias_swapped")
    if len(passed.layers) != 2:
        return
    first, last = passed.layers
    if not passed.hidden:
        yield from _flaws_of_hidden(reading, passed, first)
    made = _maker_of_hidden(tape, first)
    if (
        passed.hidden.startswith("leaky")
        and "leak" not in made.inside.lower()
        and role_of(made.inside.split(".")[-1]) == "relu"
    ):
        yield _flaw(made, "relu", "relu_leaky")
    if trained and passed.output in ("softmax", "sigmoid"):
        P = reading.rows(passed.P, last)
        for at in sorted(tape.descendants([passed.P], set(reading.versions))):
            node = tape.nodes[at]
            shaped = np.shape(node.value) == np.shape(tape.nodes[passed.P].value) and at != passed.P
            if (
                shaped
                and not role_of(node.inside.split(".")[-1]).endswith("derivative")
                and np.allclose(reading.rows(at, last), OUTPUTS[passed.output][0](P), 1e-9, 1e-12)
            ):
                yield _flaw(node, "forward", "softmax_twice")
                return
    if trained and passed.output == "identity":
        yield from _flaws_of_output(reading, passed, last)


def _between(tape: Tape, start: int, end: int) -> list[Node]:
    """Return the operations on the way from one node to another, the last one first."""
    on = tape.descendants([start])
    made = tape.ancestors([end], [start])
    return [tape.nodes[at] for at in sorted(on & made, reverse=True) if at != start]


def _maker_of_hidden(tape: Tape, layer: Layer) -> Node:
    """Return the operation that makes H of Z."""
    way = [each for each in _between(tape, layer.Z, layer.out) if each.op not in SAME]
    return way[0] if way else tape.nodes[layer.Z]


_HIDDEN_FAULTS: Sequence[tuple[str, Any]] = (
    ("relu_absolute", np.abs),
    ("relu_flipped", lambda Z: np.minimum(Z, 0)),
    ("relu_flipped", lambda Z: np.maximum(-Z, 0)),
    ("relu_slope", lambda Z: (Z > 0) * 1.0),
    ("relu_slope", lambda Z: (Z >= 0) * 1.0),
    ("relu_maximum", lambda Z: np.full_like(Z, np.max(np.maximum(Z, 0)))),
    ("relu_maximum", lambda Z: np.full_like(Z, np.max(Z))),
    ("sigmoid_sign", lambda Z: 1 / (1 + np.exp(Z))),
    ("sigmoid_precedence", lambda Z: 1 / 1 + np.exp(-Z)),
    ("relu_other", lambda Z: np.log1p(np.exp(Z))),
    *((("truncated", lambda Z, f=f: np.trunc(f(Z)))) for f, _ in list(HIDDEN.values())[:3]),
    *((("relu_leaky", lambda Z, c=c: np.where(Z > 0, Z, c * Z))) for c in (0.3, 0.5, 0.25, 0.02, 0.001)),
)


def _flaws_of_hidden(reading: Reading, passed: Pass, layer: Layer) -> Iterator[Flaw]:
    """Name what is done to Z instead of an activation."""
    tape = reading.tape
    Z, H = reading.rows(layer.Z, layer), reading.rows(layer.out, layer)
    node = tape.nodes[layer.out]
    way = [each for each in _between(tape, layer.Z, layer.out) if each.op not in SAME]
    node = way[0] if way else tape.nodes[passed.layers[1].product]
    if Z.shape == H.shape and np.allclose(Z, H, 1e-9):
        called = [
            call for call in tape.calls
            if call.began > layer.Z and call.ended <= passed.layers[1].product
            and role_of(call.name.split(".")[-1]) in ("relu", "sigmoid") and isinstance(call.result, list)
            and np.array_equal(tape.nodes[call.result[0]].value, tape.nodes[layer.Z].value)
        ]  # fmt: skip
        if called or way:
            yield Flaw("relu", "relu_identity", 0, called[0].line if called else node.line, node.inside)
        else:
            yield _flaw(node, "forward", "relu_missing")
        return
    if np.size(H) == 1 or H.shape != Z.shape:
        if np.allclose(np.ravel(H)[0], np.max(Z)) or np.allclose(np.ravel(H)[0], max(np.max(Z), 0)):
            yield _flaw(node, "relu", "relu_maximum")
        return
    for code, made in _HIDDEN_FAULTS:
        if np.allclose(H, made(Z), 1e-6, 1e-9):
            step = "forward" if code == "truncated" else "relu"
            yield _flaw(node, step, code)
            return


def _flaws_of_output(reading: Reading, passed: Pass, layer: Layer) -> Iterator[Flaw]:
    """Name what is done to O instead of softmax or sigmoid."""
    tape = reading.tape
    O = reading.rows(layer.Z, layer)
    stops = set(reading.versions) | {
        other.layers[0].product for other in reading.passes if other is not passed
    }
    after = sorted(tape.descendants([layer.Z], stops))
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
            if np.allclose(made, output(output(O)), 1e-7, 1e-10):
                yield _flaw(node, "forward", "softmax_twice")
                return
            if H is not None and np.allclose(made, output(H[0](O)), 1e-7, 1e-10):
                yield _flaw(node, "forward", "relu_on_output")
                return
    found: list[tuple[bool, int, str, int]] = []
    for at in shaped:
        made = reading.rows(at, layer)
        for code, wrong in output_faults(O):
            if np.shape(wrong) == made.shape and np.allclose(made, wrong, 1e-7, 1e-10):
                found.append((code == "not_normalised", len(found), code, at))
                break
    if found:
        *_, code, at = min(found)
        yield _flaw(tape.nodes[at], "relu" if code.startswith("sigmoid") else "softmax", code)
        return
    plain = {*SAME, "item", "add", "clip", "maximum", "subtract", "multiply", "negative", "log"}
    logs = [at for at in after if tape.nodes[at].op == "log"]
    if any(all(each.op in plain for each in _between(tape, layer.Z, at)) for at in logs):
        yield _flaw(tape.nodes[layer.Z], "forward", "softmax_missing")


# --- the start ---


def _initial(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    tape = reading.tape
    for chain in reading.chains:
        W = tape.nodes[chain.versions[0]].value
        if chain.kind == "W" and W.size > 2:
            node = _maker(tape, chain.versions[0])
            if np.ptp(W) == 0:
                yield _flaw(node, "initialize", "initialize_constant", "W")
                return
            m = max(W.shape)
            if np.abs(W).mean() > 6 * max(1.0, np.sqrt(2 / m)):
                yield _flaw(node, "initialize", "initialize_scale", "W")
                return


def _maker(tape: Tape, at: int) -> Node:
    """Return the operation that an array was made by, where it is known."""
    node = tape.nodes[at]
    while node.line == 0 and tape.users[node.at]:
        node = tape.nodes[tape.users[node.at][0]]
    return node


# --- the gradient and the update ---


def _data_of(reading: Reading, step: Step) -> tuple[Any, Any, Any] | None:
    """Return X, Y and P of a step, with samples as rows."""
    if not step.passes or any(passed.Y is None for passed in step.passes):
        return None
    firsts = [passed.layers[0] for passed in step.passes]
    X = [reading.rows(layer.source, layer) for layer in firsts]
    P = [reading.rows(passed.P, passed.layers[-1]) for passed in step.passes]
    Y = [passed.Y for passed in step.passes]
    if len({x.shape[1] for x in X}) != 1 or any(y.shape != p.shape for y, p in zip(Y, P, strict=True)):
        return None
    if any(len(x) != len(y) for x, y in zip(X, Y, strict=True)) or len({y.shape[1] for y in Y}) != 1:
        return None
    return np.concatenate(X), np.concatenate(Y), np.concatenate(P)


@dataclass
class _Change:
    """What a step takes away from one parameter, and the numbers that it was multiplied by."""

    chain: Chain
    op: str
    core: int
    times: list[int]
    divided: list[int]
    literals: list[float]
    sizes: list[float]
    total: Any
    at: int
    sign: int = 1

    def scale(self, tape: Tape) -> float:
        """Return the number that the core is multiplied by, signs included."""
        times = np.prod([float(np.ravel(tape.nodes[at].value)[0]) for at in self.times] or [1.0])
        divided = np.prod([float(np.ravel(tape.nodes[at].value)[0]) for at in self.divided] or [1.0])
        return float(self.sign * times / divided * np.prod([*self.literals, *self.sizes, 1.0]))


def _change(reading: Reading, chain: Chain, after: int) -> _Change:
    """Take a change apart: numbers, and the array that they multiply."""
    tape = reading.tape
    before = chain.versions[chain.versions.index(after) - 1]
    node = tape.nodes[after]
    made = _Change(
        chain, node.op, chain.steps[chain.versions.index(after) - 1], [], [], [], [],
        tape.nodes[before].value - tape.nodes[after].value, after,
    )  # fmt: skip
    while True:
        node = tape.nodes[made.core]
        if node.op == "negative" and node.inputs:
            made.core, made.sign = node.inputs[0], -made.sign
        elif node.op in ("multiply", "divide") and len(node.operands) == 2:
            sides = [(operand, tape.value(operand)) for operand in node.operands]
            plain = [np.size(value) == 1 and value is not None for _, value in sides]
            array = [isinstance(op, list) and np.shape(v) == np.shape(node.value) for op, v in sides]
            if all(plain) and isinstance(node.operands[1], list) and tape.nodes[node.operands[1][0]].inputs:
                scalar, other = node.operands[0], node.operands[1]  # a gradient that is one number
                if node.op == "divide":
                    break
            elif plain[1] and array[0]:
                scalar, other = node.operands[1], node.operands[0]
            elif plain[0] and array[1] and node.op == "multiply":
                scalar, other = node.operands[0], node.operands[1]
            else:
                break
            if isinstance(scalar, list):
                (made.divided if node.op == "divide" else made.times).append(scalar[0])
            else:
                number = float(scalar) if node.op == "multiply" else 1 / float(scalar or 1)
                (made.literals if isinstance(scalar, float) else made.sizes).append(number)
            made.core = other[0]
        elif (
            node.op in SAME
            and node.inputs
            and np.size(tape.nodes[node.inputs[0]].value) == np.size(node.value)
        ):
            made.core = node.inputs[0]
        elif node.op == "add" and len(node.inputs) == 2 and _decay(tape, node, before) is not None:
            made.core = _decay(tape, node, before) or 0
            made.total = (
                (-1 if made.op == "add" else 1)
                * made.scale(tape)
                * np.asarray(tape.nodes[made.core].value, float)
            )
        else:
            break
    if np.shape(tape.nodes[made.core].value) == np.shape(made.total):
        core = np.asarray(tape.nodes[made.core].value, float)
        made.total = (
            (-1 if made.op == "add" else 1) * made.scale(tape) * core
        )  # exact, where a difference is not
    return made


def _decay(tape: Tape, node: Node, weight: int) -> int | None:
    """Return the gradient in a sum of it and a multiple of the weight itself."""
    W = np.ravel(tape.nodes[weight].value)
    for mine, other in (node.inputs, node.inputs[::-1]):
        value = np.ravel(tape.nodes[other].value)
        square = float(W @ W) if W.size == value.size else 0.0
        if (
            square
            and np.allclose(value, (value @ W) / square * W, 1e-9, 1e-15)
            and tape.depends(other, weight)
        ):
            return mine if np.shape(tape.nodes[mine].value) == np.shape(node.value) else None
    return None


def _rate_in(reading: Reading, change: _Change) -> float:
    """Return the learning rate in a change; 1 where none is told."""
    tape, rates = reading.tape, _rates(reading)
    found = [abs(float(np.ravel(tape.nodes[at].value)[0])) for at in rates if tape.depends(change.at, at)]
    scales = [abs(float(np.ravel(tape.nodes[at].value)[0])) for at in (*change.times, *change.divided)]
    return next((value for value in found if any(np.isclose(value, s) for s in scales)), (found or [1.0])[0])


def _rates(reading: Reading) -> set[int]:
    """Find the numbers that are learning rates, by their names."""
    tape = reading.tape
    return {
        at
        for at, names in tape.named.items()
        if np.size(tape.nodes[at].value) == 1
        and any(quantity(last_name(name), False) == "learning_rate" for name in names)
    }


def _update(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at how the parameters are changed: sign, learning rate, each of them, once."""
    tape, rates = reading.tape, _rates(reading)
    steps = [step for step in reading.steps[:4] if step.passes]
    grown = _grown_bias(reading)
    if grown is not None:
        yield grown
        return
    replaced = _replaced(reading)
    if replaced is not None:
        yield _flaw(replaced, "update", "update_replaces")
        return
    if not steps:
        return
    rated = set(rates)
    for node in tape.nodes:
        sizes = [np.size(tape.nodes[entry].value) for entry in node.inputs]
        if (
            np.size(node.value) == 1
            and sizes
            and max(sizes) == 1
            and any(entry in rated for entry in node.inputs)
        ):
            rated.add(node.at)
    changes = [_change(reading, chain, after) for chain, (_, after) in steps[-1].changes.items()]
    counts = []
    for change in changes:
        inner = bool(rated & _scalars_in(reading, change.core))
        counts.append(
            (sum(at in rated for at in change.times), sum(at in rated for at in change.divided), inner)
        )
    some = any(times or divided or inner for times, divided, inner in counts)
    for change, (times, divided, inner) in zip(changes, counts, strict=True):
        node = tape.nodes[change.at]
        step = _step_of(node.inside, "update", ("update",))
        if divided:
            yield _flaw(node, step, "update_divides")
            return
        squared = [
            at
            for at in change.times
            if at in rated
            and tape.nodes[at].op in ("power", "multiply")
            and (
                tape.nodes[at].op == "power"
                or len(rated & {*tape.nodes[at].inputs}) == len(tape.nodes[at].inputs)
            )
        ]
        scale = abs(
            float(np.prod([float(np.ravel(tape.nodes[at].value)[0]) for at in change.times if at in rated]))
        )
        known = [abs(float(np.ravel(tape.nodes[at].value)[0])) for at in rates]
        twice = any(r > 1e-9 and not np.isclose(r, 1) and np.isclose(scale, r * r) for r in known)
        if twice and (squared or len([at for at in change.times if at in rated]) > 1):
            yield _flaw(node, step, "rate_squared")
            return
        if rates and some and not times and not inner and not change.literals:
            yield _flaw(node, step, "update_without_rate")
            return
    if rates and not some and all(not change.literals for change in changes) and _used_rate(reading, rates):
        yield _flaw(tape.nodes[changes[0].at], "update", "update_without_rate")
        return
    parameters = {chain for chain in reading.chains if chain.kind}
    for step_ in steps[:-1]:
        missing = parameters - set(step_.changes)
        if missing and len(step_.changes) < len(parameters):
            break
    still = [chain for chain in reading.chains if chain.kind and chain.lost >= 2 and len(chain.steps) <= 1]
    if still and len(steps[0].changes) > len(still):
        yield _flaw(tape.nodes[still[0].versions[-1]], "update", "update_some")
        return
    ops = {change.chain: change.op if change.scale(tape) > 0 else "other" for change in changes}
    if len(set(ops.values())) > 1:
        few = [c for c in ops if list(ops.values()).count(ops[c]) * 2 < len(ops)] or [
            c for c in ops if ops[c] == "add"
        ]
        if not few:
            return
        node = tape.nodes[steps[-1].changes[few[0]][1]]
        odd = next(change for change in changes if change.chain is few[0])
        if odd.scale(tape) > 0:
            yield _flaw(node, "update", "update_sign")
            return
    loose = _untrained(reading, steps)
    if loose is not None:
        yield loose
        return


def _untrained(reading: Reading, steps: Sequence[Step]) -> Flaw | None:
    """Find a weight or bias of the network that no step changes, and what becomes of it instead."""
    tape = reading.tape
    passed = steps[-1].passes[-1]
    for layer in passed.layers:
        at = layer.weight if layer.chain is None else layer.bias if layer.bias_chain is None else None
        if at is None:
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
            return _flaw(tape.nodes[copied[0].versions[1]], "train", "train_copies")
        for user in tape.users[root]:
            changed = [
                u
                for u in tape.users[user]
                if tape.nodes[u].op == "subtract" and tape.nodes[u].inputs[0] == user
            ]
            if tape.nodes[user].op in SAME and tape.nodes[user].op not in ("T", "changed") and changed:
                return _flaw(tape.nodes[changed[0]], "train", "train_copies")
        return _flaw(tape.nodes[layer.product if at == layer.weight else layer.Z], "update", "update_some")
    return None


def _replaced(reading: Reading) -> Node | None:
    """Find a parameter whose place is taken by a multiple of its gradient."""
    tape = reading.tape
    hot = _after_products(tape)
    roots: dict[str, tuple[int, ...]] = {}
    for passed in reading.passes[:2]:
        for layer in passed.layers:
            for at in (layer.weight, layer.bias):
                if at is not None:
                    origin = tape.origin(at)[0]
                    for name in (*tape.named.get(origin, ()), *tape.named.get(at, ())):
                        roots[name] = tuple(np.shape(tape.nodes[origin].value))
    for at, names in tape.named.items():
        node = tape.nodes[at]
        scaled = at in hot and node.op in ("multiply", "negative", "divide") and at not in reading.versions
        if scaled and any(roots.get(name) == tuple(np.shape(node.value)) for name in names):
            return node
    return None


def _used_rate(reading: Reading, rates: set[int]) -> bool:
    """Tell whether a learning rate is handed to the function that changes the parameters."""
    tape = reading.tape
    after = min((node for chain in reading.chains for node in chain.versions[1:2]), default=-1)
    return after >= 0 and any(
        any(isinstance(value, list) and value[0] in rates for value in call.arguments.values())
        for call in tape.within(after)
    )


def _scalars_in(reading: Reading, at: int) -> set[int]:
    """Return the numbers that an array was multiplied by on its way back from the output."""
    tape = reading.tape
    made = tape.ancestors([at], set(reading.versions))
    return {entry for entry in made if np.size(tape.nodes[entry].value) == 1}


def _gradient(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold what each step takes away against calculus."""
    tape = reading.tape
    steps = [step for step in reading.steps[:4] if step.passes]
    for number, step in enumerate(reversed(steps)):
        layers_of = step.passes[0].layers
        by = {
            (chain.kind, chain.layer): (chain, after)
            for chain, (_, after) in step.changes.items()
            if chain.kind
        }
        if any(("W", k) not in by for k in range(len(layers_of))):
            continue
        data = _data_of(reading, step)
        early = _changed_too_early(reading, step)
        if early is not None:
            yield _flaw(early, "compute_gradient", "weights_changed_too_early")
            return
        ignored = data is None and bool(step.passes) and all(passed.Y is None for passed in step.passes)
        if ignored:
            for passed in step.passes:
                passed.Y = np.zeros_like(reading.rows(passed.layers[-1].Z, passed.layers[-1]))
            data = _data_of(reading, step)
            for passed in step.passes:
                passed.Y = None
        if data is None:
            continue
        X, Y, P = data
        layers, gradient, made = [], [], {}
        for k, layer in enumerate(layers_of):
            chain, after = by["W", k]
            change = _change(reading, chain, after)
            made[f"dW{k + 1}"] = change
            dW = reading.like_W(chain, change.total)
            db = None
            if ("b", k) in by:
                change = made[f"db{k + 1}"] = _change(reading, *by["b", k])
                db = np.ravel(change.total)
            b = reading.b(layer)
            layers.append(
                (reading.W(layer), b if b is None or b.size > 1 or reading.W(layer).shape[1] == 1 else None)
            )
            gradient.append((dW, db if layers[-1][1] is not None else None))
        if any(W.shape != dW.shape for (W, _), (dW, _) in zip(layers, gradient, strict=True)):
            continue
        if any((b is None) != (db is None) for (_, b), (_, db) in zip(layers, gradient, strict=True)):
            gradient = [
                (dW, np.zeros_like(b) if db is None and b is not None else db)
                for (_, b), (dW, db) in zip(layers, gradient, strict=True)
            ]
        if _adaptive(reading, made.values()):
            return
        passed = step.passes[0]
        hidden = passed.hidden or "ReLU"
        known = [Model(hidden, passed.output, loss) for loss in _losses_of(reading, passed)]
        explained = explain(X, Y, layers, gradient, P, known, 0.0)
        if explained is None:
            explained = _best(X, Y, layers, gradient, known)
        if ignored:
            if explained is not None and not explained.wrong and len(X) > 1:
                yield _flaw(_first_of(reading, made["dW1"], X, Y), "compute_gradient", "truth_ignored")
            return
        if explained is None or explained.wrong:
            for code, other in (("truth_ignored", 0 * Y), ("gradient_sign", -Y)):
                twin = explain(X, other, layers, gradient, P, known, 0.0)
                if twin is not None and not twin.wrong:
                    yield _flaw(_first_of(reading, made["dW1"], X, Y), "compute_gradient", code)
                    return
        verdict.explanation = explained
        if explained is None:
            return
        flaws = list(_flaws_of_gradient(reading, explained, made, X, Y, layers, gradient))
        if flaws:
            yield flaws[0]
            return
        verdict.right |= {"compute_gradient": tape.nodes[made["dW1"].core].inside, "update": ""}
        verdict.convention["loss"] = explained.model.loss
        if number >= 1:
            return


def _best(X: Any, Y: Any, layers: Any, gradient: Any, known: Sequence[Model]) -> Explanation | None:
    found = [hold(model, model.gradient(X, Y, layers), gradient, layers, len(X)) for model in known]
    return min(found, key=lambda each: len(each.wrong), default=None)


def _losses_of(reading: Reading, passed: Pass) -> Sequence[str]:
    """Return the losses that a network of this output may have, the one that the program shows first."""
    possible = OUTPUTS[passed.output][1]
    tape = reading.tape
    after = tape.descendants([passed.P], set(reading.versions))
    logs = any(tape.nodes[at].op in ("log", "log2", "log10") for at in after)
    return sorted(possible, key=lambda loss: ("entropy" in loss) != logs)


def _adaptive(reading: Reading, changes: Any) -> bool:
    """Tell whether parameters are changed by more than a multiple of the gradient: Adam, RMSprop."""
    tape = reading.tape
    for change in changes:
        node = tape.nodes[change.core]
        near = [node, *(tape.nodes[entry] for entry in node.inputs)]
        deeper = [tape.nodes[entry] for each in near for entry in each.inputs]
        if node.op == "divide" and any(each.op in ("sqrt", "power") for each in (*near, *deeper)):
            return True
    return False


def _changed_too_early(reading: Reading, step: Step) -> Node | None:
    """Find a way back through a weight that this very step has changed already."""
    tape = reading.tape
    newer = {after: chain for chain, (_, after) in step.changes.items()}
    for chain, (_, after) in step.changes.items():
        change = chain.steps[chain.versions.index(after) - 1]
        made = tape.ancestors([change], set(reading.versions))
        for at in made & set(newer):
            if newer[at] is not chain and newer[at].kind == "W":
                return tape.nodes[at]
    return None


def _flaws_of_gradient(
    reading: Reading,
    explained: Explanation,
    made: dict[str, _Change],
    X: Any,
    Y: Any,
    layers: Any,
    gradient: Any,
) -> Iterator[Flaw]:
    tape, n, K = reading.tape, len(X), Y.shape[1]
    names = list(made)
    single = any(tape.nodes[each.at].value.dtype == np.float32 for each in made.values())
    if single and not explained.code:
        return  # too coarse to be sure
    if explained.wrong:
        parts = [name for name in (explained.explained or explained.wrong) if name in made] or names
        code = explained.code
        change = made[min(parts, key=lambda name: made[name].core)]
        node = _culprit(reading, change, explained, X, Y, layers)
        if all(not np.any(made[name].total) for name in parts):
            code = "gradient_zero"
        signs = {name: made[name].op for name in names}
        if code == "gradient_sign" and len(parts) < len(names):
            odd = [name for name in parts if signs[name] == "add" and made[name].sign > 0]
            if odd:
                yield _flaw(tape.nodes[made[odd[0]].at], "update", "update_sign")
                return
        code = code or _structure(reading, node, change, explained, X, Y, layers)
        step = _step_of(node.inside, "compute_gradient", ("compute_gradient", "relu_derivative"))
        slopes = [
            tape.nodes[at] for at in sorted(tape.ancestors([change.core], set(reading.versions)))
            if role_of(tape.nodes[at].inside.split(".")[-1]).endswith("derivative")
        ]  # fmt: skip
        if code == "relu_derivative_missing" and not slopes and node.op in PRODUCTS:
            carried = [entry for entry in node.inputs if tape.nodes[tape.origin(entry)[0]].op in PRODUCTS]
            node = tape.nodes[tape.origin(carried[0])[0]] if carried else node  # where it should have been
        if (
            code in ("relu_derivative_missing", "relu_derivative_itself", "relu_derivative_flipped")
            and slopes
        ):
            step, node = "relu_derivative", slopes[-1]
        elif code in ("relu_derivative_wrong_array", "slope_wrong_array", "weights_not_used", "dO_for_dZ"):
            step = "compute_gradient"
        yield _flaw(node, step, code, ", ".join(explained.wrong))
        return
    change = made["dW1"]
    rates = _rates(reading)
    scalar = _rate_in(reading, change)
    factor = explained.factor / (scalar or 1.0)
    if factor < 0:
        if change.op == "add" and change.scale(tape) > 0:
            yield _flaw(tape.nodes[change.at], "update", "update_sign")
        else:
            node = _first_of(reading, change, X, Y)
            yield _flaw(node, "compute_gradient", "gradient_sign")
        return
    if not rates or scalar == 1.0 or n < 4:
        return
    if "entropy" not in explained.model.loss:
        own = _own_factor(reading, explained)
        if own is not None and any(np.isclose(own, c) and np.isclose(factor, 4 * c) for c in (0.5, 0.5 / n)):
            yield _flaw(_first_of(reading, change, X, Y), "compute_gradient", "factor_two")
        elif own is not None and np.isclose(factor, 1 / n**2):
            yield _flaw(_first_of(reading, change, X, Y), "compute_gradient", "mean_twice")
        return
    for code, value in (
        ("mean_twice", 1 / n**2), ("mean_over_classes", 1 / K if K > 1 else -1),
        ("mean_over_entries", 1 / (n * K)), ("factor_two", 2 / n), ("factor_half", 0.5 / n),
    ):  # fmt: skip
        if np.isclose(factor, value, 1e-6) and not any(np.isclose(value, right) for right in (1, 1 / n)):
            own = _own_factor(reading, explained)
            if own is None or not np.isclose(own, factor, 1e-5):
                yield _flaw(_first_of(reading, change, X, Y), "compute_gradient", code)
                return
    own = _own_factor(reading, explained)
    if own is not None and np.isclose(own, factor, 1e-5):
        return
    if own is not None and np.isclose(factor, 1) and np.isclose(own, 1 / n):
        yield _flaw(_first_of(reading, change, X, Y), "compute_gradient", "mean_missing")


def _own_factor(reading: Reading, explained: Explanation) -> float | None:
    """Tell by which factor the program's own loss is the summed one."""
    for node, value, P, Y in _own_losses(reading):
        del node
        for code, loss in losses(Y, P):
            if code == "" and loss and np.isfinite(loss):
                factor = value / loss
                n, K = Y.shape
                if any(
                    np.isclose(factor, right, 1e-4) for right in (1, 1 / n, 1 / (n * K), 1 / K, 0.5 / n, 0.5)
                ):
                    return factor
    return None


def _first_of(reading: Reading, change: _Change, X: Any, Y: Any) -> Node:
    """Return the line where the error of the output is made, or what stands for it."""
    tape = reading.tape
    made = tape.ancestors([change.core], set(reading.versions))
    shaped = [
        tape.nodes[at] for at in sorted(made)
        if np.shape(tape.nodes[at].value) in (Y.shape, Y.T.shape)
        and tape.nodes[at].op.startswith(("subtract", "divide"))
    ]  # fmt: skip
    return shaped[-1] if shaped else tape.nodes[change.core]


def _culprit(reading: Reading, change: _Change, explained: Explanation, X: Any, Y: Any, layers: Any) -> Node:
    """Find the operation that is wrong though all that goes into it is right."""
    tape, model = reading.tape, explained.model
    Zs, As = model.forward(X, layers)
    dO = model.error(Y, Zs[-1], As[-1])
    right = [X, Y, *Zs, *As, dO, *(W for W, _ in layers)]
    for dW, db in model.gradient(X, Y, layers):
        right += [dW, db]
    if len(layers) == 2:
        dH = dO @ layers[1][0].T
        slope = HIDDEN[model.hidden][1](Zs[0], As[0])
        right += [dH, slope, dH * slope]
    at = change.core
    hot = tape.descendants([passed.layers[0].product for passed in reading.passes], set(reading.versions))
    seen = set()
    while at not in seen:
        seen.add(at)
        node = tape.nodes[at]
        strange = [
            entry for entry in node.inputs
            if entry not in reading.versions and np.size(tape.nodes[entry].value) > 1 and entry in hot
            and tape.nodes[entry].inputs and not _is_one_of(tape.nodes[entry].value, right)
        ]  # fmt: skip
        if not strange:
            return node
        at = max(strange)
    return tape.nodes[at]


def _structure(
    reading: Reading, node: Node, change: _Change, explained: Explanation, X: Any, Y: Any, layers: Any
) -> str:
    """Name a fault by what stands at the faulty operation; empty if that tells nothing."""
    tape, model = reading.tape, explained.model
    if len(layers) != 2:
        return ""
    Zs, As = model.forward(X, layers)
    dO = model.error(Y, Zs[1], As[1])
    dH = dO @ layers[1][0].T
    slope = HIDDEN[model.hidden][1](Zs[0], As[0])
    names = {"X": X, "Z": Zs[0], "H": As[0], "O": Zs[1], "P": As[1], "dO": dO, "dH": dH, "slope": slope,
        "dZ": dH * slope, "E": As[1] - Y}  # fmt: skip
    there = []
    for entry in node.inputs:
        value = tape.nodes[entry].value
        if np.size(value) > 1:
            there.append(next((name for name, right in names.items() if _is_one_of(value, [right])), ""))
    derived = any(
        role_of(tape.nodes[entry].inside.split(".")[-1]).endswith("derivative") for entry in node.inputs
    )
    size = tape.nodes[change.core].value.size
    if node.op == "multiply":
        if "dO" in there and ("slope" in there or "H" in there or "Z" in there):
            return "weights_not_used"
        if "dH" in there:
            return "slope_formula" if derived else "slope_wrong_array"
        if "E" in there and len(there) == 2:
            return "slope_formula" if derived else "output_slope_wrong_array"
    if node.op in ("dot", "matmul") and size == layers[1][0].size and "dO" in there:
        return {"Z": "Z_for_H", "X": "X_for_H"}.get(next((t for t in there if t in "ZX" and t), ""), "")
    if node.op in ("dot", "matmul") and "X" in there:
        return {"dH": "relu_derivative_missing", "dO": "dO_for_dZ"}.get(
            next((t for t in there if t != "X"), ""), ""
        )
    if node.op in ("sum", "mean") and there[:1] == ["dO"] and change.chain.layer == 0:
        return "dO_for_dZ"
    if node.op in ("sum", "mean") and there[:1] == ["dH"]:
        return "relu_derivative_missing"
    return ""


def _is_one_of(value: Any, right: Sequence[Any]) -> bool:
    """Tell whether an array is a multiple of one of these, turned or not."""
    value = np.asarray(value, float)
    for wanted in right:
        if value.size != np.size(wanted):
            continue
        for turned in (wanted, np.transpose(wanted)):
            flat, other = value.ravel(), np.ravel(turned)
            square = float(other @ other)
            if square and np.allclose(flat, (flat @ other) / square * other, 1e-6, 1e-9 * np.abs(flat).max()):
                return True
    return False


# --- the training ---


def _training(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at how often, on what and from where the steps are taken."""
    tape = reading.tape
    steps = [step for step in reading.steps if step.passes]
    lost = [chain for chain in reading.chains if chain.kind and chain.lost >= 2 and len(chain.steps) <= 1]
    if lost and len(lost) * 2 >= len([c for c in reading.chains if c.kind]):
        yield _flaw(tape.nodes[lost[0].versions[-1]], "train", "update_lost")
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
                yield _flaw(changed[-1], "train", "update_after_loop")
        return
    for before_, step in pairwise(steps[:4]):
        if step.passes != before_.passes:
            continue
        cores = [
            {_change(reading, chain, after).core for chain, (_, after) in each.changes.items()}
            for each in (before_, step)
        ]  # fmt: skip
        if cores[0] == cores[1]:
            yield _flaw(tape.nodes[step.first], "update", "update_twice")
        else:
            yield _flaw(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
        return
    rates_ = _rates(reading)
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
                    _change(reading, c, after).literals for c, (_, after) in steps[0].changes.items()
                )
                if unused and (others or literal):
                    yield _flaw(tape.nodes[steps[0].first], "train", "rate_ignored")
                    return
    for step in steps[1:4]:
        used = {tape.origin(layer.weight)[0] for passed in step.passes for layer in passed.layers}
        before = {old for chain, (old, _) in step.changes.items() if chain.kind == "W"}
        stale = [
            chain for chain, (old, _) in step.changes.items()
            if chain.kind == "W" and old not in used and used & set(chain.versions)
        ]  # fmt: skip
        if stale and len(stale) == len(before):
            yield _flaw(tape.nodes[step.passes[0].layers[0].product], "train", "stale_forward")
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
            yield _flaw(tape.nodes[first.first], "train", "update_after_loop")
            return
    later = [passed for passed in reading.passes if passed.layers[0].product > steps[-1].last]
    for passed in later:
        layer = passed.layers[0]
        origin = tape.origin(layer.weight)[0]
        for chain in reading.chains:
            if chain.kind == "W" and len(chain.versions) > 2 and origin == chain.versions[0]:
                yield _flaw(tape.nodes[steps[0].last], "train", "train_copies")
                return
    rates = [
        [float(tape.nodes[at].value) for at in _change(reading, chain, after).times]
        for step in steps[:6] for chain, (_, after) in list(step.changes.items())[:1]
    ]  # fmt: skip
    flat = [abs(np.prod(values)) for values in rates if values]
    if len(flat) >= 4 and flat[-1] < 0.02 * flat[0]:
        yield _flaw(tape.nodes[steps[1].first], "train", "rate_decays")
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
            yield _flaw(xs[0], "train", "first_batch_only")
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
        data = _data_of(reading, step)
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
            yield _flaw(reading.tape.nodes[step.passes[0].layers[0].source], "train", "shuffled_apart")
            return


# --- the data ---


def _data(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """See that samples and labels stay together, and that the test part is kept apart."""
    tape = reading.tape
    for node in tape.nodes:
        if node.op in ("put", "subtract_at", "add_at", "item") and len(node.operands) > 1:
            key = node.operands[1]
            for part in key["l"] if isinstance(key, dict) and "l" in key else ():
                value = np.asarray(tape.nodes[part[0]].value) if isinstance(part, list) else np.zeros(1)
                if value.ndim == 1 and value.size > 3 and value.dtype.kind == "i" and value.min() == -1:
                    yield _flaw(node, "one_hot", "labels_one_off")
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
                yield _flaw(node, "data", "truncated")
                return
    if x is not None and y is not None and len(steps[0].passes) == 1:
        (root_x, index_x), (root_y, index_y) = x, y
        same = len(index_x) == len(index_y) and root_x[1] == root_y[1]
        if same and not np.array_equal(index_x, index_y) and root_x[1] > 8:
            yield _flaw(tape.nodes[layer.source], "data", "shuffled_apart")
            return
    if x is None:
        return
    tests = [
        other for other in reading.passes
        if any(
            "test" in name.lower() or "val" in name.lower()
            for name in _names_of(tape, other.layers[0].source)
        )
    ]  # fmt: skip
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
            yield _flaw(tape.nodes[other.layers[0].source], "data", "test_in_training")
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
                        yield _flaw(node, "data", what)
                        return


def _labels_written(reading: Reading, passed: Pass) -> Iterator[Flaw]:
    """See that one-hot rows have a single 1."""
    tape, Y = reading.tape, passed.Y
    if Y is None or Y.shape[1] < 2 or passed.output not in ("softmax", "sigmoid"):
        return
    single = np.all((Y != 0).sum(axis=1) == 1) and len({*np.ravel(Y).tolist()}) == 2
    if single and Y.max() != 1:
        made = [
            tape.nodes[at]
            for at in sorted(tape.ancestors([passed.truth]))
            if tape.nodes[at].op in ("put", "multiply")
        ]
        yield _flaw(made[-1] if made else tape.nodes[passed.truth], "one_hot", "one_hot_value")


def _names_of(tape: Tape, at: int) -> list[str]:
    """Return the names of an array and of those that it is a copy of."""
    return [*tape.named.get(at, ()), *tape.named.get(tape.origin(at)[0], ())]


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
        before = tape.nodes[node.inputs[0]]
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


# --- the loss and the prediction ---


def _own_losses(reading: Reading) -> Iterator[tuple[Node, float, Any, Any]]:
    """Yield the program's losses: node, value, and P and Y of the samples that they are of."""
    tape = reading.tape
    wanted = [
        call.result[0] for call in tape.calls
        if isinstance(call.result, list) and role_of(call.name.split(".")[-1]) == "cross_entropy"
    ]  # fmt: skip
    wanted += [
        at for at, names in tape.named.items()
        if any(
            word in last_name(name).lower()
            for name in names for word in ("loss", "cost", "error", "mse", "bce")
        )
        or any(last_name(name) in ("J", "L", "E") for name in names)
    ]  # fmt: skip
    for at in sorted(set(wanted)):
        node = tape.nodes[at]
        if np.size(node.value) != 1:
            continue
        ours = [p for p in reading.passes if len(p.layers) > 1 and tape.depends(at, p.layers[-1].Z)]
        if not ours:
            continue
        last = ours[-1]
        made = tape.ancestors([at], set(reading.versions))
        ours = [p for p in ours if p.layers[-1].Z in made]
        truths = []
        for passed in ours:
            Y = passed.Y
            if Y is None:
                Y = next((found for _, found, _ in labels_of(reading, passed, made)), None)
            truths.append(Y)
        if not ours or any(Y is None for Y in truths):
            continue
        del last
        P = np.concatenate([reading.rows(p.P, p.layers[-1]) for p in ours])
        Y = np.concatenate(truths)
        if P.shape == Y.shape:
            yield node, float(np.ravel(node.value)[0]), P, Y


def _loss(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold the program's losses against the usual ones, and their faults."""
    found: list[tuple[str, Node]] = []
    for call in reading.tape.calls:
        if role_of(call.name.split(".")[-1]) == "cross_entropy" and isinstance(call.result, list):
            node = reading.tape.nodes[call.result[0]]
            ours = [
                p
                for p in reading.passes
                if len(p.layers) > 1 and reading.tape.depends(node.at, p.layers[-1].Z)
            ]
            n = len(reading.rows(ours[-1].P, ours[-1].layers[-1])) if ours else 0
            if (
                n > 3
                and np.size(node.value) == n
                and np.ndim(node.value) == 1
                and "derivative" not in call.name
            ):
                yield _flaw(node, "cross_entropy", "loss_not_summed")
                return
    for node, value, P, Y in _own_losses(reading):
        n, K = Y.shape
        for code, loss in losses(Y, P):
            factors = (1, 1 / n, 1 / (2 * n), 0.5, 1 / (n * K), 1 / K, 1 / (2 * n * K), 2 / n)
            hit = next(
                (
                    f
                    for f in factors
                    if loss and np.isfinite(loss) and np.isclose(value, f * loss, 1e-6, 1e-12)
                ),
                None,
            )
            if hit is not None:
                entropy = not np.isclose(loss, np.sum((P - Y) ** 2))
                if not code and entropy and n > 3 and not np.isclose(hit, 1 / n):
                    explained = verdict.explanation
                    code = {
                        1: "loss_not_averaged",
                        1 / (n * K): "mean_over_entries",
                        1 / K: "mean_over_classes",
                    }.get(hit, "")
                    if (
                        explained is None
                        or explained.wrong
                        or (code == "loss_not_averaged" and not _averaged(reading, explained, n))
                    ):
                        code = ""
                if not code and not entropy and n > 3 and any(np.isclose(hit, f) for f in (1, 0.5)):
                    explained = verdict.explanation
                    averaged = (
                        explained is not None and not explained.wrong and _averaged(reading, explained, n)
                    )
                    code = "loss_not_averaged" if averaged else ""
                found.append((code, node))
                break
        if len(found) >= 4:
            break
    codes = {code for code, _ in found}
    if found and len(codes) == 1 and codes != {""}:
        node = found[-1][1]
        yield _flaw(node, "cross_entropy", codes.pop())
    elif found:
        verdict.right["cross_entropy"] = found[-1][1].inside


def _averaged(reading: Reading, explained: Explanation, n: int) -> bool:
    """Tell whether the gradient is averaged over the samples."""
    step = next(step for step in reading.steps if step.passes)
    chain, (_, after) = next(iter(step.changes.items()))
    rates = _rates(reading)
    scalar = _rate_in(reading, _change(reading, chain, after))
    return bool(rates) and bool(np.isclose(explained.factor / scalar, 1 / n, 1e-4))


def _predictions(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at what the classes are taken from."""
    tape = reading.tape
    outputs = {passed.P: passed for passed in reading.passes if len(passed.layers) > 1}
    for passed in list(outputs.values()):
        outputs[passed.layers[-1].Z] = passed
    for node in tape.nodes:
        if (
            node.op not in ("argmax", "argmin", "max", "greater", "less", "greater_equal", "less_equal")
            or not node.inputs
        ):
            continue
        origin = tape.origin(node.inputs[0])[0]
        of = outputs.get(origin)
        if of is None:
            continue
        layer = of.layers[-1]
        O = reading.rows(origin, layer)
        n, K = O.shape
        value = np.ravel(node.value)
        step = _step_of(node.inside, "predict", ("predict",))
        if node.op == "argmin" and K > 1:
            yield _flaw(node, step, "predicts_least")
            return
        if node.op == "argmax" and K > 1:
            if value.size == n and np.array_equal(value, O.argmax(axis=1)):
                used = [tape.nodes[user] for user in tape.users[node.at]]
                if any(u.op == "add" and 1 in u.operands for u in used):
                    yield _flaw(node, step, "predicts_from_one")
                    return
                verdict.right.setdefault("predict", node.inside)
            elif n > 1 and value.size == 1:
                yield _flaw(node, step, "argmax_whole_matrix")
                return
            elif n > 1 and value.size == K != n:
                yield _flaw(node, step, "wrong_axis")
                return
        if (
            node.op in ("greater", "less", "greater_equal", "less_equal")
            and K == 1
            and passed.output == "sigmoid"
        ):
            limit = tape.value(node.operands[1]) if len(node.operands) > 1 else None
            if limit is not None and np.size(limit) == 1:
                if node.op.startswith("less"):
                    yield _flaw(node, step, "predicts_least")
                    return
                if float(np.ravel(limit)[0]) != 0.5 and origin == of.P:
                    yield _flaw(node, step, "predicts_threshold")
                    return
                verdict.right.setdefault("predict", node.inside)
    for call in tape.calls:
        if role_of(call.name.split(".")[-1]) == "predict" and isinstance(call.result, list):
            result = np.asarray(tape.nodes[call.result[0]].value)
            of = outputs.get(tape.origin(call.result[0])[0])
            if result.dtype.kind == "f" and of is not None and of.output in ("softmax", "sigmoid"):
                line = tape.nodes[call.result[0]]
                yield Flaw("predict", "predicts_probabilities", line.block, call.line, call.name)
                return
