"""What is checked of a study before any job: modules, models, settings and folders. Light, as ``wiring`` is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from practica import exercises
from practica.address import base_of, protocol_of
from practica.config import space
from practica.config.recipes import check_recipe
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import declared
from practica.paper import own
from practica.plan.clashes import clashes
from practica.words import check_languages

ROOT = Path(__file__).parents[3]
OURS = (
    *(".ci", ".git", ".gitignore", ".pre-commit-config.yaml", ".snakemake", ".snakemake-workflow-catalog.yml", ".venv"),
    *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md"),
    *("Snakefile", "config.yaml", "pyproject.toml"),
    *("bench", "config", "docs", "envs", "examples", "logs", "profiles", "reference", "report", "study", "tests"),
    "workflow",
)
"""What the project's own folder holds: its files, and where it works."""
PLACEHOLDERS = (".gitignore", ".gitkeep")
"""Files by which git keeps a folder that is empty otherwise."""
EXAMPLES = "examples"
"""Where studies lie beside each other, each with folders for its results and its data."""
MADE = {
    "results": (
        *(
            "checkpoints",
            "decide",
            "failures",
            "figures",
            "journal",
            "logs",
            "measured",
            "page",
            "paper",
            "rehearsed",
            "runs",
        ),
        *("tables", "tensorboard", "tuning"),
    ),
    "data.folder": ("prepared", "raw"),
}
"""Folders that the study makes in those of its results and its data."""
FILES = (
    *(
        "SHA256SUMS",
        "claims.json",
        "crate.zip",
        "differences.csv",
        "expected.jsonl",
        "history.csv.gz",
        "informe.pdf",
        "metrics.csv",
    ),
    *("models.json", "report.zip", "report_*.pdf", "runs.csv", "study.json", "summary.csv"),
)
"""Files that it makes beside those of its results, as patterns."""
LONGEST_BLOCK = 150  # characters; file systems allow names of 255, and some files are named after a block


def check(study: Study) -> None:
    """Check what the configuration names outside itself: modules, models, folders and the mirror.

    Raises:
        InputError: one of them is not there or cannot be used, or a file of words or the list of claims is wrong.
    """
    check_languages(study.languages)
    declared(study)
    for exercise in study.exercises:
        for mistake in chain(model_mistakes(study, exercise), setting_mistakes(study, exercise)):
            raise InputError(mistake)
        check_kept_models(study, exercise)
        check_blocks(study, exercise)
    for mistake in chain(clashes(study), own.mistakes(study)):
        raise InputError(mistake)
    check_folders(study)


def model_mistakes(study: Study, exercise: str) -> Iterator[str]:
    """Yield a sentence about each variant whose model the exercise's experiment does not have, or a missing problem.

    Raises:
        InputError: there is no experiment.
    """
    known = exercises.models(exercise)
    for variant in study.every_variant(exercise):
        model = study.model(exercise, variant)
        if model not in known:
            yield (
                f"configuration: exercises.{exercise}.variants.{variant}: no model {model!r} "
                f"in {study.folder}/{exercise}/experiment.py (models: {', '.join(known)}); set `model:`"
            )
    if not exercises.has_problem(exercise):
        yield f"{study.folder}/{exercise}/experiment.py:1: there is no function `problem`; write it"


def check_blocks(study: Study, exercise: str) -> None:
    """Raise ``InputError`` where so many scattered seeds share a job that no folder can be called after them."""
    for variant in study.every_variant(exercise):
        for seeds in study.seed_groups(exercise, variant):
            name = study.block(exercise, variant, seeds).name if len(seeds) > 1 else ""
            if len(name) > LONGEST_BLOCK:
                raise InputError(
                    f"configuration: exercises.{exercise}: the block {name[:20]}... has too many scattered seeds for "
                    "the name of a folder; lower seeds_per_job or list neighbouring seeds"
                )


def check_folders(study: Study) -> None:
    """Check the folders of results and data, and the mirror.

    Raises:
        InputError: one of them cannot be used.
    """
    check_places(study.places)
    check_beside(study)
    for key, folder in study.places.items():
        check_writable(key, folder)
    if study.data["mirror"]:
        from practica.data.store.mirror import check_mirror

        check_mirror(study.data["mirror"])


def check_settings(study: Study, exercise: str) -> None:
    """Raise ``InputError`` where a setting, or one that is tuned, is of no use there or contradicts another."""
    for mistake in setting_mistakes(study, exercise):
        raise InputError(mistake)


def setting_mistakes(study: Study, exercise: str) -> Iterator[str]:
    """Yield a sentence about each setting that is of no use in an exercise, or contradicts another."""
    entry = study.config["exercises"][exercise]
    known = exercises.models(exercise)
    there = [variant for variant in study.every_variant(exercise) if study.model(exercise, variant) in known]
    used = {variant: exercises.uses(exercise, study.model(exercise, variant)) for variant in there}
    given = [("settings", name, list(used)) for name in entry["settings"]]
    for protocol in study.protocols[1:]:
        laid = study.protocol(exercise, protocol).get("settings", {})
        run = [variant for variant in study.variants(exercise, protocol) if variant in used]
        given += [(f"protocols.{protocol}.settings", name, run) for name in laid]
    for variant in used:
        name, protocol = base_of(variant), protocol_of(variant)
        holder = study.protocol(exercise, protocol) if protocol else entry
        own = holder["variants"][name] or {}
        where = f"protocols.{protocol}.variants.{name}" if protocol else f"variants.{name}"
        given += [(where, each, [variant]) for each in [*own.get("settings", {}), *space.names(own)]]
    for where, name, variants in given:
        if variants and not any({name, "**"} & used[variant] for variant in variants):
            models = ", ".join(dict.fromkeys(study.model(exercise, variant) for variant in variants))
            yield (
                f"configuration: exercises.{exercise}.{where}: {name} would change nothing: neither training nor the "
                f"problem nor {models} in {study.folder}/{exercise}/experiment.py uses it; take it out"
            )
    for variant in used:
        for values in ({}, *space.combinations(study.space(exercise, variant))):
            tried = {**study.settings(exercise, variant), **values}
            try:
                check_recipe(f"configuration: exercises.{exercise}.variants.{variant}.settings", tried)
            except InputError as error:
                yield str(error)
            epochs, interval = (tried.get(name, 1) for name in ("epochs", "log_every"))
            if epochs % interval:
                yield (
                    f"configuration: exercises.{exercise}.variants.{variant}: epochs ({epochs}) must be a multiple of "
                    f"log_every ({interval})"
                )


