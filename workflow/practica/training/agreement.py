"""Compare the step that replicas share with Keras' own, before any training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.seeds import epoch_order, random_states
from practica.training import graphs, keras_internals
from practica.training.checkpoint import State
from practica.training.fit import predict_with
from practica.training.loop import Loop

TOLERANCE = 1e-5
ROUNDING = 2.0**-22
"""Relative change of the weights that shows the effect of rounding alone."""


class NotStackable(Exception):  # noqa: N818
    """The runs of a block cannot be trained together; the message says why."""


def first_loss_if_equal(loop: Loop, model: keras.Model, batch: int, replica: int = 0) -> float:
    """Return a replica's loss before training, if outputs, metrics and first step agree with Keras' own model.

    ``model`` is another model from the replica's function, compiled in the same way. If rounding alone moves its
    weights by more than the tolerance (Adam enlarges a gradient that is zero except for rounding), ten times that much
    is allowed.

    Raises:
        NotStackable: a value ``v`` differs by more than ``1e-5 * (1 + |v|)`` or is not a number, or the net uses random
            numbers or variables that replicas would share.
    """
    step = loop.step
    rows, parts, state, stacked = _first_step(loop, batch)
    group = loop.group(replica)
    own = loop.inputs(loop.store.x, rows[group : group + 1])[0]
    alone = [ops.convert_to_tensor(own), *(part[group] for part in parts[1:])]
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    start = [ops.convert_to_numpy(value)[replica] for value in state[: len(variables)]]

    def after_one_step(scale: float) -> tuple[State, State]:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value * scale if value.dtype.kind == "f" else value)
        keras_internals.one_step(model, *alone, *[None] * (3 - len(alone)))
        return [backend.value(variable) for variable in variables], step.optimizer_state(model.optimizer)

    for variable, value in zip(variables, start, strict=True):
        variable.assign(value)
    _, outputs = step.evaluate(state[: step.weights], state[step.metrics :], parts[:2])
    _compare("outputs", outputs[replica], predict_with(model, alone[0]), 0.0)
    drawn = backend.value(keras_internals.global_seed_generator().state)
    keras_internals.build_metrics(model, *alone, *[None] * (3 - len(alone)))
    fresh = [backend.value(variable) for variable in model.optimizer.variables]
    expected, optimizer = after_one_step(1.0)
    if not np.array_equal(drawn, backend.value(keras_internals.global_seed_generator().state)):
        raise NotStackable("a layer draws random numbers without a SeedGenerator of its own")
    if used := [*graphs.used_besides(step.train), *graphs.used_besides(step.evaluate)]:
        raise NotStackable(f"its step uses {used[0]}, which is none of the net's own variables")
    loss = {name: float(value) for name, value in model.get_metrics_result().items()}
    for name, value in zip(step.names, step.results(stacked[step.metrics :]), strict=True):
        _compare(name, value[replica], np.array(loss[name]), 0.0)
    for variable, value in zip(model.optimizer.variables, fresh, strict=True):
        variable.assign(value)
    shaken, shaken_optimizer = after_one_step(1.0 + ROUNDING)
    for place, (value, other) in enumerate(zip(expected, shaken, strict=True)):
        if value.dtype.kind == "f":
            moved = np.abs((other - value) - start[place] * ROUNDING)
            _compare("weights", ops.convert_to_numpy(stacked[place])[replica], value, 10 * moved)
    if step.joint:
        # After one step of Adam, the weights reveal little more of a moment than its sign.
        states = stacked[step.weights : step.metrics]
        for state, value, other in zip(states, optimizer, shaken_optimizer, strict=True):
            scale = np.max(np.abs(value)) or 1.0
            moment = ops.convert_to_numpy(state)[replica]
            _compare("optimizer's moments", moment / scale, value / scale, 10 * np.abs(other - value) / scale)
    return loss["loss"]


def first_losses(loop: Loop, batch: int) -> np.ndarray:
    """Return the loss ``(replicas,)`` before training, of each replica on its first batch."""
    stacked = _first_step(loop, batch)[-1]
    losses = loop.step.results(stacked[loop.step.metrics :])[loop.step.names.index("loss")]
    return np.asarray(ops.convert_to_numpy(losses))


def _first_step(loop: Loop, batch: int) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Return rows and arrays of the groups' first batches, the replicas' state before their first step, and after."""
    step = loop.step
    rows = loop.order(0)[:, : min(batch, *loop.store.parts["train"].counts)]
    parts = loop.batch(rows)
    states = np.stack([random_states(each, 0, len(step.generators)) for each in loop.seeds])
    state = loop.live()
    state = [*loop.reseeded(state[: step.metrics], states), *state[step.metrics :]]
    return rows, parts, state, step.train(state, parts)


def depends_on_order(loop: Loop) -> bool:
    """Return whether the loss or a metric of one batch with all samples depends on the order of the samples."""
    step, rows = loop.step, loop.store.parts["train"].rows[:, : min(loop.store.parts["train"].counts)]
    measured = [
        step.results(step.train(loop.live(), loop.batch(each))[step.metrics :])
        for each in (rows, rows[:, epoch_order(0, 0, rows.shape[1])])
    ]
    pairs = [[np.asarray(ops.convert_to_numpy(value)) for value in pair] for pair in zip(*measured, strict=True)]
    return not all(np.allclose(one, other, TOLERANCE, TOLERANCE, equal_nan=True) for one, other in pairs)


def _compare(what: str, value: Any, expected: Any, more: Any) -> None:
    value, expected = (np.asarray(ops.convert_to_numpy(each), dtype=np.float64) for each in (value, expected))
    if value.shape != expected.shape:
        raise NotStackable(f"the {what} of many runs at once have another shape than those of one")
    difference = np.abs(value - expected)
    if np.any(np.isnan(value)) or np.any(np.isnan(expected)):
        # Run eagerly, Keras' step may overflow where the one that ``fit`` compiles does not: it rounds differently.
        raise NotStackable(f"the {what} of its first step are no numbers")
    if np.any(difference > TOLERANCE * (1.0 + np.abs(expected)) + more):
        raise NotStackable(f"the {what} of its first step differ from those of Keras' own by {np.max(difference):.1g}")
