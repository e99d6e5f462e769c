"""The tiny study on SLURM, from the data sets to the PDF, and what its jobs ask for."""

from __future__ import annotations

import shutil

import pytest
from mini import Cluster, Study

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is missing: run `make latex`")
def test_the_study_reaches_the_pdf_and_each_job_gets_what_its_exercise_needs(
    cluster: Cluster, study: Study, undisturbed: tuple[object, object]
) -> None:
    run = study.run()
    assert run.code == 0, run.text
    assert (study.folder / "results/informe.pdf").read_bytes().startswith(b"%PDF")
    assert study.results("ej05/tanh5/s0-1") == undisturbed

    assert {(job.comment, job.state) for job in cluster.jobs("", "COMPLETED", "FAILED") if job.comment != "(null)"} == {
        ("rule_describe_models", "COMPLETED"),
        ("rule_train_wildcards_ej05_tanh5_s0-1", "COMPLETED"),
        ("rule_train_wildcards_ej08_conv_s0-1", "COMPLETED"),
        ("rule_train_wildcards_ej08_dense_s0-1", "COMPLETED"),
    }
    (small,) = cluster.jobs("ej05_tanh5_s0-1")
    assert (small.partition, small.memory, small.limit, small.cpus, small.gpus) == ("cpu", "1500M", "10:00", "1", "N/A")
    (dense,) = cluster.jobs("ej08_dense_s0-1")
    assert (dense.partition, dense.memory, dense.limit, dense.cpus) == ("gpu", "1800M", "12:00", "2")
    assert "TresPerJob=gres:gpu:1" in cluster.call("scontrol", "show", "job", dense.id)
    warning = (study.folder / "results/logs/train/ej08/dense/s0-1.log").read_text()
    assert "SLURM gave this job GPU" in warning


def test_a_gpu_that_tensorflow_does_not_see_fails_the_job(cluster: Cluster, study: Study) -> None:
    target = "results/runs/ej08/dense/s0-1/metrics.json"
    run = study.run("--retries", "0", "--", target, PRACTICA_ALLOW_NO_GPU="0")
    assert run.code == 1
    assert "FAILED: Training ej08/dense/s0-1" in run.text
    assert "SLURM gave this job GPU 0, but TensorFlow sees none" in run.text
