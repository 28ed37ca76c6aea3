"""The process that watches: asks the worker step by step, and ends what takes too long."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

from triceptron.checking.catalogue import STEPS
from triceptron.checking.findings import Finding, Result
from triceptron.checking.source import Place, Source

__all__ = ["Examination", "Limits", "Worker", "fork_worker", "start_worker", "supervise"]

_STARTING_SECONDS = 30.0
"""For the imports of the learner's file; they may be large."""

_PATIENCE = 4
"""Wall time that is granted for each second of processor time: other programs run beside ours."""

_OUT_OF_TIME = str(-getattr(signal, "SIGXCPU", 0))
"""Exit status of a child that has used up its processor time."""

_DIGITS = "trainX (1078, 64), trainY_mat (1078, 10), h = 50, K = 10, seed 32"


@dataclass(frozen=True)
class Limits:
    """What a step's check may take.

    Attributes
    ----------
    seconds : float
        Of processor time, where the platform can limit it; of wall time, four times as many.
    memory : int or None
        Bytes on top of what the process starts with; where the platform can limit it.
    """

    seconds: float = 3.0
    memory: int | None = 1 << 30


@dataclass
class Examination:
    """All that came out of a check.

    Attributes
    ----------
    names : dict
        From a step's key to the learner's name for it.
    results : dict
        From a step's key to its result.
    together : Result
    notes : list of (Place, str)
        Statements that could not be run, and Python's word on them.
    problem : str
        "time" or "died" where the file itself could not be run; empty otherwise.
    """

    names: dict[str, str] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    together: Result = field(default_factory=lambda: Result("missing"))
    notes: list[tuple[Place, str]] = field(default_factory=list)
    problem: str = ""


class WorkerLostError(Exception):
    """The worker ended, or had to be ended; `args[0]` is "time" or "died"."""


class Answering(Protocol):
    """Whoever answers questions: a `Worker`, or this process itself."""

    def hear(self, seconds: float) -> dict[str, Any]:
        """Wait for the next line."""

    def ask(self, question: Mapping[str, Any], seconds: float) -> tuple[dict[str, Any] | None, str]:
        """Put a question."""

    def stop(self) -> None:
        """End it."""


