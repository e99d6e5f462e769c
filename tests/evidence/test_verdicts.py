"""Every claim on imaginary runs for which its verdict is known, part by part."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evidence.factory import make_study
from evidence.made_up import (
    FAST,
    SEEDS,
    SLOW,
    Change,
    World,
    going,
    moved,
    part_of,
    shifted,
    slowed,
    spread,
    torn,
)
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import declared
from practica.evidence.estimates import estimate
from practica.evidence.findings import Evidence
from practica.evidence.results import Results
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, NOT_EVALUATED, UNDECIDED, rule_of
from practica.evidence.verdicts import _verdict, evaluate, write_claims

IDS = ["moons", "moons-hand", "steps-a", "steps-b", "steps-c"]
PARTS = [(claim.id, part.name) for claim in declared(make_study()).claims.values() for part in claim.parts]


# What refutes each part, and what leaves it open.
CASES: dict[str, tuple[Change, Change]] = {
    "moons/noise": spread("moons/corrected"),
    "moons/accuracy": moved("moons/corrected/validation/accuracy", 0.1),
    "moons-hand/twice": slowed("moons/raw"),
    "moons-hand/solves": (
        shifted("moons/deeper/train/accuracy", -0.25),
        shifted("moons/deeper/train/accuracy", [-0.25, 0.0] * (SEEDS // 2)),
    ),
    "steps-a/accuracy": moved("steps/conv/test/accuracy", -0.1),
    "steps-a/speed": (going("steps/conv", SLOW), going("steps/dense", FAST, SLOW)),
    "steps-b/gap": moved("steps/dense/train/accuracy", -0.1),
    **{f"steps-c/{name}": moved(f"steps/{name}/test/accuracy", -0.1) for name in ("conv", "dense")},
}


def judged(folder: Path, claim: str, *changes: Change, world: World | None = None) -> dict[str, Any]:
    """Return the verdict on a claim in a world with these changes."""
    world = world or World()
    for change in changes:
        change(world)
    return evaluate([declared(make_study()).claims[claim]], Results(world.write(folder), folder))[0]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the claims of a world in which the source is right."""
    folder = tmp_path_factory.mktemp("right")
    write_claims(World().write(folder), folder)
    return folder


def test_every_claim_of_the_source_is_confirmed_where_it_is_true(right: Path) -> None:
    claims = json.loads((right / "claims.json").read_text())["claims"]
    assert [claim["id"] for claim in claims] == IDS
    assert {claim["verdict"] for claim in claims} == {CONFIRMED}
    assert {part["verdict"] for claim in claims for part in claim["parts"]} == {CONFIRMED}


def test_the_cases_are_those_of_every_part() -> None:
    assert list(CASES) == [f"{claim}/{part}" for claim, part in PARTS]


@pytest.mark.parametrize("case", CASES)
def test_a_part_that_is_not_true_refutes_its_claim(tmp_path: Path, case: str) -> None:
    claim, name = case.split("/")
    record = judged(tmp_path, claim, CASES[case][0])
    assert part_of(record, name)["verdict"] == NOT_CONFIRMED
    assert record["verdict"] == NOT_CONFIRMED


@pytest.mark.parametrize("case", CASES)
def test_seeds_that_disagree_leave_a_claim_open(tmp_path: Path, case: str) -> None:
    claim, name = case.split("/")
    record = judged(tmp_path, claim, CASES[case][1])
    part = part_of(record, name)
    assert (part["verdict"], part["cause"]) == (UNDECIDED, "straddles")
    assert record["verdict"] == UNDECIDED


@pytest.mark.parametrize(("claim", "name"), PARTS)
def test_without_its_runs_a_claim_is_not_evaluated(tmp_path: Path, claim: str, name: str) -> None:
    quantities = next(part for part in declared(make_study()).claims[claim].parts if part.name == name).quantities
    for place, quantity in enumerate(quantities):
        record = judged(tmp_path / str(place), claim, lambda w, q=quantity: w.drop(f"{q.exercise}/{q.variant}"))
        part = part_of(record, name)
        assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "missing", None)
        assert quantity.variant in part["reason"]
        assert record["verdict"] == NOT_EVALUATED


