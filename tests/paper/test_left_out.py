"""What a study leaves out is a gap in the report, never an error; an unknown name is an error before any job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evidence.factory import EXERCISES, RUN, edited
from paper.conftest import needs_latex
from paper.factory import fill
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.evidence.results import Missing
from practica.figures.catalogue import figures_for, spec
from practica.paper.document import build
from practica.paper.facts import Facts
from practica.paper.names import check_names, figure_specs, named_variants
from practica.paper.prose import Prose
from practica.paper.references import labels
from practica.plan.wiring import check_prose
from toy import CONFIG, TOY, copied, resolve

VARIANTS = sorted((exercise, variant) for exercise in RUN for variant in EXERCISES[exercise][1])


def without(*left_out: str, **changes: Any) -> Study:
    """Return the toy without some exercises or variants."""
    config = read_config([CONFIG])
    for name in left_out:
        exercise, _, variant = name.partition("/")
        (config["exercises"][exercise]["variants"] if variant else config["exercises"])[variant or exercise] = None
    return resolve({**config, **changes})


def expanded(study: Study, folder: Path, exercise: str, language: str) -> str:
    """Return a section of the report."""
    specs = [spec(study, name) for name in figures_for(study)]
    pictures = {each.name: each.caption[language] for each in specs if each.exercise == exercise}
    prose = Prose(Facts(study, folder, language), exercise, pictures)
    return prose.expand(TOY / exercise / f"{language}.tex") + prose.rest()


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_the_report_does_without_any_variant(exercise: str, variant: str, results: Path) -> None:
    """Names stay valid and every section expands, with each variant of the toy study left out in turn."""
    study = without(f"{exercise}/{variant}")
    assert (exercise, variant) in named_variants(study)
    check_prose(study)
    for language in study.languages:
        assert expanded(study, results, exercise, language)


@pytest.mark.parametrize("exercise", RUN)
def test_the_report_does_without_an_exercise(exercise: str, results: Path) -> None:
    study = without(exercise)
    check_prose(study)
    (other,) = study.exercises
    for language in study.languages:
        assert expanded(study, results, other, language)


@pytest.mark.parametrize(("exercise", "table"), [("moons", "table_moons"), ("steps", "table2")])
def test_a_text_may_refer_to_the_tables_of_an_exercise_left_out(exercise: str, table: str) -> None:
    known = labels(without(exercise))
    assert {f"sec:{exercise}", f"tab:{table}"} <= known


def test_a_variant_left_out_is_a_hole_where_it_is_named(tmp_path: Path) -> None:
    study = without("moons/turned", "moons/wider", only=["moons"])
    fill(study, tmp_path)
    assert "no forma parte de esta corrida" in expanded(study, tmp_path, "moons", "es")
    assert "not part of this study" in expanded(study, tmp_path, "moons", "en")
    facts = Facts(study, tmp_path, "en")
    for result in (
        facts.look_up("moons/turned/validation/accuracy"),
        facts.look_up("parametros:moons/wider"),
        facts.setting("moons/wider/units"),
        facts.training("moons/wider"),
    ):
        assert isinstance(result, Missing)
        assert "not part of this study" in result.reason


def test_figures_and_tables_of_what_is_left_out_keep_their_places(tmp_path: Path) -> None:
    study = without("moons/turned", "moons/raw_numpy", only=["moons"])
    fill(study, tmp_path)
    prose, path = Prose(Facts(study, tmp_path, "en"), "moons", {}), tmp_path / "moons.tex"
    path.write_text(
        "\\figura{figx_hand}{}\n\\tabla{table_turned}\n\\capas{moons/turned}\n"
        "\\semillas{moons/turned}\n\\entrenaigual{moons/turned}{moons/raw_numpy}{alike}{otherwise}\n"
        "\\sihay{moons/turned/validation/accuracy}{there}{not there}\n"
    )
    lines = prose.expand(path).splitlines()
    assert r"\label{fig:figx_hand}" in lines[0] and "not part of this study" in lines[0]
    assert r"\label{tab:table_turned}" in lines[1] and "not part of this study" in lines[1]
    assert all("not part of this study" in line for line in lines[2:4])
    assert lines[4:] == ["otherwise", "not there"]


@needs_latex
def test_both_pdfs_are_built_without_a_variant_that_the_prose_names(tmp_path: Path) -> None:
    study = without("moons/turned", only=["moons"])
    fill(study, tmp_path)
    for language in study.languages:
        assert build(study, tmp_path, language).is_file()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (r"\resultado{steps/dens/test/accuracy}", "did you mean 'dense'"),
        (r"\resultado{stps/dense/test/accuracy}", "unknown exercise 'stps'"),
        (r"\resultado{steps/dense/test/acuracy}", "did you mean 'accuracy'"),
        (r"\resultado{steps/dense/accuracy}", "should read exercise/variant/split/metric"),
        (r"\resultado{tiempo:raw/keras}", "unknown prefix 'tiempo:'"),
        (r"\compara{steps/conv/test/accuracy}{steps/dense/test/los}{a}{b}{c}", "did you mean 'loss'"),
        (r"\sihay{steps/conv/test/f1}{a}{b}", "nothing records 'f1'"),
        (r"\fuente{steps/dense/train/accuracy}", "the source prints no"),
        (r"\ajuste{steps/dense/epocs}", "did you mean 'epochs'"),
        (r"\entrenaigual{steps/dense}{steps/con}{a}{b}", "did you mean 'conv'"),
        (r"\semillas{steps}", "should read exercise/variant"),
        (r"\capas{steps/dense,steps/con}", "did you mean 'conv'"),
        (r"\figura{fig1a,fig1c}{}", "has no figure 'fig1c'"),
        (r"\tabla{table22}", "did you mean 'table2'"),
        (r"\veredicto{steps-x}", "no claim 'steps-x'"),
        (r"\segun{steps-a/sped}{a}{b}{c}", "did you mean 'speed'"),
    ],
)
def test_a_name_of_nothing_is_found_before_anything_runs(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "steps.tex"
    path.write_text(f"One.\n\n{text}\n")
    with pytest.raises(InputError, match=rf"steps\.tex:3: \\\w+: .*{re.escape(sentence)}"):
        check_names(without(), path, "steps")


def test_names_are_checked_with_the_study(tmp_path: Path) -> None:
    edited(tmp_path / "study", "steps/es.tex", r"\parametros{steps/dense}", r"\semillas{steps/nobody}")
    with pytest.raises(InputError, match=r"study/steps/es\.tex:\d+: .*nobody"):
        check_prose(without(study=str(tmp_path / "study")))


def test_an_exercise_can_record_a_metric_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "steps.tex"
    path.write_text(r"\resultado{steps/dense/test/turns} \resultado{steps/conv/test/best_turns}")
    check_names(without(), path, "steps")


def own_section(tmp_path: Path, text: str, *left_out: str, **changes: Any) -> Study:
    """Return the toy without some variants and with another section on the moons."""
    folder = copied(tmp_path / "study")
    (folder / "moons/en.tex").write_text(text)
    return without(*left_out, study=str(folder), report={"languages": ["en"]}, **changes)


@needs_latex
def test_a_figure_that_the_engine_draws_is_a_hole_where_its_variant_is_left_out(tmp_path: Path) -> None:
    study = own_section(tmp_path, r"See \ref{fig:fig_moons_wider}. \figura{fig_moons_wider}{}", "moons/wider")
    check_prose(study)
    fill(study, tmp_path / "results")
    build(study, tmp_path / "results", "en")
    source = (tmp_path / "results/paper/en/moons.tex").read_text(encoding="utf-8")
    assert r"See \ref{fig:fig_moons_wider}." in source  # to an empty figure with a number
    assert "not part of this study" in source.partition(r"\label{fig:fig_moons_wider}")[0]
    (study.folder / "moons/en.tex").write_text(r"\figura{fig_moons_wyder}{}")
    with pytest.raises(InputError, match="has no figure 'fig_moons_wyder'; did you mean"):
        check_prose(study)


def test_curves_that_no_choice_of_variants_would_draw_stay_unknown(tmp_path: Path) -> None:
    """A figure of one variant replaces its curves, whether or not the variant runs."""
    path = tmp_path / "steps.tex"
    path.write_text(r"\figura{fig_steps_dense}{}")
    assert {each.variants for each in figure_specs(without(), "steps").values()} >= {("dense",)}
    with pytest.raises(InputError, match="has no figure 'fig_steps_dense'"):
        check_names(without("steps/dense"), path, "steps")


@needs_latex
def test_a_reference_to_what_is_left_out_and_has_no_place_is_a_hole(tmp_path: Path) -> None:
    names = ("fig:figx_turned", "fig:fig_moons_wider", "tab:layers_moons_wider", "sec:steps", "fig:fig3")
    text = "".join(rf"See {place} \ref{{{name}}}. " for place, name in enumerate(names))
    text += r"And \ref{sec:moons}, \pageref{tab:table2}."
    study = own_section(tmp_path, text, "moons/wider", "moons/turned", only=["moons"])
    fill(study, tmp_path / "results")
    build(study, tmp_path / "results", "en")
    source = (tmp_path / "results/paper/en/moons.tex").read_text(encoding="utf-8").splitlines()[0]
    for place in range(len(names)):
        assert rf"See {place} \textcolor{{red}}{{[missing: not part of this study]}}" in source
    assert r"And \ref{sec:moons}, \textcolor" in source
    (study.folder / "moons/en.tex").write_text(r"See \ref{fig:figx99}.")
    with pytest.raises(RunError, match="'fig:figx99'"):
        build(study, tmp_path / "results", "en")
