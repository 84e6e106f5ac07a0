"""The processor cores that this process may really use, and how many of them TensorFlow takes."""

import os


def granted() -> int:
    """Cores that this process may really use, 1 or more: a container or a cluster seldom grants all that there are.

    The least of what the operating system, the process's affinity and the quota of its control group (v1 or v2) allow;
    a part of a core counts as one.
    """
    import joblib  # here: nobody who only asks for a name of this module should wait for it

    own = getattr(os, "process_cpu_count", os.cpu_count)()  # from Python 3.13 on it knows affinity and PYTHON_CPU_COUNT
    return max(1, min(joblib.cpu_count(), own or 1))


def use_all_cores() -> int:
    """Let TensorFlow share each operation between all granted cores; how many these are.

    For convolutions. The small networks of most notebooks are quicker on the one thread that `helpers` sets, and on one
    thread sums keep their order: call this before TensorFlow computes anything, in a notebook that needs it.
    Raises RuntimeError where TensorFlow has already started.
    """
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(granted())
    except RuntimeError as error:
        raise RuntimeError(
            "TensorFlow has already computed something, and its threads are made when it starts. Call `use_all_cores` "
            "first: restart the kernel, and let it stand before the first network or tensor."
        ) from error
    return granted()
