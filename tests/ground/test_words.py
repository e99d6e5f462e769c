"""Words: one file per language has all that it needs besides prose; a mistake in it gives one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib.text import Text

from paper.conftest import needs_latex
from paper.factory import ROOT, fill
from paper.test_document import text_of
from practica import words
from practica.config.study import Study
from practica.errors import InputError
from practica.figures.catalogue import report_figures
from practica.figures.draw import draw
from practica.figures.style import save
from practica.page.build import write_pages
from practica.page.menu import (
    category,
    figure_labels,
    page_captions,
    page_labels,
    page_section,
    paper_caption,
    paper_labels,
    paper_section,
    subcategories,
    table_labels,
)
from practica.paper.catalogue import tables_for
from practica.paper.document import build
from practica.paper.tables import write_table
from practica.plan.wiring import reports
from toy import copied, toy_study

ENGLISH = ROOT / "workflow/practica/words/en.yaml"
Content = dict[str, Any]


def marked(content: Any) -> Any:
    """Return the words of an artificial language: English in capitals."""
    if isinstance(content, Mapping):
        return {key: marked(value) for key, value in content.items()}
    if not isinstance(content, str):
        return content
    return re.sub(r"[^{}]+|{\w*}", lambda part: part[0] if part[0][0] == "{" else part[0].upper(), content)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes a third language, or another one, into a separate folder of words."""
    folder = tmp_path / "words"
    folder.mkdir()
    monkeypatch.setattr(words, "folders", lambda: (words.OWN, folder))

    def write(edit: Callable[[Content], Any] = lambda content: None, language: str = "fr", **sections: Any) -> Path:
        english = yaml.safe_load(ENGLISH.read_text(encoding="utf-8"))
        kept = {name: english[name] for name in ("language", "numbers", "bibliography")}
        content = sections or {**marked(english), **kept, "language": {**kept["language"], "report": "rapport"}}
        edit(content)
        file = folder / f"{language}.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        words._sections.cache_clear()
        return file

    return write


def leaves(content: Any) -> Iterator[str]:
    if isinstance(content, Mapping):
        for value in content.values():
            yield from leaves(value)
    elif isinstance(content, str):
        yield content


def test_the_languages_that_are_there_are_complete() -> None:
    assert set(words.languages()) >= {"en", "es"}
    words.check_languages(words.languages())


def own(language: str = "fr", **changes: Any) -> Study:
    return toy_study(only="steps", report={"languages": [language]}, **changes)


def test_a_language_is_there_with_its_file(written: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"report\.languages: no words in language 'fr' \(there are: en, es\)"):
        own()
    written()
    words.check_languages(own().languages)
    assert reports(own()) == {"rapport": "fr"}
    assert own(title={"fr": "Mes réseaux"}).heading("fr") == "Mes réseaux"
    with pytest.raises(InputError, match=r"title: nothing in 'fr', which is in report\.languages"):
        own(title={"en": "My nets"})


@needs_latex
def test_a_third_language_reaches_all_that_is_made(written: Callable[..., Path], tmp_path: Path) -> None:
    written()
    study, results, report = own(), tmp_path / "results", tmp_path / "report"
    fill(study, results)
    for name in report_figures(study):
        figure = draw(name, study, results, "fr")
        save(figure, results / "figures" / name)
        texts = [each.get_text() for each in figure.findobj(Text)]  # type: ignore[attr-defined]
        word = "TEST DATA, SEED 0" if name == "fig3" else "EPOCH"
        assert name in ("fig_overview", "fig_claims") or word in texts, name
    for table in tables_for(study):
        write_table(study, results, table.name)
    copied(report)
    for file in report.rglob("*en.tex"):
        file.rename(file.with_name(file.name.replace("en.tex", "fr.tex")))
    write_pages(study, results)
    made = [
        file.read_text(encoding="utf-8") for place in ("page", "tables") for file in (results / place).glob("*.html")
    ]
    made.append(" ".join(text_of(build(Study({**study.config, "study": str(report)}), results, "fr")).split()))
    assert (results / "rapport.pdf").is_file()
    captions = " ".join(each.caption["en"] for each in tables_for(study) if "en" in each.caption)  # the study's own
    english = set(leaves(yaml.safe_load(ENGLISH.read_text(encoding="utf-8"))))
    prose = " ".join(file.read_text(encoding="utf-8") for file in report.rglob("*fr.tex"))
    fixed = {each for each in english if len(each) > 20 and each not in captions and each not in prose}
    for text in map(unescape, made):
        assert any(each.upper() in text for each in english if len(each) > 4 and each.upper() != each)
        for each in fixed:
            assert each not in text, each


def test_an_english_report_has_an_english_menu() -> None:
    study = toy_study(report={"languages": ["en"]})
    pages = ["index", "vega", *study.exercises, *(f"{each}_runs" for each in study.exercises)]
    labels = [
        *(figure_labels(study, name) for name in report_figures(study)),
        *(table_labels(study, table) for table in tables_for(study)),
        *(page_labels(study, page) for page in pages),
        paper_labels(study, "en"),
    ]
    message = [*(category(study, each) for each in (None, *study.exercises)), *subcategories(study).values()]
    message += [part for page in pages for part in page_section(study, page)]
    message += [text for label in labels for pair in label.items() for text in pair]
    message += [*page_captions(study).values(), paper_caption(study)]
    spanish = set(leaves(words.section("page", "es"))) - set(leaves(words.section("page", "en")))
    for text in message:
        assert text not in spanish and not re.search("[áéíóúñ¿«]|Informe|contenido|Tabla|Figura", text), text


