"""What people call exercises, variants and metrics, by language."""

from __future__ import annotations

from practica.words import in_language, section

TITLES = {
    "es": {
        "ej01": "Regresión lineal: precios de casas en Boston",
        "ej02": "Las redes escritas a mano, ahora en Keras",
        "ej03": "Opiniones de películas: bolsa de palabras y regularización",
        "ej04": "Opiniones de películas: embedding",
        "ej05": "El mapa logístico",
        "ej06": "Diabetes: validación cruzada y datos imposibles",
        "ej07": "Un autoencoder que quita el ruido",
        "ej08": "Dígitos de MNIST: red densa y red convolucional",
        "ej09": "MNIST con los píxeles permutados",
        "ej10": "AlexNet y VGG16 en miniatura: CIFAR",
    },
    "en": {
        "ej01": "Linear regression: house prices in Boston",
        "ej02": "The hand-written networks, now in Keras",
        "ej03": "Film reviews: bag of words and regularisation",
        "ej04": "Film reviews: embedding",
        "ej05": "The logistic map",
        "ej06": "Diabetes: cross-validation and impossible data",
        "ej07": "An autoencoder that removes noise",
        "ej08": "MNIST digits: a dense and a convolutional net",
        "ej09": "MNIST with permuted pixels",
        "ej10": "Small AlexNet and VGG16: CIFAR",
    },
}

VARIANTS = {
    "es": {
        "ej02/cifar_mse": "CIFAR-10, MSE",
        "ej02/cifar_xent": "CIFAR-10, entropía cruzada",
        "ej02/xor_221": "XOR, 2-2-1",
        "ej02/xor_concat": "XOR, concatenación",
        "ej02/cifar_mse_numpy": "CIFAR-10, MSE (NumPy)",
        "ej02/cifar_xent_numpy": "CIFAR-10, entropía cruzada (NumPy)",
        "ej02/xor_221_numpy": "XOR, 2-2-1 (NumPy)",
        "ej02/xor_concat_numpy": "XOR, concatenación (NumPy)",
        "ej03/l2": "L2",
        "ej03/dropout_l2": "Dropout + L2",
        "ej03/bn_l2": "BN + L2",
        "ej06/raw": "Sin corrección",
        "ej06/corrected": "Con corrección",
        "ej06/wider": "Más neuronas",
        "ej06/deeper": "Más capas",
        "ej07/autoencoder": "Simétrico",
        "ej07/autoencoder_asym": "Asimétrico",
        "ej10/alexnet": "AlexNet",
        "ej10/vgg16": "VGG16",
        "ej10/alexnet_cifar10": "AlexNet, CIFAR-10",
        "ej10/vgg16_cifar10": "VGG16, CIFAR-10",
        "linear": "Lineal",
        "dense": "Capas densas",
        "conv": "Convolucional",
        "tanh5": "tanh con concatenación",
    },
    "en": {
        "ej02/cifar_mse": "CIFAR-10, MSE",
        "ej02/cifar_xent": "CIFAR-10, cross-entropy",
        "ej02/xor_221": "XOR, 2-2-1",
        "ej02/xor_concat": "XOR, concatenation",
        "ej02/cifar_mse_numpy": "CIFAR-10, MSE (NumPy)",
        "ej02/cifar_xent_numpy": "CIFAR-10, cross-entropy (NumPy)",
        "ej02/xor_221_numpy": "XOR, 2-2-1 (NumPy)",
        "ej02/xor_concat_numpy": "XOR, concatenation (NumPy)",
        "ej03/l2": "L2",
        "ej03/dropout_l2": "Dropout + L2",
        "ej03/bn_l2": "BN + L2",
        "ej06/raw": "Uncorrected",
        "ej06/corrected": "Corrected",
        "ej06/wider": "More neurons",
        "ej06/deeper": "More layers",
        "ej07/autoencoder": "Symmetric",
        "ej07/autoencoder_asym": "Asymmetric",
        "ej10/alexnet": "AlexNet",
        "ej10/vgg16": "VGG16",
        "ej10/alexnet_cifar10": "AlexNet, CIFAR-10",
        "ej10/vgg16_cifar10": "VGG16, CIFAR-10",
        "linear": "Linear",
        "dense": "Dense layers",
        "conv": "Convolutional",
        "tanh5": "tanh with concatenation",
    },
}


def metric_name(metric: str, language: str) -> str:
    """Return how people call a metric."""
    return section("metrics", language).get(metric, metric)


def title(exercise: str, language: str) -> str:
    """Return the exercise's title, which for one that the project does not know is its id."""
    return in_language(TITLES, language).get(exercise, exercise)


def variant_name(exercise: str, variant: str, language: str) -> str:
    """Return how people call a variant, which for a user's own is its name."""
    names = in_language(VARIANTS, language)
    return names.get(f"{exercise}/{variant}") or names.get(variant, variant)
