"""The learner's process: it loads the learner's code, makes the calls it is told to make, and knows nothing.

This file runs alone, with NumPy and the standard library, so that our steps are nowhere near the learner's.
Cases, expected values, comparisons and verdicts are the examiner's (``process`` is the near end of the
channel). Wherever a learner's function calls a step that ours stands in for, the examiner is asked for its
result.

A message is a JSON tree whose arrays follow as plain bytes: nothing is unpickled on either side, and arrays
are plain arrays, whatever a learner's class or patched function says they are. What is not plain stays here,
and a description goes over in its place. Where the platform can fork, one process that never runs learners'
code forks one for each file, and that one forks a child for each step: what one step leaves behind, or
breaks, no other sees.
"""

import ast
import builtins
import collections
import contextlib
import copy
import ctypes
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import io
import json
import math
import os
import random
import signal
import socket
import struct
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 1 << 27
"""Bytes of a message; what is larger does not come through."""

_LOADING_SECONDS, _LOADING_MEMORY = 30.0, 3 << 30
"""What imports may take beyond a step's own memory: some libraries map much that they never touch."""

_KINDS = "biufc"
_ENTRIES, _DEPTH, _HEADER = 20_000, 12, 1 << 22
_array, _errstate = np.array, np.errstate  # as they are before a learner's file is loaded


