"""Every promise of SECURITY.md is shown by existing tests of the engine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"^\| (?!promise|---)(.+?) \| (.+) \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("promise", "tests"), PROMISES, ids=[promise for promise, _ in PROMISES])
def test_a_promise_is_tested(promise, tests):
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", tests)
    assert named, promise
    assert not any(file.startswith("tests/study/") for file, _ in named), "another study brings tests of its own"
    for file, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), f"{file}::{name}"


def test_every_line_of_the_table_is_a_promise():
    assert len(PROMISES) == len(re.findall(r"^\| ", TEXT, re.MULTILINE)) - 1
