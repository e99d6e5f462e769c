"""Where results and data may be: never among the project's own files, because a run overwrites and deletes files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from practica.cli import main
from practica.config.study import Study
from practica.errors import InputError
from practica.files import read_json
from practica.plan import places
from practica.plan.checks import check
from practica.plan.places import OURS, ROOT, check_file
from toy import CONFIG, copied, resolve


def study(results: object = "results", data: object = "data") -> Study:
    exercises = {"steps": {"dataset": "walks", "variants": {"dense": {}}}}
    return resolve({"results": str(results), "data": {"folder": str(data)}, "exercises": exercises})


def project_files(folder: Path) -> set[Path]:
    return {path for path in folder.iterdir() if path.name not in ("__pycache__", ".git")}


@pytest.mark.parametrize(
    "place",
    [
        *("report", "reference", "docs", ".git", ".venv", "workflow", "tests", "bench", "profiles/quick", "config"),
        *("docs/new", "report/page", "README.md", "./report", "results/../report", "report/", "workflow/practica"),
        *(str(ROOT / "report"), str(ROOT), str(ROOT.parent), "..", "../..", ".snakemake"),
    ],
)
@pytest.mark.parametrize("key", ["results", "data"])
def test_a_place_of_the_projects_own_files_is_refused_before_anything_is_written(
    key: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    before = project_files(ROOT)
    with pytest.raises(InputError, match=f"configuration: {key}.*: .* (of the project itself|holds the project)"):
        check(study(**{key: place}))
    assert project_files(ROOT) == before


def test_a_link_to_such_a_place_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT / "report")
    with pytest.raises(InputError, match="files of the project itself"):
        check(study(tmp_path / "link", tmp_path / "data"))


def test_nothing_is_written_for_one_folder_before_the_other_is_known_to_be_good(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.folder"):
        check(study(tmp_path / "results", ROOT / "report"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("results", "data"),
    [
        ("data", "data"),
        ("./data", "data"),
        ("x", "y/../x"),
        ("data/prepared", "data"),
        ("data/raw/x", "data"),
        ("results", "results/page"),
        ("results", "results/runs/data"),
    ],
)
def test_results_and_data_have_folders_of_their_own(
    results: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="give each a folder of its own"):
        check(study(results, data))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("results", "data"), [("results/long", "../data"), ("out", "out/data"), ("new", "elsewhere")])
def test_any_other_place_is_good(results: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    check(study(results, data))


@pytest.mark.parametrize("name", ["page/notes.txt", "informe.pdf", "metrics.csv"])
def test_what_others_have_in_a_folder_is_never_written_over(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (name, "figures/mine.pdf", "logs/snakemake.log", "expected.jsonl", "models.json"):
        Path("thesis", path).parent.mkdir(parents=True, exist_ok=True)
        Path("thesis", path).write_text("mine")
    there = re.escape(str(Path("thesis", Path(name).parts[0])))
    with pytest.raises(InputError, match=rf"configuration: results: {there} is there already and of no study"):
        check(study("thesis"))
    assert Path("thesis", name).read_text() == "mine"
    Path("thesis/runs/steps/dense/s0").mkdir(parents=True)
    Path("thesis/runs/steps/dense/s0/metrics.json").touch()
    check(study("thesis"))
    shutil.rmtree("thesis/runs")
    Path("thesis/study.json").touch()
    check(study("thesis"))


def test_a_folder_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)  # the tests may run as root, whom no rights stop
    with pytest.raises(InputError, match=r"^configuration: results: cannot read \S+: Permission denied; change its"):
        places.check_places({"results": Path("results")})


def test_a_folder_that_git_keeps_is_refused_unless_it_holds_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("notes/a.txt", "kept/study.json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    with pytest.raises(InputError, match=r"results: notes .*notes/a\.txt"):
        check(study("notes"))
    check(study("kept"))


def test_a_study_elsewhere_is_kept_from_its_own_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("config.yaml", "notes/a.txt", "out/.gitkeep", "kept/first/study.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    for place in ("notes", "notes/new", ".git", ".git/new", ".snakemake/new"):
        with pytest.raises(InputError, match="files of the project itself"):
            check(study(place))
    for place in ("out", "out/new", "kept/first", "kept/second", "new/deep"):
        check(study(place))


def test_every_file_of_the_project_is_on_the_list() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in listed.splitlines()} <= set(OURS)


@pytest.mark.parametrize(
    "words",
    [
        ["tensorboard", "--out", "docs"],
        ["tensorboard", "--out", "study/data"],
        ["tensorboard", "--out", "."],
        ["reference", "--out", "docs"],
        ["gallery", "some.png", "--out", "workflow"],
        ["models", "--out", "README.md"],
        ["predict", "digits/conv", "--input", "a.npz", "--out", "docs/faults.md"],
        ["configuration", "--out", "README.md"],
        ["configuration", "--out", "docs"],
    ],
    ids=" ".join,
)
def test_no_command_writes_over_the_project(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    before = (ROOT / "README.md").read_bytes()
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2, result.output
    assert result.output.startswith("practica: --out: ") and result.output.count("\n") == 1, result.output
    assert (ROOT / "README.md").read_bytes() == before


def test_a_file_that_git_keeps_is_not_written_over(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    kept, other = tmp_path / "kept.csv", tmp_path / "other.csv"
    for file in (kept, other):
        file.touch()
    subprocess.run(["git", "-C", str(tmp_path), "add", "kept.csv"], check=True)
    check_file("--out", other)
    check_file("--out", tmp_path / "new" / "file.csv")
    with pytest.raises(InputError, match=r"^--out: .*kept\.csv is or would be a file of the project itself; name"):
        check_file("--out", kept)


def test_a_page_of_the_configuration_is_renewed(tmp_path: Path) -> None:
    page = tmp_path / "configuration.md"
    for _ in range(2):
        assert CliRunner().invoke(main, ["configuration", "--out", str(page)]).exit_code == 0
    assert page.stat().st_size > 1000


def test_a_study_gets_its_schema_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema of the study that was there before may still be in git."""
    copied(tmp_path / "study")
    shutil.copy2(CONFIG, tmp_path)
    monkeypatch.chdir(tmp_path)
    schema = tmp_path / "study/config.schema.json"
    schema.touch()
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], check=True)
    words = ["configuration", "--config", "config.yaml", "--schema", "study/config.schema.json"]
    assert CliRunner().invoke(main, words).exit_code == 2
    schema.unlink()
    for _ in range(2):
        assert CliRunner().invoke(main, words).exit_code == 0
    assert "properties" in read_json(schema)
