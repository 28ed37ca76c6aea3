"""A file or a folder, written whole or not at all.

Either is made beside its place first, brought to the disk, and moved to its place in one step: whoever looks
finds the old or the new, and what fails or is killed on the way leaves the old. What a killed writer of a
folder left beside its place is put right by the next one.
"""

import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TypeAlias

from triceptron.files.exchange import exchange
from triceptron.files.locks import HeldError, locked

__all__ = ["Writer", "check_folder", "write_file", "write_folder"]

Writer: TypeAlias = Callable[[Path], object]
"""Writes one file of a folder; called with its path."""


def write_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file, whole or not at all.

    A link is followed: what it leads to is replaced, the link stays, and so do the permissions of a file that
    is replaced. What is no regular file (a pipe, a device) is never replaced but written into.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is still there.
    """
    path = Path(os.path.realpath(path))
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        path.write_bytes(data)
        return
    partial = path.with_name(f".{path.name[:100]}.{token_hex(8)}.partial")
    try:
        with open(partial, "xb") as file:
            if mode is not None:
                partial.chmod(stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(path.parent)


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
    out = out.absolute()
    _recover(out)
    check_folder(out, ours=ours, force=force)
    with _scratch(out) as scratch:
        new = scratch / "new"
        new.mkdir()
        for name, write in files.items():
            write(new / name)
            _sync(new / name)
        _sync(new)
        _put(new, out, scratch / "old", ours=ours, force=force)
        _sync(out.parent)


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
    if out.is_symlink():
        raise FileExistsError(f"`out` {out} is a link; name the folder that it leads to")
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


def _put(new: Path, out: Path, old: Path, *, ours: Collection[str], force: bool) -> None:
    """Move a folder to its place; what is there goes to where the new one was, or to `old`."""
    while not _moved(new, out):
        check_folder(out, ours=ours, force=force)  # somebody may have written there meanwhile
        if exchange(new, out):
            return
        with suppress(FileNotFoundError):  # a system without it: two moves, and `_recover` between them
            out.rename(old)
        try:
            if _moved(new, out):
                return
        except BaseException:
            if not out.exists():
                old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _moved(new: Path, out: Path) -> bool:
    """Move a folder where none is, or an empty one; False where one with files is."""
    try:
        new.rename(out)
    except OSError:
        if not out.exists():
            raise
        return False
    return True


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """Make a folder beside `out`, locked while its writer lives, and remove it in the end."""
    with ExitStack() as held:
        scratch = _locked_scratch(out, held)
        held.callback(shutil.rmtree, scratch, ignore_errors=True)
        yield scratch


def _locked_scratch(out: Path, held: ExitStack) -> Path:
    while True:
        scratch = out.with_name(f".{out.name[:100]}-{token_hex(8)}")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            scratch.mkdir()
        except OSError as error:
            problem = f"`out` {out} cannot be written: {error.strerror}; name another folder"
            raise OSError(problem) from error
        with suppress(HeldError, FileNotFoundError):  # another's `_recover` was here before the lock was
            held.enter_context(locked(scratch / "lock"))
            return scratch


def _recover(out: Path) -> None:
    """Finish or remove what writers that were killed left beside the folder."""
    if not out.parent.is_dir():
        return
    for scratch in out.parent.glob(f".{_literal(out.name[:100])}-{'[0-9a-f]' * 16}"):
        with suppress(HeldError, OSError), locked(scratch / "lock"):
            new, old = scratch / "new", scratch / "old"
            if old.exists() and not out.exists():  # killed between the two moves
                (new if new.exists() else old).rename(out)
            shutil.rmtree(scratch, ignore_errors=True)


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _sync(path: Path) -> None:
    """Make a file or a folder's list of files last through a power cut.

    Systems that cannot open folders do that by themselves.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
