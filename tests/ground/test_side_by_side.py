"""Work for several items is done side by side, and none of it is lost in silence."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from practica.errors import RunError
from practica.side_by_side import side_by_side


@pytest.mark.parametrize("processes", [1, 2, 3, 9])
def test_outcomes_have_the_order_of_the_items(processes: int) -> None:
    outcomes = side_by_side(lambda item: (item * item, os.getpid()), range(7), processes)
    assert [square for square, _ in outcomes] == [item * item for item in range(7)]
    workers = {process for _, process in outcomes}
    assert len(workers) == min(processes, 7)
    assert (os.getpid() in workers) == (processes == 1)


def test_they_work_at_the_same_time(tmp_path: Path) -> None:
    def meet(item: int) -> bool:
        (tmp_path / str(item)).touch()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if len(list(tmp_path.iterdir())) == 3:
                return True
            time.sleep(0.01)
        return False

    assert side_by_side(meet, range(3), 3) == [True] * 3


def test_nothing_is_no_work() -> None:
    assert side_by_side(str, [], 4) == []


def test_one_that_is_killed_is_an_error() -> None:
    def die(item: int) -> int:
        if item == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(RunError, match=r"ended early \(exit code -9\)"):
        side_by_side(die, range(4), 2)


def test_an_unexpected_error_is_shown_and_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(item: int) -> int:
        return 1 // item

    with pytest.raises(RunError, match=r"ended early \(exit code 1\)"):
        side_by_side(fail, range(2), 2)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_they_end_with_ctrl_c() -> None:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(time.sleep, [60.0, 60.0], 2)
    assert time.monotonic() - began < 30
