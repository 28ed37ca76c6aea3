"""Holds someone's own steps against ours and against calculus.

`check` reads a file, a notebook, a module or a namespace, finds the exercise's functions in it by their
names, and says of each whether it is right, wrong, or not there: what was fed in, what came out, what was
expected, and where the pattern is a known one, the likely cause and the line.

One idea a file: ``steps_table`` (what the functions are called, fed and return), ``source`` (the learner's
file), ``executor`` (the learner's process, which only makes calls) and ``process`` (its near end, with
limits), ``conventions`` (dict or tuple, one-hot or codes), ``ours`` (our steps, to stand in), ``learner``
(the functions seen from here), ``cases`` and ``trials`` (what a step is fed, what must come out),
``examine``, ``chain`` and ``calculus`` (the checks), ``programs``, ``network``, ``rest`` and ``scripts``
(anyone's network, driven part by part), ``recorder``, ``tape``, ``passes`` and ``run`` (a program's own run:
written down, followed, judged), ``faults``, ``diagnosis`` and ``places`` (the known faults, and their lines),
``findings``, ``showing``, ``words`` and ``report`` (what is said), ``template`` (the empty exercise).

The learner's code runs in a process of its own with limits of time and memory, and all that is compared is
compared here. That guards against accidents and forgery; it is no sandbox against code that means harm.
"""

import linecache
import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, perf_counter
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.cases import SHAPES, complete, make_case
from triceptron.checking.chain import digits_sums, examine_chain
from triceptron.checking.driving import drivers
from triceptron.checking.examine import examine
from triceptron.checking.findings import Cause, Finding, Place, Result
from triceptron.checking.learner import Learner
from triceptron.checking.passes import read_tape
from triceptron.checking.process import Limits, LostError, Process, fork_this, start_file
from triceptron.checking.report import Report, StepReport
from triceptron.checking.run import Flaw, Verdict, fails_anyhow, judge_run
from triceptron.checking.scripts import Script, find_script
from triceptron.checking.source import (
    Source,
    SplitSource,
    UnreadableFileError,
    block_name,
    live_listing,
    read,
    split_source,
    users,
)
from triceptron.checking.steps_table import PROVIDED, STEPS, find_names
from triceptron.checking.tape import Stop, Tape
from triceptron.checking.template import write_template
from triceptron.checking.verdicts import SMALL_STEPS, is_program, judge_program, with_run
from triceptron.checking.words import say
from triceptron.data import Split, Standardisation, load
from triceptron.language import Language, choose
from triceptron.parameters import initialize

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

_RUN = 4
"""How many times as long as a step's check a whole run may take: it imports libraries, and it trains."""

_TRYING_SECONDS = 8.0
"""For the ways in which a class may want to be called."""

