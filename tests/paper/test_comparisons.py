"""Verdicts and differences as readers see them: on the first page, in each section, in the prose and in HTML."""

import csv
import io
import re
from pathlib import Path

import pytest

from evidence.factory import make_study
from evidence.made_up import World, shifted, torn
from paper.conftest import needs_latex
from paper.factory import fill, one_exercise, write_block
from paper.test_document import text_of
from practica.config import declarations
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import declared
from practica.evidence.collect import collect
from practica.evidence.rules import OVERALL, VERDICTS
from practica.evidence.verdicts import write_claims
from practica.figures import tones
from practica.files import read_json, write_json
from practica.page.build import TEMPLATES, write_pages
from practica.paper import parts, render
from practica.paper.catalogue import tables_for
from practica.paper.document import build
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.parts import _values
from practica.paper.prose import Prose
from practica.paper.sentences import _unjudged
from practica.paper.table import Table
from practica.paper.tables import make_table, spec_named
from practica.paper.terms import terms
from toy import resolve, toy_study

Judged = tuple[Study, Path]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return a study whose claims have each of the four verdicts: steps-a is refuted, steps-b open."""
    folder = tmp_path_factory.mktemp("judged")
    world = World()
    shifted("steps/conv/test/accuracy", -0.1)(world)
    torn("steps/dense/train/accuracy", 0.1)(world)
    world.drop("moons/deeper")
    write_claims(world.write(folder), folder)
    return toy_study(seeds=6), folder


def made(judged: Judged, name: str, language: str = "es") -> Table:
    study, folder = judged
    return make_table(spec_named(study, name), Facts(study, folder, language))


def rows(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render.to_csv(table))))


def test_every_claim_has_a_row_with_both_numbers_and_a_verdict_in_words(judged: Judged) -> None:
    table = made(judged, "claims")
    result = {row["claim"]: row for row in rows(table)}
    assert list(result) == list(declared(make_study()).claims)
    assert {name: result[name]["verdict"] for name in ("moons", "steps-a", "steps-b", "moons-hand")} == {
        "moons": "confirmed",
        "steps-a": "not confirmed",
        "steps-b": "undecided",
        "moons-hand": "not evaluated",
    }
    conv = result["steps-a"]
    assert (conv["source"], conv["source_other"], conv["n"]) == ("0.98", "0.95", "12")
    assert float(conv["ours_of"]) == pytest.approx(0.88, abs=2e-3)
    assert float(conv["ours_low"]) <= float(conv["ours"]) <= float(conv["ours_high"])
    tex = render.to_latex(table, breaks=True)
    for words in (
        r"\textbf{\ding{51} confirmada}",
        r"\textbf{\ding{55} no confirmada}",
        r"\textbf{? sin decidir}",
        r"\textbf{-- sin evaluar}",
        "0,98 / 0,95",
        "faltan corridas",
    ):
        assert words in tex


def test_the_check_that_decides_a_claim_is_shown_with_its_sides(tmp_path: Path) -> None:
    world = World()
    world.courses["steps/conv"] = world.courses["steps/dense"]
    write_claims(world.write(tmp_path), tmp_path)
    table = made((toy_study(), tmp_path), "claims")
    row = next(row for row in table.rows if row[0].text == "steps-a")
    assert row[-1].text.endswith("no confirmada")
    assert row[3].text.startswith("épocas hasta 0,95 ")  # the first check, of test accuracy, holds
    assert row[3].below.startswith("Capas densas / Convolucional\n")


@pytest.mark.parametrize(
    ("of", "other", "said"),
    [
        ("steps/conv/test/accuracy", "steps/dense/test/accuracy", "Convolucional / Capas densas"),
        ("steps/conv/train/accuracy", "steps/conv/validation/accuracy", "entrenamiento / validación"),
        ("steps/dense/test/accuracy", "moons/dense/test/accuracy", "Capas densas (steps) / dense (moons)"),
    ],
)
def test_sides_are_told_apart(judged: Judged, of: str, other: str, said: str) -> None:
    study, folder = judged
    facts = Facts(study, folder, "es")
    claim = next(each for each in facts.claims["claims"] if each["id"] == "steps-b")
    claim["parts"][0]["of"]["quantity"], claim["parts"][0]["other"]["quantity"] = of, other
    row = next(row for row in make_table(spec_named(study, "claims"), facts).rows if row[0].text == "steps-b")
    assert row[3].below.startswith(f"{said}\n")


def test_a_section_states_every_part_with_its_rule_and_the_definitions(judged: Judged) -> None:
    table = made(judged, "claims_steps")
    result = {row["claim"]: row for row in rows(table)}
    assert list(result) == [
        *("steps-a", "steps-a/accuracy", "steps-a/speed", "steps-b", "steps-b/gap"),
        *("steps-c", "steps-c/conv", "steps-c/dense"),
    ]
    speed = result["steps-a/speed"]
    assert (speed["rule"], speed["rule_bound"], speed["figure"]) == ("at_least", "2.0", "fig1b")
    assert float(speed["ours"]) == 4.5
    assert float(speed["verdict_p"]) < 0.05
    accuracy, printed = result["steps-a/accuracy"], result["steps-c/dense"]
    assert (accuracy["rule_smallest"], printed["rule"], printed["rule_bound"]) == ("0.005", "near", "0.02")
    assert {result[name]["verdict"] for name in ("steps-a/speed", "steps-a/accuracy")} == {"confirmed", "not confirmed"}
    tex, html = render.to_latex(table), render.to_html(table)
    for text in (tex, html):
        assert "primera época registrada en la que la precisión de validación llega a 0,95" in text
        assert "efecto de interés: 0,005" in text
        assert "0,001" in text  # p < 0.001
        assert "precisión de entrenamiento menos precisión de validación" in text
    assert r"razón~\ensuremath{\geq}~2" in tex
    assert r"\ref{fig:fig1b}" in tex
    assert "razón\u00a0≥\u00a02" in html


def test_other_languages_need_no_other_code(judged: Judged) -> None:
    front, own = (render.to_html(made(judged, name, "en")) for name in ("claims", "claims_steps"))
    assert "The dense net overfits more" in front
    assert "✗ not confirmed" in front
    assert "first recorded epoch at which the validation accuracy is at least 0.95" in own
    assert "within\u00a0±0.02\u00a0of\u00a00.95" in own


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour in six hexadecimal digits, as WCAG defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_verdict_has_a_sign_a_word_and_a_colour_of_enough_contrast() -> None:
    every = {*VERDICTS, *OVERALL}
    assert set(tones.SIGNS) == set(tones.TONES) == every
    assert len(set(tones.SIGNS.values())) == len(set(tones.TONES.values())) == len(every)
    for colour in tones.TONES.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("verdict", [*VERDICTS, *OVERALL])
def test_a_verdict_has_enough_contrast_in_the_dark(verdict: str) -> None:
    dark = (TEMPLATES / "dark.css").read_text(encoding="utf-8")
    (paper,) = re.findall(r"--paper: #(\w{6})", dark)
    (colour,) = re.findall(rf"\.{verdict.replace(' ', '-')}\b[^{{]*{{ color: #(\w{{6}})", dark)
    assert (luminance(colour) + 0.05) / (luminance(paper) + 0.05) >= 4.5


def test_the_page_marks_verdicts_by_class_and_spans_sentences(judged: Judged) -> None:
    html = render.to_html(made(judged, "claims_steps"))
    assert re.search(r'<td class="[^"]*not-confirmed[^>]*>✗ no confirmada', html)
    assert 'colspan="6"' in html
    for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL):
        spans = [int(result or 1) for result in re.findall(r'<t[dh](?: colspan="(\d+)")?', row)]
        assert sum(spans) == 8


def test_differences_are_paired_and_significant_ones_stand_out(tmp_path: Path) -> None:
    study = one_exercise(seeds=5)
    fill(study, tmp_path)
    for block in study.blocks():
        path = block.folder(tmp_path) / "metrics.json"
        if block.variant == "conv":
            path.write_text(path.read_text().replace('accuracy": 0.9', 'accuracy": 0.8'))
            history = read_json(path.with_name("history.json"))
            for run in history["runs"]:
                for part in ("train", "validation"):
                    run[part]["accuracy"][-1] -= 0.1
            write_json(path.with_name("history.json"), history)
    collect(study, tmp_path)
    table = made((study, tmp_path), "table_differences")
    (row,) = rows(table)
    assert (row["exercise"], row["variant"], row["variant_minus"], row["n"]) == ("steps", "conv", "dense", "5")
    assert float(row["test"]) == pytest.approx(-0.1, abs=1e-5)
    assert float(row["test_p"]) < 1e-9  # nearly the same in every pair
    assert r"\textbf{\ensuremath{-}0,100" in render.to_latex(table)


def test_two_pairs_are_never_bold(tmp_path: Path) -> None:
    study = one_exercise(seeds=2)
    fill(study, tmp_path)
    assert "textbf" not in render.to_latex(made((study, tmp_path), "table_differences"))


def test_tables_of_claims_follow_the_exercises_in_play() -> None:
    names = {spec.name for spec in tables_for(one_exercise("moons"))}
    assert {"claims", "claims_moons"} <= names
    assert not {"claims_steps"} & names
    own = resolve({"exercises": {"extra": {"dataset": "walks", "variants": {"mine": {}}}}})
    assert not [spec.name for spec in tables_for(own) if spec.name.startswith("claims")]


def prose(judged: Judged, tmp_path: Path, text: str) -> str:
    path = tmp_path / "prose.tex"
    path.write_text(text)
    study, folder = judged
    expanded = Prose(Facts(study, folder, "es"), None, {}).expand(path)
    return re.sub(r"\\textcolor\[HTML\]\{\w{6}\}\{(.*?)\}", r"\1", expanded)  # the colours are test_flip's


def test_prose_asks_for_verdicts_and_numbers(judged: Judged, tmp_path: Path) -> None:
    text = prose(judged, tmp_path, r"\veredicto{steps-a}, \veredicto{steps-a/speed}, \evidencia{steps-a/speed}")
    assert text.startswith("no confirmada, confirmada, ")
    assert text.endswith(r"\mbox{4,50~\ensuremath{\pm}~0,00}")  # the same for every seed: no interval
    gap = prose(judged, tmp_path, r"\evidencia{steps-a/accuracy}")
    assert gap == (r"\mbox{\ensuremath{-}0,070~\ensuremath{\pm}~0,001 {[}\ensuremath{-}0,070;~\ensuremath{-}0,069{]}}")


def test_both_sides_of_a_comparison_have_the_digits_of_the_wider_one(judged: Judged) -> None:
    facts = Facts(*judged, "en")
    claims = (facts.claims or {})["claims"]
    part = next(each for claim in claims for each in claim["parts"] if each["other"] and each["estimate"])
    narrow, wide = (
        {**part["estimate"], "mean": mean, "sd": sd, "skewed": False} for mean, sd in ((0.115572, 1e-5), (0.0125, 2e-4))
    )
    sides = [{**part["of"], "quantity": "steps/dense/test/mse", "estimate": each} for each in (narrow, wide)]
    assert _values({**part, "of": sides[0], "other": sides[1]}, facts)[0] == "0.1156 / 0.0125"


def test_prose_marks_what_has_no_numbers(judged: Judged, tmp_path: Path) -> None:
    assert "[falta: faltan corridas]" in prose(judged, tmp_path, r"\evidencia{moons-hand/solves}")
    assert prose(judged, tmp_path, r"\veredicto{moons-hand/solves}") == "sin evaluar"
    empty = (judged[0], tmp_path)
    for macro in ("veredicto", "evidencia"):
        assert "no está claims.json" in prose(empty, tmp_path, rf"\{macro}{{steps-a}}").replace(r"\allowbreak{}", "")


def test_a_claim_outside_the_study_is_a_hole_and_an_unknown_one_a_mistake(tmp_path: Path) -> None:
    study = one_exercise("moons")
    fill(study, tmp_path / "results")
    assert "no forma parte" in prose((study, tmp_path / "results"), tmp_path, r"\veredicto{steps-a}")
    with pytest.raises(InputError, match=r"prose\.tex:2: \\veredicto: no claim 'stps'"):
        prose((study, tmp_path / "results"), tmp_path, "a\n\\veredicto{stps}")


@needs_latex
def test_the_first_page_holds_the_verdicts(tmp_path: Path) -> None:
    study = one_exercise(seeds=5)
    fill(study, tmp_path)
    pdf = build(study, tmp_path, "es")
    first, second = (text_of(pdf, page=page) for page in (1, 2))
    assert "se juzgan las 3 afirmaciones de la fuente con 5 semillas: 3 no se confirman." in first
    assert "Los veredictos se apoyan en 5 decisiones tomadas a la vez" in first
    assert "Índice" in first
    assert "Todas las afirmaciones de un vistazo" in second
    for words in (
        "Qué se afirma, qué se midió",
        "steps-a",
        "La red densa sobreajusta más",
        "0,98 / 0,95",
        "no confirmada",
    ):
        assert words in second


def test_an_interval_has_a_line_of_its_own(judged: Judged) -> None:
    table = made(judged, "claims_steps")
    below = next(row[4].below for row in table.rows if row[0].raw[""] == "steps-b/gap")
    difference, interval = below.split("\n")
    assert difference.startswith("dif. ") and interval.startswith("[") and interval.endswith("]")
    small = [rf"{{\scriptsize {escape(line)}}}" for line in (difference, interval)]
    assert r"\newline ".join(small) in render.to_latex(table)
    assert f"<small>{difference}\n{interval}</small>" in render.to_html(table)


@pytest.fixture(scope="module")
def unequal(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return a study whose nets were trained for different times."""
    folder = tmp_path_factory.mktemp("unequal")
    study = toy_study(only="steps", seeds=5)
    fill(study, folder)
    for block in study.blocks():
        if block.variant == "conv":
            write_block(block, folder, epochs=2)
    collect(study, folder)
    write_claims(study, folder)
    return study, folder


