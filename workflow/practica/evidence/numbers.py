"""Write numbers the way a language prints them, as plain text that LaTeX and HTML both receive."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from practica.address import bare
from practica.evidence.estimates import SHARE, Estimate
from practica.words import section

FIXED_DIGITS = {
    "accuracy": 3, "r2": 3, "psnr": 2,
    "gap": 3, "evaluated_gap": 3,
    "fold_sd": 3, "epochs_to": 1, "idle_epochs": 1, "rise_share": 2, "auc": 3, "train_auc": 3, "late_gain": 3,
    "solved": 2, "ratio": 2,
}  # fmt: skip
FIGURES, MOST_FIGURES = 3, 7
"""Significant figures of a mean, and the most that a small spread gives it."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
BETWEEN = ";\u00a0"
PLUS_MINUS = "\u00a0±\u00a0"


def count(value: int, language: str) -> str:
    """Write a whole number; thousands are grouped from five digits on."""
    text = f"{value:,}" if abs(value) >= 10_000 else str(value)
    return _localise(text, language)


def span(counts: Iterable[int]) -> str:
    """Write the least and the greatest of some numbers, or the only one."""
    ends = min(every := [*counts]), max(every)
    return "–".join(str(end) for end in dict.fromkeys(ends))


def decimal(value: float, digits: int, language: str) -> str:
    """Write ``value`` with ``digits`` decimals; a value that rounds to zero has no sign."""
    text = f"{value:.{digits}f}"
    return _localise(text if text.strip("-0.") else text.removeprefix("-"), language)


def as_printed(text: str, language: str) -> str:
    """Write a number of the source with the language's decimal mark and as many digits as the source gives."""
    return decimal(float(text), len(text.partition(".")[2]), language)


def significant(value: float, language: str, figures: int = 3) -> str:
    """Write ``value`` with ``figures`` significant figures, as a power of ten when it is very small or large."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "NaN"
    exponent = _exponent(value, figures)
    if -4 < exponent < 6:
        digits = figures - 1 - exponent
        return decimal(value, digits, language) if digits > 0 else count(round(value), language)
    return decimal(value / 10.0**exponent, figures - 1, language) + _power(exponent)


def exact(value: float, language: str) -> str:
    """Write a setting with the digits that it was given: ``0.001`` stays 0,001 and ``1e-05`` becomes a power of ten."""
    mantissa, _, exponent = f"{value:g}".partition("e")
    text = _localise(mantissa, language)
    if not exponent:
        return text
    return _power(int(exponent)).removeprefix("\u00a0×\u00a0") if mantissa == "1" else text + _power(int(exponent))


def measure(mean: float, sd: float | None, metric: str, language: str, *, spread: float | None = None) -> str:
    """Write a mean and its standard deviation, if there is one, with the digits usual for ``metric``.

    ``spread`` is the standard deviation of a mean that stands alone: it decides the digits, too.
    """
    if not math.isfinite(mean):
        return significant(mean, language)
    spread = sd if spread is None else spread
    digits = decimals(mean, metric, spread)
    parts = [part for part in (mean, sd) if part is not None]
    if _plain(mean, metric):
        return PLUS_MINUS.join(decimal(part, max(digits, 0), language) for part in parts)
    exponent, digits = _exponent(mean, FIGURES), _figures(mean, spread) - 1
    text = PLUS_MINUS.join(decimal(part / 10.0**exponent, digits, language) for part in parts)
    return (f"({text})" if sd is not None else text) + _power(exponent)


def estimate(values: Estimate, metric: str, language: str) -> str:
    """Write an estimate: mean and standard deviation, median and range if skewed, or how many seeds say yes."""
    if values.scale == SHARE:
        return section("numbers", language)["of"].format(round(values.mean * values.n), values.n)
    if not values.skewed:
        return measure(values.mean, values.sd, metric, language)
    power, shrink = "", 1.0
    if not _plain(values.median, metric):
        exponent = _exponent(values.median, FIGURES)
        power, shrink = _power(exponent), 10.0**exponent
    spread = None if values.sd is None else values.sd / shrink
    median, least, greatest = (
        measure(value / shrink, None, metric, language, spread=spread)
        for value in (values.median, values.least, values.greatest)
    )
    return f"{median} ({least}–{greatest}){power}"


def interval(
    low: float | None, high: float | None, centre: float, metric: str, language: str, *, spread: float | None = None
) -> str:
    """Write the interval around ``centre`` with the digits that ``measure`` gives ``centre``; None is an open end.

    An end close to zero gets one digit more, because it matters on which side of zero it lies.
    """
    digits, exponent = decimals(centre, metric, spread), _exponent(centre, FIGURES)
    finite_ends = [end for end in (low, high) if end is not None]
    if _base(metric) in FIXED_DIGITS and any(0 < abs(end) < 0.5 * 10**-digits for end in finite_ends):
        digits += 1
    plain, figures = _plain(centre, metric), _figures(centre, spread)
    power = "" if plain else _power(exponent)
    shrink = 1.0 if plain else 10.0**exponent
    ends = [
        where_open if end is None else decimal(end / shrink, max(digits, 0) if plain else figures - 1, language)
        for end, where_open in ((low, "−∞"), (high, "∞"))
    ]
    return f"[{BETWEEN.join(ends)}]{power}"


def chance(p: float, language: str) -> str:
    """Write a p-value with two digits, or that it is less than 0.001."""
    text = f"< {decimal(0.001, 3, language)}" if p < 0.001 else f"= {significant(p, language, 2)}"
    return f"p {text}".replace(" ", "\u00a0")


def decimals(mean: float, metric: str, spread: float | None = None) -> int:
    """Return how many decimals ``measure`` writes: prose must not compare what they do not show."""
    return FIXED_DIGITS.get(_base(metric), _figures(mean, spread) - 1 - _exponent(mean, FIGURES))


def _figures(mean: float, spread: float | None) -> int:
    """Return how many significant figures a mean has: three, or as many more as show the first one of its spread."""
    if not (spread and mean and math.isfinite(spread) and math.isfinite(mean)):
        return FIGURES
    return min(max(FIGURES, _exponent(mean, FIGURES) - _exponent(spread, 1) + 1), MOST_FIGURES)


def _plain(value: float, metric: str) -> bool:
    """Return whether a value is written without a power of ten."""
    return _base(metric) in FIXED_DIGITS or -4 < _exponent(value, FIGURES) < 6


def _base(metric: str) -> str:
    """Return the name that decides a metric's digits: ``second_accuracy`` is written like ``accuracy``.

    Prefixes, and the level to reach or to rise from, are left out.
    """
    name = re.sub(r"(_from)?_\d\d$", "", bare(metric))
    kind = name.rpartition("_")[2]
    return kind if name not in FIXED_DIGITS and kind in FIXED_DIGITS else name


def _exponent(value: float, figures: int) -> int:
    """Return the power of ten of ``value`` as printed: 0.9999 with three digits is 1.00."""
    return int(f"{value:.{figures - 1}e}".partition("e")[2]) if value else 0


def _power(exponent: int) -> str:
    return "\u00a0×\u00a010" + str(exponent).translate(SUPERSCRIPTS)


def _localise(text: str, language: str) -> str:
    """Replace the marks of Python's number format by those of ``language``."""
    marks = section("numbers", language)
    return (
        text.replace(",", "\0").replace(".", marks["decimal_mark"]).replace("\0", marks["thousands"]).replace("-", "−")
    )
