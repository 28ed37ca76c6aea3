"""The report: for a terminal, for a grader's program, for a notebook."""

import html
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triceptron.checking.findings import Finding, Place, Result, Status
from triceptron.checking.steps_table import STEPS
from triceptron.checking.words import cause_sentence, say
from triceptron.language import Language

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["EVEN_WEIGHTS", "Report", "StepReport", "quote", "share"]

EVEN_WEIGHTS: Mapping[str, float] = {
    **{step.key: 1.0 for step in STEPS if not step.optional},
    "together": 1.0,
}
"""What each step weighs in the points where nobody says otherwise."""

_SCHEMA = 1
_COLUMNS = ("step", "status", "line", "what")

_MARKS: Mapping[Status, str] = {"right": "✓", "wrong": "✗", "other": "~", "missing": "–"}
_COLOURS: Mapping[Status, str] = {"right": "green", "wrong": "red", "other": "yellow", "missing": "default"}
_HTML_COLOURS: Mapping[Status, str] = {
    "right": "#1a7f37",
    "wrong": "#c62828",
    "other": "#9a6700",
    "missing": "#777777",
}


def share(statuses: Mapping[str, str], weights: Mapping[str, float]) -> float:
    """Return the share of all weights, from 0 to 1, that the right steps have."""
    whole = sum(weights.values())
    return sum(weights[key] for key in weights if statuses.get(key) == "right") / whole if whole else 0.0


def quote(lang: Language, place: Place) -> str:
    """Quote a line of the learner's file: where it stands, and what stands there."""
    where = say(lang, "place" if place.cell is None else "place_cell", **vars(place))
    return f"{where}:  {place.text}"


@dataclass(frozen=True)
class StepReport:
    """What the checks say about one step.

    Attributes
    ----------
    key : str
        Our name for the step.
    name : str
        The learner's name for it; the text's where it is not there.
    place : Place or None
        The line where it is defined.
    result : Result
    """

    key: str
    name: str
    place: Place | None
    result: Result

    @property
    def status(self) -> Status:
        """Right, wrong, or missing."""
        return self.result.status

    @property
    def causes(self) -> tuple[str, ...]:
        """The codes of the likely causes."""
        return tuple(finding.cause.code for finding in self.result.findings if finding.cause is not None)


