"""`practica new` writes an exercise that runs at once, or nothing; whatever part is missing is named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from practica.config import Study
from practica.data.store.registry import names
from practica.errors import InputError
from practica.scaffold import new_exercise
from practica.wiring import prose_folders

ROOT = Path(__file__).parents[2]
FIRST = 81
"""From here on nobody has exercises of their own."""
PROBLEMS = """
import sys
import numpy as np
from practica.backend import Feed
from practica.config import Study, read_config
from practica.data.store.registry import names, spec_of
from practica.exercises import load
from practica.exercises.problem import Settings
study = Study.resolve(read_config(["config.yaml"]))
for exercise in sys.argv[1:]:
    dataset = study.dataset(exercise, "dense")
    spec = spec_of(dataset)
    arrays = spec.compute() if hasattr(spec, "compute") else spec.stand_in()
    for variant in study.variants(exercise):
        settings = Settings(study.settings(exercise, variant))
        problem = load(exercise).problem(arrays, settings, 0, None)
        net = load(exercise).dense(settings)
        part = problem.train
        x, y = next(iter(Feed(problem.to_input).once(part.inputs, (part.targets,), np.arange(2), 2)))
        predictions = net(x)
        print(exercise, dataset, problem.task.loss, predictions.shape[0] == len(y), predictions.shape[1])
"""


def copied(folder, *names):
    """Return a copy of parts of the project."""
    for name in names:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


@pytest.fixture
def plain(tmp_path):
    """Return a folder with all that `new` adds to."""
    return copied(tmp_path, "config.yaml", "report")


def files(folder):
    """Return the content of every file."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(folder, *words):
    """Run a command with the copy's own code."""
    env = {**os.environ, "PYTHONPATH": str(folder / "workflow")}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """Return a copy of the project with a new exercise on every data set, and their ids."""
    folder = copied(
        tmp_path_factory.mktemp("new"),
        *("Snakefile", "config.yaml", "workflow", "report", "profiles", "envs", "pyproject.toml"),
        *("tests/project/test_house.py", "CONTRIBUTING.md", "docs"),
    )
    ids = {f"ej{number}": dataset for number, dataset in enumerate(names(), FIRST)}
    for exercise, dataset in list(ids.items())[1:]:
        new_exercise(exercise, dataset, root=folder)
    first, dataset = next(iter(ids.items()))
    done = run(folder, "-m", "practica", "new", first, "--dataset", dataset, "--title", "Ñandú: 100 % & más")
    assert done.returncode == 0, done.stderr
    return folder, ids


def test_configuration_keeps_its_words_and_gains_one_block(plain):
    before = (plain / "config.yaml").read_text(encoding="utf-8")
    new_exercise("ej81", "mnist", root=plain)
    after = (plain / "config.yaml").read_text(encoding="utf-8")
    assert after.startswith(before)
    study = Study.resolve(yaml.safe_load(after))
    assert study.variants("ej81") == ("dense", "wide")
    assert study.settings("ej81", "wide")["units"] == [64]
    for folder in prose_folders(plain / "report"):
        assert "ej81/dense/test/accuracy" in (folder / "ej81.tex").read_text(encoding="utf-8")


def test_block_goes_to_the_exercises_wherever_they_stand(plain):
    config = plain / "config.yaml"
    text = "exercises:\n    ej08: # first\n        dataset: mnist\n        variants: {dense: {}}\n# after\nseeds: 2"
    config.write_text(text, encoding="utf-8")
    new_exercise("ej81", "pima", root=plain)
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert list(content) == ["exercises", "seeds"]
    assert list(content["exercises"]) == ["ej08", "ej81"]
    assert "# after\nseeds: 2" in config.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["", "ej1", "ej111", "EJ81", "ej81\n", "../ej81", "ej1a", "ej١١"])
def test_bad_ids_are_refused(plain, name):
    before = files(plain)
    with pytest.raises(InputError, match="no id of an exercise"):
        new_exercise(name, "mnist", root=plain)
    assert files(plain) == before


@pytest.mark.parametrize(
    ("name", "dataset", "words"),
    [
        ("ej08", "mnist", "its block in config.yaml"),
        ("ej81", "minst", "no data set 'minst'"),
        ("ej81", "../mnist", "no data set"),
    ],
)
def test_what_is_taken_or_unknown_is_refused(plain, name, dataset, words):
    before = files(plain)
    with pytest.raises(InputError, match=words):
        new_exercise(name, dataset, root=plain)
    assert files(plain) == before


