"""Every English sentence that a user can meet, read from the source."""

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import triceptron
from triceptron.cli import app
from triceptron.language.sentences import key_of

SOURCE = Path(triceptron.__file__).parent
_ELSEWHERE = {"checking", "lesson", "language"}  # the first two have files of sentences of their own


def messages() -> dict[str, str]:
    """Return each sentence of the source and where it stands."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        room = path.relative_to(SOURCE)
        if room.parts[0] in _ELSEWHERE:
            continue
        for node, text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(key_of(text), f"{room}:{node.lineno}")
    return found


def helps() -> dict[str, str]:
    """Return each paragraph and each option's text of the commands' help, and whose it is."""
    found = {}
    for name in app:
        command = app[name]
        where = f"{name} --help"
        paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(command.help).split("\n\nParameters\n---")[0])
        found.update({key_of(text): where for text in paragraphs if not text.startswith("Example: ")})
        if name.startswith("-"):
            continue
        for argument in command.assemble_argument_collection(parse_docstring=True):
            if argument.parameter.help:
                found[key_of(argument.parameter.help)] = f"{where}, {argument.name}"
    return found


def _texts(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield the strings of a module that are English prose, or that `say` is given, as templates."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    unseen = [node for node in ast.walk(tree) if getattr(node, "name", "") in ("__repr__", "__getattr__")]
    silent |= {id(inner) for node in unseen for inner in ast.walk(node)}
    spoken = {id(inner) for node in ast.walk(tree) if _speaks(node) for inner in ast.walk(node)}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        text = _template(node)
        if text is None:
            waiting += ast.iter_child_nodes(node)
            continue
        if isinstance(node, ast.JoinedStr):
            waiting += [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        if id(node) not in silent and (
            _is_prose(text) or (id(node) in spoken and re.search("[a-zA-Z]{2}", text))
        ):
            yield node, text


def _template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    fields = count(1)
    return "".join(
        part.value if isinstance(part, ast.Constant) else f"{{{next(fields)}}}" for part in node.values
    )


def _is_prose(text: str) -> bool:
    if text.lstrip().startswith("<") or "'none'" in text:
        return False  # HTML, whose words are sentences of their own
    words = re.sub(r"\{\d+\}", "{}", text)
    return bool(re.search(r"[a-z)}’',;:] [a-zA-Z({]", words) and re.search("[a-z]{2}", words))


def _speaks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
        "say",
        "_say",
        "tell",
        "print_rows",
    )
