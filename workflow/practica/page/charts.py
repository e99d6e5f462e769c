"""Turn the axes of a figure into Vega-Lite charts that show their values under the pointer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from practica.figures.curves import Line, Plot, limits, points_to_draw
from practica.figures.draw import Course

DASHES = {"-": [1, 0], "--": [6, 3], "-.": [6, 3, 1.5, 3], ":": [1.5, 2.5]}
NUMBER = ".4~g"
FEW = 15
"""With at most this many epochs, each has a dot."""
SEEDS = 12
"""With at most this many seeds, each has a thin line of its own."""
MARGIN = 0.02
"""Share of the axis of epochs that is free at either end."""
LAST = "last"
"""The parameter of a chart that holds the last epoch of the lines shown."""


def charts(course: Course, title: str, epoch: str, *, log_epochs: bool) -> list[dict[str, Any]]:
    """Return one Vega-Lite specification for each set of axes; ``epoch`` is the label of their horizontal axis."""
    return [_chart(plot, title, epoch, log_epochs) for plot in course.plots]


def _chart(plot: Plot, title: str, epoch: str, log_epochs: bool) -> dict[str, Any]:
    table = _values(plot, "log" if log_epochs else "linear")
    names = [line.label for line in plot.lines]
    looks = {
        "color": {"domain": names, "range": [line.look.colour for line in plot.lines]},
        "strokeDash": {"domain": names, "range": [DASHES[line.look.dashes] for line in plot.lines]},
    }
    x = {
        "field": "epoch",
        "type": "quantitative",
        "stack": None,  # beside a logarithmic axis, Vega-Lite would stack the epochs of equal values in a band
        "title": epoch,
        "axis": {"tickMinStep": 1, "format": "d", "grid": False} | (_steps(table["epoch"]) if log_epochs else {}),
        "scale": {"nice": False} | _scale(plot, table["epoch"], log=log_epochs),
    }
    y = {"type": "quantitative", "title": plot.label, **_upright(plot, table)}
    layers = [
        layer for place, line in enumerate(plot.lines) for layer in _line(place, line, plot, len(table), looks, y)
    ]
    layers[0]["params"] = [ZOOM]
    return {
        "description": f"{title}: {plot.label}. {'; '.join(names)}.",  # for screen readers
        "params": [
            {"name": "seeds", "value": False},
            *({"name": f"show{place}", "value": True} for place in range(len(names))),
            {"name": LAST, "expr": _last(plot, table["epoch"])},
        ],
        "usermeta": {
            "lines": [
                {"name": line.label, "colour": line.look.colour, "dash": DASHES[line.look.dashes]}
                for line in plot.lines
            ],
            "seeds": any(_seeds(line, plot) for line in plot.lines),
            "share": plot.share,
            "log": plot.log,
        },
        "width": "container",
        "height": 210,
        "data": {"values": table.to_csv(index=False, lineterminator="\n"), "format": _numbers(table)},
        "encoding": {"x": x},
        "layer": [*layers, _pointer(plot, epoch)],
    }


def _numbers(table: pd.DataFrame) -> dict[str, Any]:
    """Return the format of the table: Vega would take an empty cell, after the last epoch of a shorter line, for 0."""
    return {"type": "csv", "parse": dict.fromkeys(map(str, table.columns), "number")}


def _scale(plot: Plot, epochs: pd.Series, *, log: bool) -> dict[str, Any]:
    """Return the scale of the epochs. If lines have different ends, it follows the last epoch of those shown.

    A logarithmic axis does not: it has ticks of its own, and at its end there is room for a line of any length.
    """
    if log:
        return {"type": "log", "domain": _ends(epochs, log=True)}
    if len(set(_last_epochs(plot, epochs))) == 1:
        return {"zero": False, "domain": _ends(epochs, log=False)}
    first = int(epochs.min())
    room = f"{MARGIN} * ({LAST} - {first})"
    return {"zero": False, "domainMin": {"expr": f"{first} - {room}"}, "domainMax": {"expr": f"{LAST} + {room}"}}


def _last(plot: Plot, epochs: pd.Series) -> str:
    """Return the Vega expression for the last epoch of the lines that are shown, or of all if none is."""
    ends = _last_epochs(plot, epochs)
    shown = ", ".join(f"show{place} ? {end} : 0" for place, end in enumerate(ends))
    return f"max({shown}) || {max(ends)}"


def _last_epochs(plot: Plot, epochs: pd.Series) -> list[int]:
    """Return the last epoch of each line; an axis of a single epoch would have no length, so it has two."""
    return [max(int(line.curve.epochs[-1]), int(epochs.min()) + 1) for line in plot.lines]


def _ends(epochs: pd.Series, *, log: bool) -> list[float]:
    """Return the ends of the axis of epochs: the dots at the first and the last one are not cut.

    They are at least one apart: Vega would begin at 0 beside a logarithmic axis.
    """
    first, last = int(epochs.min()), int(epochs.max())
    last = max(last, first + 1)
    if log:
        room = (last / first) ** MARGIN
        return [round(first / room, 3), round(last * room, 3)]
    room = MARGIN * (last - first)
    return [round(first - room, 3), round(last + room, 3)]


def _steps(epochs: pd.Series) -> dict[str, Any]:
    """Return the ticks of a logarithmic axis of epochs, 1, 2, 5, 10, ..., whose labels do not overlap."""
    steps = [step * 10**power for power in range(len(str(epochs.max()))) for step in (1, 2, 5)]
    return {"values": [step for step in steps if epochs.min() <= step <= epochs.max()]}


def _upright(plot: Plot, table: pd.DataFrame) -> dict[str, Any]:
    """Return the scale and the ticks of the vertical axis: the limits of the printed figure, or powers of ten."""
    if not plot.log:
        domain = list(limits(plot.ends, (0.0, 0.0), plot.bounds)) if plot.ends and not plot.spread else None
        return {"scale": {"zero": False} | ({"domain": domain, "nice": False} if domain else {})}
    values = table.drop(columns="epoch").to_numpy()
    tens = np.log10(values[np.isfinite(values) & (values > 0)])
    if not tens.size:
        return {"scale": {"type": "log"}}
    first, last = int(np.floor(tens.min())), int(np.ceil(tens.max()))
    labels = [f"10{str(power).translate(RAISED)}" for power in range(first, last + 1)]
    ticks = {"values": [10.0**power for power in range(first, last + 1)]}
    return {
        "scale": {"type": "log"},
        "axis": ticks | {"labelExpr": f"{labels}[round(log(datum.value) / LN10) - ({first})]"},
    }


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _values(plot: Plot, scale: str) -> pd.DataFrame:
    """Return a row per epoch, to five digits: mean (``m``), band (``l``, ``h``) and seeds (``s``) of each line."""
    columns = []
    for place, line in enumerate(plot.lines):
        rows = points_to_draw(len(line.curve.epochs), scale)
        series = {f"m{place}": line.curve.sd if plot.spread else line.curve.mean}
        if _banded(line, plot):
            series |= {f"l{place}": line.curve.low, f"h{place}": line.curve.high}
        series |= {f"s{place}_{seed}": values for seed, values in _seeds(line, plot).items()}
        columns.append(pd.DataFrame(series, index=line.curve.epochs).iloc[rows])
    table = pd.concat(columns, axis="columns").rename_axis("epoch").sort_index()
    return table.map(lambda value: float(f"{value:.5g}")).reset_index()


def _banded(line: Line, plot: Plot) -> bool:
    return not plot.spread and bool(np.any(line.curve.high > line.curve.low))


def _seeds(line: Line, plot: Plot) -> Mapping[int, np.ndarray]:
    """Return the seeds of a line that can be drawn on request: several, but few enough to distinguish."""
    seeds = line.curve.seeds
    return seeds if not plot.spread and 1 < len(seeds) <= SEEDS else {}


def _line(
    place: int, line: Line, plot: Plot, points: int, looks: dict[str, Any], y: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the band of a line, its seeds and the line itself; parameters show and hide them."""
    there = [{"filter": f"isValid(datum.m{place})"}]
    band = {
        "transform": there,
        "mark": {"type": "area", "opacity": {"expr": f"show{place} ? 0.16 : 0"}, "color": line.look.colour},
        "encoding": {"y": {**y, "field": f"l{place}"}, "y2": {"field": f"h{place}"}},
    }
    layer = {
        "transform": there,
        "mark": {
            "type": "line",
            "strokeWidth": 2,
            "opacity": {"expr": f"show{place} ? 1 : 0"},
            "point": {"size": 24, "opacity": {"expr": f"show{place} ? 1 : 0"}} if points <= FEW else False,
        },
        "encoding": {
            "y": {**y, "field": f"m{place}"},
            **{
                channel: {"datum": line.label, "type": "nominal", "scale": scale, "legend": LEGEND}
                for channel, scale in looks.items()
            },
        },
    }
    thin = {"type": "line", "strokeWidth": 0.8, "color": line.look.colour}
    thin["opacity"] = {"expr": f"show{place} && seeds ? 0.6 : 0"}
    seeds = [
        {"transform": there, "mark": thin, "encoding": {"y": {**y, "field": f"s{place}_{seed}"}}}
        for seed in _seeds(line, plot)
    ]
    return [*([band] if _banded(line, plot) else []), *seeds, layer, *_dot(place, line, plot, y)]


