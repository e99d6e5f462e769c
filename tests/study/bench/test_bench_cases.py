"""The cases of the harness: those of the ten exercises, trained on both sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import beside, chosen, main
from bench.against import BEFORE, NOW, Against, WholeAgainst
from bench.cases import CASES, FASTER, quick
from bench.measures import Band, Job, Limit, TimeTo, Total
from bench.orchestration import DryRun, QuickStudy, Turn
from bench.rows import FAILED, REACHED, at_least
from bench.training import TrainingCase
from bench.tuning import Searched, SearchOf
from practica import data
from practica.config.study import Study
from practica.config.trials import trials
from practica.yamlfiles.overlay import lay
from ten import CONFIG, ROOT, STUDY, needs, runs

TINY = {"epochs": 2, "train_samples": 400, "batch_size": 100}


@pytest.fixture(scope="module")
def study() -> Study:
    return STUDY


def test_every_one_of_the_ten_is_a_case_and_names_are_unique(study: Study) -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    ten = {f"ej{number:02d}" for number in range(1, 11)}
    assert {case.exercise for case in CASES if isinstance(case, TrainingCase)} >= ten & set(study.exercises)


THERE = [
    case for case in CASES if not isinstance(case, TrainingCase | SearchOf) or runs(f"{case.exercise}/{case.variant}")
]


@pytest.mark.parametrize("case", THERE, ids=lambda case: case.name)
def test_a_quick_case_has_no_goals_and_settings_that_can_run(case: object, study: Study) -> None:
    reduced = quick(case, study)
    if isinstance(reduced, QuickStudy):
        assert reduced.only in study.exercises
        return
    if isinstance(reduced, SearchOf):
        assert (reduced.goal, reduced.trials) == (None, 3)
        return
    if not isinstance(reduced, TrainingCase):
        assert reduced.goal is None
        assert reduced.runs < case.runs
        return
    assert all(each.goal is None for each in reduced.measures)
    for number, job in enumerate(job for each in reduced.measures for job in each.jobs(reduced.work(study))):
        block = reduced.block(job, number, study)
        assert len(block.seeds) == job.seeds <= 10
        assert block.settings["epochs"] % block.settings.get("log_every", 1) == 0


@needs("ej08/dense")
def test_a_quick_case_still_measures_the_growth_of_memory_with_few_seeds(study: Study) -> None:
    case = next(case for case in CASES if case.name == "memory-ej08")
    (whole,), (reduced,) = case.measures, quick(case, study).measures
    assert (whole.seeds, reduced.seeds) == (100, 10)


@needs("ej06/corrected")
def test_both_sides_train_the_same_block(study: Study) -> None:
    case = next(case for case in CASES if case.name == "ej06")
    plain, ours = (case.block(Job(side, 1, 100), 2, study) for side in ("plain", "ours"))
    assert plain.specification() == ours.specification()
    assert plain.seeds == (2,)
    assert case.block(Job("ours", 10, 100), 2, study).seeds == tuple(range(10))


def test_an_unknown_case_is_named() -> None:
    result = CliRunner().invoke(main, ["--cases", "ej06 ej66"])
    assert result.exit_code == 2
    assert "no case 'ej66'" in result.output
    assert [case.name for case in chosen(["xor", "ej06"])] == ["ej06", "xor"]
    assert "dag1000" not in [case.name for case in chosen([])]
    assert [case.name for case in chosen(["dag1000"])] == ["dag1000"]


@needs("ej05/tanh5")
def test_what_failed_is_a_row_that_says_why(study: Study) -> None:
    case = TrainingCase("x", "ej05", "tanh5", Band("test", "mse", 1.0), (Total(1),), TINY)
    row = case.rows(study, [dict.fromkeys(Total(1).jobs(case.work(study)), "over 900 s: python")])[0]
    assert (row.verdict, row.note) == (FAILED, "over 900 s: python")


@needs("ej05/tanh5")
@pytest.mark.keras
def test_a_tiny_case_runs_on_both_sides(study: Study, tmp_path: Path) -> None:
    data.prepare("logistic", tmp_path)
    case = TrainingCase(
        "x", "ej05", "tanh5", Band("test", "mse", 1.0), (Total(1, at_least(0)), Total(3), Limit()), TINY
    )
    repetition = case.repeat(0, study, tmp_path)
    one, three, limit = case.rows(study, [repetition])
    assert one.verdict == REACHED, one.note
    assert three.value is not None, three.note
    assert all(side.seconds.median > 0 and side.peak_mb > 100 for side in (one.other, one.ours))
    assert limit.value is not None, limit.note
    text = next(result.said for job, result in repetition.items() if job.side == "limits")
    assert all(text[name] > 0 for name in text if name not in ("precision", "convolution_flops"))
    assert (text["steps_per_epoch"], text["runs_per_seed"]) == (4, 1)  # 320 samples in batches of 100
    record = case.record(repetition)
    assert {(each["side"], each["seeds"]) for each in record} == {
        *[("plain", 1), ("limits", 1)],
        *[("ours", 1), ("ours", 3)],
    }


@needs("ej05/tanh5")
@pytest.mark.keras
def test_both_sides_are_stopped_at_the_epoch_that_reaches_the_level(study: Study, tmp_path: Path) -> None:
    data.prepare("logistic", tmp_path)
    long = {**TINY, "epochs": 1_000_000}
    case = TrainingCase("x", "ej05", "tanh5", Band("validation", "mse", 0), (TimeTo(0.0),), long, limit=300)
    repetition = case.repeat(0, study, tmp_path)
    (row,) = case.rows(study, [repetition])
    assert row.value is not None, row.note
    assert [result.said["epochs"] for result in repetition.values()] == [1, 1]
    assert all(list(result.results) == [0] for result in repetition.values())


@pytest.mark.parametrize("case", [case for case in THERE if isinstance(case, SearchOf)], ids=lambda case: case.name)
def test_a_search_has_its_trials_and_seeds_and_no_grid(case: SearchOf, tmp_path: Path) -> None:
    result = Study.resolve(lay(CONFIG, case.config(STUDY, tmp_path)))
    searched = trials(result, case.exercise, case.variant)
    assert len({trial.name for trial in searched}) == 20
    blocks = [block for trial in searched for block in trial.blocks]
    assert [block.seeds for block in blocks] == [tuple(range(5))] * 20  # one process a trial
    assert all(block.settings["epochs"] == case.settings["epochs"] for block in blocks)


@needs("ej05/tanh5")
@pytest.mark.keras
@pytest.mark.workflow
def test_a_search_trains_the_same_trials_as_single_processes(study: Study, tmp_path: Path) -> None:
    data.prepare("logistic", tmp_path)
    space = {"values": {"learning_rate": [0.003, 0.01]}}
    case = SearchOf("x", "ej05", "tanh5", space, Band("validation", "mse", 1e-6), TINY, trials=2, seeds=2)
    turn = case.repeat(0, study, tmp_path)
    assert isinstance(turn, Searched), turn
    assert turn.result == pytest.approx(turn.alone_result, rel=1e-5)
    assert turn.seconds > 0 < turn.alone_seconds
    (row,) = case.rows(study, [turn])
    assert (row.same, row.value.median) == (True, turn.alone_seconds / turn.seconds)


@pytest.mark.workflow
def test_a_dry_run_is_compared_with_as_many_bare_jobs(study: Study, tmp_path: Path) -> None:
    turn = DryRun("x", 29, None, one_a_job=True).repeat(0, study, tmp_path)
    assert isinstance(turn, Turn), turn
    assert turn.jobs > 29
    assert turn.seconds > 0 < turn.bare_seconds


@needs("ej05/tanh5")
@pytest.mark.keras
def test_both_commits_train_the_same_case(study: Study, tmp_path: Path) -> None:
    # Its data are computed and need no network.
    short = replace(quick(next(case for case in CASES if case.name == "ej05"), study), measures=(Total(2),))
    case = Against(short, ROOT)
    turn = case.repeat(0, study, tmp_path)
    (job,) = case.jobs(study)
    assert turn[BEFORE, job]["results"] == turn[NOW, job]["results"]
    (row,) = case.rows(study, [turn])
    assert row.value.median == turn[BEFORE, job]["seconds"] / turn[NOW, job]["seconds"]
    assert row.measure == f"before / now, 2 seeds, {job.epochs} epochs"
    assert {entry["side"] for entry in case.record(turn)} == {BEFORE, NOW}


@needs(*(f"ej{number:02}" for number in range(1, 11)))
def test_what_compares_only_with_plain_scripts_is_not_set_beside_another_commit(study: Study) -> None:
    result = {each.name: each for each in beside(CASES, ROOT, FASTER, study)}
    there = {case.name for case in CASES if not case.name.startswith(("to-", "search-"))}
    assert set(result) == there
    assert set(FASTER) <= there
    assert all(result[name].goal == goal for name, goal in FASTER.items())  # type: ignore[union-attr]


@pytest.mark.workflow
def test_both_commits_plan_the_same_dry_run(study: Study, tmp_path: Path) -> None:
    case = WholeAgainst(DryRun("dryrun", 29, None), ROOT)
    turn = case.repeat(0, study, tmp_path)
    (row,) = case.rows(study, [turn])
    assert turn[BEFORE]["jobs"] == turn[NOW]["jobs"] > 29, row.note  # type: ignore[index]
    assert row.value is not None
