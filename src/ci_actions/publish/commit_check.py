"""`ci-actions release check-commits`: commit messages and a pull request's title follow the convention.

The next version is computed from these messages, so one that nobody can read is found before it is merged.
Rules: https://www.conventionalcommits.org/en/v1.0.0/#specification, and CONTRIBUTING.md for the types. A title
comes through `--title` or the variable PR_TITLE, as a value: it is never part of a script or of a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ci_actions.kit.errors import BadInput, CannotJudge, Exit
from ci_actions.kit.git import Git, check_revision
from ci_actions.kit.inputs import suggestion
from ci_actions.kit.process import Process
from ci_actions.publish import commits
from ci_actions.publish.publishing import Parser

TITLE = "PR_TITLE"
#: Longer first lines are cut in GitHub's lists.
LONGEST = 100
_TEMPORARY = ("fixup!", "squash!", "amend!", "wip")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is checked: a commit or a title, and its text."""

    where: str
    text: str


def problems(subject: Subject) -> Iterator[str]:
    """Yield what is wrong with a message, in words that say what to write."""
    lines = subject.text.replace("\r\n", "\n").strip("\n").split("\n")
    first = lines[0]
    shown = first if len(first) <= LONGEST else f"{first[:LONGEST]}…"
    if first.lower().startswith(_TEMPORARY):
        yield f"{subject.where}: '{shown}' is not finished: squash it into the commit that it mends"
        return
    said = commits.parse(subject.text)
    if said is None:
        yield (
            f"{subject.where}: '{shown}' does not say what kind of change it is; write for example "
            f"'feat(coverage-gate): read Clover reports'. Types: {', '.join(commits.LEVELS)}"
        )
        return
    if said.type not in commits.LEVELS:
        hint = suggestion(said.type, commits.LEVELS)
        yield f"{subject.where}: '{said.type}' is no type{hint}; types: {', '.join(commits.LEVELS)}"
    if len(first) > LONGEST:
        yield f"{subject.where}: the first line has {len(first)} characters, {LONGEST} is the most; the rest goes below"
    if said.subject.endswith("."):
        yield f"{subject.where}: '{shown}' ends with a full stop: a first line is a title"
    if len(lines) > 1 and lines[1].strip():
        yield f"{subject.where}: the second line must be empty"


def in_range(git: Git, base: str, head: str) -> tuple[Subject, ...]:
    """Return the commits that `head` adds to `base`, oldest first; merges say nothing of their own.

    Raises BadInput for a revision that is none, CannotJudge when git fails or one is not here.
    """
    for rev in (base, head):
        check_revision(rev)
        if git.resolve(rev) is None:
            raise CannotJudge(
                f"There is no commit {rev} in this clone.", advice="Check out with `fetch-depth: 0`."
            )
    done = git.run("log", "--no-merges", "--reverse", "-z", "--format=%h%n%B", f"{base}..{head}", "--")
    if not done.ok:
        raise CannotJudge(f"git log failed: {done.complaint}")
    records = (record.partition("\n") for record in done.text.split("\0") if record)
    return tuple(Subject(where=f"commit {sha}", text=message) for sha, _, message in records)


def main(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Check, print every problem, and return 0 or 1.

    Raises BadInput when there is nothing to check, CannotJudge when git fails.
    """
    from ci_actions.kit.emit import harmless

    arguments = Parser(
        "ci-actions release check-commits", "Check commit messages and a pull request's title."
    )
    arguments.add_argument("--base", metavar="REF", help="check the commits since this one")
    arguments.add_argument("--head", metavar="REF", default="HEAD", help="up to this one (default: HEAD)")
    arguments.add_argument("--title", help=f"check this title (default: the variable {TITLE})")
    given = arguments.parse_args(list(words))
    title = given.title if given.title is not None else environ.get(TITLE)
    if given.base is None and title is None:
        raise BadInput(f"nothing to check: give --base REF, --title, or the variable {TITLE}")
    subjects: tuple[Subject, ...] = ()
    if title is not None:
        subjects += (Subject(where="title", text=title),)
    if given.base is not None:
        subjects += in_range(Git(Process(environ), here, environ=environ), given.base, given.head)
    found = [problem for subject in subjects for problem in problems(subject)]
    for problem in found:
        print(harmless(problem), file=err)
    print(f"{len(subjects)} checked, {len(found)} problems", file=out)
    return Exit.NOT_MET if found else Exit.PASSED
