"""Finds the network in the record of a run: its parameters, its ways forward, its labels, its steps.

Names are not needed. A parameter is what is changed, over and over, by something that depends on it. A way
forward begins where a weight meets what depends on no weight, and goes on from weight to weight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from triceptron.checking.names import quantity, role_of
from triceptron.checking.program.gathered import gather
from triceptron.checking.program.network import HIDDEN, OUTPUTS
from triceptron.checking.program.tape import PRODUCTS, Node, Tape
from triceptron.checking.program.unrolled import unroll

__all__ = [
    "PARAMETERS",
    "Chain",
    "Layer",
    "Pass",
    "Reading",
    "Step",
    "kind_of",
    "labels_of",
    "last_name",
    "read_tape",
    "without_mask",
]


_STARTS = frozenset({"leaf", "zeros", "ones", "full", "zeros_like"})
"""Operations of which a bias may begin."""

_ALIKE = frozenset({"zeros_like", "ones_like", "empty_like"})
"""Operations that take nothing but the shape of an array."""

PARAMETERS = frozenset({"W", "b", "weights", "biases"})
"""What the names of parameters stand for."""


@dataclass(eq=False)
class Chain:
    """One parameter through the training: the nodes that it was, and those that each step took away."""

    versions: list[int]
    steps: list[int] = field(default_factory=list)
    lost: int = 0
    kind: str = ""
    layer: int = -1
    turned: bool = False

    def shape(self, tape: Tape) -> tuple[int, ...]:
        """Return the shape that it is kept in."""
        return tuple(np.shape(tape.nodes[self.versions[0]].value))

    def before(self, after: int) -> int:
        """Return the version that a step turned into another one."""
        return self.versions[self.versions.index(after) - 1]

    def taken(self, after: int) -> int:
        """Return what the step that led to a version took away."""
        return self.steps[self.versions.index(after) - 1]


@dataclass(eq=False)
class Layer:
    """One layer of one way forward: the product, the weight and its bias, what goes in, what comes out."""

    product: int
    weight: int
    chain: Chain | None
    source: int
    rows: bool
    turned: bool
    Z: int = -1
    bias: int | None = None
    bias_chain: Chain | None = None
    sign: int = 1
    negated: bool = False
    """Whether Z is written down with its sign turned, as a sigmoid's exponent."""
    out: int = -1
    ones: int | None = None
    """Where the column of ones stands in what goes in, whose weights are the bias."""


@dataclass(eq=False)
class Pass:
    """One way forward through all layers."""

    layers: list[Layer]
    P: int = -1
    output: str = ""
    hidden: str = ""
    kinds: tuple[str, ...] = ()
    """The activation of each hidden layer; empty where it has no name."""
    masks: tuple[Any, ...] = ()
    Y: Any = None
    labels: str = ""
    truth: int = -1


@dataclass(eq=False)
class Step:
    """One change of all parameters: from which version to which, after which ways forward."""

    changes: dict[Chain, tuple[int, int]]
    passes: list[Pass]
    first: int = 0
    last: int = 0


@dataclass
class Reading:
    """A network as a program has it."""

    tape: Tape
    chains: list[Chain]
    passes: list[Pass]
    steps: list[Step]
    versions: dict[int, Chain]

    @cached_property
    def alike(self) -> frozenset[int]:
        """Nodes that have only another one's shape."""
        return frozenset(node.at for node in self.tape.nodes if node.op in _ALIKE)

    @cached_property
    def learned(self) -> frozenset[int]:
        """Nodes that are made of parameters, once all of these are known."""
        found = set(self.versions)
        for node in self.tape.nodes:
            if node.at not in self.alike and not found.isdisjoint(node.inputs):
                found.add(node.at)
        return frozenset(found)

    def rows(self, at: int, layer: Layer) -> Any:
        """Return an array of a way forward with samples as rows."""
        value = np.asarray(self.tape.nodes[at].value, np.float64)
        value = -value if layer.negated and at == layer.Z else value
        if value.ndim == 1:
            return value[None, :]
        product = np.shape(self.tape.nodes[layer.product].value)
        n = product[0 if layer.rows else -1] if len(product) == 2 else 0
        turned = (
            value.ndim == 2
            and value.shape[0 if layer.rows else -1] != n == value.shape[-1 if layer.rows else 0]
        )
        return value if layer.rows != turned else value.T

    def W(self, layer: Layer) -> Any:
        """Return a layer's weights, (in, out)."""
        value = np.asarray(self.tape.nodes[layer.weight].value, np.float64)
        return value if layer.rows else value.T

    def b(self, layer: Layer) -> Any:
        """Return a layer's bias, (out,); None without one."""
        return None if layer.bias is None else np.ravel(self.tape.nodes[layer.bias].value).astype(float)

    def beyond(self, passed: Pass) -> set[int]:
        """Return where a way forward ends: at parameters, and where another one begins."""
        return {*self.versions, *(other.layers[0].product for other in self.passes if other is not passed)}

    def like_W(self, chain: Chain, value: Any) -> Any:
        """Turn an array that is kept as a weight is, so that it is (in, out)."""
        value = np.asarray(value, np.float64)
        return value.T if chain.turned else value


