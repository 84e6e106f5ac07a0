"""A search space: every architecture is one choice for each of its slots, written as whole numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.spaces import shortly

Architecture = tuple[int, ...]  # the number of the choice in each slot, (slots,)


@dataclass(frozen=True)
class Space:
    """Slots, and the choices that each of them has; every slot has equally many."""

    slots: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]  # (slots, choices)

    def __post_init__(self):
        lengths = [len(choices) for choices in self.choices]
        if not self.slots or len(lengths) != len(self.slots) or len(set(lengths)) != 1 or lengths[0] < 2:
            raise ValueError(
                f"A space needs one list of choices for each slot, all equally long, 2 or more; there were "
                f"{len(self.slots)} slots and lists of {lengths}."
            )

    @property
    def num_choices(self) -> int:
        """How many choices each slot has."""
        return len(self.choices[0])

    def __len__(self) -> int:
        return self.num_choices ** len(self.slots)

    def check(self, architecture: Sequence[int]) -> Architecture:
        """The architecture as a tuple of Python's whole numbers; ValueError in words where it is not in the space."""
        given = np.asarray(architecture)
        last, slots = self.num_choices - 1, len(self.slots)
        if given.shape != (slots,) or given.dtype.kind not in "iu":
            raise ValueError(
                f"An architecture of this space is {slots} whole numbers, one for each of: {', '.join(self.slots)}; "
                f"it was {shortly(architecture)}."
            )
        for slot, choice in zip(self.slots, given.tolist(), strict=True):
            if not 0 <= choice <= last:
                raise ValueError(
                    f"The architecture {shortly(architecture)} is outside the space: slot {slot} has the choices "
                    f"0 to {last}, and was given {choice}."
                )
        return tuple(given.tolist())

    def index(self, architecture: Sequence[int]) -> int:
        """The row of an architecture in a table of the whole space: its numbers as digits, the first counts most."""
        row = 0
        for choice in self.check(architecture):
            row = row * self.num_choices + choice
        return row

    def architecture(self, index: int) -> Architecture:
        """The architecture of a row."""
        if not 0 <= index < len(self):
            raise ValueError(f"The rows of this space are 0 to {len(self) - 1:,}; asked for was {index}.")
        found = np.unravel_index(int(index), (self.num_choices,) * len(self.slots))
        return tuple(int(choice) for choice in found)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Each choice of each slot equally often."""
        return tuple(rng.integers(self.num_choices, size=len(self.slots)).tolist())

    def neighbours(self, architecture: Sequence[int]) -> Iterator[Architecture]:
        """Everything that differs in exactly one slot."""
        here = self.check(architecture)
        for slot, own in enumerate(here):
            for choice in range(self.num_choices):
                if choice != own:
                    yield (*here[:slot], choice, *here[slot + 1 :])

    def mutate(self, architecture: Sequence[int], rng: np.random.Generator) -> Architecture:
        """One of the neighbours, each equally often."""
        here = list(self.check(architecture))
        slot = int(rng.integers(len(here)))
        here[slot] = (here[slot] + 1 + int(rng.integers(self.num_choices - 1))) % self.num_choices
        return tuple(here)

    def words(self, architecture: Sequence[int]) -> str:
        """What was chosen in each slot."""
        pairs = zip(self.slots, self.check(architecture), self.choices, strict=True)
        return ", ".join(f"{slot}: {names[choice]}" for slot, choice, names in pairs)


OPERATIONS = ("none", "skip", "conv 1×1", "conv 3×3", "pool 3×3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # from node, to node

# NAS-Bench-201 (Dong & Yang 2020): a cell of four nodes, an operation on each of its six edges.
CELLS = Space(tuple(f"{start}→{end}" for start, end in EDGES), (OPERATIONS,) * len(EDGES))
