"""Settings are declared once, the engine's in the schema, a study's in its study.yaml, and both count alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from practica.cli import main
from practica.config import declarations
from practica.config.study import Study
from practica.config.trials import trials
from practica.errors import InputError
from practica.exercises import may_be_own, training
from practica.files import read_json
from practica.paper.settings import ran
from practica.paper.settings import training as told
from practica.plan.checks import check
from practica.plan.digests import paper_digest
from practica.plan.rehearsals import telling_trials
from practica.words import _sections, languages, section

ROOT = Path(__file__).parents[2]
SHINE: dict[str, Any] = {
    "description": "How much the inputs shine.",
    "role": "net",
    "type": "number",
    "minimum": 0,
    "maximum": 2,
    "words": {"en": "a shine of {}", "es": "brillo {}"},
}
GRAINS = {"description": "Sizes of the grains.", "role": "training", "type": "array", "items": {"type": "integer"}}
YEARS = {"description": "Years of the samples.", "role": "data", "type": ["integer", "null"], "minimum": 1900}
KIND = {"description": "Kind of layers.", "role": "net", "type": "integer", "enum": [1, 4], "words": "kind {}"}
DECLARED = {"shine": SHINE, "grains": GRAINS, "years": YEARS, "kind": KIND}
EXPERIMENT = """
from practica.exercises.problem import model


@model
def dense(settings):
    return settings.units, settings.shine, settings.kind


def problem(arrays, settings, seed, fold):
    return settings.get("grains"), settings.get("years")
