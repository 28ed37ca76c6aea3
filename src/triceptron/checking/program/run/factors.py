"""The numbers that a gradient is multiplied by, beside those of the program's own loss."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.network import Explanation, losses
from triceptron.checking.program.passes import Pass, Reading
from triceptron.checking.program.run.changes import Change, rate_in, rates_of
from triceptron.checking.program.run.flaws import Flaw, flaw_at
from triceptron.checking.program.run.operands import with_other
from triceptron.checking.program.run.outputs import OwnLoss, is_loss, own_losses, penalties
from triceptron.checking.program.tape import Node

__all__ = ["flaws_of_penalty", "of_two_halves", "scale_fault"]


def scale_fault(
    reading: Reading, explained: Explanation, change: Change, n: int, K: int
) -> tuple[str, Node | None]:
    """Name the number by which a gradient is not that of the program's own loss; of a faulty loss its place.

    Squares are made small with the 2 of their derivative or without it, added up or averaged; only a loss
    with ½ says which of these is meant.
    """
    entropy = "entropy" in explained.model.loss
    own, shown = _own_factor(reading, n, K, entropy)
    factor = explained.factor / (rate_in(reading, change) or 1.0)
    if entropy and own is None and _own_factor(reading, n, K, not entropy)[1] is not None:
        return "", None  # the gradient of another loss than the program's
    if entropy and own is not None and np.isclose(own, factor, 1e-5):
        return "", None
    if entropy:
        known = {
            "mean_twice": 1 / n**2, "mean_over_classes": 1 / K if K > 1 else -1,
            "mean_over_entries": 1 / (n * K), "factor_two": 2 / n, "factor_half": 0.5 / n,
        }  # fmt: skip
        faulty = {name: value for name, value in known.items() if not np.isclose(value, (1, 1 / n)).any()}
        code = next((name for name, value in faulty.items() if np.isclose(factor, value, 1e-6)), "")
        missing = not code and own is not None and np.isclose(factor, 1) and np.isclose(own, 1 / n)
        return "mean_missing" if missing else code, None
    if own is None or shown is None:
        return "", None
    ratio = factor / own
    halved = K != 2 and np.isclose(own, (0.5, 0.5 / n)).any()
    usual = not halved and np.isclose(factor, [c / s for c in (1, 2) for s in (1, n, n * K)]).any()
    for code, times in (("factor_two", 4), ("factor_half", 1 if halved else 0.5)):
        if np.isclose(ratio, times) and not usual:
            return code, None
    if n > 1 and np.isclose(factor, 1 / n**2):
        return "mean_twice", None
    if n > 1 and n != K and _is_function_of_its_own(reading, change):
        if np.isclose(ratio, (1 / n, 2 / n)).any():
            usual = np.isclose(factor, (1 / n, 2 / n)).any()
            return ("loss_not_averaged", shown) if usual else ("mean_twice", None)
        if np.isclose(ratio, (n, 2 * n, n * K, 2 * n * K)).any():
            return "mean_missing", None
    return "", None


def of_two_halves(
    reading: Reading, explained: Explanation, made: Mapping[str, Change], n: int, K: int
) -> Explanation:
    """Let the program's own loss tell which half of the gradient is averaged wrongly; else name no cause.

    The half that is turned round is the one that goes uphill.
    """
    times, rate = {"mean_missing": n, "mean_twice": 1 / n}, rate_in(reading, made["dW1"])
    rest = tuple(name for name in made if name not in explained.wrong)
    if explained.code == "gradient_sign" and explained.factor < 0:
        return replace(explained, wrong=rest, explained=rest, factor=-explained.factor)
    if explained.code not in times or 2 * len(explained.wrong) != len(made):
        return explained
    entropy = "entropy" in explained.model.loss
    own, _ = _own_factor(reading, n, K, entropy)
    halves = [factor / rate for factor in (explained.factor, explained.factor * times[explained.code])]
    if own is None:
        right = [bool(np.isclose(half * n, (1, 2)).any()) for half in halves]
    else:
        right = [bool(np.isclose(half / own, 1 if entropy else (1, 2)).any()) for half in halves]
    if right == [True, False]:
        return explained
    if right != [False, True]:
        return replace(explained, code="")
    code = "mean_twice" if explained.code == "mean_missing" else "mean_missing"
    return replace(explained, wrong=rest, explained=rest, code=code, factor=halves[1] * rate)


def _is_function_of_its_own(reading: Reading, change: Change) -> bool:
    """Tell whether loss and gradient are functions, so that the one is meant to be that of the other."""
    gradient = role_of(reading.tape.nodes[change.core].inside)
    return gradient == "compute_gradient" and all(
        is_loss(o.node.inside) for o in islice(own_losses(reading), 2)
    )


def _own_factor(reading: Reading, n: int, K: int, entropy: bool) -> tuple[float | None, Node | None]:
    """Tell by which factor the program's own entropy, or error, is the summed one, and where."""
    for own in (_made_finite(reading, each) for each in own_losses(reading) if not each.predicted):
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