_DIGITS = "trainX (1078, 64), trainY_mat (1078, 10), h = 50, K = 10, seed 32"


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
    began = perf_counter()
    source = read(Path(path), lang)
    split = split_source(source)
    order = {
        "file": source.file,
        "folder": source.folder,
        "blocks": split.blocks,
        "flags": split.flags,
        "provided": _provided() if _uses_data(source) else {},
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
    revived: tuple[str, ...] = ()
    process = Process(start_file(order), limits)
    try:
        try:
            process.start()
        except LostError as lost:
            code = "file_never_ends" if lost.args[0] == "time" else "file_ends_python"
            raise UnreadableFileError(say(lang, code, file=path)) from None
        learner = Learner(process, split.listing, placer, named=source.named | named)
        script = find_script(source)
        program = is_program(learner, script)
        steps, together = _judge(learner, program, script)
        classes = any(entry["own"] and entry["kind"] == "class" for entry in process.found)
        more = split.skipped or classes or not learner.found
        unknown = more and not learner.found.keys() - SMALL_STEPS - {"predict"}
        if program or unknown:
            run = _run_whole(process, source, split)
            if run.verdict is not None:
                split = replace(split, skipped=())
                steps, together = with_run((steps, together), run.verdict, place)
            if together.status not in ("right", "wrong"):
                stops += _stops(run.stop, source, split, lang)
            revived += run.revived
        if not steps:
            raise _no_step(str(path), lang, split.listing, stops)
    finally:
        process.stop()
    notes = [
        (placer(split.blocks[number][0], line) or Place(source.file, line), str(reason))
        for number, line, reason in process.notes
    ]
    notes += [(place, say(lang, "broken_cell", reason=reason)) for place, reason in source.broken] + stops
    revived = tuple(dict.fromkeys([*process.revived, *revived]))
    answers = tuple(sorted({*ANSWERS} & {*process.modules}))
    seconds = perf_counter() - began
    report = Report(source.file, steps, together, split.skipped, tuple(notes), seconds, lang, answers)
    return replace(report, revived=revived)


@dataclass(frozen=True)
class _Run:
    """What one run shows: a verdict, whether it shows a training, where it stopped before its end."""

    verdict: Verdict | None = None
    trained: bool = False
    stop: Stop | None = None
    revived: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    raised: bool = False


def _run_whole(process: Process, source: Source, split: SplitSource) -> _Run:
    """Run a program as its author would, and say what its run shows.

    A file that only defines functions or a class is run by a program beside it that imports it; where there
    is none, with lines that make a network of it and train it.
    """
    program: list[_Part] = [(name, text, None) for name, text, _ in split.blocks]
    first = _run(process, program, source.folder, split.flags)
    if first.trained:
        return first
    until = monotonic() + _TRYING_SECONDS
    for user in users(source) if first.stop is None else ():
        whole = split_source(user)
        parts: list[_Part] = [(name, text, None) for name, text, _ in whole.blocks]
        used = _run(process, parts, user.folder, whole.flags)
        theirs = any(flaw.block < len(parts) for flaw in used.verdict.flaws[:1]) if used.verdict else True
        if used.trained and os.path.join(source.folder, source.file) in used.blocks and not theirs:
            return used
        if monotonic() > until:
            break
    defined = split.blocks if first.stop is not None else program
    sound = flawed = ended = None
    for text, own in drivers(process.found, "\n".join(text for _, text, _ in program)):
        tried = _run(process, [*defined, ("<driver>", text, None)], source.folder, split.flags)
        verdict = tried.verdict
        if verdict and tried.trained and all(flaw.block != len(program) for flaw in verdict.flaws):
            found = verdict.explanation
            explained = found is not None and not found.wrong and abs(found.factor) > 1e-12
            of_data = own and verdict.flaws[:1] and verdict.flaws[0].step in ("data", "one_hot")
            if not tried.raised and (explained or of_data):  # it is called as it wants to be
                return tried
            if not verdict.flaws:
                sound = sound or tried
            elif not tried.raised:
                flawed = flawed or tried
            elif own:
                ended = ended or tried
        if monotonic() > until:
            break
    best = first if first.verdict else sound or flawed or ended or first
    return replace(best, stop=first.stop)


_Part = tuple[str, str, list[int] | None]
"""A block's name and text, and which of its statements are run; None for all."""


def _run(process: Process, program: Sequence[_Part], folder: str, flags: int) -> _Run:
    """Make one run."""
    try:
        with process.step(_RUN):
            outcome = process.call({"program": program, "flags": flags, "folder": folder})
    except LostError as lost:
        return _Run(stop=Stop(0, 0, "", "TimeoutError" if lost.args[0] == "time" else "SystemExit"))
    stop = None
    try:
        tape = Tape(outcome["value"])
        stop = tape.stopped
        reading = read_tape(tape)
        verdict = judge_run(reading)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # a record that is not as ours are
        return _Run(stop=stop)
    trained = any(len(passed.layers) > 1 for step in reading.steps for passed in step.passes)
    shown = verdict if verdict.flaws or verdict.right else None
    blocks = (*(name for name, *_ in program), *tape.files)
    ended = tape.raised is not None and not fails_anyhow(reading)
    return _Run(shown, trained or bool(verdict.flaws), tape.stopped, tape.revived, blocks, ended)


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
    codes = {function.__code__.co_filename: function.__code__ for function in functions.values()}
    listing = live_listing(functions)
    firsts = {
        function.__code__.co_filename: (function.__name__, function.__code__.co_firstlineno)
        for function in functions.values()
    }

    def placer(file: str, line: int) -> Place | None:
        if file not in codes:
            return None
        text = linecache.getline(file, line).strip()
        if file.startswith("<") or "ipykernel" in file:
            before = [f.__code__ for f in functions.values() if f.__code__.co_filename == file]
            code = max(
                (c for c in before if c.co_firstlineno <= line), key=lambda c: c.co_firstlineno, default=None
            )
            first = code.co_firstlineno if code is not None else firsts[file][1]
            return Place(f"{code.co_name if code else firsts[file][0]}()", line - first + 1, text=text)
        return Place(os.path.basename(file), line, text=text)

    process = Process(fork_this(namespace, _provided(), limits), limits)
    try:
        process.start()
        learner = Learner(process, listing, placer)
        steps, together = _judge(learner, is_program(learner))
    except LostError:
        raise RuntimeError("the process that checks the namespace could not be started") from None
    finally:
        process.stop()
    return Report(name, steps, together, (), (), perf_counter() - began, lang)


def _judge(
    learner: Learner, program: bool, script: Script | None = None
) -> tuple[tuple[StepReport, ...], Result]:
    if program:
        return judge_program(learner, script)
    return _examine_all(learner) if learner.found else ((), Result("missing"))


def _examine_all(learner: Learner) -> tuple[tuple[StepReport, ...], Result]:
    """Go through the steps, and then the chain."""
    case = make_case(SHAPES[0])
    learner.find_convention(case)
    results = {step.key: examine(learner, step.key) for step in STEPS}
    together = Result("missing")
    with learner.attempt("together"):
        together = examine_chain(learner, case)
    if together.status == "wrong":
        together = _in_numbers_of_the_digits(learner, together, results)
    reports = [
        StepReport(
            step.key, learner.names.get(step.key, step.names[0]), learner.place(step.key), results[step.key]
        )
        for step in STEPS
        if step.key in learner.found or not step.optional
    ]
    return tuple(reports), together


def _in_numbers_of_the_digits(learner: Learner, together: Result, results: dict[str, Result]) -> Result:
    """Tell the fault of the chain in the numbers of the digits job, and at the step that causes it, too."""
    (finding,) = together.findings
    with learner.attempt("digits"):
        train = _digits().train
        start = initialize(train.X.shape[1], 50, 10, scheme="exercise", rng=32)
        sums = digits_sums(learner, complete(train.X.astype(np.float64), train.y, start))
        if sums is not None:
            finding = replace(finding, fed=_DIGITS, got=sums[0], expected=sums[1])
    culprit = results.get(finding.values["culprit"])
    if culprit is not None and culprit.findings:
        finding = replace(finding, place=culprit.findings[0].place)
        consequence = replace(finding, kind="spoils_gradient", cause=None)
        results[finding.values["culprit"]] = replace(culprit, findings=(*culprit.findings, consequence))
    return replace(together, findings=(finding,))


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
        at = (
            f"{place.line}: {place.text}"
            if place.cell is None
            else f"[{place.cell}] {place.line}: {place.text}"
        )
        message += f". {reason} ({at})"
    return UnreadableFileError(message)


# --- the data that the exercise's functions find among their globals ---


@cache
def _digits() -> Split:
    """Load the digits as the text prepares them."""
    train, test = load("digits")
    standardisation = Standardisation.fit(train.X)
    return Split(
        train._replace(X=standardisation.transform(train.X)),
        test._replace(X=standardisation.transform(test.X)),
    )


@cache
def _provided() -> dict[str, Any]:
    (trainX, trainY, *_), (testX, testY, *_) = _digits()
    matrices = (steps.one_hot(y, 10, np.float64) for y in (trainY, testY))
    trainY_mat, testY_mat = matrices
    return dict(zip(PROVIDED, (trainX, trainY, trainY_mat, testX, testY, testY_mat), strict=True))


def _uses_data(source: Source) -> bool:
    """Tell whether a file, or one beside it that it imports, may look for the data; to load it takes time."""
    text = "\n".join(block.text for block in source.blocks)
    words = set(text.replace(".", " ").replace(",", " ").split())
    beside = (path.stem in words for path in Path(source.folder).glob("*.py") if path.name != source.file)
    return any(name in text for name in PROVIDED) or "triceptron" in text or any(beside)
