"""A run trains exactly what was written: nets, weights and recipes of every kind, compared with plain Keras."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.keras

SEEDS = (0, 5)
SETTINGS = {"epochs": 3, "batch_size": 64, "optimizer": "adam", "learning_rate": 0.01}


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y.astype(np.int64)


def problem(task: Any = None, **more: Any) -> Any:
    from practica.exercises.problem import MULTICLASS, Problem, Samples

    x, y = digits()
    train, validation = Samples(x, y, np.arange(1200)), Samples(x, y, np.arange(1200, 1500))
    return Problem(task or MULTICLASS, train, validation, **more)


def settings(**over: Any) -> Any:
    from practica.exercises.problem import Settings

    return Settings({**SETTINGS, **over})


def stacked(build: Callable[..., Any], own: Any, task: Any, folder: Path) -> list[Any]:
    from practica.training.checkpoint import Checkpoints
    from practica.training.stack import Stack

    names = [str(seed) for seed in SEEDS]
    checkpoint = Checkpoints(folder, "key").of_stack(1)
    return Stack(build, own, task).fit([task] * len(SEEDS), SEEDS, names, checkpoint)


def one_by_one(build: Callable[..., Any], own: Any, task: Any, folder: Path) -> list[Any]:
    from practica.training.checkpoint import Checkpoints
    from practica.training.fit import Trainer

    trainer = Trainer(build, own)
    return [trainer.fit(task, seed, Checkpoints(folder, "key").of(seed, None)) for seed in SEEDS]


def engine(build: Callable[..., Any], own: Any, task: Any, folder: Path) -> tuple[str, list[Any]]:
    """Train as a block is trained: together if possible, else one by one."""
    from practica.training.agreement import NotStackable

    try:
        return "stack", stacked(build, own, task, folder)
    except NotStackable as reason:
        return str(reason), one_by_one(build, own, task, folder)


def plain(build: Callable[..., Any], own: Any, task: Any, compiled: Callable[[Any], None], seed: int) -> Any:
    """Train with plain Keras, from the same first weights and in the same order of samples."""
    from practica.seeds import epoch_order
    from practica.training.weights import FirstWeights

    first = FirstWeights(build, own, lambda: task.train.x[:2])
    net = first.again()
    net.set_weights([weights[0] for weights in first.of([seed])])
    compiled(net)
    history: dict[str, list[float]] = {}
    for epoch in range(own.epochs):
        order = epoch_order(seed, epoch, len(task.train))
        x, y = task.train.x[order], task.train.y[order]
        logs = net.fit(
            x,
            y,
            batch_size=own.batch_size,
            shuffle=False,
            verbose=0,
            validation_data=(task.validation.x, task.validation.y),
        ).history
        for name, values in logs.items():
            history.setdefault(name, []).extend(values)
    return net, history


def compiled_with(make: Callable[[], Any]) -> Callable[[Any], None]:
    """Return a function that compiles a model with an optimizer, as a person would."""
    import keras

    def compiled(net: Any) -> None:
        net.compile(make(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])

    return compiled


def assert_same(outcome: Any, history: dict[str, list[float]], tolerance: float = 2e-4) -> None:
    import keras

    for part, prefix in (("train", ""), ("validation", "val_")):
        for metric in ("loss", "accuracy"):
            mine, theirs = outcome.history[part][metric], history[f"{prefix}{metric}"]
            # XLA rounds differently in another graph: one sample of 300 at the boundary may fall on either side.
            near = 1.1 / 300 if metric == "accuracy" and keras.backend.backend() == "jax" else tolerance
            assert mine == pytest.approx(theirs, rel=tolerance, abs=near), (part, metric)


def dense(own: Any) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((64,))
    return keras.Model(inputs, layers.Dense(10)(layers.Dense(32, activation="relu")(inputs)))


def with_operation(own: Any) -> Any:
    import keras
    from keras import layers, ops

    inputs = keras.Input((64,))
    return keras.Model(inputs, layers.Dense(10)(ops.zeros_like(layers.Dense(32)(inputs))))


def with_own_layer(own: Any) -> Any:
    import keras
    from keras import layers

    class Nothing(layers.Dense):
        def call(self, inputs: Any, training: bool | None = None) -> Any:
            return super().call(inputs) * 0.0

    inputs = keras.Input((64,))
    return keras.Model(inputs, layers.Dense(10)(Nothing(32)(inputs)))


def residual(own: Any) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((64,))
    x = layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L1L2(1e-4, 1e-3))(inputs)
    h = layers.LayerNormalization()(layers.Dense(32, activation="gelu", bias_constraint="non_neg")(x))
    x = (x + h)[:, :24] * 0.5
    return keras.Model(inputs, layers.Dense(10, activity_regularizer=keras.regularizers.L2(1e-3))(x))


def embedded(own: Any) -> Any:
    import keras
    from keras import layers, ops

    inputs = keras.Input((64,))
    x = layers.Embedding(17, 2)(ops.cast(ops.round(inputs * 16), "int32"))
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))


def subclassed(own: Any) -> Any:
    import keras
    from keras import layers

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.out = layers.Dense(20, activation="relu"), layers.Dense(10)

        def call(self, inputs: Any) -> Any:
            return self.out(self.hidden(inputs) * 2.0)

    return Own()


def shared_and_two_branches(own: Any) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((64,))
    twice = layers.Dense(64, activation="tanh")
    x = layers.Maximum()([twice(inputs), twice(twice(inputs))])
    return keras.Model(inputs, layers.Dense(10)(layers.BatchNormalization(renorm=False, scale=False)(x)))


NETS = [dense, with_operation, with_own_layer, residual, embedded, subclassed, shared_and_two_branches]


@pytest.mark.parametrize("build", NETS, ids=lambda build: build.__name__)
def test_the_net_is_the_one_that_was_written(build: Any, tmp_path: Path) -> None:
    import keras

    own, task = settings(), problem()
    which, outcomes = engine(build, own, task, tmp_path / "one")
    sparse = build is embedded and keras.backend.backend() == "tensorflow"
    assert ("sparse" in which) if sparse else which == "stack"
    alone = one_by_one(build, own, task, tmp_path / "other")
    for seed, outcome, other in zip(SEEDS, outcomes, alone, strict=True):
        _, history = plain(build, own, task, compiled_with(lambda: keras.optimizers.Adam(0.01)), seed)
        assert_same(outcome, history)
        assert_same(other, history)
        if build in (with_operation, with_own_layer):
            assert outcome.metrics["validation"]["accuracy"] < 0.2


RECIPES: dict[str, dict[str, Any]] = {
    "adamw": {"optimizer": {"name": "AdamW", "weight_decay": 5.0}},
    "clipnorm": {"optimizer": {"name": "sgd", "clipnorm": 1e-9}, "learning_rate": 0.1},
    "global_clipnorm": {"optimizer": {"name": "adam", "global_clipnorm": 1e-4}},
    "rmsprop": {"optimizer": {"name": "RMSprop", "momentum": 0.5, "centered": True}},
    "nesterov": {"optimizer": {"name": "SGD", "momentum": 0.9, "nesterov": True}, "learning_rate": 0.05},
    "amsgrad": {"optimizer": {"name": "adam", "amsgrad": True, "weight_decay": 0.01, "clipvalue": 1e-3}},
    "momentum": {"optimizer": {"name": "SGD", "momentum": 0.5}, "learning_rate": 0.05},
    "adagrad": {"optimizer": "adagrad"},
    "adadelta": {"optimizer": "Adadelta", "learning_rate": 1.0},
    "adamax": {"optimizer": "adamax"},
    "nadam": {"optimizer": "nadam"},
    "lion": {"optimizer": "lion", "learning_rate": 0.001},
    "ftrl": {"optimizer": {"name": "ftrl", "l2_shrinkage_regularization_strength": 0.01}, "learning_rate": 0.1},
    "lamb": {"optimizer": "lamb"},
    "muon": {"optimizer": "Muon"},
    # With Keras' own epsilon, pixels that are always 0 give 0 / 0 on processors that flush the smallest numbers to 0.
    "adafactor": {"optimizer": {"name": "Adafactor", "epsilon_1": 1e-20}},
    "cosine": {"schedule": {"name": "CosineDecay", "decay_steps": 20}},
    "warm": {"schedule": {"name": "cosine_decay", "warmup_epochs": 1}},
    "pieces": {"schedule": {"name": "PiecewiseConstantDecay", "boundary_epochs": [1], "values": [0.01, 1e-3]}},
    "ema": {"optimizer": {"name": "adam", "use_ema": True, "ema_momentum": 0.9}},
    "accumulate": {"optimizer": {"name": "adam", "gradient_accumulation_steps": 2}},
}


def by_hand(name: str) -> Any:
    from keras import optimizers
    from keras.optimizers import schedules

    return {
        "adamw": lambda: optimizers.AdamW(0.01, weight_decay=5.0),
        "clipnorm": lambda: optimizers.SGD(0.1, clipnorm=1e-9),
        "global_clipnorm": lambda: optimizers.Adam(0.01, global_clipnorm=1e-4),
        "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        "nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True, weight_decay=0.01, clipvalue=1e-3),
        "momentum": lambda: optimizers.SGD(0.05, momentum=0.5),
        "adagrad": lambda: optimizers.Adagrad(0.01),
        "adadelta": lambda: optimizers.Adadelta(1.0),
        "adamax": lambda: optimizers.Adamax(0.01),
        "nadam": lambda: optimizers.Nadam(0.01),
        "lion": lambda: optimizers.Lion(0.001),
        "ftrl": lambda: optimizers.Ftrl(0.1, l2_shrinkage_regularization_strength=0.01),
        "lamb": lambda: optimizers.Lamb(0.01),
        "muon": lambda: optimizers.Muon(0.01),
        "adafactor": lambda: optimizers.Adafactor(0.01, epsilon_1=1e-20),
        "cosine": lambda: optimizers.Adam(schedules.CosineDecay(0.01, 20)),
        "warm": lambda: optimizers.Adam(schedules.CosineDecay(0.0, 38, warmup_target=0.01, warmup_steps=19)),
        "pieces": lambda: optimizers.Adam(schedules.PiecewiseConstantDecay([19], [0.01, 1e-3])),
        "ema": lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
        "accumulate": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=2),
    }[name]


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipe_is_the_one_that_was_written(name: str, tmp_path: Path) -> None:
    import keras

    if name in ("ema", "adafactor") and keras.backend.backend() == "jax":
        pytest.skip("Keras' own fit ends in an error there when it is called again, or without a number")
    own, task = settings(**RECIPES[name]), problem()
    which, outcomes = engine(dense, own, task, tmp_path / "one")
    own_update = name == "nadam"  # which TensorFlow's optimizers override, so that it is trained run by run
    assert which == "stack" or own_update or name in ("ema", "accumulate", "adafactor")
    alone = one_by_one(dense, own, task, tmp_path / "other")
    _, history = plain(dense, own, task, compiled_with(by_hand(name)), SEEDS[0])
    if name == "ema":  # fit ends with the averages, and the next epoch of this plain loop would start from them
        history = {metric: values[:1] for metric, values in history.items()}
        for outcome in (*outcomes, *alone):
            for part in outcome.history.values():
                part.update({metric: values[:1] for metric, values in part.items()})
    assert_same(outcomes[0], history)
    assert_same(alone[0], history)


@pytest.mark.parametrize("how", ["compile", "compiled", "compute_loss", "train_step"])
def test_a_model_that_trains_in_its_own_way_does_so(how: str, tmp_path: Path) -> None:
    import keras
    from keras import layers, ops

    crossentropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    class Own(keras.Model):
        if how == "compile":

            def compile(self, optimizer: Any = None, **options: Any) -> None:
                super().compile(keras.optimizers.AdamW(0.01, weight_decay=5.0), **options)

        if how == "compute_loss":

            def compute_loss(
                self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
            ) -> Any:
                return super().compute_loss(x, y, y_pred, sample_weight) * 0.25 + ops.mean(ops.square(y_pred))

        if how == "train_step":

            def train_step(self, *state_and_data: Any) -> Any:
                *state, data = state_and_data  # with JAX there is a state before the data
                return super().train_step(*state, (data[0] * 0.5, data[1]))

    def build(own: Any) -> Any:
        inputs = keras.Input((64,))
        net = Own(inputs, layers.Dense(10)(layers.Dense(16, activation="relu")(inputs)))
        if how == "compiled":
            net.compile(keras.optimizers.RMSprop(0.02), crossentropy, metrics=["accuracy"])
        return net

    own, task = settings(), problem()
    which, outcomes = engine(build, own, task, tmp_path)
    assert ("train_step" in which) if how == "train_step" else which == "stack"

    def compiled(net: Any) -> None:
        if how != "compiled":
            net.compile(keras.optimizers.Adam(0.01), loss=crossentropy, metrics=["accuracy"])

    _, history = plain(build, own, task, compiled, SEEDS[0])
    assert_same(outcomes[0], history)


def test_weights_that_a_model_function_sets_stay_to_the_bit(tmp_path: Path) -> None:
    import keras
    from keras import layers

    loaded = np.random.default_rng(7).normal(size=(64, 12)).astype(np.float32)
    started: list[np.ndarray] = []

    def build(own: Any) -> Any:
        inputs = keras.Input((64,))
        frozen, warm = layers.Dense(12, trainable=False), layers.Dense(12)
        seeded = layers.Dense(12, kernel_initializer=keras.initializers.GlorotUniform(seed=3))
        x = layers.Concatenate()([frozen(inputs), warm(inputs), seeded(inputs)])
        net = keras.Model(inputs, layers.Dense(10)(x))
        frozen.set_weights([np.zeros_like(loaded), np.ones(12)])
        warm.set_weights([loaded, np.zeros(12)])
        return net

    from practica.training.fit import Trainer
    from practica.training.weights import FirstWeights

    own, task = settings(), problem()
    first = FirstWeights(build, own).of([0, 1, 2])
    named = {weight.path: values for weight, values in zip(FirstWeights(build, own).net.weights, first, strict=True)}
    started = list(named.values())
    assert all(np.array_equal(started[place], np.repeat(started[place][:1], 3, axis=0)) for place in range(6))
    assert np.array_equal(started[2][1], loaded)
    assert len({values.tobytes() for values in started[6]}) == 3, "what is drawn differs from seed to seed"

    which, outcomes = engine(build, own, task, tmp_path / "one")
    assert which == "stack"
    alone = one_by_one(build, own, task, tmp_path / "two")
    _, history = plain(build, own, task, compiled_with(lambda: keras.optimizers.Adam(0.01)), SEEDS[0])
    assert_same(outcomes[0], history)
    assert_same(alone[0], history)
    trainer = Trainer(build, own)
    trainer._start(task, 4)
    before = trainer._net.get_weights()
    assert not before[0].any() and np.array_equal(before[2], loaded)


def test_weights_that_are_random_in_a_way_of_their_own_are_a_function_of_the_seed() -> None:
    import keras
    from keras import layers

    from practica.training.weights import FirstWeights

    def build(own: Any) -> Any:
        inputs = keras.Input((64,))
        scaled = layers.Dense(12)
        net = keras.Model(inputs, layers.Dense(10)(scaled(inputs)))
        scaled.set_weights([scaled.kernel.numpy() * 3.0, np.random.normal(size=12)])
        return net

    first, again = (FirstWeights(build, settings()).of([3, 4]) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(first[0][0], first[0][1])
    assert not np.array_equal(first[1][0], first[1][1])


def test_a_layer_that_draws_from_the_global_generator_is_not_stacked(tmp_path: Path) -> None:
    import keras
    from keras import layers

    if keras.backend.backend() == "jax":
        pytest.skip("Keras refuses such a layer there")

    class Noisy(layers.Layer):
        def call(self, inputs: Any, training: bool | None = None) -> Any:
            return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs)) if training else inputs

    def build(own: Any) -> Any:
        inputs = keras.Input((64,))
        return keras.Model(inputs, layers.Dense(10)(Noisy()(inputs)))

    which, outcomes = engine(build, settings(), problem(), tmp_path / "one")
    assert "without a SeedGenerator" in which
    again = one_by_one(build, settings(), problem(), tmp_path / "two")
    assert outcomes[0].history == again[0].history


def test_a_step_that_is_not_keras_own_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change what the mapped step computes: the check before a stack's first epoch must notice."""
    from practica.training import keras_internals
    from practica.training.agreement import NotStackable

    whole = keras_internals.stateless_loss

    def less(*arguments: Any, training: bool) -> Any:
        loss, *others = whole(*arguments, training=training)
        return (loss * 1.001 if training else loss), *others

    monkeypatch.setattr(keras_internals, "stateless_loss", less)
    with pytest.raises(NotStackable, match="differ from those of Keras' own"):
        stacked(dense, settings(), problem(), tmp_path)


