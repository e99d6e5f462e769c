"""Boston housing with a linear model, as a good student writes it."""

import keras
from common import Run, evaluate, train_validation
from keras import layers
from sklearn.preprocessing import StandardScaler


def build(name, settings):
    """Return the model."""
    return keras.Sequential(
        [keras.Input((13,)), layers.Dense(1, kernel_regularizer=keras.regularizers.L2(settings["l2"]))]
    )


def main():
    """Train one seed."""
    run = Run()
    x_train, x_val, y_train, y_val = train_validation(run.array("x"), run.array("y"), run, stratify=False)
    scaler = StandardScaler().fit(x_train)
    x_train, x_val = scaler.transform(x_train), scaler.transform(x_val)
    model = build(run.model, run.settings)
    model.compile(run.optimizer(), "mse", metrics=["mse"])
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, train=(x_train, y_train), validation=(x_val, y_val)))


if __name__ == "__main__":
    main()
