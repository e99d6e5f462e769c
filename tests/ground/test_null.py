"""Null in a later file removes a key; in a variant or a protocol it goes without a setting of the exercise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.launch.merging import tree
from practica.plan.checks import check
from practica.yamlfiles.overlay import lay
from toy import CONFIG, resolve, two_protocols

GRID = {"exercises": {"moons": {"variants": {"raw": {"grid": {"l2": [0.1, 0.2]}, "save_model": "last"}}}}}


def nested(path: str, value: Any) -> dict[str, Any]:
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def after(*layers: dict[str, Any]) -> Study:
    """Return the toy's study with each layer over those before it."""
    config = read_config([CONFIG])
    for layer in layers:
        config = lay(config, layer)
    return resolve(config)


@pytest.mark.parametrize("key", ["grid", "save_model"])
@pytest.mark.parametrize("of", ["file", "word"])
def test_null_removes_a_key_of_a_variant(key: str, of: str) -> None:
    path = f"exercises.moons.variants.raw.{key}"
    study = after(GRID, tree([f"{path}=null"]) if of == "word" else nested(path, None))
    left = {"grid", "save_model"} - {key}
    assert left == {"grid", "save_model"} & {*study.config["exercises"]["moons"]["variants"]["raw"]}
    assert (study.space("moons", "raw") == {}) == (key == "grid")
    assert study.block("moons", "raw", (0,)).save_model == ("none" if key == "save_model" else "last")


def test_null_removes_a_setting_of_an_exercise_and_then_it_is_as_if_never_written() -> None:
    with_schedule = after(nested("exercises.moons.settings.schedule", {"name": "CosineDecay", "decay_epochs": 6}))
    assert "schedule" in with_schedule.settings("moons", "raw")
    study = after(with_schedule.config, nested("exercises.moons.settings.schedule", None))
    assert "schedule" not in study.config["exercises"]["moons"]["settings"]
    assert study.block("moons", "raw", (0,)) == after().block("moons", "raw", (0,))


@pytest.mark.parametrize("twice", [False, True])
def test_a_variant_goes_without_a_setting_of_its_exercise(twice: bool, tmp_path: Path) -> None:
    own = [nested("exercises.moons.variants.raw.settings.l2", 0.5)] if twice else []
    study = after(*own, nested("exercises.moons.variants.raw.settings.l2", None))
    assert "l2" not in study.settings("moons", "raw")
    assert study.settings("moons", "wider")["l2"] == 0.01
    assert "l2" not in study.block("moons", "raw", (0,)).specification()
    assert Study.resolve(study.config).settings("moons", "raw") == study.settings("moons", "raw")


def test_a_setting_that_may_be_null_stays_null() -> None:
    study = after(
        nested("exercises.moons.settings.train_samples", 50),
        nested("exercises.moons.variants.raw.settings.train_samples", None),
    )
    assert study.settings("moons", "raw")["train_samples"] is None
    assert study.settings("moons", "wider")["train_samples"] == 50


def test_a_protocol_goes_without_a_setting_of_the_first_one(tmp_path: Path) -> None:
    folder = two_protocols(tmp_path / "study")
    (folder / "moons" / "theirs.yaml").write_text("settings: {l2: null}\nvariants: {raw: {seeds: 1}, wider: {}}\n")
    base = {"study": str(folder), "protocols": ["ours", "theirs"]}
    study = after(base, nested("exercises.moons.variants.raw.settings.l2", 0.5))
    assert study.settings("moons", "raw")["l2"] == 0.5
    assert "l2" not in study.settings("moons", "raw@theirs")
    assert study.seeds("moons", "raw@theirs") == (0,)
    more = after(base, nested("exercises.moons.protocols.theirs.variants.raw.seeds", None))
    assert more.seeds("moons", "raw@theirs") == more.seeds("moons", "raw") == (0, 1, 2, 3, 4)
    check(study)
    own = nested("exercises.moons.protocols.theirs.variants.raw.seeds", 2)
    without = after(base, own, nested("exercises.moons.protocols.theirs", None))
    assert without.variants("moons", "theirs") == ()
    assert without.variants("steps", "theirs") == ("dense@theirs",)


def test_null_takes_seeds_back_to_those_of_the_level_above() -> None:
    given = nested("exercises.moons.variants.raw.seeds", 3)
    assert after(given).seeds("moons", "raw") == (0, 1, 2)
    assert after(given, nested("exercises.moons.variants.raw.seeds", None)).seeds("moons", "raw") == (0, 1, 2, 3, 4)
    assert after(given, {"seeds": 2}, {"seeds": None}).seeds("moons", "raw") == (0, 1, 2, 3, 4)
    assert after(given, {"seeds": None}).seeds("moons", "raw") == (0, 1, 2, 3, 4)


def test_a_file_that_makes_a_study_smaller_removes_keys_too() -> None:
    study = after(GRID, {"cut": {"moons": {"variants": {"raw": {"grid": None}}}}})
    assert study.space("moons", "raw") == {}
    assert study.demonstration


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("exercises.moons.settings.schedule", "exercises.moons.settings.schedule: it has no value; write one"),
        ("exercises.moons.variants.raw.grid", "exercises.moons.variants.raw.grid: it has no value; write one"),
        ("exercises.moons.variants.raw.settings.epocs", "settings.epocs: unknown key; did you mean 'epochs'"),
        ("exercises.steps.variants.dense.settings", "variants.dense.settings: it has no value"),
        ("exercises.moons.dataset", "'dataset' is a required property"),
    ],
)
def test_null_where_there_is_nothing_to_remove_is_refused(path: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        after(nested(path, None))


@pytest.mark.parametrize("given", [{"seeds_per_job": 0}, {"seeds": "x"}])
def test_a_mistake_that_every_level_is_given_is_named_once_at_its_place(given: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        after(nested("exercises.moons.variants.raw.seeds_per_job", 2), given)
    assert str(caught.value).startswith(f"configuration: {next(iter(given))}: ")
