"""Every claim on made-up runs for which its verdict is known, part by part."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evidence.made_up import EPOCHS, FAST, LATE, NETS, SEEDS, SLOW, Change, World, going, share, shifted, timed, torn
from practica.errors import InputError
from practica.evidence.claims import declared
from practica.evidence.results import Results
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, NOT_EVALUATED, UNDECIDED
from practica.evidence.verdicts import evaluate, write_claims

# fmt: off
IDS = [
    "ej01", "ej02", "ej03-a", "ej03-b", "ej03-c", "ej03-d", "ej04-a", "ej04-b", "ej05", "ej06", "ej07", "ej08-a",
    "ej08-b", "ej09-a", "ej09-b", "ej10-a", "ej10-b",
]
# fmt: on
PARTS = [(claim.id, part.name) for claim in declared().claims.values() for part in claim.parts]
STEADY = [0.5, 0.5, 0.5, *np.linspace(0.52, 0.88, EPOCHS - 3)]
"""Accuracies that leave chance late and then rise steadily to the end."""
LATEST = [0.5] * 12 + [1.0] * 8
FALLING, RISING = [20.0, 5.0, *[1.0] * 18], [0.5, 0.5, *[1.0] * 18]
"""Losses relative to the last."""


def moved(name: str, by: float, up_and_down: float | None = None) -> tuple[Change, Change]:
    """Return changes of a final value: one for all seeds, and one up and down in turn."""
    return shifted(name, by), torn(name, up_and_down or abs(by))


def slowed(net: str) -> tuple[Change, Change]:
    """Return changes of a speed-up: to no gain, and to a range across the bound."""
    return timed(net, 1.0, 0.9, 1.2), timed(net, 2.1, 1.8, 2.6)


def spread(variant: str) -> tuple[Change, Change]:
    """Return changes of the spread over the folds: larger, and as large as the other variant's but for noise."""

    def noisy(world: World) -> None:
        world.fold_spread = dict.fromkeys(world.fold_spread, 0.04)
        rng = np.random.default_rng(3)
        world.fold_noise = {variant: rng.uniform(-0.02, 0.02, world.seeds)}

    return lambda world: world.fold_spread.update({variant: 0.08}), noisy


