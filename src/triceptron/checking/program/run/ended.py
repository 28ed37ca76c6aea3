"""Why a program has ended with an error: which operands met that do not fit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.passes import Reading, last_name
from triceptron.checking.program.run.changes import grown_bias, is_start, unfit_change
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, maker_of, step_of
from triceptron.checking.program.run.forward import judge_forward
from triceptron.checking.program.run.outputs import is_loss
from triceptron.checking.program.run.predictions import judge_predictions
from triceptron.checking.program.tape import PRODUCTS, Node, Raised, Tape, nodes_in

__all__ = ["fails_anyhow", "judge_end"]


@dataclass(frozen=True)
class _Clash:
    """An operation that failed, the arrays that met there, and the nodes that made them."""

    reading: Reading
    verdict: Verdict
    raised: Raised
    arrays: Sequence[Any]
    refs: Sequence[int]
    got: str

    def flaw(self, step: str, code: str, node: Node | None = None) -> Flaw:
        return flaw_at(node or self.raised, step, code, "", self.got)

    @property
    def late(self) -> bool:
        """Whether a product of the network is in it."""
        return any(ref in self.reading.tape.after_products for ref in self.refs)

    @property
    def matrices(self) -> bool:
        return len(self.arrays) >= 2 and all(np.ndim(array) == 2 for array in self.arrays[:2])


def judge_end(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Explain an operation whose operands do not fit."""
    clash = _clash(reading, verdict)
    if clash is None:
        return
    for look in (_bias, _activation, _loss, _comparison, _maximum, _index, _change, _slope):
        flaws = look(clash)
        if flaws:
            yield from flaws
            return
    yield _product(clash)


def _clash(reading: Reading, verdict: Verdict) -> _Clash | None:
    """Return the operation that failed, where it is the program that is to blame, and no data made up."""
    raised, tape = reading.tape.raised, reading.tape
    errors = ("ValueError", "IndexError", "TypeError", "AttributeError", "AxisError")
    if raised is None or tape.cut or raised.error not in errors:
        return None
    arrays = [value for value in map(tape.value, raised.operands) if np.ndim(value) >= 1]
    if not arrays or "'_Fake'" in raised.text or "'Stub'" in raised.text:
        return None
    made_up = raised.op in ("item", "put", "int", "float", "reshape") or not _is_of_network(reading, arrays)
    if tape.stand_ins and made_up and not _is_moved(tape, raised):
        return None
    if tape.stand_ins and raised.op in PRODUCTS and any(np.size(array) == 1 for array in arrays):
        return None  # a table of which no more than one column is known
    if any("." not in name for name in tape.stand_ins):
        return None  # with another answer, or with what the program's own loader would give, it may go on
    if "unexpected keyword argument" in raised.text or "numpy boolean" in raised.text:
        return None  # NumPy is not the one that it was written for
    if raised.text.startswith("too many indices") and not any(n.op in PRODUCTS for n in tape.nodes):
        return None  # something is looked at before there is a network
    if tape.stand_ins and any(0 in np.shape(array) for array in arrays):
        return None  # there are fewer samples than the program has batches for
    refs = [operand[0] for operand in raised.operands if isinstance(operand, list)]
    if tape.stand_ins and _spread(tape, refs):
        return None
    return _Clash(reading, verdict, raised, arrays, refs, f"{raised.error}: {raised.text}")


def _is_moved(tape: Tape, raised: Raised) -> bool:
    """Tell whether an index is out of bounds by what the program adds to it, or takes away."""
    if "out of bounds" not in raised.text:
        return False
    size = max(map(int, re.findall(r"size (\d+)", raised.text)), default=0)
    for node in (tape.nodes[at] for at in nodes_in(raised.operands)):
        before = tape.nodes[node.inputs[0]].value if node.inputs else node.value
        codes = before.dtype.kind in "iu" and np.size(before) == np.size(node.value) > 3
        if node.op in ("add", "subtract") and codes and before.min() >= 0 and before.max() < size:
            return True
    return False


def _spread(tape: Tape, refs: Sequence[int]) -> bool:
    """Tell whether outputs of one unit, (n, 1), met what is (n,): real labels may not be."""
    for node in (tape.nodes[at] for at in tape.ancestors(refs)):
        n = max(np.shape(node.value), default=0)
        shapes = {np.shape(tape.nodes[at].value) for at in node.inputs}
        if n > 1 and {(n,), (n, 1)} <= shapes:
            return True
    return False


def _bias(clash: _Clash) -> list[Flaw]:
    grown = grown_bias(clash.reading)
    return [] if grown is None else [grown]


def _activation(clash: _Clash) -> list[Flaw]:
    return [flaw for flaw in judge_forward(clash.reading, Verdict()) if flaw.step == "relu"][:1]


def _loss(clash: _Clash) -> list[Flaw]:
    """See whether a loss that is printed, or made a plain number, is one for each sample."""
    tape = clash.reading.tape
    for node in map(tape.nodes.__getitem__, clash.refs if clash.raised.op in ("format", "float") else ()):
        parts = {part for name in tape.names_of(node.at) for part in last_name(name).split("_")}
        called = any(role_of(part) == "cross_entropy" for part in parts)
        if np.ndim(node.value) and (called or is_loss(node.inside)):
            return [clash.flaw("cross_entropy", "loss_not_summed", node if node.line else None)]
    return []


