"""What the job that runs Snakemake requests from SLURM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from practica.errors import RunError
from practica.launch import controller


@pytest.mark.parametrize(
    ("sinfo", "settings", "runtime"),
    [
        ("cpu*|4:00:00\ngpu|8:00:00\n", {}, 240),
        ("gpu|2-00:00:00\ncpu*|12:00\n", {}, 12),
        ("cpu*|infinite\n", {}, 1440),
        ("gpu|8:00:00\n", {"partition": "gpu"}, 480),
        ("gpu|8:00:00\nlong|12:00:00\n", {"partition": "gpu,long"}, 720),
        ("gpu|8:00:00\nlong|infinite\n", {"partition": "gpu,long"}, 1440),
        ("cpu*|4:00:00\n", {"runtime": 30}, 30),
        ("gpu|4:00:00\n", {}, 1440),  # no partition is the default
        (None, {}, 1440),
    ],
)
def test_it_asks_for_no_more_time_than_its_partition_allows(
    sinfo: str | None, settings: dict[str, Any], runtime: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None: SLURM does not answer."""
    commands = []

    def answer(command: Sequence[str]) -> str:
        commands.append(command)
        if sinfo is None:
            raise RunError("sinfo failed")
        return sinfo

    monkeypatch.setattr(controller, "_call", answer)
    asked = {**controller.DEFAULTS, **settings}
    assert controller.within_limit(asked) == {**asked, "runtime": runtime}
    (command,) = commands
    assert command[3:] == ([f"--partition={settings['partition']}"] if "partition" in settings else [])
