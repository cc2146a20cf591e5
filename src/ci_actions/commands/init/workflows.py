"""Pure: the callers' workflows as text, in the form of `examples/workflows/`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

from ci_actions.commands.init.model import Given, Project, Release
from ci_actions.commands.init.yaml_text import entry, in_list, scalar

_WIDTH = 120
#: The inputs of the project that each workflow takes; ci.yml takes all.
NIGHTLY = (
    "working-directory", "name", "before-install", "python-versions", "manager", "groups", "extras", "install-args",
    "lock-policy", "postgres-image", "redis-image", "database-variable", "redis-variable",
)  # fmt: skip
MAINTENANCE = (
    "working-directory",
    "name",
    "before-install",
    "manager",
    "groups",
    "extras",
    "install-args",
    "lock-policy",
)
_READ = "contents: read # to check out, and to fetch what the change is compared with"


def ci(projects: Sequence[Project], release: Release, branch: str) -> str:
    """Return `ci.yml`: a call for each project, and the upload of what they found as a job of its own."""
    return (
        f"""\
name: ci

on:
  pull_request:
  merge_group:
  push:
    branches: [{in_list(branch)}]

permissions: {{}}

concurrency:
  # A newer push to a pull request makes the older run pointless; runs of {branch} are the record.
  group: ci-${{{{ github.event.pull_request.number || github.sha }}}}
  cancel-in-progress: true

jobs:
{_comment(_require(projects), 2)}"""
        + "\n".join(_call(each.id, "ci", (_READ,), release, each.given) for each in projects)
        + f"""
  # What writes is a job of its own, with rights of its own.
  code-scanning:
    needs: {_needs(projects)}
    if: ${{{{ !cancelled() }}}}
    permissions:
      security-events: write # to upload
      actions: read # in a private repository the upload asks which run it belongs to
      contents: read # in a private repository the upload asks for the commit
    uses: {release.workflow("code-scanning")}
"""
    )


def comment(projects: Sequence[Project], release: Release) -> str:
    """Return `comment.yml`: what comments on pull requests when `ci` has ended, once for each project."""
    jobs = "\n".join(_commenting(each, release, alone=len(projects) == 1) for each in projects)
    return f"""\
# Comments on pull requests, those from forks included, with what the workflow `ci` found.
name: comment

on:
  # The only way to comment on a pull request from a fork. What is dangerous about it is not done: nothing of the pull request
  # is checked out or run, and what its run left is read as data (see comment.yml of {release.repository}).
  workflow_run: # zizmor: ignore[dangerous-triggers] nothing of the pull request is checked out or run
    workflows: [ci]
    types: [completed]

permissions: {{}}

# One at a time for a commit, so that two never both write a first comment. Not for a branch: what waits is replaced by what
# comes later, and the run for an older commit may come to its end after that for a newer one.
concurrency:
  group: comment-${{{{ github.event.workflow_run.event }}}}-${{{{ github.event.workflow_run.head_sha }}}}

jobs:
{jobs}"""


def nightly(projects: Sequence[Project], release: Release, slug: str) -> str:
    """Return `nightly.yml`: a call for each project, and what keeps an issue about each as a job of its own.

    The hour goes by the repository's name: GitHub starts late, or not at all, what everybody starts at once.
    """
    minute, hour = _spread(f"nightly {slug}")
    grant = "contents: read # to check out, and to fetch the history that is scanned for secrets"
    return _scheduled("nightly", f"{minute} {hour} * * *", projects, release, (grant,), NIGHTLY)


def maintenance(projects: Sequence[Project], release: Release, slug: str) -> str:
    """Return `maintenance.yml`, once a week: a call for each project, and what keeps an issue about each."""
    minute, hour = _spread(f"maintenance {slug}")
    grant = "contents: read # to check out, and to read branches and their rules"
    return _scheduled("maintenance", f"{minute} {hour} * * 1", projects, release, (grant,), MAINTENANCE)


def _scheduled(
    name: str,
    cron: str,
    projects: Sequence[Project],
    release: Release,
    grants: Sequence[str],
    inputs: Collection[str],
) -> str:
    alone = len(projects) == 1
    jobs = []
    for each in projects:
        id = name if alone else each.id
        given = [every for every in each.given if every.name in inputs]
        if name == "nightly":
            # It runs no linter.
            given = [
                replace(every, value=each.value("test-groups") or every.value)
                if every.name == "groups"
                else every
                for every in given
            ]
            given += each.nightly
        if name == "maintenance":
            given += _one_python(each)
        jobs.append(_call(id, name, grants, release, given))
        jobs.append(
            _reporting(id, release, "report-issue" if alone else f"{each.id}-issue", each.value("name"))
        )
    return f"""\
