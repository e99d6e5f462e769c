"""The catalogue: which figures a study has, and what they say in both languages."""

import re
import subprocess
import sys

import pytest

from evidence.factory import make_study
from practica.errors import InputError
from practica.figures.catalogue import declared, figures_for, report_figures, spec
from practica.figures.draw import KINDS
from practica.figures.specs import KINDS as DRAWN_HERE
from practica.words import label, languages, section

LETTERS = dict.fromkeys(range(1, 19), "") | dict.fromkeys([1, 4, 10, *range(13, 19)], "ab")
STUDY = make_study()
SPECS = [each for exercise in STUDY.exercises for each in declared(STUDY, exercise)]
SOURCE = [f"fig{number:02d}{letter}" for number, letters in LETTERS.items() for letter in letters or [""]]


def test_every_figure_of_the_source_is_there_once() -> None:
    names = figures_for(make_study())
    assert set(SOURCE) <= set(names)
    assert len(names) == len(set(names))
    assert [name for name in names if name not in SOURCE] == [name for name in names if name.startswith("figx")]


def test_every_variant_of_the_source_is_in_some_figure() -> None:
    study = make_study()
    shown = {
        (each.exercise, variant)
        for each in (spec(study, name) for name in figures_for(study))
        for variant in each.variants
    }
    assert shown == {(e, v) for e in study.exercises for v in study.variants(e)}


def test_what_the_catalogue_does_not_know_gets_curves_of_its_own() -> None:
    study = make_study({"ej08": ["dense", "conv", "tiny_net"], "ej11": ["mine"]})
    names = figures_for(study)
    assert names[:4] == ["fig13a", "fig13b", "fig14a", "fig14b"]
    assert names[4:] == ["fig_ej08_tiny_net", "fig_ej11_mine"]
    assert (spec(study, "fig_ej08_tiny_net").exercise, spec(study, "fig_ej08_tiny_net").variants) == (
        "ej08",
        ("tiny_net",),
    )


def test_a_comparison_without_one_of_its_variants_falls_back_to_curves() -> None:
    assert figures_for(make_study({"ej06": ["corrected"]})) == ["fig_ej06_corrected"]


def test_only_the_exercises_in_play() -> None:
    assert figures_for(make_study({"ej05": ["tanh5"]})) == ["fig10a", "fig10b"]


@pytest.mark.parametrize("name", ["fig99", "fig_ej8_dense", "../fig02", ""])
def test_an_unknown_figure_is_bad_input(name: str) -> None:
    with pytest.raises(InputError, match="unknown figure"):
        spec(STUDY, name)


def test_a_figure_of_what_does_not_run_says_so() -> None:
    with pytest.raises(InputError, match="fig01a shows ej01, which is not in the study"):
        spec(make_study({"ej08": ["dense", "conv"]}), "fig01a")


def test_the_caption_of_the_first_page_says_which_metrics_and_marks_there_are() -> None:
    captions = spec(STUDY, "fig_overview").caption
    assert "(in 1, loss; in 5 and 7, mean squared error; in the others, accuracy)" in captions["en"]
    alone = spec(make_study({"ej08": ["dense", "conv"]}), "fig_overview").caption["en"]
    assert "range of the seeds (accuracy)." in alone
    assert (
        "panels with test data, the results on these: dot with 95 % interval, this study; diamond, the source." in alone
    )
    assert "diamond" not in spec(make_study({"ej01": ["net"]}), "fig_overview").caption["en"]
    without = spec(make_study({"ej11": ["mine"]}), "fig_overview").caption["en"]
    assert "source" not in without
    assert "claimed" not in without


def test_titles_and_captions_stand_in_every_language_and_fit() -> None:
    for each in SPECS:
        for text in (each.title, each.caption):
            assert all(text[language] for language in languages())
        assert max(len(each.title[language]) for language in languages()) <= 48, each.name
        assert each.caption["es"].endswith("."), each.name


def test_captions_hold_no_results() -> None:
    for each in SPECS:
        for language in languages():
            assert not re.search(r"\d[.,]\d", each.caption[language]), each.name


def test_kinds_say_what_they_are_drawn_from() -> None:
    assert {each.name for each in SPECS if each.reads == "arrays"} == {"fig01a", "fig10b", "fig12", "figx07b"}
    kinds = {spec(STUDY, name).kind for name in report_figures(STUDY)}
    assert kinds - set(KINDS) == {"prices", "return_map", "digits"}
    assert set(KINDS) == set(DRAWN_HERE) <= kinds
    assert spec(STUDY, "figx02e").reads == "metrics"
    assert spec(STUDY, "fig05").reads == "tables"


def test_what_users_add_stands_for_itself() -> None:
    assert label(section("figures", "es"), "top5_error") == "top5 error"


def test_the_catalogue_is_light() -> None:
    code = "import sys, practica.figures.catalogue; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "pandas", "numpy", "scipy", "tensorflow"} & set(loaded)
