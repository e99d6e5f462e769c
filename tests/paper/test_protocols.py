"""Reports of a study under two protocols: each number and verdict names its protocol, with its caveats."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from paper.factory import fill
from paper.sections import section
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.rules import over_protocols
from practica.figures import catalogue as figures
from practica.page.build import write_pages
from practica.paper import checklist, document, render
from practica.paper.catalogue import appendix_tables, tables_for
from practica.paper.facts import Facts
from practica.paper.settings import unset
from practica.paper.table import Table
from practica.paper.tables import make_table, spec_named
from practica.plan.digests import figure_digest, page_digest, paper_digest, table_digest
from toy import toy_study, two_protocols

CAVEAT = "As published: After a notebook."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_protocols(tmp_path_factory.mktemp("protocols") / "study")


@pytest.fixture(scope="module")
def both(folder: Path) -> Study:
    return toy_study(study=str(folder), protocols=["ours", "theirs"], seeds=3)


@pytest.fixture(scope="module")
def filled(both: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    fill(both, results)
    return results


@pytest.fixture
def facts(both: Study, filled: Path) -> Facts:
    return Facts(both, filled, "en")


def made(facts: Facts, name: str) -> Table:
    return make_table(spec_named(facts.study, name), facts)


def test_the_checklist_counts_the_seeds_of_both_and_names_the_one_whose_values_it_shows(
    folder: Path, tmp_path: Path
) -> None:
    theirs = {"theirs": {"settings": {"validation_fraction": 0.5}, "variants": {"dense": {"seeds": 7}}}}
    exercises = toy_study().config["exercises"]
    steps = {**exercises["steps"], "protocols": theirs}
    config = {"study": str(folder), "protocols": ["ours", "theirs"], "seeds": 3, "only": ["steps"]}
    study = toy_study(**config, exercises={**exercises, "steps": steps})
    fill(study, tmp_path)
    table = pd.read_csv(tmp_path / "metrics.csv")
    of_theirs = table["variant"].str.endswith("@theirs")
    table[of_theirs | (table["split"] != "test")].to_csv(tmp_path / "metrics.csv", index=False)
    shown = checklist.table(Facts(study, tmp_path, "en"))
    headings = ["Parts of the data (tuned)", "Values that differ between variants (tuned)"]
    assert [column.heading for column in shown.columns[-2:]] == headings
    (row,) = shown.rows
    assert row[2].text == "3–7"
    assert row[5].text == "training and validation; validation fraction 0.2", "theirs is another"


def plain(latex: str) -> str:
    """Return LaTeX text without its colours."""
    return re.sub(r"\\textcolor\[HTML\]\{\w+\}\{([^}]*)\}", r"\1", latex)


def rows(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render.to_csv(table))))


def test_results_stand_side_by_side_with_the_caveat_and_the_source_s_number(facts: Facts) -> None:
    table = made(facts, "table2")
    assert [(row["variant"], row["protocol"], row["test_accuracy_source"]) for row in rows(table)] == [
        ("dense@theirs", "theirs", "0.95"),
        ("dense", "ours", "0.95"),
        ("conv", "ours", "0.98"),
    ]
    shown = [(row[0].text, row[1].text) for row in table.rows]
    assert shown == [("Dense layers", "as published"), ("Dense layers", "tuned"), ("Convolutional", "tuned")]
    assert CAVEAT in table.notes


@pytest.mark.parametrize("name", ["table_moons", "table_moons_cost", "claims_moons", "table_differences", "claims"])
def test_every_table_of_results_says_where_the_settings_come_from(facts: Facts, name: str) -> None:
    table = made(facts, name)
    assert CAVEAT in table.notes
    texts = [cell.text for row in table.rows for cell in row] + [column.heading for column in table.columns]
    assert {"as published", "As published"} & set(texts)
    assert {"tuned", "Tuned"} & set(texts)


def test_what_is_timed_beside_the_runs_is_of_one_protocol(facts: Facts) -> None:
    table = made(facts, "table_moons_times")
    assert "protocol" not in {column.key for column in table.columns}
    assert CAVEAT not in table.notes


def test_verdicts_stand_under_each_protocol_and_over_both(facts: Facts) -> None:
    result = {row["claim"]: row for row in rows(made(facts, "claims"))}
    judged = {claim["id"]: claim for claim in (facts.claims or {})["claims"]}
    for name, row in result.items():
        assert row["verdict"] == judged[name]["verdict"]
        assert {each: row[each] for each in ("ours", "theirs") if row[each]} == judged[name]["verdicts"]
    parts = rows(made(facts, "claims_steps"))
    dense = [row for row in parts if row["claim"] == "steps-c/dense"]
    assert [row["protocol"] for row in dense] == ["theirs", "ours"]
    table = made(facts, "claims_steps")
    places = [column.key for column in table.columns]
    links = {row[places.index("protocol")].raw[""]: row[places.index("figure")] for row in table.rows[-2:]}
    assert links["ours"].figure and not links["theirs"].figure, "figures show the first protocol"
    assert not links["theirs"].text


def test_what_is_unknown_and_what_is_done_otherwise_is_printed(facts: Facts) -> None:
    table = made(facts, "table_protocols")
    moons = rows(table)[0]
    assert (moons["variant"], moons["settings"]) == ("raw@theirs", "3 epochs (6); L2 penalty of 0.1 (0.01)")
    assert moons["others"] == "Not known, and the same in all nets here: batches of 32 samples\nThe folds are shuffled"
    assert any(". The folds are shuffled" in note for note in made(facts, "claims_moons").notes)
    assert any(note.startswith("As published: not known") for note in made(facts, "claims_moons").notes)


@pytest.mark.parametrize(
    ("name", "told"), [("train_samples", "samples for training and validation"), ("l2", "L2 penalty")]
)
def test_a_setting_without_a_value_is_named(name: str, told: str) -> None:
    assert unset(name, "en") == told


@pytest.mark.parametrize(
    ("theirs", "ours", "told", "part", "chosen"),
    [
        (
            "confirmed",
            "confirmed",
            "robust (as published and tuned: confirmed)",
            "confirmed (as published and tuned)",
            "It holds (as published and tuned: confirmed).",
        ),
        ("not evaluated", "confirmed", "confirmed (tuned)", "confirmed (tuned)", "It holds (tuned: confirmed)."),
        (
            "undecided",
            "not confirmed",
            "undecided (as published: undecided; tuned: not confirmed)",
            "undecided (as published) and not confirmed (tuned)",
            "Open (as published: undecided; tuned: not confirmed).",
        ),
        (
            "not confirmed",
            "undecided",
            "not reproduced (as published: not confirmed; tuned: undecided)",
            "not confirmed (as published) and undecided (tuned)",
            "It fails (as published: not confirmed; tuned: undecided).",
        ),
        (
            "not confirmed",
            "confirmed",
            "depends on the settings (as published: not confirmed; tuned: confirmed)",
            "not confirmed (as published) and confirmed (tuned)",
            "It fails (as published: not confirmed). It holds (tuned: confirmed).",
        ),
        (
            "not evaluated",
            "not evaluated",
            "not evaluated",
            "not evaluated",
            "Not every claim of the source can be judged here: some runs are missing.",
        ),
        (
            "confirmed",
            "not evaluated",
            "reproduced (as published: confirmed)",
            "confirmed (as published)",
            "It holds (as published: confirmed).",
        ),
    ],
)
def test_prose_says_under_which_settings_a_claim_holds(
    both: Study, filled: Path, theirs: str, ours: str, told: str, part: str, chosen: str
) -> None:
    prose = section(both, filled, "steps", "en")
    (claim,) = (each for each in (prose.facts.claims or {})["claims"] if each["id"] == "steps-c")
    verdicts = {"ours": ours, "theirs": theirs}
    claim |= {"verdict": over_protocols(verdicts, "theirs"), "verdicts": verdicts}
    for each in claim["parts"]:
        each |= {"verdict": verdicts[each["protocol"]], "cause": "missing"}
    assert plain(prose._verdict("steps-c")) == told
    assert plain(prose._choose("steps-c", "It holds.", "It fails.", "Open.")) == chosen
    assert plain(prose._verdict("steps-c/dense")) == part


def steps_c(facts: Facts) -> dict[str, Any]:
    """Return a claim whose part ``dense`` was measured with 4 seeds under theirs and 3 under ours."""
    (claim,) = (each for each in (facts.claims or {})["claims"] if each["id"] == "steps-c")
    for each in claim["parts"]:
        if each["name"] == "dense":
            each["estimate"] = {**each["estimate"], "n": 4 if each["protocol"] == "theirs" else 3}
    return claim


def test_a_sentence_that_leaves_a_claim_open_shows_what_was_measured_under_each(both: Study, filled: Path) -> None:
    prose = section(both, filled, "steps", "en")
    claim = steps_c(prose.facts)
    claim["verdicts"] = dict.fromkeys(claim["verdicts"], "undecided")
    for each in claim["parts"]:
        each |= {"verdict": "undecided", "cause": "straddles"}
    message = prose._choose("steps-c/dense", "It holds.", "It fails.", "Open.")
    under = r"undecided, test 0\.\d+.*, rule: within.*, n~= ?~?"
    assert re.fullmatch(rf"Open \(as published: {under}4; tuned: {under}3\)\.", message), message
    for each in claim["parts"]:
        each["estimate"] = each["estimate"] and {**each["estimate"], "n": 4}
    message = prose._choose("steps-c/dense", "It holds.", "It fails.", "Open.")
    assert re.fullmatch(rf"Open \(as published and tuned: {under}4\)\.", message), message


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ((0.01, 1.0), (0.02, 1.0), ("alone confirmed", "alone confirmed")),
        ((0.01, 1.0), (1.0, 0.02), ("alone confirmed", "alone not confirmed")),
        ((0.01, 1.0), None, ("alone confirmed", "")),
        # An effect that is there but smaller than of interest is refuted, as the table says.
        ((0.004, 0.02), None, ("alone not confirmed", "")),
        (None, None, ("", "")),
    ],
)
def test_what_the_number_of_decisions_leaves_open_is_told_for_each_protocol(
    both: Study,
    filled: Path,
    theirs: tuple[float, float] | None,
    ours: tuple[float, float] | None,
    told: tuple[str, str],
) -> None:
    prose = section(both, filled, "steps", "en")
    claim, count = steps_c(prose.facts), (prose.facts.claims or {})["decisions"]["count"]
    for each in claim["parts"]:
        p_values = {"theirs": theirs, "ours": ours}[each["protocol"]]
        allowed, refuted = p_values or (0.4, 0.6)
        cause = "multiple" if p_values else "straddles"
        each |= {"verdict": "undecided", "cause": cause, "p_allowed": allowed, "p_refuted": refuted}
    claim["verdicts"] = dict.fromkeys(claim["verdicts"], "undecided")
    message = prose._choose("steps-c/dense", "It holds.", "It fails.", "Open.")
    of_theirs, of_ours = message.split("; tuned: ")
    for text, alone in zip((of_theirs.removeprefix("Open (as published: "), of_ours), told, strict=True):
        assert text.startswith(f"undecided among {count} decisions, {alone}, test" if alone else "undecided, test")


def test_no_result_is_compared_across_protocols(both: Study, filled: Path) -> None:
    prose = section(both, filled, "steps", "en")
    assert prose._print(prose.facts.look_up("steps/dense@theirs/test/accuracy")) != ""
    with pytest.raises(InputError, match="compares runs of two protocols"):
        prose.facts.look_up("steps/dense@theirs/test/accuracy - steps/dense/test/accuracy")


def test_the_first_pages_say_which_settings_there_are(facts: Facts, both: Study, filled: Path) -> None:
    front = document._front(facts)
    assert "Each kind of settings (as published and tuned) has its own runs and its own verdicts" in front
    assert "After a notebook." in front
    write_pages(both, filled)
    index = (filled / "page/index_en.html").read_text(encoding="utf-8")
    assert CAVEAT in index
    assert "several kinds of settings" in index
    runs = (filled / "page/moons_runs_en.html").read_text(encoding="utf-8")
    assert 'id="raw@theirs-s0-2"' in runs


def test_figures_show_the_first_protocol_and_say_so(both: Study) -> None:
    specs = [figures.spec(both, name) for name in figures.figures_for(both)]
    assert not any("@" in variant for spec in specs for variant in spec.variants)
    assert all(spec.caption["en"].endswith("Settings: tuned.") for spec in specs)


def test_a_study_of_one_protocol_knows_of_no_other(both: Study, folder: Path) -> None:
    declared, plain = toy_study(study=str(folder)), toy_study()
    names = {table.name for table in tables_for(plain)}
    assert {table.name for table in tables_for(declared)} == names
    assert "table_protocols" in {table.name for table in appendix_tables(both)} - names
    for name in figures.figures_for(plain):
        assert figures.spec(declared, name).caption["en"] == figures.spec(plain, name).caption["en"]
    for table in tables_for(plain):
        assert table_digest(declared, table) == table_digest(plain, table)
    assert figure_digest(declared, "fig_claims") == figure_digest(plain, "fig_claims")
    assert page_digest(declared) == page_digest(plain)
    assert paper_digest(declared, "en") == paper_digest(plain, "en")


@pytest.mark.parametrize(
    ("protocols", "only"), [(["ours"], None), (["ours", "theirs"], ["steps"])], ids=["chosen", "an exercise without it"]
)
def test_one_protocol_of_several_is_named_on_the_first_page(
    tmp_path: Path, protocols: list[str], only: list[str] | None
) -> None:
    folder = two_protocols(tmp_path / "study")
    (folder / "steps/theirs.yaml").unlink()
    study = toy_study(study=str(folder), protocols=protocols, only=only)
    fill(study, tmp_path)
    front = document._front(Facts(study, tmp_path, "en"))
    assert "All runs have settings of one kind: tuned. No run here has those called as published." in front
