"""The names that a recipe in the configuration may use: Keras' optimizers, schedules, losses and metrics.

Importing Keras takes seconds and every job reads the configuration, so the names and their options are listed in
``workflow/schemas/keras.json``. A test compares the list with the installed Keras.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from practica.errors import InputError
from practica.files import SCHEMAS, read_json

RATE = "learning_rate"
GIVEN = {"optimizers": {RATE}, "schedules": {"initial_learning_rate", "warmup_target"}}
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
        name, options = split(settings["schedule"])
        _check(f"{where}.schedule", "schedules", name, options, in_steps)
        _check_epochs(f"{where}.schedule", options)
        _check_values(f"{where}.schedule", options, settings.get(RATE))
        if class_name("optimizers", optimizer) in ("Adafactor", "ScheduleFreeAdamW"):
            raise InputError(f"{where}.schedule: {optimizer} has its own schedule; remove one of them")
    for place, entry in enumerate(settings.get("metrics", [])):
        _check(f"{where}.metrics.{place}", "metrics", *split(entry))
    stopping = settings.get("early_stopping")
    if not stopping:
        return
    rest = settings.get("epochs", float("inf")) - stopping.get("start_from_epoch", 0)
    if stopping["patience"] >= rest // settings.get("log_every", 1):
        after = f" after start_from_epoch ({stopping['start_from_epoch']})" if "start_from_epoch" in stopping else ""
        raise InputError(
            f"{where}.early_stopping.patience: {stopping['patience']} never runs out in {settings['epochs']} epochs"
            f"{after}; lower it, or remove early_stopping"
        )


def in_steps(option: str) -> str:
    """Return Keras' name of an option of a schedule, which counts in steps: ``decay_steps`` for ``decay_epochs``."""
    return "boundaries" if option == "boundary_epochs" else option.replace("_epochs", "_steps")


def _check_epochs(where: str, options: Mapping[str, Any]) -> None:
    for option in (option for option in options if option != in_steps(option)):
        value, is_list = options[option], in_steps(option) == "boundaries"
        numbers = value if is_list and isinstance(value, list) else [value]
        wrong = [each for each in numbers if isinstance(each, bool) or not isinstance(each, int | float) or each < 0]
        if wrong or is_list != isinstance(value, list):
            kind = "a list of numbers" if is_list else "a number"
            raise InputError(f"{where}.{option}: {value!r} is not {kind} of epochs, from 0 on")
        if in_steps(option) in options:
            raise InputError(f"{where}.{option}: {in_steps(option)} says the same in steps; remove one of them")


def _check_values(where: str, options: Mapping[str, Any], rate: float | None) -> None:
    """Refuse rates that are not numbers, or the highest of which is not the one that the settings say."""
    if "values" not in options:
        return
    values = options["values"]
    if not (isinstance(values, list) and values and all(type(each) in (int, float) for each in values)):
        raise InputError(f"{where}.values: {values!r} is not a list of numbers")
    if rate is not None and max(values) != rate:
        raise InputError(f"{where}.values: the highest is {max(values)}, and {RATE} is {rate}; make them equal")


def _check(
    where: str,
    kind: str,
    name: str,
    options: Mapping[str, Any],
    keras_name: Callable[[str], str] = lambda option: option,
) -> None:
    """Check a name and its options, which Keras knows by ``keras_name``."""
    match = class_name(kind, name)
    if not match:
        names = sorted(catalogue()[kind])
        raise InputError(f"{where}: Keras has no {kind[:-1]} {name!r}{_near(name, names)}")
    valid_options = [option for option in catalogue()[kind][match] if option not in GIVEN.get(kind, ())]
    for option in options:
        if option in GIVEN.get(kind, ()):
            raise InputError(f"{where}.{option}: give it as the setting {RATE}")
        if keras_name(option) not in valid_options:
            raise InputError(f"{where}: {match} has no option {option!r}{_near(option, valid_options)}")


def _near(name: str, names: list[str]) -> str:
    plain = {_plain(each): each for each in names}
    close = difflib.get_close_matches(_plain(name), plain, n=1)
    return f"; did you mean {plain[close[0]]!r}?" if close else f" (there are: {', '.join(names)})"


@cache
def _plain_names(kind: str) -> dict[str, str]:
    return {_plain(name): name for name in catalogue()[kind]}


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
