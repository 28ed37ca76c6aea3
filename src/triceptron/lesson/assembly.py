"""The page as one file: modules, style, digits and network, under a policy that forbids connections."""

import base64
import hashlib
import inspect
import json
import re
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import numpy as np

from triceptron import data, steps
from triceptron.lesson.faults import FAULTS, load_verdicts
from triceptron.lesson.modules import join
from triceptron.lesson.network import SHIPPED

__all__ = ["make_page", "make_widget", "quote_steps"]

_ROOM = files("triceptron.lesson")
_PAGE = _ROOM / "page"

_EQUATIONS = range(1, 14)
"""Those of the network with softmax and plain descent, which is the page's."""


@cache
def make_page() -> str:
    """Return the whole page; it opens by double click, and never asks anyone for anything."""
    script, style = f"\n{join(_PAGE, 'main')}", _style()
    packed, n_train = _pack_digits()
    facts = {"version": version("triceptron"), "n_train": n_train, "lines": quote_steps()}
    facts |= {"faults": [fault._asdict() for fault in FAULTS], "verdicts": load_verdicts()}
    parts = {
        "policy": _policy(script, style),
        "style": style,
        "facts": json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c"),
        "digits": _base64(packed),
        "network": _base64((_ROOM / SHIPPED).read_bytes()),
        "script": script,
    }
    template = (_PAGE / "index.html").read_text("utf-8")
    return re.sub(r"\{(\w+)\}", lambda place: parts[place[1]], template)


def make_widget() -> tuple[str, str]:
    """Return the script and the style of the notebook's widget, which lives in a shadow tree of its own."""
    style = re.sub(
        r":root(\[[^]]+\])?", lambda found: f":host({found[1]})" if found[1] else ":host", _style()
    )
    return f"{join(_PAGE, 'notebook')}export default module_notebook;\n", style


def quote_steps() -> dict[int, list[dict[str, str]]]:
    """Return the lines of `triceptron.steps` for each equation of the page, with their functions."""
    quoted: dict[int, list[dict[str, str]]] = {}
    for name, function in inspect.getmembers(steps, inspect.isfunction):
        if function.__module__ != steps.__name__:
            continue
        for line in inspect.getsource(function).splitlines():
            cited = re.search(r"^\s*(.+?)  # ((?:\(\d+\)(?:, )?)+)", line)
            for number in re.findall(r"\d+", cited[2]) if cited else ():
                quoted.setdefault(int(number), []).append({"function": name, "line": cited[1]})  # type: ignore[index]
    return {number: quoted[number] for number in _EQUATIONS}


def _style() -> str:
    return f"\n{(_PAGE / 'style.css').read_text('utf-8')}"


def _policy(script: str, style: str) -> str:
    """Allow this script and this style, by their hashes, and pictures that the page makes; nothing else."""
    return (
        f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return f"sha256-{_base64(hashlib.sha256(text.encode()).digest())}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _pack_digits() -> tuple[bytes, int]:
    """Return the digits as bytes, labels first, the training part before the test part; and its size."""
    parts = data.load("digits")
    y, X = (
        np.concatenate(arrays).astype(np.uint8) for arrays in zip(*((p.y, p.X) for p in parts), strict=True)
    )
    return y.tobytes() + X.tobytes(), len(parts.train.y)
