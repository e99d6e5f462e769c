"""Collect all mistakes in a study, one sentence each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from practica import exercises
from practica.code.syntax import data_sets, module_path, package_folder, parsed
from practica.config import about
from practica.config.reader import prepared
from practica.config.schema import mistakes as schema_mistakes
from practica.config.study import Study, unknown_datasets
from practica.data.store.registry import spec_of
from practica.errors import InputError, in_one_line
from practica.evidence import claims
from practica.examine import about as names
from practica.examine import prose
from practica.examine.places import with_line
from practica.examine.variants import nameless
from practica.files import read_text
from practica.paper import custom_latex
from practica.plan import checks
from practica.plan.clashes import clashes
from practica.study_folder import PACKAGE, opened
from practica.words import check_languages

MARKS = ("experiment.py", about.EXERCISE_FILE)
"""Files by which a folder is recognised as that of an exercise."""


class Finding(NamedTuple):
    """A mistake in a study, or a note: a sentence that names the place."""

    text: str
    note: bool = False


def examine(config: Mapping[str, Any], files: Sequence[str | Path]) -> list[Finding]:
    """Return all mistakes in a study; if the configuration or a YAML file is unreadable, only that.

    Args:
        config: the configuration.
        files: what it was merged from, to find the lines of keys.
    """
    findings = dict.fromkeys(map(_finding, _examined(config, files)))
    return [Finding(with_line(each.text, files), each.note) for each in findings]


def _finding(each: str | Finding) -> Finding:
    return Finding(each) if isinstance(each, str) else each


def _examined(config: Mapping[str, Any], files: Sequence[str | Path]) -> Iterator[str | Finding]:
    wrong = list(_configuration(config))
    yield from wrong
    if wrong:
        return
    study = Study.resolve({**config, "only": []})
    mistakes = [*about.mistakes(study.folder, None)]
    for exercise in study.every_exercise:
        mistakes += about.mistakes(study.folder, exercise)
    yield from mistakes
    yield from _notes(study)
    if mistakes:  # all other checks would report these again
        return
    there = []
    for exercise in study.exercises:
        yield from _caught(checks.model_mistakes, study, exercise)
        if exercises.has(exercise, exercises.MODULE) and exercises.has_problem(exercise):
            there.append(exercise)
            yield from _caught(checks.setting_mistakes, study, exercise)
            yield from _caught(checks.check_kept_models, study, exercise)
            yield from _caught(checks.check_blocks, study, exercise)
    yield from _caught(checks.check_folders, study)
    wordless = _caught(check_languages, study.languages)
    yield from wordless
    for name in study.datasets():
        yield from _caught(_data_set, name)
    if wordless:  # figures, tables and texts need the words
        return
    yield from _caught(claims.mistakes, claims.unchecked(study), study)
    yield from _caught(names.silent, study)
    yield from _caught(names.front_mistakes, study)
    yield from _caught(custom_latex.mistakes, study)
    if len(there) < len(study.exercises):  # nobody knows what an exercise without a module records
        return
    for exercise in study.exercises:
        yield from _caught(names.mistakes, study, exercise)
        yield from (Finding(each, note=True) for each in _caught(nameless, study, exercise, files))
    yield from _caught(clashes, study)
    yield from _caught(prose.mistakes, study)


def _caught(check: Callable[..., object], *arguments: Any) -> list[str]:
    """Return the sentences that a check yields, and the one that it raises."""
    sentences: list[str] = []
    try:
        result = check(*arguments)
        if isinstance(result, Iterator):
            for sentence in result:
                sentences.append(sentence)  # sentences before an error count, too
    except InputError as error:
        sentences.append(str(error))
    return sentences


def _configuration(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what cannot be read in the configuration and the code; else unknown data sets, or the first mistake."""
    try:
        ready = prepared(config)
    except InputError as error:
        yield str(error)
        return
    python = list(_python(opened()))
    mistakes = [*schema_mistakes(ready), *python]
    yield from mistakes or [*unknown_datasets(ready["exercises"])] or _caught(Study.resolve, config)


def _python(folder: Path) -> Iterator[str]:
    """Yield a sentence about each file that is not Python, or that imports from a missing file of the study."""
    for path in sorted(folder.rglob("*.py")):
        try:
            nodes = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)]
        except InputError as error:
            yield str(error)
            continue
        for node in nodes:
            module = node.module or ""
            place = module_path(module) if module.startswith(f"{PACKAGE}.") else path
            if not (place.exists() or package_folder(module).is_dir()):
                yield f"{path}:{node.lineno}: there is no {place}, from which it imports something"


def _data_set(name: str) -> None:
    """Check what can be seen of a data set before it is prepared.

    Raises:
        InputError: its module cannot be imported, its name differs, or its fingerprint is empty.
    """
    file = opened() / "data" / f"{name}.py"
    try:
        spec = spec_of(name)
    except (ImportError, NameError, AttributeError, TypeError) as error:
        raise InputError(f"{file}: {in_one_line(error)}") from error
    if not spec.fingerprint:
        line = next(n for n, text in enumerate(read_text(file).splitlines(), 1) if "fingerprint" in text)
        raise InputError(
            f"{file}:{line}: the fingerprint is empty; `python -m practica prepare {name}` prints the right one"
        )


def _notes(study: Study) -> Iterator[Finding]:
    """Yield what exists but is not used: exercises without a block, and data sets."""
    configured, unused = study.config["exercises"], set(data_sets()) - set(study.datasets())
    folders = sorted(path.parent.name for path in study.folder.glob("*/*") if path.name in MARKS)
    for exercise in dict.fromkeys(folders):
        if exercise not in (*configured, "data", "shared"):
            yield Finding(
                f"{study.folder / exercise}: the configuration has no block for it, so it does not run", note=True
            )
    for name in sorted(unused):
        yield Finding(f"{study.folder / 'data' / name}.py: no exercise uses this data set", note=True)
