"""What a job's token may do, and what it is used for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ci_actions.commands.doctor.callees import Asked, lacks
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository, effective
from ci_actions.workflows.document import Scalar
from ci_actions.workflows.model import Job, Permissions, Step
from ci_actions.workflows.references import Remote


@dataclass(frozen=True, eq=False, repr=False)
class _Needs:
    """What an action of others cannot work without; `unless` tells when it uses another token than the job's."""

    scopes: tuple[str, ...]
    unless: Callable[[Step], bool] = lambda _: False


def _given(name: str) -> Callable[[Step], bool]:
    """Return what tells whether a step is given this input, as something else than the job's token."""
    return lambda step: _other(step, name)


def _other(step: Step, name: str) -> bool:
    node = step.given.get(name)
    text = node.text.strip().lower() if isinstance(node, Scalar) else ""
    return bool(text) and "github.token" not in text and "secrets.github_token" not in text


#: What their documentation says they need.
_OTHERS: Mapping[str, _Needs] = {
    "actions/attest": _Needs(("id-token", "attestations")),
    "actions/attest-build-provenance": _Needs(("id-token", "attestations")),
    "actions/attest-sbom": _Needs(("id-token", "attestations")),
    "actions/deploy-pages": _Needs(("pages", "id-token"), _given("token")),
    "aws-actions/configure-aws-credentials": _Needs(
        ("id-token",),
        lambda step: (
            not step.given.keys() & {"role-to-assume"}
            or bool(step.given.keys() & {"aws-access-key-id", "web-identity-token-file", "role-chaining"})
        ),
    ),
    "github/codeql-action/analyze": _Needs(
        ("security-events",), lambda step: _other(step, "token") or "upload" in step.given
    ),
    "github/codeql-action/upload-sarif": _Needs(("security-events",), _given("token")),
    "google-github-actions/auth": _Needs(
        ("id-token",),
        lambda step: "workload_identity_provider" not in step.given or "credentials_json" in step.given,
    ),
    "peaceiris/actions-gh-pages": _Needs(
        ("contents",), lambda step: "github_token" not in step.given or _other(step, "github_token")
    ),
    "peter-evans/create-pull-request": _Needs(("contents", "pull-requests"), _given("token")),
    "pypa/gh-action-pypi-publish": _Needs(("id-token",), _given("password")),
    "softprops/action-gh-release": _Needs(
        ("contents",),
        lambda step: _other(step, "token") or "env" in {key.text for key, _ in step.node.entries},
    ),
}


def _calls(file: File, repository: Repository) -> Iterator[Said]:
    if file.workflow is None:
        return
    only_called = set(file.workflow.events) == {"workflow_call"}
    for job in file.jobs.values():
        callee = repository.callee(job)
        permissions = effective(file, job)
        if callee is None or (permissions is None and only_called):
            continue
        missing = {
            (each.scope, each.level): each
            for each in callee.asked
            if permissions is None or lacks(permissions, each)
        }
        if permissions is None:
            yield from _left_to_chance(job, list(missing.values()))
        elif missing:
            yield _not_granted(job, permissions, list(missing.values()))


def _not_granted(job: Job, permissions: Permissions, missing: list[Asked]) -> Said:
    asks = "; ".join(f"'{each.job}' asks for `{each.scope}: {each.level}`" for each in missing)
    place = permissions.place if job.permissions else (job.uses.place if job.uses else job.place)
    return Said(
        place=place,
        message=f"the caller does not grant what it calls asks for, so no job starts (startup_failure): {asks}",
        fix=f"add to the permissions of job '{job.id}': "
        + ", ".join(f"`{each.scope}: {each.level}`" for each in missing),
    )


def _left_to_chance(job: Job, asked: list[Asked]) -> Iterator[Said]:
    writes = [each for each in asked if each.level == "write"]
    if writes:
        yield Said(
            place=job.uses.place if job.uses else job.place,
            message="nothing says what this job's token may do: where the repository's setting is read-only, no job starts",
            fix=f"write `permissions:` of job '{job.id}' with "
            + ", ".join(f"`{each.scope}: {each.level}`" for each in asked),
            level=Level.REMARK,
        )


def _steps(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job, step in file.steps:
        permissions = effective(file, job)
        reference = step.uses.reference if step.uses else None
        if permissions is None or not isinstance(reference, Remote):
            continue
        name = "/".join(part for part in (reference.repository, reference.path) if part).lower()
        needs = _OTHERS.get(name)
        if needs is None or needs.unless(step) or step.node.get("continue-on-error"):
            continue
        missing = [scope for scope in needs.scopes if permissions.level(scope) != "write"]
        if missing and step.uses:
            listed = ", ".join(f"`{scope}: write`" for scope in missing)
            yield Said(
                place=step.uses.place,
                message=f"{name} cannot do its work without {listed}, which this job does not grant",
                fix=f"add {listed} to the permissions of the job",
            )


def _missing(file: File, repository: Repository) -> Iterator[Said]:
    yield from _calls(file, repository)
    yield from _steps(file, repository)


def _broad(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    workflow = file.workflow
    if workflow is None:
        return
    for permissions in (workflow.permissions, *(job.permissions for job in workflow.jobs.values())):
        if permissions and permissions.every == "write":
            yield Said(
                place=permissions.place,
                message="`write-all` lets every step of every action here push, release and publish",
                fix="write `permissions: {}` on top, and what each job needs beside it",
            )


RULES = (
    Rule(
        id="missing-permission",
        question="Does each job grant what it calls asks for?",
        why="A called workflow, however deep, that asks for more than its caller has ends the run before any job starts. Asked "
        "for our workflows, those of the same repository, and a dozen actions of others that do nothing without a grant. "
        "What a repository's setting gives where a file says nothing is not known here: that is a remark.",
        ask=_missing,
    ),
    Rule(
        id="broad-permissions",
        question="Does nothing ask for `write-all`?",
        why="zizmor asks more about permissions that are too broad.",
        ask=_broad,
    ),
)
