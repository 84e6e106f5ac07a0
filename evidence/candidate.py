"""Record CANDIDATE on CartPole-v1 for notebook 13, as `evidence.reliable` records RELIABLE.

python -m evidence.candidate --jobs 2
"""

from evidence.reliable import record_two_hundred
from helpers.dqn.recipes import CANDIDATE

PATH = "notebooks/data/candidate.npz"
TUNED_ON = range(1_000, 1_100)  # the numbers of CANDIDATE were chosen on these
HELD_OUT = range(70_000, 70_100)  # run for this record and for nothing else

if __name__ == "__main__":
    record_two_hundred(CANDIDATE, PATH, TUNED_ON, HELD_OUT)
