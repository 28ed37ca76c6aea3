"""The report: for a terminal, for a grader's program, for a notebook."""

import html
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triceptron.checking.findings import Finding, Result, Status
from triceptron.checking.messages import Language, say
from triceptron.checking.source import Place

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["Report", "StepReport"]

_SCHEMA = 1
_LISTED = 6
"""How many skipped statements are listed."""

_MARKS: Mapping[Status, str] = {"right": "✓", "wrong": "✗", "missing": "–"}
_COLOURS: Mapping[Status, str] = {"right": "green", "wrong": "bold red", "missing": "dim"}
_HTML_COLOURS: Mapping[Status, str] = {"right": "#1a7f37", "wrong": "#c62828", "missing": "#777777"}


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
    skipped : tuple of (Place, str)
        Statements that were not run.
    notes : tuple of (Place, str, str)
        Statements that could not be run, and Python's word on them.
    seconds : float
        What the check took.
    lang : {"en", "zh"}
    """

    file: str
    steps: tuple[StepReport, ...]
    together: Result
    skipped: tuple[tuple[Place, str], ...] = ()
    notes: tuple[tuple[Place, str, str], ...] = ()
    seconds: float = 0.0
    lang: Language = "en"

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; steps that are not there do not count."""
        return not self.wrong and self.together.status != "wrong"

    @property
    def wrong(self) -> tuple[str, ...]:
        """The keys of the steps that are wrong."""
        return tuple(step.key for step in self.steps if step.status == "wrong")

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
            **self._counts(),
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
            "skipped": [{"place": self._plain_place(place), "text": text} for place, text in self.skipped],
            "not_run": [
                {"place": self._plain_place(place), "text": text, "reason": reason}
                for place, text, reason in self.notes
            ],
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

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
        if place is None:
            return None
        return {"file": place.file, "cell": place.cell, "line": place.line}

    # --- words ---

    def _say(self, code: str, **values: object) -> str:
        return say(self.lang, code, **values)

    def _headline(self, finding: Finding) -> str:
        values = dict(finding.values)
        if values.get("whose"):
            values["whose"] = self._say(values["whose"])
        return self._say(finding.kind, **values)

    def _cause(self, finding: Finding) -> str:
        return "" if finding.cause is None else self._say(finding.cause.code, **finding.cause.values)

    def _where(self, place: Place | None) -> str:
        if place is None:
            return ""
        code = "place" if place.cell is None else "place_cell"
        return self._say(code, file=place.file, line=place.line, cell=place.cell)

    def _brief(self, result: Result) -> str:
        """Say in the table what a step's row is about."""
        finding = next(iter((*result.findings, *result.remarks)), None)
        return "" if finding is None else self._headline(finding)

    def _details(self, finding: Finding) -> Iterator[tuple[str, str]]:
        for label, text in (
            ("fed", finding.fed),
            ("got", finding.got),
            ("expected", finding.expected),
            ("cause", self._cause(finding)),
            ("line", self._where(finding.place)),
        ):
            if text:
                yield self._say(label), text

    def _rows(self) -> Iterator[tuple[str, Place | None, Result]]:
        for step in self.steps:
            yield step.name, step.place, step.result
        if self.together.status != "missing":
            yield self._say("chain"), None, self.together

    def _summary(self) -> str:
        counts = {status: str(count) for status, count in self._counts().items()}
        summary = self._say("summary", **counts, seconds=f"{self.seconds:.1f}")
        if self.together.status == "wrong":
            summary += " " + self._say("summary_chain_wrong")
        return summary

    def _left_out(self) -> Iterator[str]:
        for place, text, reason in self.notes:
            yield f"{self._where(place)}: {text}: {self._say('not_run')}: {reason}"
        if self.skipped:
            yield f"{self._say('skipped')}:"
            for place, text in self.skipped[:_LISTED]:
                yield f"  {self._where(place)}: {text}"
            if len(self.skipped) > _LISTED:
                yield "  " + self._say("more", count=len(self.skipped) - _LISTED)

    # --- pictures of it ---

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Render for a terminal."""
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=self._say("title", file=self.file), title_justify="left", box=None, padding=(0, 1)
        )
        for label in ("step", "status", "line", "what"):
            table.add_column(self._say(label), no_wrap=label in ("step", "status"), overflow="fold")
        for name, place, result in self._rows():
            verdict = Text(f"{_MARKS[result.status]} {self._say(result.status)}", _COLOURS[result.status])
            line = str(place.line) if place and place.cell is None else self._where(place)
            table.add_row(Text(name), verdict, Text(line), Text(self._brief(result)))
        yield table
        for name, _, result in self._rows():
            for finding in (*result.findings, *result.remarks):
                if finding.kind == "blank":
                    continue
                wrong = finding in result.findings
                mark = f"{name}: " if wrong else f"{name} ({self._say('remark')}): "
                yield Text()
                yield Text(mark, "bold red" if wrong else "bold").append(self._headline(finding), "default")
                grid = Table.grid(padding=(0, 2))
                grid.add_column(no_wrap=True, style="dim")
                grid.add_column(overflow="fold")
                for label, text in self._details(finding):
                    grid.add_row(label, Text(text))
                yield Padding(grid, (0, 0, 0, 2))
        left_out = list(self._left_out())
        if left_out:
            yield Text()
            yield from (Text(line, "dim") for line in left_out)
        yield Text()
        yield Text(self._summary(), "green" if self.ok else "red")

    def _repr_html_(self) -> str:
        """Show as a table in a notebook."""
        head = "".join(f"<th>{self._html(label)}</th>" for label in ("step", "status", "line", "what"))
        body = []
        for name, place, result in self._rows():
            mark = f"{_MARKS[result.status]} {self._say(result.status)}"
            verdict = f'<b style="color:{_HTML_COLOURS[result.status]}">{html.escape(mark)}</b>'
            where = html.escape(self._where(place))
            told = "".join(map(self._finding_html, (*result.findings, *result.remarks)))
            body.append(
                f"<tr><td><code>{html.escape(name)}</code></td><td>{verdict}</td>"
                f"<td>{where}</td><td>{told}</td></tr>"
            )
        style = "text-align:left;vertical-align:top"
        rows = "".join(body).replace("<td>", f'<td style="{style}">')
        return (
            f"<table><caption>{html.escape(self._say('title', file=self.file))}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{html.escape(self._summary())}</p>"
        )

    def _html(self, code: str) -> str:
        return html.escape(self._say(code))

    def _finding_html(self, finding: Finding) -> str:
        details = "".join(
            f"<li>{html.escape(label)}: {html.escape(text)}</li>" for label, text in self._details(finding)
        )
        return f"<div>{html.escape(self._headline(finding))}<ul>{details}</ul></div>"
