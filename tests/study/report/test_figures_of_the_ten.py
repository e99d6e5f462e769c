"""The figures of the study: those that the source numbers, their texts, and what each function draws."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from evidence.factory import write_block
from practica import exercises
from practica.evidence.collect import collect
from practica.evidence.results import Results
from practica.figures.catalogue import declared, figures_for, of_exercise
from practica.figures.draw import draw_from
from practica.figures.forest import forest
from practica.figures.specs import KINDS
from practica.words import section
from ten import ROOT, STUDY, needs, shipped_study

Written = Callable[[Figure], str]
SPECS = [each for exercise in STUDY.exercises for each in declared(STUDY, exercise)]
PRINTED = {
    **{
        "ej01": ["fig01a", "fig01b"],
        "ej02": ["fig02", "fig03", "fig04a", "fig04b"],
        "ej03": ["fig05", "fig06", "fig07"],
    },
    **{"ej04": ["fig08", "fig09"], "ej05": ["fig10a", "fig10b"], "ej06": ["fig11"], "ej07": ["fig12"]},
    **{"ej08": ["fig13a", "fig13b", "fig14a", "fig14b"], "ej09": ["fig15a", "fig15b", "fig16a", "fig16b"]},
    "ej10": ["fig17a", "fig17b", "fig18a", "fig18b"],
}
"""The figures of the source, by exercise."""


def arrays_of(exercise: str, seed: int) -> dict[str, np.ndarray]:
    """Return arrays from which the figures of the ten can be drawn; added exercises have none here."""
    rng = np.random.default_rng([seed, 99])
    if exercise == "ej01":
        target = rng.gamma(6, 3.8, 127).clip(5, 50)
        return {"target": target, "predicted": target * 0.75 + 5 + rng.normal(0, 4, 127)}
    if exercise == "ej05":
        x = rng.uniform(0, 1, (400, 1))
        target = 4 * x * (1 - x)
        return {"x": x, "target": target, "predicted": target + rng.normal(0, 0.004, x.shape)}
    if exercise == "ej07":
        rows, columns = np.mgrid[:28, :28]
        clean = np.stack([np.exp(-((np.hypot(rows - 14, columns - 14) - r) ** 2) / 6) for r in (4, 7, 10)])
        noisy = np.clip(clean + rng.normal(0, 0.5, clean.shape), 0, 1)
        return {"clean": clean, "noisy": noisy, "cleaned": np.clip(0.9 * clean + 0.03, 0, 1)}
    if exercise in ("ej08", "ej09", "ej10"):
        classes = 100 if exercise == "ej10" else 10
        confusion = rng.integers(0, 4, (classes, classes)) + np.diag(rng.integers(80, 100, classes))
        images = rng.integers(0, 256, (6, 28, 28), np.uint8)
        return {"confusion": confusion, "original": images, "permuted": images[:, ::-1]}
    return {}


def can_be_drawn(name: str) -> bool:
    """Return whether a figure needs no arrays, or its arrays are available here."""
    shown = next(each for exercise in STUDY.exercises for each in of_exercise(STUDY, exercise) if each.name == name)
    return shown.reads == "tables" or (
        shown.reads == "arrays" and set(shown.arrays) <= set(arrays_of(shown.exercise, 0))
    )


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of the study, with every metric that its figures show."""
    folder, study = tmp_path_factory.mktemp("complete"), shipped_study()
    for block in study.blocks():
        specs = [*declared(study, block.exercise)]
        asked = {panel.metric for each in specs for panel in each.panels} - {"loss", "normalised_loss"}
        write_block(
            block,
            folder,
            metrics=sorted({"accuracy", "mse", *asked}),
            folds=block.settings.get("folds", 0),
            arrays_of=arrays_of,
        )
    collect(study, folder)
    return Results(study, folder)


@pytest.fixture(scope="module")
def written() -> Written:
    """Return a function that returns all text in a figure."""
    return lambda figure: "\n".join(each.get_text() for each in figure.findobj(Text))  # type: ignore[attr-defined]


@pytest.mark.parametrize("exercise", [each for each in PRINTED if each in STUDY.exercises])
def test_every_figure_of_the_source_is_there(exercise: str) -> None:
    assert set(PRINTED[exercise]) <= {each.name for each in declared(STUDY, exercise)}