def _comparison(clash: _Clash) -> list[Flaw]:
    """See whether predictions and labels met that are no labels."""
    if clash.raised.op not in ("equal", "not_equal"):
        return []
    tables = [array for array in clash.arrays if np.ndim(array) == 2 and min(np.shape(array)) > 1]
    floats = any(np.asarray(array).dtype.kind == "f" for array in tables)
    code = "predicts_probabilities" if floats and clash.late else "shapes_clash"
    return [*judge_predictions(clash.reading, clash.verdict)] or [clash.flaw("predict", code)]


def _maximum(clash: _Clash) -> list[Flaw]:
    """See whether a ReLU takes the one largest entry in place of each entry or 0."""
    if clash.raised.op in ("max", "amax"):
        return [clash.flaw("relu", "relu_maximum")]
    tape, met = clash.reading.tape, clash.refs if clash.raised.op in ("dot", "matmul") else ()
    zeros = (node for node in tape.nodes if node.op == "maximum" and 0 in node.operands)
    met = [*met, *(at for node in zeros for at in node.inputs if np.size(node.value) == 1)]
    for node in map(tape.nodes.__getitem__, met):
        whole = node.op in ("max", "amax") and node.inputs and np.size(tape.nodes[node.inputs[0]].value) > 1
        if whole and node.inputs[0] in tape.after_products:
            return [clash.flaw("relu", "relu_maximum", node)]
    return []


def _index(clash: _Clash) -> list[Flaw]:
    """See whether a label is one more than there are classes."""
    if clash.raised.op not in ("item", "put", "subtract_at") or "out of bounds" not in clash.raised.text:
        return []
    index, size = [*re.findall(r"-?\d+", clash.raised.text), "", ""][0:3:2]
    code = "labels_one_off" if index == size or _is_moved(clash.reading.tape, clash.raised) else ""
    return [*judge_forward(clash.reading, clash.verdict)][:1] or [clash.flaw("one_hot", code)]


def _change(clash: _Clash) -> list[Flaw]:
    """See whether what a step takes away has another shape than what it is taken from."""
    refs, reading = clash.refs, clash.reading
    changes = clash.raised.op in ("add", "subtract") and len(refs) == 2 and is_start(reading, refs[0])
    return (
        [unfit_change(reading, refs[0], refs[1], clash.got)]
        if changes and refs[1] in reading.tape.after_products
        else []
    )


def _slope(clash: _Clash) -> list[Flaw]:
    """See whether the outputs' error meets the hidden layer's slope with no weight between them."""
    if clash.raised.op != "multiply" or not clash.matrices:
        return []
    tape, passes = clash.reading.tape, clash.reading.passes
    begun = {passed.layers[0].source for passed in passes}
    for ref, other in (clash.refs, clash.refs[::-1]) if len(clash.refs) == 2 and passes else ():
        cold = ref not in tape.after_products and other in tape.after_products
        if cold and tape.origin(ref)[0] not in begun and begun & tape.ancestors([ref]):
            return [clash.flaw("compute_gradient", "slope_wrong_array")]
    sources = {tape.origin(layer.source)[0] for passed in passes for layer in passed.layers}
    if any(tape.origin(ref)[0] in sources for ref in clash.refs):
        return []  # H itself, and no slope
    shapes = {np.shape(array) for array in clash.arrays[:2]}
    for passed in passes:
        ends = {np.shape(tape.nodes[at].value) for at in (passed.P, passed.layers[0].Z)}
        if len(passed.layers) > 1 and shapes == ends:
            return [clash.flaw("compute_gradient", "dO_for_dZ")]
    return []


def _product(clash: _Clash) -> Flaw:
    """Tell of any other operation whether it goes forward or back, and what would make its operands fit."""
    reading, raised, refs = clash.reading, clash.raised, clash.refs
    tape, code, step = reading.tape, _code(clash), "forward"
    after = _after_outputs(reading)
    if any(ref in after for ref in refs) and clash.late:
        step = step_of(
            raised.inside, "compute_gradient", ("compute_gradient", "cross_entropy", "predict", "softmax")
        )
    layers = max((len(passed.layers) for passed in reading.passes), default=0)
    if clash.late and layers < 3 and role_of(raised.inside) != "forward":
        step = "compute_gradient" if max(_depths(tape)[ref] for ref in refs) >= 3 else step
    if code == "keepdims_missing" and any(tape.nodes[ref].op in ("sum", "max", "amax") for ref in refs):
        step = "softmax"  # a total, or the largest number, of each sample
    if step == "forward" and code == "transpose_missing":
        own = [ref for ref in refs if ref not in tape.after_products and is_start(reading, ref)]
        a, b = clash.arrays[:2]
        turned = a.shape[1] == b.shape[1] or a.shape[0] == b.shape[0]
        if own and turned and all(tape.nodes[ref].op not in ("T", "transpose") for ref in refs):
            return clash.flaw("initialize", "transposed", maker_of(tape, tape.origin(own[-1])[0]))
    return clash.flaw(step, code)


def _code(clash: _Clash) -> str:
    op, arrays = clash.raised.op, clash.arrays
    if clash.matrices:
        (a, b), (c, d) = (array.shape for array in arrays[:2])
        if op == "multiply" and (a == c or b in (c, d)):
            return "elementwise_product"
        if op in ("dot", "matmul") and (a in (c, d) or b == d):
            return "transpose_missing"
    elif op in ("divide", "subtract") and sorted(map(np.ndim, arrays)) == [1, 2]:
        return "keepdims_missing"
    return "shapes_clash"


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