def _two(tape: Tape, node: Node) -> tuple[int, int] | None:
    """Return the two array operands of a product."""
    arrays = [entry for entry in node.inputs if np.ndim(tape.nodes[entry].value) >= 1]
    return (arrays[0], arrays[1]) if len(arrays) == 2 else None


def _chains(tape: Tape) -> tuple[list[Chain], dict[int, Chain]]:
    """Follow what is changed by something that descends from a product."""
    hot: set[int] = set()
    versions: dict[int, Chain] = {}
    chains: list[Chain] = []
    for node in tape.nodes:
        product = node.op in PRODUCTS and _two(tape, node) is not None
        if product or any(entry in hot for entry in node.inputs):
            hot.add(node.at)
        if node.op not in ("add", "subtract") or len(node.operands) < 2 or not np.size(node.value):
            continue
        old, new = (operand[0] if isinstance(operand, list) else -1 for operand in node.operands[:2])
        old = old if old in versions else _undecayed(tape, old)
        if np.ndim(node.value) < 1 and not (old in versions or _same_name(tape, old, node.at)):
            continue  # one number may be a bias, and is more often a sum of losses
        if old < 0 or new < 0 or np.size(tape.nodes[old].value) != np.size(node.value):
            continue
        if tape.nodes[old].value.dtype.kind != "f" or new not in hot:
            continue
        source = tape.origin(old)[0]
        if not tape.nodes[source].inputs and np.ndim(tape.nodes[source].value) < np.ndim(node.value):
            source = old  # a number of the program's text, which stands in other places as well
        core = tape.nodes[tape.origin(new)[0]]
        if core.op in PRODUCTS and any(tape.origin(entry)[0] in versions for entry in core.inputs):
            continue  # b + W h of one sample: a way forward
        if (source in versions and old not in versions) or (
            not tape.depends(new, old) and tape.depends(new, source)
        ):
            old = source  # a copy that only the update takes, or that the next step goes on with
        if old in versions:
            chain = versions[old]
            if old != chain.versions[-1]:
                chain.lost += 1  # what has become of it is not used
                continue
        elif old not in hot and (
            tape.depends(new, old) or _same_name(tape, old, node.at) or _goes_on(tape, node)
        ):
            chain = Chain([old])
            chains.append(chain)
        else:
            continue
        chain.versions.append(node.at)
        chain.steps.append(new)
        versions[old], versions[node.at] = chain, chain
    return chains, versions


def _undecayed(tape: Tape, at: int) -> int:
    """Return the array that one number makes smaller before something is taken away: (1 - rate lambda) W."""
    inputs = tape.nodes[at].inputs if at >= 0 and tape.nodes[at].op == "multiply" else []
    arrays = [entry for entry in inputs if np.ndim(tape.nodes[entry].value) > 0]
    numbers = [tape.number(entry) for entry in inputs if entry not in arrays]
    smaller = len(arrays) == 1 and numbers and 0.5 < numbers[0] <= 1 and len(tape.users[at]) == 1
    return arrays[0] if smaller else at  # a start that is scaled is used by the way forward, too


def _goes_on(tape: Tape, node: Node) -> bool:
    """Tell whether something is taken away from a vector again and again."""
    before = [tape.nodes[user] for user in tape.users[node.at]]
    vector = node.op == "subtract" and np.size(node.value) == max(np.shape(node.value)) > 1
    return vector and any(
        n.op == node.op and n.operands[0] == [node.at] and n.line == node.line for n in before
    )


