"""The content of the pages: every figure, table and run, and only what the results say."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from paper.factory import fill, one_exercise, write_block, write_failure
from practica.config import declarations
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.evidence.costs import COLUMNS, COSTS
from practica.evidence.curves import Curve
from practica.evidence.results import Results
from practica.evidence.verdicts import write_claims
from practica.figures.captions import of_forest
from practica.figures.catalogue import report_figures, spec
from practica.figures.curves import Line, Plot
from practica.figures.draw import Course, course, figure_words
from practica.figures.style import look
from practica.files import read_json, write_json
from practica.page import exercise
from practica.page.build import write_pages
from practica.page.charts import charts
from practica.page.prose import _title, reference
from practica.paper.catalogue import appendix_tables, front_tables
from practica.paper.facts import Facts
from practica.paper.layers import shown_tables
from practica.paper.origins import origins_section
from practica.paper.settings import heading, setting
from practica.words import section
from toy import copied, toy_study, two_protocols


def page(project: Path, name: str) -> str:
    return (project / "results/page" / name).read_text(encoding="utf-8")


def specifications(text: str) -> list[dict]:
    result = re.findall(
        r'<div class="chart"[^>]*></div>\s*<script type="application/json">(.*?)</script>', text, re.DOTALL
    )
    return [json.loads(each) for each in result]


def test_every_figure_and_table_is_on_a_page(project: Path, faked: Study) -> None:
    for suffix in ("", "_en"):
        text = {each: page(project, f"{each}{suffix}.html") for each in faked.exercises}
        index = page(project, f"index{suffix}.html")
        for name in report_figures(faked):
            assert f'id="{name}"' in (text.get(spec(faked, name).exercise) or index)
        facts = Facts(faked, project / "results", "es")
        own = [(text[exercise], table) for exercise in faked.exercises for table in shown_tables(facts, exercise)]
        common = [(index, table) for table in (*front_tables(faked), *appendix_tables(faked))]
        for shown, table in (*own, *common):
            assert f'<table id="{table.name}"' in shown


def test_every_page_leads_to_itself_in_the_other_language(project: Path) -> None:
    for path in (project / "results/page").glob("*.html"):
        stem = path.stem.removesuffix("_en")
        switch = path.read_text().split('class="languages"')[1].split("</span>")[0]
        assert re.findall(r'href="([^"]+)"', switch) == [f"{stem}.html", f"{stem}_en.html"]
        assert f'<html lang="{"en" if path.stem.endswith("_en") else "es"}">' in path.read_text()


def test_a_setting_that_the_code_of_a_model_may_replace_is_marked(
    project: Path, faked: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, own = Facts(faked, project / "results", "en"), frozenset({"learning_rate"})
    for chosen, mark in ((own, "*"), (frozenset(), "")):
        monkeypatch.setattr(exercise, "may_be_own", lambda *_, chosen=chosen: chosen)
        table = exercise._settings(facts, faked.exercises[0])
        rows = {row[0].raw[""]: {cell.text[-1] for cell in row[1:]} for row in table.rows}
        assert (rows["learning_rate"] == {"*"}) == bool(mark) and "*" not in rows["epochs"]
        assert [note[0] for note in table.notes] == [mark] * bool(mark)


def test_settings_side_by_side_are_called_by_their_names_in_words(project: Path) -> None:
    for file, name in (("steps.html", "Tasa de aprendizaje"), ("steps_en.html", "Learning rate")):
        table = page(project, file).split('<table id="settings_steps"')[1].split("</table>")[0]
        assert f">{name}<small>learning_rate</small>" in table


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_setting_has_a_name_in_words(language: str) -> None:
    for name in declarations.engine():
        called = heading(name, language)
        assert called == section("settings", language)[f"name_{name}"] and called[0].isupper() and "_" not in called


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("{} output", "… output"),
        ("inputs scaled: {}", "Inputs scaled"),
        ("noise of {} dB", "Noise of … dB"),
        ("", "My own"),
    ],
)
def test_a_setting_of_a_study_is_called_as_it_is_said(words: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "own", lambda: {"my_own": {"words": {"en": words}} if words else {}})
    assert heading("my_own", "en") == name


def test_options_of_a_setting_are_in_words() -> None:
    stopping = {"patience": 5, "restore_best": False}
    assert setting(stopping, "es") == "paciencia 5, pesos de la mejor época: no"
    assert setting({"name": "AdamW", "weight_decay": 0.01}, "en") == "AdamW (weight_decay 0.01)"
    loss = {"name": "binary_crossentropy", "from_logits": False}
    assert setting(loss, "es") == "la entropía cruzada binaria (a partir de logits: no)"
    assert setting("sigmoid", "es") == "sigmoide"


def test_settings_side_by_side_are_those_of_all_protocols(tmp_path: Path) -> None:
    folder = two_protocols(tmp_path / "study")
    study = toy_study(study=str(folder), protocols=["ours", "theirs"], seeds=3)
    fill(study, tmp_path / "results")
    table = exercise._settings(Facts(study, tmp_path / "results", "en"), "steps")
    assert [column.key for column in table.columns[1:]] == list(study.every_variant("steps"))
    assert "Dense layers (as published)" in [column.heading for column in table.columns]


def test_the_first_page_says_what_the_study_has_cost(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    row = dict.fromkeys(COLUMNS, 1) | {"exercise": "steps", "variant": "dense", "trial": "", "block": "s0-1"}
    pd.DataFrame([row | {"attempts": 3, "cpu_seconds": 7200, "wall_seconds": 7300}]).to_csv(
        tmp_path / COSTS, index=False
    )
    write_pages(study, tmp_path)
    text = (tmp_path / "page/index_en.html").read_text().split('<details class="checklist">')[1].split("</details>")[0]
    assert "Jobs: 1; attempts: 3, of which 1 did not finish." in " ".join(text.split())
    assert "2.0 hours of processor time" in text
    assert '<table id="checklist"' in text


def test_the_claims_come_first(project: Path) -> None:
    text = page(project, "index.html")
    assert re.findall(r'<table id="(\w+)"', text)[0] == "claims"
    judged = read_json(project / "results/claims.json")["claims"]
    tiles = dict(re.findall(r'data-verdict="([\w ]+)".*?<b>(\d+)</b>', text, re.DOTALL))
    assert sum(map(int, tiles.values())) == len(judged)
    assert all(int(count) == sum(each["verdict"] == name for each in judged) for name, count in tiles.items())
    assert "0" not in tiles.values(), "a verdict that no claim has is not counted"


def test_an_exercise_opens_with_its_prose_and_figures(project: Path) -> None:
    text = page(project, "steps.html")
    places = [text.index(each) for each in ('class="prose"', 'id="fig1a"', '<table id="claims_steps"')]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("label", "text", "target"),
    [
        ("fig:fig1a", "1a", "steps_en.html#fig1a"),
        ("fig:figx_sizes", "“Moons, larger nets”", "moons_en.html#figx_sizes"),
        ("tab:table2", "2", "steps_en.html#table2"),
        ("tab:table_moons", "“Validation accuracy on the moons”", "moons_en.html#table_moons"),
        ("tab:claims_steps", "“What is claimed in steps”", "steps_en.html#claims_steps"),
        ("sec:steps", "1", "steps_en.html"),
    ],
)
def test_prose_names_figures_and_tables_by_number_or_title(faked: Study, label: str, text: str, target: str) -> None:
    assert reference(Facts(faked, Path("results"), "en"), label) == (text, target)


@pytest.mark.parametrize(
    ("titles", "text"),
    [
        (("MNIST: confusions, dense net", "MNIST: confusions, convolutional net"), "“MNIST: confusions”"),
        (("Confusions: dense net", "Confusions, twice"), "“Confusions”"),
        (("Loss", "Accuracy", "Time"), "“Loss” … “Time”"),
        (("Loss, all",), "“Loss, all”"),
    ],
)
def test_figures_that_stand_together_are_named_by_what_their_titles_share(
    faked: Study, titles: tuple[str, ...], text: str
) -> None:
    one = spec(faked, "figx_sizes")
    assert _title([replace(one, title={"en": title}) for title in titles], "en") == text


def test_a_reference_to_several_figures_names_them_all(faked: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    one = spec(faked, "figx_sizes")
    both = [
        replace(one, name=f"figx7{letter}", title={"en": f"Moons, {size}"})
        for letter, size in (("a", "small"), ("b", "large"))
    ]
    monkeypatch.setattr("practica.page.prose.figures.of_exercise", lambda *_: both)
    facts = Facts(faked, Path("results"), "en")
    assert reference(facts, "fig:figx7")[0] == "“Moons”"
    assert reference(facts, "fig:figx7b")[0] == "“Moons, large”"


@pytest.mark.parametrize(("name", "words"), [("index.html", "parte rayada"), ("index_en.html", "hatched part")])
def test_the_caption_of_the_forest_says_how_the_page_draws_small_effects(
    project: Path, faked: Study, name: str, words: str
) -> None:
    caption = page(project, name).split('class="check axis"')[1].split('<p class="hint">')[1].split("</p>")[0]
    assert words in caption
    assert "rayada" not in of_forest(faked)["es"] and "hatched" not in of_forest(faked)["en"], "in print it is paler"


def test_a_flipped_verdict_flips_tile_row_and_colour(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    judged = read_json(tmp_path / "claims.json")
    for verdict in ("confirmed", "not confirmed"):
        judged["claims"][0]["verdict"] = verdict
        judged["claims"][0]["parts"][0]["verdict"] = verdict
        write_json(tmp_path / "claims.json", judged)
        write_pages(study, tmp_path)
        text = (tmp_path / "page/index_en.html").read_text()
        row = text.split('<table id="claims"')[1].split("<tr>")[2]
        assert f'class="{verdict.replace(" ", "-")}" data-value="{verdict}"' in row
        assert re.search(rf'data-verdict="{verdict}".*?<b>1</b>', text, re.DOTALL)


def test_a_chart_holds_the_curve_and_its_band(project: Path, faked: Study) -> None:
    shown = spec(faked, "fig1a")
    result = course(shown, Results(faked, project / "results"), figure_words(faked, shown, "es"))
    (chart,) = charts(result, shown.title["es"], "Época", log_epochs=False)
    assert chart in specifications(page(project, "steps.html"))
    table = pd.read_csv(io.StringIO(chart["data"]["values"]))
    for place, line in enumerate(result.plots[0].lines):
        assert table[f"m{place}"].tolist() == pytest.approx(line.curve.mean.tolist(), rel=1e-4)
        assert table[f"h{place}"].tolist() == pytest.approx(line.curve.high.tolist(), rel=1e-4)
        message = chart["layer"][-1]["transform"][-1]["calculate"]
        assert f"show{place} ? {{{json.dumps(line.label)}: datum.t{place}}}" in message


def test_charts_to_compare_share_their_limits_and_say_what_they_show(project: Path) -> None:
    text = page(project, "steps_en.html")
    shown = {
        name: specifications(text.split(f'id="{name}"')[1].split("</figure>")[0])[0] for name in ("fig1a", "fig1b")
    }
    scales = [chart["layer"][0]["encoding"]["y"]["scale"] for chart in shown.values()]
    assert scales[0] == scales[1]
    low, high = scales[0]["domain"]
    for chart in shown.values():
        values = pd.read_csv(io.StringIO(chart["data"]["values"])).drop(columns="epoch")
        assert low <= values.min().min() and values.max().max() <= high
    assert shown["fig1a"]["description"].endswith(": Accuracy. Training; Validation.")


def test_logarithmic_axes_have_readable_ticks() -> None:
    epochs = np.arange(20, 4001, 20)
    mean = np.geomspace(0.4, 2e-5, len(epochs))
    line = Line("tanh", Curve(epochs, mean, mean, mean, mean, 1, 1, False), look(0))
    (chart,) = charts(Course((Plot("MSE", (line,), log=True),), ()), "", "Época", log_epochs=True)
    assert chart["encoding"]["x"]["axis"]["values"] == [20, 50, 100, 200, 500, 1000, 2000]
    low, high = chart["encoding"]["x"]["scale"]["domain"]
    assert 15 < low < 20 and 4000 < high < 5000, "the dots at the ends are not cut"
    upright = chart["layer"][0]["encoding"]["y"]["axis"]
    assert upright["values"] == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert (
        upright["labelExpr"] == "['10⁻⁵', '10⁻⁴', '10⁻³', '10⁻²', '10⁻¹', '10⁰'][round(log(datum.value) / LN10) - (-5)]"
    )


def test_every_link_leads_somewhere(project: Path) -> None:
    folder = project / "results/page"
    places = {path.name: set(re.findall(r'\bid="([^"]+)"', path.read_text())) for path in folder.glob("*.html")}
    for path in folder.glob("*.html"):
        for target in re.findall(r'<a [^>]*href="([^"]+)"', path.read_text()):
            name, _, place = target.partition("#")
            if name.startswith("https://"):  # a work that the prose cites
                continue
            assert (name or path.name) in places, target
            assert not place or place in places[name or path.name], target


def test_a_run_shows_its_metrics_and_log(project: Path, faked: Study) -> None:
    text = page(project, "steps_runs.html")
    block = next(each for each in faked.blocks() if each.id.startswith("steps/conv/"))
    run = text.split(f'id="conv-{block.name}"')[1].split("</section>")[0]
    assert f"{block.id}: done &amp; &lt;b&gt;well&lt;/b&gt;" in run
    kept = json.loads(re.search(r'<script type="application/json">(.*?)</script>', run, re.DOTALL)[1])
    assert kept == read_json(block.folder(project / "results") / "metrics.json")
    assert len(re.findall("<tr>", run)) == 1 + len(block.seeds)


def test_metrics_of_all_runs_stand_in_one_order(project: Path) -> None:
    text = page(project, "steps_runs_en.html")
    heads = [re.findall(r'<th scope="col"[^>]*>(.*?)</th>', part) for part in text.split("<table")[1:]]
    assert heads[0][1:4] == ["Accuracy, training", "Accuracy, validation", "Accuracy, test"]
    assert all(each == heads[0] for each in heads)


def test_metrics_of_a_single_run_stand_below_each_other(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    fill(study, tmp_path)
    write_pages(study, tmp_path)
    table = (tmp_path / "page/steps_runs_en.html").read_text().split('id="metrics-dense-s0"')[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
    assert heads == ["Metric", "Training", "Validation", "Test"]
    kept = pd.read_csv(tmp_path / "metrics.csv")
    run = kept[(kept["variant"] == "dense") & (kept["seed"] == 0)]
    final = run[~run["metric"].str.startswith("best_")]
    shown = [float(value) for value in re.findall(r'class="number" data-value="([^"]+)"', table)]
    assert sorted(shown) == pytest.approx(sorted(final["value"]))
    runs = (tmp_path / "page/steps_runs_en.html").read_text()
    assert "This run left no log." in runs and "<details" not in runs


def test_a_run_says_if_it_is_of_no_commit_or_not_as_it_was_left_and_the_first_page_how_many_are_lost(
    tmp_path: Path,
) -> None:
    study = one_exercise()  # with a dirty tree
    for block in study.blocks():
        write_block(block, tmp_path)
    dense, conv = (next(block for block in study.blocks() if block.variant == name) for name in ("dense", "conv"))
    manifest = dense.folder(tmp_path) / "manifest.json"
    content = read_json(manifest)
    content["provenance"]["git"]["dirty"] = False
    write_json(manifest, {**content, "rewritten": "an older table"})
    collect(study, tmp_path)
    write_claims(study, tmp_path)
    write_pages(study, tmp_path)
    runs = (tmp_path / "page/steps_runs_en.html").read_text()
    first, second = (
        runs.split(f'id="{block.variant}-{block.name}"')[1].split("</section>")[0] for block in (dense, conv)
    )
    assert "an older table" in first and "uncommitted" not in first
    assert "(with uncommitted changes)" in second and "Written again" not in second
    assert "failed or are missing" not in (tmp_path / "page/index_en.html").read_text()
    (conv.folder(tmp_path) / "metrics.json").unlink()
    kept = read_json(tmp_path / "claims.json")
    collect(study, tmp_path)
    write_json(tmp_path / "claims.json", kept)  # judged with these runs
    write_pages(study, tmp_path)
    lost = f"{len(conv.seeds)} failed or are missing; the verdicts leave them out."
    assert lost in (tmp_path / "page/index_en.html").read_text()


def test_a_figure_names_the_seeds_of_its_runs(project: Path) -> None:
    figure = page(project, "steps_en.html").split('id="fig1a"')[1].split("</figure>")[0]
    assert re.search(r'<span>Dense layers, seeds <a href="steps_runs_en.html#dense-s0-4">0–4</a></span>', figure)


def test_several_claims_are_counted_in_the_plural(project: Path) -> None:
    for name, language in (("index.html", "es"), ("index_en.html", "en")):
        several = section("page", language)["several"]
        result = re.findall(
            r'data-verdict="([\w ]+)".*?<b>(\d+)</b> <span>. (.*?)</span>', page(project, name), re.DOTALL
        )
        judged = {claim["verdict"] for claim in read_json(project / "results/claims.json")["claims"]}
        assert {verdict for verdict, *_ in result} == judged
        assert all(text == several[verdict] for verdict, count, text in result if count != "1")


def test_captions_say_what_was_run(project: Path, faked: Study) -> None:
    caption = unescape(page(project, "steps.html").split('id="fig1a"')[1].split("</figure>")[0])
    epochs = faked.settings("steps", "dense")["epochs"]
    trained = f"Adam, tasa de aprendizaje 0,001, lotes de 32 ejemplos, {epochs} épocas y una capa oculta de 8 neuronas"
    assert f"{trained}; 5 semillas" in caption


def test_holes_and_stand_ins_are_marked(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    fill(study, tmp_path, skip=("steps/conv",))
    write_failure(study.block("steps", "conv", (0,)), tmp_path, "it diverged <here>")
    write_block(study.block("steps", "dense", (0,)), tmp_path, stand_in=True)
    collect(study, tmp_path)
    write_pages(study, tmp_path)
    own, runs, index = (
        (tmp_path / "page" / f"{name}_en.html").read_text() for name in ("steps", "steps_runs", "index")
    )
    assert "it diverged &lt;here&gt;" in runs
    assert "STAND-IN" in own.split('id="fig1a"')[1].split("</figure>")[0]
    assert "it diverged &lt;here&gt;" in own.split('id="fig1b"')[1].split("</figure>")[0]
    assert 'class="banner">STAND-IN' in index


def test_a_demonstration_is_named_on_every_page(tmp_path: Path) -> None:
    study = one_exercise(seeds=2, demonstration=True)
    fill(study, tmp_path)
    write_pages(study, tmp_path)
    pages = {path.stem: path.read_text() for path in (tmp_path / "page").glob("*_en.html")}
    assert 'class="banner">DEMONSTRATION. This study ran at reduced size, with 2 seeds and 6 epochs.' in pages.pop(
        "index_en"
    )
    assert all('class="banner">DEMONSTRATION: a study at reduced size' in text for text in pages.values())


def test_a_study_without_claims_and_source_speaks_of_neither(tmp_path: Path) -> None:
    folder = copied(tmp_path / "study")
    for file in folder.glob("*/??.tex"):
        file.write_text("A net.\n", encoding="utf-8")
    for file in (folder / "study.yaml", *folder.glob("*/about.yaml")):
        message = yaml.safe_load(file.read_text(encoding="utf-8"))
        kept = {
            key: value for key, value in message.items() if key not in ("claims", "printed", "source", "definitions")
        }
        file.write_text(yaml.safe_dump(kept), encoding="utf-8")
    for name in folder.glob("intro.*.tex"):
        name.unlink()
    study = one_exercise(study=str(folder), seeds=2)
    fill(study, tmp_path)
    write_pages(study, tmp_path)
    for name in ("index_en", "steps_en", "steps_runs_en"):
        text = (tmp_path / f"page/{name}.html").read_text()
        body = re.sub(r"<(style|script).*?</\1>", "", text[text.index("<body") :], flags=re.DOTALL)
        assert not re.findall(r"(?i).*(?:claim|verdict|source\b).*", body), name
    assert "claims.json" not in origins_section(Facts(study, tmp_path, "en"))


def test_pages_of_another_study_go(tmp_path: Path) -> None:
    fill(study := one_exercise("moons"), tmp_path)
    (tmp_path / "page").mkdir()
    (tmp_path / "page/other.html").write_text("old")
    write_pages(study, tmp_path)
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        "index.html", "moons.html", "moons_runs.html", "index_en.html", "moons_en.html", "moons_runs_en.html", "vega.js"
    }  # fmt: skip


def test_an_english_report_speaks_english(project: Path) -> None:
    """As assembled by Snakemake: the first page, and the names of sections, parts and results in its menu."""
    command = [Path(sys.executable).with_name("snakemake"), "--report", "results/english.zip", "--config"]
    command += ["seeds=5", 'report={"languages": ["en"]}']
    process = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    with zipfile.ZipFile(project / "results/english.zip") as archive:
        text = archive.read("english/report.html").decode()
    assert "Moons and steps" in text
    results, menu = (
        re.search(rf"^ *var {name} = (\{{.*)$", text, re.MULTILINE)[1] for name in ("results", "categories")
    )
    assert (
        '"0. Report"' in menu
        and '"2. Figures"' in menu
        and '"labels": {"content": "1. Everything at a glance"}' in results
    )
    for spanish in ("contenido", "Informe", "Figuras", "Tablas", "Para leer", "Archivos"):
        assert spanish not in menu + results
