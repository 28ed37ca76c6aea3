"""A lock that ends with the process that holds it, however that ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["HeldError", "locked"]


class HeldError(OSError):
    """Another process holds the lock.

    Attributes
    ----------
    holder : str
        Its process number, where it could be read.
    """

    def __init__(self, message: str, holder: str = "") -> None:
        super().__init__(message)
        self.holder = holder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs.

    Raises
    ------
    HeldError
        If another process, or another block of this one, holds it.
    OSError
        If the file cannot be made.
    """
    with open(path, "a+b") as file:
        try:
            _lock(file.fileno())
        except OSError:
            file.seek(0)
            holder = file.read(20).decode("ascii", "replace").strip()
            raise HeldError(f"{path} is held by process {holder}", holder) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        yield


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # the byte that is locked: beyond what is written, which others may read

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
