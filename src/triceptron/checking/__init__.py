"""Holds someone's own steps against ours and against calculus.

`check` reads a file, a notebook, a module or a namespace, finds the exercise's functions in it by their
names, and says of each whether it is right, wrong, or not there: what was fed in, what came out, what was
expected, and where the pattern is a known one, the likely cause and the line.

One idea a file, in the order of the data: ``catalogue`` (what the functions are called), ``source`` (the
learner's file), ``worker`` and ``supervision`` (the process that runs it, and the one that watches),
``learner`` (the functions, ours to stand in), ``cases`` and ``trials`` (what a step is fed, what must come
out), ``interface`` (dict or tuple, one-hot or codes), ``calling`` (one call), ``examine``, ``initial``,
``chain`` and ``calculus`` (the checks), ``alternatives``, ``diagnosis`` and ``places`` (the known faults, and
their lines), ``findings``, ``report`` and ``messages`` (what is said), ``template`` (the empty exercise).

The learner's code runs in a process of its own with limits of time and memory. That guards against accidents;
it is no sandbox against hostile code.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from types import FunctionType, ModuleType
from typing import IO, Any

from triceptron.checking.catalogue import STEPS, find_names
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.messages import Language, choose_language, say
from triceptron.checking.report import Report, StepReport
from triceptron.checking.source import Listing, Place, UnreadableFileError, live_listing, read, split_source
from triceptron.checking.supervision import Examination, Limits, fork_worker, start_worker, supervise
from triceptron.checking.template import write_template

__all__ = [
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


def check(
    learner: str | os.PathLike[str] | ModuleType | Mapping[str, Any] | None = None,
    *,
    lang: Language | None = None,
    time_limit: float = 3.0,
    memory_limit: int | None = 1 << 30,
) -> Report:
    """Check someone's steps of the three-layer perceptron, each alone and all together.

    Parameters
    ----------
    learner : path, module or mapping, optional
        A .py file or a notebook, of which only imports, constants and definitions are run, in a fresh
        process; a module, checked by its file; or a namespace of living functions, such as ``globals()``.
        By default the caller's own globals.
    lang : {"en", "zh"}, optional
        The report's language; the locale's by default.
    time_limit : float
        Seconds of processor time that the check of one step may take; of wall time, four times as many.
    memory_limit : int or None
        Bytes that the check of one step may take, where the platform can limit it; None for no limit.

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
    lang = choose_language(lang)
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
        return _check_namespace(dict(learner), limits, lang)
    return _check_file(learner, limits, lang)


def _check_file(path: str | os.PathLike[str], limits: Limits, lang: Language) -> Report:
    began = perf_counter()
    source = read(Path(path), lang)
    split = split_source(source)
    done = supervise(lambda: start_worker(source, limits), limits, _definitions(split.listing))
    if done.problem:
        code = "file_never_ends" if done.problem == "time" else "file_ends_python"
        raise UnreadableFileError(say(lang, code, file=path))
    if not done.names:
        raise _no_step(str(path), lang)
    done.notes += [(place, say(lang, "broken_cell", reason=reason)) for place, reason in source.broken]
    return _report(source.file, done, split.listing, split.skipped, began, lang)


def _check_namespace(namespace: dict[str, Any], limits: Limits, lang: Language) -> Report:
    from triceptron.checking import worker

    began = perf_counter()
    functions = {name: value for name, value in namespace.items() if isinstance(value, FunctionType)}
    name = str(namespace.get("__name__", "__main__"))
    name = say(lang, "this_session") if name == "__main__" else name
    if not find_names(functions):
        raise _no_step(name, lang)
    listing, digits = live_listing(functions), worker.digits_job()

    def serve(questions: IO[str], answers: IO[str]) -> None:
        room = worker.live_room(namespace, digits)
        worker.serve(room, questions, answers, limits.memory, limits.seconds)

    if hasattr(os, "fork"):
        done = supervise(lambda: fork_worker(serve), limits, _definitions(listing))
    else:
        done = supervise(
            lambda: worker.Here(worker.live_room(namespace, digits)), limits, _definitions(listing)
        )
    if done.problem:
        raise RuntimeError("the process that checks the namespace could not be started")
    return _report(name, done, listing, (), began, lang)


def _no_step(file: str, lang: Language) -> UnreadableFileError:
    names = ", ".join(step.names[0] for step in STEPS)
    return UnreadableFileError(say(lang, "file_no_step", file=file, names=names))


def _definitions(listing: Listing) -> Callable[[str], Place | None]:
    return lambda name: listing[name].place() if name in listing else None


def _report(
    file: str,
    done: Examination,
    listing: Listing,
    skipped: tuple[Place, ...],
    began: float,
    lang: Language,
) -> Report:
    steps = []
    for step in STEPS:
        result = done.results[step.key]
        if step.optional and step.key not in done.names:
            continue
        name = done.names.get(step.key, step.names[0])
        steps.append(StepReport(step.key, name, listing[name].place() if name in listing else None, result))
    seconds = perf_counter() - began
    return Report(file, tuple(steps), done.together, skipped, tuple(done.notes), seconds, lang)
