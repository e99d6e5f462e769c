"""What reports say holds for any study: one seed or some that failed, one decision, nothing to compare."""

import shutil
from pathlib import Path

import pytest

from paper.factory import fill, one_exercise, write_block, write_failure
from paper.sections import section
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.evidence.verdicts import lines, write_claims
from practica.figures.captions import of_overview
from practica.figures.glance import overview_caption
from practica.figures.specs import Marks
from practica.page.exercise import exercise_page
from practica.page.runs import runs_page
from practica.paper.checklist import checklist
from practica.paper.comparisons import verdicts
from practica.paper.facts import Facts
from practica.paper.findings import absent_runs, judged
from practica.paper.tables import make_table, spec_named
from toy import copied, toy_study


def failed(study: Study, results: Path, *names: str) -> Path:
    """Fill a folder with the study's results, except that the blocks called ``names`` failed (default: all)."""
    fill(study, results)
    for block in study.blocks():
        if not names or block.id in names:
            shutil.rmtree(block.folder(results))
            write_failure(block, results, "out of memory")
    collect(study, results)
    write_claims(study, results)
    return results


def apart(**changes: object) -> Study:
    """Return the steps with a job for each seed."""
    config = dict(one_exercise().config["exercises"]["steps"])
    return one_exercise(exercises={"steps": {**config, "seeds_per_job": 1}}, **changes)


def table_text(study: Study, results: Path, name: str, language: str = "en") -> str:
    table = make_table(spec_named(study, name), Facts(study, results, language))
    cells = [f"{cell.text} {cell.below} {cell.gap or ''}" for row in table.rows for cell in row]
    return " | ".join([*cells, *table.notes])


@pytest.mark.parametrize(("count", "told"), [(0, False), (1, False), (2, True)])
def test_one_decision_is_not_corrected_for_others(count: int, told: bool) -> None:
    claim = {"id": "a", "verdict": "undecided", "sentence": {"en": "A claim"}}
    last = lines({"claims": [claim], "decisions": {"count": count}})[-1]
    assert last.startswith("2 decisions at once") is told
    assert last.startswith("a ") is not told


def test_one_run_that_failed_is_said_in_the_singular(tmp_path: Path) -> None:
    study = apart(seeds=4)
    results = failed(study, tmp_path, "steps/dense/s3")
    one = "Of the 8 runs planned for these claims, one failed or is missing; the verdicts leave it out."
    assert absent_runs(Facts(study, results, "en")) == one
    assert "una falló o falta: los veredictos no la cuentan" in absent_runs(Facts(study, results, "es"))
    failed(study, tmp_path, "steps/dense/s3", "steps/conv/s2")
    assert "2 failed or are missing; the verdicts leave them out" in absent_runs(Facts(study, results, "en"))


def test_the_note_of_verdicts_names_every_reason_for_none(tmp_path: Path) -> None:
    study = one_exercise(demonstration=True)
    fill(study, tmp_path)
    for language, reason in (("en", "or the study is a demonstration"), ("es", "o el estudio es una demostración")):
        notes = verdicts(spec_named(study, "claims"), Facts(study, tmp_path, language))[2]
        assert reason in notes[0]


def test_one_other_exercise_is_not_several() -> None:
    study = toy_study()
    marks = Marks({"steps": "accuracy", "moons": "loss"}, set(), set(), 2)
    captions = of_overview(study, marks)
    assert "(in 1, accuracy; in the other, loss)" in captions["en"]
    assert "(en 1, precisión; en el otro, función de costo)" in captions["es"]


def test_nothing_that_ran_is_not_one_seed(tmp_path: Path) -> None:
    study = apart(seeds=3)
    assert "of one seed" not in overview_caption(Facts(study, failed(study, tmp_path), "en").results, "en")


def test_differences_are_missing_for_the_reason_of_the_runs(tmp_path: Path) -> None:
    study = apart(seeds=3)
    text = table_text(study, failed(study, tmp_path), "table_differences")
    assert "out of memory" in text
    assert "not run yet" not in text


