"""A deep-learning study that runs itself: ten Keras exercises, from config.yaml to a checked report."""

from practica.hidden_jax import hide_jax

hide_jax()  # here, for whatever is imported next may import TensorFlow
