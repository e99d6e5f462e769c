"""A reference is condensed from a study, and studies are compared with it line by line."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from scipy import stats

from practica.cli import main
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.evidence.estimates import LOG, estimate
from practica.evidence.verdicts import write_claims
from practica.files import read_json, write_json
from practica.reference.compare import AGREES, DIFFERS, OPEN, _state, _welch, compare
from practica.reference.condense import _spans, make_reference

from .factory import fill, make_study


def finish(study: Study, results: Path) -> None:
    """Collect and judge the finished runs, as the workflow does."""
    write_json(results / "study.json", dict(study.config))
    collect(study, results)
    write_claims(study, results)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path, Path]:
    """Return a study of two exercises with six seeds, its results and its reference."""
    place = tmp_path_factory.mktemp("reference")
    study = make_study({"moons": ["raw", "corrected"], "steps": ["dense", "conv"]}, seeds=6, seeds_per_job=2)
    fill(study, place / "results")
    finish(study, place / "results")
    (place / "results/informe.pdf").write_bytes(b"%PDF-1.5")
    make_reference(study, place / "results", place / "reference", ["informe.pdf", "report_en.pdf"])
    return study, place / "results", place / "reference"


@pytest.fixture
def results(made: tuple[Study, Path, Path], tmp_path: Path) -> Path:
    """Return a copy of the results that a test may change."""
    shutil.copytree(made[1], tmp_path / "results")
    return tmp_path / "results"


def run(results: Path, reference: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["compare", str(reference), "--results", str(results), *words])


def edit(path: Path, metric: str, **values: float) -> None:
    table = pd.read_csv(path)
    rows = (table["variant"] == "dense") & (table["split"] == "validation") & (table["metric"] == metric)
    table.loc[rows, list(values)] = list(values.values())
    table.to_csv(path, index=False)


@pytest.mark.parametrize(("seeds", "text"), [([0, 1, 2, 5, 7, 8], "0-2, 5, 7-8"), ([3], "3"), ([], "")])
def test_seeds_in_a_row_are_one_span(seeds: list[int], text: str) -> None:
    assert _spans(seeds) == text


def test_a_reference_is_whole_and_says_what_was_run(made: tuple[Study, Path, Path]) -> None:
    _, results, reference = made
    assert {path.name for path in reference.iterdir()} == {
        "metrics.csv", "history.csv.gz", "summary.csv", "differences.csv", "runs.csv", "claims.json", "manifests.json",
        "runs.zip", "informe.pdf", "README.md",
    }  # fmt: skip
    for name in ("metrics.csv", "claims.json", "informe.pdf"):
        assert (reference / name).read_bytes() == (results / name).read_bytes()
    entry = json.loads((reference / "manifests.json").read_text())["variants"]["steps/dense"]
    assert (entry["seeds"], entry["blocks"], entry["wall_seconds"]) == ([0, 1, 2, 3, 4, 5], 3, 37.5)
    readme = (reference / "README.md").read_text()
    assert "Some CPU, 2 cores" in readme
    assert "tensorflow 2.21.0" in readme
    assert "| steps/dense | 0-5 |" in readme
    assert "38 s |" in readme
    assert "Not complete" not in readme
    assert "Trained on 2026-01-01 in jobs that took 150 s, at commit 0123abc." in readme


def test_what_no_commit_holds_and_what_no_run_left_is_said(results: Path, tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"]}, seeds=2)
    folder = tmp_path / "marked"
    fill(study, folder)
    blocks = {f"{block.variant}/{block.name}": block.folder(folder) for block in study.blocks()}
    for name, key, value in (
        ("dense/s1", "rewritten", "an older table"),
        ("conv/s0", "rewritten", "an older table"),
        ("conv/s1", "provenance", None),
    ):
        content = read_json(blocks[name] / "manifest.json")
        if key == "provenance":
            content[key]["git"]["dirty"] = True
        else:
            content[key] = value
        write_json(blocks[name] / "manifest.json", content)
    finish(study, folder)
    make_reference(study, folder, tmp_path / "out")
    readme = (tmp_path / "out/README.md").read_text()
    assert "**From code that was not committed: steps/conv**" in readme
    assert "**Written again, and not as the runs left them: steps/dense/s1, steps/conv/s0**" in readme
    entries = json.loads((tmp_path / "out/manifests.json").read_text())["variants"]
    assert {name: (each["dirty"], each["rewritten"]) for name, each in entries.items()} == {
        "steps/dense": (False, ["s1"]),
        "steps/conv": (True, ["s0"]),
    }


def test_a_reference_names_no_host_and_no_folder(made: tuple[Study, Path, Path]) -> None:
    texts = [path.read_text() for path in made[2].iterdir() if path.suffix in (".csv", ".json", ".md")]
    assert not [text for text in texts if "node1" in text or "example.org" in text]


def test_what_people_write_into_the_readme_stays(made: tuple[Study, Path, Path], tmp_path: Path) -> None:
    study, results, _ = made
    make_reference(study, results, tmp_path)
    readme = tmp_path / "README.md"
    generated = readme.read_text()
    readme.write_text(generated.replace("# Reference run\n", "# Ours\n\nAt night.\n") + "\nThe end.\n")
    make_reference(study, results, tmp_path)
    assert readme.read_text().startswith("# Ours\n\nAt night.\n")
    assert readme.read_text().endswith("\nThe end.\n")
    assert readme.read_text().count("| steps/dense |") == 1


def test_a_part_does_not_replace_a_whole_unasked(made: tuple[Study, Path, Path], tmp_path: Path) -> None:
    study, results, whole = made
    out, less = tmp_path / "out", tmp_path / "less"
    shutil.copytree(whole, out)
    shutil.copytree(results, less)
    shutil.rmtree(next(iter(sorted((less / "runs/steps/conv").iterdir()))))
    finish(study, less)
    before = {path: path.read_bytes() for path in out.iterdir()}
    words = ["reference", "--results", str(less), "--out", str(out)]
    write_json(less / "study.json", dict(study.config))
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert f"{out} holds runs that {less} lacks: steps/conv, seeds 0" in refused.output
    assert "--replace" in refused.output and refused.output.count("\n") == 1
    assert before == {path: path.read_bytes() for path in out.iterdir()}
    assert CliRunner().invoke(main, [*words, "--replace"]).exit_code == 0
    assert read_json(out / "manifests.json")["variants"]["steps/conv"]["seeds"] != [0, 1]
    assert CliRunner().invoke(main, words).exit_code == 0  # nothing is lost now


def test_a_reference_of_generated_data_with_holes_says_so(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"], "moons": ["raw"]}, seeds=2)
    fill(study, tmp_path, stand_in=True)
    shutil.rmtree(tmp_path / "runs/steps/conv/s1")
    shutil.rmtree(tmp_path / "runs/moons")
    finish(study, tmp_path)
    make_reference(study, tmp_path, tmp_path / "out")
    readme = (tmp_path / "out/README.md").read_text()
    assert "STAND-IN" in readme
    assert "Not complete: steps/conv: 1 of 2 seeds; moons/raw: no results." in readme


def test_a_study_agrees_with_its_own_reference(made: tuple[Study, Path, Path]) -> None:
    process = run(made[1], made[2])
    assert process.exit_code == 0, process.output
    assert process.output.count(" agrees\n") == len(pd.read_csv(made[1] / "summary.csv"))
    assert "The studies agree." in process.output
    assert "settings of" not in process.output


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        ((0.95, 0.002, 5), (0.9505, 0.002, 5), AGREES),
        ((0.95, 0.002, 5), (0.96, 0.002, 5), DIFFERS),
        ((0.95, 0.002, 5), (0.955, 0.002, 1), AGREES),  # one more seed could lie there
        ((0.95, 0.002, 5), (0.99, None, 1), DIFFERS),
        ((0.95, None, 1), (0.96, None, 1), OPEN),
        ((0.95, None, 1), (0.95, None, 1), AGREES),
        ((1.0, 0.0, 5), (1.0, 0.0, 9), AGREES),
        ((1.0, 0.0, 5), (0.75, 0.0, 5), DIFFERS),
        ((1.0, 0.0, 5), (0.95, 0.11, 5), AGREES),
        ((1.2e-6, 1e-8, 5), (1.8e-6, 1e-8, 5), DIFFERS),  # small as both are
        ((0.0, 0.0, 5), (0.0, 0.0, 5), AGREES),
    ],
)  # fmt: skip
def test_the_rule_that_decides_a_line(ours: tuple, theirs: tuple, state: str) -> None:
    rows = [dict(zip(("mean", "sd", "n"), row, strict=True)) | {"data": "real"} for row in (ours, theirs)]
    assert _state(*rows) == _state(*reversed(rows)) == state
    assert _state({**rows[0], "data": "STAND-IN"}, rows[1]) == OPEN


def test_errors_are_compared_on_logarithms() -> None:
    rng = np.random.default_rng(3)
    ours, theirs = rng.lognormal(-3, 1.0, 6), rng.lognormal(-1, 1.2, 8)
    rows = [asdict(estimate(values, LOG)) | {"data": "real"} for values in (ours, theirs)]
    expected = stats.ttest_ind(np.log(ours), np.log(theirs), equal_var=False).pvalue
    assert _welch(*rows) == pytest.approx(expected)
    single = asdict(estimate(theirs[:1], LOG)) | {"data": "real"}
    assert _welch(rows[0], single) == pytest.approx(stats.ttest_ind(np.log(ours), np.log(theirs[:1])).pvalue)


def test_a_line_by_chance_is_no_difference_among_many(results: Path, made: tuple[Study, Path, Path]) -> None:
    lines = compare(results, made[2]).lines
    assert all(line.p is None for line in lines)  # the same study needs no test
    table = pd.read_csv(results / "summary.csv")
    noise = table["sd"].fillna(0) * np.random.default_rng(0).normal(0, 0.55, len(table))
    table.assign(mean=table["mean"] + noise).to_csv(results / "summary.csv", index=False)
    result = [line for line in compare(results, made[2]).lines if line.p is not None and line.ours["scale"] == "mean"]
    alone = [_welch(line.ours, line.theirs) for line in result]
    assert min(alone) * len(result) >= min(line.p for line in result if line.p is not None) >= min(alone)
    assert {line.state for line in result} == {AGREES}


@pytest.mark.parametrize(
    ("many", "few", "state"),
    [
        ((0.90, 0.001, 30), (0.96, 0.1, 3), AGREES),  # three scattered seeds may be anywhere near
        ((0.90, 0.1, 30), (0.80, 0.0001, 3), DIFFERS),  # three that agree show where they are
    ],
)
def test_a_line_is_judged_without_the_assumption_of_equal_variances(many: tuple, few: tuple, state: str) -> None:
    rows = [dict(zip(("mean", "sd", "n"), row, strict=True)) | {"data": "real"} for row in (many, few)]
    assert _state(*rows) == _state(*reversed(rows)) == state


def test_a_line_that_differs_is_shown_and_ends_with_1(results: Path, made: tuple[Study, Path, Path]) -> None:
    edit(results / "summary.csv", "accuracy", mean=0.1, least=0.1, greatest=0.1, low=0.09, high=0.11)
    process = run(results, made[2], "--differing")
    assert process.exit_code == 1, process.output
    assert [line.split()[0] for line in process.output.splitlines() if line.rstrip().endswith("differs")] == [
        "steps/dense/validation/accuracy"
    ]
    assert "The studies differ." in process.output


def test_another_verdict_is_a_difference_unless_seeds_are_lacking(
    results: Path, made: tuple[Study, Path, Path]
) -> None:
    path = results / "claims.json"
    content = json.loads(path.read_text())
    claim = next(each for each in content["claims"] if each["id"] == "steps-b")
    there = claim["verdict"]
    here = "undecided" if there != "undecided" else "confirmed"
    claim["verdict"] = claim["parts"][0]["verdict"] = here
    path.write_text(json.dumps(content))
    process = run(results, made[2])
    assert process.exit_code == 1
    assert f"claim steps-b: {here} here, {there} there" in process.output
    claim["parts"][0]["cause"] = "few"
    path.write_text(json.dumps(content))
    process = run(results, made[2])
    assert (process.exit_code, "for lack of seeds" in process.output) == (0, True), process.output


def test_a_part_of_the_study_agrees_and_what_is_missing_is_listed(
    tmp_path: Path, made: tuple[Study, Path, Path]
) -> None:
    study = make_study({"steps": ["dense"]}, seeds=6, seeds_per_job=2)
    fill(study, tmp_path)
    finish(study, tmp_path)
    result = compare(tmp_path, made[2])
    assert result.agrees
    assert (("steps/conv", str(tmp_path)) in result.missing, ("moons/raw", str(tmp_path)) in result.missing) == (
        True,
        True,
    )
    # A claim stands for its parts; if the existing part decides it, only the other one is missing.
    claims = [name for name, place in result.missing if name.startswith("claim") and place == str(tmp_path)]
    assert sorted(claims) == ["claim moons", "claim steps-a", "claim steps-b", "claim steps-c: conv"]
    assert {place for _, place in result.missing} == {str(tmp_path)}
    other_way = compare(made[2], tmp_path)
    assert ("steps/conv", str(tmp_path)) in other_way.missing


def test_other_settings_and_data_are_named(results: Path, made: tuple[Study, Path, Path]) -> None:
    manifests = made[2] / "manifests.json"
    changed = results.parent / "changed"
    shutil.copytree(made[2], changed)
    content = json.loads(manifests.read_text())
    content["variants"]["steps/dense"]["settings"] = {"epochs": 7}
    content["data"]["walks"]["fingerprint"] = "beef"
    (changed / "manifests.json").write_text(json.dumps(content))
    result = compare(results, changed).settings
    assert ("steps/dense", "epochs is unset instead of 7") in result
    assert ("steps/conv", "data is f00d instead of beef") in result


def test_generated_data_agree_with_nothing(tmp_path: Path, made: tuple[Study, Path, Path]) -> None:
    study = make_study({"steps": ["dense"]}, seeds=6)
    fill(study, tmp_path, stand_in=True)
    finish(study, tmp_path)
    process = run(tmp_path, made[2])
    assert (process.exit_code, "Nothing to compare" in process.output) == (1, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("summary.csv", None),
        ("claims.json", None),
        ("summary.csv", "a,b\n1,2\n"),
        ("summary.csv", ""),
        ("claims.json", "{}"),
        ("claims.json", "["),
        ("manifests.json", "{}"),
    ],
)
def test_a_bad_folder_is_named(results: Path, made: tuple[Study, Path, Path], name: str, content: str | None) -> None:
    folder = results.parent / "bad"
    shutil.copytree(made[2], folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    process = run(results, folder)
    assert (process.exit_code, name in process.output, "practica:" in process.output) == (2, True, True), process.output


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"seeds": [0, 1], "settings": {}, "provenance": {}}',
        '{"seeds": 3, "settings": [], "provenance": []}',
        '{"seeds": [0, 1], "settings": {}, "provenance": {"versions": {}, "data": 3}}',
    ],
)
def test_a_damaged_manifest_is_named(results: Path, content: str) -> None:
    path = results / "runs/steps/dense/s0-1/manifest.json"
    path.write_text(content)
    out = results.parent / "out"
    result = CliRunner().invoke(main, ["reference", "--results", str(results), "--out", str(out)])
    assert (result.exit_code, f"{path} is malformed (" in result.output) == (2, True), result.output
    assert f"delete {path.with_name('metrics.json')} and run again" in result.output
    assert not out.exists()


def test_a_reference_needs_a_finished_study(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["reference", "--results", str(tmp_path), "--out", str(tmp_path / "out")])
    assert (result.exit_code, "study.json" in result.output) == (2, True)
    assert not (tmp_path / "out").exists()
