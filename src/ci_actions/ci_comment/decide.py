"""Pure: facts -> what is done on each pull request."""

from __future__ import annotations

from ci_actions.ci_comment import render
from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.model import Comment, Deed, Facts, Outcome, Plan, PullRequest, Run


def decide(config: Config, facts: Facts) -> Outcome:
    """Return one plan for each pull request of the run's branch."""
    if facts.nothing or not facts.payloads:
        return Outcome(facts=facts)
    comments = dict(facts.comments)
    plans = tuple(_plan(config, facts, pull, comments.get(pull.number)) for pull in facts.pulls)
    return Outcome(facts=facts, plans=plans, body=_body(config, facts, None))


def unfit(run: Run, pull: PullRequest) -> str:
    """Return why a pull request is not the one that the run was for, "" when it is."""
    if not pull.ours:
        return "it is between other repositories"
    if not pull.open:
        return "it is closed"
    if pull.head != run.head:
        return f"it has moved on to {pull.head[:7]}, the run was for {run.head[:7]}"
    return ""


def _plan(config: Config, facts: Facts, pull: PullRequest, comment: Comment | None) -> Plan:
    if why := unfit(facts.run, pull):
        return Plan(pull=pull.number, deed=Deed.LEAVE, why=why)
    body = _body(config, facts, comment)
    if comment is None:
        return Plan(pull=pull.number, deed=Deed.CREATE, body=body)
    # Only of runs for the commit that is the head now can one be newer: any other is out of date, whatever its number.
    marker = comment.marker
    if marker.head == facts.run.head and (marker.run, marker.attempt) > facts.run.order:
        return Plan(pull=pull.number, deed=Deed.LEAVE, comment=comment, why="its comment is of a newer run")
    same = comment.body.replace("\r\n", "\n").strip() == body.strip()
    return Plan(pull=pull.number, deed=Deed.KEEP if same else Deed.UPDATE, body=body, comment=comment)


def _body(config: Config, facts: Facts, comment: Comment | None) -> str:
    return render.comment(
        config.comment_id,
        facts.run,
        facts.payloads,
        refused=len(facts.refused),
        refused_url=facts.own_run_url,
        before=comment.marker.sections if comment else (),
    )
