"""Say in words how a variant is trained; quick to import, because the workflow reads captions when it is parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from practica import exercises
from practica.config import declarations
from practica.config.names import variant_name
from practica.config.study import Study
from practica.evidence import numbers
from practica.words import items, section, word


def ran(
    study: Study, exercise: str, variants: Sequence[str], language: str, amounts: Mapping[str, str] | None = None
) -> str:
    """Return a sentence that says with how many seeds and which settings variants are trained.

    ``amounts`` has the seeds of each variant in words; by default, they are those that the study plans.
    """
    names_by_text: dict[str, list[str]] = {}
    for variant in variants:
        amount = amounts[variant] if amounts else seeds([len(study.seeds(exercise, variant))], language)
        # Variants of one exercise may differ only in their layers.
        text = f"{training(sure(study, exercise, variant), language, declarations.mentions(variants=True))}; {amount}"
        names_by_text.setdefault(text, []).append(variant_name(study, exercise, variant, language))
    return " ".join(f"{items(names, language)}: {text}." for text, names in names_by_text.items())


def sure(study: Study, exercise: str, variant: str) -> dict[str, Any]:
    """Return the variant's settings without those that the code of its model may replace by its own."""
    own = exercises.may_be_own(exercise, study.model(exercise, variant))
    return {name: value for name, value in study.settings(exercise, variant).items() if name not in own}


def seeds(counts: Iterable[int], language: str) -> str:
    """Return how many seeds there are: one number, or the smallest and the largest of several."""
    amount = numbers.span(counts)
    return word("seed" if amount == "1" else "several_seeds", language).format(amount)


def training(settings: Mapping[str, Any], language: str, names: Sequence[str] | None = None) -> str:
    """Return in words the settings that are set; by default only those that are always mentioned."""
    keys = declarations.mentions() if names is None else names
    values = {name: settings[name] for name in keys if settings.get(name)}
    phrases = [
        phrase(name, setting(value, language), language, single=isinstance(value, list | tuple) and len(value) == 1)
        for name, value in values.items()
    ]
    return items(phrases, language)


def phrase(name: str, value: str, language: str, *, single: bool = False) -> str:
    """Return a setting in words, or with its own name if it has none; its value may be the ``single`` one of a list."""
    every = section("settings", language)
    one = every.get(f"one_{name}") if value == "1" else every.get(f"single_{name}") if single else None
    words = one or every.get(name) or declarations.own_words(name, language) or f"{name} {{}}"
    return str(words).format(value)


def heading(name: str, language: str) -> str:
    """Return what a setting is called in a table: its name in words, or how it is said with its value left open."""
    every = section("settings", language)
    form = every.get(f"name_{name}") or every.get(name) or declarations.own_words(name, language)
    text = str(form).format("…").removesuffix(": …") if form else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def unset(name: str, language: str) -> str:
    """Return what a setting without a value is called in the middle of a sentence."""
    text = heading(name, language).removesuffix(" …")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def setting(value: Any, language: str) -> str:
    """Return a setting's value as text."""
    if isinstance(value, bool):
        return word(f"setting_{str(value).lower()}", language)
    if isinstance(value, int):
        return numbers.count(value, language)
    if isinstance(value, float):
        return numbers.exact(value, language)
    if isinstance(value, Mapping):
        names = section("settings", language)
        options_by_name = {names.get(f"option_{name}", name): own for name, own in value.items() if name != "name"}
        options = ", ".join(f"{name} {setting(own, language)}" for name, own in options_by_name.items())
        return f"{setting(value['name'], language)} ({options})" if "name" in value else options
    if isinstance(value, list | tuple):
        return items([setting(each, language) for each in value], language)
    return word("none", language) if value is None else word(str(value), language)
