"""The tiny study on SLURM, from the data sets to the PDF, and the resources that its jobs request."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from mini import Cluster, Study

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is missing: run `make latex`")
def test_the_study_reaches_the_pdf_and_each_job_gets_what_its_exercise_needs(
    cluster: Cluster, study: Study, undisturbed: dict[str, object]
) -> None:
    run = study.start().end()
    assert run.code == 0, run.text
    assert (study.folder / "results/informe.pdf").read_bytes().startswith(b"%PDF")
    assert {name: study.results(name) for name in undisturbed} == undisturbed

    ended = {(job.comment, job.state) for job in cluster.jobs(study)}
    trained = [f"rule_train_wildcards_{name}_s0-1" for name in ("moons_raw", "steps_conv", "steps_dense")]
    rehearsed = {each for each in ended if each[0].startswith("rule_rehearse_wildcards_study_")}
    assert len(rehearsed) == 1, run.text
    names = ("rule_describe_models", *trained, *(name for name, _ in rehearsed))
    assert ended == {(name, "COMPLETED") for name in names}, run.text
    (small,) = cluster.jobs(study, "raw")
    assert (small.partition, small.memory, small.limit, small.cpus) == ("cpu", "1800M", "10:00", "1")
    assert "TresPerJob" not in cluster.call("scontrol", "show", "job", small.id)
    (large,) = cluster.jobs(study, "conv")
    assert (large.partition, large.memory, large.limit, large.cpus) == ("gpu", "1800M", "12:00", "2")
    assert "TresPerJob=gres:gpu:1" in cluster.call("scontrol", "show", "job", large.id)
    warning = (study.folder / "results/logs/train/steps/conv/s0-1.log").read_text()
    assert "SLURM gave this job GPU" in warning


def test_trials_that_differ_in_a_rate_are_trained_by_one_job(cluster: Cluster, study: Study) -> None:
    """The jobs of the trials come after it, and write the results."""
    grid = {"exercises": {"moons": {"variants": {"raw": {"grid": {"learning_rate": [0.1, 0.2]}}}}}}
    epochs = {"exercises": {"moons": {"settings": {"epochs": 10, "log_every": 5}}}, "only": "moons"}
    (study.folder / "tuned.yaml").write_text(yaml.safe_dump({**grid, "tuning": {"seeds": 2}}))
    (study.folder / "short.yaml").write_text(yaml.safe_dump(epochs))
    run = study.start("tuning", "--configfile", "config.yaml", "tiny.yaml", "tuned.yaml", "short.yaml").end()
    assert run.code == 0, run.text
    ended = [(job.comment, job.state) for job in cluster.jobs(study)]
    first, *trials = [each for each in ended if "train" in each[0]]
    assert first[0].startswith("rule_train_trials_wildcards_moons_raw_"), run.text
    assert [name.partition("_wildcards_")[0] for name, _ in trials] == ["rule_train_trial"] * 2
    assert {state for _, state in ended} == {"COMPLETED"}
    (record,) = (study.folder / "results/tuning/together/moons/raw").glob("*.json")
    assert len(json.loads(record.read_text())["together"]) == 2


def test_a_gpu_that_tensorflow_does_not_see_fails_the_job(cluster: Cluster, study: Study) -> None:
    command = ["srun", "--partition=gpu", "--gpus=1", "--mem=1000", sys.executable, "-m", "practica", "train"]
    process = subprocess.run(
        [*command, "steps", "dense", "--gpu", "1"],
        cwd=study.folder,
        env={name: value for name, value in study.environment().items() if name != "PRACTICA_ALLOW_NO_GPU"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert re.search(r"practica: SLURM gave this job GPU \d, but TensorFlow sees none: install", process.stderr)
    failure = json.loads((study.folder / "results/failures/steps/dense/s0.json").read_text())
    assert "TensorFlow sees none" in failure["reason"]
