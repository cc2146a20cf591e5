from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ci_plan.plans import FILES, WHOLE, facts

from ci_actions.ci_plan.belonging import Belonging
from ci_actions.ci_plan.config import AUTO, Config
from ci_actions.ci_plan.decide import decide, name_of
from ci_actions.ci_plan.model import Facts, Frontend, Recorded, Removed, Signs
from ci_actions.kit.errors import BadInput
from ci_actions.project.files import ProjectFiles
from ci_actions.workflows.jobs import JOBS, PIPELINES

ALL = set(JOBS)
CODE = facts("src/a.py")


def running(config: Config, given: Facts) -> set[str]:
    return {job for job, decision in decide(config, given).jobs.items() if decision.run}


def with_signs(**changes: str) -> Facts:
    return replace(CODE, signs=replace(WHOLE, **changes))  # type: ignore[arg-type]


def why(config: Config, given: Facts, job: str) -> str:
    return decide(config, given).jobs[job].why


# --- what changed --------------------------------------------------------------------------------------

SUB = {"directory": "services/a", "belonging": Belonging(directory="services/a", folders=("libs/x",))}


@pytest.mark.parametrize(
    ("given", "runs", "reason"),
    [
        pytest.param(CODE, ALL, "src/a.py changed", id="code"),
        pytest.param(facts("src/b.py", "src/a.py", "x.md"), ALL, "src/a.py and 1 more changed", id="code and a document"),
        pytest.param(facts("docs/x.md"), {"docs", "security"}, "only documentation changed: docs/x.md", id="documents"),
        pytest.param(facts("docs/x.md", "docs/y.md"), {"docs", "security"}, "docs/x.md and 1 more", id="documents, several"),
        pytest.param(facts("requirements.txt"), ALL, "requirements.txt changed", id="requirements are no text"),
        pytest.param(facts("docs/x.md", "uv.lock"), ALL, "uv.lock changed", id="documents and a lock"),
        pytest.param(facts(), ALL, "the change is empty", id="an empty change"),
        pytest.param(
            facts(changed=None, no_change="the event schedule brings no change"),
            ALL, "the event schedule brings no change", id="no change",
        ),
        pytest.param(facts(changed=None, problem="The base is gone."), ALL, "cannot be told", id="no base"),
        pytest.param(facts("services/b/x.py", **SUB), set(), "nothing of services/a changed", id="another project"),
        pytest.param(facts("services/a/x.py", "services/b/x.py", **SUB), ALL, "services/a/x.py changed", id="this one, too"),
        pytest.param(facts("libs/x/x.py", **SUB), ALL, "libs/x/x.py changed", id="what it depends on"),
        pytest.param(facts("libs/x/README.md", **SUB), {"docs", "security"}, "only documentation", id="documents of that"),
        pytest.param(facts("uv.lock", **SUB), ALL, "uv.lock changed", id="a lock above"),
        pytest.param(facts("README.md", "LICENSE", **SUB), set(), "nothing of services/a", id="documents above"),
        pytest.param(
            facts(".github/workflows/ci.yml", **SUB), ALL, ".github/workflows/ci.yml changed", id="a workflow"
        ),
        pytest.param(
            facts("docs/x.md", ".github/actions/x/action.yml"), ALL, "action.yml changed", id="documents and an action"
        ),
    ],
)  # fmt: skip
def test_what_changed_decides(given: Facts, runs: Collection[str], reason: str) -> None:
    assert running(Config(frontend_directory="web"), given) == runs
    assert reason in why(Config(), given, "quality")


@given(st.sets(st.text(min_size=1, max_size=30), max_size=5))
def test_one_file_of_code_is_enough(others: set[str]) -> None:
    """Whatever else changed: nothing is skipped beside a changed source file."""
    assert running(Config(), facts("src/a.py", *others)) == ALL


