"""Every private name of Keras that training needs, in one place: when Keras changes, change this file.

`tests/training/test_keras_internals.py` lists them and says what to do when one disappears.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from types import MethodType
from typing import Any

import keras
import numpy as np
from keras.src.optimizers.base_optimizer import BaseOptimizer
from keras.src.random import seed_generator

from practica import backend

RECIPE_METHODS = (
    "train_step",
    "test_step",
    "predict_step",
    "compute_metrics",
    "get_metrics_result",
    "reset_metrics",
    "make_train_function",
    "make_test_function",
    "fit",
    "evaluate",
    "metrics",
)
"""Methods with which a model can replace Keras' own training and measuring."""


def flat_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the model and all layers in it, at any depth."""
    return list(model._flatten_layers())


def seed_generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    """Return the generators of all layers; Dropout and the augmentation layers keep theirs under different names."""
    return [generator for layer in flat_layers(model) for generator in layer._seed_generators]


def global_seed_generator() -> keras.random.SeedGenerator:
    """Return the generator that Keras' random functions use when they get no seed."""
    return seed_generator.global_seed_generator()


def own_methods(model: keras.Model) -> list[str]:
    """Return the names of the methods with which the model or its class replaces Keras' own training or measuring."""
    return [
        name
        for name in RECIPE_METHODS
        if name in vars(model) or getattr(type(model), name) is not getattr(keras.Model, name)
    ]


def stateless_loss(
    model: keras.Model,
    variables: Sequence[Sequence[keras.Variable]],
    state: Sequence[Sequence[Any]],
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    training: bool,
) -> tuple[Any, Any, list[Any], list[Any]]:
    """Return loss, outputs and new non-trainable and metric variables of a batch, as a pure function of the variables.

    ``variables`` are the trainable, non-trainable and metric ones, and ``state`` their values. Like Keras' own step,
    and unlike its ``stateless_call`` and ``stateless_compute_loss``, it keeps everything that the model writes to them
    on the way.

    Raises:
        ValueError: the model itself changes weights that are trained or, in evaluation, any of its weights.
    """
    mapping = [pair for own, values in zip(variables, state, strict=True) for pair in zip(own, values, strict=True)]
    with keras.StatelessScope(mapping, collect_losses=True) as scope:
        before = [[scope.get_current_value(variable) for variable in own] for own in variables]
        training_argument = {"training": training} if model._call_has_training_arg else {}
        outputs = model.call(x, **training_argument)
        loss = model._compute_loss(x, y, outputs, sample_weight, training=training)
    after = [[scope.get_current_value(variable) for variable in own] for own in variables]
    constant = after[:1] if training else after[:2]
    if any(
        new is not old
        for news, olds in zip(constant, before, strict=False)
        for new, old in zip(news, olds, strict=True)
    ):
        raise ValueError(f"the model itself changes {'weights that are trained' if training else 'in evaluation'}")
    return loss, outputs, after[1], after[2]


def stateless_outputs(model: keras.Model, trainable: Sequence[Any], other: Sequence[Any], x: Any) -> Any:
    """Return the outputs for a batch without training, as a pure function of the variables."""
    training_argument = {"training": False} if model._call_has_training_arg else {}
    return model.stateless_call(trainable, other, x, **training_argument)[0]


def stateless_metrics(
    model: keras.Model, metrics: Sequence[Any], loss: Any, count: Any, x: Any, y: Any, outputs: Any, sample_weight: Any
) -> list[Any]:
    """Return the metric variables after a batch of ``count`` samples."""
    with keras.StatelessScope(state_mapping=list(zip(model.metrics_variables, metrics, strict=True))) as scope:
        model._loss_tracker.update_state(loss, sample_weight=count)
        model.compute_metrics(x, y, outputs, sample_weight)
    return [scope.get_current_value(variable) for variable in model.metrics_variables]


def stateless_results(model: keras.Model, metrics: Sequence[Any]) -> dict[str, Any]:
    """Return the value of each metric by name, as a pure function of the metric variables."""
    with keras.StatelessScope(state_mapping=list(zip(model.metrics_variables, metrics, strict=True))):
        results: dict[str, Any] = model.get_metrics_result()
    return results


