"""Metrics at every point of the history: the accuracy that fits a task, and Keras' own by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import ops

from practica import backend
from practica.config.recipes import class_name, split
from practica.errors import InputError
from practica.exercises.problem import Settings, Task
from practica.training.schedules import OneCycle

Link = Callable[[Any], Any]
LINKS = {"logit": ops.sigmoid, "class": ops.softmax}
"""Functions from a classifier's logits to probabilities, by the kind of its accuracy."""


def metrics(task: Task, settings: Settings, loss: Any) -> list[keras.metrics.Metric]:
    """Return new metrics: those of the task, and those that the settings name.

    Those of the task are its accuracy, the squared error without penalties if it is its loss or is monitored, and the
    exercise's own. Those of the settings get probabilities if the outputs are logits.

    Raises:
        InputError: Keras has no such metric, it does not take the options, or two would have the same name.
    """
    functions: dict[str, Any] = {"accuracy": ACCURACIES[task.accuracy]} if task.accuracy else {}
    if "mse" in (task.loss, task.monitor[0]):
        functions["mse"] = keras.losses.mean_squared_error
    result = [keras.metrics.MeanMetricWrapper(function, name=name) for name, function in functions.items()]
    for name, own in task.metrics.items():
        result.append(own(name=name) if isinstance(own, type) else keras.metrics.MeanMetricWrapper(own, name=name))
    link = link_of(task, loss)
    result += [_named_metric(entry, task, link) for entry in settings.get("metrics", [])]
    names = [metric.name for metric in result]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"metrics: two are called {twice[0]}, of which the history would hold one; take one out")
    return result


def link_of(task: Task, loss: Any) -> Link | None:
    """Return the function from outputs to probabilities; None if they are no logits, or the ``loss`` takes none."""
    logits = loss.get_config().get("from_logits") if isinstance(loss, keras.losses.Loss) else None
    if logits is None:
        return LINKS.get(task.accuracy or "")
    return (ops.sigmoid if "Binary" in type(loss).__name__ else ops.softmax) if logits else None


def _named_metric(
    entry: str | Mapping[str, Any], task: Task, link: Callable[[Any], Any] | None
) -> keras.metrics.Metric:
    name, options = split(entry)
    kind = keras_class("metrics", name)
    takes = inspect.signature(kind).parameters
    label = takes["name"].default or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()
    if "from_logits" in options:
        link = None
    elif link and "from_logits" in takes and (link is ops.sigmoid or kind.__name__.endswith("Crossentropy")):
        # Logits are more exact, but metrics other than cross-entropies apply a sigmoid to them, never a softmax.
        options["from_logits"], link = True, None
    metric = made(kind, {**options, "name": label})
    one_hot = task.accuracy == "class" and not kind.__name__.startswith("Sparse") and "sparse_y_true" not in takes
    return _Adapted(metric, link, one_hot=one_hot)


class _Adapted(keras.metrics.Metric):
    """A Keras metric that gets probabilities in place of logits, and labels of their shape in place of numbers."""

    def __init__(self, metric: keras.metrics.Metric, link: Link | None, *, one_hot: bool) -> None:
        super().__init__(name=metric.name)
        self.metric, self._link, self._one_hot = metric, link, one_hot

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if self._one_hot:
            y_true = ops.one_hot(ops.cast(labels_of(y_true, y_pred), "int32"), y_pred.shape[-1])
        elif len(y_true.shape) < len(y_pred.shape) and y_pred.shape[-1] == 1:
            y_true = ops.expand_dims(y_true, -1)
        self.metric.update_state(y_true, self._link(y_pred) if self._link else y_pred, sample_weight)

    def result(self) -> Any:
        result = self.metric.result()
        return ops.mean(result) if len(getattr(result, "shape", ())) else result

    def reset_state(self) -> None:
        self.metric.reset_state()


def keras_class(kind: str, name: str) -> Any:
    """Return a class of Keras, or our own schedule.

    Raises:
        InputError: Keras has no such class.
    """
    modules = {
        "optimizers": keras.optimizers,
        "schedules": keras.optimizers.schedules,
        "losses": keras.losses,
        "metrics": keras.metrics,
    }
    own_name = class_name(kind, name)
    if own_name is None:
        raise InputError(f"Keras has no {kind[:-1]} {name!r}")
    return OneCycle if own_name == "OneCycle" else getattr(modules[kind], own_name)


def made(kind: type, options: Mapping[str, Any]) -> Any:
    """Make an object of a class of Keras.

    Raises:
        InputError: it does not take the options.
    """
    for name, parameter in inspect.signature(kind).parameters.items():
        # To Keras any text is true.
        if isinstance(parameter.default, bool) and not isinstance(options.get(name, parameter.default), bool):
            raise InputError(f"{kind.__name__}: {name} is true or false, and not {options[name]!r}")
    try:
        return kind(**options)
    except (TypeError, ValueError) as error:
        raise InputError(f"{kind.__name__} with {dict(options)}: {error}") from error


def _right_logit(target: Any, predicted: Any) -> Any:
    """Compare with 0: a logit above it is a probability above one half."""
    target = ops.reshape(ops.cast(target, predicted.dtype), ops.shape(predicted))
    right = ops.equal(ops.cast(predicted > 0.0, predicted.dtype), target)
    return ops.mean(ops.cast(right, "float32"), axis=-1)


def _right_class(target: Any, predicted: Any) -> Any:
    right = ops.equal(backend.argmax(predicted), ops.cast(labels_of(target, predicted), "int64"))
    return ops.cast(right, "float32")


def _same_sign(target: Any, predicted: Any) -> Any:
    right = ops.cast(ops.equal(ops.sign(target), ops.sign(predicted)), "float32")
    return ops.mean(right, axis=-1)


def labels_of(target: Any, predicted: Any) -> Any:
    """Return class numbers in the shape of the outputs without their last axis, for any size of batch."""
    return ops.reshape(target, ops.shape(predicted)[:-1])


ACCURACIES: dict[str, Callable[[Any, Any], Any]] = {
    "logit": _right_logit,
    "class": _right_class,
    "onehot": keras.metrics.categorical_accuracy,
    "sign": _same_sign,
}
