"""What a step takes away from each parameter: a gradient, and the numbers that it is multiplied by."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triceptron.checking.program.passes import PARAMETERS, Chain, Reading, Step, kind_of, last_name
from triceptron.checking.program.run.flaws import Flaw, flaw_at
from triceptron.checking.program.tape import PRODUCTS, SAME, Node, Tape

__all__ = [
    "Change",
    "change_of",
    "data_of",
    "grown_bias",
    "is_rooted",
    "is_start",
    "other_number",
    "rate_in",
    "rate_names",
    "rates_of",
    "scalars_in",
    "unfit_change",
]


_GRADIENTS = frozenset({"dW", "db"})
"""What the names of gradients stand for."""


def grown_bias(reading: Reading) -> Flaw | None:
    """Find a bias that has taken the shape of a gradient that is not summed."""
    tape, hot = reading.tape, reading.tape.after_products
    for node in tape.nodes:
        velocity = node.op == "add" and node.inputs and node.inputs[0] not in hot
        if node.op != "subtract" and not (velocity and _weighed(tape, node.inputs[0]) != node.inputs[0]):
            continue
        if len(node.inputs) != 2 or node.inputs[1] not in hot:
            continue
        before = tape.nodes[node.inputs[0]].value
        if 0 < np.size(before) < np.size(node.value) and is_start(reading, node.inputs[0]):
            return unfit_change(reading, node.inputs[0], node.inputs[1], "")
    return None


def is_start(reading: Reading, at: int) -> bool:
    """Tell whether an array is a parameter, by its names or by what was found out."""
    tape = reading.tape
    origin = tape.origin(_weighed(tape, at))[0]
    empty = tape.nodes[origin].op in ("zeros", "ones", "zeros_like")
    known = {origin, tape.origin(at)[0]} & reading.versions.keys()
    return empty or bool(known) or any(kind_of(n) in PARAMETERS for n in tape.names_of(at))


def _weighed(tape: Tape, at: int) -> int:
    """Return what one number is multiplied by: a velocity is, before a gradient is added."""
    arrays = [entry for entry in tape.nodes[at].inputs if np.ndim(tape.nodes[entry].value) > 0]
    return arrays[0] if tape.nodes[at].op == "multiply" and len(arrays) == 1 else at


def unfit_change(reading: Reading, old: int, change: int, got: str) -> Flaw:
    """Explain a gradient that does not fit its parameter."""
    tape = reading.tape
    core = change
    while tape.nodes[core].op in ("multiply", "divide", "negative", *SAME) and tape.nodes[core].inputs:
        arrays = [
            e
            for e in tape.nodes[core].inputs
            if np.shape(tape.nodes[e].value) == np.shape(tape.nodes[core].value)
        ]
        if not arrays:
            break
        core = arrays[0]
    node, theta, value = tape.nodes[core], tape.nodes[old].value, tape.nodes[core].value
    if other_number(reading, old, change, core):
        return flaw_at(tape.nodes[change], "update", "update_swapped", "", got)
    weights = {tape.origin(layer.weight)[0] for passed in reading.passes for layer in passed.layers}
    if theta.ndim == 1 or (min(theta.shape) == 1 and tape.origin(old)[0] not in weights):
        summed = node.op in ("sum", "mean") or (value.ndim < 2 and node.op not in PRODUCTS)
        errors: tuple[int, ...] = np.shape(tape.nodes[node.inputs[0]].value) if node.inputs else ()
        rows = all(layer.rows for passed in reading.passes for layer in passed.layers)
        over = len(errors) == 2 and bool(reading.passes) and value.size == errors[1 if rows else 0]
        right_axis = (over and errors[0] != errors[1]) or theta.size not in errors
        if summed and value.size in errors and value.size != theta.size and right_axis:
            return flaw_at(node, "compute_gradient", "dO_for_dZ", "", got)
        code = "wrong_axis" if summed else "bias_not_summed" if theta.size in value.shape else "shapes_clash"
    else:
        code = "transposed" if value.shape == theta.shape[::-1] else "shapes_clash"
    return flaw_at(node, "compute_gradient", code, "", got)


def data_of(reading: Reading, step: Step, *, untrue: bool = False) -> tuple[Any, Any] | None:
    """Return X and Y of a step, with samples as rows; `untrue` takes a Y of zeros."""
    if not step.passes or not (untrue or all(passed.Y is not None for passed in step.passes)):
        return None
    firsts = [passed.layers[0] for passed in step.passes]
    X = [reading.rows(layer.source, layer) for layer in firsts]
    P = [reading.rows(passed.P, passed.layers[-1]) for passed in step.passes]
    Y = [np.zeros_like(p) if untrue else passed.Y for passed, p in zip(step.passes, P, strict=True)]
    if len({x.shape[1] for x in X}) != 1 or any(y.shape != p.shape for y, p in zip(Y, P, strict=True)):
        return None
    if any(len(x) != len(y) for x, y in zip(X, Y, strict=True)) or len({y.shape[1] for y in Y}) != 1:
        return None
    return np.concatenate(X), np.concatenate(Y)


def other_number(reading: Reading, old: int, *change: int) -> bool:
    """Tell whether a gradient has the name of another parameter's: db2 where b1 is changed."""
    tape = reading.tape
    numbers = [
        {
            last_name(name)[-1]
            for start in starts
            for at in (start, tape.origin(start)[0], *tape.nodes[start].inputs)
            for name in tape.named.get(at, ())
            if last_name(name)[-1:].isdigit() and kind_of(name) in kinds
        }
        for starts, kinds in (((old,), PARAMETERS), (change, _GRADIENTS))
    ]
    return (all(numbers) and not numbers[0] & numbers[1]) or _is_anothers(reading, old, change)