@pytest.mark.parametrize("claim", IDS)
def test_generated_data_say_nothing(tmp_path: Path, claim: str) -> None:
    world = World()
    world.stand_in = {name.rsplit("/", 2)[0] for name in world.final} | set(world.speedup)
    record = judged(tmp_path, claim, world=world)
    assert record["verdict"] == NOT_EVALUATED
    for part in record["parts"]:
        assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "stand-in", None)


@pytest.mark.parametrize("claim", [each for each in IDS if each != "moons-hand"])
def test_one_seed_has_no_interval_and_two_decide_nothing(tmp_path: Path, claim: str) -> None:
    for seeds, verdict in ((1, NOT_EVALUATED), (2, UNDECIDED)):
        record = judged(tmp_path / str(seeds), claim, world=World(seeds))
        assert record["verdict"] == verdict
        assert {part["cause"] for part in record["parts"]} == {"few"}
        assert {part["estimate"]["n"] for part in record["parts"]} == {seeds}


@pytest.mark.parametrize("claim", ["moons", "steps-b", "steps-c"])
def test_three_seeds_side_by_side_decide(tmp_path: Path, claim: str) -> None:
    record = judged(tmp_path, claim, world=World(3))
    assert record["verdict"] == CONFIRMED


def test_three_seeds_that_agree_perhaps_by_chance_decide_nothing(tmp_path: Path) -> None:
    """All nets get every sample of a small test set right, or miss the same number."""
    world = World(3)
    for name, value in (("dense", 0.5), ("conv", 1.0)):
        world.final[f"steps/{name}/test/accuracy"] = np.full(3, value)
    parts = [*judged(tmp_path, "steps-a", world=world)["parts"], *judged(tmp_path, "steps-c", world=world)["parts"]]
    judged_parts = [part for part in parts if part["name"] != "speed"]
    assert {(part["verdict"], part["cause"]) for part in judged_parts} == {(UNDECIDED, "straddles")}
    assert len(judged_parts) == 3


def test_a_demonstration_judges_nothing_however_many_seeds_it_has(tmp_path: Path) -> None:
    """Nor measured times, which have enough repetitions."""
    study = World().write(tmp_path)
    record = write_claims(Study({**study.config, "demonstration": True}), tmp_path)
    parts = [part for claim in record["claims"] for part in claim["parts"]]
    assert {(part["verdict"], part["cause"]) for part in parts} == {(NOT_EVALUATED, "demonstration")}
    assert {claim["verdict"] for claim in record["claims"]} == {NOT_EVALUATED}
    assert record["decisions"]["count"] == 0


def test_two_repetitions_time_nothing(tmp_path: Path) -> None:
    def twice(world: World) -> None:
        world.repetitions = 2

    record = judged(tmp_path, "moons-hand", twice)
    assert part_of(record, "twice")["cause"] == "few"
    assert record["verdict"] == UNDECIDED


def nil(seeds: int, size: float = 0.0) -> Change:
    """Return a change that makes two nets differ by ``size`` on the test data, apart from random noise by seed."""

    def change(world: World) -> None:
        luck = np.random.default_rng(9).normal(0.0, 0.005, seeds)
        world.final["steps/conv/test/accuracy"] = world.final["steps/dense/test/accuracy"] + size + luck - luck.mean()

    return change


@pytest.mark.parametrize(
    ("seeds", "size", "verdict", "cause"),
    [
        (5, 0.0, UNDECIDED, "straddles"),
        (50, 0.0, NOT_CONFIRMED, None),  # with enough seeds, a missing effect is refuted
        (50, 0.003, NOT_CONFIRMED, "small"),  # there, and of no interest
        (50, 0.02, CONFIRMED, None),
        (50, -0.02, NOT_CONFIRMED, None),
    ],
)
def test_a_nil_effect_is_refuted_and_not_for_ever_undecided(
    tmp_path: Path, seeds: int, size: float, verdict: str, cause: str | None
) -> None:
    part = part_of(judged(tmp_path, "steps-a", nil(seeds, size), world=World(seeds)), "accuracy")
    assert (part["verdict"], part["cause"], part["smallest"]) == (verdict, cause, 0.005)


