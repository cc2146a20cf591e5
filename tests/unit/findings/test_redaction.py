from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.findings import redaction
from ci_actions.findings.redaction import MASK, Redactor, outline, shapes_in, without_shapes

VALUE = "s3cr3t/Value+x&\"y'\\z é"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\nzZz0123456789abcdefg\n-----END RSA PRIVATE KEY-----\n"


def digest(name: str, value: str = VALUE) -> str:
    return hashlib.new(name, value.encode()).hexdigest()


@pytest.mark.parametrize(
    "shown",
    [
        VALUE,
        f"before{VALUE}after",
        json.dumps(VALUE),
        repr(VALUE),
        html.escape(VALUE),
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        re.sub("%..", lambda found: found[0].lower(), quote(VALUE, safe="")),
        VALUE.replace("\\", "\\\\"),
        VALUE.encode().hex(),
        *(digest(name) for name in ("sha1", "sha256", "sha512", "md5")),
        digest("sha1").upper(),
        *(digest("sha256")[:length] for length in (8, 12, 16, 40)),
        f"hashed_secret: {digest('sha1')[:10]}, line 3",
    ],
)
def test_no_form_of_a_value_passes(shown: str) -> None:
    left = Redactor([VALUE]).text(shown)
    assert MASK in left
    for form in (VALUE, digest("sha1")[:8], digest("sha256")[:8], "s3cr3t"):
        assert form not in left
        assert form.upper() not in left


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "\n", ":x"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_at_any_offset(before: str, after: str, encode: object) -> None:
    value = "hunter2-and-more?>>"
    assert callable(encode)
    shown = encode((before + value + after).encode()).decode()
    left = Redactor([value]).text(f"Basic: {shown}")
    # At most the sign on either side, which the neighbours have a say in, is left.
    assert MASK in left
    assert len(left) <= len("Basic: ***") + 4 * (len(before) + len(after)) + 6


@given(st.text(min_size=6, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_whatever_the_value_it_does_not_pass(value: str, before: str, after: str) -> None:
    value = value.strip()
    if len(value) < 6 or not value.strip("*") or value.isalpha():
        return
    left = Redactor([value]).text(f"{before} {value} {after}")
    assert value not in left or value in f"{before} {MASK} {after}"


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("", "nothing", "nothing"),
        ("  ", "a  b", "a  b"),
        ("***", "a *** b", "a *** b"),
        ("a", "a banana = 'a'", "a banana = '***'"),
        ("abc", "abcdef abc=abc x='abc'", "abcdef abc=*** x='***'"),
        ("1234", "port: 1234, line 12345", "port: ***, line 12345"),
        ("secret", "secrets and a 'secret'", "secrets and a '***'"),
        ("password", "hardcoded_password_string: 'password'", "hardcoded_password_string: '***'"),
    ],
)
def test_a_short_value_or_a_word_does_not_destroy_everything(value: str, text: str, expected: str) -> None:
    assert Redactor([value]).text(text) == expected


def test_every_line_of_a_value_of_several() -> None:
    redactor = Redactor(["first-part-of-it\nsecond-part-of-it\nx"])
    assert redactor.text("got first-part-of-it and second-part-of-it, x") == f"got {MASK} and {MASK}, x"


def test_values_that_begin_alike_are_masked_whole() -> None:
    redactor = Redactor(["tok-123456", "tok-123456-long", "tok-1"])
    assert redactor.text("tok-123456-long tok-123456") == f"{MASK} {MASK}"


def test_what_is_learned_later_counts_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.text("value-one-here") == "value-one-here"
    redactor.learn("value-one-here")
    assert redactor.text("value-one-here") == MASK
    redactor.learn("value-two-here")
    assert redactor.text("value-one-here value-two-here") == f"{MASK} {MASK}"
    assert redactor.knows("value-two-here")
    assert not redactor.knows("value")


def test_thousands_of_values() -> None:
    values = [f"value-{number:05}-{number * 7919:x}" for number in range(3000)]
    redactor = Redactor(values)
    assert redactor.text(" ".join(values)) == " ".join([MASK] * 3000)
    assert redactor.text("value-99999-zz and hash " + "ab" * 20) == "value-99999-zz and hash " + "ab" * 20


