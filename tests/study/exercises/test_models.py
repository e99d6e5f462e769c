"""Every model has the published architecture: the exact number of parameters, and the shape of its output."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from practica import exercises
from practica.config.study import Study
from practica.exercises.problem import Settings
from ten import runs, those_that_run

pytestmark = pytest.mark.keras

# Variant -> output shape, and parameters: total, trainable, non-trainable.
PUBLISHED = {
    "ej01/linear": ((1,), 14, 14, 0),
    "ej02/cifar_mse": ((10,), 308_310, 308_310, 0),
    "ej02/cifar_xent": ((10,), 308_310, 308_310, 0),
    "ej02/xor_221": ((1,), 9, 9, 0),
    "ej02/xor_concat": ((1,), 7, 7, 0),
    "ej03/l2": ((1,), 1_011_121, 1_011_121, 0),
    "ej03/dropout_l2": ((1,), 1_011_121, 1_011_121, 0),
    "ej03/bn_l2": ((1,), 1_011_561, 1_011_341, 220),
    "ej04/dense": ((1,), 1_937_121, 1_937_121, 0),
    "ej04/conv": ((1,), 172_305, 172_113, 192),
    "ej05/tanh5": ((1,), 17, 17, 0),
    "ej06/raw": ((1,), 673, 601, 72),
    "ej06/corrected": ((1,), 673, 601, 72),
    "ej06/wider": ((1,), 6_145, 5_857, 288),
    "ej06/deeper": ((1,), 1_573, 1_429, 144),
    "ej07/autoencoder": ((28, 28), 12_537, 12_537, 0),
    "ej07/autoencoder_asym": ((28, 28), 12_537, 12_537, 0),
    "ej08/dense": ((10,), 16_140, 16_080, 60),
    "ej08/conv": ((10,), 12_986, 12_890, 96),
    "ej09/dense": ((10,), 16_140, 16_080, 60),
    "ej09/conv": ((10,), 12_986, 12_890, 96),
    "ej10/alexnet": ((100,), 5_744_964, 5_740_164, 4_800),
    "ej10/alexnet_cifar10": ((10,), 5_698_794, 5_693_994, 4_800),
    "ej10/vgg16": ((100,), 5_799_440, 5_794_954, 4_486),
    "ej10/vgg16_cifar10": ((10,), 5_787_830, 5_783_344, 4_486),
}
TWINS = {"cifar_mse_numpy": 308_310, "cifar_xent_numpy": 308_310, "xor_221_numpy": 9, "xor_concat_numpy": 7}


@pytest.fixture
def mixed_precision() -> Iterator[None]:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("name", those_that_run(PUBLISHED))
def test_parameters_and_output(name: str, study: Study, settings_of: Callable[..., Settings]) -> None:
    exercise, variant = name.split("/")
    net = getattr(exercises.load(exercise), study.model(exercise, variant))(settings_of(exercise, variant))
    trainable = sum(weight.value.numpy().size for weight in net.trainable_weights)
    total = net.count_params()
    assert (net.output_shape[1:], total, trainable, total - trainable) == PUBLISHED[name]


@pytest.mark.parametrize("variant", [name for name in TWINS if runs(f"ej02/{name}")])
def test_twins_have_the_parameters_of_their_keras_nets(
    variant: str, study: Study, settings_of: Callable[..., Settings]
) -> None:
    net = getattr(exercises.load("ej02"), study.model("ej02", variant))(settings_of("ej02", variant))
    assert sum(values.size for values in net.parameters().values()) == TWINS[variant]


@pytest.mark.parametrize("name", those_that_run(["ej03/bn_l2", "ej04/conv", "ej08/conv", "ej10/alexnet"]))
def test_classifiers_give_float32_logits_in_mixed_precision_too(
    name: str, study: Study, settings_of: Callable[..., Settings], mixed_precision: None
) -> None:
    import keras

    exercise, variant = name.split("/")
    net = getattr(exercises.load(exercise), study.model(exercise, variant))(settings_of(exercise, variant))
    last = net.layers[-1]
    assert last.activation is keras.activations.linear
    assert (net.output.dtype, last.compute_dtype) == ("float32", "float32")
