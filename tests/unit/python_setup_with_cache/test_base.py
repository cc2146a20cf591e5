from __future__ import annotations

import pytest

from ci_actions.python_setup_with_cache.drivers.base import redacted, secrets_in


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pw@host/simple", "https://host/simple"),
        ("Connection to me:pw@127.0.0.1:40499 failed.", "Connection to 127.0.0.1:40499 failed."),
        ("the word s3cr3t alone", "the word *** alone"),
        ("greet==1.1 at 12:30 @ home", "greet==1.1 at 12:30 @ home"),
        ("mail me@example.com", "mail me@example.com"),
    ],
    ids=["an address", "no scheme", "known", "a time", "mail"],
)
def test_no_credentials_are_shown(text: str, shown: str) -> None:
    assert redacted(text, ["s3cr3t"]) == shown


def test_what_the_environment_keeps_secret() -> None:
    environ = {
        "PIP_EXTRA_INDEX_URL": "https://a:first%40pw@one/simple https://b:second@two/simple",
        "POETRY_HTTP_BASIC_ACME_PASSWORD": "third-one",
        "UV_INDEX_ACME_PASSWORD": "abc",
        "HOMEPAGE": "https://example.com/x@y",
    }
    assert secrets_in(environ) == ("first%40pw", "third-one", "first@pw", "second")
