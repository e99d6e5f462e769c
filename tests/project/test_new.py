"""`practica new` writes an exercise that runs at once, or nothing, and names whatever is missing."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from practica.cli import main
from practica.cli.people import _snakemake
from practica.config.study import Study
from practica.errors import InputError
from practica.examine.study import examine
from practica.scaffold import new_exercise, new_study
from practica.study_folder import use
from toy import CONFIG, TOY
from workflow.project import copy_project

ROOT = Path(__file__).parents[2]
FORMS = {"pictures": 3, "plants": 1, "sayings": 1, "slopes": 1, "squares": 1}
"""Data sets of each form that a template knows, and the outputs of a net for each."""
PROBLEMS = """
import sys
import numpy as np
from practica.feed import Feed
from practica.config.reader import read_config
from practica.config.study import Study
from practica.data.store.registry import spec_of
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


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """Return a folder with all files that `new` extends."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # `new` imports data sets, whose caches Python writes
    shutil.copytree(TOY, tmp_path / "study", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(CONFIG, tmp_path)
    return tmp_path


def files(folder):
    """Return the content of every file."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(folder, *words):
    """Run a command with the copy's own code."""
    env = {**os.environ, "PYTHONPATH": str(folder / "workflow")}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


def mistakes(said):
    """Return where `practica check` finds mistakes."""
    return [line.split(": ")[0] for line in said.splitlines() if not line.startswith(("note: ", "nothing is wrong"))]


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """Return a copy of the toy with a new exercise on data of each form, their ids, and where it was wrong before."""
    folder = copy_project(tmp_path_factory.mktemp("new"), TOY.parent, {}).folder
    shutil.copy2(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "tests/data/study/data", folder / "study/data", dirs_exist_ok=True)
    before = mistakes(run(folder, "-m", "practica", "check").stdout)
    ids = {f"{'abcdefghij'[place]}_of_{dataset}": dataset for place, dataset in enumerate(FORMS)}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        use(folder / "study")
        for exercise, dataset in list(ids.items())[1:]:
            new_exercise(exercise, dataset)
    first, dataset = next(iter(ids.items()))
    process = run(folder, "-m", "practica", "new", first, "--dataset", dataset, "--title", "Ñandú: 100 % & más")
    assert process.returncode == 0, process.stderr
    return folder, ids, before


def test_configuration_keeps_its_words_and_gains_one_block(plain):
    before = (plain / "config.yaml").read_text(encoding="utf-8")
    result = examine(yaml.safe_load(before), ["config.yaml"])
    new_exercise("mine", "crescents")
    after = (plain / "config.yaml").read_text(encoding="utf-8")
    assert after.startswith(before)
    study = Study.resolve(yaml.safe_load(after))
    assert study.variants("mine") == ("dense", "wide")
    assert study.settings("mine", "wide")["units"] == [64]
    for language in study.languages:
        prose = (plain / f"study/mine/{language}.tex").read_text(encoding="utf-8")
        assert "mine/dense/validation/accuracy" in prose
    assert examine(yaml.safe_load(after), ["config.yaml"]) == result


