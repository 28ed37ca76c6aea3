"""Other Pythons, read as today's: notebooks' magics, the prints of Python 2, f-strings of 3.12."""

import ast
import contextlib
import re

__all__ = ["python"]

_CELL_MAGICS_WITH_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")


def python(text: str) -> str:
    """Replace IPython's magics and shell lines by ``pass``, so that line numbers stay; parse as a proof."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith("%%"):
        magic, _, rest = text.lstrip("\n").partition("\n")
        text = "\n" + rest if magic.split()[0] in _CELL_MAGICS_WITH_PYTHON else ""
    try:
        ast.parse(text)
    except SyntaxError:
        text = "\n".join(_without_magic(line) for line in text.split("\n"))
        for mend in (_other_quotes, lambda text: _as_functions(text.expandtabs(8)), _other_quotes):
            with contextlib.suppress(SyntaxError):
                ast.parse(text)
                return text
            text = mend(text)
        ast.parse(text)
    return text


def _other_quotes(text: str) -> str:
    """Let what stands in the braces of an f-string have other quotes: they may be the same since 3.12."""
    lines = text.split("\n")
    for _ in lines:
        try:
            ast.parse("\n".join(lines))
            break
        except SyntaxError as error:
            at = (error.lineno or 1) - 1
            whole = re.search(r"""[fF](['"])(?!\1)""", lines[at] if "f-string" in error.msg else "")
            if whole is None or at >= len(lines):
                break
            mark, other = whole[1], "'\""[whole[1] == "'"]
            for part in re.findall(r"\{[^{}]*\}", lines[at]):
                lines[at] = lines[at].replace(part, part.replace(mark, other))
    return "\n".join(lines)


_PRINT = re.compile(r"^(\s*(?:[^#\n]*:\s*)?)print\s+(?![=(]\s)(.*)$")


def _as_functions(text: str) -> str:
    """Write the prints of Python 2, which may go over several lines, as calls."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        match = _PRINT.match(line)
        if match is None:
            continue
        end, opened = number, 0
        while end < len(lines):
            bare = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", lines[end])
            opened += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
            if opened <= 0 and not bare.rstrip().endswith("\\"):
                break
            end += 1
        lines[number] = f"{match[1]}print({match[2]}"
        last = re.sub(r"\s*(#[^'\"]*)?$", "", lines[min(end, len(lines) - 1)]).rstrip(",")
        lines[min(end, len(lines) - 1)] = f"{last})"
    return "\n".join(lines)


def _without_magic(line: str) -> str:
    bare = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    assigned = bare.partition("=")[2].lstrip()
    magic = bare.startswith(("%", "!", "?")) or bare.endswith("?") or assigned.startswith(("%", "!"))
    return f"{indent}pass" if bare and magic and not bare.startswith("#") else line
