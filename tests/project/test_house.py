"""The house keeps its order: what belongs together is there, floors import downward, nothing grows into an attic."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from practica.config import read_config
from practica.examine.study import examine

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow/practica"
RULE_FILES = sorted((ROOT / "workflow/rules").glob("*.smk"))
GROUND = (
    "errors",
    "files",
    "code",
    "syntax",
    "address",
    "overlay",
    "recipes",
    "seeds",
    "plain",
    "study_folder",
    "about",
    "block",
    "config",
    "names",
    "front",
    "declarations",
    "schema",
    "allocation",
    "executor",
    "order",
    "backend",
    "space",
    "trials",
    "splice",
    "texts",
    "configuration",
    "yamlfile",
    "words",
    "spelling",
    "merging",
    "ending",
    "planning",
    "profiles",
    "snakemake_internals",
    "slurm_internals",
    "hidden_jax",
)
FLOORS = (
    "data",
    "exercises",
    "training",
    "evidence",
    "figures",
    "paper",
    "page",
    "exports",
    "digests",
    "clashes",
    "rehearsals",
    "checks",
    "wiring",
    "examine",
    "doctor",
    "scaffold",
    "cli",
    "__main__",
)


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
    assert not findings, "\n".join(finding.text for finding in findings)


@pytest.mark.parametrize("folder", STUDIES, ids=lambda path: path.name)
def test_every_data_set_is_named_so_that_files_can_be(folder):
    for path in (folder / "study/data").glob("*.py"):
        assert re.fullmatch("[a-z][a-z0-9]*", path.stem), f"{path.stem}: rename the data set: letters and digits only"


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (ROOT / "Snakefile", 60),
        (ROOT / "workflow/rules/common.smk", 80),
        *((path, 300) for path in sorted(PACKAGE.rglob("*.py"))),
    ],
    ids=lambda value: str(value.relative_to(ROOT)) if isinstance(value, Path) else "",
)
def test_no_file_outgrows_its_room(path, limit):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= limit, (
        f"{path.relative_to(ROOT)} has {lines} lines, more than {limit}: give part of it its own file"
    )


def floor(module):
    """Return the height of a module of the package, such as ``practica.data.store``."""
    part = module.split(".")[1] if "." in module else "errors"
    if part in GROUND:
        return 0
    assert part in FLOORS, f"practica.{part}: say in this test, and in docs/architecture.md, on which floor it lives"
    return 1 + FLOORS.index(part)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downward(path):
    here = "practica." + path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")
    if here == "practica.__init__":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "practica":
            names = [f"practica.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "practica":
                assert floor(name) <= floor(here), f"{here} imports {name}, from a floor above it"


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
    found = [f"{name}: {match[0]}" for name, text in tracked_texts().items() if (match := places.search(text))]
    assert not found, found


def test_only_ci_knows_the_folder_beside_the_repository():
    beside = "../" + "shared"
    assert [name for name, text in tracked_texts().items() if beside in text] == [".ci/run"]


def test_architecture_shows_every_floor_in_order():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `workflow/practica/(\w+)(?:\.py|/)`", text, re.MULTILINE)
    assert rows == [*reversed(FLOORS), "config"], "bring the table of docs/architecture.md in step with FLOORS"
    drawn = next(line for line in text.splitlines() if line.lstrip().startswith("__main__ -->"))
    assert [name.strip() for name in drawn.split("-->")] == list(reversed(FLOORS)), "bring its diagram in step"
    for match in re.finditer(r"^```mermaid\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        assert re.match(r"flowchart (LR|TB)\n", match[1])
