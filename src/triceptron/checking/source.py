"""The learner's file: read, rid of what is no Python, and cut down to imports, constants and definitions.

Nothing is run here. A notebook is a list of blocks, one for each code cell; a .py file is one block.
"""

import __future__

import ast
import inspect
import io
import json
import os
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from pathlib import Path
from typing import Any

from triceptron.checking.closed.dialects import python
from triceptron.checking.closed.executor import printable
from triceptron.checking.closed.repository import defining, marked, module_file, package
from triceptron.checking.findings import Place
from triceptron.checking.names import quantity, role_of
from triceptron.checking.steps_table import PROVIDED
from triceptron.checking.words import say
from triceptron.language import Language

__all__ = [
    "Block",
    "Definition",
    "Listing",
    "Source",
    "UnreadableFileError",
    "block_name",
    "live_listing",
    "modules",
    "read",
    "split_source",
    "trains_at_its_top",
    "users",
    "with_its_parts",
]

_LARGEST, _MOST_CODE = 20_000_000, 500_000

_HARMLESS_CALLS = {
    "abs", "arange", "array", "asarray", "bool", "default_rng", "dict", "exp", "eye", "finfo", "float",
    "float32", "float64", "frozenset", "full", "int", "int64", "len", "linspace", "list", "log", "max", "min",
    "namedtuple", "NewType", "ones", "partial", "Path", "range", "RandomState", "round", "set", "sqrt", "str",
    "sum", "tuple", "TypeVar", "vectorize", "zeros",
}  # fmt: skip
"""Calls that a constant may be made with: they compute a value and do nothing else."""


class UnreadableFileError(ValueError):
    """The file is no Python file or notebook that can be read; the message says why."""


@dataclass(frozen=True)
class Block:
    """A piece of Python, as the learner wrote it but for magics."""

    text: str
    cell: int | None = None

    def line(self, number: int) -> str:
        """Return a line, from 1, without its indentation."""
        return printable(self.text.split("\n")[number - 1].strip())


@dataclass(frozen=True)
class Source:
    """The learner's file, read and not yet run."""

    file: str
    folder: str
    blocks: tuple[Block, ...]
    broken: tuple[tuple[Place, str], ...] = ()

    @property
    def named(self) -> dict[str, str]:
        """From a step's key to the function below, or beside, a comment such as ``# triceptron: forward``."""
        found = {}
        for block in self.blocks:
            for comment in re.finditer(r"#\s*triceptron:\s*(\w+)", block.text):
                name = re.compile(r"^\s*def\s+(\w+)", re.MULTILINE)
                start = block.text.rfind("\n", 0, comment.start()) + 1
                match = name.search(block.text, start)
                if match:
                    found[comment[1]] = match[1]
        return found


@dataclass(frozen=True)
class Definition:
    """A function of the learner's as it was written."""

    node: ast.stmt
    file: str
    block: Block = field(repr=False)
    offset: int = 0

    def place(self, node: ast.AST | None = None) -> Place:
        """Return the line of a node within the definition; of the definition itself by default."""
        line = getattr(node, "lineno", None) or self.node.lineno
        return Place(self.file, line + self.offset, self.block.cell, self.block.line(line))


Listing = dict[str, Definition]
"""The functions of the learner's, by name."""


@dataclass(frozen=True)
class SplitSource:
    """What of a file is run, what is only looked at, and what is left out."""

    blocks: list[tuple[str, str, list[int]]]
    skipped: tuple[Place, ...]
    listing: Listing = field(repr=False)
    flags: int = 0


