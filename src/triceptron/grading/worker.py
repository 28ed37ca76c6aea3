"""``python -m triceptron.grading.worker``: checks files, an order and an answer a line, until its input ends.

A process of its own, so that whatever a check does to it is seen as the end of that one check.
"""

import json
import os
import sys
from typing import Any

from triceptron.checking import UnreadableFileError, check
from triceptron.language import choose

__all__ = ["main"]


def main() -> None:
    """Answer each line of standard input with a line."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)  # whatever prints, prints into no answer
    for line in sys.stdin.buffer:
        answers.write(json.dumps(_checked(json.loads(line))) + "\n")
        answers.flush()


def _checked(order: dict[str, Any]) -> dict[str, Any]:
    try:
        report = check(
            order["file"],
            lang=choose(order["lang"]),
            time_limit=order["time_limit"],
            forbidden=order["forbidden"],
        )
    except UnreadableFileError as error:
        return {"schema": 1, "file": os.path.basename(order["file"]), "ok": False, "error": str(error)}
    return report.to_dict()


if __name__ == "__main__":
    main()
