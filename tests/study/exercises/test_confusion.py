"""Confusions count every test sample once, by its class and the net's answer."""

from __future__ import annotations

import numpy as np

from practica.exercises.problem import Samples
from practica.words import section
from study.shared.classes import confusion_of
from study.shared.confusion import confusion


def test_each_sample_counts_by_class_and_answer() -> None:
    outputs = np.eye(3)[[0, 2, 2, 1, 1]]
    test = Samples(np.arange(5), np.array([[0], [2], [1], [1], [1]]))
    counts = confusion_of(test, 3)(lambda x: outputs[x])["confusion"]
    assert counts.tolist() == [[1, 0, 0], [0, 2, 1], [0, 0, 1]]


def test_the_scale_of_the_colours_has_the_decimal_mark_of_the_language() -> None:
    words = {**section("figures", "es"), "predicted_class": "", "true_class": "", "wrong_share": ""}
    figure = confusion({"confusion": np.array([[99, 1], [0, 50]])}, 0, "", words)
    figure.canvas.draw()
    ticks = [tick.get_text() for tick in figure.axes[1].get_yticklabels()]
    assert "0,4" in ticks
    assert not any("." in tick for tick in ticks)
    # Where there is no colour, the PDF shows white rather than nothing, whose edges would be grey.
    assert figure.axes[0].images[0].cmap.get_bad().tolist() == [1.0, 1.0, 1.0, 1.0]