@pytest.mark.parametrize(
    "message",
    [
        "Possible hardcoded password: 'hunter2-x'",
        'Possible hardcoded password: "hunter2-x"',
        "Possible hardcoded password: 'it's hunter2-x'",
    ],
)
def test_the_password_in_a_message_of_bandit(message: str) -> None:
    redactor = Redactor()
    redactor.learn_message(message)
    assert "hunter2" not in redactor.text(message)
    assert redactor.text(message).startswith("Possible hardcoded password: ")


@pytest.mark.parametrize(
    "code",
    [
        'db_password = "corr3ct-horse"',
        "connect(host='h', passwd='corr3ct-horse')",
        "api_key: 'corr3ct-horse'",
        'os.environ["SECRET_TOKEN"] = f"corr3ct-horse"',
        '{"access-key": "corr3ct-horse"}',
    ],
)
def test_literals_that_are_given_to_telling_names(code: str) -> None:
    redactor = Redactor()
    redactor.learn_code(code)
    assert redactor.text("it is corr3ct-horse") == f"it is {MASK}"
    assert "corr3ct" not in without_shapes(code)


LETTERS = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ"


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + LETTERS[:36],
        "ghs_" + LETTERS + "." + LETTERS,
        "github_pat_" + LETTERS,
        "glpat-" + LETTERS[:20],
        "xoxb-123456789012-" + LETTERS[:24],
        "sk_live_" + LETTERS[:24],
        "sk-ant-api03-" + LETTERS[:40],
        "SG." + LETTERS[:22] + "." + LETTERS[:43],
        "AIza" + LETTERS[:35],
        "npm_" + LETTERS[:36],
        "pypi-AgEIcHlwaS5vcmc" + LETTERS[:50],
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + LETTERS[:43],
        "SK" + "0123456789abcdef" * 2,
        "0123456789abcdef" * 2 + "-us12",
        "sq0csp-" + LETTERS[:43],
        "AKCp8" + LETTERS[:68],
        "110201543:AA" + LETTERS[:33],
        "hvs." + LETTERS[:30],
        "dop_v1_" + "0123456789abcdef" * 4,
        "shpat_" + "0123456789abcdef" * 2,
        "AGE-SECRET-KEY-1" + "Q" * 58,
        "AccountKey=" + LETTERS[:60] + "==",
        "Authorization: Bearer " + LETTERS[:30],
        'Authorization": "Basic dXNlcjpwYXNzd29yZA=="',
    ],
)
def test_tokens_are_known_by_their_look(token: str) -> None:
    left = without_shapes(f"see {token} here")
    assert MASK in left
    assert token[-12:].strip('"=') not in left
    assert left.startswith("see ")
    assert shapes_in(token)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:pa55@host/x", "https://***@host/x"),
        ("postgres://user:p@ss@host/x", "postgres://***@host/x"),
        ("https://x-access-token@github.com/a", "https://***@github.com/a"),
        ("https://hooks.slack.com/services/T0/B0/abcdefgh12", "https://hooks.slack.com/services/***"),
        (KEY, "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\n"),
        (KEY[:50], "-----BEGIN RSA PRIVATE KEY-----***"),
        ('password = "hunter2"', 'password = "***"'),
    ],
)
def test_shapes_leave_what_is_around_them(text: str, expected: str) -> None:
    assert without_shapes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail somebody@example.com about https://example.com/a@1.0",
        "git@github.com:org/repo.git",
        "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
        "keyboard = 'qwerty-layout'"[:8],
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "password is required; token has expired",
        "GHSA-562c-5r94-xh97 CVE-2018-1000656",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor().text(text) == text


HINTS = [hint for hints, _ in redaction._SHAPES for hint in hints]


@given(
    st.lists(
        st.sampled_from(
            [*HINTS, *(hint[:-1] for hint in HINTS), "PassWord", "to\u212aen", "\u017fecret", "é", " "]
        )
        | st.text(max_size=3),
        max_size=4,
    ).map("".join)
)
def test_no_shape_is_overlooked_for_speed(text: str) -> None:
    slowly = [re.compile(shape) for hints, shape in redaction._SHAPES if any(hint in text for hint in hints)]
    named = [redaction._NAMED] if redaction._NAMED_HINT.search(text) else []
    assert shapes_in(text) == (*slowly, *named)


