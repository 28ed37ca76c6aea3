"""Damage and make up inputs for every parser: ``python -m tests.mutations [INPUTS] [SEED]``.

Each input is read in a child process, so that a crash is counted and not suffered. An input passes where the
parser reads it or raises an error that its documentation names, within 2 seconds and within 10 times the
input's size plus 200 MB.
"""

import gzip
import io
import json
import os
import re
import resource
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from tests.children import Position, watched
from tests.kaggle_files import write_competition
from triceptron import ThreeLayerPerceptron, initialize, load_model
from triceptron.checking.source import UnreadableFileError
from triceptron.checking.source import read as read_source
from triceptron.data import Columns, Standardisation, kaggle, load_mnist, prepare, read_table
from triceptron.data.columns import Column
from triceptron.files import InvalidFileError, Model, checkpointfile, modelfile, tensorfile
from triceptron.jobs import table
from triceptron.jobs.run import read_metrics
from triceptron.jobs.session import Session
from triceptron.jobs.table.recipes import recipes
from triceptron.jobs.table.runs import Ledger
from triceptron.training import Recipe

SECONDS, TIMES, BYTES = 2.0, 10, 200 << 20
_BATCH = 2000  # inputs of one child

_TOKENS = (
    b"\0", b"\n", b"\r\n", b'"', b"'", b",", b";", b"\t", b"|", b"-", b"(", b"[", b"{", b"]]", b"}", b"\\",
    b"`", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\xed\xa0\x80", "一".encode(), "，".encode(), b"nan",
    b"-inf", b"1e400", b"9" * 30, b"-1", b"0", b"null", b"true", b"[[row]]", b"'''", b"= {", b"2024-13-45",
    b"0x10", b"1_000", b"\x1f",
)  # fmt: skip


class Parser(NamedTuple):
    """What reads a kind of input.

    Attributes
    ----------
    name : str
    suffix : str
        Of the input's file.
    seeds : list of bytes
        Whole inputs to begin with.
    parse : callable
        Reads a file and uses what it read.
    documented : tuple of exceptions
    turns : int
        How often it comes in turn: what trains on what was read takes longer than the others.
    rebuild : callable or None
        Makes up an input whose checksum is right, from a generator of numbers.
    """

    name: str
    suffix: str
    seeds: list[bytes]
    parse: Callable[[Path], object]
    documented: tuple[type[Exception], ...]
    turns: int = 6
    rebuild: Callable[[np.random.Generator], bytes] | None = None


class Outcome(NamedTuple):
    """What came of the inputs."""

    inputs: Counter[str]
    refused: Counter[str]
    faults: list[str]


