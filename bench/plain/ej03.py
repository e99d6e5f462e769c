"""IMDB reviews as a dense matrix of word counts, as a good student writes it."""

import keras
import numpy as np
from common import Run, evaluate, some, train_validation
from keras import layers


def build(name, settings):
    """Return the model."""

    def penalty():
        return keras.regularizers.L2(settings["l2"])

    inputs = keras.Input((settings["words"],))
    x = inputs
    for units in (100, 10):
        x = layers.Dense(units, activation="relu", kernel_regularizer=penalty())(x)
        if name == "dropout_l2":
            x = layers.Dropout(settings["dropout"])(x)
        elif name == "bn_l2":
            x = layers.BatchNormalization(momentum=settings["bn_momentum"])(x)
    x = layers.Concatenate()([inputs, x])
    return keras.Model(inputs, layers.Dense(1, kernel_regularizer=penalty())(x))


def counts(run, part):
    """Return how often each word occurs in each review, ``(reviews, words)``."""
    tokens, offsets, words = run.array(f"tokens_{part}"), run.array(f"offsets_{part}"), run.settings["words"]
    matrix = np.zeros((len(offsets) - 1, words), dtype="float32")
    for row, start, end in zip(matrix, offsets[:-1], offsets[1:], strict=True):
        row[:] = np.bincount(tokens[start:end], minlength=words)[:words]
    return matrix


def main():
    """Train one seed."""
    run = Run()
    x_test, y_test = some(counts(run, "test"), run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, y_train, y_val = train_validation(counts(run, "train"), run.array("y_train"), run)
    model = build(run.model, run.settings)
    model.compile(
        run.optimizer(),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
    )
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, validation=(x_val, y_val), test=(x_test, y_test)))


if __name__ == "__main__":
    main()
