"""Digests of tables and of the PDF: what they show changes their digest, and what others show does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evidence.factory import edited, make_study
from paper.factory import fill
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.paper.catalogue import tables_for
from practica.paper.facts import Facts
from practica.paper.render import to_csv, to_html, to_latex
from practica.paper.tables import make_table
from practica.plan import digests
from practica.words import section, sections


class Listening(dict[str, Any]):
    """A dictionary that records which of its entries are read."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


@pytest.fixture(scope="module")
def folders(toy: Study, results: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return results that are complete, generated, partial and missing."""
    generated, part, nothing = (tmp_path_factory.mktemp(name) for name in ("generated", "part", "nothing"))
    fill(toy, generated, stand_in=("walks", "turned"))
    fill(toy, part, skip=("steps/conv", "moons/raw", "moons/raw_numpy"))
    (part / "models.json").unlink()
    collect(toy, nothing)
    return [results, generated, part, nothing]


@pytest.mark.parametrize("name", ["report", "metrics", "numbers"])
def test_every_word_of_a_table_is_in_its_digest(
    name: str, toy: Study, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all tables, a change of any word that one uses changes its digest."""
    every, heard = sections("es"), {}
    listening = Listening(dict(every[name]))
    monkeypatch.setitem(every, name, listening)  # type: ignore[arg-type]
    for spec in tables_for(toy):
        listening.asked.clear()
        for folder in folders:
            table = make_table(spec, Facts(toy, folder, "es"))
            for form in (to_latex, to_html, to_csv):
                form(table)
        heard[spec.name] = listening.asked & listening.keys()
    before = {spec.name: digests.table_digest(toy, spec) for spec in tables_for(toy)}
    assert any(heard.values())
    for key in sorted(set().union(*heard.values())):
        with monkeypatch.context() as patch:
            patch.setitem(listening, key, f"{listening[key]} changed")
            changed = {s.name for s in tables_for(toy) if digests.table_digest(toy, s) != before[s.name]}
        assert {table for table, keys in heard.items() if key in keys} <= changed, key


@pytest.mark.parametrize(
    ("part", "key", "changed"),
    [
        ("report", "judged_all", set()),  # of the first page
        ("report", "devices_note", {"table_moons_cost", "table_steps_cost"}),
        ("settings", "units", set()),
    ],
)
def test_a_word_concerns_the_tables_that_show_it(
    part: str, key: str, changed: set[str], toy: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {spec.name: digests.table_digest(toy, spec) for spec in tables_for(toy)}
    paper = digests.paper_digest(toy, "es")
    entries = section(part, "es")
    monkeypatch.setitem(entries, key, f"{entries[key]} changed")  # type: ignore[arg-type]
    assert {s.name for s in tables_for(toy) if digests.table_digest(toy, s) != before[s.name]} == changed
    assert digests.paper_digest(toy, "es") != paper


@pytest.mark.parametrize(
    ("file", "old", "new", "changed", "languages"),
    [
        (
            "moons",
            "en: More neurons",
            "en: Wider",
            {"table_moons", "table_moons_cost", "table_moons_times", "table_differences", "claims"},
            {"en"},
        ),
        ("steps", "conv/test/accuracy: '0.98'", "conv/test/accuracy: '0.97'", {"table2", "table_turns"}, {"es", "en"}),
        ("steps", "'Escalones: red densa y", "'Peldaños: red densa y", set(), {"es"}),
        (
            "steps",
            "en: Turns",
            "en: Bends",
            {"table_turns", "table_differences"},
            {"en"},
        ),
        (
            "moons",
            "en: 'Time per epoch [ms]'",
            "en: Time",
            {"table_moons_times", "table_differences", "claims"},
            {"en"},
        ),
        ("steps", "Precisión sobre los escalones.", "Otra.", {"table2"}, {"es"}),
    ],
)
def test_an_edit_of_the_study_concerns_the_tables_that_show_it(
    tmp_path: Path, file: str, old: str, new: str, changed: set[str], languages: set[str]
) -> None:
    study = make_study()
    before = {spec.name: digests.table_digest(study, spec) for spec in tables_for(study)}
    papers = {language: digests.paper_digest(study, language) for language in ("es", "en")}
    after = edited(tmp_path / "study", f"{file}/about.yaml", old, new)
    layers = {spec.name for spec in tables_for(after) if spec.kind == "layers"}
    there = {s.name for s in tables_for(after) if digests.table_digest(after, s) != before[s.name]}
    assert there - layers == changed
    assert {each for each, digest in papers.items() if digests.paper_digest(after, each) != digest} >= languages


def test_another_language_changes_no_word_of_a_pdf(toy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests.paper_digest(toy, "en")
    monkeypatch.setitem(section("report", "es"), "judged_all", "other")  # type: ignore[arg-type]
    assert digests.paper_digest(toy, "en") == before
