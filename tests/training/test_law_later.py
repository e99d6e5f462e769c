"""Differences that the first training step does not show: state, weights and orders that matter later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.test_law import SEEDS, assert_same, dense, engine, one_by_one, plain, problem, settings

pytestmark = pytest.mark.keras


def sgd(net: Any) -> None:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.SGD(0.05), loss, metrics=["accuracy"])


def hidden(make: Callable[[], Any]) -> Callable[[Any], Any]:
    """Return the function of a net with the layer between two others."""

    def build(own: Any) -> Any:
        import keras
        from keras import layers

        inputs = keras.Input((64,))
        return keras.Model(inputs, layers.Dense(10)(make()(layers.Dense(16, activation="relu")(inputs))))

    return build


def annealed(own: Any) -> Any:
    import keras
    from keras import layers, ops

    class Annealed(keras.Model):
        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **more: Any) -> Any:
            share = ops.minimum(1.0, ops.cast(self.optimizer.iterations, "float32") / 10.0)
            return super().compute_loss(x, y, y_pred, *others, **more) + share * ops.mean(ops.square(y_pred))

    inputs = keras.Input((64,))
    return Annealed(inputs, layers.Dense(10)(layers.Dense(16, activation="relu")(inputs)))


def pruned() -> Any:
    from keras import layers, ops

    class Pruned(layers.Dense):
        def build(self, shape: Any) -> None:
            super().build(shape)
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

        def call(self, inputs: Any, training: bool = False) -> Any:
            if training:
                self.calls.assign(self.calls + 1.0)
                clipped = ops.clip(self.kernel, -0.05, 0.05)
                self.kernel.assign(ops.where(self.calls.value > 5.0, clipped, self.kernel.value))
            return super().call(inputs)

    return Pruned(16)


def counting() -> Any:
    from keras import layers

    class Counting(layers.Layer):
        def build(self, shape: Any) -> None:
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, inputs: Any) -> Any:
            self.calls.assign_add(1.0)
            return inputs * (1.0 + 0.02 * self.calls)

    return Counting()


def neighbours() -> Any:
    from keras import layers, ops

    class Neighbours(layers.Layer):
        def call(self, inputs: Any, training: bool = False) -> Any:
            return 0.6 * inputs + 0.4 * ops.roll(inputs, 1, axis=0) if training else inputs

    return Neighbours()


def slow_down(net: Any) -> None:
    """Compile with an optimizer whose own ``assign_sub`` makes smaller updates after the first steps."""
    import keras
    from keras import ops

    class Slower(keras.optimizers.SGD):
        def assign_sub(self, variable: Any, value: Any) -> None:
            super().assign_sub(variable, ops.where(self.iterations > 5, value * 0.1, value))

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(Slower(0.05), loss, metrics=["accuracy"])


def compiled_slower(own: Any) -> Any:
    net = dense(own)
    slow_down(net)
    return net


def trained_step(own: Any) -> Any:
    """Return a net whose training step is replaced on the object, not in its class."""
    import keras

    net = dense(own)
    net.train_step = lambda *state_and_data: keras.Model.train_step(net, *state_and_data)
    return net


CASES: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "a loss that changes with the steps": (annealed, sgd, {}, "/iteration:0, which is none"),
    "a layer that changes its weights": (hidden(pruned), sgd, {}, "changes weights that are trained"),
    "a layer that mixes samples": (hidden(neighbours), sgd, {"batch_size": 1200, "epochs": 6}, "stack"),
    "an optimizer's own assignment": (compiled_slower, lambda net: None, {}, ""),
    "a step on the object": (trained_step, sgd, {}, "its own train_step"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_comes_after_the_first_step_is_what_was_written(case: str, tmp_path: Path) -> None:
    import keras

    if case.startswith(("a loss", "an optimizer")) and keras.backend.backend() != "tensorflow":
        pytest.skip("what a variable outside holds is a constant there")
    build, compiled, over, why = CASES[case]
    own, task = settings(optimizer="sgd", learning_rate=0.05, **over), problem()
    which, outcomes = engine(build, own, task, tmp_path / "one")
    assert why in which
    alone = one_by_one(build, own, task, tmp_path / "two")
    _, history = plain(build, own, task, compiled, SEEDS[0])
    assert_same(outcomes[0], history)
    assert_same(alone[0], history)


def test_a_layer_that_counts_its_calls_begins_at_none(tmp_path: Path) -> None:
    own, task = settings(optimizer="sgd", learning_rate=0.05, epochs=1), problem()
    which, outcomes = engine(hidden(counting), own, task, tmp_path)
    assert "changes in evaluation" in which
    _, history = plain(hidden(counting), own, task, sgd, SEEDS[0])
    assert outcomes[0].history["train"]["loss"] == pytest.approx(history["loss"], rel=1e-4)


def test_a_metric_that_the_loss_updates_is_kept(tmp_path: Path) -> None:
    import keras
    from keras import layers

    class Steps(keras.Model):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)
            self.shown = keras.metrics.Mean(name="steps")

        def compute_loss(self, *arguments: Any, training: bool = True, **more: Any) -> Any:
            self.shown.update_state(self.steps)
            if training:
                self.steps.assign_add(1.0)
            return super().compute_loss(*arguments, **more)

    def build(own: Any) -> Any:
        inputs = keras.Input((64,))
        return Steps(inputs, layers.Dense(10)(inputs))

    which, outcomes = engine(build, settings(), problem(), tmp_path)
    assert which == "stack"
    assert outcomes[0].history["train"]["steps"] == [9.0, 28.0, 47.0]


def test_weights_that_begin_equal_begin_equal_in_every_run() -> None:
    import keras
    from keras import layers

    from practica.training.weights import FirstWeights

    def build(own: Any, *, copied: bool) -> Any:
        drawn = keras.initializers.GlorotUniform()
        kinds = [drawn, "random_normal"] if copied else [drawn, drawn]
        inputs = keras.Input((64,))
        one, other = (layers.Dense(12, kernel_initializer=kind) for kind in kinds)
        net = keras.Model(inputs, layers.Dense(10)(layers.Subtract()([one(inputs), other(inputs)])))
        if copied:
            other.set_weights(one.get_weights())
        return net

    for copied in (True, False):
        one, _, other, _, last, _ = FirstWeights(lambda own, copied=copied: build(own, copied=copied), settings()).of(
            [3, 4]
        )
        assert np.array_equal(one, other)
        assert not np.array_equal(one[0], one[1])
        assert not np.array_equal(last[0], last[1])


@pytest.mark.parametrize("how", ["variable", "draw"])
def test_what_no_checkpoint_keeps_stops_the_run(how: str, tmp_path: Path) -> None:
    import keras
    from keras import layers

    from practica.errors import InputError

    if keras.backend.backend() != "tensorflow":
        pytest.skip("JAX has no such state")
    import tensorflow as tf

    class Outside(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.count = tf.Variable(0.0, trainable=False)

        def call(self, inputs: Any, training: bool = False) -> Any:
            if training and how == "draw":
                return inputs + tf.random.normal(tf.shape(inputs))
            if training:
                self.count.assign_add(1.0)
            return inputs * (1.0 + self.count)

    with pytest.raises(InputError, match="TensorFlow's RandomStandardNormal" if how == "draw" else "the variable"):
        one_by_one(hidden(Outside), settings(), problem(), tmp_path)
