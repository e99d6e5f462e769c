"""Write the winner of a tuning into the configuration, with a remark on where its values come from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from practica.config.reader import read_config
from practica.config.space import ASHA, EPOCHS
from practica.config.study import Study
from practica.config.trials import method, parse, table_file, trials
from practica.errors import InputError
from practica.evidence.blocks import STAND_IN
from practica.files import atomic_path
from practica.launch.merging import Merged
from practica.tuning.judge import DONE, MISSING, read_trials
from practica.yamlfiles.splice import set_remark, set_values

MARKER = "Tuned:"


@dataclass(frozen=True)
class Adoption:
    """The outcome of an adoption.

    Attributes:
        file: the configuration file.
        values: the settings of the winner.
        remark: where they come from.
        shared: other variants whose settings changed, too, because the file shares them through a YAML anchor.
        changed: whether the file has changed.
    """

    file: Path
    values: Mapping[str, Any]
    remark: str
    shared: tuple[str, ...]
    changed: bool


def adopt(name: str, files: Sequence[Path], results: Path, words: Sequence[str] = ()) -> Adoption:
    """Write the winning values of a variant such as ``digits/dense`` into the last file with its grid or search.

    ``words``, such as ``tuning.seeds=2``, override the files and stay as they are.

    Raises:
        InputError: nothing is tuned, the results are of another grid or have no winner, or the file cannot be edited.
    """
    study = _study(files, words)
    exercise, variant = parse(study, name)
    values, remark = _winner(study, exercise, variant, results)
    path = ["exercises", exercise, "variants", variant]
    file = next((file for file in reversed(files) if _says(file, path)), None)
    if file is None:
        raise InputError(f"no configuration file has the grid or search of {name}: write it into one of them")
    with file.open(encoding="utf-8", newline="") as stream:  # line ends stay as they are
        before = stream.read()
    try:
        after = set_values(before, [*path, "settings"], values)
        after = set_remark(after, path, MARKER, remark)
        edited_study = _with(files, file, after, words)
    except InputError as error:
        raise _by_hand(file, path, values, str(error)) from error
    if edited_study.settings(exercise, variant) != {**study.settings(exercise, variant), **values}:
        raise _by_hand(file, path, values, "another file or a YAML anchor sets them, too")
    others = _others(study, edited_study, (exercise, variant))
    if after != before:
        with atomic_path(file) as part:
            part.write_text(after, encoding="utf-8", newline="")
    return Adoption(file, values, remark, others, after != before)


def _winner(study: Study, exercise: str, variant: str, results: Path) -> tuple[Mapping[str, Any], str]:
    """Return the values of the best trial, and the remark."""
    path = table_file(results, exercise, variant)
    table = read_trials(results, exercise, variant)
    every = {trial.name: trial for trial in trials(study, exercise, variant)}
    if set(table["trial"]) != set(every) or set(table["seeds"]) != {trial.seeds for trial in every.values()}:
        raise InputError(
            f"{path} does not belong to the grid, settings and seeds in the configuration: run `snakemake tuning` again"
        )
    if absent := int((table["status"] == MISSING).sum()):
        raise InputError(f"{path}: {absent} of {len(table)} trials have not run: run `snakemake tuning` again")
    best = table[table["winner"].astype(str) == "True"]
    if len(best) != 1:
        bad = table[table["status"] != DONE]
        raise InputError(f"{path} has no winner: no trial is done on every seed ({len(bad)} of {len(table)} are not)")
    row = best.iloc[0]
    # The winner of ASHA is at the last rung, with the epochs that the variant has anyway.
    rung = {EPOCHS} if method(study, exercise, variant) == ASHA else set()
    values = {name: value for name, value in every[row["trial"]].values.items() if name not in rung}
    return values, _remark(row, table)


def _remark(row: pd.Series, table: pd.DataFrame) -> str:
    data = "" if row["data"] != STAND_IN else f" on {STAND_IN} data"
    score = f"{row['split']} {row['metric']} {row['mean']:.4g}"
    count = table["trial"].str.split("_").str[0].nunique()  # with ASHA, a trial has a row for each rung
    return f"best of {count} trials x {row['seeds']} seeds, {score}{data}, {table['date'].max()}"


def _says(file: Path, path: list[str]) -> bool:
    """Return whether a configuration file has the variant's grid or search."""
    content: Any = read_config([file])
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return isinstance(content, dict) and ("grid" in content or "search" in content)


def _with(files: Sequence[Path], file: Path, text: str, words: Sequence[str]) -> Study:
    """Return the study as it would be with ``text`` in ``file``."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        copy.write_text(text, encoding="utf-8", newline="")
        return _study([copy if each == file else each for each in files], words)


def _study(files: Sequence[Path], words: Sequence[str]) -> Study:
    return Study.resolve(Merged(tuple(map(str, files)), tuple(words)).read())


def _others(before: Study, after: Study, own: tuple[str, str]) -> tuple[str, ...]:
    every = [(e, v) for e in before.config["exercises"] for v in before.variants(e) if (e, v) != own]
    return tuple(f"{e}/{v}" for e, v in every if before.settings(e, v) != after.settings(e, v))


def _by_hand(file: Path, path: list[str], values: Mapping[str, Any], why: str) -> InputError:
    return InputError(
        f"cannot edit {file} ({why}): write {json.dumps(values)} under {'.'.join(path)}.settings yourself"
    )