def _same_name(tape: Tape, old: int, new: int) -> bool:
    """Tell whether a parameter that nothing depends on is changed: by its name, before and after."""
    one, other = ({last_name(name): kind_of(name) for name in tape.named.get(at, ())} for at in (old, new))
    return any(one[name] in PARAMETERS and other[name] in PARAMETERS for name in one.keys() & other.keys())


def read_tape(tape: Tape) -> Reading:
    """Find the network in a record."""
    gather(tape)
    unroll(tape)
    chains, versions = _chains(tape)
    _add_unfit(tape, chains, versions)
    _add_later_versions(tape, chains, versions)
    reading = Reading(tape, chains, [], [], versions)
    _find_passes(reading)
    stray = [chain for chain in chains if not chain.kind and len(chain.steps) == 1]
    if stray:  # a truth from which an output is taken away is no parameter
        for at in [at for at, chain in versions.items() if chain in stray]:
            del versions[at]
        reading.passes.clear()
        _find_passes(reading)
    for passed in reading.passes:
        _find_output(reading, passed)
    reading.chains = [chain for chain in chains if chain.kind or len(chain.steps) > 1]
    _find_steps(reading)
    return reading


def _add_unfit(tape: Tape, chains: list[Chain], versions: dict[int, Chain]) -> None:
    """Know a parameter by what ended the program: something made with it does not fit it."""
    raised = tape.raised
    refs = [operand[0] for operand in raised.operands[:2] if isinstance(operand, list)] if raised else []
    if raised is None or raised.op not in ("add", "subtract") or len(refs) < 2:
        return
    old, _ = tape.origin(refs[0])
    if old not in versions and old != refs[1] and tape.depends(refs[1], old):
        products = [tape.nodes[user] for user in tape.users[old] if tape.nodes[user].op in PRODUCTS]
        if products and np.ndim(tape.nodes[old].value) == 2 and tape.nodes[old].value.dtype.kind == "f":
            versions[old] = Chain([old])
            chains.append(versions[old])


def _add_later_versions(tape: Tape, chains: list[Chain], versions: dict[int, Chain]) -> None:
    """Know the parameters again after a part of the training that was not recorded."""
    called: dict[tuple[str, Any], set[Chain]] = {}
    for chain in chains:
        for name in (name for version in chain.versions for name in tape.named.get(version, ())):
            called.setdefault((name, chain.shape(tape)), set()).add(chain)
    names = {key: only for key, (only, *others) in called.items() if not others and len(key[0]) > 1}
    shapes = {chain.shape(tape): chain for chain in chains}
    if len(shapes) == len(chains):  # no name is needed
        names |= {("", shape): chain for shape, chain in shapes.items()}
    last = max((chain.versions[-1] for chain in chains), default=0)
    for node in tape.nodes[last + 1 :]:
        before = versions.get(node.inputs[0]) if node.inputs else None
        if before is not None and (node.op == "changed" or _steps_on(tape, before, node)):
            versions[node.at] = before
        elif node.op == "leaf":
            shape = np.shape(node.value)
            own = tape.named.get(node.at, ())
            known = [names[name, shape] for name in own if (name, shape) in names]
            alone = names.get(("", shape)) if node.value.dtype.kind == "f" else None
            if known:
                versions[node.at] = known[0]
            elif (
                alone is not None
                and all(alone in called.get((name, shape), ()) for name in own)
                and _uses(tape, node.at) <= _uses(tape, *alone.versions)
            ):
                versions[node.at] = alone


def _steps_on(tape: Tape, chain: Chain, node: Node) -> bool:
    """Tell whether a parameter is changed where it was changed before."""
    last, shape = tape.nodes[chain.versions[-1]], chain.shape(tape)
    there = (node.op, node.block, node.line) == (last.op, last.block, last.line)
    return there and not chain.lost and np.shape(node.value) == shape


def _uses(tape: Tape, *versions: int) -> set[tuple[str, int]]:
    """Return by which operations, and as which of their operands, arrays are used."""
    return {
        (tape.nodes[user].op, tape.nodes[user].inputs.index(at)) for at in versions for user in tape.users[at]
    }


