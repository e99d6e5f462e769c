"""Read pickles of plain data without running anything that they ask for.

Some published data exist only as pickles. A pickle is a program that may call any importable function; here it can name
a few numpy constructors, and even these are replaced by inert stand-ins that record their arguments. Our own code then
checks the records and turns them into arrays.
"""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path
from typing import IO, Any

import numpy as np

from practica.data.store.spec import BadContentError

FEW = 10  # longer lists hold labels, file names or words, which are plain already, or one array after another


class _NdarrayName:
    """Stand for the name ``numpy.ndarray``, which a pickle only passes on."""

    # Every global has __setstate__: without it, BUILD on the class itself could set its attributes.
    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("unexpected state")


class _Dtype:
    """Record ``numpy.dtype(code, ...)`` and the byte order that follows it."""

    def __init__(self, code: object, *_: object) -> None:
        self.code, self.order = _text(code), "|"

    def __setstate__(self, state: object) -> None:
        order = _text(state[1]) if isinstance(state, tuple) and len(state) >= 2 else None
        if order not in ("|", "<", ">", "="):
            raise pickle.UnpicklingError("an array with an unknown byte order")
        self.order = order

    def plain(self) -> np.dtype[Any] | None:
        """Return numpy's dtype if it is one of plain numbers or texts."""
        plain = isinstance(self.code, str) and re.fullmatch(r"[iu][1248]|f[248]|b1|[SU]\d{1,4}", self.code)
        return np.dtype(f"{self.order}{self.code}") if plain else None


class _Array:
    """Record ``numpy.core.multiarray._reconstruct(...)`` and the array state that follows it."""

    def __init__(self, *_: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def content(self) -> Any:
        """Return the array of numbers or texts, or a list if it is a one-dimensional array of objects."""
        if not (isinstance(self.state, tuple) and len(self.state) == 5):
            raise pickle.UnpicklingError("an array without content")
        _, shape, dtype, fortran, data = self.state
        if not (isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape) and type(fortran) is bool):
            raise pickle.UnpicklingError("an array with an impossible shape")
        plain = dtype.plain() if isinstance(dtype, _Dtype) else None
        if plain is not None and isinstance(data, bytes | bytearray):
            return np.frombuffer(data, plain).reshape(shape, order="F" if fortran else "C")
        objects = isinstance(dtype, _Dtype) and dtype.code in ("O", "O8")
        if objects and isinstance(data, list) and shape == (len(data),):
            return [_plain(item) for item in data]
        raise pickle.UnpicklingError("an array of another type or size than it says")


class _FromBuffer(_Array):
    """Record ``numpy.core.numeric._frombuffer(buffer, dtype, shape, order)``, which protocol 5 uses."""

    def __init__(self, data: object, dtype: object, shape: object, order: object, *_: object) -> None:
        self.state = (1, shape, dtype, order == "F", data)


class _Scalar:
    """Stand for ``numpy.core.multiarray.scalar``, with which numpy writes a single number."""

    def __new__(cls, dtype: object, data: object, *_: object) -> Any:
        """Return the number."""
        plain = dtype.plain() if isinstance(dtype, _Dtype) else None
        if plain is None or not isinstance(data, bytes) or len(data) != plain.itemsize:
            raise pickle.UnpicklingError("a number of another type or size than it says")
        return np.frombuffer(data, plain)[0].item()

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("unexpected state")


class _Dict(dict[Any, Any]):
    """Stand for a dict of another class; anything but its items is left out."""

    def __setstate__(self, state: object) -> None:
        pass


class _Encoded:
    """Stand for ``_codecs.encode``, with which Python 3 writes bytes for Python 2."""

    def __new__(cls, text: object, *_: object) -> Any:
        """Return the bytes that ``text`` stands for."""
        if not isinstance(text, str):
            raise pickle.UnpicklingError("bytes that are no text")
        return text.encode("latin-1")

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("unexpected state")


def _text(value: object) -> object:
    """Return a string of Python 2 as text, and anything else unchanged."""
    return value.decode("ascii") if isinstance(value, bytes) else value


_GLOBALS = {
    ("numpy", "ndarray"): _NdarrayName,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _Encoded,
    ("collections", "OrderedDict"): _Dict,
    ("sklearn.utils", "Bunch"): _Dict,
    ("sklearn.utils._bunch", "Bunch"): _Dict,
    ("sklearn.datasets.base", "Bunch"): _Dict,
    # Under the names before numpy 2, and those since.
    ("numpy.core.multiarray", "scalar"): _Scalar,
    ("numpy._core.multiarray", "scalar"): _Scalar,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _FromBuffer,
    ("numpy._core.numeric", "_frombuffer"): _FromBuffer,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows only a few names."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the inert stand-in of a permitted name, and refuse any other name."""
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def unpickle_plain(stream: IO[bytes]) -> Any:
    """Return the pickled list, tuple, dict or array in ``stream``; an array of objects becomes a list.

    Strings of Python 2 become ``bytes``. Nothing named in the pickle is imported or called.

    Raises:
        BadContentError: the pickle is damaged or holds anything but plain data.
    """
    try:
        return _plain(_PlainUnpickler(stream, encoding="bytes").load())
    except Exception as error:  # a hostile or damaged pickle can raise anything
        raise BadContentError(f"it holds no plain data ({error})") from error


def _plain(value: Any) -> Any:
    """Return a value with its recorded arrays turned into arrays, also inside containers."""
    if isinstance(value, _Array):
        return value.content()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple) or (isinstance(value, list) and (len(value) <= FEW or isinstance(value[0], _Array))):
        return [_plain(item) for item in value]
    return value


def unpickle_plain_file(path: Path, limit: int) -> Any:
    """Return the plain data pickled in ``path``, which may have at most ``limit`` bytes."""
    with path.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadContentError(f"{path.name} is larger than {limit:,} bytes")
    return unpickle_plain(io.BytesIO(data))
