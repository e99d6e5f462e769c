"""The logistic map learnt from a trajectory, as a good student writes it."""

import keras
from common import Run, evaluate
from keras import layers
from sklearn.model_selection import train_test_split


def build(name, settings):
    """Return the model."""
    inputs = keras.Input((1,))
    x = layers.Concatenate()([inputs, layers.Dense(5, activation="tanh")(inputs)])
    return keras.Model(inputs, layers.Dense(1)(x))


def main():
    """Train one seed."""
    run = Run()
    x = run.array("x").astype("float32")[:, None]
    before, after = x[:-1], x[1:]
    past = len(before) - round(run.settings["test_fraction"] * len(before))
    x_train, y_train = before[:past], after[:past]
    if run.settings.get("train_samples"):
        x_train, _, y_train, _ = train_test_split(
            x_train, y_train, train_size=run.settings["train_samples"], random_state=run.seed
        )
    x_train, x_val, y_train, y_val = train_test_split(
        x_train, y_train, test_size=run.settings["validation_fraction"], random_state=run.seed
    )
    model = build(run.model, run.settings)
    model.compile(run.optimizer(), "mse", metrics=["mse"])
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, validation=(x_val, y_val), test=(before[past:], after[past:])))


if __name__ == "__main__":
    main()
