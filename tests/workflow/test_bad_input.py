"""Bad input: one clear sentence, exit code 2, nothing lost, before any job."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import subprocess
import sys

import pytest

from snakemake_logger_plugin_lines import _end_of, _name_user

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["epocs: 3"], "epocs: unknown key"),
        (["seeds: many"], "seeds: 'many' is not allowed here"),
        (["seeds: []"], "seeds: [] is not allowed here"),
        (["exercises: {steps: {settings: {epochs: -3}}}"], "exercises.steps.settings.epochs: -3"),
        (
            ["exercises: {steps: {settings: {epocs: 3}}}"],
            "exercises.steps.settings.epocs: unknown key; did you mean 'epochs'?",
        ),
        (["exercises: {tides: {dataset: walks, variants: {dense: {}}}}"], "tides/experiment.py"),
        (["exercises: {steps: {variants: {deep: {}}}}"], "exercises.steps.variants.deep: no model 'deep'"),
        (["exercises: {steps: {variants: {dense: {grid: {epochs: [3, 0]}}}}}"], "variants.dense.grid.epochs.1: 0"),
        (
            ["exercises: {steps: {variants: {dense: {grid: {l2: [0.1, 0.2]}}}}}"],
            "exercises.steps.variants.dense: l2 would change nothing",
        ),
        (["only: tides"], "unknown exercise 'tides'"),
        (["results: afile"], "results: cannot write to afile"),
        (["data: {mirror: nowhere}"], "the data mirror nowhere is neither a folder nor"),
    ],
)
def test_one_sentence_and_exit_code_2(fresh, words: list[str], sentence: str) -> None:
    (fresh.folder / "afile").touch()
    (fresh.folder / "bad.yaml").write_text("\n".join(words) + "\n")
    process = fresh.snakemake("-n", "--configfile", "tiny.yaml", "bad.yaml")
    assert process.returncode == 2, process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("practica:")]
    assert len(lines) == 1
    assert sentence in lines[0]
    assert "Traceback" not in process.stderr
    assert not (fresh.folder / "results").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("bad.yaml", b"seeds: 1\nseeds: 2\n", "bad.yaml is not valid YAML: line 2, column 1: the key 'seeds' already"),
        ("bad.yaml", b"\xff\xfes\0", "bad.yaml is not UTF-8, at byte 1: save it"),
        ("config.yaml", b"seeds:\t1\n", "config.yaml is not valid YAML: line 1, column 7: found character"),
    ],
)
def test_a_file_that_snakemake_cannot_read_is_named_too(fresh, name: str, content: bytes, sentence: str) -> None:
    (fresh.folder / name).write_bytes(content)
    process = fresh.snakemake("-n", "--configfile", "tiny.yaml", *(["bad.yaml"] if name == "bad.yaml" else []))
    assert process.returncode == 2, process.stderr
    assert [line for line in process.stderr.splitlines() if sentence in line]
    assert "Traceback" not in process.stderr + process.stdout


def test_the_first_line_says_what_is_merged_and_nothing_is_dropped(fresh) -> None:
    (fresh.folder / "mine.yaml").write_text("exercises: {steps: {settings: {epochs: 7}}}\n")
    (fresh.folder / "study/steps/quick.yaml").write_text("settings: {epochs: 2}\n")
    words = ["--profile", "profiles/quick", "--configfile", "mine.yaml", "--config", "only=steps", "--config"]
    process = fresh.snakemake("-n", *words, "exercises.steps.seeds=0-2", "seeds_per_job=1")
    assert process.returncode == 0, process.stderr
    ours = [line for line in process.stderr.splitlines() if not line.startswith("Using ")]
    merged = "config.yaml, profiles/quick/settings.yaml, tiny.yaml, mine.yaml"
    assert ours[0] == f"Configuration: {merged}, only=steps, exercises.steps.seeds=0-2, seeds_per_job=1"
    trained = [line.split()[1] for line in process.stdout.splitlines() if line.startswith("  Training ")]
    assert sorted(trained) == [f"steps/{name}/s{seed}" for name in ("conv", "dense") for seed in range(3)]


def test_a_key_that_a_later_file_removes_is_gone_in_the_run_and_in_its_jobs(fresh) -> None:
    grid = "{grid: {learning_rate: [0.1, 0.2]}}"
    (fresh.folder / "tuned.yaml").write_text(
        f"exercises: {{moons: {{settings: {{momentum: 0.9}}, variants: {{raw: {grid}, corrected: {grid}}}}}}}\n"
    )
    (fresh.folder / "mine.yaml").write_text(
        "exercises: {moons: {settings: {momentum: null}, variants: {corrected: {grid: null}}}}\n"
    )
    words = ["--configfile", "tiny.yaml", "tuned.yaml", "mine.yaml", "--config", "only=moons"]
    for mode in (["--nocolor"], ["--mode", "remote", "--force", "--nolock"]):
        merged = ["--configfile", *map(str, fresh.folder.glob(".snakemake/practica_merged_*"))]
        process = fresh.snakemake(*mode, "results/study.json", *(merged if "remote" in mode else words))
        assert process.returncode == 0, process.stderr
        written = json.loads((fresh.folder / "results/study.json").read_text())["exercises"]["moons"]
        assert "momentum" not in written["settings"]
        assert "grid" not in written["variants"]["corrected"]
    planned = fresh.snakemake("-n", "tuning", *words)
    assert planned.returncode == 0, planned.stderr
    assert "moons/raw" in planned.stdout
    assert "moons/corrected" not in planned.stdout + planned.stderr


@pytest.mark.parametrize(
    "words",
    [["--config", "exercises.steps.settings.epochs=7"], ["--configfile", "mine.yaml"]],
)
def test_the_quick_study_can_be_varied_in_what_it_cuts(fresh, words: list[str]) -> None:
    (fresh.folder / "study/steps/quick.yaml").write_text("settings: {epochs: 2, batch_size: 16}\n")
    (fresh.folder / "mine.yaml").write_text("exercises: {steps: {settings: {epochs: 7}}}\n")
    (fresh.folder / "tiny.yaml").write_text("{}\n")
    target = "results/runs/steps/dense/s0/metrics.json"
    process = fresh.snakemake("-n", "-p", target, "--profile", "profiles/quick", *words)
    assert process.returncode == 0, process.stderr
    assert '"epochs":7' in process.stderr + process.stdout
    assert '"batch_size":16' in process.stderr + process.stdout


@pytest.mark.parametrize("place", ["report", "docs/../report", ".", "..", "data"])
def test_a_run_never_takes_the_projects_own_folder_for_its_results(fresh, place: str) -> None:
    before = sorted(path.name for path in (fresh.folder / "report").rglob("*"))
    process = fresh.snakemake("--config", f"results={place}", "only=steps")
    assert process.returncode == 2, process.stderr
    assert [line for line in process.stderr.splitlines() if line.startswith("practica: configuration: results: ")]
    assert sorted(path.name for path in (fresh.folder / "report").rglob("*")) == before


@pytest.mark.parametrize("word", ["exercises.steps.settings.epochs=010", "exercises.steps.resources.runtime=2:00:00"])
def test_a_word_is_read_as_it_looks_or_refused(fresh, word: str) -> None:
    process = fresh.snakemake("-n", "--config", word)
    assert process.returncode == 2, process.stderr
    assert " is not a number: write " in process.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            "results/runs/steps/dense/s77/metrics.json",
            "the study has no block of seeds steps/dense/s77 (it has steps/",
        ),
        (
            "results/runs/steps/denser/s0/metrics.json",
            "the study has no block of seeds steps/denser/s0 (it has steps/",
        ),
        ("results/tuning/runs/steps/dense/t0/s0/metrics.json", "no block of seeds steps/dense/t0/s0"),
        ("results/figures/fig99.png", "unknown figure 'fig99'"),
        ("results/figures/fig_tides_x.png", "unknown figure 'fig_tides_x'"),
        ("results/tables/table99.csv", "the study has no table table99 (it has table2, "),
        ("data/prepared/nomnist/dataset.json", "no rule to produce data/prepared/nomnist/dataset.json: "),
        ("results/nothing.txt", "no rule to produce results/nothing.txt: the targets are files and the rul"),
        ("nosuchrule", "no rule to produce nosuchrule: "),
    ],
)
def test_a_target_that_is_none_is_one_sentence(fresh, target: str, sentence: str) -> None:
    process = fresh.snakemake("-n", target)
    assert process.returncode == 2, process.stderr
    text = [
        line for line in (process.stderr + process.stdout).splitlines() if not line.startswith(("Using ", "Config"))
    ]
    assert len(text) == 1
    assert sentence in text[0]


def test_what_snakemake_is_asked_to_print_is_printed(fresh) -> None:
    words = ["--config", "only=steps"]
    process = fresh.snakemake("-p", "results/study.json", *words)
    assert "    python -m practica study --json " in process.stderr
    assert "Building DAG" not in process.stderr
    assert "    python" not in fresh.snakemake("results/study.json", "-F", *words).stderr
    quiet = fresh.snakemake("-F", "results/study.json", *words, "-q").stderr
    assert " begins" not in quiet and "[1/1]" not in quiet
    assert "Done after " in quiet and ", 0 jobs failed\n" in quiet
    assert "Would delete results/study.json" in fresh.snakemake("--delete-all-output", "-n", *words).stdout
    assert "results/study.json\t" in fresh.snakemake("--summary", *words).stdout
    assert "resolve_study" in fresh.snakemake("--list", *words).stdout
    assert "Unlocked working directory" in fresh.snakemake("--unlock", *words).stderr
    assert "metadata was not present" in fresh.snakemake("--cleanup-metadata", "nothing", *words).stderr
    assert fresh.snakemake("-n", "results/study.json", *words).stdout.startswith("Nothing to be done: ")


def test_a_backend_that_cannot_be_had_is_named(fresh) -> None:
    command = [sys.executable, "-m", "practica", "models"]
    env = {**os.environ, "KERAS_BACKEND": "nonsense"}
    process = subprocess.run(command, cwd=fresh.folder, env=env, capture_output=True, text=True, check=False)
    assert process.returncode == 2, process.stderr
    assert process.stderr.startswith(
        "practica: Keras cannot be imported (Unable to import backend : nonsense): set KERAS_"
    )
    assert process.stderr.count("\n") == 1


def test_a_user_without_a_name_gets_one(monkeypatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    _name_user()
    assert getpass.getuser() == str(os.getuid())


def test_a_user_without_a_home_is_told_so(fresh) -> None:
    (fresh.folder / "afile").touch()
    process = fresh.snakemake("-n", env={"HOME": str(fresh.folder / "afile"), "XDG_CACHE_HOME": ""})
    assert process.returncode == 2, process.stderr
    assert "practica: cannot write to " in process.stderr
    assert "set HOME or XDG_CACHE_HOME" in process.stderr
    assert "Traceback" not in process.stderr + process.stdout


def test_of_a_failed_job_the_sentence_is_shown_and_the_traceback_left_in_its_log() -> None:
    sentence = "practica: steps/dense/s0: ValueError: no"
    trace = ["Traceback (most recent call last):", '  File "x.py", line 1', "ValueError: no"]
    assert _end_of([*trace, sentence, "  and what to do"]) == [sentence, "  and what to do"]
    assert _end_of(trace) == trace
