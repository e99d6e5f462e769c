"""A job can wait for a file without depending on its content."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from practica.launch.snakemake_internals import made_otherwise, targets, waits_for


class Notes:
    """What Snakemake has recorded about one file."""

    def __init__(self, recorded: list[str] | None) -> None:
        self.recorded = recorded

    def params(self, file: Any) -> list[str] | None:
        return self.recorded


@pytest.mark.parametrize(
    ("recorded", "otherwise"),
    [
        (None, False),  # brought from elsewhere
        (["'data'", "['run', 'code']", "1"], False),
        (["'data'", "['run', 'other code']", "1"], True),
        (["'other data'", "['run', 'code']", "1"], True),
    ],
)
def test_what_was_made_with_other_parameters_is_known(recorded: list[str] | None, otherwise: bool) -> None:
    assert (
        made_otherwise("metrics.json", [["run", "code"], "data"], SimpleNamespace(persistence=Notes(recorded)))
        is otherwise
    )


def test_of_a_file_that_a_job_waits_for_no_note_is_taken() -> None:
    from snakemake.io import IOFile
    from snakemake.persistence.file import FilePersistence

    waited = waits_for("results/rehearsed/study/0.json")
    job = SimpleNamespace(input=[IOFile("data.json"), IOFile(waited)])

    class Hashable(SimpleNamespace):
        __hash__ = object.__hash__

    noted = FilePersistence._input(object.__new__(FilePersistence), Hashable(input=job.input))
    assert [str(file) for file in noted] == ["data.json"]


def test_the_targets_of_the_command_line_are_known() -> None:
    from snakemake.settings.types import DAGSettings

    assert targets(SimpleNamespace(dag_settings=DAGSettings(targets=frozenset(["all"])))) == {"all"}
    assert targets(SimpleNamespace(dag_settings=None)) == frozenset()
