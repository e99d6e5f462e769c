"""The plan of a run, its estimates of time and how wrong they were, and its outcome, from the files on disk."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from practica.config.study import Block, Study
from practica.evidence.collect import gather as collect
from practica.files import read_json, write_json
from practica.jobs.journal import DONE, Journal
from practica.jobs.lock import Holder
from practica.jobs.states import checkpoint_folder, origin
from practica.jobs.status import FAILED, gather
from practica.plan import estimate_check
from practica.plan.digests import run_code
from practica.plan.dry_run import estimator_of, with_arithmetic
from practica.plan.estimate_check import Expectations, check_estimates, comparison_table
from practica.plan.estimates import ARITHMETIC, HERE, REFERENCE, RELATED, START_SECONDS, UNKNOWN, UNSCALED, Estimator
from practica.plan.outcome import nothing_to_do, outcome
from practica.plan.outlook import seconds_to_go
from practica.plan.plan_table import as_table, render
from practica.plan.summary import Job, Plan, in_order, make_plan, why
from snakemake_executor_plugin_slurm_patient.upstream import partition_of

from .factory import make_study, write_block

ASKS = {"threads": 2, "gpu": 1, "mem_mb": 3000, "runtime": 60}
MISSING = "Missing output files: results/x"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return make_study({"steps": ["dense", "conv"]}, seeds=4, seeds_per_job=2)


def with_settings(study: Study, **settings: Any) -> Study:
    config = json.loads(json.dumps(study.config))
    config["exercises"]["steps"]["settings"] |= settings
    return Study(config)


def job(block: Block, reason: str = MISSING) -> Job:
    return Job("train", f"Training {block.id}", block.path.parts, reason, ASKS)


def timed(block: Block, results: Path, fit: float, wall: float, **changes: Any) -> None:
    """Write a finished block that took this long."""
    folder = write_block(block, results)
    manifest = read_json(folder / "manifest.json")
    manifest["provenance"] |= {"fit_seconds": fit, "wall_seconds": wall, "resumed_seconds": 0.0, "engine": "fit"}
    manifest["provenance"]["data"]["name"] = block.dataset
    manifest["settings"] = dict(block.settings)
    write_json(folder / "manifest.json", manifest | changes)


def referred(variant: str, fit: float, **settings: Any) -> None:
    known = {"settings": settings, "dataset": "walks", "seeds": [0, 1], "blocks": 1, "engine": ["fit"]}
    known |= {"fit_seconds": fit, "wall_seconds": fit}
    path = Path("reference/manifests.json")
    before = read_json(path)["variants"] if path.is_file() else {}
    write_json(path, {"variants": {**before, variant: known}})


def test_an_estimate_follows_the_work_of_a_run_here(study: Study) -> None:
    small = with_settings(study, epochs=10)
    timed(small.blocks()[0], study.results, fit=20.0, wall=25.0)
    more = with_settings(study, epochs=30)
    result = estimator_of(more).estimate(more.blocks()[1])
    assert (result.source, result.seconds) == (HERE, pytest.approx(60.0 + 5.0 + START_SECONDS))


def test_an_estimate_knows_what_a_whole_process_took(study: Study) -> None:
    known = with_settings(study, epochs=10)
    first, second = known.blocks()[:2]
    timed(first, study.results, fit=20.0, wall=25.0)
    journal = Journal(first, study.results)
    journal.end(journal.begin(Holder.here()), DONE, {"wall_seconds": 31.0})
    assert estimator_of(known).estimate(second).seconds == pytest.approx(31.0)


def test_a_promoted_trial_trains_the_epochs_beyond_its_lower_rung(study: Study) -> None:
    known, epochs = with_settings(study, epochs=12), 12
    timed(known.blocks()[0], study.results, fit=80.0, wall=85.0)
    trial = replace(known.blocks()[0], trial=f"t0a1b2c3d_{epochs}")
    estimator = estimator_of(known)
    whole = estimator.estimate(trial).seconds
    assert whole == pytest.approx(80.0 + 5.0 + START_SECONDS)
    for level in (epochs // 4, epochs // 2):
        lower = checkpoint_folder(replace(trial, trial=f"t0a1b2c3d_{level}"), study.results / "tuning")
        state = lower / "key" / "s0.checkpoint"
        state.parent.mkdir(parents=True)
        state.touch()
    assert estimator.estimate(trial).seconds == pytest.approx(40.0 + 5.0 + START_SECONDS)
    other = replace(trial, trial=f"t4e5f6a7b_{epochs}")
    assert estimator.estimate(other).seconds == whole


def test_the_reference_is_scaled_by_what_both_machines_have_run(study: Study) -> None:
    known = with_settings(study, epochs=10)
    referred("steps/dense", 10.0, epochs=10)
    referred("steps/conv", 100.0, epochs=10)
    conv = known.blocks()[2]
    unscaled = estimator_of(known).estimate(conv)
    assert (unscaled.source, unscaled.seconds) == (UNSCALED, pytest.approx(100.0 + START_SECONDS))
    timed(known.blocks()[0], study.results, fit=3000.0, wall=3000.0, settings={"epochs": 1000})
    scaled = estimator_of(known).estimate(conv)
    assert (scaled.source, scaled.seconds) == (REFERENCE, pytest.approx(3 * (100.0 + START_SECONDS), rel=0.01))


def test_a_few_seconds_say_little_about_the_speed_of_a_machine(study: Study) -> None:
    known = with_settings(study, epochs=10)
    referred("steps/dense", 0.1, epochs=10)
    referred("steps/conv", 100.0, epochs=10)
    timed(known.blocks()[0], study.results, fit=5.1, wall=5.1)  # tracing
    scaled = estimator_of(known).estimate(known.blocks()[2])
    assert (scaled.source, scaled.seconds) == (REFERENCE, pytest.approx(1.5 * (100.0 + START_SECONDS), rel=0.01))


def test_what_never_ran_under_its_protocol_is_estimated_from_another(study: Study) -> None:
    known = with_settings(study, epochs=10, batch_size=50)
    own = known.blocks()[0]
    referred("steps/dense", 100.0, epochs=10, batch_size=200)
    estimate = estimator_of(known).estimate(own)
    assert (estimate.source, estimate.seconds) == (UNSCALED, pytest.approx(200.0 + START_SECONDS))  # 4 times the steps
    published = replace(own, variant=f"{own.variant}@published")
    related = estimator_of(known).estimate(published)
    assert (related.source, related.seconds) == (RELATED, estimate.seconds)
    referred("steps/dense@published", 7.0, epochs=10, batch_size=50)
    assert estimator_of(known).estimate(published).seconds == pytest.approx(7.0 + START_SECONDS)


def test_samples_that_are_not_known_yet_make_a_bound(study: Study) -> None:
    referred("steps/dense", 100.0, epochs=10)
    few = with_settings(study, epochs=10, train_samples=50)
    bound = estimator_of(few).estimate(few.blocks()[0])
    assert bound.at_most and bound.seconds == pytest.approx(100.0 + START_SECONDS)
    arrays = {"y_train": {"dtype": "<i8", "shape": [500]}, "y_test": {"dtype": "<i8", "shape": [100]}}
    write_json(Path(few.data["folder"]) / "prepared/walks/dataset.json", {"arrays": arrays})
    exact = estimator_of(few).estimate(few.blocks()[0])
    assert not exact.at_most and exact.seconds == pytest.approx(10.0 + START_SECONDS)


def test_the_arithmetic_counts_places_and_says_so(study: Study, tmp_path: Path) -> None:
    known = with_settings(study, epochs=10, batch_size=50)
    block = known.blocks()[2]
    layers = [
        {"type": "Conv2D", "parameters": 100, "output_shape": "(None, 10, 10, 8)"},
        {"type": "Dense", "parameters": 50, "output_shape": "(None, 5)"},
    ]
    models = {"steps/conv": {"total": 150, "layers": layers}}
    estimator = Estimator(study.results, Path("reference"), tmp_path / "data", models)
    assert estimator.estimate(block).source == UNKNOWN  # nobody knows how many samples there are
    write_json(tmp_path / "data/prepared/walks/dataset.json", {"arrays": {"y": {"dtype": "<i8", "shape": [500]}}})
    estimate = Estimator(study.results, Path("reference"), tmp_path / "data", models).estimate(block)
    steps = 10 * 2 * 10 * 1e-3  # epochs, seeds, steps
    assert estimate.source == ARITHMETIC
    assert estimate.seconds is not None and estimate.seconds > START_SECONDS + steps
    from practica.plan.arithmetic import flop_a_sample

    assert flop_a_sample(models["steps/conv"]) == 6 * (100 * 100 + 50)


def test_nets_that_no_run_has_described_are_built(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [{"type": "Dense", "parameters": 50, "output_shape": "(None, 5)"}]
    write_json(study.results / "models.json", {"steps/dense": {"total": 50, "layers": layers}})  # of another run
    described = SimpleNamespace(describe_models=lambda *_, **__: {"steps/conv": {"total": 50, "layers": layers}})
    monkeypatch.setitem(sys.modules, "practica.training.describe", described)
    write_json(Path(study.data["folder"]) / "prepared/walks/dataset.json", {"arrays": {"y": {"shape": [500]}}})
    plan = make_plan(study, [job(study.blocks()[2])], estimator_of(study), None)
    assert [each.source for each in plan.trainings] == [UNKNOWN]
    assert [each.source for each in with_arithmetic(plan, study).trainings] == [ARITHMETIC]
    assert estimator_of(study).estimate(study.blocks()[2]).source == ARITHMETIC  # as a run then begins


def test_why_a_block_is_trained(study: Study) -> None:
    known = with_settings(study, epochs=10)
    block = known.blocks()[0]
    assert why(block, study.results, MISSING, 1) == "no results yet"
    progress = {"run": "s0", "epoch": 3, "epochs": 10}
    states = checkpoint_folder(block, study.results)
    write_json(states / "progress.json", progress)
    assert why(block, study.results, MISSING, 1) == "no results yet", "it left no state"
    for place in ("older", "key"):
        (states / place).mkdir()
    (states / "older/s0.checkpoint").touch()
    assert why(block, study.results, MISSING, 1) == "begun before, goes on", "it does not say what it comes from"
    code = run_code(block.exercise)
    write_json(states / "older/origin.json", origin(block, code=code, threads=2, keras="2.0", data="other"))
    assert why(block, study.results, MISSING, 1) == "begun before, from the start (threads 2 -> 1, keras)"
    (states / "key/s1.done").touch()
    write_json(states / "key/origin.json", origin(block, code=code, threads=4))
    os.utime(states / "key/origin.json", (2e9, 2e9))
    assert why(block, study.results, MISSING, 1) == "begun before, from the start (threads 4 -> 1)", "the latest"
    assert why(block, study.results, MISSING, 4) == "begun before, goes on"
    longer, other = (with_settings(study, **settings).blocks()[0] for settings in ({"epochs": 12}, {"l2": 0.1}))
    assert why(longer, study.results, MISSING, 4) == (
        "begun before, goes on if nothing in it depends on the number of epochs (10 -> 12)"
    )
    assert why(with_settings(study, epochs=2).blocks()[0], study.results, MISSING, 4) == (
        "begun before, from the start (3 epochs are trained, and 2 are to be)"
    )
    assert why(other, study.results, MISSING, 4).startswith("begun before, from the start (l2 unset -> 0.1")
    timed(block, study.results, 1.0, 1.0, model=block.model)
    changed = with_settings(study, epochs=15, l2=0.1).blocks()[0]
    for reason in ("Params have changed since last execution: ...", "Input files updated by another job: x"):
        assert why(changed, study.results, reason, 1) == "epochs 10 -> 15, l2 unset -> 0.1"
        assert why(block, study.results, reason, 1) == "code or data have changed"
    assert why(block, study.results, "Forced execution", 1) == "forced execution"


def test_a_plan_sums_up_what_runs_and_what_stays(study: Study) -> None:
    known = with_settings(study, epochs=10)
    there, *others = known.blocks()
    timed(there, study.results, fit=3600.0, wall=3600.0)
    jobs = [*map(job, others), Job("figure", "Drawing fig1", ("fig1",), MISSING, ASKS)]
    plan = make_plan(known, jobs, estimator_of(known), lambda each: "gpu" if each.asks["gpu"] else "cpu")
    assert [(each.block, each.place, each.source) for each in plan.trainings] == [
        ("steps/dense/s2-3", "gpu", HERE),
        ("steps/conv/s0-1", "gpu", UNKNOWN),
        ("steps/conv/s2-3", "gpu", UNKNOWN),
    ]
    assert (plan.there, plan.others) == ({"steps": 1}, {"figure": 1})
    sums = plan.as_json()["sums"]
    assert sums["trainings"] == 3 and sums["unknown"] == 2
    assert sums["hours"] == sums["gpu_hours"] == pytest.approx(1.0 + START_SECONDS / 3600, abs=1e-3)
    table = " ".join(as_table(plan, StringIO()).split())
    assert "steps 3 1 2 threads, 1 GPU, 3 GB, 60 min gpu 1 h 00 min + ?" in table
    assert "no results yet" in table and "Besides: 1 figure" in table
    alone = make_plan(known, jobs, estimator_of(known), None)
    assert {each.place for each in alone.trainings} == {"this machine"}


def test_a_narrow_terminal_shows_two_tables(study: Study) -> None:
    known = with_settings(study, epochs=10)
    timed(known.blocks()[0], study.results, fit=3600.0, wall=3600.0)
    plan = make_plan(known, [job(each) for each in known.blocks()[1:]], estimator_of(known), lambda _: "gpu")
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    console.print(render(plan, console))
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert lines[0] == "exercise to train there time GPU-hours estimate"
    assert {"steps 3 1 1 h 00 min + ? 1 + ? unknown (2)", "total 3 1 1 h 00 min + ? 1 + ?"} <= set(lines)
    assert "exercise each asks for goes to why" in lines
    assert "steps 2 threads, 1 GPU, 3 GB, 60 min gpu no results yet" in lines


def test_a_plan_says_where_the_rehearsal_decides_on_a_gpu(study: Study) -> None:
    known = with_settings(study, epochs=10)
    there, *others = known.blocks()
    timed(there, study.results, fit=3600.0, wall=3600.0)
    jobs = [replace(job(each), asks={**ASKS, "gpu": "<TBD>"}) for each in others]
    plan = make_plan(known, jobs, estimator_of(known), lambda each: "cpu or gpu")
    assert {each.gpu for each in plan.trainings} == {None}
    assert plan.as_json()["sums"]["gpu_hours"] == 0
    table = " ".join(as_table(plan, StringIO()).split())
    assert "2 threads, GPU?, 3 GB, 60 min cpu or gpu 1 h 00 min + ? 0 + ?" in table
    assert "GPU?: the rehearsal counts" in table


def test_nothing_to_train_is_said() -> None:
    assert as_table(Plan([], {}, {"paper": 1}), StringIO()).strip() == "Nothing to train; to do: 1 PDF"
    assert as_table(Plan([], {}, {}), StringIO()).strip() == "Nothing to do: everything is there and up to date"


def test_jobs_stand_in_the_order_of_the_work() -> None:
    rules = ["all", "paper", "own", "train", "figure", "prepare_data"]
    ordered = [each.rule for each in in_order([Job(rule, rule, (), "", {}) for rule in rules])]
    assert ordered == ["prepare_data", "train", "figure", "own", "paper", "all"]


def test_the_partition_is_the_plugins_own_choice(tmp_path: Path) -> None:
    file = tmp_path / "partitions.yaml"
    file.write_text("partitions:\n  cpu: {max_gpu: 0}\n  short: {max_gpu: 4, max_runtime: 30}\n  gpu: {max_gpu: 8}\n")
    assert partition_of(ASKS, 2, [file]) == "gpu"
    assert partition_of({**ASKS, "runtime": 20}, 2, [file]) == "short"
    assert partition_of({**ASKS, "gpu": 0}, 2, [file]) == "cpu"
    assert partition_of({**ASKS, "slurm_partition": "mine"}, 2, [file]) == "mine"
    assert partition_of(ASKS, 2, []) == "the default partition"


def attempt(block: Block, results: Path, why_ended: str | None, seconds: float, clock: list[int]) -> None:
    journal = Journal(block, results)
    number = journal.begin(Holder.here())
    clock[0] += 1
    if why_ended:
        journal.end(number, why_ended, {"wall_seconds": seconds})
    else:
        journal.add_cost(number, {"wall_seconds": seconds})


def test_estimates_are_held_against_all_attempts(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0]
    for module in ("practica.jobs.journal", "practica.plan.estimate_check"):
        monkeypatch.setattr(f"{module}.now", lambda: f"2026-01-01T00:{clock[0]:02}:00+00:00")
    assert comparison_table(check_estimates(study)).startswith("nothing to compare yet")
    known = with_settings(study, epochs=10)
    first, second = known.blocks()[:2]
    timed(first, study.results, fit=100.0 - START_SECONDS, wall=100.0 - START_SECONDS)
    expected = Expectations(known)
    expected.note(second.id)
    attempt(second, study.results, None, 50.0, clock)  # killed
    Expectations(known).note(second.id)
    clock[0] += 1
    attempt(second, study.results, DONE, 150.0, clock)
    (compared,) = check_estimates(known)
    assert (compared.block, compared.expected, compared.took) == (second.id, pytest.approx(100.0), 200.0)
    assert compared.factor == pytest.approx(2.0)
    assert "2.00 times as long as expected" in comparison_table([compared])
    (study.results / estimate_check.NOTE).open("a").write('{"block": "torn')
    assert len(check_estimates(known)) == 1


def test_what_is_left_is_shared_by_those_that_run_side_by_side(study: Study) -> None:
    known = with_settings(study, epochs=10)
    timed(known.blocks()[0], study.results, fit=100.0 - START_SECONDS, wall=100.0 - START_SECONDS)
    timed(known.blocks()[2], study.results, fit=100.0 - START_SECONDS, wall=100.0 - START_SECONDS)
    rows = gather(known, study.results)
    assert seconds_to_go(known, rows, slots=1) == pytest.approx(200.0)
    assert seconds_to_go(known, rows, slots=2) == pytest.approx(100.0)
    assert seconds_to_go(known, rows[:1]) is None  # done
    failed = [replace(row, state=FAILED) if row.id == known.blocks()[1].id else row for row in rows]
    assert seconds_to_go(known, failed, slots=1) == pytest.approx(100.0), "nobody has said that it is tried again"
    assert seconds_to_go(known, failed, slots=1, waiting=2) == pytest.approx(200.0)


def test_what_is_left_is_not_told_while_the_time_of_a_training_is_unknown(study: Study) -> None:
    known = with_settings(study, epochs=10)
    timed(known.blocks()[0], study.results, fit=100.0 - START_SECONDS, wall=100.0 - START_SECONDS)
    rows = gather(known, study.results)
    assert {f"{row.exercise}/{row.variant}" for row in rows} > {known.blocks()[0].path.parent.as_posix()}
    assert seconds_to_go(known, rows, slots=1) is None


def test_results_that_are_gone_are_not_said_to_be_there(study: Study) -> None:
    everything = "Nothing to be done: everything is there and up to date"
    assert nothing_to_do(study) == everything
    first, second, *_ = study.blocks()
    for block in (first, second):
        write_block(block, study.results)
    collect(study, study.results)
    assert nothing_to_do(study) == everything  # the others never ran
    (second.folder(study.results) / "metrics.json").unlink()
    assert nothing_to_do(study) == (
        "Nothing to be done: what is made from the runs is up to date; but results are gone of "
        f"{second.id}. To train them again, add --forcerun collect"
    )


def test_the_outcome_says_what_was_made_and_where_it_is(study: Study) -> None:
    first = study.blocks()[0]
    write_block(first, study.results)
    write_block(study.blocks()[1], study.results)
    claims = [{"verdict": "confirmed"}, {"verdict": "undecided"}]
    write_json(study.results / "claims.json", {"claims": claims})
    (study.results / "page").mkdir()
    (study.results / "page/index.html").touch()
    lines = outcome(study, {first.id}, [], 125.0, 0)
    assert lines[0] == "Done after 2 min: 1 trained, 1 reused, 0 jobs failed"
    assert lines[1] == "Claims: 1 of 2 decided: 1 confirmed, 1 undecided"
    assert lines[2].startswith("Web pages:") and "page/index.html" in lines[2]
    os.utime(study.results / "page/index.html", (0, 0))
    earlier = f"From an earlier run: Web pages:    {study.results}/page/index.html: open it in a browser"
    assert outcome(study, set(), [], 5.0, 0)[2:] == [earlier]  # only the claims are new
    rest = [block.id for block in study.blocks()[2:]]
    partial = Study.resolve({**study.config, "partial": True}, resolved=True)
    gaps = f"partial: the reports do without {len(rest)} trainings that have failed or not run: {', '.join(rest[:5])}"
    assert outcome(partial, set(), [], 5.0, 0)[1].startswith(gaps)
    plan = make_plan(partial, [], estimator_of(partial), None)
    assert plan.gaps == rest and any(line.startswith(gaps) for line in as_table(plan, StringIO()).splitlines())
    assert not make_plan(study, [], estimator_of(study), None).gaps
    bad = outcome(study, set(), ["Training steps/conv/s0-1"], 5.0, 3)
    assert bad == [
        "Not complete after 5 s: 0 trained, 2 reused, 1 job failed, 3 jobs not started or stopped",
        "    failed: Training steps/conv/s0-1",
        "The same command continues from there",
        earlier,
    ]
