"""Holds someone's own steps against ours and against calculus.

`check` reads a file, a notebook, a module or a namespace, finds the exercise's functions in it by their
names, and says of each whether it is right, wrong, or not there: what was fed in, what came out, what was
expected, and where the pattern is a known one, the likely cause and the line.

In the rooms, from below: ``steps_table`` (what the exercise's functions are called, fed and return),
``findings`` and ``words`` (what is said), ``names`` (what the world calls the parts of a network); ``closed``
(the process in which learners' code runs, and all that it may do there); ``source`` (the learner's file) and
``report``; ``exercise`` (the exercise's functions, held against ours) and ``program`` (any other program,
judged by the record of its run).

The learner's code runs in a process of its own with limits of time and memory, and all that is compared is
compared here. That guards against accidents and forgery; it is no sandbox against code that means harm.
"""

import linecache
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Any

from triceptron.checking.closed.process import FORKS, Limits, LostError, Process, fork_this, start_file
from triceptron.checking.exercise.digits import provided, uses_data
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.exercise.template import write_template
from triceptron.checking.exercise.verdicts import judge_exercise
from triceptron.checking.findings import Cause, Finding, Place, Result
from triceptron.checking.program.run import Flaw, Verdict
from triceptron.checking.program.running import Part, Run, run_whole
from triceptron.checking.program.tape import Stop
from triceptron.checking.program.verdicts import SMALL_STEPS, is_program, judge_program
from triceptron.checking.report import Report, StepReport, quote
from triceptron.checking.source import (
    Source,
    SplitSource,
    UnreadableFileError,
    block_name,
    live_listing,
    modules,
    read,
    split_source,
    trains_at_its_top,
    users,
    with_its_parts,
)
from triceptron.checking.steps_table import STEPS, find_names
from triceptron.checking.words import say
from triceptron.language import Language, choose

__all__ = [
    "ANSWERS",
    "Cause",
    "Finding",
    "Place",
    "Report",
    "Result",
    "StepReport",
    "UnreadableFileError",
    "check",
    "write_template",
]

ANSWERS = ("jax", "keras", "sklearn.neural_network", "tensorflow", "torch", "triceptron")
"""Modules that have the steps ready: that they are imported is told, and can be forbidden."""


_TRYING_SECONDS = 30.0
"""For what may be judged in place of a program that shows nothing."""


def check(
    learner: str | os.PathLike[str] | ModuleType | Mapping[str, Any] | None = None,
    *,
    lang: Language | None = None,
    time_limit: float = 3.0,
    memory_limit: int | None = 1 << 30,
    names: Mapping[str, str] | None = None,
    forbidden: Collection[str] = (),
    require: Collection[str] = (),
) -> Report:
    """Check someone's steps of the three-layer perceptron, each alone and all together.

    Parameters
    ----------
    learner : path, module or mapping, optional
        A .py file or a notebook, of which only imports, constants and definitions are run, in a fresh
        process, unless it is a program of another kind than the exercise, which is run whole as well; a
        module, checked by its file; or a namespace of living functions, such as ``globals()``.
        By default the caller's own globals.
    lang : {"en", "zh"}, optional
        The report's language; the locale's by default.
    time_limit : float
        Seconds of processor time that the check of one step may take; of wall time, four times as many.
    memory_limit : int or None
        Bytes that the check of one step may take, where the platform can limit it; None for no limit.
    names : mapping, optional
        From a step's key to the name of the function that is it, where its name does not tell. A comment
        ``# triceptron: forward`` above the definition does the same.
    forbidden : collection of str
        Modules that may not be imported, such as `ANSWERS`.
    require : collection of str
        Steps without which the report is not ok.

    Returns
    -------
    Report
        Notebooks show it as a table.

    Raises
    ------
    UnreadableFileError
        If the file cannot be read, is no Python, or defines none of the functions.
    ValueError
        If a limit or the language makes no sense.

    Notes
    -----
    A namespace is checked in a copy of this process (a fork). Where the platform cannot fork, the functions
    run in this process itself: then no limit holds, and what they change stays changed. No way of calling
    `check` is a sandbox: code that means harm can do all that the user can.

    Examples
    --------
    >>> import triceptron
    >>> report = triceptron.check("my_steps.py")  # doctest: +SKIP
    >>> report["relu"].status  # doctest: +SKIP
    'wrong'
    """
    lang = choose(lang)
    if not (isinstance(time_limit, int | float) and time_limit > 0):
        raise ValueError(f"time_limit must be a number of seconds above 0, got {time_limit!r}")
    if memory_limit is not None and not (isinstance(memory_limit, int) and memory_limit > 0):
        raise ValueError(f"memory_limit must be a number of bytes above 0 or None, got {memory_limit!r}")
    limits = Limits(float(time_limit), memory_limit)
    if learner is None:
        learner = sys._getframe(1).f_globals
    if isinstance(learner, ModuleType):
        file = getattr(learner, "__file__", None)
        learner = file if file and Path(file).suffix == ".py" else vars(learner)
    if isinstance(learner, Mapping):
        return replace(_check_namespace(dict(learner), limits, lang), required=tuple(require))
    report = _check_file(learner, limits, lang, dict(names or {}), forbidden)
    return replace(report, required=tuple(require))


