"""Model files that were cut off, flipped or made up: an error that names the file, and nothing else.

10,000 files with damaged bytes must all be refused; files whose content was changed with
the checksum made anew, as someone hostile would, must be refused or be a model that works.
"""

import json
import tracemalloc

import numpy as np
import pytest

from triceptron import initialize
from triceptron.data import Columns, Standardisation, TableError, read_table
from triceptron.data.columns import Column
from triceptron.files import InvalidFileError, Model, modelfile, tensorfile

FILES = 10_000


def model(rng):
    parameters = initialize(5, 4, 3, dtype=np.float32)
    return Model(
        parameters,
        np.array(["ant", "bee", "cow"]),
        Standardisation.fit(rng.normal(size=(9, 5))),
        tuple("abcde"),
        "species",
        settings={"hidden": 4},
        history={"loss": [1.0, 0.5, 0.25]},
        samples=27,
    )


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def whole(tmp_path, rng):
    modelfile.write(model(rng), tmp_path / "whole")
    return (tmp_path / "whole").read_bytes()


def damaged(whole, rng):
    """Cut the file off, or change bytes of it: anywhere, or in the header where it hurts more."""
    content = bytearray(whole)
    header = 8 + int.from_bytes(whole[:8], "little")
    kind = rng.integers(6)
    if kind == 0:
        return bytes(content[: rng.integers(len(content))])
    if kind == 1:  # another length of the header
        content[:8] = int(rng.integers(2**63) >> rng.integers(60)).to_bytes(8, "little")
    elif kind == 2:  # digits of shapes and offsets become other digits
        digits = [i for i in range(header) if chr(content[i]).isdigit()]
        for i in rng.choice(digits, rng.integers(1, 4)):
            content[i] = ord(str(rng.integers(10)))
    elif kind == 3:  # a piece is repeated, or moved over another
        begin, end, to = (rng.integers(len(content)) for _ in range(3))
        content[to:to] = content[begin:end]
    else:
        end = header if kind == 4 else len(content)
        for _ in range(rng.integers(1, 8)):
            content[rng.integers(end)] = rng.integers(256)
    return bytes(content)


def test_ten_thousand_damaged_files_are_refused_by_name(tmp_path, whole, rng):
    path = tmp_path / "damaged.safetensors"
    refused = same = 0
    while refused < FILES:
        content = damaged(whole, rng)
        if content == whole:
            continue
        path.write_bytes(content)
        try:
            read = modelfile.read(path)
        except InvalidFileError as error:
            assert str(error).startswith(str(path)), error
            refused += 1
        else:  # a name of the header that nobody reads, or a space: what it says must be the same
            assert read.fingerprint == model(np.random.default_rng(0)).fingerprint
            same += 1
    assert same < FILES / 100


VALUES = (None, True, -1, 0, 1e300, 2**70, "", "x", "int64", [], [[]], {}, [1, 2, 3], ["a"], float("nan"))


def changed(tensors, record, rng):
    """Change an entry of the record or an array."""
    tensors, record = dict(tensors), json.loads(json.dumps(record))
    for _ in range(rng.integers(1, 3)):
        name = str(rng.choice(sorted(record)))
        if name in record and rng.random() < 0.5:
            record[name] = VALUES[rng.integers(len(VALUES))]
            if rng.random() < 0.2:
                del record[name]
        else:
            name = str(rng.choice(sorted(tensors)))
            shape = tuple(rng.integers(0, 6, rng.integers(4)))
            values = rng.choice([np.nan, np.inf, 0, -1, 1e30], shape)
            choices = (tensors[name].T, tensors[name].astype(float), np.atleast_1d(tensors[name])[:1], values)
            tensors[name] = choices[rng.integers(4)]
            if rng.random() < 0.2:
                tensors[str(rng.choice(["extra", "history.x", "mean", "W1"]))] = tensors.pop(name)
    return tensors, record


