"""The loop over the steps of all replicas, validation included: one compiled call for many points of the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from keras import ops

from practica import backend
from practica.exercises.problem import Problem, Settings
from practica.seeds import random_states
from practica.training.checkpoint import State
from practica.training.recipe import log_interval, sample_weights
from practica.training.step import Step
from practica.training.store import Store

ORDER_BYTES = 32 * 2**20
"""Bytes for the orders of the batches of one call."""
FUSED_STEPS = 75_000
"""From this many steps x (replicas + ``STEP_OVERHEAD``), XLA's faster operations repay the time to compile them."""
EAGER_BATCHES = 20
"""An evaluation of more batches is compiled: it saves more time than compiling takes."""
STEP_OVERHEAD = 16
"""The fixed cost of a step without XLA, in replicas whose arithmetic takes as long."""


class Loop:
    """The state of all replicas, and the compiled loop that advances it.

    The state is that of ``Step`` without the metrics, then the net's variables at the best point and the best score.
    """

    def __init__(
        self, step: Step, problems: Sequence[Problem], settings: Settings, seeds: Sequence[int], bytes_a_sample: int
    ) -> None:
        self.step = step
        self.problem = problems[0]
        self._settings, self._bytes_a_sample = settings, bytes_a_sample
        self.take(problems, seeds)
        self.per_point = log_interval(settings)
        self._batch = settings.batch_size
        self._zeros = step.start(len(seeds))[step.metrics :]
        samples = max(self.store.parts["train"].counts)
        # A batch of all samples needs no shuffling, for they are only summed up (``Stack`` checks that), unless random
        # layers treat each sample differently.
        self.shuffles = samples > self._batch or bool(step.generators)
        # XLA draws other random numbers: with Dropout, runs would differ from those of a stack without XLA.
        steps = settings.quietly("epochs") * -(-samples // self._batch) * (len(seeds) + STEP_OVERHEAD)
        fused = steps >= FUSED_STEPS and not step.generators
        self._run = backend.compiled(self._points, xla=fused)
        self._measure: dict[str, Callable[..., list[Any]]] = {}
        for part, (rows, _) in self.store.parts.items():
            evaluate = partial(self._evaluate, part)
            many = rows.shape[1] > EAGER_BATCHES * self.store.evaluation_batch
            self._measure[part] = backend.compiled(evaluate, xla=False) if many else evaluate

    def fits(self, problems: Sequence[Problem], sharing: int) -> bool:
        """Return whether the compiled loop can train these problems as well: they are as many, with parts as large."""
        if sharing != self.step.sharing:
            return False
        first = problems[::sharing]
        sizes = {name: tuple(len(each.parts()[name]) for each in first) for name in problems[0].parts()}
        return sizes == {name: part.counts for name, part in self.store.parts.items()}

    def take(self, problems: Sequence[Problem], seeds: Sequence[int]) -> None:
        """Store the data of these runs in place of those before."""
        first = problems[:: self.step.sharing]
        weights = [sample_weights(problem, self._settings) for problem in first]
        self.store = Store(first, weights, self.step.sharing * self._bytes_a_sample)
        self.seeds = seeds
        self.state: list[Any] = []

    def release(self) -> None:
        """Free the data and the state, and keep the compiled loop."""
        self.store.release()
        self.state = []

    def begin(self, live: State) -> None:
        """Set all replicas to their start, in the order of ``Step``: weights and the optimizer's state."""
        worst = np.full(len(self.seeds), -np.inf, np.float32)
        self.set_state([*live, *live[: self.step.weights], worst])

    def set_state(self, state: State) -> None:
        """Replace weights, optimizer state, best weights and best scores."""
        self.state = [ops.convert_to_tensor(value) for value in state]

    def get_state(self) -> State:
        """Return what ``set_state`` takes."""
        return [ops.convert_to_numpy(value) for value in self.state]

    def live(self) -> list[Any]:
        """Return the current state with metrics at zero, as ``Step`` takes it."""
        return [*self.state[: self.step.metrics], *map(ops.convert_to_tensor, self._zeros)]

    def weights(self, *, best: bool = False) -> list[Any]:
        """Return the nets' last or best variables, in the order of ``Step``."""
        return self.state[self.step.metrics : -1] if best else self.state[: self.step.weights]

    def advance(self, first: int, points: int, capacity: int) -> dict[tuple[str, str], np.ndarray]:
        """Train ``points`` points after the ``first`` ones; return values ``(points, replicas)`` by part and metric.

        ``capacity`` is the most points of any call: with arrays of that size, all calls share one graph.
        """
        orders, states = self._orders(first, points, capacity)
        logs = [np.zeros((capacity, len(self.seeds)), np.float32) for _ in self._log_names()]
        self.state, logs = self._run(
            self.state,
            logs,
            self.store.x,
            self.store.y,
            self.store.weights,
            orders,
            self.store.parts["validation"].rows if "validation" in self.store.parts else None,
            states,
            ops.convert_to_tensor(points, "int32"),
        )
        return dict(zip(self._log_names(), (ops.convert_to_numpy(log)[:points] for log in logs), strict=True))

    def capacity(self, points: int) -> int:
        """Return the most points that one call can train, out of ``points`` in all."""
        bytes_a_point = self.store.parts["train"].rows.nbytes * (self.per_point if self.shuffles else 1)
        return max(1, min(points, ORDER_BYTES // bytes_a_point))

    def evaluate(self, part: str, *, best: bool = False) -> list[dict[str, float]]:
        """Return loss and metrics of each replica on a part, with the last or the best weights."""
        rows = self.store.parts[part].rows
        measured = self._measure[part](self.weights(best=best), self.store.x, self.store.y, rows)
        values = [ops.convert_to_numpy(value) for value in measured]
        names = self.step.names
        return [{name: float(value[r]) for name, value in zip(names, values, strict=True)} for r in self._all()]

    def predict(self, part: str, *, best: bool = False) -> list[np.ndarray]:
        """Return each replica's outputs ``(samples, ...)`` on a part."""
        (rows, counts), batch = self.store.parts[part], self.store.evaluation_batch
        weights = self.weights(best=best)
        starts = range(0, rows.shape[1], batch)
        batches = (self.inputs(self.store.x, rows[:, start : start + batch]) for start in starts)
        outputs = [ops.convert_to_numpy(self.step.predict(weights, [inputs])) for inputs in batches]
        every = np.concatenate(outputs, axis=1)
        return [every[r, : counts[self.group(r)]] for r in self._all()]

    def order(self, epoch: int) -> np.ndarray:
        """Return the rows ``(groups, samples)`` of an epoch; replicas that share their batches are one group."""
        return self.store.order(self.seeds[:: self.step.sharing], epoch)

    def group(self, replica: int) -> int:
        """Return the index of the batches, among those of all groups, that a replica gets."""
        return replica // self.step.sharing

    def batch(self, rows: Any) -> list[Any]:
        """Return the batch of these rows ``(groups, batch)``, as ``Step`` takes it."""
        return self._batch_of(self.store.x, self.store.y, self.store.weights, rows)

    def inputs(self, x: Any, rows: Any) -> Any:
        """Return the networks' inputs ``(groups, batch, ...)``."""
        samples = ops.take(x, ops.reshape(rows, (-1,)), axis=0)
        inputs = self.problem.to_input(samples) if self.problem.to_input else ops.cast(samples, "float32")
        return ops.reshape(inputs, (*rows.shape, *inputs.shape[1:]))

    def _all(self) -> range:
        return range(len(self.seeds))

    def _log_names(self) -> list[tuple[str, str]]:
        parts = [part for part in ("train", "validation") if part in self.store.parts]
        return [(part, name) for part in parts for name in self.step.names]

    def _orders(self, first: int, points: int, capacity: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of each epoch ``(capacity, epochs, groups, samples)`` and the states of random layers.

        The states are ``(capacity, replicas, generators, 2)``.
        """
        rows = self.store.parts["train"].rows
        epochs = self.per_point if self.shuffles else 1
        orders = np.broadcast_to(rows, (capacity, epochs, *rows.shape))
        if self.shuffles:
            orders = np.zeros((capacity, epochs, *rows.shape), np.int32)
            for point in range(points):
                for epoch in range(epochs):
                    orders[point, epoch] = self.order((first + point) * epochs + epoch)
        generators = len(self.step.generators)
        states = np.zeros((capacity, len(self.seeds), generators, 2), np.uint32)
        for point in range(points if generators else 0):
            for r, seed in enumerate(self.seeds):
                states[point, r] = random_states(seed, first + point, generators)
        return orders, states

    def _points(
        self,
        state: list[Any],
        logs: list[Any],
        x: Any,
        y: Any,
        weights: Any,
        orders: Any,
        validation: Any,
        states: Any,
        points: Any,
    ) -> tuple[list[Any], list[Any]]:
        """Compute ``points`` points of the history: for each, all steps, then validation, then the best so far."""
        count, live = self.step.weights, self.step.metrics
        better = 1.0 if self.problem.task.monitor[1] == "max" else -1.0
        watched = ("validation" if validation is not None else "train", self.problem.task.monitor[0])
        monitored = self._log_names().index(watched)

        def at_point(point: Any, carried: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
            state, logs = carried
            now = [*self.reseeded(state[:live], states[point]), *map(ops.convert_to_tensor, self._zeros)]

            def at_epoch(epoch: Any, now: list[Any]) -> list[Any]:
                rows = orders[point, epoch] if self.shuffles else orders[point, 0]
                return self._epoch(now, x, y, weights, rows)

            now = _repeated(self.per_point, at_epoch, now)
            values = self.step.results(now[live:])
            if validation is not None:
                values = [*values, *self._evaluate("validation", now[:count], x, y, validation)]
            logs = [ops.scatter_update(log, [[point]], v[None]) for log, v in zip(logs, values, strict=True)]
            score = better * values[monitored]
            improved = score > state[-1]
            best = [
                ops.where(ops.reshape(improved, (-1, *[1] * (len(new.shape) - 1))), new, old)
                for new, old in zip(now[:count], state[live:-1], strict=True)
            ]
            return [*now[:live], *best, ops.where(improved, score, state[-1])], logs

        return backend.repeated(points, at_point, (state, logs))

    def reseeded(self, state: list[Any], states: Any) -> list[Any]:
        """Return the state with these states of random layers, so that no point depends on how it was reached."""
        for number, generator in enumerate(self.step.generators):
            place = self.step.place(generator.state)
            state[place] = ops.cast(states[:, number], state[place].dtype)
        return state

    def _epoch(self, state: list[Any], x: Any, y: Any, weights: Any, rows: Any) -> list[Any]:
        """Run the steps of one epoch; the last batch may be smaller."""

        def step(state: list[Any], own: Any) -> list[Any]:
            return self.step.train(state, self._batch_of(x, y, weights, own))

        return self._batches(rows, self.store.parts["train"].counts, self._batch, step, state)

    def _batch_of(self, x: Any, y: Any, weights: Any, rows: Any) -> list[Any]:
        batch = [self.inputs(x, rows), ops.take(y, rows, axis=0)]
        return batch if weights is None else [*batch, ops.take(weights, rows, axis=0)]

    def _evaluate(self, part: str, weights: list[Any], x: Any, y: Any, rows: Any) -> list[Any]:
        """Return loss and metrics ``(replicas,)`` on the ``rows`` of a part."""

        def step(metrics: list[Any], own: Any) -> list[Any]:
            metrics, _ = self.step.evaluate(weights, metrics, [self.inputs(x, own), ops.take(y, own, axis=0)])
            return metrics

        counts = self.store.parts[part].counts
        metrics = [ops.convert_to_tensor(value) for value in self._zeros]
        return list(self.step.results(self._batches(rows, counts, self.store.evaluation_batch, step, metrics)))

    def _batches(self, rows: Any, counts: Sequence[int], size: int, step: Any, state: list[Any]) -> list[Any]:
        """Call ``step`` with every batch of ``rows`` ``(groups, most samples)`` in turn.

        Last batches may be smaller. If replicas have different numbers of samples, all run a step with a last batch of
        each size and keep the result of their own: a step for some alone would have to be traced for any number.
        """
        groups, sizes = len(counts), sorted(set(counts))
        full = (sizes[0] - 1) // size if len(sizes) > 1 else sizes[0] // size
        state = _repeated(full, lambda i, now: step(now, ops.slice(rows, (0, i * size), (groups, size))), state)
        last = [step(state, rows[:, full * size : count]) for count in sizes if count > full * size]
        if len(last) <= 1:
            return last[0] if last else state
        results = last[0]
        for count, other in zip(sizes[1:], last[1:], strict=True):
            own = np.repeat(np.array(counts) == count, self.step.sharing)
            results = [
                ops.where(own.reshape(-1, *[1] * (len(value.shape) - 1)), value, before)
                for value, before in zip(other, results, strict=True)
            ]
        return results


def _repeated(times: int, body: Any, state: list[Any]) -> list[Any]:
    """Return ``state`` after ``times`` calls of ``body(number, state)``."""
    if times == 1:
        return body(0, state)
    # A loop in the graph: tracing every turn would take seconds.
    return backend.repeated(times, body, state) if times else state