def test_every_figure_is_there_once_and_called_by_its_number() -> None:
    names = figures_for(STUDY)
    assert len(names) == len(set(names))
    for each in SPECS:
        assert each.number is None or re.fullmatch(rf"fig{each.number:02d}[a-z]?", each.name), each.name


def test_every_variant_is_in_some_figure() -> None:
    shown = {(e, variant) for e in STUDY.exercises for each in of_exercise(STUDY, e) for variant in each.variants}
    assert shown >= {(e, v) for e in STUDY.exercises for v in STUDY.variants(e)}


@pytest.mark.parametrize("shown", SPECS, ids=lambda each: each.name)
def test_titles_and_captions_stand_in_every_language_fit_and_hold_no_results(shown) -> None:
    for language in STUDY.languages:
        assert 0 < len(shown.title[language]) <= 48
        assert shown.caption[language].endswith(".")
        assert not re.search(r"\d[.,]\d", shown.caption[language])


@pytest.mark.parametrize("shown", [each for each in SPECS if each.kind not in KINDS], ids=lambda each: each.name)
def test_a_figure_of_its_own_kind_has_a_function_and_arrays(shown) -> None:
    assert callable(getattr(exercises.load(shown.exercise, "figures"), shown.kind))
    assert shown.arrays


@pytest.mark.parametrize("name", [name for name in figures_for(STUDY) if can_be_drawn(name)])
def test_a_figure_draws_from_complete_results(name: str, complete: Results, written: Written) -> None:
    for language in STUDY.languages:
        figure = draw_from(complete, name, language)
        assert all(axes.has_data() for axes in figure.axes)
        assert section("figures", language)["no_results"] not in written(figure)


@needs("ej01/linear")
def test_prices_show_r2_of_the_points_drawn(complete: Results, written: Written) -> None:
    result = complete.arrays("ej01", "linear", "target", "predicted")
    assert isinstance(result, tuple)
    target, predicted = result[1]["target"], result[1]["predicted"]
    r2 = 1 - ((target - predicted) ** 2).sum() / ((target - target.mean()) ** 2).sum()
    figure = draw_from(complete, "fig01a", "es")
    assert f"R² = {r2:.3f}".replace(".", ",") in written(figure)
    assert "semilla 0" in written(figure)
    identity, points = figure.axes[0].lines
    assert np.array_equal(identity.get_xdata(), identity.get_ydata())
    assert np.array_equal(points.get_ydata(), predicted)


@needs("ej05/tanh5")
def test_the_map_shows_the_difference_below(complete: Results) -> None:
    result = complete.arrays("ej05", "tanh5", "target", "predicted")
    assert isinstance(result, tuple)
    below = draw_from(complete, "fig10b", "es").axes[1]
    difference = (result[1]["predicted"] - result[1]["target"]).ravel()
    assert np.array_equal(below.lines[1].get_ydata(), difference)


@needs("ej07/autoencoder")
def test_digits_stand_in_labelled_rows(complete: Results) -> None:
    axes = draw_from(complete, "fig12", "es").axes
    assert len(axes) == 9
    assert [each.get_ylabel() for each in axes[::3]] == ["Con ruido", "Filtrada", "Original"]
    result = complete.arrays("ej07", "autoencoder", "cleaned")
    assert isinstance(result, tuple)
    assert np.array_equal(np.asarray(axes[4].images[0].get_array()), result[1]["cleaned"][1])


@needs("ej01/linear")
@pytest.mark.parametrize(("language", "name"), [("es", "Función de costo"), ("en", "Loss")])
def test_squared_thousands_of_dollars_are_set_as_a_formula(complete: Results, language: str, name: str) -> None:
    label = draw_from(complete, "fig01b", language).axes[0].yaxis.label
    assert label.get_text() == rf"{name} [(k\$)$^2$]"
    assert label.get_parse_math()


@pytest.mark.skipif(len(STUDY.protocols) < 2, reason="the study has one kind of settings")
@pytest.mark.parametrize("language", ["es", "en"])
def test_claims_and_settings_stand_apart_in_the_forest_plot(language: str) -> None:
    study = shipped_study()
    figure = forest(Results(study, ROOT / "reference"), "", section("figures", language), language)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent().padded(-1.5) for text in figure.axes[0].texts if text.get_text()]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