def _dot(place: int, line: Line, plot: Plot, y: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the dot at the end of a line of running means: the value evaluated after the last epoch."""
    if plot.spread or line.curve.evaluated is None:
        return []
    value = float(f"{line.curve.evaluated:.5g}")
    mark = {"type": "point", "filled": True, "size": 60, "color": line.look.colour, "stroke": "white"}
    mark["opacity"] = {"expr": f"show{place} ? 1 : 0"}
    at = {"epoch": int(line.curve.epochs[-1]), "evaluated": value}
    return [{"data": {"values": [at]}, "mark": mark, "encoding": {"y": {**y, "field": "evaluated"}}}]


ZOOM = {
    "name": "zoom",
    # A wheel and a finger scroll the page: the wheel zooms only with a modifier key, and only the mouse pans.
    "select": {
        "type": "interval",
        "zoom": "wheel![event.ctrlKey || event.metaKey || event.altKey]",
        "translate": "[mousedown, window:mouseup] > window:mousemove!",
    },
    "bind": "scales",
}
LEGEND = {
    "title": None,
    "orient": "top",
    "symbolType": "stroke",
    "symbolSize": 320,
    "symbolOpacity": 1,
    "labelLimit": 260,
}


def _pointer(plot: Plot, epoch: str) -> dict[str, Any]:
    """Return the vertical rule that follows the pointer and shows what the visible lines have at the nearest epoch."""
    texts = [
        {"calculate": f"isValid(datum.m{place}) ? {_line_text(place, line, plot)} : '–'", "as": f"t{place}"}
        for place, line in enumerate(plot.lines)
    ]
    first = f"{{{json.dumps(epoch)}: format(datum.epoch, 'd')}}"
    others = [
        f"show{place} ? {{{json.dumps(line.label)}: datum.t{place}}} : {{}}" for place, line in enumerate(plot.lines)
    ]
    expression = f"merge({', '.join([first, *others])})"
    return {
        "transform": [*texts, {"calculate": expression, "as": "tooltip"}],
        "params": [
            {
                "name": "pointed",
                "select": {
                    "type": "point",
                    "fields": ["epoch"],
                    "nearest": True,
                    "on": "mouseover",
                    "clear": "mouseout",
                },
            }
        ],
        "mark": {"type": "rule", "color": "#5b6675"},
        "encoding": {
            "y": {"value": 0},
            "y2": {"value": "height"},
            "opacity": {"condition": {"value": 0.6, "param": "pointed", "empty": False}, "value": 0},
            "tooltip": {"field": "tooltip", "type": "nominal"},
        },
    }


def _line_text(place: int, line: Line, plot: Plot) -> str:
    """Return the Vega expression for a line's value and, in brackets, its band."""
    value = f"format(datum.m{place}, '{NUMBER}')"
    if not _banded(line, plot):
        return value
    low, high = (f"format(datum.{end}{place}, '{NUMBER}')" for end in "lh")
    return f"{value} + ' [' + {low} + '; ' + {high} + ']'"
