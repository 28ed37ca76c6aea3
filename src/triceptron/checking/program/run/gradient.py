"""Whether what each step takes away is the derivative of a usual loss."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.network import HIDDEN, OUTPUTS, Explanation, Model, explain, losses
from triceptron.checking.program.passes import Pass, Reading, Step
from triceptron.checking.program.run.changes import (
    Change,
    change_of,
    data_of,
    other_number,
    rate_in,
    rates_of,
)
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, is_activation, step_of
from triceptron.checking.program.run.operands import code_of, exchange, is_multiple
from triceptron.checking.program.run.outputs import is_loss, own_losses, penalties
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = ["judge_gradient"]


def judge_gradient(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
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
                yield flaw_at(_first_of(reading, made["dW1"], Y), "compute_gradient", "truth_ignored")
            return
        if explained.wrong and len(X) > 1:
            for code, other in (("truth_ignored", 0 * Y), ("gradient_sign", -Y)):
                if not explain(X, other, layers, gradient, known).wrong:
                    yield flaw_at(_first_of(reading, made["dW1"], Y), "compute_gradient", code)
                    return
        if len(layers) == 1 and passed.output == "identity" and explained.wrong:
            return  # a perceptron's rule is the gradient of no such loss
        explained = verdict.explanation = _of_two_halves(reading, explained, made, len(X), Y.shape[1])
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
        verdict.error = _first_of(reading, made["dW1"], Y)
        verdict.right |= {"compute_gradient": tape.nodes[made["dW1"].core].inside, "update": ""}
        verdict.convention["loss"] = explained.model.loss
        if number >= 1:
            return


def _is_saturated(reading: Reading, passes: Sequence[Pass]) -> bool:
    """Tell whether all probabilities are 0 or 1, nearly."""
    P = [reading.rows(each.P, each.layers[-1]) for each in passes if each.output in ("sigmoid", "softmax")]
    return bool(P) and all(np.minimum(abs(p), abs(1 - p)).max() < 1e-3 for p in P)


def _times_zero(reading: Reading, step: Step) -> bool:
    """Tell whether a single number of 0 goes into what a step takes away."""
    tape = reading.tape
    taken = [chain.taken(after) for chain, (_, after) in step.changes.items()]
    made = tape.ancestors(taken, reading.versions)
    products = (node.operands for node in map(tape.nodes.__getitem__, made) if node.op == "multiply")
    numbers = [tape.value(operand) for operands in products for operand in operands]
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
            code = "gradient_zero"
        code = code or ("only_last_sample" if _is_of_last(explained, made, (X, Y), layers) else "")
        if code == "gradient_sign" and len(parts) < len(names):
            odd = [name for name in parts if made[name].op == "add" and made[name].sign > 0]
            if odd:
                yield flaw_at(tape.nodes[made[odd[0]].at], "update", "update_sign")
                return
        if _is_unrated(reading, parts, made):
            yield flaw_at(tape.nodes[change.at], "update", "update_without_rate")
            return
        before = change.chain.before(change.at)
        if len(parts) == 1 and other_number(reading, before, *change.way):
            yield flaw_at(tape.nodes[change.at], "update", "update_swapped")
            return
        found = exchange(reading, core, first, right) if not code else None
        taken = code_of(found, len(layers), explained.model.loss) if found is not None else ""
        if found is not None and taken:
            code, node = taken, found.node
            if taken.endswith("wrong_array") and found.wrong[0] == "Z":
                slope = _called_with_Z(tape, core, len(layers), right)
                code, node = ("slope_formula", slope) if slope is not None else (code, node)
        for each in culprits if not code else ():
            code = _structure(reading, each, change, explained.model, right)
            if code:
                break
        if code == "relu_leaky":
            at = reading.passes[0].layers[change.chain.layer].Z
            yield flaw_at(tape.nodes[min(tape.users[at], default=at)], "relu", code)
            return
        step = step_of(node.inside, "compute_gradient", ("compute_gradient", "relu_derivative"))
        slopes = [
            tape.nodes[at] for at in sorted(tape.ancestors([change.core], reading.versions))
            if role_of(tape.nodes[at].inside).endswith("derivative")
        ]  # fmt: skip
        if code == taken == "relu_derivative_missing" and not slopes and found is not None:
            node = tape.nodes[found.at]  # where it should have been
        overwritten = _overwritten(reading, passes) if code == "relu_derivative_missing" else None
        if overwritten is not None:
            yield flaw_at(overwritten, "relu", "relu_overwrites_argument", ", ".join(explained.wrong))
            return
        if (
            code in ("relu_derivative_missing", "relu_derivative_itself", "relu_derivative_flipped")
            and slopes
        ):
            step, node = "relu_derivative", slopes[-1]
        elif code in ("slope_formula", "relu_derivative_itself") and is_activation(node.inside):
            step = "relu_derivative"
        elif code.endswith("wrong_array") or code in ("weights_not_used", "dO_for_dZ"):
            step = "compute_gradient"
        elif code in ("output_activation_missing", "relu_missing"):
            last = -1 if code.startswith("output") else change.chain.layer
            step, node = "forward", tape.nodes[reading.passes[0].layers[last].Z]
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
            node = _first_of(reading, change, Y)
            yield flaw_at(node, "compute_gradient", "gradient_sign")
        return
    if (
        not rates
        or (scalar == 1.0 and not change.adaptive and not any(tape.depends(change.at, at) for at in rates))
        or n < 4
        or (change.remembers and not change.kept)
    ):
        return
    entropy = "entropy" in explained.model.loss
    own, shown = _own_factor(reading, n, K, entropy)
    code = ""
    ratio = factor / own if own is not None else 0.0
    if entropy:
        if own is None and _own_factor(reading, n, K, not entropy)[1] is not None:
            return  # the gradient of another loss than the program's
        if own is None or not np.isclose(own, factor, 1e-5):
            known = {
                "mean_twice": 1 / n**2, "mean_over_classes": 1 / K if K > 1 else -1,
                "mean_over_entries": 1 / (n * K), "factor_two": 2 / n, "factor_half": 0.5 / n,
            }  # fmt: skip
            faulty = {name: value for name, value in known.items() if not np.isclose(value, (1, 1 / n)).any()}
            code = next((name for name, value in faulty.items() if np.isclose(factor, value, 1e-6)), "")
            if not code and own is not None and np.isclose(factor, 1) and np.isclose(own, 1 / n):
                code = "mean_missing"
    elif own is not None and np.isclose(ratio, 4) and not np.isclose(factor, (1, 2, 1 / n, 2 / n)).any():
        code = "factor_two"  # (P - Y)², whose derivative has a 2 that many leave out
    elif own is not None and np.isclose(factor, 1 / n**2):
        code = "mean_twice"
    elif own is not None and shown is not None and _is_function_of_its_own(reading, change):
        if np.isclose(ratio, (1 / n, 2 / n)).any() and np.isclose(factor, (1 / n, 2 / n)).any():
            yield flaw_at(shown, "cross_entropy", "loss_not_averaged")
        elif np.isclose(ratio, (n, 2 * n)).any():
            code = "mean_missing"
        elif np.isclose(ratio, (1 / n, 2 / n)).any():
            code = "mean_twice"
    if code:
        yield flaw_at(_first_of(reading, change, Y), "compute_gradient", code)
    else:
        share = explained.factor / own if entropy and own is not None else 0.0
        yield from _flaws_of_penalty(reading, passes, made, share, n)


def _flaws_of_penalty(
    reading: Reading, passes: Sequence[Pass], made: Mapping[str, Change], factor: float, n: int
) -> Iterator[Flaw]:
    """See that weights decay by the derivative of the squares that the loss has, by the loss's own factor.

    Without a factor, or without squares in the loss, that of one layer must be that of the others.
    """
    tape, weight = reading.tape, _penalty(reading, passes) if factor else 0.0
    changes = {name: change for name, change in made.items() if name[1] == "W"}
    if any(change.remembers or change.adaptive for change in changes.values()):
        return
    decays, sure = {}, {}
    for name, change in changes.items():
        before = change.chain.before(change.at)
        W, after = (np.asarray(tape.nodes[at].value, np.float64) for at in (before, change.at))
        rest = W - after - change.of_core(tape).reshape(W.shape)
        decays[name] = decay = float(np.sum(rest * W) / np.sum(W * W))
        room = 0.02 * abs(2 * weight * factor or decay)
        sure[name] = np.allclose(rest, decay * W, 0.02, room * np.abs(W).max())
    if weight:
        known = (0, 0.5, 2, n, 1 / n)
        wrong = [name for name, decay in decays.items()
            if sure[name] and np.isclose(decay / (2 * weight * factor), known, 0.02, 0.02).any()]  # fmt: skip
    else:
        usual = float(np.median([*decays.values(), max(decays.values(), key=abs)]))
        wrong = [
            name for name, decay in decays.items() if np.isclose(decay, (usual / 2, 2 * usual), 1e-3, 0).any()
        ]
        wrong = wrong if all(sure.values()) and abs(usual) > 1e-9 else []
    for name in wrong[:1]:
        node = next((tape.nodes[at] for at in changes[name].way if tape.nodes[at].op == "add"), None)
        yield flaw_at(node or tape.nodes[changes[name].core], "compute_gradient", "penalty_factor", name)


def _penalty(reading: Reading, passes: Sequence[Pass]) -> float:
    """Return by what the squares of all weights stand in the loss of a step; 0 where that is not sure."""
    tape, found, owned = reading.tape, [], list(own_losses(reading))
    for own in owned:
        layers = [layer for passed in own.passes[:1] for layer in passed.layers]
        _, added = penalties(tape, own.node.at, [passed.layers[-1].Z for passed in own.passes])
        added = [at for at in added if np.size(tape.nodes[at].value) == 1]
        if not added or not all(any(tape.depends(at, layer.weight) for at in added) for layer in layers):
            continue
        value = sum(map(tape.number, added))
        coarse = own.node.value.dtype == np.float32 and value < 1e-5 * abs(own.value)
        found.append(np.nan if coarse else value / sum(np.sum(reading.W(layer) ** 2) for layer in layers))
    alike = len(found) > 1 and np.allclose(found, found[0], 0.01)
    of_step = any(own.passes == list(passes) for own in owned)
    return float(found[0]) if alike and of_step else 0.0


def _overwritten(reading: Reading, passes: Sequence[Pass]) -> Node | None:
    """Find where Z is turned into H in its own place, though Z is compared with 0 later."""
    tape = reading.tape
    for layer in (layer for passed in passes for layer in passed.layers[:-1]):
        node = tape.nodes[layer.out]
        compared = ("less", "less_equal", "greater", "greater_equal")
        later = [tape.nodes[user] for user in tape.users[node.at] if tape.nodes[user].op in compared]
        if node.op == "put" and layer.Z in node.inputs[:1] and later:
            return node
    return None


def _of_two_halves(
    reading: Reading, explained: Explanation, made: dict[str, Change], n: int, K: int
) -> Explanation:
    """Let the program's own loss tell which half of the gradient is averaged wrongly; else name no cause."""
    times, rate = {"mean_missing": n, "mean_twice": 1 / n}, rate_in(reading, made["dW1"])
    if explained.code not in times or 2 * len(explained.wrong) != len(made):
        return explained
    own, _ = _own_factor(reading, n, K, "entropy" in explained.model.loss)
    halves = [factor / rate for factor in (explained.factor, explained.factor * times[explained.code])]
    usual = [half for half in halves if np.isclose(half * n, (1, 2)).any()]
    wanted = own * rate if own is not None else usual[0] * rate if len(usual) == 1 else 0.0
    if np.isclose(explained.factor, wanted):
        return explained
    if not np.isclose(explained.factor * times[explained.code], wanted):
        return replace(explained, code="")
    rest = tuple(name for name in made if name not in explained.wrong)
    code = "mean_twice" if explained.code == "mean_missing" else "mean_missing"
    return replace(explained, wrong=rest, explained=rest, code=code, factor=wanted)