def test_class_weights_and_smoothed_labels_are_those_of_keras(tmp_path: Path) -> None:
    import keras

    weights = [1.0, 5.0, 0.2, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]
    own, task = settings(class_weight=weights, epochs=1), problem()
    which, outcomes = engine(dense, own, task, tmp_path / "one")
    assert which == "stack"
    alone = one_by_one(dense, own, task, tmp_path / "two")
    from practica.seeds import epoch_order
    from practica.training.weights import FirstWeights

    first = FirstWeights(dense, own)
    net = first.again()
    net.set_weights([each[0] for each in first.of([SEEDS[0]])])
    compiled_with(lambda: keras.optimizers.Adam(0.01))(net)
    order = epoch_order(SEEDS[0], 0, len(task.train))
    logs = net.fit(
        task.train.x[order],
        task.train.y[order],
        batch_size=64,
        shuffle=False,
        verbose=0,
        class_weight=dict(enumerate(weights)),
    ).history
    for outcome in (outcomes[0], alone[0]):
        assert outcome.history["train"]["loss"] == pytest.approx(logs["loss"], rel=1e-4)

    from practica.training.recipe import loss

    smoothed = loss(task.task, settings(label_smoothing=0.1))
    x, y = digits()
    logits = x[:20, 20:30] * 3
    whole = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert float(smoothed(y[:20], logits)) == pytest.approx(float(whole(np.eye(10)[y[:20]], logits)), rel=1e-5)


