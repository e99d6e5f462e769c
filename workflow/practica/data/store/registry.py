"""Find the data sets: every module in the study's ``data`` that defines ``DATASET``."""

from __future__ import annotations

import importlib

from practica.code.syntax import data_sets
from practica.data.store.spec import Spec
from practica.errors import InputError, hint
from practica.study_folder import PACKAGE, relative_path


def spec_of(name: str) -> Spec:
    """Return the specification of the data set ``name``.

    Raises:
        InputError: there is no such data set, or its name differs from that of its module, by which the workflow finds
            it.
    """
    if name not in data_sets():
        raise InputError(f"there is no data set {name!r} in {relative_path('data')}{hint(name, data_sets())}")
    spec: Spec = importlib.import_module(f"{PACKAGE}.data.{name}").DATASET
    if spec.name != name:
        raise InputError(
            f"{relative_path('data', name)}.py: DATASET is named {spec.name!r}; data set and module have the same name"
        )
    return spec
