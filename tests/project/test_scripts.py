"""The set-up scripts say in one sentence what a machine lacks, and do the rest themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
PACKAGES = "latexmk texlive-latex-recommended texlive-fonts-recommended texlive-lang-spanish lmodern"
BASIC = ("bash", "cat", "cp", "cut", "dirname", "env", "grep", "mkdir", "paste", "rm", "tail", "true")


@pytest.fixture
def machine(tmp_path):
    """Return a small machine: a copy of the scripts, and a PATH with basic commands and whatever a test puts there."""
    machine = Machine(tmp_path)
    shutil.copytree(SCRIPTS, tmp_path / "workflow/scripts")
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/lock-cpu.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    for name in BASIC:
        (machine.bin / name).symlink_to(shutil.which(name))
    return machine


class Machine:
    """A folder that stands for a fresh clone, and the commands of its machine."""

    def __init__(self, root):
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir()

    def command(self, name, script):
        """Put a command on the PATH that records its calls."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.root}/calls"\n{script}\n')
        path.chmod(0o755)

    def run(self, script, *arguments):
        """Run a set-up script."""
        return subprocess.run(
            [f"workflow/scripts/{script}.sh", *arguments],
            cwd=self.root,
            env={"PATH": str(self.bin), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self):
        """Return the calls of the commands, in order."""
        calls = self.root / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


def test_an_environment_that_was_moved_is_made_again(machine):
    with_python(machine)
    machine.run("setup-venv", "python3")
    (machine.root / ".venv/.place").write_text("/elsewhere\n")
    process = machine.run("setup-venv", "python3")
    assert "making .venv" in process.stdout
    assert (machine.root / ".venv/.place").read_text() == f"{machine.root}\n"
    assert machine.run("setup-venv", "python3").stdout == ""


def test_the_environment_of_another_folder_is_not_emptied_through_a_link(machine, tmp_path):
    with_python(machine)
    assert machine.run("setup-venv", "python3").returncode == 0
    other = tmp_path / "other"
    (machine.root / ".venv").rename(other)
    (machine.root / ".venv").symlink_to(other)
    assert machine.run("setup-venv", "python3").stdout == ""
    (other / ".place").write_text("/elsewhere\n")
    before = sorted(other.rglob("*"))
    process = machine.run("setup-venv", "python3")
    assert process.returncode == 2
    assert ".venv is a link, and a new environment would empty the folder behind it" in process.stderr
    assert sorted(other.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_named(machine):
    (machine.root / "logs").touch()
    process = machine.run("setup-venv", "python3")
    assert process.returncode == 2
    assert process.stderr == f"setup: cannot write to {machine.root}: work in a folder of your own\n"


@pytest.mark.parametrize("name", ['a"b', "a$b", "a{b}"])
def test_a_folder_whose_name_other_tools_misread_is_refused(machine, name):
    moved = machine.root / name
    moved.mkdir()
    for part in ("workflow", "envs", "pyproject.toml"):
        (machine.root / part).rename(moved / part)
    process = subprocess.run(
        ["workflow/scripts/setup-venv.sh", "python3"],
        cwd=moved,
        env={"PATH": str(machine.bin)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 2
    assert "move it" in process.stderr
    assert not (moved / ".venv").exists()


def with_python(machine, script="exit 0"):
    """Give the machine a Python whose virtual environments hold a copy of itself."""
    make = 'case "$*" in "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;; esac'
    machine.command("python3", f"{make}\n{script}")


def test_latex_without_rights_names_the_command(machine):
    machine.command("id", "echo 1000")
    machine.command("sudo", "exit 1")
    machine.command("apt-get", "exit 1")
    process = machine.run("ensure-latex")
    assert process.returncode == 2
    assert process.stderr == (
        f"latex: the report needs LaTeX; run: sudo apt-get install -y --no-install-recommends {PACKAGES}\n"
    )
    assert not [call for call in machine.calls if call.startswith("apt-get")]


@pytest.mark.parametrize(("user", "prefix"), [("0", ""), ("1000", "sudo -n env DEBIAN_FRONTEND=noninteractive ")])
def test_latex_is_installed_where_allowed(machine, user, prefix):
    machine.command("id", f"echo {user}")
    machine.command("sudo", 'shift; exec "$@"')
    tex = " ".join(f'"{machine.bin}/{name}"' for name in ("latexmk", "pdflatex", "kpsewhich"))
    machine.command("apt-get", f'case "$*" in *" install "*) for tool in {tex}; do cp /bin/true "$tool"; done ;; esac')
    process = machine.run("ensure-latex")
    assert (process.returncode, process.stderr) == (0, "")
    apt = [call for call in machine.calls if call.startswith("apt-get")]
    assert apt[0].endswith(" update")
    assert apt[1].endswith(f" install -y --no-install-recommends {PACKAGES}")
    assert [call for call in machine.calls if call.startswith(f"{prefix}apt-get")]


@pytest.mark.parametrize(("author", "wanted"), [("王小明", True), ("Σωκράτης", True), ("Łukasz Žižek “—” →", False)])
@pytest.mark.parametrize(("there", "file"), [(False, "config.yaml"), (True, "config.yaml"), (True, "study/study.yaml")])
def test_fonts_are_installed_where_configuration_or_study_need_them(machine, author, wanted, there, file):
    machine.command("id", "echo 0")
    (machine.root / "study").mkdir()
    (machine.root / "config.yaml").touch()
    (machine.root / file).write_text(f"author: {author}\n", encoding="utf-8")
    for name in ("latexmk", "pdflatex", "kpsewhich") if there else ():
        machine.command(name, "exit 0")
    tex = " ".join(f'"{machine.bin}/{name}"' for name in ("latexmk", "pdflatex", "kpsewhich", "lualatex"))
    machine.command("apt-get", f'case "$*" in *" install "*) for tool in {tex}; do cp /bin/true "$tool"; done ;; esac')
    process = machine.run("ensure-latex")
    assert (process.returncode, process.stderr) == (0, "")
    installed = [call for call in machine.calls if " install " in call]
    assert len(installed) == (0 if there and not wanted else 1)
    assert all(
        call.endswith(" texlive-luatex fonts-freefont-otf fonts-wqy-microhei fonts-symbola") == wanted
        for call in installed
    )


def test_a_report_without_those_fonts_is_no_reason_to_stop(machine):
    machine.command("id", "echo 1000")
    machine.command("sudo", "exit 1")
    (machine.root / "config.yaml").write_text("author: 王小明\n", encoding="utf-8")
    for name in ("latexmk", "pdflatex", "kpsewhich"):
        machine.command(name, "exit 0")
    process = machine.run("ensure-latex")
    assert (process.returncode, process.stderr) == (0, "")


def test_failing_installation_shows_the_log(machine):
    machine.command("id", "echo 0")
    machine.command("apt-get", "echo no route to the archive; exit 100")
    process = machine.run("ensure-latex")
    assert process.returncode == 1
    assert "latex: failed while reading the package lists; the end of logs/latex.log:" in process.stderr
    assert "no route to the archive" in process.stderr


def test_old_python_is_named(machine):
    machine.command("python3", "exit 1")
    process = machine.run("setup-venv", "python3")
    assert process.returncode == 2
    assert process.stderr == (
        "setup: Python 3.11 or newer is needed, and python3 is not; name one: make setup PYTHON=/path/to/python3.11\n"
    )


def test_python_without_venv_is_told_what_to_install(machine):
    machine.command("python3", 'case "$*" in *ensurepip*) exit 1 ;; esac')
    process = machine.run("setup-venv", "python3")
    assert process.returncode == 2
    assert process.stderr.endswith("on Debian run: sudo apt-get install python3-venv\n")


def test_unknown_environment_is_refused(machine):
    process = machine.run("setup-venv", "python3", "tpu")
    assert process.returncode == 2
    assert process.stderr == "setup: there is no envs/lock-tpu.txt; choose ENV=cpu or ENV=gpu\n"


def test_finished_setup_is_not_repeated(machine):
    with_python(machine)
    assert machine.run("setup-venv", "python3").returncode == 0
    installed = machine.calls
    assert [call for call in installed if "--require-hashes -r envs/lock-cpu.txt" in call]
    age(machine.root / "envs/lock-cpu.txt", machine.root / "pyproject.toml")
    process = machine.run("setup-venv", "python3")
    assert (process.returncode, process.stdout, machine.calls) == (0, "", installed)


def test_changed_lock_updates_the_environment_in_place(machine):
    with_python(machine)
    machine.run("setup-venv", "python3")
    age(machine.root / ".venv/.ready")
    process = machine.run("setup-venv", "python3")
    assert "making .venv" not in process.stdout
    assert sum("--require-hashes" in call for call in machine.calls) == 2


def test_packages_are_compiled_and_one_that_does_not_compile_is_no_failure(machine):
    with_python(machine, 'case "$*" in *compileall*) exit 1 ;; esac')
    process = machine.run("setup-venv", "python3")
    assert (process.returncode, process.stderr) == (0, "")
    assert [call for call in machine.calls if f"compileall -qq -j 0 {machine.root}/.venv/lib" in call]


def test_interrupted_setup_begins_anew(machine):
    with_python(machine, 'case "$*" in *--require-hashes*) exit 1 ;; esac')
    process = machine.run("setup-venv", "python3")
    assert process.returncode == 1
    assert not (machine.root / ".venv/.ready").exists()
    with_python(machine)
    process = machine.run("setup-venv", "python3")
    assert (process.returncode, (machine.root / ".venv/.ready").read_text()) == (0, "cpu\n")
    assert process.stdout.count("making .venv") == 1


def with_snakemake(machine, script):
    """Give the machine an environment whose Snakemake is this script, and reports its outcome as ours does."""
    note = ".snakemake/practica_outcome.txt"
    lines = {
        "": "Done after 3 s",
        "exit 1": "Not complete after 3 s\\n    failed: Training a\\nThe same command goes on",
    }
    first = lines["exit 1" if "exit 1" in script else ""]
    text = f'said="{first}"; case "$*" in *partial*) said="Done after 3 s" ;; esac'
    script = f'mkdir -p .snakemake; {text}; printf "$said\\nPDF report: x.pdf\\n" > {note}; {script}'
    (machine.root / ".venv/bin").mkdir(parents=True)
    answer = 'case "$*" in *"where results"*) echo results ;; *"where data"*) echo data ;; esac'
    for name, content in (("snakemake", script), ("python", answer)):
        machine.command(name, content)
        (machine.bin / name).rename(machine.root / ".venv/bin" / name)


STUDY = "snakemake --profile profiles/quick"
PARTIAL = f"{STUDY} --config partial=true"
REPORT = "--report results/report.zip"
SUMS = "python -m practica sums --results results"
WHERE = [f"python -m practica where {what} --profile profiles/quick" for what in ("results", "data")]


def test_report_says_where_it_is(machine):
    with_snakemake(machine, "exit 0")
    process = machine.run("report")
    assert (process.returncode, process.stderr) == (0, "")
    assert machine.calls == [*WHERE, STUDY, f"{STUDY} {REPORT}", SUMS]
    assert "Done after 3 s\nPDF report: x.pdf\n" in process.stdout
    assert "results/report.zip (unzip it, then open report/report.html in a browser)" in process.stdout


def test_report_names_the_data_sets_that_were_generated(machine):
    with_snakemake(machine, "exit 0")
    for name, content in (("mnist", "true"), ("pima", "true"), ("xor", "false")):
        folder = machine.root / "data/prepared" / name
        folder.mkdir(parents=True)
        (folder / "dataset.json").write_text(f'{{\n "stand_in": {content}\n}}\n')
    process = machine.run("report")
    assert process.returncode == 0
    assert "took the place of these data sets: mnist pima (" in process.stderr


def test_failed_study_still_gives_a_report_and_fails(machine):
    with_snakemake(machine, 'case "$*" in *partial*) exit 0 ;; esac; exit 1')
    process = machine.run("report")
    assert process.returncode == 1
    assert machine.calls == [*WHERE, STUDY, PARTIAL, f"{PARTIAL} {REPORT}", SUMS]
    assert "\nNot complete after 3 s\n    failed: Training a\nPDF report: x.pdf\n" in process.stdout
    assert process.stderr.endswith("report: the study is not complete: the reports mark what is missing\n")


@pytest.mark.parametrize(("then", "code"), [("exit 0", 0), ("exit 2", 2)])
def test_a_killed_snakemake_is_started_again(machine, then, code):
    with_snakemake(machine, f"if [ -f killed ]; then {then}; fi; : >killed; kill -KILL $$")
    process = machine.run("report")
    assert process.returncode == code
    assert machine.calls[:4] == [*WHERE, STUDY, STUDY]
    assert PARTIAL not in machine.calls
    assert "killed by signal 9; it starts again" in process.stderr


def test_bad_input_is_not_tried_again(machine):
    with_snakemake(machine, "exit 2")
    process = machine.run("report")
    assert process.returncode == 2
    assert machine.calls == [*WHERE, STUDY]


def test_report_asks_where_results_and_data_are(machine):
    with_snakemake(machine, "exit 0")
    answer = 'case "$*" in *"where results"*) echo "my results" ;; *"where data"*) echo "../my data" ;; esac'
    machine.command("python", answer)
    (machine.bin / "python").rename(machine.root / ".venv/bin/python")
    folder = machine.root.parent / "my data/prepared/mnist"
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text('{"stand_in": true}\n')
    process = machine.run("report")
    assert process.returncode == 0
    assert f"{STUDY} --report my results/report.zip" in machine.calls
    assert "my results/report.zip (" in process.stdout
    assert "took the place of these data sets: mnist (" in process.stderr
    shutil.rmtree(folder.parents[1])


def test_report_stops_where_the_configuration_is_wrong(machine):
    with_snakemake(machine, "exit 0")
    machine.command("python", "echo practica: no >&2; exit 2")
    (machine.bin / "python").rename(machine.root / ".venv/bin/python")
    process = machine.run("report")
    assert (process.returncode, process.stderr) == (2, "practica: no\n")
    assert machine.calls == WHERE[:1]


def age(*paths):
    """Make files an hour older."""
    for path in paths:
        before = path.stat().st_mtime - 3600
        os.utime(path, (before, before))


def test_packages_of_another_python_do_not_get_in_the_way(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/practica.py").write_text("raise SystemExit('another package')")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/activate").touch()
    python = Path(sys.executable).as_posix()
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    (tmp_path / "python").chmod(0o755)
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "theirs"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["make", "-s", "-f", SCRIPTS.parents[1] / "Makefile", "status"]
    process = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "another package" not in process.stderr
    assert "config.yaml" in process.stderr  # this folder has none
