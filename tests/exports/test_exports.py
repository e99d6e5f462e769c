"""A finished study as checksums, as an RO-Crate and as TensorBoard's event files."""

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from paper.factory import fill, one_exercise
from practica.cli import main
from practica.config import citation
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.results import Results
from practica.exports.crate import PROFILES, write_crate
from practica.exports.deposit import write_deposit
from practica.exports.events import write_events
from practica.exports.sums import write_sums
from practica.files import write_json
from practica.scaffold import new_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "results"
    study = one_exercise()
    fill(study, folder)
    write_json(folder / "study.json", dict(study.config))
    (folder / "logs").mkdir()
    (folder / "logs/a.log").touch()
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def test_sha256sum_agrees_and_sees_a_change(results):
    count = write_sums(results)
    names = [line.split("  ")[1] for line in (results / "SHA256SUMS").read_text().splitlines()]
    assert len(names) == count
    assert {"metrics.csv", "study.json", "runs/steps/dense/s0-1/metrics.json"} <= set(names)
    assert not {"logs/a.log", "link", "SHA256SUMS"} & set(names)
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=results, check=False).returncode == 0
    before = (results / "claims.json").read_bytes()
    (results / "claims.json").write_bytes(before + b"\n")
    assert subprocess.run(check, cwd=results, check=False, capture_output=True).returncode == 1
    (results / "claims.json").write_bytes(before)


def test_without_results_there_is_nothing_to_export(tmp_path):
    for command in ("sums", "crate", "deposit", "tensorboard"):
        result = CliRunner().invoke(main, [command, "--results", str(tmp_path)])
        assert result.exit_code == 2, command
        assert str(tmp_path) in result.output


@pytest.fixture(scope="module")
def crate(results):
    with zipfile.ZipFile(write_crate(one_exercise(), results)) as archive:
        return archive.namelist(), json.loads(archive.read("ro-crate-metadata.json"))["@graph"]


def test_a_crate_describes_every_file_that_it_holds(crate):
    names, graph = crate
    entities = {entity["@id"]: entity for entity in graph}
    assert len(entities) == len(graph)
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    assert parts == set(names) - {"ro-crate-metadata.json"} == {i for i, e in entities.items() if "File" in e["@type"]}
    assert not [name for name in names if ".." in name or name.startswith("/")]


def test_a_crate_holds_all_that_runs_the_study(crate):
    names, _ = crate
    profile = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text(encoding="utf-8"))
    assert {f"workflow/snakemake_logger_plugin_{name}/__init__.py" for name in profile["logger"]} <= set(names)
    included = re.findall(r'^include: "(.+)"', (ROOT / "Snakefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*included, "profiles/default/config.yaml", "profiles/slurm/config.yaml", "pyproject.toml"} <= set(names)
    plugin = ROOT / "plugins/snakemake-executor-plugin-slurm-patient/src/snakemake_executor_plugin_slurm_patient"
    assert {f"workflow/{plugin.name}/{path.name}" for path in plugin.glob("*.py")} <= set(names)
    templates = (ROOT / "workflow/templates").rglob("*.jinja")
    assert {path.relative_to(ROOT).as_posix() for path in templates} <= set(names)


def test_a_crate_holds_the_study_and_names_its_authors(tmp_path, monkeypatch):
    new_study(tmp_path, "A study")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "study/study.yaml").open("a", encoding="utf-8") as stream:
        stream.write(
            "authors:\n- {name: Ada, affiliation: Here}\n- {name: Grace, orcid: https://orcid.org/0000-0002-1825-0097}\n"
        )
    study = Study.resolve(read_config(["config.yaml"]))
    fill(study, tmp_path / "results")
    write_json(tmp_path / "results/study.json", dict(study.config))
    with zipfile.ZipFile(write_crate(study, tmp_path / "results")) as archive:
        entities = {each["@id"]: each for each in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]}
        assert {"study/study.yaml", "study/growers/experiment.py", "study/data/wine.py"} <= set(archive.namelist())
        assert archive.read("config.yaml") == Path("config.yaml").read_bytes()
    assert entities["./"]["name"] == "A study"
    people = [entities[each["@id"]] for each in entities["./"]["author"]]
    assert [(each["name"], each.get("affiliation")) for each in people] == [("Ada", "Here"), ("Grace", None)]
    assert people[1]["@id"] == "https://orcid.org/0000-0002-1825-0097"