# What refutes each part, and what leaves it open.
CASES: dict[str, tuple[Change, Change]] = {
    "ej01/prediction": moved("ej01/linear/validation/r2", 0.25, 0.6),
    "ej01/explains": moved("ej01/linear/validation/r2", -0.8, 1.5),
    "ej01/falls": (going("ej01/linear", RISING), going("ej01/linear", RISING, FALLING)),
    **{f"ej02/{net}": slowed(net) for net in NETS},
    **{
        f"ej02/solves_{net}": (
            shifted(f"ej02/xor_{net}/train/accuracy", -0.25),
            shifted(f"ej02/xor_{net}/train/accuracy", [-0.25] + [0.0] * (SEEDS - 1)),
        )
        for net in ("221", "concat")
    },
    "ej03-a/gap": moved("ej03/l2/train/accuracy", -0.065, 0.2),
    "ej03-b/gap": moved("ej03/dropout_l2/train/accuracy", 0.08),
    "ej03-b/accuracy": moved("ej03/dropout_l2/validation/accuracy", 0.2),
    "ej03-c/gap_l2": moved("ej03/l2/train/accuracy", 0.1),
    "ej03-c/gap_dropout": moved("ej03/dropout_l2/train/accuracy", 0.2),
    "ej03-c/train_l2": moved("ej03/l2/train/accuracy", 0.1),
    "ej03-c/train_dropout": moved("ej03/dropout_l2/train/accuracy", 0.2),
    "ej03-c/validation": moved("ej03/bn_l2/validation/accuracy", -0.1),
    "ej03-d/l2": moved("ej03/l2/test/accuracy", -0.1),
    "ej03-d/dropout": moved("ej03/bn_l2/test/accuracy", 0.1),
    "ej04-a/idle": (going("ej04/dense", FAST), going("ej04/dense", FAST, share(LATE))),
    "ej04-a/rise": (going("ej04/dense", share(STEADY)), going("ej04/dense", share(STEADY), share(LATE))),
    "ej04-a/gap": moved("ej04/dense/train/accuracy", 0.1),
    "ej04-b/speed": (going("ej04/conv", SLOW), going("ej04/conv", FAST, [0.3] * 9 + [1.0] * 11)),
    "ej04-b/accuracy": moved("ej04/conv/validation/accuracy", -0.1),
    "ej04-b/gap": moved("ej04/conv/train/accuracy", -0.2),
    "ej05/error": moved("ej05/tanh5/test/mse", 0.01),
    "ej06/noise": spread("ej06/corrected"),
    "ej06/accuracy": moved("ej06/corrected/validation/accuracy", 0.1),
    "ej07/mse": moved("ej07/autoencoder/test/mse", 0.05),
    "ej07/psnr": moved("ej07/autoencoder/test/psnr", -4.0),
    "ej08-a/accuracy": moved("ej08/conv/test/accuracy", -0.1),
    "ej08-a/speed": (going("ej08/dense", FAST), going("ej08/dense", FAST, [0.5] * 4 + [1.0] * 16)),
    "ej08-b/gap": moved("ej08/dense/train/accuracy", -0.1),
    "ej09-a/accuracy": moved("ej09/dense/test/accuracy", -0.1),
    "ej09-b/worse": moved("ej08/conv/test/accuracy", -0.1),
    "ej09-b/above": moved("ej09/dense/test/accuracy", 0.1),
    "ej10-a/better": moved("ej10/vgg16/validation/accuracy", 0.2),
    "ej10-a/sooner": (going("ej10/alexnet", LATEST), going("ej10/alexnet", FAST, LATEST)),
    "ej10-a/gap": moved("ej10/vgg16/train/accuracy", 0.4),
    "ej10-b/order": moved("ej10/vgg16/test/accuracy", 0.2),
    "ej10-b/overtakes": moved("ej10/vgg16_long/test/accuracy", -0.2),
}


def judged(folder: Path, claim: str, *changes: Change, world: World | None = None) -> dict[str, Any]:
    """Return the verdict on a claim in a world with these changes."""
    world = world or World()
    for change in changes:
        change(world)
    return evaluate(declared().claims[claim], Results(world.write(folder), folder))


