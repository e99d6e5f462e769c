"""The names that a recipe in the configuration may use: Keras' optimizers, schedules, losses and metrics.

Importing Keras takes seconds and every job reads the configuration, so the names and their options are listed in
``workflow/schemas/keras.json``. A test compares the list with the installed Keras.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from practica.errors import InputError
from practica.files import SCHEMAS, read_json

RATE = "learning_rate"
GIVEN = {"optimizers": {RATE}, "schedules": {"initial_learning_rate"}}
"""Options that other settings provide."""

SHORT = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "kld": "KLDivergence",
}
"""Short names that Keras accepts, too."""


@cache
def catalogue() -> Mapping[str, Mapping[str, list[str]]]:
    """Return the options of each class by kind (``optimizers``, ``schedules``, ``losses``, ``metrics``) and name."""
    content: Mapping[str, Mapping[str, list[str]]] = read_json(SCHEMAS / "keras.json")
    return content


def class_name(kind: str, name: str) -> str | None:
    """Return Keras' name of a class, ignoring case and underscores in ``name``; None if there is no such class."""
    return _plain_names(kind).get(_plain(SHORT.get(name.lower(), name)))


def split(entry: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return name and options of an entry: either a name, or a mapping with a ``name`` and options."""
    if isinstance(entry, str):
        return entry, {}
    return entry["name"], {key: value for key, value in entry.items() if key != "name"}


def check_recipe(where: str, settings: Mapping[str, Any]) -> None:
    """Check the names and options of a recipe, and that no setting makes another one meaningless.

    Raises:
        InputError: the message names the key, and the nearest existing name.
    """
    optimizer, own = split(settings.get("optimizer", "adam"))
    options = {**own, **({"momentum": settings["momentum"]} if "momentum" in settings else {})}
    _check(f"{where}.optimizer", "optimizers", optimizer, options)
    if "schedule" in settings:
        _check(f"{where}.schedule", "schedules", *_schedule(settings["schedule"]))
        if class_name("optimizers", optimizer) in ("Adafactor", "ScheduleFreeAdamW"):
            raise InputError(f"{where}.schedule: {optimizer} has its own schedule; remove one of them")
    for place, entry in enumerate(settings.get("metrics", [])):
        _check(f"{where}.metrics.{place}", "metrics", *split(entry))
    stopping = settings.get("early_stopping")
    if stopping and stopping["patience"] >= settings.get("epochs", float("inf")) // settings.get("log_every", 1):
        raise InputError(
            f"{where}.early_stopping.patience: {stopping['patience']} never runs out in {settings['epochs']} epochs; "
            "lower it, or remove early_stopping"
        )


def _schedule(entry: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the schedule's name, and the options that Keras' class takes; ours count in epochs."""
    name, options = split(entry)
    own = {"decay_epochs", "warmup_epochs"}
    return name, {key: value for key, value in options.items() if key not in own}


def _check(where: str, kind: str, name: str, options: Mapping[str, Any]) -> None:
    match = class_name(kind, name)
    if not match:
        names = sorted(catalogue()[kind])
        raise InputError(f"{where}: Keras has no {kind[:-1]} {name!r}{_near(name, names)}")
    allowed = [option for option in catalogue()[kind][match] if option not in GIVEN.get(kind, ())]
    for option in options:
        if option in GIVEN.get(kind, ()):
            raise InputError(f"{where}.{option}: give it as the setting {RATE}")
        if option not in allowed:
            raise InputError(f"{where}: {match} has no option {option!r}{_near(option, allowed)}")


def _near(name: str, names: list[str]) -> str:
    plain = {_plain(each): each for each in names}
    close = difflib.get_close_matches(_plain(name), plain, n=1)
    return f"; did you mean {plain[close[0]]!r}?" if close else f" (there are: {', '.join(names)})"


@cache
def _plain_names(kind: str) -> dict[str, str]:
    return {_plain(name): name for name in catalogue()[kind]}


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
