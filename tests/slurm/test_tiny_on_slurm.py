"""The tiny study on SLURM, from the data sets to the PDF, and the resources that its jobs request."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
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


def test_a_gpu_that_tensorflow_does_not_see_fails_the_job(cluster: Cluster, study: Study) -> None:
    command = ["srun", "--partition=gpu", "--gpus=1", "--mem=1000", sys.executable, "-m", "practica", "train"]
    done = subprocess.run(
        [*command, "steps", "dense", "--gpu", "1"],
        cwd=study.folder,
        env={name: value for name, value in study.environment().items() if name != "PRACTICA_ALLOW_NO_GPU"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"practica: SLURM gave this job GPU \d, but TensorFlow sees none: install", done.stderr)
    failure = json.loads((study.folder / "results/failures/steps/dense/s0.json").read_text())
    assert "TensorFlow sees none" in failure["reason"]
