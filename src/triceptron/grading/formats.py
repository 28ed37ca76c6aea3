"""Reports for other programs: JSON, JUnit, SARIF, GitHub's annotations, Gradescope, nbgrader, Otter.

A function a format, from outcomes to one text. Each says something of a file that could not be read, too.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import quote
from xml.etree import ElementTree

from triceptron import core
from triceptron.grading.entries import printable
from triceptron.grading.markdown import fault_markdown
from triceptron.grading.outcome import Fault, Outcome
from triceptron.grading.summary import line_of, word
from triceptron.grading.table import guarded
from triceptron.language import say

__all__ = ["FILES", "PER_LEARNER", "Format", "rendered"]

Format: TypeAlias = Literal["json", "junit", "sarif", "github", "gradescope", "nbgrader", "otter"]

FILES: Mapping[Format, str] = {
    "json": "results.json",
    "junit": "junit.xml",
    "sarif": "results.sarif",
    "github": "annotations.txt",
    "gradescope": "gradescope.json",
    "nbgrader": "grades.csv",
    "otter": "otter.json",
}
"""What each format's file is called."""

PER_LEARNER: frozenset[Format] = frozenset({"gradescope", "otter"})
"""Formats that hold one submission: a class has a file of each learner."""


def rendered(format: Format, outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes in a format, as a text that ends its last line.

    Parameters
    ----------
    format : str
        One of `FILES`.
    outcomes : sequence of Outcome
        One of them for a format of `PER_LEARNER`.
    """
    makers: Mapping[Format, Callable[[Sequence[Outcome]], str]] = {
        "json": _json,
        "junit": _junit,
        "sarif": _sarif,
        "github": _github,
        "gradescope": lambda found: _gradescope(found[0]),
        "nbgrader": _nbgrader,
        "otter": lambda found: _otter(found[0]),
    }
    return makers[format](outcomes)


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _json(outcomes: Sequence[Outcome]) -> str:
    found = [
        {
            "name": outcome.who,
            "id": outcome.identity,
            "points": round(outcome.score.earned, 6),
            "total": outcome.score.total,
            "remarks": list(outcome.remarks),
            "report": outcome.report,
        }
        for outcome in outcomes
    ]
    return _dumped({"schema": 1, "submissions": found})


def _junit(outcomes: Sequence[Outcome]) -> str:
    """A suite a learner, a case a step; what is not judged or does not count is skipped, not passed."""
    suites = ElementTree.Element("testsuites", name="triceptron")
    for outcome in outcomes:
        cases = []
        for key, (status, _, _) in outcome.score.steps.items():
            case = ElementTree.Element("testcase", classname=printable(outcome.file or "-"), name=key)
            if outcome.error:
                ElementTree.SubElement(case, "error", message=printable(outcome.error), type="unreadable")
            elif status == "other":
                ElementTree.SubElement(case, "skipped", message=word(status))
            elif status != "right":
                failure = ElementTree.SubElement(case, "failure", type=status)
                text = _told(outcome, key)
                failure.set("message", text.split("\n")[0])
                failure.text = text
            cases.append(case)
        counts = {tag: str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "error")}
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=outcome.who,
            tests=str(len(cases)),
            failures=counts["failure"],
            errors=counts["error"],
            skipped=str(sum(case.find("skipped") is not None for case in cases)),
        )
        suite.extend(cases)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _sarif(outcomes: Sequence[Outcome]) -> str:
    rules: dict[str, str] = {}
    results = []
    for outcome in outcomes:
        for fault in _all_faults(outcome):
            rules.setdefault(fault.code, fault.words)
            place = fault.finding["place"]
            location: dict[str, Any] = {
                "physicalLocation": {"artifactLocation": {"uri": quote(outcome.file or outcome.slug or "-")}},
                "logicalLocations": [{"name": fault.name or fault.step, "kind": "function"}],
            }
            if place is not None and place["cell"] is None:
                location["physicalLocation"]["region"] = {"startLine": max(1, place["line"])}
            results.append(
                {
                    "ruleId": fault.code,
                    "level": "error",
                    "message": {"text": printable(_sentence(outcome, fault))},
                    "locations": [location],
                }
            )
    driver = {
        "name": "triceptron",
        "version": core.version(),
        "rules": [
            {"id": code, "shortDescription": {"text": printable(text)}} for code, text in rules.items()
        ],
    }
    return _dumped(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
        }
    )


def _github(outcomes: Sequence[Outcome]) -> str:
    """Workflow commands: GitHub shows them beside the lines of a pull request."""

    def escaped(text: str, *more: str) -> str:
        text = printable(text)
        for letter in ("%", "\r", "\n", *more):
            text = text.replace(letter, f"%{ord(letter):02X}")
        return text

    lines = []
    for outcome in outcomes:
        for fault in _all_faults(outcome):
            place = fault.finding["place"]
            fields = {"file": outcome.file, "title": f"{outcome.who}: {fault.name or fault.step}"}
            if place is not None and place["cell"] is None:
                fields["line"] = str(place["line"])
            told = ",".join(f"{name}={escaped(value, ':', ',')}" for name, value in fields.items() if value)
            lines.append(f"::error {told}::{escaped(_sentence(outcome, fault))}\n")
    if not lines:
        lines = [f"::notice ::{escaped(say('Nothing is wrong.'))}\n"]
    return "".join(lines)


def _gradescope(outcome: Outcome) -> str:
    tests = [
        {
            "name": key,
            "score": round(got, 6),
            "max_score": round(most, 6),
            "status": "passed" if status == "right" else "failed",
            "output": _told(outcome, key),
            "output_format": "md",
            "visibility": "visible",
        }
        for key, (status, got, most) in outcome.score.steps.items()
    ]
    told = outcome.error or say(
        "{1} of {2} points", f"{outcome.score.earned:.2f}", f"{outcome.score.total:g}"
    )
    return _dumped(
        {
            "score": round(outcome.score.earned, 6),
            "output": printable(told),
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": tests,
        }
    )


def _nbgrader(outcomes: Sequence[Outcome]) -> str:
    """The columns of ``nbgrader export`` that a spreadsheet or a platform asks for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student_id", "last_name", "first_name", "email", "raw_score", "score", "max_score"])
    for outcome in outcomes:
        earned = f"{outcome.score.earned:.6g}"
        identity = guarded(outcome.identity or outcome.who)
        writer.writerow([identity, guarded(outcome.who), "", "", earned, earned, f"{outcome.score.total:g}"])
    return out.getvalue()


def _otter(outcome: Outcome) -> str:
    """What ``otter.test_files.GradingResults.from_ottr_json`` reads: a test file a step."""
    files = [
        {
            "filename": key,
            "points": round(most, 6),
            "test_case_results": [
                {
                    "passed": status == "right",
                    "error": None if status == "right" else _told(outcome, key),
                    "test_case": {
                        "name": key,
                        "code": "",
                        "points": round(most, 6),
                        "hidden": False,
                        "success_message": None,
                        "failure_message": None,
                    },
                }
            ],
        }
        for key, (status, _, most) in outcome.score.steps.items()
    ]
    return _dumped({"test_file_results": files})


def _all_faults(outcome: Outcome) -> Iterator[Fault]:
    """Yield the faults, and what is lacking; of a file that cannot be read, that."""
    nowhere = {"fed": "", "got": "", "expected": "", "cause": None, "place": None}
    if outcome.error:
        line = re.search(r"line\s(\d+)|第\s(\d+)\s行", outcome.error)
        place = {"line": int(line[1] or line[2]), "cell": None, "text": ""} if line and outcome.file else None
        yield Fault("file", "", {**nowhere, "kind": "unreadable", "text": outcome.error, "place": place})
        return
    yield from outcome.faults()
    for key, (status, _, _) in outcome.score.steps.items():
        if status == "missing":
            yield Fault(key, "", {**nowhere, "kind": "missing", "text": word(status)})


def _sentence(outcome: Outcome, fault: Fault) -> str:
    cell = fault.finding["place"] and fault.finding["place"]["cell"]
    where = f" ({say('line {1}', line_of(fault.finding))})" if cell else ""
    return f"{fault.name or fault.step}{where}: {fault.words}"


def _told(outcome: Outcome, key: str) -> str:
    """Return what is said of a step in Markdown that reads well as plain text, too."""
    if outcome.error:
        return printable(outcome.error)
    status = outcome.score.steps[key][0]
    lines = [word(status)] if status != "wrong" else []
    for fault in outcome.faults():
        if fault.step == key:
            lines += fault_markdown(fault, "why")
    return "\n".join(lines or [word(status)])
