"""Puts networks together from a file's objects: layers, activations, a loss, an optimizer, what holds them.

Which output belongs to which loss is not asked: what is likely is yielded first, and a run counts that shows
a training.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from triceptron.checking.names import arguments, loss_class, needed, quantity, role_of
from triceptron.checking.steps_table import plain

__all__ = ["HELPERS", "UPDATE", "Assembly", "Parts", "assemblies", "widths"]

Entry = Mapping[str, Any]

UPDATE = "__go_down"
"""What changes the parameters where nothing of the file's does."""

HELPERS = """
def __out(of, made, *words):
    if made is not None:
        return made
    held = {name.lower().replace("_", ""): value for name, value in vars(of).items()}
    return next(value for word in words for name, value in held.items() if word in name)
class __Net:
    def __init__(self, layers): self.layers = layers
def __layers(of):
    held = [value if isinstance(value, (list, tuple)) else [value] for value in vars(of).values()]
    return [each for several in held for each in several if hasattr(each, "{backward}")]
"""
"""What the lines need: results kept in attributes, what holds layers."""

_OTHERS = ("drop", "norm", "conv", "pool", "flatten", "embed", "rnn", "lstm")
_USUAL = ("relu", "rectif", "tanh", "sigmoid")
_TOLD = (("'sigmoid'", "'sigmoid'"), ("'relu'", "'softmax'"), ("'tanh'", "'sigmoid'"), ("'relu'", "'linear'"))
"""Which activations layers are told of that have their own, the hidden one's and the last one's."""

_CHOICES = ("seed", "generator", "activation", "activation_slope")
_MOST = 24


class Assembly(NamedTuple):
    """Lines that make a network of objects, those of a step of its training, and what can be called."""

    lines: str
    steps: str
    roles: Mapping[str, Entry]
    known: Mapping[str, str]
    hidden: tuple[str, ...]
    """How the hidden layer's activation is made, and others that are usual."""


def _methods(of: Entry) -> dict[str, Entry]:
    """Return a class's methods by their roles; what is called like a function goes forward."""
    found: dict[str, Entry] = {}
    for name, args in sorted(of["methods"].items(), key=lambda each: (each[0] == "__call__", len(each[0]))):
        role = "forward" if name == "__call__" else role_of(name)
        if role:
            found.setdefault(role, {"name": name, "arguments": args})
    return found


class Parts:
    """The file's objects, by what they are."""

    def __init__(self, found: Sequence[Entry], tree: ast.Module) -> None:
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        self.texts = {node.name: ast.unparse(node) for node in nodes}
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        parents = {ast.unparse(base) for node in classes for base in node.bases}
        self.functions = [of for of in found if of["own"] and of["kind"] == "function"]
        self.dense: list[Entry] = []
        self.activations: list[Entry] = []
        self.losses: list[Entry] = []
        self.optimizers: list[Entry] = []
        self.networks: list[Entry] = []
        for of in found:
            if of["kind"] == "class" and of["own"] and of["name"] not in parents:
                self._sort(of)
        small = {of["name"] for of in (*self.dense, *self.losses)} | parents
        self.small = small | {of["made"].partition("(")[0] for of in self.activations}
        self.optimizers.sort(key=lambda of: not any(w in plain(of["name"]) for w in ("sgd", "descent")))

    def _sort(self, of: Entry) -> None:
        """Find out what a class's objects are."""
        name, roles, sizes = plain(of["name"]), _methods(of), widths(of)
        if any(word in name for word in _OTHERS):
            return
        there, back = "forward" in roles, "compute_gradient" in roles
        holds = "add" in of["methods"] or any(quantity(key, True) == "sizes" for key in sizes)
        if loss_class(name) and (there or back or "cross_entropy" in roles):
            self.losses.append(of)
        elif not there and "train" not in roles and "add" not in of["methods"]:
            self.optimizers += [of] if "update" in roles else []
        elif holds or "train" in roles or len(sizes) > 2 or (sizes and not back):
            self.networks.append(of)
        elif sizes:
            self.dense.append(of)
        elif "activation_slope" in {quantity(key, True) for key in needed(of)}:
            for one, its in self._pairs():
                made = arguments(of["arguments"], {"activation": one, "activation_slope": its}, sizes=True)
                self.activations.append({**of, "name": one, "made": f"{of['name']}({made})"})
        else:
            self.activations.append({**of, "made": f"{of['name']}()"})

    def _pairs(self) -> list[tuple[str, str]]:
        """Return the functions of one argument that have another one beside them: tanh and tanh_prime."""
        names = [of["name"] for of in self.functions if len(needed(of)) == 1]
        return [(one, its) for one in names for its in names if one != its and plain(one) in plain(its)]

    def taking_a_network(self) -> dict[str, Entry]:
        """Return the functions that train a network that they are handed, and that ask it."""
        found: dict[str, Entry] = {}
        for of in self.functions:
            role = role_of(of["name"])
            if role in ("train", "predict", "score") and {"parameters", "sizes"} & {
                quantity(name, False) for name in needed(of)
            }:
                found.setdefault(role, of)
        return found

    def named(self, *words: str) -> list[Entry]:
        """Return the activations of which the name has one of the words, the first word's first."""
        return [of for word in words for of in self.activations if word in plain(of["name"])]


