"""The data sets: one module each, which says what is particular to it; ``store`` does what is common to all.

A new data set is a new module here that defines ``DATASET``.
"""

from practica.data.store.prepare import prepare
from practica.data.store.prepared import Dataset, DatasetInfo, load, verify
from practica.data.store.registry import DATASETS

NAMES: tuple[str, ...] = tuple(DATASETS)

__all__ = ["NAMES", "Dataset", "DatasetInfo", "load", "prepare", "verify"]
