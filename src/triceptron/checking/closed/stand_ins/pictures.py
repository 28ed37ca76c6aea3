"""Pictures that are not there: folders of them, their files, and what libraries read out of these."""

import os
import re
import struct
import tempfile
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np

from .state import program, sizes

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")

_MOST_NUMBERS, _MOST = 400_000, 200
"""Numbers of all the pictures in a folder, and pictures."""

_LISTS = r"(?:listdir|scandir|walk|glob|iterdir)"


def is_picture(name: str) -> bool:
    """Tell whether a file's name is a picture's."""
    return name.lower().endswith(_ENDINGS)


def reads_pictures() -> bool:
    """Tell whether the program reads any."""
    return re.search(r"imread|Image\.open|load_img", program.text) is not None


def picture(name: str) -> Any:
    """Make the picture that a file of this name may have been: grey, or of three colours."""
    text = program.text
    side = sizes.get("side", 28 if re.search(r"\b(784|28)\b", text) else 64)
    grey = re.search(r"(?i)mnist|gr[ae]y|digit|convert\(['\"]L", text)
    own = np.random.RandomState(zlib.crc32(name.encode()))
    return own.randint(0, 256, (side, side) if grey else (side, side, 3)).astype(np.uint8)


def picture_file(name: str) -> bytes:
    """Write such a picture down: as PNG, which whoever reads pictures knows whatever the file is called."""
    pixels = picture(name)
    size = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2 * (pixels.ndim > 2), 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    told = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


def _names() -> list[str]:
    """Return what classes of pictures are called: the words that the program looks for, or digits."""
    words = re.findall(r"['\"](\w+)['\"] +in\b(?! +(?:os|sys)\.)|== *['\"](\w+)['\"]", program.text)
    found = [one or other for one, other in words if (one or other) != "__main__"]
    return list(dict.fromkeys(found)) if 1 < len({*found}) < 20 else [str(digit) for digit in range(10)]


def _nested() -> bool:
    """Tell whether the program goes through folders, one for each class, in a folder."""
    text = program.text
    if re.search(rf"for +\w+ +in +[^\n]*{_LISTS}\([^\n]*\)\s*if +[^\n]*is_?dir\(", text):
        return True
    for name in re.findall(rf"for +(?:\w+ *, *)?(\w+) +in +[^\n]*{_LISTS}\(", text):
        names = {name, *re.findall(rf"(?m)^ *(\w+) *= *[^\n]*\b{name}\b", text)}
        for each in names:
            if re.search(rf"{_LISTS}\([^\n]*\b{each}\b|\b{each}\.{_LISTS}\(", text):
                return True
    return False


def make_folder(path: str, others: Collection[str]) -> str:
    """Make a folder of pictures at a path, or elsewhere where that is not allowed; return where it is.

    Those after others that were made have fewer pictures: a test part, or one of many classes.
    """
    apart = os.path.dirname(path) not in others and _nested()
    os.makedirs(path, exist_ok=True)  # where that is allowed: it is the one that raises nothing
    path = path if os.path.isdir(path) else tempfile.mkdtemp(dir=".")
    kinds = _names()
    ending = next((end for end in _ENDINGS if f"*{end}" in program.text), ".jpg")
    count = max(min(_MOST_NUMBERS // picture("").size, _MOST) // (1 + len(others)), 8)
    for number in range(count):
        name = f"{kinds[number % len(kinds)]}{os.sep if apart else '.'}{number}{ending}"
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "wb") as file:
            file.write(picture_file(name))
    return path


def read_picture(whole: str, path: Any, *how: Any, **_: Any) -> Any:
    """Return what a library reads out of a picture's file: its numbers, in one colour if asked for that."""
    pixels = picture(str(path))
    grey = any(each == 0 or "GRAY" in getattr(each, "__name__", "") for each in how)
    return in_grey("GRAY", pixels) if grey else pixels


def in_grey(whole: str, pixels: Any, code: Any = None, **_: Any) -> Any:
    """Turn a picture's colours into others, which are as good; or into grey."""
    grey = "GRAY" in (whole if code is None else getattr(code, "__name__", ""))
    return pixels.mean(axis=2).astype(pixels.dtype) if grey and pixels.ndim > 2 else pixels


def resized(whole: str, pixels: Any, size: Any, *_: Any, **__: Any) -> Any:
    """Give a picture another size: width and height, or, as other libraries have it, height and width."""
    height, width = size[:2] if "cv2" not in whole else size[1::-1]
    rows, columns = (
        np.arange(new) * old // new for new, old in zip((height, width), pixels.shape, strict=False)
    )
    return pixels[rows][:, columns]
