"""Writes what is missing where a file only defines: lines that make a network of it and train it.

The lines are run after the file, in the same closed process, and written down with it. What a function wants
is read from its arguments' names, what it gives from its last return. In which way it wants its samples and
labels is not asked: the usual ways are tried, and a run counts that shows a training.
"""

import ast
import builtins
import re
import symtable
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from textwrap import indent
from typing import Any, NamedTuple

from triceptron.checking.names import arguments, needed, quantity, role_of
from triceptron.checking.program.assembling import UPDATE, Assembly, Parts, assemblies, widths
from triceptron.checking.steps_table import plain

__all__ = ["UPDATE", "Driven", "drivers"]

_SIZES: tuple[Mapping[str, str], ...] = (
    {"m": "4", "h": "5", "K": "3", "sizes": "[4, 5, 3]", "activation": "'relu'"},
    {"m": "4", "h": "[5]", "K": "3", "sizes": "(4, 5, 3)", "activation": "'sigmoid'"},
    {"m": "4", "h": "5", "K": "1", "sizes": "[4, 5, 1]", "activation": "'tanh'"},
    {"m": "2", "h": "5", "K": "2", "sizes": "[2, 5, 2]", "activation": "'tanh'"},
    {"m": "4", "h": "[5]", "K": "1", "sizes": "(4, 5, 1)", "activation": "'relu'"},
)

_PICTURES: Mapping[str, str] = {
    "m": "784", "h": "5", "K": "10", "sizes": "[784, 5, 10]", "activation": "'relu'", "batch_size": "24",
}  # fmt: skip

_VALUES: Mapping[str, str] = {
    "learning_rate": "0.1", "epochs": "4", "batch_size": "8", "verbose": "False", "samples": "24",
    "lambda": "0.0", "depth": "2", "optimizer": "'sgd'", "dropout": "0.0", "keep": "1.0", "seed": "0",
    "every": "2", "tolerance": "1e-9", "momentum": "0.5", "generator": "np.random.default_rng(0)",
}  # fmt: skip

_WAYS: Mapping[str, Mapping[str, str]] = {
    "rows": {"X": "X", "Y": "Y"},
    "columns": {"X": "X.T", "Y": "Y.T"},
    "codes": {"X": "X", "Y": "y"},
    "codes of columns": {"X": "X.T", "Y": "y"},
    "pairs": {"X": "pairs", "Y": "pairs", "XY": "pairs"},
    "table": {"X": "table", "Y": "y"},
    "single": {"X": "X[k]", "Y": "Y[k]"},
    "single columns": {"X": "X[k][:, None]", "Y": "Y[k][:, None]"},
    "stacked columns": {"X": "X[:, :, None]", "Y": "Y[:, :, None]"},
    "stacked rows": {"X": "X[:, None, :]", "Y": "Y[:, None, :]"},
}
"""How samples and labels are handed over."""

_PLAIN = ("rows", "columns", "codes", "codes of columns")

_DATA = """
def __widths(held, depth=0):
    held = vars(held) if hasattr(held, "__dict__") else held
    held = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else ()
    for entry in held:
        if isinstance(entry, np.ndarray):
            if entry.ndim == 2 and max(entry.shape) > 1 and entry.any():
                yield entry.shape
        elif depth < 3:
            yield from __widths(entry, depth + 1)
import numpy as np
np.random.seed(0)
"""

_SAMPLES = """
__found = list(__widths({net}))
__wide = [shape for shape in __found if min(shape) > 1]
__found = __wide if len(__wide) > 1 else __found  # biases may be (h, 1)
__m, __K = {m}, {K}
if __found:
    __first, __last = __found[0], __found[-1]
    __fits = [all(a[k] == b[1 - k] for a, b in zip(__found, __found[1:])) for k in (1, 0)]
    __columns = __fits[1] if {single} and __fits[0] != __fits[1] else {columns}
    __m, __K = (__first[1], __last[0]) if __columns else (__first[0], __last[1])
X = np.random.RandomState(1).standard_normal((24, __m))
y = np.random.RandomState(2).permutation(np.arange(24) % max(__K, 2))
Y = np.eye(__K)[y] if __K > 1 else y[:, None] * 1.0
other_X, other_y, other_Y = np.random.RandomState(3).standard_normal((6, __m)), y[:6], Y[:6]
"""

