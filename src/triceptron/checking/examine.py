"""The checks of each step: alone, with ours for the rest, and together, in the learner's own chain."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking import diagnosis, places
from triceptron.checking.alternatives import train_losses
from triceptron.checking.calling import (
    Outcome,
    Placer,
    call,
    show,
    show_arguments,
    show_entry,
)
from triceptron.checking.cases import SHAPES, Case, Shape, complete, make_case
from triceptron.checking.catalogue import find_names
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.interface import (
    DEFAULT_DRESS,
    Dress,
    Functions,
    calling_dresses,
    forward_arrays,
    read_four,
)
from triceptron.checking.source import Listing, Place
from triceptron.checking.trials import (
    ATOL,
    COMPOSITE,
    LABELLED,
    RTOL,
    Attempt,
    attempt,
    held_out,
    known_faults,
    trials,
)
from triceptron.parameters import Parameters, initialize
from triceptron.validation import Labels

__all__ = ["Examiner"]

_CHATTY = 500
"""Characters printed in one call that are worth a remark; train's two lines an epoch stay below."""

_STEP = 1e-6
_TOLERANCE = 1e-5
"""Of the central differences, relative to the largest entry of the gradient."""

_CHAIN = ("linear_combination", "relu", "softmax", "cross_entropy", "forward", "compute_gradient")
_CALLABLE = (*_CHAIN, "relu_derivative", "my_softmax", "log_softmax", "update", "backward", "predict")


