"""A run that asked SLURM for a GPU does not train on the CPU in silence; any other run is left alone."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from practica.allocation import ALLOW, GRANTS, check_gpu
from practica.errors import RunError


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch):
    for name in (*GRANTS, ALLOW):
        monkeypatch.delenv(name, raising=False)


def with_gpus(monkeypatch, *devices):
    config = SimpleNamespace(list_physical_devices=lambda kind: list(devices))
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))


@pytest.mark.parametrize("variable", GRANTS)
def test_a_gpu_that_nobody_sees_is_an_error(monkeypatch, variable):
    with_gpus(monkeypatch)
    monkeypatch.setenv(variable, "0")
    with pytest.raises(RunError, match=r"SLURM gave this job GPU 0, but TensorFlow sees none: install"):
        check_gpu(1)


def test_a_gpu_that_is_seen_is_fine(monkeypatch):
    with_gpus(monkeypatch, "GPU:0")
    monkeypatch.setenv(GRANTS[0], "3")
    check_gpu(1)


@pytest.mark.parametrize(("asked", "granted"), [(0, "0"), (1, ""), (0, "")])
def test_other_runs_do_not_even_import_tensorflow(monkeypatch, asked, granted):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # an import would raise
    monkeypatch.setenv(GRANTS[0], granted)
    check_gpu(asked)


def test_a_test_cluster_may_go_on(monkeypatch, capsys):
    with_gpus(monkeypatch)
    monkeypatch.setenv(GRANTS[0], "1")
    monkeypatch.setenv(ALLOW, "1")
    check_gpu(1)
    assert "GPU 1, but TensorFlow sees none; training on the CPU" in capsys.readouterr().err
