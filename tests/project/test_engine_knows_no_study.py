"""The engine names nothing of the study that comes with it, and the engine's tests none of its exercises."""

import functools
import re
from pathlib import Path

import pytest
import yaml

from ten import needs

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
GENERIC = {
    *("conv", "corrected", "deeper", "dense", "l2", "linear", "logistic", "merge", "raw", "rotation", "shift", "wider")
}
"""Words that anybody uses of nets and data."""
SUFFIXES = {".py", ".smk", ".json", ".yaml", ".jinja", ".html", ".css", ".js", ".rst", ".sh", ".def", ".txt", ""}


@functools.cache
def names():
    """Return the names of exercises, variants, data sets, settings, metrics, figures and tables of the ten exercises.

    Those that somebody adds may be called like anything in the engine.
    """
    called = {path.parent.name for path in (ROOT / "study").glob("ej??/about.yaml")}
    for exercise in sorted(called):
        entry = CONFIG["exercises"].get(exercise, {"variants": {}})
        called |= {
            *entry["variants"],
            *(each["dataset"] for each in (entry, *entry["variants"].values()) if "dataset" in each),
        }
        about = yaml.safe_load((ROOT / "study" / exercise / "about.yaml").read_text(encoding="utf-8"))
        called |= {name for part in ("figures", "metrics", "settings", "tables") for name in about.get(part, {})}
    return called - GENERIC


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


def mentions(text, words):
    """Return the names that a text mentions, each with its line."""
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, sorted(words)))})\b" if words else "(?!)")
    return [
        f"{number}: {match[0]}" for number, line in enumerate(text.splitlines(), 1) for match in wanted.finditer(line)
    ]


@needs("ej01/linear", "ej02/cifar_mse", "ej06", "ej08", "ej10/vgg16")
def test_the_names_are_there_to_be_looked_for():
    assert {"ej01", "ej10", "vgg16", "mnist", "cifar_mse", "pima", "fig01a", "noise_std", "table2"} <= names()
    assert mentions("of ej01,\nand vgg16", names()) == ["1: ej01", "2: vgg16"]


@pytest.mark.parametrize("path", engine(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_of_the_engine_names_the_study(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    assert not mentions(text, names()), f"{path.relative_to(ROOT)}: what is said of a study belongs into its folder"


@pytest.mark.parametrize("path", files_of_tests(), ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_no_test_of_the_engine_names_an_exercise(path):
    text = path.read_text(encoding="utf-8")
    names = "|".join(sorted(folder.name for folder in (ROOT / "study").glob("ej??"))) or "(?!)"
    found = re.findall(rf"(?<![a-z])(?:{names})(?!\d)", text)
    assert not found, f"{path.relative_to(ROOT)}: what tests {found[0]} belongs into tests/study"
