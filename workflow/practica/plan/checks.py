"""Check a study before any job: modules, models, settings and folders. Light, like ``wiring``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

from practica import exercises
from practica.address import base_of, protocol_of
from practica.config import space
from practica.config.recipes import check_recipe
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import declared
from practica.paper import custom_latex
from practica.plan.clashes import clashes
from practica.plan.places import check_places, check_writable, inside
from practica.words import check_languages

LONGEST_BLOCK = 150  # characters; file systems allow names of 255, and some files are named after a block


def check(study: Study, *, writes: bool = True) -> None:
    """Check what the configuration names outside itself: modules, models, folders and the mirror.

    Unless the command ``writes``, its folders may be read-only.

    Raises:
        InputError: one of them is missing or cannot be used, or a file of words or the list of claims is wrong.
    """
    check_languages(study.languages)
    declared(study)
    for exercise in study.exercises:
        for mistake in chain(model_mistakes(study, exercise), setting_mistakes(study, exercise)):
            raise InputError(mistake)
        check_kept_models(study, exercise)
        check_blocks(study, exercise)
    for mistake in chain(clashes(study), custom_latex.mistakes(study)):
        raise InputError(mistake)
    check_folders(study, writes=writes)


def model_mistakes(study: Study, exercise: str) -> Iterator[str]:
    """Yield a sentence about each variant whose model is missing from the experiment, and about a missing ``problem``.

    Raises:
        InputError: there is no experiment.
    """
    models = exercises.models(exercise)
    for variant in study.every_variant(exercise):
        model = study.model(exercise, variant)
        if model not in models:
            yield (
                f"configuration: exercises.{exercise}.variants.{variant}: no model {model!r} "
                f"in {study.folder}/{exercise}/experiment.py (models: {', '.join(models)}); set `model:`"
            )
    if not exercises.has_problem(exercise):
        yield f"{study.folder}/{exercise}/experiment.py:1: there is no function `problem`; write it"


def check_blocks(study: Study, exercise: str) -> None:
    """Raise ``InputError`` if a job has so many scattered seeds that the name of a folder cannot list them."""
    for variant in study.every_variant(exercise):
        for seeds in study.seed_groups(exercise, variant):
            name = study.block(exercise, variant, seeds).name if len(seeds) > 1 else ""
            if len(name) > LONGEST_BLOCK:
                raise InputError(
                    f"configuration: exercises.{exercise}: the block {name[:20]}... has too many scattered seeds for "
                    "the name of a folder; lower seeds_per_job or list neighbouring seeds"
                )


def check_folders(study: Study, *, writes: bool = True) -> None:
    """Check the folders of results and data, whether they can be written if the command ``writes``, and the mirror.

    Raises:
        InputError: one of them cannot be used.
    """
    check_places(study.places)
    check_beside(study)
    for key, folder in study.places.items() if writes else ():
        check_writable(key, folder)
    if study.data["mirror"]:
        from practica.data.store.mirror import check_mirror

        check_mirror(study.data["mirror"])


def check_settings(study: Study, exercise: str) -> None:
    """Raise ``InputError`` if a setting of an exercise, tuned or not, has no effect or contradicts another."""
    for mistake in setting_mistakes(study, exercise):
        raise InputError(mistake)


def setting_mistakes(study: Study, exercise: str) -> Iterator[str]:
    """Yield a sentence about each setting of an exercise, tuned or not, that has no effect or contradicts another."""
    entry = study.config["exercises"][exercise]
    all_models = exercises.models(exercise)
    there = [variant for variant in study.every_variant(exercise) if study.model(exercise, variant) in all_models]
    uses = {variant: exercises.uses(exercise, study.model(exercise, variant)) for variant in there}
    entries = [("settings", name, list(uses)) for name in entry["settings"]]
    for protocol in study.protocols[1:]:
        changes = study.protocol(exercise, protocol).get("settings", {})
        run = [variant for variant in study.variants(exercise, protocol) if variant in uses]
        entries += [(f"protocols.{protocol}.settings", name, run) for name in changes]
    for variant in uses:
        name, protocol = base_of(variant), protocol_of(variant)
        holder = study.protocol(exercise, protocol) if protocol else entry
        own = holder["variants"][name] or {}
        where = f"protocols.{protocol}.variants.{name}" if protocol else f"variants.{name}"
        entries += [(where, each, [variant]) for each in [*own.get("settings", {}), *space.names(own)]]
    for where, name, variants in entries:
        if variants and not any({name, "**"} & uses[variant] for variant in variants):
            models = ", ".join(dict.fromkeys(study.model(exercise, variant) for variant in variants))
            yield (
                f"configuration: exercises.{exercise}.{where}: {name} would change nothing: neither training nor the "
                f"problem nor {models} in {study.folder}/{exercise}/experiment.py uses it; remove it"
            )
    for variant in uses:
        own, epochs = study.space(exercise, variant), study.settings(exercise, variant).get(space.EPOCHS, 0)
        by_rungs = own.get("search", {}).get("method") == space.ASHA
        rungs = [{space.EPOCHS: level} for level in space.rungs(own["search"], epochs)] if by_rungs else []
        for values in ({}, *space.combinations(own, epochs), *rungs):
            settings = {**study.settings(exercise, variant), **values}
            try:
                check_recipe(f"configuration: exercises.{exercise}.variants.{variant}.settings", settings)
            except InputError as error:
                yield str(error)
            epochs, interval = (settings.get(name, 1) for name in ("epochs", "log_every"))
            if epochs % interval:
                yield (
                    f"configuration: exercises.{exercise}.variants.{variant}: epochs ({epochs}) must be a multiple of "
                    f"log_every ({interval})"
                )


def check_beside(study: Study) -> None:
    """Raise ``InputError`` if a folder of results or data is the study folder, holds it or lies in it."""
    for key, folder in study.places.items():
        if inside(folder, study.folder) is not None or inside(study.folder, folder) is not None:
            raise InputError(
                f"configuration: {key}: {folder} is, holds or lies in {os.path.relpath(study.folder)}, where the study "
                "is written, and a run deletes what is where it writes; name a separate folder"
            )


def check_kept_models(study: Study, exercise: str) -> None:
    """Raise ``InputError`` if a variant would keep a net that is not a Keras model."""
    for variant in study.every_variant(exercise):
        block = study.block(exercise, variant, (0,))
        if block.save_model != "none" and block.model in exercises.by_hand(exercise):
            raise InputError(
                f"configuration: exercises.{exercise}.variants.{variant}.save_model: {block.model} is written by hand "
                "and no model of Keras; set save_model: none for it"
            )
