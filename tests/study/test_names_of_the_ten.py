"""The names that the engine may not use are those of the ten exercises."""

from __future__ import annotations

from ten import mentions, names, needs


@needs("ej01/linear", "ej02/cifar_mse", "ej06", "ej08", "ej10/vgg16")
def test_the_names_are_there_to_be_looked_for() -> None:
    assert {"ej01", "ej10", "vgg16", "mnist", "cifar_mse", "pima", "fig01a", "noise_std", "table2"} <= names()
    assert mentions("of ej01,\nand vgg16", names()) == ["1: ej01", "2: vgg16"]
