"""Whether the program's loss is a usual one, and that of its gradient."""

from collections.abc import Iterator

import numpy as np

from triceptron.checking.network import Explanation
from triceptron.checking.passes import Reading
from triceptron.checking.programs import role_of
from triceptron.checking.rest import losses
from triceptron.checking.run.changes import change_of, rate_in, rates_of
from triceptron.checking.run.flaws import Flaw, Verdict, flaw_at
from triceptron.checking.run.outputs import own_losses
from triceptron.checking.tape import Node

__all__ = ["judge_loss"]


def judge_loss(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold the program's losses against the usual ones, and their faults."""
    found: list[tuple[str, Node]] = []
    for call in reading.tape.calls:
        if role_of(call.name) == "cross_entropy" and isinstance(call.result, list):
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
                yield flaw_at(node, "cross_entropy", "loss_not_summed")
                return
    for node, value, P, Y in own_losses(reading):
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
        yield flaw_at(node, "cross_entropy", codes.pop())
    elif found:
        verdict.right["cross_entropy"] = found[-1][1].inside


def _averaged(reading: Reading, explained: Explanation, n: int) -> bool:
    """Tell whether the gradient is averaged over the samples."""
    step = next(step for step in reading.steps if step.passes)
    chain, (_, after) = next(iter(step.changes.items()))
    rates = rates_of(reading)
    scalar = rate_in(reading, change_of(reading, chain, after))
    return bool(rates) and bool(np.isclose(explained.factor / scalar, 1 / n, 1e-4))