def test_the_whole_study_has_a_section_of_the_menu_in_every_language() -> None:
    study = toy_study(report={"languages": ["es", "en"]})
    assert page_section(study, "index") == paper_section(study, "es") == ("0. Informe", "1. Para leer")
    assert page_section(study, "index_en") == paper_section(study, "en") == ("0. Report", "1. To read")
    assert page_labels(study, "index_en") == {"content": "1. Everything at a glance"}
    assert paper_labels(study, "en") == {"content": "2. Whole report in English (PDF)"}
    labels = sorted(text for name in report_figures(study) for text in figure_labels(study, name).values())
    assert [each.partition(":")[0] for each in labels[:2]] == ["1. fig_overview", "2. fig_claims"]
    exercise = study.exercises[0]  # has one section, with its pages in both languages
    assert page_section(study, f"{exercise}_en") == (category(study, exercise), "5. En otro idioma")


def test_the_menu_has_the_exercises_in_the_order_of_the_configuration() -> None:
    study = toy_study()
    turned = Study({**study.config, "exercises": dict(reversed(study.config["exercises"].items()))})
    assert [category(study, each).split(". ")[0] for each in study.exercises] == ["moons", "steps"]
    menu = [category(turned, each) for each in (None, *turned.exercises)]
    assert menu == sorted(menu)
    assert [each.split(": ")[0] for each in menu] == ["0. Informe", "1. steps", "2. moons"]
    under = Study({**study.config, "exercises": dict.fromkeys(["a", "a_b", "a1"], study.config["exercises"]["moons"])})
    assert category(under, "a_b").startswith("a_b. ")  # a browser, which sorts the menu, has it before a1


def test_no_rule_writes_a_label_itself() -> None:
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        assert not re.search(r'category="|labels=\{', file.read_text(encoding="utf-8")), file.name


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda fr: fr["page"].pop("home"), r"page\.home is missing \(in English: 'Home'\); w"),
        (lambda fr: fr["page"]["several"].pop("undecided"), r"page\.several\.undecided is missing"),
        (lambda fr: fr.pop("glyphs"), r"glyphs\.not_shown is missing \(in English: '.*'\), and 4 others; write it"),
        (lambda fr: fr["report"].update(setting_false=False), r"report\.setting_false: False must be text; put it in"),
        (lambda fr: fr["bibliography"].update(comma_before_and="no"), "comma_before_and: 'no' must be true or false"),
        (lambda fr: fr["figures"].update(seeds_many="{m} graines"), r"figures\.seeds_many: nothing fills \{m\}; Engl"),
        (lambda fr: fr["report"].update(several_seeds="{} {} graines"), r"report\.several_seeds: nothing fills \{1\}"),
        (
            lambda fr: fr["report"].update(several_seeds="{graines"),
            r"report\.several_seeds: .\{graines. has a brace too",
        ),
        (lambda fr: fr.update(figure={"epoch": "époque"}), r"there is no section 'figure'; did you mean 'figures'\?"),
        (lambda fr: fr.update(page="page"), "page must be a mapping of keys to words"),
        (lambda fr: fr["language"].update(report="report_en"), "must differ between en, fr, and is report_en, report_"),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence(
    edit: Callable[[Content], Any], reason: str, written: Callable[..., Path]
) -> None:
    written(edit)
    words.check_languages(["en", "es"])
    with pytest.raises(InputError, match=reason) as caught:
        words.check_languages(["en", "fr"])
    assert "\n" not in str(caught.value)
    assert "words" in str(caught.value)


def test_a_file_of_the_study_lies_over_those_of_the_project(written: Callable[..., Path]) -> None:
    before = dict(words.section("page", "en"))
    written(language="en", page={"home": "Start", "several": {"undecided": "open"}}, metrics={"f1": "F₁"})
    words.check_languages(["en"])
    changed = words.section("page", "en")
    assert changed == {**before, "home": "Start", "several": {**before["several"], "undecided": "open"}}
    assert words.section("metrics", "en")["f1"] == "F₁"
    assert words.section("metrics", "en")["accuracy"] == "Accuracy"


def test_what_a_study_does_not_say_in_a_language_it_says_in_english() -> None:
    assert words.in_language({"es": "uno", "en": "one"}, "es") == "uno"
    assert words.in_language({"es": "uno", "en": "one"}, "fr") == "one"
    assert words.in_language({"es": "uno"}, "fr") == "uno"


def test_a_spanish_list_says_e_before_the_sound_of_an_i() -> None:
    assert words.items(["AMD", "Intel"], "es") == "AMD e Intel"
    assert words.items(["vapor", "hielo"], "es") == "vapor y hielo"
    assert words.items(["AMD", "Intel"], "en") == "AMD and Intel"
    assert words.items(["Intel"], "es") == "Intel"
