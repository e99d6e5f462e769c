"""Open the folder of a study: its modules become those of a package called ``study``, whatever the folder's name is."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from practica.errors import InputError

PACKAGE = "study"
"""How modules of a study name each other: ``from study.shared.nets import dense``."""
FOLDER_VARIABLE = "PRACTICA_STUDY"
"""The variable that tells the jobs of a workflow which folder it has opened."""
OWN = Path(__file__).parents[2] / "study"
"""The study that comes with the project."""

Function = TypeVar("Function", bound=Callable[..., Any])

_opened: list[Path] = []
_caches: list[Callable[[], None]] = []


def cached(function: Function) -> Function:
    """Cache a function of what stands in the study folder, until another one is opened."""
    noted = functools.cache(function)
    _caches.append(noted.cache_clear)
    return noted  # type: ignore[return-value]


def place(named: str | None) -> Path:
    """Return the folder of the study that a configuration names, from the folder in which the work is done.

    Without a name it is ``study`` there, or else that of the project.

    Raises:
        InputError: there is no such folder.
    """
    if named is None:
        here = Path(PACKAGE)
        return here if here.is_dir() else OWN
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise InputError(f"configuration: study: there is no folder {named}; name the one that holds the experiments")
    return folder


def folder_of(config: Any) -> Path:
    """Return the folder of the study that a configuration names; of one that the schema will refuse, that of none."""
    named = config.get("study") if isinstance(config, Mapping) else None
    return place(named if isinstance(named, str) else None)


def use(folder: Path) -> None:
    """Make ``folder`` the study whose modules are imported and read."""
    folder = folder.resolve()
    if _opened == [folder]:
        return
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE, "The study that is open.")
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package
    _opened[:] = [folder]
    for clear in _caches:
        clear()


def opened() -> Path:
    """Return the folder of the study that is open: that of the project, as long as nobody has opened another."""
    if not _opened:
        use(OWN)
    return _opened[0]


def shown(*parts: str) -> str:
    """Return the path of something in the study that is open, as people name it from where they are."""
    return os.path.relpath(opened().joinpath(*parts))


def experiments(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the exercises whose experiment stands in a folder; default: the study that is open."""
    return tuple(sorted(path.parent.name for path in (folder or opened()).glob("*/experiment.py")))
