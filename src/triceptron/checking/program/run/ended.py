"""Why a program has ended with an error: which operands met that do not fit."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.passes import Reading
from triceptron.checking.program.run.changes import grown_bias, is_start, unfit_change
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, maker_of, step_of
from triceptron.checking.program.run.forward import judge_forward
from triceptron.checking.program.run.outputs import judge_predictions
from triceptron.checking.program.tape import PRODUCTS, Tape

__all__ = ["fails_anyhow", "judge_end"]


def judge_end(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Explain an operation whose operands do not fit."""
    raised, tape = reading.tape.raised, reading.tape
    if (
        raised is None
        or tape.cut
        or raised.error not in ("ValueError", "IndexError", "TypeError", "AttributeError", "AxisError")
    ):
        return
    values = [tape.value(operand) for operand in raised.operands]
    arrays = [value for value in values if np.ndim(value) >= 1]
    if not arrays or "'_Fake'" in raised.text or "'Stub'" in raised.text:
        return
    if tape.stand_ins and (raised.op in ("item", "put") or not _is_of_network(reading, arrays)):
        return
    if any("." not in name for name in tape.stand_ins):
        return  # with another answer, or with what the program's own loader would give, it may go on
    if "unexpected keyword argument" in raised.text or "numpy boolean" in raised.text:
        return  # NumPy is not the one that it was written for
    if raised.text.startswith("too many indices") and not any(n.op in PRODUCTS for n in tape.nodes):
        return  # something is looked at before there is a network
    if tape.stand_ins and any(0 in np.shape(array) for array in arrays):
        return  # there are fewer samples than the program has batches for
    hot = tape.after_products
    refs = [operand[0] for operand in raised.operands if isinstance(operand, list)]
    late = any(ref in hot for ref in refs)
    got = f"{raised.error}: {raised.text}"
    grown = grown_bias(reading)
    if grown is not None:
        yield grown
        return
    earlier = [flaw for flaw in judge_forward(reading, Verdict()) if flaw.step == "relu"]
    if earlier:
        yield earlier[0]
        return
    if raised.op in ("equal", "not_equal"):
        flaws = list(judge_predictions(reading, verdict))
        floats = [
            v for v in arrays if np.asarray(v).dtype.kind == "f" and np.ndim(v) == 2 and min(np.shape(v)) > 1
        ]
        if not flaws and floats and late:
            flaws = [flaw_at(raised, "predict", "predicts_probabilities", "", got)]
        yield from flaws or [flaw_at(raised, "predict", "shapes_clash", "", got)]
        return
    for ref in refs:
        node = tape.nodes[ref]
        if (
            node.op in ("max", "amax")
            and node.inputs
            and node.inputs[0] in hot
            and raised.op in ("dot", "matmul")
        ):
            yield flaw_at(node, "relu", "relu_maximum", "", got)
            return
    if raised.op in ("max", "amax"):
        yield flaw_at(raised, "relu", "relu_maximum", "", got)
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
            turned = a.shape[0] == b.shape[0] or a.shape[1] == b.shape[1] or a.shape[0] == b.shape[1]
            code = "transpose_missing" if turned else "shapes_clash"
    elif (
        raised.op in ("divide", "subtract")
        and len(arrays) == 2
        and {np.ndim(a) for a in arrays[:2]} == {1, 2}
    ):
        code = "keepdims_missing"
    if raised.op in ("item", "put", "subtract_at") and "out of bounds" in raised.text:
        earlier = list(judge_forward(reading, verdict))
        index, size = [*re.findall(r"-?\d+", raised.text), "", ""][0:3:2]
        yield from earlier[:1] or [
            flaw_at(raised, "one_hot", "labels_one_off" if index == size else "", "", got)
        ]
        return
    if raised.op in ("add", "subtract") and len(refs) == 2 and refs[1] in hot and is_start(reading, refs[0]):
        yield unfit_change(reading, refs[0], refs[1], got)
        return
    if raised.op == "multiply" and matrices:
        sources = {tape.origin(layer.source)[0] for p in reading.passes for layer in p.layers}
        forward = any(tape.origin(ref)[0] in sources for ref in refs)  # H itself, and no slope
        hidden = [p for p in reading.passes if len(p.layers) > 1 and not forward]
        shapes = {np.shape(array) for array in arrays[:2]}
        if any(
            shapes == {np.shape(tape.nodes[p.P].value), np.shape(tape.nodes[p.layers[0].Z].value)}
            for p in hidden
        ):
            yield flaw_at(raised, "compute_gradient", "dO_for_dZ", "", got)
            return
    step = "forward"
    after = _after_outputs(reading)
    if any(ref in after for ref in refs) and late:
        step = step_of(
            raised.inside, "compute_gradient", ("compute_gradient", "cross_entropy", "predict", "softmax")
        )
    layers = max((len(passed.layers) for passed in reading.passes), default=0)
    if late and layers < 3 and role_of(raised.inside) != "forward":
        step = "compute_gradient" if max(_depths(tape)[ref] for ref in refs) >= 3 else step
    if step == "forward" and code == "transpose_missing":
        own = [ref for ref in refs if ref not in hot and is_start(reading, ref)]
        if own and all(tape.nodes[ref].op not in ("T", "transpose") for ref in refs):
            a, b = arrays[:2]
            turned = a.shape[1] == b.shape[1] or a.shape[0] == b.shape[0]
            if turned:
                node = maker_of(tape, tape.origin(own[-1])[0])
                yield flaw_at(node, "initialize", "transposed", "", got)
                return
    yield flaw_at(raised, step, code, "", got)


