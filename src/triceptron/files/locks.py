"""A lock that ends with the process that holds it, however that ends."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["HeldError", "lock", "locked"]


_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a disk that knows no locks answers; on it nobody is kept out."""


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
    """Hold a lock file while the block runs; it is removed in the end.

    Raises
    ------
    HeldError
        If another process, or another block of this one, holds it.
    OSError
        If the file cannot be made.
    """
    with _hold(path) as file:
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def _hold(path: Path) -> BinaryIO:
    while True:
        file = open(path, "a+b")  # noqa: SIM115 - closed by the caller
        try:
            lock(file.fileno())
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:  # its last holder has just removed it
            pass
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return file
            file.seek(0)
            holder = file.read(20).decode("ascii", "replace").strip()
            file.close()
            raise HeldError(f"{path} is held by process {holder}", holder) from None
        file.close()


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # the byte that is locked: beyond what is written, which others may read

    def lock(descriptor: int) -> None:
        """Lock an open file until it is closed; an `OSError` where another holds it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Lock an open file until it is closed; an `OSError` where another holds it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
