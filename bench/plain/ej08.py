"""MNIST with a dense and a convolutional net, as a good student writes it."""

import keras
from common import Run, evaluate, some, train_validation
from keras import layers


def build(name, settings):
    """Return the model."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    if name == "dense":
        model.add(layers.Flatten())
        for units in (20, 10):
            model.add(layers.Dense(units, activation="relu"))
            model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
    else:
        for filters in (32, 16):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
            model.add(layers.MaxPooling2D())
            model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
        model.add(layers.Flatten())
    model.add(layers.Dense(10))
    return model


def train(run, x, x_test):
    """Train on uint8 images ``(n, 28, 28)``."""
    x, x_test = (images[..., None].astype("float32") / 255 for images in (x, x_test))
    x_test, y_test = some(x_test, run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, y_train, y_val = train_validation(x, run.array("y_train"), run)
    model = build(run.model, run.settings)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(run.optimizer(), loss, metrics=["accuracy"])
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, validation=(x_val, y_val), test=(x_test, y_test)))


def main():
    """Train one seed."""
    run = Run()
    train(run, run.array("x_train"), run.array("x_test"))


if __name__ == "__main__":
    main()
