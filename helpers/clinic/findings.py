"""What a suite of probes hands back: findings, and the page that they make together."""

from dataclasses import dataclass

import numpy as np

GUESS = "Probably broken: "


@dataclass(frozen=True)
class Finding:
    """What one probe, or one check of behaviour, says. `passed` is None where it could not look."""

    name: str
    passed: bool | None
    words: str
    known: np.ndarray | None = None  # (S, A)
    measured: np.ndarray | None = None  # (S, A)


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the probes; as text, the page to read."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no probe failed, and at least one could look."""
        return not self.failed and any(finding.passed for finding in self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the probes that failed."""
        return tuple(finding.name for finding in self.findings if finding.passed is False)

    def __str__(self) -> str:
        marks = {True: "passed", False: "FAILED", None: "not seen"}
        lines = []
        for finding in self.findings:  # a guess is worth reading at the first failure only: the others follow from it
            first = not self.failed or finding.name == self.failed[0]
            words = finding.words if first else finding.words.partition(GUESS)[0].strip()
            lines.append(f"{marks[finding.passed]:>8}  {finding.name}: {words}")
        if not self.failed:
            return "\n".join([*lines, "Nothing that these probes look at is broken."])
        return "\n".join([*lines, f"Begin with the first that failed ({self.failed[0]}), mend it, and probe again."])
