"""The toy is a complete study: its nets train, its hand-written twin trains the same, impossible nets are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from practica import data, exercises
from practica.config.reader import read_config
from practica.errors import RunError
from practica.exercises.problem import Settings
from practica.plan.wiring import check_prose
from practica.training.describe import describe_models
from toy import CONFIG, resolve, toy_study

pytestmark = pytest.mark.keras
VARIANTS = [
    (exercise, variant)
    for exercise, entry in read_config([CONFIG])["exercises"].items()
    for variant in entry["variants"]
]


def test_everything_that_it_says_is_known() -> None:
    check_prose(toy_study())


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_every_variant_gets_a_problem_and_a_net_that_fits_it(exercise: str, variant: str, tmp_path: Path) -> None:
    study = toy_study()
    name = study.dataset(exercise, variant)
    data.prepare(name, tmp_path)
    settings = Settings(study.settings(exercise, variant))
    module = exercises.load(exercise)
    problem = module.problem(data.load(name, tmp_path).arrays, settings, 0, 0 if "folds" in settings else None)
    net = getattr(module, study.model(exercise, variant))(settings)
    outputs = np.asarray(net.predict(problem.train.x) if variant.endswith("_numpy") else net(problem.train.x))
    assert outputs.shape == (len(problem.train), {"moons": 1, "steps": 3}[exercise])
    assert np.isfinite(outputs).all()
    assert ("test" in problem.parts()) == (exercise == "steps")


def test_the_twin_by_hand_takes_the_step_of_its_net_in_keras() -> None:
    import keras

    module = exercises.load("moons")
    settings = Settings({**toy_study().settings("moons", "raw"), "learning_rate": 0.5})
    x = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.uint8)
    net, twin = module.dense(settings), module.dense_numpy(settings)
    hidden, out = (layer for layer in net.layers if layer.weights)
    first, last = twin.get_weights()
    hidden.set_weights([first[:-1], first[-1]])
    out.set_weights([last[:-1], last[-1]])
    net.compile(keras.optimizers.SGD(0.5), keras.losses.BinaryCrossentropy(from_logits=True))
    net.fit(x, y[:, None], batch_size=32, epochs=1, shuffle=False, verbose=0)
    twin.train_epoch(x, y, np.arange(32), 32)
    np.testing.assert_allclose(twin.predict(x), np.asarray(net(x)), atol=1e-5)


def test_a_model_that_cannot_be_built_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    variants = {"dense": {"settings": {"units": [2**62, 2**62]}}}
    study = resolve({"exercises": {"moons": {"dataset": "crescents", "settings": {"l2": 0.0}, "variants": variants}}})
    with pytest.raises(RunError, match=r"moons/dense: its model cannot be built: \w+: .* 2\*\*63") as failed:
        describe_models(study)
    assert "\n" not in str(failed.value)
    assert "Traceback" in capsys.readouterr().err  # for whoever writes models
