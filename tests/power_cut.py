"""Cut the power while something is written: ``python -m tests.power_cut``.

Each writing of `tests.writers` is done once while all that it asks of the disk is written down: files made,
filled and flushed, names moved and removed, folders flushed. Then the power is cut after each of those
steps, and what was not flushed by then is lost in every way that a disk may lose it: a file's content
wholly, by half or not at all; the changes of each folder from any one of them on. On each disk that can come
of it the old or the new must be there, whole, the new if its writer had returned; and the next
writing must leave nothing else.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.writers import LETTERS, Writing, writings
from triceptron.files import whole

Node = dict[str, int] | bytes
"""A folder: the numbers of what it holds, by name; or a file's content."""


class Change(NamedTuple):
    """A change of names, in one step: what each of some folders holds under a name from now on, or None."""

    entries: tuple[tuple[int, str, int | None], ...]


class Content(NamedTuple):
    """A file is being filled; the list gets what it is filled with."""

    node: int
    data: list[bytes]


class Flush(NamedTuple):
    """A file's content, or all changes of a folder, are on the disk from now on."""

    node: int


class Disk:
    """What a writing asks of the disk, written down.

    Attributes
    ----------
    root : Path
    first : dict of int to node
        What was there before.
    log : list of Change, Content and Flush
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tree: dict[int, Any] = {}
        self._number(root)
        self.first = {
            number: dict(node) if isinstance(node, dict) else node for number, node in self._tree.items()
        }
        self.log: list[Change | Content | Flush] = []
        self._filling: dict[int, tuple[Path, list[bytes]]] = {}

    def _number(self, path: Path) -> int:
        number = len(self._tree)
        self._tree[number] = {}
        if path.is_dir():
            for entry in sorted(path.iterdir()):
                self._tree[number][entry.name] = self._number(entry)
        else:
            self._tree[number] = path.read_bytes()
        return number

    def _find(self, path: Path) -> int | None:
        node: int | None = 0
        for name in path.relative_to(self.root).parts:
            node = self._tree[node].get(name) if node is not None else None
        return node

    def _change(self, *changes: tuple[Path, int | None]) -> None:
        entries = []
        for path, node in changes:
            folder = self._find(path.parent)
            assert folder is not None
            entries.append((folder, path.name, node))
        for folder, name, node in entries:
            self._tree[folder].pop(name, None)
            if node is not None:
                self._tree[folder][name] = node
        self.log.append(Change(tuple(entries)))

    def make(self, path: Path, *, folder: bool) -> None:
        node = len(self._tree)
        self._tree[node] = {} if folder else b""
        self._change((path, node))

    def fill(self, path: Path) -> None:
        """A file was opened to be written to."""
        if self._find(path) is None:
            self.make(path, folder=False)
        node = self._find(path)
        assert node is not None
        self.log.append(Content(node, data := []))
        self._filling[node] = (path, data)

    def flush(self, path: Path) -> None:
        node = self._find(path)
        if node is None:
            return
        if node in self._filling:
            self._filling.pop(node)[1].append(path.read_bytes())
        self.log.append(Flush(node))

    def move(self, path: Path, to: Path) -> None:
        node = self._find(path)
        self._change((path, None), (to, node))

    def exchange(self, path: Path, other: Path) -> None:
        one, two = self._find(path), self._find(other)
        self._change((path, two), (other, one))

    def remove(self, path: Path) -> None:
        if self._find(path) is not None:
            self._change((path, None))


@contextmanager
def _written_down(disk: Disk) -> Iterator[None]:
    """Tell the disk what this process does below its root."""
    listening = True

    def below(path: Any, folder: int = -1) -> Path | None:
        if isinstance(path, int):
            return None
        start = Path(os.readlink(f"/proc/self/fd/{folder}")) if folder >= 0 else Path.cwd()
        found = start / os.fsdecode(path)
        return found if disk.root in found.parents else None

    def hear(event: str, given: tuple[Any, ...]) -> None:
        if not listening:
            return
        if event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR) and (path := below(given[0])):
            if given[2] & os.O_CREAT or path.exists():
                disk.fill(path)
        elif event == "os.mkdir" and (path := below(given[0])) and not path.exists():
            disk.make(path, folder=True)
        elif event in ("os.remove", "os.rmdir") and (path := below(given[0], given[1])):
            disk.remove(path)

    def after(module: Any, name: str, tell: Any) -> Any:
        do = getattr(module, name)

        def doing(*given: Any, **more: Any) -> Any:
            done = do(*given, **more)
            if listening and (name != "exchange" or done):
                tell(*given)
            return done

        return patch.object(module, name, doing)

    def flushed(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path == disk.root or disk.root in path.parents:
            disk.flush(path)

    def moved(path: Any, to: Any) -> None:
        disk.move(Path(path), Path(to))

    sys.addaudithook(hear)  # there is no way to take one away: it stops listening
    with ExitStack() as stack:
        for module, name, tell in (
            (os, "fsync", flushed),
            (os, "rename", moved),
            (os, "replace", moved),
            (whole, "exchange", lambda path, other: disk.exchange(Path(path), Path(other))),
        ):
            stack.enter_context(after(module, name, tell))
        try:
            yield
        finally:
            listening = False


def disks(disk: Disk, steps: int) -> Iterator[dict[int, Node]]:
    """Return every disk that can come of a power cut after so many steps."""
    log = disk.log[:steps]
    changes = [(at, step) for at, step in enumerate(log) if isinstance(step, Change)]
    sure: set[int] = set()
    for at, step in enumerate(log):
        if isinstance(step, Flush):
            sure |= {i for i, change in changes if i < at and any(e[0] == step.node for e in change.entries)}
    folders = sorted({entry[0] for _, change in changes for entry in change.entries})
    lists = {f: [i for i, change in changes if any(e[0] == f for e in change.entries)] for f in folders}
    seen = set()
    for cut in product(*(range(len(lists[f]) + 1) for f in folders)):
        kept = {i for f, count in zip(folders, cut, strict=True) for i in lists[f][:count]} | sure
        # A change of two folders is one, and comes after all that either went through before.
        whole_ones = all(
            kept.issuperset(i for i in lists[entry[0]] if i < at)
            for at, change in changes
            if at in kept
            for entry in change.entries
        )
        if whole_ones and frozenset(kept) not in seen:
            seen.add(frozenset(kept))
            yield from _contents(disk, log, sorted(kept))


def _contents(disk: Disk, log: list[Change | Content | Flush], kept: list[int]) -> Iterator[dict[int, Node]]:
    """Return the disks with these changes of names, for all that can have become of unflushed contents."""
    tree: dict[int, Any] = {n: dict(x) if isinstance(x, dict) else x for n, x in disk.first.items()}
    for at in kept:
        for folder, name, node in log[at].entries:  # type: ignore[union-attr]
            names = tree.setdefault(folder, {})
            names.pop(name, None)
            if node is not None:
                names[name] = node
    choices = {node: [disk.first.get(node, b"")] for node, x in disk._tree.items() if isinstance(x, bytes)}
    for at, step in enumerate(log):
        if isinstance(step, Content):
            flushed = any(isinstance(later, Flush) and later.node == step.node for later in log[at:])
            before = choices[step.node][-1:]
            data = step.data[0] if step.data else b""
            half = (len(before[0]) + len(data)) // 2 if data.startswith(before[0]) else len(data) // 2
            choices[step.node] = [data] if flushed else [*before, data[:half], data]
    there = _reachable(tree, choices)
    filled = [node for node in choices if node in there]
    for contents in product(*(dict.fromkeys(choices[node]) for node in filled)):
        yield {**{n: tree.get(n, {}) for n in there}, **dict(zip(filled, contents, strict=True))}


def _reachable(tree: dict[int, Any], files: dict[int, Any]) -> list[int]:
    found = [0]
    for node in found:
        if node not in files and isinstance(tree.get(node, {}), dict):
            found.extend(tree.get(node, {}).values())
    return found


def _put(nodes: dict[int, Node], node: int, path: Path) -> None:
    content = nodes[node]
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    path.mkdir(exist_ok=True)
    for name, entry in content.items():
        _put(nodes, entry, path / name)


def cut(writing: Writing, *, existing: bool = True, most: int | None = None) -> int:
    """Cut the power in all ways during one writing; return on how many disks all was well.

    Parameters
    ----------
    writing : Writing
    existing : bool
        Whether it replaces an old one.
    most : int, optional
        Look at no more disks.
    """
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve() / "disk"
        root.mkdir()
        if existing:
            writing.write(root, LETTERS[0])
        disk = Disk(root)
        with _written_down(disk):
            writing.write(root, LETTERS[1])
        done = len(disk.log)
        for _, data in disk._filling.values():
            data.append(b"?")  # never flushed: whatever it was, nobody may need it
        looked_at: set[str] = set()
        for steps in range(done + 1):
            for nodes in disks(disk, steps):
                expected = [LETTERS[1]] if steps == done else [*LETTERS[:2]] if existing else ["", LETTERS[1]]
                if f"{nodes} {expected}" in looked_at:
                    continue
                looked_at.add(f"{nodes} {expected}")
                _check(writing, nodes, expected, f"{writing.name}, power cut after step {steps} of {done}")
                if len(looked_at) == most:
                    return most
        return len(looked_at)


def _check(writing: Writing, nodes: dict[int, Node], expected: list[str], where: str) -> None:
    with tempfile.TemporaryDirectory() as after:
        place = Path(after)
        _put(nodes, 0, place)
        try:
            found = writing.read(place)
        except (AssertionError, OSError, ValueError) as error:
            raise AssertionError(f"{where}: {error!r}, {nodes!r:.2000}") from error
        assert found in expected, f"{where}: {found!r} is there, not {expected}, {nodes!r:.2000}"
        writing.write(place, LETTERS[2])
        assert writing.read(place) == LETTERS[2], where
        assert writing.left_behind(place) == [], f"{where}: {writing.left_behind(place)} is left"


if __name__ == "__main__":
    for writing in writings():
        for existing in (True, False):
            count = cut(writing, existing=existing)
            what = "replaced" if existing else "new"
            print(f"{writing.name}, {what}: {count:,} disks after a power cut, all whole", flush=True)