_GATHERED = {
    "pairs": """
pairs = [(a[:, None], b[:, None]) for a, b in zip(X, Y)]
other_pairs = [(a[:, None], b[:, None]) for a, b in zip(other_X, other_Y)]
""",
    "table": "table, other_table = (np.column_stack(each) for each in ((X, y), (other_X, other_y)))\n",
}
"""Samples and labels in one, for the ways of the same names."""


_GO_DOWN = f"""
def __leaves(*of):
    if isinstance(of[0], (np.ndarray, np.generic, float)):
        yield of
    else:
        inside = vars(of[0]) if hasattr(of[0], "__dict__") else of[0]
        several = isinstance(inside, (list, tuple))
        inside = inside.items() if isinstance(inside, dict) else enumerate(inside) if several else ()
        for key, entry in list(inside):
            yield from __leaves(entry, key if isinstance(key, str) else of[1])
def __bytes(of): return [(name, np.asarray(array).tobytes()) for array, name in __leaves(of, "")]
def {UPDATE}(*of):
    left = list(__leaves(of[1], ""))
    for array, name in __leaves(of[0], ""):
        if len(of) > 2 and (name, np.asarray(array).tobytes()) not in of[2]:
            continue  # the file's own has changed it
        others = [each for each in left if each[0] is not array]
        named = [each for each in others if name and each[1].lower().endswith(name.lower())]
        free = not hasattr(of[0], "__dict__") or not any(each[1] for each in left)  # no names to go by
        meant, named = named[:1], named or (others if free else [])
        def fits(each): return np.squeeze(each[0]).shape == np.squeeze(array).shape
        fitting = [each for each in named if fits(each)] or [each for each in named if np.size(each[0]) == 1]
        fitting = fitting or meant
        if fitting:
            left = [each for each in left if each is not fitting[0]]
            change = fitting[0][0]
            if fits(fitting[0]) and np.ndim(change) == 1: change = np.reshape(change, array.shape)
            array -= 0.1 * change
"""  # the arrays get no names here: what is told of them is told by the file's own

_HELPERS: Mapping[str, str] = {
    "sigmoid": "def {}(z): return 1 / (1 + np.exp(-z))",
    "relu": "def {}(z): return np.maximum(z, 0)",
    "softmax": "def {}(z): return np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0)",
}
"""What a file may import from a module that is not here, by its role."""

_STARTS = ("parameters = {%s}", "parameters = (%s)")
"""How parameters are kept, where no function of the file's tells."""

_MOST_LAYERS = 4

_GLOBAL = ("X", "Y", "samples", "learning_rate", "lambda", "batch_size", "epochs", "m", "h", "K", "sizes")
"""What functions may find among their globals, where nothing is left of the file but its definitions."""

_ASKED = ("predict", "score")
"""What a trained network is asked; so is, under a key with a blank, what takes nothing but samples."""

_ONE = ("image", "img", "picture", "example", "sample", "point", "digit")
"""What an argument is called that is one sample."""

_HOLDERS = (ast.Dict, ast.Tuple, ast.List)

Roles = Mapping[str, Mapping[str, Any]]
"""The functions or methods that belong together, by what they are: name, arguments."""


class Driven(NamedTuple):
    """Lines that drive a network; if samples are the file's own; which network it is, and if that is sure."""

    text: str
    own: bool
    network: str
    sure: bool
    others: tuple[str, ...] = ()
    """The same with other activations."""
    assembled: bool = False
    """Whether its output and its loss were put together here."""


