"""Pima Indians diabetes: 768 women, 8 measurements, diabetes within five years (Smith et al., 1988).

A zero in glucose, blood pressure, skin thickness, insulin or body mass index is impossible: it marks a missing value.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from practica.data.store.spec import Arrays, BadContentError, Form, OtherContentError, Published, Upstream
from practica.data.store.tables import numbers, read_table, refuse_missing, table_names

ROWS, COLUMNS = 768, 9
NAMES = {"0": 0, "0.0": 0, "0,0": 0, "1": 1, "1.0": 1, "1,0": 1}
IMPOSSIBLE_ZEROS = {1: 5, 2: 35, 3: 227, 4: 374, 5: 11}  # column: how many

# Of the real data where they are not missing: pregnancies, glucose, pressure, skin, insulin, BMI, pedigree, age.
MEAN = np.array([3.85, 122, 72.4, 29.2, 156, 32.5, 0.47, 33.2])
DEVIATION = np.array([3.37, 30.5, 12.4, 10.5, 119, 6.9, 0.33, 11.8])
LOWEST = [0, 44, 24, 7, 14, 18.2, 0.078, 21]
HIGHEST = [17, 199, 122, 99, 846, 67.1, 2.42, 81]
CORRELATION = np.array([0.22, 0.49, 0.17, 0.26, 0.30, 0.31, 0.17, 0.24])  # with the outcome


def read(path: Path) -> Arrays:
    """Return ``x`` ``(768, 8)`` float64 and ``y`` ``(768,)`` uint8, 1 where diabetes follows.

    The file is a table of eight measurements and the outcome in each row. An impossible zero may be missing or
    negative instead; the outcome may be told in any two words, of which the rarer is diabetes.
    """
    rows = read_table(path, COLUMNS)
    x = numbers([row[:-1] for row in rows])
    zeros = list(IMPOSSIBLE_ZEROS)
    x[:, zeros] = np.where(x[:, zeros] > 0, x[:, zeros], 0)  # also for NaN, and for -1 or -999
    refuse_missing(x)
    y = _outcomes([row[-1].casefold() for row in rows])
    if len(rows) != ROWS:
        raise OtherContentError(f"{len(rows)} rows instead of {ROWS}")
    return {"x": x, "y": y}


def _outcomes(words: list[str]) -> NDArray[np.uint8]:
    """Return the outcomes told in words or numbers."""
    if set(words) <= NAMES.keys():
        return np.array([NAMES[word] for word in words], np.uint8)
    counts = Counter(words)
    if len(counts) != 2:
        row, word = next((n, word) for n, word in enumerate(words, 1) if word not in NAMES)
        raise BadContentError(f"row {row}, column {COLUMNS} holds {word[:40]!r} instead of 0 or 1")
    return np.array([word == min(counts, key=counts.__getitem__) for word in words], np.uint8)


def stand_in() -> Arrays:
    """Return generated patients: as many, as often ill, and with as many impossible zeros as the real ones."""
    rng = np.random.default_rng(0)
    y = np.zeros(ROWS, np.uint8)
    y[rng.permutation(ROWS)[:268]] = 1
    shift = (y[:, None] - y.mean()) / y.std() * CORRELATION
    x = (shift + rng.standard_normal((ROWS, 8)) * np.sqrt(1 - CORRELATION**2)) * DEVIATION + MEAN
    x = np.clip(x, LOWEST, HIGHEST)
    decimals = (0, 0, 0, 0, 0, 1, 3, 0)
    x = np.column_stack([np.round(column, places) for column, places in zip(x.T, decimals, strict=True)])
    # One order for all columns: as in the real data, insulin is missing wherever skin thickness is.
    order = rng.permutation(ROWS)
    for column, count in IMPOSSIBLE_ZEROS.items():
        x[order[:count], column] = 0
    return {"x": x, "y": y}


DATASET = Published(
    name="pima",
    fingerprint="9a78bc05162f9e399f6b72636a33659a135121755c00048eae0a90ecf8e44ac0",
    forms=(
        Form(
            "pima-indians-diabetes.csv",
            read,
            Upstream(
                "jbrownlee",
                "pima-indians-diabetes.csv",
                "6bfe5d0f379d17a0e0819b996407e3c09bf80febd4287f2ed212190dfff154af",
            ),
            also=("diabetes.csv", "*diabetes", "*pima", *table_names("*pima*", "*diabetes*")),
        ),
    ),
    stand_in=stand_in,
)
