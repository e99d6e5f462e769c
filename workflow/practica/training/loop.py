"""The loop over the steps of all replicas, validation included: one compiled call for many points of the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.exercises.problem import Problem, Settings
from practica.training import tasks, updates
from practica.training.checkpoint import State
from practica.training.fit import log_interval, make_optimizer, random_states, start_weights
from practica.training.replicas import Replicas
from practica.training.store import Part, Store

ORDER_BYTES = 32 * 2**20
"""Memory for the orders of the batches of one call."""
FUSED_STEPS = 50_000
"""From so many steps, all replicas counted, XLA's faster operations are worth the seconds that making them takes."""
STEP_OVERHEAD = 16
"""The replicas whose arithmetic takes as long as what a step costs besides, without XLA."""


class Loop:
    """The replicas' weights and what one call of the compiled loop does with them."""

    def __init__(self, net: keras.Model, problems: Sequence[Problem], settings: Settings, seeds: Sequence[int]) -> None:
        self.replicas = Replicas(net)
        self.problem = problems[0]
        self.seeds = seeds
        self.store = Store(problems, settings.batch_size)
        self.per_point = log_interval(settings)
        self._loss = tasks.loss(self.problem.task)
        self._metrics = tasks.per_sample(self.problem.task)
        starts = start_weights(net, seeds)
        trained, moving = ([starts[place] for place in places] for places in weight_places(net))
        self._optimizer = make_optimizer(settings)
        self._rate = float(self._optimizer.learning_rate)  # a variable, of no value within the graph
        optimizer = updates.start(self._optimizer, trained)
        worst = np.full(len(seeds), -np.inf, np.float32)
        self._counts = (len(trained), len(moving), len(optimizer))
        self.set_state([*trained, *moving, *optimizer, *trained, *moving, worst])
        # XLA draws other random numbers: with Dropout the runs would differ from those of a stack without it.
        steps = settings.epochs * len(self.store.train.places) * (len(seeds) + STEP_OVERHEAD)
        fused = steps >= FUSED_STEPS and not self.replicas.dropouts
        self._run = backend.compiled(self._points, xla=fused)
        self._measure = backend.compiled(self._evaluate, xla=False)

    def set_state(self, state: State) -> None:
        """Take over weights, optimizer, best weights and best scores."""
        self.state = [ops.convert_to_tensor(value) for value in state]

    def get_state(self) -> State:
        """Return what ``set_state`` takes."""
        return [ops.convert_to_numpy(value) for value in self.state]

    def weights(self, *, best: bool = False) -> list[Any]:
        """Return the trainable and then the other weights, each ``(replicas, ...)``: the last or the best."""
        trained, moving, optimizer = self._counts
        start = trained + moving + optimizer if best else 0
        return self.state[start : start + trained + moving]

    def advance(self, first: int, points: int, capacity: int) -> dict[tuple[str, str], np.ndarray]:
        """Train for ``points`` points after the first ones; return each metric's values ``(points, replicas)``."""
        orders, states = self._orders(first, points, capacity)
        logs = [np.zeros((capacity, len(self.seeds)), np.float32) for _ in self._log_names()]
        self.state, logs = self._run(
            self.state,
            logs,
            self.store.x,
            self.store.y,
            orders,
            self.store.train.mask,
            self.store.validation,
            states,
            ops.convert_to_tensor(points, "int32"),
        )
        return dict(zip(self._log_names(), (ops.convert_to_numpy(log)[:points] for log in logs), strict=True))

    def capacity(self, points: int) -> int:
        """Return the most points that one call may have, of ``points`` in all."""
        return max(1, min(points, ORDER_BYTES // (self.store.train.places.nbytes * self.per_point)))

    def evaluate(self, part: Part, weights: Sequence[Any]) -> list[dict[str, float]]:
        """Return loss and metrics of each replica on a part."""
        measured = self._measure(part, list(weights), self.store.x, self.store.y)
        values = [ops.convert_to_numpy(value) for value in measured]
        return [{name: float(value[r]) for name, value in zip(self._names(), values, strict=True)} for r in self._all()]

    def predict(self, part: Part, weights: Sequence[Any]) -> list[np.ndarray]:
        """Return each replica's outputs ``(samples, ...)`` on a part."""
        split = self._counts[0]
        outputs = [
            ops.convert_to_numpy(self.replicas(weights[:split], weights[split:], self._inputs(self.store.x, rows))[0])
            for rows in part.places
        ]
        joined = np.concatenate(outputs, axis=1)
        return [joined[r, : part.counts[r]] for r in self._all()]

    def _all(self) -> range:
        return range(len(self.seeds))

    def _names(self) -> list[str]:
        return ["loss", *self._metrics]

    def _log_names(self) -> list[tuple[str, str]]:
        parts = ["train", "validation"] if self.store.validation else ["train"]
        return [(part, name) for part in parts for name in self._names()]

    def _orders(self, first: int, points: int, capacity: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of each step ``(capacity, steps, replicas, batch)`` and the states of the Dropouts."""
        steps, _, batch = self.store.train.places.shape
        orders = np.zeros((capacity, self.per_point, steps, len(self.seeds), batch), np.int32)
        drawn = len(self.replicas.dropouts)
        states = np.zeros((capacity, len(self.seeds), drawn, 2), np.uint32)
        for point in range(points):
            for epoch in range(self.per_point):
                number = (first + point) * self.per_point + epoch
                orders[point, epoch] = self.store.order(self.seeds, number, any_order=not drawn)
            for r, seed in enumerate(self.seeds if drawn else []):
                states[point, r] = random_states(seed, first + point, drawn)
        return orders.reshape(capacity, self.per_point * steps, len(self.seeds), batch), states

    def _points(
        self,
        state: list[Any],
        logs: list[Any],
        x: Any,
        y: Any,
        orders: Any,
        mask: Any,
        validation: Part | None,
        states: Any,
        points: Any,
    ) -> tuple[list[Any], list[Any]]:
        """Compute ``points`` points of the history: for each, all steps, then validation, then the best so far."""
        trained, moving, optimizer = self._counts
        weights, live = trained + moving, trained + moving + optimizer
        better = 1.0 if self.problem.task.monitor[1] == "max" else -1.0
        monitored = self._log_names().index(("validation" if validation else "train", self.problem.task.monitor[0]))

        def at_point(point: Any, carried: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
            state, logs = carried

            def at_step(step: Any, carried: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
                return self._step(*carried, x, y, orders[point, step], mask, step, states[point])

            zeros = [ops.zeros(len(self.seeds)) for _ in self._names()]
            now, sums = ops.fori_loop(0, orders.shape[1], at_step, (state[:live], zeros))
            seen = self.store.train.counts.astype(np.float32) * self.per_point
            values = [total / seen for total in sums]
            if validation:
                values += self._evaluate(validation, now[:weights], x, y)
            logs = [ops.scatter_update(log, [[point]], v[None]) for log, v in zip(logs, values, strict=True)]
            score = better * values[monitored]
            improved = score > state[-1]
            best = [
                ops.where(ops.reshape(improved, (-1, *[1] * (len(new.shape) - 1))), new, old)
                for new, old in zip(now[:weights], state[live:-1], strict=True)
            ]
            return [*now, *best, ops.where(improved, score, state[-1])], logs

        return ops.fori_loop(0, points, at_point, (state, logs))

    def _step(
        self, state: list[Any], sums: list[Any], x: Any, y: Any, rows: Any, masks: Any, step: Any, states: Any
    ) -> tuple[list[Any], list[Any]]:
        """Make one step of all replicas with their batches ``rows``; add up loss and metrics over the samples."""
        trained, moving, _ = self._counts
        mask = None if masks is None else masks[step % masks.shape[0]]
        inputs, targets = self._inputs(x, rows), self._targets(y, rows)
        count = float(rows.shape[1]) if mask is None else ops.sum(mask, axis=1)
        seeds = states + ops.cast(ops.stack([0 * step, step]), "uint32") if self.replicas.dropouts else None

        def total(weights: Sequence[Any]) -> tuple[Any, Any]:
            outputs, new_moving = self.replicas(
                weights, state[trained : trained + moving], inputs, training=True, mask=mask, seeds=seeds
            )
            losses = self._sum(self._loss.call(targets, outputs), mask) / count + self.replicas.penalty(weights)
            # The replicas' losses have no weight in common: the gradient of their sum is each one's own.
            return ops.sum(losses), (losses, outputs, new_moving)

        (losses, outputs, new_moving), gradients = backend.value_and_gradients(total, state[:trained])
        weights, optimizer = updates.apply(
            self._optimizer, self._rate, state[trained + moving :], gradients, state[:trained]
        )
        values = [losses * count, *(self._sum(metric(targets, outputs), mask) for metric in self._metrics.values())]
        return [*weights, *new_moving, *optimizer], [a + b for a, b in zip(sums, values, strict=True)]

    def _evaluate(self, part: Part, weights: Sequence[Any], x: Any, y: Any) -> list[Any]:
        """Return loss and metrics ``(replicas,)`` of a part."""
        split = self._counts[0]
        functions = (self._loss.call, *self._metrics.values())

        def at_step(step: Any, sums: list[Any]) -> list[Any]:
            rows, mask = part.places[step], None if part.mask is None else part.mask[step]
            outputs, _ = self.replicas(weights[:split], weights[split:], self._inputs(x, rows))
            targets = self._targets(y, rows)
            return [a + self._sum(f(targets, outputs), mask) for a, f in zip(sums, functions, strict=True)]

        # A loop and not its steps one by one: that many operations take seconds to trace.
        sums = ops.fori_loop(0, part.places.shape[0], at_step, [ops.zeros(len(self.seeds)) for _ in functions])
        means = [total / ops.cast(part.counts, "float32") for total in sums]
        return [means[0] + self.replicas.penalty(weights[:split]), *means[1:]]

    def _sum(self, values: Any, mask: Any) -> Any:
        return ops.sum(values if mask is None else values * mask, axis=1)

    def _inputs(self, x: Any, rows: Any) -> Any:
        """Return the networks' inputs ``(replicas, batch, ...)``."""
        taken = ops.take(x, ops.reshape(rows, (-1,)), axis=0)
        inputs = self.problem.to_input(taken) if self.problem.to_input else ops.cast(taken, "float32")
        return ops.reshape(inputs, (*rows.shape, *inputs.shape[1:]))

    def _targets(self, y: Any, rows: Any) -> Any:
        """Return targets ``(replicas, batch, ...)``; those of a single output get its axis."""
        targets = ops.cast(ops.take(y, rows, axis=0), "float32")
        single = len(targets.shape) == 2 and self.replicas.outputs == 1
        return targets[..., None] if single else targets


def weight_places(net: keras.Model) -> tuple[list[int], list[int]]:
    """Return where the trainable and where the other weights stand among ``net.get_weights()``."""
    place = {id(weight): i for i, weight in enumerate(net.weights)}
    return [place[id(w)] for w in net.trainable_weights], [place[id(w)] for w in net.non_trainable_weights]