def widths(of: Entry) -> list[str]:
    """Return the arguments that a class cannot do without, but for what chooses how it starts."""
    return [key for key in needed(of) if quantity(key, True) not in _CHOICES]


def assemblies(parts: Parts, sizes: Mapping[str, str]) -> Iterator[Assembly]:
    """Yield the networks that a file's objects make, the likeliest first; none without layers."""
    if not parts.dense:
        return
    seen: set[tuple[str, str]] = set()
    losses: list[Mapping[str, Entry] | None] = [*_losses(parts)]
    for network, loss in product([*parts.networks, None], losses or [None]):
        for last in _outputs(parts, loss):
            for made in _assembled(parts, sizes, network, loss, last):
                if made is not None and (made.lines, made.steps) not in seen and len(seen) < _MOST:
                    seen.add((made.lines, made.steps))
                    yield made


def _losses(parts: Parts) -> list[Mapping[str, Entry]]:
    """Return the file's losses, classes or functions, each with what gives its gradient."""
    classes = [_methods(of) | {"class": of} for of in parts.losses]
    found = [each for each in classes if "compute_gradient" in each or "loss_gradient" in each]
    slopes = [of for of in parts.functions if role_of(of["name"]) == "loss_gradient"]
    for of in parts.functions:
        if role_of(of["name"]) == "cross_entropy" and len(needed(of)) > 1:
            name = plain(of["name"])
            theirs = sorted(slopes, key=lambda each: name not in plain(each["name"]))[:1]
            found.append({"cross_entropy": of, **({"loss_gradient": theirs[0]} if theirs else {})})
    texts = " ".join(parts.texts[of["name"]] for of in parts.networks if of["name"] in parts.texts)
    return sorted(found, key=lambda each: _name(each) not in texts)


def _name(loss: Mapping[str, Entry]) -> str:
    return str(loss.get("class", loss.get("cross_entropy", {"name": ""}))["name"])


def _outputs(parts: Parts, loss: Mapping[str, Entry] | None) -> list[Entry | None]:
    """Return the layers that may come last, None for a dense one, the likeliest first."""
    name = _name(loss or {})
    text, squash = parts.texts.get(name, ""), parts.named("softmax")
    inside = any(of["name"] in text for of in squash) or "softmax" in text.lower() or "exp(" in text
    sigmoid, hidden = parts.named("sigmoid", "logistic"), _hidden(parts)[:1]
    found: list[Entry | None]
    if loss is not None and inside:
        found = [None, *squash]
    elif "binary" in name.lower() or "bce" in name.lower():
        found = [*sigmoid, None, *squash]
    elif "mse" in name.lower() or "squared" in name.lower():
        found = [*sigmoid, *hidden, None, *squash]
    else:
        found = [*squash, *sigmoid, None]
    return [of for number, of in enumerate(found) if of not in found[:number]]


def _hidden(parts: Parts) -> list[Entry]:
    """Return the activations of hidden layers, the usual ones first."""
    usual = parts.named(*_USUAL)
    return [*usual, *(of for of in parts.activations if of not in [*usual, *parts.named("softmax")])]


