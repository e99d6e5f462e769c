"""The net of moons written by hand: one hidden layer, gradient descent with momentum on the cross-entropy."""

from __future__ import annotations

import numpy as np

from practica import seeds
from practica.exercises.problem import Settings


class NumpyNet:
    """One layer of hyperbolic tangents and a logistic output, in float32."""

    def __init__(self, settings: Settings) -> None:
        """Describe the net."""
        (self._units,) = settings.units
        self._rate, self._l2, self._momentum = settings.learning_rate, settings.l2, settings.get("momentum") or 0.0
        self.initialise(0)

    def initialise(self, seed: int) -> None:
        """Draw new weights, at rest."""
        rng = seeds.stream("weights by hand", seed)
        self._first = rng.normal(0, 0.7, (3, self._units)).astype(np.float32)
        self._last = rng.normal(0, 0.3, (self._units + 1, 1)).astype(np.float32)
        self._velocities = [np.zeros_like(weights) for weights in (self._first, self._last)]

    def parameters(self) -> dict[str, np.ndarray]:
        """Return the weights by name."""
        return {"first": self._first, "last": self._last}

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of the weights."""
        return [self._first.copy(), self._last.copy()]

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Take over weights."""
        self._first, self._last = (np.array(value, np.float32) for value in values)

    def get_state(self) -> list[np.ndarray]:
        """Return copies of the weights and of their velocities."""
        return [*self.get_weights(), *(velocity.copy() for velocity in self._velocities)]

    def set_state(self, values: list[np.ndarray]) -> None:
        """Take over weights and velocities."""
        self.set_weights(values[:2])
        self._velocities = [np.array(value, np.float32) for value in values[2:]]

    def train_epoch(self, x: np.ndarray, y: np.ndarray, order: np.ndarray, batch_size: int) -> dict[str, float]:
        """Take one step a batch over the samples in ``order``; return means of the measures before each step."""
        losses, right = 0.0, 0.0
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            inputs = _ones(x[rows])
            hidden = _ones(np.tanh(inputs @ self._first))
            logits, targets = hidden @ self._last, np.reshape(y[rows], (-1, 1))
            losses += float(_loss(logits, targets).sum())
            right += float(((logits > 0) == targets).sum())
            error = (1 / (1 + np.exp(-logits)) - targets) / len(rows)
            back = (error @ self._last[:-1].T) * (1 - hidden[:, :-1] ** 2)
            penalty = 2 * self._l2 * self._first
            penalty[-1] = 0  # the biases bear none
            gradients = (inputs.T @ back + penalty, hidden.T @ error)
            for weights, velocity, gradient in zip((self._first, self._last), self._velocities, gradients, strict=True):
                change = self._momentum * velocity - self._rate * gradient.astype(np.float32)
                velocity[:] = change
                weights[:] += change
        return {"loss": losses / len(order), "accuracy": right / len(order)}

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return logits ``(n, 1)``."""
        return _ones(np.tanh(_ones(x) @ self._first)) @ self._last

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """Return the measures on samples."""
        logits, targets = self.predict(x), np.reshape(y, (-1, 1))
        return {"loss": float(_loss(logits, targets).mean()), "accuracy": float(((logits > 0) == targets).mean())}


def _ones(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.ones((len(x), 1), np.float32)], axis=1)


def _loss(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, logits) - targets * logits
