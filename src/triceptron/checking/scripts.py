"""Plain scripts, whose loop is the training: one pass of it is a step, and the names tell the rest."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from triceptron.checking.programs import (
    FailedError,
    Found,
    Program,
    as_value,
    containers,
    downhill,
    judged,
    quantity,
    settings,
    stepped,
)
from triceptron.checking.source import Source

__all__ = ["Script", "drive_script", "find_script"]

Script = tuple[str, str, list[str], list[str]]
"""What comes before the loop, one pass of the loop, the names that it changes, and those that it reads."""

_SIMPLE = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.FunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
)


def find_script(source: Source) -> Script | None:
    """Find the last loop at a file's top that changes at least two names, outside functions."""
    nodes: list[ast.stmt] = []
    for block in source.blocks:
        for node in ast.parse(block.text).body:
            main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
            nodes += node.body if main and isinstance(node, ast.If) else [node]
    for position in range(len(nodes) - 1, -1, -1):
        loop = nodes[position]
        if not isinstance(loop, ast.For | ast.While):
            continue
        changed, read = _names(loop, ast.Store), _names(loop, ast.Load)
        both = [name for name in changed if name in read]
        if len([name for name in both if quantity(name, False)[:1] in ("W", "w", "b")]) < 2:
            continue
        before = [ast.unparse(node) for node in nodes[:position] if isinstance(node, _SIMPLE)]
        lines = [f"try:\n{_indented(text)}\nexcept BaseException:\n    pass" for text in before]
        once = "for _ in range(1):"
        if isinstance(loop, ast.For):
            once = f"for {ast.unparse(loop.target)} in list({ast.unparse(loop.iter)})[:1]:"
        body = "\n".join(map(ast.unparse, loop.body))
        return "\n".join(lines), f"{once}\n{_indented(body)}", both, read
    return None


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _names(node: ast.AST, context: type) -> list[str]:
    found = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)]
    stepped = [n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign)]
    found += [target.id for target in stepped if isinstance(target, ast.Name)]
    return list(dict.fromkeys(found))


def drive_script(program: Program, script: Script) -> Iterator[Found]:
    """Run what comes before the loop as far as it can be, then one pass of the loop on small data."""
    before, loop, changed, read = script
    seen = program.run(before, [*changed, *read])
    value = {name: seen[name] for name in changed if isinstance(seen.get(name), np.ndarray)}
    X = [name for name in read if quantity(name, False) in ("X", "XY")]
    Y = [name for name in read if quantity(name, False) == "Y"]
    given = [seen[name] for name in X if isinstance(seen.get(name), np.ndarray)]
    samples = {array.shape[0] for array in given} | {array.shape[-1] for array in given}
    counts = [
        name for name in read if type(seen.get(name)) is int and seen[name] in samples and seen[name] > 9
    ]
    for container in containers(value):
        for setting in (labelled for one in settings(container) for labelled in one.with_labels()):
            env = setting.environment()
            new: dict[str, Any] = dict.fromkeys(X, env["X"]) | dict.fromkeys(Y, env["Y"])
            new |= dict.fromkeys(counts, env["samples"])  # 1/n is of the data that are there
            new |= {path[0]: array for path, array in container.arrays(setting.layers).items()}
            with suppress(FailedError, ValueError, LookupError):
                after = program.run(loop, changed, new)
                gradient = stepped(setting, setting.layers, container.layers_in(after))
                found = judged(Found(), setting, "train", {"name": "for"}, as_value(setting, gradient))
                yield downhill(found)
