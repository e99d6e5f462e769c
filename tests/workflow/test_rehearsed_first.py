"""An impossible training ends the workflow before any training; nothing is tried or trained twice; trials share."""

from __future__ import annotations

import json
import os
import shutil

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.keras]

RUNS = "results/metrics.csv"
STEPS = ("Rehearsing", "Training")
STUDY = ["--config", "exercises.steps.settings.epochs=1"]
IMPOSSIBLE = """\
exercises:
  steps: {settings: {validation_fraction: 1.0e-7}}
  moons:
    variants:
      folded: {model: dense, settings: {folds: 1000}}
      other: {dataset: walks, model: dense}
      good: {model: dense, settings: {units: [3]}}
"""


def jobs(project, *words: str) -> set[str]:
    """Return the rehearsals and the trainings that a dry run lists."""
    planned = project.planned(RUNS, *words)
    return {job for job in planned if job.startswith(STEPS)}


@pytest.fixture
def memory(trained):
    """Return the folder of the rehearsals' record, and restore it afterwards."""
    folder, kept = trained.folder / "results/rehearsed", trained.folder / "kept"
    shutil.copytree(folder, kept)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    kept.rename(folder)


def test_the_rehearsal_comes_before_every_training(trained) -> None:
    lines = (trained.folder / "first.log").read_text().splitlines()
    order = [line.split()[0] for line in lines if line.endswith(" begins") and line.split()[0] in STEPS]
    assert order == ["Rehearsing", *["Training"] * 5]


def test_what_is_known_is_neither_rehearsed_nor_trained_again(trained, memory) -> None:
    for file in memory.rglob("*.json"):
        os.utime(file)
    assert jobs(trained, *STUDY) == set()
    assert jobs(trained, *STUDY, "seeds=2") == {
        *(f"Training steps/{variant}/s1" for variant in ("dense", "conv")),
        *(f"Training moons/{variant}/s1" for variant in ("raw", "corrected", "deeper")),
    }
    process = trained.snakemake("-n", "-p", RUNS, *STUDY, "seeds=2")
    trainings = [line for line in (process.stdout + process.stderr).splitlines() if "practica train" in line]
    assert ["--gpu 0" in line for line in trainings] == [True] * 5  # as the rehearsal has counted


def test_results_without_the_memory_stay(trained, memory) -> None:
    shutil.rmtree(memory)
    assert jobs(trained, *STUDY) == set()
    changed = ["exercises.moons.variants.raw.settings.l2=0.5"]
    assert jobs(trained, *STUDY, *changed) == {"Rehearsing what is to be trained (study)", "Training moons/raw/s0"}
    assert {job.rpartition("/")[2] for job in jobs(trained, *STUDY, "seeds=2") if "Training" in job} == {"s1"}


def test_results_from_elsewhere_stay(trained, memory) -> None:
    shutil.rmtree(memory)
    notes = trained.folder / ".snakemake/metadata"
    notes.rename(trained.folder / "notes")
    try:
        assert jobs(trained, *STUDY) == set()
    finally:
        shutil.rmtree(notes, ignore_errors=True)
        (trained.folder / "notes").rename(notes)


def test_an_added_variant_is_rehearsed_alone(trained, memory) -> None:
    (trained.folder / "more.yaml").write_text("exercises: {moons: {variants: {more: {model: dense}}}}\n")
    words = ["--configfile", "tiny.yaml", "more.yaml", *STUDY]
    assert jobs(trained, *words) == {"Rehearsing what is to be trained (study)", "Training moons/more/s0"}
    process = trained.snakemake("-n", "-p", RUNS, *words)
    lines = (process.stdout + process.stderr).splitlines()
    (command,) = [line for line in lines if "practica rehearse" in line]
    assert "rehearse moons/more --part study" in command
    assert command.endswith("--processes 2 > results/logs/rehearsed/study/" + command.rpartition("/")[2])  # two cores
    (training,) = [line for line in lines if "practica train" in line]
    assert "--gpu <TBD>" in training  # until the rehearsal has counted


def test_a_block_of_a_second_protocol_is_rehearsed_by_itself(trained, memory) -> None:
    target = "results/runs/moons/raw@theirs/s0/metrics.json"
    assert set(trained.planned(target, *STUDY, "protocols=[ours, theirs]")) >= {
        "Rehearsing what is to be trained (moons/raw@theirs)",
        "Training moons/raw@theirs/s0",
    }


