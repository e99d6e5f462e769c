"""Seeds and names, which people write in several ways, and numbers that YAML reads differently from how they look."""

from __future__ import annotations

import copy
import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from practica.errors import InputError

LARGEST_SEED = 2**31 - 1
MOST_SEEDS = 100_000
HOW_MANY, ALONE = "how many (5)", "one (3)"
SEEDS = f"write {HOW_MANY}, a range (0-4) or a list (0,1,7 or [0, 1, 7])"
OCTAL = re.compile(r"[-+]?0[0-7_]*[0-7]")
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(d|h|min|m|GB?|MB?)", re.IGNORECASE)
IN_UNITS = {"d": 1440, "h": 60, "min": 1, "m": 1, "g": 1000, "gb": 1000, "mb": 1}
"""Minutes or MB per unit that people write after a number; M alone means minutes to some and megabytes to others."""
DECIMAL_COMMA = re.compile(r"([-+]?[0-9]+),([0-9]+(?:[eE][-+]?[0-9]+)?)")


def misread(text: str) -> str | None:
    """Return why YAML reads an unquoted word as another number than people do, and what to write; else None."""
    if OCTAL.fullmatch(text):
        eights, tens = int(text.replace("_", ""), 8), int(text)
        other = f", or {eights} if that is meant" if eights != tens else ", and a decimal number with a point"
        return f"YAML reads {text} as {eights}, a number in base 8; write {tens}{other}"
    if SEXAGESIMAL.fullmatch(text):
        sign = -1 if text.startswith("-") else 1
        parts = [sign * float(part) for part in text.lstrip("-+").replace("_", "").split(":")]
        value = sum(part * 60**place for place, part in enumerate(reversed(parts)))
        minutes = sum(part * 60 ** (1 - place) for place, part in enumerate(parts))
        return (
            f"YAML reads {text} as {value:.12g}, a number in base 60; write a time of hours in minutes, as "
            f'{minutes:.12g}, and text in quotes, as "{text}"'
        )
    return None


def advice(text: str) -> str | None:
    """Return what to write in place of a text that only looks like a number; None if it does not look like one."""
    if match := DECIMAL_COMMA.fullmatch(text.strip()):
        thousands = re.fullmatch("[-+]?[1-9][0-9]{0,2}", match[1]) and re.fullmatch("[0-9]{3}", match[2])
        return f"write {f'{match[1]}{match[2]}, or ' if thousands else ''}{match[1]}.{match[2]}, with a point"
    if match := UNIT.fullmatch(text.strip()):
        return f"write it without a unit, as {float(match[1]) * IN_UNITS[match[2].lower()]:.12g}"
    if re.fullmatch("0[0-9]*[89][0-9]*", text):
        return f"write {int(text)}, without a zero in front"
    return (misread(text) or "").partition("; ")[2] or None  # quoted, it is not misread


def names(value: str | Sequence[str], where: str) -> list[str]:
    """Return the names in a text, separated by commas or spaces, or in a list of such texts.

    Raises:
        InputError: a comma has no name on one of its sides.
    """
    texts = [value] if isinstance(value, str) else value
    result = []
    for text in texts:
        parts = [part.split() for part in text.split(",")]
        if len(parts) > 1 and [] in parts:
            raise InputError(f"{where}: {reprlib.repr(text)} has a comma without a name beside it; remove it")
        result += [name for part in parts for name in part]
    return result