def test_a_demonstration_finds_no_difference_significant(tmp_path: Path) -> None:
    for demonstration in (False, True):
        study = one_exercise(seeds=4, demonstration=demonstration)
        fill(study, tmp_path)
        for block in study.blocks():
            write_block(block, tmp_path, accuracy=0.94 if block.variant == "conv" else 0.9)
        collect(study, tmp_path)
        table = make_table(spec_named(study, "table_differences"), Facts(study, tmp_path, "en"))
        strong = any(cell.tone == "strong" for row in table.rows for cell in row)
        assert strong is not demonstration
        assert any("Significant" in note for note in table.notes) is not demonstration


def test_seeds_are_those_that_ran(tmp_path: Path) -> None:
    study = apart(seeds=3)
    results = failed(study, tmp_path / "results", "steps/dense/s2")
    prose = tmp_path / "prose.tex"
    prose.write_text(r"\semillas{steps/dense}, \semillas{steps/conv}")
    assert section(study, results, "steps", "en").expand(prose) == r"\mbox{2}, \mbox{3}"


def test_pages_say_which_seeds_finished(tmp_path: Path) -> None:
    study = apart(seeds=3)
    facts = Facts(study, failed(study, tmp_path, "steps/dense/s2", *(f"steps/conv/s{seed}" for seed in range(3))), "en")
    dense, conv = exercise_page(facts, "steps")["ran"]
    assert dense.endswith("; 2 of the 3 seeds planned.")
    assert conv.endswith("; no results.")
    assert all(run["ran"].endswith("; one seed.") for run in runs_page(facts, "steps")["runs"])
    assert {each["called"] for figure in exercise_page(facts, "steps")["figures"] for each in figure["runs"]} == {
        "seeds"
    }


def test_a_single_seed_is_not_called_seeds(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    fill(study, tmp_path)
    for language, called in (("en", "seed"), ("es", "semilla")):
        figures = exercise_page(Facts(study, tmp_path, language), "steps")["figures"]
        assert {each["called"] for figure in figures for each in figure["runs"]} == {called}


def test_results_are_those_of_the_last_epoch_unless_training_stops_early(tmp_path: Path) -> None:
    base = one_exercise(seeds=1)
    steps = base.config["exercises"]["steps"]
    stopping = {**steps, "settings": {**steps["settings"], "early_stopping": {"patience": 2}}}
    for study, message in (
        (base, "not of the best one"),
        (one_exercise(seeds=1, exercises={"steps": stopping}), "restores"),
    ):
        fill(study, tmp_path)
        text = checklist(Facts(study, tmp_path, "en"))
        assert message in text
        assert "beside test" not in text


def test_nets_on_unequal_terms_in_one_claim_may_be_compared_in_another(tmp_path: Path) -> None:
    folder = copied(tmp_path / "study")
    file = folder / "steps/about.yaml"
    text = file.read_text(encoding="utf-8")
    strict = text.replace("    figure: fig1a\n    varies: [learning_rate]\n", "    figure: fig1a\n")
    assert strict != text
    file.write_text(strict, encoding="utf-8")
    study = one_exercise(seeds=4, study=str(folder))
    fill(study, tmp_path / "results")
    prose = tmp_path / "prose.tex"
    prose.write_text(r"\veredicto{steps-a}: \segun{steps-b}{yes}{no}{open}")
    sentence = section(study, tmp_path / "results", "steps", "en").expand(prose)
    assert "not confirmed" in sentence
    assert (
        "The comparison is not judged: ``Dense layers'' and ``Convolutional'' were not trained on equal terms"
        in sentence
    )


def test_a_claim_on_repetitions_alone_names_no_seeds(tmp_path: Path) -> None:
    study = toy_study(seeds=4)
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    claims = facts.claims
    assert claims
    hand = next(each for each in claims["claims"] if each["id"] == "moons-hand")
    vars(facts)["claims"] = {**claims, "claims": [{**hand, "parts": hand["parts"][:1]}]}
    assert "seeds" not in judged(facts).partition(":")[0]
