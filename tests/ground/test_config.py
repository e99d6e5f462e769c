"""The configuration: what it accepts, which defaults it fills in, and its sentences about mistakes."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from practica.config.reader import read_config
from practica.config.recipes import check_recipe
from practica.config.schema import config_schema, mistakes
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.launch.merging import tree
from practica.yamlfiles.overlay import lay, merge
from toy import CONFIG, TOY, resolve

ROOT = Path(__file__).parents[2]

BASE: dict[str, Any] = {
    "study": str(TOY),
    "seeds": 3,
    "exercises": {
        "first": {"dataset": "crescents", "variants": {"linear": {}}},
        "steps": {
            "dataset": "walks",
            "resources": {"threads": 2},
            "settings": {"epochs": 10, "learning_rate": 0.01},
            "variants": {"dense": {}, "slow": {"model": "dense", "settings": {"learning_rate": 0.001}}},
        },
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    config = copy.deepcopy(BASE)
    *parents, last = path.split(".")
    at = config
    for key in parents:
        at = at.setdefault(key, {})
    at[last] = value
    return config


def test_defaults_are_filled_in_and_the_callers_config_is_left_alone() -> None:
    config = copy.deepcopy(BASE)
    study = Study.resolve(config)
    assert study.config["results"] == "results"
    assert study.data["on_missing"] == "error"
    assert study.config["partial"] is False
    assert config == BASE


def test_a_variant_overrides_its_exercise() -> None:
    study = Study.resolve(BASE)
    assert study.settings("steps", "dense") == {"epochs": 10, "learning_rate": 0.01}
    assert study.settings("steps", "slow") == {"epochs": 10, "learning_rate": 0.001}
    assert study.model("steps", "slow") == "dense"
    assert study.resources("steps", "dense")["threads"] == 2


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("sedes", 3, ["sedes", "unknown key", "'seeds'"]),
        ("exercises.steps.epochs", 3, ["unknown key; move it to exercises.steps.settings.epochs"]),
        ("exercises.steps.settings.save_model", "last", ["unknown key; move it to exercises.steps.save_model"]),
        ("exercises.steps.variants.dense.settings.title", "x", ["unknown key; move it to exercises.steps.title"]),
        ("tuning.only", "steps", ["tuning.only: unknown key; move it to the top level"]),
        ("exercises.steps.settings.epocs", 3, ["exercises.steps.settings.epocs", "'epochs'"]),
        ("exercises.steps.variants.dense.settings", {"epochs": -1}, ["steps.variants.dense.settings.epochs", "-1"]),
        ("exercises.steps.settings.epochs", "many", ["exercises.steps.settings.epochs", "many", "integer"]),
        ("seeds", [], ["seeds", "[]"]),
        ("seeds", 0, ["seeds", "0"]),
        ("seeds", [1, 1], ["seeds"]),
        ("only", "stps", ["only", "stps", "steps"]),
        ("exercises.steps.dataset", "wlks", ["exercises.steps.dataset", "'wlks', did you mean 'walks'?", "wlks.py"]),
        ("exercises.steps.dataset", "../etc", ["exercises.steps.dataset", "../etc"]),
        ("exercises.steps.variants.dense.dataset", "cifar", ["steps.variants.dense.dataset", "'cifar'"]),
        ("only", "moons", ["only", "'moons' has a folder but no block"]),
        ("exercises.../../etc", {}, ["exercises"]),
        ("exercises.steps.variants", {"a b; rm": {}}, ["exercises.steps.variants", "a b; rm"]),
        ("data.on_missing", "ignore", ["data.on_missing", "ignore"]),
    ],
)
def test_a_mistake_is_one_sentence_with_the_keys_path(path: str, value: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Study.resolve(changed(path, value))
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_every_unknown_key_has_its_sentence_and_dots_are_for_the_command_line() -> None:
    dotted, other = mistakes({**BASE, "exercises.steps.settings.epochs": 3, "sedes": 2})
    assert dotted.startswith("configuration: exercises.steps.settings.epochs: unknown key; in a file, nest these names")
    assert other.startswith("configuration: sedes: unknown key; did you mean 'seeds'?")


@pytest.mark.parametrize("only", ["steps", ["steps"], " steps ", "steps,steps"])
def test_only_names_a_part_of_the_study(only: Any) -> None:
    study = Study.resolve(changed("only", only))
    assert study.exercises == ("steps",)
    assert {block.exercise for block in study.blocks()} == {"steps"}
    assert study.datasets() == ("walks",)


def test_unknown_variant_is_named() -> None:
    with pytest.raises(InputError, match=r"dnse.*dense"):
        Study.resolve(BASE).block("steps", "dnse", (0,))


def blocks(seeds: Any, size: int) -> list[str]:
    study = Study.resolve({**BASE, "seeds": seeds, "seeds_per_job": size, "only": "first"})
    return [block.name for block in study.blocks()]


def test_blocks_of_seeds() -> None:
    assert blocks(3, 1) == ["s0", "s1", "s2"]
    assert blocks(20, 10) == ["s0-9", "s10-19"]
    assert blocks([0, 2, 12], 10) == ["s0_2", "s12"]


def test_full_blocks_stay_when_seeds_are_added() -> None:
    assert set(blocks(20, 10)) < set(blocks(30, 10))


def test_a_specification_round_trips_and_holds_only_its_own_variant() -> None:
    block = Study.resolve(BASE).block("steps", "slow", (0, 1))
    assert Block.parse(block.specification()) == block
    other = Study.resolve(changed("exercises.steps.variants.dense", {"settings": {"learning_rate": 0.5}}))
    assert other.block("steps", "slow", (0, 1)).specification() == block.specification()
    assert (
        other.block("steps", "dense", (0,)).specification()
        != Study.resolve(BASE).block("steps", "dense", (0,)).specification()
    )


def test_the_mirror_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTICA_DATA_MIRROR", "/from/environment")
    assert Study.resolve(changed("data", {"mirror": "/from/config"})).data["mirror"] == "/from/environment"
    monkeypatch.delenv("PRACTICA_DATA_MIRROR")
    assert Study.resolve(changed("data", {"mirror": "/from/config"})).data["mirror"] == "/from/config"


def test_files_merge_key_by_key(tmp_path: Any) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(BASE))
    (tmp_path / "b.yaml").write_text("exercises: {steps: {settings: {epochs: 2}}}\n")
    merged = read_config([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert merged["exercises"]["steps"]["settings"] == {"epochs": 2, "learning_rate": 0.01}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "must be a mapping"),
        ("", "must be a mapping"),
        ("just words", "must be a mapping"),
        ("a: [", "line 1, column 5: expected the node content"),
        ("seeds: 1\nonly:\tsteps\n", r"line 2, column 6: found character '\\t' that cannot start any token"),
        ("a: {b: 1,\n  c: [{d: 1, d: 2}]}", "line 2, column 14: the key 'd' already appears in line 2"),
        ("seeds: 1\nonly: steps\nseeds: 2\n", "line 3, column 1: the key 'seeds' already appears in line 1"),
    ],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Any, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"bad\.yaml.*{words}"):
        read_config([path])


def test_a_key_may_stand_over_one_that_an_anchor_brings(tmp_path: Any) -> None:
    path = tmp_path / "anchors.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: [*a, *a]\n")
    assert read_config([path])["b"] == {"x": 3, "y": 2}


def test_every_key_of_the_schema_is_explained() -> None:
    def lacking(node: Any, path: str) -> list[str]:
        result = []
        for key, sub in node.get("properties", {}).items():
            resolved = {**config_schema()["$defs"].get(sub.get("$ref", "").rpartition("/")[2], {}), **sub}
            if "description" not in resolved:
                result.append(f"{path}.{key}")
            result += lacking(sub, f"{path}.{key}")
        return result

    schema = config_schema()
    assert lacking(schema, "config") + [x for name, sub in schema["$defs"].items() for x in lacking(sub, name)] == []


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("0", 0), ("auto", "auto")])
def test_text_is_one_of_the_words_and_numbers_of_a_list(text: str, value: object) -> None:
    study = Study.resolve(changed("exercises.steps.resources", {"gpu": text}))
    assert study.resources("steps", "dense")["gpu"] == value
    assert type(study.resources("steps", "dense")["gpu"]) is type(value)


@pytest.mark.parametrize("text", ["2", "1.0", "true", ""])
def test_text_that_is_not_in_the_list_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not one of"):
        Study.resolve(changed("exercises.steps.resources", {"gpu": text}))


def test_text_from_the_command_line_becomes_what_the_schema_wants() -> None:
    config = changed(
        "exercises.steps.settings", {"epochs": "3", "learning_rate": "0.5", "correct_zeros": "true", "optimizer": "sgd"}
    )
    study = Study.resolve({**config, "seeds": ["0", "4"], "title": "1984"})
    assert study.settings("steps", "dense") == {
        "epochs": 3,
        "learning_rate": 0.5,
        "correct_zeros": True,
        "optimizer": "sgd",
    }
    assert [block.seeds for block in study.blocks()][:2] == [(0,), (4,)]
    assert study.config["title"] == "1984"
    words = tree(["exercises.steps.settings.optimizer={name: SGD, nesterov: false, weight_decay: 1e-3}"])
    study = Study.resolve(lay(changed("exercises.steps.settings", {}), words))
    assert study.settings("steps", "dense")["optimizer"] == {"name": "SGD", "nesterov": False, "weight_decay": 0.001}
    title = {"es": "1984", "en": "true"}
    assert Study.resolve({**config, "title": title}).config["title"] == title
    with pytest.raises(InputError, match=r"settings\.epochs.*three"):
        Study.resolve(changed("exercises.steps.settings", {"epochs": "three"}))


STEPS = {"name": "PiecewiseConstantDecay", "boundary_epochs": [1, 2], "values": [0.1, 0.01, 0.001]}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"schedule": STEPS}, None),
        ({"schedule": {"name": "CosineDecayRestarts", "first_decay_epochs": 2}}, None),
        ({"early_stopping": {"patience": 4, "start_from_epoch": 5}}, None),
        ({"early_stopping": {"patience": 5, "start_from_epoch": 5}}, "5 never runs out in 10 epochs after start_from_"),
        ({"early_stopping": {"patience": 10}}, "10 never runs out in 10 epochs; lower it"),
        ({"schedule": {**STEPS, "boundary_epochs": 1}}, "boundary_epochs: 1 is not a list of numbers of epochs"),
        ({"schedule": {**STEPS, "values": ["a", 0.1, 0.01]}}, "values: .* is not a list of numbers"),
        ({"schedule": STEPS, "learning_rate": 0.2}, "values: the highest is 0.1, and learning_rate is 0.2"),
        ({"schedule": {"name": "CosineDecay", "warmup_epochs": True}}, "warmup_epochs: True is not a number"),
        ({"schedule": {"name": "CosineDecay", "warmup_epochs": -1}}, "warmup_epochs: -1 is not a number"),
        ({"schedule": {"name": "CosineDecay", "decay_epochs": 1, "decay_steps": 9}}, "decay_steps says the same"),
        ({"schedule": {"name": "CosineDecay", "warmup_target": 1}}, "warmup_target: give it as the setting learning_"),
        ({"schedule": {"name": "InverseTimeDecay", "warmup_epochs": 1}}, "has no option 'warmup_epochs'"),
    ],
)
def test_a_recipe_says_what_keras_does(settings: dict[str, Any], words: str | None) -> None:
    given = {"epochs": 10, "learning_rate": 0.1, **settings}
    if words is None:
        check_recipe("settings", given)
        return
    with pytest.raises(InputError, match=words):
        check_recipe("settings", given)


def test_a_resolved_study_of_an_older_version_is_made_again(tmp_path: Any) -> None:
    import json

    content = dict(Study.resolve(BASE).config)
    del content["report"]
    (tmp_path / "study.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"study\.json lacks keys: an older version .* run the workflow again"):
        Study.load(tmp_path / "study.json")


def test_the_order_of_variants_survives_the_resolved_file(tmp_path: Any) -> None:
    import json

    config = changed("exercises.steps.variants", {"slow": {"model": "dense"}, "dense": {}, "conv": {}})
    study = Study.resolve(config)
    (tmp_path / "study.json").write_text(json.dumps(dict(study.config)))
    assert Study.load(tmp_path / "study.json").variants("steps") == study.variants("steps") == ("slow", "dense", "conv")


def laid(over: dict[str, Any]) -> Study:
    """Return the toy's configuration with changes."""
    return resolve(merge(read_config([CONFIG]), over))


