from __future__ import annotations

import json

import pytest
from tests.unit.ci_aggregate import runs
from tests.unit.ci_aggregate.runs import TESTS, files, needs, outcome, plan, record, shard, told

from ci_actions.ci_aggregate.config import Config
from ci_actions.ci_aggregate.decide import decide
from ci_actions.ci_aggregate.model import Facts, Judged, Verdict
from ci_actions.ci_aggregate.report import report
from ci_actions.kit.errors import CannotJudge, Exit
from ci_actions.workflows.jobs import JOBS, PIPELINES

G, R, U = Verdict.GREEN, Verdict.NOT_MET, Verdict.UNKNOWN
RESULTS = ("success", "failure", "cancelled", "skipped", "", "timed_out", "SUCCESS")


def job(name: str, **given: object) -> Judged:
    return next(each for each in outcome(**given).jobs if each.name == name)


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize(
    ("asked", "verdicts"),
    [
        (True, (G, R, R, U, U, U, U)),
        (False, (G, R, R, G, U, U, U)),
    ],
    ids=["asked for", "not asked for"],
)
def test_every_end_of_every_job(name: str, asked: bool, verdicts: tuple[Verdict, ...]) -> None:
    """Green is success, or skipped where nobody asked; `""` stands for a job that needs does not name."""
    said = plan(off=() if asked else (name,))
    found = tuple(job(name, needs=needs(**{name: each}), plan=said).verdict for each in RESULTS)
    assert found == verdicts


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("success", Exit.PASSED),
        ("failure", Exit.NOT_MET),
        ("cancelled", Exit.NOT_MET),
        ("skipped", Exit.CANNOT_JUDGE),
        ("", Exit.CANNOT_JUDGE),
        ("neutral", Exit.CANNOT_JUDGE),
    ],
)
@pytest.mark.parametrize("name", ["plan", "security", "test"])
def test_exit_codes(name: str, result: str, code: Exit) -> None:
    assert told(needs=needs(**{name: result})).exit_code is code


@pytest.mark.parametrize(
    ("result", "verdict"), [("success", G), ("skipped", G), ("failure", R), ("cancelled", R), ("odd", U)]
)
def test_a_job_that_the_plan_does_not_know(result: str, verdict: Verdict) -> None:
    found = job("codecov", needs=needs(codecov=result))
    assert (found.verdict, found.asked) == (verdict, None)


def test_the_plan_itself_must_have_run() -> None:
    """Nobody asks for it, so that skipped would be green."""
    assert job("plan", needs=needs(plan="skipped")).verdict is U
    assert job("plan", needs=needs(plan="")).verdict is U


# --- causes --------------------------------------------------------------------------------------------


def test_a_job_that_did_not_run_names_the_one_that_failed() -> None:
    given = needs(quality="failure", test="skipped", build="skipped", coverage="skipped")
    found = {each.name: each for each in outcome(needs=given).jobs}
    assert found["test"].why == "test did not run, because quality failed"
    assert found["coverage"].why == "coverage did not run, because quality failed"
    assert found["coverage"].follows == "quality"
    assert {each.verdict for each in found.values()} == {G, R}


def test_a_job_that_does_not_wait_for_the_one_that_failed_has_no_cause() -> None:
    found = job("docs", needs=needs(security="failure", docs="skipped"))
    assert found.verdict is U
    assert found.why == "docs was skipped, although the plan asked for it and nothing before it failed"


def test_what_is_not_asked_for_is_no_cause() -> None:
    given = {"needs": needs(quality="skipped", test="skipped"), "plan": plan(off=("quality",))}
    assert job("test", **given).verdict is U


# --- one job -------------------------------------------------------------------------------------------


def steps(**outcomes: str) -> str:
    found = dict.fromkeys(("plan", *JOBS), "success") | outcomes
    return json.dumps(
        {name: {"outcome": each, "conclusion": each, "outputs": {}} for name, each in found.items()}
    )


def test_steps_of_a_single_job() -> None:
    assert told(needs=steps()).exit_code is Exit.PASSED
    found = {each.name: each for each in outcome(needs=steps(security="failure", test="skipped")).jobs}
    # In one job every step waits for all before it.
    assert found["test"].why == "test did not run, because security failed"


