"""Where the study may write: never into the files or folders of anybody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from practica.errors import InputError
from practica.words import languages, report_name

ROOT = Path(__file__).parents[3]


OURS = (
    *(".ci", ".git", ".gitignore", ".pre-commit-config.yaml", ".snakemake", ".snakemake-workflow-catalog.yml", ".venv"),
    *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md"),
    *("Snakefile", "config.yaml", "pyproject.toml"),
    *("bench", "config", "docs", "envs", "examples", "logs", "plugins", "profiles", "reference", "report", "study"),
    *("tests", "workflow"),
)
"""The content of the project's own folder: its files, and where it works."""


PLACEHOLDERS = (".gitignore", ".gitkeep")
"""Files with which git keeps an otherwise empty folder."""


EXAMPLES = "examples"
"""Folder of several studies, each with folders for its results and its data."""


PRODUCTS = {
    "results": (
        *(
            "checkpoints",
            "decide",
            "deposit",
            "failures",
            "figures",
            "journal",
            "logs",
            "measured",
            "page",
            "paper",
            "refused",
            "rehearsed",
            "runs",
            "search",
        ),
        *("tables", "tensorboard", "tuning"),
    ),
    "data.folder": ("prepared", "raw"),
}
"""Folders that the study makes inside its results and data folders."""


TABLES = ("claims.json", "costs.csv", "differences.csv", "history.csv.gz", "metrics.csv", "runs.csv", "summary.csv")
FILES = (*TABLES, "SHA256SUMS", "crate.zip", "expected.jsonl", "models.json", "report.zip", "study.json")
"""Files that it makes in its results folder, besides a PDF in each language."""


AFTER_TRAINING = ("page", "paper", *TABLES)
"""What a run makes there after its first training, besides the PDFs, and would write over or, as the pages, delete."""


def check_places(places: Mapping[str, Path]) -> None:
    """Check the folders for ``results`` and ``data.folder`` first, because files in them will be deleted.

    Raises:
        InputError: a folder is the project's own or in use for something else; the message names the key.
    """
    for key, folder in places.items():
        try:
            check_place(f"configuration: {key}", folder)
            there = _of_others(folder) if key == "results" else None
        except PermissionError as error:
            raise InputError(
                f"configuration: {key}: cannot read {error.filename}: {error.strerror}; "
                "change its rights, or name another folder"
            ) from error
        if there:
            raise InputError(
                f"configuration: {key}: {there} is there already and of no study, and a run would write over it; "
                "move it, or name a folder of its own"
            )
    for key, folder in places.items():
        for other, place in places.items():
            inner = inside(folder, place)
            if key != other and inner is not None and inner.parts[:1] in [(), *((name,) for name in PRODUCTS[other])]:
                where = (
                    f"is {place}, the folder of" if inner == Path() else f"lies among what the study makes in {place},"
                )
                raise InputError(f"configuration: {key}: {folder} {where} {other}; give each a folder of its own")


def check_place(what: str, folder: Path) -> None:
    """Raise ``InputError`` if ``folder`` belongs to the project or git, or is not the one that its name suggests."""
    _check_spelling(what, folder)
    if any(inside(home, folder) is not None for home in (Path.cwd(), ROOT)):
        raise InputError(f"{what}: {folder} is no folder of its own, for it holds the project; name one in it")
    if own := _of_project(folder) or _own_to_others(folder) or _tracked(folder):
        raise InputError(
            f"{what}: {folder} is or holds files of the project itself ({own}), and a run deletes what "
            "stands where it writes; name a folder of its own"
        )


def check_file(what: str, file: Path) -> None:
    """Raise ``InputError`` if ``file``, which is to be written, is a folder, or belongs to the project or git."""
    _check_spelling(what, file)
    if file.is_dir():
        raise InputError(f"{what}: {file} is a folder; name a file in it")
    in_git = file.resolve() in _files_in_git(file.parent.resolve())
    if _of_project(file) or _own_to_others(file) or in_git:
        raise InputError(f"{what}: {file} is or would be a file of the project itself; name another")


