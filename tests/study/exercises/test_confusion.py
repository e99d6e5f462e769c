"""Confusions count every test sample once, by its class and the net's answer."""

from __future__ import annotations

import numpy as np

from practica.exercises.problem import Samples
from study.shared.classes import confusion_of


def test_each_sample_counts_by_class_and_answer() -> None:
    outputs = np.eye(3)[[0, 2, 2, 1, 1]]
    test = Samples(np.arange(5), np.array([[0], [2], [1], [1], [1]]))
    counts = confusion_of(test, 3)(lambda x: outputs[x])["confusion"]
    assert counts.tolist() == [[1, 0, 0], [0, 2, 1], [0, 0, 1]]
