"""Rehearse a block before anything is trained: split the data, build the net and make one step on a few samples.

What is impossible comes to light in seconds here, and not when hours of other runs are over.
"""

from __future__ import annotations

import pickle
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from practica import exercises
from practica.config.recipes import catalogue, class_name, split
from practica.errors import InputError, hint, in_one_line
from practica.exercises.problem import Arrays, Problem, Ragged, Samples, Settings
from practica.feed import Feed
from practica.texts import holds_text
from practica.training import by_hand, keras_internals
from practica.training.arithmetic import step_flop
from practica.training.block import builder, is_by_hand, names_of, problem_of, settings_of
from practica.training.fit import NONE, augmented, check_output, precision, predict_with
from practica.training.kept_models import check_opens
from practica.training.recipe import Stopping, compile_model, log_interval, sample_weights
from practica.training.watch import check_graphs

if TYPE_CHECKING:
    from practica.config.study import Block

SAID = 300
"""Characters of another library's words that are told."""
TWICE = 32
"""Samples that are looked at twice, to see whether they come out the same."""
EXACT = 2**24
"""The integers up to which float32 holds every one."""
STYLE = re.compile(r"\x1b\[\d*m")
"""How Keras sets words in bold at a terminal."""


def rehearse(block: Block, arrays: Arrays) -> int:
    """Do once, and small, all that training the block begins with: on its first run, and on the first seed's last fold.

    Args:
        block: what is to be trained.
        arrays: the data set's arrays.

    Returns:
        The floating-point operations of a training step; 0 for a net by hand, for which NumPy has no GPU.

    Raises:
        InputError: it cannot be trained; the message is one sentence that names the block's variant.
    """
    name = f"{block.exercise}/{block.variant}"
    try:
        settings = settings_of(block)
        build = builder(exercises.load(block.exercise), block.model)
        first, *others = [run for run in names_of(block) if run[0] == block.seeds[0]]
        for run in others[-1:]:
            problem_of(block, arrays, settings, run)
        problem = problem_of(block, arrays, settings, first)
        _check_parts(problem, problem_of(block, arrays, settings, first))
        log_interval(settings)
        Stopping.of(settings)
        flop = (_by_hand if is_by_hand(block) else _by_keras)(build, settings, problem, block.seeds[0])
        if block.save_model != NONE:
            check_opens(build(settings))
        return flop
    except InputError as error:
        says_where = str(error).startswith((f"{name}/", f"exercises.{block.exercise}.variants.{block.variant}:"))
        raise InputError(str(error) if says_where else f"{name}: {error}") from error
    except Exception as error:
        # Any library may refuse, in any words.
        words = STYLE.sub("", in_one_line(error))
        words = words if len(words) <= SAID else f"{words[:SAID]}..."
        raise InputError(f"{name}: its net cannot be trained on its data with these settings: {words}") from error
    finally:
        keras.backend.clear_session()


def telling(samples: Samples) -> Samples:
    """Return the few samples of a part that tell most: the first two, and those of the least and the largest values.

    A class or a word that the net has no place for is most likely among the largest numbers.
    """
    places = [0, min(1, len(samples) - 1)]
    for array in (samples.targets, *keras.tree.flatten(samples.inputs)):
        if isinstance(array, np.ndarray) and array.dtype.kind in "iu" and array.size:
            rows = array.reshape(len(array), -1)
            own = samples.places()
            places += [int(rows.max(axis=1)[own].argmax()), int(rows.min(axis=1)[own].argmin())]
    return samples.take(np.unique(places))


