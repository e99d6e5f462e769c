"""The rehearsal: what cannot be trained is told in one sentence, and what can be is not refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from practica.errors import InputError
from ten import runs

pytestmark = pytest.mark.keras

RECIPE = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 20, "epochs": 2}
OFFICIAL = {**RECIPE, "validation_fraction": 0.25, "bn_momentum": 0.9}
WORDS = {**OFFICIAL, "words": 50, "review_length": 20, "embedding_dim": 4, "dropout": 0.3, "bn_momentum": 0.9}
FOLDS = {**RECIPE, "folds": 3, "units": [4], "l2": 0.01, "bn_momentum": 0.9, "correct_zeros": True}
SERIES = {**RECIPE, "test_fraction": 0.2, "validation_fraction": 0.2}
TOP = "SparseTopKCategoricalAccuracy"
RNG = np.random.default_rng(0)


def images(shape: tuple[int, ...] = (28, 28), classes: int = 10) -> dict[str, np.ndarray]:
    labels = np.arange(200) % classes
    x = RNG.integers(0, 256, (200, *shape), np.uint8)
    return {"x_train": x, "y_train": labels, "x_test": x[:50], "y_test": labels[:50]}


def reviews() -> dict[str, np.ndarray]:
    part = {"tokens": RNG.integers(1, 50, 4000), "offsets": np.arange(0, 4001, 40), "y": np.arange(100) % 2}
    return {f"{name}_{where}": array for name, array in part.items() for where in ("train", "test")}


def patients() -> dict[str, np.ndarray]:
    return {"x": RNG.random((60, 8)), "y": np.arange(60) % 2}


def series() -> dict[str, np.ndarray]:
    return {"x": RNG.random(300)}


def block(
    exercise: str, model: str, settings: dict[str, Any], without: str = "", dataset: str = "mnist", **more: Any
) -> Block:
    given = {name: value for name, value in {**settings, **more}.items() if name != without}
    return Block(exercise, model, (2, 5), model, dataset, given)


POSSIBLE = {
    "images": (block("ej08", "conv", OFFICIAL), images()),
    "a few of them": (block("ej08", "dense", OFFICIAL, train_samples=60, test_samples=1, batch_size=1), images()),
    "words": (block("ej04", "conv", WORDS), reviews()),
    "folds": (block("ej06", "dense", FOLDS), patients()),
    "a class for each": (block("ej08", "dense", OFFICIAL, class_weight=[1.0] * 10, metrics=["AUC"]), images()),
    "rates of one kind": (
        block(
            "ej08",
            "dense",
            OFFICIAL,
            learning_rate=1.0,
            schedule={"name": "PiecewiseConstantDecay", "boundary_epochs": [1], "values": [1, 0.1]},
        ),
        images(),
    ),
    "a series": (block("ej05", "tanh5", SERIES), series()),
    "by hand": (
        block("ej02", "xor_221_numpy", {**RECIPE, "loss": "mse"}, dataset="xor"),
        {"x": np.eye(2), "y": np.ones((2, 1))},
    ),
}
IMPOSSIBLE = {
    "folds above rows": (block("ej06", "dense", FOLDS, folds=61), patients(), "n_splits=61"),
    "no test": (block("ej05", "tanh5", SERIES, test_fraction=1e-7), series(), "no samples are left for test"),
    "another shape": (block("ej08", "dense", OFFICIAL), images((32, 32, 3)), "expected shape=(None, 28, 28)"),
    "more classes": (
        block("ej08", "dense", OFFICIAL),
        images(classes=11),
        "classes 0 to 9, but the data have class 10",
    ),
    "a word too short": (block("ej04", "conv", WORDS, review_length=1), reviews(), "its net cannot be trained"),
    "a setting of the net": (block("ej08", "dense", OFFICIAL, "bn_momentum"), images(), "'bn_momentum' is missing"),
    "a setting of the data": (
        block("ej08", "dense", OFFICIAL, "validation_fraction"),
        images(),
        "'validation_fraction' is missing",
    ),
    "a setting of the recipe": (block("ej08", "dense", OFFICIAL, "learning_rate"), images(), "is missing"),
    "the epochs": (block("ej08", "dense", OFFICIAL, "epochs"), images(), "'epochs' is missing"),
    "other arrays": (block("ej08", "dense", OFFICIAL), patients(), "KeyError: 'x_train'"),
    "too few for every class": (block("ej08", "dense", OFFICIAL, train_samples=3), images(), "raise train_samples"),
    "a loss of another shape": (
        block("ej08", "dense", OFFICIAL, loss="CategoricalCrossentropy"),
        images(),
        "must have the same rank",
    ),
    "an option": (block("ej08", "dense", OFFICIAL, optimizer={"name": "SGD", "momentum": 3.0}), images(), "momentum"),
    "too few class weights": (block("ej08", "dense", OFFICIAL, class_weight=[1.0, 2.0]), images(), "class_weight: 2"),
    "no smoothing": (block("ej05", "tanh5", SERIES, label_smoothing=0.1), series(), "label_smoothing"),
    "a loss that is none": (
        block("ej08", "dense", OFFICIAL, loss="cross_entropy"),
        images(),
        "Keras has no loss 'cross_en",
    ),
    "no probabilities": (
        block("ej08", "dense", OFFICIAL, loss={"name": "SparseCategoricalCrossentropy", "from_logits": False}),
        images(),
        "its loss takes probabilities, and its outputs are none",
    ),
    "text for yes or no": (
        block("ej08", "dense", OFFICIAL, optimizer={"name": "SGD", "nesterov": "never"}),
        images(),
        "nesterov is true or false, and not 'never'",
    ),
    "clipping of nothing": (
        block("ej08", "dense", OFFICIAL, optimizer={"name": "SGD", "clipnorm": -1}),
        images(),
        "clipnorm is -1; write a value above 0",
    ),
    "two metrics of a name": (
        block("ej08", "dense", OFFICIAL, metrics=[{"name": TOP, "k": 3}, TOP]),
        images(),
        "two are called sparse_top_k_categorical_accuracy",
    ),
    "the accuracy once more": (block("ej08", "dense", OFFICIAL, metrics=["Accuracy"]), images(), "two are called acc"),
    "all classes on top": (
        block("ej08", "dense", OFFICIAL, metrics=[{"name": TOP, "k": 10}]),
        images(),
        "k of SparseTopKCategoricalAccuracy is 10",
    ),
    "too many class weights": (block("ej06", "dense", FOLDS, class_weight=[1, 2, 3]), patients(), "3 weights for 2"),
    "no class counts": (block("ej06", "dense", FOLDS, class_weight=[0, 0]), patients(), "all weights are 0"),
    "several classes for one output": (
        block("ej06", "dense", FOLDS, loss="CategoricalCrossentropy"),
        patients(),
        "is 0 for it: choose BinaryCrossentropy",
    ),
    "Keras by hand": (
        block("ej02", "xor_221_numpy", {**RECIPE, "loss": "mse"}, dataset="xor", schedule="CosineDecay"),
        {"x": np.eye(2), "y": np.ones((2, 1))},
        "knows no schedule",
    ),
}


@pytest.mark.parametrize("case", [name for name, case in POSSIBLE.items() if runs(case[0].exercise)])
def test_what_can_be_trained_is_not_refused(case: str) -> None:
    from practica.training.rehearsal import rehearse

    rehearse(*POSSIBLE[case])


@pytest.mark.parametrize("case", [name for name, case in IMPOSSIBLE.items() if runs(case[0].exercise)])
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


def rehearsed(monkeypatch: pytest.MonkeyPatch, problem: Any, net: Any = None, keep: str = "none") -> str:
    """Return what the rehearsal says of an exercise made up for a test."""
    import keras

    from practica import exercises
    from practica.training.rehearsal import rehearse

    def small(settings: Any) -> Any:
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(2)(inputs))

    module = SimpleNamespace(net=net or small, problem=lambda *_: problem)
    monkeypatch.setattr(exercises, "load", lambda name: module)
    try:
        rehearse(Block("ej90", "net", (0,), "net", "none", dict(RECIPE), save_model=keep), {})
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


def test_what_is_monitored_must_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import Problem, Task

    said = rehearsed(
        monkeypatch, Problem(Task("sparse_categorical_crossentropy", "class", ("f1", "max")), two_classes())
    )
    assert "monitors 'f1', which is none of its metrics (" in said


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
        said = rehearsed(monkeypatch, problem, net)
        assert words in said if words else not said


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
        return {"x": Settings({}, "exercises.ej90.variants.net").threshold}

    def asks(part: str, inputs: Any, targets: Any, outputs: Any) -> dict[str, float]:
        raise ValueError(f"{len(targets)} samples are too few")

    assert "'threshold' is missing" in rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), measure=misses))
    assert rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), measure=asks)) == ""


def test_a_part_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.exercises.problem import MULTICLASS, Problem, Samples

    other = Samples(RNG.random((30, 4), np.float32), np.arange(30) % 2)
    assert "ej90/net: its net cannot be trained" in rehearsed(monkeypatch, Problem(MULTICLASS, two_classes(), other))


def test_the_samples_that_are_tried_hold_the_largest_class_and_word() -> None:
    from practica.exercises.problem import Samples
    from practica.training.rehearsal import telling

    words, classes = np.ones((100, 5), np.int64), np.zeros(100, np.int64)
    words[70, 3], classes[40], words[20, 0] = 99, 7, 500
    part = Samples(words, classes, np.arange(30, 100))  # the row with 500 is another part's
    told = telling(part)
    assert told.x.max() == 99
    assert told.y.max() == 7
    assert len(told) <= 6
