"""Runs a program as its author would, or as its author might have gone on, and says what its run shows."""

import ast
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from triceptron.checking.closed.process import LostError, Process
from triceptron.checking.program.driving import UPDATE, drivers
from triceptron.checking.program.passes import read_tape
from triceptron.checking.program.run import Verdict, fails_anyhow, judge_run
from triceptron.checking.program.tape import Stop, Tape
from triceptron.checking.source import Source, split_source

__all__ = ["Part", "Run", "run_whole"]

_TIMES = 4
"""How many times as long as a step's check a whole run may take: it imports libraries, and it trains."""

_TRYING_SECONDS = 8.0
"""For the ways in which a class, or functions, may want to be called."""

_LONG = 1.0
"""A program that takes as long is not run anew with each way: its definitions alone are."""

Part = tuple[str, str, list[int] | None]
"""A block's name and text, and which of its statements are run; None for all."""


@dataclass(frozen=True)
class Run:
    """What one run shows: a verdict, whether it shows a training, where it stopped before its end."""

    verdict: Verdict | None = None
    trained: bool = False
    stop: Stop | None = None
    revived: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    raised: bool = False


def run_whole(
    process: Process,
    program: Sequence[Part],
    defined: Sequence[Part],
    folder: str,
    flags: int = 0,
    file: str = "",
    users: Iterable[Source] = (),
    scratch: str = ".",
) -> Run:
    """Run a program as its author would, and say what its run shows.

    A file that only defines functions or a class is run by a program beside it that imports it; where there
    is none, with lines that make a network of it and train it. `defined` are its definitions alone, for
    where the whole of it takes long or does not come to its end; `scratch` is where it may write.
    """
    began = monotonic()
    first = _run(process, program, folder, flags, scratch)
    long = monotonic() - began > _LONG
    if first.trained and first.verdict is not None:
        return first
    until = monotonic() + _TRYING_SECONDS
    for user in users if first.stop is None else ():
        whole = split_source(user)
        parts: list[Part] = [(name, text, None) for name, text, _ in whole.blocks]
        used = _run(process, parts, user.folder, whole.flags, scratch)
        theirs = any(flaw.block < len(parts) for flaw in used.verdict.flaws[:1]) if used.verdict else True
        if used.trained and os.path.join(folder, file) in used.blocks and not theirs:
            return used
        if monotonic() > until:
            break
    defined = defined if long or first.stop is not None else program
    known = sound = flawed = ended = None
    for text, own in drivers(process.found, _text(defined)):
        tried = _run(process, [*defined, ("<driver>", text, None)], folder, flags, scratch)
        verdict = tried.verdict
        if verdict and tried.trained and all(flaw.block != len(defined) for flaw in verdict.flaws):
            if UPDATE in text:
                verdict.right.pop("update", None)  # it is ours
            found = verdict.explanation
            explained = found is not None and not found.wrong and abs(found.factor) > 1e-12
            of_data = own and verdict.flaws[:1] and verdict.flaws[0].step in ("data", "one_hot")
            if not tried.raised and (explained or of_data):  # it is called as it wants to be
                return replace(tried, stop=first.stop)
            if found is not None and found.code and not tried.raised:  # a fault of a known network
                known = known or tried
            elif not verdict.flaws:
                sound = sound or tried
            elif not tried.raised:
                flawed = flawed or tried
            elif own:
                ended = ended or tried
        if monotonic() > until:
            break
    best = first if first.verdict else known or sound or flawed or ended or first
    return replace(best, stop=first.stop)


def _text(program: Sequence[Part]) -> str:
    """Return what of a program is run."""
    texts = []
    for _, text, kept in program:
        body = ast.parse(text).body if kept is not None else []
        texts.append(text if kept is None else "\n".join(ast.unparse(body[position]) for position in kept))
    return "\n".join(texts)


def _run(process: Process, program: Sequence[Part], folder: str, flags: int, scratch: str) -> Run:
    """Make one run."""
    request = {"program": program, "flags": flags, "folder": folder, "scratch": scratch}
    try:
        with process.step(_TIMES):
            outcome = process.call(request)
    except LostError as lost:
        return Run(stop=Stop(0, 0, "", "TimeoutError" if lost.args[0] == "time" else "SystemExit"))
    stop = None
    try:
        tape = Tape(outcome["value"])
        stop = tape.stopped
        reading = read_tape(tape)
        verdict = judge_run(reading)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # a record that is not as ours are
        return Run(stop=stop)
    trained = any(len(passed.layers) > 1 for step in reading.steps for passed in step.passes)
    shown = verdict if verdict.flaws or verdict.right else None
    blocks = (*(name for name, *_ in program), *tape.files)
    raised = tape.raised is not None and not fails_anyhow(reading)
    return Run(shown, trained or bool(verdict.flaws), tape.stopped, tape.revived, blocks, raised)
