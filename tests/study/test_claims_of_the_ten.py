"""Every claim about the ten on made-up runs for which its verdict is known, part by part.

Claims that extend the study are judged by the engine, whose tests are in tests/evidence.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ten_world import NETS, TenWorld

from evidence.made_up import (
    EPOCHS,
    FAST,
    LATE,
    SEEDS,
    SLOW,
    Change,
    World,
    going,
    moved,
    part_of,
    share,
    shifted,
    slowed,
    spread,
)
from practica.config.study import Study
from practica.evidence.claims import Part, declared
from practica.evidence.equal_terms import unequal
from practica.evidence.measures import MEASURES, TO_LEVEL, by_seed, own
from practica.evidence.results import Results
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, NOT_EVALUATED, RULES, UNDECIDED
from practica.evidence.source import numbers
from practica.evidence.verdicts import evaluate, write_claims
from practica.figures.catalogue import declared as figures_of
from practica.figures.catalogue import figures_for
from practica.paper.facts import Facts
from practica.paper.parts import part_cells
from study.data.logistic import compute
from ten import ROOT, STUDY, needs, runs

CLAIMS = declared(STUDY).claims
PARTS = {f"{claim.id}/{part.name}": part for claim in CLAIMS.values() for part in claim.parts}
BY_CHOICE = {"ej10/vgg16_long"}
"""A variant that is made up here as the claim about it describes it; docs/compare-results.md says how it is run."""
STEADY = [0.5, 0.5, 0.5, *np.linspace(0.52, 0.88, EPOCHS - 3)]
"""Accuracies that leave chance late and then rise steadily to the end."""
LATEST, LAST = [0.5] * 12 + [1.0] * 8, [0.1] * 16 + [1.0] * 4
FLAT, SINKING = share([*LATE[:15], *[0.86] * 5]), share([*LATE[:15], *[0.84] * 5])
FALLING, RISING = [20.0, 5.0, *[1.0] * 18], [0.5, 0.5, *[1.0] * 18]
"""Losses relative to the last."""


# What refutes each part, and what leaves it open.
EVERY: dict[str, tuple[Change, Change]] = {
    "ej01/prediction": moved("ej01/linear/validation/r2", 0.25, 0.6),
    "ej01/explains": moved("ej01/linear/validation/r2", -0.8, 1.5),
    "ej01/falls": (going("ej01/linear", RISING), going("ej01/linear", RISING, FALLING)),
    **{f"ej02-b/{net}": slowed(f"ej02/{net}") for net in NETS},
    **{
        f"ej02-c/solves_{net}": (
            shifted(f"ej02/xor_{net}/train/accuracy", -0.25),
            shifted(f"ej02/xor_{net}/train/accuracy", [-0.25, 0.0] * (SEEDS // 2)),
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
    **{f"ej03-e/{name}": moved(f"ej03/{name}/test/accuracy", -0.1) for name in ("l2", "dropout_l2", "bn_l2")},
    "ej03-f/faster": moved("ej03/l2/train/accuracy", 0.1),
    "ej03-f/penalty": moved("ej03/bn_l2/validation/accuracy", -0.1),
    "ej04-a/idle": (going("ej04/dense", FAST), going("ej04/dense", FAST, share(LATE))),
    "ej04-a/rise": (going("ej04/dense", share(STEADY)), going("ej04/dense", share(STEADY), share(LATE))),
    "ej04-a/gap": moved("ej04/dense/train/accuracy", 0.1),
    "ej04-b/speed": (going("ej04/conv", SLOW), going("ej04/conv", FAST, LATEST)),
    "ej04-b/accuracy": moved("ej04/conv/validation/accuracy", -0.1),
    "ej04-b/gap": moved("ej04/conv/train/accuracy", -0.2),
    "ej04-c/faster": (going("ej03/dropout_l2", FAST), going("ej03/dropout_l2", FAST, [0.5] * 6 + [1.0] * 14)),
    "ej04-c/rises": (going("ej04/dense", FLAT), going("ej04/dense", share(LATE), SINKING)),
    "ej05/error": moved("ej05/tanh5/test/mse", 0.01),
    "ej06/noise": spread("ej06/corrected"),
    "ej06/accuracy": moved("ej06/corrected/validation/accuracy", 0.1),
    "ej07/mse": moved("ej07/autoencoder_asym/test/mse", 0.05),
    "ej07/psnr": moved("ej07/autoencoder_asym/test/psnr", -4.0),
    "ej08-a/accuracy": moved("ej08/conv/test/accuracy", -0.1),
    "ej08-a/speed": (going("ej08/conv", SLOW), going("ej08/dense", FAST, SLOW)),
    "ej08-b/gap": moved("ej08/dense/train/accuracy", -0.1),
    **{f"ej08-c/{name}": moved(f"ej08/{name}/test/accuracy", -0.1) for name in ("conv", "dense")},
    "ej09-a/accuracy": moved("ej09/dense/test/accuracy", -0.1),
    "ej09-b/worse": moved("ej08/conv/test/accuracy", -0.1),
    "ej09-b/above": moved("ej09/dense/test/accuracy", 0.1),
    **{f"ej09-c/{name}": moved(f"ej09/{name}/test/accuracy", 0.1) for name in ("conv", "dense")},
    "ej10-a/better": moved("ej10/vgg16/validation/accuracy", 0.2),
    "ej10-a/sooner": (going("ej10/alexnet", LATEST), going("ej10/alexnet", FAST, LAST)),
    "ej10-a/gap": moved("ej10/vgg16/train/accuracy", 0.4),
    "ej10-b/order": moved("ej10/vgg16/test/accuracy", 0.2),
    "ej10-b/overtakes": moved("ej10/vgg16_long/test/accuracy", -0.2),
    **{f"ej10-c/{name}": moved(f"ej10/{name}/test/accuracy", 0.1) for name in ("alexnet", "vgg16")},
    "ej10-d/accuracy": moved("ej10/alexnet_plain/test/accuracy", 0.2),
}


def can_be_judged(part: Part) -> bool:
    """Return whether the study still runs the variants that a part compares."""
    addresses = [f"{each.exercise}/{each.variant}" for each in part.quantities]
    return all(runs(address) or address in BY_CHOICE for address in addresses)


CASES = {name: changes for name, changes in EVERY.items() if name in PARTS and can_be_judged(PARTS[name])}
IDS = [each for each in CLAIMS if any(name.startswith(f"{each}/") for name in CASES)]


def judged(folder: Path, claim: str, *changes: Change, world: World | None = None) -> dict[str, Any]:
    """Return the verdict on a claim in a world with these changes; only the variants that it names are written."""
    world = world or TenWorld()
    for change in changes:
        change(world)
    named = {f"{each.exercise}/{each.variant}" for part in CLAIMS[claim].parts for each in part.quantities}
    world.final = {name: values for name, values in world.final.items() if name.rsplit("/", 2)[0] in named}
    return evaluate([CLAIMS[claim]], Results(world.write(folder), folder))[0]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the claims, by id, of a world in which the source is right."""
    folder = tmp_path_factory.mktemp("right")
    write_claims(TenWorld().write(folder), folder)
    return {claim["id"]: claim for claim in json.loads((folder / "claims.json").read_text())["claims"]}