def test_what_decides_alone_does_not_among_many(tmp_path: Path) -> None:
    world = World(5)
    world.final["steps/conv/test/accuracy"] = world.final["steps/dense/test/accuracy"] + [0.01, 0.03, 0.02, 0.02, 0.005]
    for name in ("steps/dense/train", "moons/corrected/validation"):
        torn(f"{name}/accuracy", 0.1)(world)  # two that decide nothing
    results = Results(world.write(tmp_path), tmp_path)
    claims = declared(make_study()).claims
    alone = part_of(evaluate([claims["steps-a"]], results)[0], "accuracy")
    among = part_of(
        next(each for each in evaluate(list(claims.values()), results) if each["id"] == "steps-a"), "accuracy"
    )
    assert (alone["verdict"], alone["cause"]) == (CONFIRMED, None)
    assert (among["verdict"], among["cause"]) == (UNDECIDED, "multiple")
    assert alone["p_allowed"] == among["p_allowed"] < 0.05 < among["p_holm"]


def test_two_epochs_against_one_are_not_yet_twice_as_fast(tmp_path: Path) -> None:
    changes = going("steps/dense", [0.5, *[1.0] * 19]), going("steps/conv", [1.0] * 20)
    part = part_of(judged(tmp_path, "steps-a", *changes), "speed")
    assert set(part["by_seed"].values()) == {2.0}
    assert part["verdict"] == UNDECIDED
    assert part["estimate"]["high"] is None  # the first may have been there at once


def test_an_interval_holds_all_that_lies_between_two_records(tmp_path: Path) -> None:
    world = World(4)
    dense = [[0.5] * place + [1.0] * (20 - place) for place in (7, 8, 9, 11)]
    conv = [[0.5] * place + [1.0] * (20 - place) for place in (1, 2, 1, 2)]
    changes = going("steps/dense", *dense), going("steps/conv", *conv)
    part = part_of(judged(tmp_path, "steps-a", *changes, world=world), "speed")
    assert list(part["by_seed"].values()) == [8 / 2, 9 / 3, 10 / 2, 12 / 3]
    least, most = np.log([7 / 2, 8 / 3, 9 / 2, 11 / 3]), np.log([8 / 1, 9 / 2, 10 / 1, 12 / 2])
    ends = [stats.t.interval(0.95, 3, loc=each.mean(), scale=stats.sem(each)) for each in (least, most)]
    assert part["estimate"]["low"] == pytest.approx(np.exp(ends[0][0]))
    assert part["estimate"]["high"] == pytest.approx(np.exp(ends[1][1]))


def test_the_interval_of_a_difference_of_accuracies_ends_at_one(tmp_path: Path) -> None:
    apart = shifted("steps/dense/test/accuracy", [-0.95, -0.9, -0.1])
    part = part_of(judged(tmp_path, "steps-a", apart, world=World(3)), "accuracy")
    assert part["estimate"]["high"] == 1.0, "Student's interval alone ends beyond it"


def test_a_net_that_collapses_is_not_the_faster_one(tmp_path: Path) -> None:
    collapse = going("steps/conv", [1.0, *[0.5] * 19]), shifted("steps/conv/validation/accuracy", -0.6)
    part = part_of(judged(tmp_path, "steps-a", *collapse), "speed")
    assert part["verdict"] == NOT_CONFIRMED
    assert part["estimate"]["low"] == 0  # how much longer it would take is unknown