def test_a_readme_is_part_of_the_package() -> None:
    given = facts("README.md", "docs/x.md")
    assert running(Config(), given) == {"docs", "security", "build"}
    assert why(Config(), given, "build") == "README.md changed, which is part of the package"


def test_where_documents_are_tested_they_are_code() -> None:
    given = facts("docs/x.md", signs=replace(WHOLE, tested_documents="pytest.ini"))
    assert running(Config(), given) == ALL
    assert why(Config(), given, "test") == "docs/x.md changed, and pytest.ini has documents tested"
    assert running(Config(docs_globs=("docs/**",)), given) == {"docs", "security"}


def test_a_text_in_a_package_is_code() -> None:
    assert running(Config(), facts("src/shop/prompt.md", packages=frozenset({"src/shop"}))) == ALL
    assert "test" not in running(Config(), facts("src/shop/prompt.md"))


# --- what there is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signs", "config", "missing", "reason"),
    [
        pytest.param(
            Signs(documents="x.md"), Config(), {"quality", "test", "build", "coverage"},
            "there is no Python project in this repository", id="no Python",
        ),
        pytest.param(replace(WHOLE, tests=""), Config(), {"test", "coverage"}, "there are no tests", id="no tests"),
        pytest.param(replace(WHOLE, documents=""), Config(), {"docs"}, "there is no document", id="no documents"),
        pytest.param(replace(WHOLE, package=""), Config(), {"build"}, "no [build-system]", id="no package"),
        pytest.param(replace(WHOLE, coverage=""), Config(), {"coverage"}, "nothing says that coverage", id="no coverage"),
        pytest.param(
            Signs(), Config(test_command="make test"), {"quality", "docs", "build", "coverage"}, "", id="a command needs nothing"
        ),
        pytest.param(WHOLE, Config(test_command="x"), {"coverage"}, "leaves no coverage-files", id="a command measures nothing"),
        pytest.param(WHOLE, Config(test_command="x", coverage_files=("l",)), set(), "", id="a command that measures"),
        pytest.param(replace(WHOLE, coverage=""), Config(coverage="true"), set(), "", id="coverage by word"),
    ],
)  # fmt: skip
def test_what_is_not_there_does_not_run(signs: Signs, config: Config, missing: set[str], reason: str) -> None:
    given = replace(CODE, signs=signs)
    assert running(config, given) == ALL - missing
    assert not missing or any(reason in why(config, given, job) for job in missing)


def test_a_frontend_runs_only_where_its_folder_is_named() -> None:
    assert "frontend" not in running(Config(), replace(CODE, frontend=None))
    assert why(Config(), replace(CODE, frontend=None), "frontend") == "no frontend-directory is given"


# --- switches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job", JOBS)
def test_false_is_false(job: str) -> None:
    values: dict[str, Any] = {job: "false"}
    expected = ALL - {job} - ({"coverage"} if job == "test" else set())
    assert running(Config(**values), CODE) == expected
    assert why(Config(**values), CODE, job) == f"{job} is false"


@pytest.mark.parametrize("job", JOBS)
def test_true_runs_whatever_changed(job: str) -> None:
    values: dict[str, Any] = {job: "true"}
    other = facts("services/b/x.py", **SUB)
    assert running(Config(**values), other) == (
        {"test", "coverage"} if job in ("test", "coverage") else {job}
    )


