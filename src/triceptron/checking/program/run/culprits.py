"""Where a gradient goes wrong, and by what: the first operation whose operands are all right."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.network import HIDDEN, Explanation, Model
from triceptron.checking.program.passes import Pass, Reading
from triceptron.checking.program.run.changes import Change, other_number, rates_of
from triceptron.checking.program.run.flaws import Flaw, begun_as_zeros, flaw_at, step_of
from triceptron.checking.program.run.operands import Exchange, code_of, exchange, is_multiple
from triceptron.checking.program.run.taken import Taken
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["error_at", "flaw_of_wrong"]

_FORMULAS = frozenset({"slope_formula", "relu_derivative_itself"})
_SLOPES = frozenset({*_FORMULAS, "relu_derivative_missing", "relu_derivative_flipped"})
"""Codes of a slope that is wrong, or not there."""


@dataclass(frozen=True)
class _Wrong:
    """The part of a gradient that goes wrong first, the way forward that it is of, what is right there."""

    taken: Taken
    explained: Explanation
    parts: Sequence[str]
    name: str
    change: Change
    passed: Pass | None
    samples: tuple[Any, Any]
    right: Mapping[str, Any]

    def flaw(self, node: Node, step: str, code: str) -> Flaw:
        return flaw_at(node, step, code, ", ".join(self.explained.wrong))


def flaw_of_wrong(taken: Taken, explained: Explanation) -> Flaw | None:
    """Name the fault of a gradient that is wrong in some of its parts, as far as it is sure."""
    if not explained.code and _is_too_coarse(taken, explained.model):
        return None
    wrong, tape = _first_wrong(taken, explained), taken.tape
    if not any(np.any(wrong.right[name]) for name in taken.changes if name in wrong.right):
        return None  # all is learned, or dead: so are all faults' gradients
    culprits = _culprits(taken.reading, wrong.change.core, wrong.right)
    code, node = explained.code or _code_of_numbers(wrong), culprits[0]
    if code == "gradient_zero" and not explained.code:
        if "input()" in tape.stand_ins:
            return None  # with other answers, such as the number of units, it may be none
        node, truth = begun_as_zeros(tape, wrong.change.core), taken.passes[0].truth
        if node.at not in tape.after_products and truth >= 0 and tape.depends(node.at, truth):
            code = "output_slope_wrong_array"  # that of the labels
    elsewhere = _flaw_of_sign(wrong, code) or _flaw_of_change(wrong)
    if elsewhere is not None:
        return elsewhere
    found = _exchanged(wrong) if not code else None
    taken_for = code_of(found, len(taken.layers), explained.model.loss) if found is not None else ""
    if found is not None and taken_for:
        code, node = taken_for, found.node
        if taken_for.endswith("wrong_array") and found.wrong[0] == "Z":
            slope = _called_with_Z(tape, wrong.change.core, len(taken.layers), wrong.right)
            code, node = ("slope_formula", slope) if slope is not None else (code, node)
    for each in culprits if not code else ():
        code = _structure(taken.reading, each, wrong.change, explained.model, wrong.right)
        if code:
            node = each if code in _SLOPES else node
            break
    return _placed(wrong, code, node, found, taken_for)


def _is_too_coarse(taken: Taken, model: Model) -> bool:
    """Tell whether numbers of single precision come from probabilities that are 0 or 1, nearly."""
    values = (taken.tape.nodes[change.at].value for change in taken.changes.values())
    if model.output == "identity" or not any(value.dtype == np.float32 for value in values):
        return False
    P = model.forward(taken.X, taken.layers)[1][-1]
    return bool(np.min(np.minimum(abs(P), abs(1 - P))) < 1e-4)


def _first_wrong(taken: Taken, explained: Explanation) -> _Wrong:
    """Find the part that goes wrong first: errors go back from the output."""
    reading, changes = taken.reading, taken.changes
    parts = [name for name in (explained.explained or explained.wrong) if name in changes] or [*changes]
    first = min(parts, key=lambda name: (-int(name[2:]), changes[name].core))
    core, passed = _of_one(reading, changes[first].core, taken.passes)
    X, Y = taken.X, taken.Y
    if passed is not None and not (explained.model.masks or explained.model.own) and passed.Y is not None:
        X, Y = reading.rows(passed.layers[0].source, passed.layers[0]), passed.Y
    change, right = replace(changes[first], core=core), explained.model.parts(X, Y, taken.layers)
    return _Wrong(taken, explained, parts, first, change, passed, (X, Y), right)


def _code_of_numbers(wrong: _Wrong) -> str:
    """Name what the numbers of the wrong parts tell by themselves."""
    tape, changes = wrong.taken.tape, wrong.taken.changes
    for change in (changes[name] for name in wrong.parts if name[1] == "b"):
        core, size = tape.nodes[change.core], change.total.size
        summed = core.inputs and core.value.size < size
        if summed and np.size(tape.nodes[core.inputs[0]].value) == len(wrong.taken.X) * size:
            return "bias_summed_whole"  # though that may be 0
    if all(not np.any(changes[name].total) for name in wrong.parts):
        return "gradient_zero"
    return "only_last_sample" if _is_of_last(wrong) else ""


def _flaw_of_sign(wrong: _Wrong, code: str) -> Flaw | None:
    """See whether some parts go uphill because of one step, or of a slope, that is turned round."""
    if code != "gradient_sign":
        return None
    taken, tape, changes = wrong.taken, wrong.taken.tape, wrong.taken.changes
    added = [each for each in map(changes.__getitem__, wrong.parts) if each.op == "add" and each.sign > 0]
    if added and len(wrong.parts) < len(changes):
        return flaw_at(tape.nodes[added[0].at], "update", "update_sign")
    if f"dW{len(taken.layers)}" in wrong.parts:
        return None
    turned = _turned_slope(tape, wrong.change.core, wrong.right[f"slope{wrong.name[2:]}"])
    if turned is None:
        return None
    return flaw_at(turned, "relu_derivative", "relu_derivative_flipped", ", ".join(wrong.parts))


def _flaw_of_change(wrong: _Wrong) -> Flaw | None:
    """See whether the gradient is right, and what takes it away is wrong."""
    tape, change = wrong.taken.tape, wrong.change
    if _is_unrated(wrong):
        return flaw_at(tape.nodes[change.at], "update", "update_without_rate")
    before = change.chain.before(change.at)
    if len(wrong.parts) == 1 and other_number(wrong.taken.reading, before, *change.way):
        return flaw_at(tape.nodes[change.at], "update", "update_swapped")
    return None


def _exchanged(wrong: _Wrong) -> Exchange | None:
    """Find the array in the place of another one, in the first wrong part or those of the same layer."""
    taken, first = wrong.taken, wrong.name
    found = exchange(taken.reading, wrong.change.core, first, wrong.right)
    for name in (each for each in wrong.parts if each != first and each[2:] == first[2:]):
        core, _ = _of_one(taken.reading, taken.changes[name].core, taken.passes)
        found = found or exchange(taken.reading, core, name, wrong.right)
    return found


def _placed(wrong: _Wrong, code: str, node: Node, found: Exchange | None, taken_for: str) -> Flaw:
    """Tell which step, and which line of it, a fault of the gradient belongs to."""
    tape, layers = wrong.taken.tape, wrong.taken.reading.passes[0].layers
    hidden = layers[wrong.change.chain.layer] if wrong.change.chain.layer < len(layers) else layers[-1]
    if code == "relu_leaky":
        return flaw_at(tape.nodes[min(tape.users[hidden.Z], default=hidden.Z)], "relu", code)
    if code == "relu_derivative_missing" and (overwritten := _overwritten(wrong.taken)) is not None:
        return wrong.flaw(overwritten, "relu", "relu_overwrites_argument")
    if code in _SLOPES:
        return _flaw_of_slope(wrong, code, node, found, taken_for)
    if code.endswith("wrong_array") or code in ("weights_not_used", "dO_for_dZ"):
        return wrong.flaw(node, "compute_gradient", code)
    if code == "relu_on_output" and found is not None:
        calls = [call for call in tape.within(found.at) if call.result == [found.at]]
        line = calls[0].line if calls else tape.nodes[found.at].line
        return wrong.flaw(replace(tape.nodes[found.at], line=line), "forward", code)
    if code in ("output_activation_missing", "relu_missing"):
        layer = layers[-1] if code.startswith("output") else hidden
        return wrong.flaw(tape.handed_on(layer.Z), "forward", code)
    step = step_of(node.inside, "compute_gradient", ("compute_gradient", "relu_derivative"))
    return wrong.flaw(node, step, code)


def _flaw_of_slope(wrong: _Wrong, code: str, node: Node, found: Exchange | None, taken_for: str) -> Flaw:
    """Tell a slope that is wrong where it is made, one that is missing where the error goes on without it."""
    tape, core = wrong.taken.tape, wrong.change.core
    exchanged = found is not None and taken_for in _SLOPES and taken_for != "slope_formula"
    start = tape.nodes[found.at] if found is not None and exchanged else node
    if exchanged:
        errors = _errors(wrong.right)
        same = any(_is_one_of(tape.nodes[entry].value, errors) for entry in start.inputs)
        near = [*tape.users[start.at], *([start.at] if same else [])]
    else:
        near = node.inputs if node.op != "multiply" and code in _FORMULAS else [node.at]
    forward = (wrong.passed or wrong.taken.passes[0]).P
    made = code == taken_for == "slope_formula"
    slope = node if made else _slope_at(tape, near, core, forward, wrong.right)
    missing = code == "relu_derivative_missing"
    own = slope is not None and (slope.inside != start.inside or missing)
    step = "relu_derivative" if own or code in _FORMULAS else "compute_gradient"
    gone = tape.handed_on(start.at, anywhere=True) if exchanged or missing else node
    return wrong.flaw(slope or gone, step, code)


def _slope_at(
    tape: Tape, near: Collection[int], core: int, forward: int, right: Mapping[str, Any]
) -> Node | None:
    """Find what an error is multiplied by as the slope; if the way forward has made it, where it is."""
    errors, made = _errors(right), tape.ancestors([core])
    for product in (tape.nodes[at] for at in sorted(made.intersection(near), reverse=True) if at > forward):
        for entry in product.inputs if product.op == "multiply" else ():
            value = tape.nodes[entry].value
            if np.size(value) == np.size(product.value) > 1 and not _is_one_of(value, errors):
                return tape.returned(entry) or (_made_at(tape, entry) if entry > forward else product)
    return None


def _errors(right: Mapping[str, Any]) -> list[Any]:
    """Return what slopes are multiplied by."""
    return [value for name, value in right.items() if name.startswith(("dA", "E"))]


def _made_at(tape: Tape, at: int) -> Node:
    """Return an array with the place where it is made: where a function is called that only hands it on."""
    calls = [call for call in tape.within(at) if call.result == [at]]
    if len(calls) < 2:
        return tape.nodes[at]
    return replace(tape.nodes[at], line=calls[0].line, inside=calls[1].name)


def _turned_slope(tape: Tape, core: int, slope: Any) -> Node | None:
    """Find the negative of a slope among what a gradient is made of."""
    products = [tape.nodes[at] for at in sorted(tape.ancestors([core])) if tape.nodes[at].op == "multiply"]
    entries = (entry for product in products for entry in product.inputs)
    negative = (at for at in entries if np.ptp(slope) and is_multiple(tape.nodes[at].value, slope) < 0)
    return next((_made_at(tape, at) for at in negative), None)


def _overwritten(taken: Taken) -> Node | None:
    """Find where Z is turned into H in its own place, though Z is compared with 0 later."""
    tape = taken.tape
    for layer in (layer for passed in taken.passes for layer in passed.layers[:-1]):
        node = tape.nodes[tape.origin(layer.out)[0]]
        compared = ("less", "less_equal", "greater", "greater_equal")
        later = [tape.nodes[user] for user in tape.users[node.at] if tape.nodes[user].op in compared]
        if node.op == "put" and tape.origin(node.inputs[0])[0] == layer.Z and later:
            return node
    return None


def error_at(taken: Taken, model: Model | None = None, *, last: bool = False) -> Node:
    """Return where outputs and labels meet; or the last place where that is an array of its own.

    Of a network, where its loss's derivative by the last Z is made.
    """
    tape, reading, passed = taken.tape, taken.reading, taken.passes[0]
    Z, P = (reading.rows(at, passed.layers[-1]) for at in (passed.layers[-1].Z, passed.P))
    Y = 0 if passed.Y is None else passed.Y
    E = P - Y if model is None else model.error(Y, Z, P)
    made = tape.ancestors([taken.first.core], reading.versions)
    met = [
        at for at in sorted(made)
        if np.size(tape.nodes[at].value) == E.size and tape.depends(at, passed.P)
        and (passed.truth < 0 or tape.depends(at, passed.truth))
    ]  # fmt: skip
    errors = [at for at in met if is_multiple(tape.nodes[at].value, E)]
    if not errors:
        return tape.nodes[met[0]] if met else tape.nodes[taken.first.core]
    if model is not None:
        return tape.handed_on(errors[-1], anywhere="entropy" in model.loss)
    hidden = passed.Y is None  # the output itself, by another name
    return tape.handed_on(errors[-1], anywhere=hidden) if last else tape.nodes[errors[0]]


def _is_unrated(wrong: _Wrong) -> bool:
    """Tell whether all that is wrong, and nothing else, is taken away without a learning rate."""
    reading, changes = wrong.taken.reading, wrong.taken.changes
    rates = rates_of(reading)
    without = {
        name for name, change in changes.items()
        if not rates & reading.tape.ancestors([*change.times, change.core], reading.versions)
    }  # fmt: skip
    return bool(rates) and without == {*wrong.parts} != {*changes}


def _is_of_last(wrong: _Wrong) -> bool:
    """Tell whether all that is wrong is the gradient of the last sample alone."""
    model, changes, (X, Y) = wrong.explained.model, wrong.taken.changes, wrong.samples
    masks = tuple(mask if mask is None else mask[-1:] for mask in model.masks)
    own = tuple(each and tuple(part[-1:] for part in each) for each in model.own)
    right = replace(model, masks=masks, own=own).parts(X[-1:], Y[-1:], wrong.taken.layers)
    pairs = [(changes[name].total, right[name]) for name in wrong.explained.wrong if name in changes]
    telling = [is_multiple(value, other) for value, other in pairs if np.size(value) > 2]
    return len(X) > 2 and bool(telling) and all(telling)


_GATHERING = frozenset({"add", "sum", "mean", "stack", "concatenate", "vstack", *SAME})
"""Operations that put together what several ways forward add to a gradient."""


def _of_one(reading: Reading, at: int, passes: Sequence[Pass]) -> tuple[int, Pass | None]:
    """Go from a sum over several ways forward to what one of them adds to it."""
    tape = reading.tape
    while len(passes) > 1 and (node := tape.nodes[at]).op in _GATHERING:
        of = {
            entry: [p for p in passes if tape.depends(entry, p.layers[-1].product)] for entry in node.inputs
        }
        at, few = min(of.items(), key=lambda entry: len(entry[1]) or len(passes) + 1)
        passes = few or passes
        if not few:
            break
    return at, passes[0] if len(passes) == 1 else None


def _culprits(reading: Reading, core: int, right: Mapping[str, Any]) -> list[Node]:
    """Find the operation that is wrong though all that goes into it is right; then those made with it."""
    tape = reading.tape
    known = [*right.values()]
    for name, A in right.items():
        if name[0] in "AP":
            known += [
                1 - A,
                A * A,
                A * (1 - A),
                1 - A * A,
                np.c_[A, np.ones(len(A))],
                np.c_[np.ones(len(A)), A],
            ]
    known += _begun(right).values()
    found = [tape.nodes[core]]
    hot = tape.descendants([passed.layers[0].product for passed in reading.passes], reading.versions)
    while True:
        strange = [
            entry for entry in found[0].inputs
            if entry not in reading.versions and np.size(tape.nodes[entry].value) > 1 and entry in hot
            and tape.nodes[entry].inputs and not _is_one_of(tape.nodes[entry].value, known)
        ]  # fmt: skip
        if not strange:
            return found
        found.insert(0, tape.nodes[max(strange)])


def _begun(right: Mapping[str, Any]) -> dict[str, Any]:
    """Return errors times their activation: half of sigmoid's slope, of tanh's none."""
    made = {f"{name}*": dA * right[f"A{name[2:]}"] for name, dA in right.items() if name.startswith("dA")}
    return made | {"E*": right["E"] * right["P"]}


def _structure(reading: Reading, node: Node, change: Change, model: Model, right: Mapping[str, Any]) -> str:
    """Name a fault by what stands at the faulty operation; empty if that tells nothing."""
    tape, layer = reading.tape, change.chain.layer + 1
    there, named = [], {**right, **_begun(right)}
    for entry in node.inputs:
        value = tape.nodes[entry].value
        if np.size(value) > 1:  # an array, by the name of what it is a multiple of
            there.append(next((name for name, other in named.items() if _is_one_of(value, [other])), ""))
    O = right["P"]
    if model.output == "identity" and np.size(node.value) == O.size > 1:
        slopes = [right["E"] * HIDDEN[name][1](O, O) for name in ("sigmoid", "tanh")]
        if _is_one_of(node.value, slopes):
            return "output_activation_missing"
    if model.output == "softmax" and _is_one_of(node.value, [right["E"] * O * (1 - O)]):
        return "softmax_slope_again"
    errors = [name for name in there if name.startswith(("dZ", "dA", "E"))]
    if not errors:
        return ""
    error = errors[0].strip("*")
    if error != errors[0] and node.op in ("sum", "mean", *PRODUCTS):
        return "relu_derivative_itself"
    summed = node.op in ("sum", "mean")
    if node.at == change.core and not summed:  # it is right, but no gradient of this layer
        itself = next((name for name, other in right.items() if _is_one_of(node.value, [other])), "")
        if itself.startswith("dA"):
            return "relu_derivative_missing"
    if node.op in ("sum", "mean", *PRODUCTS):
        if error.startswith("dA"):
            return "relu_derivative_missing"
        bias = right[f"db{layer}"]
        if error == f"dZ{layer}" and summed and not _is_one_of(node.value, [bias]):
            return "wrong_axis" if np.size(node.value) == bias.size > 1 else ""
        return "dO_for_dZ" if error.startswith("dZ") and error != f"dZ{layer}" and summed else ""
    shaped = np.shape(node.value) in (right[error].shape, right[error].T.shape)
    number = sum(name.startswith("W") for name in right) if error == "E" else int(error[2:])
    if (error.startswith("dA") or error == "E") and shaped:
        for code, slope in _faulty_slopes(model, right, number):
            if _is_one_of(node.value, [right[error] * slope]):
                return code
        derived = [entry for entry in node.inputs if role_of(tape.nodes[entry].inside).endswith("derivative")]
        return "slope_formula" if derived or _is_made_of(reading, node, right, number) else ""
    return ""


def _called_with_Z(tape: Tape, core: int, layers: int, right: Mapping[str, Any]) -> Node | None:
    """Find the slope of a function that every layer hands its Z to: then it is the function that is wrong."""
    calls = [call for call in tape.calls if role_of(call.name).endswith("derivative")]
    near = sorted(calls, key=lambda call: abs(call.ended - core))[:layers]
    Zs = [right[f"Z{number}"] for number in range(1, layers + 1)]
    handed = [
        value for call in near for value in map(tape.value, call.arguments.values()) if np.size(value) > 1
    ]
    if len(near) < layers or layers < 2 or not all(_is_one_of(value, Zs) for value in handed):
        return None
    return tape.nodes[near[0].result[0]] if isinstance(near[0].result, list) else None


def _faulty_slopes(model: Model, right: Mapping[str, Any], number: int) -> Iterator[tuple[str, Any]]:
    """Yield what is taken for the slope of an activation by mistake."""
    last = f"dA{number}" not in right
    kind = model.output if last else model.kind(number - 1)
    Z, A = right[f"Z{number}"], right[f"A{number}"]
    if kind not in HIDDEN:
        return
    activation, slope = HIDDEN[kind]
    if not last:
        yield "relu_derivative_missing", np.ones_like(Z)
    if "ReLU" in kind:
        yield "relu_derivative_flipped", slope(-Z, activation(-Z))
        yield "relu_derivative_itself", Z
    yield "relu_derivative_itself", A
    for name, (activated, other) in HIDDEN.items():
        if name != kind and "leaky" not in name:
            missing, leaky = kind == "identity", name == "ReLU" and "leaky" in kind
            code = "relu_missing" if missing else "relu_leaky" if leaky else "slope_formula"
            yield code, other(Z, activated(Z) if missing else A)


def _is_one_of(value: Any, right: Sequence[Any]) -> bool:
    """Tell whether an array is a multiple of one of these, turned or not."""
    return any(is_multiple(value, wanted) for wanted in right) or (
        not np.any(value) and any(np.size(value) == np.size(wanted) for wanted in right)
    )


def _is_made_of(reading: Reading, node: Node, right: Mapping[str, Any], number: int) -> bool:
    """Tell whether one operand is a function of the right activation, and of no other array."""
    tape = reading.tape
    ours = [n.at for n in tape.nodes[: node.at] if np.size(n.value) == right[f"Z{number}"].size
        and _is_one_of(n.value, [right[f"A{number}"], right[f"Z{number}"]])]  # fmt: skip
    for entry in node.inputs:
        made = tape.ancestors([entry], ours) - {*ours}
        arrays = [at for at in made if np.size(tape.nodes[at].value) > 1]
        if arrays and all({*tape.nodes[at].inputs} & {*ours, *arrays} for at in arrays):
            return True
    return False
