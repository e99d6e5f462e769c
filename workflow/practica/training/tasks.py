"""Losses and metrics of each task: as Keras objects, and as functions with one value a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from practica.exercises.problem import Task

PerSample = Callable[[Any, Any], Any]


def loss(task: Task) -> keras.losses.Loss:
    """Return a new loss; classifiers give logits, so the cross-entropies apply the link themselves."""
    losses = {
        "mse": keras.losses.MeanSquaredError,
        "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
        "categorical_crossentropy": lambda: keras.losses.CategoricalCrossentropy(from_logits=True),
        "sparse_categorical_crossentropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    }
    return losses[task.loss]()


def metrics(task: Task) -> list[keras.metrics.Metric]:
    """Return new metrics: the accuracy that fits the task, or the squared error without the L2 penalty."""
    return [keras.metrics.MeanMetricWrapper(function, name=name) for name, function in per_sample(task).items()]


def per_sample(task: Task) -> dict[str, PerSample]:
    """Return the metrics by name, each a function ``(targets, outputs)`` with one value a sample."""
    kinds: dict[str, PerSample] = {
        "logit": _right_logit,
        "class": keras.metrics.sparse_categorical_accuracy,
        "onehot": keras.metrics.categorical_accuracy,
        "sign": _same_sign,
    }
    found = {"accuracy": kinds[task.accuracy]} if task.accuracy else {}
    return found | ({"mse": keras.losses.mean_squared_error} if task.loss == "mse" else {})


def _right_logit(target: Any, predicted: Any) -> Any:
    """Compare with 0: a logit above it is a probability above one half."""
    return ops.mean(keras.metrics.binary_accuracy(target, predicted, threshold=0.0), axis=-1)


def _same_sign(target: Any, predicted: Any) -> Any:
    right = ops.cast(ops.equal(ops.sign(target), ops.sign(predicted)), "float32")
    return ops.mean(right, axis=-1)
