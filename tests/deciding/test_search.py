"""A search by TPE or ASHA chooses the same trials when it is repeated, killed or not, and chooses well."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from evidence.factory import write_block
from practica.config import chosen_trials
from practica.config.space import EPOCHS, combinations, rungs
from practica.config.study import Block, Study
from practica.config.trials import folder, trial_blocks, trials
from practica.deciding.search import Search
from practica.errors import InputError, RunError
from practica.figures.trials import draw_trials
from practica.files import write_json
from practica.launch.merging import Merged
from practica.tuning import halving
from practica.tuning.adopt import adopt
from practica.tuning.judge import OUTCOME, lines, may_go_on, write_trials
from practica.tuning.tpe import key, trials_of
from toy import TOY

RATES = {"learning_rate": {"low": 1e-4, "high": 1e-1, "scale": "log"}}
SEARCH: dict[str, Any] = {
    "method": "tpe",
    "trials": 30,
    "batch": 3,
    "ranges": RATES,
    "values": {"units": [[4], [8], [8, 4]]},
}


def score(values: dict[str, Any]) -> float:
    """Return an accuracy that is best near a rate of 0.01 with two layers."""
    return 0.9 - 0.1 * (math.log10(values["learning_rate"]) + 2) ** 2 - 0.05 * (len(values["units"]) == 1)


def searched(search: dict[str, Any], how: Callable[[dict[str, Any]], float | None] = score) -> list[dict[str, Any]]:
    """Return all trials of a search that gets its scores batch by batch."""
    scores: dict[str, float | None] = {}
    while len(result := trials_of(search, scores, maximise=True)) > len(scores):
        scores |= {key(values): how(values) for values in result}
    return result


def test_what_is_asked_for_follows_from_search_and_scores() -> None:
    result = searched(SEARCH)
    assert len(result) == len({key(each) for each in result}) == 30
    assert result == searched(SEARCH)
    assert result[:3] == combinations({"search": SEARCH})
    assert searched({**SEARCH, "trials": 12}) == result[:12]
    assert searched({**SEARCH, "seed": 1}) != result
    assert searched(SEARCH, lambda values: -score(values))[:9] == result[:9], "too few scores to learn from"
    assert searched(SEARCH, lambda values: -score(values))[12:] != result[12:]
    assert all(1e-4 <= each["learning_rate"] <= 1e-1 for each in result)
    assert all(each["learning_rate"] == float(f"{each['learning_rate']:.3g}") for each in result)


def test_it_learns_from_scores() -> None:
    gains = []
    for seed in range(5):
        of_tpe = sorted(map(score, searched({**SEARCH, "seed": seed})))[15]
        at_random = sorted(map(score, combinations({"search": {**SEARCH, "method": "random", "seed": seed}})))[15]
        gains.append(of_tpe - at_random)
    assert min(gains) > 0, gains


def test_trials_that_diverged_have_lost_and_the_search_goes_on() -> None:
    assert len(searched(SEARCH, lambda values: None if values["learning_rate"] > 0.005 else score(values))) == 30
    assert len(searched(SEARCH, lambda _: None)) == 30


@pytest.mark.parametrize("values", [{"epochs": [1, 2, 3], "units": [[4], [8]]}, {"epochs": [5]}])
def test_it_ends_where_there_is_nothing_else_to_try(values: dict[str, list[Any]]) -> None:
    result = searched({"method": "tpe", "trials": 20, "batch": 2, "values": values}, lambda _: 0.5)
    assert len(result) == math.prod(map(len, values.values()))


def halved(epochs: int, how: Callable[[dict[str, Any]], float | None] = score, **search: Any) -> list[dict[str, Any]]:
    """Return all trials of a search by ASHA that gets its scores batch by batch."""
    scores: dict[str, float | None] = {}
    search = {**SEARCH, "method": "asha", **search}
    while len(result := halving.trials_of(search, epochs, scores, maximise=True)) > len(scores):
        scores |= {key(values): how(values) for values in result}
    return result


def at(found: list[dict[str, Any]], level: int) -> list[dict[str, Any]]:
    """Return the trials that have reached a rung, without its epochs."""
    return [{name: value for name, value in each.items() if name != EPOCHS} for each in found if each[EPOCHS] == level]


def test_the_last_rung_has_all_epochs() -> None:
    assert rungs({}, 20) == [1, 3, 9, 20]
    assert rungs({"min_epochs": 5, "eta": 2}, 20) == [5, 10, 20]
    assert rungs({"min_epochs": 20}, 20) == [20]


@pytest.mark.parametrize("batch", [1, 4, 27])
def test_the_best_of_each_rung_go_on(batch: int) -> None:
    result = halved(9, trials=27, batch=batch)
    assert result == halved(9, trials=27, batch=batch)
    best = sorted(at(result, 1), key=score, reverse=True)
    assert at(result, 1) == combinations({"search": {**SEARCH, "method": "random", "trials": 27}})
    assert len(at(result, 3)) >= 9 and len(at(result, 9)) >= 3
    assert all(each in at(result, 3) for each in best[:9])
    assert all(each in at(result, 9) for each in best[:3])
    assert all(each in at(result, 3) for each in at(result, 9))
    if batch == 27:  # which is plain successive halving
        assert [len(at(result, level)) for level in (1, 3, 9)] == [27, 9, 3]


def test_what_has_diverged_is_never_promoted() -> None:
    result = halved(9, lambda each: None if each["learning_rate"] > 0.005 else score(each), trials=27)
    assert at(result, 9)
    assert all(each["learning_rate"] <= 0.005 for level in (3, 9) for each in at(result, level))
    assert len(halved(9, lambda _: None, trials=27)) == 27


def write(block: Block, place: Path, accuracy: float) -> None:
    """Write the results of a trial's block with this validation accuracy."""
    path = write_block(block, place) / "metrics.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["runs"][0]["metrics"] = {"train": {"accuracy": 1.0}, "validation": {"accuracy": accuracy}}
    write_json(path, content)
    history = json.loads(path.with_name("history.json").read_text(encoding="utf-8"))
    history["runs"][0]["validation"]["accuracy"][-1] = accuracy
    write_json(path.with_name("history.json"), history)