def build_metrics(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> None:
    """Create what Keras creates with the first batch: the variables of metrics and optimizer."""
    model._symbolic_build(data_batch=(x, y, sample_weight))


def make_stateless(optimizer: keras.optimizers.Optimizer) -> None:
    """Give an optimizer that is not yet built the methods of Keras' base class in place of TensorFlow's.

    TensorFlow's write to ``tf.Variable`` for the sake of ``tf.distribute``, and its ``stateless_apply`` raises. The
    base class computes the same with ``keras.ops``. Methods that a subclass overrides stay.
    """
    if backend.NAME != "tensorflow":
        return
    from keras.src.backend.tensorflow.optimizer import TFOptimizer

    for name, method in vars(BaseOptimizer).items():
        own = name in vars(TFOptimizer) and getattr(type(optimizer), name, None) is vars(TFOptimizer)[name]
        if own and not name.startswith("__"):
            object.__setattr__(optimizer, name, MethodType(method, optimizer))


def unbuilt_copy(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return an optimizer with the same options, not built yet, that writes to no variables."""
    copy = type(optimizer).from_config(optimizer.get_config())
    make_stateless(copy)
    return copy


def rate_of(optimizer: keras.optimizers.Optimizer) -> keras.Variable | None:
    """Return the variable that holds the learning rate; None if it follows a schedule."""
    rate = optimizer._learning_rate
    return rate if isinstance(rate, keras.Variable) else None


def widen_rate(optimizer: keras.optimizers.Optimizer, replicas: int) -> None:
    """Give an optimizer that is not built yet a learning rate ``(replicas, 1)``, all with the present value."""
    rate = optimizer._learning_rate
    start = np.full((replicas, 1), backend.value(rate))
    wide = keras.Variable(start, trainable=False, dtype=rate.dtype, name=rate.name)
    optimizer._learning_rate = wide  # it becomes one of the optimizer's variables
    del optimizer._variables[next(place for place, each in enumerate(optimizer._variables) if each is rate)]


def has_rate_of_keras(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether the learning rate is a number or a schedule of Keras or ours, so that a copy has it, too."""
    rate = optimizer._learning_rate
    return isinstance(rate, keras.Variable) or type(rate).__module__.partition(".")[0] in ("keras", "practica")


def only_optimized(optimizer: keras.optimizers.Optimizer, weight: keras.Variable) -> bool:
    """Return whether the optimizer treats the weight like any other, and nothing else changes it."""
    return (
        weight.constraint is None
        and not optimizer._overwrite_variable_with_gradient(weight)
        and (optimizer.weight_decay is None or optimizer._use_weight_decay(weight))
    )


def train_graphs(model: keras.Model) -> list[Any]:
    """Return TensorFlow's graphs of what ``fit`` has compiled for training."""
    function = model.train_function
    parts = inspect.getclosurevars(function).nonlocals.values() if inspect.isfunction(function) else [function]
    functions = [part for part in parts if hasattr(part, "_list_all_concrete_functions")]
    return [concrete.graph for each in functions for concrete in each._list_all_concrete_functions()]


def traced_step(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> list[Any]:
    """Trace one training step without running it, and return its TensorFlow graphs; with JAX there are none.

    With an optimizer and a training step of Keras, gradients and update are left out: tracing them takes longest.
    """
    if backend.NAME != "tensorflow":
        return []

    def forward() -> Any:
        outputs = model(x, training=True)
        loss = model.compute_loss(x, y, outputs, sample_weight, training=True)
        return loss, model.compute_metrics(x, y, outputs, sample_weight)

    own = own_methods(model) or not type(model.optimizer).__module__.startswith("keras.")
    return [backend.graph(partial(model.train_step, batch(x, y, sample_weight)) if own else forward)]


def batch(x: Any, y: Any, sample_weight: Any) -> tuple[Any, ...]:
    """Return a batch as ``fit`` gives it to a model's own ``train_step``: a pair, or with sample weights a triple."""
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def one_step(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> None:
    """Run one training step with Keras' own trainer."""
    data = batch(x, y, sample_weight)
    if backend.NAME == "tensorflow":
        model.reset_metrics()
        model.train_step(data)  # without tracing, which takes longer than the step
    else:
        model.fit((each for each in [data]), steps_per_epoch=1, verbose=0)  # train_on_batch would give it a triple


def loss_on(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> float:
    """Return the loss of a batch with Keras' own evaluation; NaN where the model does not report one."""
    return logs_on(model, x, y, sample_weight).get("loss", float("nan"))


def logs_on(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> dict[str, float]:
    """Return loss and metrics of a batch with Keras' own evaluation."""
    data = keras.tree.map_structure(keras.ops.convert_to_tensor, batch(x, y, sample_weight))
    if backend.NAME == "tensorflow":
        model.reset_metrics()
        logs = model.test_step(data)
    else:
        logs = model.evaluate((each for each in [data]), steps=1, verbose=0, return_dict=True)
    return {name: float(value) for name, value in logs.items()}