def mutate(seed: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Damage an input in one to four ways."""
    data = bytearray(seed)
    for _ in range(rng.integers(1, 5)):
        size = len(data)
        place, end = sorted(int(i) for i in rng.integers(0, size + 1, 2))
        end = min(end, place + 4000)
        match rng.integers(9):
            case 0 if size:
                data[rng.integers(size)] = rng.integers(256)
            case 1 if size:
                data[rng.integers(size)] ^= 1 << rng.integers(8)
            case 2:
                del data[place:]
            case 3:
                del data[place:end]
            case 4:
                data[place:place] = _TOKENS[rng.integers(len(_TOKENS))]
            case 5:  # a piece many times over
                data[place:place] = data[place:end] * _many(7, rng) if size < 100_000 else b""
            case 6:  # a token many times over
                data[place:place] = _TOKENS[rng.integers(len(_TOKENS))] * _many(12, rng)
            case 7:  # a piece of another input
                begin = int(rng.integers(len(other) + 1))
                data[place:end] = other[begin : begin + 500]
            case 8:  # other numbers
                for digit in re.finditer(rb"\d", data[place : place + 200]):
                    if rng.random() < 0.2:
                        data[place + digit.start()] = 48 + rng.integers(10)
        if len(data) > 2_000_000:
            del data[2_000_000:]
    return bytes(data)


def _many(most: int, rng: np.random.Generator) -> int:
    """Return a number up to 2 to the power of `most`, small ones most of the time."""
    return int(2 ** (most * rng.random() ** 3))


_VALUES = (
    None,
    True,
    -1,
    0,
    1.5,
    1e300,
    2**70,
    "",
    "x",
    "int64",
    [],
    [[]],
    {},
    [1, 2, 3],
    ["a"],
    float("nan"),
)


def alter(value: Any, rng: np.random.Generator, depth: int = 0) -> Any:
    """Change one entry somewhere in what JSON holds."""
    if isinstance(value, dict) and value and (depth == 0 or rng.random() < 0.8):
        name = list(value)[rng.integers(len(value))]
        match rng.integers(8):
            case 0:
                return {key: entry for key, entry in value.items() if key != name}
            case 1:
                return {**value, str(_VALUES[rng.integers(len(_VALUES))]): value[name]}
        return {**value, name: alter(value[name], rng, depth + 1)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        place = rng.integers(len(value))
        return [*value[:place], alter(value[place], rng, depth + 1), *value[place + 1 :]]
    return _VALUES[rng.integers(len(_VALUES))]


def _altered(path: Path, kind: str) -> Callable[[np.random.Generator], bytes]:
    """Return what makes up files of arrays with a right checksum, from a whole one."""
    tensors, whole = tensorfile.read(path, kind)

    def rebuild(rng: np.random.Generator) -> bytes:
        arrays, facts = dict(tensors), whole
        for _ in range(rng.integers(1, 4)):
            if rng.random() < 0.6:
                facts = alter(facts, rng)
                continue
            name = str(rng.choice(sorted(arrays)))
            shape = tuple(rng.integers(0, 6, rng.integers(4)))
            array = arrays[name]
            others = (
                array.T,
                array.astype(np.float32 if array.dtype == float else np.float64),
                np.atleast_1d(array)[:1],
                rng.choice([np.nan, np.inf, 0, -1, 1e30], shape),
                np.asarray(array) * -1,
            )
            arrays[name] = others[rng.integers(len(others))]
            if rng.random() < 0.2:
                arrays[str(rng.choice([*sorted(arrays), "extra", "history.x", "mean"]))] = arrays.pop(name)
        record = {"kind": kind, **facts} if isinstance(facts, dict) else {"kind": kind}
        made = []
        with patch.object(tensorfile, "write_file", lambda _, data: made.append(data)):
            tensorfile.write("", arrays, record)
        return made[0]

    return rebuild


def parsers(folder: Path) -> list[Parser]:
    """Return every parser, with whole inputs for each."""
    return [*_tables(folder), *_archives(folder), *_models(folder), *_checkpoints(folder), *_records(folder)]


_CSV = (
    b"a,b,when,species\n"
    + b"".join(b"%d,%d.5,2024-01-%02d,%c\n" % (i, i, i + 1, b"xy"[i % 2]) for i in range(24)),
    b'name;"size, cm";species\n' + b"".join(b"n%d;1,%d;%c\n" % (i % 3, i, b"xy"[i % 2]) for i in range(24)),
    "长度\t宽度\tspecies\n".encode("gb18030") + b"1\t2\tx\n2\t?\ty\n3\t4\tx\n5\tNA\ty\n" * 4,
)

_GIVEN = (
    b"hidden units,learning rate,accuracy\n8,0.1,\n16,1e-2,\n",
    "# T\n\n| 学习率 | hidden | solver | best |\n|---|:-:|---|--:|\n| 0.1 | 8 | adam | |\n".encode(),
    b'# c\n[[row]]\nhidden = 8\nlr = 0.1\n\n[[row]]\nhidden = 16\nlr = "0.2"\nbatch_size = "full"\n',
)


def _tables(folder: Path) -> Iterator[Parser]:
    from triceptron.data import TableError

    def whole_table(path: Path) -> None:
        table = read_table(path)
        table.labels(table.columns[-1])
        prepare(path, table.columns[-1])

    def given(path: Path) -> None:
        read = table.read(path)
        recipes(read, Recipe())
        read.filled(read.headings, read.rows)

    yield Parser("CSV", ".csv", [*_CSV, gzip.compress(_CSV[0])], whole_table, (TableError,), 1)
    for text, suffix in zip(_GIVEN, (".csv", ".md", ".toml"), strict=True):
        yield Parser(f"table{suffix}", suffix, [text], given, (TableError,))

    files = folder / "kaggle"
    files.mkdir()
    write_competition(files)
    train, test = ((files / f"{name}.csv").read_bytes() for name in ("train", "test"))
    (files / "test.csv").write_bytes(test := b"".join(test.splitlines(keepends=True)[:4]))
    train = b"".join(train.splitlines(keepends=True)[:6])

    def competition(path: Path) -> None:
        kaggle.read(kaggle.find([path, files / "test.csv"]))

    yield Parser("Kaggle train.csv", ".csv", [train, test], competition, (TableError,))


def _archives(folder: Path) -> Iterator[Parser]:
    from triceptron.data import DataError, TableError

    seeds = []
    train, test = ((folder / "kaggle" / f"{name}.csv").read_bytes()[:20_000] for name in ("train", "test"))
    train, test = (text[: text.rindex(b"\n") + 1] for text in (train, test))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("train.csv", train)
            archive.writestr("test.csv", test)
        seeds.append(packed.getvalue())

    def unzip(path: Path) -> None:
        kaggle.read(kaggle.find([path]))

    yield Parser("zip", ".zip", seeds, unzip, (TableError,))

    images = io.BytesIO()
    np.savez(
        images,
        x_train=np.zeros((3, 28, 28), np.uint8),
        y_train=np.arange(3),
        x_test=np.ones((2, 28, 28)),
        y_test=[1],
    )
    place = folder / "mnist"
    place.mkdir()

    def mnist(path: Path) -> None:
        os.environ["TRICEPTRON_DATA"] = str(place)
        os.replace(path, place / "mnist.npz")
        load_mnist()

    yield Parser("npz", ".npz", [images.getvalue()], mnist, (DataError,))


def _models(folder: Path) -> Iterator[Parser]:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), np.array(["ant", "bee", "cow", "dog"] * 10)
    fitted = ThreeLayerPerceptron(4, max_iter=3, early_stopping=True, standardize=True, random_state=0)
    fitted.fit(X, y)
    from triceptron import save_model

    save_model(fitted, folder / "estimator")
    parameters = initialize(5, 4, 3, dtype=np.float32)
    names = np.array(["ant", "bee", "cow"])
    plain = Model(
        parameters, names, Standardisation.fit(X), tuple("abcde"), "species", history={"loss": [1.0, 0.5]}
    )
    modelfile.write(plain, folder / "plain")
    columns = Columns((Column("a", "number", 1.5, True), Column("b", "category", categories=("", "x", "y"))))
    modelfile.write(Model(parameters, names, columns=columns), folder / "columns")

    def use(path: Path) -> None:
        model = modelfile.read(path)
        X = np.zeros((2, len(model.parameters.W1)))
        if model.output != "identity":
            model.predict_proba(X)
        if model.columns is None:
            load_model(path).predict(X)

    for name in ("estimator", "plain", "columns"):
        path = folder / name
        documented = (InvalidFileError,)
        yield Parser(
            f"model ({name})",
            ".safetensors",
            [path.read_bytes()],
            use,
            documented,
            2,
            _altered(path, "model"),
        )


def _checkpoints(folder: Path) -> Iterator[Parser]:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), np.arange(40) % 3

    def fit(path: Path) -> None:
        ThreeLayerPerceptron(
            4,
            max_iter=3,
            early_stopping=True,
            dropout=0.1,
            random_state=0,
            checkpoint=path,
            checkpoint_every=1,
        ).fit(X, y)

    fit(path := folder / "fit")
    documented = (InvalidFileError,)
    yield Parser(
        "fit's checkpoint", "", [path.read_bytes()], fit, documented, 1, _altered(path, "checkpoint")
    )

    from triceptron.data import Dataset

    data, recipe = Dataset(X, y, tuple("abc")), Recipe(hidden=4, epochs=3, solver="adam", batch_size=16)
    standardisation = Standardisation.fit(X)

    def session(**where: Any) -> Session:
        begun = Session(recipe.settings(), engine="core", **where)
        begun.identify(data)
        begun.train("training", recipe, data, standardisation, test=data)
        return begun

    (run := folder / "run").mkdir()
    path = run / "checkpoint.safetensors"
    checkpointfile.write(path, session()._checkpoint())

    def resume(given: Path) -> None:
        os.replace(given, path)
        session(resume=run)

    yield Parser(
        "run's checkpoint", "", [path.read_bytes()], resume, documented, 1, _altered(path, "checkpoint")
    )


def _records(folder: Path) -> Iterator[Parser]:
    outcome = {
        "train_loss": [1.0, 0.5], "test_loss": [1.0], "recorded": ["before", "before"], "final": [0.5, 0.6],
        "seconds": 0.1, "correct": 3, "total": 4, "fingerprint": "01234567", "diverged": "",
    }  # fmt: skip
    lines = [
        {"owner": {"table": "t.csv", "data": "0"}},
        *({"key": f"{i:032}", "outcome": outcome} for i in range(3)),
    ]

    def written(entries: list[Any]) -> bytes:
        return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)

    def ledger(path: Path) -> None:
        read = Ledger(path)
        for key in (f"{i:032}" for i in range(3)):
            if key in read:
                table.filling._measured(read[key])
                for kind in ("train_loss", "accuracy", "time", "fingerprint"):
                    table.filling._cell(kind, kind, [read[key]], False)

    def entries(rng: np.random.Generator) -> bytes:
        return written([alter(line, rng) if rng.random() < 0.5 else line for line in lines])

    yield Parser("ledger", ".jsonl", [written(lines)], ledger, (), 12, entries)

    metrics = {"settings": {"data": "digits", "hidden": 50}, "epochs_done": 3, "accuracy": 0.5}
    place = folder / "metrics"
    place.mkdir()

    def figures(path: Path) -> None:
        os.replace(path, place / "metrics.json")
        read_metrics(place)

    yield Parser("metrics.json", ".json", [json.dumps(metrics).encode()], figures, (InvalidFileError,), 12)

    code = "import numpy as np\n\ndef ReLU(Z):\n    return np.maximum(Z, 0)\n"
    cells = [{"cell_type": "code", "source": code}, {"cell_type": "markdown", "source": ["# x"]}]
    notebook = json.dumps({"cells": cells, "nbformat": 4}).encode()
    yield Parser("notebook", ".ipynb", [notebook], read_source, (UnreadableFileError,), 12)


def run(inputs: int, seed: int = 0) -> Outcome:
    """Read so many inputs, the parsers in turns."""
    outcome = Outcome(Counter(), Counter(), [])
    began = told = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = parsers(Path(scratch))
        position = Position()
        turns = [parser for parser in known for _ in range(parser.turns if inputs > 10_000 else 1)]
        size = min(_BATCH, -(-inputs // len(turns)))
        for batch in range(-(-inputs // size)):
            parser = turns[batch % len(turns)]
            first, last = batch * size, min((batch + 1) * size, inputs)
            while first < last:
                position.set(first, 0)
                work = partial(_read_all, parser, first, last, seed, Path(scratch), position)
                outcome.faults.extend(watched(parser.name, work, position))
                reached, refused = position.get()
                outcome.inputs[parser.name] += reached + 1 - first
                outcome.refused[parser.name] += refused
                first = reached + 1
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"{last:,} inputs, {len(outcome.faults)} faults, {told - began:.0f} s", file=sys.stderr)
    return outcome


def make(parser: Parser, number: int, seed: int) -> bytes:
    """Return the input of that number."""
    rng = np.random.default_rng([seed, number])
    if parser.rebuild is not None and rng.random() < 0.6:
        return parser.rebuild(rng)
    seeds = parser.seeds
    return mutate(seeds[rng.integers(len(seeds))], seeds[rng.integers(len(seeds))], rng)


def _read_all(
    parser: Parser,
    first: int,
    last: int,
    seed: int,
    scratch: Path,
    position: Position,
    tell: Callable[[str], None],
) -> None:
    path, refused, before = scratch / f"input{parser.suffix}", 0, _peak()
    for number in range(first, last):
        position.set(number, refused)
        data = make(parser, number, seed)
        path.write_bytes(data)
        problem, began = "", time.process_time()
        try:
            parser.parse(path)
        except parser.documented:
            refused += 1
        except Exception as error:
            places = traceback.extract_tb(error.__traceback__)
            at = next((f for f in reversed(places) if "triceptron" in f.filename), places[-1])
            problem = f"{error!r:.200} at {at.filename}:{at.lineno}"
        seconds, peak = time.process_time() - began, _peak()
        if seconds > SECONDS:
            problem = f"takes {seconds:.1f} s"
        if peak - before > TIMES * len(data) + BYTES:
            problem = f"takes {(peak - before) >> 20} MB"
            before = peak
        if problem:
            kept = Path(tempfile.gettempdir()) / f"mutation-{seed}-{number}{parser.suffix}"
            kept.write_bytes(data)
            tell(f"{parser.name}, input {number} ({kept}): {problem}")
    position.set(last - 1, refused)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    outcome = run(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0
    )
    for name, count in outcome.inputs.items():
        print(f"{name}: {count:,} inputs, {outcome.refused[name]:,} refused")
    print("\n".join(outcome.faults[:50]))
    print(f"{sum(outcome.inputs.values()):,} inputs: {len(outcome.faults)} faults")
    sys.exit(bool(outcome.faults))
