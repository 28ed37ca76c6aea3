"""The process that runs the learner's code: asked on its standard input, answering on its standard output.

Each line of both is one JSON object. Where the platform can fork, every question is answered by a child of
its own: what one step's check leaves behind, or breaks, no other check sees, and killing it costs nothing.
"""

import ast
import contextlib
import importlib.abc
import importlib.machinery
import json
import linecache
import math
import os
import signal
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

import numpy as np

from triceptron import data as datasets
from triceptron import steps
from triceptron.checking.calling import Placer, call
from triceptron.checking.cases import SHAPES, complete, make_case
from triceptron.checking.chain import digits_sums, examine_chain
from triceptron.checking.examine import examine
from triceptron.checking.findings import Finding, Result
from triceptron.checking.learner import Learner
from triceptron.checking.source import (
    Block,
    Listing,
    Place,
    Source,
    compiler_flags,
    live_listing,
    split_source,
)
from triceptron.parameters import initialize

__all__ = ["Here", "Room", "digits_job", "furnish", "live_room", "main", "serve"]

_STUBBED = frozenset({"matplotlib", "seaborn", "IPython", "pylab", "plotly"})
"""Modules for pictures: no step needs them, and they take seconds to import."""


class Room:
    """The learner's functions, and what they are checked with.

    Attributes
    ----------
    learner : Learner
    digits : Split
        The digits job's data, standardised.
    notes : list of dict
        Top-level statements that could not be run: place and reason.
    """

    def __init__(self, learner: Learner, digits: datasets.Split, notes: Sequence[Mapping[str, Any]] = ()):
        self.learner, self.digits, self.notes = learner, digits, list(notes)

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Check one step, or the chain; an error of the checker's own is a finding, too."""
        try:
            return self._answer(question["ask"], question["wrong"], question["dead"])
        except MemoryError:
            finding = Finding("memory")
        except Exception as error:  # not the learner's own: `call` lets none of those out
            finding = Finding("failed", {"reason": f"{type(error).__name__}: {error}"})
        return {} if question["ask"] == "digits" else Result("wrong", (finding,)).to_dict()

    def _answer(self, ask: str, wrong: Sequence[str], dead: Sequence[str]) -> dict[str, Any]:
        if ask == "digits":
            train = self.digits.train
            start = initialize(train.X.shape[1], 50, 10, scheme="exercise", rng=32)
            return digits_sums(self.learner, complete(train.X.astype(np.float64), train.y, start), dead)
        if ask == "together":
            return examine_chain(self.learner, make_case(SHAPES[0]), wrong, dead).to_dict()
        return examine(self.learner, ask, wrong, dead).to_dict()


def digits_job() -> datasets.Split:
    """Load the digits as the text prepares them."""
    train, test = datasets.split(datasets.load_digits())
    standardisation = datasets.Standardisation.fit(train.X)
    return datasets.Split(
        train._replace(X=standardisation.transform(train.X)),
        test._replace(X=standardisation.transform(test.X)),
    )


def provided(digits: datasets.Split) -> dict[str, Any]:
    """Return the names that the exercise's functions find among their globals."""
    (trainX, trainY, *_), (testX, testY, *_) = digits
    return {
        "np": np,
        "numpy": np,
        "plt": _Stub("matplotlib.pyplot"),
        "trainX": trainX,
        "trainY": trainY,
        "trainY_mat": steps.one_hot(trainY, 10, np.float64),
        "testX": testX,
        "testY": testY,
        "testY_mat": steps.one_hot(testY, 10, np.float64),
    }