def test_a_text_in_a_language_without_a_template_is_said_to_be_in_english(plain):
    (plain / "study/words").mkdir()
    shutil.copy2(ROOT / "workflow/practica/words/en.yaml", plain / "study/words/de.yaml")
    config = (plain / "config.yaml").read_text(encoding="utf-8")
    (plain / "config.yaml").write_text(config + "\nreport: {languages: [es, de]}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["new", "mine", "--dataset", "crescents"])
    assert result.exit_code == 0, result.output
    assert "wrote study/mine/es.tex\nwrote study/mine/de.tex, in English: translate it\n" in result.output
    assert "This exercise trains" in (plain / "study/mine/de.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["no", "on", "null", "q"])
def test_a_name_that_yaml_takes_for_a_truth_value_is_a_name_too(plain, name):
    new_exercise(name, "crescents")
    assert Study.resolve(yaml.safe_load((plain / "config.yaml").read_text(encoding="utf-8"))).exercises[-1] == name


def test_block_goes_to_the_exercises_wherever_they_stand(plain):
    config = plain / "config.yaml"
    text = "exercises:\n    moons: # first\n        dataset: crescents\n        variants: {raw: {}}\n# after\nseeds: 2"
    config.write_text(text, encoding="utf-8")
    new_exercise("mine", "crescents")
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert list(content) == ["exercises", "seeds"]
    assert list(content["exercises"]) == ["moons", "mine"]
    assert "# after\nseeds: 2" in config.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["", "1st", "Mine", "mine\n", "../mine", "my-own", "data", "shared", "ej١١", "a" * 41])
def test_bad_names_are_refused(plain, name):
    before = files(plain)
    with pytest.raises(InputError, match="exercise"):
        new_exercise(name, "crescents")
    assert files(plain) == before


@pytest.mark.parametrize(
    ("name", "dataset", "words"),
    [
        ("moons", "crescents", "its block in config.yaml"),
        ("mine", "cresents", "no data set 'cresents'"),
        ("mine", "../crescents", "no data set"),
    ],
)
def test_what_is_taken_or_unknown_is_refused(plain, name, dataset, words):
    before = files(plain)
    with pytest.raises(InputError, match=words):
        new_exercise(name, dataset)
    assert files(plain) == before


def test_prose_is_never_overwritten(plain):
    (plain / "study/mine").mkdir()
    (plain / "study/mine/es.tex").write_text("Mi texto", encoding="utf-8")
    before = files(plain)
    with pytest.raises(InputError, match=r"study/mine/es\.tex"):
        new_exercise("mine", "crescents")
    assert files(plain) == before


@pytest.mark.parametrize(
    "text", ["exercises: {moons: {dataset: crescents, variants: {dense: {}}}}\n", "exercises: [\n", "{}\n", ""]
)
def test_configuration_of_another_layout_is_left_alone(plain, text):
    (plain / "config.yaml").write_text(text, encoding="utf-8")
    before = files(plain)
    with pytest.raises(InputError, match=r"config\.yaml"):
        new_exercise("mine", "crescents")
    assert files(plain) == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_failure_half_way_leaves_everything_as_it_was(plain, monkeypatch, moment):
    """An interrupt may come just after the configuration, the last file, is written."""
    from practica import scaffold

    def interrupted(path, text):
        if path.name == "config.yaml" and moment == "before":
            raise InputError("no space left")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if path.name == "config.yaml":
            raise KeyboardInterrupt

    monkeypatch.setattr(scaffold, "write_text", interrupted)
    before = files(plain)
    with pytest.raises((InputError, KeyboardInterrupt)):
        new_exercise("mine", "crescents")
    assert files(plain) == before


def test_command_ends_with_one_sentence_and_code_2(plain):
    process = run(plain, "-m", "practica", "new", "moons", "--dataset", "crescents")
    assert process.returncode == 2
    assert process.stderr.startswith("practica: moons already exists")
    assert process.stderr.count("\n") == 1


def test_data_of_a_form_that_no_template_fits_are_refused(plain):
    before = files(plain)
    with pytest.raises(InputError, match=r"walks has a form that no template fits \(x_train \(240, 16\)"):
        new_exercise("mine", "walks")
    assert files(plain) == before


def test_new_exercises_keep_the_house_in_order(everywhere):
    folder, ids, before = everywhere
    for words in (["check"], ["format", "--check"]):
        process = run(folder, "-m", "ruff", *words, *(f"study/{exercise}" for exercise in ids))
        assert process.returncode == 0, process.stdout
    process = run(folder, "-m", "practica", "check")
    assert mistakes(process.stdout) == before


@pytest.mark.keras
def test_new_exercises_learn_on_data_of_every_form(everywhere):
    folder, ids, _ = everywhere
    process = run(folder, "-c", PROBLEMS, *ids)
    assert process.returncode == 0, process.stderr[-3000:]
    lines = [line.split() for line in process.stdout.splitlines() if "_of_" in line]
    assert [line[0] for line in lines] == [exercise for exercise in ids for _ in ("dense", "wide")]
    assert {line[3] for line in lines} == {"True"}
    assert {line[1]: int(line[4]) for line in lines} == FORMS
    for exercise, dataset in ids.items():  # the text is about the test part, if the data have one
        prose = (folder / "study" / exercise / "es.tex").read_text(encoding="utf-8")
        assert ("/test/" in prose) == (dataset not in ("plants", "slopes"))


@pytest.mark.keras
def test_new_exercise_trains_at_once(everywhere):
    folder, ids, _ = everywhere
    exercise = next(exercise for exercise, dataset in ids.items() if dataset == "slopes")
    for words in (["prepare", "slopes"], ["train", exercise, "dense"]):
        process = run(folder, "-m", "practica", *words)
        assert process.returncode == 0, process.stderr[-3000:]
        assert process.stderr == ""  # nor TensorFlow's messages at its start
    assert (folder / f"results/runs/{exercise}/dense/s0/metrics.json").is_file()


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (None, None),
        ("study/{}/experiment.py", "exercise '{}' has no experiment: write "),
        ("study/{}/es.tex", "es.tex: write it"),
        ("study/{}/en.tex", "en.tex: write it"),
        ("config.yaml", "'{}' has a folder but no block"),
    ],
)
def test_workflow_says_what_is_missing(everywhere, gone, words):
    folder, ids, before = everywhere
    exercise = next(iter(ids))
    command = ["-m", "snakemake", "-n", "--config", f"only={exercise}"]
    if gone is None:
        process = run(folder, *command)
        assert process.returncode == 0, process.stderr[-3000:]
        return
    path = folder / gone.format(exercise)
    content = path.read_bytes()
    if gone == "config.yaml":
        shutil.copy(CONFIG, path)
    else:
        path.unlink()
    try:
        process, checked = run(folder, *command), run(folder, "-m", "practica", "check")
    finally:
        path.write_bytes(content)
    assert process.returncode == 2, process.stderr[-3000:]
    assert words.format(exercise) in process.stderr
    assert "Traceback" not in process.stderr
    assert (mistakes(checked.stdout) == before) == (gone == "config.yaml")  # a folder that does not run gets a note
    assert f"{'study/' * (gone == 'config.yaml')}{exercise}" in checked.stdout


