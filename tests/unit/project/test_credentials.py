"""Addresses without credentials."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci_actions.project.credentials import host_of, strip_credentials


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("https://example.com/simple", "https://example.com/simple"),
        ("https://user:secret@example.com/simple", "https://example.com/simple"),
        ("https://secret@example.com/simple", "https://example.com/simple"),
        ("https://user:se@cret@example.com/simple", "https://example.com/simple"),
        ("https://user:se/cret@example.com/simple", "https://example.com/simple"),
        ("https://user:se?cr#et@example.com/simple", "https://example.com/simple"),
        ("https://user:s/e@c/ret@example.com/simple", "https://example.com/simple"),
        ("https://example.com/simple?token=secret", "https://example.com/simple"),
        ("https://example.com/x.whl?token=secret#sha256=aa", "https://example.com/x.whl#sha256=aa"),
        ("--index-url=https://u:secret@example.com --pre", "--index-url=https://example.com --pre"),
        ("a https://u:secret@x/1 b https://v:secret@y/2", "a https://x/1 b https://y/2"),
        ("git+https://secret@github.com/org/repo@v1#egg=x", "git+https://github.com/org/repo@v1#egg=x"),
        ("git+https://github.com/org/repo@v1", "git+https://github.com/org/repo@v1"),
        ("git+https://gitlab.local:8443/org/repo@v1", "git+https://gitlab.local:8443/org/repo@v1"),
        ("git+ssh://git@host:7999/org/repo.git@v1", "git+ssh://host:7999/org/repo.git@v1"),
        ("git+https://user:se/cret@github.com/org/repo", "git+https://github.com/org/repo"),
        ("GIT+HTTPS://u:secret@github.com/org/repo@v1", "GIT+HTTPS://github.com/org/repo@v1"),
        ("six>=1", "six>=1"),
        ("./wheels", "./wheels"),
        ("", ""),
    ],
)
def test_stripped(text: str, stripped: str) -> None:
    assert strip_credentials(text) == stripped


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@pypi.example.com:8443/TOKEN/simple", "pypi.example.com:8443"),
        ("https://pypi.example.com", "pypi.example.com"),
        ("https://[::1]:3141/root", "[::1]:3141"),
        ("https://user:se cret@example.com", "***"),
        ("https://user:secret", "***"),
        ("./wheels", ""),
    ],
)
def test_only_a_host_is_shown(url: str, shown: str) -> None:
    assert host_of(url) == shown


hosts = st.sampled_from(("example.com", "pypi.internal:8443", "[::1]"))
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=24)


@given(
    user=st.sampled_from(("", "user", "__token__")),
    secret=secrets,
    host=hosts,
    path=st.sampled_from(("", "/simple", "/a/b/")),
)
def test_no_password_is_left(user: str, secret: str, host: str, path: str) -> None:
    """Whatever signs it has, whether they are escaped or not."""
    assume(secret not in f"https://{host}{path}")
    assert strip_credentials(f"https://{user}:{secret}@{host}{path}") == f"https://{host}{path}"
    assert host_of(f"https://{user}:{secret}@{host}{path}") == host


@given(
    secret=st.from_regex(r"[A-Za-z0-9_.~%-]{6,30}", fullmatch=True),
    tail=st.sampled_from(("", "@v1", "@v1#egg=x")),
)
def test_no_token_of_a_repository_is_left(secret: str, tail: str) -> None:
    for user in (secret, f"oauth2:{secret}", f"{secret}:x-oauth-basic"):
        assert (
            strip_credentials(f"git+https://{user}@example.com/o/r{tail}")
            == f"git+https://example.com/o/r{tail}"
        )
