"""A file or a folder, written whole or not at all.

Either is made beside its place first, and moved there when it is complete: whoever looks finds the old or
the new, and what fails on the way leaves the old.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from secrets import token_hex
from typing import TypeAlias

__all__ = ["Writer", "check_folder", "write_file", "write_folder"]

Writer: TypeAlias = Callable[[Path], object]
"""Writes one file of a folder; called with its path."""


def write_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file: under a name of its own first, to the disk, then moved to its place at once.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is still there.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{token_hex(8)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_folder(
    out: Path, files: Mapping[str, Writer], *, ours: Collection[str], force: bool = False
) -> None:
    """Write files into a folder that is not there yet, or in the place of an earlier one of the same kind.

    Parameters
    ----------
    out : Path
        Made with all its parents.
    files : mapping of str to callable
        By name.
    ours, force
        See `check_folder`.

    Raises
    ------
    OSError
        If the folder is in use or cannot be written; what was there before is still there.
    """
    check_folder(out, ours=ours, force=force)
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise OSError(f"`out` {out} cannot be written: {error.strerror}; name another folder") from error
    try:
        new, old = scratch / "new", scratch / "old"
        new.mkdir()
        for name, write in files.items():
            write(new / name)
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_folder(out: Path, *, ours: Collection[str], force: bool = False) -> None:
    """Refuse a folder that could not be written to, before time is spent on what is to go there.

    Parameters
    ----------
    out : Path
        Must be empty or not there, unless `force` is given.
    ours : collection of str
        The names of files that may be replaced.
    force : bool
        Replace an earlier folder that holds nothing but `ours`.

    Raises
    ------
    OSError
        If the folder is in use or cannot be made; the message says which and how to mend it.
    """
    if out.exists():
        if not out.is_dir():
            raise FileExistsError(f"`out` {out} is a file; name a folder")
        names = {path.name for path in out.iterdir()}
        if names and not force:
            raise FileExistsError(
                f"`out` {out} already holds files; name another folder, or add `force=True` to replace it"
            )
        if foreign := sorted(names.difference(ours)):
            raise FileExistsError(f"`out` {out} holds {foreign[0]}, which no run wrote; name another folder")
    parent = out.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise NotADirectoryError(f"`out` {out} cannot be made: {parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"`out` {out} cannot be made: {parent} is not writable")


def _sync_folder(folder: Path) -> None:
    """Make a move last through a power cut; systems that cannot open folders do it by themselves."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
