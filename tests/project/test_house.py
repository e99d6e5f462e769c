"""The structure of the project: things that belong together are together, imports go downward, files stay small."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from practica.config.reader import read_config
from practica.examine.study import examine

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow/practica"
RULE_FILES = sorted((ROOT / "workflow/rules").glob("*.smk"))
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
FLOORS = [name.strip() for layer in LAYERS for name in layer.split("|")]


def tracked_texts():
    """Return the text of every tracked text file by its name."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in names.split("\0") if name)
    return {
        str(file.relative_to(ROOT)): file.read_text(encoding="utf-8", errors="replace")
        for file in files
        if file.is_file()
    }


STUDIES = (ROOT, ROOT / "examples/bundled")
"""The folders with a configuration and the study that it names."""


@pytest.mark.parametrize("folder", STUDIES, ids=lambda path: path.name)
def test_nothing_is_wrong_with_our_studies(folder, monkeypatch):
    monkeypatch.chdir(folder)
    findings = examine(read_config(["config.yaml"]), ["config.yaml"])
    mistakes = [finding.text for finding in findings if not finding.note]  # whoever removes an exercise leaves its data
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("folder", STUDIES, ids=lambda path: path.name)
def test_every_data_set_is_named_so_that_files_can_be(folder):
    for path in (folder / "study/data").glob("*.py"):
        assert re.fullmatch("[a-z][a-z0-9]*", path.stem), f"{path.stem}: rename the data set: letters and digits only"


LIMITS = {"snakemake_internals.py": 415}
"""Files that may be longer: every private name of Snakemake is to be found in one."""


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (ROOT / "Snakefile", 60),
        (ROOT / "workflow/rules/common.smk", 80),
        *((path, LIMITS.get(path.name, 300)) for path in sorted(PACKAGE.rglob("*.py"))),
    ],
    ids=lambda value: str(value.relative_to(ROOT)) if isinstance(value, Path) else "",
)
def test_no_file_outgrows_its_room(path, limit):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= limit, (
        f"{path.relative_to(ROOT)} has {lines} lines, more than {limit}: give part of it its own file"
    )


def rules():
    """Yield the name and the text of every rule."""
    for path in RULE_FILES:
        text = path.read_text(encoding="utf-8")
        for rule in re.finditer(r"^(?:rule|checkpoint) (\w+):\n((?:[ \t].*\n|\n)+)", text, re.MULTILINE):
            yield pytest.param(rule[2], id=f"{path.name}:{rule[1]}")


@pytest.mark.parametrize("body", list(rules()))
def test_every_rule_explains_itself(body):
    assert re.match(r'    """[A-Z].*\.', body), "a rule begins with a docstring of one sentence"
    for directive in ("log", "message", "conda"):
        assert re.search(rf"^    {directive}:", body, re.MULTILINE), f"the rule lacks {directive}:"
    assert not re.search(r"^    (run|script):", body, re.MULTILINE), "rules call the command line of the package"


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_every_rule_file_begins_with_a_sentence(path):
    assert re.match(r"# [A-Z].*\.\n", path.read_text(encoding="utf-8"))


def test_no_file_names_a_place_outside_the_repository():
    places = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/|/tmp/\w+/")
    result = [f"{name}: {match[0]}" for name, text in tracked_texts().items() if (match := places.search(text))]
    assert not result, result


def test_only_ci_knows_the_folder_beside_the_repository():
    beside = "../" + "shared"
    assert [name for name, text in tracked_texts().items() if beside in text] == [".ci/run"]


def test_architecture_shows_every_floor_in_order():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `workflow/practica/(\w+)(?:\.py|/)`", text, re.MULTILINE)
    assert rows == FLOORS, "bring the table of docs/architecture.md in step with the layers in pyproject.toml"
