"""Read pickles of plain data without running anything that they ask for.

IMDB's ragged reviews and CIFAR's batches exist only as pickles. A pickle is a program that may call any importable
function; here it can name three numpy constructors, and even these are replaced by inert stand-ins that record
their arguments. What they recorded is then checked and turned into arrays by us.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import IO, Any

import numpy as np

from practica.data.store.spec import BadContentError


class _NdarrayName:
    """Stand for the name ``numpy.ndarray``, which a pickle only passes on."""

    # Every global has __setstate__: without it, BUILD on the class itself could set its attributes.
    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("unexpected state")


class _Dtype:
    """Record ``numpy.dtype(code, ...)``; byte order and the like must be the machine's."""

    def __init__(self, code: object, *_: object) -> None:
        self.code = code.decode("ascii") if isinstance(code, bytes) else code

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and len(state) >= 2 and state[1] in ("|", b"|")):
            raise pickle.UnpicklingError("an array with a byte order")


class _Array:
    """Record ``numpy.core.multiarray._reconstruct(...)`` and the array state that follows it."""

    def __init__(self, *_: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def content(self) -> Any:
        """Return the array as ``uint8``, or as a list where it is a one-dimensional array of objects."""
        if not (isinstance(self.state, tuple) and len(self.state) == 5):
            raise pickle.UnpicklingError("an array without content")
        _, shape, dtype, fortran, data = self.state
        if not (isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape) and fortran is False):
            raise pickle.UnpicklingError("an array with an impossible shape")
        code = dtype.code if isinstance(dtype, _Dtype) else None
        if code == "u1" and isinstance(data, bytes):
            return np.frombuffer(data, np.uint8).reshape(shape)
        if code in ("O", "O8") and isinstance(data, list) and shape == (len(data),):
            return data
        raise pickle.UnpicklingError("an array of another type or size than it says")


_GLOBALS = {
    ("numpy", "ndarray"): _NdarrayName,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _Array,  # before numpy 2
    ("numpy._core.multiarray", "_reconstruct"): _Array,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows three names."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the inert stand-in of a permitted name and refuse every other."""
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def unpickle_plain(stream: IO[bytes]) -> Any:
    """Return the pickled list, dict or array (``uint8``, or of objects: as a list) that ``stream`` holds.

    Strings of Python 2 become ``bytes``. Nothing named in the pickle is imported or called.

    Raises:
        BadContentError: the pickle is damaged or holds anything but plain data.
    """
    try:
        value = _PlainUnpickler(stream, encoding="bytes").load()
        if isinstance(value, _Array):
            return value.content()
        if isinstance(value, dict):
            return {key: item.content() if isinstance(item, _Array) else item for key, item in value.items()}
    except Exception as error:  # a hostile or damaged pickle can raise anything at all
        raise BadContentError(f"it holds no plain data ({error})") from error
    return value


def unpickle_plain_file(path: Path, limit: int) -> Any:
    """Return the plain data pickled in ``path``, which may have at most ``limit`` bytes."""
    with path.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadContentError(f"{path.name} is larger than {limit:,} bytes")
    return unpickle_plain(io.BytesIO(data))
