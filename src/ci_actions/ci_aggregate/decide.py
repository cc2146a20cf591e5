"""Pure: what was asked for + how jobs ended + what shards recorded -> the verdict on the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ci_actions.ci_aggregate import reading
from ci_actions.ci_aggregate.config import Config
from ci_actions.ci_aggregate.model import Asked, Ended, Facts, Judged, Outcome, Plan, Proof, Verdict
from ci_actions.ci_aggregate.proof import prove
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.strict import Unreadable
from ci_actions.workflows.jobs import PLAN, Pipeline
from ci_actions.workflows.shards import FAILED

SUCCESS, FAILURE, CANCELLED, SKIPPED = "success", "failure", "cancelled", "skipped"
#: Stands for the result of a job that is not there.
MISSING = "missing"
_SAID = {FAILURE: "failed", CANCELLED: "was cancelled"}


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict. Raises CannotJudge when nothing says what had to run, or how it ended."""
    ended = _needs(facts.needs)
    plan = _named(config.jobs) if config.jobs else _plan(facts.plan, config.pipeline, ended)
    jobs = tuple(_judged(config.pipeline, plan.jobs, ended, config.jobs))
    proof = _proof(plan, ended, facts)
    return Outcome(
        jobs=jobs,
        plan=plan,
        proof=proof,
        durations=_durations(proof, facts),
        warnings=(*proof.notes, *([facts.earlier_problem] if facts.earlier_problem else [])),
    )


def _needs(text: str) -> Mapping[str, Ended]:
    try:
        return reading.needs(text)
    except Unreadable as wrong:
        raise CannotJudge(
            f"How the jobs ended cannot be understood: {wrong}.",
            advice="The input needs takes toJSON(needs), or toJSON(steps).",
        ) from None


def _named(jobs: Sequence[str]) -> Plan:
    """Return the plan of a workflow whose jobs are named: all of them run."""
    return Plan(jobs={name: Asked(run=True, why="it always runs") for name in jobs})


def _plan(text: str, pipeline: Pipeline, ended: Mapping[str, Ended]) -> Plan:
    try:
        return reading.plan(text, pipeline.jobs)
    except Unreadable as wrong:
        how = ended[PLAN].result if PLAN in ended else MISSING
        cause = f"the job plan {_SAID.get(how, f'ended with {how}')}" if how != SUCCESS else str(wrong)
        raise CannotJudge(
            f"Nothing says what had to run: {cause}.",
            advice="The input plan takes the output jobs-json of ci-plan.",
        ) from None


# --- jobs ----------------------------------------------------------------------------------------------


def _judged(
    pipeline: Pipeline, asked: Mapping[str, Asked], ended: Mapping[str, Ended], named: Sequence[str]
) -> Iterator[Judged]:
    """Yield the verdict on each job: the plan itself, those it decided about, and what else was there.

    Jobs that are named may wait for each one that is named before them, as the steps of a single job do.
    """
    done: dict[str, Judged] = {}
    expected = named or (PLAN, *dict.fromkeys((*pipeline.jobs, *asked)))
    others = [name for name in ended if name not in expected]
    in_turn = bool(named) or any(each.is_step for each in ended.values())
    for name in (*expected, *others):
        how = ended.get(name, Ended(MISSING))
        # The plan must have run; about others that it does not know nobody asked.
        said = Asked(run=True, why="") if name == PLAN else asked.get(name)
        before = tuple(done) if in_turn else pipeline.after.get(name, ())
        done[name] = _judge(name, said, how, _cause(done, before))
        yield done[name]


def _judge(name: str, asked: Asked | None, how: Ended, cause: Judged | None) -> Judged:
    """Return what the end of a job means; `cause` is the job whose end may have kept it from running."""
    wanted = asked is not None and asked.run
    result = how.result
    verdict, why, follows = Verdict.GREEN, asked.why if asked else "", ""
    if asked is None and how.tolerated and result in _SAID:
        why = "the workflow lets it fail"
    elif result in _SAID:
        verdict, why = Verdict.NOT_MET, f"{name} {_SAID[result]}"
    elif result == SKIPPED and wanted:
        verdict, why, follows = _skipped(name, cause)
    elif result == MISSING:
        verdict, why = Verdict.UNKNOWN, f"nothing says how {name} ended: the input needs does not name it"
    elif result not in (SUCCESS, SKIPPED):
        verdict, why = Verdict.UNKNOWN, f"{name} ended with '{result}', which is no result that GitHub knows"
    return Judged(
        name=name,
        asked=asked.run if asked and name != PLAN else None,
        result=result,
        verdict=verdict,
        why=why,
        follows=follows,
    )


def _skipped(name: str, cause: Judged | None) -> tuple[Verdict, str, str]:
    if cause:
        return Verdict.NOT_MET, f"{name} did not run, because {cause.why}", cause.name
    return (
        Verdict.UNKNOWN,
        f"{name} was skipped, although the plan asked for it and nothing before it failed",
        "",
    )


def _cause(done: Mapping[str, Judged], before: Sequence[str]) -> Judged | None:
    """Return the job that kept one from running, of those before it, None when all were green."""
    found = next((done[each] for each in before if done[each].verdict is not Verdict.GREEN), None)
    return done.get(found.follows, found) if found else None


# --- tests ---------------------------------------------------------------------------------------------


def _proof(plan: Plan, ended: Mapping[str, Ended], facts: Facts) -> Proof:
    """Return what the shards prove. Where the job itself is not green, its shards only tell more about it."""
    if "test" not in plan.jobs or not plan.jobs["test"].run or not plan.shards:
        return Proof()
    found = prove(plan, facts.files or ())
    if ended.get("test", Ended(MISSING)).result != SUCCESS:
        return replace(found, problems=())
    if facts.files is None:
        return Proof(problems=("The input shards is not given: nothing proves that every test ran.",))
    return found


def _durations(proof: Proof, facts: Facts) -> Mapping[str, float] | None:
    """Return how long each test takes on the slowest version, None when none was timed.

    A test that failed may have ended early or late: what was known of it counts on. Tests that did not run are
    forgotten only when all of them ran: then they are gone.
    """
    passed: dict[str, float] = {}
    failed: dict[str, float] = {}
    for record in proof.records:
        for name, test in record.tests.items():
            took = failed if test.outcome in FAILED else passed
            took[name] = max(test.seconds, took.get(name, 0.0))
    if not passed and not failed:
        return None
    known = {name: facts.earlier[name] for name in failed if name in facts.earlier}
    return {**({} if proof.complete else facts.earlier), **failed, **known, **passed}
