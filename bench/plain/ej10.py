"""CIFAR images with augmentation through nets after AlexNet and VGG16, as a good student writes it."""

import keras
from common import Run, evaluate, some, train_validation
from keras import layers

CLASSES = {"cifar10": 10, "cifar100": 100}


def build(name, settings):
    """Return the model, its augmentation in front."""
    model = keras.Sequential([keras.Input((32, 32, 3))])
    if settings["flip"]:
        model.add(layers.RandomFlip("horizontal"))
    if settings["shift"]:
        model.add(layers.RandomTranslation(settings["shift"], settings["shift"], fill_mode="nearest"))
    if settings["rotation"]:
        model.add(layers.RandomRotation(settings["rotation"], fill_mode="nearest"))
    widths = (alexnet if name == "alexnet" else vgg16)(model, settings)
    model.add(layers.Flatten())
    for width in widths:
        model.add(layers.Dense(width, activation="relu"))
        model.add(layers.Dropout(settings["dropout"]))
        model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
    model.add(layers.Dense(CLASSES[settings["dataset"]]))
    return model


def alexnet(model, settings):
    """Add AlexNet's convolutions and return the widths of its dense layers."""

    def pool(size):
        model.add(layers.MaxPooling2D(size, strides=1))
        model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))

    model.add(layers.Conv2D(96, 4, strides=2, activation="relu"))
    pool(3)
    model.add(layers.Conv2D(256, 3, strides=2, activation="relu"))
    pool(2)
    for _ in range(2):
        model.add(layers.Conv2D(384, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
    model.add(layers.Conv2D(256, 3, padding="same", activation="relu"))
    pool(2)
    return 512, 512


def vgg16(model, settings):
    """Add VGG16's convolutions and return the widths of its dense layers."""
    for place, block in enumerate([(32, 32), (64, 64), (128, 128, 128), (256, 256, 256), (256, 256, 128)]):
        for filters in block:
            model.add(layers.BatchNormalization(momentum=settings["bn_momentum"]))
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D(2, strides=1 if place else 2))
    return 128, 128, 128


def main():
    """Train one seed."""
    run = Run()
    x, x_test = (run.array(f"x_{part}").astype("float32") / 255 for part in ("train", "test"))
    x_test, y_test = some(x_test, run.array("y_test"), run.settings.get("test_samples"), run.seed)
    x_train, x_val, y_train, y_val = train_validation(x, run.array("y_train"), run)
    model = build(run.model, run.settings)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(run.optimizer(), loss, metrics=["accuracy"])
    run.fit(model, x_train, y_train, validation_data=(x_val, y_val))
    run.report(evaluate(model, validation=(x_val, y_val), test=(x_test, y_test)))


if __name__ == "__main__":
    main()
