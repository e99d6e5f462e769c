"""Digests of figures: everything that a figure shows changes its digest, and what others show does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evidence.factory import edited, make_study
from practica.evidence.collect import collect
from practica.evidence.results import Results
from practica.figures import catalogue
from practica.figures.draw import draw_from
from practica.plan import digests
from practica.words import section, sections


class Listening(dict[str, Any]):
    """A dictionary that records which of its entries are read."""

    def __init__(self, content: Any) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_every_word_of_a_figure_is_in_its_digest(
    complete: Results, stand_ins: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one figure of each kind and set of panels, a change of any word that it uses changes its digest."""
    study = make_study(seeds=2)
    collect(study, tmp_path)
    listening = Listening(section("figures", "es"))
    monkeypatch.setitem(sections("es"), "figures", listening)  # type: ignore[arg-type]
    kinds = {
        (each.kind, each.panels): each
        for each in (catalogue.spec(study, name) for name in catalogue.report_figures(study))
    }
    assert len(kinds) > 6
    for shown in kinds.values():
        listening.asked.clear()
        for results in (complete, stand_ins, Results(study, tmp_path)):
            draw_from(results, shown.name, "es")
        before = digests.figure_digest(study, shown.name)
        for key in sorted(listening.asked & listening.keys()):
            with monkeypatch.context() as patch:
                patch.setitem(listening, key, f"{listening[key]} changed")
                assert digests.figure_digest(study, shown.name) != before, f"{shown.name}: {key}"


def changed(monkeypatch: pytest.MonkeyPatch, entries: Any, key: Any, value: Any) -> set[str]:
    """Return the figures whose digests change with an entry."""
    study = make_study(seeds=2)
    before = {name: digests.figure_digest(study, name) for name in catalogue.report_figures(study)}
    monkeypatch.setitem(entries, key, value)
    return {name for name, digest in before.items() if digests.figure_digest(study, name) != digest}


@pytest.mark.parametrize(
    ("key", "figures"),
    [
        ("test_seed", {"fig3"}),
        ("twins_note", {"figx_times"}),
        ("ratio", {"figx_times", "fig_claims"}),
        ("spread", {"fig4", "figx_sizes"}),
        ("loss", {"fig_overview", "fig5", "figx_hand", "fig2a", "fig2b"}),
    ],
)
def test_a_word_concerns_the_figures_that_show_it(key: str, figures: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed(monkeypatch, section("figures", "es"), key, "other") == figures


def changed_by(folder: Path, file: str, old: str, new: str) -> set[str]:
    """Return the figures whose digests change with an edit in the study folder."""
    study = make_study(seeds=2)
    before = {name: digests.figure_digest(study, name) for name in catalogue.report_figures(study)}
    after = edited(folder, file, old, new, seeds=2)
    return {name for name, digest in before.items() if digests.figure_digest(after, name) != digest}


@pytest.mark.parametrize(
    ("file", "old", "new", "figures"),
    [
        ("steps/about.yaml", "  metric: accuracy\n", "  metric: loss\n", {"fig_overview"}),
        ("steps/about.yaml", "conv/test/accuracy: '0.98'", "conv/test/accuracy: '0.97'", {"fig_overview"}),
        ("steps/about.yaml", "es: 'Escalones, red densa'", "es: Otro", {"fig1a"}),
        ("steps/about.yaml", "    variants: [dense]", "    variants: [conv]", {"fig1a", "fig1b"}),
        ("steps/about.yaml", "Tres paseos y sus puntajes", "Otra cosa", set()),  # its file has no caption
        ("steps/about.yaml", "es: Altura", "es: Otra", {"fig3"}),
        ("moons/about.yaml", "es: Costo oculto", "es: Otro", {"fig5"}),
        ("steps/figures.py", "LOW = 0.2", "LOW = 0.3", {"fig3"}),
        ("steps/es.tex", "a", "b", set()),
        ("steps/experiment.py", "MULTICLASS, train", "MULTICLASS, test", set()),
    ],
)
def test_an_edit_of_the_study_concerns_what_shows_it(
    tmp_path: Path, file: str, old: str, new: str, figures: set[str]
) -> None:
    assert changed_by(tmp_path / "study", file, old, new) == figures
