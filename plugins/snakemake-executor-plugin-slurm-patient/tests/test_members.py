"""What runs in an allocation beside the members of a pack: their logs, exit codes, signals and ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from snakemake_executor_plugin_slurm_patient import members

CAREFUL = "trap 'echo saved; exit 3' TERM; echo begun; while :; do sleep 0.05; done"
"""A job that stops in order when it is told to."""


def begin(folder: Path, *commands: str) -> subprocess.Popen[str]:
    """Start the members as SLURM does."""
    listed = [{"command": command, "log": f"{folder}/{name}_%j.log"} for name, command in enumerate(commands)]
    (folder / "pack.json").write_text(json.dumps(listed))
    quick = (
        "import sys; sys.path.insert(0, sys.argv[1]); import members as m; m.adopt_orphans(); "
        "m.POLL, m.SETTLE, m.GRACE = 0.05, 0.3, 2.0; sys.exit(m.run(m.Path(sys.argv[2])))"
    )
    command = [sys.executable, "-S", "-c", quick, Path(members.__file__).parent, folder]
    return subprocess.Popen(command, env={"SLURM_JOB_ID": "7"}, text=True)


def wait_for(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def codes(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in folder.glob("*.code")}


def log(folder: Path, number: int) -> str:
    file = folder / f"{number}_7.log"
    text = file.read_text() if file.exists() else ""
    return text.replace("Terminated\n", "")  # what some shells say of their children


def test_each_has_its_log_and_exit_code_and_one_that_fails_does_not_disturb_the_others(tmp_path: Path) -> None:
    pack = begin(tmp_path, "echo a", "echo b >&2; exit 5", "sleep 1; echo c")
    wait_for(lambda: "1" in codes(tmp_path))
    assert "2" not in codes(tmp_path)
    assert pack.wait(20) == 1
    assert codes(tmp_path) == {"0": "0", "1": "5", "2": "0"}
    assert [log(tmp_path, number) for number in range(3)] == ["a\n", "b\n", "c\n"]
    assert begin(tmp_path, "echo a", "echo b", "echo c").wait(20) == 1  # SLURM runs it again
    assert log(tmp_path, 1) == "b\n"


def test_all_that_end_well_end_the_allocation_well(tmp_path: Path) -> None:
    assert begin(tmp_path, "true", "true").wait(20) == 0


@pytest.mark.parametrize("number", members.SIGNALS)
def test_a_signal_lets_every_member_stop_in_order_and_start_again(tmp_path: Path, number: int) -> None:
    pack = begin(tmp_path, CAREFUL, CAREFUL, "true")
    wait_for(lambda: "begun" in log(tmp_path, 0) and "begun" in log(tmp_path, 1) and codes(tmp_path))
    pack.send_signal(number)
    assert pack.wait(20) == 1
    assert [log(tmp_path, member) for member in (0, 1)] == ["begun\nsaved\n"] * 2
    assert codes(tmp_path) == {"2": "0"}
    assert begin(tmp_path, "echo again", "echo again", "echo again").wait(20) == 0
    assert [log(tmp_path, member) for member in (0, 2)] == ["begun\nsaved\nagain\n", ""]


def test_a_job_that_slurm_ends_process_by_process_has_not_failed_by_itself(tmp_path: Path) -> None:
    pack = begin(tmp_path, "echo $$; exec sleep 60")
    wait_for(lambda: log(tmp_path, 0))
    subprocess.run(["kill", "-TERM", log(tmp_path, 0).strip()], check=True)
    time.sleep(0.1)
    pack.send_signal(signal.SIGTERM)
    assert pack.wait(20) == 1
    assert codes(tmp_path) == {}


def test_what_survives_its_shell_has_its_time_to_stop(tmp_path: Path) -> None:
    pack = begin(tmp_path, f"({CAREFUL.replace('echo saved', 'sleep 0.5; echo saved')}); true")
    wait_for(lambda: "begun" in log(tmp_path, 0))
    pack.send_signal(signal.SIGTERM)
    pack.wait(20)
    assert "saved" in log(tmp_path, 0)


def test_what_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    pack = begin(tmp_path, "trap '' TERM; echo begun; while :; do sleep 0.05; done")
    wait_for(lambda: log(tmp_path, 0))
    pack.send_signal(signal.SIGTERM)
    assert pack.wait(20) == 1


def test_one_member_is_cancelled_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    pack = begin(tmp_path, CAREFUL, "while [ ! -e end ]; do sleep 0.05; done".replace("end", f"{tmp_path}/end"))
    wait_for(lambda: "begun" in log(tmp_path, 0))
    (tmp_path / "0.cancel").touch()
    wait_for(lambda: "saved" in log(tmp_path, 0))
    (tmp_path / "end").touch()
    assert pack.wait(20) == 1
    assert codes(tmp_path) == {"1": "0"}


def test_what_a_member_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    pack = begin(tmp_path, "sleep 60 & echo $!", "sleep 1.5")
    wait_for(lambda: "0" in codes(tmp_path))
    left = log(tmp_path, 0).strip()
    wait_for(lambda: not Path(f"/proc/{left}").exists())
    assert pack.wait(20) == 0


def test_a_log_that_cannot_be_written_fails_its_member_alone(tmp_path: Path) -> None:
    (tmp_path / "0_7.log").mkdir()
    assert begin(tmp_path, "true", "true").wait(20) == 1
    assert codes(tmp_path) == {"0": "1", "1": "0"}


def test_it_runs_by_itself_and_lets_members_share_a_gpu(tmp_path: Path) -> None:
    shown = "echo $TF_FORCE_GPU_ALLOW_GROWTH $XLA_PYTHON_CLIENT_PREALLOCATE"
    (tmp_path / "pack.json").write_text(json.dumps([{"command": shown, "log": f"{tmp_path}/0_%j.log"}]))
    command = [sys.executable, "-S", str(members.__file__), str(tmp_path)]  # without any installed package
    assert subprocess.run(command, env={"SLURM_JOB_ID": "7"}, check=False).returncode == 0
    assert log(tmp_path, 0) == "true false\n"
