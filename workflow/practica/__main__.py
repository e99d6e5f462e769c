"""Run the command line: ``python -m practica``."""

import atexit
import gc
import sys

from practica.launch.warm import hand_over

if __name__ == "__main__" and (code := hand_over(sys.argv[1:])) is not None:
    sys.exit(code)

from practica.cli import main

# The objects that TensorFlow, Keras and pandas create on import live to the end. Traversing them a dozen times, and
# once more at the end, takes a third of a short step's time: collect rarely, and not at exit.
gc.set_threshold(100_000, 10, 10)
atexit.register(gc.freeze)

if __name__ == "__main__":
    main()
