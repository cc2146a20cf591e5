"""Pure: what each file is to hold, and what becomes of the one that is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ci_actions.commands.init import ownership, workflows
from ci_actions.commands.init.model import WORKFLOWS, Change, Facts, Project, Release, State
from ci_actions.workflows import reading
from ci_actions.workflows.model import Workflow
from ci_actions.workflows.references import Remote


def changes(
    facts: Facts, projects: Sequence[Project], release: Release, pieces: Collection[str], *, force: bool
) -> tuple[Change, ...]:
    """Return what becomes of every file of these pieces, in their order."""
    return tuple(_changes(facts, projects, release, pieces, force=force))


def _changes(
    facts: Facts, projects: Sequence[Project], release: Release, pieces: Collection[str], *, force: bool
) -> Iterator[Change]:
    bodies: dict[str, Callable[[], str]] = {
        "ci": lambda: workflows.ci(projects, release, facts.branch),
        "comment": lambda: workflows.comment(projects, release),
    }
    for piece, body in bodies.items():
        if piece in pieces:
            yield _workflow(facts, piece, body(), release, force=force)


def _workflow(facts: Facts, name: str, body: str, release: Release, *, force: bool) -> Change:
    path = f"{WORKFLOWS}/{name}.yml"
    wanted = ownership.marked(body)
    before = facts.content.get(path)
    after = _with_line_ends(wanted, before or b"")
    if before is not None and ownership.body(before) == body:
        why = "it holds what it is to hold"
        return Change(piece=name, path=path, state=State.SAME, why=why, before=before, after=before)
    if found := _obstacle(facts, path, name, release, force=force):
        why, way = found
        return Change(
            piece=name, path=path, state=State.CONFLICT, why=why, before=before, after=after, way=way
        )
    if before is None:
        return Change(piece=name, path=path, state=State.NEW, why="there is none", after=after)
    why = "--force"
    if ownership.is_unedited(before):
        why = "init wrote it, nobody edited it, and it would be another one today"
    return Change(piece=name, path=path, state=State.CHANGED, why=why, before=before, after=after)


def _obstacle(facts: Facts, path: str, name: str, release: Release, *, force: bool) -> tuple[str, str] | None:
    """Return why a workflow is not written, and the way on; None where it may be."""
    if way := _behind_a_link(facts, path):
        return "it is, or lies behind, a symbolic link", way
    before = facts.content.get(path)
    if before is None and path in facts.files:
        return "what is there is no file that can be read", "Look at it, or move it away"
    if force or (before is not None and ownership.is_unedited(before)):
        return None
    if before is not None:
        return (
            "init did not write it, or somebody edited it",
            "Take over by hand what you want of the difference, or write it anew with --force",
        )
    if name == "comment" and (missing := _nothing_to_follow(facts, release)):
        return missing
    return _other(facts, path, name, release)


def _nothing_to_follow(facts: Facts, release: Release) -> tuple[str, str] | None:
    """Return why there is nothing to comment on: the workflow `ci` is, and stays, another one than ours."""
    path = f"{WORKFLOWS}/ci.yml"
    before = facts.content.get(path)
    if before is None and (other := _other(facts, path, "ci", release)):
        return f"it follows our workflow `ci`, and {other[0]}", other[1]
    if before is not None and not _calls(reading.workflow(before), "ci", release):
        return f"it follows our workflow `ci`, and {path} is another one", f"Settle {path} first"
    return None


def _behind_a_link(facts: Facts, path: str) -> str:
    """Return what to do where a path is a link, or lies in a folder that is one; nothing elsewhere."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        if (place := "/".join(parts[:length])) in facts.links:
            return f"Put a file in the place of the link {place}, or write it yourself"
    return ""


def _other(facts: Facts, path: str, name: str, release: Release) -> tuple[str, str] | None:
    """Return why a new workflow would be a second one of its kind, and the way on; None where it would not."""
    for there in sorted(facts.content):
        if not there.startswith(f"{WORKFLOWS}/") or there == path:
            continue
        found = reading.workflow(facts.content[there])
        if _calls(found, name, release):
            return (
                f"{there} calls our {name}.yml already",
                f"Keep that, or remove it and run init again; --force writes {path} beside it",
            )
        if found.name.casefold() == name or there == path.removesuffix(".yml") + ".yaml":
            return (
                f"{there} is a workflow `{found.name or name}` already",
                f"Remove or rename it once you know what this one replaces; --force writes {path} beside it",
            )
    return None


def _calls(workflow: Workflow, name: str, release: Release) -> bool:
    return any(
        isinstance(reference := job.uses.reference, Remote)
        and reference.is_in(release.repository)
        and reference.path == f"{WORKFLOWS}/{name}.yml"
        for job in workflow.jobs.values()
        if job.uses
    )


def _with_line_ends(text: str, before: bytes) -> bytes:
    """Return a text with the line ends of what it takes the place of."""
    return text.replace("\n", "\r\n").encode() if b"\r\n" in before else text.encode()
