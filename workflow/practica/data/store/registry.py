"""Find the data sets: every module of ``practica.data`` that defines ``DATASET``."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from practica.data.store.spec import Spec
from practica.errors import InputError


def _discover() -> dict[str, Spec]:
    """Return the specifications of all data sets by name.

    Raises:
        InputError: a data set has another name than its module, by which the workflow finds it.
    """
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parents[1])]):
        if not module.ispkg:
            spec = getattr(importlib.import_module(f"practica.data.{module.name}"), "DATASET", None)
            if spec is None:
                continue
            if spec.name != module.name:
                raise InputError(
                    f"workflow/practica/data/{module.name}.py: DATASET is named {spec.name!r}; "
                    "data set and module have the same name"
                )
            found[spec.name] = spec
    return dict(sorted(found.items()))


DATASETS = _discover()


def spec_of(name: str) -> Spec:
    """Return the specification of the data set ``name``.

    Raises:
        InputError: there is no such data set.
    """
    try:
        return DATASETS[name]
    except KeyError:
        raise InputError(f"there is no data set {name!r}; there are {', '.join(DATASETS)}") from None
