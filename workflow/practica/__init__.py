"""A deep-learning study that runs itself: ten Keras exercises, from config.yaml to a checked report."""
