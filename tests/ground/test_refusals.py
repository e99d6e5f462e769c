"""The workflow reports the refusals of jobs, one sentence per line, until they are cleared."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from practica.cli import main
from practica.errors import InputError
from practica.plan.refusals import forget_refusals, noted, refusal_file, refuse


def test_every_refusal_is_told_until_it_is_forgotten(tmp_path: Path) -> None:
    refuse(tmp_path)
    for job, sentence in {"rehearsal": "moons/raw: no\npractica: steps/dense: no", "digits": "no digits"}.items():
        with pytest.raises(InputError), noted(refusal_file(tmp_path, job)):
            raise InputError(sentence)
    for _ in range(2):
        with pytest.raises(InputError, match=r"^no digits\npractica: moons/raw: no\npractica: steps/dense: no$"):
            refuse(tmp_path)
    forget_refusals(tmp_path)
    refuse(tmp_path)


def test_a_second_attempt_that_passes_refuses_nothing(tmp_path: Path) -> None:
    file = refusal_file(tmp_path, "digits")
    with pytest.raises(InputError), noted(file):
        raise InputError("no digits")
    with noted(file):
        pass
    refuse(tmp_path)


def test_preparing_notes_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    raw = tmp_path / "data/raw"
    raw.mkdir(parents=True)
    (raw / "diabetes.csv").write_text("not the data")
    words = ["prepare", "pima", "--folder", str(tmp_path / "data"), "--refusal", str(refusal_file(tmp_path, "pima"))]
    assert CliRunner().invoke(main, words).exit_code == 2
    with pytest.raises(InputError, match=r"diabetes\.csv: it cannot be read"):
        refuse(tmp_path)
