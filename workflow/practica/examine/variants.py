"""Find names under ``variants`` of an ``about.yaml`` that belong to no variant, most often misspelt ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from practica import exercises
from practica.address import base_of
from practica.config.about import EXERCISE_FILE
from practica.config.protocols import declared
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.files import read_text
from practica.paper.names import named_variants
from practica.yamlfiles.reading import read_yaml


def nameless(study: Study, exercise: str, files: Sequence[str | Path]) -> Iterator[str]:
    """Yield a sentence about each name that belongs to no variant.

    A variant is known if a configuration has it, even one that an overlay removes; if a protocol has settings for it;
    if a figure, claim, printed number or prose uses it; or if a model of the exercise has this name.
    """
    entry, folder = study.about(exercise), study.folder / exercise
    there = {*study.variants(exercise), *_configured(exercise, files)}
    for protocol in declared(study.folder):
        there |= set(_variants(folder / f"{protocol}.yaml"))
    there |= set(exercises.models(exercise))
    for name in entry.get("variants", {}):
        if name not in there and not _spoken_of(study, exercise, name):
            yield (
                f"{folder / EXERCISE_FILE}: variants.{name}: nothing else speaks of a variant {name!r} of {exercise}"
                f"{hint(name, sorted(there))}"
            )


def _configured(exercise: str, files: Sequence[str | Path]) -> Iterator[str]:
    """Yield the variants in each of the files from which the configuration was merged."""
    for file in files:
        blocks = _read(Path(file)).get("exercises")
        if isinstance(blocks, Mapping):
            yield from _of(blocks.get(exercise))


def _variants(file: Path) -> Iterator[str]:
    yield from _of(_read(file))


def _of(block: Any) -> Iterator[str]:
    variants = block.get("variants") if isinstance(block, Mapping) else None
    yield from map(str, variants if isinstance(variants, Mapping) else ())


def _read(file: Path) -> Mapping[str, Any]:
    """Return the content of a YAML file; empty if it is missing or wrong, which other checks report."""
    try:
        content = read_yaml(file) if file.is_file() else {}
    except InputError:
        return {}
    return content if isinstance(content, Mapping) else {}


def _spoken_of(study: Study, exercise: str, name: str) -> bool:
    """Return whether anything but its own entry uses the name of a variant."""
    entry = study.about(exercise)
    pairs = entry.get("twins", {})
    names = [*pairs, *pairs.values(), *entry.get("glance", {}).get("variants", ())]
    names += [each for figure in entry.get("figures", {}).values() for each in figure["variants"]]
    if name in map(base_of, names) or (exercise, name) in named_variants(study, called=False):
        return True
    return any(f"{exercise}/{name}" in read_text(path) for path in study.folder.rglob("*.tex"))
