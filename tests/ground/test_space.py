"""What a tuning tries: combinations, random draws, the trials made from them, and mistakes in spaces."""

from __future__ import annotations

from typing import Any

import pytest

from practica.config.space import combinations
from practica.config.study import Block, Study
from practica.config.trials import trial_blocks, trials
from practica.errors import InputError
from toy import resolve

RATES = {"learning_rate": {"low": 1e-4, "high": 1e-1, "scale": "log"}}

RUNGS = {"method": "asha", "trials": 9, "ranges": RATES}


def config(variant: dict[str, Any], **more: Any) -> dict[str, Any]:
    entry = {"dataset": "walks", "settings": {"epochs": 5, "learning_rate": 0.5}, "variants": {"dense": variant}}
    return {"seeds": 3, "exercises": {"steps": entry}, **more}


def study(variant: dict[str, Any], **more: Any) -> Study:
    return resolve(config(variant, **more))


def search(count: int, seed: int = 0, **more: Any) -> list[dict[str, Any]]:
    return combinations({"search": {"trials": count, "seed": seed, **more}})


def test_a_grid_is_every_combination() -> None:
    tried = study({"grid": {"learning_rate": [0.1, 0.2], "units": [[4], [4, 2]], "epochs": [7]}})
    values = [trial.values for trial in trials(tried, "steps", "dense")]
    assert [(v["learning_rate"], v["units"], v["epochs"]) for v in values] == [
        (0.1, [4], 7), (0.1, [4, 2], 7), (0.2, [4], 7), (0.2, [4, 2], 7),
    ]  # fmt: skip
    first = trials(tried, "steps", "dense")[0].blocks
    assert [block.seeds for block in first] == [(0,), (1,), (2,)]
    assert first[0].settings == {"epochs": 7, "learning_rate": 0.1, "units": [4]}


def test_draws_keep_to_their_ranges_and_cover_every_order_of_magnitude() -> None:
    drawn = search(200, ranges={**RATES, "batch_size": {"low": 16, "high": 64}}, values={"optimizer": ["adam", "sgd"]})
    rates = [each["learning_rate"] for each in drawn]
    assert 1e-4 <= min(rates) < max(rates) <= 1e-1
    for low in (1e-4, 1e-3, 1e-2):
        assert 40 < sum(low <= rate < 10 * low for rate in rates) < 95
    assert all(isinstance(each["batch_size"], int) and 16 <= each["batch_size"] <= 64 for each in drawn)
    assert {each["optimizer"] for each in drawn} == {"adam", "sgd"}


def test_draws_follow_from_their_seed_and_more_of_them_keep_the_first() -> None:
    assert search(5, ranges=RATES) == search(9, ranges=RATES)[:5]
    assert search(5, ranges=RATES) != search(5, seed=1, ranges=RATES)


def test_no_combination_is_drawn_twice() -> None:
    assert sorted(each["epochs"] for each in search(9, values={"epochs": [1, 2, 3]})) == [1, 2, 3]


def test_a_trial_keeps_its_name_when_its_grid_grows_and_not_when_its_settings_change() -> None:
    def names(variant: dict[str, Any]) -> set[str]:
        return {trial.name for trial in trials(study(variant), "steps", "dense")}

    small = names({"grid": {"learning_rate": [0.1]}})
    assert small < names({"grid": {"learning_rate": [0.1, 0.2]}})
    assert small == names({"grid": {"learning_rate": [0.1]}, "settings": {"learning_rate": 0.3}})
    assert not small & names({"grid": {"learning_rate": [0.1]}, "settings": {"epochs": 6}})


@pytest.mark.parametrize("method", [{}, {"method": "random"}, {"method": "tpe"}, {**RUNGS}])
def test_a_resolved_search_resolves_to_itself(method: dict[str, Any]) -> None:
    config = study({"search": {"trials": 3, "ranges": RATES, **method}}).config
    assert Study.resolve(config).config == config


def test_a_grid_leaves_the_study_as_it_is() -> None:
    plain, tuned = study({}), study({"grid": {"learning_rate": [0.1, 0.2]}})
    assert [b.specification() for b in tuned.blocks()] == [b.specification() for b in plain.blocks()]
    assert '"trial"' not in tuned.blocks()[0].specification()
    assert trial_blocks(plain) == []
    block = trial_blocks(tuned)[0]
    assert Block.parse(block.specification()) == block
    assert block.specification() != plain.blocks()[0].specification()


def test_trials_can_have_fewer_seeds() -> None:
    tried = study({"grid": {"epochs": [1]}}, tuning={"seeds": 2})
    assert [block.seeds for block in trial_blocks(tried)] == [(0,), (1,)]