def read(path: str | Path, lang: Language = "en") -> Source:
    """Read a .py file or a Jupyter notebook; nothing of it is run."""
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe or a device never ends
            raise UnreadableFileError(say(lang, "file_unreadable", file=path, reason="not a regular file"))
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UnreadableFileError(say(lang, "file_too_large", file=path, limit=_LARGEST // 1_000_000))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableFileError(say(lang, "file_unreadable", file=path, reason=reason)) from None
    try:
        if path.suffix == ".ipynb":
            cells = _cells(json.loads(data.decode("utf-8-sig")))
        else:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            cells = [data.decode(encoding)]
    except (UnicodeDecodeError, SyntaxError):
        raise UnreadableFileError(say(lang, "file_no_text", file=path)) from None
    except (ValueError, RecursionError):
        raise UnreadableFileError(say(lang, "file_no_notebook", file=path)) from None
    if sum(map(len, cells)) > _MOST_CODE:
        raise UnreadableFileError(say(lang, "file_too_large", file=path, limit=_MOST_CODE / 1_000_000))
    notebook = path.suffix == ".ipynb"
    blocks, broken = [], []
    for number, text in enumerate(cells, 1):
        cell = number if notebook else None
        try:
            blocks.append(Block(python(text), cell))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            broken.append((Place(path.name, line, cell), getattr(error, "msg", None) or str(error)))
    if broken and not notebook:
        (place, reason), *_ = broken
        raise UnreadableFileError(say(lang, "file_no_python", file=path, line=place.line, reason=reason))
    return Source(path.name, str(path.resolve().parent), tuple(blocks), tuple(broken))


def _cells(notebook: Any) -> list[str]:
    """Return the texts of a notebook's code cells."""
    if not isinstance(notebook, dict):
        raise ValueError("a notebook is a JSON object")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError("a notebook has cells")
    texts = []
    for cell in cells:
        if not isinstance(cell, dict):
            raise ValueError("a cell is a JSON object")
        if cell.get("cell_type") == "code":
            text = cell.get("source", "")
            texts.append("".join(map(str, text)) if isinstance(text, list) else str(text))
    return texts


def split_source(source: Source) -> SplitSource:
    """Take imports, constants and definitions out of a file; note the rest as skipped."""
    blocks, skipped, flags = [], [], 0
    listing: Listing = {}
    for block in source.blocks:
        kept = []
        for position, node in enumerate(ast.parse(block.text).body):
            if _is_kept(node):
                kept.append(position)
                for name, definition in _defined(node):
                    listing[name] = Definition(definition, source.file, block)
            elif not _says_nothing(node):
                skipped.append(Place(source.file, node.lineno, block.cell, block.line(node.lineno)))
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
        blocks.append((block_name(source, block), block.text, kept))
    return SplitSource(blocks, tuple(skipped), listing, flags)


def trains_at_its_top(source: Source) -> bool:
    """Tell whether a loop outside all functions changes parameters, by their names."""
    nodes = [node for block in source.blocks for node in ast.parse(block.text).body]
    mains = [node for node in nodes if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)]
    for loop in (*nodes, *(node for main in mains for node in main.body)):
        if isinstance(loop, ast.For | ast.While):
            inside = list(ast.walk(loop))
            changes = [node for node in inside if isinstance(node, ast.Assign | ast.AugAssign)]
            again = {*_names_in(node.target for node in changes if isinstance(node, ast.AugAssign))}
            new = {*_names_in(t for node in changes if isinstance(node, ast.Assign) for t in node.targets)}
            again |= new & {*_names_in(node.value for node in changes)}
            kinds = [quantity(name, False).rstrip("0123456789") for name in again]
            if sum(kind in ("W", "b", "weights", "biases") for kind in kinds) > 1:
                return True
    return False


def _names_in(expressions: Iterable[ast.expr]) -> Iterator[str]:
    """Yield names, attributes and keys."""
    for node in (node for each in expressions for node in ast.walk(each)):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
        if isinstance(name, str):
            yield name


def block_name(source: Source, block: Block) -> str:
    """Name a block for tracebacks; in angle brackets, so that no file of that name is looked for."""
    return f"<{source.file}>" if block.cell is None else f"<{source.file} [{block.cell}]>"


def _defined(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the functions that a top-level statement defines, lambdas included."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name, node
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node
    elif isinstance(node, ast.ClassDef):
        for part in node.body:
            yield from ((f"{node.name}.{name}", method) for name, method in _defined(part))
    elif isinstance(node, ast.If | ast.Try):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _defined(child)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_kept(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(node, ast.Assign):
        return all(map(_is_own_name, node.targets)) and _is_constant(node.value)
    if isinstance(node, ast.AnnAssign):
        return _is_own_name(node.target) and node.value is not None and _is_constant(node.value)
    if isinstance(node, ast.Try):
        handlers = [stmt for handler in node.handlers for stmt in handler.body]
        return all(map(_is_kept_or_nothing, [*node.body, *handlers, *node.orelse, *node.finalbody]))
    if isinstance(node, ast.If):
        return (
            _is_constant(node.test)
            and not _mentions(node.test, "__name__")
            and all(map(_is_kept_or_nothing, [*node.body, *node.orelse]))
        )
    return False


def _is_kept_or_nothing(node: ast.stmt) -> bool:
    return _is_kept(node) or _says_nothing(node)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _is_own_name(target: ast.expr) -> bool:
    """Whether an assignment binds plain names, and none of those that the checker provides."""
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_own_name, target.elts))
    return isinstance(target, ast.Name) and target.id not in PROVIDED


def _is_constant(value: ast.expr) -> bool:
    """Whether computing an expression does nothing but compute: no calls but harmless ones."""
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):
            continue  # a definition: what it does is done later
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            return False
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if name not in _HARMLESS_CALLS:
                return False
        waiting.extend(ast.iter_child_nodes(node))
    return True


