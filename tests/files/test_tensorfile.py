import hashlib
import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file, save_file

from triceptron.files import InvalidFileError, tensorfile

ARRAYS = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name != "__metadata__"),
    hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(min_dims=0, max_dims=3)),
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(ARRAYS, JSON)
def test_what_was_written_is_read_bit_for_bit(tmp_path_factory, arrays, more):
    path = tmp_path_factory.mktemp("file") / "it"
    tensorfile.write(path, arrays, {"kind": "thing", "more": more})
    tensors, record = tensorfile.read(path, "thing")
    assert record == {"kind": "thing", "more": more}
    assert tensors.keys() == arrays.keys()
    for name, array in arrays.items():
        assert tensors[name].dtype == array.dtype
        assert tensors[name].shape == array.shape
        assert tensors[name].tobytes() == array.tobytes()


def test_others_read_the_arrays_too(tmp_path):
    tensorfile.write(tmp_path / "it", {"W1": np.eye(2)}, {"kind": "thing"})
    np.testing.assert_array_equal(load_file(tmp_path / "it")["W1"], np.eye(2))


def header(fields):
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a safetensors file, or cut off"),
        (b"\x08\0\0\0", "not a safetensors file, or cut off"),
        (b"x" * 100, "not a safetensors file, or cut off"),
        (struct.pack("<Q", 2**62) + b"{}", "not a safetensors file, or cut off"),
        (struct.pack("<Q", 2) + b"[]", "not a safetensors file, or damaged"),
        (header({"__metadata__": {"other": "1"}}), "a safetensors file, but not one of triceptron's"),
        (header({"__metadata__": {"triceptron": "{", "sha256": ""}}), "its record is not readable JSON"),
        (
            header({"__metadata__": {"triceptron": "[" * 100_000, "sha256": ""}}),
            "its record is not readable JSON",
        ),
        (header({"__metadata__": {"triceptron": "[]", "sha256": ""}}), "not a thing of triceptron"),
        (
            header({"__metadata__": {"triceptron": '{"kind": "else"}', "sha256": ""}}),
            "not a thing of triceptron",
        ),
        (
            header({"__metadata__": {"triceptron": '{"kind": "thing"}', "sha256": "0"}}),
            "damaged: the content",
        ),
        (header({"a": {"dtype": "F64", "shape": [2**60], "data_offsets": [0, 8]}}) + b"x" * 8, "damaged"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "strange.safetensors"
    path.write_bytes(content)
    with pytest.raises(InvalidFileError, match=rf"strange\.safetensors: .*{message}"):
        tensorfile.read(path, "thing")


def test_every_flipped_bit_is_seen(tmp_path):
    path = tmp_path / "it"
    tensorfile.write(path, {"W1": np.eye(3), "b1": np.ones(3, np.float32)}, {"kind": "thing"})
    whole = bytearray(path.read_bytes())
    arrays_begin = 8 + int.from_bytes(whole[:8], "little")
    for place in range(arrays_begin, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InvalidFileError, match="damaged: the content does not have the SHA-256"):
            tensorfile.read(path, "thing")


def test_arrays_of_other_dtypes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="array 'codes' is int64, not float32 or float64"):
        tensorfile.write(tmp_path / "it", {"codes": np.arange(3)}, {"kind": "thing"})
    assert not list(tmp_path.iterdir())
    digest = hashlib.sha256(b'{"kind": "thing"}\'codes\' I64 (3,);' + np.arange(3).tobytes()).hexdigest()
    metadata = {"triceptron": json.dumps({"kind": "thing"}), "sha256": digest}
    save_file({"codes": np.arange(3)}, tmp_path / "it", metadata=metadata)
    with pytest.raises(InvalidFileError, match="the array 'codes' is I64, not F32 or F64"):
        tensorfile.read(tmp_path / "it", "thing")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InvalidFileError, match="not a regular file"):
        tensorfile.read(tmp_path, "thing")
    with pytest.raises(FileNotFoundError):
        tensorfile.read(tmp_path / "nothing", "thing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_does_not_keep_us_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidFileError, match="not a regular file"):
        tensorfile.read(tmp_path / "pipe", "thing")
