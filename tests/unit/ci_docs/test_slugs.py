"""Anchors of headings: a table of what GitHub does."""

from __future__ import annotations

import pytest

from ci_actions.ci_docs.slugs import Slugger, slug

TITLES = [
    ("Hello World", "hello-world"),
    ("What's new?", "whats-new"),
    ("a_b - c", "a_b---c"),
    ("🚀 Getting started", "-getting-started"),
    (":rocket: Getting started", "rocket-getting-started"),
    ("⚠️ Careful", "️-careful"),
    ("Über ΑΣ", "über-ας"),
    ("日本語 テスト", "日本語-テスト"),
    ("İstanbul", "i̇stanbul"),
    ("v1.2.3 (2024-01-01)", "v123-2024-01-01"),
    ("C++ & C#", "c--c"),
    ("Ⓐ ½ ²", "ⓐ--"),
    ("`code`", "code"),
    ("", ""),
]


@pytest.mark.parametrize(("title", "anchor"), TITLES)
def test_the_anchor_of_a_title(title: str, anchor: str) -> None:
    assert slug(title) == anchor


def test_what_is_there_already_is_counted() -> None:
    slugger = Slugger()
    titles = ["Foo", "Foo", "Foo-1", "foo", "Bar", "Foo 1"]
    assert [slugger.next(each) for each in titles] == ["foo", "foo-1", "foo-1-1", "foo-2", "bar", "foo-1-2"]