def drivers(found: Sequence[Mapping[str, Any]], text: str) -> Iterator[Driven]:
    """Yield what trains a network of the file's, a class or functions, in one way after another.

    What a network is asked for is sure where its widths are known by name and the samples are plain.
    """
    tree, words = _parsed(text), _optimizer(text)
    own = [("own", sizes, data) for sizes, data in _own_samples(tree)]
    missing = _missing(tree)
    numbers = [int(number) for number in re.findall(r"\bW([2-9])\b", text)]
    layers = min(max(numbers, default=2), _MOST_LAYERS)
    parts = Parts(found, tree)
    for made, way, sizes in _of_objects(parts):
        written = _Driver(made.roles, {}, sizes, way, _WAYS[way], missing, made).text("")
        if written is not None:
            sure = way in _PLAIN and all(quantity(name, True) for name in widths(parts.dense[0]))
            hidden = [f" {each}," for each in made.hidden]
            others = tuple(
                written.replace(hidden[0], other, 1) for other in hidden[1:] if hidden[0] in written
            )
            yield Driven(written, False, made.lines + made.steps, sure, others, True)
    found = [of for of in found if not (parts.dense and of["name"] in parts.small)]
    for roles in _networks(found, tree):
        gives = {key: _given(tree, entry["name"].rpartition(".")[2]) for key, entry in roles.items()}
        start = roles.get("initialize", roles.get("train", {}))
        asked = {quantity(name, True) for name, *_ in start.get("arguments") or []}
        several = [
            sizes for sizes in _SIZES
            if not (sizes["h"] == "[5]" and "h" not in asked) and not (sizes["m"] == "2" and "m" in asked)
        ]  # fmt: skip
        if "784" in text and (
            start.get("kind") != "class" or "m" not in {quantity(n, True) for n in needed(start)}
        ):
            several = [_PICTURES, *several]
        ways = [way for way in _WAYS if (way == "table") == _takes_table(roles)]
        made_up = [(way, {**sizes, **words}, _WAYS[way]) for sizes, way in product(several, ways)]
        for way, sizes, data in [*own, *made_up]:
            for kept in ("",) if start else _STARTS:
                written = _Driver(roles, gives, sizes, way, data, missing, layers=layers).text(kept)
                if written is not None:
                    wanted = needed(start) if start else []
                    sure = way in _PLAIN and wanted != [] and all(quantity(n, True) for n in wanted)
                    yield Driven(written, way == "own", f"{roles}{sizes}", sure)


def _optimizer(text: str) -> dict[str, str]:
    """Return what plain gradient descent is called, where a program asks for its optimizer by a word."""
    asked = re.findall(r"(\w+) *== *['\"](\w+)['\"]", text)
    words = [word for name, word in asked if quantity(name, True) == "optimizer"]
    plain_ones = [word for word in words if re.search("(?i)gd|gradient|descent|vanilla", word)]
    return {"optimizer": f"'{plain_ones[0]}'"} if plain_ones else {}


def _of_objects(parts: Parts) -> Iterator[tuple[Assembly, str, Mapping[str, str]]]:
    """Yield networks of the file's layers, the ways to hand samples over and sizes, the usual ones first."""
    both = (_SIZES[0], _SIZES[2])
    made = [list(enumerate(assemblies(parts, {**_VALUES, **sizes}))) for sizes in both]
    ways = [way for way in _WAYS if way not in ("pairs", "table")]
    tried = [
        (2 * k + number + position, each, way, sizes)
        for k, sizes in enumerate(both) for number, each in made[k] for position, way in enumerate(ways)
    ]  # fmt: skip
    for _, each, way, sizes in sorted(tried, key=lambda one: one[0]):
        yield each, way, sizes


