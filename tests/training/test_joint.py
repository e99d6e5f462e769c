"""The optimizer that serves all replicas at once: which optimizers can, and which check notices the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.test_law import SEEDS, assert_same, plain, problem, settings, stacked

pytestmark = pytest.mark.keras


def net(optimizer: Any = None, constraint: str | None = None, unused: bool = False) -> Callable[[Any], Any]:
    """Return a model function whose model compiles itself with a new optimizer, if one is given."""

    def build(own: Any) -> Any:
        import keras
        from keras import layers

        inputs = keras.Input((64,))
        x = layers.Dense(16, activation="relu", bias_constraint=constraint)(inputs)
        if unused:
            x = layers.Concatenate()([x, keras.ops.stop_gradient(layers.Dense(4)(inputs))])
        model = keras.Model(inputs, layers.Dense(10)(x))
        if optimizer:
            compile_net(optimizer)(model)
        return model

    return build


def compile_net(optimizer: Any) -> Callable[[Any], None]:
    import keras

    def compiled(model: Any) -> None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer(), loss, metrics=["accuracy"])

    return compiled


def adamw(*exempt: str) -> Any:
    import keras

    optimizer = keras.optimizers.AdamW(0.01, weight_decay=5.0)
    if exempt:
        optimizer.exclude_from_weight_decay(var_names=list(exempt))
    return optimizer


def step_of(build: Callable[[Any], Any], **recipe: Any) -> Any:
    from practica.training.stack import Stack

    task = problem()
    loop, _ = Stack(build, settings(**recipe), task)._loop([task] * len(SEEDS), SEEDS)
    return loop.step


@pytest.mark.parametrize(
    ("recipe", "joint"),
    [
        ({}, True),
        ({"optimizer": {"name": "adam", "clipvalue": 0.1}}, True),
        ({"schedule": {"name": "OneCycle"}}, True),
        ({"optimizer": {"name": "adam", "clipnorm": 0.1}}, False),
        ({"optimizer": {"name": "adam", "global_clipnorm": 0.1}}, False),
        ({"optimizer": "lamb"}, False),
        ({"optimizer": "muon"}, False),
    ],
    ids=str,
)
def test_what_is_elementwise_serves_all_replicas_at_once(recipe: dict[str, Any], joint: bool) -> None:
    assert bool(step_of(net(), **recipe).joint) is joint


def test_nothing_but_the_optimizer_may_change_a_weight() -> None:
    import keras

    class Own(keras.optimizers.Adam):
        pass

    assert step_of(net(lambda: keras.optimizers.Adam(0.01))).joint
    assert not step_of(net(lambda: Own(0.01))).joint
    assert not step_of(net(constraint="non_neg")).joint
    assert step_of(net(adamw)).joint
    assert not step_of(net(lambda: adamw("bias"))).joint


@pytest.mark.parametrize("exempt", [(), ("bias",)])
def test_decay_leaves_alone_what_has_no_gradient_or_is_exempt(exempt: tuple[str, ...], tmp_path: Path) -> None:
    build, own, task = net(lambda: adamw(*exempt), unused=True), settings(), problem()
    outcomes = stacked(build, own, task, tmp_path)
    _, history = plain(build, own, task, compile_net(lambda: adamw(*exempt)), SEEDS[0])
    assert_same(outcomes[0], history)


def test_an_optimizer_that_is_not_elementwise_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.training import joint
    from practica.training.agreement import NotStackable

    monkeypatch.setattr(joint, "ELEMENTWISE", (keras.optimizers.Lamb,))
    with pytest.raises(NotStackable, match="weights of its first step differ"):
        step_of(net(), optimizer="lamb")


@pytest.mark.parametrize("place", range(4), ids=["step", "rate", "momentum", "velocity"])
def test_another_state_after_the_first_step_is_noticed(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.training.agreement import NotStackable
    from practica.training.joint import Joint

    apply = Joint.apply

    def wrong(self: Joint, *arguments: Any) -> Any:
        weights, state = apply(self, *arguments)
        return weights, [value * 2 if number == place else value for number, value in enumerate(state)]

    monkeypatch.setattr(Joint, "apply", wrong)
    with pytest.raises(NotStackable, match="moments of its first step differ"):
        step_of(net())


def test_the_moments_of_a_used_optimizer_are_taken_over() -> None:
    import keras

    from practica import backend
    from practica.training.joint import Joint

    model = net(lambda: keras.optimizers.RMSprop(0.02, momentum=0.5, centered=True))(None)
    model.optimizer.build(model.trainable_variables)
    drawn = np.random.default_rng(1)
    for variable in model.optimizer.variables[1:]:
        variable.assign(drawn.normal(size=tuple(variable.shape)).astype(np.float32))
    rate, *moments = [backend.value(variable) for variable in model.optimizer.variables[1:]]
    step, own_rate, *state = Joint(model, 3).state_of(model.optimizer)
    assert (step, own_rate) == (0, rate)
    count = len(model.trainable_variables)
    expected = [np.concatenate([m.ravel() for m in moments[i : i + count]]) for i in range(0, 3 * count, count)]
    assert len(state) == 3
    assert all(np.array_equal(one, other) for one, other in zip(state, expected, strict=True))