def test_prose_is_never_overwritten(plain):
    (plain / "report/es/ej81.tex").write_text("Mi texto", encoding="utf-8")
    before = files(plain)
    with pytest.raises(InputError, match=r"report/es/ej81\.tex"):
        new_exercise("ej81", "mnist", root=plain)
    assert files(plain) == before


@pytest.mark.parametrize(
    "text", ["exercises: {ej08: {dataset: mnist, variants: {dense: {}}}}\n", "exercises: [\n", "{}\n", ""]
)
def test_configuration_of_another_layout_is_left_alone(plain, text):
    (plain / "config.yaml").write_text(text, encoding="utf-8")
    before = files(plain)
    with pytest.raises(InputError, match=r"config\.yaml"):
        new_exercise("ej81", "mnist", root=plain)
    assert files(plain) == before


def test_failure_half_way_leaves_nothing(plain, monkeypatch):
    from practica import scaffold

    def full(path, text):
        if path.name == "config.yaml":
            raise InputError("no space left")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr(scaffold, "write_text", full)
    before = files(plain)
    with pytest.raises(InputError, match="no space left"):
        new_exercise("ej81", "mnist", root=plain)
    assert files(plain) == before


def test_command_ends_with_one_sentence_and_code_2():
    done = run(ROOT, "-m", "practica", "new", "ej01", "--dataset", "boston")
    assert done.returncode == 2
    assert done.stderr.startswith("practica: ej01 is there already")
    assert done.stderr.count("\n") == 1


def test_new_exercises_keep_the_house_in_order(everywhere):
    folder, _ = everywhere
    for words in (["check"], ["format", "--check"]):
        done = run(folder, "-m", "ruff", *words, "workflow/practica/exercises")
        assert done.returncode == 0, done.stdout
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/project/test_house.py")
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.keras
def test_new_exercises_learn_on_every_data_set(everywhere):
    folder, ids = everywhere
    done = run(folder, "-c", PROBLEMS, *ids)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("ej")]
    assert [line[0] for line in lines] == [exercise for exercise in ids for _ in ("dense", "wide")]
    assert {line[3] for line in lines} == {"True"}
    outputs = {line[1]: int(line[4]) for line in lines}
    assert {name: outputs[name] for name in ("boston", "cifar100", "imdb", "mnist", "pima", "xor")} == {
        **{"boston": 1, "cifar100": 100, "imdb": 1, "mnist": 10, "pima": 1, "xor": 1}
    }


@pytest.mark.keras
def test_new_exercise_trains_at_once(everywhere):
    folder, ids = everywhere
    exercise = next(exercise for exercise, dataset in ids.items() if dataset == "xor")
    for words in (["prepare", "xor"], ["train", exercise, "dense"]):
        done = run(folder, "-m", "practica", *words)
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stderr == ""  # nor what TensorFlow says at its start
    assert (folder / f"results/runs/{exercise}/dense/s0/metrics.json").is_file()


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (None, None),
        ("workflow/practica/exercises/ej81.py", "has no module: write workflow/practica/exercises/ej81.py"),
        ("report/es/ej81.tex", "the report needs report/es/ej81.tex: write it"),
        ("report/en/ej81.tex", "the report needs report/en/ej81.tex: write it"),
        ("config.yaml", "'ej81' has a module but no block"),
    ],
)
def test_workflow_says_what_is_missing(everywhere, gone, words):
    folder, _ = everywhere
    command = ["-m", "snakemake", "-n", "--config", "only=ej81"]
    if gone is None:
        done = run(folder, *command)
        assert done.returncode == 0, done.stderr[-3000:]
        return
    path = folder / gone
    before = path.read_bytes()
    if gone == "config.yaml":
        shutil.copy(ROOT / gone, path)
    else:
        path.unlink()
    try:
        done = run(folder, *command)
        checks = run(
            folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/project/test_house.py", "-k", "complete"
        )
    finally:
        path.write_bytes(before)
    assert done.returncode == 2, done.stderr[-3000:]
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert checks.returncode == 1
    assert "ej81" in checks.stdout
