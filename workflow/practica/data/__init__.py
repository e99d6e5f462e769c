"""The data of a study: ``store`` fetches, verifies and prepares the data sets in the study's folder ``data``.

To add a data set, add a module there that defines ``DATASET``.
"""

from practica.data.store.canonical import Dataset, DatasetInfo, load, verify
from practica.data.store.prepare import prepare
from practica.data.store.registry import spec_of

__all__ = ["Dataset", "DatasetInfo", "load", "prepare", "spec_of", "verify"]
