"""The engine names nothing of the study that comes with it, and the engine's tests none of its exercises."""

import re
from pathlib import Path

import pytest

from ten import ROOT, mentions, names

SUFFIXES = {".py", ".smk", ".json", ".yaml", ".jinja", ".html", ".css", ".js", ".rst", ".sh", ".def", ".txt", ""}


def engine():
    """Return the files of the engine."""
    files = [path for room in ("workflow", "profiles", "envs", "report") for path in (ROOT / room).rglob("*")]
    files += [path for path in (ROOT / "bench").glob("*.py") if path.name != "cases.py"]
    files += [ROOT / "Snakefile"]
    return [
        path
        for path in files
        if path.is_file()
        and path.suffix in SUFFIXES
        and "__pycache__" not in path.parts
        and ".egg-info" not in str(path)
    ]


def files_of_tests():
    """Return the tests of the engine, but for this one."""
    files = [path for path in (ROOT / "tests").rglob("*") if ROOT / "tests/study" not in path.parents]
    return [path for path in files if path.suffix in {".py", ".yaml", ".sh"} and path != Path(__file__)]


@pytest.mark.parametrize("path", engine(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_of_the_engine_names_the_study(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    assert not mentions(text, names()), f"{path.relative_to(ROOT)}: what is said of a study belongs into its folder"


@pytest.mark.parametrize("path", files_of_tests(), ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_no_test_of_the_engine_names_an_exercise(path):
    text = path.read_text(encoding="utf-8")
    names = "|".join(sorted(folder.name for folder in (ROOT / "study").glob("ej??"))) or "(?!)"
    result = re.findall(rf"(?<![a-z])(?:{names})(?!\d)", text)
    assert not result, f"{path.relative_to(ROOT)}: what tests {result[0]} belongs into tests/study"