@pytest.mark.parametrize("case", CASES)
def test_a_claim_of_the_source_is_confirmed_where_it_is_true(right: dict[str, Any], case: str) -> None:
    claim, name = case.split("/")
    assert part_of(right[claim], name)["verdict"] == CONFIRMED
    if all(f"{claim}/{part.name}" in CASES for part in CLAIMS[claim].parts):
        assert right[claim]["verdict"] == CONFIRMED


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
    assert record["verdict"] in (UNDECIDED, NOT_EVALUATED)
    if all(f"{claim}/{part.name}" in CASES for part in CLAIMS[claim].parts):
        assert record["verdict"] == UNDECIDED


@pytest.mark.parametrize("case", CASES)
def test_without_its_runs_a_claim_is_not_evaluated(tmp_path: Path, case: str) -> None:
    claim, name = case.split("/")
    for place, quantity in enumerate(PARTS[case].quantities):
        record = judged(tmp_path / str(place), claim, lambda w, q=quantity: w.drop(f"{q.exercise}/{q.variant}"))
        part = part_of(record, name)
        assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "missing", None)
        assert quantity.variant in part["reason"]
        assert record["verdict"] == NOT_EVALUATED


@pytest.mark.parametrize("case", [each for each in CASES if each.split("/")[0] in IDS])
def test_generated_data_say_nothing(tmp_path: Path, case: str) -> None:
    claim, name = case.split("/")
    world = TenWorld()
    world.stand_in = {each.rsplit("/", 2)[0] for each in world.final} | set(world.speedup)
    part = part_of(judged(tmp_path, claim, world=world), name)
    assert (part["verdict"], part["cause"], part["estimate"]) == (NOT_EVALUATED, "stand-in", None)


@pytest.mark.parametrize("name", PARTS)
def test_a_claim_names_variants_and_figures_of_the_study(name: str) -> None:
    """They are in the study folder, whether or not all of them run."""
    part, claim = PARTS[name], CLAIMS[name.split("/", maxsplit=1)[0]]
    drawn = {
        *figures_for(STUDY),
        *(each.name for exercise in STUDY.every_exercise for each in figures_of(STUDY, exercise)),
    }
    assert {part.figure, claim.figure} <= drawn
    assert part.rule[0] in RULES
    for quantity in part.quantities:
        if quantity.exercise not in STUDY.every_exercise:  # deleted: `practica check` names the claims that are left
            continue
        named = STUDY.about(quantity.exercise).get("variants", {})
        address = f"{quantity.exercise}/{quantity.variant}"
        assert runs(address) or quantity.variant in named or address in BY_CHOICE