def check_places(places: Mapping[str, Path]) -> None:
    """Check the folders for ``results`` and ``data.folder``, of which something will be deleted, before all is.

    Raises:
        InputError: a folder is the project's own or in use for something else; the message names the key.
    """
    for key, folder in places.items():
        check_place(f"configuration: {key}", folder)
    for key, folder in places.items():
        for other, place in places.items():
            inner = _inside(folder, place)
            if key != other and inner is not None and inner.parts[:1] in [(), *((name,) for name in MADE[other])]:
                where = (
                    f"is {place}, the folder of" if inner == Path() else f"lies among what the study makes in {place},"
                )
                raise InputError(f"configuration: {key}: {folder} {where} {other}; give each a folder of its own")


def check_beside(study: Study) -> None:
    """Raise ``InputError`` where results or data would lie where the study is written, or hold it."""
    for key, folder in study.places.items():
        if _inside(folder, study.folder) is not None or _inside(study.folder, folder) is not None:
            raise InputError(
                f"configuration: {key}: {folder} is, holds or lies in {os.path.relpath(study.folder)}, where the study "
                "is written, and a run deletes what stands where it writes; name a folder of its own"
            )


def check_kept_models(study: Study, exercise: str) -> None:
    """Raise ``InputError`` where a net is to be kept that is none of Keras."""
    for variant in study.every_variant(exercise):
        block = study.block(exercise, variant, (0,))
        if block.save_model != "none" and block.model in exercises.by_hand(exercise):
            raise InputError(
                f"configuration: exercises.{exercise}.variants.{variant}.save_model: {block.model} is written by hand "
                "and no model of Keras; set save_model: none for it"
            )


def check_place(what: str, folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is the project's, git's, or not the one that its name seems to say."""
    if folder.parts[:1] and folder.parts[0].startswith("~"):
        raise InputError(f"{what}: {folder} would be a folder named ~ here; write the whole path")
    if variable := next((part for part in folder.parts if part.startswith("$")), None):
        raise InputError(f"{what}: {folder} would be a folder named {variable} here; write the whole path")
    if any(_inside(home, folder) is not None for home in (Path.cwd(), ROOT)):
        raise InputError(f"{what}: {folder} is no folder of its own, for it holds the project; name one in it")
    inner = _inside(folder, ROOT)
    in_example = inner is not None and inner.parts[:1] == (EXAMPLES,) and len(inner.parts) > 2
    own = inner.parts[0] if inner and inner.parts[0] in OURS and not in_example else None
    if own := own or _own_to_others(folder) or _tracked(folder):
        raise InputError(
            f"{what}: {folder} is or holds files of the project itself ({own}), and a run deletes what "
            "stands where it writes; name a folder of its own"
        )


def clear_results(folder: Path) -> list[Path]:
    """Remove what a study makes in the folder of its results, and that if it is empty then; return what is left."""
    made = [path for path in _listed(folder) if any(path.match(name) for name in (*MADE["results"], *FILES))]
    for path in made:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    others = _listed(folder)
    if not others and folder.is_dir() and not folder.is_symlink():
        folder.rmdir()
    return others


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _inside(folder: Path, other: Path) -> Path | None:
    """Return where in ``other`` a folder lies, links followed, or None where it does not."""
    try:
        here, there = folder.resolve(), other.resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        return None
    return here.relative_to(there) if here.is_relative_to(there) else None


def _own_to_others(folder: Path) -> str | None:
    """Return the folder of git or Snakemake that ``folder`` is or lies in."""
    inner = _inside(folder, Path.cwd())
    return next((name for name in (".git", ".snakemake") if inner and name in inner.parts), None)


def _tracked(folder: Path) -> str | None:
    """Return a file that git keeps in ``folder``, or, for a study elsewhere, beside it in a folder of the study.

    Results and data that are kept on purpose may be.
    """
    if (folder / "study.json").is_file() or (folder / "prepared").is_dir():
        return None
    place, here = folder.resolve(), Path.cwd()
    files = _kept_by_git(place)
    if not here.is_relative_to(ROOT) and place.is_relative_to(here):
        for holder in place.parents[: len(place.relative_to(here).parts) - 1]:
            files += [file for file in _kept_by_git(holder) if file.parent == holder]
    return next((os.path.relpath(file) for file in files if file.name not in PLACEHOLDERS), None)


def _kept_by_git(folder: Path) -> list[Path]:
    """Return the files in ``folder`` that git keeps."""
    if not folder.is_dir():
        return []
    try:
        listed = subprocess.run(
            ["git", "-C", str(folder), "ls-files", "-z"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):  # no git
        return []
    return [folder / name for name in listed.stdout.split("\0") if name]


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