class Worker:
    """The near end of a worker process.

    Parameters
    ----------
    questions, answers : text files
        To and from the worker.
    stop : callable
        Ends the process and waits for it.
    """

    def __init__(self, questions: IO[str], answers: IO[str], stop: Callable[[], None]) -> None:
        self._questions, self._answers, self._stop = questions, answers, stop
        self._busy: int | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in self._answers:
                self._lines.put(line)
        self._lines.put(None)

    def hear(self, seconds: float) -> dict[str, Any]:
        """Wait for the next line.

        Raises
        ------
        WorkerLostError
            If none comes in time, or none will.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise WorkerLostError("time") from None
        if line is None:
            raise WorkerLostError("died")
        try:
            heard: dict[str, Any] = json.loads(line)
        except ValueError:
            raise WorkerLostError("died") from None
        return heard

    def ask(self, question: Mapping[str, Any], seconds: float) -> tuple[dict[str, Any] | None, str]:
        """Put a question, and end whoever takes too long over it.

        Raises
        ------
        WorkerLostError
            If the worker itself is gone.
        """
        try:
            self._questions.write(json.dumps(question) + "\n")
            self._questions.flush()
        except (OSError, ValueError):
            raise WorkerLostError("died") from None
        answer: dict[str, Any] | None = None
        why = ""
        while True:
            try:
                heard = self.hear(seconds)
            except WorkerLostError as lost:
                if why or self._busy is None or lost.args[0] != "time":
                    raise WorkerLostError(why or lost.args[0]) from None
                why = "time"
                _kill(self._busy)
                continue
            self._busy = heard.get("pid", self._busy)
            answer = heard.get("answer", answer)
            if "end" in heard:
                self._busy = None
                return answer, why or str(heard["end"])

    def stop(self) -> None:
        """End the process, and its child if one is at work still: after Ctrl-C."""
        if self._busy is not None:
            _kill(self._busy)
        with contextlib.suppress(OSError, ValueError):
            self._questions.close()
        self._stop()
        self._listener.join(_STARTING_SECONDS)  # the answers end with the process
        with contextlib.suppress(OSError, ValueError):
            self._answers.close()


def _kill(pid: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def start_worker(source: Source, limits: Limits) -> Worker:
    """Start a fresh Python that runs a file's imports, constants and definitions."""
    home = str(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "agg",
        # small matrices: threads would only cost memory and time
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "triceptron.checking.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def stop() -> None:
        process.kill()
        process.wait()

    order = {
        "file": source.file,
        "folder": source.folder,
        "blocks": [{"text": block.text, "cell": block.cell} for block in source.blocks],
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    return Worker(process.stdin, process.stdout, stop)


def fork_worker(serve: Callable[[IO[str], IO[str]], None]) -> Worker:
    """Fork this process, so that functions alive in it can be checked apart from it."""
    asked, ask = os.pipe()
    told, tell = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads: the child starts none
        child = os.fork()
    if child == 0:
        try:
            os.close(ask)
            os.close(told)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            serve(os.fdopen(asked, encoding="utf-8"), os.fdopen(tell, "w", encoding="utf-8"))
        finally:
            os._exit(0)
    os.close(asked)
    os.close(tell)

    def stop() -> None:
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(child, 0)

    return Worker(os.fdopen(ask, "w", encoding="utf-8"), os.fdopen(told, encoding="utf-8"), stop)


def supervise(
    start: Callable[[], Answering], limits: Limits, place: Callable[[str], Place | None]
) -> Examination:
    """Go through the steps, and then the chain; start a new worker where one is lost."""
    done = Examination()
    worker: Answering | None = None
    dead: list[str] = []

    def ask(what: str) -> dict[str, Any] | None:
        nonlocal worker
        wrong = [key for key, result in done.results.items() if result.status == "wrong"]
        try:
            if worker is None:
                worker = start()
                ready = worker.hear(_STARTING_SECONDS)
                done.names = dict(ready["names"])
                done.notes = [(Place(**note["place"]), note["reason"]) for note in ready["notes"]]
        except WorkerLostError as lost:
            done.problem = lost.args[0]
            return None
        try:
            question = {"ask": what, "wrong": wrong, "dead": dead}
            answer, why = worker.ask(question, _PATIENCE * limits.seconds)
        except WorkerLostError as lost:
            worker.stop()
            worker, answer, why = None, None, lost.args[0]
        return answer if answer is not None else {"why": why}

    try:
        for step in STEPS:
            answer = ask(step.key)
            if answer is None:
                return done
            if "why" in answer:
                dead.append(step.key)
                finding = _lost(answer["why"], limits, place(done.names.get(step.key, "")))
                done.results[step.key] = Result("wrong", (finding,))
            else:
                result = done.results[step.key] = Result.from_dict(answer)
                if any(
                    finding.kind in ("exit", "memory", "recursion", "raises") for finding in result.findings
                ):
                    dead.append(step.key)
        answer = ask("together")
        if answer is not None and "status" in answer:
            done.together = Result.from_dict(answer)
            if done.together.status == "wrong":
                _add_digits(done, ask("digits"))
    finally:
        if worker is not None:
            worker.stop()
    return done


def _lost(why: str, limits: Limits, place: Place | None) -> Finding:
    if why in ("time", _OUT_OF_TIME):
        return Finding("time", {"seconds": f"{limits.seconds:g}"}, place=place)
    return Finding("died", {"status": why}, place=place)


def _add_digits(done: Examination, sums: Mapping[str, Any] | None) -> None:
    """Tell the fault of the chain in the numbers of the digits job, and at the step that causes it, too."""
    (finding,) = done.together.findings
    if "culprit" not in finding.values:
        return
    if sums is not None and "got" in sums:
        finding = replace(finding, fed=_DIGITS, got=sums["got"], expected=sums["expected"])
    culprit = done.results.get(finding.values["culprit"])
    if culprit is not None and culprit.findings:
        finding = replace(finding, place=culprit.findings[0].place)
        consequence = replace(finding, kind="spoils_gradient", cause=None)
        done.results[finding.values["culprit"]] = culprit.add(consequence)
    done.together = replace(done.together, findings=(finding,))
