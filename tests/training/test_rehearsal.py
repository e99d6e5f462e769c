"""The rehearsal: what cannot be trained is told in one sentence, and what can be is not refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from practica.errors import InputError
from training import made_up

pytestmark = pytest.mark.keras

RECIPE = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 20, "epochs": 2}
OFFICIAL = {**RECIPE, "validation_fraction": 0.25, "units": [8]}
NORMALISED = {**OFFICIAL, "bn_momentum": 0.9}
WORDS = {**OFFICIAL, "words": 40, "embedding_dim": 4, "dropout": 0.3}
ALTERED = {**OFFICIAL, "shift": 0.1, "rotation": 0.03, "dropout": 0.3}
FOLDS = {**RECIPE, "folds": 3, "units": [4], "l2": 0.01, "correct_zeros": True}
TOP = "SparseTopKCategoricalAccuracy"
RNG = np.random.default_rng(0)


def walks(length: int = 16, classes: int = 3) -> dict[str, np.ndarray]:
    labels = np.arange(200) % classes
    x = RNG.integers(-16, 17, (200, length), np.int8)
    return {"x_train": x, "y_train": labels, "x_test": x[:50], "y_test": labels[:50]}


def points() -> dict[str, np.ndarray]:
    return {"x": RNG.random((60, 2)), "y": np.arange(60) % 2}


def block(exercise: str, model: str, settings: dict[str, Any], without: str = "", **more: Any) -> Block:
    given = {name: value for name, value in {**settings, **more}.items() if name != without}
    return Block(exercise, model, (2, 5), model, "walks", given)


def dense(without: str = "", **more: Any) -> Block:
    return block("steps", "dense", OFFICIAL, without, **more)


@pytest.fixture(autouse=True)
def made_up_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises

    load = exercises.load
    monkeypatch.setattr(exercises, "load", lambda name: made_up if name == made_up.NAME else load(name))


POSSIBLE = {
    "a convolution": (block("steps", "conv", OFFICIAL), walks()),
    "a few of them": (dense(train_samples=60, test_samples=1, batch_size=1), walks()),
    "words": (block("made_up", "words", WORDS), walks()),
    "altered images": (block("made_up", "images", ALTERED), walks()),
    "moving averages": (block("made_up", "normalised", NORMALISED), walks()),
    "folds": (block("moons", "dense", FOLDS), points()),
    "no folds": (block("moons", "dense", FOLDS, "folds", validation_fraction=0.2), points()),
    "a class for each": (dense(class_weight=[1.0] * 3, metrics=["AUC"]), walks()),
    "rates of one kind": (
        dense(
            learning_rate=1.0,
            schedule={"name": "PiecewiseConstantDecay", "boundary_epochs": [1], "values": [1, 0.1]},
        ),
        walks(),
    ),
    "by hand": (block("moons", "dense_numpy", FOLDS), points()),
}
IMPOSSIBLE = {
    "folds above rows": (block("moons", "dense", FOLDS, folds=61), points(), "n_splits=61"),
    "no validation": (
        block("moons", "dense", FOLDS, "folds", validation_fraction=1e-7),
        points(),
        "cannot draw 1e-07 of 60 samples",
    ),
    "another shape": (dense(), walks(12), "expected shape=(None, 16)"),
    "more classes": (
        dense(),
        walks(classes=4),
        "classes 0 to 2, but the data have class 3",
    ),
    "a walk too short": (block("steps", "conv", OFFICIAL, units=[2] * 8), walks(), "its net cannot be trained"),
    "a setting of the net": (block("made_up", "normalised", OFFICIAL), walks(), "'bn_momentum' is missing"),
    "a setting of the data": (
        dense("validation_fraction"),
        walks(),
        "'validation_fraction' is missing",
    ),
    "a setting of the recipe": (dense("learning_rate"), walks(), "is missing"),
    "the epochs": (dense("epochs"), walks(), "'epochs' is missing"),
    "other arrays": (dense(), points(), "KeyError: 'x_train'"),
    "too few for every class": (dense(train_samples=3), walks(), "raise train_samples"),
    "a loss of another shape": (
        dense(loss="CategoricalCrossentropy"),
        walks(),
        "must have the same rank",
    ),
    "an option": (dense(optimizer={"name": "SGD", "momentum": 3.0}), walks(), "momentum"),
    "too few class weights": (dense(class_weight=[1.0, 2.0]), walks(), "class_weight: 2"),
    "a loss that is none": (
        dense(loss="cross_entropy"),
        walks(),
        "Keras has no loss 'cross_en",
    ),
    "no probabilities": (
        dense(loss={"name": "SparseCategoricalCrossentropy", "from_logits": False}),
        walks(),
        "its loss takes probabilities, and its outputs are none",
    ),
    "text for yes or no": (
        dense(optimizer={"name": "SGD", "nesterov": "never"}),
        walks(),
        "nesterov is true or false, and not 'never'",
    ),
    "clipping of nothing": (
        dense(optimizer={"name": "SGD", "clipnorm": -1}),
        walks(),
        "clipnorm is -1; write a value above 0",
    ),
    "two metrics of a name": (
        dense(metrics=[{"name": TOP, "k": 2}, TOP]),
        walks(),
        "two are called sparse_top_k_categorical_accuracy",
    ),
    "the accuracy once more": (dense(metrics=["Accuracy"]), walks(), "two are called acc"),
    "all classes on top": (
        dense(metrics=[{"name": TOP, "k": 3}]),
        walks(),
        "k of SparseTopKCategoricalAccuracy is 3",
    ),
    "too many class weights": (block("moons", "dense", FOLDS, class_weight=[1, 2, 3]), points(), "3 weights for 2"),
    "no class counts": (block("moons", "dense", FOLDS, class_weight=[0, 0]), points(), "all weights are 0"),
    "several classes for one output": (
        block("moons", "dense", FOLDS, loss="CategoricalCrossentropy"),
        points(),
        "is 0 for it: choose BinaryCrossentropy",
    ),
    "Keras by hand": (
        block("moons", "dense_numpy", FOLDS, schedule="CosineDecay"),
        points(),
        "knows no schedule",
    ),
}


@pytest.mark.parametrize("case", POSSIBLE)
def test_what_can_be_trained_is_not_refused(case: str) -> None:
    from practica.training.rehearsal import rehearse

    rehearse(*POSSIBLE[case])


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_trained_is_one_sentence_that_names_it(case: str) -> None:
    from practica.training.rehearsal import rehearse

    which, arrays, words = IMPOSSIBLE[case]
    with pytest.raises(InputError) as refused:
        rehearse(which, arrays)
    sentence = str(refused.value)
    assert words in sentence
    assert sentence.startswith(
        (f"{which.exercise}/{which.variant}", f"exercises.{which.exercise}.variants.{which.variant}: ")
    )
    assert not set("\n\x1b") & set(sentence)


def rehearsed(monkeypatch: pytest.MonkeyPatch, problem: Any, net: Any = None, keep: str = "none", **more: Any) -> str:
    """Return what the rehearsal says of an exercise made up for a test, of a problem or the function that makes it."""
    import keras

    from practica import exercises
    from practica.training.rehearsal import rehearse

    def small(settings: Any) -> Any:
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(2)(inputs))

    module = SimpleNamespace(net=net or small, problem=problem if callable(problem) else lambda *_: problem)
    monkeypatch.setattr(exercises, "load", lambda name: module)
    try:
        rehearse(Block("own", "net", (0,), "net", "none", {**RECIPE, **more}, save_model=keep), {})
    except InputError as error:
        return str(error)
    return ""


class ByHand:
    """A net without Keras, whatever its name, that notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def initialise(self, seed: int) -> None:
        self.asked.append("initialise")

    def train_epoch(self, inputs: Any, targets: Any, order: Any, batch_size: int) -> None:
        self.asked.append("train_epoch")

    def evaluate(self, inputs: Any, targets: Any) -> None:
        self.asked.append("evaluate")


