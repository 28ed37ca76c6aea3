"""The text of a table's file: UTF-8, UTF-16 or GB 18030; gzipped or not; Parquet by way of CSV."""

import gzip
import os
import zlib
from importlib.util import find_spec
from io import BytesIO
from itertools import islice
from pathlib import Path

from triceptron.data.errors import TableError

__all__ = ["decode", "most_unpacked", "read_text"]

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_LOOKED_AT = 100_000  # letters beyond ASCII that tell a text's language
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str | os.PathLike[str]) -> str:
    """Return what a table's file says, whatever it is written in.

    Raises
    ------
    TableError
        If it is no text, or needs a package that is not installed.
    OSError
        If the file cannot be read.
    """
    data = Path(path).read_bytes()
    if data.startswith(_PARQUET):
        return _parquet(path)
    if data.startswith(_GZIP):
        data = _unzip(path, data)
    try:
        return decode(data)[0]
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text (byte {error.start} is {error.object[error.start]:#04x}), nor GB 18030"
        raise TableError(path, f"{problem}; save it as CSV in UTF-8") from None


def most_unpacked(packed: int) -> int:
    """Return how many bytes a packed file of so many may hold: more was made to fill the memory.

    Tables shrink to a tenth; what has little but zeros to a fiftieth, and can be unpacked first.
    """
    return max(16 << 20, 50 * packed)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8 first, then what Excel writes (UTF-16 with a mark, GB 18030).

    Raises
    ------
    UnicodeDecodeError
        If it is none of them; the place is that where UTF-8 ends.
    """
    if data.startswith(_UTF16):
        return data.decode("utf-16"), "utf-16"
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise error from None
        if not _chinese(text):
            raise
        return text, "gb18030"


def _chinese(text: str) -> bool:
    """Tell Chinese from Western European bytes that happen to be GB 18030, too.

    Almost every character of a Chinese text is among GB 2312's 3,755 of the first level or a full-width sign;
    what accented letters make of the same encoding is strewn over its 20,000 rare ones.
    """
    foreign = common = 0
    for letter in islice((letter for letter in text if letter > "\x7f"), _LOOKED_AT):
        code = letter.encode("gb18030")
        foreign += 1
        common += len(code) == 2 and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)
    return common > 0.8 * foreign


def _unzip(path: str | os.PathLike[str], data: bytes) -> bytes:
    most = most_unpacked(len(data))
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as file:
            text = file.read(most + 1)
    except EOFError:
        raise TableError(path, "the gzip file is cut off") from None
    except (zlib.error, OSError) as error:
        raise TableError(path, f"a damaged gzip file ({error})") from None
    if len(text) > most:
        raise TableError(path, "unpacks to more than 50 times its size; if it is a table, unpack it first")
    return text


def _parquet(path: str | os.PathLike[str]) -> str:
    """Return the CSV file that polars or pandas makes of a Parquet file."""
    try:
        if find_spec("polars"):
            import polars

            return str(polars.read_parquet(Path(path)).write_csv())
        if find_spec("pandas") and find_spec("pyarrow"):
            import pandas

            return str(pandas.read_parquet(path).to_csv(index=False))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # both raise a dozen kinds, polars' panics among them
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise TableError(path, f"cannot be read as Parquet ({said})") from None
    raise TableError(
        path, 'reading Parquet needs polars: pip install "triceptron[parquet]", or save it as CSV'
    )