def test_metrics_by_name_are_those_of_probabilities(tmp_path: Path) -> None:
    import keras

    own, task = (
        settings(metrics=["AUC", {"name": "SparseTopKCategoricalAccuracy", "k": 3}, "f1_score"], epochs=2),
        problem(),
    )
    which, outcomes = engine(dense, own, task, tmp_path / "one")
    assert which == "stack"
    alone = one_by_one(dense, own, task, tmp_path / "two")
    for name in ("auc", "sparse_top_k_categorical_accuracy", "f1_score"):
        for part in ("train", "validation"):
            assert outcomes[1].history[part][name] == pytest.approx(alone[1].history[part][name], abs=1e-4)
    assert 0.9 < outcomes[0].metrics["validation"]["sparse_top_k_categorical_accuracy"] <= 1
    net, _ = plain(dense, settings(epochs=2), task, compiled_with(lambda: keras.optimizers.Adam(0.01)), SEEDS[0])
    from sklearn.metrics import f1_score

    right, outputs = task.validation.y, net.predict(task.validation.x, verbose=0)
    expected = np.mean(f1_score(right, outputs.argmax(axis=1), average=None))
    assert outcomes[0].metrics["validation"]["f1_score"] == pytest.approx(expected, abs=0.02)
    area = keras.metrics.AUC()
    area.update_state(np.eye(10)[right], keras.ops.softmax(outputs))
    assert outcomes[0].metrics["validation"]["auc"] == pytest.approx(float(area.result()), abs=1e-4)


