"""Whether what each step takes away is the derivative of a usual loss."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.network import HIDDEN, OUTPUTS, Explanation, Model, explain
from triceptron.checking.program.passes import Pass, Reading, Step
from triceptron.checking.program.run.changes import (
    Change,
    change_of,
    data_of,
    other_number,
    rate_in,
    rates_of,
)
from triceptron.checking.program.run.factors import flaws_of_penalty, of_two_halves, scale_fault
from triceptron.checking.program.run.flaws import Flaw, Verdict, begun_as_zeros, flaw_at, step_of
from triceptron.checking.program.run.operands import code_of, exchange, is_multiple
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["judge_gradient"]


def judge_gradient(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold what each step takes away against calculus."""
    tape = reading.tape
    steps = [step for step in reading.steps if step.passes][:4]
    for number, step in enumerate(reversed(steps)):
        layers_of = step.passes[0].layers
        by = {
            (chain.kind, chain.layer): (chain, after)
            for chain, (_, after) in step.changes.items()
            if chain.kind
        }
        if any(("W", k) not in by for k in range(len(layers_of))):
            continue
        data = data_of(reading, step)
        early = _changed_too_early(reading, step)
        if early is not None:
            yield flaw_at(early, "compute_gradient", "weights_changed_too_early")
            return
        ignored = data is None and all(passed.Y is None for passed in step.passes)
        if ignored:
            data = data_of(reading, step, untrue=True)
        if data is None:
            continue
        X, Y = data
        passed = step.passes[0]
        if number < len(steps) - 1 and _is_saturated(reading, step.passes):
            continue  # what is all or nothing fits other losses as well
        layers, gradient, made = [], [], {}
        for k, layer in enumerate(layers_of):
            chain, after = by["W", k]
            change = change_of(reading, chain, after)
            made[f"dW{k + 1}"] = change
            dW = reading.like_W(chain, change.total)
            db = None
            if ("b", k) in by:
                change = made[f"db{k + 1}"] = change_of(reading, *by["b", k])
                db = np.ravel(change.total)
            W, b = reading.W(layer), reading.b(layer)
            if layer.ones is not None and b is None:
                b, db = W[layer.ones], dW[layer.ones]
                W, dW = (np.delete(each, layer.ones, axis=0) for each in (W, dW))
            layers.append((W, b if b is None or b.size > 1 or W.shape[1] == 1 else None))
            gradient.append((dW, db if layers[-1][1] is not None else None))
        if any(W.shape != dW.shape for (W, _), (dW, _) in zip(layers, gradient, strict=True)):
            continue
        if not any(np.any(each.total) for each in made.values()) and _times_zero(reading, step):
            continue  # a learning rate of 0 shows nothing
        if any(tape.depends(at, each.core) for each in made.values() for at in (*each.times, *each.divided)):
            return  # each part is made as long as its own length says
        if any((b is None) != (db is None) for (_, b), (_, db) in zip(layers, gradient, strict=True)):
            gradient = [
                (dW, np.zeros_like(b) if db is None and b is not None else db)
                for (_, b), (dW, db) in zip(layers, gradient, strict=True)
            ]
        if (len(layers_of) > 1 and not passed.hidden) or _is_normalised(reading, passed):
            return  # an activation of its own: what its slope is we do not know
        masks = _masks_of(reading, step.passes)
        known = [
            Model(passed.hidden or "ReLU", passed.output, loss, masks) for loss in _losses_of(reading, passed)
        ]
        explained = explain(X, Y, layers, gradient, known)
        if passed.output == "identity" and np.abs(reading.rows(passed.P, layers_of[-1])).max() > 1e4 * max(
            1, np.abs(Y).max()
        ):
            continue  # it has run away: all gradients are alike
        if ignored:
            if not explained.wrong and len(X) > 1:
                node = _error_at(reading, made["dW1"], passed, last=True)
                yield flaw_at(node, "compute_gradient", "truth_ignored")
            return
        if explained.wrong and len(X) > 1:
            for code, other in (("truth_ignored", 0 * Y), ("gradient_sign", -Y)):
                if not explain(X, other, layers, gradient, known).wrong:
                    node = _error_at(reading, made["dW1"], passed, last=code == "truth_ignored")
                    yield flaw_at(node, "compute_gradient", code)
                    return
        if len(layers) == 1 and passed.output == "identity" and explained.wrong:
            return  # a perceptron's rule is the gradient of no such loss
        explained = verdict.explanation = of_two_halves(reading, explained, made, len(X), Y.shape[1])
        flaws = list(_flaws_of_gradient(reading, step.passes, explained, made, X, Y, layers))
        if flaws:
            yield flaws[0]
            return
        if explained.wrong:  # too coarse to be sure
            verdict.explanation = None
            continue
        rate = rate_in(reading, made["dW1"])
        averaged = len(X) > 1 and bool(rates_of(reading))
        times = (rate, rate if "entropy" in explained.model.loss else 2 * rate)
        verdict.averaged = averaged and bool(np.isclose(explained.factor * len(X), times, 1e-4).any())
        verdict.error = _error_at(reading, made["dW1"], passed, explained.model)
        verdict.right |= {"compute_gradient": tape.nodes[made["dW1"].core].inside, "update": ""}
        verdict.convention["loss"] = explained.model.loss
        if number >= 1:
            return