def spelled(config: Any) -> Any:
    """Return a configuration in which seeds are numbers or lists of them, and an empty ``only`` is an empty list.

    Raises:
        InputError: seeds cannot be read; the message names the key and says why.
    """
    if not isinstance(config, Mapping):
        return config
    config = copy.deepcopy(dict(config))
    if "only" in config and config["only"] is None:
        config["only"] = []
    holders = {"": config, "tuning.": config.get("tuning")}
    if isinstance(exercises := config.get("exercises"), Mapping):
        for name, entry in exercises.items():
            entries = _mapping(entry, "protocols")
            within = {"": entry, **{f"protocols.{protocol}.": each for protocol, each in entries.items()}}
            holders[f"exercises.{name}."] = entry
            for where, each in within.items():
                variants = _mapping(each, "variants")
                holders |= {f"exercises.{name}.{where}variants.{v}.": inner for v, inner in variants.items()}
    for where, holder in holders.items():
        if isinstance(holder, dict) and "seeds" in holder and (holder["seeds"] is not None or where != "tuning."):
            holder["seeds"] = seeds(holder["seeds"], f"configuration: {where}seeds")
    return config


def _mapping(entry: Any, key: str) -> Mapping[str, Any]:
    """Return the value of a key, if it is a mapping; otherwise an empty one."""
    value = entry.get(key) if isinstance(entry, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def seeds(value: Any, where: str, *, counted: bool = True) -> int | list[int]:
    """Return a number of seeds unchanged, and seeds that are named in any other way as a list.

    If they are not ``counted``, a single number is that seed.

    Raises:
        InputError: they are not written in a known way, or a seed appears twice or is impossible.
    """
    try:
        if isinstance(value, str):
            inner = re.fullmatch(r"\s*\[(.*)\]\s*", value, re.DOTALL)
            if counted and not inner and re.fullmatch(r"[-+]?[0-9]+", value.strip()):
                return _count(_number(value))
            text = (inner[1] if inner else value).strip()
            return _seeds_in(text.split(",") if text else [])
        if isinstance(value, int | float):
            return _count(value)
        if not isinstance(value, list | tuple):
            raise InputError(SEEDS)
        return _seeds_in(value)
    except InputError as error:
        reason = str(error) if counted else str(error).replace(HOW_MANY, ALONE)
        raise InputError(f"{where}: {reprlib.repr(value)} is not allowed here: {reason}") from None


def _count(value: float) -> int:
    if isinstance(value, bool) or value != int(value):
        raise InputError(SEEDS)
    if value < 1:
        raise InputError(f"there must be at least one seed; {SEEDS}")
    if value > MOST_SEEDS:
        raise InputError(f"it would be more than {MOST_SEEDS:,} seeds; for one seed of that number write it as a list")
    return int(value)


def _seeds_in(items: Sequence[Any]) -> list[int]:
    every: dict[int, None] = {}
    for item in items:
        for seed in _range(item):
            if seed in every:
                raise InputError(f"seed {seed} appears twice; name each once")
            every[seed] = None
            if len(every) > MOST_SEEDS:
                raise InputError(f"it would be more than {MOST_SEEDS:,} seeds")
    if not every:
        raise InputError(f"it names no seed; {SEEDS}")
    return list(every)


def _range(item: Any) -> range:
    """Return the seeds of one item in a list: a number, or a range such as ``0-4``."""
    ends = re.fullmatch(r"([0-9]+)\s*-\s*([0-9]+)", item.strip()) if isinstance(item, str) else None
    first, last = (_number(ends[1]), _number(ends[2])) if ends else (_number(item),) * 2
    if last < first:
        raise InputError(f"{item} runs backwards; write {last}-{first}")
    return range(first, last + 1)


def _number(item: Any) -> int:
    """Return a seed that is written as a number or as its digits."""
    if isinstance(item, str):
        text = item.strip()
        if not re.fullmatch(r"[-+]?[0-9]{1,20}", text):
            raise InputError(f"{reprlib.repr(text)} is not a seed; {SEEDS}")
        if reason := misread(text):
            raise InputError(reason)
        item = int(text)
    if isinstance(item, bool) or not isinstance(item, int | float) or item != int(item):
        raise InputError(f"{reprlib.repr(item)} is not a seed; {SEEDS}")
    if item < 0:
        raise InputError(f"{item} is below zero, and seeds are 0, 1, 2, ...")
    if item > LARGEST_SEED:
        raise InputError(f"{item} is beyond {LARGEST_SEED}, the largest seed")
    return int(item)
