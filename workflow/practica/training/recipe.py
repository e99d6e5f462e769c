"""Build the parts of a recipe: optimizer and schedule, loss, metrics, sample weights and early stopping."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.config.recipes import RATE, class_name, in_steps, split
from practica.errors import InputError
from practica.exercises.problem import Problem, Settings, Task
from practica.training.metrics import keras_class, labels_of, made, metrics

COMPILED_WITH = {
    "optimizer": ("schedule", "momentum"),
    "loss": ("loss", "label_smoothing"),
    "metrics": ("metrics",),
}
"""Arguments of ``compile``, and the settings that mean nothing to a model that does not take them."""


CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
"""Options of which Keras ignores a value of 0 or less."""


def compile_model(model: keras.Model, problem: Problem, settings: Settings, steps: int) -> None:
    """Compile the model; all ``steps`` between two points of the history run in one call of the compiled graph.

    A model that its own function has compiled keeps its optimizer, loss and metrics.

    Raises:
        InputError: the settings name a recipe that means nothing to such a model, or one that Keras does not take, or
            the model's own ``compile`` gives it no optimizer.
    """
    parameters = {} if model.compiled else inspect.signature(model.compile).parameters
    free = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    arguments = [name for name in COMPILED_WITH if free or name in parameters]
    for name in (name for part, names in COMPILED_WITH.items() if part not in arguments for name in names):
        if settings.given(name) and not settings.asked(name):  # its function may have asked for it
            raise InputError(f"{model.name}: it compiles itself, so that {name} means nothing; take {name} out")
    # XLA on CPUs slows convolutions to less than half and gains nothing on nets this small; JAX knows nothing else.
    execution = {"steps_per_execution": steps, "jit_compile": backend.NAME == "jax"}
    if not model.compiled:
        own_loss = loss(problem.task, settings)
        recipe = {
            "optimizer": optimizer(settings, steps_an_epoch(problem, settings)),
            "loss": own_loss,
            "metrics": metrics(problem.task, settings, own_loss),
            **execution,
        }
        model.compile(**{name: value for name, value in recipe.items() if free or name in parameters})
    for name, value in execution.items():
        setattr(model, name, value)
    if not model.compiled or model.optimizer is None:
        raise InputError(f"{model.name}: its own compile() gives it no optimizer; call super().compile() in it")


def steps_an_epoch(problem: Problem, settings: Settings) -> int:
    """Return the steps of one epoch; the last batch may be smaller."""
    return math.ceil(len(problem.train) / settings.batch_size)


def log_interval(settings: Settings) -> int:
    """Return the epochs between two points of the history.

    Raises:
        InputError: the epochs are not a multiple of it.
    """
    interval, epochs = settings.get("log_every", 1), settings.quietly("epochs")
    if epochs % interval:
        raise InputError(f"epochs ({epochs}) must be a multiple of log_every ({interval})")
    return interval


def optimizer(settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    """Return a new optimizer of the kind and with the options that the settings name.

    ``steps`` are those of one epoch: schedules count in steps.

    Raises:
        InputError: Keras does not take the options, or ignores them.
    """
    name, options = split(settings.get("optimizer", "adam"))
    if wrong := [each for each in CLIPPING if options.get(each) is not None and not options[each] > 0]:
        raise InputError(f"optimizer: {wrong[0]} is {options[wrong[0]]}; write a value above 0, or take it out")
    if "momentum" in settings:
        options["momentum"] = settings.momentum
    rate = schedule(settings, steps) if "schedule" in settings else _rate(settings)
    return made(keras_class("optimizers", name), {RATE: rate, **options})


def _rate(settings: Settings) -> float:
    """Return the learning rate, as no whole number: Keras refuses it, and its schedules then round to whole numbers."""
    return float(settings.learning_rate)


def schedule(settings: Settings, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate as a function of the step.

    Options in epochs (``decay_epochs``, ``warmup_epochs``, ``boundary_epochs``...) become Keras' in steps; without
    ``decay_steps``, a schedule that needs them decays until the end of the training.

    Raises:
        InputError: Keras does not take the options.
    """
    name, options = split(settings.schedule)
    for option in [option for option in options if option != in_steps(option)]:
        value = options.pop(option)
        options[in_steps(option)] = (
            [round(each * steps) for each in value] if isinstance(value, list) else round(value * steps)
        )
    kind = keras_class("schedules", name)
    takes = inspect.signature(kind).parameters
    if "decay_steps" in takes:
        options.setdefault("decay_steps", max(1, settings.epochs * steps - options.get("warmup_steps", 0)))
    if "initial_learning_rate" in takes:
        options["initial_learning_rate"] = _rate(settings)
    if options.get("warmup_steps") and "warmup_target" in takes:
        # The rate of the settings is the one that the warm-up reaches.
        options["warmup_target"] = _rate(settings)
        options["initial_learning_rate"] = 0.0
    if "values" in options:
        options["values"] = [float(value) for value in options["values"]]  # Keras does not mix 1 and 0.1
    return made(kind, options)