class _Stub(types.ModuleType):
    """A module for pictures that draws none: whatever is taken from it can be called and does nothing."""

    __path__: list[str] = []  # noqa: RUF012 - the import system wants a plain attribute

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Stub(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Stub(f"{self.__name__}()")

    def __iter__(self) -> Any:
        return iter((_Stub(self.__name__), _Stub(self.__name__)))


class _StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubs for the modules of pictures."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in _STUBBED:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def furnish(source: Source) -> Room:
    """Run a file's imports, constants and definitions, and make a room of what they leave."""
    digits = digits_job()
    module = types.ModuleType("learner")
    module.__dict__.update(provided(digits))
    module.__dict__["__file__"] = source.file
    sys.modules["learner"] = module
    sys.path.append(source.folder)
    sys.meta_path.insert(0, _StubFinder())
    split, flags = split_source(source), compiler_flags(source)
    notes = []
    for block, node in split.kept:
        code = compile(
            ast.Module([node], []), _filename(source, block), "exec", flags=flags, dont_inherit=True
        )
        outcome = call(exec, (code, module.__dict__), lambda code, line: None)
        if outcome.error is not None:
            place = Place(source.file, node.lineno, block.cell, block.line(node.lineno))
            reason = f"{type(outcome.error).__name__}: {outcome.error}"
            notes.append({"place": asdict(place), "reason": reason})
    blocks = {_filename(source, block): block for block in source.blocks}

    def placer(code: types.CodeType, line: int) -> Place | None:
        block = blocks.get(code.co_filename)
        return None if block is None else Place(source.file, line, block.cell, block.line(line))

    return _room(module.__dict__, split.listing, placer, digits, notes)


def _room(
    scope: dict[str, Any],
    listing: Listing,
    placer: Placer,
    digits: datasets.Split,
    notes: Sequence[Mapping[str, Any]] = (),
) -> Room:
    """Make a room, and let functions from other modules of the learner's see the data, too."""
    learner, data = Learner.of(scope, listing, placer), provided(digits)
    for function in learner.found.values():
        for name, value in data.items():
            getattr(function, "__globals__", {}).setdefault(name, value)
    return Room(learner, digits, notes)


def _filename(source: Source, block: Block) -> str:
    """Name a block for tracebacks; in angle brackets, so that no file of that name is looked for."""
    return f"<{source.file}>" if block.cell is None else f"<{source.file} [{block.cell}]>"


def live_room(namespace: dict[str, Any], digits: datasets.Split) -> Room:
    """Make a room of functions that are alive in this process."""
    functions = {name: value for name, value in namespace.items() if isinstance(value, types.FunctionType)}
    listing: Listing = live_listing(functions)
    files = {function.__code__.co_filename for function in functions.values()}

    def placer(code: types.CodeType, line: int) -> Place | None:
        if code.co_filename not in files:
            return None
        text = linecache.getline(code.co_filename, line).strip()
        if code.co_filename.startswith("<") or "ipykernel" in code.co_filename:
            return Place(f"{code.co_name}()", line - code.co_firstlineno + 1, text=text)
        return Place(os.path.basename(code.co_filename), line, text=text)

    return _room(namespace, listing, placer, digits)


class Here:
    """Answers in this very process, where the platform cannot fork; nothing is limited."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def hear(self, seconds: float) -> dict[str, Any]:
        """Return the greeting."""
        return {"names": self._room.learner.names, "notes": []}

    def ask(self, question: Mapping[str, Any], seconds: float) -> tuple[dict[str, Any] | None, str]:
        """Answer a question."""
        return self._room.answer(question), "0"

    def stop(self) -> None:
        """Do nothing: there is no process to end."""


def serve(room: Room, questions: IO[str], answers: IO[str], memory: int | None, seconds: float) -> None:
    """Answer questions until there are no more."""

    def say(**line: Any) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    say(names=room.learner.names, notes=room.notes)
    for line in questions:
        question = json.loads(line)
        if not hasattr(os, "fork"):
            say(pid=os.getpid())
            say(answer=room.answer(question))
            say(end=0)
            continue
        child = os.fork()
        if child == 0:
            try:
                _limit(memory, seconds)
                say(pid=os.getpid())
                say(answer=room.answer(question))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        say(end=os.waitstatus_to_exitcode(status))


def _limit(memory: int | None, seconds: float) -> None:
    """Limit what this process may take, where the platform can."""
    with contextlib.suppress(OSError):
        os.setsid()  # so that its own children can be killed with it
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        limit = math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    if memory is not None:
        with contextlib.suppress(OSError, ValueError):
            with open("/proc/self/statm", encoding="ascii") as statm:
                taken = int(statm.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))


def main() -> None:
    """Serve the file that the first line of the standard input describes."""
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to answer
    order = json.loads(questions.readline())
    blocks = tuple(Block(block["text"], block["cell"]) for block in order["blocks"])
    room = furnish(Source(order["file"], order["folder"], blocks))
    serve(room, questions, answers, order["memory"], order["seconds"])


if __name__ == "__main__":
    main()
