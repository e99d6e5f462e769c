"""Claims under two protocols: each judged by its own runs, then over both, never one against the other."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evidence.factory import fill, make_study
from evidence.made_up import Change, World, shifted
from practica.address import Quantity, base_of, protocol_of, under
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.evidence.effects import by_protocol, deciding
from practica.evidence.equal_terms import unequal, unlike
from practica.evidence.results import Results
from practica.evidence.rules import (
    CONFIRMED,
    DEPENDS,
    NOT_COMPARABLE,
    NOT_CONFIRMED,
    NOT_EVALUATED,
    NOT_REPRODUCED,
    OVERALL,
    REPRODUCED,
    ROBUST,
    UNDECIDED,
    VERDICTS,
    over_protocols,
)
from practica.evidence.verdicts import lines, write_claims
from practica.reference.compare import compare
from toy import resolve, two_protocols

SAME = ("moons/raw", "moons/corrected", "steps/dense")


def study_of(folder: Path, seeds: int) -> Study:
    return resolve({**make_study(seeds=seeds, folder=folder).config, "protocols": ["ours", "theirs"]})


class Both(World):
    """A world in which the source's own protocol, with some of the variants, agrees with ours."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.place = place
        for variant in SAME:
            for name in [name for name in self.final if name.startswith(f"{variant}/")]:
                self.final[name.replace(variant, f"{variant}@theirs")] = self.final[name].copy()
            self.courses[f"{variant}@theirs"] = self.courses[variant]
            if variant in self.fold_spread:
                self.fold_spread[f"{variant}@theirs"] = self.fold_spread[variant]

    def study(self) -> Study:
        folder = self.place / "study"
        return study_of(folder if folder.exists() else two_protocols(folder), self.seeds)


@pytest.fixture
def world(tmp_path: Path) -> Both:
    return Both(tmp_path)


def judged(world: World, folder: Path, *changes: Change) -> dict[str, Any]:
    for change in changes:
        change(world)
    return write_claims(world.write(folder), folder)


def claim_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(claim for claim in record["claims"] if claim["id"] == name)


ACCURACY = "moons/corrected{}/validation/accuracy"


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict", "each"),
    [
        (0.0, 0.0, ROBUST, (CONFIRMED, CONFIRMED)),
        (0.1, 0.0, DEPENDS, (NOT_CONFIRMED, CONFIRMED)),
        (0.0, 0.1, DEPENDS, (CONFIRMED, NOT_CONFIRMED)),
        (0.1, 0.1, NOT_REPRODUCED, (NOT_CONFIRMED, NOT_CONFIRMED)),
    ],
)
def test_each_protocol_is_judged_by_its_own_runs(
    world: Both, tmp_path: Path, ours: float, theirs: float, verdict: str, each: tuple[str, str]
) -> None:
    record = judged(world, tmp_path, shifted(ACCURACY.format(""), ours), shifted(ACCURACY.format("@theirs"), theirs))
    claim = claim_of(record, "moons")
    assert (claim["verdict"], claim["verdicts"]) == (verdict, dict(zip(("ours", "theirs"), each, strict=True)))
    views = by_protocol(claim)
    assert [deciding(view)["verdict"] for view in views.values()] == list(each)
    for name, view in views.items():
        assert {part["protocol"] for part in view["parts"]} == {name}
        sides = [side["quantity"] for part in view["parts"] for side in (part["of"], part["other"]) if side]
        assert {Quantity.parse(side).protocol for side in sides} == {"theirs" if name == "theirs" else ""}
    assert f"(ours: {each[0]}, theirs: {each[1]})" in "\n".join(lines(record))


def test_what_a_protocol_does_not_run_is_judged_under_the_others_alone(world: Both, tmp_path: Path) -> None:
    record = judged(world, tmp_path)
    hand = claim_of(record, "moons-hand")  # under the other protocol nothing is timed and no deeper net trained
    assert (hand["verdict"], hand["verdicts"]) == (CONFIRMED, {"ours": CONFIRMED})
    printed = claim_of(record, "steps-c")  # of two nets one
    assert (printed["verdict"], printed["verdicts"]) == (CONFIRMED, {"ours": CONFIRMED, "theirs": NOT_EVALUATED})
    assert record["protocols"]["theirs"] == {
        "label": {"es": "como se publicó", "en": "as published"},
        "caveat": {"es": "Según un cuaderno.", "en": "After a notebook."},
        "of_source": True,
    }


def test_all_protocols_are_decided_at_once(world: Both, tmp_path: Path) -> None:
    record = judged(world, tmp_path)
    tested = [part for claim in record["claims"] for part in claim["parts"] if part["p_holm"] is not None]
    assert record["decisions"]["count"] == len(tested)
    assert {part["protocol"] for part in tested} == {"ours", "theirs"}
    least = min(tested, key=lambda part: min(part["p_allowed"], part["p_refuted"]))
    assert least["p_holm"] == pytest.approx(min(1, len(tested) * min(least["p_allowed"], least["p_refuted"])))


