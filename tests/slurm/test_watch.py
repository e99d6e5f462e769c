"""The watch of the tests with several nodes: it must notice a block that is trained twice at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mini import Study
from nodes import LOOK, Watch

FIRST, SECOND = ("node1", 11), ("node2", 12)


def seen(first: float, second: float, *, begun: bool = True) -> list[str]:
    """Return what a watch reports if two processes of a block take so much of the time between two looks.

    The attempt of the first process has begun before the first look; that of the second too, or, unless it has begun,
    after it.
    """
    watch = Watch(Study(Path("nowhere")))
    watch.looks = [
        (100.0, {"a": {FIRST: 50.0, SECOND: 0.0}}),
        (100.0 + LOOK, {"a": {FIRST: 50 + first * LOOK, SECOND: second * LOOK}}),
    ]
    starts = {FIRST: 50.0, SECOND: 99.0 if begun else 101.0}
    attempts = [
        {"host": host, "pid": pid, "start": datetime.fromtimestamp(start, UTC).isoformat()}
        for (host, pid), start in starts.items()
    ]
    return watch.twice({"a": {"attempts": attempts}})


def test_two_processes_that_compute_are_reported() -> None:
    assert seen(0.9, 0.5)[0].startswith("a: ")


def test_one_that_waits_or_stands_still_is_not() -> None:
    assert seen(0.9, 0.01) == seen(0.0, 0.9) == []


def test_one_that_only_imports_its_libraries_is_not() -> None:
    assert seen(0.9, 0.9, begun=False) == []
