"""The near end of a learner's process: starts it, asks it, and ends what takes too long."""

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from triceptron.checking.closed import executor
from triceptron.checking.closed.executor import Channel, ClosedError

__all__ = ["Limits", "LostError", "Process", "Start", "fork_this", "start_file"]

_STARTING_SECONDS = 30.0
"""For the imports of the learner's file; they may be large."""

_PATIENCE = 4
"""Wall time that is granted for each second of processor time: other programs run beside ours."""

_OUT_OF_TIME = -int(getattr(signal, "SIGXCPU", 0))

FORKS = hasattr(os, "fork") and hasattr(socket, "send_fds")

Answer = Callable[[str, list[Any]], dict[str, Any]]
"""What stands in for a step: from its key and the arguments to value, what is written back, or an error."""


@dataclass(frozen=True)
class Limits:
    """What a step's check may take."""

    seconds: float = 3.0
    memory: int | None = 1 << 30


class LostError(Exception):
    """The process ended or had to be ended: `args[0]` is "time", or its exit status."""


Start = Callable[[], tuple[socket.socket, Callable[[], None]]]
"""Starts a process that serves; returns our end of the channel, and what ends the process."""


class Process:
    """A learner's process, started again whenever it is lost."""

    def __init__(self, start: Start, limits: Limits) -> None:
        self._start, self.limits = start, limits
        self._channel: Channel | None = None
        self._left = 0.0
        self._answer: Answer | None = None
        self.found: list[dict[str, Any]] = []
        self.notes: list[Any] = []
        self.modules: list[str] = []
        self.revived: list[str] = []

    def start(self) -> None:
        """Start the process, if none is running, and hear what it has found."""
        if self._channel is not None:
            return
        end, self._stop = self._start()
        self._channel, self._left = Channel(end), _STARTING_SECONDS
        greeting = self._hear()
        self.found = [entry for entry in greeting["found"] if isinstance(entry, dict)]
        self.notes, self.modules = greeting["notes"], greeting["modules"]
        self.revived = list(map(str, greeting["revived"]))

    def stop(self) -> None:
        """End the process and all that it started."""
        if self._channel is not None:
            self._channel.socket.close()
            self._channel = None
            self._stop()

    @contextmanager
    def step(self, times: int = 1) -> Iterator[None]:
        """Make calls in a child of the process, within the limits, or some times as much time."""
        try:
            self._begin(times)
        except LostError:  # what an earlier step has left running spoke first
            self.stop()
            self._begin(times)
        try:
            yield
        except LostError:
            raise
        except BaseException:
            self.stop()
            raise
        self._say({"ask": "end"})
        self._expect("ended")

    def _begin(self, times: int) -> None:
        self.start()
        self._left = _PATIENCE * self.limits.seconds * times
        self._say({"ask": "step", "times": times})
        self._expect("ready")

    def call(self, request: Mapping[str, Any], answer: Answer | None = None) -> dict[str, Any]:
        """Make a call, with `answer` for whatever it asks of ours."""
        self._say({"ask": "call", **request})
        while True:
            heard = self._hear()
            if "outcome" in heard:
                outcome: dict[str, Any] = heard["outcome"]
                return outcome
            if "wanted" in heard and answer is not None:
                self._say(answer(str(heard["wanted"]), list(heard["arguments"])))
            else:
                self._lose("died")

    def _expect(self, what: str) -> None:
        if what not in self._hear(ending=what == "ended"):
            self._lose("died")

    def _say(self, message: Mapping[str, Any]) -> None:
        assert self._channel is not None
        try:
            self._channel.send(message)
        except ClosedError:
            self._lose("died")

    def _hear(self, *, ending: bool = False) -> dict[str, Any]:
        """Wait for a message while there is time left; a child's end counts only where it is awaited."""
        assert self._channel is not None
        began = monotonic()
        self._channel.socket.settimeout(max(self._left, 0.01))
        try:
            heard = self._channel.receive()
        except ClosedError as error:
            self._lose("time" if error.args[0] == "time" else "died")
        self._left -= monotonic() - began
        if not isinstance(heard, dict):
            self._lose("died")
        if "ended" in heard and (heard["ended"] or not ending):
            raise LostError("time" if heard["ended"] == _OUT_OF_TIME else str(heard["ended"]))
        found: dict[str, Any] = heard
        return found

    def _lose(self, why: str) -> Any:
        self.stop()
        raise LostError(why)