def _weight(reading: Reading, at: int) -> tuple[int, bool]:
    """Tell which version of a parameter an operand is; -1 if of none."""
    origin, turned = reading.tape.origin(at, reading.versions)
    return (origin, turned) if origin in reading.versions else (-1, turned)


def _find_passes(reading: Reading) -> None:
    """Follow the products of weights from layer to layer."""
    tape, versions = reading.tape, reading.versions
    roots: dict[int, set[int]] = {}  # from a node to the layer products that it descends from
    of_product: dict[int, tuple[Pass, int]] = {}
    loose = _loose_weights(reading)
    ways: dict[Any, bool] = {}  # whether a weight is turned where it is met first
    for node in tape.nodes:
        found: set[int] = set()
        for entry in node.inputs:
            if entry not in versions:
                found |= roots.get(entry, set())
        two = _two(tape, node) if node.op in PRODUCTS and node.op != "outer" else None
        if two is not None:
            weights = [_weight(reading, at) for at in two]
            for side in (0, 1):
                if weights[side][0] < 0 and weights[1 - side][0] < 0 and tape.origin(two[side])[0] in loose:
                    weights[side] = tape.origin(two[side])
            sides = [side for side in (0, 1) if weights[side][0] >= 0]
            written_out = tape.origin(node.at)[0] != node.at  # a bias, times ones
            forward = len(sides) == 1 and np.ndim(tape.nodes[two[sides[0]]].value) == 2 and not written_out
            if forward:
                side = sides[0]
                other = two[1 - side]
                chain = versions.get(weights[side][0])
                way = weights[side][1] == (side == 1)
                forward = ways.setdefault(chain or weights[side][0], way) == way  # or an error goes back
            if forward:
                negated = tape.nodes[other].op == "negative"
                source = tape.nodes[other].inputs[0] if negated else other
                layer = Layer(node.at, two[side], chain, source, side == 1, weights[side][1], negated=negated)
                before = roots.get(other, set()) if other not in versions else set()
                passed = None
                if not before:
                    passed = Pass([])
                    reading.passes.append(passed)
                else:
                    last = max(before)
                    candidate, position = of_product[last]
                    used = [tape.origin(entry.weight)[0] for entry in candidate.layers]
                    same = [entry.chain for entry in candidate.layers if entry.chain is not None]
                    if (
                        weights[side][0] not in used
                        and chain not in same
                        and position == len(candidate.layers) - 1
                        and (chain is not None or _back(node) <= _back(tape.nodes[last]))
                    ):
                        passed = candidate
                    elif position == len(candidate.layers) - 2 and used[-1] == weights[side][0]:
                        passed = Pass(candidate.layers[:-1])  # the last layer once more
                        reading.passes.append(passed)
                if passed is not None:
                    passed.layers.append(layer)
                    of_product[node.at] = passed, len(passed.layers) - 1
                    found = found | {node.at}
        if found:
            roots[node.at] = found if len(found) < 400 else set(sorted(found)[-400:])
    passes = [p for p in reading.passes if not any(_is_joined(reading, layer) for layer in p.layers)]
    reading.passes[:] = passes
    for passed in sorted(passes, key=lambda each: len(each.layers)):  # the whole ones have the say
        for position, layer in enumerate(passed.layers):
            following = passed.layers[position + 1] if position + 1 < len(passed.layers) else None
            layer.out = following.source if following is not None else -1
            _find_bias(reading, layer, following)
            if layer.chain is not None:
                layer.chain.kind, layer.chain.layer = "W", position
                layer.chain.turned = layer.turned == layer.rows
            if layer.bias_chain is not None:
                layer.bias_chain.kind, layer.bias_chain.layer = "b", position


def _is_joined(reading: Reading, layer: Layer) -> bool:
    """Tell whether a product of another weight is added to a layer's: it is no network of layers."""
    tape = reading.tape
    added = (tape.nodes[user] for user in tape.users[layer.product] if tape.nodes[user].op == "add")
    others = (tape.nodes[at] for user in added for at in user.inputs if at != layer.product)
    weights = (tape.origin(at)[0] for node in others if node.op in PRODUCTS for at in node.inputs)
    matrices = (at for at in weights if np.ndim(v := tape.nodes[at].value) == 2 and min(np.shape(v)) > 1)
    return any(at in reading.versions and reading.versions[at] is not layer.chain for at in matrices)


