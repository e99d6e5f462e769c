"""What is checked of a study before any job: modules, models, settings and folders. Light, as ``wiring`` is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from practica import exercises, space
from practica.config import Study
from practica.errors import InputError
from practica.evidence.claims import declared

LONGEST_BLOCK = 150  # characters; file systems allow names of 255, and some files are named after a block


def check(study: Study) -> None:
    """Check what the configuration names outside itself: modules, models, folders and the mirror.

    Raises:
        InputError: one of them is not there or cannot be used, or the list of claims is wrong.
    """
    declared()
    for exercise in study.exercises:
        known = exercises.models(exercise)
        for variant in study.variants(exercise):
            model = study.model(exercise, variant)
            if model not in known:
                raise InputError(
                    f"configuration: exercises.{exercise}.variants.{variant}: no model {model!r} "
                    f"in workflow/practica/exercises/{exercise}.py (models: {', '.join(known)}); set `model:`"
                )
        check_settings(study, exercise)
        for seeds in study.seed_groups(exercise):
            name = study.block(exercise, study.variants(exercise)[0], seeds).name if len(seeds) > 1 else ""
            if len(name) > LONGEST_BLOCK:
                raise InputError(
                    f"configuration: exercises.{exercise}: the block {name[:20]}... has too many scattered seeds for "
                    "the name of a folder; lower seeds_per_job or list neighbouring seeds"
                )
    for key, folder in (("results", study.results), ("data.folder", Path(study.data["folder"]))):
        check_place(key, folder)
        check_writable(key, folder)
    if study.data["mirror"]:
        from practica.data.store.mirror import check_mirror

        check_mirror(study.data["mirror"])


def check_settings(study: Study, exercise: str) -> None:
    """Raise ``InputError`` where a setting, or one that is tuned, is of no use there or contradicts another."""
    entry = study.config["exercises"][exercise]
    used = {variant: exercises.uses(exercise, study.model(exercise, variant)) for variant in study.variants(exercise)}
    given = [("settings", name, list(used)) for name in entry["settings"]]
    for variant in used:
        own = entry["variants"][variant] or {}
        tuned = space.names(own)
        given += [(f"variants.{variant}", name, [variant]) for name in [*own.get("settings", {}), *tuned]]
    for where, name, variants in given:
        if not any({name, "**"} & used[variant] for variant in variants):
            models = ", ".join(dict.fromkeys(study.model(exercise, variant) for variant in variants))
            raise InputError(
                f"configuration: exercises.{exercise}.{where}: {name} would change nothing: neither training nor the "
                f"problem nor {models} in workflow/practica/exercises/{exercise}.py uses it; take it out"
            )
    for variant in used:
        for values in ({}, *space.combinations(study.space(exercise, variant))):
            tried = {**study.settings(exercise, variant), **values}
            epochs, interval = (tried.get(name, 1) for name in ("epochs", "log_every"))
            if epochs % interval:
                raise InputError(
                    f"configuration: exercises.{exercise}.variants.{variant}: epochs ({epochs}) must be a multiple of "
                    f"log_every ({interval})"
                )


def check_place(key: str, folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is none of its own, or not the one that its name seems to say."""
    if folder.parts[:1] and folder.parts[0].startswith("~"):
        raise InputError(f"configuration: {key}: {folder} would be a folder named ~ here; write the whole path")
    if folder.resolve() in (Path.cwd(), Path("/")):
        raise InputError(f"configuration: {key}: {folder} is no folder of its own; name one in it")


def check_writable(key: str, folder: Path) -> None:
    """Raise ``InputError`` unless ``folder``, which the configuration's ``key`` names, can be made and written to."""
    try:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        # Asking the rights is not enough: to root, and on read-only or special file systems, they say yes.
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = f"cannot write to {folder} ({error.strerror})"
        raise InputError(f"configuration: {key}: {reason}; choose another folder or change its rights") from error
