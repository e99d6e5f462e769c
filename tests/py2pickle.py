"""Write pickles as Python 2 did: byte strings, and arrays through ``numpy.core.multiarray._reconstruct``."""

import struct

import numpy as np


def dumps(value) -> bytes:
    return b"\x80\x02" + _item(value) + b"."


def _item(value) -> bytes:
    match value:
        case bool() | None:
            raise TypeError(value)
        case int():
            return b"J" + struct.pack("<i", value)
        case bytes():
            return b"T" + struct.pack("<i", len(value)) + value
        case list():
            return b"](" + b"".join(map(_item, value)) + b"e"
        case dict():
            return b"}(" + b"".join(_item(key) + _item(item) for key, item in value.items()) + b"u"
        case np.ndarray():
            return _array(value)
    raise TypeError(value)


def _array(array) -> bytes:
    """Pickle an array of bytes, or of objects."""
    objects = array.dtype == object
    code = b"U\x02O8" if objects else b"U\x02u1"
    shape = b"(" + b"".join(_item(int(n)) for n in array.shape) + b"t"
    content = _item(array.tolist()) if objects else _item(array.tobytes())
    dtype = b"cnumpy\ndtype\n" + code + b"K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    return empty + b"(K\x01" + shape + dtype + b"\x89" + content + b"tb"


def npy_of_objects(values: list) -> bytes:
    """Return a one-dimensional array of objects as a ``.npy`` file, as NumPy wrote it under Python 2."""
    array = np.empty(len(values), object)
    array[:] = values
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': ({len(values)},), }}".ljust(69) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + dumps(array)