def _back(node: Node) -> bool:
    """Tell whether something is made by a function that goes back, by its name."""
    return role_of(node.inside) == "compute_gradient"


def _loose_weights(reading: Reading) -> set[int]:
    """Find weights that are not trained: by their names; where none is trained, by what they meet first."""
    tape = reading.tape
    products = [node for node in tape.nodes if node.op in PRODUCTS]
    hot = tape.descendants([node.at for node in products], reading.versions)  # no weight that has learned

    def is_loose(at: int) -> bool:
        value = tape.nodes[at].value
        return (
            at not in hot and at not in reading.versions and np.ndim(value) == 2 and value.dtype.kind == "f"
        )

    named = {
        at for at, names in tape.named.items()
        if is_loose(at) and any(kind_of(name) in ("W", "weights") for name in names)
    }  # fmt: skip
    for node in products:  # what meets a weight are samples, whatever they are called
        two = _two(tape, node) or ()
        sides = zip(two, two[::-1], strict=True)
        named -= {tape.origin(at)[0] for at, other in sides if _weight(reading, other)[0] >= 0}
    met: dict[int, bool] = {}  # samples meet a weight before they meet an error
    for node in products if tape.raised is not None or not reading.versions else ():
        for entry in node.inputs:
            rest = [other for other in node.inputs if other != entry]
            met.setdefault(tape.origin(entry)[0], any(other in hot for other in rest))
    later = {at for at, weight in met.items() if weight and is_loose(at)}
    met_first = frozenset(later)
    for number, node in enumerate(products if met_first else ()):
        if met_first.isdisjoint(tape.origin(entry)[0] for entry in node.inputs):
            continue
        for side, entry in enumerate(node.inputs[:2]):
            earlier = reversed(products[:number]) if entry in tape.after_products else ()
            before = next((each for each in earlier if tape.depends(entry, each.at)), None)
            if before is not None and len(before.inputs) == 2:  # it has its weight on the same side
                later |= {at for at in [tape.origin(before.inputs[1 - side])[0]] if is_loose(at)}
    copied = {tape.origin(chain.versions[0])[0] for chain in reading.chains}
    return named | later | {at for at in copied if is_loose(at)}


def last_name(name: str) -> str:
    """Return the telling part of a name: of ``self.W1``, ``params["W1"]`` it is W1."""
    inner = name.replace('"', "'").split("'")
    return inner[1] if len(inner) > 2 else name.split(".")[-1]


def kind_of(name: str) -> str:
    """Tell what quantity a name stands for, without its layer's number; empty if unknown.

    Under the name of a parameter, gradients hold its derivative.
    """
    kind = quantity(last_name(name), False).rstrip("0123456789")
    held = name.partition("[")[0].rpartition(".")[2]
    of_gradients = "[" in name and kind in PARAMETERS and quantity(held, False) == "gradients"
    return {"weights": "dW", "biases": "db"}.get(kind, f"d{kind}") if of_gradients else kind


def _find_bias(reading: Reading, layer: Layer, following: Layer | None) -> None:
    """Find what is added to a product before anything else is done."""
    tape = reading.tape
    at = layer.Z = layer.product
    size = np.shape(tape.nodes[layer.weight].value)[1 if layer.rows else 0]
    while True:
        users = [tape.nodes[user] for user in tape.users[at]]
        onwards = [
            user for user in users if user.op in ("reshape", "squeeze", "copy", "T") and len(user.inputs) == 1
        ]
        exponent = users if [user.op for user in users] == ["negative"] else []
        for user in users:
            if user.op not in ("add", "subtract") or len(user.operands) < 2:
                continue
            others = [entry for entry in user.inputs if entry != at]
            if len(others) != 1:
                continue
            origin, _ = tape.origin(others[0])
            if np.size(tape.nodes[origin].value) == size:
                others = [origin]
            if np.size(tape.nodes[others[0]].value) not in (size, 1):
                continue
            named = any(kind_of(n) in ("b", "biases") for n in tape.named.get(origin, ()))
            named = named or (
                tape.nodes[origin].op in _STARTS and np.size(tape.nodes[origin].value) == size > 1
            )
            if origin in reading.versions or (named and tape.nodes[origin].value.dtype.kind == "f"):
                layer.bias, layer.Z = others[0], user.at
                layer.bias_chain = reading.versions.get(origin)
                layer.negated ^= tape.nodes[at].op == "negative"
                layer.sign = 1 if (user.op == "add") != layer.negated else -1
                return
        onwards = onwards if following is not None and len(onwards) == 1 else exponent
        if at != layer.product or not onwards:
            return
        at = onwards[0].at