def _layer(of: Entry, before: str, after: str, values: Mapping[str, str]) -> str | None:
    """Write a layer between two widths."""
    free = widths(of)
    if len(free) > 1 and quantity(free[0], True) == "K" and quantity(free[1], True) == "m":
        free = free[::-1]
    given = dict(zip(free, [after] if len(free) == 1 else [before, after], strict=False))
    made = arguments([each for each in of["arguments"] if each[0] not in given], values, sizes=True)
    if made is None:
        return None
    written = [*(f"{key}={value}" for key, value in given.items()), *filter(None, [made])]
    return f"{of['name']}({', '.join(written)})"


def _assembled(
    parts: Parts,
    sizes: Mapping[str, str],
    network: Entry | None,
    loss: Mapping[str, Entry] | None,
    last: Entry | None,
) -> Iterator[Assembly | None]:
    """Write the network in the ways in which its class may want its layers."""
    if sizes["K"] == "1" and last in parts.named("softmax"):
        return  # of one unit it is always 1
    dense, hidden = parts.dense[0], _hidden(parts)[:1]
    h = sizes["h"].strip("[]")
    told = "activation" in {quantity(key, True) for key, *_ in dense["arguments"]}
    pairs = _TOLD if told and not hidden else ((sizes["activation"],) * 2,)
    stacks = []
    for one, other in pairs if hidden or told else ():
        first = _layer(dense, sizes["m"], h, {**sizes, "activation": one})
        second = _layer(dense, h, sizes["K"], {**sizes, "activation": other})
        between, after = ([of["made"] for of in each if of is not None] for each in (hidden, [last]))
        if first is not None and second is not None:
            stacks.append([first, *between, second, *after])
    roles = _methods(dense)
    lines = [HELPERS.replace("{backward}", roles["compute_gradient"]["name"])]
    known = {"sizes": "layers", "parameters": "layers" if network is None else "net"}
    if loss is not None and "class" in loss:
        made = arguments(loss["class"]["arguments"], {}, sizes=True)
        lines.append(f"loss = {_name(loss)}({made or ''})")
        known["loss"] = "loss"
    elif loss is not None:
        known["loss"] = _name(loss)
        known["loss_gradient"] = loss.get("loss_gradient", {"name": "None"})["name"]
    own = _methods(network) if network is not None else {}
    usual = [of["made"] for of in hidden + parts.named(*_USUAL)]
    several = tuple(dict.fromkeys(usual))[:4]
    for layers, text in product(stacks, list(_nets(parts, network, sizes, known))):
        more = [f"layers = [{', '.join(layers)}]", text]
        if parts.optimizers:
            of = parts.optimizers[0]
            values = {**known, "learning_rate": "0.1", "sizes": "__layers(net)"}
            made = arguments(of["arguments"], values, sizes=False)
            if made is None:
                continue
            more.append(f"optimizer = {of['name']}({made})")
            known["optimizer"] = "optimizer"
        for name, args in network["methods"].items() if network is not None else ():
            asked = {quantity(key, False) for key, *_ in args or []}
            if asked & {"loss", "optimizer"} and not asked & {"X", "Y"}:  # it is told of them
                more.append(f"net.{name}({arguments(args, known, sizes=False) or ''})")
        of_net = parts.taking_a_network()
        of_net |= {role: {**entry, "name": f"net.{entry['name']}"} for role, entry in own.items()}
        for name, args in network["methods"].items() if network is not None else ():
            if (
                quantity(name, False) in ("parameters", "gradients") and not args
            ):  # what the optimizer is handed
                of_net[quantity(name, False)] = {"name": f"net.{name}()", "arguments": []}
        steps = _steps(parts, roles, of_net, loss)
        yield Assembly("\n".join([*lines, *more]), steps, of_net, dict(known), several)