def _is_saturated(reading: Reading, passes: Sequence[Pass]) -> bool:
    """Tell whether all probabilities are 0 or 1, nearly; or one of them so nearly that it may be clipped."""
    squashed = [each for each in passes if each.output in ("sigmoid", "softmax")]
    P = [reading.rows(each.P, each.layers[-1]) for each in squashed]
    lost = [
        each.Y is not None and np.max(abs(p - each.Y)) > 1 - 1e-9
        for p, each in zip(P, squashed, strict=True)
    ]  # fmt: skip
    return bool(P) and (any(lost) or all(np.minimum(abs(p), abs(1 - p)).max() < 1e-3 for p in P))


def _times_zero(reading: Reading, step: Step) -> bool:
    """Tell whether a single number of 0, no result of the network, goes into what a step takes away."""
    tape, hot = reading.tape, reading.tape.after_products
    taken = [chain.taken(after) for chain, (_, after) in step.changes.items()]
    made = tape.ancestors(taken, reading.versions)
    products = (node.operands for node in map(tape.nodes.__getitem__, made) if node.op == "multiply")
    operands = [operand for several in products for operand in several]
    numbers = [tape.value(each) for each in operands if not (isinstance(each, list) and each[0] in hot)]
    return any(value is not None and np.size(value) == 1 and not np.any(value) for value in numbers)


def _is_normalised(reading: Reading, passed: Pass) -> bool:
    """Tell whether the outputs are made probabilities in a way of their own: a softmax with a temperature."""
    if passed.output != "identity":
        return False
    tape, last = reading.tape, passed.layers[-1]
    shape = np.shape(tape.nodes[last.Z].value)
    for at in tape.descendants([last.Z], reading.beyond(passed)):
        if np.shape(tape.nodes[at].value) == shape and at != last.Z and shape[-1 if last.rows else 0] > 1:
            P = reading.rows(at, last)
            if P.min() >= 0 and np.allclose(P.sum(axis=1), 1):
                return True
    return False


def _masks_of(reading: Reading, passes: Sequence[Pass]) -> tuple[Any, ...]:
    """Return what dropout multiplies each hidden layer by, over all samples of a step."""
    if not any(passed.masks for passed in passes):
        return ()
    found = []
    for position, layer in enumerate(passes[0].layers[:-1]):
        each = [
            passed.masks[position]
            if passed.masks and passed.masks[position] is not None
            else np.ones_like(reading.rows(passed.layers[position].Z, layer))
            for passed in passes
        ]
        found.append(np.concatenate(each))
    return tuple(found)


