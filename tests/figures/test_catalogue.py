"""The catalogue: which figures a study has, and their texts in both languages."""

import subprocess
import sys
from pathlib import Path

import pytest

from evidence.factory import edited, make_study
from practica.errors import InputError
from practica.figures.catalogue import declared, figures_for, report_figures, spec
from practica.figures.draw import KINDS
from practica.figures.specs import KINDS as DRAWN_HERE
from practica.words import label, section

STUDY = make_study()
SPECS = [each for exercise in STUDY.exercises for each in declared(STUDY, exercise)]


def test_every_figure_is_there_once_in_the_order_of_the_study() -> None:
    assert figures_for(STUDY) == [
        *("fig4", "fig5", "figx_sizes", "figx_hand", "figx_times"),
        *("fig1a", "fig1b", "fig2a", "fig2b", "fig3"),
    ]


def test_every_variant_is_in_some_figure() -> None:
    study = make_study()
    shown = {
        (each.exercise, variant)
        for each in (spec(study, name) for name in figures_for(study))
        for variant in each.variants
    }
    assert shown == {(e, v) for e in study.exercises for v in study.variants(e)}


def test_what_the_catalogue_does_not_know_gets_curves_of_its_own() -> None:
    study = make_study({"steps": ["dense", "conv", "tiny_net"], "extra": ["mine"]})
    names = figures_for(study)
    assert names[:5] == ["fig1a", "fig1b", "fig2a", "fig2b", "fig3"]
    assert names[5:] == ["fig_steps_tiny_net", "fig_extra_mine"]
    assert (spec(study, "fig_steps_tiny_net").exercise, spec(study, "fig_steps_tiny_net").variants) == (
        "steps",
        ("tiny_net",),
    )
    assert spec(make_study(), "fig_moons_wider").title == {"es": "moons, Más neuronas", "en": "moons, More neurons"}


@pytest.mark.parametrize(
    ("variants", "figures"),
    [
        (["corrected"], {"fig4": ("raw",), "figx_sizes": ("wider", "deeper")}),
        (["raw", "raw_numpy"], {"fig4": ("corrected",), "figx_hand": (), "figx_times": ()}),
        (["raw_numpy"], {"fig_moons_raw_numpy": ()}),  # too few for a comparison or a pair
        (["wider", "deeper"], {"fig5": (), "figx_sizes": ("corrected",)}),
    ],
)
def test_a_figure_of_several_variants_is_drawn_with_those_left(
    variants: list[str], figures: dict[str, tuple[str, ...]]
) -> None:
    study = make_study({"moons": variants})
    assert {name: spec(study, name).left_out for name in figures_for(study)} == figures


def test_what_is_left_keeps_its_label_and_its_look(tmp_path: Path) -> None:
    three = ("variants: [raw, raw_numpy]", "variants: [deeper, raw, raw_numpy]")
    study = edited(tmp_path / "study", "moons/about.yaml", *three, exercises={"moons": ["raw", "raw_numpy"]})
    path = study.folder / "moons/about.yaml"
    text = path.read_text(encoding="utf-8").replace("labels: [keras, numpy]", "labels: [hidden, keras, numpy]", 1)
    path.write_text(text, encoding="utf-8")
    left = spec(study, "figx_hand")
    assert (left.variants, left.labels, left.places) == (("raw", "raw_numpy"), ("keras", "numpy"), (1, 2))


def test_only_the_exercises_in_play() -> None:
    assert figures_for(make_study({"steps": ["conv"]})) == ["fig1b", "fig2b"]


@pytest.mark.parametrize("name", ["fig99", "fig_step_dense", "../fig1a", ""])
def test_an_unknown_figure_is_bad_input(name: str) -> None:
    with pytest.raises(InputError, match="unknown figure"):
        spec(STUDY, name)


def test_a_figure_of_what_does_not_run_says_so() -> None:
    with pytest.raises(InputError, match="fig4 shows moons, which is not in the study"):
        spec(make_study({"steps": ["dense", "conv"]}), "fig4")


def test_the_caption_of_the_first_page_says_which_metrics_and_marks_there_are() -> None:
    captions = spec(STUDY, "fig_overview").caption
    assert "(in 2, loss; in the other, accuracy)" in captions["en"]
    alone = spec(make_study({"steps": ["dense", "conv"]}), "fig_overview").caption["en"]
    assert "range of the seeds (accuracy)." in alone
    assert (
        "panels with test data, the results on these: dot with 95 % interval, this study; diamond, the source." in alone
    )
    assert "diamond" not in spec(make_study({"moons": ["raw"]}), "fig_overview").caption["en"]
    single = spec(make_study({"steps": ["dense", "conv"]}, seeds=1), "fig_overview").caption["en"]
    assert "validation by epoch, of one seed (accuracy)." in single
    assert "results on these: dot, this study; diamond, the source." in single
    without = spec(make_study({"extra": ["mine"]}), "fig_overview").caption["en"]
    assert "source" not in without
    assert "claimed" not in without


def test_kinds_say_what_they_are_drawn_from() -> None:
    assert {each.name for each in SPECS if each.reads == "arrays"} == {"fig3"}
    kinds = {spec(STUDY, name).kind for name in report_figures(STUDY)}
    assert kinds - set(KINDS) == {"stairs"}
    assert set(KINDS) == set(DRAWN_HERE) <= kinds
    assert spec(STUDY, "figx_times").reads == "metrics"
    assert spec(STUDY, "fig5").reads == "tables"


def test_what_users_add_stands_for_itself() -> None:
    assert label(section("figures", "es"), "top5_error") == "top5 error"


def test_the_catalogue_is_light() -> None:
    code = "import sys, practica.figures.catalogue; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "pandas", "numpy", "scipy", "tensorflow"} & set(loaded)
