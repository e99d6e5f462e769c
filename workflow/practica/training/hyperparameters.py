"""Numbers in which the trials of a search differ, so that one graph trains all of them, each with its own.

They are the learning rate, penalties (``L1``, ``L2``) and Dropout rates. What a setting does is read off the nets that
the exercise builds, not off the setting's name: nets may differ in these numbers, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, regularizers

from practica import backend
from practica.exercises.problem import Settings
from practica.files import canonical_json, sha256
from practica.training.agreement import NotStackable
from practica.training.keras_internals import flat_layers

PENALTIES = {regularizers.L1: "l1", regularizers.L2: "l2"}
"""The attribute that holds the factor of a penalty, by class; subclasses do not count."""
DROPOUT_RATE = "rate"
RATE = "learning_rate"
NAMES = ("name", "keras_history", "input_layers", "output_layers")
"""The keys of a net's configuration that hold names of layers, which Keras counts up from one net to the next."""


@dataclass(frozen=True)
class Form:
    """A net without its numbers, and the numbers.

    Attributes:
        rest: digest of everything else; nets with the same digest can share a graph.
        numbers: penalties and Dropout rates, in the order of ``places_of``.
    """

    rest: str
    numbers: tuple[float, ...]


def form_of(build: Callable[[Settings], keras.Model], settings: Settings) -> Form:
    """Return the form of the net that the settings give.

    Raises:
        NotStackable: the net's configuration may not tell everything about it.
    """
    keras.utils.set_random_seed(0)
    net = build(settings)
    every = flat_layers(net)
    if own := next((each for each in every if not _is_of_keras(each)), None):
        raise NotStackable(f"{type(own).__name__} may not tell all that the settings change in it")
    places = places_of(net)
    numbers = [float(getattr(*place)) for place in places]
    names = {each.name: f"layer {number}" for number, each in enumerate(every[1:])}
    masked: list[float] = []
    config = {**_masked(net.get_config(), names, masked), "name": None}
    if sorted(masked) != sorted(numbers):
        raise NotStackable("a penalty of it is no attribute of its layer")
    # Without Dropout at all, a layer draws no random numbers, and those of others are numbered differently.
    draws = [(rate > 0, rate < 1) for rate, (_, name) in zip(numbers, places, strict=True) if name == DROPOUT_RATE]
    weights = [sha256(np.ascontiguousarray(weight).tobytes()) for weight in net.get_weights()]
    return Form(sha256(canonical_json([config, draws, weights])), tuple(numbers))


def places_of(net: keras.Model) -> list[tuple[Any, str]]:
    """Return the object and the attribute of each number of a net; an object that layers share comes once for each."""
    places: list[tuple[Any, str]] = []
    for layer in flat_layers(net):
        if _drops(layer):
            places.append((layer, DROPOUT_RATE))
        parts = [part for name, part in sorted(vars(layer).items()) if not name.startswith("_")]
        places += [(part, PENALTIES[type(part)]) for part in parts if type(part) in PENALTIES]
    return places


@dataclass(frozen=True)
class Trials:
    """The trials whose runs share a graph.

    Attributes:
        settings: those of each trial.
        numbers: those of each trial's net, in the order of ``places_of``.
    """

    settings: tuple[Settings, ...]
    numbers: tuple[tuple[float, ...], ...]

    @property
    def rates(self) -> list[float]:
        """Return the learning rate of each trial; 0 if its recipe has none."""
        return [float(each.quietly(RATE)) if each.given(RATE) else 0.0 for each in self.settings]


class Hyperparameters:
    """Variables in place of the numbers of a net that differ between trials, so that each replica has its own value.

    Attributes:
        variables: one for each number that differs.
        rates: the learning rates ``(trials,)``; None if all are equal.
    """

    def __init__(self, net: keras.Model, trials: Trials) -> None:
        """Put the variables into ``net``, which has the form that all trials have in common."""
        rates = trials.rates
        self.rates = np.asarray(rates, np.float32) if len(set(rates)) > 1 else None
        self.variables: list[keras.Variable] = []
        self._values: list[np.ndarray] = []
        for (owner, name), values in zip(places_of(net), zip(*trials.numbers, strict=True), strict=True):
            if len(set(values)) == 1 or isinstance(getattr(owner, name), keras.Variable):
                continue
            variable = keras.Variable(values[0], trainable=False, dtype="float32", name=f"{name}_of_trial")
            self.variables.append(variable)
            self._values.append(np.asarray(values, np.float32))
            if name == DROPOUT_RATE:
                owner.call = partial(_drop, owner, variable)
            else:
                setattr(owner, name, variable)

    def of(self, trials: Sequence[int], rate: keras.Variable | None) -> Iterator[tuple[keras.Variable, np.ndarray]]:
        """Yield each variable and its values ``(replicas,)`` for replicas of these ``trials``.

        ``rate`` is the variable that holds the learning rate.
        """
        places = list(trials)
        yield from ((variable, values[places]) for variable, values in zip(self.variables, self._values, strict=True))
        if self.rates is not None and rate is not None:
            yield rate, self.rates[places]


def _drop(layer: layers.Dropout, rate: keras.Variable, inputs: Any, training: bool = False) -> Any:
    return backend.dropout(inputs, keras.ops.convert_to_tensor(rate), layer.seed_generator) if training else inputs


def _drops(layer: keras.Layer) -> bool:
    return type(layer) is layers.Dropout and layer.noise_shape is None


def _is_of_keras(layer: keras.Layer) -> bool:
    """Return whether a layer is one of Keras' own, whose configuration tells everything."""
    return type(layer).__module__.partition(".")[0] == "keras" and type(layer) not in (keras.Model, layers.Lambda)


def _masked(config: Any, names: Mapping[str, str], numbers: list[float]) -> Any:
    """Return a configuration with its layers renamed and without its numbers, which are added to ``numbers``."""
    if isinstance(config, list | tuple):
        return [_masked(each, names, numbers) for each in config]
    if not isinstance(config, dict):
        return config
    own = config.get("config")
    if isinstance(own, dict) and (attribute := _attribute(config.get("class_name"), own)):
        numbers.append(float(own[attribute]))
        config = {**config, "config": {**own, attribute: None}}
    return {
        key: _renamed(value, names) if key in NAMES else _masked(value, names, numbers) for key, value in config.items()
    }


def _attribute(kind: Any, config: Mapping[str, Any]) -> str | None:
    """Return the key of the number in the configuration of an object of this class; None if it has none."""
    if kind == layers.Dropout.__name__:
        return DROPOUT_RATE if config.get("noise_shape") is None else None
    return next((name for each, name in PENALTIES.items() if each.__name__ == kind), None)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
