"""YAML with places, as GitHub reads it, and files that want to be too much."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.workflows import document
from ci_actions.workflows.document import Document, Items, Node, Place, Scalar, Table, read


def table(data: str) -> Table:
    found = read(data.encode())
    assert isinstance(found.root, Table), found
    return found.root


def plain(node: Node | None) -> object:
    """What `yaml.safe_load` would make of it."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(each) for each in node.items]
    assert node is not None
    return {key.text: plain(value) for key, value in node.entries}


def said(data: bytes | str) -> str:
    found = read(data.encode() if isinstance(data, str) else data)
    assert found.problems
    return f"{found.problems[0].place}: {found.problems[0].text}"


def test_every_key_and_scalar_has_its_place() -> None:
    root = table("on: push\njobs:\n  a:\n    name: 'x'\n    needs: [b, \"c\"]\n")
    (on, push), (jobs, inner) = root.entries
    assert (on.text, on.place, push.place) == ("on", Place(1, 1), Place(1, 5))
    assert jobs.place == Place(2, 1)
    assert isinstance(inner, Table)
    job = inner.get("a")
    assert isinstance(job, Table)
    assert (key := inner.key("a")) is not None
    assert key.place == Place(3, 3)
    name, needs = job.get("name"), job.get("needs")
    assert name == Scalar(Place(4, 11), "x")
    assert isinstance(needs, Items)
    assert [each.place for each in needs.items] == [Place(5, 13), Place(5, 16)]
    assert job.get("none") is None
    assert job.key("none") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'null'", "null"),
        ('"true"', "true"),
        ("12", 12),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("1_000", "1_000"),
        ("3.10", 3.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("3.13.1", "3.13.1"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("!!str 12", "12"),
        ("|\n  12\n", "12\n"),
    ],
)
def test_what_a_scalar_means(text: str, value: object) -> None:
    node = table(f"x: {text}").get("x")
    assert isinstance(node, Scalar)
    assert node.value == value
    assert type(node.value) is type(value)


def test_a_version_keeps_its_digits() -> None:
    node = table("python: 3.10").get("python")
    assert isinstance(node, Scalar)
    assert node.text == "3.10"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "1:1: is empty"),
        ("# nothing\n", "1:1: is empty"),
        ("a: b: c", "1:5: is no YAML: mapping values are not allowed here"),
        ("a:\n\t- b", "2:1: is no YAML: while scanning for the next token, found character '\\t'"),
        ("a: [b", "1:6: is no YAML"),
        (b"a: b\nc: \xff\n", "2:1: is no UTF-8"),
        (b"a: b\nc: d\x00e", "2:5: is no YAML: special characters are not allowed (#x0000)"),
        ("a: *b", "1:4: *b names no anchor before it"),
        ("a: &b [*b]", "1:8: *b names no anchor before it"),
        ("a: 1\n---\nb: 2", "2:1: holds more than one document"),
        ("[" * 51 + "]" * 51, "1:51: is nested deeper than 50 levels"),
        ("[" * 100_000, "1:51: is nested deeper than 50 levels"),
    ],
    ids=[
        "empty", "comment", "no-yaml", "tab", "open", "encoding", "nul", "no-anchor", "in-itself", "two", "deep", "deepest",
    ],
)  # fmt: skip
def test_what_cannot_be_read(data: bytes | str, words: str) -> None:
    assert said(data).startswith(words)


def test_a_byte_order_mark_is_no_content() -> None:
    assert plain(read(b"\xef\xbb\xbfa: 1").root) == {"a": 1}


def test_a_file_that_is_too_long() -> None:
    assert read(b"a: " + b"x" * (document.MAX_BYTES - 3)).problems == ()
    assert "1048577 bytes" in said(b"a: " + b"x" * (document.MAX_BYTES - 2))


def test_aliases_are_what_they_stand_for() -> None:
    root = table("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n")
    assert plain(root) == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}


def test_aliases_cannot_make_much_of_little() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert "more than 50000 nodes" in said(bomb)


def test_aliases_cannot_nest_what_brackets_may_not() -> None:
    half = "[" * 30 + "x" + "]" * 30
    assert "deeper" in said(f"a: &a {half}\nb: {'[' * 30}*a{']' * 30}\n")


def test_a_key_that_stands_twice() -> None:
    found = read(b"env:\n  A: 1\n  a: 2\n")
    assert plain(found.root) == {"env": {"A": 1}}
    assert [(each.place, each.text) for each in found.problems] == [
        (Place(3, 3), "'a' stands here already, in line 2")
    ]


def test_merge_keys_are_merged_and_said() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\njob:\n  <<: [*b, *m]\n  x: 0\nquoted: {'<<': 1}\n"
    found = read(text.encode())
    assert isinstance(found.root, Table)
    assert plain(found.root.get("job")) == {"x": 0, "y": 2, "z": 4}
    assert plain(found.root.get("quoted")) == {"<<": 1}
    assert [each.place for each in found.problems] == [Place(4, 3)]


def test_a_key_that_is_no_text() -> None:
    assert said("? [a]\n: b\n") == "1:3: a key must be text, not a list or a mapping"


def test_walking() -> None:
    found = [each.text for each in document.walk(table("a: [b, {c: d}]\ne: f")) if isinstance(each, Scalar)]
    assert found == ["b", "d", "f"]


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text("abc: '\"\n-é#0123", max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=15,
)


@given(TREES, st.booleans())
def test_what_pyyaml_writes_is_read_back(value: object, flow: bool) -> None:
    written = yaml.safe_dump({"root": value}, default_flow_style=flow, allow_unicode=True)
    assert plain(read(written.encode()).root) == {"root": value}


@given(st.binary(max_size=200) | st.text("ab:-[]{}&*<|>!%@`'\"#?, \n\t", max_size=60).map(str.encode))
def test_it_never_raises(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, Document)
    assert found.root is not None or found.problems