# --- starting ---


class _Forker:
    """The one process, without any learner's code in it, that forks a process for each file."""

    def __init__(self) -> None:
        self._end, far = socket.socketpair()
        command = [sys.executable, "-P", executor.__file__, "fork", str(far.fileno())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            pass_fds=[far.fileno()],
        )
        far.close()
        self._lock = threading.Lock()
        atexit.register(self.close)

    def start(self) -> tuple[socket.socket, int]:
        """Fork a server; return our end of its channel and its process number."""
        near, far = socket.socketpair()
        with self._lock, far:
            socket.send_fds(self._end, [b"s" + bytes(8)], [far.fileno()])
            (child,) = struct.unpack("<q", self._end.recv(8))
        return near, child

    def stop(self, child: int) -> None:
        """End a server and all that descends from it."""
        with self._lock, contextlib.suppress(OSError):
            self._end.sendall(b"k" + struct.pack("<q", child))
            self._end.recv(8)

    def close(self) -> None:
        """End all."""
        self._end.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def alive(self) -> bool:
        """Tell whether it runs, as a child of this very process."""
        return self._process.poll() is None


_forkers: dict[int, _Forker] = {}


def _forker() -> _Forker:
    forker = _forkers.get(os.getpid())
    if forker is None or not forker.alive():
        forker = _forkers[os.getpid()] = _Forker()
    return forker


_KEPT = (
    "PATH",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "LANG",
    "LC_ALL",
)


def _environment() -> dict[str, str]:
    """Return what of the environment a learner's process is to see: no secrets, one thread."""
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "agg",
        # small matrices: threads would only cost memory and time
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def start_file(order: Mapping[str, Any]) -> Start:
    """Return what starts a process that loads a file's blocks."""

    def start() -> tuple[socket.socket, Callable[[], None]]:
        if FORKS:
            forker = _forker()
            end, child = forker.start()
            stop: Callable[[], None] = lambda: forker.stop(child)  # noqa: E731
        else:
            end, stop = _start_alone()
        scratch = tempfile.mkdtemp(prefix="triceptron-")
        with contextlib.suppress(ClosedError):
            Channel(end).send({**order, "scratch": scratch})

        def stop_and_clean() -> None:
            stop()
            shutil.rmtree(scratch, ignore_errors=True)

        return end, stop_and_clean

    return start


def _start_alone() -> tuple[socket.socket, Callable[[], None]]:
    """Start a Python of its own, which connects over the loopback interface and shows a secret."""
    token = secrets.token_hex(16).encode() + b"\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_STARTING_SECONDS)
        command = [sys.executable, "-P", executor.__file__, "alone", str(server.getsockname()[1])]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        assert process.stdin is not None
        process.stdin.write(token)
        process.stdin.close()

        def stop() -> None:
            process.kill()
            process.wait()

        try:
            end, _ = server.accept()
            end.settimeout(_STARTING_SECONDS)
            if end.recv(len(token), socket.MSG_WAITALL) != token:
                raise OSError("another program has connected")
        except OSError:
            stop()
            raise LostError("died") from None
    return end, stop


def fork_this(namespace: dict[str, Any], provided: dict[str, Any], limits: Limits) -> Start:
    """Return what forks this process, so that functions alive in it can be called apart from it.

    Where the platform cannot fork, a thread of this process serves instead.
    """

    def serve(end: socket.socket) -> None:
        learner = executor.Learner(namespace, Channel(end, far=True), provided)
        with contextlib.suppress(ClosedError):
            executor.serve(learner, limits={"memory": limits.memory, "seconds": limits.seconds})

    def start() -> tuple[socket.socket, Callable[[], None]]:
        near, far = socket.socketpair()
        if not hasattr(os, "fork"):
            threading.Thread(target=serve, args=[far], daemon=True).start()
            return near, far.close
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of forking with threads: the child starts none
            child = os.fork()
        if child == 0:
            try:
                near.close()
                os.setsid()
                executor.silence()
                serve(far)
            finally:
                os._exit(0)
        far.close()
        return near, lambda: executor.end_all(child)

    return start