def _networks(found: Sequence[Mapping[str, Any]], tree: ast.Module) -> Iterator[Roles]:
    """Yield what makes a network: classes, functions that train, functions that go back from an error."""
    functions = [entry for entry in found if entry["own"] and entry["kind"] == "function"]
    roles = _roles(functions)
    classes = [  # the last one first: layers stand before their network
        _roles([{"name": f"net.{name}", "arguments": of["methods"][name]} for name in of["methods"]], of)
        | {"initialize": of} for of in reversed(found) if of["own"] and of["kind"] == "class"
    ]  # fmt: skip
    whole = [each for each in classes if "train" in each or {"forward", "compute_gradient"} <= each.keys()]
    yield from sorted(whole, key=lambda each: -len(each))[:2]
    several = [{**each, "train": {"name": f"net.{name}", "arguments": arguments}}
        for each in classes if "train" not in each
        for name, arguments in each["initialize"]["methods"].items()
        if role_of(name) not in ("forward", "cross_entropy", "predict", "score")
        and {"X", "Y"} <= {quantity(name, False) for name, *_ in arguments or []}]  # fmt: skip
    called = {name for names in _called(tree).values() for name in names}
    several.sort(key=lambda each: each["train"]["name"].removeprefix("net.") in called)
    yield from several[:2]
    trains = [entry for entry in functions if role_of(entry["name"]) == "train"]
    trains = [entry for entry in trains if not any(quantity(n, False) == "gradients" for n in needed(entry))]
    trains.sort(key=lambda entry: entry["name"] in called)
    trains += [each for each in functions if each not in trains and _may_train(each, tree)]
    for train in trains[:2]:
        whole_of = {"train": train} | {key: of for key, of in roles.items() if key in _ASKED or " " in key}
        start = _start_of(train, functions, roles, tree)
        if start is not None:
            whole_of["initialize"] = start
        yield whole_of
    rest = [each for each in (roles, *classes) if "compute_gradient" in each and each not in whole]
    yield from ({key: entry for key, entry in each.items() if key != "train"} for each in rest)


def _start_of(
    train: Mapping[str, Any], functions: Sequence[Mapping[str, Any]], roles: Roles, tree: ast.Module
) -> Mapping[str, Any] | None:
    """Find what makes the parameters that a training is handed, and does not make itself."""
    wanted = {quantity(name, False) for name, *_ in train["arguments"] or []} & {"parameters", "sizes"}
    for entry in functions if wanted else ():
        asked = {quantity(name, True) for name in needed(entry)}
        if asked and asked <= {"m", "h", "K", "sizes"} and entry["name"] not in _called(tree)[train["name"]]:
            return entry if _given(tree, entry["name"]) else None
    return roles.get("initialize") if "parameters" in wanted else None


def _takes_table(roles: Roles) -> bool:
    """Tell whether a function trains on one table, whose last column are the labels."""
    train = roles.get("train", {"name": "", "arguments": []})
    unknown = [name for name in needed(train) if quantity(name, False) in ("", "X", "Y")]
    named = {quantity(name, True) for name, *_ in train["arguments"] or []}
    return train["name"][:4] != "net." and len(unknown) == 1 and "Y" not in named


def _roles(
    entries: Sequence[Mapping[str, Any]], holder: Mapping[str, Any] | None = None
) -> dict[str, Mapping[str, Any]]:
    """Sort functions, or a class's methods, by what they are; of several the shortest name counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in sorted(entries, key=lambda entry: len(entry["name"])):
        asked = {quantity(name, False) for name in needed(entry)} - {"parameters"}
        role = role_of(entry["name"]) or ("asks " + entry["name"] if asked == {"X"} else "")
        if role:
            found.setdefault(role, entry)
    asked = {quantity(name, False) for name, *_ in found.get("train", {}).get("arguments") or []}
    held = {quantity(name, True) for name in needed(holder)} if holder is not None else set()
    whole = {"train", "forward", "compute_gradient"} <= found.keys()
    if whole and not (asked | held) & {"X", "Y", "XY"}:
        train = found.pop("train")
        found.setdefault("update", train)  # a step, from what is kept
    return found


def _parsed(text: str) -> ast.Module:
    """Read the file's text; what cannot be read is empty."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


def _may_train(entry: Mapping[str, Any], tree: ast.Module) -> bool:
    """Tell whether nothing in the file calls a function that takes samples, or goes round with others."""
    called, name = _called(tree), entry["name"]
    wanted = needed(entry)
    if name not in called or role_of(name) or any(name in names for names in called.values()):
        return False
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    loops = any(isinstance(node, ast.For | ast.While) for node in ast.walk(nodes[-1]))
    return {"X", "Y"} <= {quantity(name, False) for name in wanted} or (
        loops and len(called[name]) > 1 and len(wanted) > 1
    )