class Examiner:
    """Checks a learner's functions in this process; `supervision` gives it a process of its own.

    Parameters
    ----------
    scope : mapping
        The learner's names: functions, constants, modules.
    listing : Listing
        The text of the functions, where known.
    placer : callable
        From a code object and a line to a place in the learner's file.
    shapes : sequence of (n, m, h, K)
        The small problems to check with.
    """

    def __init__(
        self,
        scope: Mapping[str, Any],
        listing: Listing,
        placer: Placer,
        shapes: Sequence[Shape] = SHAPES,
    ) -> None:
        self.listing, self.placer, self.shapes = listing, placer, tuple(shapes)
        names = find_names(name for name, value in scope.items() if _is_function(value))
        self.functions = Functions({key: scope[name] for key, name in names.items()}, names)
        self.scope = scope
        self._met: set[str] = set()

    def examine(self, key: str, wrong: Collection[str] = (), dead: Collection[str] = ()) -> Result:
        """Check one step by itself.

        Parameters
        ----------
        key : str
            The step.
        wrong : collection of str
            Steps found wrong before.
        dead : collection of str
            Steps that do not return; they are not called again.

        Returns
        -------
        Result
        """
        function = self.functions.found.get(key)
        if function is None:
            return Result("missing")
        definition = self.listing.get(self.functions.names[key])
        if definition is not None and places.is_blank(definition):
            return Result("missing", remarks=(Finding("blank", place=definition.place()),))
        self._meet(dead)
        if key == "initialize":
            return self._initialize(function)
        attempts, alone = self._best(key, function, dead)
        return self._result(key, function, attempts, alone, wrong, dead)

    # --- calling ---

    def _meet(self, dead: Collection[str]) -> None:
        """Learn from the learner's own results how parameters and gradients are dressed."""
        found, case = self.functions.found, make_case(self.shapes[0])
        if "initialize" in found and "initialize" not in dead and "initialize" not in self._met:
            self._met.add("initialize")
            outcome = self._call_initialize(found["initialize"], 5, 3)
            self.functions.dress = _dress_of(outcome.value) or self.functions.dress
        if "forward" in found and "forward" not in dead and "forward" not in self._met:
            self._met.add("forward")
            with self.functions.replaced(found["forward"], _CALLABLE):
                for dress in calling_dresses(self.functions.dress, labels=False):
                    outcome = call(
                        found["forward"], (case.X.copy(), dress.parameters(case.parameters)), self.placer
                    )
                    if outcome.error is None:
                        self.functions.forward_layout = _layout(outcome.value, case)
                        break
        if "compute_gradient" in found and "compute_gradient" not in dead and "gradient" not in self._met:
            self._met.add("gradient")
            tried = self._attempts("compute_gradient", found["compute_gradient"], self.functions.dress, _CALLABLE)
            keys = _gradient_keys(tried[0].outcome.value)
            if keys is not None:
                self.functions.dress = replace(self.functions.dress, gradient_keys=keys)

    def _attempts(
        self, key: str, function: Callable[..., Any], dress: Dress, replaced: Collection[str]
    ) -> list[Attempt]:
        """Make a step's calls; extreme logits only once the ordinary ones are right."""
        made: list[Attempt] = []
        with self.functions.replaced(function, replaced):
            for trial in trials(key, function, dress, self.shapes):
                if not trial.case.ordinary and not all(attempt.right for attempt in made):
                    break
                made.append(attempt(function, trial, self.placer))
                if made[-1].outcome.error is not None:
                    break
        return made

    def _best(
        self, key: str, function: Callable[..., Any], dead: Collection[str]
    ) -> tuple[list[Attempt], bool]:
        """Try the ways to call a function, and take the first one that is right; else the least wrong.

        Alone, all other steps are ours; where that does not fit the learner's own way of handing things from
        one function to the next, the step is judged within the learner's chain.
        """
        best: list[Attempt] = []
        alone = True
        for replaced in self._casts(key, dead):
            for dress in calling_dresses(self.functions.dress, key in LABELLED):
                made = self._attempts(key, function, dress, replaced)
                if not best or _badness(made) < _badness(best):
                    best, alone = made, replaced == set(_CALLABLE)
                if _badness(best) == (0, 0):
                    return best, alone
        return best, alone

    def _casts(self, key: str, dead: Collection[str]) -> Iterator[set[str]]:
        """Yield who is replaced by ours: all, then only the dead, then one at a time."""
        everyone = set(_CALLABLE)
        yield everyone
        if key in COMPOSITE:
            yield set(dead)
            for other in sorted(everyone & set(self.functions.found) - set(dead) - {key}):
                yield {other, *dead}

    # --- judging ---

    def _result(
        self,
        key: str,
        function: Callable[..., Any],
        attempts: list[Attempt],
        alone: bool,
        wrong: Collection[str],
        dead: Collection[str],
    ) -> Result:
        name = self.functions.names[key]
        errors = [attempt for attempt in attempts if attempt.outcome.error is not None]
        if errors:
            return self._raised(key, name, errors[0])
        findings: list[Finding] = []
        remarks: list[Finding] = []
        unread = [attempt for attempt in attempts if not attempt.got]
        if unread:
            findings.append(self._unread(key, name, unread[0]))
        elif key == "train" and self._records_after_update(attempts):
            remarks.append(Finding("records_after_update", place=self._place("", name)))
        else:
            findings += self._wrong_values(key, name, attempts)
        findings += self._changed(name, attempts)
        if key == "my_softmax" and all(attempt.right for attempt in attempts if attempt.trial.case.ordinary):
            remarks += [finding for finding in findings if finding.kind == "finite"]
            findings = [finding for finding in findings if finding.kind != "finite"]
        printed = max((attempt.outcome.printed for attempt in attempts), default=0)
        if printed > _CHATTY:
            remarks.append(Finding("prints", {"characters": f"{printed:,}"}, place=self._printing(name)))
        if key == "compute_gradient" and attempts[0].readable:
            findings, remarks = self._with_calculus(attempts[0], findings, remarks, wrong, dead)
        return Result("wrong" if findings else "right", tuple(findings), tuple(remarks))

    def _raised(self, key: str, name: str, tried: Attempt) -> Result:
        outcome = tried.outcome
        error = outcome.error
        place = outcome.place or self._place("", name, definition=True)
        fed = show_arguments(tried.trial.names, tried.fed)
        if isinstance(error, NotImplementedError):
            return Result("missing", remarks=(Finding("blank", place=place),))
        if isinstance(error, MemoryError):
            return Result("wrong", (Finding("memory", fed=fed, place=place),))
        if isinstance(error, SystemExit):
            return Result("wrong", (Finding("exit", {"status": str(error.code)}, fed=fed, place=place),))
        if isinstance(error, RecursionError):
            return Result("wrong", (Finding("recursion", fed=fed, place=place),))
        got = f"{type(error).__name__}: {_first_line(error)}"
        cause = diagnosis.cause_of_error(key, outcome, tried, self.listing, name)
        expected = _shapes(tried.trial.expected)
        return Result("wrong", (Finding("raises", {}, fed, got, expected, cause, place),))

    def _unread(self, key: str, name: str, tried: Attempt) -> Finding:
        value, trial = tried.outcome.value, tried.trial
        cause = Cause("returns_nothing") if value is None else None
        return Finding(
            "unreadable",
            {},
            show_arguments(trial.names, tried.fed),
            "None" if value is None else _describe(value),
            _shapes(trial.expected),
            cause,
            self._place("", name),
        )

    def _wrong_values(self, key: str, name: str, attempts: list[Attempt]) -> list[Finding]:
        """Tell what is wrong with what came out: a finding for each cause."""
        wrong = [attempt for attempt in attempts if attempt.faults]
        if not wrong:
            return []
        causes = diagnosis.causes_of_values(key, attempts, self.listing, name)
        findings = []
        left = list(dict.fromkeys(result for attempt in wrong for result in attempt.faults))
        for cause, results in causes:
            left = [result for result in left if result not in results]
            findings.append(self._finding(wrong, results, cause, name))
        if left and not causes:
            findings.append(self._finding(wrong, tuple(left), None, name))
        elif left:
            findings[0] = replace(
                findings[0],
                got=", ".join([findings[0].got, *self._shown(wrong, left, expected=False)]),
                expected=", ".join([findings[0].expected, *self._shown(wrong, left, expected=True)]),
            )
        return findings

    def _finding(
        self, wrong: Sequence[Attempt], results: Sequence[str], cause: Cause | None, name: str
    ) -> Finding:
        tried = next(attempt for attempt in wrong if set(results) & set(attempt.faults))
        kinds = [tried.faults[result] for result in results if result in tried.faults]
        kind = next(kind for kind in ("shape", "finite", "values") if kind in kinds)
        return Finding(
            kind,
            {"what": ", ".join(results)},
            show_arguments(tried.trial.names, tried.fed),
            ", ".join(self._shown([tried], results, expected=False)),
            ", ".join(self._shown([tried], results, expected=True)),
            cause,
            self._place(cause.code if cause else "", name, results[0]),
        )

    def _shown(self, attempts: Sequence[Attempt], results: Sequence[str], *, expected: bool) -> list[str]:
        shown = []
        for result in results:
            tried = next((attempt for attempt in attempts if result in attempt.faults), None)
            if tried is not None:
                got, right = tried.got[result], np.asarray(tried.trial.expected[result])
                shown.append(_shown(result, got, right, tried.faults[result], expected=expected))
        return shown

    def _changed(self, name: str, attempts: Sequence[Attempt]) -> list[Finding]:
        tried = next((attempt for attempt in attempts if attempt.changed), None)
        if tried is None:
            return []
        argument = tried.changed[0]
        position = tried.trial.names.index(argument.partition("[")[0].partition(".")[0])
        names = places.argument_names(self.listing, name)
        own = names[position] if position < len(names) else argument
        fresh, after = tried.fed[position], tried.trial.arguments[position]
        return [
            Finding(
                "arguments",
                {"argument": own},
                show_arguments([own], [fresh]),
                show_arguments([own], [after]),
                show_arguments([own], [fresh]),
                Cause("overwrites_argument", {"argument": own}),
                self._place("overwrites_argument", name, own),
            )
        ]

    def _records_after_update(self, attempts: Sequence[Attempt]) -> bool:
        """Tell whether train's losses are those after each update: as good, only a step later."""
        if all(attempt.right for attempt in attempts):
            return False
        for tried in attempts:
            case = tried.trial.case
            later = train_losses(case, held_out(case), first=1)
            if not tried.got or any(
                not isinstance(got, np.ndarray)
                or got.shape != later[result].shape
                or not np.allclose(got, later[result], RTOL, ATOL)
                for result, got in tried.got.items()
            ):
                return False
        return True

    def _place(self, code: str, name: str, detail: str = "", *, definition: bool = False) -> Place | None:
        if definition and name in self.listing:
            return self.listing[name].place()
        return places.locate(code, self.listing, name, detail)

    def _printing(self, name: str) -> Place | None:
        return places.locate("prints", self.listing, name)

    # --- initialize ---

    def _call_initialize(self, function: Callable[..., Any], h: int, K: int) -> Outcome:
        count = _required(function)
        arguments = (self._features(function), h, K) if count >= 3 else (h, K)
        with self.functions.replaced(function, ()):
            return call(function, arguments, self.placer)

    def _features(self, function: Callable[..., Any]) -> int:
        scope = getattr(function, "__globals__", self.scope)
        data = scope.get("trainX", self.scope.get("trainX"))
        return int(np.shape(data)[1]) if np.ndim(data) == 2 else 64

    def _initialize(self, function: Callable[..., Any]) -> Result:
        name, m = self.functions.names["initialize"], self._features(function)
        remarks: tuple[Finding, ...] = ()
        for h, K in ((50, 10), (7, 3)):
            outcome = self._call_initialize(function, h, K)
            fed = f"h = {h}, K = {K}, trainX (…, {m})" if _required(function) < 3 else f"m = {m}, h = {h}, K = {K}"
            expected = f"W1 ({m}, {h}), b1 (1, {h}), W2 ({h}, {K}), b2 (1, {K})"
            trial = trials("relu", function, DEFAULT_DRESS, self.shapes)[0]
            if outcome.error is not None:
                tried = Attempt(
                    replace(trial, names=("h", "K"), expected={}), outcome, {}, {}, (), (h, K)
                )
                result = self._raised("initialize", name, tried)
                return replace(
                    result, findings=tuple(replace(f, fed=fed, expected=expected) for f in result.findings)
                )
            four = read_four(outcome.value)
            if four is None:
                got = _describe(outcome.value)
                cause = Cause("returns_nothing") if outcome.value is None else None
                place = self._place("", name)
                return Result("wrong", (Finding("unreadable", {}, fed, got, expected, cause, place),))
            found = _initial_fault(four, m, h, K)
            if found is not None:
                kind, what, got, right, cause = found
                place = self._place(cause.code if cause else "", name, what)
                values = {"what": what}
                finding = Finding(kind, values, fed, got, right or expected, cause, place)
                return Result("wrong", (finding,))
            W1, W2 = (np.asarray(four[part], np.float64).ravel() for part in ("W1", "W2"))
            shared = min(W1.size, W2.size)
            if np.array_equal(W1[:shared], W2[:shared]):
                got = f"{show('W1[0, :2]', W1[:2])}, {show('W2[0, :2]', W2[:2])}"
                place = self._place("initialize_repeats", name, "W2")
                remarks = (Finding("initialize_repeats", {}, fed, got, place=place),)
        return Result("right", remarks=remarks)

    # --- calculus, and the chain ---

    def _own_loss(
        self, case: Case, dress: Dress, labels: Dress, replaced: Collection[str]
    ) -> Callable[[Parameters], float] | None:
        """Return the loss as the learner's own forward and cross-entropy compute it."""
        found = self.functions.found
        names = {key: found.get(key) for key in ("forward", "cross_entropy")}
        if any(function is None or key in replaced for key, function in names.items()):
            return None
        forward, cross_entropy = found["forward"], found["cross_entropy"]

        def loss(parameters: Parameters) -> float:
            with self.functions.replaced(forward, replaced):
                passed = call(forward, (case.X.copy(), dress.parameters(parameters)), self.placer)
            output = forward_arrays(passed.value, case.Z, case.H, case.O) if passed.error is None else None
            if output is None:
                return np.nan
            truth = labels.labels(case.y, case.Y)
            with self.functions.replaced(cross_entropy, replaced):
                outcome = call(cross_entropy, (truth, np.array(output["O"])), self.placer)
            try:
                return float(np.asarray(outcome.value).reshape(-1)[0]) if outcome.error is None else np.nan
            except (TypeError, ValueError, IndexError):
                return np.nan

        return loss

    def _calculus(
        self, case: Case, replaced: Collection[str]
    ) -> tuple[dict[str, Any], bool]:
        """Differentiate the loss by central differences; the learner's own where there is one, else ours.

        Returns
        -------
        (dict, bool)
            The gradient by dW1, db1, dW2, db2, and whether it is of the learner's own loss.
        """
        for dress in calling_dresses(self.functions.dress, labels=True):
            own = self._own_loss(case, dress, dress, replaced)
            if own is None:
                break
            if np.isfinite(own(case.parameters)):
                return central_differences(own, case.parameters), True
        ours = lambda parameters: float(  # noqa: E731
            steps.cross_entropy(case.Y, steps.forward(case.X, parameters).O)
        )
        return central_differences(ours, case.parameters), False

    def _with_calculus(
        self,
        tried: Attempt,
        findings: list[Finding],
        remarks: list[Finding],
        wrong: Collection[str],
        dead: Collection[str],
    ) -> tuple[list[Finding], list[Finding]]:
        """Hold the gradient against central differences of the learner's own loss, if that is right."""
        suspects = {"forward", "cross_entropy", "linear_combination", "relu", "log_softmax", "softmax"}
        replaced = set(_CALLABLE) if suspects & {*wrong, *dead} else set(dead)
        numeric, own = self._calculus(tried.trial.case, replaced)
        errors = relative_errors(tried.got, numeric)
        values = {"errors": _errors(errors), "whose": "own" if own else "ours"}
        bad = [finding for finding in findings if finding.kind in ("shape", "values", "finite")]
        note = Finding("calculus_wrong" if bad else "calculus_right", values)
        return findings, [*remarks, note]

    def together(self, dead: Collection[str] = ()) -> Result:
        """Check the chain: the learner's own steps from the data to the gradient.

        Parameters
        ----------
        dead : collection of str
            Steps that do not return; ours stand in for them.

        Returns
        -------
        Result
            A finding carries the culprit's key in `values["culprit"]`.
        """
        gradient = self.functions.found.get("compute_gradient")
        blank = [key for key in self.functions.found if self._is_blank(key)]
        dead = {*dead, *blank}
        if gradient is None or "compute_gradient" in dead:
            return Result("missing")
        self._meet(dead)
        case = make_case(self.shapes[0])
        dress, got, place = self._chain_dress(case, set(dead))
        numeric, own = self._calculus(case, set(dead))
        right = case.gradient._asdict()
        if got is not None and not _wrong_parts(got, right) and max(
            relative_errors(got, numeric).values()
        ) < _TOLERANCE:
            errors = _errors(relative_errors(got, numeric))
            values = {"errors": errors, "whose": "own" if own else "ours"}
            return Result("right", remarks=(Finding("calculus_right", values),))
        culprit = self._culprit(case, dead)
        values = {
            "culprit": culprit or "",
            "name": self.functions.names.get(culprit or "", ""),
            "errors": _errors(relative_errors(got, numeric)) if got is not None else "",
            "whose": "own" if own else "ours",
        }
        cause = Cause("culprit", {"name": values["name"]}) if culprit else None
        fed = "X {}, Y {}, h = {}".format(case.X.shape, case.Y.shape, case.H.shape[1])
        shown = _sums(got) if got is not None else ""
        return Result("wrong", (Finding("together", values, fed, shown, _sums(right), cause, place),))

    def _is_blank(self, key: str) -> bool:
        definition = self.listing.get(self.functions.names[key])
        return definition is not None and places.is_blank(definition)

    def _chain_dress(
        self, case: Case, replaced: Collection[str]
    ) -> tuple[Dress, dict[str, Any] | None, Place | None]:
        """Run the chain in the first dress in which it runs, a right one before others."""
        first: tuple[Dress, dict[str, Any], Place | None] | None = None
        failed: Place | None = None
        dresses = calling_dresses(self.functions.dress, labels=True)
        for dress in dresses:
            got, place = self._chain(case, dress, replaced)
            if got is None:
                failed = failed or place
            elif not _wrong_parts(got, case.gradient._asdict()):
                return dress, got, None
            elif first is None:
                first = (dress, got, None)
        return first or (dresses[0], None, failed)

    def _chain(
        self, case: Case, dress: Dress, replaced: Collection[str]
    ) -> tuple[dict[str, Any] | None, Place | None]:
        """Go from the data to the gradient as train does, through the learner's own functions."""
        found = self.functions.found
        failed: list[Place | None] = []

        def run(key: str, *arguments: Any) -> Any:
            own = found.get(key)
            if own is None or key in replaced:
                return self.functions.stand_in(key)(*arguments)
            with self.functions.replaced(own, replaced):
                outcome = call(own, arguments, self.placer)
            if outcome.error is not None:
                failed.append(outcome.place)
                raise _ChainBrokenError
            return outcome.value

        parameters = dress.parameters(case.parameters)
        W1, b1, W2, b2 = (parameters.values() if isinstance(parameters, dict) else parameters)
        X, labels = case.X.copy(), dress.labels(case.y, case.Y)
        try:
            layout = self.functions.forward_layout
            if layout is not None and {"Z", "H", "O"} <= set(layout) and "forward" not in replaced:
                passed = run("forward", X, parameters)
                arrays = dict(zip(layout, passed.values() if isinstance(passed, dict) else passed, strict=False))
                Z, H, O = arrays["Z"], arrays["H"], arrays["O"]  # noqa: E741
            else:
                Z = run("linear_combination", X, W1, b1)
                H = run("relu", Z)
                O = run("linear_combination", H, W2, b2)  # noqa: E741
            P = run("softmax", O)
            gradient = run("compute_gradient", labels, P, H, Z, X, parameters)
            four = read_four(gradient)
            if four is None:
                return None, None
            return {f"d{name}": np.array(value, np.float64) for name, value in four.items()}, None
        except _ChainBrokenError:
            return None, failed[0]
        except (TypeError, ValueError, AttributeError, IndexError, FloatingPointError):
            return None, None

    def _culprit(self, case: Case, dead: Collection[str]) -> str | None:
        """Find the one step whose replacement by ours mends the chain."""
        right = case.gradient._asdict()
        for key in _CALLABLE:
            if key in self.functions.found and key not in dead:
                replaced = {key, *dead}
                _, got, _ = self._chain_dress(case, replaced)
                numeric, _ = self._calculus(case, replaced)
                mended = got is not None and not _wrong_parts(got, right)
                if mended and max(relative_errors(got or {}, numeric).values()) < _TOLERANCE:
                    return key
        return None

    def digits(self, X: Any, y: Labels, dead: Collection[str] = ()) -> dict[str, str]:
        """Run the chain at the start of the digits job, for numbers that can be compared.

        Parameters
        ----------
        X : array, shape (n, 64)
            The training part, standardised.
        y : array, shape (n,)
        dead : collection of str
            As in `together`.

        Returns
        -------
        dict
            "got" and "expected": the sums of the four gradients; empty where the chain does not run.
        """
        self._meet(dead)
        case = complete(X, y, initialize(X.shape[1], 50, 10, scheme="exercise", rng=32))
        blank = {key for key in self.functions.found if self._is_blank(key)}
        _, got, _ = self._chain_dress(case, {*dead, *blank})
        if got is None:
            return {}
        return {"got": _sums(got), "expected": _sums(case.gradient._asdict())}


