"""The quick profile cuts what exists and ignores what does not."""

from __future__ import annotations

import pytest

from practica.config.reader import read_config
from practica.config.study import Study
from practica.yamlfiles.overlay import merge
from ten import CONFIG, ROOT, STUDY


@pytest.mark.parametrize("exercise", STUDY.exercises if len(STUDY.exercises) > 1 else ())
def test_the_quick_profile_minds_no_exercise_that_is_left_out(exercise: str) -> None:
    quick = read_config([ROOT / "profiles/quick/settings.yaml"])
    study = Study.resolve(merge(CONFIG, merge(quick, {"exercises": {exercise: None}})))
    assert list(study.exercises) == [each for each in STUDY.exercises if each != exercise]
