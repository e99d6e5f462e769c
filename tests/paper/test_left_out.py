"""What a study leaves out is a hole in the report, never an error; what nothing knows is an error before any job."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from evidence.factory import edited
from paper.conftest import needs_latex
from paper.factory import ROOT, fill
from practica.config.study import Study, read_config
from practica.errors import InputError, RunError
from practica.evidence.results import Missing
from practica.figures.catalogue import figures_for, spec
from practica.paper.document import build
from practica.paper.facts import Facts
from practica.paper.known import check_names, figure_specs, named_variants
from practica.paper.prose import Prose
from practica.plan.wiring import check_prose

VARIANTS = sorted(
    (exercise, variant)
    for exercise, entry in read_config([ROOT / "config.yaml"])["exercises"].items()
    for variant in entry["variants"]
)


def without(*left_out: str, **changes: Any) -> Study:
    """Return the shipped study without some exercises or variants."""
    config = read_config([ROOT / "config.yaml", ROOT / "profiles/quick/settings.yaml"])
    for name in left_out:
        exercise, _, variant = name.partition("/")
        (config["exercises"][exercise]["variants"] if variant else config["exercises"])[variant or exercise] = None
    return Study.resolve({**config, **changes})


def expanded(study: Study, folder: Path, exercise: str, language: str) -> str:
    """Return a section of the report."""
    specs = [spec(study, name) for name in figures_for(study)]
    pictures = {each.name: each.caption[language] for each in specs if each.exercise == exercise}
    prose = Prose(Facts(study, folder, language), exercise, pictures)
    return prose.expand(ROOT / "study" / exercise / f"{language}.tex") + prose.rest()


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_the_report_does_without_any_variant(exercise: str, variant: str, results: Path) -> None:
    """The names are known and every section expands, with each variant of the shipped study left out in turn."""
    entry = read_config([ROOT / "config.yaml"])["exercises"][exercise]
    alone = len(entry["variants"]) == 1
    study = without(exercise if alone else f"{exercise}/{variant}")
    assert (exercise, variant) in named_variants(study)
    check_prose(study)
    if not alone:
        for language in study.languages:
            assert expanded(study, results, exercise, language)


def test_a_variant_left_out_is_a_hole_where_it_is_named(tmp_path: Path) -> None:
    study = without("ej10/vgg16_cifar10", "ej06/wider", only=["ej06", "ej10"])
    fill(study, tmp_path)
    assert "no forma parte de esta corrida" in expanded(study, tmp_path, "ej06", "es")
    assert "not part of this study" in expanded(study, tmp_path, "ej06", "en")
    facts = Facts(study, tmp_path, "en")
    for found in (
        facts.look_up("ej10/vgg16_cifar10/test/accuracy"),
        facts.look_up("parametros:ej06/wider"),
        facts.setting("ej06/wider/units"),
        facts.training("ej06/wider"),
    ):
        assert isinstance(found, Missing)
        assert "not part of this study" in found.reason


def test_figures_and_tables_of_what_is_left_out_keep_their_places(tmp_path: Path) -> None:
    study = without("ej10/alexnet_cifar10", "ej10/vgg16_cifar10", only=["ej10"])
    fill(study, tmp_path)
    prose, path = Prose(Facts(study, tmp_path, "en"), "ej10", {}), tmp_path / "ej10.tex"
    path.write_text(
        "\\figura{figx10a}{}\n\\tabla{table_ej10_cifar10}\n\\capas{ej10/vgg16_cifar10}\n"
        "\\semillas{ej10/vgg16_cifar10}\n\\entrenaigual{ej10/vgg16_cifar10}{ej10/alexnet_cifar10}{alike}{otherwise}\n"
        "\\sihay{ej10/vgg16_cifar10/test/accuracy}{there}{not there}\n"
    )
    lines = prose.expand(path).splitlines()
    assert r"\label{fig:figx10a}" in lines[0] and "not part of this study" in lines[0]
    assert r"\label{tab:table_ej10_cifar10}" in lines[1] and "not part of this study" in lines[1]
    assert all("not part of this study" in line for line in lines[2:4])
    assert lines[4:] == ["otherwise", "not there"]


@needs_latex
def test_both_pdfs_are_built_without_a_variant_that_the_prose_names(tmp_path: Path) -> None:
    study = without("ej10/vgg16_cifar10", only=["ej10"])
    fill(study, tmp_path)
    for language in study.languages:
        assert build(study, tmp_path, language).is_file()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (r"\resultado{ej08/dens/test/accuracy}", "did you mean 'dense'"),
        (r"\resultado{ej88/dense/test/accuracy}", "unknown exercise 'ej88'"),
        (r"\resultado{ej08/dense/test/acuracy}", "did you mean 'accuracy'"),
        (r"\resultado{ej08/dense/accuracy}", "should read exercise/variant/split/metric"),
        (r"\resultado{tiempo:xor_221/keras}", "unknown prefix 'tiempo:'"),
        (r"\compara{ej08/conv/test/accuracy}{ej08/dense/test/los}{a}{b}{c}", "did you mean 'loss'"),
        (r"\sihay{ej08/conv/test/f1}{a}{b}", "nothing records 'f1'"),
        (r"\fuente{ej08/dense/train/accuracy}", "the source prints no"),
        (r"\ajuste{ej08/dense/epocs}", "did you mean 'epochs'"),
        (r"\entrenaigual{ej08/dense}{ej08/con}{a}{b}", "did you mean 'conv'"),
        (r"\semillas{ej08}", "should read exercise/variant"),
        (r"\capas{ej08/dense,ej08/con}", "did you mean 'conv'"),
        (r"\figura{fig13a,fig13c}{}", "has no figure 'fig13c'"),
        (r"\tabla{table22}", "did you mean 'table2'"),
        (r"\veredicto{ej08-x}", "no claim 'ej08-x'"),
        (r"\segun{ej08-a/sped}{a}{b}{c}", "did you mean 'speed'"),
    ],
)
def test_a_name_of_nothing_is_found_before_anything_runs(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "ej08.tex"
    path.write_text(f"One.\n\n{text}\n")
    with pytest.raises(InputError, match=rf"ej08\.tex:3: \\\w+: .*{re.escape(sentence)}"):
        check_names(without(), path, "ej08")


def test_names_are_checked_with_the_study(tmp_path: Path) -> None:
    edited(tmp_path / "study", "ej08/es.tex", r"\parametros{ej08/dense}", r"\semillas{ej08/nobody}")
    with pytest.raises(InputError, match=r"study/ej08/es\.tex:\d+: .*nobody"):
        check_prose(without(study=str(tmp_path / "study")))


def test_an_exercise_can_record_a_metric_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "ej07.tex"
    path.write_text(r"\resultado{ej07/autoencoder/test/noisy_psnr} \resultado{ej07/autoencoder/test/best_mse}")
    check_names(without(), path, "ej07")


def own_section(tmp_path: Path, exercise: str, text: str, *left_out: str) -> Study:
    """Return a study of two exercises without some variants, in which one section reads otherwise."""
    folder = tmp_path / "study"
    shutil.copytree(ROOT / "study", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / exercise / "en.tex").write_text(text)
    return without(*left_out, study=str(folder), only=["ej07", "ej10"], report={"languages": ["en"]})


@needs_latex
def test_a_figure_that_the_engine_draws_is_a_hole_where_its_variant_is_left_out(tmp_path: Path) -> None:
    study = own_section(tmp_path, "ej10", r"See \ref{fig:fig_ej10_vgg16_long}. \figura{fig_ej10_vgg16_long}{}")
    check_prose(study)
    fill(study, tmp_path / "results")
    build(study, tmp_path / "results", "en")
    source = (tmp_path / "results/paper/en/ej10.tex").read_text(encoding="utf-8")
    assert r"See \ref{fig:fig_ej10_vgg16_long}." in source  # to a figure with a number and nothing in it
    assert "not part of this study" in source.partition(r"\label{fig:fig_ej10_vgg16_long}")[0]
    (study.folder / "ej10/en.tex").write_text(r"\figura{fig_ej10_vgg16_lang}{}")
    with pytest.raises(InputError, match="has no figure 'fig_ej10_vgg16_lang'; did you mean"):
        check_prose(study)


def test_curves_that_no_choice_of_variants_would_draw_stay_unknown(tmp_path: Path) -> None:
    """A figure of a variant alone takes the place of its curves, whether or not the variant runs."""
    path = tmp_path / "ej07.tex"
    path.write_text(r"\figura{fig_ej07_autoencoder}{}")
    assert {each.variants for each in figure_specs(without(), "ej07").values()} >= {("autoencoder",)}
    with pytest.raises(InputError, match="has no figure 'fig_ej07_autoencoder'"):
        check_names(without("ej07/autoencoder"), path, "ej07")


@needs_latex
def test_a_reference_to_what_is_left_out_and_has_no_place_is_a_hole(tmp_path: Path) -> None:
    names = ("fig:figx10a", "fig:fig_ej10_vgg16_long", "tab:layers_ej10_vgg16_cifar10", "sec:ej08", "fig:fig13")
    text = "".join(rf"See {place} \ref{{{name}}}. " for place, name in enumerate(names))
    text += r"And \ref{sec:ej10}, \pageref{tab:table2}."
    study = own_section(tmp_path, "ej07", text, "ej10/vgg16_cifar10", "ej10/alexnet_cifar10")
    (study.folder / "ej10/en.tex").write_text("Nothing.")
    fill(study, tmp_path / "results")
    build(study, tmp_path / "results", "en")
    source = (tmp_path / "results/paper/en/ej07.tex").read_text(encoding="utf-8").splitlines()[0]
    for place in range(len(names)):
        assert rf"See {place} \textcolor{{red}}{{[missing: not part of this study]}}" in source
    assert r"And \ref{sec:ej10}, \textcolor" in source
    (study.folder / "ej07/en.tex").write_text(r"See \ref{fig:figx99}.")
    with pytest.raises(RunError, match="'fig:figx99'"):
        build(study, tmp_path / "results", "en")
