"""CIFAR-10 through a dense net with two losses, and XOR with two small nets, as a good student writes them."""

import keras
import numpy as np
from common import Run, evaluate, some, train_validation
from keras import layers


def build(name, settings):
    """Return the model."""
    penalty = keras.regularizers.L2(settings.get("l2", 0.0))
    if name == "cifar":
        return keras.Sequential(
            [
                keras.Input((3072,)),
                layers.Dense(100, activation="sigmoid", kernel_regularizer=penalty),
                layers.Dense(10, kernel_regularizer=penalty),
            ]
        )
    inputs = keras.Input((2,))
    if name == "xor_221":
        x = layers.Dense(2, activation="tanh", kernel_regularizer=penalty)(inputs)
    else:
        x = layers.Dense(1, activation="tanh", kernel_regularizer=penalty)(inputs)
        x = layers.Concatenate()([inputs, x])
    return keras.Model(inputs, layers.Dense(1, activation="tanh", kernel_regularizer=penalty)(x))


def train_xor(run, model):
    """Train on all four points."""
    x, y = run.array("x"), run.array("y")
    model.compile(run.optimizer(), "mse", metrics=["mse"])
    run.fit(model, x, y)
    metrics = evaluate(model, train=(x, y))
    metrics["train"]["accuracy"] = float(np.mean(np.sign(model.predict(x, verbose=0)) == np.sign(y)))
    run.report(metrics)


def train_cifar(run, model):
    """Train on flat pixels in [0, 1]."""
    x, x_test = (run.array(f"x_{part}").reshape(-1, 3072).astype("float32") / 255 for part in ("train", "test"))
    x_test, y_test = some(x_test, run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, y_train, y_val = train_validation(x, run.array("y_train"), run)
    if run.settings["loss"] == "mse":
        y_train, y_val, y_test = (keras.utils.to_categorical(y, 10) for y in (y_train, y_val, y_test))
        loss = "mse"
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(run.optimizer(), loss, metrics=["accuracy"])
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, validation=(x_val, y_val), test=(x_test, y_test)))


def main():
    """Train one seed."""
    run = Run()
    train = train_xor if run.dataset == "xor" else train_cifar
    train(run, build(run.model, run.settings))


if __name__ == "__main__":
    main()