def _losses_of(reading: Reading, passed: Pass) -> Sequence[str]:
    """Return the losses that a network of this output may have, the one that the program shows first."""
    possible = OUTPUTS[passed.output][1]
    tape = reading.tape
    after = tape.descendants([passed.P], reading.versions)
    logs = any(tape.nodes[at].op in ("log", "log2", "log10") for at in after)
    return sorted(possible, key=lambda loss: ("entropy" in loss) != logs)


def _changed_too_early(reading: Reading, step: Step) -> Node | None:
    """Find a way back through a weight that this very step has changed already."""
    tape = reading.tape
    newer = {after: chain for chain, (_, after) in step.changes.items()}
    for chain, (_, after) in step.changes.items():
        made = tape.ancestors([chain.taken(after)], reading.versions)
        for at in made & set(newer):
            if newer[at] is not chain and newer[at].kind == "W":
                return tape.nodes[at]
    return None


def _flaws_of_gradient(
    reading: Reading,
    passes: Sequence[Pass],
    explained: Explanation,
    made: dict[str, Change],
    X: Any,
    Y: Any,
    layers: Any,
) -> Iterator[Flaw]:
    tape, n, K = reading.tape, len(X), Y.shape[1]
    names = list(made)
    single = any(tape.nodes[each.at].value.dtype == np.float32 for each in made.values())
    if single and explained.wrong and explained.model.output != "identity" and not explained.code:
        P = explained.model.forward(X, layers)[1][-1]
        if np.min(np.minimum(abs(P), abs(1 - P))) < 1e-4:
            return  # too coarse to be sure
    if explained.wrong:
        parts = [name for name in (explained.explained or explained.wrong) if name in made] or names
        code = explained.code
        first = min(
            parts, key=lambda name: (-int(name[2:]), made[name].core)
        )  # errors go back from the output
        change = made[first]
        core, passed = _of_one(reading, change.core, passes)
        if passed is not None and not explained.model.masks and passed.Y is not None:
            X, Y = reading.rows(passed.layers[0].source, passed.layers[0]), passed.Y
        right = explained.model.parts(X, Y, layers)
        culprits, change = _culprits(reading, core, right), replace(change, core=core)
        node = culprits[0]
        biases = [(tape.nodes[made[name].core], made[name].total.size) for name in parts if name[1] == "b"]
        whole = [(c.inputs[0], size) for c, size in biases if c.inputs and c.value.size < size]
        if not code and any(np.size(tape.nodes[at].value) == n * size for at, size in whole):
            code = "bias_summed_whole"  # though that may be 0
        if not code and all(not np.any(made[name].total) for name in parts):
            if "input()" in reading.tape.stand_ins:
                return  # with other answers, such as the number of units, it may be none
            code, node = "gradient_zero", begun_as_zeros(tape, change.core)
            truth = passes[0].truth
            if node.at not in tape.after_products and truth >= 0 and tape.depends(node.at, truth):
                code = "output_slope_wrong_array"  # that of the labels
        code = code or ("only_last_sample" if _is_of_last(explained, made, (X, Y), layers) else "")
        if code == "gradient_sign" and len(parts) < len(names):
            odd = [name for name in parts if made[name].op == "add" and made[name].sign > 0]
            if odd:
                yield flaw_at(tape.nodes[made[odd[0]].at], "update", "update_sign")
                return
        if code == "gradient_sign" and f"dW{len(layers)}" not in parts:
            turned = _turned_slope(tape, core, right[f"slope{first[2:]}"])
            if turned is not None:
                yield flaw_at(turned, "relu_derivative", "relu_derivative_flipped", ", ".join(parts))
                return
        if _is_unrated(reading, parts, made):
            yield flaw_at(tape.nodes[change.at], "update", "update_without_rate")
            return
        before = change.chain.before(change.at)
        if len(parts) == 1 and other_number(reading, before, *change.way):
            yield flaw_at(tape.nodes[change.at], "update", "update_swapped")
            return
        found = None
        for name in (first, *(name for name in parts if name != first and name[2:] == first[2:])):
            at = core if name == first else _of_one(reading, made[name].core, passes)[0]
            found = found or (exchange(reading, at, name, right) if not code else None)
        taken = code_of(found, len(layers), explained.model.loss) if found is not None else ""
        if found is not None and taken:
            code, node = taken, found.node
            if taken.endswith("wrong_array") and found.wrong[0] == "Z":
                slope = _called_with_Z(tape, core, len(layers), right)
                code, node = ("slope_formula", slope) if slope is not None else (code, node)
        for each in culprits if not code else ():
            code = _structure(reading, each, change, explained.model, right)
            if code:
                node = each if code in _SLOPES else node
                break
        if code == "relu_leaky":
            at = reading.passes[0].layers[change.chain.layer].Z
            yield flaw_at(tape.nodes[min(tape.users[at], default=at)], "relu", code)
            return
        overwritten = _overwritten(reading, passes) if code == "relu_derivative_missing" else None
        if overwritten is not None:
            yield flaw_at(overwritten, "relu", "relu_overwrites_argument", ", ".join(explained.wrong))
            return
        step = step_of(node.inside, "compute_gradient", ("compute_gradient", "relu_derivative"))
        if code in _SLOPES:
            exchanged = found is not None and taken in _SLOPES and taken != "slope_formula"
            start = tape.nodes[found.at] if found is not None and exchanged else node
            around = node.inputs if node.op != "multiply" and code in _FORMULAS else [node.at]
            errors = [value for name, value in right.items() if name.startswith(("dA", "E"))]
            same = any(_is_one_of(tape.nodes[entry].value, errors) for entry in start.inputs)
            near = [*tape.users[start.at], *([start.at] if same else [])] if exchanged else around
            slope = (
                node
                if code == taken == "slope_formula"
                else _slope_at(tape, near, change.core, (passed or passes[0]).P, right)
            )
            own = slope is not None and (slope.inside != start.inside or code == "relu_derivative_missing")
            step = "relu_derivative" if own or code in _FORMULAS else "compute_gradient"
            missing = exchanged or code == "relu_derivative_missing"
            node = slope or (tape.handed_on(start.at, anywhere=True) if missing else node)
        elif code.endswith("wrong_array") or code in ("weights_not_used", "dO_for_dZ"):
            step = "compute_gradient"
        elif code == "relu_on_output" and found is not None:
            calls = [call for call in tape.within(found.at) if call.result == [found.at]]
            step, node = "forward", replace(tape.nodes[found.at])
            node.line = calls[0].line if calls else node.line
        elif code in ("output_activation_missing", "relu_missing"):
            last = -1 if code.startswith("output") else change.chain.layer
            step, node = "forward", tape.handed_on(reading.passes[0].layers[last].Z)
        yield flaw_at(node, step, code, ", ".join(explained.wrong))
        return
    change = made["dW1"]
    rates = rates_of(reading)
    scalar = rate_in(reading, change)
    factor = explained.factor / (scalar or 1.0)
    if factor < 0:
        lines = {tape.nodes[each.at].line for each in made.values()}
        upwards = (change.op == "add") != change.turned and (change.scale(tape) > 0) != change.turned
        if upwards and (change.turned or len(lines) == 1):  # else the error is turned
            yield flaw_at(tape.nodes[change.at], "update", "update_sign")
        else:
            yield flaw_at(_error_at(reading, change, passes[0]), "compute_gradient", "gradient_sign")
        return
    if (
        not rates
        or (scalar == 1.0 and not change.adaptive and not any(tape.depends(change.at, at) for at in rates))
        or 1 < n < 4
        or (change.remembers and not change.kept)
    ):
        return
    code, shown = scale_fault(reading, explained, change, n, K)
    if code:
        step = "cross_entropy" if shown is not None else "compute_gradient"
        yield flaw_at(shown or _error_at(reading, change, passes[0], last=True), step, code)
    else:
        yield from flaws_of_penalty(reading, passes, explained, made, n, K)


_FORMULAS = frozenset({"slope_formula", "relu_derivative_itself"})
_SLOPES = frozenset({*_FORMULAS, "relu_derivative_missing", "relu_derivative_flipped"})
"""Codes of a slope that is wrong, or not there."""


def _slope_at(
    tape: Tape, near: Collection[int], core: int, forward: int, right: Mapping[str, Any]
) -> Node | None:
    """Find what an error is multiplied by as the slope; if the way forward has made it, where it is."""
    errors = [value for name, value in right.items() if name.startswith(("dA", "E"))]
    made = tape.ancestors([core])
    for product in (tape.nodes[at] for at in sorted(made.intersection(near), reverse=True) if at > forward):
        for entry in product.inputs if product.op == "multiply" else ():
            value = tape.nodes[entry].value
            if np.size(value) == np.size(product.value) > 1 and not _is_one_of(value, errors):
                return tape.returned(entry) or (_made_at(tape, entry) if entry > forward else product)
    return None


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


def _overwritten(reading: Reading, passes: Sequence[Pass]) -> Node | None:
    """Find where Z is turned into H in its own place, though Z is compared with 0 later."""
    tape = reading.tape
    for layer in (layer for passed in passes for layer in passed.layers[:-1]):
        node = tape.nodes[tape.origin(layer.out)[0]]
        compared = ("less", "less_equal", "greater", "greater_equal")
        later = [tape.nodes[user] for user in tape.users[node.at] if tape.nodes[user].op in compared]
        if node.op == "put" and tape.origin(node.inputs[0])[0] == layer.Z and later:
            return node
    return None


