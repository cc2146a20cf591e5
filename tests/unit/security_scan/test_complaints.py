from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_actions.security_scan.complaints import LONGEST, excerpt


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param(b"", "", id="silence"),
        pytest.param(b"ValueError: not enough values\n", "ValueError: not enough values", id="an exception"),
        pytest.param(b"one\ntwo\n-----\nthree\nfour\n", "two / three / four", id="the last lines"),
        pytest.param(b"\x1b[31mfailed to start\x1b[0m", "failed to start", id="colours"),
        pytest.param(b"No module named 'hunter2'", "No module named …", id="quotes"),
        pytest.param(b"bad password swordfish given", "bad password … given", id="after a telling word"),
        pytest.param(b"it failed: token=swordfish", "it failed: …", id="an assignment in one word"),
        pytest.param(b"key = swordfish failed", "key … failed", id="an assignment in three"),
        pytest.param(
            b'he said "open sesame please" twice', "he said … twice", id="a quotation of several words"
        ),
        pytest.param(b"AKIAIOSFODNN7EXAMPLE", "", id="nothing else"),
        pytest.param(b"\xff\xfe broken", "… broken", id="no text"),
    ],
)
def test_only_plain_words_are_shown(errors: bytes, expected: str) -> None:
    assert excerpt(errors) == expected


SECRETS = some.from_regex(r"[A-Za-z0-9+/_-]{12,60}", fullmatch=True).filter(
    lambda text: any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)
)


@given(
    SECRETS,
    some.sampled_from(["{}", "cannot open {}", "x = '{}'", "https://u:{}@h/", "Error: {} is bad", "({})"]),
)
def test_no_secret_passes(secret: str, sentence: str) -> None:
    assert secret not in excerpt(sentence.format(secret).encode())


def test_it_is_short() -> None:
    assert len(excerpt(b"word " * 500)) <= LONGEST
