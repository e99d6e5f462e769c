"""Compose captions from what the figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from practica.address import LOCAL, parts
from practica.config import protocols
from practica.config.about import MultilingualText
from practica.config.front import most_seeds, one_or_many, text_of
from practica.figures.specs import Marks, Panel
from practica.words import items, plural, section

if TYPE_CHECKING:
    from practica.config.study import Study


class Content(NamedTuple):
    """What the caption of a figure over epochs is made from: the figure's own entry, and its exercise's metrics."""

    kind: str
    panels: Sequence[Panel] = ()
    split: str = ""
    log_epochs: bool = False
    lettered: bool = False
    metrics: Mapping[str, Any] = {}


def of_epochs(title: Mapping[str, str], content: Content, languages: Sequence[str]) -> dict[str, str]:
    """Return the caption of a figure over epochs, by language."""
    return {language: _of_epochs(title[language], content, language) for language in languages}


def _of_epochs(title: str, content: Content, language: str) -> str:
    words = section("captions", language)
    contents = [_content(panel, content, language) for panel in content.panels] or [words["recorded"]]
    if len(contents) > 1:
        places = [words["above"], *[words["middle"]] * (len(contents) - 2), words["below"]]
        if content.lettered:
            places = [chr(ord("a") + place) for place in range(len(contents))]
        contents = [f"{what} ({where})" for what, where in zip(contents, places, strict=True)]
    part = "both" if content.kind == "curves" and content.split != "train" else content.split
    course = words.get(part, part)
    if content.kind == "folds":
        course = words["folds"].format(course)
    sentences = [f"{title}: {items(contents, language)} {course}."]
    if any(panel.metric == "normalised_loss" for panel in content.panels):
        sentences.append(words["normalisation"])
    if content.log_epochs:
        sentences.append(words["logarithmic"])
    if content.kind == "curves" or part == "train":
        sentences.append(words["running"])
    return " ".join(sentences)


def _content(panel: Panel, content: Content, language: str) -> str:
    """Return the name of the metric that an axis shows."""
    if panel.errors:
        return str(section("figures", language)["error_rate"]).lower()
    own = content.metrics.get(panel.metric)
    if own is not None:
        return MultilingualText(own)[language]
    return str(section("captions", language).get(panel.metric, panel.metric.replace("_", " ")))


def with_running(caption: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """Return the caption of a figure that shows training by epoch, with a sentence on running means, by language."""
    return {language: f"{caption[language]} {section('captions', language)['running']}" for language in languages}


def overview_title(study: Study) -> MultilingualText:
    """Return the title of the first page's figure."""
    return in_words(study, "glance")


def in_words(study: Study, key: str) -> MultilingualText:
    """Return a text from the files of words in every language of the report."""
    return MultilingualText({language: section("captions", language)[key] for language in study.languages})


def of_overview(study: Study, marks: Marks | None = None) -> dict[str, str]:
    """Return the caption of the first page's figure, by language: the metrics, the marks and the verdicts in it.

    Args:
        study: the study.
        marks: the contents of the panels; by default what is known of them before there are results.
    """
    return {language: _of_overview(study, language, marks) for language in study.languages}


def of_forest(study: Study, small: Literal["paler", "hatched"] = "paler") -> MultilingualText:
    """Return the caption of the figure of all claims, by language; ``small`` is how it draws small effects."""
    captions = {}
    for language in study.languages:
        words = section("captions", language)
        effect = words[one_or_many(study, "effect", study.exercises)]
        captions[language] = words["forest"].format(
            effect=effect, zero=text_of(study, words, "zero"), small=words[f"forest_{small}"]
        )
    return MultilingualText(captions)


def _of_overview(study: Study, language: str, marks: Marks | None) -> str:
    words = section("captions", language)
    metrics = marks.metrics if marks else _glances(study)
    groups: dict[str, list[str]] = {}
    for exercise, metric in metrics.items():
        groups.setdefault(metric, []).append(str(study.number(exercise)))
    phrases = []
    if groups:
        *few, most = sorted(groups.items(), key=lambda pair: len(pair[1]))
        for metric, numbers in few:
            phrases.append(words["in"].format(exercises=items(numbers, language), metric=words.get(metric, metric)))
        name = words.get(most[0], most[0])
        phrases.append(plural(words, "others", len(most[1])).format(metric=name) if few else name)
    claims = any(study.about(exercise).get("claims") for exercise in study.exercises)
    seeds = (marks.seeds if marks else 0) or most_seeds(study, study.exercises)  # nothing may have run
    form = "overview" if seeds > 1 else "overview_one"
    text = words[form].format(metrics="; ".join(phrases) or words["recorded"])
    verdicts = [words["verdicts_of_protocols" if study.protocols else "verdicts"]] if claims else []
    return " ".join([text, *_marks(study, words, marks, seeds), *_protocol_sentences(study, (), language), *verdicts])


def with_protocol(study: Study, caption: Mapping[str, str], variants: Sequence[str]) -> Mapping[str, str]:
    """Return a caption that says under which protocol the variants were trained, if there are several protocols."""
    if not study.protocols:
        return caption
    return {
        language: " ".join([caption[language], *_protocol_sentences(study, variants, language)])
        for language in study.languages
    }


def _protocol_sentences(study: Study, variants: Sequence[str], language: str) -> list[str]:
    """Return a sentence on the protocols of some variants (default: the first protocol); none without protocols."""
    if not study.protocols:
        return []
    names = dict.fromkeys(study.protocol_of(name) for name in variants) or study.protocols[:1]
    labels = [protocols.label(study.folder, name, language) for name in names]
    return [section("captions", language)["drawn"].format(items(labels, language))]


def _glances(study: Study) -> dict[str, str]:
    """Return the metrics of the panels; empty if an exercise declares none, because then the results decide."""
    metrics = {exercise: study.about(exercise).get("glance", {}).get("metric") for exercise in study.exercises}
    return {} if None in metrics.values() else metrics


def _marks(study: Study, words: Mapping[str, str], marks: Marks | None, seeds: int) -> list[str]:
    """Return the sentence about the marks of test data; none if no panel has one. A single seed has no interval."""
    dot = "dot" if seeds > 1 else "dot_one"
    if marks is None:
        exercises = {exercise for exercise in study.exercises if _prints(study.about(exercise))}
        kinds, everywhere = [words[dot], *([words["diamond"]] if exercises else [])], False
    else:
        kinds = [words[kind] for kind, of in ((dot, marks.tested), ("diamond", marks.printed)) if of]
        everywhere = marks.tested | marks.printed == set(marks.metrics)
    return [words["tested" if everywhere else "tested_some"].format("; ".join(kinds))] if kinds else []


def _prints(about: Mapping[str, Any]) -> bool:
    """Return whether the panel of an exercise shows a number of the source on test data."""
    source_numbers, glance = about.get("printed", {}), about.get("glance")
    if glance is None:
        return any(parts(name, LOCAL)[1] == "test" for name in source_numbers)
    return any(f"{variant}/test/{glance['metric']}" in source_numbers for variant in glance["variants"])
