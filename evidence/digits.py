"""Keep the handwritten digits of scikit-learn as one small file, for the networks of notebook 24.

Alpaydin and Kaynak's "Optical recognition of handwritten digits" (1998, UCI, CC BY 4.0), the 1,797 images of its test
part, as scikit-learn (BSD-3-Clause) ships them. pip fetches the package.

python -m evidence.digits
"""

import gzip

import numpy as np

from evidence import record_runs
from evidence.wheels import files_from_wheel

PATH = "notebooks/data/digits.npz"
PACKAGE, MEMBER = "scikit-learn", "sklearn/datasets/data/digits.csv.gz"
SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"


def gather(jobs: int) -> dict[str, np.ndarray]:
    """images (1797, 64) from 0 to 16, labels (1797,)."""
    text = gzip.decompress(files_from_wheel(PACKAGE, {MEMBER: SHA256})[MEMBER]).decode()
    rows = np.array([line.split(",") for line in text.split()], float).astype(np.uint8)
    return {"images": rows[:, :64], "labels": rows[:, 64]}


def main() -> None:
    licence = "BSD-3-Clause (the package), CC BY 4.0 (the images: Alpaydin and Kaynak, 1998)"
    record_runs(PATH, gather, config={"package": PACKAGE, "sha256": SHA256, "licence": licence}, seeds=[])


if __name__ == "__main__":
    main()