def fails_anyhow(reading: Reading) -> bool:
    """Tell whether a program fails whatever samples it is called with: after outputs have met labels."""
    raised, tape = reading.tape.raised, reading.tape
    if raised is None or raised.op not in (*PRODUCTS, "add", "subtract", "multiply"):
        return False
    first = raised.operands[:1] if raised.op in ("add", "subtract") else []
    if any(not isinstance(operand, list) or not is_start(reading, operand[0]) for operand in first):
        return False
    refs = [operand[0] for operand in raised.operands if isinstance(operand, list)]
    for passed in reading.passes:
        made = [tape.nodes[at] for at in tape.descendants([passed.P], reading.versions) if at != passed.P]
        shape = np.shape(tape.nodes[passed.P].value)
        met = [
            node.at for node in made
            if node.op in ("subtract", "subtract_at", "add_at") and np.shape(node.value) == shape
        ]  # fmt: skip
        samples = shape[0 if passed.layers[0].rows else -1] if len(shape) == 2 else 1
        twice = any(np.shape(tape.nodes[ref].value).count(samples) > 1 for ref in refs)  # (n,) met (n, 1)
        plain = samples == 1 and np.ndim(tape.nodes[passed.layers[0].source].value) == len(shape) == 2
        sound = len(passed.layers) > 1 and (plain or (samples > 1 and not twice))
        if sound and any(tape.depends(ref, at) for ref in refs for at in met):
            return True
    return False


def _is_of_network(reading: Reading, arrays: Sequence[Any]) -> bool:
    """Tell whether all sizes are those of the layers and of the last samples, and not of made-up data."""
    sizes = {1}
    for passed in reading.passes[-1:]:
        sizes.add(len(reading.rows(passed.layers[0].source, passed.layers[0])))
    for passed in reading.passes:
        for layer in passed.layers:
            sizes |= {*reading.W(layer).shape}
    drawn = [n for n in reading.tape.nodes if n.op.startswith("random.") and np.ndim(n.value) == 2]
    for node in drawn:
        sizes |= {*np.shape(node.value)}  # a weight, though no way forward has come to it
    return (
        bool(reading.passes or len(drawn) > 1)
        and {size for array in arrays for size in np.shape(array)} <= sizes
    )


def _depths(tape: Tape) -> list[int]:
    """Tell of how many products, one after another, each node is made."""
    found: list[int] = []
    for node in tape.nodes:
        before = max((found[entry] for entry in node.inputs), default=0)
        found.append(before + (node.op in PRODUCTS))
    return found


def _after_outputs(reading: Reading) -> set[int]:
    """Return what is made with the networks' outputs, without them."""
    starts = [passed.P for passed in reading.passes if len(passed.layers) > 1]
    return reading.tape.descendants(starts, reading.versions) - set(starts) if starts else set()