class _ChainBrokenError(Exception):
    """One of the chain's functions raised."""


def central_differences(loss: Callable[[Parameters], float], parameters: Parameters) -> dict[str, Any]:
    """Differentiate a loss by every single parameter: (loss(θ + ε) - loss(θ - ε)) / 2ε, in float64.

    Parameters
    ----------
    loss : callable
    parameters : Parameters

    Returns
    -------
    dict
        dW1, db1, dW2, db2.
    """
    gradient = {}
    for position, (name, theta) in enumerate(zip(parameters._fields, parameters, strict=True)):
        slopes = np.empty_like(theta)
        for index in np.ndindex(theta.shape):
            pair = []
            for step in (_STEP, -_STEP):
                moved = theta.copy()
                moved[index] += step
                four = [moved if i == position else other for i, other in enumerate(parameters)]
                pair.append(loss(Parameters(*four)))
            slopes[index] = (pair[0] - pair[1]) / (2 * _STEP)
        gradient[f"d{name}"] = slopes
    return gradient


def relative_errors(got: Mapping[str, Any], numeric: Mapping[str, Any]) -> dict[str, float]:
    """Compare gradients, parameter by parameter.

    Parameters
    ----------
    got, numeric : mapping from dW1, db1, dW2, db2 to array

    Returns
    -------
    dict
        The largest difference in each, relative to its largest entry; infinite where shapes differ.
    """
    errors = {}
    for name, slopes in numeric.items():
        value = got.get(name)
        if not isinstance(value, np.ndarray) or value.size != slopes.size or value.dtype.kind != "f":
            errors[name] = np.inf
        else:
            with np.errstate(all="ignore"):
                difference = np.abs(value.reshape(slopes.shape) - slopes).max()
                error = float(difference / max(np.abs(slopes).max(), np.abs(value).max(), 1e-12))
            errors[name] = error if np.isfinite(error) else np.inf
    return errors


