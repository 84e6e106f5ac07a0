"""Numbers of exercises from one edition of the course to the next, so that a reader's progress moves along.

Between the first and the second edition two notebooks came in, 03 and 12: what was 3.1 is 4.1, and so on. And in some
notebooks the reader writes the core first, so that the old exercises stand further back.
"""

import re

EDITION = 2  # written into the file of progress; the first edition wrote 1

# The notebooks of the first edition that have another number in the second.
SECOND = {3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 13, 12: 14, 13: 15}

# Where new exercises stand before the old ones of a notebook, how many: what was 4.1 is 5.4. By today's notebook.
IN_FRONT = {5: 3, 6: 2}


def renumbered(passes: dict[str, str], edition: object) -> dict[str, str]:
    """{number: when} of a file of this edition, in today's numbers.

    edition: the file's own mark, `None` where it has none; what is no whole number counts as the first's.
    """
    if type(edition) is int and edition >= EDITION:
        return dict(passes)
    return {_second(number): when for number, when in passes.items()}


def _second(number: str) -> str:
    """Today's number of one exercise of the first edition; anything else stays as it is."""
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", number, re.ASCII)
    moved = SECOND.get(int(match[1])) if match else None
    return f"{moved}.{int(match[2]) + IN_FRONT.get(moved, 0)}" if match and moved else number