def _error_at(
    reading: Reading, change: Change, passed: Pass, model: Model | None = None, *, last: bool = False
) -> Node:
    """Return where outputs and labels meet; or the last place where that is an array of its own.

    Of a network, where its loss's derivative by the last Z is made.
    """
    tape = reading.tape
    Z, P = (reading.rows(at, passed.layers[-1]) for at in (passed.layers[-1].Z, passed.P))
    Y = 0 if passed.Y is None else passed.Y
    E = P - Y if model is None else model.error(Y, Z, P)
    made = tape.ancestors([change.core], reading.versions)
    met = [
        at for at in sorted(made)
        if np.size(tape.nodes[at].value) == E.size and tape.depends(at, passed.P)
        and (passed.truth < 0 or tape.depends(at, passed.truth))
    ]  # fmt: skip
    errors = [at for at in met if is_multiple(tape.nodes[at].value, E)]
    if not errors:
        return tape.nodes[met[0]] if met else tape.nodes[change.core]
    if model is not None:
        return tape.handed_on(errors[-1], anywhere="entropy" in model.loss)
    hidden = passed.Y is None  # the output itself, by another name
    return tape.handed_on(errors[-1], anywhere=hidden) if last else tape.nodes[errors[0]]


def _is_unrated(reading: Reading, parts: Sequence[str], made: Mapping[str, Change]) -> bool:
    """Tell whether all that is wrong, and nothing else, is taken away without a learning rate."""
    rates, tape = rates_of(reading), reading.tape
    without = {
        name for name, change in made.items()
        if not rates & tape.ancestors([*change.times, change.core], reading.versions)
    }  # fmt: skip
    return bool(rates) and without == {*parts} != {*made}


def _is_of_last(
    explained: Explanation, made: Mapping[str, Change], data: tuple[Any, Any], layers: Any
) -> bool:
    """Tell whether all that is wrong is the gradient of the last sample alone."""
    X, Y = (each[-1:] for each in data)
    masks = tuple(mask if mask is None else mask[-1:] for mask in explained.model.masks)
    right = replace(explained.model, masks=masks).parts(X, Y, layers)
    wrong = [(made[name].total, right[name]) for name in explained.wrong if name in made]
    telling = [is_multiple(value, other) for value, other in wrong if np.size(value) > 2]
    return len(data[0]) > 2 and bool(telling) and all(telling)


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
