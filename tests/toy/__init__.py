"""The study that the engine's tests use: two small experiments, unknown outside this folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from practica.config.reader import read_config
from practica.config.study import Study

FOLDER = Path(__file__).parent
CONFIG = FOLDER / "config.yaml"
TOY = FOLDER / "study"
"""The folder of the study."""


def resolve(config: Mapping[str, Any]) -> Study:
    """Return the study of a configuration with the experiments in the toy's folder."""
    return Study.resolve({"study": str(TOY), **config})


def toy_study(**changes: Any) -> Study:
    """Return the study of the toy's configuration, with some keys changed."""
    return resolve({**read_config([CONFIG]), "seeds": 2, **changes})


def copied(folder: Path) -> Path:
    """Return a copy of the study folder, for a test that writes in it."""
    shutil.copytree(TOY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


PROTOCOLS = """
protocols:
  ours: {label: {es: ajustado, en: tuned}}
  theirs:
    label: {es: como se publicó, en: as published}
    caveat: {es: Según un cuaderno., en: After a notebook.}
    of_source: true
"""
THEIRS = {
    "moons": """
settings: {epochs: 3, l2: 0.1}
variants: {raw: {}, corrected: {}, gone: {}}
unknown: [batch_size]
deviations: [{es: 'los pliegues se barajan', en: 'the folds are shuffled'}]
""",
    "steps": "settings: {epochs: 3}\nvariants: {dense: {settings: {learning_rate: 0.01}}}\n",
}


def two_protocols(folder: Path) -> Path:
    """Return a copy of the study folder with a second protocol, ``theirs``, for some of the variants."""
    with (copied(folder) / "study.yaml").open("a", encoding="utf-8") as file:
        file.write(PROTOCOLS)
    for exercise, text in THEIRS.items():
        (folder / exercise / "theirs.yaml").write_text(text, encoding="utf-8")
    return folder
