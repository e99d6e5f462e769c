"""MNIST digits cleaned of noise by a convolutional autoencoder, as a good student writes it."""

import keras
import numpy as np
from common import Run, evaluate, some, train_validation
from keras import layers

STACKS = {
    "autoencoder": [32, "down", 16, "down", 8, 2, 2, 8, "up", 16, "up", 32],
    "autoencoder_asym": [32, "down", 32, "down", 8, "up", 8, "up"],
}


def build(name, settings):
    """Return the model."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for part in STACKS[name]:
        if part == "down":
            model.add(layers.MaxPooling2D())
        elif part == "up":
            model.add(layers.UpSampling2D())
        else:
            model.add(layers.Conv2D(part, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(1, 3, padding="same"))
    return model


def main():
    """Train one seed."""
    run = Run()
    rng = np.random.default_rng(run.seed)

    def noisy(clean):
        noise = rng.normal(0, run.settings["noise_std"], clean.shape).astype("float32")
        return np.clip(clean + noise, 0, 1)

    x, x_test = (run.array(f"x_{part}")[..., None].astype("float32") / 255 for part in ("train", "test"))
    x_test, _ = some(x_test, run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, _, _ = train_validation(x, run.array("y_train"), run)
    model = build(run.model, run.settings)
    model.compile(run.optimizer(), "mse", metrics=["mse"])
    validation, test = (noisy(x_val), x_val), (noisy(x_test), x_test)
    run.fit(model, noisy(x_train), x_train, validation_data=validation)
    run.report(evaluate(model, validation=validation, test=test))


if __name__ == "__main__":
    main()
