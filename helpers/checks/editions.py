"""Numbers of exercises from one edition of the course to the next, so that a reader's progress moves along.

Between the first and the second two notebooks came in, 03 and 12: what was 3.1 became 4.1, and so on. Then the core of
each chapter became an exercise of its own, in the flow of the text: what stands behind it moved by as many places.
"""

import re

EDITION = 3  # written into the file of progress; the first edition wrote 1

# The notebooks of the first edition that have another number since the second.
SECOND = {3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 13, 12: 14, 13: 15}
# The exercises of the second edition that have another number in the third; a line for each notebook.
THIRD = {"1.1": "1.2", "1.2": "1.3", "1.3": "1.4", "1.4": "1.5"}
THIRD |= {"2.1": "2.4", "2.2": "2.5", "2.4": "2.6"}
THIRD |= {"4.2": "4.5", "4.3": "3.5", "4.4": "3.6"}
THIRD |= {"5.1": "5.4", "5.2": "5.5", "5.3": "5.6", "5.4": "5.7"}
THIRD |= {"11.1": "11.2", "11.2": "11.3", "11.3": "11.4", "11.4": "11.5"}
THIRD |= {"13.1": "12.4", "13.2": "12.5", "13.3": "12.6", "13.4": "12.7"}
THIRD |= {"6.1": "6.3", "6.2": "6.4", "6.3": "6.5", "6.4": "6.6"}
THIRD |= {"7.1": "7.4", "7.2": "7.5", "7.3": "7.6", "7.4": "7.7"}
THIRD |= {"8.1": "8.5", "8.2": "8.6", "8.3": "8.7", "8.4": "8.8"}
THIRD |= {"14.1": "14.3", "14.2": "14.4", "14.3": "14.5", "14.4": "14.6"}
THIRD |= {"15.1": "15.4", "15.2": "15.5", "15.3": "15.6", "15.4": "15.7"}
THIRD |= {"9.1": "9.7", "9.2": "9.6", "9.3": "9.8"}
THIRD |= {"10.1": "10.4", "10.2": "10.5", "10.3": "10.6", "10.4": "10.1"}


def renumbered(passes: dict[str, str], edition: object) -> dict[str, str]:
    """{number: when} of a file of this edition, in today's numbers.

    edition: the file's own mark, `None` where it has none; what is no whole number counts as the first's.
    """
    known = edition if type(edition) is int else 1
    if known < 2:
        passes = {_second(number): when for number, when in passes.items()}
    if known < 3:
        passes = {THIRD.get(number, number): when for number, when in passes.items()}
    return dict(passes)


def _second(number: str) -> str:
    """The number in the second edition of one exercise of the first; anything else stays as it is."""
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", number, re.ASCII)
    if match is None or int(match[1]) not in SECOND:
        return number
    return f"{SECOND[int(match[1])]}.{match[2]}"