def test_unequal_terms_stand_in_tables_and_prose_with_the_reason(unequal: Judged, tmp_path: Path) -> None:
    front = {row["claim"]: row for row in rows(made(unequal, "claims"))}
    assert front["steps-b"]["verdict"] == "not comparable"
    for name in ("claims", "claims_steps"):
        html = render.to_html(made(unequal, name))
        assert 'class="not-comparable"' in html
        assert "≠ no comparable" in html
    assert "3 / 2 épocas" in render.to_html(made(unequal, "claims_steps"))
    assert r"\ensuremath{\neq}" in render.to_latex(made(unequal, "claims_steps"))
    message = prose(unequal, tmp_path, r"\veredicto{steps-b}. \segun{steps-b}{yes}{no}{open}")
    assert message.startswith(
        "no comparable. La comparación no se juzga: «Capas densas» y «Convolucional» no se entrenaron en las mismas "
        "condiciones (3 / 2 épocas)"
    )
    section = Prose(Facts(*unequal, "es"), "steps", {})
    part = next(each for each in section.facts.claims["claims"] if each["id"] == "steps-b")["parts"][0]  # type: ignore[index]
    part |= {"reason": "epochs 3 / 2, l2 0.1 / –"}
    mirrored = {**part, "of": part["other"], "other": part["of"], "reason": "epochs 2 / 3, l2 – / 0.1"}
    reasons: set[str] = set()
    assert _unjudged("not comparable", [part], section.facts, reasons)
    assert not _unjudged("not comparable", [mirrored], section.facts, reasons)
    table = made(unequal, "table_differences")
    assert "no comparable: 3 / 2 épocas" in table.rows[0][1].below
    assert not {cell.tone for row in table.rows for cell in row} & {"strong"}


