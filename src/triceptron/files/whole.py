"""A file or a folder, written whole or not at all.

Either is made beside its place first, brought to the disk, and moved to its place in one step: whoever looks
finds the old or the new, and what fails or is killed on the way leaves the old. What a killed writer left
beside that place is put right by the next one.
"""

import errno
import glob
import os
import re
import shutil
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeAlias

from triceptron.files.exchange import exchange
from triceptron.files.locks import HeldError, lock, locked

__all__ = [
    "Writer",
    "check_folder",
    "check_place",
    "make_folder",
    "names_in",
    "sync_folder",
    "write_file",
    "write_folder",
]

Writer: TypeAlias = Callable[[Path], object]
"""Writes one file of a folder; called with its path."""


def write_file(path: str | os.PathLike[str], data: bytes, *, new: bool = False) -> None:
    """Write a file, whole or not at all.

    A link is followed: what it leads to is replaced, the link stays, and so do the permissions of a file that
    is replaced. What is no regular file (a pipe, a device) is never replaced but written into.

    Parameters
    ----------
    path : path
    data : bytes
    new : bool
        Refuse to replace anything.

    Raises
    ------
    FileExistsError
        If `new` is asked for and something is there.
    OSError
        If it cannot be written; what was there before is still there.
    """
    path = Path(os.path.realpath(path))
    try:
        _clear(path)
        mode = path.stat().st_mode if path.exists() else None
        if mode is not None and new:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        if mode is not None and not stat.S_ISREG(mode):
            path.write_bytes(data)
            return
        while not _replaced(path, data, mode, _move_new if new else os.replace):
            pass
    except OSError as error:
        if error.filename is None and error.errno is not None:  # a full disk says only that it is full
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    sync_folder(path.parent)


def _replaced(path: Path, data: bytes, mode: int | None, move: Callable[[Path, Path], object]) -> bool:
    """Write beside the path and move it there; False if another writer took this one for dead meanwhile."""
    partial = path.with_name(f".{path.name[:100]}.{token_hex(8)}.partial")
    try:
        with open(partial, "xb") as file:
            if not _held(file, partial):
                return False
            if mode is not None:
                partial.chmod(stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":  # where no open file can be moved
                file.close()
            move(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return True


def _held(file: BinaryIO, path: Path) -> bool:
    """Hold a new file while its writer lives; False if another writer, which clears up, was there first."""
    try:
        lock(file.fileno())
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # a disk that knows no locks; on it nobody clears up
        return True


def _move_new(partial: Path, path: Path) -> None:
    """Move a file to where none may be."""
    try:
        os.link(partial, path)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a disk that knows no links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(partial, path)
    else:
        partial.unlink()


def _clear(path: Path) -> None:
    """Remove what killed writers of a file left beside it: what nobody holds."""
    if os.name == "nt":  # where looking at a file keeps its writer from moving it
        return
    for partial in _beside(path, f".{'[0-9a-f]' * 16}.partial"):
        with suppress(OSError), open(partial, "r+b") as file:
            lock(file.fileno())
            partial.unlink()


def check_place(path: Path) -> None:
    """Refuse a file that could not be written, before time is spent on what is to be in it.

    Raises
    ------
    OSError
        If its folder is not there or not writable; the message names the file.
    """
    folder = Path(os.path.realpath(path)).parent
    problem = errno.EACCES if folder.is_dir() else errno.ENOENT
    if problem == errno.ENOENT or not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(problem, os.strerror(problem), str(path))


def make_folder(path: Path) -> None:
    """Make a folder with all its parents, where they are not there; they last through a power cut.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    path = path.absolute()
    for folder in reversed([path, *path.parents]):
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)


def sync_folder(path: Path) -> None:
    """Make a folder's list of files last through a power cut.

    Systems that cannot open folders do that by themselves.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_folder(
    out: Path,
    files: Mapping[str, Writer],
    *,
    ours: Collection[str],
    force: bool = False,
    unfinished: Collection[str] = (),
) -> None:
    """Write files into a folder that is not there yet, or in the place of an earlier one of the same kind.

    Parameters
    ----------
    out : Path
        Made with all its parents.
    files : mapping of str to callable
        By name.
    ours, force, unfinished
        See `check_folder`.

    Raises
    ------
    OSError
        If the folder is in use or cannot be written; what was there before is still there.
    """
    out = out.absolute()
    _recover(out)
    check_folder(out, ours=ours, force=force, unfinished=unfinished)
    with _scratch(out) as scratch:
        new = scratch / "new"
        new.mkdir()
        try:
            for name, write in files.items():
                write(new / name)
                with open(new / name, "r+b") as file:
                    os.fsync(file.fileno())
        except OSError as error:  # it would name a file that is no more
            raise OSError(f"`out` {out} cannot be written: {error.strerror or error}") from error
        sync_folder(new)
        check = lambda: check_folder(out, ours=ours, force=force, unfinished=unfinished)  # noqa: E731
        _put(new, out, scratch / "old", check)
        sync_folder(out.parent)


def names_in(out: Path, *, ours: Collection[str] = ()) -> set[str]:
    """Return the names of what a folder for results holds; none where it is not there.

    What killed writers of `ours` left is not counted.

    Raises
    ------
    FileExistsError
        If it is a link, or a file.
    """
    if out.is_symlink():
        raise FileExistsError(f"`out` {out} is a link; name the folder that it leads to")
    try:
        return {name for name in os.listdir(out) if not _left_over(name, ours)}
    except FileNotFoundError:  # or gone since: another writer is between its two moves
        return set()
    except NotADirectoryError:
        if out.parent.is_dir():
            raise FileExistsError(f"`out` {out} is a file; name a folder") from None
        return set()


def check_folder(
    out: Path, *, ours: Collection[str], force: bool = False, unfinished: Collection[str] = ()
) -> None:
    """Refuse a folder that could not be written to, before time is spent on what is to go there.

    Parameters
    ----------
    out : Path
        Must be empty or not there, unless `force` is given.
    ours : collection of str
        The names of files that may be replaced.
    force : bool
        Replace an earlier folder that holds nothing but `ours`.
    unfinished : collection of str
        The names of files that are replaced without `force`, too.

    Raises
    ------
    OSError
        If the folder is in use or cannot be made; the message says which and how to mend it.
    """
    names = names_in(out, ours=ours)
    if not force and names.difference(unfinished):
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


def _put(new: Path, out: Path, old: Path, check: Callable[[], None]) -> None:
    """Move a folder to its place; what is there goes to where the new one was, or to `old`."""
    while not _moved(new, out):
        check()  # somebody may have written there meanwhile
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
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) and not out.exists():
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
            make_folder(out.parent)
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
    for scratch in _beside(out, f"-{'[0-9a-f]' * 16}"):
        with suppress(HeldError, OSError), locked(scratch / "lock"):
            new, old = scratch / "new", scratch / "old"
            if old.exists() and not out.exists():  # killed between the two moves
                (new if new.exists() else old).rename(out)
            shutil.rmtree(scratch, ignore_errors=True)


def _beside(path: Path, ending: str) -> Iterator[Path]:
    """Find what writers of this path make beside it; the ending is a pattern."""
    return path.parent.glob(f".{glob.escape(path.name[:100])}{ending}")


def _left_over(name: str, ours: Collection[str]) -> bool:
    """Tell what a killed writer of one of these files left beside it."""
    found = re.fullmatch(r"\.(.+)\.[0-9a-f]{16}\.partial", name)
    return found is not None and found[1] in ours
