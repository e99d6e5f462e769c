"""A pickle can contain plain data and nothing else."""

import io
import os
import pickle
import struct

import numpy as np
import pytest

import py2pickle
from practica.data.store.pickles import unpickle_plain, unpickle_plain_file
from practica.data.store.spec import BadContentError
from practica.errors import InputError


class Call:
    """An object that pickles as a call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def read(data: bytes):
    return unpickle_plain(io.BytesIO(data))


def test_reads_a_batch_of_python_2():
    images = np.arange(12, dtype=np.uint8).reshape(2, 6)
    batch = read(py2pickle.dumps({b"data": images, b"labels": [3, 250], b"filenames": [b"a.png"]}))
    np.testing.assert_array_equal(batch[b"data"], images)
    assert batch[b"labels"] == [3, 250]
    assert batch[b"filenames"] == [b"a.png"]


@pytest.mark.parametrize("protocol", [3, 4])
def test_reads_what_numpy_pickles_today(protocol):
    images = np.arange(12, dtype=np.uint8).reshape(2, 6)
    reviews = np.empty(2, object)
    reviews[:] = [[1, 2], [70_000]]
    np.testing.assert_array_equal(read(pickle.dumps({b"data": images}, protocol=protocol))[b"data"], images)
    assert read(pickle.dumps(reviews, protocol=protocol)) == [[1, 2], [70_000]]


def test_runs_nothing(tmp_path):
    mark = tmp_path / "mark"
    hostile = [
        Call(os.system, f"touch {mark}"),
        Call(eval, f"open({str(mark)!r}, 'w')"),
        Call(exec, f"open({str(mark)!r}, 'w')"),
        Call(open, str(mark), "w"),
        Call(np.save, str(mark), 1),
        Call(np.load, str(mark)),
        Call(getattr, "text", "format"),
        {"data": Call(os.system, f"touch {mark}")},
        [[Call(os.system, f"touch {mark}")]],
    ]
    for value in hostile:
        for protocol in range(2, 6):
            with pytest.raises(InputError, match=r"it holds no plain data \(it asks for"):
                read(pickle.dumps(value, protocol=protocol))
    assert not list(tmp_path.iterdir())


ARRAY = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
EMPTY = ARRAY + b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R"
BYTES = b"cnumpy\ndtype\nU\x02u1\x85R"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02}(U\x04data",
        b"\x80\x02c__builtin__\neval\nU\x011\x85R.",
        b"(Vtouch\nios\nsystem\n.",  # the INST opcode
        b"\x80\x02P1\n.",
        b"\x80\x02\x82\x01.",  # the extension registry
        EMPTY + b".",  # an array without state
        EMPTY + b"(K\x01J\xff\xff\xff\xff\x85" + BYTES + b"\x89U\x00tb.",  # a negative shape
        EMPTY + b"(K\x01J\xff\xff\xff\x7f\x85" + BYTES + b"\x89U\x01atb.",  # more than it holds
        EMPTY + b"(K\x01K\x01\x85" + b"cnumpy\ndtype\nU\x01O\x85R" + b"\x89U\x01atb.",  # bytes as pointers
        EMPTY + b"(K\x01K\x01\x85" + b"cnumpy\ndtype\nU\x02V1\x85R" + b"\x89U\x01atb.",
        EMPTY + b"(K\x01K\x01\x85" + b"cnumpy\ndtype\nNU\x01a\x86R" + b"\x89U\x01atb.",
        ARRAY + b"}U\x0d__setstate__K\x01sb.",  # BUILD on the class itself
        b"\x80\x02cnumpy\ndtype\nN}U\x08__init__K\x01s\x86b.",
        b"\x80\x02cnumpy\nndarray\n" + b"}b.",
    ],
)
def test_refuses_damaged_and_tricky_pickles(data):
    with pytest.raises(BadContentError, match="it holds no plain data"):
        read(data)
    # It has left nothing behind.
    assert read(py2pickle.dumps({b"data": np.zeros((1, 2), np.uint8)}))[b"data"].shape == (1, 2)


@pytest.mark.parametrize("dtype", [">i8", "<i8", "<f4", "|u1", ">u2", "|b1"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_reads_plain_numbers_of_every_type(dtype, protocol):
    numbers = np.array([[0, 1], [1, 0], [1, 1]], dtype)
    for array in (numbers, np.asfortranarray(numbers)):
        ((pair,),) = read(pickle.dumps(([array],), protocol=protocol))
        np.testing.assert_array_equal(pair, numbers)


def test_refuses_an_unknown_byte_order():
    data = py2pickle.dumps({b"data": np.zeros((1, 2), np.uint8)}).replace(b"K\x03U\x01|", b"K\x03U\x01!")
    with pytest.raises(BadContentError, match="byte order"):
        read(data)


def test_refuses_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(b"\x80\x02T" + struct.pack("<i", 2**30))
    with pytest.raises(BadContentError, match="batch is larger than 5 bytes"):
        unpickle_plain_file(path, 5)
    with pytest.raises(BadContentError):
        unpickle_plain_file(path, 500)