_MOST_FILES, _MOST_FOLDERS, _MOST_USERS = 60, 12, 3
_PACKAGES = ("src", "lib", "code", "models", "network")
_MAIN = re.compile("(?i)main|train|run|mnist|demo")
"""What programs that use a file are called; they are tried first."""


def users(source: Source) -> Iterator[Source]:
    """Find programs beside a file, above or below, that import it, or may by way of another one."""
    stem, folder = Path(source.file).stem, Path(source.folder)
    imports = re.compile(rf"^\s*(?:from|import)\s[^#\n]*\b{re.escape(stem)}\b", re.MULTILINE)
    found: list[tuple[bool, bool, Source]] = []
    inner = folder.name in _PACKAGES or (folder / "__init__.py").is_file()
    below = [place for above in (folder, *[folder.parent] * inner) for place in sorted(above.glob("[!._]*/"))]
    places = dict.fromkeys((folder, folder.parent, *below[:_MOST_FOLDERS]))
    top = marked(str(folder)) or folder.anchor
    for place in (each for each in places if each.is_relative_to(top)):
        files = [entry for entry in place.glob("*") if entry.suffix in (".py", ".ipynb")]
        for path in sorted(files)[:_MOST_FILES]:
            if path.name != source.file and not path.name.startswith("test"):
                with suppress(UnreadableFileError):
                    user, main = read(path), _MAIN.search(path.stem) is not None
                    direct = any(imports.search(block.text) for block in user.blocks)
                    if direct or main:
                        found.append((not direct, not main, user))
    found.sort(key=lambda each: each[:2])
    yield from (user for _, _, user in found[:_MOST_USERS])


_MOST_MODULES = 2


def modules(source: Source) -> list[Source]:
    """Find modules of its own that a program imports, directly or not: those with most of a network."""
    found: dict[Path, tuple[int, Source]] = {}
    waiting = [source]
    for one in waiting:
        for path in _imported(one):
            if path not in found:
                with suppress(UnreadableFileError):
                    module = read(path)
                    waiting.append(module)
                    roles = {role_of(name) for name in split_source(module).listing}
                    found[path] = len(roles & {"forward", "compute_gradient", "train", "update"}), module
    several = sorted((each for each in found.values() if each[0]), key=lambda each: -each[0])
    return [module for _, module in several[:_MOST_MODULES]]


_MOST_BESIDE = 10


def with_its_parts(source: Source) -> Source | None:
    """Return a file with what the modules beside it, or that it imports, define; None where they are none.

    A network's layers, losses and optimizer may each have a file of their own.
    """
    folder, lines = Path(source.folder), list[str]()
    for path in dict.fromkeys([*_imported(source), *sorted(folder.glob("*.py"))[:_MOST_FILES]]):
        if path.name == source.file or len(lines) >= _MOST_BESIDE:
            continue
        with suppress(UnreadableFileError):
            module = read(path)
            split = split_source(module)
            if all(place.text.startswith("if __name__") for place in split.skipped):
                names = {name.partition(".")[0] for name in split.listing if role_of(name)}
                inside = any("from ." in block.text for block in module.blocks) or path.parent != folder
                module_name = f"{package(str(path.parent))}.{path.stem}" if inside else path.stem
                fit = all(part.isidentifier() and not iskeyword(part) for part in module_name.split("."))
                lines += [f"from {module_name} import {', '.join(sorted(names))}"] if names and fit else []
    return replace(source, blocks=(*source.blocks, Block("\n".join(lines), 0))) if lines else None


def _imported(source: Source) -> Iterator[Path]:
    """Yield the files of its own repository that a program imports, or takes something from."""
    found: list[str] = []
    for node in (node for block in source.blocks for node in ast.walk(ast.parse(block.text))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found.append(module_file(module, source.folder) if module else "")
            found += [module_file(f"{module}.{name}", source.folder) for name in names]
            if not any(found[-len(names) - 1 :]):
                found += [defining(module, name, source.folder) for name in names]
        else:
            found += [module_file(name, source.folder) for name in names]
    own = os.path.join(source.folder, source.file)
    yield from (Path(file) for file in dict.fromkeys(found) if file not in ("", own))


def live_listing(functions: Mapping[str, Callable[..., Any]]) -> Listing:
    """Find the text of functions that are alive already, where Python still knows it."""
    listing: Listing = {}
    for name, function in functions.items():
        function = inspect.unwrap(function)
        try:
            lines, first = inspect.getsourcelines(function)
            block = Block(textwrap.dedent("".join(lines)))
            (node,) = ast.parse(block.text).body
            file = inspect.getfile(function)
        except (OSError, TypeError, SyntaxError, ValueError):
            continue
        if file.startswith("<") or "ipykernel" in file:
            listing[name] = Definition(node, f"{name}()", block)
        else:
            listing[name] = Definition(node, Path(file).name, block, offset=first - 1)
    return listing
