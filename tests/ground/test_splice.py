"""Values written into a YAML file change only what they should."""

from __future__ import annotations

import difflib

import pytest
import yaml

from practica.errors import InputError
from practica.yamlfiles.splice import set_remark, set_values

TEXT = """\
# A file that somebody keeps.
a:
  # Of the first.
  empty: {}
  flow: {grid: {x: [1, 2]}, settings: {x: 0.5,   y: [1, 2]}} # keep
  block:
    grid: # by hand
      x: [1]
    settings:
      # Of y.
      y: 3     # odd
      list:
        - 1
        - 2 # two
      # Of what follows.
      last: 1
  bare:
    model: m
  wide:
    settings:
      {p: 1, q: 2,
       r: 3}

b: &b {settings: {y: 1}}
c: {<<: *b}
d:
  <<: *b
  e: {<<: *b, f: 1}
"""


@pytest.mark.parametrize(
    ("path", "values", "lines"),
    [
        ("a.empty", {"x": 1e-5}, ["  empty: {settings: {x: 1.0e-05}}"]),
        ("a.flow", {"x": 2.0}, ["  flow: {grid: {x: [1, 2]}, settings: {x: 2.0,   y: [1, 2]}} # keep"]),
        ("a.flow", {"y": [3], "z": "s"}, ["  flow: {grid: {x: [1, 2]}, settings: {z: s, x: 0.5,   y: [3]}} # keep"]),
        ("a.block", {"y": 4}, ["      y: 4     # odd"]),
        ("a.block", {"x": True}, ["      x: true", "      y: 3     # odd"]),
        ("a.bare", {"x": 1}, ["    settings: {x: 1}", "    model: m"]),
        ("a.wide", {"r": 4}, ["       r: 4}"]),
        ("b", {"y": 2}, ["b: &b {settings: {y: 2}}"]),
        ("c", {"x": 2}, ["c: {settings: {y: 1, x: 2}, <<: *b}"]),
        ("d", {"x": 2, "y": 3}, ["  settings: {y: 3, x: 2}"]),
        ("d.e", {"y": 2}, ["  e: {settings: {y: 2}, <<: *b, f: 1}"]),
    ],
)
def test_only_the_lines_of_the_values_change(path: str, values: dict[str, object], lines: list[str]) -> None:
    after = set_values(TEXT, [*path.split("."), "settings"], values)
    changed = [line[2:] for line in difflib.ndiff(TEXT.splitlines(), after.splitlines()) if line.startswith("+ ")]
    assert [line for line in lines if line not in TEXT.splitlines()] == changed
    entry = yaml.safe_load(after)
    for key in path.split("."):
        entry = entry[key]
    assert {name: entry["settings"][name] for name in values} == values
    assert set_values(after, [*path.split("."), "settings"], values) == after


def test_a_list_over_several_lines_becomes_one_line() -> None:
    after = set_values(TEXT, ["a", "block", "settings"], {"list": [5]})
    assert "      list:\n        [5] # two\n      # Of what follows.\n      last: 1\n" in after
    assert yaml.safe_load(after)["a"]["block"]["settings"] == {"y": 3, "list": [5], "last": 1}


def test_a_remark_stands_above_its_key_once() -> None:
    once = set_remark(TEXT, ["a", "flow"], "Tuned:", "first")
    assert "  empty: {}\n  # Tuned: first\n  flow:" in once
    twice = set_remark(once, ["a", "flow"], "Tuned:", "second")
    assert "  empty: {}\n  # Tuned: second\n  flow:" in twice
    assert set_remark(twice, ["a", "flow"], "Tuned:", "second") == twice
    assert set_remark(TEXT, ["a", "empty"], "Tuned:", "x").startswith("# A file")


def test_line_ends_stay() -> None:
    after = set_remark(set_values("a:\r\n  b: {}\r\n", ["a", "b", "s"], {"x": 1}), ["a", "b"], "Tuned:", "x")
    assert after == "a:\r\n  # Tuned: x\r\n  b: {s: {x: 1}}\r\n"


@pytest.mark.parametrize("path", [["a", "nothing", "settings"], ["a", "flow", "grid", "x", "y"]])
def test_what_is_not_there_is_named(path: list[str]) -> None:
    with pytest.raises(InputError, match="a"):
        set_values(TEXT, path, {"x": 1})
