"""Trainings depend on the content of the data and not on file times."""

import pytest

from workflow.project import check_deleted_data

pytestmark = pytest.mark.workflow


def test_data_that_are_deleted_are_prepared_again_at_most(fresh, tmp_path_factory) -> None:
    runs = [f"results/runs/moons/{name}/s0/metrics.json" for name in ("raw", "corrected")]
    check_deleted_data(fresh, runs, tmp_path_factory.mktemp("elsewhere"))