@pytest.mark.parametrize(
    ("loss", "accuracy", "link"),
    [
        ("categorical_crossentropy", "onehot", "softmax"),
        ("binary_crossentropy", None, "sigmoid"),  # several labels at once
        ({"name": "categorical_crossentropy", "from_logits": False}, "onehot", None),
        ("mse", "onehot", None),
        ("squared_hinge", "class", "softmax"),
    ],
)
def test_metrics_are_shown_probabilities_where_the_loss_takes_logits(loss: Any, accuracy: Any, link: Any) -> None:
    from keras import ops

    from practica.exercises.problem import Task
    from practica.training.metrics import link_of
    from practica.training.recipe import loss as loss_of

    task = Task(loss, accuracy, ("loss", "min"))
    assert link_of(task, loss_of(task, settings())) is (getattr(ops, link) if link else None)


def test_a_run_that_grew_beyond_its_untrained_net_has_diverged(tmp_path: Path) -> None:
    from practica.errors import DivergedError
    from practica.exercises.problem import REGRESSION

    def regression() -> Any:
        task = problem(REGRESSION)
        x, _ = digits()
        from practica.exercises.problem import Problem, Samples

        y = x[:, 20:21]
        return Problem(REGRESSION, Samples(x, y, task.train.rows), Samples(x, y, task.validation.rows))

    def build(own: Any) -> Any:
        import keras
        from keras import layers

        inputs = keras.Input((64,))
        return keras.Model(inputs, layers.Dense(1)(layers.Dense(5, activation="tanh")(inputs)))

    for train in (stacked, one_by_one):
        with pytest.raises(DivergedError, match="the loss grew from 0"):
            train(build, settings(learning_rate=1e10), regression(), tmp_path / train.__name__)


@pytest.mark.parametrize("recipe", [{}, {"schedule": "CosineDecay"}, {"schedule": "CosineDecayRestarts"}], ids=str)
def test_a_whole_learning_rate_is_the_same_with_a_point(recipe: dict[str, Any]) -> None:
    from practica.exercises.problem import Settings
    from practica.training.recipe import optimizer

    if recipe.get("schedule") == "CosineDecayRestarts":
        recipe = {"schedule": {"name": "CosineDecayRestarts", "first_decay_steps": 5}}
    rates = []
    for rate in (1, 1.0):
        made = optimizer(Settings({"learning_rate": rate, "epochs": 3, **recipe}, ""), 5)
        made.build([])
        made.iterations.assign(3)
        rates.append(float(made.learning_rate.numpy()))
    assert rates[0] == rates[1]
