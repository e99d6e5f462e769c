"""Whole runs at another commit and now: whose code runs, what is compared, and what goals hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import against
from bench.against import BEFORE, FIRST, NOW, WholeAgainst, is_first
from bench.arithmetic import Spread
from bench.orchestration import DryRun, Overhead, QuickStudy
from bench.process import Measured
from bench.rows import FAILED, MISSED, REACHED, at_least
from bench.sides import ROOT

DAG = Overhead("dag1000", "any", 1000, None)


def turn(seconds: float, train: float = 1.0) -> dict[str, object]:
    return {"seconds": seconds, "jobs": 1003, "inside": {"train": train, "collect": 2.0}}


def test_a_whole_run_is_compared_with_itself_at_the_other_commit() -> None:
    case = WholeAgainst(DAG, ROOT, at_least(6))
    repetitions = [{BEFORE: turn(700, 500), NOW: turn(100, 40)}, {BEFORE: turn(800), NOW: turn(100)}]
    (row,) = case.rows(None, repetitions)  # type: ignore[arg-type]
    assert row.measure == "before / now, whole DAG of 1000 runs"
    assert (row.value, row.verdict) == (Spread(7.5, 7.0, 8.0, 2), REACHED)
    assert row.other.seconds == Spread(750.0, 700.0, 800.0, 2)
    assert "jobs: 1,003 before, 1,003 now; seconds in processes that train: 500 before, 40 now" in row.note
    (missed,) = case.rows(None, [{BEFORE: turn(500), NOW: turn(100)}])  # type: ignore[arg-type]
    assert missed.verdict == MISSED


def test_a_side_that_failed_is_no_result_but_leaves_other_repetitions() -> None:
    case = WholeAgainst(DAG, ROOT, at_least(6))
    failed = {BEFORE: turn(700), NOW: "over 10 s: python"}
    (row,) = case.rows(None, [failed])  # type: ignore[arg-type]
    assert (row.verdict, row.note) == (FAILED, "over 10 s: python")
    (row,) = case.rows(None, [failed, {BEFORE: turn(700), NOW: turn(100)}])  # type: ignore[arg-type]
    assert row.value == Spread(7.0, 7.0, 7.0, 1)
    assert case.record(failed)[1] == {"side": NOW, "error": "over 10 s: python"}


def test_each_side_runs_in_its_own_checkout_and_they_take_turns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[tuple[Path, list[str]]] = []

    def record(program: str, words: list[str], root: Path, limit: float) -> dict[str, object]:
        ran.append((root, [str(word) for word in words]))
        return turn(1.0)

    monkeypatch.setattr(against, "_ran", record)
    case = WholeAgainst(DryRun("dryrun", 50, None, limit=9), tmp_path)
    assert list(case.repeat(0, None, Path("data"))) == [BEFORE, NOW]  # type: ignore[arg-type]
    assert list(case.repeat(1, None, Path("data"))) == [NOW, BEFORE]  # type: ignore[arg-type]
    assert ran[:2] == [
        (tmp_path, ["dryrun", "50", "9", "0", str(tmp_path / "data")]),
        (ROOT, ["dryrun", "50", "9", "0", "data"]),
    ]
    ran.clear()
    WholeAgainst(DAG, tmp_path).repeat(0, None, Path("data"))  # type: ignore[arg-type]
    assert [words[0] for _, words in ran] == ["any", "dag1000"] * 2  # its data sets first


def test_a_program_runs_with_the_code_of_its_checkout(tmp_path: Path) -> None:
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/only_here.py").write_text("WORD = 'here'", encoding="utf-8")
    code = "import json, sys, only_here; print(json.dumps({'word': only_here.WORD, 'said': sys.argv[1:]}))"
    assert against._ran(code, ["a"], tmp_path, 60) == {"word": "here", "said": ["a"]}
    assert "it has no case" in str(against._ran("import sys; sys.exit('it has no case x')", [], tmp_path, 60))


REPORT = """
import os, pathlib
import only_here
print(sorted(os.listdir()), pathlib.Path("data/set").read_text(), pathlib.Path("config.yaml").read_text())
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose report.sh says where it is."""
    (tmp_path / "root/workflow/scripts").mkdir(parents=True)
    (tmp_path / "root/workflow/only_here.py").touch()
    (tmp_path / "root/workflow/scripts/report.sh").write_text(f"python - <<'E'\n{REPORT}\nE\n", encoding="utf-8")
    (tmp_path / "root/config.yaml").write_text("seeds: 7\n", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/set").write_text("prepared", encoding="utf-8")
    return tmp_path


def test_the_quick_study_runs_its_own_script_in_a_fresh_folder_on_prepared_data(checkout: Path) -> None:
    result = QuickStudy("quick-study").at(checkout / "root", checkout / "data")
    assert isinstance(result, Measured), result
    assert "'config.yaml', 'data', " in result.output
    assert "prepared seeds: 7" in result.output
    assert "'study'" not in result.output  # a commit may lack a part
    cut = QuickStudy("quick-study", only="steps").at(checkout / "root", checkout / "data")
    assert isinstance(cut, Measured), cut
    assert "only: steps" in cut.output
    assert (checkout / "root/config.yaml").read_text(encoding="utf-8") == "seeds: 7\n"


def test_a_quick_study_that_fails_says_so(checkout: Path) -> None:
    (checkout / "root/workflow/scripts/report.sh").write_text("echo no luck; exit 1", encoding="utf-8")
    case = QuickStudy("quick-study")
    failed = case.at(checkout / "root", checkout / "data")
    assert isinstance(failed, str)
    assert "no luck" in failed
    (row,) = case.rows(None, [failed])  # type: ignore[arg-type]
    assert row.verdict == FAILED
    (row,) = case.rows(None, [failed, Measured(9.0, 100.0, "")])  # type: ignore[arg-type]
    assert (row.unit, row.value) == ("s", Spread(9.0, 9.0, 9.0, 1))


def test_goals_hold_against_the_first_commit_only() -> None:
    there = subprocess.run(["git", "-C", str(ROOT), "cat-file", "-e", FIRST], capture_output=True, check=False)
    if there.returncode:
        pytest.skip("the history does not go back that far")
    assert is_first(FIRST)
    assert is_first(f"{FIRST}^0")
    assert not is_first(f"{FIRST}^")
    assert not is_first("nowhere")
