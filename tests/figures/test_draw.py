"""Figures drawn from complete, partial, empty and stand-in results."""

import re
import warnings
from collections.abc import Callable
from itertools import combinations, cycle, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from evidence.factory import edited, fill, make_study, write_block, write_failure
from paper.factory import fill as fill_distinctly
from paper.factory import one_exercise
from practica.errors import InputError
from practica.evidence.collect import collect, write_table
from practica.evidence.curves import Curve
from practica.evidence.results import Missing, Results
from practica.evidence.rules import VERDICTS
from practica.evidence.source import numbers
from practica.evidence.verdicts import write_claims
from practica.figures import rows
from practica.figures.catalogue import figures_for
from practica.figures.curves import POINTS, points_to_draw
from practica.figures.draw import draw, draw_from, explain
from practica.figures.glance import overview_caption
from practica.figures.panels import side_by_side
from practica.figures.style import save, style
from practica.figures.tones import SIGNS
from practica.files import read_json, write_json, write_text
from practica.page.exercise import overview
from practica.paper import document
from practica.paper.document import _overview
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.words import in_language, section
from toy import toy_study

Written = Callable[[Figure], str]
NAMES = figures_for(make_study())


def lines(figure: Figure, axes: int = 0) -> dict[str, np.ndarray]:
    """Return the vertical data of the lines in one set of axes, by line style."""
    return {str(line.get_linestyle()): np.asarray(line.get_ydata()) for line in figure.axes[axes].lines}


def bands(figure: Figure, axes: int = 0) -> int:
    return len(figure.axes[axes].collections)