def _called(tree: ast.Module) -> dict[str, set[str]]:
    """From a function or a method to those of the file that it names."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    names: dict[str, set[str]] = defaultdict(set)
    for name, function in functions.items():
        inside = list(ast.walk(function))
        names[name] = {node.id for node in inside if isinstance(node, ast.Name)}
        names[name] |= {node.attr for node in inside if isinstance(node, ast.Attribute)}
        names[name] &= functions.keys() - {name}
    return names


def _own_samples(tree: ast.Module) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Yield the file's own samples and labels, by their names, and the sizes of a network for them."""
    named: dict[str, list[str]] = {}
    stores = [n for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]  # fmt: skip
    for name in dict.fromkeys(n.id for n in stores[::-1]):
        named.setdefault(quantity(name, False), []).append(name)
    # what was made last is what is trained on
    for X in named.get("X", [])[:1]:
        other = named.get("testX", [X])[0]
        for number, Y in enumerate(named.get("Y", [])[:2]):
            others = named.get("testY", [Y])
            data = {"X": X, "Y": Y, "testX": other, "testY": others[min(number, len(others) - 1)]}
            for form, m in ((f"{Y}", f"{X}.shape[1]"), (f"{Y}.T", f"{X}.shape[0]")):
                K = f"({form}.shape[1] if np.ndim({Y}) > 1 else int({Y}.max()) + 1)"
                sizes = {"m": m, "h": "5", "K": K, "sizes": f"[{m}, 5, {K}]", "activation": "'relu'"}
                yield sizes, data


def _given(tree: ast.Module, name: str) -> list[str]:
    """Return the names of what a function returns; "held" for what holds others, "" for the rest."""
    returned = [
        node.value for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == name
        for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None
    ]  # fmt: skip
    if not returned:
        return []
    parts = returned[-1].elts if isinstance(returned[-1], ast.Tuple) else [returned[-1]]
    return [
        part.id if isinstance(part, ast.Name) else "held" if isinstance(part, _HOLDERS) else ""
        for part in parts
    ]


def _missing(tree: ast.Module) -> list[str]:
    """List the names that a file's functions use, and that nothing in it defines for sure."""
    tables, used = [symtable.symtable(ast.unparse(tree), "", "exec")], set()
    known = {*dir(builtins), "np", "numpy"}
    for table in tables:
        tables += table.get_children()
        for name in table.get_symbols():
            if table.get_type() == "module":
                known |= {name.get_name()} if name.is_namespace() or name.is_imported() else set()
            elif name.is_declared_global():
                known |= {name.get_name()} if name.is_assigned() else set()
            used |= {name.get_name()} if name.is_referenced() and name.is_global() else set()
    return sorted(used - known)


