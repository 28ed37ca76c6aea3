"""Files of arrays: safetensors with one JSON text beside the arrays, written whole or not at all.

The reader trusts nothing: sizes are compared with the file's own before anything is allocated, the
container is parsed by the safetensors library, and whatever does not fit is an `InvalidFileError` that
names the file. A SHA-256 of all the content stands in the file, so that not one flipped bit passes unseen.
There is no pickle anywhere, so reading a file never runs code.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from triceptron.arrays import Floats
from triceptron.files.whole import write_file
from triceptron.parameters import Parameters

__all__ = ["InvalidFileError", "Tensors", "read", "take_parameters", "write"]

Tensors: TypeAlias = dict[str, Floats]

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
_NAMES = {np.dtype(np.float32): "F32", np.dtype(np.float64): "F64"}
_KEY, _DIGEST = "triceptron", "sha256"
_LARGEST_HEADER = 16_000_000  # JSON can take 20 times its own size in memory; curves are arrays, not JSON


class InvalidFileError(ValueError):
    """A file that does not hold what it should; the message names it."""

    def __init__(self, path: str | os.PathLike[str], problem: str) -> None:
        super().__init__(f"{os.fspath(path)}: {problem}")


def write(path: str | os.PathLike[str], tensors: Mapping[str, Floats], record: Mapping[str, Any]) -> None:
    """Write arrays and a record.

    Parameters
    ----------
    path : path
        Replaced at once when the new file is complete; a crash leaves the old one.
    tensors : mapping of str to array
        float32 or float64.
    record : mapping
        Anything that JSON can say, NaN and infinity included.

    Raises
    ------
    ValueError
        If an array is of another dtype.
    OSError
        If the file cannot be written; what was there before is still there.
    """
    from safetensors.numpy import save

    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    for name, array in arrays.items():
        if array.dtype not in _NAMES:
            raise ValueError(f"the array {name!r} is {array.dtype}, not float32 or float64")
    text = json.dumps(record)
    entries = [
        (name, _NAMES[array.dtype], array.shape, array.astype(_DTYPES[_NAMES[array.dtype]]).tobytes())
        for name, array in arrays.items()
    ]
    write_file(path, save(arrays, metadata={_KEY: text, _DIGEST: _digest(text, entries)}))


def read(path: str | os.PathLike[str], kind: str) -> tuple[Tensors, dict[str, Any]]:
    """Read arrays and record of a file that `write` wrote.

    Parameters
    ----------
    path : path
    kind : str
        What the record's "kind" must say.

    Returns
    -------
    tensors : dict of str to array
        float32 or float64.
    record : dict

    Raises
    ------
    InvalidFileError
        If the file is anything else.
    OSError
        If it cannot be read at all.
    """
    data = _read_regular(path)
    try:
        return _parse(data, kind)
    except _ContentError as problem:
        raise InvalidFileError(path, str(problem)) from None


def take_parameters(tensors: Tensors, prefix: str = "") -> Parameters:
    """Take the four parameters out of the arrays, checked.

    Raises
    ------
    ValueError
        If one is missing, not finite or does not fit the others.
    """
    names = [prefix + name for name in Parameters._fields]
    for name in names:
        if name not in tensors:
            raise ValueError(f"the array {name!r} is missing")
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"the array {name!r} holds NaN or infinite numbers")
    return Parameters(*(tensors.pop(name) for name in names)).validate()


class _ContentError(Exception):
    """What is wrong with a file's content; `read` adds the file's name."""


def _read_regular(path: str | os.PathLike[str]) -> bytes:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):  # a pipe would keep us waiting, a device never end
        raise InvalidFileError(path, "not a regular file")
    with open(path, "rb") as file:
        first = file.read(8)
        header = int.from_bytes(first, "little")
        if len(first) < 8 or header > min(status.st_size - 8, _LARGEST_HEADER):
            raise InvalidFileError(path, "not a safetensors file, or cut off")
        return first + file.read(status.st_size - 8)


def _parse(data: bytes, kind: str) -> tuple[Tensors, dict[str, Any]]:
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(data)  # type: ignore[no-untyped-call]
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        text, digest = (header["__metadata__"][key] for key in (_KEY, _DIGEST))
        record = json.loads(text)
    except SafetensorError as error:
        raise _ContentError(f"not a safetensors file, or damaged ({error})") from None
    except (KeyError, TypeError):
        raise _ContentError("a safetensors file, but not one of triceptron's") from None
    except (ValueError, RecursionError):
        raise _ContentError("its record is not readable JSON") from None
    if not isinstance(record, dict) or record.get("kind") != kind:
        raise _ContentError(f"not a {kind} of triceptron")
    if digest != _digest(text, ((name, e["dtype"], e["shape"], e["data"]) for name, e in entries)):
        raise _ContentError("damaged: the content does not have the SHA-256 that it was written with")
    return {name: _array(name, entry) for name, entry in entries}, record


def _digest(text: str, entries: Iterable[tuple[str, str, Sequence[int], Any]]) -> str:
    sha = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name, dtype, shape, data in sorted(entries, key=lambda entry: entry[0]):
        sha.update(f"{name!r} {dtype} {tuple(shape)};".encode())
        sha.update(data)
    return sha.hexdigest()


def _array(name: str, entry: Mapping[str, Any]) -> Floats:
    if entry["dtype"] not in _DTYPES:
        raise _ContentError(f"the array {name!r} is {entry['dtype']}, not F32 or F64")
    dtype = _DTYPES[entry["dtype"]]
    array: Floats = np.frombuffer(entry["data"], dtype).reshape(entry["shape"])
    return array.astype(dtype.newbyteorder("="), copy=False)
