"""The first weights of runs: drawn anew for every seed if they are random, otherwise as the model sets them.

A model's function may load weights, set them or freeze them; what it sets stays to the bit. What Keras draws for it is
drawn again, from the run's seed and the weight's place, so that many runs can start from one built net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from practica import backend
from practica.errors import InputError
from practica.exercises.problem import Settings
from practica.seeds import weight_seed
from practica.training.keras_internals import flat_layers


class FirstWeights:
    """The first weights of the runs of one model function.

    The function is called twice, with different random numbers. A weight that is the same both times was set, loaded or
    made constant. One that differs, and equals what its initializer draws, is drawn from (seed, place). Any other is
    random in its own way, such as a copy of another weight: if there is one, the function is called again for each run,
    with the random numbers of that run, and all random weights come from there.
    """

    def __init__(
        self, build: Callable[[Settings], keras.Model], settings: Settings, example: Callable[[], Any] | None = None
    ) -> None:
        """Build the net; ``example`` returns a batch of inputs, for a net whose function does not build it.

        Raises:
            InputError: the function builds another net at every call.
        """
        self._build, self._settings, self._example = build, settings, example
        other = [weight.copy() for weight in self._built(1).get_weights()]
        self.net = self._built(0)
        self._values = self.net.get_weights()
        if [w.shape for w in self._values] != [w.shape for w in other]:
            raise InputError(f"{self.net.name}: its function builds another net at every call")
        self._draws: dict[int, Callable[[Any], Any]] = {}
        self._streams: dict[int, int] = {}
        self._own = [
            place
            for place, (weight, again) in enumerate(zip(self._values, other, strict=True))
            if not np.array_equal(weight, again, equal_nan=weight.dtype.kind == "f")
        ]
        initializers = _initializers(self.net)
        streams: dict[int, int] = {}
        draws: dict[int, Any] = {}
        for place in self._own:
            initializer = initializers.get(id(self.net.weights[place]))
            draws[place] = _drawing(initializer, self.net.weights[place], self._values[place])
            # Keras draws the same again where layers share an initializer.
            self._streams[place] = streams.setdefault(id(initializer), place)
        if all(draws.values()):
            self._draws, self._own = draws, []
        self._draw_all = backend.compiled(self._all, xla=False)

    def of(self, seeds: Sequence[int]) -> list[np.ndarray]:
        """Return the weights ``(seeds, ...)`` of the runs, in the order of ``net.get_weights()``."""
        weights = [np.repeat(value[None], len(seeds), axis=0) for value in self._values]
        states = {
            place: np.array([[weight_seed(seed, self._streams[place]), 0] for seed in seeds], np.uint32)
            for place in self._draws
        }
        for place, values in zip(self._draws, self._draw_all(states), strict=True):
            weights[place] = keras.ops.convert_to_numpy(values)
        for replica, seed in enumerate(seeds if self._own else ()):
            run_weights = self._built(seed).get_weights()
            for place in self._own:
                weights[place][replica] = run_weights[place]
        return weights

    def _all(self, states: Mapping[int, Any]) -> list[Any]:
        """Draw the weights of all runs in one graph, without a call for each run."""

        def each(draw: Callable[[Any], Any], seeds: Any) -> Any:
            return draw(seeds[0])[None] if seeds.shape[0] == 1 else keras.ops.map(draw, seeds)

        return [each(draw, states[place]) for place, draw in self._draws.items()]

    def again(self, settings: Settings | None = None) -> keras.Model:
        """Build another net with the function, also with other settings, and give it the weights of ``net``."""
        other = self._built(0, settings)
        other.set_weights(self._values)
        return other

    def _built(self, seed: int, settings: Settings | None = None) -> keras.Model:
        """Seed the random numbers of Python, NumPy and Keras, and return the net that the function builds."""
        keras.utils.set_random_seed(seed)
        net = self._build(settings or self._settings)
        if not net.built and self._example:
            net(self._example())
        return net


class _Given(keras.random.SeedGenerator):
    """A seed for an initializer that may be a tensor: otherwise, initializers only take numbers."""

    def __init__(self, seed: Any) -> None:
        self._seed = seed

    def next(self, ordered: bool = True) -> Any:
        """Return the same seed at every call."""
        return self._seed


def _initializers(net: keras.Model) -> dict[int, Any]:
    """Return the initializer of each weight by the weight's ``id``; None if its layer has none under the usual name."""
    return {
        id(weight): getattr(layer, f"{weight.name}_initializer", None)
        for layer in flat_layers(net)
        for weight in layer.weights
    }


def _drawing(initializer: Any, variable: keras.Variable, value: np.ndarray) -> Callable[[Any], Any] | None:
    """Return a function from a seed to the weight, if ``value`` is what its initializer draws; else None."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return None
    try:
        config = initializer.get_config()
        # An initializer keeps the seed that it was made with, so that it draws the same again.
        same = np.array_equal(keras.ops.convert_to_numpy(initializer(variable.shape, dtype=variable.dtype)), value)
        draw = partial(_draw, type(initializer), config, variable)
        if "seed" not in config or not same:
            return None
        draw(np.array([0, 0], np.uint32))
    except (NotImplementedError, TypeError, ValueError):  # a custom initializer without all of Keras' methods
        return None
    return draw


def _draw(kind: Any, config: Mapping[str, Any], weight: keras.Variable, seed: Any) -> Any:
    return kind.from_config({**config, "seed": _Given(seed)})(weight.shape, dtype=weight.dtype)
