"""Every way a run can end without a verdict, and every exit code, on one screen.

One exit code per answer, so that a pipeline can tell "the gate is red" from "nobody could tell":

====  ==========================================================================
code  meaning
====  ==========================================================================
0     passed, or skipped with a reason
1     the gate is not met
2     bad input or configuration
3     cannot judge: evidence missing, partial or unreadable, base unavailable, a tool failed
4     the environment is unavailable: network, registry, database, cluster
5     something was changed and then rolled back
70    a defect of ours
====  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    PASSED = 0
    NOT_MET = 1
    BAD_INPUT = 2
    CANNOT_JUDGE = 3
    UNAVAILABLE = 4
    ROLLED_BACK = 5
    DEFECT = 70


#: Of several causes the first of these decides the exit code.
PRECEDENCE = (
    Exit.DEFECT,
    Exit.BAD_INPUT,
    Exit.CANNOT_JUDGE,
    Exit.UNAVAILABLE,
    Exit.ROLLED_BACK,
    Exit.NOT_MET,
    Exit.PASSED,
)


def worst(codes: Iterable[int]) -> Exit:
    """Return the code that decides when several things ended, `Exit.PASSED` for none."""
    seen = {Exit(code) for code in codes}
    return next((code for code in PRECEDENCE if code in seen), Exit.PASSED)


class CiActionsError(Exception):
    """A reason for having no verdict, in the user's words.

    `message` says what happened and where; `advice` says what to do next.
    """

    exit_code = Exit.DEFECT
    label = "internal error"

    def __init__(self, message: str, *, advice: str = "", file: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.file = file

    @property
    def problems(self) -> tuple[str, ...]:
        """One text per problem; an error that bundles several returns them all."""
        return (f"{self.message} {self.advice}".rstrip(),)


class BadInput(CiActionsError):
    """Inputs or settings that cannot be meant; reports all of them at once."""

    exit_code = Exit.BAD_INPUT
    label = "bad input"

    def __init__(self, *problems: str, file: str | None = None) -> None:
        super().__init__("\n".join(problems), file=file)
        self._problems = problems

    @property
    def problems(self) -> tuple[str, ...]:
        """One text per problem."""
        return self._problems


class CannotJudge(CiActionsError):
    """Evidence is missing, partial, unreadable, or a tool that makes it failed."""

    exit_code = Exit.CANNOT_JUDGE
    label = "cannot judge"


class Unavailable(CiActionsError):
    """Something outside this machine did not answer."""

    exit_code = Exit.UNAVAILABLE
    label = "unavailable"
