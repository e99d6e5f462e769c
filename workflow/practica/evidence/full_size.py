"""Read the summary of a reference; a demonstration shows its values beside its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practica.errors import InputError
from practica.evidence.estimates import Estimate

if TYPE_CHECKING:
    from practica.config.study import Study

Key = tuple[str, str, str, str]
"""Exercise, variant, split and metric."""


def read_summary(path: Path) -> dict[Key, dict[str, Any]]:
    """Return the rows of a ``summary.csv`` by exercise, variant, split and metric.

    Raises:
        InputError: it cannot be read, or is malformed.
    """
    import pandas as pd  # here, because Snakemake imports this module each time it parses

    from practica.evidence.plausibility import check_table
    from practica.evidence.summary import GROUP, NUMBERS

    types: dict[str, type] = {**dict.fromkeys(NUMBERS, float), "n": int}
    types |= dict.fromkeys([*GROUP, "data", "scale"], str)
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        table = table.astype(types)
        check_table(path.name, table, path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a folder of results or a reference") from error
    except (ValueError, KeyError, OverflowError) as error:
        raise InputError(f"{path} is malformed ({error}); collect it again") from error
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    return {(row["exercise"], row["variant"], row["split"], row["metric"]): row for row in rows}


def summary_file(study: Study) -> Path | None:
    """Return the summary of the reference that ``study.yaml`` names; None unless the study is a demonstration of it."""
    reference = study.front.get("reference")
    path = study.folder / str(reference) / "summary.csv"
    return path if reference and study.demonstration and path.is_file() else None


def full_size(study: Study) -> Mapping[Key, Estimate]:
    """Return the reference's values; empty unless the study is a demonstration of it.

    Raises:
        InputError: the reference's summary cannot be read.
    """
    path = summary_file(study)
    return {} if path is None else _estimates(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _estimates(path: Path, _modified: int) -> Mapping[Key, Estimate]:
    from practica.evidence.summary import estimate_fields

    return {key: Estimate(**estimate_fields(row)) for key, row in read_summary(path).items()}
