"""One test cluster for all tests in this folder; if none can run, they are skipped with the reason."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from mini import HERE, ORIGINALS, Cluster, Study
from nodes import Nodes

Kind = TypeVar("Kind", bound=Cluster)


def started(cluster: Kind) -> Iterator[Kind]:
    """Yield a cluster that is started, and stop it afterwards; skip the tests with the reason if it cannot start."""
    reason = cluster.start()
    try:
        if reason:
            pytest.skip(reason)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start a cluster; in CI, install SLURM first if it is missing."""
    if os.environ.get("CI") == "true":
        process = subprocess.run([HERE / "ensure-slurm.sh"], capture_output=True, text=True, check=False)
        if process.returncode:
            pytest.skip(process.stderr.strip())
    yield from started(Cluster(tmp_path_factory.mktemp("cluster")))


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Start a cluster of several nodes."""
    yield from started(Nodes(tmp_path_factory.mktemp("nodes"), int(os.environ.get("NODES") or 3)))


@pytest.fixture
def study(tmp_path: Path, cluster: Cluster) -> Iterator[Study]:
    """Yield a copy of the project in which nothing has run."""
    study = Study.copy(tmp_path / "study")
    yield study
    study.close()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the results of the variants that have twins, computed on this machine without SLURM."""
    study = Study.copy(tmp_path_factory.mktemp("local") / "study")
    study.local("--", *(f"results/runs/{study.block(name)}/metrics.json" for name in ORIGINALS))
    return {name: study.results(name) for name in ORIGINALS}
