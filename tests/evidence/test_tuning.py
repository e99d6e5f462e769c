"""The trials of a tuning: judging, showing and adopting them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from practica.cli import main
from practica.config.reader import read_config
from practica.config.study import Study
from practica.config.trials import Trial, folder, trials
from practica.errors import InputError
from practica.evidence.collect import collect
from practica.files import read_json, write_json
from practica.jobs.status import gather
from practica.tuning.adopt import Adoption, adopt
from practica.tuning.judge import judge, lines, read_trials, write_trials
from toy import TOY, resolve

from .factory import fill, write_block

CONFIG = f"""\
# Mine.
study: {TOY}
seeds: 3
exercises:
  steps:
    dataset: walks
    settings: {{epochs: 12, learning_rate: 0.5}}
    variants:
      # The dense one.
      dense: {{grid: {{learning_rate: [0.001, 0.01], units: [[8], [8, 4]]}}}} # as it was
      conv: {{}}
"""


class Tuning:
    """A configuration, its results folder, and trials with scores of our own."""

    def __init__(self, place: Path) -> None:
        self.file, self.results = place / "config.yaml", place / "results"
        self.file.write_text(CONFIG)

    @property
    def study(self) -> Study:
        return Study.resolve(read_config([self.file]))

    @property
    def trials(self) -> list[Trial]:
        return trials(self.study, "steps", "dense")

    def run(self, *scores: float, stand_in: bool = False) -> pd.DataFrame:
        """Write every trial with its score, the middle one of its seeds, and return the table."""
        for trial, score in zip(self.trials, scores, strict=True):
            for place, block in enumerate(trial.blocks):
                path = write_block(block, folder(self.results), stand_in=stand_in) / "metrics.json"
                reached = score + 0.05 * (place - 1)
                content = json.loads(path.read_text())
                content["runs"][0]["metrics"] = {"train": {"accuracy": 1.0}, "validation": {"accuracy": reached}}
                write_json(path, content)
                history = json.loads(path.with_name("history.json").read_text())
                history["runs"][0]["validation"]["accuracy"][-1] = reached
                write_json(path.with_name("history.json"), history)
        return write_trials(self.study, "steps", "dense", self.results)

    def adopt(self) -> Adoption:
        return adopt("steps/dense", [self.file], self.results)


@pytest.fixture
def tuning(tmp_path: Path) -> Tuning:
    return Tuning(tmp_path)


def test_every_trial_is_a_row_and_the_best_mean_wins(tuning: Tuning) -> None:
    table = tuning.run(0.6, 0.9, 0.7, 0.9)
    assert table["winner"].tolist() == [False, True, False, False]  # of equals, the first
    row = table.iloc[1]
    assert (row["learning_rate"], row["units"], row["split"], row["metric"]) == (
        0.001,
        "[8, 4]",
        "validation",
        "accuracy",
    )
    assert (row["mean"], row["sd"], row["n"], row["seeds"]) == (pytest.approx(0.9), pytest.approx(0.05), 3, 3)
    assert row["low"] == pytest.approx(0.9 - 0.05 * 4.302652729911275 / 3**0.5)  # t with 2 degrees of freedom
    assert row["high"] == 1.0  # where accuracies end, short of the other side
    again = read_trials(tuning.results, "steps", "dense")
    assert again["trial"].tolist() == [trial.name for trial in tuning.trials]
    assert "* " + row["trial"] in lines(table)[0]
    table["trial"] = ["t1_18", *table["trial"][1:]]
    starts = {
        line.index(f"{mean:.6g} (n") for line, mean in zip(lines(table), sorted(table["mean"])[::-1], strict=True)
    }
    assert len(starts) == 1, "scores stand below each other"


def test_an_error_is_better_when_it_is_smaller(tmp_path: Path) -> None:
    study = resolve(
        {
            "seeds": 2,
            "exercises": {"lines": {"dataset": "crescents", "variants": {"line": {"grid": {"epochs": [1, 2, 3]}}}}},
        }
    )
    for trial in trials(study, "lines", "line"):
        for block in trial.blocks:
            write_block(block, folder(tmp_path))
    table = judge(study, "lines", "line", tmp_path)
    assert set(table["metric"]) == {"mse"}
    assert table.loc[table["winner"], "mean"].tolist() == [table["mean"].min()]


def test_what_diverged_or_is_not_there_cannot_win(tuning: Tuning) -> None:
    tuning.run(0.6, 0.9, 0.7, 0.8)
    first, best, _, second = tuning.trials
    metrics = best.blocks[0].folder(folder(tuning.results)) / "metrics.json"
    write_json(metrics, {"diverged": "the loss became nan"})
    (second.blocks[2].folder(folder(tuning.results)) / "metrics.json").unlink()
    table = write_trials(tuning.study, "steps", "dense", tuning.results)
    assert table["status"].tolist() == ["done", "diverged", "done", "missing"]
    assert table["n"].tolist() == [3, 2, 3, 2]
    assert table["winner"].tolist() == [False, False, True, False]
    assert "became nan" in table["reason"][1]
    states = {row.trial: row for row in gather(tuning.study, tuning.results) if row.id.endswith("/s0") and row.trial}
    assert (states[best.name].state, states[best.name].reason) == ("failed", "the loss became nan")
    assert states[first.name].state == "done"


def test_a_trial_whose_files_were_changed_is_not_judged(tuning: Tuning) -> None:
    tuning.run(0.6, 0.9, 0.7, 0.8)
    manifest = tuning.trials[2].blocks[0].folder(folder(tuning.results)) / "manifest.json"
    write_json(manifest, {**read_json(manifest), "sums": {"metrics": "0" * 64}})
    with pytest.raises(InputError, match=r"changed since the run: metrics\.json; delete .*metrics\.json and run again"):
        judge(tuning.study, "steps", "dense", tuning.results)


def test_the_studys_tables_know_nothing_of_trials(tuning: Tuning) -> None:
    fill(tuning.study, tuning.results)
    collect(tuning.study, tuning.results)
    files = ("metrics.csv", "summary.csv", "runs.csv")
    before = [(tuning.results / name).read_bytes() for name in files]
    tuning.run(0.6, 0.9, 0.7, 0.8)
    collect(tuning.study, tuning.results)
    assert [(tuning.results / name).read_bytes() for name in files] == before


def test_the_status_shows_trials_once_a_tuning_has_begun(tuning: Tuning) -> None:
    assert [row.id for row in gather(tuning.study, tuning.results)][:2] == ["steps/dense/s0", "steps/dense/s1"]
    assert not any(row.trial for row in gather(tuning.study, tuning.results))
    tuning.run(0.6, 0.9, 0.7, 0.8)
    rows = [row for row in gather(tuning.study, tuning.results) if row.trial]
    assert len(rows) == 12
    assert rows[0].id == f"steps/dense/{tuning.trials[0].name}/s0"
    assert {row.state for row in rows} == {"done"}


def test_the_winner_is_written_with_its_origin_and_the_rest_stays(tuning: Tuning) -> None:
    tuning.run(0.6, 0.7, 0.8, 0.9)
    result = tuning.adopt()
    assert result.changed and result.shared == ()
    remark = "# Tuned: best of 4 trials x 3 seeds, validation accuracy 0.9, 2026-01-01"
    old = "      dense: {grid:"
    new = f"      {remark}\n      dense: {{settings: {{units: [8, 4], learning_rate: 0.01}}, grid:"
    assert tuning.file.read_text() == CONFIG.replace(old, new)
    assert tuning.study.settings("steps", "dense") == {"epochs": 12, "learning_rate": 0.01, "units": [8, 4]}
    assert tuning.study.settings("steps", "conv") == {"epochs": 12, "learning_rate": 0.5}


def test_adopting_again_changes_nothing_and_another_winner_replaces_the_first(tuning: Tuning) -> None:
    tuning.run(0.6, 0.7, 0.8, 0.9)
    tuning.adopt()
    text = tuning.file.read_text()
    assert not tuning.adopt().changed
    assert tuning.file.read_text() == text
    tuning.run(0.9, 0.7, 0.8, 0.6)
    assert tuning.adopt().changed
    assert tuning.study.settings("steps", "dense")["units"] == [8]
    assert tuning.file.read_text().count("# Tuned:") == 1


def test_results_of_another_grid_are_refused(tuning: Tuning) -> None:
    tuning.run(0.6, 0.7, 0.8, 0.9)
    for old, new in (("0.01]", "0.01, 0.1]"), ("epochs: 12", "epochs: 13"), ("seeds: 3", "seeds: 4")):
        tuning.file.write_text(CONFIG.replace(old, new))
        with pytest.raises(InputError, match=r"dense\.csv does not belong to the grid.*snakemake tuning"):
            tuning.adopt()
        assert tuning.file.read_text() == CONFIG.replace(old, new)


def test_a_trial_that_has_not_run_is_waited_for_and_one_that_diverged_is_not(tuning: Tuning) -> None:
    tuning.run(0.6, 0.7, 0.8, 0.9)
    for block in tuning.trials[0].blocks:
        (block.folder(folder(tuning.results)) / "metrics.json").unlink()
    write_trials(tuning.study, "steps", "dense", tuning.results)
    with pytest.raises(InputError, match=r"1 of 4 trials have not run"):
        tuning.adopt()
    for block in tuning.trials[0].blocks:
        write_json(block.folder(folder(tuning.results)) / "metrics.json", {"diverged": "the loss became nan"})
    write_trials(tuning.study, "steps", "dense", tuning.results)
    assert tuning.adopt().values == tuning.trials[3].values


def test_generated_data_are_named_in_the_remark(tuning: Tuning) -> None:
    tuning.run(0.6, 0.7, 0.8, 0.9, stand_in=True)
    assert "STAND-IN" in tuning.adopt().remark


def test_shared_settings_are_reported(tuning: Tuning) -> None:
    shared = CONFIG.replace("dense: {grid", "dense: &dense {settings: {epochs: 12}, grid")
    tuning.file.write_text(shared.replace("conv: {}", "conv: {<<: *dense}"))
    tuning.run(0.6, 0.7, 0.8, 0.9)
    assert tuning.adopt().shared == ("steps/conv",)


def test_settings_from_a_merge_key_stay_beside_the_winners(tuning: Tuning) -> None:
    merged = "dense: {<<: *conv, grid"
    tuning.file.write_text(
        CONFIG.replace("      # The dense one.", "      conv: &conv {settings: {l2: 0.1, learning_rate: 0.3}}")
        .replace("dense: {grid", merged)
        .replace("\n      conv: {}", "")
    )
    tuning.run(0.6, 0.7, 0.8, 0.9)
    assert tuning.adopt().shared == ()
    assert tuning.study.settings("steps", "dense") == {"epochs": 12, "l2": 0.1, "learning_rate": 0.01, "units": [8, 4]}
    assert tuning.study.settings("steps", "conv") == {"epochs": 12, "l2": 0.1, "learning_rate": 0.3}
    assert not tuning.adopt().changed


def test_a_file_that_overrules_the_values_is_no_silent_failure(tuning: Tuning, tmp_path: Path) -> None:
    over = tmp_path / "over.yaml"
    over.write_text(yaml.safe_dump({"exercises": {"steps": {"variants": {"dense": {"settings": {"units": [3]}}}}}}))
    tuning.run(0.6, 0.7, 0.8, 0.9)
    with pytest.raises(InputError, match=r"exercises\.steps\.variants\.dense\.settings yourself"):
        adopt("steps/dense", [tuning.file, over], tuning.results)
    assert tuning.file.read_text() == CONFIG


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("steps", "should read exercise/variant"),
        ("steps/conv", "nothing to tune"),
        ("steps/danse", "did you mean 'dense'"),
        ("steps/dense", "snakemake tuning"),
    ],
)
def test_the_command_says_what_is_wrong(tuning: Tuning, name: str, words: str) -> None:
    options = ["--config", str(tuning.file), "--results", str(tuning.results)]
    result = CliRunner().invoke(main, ["adopt", name, *options])
    assert (result.exit_code, words in result.output) == (2, True), result.output


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_figure_shows_every_trial_in_each_panel(tuning: Tuning, language: str) -> None:
    from practica.figures.trials import draw_trials

    tuning.run(0.6, 0.7, 0.8, 0.9)
    figure = draw_trials(read_trials(tuning.results, "steps", "dense"), "steps/dense", language)
    assert [axes.get_xlabel() for axes in figure.axes] == ["learning_rate", "units"]
    for axes in figure.axes:
        shown = sorted(y for line in axes.containers for y in np.atleast_1d(line[0].get_ydata()))
        assert shown == pytest.approx([0.6, 0.7, 0.8, 0.9])


def test_the_command_judges_draws_and_ranks(tuning: Tuning) -> None:
    tuning.file.write_text(CONFIG.replace("units: [[8], [8, 4]]", "batch_size: [8, 16]"))  # the net has no units to set
    tuning.run(0.6, 0.7, 0.8, 0.9)
    options: list[Any] = ["--config", str(tuning.file), "--results", str(tuning.results)]
    result = CliRunner().invoke(main, ["trials", "steps/dense", *options])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"* {tuning.trials[3].name}")
    assert {path.name for path in (tuning.results / "tuning/steps").iterdir()} == {
        "dense.csv",
        "dense.pdf",
        "dense.png",
    }
