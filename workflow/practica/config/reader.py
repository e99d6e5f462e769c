"""Turn files into the configuration that the schema checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from practica.config.protocols import with_protocols
from practica.config.schema import config_schema, typed
from practica.study_folder import folder_of, use
from practica.yamlfiles.overlay import laid_out, lay
from practica.yamlfiles.plain import plain
from practica.yamlfiles.reading import read_yaml
from practica.yamlfiles.spelling import spelled


def prepared(config: Mapping[str, Any], *, resolved: bool = False) -> dict[str, Any]:
    """Open the study that a configuration names, and return the configuration in the form that the schema checks.

    A ``resolved`` one already holds the settings of its protocols, without what it leaves out of them.
    """
    config = plain(config)
    use(folder_of(config))
    whole = laid_out(config)
    return plain(typed(spelled(whole if resolved else with_protocols(whole)), config_schema()))


def read_config(paths: list[str | Path]) -> dict[str, Any]:
    """Read configuration files and lay each over those before it."""
    merged: dict[str, Any] = {}
    for path in paths:
        merged = lay(merged, read_yaml(path))
    return merged