def _is_anothers(reading: Reading, old: int, change: Sequence[int]) -> bool:
    """Tell whether a gradient is called after another array of its shape: dd where c is changed."""
    tape = reading.tape
    shape, hot = np.shape(tape.nodes[change[-1]].value), tape.after_products
    called = {last_name(name).lower() for at in change for name in tape.names_of(at)}
    versions = reading.versions[old].versions if old in reading.versions else [old]
    own = {last_name(name).lower() for at in versions for name in tape.names_of(at)}
    of = {name: {f"d{name}", f"d_{name}", f"grad_{name}", f"{name}_grad", f"g{name}"} for at in tape.named
        if at not in hot and np.shape(tape.nodes[at].value) == shape
        for name in (last_name(each).lower() for each in tape.names_of(at))}  # fmt: skip
    told = {name for name, words in of.items() if called & words}
    return bool(told and own) and not told & own


@dataclass
class Change:
    """What a step takes away from one parameter, and the numbers that it was multiplied by.

    Of momentum, of Adam and its like it is what this very step adds to what they remember; `inner` tells how
    many of the numbers were met before that.
    """

    chain: Chain
    op: str
    core: int
    total: Any
    at: int
    sign: int = 1
    times: list[int] = field(default_factory=list)
    divided: list[int] = field(default_factory=list)
    literals: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    remembers: bool = False
    adaptive: bool = False
    kept: list[float] = field(default_factory=list)
    """By what a memory is multiplied: that of the gradient may be 1 minus that."""
    inner: tuple[int, ...] = (0, 0, 0, 0)
    way: list[int] = field(default_factory=list)
    turned: bool = False
    """Whether it is taken away from what is remembered."""
    decays: Any = 0.0
    """The multiples of the weight in a core that is a sum over samples, to each of which one is added."""

    def scale(self, tape: Tape, inner: tuple[int, ...] = (0, 0, 0, 0)) -> float:
        """Return the number that the core is multiplied by, signs included."""
        times = np.prod([tape.number(at) for at in self.times[inner[0] :]])
        divided = np.prod([tape.number(at) for at in self.divided[inner[1] :]])
        plain = np.prod([*self.literals[inner[2] :], *self.sizes[inner[3] :]])
        return float(self.sign * times / divided * plain)

    def sign_of(self, tape: Tape) -> float:
        """Return the sign of all numbers in it, those inside a product of matrices included."""
        return float(np.sign(self.scale(tape))) * _sign(tape, self.core)

    def of_core(self, tape: Tape) -> Any:
        """Return what is taken away, made of the core: exact, where a difference of parameters is not."""
        scale = self.scale(tape)
        if self.adaptive:  # how long the step is says nothing
            scale = abs(self.scale(tape, self.inner)) * np.sign(scale)
        taken = scale * (np.asarray(tape.nodes[self.core].value, float) - self.decays)
        return -taken if self.op == "add" else taken

    def weight(self, tape: Tape, rates: Collection[int]) -> float:
        """Return what the gradient is weighed by beside a memory: 1 minus what that is weighed by."""
        numbers = [*(tape.number(at) for at in {*self.times} - {*rates}), *self.literals]
        return next((n for n in numbers if np.isclose(n, np.subtract(1, self.kept)).any()), 1.0)

    def remember(self) -> None:
        """Begin with what is multiplied anew: an array's own scale comes after it, or a memory."""
        self.remembers = True
        self.inner = (len(self.times), len(self.divided), len(self.literals), len(self.sizes))