def _is_function_of_its_own(reading: Reading, change: Change) -> bool:
    """Tell whether loss and gradient are functions, so that the one is meant to be that of the other."""
    gradient = role_of(reading.tape.nodes[change.core].inside)
    return gradient == "compute_gradient" and all(
        is_loss(o.node.inside) for o in islice(own_losses(reading), 2)
    )


def _own_factor(reading: Reading, n: int, K: int, entropy: bool) -> tuple[float | None, Node | None]:
    """Tell by which factor the program's own entropy, or error, is the summed one, and where."""
    for own in (each for each in own_losses(reading) if not each.predicted):
        for number, (code, loss) in enumerate(losses(own.Y, own.P)):
            if code == "" and (number < 2) == entropy and loss and np.isfinite(loss):
                factor = own.value / loss
                N, _ = own.Y.shape
                known = {
                    1: 1,
                    1 / N: 1 / n,
                    1 / (N * K): 1 / (n * K),
                    1 / K: 1 / K,
                    0.5 / N: 0.5 / n,
                    0.5: 0.5,
                }
                for right, here in known.items():
                    if np.isclose(factor, right, 1e-4):
                        return here, own.node
    return None, None


def _first_of(reading: Reading, change: Change, Y: Any) -> Node:
    """Return the line where the error of the output is made, or what stands for it."""
    tape = reading.tape
    made = tape.ancestors([change.core], reading.versions)
    shaped = [
        tape.nodes[at] for at in sorted(made)
        if np.shape(tape.nodes[at].value) in (Y.shape, Y.T.shape)
        and tape.nodes[at].op.startswith(("subtract", "divide"))
    ]  # fmt: skip
    return shaped[-1] if shaped else tape.nodes[change.core]


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