def test_a_crate_refers_to_nothing_unknown(crate):
    _, graph = crate
    known = {entity["@id"] for entity in graph}

    def references(value):
        if isinstance(value, dict):
            yield from [value["@id"]] if set(value) == {"@id"} else references(list(value.values()))
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    result = [name for entity in graph for name in references(list(entity.values())) if not name.startswith("http")]
    assert len(result) > 50
    assert not set(result) - known


def test_a_crate_says_what_was_run(crate):
    _, graph = crate
    entities = {entity["@id"]: entity for entity in graph}
    assert {profile["@id"] for profile in entities["./"]["conformsTo"]} == set(PROFILES)
    run = entities[entities["./"]["mentions"]["@id"]]
    assert run["@type"] == "CreateAction"
    assert run["instrument"] == entities["./"]["mainEntity"] == {"@id": "Snakefile"}
    assert run["object"] == {"@id": "results/study.json"}
    assert {"@id": "results/metrics.csv"} in run["result"]
    assert (run["startTime"], run["endTime"]) == ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:12+00:00")
    assert run["actionStatus"].endswith("CompletedActionStatus")


def test_a_crate_of_a_study_with_holes_says_so(tmp_path):
    study = one_exercise()
    fill(study, tmp_path, skip=("steps/dense",))
    write_json(tmp_path / "study.json", dict(study.config))
    with zipfile.ZipFile(write_crate(study, tmp_path)) as archive:
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    run = next(entity for entity in graph if entity["@id"] == "#run")
    assert run["actionStatus"].endswith("FailedActionStatus")
    assert "steps/dense/s0-1 is missing" in run["error"]


def test_what_is_wrong_with_runs_is_in_the_descriptions(tmp_path):
    study = one_exercise()
    fill(study, tmp_path)
    write_json(tmp_path / "study.json", dict(study.config))

    def descriptions(*, dirty, **marks):
        for manifest in tmp_path.glob("runs/*/*/*/manifest.json"):
            content = json.loads(manifest.read_text())
            content["provenance"]["git"]["dirty"] = dirty and "dense" in manifest.parts
            write_json(manifest, content | (marks if "dense" in manifest.parts else {}))
        with zipfile.ZipFile(write_crate(study, tmp_path)) as archive:
            entities = {each["@id"]: each for each in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]}
        notes = json.loads((write_deposit(study, tmp_path) / ".zenodo.json").read_text()).get("notes", "")
        head, _, message = entities["./"]["description"].partition(" code, settings, results.")
        assert head == "A run of the study with the exercise steps:"
        return message.strip(), notes

    assert descriptions(dirty=False) == ("", "")
    message = (
        "From code that was not committed: steps/dense. Written again, and not as the runs left them: steps/dense/s0-1."
    )
    assert descriptions(dirty=True, rewritten="from tables") == (message, message)


def test_a_file_of_any_name_is_in_the_crate_under_an_address(tmp_path):
    study = one_exercise()
    fill(study, tmp_path)
    write_json(tmp_path / "study.json", dict(study.config))
    (tmp_path / "ñ #1.csv").write_text("a\n")
    with zipfile.ZipFile(write_crate(study, tmp_path)) as archive:
        assert archive.read("results/ñ #1.csv") == b"a\n"
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    entities = {each["@id"]: each for each in graph}
    assert {"@id": "results/%C3%B1%20%231.csv"} in entities["#run"]["result"]
    assert entities["results/%C3%B1%20%231.csv"]["name"] == "ñ #1.csv"


def test_a_crate_is_read_by_the_library(results):
    from rocrate.rocrate import ROCrate

    crate = ROCrate(write_crate(one_exercise(), results))
    assert crate.version == "1.1"
    assert crate.mainEntity.lang.name == "Snakemake"
    assert crate.get("results/metrics.csv")["exampleOfWork"] == crate.mainEntity["output"]


def test_a_codecheck_file_lists_what_is_there(results):
    with zipfile.ZipFile(write_crate(one_exercise(), results)) as archive:
        content = yaml.safe_load(archive.read("codecheck.yml"))
        listed = {entry["file"] for entry in content["manifest"]}
        assert listed <= set(archive.namelist())
    assert {"results/metrics.csv", "results/claims.json", "results/figures/fig_overview.pdf"} <= listed
    assert all(entry["comment"] for entry in content["manifest"])
    assert content["paper"]["title"] == one_exercise().heading(one_exercise().languages[0])