def _ones(Z: Any, H: Any) -> int | None:
    """Find the column of ones that stands beside the activations of a layer."""
    if H.shape != (len(Z), Z.shape[1] + 1):
        return None
    return next((place for place in (0, -1) if (H[:, place] == 1).all()), None)


def without_mask(tape: Tape, layer: Layer) -> tuple[int, Any]:
    """Return a layer's activations before dropout, and what that multiplies them by."""
    at, mask = layer.out, np.array(1.0)
    while tape.nodes[at].op in ("multiply", "divide"):
        node = tape.nodes[at]
        of_Z = [entry for entry in node.inputs if tape.depends(entry, layer.Z)]
        others = [
            tape.value(operand) for operand in node.operands if operand not in [[entry] for entry in of_Z]
        ]
        if len(of_Z) != 1 or len(others) != 1:
            break
        mask = mask * others[0] if node.op == "multiply" else mask / others[0]
        at = of_Z[0]
    return (at, mask) if np.ndim(mask) == 2 else (layer.out, np.array(1.0))


def _alike(tape: Tape, at: int, got: Any, right: Any) -> bool:
    """Tell whether an array is what it should be, in the precision that the program computes in."""
    single = np.asarray(tape.nodes[at].value).dtype == np.float32
    return bool(np.allclose(got, right, 1e-3 if single else 1e-6, 1e-6 if single else 1e-12))


def _activation(reading: Reading, layer: Layer, following: Layer) -> tuple[str, Any]:
    """Find what a layer's Z becomes: an activation's name, and what dropout multiplies it by, or None."""
    Z, H = reading.rows(layer.Z, layer), reading.rows(layer.out, layer)
    if following.ones is not None:
        H = np.delete(H, following.ones, axis=1)
    if H.shape != Z.shape:
        return "", None
    for name, (activation, _) in HIDDEN.items():
        if _alike(reading.tape, layer.out, H, activation(Z)):
            return name, None
    for name, (activation, _) in HIDDEN.items():
        A = activation(Z)
        sure = np.abs(A) > 1e-9
        times = np.where(sure, H / np.where(sure, A, 1), 0)
        if not np.any(times[sure & (Z > 0)]):
            continue
        kept = times[sure & (np.abs(times) > 1e-9)]
        lost = np.count_nonzero(sure) - kept.size
        if (
            not np.any(H[~sure])
            and lost
            and kept.size > lost / 20
            and np.ptp(kept) < 1e-5 * abs(kept[0])
            and kept[0] > 0.99
        ):
            mask = without_mask(reading.tape, layer)[1]
            mask = mask if layer.rows or mask.ndim == 0 else mask.T
            exact = mask.shape == times.shape and np.allclose(mask[sure], times[sure], 1e-5)
            return name, mask if exact else np.where(sure, times, kept[0])
    return "", None


def _find_output(reading: Reading, passed: Pass) -> None:
    """Find what the last layer's numbers become: softmax, sigmoid, …; and the hidden activation."""
    tape, last = reading.tape, passed.layers[-1]
    stops = reading.beyond(passed)
    logits = reading.rows(last.Z, last)
    passed.P, passed.output = last.Z, "identity"
    with np.errstate(all="ignore"):
        made = {name: output(logits) for name, (output, _) in OUTPUTS.items() if name != "identity"}
        none = np.zeros_like(logits)
        for name in ("ReLU", "tanh"):  # of numbers that are near 0, or none is below it, it cannot be told
            if any(_alike(tape, last.Z, made[name], other) for other in (logits, none)):
                del made[name]
        for layer, following in pairwise(passed.layers):
            following.ones = _ones(reading.rows(layer.Z, layer), reading.rows(layer.out, layer))
        found = [_activation(reading, *pair) for pair in pairwise(passed.layers)]
    names = [name for name, _ in found]
    passed.hidden = "" if "" in names else ", ".join(names if len({*names}) > 1 else names[:1])
    passed.kinds = tuple(names)
    passed.masks = tuple(mask for _, mask in found) if any(mask is not None for _, mask in found) else ()
    if logits.shape[1] == 1:
        made.pop("softmax", None)
    after = tape.descendants([last.Z], stops)
    rest = [at for at in after if tape.nodes[at].op == "subtract" and tape.nodes[at].operands[0] == 1]
    other_class = tape.descendants(rest, stops) if rest else set()
    for at in sorted(after - other_class):
        value = tape.nodes[at].value
        shape = np.shape(tape.nodes[last.Z].value)
        if at == last.Z or np.shape(value) not in (shape, shape[::-1]) or value.dtype.kind != "f":
            continue
        turned = reading.rows(at, last)
        for name, right in made.items():
            if right.shape != turned.shape or not _alike(tape, at, turned, right):
                continue
            if name in ("tanh", "ReLU") and any(
                tape.nodes[user].op == "exp" for user in tape.descendants([at], stops)
            ):
                continue  # it goes on
            if name == "bipolar sigmoid" and not _is_compared(tape, at):
                continue  # a sigmoid is made of it
            passed.P, passed.output = at, name
            return