class _Driver:
    """The lines that drive a network in one way: `known` is what each quantity is called in them."""

    def __init__(
        self,
        roles: Roles,
        gives: Mapping[str, list[str]],
        sizes: Mapping[str, str],
        way: str,
        data: Mapping[str, str],
        missing: Sequence[str],
        made: Assembly | None = None,
        layers: int = 2,
    ) -> None:
        self.made, self.layers = made, layers
        self.roles, self.gives, self.sizes, self.way, self.missing = roles, gives, sizes, way, missing
        others = {"testX": f"other_{data['X']}", "testY": f"other_{data['Y']}"}
        self.known: dict[str, str] = {**_VALUES, **sizes, **others, **data}
        self.columns = "columns" in way or way == "pairs"
        self.single = way.startswith("single")
        if made is not None:
            self.known |= made.known
        self.start = roles.get("initialize")
        self.of_class = made is not None or (self.start is not None and self.start["kind"] == "class")

    def text(self, kept: str) -> str | None:
        """Write all of it; None where a function wants what nobody knows."""
        begun, entry = self._begin(kept), self.start or {"arguments": []}
        asked = {quantity(name, True) for name in needed(entry)}
        if begun is None:
            return None
        body = self._train() if "train" in self.roles else self._steps()
        if body is None:
            return None
        early = bool({"X", "Y"} & asked)
        sized = self.made is not None or "sizes" in asked or {"m", "K"} <= asked
        net = "{}" if early or sized else self.known.get("parameters", "{}")
        samples = _SAMPLES.format(
            net=f"[{net}]", m=self.sizes["m"], K=self.sizes["K"], columns=self.columns, single=self.single
        ) + _GATHERED.get(self.way, "") if self.way != "own" else ""  # fmt: skip
        lines = [_DATA, _GO_DOWN if UPDATE in body else "", *self._helpers()]
        lines += [samples, begun] if early else [begun, samples]
        return "\n".join([*lines, *self._globals(), body, *self._predictions(), ""])

    def _begin(self, kept: str) -> str | None:
        """Write how the parameters begin."""
        if self.made is not None:
            return self.made.lines
        if self.start is None and "train" in self.roles:
            return ""
        if self.start is None:
            m, h, K = (f"({self.sizes[key]})" for key in ("m", "h", "K"))
            h = h.replace("[", "").replace("]", "")  # it may be written as a list
            widths, lines = [m, *[h] * (self.layers - 1), K], []
            names = [f"{kind}{number}" for number in range(1, self.layers + 1) for kind in "Wb"]
            self.known |= {name: name for name in (*names, "parameters")}
            for number, (a, b) in enumerate(pairwise(widths), 1):
                W, bias = (f"{b}, {a}", f"({b}, 1)") if self.columns else (f"{a}, {b}", f"(1, {b})")
                lines.append(f"W{number}, b{number} = np.random.randn({W}) * 0.5, np.zeros({bias})")
            each = [f"'{name}': {name}" for name in names] if "{" in kept else names
            return "\n".join([*lines, kept % ", ".join(each)])
        whole = {**self.known, "batch_size": self.known["samples"]}  # biases may be of a whole batch
        unknown = "0.1" if self.of_class else ""  # what nobody knows may not be needed for a step
        made = arguments(self.start["arguments"], whole, sizes=True, otherwise=unknown)
        given = ["net"] if self.of_class else self.gives["initialize"]
        if made is None or not given:
            return None
        names = given if self.of_class or (all(given) and len(given) > 1) else ["parameters"]
        for name in names:
            self.known[quantity(name, False) or name] = name
        self.known["parameters"] = f"({', '.join(names)})" if len(names) > 1 else names[0]
        if "train" in self.roles and not self.of_class:
            asked = {quantity(name, False) for name in needed(self.roles["train"])}
            self.known["parameters" if "parameters" in asked else "sizes"] = self.known["parameters"]
        if names == ["parameters"]:
            self.known |= {key: f"parameters['{key}']" for key in ("W1", "b1", "W2", "b2")}
        return f"{', '.join(names)} = {self.start['name']}({made})"

    def _train(self) -> str | None:
        """Write the call of what trains."""
        made = arguments(self.roles["train"]["arguments"], self.known, sizes=False)
        if made is None or (not self.of_class and (self.single or self.known["X"] not in made)):
            return None
        name = self.roles["train"]["name"]
        once = any(word in plain(name.rpartition(".")[2]) for word in ("step", "batch", "epoch"))
        once = self.single or once or role_of(name) not in ("train", "")
        call = f"trained = {name}({made})"
        return self._around(call) if once else call

    def _steps(self) -> str | None:
        """Write the calls of a few steps of the training."""
        if self.made is not None:
            return self._around(self.made.steps.format(X=self.known["X"], Y=self.known["Y"]))
        calls = [self._call(key) for key in ("forward", "cross_entropy", "compute_gradient", "update")]
        if not calls[2] or ("forward" in self.roles and calls[0] is None):
            return None
        if not calls[3] and self.of_class and "forward" in self.roles:  # a class may do so on its way
            calls.insert(0, "before = __bytes(net)")
            calls[4] = f"{UPDATE}(net, {self.known['gradients']}, before)"
        elif not calls[3]:
            held = self._by_name("W", "b", "parameters"), self._by_name("dW", "db", "gradients")
            calls[3] = f"{UPDATE}({', '.join(held)})"
        return self._around("\n".join(filter(None, calls)))

    def _around(self, step: str) -> str:
        """Write a loop of a few steps."""
        return f"for k in range({8 if self.single else 5}):\n{indent(step, '    ')}"

    def _by_name(self, W: str, b: str, whole: str) -> str:
        names = [key for key in self.known if key.rstrip("0123456789") in (W, b) and key not in (W, b)]
        if not names or "[" in self.known[names[0]]:
            return self.known[whole]
        return "{" + ", ".join(f"'{key}': {self.known[key]}" for key in names) + "}"

    def _call(self, key: str) -> str | None:
        """Write the call of a function, and learn what each part of its result is."""
        if key not in self.roles or (self.of_class and key == "cross_entropy"):
            return ""
        known = self.known
        if key == "compute_gradient" and len(needed(self.roles[key])) == 1 and "P" in known:
            error = f"{known['P']} - {known['Y']}"  # what goes back
            known = {**known, **dict.fromkeys(("error", "gradients", "loss", "loss_gradient"), error)}
        made = arguments(self.roles[key]["arguments"], known, sizes=False)
        if made is None:
            return None
        call = f"{self.roles[key]['name']}({made})"
        names = [name or f"made_{key}{number}" for number, name in enumerate(self.gives[key])]
        if key == "update":
            names = [] if self.of_class else self._renewed(names)
        elif key != "cross_entropy":
            names = names or [f"made_{key}"]
            self._learn(key, names)
        return f"{', '.join(names)} = {call}" if names else call

    def _renewed(self, names: list[str]) -> list[str]:
        """Call what an update returns as it was called before."""
        if len(names) == 1:
            return [self.known["parameters"]]
        return [self.known.get(quantity(name, False), name) for name in names]

    def _learn(self, key: str, names: list[str]) -> None:
        kinds = {quantity(name, False): name for name in names if not name.startswith("made_")}
        kinds.pop("", None)
        rest = [name for name in names if name not in kinds.values()]
        whole = names[0] if len(names) == 1 else f"({', '.join(names)})"
        if key == "compute_gradient":
            kept = self.of_class and not self.gives[key]
            self.known |= {"gradients": "net" if kept else whole, **kinds}
            return
        deepest = max((kind for kind in kinds if kind[:1] == "A" and kind[1:].isdigit()), default="")
        made = [name for name in rest if name.startswith("made_")]
        out = kinds.get("P") or (made[0] if made else kinds.get(deepest) or names[-1])
        rest = [name for name in rest if name != out]
        alone = {"A1": out} if len(names) == 1 else {}  # what a way back calls A is the output then
        self.known |= {"P": out, "A2": out, "cache": rest[0] if rest else whole, **alone, **kinds}

    def _predictions(self) -> Iterator[str]:
        """Write predictions that may fail: they show what they show."""
        held = {**self.known, "X": self.known["testX"]}
        trained = [self.known["parameters"]] if self.start or self.made or "train" not in self.roles else []
        if self.made is None and "train" in self.roles:
            returned = self.gives.get("train") and not self.of_class
            trained = ["trained", "trained[0]", *([] if returned else trained)]
        entries = [of for key, of in self.roles.items() if key in _ASKED or " " in key]
        for parameters, entry, Y in product(trained, entries, dict.fromkeys((held["testY"], "other_y"))):
            values = {**held, "parameters": parameters, "Y": Y}
            values["sizes"] = parameters if self.made is None else held["sizes"]
            if any(plain(name) in _ONE for name in needed(entry)):
                values["X"] = f"({values['X']})[{':, ' if self.columns else ''}:1]"
            made = arguments(entry["arguments"], values, sizes=False)
            if made is not None:
                yield f"try:\n    {entry['name']}({made})\nexcept Exception:\n    pass"

    def _helpers(self) -> list[str]:
        return [_HELPERS[role_of(name)].format(name) for name in self.missing if role_of(name) in _HELPERS]

    def _globals(self) -> list[str]:
        """Write the numbers and data that the functions find among their globals."""
        lines = []
        for name in self.missing:
            key = "samples" if name.lower() in ("m", "n", "m_train", "n_samples") else quantity(name, False)
            if key in _GLOBAL:
                value = "1" if key == "samples" and self.single else self.known[key]
                lines.append(f"if '{name}' not in globals(): {name} = {value}" if name != value else "")
        return lines