def test_numbers_that_yaml_takes_for_text_are_numbers() -> None:
    assert trials(study({"grid": {"learning_rate": ["1e-3"]}}), "steps", "dense")[0].values == {"learning_rate": 1e-3}


def test_a_trial_of_asha_has_the_epochs_and_the_name_of_its_rung() -> None:
    asked = [{"learning_rate": 0.1, "epochs": epochs} for epochs in (3, 4, 5)]
    every = trials(study({"search": {**RUNGS, "asked": asked}}), "steps", "dense")
    assert [trial.values["epochs"] for trial in every] == [1, 1, 1, 1, 3, 5], "what has no rung any more is left out"
    (name, low), (same, high) = (trial.blocks[0].rung or ("", 0) for trial in every[-2:])
    assert (name, low, high) == (same, 3, 5)
    assert every[-1].name == f"{name}_5"
    assert all(block.settings["epochs"] == (block.rung or ("", 0))[1] for trial in every for block in trial.blocks)
    reduced = study({"search": {**RUNGS, "min_epochs": 20}}, demonstration=True)
    assert [trial.values["epochs"] for trial in trials(reduced, "steps", "dense")] == [5] * 4


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({"grid": {"learning_rate": []}}, "dense.grid.learning_rate: [] should be non-empty"),
        ({"grid": {}}, "dense.grid: {} should be non-empty"),
        ({"grid": {"learning_rate": 0.1}}, "dense.grid.learning_rate: 0.1 is not of type 'array'"),
        ({"grid": {"lerning_rate": [0.1]}}, "dense.grid.lerning_rate: unknown key; did you mean 'learning_rate'?"),
        ({"grid": {"learning_rate": [0.1, -1]}}, "dense.grid.learning_rate.1: -1"),
        ({"grid": {"learning_rate": [0.1, "fast"]}}, "dense.grid.learning_rate.1: 'fast' is not of type 'number'"),
        ({"grid": {"epochs": [2, 2]}}, "dense.grid.epochs: [2, 2] has non-unique elements"),
        ({"grid": {"validation_fraction": [0.1]}}, "dense.grid.validation_fraction: it decides what trials are judged"),
        ({"grid": {"epochs": [1]}, "search": {"trials": 1, "values": {"epochs": [1]}}}, "dense: grid and search"),
        ({"grid": {"epochs": list(range(1, 50)), "batch_size": list(range(1, 50))}}, "dense.grid: 2401 combinations"),
        ({"search": {"trials": 3}}, "dense.search: nothing to draw"),
        ({"search": {"values": {"epochs": [1]}}}, "dense.search: 'trials' is a required property"),
        ({"search": {"trials": 0, "ranges": RATES}}, "dense.search.trials: 0"),
        ({"search": {"trials": 3, "ranges": {"optimizer": RATES["learning_rate"]}}}, "ranges.optimizer: unknown key"),
        ({"search": {"trials": 3, "ranges": {"l2": {"low": 0, "high": 1, "scale": "log"}}}}, "ranges.l2.low: 0"),
        ({"search": {"trials": 3, "ranges": {"l2": {"low": 1, "high": 1}}}}, "ranges.l2: low (1) is not below"),
        ({"search": {"trials": 3, "ranges": {"dropout": {"low": 0, "high": 1}}}}, "ranges.dropout.high: 1"),
        ({"search": {"trials": 3, "values": {"l2": [0]}, "ranges": {"l2": {"low": 0, "high": 1}}}}, "ranges.l2: it"),
        ({"search": {"trials": 3, "eta": 2, "ranges": RATES}}, "search.eta: only a search with method: asha has one"),
        ({"search": {**RUNGS, "eta": 1}}, "search.eta: 1 is less than the minimum of 2"),
        ({"search": {**RUNGS, "min_epochs": 5}}, "search.min_epochs: 5 leaves no rung below the 5 epochs"),
        ({"search": {**RUNGS, "trials": 8}}, "search.trials: 8 are too few for one to reach 5 epochs"),
        ({"search": {**RUNGS, "trials": 2}}, "search.trials: 2 are too few"),
        ({"search": {**RUNGS, "values": {"epochs": [3]}}}, "search.values.epochs: asha decides on the epochs"),
        ({"search": {**RUNGS, "budget": 5}}, "search.budget: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_the_keys_path(variant: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        study(variant)
    message = str(caught.value)
    assert words in message
    assert message.startswith("configuration: exercises.steps.variants.dense")
    assert "\n" not in message