def test_the_command_that_runs_a_study_names_the_snakefile_unless_it_is_there(tmp_path):
    assert _snakemake(ROOT) == "snakemake --cores all"
    assert _snakemake(tmp_path) == f"snakemake --snakefile {shlex.quote(str(ROOT / 'Snakefile'))} --cores all"
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").touch()
    assert _snakemake(tmp_path) == "snakemake --cores all"


def test_a_new_study_is_whole_or_nothing(tmp_path, monkeypatch):
    written = new_study(tmp_path / "deep/own", "Red: 100 % & more")
    assert {path.name for path in written} >= {"config.yaml", "study.yaml", "intro.en.tex", "experiment.py"}
    monkeypatch.chdir(tmp_path / "deep/own")
    config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    assert examine(config, ["config.yaml"]) == []
    assert Study.resolve(config).heading("en") == "Red: 100 % & more"
    before = files(tmp_path)
    with pytest.raises(InputError, match="study already exists"):
        new_study(tmp_path / "deep/own", "Another")
    Path("study").rename("other")
    with pytest.raises(InputError, match=r"config\.yaml already exists"):
        new_study(tmp_path / "deep/own", "Another")
    Path("other").rename("study")
    assert files(tmp_path) == before


def test_a_new_study_that_cannot_be_written_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    from practica import scaffold

    write = scaffold.write_text

    def full(path, text):
        if path.name == "en.tex":
            raise InputError("no space left")
        write(path, text)

    monkeypatch.setattr(scaffold, "write_text", full)
    (tmp_path / "mine").mkdir()
    for folder in (tmp_path / "mine", tmp_path / "a/b"):
        with pytest.raises(InputError, match="no space left"):
            new_study(folder, "T")
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]
    assert not any((tmp_path / "mine").iterdir())


@pytest.mark.keras
@pytest.mark.workflow
def test_a_new_study_runs_as_its_command_says(tmp_path):
    if shutil.which("latexmk") is None:
        pytest.skip("latexmk is missing: run `make latex`")
    begun = run(ROOT, "-m", "practica", "new-study", str(tmp_path / "my study"))
    assert begun.returncode == 0, begun.stderr
    place, command = (line.strip() for line in begun.stdout.split("index.html:\n")[1].splitlines()[:2])
    assert place == f"cd '{tmp_path / 'my study'}'"
    words = shlex.split(command.replace("--cores all", "--cores 2"))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.run(
        words, cwd=tmp_path / "my study", env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr[-3000:]
    results = tmp_path / "my study/results"
    assert (results / "report_en.pdf").is_file()
    assert "Who has made this wine?" in (results / "page/growers.html").read_text(encoding="utf-8")
    assert not (results / "informe.pdf").exists()