def _is_compared(tape: Tape, at: int) -> bool:
    """Tell whether an array is taken away from another one like it, or that from it."""
    users = [tape.nodes[user] for user in tape.users[at] if tape.nodes[user].op == "subtract"]
    sizes = [{np.size(tape.nodes[entry].value) for entry in node.inputs} for node in users]
    alike = (len(node.inputs) == 2 and len(each) == 1 for node, each in zip(users, sizes, strict=True))
    return any(alike)


def labels_of(reading: Reading, passed: Pass, within: set[int]) -> Iterator[tuple[int, Any, str]]:
    """Yield what the output of a pass is compared with: node, (n, K), form."""
    tape, last = reading.tape, passed.layers[-1]
    n, K = reading.rows(last.Z, last).shape
    rows = last.rows == (np.shape(tape.nodes[passed.P].value) == np.shape(tape.nodes[last.Z].value))
    ours = tape.descendants([last.product], reading.versions)
    own = tape.descendants([last.product], {*reading.versions, *reading.alike})
    first = passed.layers[0].product
    computed = tape.descendants([first], {*reading.versions, *reading.alike})  # a mask of H looks like labels
    biases = {tape.origin(layer.bias)[0] for layer in passed.layers if layer.bias is not None}
    turned = []  # 1 - y, which stands beside y
    for at in sorted(within & ours, key=lambda at: (at not in own, at)):
        node = tape.nodes[at]
        for entry in node.inputs:
            origin = tape.origin(entry)[0]
            known = entry in computed or origin in reading.versions or origin in biases
            if known or tape.nodes[origin].op.startswith("zeros"):
                continue
            if entry in reading.learned:
                continue  # a row of another layer's weights
            value = np.asarray(tape.nodes[_unturned(tape, entry, n)].value)
            if value.size > 3 and value.min() == value.max() and node.op in ("multiply", "divide"):
                continue  # a mask that leaves everything
            if n == 1 and value.ndim == 0 and node.op in ("put", "add_at", "subtract_at") and K > 1:
                value = value[None]  # the class of one sample
            if n == K == 1 and value.ndim == 0 and node.op == "subtract" and len(node.inputs) == 2:
                value = value[None]  # what one sample's one output is compared with
            Y = _read_labels(value, n, K, rows)
            key = node.operands[1] if len(node.operands) > 1 and isinstance(node.operands[1], dict) else {}
            index = len(key.get("l", ())) > 1 and key["l"][0 if rows else -1] == [entry]
            counted = value.ndim == 1 and np.array_equal(value, np.arange(n)) and (n > K or index)
            if Y is None or counted:
                continue
            form = "codes" if value.size == n and K > 1 else "one-hot"
            if tape.nodes[entry].op == "subtract" and tape.nodes[entry].operands[0] == 1:
                turned.append((entry, 1 - Y, form))
            else:
                yield entry, Y, form
    yield from turned


