"""What answers the reader: is this machine ready, is my answer right, how far am I, do I understand it?

    check("4.1", q_target)     judge an answer, with a hint where it is wrong
    progress()                 which exercises of which notebook have been passed
    quiz("04")                 the three questions of a notebook
    check_versions()           whether the libraries are those that the course was tested with

A module for each notebook, nb01 to nb15, holds its checkers; it is imported when it is asked for.
"""

from helpers.checks.passes import progress
from helpers.checks.questions import quiz
from helpers.checks.report import check
from helpers.checks.versions import check_versions

__all__ = ["check", "check_versions", "progress", "quiz"]