@pytest.mark.parametrize(
    ("config", "given", "problem"),
    [
        (Config(quality="true"), with_signs(python=""), "input 'quality' is true, but there is no Python project"),
        (Config(test="true"), with_signs(tests=""), "input 'test' is true, but there are no tests"),
        (Config(docs="true"), with_signs(documents=""), "input 'docs' is true, but there is no document"),
        (Config(build="true"), with_signs(package=""), "input 'build' is true, but this repository is no package"),
        (Config(coverage="true"), with_signs(tests=""), "input 'coverage' is true, but there are no tests"),
        (Config(coverage="true", test_command="x"), CODE, "input 'coverage' is true, but test-command leaves no"),
        (
            Config(frontend="true"), replace(CODE, frontend=Frontend(folder=".", missing=True)),
            "input 'frontend' is true, but there is no package.json here",
        ),
        (
            Config(frontend_directory="web"), replace(CODE, frontend=Frontend(folder="web", missing=True)),
            "input 'frontend-directory' is 'web', but there is no web/package.json",
        ),
    ],
)  # fmt: skip
def test_true_and_impossible_is_red(config: Config, given: Facts, problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        decide(config, given)
    assert problem in str(caught.value)


def test_every_impossible_wish_is_named_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        decide(Config(quality="true", docs="true", build="true"), replace(CODE, signs=Signs()))
    assert len(caught.value.problems) == 3


def test_a_missing_package_json_is_no_matter_where_the_frontend_does_not_run() -> None:
    given = facts("docs/x.md", frontend=Frontend(folder="web", missing=True))
    assert running(Config(frontend_directory="web"), given) == {"docs", "security"}


# --- nothing ends in silence ---------------------------------------------------------------------------


def test_removing_the_last_tests_does_not_end_them() -> None:
    given = facts("tests/test_a.py", signs=replace(WHOLE, tests=""), removed=Removed(tests="tests/test_a.py"))
    assert {"test", "coverage"} <= running(Config(), given)
    assert why(Config(), given, "test") == (
        "this change removes the last tests, tests/test_a.py: say test: false if that is meant"
    )
    assert not {"test", "coverage"} & running(Config(test="false"), given)


def test_removing_the_measurement_does_not_end_the_gate() -> None:
    given = facts(
        "pyproject.toml",
        signs=replace(WHOLE, coverage=""),
        removed=Removed(coverage="pytest-cov in pyproject.toml"),
    )
    assert "coverage" in running(Config(), given)
    assert why(Config(), given, "coverage") == (
        "this change takes pytest-cov in pyproject.toml away: say coverage: false if that is meant"
    )
    assert "coverage" not in running(Config(coverage="false"), given)


def test_a_base_that_cannot_be_had_is_a_caution() -> None:
    found = decide(Config(), facts(changed=None, problem="The commit 1111111 is gone."))
    assert found.cautions == (
        "Everything runs, because what changed cannot be told. The commit 1111111 is gone.",
    )
    assert not decide(Config(), CODE).cautions


# --- versions and shards -------------------------------------------------------------------------------


def test_versions_and_shards() -> None:
    found = decide(Config(shards=2), CODE)
    assert (found.python, found.versions) == ("3.13", ("3.11", "3.12", "3.13"))
    assert [each.id for each in found.shards] == ["3.11-1", "3.11-2", "3.12-1", "3.12-2", "3.13-1", "3.13-2"]
    assert found.runner == "pytest"


def test_durations_decide_how_many() -> None:
    given = replace(CODE, recorded=Recorded(seconds=900, tests=3))
    assert len(decide(Config(shards=AUTO), given).shards) == 3 * 3


def test_no_test_no_shard() -> None:
    assert decide(Config(shards=2), facts("docs/x.md")).shards == ()


def test_a_command_is_one_shard_a_version_also_without_python() -> None:
    assert [each.id for each in decide(Config(test_command="x"), CODE).shards] == [
        "3.11-1",
        "3.12-1",
        "3.13-1",
    ]
    found = decide(Config(test_command="x"), replace(CODE, signs=Signs()))
    assert ([each.id for each in found.shards], found.python, found.runner) == (["tests-1"], "", "command")


SILENT = ProjectFiles(
    names=frozenset({"pyproject.toml"}), content={"pyproject.toml": b"[project]\nname = 'a'"}
)


def test_versions_that_nobody_needs_may_be_unknown() -> None:
    assert decide(Config(), facts("docs/x.md", files=SILENT)).python == ""
    with pytest.raises(BadInput, match="Nothing says which Python"):
        decide(Config(), facts("src/a.py", files=SILENT))


@pytest.mark.parametrize(
    ("config", "primary"),
    [
        (Config(layout="single"), "3.13"),
        (Config(layout="single", python_version="3.11"), "3.11"),
        (Config(layout="single", python_versions=("3.12",)), "3.12"),
        (Config(layout="single", python_versions=("==3.12.*",)), "3.12"),
    ],
)
def test_a_single_job_has_one_python(config: Config, primary: str) -> None:
    found = decide(config, CODE)
    assert (found.python, found.versions, len(found.shards)) == (primary, (primary,), 1)


@pytest.mark.parametrize(
    "config",
    [
        Config(layout="single", python_versions=("3.11", "3.12")),
        Config(layout="single", python_versions=(">=3.11",)),
        Config(layout="single", python_versions=("3.11",), python_version="3.12"),
    ],
)
def test_a_single_job_with_several_is_refused(config: Config) -> None:
    with pytest.raises(BadInput, match="layout: single has one Python"):
        decide(config, CODE)


# --- names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("", "ci"),
        ("services/billing", "services.billing"),
        ("my-app", "my-app"),
        ("my_app/x", "my_app.x"),
    ],
)
def test_names(directory: str, name: str) -> None:
    assert name_of(directory) == name