def test_the_source_s_number_stands_beside_both_protocols(world: Both, tmp_path: Path) -> None:
    parts = [part for part in claim_of(judged(world, tmp_path), "steps-c")["parts"] if part["name"] == "dense"]
    assert [part["protocol"] for part in parts] == ["ours", "theirs"]
    assert {part["of"]["source"] for part in parts} != {None}
    assert [part["verdict"] for part in parts] == [CONFIRMED, CONFIRMED]


def test_runs_of_two_protocols_are_never_compared(tmp_path: Path) -> None:
    study = study_of(two_protocols(tmp_path / "study"), 3)
    results = tmp_path / "results"
    fill(study, results)
    collect(study, results)
    known = Results(study, results)
    pair = ("moons", "raw"), ("moons", "raw@theirs")
    assert unequal(known, *pair, varies=["epochs", "l2", "protocol"]) == "protocol ours / theirs"
    assert unlike(known, *pair, {}) == "protocol ours / theirs"
    rows = pd.read_csv(results / "differences.csv")
    assert (rows["variant"].map(protocol_of) == rows["minus"].map(protocol_of)).all()
    assert {"corrected@theirs"} == set(rows["variant"][rows["variant"].map(protocol_of) == "theirs"])


def test_studies_with_and_without_a_protocol_compare_what_they_share(world: Both, tmp_path: Path) -> None:
    from practica.evidence.summary import summarise

    for folder, made in ((tmp_path / "both", world), (tmp_path / "one", World())):
        record = judged(made, folder)
        metrics = pd.read_csv(folder / "metrics.csv").astype({"fold": "Int64"})
        summarise(metrics).to_csv(folder / "summary.csv", index=False)
        assert record["claims"]
    result = compare(tmp_path / "both", tmp_path / "one")
    assert result.agrees, result.verdicts
    assert {base_of(name) for name, _ in result.missing if "/" in name} <= {*SAME}
    assert not any("@" in line.name for line in result.lines)


@pytest.mark.parametrize(("ours", "theirs"), [*product(VERDICTS, VERDICTS)])
def test_a_verdict_over_both_says_no_more_than_the_two(ours: str, theirs: str) -> None:
    verdict = over_protocols({"ours": ours, "theirs": theirs}, "theirs")
    decided = {ours, theirs} & {CONFIRMED, NOT_CONFIRMED}
    assert (verdict == ROBUST) == (ours == theirs == CONFIRMED)
    assert (verdict == DEPENDS) == (len(decided) == 2)
    assert (verdict == NOT_REPRODUCED) == (theirs == NOT_CONFIRMED and ours != CONFIRMED)
    assert (verdict == REPRODUCED) == (theirs == CONFIRMED and ours not in (CONFIRMED, NOT_CONFIRMED))
    if verdict not in OVERALL:
        assert verdict == (ours if theirs == NOT_EVALUATED else theirs)
    assert theirs not in (UNDECIDED, NOT_COMPARABLE) or verdict == theirs


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ((CONFIRMED, CONFIRMED, NOT_EVALUATED), ROBUST),
        ((CONFIRMED, CONFIRMED, UNDECIDED), REPRODUCED),
        ((CONFIRMED, NOT_EVALUATED, CONFIRMED), ROBUST),  # two agree, neither of them the source's
        ((NOT_EVALUATED, NOT_EVALUATED, CONFIRMED), CONFIRMED),
        ((NOT_EVALUATED, NOT_EVALUATED, UNDECIDED), UNDECIDED),
        ((UNDECIDED, NOT_EVALUATED, CONFIRMED), UNDECIDED),
        ((NOT_EVALUATED, NOT_CONFIRMED, NOT_EVALUATED), NOT_REPRODUCED),
        ((NOT_EVALUATED, NOT_CONFIRMED, CONFIRMED), DEPENDS),
        ((NOT_EVALUATED,) * 3, NOT_EVALUATED),
    ],
)
def test_what_a_protocol_does_not_evaluate_says_nothing(verdicts: tuple[str, ...], verdict: str) -> None:
    assert over_protocols(dict(zip(("ours", "theirs", "others"), verdicts, strict=True)), "theirs") == verdict


def test_addresses_of_other_protocols_are_parsed_by_the_same_parser() -> None:
    quantity = Quantity.parse("steps/dense@theirs/test/accuracy")
    assert (quantity.protocol, quantity.under("")) == ("theirs", Quantity.parse("steps/dense/test/accuracy"))
    assert (under("dense@theirs", "ours"), under("dense", ""), base_of("dense@a")) == ("dense@ours", "dense", "dense")
