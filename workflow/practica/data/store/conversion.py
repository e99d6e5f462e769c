"""Convert arrays of unknown origin to the type and shape in which a data set is published, if they hold its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.spec import BadContentError

CLASSES = 256  # largest number of classes in one-hot labels


def as_numbers(value: Any, name: str) -> NDArray[Any]:
    """Return a list or an array as an array of numbers.

    Raises:
        BadContentError: it holds something else, or rows of different lengths.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise BadContentError(f"array {name} has rows of different lengths") from error
    if array.dtype.kind not in "biuf":
        raise BadContentError(f"array {name} is {array.dtype} instead of numbers")
    return array


def as_expected(array: NDArray[Any], name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the same numbers in the expected type and shape.

    Axes of length one are ignored; colours may come first, images may be flat, grey values fractions of 255 or 256, and
    labels one-hot.

    Raises:
        BadContentError: a number or the shape does not fit.
    """
    if array.ndim == 2 < len(shape) and array.shape == (shape[0], math.prod(shape[1:])):
        array = array.reshape(shape)
    if len(shape) == 1 and dtype.kind in "iu":
        array = _labels(array)
    if array.ndim > 1 and dtype.kind == "u" and array.dtype.kind == "f":
        array = _whole(array)
    if array.ndim == len(shape) == 4 and array.shape == (shape[0], shape[3], *shape[1:3]):
        array = np.moveaxis(array, 1, 3)  # Keras' other layout of images
    if _long(array.shape) != _long(shape):
        raise BadContentError(f"array {name} is {array.dtype} {array.shape} instead of {dtype} {shape}")
    with np.errstate(invalid="ignore"):
        converted = array.astype(dtype).reshape(shape)
    if not np.array_equal(converted, array.reshape(shape)):
        raise BadContentError(f"array {name} is {array.dtype} and holds numbers that are no {dtype}")
    return converted


def _labels(array: NDArray[Any]) -> NDArray[Any]:
    """Return one-hot labels ``(n, classes)`` as class numbers ``(n,)``, and other labels unchanged."""
    if array.ndim == 2 and 1 < array.shape[1] <= CLASSES:
        hot = array == 1
        if (hot.sum(axis=1) == 1).all() and ((array == 0) | hot).all():
            return hot.argmax(axis=1)
    return array


def as_decimals(array: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return the decimals behind numbers that were stored in single precision, and other numbers unchanged.

    Several decimals round to the same number in single precision; the shortest is meant, if it has at most six digits.

    Raises:
        BadContentError: the numbers were stored in half precision.
    """
    if np.array_equal(array, array.astype(np.float16)):
        raise BadContentError(f"array {name} is rounded to half precision, from which its decimals cannot be told")
    single = array.astype(np.float32)
    decimals = single.astype("U32").astype(np.float64)  # numpy writes the shortest decimal
    return np.where(array == single, decimals, array)


def _whole(array: NDArray[Any]) -> NDArray[Any]:
    """Return grey values that are fractions of 256 or 255 as whole numbers, and others unchanged."""
    if array.size and array.max() <= 1:
        for most in (256, 255):
            if np.abs(array * most - (grey := np.rint(array * most))).max() < 1e-3:
                return grey
    return array


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths of the axes that are longer than one."""
    return tuple(length for length in shape if length != 1)