def test_what_is_compared_is_trained_on_equal_terms_or_known_not_to_be() -> None:
    result = Results(STUDY, Path("nowhere"))
    unlike = {}
    for name, part in PARTS.items():
        if part.other and all(runs(f"{each.exercise}/{each.variant}") for each in part.quantities):
            pair = [(each.exercise, each.variant) for each in part.quantities]
            if reason := unequal(result, pair[0], pair[1], part.varies):
                unlike[name] = reason
    # The nets with and without an embedding have a Dropout of their own.
    assert unlike.items() <= {"ej04-a/gap": "dropout 0.3 / 0.5", "ej04-c/faster": "dropout 0.3 / 0.5"}.items()


@pytest.mark.parametrize("name", sorted(each for each in numbers(STUDY) if "/parameters/" not in each))
def test_a_number_that_the_source_prints_is_claimed(name: str) -> None:
    """Every number in ``printed`` is one that ours should be near to."""
    near = [part for part in PARTS.values() if part.rule[0] == "near" and str(part.of) == name]
    assert near, f"no claim says how near ours should be to {name}"


def test_no_result_is_typed_into_a_sentence() -> None:
    for claim in CLAIMS.values():
        for message in (claim.sentence, *(part.says for part in claim.parts)):
            for text in (message[language] for language in STUDY.languages):
                assert not re.search(r"\d[.,]\d", text), claim.id
                assert not text.endswith("."), claim.id


def test_what_claims_measure_is_defined_in_words_and_in_the_documents() -> None:
    definitions = declared(STUDY).definitions
    owned = {name for exercise in STUDY.exercises for name in own(exercise)}
    assert set(definitions) <= {*MEASURES, *TO_LEVEL, *owned}
    text = (ROOT / "docs" / "compare-results.md").read_text(encoding="utf-8")
    for name in (*({*definitions} - owned), *RULES):
        assert re.search(rf"`{name}[`:]", text), name


@needs("ej02/xor_221", "ej02/xor_221_numpy")
def test_lines_of_code_are_counted_without_layout_and_with_all_that_a_net_uses(tmp_path: Path) -> None:
    results = Results(TenWorld().write(tmp_path), tmp_path)
    lines = {name: by_seed(results, "ej02", name, "code_lines") for name in ("xor_221", "xor_221_numpy")}
    assert set(lines["xor_221"]) == {8.0}  # decorator, head, three layers and return; head and return of the penalty
    assert lines["xor_221_numpy"].min() > 100  # with the class that trains it
    record = judged(tmp_path / "judged", "ej02-a", world=(world := TenWorld(3)))  # no seed changes them
    assert record["verdict"] == CONFIRMED
    assert {(part.get("fixed"), part["p_allowed"], part["p_holm"]) for part in record["parts"]} == {(True, None, None)}
    row = part_cells(record["parts"][0], Facts(world.write(tmp_path / "judged"), tmp_path / "judged", "en"))
    ours, verdict = next(cell for cell in row if " / " in cell.text), row[-1]
    assert re.fullmatch(r"\d{3} / \d{1,2}", ours.text)
    assert re.fullmatch(r"ratio \d+\.\d\d", ours.below)
    assert verdict.below == "no chance involved"


@needs("ej05/tanh5")
@pytest.mark.parametrize("points", [None, 1000])
def test_the_error_of_the_logistic_map_is_relative_to_the_variance_where_its_inputs_lie(
    tmp_path: Path, points: int | None
) -> None:
    study = TenWorld().write(tmp_path)
    entry = study.config["exercises"]["ej05"]
    variants = {"tanh5": {"settings": {"grid_points": points} if points else {}}}
    other = Study.resolve({**study.config, "exercises": {"ej05": {**entry, "variants": variants}}})
    grid = np.linspace(0, 1, 100_000)
    answers = 4 * grid * (1 - grid) if points else compute()["x"]
    errors = Results(other, tmp_path).per_seed("ej05", "tanh5", "test", "mse")
    relative = by_seed(Results(other, tmp_path), "ej05", "tanh5", "relative_mse")
    assert relative.to_numpy() == pytest.approx((errors / answers.var()).to_numpy(), rel=0.02)


@needs("ej03/l2", "ej03/bn_l2")
@pytest.mark.parametrize(("l2", "verdict"), [(0.01, CONFIRMED), (0.001, NOT_CONFIRMED), (0.0001, NOT_CONFIRMED)])
def test_a_larger_penalty_is_larger(tmp_path: Path, l2: float, verdict: str) -> None:
    study = TenWorld().write(tmp_path)
    entry = study.config["exercises"]["ej03"]
    variants = {"l2": {"settings": {"l2": 0.001}}, "bn_l2": {"settings": {"l2": l2}}}
    other = Study.resolve({**study.config, "exercises": {"ej03": {**entry, "variants": variants}}})
    claim = evaluate([CLAIMS["ej03-f"]], Results(other, tmp_path))[0]
    assert part_of(claim, "larger")["verdict"] == verdict
