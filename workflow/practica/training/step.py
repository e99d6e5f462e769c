"""One step of training as a pure function, mapped over the replicas of a net.

The step is Keras' own on the compiled model: its layers, loss, penalties, optimizer and metrics, called statelessly
with the variables of one replica. A vectorising map then runs each operation for all replicas at once, so that net and
recipe are by construction those that were written. An optimizer that treats each weight separately needs no map
(``joint``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.training import keras_internals
from practica.training.checkpoint import State
from practica.training.joint import Joint, is_elementwise


class Step:
    """The training step and the evaluation of one compiled model for many replicas.

    The state of all replicas is a list of arrays ``(replicas, ...)``: trainable variables, other variables (moving
    statistics, the states of random layers, and the numbers of which each replica has its own), the optimizer's, and
    the metrics'.
    """

    def __init__(
        self,
        model: keras.Model,
        replicas: int,
        x: Any,
        y: Any,
        sample_weight: Any,
        numbers: Sequence[keras.Variable] = (),
        *,
        own_rates: bool = False,
        sharing: int = 1,
    ) -> None:
        """Prepare for this many replicas, each with batches like these of one.

        ``numbers`` are variables in the model that are not part of it, and ``own_rates`` gives each replica a learning
        rate of its own. Each ``sharing`` neighbours get the same batches.
        """
        self.sharing = sharing
        keras_internals.build_metrics(model, x, y, sample_weight)
        self.model = model
        elementwise = is_elementwise(model.optimizer, model.trainable_variables)
        self.joint = Joint(model, replicas, own_rates=own_rates) if elementwise else None
        optimizer = self.joint or model.optimizer
        self.rate = optimizer.rate if self.joint else keras_internals.rate_of(model.optimizer)
        self._other = [*model.non_trainable_variables, *numbers]
        groups = (model.trainable_variables, self._other, optimizer.variables, model.metrics_variables)
        self.variables = [variable for group in groups for variable in group]
        self._ends = list(np.cumsum([len(group) for group in groups]))
        self.generators = keras_internals.seed_generators(model)
        self.names = list(keras_internals.stateless_results(model, [v.value for v in model.metrics_variables]))
        parts = keras_internals.batch(x, y, sample_weight)
        batch = [backend.Spec((replicas // sharing, None, *part.shape[1:]), part.dtype) for part in parts]
        state = [backend.Spec(value.shape, value.dtype) for value in self.start(replicas)]
        weights, metrics = state[: self.weights], state[self.metrics :]
        # Each takes only what it needs: mapping more takes time, too.
        self.train = backend.traced(self._train, (state, batch))
        self.evaluate = backend.traced(partial(self._over, self._evaluate), (weights, metrics, batch[:2]))
        self.predict = backend.traced(partial(self._over, self._predict), (weights, batch[:1]))
        self.results = backend.mapped(self._results, (metrics,))

    @property
    def weights(self) -> int:
        """Return how many arrays at the start of the state are the net's own, those of random layers included."""
        return int(self._ends[1])

    @property
    def metrics(self) -> int:
        """Return the index at which the metrics' variables begin in the state."""
        return int(self._ends[2])

    def start(self, replicas: int) -> State:
        """Return the model's own current state, repeated for every replica."""
        weights, metrics = self.variables[: self.weights], self.variables[self.metrics :]
        values = [
            *map(backend.value, weights),
            *self.optimizer_state(self.model.optimizer),
            *map(backend.value, metrics),
        ]
        return [np.repeat(value[None], replicas, axis=0) for value in values]

    def optimizer_state(self, optimizer: Any) -> State:
        """Return the state of the built optimizer of such a model, in the form of one replica's state."""
        return self.joint.state_of(optimizer) if self.joint else list(map(backend.value, optimizer.variables))

    def place(self, variable: keras.Variable) -> int:
        """Return the index of a variable of the model in the state."""
        return next(place for place, each in enumerate(self.variables) if each is variable)

    def _split(self, state: Sequence[Any]) -> list[list[Any]]:
        return [list(state[begin:end]) for begin, end in zip([0, *self._ends], self._ends, strict=False)]

    def _train(self, state: Sequence[Any], batch: Sequence[Any]) -> list[Any]:
        if self.joint is None:
            return list(self._over(self._replica_step, state, batch))
        weights, other, optimizer, metrics = self._split(state)
        missing: list[bool] = []

        def replica(*own: Any) -> tuple[list[Any], list[Any], list[Any]]:
            gradients, other, metrics = self._gradients(*own)
            missing[:] = [gradient is None for gradient in gradients]
            return [gradient for gradient in gradients if gradient is not None], other, metrics

        present, other, metrics = map(list, self._over(replica, weights, other, metrics, batch))
        gradients = [None if none else present.pop(0) for none in missing]
        weights, optimizer = self.joint.apply(optimizer, gradients, weights)
        return [*weights, *other, *optimizer, *metrics]

    def _over(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the results of ``function``, written for one replica, for all; its last argument is the batch."""
        if self.sharing == 1:
            return backend.over_replicas(function, arguments)
        *own, batch = arguments
        # Mapped twice: within a group, the batch is the same for all, and products with it become one.
        grouped = keras.tree.map_structure(lambda v: ops.reshape(v, (-1, self.sharing, *v.shape[1:])), own)

        def group(*parts: Any) -> Any:
            *members, batch = parts
            return backend.over_replicas(lambda *member: function(*member, batch), members)

        results = backend.over_replicas(group, (*grouped, batch))
        return keras.tree.map_structure(lambda v: ops.reshape(v, (-1, *ops.shape(v)[2:])), results)

    def _replica_step(self, state: Sequence[Any], batch: Sequence[Any]) -> list[Any]:
        """Return a replica's state after a step."""
        weights, other, optimizer, metrics = self._split(state)
        gradients, other, metrics = self._gradients(weights, other, metrics, batch)
        weights, optimizer = self.model.optimizer.stateless_apply(optimizer, gradients, weights)
        return [*weights, *other, *optimizer, *metrics]

    def _gradients(
        self, trainable: list[Any], other: list[Any], metrics: list[Any], batch: Sequence[Any]
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """Return a replica's gradients by its weights, and its other variables and metrics after a batch."""
        x, y, weight = (*batch, None)[:3]

        def total(weights: Sequence[Any]) -> tuple[Any, Any]:
            loss, *updated = self._loss((list(weights), other, metrics), x, y, weight, training=True)
            return loss, (loss, *updated)

        (loss, outputs, other, metrics), gradients = backend.value_and_gradients(total, trainable)
        return gradients, other, self._measured(metrics, loss, x, y, outputs, weight)

    def _evaluate(self, weights: Sequence[Any], metrics: Sequence[Any], batch: Sequence[Any]) -> tuple[list[Any], Any]:
        """Return the metrics' variables after the evaluation of a batch, and the outputs."""
        trainable, other, *_ = self._split(weights)
        x, y = batch
        loss, outputs, _, metrics = self._loss((trainable, other, list(metrics)), x, y, None, training=False)
        return self._measured(metrics, loss, x, y, outputs, None), outputs

    def _predict(self, weights: Sequence[Any], batch: Sequence[Any]) -> Any:
        trainable, other, *_ = self._split(weights)
        own = other[: len(self.model.non_trainable_variables)]
        return keras_internals.stateless_outputs(self.model, trainable, own, batch[0])

    def _loss(self, state: Sequence[list[Any]], x: Any, y: Any, weight: Any, *, training: bool) -> Any:
        model = self.model
        variables = (model.trainable_variables, self._other, model.metrics_variables)
        return keras_internals.stateless_loss(model, variables, state, x, y, weight, training=training)

    def _measured(self, metrics: Any, loss: Any, x: Any, y: Any, outputs: Any, weight: Any) -> list[Any]:
        count = ops.shape(x)[0]
        return keras_internals.stateless_metrics(self.model, metrics, loss, count, x, y, outputs, weight)

    def _results(self, metrics: Sequence[Any]) -> list[Any]:
        results = keras_internals.stateless_results(self.model, metrics)
        return [ops.cast(results[name], "float32") for name in self.names]
