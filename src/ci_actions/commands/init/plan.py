"""Pure: what each file is to hold, and what becomes of the one that is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ci_actions.commands.init import badge, dependabot, ownership, settings, workflows
from ci_actions.commands.init.model import PIECES, WORKFLOWS, Change, Facts, Project, Release, State
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
        "nightly": lambda: workflows.nightly(projects, release, facts.slug),
        "maintenance": lambda: workflows.maintenance(projects, release, facts.slug),
        "comment": lambda: workflows.comment(projects, release),
    }
    for piece in PIECES:
        if piece not in pieces:
            continue
        if piece in bodies:
            yield _workflow(facts, piece, bodies[piece](), release, force=force)
        elif piece == "dependabot":
            yield _dependabot(facts, projects)
        elif piece == "settings":
            yield from (_settings(facts, each.directory) for each in projects if each.manager)
        elif piece == "badge":
            yield _badge(facts)


# --- what is put into files that are there ---------------------------------------------------------


def _dependabot(facts: Facts, projects: Sequence[Project]) -> Change:
    path = next((each for each in dependabot.PATHS if each in facts.content), dependabot.PATHS[0])
    before = facts.content.get(path)
    if before is None and (other := next((each for each in dependabot.RENOVATE if each in facts.files), "")):
        return _same("dependabot", path, None, f"{other} says who updates the dependencies")
    entries = dependabot.wanted(facts, projects)
    if before is None:
        after: bytes | None = dependabot.new(entries).encode()
    else:
        after = dependabot.merged(before, entries)
    named = ", ".join(each.ecosystem for each in entries)
    return _put(
        facts, "dependabot", path, before, after, dependabot.new(entries),
        done=f"it has an entry for each of: {named}",
        why=f"here are: {named}" if before is None else "it has no entry for some of what is here",
    )  # fmt: skip


def _settings(facts: Facts, folder: str) -> Change:
    wanted = settings.wanted(facts, folder)
    before = facts.content.get(wanted.path)
    if not wanted.settings:
        where = wanted.path if before is not None else f"settings of {folder}" if folder else "settings"
        return _same("settings", where, before, wanted.why)
    if other := _settings_above(facts, folder):
        return _same("settings", wanted.path, before, f"the settings in {other} hold here, too")
    if before is not None and settings.is_there(before, wanted.path):
        return _same("settings", wanted.path, before, f"its settings for {settings.SECTION} are yours")
    text = settings.new(wanted.settings)
    after = text.encode() if before is None else settings.inserted(before, wanted.path, wanted.settings)
    why = "; ".join(each.why.rstrip(".") for each in wanted.settings)
    return _put(facts, "settings", wanted.path, before, after, text, done=why, why=why)


def _settings_above(facts: Facts, folder: str) -> str:
    """Return the settings of ours in a folder above: those nearer to a project would take their place as a whole."""
    parts = folder.split("/") if folder else []
    for length in range(len(parts)):
        for name in ("pyproject.toml", "ci-actions.toml"):
            path = "/".join([*parts[:length], name])
            if path in facts.content and settings.are_any(facts.content[path], path):
                return path
    return ""


def _badge(facts: Facts) -> Change:
    path = next((each for each in facts.files if badge.NAMES.fullmatch(each)), "")
    before = facts.content.get(path)
    if not path or (before is None and path not in facts.links):
        return _same("badge", "README", None, "there is no README.md or README.rst at the root")
    if not facts.slug:
        return _same("badge", path, before, "no remote says what this repository is called")
    if before is not None and badge.is_there(before, facts.server, facts.slug):
        return _same("badge", path, before, "it has the badge")
    after = badge.inserted(before or b"", path, facts.server, facts.slug, facts.branch)
    text = badge.line(path, facts.server, facts.slug, facts.branch)
    return _put(
        facts, "badge", path, before, after, text, done="it has the badge", why="it shows how ci stands"
    )


def _same(piece: str, path: str, before: bytes | None, why: str) -> Change:
    return Change(piece=piece, path=path, state=State.SAME, why=why, before=before, after=before or b"")


def _put(
    facts: Facts,
    piece: str,
    path: str,
    before: bytes | None,
    after: bytes | None,
    text: str,
    *,
    done: str,
    why: str,
) -> Change:
    """Return the change of a file that holds what others wrote; where `after` is None, `text` is left to the user."""
    if after is not None and after == before:
        return _same(piece, path, before, done)
    way = _behind_a_link(facts, path)
    if way or after is None:
        reason = "it is, or lies behind, a symbolic link" if way else "there is no safe place in it"
        return Change(
            piece=piece, path=path, state=State.CONFLICT, why=reason, before=before, after=before or b"",
            way=f"{way or 'Put this in yourself'}:\n{text}",
        )  # fmt: skip
    state = State.NEW if before is None else State.CHANGED
    if path in facts.edited:
        why += "; the edits in it that are not committed stay"
    return Change(piece=piece, path=path, state=state, why=why, before=before, after=after)


# --- workflows -------------------------------------------------------------------------------------


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