def _check_file(
    path: str | os.PathLike[str],
    limits: Limits,
    lang: Language,
    named: dict[str, str],
    forbidden: Collection[str],
) -> Report:
    """Check a file; of a program whose run shows no training, the modules of its own that it imports."""
    began = perf_counter()
    source = read(Path(path), lang)
    report, run = _check_alone(source, users(source), limits, lang, named, forbidden)
    unseen = run is not None and report.together.status not in ("right", "wrong")
    nothing = unseen and not any(step.status in ("right", "wrong") for step in report.steps)
    for module in _candidates(source) if nothing else modules(source) if unseen else ():
        other, tried = _check_alone(module, (), limits, lang, named, forbidden)
        whole = run is not None and (run.trained or (run.met and run.stop is None))
        misled = whole and tried is not None and (tried.raised or tried.clashed)  # called as it is not
        if other.together.status in ("right", "wrong") and not misled:
            notes, seconds = (*report.notes, *other.notes), perf_counter() - began
            return replace(other, file=source.file, notes=notes, seconds=seconds)
    if not report.steps:
        raise _no_step(str(path), lang, split_source(source).listing, report.notes[-1:])
    return report


def _candidates(source: Source) -> Iterator[Source]:
    """Yield what may be judged where a program shows nothing: with its parts beside it, or its modules."""
    began = perf_counter()
    only = [] if split_source(source).skipped else [with_its_parts(source)]
    parts = (part for module in modules(source) for part in (module, with_its_parts(module)))
    for each in chain(only, parts):
        if each is not None and perf_counter() - began < _TRYING_SECONDS:
            yield each


def _check_alone(
    source: Source,
    beside: Iterable[Source],
    limits: Limits,
    lang: Language,
    named: dict[str, str],
    forbidden: Collection[str],
) -> tuple[Report, Run | None]:
    """Check a file, by itself or by programs that use it; return the run of a program, too."""
    began = perf_counter()
    split = split_source(source)
    order = {
        "file": source.file,
        "folder": source.folder,
        "blocks": split.blocks,
        "flags": split.flags,
        "provided": provided() if uses_data(source) else {},
        "forbidden": sorted(forbidden),
        "masked": [place for name in forbidden for place in _folders(name)],
        "isolated": True,
        "limits": {"memory": limits.memory, "seconds": limits.seconds},
    }
    blocks = {block_name(source, block): block for block in source.blocks}

    def placer(file: str, line: int) -> Place | None:
        block = blocks.get(file)
        return None if block is None else Place(source.file, line, block.cell, block.line(line))

    def place(flaw: Flaw) -> Place | None:
        name = run.blocks[flaw.block] if flaw.block < len(run.blocks) else ""
        if os.path.join(source.folder, source.file) == name:  # another program has imported it
            name = split.blocks[0][0]
        return placer(name, flaw.line) or (
            Place(os.path.basename(name).strip("<>"), flaw.line) if name else None
        )

    stops: list[tuple[Place, str]] = []
    process = Process(start_file(order), limits)
    try:
        try:
            process.start()
        except LostError as lost:
            code = "file_never_ends" if lost.args[0] == "time" else "file_ends_python"
            raise UnreadableFileError(say(lang, code, file=source.file)) from None
        learner = Learner(process, split.listing, placer, named=source.named | named)
        program = is_program(learner, script=trains_at_its_top(source))
        classes = any(entry["own"] and entry["kind"] == "class" for entry in process.found)
        more = split.skipped or classes or not learner.found
        unknown = more and not learner.found.keys() - SMALL_STEPS - {"predict"}
        run = Run()
        if program or unknown:
            whole: list[Part] = [(name, text, None) for name, text, _ in split.blocks]
            run = run_whole(process, whole, split.blocks, source.folder, split.flags, source.file, beside)
        steps, together = _judge(learner, program or run.verdict is not None, run.verdict, place)
        if run.verdict is not None:
            split = replace(split, skipped=())
        if together.status not in ("right", "wrong") or run.driven:
            stops += _stops(run.stop, source, split, lang)
    finally:
        process.stop()
    notes = [
        (placer(split.blocks[number][0], line) or Place(source.file, line), str(reason))
        for number, line, reason in (process.notes if run.verdict is None else ())  # the whole has run
    ]
    notes += [(place, say(lang, "broken_cell", reason=reason)) for place, reason in source.broken] + stops
    revived = tuple(dict.fromkeys([*process.revived, *run.revived]))
    answers = tuple(sorted({*ANSWERS} & {*process.modules}))
    seconds = perf_counter() - began
    report = Report(source.file, steps, together, split.skipped, tuple(notes), seconds, lang, answers)
    return replace(report, revived=revived), run if program or unknown else None


