"""Inputs that cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_test.config import Config, Shard
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import read


def config(**options: str) -> Config:
    given: Mapping[str, list[str]] = {name.replace("_", "-"): [text] for name, text in options.items()}
    return read(Config, options=given, environ={})


def test_defaults() -> None:
    made = config()
    assert made.shard == Shard(1, 1)
    assert not made.by_command
    assert (made.coverage, made.timeout, made.wait_seconds, made.junit) == ("auto", 60, 60, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"shard": "0/2"}, "like '2/3'"),
        ({"shard": "3/2"}, "like '2/3'"),
        ({"shard": "1"}, "like '2/3'"),
        ({"shard": "1/-2"}, "like '2/3'"),
        ({"id": "a/b"}, "at most 100"),
        ({"id": "x" * 101}, "at most 100"),
        ({"args": "'a"}, "No closing quotation"),
        ({"database-variable": "A-B"}, "name of a variable"),
        ({"timeout": "0"}, "from 1 to"),
        ({"runner": "command"}, "input 'command' names none"),
        ({"runner": "pytest", "command": "make"}, "give one of them"),
        ({"command": "make", "shard": "1/2"}, "cannot be divided"),
        ({"command": "make", "args": "-x"}, "write the arguments into input 'command'"),
        ({"redis-variable": "URL", "database-variable": "URL"}, "are both 'URL'"),
    ],
)
def test_what_cannot_be_meant(options: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        config(**options)


@pytest.mark.parametrize(
    ("options", "by_command"),
    [
        ({}, False),
        ({"command": "make"}, True),
        ({"runner": "command", "command": "make"}, True),
        ({"runner": "pytest"}, False),
    ],
)
def test_what_runs_the_tests(options: dict[str, str], *, by_command: bool) -> None:
    assert config(**options).by_command is by_command


def test_arguments_are_words_of_a_shell() -> None:
    assert config(args="-k 'not slow' tests/a\\ b.py").args == ("-k", "not slow", "tests/a b.py")
    assert str(config(shard="2/3").shard) == "2/3"
