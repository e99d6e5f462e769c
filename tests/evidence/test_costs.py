"""The cost of the study: all attempts, including failed ones and those of the search."""

from __future__ import annotations

from pathlib import Path

import pytest

from practica.config.study import Study
from practica.config.trials import folder, trial_blocks
from practica.errors import InputError
from practica.evidence.collect import collect
from practica.evidence.costs import block_cost
from practica.jobs.journal import DONE, Journal
from practica.jobs.lock import Holder
from practica.paper.checklist import cost
from practica.paper.facts import Facts
from toy import toy_study

from .factory import fill, make_study, write_block

COST = {"wall_seconds": 60.0, "cpu_seconds": 1800.0, "peak_memory_mb": 500.0, "gpu_seconds": None}


@pytest.fixture
def tuned() -> Study:
    config = make_study({"steps": ["dense"]}, seeds=2, seeds_per_job=2).config
    steps = {**config["exercises"]["steps"], "variants": {"dense": {"grid": {"learning_rate": [0.001, 0.01]}}}}
    return toy_study(exercises={"steps": steps}, tuning={"seeds": 1}, seeds_per_job=2)


def attempts(journal: Journal, *ends: str | None) -> None:
    """Write attempts that ended in these ways; None: killed."""
    for why in ends:
        number = journal.begin(Holder.here())
        if why:
            journal.end(number, why, COST)
        else:
            journal.add_cost(number, COST)


def test_every_attempt_at_a_result_counts(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    (block,) = study.blocks()
    journal = Journal(block, tmp_path)
    attempts(journal, DONE)  # with other settings, long ago
    attempts(journal, None, "terminated by SIGTERM", DONE)
    result = block_cost(block, tmp_path)
    assert (result["attempts"], result["failed"], result["wall_seconds"]) == (3, 2, 180.0)
    assert (result["peak_memory_mb"], result["gpu_seconds"], result["cpu_joules"]) == (500.0, None, None)


@pytest.mark.parametrize(("epochs", "found"), [(0, (3, 1, 122.0)), (5, (1, 0, 2.0))])
def test_attempts_at_a_result_that_was_only_written_again_count(
    epochs: int, found: tuple[int, int, float], tmp_path: Path
) -> None:
    (block,) = make_study({"steps": ["dense"]}, seeds=1).blocks()
    journal = Journal(block, tmp_path)
    attempts(journal, DONE, None, DONE)
    number = journal.begin(Holder.here())
    journal.end(number, DONE, {**COST, "wall_seconds": 2.0, "epochs": epochs})
    cost = block_cost(block, tmp_path)
    assert (cost["attempts"], cost["failed"], cost["wall_seconds"]) == found


def test_results_from_elsewhere_tell_by_their_manifest(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    (block,) = study.blocks()
    assert block_cost(block, tmp_path)["attempts"] == 0
    write_block(block, tmp_path)
    result = block_cost(block, tmp_path)
    assert (result["attempts"], result["wall_seconds"], result["peak_memory_mb"]) == (1, 12.5, 512.0)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_checklist_counts_the_search_and_says_how_it_chose(tuned: Study, tmp_path: Path, language: str) -> None:
    fill(tuned, tmp_path)
    (block,) = tuned.blocks()
    attempts(Journal(block, tmp_path), None, DONE)
    for trial in trial_blocks(tuned):
        attempts(Journal(trial, folder(tmp_path)), DONE)
    collect(tuned, tmp_path)
    text = " ".join(cost(Facts(tuned, tmp_path, language)))
    words = {
        "en": (
            "Jobs: 3; attempts: 4, of which 1 did not finish.",
            "2.0 hours of processor",
            "(jobs: 2, trials: 2)",
        ),
        "es": (
            "Trabajos: 3; intentos: 4, de los cuales no llegaron al final: 1.",
            "2,0 horas de procesador",
            "(trabajos: 2; ensayos: 2)",
        ),
    }
    for phrase in words[language]:
        assert phrase in text
    assert {"en": "do not measure the energy", "es": "no miden la energía"}[language] in text


def test_energy_is_told_with_the_jobs_that_it_is_known_of(tuned: Study, tmp_path: Path) -> None:
    fill(tuned, tmp_path)
    journal = Journal(tuned.blocks()[0], tmp_path)
    journal.end(journal.begin(Holder.here()), DONE, {**COST, "cpu_joules": 3.6e6, "gpu_joules": 7.2e6})
    attempts(Journal(trial_blocks(tuned)[0], folder(tmp_path)), DONE)
    collect(tuned, tmp_path)
    text = " ".join(cost(Facts(tuned, tmp_path, "en")))
    assert "3.00 kWh, in 1 of 2 jobs" in text


@pytest.mark.parametrize("content", ["", "nothing\n1\n", "exercise,variant,trial,block,runs,attempts,failed\n", "\x00"])
def test_a_damaged_table_is_named(tuned: Study, tmp_path: Path, content: str) -> None:
    fill(tuned, tmp_path)
    collect(tuned, tmp_path)
    (tmp_path / "costs.csv").write_text(content)
    with pytest.raises(InputError, match=r"costs\.csv is malformed; delete it and run snakemake again"):
        list(cost(Facts(tuned, tmp_path, "en")))
