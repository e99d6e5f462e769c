"""Which trainings request a GPU: those that the configuration names, and those whose step has enough arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from practica.config.study import Block, Study
from practica.config.trials import trials
from practica.errors import InputError
from practica.plan.gpus import WORTH_A_GPU, Gpus
from practica.plan.rehearsals import key, remember
from practica.study_folder import use
from toy import CONFIG, TOY, resolve

DENSE = ("steps", "dense", (0,))


def study_with(tmp_path: Path, gpu: Any = None) -> Study:
    use(TOY)
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config |= {"only": ["steps"], "results": str(tmp_path / "results"), "data": {"folder": str(tmp_path)}}
    steps = config["exercises"]["steps"]
    steps["variants"]["dense"]["grid"] = {"units": [[4], [16]]}
    steps["resources"] = {} if gpu is None else {"gpu": gpu}
    return resolve(config)


def gpus(study: Study) -> Gpus:
    return Gpus(study, str)


def count(study: Study, block: Block, flop: int) -> None:
    remember(study.results, {key(block, block.dataset): flop})


@pytest.mark.parametrize(("flop", "gpu"), [(0, 0), (WORTH_A_GPU - 1, 0), (WORTH_A_GPU, 1)])
def test_the_arithmetic_of_a_step_decides(tmp_path: Path, flop: int, gpu: int) -> None:
    for configured in (None, "auto"):
        study = study_with(tmp_path, configured)
        count(study, study.block(*DENSE), flop)
        assert gpus(study).of(study.block(*DENSE)) == gpu
        assert gpus(study).of(study.block("steps", "dense", (3, 4))) == gpu


@pytest.mark.parametrize("gpu", [0, 1])
def test_the_configuration_decides_without_counting(tmp_path: Path, gpu: int) -> None:
    study = study_with(tmp_path, gpu)
    count(study, study.block(*DENSE), 0 if gpu else WORTH_A_GPU)
    assert gpus(study).of(study.block(*DENSE), [str(tmp_path / "missing")]) == gpu


def test_before_the_rehearsal_it_is_open_and_afterwards_it_is_counted(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    asked, rehearsal = gpus(study), tmp_path / "rehearsal.json"
    assert asked.of(study.block(*DENSE), [str(rehearsal)]) is None
    count(study, study.block(*DENSE), 1)
    rehearsal.touch()
    assert asked.of(study.block(*DENSE), [str(rehearsal)]) == 0


def test_what_nobody_has_counted_requests_one(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    count(study, study.block("steps", "conv", (0,)), 1)
    assert gpus(study).of(study.block("steps", "conv", (0,))) == 0
    assert gpus(study).of(study.block(*DENSE)) == 1


def test_trials_request_what_the_largest_needs(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    small, large = (trial.blocks[0] for trial in trials(study, "steps", "dense"))
    count(study, study.block(*DENSE), 1)
    count(study, small, 1)
    assert gpus(study).of(large) == 0
    count(study, large, WORTH_A_GPU)
    assert gpus(study).of(small) == gpus(study).of(large) == 1
    assert gpus(study).of(study.block(*DENSE)) == 0


@pytest.mark.parametrize("value", [2, -1, 0.5, True, "always", None])
def test_any_other_value_is_refused_in_one_sentence(tmp_path: Path, value: Any) -> None:
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["exercises"]["steps"]["resources"] = {"gpu": value}
    use(TOY)
    with pytest.raises(InputError, match=r"exercises\.steps\.resources\.gpu") as error:
        resolve(config)
    assert "\n" not in str(error.value)


def test_a_gpu_is_no_part_of_what_decides_a_result(tmp_path: Path) -> None:
    blocks = [study_with(tmp_path, gpu).block(*DENSE) for gpu in (None, 0, 1)]
    assert len({block.specification() for block in blocks}) == 1