class KilledError(Exception):
    """Stands for a kill."""


class Trained:
    """Replace Snakemake: train one trial after another, and be killed after ``last`` trials."""

    def __init__(self, merged: Merged) -> None:
        self.merged, self.last, self.trained = merged, 1000, 0

    def __call__(self) -> None:
        study = Study.resolve(self.merged.read())
        for block in trial_blocks(study):
            if not (block.folder(folder(study.results)) / "metrics.json").is_file():
                if self.trained >= self.last:
                    raise KilledError
                self.trained += 1
                write(block, folder(study.results), score(dict(block.settings)) / 2 + 0.4)
        write_trials(study, "steps", "dense", study.results)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Search, Trained, list[str]]]:
    """Return a function that makes a search in an empty folder of its own."""

    def made(place: str, **changes: Any) -> tuple[Search, Trained, list[str]]:
        (tmp_path / place).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / place)
        entry = {
            "dataset": "walks",
            "settings": {"epochs": 3},
            "variants": {"dense": {"search": {**SEARCH, **changes}}},
        }
        config = {"study": str(TOY), "seeds": 1, "exercises": {"steps": entry}}
        Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        merged, lines = Merged(("config.yaml",)), []
        trained = Trained(merged)
        monkeypatch.setattr(Search, "_snakemake", lambda search, target: trained())
        return Search("steps/dense", merged, [], lines.append), trained, lines

    return made


def test_a_search_that_is_killed_ends_as_one_that_is_not(world: Any) -> None:
    whole, _, lines = world("whole", trials=14)
    table = whole.run()
    assert len(table) == 14
    assert lines[0].startswith("steps/dense: 3 of 14 trials have run; best validation accuracy ")
    log = Path("results", chosen_trials.FILE).read_bytes()
    search, trained, lines = world("killed", trials=14)
    for last in (0, 2, 3, 7, 10, 13):
        trained.last = last
        with pytest.raises(KilledError):
            search.run()
    trained.last = 1000
    again = search.run()
    assert trained.trained == 14, "no trial is trained twice"
    assert again.equals(table)
    assert Path("results", chosen_trials.FILE).read_bytes() == log
    assert "chosen again" not in "".join(lines)
    assert search.run().equals(table)
    assert trained.trained == 14