def test_null_leaves_out_a_variant_or_an_exercise() -> None:
    study = laid({"exercises": {"moons": {"variants": {"wider": None}}, "steps": None}})
    assert study.variants("moons") == ("raw", "corrected", "deeper", "raw_numpy", "turned")
    assert "steps" not in study.exercises
    assert study.config == Study.resolve(study.config).config
    with pytest.raises(InputError, match=r"steps\.variants: .*non-empty"):
        laid({"exercises": {"steps": {"variants": {"dense": None, "conv": None}}}})


def test_a_cut_is_of_what_is_there() -> None:
    cut = {
        "moons": {"settings": {"epochs": 2}, "variants": {"wider": {"settings": {"l2": 0.5}}, "raw": {"model": "x"}}}
    }
    cut |= {"steps": {"settings": {"epochs": 1}}}
    study = laid({"exercises": {"steps": None, "moons": {"variants": {"raw": None}}}, "cut": cut})
    assert study.variants("moons") == ("corrected", "wider", "deeper", "raw_numpy", "turned")
    assert study.settings("moons", "wider") | {"epochs": 2, "l2": 0.5} == study.settings("moons", "wider")
    assert "cut" not in study.config
    assert study.demonstration
    assert "steps" not in study.exercises
    left = laid({"cut": {"steps": None}})
    assert left.exercises == ("moons",)
    assert left.demonstration


@pytest.mark.parametrize(
    ("cut", "sentence"),
    [
        ({"stps": {}}, "cut: there is no exercise 'stps'; did you mean 'steps'"),
        ({"x" * 300: {}}, "cut: there is no exercise"),
        ({"moons": {"epocs": 3}}, "exercises.moons.epocs"),
        ({"moons": 3}, "cut.moons: 3"),
        (3, "cut: 3"),
    ],
)
def test_a_cut_is_checked(cut: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        laid({"cut": cut})


def test_a_variant_may_have_seeds_of_its_own() -> None:
    study = Study.resolve(changed("exercises.steps.variants.slow", {"seeds": "0-3", "seeds_per_job": 2}))
    names = {variant: [b.name for b in study.blocks() if b.variant == variant] for variant in study.variants("steps")}
    assert names["slow"] == ["s0-1", "s2-3"]
    assert names["dense"] == ["s0", "s1", "s2"]
    with pytest.raises(InputError, match=r"exercises\.steps\.variants\.slow\.seeds: 0 is not allowed"):
        Study.resolve(changed("exercises.steps.variants.slow", {"seeds": 0}))