def one_variant(tmp_path: Path, seeds: int = 1, epochs: int = 12, exercise: str = "steps") -> Results:
    study = make_study({exercise: ["dense"]}, seeds=seeds)
    for block in study.blocks():
        write_block(block, tmp_path, epochs=epochs)
    collect(study, tmp_path)
    return Results(study, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_draws_from_complete_results(name: str, complete: Results, written: Written) -> None:
    for language in ("es", "en"):
        figure = draw_from(complete, name, language)
        assert all(axes.has_data() for axes in figure.axes)
        assert section("figures", language)["no_results"] not in written(figure)
        assert "STAND-IN" not in written(figure)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_stand_ins_is_stamped(name: str, stand_ins: Results, written: Written) -> None:
    assert "STAND-IN: datos generados" in written(draw_from(stand_ins, name, "es"))


def test_every_figure_says_that_nothing_was_run(tmp_path: Path, written: Written) -> None:
    study = make_study()
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    for name in NAMES:
        figure = draw_from(results, name, "es")
        assert "Sin resultados: aún no se corrió" in written(figure), name
        assert figure.axes == []


def test_every_figure_says_why_its_run_failed(tmp_path: Path, written: Written) -> None:
    study = make_study()
    for block in study.blocks():
        write_failure(block, tmp_path, "GPU $lost_1$")
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    for name in set(NAMES) - {"figx_times"}:
        figure = draw_from(results, name, "en")
        assert "the run failed (GPU $lost_1$)" in written(figure).replace("\n", " "), name


def test_every_axis_is_labelled_and_epochs_are_whole(complete: Results) -> None:
    for name in ("figx_hand", "fig4", "fig1a", "figx_sizes"):
        figure = draw_from(complete, name, "es")
        figure.draw_without_rendering()
        assert figure.axes[-1].get_xlabel() == "Época"
        assert all(axes.get_ylabel() for axes in figure.axes)
        assert all(float(tick).is_integer() for tick in figure.axes[-1].get_xticks())
    assert draw_from(complete, "fig5", "es").axes[1].get_ylabel() == "(b) Costo oculto"
    assert "[ms]" in draw_from(complete, "figx_times", "en").axes[0].get_xlabel()


def test_train_and_validation_differ_by_colour_and_dashes(complete: Results) -> None:
    first, dot, second = draw_from(complete, "fig1a", "es").axes[0].lines
    assert (dot.get_color(), dot.get_marker()) == (first.get_color(), "o")
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()


def test_lines_are_the_means_and_the_legend_says_what_the_band_is(complete: Results, written: Written) -> None:
    figure = draw_from(complete, "fig1b", "es")
    for split, dashes in {"train": "-", "validation": "--"}.items():
        curve = complete.curves("steps", "conv", "accuracy", split)
        assert isinstance(curve, Curve)
        assert np.array_equal(lines(figure)[dashes], curve.mean)
    assert bands(figure) == 2
    assert "línea: media de 2 semillas; banda: mínimo a máximo" in written(figure)


def test_a_band_over_more_seeds_in_some_variants_says_both_numbers(tmp_path: Path, written: Written) -> None:
    study = make_study({"moons": ["raw", "corrected"]}, seeds=3)
    fill(study, tmp_path)
    collect(study, tmp_path)
    table = pd.read_csv(tmp_path / "history.csv.gz")
    table[(table["variant"] == "raw") | (table["seed"] < 2)].to_csv(tmp_path / "history.csv.gz", index=False)
    figure = draw_from(Results(study, tmp_path), "fig4", "en")
    assert "seeds: 2–3" in written(figure)


def test_a_panel_of_many_variants_and_claims_counts_them(
    complete: Results, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    from practica.figures import overview

    write_claims(complete.study, complete.folder)
    monkeypatch.setattr(overview, "NAMED", 1)
    monkeypatch.setattr(overview, "SINGLE", 1)
    figure = draw_from(complete, "fig_overview", "en")
    place = complete.study.exercises.index("steps")
    text = written(figure)
    assert "2 nets" in text
    assert figure.axes[place].get_legend().texts == []
    marks = [text.get_text() for text in figure.axes[place].texts]
    claims = [
        claim["verdict"]
        for claim in read_json(complete.folder / "claims.json")["claims"]
        if claim["exercise"] == "steps"
    ]
    assert sorted(marks) == sorted(f"{claims.count(name)} {SIGNS[name]}" for name in set(claims))


def test_the_dot_is_training_evaluated_at_the_end(tmp_path: Path, written: Written) -> None:
    results = one_variant(tmp_path, epochs=4)
    table = pd.read_csv(tmp_path / "metrics.csv")
    final = (table["split"] == "train") & (table["metric"] == "accuracy")
    table.loc[final, "value"] = 0.25
    table.to_csv(tmp_path / "metrics.csv", index=False)
    figure = draw_from(results, "fig_steps_dense", "en")
    dots = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 1]
    assert [4, 0.25] in [[*line.get_xdata(), *line.get_ydata()] for line in dots]
    assert "dot: evaluated after the last epoch" in written(figure)


def test_one_seed_has_no_band(tmp_path: Path, written: Written) -> None:
    figure = draw_from(one_variant(tmp_path), "fig_steps_dense", "en")
    assert bands(figure) == 0
    assert "one seed" in written(figure)


def test_a_single_epoch_is_a_visible_point(tmp_path: Path) -> None:
    figure = draw_from(one_variant(tmp_path, epochs=1), "fig_steps_dense", "en")
    assert figure.axes[0].lines[0].get_marker() == "o"


def test_normalised_loss_starts_at_its_largest_value_and_stays_in_bounds(complete: Results) -> None:
    axes = draw_from(complete, "fig5", "es").axes[0]
    values = np.concatenate([np.asarray(line.get_ydata()) for line in axes.lines])
    assert axes.get_ylabel() == "(a) Costo normalizado"
    assert 0.9 < values.max() <= 1
    low, high = axes.get_ylim()
    assert -0.1 < low < high < 1.1


def test_the_folds_figure_shows_mean_and_deviation(complete: Results, written: Written) -> None:
    figure = draw_from(complete, "fig4", "es")
    raw = complete.curves("moons", "raw", "accuracy", "validation", "folds")
    assert isinstance(raw, Curve)
    assert np.array_equal(lines(figure, 0)["-"], raw.mean)
    assert np.array_equal(lines(figure, 1)["-"], raw.sd)
    assert "entre 5 pliegues; semillas: 2" in written(figure)
    assert {"Sin corrección", "Con corrección"} <= set(written(figure).split("\n"))


def test_a_single_fold_leaves_no_empty_axes(tmp_path: Path) -> None:
    study = make_study({"moons": ["raw", "corrected"]}, seeds=1)
    for block in study.blocks():
        write_block(block, tmp_path, folds=1)
    collect(study, tmp_path)
    figure = draw("fig4", study, tmp_path, "es")
    assert len(figure.axes) == 1
    assert len(figure.axes[0].lines) == 2


def test_a_panel_is_on_a_logarithmic_axis_where_it_says_so(complete: Results) -> None:
    assert [axes.get_yscale() for axes in draw_from(complete, "fig5", "es").axes] == ["linear", "log"]


def test_a_figure_of_a_kind_of_its_own_is_drawn_from_the_arrays_of_a_seed(complete: Results, written: Written) -> None:
    result = complete.arrays("steps", "dense", "heights", "scores")
    assert isinstance(result, tuple)
    seed, arrays = result
    figure = draw_from(complete, "fig3", "es")
    assert f"semilla {seed}" in written(figure)
    assert len(figure.axes) == 6
    assert [axes.get_ylabel() for axes in figure.axes[:2]] == ["Altura", "Puntaje"]
    for axes, walk in zip(figure.axes[::2], arrays["heights"], strict=True):
        assert np.array_equal(np.asarray(axes.lines[0].get_ydata()), walk)


def test_spanish_numbers_have_a_decimal_comma(complete: Results, written: Written) -> None:
    for language, mark in {"es": ",", "en": "."}.items():
        figure = draw_from(complete, "fig1a", language)
        figure.draw_without_rendering()
        labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        assert any(mark in text for text in labels)


def test_a_comparison_draws_what_is_there_and_names_what_is_not(tmp_path: Path, written: Written) -> None:
    study = make_study({"moons": ["raw", "corrected", "wider", "deeper"]}, seeds=2)
    for block in study.blocks():
        if block.variant == "wider":
            write_failure(block, tmp_path, "out of memory")
        elif block.id != "moons/corrected/s1":
            write_block(block, tmp_path)
    collect(study, tmp_path)
    figure = draw(name="figx_sizes", study=study, results=tmp_path, language="es")
    assert len(figure.axes[0].lines) == 2
    assert "Más neuronas: Sin resultados: la corrida falló (out of memory)" in written(figure)
    assert "Con corrección: 1 de las 2 semillas previstas" in written(figure)
    assert "Más capas: 1 de" not in written(figure)


def test_values_that_are_no_numbers_say_so(tmp_path: Path, written: Written) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    write_block(study.blocks()[0], tmp_path)
    collect(study, tmp_path)
    history = pd.read_csv(tmp_path / "history.csv.gz")
    history.loc[history["metric"].str.endswith("loss"), "value"] = float("nan")
    write_table(tmp_path / "history.csv.gz", history)
    figure = draw_from(Results(study, tmp_path), "fig_steps_dense", "es")
    assert len(figure.axes) == 1
    assert "Función de costo: Sin resultados: sin valores finitos" in written(figure)


def test_a_users_exercise_is_drawn_with_its_own_metrics(tmp_path: Path, written: Written) -> None:
    study = make_study({"extra": ["mine"]}, seeds=1)
    folder = write_block(study.blocks()[0], tmp_path)
    content = read_json(folder / "history.json")
    content["runs"][0]["train"]["top5_error"] = [0.5] * 12
    write_json(folder / "history.json", content)
    collect(study, tmp_path)
    figure = draw_from(Results(study, tmp_path), "fig_extra_mine", "es")
    assert [axes.get_ylabel() for axes in figure.axes] == ["Función de costo", "Precisión", "top5 error"]


def test_twins_show_every_net_and_how_much_faster(complete: Results, written: Written) -> None:
    figure = draw_from(complete, "figx_times", "es")
    text = written(figure)
    assert "×2,5" in text and "Sin corrección" in text and "5 repeticiones" in text and "NumPy entre Keras" in text
    assert figure.axes[0].get_xscale() == "log"
    assert figure.axes[0].get_xlabel() == "Tiempo por época [ms]"


def test_twins_with_more_repetitions_of_some_nets_say_both_numbers(written: Written) -> None:
    times = [pd.Series([1.0, 2.0, 3.0][:count]) for count in (3, 2, 2, 3)]
    both = [("one", *times[:2]), ("other", *times[2:])]
    with style():
        figure = side_by_side(both, "ms", ("keras", "numpy"), "title", section("figures", "en"), [])
    assert "2–3 repetitions" in written(figure)


def test_figures_say_what_the_study_leaves_out(complete: Results, tmp_path: Path, written: Written) -> None:
    times = "variants: [{}]\n    title: {{es: Keras y"
    edit = [times.format(names) for names in ("raw, raw_numpy", "raw, raw_numpy, deeper, wider")]
    study = edited(tmp_path / "study", "moons/about.yaml", *edit, exercises={"moons": ["raw", "raw_numpy", "deeper"]})
    left = Results(study, complete.folder)
    assert "Con corrección: no forma parte de esta corrida" in written(draw_from(left, "fig4", "es"))
    assert "More neurons: not part of this study" in written(draw_from(left, "figx_times", "en"))
    whole, sizes = (draw_from(each, "figx_sizes", "en").axes[0] for each in (complete, left))
    assert [line.get_color() for line in sizes.lines] == [whole.lines[2].get_color()]


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ({}, "Corrected: No results: not recorded"),
        ({("corrected", 0): 1.0}, "More neurons: No results: not recorded"),
        ({("corrected", 8): 1.0, ("wider", 9): 1.0}, "Corrected: No results: no seed in common"),
    ],
)
def test_twins_without_times_to_compare_are_named_with_the_reason(
    complete: Results, tmp_path: Path, written: Written, rows: dict[tuple[str, int], float], note: str
) -> None:
    times = "variants: [{}]\n    title: {{es: Keras y"
    edit = [times.format(names) for names in ("raw, raw_numpy", "raw, raw_numpy, corrected, wider")]
    study = edited(
        tmp_path / "study", "moons/about.yaml", *edit, exercises={"moons": ["raw", "raw_numpy", "corrected", "wider"]}
    )
    left = Results(study, complete.folder)
    more = [
        {
            "exercise": "moons",
            "variant": variant,
            "seed": seed,
            "split": "timing",
            "metric": "ms_per_epoch",
            "value": value,
        }
        for (variant, seed), value in rows.items()
    ]
    left.metrics = pd.concat([left.metrics, pd.DataFrame(more)]) if more else left.metrics
    text = written(draw_from(left, "figx_times", "en"))
    assert note in text and "not part of this study" not in text
    assert "Uncorrected" in text, "the other pair is drawn"


