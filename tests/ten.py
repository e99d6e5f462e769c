"""What the project's study runs, for tests that hold for any content of its folder and configuration."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from practica.config.prepared import read_config
from practica.config.study import Study
from practica.yamlfiles.overlay import lay

ROOT = Path(__file__).parents[1]
CONFIG = read_config([ROOT / "config.yaml"])
STUDY = Study.resolve(CONFIG)


def shipped_study(**changes: Any) -> Study:
    """Return the study of the project with two seeds, and some keys changed."""
    return Study.resolve({**lay(CONFIG, {"seeds": 2}), **changes})


def runs(name: str) -> bool:
    """Return whether the configuration runs an exercise, or the variant in a name such as ``exercise/variant/...``."""
    exercise, *rest = name.split("/")
    return exercise in STUDY.exercises and (not rest or rest[0] in STUDY.variants(exercise))


def those_that_run(names: Iterable[str]) -> list[str]:
    """Return those names of exercises or variants, known to a test, that the study still has."""
    return [name for name in names if runs(name)]


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip a test if its subject has been removed from the study."""
    gone = [name for name in names if not runs(name)]
    return pytest.mark.skipif(bool(gone), reason=f"the study does not run {', '.join(gone)}")