def _beside(name: str) -> Any:
    """Load a file, or a folder, that lies beside this one, which may run alone, without its package."""
    folder = Path(__file__).with_name(name)
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    inside = [str(folder)] if folder.is_dir() else None
    spec = importlib.util.spec_from_file_location(
        f"_triceptron_{name}", file, submodule_search_locations=inside
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


recorder, stand_ins, dialects, repository = map(_beside, ("recorder", "stand_ins", "dialects", "repository"))


@dataclass
class Foreign:
    """What is no plain data: its type, the beginning of its `repr`."""

    type: str
    text: str = ""


class ClosedError(Exception):
    """The other end of the channel is gone, silent for too long, or does not keep to the protocol."""


# --- messages ---


class Channel:
    """One end of a socket over which messages go; the `far` one describes what is no plain data."""

    def __init__(self, end: socket.socket, *, far: bool = False) -> None:
        self.socket, self.far = end, far

    def send(self, message: Any) -> None:
        """Send a message."""
        try:
            for piece in _Packer(self.far).pack(message):
                self.socket.sendall(piece)
        except OSError as error:
            raise ClosedError(str(error)) from None

    def receive(self) -> Any:
        """Wait for a message, as long as the socket's timeout allows."""
        (size,) = struct.unpack("<I", self._read(4))
        if size > LARGEST:
            raise ClosedError("a message beyond all measure")
        body = self._read(size)
        try:
            (length,) = struct.unpack_from("<I", body)
            if length > _HEADER:
                _not_plain()
            return self._grown(json.loads(body[4 : 4 + length].decode("ascii")), body[4 + length :], {})
        except (struct.error, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ClosedError(f"no message: {error}") from None

    def _read(self, size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            try:
                piece = self.socket.recv(min(size - len(data), 1 << 20))
            except OSError as error:
                raise ClosedError("time" if isinstance(error, TimeoutError) else str(error)) from None
            if not piece:
                raise ClosedError("closed")
            data += piece
        return data

    def _grown(self, tree: Any, body: bytearray, known: dict[int, Any]) -> Any:
        """Make values of a message's tree."""
        if isinstance(tree, str):
            return printable(tree)
        if not isinstance(tree, dict):
            return tree if not isinstance(tree, list) else _not_plain()
        if "a" in tree:
            dtype, shape, offset, number = tree["a"]
            if number not in known:
                dtype, count = np.dtype(str(dtype)), math.prod(map(int, shape))
                if dtype.kind not in _KINDS or offset < 0 or min(shape, default=0) < 0:
                    _not_plain()
                known[number] = (
                    np.frombuffer(body, dtype, count, offset if count else 0).reshape(shape).copy()
                )
            return known[number]
        if "o" in tree:
            return Foreign(str(tree["o"])[:80], self._grown(tree["s"], body, known)[:200])
        if "d" in tree:
            pairs = [[self._grown(part, body, known) for part in pair] for pair in tree["d"]]
            return {
                key if isinstance(key, str | int | float | tuple) else repr(key): entry
                for key, entry in pairs
            }
        entries = [self._grown(entry, body, known) for entry in tree["l"]]
        if tree.get("n"):
            return _named_tuple(tuple(map(str, tree["n"])))(*entries)
        return tuple(entries) if "n" in tree else entries


def printable(text: str) -> str:
    """Rid a text of what a terminal would obey, and of lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _not_plain() -> Any:
    raise ValueError("no plain data")


_named_tuples: dict[tuple[str, ...], Any] = {}


def _named_tuple(names: tuple[str, ...]) -> Any:
    if names not in _named_tuples:
        _named_tuples[names] = collections.namedtuple(names[0], names[1:])
    return _named_tuples[names]


class _Packer:
    """Writes a message; the same array at two places is one array at the other end, too."""

    def __init__(self, far: bool) -> None:
        self.far, self.size, self.count = far, 0, 0
        self.buffers: list[Any] = []
        self.known: dict[int, tuple[Any, list[Any]]] = {}

    def pack(self, message: Any) -> Iterator[Any]:
        """Yield the parts of a message; large arrays as they are, for the memory may be short."""
        header = json.dumps(self.tree(message, 0)).encode("ascii")
        parts = [struct.pack("<II", 4 + len(header) + self.size, len(header)), header]
        for buffer in self.buffers:
            if isinstance(buffer, bytes):
                parts.append(buffer)
            else:
                yield from (b"".join(parts), buffer)
                parts = []
        yield b"".join(parts)

    def tree(self, value: Any, depth: int) -> Any:
        self.count += 1
        kind = type(value)
        if value is None or kind in (bool, float) or (kind is int and value.bit_length() < 1000):
            return value
        if kind is str and len(value) < 1 << 20:
            return value
        if self.count > _ENTRIES or depth > _DEPTH:
            return {"o": "too much", "s": ""}
        if isinstance(value, np.ndarray | np.generic):
            return self.array(value)
        if isinstance(value, dict):
            return {"d": [[self.tree(part, depth + 1) for part in pair] for pair in dict.items(value)]}
        if isinstance(value, list):
            return {"l": [self.tree(entry, depth + 1) for entry in list.__iter__(value)]}
        if isinstance(value, tuple):
            fields = getattr(kind, "_fields", None)
            named = (
                type(fields) is tuple and len(fields) == len(value) and all(type(f) is str for f in fields)
            )
            names = [kind.__name__, *fields] if named and fields is not None else None
            return {"l": [self.tree(entry, depth + 1) for entry in tuple.__iter__(value)], "n": names}
        return self.foreign(value)

    def array(self, value: Any) -> Any:
        if id(value) not in self.known:
            plain: Any = _array(value, order="C", subok=False)
            if plain.dtype.kind == "f" and plain.dtype.itemsize > 8:
                plain = plain.astype(np.float64)
            plain = plain.astype(plain.dtype.newbyteorder("="), copy=False)
            if plain.dtype.kind not in _KINDS or self.size + plain.nbytes > LARGEST // 8 * 7:
                return {"o": f"array of {plain.dtype}", "s": str(plain.shape)}
            entry = [plain.dtype.str, list(plain.shape), self.size, len(self.known)]
            large = plain.nbytes > 1 << 16 and plain.dtype.kind in "iuf"
            self.buffers.append(plain if large else plain.tobytes())
            self.size += plain.nbytes
            self.known[id(value)] = (value, entry)  # the value itself, so that no other takes its id
        return {"a": self.known[id(value)][1]}

    def foreign(self, value: Any) -> Any:
        if not self.far:
            raise TypeError(f"no plain data: {type(value).__name__}")
        found = {"o": type(value).__name__, "s": ""}
        with contextlib.suppress(Exception):  # a learner's object may raise anything when it is looked at
            if hasattr(type(value), "__array__") and not isinstance(value, type):
                return self.array(np.asarray(value))
            found["s"] = repr(value)[:60]
        return found


# --- the learner's code ---


_PICTURES = frozenset({"matplotlib", "mpl_toolkits", "seaborn", "IPython", "pylab", "plotly", "wandb"})


class _StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubs for the modules of pictures: no step needs them, and they take seconds to import."""

    def __init__(self, forbidden: Any = ()) -> None:
        self.forbidden = frozenset(forbidden)

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in self.forbidden:
            raise ImportError(f"{name} has the answer ready, and may not be imported here")
        pictures = name.partition(".")[0] in _PICTURES
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if pictures else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        stub: types.ModuleType = stand_ins.Stub(spec.name)
        return stub

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class _Counter(io.TextIOBase):
    """Takes all that is printed and keeps only its length."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)


class Learner:
    """The learner's names (`scope`), and the calls of them; functions find `provided` among their globals."""

    def __init__(self, scope: dict[str, Any], channel: Channel, provided: dict[str, Any]) -> None:
        self.scope, self.channel, self.provided, self.folder = scope, channel, provided, ""
        pictures = stand_ins.Stub("matplotlib.pyplot")
        for name, value in (
            ("np", np),
            ("numpy", np),
            ("plt", pictures),
            ("get_ipython", pictures),
            ("display", pictures),
            ("raw_input", str),
        ):
            scope.setdefault(name, value)
        builtins.xrange = range  # type: ignore[attr-defined]
        self.started = dict(scope)

    def run(self, blocks: Any, flags: int) -> list[Any]:
        """Run statements of the file, each by itself; return those that raise, with Python's word on them."""
        notes = []
        for number, (filename, text, kept) in enumerate(blocks):
            body = ast.parse(text).body
            for position in kept:
                module = ast.Module([body[position]], [])
                code = compile(module, filename, "exec", flags=flags, dont_inherit=True)
                error = self.watched(exec, (code, self.scope)).get("error")
                if error:
                    for alias in getattr(
                        body[position], "names", ()
                    ):  # of an import: functions may still be right
                        name = alias.asname or alias.name.partition(".")[0]
                        if isinstance(body[position], ast.Import):
                            self.scope.setdefault(name, stand_ins.Stub(name))
                    notes.append([number, body[position].lineno, f"{error['type']}: {error['text']}"])
        return notes

    def describe(self) -> list[dict[str, Any]]:
        """Tell what can be called, and how."""
        found = []
        for name, value in list(self.scope.items()):
            if not isinstance(name, str) or name.startswith("__") or not callable(value):
                continue
            file = getattr(sys.modules.get(getattr(value, "__module__", "")), "__file__", "")
            beside = isinstance(value, type) and file in (
                repository.sources(self.folder) if self.folder else ()
            )
            own, scope = beside or _is_own(value), getattr(value, "__globals__", {})
            for data, array in self.provided.items() if own else ():
                scope.setdefault(data, array)
            kind = "class" if isinstance(value, type) else "function"
            shape: Any = getattr(scope.get("trainX"), "shape", ())
            entry = {"name": name, "kind": kind, "own": own, "arguments": _arguments(value)}
            code = getattr(inspect.unwrap(value), "__code__", None)
            entry["file"] = getattr(code, "co_filename", file if beside else "")
            if kind == "class" and own:
                names = [name for name in dir(value) if name[:2] != "__" or name == "__call__"]
                methods = {name: getattr(value, name) for name in names if callable(getattr(value, name))}
                entry["methods"] = {name: _arguments(m, bound=True) for name, m in methods.items()}
            found.append({**entry, "features": int(shape[1]) if len(shape) == 2 else 0})
        return found

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make one call and say what became of it."""
        if "program" in request:
            scope = {**self.started, "__name__": "__main__"}
            program = (
                request["program"],
                request["flags"],
                scope,
                request["folder"],
                stand_ins,
                dialects.python,
                repository,
            )
            os.chdir(tempfile.mkdtemp(dir=request["scratch"]))  # nothing of another run's is there
            stand_ins.sizes.update(request["sizes"])
            return self.watched(recorder.record, program)
        function, arguments = self.scope[request["name"]], request["arguments"]
        tracer = _Tracer(request["traced"], arguments) if request["traced"] else None
        with self.replaced(function, request["stand_ins"]):
            outcome = self.watched(function, arguments, tracer)
        return {**outcome, "after": arguments, "trace": tracer.lines if tracer else None}

    def watched(self, function: Any, arguments: Any, tracer: Any = None) -> dict[str, Any]:
        """Call with the same random numbers each time, and let nothing out."""
        counter = _Counter()
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - the learner's functions use it
        outcome: dict[str, Any] = {}
        try:
            with (
                contextlib.redirect_stdout(counter),
                contextlib.redirect_stderr(counter),
                warnings.catch_warnings(),
                _errstate(all="ignore"),
            ):
                warnings.simplefilter("ignore")
                sys.settrace(tracer)
                try:
                    value = function(*arguments)
                finally:
                    sys.settrace(None)
                outcome["value"] = list(value) if inspect.isgenerator(value) else value
        except ClosedError:
            raise
        except BaseException as error:
            outcome["error"] = _told(error)
        return {**outcome, "printed": counter.written}

    @contextlib.contextmanager
    def replaced(self, function: Any, stand_ins: dict[str, Any]) -> Iterator[None]:
        """Let a function see stand-ins wherever it calls one of these names, missing ones included."""
        scope = getattr(inspect.unwrap(function), "__globals__", self.scope if stand_ins else None)
        if scope is None or str(scope.get("__name__", "")).partition(".")[0] == "triceptron":
            scope = {}  # `from triceptron.steps import *`: ours stand in for themselves
        before, added = {}, []
        for name, (key, written) in stand_ins.items():
            own = scope.get(name)
            if own is not None and own is not function and callable(own):
                before[name] = own
            elif name not in scope and not written:
                added.append(name)
            else:
                continue
            scope[name] = self.stand_in(key, own)
        try:
            yield
        finally:
            scope.update(before)
            for name in added:
                scope.pop(name, None)

    def stand_in(self, key: str, own: Any) -> Any:
        """Make a function that asks the examiner; it takes the keywords of the learner's own."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if kwargs and own is not None:
                bound = inspect.signature(own).bind(*args, **kwargs)
                args, kwargs = bound.args, bound.kwargs
            given = [*args, *kwargs.values()]
            self.channel.send({"wanted": key, "arguments": given})
            answer = self.channel.receive()
            if answer.get("error"):
                raise ValueError(answer["error"])
            if "written" not in answer:
                return answer["value"]
            position, after = answer["written"]
            _write(given[position], after)
            return given[position]

        return stand_in


def _write(old: Any, new: Any) -> None:
    """Put new numbers into arrays that are there."""
    if isinstance(old, np.ndarray):
        old[...] = new
    else:
        for key in old if isinstance(old, dict) else range(len(old)):
            _write(old[key], new[key])


def _is_own(value: Any) -> bool:
    """Tell whether a name stands for a function of the learner's, or ours, and not for a library's."""
    module = str(getattr(value, "__module__", None) or "")
    if isinstance(value, type | types.BuiltinFunctionType | types.ModuleType):
        return isinstance(value, type) and module == "learner"
    code = getattr(value, "__code__", None)
    if code is None or module.partition(".")[0] == "triceptron":
        return True
    return not {"site-packages", "dist-packages"} & set(Path(code.co_filename).parts)


def _arguments(function: Any, *, bound: bool = False) -> Any:
    """List a function's arguments: name, kind, and whether it may be left out; of a method, without self."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
        if bound and parameters and parameters[0].name in ("self", "this"):
            parameters = parameters[1:]
    except Exception:  # no signature, or a learner's object that raises when looked at
        return None
    return [[p.name, p.kind.name, p.default is not p.empty] for p in parameters]


def _told(error: BaseException) -> dict[str, Any]:
    """Describe an error: its type and all that it descends from, its first line, and its lines."""
    text, name = "", getattr(error, "name", None)
    with contextlib.suppress(Exception):  # a learner's own __str__
        text = (str(error).strip().splitlines() or [""])[0][:300]
    return {
        "type": type(error).__name__,
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "text": text,
        "name": name if type(name) is str else "",
        "frames": [[f.f_code.co_filename, line] for f, line in traceback.walk_tb(error.__traceback__)][-50:],
    }


# --- what the lines do ---


class _Tracer:
    """Notes which of the learner's locals each line changes, and which arguments it overwrites."""

    def __init__(self, files: list[str], arguments: list[Any]) -> None:
        self.files, self.arguments, self.before = frozenset(files), arguments, copy.deepcopy(arguments)
        self.lines: list[Any] = []
        self.frames: dict[int, tuple[int | None, dict[str, Any]]] = {}
        self.overwritten: set[int] = set()

    def __call__(self, frame: Any, event: str, returned: Any) -> Any:
        if frame.f_code.co_filename not in self.files or len(self.lines) > 2000:
            return None
        now = _numbers(dict(list(frame.f_locals.items())[:60]))
        last, known = self.frames.pop(id(frame), (None, now))
        if last is not None:
            changed = {name: value for name, value in now.items() if not _same(known.get(name), value)}
            if event == "return" and returned is not None:
                changed |= _numbers({"return": returned})
            pairs = enumerate(zip(self.before, self.arguments, strict=True))
            over = [p for p, (old, new) in pairs if p not in self.overwritten and not _alike(old, new)]
            self.overwritten.update(over)
            if changed or over:
                self.lines.append([frame.f_code.co_filename, last, changed, over])
        if event != "return":
            self.frames[id(frame)] = (frame.f_lineno if event != "call" else None, now)
        return self


def _numbers(value: Any, label: str = "", depth: int = 0) -> dict[str, Any]:
    """Copy the numbers in a value, by where they stand: "grads.dW1"."""
    if isinstance(value, np.ndarray | np.generic | int | float):
        return {label: _array(value)} if np.size(value) < 5000 else {}
    if (
        isinstance(value, list | tuple)
        and value
        and all(isinstance(e, int | float | np.generic) for e in value)
    ):
        return {label: _array(value)}
    entries = list(dict.items(value)) if isinstance(value, dict) else []
    entries = list(enumerate(value)) if isinstance(value, list | tuple) else entries
    found: dict[str, Any] = {}
    for key, entry in entries[:60] if depth < 4 else ():
        found |= _numbers(entry, f"{label}.{key}" if label else str(key), depth + 1)
    return found


def _same(old: Any, new: Any) -> bool:
    return old is not None and (old.dtype, old.shape, old.tobytes()) == (new.dtype, new.shape, new.tobytes())


def _alike(before: Any, after: Any) -> bool:
    old, new = _numbers(before), _numbers(after)
    return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)


# --- serving ---


def serve(learner: Learner, blocks: Any = (), flags: int = 0, limits: Any = None) -> None:
    """Load, say what there is, and make calls until the examiner goes; a step's in a child, if possible."""
    channel, forks = learner.channel, hasattr(os, "fork")
    notes = learner.run(blocks, flags)
    told = {"notes": notes, "modules": sorted(sys.modules)[:5000], "revived": stand_ins.revived}
    channel.send({"found": learner.describe(), **told})
    while True:
        times = int(channel.receive()["times"])  # a step begins
        child = os.fork() if forks else 0
        if child:
            _, status = os.waitpid(child, 0)
            channel.send({"ended": os.waitstatus_to_exitcode(status)})
            continue
        try:
            if forks:
                limit(limits["memory"], limits["seconds"] * times)
            channel.send({"ready": True})
            while (request := channel.receive())["ask"] == "call":
                try:
                    channel.send({"outcome": learner.call(request)})
                except MemoryError:
                    outcome = {"error": _told(MemoryError()), "printed": 0, "after": [], "trace": None}
                    channel.send({"outcome": outcome})
        finally:
            if forks:
                os._exit(0)
        channel.send({"ended": 0})


def limit(memory: int | None, seconds: float, files: int = 1 << 24) -> None:
    """Limit what this process may take, where the platform can."""
    try:
        import resource
    except ImportError:
        return
    ceiling = math.ceil(seconds)
    limits = [(resource.RLIMIT_CORE, 0, 0), (resource.RLIMIT_CPU, ceiling, ceiling + 2)]
    limits += [(resource.RLIMIT_FSIZE, files, files), (resource.RLIMIT_NOFILE, 128, 128)]
    if memory is not None:
        with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as statm:
            taken = int(statm.read().split()[0]) * resource.getpagesize()
            limits.append((resource.RLIMIT_AS, taken + memory, taken + memory))
    for which, soft, hard in limits:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (soft, hard))


def silence() -> None:
    """Leave the terminal alone: nothing is read from it, and nothing written to it."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the examiner's to answer


_NAMESPACES = 0x10000000 | 0x20000 | 0x20000000 | 0x40000000 | 0x08000000  # user, mount, pid, network, ipc


def isolate(folder: str, masked: Any = ()) -> bool:
    """Leave the network, other processes and a writable disk behind, where Linux lets us do so without root.

    What goes on is the first process of a new namespace, and all that it starts ends with it; the one that
    called waits for it and ends. Everything is read-only but the folder, which is empty and gone afterwards;
    folders that are masked are empty.
    """
    uid, gid, here = os.getuid(), os.getgid(), os.fsencode(folder)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_NAMESPACES):
            return False
        maps = (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1"))
        for file, text in maps:
            with contextlib.suppress(OSError), open(f"/proc/self/{file}", "w", encoding="ascii") as entry:
                entry.write(text)
    except (OSError, AttributeError):
        return False
    child = os.fork()
    if child:
        os.closerange(3, 256)
        os.waitpid(child, 0)
        os._exit(0)
    read_only = struct.pack("<QQQQ", 1, 0, 0, 0)  # MOUNT_ATTR_RDONLY
    libc.mount(None, b"/", None, 0x4000 | 0x40000, None)  # MS_REC | MS_PRIVATE
    libc.mount(b"proc", b"/proc", b"proc", 0, None)
    libc.syscall(442, -100, b"/", 0x8000, read_only, len(read_only))  # mount_setattr, AT_RECURSIVE
    for place in (here, *map(os.fsencode, masked)):
        libc.mount(b"tmpfs", place, b"tmpfs", 0, b"size=64m")
    return True


def serve_file(end: socket.socket) -> None:
    """Serve the file that the first message describes, in a folder of its own."""
    channel = Channel(end, far=True)
    order = channel.receive()
    with contextlib.suppress(OSError):
        os.chdir(order["scratch"])
    limit((order["limits"]["memory"] or 1 << 40) + _LOADING_MEMORY, _LOADING_SECONDS)
    if order["isolated"] and hasattr(os, "fork"):
        isolate(order["scratch"], order["masked"])
        with contextlib.suppress(OSError):
            os.chdir(order["scratch"])  # the new one
    module = types.ModuleType("learner")
    module.__dict__.update(order["provided"], __file__=order["file"])
    if any("from ." in text for _, text, _ in order["blocks"]):
        module.__dict__["__package__"] = repository.package(order["folder"])
    sys.modules["learner"] = module
    sys.path += repository.folders(order["folder"])
    sys.meta_path.insert(0, _StubFinder(order["forbidden"]))
    with contextlib.suppress(ClosedError):
        stand_ins.revive("\n".join(text for _, text, _ in order["blocks"]))
        learner = Learner(module.__dict__, channel, order["provided"])
        learner.folder = order["folder"]
        serve(learner, order["blocks"], order["flags"], order["limits"])


def fork_servers(end: socket.socket) -> None:
    """Fork a process for each file; this one runs no learner's code, and ends what it is told to end."""
    children = set()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans come to us
    while True:
        command, descriptors, _, _ = socket.recv_fds(end, 9, 1)
        if not command:
            break
        (child,) = struct.unpack("<q", command[1:])
        if descriptors:
            child = os.fork()
            if child == 0:
                try:
                    os.setsid()
                    end.close()
                    serve_file(socket.socket(fileno=descriptors[0]))
                finally:
                    os._exit(0)
            os.close(descriptors[0])
            children.add(child)
        elif child in children:
            children.remove(child)
            end_all(child)
            for orphan in _children(os.getpid()) - children:
                end_all(orphan)
        end.sendall(struct.pack("<q", child))
    for child in children:
        end_all(child)


def _children(process: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as children:
                found.update(map(int, children.read().split()))
    return found


def end_all(child: int) -> None:
    """End a process and all that descend from it, and wait for it."""
    waiting, family = [child], []
    while waiting:
        family.append(waiting.pop())
        with contextlib.suppress(OSError):
            os.kill(family[-1], signal.SIGSTOP)  # or it forks on while we look
        waiting += _children(family[-1])
    for member in family:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(member, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.waitpid(child, 0)


def main() -> None:
    """Serve one file over the loopback interface, or fork a server for each file over an inherited socket."""
    how, where = sys.argv[1:3]
    token = sys.stdin.buffer.readline()
    silence()
    if how == "fork":
        fork_servers(socket.socket(fileno=int(where)))
    else:
        end = socket.create_connection(("127.0.0.1", int(where)))
        end.sendall(token)
        serve_file(end)


if __name__ == "__main__":
    main()
