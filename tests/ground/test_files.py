"""Files appear whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from practica.errors import InputError, RunError
from practica.files import atomic_path, canonical_json, read_json, write_checked, write_json


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})
    with pytest.raises(RuntimeError), atomic_path(target) as part:
        part.write_text('{"new"')
        raise RuntimeError
    assert read_json(target) == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_others_may_read_what_the_umask_allows(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {})
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file"):
        write_json(tmp_path / "file" / "a.json", {})


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "nonsense"])
def test_broken_json_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_equal_values_have_equal_canonical_text() -> None:
    assert (
        canonical_json({"b": 1, "a": [1.0, "ñ"]})
        == canonical_json({"a": [1.0, "ñ"], "b": 1})
        == '{"a":[1.0,"ñ"],"b":1}'
    )


def test_a_file_that_does_not_fit_its_schema_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"metrics\.json"):
        write_checked(tmp_path / "metrics.json", {"schema": 1, "exercise": "steps"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", '{"a": 1e400}', "9" * 19, "9" * 5000])
def test_json_holds_no_number_that_nothing_can_go_on_with(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(
        InputError, match=r"a\.json is not valid JSON \(.* is not a number that a file of this project can hold"
    ):
        read_json(tmp_path / "a.json")
