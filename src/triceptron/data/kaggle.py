"""The competition's files: found, read straight into bytes, and told where they are wrong."""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple, NoReturn, TextIO

import numpy as np
import numpy.typing as npt

from triceptron.data.dataset import Dataset
from triceptron.data.errors import TableError, shown
from triceptron.data.text import most_unpacked

__all__ = ["PIXELS", "Competition", "Files", "Source", "find", "read"]

KAGGLE_INPUT = Path("/kaggle/input")
"""Where a notebook on Kaggle itself finds its data."""

_SIDE = 28
_CLASSES = tuple("0123456789")
PIXELS = [f"pixel{i}" for i in range(_SIDE * _SIDE)]
_LONGEST_HEAD = 100_000  # letters; theirs has 8,000
_NAMES = ("train.csv", "test.csv")
_WISH = "name train.csv and test.csv, their folder, or digit-recognizer.zip"


class Source(NamedTuple):
    """A file, on the disk or within a zip.

    Attributes
    ----------
    path : Path
        The file, or the zip that it lies in.
    member : str or None
        Its name within the zip.
    """

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}: {self.member}"

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """Open it as text; a byte-order mark at its beginning is skipped."""
        try:
            if self.member is None:
                with open(self.path, encoding="utf-8-sig") as file:
                    yield file
            else:
                with _unpacked(self.path, self.member) as file:
                    yield io.TextIOWrapper(file, encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise TableError(None, f"{self} is not text") from None


@contextmanager
def _unpacked(path: Path, member: str) -> Iterator[IO[bytes]]:
    """Open a member of a zip; what is wrong with either is a `TableError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            packed = min(archive.getinfo(member).compress_size, path.stat().st_size)
            if archive.getinfo(member).file_size > most_unpacked(packed):
                whole = f"{path}: {member}"
                raise TableError(
                    None, f"{whole} unpacks to more than 50 times its size; if it is a table, unpack it first"
                )
            with archive.open(member) as file:
                yield file
    except (TableError, UnicodeDecodeError):
        raise
    except Exception as error:  # zipfile and what it unpacks with raise a dozen kinds
        raise TableError(None, f"{path}: {member} cannot be unpacked: {_said(error)}") from None


def _said(error: Exception) -> str:
    return shown(str(error) or type(error).__name__, "")


class Files(NamedTuple):
    """The two files of the competition."""

    train: Source
    test: Source


class Competition(NamedTuple):
    """The competition's data.

    Attributes
    ----------
    train : Dataset
        Images of 28 × 28 pixels as bytes, with their labels.
    test : array of uint8, shape (n, 784)
        The images to be labelled.
    """

    train: Dataset
    test: npt.NDArray[np.uint8]


def find(paths: Sequence[Path] = ()) -> Files:
    """Find the competition's files.

    Parameters
    ----------
    paths : sequence of Path
        train.csv and test.csv; or one path, of their folder or of the competition's zip. Without any, they
        are looked for where Kaggle puts them in a notebook of its own, under /kaggle/input.

    Returns
    -------
    Files

    Raises
    ------
    TableError
        If they are not there.
    """
    if len(paths) == 2:
        for path in paths:
            if not path.is_file():
                problem = f"{path} is a folder: {_WISH}" if path.is_dir() else f"{path} is not there: {_WISH}"
                raise TableError(None, problem)
        return Files(*map(Source, paths))
    if len(paths) > 2:
        raise TableError(None, f"{len(paths)} paths given: {_WISH}")
    if not paths:
        return _find_on_kaggle()
    (path,) = paths
    if path.is_dir():
        return _find_in_folder(path)
    if not path.is_file():
        raise TableError(None, f"{path} is not there: {_WISH}")
    if zipfile.is_zipfile(path):
        return _find_in_zip(path)
    if path.suffix.lower() == ".csv":
        raise TableError(None, f"{path} is one of two files: {_WISH}")
    raise TableError(None, f"{path} is neither a folder nor a zip: {_WISH}")


def _find_on_kaggle() -> Files:
    for train in sorted(KAGGLE_INPUT.rglob("train.csv")):
        test = train.with_name("test.csv")
        if test.is_file() and _headings(Source(train)) == ["label", *PIXELS]:
            return Files(Source(train), Source(test))
    if KAGGLE_INPUT.is_dir():
        raise TableError(
            None,
            f"the competition's files are not under {KAGGLE_INPUT}: add Digit Recognizer as input to the "
            f"notebook, or {_WISH}",
        )
    raise TableError(None, f"no files given: {_WISH}; `download` fetches them with your Kaggle account")


def _find_in_folder(folder: Path) -> Files:
    for name in _NAMES:
        if not (folder / name).is_file():
            raise TableError(None, f"{folder} holds no {name}: {_WISH}")
    return Files(*(Source(folder / name) for name in _NAMES))


def _find_in_zip(path: Path) -> Files:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.namelist() if "__MACOSX" not in member]
    except Exception as error:
        raise TableError(None, f"{path} is not a whole zip: {_said(error)}") from None
    found = []
    for name in _NAMES:
        there = [member for member in members if member.rsplit("/", 1)[-1] == name]
        if not there:
            holds = ", ".join(shown(member, "") for member in members[:5]) or "nothing"
            raise TableError(None, f"{path} holds no {name}, but {holds}: {_WISH}")
        found.append(Source(path, min(there, key=len)))
    return Files(*found)


def read(files: Files) -> Competition:
    """Read both files, straight into bytes.

    Parameters
    ----------
    files : Files
        From `find`.

    Returns
    -------
    Competition

    Raises
    ------
    TableError
        If a file is not what it should be, the headings of both checked first; the message names file, line
        and column.
    """
    _check_train_headings(files)
    _check_test_headings(files)
    labelled = _read_bytes(files.train, ["label", *PIXELS])
    images = _read_bytes(files.test, PIXELS)
    X, y = np.ascontiguousarray(labelled[:, 1:]), labelled[:, 0].astype(np.int64)
    return Competition(Dataset(X, y, _CLASSES, (_SIDE, _SIDE)), images)


def _headings(source: Source) -> list[str]:
    with source.open() as lines:
        return [heading.strip().strip('"') for heading in lines.readline(_LONGEST_HEAD).split(",")]


def _check_train_headings(files: Files) -> None:
    headings = _headings(files.train)
    if headings == PIXELS:
        swapped = _headings(files.test) == ["label", *PIXELS]
        mend = "the two files are swapped" if swapped else "it looks like test.csv"
        raise TableError(files.train, f"no label column; {mend}, give train.csv first", line=1)
    _check_headings(files.train, headings, ["label", *PIXELS])


def _check_test_headings(files: Files) -> None:
    headings = _headings(files.test)
    if "label" in headings:
        raise TableError(
            files.test,
            "a label column, which only train.csv has; give the competition's test.csv second",
            line=1,
            column=headings.index("label") + 1,
        )
    _check_headings(files.test, headings, PIXELS)


def _check_headings(source: Source, headings: list[str], wanted: list[str]) -> None:
    if headings == wanted:
        return
    if headings == [""]:
        raise TableError(source, "no headings; the file is empty", line=1)
    there = set(headings)
    if missing := [name for name in wanted if name not in there]:
        names = missing[0] if len(missing) == 1 else f"{missing[0]} and {len(missing) - 1} more"
        raise TableError(source, f"column {names} missing; {_describe(wanted)}", line=1)
    pairs = enumerate(zip(headings, [*wanted, None], strict=False), start=1)
    column, found, instead = next((i, name, wish) for i, (name, wish) in pairs if name != wish)
    problem = f"{shown(found)} is one too many; {_describe(wanted)}"
    if instead:
        problem = f"{shown(found)} where {instead!r} should be"
    raise TableError(source, problem, line=1, column=column)


def _describe(wanted: list[str]) -> str:
    return f"the headings must be {', '.join(wanted[:2])} … {wanted[-1]}, {len(wanted)} in all"


def _read_bytes(source: Source, columns: list[str]) -> npt.NDArray[np.uint8]:
    """Read what stands below the headings, shape (rows, columns)."""
    with source.open() as lines:
        next(lines)
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise TableError(source, "no rows below the headings")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # "1.5" for a whole number is a mere warning to NumPy
                table = np.loadtxt(
                    chain([first], lines), dtype=np.uint8, delimiter=",", comments=None, ndmin=2
                )
        except UnicodeDecodeError:
            raise
        except (ValueError, Warning):
            _tell_what_is_wrong(source, columns)
    if table.shape[1] != len(columns) or (columns[0] == "label" and table[:, 0].max() > 9):
        _tell_what_is_wrong(source, columns)
    return table


def _tell_what_is_wrong(source: Source, columns: list[str]) -> NoReturn:
    """Read again, slowly, to say where the first fault is."""
    with source.open() as lines:
        next(lines)
        for number, line in enumerate(lines, start=2):
            if line.strip():
                _check_line(source, number, line.rstrip("\r\n").split(","), columns)
    raise TableError(source, "not a table of whole numbers from 0 to 255")


def _check_line(source: Source, line: int, values: list[str], columns: list[str]) -> None:
    if len(values) != len(columns):
        raise TableError(source, f"{len(values)} values, but the headings name {len(columns)}", line=line)
    for name, value in zip(columns, values, strict=True):
        most = 9 if name == "label" else 255
        text = value.strip()
        if not text:
            raise TableError(source, "the value is missing", line=line, column=name)
        digits = text.lstrip("0") or "0"
        if not (text.isascii() and text.isdigit()) or len(digits) > 3 or int(digits) > most:
            problem = f"must be a whole number from 0 to {most}, got {shown(text)}"
            raise TableError(source, problem, line=line, column=name)
