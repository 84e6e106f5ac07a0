"""Train every network of the space `DIGITS` twice, so that its regrets are exact (notebook 24).

python -m evidence.digit_networks
"""

import numpy as np

from evidence import record_runs
from helpers.search import DIGITS, load_digits
from helpers.search.digits import BATCH_SIZE, EPOCHS, LEARNING_RATE, NUM_TRAIN, NUM_VALIDATION, train_network

PATH, IMAGES_PATH = "notebooks/data/digit_networks.npz", "notebooks/data/digits.npz"
SEEDS = range(2)


def train_row(index: int, seed: int, digits):
    """One training of one architecture; no two trainings share their chance."""
    own_seed = int(np.random.SeedSequence([index, seed]).generate_state(1)[0])
    return train_network(DIGITS.architecture(index), digits, own_seed)


def gather(jobs: int) -> dict[str, np.ndarray]:
    """validation (N, K, rungs) and test (N, K) in percent, seconds (N,) of the processor; one process."""
    digits = load_digits(IMAGES_PATH)
    shape = (len(DIGITS), len(SEEDS))
    validation, test = np.zeros((*shape, len(EPOCHS)), np.float32), np.zeros(shape, np.float32)
    seconds = np.zeros(shape, np.float32)
    for index in range(len(DIGITS)):
        for place, seed in enumerate(SEEDS):
            found = train_row(index, seed, digits)
            validation[index, place], test[index, place] = found.validation, found.test
            seconds[index, place] = found.seconds
        if index % 128 == 127:
            print(f"{index + 1} of {len(DIGITS)}: {seconds.sum():.0f} s", flush=True)
    return {"validation": validation, "test": test, "seconds": np.median(seconds, axis=1)}


def main() -> None:
    config = {
        "images": {"train": NUM_TRAIN, "validation": NUM_VALIDATION},
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "slots": DIGITS.slots,
        "choices": DIGITS.choices,
    }
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
