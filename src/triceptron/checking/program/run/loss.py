"""Whether the program's loss is a usual one, and that of its gradient."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from triceptron.checking.exercise.faults import output_faults
from triceptron.checking.names import role_of
from triceptron.checking.program.network import losses
from triceptron.checking.program.passes import Reading, last_name
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, is_test, names_behind
from triceptron.checking.program.run.outputs import OwnLoss, is_loss, own_losses
from triceptron.checking.program.tape import Node, Tape
from triceptron.steps import softmax

__all__ = ["judge_loss"]

_KINDS = ("cross-entropy", "binary cross-entropy", "squared error", "squared error")
"""What ``losses`` yields first."""


_LARGEST = ("max", "argmax", "amax")

_SCALES = frozenset({"loss_not_averaged", "mean_over_entries", "mean_over_classes"})


def judge_loss(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold the program's losses against the usual ones, and their faults."""
    owned = list(own_losses(reading))
    wrong = _not_summed(reading) or _patched(reading) or _of_other_part(reading, owned)
    if wrong is not None:
        yield wrong
        return
    wrong = next(filter(None, (_of_faulty_logarithms(reading, own) for own in owned[:2])), None)
    if wrong is not None:
        yield wrong
        return
    found: list[tuple[str, str, OwnLoss]] = []
    for own in owned:
        told = _told(own, verdict)
        if told is not None:
            found.append((*told, own))
        if len(found) >= 8:
            break
    found = [each for each in found if not _is_all_predicted(each[2])] or found
    lines = {
        own.node.line: {code for _, code, other in found if other.node.line == own.node.line}
        for *_, own in found
    }
    for line, codes in lines.items():
        right_elsewhere = {""} in lines.values()  # a sum beside a mean is meant
        if len(codes) == 1 and codes != {""} and not (right_elsewhere and codes & _SCALES):
            own, code = next(own for *_, own in found if own.node.line == line), codes.pop()
            yield flaw_at(_place_in(reading, own, code), "cross_entropy", code)
            return
    kinds = {kind for kind, code, _ in found if not code}
    if len(kinds) == 1:
        yield from _other_than_gradient(found[-1][2].Y, verdict, kinds.pop())
    if found:
        verdict.right["cross_entropy"] = found[-1][2].node.inside


def _is_all_predicted(own: OwnLoss) -> bool:
    """Tell whether all classes are predicted rightly: then a loss of the predicted ones is the right one."""
    return own.Y.shape[1] > 1 and np.array_equal(own.P.argmax(axis=1), own.Y.argmax(axis=1))


def _of_faulty_logarithms(reading: Reading, own: OwnLoss) -> Flaw | None:
    """See that a loss of the logits has the logarithm of softmax, and not one of its faults."""
    passes, (n, K) = own.passes, own.Y.shape
    if not own.named or K < 2 or {p.output for p in passes} - {"softmax", "identity"}:
        return None
    O = np.concatenate([reading.rows(p.layers[-1].Z, p.layers[-1]) for p in passes])
    right = float(-np.sum(own.Y * np.log(softmax(O))))
    made = [(code, -np.sum(own.Y * np.log(P))) for code, P in output_faults(O) if np.shape(P) == O.shape]
    made.append(("max_not_put_back", right - np.sum(own.Y * O.max(axis=1, keepdims=True))))
    for code, loss in made:
        if (
            np.isfinite(loss)
            and not np.isclose(loss, right)
            and np.isclose(own.value, (loss, loss / n), 1e-9).any()
        ):
            logs = [c for c in reading.tape.calls if "log" in c.name.lower() and "softmax" in c.name.lower()]
            inner = [reading.tape.nodes[c.result[0]] for c in logs if isinstance(c.result, list)]
            return flaw_at(inner[0] if inner else own.node, "log_softmax" if inner else "cross_entropy", code)
    return None


