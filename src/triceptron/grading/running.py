"""Checks many files, some at a time, each in the hands of a process that may be lost.

What is finished is kept by the SHA-256 of what was handed in and of the settings: a class that was stopped
goes on where it was, and what two learners handed in alike is checked once.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread, Timer
from typing import Any

from triceptron import core
from triceptron.files import write_file
from triceptron.grading.collecting import Loaded, Submission
from triceptron.grading.outcome import cleaned
from triceptron.language import Language, say

__all__ = ["Checked", "Settings", "check_all"]

_SCHEMA = 1
_LONGEST_ANSWER = 64_000_000


@dataclass(frozen=True)
class Settings:
    """All that a verdict depends on beside the files."""

    lang: Language
    time_limit: float
    forbidden: tuple[str, ...]

    def key(self, loaded: Loaded) -> str:
        """Return the name under which the verdict on a submission is kept."""
        known = [_SCHEMA, core.version(), sys.version_info[:2], asdict(self), loaded.digest()]
        return sha256(json.dumps(known).encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Checked:
    """A submission's report as `triceptron.checking.Report.to_dict` gives it, and what else was seen."""

    report: Mapping[str, Any]
    file: str
    key: str
    remarks: tuple[str, ...]


def check_all(
    submissions: Sequence[Submission],
    kept: Path,
    settings: Settings,
    n_jobs: int,
    progress: Callable[[int, int], object],
) -> list[Checked]:
    """Check every submission that `kept` has no report of, and return all the reports in their order.

    Raises
    ------
    KeyboardInterrupt
        After every process is ended; what was finished is in `kept`.
    """
    seen: list[tuple[str, str, tuple[str, ...]]] = []
    waiting: dict[str, Submission] = {}
    for submission in submissions:
        loaded = submission.load()
        key = settings.key(loaded)
        seen.append((key, loaded.main, loaded.remarks))
        if loaded.main and key not in waiting and _read(kept / f"{key}.json") is None:
            waiting[key] = submission
    todo = sum(key in waiting for key, *_ in seen)
    done = len(seen) - todo
    progress(done, len(seen))
    lost = set()
    for key, report in _run(waiting, settings, n_jobs):
        if report is None:
            lost.add(key)
        else:
            write_file(kept / f"{key}.json", json.dumps(report, indent=1, sort_keys=True).encode())
        done += sum(key == each for each, *_ in seen)
        progress(done, len(seen))
    found = []
    for key, main, remarks in seen:
        report = _read(kept / f"{key}.json") if main else None
        if report is None:
            why = say("no .py file and no .ipynb notebook was handed in")
            if key in lost or main:
                why = say("the check ended twice without an answer: look at this one by hand")
            report = {"schema": 1, "file": main, "ok": False, "error": why}
        found.append(Checked(report, main, key, remarks))
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """Return a report that is kept; None where there is none that can be read."""
    try:
        report = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) and "file" in report else None


def _run(waiting: Mapping[str, Submission], settings: Settings, n_jobs: int) -> Any:
    """Yield each key with its report, in the order in which they finish; None where a check is lost."""
    orders: Queue[tuple[str, Submission]] = Queue()
    for entry in waiting.items():
        orders.put(entry)
    finished: Queue[tuple[str, dict[str, Any] | None]] = Queue()
    stop = Event()
    workers = [_Worker(orders, finished, settings, stop) for _ in range(min(n_jobs, len(waiting)))]
    threads = [Thread(target=worker.work, daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        left = len(waiting)
        while left:
            with suppress(Empty):  # a wait without an end would not hear Ctrl-C everywhere
                yield finished.get(timeout=0.5)
                left -= 1
    finally:
        stop.set()
        for worker in workers:
            worker.kill()
        for thread in threads:
            thread.join(timeout=10)


class _Worker:
    """A process that checks one file after another, and is started again when it is lost."""

    def __init__(
        self,
        orders: Queue[tuple[str, Submission]],
        finished: Queue[tuple[str, dict[str, Any] | None]],
        settings: Settings,
        stop: Event,
    ) -> None:
        self._orders, self._finished, self._settings, self._stop = orders, finished, settings, stop
        self._process: subprocess.Popen[bytes] | None = None

    def work(self) -> None:
        """Take orders until none is left."""
        while not self._stop.is_set():
            try:
                key, submission = self._orders.get_nowait()
            except Empty:
                break
            report = None
            try:
                report = self._checked(submission) or self._checked(submission)
            except Exception:  # whatever this one did, the others are checked
                report = None
            finally:
                if not self._stop.is_set():
                    self._finished.put((key, report))
        self.kill()

    def kill(self) -> None:
        """End the process; what it started ends with it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError, ValueError):
                    pipe.close()  # type: ignore[union-attr]

    def _checked(self, submission: Submission) -> dict[str, Any] | None:
        with tempfile.TemporaryDirectory(prefix="triceptron-", ignore_cleanup_errors=True) as folder:
            file = submission.load().write(Path(folder))
            order = {
                "file": str(file),
                "lang": self._settings.lang,
                "time_limit": self._settings.time_limit,
                "forbidden": self._settings.forbidden,
            }
            report = self._ask(order)
        return None if report is None else cleaned(report, folder)

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the process's answer; None where it ends without one, or takes beyond all measure."""
        if self._stop.is_set():
            return None
        process = self._process = self._process or _start()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = Timer(120.0 + 100.0 * self._settings.time_limit, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline(_LONGEST_ANSWER)
        except (OSError, ValueError):
            answer = b""
        finally:
            timer.cancel()
        if not answer.endswith(b"\n"):
            self.kill()
            return None
        report: dict[str, Any] = json.loads(answer)
        return report


def _start() -> "subprocess.Popen[bytes]":
    """Start a process that does not hear Ctrl-C: this one does, and ends it."""
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [sys.executable, "-m", "triceptron.grading.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **apart,
    )
