"""The files below a folder or in a zip, zips within zips included: nothing is unpacked, nothing believed.

A link is not followed, a path that leads out is not read, and what a zip unpacks to is counted as it comes,
whatever its headings say.
"""

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from triceptron.language import say

__all__ = ["Budget", "Entry", "entries", "printable", "read_file"]

LARGEST_FILE, LARGEST_ZIP = 20_000_000, 50_000_000
MOST_BYTES, MOST_ENTRIES, DEEPEST = 100_000_000, 5_000, 3
_UNSEEN = re.compile(r"\.|__MACOSX$|__pycache__$|Thumbs\.db$|desktop\.ini$")


class Entry(NamedTuple):
    """A file, or a folder where `read` is None; or one that is not read, where `problem` says why."""

    parts: tuple[str, ...]
    read: Callable[[], bytes] | None = None
    problem: str = ""


class Budget:
    """What one submission may unpack to, its zips within zips included."""

    def __init__(self) -> None:
        self.bytes, self.entries = MOST_BYTES, MOST_ENTRIES

    def take(self, size: int) -> None:
        """Count bytes; a ValueError where they are too many."""
        self.bytes -= size
        if self.bytes < 0:
            raise ValueError(say("unpacks to more than {1} MB", MOST_BYTES // 1_000_000))


def printable(text: str) -> str:
    """Write a name so that it can be shown anywhere: no controls, no letters that turn the line round."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def entries(source: Path) -> Iterator[Entry]:
    """List what a folder or a zip holds, in the order of the names.

    Raises
    ------
    OSError
        If the source itself cannot be read.
    ValueError
        If it is neither a folder nor a zip.
    """
    if source.is_dir():
        yield from _in_folder(source, ())
        return
    if not zipfile.is_zipfile(source):
        raise ValueError(f"{source}: neither a folder, a zip, a .py file nor an .ipynb notebook")
    yield from _in_zip(partial(_open, source), (), 0, None)


def _in_folder(folder: Path, parts: tuple[str, ...], budget: Budget | None = None) -> Iterator[Entry]:
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not parts:
            raise
        yield Entry(parts, problem=say("cannot be read: {1}", error.strerror or error))
        return
    for entry in found:
        if _UNSEEN.match(entry.name):
            continue
        own = budget or Budget()
        inner = (*parts, entry.name)
        own.entries -= 1
        if own.entries < 0:
            yield Entry(parts, problem=say("holds more than {1} files", MOST_ENTRIES))
            return
        if entry.is_symlink():
            yield Entry(inner, problem=say("a link: not followed"))
        elif entry.is_dir():
            yield Entry(inner)
            if len(inner) < 30:
                yield from _in_folder(Path(entry.path), inner, own)
        elif not entry.is_file():
            yield Entry(inner, problem=say("not a regular file"))
        elif _is_zip(entry.name):
            yield Entry(inner)
            yield from _in_zip(partial(_open, entry.path), inner, 0, own)
        else:
            yield Entry(inner, partial(read_file, entry.path))


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _in_zip(
    open_it: Callable[[], IO[bytes]], parts: tuple[str, ...], depth: int, budget: Budget | None
) -> Iterator[Entry]:
    """List a zip's entries; without a budget it is a whole class, each of whose parts gets its own."""
    try:
        with open_it() as file, zipfile.ZipFile(file) as archive:
            infos = {info.filename: info for info in archive.infolist()}  # the last of a name wins
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        yield Entry(parts, problem=say("not a whole zip: {1}", printable(str(error))[:200]))
        return
    budgets: dict[str, Budget] = {}
    for _, info in sorted(infos.items()):
        names = _name(info).replace("\\", "/").split("/")
        if any(map(_UNSEEN.match, filter(lambda name: name not in ("", ".", ".."), names))):
            continue
        inner = (*parts, *(name for name in names if name not in ("", ".")))
        if ".." in names or names[0] == "" or re.match("[A-Za-z]:", names[0]) or len(inner) > 30:
            safe = tuple(name for name in inner if name != "..")
            yield Entry(safe or ("?",), problem=say("its path leads out of the zip: not read"))
            continue
        if len(inner) == len(parts):
            continue
        own = budget or budgets.setdefault(inner[0], Budget())
        own.entries -= 1
        if own.entries < 0:
            yield Entry(inner, problem=say("holds more than {1} files", MOST_ENTRIES))
            return
        mode = info.external_attr >> 16
        if info.is_dir() or names[-1] == "":
            yield Entry(inner)
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            yield Entry(inner, problem=say("a link: not followed"))
        elif not _is_zip(inner[-1]):
            yield Entry(inner, _reader(open_it, info.filename, LARGEST_FILE))
        elif depth == DEEPEST:
            yield Entry(inner, problem=say("zips within zips, more than {1} deep", DEEPEST))
        else:
            yield Entry(inner)
            try:
                data = _reader(open_it, info.filename, LARGEST_ZIP)()
                own.take(len(data))
            except ValueError as error:
                yield Entry(inner, problem=str(error))
                continue
            yield from _in_zip(partial(io.BytesIO, data), inner, depth + 1, own)


def read_file(path: str | Path) -> bytes:
    """Read a file of a submission; a ValueError where it is too large."""
    with open(path, "rb") as file:
        return _read(file, LARGEST_FILE)


def _reader(open_it: Callable[[], IO[bytes]], name: str, limit: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with open_it() as file, zipfile.ZipFile(file) as archive:
                return _read(archive.open(name), limit)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
            zlib.error,
            KeyError,
        ) as error:
            raise ValueError(say("cannot be unpacked: {1}", printable(str(error))[:200])) from None

    return read


def _open(path: str | Path) -> IO[bytes]:
    return open(path, "rb")


def _read(file: IO[bytes], limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(say("larger than {1} MB", limit // 1_000_000))
    return data


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; where the zip does not say that it is UTF-8, it may be that, or Chinese."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or all(letter.isascii() or "\u4e00" <= letter <= "\u9fff" for letter in name):
            return name
    return info.filename