def _by_keras(build: Callable[[Settings], keras.Model], settings: Settings, problem: Problem, seed: int) -> int:
    keras.config.set_dtype_policy(precision(settings))
    keras.utils.set_random_seed(seed)
    feed = Feed(problem.to_input)
    weights = sample_weights(problem, settings)
    parts = {name: telling(samples) for name, samples in problem.parts().items()}
    rows = parts["train"]
    inputs = feed.inputs(rows.x)
    _check_inputs(feed, problem)
    other, net = (_built(build, settings, seed, inputs) for _ in range(2))
    if not all(map(_same, other.get_weights(), net.get_weights())):
        raise InputError(
            f"{net.name}: its function draws weights that no seed decides: draw them with keras.random or np.random, "
            "not with a generator of its own"
        )
    check_output(net, inputs)
    outputs = predict_with(net, inputs)
    if problem.task.accuracy == "class":
        _check_classes(outputs.shape[-1], parts)
    flop = step_flop(net, inputs, min(settings.batch_size, len(problem.train)))
    model = augmented(net, problem)
    _check_loss(settings)
    compile_model(model, problem, settings, 1)
    _check_counts(settings, problem.task.accuracy, outputs.shape[-1])
    if settings.given("loss"):
        _check_probabilities(model, outputs)
    if problem.callbacks:
        problem.callbacks()
    own_weights = None if weights is None else _tensor(weights[rows.places()])
    _step(model, _tensor(inputs), _tensor(rows.y), own_weights)
    logs: dict[str, float] = {}
    for name, samples in parts.items():
        inputs = feed.inputs(samples.x)
        logs = keras_internals.logs_on(model, inputs, samples.y, None)
        if problem.measure:
            _measure(problem, name, samples, predict_with(model, inputs))
    if problem.task.monitor[0] not in logs:
        raise InputError(
            f"its task monitors {problem.task.monitor[0]!r}, which is none of its metrics ({', '.join(logs)})"
        )
    return flop


def _built(build: Callable[[Settings], keras.Model], settings: Settings, seed: int, inputs: Any) -> keras.Model:
    keras.utils.set_random_seed(seed)
    net = build(settings)
    if not net.built:
        net(inputs)
    return net


def _check_parts(problem: Problem, again: Problem) -> None:
    """Raise ``InputError`` if a part has other samples when it is made again, as after a kill."""
    for (name, one), other in zip(problem.parts().items(), again.parts().values(), strict=True):
        if len(one) != len(other) or not all(map(_same, _seen(one), _seen(other))):
            raise InputError(
                f"its {name} part has other samples each time that it is made: draw with data_rng(seed, ...), not with "
                "a generator that no seed decides"
            )


def _seen(samples: Samples) -> Iterator[Any]:
    """Yield the rows of a part, and the arrays of its first samples."""
    few = samples.take(np.arange(min(TWICE, len(samples))))
    yield samples.places()
    for each in keras.tree.flatten((few.x, few.y)):
        yield from (each.values, each.offsets) if isinstance(each, Ragged) else (each,)


def _same(one: Any, other: Any) -> bool:
    """Return whether two arrays hold the same; NaN is the same as NaN."""
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")


def _check_classes(outputs: int, parts: Mapping[str, Samples]) -> None:
    """Raise ``InputError`` if the data have more classes than the net has outputs, of which JAX says nothing."""
    if (largest := max(int(np.max(samples.y)) for samples in parts.values())) >= outputs:
        raise InputError(
            f"its net's outputs stand for the classes 0 to {outputs - 1}, but the data have class {largest}"
        )


def _check_loss(settings: Settings) -> None:
    """Raise ``InputError`` for a loss that neither Keras has nor the exercise, which would have asked for it."""
    if settings.given("loss") and not settings.asked("loss"):
        name, _ = split(settings.quietly("loss"))
        if not class_name("losses", name):
            raise InputError(f"loss: Keras has no loss {name!r}{hint(name, catalogue()['losses'])}")


def _check_counts(settings: Settings, accuracy: str | None, outputs: int) -> None:
    """Raise ``InputError`` if the recipe counts other classes than the net, of which Keras says nothing."""
    classes = {"class": outputs, "onehot": outputs, "logit": 2}.get(accuracy or "")
    if classes is None:
        return
    weights = settings.get("class_weight")
    if isinstance(weights, list) and (len(weights) > classes or not any(weights)):
        wrong = f"{len(weights)} weights for {classes} classes" if any(weights) else "all weights are 0"
        raise InputError(f"class_weight: {wrong}; give one above 0 for each class that counts")
    for name, options in map(split, settings.get("metrics", [])):
        class_of_metric = class_name("metrics", name) or name
        k = options.get("k", 5)
        if class_of_metric.endswith("TopKCategoricalAccuracy") and not 0 < k < classes:
            raise InputError(f"metrics: k of {class_of_metric} is {k}, and must be between 0 and the {classes} classes")