@dataclass(frozen=True)
class Report:
    """What `triceptron.check` returns; a notebook shows it as a table.

    Attributes
    ----------
    file : str
        What was checked.
    steps : tuple of StepReport
        In the exercise's order.
    together : Result
        The chain from the data to the gradient; "missing" where there is no compute_gradient.
    skipped : tuple of Place
        Statements that were not run.
    notes : tuple of (Place, str)
        Statements that could not be run, and Python's word on them.
    seconds : float
        What the check took.
    lang : {"en", "zh"}
    answers : tuple of str
        Modules that were imported and have the answer ready.
    required : tuple of str
        Steps without which the report is not ok.
    revived : tuple of str
        Names of an older NumPy, or Python, that the file uses, which the check gave it back.
    """

    file: str
    steps: tuple[StepReport, ...]
    together: Result
    skipped: tuple[Place, ...] = ()
    notes: tuple[tuple[Place, str], ...] = ()
    seconds: float = 0.0
    lang: Language = "en"
    answers: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    revived: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and nothing missing that is required."""
        return not self.wrong and self.together.status != "wrong" and not self.lacking

    @property
    def lacking(self) -> tuple[str, ...]:
        """The required steps that are not there, or could not be judged."""
        there = {step.key for step in self.steps if step.status in ("right", "wrong")}
        return tuple(key for key in self.required if key not in there)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The keys of the steps that are wrong."""
        return tuple(step.key for step in self.steps if step.status == "wrong")

    def points(self, total: float = 10.0, weights: Mapping[str, float] | None = None) -> float:
        """Return what the steps earn of `total`: each that is right its weight, every other nothing.

        The last line of a test cell of nbgrader's, which takes the cell's value for the points.

        Parameters
        ----------
        total : float
            What all steps earn together.
        weights : mapping of str to float, optional
            By the steps' keys, "together" for the steps run together; a step that is not named is out.
            By default every step that the exercise asks for counts the same, and so does the whole.

        Returns
        -------
        float

        Examples
        --------
        >>> import triceptron
        >>> triceptron.check("my_steps.py").points(10)  # doctest: +SKIP
        9.285714285714286
        """
        statuses = {step.key: step.status for step in self.steps} | {"together": self.together.status}
        return float(total) * share(statuses, EVEN_WEIGHTS if weights is None else weights)

    def __getitem__(self, name: str) -> StepReport:
        """Return a step's report by our name for it, or by the learner's."""
        for step in self.steps:
            if name in (step.key, step.name):
                return step
        raise KeyError(name)

    def __repr__(self) -> str:
        """Count the verdicts."""
        counts = self._counts()
        return f"Report({self.file!r}, {', '.join(f'{status}={count}' for status, count in counts.items())})"

    def __str__(self) -> str:
        """Return the report as plain text."""
        return self.text()

    def print(self) -> None:
        """Print the report to the terminal, in colours where it has them."""
        from rich.console import Console

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that has no ✓ gets a question mark
        Console(highlight=False).print(self)

    def text(self, *, width: int = 100) -> str:
        """Return the report as plain text.

        Parameters
        ----------
        width : int
            Columns.

        Returns
        -------
        str
        """
        from rich.console import Console

        buffer = io.StringIO()
        Console(file=buffer, width=width, color_system=None, legacy_windows=False).print(self)
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"

    def _counts(self) -> dict[Status, int]:
        statuses = [step.status for step in self.steps]
        return {status: statuses.count(status) for status in _MARKS}

    def to_dict(self) -> dict[str, Any]:
        """Return the report for a program: plain dicts and lists, as ``docs/checking.md`` describes them.

        Returns
        -------
        dict
        """
        return {
            "schema": _SCHEMA,
            "file": self.file,
            "ok": self.ok,
            **{str(status): count for status, count in self._counts().items()},
            "seconds": round(self.seconds, 3),
            "steps": [
                {
                    "step": step.key,
                    "name": step.name,
                    "place": self._plain_place(step.place),
                    **self._plain_result(step.result),
                }
                for step in self.steps
            ],
            "together": self._plain_result(self.together),
            "answers": list(self.answers),
            "lacking": list(self.lacking),
            "revived": list(self.revived),
            "skipped": [self._plain_place(place) for place in self.skipped],
            "not_run": [
                {"place": self._plain_place(place), "reason": reason} for place, reason in self.notes
            ],
        }

    def to_json(self, *, ascii_only: bool = False) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=ascii_only)

    def _plain_result(self, result: Result) -> dict[str, Any]:
        return {
            "status": result.status,
            "findings": [self._plain_finding(finding) for finding in result.findings],
            "remarks": [self._plain_finding(finding) for finding in result.remarks],
        }

    def _plain_finding(self, finding: Finding) -> dict[str, Any]:
        cause = finding.cause
        return {
            "kind": finding.kind,
            "text": self._headline(finding),
            "fed": finding.fed,
            "got": finding.got,
            "expected": finding.expected,
            "cause": None if cause is None else {"code": cause.code, "text": self._cause(finding)},
            "place": self._plain_place(finding.place),
        }

    def _plain_place(self, place: Place | None) -> dict[str, Any] | None:
        return None if place is None else vars(place).copy()

    # --- words ---

    def _say(self, code: str, **values: object) -> str:
        return say(self.lang, code, **values)

    def _headline(self, finding: Finding) -> str:
        values = dict(finding.values)
        if values.get("whose"):
            values["whose"] = self._say(values["whose"])
        values = {name: self._say(v[1:]) if v.startswith("@") else v for name, v in values.items()}
        return self._say(finding.kind, **values)

    def _cause(self, finding: Finding) -> str:
        if finding.cause is None:
            return ""
        return cause_sentence(self.lang, finding.cause.code, **finding.cause.values)

    def _brief(self, result: Result) -> str:
        """Say in a few words what a step's row is about: its cause, up to the first stop."""
        told = [self._cause(finding) or self._headline(finding) for finding in result.findings]
        told += [self._headline(remark) for remark in result.remarks]
        return re.split(r"[.:;](?: |$)|[。：；]", told[0])[0] if told else ""

    def _line(self, place: Place | None) -> str:
        if place is None or place.file.endswith("()"):
            return ""  # typed in a cell: its lines count from its own first one
        return str(place.line) if place.cell is None else self._say("line_of_cell", **vars(place))

    def _details(self, finding: Finding) -> Iterator[tuple[str, str]]:
        """Yield what is said below a headline: a label and a text."""
        entries = [
            ("line", quote(self.lang, finding.place) if finding.place else ""),
            ("cause", self._cause(finding)),
            ("fed", finding.fed),
            ("got", finding.got),
            ("expected", finding.expected),
        ]
        yield from ((self._say(label), text) for label, text in entries if text)

    def _rows(self) -> Iterator[tuple[str, Place | None, Result]]:
        for step in self.steps:
            yield step.name, step.place, step.result
        if self.together.status != "missing":
            yield self._say("chain"), None, self.together

    def _told(self) -> Iterator[tuple[str, Finding, bool]]:
        """Yield what is told at length: whose it is, the finding, and whether it makes the step wrong.

        The chain's fault is told where it comes from, and that something agrees is told in the table.
        """
        for name, _, result in self._rows():
            if not _culprit_is_told(result, self.wrong):
                yield from ((name, finding, True) for finding in result.findings)
        for name, _, result in self._rows():
            for remark in result.remarks:
                if remark.kind not in ("blank", "calculus_agrees", "own_convention", "not_judged"):
                    yield name, remark, False

    def _summary(self) -> str:
        counts = {status: str(count) for status, count in self._counts().items()}
        summary = self._say("summary", **counts, seconds=f"{self.seconds:.1f}")
        if self.together.status == "wrong":
            summary += self._say("summary_chain_wrong")
        return summary

    def _left_out(self) -> Iterator[str]:
        if self.answers:
            yield self._say("imports_answer", modules=", ".join(self.answers))
        if self.lacking:
            yield self._say("lacking", steps=", ".join(self.lacking))
        if self.revived:
            yield self._say("old_numpy", names=", ".join(self.revived))
        for place, reason in self.notes:
            yield f"{self._say('not_run')}: {quote(self.lang, place)}  ({reason})"
        if self.skipped:
            first = quote(self.lang, self.skipped[0])
            more = self._say("more", count=len(self.skipped) - 1) if len(self.skipped) > 1 else ""
            yield f"{self._say('skipped')}: {first} {more}".rstrip()

    # --- pictures of it ---

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Render for a terminal."""
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        yield Text(self._say("title", file=self.file), "bold")
        yield Text()
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for label in _COLUMNS:
            table.add_column(self._say(label), no_wrap=label in ("step", "status"), overflow="fold")
        for name, place, result in self._rows():
            colour = _COLOURS[result.status]
            verdict = Text(f"{_MARKS[result.status]} {self._say(result.status)}", f"bold {colour}")
            brief = Text(self._brief(result), "" if result.findings else "dim")
            table.add_row(Text(name), verdict, Text(self._line(place)), brief)
        yield table
        for name, finding, wrong in self._told():
            yield Text()
            head = self._say("head" if wrong else "head_of_remark", name=name)
            yield Text(head, "bold red" if wrong else "bold").append(self._headline(finding), "default")
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True, style="dim")
            grid.add_column(overflow="fold")
            for label, text in self._details(finding):
                grid.add_row(label, Text(text))
            yield Padding(grid, (0, 0, 0, 2))
        yield Text()
        yield from (Text(line, "dim") for line in self._left_out())
        yield Text(self._summary(), "green" if self.ok else "red")

    def _repr_html_(self) -> str:
        """Show as a table in a notebook."""
        head = "".join(_cell(self._say(label), "th") for label in _COLUMNS)
        rows = []
        for name, place, result in self._rows():
            colour = f"color:{_HTML_COLOURS[result.status]};font-weight:bold"
            told = self._told_html(name)
            if _culprit_is_told(result, self.wrong) or not told:
                told = html.escape(self._brief(result)) + told
            cells = (
                _cell(name, style="font-family:monospace"),
                _cell(f"{_MARKS[result.status]} {self._say(result.status)}", style=colour),
                _cell(self._line(place)),
                f'<td style="text-align:left">{told}</td>',
            )
            rows.append(f"<tr style='vertical-align:top'>{''.join(cells)}</tr>")
        title, summary = html.escape(self._say("title", file=self.file)), html.escape(self._summary())
        return (
            f'<table><caption style="text-align:left"><b>{title}</b></caption><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table><p>{summary}</p>"
        )

    def _told_html(self, name: str) -> str:
        """Say in a row all that is told of a step: headline and cause at once, the numbers on a click."""
        told = []
        for whose, finding, _ in self._told():
            if whose == name:
                cause = self._cause(finding)
                details = "".join(
                    f"<div>{html.escape(label)}: <code>{html.escape(text)}</code></div>"
                    for label, text in self._details(finding)
                    if text != cause
                )
                words = html.escape(f"{self._headline(finding)} {cause}".rstrip())
                folded = f"<details><summary>{words}</summary>{details}</details>"
                told.append(folded if details else f"<div>{words}</div>")
        return "".join(told)


def _culprit_is_told(result: Result, wrong: Sequence[str]) -> bool:
    """Tell whether the chain's fault is that of a step which is told at length itself."""
    return any(
        finding.kind.startswith("together") and finding.values["culprit"] in wrong
        for finding in result.findings
    )


def _cell(text: str, tag: str = "td", style: str = "") -> str:
    style = f"text-align:left;white-space:nowrap;padding-right:1em;{style}"
    return f'<{tag} style="{style}">{html.escape(text)}</{tag}>'