def _stops(stop: Stop | None, source: Source, split: SplitSource, lang: Language) -> list[tuple[Place, str]]:
    """Say where, and why, a program's run came to an early end."""
    if stop is None or stop.block >= len(split.blocks):
        return []
    block = source.blocks[stop.block]
    place = Place(source.file, stop.line, block.cell, block.line(stop.line) if stop.line else "")
    reason = f"{stop.error}; {stop.where}" if stop.where else stop.error
    return [(place, say(lang, "run_stopped", reason=reason))]


def _check_namespace(namespace: dict[str, Any], limits: Limits, lang: Language) -> Report:
    began = perf_counter()
    functions = {name: value for name, value in namespace.items() if isinstance(value, FunctionType)}
    name = str(namespace.get("__name__", "__main__"))
    name = say(lang, "this_session") if name == "__main__" else name
    if not find_names(functions):
        raise _no_step(name, lang)
    listing = live_listing(functions)

    codes = [function.__code__ for function in functions.values()]

    def placer(file: str, line: int) -> Place | None:
        before = [c for c in codes if c.co_filename == file and c.co_firstlineno <= line]
        code = max(before, key=lambda code: code.co_firstlineno, default=None)
        if code is None:
            return None
        text = linecache.getline(file, line).strip()
        if file.startswith("<") or "ipykernel" in file:
            return Place(f"{code.co_name}()", line - code.co_firstlineno + 1, text=text)
        return Place(os.path.basename(file), line, text=text)

    def place(flaw: Flaw) -> Place | None:
        if flaw.block >= len(listing):
            return None
        own = [*listing.values()][flaw.block]
        return replace(own.place(), line=flaw.line + own.offset, text=own.block.line(flaw.line))

    process = Process(fork_this(namespace, provided(), limits), limits)
    try:
        process.start()
        learner = Learner(process, listing, placer)
        program, verdict = is_program(learner), None
        if program and FORKS:  # the run leaves nothing in this very process as it was
            parts: list[Part] = [(f"<{name}>", own.block.text, None) for name, own in listing.items()]
            with TemporaryDirectory() as scratch:
                verdict = run_whole(process, parts, parts, os.getcwd(), scratch=scratch).verdict
        steps, together = _judge(learner, program, verdict, place)
    except LostError:
        raise RuntimeError("the process that checks the namespace could not be started") from None
    finally:
        process.stop()
    return Report(name, steps, together, (), (), perf_counter() - began, lang)


def _judge(
    learner: Learner, program: bool, verdict: Verdict | None, place: Callable[[Flaw], Place | None]
) -> tuple[tuple[StepReport, ...], Result]:
    if program or (verdict is not None and verdict.convention):  # the run shows in which way it is meant
        return judge_program(learner, verdict or Verdict(), place)
    return judge_exercise(learner) if learner.found else ((), Result("missing"))


def _folders(module: str) -> list[str]:
    """Return where a module's files lie."""
    spec = find_spec(module) if find_spec(module.partition(".")[0]) else None
    return [str(place) for place in (spec.submodule_search_locations or ())] if spec is not None else []


def _no_step(
    file: str, lang: Language, defined: Iterable[str] = (), stops: Iterable[tuple[Place, str]] = ()
) -> UnreadableFileError:
    known = [name for step in STEPS for name in step.names]
    message = say(lang, "file_no_step", file=file, names=", ".join(step.names[0] for step in STEPS))
    for name in defined:
        meant = get_close_matches(name, known, 1, 0.75)
        if meant:
            message += ". " + say(lang, "did_you_mean", name=name, meant=meant[0])
    for place, reason in stops:
        message += f". {reason} ({quote(lang, place)})"
    return UnreadableFileError(message)
