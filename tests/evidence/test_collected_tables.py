"""Tables that have been read and checked are not read again, until one of them or the study changes."""

import shutil
from pathlib import Path

import pytest

from evidence.factory import make_study
from practica.cli.warming import read_ahead
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence import tables
from practica.evidence.collect import collect
from practica.evidence.tables import check_tables
from practica.figures.draw import NEEDS
from practica.files import write_json

Collected = tuple[Study, Path]


@pytest.fixture
def mine(collected: Collected, tmp_path: Path) -> Collected:
    """Return the study and a copy of its results that a test may damage."""
    study, folder = collected
    shutil.copytree(folder, tmp_path / "results")
    return study, tmp_path / "results"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the tables that are checked from now on."""
    names: list[str] = []
    check_table = tables.check_table

    def noted(name: str, *arguments: object) -> None:
        names.append(name)
        check_table(name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "check_table", noted)
    return names


def test_tables_are_read_and_checked_once(mine: Collected, checks: list[str]) -> None:
    first = check_tables(*mine, NEEDS)
    assert sorted(checks) == sorted(NEEDS)
    assert check_tables(*mine, NEEDS) is first
    assert len(checks) == len(NEEDS)


def test_other_tables_are_checked_when_they_are_asked_for(mine: Collected, checks: list[str]) -> None:
    check_tables(*mine, ["metrics.csv"])
    check_tables(*mine, ["differences.csv"])
    assert checks.count("differences.csv") == 1


def test_a_table_that_was_edited_after_the_check_is_refused(mine: Collected) -> None:
    study, folder = mine
    check_tables(study, folder)
    metrics = folder / "metrics.csv"
    lines = metrics.read_text().splitlines(keepends=True)
    metrics.write_text("".join([*lines, lines[-1]]))
    with pytest.raises(InputError, match=r"metrics\.csv, line \d+: .* stands in line \d+ already"):
        check_tables(study, folder)
    with pytest.raises(InputError, match="already"):
        check_tables(study, folder)


def test_a_table_that_has_gone_is_no_longer_there(mine: Collected) -> None:
    study, folder = mine
    assert not check_tables(study, folder).summary.empty
    (folder / "summary.csv").unlink()
    with pytest.raises(InputError, match=r"summary\.csv"):
        check_tables(study, folder).summary  # noqa: B018


def test_another_study_has_its_own_tables(mine: Collected, checks: list[str]) -> None:
    study, folder = mine
    check_tables(study, folder)
    with pytest.raises(InputError, match="the study has no"):
        check_tables(make_study({"other": ["raw"]}), folder)


def test_what_a_figure_and_a_table_need_is_read_ahead(mine: Collected, checks: list[str]) -> None:
    study, folder = mine
    write_json(folder / "study.json", study.config)
    options = ["--study", str(folder / "study.json"), "--results", str(folder)]
    read_ahead(["figure", "fig_overview", *options])
    assert sorted(checks) == sorted(NEEDS)
    check_tables(Study.load(folder / "study.json"), folder, NEEDS)
    assert len(checks) == len(NEEDS), "the step finds it done"
    read_ahead(["table", "runs", *options])
    assert "runs.csv" in checks


def test_a_study_that_has_changed_is_read_again_ahead(mine: Collected, checks: list[str]) -> None:
    study, folder = mine
    for title in ("One", "Other"):
        write_json(folder / "study.json", {**study.config, "title": title})
        read_ahead(["figure", "a", "--study", str(folder / "study.json"), "--results", str(folder)])
    assert sorted(checks) == sorted(2 * NEEDS)


@pytest.mark.parametrize("step", [["figure"], ["table", "nonsense"], ["figure", "a", "--study", "no.json"], ["page"]])
def test_reading_ahead_leaves_mistakes_to_the_step(step: list[str]) -> None:
    read_ahead(step)


def test_reading_ahead_leaves_damage_to_the_step(mine: Collected) -> None:
    study, folder = mine
    write_json(folder / "study.json", study.config)
    (folder / "metrics.csv").write_text("nonsense")
    read_ahead(["figure", "fig_overview", "--study", str(folder / "study.json"), "--results", str(folder)])
    with pytest.raises(InputError, match=r"metrics\.csv"):
        check_tables(study, folder, NEEDS)


def test_collecting_again_brings_new_tables(mine: Collected) -> None:
    study, folder = mine
    first = check_tables(study, folder)
    collect(study, folder)
    assert check_tables(study, folder) is not first