def test_four_of_five_seeds_leave_a_share_open_and_fifty_of_fifty_do_not(tmp_path: Path) -> None:
    failing = shifted("moons/deeper/train/accuracy", [-0.25, 0, 0, 0, 0])
    part = part_of(judged(tmp_path / "5", "moons-hand", failing, world=World(5)), "solves")
    assert (part["estimate"]["mean"], part["estimate"]["scale"], part["verdict"]) == (0.8, "share", UNDECIDED)
    exact = stats.binomtest(4, 5).proportion_ci(0.95, "exact")
    assert (part["estimate"]["low"], part["estimate"]["high"]) == pytest.approx((exact.low, exact.high))
    assert part_of(judged(tmp_path / "50", "moons-hand", world=World(50)), "solves")["verdict"] == CONFIRMED


def test_seeds_that_only_one_variant_has_are_left_out(tmp_path: Path) -> None:
    world = World(8)
    world.final["steps/dense/train/accuracy"][7] = np.nan
    part = part_of(judged(tmp_path, "steps-b", world=world), "gap")
    assert list(part["by_seed"]) == list("0123456")
    assert part["estimate"]["n"] == part["favourable"] == 7
    world = World(8)
    world.final["steps/dense/train/accuracy"] = world.final["steps/dense/train/accuracy"][:3]
    part = part_of(judged(tmp_path, "steps-b", world=world), "gap")
    assert (part["estimate"]["n"], part["of"]["seeds"], part["other"]["seeds"]) == (3, 3, 8)


def test_the_numbers_stand_beside_the_sources(right: Path) -> None:
    claims = {claim["id"]: claim for claim in json.loads((right / "claims.json").read_text())["claims"]}
    part = part_of(claims["steps-a"], "accuracy")
    assert (part["of"]["source"], part["other"]["source"]) == ("0.98", "0.95")
    assert part["of"]["estimate"]["mean"] == pytest.approx(0.98, abs=2e-3)
    assert part["rule"] == {"above": 0}
    assert part["figure"] == "fig1b"
    assert part["favourable"] == SEEDS


