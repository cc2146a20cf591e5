"""The values that facts, decide and report of ci-codecov share."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.errors import Exit


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was sent and how that went: `code` is None for an upload that was stopped, `lines` hold no token.

    `token` says whether there was one, `fork` whether the change comes from a fork, which never has one.
    """

    files: tuple[str, ...]
    code: int | None
    lines: tuple[str, ...] = ()
    seconds: float = 0.0
    version: str = ""
    token: bool = False
    fork: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict: an exit code, why it is not 0, what to do; `address` is where Codecov will show the result."""

    facts: Facts
    code: Exit
    text: str = ""
    advice: str = ""
    address: str = ""