def _nets(
    parts: Parts, network: Entry | None, sizes: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[str]:
    """Write what holds the layers, in the ways in which it may be made; or what holds that in turn."""
    if network is None:
        yield "net = __Net(layers)"
        return
    if "parameters" in {quantity(key, False) for key in needed(network)}:
        others = [of for of in parts.networks if "parameters" not in {quantity(k, False) for k in needed(of)}]
        made = arguments(network["arguments"], {**known, "parameters": "net"}, sizes=False)
        for text in _nets(parts, others[0] if others else None, sizes, known) if made is not None else ():
            yield f"{text}\nnet = {network['name']}({made})"
        return
    name, values = network["name"], {**known, "learning_rate": "0.1"}
    listed = any(quantity(key, True) == "sizes" for key, *_ in network["arguments"] or [])
    if listed:
        yield f"net = {name}({arguments(network['arguments'], values, sizes=True)})"
    made = arguments(network["arguments"], {**values, **sizes}, sizes=True)
    if "add" in network["methods"] and not listed:
        yield f"net = {name}({made or ''})\nfor layer in layers:\n    net.add(layer)"
    elif made is not None and needed(network):
        yield f"net = {name}({made})"


def _written(entry: Entry, values: Mapping[str, str], otherwise: str) -> str:
    """Write the arguments that a call cannot do without, by position."""
    found = []
    for name in needed(entry):
        key = quantity(name, False)
        found.append(values.get(key, "True" if "train" in name else otherwise))
    return ", ".join(found)


def _steps(
    parts: Parts, dense: Mapping[str, Entry], net: Mapping[str, Entry], loss: Mapping[str, Entry] | None
) -> str:
    """Write one step of the training: there, back, down."""
    rate = {"learning_rate": "0.1"}
    if "forward" in net:
        lines = [f"P = {net['forward']['name']}({_written(net['forward'], {}, '{X}')})"]
    else:
        made = f"layer.{dense['forward']['name']}({_written(dense['forward'], {}, 'P')})"
        lines = ["P, __ins = {X}, []", "for layer in __layers(net):"]
        lines += ["    __ins.append(P)", f"    P = __out(layer, {made}, 'out')"]
    lines += _error(loss)
    if "compute_gradient" in net:
        lines.append(f"{net['compute_gradient']['name']}({_written(net['compute_gradient'], rate, 'g')})")
    else:
        back = dense["compute_gradient"]
        again = len(needed(back)) > 1 and "forward" not in net  # some are handed what they were given before
        made = f"layer.{back['name']}({_written(back, rate | ({'X': '__in'} if again else {}), 'g')})"
        lines.append("for layer, __in in zip(__layers(net)[::-1], __ins[::-1]):" if again
                     else "for layer in __layers(net)[::-1]:")  # fmt: skip
        lines.append(f"    g = __out(layer, {made}, 'dinput', 'dx', 'in')")
    known = {**rate, "optimizer": "optimizer", "sizes": "__layers(net)", "parameters": "net"}
    known |= {key: of["name"] for key, of in net.items() if key in ("parameters", "gradients")}
    rated = any(quantity(n, False) == "learning_rate" for n in needed(dense["compute_gradient"]))
    if "update" in net:
        lines.append(f"{net['update']['name']}({_written(net['update'], known, 'net')})")
    elif rated:
        pass
    elif "update" in dense:
        name = dense["update"]["name"]
        call = f"layer.{name}({_written(dense['update'], known, '0.1')})"
        lines.append(f"for layer in __layers(net):\n    if hasattr(layer, '{name}'): {call}")
    elif parts.optimizers:
        update = _methods(parts.optimizers[0])["update"]
        call = f"optimizer.{update['name']}({_written(update, known, 'layer')})"
        each = f"for layer in __layers(net):\n    if isinstance(layer, {parts.dense[0]['name']}): {call}"
        lines.append(each if "layer)" in call else call)
    else:
        lines.append(f"for layer in __layers(net):\n    {UPDATE}(layer, layer)")
    return "\n".join(lines)


def _error(loss: Mapping[str, Entry] | None) -> list[str]:
    """Write the loss and its derivative by the outputs."""
    values = {"X": "P", "P": "P", "Y": "{Y}", "gradients": "P", "A": "P"}
    if loss is None:
        return ["g = P - {Y}"]
    slope = loss.get("loss_gradient", loss.get("compute_gradient"))
    value = loss.get("cross_entropy") if "class" not in loss else None
    value = value or loss.get("forward") or loss.get("cross_entropy")
    of = "loss." if "class" in loss else ""
    lines = []
    if value is not None:
        made = f"{of}{value['name']}({_written(value, values, 'P')})"
        lines.append(f"value = {made}" if slope else f"value, g = {made}")
        lines.append("value = np.mean(value) if np.ndim(value) else value")  # one for each sample
    if slope is not None:
        values["P"] = "getattr(loss, 'output', P)" if of else "P"
        made = f"{of}{slope['name']}({_written(slope, values, values['P'])})"
        lines.append(f"g = __out(loss, {made}, 'dinput', 'grad')" if of else f"g = {made}")
    return lines
