"""The workflow reports the refusals of jobs, one sentence per line, until they are cleared."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from practica.cli import main
from practica.errors import InputError
from practica.plan.refusals import forget_refusals, recording, refusal_file, refuse
from toy import copied


def test_every_refusal_is_told_until_it_is_forgotten(tmp_path: Path) -> None:
    refuse(tmp_path)
    for job, sentence in {"rehearsal": "moons/raw: no\npractica: steps/dense: no", "digits": "no digits"}.items():
        with pytest.raises(InputError), recording(refusal_file(tmp_path, job)):
            raise InputError(sentence)
    for _ in range(2):
        with pytest.raises(InputError, match=r"^no digits\npractica: moons/raw: no\npractica: steps/dense: no$"):
            refuse(tmp_path)
    forget_refusals(tmp_path)
    refuse(tmp_path)


def test_a_second_attempt_that_passes_refuses_nothing(tmp_path: Path) -> None:
    file = refusal_file(tmp_path, "digits")
    with pytest.raises(InputError), recording(file):
        raise InputError("no digits")
    with recording(file):
        pass
    refuse(tmp_path)


LETTERS = '''"""What must be fetched."""

from practica.data.store.spec import Form, Published
from practica.data.store.tables import read_numbers

FORM = Form("letters.csv", lambda path: {"x": read_numbers(path, 3, 99)})
DATASET = Published("letters", "0", forms=(FORM,), stand_in=dict)
'''


def test_preparing_notes_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    study = copied(tmp_path / "study")
    (study / "data/letters.py").write_text(LETTERS)
    raw = tmp_path / "data/raw"
    raw.mkdir(parents=True)
    (raw / "letters.csv").write_text("not the data")
    words = ["prepare", "letters", "--folder", str(tmp_path / "data"), "--study-folder", str(study)]
    assert CliRunner().invoke(main, [*words, "--refusal", str(refusal_file(tmp_path, "letters"))]).exit_code == 2
    with pytest.raises(InputError, match=r"letters\.csv: it cannot be read"):
        refuse(tmp_path)