def test_what_cannot_be_trained_ends_the_workflow_before_any_training(trained, memory) -> None:
    (trained.folder / "bad.yaml").write_text(IMPOSSIBLE)
    process = trained.snakemake("--nocolor", RUNS, "--configfile", "tiny.yaml", "bad.yaml", *STUDY)
    assert process.returncode == 2, process.stderr
    message = [line for line in process.stderr.splitlines() if line.startswith("practica: ")]
    assert [line.split(": ")[1].removesuffix("/s0") for line in message] == [
        "moons/folded",
        "moons/other",
        "steps/dense",
        "steps/conv",
    ]
    assert "Training" not in process.stderr
    assert "Traceback" not in process.stderr
    assert not (trained.folder / "results/runs/moons/good").exists()

    # Possible trainings are remembered; after a repair, only the impossible one is tried again.
    (trained.folder / "bad.yaml").write_text(
        "exercises: {moons: {variants: {good: {model: dense, settings: {units: [3]}}}}}\n"
    )
    assert jobs(trained, "--configfile", "tiny.yaml", "bad.yaml", *STUDY) == {"Training moons/good/s0"}


def test_trials_are_rehearsed_before_the_first_is_trained(trained, memory) -> None:
    (trained.folder / "tuned.yaml").write_text(
        "tuning: {seeds: 1}\n"
        "exercises: {moons: {variants: {raw: {grid: {units: [[4], [8, 4]], batch_size: [64, 128]}}}}}\n"
    )
    words = ["--configfile", "tiny.yaml", "tuned.yaml", *STUDY]
    assert jobs(trained, *words) == set()
    planned = trained.planned("tuning", *words)
    assert "Rehearsing what is to be trained (tuning)" in planned
    assert sum(job.startswith("Training moons/raw/") for job in planned) == 4


def test_trials_that_can_share_a_graph_train_together_first(trained, memory) -> None:
    """Two nets with two rates each, and one more rate: the job of each trial only writes its results."""
    tuned = "exercises: {{moons: {{variants: {{raw: {{grid: {{units: [[4], [5]], learning_rate: {rates}}}}}}}}}}}\n"
    (trained.folder / "tuned.yaml").write_text("tuning: {seeds: 2}\n" + tuned.format(rates=[0.1, 0.2]))
    words = ["--configfile", "tiny.yaml", "tuned.yaml", *STUDY]
    process = trained.snakemake("--nocolor", "tuning", *words)
    assert process.returncode == 0, process.stderr
    order = [line.split("moons")[0].strip() for line in process.stderr.splitlines() if line.endswith(" begins")]
    trainings = [step for step in order if step.startswith("Training")]
    assert trainings == ["Training trials of", *["Training"] * 8], "a job for each seed of each trial"
    results = trained.folder / "results/tuning"
    (record,) = (results / "together/moons/raw").glob("*.json")
    assert len(json.loads(record.read_text())["together"]) == 8
    manifests = [json.loads(path.read_text()) for path in results.glob("runs/moons/raw/t*/*/manifest.json")]
    reasons = [manifest["provenance"]["engine_reason"] for manifest in manifests]
    assert reasons == ["its runs share a graph with those of other trials, 2 in all"] * 8
    assert not list((results / "checkpoints").rglob("*.done"))
    assert "tuning" not in trained.planned("tuning", *words)

    (trained.folder / "tuned.yaml").write_text("tuning: {seeds: 2}\n" + tuned.format(rates=[0.1, 0.2, 0.3]))
    planned = trained.planned("tuning", *words)
    assert sum(job.startswith("Training moons/raw/t") for job in planned) == 4
    assert "Training trials of moons/raw together" in planned
    (trained.folder / "gpu.yaml").write_text("exercises: {moons: {resources: {gpu: 1}}}\n")
    for files, gpus in (("tuned.yaml",), "--gpu 0"), (("tuned.yaml", "gpu.yaml"), "--gpu 1"):
        process = trained.snakemake("-n", "-p", "tuning", "--configfile", "tiny.yaml", *files, *STUDY)
        (command,) = [
            line for line in (process.stdout + process.stderr).splitlines() if "practica train-trials" in line
        ]
        assert gpus in command
    one = next(job for job in planned if job.startswith("Training moons/raw/t")).split()[1]
    alone = trained.planned(f"results/tuning/runs/{one}/metrics.json", *words)
    assert sum(job.startswith("Training") for job in alone) == 1