def _made_finite(reading: Reading, own: OwnLoss) -> OwnLoss:
    """Compute a loss anew of other outputs, where the training has run away and it is no number."""
    if np.isfinite(own.value) or len(own.passes) != 1:
        return own
    tape, last = reading.tape, own.passes[0].layers[-1]
    end, _ = penalties(tape, own.node.at, [last.Z])
    P = 0.1 + 0.8 * np.linspace(0, 1, own.Y.size).reshape(own.Y.shape)
    outputs = (P if last.rows else P.T).reshape(np.shape(tape.nodes[own.passes[0].P].value))
    value = with_other(tape, end, own.passes[0].P, outputs)
    return own if value is None or np.size(value) != 1 else replace(own, value=float(value), P=P)


def flaws_of_penalty(
    reading: Reading,
    passes: Sequence[Pass],
    explained: Explanation,
    made: Mapping[str, Change],
    n: int,
    K: int,
) -> Iterator[Flaw]:
    """See that weights decay by the derivative of the squares that the loss has, by the loss's own factor.

    Where the loss does not show them, each weight decays as the others do.
    """
    tape, weight = reading.tape, _penalty(reading, passes)
    changes = {name: change for name, change in made.items() if name[1] == "W"}
    entropy = "entropy" in explained.model.loss
    own, _ = _own_factor(reading, n, K, entropy)
    first = made["dW1"]
    rate = first.weight(tape, rates_of(reading)) if first.adaptive else rate_in(reading, first)
    ratio = explained.factor / (own or 1.0) / (1 if entropy else 2)
    exact = own is not None and bool(np.isclose(ratio, rate))  # else the 2 is left out, or the mean
    halved = bool(np.isclose(ratio, (rate / 2, 2 * rate)).any())  # one of the two is, and not the penalty
    wanted = 2 * weight * ratio if exact or (own is not None and entropy and not halved) else 0.0
    odd = (0, 0.5, 2, n, 1 / n) if n > 3 and exact else (0, 0.5, 2)
    decays = {}
    for name, change in changes.items():
        W = np.asarray(tape.nodes[change.chain.before(change.at)].value, np.float64)
        rest = _beside_gradient(reading, change, W)
        decay = float(np.sum(rest * W) / np.sum(W * W))
        if np.allclose(rest, decay * W, 0.02, 0.02 * abs(wanted or decay) * np.abs(W).max()):
            decays[name] = decay
    most = max(decays.values(), default=0.0)
    for name, decay in decays.items():
        times = decay / wanted if wanted else 1.0
        less = not wanted and len(decays) > 1 and most > 1e-9 and np.isclose(decay, most / 2, 1e-3, 0)
        if less or np.isclose(times, odd, 0.02, 1e-4).any():
            change = changes[name]
            node = next((tape.nodes[at] for at in reversed(change.way) if tape.nodes[at].op == "add"), None)
            yield flaw_at(node or tape.nodes[change.core], "compute_gradient", "penalty_factor", name)
            return


def _beside_gradient(reading: Reading, change: Change, W: Any) -> Any:
    """Return what a step takes away beside the gradient; where it remembers, what is added to that first."""
    tape, taken = reading.tape, change.of_core(reading.tape).reshape(W.shape)
    if not (change.remembers or change.adaptive):
        return W - np.asarray(tape.nodes[change.at].value, np.float64) - taken
    for node in map(tape.nodes.__getitem__, reversed(change.way) if np.any(taken) else ()):
        others = [entry for entry in node.inputs if entry not in change.way]
        if node.op == "add" and len(others) == 1 and np.shape(tape.nodes[others[0]].value) == W.shape:
            rest = np.asarray(tape.nodes[others[0]].value, np.float64)
            core = np.asarray(node.value, np.float64) - rest
            return rest * (np.sum(core * taken) / np.sum(core * core))
    return np.zeros_like(W)


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
        if not value:
            continue  # a part that is only looked at
        coarse = own.node.value.dtype == np.float32 and value < 1e-5 * abs(own.value)
        found.append(np.nan if coarse else value / sum(np.sum(reading.W(layer) ** 2) for layer in layers))
    alike = len(found) > 1 and np.allclose(found, found[0], 0.01)
    of_step = any(own.passes == list(passes) for own in owned)
    return float(found[0]) if alike and of_step else 0.0
