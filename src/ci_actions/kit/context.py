"""What GitHub says about this run: the `GITHUB_*` variables and the event, as one frozen value.

Variables: https://docs.github.com/actions/reference/workflows-and-actions/variables
Events: https://docs.github.com/webhooks/webhook-events-and-payloads
Outside GitHub, and under act (whose events lack most fields), everything that is unknown is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: What a push event has as `before` when the branch is new, and as `after` when it was deleted.
ZEROS = "0" * 40

_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PULL_REF = re.compile(r"refs/pull/([0-9]+)/(?:merge|head)")


class Event(dict[str, object]):
    """The payload of an event; `note` says why it is empty, "" when it was read."""

    note: str = ""


def load_event(path: str | Path | None) -> Event:
    """Return the event in the file that GITHUB_EVENT_PATH names.

    A file that is missing or holds no JSON object is an empty event with a note, never an error:
    most runs need nothing from it, and what does says which field it misses.
    """
    event = Event()
    if not path:
        event.note = "no event file is named"
        return event
    import json

    try:
        payload = json.loads(Path(path).read_bytes())
    except OSError as why:
        event.note = f"the event file cannot be read: {why.strerror or why}"
    except (ValueError, RecursionError):
        event.note = "the event file is not JSON"
    else:
        if isinstance(payload, dict):
            event.update(payload)
        else:
            event.note = "the event file holds no JSON object"
    return event


@dataclass(frozen=True, kw_only=True)
class Context:
    """One run, as far as it is known. Text that is unknown is "", a number None, a commit that is none "".

    `workspace` and `runner_temp` are None outside GitHub. `note` says why the event is empty.
    """

    github: bool = False
    act: bool = False
    event_name: str = ""
    ref: str = ""
    ref_name: str = ""
    sha: str = ""
    repository: str = ""
    run_id: str = ""
    run_attempt: int = 1
    workflow: str = ""
    job: str = ""
    actor: str = ""
    server_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    workspace: Path | None = None
    runner_temp: Path | None = None
    default_branch: str = ""

    pull_request: int | None = None
    base_sha: str = ""
    base_ref: str = ""
    head_sha: str = ""
    head_ref: str = ""
    fork: bool = False

    merge_group_base_sha: str = ""
    merge_group_head_sha: str = ""

    before: str = ""
    after: str = ""
    forced: bool = False

    note: str = field(default="", compare=False)

    @property
    def is_default_branch(self) -> bool:
        """Whether this run is for the tip of the default branch; False when either is unknown."""
        return bool(self.default_branch) and self.ref == f"refs/heads/{self.default_branch}"

    @property
    def is_tag(self) -> bool:
        """Whether this run is for a tag."""
        return self.ref.startswith("refs/tags/")

    @property
    def is_pull_request(self) -> bool:
        """Whether the event is one of those that carry a pull request as the thing to judge."""
        return self.event_name in ("pull_request", "pull_request_target")

    @property
    def run_url(self) -> str:
        """The page of this run, "" outside GitHub."""
        if not (self.repository and self.run_id):
            return ""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], event: Mapping[str, object] | None) -> Context:
        """Return the context that these variables and this event describe.

        Never raises: a field of another type than documented counts as missing.
        """
        payload = event or {}
        ref = environ.get("GITHUB_REF", "")
        repository = environ.get("GITHUB_REPOSITORY", "")
        event_name = environ.get("GITHUB_EVENT_NAME", "")
        pull = _inner(payload, "pull_request")
        base, head = _inner(pull, "base"), _inner(pull, "head")
        group = _inner(payload, "merge_group")
        return cls(
            github=environ.get("GITHUB_ACTIONS") == "true",
            act=environ.get("ACT") == "true",
            event_name=event_name,
            ref=ref,
            ref_name=environ.get("GITHUB_REF_NAME", "") or _short(ref),
            sha=_object(environ.get("GITHUB_SHA")),
            repository=repository,
            run_id=environ.get("GITHUB_RUN_ID", ""),
            run_attempt=_number(environ.get("GITHUB_RUN_ATTEMPT")) or 1,
            workflow=environ.get("GITHUB_WORKFLOW", ""),
            job=environ.get("GITHUB_JOB", ""),
            actor=environ.get("GITHUB_ACTOR", ""),
            server_url=environ.get("GITHUB_SERVER_URL", "").rstrip("/") or cls.server_url,
            api_url=environ.get("GITHUB_API_URL", "").rstrip("/") or cls.api_url,
            workspace=_path(environ.get("GITHUB_WORKSPACE")),
            runner_temp=_path(environ.get("RUNNER_TEMP")),
            default_branch=_text(_inner(payload, "repository").get("default_branch")),
            pull_request=_pull_request(payload, pull, event_name, ref),
            base_sha=_object(base.get("sha")),
            base_ref=_text(base.get("ref")) or environ.get("GITHUB_BASE_REF", ""),
            head_sha=_object(head.get("sha")),
            head_ref=_text(head.get("ref")) or environ.get("GITHUB_HEAD_REF", ""),
            fork=_is_fork(base, head, repository),
            merge_group_base_sha=_object(group.get("base_sha")),
            merge_group_head_sha=_object(group.get("head_sha")),
            # Other events have a `before` too: pull_request `synchronize` names the previous head.
            before=_object(payload.get("before")) if event_name == "push" else "",
            after=_object(payload.get("after")) if event_name == "push" else "",
            forced=payload.get("forced") is True,
            note=event.note if isinstance(event, Event) else "",
        )


def _pull_request(
    payload: Mapping[str, object], pull: Mapping[str, object], event_name: str, ref: str
) -> int | None:
    found = _number(pull.get("number"))
    if found is None and event_name.startswith("pull_request"):
        found = _number(payload.get("number"))
    if found is None and (named := _PULL_REF.fullmatch(ref)):
        found = _number(named[1])
    return found


def _is_fork(base: Mapping[str, object], head: Mapping[str, object], repository: str) -> bool:
    """A head without a repository is a fork that was deleted; one that nobody mentions is none."""
    if "repo" not in head:
        return False
    theirs = _text(_inner(head, "repo").get("full_name"))
    ours = _text(_inner(base, "repo").get("full_name")) or repository
    return theirs.lower() != ours.lower()


def _inner(payload: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = payload.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> str:
    """An object name; anything else must not reach git as an argument."""
    return value if isinstance(value, str) and _OBJECT.fullmatch(value) else ""


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None


def _short(ref: str) -> str:
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref
