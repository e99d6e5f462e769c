"""The figures of the source, numbered as there, and some that it lacks."""

from __future__ import annotations

from practica.address import TIMING
from practica.figures.specs import HIGH, Glance, Panel, Spec, Text

LOSS = Panel("loss")
ACCURACY = Panel("accuracy")
NORMALISED = Panel("normalised_loss")
MSE = Panel("mse")

NORMALISATION = {
    "es": " El costo se divide por su mayor valor en esa corrida, el mismo para todas las curvas.",
    "en": " The loss is divided by its largest value in that run, the same for all curves.",
}
LOGARITHMIC = {
    "es": " El eje de las épocas es logarítmico.",
    "en": " The axis of the epochs is logarithmic.",
}
SHOWN = {
    "accuracy": {"es": "precisión", "en": "accuracy"},
    "loss": {"es": "función de costo", "en": "loss"},
    "normalised_loss": {"es": "función de costo normalizada", "en": "normalised loss"},
    "mse": {"es": "error cuadrático medio", "en": "mean squared error"},
}
BY_EPOCH = {"es": "por época, en entrenamiento y validación", "en": "by epoch, on training and validation data"}
ONLY_TRAINING = {"es": "por época, en entrenamiento", "en": "by epoch, on training data"}
PLACES = {"es": ("arriba", "abajo"), "en": ("above", "below")}


def _curves(
    name: str, exercise: str, variant: str, title: Text, *panels: Panel, height: float = 0.0, scale: str = ""
) -> Spec:
    """Describe the learning curves of one variant, with a caption made of what the panels show."""
    xor = variant.startswith("xor")  # four points, all of which the net trains on
    caption = {}
    for language, conjunction in {"es": " y ", "en": " and "}.items():
        shown = [SHOWN[panel.metric][language] for panel in panels]
        if len(shown) > 1:
            shown = [f"{what} ({where})" for what, where in zip(shown, PLACES[language], strict=True)]
        by_epoch = ONLY_TRAINING if xor else BY_EPOCH
        note = (NORMALISATION[language] if NORMALISED in panels else "") + (LOGARITHMIC[language] if xor else "")
        caption[language] = f"{title[language]}: {conjunction.join(shown)} {by_epoch[language]}.{note}"
    return Spec(
        name, exercise, (variant,), "curves", title, caption, panels, log_epochs=xor, height=height, scale=scale
    )


def _text(es: str, en: str) -> Text:
    return {"es": es, "en": en}


def _regression() -> list[Spec]:
    prices = _text(
        "Precio predicho por el modelo lineal frente al precio real en los datos de validación de una semilla; "
        "sobre la recta, la predicción sería exacta.",
        "Price predicted by the linear model against the real price on the validation data of one seed; "
        "on the line, the prediction would be exact.",
    )
    return_map = _text(
        "Mapa x(t) = 4x(t−1)(1−x(t−1)): predicción de la red en los datos de prueba de una semilla sobre la curva "
        "exacta, y debajo la diferencia entre ambas.",
        "Map x(t) = 4x(t−1)(1−x(t−1)): the net's prediction on the test data of one seed over the exact curve, "
        "and below the difference between the two.",
    )
    return [
        Spec(
            "fig01a",
            "ej01",
            ("linear",),
            "prices",
            _text("Boston: precio predicho y real", "Boston: predicted and real price"),
            prices,
        ),
        _curves(
            "fig01b",
            "ej01",
            "linear",
            _text("Boston: función de costo", "Boston: loss"),
            Panel("loss", "squared_price_loss"),
            height=HIGH,
        ),
        _curves(
            "fig10a",
            "ej05",
            "tanh5",
            _text("Mapa logístico: error", "Logistic map: error"),
            Panel("mse", log=True),
            height=HIGH,
        ),
        Spec(
            "fig10b",
            "ej05",
            ("tanh5",),
            "map",
            _text("Mapa logístico: predicción", "Logistic map: prediction"),
            return_map,
        ),
    ]


def _classification() -> list[Spec]:
    loss_first, accuracy_first = (NORMALISED, ACCURACY), (ACCURACY, NORMALISED)
    rows = [
        ("fig02", "ej02", "cifar_mse", "CIFAR-10, error cuadrático", "CIFAR-10, squared error", loss_first),
        ("fig03", "ej02", "cifar_xent", "CIFAR-10, entropía cruzada", "CIFAR-10, cross-entropy", loss_first),
        ("fig04a", "ej02", "xor_221", "XOR, red 2-2-1", "XOR, 2-2-1 net", loss_first),
        ("fig04b", "ej02", "xor_concat", "XOR, red con concatenación", "XOR, net with concatenation", loss_first),
        ("fig05", "ej03", "l2", "IMDB, L2", "IMDB, L2", accuracy_first),
        ("fig06", "ej03", "dropout_l2", "IMDB, Dropout y L2", "IMDB, Dropout and L2", accuracy_first),
        ("fig07", "ej03", "bn_l2", "IMDB, BN y L2", "IMDB, BN and L2", accuracy_first),
        ("fig08", "ej04", "dense", "IMDB, embedding, red densa", "IMDB, embedding, dense net", accuracy_first),
        ("fig09", "ej04", "conv", "IMDB, embedding, convoluciones", "IMDB, embedding, convolutions", accuracy_first),
    ]
    return [
        _curves(name, ex, variant, _text(es, en), *panels, scale=variant.partition("_")[0] if ex == "ej02" else ex)
        for name, ex, variant, es, en, panels in rows
    ]