def test_twins_that_were_not_timed_say_so(tmp_path: Path, written: Written) -> None:
    study = make_study({"moons": ["raw", "raw_numpy"]})
    collect(study, tmp_path)
    assert "aún no se corrió" in written(draw("figx_times", study, tmp_path, "es"))


def test_long_runs_are_thinned_with_both_ends_kept() -> None:
    assert points_to_draw(5).tolist() == [0, 1, 2, 3, 4]
    kept = points_to_draw(10_000)
    assert (len(kept), kept[0], kept[-1]) == (POINTS, 0, 9_999)
    # Evenly on a logarithmic axis: every one of the first epochs.
    kept = points_to_draw(10_000, "log")
    assert kept[:20].tolist() == list(range(20))
    assert kept[-1] == 9_999
    assert len(kept) <= POINTS


def test_long_runs_that_are_over_soon_have_logarithmic_epochs(complete: Results) -> None:
    for name, scale in {"fig5": "log", "figx_hand": "linear"}.items():
        assert draw_from(complete, name, "es").axes[-1].get_xscale() == scale


def test_bad_names_and_languages_are_bad_input(complete: Results) -> None:
    with pytest.raises(InputError, match="unknown figure"):
        draw_from(complete, "fig99", "es")
    with pytest.raises(InputError, match="language"):
        draw_from(complete, "fig1a", "fr")


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_overview_has_a_panel_an_exercise_and_marks_its_claims(
    complete: Results, written: Callable[[Figure], str], language: str
) -> None:
    claims = write_claims(complete.study, complete.folder)["claims"]
    figure = draw_from(complete, "fig_overview", language)
    text = written(figure)
    for exercise in complete.study.exercises:
        assert re.search(rf"^{complete.study.number(exercise)}  \S", text, re.MULTILINE), exercise
    lines = text.splitlines()
    for claim in claims:
        if claim["exercise"] == "steps":
            assert f"{claim['id'].partition('-')[2]}{SIGNS[claim['verdict']]}" in lines, claim["id"]
    # One of the claims on moons has a name instead of a letter, and there is no room for it.
    signs = [SIGNS[claim["verdict"]] for claim in claims if claim["exercise"] == "moons"]
    assert len(signs) == 2
    assert [line for line in lines if line in SIGNS.values()] == signs
    assert "hand" not in text


