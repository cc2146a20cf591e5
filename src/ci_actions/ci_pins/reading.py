"""Pure: workflows, actions and the configuration of pre-commit -> what they use, in which version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.ci_pins.model import Kind, Pin
from ci_actions.workflows import document, reading
from ci_actions.workflows.document import Items, Node, Scalar, Table
from ci_actions.workflows.model import calls
from ci_actions.workflows.references import Image, Remote, is_workflow

HOOKS = ".pre-commit-config.yaml"
#: What people and tools write behind a commit: `# v1.2.3`, `# tag=v1.2.3`, `# frozen: v1.2.3`, `# ratchet:owner/name@v1`.
#: A number alone, or a date, is no version.
_SAID = re.compile(
    r"#\s*(?:tag=|frozen:\s*|pin[@:]\s*|ratchet:\S+@)?"
    r"((?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+)(?:[-+.]?[A-Za-z]\w*(?:[.-]\w+)*)?)(?=\s|$)"
)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def pins(path: str, data: bytes, server: str) -> Iterator[Pin]:
    """Yield what a file uses; `server` is the address of the GitHub whose API can be asked."""
    lines = data.decode("utf-8", "replace").splitlines()
    if path.rpartition("/")[2] == HOOKS:
        yield from _hooks(path, data, lines, server)
        return
    is_action = path.rpartition("/")[2] in ("action.yml", "action.yaml")
    for call in calls(reading.action(data) if is_action else reading.workflow(data)):
        uses = call.uses
        if uses is None:
            continue
        reference, place = uses.reference, ((path, uses.place.line),)
        if isinstance(reference, Remote):
            yield Pin(
                kind=Kind.WORKFLOW if is_workflow(reference.path) else Kind.ACTION,
                repository=reference.repository,
                ref=reference.ref,
                said=_said(lines, uses.place.line) if reference.pinned else "",
                places=place,
            )
        elif isinstance(reference, Image):
            image, _, digest = reference.name.partition("@")
            fixed = _DIGEST.search(reference.name) is not None
            yield Pin(
                kind=Kind.IMAGE,
                repository=f"docker://{image}",
                ref=digest if fixed else "",
                places=place,
                problem="no registry of images is asked" if fixed else "",
            )


def _said(lines: list[str], number: int) -> str:
    found = _SAID.search(lines[number - 1]) if 0 < number <= len(lines) else None
    return found[1] if found else ""


def _hooks(path: str, data: bytes, lines: list[str], server: str) -> Iterator[Pin]:
    """Yield the repositories of hooks. Those that are `local` or `meta` have no version."""
    root = document.read(data).root
    repositories = root.get("repos") if isinstance(root, Table) else None
    for each in repositories.items if isinstance(repositories, Items) else ():
        if not isinstance(each, Table):
            continue
        address, revision = _text(each.get("repo")), each.get("rev")
        if not isinstance(revision, Scalar) or address in ("", "local", "meta", "builtin"):
            continue
        repository = _repository(address, server)
        yield Pin(
            kind=Kind.HOOK,
            repository=repository or address,
            ref=revision.text,
            said=_said(lines, revision.place.line),
            places=((path, revision.place.line),),
            problem="" if repository else f"its repository is not on {server.partition('://')[2]}",
        )


def _repository(address: str, server: str) -> str:
    """Return `owner/name` of an address on this GitHub, empty for any other."""
    host = re.escape(server.partition("://")[2])
    found = re.fullmatch(
        rf"(?:(?:https?|git|ssh)://(?:[^@/]*@)?{host}/|git@{host}:)([\w.-]+)/([\w.-]+?)(?:\.git)?/?", address
    )
    return f"{found[1]}/{found[2]}" if found else ""


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
