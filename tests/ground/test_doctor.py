"""The doctor names what is missing, line by line, and what to do, on a fake machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner

from practica import doctor
from practica.cli import main
from practica.config import citation
from practica.config.study import Study
from practica.data.store import fetch
from practica.startup import without_start_up_lines
from toy import copied

EVERYTHING = {
    "sinfo": "cpu|up|(null)\ngpu|up|gpu:a100:4\n",
    "scontrol": "MaxJobCount = 10000\n",
    "sacctmgr": "ours\ntheirs\n",
    "kpsewhich": "/somewhere\n",
    **dict.fromkeys(("sbatch", "squeue", "scancel", "srun", "latexmk", "pdflatex"), ""),
}


DATA = '''"""What must be fetched."""

from practica.data.store.spec import Form, Published, Upstream

FORM = Form("{name}.npz", None, Upstream("{site}", "{name}.npz", "0"))
DATASET = Published("{name}", "0", forms=(FORM,), stand_in=dict)
'''


class Machine:
    """The commands, folders, study and profile of a fake machine, which is healthy until a test breaks something."""

    def __init__(self, root: Path) -> None:
        self.commands = root / "bin"
        self.profile = root / "profile"
        self.commands.mkdir()
        self.profile.mkdir()
        for name, output in EVERYTHING.items():
            self.command(name, output)
        self.settings(slurm_account="ours")
        self.partitions(cpu={"max_gpu": 0}, gpu={"max_gpu": 4})
        folder = copied(root / "study")
        for name, site in (("letters", "keras"), ("numerals", "jbrownlee")):
            (folder / f"data/{name}.py").write_text(DATA.format(name=name, site=site))
        prepared = root / "data/prepared/letters"
        prepared.mkdir(parents=True)
        (prepared / "dataset.json").touch()
        self.config = {
            "study": str(folder),
            "only": ["steps"],
            "results": str(root / "results"),
            "data": {"folder": str(root / "data")},
            "exercises": {"steps": {"dataset": "letters", "variants": {"dense": {}}}},
        }

    def command(self, name: str, output: str, status: int = 0) -> None:
        """Put a command on the PATH that prints ``output``."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\nprintf '%s' '{output}'\nexit {status}\n")
        path.chmod(0o755)

    def settings(self, **resources: str) -> None:
        """Write the profile."""
        settings = {
            "default-resources": resources,
            "slurm-partition-config": "partitions.yaml",
        }
        (self.profile / "config.yaml").write_text(yaml.safe_dump(settings))

    def partitions(self, **limits: dict[str, int]) -> None:
        """Write the profile's partitions."""
        (self.profile / "partitions.yaml").write_text(yaml.safe_dump({"partitions": limits}))

    def profile_says(self, partitions: str, **profile: object) -> None:
        """Write the profile's partitions as given and, if there are settings, its configuration."""
        (self.profile / "partitions.yaml").write_text(partitions)
        if profile:
            (self.profile / "config.yaml").write_text(yaml.safe_dump(profile))

    def findings(self) -> dict[str, doctor.Finding]:
        """Return the findings by name."""
        return {finding.what: finding for finding in doctor.examine(Study.resolve(self.config), self.profile)}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{machine.commands}")
    monkeypatch.delenv("PRACTICA_DATA_MIRROR", raising=False)
    monkeypatch.setattr(doctor, "_gpus_seen", lambda: 0)
    monkeypatch.setattr(doctor, "_file_system", lambda path: "nfs4")
    monkeypatch.setattr(doctor, "packages", lambda: doctor.Finding("packages", "ok", ""))
    monkeypatch.setattr(fetch, "await_answer", lambda url, seconds: None)
    return machine


def cite(monkeypatch, tmp_path, address):
    file = tmp_path / "CITATION.cff"
    file.write_text(
        f"{{title: A, version: 1, license: MIT, repository-code: {address}, authors: [{{name: Ada}}]}}",
        encoding="utf-8",
    )
    monkeypatch.setattr(citation, "FILE", file)


def test_what_nobody_has_cited_yet_is_named(machine, monkeypatch, tmp_path):
    cite(monkeypatch, tmp_path, "https://example.org/PLACEHOLDER")
    finding = machine.findings()["citation"]
    assert (finding.level, finding.found) == ("warn", "CITATION.cff: still PLACEHOLDER: repository-code")
    citation.FILE.write_text("title: A\n", encoding="utf-8")
    assert machine.findings()["citation"].level == "fail"


def test_a_machine_in_order(machine, monkeypatch, tmp_path):
    cite(monkeypatch, tmp_path, "https://example.org/code")
    findings = machine.findings()
    assert {finding.level for finding in findings.values()} == {"ok"}, findings
    assert "up, with GPUs" in findings["partition gpu"].found


