"""The data of a study: ``store`` fetches, verifies and prepares what the modules in its folder ``data`` describe.

A new data set is a new module there that defines ``DATASET``.
"""

from practica.data.store.prepare import prepare
from practica.data.store.prepared import Dataset, DatasetInfo, load, verify
from practica.data.store.registry import spec_of

__all__ = ["Dataset", "DatasetInfo", "load", "prepare", "spec_of", "verify"]