def test_bytes() -> None:
    redactor = Redactor(["geheim-wörter-1"])
    assert redactor.data("a geheim-wörter-1 b".encode()) == b"a *** b"
    assert redactor.data(b"\xff\xfe " + "geheim-wörter-1".encode()) == b"\xff\xfe ***"


@given(st.lists(st.integers(1, 12), max_size=40))
def test_a_stream_in_any_pieces_says_what_the_whole_says(cuts: list[int]) -> None:
    redactor = Redactor(["hidden-value-1"])
    data = f"start\nthe hidden-value-1 is\n{KEY}and after\nno end hidden-value-1".encode()
    stream = redactor.stream()
    shown = b""
    at = 0
    for cut in [*cuts, len(data)]:
        shown += stream.feed(data[at : at + cut])
        at += cut
    shown += stream.close()
    assert shown == redactor.data(data)


def test_a_stream_shows_whole_lines_at_once_and_a_key_never() -> None:
    stream = Redactor().stream()
    assert stream.feed(b"one\ntwo") == b"one\n"
    assert stream.feed(b"\n-----BEGIN PRIVATE KEY-----\nabc\n") == b"two\n"
    assert stream.feed(b"def\n") == b""
    assert stream.close() == b"-----BEGIN PRIVATE KEY-----***"


def test_a_stream_holds_no_endless_line() -> None:
    stream = Redactor().stream()
    assert len(stream.feed(b"x" * (3 << 20))) == 3 << 20
    assert stream.close() == b""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('password = "hunter2"', "password"),
        ('    "aws_secret": "abc",', "aws_secret"),
        ("export API_TOKEN=abc", "API_TOKEN"),
        ('token: str = "abc"', "token"),
        ('self.db.password="x"', "self.db.password"),
        ("const apiKey = `abc`", "apiKey"),
        ('config["password"] = "x"', 'config["password"]'),
        ("MIIEpAIBAAKCAQEA==", ""),
        ("YWJjZA==", ""),
        ("YWJjZA=", ""),
        ("hunter2", ""),
        ('connect("postgres://u:p@h")', ""),
        ("AKIAIOSFODNN7EXAMPLE=abc", ""),
        ("x8Gk2Lq9Zt4Wm7Rv1 = 3", ""),
        ("-----BEGIN PRIVATE KEY-----", ""),
        ("", ""),
    ],
)
def test_the_outline_of_a_line(line: str, expected: str) -> None:
    assert outline(line) == expected


@pytest.mark.parametrize(
    "text",
    [
        "password" * 50_000,
        "password='" * 20_000,
        "a." * 200_000 + "://",
        "-----BEGIN " * 40_000,
        "eyJaaaaa-" * 40_000,
        "AKIA" * 100_000,
        "x=" * 200_000,
        "sk-a-" * 80_000,
        "://a@" * 80_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_ends(text: str) -> None:
    """Each of these takes minutes where an expression looks at a sign again and again."""
    assert without_shapes(text) is not None
    assert outline(text) is not None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        pytest.param("read it from a secret store", "read it from a secret store", id="a word of ours"),
        pytest.param(
            "It failed: “bad secret given”.", "It failed: “bad *** given”.", id="a word of another's"
        ),
        pytest.param("It failed: “no end to secret", "It failed: “no end to ***", id="a quotation cut short"),
        pytest.param("PASSWORD = 'secret' in a.py", "PASSWORD = '***' in a.py", id="a value in quotes"),
        pytest.param("token=secret, it says", "token=***, it says", id="an assigned value"),
        pytest.param(f"“said” and {VALUE}", "“said” and ***", id="a value that is no word"),
        pytest.param(digest("sha1", "secret"), MASK, id="the hash of a word"),
    ],
)
def test_our_own_words_stay_in_our_own_sentences(sentence: str, expected: str) -> None:
    assert Redactor(["secret", VALUE]).sentence(sentence) == expected
