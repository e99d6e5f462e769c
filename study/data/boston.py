"""Boston housing: 506 districts, 13 attributes, median house value in k$ (Harrison & Rubinfeld, 1978).

Attribute B encodes the share of Black residents: the data serve to reproduce a regression, not to describe houses.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from practica.data.store.array_files import read_saved
from practica.data.store.conversion import as_decimals
from practica.data.store.spec import Arrays, BadContentError, Form, OtherContentError, Published, Upstream
from practica.data.store.tables import numbers, read_table, refuse_missing, table_names

ROWS, COLUMNS = 506, 14
SHAPES = {"x": (ROWS, 13), "y": (ROWS,)}
# As Keras' load_data shuffles and splits the rows.
SHUFFLE_SEED = 113
PARTS = {"x_train": (404, 13), "y_train": (404,), "x_test": (102, 13), "y_test": (102,)}

# Of the real data, by column: CRIM ZN INDUS CHAS NOX RM AGE DIS RAD TAX PTRATIO B LSTAT.
MEAN = [3.61, 11.4, 11.1, 0.07, 0.555, 6.28, 68.6, 3.80, 9.55, 408, 18.5, 357, 12.7]
DEVIATION = [8.59, 23.3, 6.85, 0.25, 0.116, 0.70, 28.1, 2.10, 8.70, 168, 2.16, 91.2, 7.13]
LOWEST = [0.006, 0, 0.46, 0, 0.385, 3.56, 2.9, 1.13, 1, 187, 12.6, 0.32, 1.73]
HIGHEST = [89, 100, 27.7, 1, 0.871, 8.78, 100, 12.1, 24, 711, 22, 397, 38]
CORRELATION = [-0.39, 0.36, -0.48, 0.18, -0.43, 0.70, -0.38, 0.25, -0.38, -0.47, -0.51, 0.33, -0.74]  # with the value


def read(path: Path) -> Arrays:
    """Return ``x`` ``(506, 13)`` and ``y`` ``(506,)`` in k$, both float64, in the published order."""
    try:
        arrays = _saved(path, SHAPES)
    except BadContentError as error:
        try:
            arrays = _unshuffled(_saved(path, PARTS))
        except BadContentError:
            raise error from None
    return _decimals(arrays)


def read_text(path: Path) -> Arrays:
    """Return the arrays of a table whose last column is the value."""
    table = numbers(read_table(path, COLUMNS))
    refuse_missing(table)
    if len(table) != ROWS:
        raise OtherContentError(f"{len(table)} rows instead of {ROWS}")
    return _decimals({"x": np.ascontiguousarray(table[:, :13]), "y": np.ascontiguousarray(table[:, 13])})


def _saved(path: Path, shapes: dict[str, tuple[int, ...]]) -> Arrays:
    return read_saved(path, {name: ("<f8", shape) for name, shape in shapes.items()})


def _unshuffled(parts: Arrays) -> Arrays:
    """Return the rows of both parts in the published order."""
    order = np.arange(ROWS)
    np.random.RandomState(SHUFFLE_SEED).shuffle(order)
    arrays = {axis: np.concatenate([parts[f"{axis}_train"], parts[f"{axis}_test"]]) for axis in SHAPES}
    return {axis: array[np.argsort(order)] for axis, array in arrays.items()}


def _decimals(arrays: Arrays) -> Arrays:
    return {name: as_decimals(array, name) for name, array in arrays.items()}


def stand_in() -> Arrays:
    """Return generated districts whose attributes range and relate to the value as the real ones do."""
    rng = np.random.default_rng(0)
    value = rng.standard_normal(506)
    correlation = np.array(CORRELATION)
    noise = rng.standard_normal((506, 13))
    x = value[:, None] * correlation + noise * np.sqrt(1 - correlation**2)
    x = np.clip(x * DEVIATION + MEAN, LOWEST, HIGHEST)
    x[:, 3] = noise[:, 3] > 1.48  # CHAS is 1 in 7 % of the districts
    x[:, 8] = np.round(x[:, 8])  # RAD is an index
    y = np.clip(22.5 + 9.2 * value + 0.3 * value**2, 5, 50)  # the real values are cut at 50, too
    return {"x": x, "y": np.round(y, 1)}


DATASET = Published(
    name="boston",
    fingerprint="dd23cbd17784c75c8e35fe97eca4013654c4223f305275d43fed4804c6bc8a87",
    forms=(
        Form(
            "boston_housing.npz",
            read,
            Upstream("keras", "boston_housing.npz", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"),
            also=("boston*.npz", "boston*.pkl*", "boston*.pickle*"),
        ),
        Form(
            "housing.data", read_text, also=("housing.csv", "*housing", "*boston", *table_names("housing*", "*boston*"))
        ),
    ),
    stand_in=stand_in,
)