def test_a_search_by_rungs_that_is_killed_ends_as_one_that_is_not(world: Any) -> None:
    how = {"method": "asha", "trials": 9, "batch": 4}
    whole, _, text = world("whole", **how)
    table = whole.run()
    assert text[0].startswith("steps/dense: trials that have run, by epochs: 4 to 1, 0 to 3; 9 in all; none ")
    (best,) = table.index[table["winner"]]
    assert table.loc[best, EPOCHS] == 3
    assert table.loc[best, "mean"] == table.loc[table[EPOCHS] == 3, "mean"].max()
    assert set(table.loc[table[EPOCHS] == 1, OUTCOME]) == {"promoted", "pruned"}
    assert not may_go_on(table)
    shown = [line.split()[-1] for line in lines(table)]
    assert shown == sorted(shown, reverse=True) and set(shown) == {"3", "1"}, "the highest rung first"
    for drawn in (table, table.assign(winner=False)):  # as long as none has all epochs
        axes = draw_trials(drawn, "steps/dense", "en").axes
        assert [each.get_xlabel() for each in axes] == ["epochs", "units", "learning_rate"]
    log = Path("results", chosen_trials.FILE).read_bytes()
    search, trained, _ = world("killed", **how)
    for last in (2, 5, 9, 11):
        trained.last = last
        with pytest.raises(KilledError):
            search.run()
    trained.last = 1000
    assert search.run().equals(table)
    assert trained.trained == len(table), "no trial is trained twice"
    assert Path("results", chosen_trials.FILE).read_bytes() == log
    adopted = adopt("steps/dense", [Path("config.yaml")], Path("results"))
    assert set(adopted.values) == {"learning_rate", "units"}
    assert adopted.remark.startswith("best of 9 trials x 1 seeds")


def test_more_trials_go_on_and_another_search_begins_anew(world: Any) -> None:
    search, *_ = world("here", trials=7)
    first = search.run()["trial"].tolist()
    search, trained, _ = world("here", trials=12)
    assert search.run()["trial"].tolist()[:7] == first
    assert trained.trained == 5
    search, *_ = world("here", trials=12, seed=3)
    assert [
        dict(each.values) for each in trials(Study.resolve(search.merged.read()), "steps", "dense")
    ] == combinations({"search": {**SEARCH, "seed": 3}})
    search.run()
    study = Study.resolve(Merged(("config.yaml",), ("demonstration=true",)).read())
    assert len(trials(study, "steps", "dense")) == 3, "a demonstration has other scores"


def test_other_scores_ask_for_other_trials_and_say_so(world: Any) -> None:
    search, _, lines = world("here", trials=18)
    before = search.run()
    study = Study.resolve(search.merged.read())
    first = trials(study, "steps", "dense")[0].blocks[0]
    write(first, folder(study.results), 0.99)
    after = search.run()
    assert "chosen again" in "".join(lines)
    assert after["trial"].tolist()[:9] == before["trial"].tolist()[:9]
    assert after["trial"].tolist() != before["trial"].tolist()
    assert len(after) == 18


@pytest.mark.parametrize(
    ("changes", "words", "message"),
    [
        ({"method": "random", "batch": None}, (), "do not wait for each other: run `snakemake tuning`"),
        ({}, ("demonstration=true",), "a demonstration or a part"),
    ],
)
def test_what_cannot_be_searched_is_said(
    world: Any, changes: dict[str, Any], words: tuple[str, ...], message: str
) -> None:
    search, trained, _ = world("here")
    entry = {key: value for key, value in {**SEARCH, **changes}.items() if value is not None}
    config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    config["exercises"]["steps"]["variants"]["dense"]["search"] = entry
    Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Search(search.name, Merged(("config.yaml",), words), [], print).run()
    assert trained.trained == 0


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"steps/dense": 3}', '{"steps/dense": {"search": {"seed": 1}, "asked": 2}}']
)
def test_a_damaged_log_is_named(world: Any, text: str) -> None:
    search, *_ = world("here")
    Path("results/search").mkdir(parents=True)
    Path("results", chosen_trials.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"results/search/asked\.json"):
        search.run()


def test_only_a_search_by_tpe_has_batches() -> None:
    entry = {"dataset": "walks", "variants": {"dense": {"search": {"trials": 3, "batch": 2, "ranges": RATES}}}}
    with pytest.raises(InputError, match=r"dense\.search\.batch: only a search with method: tpe"):
        Study.resolve({"study": str(TOY), "exercises": {"steps": entry}})


def test_a_failed_run_ends_the_search_with_a_sentence(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    search, *_ = world("here")
    monkeypatch.undo()
    with pytest.raises(RunError, match="finished trials are kept"):
        Search(search.name, search.merged, ["--no-such-option"], print)._snakemake(Path("none"))