@given(st.sets(st.text(alphabet="aé./-_ Z9", min_size=1, max_size=8), min_size=2, max_size=2))
def test_no_two_folders_have_one_name(pair: set[str]) -> None:
    one, other = (name_of(each) for each in pair)
    assert one != other


@given(st.text(min_size=1, max_size=200))
def test_a_name_is_one_that_its_own_input_takes(directory: str) -> None:
    assert not list(Config(name=name_of(directory)).problems())


def test_a_given_name_is_taken() -> None:
    assert decide(Config(name="mine"), CODE).name == "mine"
    assert decide(Config(), CODE).name == "ci"
    assert FILES.directory == "."


# --- another workflow ----------------------------------------------------------------------------------

NIGHT = Config(workflow="nightly")
SOME_NIGHT = facts(changed=None, no_change="nightly runs everything, whatever changed")


@pytest.mark.parametrize(
    ("given", "changes", "runs"),
    [
        ({}, {}, {"test", "flaky", "security"}),
        ({"test": "false"}, {}, {"security"}),
        ({"test_command": "make test"}, {}, {"test", "security"}),
        ({"security": "false"}, {}, {"test", "flaky"}),
        ({}, {"tests": ""}, {"security"}),
        ({"compose_file": "c.yml"}, {}, {"test", "flaky", "security", "integration"}),
        ({"locust_file": "l.py", "test": "false", "security": "false"}, {}, {"load"}),
    ],
)
def test_a_night(given: dict[str, str], changes: dict[str, str], runs: set[str]) -> None:
    night = replace(SOME_NIGHT, signs=replace(WHOLE, **changes))  # type: ignore[arg-type]
    config = Config(workflow="nightly", **given)  # type: ignore[arg-type]
    planned = decide(config, night)
    assert {job for job, decision in planned.jobs.items() if decision.run} == runs
    assert set(planned.jobs) == set(PIPELINES["nightly"].jobs)


def test_a_night_with_tests_and_without_any_is_an_error() -> None:
    night = replace(SOME_NIGHT, signs=replace(WHOLE, tests=""))
    with pytest.raises(BadInput, match="input 'test' is true, but there are no tests"):
        decide(Config(workflow="nightly", test="true"), night)


def test_a_night_in_which_nothing_could_be_red_cannot_be_meant() -> None:
    """`flaky` alone says nothing."""
    assert any(
        "every job is false" in each
        for each in Config(workflow="nightly", test="false", security="false").problems()
    )
    assert not list(NIGHT.problems())
