"""The learning rate in a change of parameters: each is multiplied by it, once."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from triceptron.checking.program.passes import Reading, kind_of
from triceptron.checking.program.run.changes import Change, rates_of, scalars_in
from triceptron.checking.program.run.flaws import Flaw, flaw_at, step_of
from triceptron.checking.program.tape import Node, Tape

__all__ = ["judge_rates"]


def judge_rates(reading: Reading, changes: Sequence[Change]) -> Flaw | None:
    """See that each change of a step is multiplied by the learning rate, once."""
    rates = _Rates(reading, changes)
    looks = (look(rates, change) for change in changes for look in (_divides, _squares, _goes_without))
    return next(filter(None, looks), None) or _all_go_without(rates)


class _Rates:
    """The learning rates of a program, and which changes of a step are made with them."""

    def __init__(self, reading: Reading, changes: Sequence[Change]) -> None:
        self.reading, self.tape, self.changes = reading, reading.tape, changes
        self.given = rates_of(reading)
        self.numbers = [abs(self.tape.number(at)) for at in self.given]

    @cached_property
    def made(self) -> set[int]:
        """The learning rates, and the numbers that are made with them."""
        nodes, hot, found = self.tape.nodes, self.tape.after_products, {*self.given}
        for node in nodes:
            sizes = [np.size(value) for value in (node.value, *(nodes[at].value for at in node.inputs))]
            if node.at in hot or len(sizes) < 2 or max(sizes) > 1:
                continue  # a bias may be one number
            if not found.isdisjoint(node.inputs) or _takes_whole_rate(self.tape, node):
                found.add(node.at)
        return found

    def times(self, change: Change) -> list[int]:
        """Return the rates that a change is multiplied by."""
        return [at for at in change.times if at in self.made]

    def divided(self, change: Change) -> bool:
        """Tell whether a change is divided by a rate."""
        return not self.made.isdisjoint(change.divided)

    def inner(self, change: Change) -> bool:
        """Tell whether a rate stands within the gradient."""
        inside = [abs(self.tape.number(at)) for at in scalars_in(self.reading, change.core)]
        return any(np.isclose(inside, abs(self.tape.number(at))).any() for at in self.made)

    @cached_property
    def some(self) -> bool:
        """Whether any change is made with a rate."""
        return any(self.times(c) or self.divided(c) or self.inner(c) for c in self.changes)

    def own(self, change: Change) -> bool:
        """Tell whether a change has a rate of its own: a factor that stands in none that has another."""
        factors = {abs(self.tape.number(at)) for each in self.changes for at in each.times}
        of_rated = set().union(*(self._numbers(each) for each in self.changes if self.times(each)))
        return bool(self._numbers(change) & factors - of_rated)

    def _numbers(self, change: Change) -> set[float]:
        entries = (*scalars_in(self.reading, change.core), *change.times)
        return {abs(self.tape.number(at)) for at in entries}


def _divides(rates: _Rates, change: Change) -> Flaw | None:
    return _flaw(rates, change, "update_divides") if rates.divided(change) else None


def _squares(rates: _Rates, change: Change) -> Flaw | None:
    """See that the rate is no factor twice."""
    tape, times = rates.tape, rates.times(change)
    scale = abs(float(np.prod([tape.number(at) for at in times])))
    squared = any(r > 1e-9 and not np.isclose(r, 1) and np.isclose(scale, r * r) for r in rates.numbers)
    within = (
        tape.nodes[at].op == "power"
        or (tape.nodes[at].op == "multiply" and rates.made.issuperset(tape.nodes[at].inputs))
        for at in times
    )
    return _flaw(rates, change, "rate_squared") if squared and (len(times) > 1 or any(within)) else None


def _goes_without(rates: _Rates, change: Change) -> Flaw | None:
    """See that a change has a rate where others have one."""
    tape = rates.tape
    rated = [each for each in rates.changes if rates.times(each)]
    # what it is divided by may hold the rate
    meant = change.chain.kind and (rated or not change.adaptive)
    if not rates.given or not rates.some or not meant:
        return None
    if rates.times(change) or rates.inner(change) or rates.own(change):
        return None
    as_others = any(
        np.isclose(abs(change.scale(tape)) * rate, abs(each.scale(tape)))
        for each in rated
        for rate in rates.numbers
    )
    return _flaw(rates, change, "update_without_rate") if not change.literals or as_others else None


def _all_go_without(rates: _Rates) -> Flaw | None:
    """See that a rate that is there is used for something."""
    tape, changes = rates.tape, rates.changes
    unused = not any(tape.users[at] for at in rates.given)
    adaptive = all(change.adaptive for change in changes)  # what it is divided by may hold the rate
    if not rates.given or rates.some or (adaptive and not unused):
        return None
    alone = adaptive or all([*c.times, *c.literals] == [] or c.weight(tape, ()) != 1 for c in changes)
    if alone and (unused or _is_handed_over(rates)):
        return flaw_at(tape.nodes[changes[0].at], "update", "update_without_rate")
    return None


def _flaw(rates: _Rates, change: Change, code: str) -> Flaw:
    node = rates.tape.nodes[change.at]
    return flaw_at(node, step_of(node.inside, "update", ("update",)), code)


def _takes_whole_rate(tape: Tape, node: Node) -> bool:
    """Tell whether a number is made with a learning rate that was handed over as a whole number."""
    whole = [operand for operand in node.operands if type(operand) is int]
    handed = (call.arguments.items() for call in tape.within(node.at)) if whole else ()
    return any(kind_of(name) == "learning_rate" and value in whole for each in handed for name, value in each
        if type(value) is int)  # fmt: skip


def _is_handed_over(rates: _Rates) -> bool:
    """Tell whether a learning rate is handed to a function, or to what it makes."""
    handed = (value for call in rates.tape.calls for value in call.arguments.values())
    return any(isinstance(value, list) and value[0] in rates.given for value in handed)
