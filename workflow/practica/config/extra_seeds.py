"""Seeds added to a study after looks at its results: a file in the results folder, merged over the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from practica.address import VariantAddress, base_of, protocol_of
from practica.errors import InputError
from practica.files import write_text
from practica.yamlfiles.reading import read_yaml
from practica.yamlfiles.spelling import seeds as read_seeds

FILE = Path("decide/seeds.yaml")
"""Its path in the results folder."""
HEAD = """\
# Seeds that `python -m practica decide` gave to claims that were undecided. Every run lays this file over the
# configuration, but for a demonstration; `seeds` at the command line wins over it. As seeds were added after looks at
# the results, intervals are those of confidence sequences. To begin anew, delete this file.
"""


def file_of(config: Mapping[str, Any]) -> Path | None:
    """Return the file that lies over a merged configuration; None if there is none, and for a demonstration."""
    return beside(config, FILE)


def beside(config: Mapping[str, Any], name: Path) -> Path | None:
    """Return a file in the results folder that lies over a configuration; None as in ``file_of``."""
    file = Path(str(config.get("results") or "results")) / name
    demonstration = str(config.get("demonstration", "")).lower() == "true" or config.get("cut")
    return None if demonstration or not file.is_file() else file


def layer(file: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file lays over a configuration: for its variants, their seeds and the added ones.

    Raises:
        InputError: the file does not have this form.
    """
    exercises: dict[str, Any] = {}
    for (exercise, variant), extra in read(file).items():
        entry = _mapping(_mapping(config.get("exercises")).get(exercise))
        there = _mapping(entry.get("variants")).get(base_of(variant))
        if there is None:
            continue
        own = next((each["seeds"] for each in (there, entry, config) if each.get("seeds") is not None), 5)
        first = read_seeds(own, f"{file}: {exercise}/{variant}")
        every = sorted({*extra, *(range(first) if isinstance(first, int) else first)})
        holder = exercises.setdefault(exercise, {})
        if protocol := protocol_of(variant):
            holder = holder.setdefault("protocols", {}).setdefault(protocol, {})
        holder.setdefault("variants", {})[base_of(variant)] = {"seeds": every}
    return {"sequential": True, "exercises": exercises}


def read(file: Path) -> dict[VariantAddress, tuple[int, ...]]:
    """Return the added seeds of each variant.

    Raises:
        InputError: the file does not have this form.
    """
    content = read_yaml(file) if file.is_file() else {}
    if not all(isinstance(each, Mapping) for each in content.values()):
        raise InputError(f"{file} does not hold seeds by exercise and variant; delete it and decide anew")
    seeds = {}
    for exercise, variants in content.items():
        for variant, value in variants.items():
            value_seeds = read_seeds(value, f"{file}: {exercise}.{variant}")
            seeds[exercise, variant] = tuple(range(value_seeds)) if isinstance(value_seeds, int) else tuple(value_seeds)
    return seeds


def write(file: Path, seeds_by_variant: Mapping[VariantAddress, Collection[int]]) -> None:
    """Write the added seeds of each variant."""
    content: dict[str, dict[str, str]] = {}
    for (exercise, variant), seeds in seeds_by_variant.items():
        if seeds:
            content.setdefault(exercise, {})[variant] = _spelled(sorted(seeds))
    write_text(file, HEAD + yaml.safe_dump(content, sort_keys=False, width=1000))


def _spelled(seeds: Sequence[int]) -> str:
    """Return ``5-14,20`` for seeds in order."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1][1:] = [seed]
        else:
            parts.append([seed])
    return ",".join("-".join(map(str, ends)) for ends in parts)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
