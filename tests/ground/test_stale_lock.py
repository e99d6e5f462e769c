"""The lock of a dead Snakemake is removed, that of a live one stays."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from practica.files import write_json
from practica.launch import shutdown


@pytest.mark.parametrize("killed", [True, False])
def test_a_process_that_is_dying_holds_no_lock(killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutdown, "DYING", 2.0 if killed else 0.1)
    with subprocess.Popen(["sleep", "60"]) as process:
        shutdown.LOCKS.mkdir(parents=True)
        (shutdown.LOCKS / "0.input.lock").touch()
        shutdown.note_owner()
        started = psutil.Process(process.pid).create_time()
        write_json(shutdown.NOTE, {**shutdown.read_json(shutdown.NOTE), "pid": process.pid, "started": started})
        if killed:
            threading.Timer(0.2, lambda: (process.kill(), process.wait())).start()
        shutdown.drop_dead_lock()
        assert any(shutdown.LOCKS.glob("*.lock")) is not killed
        process.kill()


def test_a_snakemake_is_at_work_until_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not shutdown.at_work()
    shutdown.note_owner()
    assert shutdown.at_work()
    write_json(shutdown.NOTE, {**shutdown.read_json(shutdown.NOTE), "started": 1.0})
    assert not shutdown.at_work()
