"""ES modules made one script, so that a page of one file can hold them.

From ``file://`` a browser loads no module from another file, and a content policy that names scripts by their
hashes has no room for others. So each module becomes a function's body, in the order of the imports::

    import { a } from "./x.js";   →   const { a } = x;
    export function f() {}        →   function f() {}   … and f is in what the module returns

Only these forms are known; any other is an error and not a guess.
"""

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable

__all__ = ["join"]

_IMPORT = re.compile(
    r"^import (?:\* as (?P<all>\w+)|\{(?P<names>[\w\s,]+)\}) from \"\./(?P<module>[\w-]+)\.js\";\n",
    re.MULTILINE,
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (?P<name>\w+))", re.MULTILINE)
_NOTHING = re.compile(r"^export \{\};\n", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join(folder: Traversable, entry: str) -> str:
    """Return the module `entry` of a folder, after all that it imports, as one script.

    What the entry exports is in a constant of its name.

    Raises
    ------
    ValueError
        If a module imports or exports in another form than those above, or imports in a circle.
    """
    return "".join(_in_order(folder, entry, {}))


def _in_order(folder: Traversable, name: str, done: dict[str, bool]) -> Iterator[str]:
    if done.get(name) is False:
        raise ValueError(f"{name}.js imports itself through others")
    if name in done:
        return
    done[name] = False
    text = folder.joinpath(f"{name}.js").read_text("utf-8")
    for wanted in _IMPORT.finditer(text):
        yield from _in_order(folder, wanted["module"], done)
    done[name] = True
    yield _wrap(name, text)


def _wrap(name: str, text: str) -> str:
    exported = ", ".join(found["name"] for found in _EXPORT.finditer(text))
    text = _NOTHING.sub("", _EXPORT.sub("", _IMPORT.sub(_take, text)))
    if other := _OTHER.search(text):
        raise ValueError(f"{name}.js: {other[0]!r} is no import or export that a single file can hold")
    return (
        f"// {name}.js\nconst {_identifier(name)} = (() => {{\n{text}\nreturn {{ {exported} }};\n}})();\n\n"
    )


def _take(found: "re.Match[str]") -> str:
    module = _identifier(found["module"])
    if found["all"]:
        return "" if found["all"] == module else f"const {found['all']} = {module};\n"
    return f"const {{{found['names'].replace(' as ', ': ')}}} = {module};\n"


def _identifier(name: str) -> str:
    return "module_" + name.replace("-", "_")