def _check_probabilities(model: keras.Model, outputs: np.ndarray) -> None:
    """Raise ``InputError`` if the loss takes probabilities, which it clips, and the net gives other numbers."""
    loss = getattr(model, "loss", None)
    takes_logits = loss.get_config().get("from_logits") if isinstance(loss, keras.losses.Loss) else None
    if takes_logits is False and (outputs.min() < 0 or outputs.max() > 1):
        raise InputError(
            f"{model.name}: its loss takes probabilities, and its outputs are none: leave from_logits out, or end the "
            "net with a softmax or sigmoid"
        )


def _check_inputs(feed: Feed, problem: Problem) -> None:
    """Raise ``InputError`` if to_input makes different inputs of the same samples, or float32 would round integers."""
    some = problem.train.take(np.arange(min(TWICE, len(problem.train)))).x
    pair = [keras.tree.flatten(feed.inputs(some)) for _ in range(2)]
    arrays = [[part for part in parts if not holds_text(part)] for parts in pair]
    for one, other in zip(*arrays, strict=True):
        if not _same(*map(keras.ops.convert_to_numpy, (one, other))):
            raise InputError(
                "its to_input makes other inputs of the same samples: alter them in augment, or in the net"
            )
    for array in keras.tree.flatten(problem.train.inputs) if problem.to_input is None else ():
        if isinstance(array, np.ndarray) and array.dtype.kind in "iu" and np.abs(array).max() > EXACT:
            raise InputError(
                f"its inputs are integers beyond {EXACT:,}, which float32 rounds; leave them as they are with "
                "to_input=lambda x: x"
            )


def _step(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> None:
    """Make one step of training, and look at all that it does.

    Raises:
        InputError: it draws or changes what no checkpoint keeps, or takes probabilities for logits.
    """
    keras_internals.global_seed_generator()  # creating it takes a number from Python's generator
    states = random.getstate(), pickle.dumps(np.random.get_state())
    keras_internals.one_step(model, x, y, sample_weight)
    if states != (random.getstate(), pickle.dumps(np.random.get_state())):
        raise InputError(
            f"{model.name}: in training it draws random numbers of Python's or NumPy's, of which a compiled step knows "
            "only the first: draw with keras.random and a keras.random.SeedGenerator in the layer"
        )
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        step_graphs = keras_internals.traced_step(model, x, y, sample_weight)
    if any("received `from_logits=True`" in str(each.message) for each in messages):
        raise InputError(
            f"{model.name}: its outputs are probabilities, and its loss takes logits: leave the softmax or sigmoid "
            "at its end out"
        )
    if any("with num_classes > 1" in str(each.message) for each in messages):
        raise InputError(
            f"{model.name}: its net has one output, and a cross-entropy of several classes is 0 for it: choose "
            "BinaryCrossentropy"
        )
    check_graphs(model, step_graphs)


def _by_hand(build: Callable[[Settings], Any], settings: Settings, problem: Problem, seed: int) -> int:
    by_hand.Trainer(build, settings)
    net = build(settings)
    net.initialise(seed)
    for name, samples in ((name, telling(part)) for name, part in problem.parts().items()):
        inputs = by_hand.as_input(samples.x, problem)
        if name == "train":
            net.train_epoch(inputs, samples.y, np.arange(len(samples)), settings.batch_size)
        net.evaluate(inputs, samples.y)
    return 0


def _measure(problem: Problem, name: str, samples: Samples, outputs: np.ndarray) -> None:
    """Let the exercise measure a few predictions, to see whether it misses a setting."""
    try:
        problem.measure(name, samples.x, samples.y, outputs)  # type: ignore[misc]
    except InputError:
        raise
    except Exception:
        # So few samples may be too few for a measure: of one class, or all alike.
        pass


def _tensor(values: Any) -> Any:
    return keras.tree.map_structure(keras.ops.convert_to_tensor, values)
