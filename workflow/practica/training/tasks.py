"""Losses and metrics of each task, as Keras objects."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from practica.exercises.problem import Task


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
    kinds = {
        # A logit above 0 is a probability above one half.
        "logit": lambda: keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0),
        "class": lambda: keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        "onehot": lambda: keras.metrics.CategoricalAccuracy(name="accuracy"),
        "sign": lambda: keras.metrics.MeanMetricWrapper(_same_sign, name="accuracy"),
    }
    found = [kinds[task.accuracy]()] if task.accuracy else []
    return found + ([keras.metrics.MeanSquaredError(name="mse")] if task.loss == "mse" else [])


def _same_sign(target: Any, predicted: Any) -> Any:
    return ops.cast(ops.equal(ops.sign(target), ops.sign(predicted)), "float32")
