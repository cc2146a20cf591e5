"""What cannot be meant although every single input can."""

from __future__ import annotations

import pytest

from ci_actions.python_setup_with_cache.config import Config


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://someone:secret@host/simple",
        "--index-url=https://secret@host/simple",
        "--index-url https://someone:sec/ret@host/simple",
        "--index-url https://someone:sec#ret@host/simple",
        "--find-links 'http://someone:sec?ret@host/x'",
        "git+https://secret@host/repository@v1",
    ],
)
def test_credentials_have_no_place_in_arguments(text: str) -> None:
    (said,) = Config(install_args=text).problems()
    assert said.startswith("input 'install-args' holds an address with credentials; ")
    assert "ret@" not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--no-deps -v",
        "--index-url https://host:8080/simple?token=x",
        "git+https://host/repository@v1#egg=shop",
        "someone@example.org",
    ],
)
def test_other_arguments(text: str) -> None:
    assert list(Config(install_args=text).problems()) == []


def test_arguments_that_are_not_closed() -> None:
    (said,) = Config(install_args="'--no-deps").problems()
    assert said == "input 'install-args' cannot be split into arguments: No closing quotation"
