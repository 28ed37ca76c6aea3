"""The learner's functions as the examiner sees them: names, convention, and calls with ours standing in."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from triceptron.checking.closed.process import LostError, Process
from triceptron.checking.exercise import ours, places
from triceptron.checking.exercise.cases import Case
from triceptron.checking.exercise.conventions import Convention, forward_layout, key_names
from triceptron.checking.exercise.ours import REPLACEABLE
from triceptron.checking.findings import Place
from triceptron.checking.source import Listing
from triceptron.checking.steps_table import STEPS, find_names

__all__ = ["Learner", "Outcome", "Placer"]

Placer = Callable[[str, int], Place | None]
"""From a file's name and a line to a place in the learner's file; None for anyone else's code."""


@dataclass(frozen=True)
class Outcome:
    """What a call led to."""

    value: Any = None
    error: Mapping[str, Any] | None = None
    place: Place | None = None
    printed: int = 0
    after: Sequence[Any] = ()
    trace: Sequence[Any] = ()

    def raised(self, *kinds: str) -> bool:
        """Tell whether it raised an error of one of these kinds."""
        return self.error is not None and bool(set(kinds) & set(self.error["kinds"]))


@dataclass
class Learner:
    """The learner's functions by our names for the steps, and what is known about them."""

    process: Process
    listing: Listing
    placer: Placer
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    convention: Convention = field(default_factory=Convention)
    conventions: dict[str, Convention] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    columns: bool = False
    named: Mapping[str, str] = field(default_factory=dict)
    slopes: dict[Any, tuple[dict[str, Any], bool]] = field(default_factory=dict)
    """The loss's central differences, by the case and the steps that are out of use."""

    def __post_init__(self) -> None:
        own = {
            entry["name"]: entry
            for entry in self.process.found
            if entry["own"] and entry["kind"] == "function"
        }
        self.found = {key: own[name] for key, name in find_names(own).items()}
        self.found |= {key: own[name] for key, name in self.named.items() if name in own}

    @property
    def names(self) -> dict[str, str]:
        """From a step's key to the learner's name for it."""
        return {key: entry["name"] for key, entry in self.found.items()}

    @property
    def out_of_use(self) -> frozenset[str]:
        """The steps that raise, do not return, or are not written: they are not called for others."""
        return frozenset({*self.lost, *self.failed, *filter(self.is_blank, self.found)})

    def is_blank(self, key: str) -> bool:
        """Tell whether a step is there but not written yet."""
        definition = self.listing.get(self.names.get(key, ""))
        return definition is not None and places.is_blank(definition)

    def place(self, key: str) -> Place | None:
        """Return the line where a step is defined."""
        name = self.names.get(key, "")
        return self.listing[name].place() if name in self.listing else None

    @contextmanager
    def attempt(self, key: str) -> Iterator[None]:
        """Make calls of a step in a child of the learner's process; note it where it does not return."""
        try:
            with self.process.step():
                yield
        except LostError as lost:
            self.lost[key] = lost.args[0]

    def call(
        self,
        key: str,
        arguments: Sequence[Any],
        replaced: Collection[str] = (),
        *,
        traced: bool = False,
    ) -> Outcome:
        """Call a step's function; ours stand in for the steps of the keys in `replaced`."""
        replaced = REPLACEABLE & {*replaced}

        def answer(wanted: str, given: list[Any]) -> dict[str, Any]:
            if wanted not in replaced:
                return {"error": f"{wanted} is not to be called here"}
            return ours.stand_in(self.convention, wanted, given)

        request = {
            "name": self.found[key]["name"],
            "arguments": list(arguments),
            "stand_ins": self._stand_ins(replaced),
            "traced": sorted({entry["file"] for entry in self.process.found if entry["own"]})
            if traced
            else None,
        }
        heard = self.process.call(request, answer)
        error = heard.get("error")
        place = None
        if error is not None:
            own = [place for place in (self.placer(*frame) for frame in error["frames"]) if place is not None]
            place = own[-1] if own else None
        return Outcome(
            heard.get("value"), error, place, heard["printed"], heard["after"], heard["trace"] or ()
        )

    def _stand_ins(self, replaced: Collection[str]) -> dict[str, Any]:
        """From each name that is to be seen otherwise to the step, and whether the learner has written it."""
        return {
            name: (step.key, step.key in self.found)
            for step in STEPS
            if step.key in replaced
            for name in {*step.names, self.names.get(step.key, step.key)}
        }

    # --- the convention ---

    def convention_of(self, key: str) -> Convention:
        """Return the convention of a step: its own where it has shown one."""
        return self.conventions.get(key, self.convention)

    def find_convention(self, case: Case) -> None:
        """Learn from the learner's own results how parameters, gradients and forward's arrays are kept."""
        if "initialize" in self.found:
            with self.attempt("initialize"):
                self.convention = Convention.of(self.call_initialize(5, 3).value) or self.convention
        if "forward" in self.found:
            with self.attempt("forward"):
                self._see_forward(case)
        if "compute_gradient" in self.found:
            with self.attempt("compute_gradient"):
                arguments = (
                    case.Y,
                    case.P,
                    case.H,
                    case.Z,
                    case.X,
                    self.convention.parameters(case.parameters),
                )
                keys = key_names(
                    self.call("compute_gradient", arguments, ours.leans_on("compute_gradient")).value
                )
                self.convention = replace(
                    self.convention, gradient_keys=keys or self.convention.gradient_keys
                )

    def _see_forward(self, case: Case) -> None:
        for convention in self.convention.others(labels=False):
            arguments = (case.X, convention.parameters(case.parameters))
            outcome = self.call("forward", arguments, ours.leans_on("forward"))
            if outcome.error is None:
                layout = forward_layout(outcome.value, case.Z, case.H, case.O)
                self.convention = replace(self.convention, forward=layout)
                return

    # --- initialize takes (h, K), and m from trainX among its globals; or (m, h, K), as ours does ---

    def call_initialize(self, h: int, K: int, *, traced: bool = False) -> Outcome:
        """Call the learner's initialize for h hidden units and K classes."""
        arguments = (self.features, h, K) if self.takes_features else (h, K)
        return self.call("initialize", arguments, traced=traced)

    @property
    def takes_features(self) -> bool:
        """Whether initialize cannot do without a third argument."""
        arguments = self.found["initialize"]["arguments"] or []
        return (
            sum(
                "POSITIONAL" in kind and "VAR" not in kind and not optional for _, kind, optional in arguments
            )
            >= 3
        )

    @property
    def features(self) -> int:
        """The width m of the trainX that initialize sees."""
        return int(self.found["initialize"]["features"]) or 64