def _check_spelling(what: str, path: Path) -> None:
    if path.parts[:1] and path.parts[0].startswith("~"):
        raise InputError(f"{what}: {path} would be a folder named ~ here; write the whole path")
    if variable := next((part for part in path.parts if part.startswith("$")), None):
        raise InputError(f"{what}: {path} would be a folder named {variable} here; write the whole path")


def _of_project(path: Path) -> str | None:
    """Return the file or folder of the project that ``path`` is or lies in."""
    inner = inside(path, ROOT)
    in_example = inner is not None and inner.parts[:1] == (EXAMPLES,) and len(inner.parts) > 2
    return inner.parts[0] if inner and inner.parts[0] in OURS and not in_example else None


def clear_results(folder: Path) -> list[Path]:
    """Remove what the study makes in its results folder, and the folder if that empties it; return what is left."""
    ours = {*PRODUCTS["results"], *FILES, *_reports()}
    products = [path for path in _entries(folder) if path.name in ours]
    for path in products:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    others = _entries(folder)
    if not others and folder.is_dir() and not folder.is_symlink():
        folder.rmdir()
    return others


def has_results(folder: Path) -> bool:
    """Return whether a folder holds results of a study, be it a single run that somebody started by hand."""
    return (folder / "study.json").is_file() or any(folder.glob("runs/*/*/*/metrics.json"))


def _of_others(folder: Path) -> Path | None:
    """Return what a run would write over in a folder without any result of a run."""
    if has_results(folder):
        return None
    return next((path for path in _entries(folder) if path.name in {*AFTER_TRAINING, *_reports()}), None)


def _reports() -> set[str]:
    """Return the names of the PDFs, in all languages whose words name theirs."""
    names = set()
    for language in languages():
        with suppress(KeyError):  # somebody has begun a file of words
            names.add(f"{report_name(language)}.pdf")
    return names


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def inside(folder: Path, other: Path) -> Path | None:
    """Return the path of a folder within ``other``, following links, or None if it lies elsewhere."""
    try:
        here, there = folder.resolve(), other.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return None
    return here.relative_to(there) if here.is_relative_to(there) else None


def _own_to_others(folder: Path) -> str | None:
    """Return the folder of git or Snakemake that ``folder`` is or lies in."""
    inner = inside(folder, Path.cwd())
    return next((name for name in (".git", ".snakemake") if inner and name in inner.parts), None)


def _tracked(folder: Path) -> str | None:
    """Return a file that git tracks in ``folder`` or, for a study elsewhere, beside it in a folder of the study.

    Results and data may be tracked on purpose.
    """
    if (folder / "study.json").is_file() or (folder / "prepared").is_dir():
        return None
    place, here = folder.resolve(), Path.cwd()
    files = _files_in_git(place)
    if not here.is_relative_to(ROOT) and place.is_relative_to(here):
        for holder in place.parents[: len(place.relative_to(here).parts) - 1]:
            files += [file for file in _files_in_git(holder) if file.parent == holder]
    return next((os.path.relpath(file) for file in files if file.name not in PLACEHOLDERS), None)


def _files_in_git(folder: Path) -> list[Path]:
    """Return the files in ``folder`` that git tracks."""
    if not folder.is_dir() or not any((holder / ".git").exists() for holder in (folder, *folder.parents)):
        return []
    try:
        listing = subprocess.run(
            ["git", "-C", str(folder), "ls-files", "-z"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):  # no git
        return []
    return [folder / name for name in listing.stdout.split("\0") if name]


def check_writable(key: str, folder: Path) -> None:
    """Raise ``InputError`` unless ``folder``, which the configuration's ``key`` names, can be created and written."""
    try:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        # Checking permissions is not enough: they allow root everything, even on read-only or special file systems.
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = f"cannot write to {folder} ({error.strerror})"
        raise InputError(f"configuration: {key}: {reason}; choose another folder or change its rights") from error
