"""Shared code of the course: small modules, one for each thing.

Importing this package only sets defaults that must be in place before TensorFlow and pygame start:
quiet logs, one thread for the small networks used here, and no window. Each can be overridden from outside.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up messages would land in the notebook
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # silences one more message, and keeps one order of summation
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")  # a 64-64 network is too small to share between cores
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("KERAS_HOME", os.path.dirname(__file__))  # Keras reads keras.json here, and writes none at home
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pygame draws into memory, never into a window
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