@pytest.mark.parametrize(
    ("differs", "language", "told"),
    [
        (
            "epochs 36 / 14, dropout 0.3 / –, precision mixed_bfloat16 / float32",
            "es",
            "36 / 14 épocas, Dropout de 0,3 / –, aritmética en mixed_bfloat16 / float32",
        ),
        ("units [4, 6] / [8], l2 0.1 / –", "en", "hidden layers of 4, 6 / 8 neurons, L2 penalty of 0.1 / –"),
        ("data real / STAND-IN", "en", "real / STAND-IN data"),
        ("learning_rate 1e-05 / 0.0001", "es", "tasa de aprendizaje 10⁻⁵ / 0,0001"),
        ("batch_size 12000 / 64", "en", "batches of 12,000 / 64 samples"),
        ("", "en", ""),
    ],
)
def test_unequal_terms_are_in_words(differs: str, language: str, told: str) -> None:
    assert terms(differs, language) == told


@pytest.mark.parametrize(
    ("difference", "lines"),
    [
        ("36 / 14 epochs", ["36 / 14 epochs"]),
        ("batches of 50 / 256 samples", ["batches of 50 / 256", "samples"]),
        ("arithmetic in mixed_bfloat16 / float32", ["arithmetic in", "mixed_bfloat16 / float32"]),
        ("arithmetic in mixed_bfloat16 / mixed_float16", ["arithmetic in", "mixed_bfloat16", "/ mixed_float16"]),
    ],
)
def test_a_long_difference_breaks_beside_its_two_values(difference: str, lines: list[str]) -> None:
    assert parts._lines(difference).replace("\u00a0", " ").split("\n") == lines


