"""The nets of ej02 written by hand in NumPy: the student's earlier practice, and the yardstick for Keras' speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from practica import seeds
from practica.exercises.problem import Settings

Weights = dict[str, np.ndarray]

# Each activation with its derivative as a function of its own output.
ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "linear": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "sigmoid": (lambda z: 0.5 * (1 + np.tanh(0.5 * z)), lambda a: a * (1 - a)),  # tanh does not overflow
}


class NumpyNet:
    """One hidden layer and an output layer, trained by back-propagation in batches.

    It starts, loses and steps as its Keras twin does: Glorot's uniform weights and zero biases, the same loss with
    the same L2 penalty, plain SGD (with momentum) or Adam with Keras' constants. Everything is ``dtype``.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        activations: tuple[str, str],
        settings: Settings,
        *,
        concat: bool = False,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        """Describe the net: ``sizes`` of input, hidden and output; ``concat`` shows the output layer the input too."""
        self._hidden, self._output = (ACTIVATIONS[name] for name in activations)
        self._sizes, self._concat = sizes, concat
        self._dtype = dtype
        self._loss = settings.get("loss", "mse")
        self._l2 = settings.get("l2", 0.0)
        self._optimizer = Optimizer(settings)
        self.initialise(0)

    def initialise(self, seed: int) -> None:
        """Draw new weights (Glorot uniform) with ``seed``, zero the biases and forget the optimizer's past."""
        inputs, hidden, outputs = self._sizes
        rng = seeds.stream("weights by hand", seed)
        self._weights = {}
        for layer, (fan_in, fan_out) in enumerate([(inputs, hidden), (hidden + self._concat * inputs, outputs)], 1):
            limit = np.sqrt(6 / (fan_in + fan_out))
            self._weights[f"W{layer}"] = rng.uniform(-limit, limit, (fan_in, fan_out)).astype(self._dtype)
            self._weights[f"b{layer}"] = np.zeros(fan_out, self._dtype)
        self._optimizer.reset()

    def parameters(self) -> Weights:
        """Return the weights by name: ``W1``, ``b1``, ``W2``, ``b2``."""
        return self._weights

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of the weights in the order of the Keras twin."""
        return [value.copy() for value in self._weights.values()]

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Take over weights in the order of the Keras twin."""
        for name, value in zip(self._weights, values, strict=True):
            self._weights[name] = np.array(value, dtype=self._dtype).reshape(self._weights[name].shape)

    def get_state(self) -> list[np.ndarray]:
        """Return copies of the weights and of what the optimizer remembers."""
        return self.get_weights() + self._optimizer.get_state()

    def set_state(self, state: list[np.ndarray]) -> None:
        """Take over what ``get_state`` returned."""
        count = len(self._weights)
        self.set_weights(state[:count])
        self._optimizer.set_state(list(self._weights), state[count:])

    def train_epoch(self, x: np.ndarray, y: np.ndarray, order: np.ndarray, batch_size: int) -> dict[str, float]:
        """Take one step a batch over the samples in ``order``; return means of the measures before each step."""
        totals: dict[str, float] = {}
        for start in range(0, len(order), batch_size):
            index = order[start : start + batch_size]
            measures, gradients = self.gradients(x[index], y[index])
            self._optimizer.step(self._weights, gradients)
            for name, value in measures.items():
                totals[name] = totals.get(name, 0.0) + value * len(index)
        return {name: total / len(order) for name, total in totals.items()}

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """Return loss (penalty included) and accuracy, and for the squared error also ``mse`` without the penalty."""
        return self._measure(self.predict(x), y)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs ``(n, outputs)``."""
        return self._forward(x)[2]

    def gradients(self, x: np.ndarray, y: np.ndarray) -> tuple[dict[str, float], Weights]:
        """Return the measures of a batch and the gradient of its loss by every weight."""
        hidden, features, outputs = self._forward(x)
        w1, w2 = self._weights["W1"], self._weights["W2"]
        delta = self._loss_gradient(outputs, y) * self._output[1](outputs)
        # With `concat` the input stands before the hidden neurons, and only these pass the error on.
        back = (delta @ w2.T)[:, -hidden.shape[1] :] * self._hidden[1](hidden)
        return self._measure(outputs, y), {
            "W1": x.T @ back + 2 * self._l2 * w1,
            "b1": back.sum(axis=0),
            "W2": features.T @ delta + 2 * self._l2 * w2,
            "b2": delta.sum(axis=0),
        }

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        hidden = self._hidden[0](x @ self._weights["W1"] + self._weights["b1"])
        features = np.concatenate([x, hidden], axis=1) if self._concat else hidden
        return hidden, features, self._output[0](features @ self._weights["W2"] + self._weights["b2"])

    def _loss_gradient(self, outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the derivative of the mean loss of the batch by the outputs."""
        if self._loss == "mse":
            return 2 * (outputs - y) / outputs.dtype.type(outputs.size)
        gradient = np.exp(_log_softmax(outputs))
        gradient[np.arange(len(y)), y] -= 1
        return gradient / outputs.dtype.type(len(y))

    def _measure(self, outputs: np.ndarray, y: np.ndarray) -> dict[str, float]:
        penalty = self._l2 * sum(float(np.sum(self._weights[name] ** 2)) for name in ("W1", "W2")) if self._l2 else 0.0
        if self._loss == "cross_entropy":
            loss = -float(_log_softmax(outputs)[np.arange(len(y)), y].mean())
            return {"loss": loss + penalty, "accuracy": float(np.mean(outputs.argmax(axis=1) == y))}
        mse = float(np.mean((outputs - y) ** 2))
        decide = np.sign if outputs.shape[1] == 1 else lambda values: values.argmax(axis=1)
        right = decide(outputs) == decide(y)
        return {"loss": mse + penalty, "accuracy": float(right.mean()), "mse": mse}


class Optimizer:
    """Change weights in place as Keras' SGD (with momentum) or Adam does."""

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

    def __init__(self, settings: Settings) -> None:
        """Take name, learning rate and momentum from the settings."""
        self._adam = settings.optimizer == "adam"
        self._rate = settings.learning_rate
        self._momentum = settings.get("momentum", 0.0)
        self.reset()

    def reset(self) -> None:
        """Forget all steps so far."""
        self._step = 0
        self._first: Weights = {}
        self._second: Weights = {}

    def get_state(self) -> list[np.ndarray]:
        """Return the number of steps and copies of the moments, weight by weight."""
        moments = [*self._first.values(), *self._second.values()]
        return [np.array(self._step), *(moment.copy() for moment in moments)]

    def set_state(self, names: list[str], state: list[np.ndarray]) -> None:
        """Take over what ``get_state`` returned, for the weights of these names."""
        step, *moments = state
        self._step = int(step)
        self._first = dict(zip(names, moments, strict=False))
        self._second = dict(zip(names, moments[len(names) :], strict=False))

    def step(self, weights: Weights, gradients: Weights) -> None:
        """Take one step down the gradients."""
        self._step += 1
        for name, gradient in gradients.items():
            first = self._first.setdefault(name, np.zeros_like(gradient))
            if not self._adam:
                first *= self._momentum
                first -= self._rate * gradient
                weights[name] += first
                continue
            second = self._second.setdefault(name, np.zeros_like(gradient))
            first += (gradient - first) * (1 - self.BETA_1)
            second += (gradient**2 - second) * (1 - self.BETA_2)
            rate = self._rate * (1 - self.BETA_2**self._step) ** 0.5 / (1 - self.BETA_1**self._step)
            weights[name] -= rate * first / (np.sqrt(second) + self.EPSILON)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
