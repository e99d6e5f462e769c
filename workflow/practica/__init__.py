"""A deep-learning study that runs itself: from config.yaml and the folder of a study to a finished, checked report."""

from practica.startup import hide_needless

hide_needless()  # here, because whatever is imported next may import TensorFlow
