"""A study's own texts: authors, abstract, keywords, and whether it repeats a source."""

import pytest

from practica.config import front
from practica.config.reader import read_config
from practica.config.study import Study
from practica.paper.catalogue import exercise_tables, front_tables
from practica.paper.preamble import metadata
from practica.scaffold import new_study
from practica.yamlfiles.reading import line_of

AUTHORS = """
authors:
- {name: Ada & Co, affiliation: {en: Analytical Society}}
- {name: Grace}
keywords: [wine, nets]
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that resolves a small study whose study.yaml says more, under some words."""
    new_study(tmp_path, "A study")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "study/study.yaml"
    shipped = file.read_text(encoding="utf-8")

    def resolve(more="", **words):
        file.write_text(shipped + more, encoding="utf-8")
        return Study.resolve({**read_config(["config.yaml"]), **words})

    return resolve


def test_authors_are_those_of_the_study_unless_the_configuration_names_one(study):
    assert front.authors(study(), "en") == ()
    assert front.authors(study(AUTHORS), "en") == (("Ada & Co", "Analytical Society", ""), ("Grace", "", ""))
    assert front.authors(study(AUTHORS, author="Somebody"), "en") == (("Somebody", "", ""),)
    assert front.authors(study(AUTHORS), "es") == front.authors(study(AUTHORS), "en")  # in another language than none


def test_the_title_page_and_the_metadata_name_all_of_them(study):
    tex = metadata(study(AUTHORS), "en")
    assert r"\author{Ada \& Co\\{\small Analytical Society} \and Grace}" in tex
    assert r"pdfauthor={Ada \& Co, Grace}" in tex
    assert "pdfkeywords={wine, nets, wine}" in tex
    assert "pdfsubject={Which of three growers has made a wine" in tex
    assert r"\author{}" in metadata(study(), "en")


def test_the_pages_begin_with_the_abstract_unless_there_is_an_introduction(study):
    assert front.introduction(study(), "en").startswith("Which of three growers")
    assert front.introduction(study("about: On wines.\n"), "en") == "On wines."


def test_a_study_without_a_source_speaks_of_none(study):
    texts = {"claim": "The source claims", "claim_alone": "Claim", "here": "Here"}
    assert front.text_of(study(), texts, "claim") == "Claim"
    assert front.text_of(study(), texts, "here") == "Here"
    assert front.text_of(study("source: {name: A paper}\n"), texts, "claim") == "The source claims"


def test_captions_of_claims_speak_of_no_source(study):
    def captions(study):
        tables = (*front_tables(study), *exercise_tables(study, "growers"))
        return [each.caption["en"] for each in tables if each.kind in ("verdicts", "claims")]

    assert [each.split(",")[0] for each in captions(study())] == ["What is claimed", "What is claimed in growers"]
    assert captions(study("source: {name: A paper}\n")) == captions(study())


def test_the_line_of_a_key_is_that_of_the_innermost_that_is_there(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("# first\na:\n  b: {c: 1}\n  d:\n  - e: 2\n  - f: 3\n", encoding="utf-8")
    assert line_of(file, ["a", "b", "c"]) == (3, 3)
    assert line_of(file, ["a", "d", "1", "f"]) == (4, 6)
    assert line_of(file, ["a", "x", "c"]) == (1, 2)
    assert line_of(file, ["x"]) == (0, 1)
    file.write_text("z: 1\na:\n  b.c: 2\n")
    assert line_of(file, ["a", "b", "c"]) == (3, 3)
    assert line_of(tmp_path / "none.yaml", ["a"]) == (0, 1)
