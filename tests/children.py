"""Numbered pieces of work in a child process: a crash or an endless loop is counted and not suffered."""

import mmap
import os
import struct
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

__all__ = ["Position", "watched"]

_GIVEN_UP = 60  # seconds without an answer, after which a child is killed


class Position:
    """Which piece a child is at, and how many it saw refused; parent and child share both numbers."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def set(self, number: int, refused: int) -> None:
        self._memory[:] = struct.pack("qq", number, refused)

    def get(self) -> tuple[int, int]:
        number, refused = struct.unpack("qq", self._memory)
        return number, refused


def watched(name: str, work: Callable[[Callable[[str], None]], None], position: Position) -> list[str]:
    """Let a child do the work as far as it comes.

    Parameters
    ----------
    name : str
        Of the work, for what is said about it.
    work : callable
        Keeps `position` and is handed the function that takes a sentence about each fault.
    position : Position

    Returns
    -------
    list of str
        The faults, the child's own end among them.
    """
    with tempfile.NamedTemporaryFile("r", prefix="faults-") as report:
        child = os.fork()
        if not child:
            try:
                with open(report.name, "a") as faults:
                    work(lambda fault: print(fault, file=faults, flush=True))
            except BaseException:
                Path(report.name).write_text(f"{name}: the trial itself failed: {traceback.format_exc()}")
            finally:
                os._exit(0)
        status = _end_of(child, position)
        faults = report.read().splitlines()
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        what = f"does not end within {_GIVEN_UP} s" if number == 9 else f"died of signal {number}"
        faults.append(f"{name}, number {position.get()[0]}: {what}")
    return faults


def _end_of(child: int, position: Position) -> int:
    at, since = position.get()[0], time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
        reached = position.get()[0]
        if reached != at:
            at, since = reached, time.monotonic()
        elif time.monotonic() - since > _GIVEN_UP:
            os.kill(child, 9)