def test_a_net_is_by_hand_where_it_is_declared_so_whatever_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises
    from practica.exercises.problem import MULTICLASS, Problem

    net = ByHand()
    monkeypatch.setattr(exercises, "by_hand", lambda exercise: ("net",))
    assert rehearsed(monkeypatch, Problem(MULTICLASS, two_classes()), lambda settings: net) == ""
    assert net.asked == ["initialise", "train_epoch", "evaluate"]


def two_classes() -> Any:
    from practica.exercises.problem import Samples

    return Samples(RNG.random((30, 3), np.float32), np.arange(30) % 2)


def test_numbers_are_learnt_and_never_smoothed(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import REGRESSION, Problem, Samples

    problem = Problem(REGRESSION, Samples(RNG.random((30, 3), np.float32), RNG.random((30, 2))))
    assert rehearsed(monkeypatch, problem) == ""
    assert "label_smoothing" in rehearsed(monkeypatch, problem, label_smoothing=0.1)


def test_a_part_without_samples_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem

    parts = (two_classes(), two_classes(), two_classes().take(np.arange(0)))
    assert "no samples are left for test" in rehearsed(monkeypatch, Problem(MULTICLASS, *parts))


@pytest.mark.parametrize("drawn", ["rows", "inputs", "words", "targets", "count"])
def test_parts_that_no_seed_decides_are_refused(drawn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem, Ragged, Samples

    x, y = RNG.random((30, 3), np.float32), np.arange(30) % 2

    def padded(texts: Any) -> Any:
        return texts.to_tensor(shape=(None, 3)) if drawn == "words" else texts

    def problem(*_: Any, own: bool = True) -> Any:
        chance: Any = np.random.default_rng() if own else np.random
        rows = chance.permutation(30)[: 20 - (int(chance.random() * 1e9) % 19 if drawn == "count" else 0)]
        noisy = x + chance.normal(size=x.shape).astype(np.float32) if drawn == "inputs" else x
        mixed = np.where(chance.random(30) < 0.5, y, 1 - y) if drawn == "targets" else y
        train, kept = Samples(x, y), rows if drawn in ("rows", "count") else None
        if drawn == "words":
            texts = Ragged(chance.random(90).astype(np.float32), np.arange(31) * 3)
            train, noisy = Samples(Ragged(np.zeros(90, np.float32), np.arange(31) * 3), y), texts
        return Problem(MULTICLASS, train, Samples(noisy, mixed, kept), to_input=padded)

    assert "its validation part has other samples each time" in rehearsed(monkeypatch, problem)
    assert rehearsed(monkeypatch, lambda *_: problem(own=False)) == ""


def test_weights_that_no_seed_decides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    def net(own: bool) -> Any:
        def drawn(shape: Any, dtype: Any = None) -> Any:
            chance: Any = np.random.default_rng() if own else np.random
            return keras.ops.convert_to_tensor(chance.normal(size=shape), dtype)

        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(2, kernel_initializer=drawn)(inputs))

    problem = Problem(MULTICLASS, two_classes())
    assert "draws weights that no seed decides" in rehearsed(monkeypatch, problem, lambda settings: net(own=True))
    assert rehearsed(monkeypatch, problem, lambda settings: net(own=False)) == ""


def test_what_is_monitored_must_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import Problem, Task

    text = rehearsed(
        monkeypatch, Problem(Task("sparse_categorical_crossentropy", "class", ("f1", "max")), two_classes())
    )
    assert "monitors 'f1', which is none of its metrics (" in text


def with_layer(call: Any) -> Any:
    """Return the function of a net whose first layer does what ``call`` says."""
    import keras

    class Layer(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return call(inputs)

    def net(settings: Any) -> Any:
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(2)(Layer()(inputs)))

    return net


def test_what_no_checkpoint_would_keep_is_refused_before_any_training(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    tf = pytest.importorskip("tensorflow")

    count = tf.Variable(1.0, trainable=False)

    def drawn(x: Any) -> Any:
        return x + tf.random.normal(tf.shape(x))

    problem = Problem(MULTICLASS, two_classes())
    for call, words in (
        (drawn, "TensorFlow's RandomStandardNormal"),
        (lambda x: x * count.assign_add(1.0), "changes the variable"),
        (lambda x: x + np.random.normal(), "random numbers of Python's or NumPy's"),
    ):
        assert words in rehearsed(monkeypatch, problem, with_layer(call))
    assert rehearsed(monkeypatch, problem, with_layer(lambda x: x + keras.random.normal((3,)))) == ""
    assert "other inputs of the same samples" in rehearsed(
        monkeypatch, Problem(MULTICLASS, two_classes(), to_input=lambda x: drawn(tf.cast(x, "float32")))
    )


def test_an_own_step_gets_a_pair_as_from_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    class Own(keras.Model):
        def train_step(self, *state_and_data: Any) -> Any:
            *state, (x, y) = state_and_data
            return super().train_step(*state, (x, y))

        def test_step(self, *state_and_data: Any) -> Any:
            *state, (x, y) = state_and_data
            return super().test_step(*state, (x, y))

    def own(settings: Any) -> Any:
        inputs = keras.Input((3,))
        return Own(inputs, keras.layers.Dense(2)(inputs))

    assert not rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), two_classes()), own)


