"""Pima diabetes with cross-validation, the model rebuilt for each fold, as a good student writes it."""

import keras
import numpy as np
from common import Run, evaluate
from keras import layers
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler


def build(name, settings):
    """Return the model."""
    model = keras.Sequential([keras.Input((8,))])
    for units in settings["units"]:
        model.add(layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(settings["l2"])))
        model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
    model.add(layers.Dense(1))
    return model


def corrected(train, validation):
    """Replace impossible zeros by the mean of the training fold's other values."""
    train, validation = train.copy(), validation.copy()
    for column in range(1, 6):
        mean = train[train[:, column] != 0, column].mean()
        for part in (train, validation):
            part[part[:, column] == 0, column] = mean
    return train, validation


def main():
    """Train all folds of one seed."""
    run = Run()
    x, y = run.array("x").astype("float64"), run.array("y")
    folds = []
    for train, validation in StratifiedKFold(run.settings["folds"], shuffle=True, random_state=run.seed).split(x, y):
        x_train, x_val = x[train], x[validation]
        if run.settings["correct_zeros"]:
            x_train, x_val = corrected(x_train, x_val)
        scaler = StandardScaler().fit(x_train)
        x_train, x_val = scaler.transform(x_train), scaler.transform(x_val)
        model = build(run.model, run.settings)
        model.compile(
            run.optimizer(),
            keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
        )
        run.fit(model, x_train, y[train], validation_data=(x_val, y[validation]))
        folds.append(evaluate(model, validation=(x_val, y[validation]))["validation"])
    run.report({"validation": {name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}})


if __name__ == "__main__":
    main()
