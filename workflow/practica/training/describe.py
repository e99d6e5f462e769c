"""Build every model of a study and describe its parameters and layers, so that nobody types them."""

from __future__ import annotations

import math
import traceback
from typing import Any

import keras

from practica import exercises
from practica.config.study import Study
from practica.errors import InputError, RunError, in_one_line
from practica.training.block import builder, settings_of
from practica.training.fit import count_parameters


def describe_models(study: Study, *, layers: bool = False) -> dict[str, dict[str, Any]]:
    """Return ``{"digits/dense": {"total": 16140, ...}}`` for every variant in play.

    With ``layers``, each entry also lists its layers: ``name``, ``type``, ``output_shape`` and ``parameters``.

    Raises:
        InputError: a setting is missing or wrong.
        RunError: a model cannot be built; the message names its variant.
    """
    descriptions = {}
    for exercise in study.exercises:
        module = exercises.load(exercise)
        for variant in study.every_variant(exercise):
            block = study.block(exercise, variant, (0,))
            try:
                net = builder(module, block.model)(settings_of(block))
                descriptions[f"{exercise}/{variant}"] = _describe(net, layers)
            except InputError:
                raise
            except Exception as error:
                traceback.print_exc()
                raise RunError(f"{exercise}/{variant}: its model cannot be built: {in_one_line(error)}") from error
            keras.backend.clear_session()
    return descriptions


def _describe(net: Any, layers: bool) -> dict[str, Any]:
    if not isinstance(net, keras.Model):
        net.initialise(0)
        total = sum(values.size for values in net.parameters().values())
        layer_rows = [
            {"name": name, "type": "NumPy", "output_shape": str(values.shape), "parameters": values.size}
            for name, values in net.parameters().items()
        ]
        counts = {"total": total, "trainable": total, "non_trainable": 0}
    else:
        counts = count_parameters(net)
        layer_rows = [_layer(layer) for layer in net.layers]
    return counts | ({"layers": layer_rows} if layers else {})


def _layer(layer: Any) -> dict[str, Any]:
    shape = tuple(layer.output.shape)
    return {
        "name": layer.name,
        "type": type(layer).__name__,
        "output_shape": str(shape),
        "parameters": sum(math.prod(weight.shape) for weight in layer.weights),
    }
