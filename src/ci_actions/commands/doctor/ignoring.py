"""Comments that accept a finding: `# ci-actions: ignore[rule] reason`, behind the line or above it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Found, Level
from ci_actions.kit.inputs import suggestion
from ci_actions.workflows.document import Place

RULE = "suppression"
_COMMENT = re.compile(r"#\s*ci-actions:\s*ignore(?:\[(?P<rules>[^\]\n]*)\])?(?P<reason>.*)")


@dataclass
class Comment:
    """One comment: which rules it accepts on which line, and why."""

    place: Place
    line: int
    rules: tuple[str, ...]
    reason: str
    used: set[str] = field(default_factory=set)


def comments(file: File) -> Iterator[Comment]:
    """Yield the comments of a file; one that stands alone is about the first line below that is no comment."""
    if "ci-actions:" not in file.text:
        return
    for number, line in enumerate(file.lines, 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        about = number
        if line.lstrip().startswith("#"):
            about += 1
            while file.line(about).lstrip().startswith("#"):
                about += 1
        rules = tuple(each.strip() for each in (found["rules"] or "").split(",") if each.strip())
        yield Comment(
            place=Place(number, found.start() + 1), line=about, rules=rules, reason=found["reason"].strip()
        )


def sort_out(file: File, found: Sequence[Found], known: Collection[str]) -> tuple[list[Found], list[Found]]:
    """Return what is left of the findings of a file, with what is wrong with its comments, and what they accept."""
    written = list(comments(file))
    left: list[Found] = []
    accepted: list[Found] = []
    for each in found:
        comment = next((one for one in written if _accepts(one, each)), None)
        if comment is None:
            left.append(each)
        else:
            comment.used.add(each.rule)
            accepted.append(replace(each, reason=comment.reason))
    for one in written:
        left += _complaints(file.path, one, known)
    return left, accepted


def _accepts(comment: Comment, found: Found) -> bool:
    return bool(comment.reason) and comment.line == found.place.line and found.rule in comment.rules


def _complaints(path: str, comment: Comment, known: Collection[str]) -> Iterator[Found]:
    def complaint(message: str, fix: str, level: Level = Level.PROBLEM) -> Found:
        return Found(path=path, place=comment.place, rule=RULE, level=level, message=message, fix=fix)

    if not comment.rules:
        yield complaint(
            "this comment names no rule",
            "write `# ci-actions: ignore[RULE] reason`, RULE as the finding names it",
        )
    unknown = [each for each in comment.rules if each not in known]
    for each in unknown:
        yield complaint(f"there is no rule '{each}'{suggestion(each, known)}", "name a rule of `--list`")
    if comment.rules and not comment.reason:
        yield complaint("this comment gives no reason, so it accepts nothing", "write why behind the bracket")
    for each in comment.rules if comment.reason else ():
        if each not in comment.used and each not in unknown:
            yield complaint(
                f"'{each}' finds nothing on line {comment.line}", "take the comment away", Level.REMARK
            )