def test_made_up_content_is_refused_by_name_or_works(tmp_path, whole, rng):
    (tmp_path / "whole").write_bytes(whole)
    tensors, record = tensorfile.read(tmp_path / "whole", "model")
    path = tmp_path / "made-up.safetensors"
    refused = 0
    X = rng.normal(size=(3, 5))
    for _ in range(2000):
        tensorfile.write(path, *changed(tensors, record, rng))
        try:
            read = modelfile.read(path)
        except InvalidFileError as error:
            assert str(error).startswith(str(path)), error
            refused += 1
            continue
        P = read.predict_proba(X[:, : len(read.parameters.W1)])
        assert P.shape == (3, len(read.classes))
        modelfile.write(read, path)
    assert refused > 1000


def test_made_up_columns_are_refused_by_name_or_work(tmp_path, rng):
    """As above, for the record of a table's columns: reading it never makes more than the file holds."""
    entries = [
        {"name": "a", "kind": "number", "median": 1.0, "gaps": True, "categories": []},
        {"name": "b", "kind": "category", "median": 0.0, "gaps": False, "categories": ["x", "y", ""]},
    ]
    columns = Columns.from_record(entries)
    path = tmp_path / "columns.safetensors"
    modelfile.write(Model(initialize(5, 4, 3), np.array(["ant", "bee", "cow"]), columns=columns), path)
    assert modelfile.read(path).columns == columns
    tensors, record = tensorfile.read(path, "model")
    (tmp_path / "t.csv").write_text("a,b\n1,x\n,z\n")
    refused = 0
    for _ in range(2000):
        made_up = json.loads(json.dumps(record))
        entry = made_up["columns"][rng.integers(2)]
        name = str(rng.choice(sorted(entry)))
        entry[name] = (*VALUES, 10**400, ["x"] * 5, [["x"]], "number", "date", "category")[rng.integers(21)]
        if rng.random() < 0.1:
            made_up["columns"] = VALUES[rng.integers(len(VALUES))]
        tensorfile.write(path, tensors, made_up)
        try:
            read = modelfile.read(path)
        except InvalidFileError as error:
            assert str(error).startswith(str(path)), error
            refused += 1
            continue
        if read.columns is not None:
            try:
                X = read.columns.encode(read_table(tmp_path / "t.csv"))
            except TableError:
                continue
            assert read.predict_proba(X).shape == (2, 3)
    assert refused > 1000


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_reading_takes_a_small_multiple_of_the_files_size(tmp_path, whole, rng, size):
    """Whatever the file claims: sizes are those of the file, never those it speaks of."""
    path = tmp_path / "large.safetensors"
    hostile = [
        (2**40).to_bytes(8, "little") + b"{" * size,
        size.to_bytes(8, "little") + b"[" * size,
        size.to_bytes(8, "little") + b'{"a":' * (size // 5),
        header({"a": {"dtype": "F64", "shape": [2**61], "data_offsets": [0, size]}}, size),
        header({"a": {"dtype": "F64", "shape": [2**31, 2**31, 0], "data_offsets": [0, 0]}}, size),
        header({"__metadata__": {"triceptron": "[" * size, "sha256": ""}}, 0),
        header({"__metadata__": {"triceptron": "{}", "sha256": "0" * size}}, 0),
        header({"__metadata__": {"triceptron": "[" + "0," * (size // 2) + "0]", "sha256": ""}}, 0),
    ]
    for content in hostile:
        path.write_bytes(content)
        tracemalloc.start()
        with pytest.raises(InvalidFileError, match=r"large\.safetensors: "):
            modelfile.read(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 12 * len(content) + 500_000


def test_reading_a_long_name_among_the_classes_does_not_multiply_it(tmp_path, rng):
    parameters = initialize(2, 2, 2000)
    classes = np.array([str(i) for i in range(1999)] + ["x" * 100_000], object)
    modelfile.write(Model(parameters, classes), tmp_path / "m")
    tracemalloc.start()
    modelfile.read(tmp_path / "m")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * (tmp_path / "m").stat().st_size + 500_000


def header(fields, size):
    text = json.dumps(fields).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def test_reading_a_long_name_of_a_column_does_not_multiply_it(tmp_path):
    names = [f"v{i}" for i in range(3000)]
    columns = Columns((Column("x" * 1_000_000, "category", categories=tuple(names)),))
    path = tmp_path / "m"
    modelfile.write(Model(initialize(3000, 2, 2), np.array(["a", "b"]), columns=columns), path)
    tracemalloc.start()
    assert modelfile.read(path).columns == columns
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * path.stat().st_size + 500_000