def test_an_evaluation_by_other_means_agrees(tmp_path: Path) -> None:
    """Read the tables like an outsider, and compute everything with pandas and SciPy alone."""
    world = World(7)
    rng = np.random.default_rng(13)
    for name in world.final:
        world.final[name] = world.final[name] * rng.normal(1, 0.01, 7)
    world.courses["steps/dense"] = [SLOW, [0.5] * 5 + [1.0] * 15, [0.5] * 6 + [1.0] * 14]
    study = world.write(tmp_path)
    record = write_claims(type(study)({**study.config, "only": ["steps"]}), tmp_path)
    parts = {f"{claim['id']}/{part['name']}": part for claim in record["claims"] for part in claim["parts"]}
    metrics, history = (pd.read_csv(tmp_path / name) for name in ("metrics.csv", "history.csv.gz"))
    final = metrics.pivot_table(index=["exercise", "variant", "seed"], columns=["split", "metric"], values="value")
    final.columns = final.columns.map("/".join)
    test = final["test/accuracy"]
    gap = final["train/accuracy"] - final["validation/accuracy"]

    def one_sided(values: pd.Series, bound: float, side: str) -> float:
        return float(stats.ttest_1samp(values, bound, alternative=side).pvalue)

    def direction(values: pd.Series, bound: float, smallest: float) -> tuple[float, float]:
        return 2 * one_sided(values, bound, "greater"), 2 * one_sided(values, bound + smallest, "less")

    def equal(values: pd.Series, low: float, high: float) -> tuple[float, float]:
        inside = max(one_sided(values, low, "greater"), one_sided(values, high, "less"))
        return 2 * inside, 2 * min(one_sided(values, low, "less"), one_sided(values, high, "greater"))

    reached = {}
    for variant in ("dense", "conv"):
        rows = history[(history["exercise"] == "steps") & (history["variant"] == variant)]
        table = rows[rows["split"] == "validation"].pivot_table(index="epoch", columns="seed", values="value")
        reached[variant] = (table >= 0.95).idxmax().where((table >= 0.95).any(), 20)
        assert (table >= 0.95).any().all()
    dense, conv = reached["dense"], reached["conv"]
    by_hand = {
        "steps-a/accuracy": direction(test["steps", "conv"] - test["steps", "dense"], 0, 0.005),
        "steps-a/speed": (
            2 * one_sided(np.log((dense - 1) / conv), np.log(2), "greater"),
            2 * one_sided(np.log(dense / (conv - 1)), np.log(2), "less"),
        ),
        "steps-b/gap": direction(gap["steps", "dense"] - gap["steps", "conv"], 0, 0.005),
        "steps-c/conv": equal(test["steps", "conv"], 0.96, 1.0),
        "steps-c/dense": equal(test["steps", "dense"], 0.93, 0.97),
    }
    assert list(parts) == list(by_hand)
    assert record["decisions"] == {"count": len(by_hand), "correction": "Holm", "level": 0.05}
    least = sorted((min(1.0, *p), name) for name, p in by_hand.items())
    corrected = 0.0
    for place, (p, name) in enumerate(least):
        corrected = max(corrected, min(1.0, p * (len(least) - place)))
        part = parts[name]
        assert (part["p_allowed"], part["p_refuted"]) == pytest.approx([min(1, each) for each in by_hand[name]]), name
        assert part["p_holm"] == pytest.approx(corrected), name
        decided = {CONFIRMED: 0, NOT_CONFIRMED: 1}
        expected = int(by_hand[name][1] < by_hand[name][0]) if corrected < 0.05 else None
        assert decided.get(part["verdict"]) == expected, name

    values = gap["steps", "dense"] - gap["steps", "conv"]
    result = parts["steps-b/gap"]["estimate"]
    ends = stats.t.interval(0.95, 6, loc=values.mean(), scale=stats.sem(values))
    assert (result["mean"], result["sd"], result["n"]) == pytest.approx((values.mean(), values.std(), 7))
    assert (result["low"], result["high"]) == pytest.approx(ends)
    assert list(parts["steps-b/gap"]["by_seed"].values()) == pytest.approx(values.tolist())
    ratios = parts["steps-a/speed"]
    assert list(ratios["by_seed"].values()) == (dense / conv).tolist()
    logs = np.log((dense - 1) / conv)
    assert ratios["estimate"]["low"] == pytest.approx(
        np.exp(stats.t.interval(0.95, 6, loc=logs.mean(), scale=stats.sem(logs))[0])
    )


def test_only_the_exercises_in_play_are_judged(tmp_path: Path) -> None:
    study = World().write(tmp_path)
    chosen = type(study)({**study.config, "only": ["steps"]})
    assert [claim["id"] for claim in write_claims(chosen, tmp_path)["claims"]] == [
        "steps-a", "steps-b", "steps-c",
    ]  # fmt: skip


def test_equal_results_give_equal_files(right: Path, tmp_path: Path) -> None:
    write_claims(World().write(tmp_path), tmp_path)
    assert (tmp_path / "claims.json").read_bytes() == (right / "claims.json").read_bytes()


@pytest.mark.parametrize("damage", [lambda whole: whole[:200], lambda whole: b"exercise,variant\n"])
def test_a_damaged_table_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    study, table = World().write(tmp_path), tmp_path / "history.csv.gz"
    table.write_bytes(damage(table.read_bytes()))
    with pytest.raises(InputError, match=r"history\.csv\.gz"):
        write_claims(study, tmp_path)


@pytest.mark.parametrize(("n", "outcome"), [(2, (UNDECIDED, "few")), (3, (CONFIRMED, None))])
def test_a_fixed_quantity_needs_as_many_seeds_as_any_other(n: int, outcome: tuple[str, str | None]) -> None:
    evidence = Evidence(estimate([3.0] * n), fixed=3.0)
    assert _verdict(rule_of("at_least", 2.0), evidence, None, demonstration=False) == outcome
