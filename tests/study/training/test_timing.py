"""The timing of a net and of its twin by hand counts only training."""

from __future__ import annotations

import numpy as np
import pytest

from practica.config.study import Study
from ten import needs

pytestmark = pytest.mark.keras


@needs("ej02/xor_221", "ej02/xor_221_numpy")
def test_the_repetition_that_traces_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from study.ej02 import timing

    settings = {"optimizer": "sgd", "batch_size": 4, "learning_rate": 0.1, "epochs": 1}
    variants = {"xor_221": {}, "xor_221_numpy": {}}
    config = {
        "exercises": {"ej02": {"dataset": "xor", "settings": settings, "variants": variants}},
        "timing": {"repetitions": 3},
    }
    study = Study.resolve(config)
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float32)
    # Seconds of each turn: Keras, its twin, Keras, ...; those of the first repetition include the tracing.
    seconds = iter([100.0, 50.0, 1.0, 2.0, 1.0, 3.0, 1.0, 4.0])
    monkeypatch.setattr(timing, "_seconds", lambda turn: next(seconds))
    times = list(timing.measure(study, lambda name: {"x": x, "y": -x[:, :1] * x[:, 1:]}))
    assert next(seconds, None) is None
    assert [each[:2] for each in times] == [(name, turn) for turn in range(3) for name in variants]
    # A turn has 1000 epochs, so that its seconds are the milliseconds of one epoch.
    by_keras, by_hand = ([value for net, _, value in times if net == name] for name in variants)
    assert by_keras == pytest.approx([1, 1, 1])
    assert by_hand == pytest.approx([2, 3, 4])
