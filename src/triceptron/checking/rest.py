"""The rest of anyone's network, once its way forward is known: initialize, loss, update and predict."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from triceptron.checking.network import Layers
from triceptron.checking.programs import FailedError, Found, Program, containers, leaves
from triceptron.steps import softmax

__all__ = ["judge_rest", "losses"]

_CLOSE = 1e-4


def judge_rest(program: Program, found: Found) -> Found:
    """Judge what else a program has, with the data and parameters by which its gradient was judged."""
    if found.setting is None:
        return found
    found = replace(found, roles=dict(found.roles), status=dict(found.status), codes=dict(found.codes))
    ways = {"initialize": _initialize, "cross_entropy": _loss, "update": _update, "predict": _predict}
    for key, judge in ways.items():
        for entry in program.functions.get(key, []):
            with suppress(FailedError, ValueError, TypeError, LookupError):
                verdict = judge(program, found, entry)
                if verdict is not None:
                    found.roles[key], found.status[key] = entry["name"], "wrong" if verdict else "right"
                    if verdict:
                        found.codes[key] = verdict
                    break
    return found


def _initialize(program: Program, found: Found, entry: Mapping[str, Any]) -> str | None:
    for container in containers(program.started.get(entry["name"])):
        weights = [W for W, _ in container.layers_in(container.value)]
        if any(np.ptp(W) == 0 for W in weights if W.size > 1):
            return "initialize_constant"
        return "initialize_scale" if any(np.abs(W).mean() > 10 for W in weights) else ""
    return None


def losses(Y: Any, P: Any) -> Iterator[tuple[str, float]]:
    """Yield the usual losses, summed over the samples, and those with one fault."""
    raw = P
    if not np.allclose(P.sum(axis=1), 1) and (P.min() < 0 or P.max() > 1):
        P = softmax(P)  # it puts out logits
    with np.errstate(all="ignore"):
        L, rest = np.log(P), np.log(1 - P)
        both = float(-np.sum(Y * L + (1 - Y) * rest))
        right = [float(-np.sum(Y * L)), both, float(np.sum((P - Y) ** 2))]
        right.append(float(np.sum((raw - Y) ** 2)))
        yield from (("", value) for value in right)
        yield from (("loss_sign", -value) for value in right)
        yield from (("loss_base", value / np.log(base)) for base in (2, 10) for value in right[:2])
        yield "loss_incomplete", float(-np.sum((1 - Y) * rest))
        yield "log_missing", float(-np.sum(Y * P))
        yield "loss_of_prediction", float(-np.sum(np.log(P.max(axis=1))))
        yield "loss_absolute", float(np.sum(np.abs(raw - Y)))
        yield "truth_ignored", float(-np.sum(L))


def _loss(program: Program, found: Found, entry: Mapping[str, Any]) -> str | None:
    setting = found.setting
    n, K = setting.data.Y.shape
    for labelled in setting.with_labels():
        between = setting.between()
        for P in (between["P"], between[f"Z{len(setting.layers)}"]):  # probabilities, or logits
            with suppress(FailedError):
                value = program.call(entry, {**labelled.environment(), **between, "P": P})["value"]
                numbers = [array for _, array in leaves(value) if array.size == 1]
                if len(numbers) != 1 or not np.isfinite(numbers[0]).all():
                    continue
                got = float(np.ravel(numbers[0])[0])
                for code, loss in losses(setting.data.Y, setting.P):
                    for factor in (1, 1 / n, 1 / (2 * n), 0.5, 1 / (n * K), 1 / K, 1 / (2 * n * K), 2 / n):
                        if np.isfinite(loss) and np.isclose(got, factor * loss, _CLOSE, 1e-9):
                            return code
    return None


def _update(program: Program, found: Found, entry: Mapping[str, Any]) -> str | None:
    setting, explained = found.setting, found.explanation
    if explained is None or found.raw is None:
        return None
    env = {**setting.environment(), "gradients": found.raw}
    rate = env["learning_rate"]
    gradient = setting.read_gradient(found.raw)
    for number, ((W, _), (at_W, at_b)) in enumerate(zip(gradient, setting.container.places, strict=True), 1):
        env[f"dW{number}"] = np.reshape(
            W.T if setting.container.columns else W, setting.container.shape(at_W)
        )
        if at_b is not None:
            db = np.asarray(gradient[number - 1][1])
            env[f"db{number}"] = db if db.size == 1 else np.reshape(db, setting.container.shape(at_b))
    outcome = program.call(entry, env)
    asked = {"changed": False}
    for value in (outcome["value"], *outcome["after"], list(outcome["after"])):
        for container in containers(value):
            if (
                container.columns != setting.container.columns
                or container.sizes() != setting.container.sizes()
            ):
                continue
            after = container.layers_in(value)
            code = _step_taken(setting.layers, after, gradient, rate)
            if code == "update_nothing":
                asked["changed"] = True
                continue
            if code in ("", "update_sign"):
                uphill = (explained.factor < 0) != (code == "update_sign")
                return "update_sign" if uphill else ""
            return code
    return "update_nothing" if asked["changed"] and outcome["value"] is None else None


def _step_taken(before: Layers, after: Layers, gradient: Layers, rate: float) -> str | None:
    """Tell what became of parameters: a step down is the empty code."""

    def all_are(change: Any) -> bool:
        return all(
            np.allclose(new, change(old, d), 1e-6, 1e-9)
            for (W, b), (V, c), (dW, db) in zip(before, after, gradient, strict=True)
            for old, new, d in ((W, V, dW), (b, c, db))
            if old is not None and new is not None
        )

    ways = {
        "": lambda old, d: old - rate * d,
        "update_sign": lambda old, d: old + rate * d,
        "update_nothing": lambda old, d: old,
        "update_without_rate": lambda old, d: old - d,
        "update_replaces": lambda old, d: -rate * d,
        "update_divides": lambda old, d: old - d / rate,
        "update_twice": lambda old, d: old - 2 * rate * d,
    }
    return next((code for code, way in ways.items() if all_are(way)), None)


def _predict(program: Program, found: Found, entry: Mapping[str, Any]) -> str | None:
    setting = found.setting
    P, K = setting.P, setting.P.shape[1]
    value = program.call(entry, {**setting.environment(), **setting.between()})["value"]
    numbers = [array for _, array in leaves(value) if array.size == len(P)]
    if len(numbers) != 1 or len(P) < 3:
        return None
    got = np.ravel(numbers[0])
    if K == 1:
        return "" if np.array_equal(got, np.ravel(P > 0.5)) else None
    largest = P.argmax(axis=1)
    ways = {"": largest, "predicts_least": P.argmin(axis=1), "predicts_from_one": largest + 1}
    return next((code for code, right in ways.items() if np.array_equal(got, right)), None)