class TestDeposit:
    @pytest.fixture
    def cited(self, monkeypatch, tmp_path):
        """Return a function that writes the project's citation file."""

        def write(**changes):
            known = {"title": "Code", "version": "7.1", "license": "MIT", "repository-code": "https://example.org/code"}
            people = [
                {"given-names": "Ada María", "family-names": "Pérez", "orcid": "https://orcid.org/0000-0002-1825-0097"}
            ]
            file = tmp_path / "CITATION.cff"
            file.write_text(yaml.safe_dump({**known, "authors": people, **changes}), encoding="utf-8")
            monkeypatch.setattr(citation, "FILE", file)

        return write

    def test_everything_is_from_one_place_and_its_sums_agree(self, results, cited):
        cited()
        (results / "report_en.pdf").write_bytes(b"%PDF-1.4")
        folder = write_deposit(one_exercise(), results)
        names = {path.name for path in folder.iterdir()}
        assert names == {".zenodo.json", "codecheck.yml", "CITATION.cff", "SHA256SUMS", "crate.zip", "report_en.pdf"}
        check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=folder, check=False).returncode == 0
        metadata = json.loads((folder / ".zenodo.json").read_text(encoding="utf-8"))
        assert metadata["creators"] == [{"name": "Ada María Pérez", "orcid": "0000-0002-1825-0097"}]
        assert (metadata["version"], metadata["license"]) == ("7.1", "mit")
        assert metadata["related_identifiers"][0]["identifier"] == "https://example.org/code"
        assert metadata["title"] == one_exercise().heading(one_exercise().languages[0])
        with zipfile.ZipFile(folder / "crate.zip") as archive:
            assert archive.read("codecheck.yml") == (folder / "codecheck.yml").read_bytes()
            assert not [name for name in archive.namelist() if "deposit" in name and name.startswith("results/")]
        (results / "report_en.pdf").unlink()
        write_deposit(one_exercise(), results)
        assert names - {path.name for path in folder.iterdir()} == {"report_en.pdf"}

    def test_what_nobody_has_written_is_named(self, results, cited):
        cited(**{"repository-code": "https://example.org/PLACEHOLDER"})
        result = CliRunner().invoke(main, ["deposit", "--results", str(results)])
        assert (result.exit_code, result.stdout) == (0, f"{results / 'deposit'}\n")
        assert f"{os.path.relpath(citation.FILE)}: repository-code is PLACEHOLDER" in result.stderr
        assert "authors" not in result.stderr

    @pytest.mark.parametrize("key", ["title", "version", "license", "repository-code", "authors"])
    def test_a_citation_that_lacks_something(self, results, cited, key):
        cited(**{key: None})
        result = CliRunner().invoke(main, ["deposit", "--results", str(results)])
        assert result.exit_code == 2
        assert f"CITATION.cff: {key} is missing" in result.output

    def test_nothing_else_is_published(self, results, cited):
        cited()
        folder = write_deposit(one_exercise(), results)
        (folder / "secret.txt").touch()
        with pytest.raises(InputError, match=r"secret\.txt is not of the deposit"):
            write_deposit(one_exercise(), results)
        (folder / "secret.txt").unlink()


@pytest.mark.keras
def test_tensorboard_reads_the_histories(results, tmp_path):
    import tensorflow as tf

    history = Results(one_exercise(), results).history
    count = write_events(history, tmp_path)
    files = sorted(Path(tmp_path).rglob("*tfevents*"))
    assert len(files) == count == len(history.groupby(["variant", "seed", "split"], observed=True))
    (file,) = tmp_path.glob("steps/dense/s1/validation/*")
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
    assert events[0].file_version == "brain.Event:2"
    points = {(e.step, v.tag): v.simple_value for e in events[1:] for v in e.summary.value}
    assert points[2, "loss"] == pytest.approx(0.5)
    assert points[1, "accuracy"] == pytest.approx(0.2)
    with pytest.raises(InputError, match="no run has a history"):
        write_events(history.iloc[:0], tmp_path)