name: {name}

on:
  schedule:
    - cron: {scalar(cron)}
  workflow_dispatch:

permissions: {{}}

concurrency:
  # Two at once would write the same issue; the one that began is not broken off.
  group: {name}
  cancel-in-progress: false

jobs:
""" + "\n".join(jobs)


def _one_python(project: Project) -> Iterator[Given]:
    """Yield the newest version where versions are given, for a workflow that takes one."""
    for each in project.given:
        if each.name == "python-versions":
            yield replace(each, name="python-version", value=each.value.rpartition(",")[2].strip())


def _reporting(about: str, release: Release, id: str, name: str) -> str:
    """Return the job that opens an issue about another job, and closes it."""
    text = f"""\
  # Opens an issue when it is red, and closes it when it is green again. It alone may write.
  {id}:
    needs: {about}
    if: always()
    permissions:
      issues: write # to find, open, change and close the issues
    uses: {release.workflow("report-issue")}
    with:
      result: ${{{{ needs.{about}.result }}}}
"""
    return text + (entry("name", name, 6) if name else "")


def _spread(text: str) -> tuple[int, int]:
    """Return a minute and an hour of the night that go by a text."""
    from hashlib import sha256

    number = int.from_bytes(sha256(text.encode("utf-8", "surrogateescape")).digest()[:4], "big")
    return 5 + number % 50, 1 + number // 50 % 5


def _require(projects: Sequence[Project]) -> str:
    if len(projects) == 1:
        return f"Require the check `{projects[0].check}`, and no other."
    *most, last = (f"`{each.check}`" for each in projects)
    return (
        "Each project runs when a file of its own, or of what it depends on, has changed. "
        f"Require {', '.join(most)} and {last}: a project without a change is green at once, with the reason."
    )


def _needs(projects: Sequence[Project]) -> str:
    ids = [each.id for each in projects]
    return ids[0] if len(ids) == 1 else f"[{', '.join(ids)}]"


def _call(id: str, workflow: str, grants: Sequence[str], release: Release, given: Sequence[Given]) -> str:
    """Return a job that calls one of our workflows; what somebody must look at has its reason above it."""
    text = f"  {id}:\n    permissions:\n"
    text += "".join(f"      {each}\n" for each in grants)
    text += f"    uses: {release.workflow(workflow)}\n"
    if given:
        text += "    with:\n"
    for each in given:
        if each.check:
            text += _comment(f"Please check: {each.check}.", 6)
        text += entry(each.name, each.value, 6)
    return text


def _commenting(project: Project, release: Release, *, alone: bool) -> str:
    text = f"""\
  {"comment" if alone else project.id}:
    # Whatever `ci` came to: a red gate is what the comment is for. A push has no pull request.
    if: github.event.workflow_run.event == 'pull_request'
    permissions:
      pull-requests: write # to find the pull request, and to write the comment
      actions: read # to download the artifacts of the run of `ci`
    uses: {release.workflow("comment")}
"""
    # As ci.yml does: without a name of their own, its gates have the comment that has none.
    return text if alone or project.id == "ci" else f"{text}    with:\n{entry('comment-id', project.id, 6)}"


def _comment(text: str, indent: int) -> str:
    start = " " * indent + "# "
    return "".join(f"{line}\n" for line in wrap(text, _WIDTH, initial_indent=start, subsequent_indent=start))