def without(*names):
    return lambda machine: [(machine.commands / name).unlink() for name in names]


@pytest.mark.parametrize(
    ("breaks", "what", "level", "words"),
    [
        (without("latexmk"), "LaTeX", "fail", "missing: latexmk"),
        (lambda m: m.command("kpsewhich", "", 1), "LaTeX", "fail", "missing: spanish.ldf"),
        (without("srun"), "SLURM", "fail", "missing: srun"),
        (lambda m: m.command("scontrol", "", 1), "SLURM", "fail", "the controller does not answer"),
        (lambda m: m.partitions(cpu={}, a100={"max_gpu": 1}), "partition a100", "fail", "not there, or down"),
        (lambda m: m.command("sinfo", "cpu|up|(null)\ngpu|up|(null)\n"), "partition gpu", "fail", "has no GPUs"),
        (lambda m: m.command("sinfo", "cpu|up|(null)\ngpu|down|gpu:4\n"), "partition gpu", "fail", "or down (up: cpu)"),
        (lambda m: m.partitions(cpu={"max_gpu": 0}), "partitions", "fail", "no partition has one"),
        (lambda m: m.profile_says("partitions: [cpu]"), "partitions", "fail", "lists none"),
        (lambda m: m.profile_says("partitions: {cpu: 3}"), "partitions", "fail", "lists none"),
        (lambda m: m.profile_says("{}"), "partitions", "fail", "lists none"),
        (lambda m: m.settings(slurm_account="mine"), "account", "fail", "mine is not one of yours: ours, theirs"),
        (lambda m: m.settings(), "account", "warn", "not set; yours are ours, theirs"),
    ],
)
def test_what_is_wrong_is_named(machine, breaks, what, level, words):
    breaks(machine)
    finding = machine.findings()[what]
    assert finding.level == level
    assert words in finding.found
    assert finding.advice


def test_a_profile_may_name_no_partitions_and_list_its_resources(machine):
    machine.profile_says("", **{"default-resources": ["mem_mb=1000", "slurm_account=ours"]})
    findings = machine.findings()
    assert findings["account"].level == "ok"
    assert not any(name.startswith("partition") for name in findings)


def test_a_laptop_needs_no_slurm(machine):
    without("sbatch")(machine)
    findings = machine.findings()
    assert findings["SLURM"].level == "ok"
    assert findings["GPU"].level == "warn"
    assert "steps will train on the CPU" in findings["GPU"].found


def test_a_gpu_is_counted(machine, monkeypatch):
    monkeypatch.setattr(doctor, "_gpus_seen", lambda: 2)
    assert machine.findings()["GPU"].found == "TensorFlow sees 2"


def test_a_folder_that_cannot_be_written(machine, tmp_path):
    (tmp_path / "file").touch()
    machine.config["results"] = str(tmp_path / "file")
    finding = machine.findings()["results"]
    assert (finding.level, finding.found.split(" (")[0]) == ("fail", f"cannot write to {tmp_path / 'file'}")


@pytest.mark.parametrize(("free", "level"), [(5, "warn"), (0.5, "fail")])
def test_little_space(machine, monkeypatch, free, level):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=free * 1e9))
    assert machine.findings()["results"].level == level


def test_a_folder_that_compute_nodes_may_not_see(machine, monkeypatch):
    monkeypatch.setattr(doctor, "_file_system", lambda path: "ext4")
    assert "compute nodes see this folder" in machine.findings()["results"].advice


class TestData:
    @pytest.fixture(autouse=True)
    def not_prepared(self, machine, tmp_path):
        (tmp_path / "data/prepared/letters/dataset.json").unlink()

    def test_upstream(self, machine):
        assert "to be fetched from https://" in machine.findings()["data: letters"].found

    def test_mirror(self, machine, tmp_path):
        (tmp_path / "mirror").mkdir()
        (tmp_path / "mirror/letters.npz").touch()
        machine.config["data"]["mirror"] = str(tmp_path / "mirror")
        assert machine.findings()["data: letters"].found == f"in {tmp_path / 'mirror'}"

    def test_a_mirror_that_is_not_there(self, machine):
        machine.config["data"]["mirror"] = "nowhere"
        assert machine.findings()["data mirror"].level == "fail"

    @pytest.mark.parametrize(("on_missing", "level"), [("error", "fail"), ("stand-in", "warn")])
    def test_nobody_answers(self, machine, monkeypatch, on_missing, level):
        def silence(url, seconds):
            raise fetch.UnreachableError(f"no answer within {seconds:g} s")

        monkeypatch.setattr(fetch, "await_answer", silence)
        machine.config["data"]["on_missing"] = on_missing
        finding = machine.findings()["data: letters"]
        assert finding.level == level
        assert "no source" in finding.found

    def test_only_its_own_sites_are_named(self, machine, monkeypatch):
        def silence(url, seconds):
            raise fetch.UnreachableError("silence")

        monkeypatch.setattr(fetch, "await_answer", silence)
        machine.config["only"] = []
        machine.config["exercises"]["moons"] = {"dataset": "numerals", "variants": {"dense": {}}}
        finding = machine.findings()["data: numerals"]
        assert finding.found == "no source (https://raw.githubusercontent.com: silence)"

    def test_computed_data_come_from_nowhere(self, machine):
        machine.config["exercises"]["steps"]["dataset"] = "walks"
        assert machine.findings()["data: walks"].found == "computed by a rule"