def loss(task: Task, settings: Settings) -> Any:
    """Return a new loss: the one that the settings name, else the task's.

    Classifiers output logits, so losses with the option ``from_logits`` get True, unless the settings say otherwise.

    Raises:
        InputError: it has no label smoothing, which the settings ask for, takes no logits, which the task needs, or
            does not take the options.
    """
    setting = settings.get("loss")
    name_or_class = setting if setting is not None and class_name("losses", split(setting)[0]) else task.loss
    smoothing = settings.get("label_smoothing", 0.0)
    if not isinstance(name_or_class, str | Mapping):
        if smoothing:
            raise InputError("label_smoothing: the exercise has a loss of its own; smooth its labels there")
        return name_or_class() if isinstance(name_or_class, type) else name_or_class
    name, options = split(name_or_class)
    kind = keras_class("losses", name)
    takes = inspect.signature(kind).parameters
    if "from_logits" in takes:
        options.setdefault("from_logits", True)
    if task.accuracy == "logit" and options.get("from_logits") is False:
        raise InputError("loss: from_logits is false, but the task takes the outputs' sign: let the net give logits")
    plain = made(kind, options)
    if not smoothing:
        return plain
    if kind is keras.losses.SparseCategoricalCrossentropy:
        if beyond := [option for option in options if option != "from_logits"]:
            raise InputError(f"label_smoothing: not with {beyond[0]} of {kind.__name__}; take one of them out")
        return SmoothedCrossentropy(smoothing, from_logits=options["from_logits"])
    if "label_smoothing" not in takes:
        raise InputError(f"label_smoothing: {kind.__name__} has none; take it out, or choose a cross-entropy")
    return made(kind, {**options, "label_smoothing": smoothing})


@keras.saving.register_keras_serializable("practica")
class SmoothedCrossentropy(keras.losses.Loss):
    """The cross-entropy of class numbers with smoothed labels, which Keras offers for one-hot labels only."""

    def __init__(self, smoothing: float, *, from_logits: bool, name: str = "smoothed_crossentropy") -> None:
        super().__init__(name=name)
        self._smoothing, self._from_logits = smoothing, from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value for each sample."""
        labels = ops.one_hot(ops.cast(labels_of(y_true, y_pred), "int32"), y_pred.shape[-1])
        return keras.losses.categorical_crossentropy(
            labels, y_pred, from_logits=self._from_logits, label_smoothing=self._smoothing
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"smoothing": self._smoothing, "from_logits": self._from_logits, "name": self.name}


def sample_weights(problem: Problem, settings: Settings) -> np.ndarray | None:
    """Return the weight ``(n,)`` of every stored target in the training loss, from ``class_weight``; None: all are one.

    Raises:
        InputError: the targets are not classes, or a class has no weight.
    """
    setting = settings.get("class_weight")
    if setting is None:
        return None
    targets = np.asarray(problem.train.targets)
    if problem.task.accuracy == "onehot":
        targets = targets.argmax(axis=-1)
    elif problem.task.accuracy not in ("class", "logit"):
        raise InputError("class_weight: the targets are no classes; take it out")
    classes = targets.reshape(len(targets), -1)[:, 0].astype(int)
    counts = np.bincount(classes[problem.train.places()])
    if setting == "balanced":  # as scikit-learn has it
        table = len(problem.train) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    else:
        table = np.asarray(setting, dtype=float)
    if classes.max() >= len(table):
        raise InputError(
            f"class_weight: {len(table)} weights for classes up to {classes.max()}; give one for each class"
        )
    return table[classes].astype(np.float32)


@dataclass(frozen=True)
class Stopping:
    """When a run ends early: ``patience`` points without a gain of more than ``min_delta`` in the monitored metric."""

    patience: int
    min_delta: float = 0.0
    start_from_epoch: int = 0
    restore_best: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Stopping | None:
        """Return the early stopping that the settings ask for, if any."""
        return cls(**settings.early_stopping) if settings.get("early_stopping") else None

    def due(self, epochs: Sequence[int], scores: Sequence[float]) -> bool:
        """Return whether the run ends here; ``scores`` has a value for each point, and larger is better.

        The answer depends on the history alone, so that a resumed run ends where it would have ended.
        """
        best, wait = -math.inf, 0
        for epoch, score in zip(epochs, scores, strict=True):
            if epoch <= self.start_from_epoch:
                continue
            better = score > best + self.min_delta
            best, wait = (score, 0) if better else (best, wait + 1)
        return wait >= self.patience > 0
