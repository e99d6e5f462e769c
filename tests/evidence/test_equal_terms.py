"""Only nets that were trained on equal terms are compared."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evidence.factory import fill, write_block
from practica.config.study import Study
from practica.evidence.claims import declared
from practica.evidence.collect import collect
from practica.evidence.equal_terms import unequal, unlike
from practica.evidence.measures import measure_values
from practica.evidence.results import Results
from practica.evidence.rules import NOT_COMPARABLE, NOT_EVALUATED
from practica.evidence.verdicts import write_claims
from toy import resolve

ALONE = {"seeds_per_job": 1}
DENSE, CONV = ("steps", "dense"), ("steps", "conv")


def study(shared: Mapping[str, Any], dense: Mapping[str, Any], conv: Mapping[str, Any]) -> Study:
    """Return a study of two nets with these settings."""
    variants = {"dense": {"settings": dict(dense)}, "conv": {"settings": dict(conv)}}
    entry = {"dataset": "walks", "settings": dict(shared), "variants": variants}
    return resolve({"seeds": 5, "seeds_per_job": 5, "exercises": {"steps": entry}})


def run(study: Study, folder: Path, **conv: Any) -> dict[str, dict[str, Any]]:
    """Write and judge runs of the study, with these records for conv; return the claims by id."""
    fill(study, folder)
    if "epochs" in conv:
        block = next(block for block in study.blocks() if block.variant == "conv")
        write_block(block, folder, epochs=conv.pop("epochs"))
    for name, value in conv.items():
        for path in (folder / "runs/steps/conv/s0-4").glob("*.json"):
            content = json.loads(path.read_text())
            if name == "stand_in":
                content["stand_in"] = value
            elif name == "fingerprint":
                content["provenance"]["data"][name] = value
            else:
                content["provenance"][name] = value
            path.write_text(json.dumps(content))
    collect(study, folder)
    return {claim["id"]: claim for claim in write_claims(study, folder)["claims"]}


@pytest.mark.parametrize(
    ("dense", "conv", "recorded", "reason"),
    [
        ({"epochs": 36}, {"epochs": 14}, {}, "epochs 36 / 14"),
        ({"dropout": 0.3}, {"dropout": 0.0}, {}, "dropout 0.3 / 0"),
        ({"dropout": 0.3}, {}, {}, "dropout 0.3 / –"),
        ({"train_samples": 1000}, {}, {}, "train_samples 1000 / –"),
        ({"correct_zeros": True}, {"correct_zeros": False}, {}, "correct_zeros true / false"),
        ({}, {}, {"epochs": 9}, "epochs 12 / 9"),
        ({}, {}, {"precision": "mixed_bfloat16"}, "precision float32 / mixed_bfloat16"),
        ({}, {}, {"fingerprint": "beefbeefbeef"}, "data f00d / beefbeef"),
        ({}, {}, {"stand_in": True}, "data real / STAND-IN"),
        ({"epochs": 36}, {"epochs": 14}, {"precision": "mixed_bfloat16"},
         "epochs 36 / 14, precision float32 / mixed_bfloat16"),
    ],
)  # fmt: skip
def test_sides_on_unequal_terms_are_not_comparable_and_it_says_why(
    tmp_path: Path, dense: dict[str, Any], conv: dict[str, Any], recorded: dict[str, Any], reason: str
) -> None:
    claim = run(study({}, dense, conv), tmp_path, **recorded)["steps-b"]
    assert claim["verdict"] == NOT_COMPARABLE
    for part in claim["parts"]:
        assert (part["verdict"], part["cause"], part["reason"]) == (NOT_COMPARABLE, "unequal", reason)
        assert (part["estimate"], part["p_holm"], part["by_seed"]) == (None, None, {})


def test_what_the_claim_declares_may_vary(tmp_path: Path) -> None:
    claims = run(study({"epochs": 12}, {"learning_rate": 0.0005}, {"learning_rate": 0.001}), tmp_path)
    assert claims["steps-b"]["parts"][0]["varies"] == ["learning_rate"]
    assert NOT_COMPARABLE not in {part["verdict"] for part in claims["steps-b"]["parts"]}
    assert claims["steps-b"]["parts"][0]["estimate"]["n"] == 5


def test_an_unequal_comparison_counts_as_no_decision(tmp_path: Path) -> None:
    nets = study({}, {"epochs": 36}, {"epochs": 14})
    run(nets, tmp_path)
    record = json.loads((tmp_path / "claims.json").read_text())
    tested = [part for claim in record["claims"] for part in claim["parts"] if part["p_holm"] is not None]
    assert record["decisions"]["count"] == len(tested)
    assert not [part for part in tested if part["other"]]


def test_data_generated_for_both_sides_are_no_question_of_terms(tmp_path: Path) -> None:
    nets = study({}, {"epochs": 36}, {"epochs": 14})
    fill(nets, tmp_path, stand_in=True)
    collect(nets, tmp_path)
    claims = {claim["id"]: claim for claim in write_claims(nets, tmp_path)["claims"]}
    assert (claims["steps-b"]["verdict"], claims["steps-b"]["parts"][0]["cause"]) == (NOT_EVALUATED, "stand-in")


def test_variants_side_by_side_may_have_other_settings_but_no_other_terms(tmp_path: Path) -> None:
    nets = study({}, {"epochs": 36, "dropout": 0.3, "train_samples": 900}, {"epochs": 14, "dropout": 0.0})
    result = Results(nets, tmp_path)
    assert unlike(result, DENSE, CONV, {}) == "epochs 36 / 14, train_samples 900 / –"
    assert unequal(result, DENSE, CONV, ["epochs", "dropout", "train_samples"]) == ""
    assert unlike(result, DENSE, DENSE, {}) == ""


def test_if_a_claim_compares_two_variants_only_what_it_declares_may_vary_anywhere(tmp_path: Path) -> None:
    nets = study({}, {"epochs": 36, "learning_rate": 0.0005}, {"epochs": 36, "learning_rate": 0.001})
    result, claims = Results(nets, tmp_path), declared(nets).claims
    assert {part.varies for part in claims["steps-b"].parts} == {("learning_rate",)}
    assert unlike(result, DENSE, CONV, claims) == ""
    other = Results(study({}, {"epochs": 36, "dropout": 0.3}, {"epochs": 36}), tmp_path)
    assert unlike(other, DENSE, CONV, {}) == ""
    assert unlike(other, CONV, DENSE, claims) == "dropout – / 0.3"
    fill(other.study, tmp_path)
    collect(other.study, tmp_path)
    row = Results(other.study, tmp_path).differences.iloc[0]
    assert (row["unequal"], row["significant"]) == ("dropout 0.3 / –", False)


@pytest.mark.parametrize(
    ("precisions", "reason"),
    [
        (("float32", "float32", "mixed_bfloat16"), ""),
        (("float32", "mixed_bfloat16", "mixed_bfloat16"),
         "precision float32 + mixed_bfloat16 / float32 + mixed_bfloat16"),
    ],
)  # fmt: skip
def test_terms_are_equal_seed_by_seed(tmp_path: Path, precisions: tuple[str, ...], reason: str) -> None:
    """Some nodes of a cluster compute in one precision, and others in another."""
    nets = study({"epochs": 12}, {}, {})
    nets = resolve({**nets.config, "seeds": 3, "exercises": {"steps": {**nets.config["exercises"]["steps"], **ALONE}}})
    fill(nets, tmp_path)
    collect(nets, tmp_path)
    result = Results(nets, tmp_path)
    result.runs["precision"] = ["float32", "float32", "mixed_bfloat16", *precisions]
    assert unequal(result, DENSE, CONV, ()) == unlike(result, DENSE, CONV, {}) == reason


@pytest.mark.parametrize(
    ("sizes", "conv", "reason"),
    [
        ((2, 2), {}, ""),
        ((2, 2), {"threads": 2}, "threads 1 / 2"),
        ((2, 2), {"gpu": "A card"}, "device Some CPU, 2 cores / A card"),
        ((4, 2), {}, "seeds_per_job 4 / 2"),
    ],
)
def test_times_are_compared_only_between_jobs_of_one_kind(
    tmp_path: Path, sizes: tuple[int, int], conv: dict[str, Any], reason: str
) -> None:
    variants = {name: {"seeds_per_job": each} for name, each in zip(("dense", "conv"), sizes, strict=True)}
    known = resolve({"seeds": 4, "exercises": {"steps": {"dataset": "walks", "settings": {}, "variants": variants}}})
    fill(known, tmp_path)
    for path in (tmp_path / "runs/steps/conv").glob("*/*.json"):
        content = json.loads(path.read_text())
        content["provenance"] = {**content.get("provenance", {}), **conv}
        path.write_text(json.dumps(content))
    collect(known, tmp_path)
    results = Results(known, tmp_path)
    assert unequal(results, DENSE, CONV, [], timed=True) == reason
    assert unequal(results, DENSE, CONV, []) == ""
    assert unequal(results, DENSE, CONV, ["threads", "device", "seeds_per_job"], timed=True) == ""
    times = measure_values(results, *CONV, "seconds_to_50")
    assert list(times.index) == [0, 2], "a job is one measurement"
    epochs = measure_values(results, *CONV, "epochs_to_50")
    speed = results.seconds_per_epoch(*CONV)
    assert times["value"][2] == pytest.approx((epochs["value"] * speed)[[2, 3]].mean())