def _sign(tape: Tape, at: int, left: int = 100) -> float:
    """Return the sign of the numbers that an array is multiplied by, up to where two arrays meet.

    It is looked for in so many operations: a parameter may have been changed thousands of times.
    """
    node = tape.nodes[at]
    if not left:
        return 1.0
    if node.op == "negative" and node.inputs:
        return -_sign(tape, node.inputs[0], left - 1)
    single = [entry for entry in node.inputs if np.ndim(tape.nodes[entry].value) == 0]
    rest = [entry for entry in node.inputs if entry not in single]
    if node.op in PRODUCTS or (node.op in ("sum", "mean", *SAME) and rest):
        return float(np.prod([_sign(tape, entry, left - 1) for entry in rest]))
    if node.op not in ("multiply", "divide") or len(rest) != 1:
        return 1.0
    numbers = [tape.number(entry) for entry in single]
    numbers += [float(part) for part in node.operands if isinstance(part, int | float)]
    return float(np.sign(np.prod(numbers))) * _sign(tape, rest[0], left - 1)


def change_of(reading: Reading, chain: Chain, after: int) -> Change:
    """Take a change apart: numbers, and the array that they multiply."""
    tape = reading.tape
    before, node = chain.before(after), tape.nodes[after]
    made = Change(chain, node.op, chain.taken(after), tape.nodes[before].value - node.value, after)
    passes = [
        p for each in reading.steps if each.changes.get(chain, (-1, -1))[1] == after for p in each.passes
    ]
    met = [(passed.layers[-1].product, max(passed.truth, 0)) for passed in passes]
    while (core := _within(tape, made, met, before)) is not None:
        made.way.append(made.core)
        made.core = core
    made.way.append(made.core)
    made.decays = _decays_in(tape, made.core, before)
    value = made.of_core(tape)
    value = value.T if sum(tape.nodes[at].op in ("T", "transpose") for at in made.way) % 2 else value
    value = value.reshape(np.shape(made.total)) if value.size == np.size(made.total) else value
    if made.remembers and value.size < np.size(made.total):
        value = np.broadcast_to(value, np.shape(made.total))
    if np.shape(value) == np.shape(made.total):
        made.total = value
    return made


def _decays_in(tape: Tape, core: int, weight: int) -> Any:
    """Return the multiples of a weight in a sum of several terms."""
    waiting, total, left = [core], np.zeros(1), 4000
    while waiting and left and np.ndim(tape.nodes[weight].value) == 2:
        node, left = tape.nodes[waiting.pop()], left - 1
        if node.op == "add" and len(node.inputs) == 2:
            waiting += node.inputs
        elif node.op == "multiply" and weight in [tape.origin(at)[0] for at in node.inputs]:
            others = [at for at in node.inputs if np.size(tape.nodes[at].value) > 1]
            total = total + node.value if len(others) == 1 else total
    return total if np.any(total) else 0.0


def _within(tape: Tape, made: Change, met: Sequence[tuple[int, int]], before: int) -> int | None:
    """Go one operation further into a change, noting its numbers; None where two arrays meet.

    Outputs and their labels have met in what this step adds to what is remembered.
    """
    node = tape.nodes[made.core]
    first = node.inputs[0] if node.inputs else made.core
    fresh = [
        e for e in node.inputs if any(tape.depends(e, P) and (not Y or tape.depends(e, Y)) for P, Y in met)
    ]
    arrays = [entry for entry in node.inputs if np.ndim(tape.nodes[entry].value)]
    if node.op in ("clip", "minimum", "maximum") and len(arrays) == 1:
        return arrays[0]  # how far a step may go is the program's own choice
    if node.op in SAME:
        return first if node.inputs and np.size(tape.nodes[first].value) == np.size(node.value) else None
    if node.op == "negative" and node.inputs:
        made.sign = -made.sign
        return first
    if node.op in ("add_at", "subtract_at") and len(fresh) == 1 and node.operands[0] == [fresh[0]]:
        return fresh[0]  # decay, of all but the bias that stands among the weights
    if node.op in ("add", "subtract") and len(fresh) == 1 and len(node.operands) == 2:
        others = [entry for entry in node.inputs if entry not in fresh]
        if np.size(tape.nodes[fresh[0]].value) not in (1, np.size(node.value)):
            return None
        if node.op == "subtract" and node.operands[1] == [fresh[0]]:
            made.sign, made.turned = -made.sign, not made.turned
        if not any(tape.depends(entry, before) for entry in others):
            made.remember()  # else it is a multiple of the weight itself: decay
            made.kept += [tape.number(at) for at in others if np.ndim(tape.nodes[at].value) == 0]
            made.kept += [number for other in others for number in _numbers(tape, tape.nodes[other])]
        return fresh[0]
    if node.op not in ("multiply", "divide") or len(node.operands) != 2:
        return None
    sides = [(operand, tape.value(operand)) for operand in node.operands]
    plain = [np.size(value) == 1 and value is not None for _, value in sides]
    array = [isinstance(op, list) and np.shape(v) == np.shape(node.value) for op, v in sides]
    roots = [isinstance(op, list) and is_rooted(tape, op[0]) for op, _ in sides]
    if all(array) and len({*roots}) == 2 and (roots[1] or node.op == "multiply"):
        made.adaptive = True
        made.remember()
        return int(node.operands[roots.index(False)][0])
    if all(plain) and all(isinstance(op, list) and op[0] in tape.after_products for op, _ in sides):
        return None  # two arrays of one number each
    if plain[1] and array[0] and not array[1]:
        scalar, other = node.operands[1], node.operands[0]
    elif plain[0] and array[1] and not array[0] and node.op == "multiply":
        scalar, other = node.operands[0], node.operands[1]
    elif all(plain) and isinstance(node.operands[1], list) and tape.nodes[node.operands[1][0]].inputs:
        scalar, other = node.operands[0], node.operands[1]  # a gradient that is one number
        if node.op == "divide":
            return None
    elif plain[1] and array[0]:
        scalar, other = node.operands[1], node.operands[0]
    elif plain[0] and array[1] and node.op == "multiply":
        scalar, other = node.operands[0], node.operands[1]
    else:
        return None
    if isinstance(scalar, list):
        (made.divided if node.op == "divide" else made.times).append(scalar[0])
    else:
        number = float(scalar) if node.op == "multiply" else 1 / float(scalar or 1)
        (made.literals if isinstance(scalar, float) else made.sizes).append(number)
    return int(other[0])