def part_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(part for part in record["parts"] if part["name"] == name)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the claims of a world in which the source is right."""
    folder = tmp_path_factory.mktemp("right")
    write_claims(World().write(folder), folder, declared())
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
    quantities = next(part for part in declared().claims[claim].parts if part.name == name).quantities
    for place, quantity in enumerate(quantities):
        record = judged(tmp_path / str(place), claim, lambda w, q=quantity: w.drop(f"{q.exercise}/{q.variant}"))
        part = part_of(record, name)
        assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "missing", None)
        assert quantity.variant in part["reason"]
        assert record["verdict"] == NOT_EVALUATED


@pytest.mark.parametrize("claim", IDS)
def test_generated_data_say_nothing(tmp_path: Path, claim: str) -> None:
    world = World()
    world.stand_in = {name.rsplit("/", 2)[0] for name in world.final} | {"ej02/cifar_mse"}
    record = judged(tmp_path, claim, world=world)
    assert record["verdict"] == NOT_EVALUATED
    for part in record["parts"]:
        assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "stand-in", None)


@pytest.mark.parametrize("claim", [each for each in IDS if each != "ej02"])
def test_one_seed_has_no_interval_and_four_decide_nothing(tmp_path: Path, claim: str) -> None:
    for seeds, verdict in ((1, NOT_EVALUATED), (4, UNDECIDED), (5, CONFIRMED)):
        record = judged(tmp_path / str(seeds), claim, world=World(seeds))
        assert record["verdict"] == verdict
        assert {part["cause"] for part in record["parts"]} == {None if seeds == 5 else "few"}
        assert {part["estimate"]["n"] for part in record["parts"]} == {seeds}


def test_three_repetitions_time_nothing(tmp_path: Path) -> None:
    def thrice(world: World) -> None:
        world.repetitions = 3

    record = judged(tmp_path, "ej02", thrice)
    assert part_of(record, "xor_221")["cause"] == "few"
    assert record["verdict"] == UNDECIDED


def test_seeds_that_only_one_variant_has_are_left_out(tmp_path: Path) -> None:
    world = World(8)
    world.final["ej08/dense/train/accuracy"][7] = np.nan
    part = part_of(judged(tmp_path, "ej08-b", world=world), "gap")
    assert list(part["by_seed"]) == list("0123456")
    assert part["estimate"]["n"] == part["favourable"] == 7


def test_the_numbers_stand_beside_the_sources(right: Path) -> None:
    claims = {claim["id"]: claim for claim in json.loads((right / "claims.json").read_text())["claims"]}
    part = part_of(claims["ej08-a"], "accuracy")
    assert (part["of"]["source"], part["other"]["source"]) == ("0.98", "0.95")
    assert part["of"]["estimate"]["mean"] == pytest.approx(0.98, abs=2e-3)
    assert part["rule"] == {"above": 0}
    assert part["figure"] == "fig13b"
    assert part["favourable"] == SEEDS


def test_an_evaluation_by_other_means_agrees(right: Path) -> None:
    """Read the tables as a stranger would, and do the sums with NumPy alone."""
    claims = {claim["id"]: claim for claim in json.loads((right / "claims.json").read_text())["claims"]}
    metrics, history = (pd.read_csv(right / name) for name in ("metrics.csv", "history.csv.gz"))
    final = metrics.pivot_table(index=["exercise", "variant", "seed"], columns=["split", "metric"], values="value")
    gaps = final["train", "accuracy"] - final["validation", "accuracy"]
    by_hand = gaps["ej03", "dropout_l2"] - gaps["ej03", "l2"]
    part = part_of(claims["ej03-b"], "gap")
    assert list(part["by_seed"].values()) == pytest.approx(by_hand.tolist(), abs=1e-12)
    assert part["estimate"]["mean"] == pytest.approx(by_hand.mean())
    assert part["estimate"]["sd"] == pytest.approx(by_hand.std())
    means = np.random.default_rng(7).choice(by_hand.to_numpy(), (20000, SEEDS)).mean(axis=1)
    assert [part["estimate"]["low"], part["estimate"]["high"]] == pytest.approx(
        np.quantile(means, [0.025, 0.975]), abs=3e-6
    )

    first = {}
    for variant in ("dense", "conv"):
        rows = history[(history["exercise"] == "ej08") & (history["variant"] == variant)]
        table = rows.pivot_table(index="epoch", columns="seed", values="value")
        first[variant] = (table >= 0.95 * table.iloc[-1]).idxmax()
    ratio = first["dense"] / first["conv"]
    assert list(part_of(claims["ej08-a"], "speed")["by_seed"].values()) == ratio.tolist()


def test_only_the_exercises_in_play_are_judged(tmp_path: Path) -> None:
    study = World().write(tmp_path)
    chosen = type(study)({**study.config, "only": ["ej08"]})
    assert [claim["id"] for claim in write_claims(chosen, tmp_path, declared())["claims"]] == ["ej08-a", "ej08-b"]


def test_equal_results_give_equal_files(right: Path, tmp_path: Path) -> None:
    write_claims(World().write(tmp_path), tmp_path, declared())
    assert (tmp_path / "claims.json").read_bytes() == (right / "claims.json").read_bytes()


@pytest.mark.parametrize("damage", [lambda whole: whole[:200], lambda whole: b"exercise,variant\n"])
def test_a_damaged_table_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    study, table = World().write(tmp_path), tmp_path / "history.csv.gz"
    table.write_bytes(damage(table.read_bytes()))
    with pytest.raises(InputError, match=r"history\.csv\.gz"):
        write_claims(study, tmp_path, declared())
