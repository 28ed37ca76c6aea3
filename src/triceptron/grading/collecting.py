"""Who handed in what: from folders and zips to a list of submissions.

A file or a folder a learner; or as learning platforms hand them over: Moodle writes
``Name_12345_assignsubmission_file_`` before each file or as its folder, Canvas ``name_12345_67890_`` (and
``name_LATE_12345_67890_``) before each file.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from triceptron.checking.steps_table import find_names
from triceptron.grading.entries import Budget, Entry, entries, printable, read_file
from triceptron.language import say

__all__ = ["Loaded", "Submission", "collect"]

_MOODLE = re.compile(r"(?P<who>.+)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.DOTALL)
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<rest>.+)", re.DOTALL)
_READ = (".py", ".ipynb")
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')


@dataclass(frozen=True)
class Loaded:
    """A submission's files in memory, by names that any system can write; `main` is the one to check."""

    files: dict[str, bytes]
    main: str
    remarks: tuple[str, ...]

    def digest(self) -> str:
        """Return a SHA-256 of names and contents."""
        whole = sha256(f"{self.main}\n".encode())
        for name, data in sorted(self.files.items()):
            whole.update(f"{name}\n{sha256(data).hexdigest()}\n".encode())
        return whole.hexdigest()

    def write(self, folder: Path) -> Path:
        """Write the files into a new folder, and return the main one's path there."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder / self.main


@dataclass(frozen=True)
class Submission:
    """What a learner handed in; nothing is read before `load`."""

    who: str
    identity: str
    origin: str
    slug: str
    entries: tuple[tuple[tuple[str, ...], Callable[[], bytes]], ...]
    problems: tuple[str, ...]

    def load(self) -> Loaded:
        """Read the files, as many as may be, and choose the one that has most of the exercise's steps."""
        files: dict[str, bytes] = {}
        remarks, budget = [*self.problems], Budget()
        for parts, read in self.entries:
            name = "/".join(map(_safe, parts))
            try:
                data = read()
                budget.take(len(data))
            except (OSError, ValueError) as error:
                remarks.append(f"{printable('/'.join(parts))}: {error}")
                continue
            files.setdefault(name, data)
        _drop_files_that_are_folders(files)
        rated = sorted(
            (tuple(-count for count in _steps_in(data)), name.count("/"), name)
            for name, data in files.items()
            if name.lower().endswith(_READ)
        )
        if not rated:
            return Loaded(files, "", tuple(remarks))
        others = [name for (steps, _), _, name in rated[1:] if steps]
        if others:
            remarks.append(say("also handed in, and not checked: {1}", ", ".join(others[:5])))
        return Loaded(files, rated[0][2], tuple(remarks))


def collect(sources: Sequence[Path]) -> tuple[list[Submission], list[str]]:
    """Find the submissions in folders and zips, sorted by name; and what of them was not read, and why.

    Raises
    ------
    OSError
        If a source cannot be read.
    ValueError
        If a source is nothing of the kind, or no submission is found.
    """
    groups: dict[tuple[int, str], list[Entry]] = {}
    ignored = []
    for number, source in enumerate(sources):
        if source.is_file() and source.suffix.lower() in _READ:
            found = [Entry((source.name,), partial(read_file, source))]
        else:
            found = _without_wrapping(list(entries(source)), source)
        for entry in found:
            key = _key(entry)
            if key:
                groups.setdefault((number, key), []).append(entry)
            else:
                ignored.append(f"{printable('/'.join(entry.parts))}: {entry.problem or say('not read')}")
    if not groups:
        raise ValueError(f"no submission in {', '.join(map(str, sources))}: a file, folder or zip a learner")
    submissions = [_submission(sources[number], key, found) for (number, key), found in groups.items()]
    submissions.sort(key=lambda each: (each.who.casefold(), each.who, each.identity, each.origin))
    return _with_slugs(submissions), ignored


def _without_wrapping(found: list[Entry], source: Path) -> list[Entry]:
    """Look into the one folder of a zip that was made of the class's folder."""
    tops = {entry.parts[0] for entry in found if entry.parts}
    if source.is_dir() or len(tops) != 1:
        return found
    (top,) = tops
    seconds = {entry.parts[1] for entry in found if len(entry.parts) > 1}
    if top == source.stem or any(_MOODLE.fullmatch(name) or _CANVAS.fullmatch(name) for name in seconds):
        return [entry._replace(parts=entry.parts[1:]) for entry in found if len(entry.parts) > 1]
    return found


def _key(entry: Entry) -> str:
    """Return what an entry's learner is told by; empty where the entry is nobody's."""
    if not entry.parts:
        return ""
    top = entry.parts[0]
    platform = _MOODLE.fullmatch(top) or _CANVAS.fullmatch(top)
    if platform:
        return f"{platform['who']}\0{platform['id']}"
    lone_file = len(entry.parts) == 1 and (entry.read is not None or entry.problem)
    return "" if lone_file and not top.lower().endswith((*_READ, ".zip")) else top


def _submission(source: Path, key: str, found: Iterable[Entry]) -> Submission:
    who, _, identity = key.partition("\0")
    read, problems = [], []
    for entry in found:
        parts = entry.parts
        platform = _MOODLE.fullmatch(parts[0]) or _CANVAS.fullmatch(parts[0])
        if len(parts) > 1:
            parts = parts[1:]
        elif platform and platform["rest"]:
            parts = (platform["rest"],)
        if entry.problem:
            problems.append(f"{printable('/'.join(parts))}: {entry.problem}")
        elif entry.read is not None:
            read.append((parts, entry.read))
    if not identity:
        who = re.sub(r"\.(py|ipynb|zip)$", "", who, flags=re.IGNORECASE)
    return Submission(
        printable(who).strip() or "?",
        identity,
        printable(f"{source.name}/{key.partition(chr(0))[0]}"),
        "",
        tuple(read),
        tuple(problems),
    )


def _with_slugs(submissions: list[Submission]) -> list[Submission]:
    """Give each a name for its report: the learner's, the platform's number, a count where two agree."""
    taken: set[str] = set()
    named = []
    for each in submissions:
        slug = re.sub(r"\W+", "-", each.who).strip("-")[:60] or "unnamed"
        if each.identity:
            slug += f"-{each.identity[:20]}"
        count, unique = 1, slug
        while unique.casefold() in taken:
            count += 1
            unique = f"{slug}-{count}"
        taken.add(unique.casefold())
        named.append(replace(each, slug=unique))
    return named


def _safe(part: str) -> str:
    """Write a file's name so that any system takes it."""
    stem, dot, suffix = _FORBIDDEN.sub("_", printable(part)).rpartition(".")
    name = f"{stem[:80]}{dot}{suffix[:20]}".rstrip(". ").replace("\N{REPLACEMENT CHARACTER}", "_")
    return name if name.strip("._ ") else f"_{name.strip('. ')}"


def _drop_files_that_are_folders(files: dict[str, bytes]) -> None:
    folders = {name[:at] for name in files for at, letter in enumerate(name) if letter == "/"}
    for name in folders & files.keys():
        del files[name]


def _steps_in(data: bytes) -> tuple[int, int]:
    """Return how many of the exercise's steps a file defines, and how many functions."""
    defined = re.findall(rb"\bdef\s+(\w+)", data)
    return len(find_names({name.decode("latin-1") for name in defined})), len(defined)