def test_packages_are_compared_with_the_lock(monkeypatch):
    assert doctor.packages().what == "packages"
    monkeypatch.setattr(doctor, "version", lambda package: "0.0")
    finding = doctor.packages()
    assert finding.level == "warn"
    assert "0.0" in finding.found
    assert finding.advice.startswith("run: make setup ENV=")


def test_the_command_fails_where_a_line_does(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "PROFILE", machine.profile)
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(machine.config))
    command = ["doctor", "--config", str(config)]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, "LaTeX" in result.stdout) == (0, True)
    without("latexmk")(machine)
    result = CliRunner().invoke(main, [*command, "--json"])
    assert result.exit_code == 1
    levels = {finding["what"]: finding["level"] for finding in json.loads(result.stdout)}
    assert levels["LaTeX"] == "fail"
    assert "not ready for a run: LaTeX" in result.stderr


@pytest.mark.parametrize(
    ("partitions", "profile", "words"),
    [
        ("partitions: {cpu: {max_gpus: 0}}", {}, "partitions.cpu.max_gpus: the SLURM plugin knows no such limit"),
        ("partitions: {gpu: {max_gpu: 8, max_runtime: 24:00:00}}", {}, "YAML reads 24:00:00 as 86400"),
        ("partitions: {cpu: {}, gpu: {max_gpu: 1}}", {"set-resources": {"trian": {"gpu": 0}}}, "did you mean 'train'?"),
        ("partitions: {cpu: {}, gpu: {max_gpu: 1}}", {"jobbs": 3}, "jobbs: Snakemake has no such option"),
    ],
)
def test_a_profile_is_checked_also_where_there_is_no_slurm(machine, partitions, profile, words):
    machine.profile_says(partitions, **{"slurm-partition-config": "partitions.yaml", **profile})
    findings = machine.findings()
    assert findings["profile"].level == "fail"
    assert words in findings["profile"].found
    without("sbatch")(machine)
    assert words in machine.findings()["profile"].found


def test_an_executor_without_patience_is_told_apart(machine):
    machine.profile_says("partitions: {cpu: {}, gpu: {max_gpu: 1}}", executor="slurm")
    assert machine.findings()["executor"].level == "warn"
    machine.profile_says("partitions: {cpu: {}, gpu: {max_gpu: 1}}", executor="slurm-patient")
    assert "executor" not in machine.findings()


def test_the_profile_can_be_named_and_its_configuration_counts(machine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(machine.config))
    (machine.profile / "more.yaml").write_text("results: config.yaml/x\n")
    machine.profile_says("partitions: {cpu: {max_gpus: 0}}", configfile="more.yaml")
    result = CliRunner().invoke(main, ["doctor", "--json", "--profile", str(machine.profile)])
    actual = {finding["what"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert actual["profile"]["level"] == "ok"  # it names no partitions
    assert actual["results"]["found"].startswith("cannot write to config.yaml/x")
    result = CliRunner().invoke(main, ["doctor", "--json", "--profile", "nowhere"])
    assert "nowhere holds no config.yaml" in result.stderr


def test_what_tensorflow_says_when_it_starts_is_left_out(capfd):
    lines = [
        "WARNING: All log messages before absl::InitializeLog() is called",
        "oneDNN custom operations are on.",
        "no GPU",
    ]
    with without_start_up_lines():
        os.write(2, "\n".join([*lines, ""]).encode())
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "no GPU\nafter\n"


def test_the_doctor_counts_gpus_without_what_tensorflow_says_when_it_starts(capfd, monkeypatch):
    backend = SimpleNamespace(gpus=lambda: os.write(2, b"oneDNN custom operations are on\n") and ["one"])
    monkeypatch.setitem(sys.modules, "practica.backend", backend)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    assert doctor._gpus_seen() == 1
    assert capfd.readouterr().err == ""


def test_without_grep_nothing_is_left_out(capfd, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with without_start_up_lines():
        os.write(2, b"oneDNN custom operations are on\n")
    assert capfd.readouterr().err == "oneDNN custom operations are on\n"