def _unturned(tape: Tape, at: int, n: int) -> int:
    """Return what an array is a negative number of times, or one of n parts: of -2 * Y, or Y / n, it is Y."""
    times, end = 1.0, at
    while True:
        node = tape.nodes[end]
        arrays = [entry for entry in node.inputs if np.ndim(tape.nodes[entry].value)]
        rest = [tape.value(operand) for operand in node.operands if operand not in [[e] for e in arrays]]
        numbers = [float(np.ravel(each)[0]) for each in rest if np.size(each) == 1 and each is not None]
        if node.op not in ("negative", "multiply", "divide") or len(arrays) != 1 or 0 in numbers:
            return end if times < 0 or np.isclose(times * n, 1) else at
        times *= (
            -1 if node.op == "negative" else float(np.prod(numbers)) ** (-1 if node.op == "divide" else 1)
        )
        end = arrays[0]


def _read_labels(value: Any, n: int, K: int, rows: bool) -> Any:
    """Read labels as (n, K); None where an array is none."""
    if value.dtype.kind not in "biuf" or value.size not in (n, n * K) or value.ndim == 0:
        return None
    if value.size == n and K > 1:
        codes = value.ravel()
        whole = np.all(codes == np.round(codes)) and n > 0
        return (codes[:, None] == np.arange(K)) * 1.0 if whole and codes.min() >= 0 else None
    if value.ndim == 2 and value.shape == ((n, K) if rows else (K, n)):
        return np.asarray(value if rows else value.T, float)
    return np.asarray(value, float).reshape(n, K) if K == 1 or n == 1 else None


def _find_steps(reading: Reading) -> None:
    """Gather the changes of all parameters that belong together, and the ways forward that led to them."""
    events = sorted(
        (after, number, position)
        for position, chain in enumerate(reading.chains)
        for number, after in enumerate(chain.versions[1:])
    )
    by_product = {passed.layers[-1].product: passed for passed in reading.passes}
    step = Step({}, [])
    for after, number, position in events:
        chain = reading.chains[position]
        if chain in step.changes or _is_later(reading.tape, chain, after, step):
            _close_step(reading, step, by_product)
            step = Step({}, [])
        step.changes[chain] = (chain.versions[number], after)
    if step.changes:
        _close_step(reading, step, by_product)


def _is_later(tape: Tape, chain: Chain, after: int, step: Step) -> bool:
    """Tell whether a change is of another epoch than a step, whose parameter is another one there."""
    epoch = tape.nodes[after].loops[:1]
    return any(
        chain.kind and (other.kind, other.layer) == (chain.kind, chain.layer)
        and tape.nodes[at].loops[:1] != epoch
        for other, (_, at) in step.changes.items()
    )  # fmt: skip


def _close_step(reading: Reading, step: Step, by_product: dict[int, Pass]) -> None:
    tape = reading.tape
    made: set[int] = set()
    for chain, (_, after) in step.changes.items():
        made |= tape.ancestors([chain.taken(after)], reading.versions)
    ways: dict[int, Pass] = {}
    for product, passed in sorted(by_product.items()):
        if product in made:  # what is computed twice on one way forward counts once
            ways.setdefault(passed.layers[0].product, passed)
    found = [*ways.values()]
    deepest = max((len(passed.layers) for passed in found), default=0)
    found = [passed for passed in found if len(passed.layers) == deepest]  # the rest is computed anew
    used = [
        {layer.chain: reading.tape.origin(layer.weight)[0] for layer in passed.layers} for passed in found
    ]
    now = {chain: tape.origin(before)[0] for chain, (before, _) in step.changes.items()}
    new = [all(now.get(chain, at) == at for chain, at in each.items() if chain) for each in used]
    if not any(new):
        later = all(now[chain] != at for chain, at in used[-1].items() if chain in now) if used else False
        new = [each == used[-1] or not later for each in used]  # perhaps it is taken away a step later
    step.passes = [p for p, of_now in zip(found, new, strict=True) if of_now]  # not momentum's
    step.first, step.last = min(a for _, a in step.changes.values()), max(a for _, a in step.changes.values())
    for passed in step.passes:
        if passed.Y is None:
            for at, Y, form in labels_of(reading, passed, made):
                handed = [
                    tape.value(operand) for call in tape.within(at)
                    for name, operand in call.arguments.items() if kind_of(name) == "Y"
                ]  # fmt: skip
                coded = Y.shape[1] > 1 and any(np.size(value) == len(Y) for value in handed)
                passed.truth, passed.Y, passed.labels = at, Y, "codes" if coded else form
                break
    reading.steps.append(step)