def test_a_step_that_may_fail_is_no_failure_unless_the_plan_asked_for_it() -> None:
    found = json.loads(steps())
    found["upload"] = {"outcome": "failure", "conclusion": "success"}
    assert told(needs=json.dumps(found)).exit_code is Exit.PASSED
    found["quality"] = {"outcome": "failure", "conclusion": "success"}
    assert told(needs=json.dumps(found)).exit_code is Exit.NOT_MET
    found["upload"] = {"outcome": "odd", "conclusion": "success"}
    assert told(needs=json.dumps(found)).exit_code is Exit.CANNOT_JUDGE


# --- nothing to go by ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "{", "success"])
def test_without_needs_there_is_no_verdict(text: str) -> None:
    with pytest.raises(CannotJudge, match="How the jobs ended cannot be understood"):
        outcome(needs=text)


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "{", '{"quality": {"run": false, "why": ""}}'])
def test_without_a_plan_there_is_no_verdict(text: str) -> None:
    with pytest.raises(CannotJudge, match="Nothing says what had to run"):
        outcome(plan=text)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("failure", "the job plan failed"),
        ("cancelled", "the job plan was cancelled"),
        ("skipped", "the job plan ended with skipped"),
        ("", "the job plan ended with missing"),
        ("success", "it is empty"),
    ],
)
def test_a_missing_plan_is_explained(result: str, why: str) -> None:
    with pytest.raises(CannotJudge, match=why):
        outcome(plan="", needs=needs(plan=result))


# --- tests ---------------------------------------------------------------------------------------------


def test_green_needs_the_shards() -> None:
    assert told().exit_code is Exit.PASSED
    assert outcome(files=None).proof.problems == (
        "The input shards is not given: nothing proves that every test ran.",
    )
    assert told(files=None).exit_code is Exit.CANNOT_JUDGE
    assert told(files=()).exit_code is Exit.CANNOT_JUDGE


def test_shards_are_no_matter_where_no_test_was_asked_for() -> None:
    said, ended = plan(off=("test", "coverage")), needs(test="skipped", coverage="skipped")
    for each in (None, files(b"{")):
        assert told(plan=said, needs=ended, files=each).exit_code is Exit.PASSED


def test_a_shard_that_says_it_failed_is_believed_more_than_the_job() -> None:
    found = told(files=files(record(outcomes={TESTS[0]: "failed"})))
    assert found.exit_code is Exit.NOT_MET
    assert json.loads(found.outputs["failed-jobs-json"]) == ["test"]
    assert TESTS[0] in found.headline


@pytest.mark.parametrize("result", ["failure", "cancelled"])
def test_where_the_job_is_red_missing_shards_are_no_cause_of_their_own(result: str) -> None:
    found = outcome(needs=needs(test=result, coverage="skipped"), files=())
    assert not found.proof.problems
    assert told(needs=needs(test=result, coverage="skipped"), files=()).exit_code is Exit.NOT_MET


def test_where_the_job_is_red_its_shards_name_the_tests() -> None:
    given = {
        "needs": needs(test="failure", coverage="skipped"),
        "files": files(record(outcomes={TESTS[0]: "error"})),
    }
    assert outcome(**given).proof.failures == (f"1 test failed in 3.12-1: {TESTS[0]}.",)


# --- durations -----------------------------------------------------------------------------------------

TWO = plan(shard("3.11-1", "3.11"), shard("3.12-1", "3.12"))


def test_the_slowest_version_counts() -> None:
    found = outcome(
        plan=TWO, files=files(record("3.11-1", python="3.11", seconds=3.0), record("3.12-1", seconds=2.0))
    )
    assert found.durations == dict.fromkeys(TESTS, 3.0)


def test_a_complete_run_forgets_tests_that_are_gone() -> None:
    assert outcome(earlier={"gone::test": 9.0, TESTS[0]: 5.0}).durations == dict.fromkeys(TESTS, 1.0)


@pytest.mark.parametrize(
    "given",
    [
        {"plan": TWO},
        {"plan": TWO, "needs": needs(test="failure", coverage="skipped")},
        {"files": files(record(tests=TESTS[:2])), "needs": needs(test="failure", coverage="skipped")},
    ],
    ids=["a shard is missing", "a shard is missing in a red job", "a shard did not come to its end"],
)
def test_a_partial_run_forgets_nothing(given: dict[str, object]) -> None:
    found = outcome(earlier={"gone::test": 9.0, TESTS[0]: 5.0, TESTS[5]: 6.0}, **given).durations
    assert found
    assert found["gone::test"] == 9.0
    assert found[TESTS[0]] == 1.0


