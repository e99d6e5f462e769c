"""IMDB reviews as padded sequences through an embedding, as a good student writes it."""

import keras
import numpy as np
from common import Run, evaluate, some, train_validation
from keras import layers

UNKNOWN = 2


def build(name, settings):
    """Return the model."""
    inputs = keras.Input((settings["review_length"],))
    x = layers.Embedding(settings["words"], settings["embedding_dim"])(inputs)
    if name == "conv":
        x = layers.BatchNormalization(momentum=settings["bn_momentum"])(x)
        for filters in (16, 64):
            x = layers.Conv1D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling1D()(x)
            x = layers.BatchNormalization(momentum=settings["bn_momentum"])(x)
        x = layers.Dropout(settings["dropout"])(layers.Flatten()(x))
        return keras.Model(inputs, layers.Dense(1)(x))

    def penalty():
        return keras.regularizers.L2(settings["l2"])

    embedded = x = layers.Flatten()(x)
    for units in (100, 10):
        x = layers.Dense(units, activation="relu", kernel_regularizer=penalty())(x)
        x = layers.Dropout(settings["dropout"])(x)
    x = layers.Concatenate()([embedded, x])
    return keras.Model(inputs, layers.Dense(1, kernel_regularizer=penalty())(x))


def padded(run, part):
    """Return the last words of each review, padded in front, ``(reviews, length)``."""
    tokens, offsets = run.array(f"tokens_{part}"), run.array(f"offsets_{part}")
    tokens = np.where(tokens < run.settings["words"], tokens, UNKNOWN)
    reviews = np.split(tokens, offsets[1:-1])
    return keras.utils.pad_sequences(reviews, maxlen=run.settings["review_length"])


def main():
    """Train one seed."""
    run = Run()
    x_test, y_test = some(padded(run, "test"), run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, y_train, y_val = train_validation(padded(run, "train"), run.array("y_train"), run)
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