def test_the_overview_s_dots_are_results_on_test_data(tmp_path: Path) -> None:
    study = one_exercise("steps")
    fill_distinctly(study, tmp_path)  # the validation accuracy is a hundredth above that on test data
    results = Results(study, tmp_path)
    (axes,) = draw_from(results, "fig_overview", "en").axes
    marks = {kind: [float(line.get_ydata()[0]) for line in axes.lines if line.get_marker() == kind] for kind in "oD"}
    tested = [results.value("steps", variant, "test", "accuracy").mean for variant in ("dense", "conv")]
    assert marks["o"] == pytest.approx(tested)
    assert tested == pytest.approx([0.901, 0.901], abs=1e-5)
    assert marks["D"] == [float(numbers(study)[f"steps/{variant}/test/accuracy"]) for variant in ("dense", "conv")]


@pytest.mark.parametrize(
    ("exercises", "said"),
    [
        (["moons"], ""),
        (
            ["steps"],
            "At the right of each panel, the test data: dot with 95 % interval, this study; diamond, the source.",
        ),
        (
            ["moons", "steps"],
            "panels with test data, the results on these: dot with 95 % interval, this study; diamond",
        ),
    ],
)
def test_the_overview_s_caption_speaks_of_the_marks_that_there_are(
    tmp_path: Path, exercises: list[str], said: str
) -> None:
    study = toy_study(only=exercises)
    fill_distinctly(study, tmp_path)
    results = Results(study, tmp_path)
    caption = overview_caption(results, "en")
    figure = draw_from(results, "fig_overview", "en")
    marks = {line.get_marker() for axes in figure.axes for line in axes.lines}
    assert said in caption
    assert ("dot" in caption, "diamond" in caption) == ("o" in marks, "D" in marks)
    assert ("At the right" in caption) == bool(said)
    facts = Facts(study, tmp_path, "en")
    assert escape(caption) in _overview(facts)
    assert overview(facts)["caption"] == caption