def test_a_failed_test_keeps_the_time_that_was_known() -> None:
    failed = files(record(outcomes={TESTS[0]: "failed", TESTS[1]: "failed"}, seconds=0.1))
    found = outcome(files=failed, earlier={TESTS[0]: 7.0}).durations
    assert found == dict.fromkeys(TESTS, 0.1) | {TESTS[0]: 7.0}


def test_nothing_was_timed() -> None:
    off = {"plan": plan(off=("test",)), "needs": needs(test="skipped")}
    assert outcome(**off, earlier={"a::b": 1.0}).durations is None
    command = record(tests=(), runner="command") | {"collected": None}
    assert outcome(plan=plan(runner="command"), files=files(command)).durations is None


def test_durations_that_cannot_be_used_are_a_warning() -> None:
    given = Facts(
        needs=needs(),
        plan=plan(),
        files=runs.files(record()),
        earlier_problem="The durations in x cannot be used.",
    )
    found = decide(Config(), given)
    assert found.warnings == ("The durations in x cannot be used.",)
    assert found.durations


# --- another workflow ----------------------------------------------------------------------------------


def night(**results: str) -> set[str]:
    """Return the jobs that keep a night from being green; results of `None` are not in needs."""
    jobs = PIPELINES["nightly"].jobs
    asked = {job: {"run": job != "test", "why": "so"} for job in jobs}
    ended = {"plan": "success", **dict.fromkeys(jobs, "success"), "test": "skipped", **results}
    given = Facts(
        needs=json.dumps({name: {"result": result} for name, result in ended.items() if result != "gone"}),
        plan=json.dumps(asked),
    )
    found = decide(Config(workflow="nightly"), given)
    return {each.name for each in found.jobs if each.verdict is not Verdict.GREEN}


def test_a_night_is_judged_by_its_own_jobs() -> None:
    assert night() == set()


@pytest.mark.parametrize("job", [job for job in PIPELINES["nightly"].jobs if job != "test"])
@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", "gone", "strange"])
def test_every_job_of_a_night_counts(job: str, result: str) -> None:
    assert night(**{job: result}) == {job}


def test_a_plan_of_another_workflow_is_none() -> None:
    with pytest.raises(CannotJudge):
        decide(
            Config(workflow="nightly"),
            Facts(needs='{"plan": {"result": "success"}}', plan='{"test": {"run": true}}'),
        )


# --- jobs that are named ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "verdicts", "code"),
    [
        ({"stale": "success", "caches": "success"}, {"stale": G, "caches": G}, Exit.PASSED),
        ({"stale": "success", "caches": "failure"}, {"stale": G, "caches": R}, Exit.NOT_MET),
        ({"stale": "success", "caches": "skipped"}, {"stale": G, "caches": U}, Exit.CANNOT_JUDGE),
        ({"stale": "success"}, {"stale": G, "caches": U}, Exit.CANNOT_JUDGE),
        (
            {"stale": "success", "caches": "success", "odd": "failure"},
            {"stale": G, "caches": G, "odd": R},
            Exit.NOT_MET,
        ),
    ],
    ids=["green", "one failed", "one was skipped", "one is not there", "one that nobody named failed"],
)
def test_jobs_that_are_named_must_all_have_run(
    ended: dict[str, str], verdicts: dict[str, Verdict], code: Exit
) -> None:
    config = Config(jobs=("stale", "caches"))
    needs = json.dumps({name: {"result": result, "outputs": {}} for name, result in ended.items()})
    found = decide(config, Facts(needs=needs, plan=""))
    assert {each.name: each.verdict for each in found.jobs} == verdicts
    assert report(config, found).exit_code is code


def test_named_jobs_did_not_run_because_one_before_them_failed() -> None:
    config = Config(jobs=("verify", "tests", "build"))
    ended = {"build": "skipped", "tests": "skipped", "verify": "failure"}
    needs = json.dumps({name: {"result": result} for name, result in ended.items()})
    found = decide(config, Facts(needs=needs, plan=""))
    assert [each.why for each in found.jobs] == [
        "verify failed",
        "tests did not run, because verify failed",
        "build did not run, because verify failed",
    ]
    assert report(config, found).exit_code is Exit.NOT_MET


def test_named_jobs_and_a_plan_are_one_too_many() -> None:
    assert list(Config(jobs=("a",), plan="{}").problems()) == [
        "input 'jobs' stands for a plan: give it or 'plan', not both"
    ]