"""
Open = Callable[..., Study]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Return a function that writes a study with its own settings, and opens it in a configuration."""

    def write(
        declared: dict[str, Any] = DECLARED,
        variant: dict[str, Any] | None = None,
        name: str = "lamps",
        experiment: str = EXPERIMENT,
        of_exercise: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Study:
        folder = tmp_path / name
        (folder / "glow").mkdir(parents=True)
        (folder / "data").mkdir()
        (folder / "study.yaml").write_text(yaml.safe_dump({"settings": declared}, sort_keys=False), encoding="utf-8")
        if of_exercise:
            (folder / "glow/about.yaml").write_text(yaml.safe_dump({"settings": of_exercise}), encoding="utf-8")
        (folder / "glow/experiment.py").write_text(experiment, encoding="utf-8")
        (folder / "data/lamps.py").write_text("DATASET = None\n", encoding="utf-8")
        entry = {"dataset": "lamps", "settings": {"epochs": 2, **settings}, "variants": {"dense": variant or {}}}
        places = {"results": str(tmp_path / "results"), "data": {"folder": str(tmp_path / "data")}}
        return Study.resolve({"study": str(folder), "seeds": 1, "exercises": {"glow": entry}, **places})

    return write


def test_a_setting_of_the_study_is_one_of_the_configuration(opened: Open) -> None:
    study = opened(shine="1e-1", grains=["3", 4.0], years=None, kind=4)
    assert study.settings("glow", "dense") == {"epochs": 2, "shine": 0.1, "grains": [3, 4], "years": None, "kind": 4}
    check(study)


def test_an_exercise_declares_its_own(opened: Open) -> None:
    study = opened({}, of_exercise={"shine": SHINE}, shine="1e-1")
    assert study.settings("glow", "dense")["shine"] == 0.1
    assert told(study.settings("glow", "dense"), "en") == "2 epochs and a shine of 0.1"
    with pytest.raises(InputError, match=r"glow/about\.yaml: settings\.shine\.minimum: '0' is not of type 'number'"):
        opened({}, of_exercise={"shine": {**SHINE, "minimum": "0"}}, name="wrong")
    with pytest.raises(InputError, match=r"about\.yaml: settings\.shine: \S*twice/study\.yaml declares it too"):
        opened(of_exercise={"shine": SHINE}, name="twice")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"shine": -1}, r"exercises\.glow\.settings\.shine: -1 is less than the minimum of 0 \(How much the inputs"),
        ({"shine": 2.5}, r"settings\.shine: 2\.5 is greater than the maximum of 2"),
        ({"shine": "bright"}, r"settings\.shine: 'bright' is not of type 'number'"),
        ({"shin": 1}, r"settings\.shin: unknown key; did you mean 'shine'\?"),
        ({"grains": [1.5]}, r"settings\.grains\.0: 1\.5 is not of type 'integer'"),
        ({"kind": 2}, r"settings\.kind: 2 is not one of \[1, 4\]"),
        ({"words": 100}, r"settings\.words: unknown key"),  # of another study
    ],
)
def test_a_wrong_value_is_one_sentence_with_the_keys_path(opened: Open, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        opened(**settings)
    assert "\n" not in str(caught.value)


def test_it_is_of_use_or_refused(opened: Open) -> None:
    unused = {"dim": {"description": "Nothing.", "role": "training", "type": "integer"}}
    with pytest.raises(InputError, match="dim would change nothing"):
        check(opened({**DECLARED, **unused}, dim=1))


def test_it_is_tuned_and_rehearsed_by_its_role(opened: Open) -> None:
    search = {"trials": 40, "values": {"kind": [1, 4]}, "ranges": {"shine": {"low": 0.5, "high": 1.5}}}
    tried = trials(opened(variant={"search": search}), "glow", "dense")
    assert {each.values["kind"] for each in tried} == {1, 4}
    assert all(0.5 <= each.values["shine"] <= 1.5 for each in tried)


def test_values_of_the_net_are_rehearsed_in_every_combination_and_those_of_training_once(opened: Open) -> None:
    grid = {"kind": [1, 4], "units": [[1], [2]], "grains": [[5], [6], [7]]}
    tried = trials(opened(variant={"grid": grid}), "glow", "dense")
    assert len(tried) == 12
    assert len(telling_trials(tried)) == 6


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        ({"grid": {"years": [1990, 2000]}}, r"dense\.grid\.years: it decides what trials are judged on"),
        ({"grid": {"shine": [1, 3]}}, r"dense\.grid\.shine\.1: 3 is greater than the maximum of 2"),
        ({"search": {"trials": 2, "ranges": {"shine": {"low": 0, "high": 9}}}}, r"ranges\.shine\.high: 9 is greater"),
        ({"search": {"trials": 2, "ranges": {"kind": {"low": 1, "high": 4}}}}, r"ranges\.kind: unknown key"),
    ],
)
def test_what_cannot_be_tuned_is_said(opened: Open, variant: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        opened(variant=variant)


def test_it_is_said_if_it_has_words(opened: Open) -> None:
    study = opened({**DECLARED, "kind": {**KIND, "said": "variants"}}, shine=0.5, years=1990, kind=4)
    settings = study.settings("glow", "dense")
    assert told(settings, "en") == "2 epochs and a shine of 0.5"
    assert told(settings, "es") == "2 épocas y brillo 0,5"
    assert "2 epochs, a shine of 0.5 and kind 4; one seed." in ran(study, "glow", ["dense"], "en")


ON_ITS_OWN = {
    "its function": ("", "net.compile('adamw')\n    "),
    "its class": ("class Net(keras.Model):\n    def compile(self):\n        super().compile('adamw', 'mse')\n", ""),
}


@pytest.mark.parametrize(("above", "before"), ON_ITS_OWN.values(), ids=ON_ITS_OWN)
def test_what_the_code_of_a_model_may_replace_is_not_said(opened: Open, above: str, before: str) -> None:
    recipe = {"optimizer": "adam", "learning_rate": 0.25}
    plain = opened(shine=0.5, **recipe)
    assert ran(plain, "glow", ["dense"], "en").startswith("dense: Adam, learning rate 0.25, 2 epochs and a shine")
    build = f"net = {'Net' if above else 'keras.Sequential'}()\n    {before}return settings.units"
    code = EXPERIMENT.replace("@model\n", f"{above}\n\n@model\n").replace("return settings.units", build)
    study = opened(shine=0.5, name="own", experiment=f"import keras\n{code}", **recipe)
    assert ran(study, "glow", ["dense"], "en") == "dense: 2 epochs and a shine of 0.5; one seed."
    assert may_be_own("glow", "dense") >= {"optimizer", "learning_rate", "loss", "metrics"}


def test_a_class_that_takes_the_recipe_and_a_pattern_replace_nothing(opened: Open) -> None:
    takes = "class Net(keras.Model):\n    def compile(self, optimizer, **more):\n        super().compile(optimizer)\n"
    code = EXPERIMENT.replace("return settings.units", "Net(), re.compile('.')\n    return settings.units")
    opened(experiment=f"import keras, re\n{takes}\n{code}")
    assert may_be_own("glow", "dense") == frozenset()


def test_a_file_of_words_says_it_in_another_language(opened: Open) -> None:
    study = opened(shine=0.5)
    assert told(study.settings("glow", "dense"), "en") == "2 epochs and a shine of 0.5"
    (study.folder / "words").mkdir()
    (study.folder / "words/en.yaml").write_text("settings: {shine: 'shining by {}'}\n", encoding="utf-8")
    _sections.cache_clear()
    assert told(study.settings("glow", "dense"), "en") == "2 epochs and shining by 0.5"
    _sections.cache_clear()


@pytest.mark.parametrize(
    ("change", "languages"),
    [
        ({"description": "How bright they are.", "maximum": 3, "examples": [1]}, set()),
        ({"words": {**SHINE["words"], "es": "luz {}"}}, {"es"}),
        ({"words": "shine {}"}, {"es", "en"}),
        ({"said": "variants"}, {"es", "en"}),
    ],
)
def test_what_says_a_setting_depends_on_its_words_alone(
    opened: Open, change: dict[str, Any], languages: set[str]
) -> None:
    def papers(study: Study) -> dict[str, str]:
        return {language: paper_digest(study, language) for language in ("es", "en")}

    before = papers(opened({"shine": SHINE}))
    after = papers(opened({"shine": {**SHINE, **change}}, name="lights"))
    assert {language for language in before if after[language] != before[language]} == languages


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("epochs", SHINE, r"lamps/study\.yaml: settings\.epochs: every study has a setting of this name \(Passes over"),
        ("Shine", SHINE, r"lamps/study\.yaml: settings: 'Shine' does not match"),
        ("get", SHINE, r"settings: 'get' does not match"),
        ("a", {**SHINE, "minimun": 0}, r"a\.minimun: unknown key; did you mean 'minimum'"),
        ("a", {**SHINE, "minimum": "0"}, r"settings\.a\.minimum: '0' is not of type 'number'"),
        ("a", {**SHINE, "role": "nets"}, r"settings\.a\.role: 'nets' is not one of"),
        ("a", {**SHINE, "default": 1}, r"settings\.a\.default: unknown key; known: description, role"),
        ("a", {**GRAINS, "items": {"type": "integer", "minimun": 0}}, r"items\.minimun: unknown key; did you mean"),
        ("a", {**GRAINS, "items": {"minimum": 0}}, r"settings\.a\.items: 'type' is a required property"),
        ("a", {**GRAINS, "items": {"type": "string", "minimum": 0}}, r"a\.items\.minimum: it says nothing of type str"),
        ("a", {**GRAINS, "minimum": 0}, r"settings\.a\.minimum: it says nothing of type array"),
        ("a", {**SHINE, "maxItems": 3}, r"settings\.a\.maxItems: it says nothing of type number"),
        ("a", {**SHINE, "examples": [1, 3]}, r"settings\.a\.examples\.1: it is not a value of the setting: 3 is"),
        ("a", {**KIND, "enum": [1, "b"]}, r"settings\.a\.enum\.1: it is not a value of the setting: 'b' is"),
        ("a", {**SHINE, "words": "{} of {}"}, r"settings\.a\.words: '{} of {}': {} stands for the value, once"),
        ("a", {**SHINE, "words": {"en": "{x}"}}, r"settings\.a\.words\.en: '{x}': {} stands for the value"),
        ("a", {**SHINE, "words": {"en": "{:.2f}"}}, r"settings\.a\.words\.en: '{:\.2f}': {} stands for the value"),
        ("a", {**SHINE, "words": {"en": "{"}}, r"settings\.a\.words\.en: '{': {} stands for the value"),
        ("a", {**GRAINS, "said": "variants"}, r"settings\.a\.said: nothing is said of it without words"),
        ("a", "a number", r"settings\.a: 'a number' is not of type 'object'"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_one_sentence(opened: Open, name: str, entry: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        opened({name: entry})
    assert "\n" not in str(caught.value)


def test_editors_get_the_settings_of_the_study(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(dict(opened(shine=1).config)), encoding="utf-8")
    options = ["--config", str(tmp_path / "config.yaml"), "--schema", str(tmp_path / "schema.json")]
    result = CliRunner().invoke(main, ["configuration", *options])
    assert result.exit_code == 0, result.output
    assert "| `epochs` | integer, ≥ 1 |" in result.output
    own = result.output.partition("## Settings of this study")[2]
    assert "| `shine` | number, ≥ 0, ≤ 2 |  | How much the inputs shine. |  |" in own
    schema = read_json(tmp_path / "schema.json")
    assert CliRunner().invoke(main, ["configuration", *options]).exit_code == 0  # it may be renewed
    options[-1] = str(ROOT / "CITATION.cff")
    refused = CliRunner().invoke(main, ["configuration", *options])
    assert refused.exit_code == 2 and "--schema: " in refused.output and "of the project itself" in refused.output
    jsonschema.validate({"exercises": {"a": {"dataset": "b", "variants": {"c": {"settings": {"shine": 1}}}}}}, schema)
    with pytest.raises(jsonschema.ValidationError, match="3 is greater than"):
        jsonschema.validate({"shine": 3}, {**schema["$defs"]["settings"], "$defs": schema["$defs"]})


def test_the_engine_says_every_setting_that_it_is_to_say() -> None:
    assert set(declarations.mentions(variants=True)) >= {"epochs", "units"}
    assert set(declarations.mentions()) < set(declarations.mentions(variants=True))
    assert all(each.get("said") in (None, "always", "variants") for each in declarations.engine().values())
    for language in languages():
        words = set(section("settings", language))
        assert {name for name in declarations.mentions(variants=True) if name in declarations.engine()} <= words
        named = {re.sub("^(name|one|single)_", "", name) for name in words if not name.startswith("option_")}
        assert named == set(declarations.engine())


def test_roles_say_what_training_reads_and_what_samples_there_are() -> None:
    assert training() >= {"epochs", "folds"}
    assert not training() & set(declarations.of_role(declarations.NET))
    assert {"folds", "validation_fraction", "train_samples"} <= set(declarations.of_role(declarations.DATA))
    roles = (declarations.TRAINING, declarations.NET, declarations.DATA)
    assert {*declarations.engine()} == {name for role in roles for name in declarations.of_role(role)}
