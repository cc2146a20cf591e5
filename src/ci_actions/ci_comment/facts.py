"""Edge: the event, the payloads, the pull requests and our comments on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ci_actions.ci_comment import payload
from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.decide import unfit
from ci_actions.ci_comment.github import Repository
from ci_actions.ci_comment.model import Facts, Payload, Run
from ci_actions.github.answers import DeniedError
from ci_actions.kit import artifacts
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.kit.untrusted import Refused

#: The file that each artifact holds, and nothing beside it.
FILE = "comment.json"


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what a run left and where it belongs; nothing is asked of GitHub where there is nothing to say.

    Raises BadInput for a run that no `workflow_run` started, and what `Repository` raises but DeniedError.
    """
    run = _run(edges)
    facts = Facts(run=run, own_run_url=edges.context.run_url)
    if nothing := _nothing(run):
        return replace(facts, nothing=nothing)
    found, refused = artifacts.read(edges.directory / config.payloads, FILE, payload.read)
    payloads, twice = _for(config.comment_id, found)
    others = sum(each.id != config.comment_id for each in found)
    facts = replace(facts, payloads=payloads, refused=(*refused, *twice), others=others)
    if not payloads:
        return facts if facts.refused else replace(facts, nothing=_no_payload(config, facts))
    repository = Repository(edges.http, run, edges.context.repository, config.comment_id)
    try:
        pulls = repository.pulls()
        comments = tuple(
            (each.number, repository.comment(each.number)) for each in pulls if not unfit(run, each)
        )
    except DeniedError as denied:
        return replace(facts, denied=str(denied))
    if not pulls:
        return replace(facts, nothing="No open pull request has the branch of the run: it is closed by now.")
    return replace(facts, pulls=pulls, comments=comments)


def _run(edges: Edges[Config]) -> Run:
    """Return the run that the event `workflow_run` is about.

    https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run
    """
    from ci_actions.kit.context import load_event

    context = edges.context
    if context.event_name != "workflow_run":
        raise BadInput(
            f"ci-comment needs the event workflow_run, and this is '{context.event_name or 'no event'}': call comment.yml "
            "from a workflow with `on: workflow_run`, like examples/workflows/comment.yml"
        )
    event = load_event(edges.environ.get("GITHUB_EVENT_PATH", ""))
    about = _inner(event, "workflow_run")
    head = _inner(about, "head_repository")
    id, number, attempt = (_number(about.get(name)) for name in ("id", "run_number", "run_attempt"))
    sha = _text(about.get("head_sha"))
    if not (id and number and attempt and len(sha) in (40, 64) and set(sha) <= set("0123456789abcdef")):
        raise CannotJudge(
            f"The event says too little about its run{f' ({event.note})' if event.note else ''}.",
            advice="It must be the event `workflow_run` as GitHub sends it.",
        )
    repository = _text(head.get("full_name"))
    return Run(
        id=id,
        number=number,
        attempt=attempt,
        event=_text(about.get("event")),
        conclusion=_text(about.get("conclusion")),
        head=sha,
        branch=_text(about.get("head_branch")),
        owner=_text(_inner(head, "owner").get("login")),
        repository=repository,
        url=f"{context.server_url}/{context.repository}/actions/runs/{id}",
        fork=repository.lower() != context.repository.lower(),
    )


def _nothing(run: Run) -> str:
    """Return why this run can have no comment, as far as the event tells."""
    if run.event != "pull_request":
        return f"The run was for the event '{run.event}', which has no pull request of its own."
    if not run.conclusion:
        return "The run has not come to its end: call comment.yml for `types: [completed]` only."
    if not (run.branch and run.owner and run.repository):
        return "The repository or the branch of the pull request is gone."
    return ""


def _for(comment_id: str, found: Sequence[Payload]) -> tuple[tuple[Payload, ...], tuple[Refused, ...]]:
    """Return the payloads of one comment, and those that nobody can tell apart."""
    mine = [each for each in found if each.id == comment_id]
    counts = Counter(each.capability for each in mine)
    twice = tuple(
        Refused(
            name,
            f"has {count} payloads with the comment-id '{comment_id}'; give each run of it one of its own",
        )
        for name, count in counts.items()
        if count > 1
    )
    return tuple(each for each in mine if counts[each.capability] == 1), twice


def _no_payload(config: Config, facts: Facts) -> str:
    if facts.others:
        which = "1 payload" if facts.others == 1 else f"{facts.others} payloads"
        return f"The run left {which}, but none with the comment-id '{config.comment_id}'."
    return (
        f"The run ended as {facts.run.conclusion} and left no payload: its gates did not run, "
        "or it uploads no artifact *-comment."
    )


def _inner(about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = about.get(key)
    return found if isinstance(found, dict) else {}


def _number(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