def _not_summed(reading: Reading) -> Flaw | None:
    """See that a loss is one number."""
    tape = reading.tape
    for call in tape.calls:
        if role_of(call.name) != "cross_entropy" or not isinstance(call.result, list):
            continue
        node = tape.nodes[call.result[0]]
        n = _samples_behind(reading, node.at)
        each = n > 3 and np.shape(node.value) == (n,) and "derivative" not in call.name
        if each and not any(np.size(tape.nodes[at].value) == 1 for at in tape.descendants([node.at])):
            return flaw_at(node, "cross_entropy", "loss_not_summed")
    lines: dict[int, list[Node]] = {}
    for node in (tape.nodes[at] for at in sorted(_called_loss(tape)) if not tape.cut):
        n = _samples_behind(reading, node.at)
        if n > 3 and np.shape(node.value) in ((n,), (n, 1)) and np.min(node.value) >= 0:
            lines.setdefault(node.line, []).append(node)
    kept = {np.shape(node.value) for node in tape.nodes if node.op == "leaf" and tape.users[node.at]}
    for nodes in (each for each in lines.values() if np.shape(each[0].value) not in kept):  # summed later on
        made = tape.descendants([node.at for node in nodes])
        if not any(at in reading.versions or np.size(tape.nodes[at].value) == 1 for at in made):
            return flaw_at(nodes[0], "cross_entropy", "loss_not_summed")
    return None


def _samples_behind(reading: Reading, at: int) -> int:
    """Return of how many samples the last way forward is that something is made of; 0 without one."""
    ours = [p for p in reading.passes if len(p.layers) > 1 and reading.tape.depends(at, p.layers[-1].Z)]
    return len(reading.rows(ours[-1].P, ours[-1].layers[-1])) if ours else 0


def _called_loss(tape: Tape) -> set[int]:
    """Return what is called a loss, and what a function or class of that name gives."""
    calls = (call for call in tape.calls if isinstance(call.result, list))
    named = {
        at for at, names in tape.named.items()
        if any(role_of(last_name(name)) == "cross_entropy" for name in names)
    }  # fmt: skip
    return named | {
        call.result[0] for call in calls if call.name.endswith(".calculate") and is_loss(call.name)
    }


def _patched(reading: Reading) -> Flaw | None:
    """See that probabilities are not changed by much before their logarithm is taken."""
    tape = reading.tape
    hot = tape.descendants([p.P for p in reading.passes if p.output in ("softmax", "sigmoid")])
    for node in tape.nodes:
        if node.op != "log" or not node.inputs or node.inputs[0] not in hot:
            continue
        added = tape.nodes[node.inputs[0]]
        numbers = [
            tape.number(entry) for entry in added.inputs
            if np.size(tape.nodes[entry].value) == 1 and not tape.nodes[entry].inputs
        ]  # fmt: skip
        numbers += [float(part) for part in added.operands if isinstance(part, int | float)]
        chosen = added.op == "where" and added.inputs[0] in hot  # by how large it is, not by the truth
        bounds = {"add": (1e-4, 0.2), "maximum": (2e-3, 0.2), "clip": (2e-3, 0.2)}
        lowest, highest = (1e-4, 1.01) if chosen else bounds.get(added.op, (1.0, 0.0))
        if any(lowest <= number < highest for number in numbers):
            return flaw_at(added, "cross_entropy", "log_of_zero_patched")
    return None


def _of_other_part(reading: Reading, owned: Sequence[OwnLoss]) -> Flaw | None:
    """See that what is called a test loss is not of the training part."""
    tape = reading.tape
    found: list[tuple[Node, bool]] = []
    for own in owned:
        names = [last_name(name).lower() for name in tape.named.get(own.node.at, ())]
        names = [name for name in names if name not in ("val", "loss_val")]  # a meter's, or its value
        if not any(map(is_test, names)) or any("train" in name for name in names):
            continue
        sources = {p.layers[0].source for p in own.passes}
        called = set().union(*(names_behind(tape, at) for at in sources))
        trained = tape.ancestors([p.layers[0].source for step in reading.steps[:4] for p in step.passes])
        of_training = any("train" in name for name in called) or sources <= trained
        found.append((own.node, of_training and not any(map(is_test, called))))
    wrong = all(of_training for _, of_training in found)  # one beside another of the same name is not used
    return flaw_at(found[0][0], "train", "train_repeated") if found and wrong else None


def _told(own: OwnLoss, verdict: Verdict) -> tuple[str, str] | None:
    """Say which loss a program's is, and by which fault; nothing where it is none that is known."""
    n, K = own.Y.shape
    if n == 0:
        return None
    squashed = own.passes[-1].output == "sigmoid"
    usual = list(losses(own.Y, own.P))
    if own.predicted:
        usual = usual[:1]
    binary = dict(enumerate(usual)).get(_KINDS.index("binary cross-entropy"), ("", np.nan))[1]
    named = [(_KINDS[number] if number < len(_KINDS) else "", *each) for number, each in enumerate(usual)]
    if squashed:  # before anything has been learned, half of it is as large as a faulty one
        named.sort(key=lambda each: each[0] != "binary cross-entropy")
    for kind, code, loss in named:
        factors = dict.fromkeys((1, 1 / n, 1 / (2 * n), 0.5, 1 / (n * K), 1 / K, 1 / (2 * n * K), 2 / n))
        sound = np.isfinite(loss) and abs(loss) > 1e-9
        hit = next((f for f in factors if sound and np.isclose(own.value, f * loss, 1e-6, 1e-12)), None)
        if hit is None:
            continue
        if kind == "cross-entropy" and squashed and not np.isclose(loss, binary):
            return kind, "loss_incomplete"
        if code == "loss_absolute" and not _is_made_small(own.node.inside):
            return None  # something to look at
        if own.predicted:
            return kind, "loss_of_prediction"
        if not own.named and code in ("loss_sign", "loss_absolute"):
            return None  # a likelihood, a distance: something to look at
        if not code and n > 3 and verdict.averaged:
            code = _scale(hit, n, K, kind)
        return kind, code
    return None


def _is_made_small(inside: str) -> bool:
    """Tell whether a function's name is that of a loss which training makes small, and none of distances."""
    name = inside.lower()
    words = ("loss", "cost", "mse", "squar", "uadr")
    role = role_of(inside)
    meant = role == "cross_entropy" or (role != "loss_gradient" and any(word in name for word in words))
    return meant and not any(word in name for word in ("abs", "mae", "l1"))


def _place_in(reading: Reading, own: OwnLoss, code: str) -> Node:
    """Return where a loss is made otherwise than it should be: by its operation, or where labels are met."""
    tape, last = reading.tape, own.passes[-1].layers[-1]
    made = sorted(tape.ancestors([own.node.at], reading.versions))
    nodes = [tape.nodes[at] for at in made if at > last.Z and tape.depends(at, last.Z)]
    told = {"loss_base": ("log2", "log10"), "loss_of_prediction": _LARGEST}
    after = own.passes[-1].P if code == "loss_of_prediction" else -1
    found = [node for node in nodes if node.op in told.get(code, ()) and node.at > after]
    if code in ("loss_incomplete", "log_missing", "loss_base", "loss_of_prediction"):
        labels = [
            [np.size(tape.nodes[e].value) for e in node.inputs if not tape.depends(e, last.Z)]
            for node in nodes
        ]
        met = (own.Y.size, len(own.Y))
        found += [node for node, sizes in zip(nodes, labels, strict=True) if {*sizes}.intersection(met)]
    return found[0] if found else own.node


def _scale(hit: float, n: int, K: int, kind: str) -> str:
    """Name the factor of a loss beside a gradient that is averaged over the samples."""
    if kind == "squared error":
        return "loss_not_averaged" if np.isclose(hit, (1, 0.5)).any() else ""
    known: Mapping[str, float] = {
        "loss_not_averaged": 1, "mean_over_entries": 1 / (n * K), "mean_over_classes": 1 / K,
    }  # fmt: skip
    if np.isclose(hit, 1 / n) or (kind.startswith("binary") and np.isclose(hit, 1 / (n * K))):
        return ""
    return next((code for code, factor in known.items() if np.isclose(hit, factor)), "")


def _other_than_gradient(Y: Any, verdict: Verdict, kind: str) -> Iterator[Flaw]:
    """See that the gradient is that of the loss which the program shows."""
    explained, node = verdict.explanation, verdict.error
    if explained is None or explained.wrong or node is None:
        return
    model = explained.model
    entropies = ["entropy" in each for each in (kind, model.loss)]
    if entropies[0] == entropies[1]:
        return
    if model.output == "identity" and entropies[0]:
        code, step = "softmax_missing", "forward"
    elif not entropies[0] and model.output == "tanh" and np.unique(Y).size > 2:
        code, step = "relu_on_output", "forward"  # numbers to be told, and no classes
    elif entropies[0]:
        code, step = "output_slope_again", "compute_gradient"
    elif model.output in ("softmax", "sigmoid", "tanh"):
        code, step = "output_slope_missing", "compute_gradient"
    else:
        return
    verdict.right.pop("compute_gradient", None)
    yield flaw_at(node, step, code)
