"""Start a study, or an exercise in one: its folder and its block in config.yaml, ready to run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import yaml

from practica.config.schema import config_schema
from practica.config.study import Study
from practica.data.store.registry import spec_of
from practica.data.store.spec import Arrays, Computed
from practica.errors import InputError
from practica.files import read_text, write_text
from practica.launch.merging import BASE
from practica.yamlfiles.reading import read_yaml

TEMPLATES = Path(__file__).parents[1] / "templates"
COMMON: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 5, "units": [16]}
STEPS, MOST_EPOCHS = 1000, 200  # for a net with few rows of data, so that it learns something
STUDY_FILES = {
    "study/study.yaml": "study.yaml",
    "study/intro.en.tex": "intro.en.tex",
    "study/data/wine.py": "wine.py",
    "study/growers/experiment.py": "experiment.py",
    "study/growers/about.yaml": "about.yaml",
    "study/growers/en.tex": "en.tex",
    BASE: "config.yaml",
}
"""The files of a new study, and their templates."""
BY_HAND = "docs/add-an-exercise.md shows how to write it by hand"


def new_exercise(exercise: str, dataset: str, title: str | None = None) -> list[Path]:
    """Write the files of a new exercise on ``dataset``, all or none, and return them, the configuration last.

    Raises:
        InputError: the id is not a valid name or is taken, the data set is unknown or of an unknown form, or the
            configuration cannot be extended.
    """
    rule = config_schema()["properties"]["exercises"]["propertyNames"]
    if not re.fullmatch(rule["pattern"], exercise):
        raise InputError(f"{exercise!r} is not a name for an exercise: {rule['description']}")
    config = Path(BASE)
    before, there = read_text(config), _exercises(config)
    study = Study.resolve(read_yaml(config))
    spec = spec_of(dataset)
    fields = {"exercise": exercise, "key": _scalar(exercise), "dataset": dataset, "title": _scalar(title or dataset)}
    fields |= _form(dataset, spec.compute() if isinstance(spec, Computed) else spec.stand_in())
    folder = Path(os.path.relpath(study.folder)) / exercise
    files = {
        folder / "experiment.py": _render(f"{fields['kind']}.py", fields),
        folder / "about.yaml": _render("about.yaml", fields),
    }
    for language in study.languages:
        template = _prose(language if _prose(language).is_file() else "en")
        files[folder / f"{language}.tex"] = _render(template.stem, fields)
    existing = [str(path) for path in files if path.exists()]
    if exercise in there:
        existing.append(f"its block in {config.name}")
    if existing:
        raise InputError(f"{exercise} already exists ({', '.join(existing)}): choose another id, nothing was written")
    files[config] = with_block(before, exercise, _render("block.yaml", fields))
    _write(files)
    return list(files)


def is_untranslated(path: Path) -> bool:
    """Return whether a file of a new exercise is a text in English because no template is in its language."""
    return path.suffix == ".tex" and not _prose(path.stem).is_file()


def _prose(language: str) -> Path:
    return TEMPLATES / f"prose.{language}.tex.jinja"


def new_study(folder: Path, title: str) -> list[Path]:
    """Write a small study in English that runs at once, completely or not at all, and return its files.

    Raises:
        InputError: the folder already holds something of that name.
    """
    files = {
        folder / place: _render(f"study/{template}", {"title": _scalar(title)})
        for place, template in STUDY_FILES.items()
    }
    existing = [folder / name for name in ("study", BASE) if (folder / name).exists()]
    if existing:
        raise InputError(f"{existing[0]} already exists: name another folder, nothing was written")
    _write(files)
    return list(files)


def with_block(text: str, exercise: str, block: str) -> str:
    """Return the configuration ``text`` with ``block`` after its last exercise; comments and all else stay.

    Raises:
        InputError: its layout does not allow adding a block.
    """
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    root: Any = yaml.compose(text)
    node = next(value for key, value in root.value if key.value == "exercises")
    result = {**yaml.safe_load(text)}
    result["exercises"] = {**result["exercises"], **yaml.safe_load(block)}
    indent = " " * node.value[0][0].start_mark.column
    end = _last_line(node) + 1
    lines[end:end] = ["\n", *(indent + line for line in block.splitlines(keepends=True))]
    extended = "".join(lines)
    try:
        if yaml.safe_load(extended) != result:
            raise yaml.YAMLError("the block landed elsewhere")
    except yaml.YAMLError as error:
        raise InputError(f"cannot add {exercise} to config.yaml ({' '.join(str(error).split())}); {BY_HAND}") from error
    Study.resolve(result)
    return extended


def _last_line(node: yaml.Node) -> int:
    """Return the last line of a node, not counting comments."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return max(_last_line(part) for pair in node.value for part in pair)
    return node.end_mark.line - (node.end_mark.column == 0)


