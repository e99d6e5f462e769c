"""Open the folder of a study: its modules become those of a package called ``study``, whatever the folder's name."""

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
"""The package in which modules of a study import each other: ``from study.shared.nets import dense``."""
FOLDER_VARIABLE = "PRACTICA_STUDY"
"""The variable that tells the jobs of a workflow which folder it has opened."""
OWN = Path(__file__).parents[2] / "study"
"""The study that comes with the project."""

Function = TypeVar("Function", bound=Callable[..., Any])

_folders: list[Path] = []
_caches: list[Callable[[], None]] = []


def cached(function: Function) -> Function:
    """Cache a function of the study folder's content, until another folder is opened."""
    wrapper = functools.cache(function)
    _caches.append(wrapper.cache_clear)
    return wrapper  # type: ignore[return-value]


def place(name: str | None) -> Path:
    """Return the folder of the study that a configuration names, relative to the current folder.

    Without a name it is ``study`` there or, if that does not exist, the project's own.

    Raises:
        InputError: there is no such folder.
    """
    if name is None:
        here = Path(PACKAGE)
        return here if here.is_dir() else OWN
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise InputError(f"configuration: study: there is no folder {name}; name the one that holds the experiments")
    return folder


def folder_of(config: Any) -> Path:
    """Return the folder of the study that a configuration names; the default one if the configuration is invalid."""
    name = config.get("study") if isinstance(config, Mapping) else None
    return place(name if isinstance(name, str) else None)


def use(folder: Path) -> None:
    """Make ``folder`` the study whose modules are imported and read."""
    folder = folder.resolve()
    if _folders == [folder]:
        return
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE, "The study that is open.")
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package
    _folders[:] = [folder]
    for clear in _caches:
        clear()


def opened() -> Path:
    """Return the folder of the open study: the project's own, unless another one was opened."""
    if not _folders:
        use(OWN)
    return _folders[0]


def relative_path(*parts: str) -> str:
    """Return the path of something in the open study, relative to the current folder."""
    return os.path.relpath(opened().joinpath(*parts))


def experiments(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the exercises whose experiment is in a folder; default: the open study."""
    return tuple(sorted(path.parent.name for path in (folder or opened()).glob("*/experiment.py")))
