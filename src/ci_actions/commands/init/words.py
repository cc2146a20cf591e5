"""Pure: what is said: what was found, the difference, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from ci_actions.commands.init.model import PIECES, WORKFLOWS, Change, Facts, Project, Release, State
from ci_actions.workflows import reading

_RED, _GREEN, _CYAN, _BOLD = "31", "32", "36", "1"


def found(facts: Facts, projects: Sequence[Project]) -> Iterator[str]:
    """Yield every decision with its reason, and what only the user knows."""
    yield f"default branch: {facts.branch} ({facts.branch_why})"
    if others := ", ".join(_others(facts)):
        yield f"NOTE: {others}: for pushes or pull requests, too; what ci.yml does, they need not do any more"
    for each in projects:
        yield ""
        yield f"{each.id}: {each.directory or 'the whole repository'}"
        given = (*each.given, *each.nightly)
        width = max(
            (len(name) for name in (*(every.name for every in given), *(what for what, _ in each.seen))),
            default=0,
        )
        for what, text in each.seen:
            yield f"  {what.ljust(width)}  {text}"
        for every in given:
            mark = "?" if every.check else " "
            value = every.value.replace("\n", ", ")
            where = "nightly.yml: " if every in each.nightly else ""
            yield f"{mark} {every.name.ljust(width)}  {value}  ({where}{every.why})"
        for every in given:
            if every.check:
                yield f"  PLEASE CHECK {every.name}: {every.check}"
        for note in each.notes:
            yield f"  NOTE: {note}"


def _others(facts: Facts) -> Iterator[str]:
    """Yield the workflows of others that check what ci.yml checks."""
    for path in sorted(facts.content):
        if not path.startswith(f"{WORKFLOWS}/") or path.rpartition("/")[2].partition(".")[0] in PIECES:
            continue
        found = reading.workflow(facts.content[path])
        if {"push", "pull_request"} & {*found.events}:
            yield path


def difference(change: Change) -> Iterator[str]:
    """Yield the unified difference of a file, without line ends."""
    names = (f"a/{change.path}" if change.before is not None else "/dev/null", f"b/{change.path}")
    for line in unified_diff(_lines(change.before or b""), _lines(change.after), *names):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def painted(line: str, *, colour: bool) -> str:
    """Return a line of a difference in the colours that people know."""
    code = ""
    if line.startswith(("+++", "---")):
        code = _BOLD
    elif line.startswith("+"):
        code = _GREEN
    elif line.startswith("-"):
        code = _RED
    elif line.startswith("@@"):
        code = _CYAN
    shown = "".join(sign if sign.isprintable() or sign == "\t" else f"\\x{ord(sign):02x}" for sign in line)
    shown = shown.encode("utf-8", "replace").decode()
    return f"\x1b[{code}m{shown}\x1b[0m" if colour and code else shown


def _lines(content: bytes) -> list[str]:
    """Return the lines with their ends; those of Windows look like others, for that is not the difference."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def listed(changes: Sequence[Change]) -> Iterator[str]:
    """Yield what becomes of every file."""
    for each in changes:
        yield f"  {each.path}: {each.state.value}: {each.why}"
        if each.state is State.CONFLICT:
            yield from (f"    {line}" for line in each.way.splitlines())


def next_steps(facts: Facts, projects: Sequence[Project], release: Release) -> Iterator[str]:
    """Yield what is left to do on the server, and the next commands."""
    address = f"{facts.server}/{facts.slug}" if facts.slug else "the repository's page"
    yield "next"
    yield f"  - require in branch protection of {facts.branch}: {', '.join(each.check for each in projects)}"
    yield f"    ({address}: Settings > Rules > Rulesets)"
    yield "  - Settings > Actions > General: allow actions of " + release.repository + " and of GitHub"
    yield '    (actions/*, github/codeql-action/*), and make "Read repository contents" the default of GITHUB_TOKEN'
    yield "  - Settings > Advanced Security: switch code scanning on (free where the code is public); without it the job"
    yield "    code-scanning stays green and says so"
    yield "  - Settings > General: issues must be on, where nightly and maintenance report"
    yield "  - ci-actions doctor"
    yield "  - ci-actions act --to FOLDER --run"
