"""What figures depend on: whatever they say changes their digest, and what others say does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence.factory import make_study
from practica import digests
from practica.evidence.collect import collect
from practica.evidence.results import Results
from practica.evidence.source import PRINTED
from practica.figures import catalogue, listing
from practica.figures.draw import draw_from
from practica.words import section, sections


class Listening(dict[str, Any]):
    """A dictionary that notes which of its entries are asked for."""

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
    """One figure of each kind and set of panels: the words that it asks for, once changed, change its digest."""
    study = make_study(seeds=2)
    collect(study, tmp_path)
    listening = Listening(section("figures", "es"))
    monkeypatch.setitem(sections("es"), "figures", listening)  # type: ignore[arg-type]
    kinds = {(each.kind, each.panels): each for each in map(catalogue.spec, catalogue.report_figures(study))}
    assert len(kinds) > 8
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
    ("key", "figures"), [("true_map", {"fig10b"}), ("real_price", {"fig01a"}), ("twins_note", {"figx02e"})]
)
def test_a_word_concerns_the_figures_that_show_it(key: str, figures: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # A figure of whatever was recorded may show any word.
    users = {name for name in catalogue.report_figures(make_study(seeds=2)) if name.startswith("fig_ej")}
    assert changed(monkeypatch, section("figures", "es"), key, "other") - users == figures


def test_the_overview_alone_depends_on_its_panels_and_on_what_the_source_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    glance = replace(listing.GLANCES["ej08"], metric="loss")
    assert changed(monkeypatch, listing.GLANCES, "ej08", glance) == {"fig_overview"}
    assert changed(monkeypatch, PRINTED, "ej08/conv/test/accuracy", "0.97") == {"fig_overview"}


def test_an_entry_concerns_its_figure_and_those_that_share_its_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(seeds=2)
    before = {name: digests.figure_digest(study, name) for name in catalogue.report_figures(study)}

    def after(**fields: Any) -> set[str]:
        specs = tuple(replace(each, **fields) if each.name == "fig13a" else each for each in listing.SPECS)
        with monkeypatch.context() as patch:
            for module in (catalogue, digests):
                patch.setattr(module, "SPECS", specs)
            return {name for name, digest in before.items() if digests.figure_digest(study, name) != digest}

    title = catalogue.spec("fig13a").title
    assert after(title={**title, "es": "Otro"}) == {"fig13a"}
    assert after(caption={"es": "Otra.", "en": "Other."}) == set()  # its file has none
    assert after(variants=("conv",)) == {"fig13a", "fig13b"}