def test_the_overview_s_caption_speaks_of_the_source_s_marks_alone(tmp_path: Path) -> None:
    study = one_exercise()
    fill_distinctly(study, tmp_path)
    summary = pd.read_csv(tmp_path / "summary.csv")  # as if nobody had looked at the test data
    summary[summary["split"] != "test"].to_csv(tmp_path / "summary.csv", index=False)
    assert "the test data: diamond, the source." in overview_caption(Results(study, tmp_path), "en")


def test_the_overview_s_caption_counts_the_seeds_that_are_drawn(tmp_path: Path) -> None:
    study = one_exercise()  # of several seeds, one of which is there
    fill_distinctly(study, tmp_path)
    for name in ("summary.csv", "history.csv.gz"):
        table = pd.read_csv(tmp_path / name)
        cut = table.assign(n=1, low=np.nan, high=np.nan) if name == "summary.csv" else table[table["seed"] == 0]
        cut.to_csv(tmp_path / name, index=False)
    caption = overview_caption(Results(study, tmp_path), "en")
    assert "of one seed" in caption
    assert "interval" not in caption


def test_the_overview_s_signs_are_in_its_fonts(complete: Results, tmp_path: Path) -> None:
    claims = write_claims(complete.study, complete.folder)
    for claim, verdict in zip(claims["claims"], cycle(VERDICTS), strict=False):
        claim["verdict"] = verdict
    write_json(complete.folder / "claims.json", claims)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        save(draw_from(complete, "fig_overview", "es"), tmp_path / "fig_overview")


def test_a_variant_looks_alike_in_every_figure(complete: Results) -> None:
    looks = [
        {text.get_text(): line.get_color() for text, line in zip(legend.texts, legend.get_lines(), strict=True)}
        for legend in (draw_from(complete, name, "es").legends[0] for name in ("fig4", "figx_sizes"))
    ]
    assert looks[0]["Con corrección"] == looks[1]["Con corrección"]
    assert len(set(looks[0].values()) | set(looks[1].values())) == 4


