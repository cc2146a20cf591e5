from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.ci_plan.plans import facts

from ci_actions.ci_plan.config import OUTPUTS, Config
from ci_actions.ci_plan.decide import decide
from ci_actions.ci_plan.model import Facts
from ci_actions.ci_plan.report import report
from ci_actions.kit import emit
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Level, Report, Result
from ci_actions.workflows.jobs import JOBS


def made(given: Facts, **values: Any) -> Report:
    config = Config(**values)
    return report(config, decide(config, given))


CODE = made(facts("src/a.py"), shards=2)
DOCUMENTS = made(facts("docs/x.md"))
NOTHING = made(facts("services/b/x", directory="services/a"), frontend="false")


def test_every_output_is_there() -> None:
    for each in (CODE, DOCUMENTS, NOTHING):
        assert list(each.outputs) == list(OUTPUTS)


def test_jobs_are_words_that_a_workflow_compares() -> None:
    assert {job: DOCUMENTS.outputs[job] for job in JOBS} == {
        job: "true" if job in ("docs", "security") else "false" for job in JOBS
    }


def test_the_plan_for_the_aggregator() -> None:
    plan = json.loads(CODE.outputs["jobs-json"])
    assert list(plan) == list(JOBS)
    assert plan["quality"] == {"run": True, "why": "src/a.py changed"}
    assert plan["test"]["runner"] == "pytest"
    assert plan["test"]["shards"][1] == {"id": "3.11-2", "python": "3.11", "shard": "2/2"}
    assert json.loads(DOCUMENTS.outputs["jobs-json"])["test"]["shards"] == []


def test_the_matrix_and_the_reports_that_it_brings() -> None:
    matrix = json.loads(CODE.outputs["test-matrix"])
    ids = [each["id"] for each in matrix["include"]]
    assert matrix["include"][0] == {"name": "3.11 (1/2)", "id": "3.11-1", "python": "3.11", "shard": "1/2"}
    assert CODE.outputs["expect-reports"].splitlines() == ids
    assert json.loads(CODE.outputs["versions"]) == ["3.11", "3.12", "3.13"]
    assert CODE.outputs["python"] == "3.13"


@pytest.mark.parametrize("given", [DOCUMENTS, NOTHING])
def test_a_matrix_is_never_empty(given: Report) -> None:
    """GitHub refuses an empty one even where the job's `if` is false."""
    assert len(json.loads(given.outputs["test-matrix"])["include"]) == 1
    assert given.outputs["expect-reports"] == ""


def test_nothing_to_do_is_skipped_with_the_reason() -> None:
    assert (NOTHING.result, NOTHING.exit_code) == (Result.SKIPPED, Exit.PASSED)
    assert NOTHING.headline == "ci-plan: nothing runs: nothing of services/a changed"
    assert (CODE.result, CODE.exit_code) == (Result.PASSED, Exit.PASSED)


def test_the_folder_of_the_frontend_is_told_when_it_runs() -> None:
    assert CODE.outputs["frontend-directory"] == "web"
    assert DOCUMENTS.outputs["frontend-directory"] == ""


def test_the_summary_tells_each_job_what_changed_and_the_shards() -> None:
    text = emit.summary(CODE)
    assert "### ✅ ci-plan: 7 of 7 jobs run" in text
    assert "| quality | yes | src/a.py changed |" in text
    assert "| Changed | 1 file, against first parent 1111111 of the merge commit 2222222 |" in text
    assert "| Versions | 3.11, 3.12, 3.13, from requires-python |" in text
    assert "| Shards | 2 a version: shards: 2 |" in text
    assert "- `src/a.py`" in text


def test_a_name_of_a_file_is_no_markup() -> None:
    text = emit.summary(made(facts("src/<img src=x>|@team.py")))
    assert "<img" not in text
    assert "@team" not in text


def test_many_files_are_counted() -> None:
    text = emit.summary(made(facts(*(f"src/{number:03}.py" for number in range(60)))))
    assert "- … and 10 more" in text
    assert "src/050.py" not in text


def test_cautions_stand_above_and_beside() -> None:
    found = made(facts(changed=None, problem="The base is gone.", loosened=("test goes from auto to false",)))
    loosened = "This change itself takes from what runs: test goes from auto to false."
    caution = "Everything runs, because what changed cannot be told. The base is gone."
    assert found.preface == (loosened, caution)
    assert [(each.level, each.message) for each in found.annotations] == [
        (Level.WARNING, loosened),
        (Level.WARNING, caution),
    ]


def test_the_json_report_can_be_written() -> None:
    document = json.loads(emit.as_json(CODE, dict(CODE.outputs)))
    assert document["details"]["changed"] == 1
    assert document["details"]["own"] == ["src/a.py"]
    assert (
        json.loads(emit.as_json(made(facts(changed=None, no_change="x")), {}))["details"]["changed"] is None
    )
