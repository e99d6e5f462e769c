"""The table of the numbers that a figure draws: nothing left out, and named as in the figure."""

import numpy as np
import pandas as pd
import pytest

from practica.evidence.curves import Curve
from practica.evidence.results import Results
from practica.evidence.verdicts import write_claims
from practica.figures.draw import draw_from
from practica.figures.points import COLUMNS, points, series
from practica.figures.style import new_figure


def of(table: pd.DataFrame, kind: str) -> list[list[float]]:
    return [[float(value) for value in row] for row in table.loc[table["kind"] == kind, ["x", "y"]].to_numpy()]


def test_every_kind_of_mark_gives_its_numbers() -> None:
    figure = new_figure(2, "All")
    above, below = figure.subplots(2, 1)
    above.set_title("above")
    above.plot([1, 2], [3, 4], label="a line")
    above.axhline(7)  # across the axes: no data
    with series(above, "measured"):
        above.errorbar([1.0], [5.0], yerr=[[1.0], [2.0]], fmt="o")
        above.fill_between([0, 1], [2, 2], [3, 3])
    below.set_ylabel("below")
    below.bar([1, 2], [8, 9])
    below.imshow(np.array([[10, 20], [30, 40]]))
    table = points(figure)
    assert tuple(table.columns) == COLUMNS
    assert of(table, "line") == [[1, 3], [2, 4]]
    assert of(table, "points") == [[1, 5]]
    assert of(table, "interval") == [[1, 4], [1, 7]]
    assert {tuple(row) for row in of(table, "band")} == {(0, 2), (1, 2), (0, 3), (1, 3)}
    assert of(table, "bar") == [[1, 8], [2, 9]]
    pixels = table[table["kind"] == "image"]
    assert pixels[["x", "y", "value"]].to_numpy().tolist() == [[0, 0, 10], [1, 0, 20], [0, 1, 30], [1, 1, 40]]
    assert dict(zip(table["kind"], table["series"], strict=True)) == {
        "line": "a line",
        "points": "measured",
        "interval": "measured",
        "band": "measured",
        "bar": "",
        "image": "",
    }
    assert set(table.loc[table["kind"].isin(["bar", "image"]), "panel"]) == {"below"}


def test_a_figure_without_results_has_no_numbers() -> None:
    assert points(new_figure(2, "Nothing")).empty
    figure = new_figure(2, "No finite number")
    axes = figure.subplots()
    axes.errorbar([np.nan], [np.nan], yerr=[[np.nan], [np.nan]])
    axes.fill_between([], [], [])
    axes.vlines([], 0, 1)
    assert points(figure).dropna(subset="y").empty


def test_the_curves_of_a_study_are_in_the_table_under_the_names_of_the_legend(complete: Results) -> None:
    table = points(draw_from(complete, "fig1a", "en"))
    curve = complete.curves("steps", "dense", "accuracy", "validation")
    assert isinstance(curve, Curve)
    line = table[(table["kind"] == "line") & (table["series"] == "Validation")]
    assert line["x"].tolist() == curve.epochs.tolist()
    assert line["y"].tolist() == pytest.approx(curve.mean.tolist())
    assert set(table["series"]) == {"Training", "Validation"}


@pytest.mark.parametrize("name", ["fig_overview", "fig_claims", "fig5"])
def test_every_series_of_a_figure_with_several_has_a_name(complete: Results, name: str) -> None:
    if name == "fig_claims":
        write_claims(complete.study, complete.folder)
    table = points(draw_from(complete, name, "en"))
    assert len(set(table["series"])) > 1
    if name == "fig_overview":
        assert {panel.split()[0] for panel in table["panel"]} == {"1", "2"}  # each exercise by its number
    assert "" not in set(table["series"])
