"""The empty exercise: every function with its docstring, and "your code here"."""

import json
from pathlib import Path
from typing import Any

from triceptron.checking.words import say, words
from triceptron.files import write_file
from triceptron.language import Language, choose

__all__ = ["write_template"]


def write_template(path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the empty exercise, whole or not at all.

    Parameters
    ----------
    path : path
        A .py file or an .ipynb notebook; it must not exist.
    lang : {"en", "zh"}, optional
        The language of the docstrings; the locale's by default.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If the suffix is another.
    FileExistsError
        If the file exists.
    """
    path, lang = Path(path), choose(lang)
    if path.suffix not in (".py", ".ipynb"):
        raise ValueError(say(lang, "template_suffix", file=path))
    table = words()["template"]
    title = table["title"][lang == "zh"].format(file=path.name)
    yours = table["yours"][lang == "zh"]
    functions = [_function(name, docs[lang == "zh"], yours) for name, docs in table["functions"].items()]
    if path.suffix == ".py":
        text = "\n\n\n".join([f'"""{title}\n"""\n\nimport numpy as np', *functions]) + "\n"
    else:
        text = json.dumps(_notebook(title, ["import numpy as np", *functions]), indent=1, ensure_ascii=False)
    try:
        write_file(path, text.encode(), new=True)
    except FileExistsError:
        raise FileExistsError(say(lang, "template_exists", file=path)) from None
    return path


def _function(signature: str, docs: str, yours: str) -> str:
    head, *rest = docs.split("\n")
    body = "\n".join(f"    {line}".rstrip() for line in rest)
    docstring = f'    """{head}\n{body}\n    """' if rest else f'    """{head}"""'
    return f"def {signature}:\n{docstring}\n    {yours}\n    raise NotImplementedError"


def _notebook(title: str, cells: list[str]) -> dict[str, Any]:
    def cell(number: int, kind: str, text: str) -> dict[str, Any]:
        common = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
        source = text.splitlines(keepends=True)
        if kind == "markdown":
            return {**common, "source": source}
        return {**common, "execution_count": None, "outputs": [], "source": source}

    first, _, rest = title.partition("\n")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    code = [cell(number, "code", text) for number, text in enumerate(cells, 1)]
    return {
        "cells": [cell(0, "markdown", f"# {first}\n{rest}"), *code],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