def _images() -> list[Spec]:
    """Describe figures 13 to 18: accuracy in one, loss in the next, a variant a letter."""
    rows = [
        (13, 14, "ej08", "dense", "a", "MNIST, red densa", "MNIST, dense net"),
        (13, 14, "ej08", "conv", "b", "MNIST, red convolucional", "MNIST, convolutional net"),
        (15, 16, "ej09", "dense", "a", "MNIST permutado, red densa", "Permuted MNIST, dense net"),
        (15, 16, "ej09", "conv", "b", "MNIST permutado, red convolucional", "Permuted MNIST, convolutional net"),
        (17, 18, "ej10", "alexnet", "a", "CIFAR-100, AlexNet", "CIFAR-100, AlexNet"),
        (17, 18, "ej10", "vgg16", "b", "CIFAR-100, VGG16", "CIFAR-100, VGG16"),
    ]
    return [
        _curves(f"fig{number}{letter}", exercise, variant, _text(es, en), panel, scale=f"fig{number}")
        for place, panel in enumerate((ACCURACY, LOSS))
        for *numbers, exercise, variant, letter, es, en in rows
        for number in (numbers[place],)
    ]


def _folds(name: str, variants: tuple[str, ...], es: str, en: str, first: int = 0) -> Spec:
    caption = _text(
        f"Pima, {es}: arriba, precisión de validación media por época, con banda de una desviación estándar entre los "
        "pliegues; abajo, esa desviación sola. Se calcula dentro de cada semilla y se promedia sobre las semillas.",
        f"Pima, {en}: above, mean validation accuracy by epoch, with a band of one standard deviation over the folds; "
        "below, that deviation alone. It is taken within each seed and averaged over the seeds.",
    )
    title = _text(f"Pima, {es}", f"Pima, {en}")
    return Spec(name, "ej06", variants, "folds", title, caption, (ACCURACY,), first=first)


def _digits(name: str, variant: str, es: str, en: str) -> Spec:
    caption = _text(
        f"Tres imágenes de prueba de MNIST: con ruido (arriba), filtradas por el autoencoder {es} (centro) y sin ruido "
        "(abajo).",
        f"Three MNIST test images: with noise (top), cleaned by the {en} autoencoder (middle) and without noise "
        "(bottom).",
    )
    title = _text(f"Autoencoder {es}", f"{en.capitalize()} autoencoder")
    return Spec(name, "ej07", (variant,), "digits", title, caption)


def _twins() -> list[Spec]:
    """Describe the nets of ej02 beside their hand-written twins: the same nets should learn alike."""
    nets = [
        ("a", "cifar_mse", "CIFAR-10, error cuadrático", "CIFAR-10, squared error"),
        ("b", "cifar_xent", "CIFAR-10, entropía cruzada", "CIFAR-10, cross-entropy"),
        ("c", "xor_221", "XOR, red 2-2-1", "XOR, 2-2-1 net"),
        ("d", "xor_concat", "XOR, red con concatenación", "XOR, net with concatenation"),
    ]
    curves = []
    for letter, net, es, en in nets:
        caption = _text(
            f"{es}: costo de entrenamiento por época, de la red en Keras y de la misma red escrita en NumPy.",
            f"{en}: training loss by epoch, of the net in Keras and of the same net written in NumPy.",
        )
        title = _text(f"{es}: Keras y NumPy", f"{en}: Keras and NumPy")
        pair, labels = (net, f"{net}_numpy"), ("keras", "numpy")
        xor = net.startswith("xor")
        curves.append(Spec(f"figx02{letter}", "ej02", pair, "compare", title, caption, (LOSS,), "train", labels, xor))
    caption = _text(
        "Tiempo por época de cada red de ej02 en Keras y en NumPy: mediana y rango de las repeticiones medidas.",
        "Time per epoch of each net of ej02 in Keras and in NumPy: median and range of the measured repetitions.",
    )
    both = tuple(net + suffix for _, net, _, _ in nets for suffix in ("", "_numpy"))
    title, time = _text("Keras y NumPy", "Keras and NumPy"), (Panel("ms_per_epoch"),)
    return [*curves, Spec("figx02e", "ej02", both, "twins", title, caption, time, TIMING, ("keras", "numpy"))]