def is_rooted(tape: Tape, at: int) -> bool:
    """Tell whether an array has a root at its outside: what Adam and its like divide by."""
    for _ in range(6):
        node = tape.nodes[at]
        arrays = [entry for entry in node.inputs if np.shape(tape.nodes[entry].value) == np.shape(node.value)]
        if node.op == "sqrt" or (node.op == "power" and 0.5 in map(abs, _numbers(tape, node))):
            return True
        if node.op not in ("add", "multiply", "divide", "maximum", "reciprocal", *SAME) or len(arrays) != 1:
            return False
        at = arrays[0]
    return False


def _numbers(tape: Tape, node: Node) -> list[float]:
    """Return the operands that are one number each."""
    return [float(part) for part in map(tape.value, node.operands) if part is not None and np.ndim(part) == 0]


def rate_in(reading: Reading, change: Change) -> float:
    """Return the learning rate in a change, and what a memory weighs it by; 1 where none is told."""
    tape, rates = reading.tape, rates_of(reading)
    start = change.inner if change.adaptive else (0, 0, 0, 0)
    scalars = {*change.times[start[0] :], *change.divided[start[1] :]}
    found = [abs(tape.number(at)) for at in rates if tape.depends(change.at, at)]
    inside = [value for value in found if any(np.isclose(value, abs(tape.number(at))) for at in scalars)]
    found = inside if change.adaptive else inside or found
    return (found or [1.0])[0] * change.weight(tape, rates)


def rate_names(names: Iterable[str]) -> set[str]:
    """Return those that name a learning rate; an epsilon beside another one keeps a divisor from 0."""
    found = {name for name in names if kind_of(name) == "learning_rate"}
    return {name for name in found if last_name(name).lower() != "epsilon"} or found


def _is_of_layer(tape: Tape, at: int) -> bool:
    """Tell whether a number is named in a normalisation, or a leaky ReLU: an alpha of its own."""
    return any(re.search("elu|norm", place[-1].lower()) for place in tape.places.get(at, ()))


def rates_of(reading: Reading) -> set[int]:
    """Find the numbers that are learning rates: by their names, else by what changes share."""
    tape = reading.tape
    called = {at: {*names} for at, names in tape.named.items() if np.size(tape.nodes[at].value) == 1}
    rates = rate_names(set().union(*called.values()))
    named = {
        at for at, names in called.items()
        if names & rates and not ({*map(last_name, names & rates)} == {"alpha"} and _is_of_layer(tape, at))
    }  # fmt: skip
    if named:
        return named
    found: Counter[int] = Counter()
    total, hot = 0, tape.after_products
    for step in reading.steps[:4]:
        n = sum(len(reading.rows(p.layers[0].source, p.layers[0])) for p in step.passes)
        for chain, (_, after) in step.changes.items():
            change, total = change_of(reading, chain, after), total + 1
            plain = [at for at in change.times if at not in hot]
            plain = [at for at in plain if not np.isclose(abs(tape.number(at)) * n, (1, 2, 0.5)).any()]
            if len(plain) == 1 and not change.divided:
                found.update(plain)
    return {at for at, count in found.items() if 2 * count >= total}


def scalars_in(reading: Reading, at: int) -> set[int]:
    """Return the numbers that an array was multiplied by on its way back from the output."""
    tape = reading.tape
    given = {at for passed in reading.passes for at in (passed.truth, passed.layers[0].source)}
    made = tape.ancestors([at], {*reading.versions, *given})
    return {entry for entry in made if np.size(tape.nodes[entry].value) == 1}
