from __future__ import annotations

import pytest

from ci_actions.ci_plan.config import AUTO, Config
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import read
from ci_actions.workflows.jobs import AFTER, JOBS, PLAN


def config(**given: str) -> Config:
    return read(Config, options={}, environ={f"INPUT_{name.upper()}": value for name, value in given.items()})


@pytest.mark.parametrize(("text", "expected"), [("", 1), ("1", 1), ("256", 256), ("auto", AUTO)])
def test_shards(text: str, expected: int) -> None:
    assert config(shards=text).shards == expected


@pytest.mark.parametrize("text", ["0", "257", "-1", "1.5", "Auto", "1/2", "٣"])
def test_what_is_no_number_of_shards(text: str) -> None:
    with pytest.raises(BadInput, match="auto or a whole number from 1 to 256"):
        config(shards=text)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "a/b"}, "input 'name' is 'a/b'"),
        ({"name": "-a"}, "input 'name' is '-a'"),
        ({"name": "x" * 101}, "at most 100"),
        ({"paths": "libs/**, ../common/**"}, "input 'paths' has '../common/**'"),
        ({"deepen": "many"}, "input 'deepen' is 'many'"),
        ({"shards": "2", "test_command": "make test"}, "only pytest can be split"),
        ({"shards": "2", "layout": "single"}, "layout: single has one job"),
        ({"coverage_files": "lcov.info"}, "needs test-command"),
        ({"coverage": "true", "test": "false"}, "nothing would be measured"),
        (dict.fromkeys(JOBS, "false"), "every job is false"),
        ({"quality": "yes"}, "input 'quality' is 'yes' but must be one of: auto, true, false"),
    ],
)
def test_what_cannot_be_meant(given: dict[str, str], problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        config(**given)
    assert problem in str(caught.value)


def test_names_and_shards_that_can() -> None:
    assert config(name="My_project-1.x").name == "My_project-1.x"
    assert config(shards="auto", test_command="make test").test_command == "make test"
    assert config(**dict.fromkeys(JOBS[1:], "false")).switch("quality") == "auto"


def test_every_job_has_a_switch_and_a_place_in_the_order() -> None:
    assert {Config().switch(job) for job in JOBS} == {"auto"}
    assert set(AFTER) == set(JOBS)
    for job, before in AFTER.items():
        assert all(each == PLAN or JOBS.index(each) < JOBS.index(job) for each in before)