def test_a_net_that_is_kept_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    def with_lambda(settings: Any) -> Any:
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Lambda(lambda x: x * 2.0)(inputs)))

    problem = Problem(MULTICLASS, two_classes())
    for net, words in (
        (with_layer(lambda x: x), "class 'Layer' is not registered; decorate it with"),
        (with_lambda, "Keras does not trust a Lambda layer"),
    ):
        assert words in rehearsed(monkeypatch, problem, net, "last")
        assert not rehearsed(monkeypatch, problem, net)
    assert not rehearsed(monkeypatch, problem, keep="best")


def test_a_net_gives_one_array_of_what_its_loss_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras
    from keras import layers

    from practica.exercises.problem import MULTICLASS, Problem

    class Twice(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.out(inputs), self.out(inputs)

    def ended(end: Any) -> Any:
        inputs = keras.Input((3,))
        return lambda settings: keras.Model(inputs, end(layers.Dense(2)(inputs)))

    problem = Problem(MULTICLASS, two_classes())
    for net, words in (
        (ended(lambda x: [x, layers.Dense(1)(x)]), "its outputs are several"),
        (ended(lambda x: {"class": x}), "its outputs are named"),
        (lambda settings: Twice(), "its outputs are several"),
        (ended(layers.Softmax()), "leave the softmax or sigmoid at its end out"),
        (ended(lambda x: [x]), ""),
    ):
        text = rehearsed(monkeypatch, problem, net)
        assert words in text if words else not text


def test_a_recipe_that_a_compiled_model_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    def compiled(settings: Any) -> Any:
        net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        net.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        return net

    problem = Problem(MULTICLASS, two_classes())
    assert rehearsed(monkeypatch, problem, compiled) == ""
    monkeypatch.setitem(RECIPE, "schedule", "CosineDecay")
    assert "schedule means nothing" in rehearsed(monkeypatch, problem, compiled)
    assert rehearsed(monkeypatch, problem, lambda settings: (settings.schedule, compiled(settings))[1]) == ""


def test_a_recipe_that_an_own_compile_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem

    class Own(keras.Sequential):
        def compile(self, optimizer: Any = None, loss: Any = None) -> None:
            super().compile(optimizer, loss, metrics=["accuracy"])

    def own(settings: Any) -> Any:
        return Own([keras.Input((3,)), keras.layers.Dense(2)])

    problem = Problem(MULTICLASS, two_classes())
    assert rehearsed(monkeypatch, problem, own) == ""
    monkeypatch.setitem(RECIPE, "schedule", "CosineDecay")
    assert rehearsed(monkeypatch, problem, own) == ""
    monkeypatch.setitem(RECIPE, "metrics", ["SparseTopKCategoricalAccuracy"])
    assert "metrics means nothing" in rehearsed(monkeypatch, problem, own)


def test_integers_that_would_be_rounded_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem, Samples

    numbers = Samples(np.full((30, 3), 2**24 + 1), np.arange(30) % 2)
    assert "beyond 16,777,216" in rehearsed(monkeypatch, Problem(MULTICLASS, numbers))
    assert rehearsed(monkeypatch, Problem(MULTICLASS, numbers, to_input=lambda x: x)) == ""


def test_a_measure_may_miss_a_setting_but_may_ask_for_more_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem, Settings

    def misses(*_: Any) -> dict[str, float]:
        return {"x": Settings({}, "exercises.own.variants.net").threshold}

    def asks(part: str, inputs: Any, targets: Any, outputs: Any) -> dict[str, float]:
        raise ValueError(f"{len(targets)} samples are too few")

    assert "'threshold' is missing" in rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), measure=misses))
    assert rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), measure=asks)) == ""


def test_a_part_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem, Samples

    other = Samples(RNG.random((30, 4), np.float32), np.arange(30) % 2)
    assert "own/net: its net cannot be trained" in rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), other))


def test_the_samples_that_are_tried_hold_the_largest_class_and_word() -> None:
    from practica.exercises.problem import Samples
    from practica.training.rehearsal import telling

    words, classes = np.ones((100, 5), np.int64), np.zeros(100, np.int64)
    words[70, 3], classes[40], words[20, 0] = 99, 7, 500
    part = Samples(words, classes, np.arange(30, 100))  # the row with 500 is another part's
    message = telling(part)
    assert message.x.max() == 99
    assert message.y.max() == 7
    assert len(message) <= 6