def _extras() -> list[Spec]:
    error = _text(
        "Error cuadrático medio de validación por época de los dos autoencoders, respecto de las imágenes sin ruido.",
        "Validation mean squared error by epoch of the two autoencoders, against the images without noise.",
    )
    pair, both = ("autoencoder", "autoencoder_asym"), _text("Autoencoders", "Autoencoders")
    alexnet, vgg16 = _text("CIFAR-10, AlexNet", "CIFAR-10, AlexNet"), _text("CIFAR-10, VGG16", "CIFAR-10, VGG16")
    return [
        *_twins(),
        _folds("figx06", ("corrected", "wider", "deeper"), "redes mayores", "larger nets", first=1),
        Spec("figx07a", "ej07", pair, "compare", both, error, (MSE,), labels=pair, height=2.6),
        _digits("figx07b", "autoencoder_asym", "asimétrico", "asymmetric"),
        _curves("figx10a", "ej10", "alexnet_cifar10", alexnet, ACCURACY, LOSS),
        _curves("figx10b", "ej10", "vgg16_cifar10", vgg16, ACCURACY, LOSS),
    ]


SPECS: tuple[Spec, ...] = tuple(
    sorted(
        [
            *_regression(),
            *_classification(),
            _folds("fig11", ("raw", "corrected"), "con y sin corrección", "with and without correction"),
            _digits("fig12", "autoencoder", "simétrico", "symmetric"),
            *_images(),
        ],
        key=lambda each: each.name,
    )
) + tuple(_extras())

GALLERY = ("fig_overview", "fig01a", "fig10b", "fig12")
"""The figures that the README shows."""

OVERVIEW = Spec(
    "fig_overview",
    "",
    (),
    "overview",
    _text("El estudio de un vistazo", "The study at a glance"),
    _text(
        "El estudio de un vistazo. Curvas: validación por época, media y rango de las semillas (en 1 el costo, en 5 y "
        "7 el error cuadrático medio, en los demás la precisión). A la derecha de cada panel, la prueba: punto con "
        "intervalo del 95 %, este estudio; rombo, la fuente. Bajo el título, los veredictos sobre lo que afirma la "
        "fuente: ✓ confirmada, ✗ no confirmada, ? sin decidir, ≠ no comparable, – sin evaluar.",
        "The study at a glance. Curves: validation by epoch, mean and range of the seeds (in 1 the loss, in 5 and 7 "
        "the mean squared error, in the others the accuracy). At the right of each panel, the test data: dot with 95 % "
        "interval, this study; diamond, the source. Under the title, the verdicts on what the source claims: "
        "✓ confirmed, ✗ not confirmed, ? undecided, ≠ not comparable, – not evaluated.",
    ),
)
"""The first page of the report; its exercise is none of them."""

DENSE, CONV = _text("densa", "dense"), _text("conv.", "conv.")
GLANCES = {
    "ej01": Glance(_text("Boston", "Boston"), "loss", {"linear": _text("lineal", "linear")}),
    "ej02": Glance(
        _text("CIFAR-10", "CIFAR-10"),
        "accuracy",
        {"cifar_mse": _text("MSE", "MSE"), "cifar_xent": _text("ent. cruzada", "cross-ent.")},
    ),
    "ej03": Glance(
        _text("IMDB, recuento", "IMDB, counts"),
        "accuracy",
        {"l2": _text("L2", "L2"), "dropout_l2": _text("Dropout", "Dropout"), "bn_l2": _text("BN", "BN")},
    ),
    "ej04": Glance(_text("IMDB, embedding", "IMDB, embedding"), "accuracy", {"dense": DENSE, "conv": CONV}),
    "ej05": Glance(_text("Mapa logístico", "Logistic map"), "mse", {"tanh5": _text("tanh", "tanh")}, log=True),
    "ej06": Glance(
        _text("Pima, 5 pliegues", "Pima, 5 folds"),
        "accuracy",
        {"raw": _text("sin corregir", "uncorrected"), "corrected": _text("corregida", "corrected")},
    ),
    "ej07": Glance(
        _text("MNIST, ruido", "MNIST, noise"),
        "mse",
        {"autoencoder": _text("simétrico", "symmetric"), "autoencoder_asym": _text("asimétrico", "asymmetric")},
    ),
    "ej08": Glance(_text("MNIST", "MNIST"), "accuracy", {"dense": DENSE, "conv": CONV}),
    "ej09": Glance(_text("MNIST permutado", "Permuted MNIST"), "accuracy", {"dense": DENSE, "conv": CONV}),
    "ej10": Glance(
        _text("CIFAR-100", "CIFAR-100"),
        "accuracy",
        {"alexnet": _text("AlexNet", "AlexNet"), "vgg16": _text("VGG16", "VGG16")},
    ),
}
"""What the overview shows of each exercise."""
