"""Seeds and names in all their spellings, and numbers that YAML reads differently from how they look."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from practica.cli.training import parse_seeds
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.yamlfiles.overlay import merge
from practica.yamlfiles.spelling import seeds
from toy import TOY

BASE: dict[str, Any] = {
    "study": str(TOY),
    "exercises": {
        "moons": {"dataset": "crescents", "variants": {"dense": {}}},
        "steps": {"dataset": "walks", "variants": {"dense": {}}},
    },
}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (5, 5),
        ("5", 5),
        (2.0, 2),
        ("0-4", [0, 1, 2, 3, 4]),
        ("3 - 5", [3, 4, 5]),
        ("0,1,7", [0, 1, 7]),
        ("0, 1, 7", [0, 1, 7]),
        ([0, 1, 7], [0, 1, 7]),
        ("[0, 1, 7]", [0, 1, 7]),
        ("0-2,7", [0, 1, 2, 7]),
        (["0-2", 7], [0, 1, 2, 7]),
        (["0", "4"], [0, 4]),
        ([2147483647], [2147483647]),
    ],
)
def test_seeds_are_written_alike_at_all_places(written: Any, read: Any) -> None:
    assert seeds(written, "seeds") == read
    for place in ("seeds", "exercise", "tuning"):
        entry = {**BASE["exercises"]["moons"], **({"seeds": written} if place == "exercise" else {})}
        config = {**BASE, "exercises": {**BASE["exercises"], "moons": entry}, "seeds": 1}
        config |= {"seeds": {"seeds": written}, "tuning": {"tuning": {"seeds": written}}}.get(place, {})
        study = Study.resolve(config)
        where = {
            "seeds": study.config,
            "exercise": study.config["exercises"]["moons"],
            "tuning": study.config["tuning"],
        }
        assert where[place]["seeds"] == read


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([1, 1], "seed 1 appears twice"),
        ("0-4,3", "seed 3 appears twice"),
        (-1, "there must be at least one seed"),
        ("-1", "-1 is below zero"),
        ([0, -1], "-1 is below zero"),
        ([2**31], "2147483648 is beyond 2147483647, the largest seed"),
        ("0-4294967296", "4294967296 is beyond 2147483647"),
        (2**32, "more than 100,000 seeds"),
        ("0-99999999", "more than 100,000 seeds"),
        ("4-0", "4-0 runs backwards; write 0-4"),
        ("2**32", "'2**32' is not a seed"),
        ("1;2", "'1;2' is not a seed"),
        ("1,,2", "'' is not a seed"),
        ("010", "write 10, or 8 if that is meant"),
        ("many", "'many' is not a seed"),
        ([], "it names no seed"),
        ("[]", "it names no seed"),
        (True, "write how many"),
        (1.5, "write how many"),
        ([0.5], "0.5 is not a seed"),
        ({"from": 0}, "write how many"),
        (None, "write how many"),
    ],
)
def test_seeds_that_cannot_be_are_told_why(written: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Study.resolve({**BASE, "seeds": written})
    assert str(caught.value).startswith("configuration: seeds: ")
    assert words in str(caught.value)
    assert "is not allowed here" in str(caught.value)


@pytest.mark.parametrize(
    ("only", "exercises"),
    [
        ("steps moons", ("moons", "steps")),
        (" steps ,  moons ", ("moons", "steps")),
        (["steps moons"], ("moons", "steps")),
        ("", ("moons", "steps")),
        (None, ("moons", "steps")),
        ([], ("moons", "steps")),
    ],
)
def test_only_takes_spaces_and_may_be_empty(only: Any, exercises: tuple[str, ...]) -> None:
    assert Study.resolve({**BASE, "only": only}).exercises == exercises


@pytest.mark.parametrize("only", ["moons,,steps", ",", ",moons", "moons, ", ["moons,,steps"]])
def test_a_comma_without_a_name_is_refused(only: Any) -> None:
    with pytest.raises(InputError, match=r"configuration: only: .* has a comma without a name beside it"):
        Study.resolve({**BASE, "only": only})


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "a:\n  runtime: 2:00:00\n",
            "line 2, column 12",
            "as 7200, a number in base 60; write a time of hours in min",
        ),
        ("a:\n  runtime: 2:00:00\n", "line 2, column 12", "as 120, and text in quotes"),
        ("{a: {b: [24:00:00]}}\n", "line 1, column 10", "as 1440,"),
        ("a: 1:30\n", "line 1, column 4", "reads 1:30 as 90"),
        ("a: 1:30.5\n", "line 1, column 4", "reads 1:30.5 as 90.5"),
        ("a: 010\n", "line 1, column 4", "reads 010 as 8, a number in base 8; write 10, or 8 if"),
        ("a: -017\n", "line 1, column 4", "reads -017 as -15"),
        ("a: -1:30\n", "line 1, column 4", "reads -1:30 as -90"),
        ("a: [0,001]\n", "line 1, column 7", "write 1, and a decimal number with a point"),
        ("a: &x 010\nb: *x\n", "line 1, column 4", "reads 010"),
        ("a: {rate: 0,001}\n", "line 1, column 11", "0,001 is two entries to YAML; write 0.001, with a point"),
        ("a: {rate: 1,5e-3, b: 2}\n", "line 1, column 11", "write 1.5e-3, with a point"),
        ("010: a\n", "line 1, column 1", "reads 010"),
        ("a: {epochs: 1,000}\n", "line 1, column 13", "write 1000, or 1.000, with a point"),
        ("a: {seeds: 0,1}\n", "line 1, column 12", "write a list in brackets, [0, 1]"),
        (
            "a: {units: 8,4}\n",
            "line 1, column 12",
            "8.4, with a point; for a list of both, write a list in",
        ),
        ("a: {units: 8,4,2, b: 1}\n", "line 1, column 12", "8,4,2 is 3 entries to YAML; write a list in brackets, [8,"),
    ],
)
def test_numbers_that_yaml_reads_otherwise_are_named_with_place_and_spelling(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_config([tmp_path / "bad.yaml"])
    assert f"bad.yaml: {place}: " in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_in_quotes_is_text_and_other_numbers_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text('a: "2:00:00"\nb: "010"\nc: [16,8, 0, 0.5, 1.0e-3, 0x10]\nd: {e: 1, f}\n')
    content = read_config([tmp_path / "good.yaml"])
    assert content == {"a": "2:00:00", "b": "010", "c": [16, 8, 0, 0.5, 0.001, 16], "d": {"e": 1, "f": None}}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0,001", "write 0.001, with a point"),
        ("1,000", "write 1000, or 1.000, with a point"),
        ("2:00:00", "minutes, as 120"),
        ("0:30:00", "minutes, as 30"),
        ("010", "write 10, or 8"),
        ("08", "write 8, without a zero in front"),
        (None, "it has no value; write one, or remove the key"),
    ],
)
@pytest.mark.parametrize("key", ["epochs", "learning_rate"])
def test_text_in_the_place_of_a_number_is_told_what_to_write(key: str, value: Any, words: str) -> None:
    config = {"exercises": {"steps": {"dataset": "walks", "settings": {key: value}, "variants": {"dense": {}}}}}
    if (key, value) == ("learning_rate", "08"):
        return  # a number with a point may begin with a zero
    with pytest.raises(InputError) as caught:
        Study.resolve(config)
    assert str(caught.value).startswith(f"configuration: exercises.steps.settings.{key}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["Dense", "2wide", "mi-red", "año", "a" * 41, ""])
def test_a_bad_name_says_what_names_are(name: str) -> None:
    config = {"exercises": {"steps": {"dataset": "walks", "variants": {name: {}}}}}
    with pytest.raises(InputError, match="small letters without accents, digits and _, begins with a letter"):
        Study.resolve(config)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_overlay_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=r"mine\.yaml must be a mapping .*, but it is empty: write a key, or leave"):
        read_config([tmp_path / "mine.yaml"])


@pytest.mark.parametrize("place", ["pipe", "/dev/null"])
def test_what_can_be_read_only_once_is_no_file(tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for somebody who writes into it
    with pytest.raises(InputError, match=rf"{place}: a pipe or a device can be read only once; write it into a file"):
        read_config([tmp_path / place])


@pytest.mark.parametrize(
    ("written", "block"), [("3", (3,)), ("0-2", (0, 1, 2)), ("7,0,1", (0, 1, 7)), ("[0, 1, 7]", (0, 1, 7)), ("0", (0,))]
)
def test_seeds_of_a_block_by_hand_are_written_as_in_the_configuration(written: str, block: tuple[int, ...]) -> None:
    assert parse_seeds(written) == block


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("-1", "'-1' is not allowed here: -1 is below zero"),
        ("0,0", "seed 0 appears twice"),
        ("4294967296", "beyond 2147483647"),
        ("0-1000", "more than 1,000 seeds in one block"),
        ("", "it names no seed"),
        ("x", r"'x' is not a seed; write one \(3\), a range"),
        ("007", "write 7"),
    ],
)
def test_seeds_of_a_block_that_cannot_be_are_told_why(written: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_seeds(written)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"seeds": 2,\n\t"only": "moons"}\n', None),
        ('{"seeds": 2, "seeds": 3}', "the key 'seeds' appears twice"),
        ('{"seeds": 010}', "is not valid JSON: Expecting"),
        ("[]", "must be a mapping"),
    ],
)
def test_a_file_of_json_is_read_as_that(tmp_path: Path, text: str, said: str | None) -> None:
    (tmp_path / "mine.json").write_text(text)
    if said is None:
        assert read_config([tmp_path / "mine.json"]) == {"seeds": 2, "only": "moons"}
        return
    with pytest.raises(InputError, match=said):
        read_config([tmp_path / "mine.json"])


@pytest.mark.parametrize(("key", "value"), [("title", 2024), ("author", False), ("title", True), ("results", 3)])
def test_text_that_yaml_reads_as_something_else_is_to_be_quoted(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"configuration: {key}: .*; if it is meant as text, put it in quotes"):
        Study.resolve({**BASE, key: value})


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("exercises.moons.resources.runtime", "2h", "write it without a unit, as 120"),
        ("exercises.moons.resources.runtime", "1.5 d", "write it without a unit, as 2160"),
        ("exercises.moons.resources.mem_mb", "4 GB", "write it without a unit, as 4000"),
        ("exercises.moons.settings.epochs", True, "yes, no, on and off are true or false to YAML"),
        ("exercises.moons.settings.epochs", "1e-3", "0.001 is not of type 'integer'"),
        ("exercises.moons.settings.epochs", "1e999", "inf is not a finite number"),
        ("report.languages", "es", "write a list, as [es]"),
        ("exercises.moons.settings.units", "8,4", "write a list, as [8,4]"),
        ("report.columns", "3", "3 is not one of [1, 2]"),
        ("results", "", "results: '' is not allowed here"),
        ("exercises.moon.settings.epochs", 3, "exercises.moon: unknown exercise 'moon', did you mean 'moons'?"),
        ("exercises.moons9x.settings.epochs", 3, "exercises.moons9x"),
        ("title", date(2026, 11, 28), "title: 2026-11-28 is read as date; if it is meant as text, put it in quotes"),
    ],
)
def test_a_value_of_another_type_than_it_looks_is_explained(path: str, value: Any, words: str) -> None:
    over = value
    for key in reversed(path.split(".")):
        over = {key: over}
    with pytest.raises(InputError) as caught:
        Study.resolve(merge(BASE, over))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["1e3", "1_000", "1000.0", "0x3e8"])
def test_a_whole_number_may_be_written_in_many_ways(value: str) -> None:
    config = merge(BASE, {"exercises": {"moons": {"settings": {"epochs": value}}}})
    epochs = Study.resolve(config).settings("moons", "dense")["epochs"]
    assert (epochs, type(epochs)) == (1000, int)