def _form(dataset: str, arrays: Arrays) -> dict[str, Any]:
    """Return the template that fits arrays of this form, and the fields that it needs."""
    names = arrays.keys()
    if {"x_train", "y_train", "x_test", "y_test"} <= names and arrays["x_train"].dtype == np.uint8:
        outputs = int(arrays["y_train"].max()) + 1
        return _learning("images", arrays["x_train"].shape[1:], "MULTICLASS", outputs, part="test")
    if {"tokens_train", "offsets_train", "y_train"} <= names:
        return _learning("texts", (), "BINARY", 1, part="test")
    if {"x", "y"} <= names and arrays["x"].ndim == 2 and arrays["y"].ndim <= 2:
        x, y = arrays["x"], arrays["y"]
        if y.dtype.kind in "iu":
            classes = int(y.max()) + 1
            task, outputs = ("BINARY", 1) if classes == 2 else ("MULTICLASS", classes)
        else:
            task, outputs = "REGRESSION", y.shape[1] if y.ndim == 2 else 1
        column = task == "REGRESSION" and y.ndim == 1
        epochs = min(MOST_EPOCHS, max(COMMON["epochs"], STEPS * COMMON["batch_size"] // len(x)))
        return _learning("table", x.shape[1:], task, outputs, part="validation", epochs=epochs) | {"column": column}
    if "x" in names and arrays["x"].ndim == 1:
        return _learning("series", (1,), "REGRESSION", 1, part="test", test_fraction=0.2)
    form = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
    raise InputError(f"the data set {dataset} has a form that no template fits ({form}); {BY_HAND}")


def _learning(
    kind: str, shape: tuple[int, ...], task: str, outputs: int, *, part: str, **settings: float
) -> dict[str, Any]:
    metric = "mse" if task == "REGRESSION" else "accuracy"
    values = {"validation_fraction": 0.25, **COMMON, **settings}
    return {"kind": kind, "shape": shape, "task": task, "outputs": outputs, "part": part, "metric": metric} | {
        "settings": values
    }


def _render(name: str, fields: Mapping[str, Any]) -> str:
    """Return a template filled in; those of LaTeX and of studies, which are full of braces, use angle brackets."""
    opening, closing = ("<<", ">>") if name.endswith(".tex") or name.startswith("study/") else ("{{", "}}")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        variable_start_string=opening,
        variable_end_string=closing,
    )
    return environment.get_template(f"{name}.jinja").render(fields)


def _scalar(text: str) -> str:
    """Return ``text`` as a YAML scalar: unquoted if that is safe."""
    if re.fullmatch(r"\w([\w ]*\w)?", text) and isinstance(yaml.safe_load(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)


def _exercises(config: Path) -> Mapping[str, Any]:
    """Return the exercises of the configuration."""
    exercises = read_yaml(config).get("exercises")
    if not isinstance(exercises, dict) or not exercises:
        raise InputError(f"config.yaml has no exercises; {BY_HAND}")
    return exercises


def _write(files: Mapping[Path, str]) -> None:
    """Write all files, or leave everything as it was, whatever interrupts."""
    folders = {folder for path in files for folder in path.parents if not folder.exists()}
    before = {path: path.read_bytes() if path.exists() else None for path in files}
    try:
        for path, text in files.items():
            write_text(path, text)
    except BaseException:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                path.write_bytes(content)
        for folder in sorted(folders, reverse=True):
            if folder.is_dir():
                folder.rmdir()
        raise
