"""Two folders exchanged in one step, where the system can: nobody ever finds neither of them."""

import ctypes
import os
import sys
from pathlib import Path

__all__ = ["exchange"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux: renameat2(2)
_RENAME_SWAP = 2  # macOS: renamex_np(2)


def exchange(one: Path, other: Path) -> bool:
    """Exchange what two paths name; False, with nothing done, where the system or its disk cannot."""
    if sys.platform not in ("linux", "darwin"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "linux":
            failed = library.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
        else:
            failed = library.renamex_np(*paths, _RENAME_SWAP)
    except AttributeError:  # a C library from before 2018
        return False
    return not failed