def test_differences_in_a_sentence_are_separated(unequal: Judged) -> None:
    facts = Facts(*unequal, "en")
    part = next(each for each in (facts.claims or {})["claims"] if each["id"] == "steps-b")["parts"][0]
    part |= {"cause": "unequal", "reason": "epochs 3 / 2, batch_size 12000 / 64"}
    assert parts.cause_sentence(part, facts) == "3 / 2 epochs, batches of 12,000 / 64 samples"
    assert parts.cause(part, facts).count("\n") == 2


def test_a_truth_among_unequal_terms_is_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "own", lambda: {"merge": {"words": {"en": "data merged: {}"}}})
    assert terms("merge true / –, epochs 2 / 3", "en") == "data merged: yes / –, 2 / 3 epochs"


def test_prose_compares_no_results_on_unequal_terms(unequal: Judged, judged: Judged, tmp_path: Path) -> None:
    text = r"\compara{steps/dense/test/accuracy}{steps/conv/test/accuracy}{more}{less}{same}"
    assert prose(unequal, tmp_path, text) == "no comparable (3 / 2 épocas)"
    gaps = text.replace("test/accuracy", "train/accuracy - steps/dense/validation/accuracy", 1)
    assert prose(unequal, tmp_path, gaps) == "no comparable (3 / 2 épocas)"
    own = text.replace("steps/conv/test", "steps/dense/train")
    assert prose(unequal, tmp_path, own) == "less"


def test_a_study_of_one_seed_speaks_of_no_interval(judged: Judged) -> None:
    _, folder = judged
    notes = {seeds: " ".join(made((toy_study(seeds=seeds), folder), "claims").notes) for seeds in (1, 2)}
    assert {seeds: "intervalo de confianza" in note for seeds, note in notes.items()} == {1: False, 2: True}


def test_the_page_says_how_many_decisions_were_taken_at_once(unequal: Judged) -> None:
    study, folder = unequal
    write_pages(study, folder)
    for name, words in (
        ("index.html", "se apoyan en 2 decisiones tomadas a la vez"),
        ("index_en.html", "rest on 2 decisions"),
    ):
        page = (folder / "page" / name).read_text()
        assert words in page
        assert re.search(r'data-verdict="not comparable"[^>]*>\s*<b>2</b>', page)