def test_figures_to_be_compared_have_the_same_axes(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"]})
    for block in study.blocks():
        write_block(block, tmp_path, epochs=4 if block.variant == "dense" else 12)
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    for pair in (("fig1a", "fig1b"), ("fig2a", "fig2b")):
        one, other = (draw_from(results, name, "es").axes[0] for name in pair)
        assert one.get_ylim() == other.get_ylim()
        for axes in (one, other):
            low, high = axes.get_ylim()
            assert all(low <= value <= high for line in axes.lines for value in np.asarray(line.get_ydata()))
    assert lines(draw_from(results, "fig1a", "es"))["-"].max() != lines(draw_from(results, "fig1b", "es"))["-"].max()


def test_a_variant_of_which_there_is_only_the_source_s_number_is_named(tmp_path: Path, written: Written) -> None:
    study = make_study({"steps": ["dense", "conv"]})
    for block in study.blocks():
        if block.variant == "dense":
            write_block(block, tmp_path)
    collect(study, tmp_path)
    figure = draw_from(Results(study, tmp_path), "fig_overview", "en")
    assert [text.get_text() for text in figure.axes[0].get_legend().texts] == ["dense", "conv."]
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().width > 0.5  # the layout did not collapse


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_forest_plot_shows_every_claim_with_its_checks_and_verdict(complete: Results, language: str) -> None:
    claims = write_claims(complete.study, complete.folder)["claims"]
    figure = draw_from(complete, "fig_claims", language)
    left, middle, right = figure.axes
    written = [text.get_text() for text in left.texts]
    assert [text for text in written if text in {claim["id"] for claim in claims}] == [claim["id"] for claim in claims]
    for claim in claims:
        assert " ".join(in_language(claim["sentence"], language).split()) in [
            " ".join(each.split()) for each in written
        ]
    message = [text.get_text() for text in right.texts]
    for claim in claims:
        assert f"{SIGNS[claim['verdict']]} {section('report', language)[claim['verdict']]}" in message
    dots = [line for line in middle.lines if line.get_marker() == "o"]
    assert len(dots) == sum(bool(part["estimate"]) for claim in claims for part in claim["parts"])


def test_no_text_of_a_claim_covers_another(complete: Results) -> None:
    """Names as long as moons-hand have no room beside their sentences."""
    write_claims(complete.study, complete.folder)
    figure = draw_from(complete, "fig_claims", "en")
    figure.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent().padded(-1.5) for text in figure.axes[0].texts}
    assert "moons-hand" in boxes
    assert not [pair for pair in combinations(boxes, 2) if boxes[pair[0]].overlaps(boxes[pair[1]])]


def test_a_long_forest_plot_is_cut_into_pages_between_two_claims(
    complete: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_claims(complete.study, complete.folder)
    heights = [claim.height for claim in rows.claims_of(complete, "en")]
    assert len(rows.cuts(complete, "en")) == 1
    monkeypatch.setattr(rows, "PAGE", 2 * max(heights))
    monkeypatch.setattr(rows, "FIRST", max(heights))
    cuts = rows.cuts(complete, "en")
    ends = [rows.FOOT + sum(heights[place:]) for place in range(len(heights) + 1)]
    assert all(any(end == pytest.approx(72 * each) for each in ends) for cut in cuts for end in cut)
    assert cuts[0][1] == pytest.approx(72 * ends[0])
    assert cuts[-1][0] == pytest.approx(72 * ends[-1])
    assert all(above[0] == below[1] for above, below in pairwise(cuts))
    assert all(high - low <= 72 * rows.PAGE + 1 for low, high in cuts)
    write_text(complete.folder / "figures/en/fig_claims.pdf", "")
    latex = document._forest(Facts(complete.study, complete.folder, "en"))
    assert latex.count(r"\begin{figure}") == len(cuts) == latex.count("(continued)") + 1 > 1
    assert latex.count("viewport=0 0.0 ") == len(cuts)  # the axis stands below each part


def test_a_demonstration_begins_the_forest_plot_on_a_page_of_its_own(
    complete: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_claims(complete.study, complete.folder)
    height = sum(claim.height for claim in rows.claims_of(complete, "en"))
    monkeypatch.setattr(rows, "PAGE", height - 0.01)
    monkeypatch.setattr(rows, "FIRST", height / 4)
    monkeypatch.setattr(rows, "ALONE", height / 2)
    low, high = rows.cuts(complete, "en")[0]
    assert high - low <= 72 * height / 4
    demonstration = Results(toy_study(demonstration=True), complete.folder)
    low, high = rows.cuts(demonstration, "en")[0]
    assert 72 * height / 4 < high - low <= 72 * height / 2


def test_what_a_run_did_not_record_is_told_in_the_figure_s_language() -> None:
    texts = section("figures", "es")
    assert explain(Missing("steps/dense recorded no arrays images", "unrecorded"), texts).endswith("no se registró")
    assert explain(Missing("out of memory", "failed"), texts).endswith("(out of memory)")


@pytest.mark.parametrize(("share", "end"), [(0.1, r"\FloatBarrier"), (0.9, r"\clearpage")])
def test_the_verdicts_follow_the_forest_plot_on_a_page_with_room(
    complete: Results, monkeypatch: pytest.MonkeyPatch, share: float, end: str
) -> None:
    write_claims(complete.study, complete.folder)
    write_text(complete.folder / "figures/en/fig_claims.pdf", "")
    page = rows.PAGE * rows.POINTS
    monkeypatch.setattr(rows, "cuts", lambda *_: [(page, 2 * page), (page * (1 - share), page)])
    assert document._forest(Facts(complete.study, complete.folder, "en")).endswith(end)
