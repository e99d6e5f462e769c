"""What the project's study runs, for tests that hold for any content of its folder and configuration."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from practica.config.reader import read_config
from practica.config.study import Study
from practica.yamlfiles.overlay import lay

ROOT = Path(__file__).parents[1]
CONFIG = read_config([ROOT / "config.yaml"])
STUDY = Study.resolve(CONFIG)
GENERIC = {
    *("conv", "corrected", "deeper", "dense", "l2", "linear", "logistic", "merge", "raw", "rotation", "shift", "wider")
}
"""Words that anybody uses of nets and data."""


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


@functools.cache
def names() -> set[str]:
    """Return the names of exercises, variants, data sets, settings, metrics, figures and tables of the ten exercises.

    Those that somebody adds may be called like anything in the engine.
    """
    called = {path.parent.name for path in (ROOT / "study").glob("ej??/about.yaml")}
    for exercise in sorted(called):
        entry = CONFIG["exercises"].get(exercise, {"variants": {}})
        called |= {
            *entry["variants"],
            *(each["dataset"] for each in (entry, *entry["variants"].values()) if "dataset" in each),
        }
        about = yaml.safe_load((ROOT / "study" / exercise / "about.yaml").read_text(encoding="utf-8"))
        called |= {name for part in ("figures", "metrics", "settings", "tables") for name in about.get(part, {})}
    return called - GENERIC


def mentions(text: str, words: Iterable[str]) -> list[str]:
    """Return the names that a text mentions, each with its line."""
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, sorted(words)))})\b" if words else "(?!)")
    return [
        f"{number}: {match[0]}" for number, line in enumerate(text.splitlines(), 1) for match in wanted.finditer(line)
    ]
