"""Edge: this run, the reports it left, and our issues."""

from __future__ import annotations

from dataclasses import replace

from ci_actions.ci_report_issue import reading
from ci_actions.ci_report_issue.config import Config
from ci_actions.ci_report_issue.decide import key_of
from ci_actions.ci_report_issue.github import Repository
from ci_actions.ci_report_issue.model import Facts, Run
from ci_actions.github.answers import DeniedError
from ci_actions.kit import artifacts
from ci_actions.kit.context import Context
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges

#: The file that each artifact holds, and nothing beside it.
FILE = "report.json"


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what is known of this run and of our issues; GitHub is not asked about a run that is not reported.

    Raises CannotJudge outside a run of GitHub's, and what `Repository` raises but DeniedError.
    """
    run = _run(edges)
    facts = Facts(run=run, key=key_of(_workflow(edges), config.name))
    if nothing := _nothing(edges.context):
        return replace(facts, nothing=nothing)
    found = [artifacts.read(edges.directory / each, FILE, reading.read) for each in config.reports]
    facts = replace(
        facts,
        reports=tuple(report for reports, _ in found for report in reports),
        refused=tuple(each for _, refused in found for each in refused),
    )
    repository = Repository(edges.http, edges.context.repository, config.label)
    try:
        return replace(facts, issues=repository.issues())
    except DeniedError as denied:
        return replace(facts, denied=str(denied))


def _run(edges: Edges[Config]) -> Run:
    context = edges.context
    if not (context.repository and context.run_id.isdecimal() and context.sha):
        raise CannotJudge(
            "This is no run on GitHub: GITHUB_REPOSITORY, GITHUB_RUN_ID and GITHUB_SHA say which one it is.",
            advice="Call report-issue.yml from a workflow, like examples/workflows/nightly.yml.",
        )
    return Run(
        id=int(context.run_id),
        number=edges.environ.get("GITHUB_RUN_NUMBER", "") or context.run_id,
        attempt=context.run_attempt,
        workflow=context.workflow or "the workflow",
        head=context.sha,
        url=context.run_url,
        repository_url=f"{context.server_url}/{context.repository}",
        time=int(edges.clock.now()),
    )


def _workflow(edges: Edges[Config]) -> str:
    """Return what stays the same of a workflow: the path of its file, which no two have; its name where that is unknown.

    https://docs.github.com/actions/reference/workflows-and-actions/variables
    """
    path = edges.environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    return path.removeprefix(f"{edges.context.repository}/") or edges.context.workflow


def _nothing(context: Context) -> str:
    """Return why a run says nothing about the default branch, "" when it does. A schedule runs there and nowhere else."""
    if context.event_name == "schedule" or context.is_default_branch:
        return ""
    branch = f"'{context.default_branch}'" if context.default_branch else "the default branch"
    return f"The run was for '{context.ref_name or context.ref}': issues say how {branch} is."