def _errors(errors: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {error:.1e}" for name, error in errors.items())


def _sums(gradient: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}.sum() = {float(np.sum(value))!r}" for name, value in gradient.items())


def _wrong_parts(got: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, value in right.items()
        if np.size(got.get(name)) != value.size
        or not np.allclose(np.reshape(got[name], value.shape), value, RTOL, ATOL)
    ]


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _badness(attempts: Sequence[Attempt]) -> tuple[int, int]:
    """How far a run of attempts is from right: errors count before wrong results."""
    failed = sum(not attempt.readable for attempt in attempts)
    return failed, sum(not attempt.right for attempt in attempts)


def _dress_of(value: Any) -> Dress | None:
    """Read off the learner's own parameters how they are dressed."""
    four = read_four(value)
    if four is None:
        return None
    row_bias = np.ndim(four["b1"]) == 2
    if not isinstance(value, dict):
        return Dress(None, row_bias)
    keys = []
    for name in ("W1", "b1", "W2", "b2"):
        keys += [key for key, entry in value.items() if entry is four[name]]
    return Dress(tuple(keys), row_bias) if len(keys) == 4 else None


def _gradient_keys(value: Any) -> tuple[str, ...] | None:
    four = read_four(value)
    if four is None or not isinstance(value, dict):
        return None
    keys = [key for name in four for key, entry in value.items() if entry is four[name]]
    return tuple(keys) if len(keys) == 4 else None


def _layout(value: Any, case: Case) -> tuple[str, ...] | None:
    """Name the parts of what the learner's forward returns, if it is more than O."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, tuple | list):
        return None
    found = forward_arrays(parts, case.Z, case.H, case.O) or {}
    names = [
        next((name for name, array in found.items() if array is part), "") for part in parts
    ]
    if len(found) == 3 and len(parts) == 3 and names[0] == names[1]:
        names = ["Z", "H", "O"]  # one array under both names: overwritten in place
    return tuple(names) if all(names) and len(set(names)) == len(names) and len(names) > 1 else None


def _initial_fault(
    four: Mapping[str, Any], m: int, h: int, K: int
) -> tuple[str, str, str, str, Cause | None] | None:
    """Find what is wrong with starting parameters: kind, which one, what it is, what it should be, cause."""
    arrays: dict[str, Any] = {}
    for name, shape in (("W1", (m, h)), ("b1", (h,)), ("W2", (h, K)), ("b2", (K,))):
        try:
            array = np.array(four[name], np.float64)
        except (TypeError, ValueError):
            return "shape", name, f"{name} = {_describe(four[name])}", "", None
        if array.shape != shape and not (name[0] == "b" and array.shape == (1, *shape)):
            cause = Cause("transposed", {"what": name}) if array.shape == shape[::-1] != shape else None
            return "shape", name, f"{name}.shape = {array.shape}", f"{name}.shape = {shape}", cause
        if not np.isfinite(array).all():
            return "finite", name, show(name, array), "", None
        arrays[name] = array
    for name in ("b1", "b2"):
        if arrays[name].any():
            return "values", name, show(name, arrays[name]), f"{name}.sum() = 0.0", Cause("biases_not_zero")
    for name in ("W1", "W2"):
        spread, right = arrays[name].std(), "0.01"
        got = f"{name}.std() = {spread:.6g}"
        if spread == 0 or (arrays[name] == arrays[name][:, :1]).all():
            return "values", name, got, f"{name}.std() ≈ {right}", Cause("initialize_constant", {"what": name})
        if spread > 0.9 or abs(arrays[name].mean()) > 3 * spread / np.sqrt(arrays[name].size) + 0.2:
            return "values", name, got, f"{name}.std() ≈ {right}", Cause("initialize_scale", {"what": name})
    return None


def _required(function: Callable[..., Any]) -> int:
    """Count the positional arguments that a function cannot do without."""
    code = getattr(function, "__code__", None)
    if code is None:
        return 2
    return int(code.co_argcount) - len(getattr(function, "__defaults__", None) or ())


def _shown(name: str, got: Any, right: Any, fault: str, *, expected: bool) -> str:
    """Show where a result differs most, or its shape, or the whole of a small one."""
    if not isinstance(got, np.ndarray):
        return f"{name}.shape = {right.shape}" if expected else f"{name} = {_describe(got)}"
    if fault == "shape":
        return f"{name}.shape = {right.shape if expected else got.shape}"
    got = got.reshape(right.shape)
    if right.size <= 12 or fault == "finite":
        return show(name, right if expected else got)
    with np.errstate(all="ignore"):
        index = np.unravel_index(int(np.argmax(np.abs(got - right))), right.shape)
    return show_entry(name, right if expected else got, tuple(map(int, index)))


def _shapes(expected: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}.shape = {np.shape(value)}" for name, value in expected.items())


def _describe(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # a learner's own __repr__
        text = ""
    return f"{type(value).__name__}: {text[:60]}" if text else type(value).__name__


def _first_line(error: BaseException | None) -> str:
    try:
        return (str(error).strip().splitlines() or [""])[0][:300]
    except Exception:  # a learner's own __str__
        return ""
