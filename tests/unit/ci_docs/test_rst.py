"""What is a link in a document of reStructuredText, and what it may name."""

from __future__ import annotations

import pytest

from ci_actions.ci_docs.model import Kind
from ci_actions.ci_docs.rst import identifier, scan


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("see `a b <c.rst>`_ and `d <e.rst>`__", [("link", "c.rst", 1), ("link", "e.rst", 1)], id="with targets"),
        pytest.param("`A B`_ and C_\n\n.. _a b: x.rst\n.. _`c`: y.rst", [("link", "x.rst", 3), ("link", "y.rst", 4)], id="named"),
        pytest.param("`a`__\n\n__ x.rst", [("link", "x.rst", 3)], id="anonymous"),
        pytest.param(":ref:`L` :ref:`x <M n>` :doc:`a/b` :doc:`t </c>`",
                     [(":ref:", "l", 1), (":ref:", "m n", 1), (":doc:", "a/b", 1), (":doc:", "/c", 1)], id="roles"),
        pytest.param(":py:func:`a.b` :term:`x` :download:`f <x.zip>`", [("file", "x.zip", 1)], id="other roles"),
        pytest.param(".. toctree::\n   :hidden:\n\n   a\n   T <b/c>\n   self\n   genindex\n   https://x.y\n",
                     [("toctree", "a", 4), ("toctree", "b/c", 5), ("link", "https://x.y", 8)], id="toctree"),
        pytest.param(".. toctree::\n   :glob:\n\n   a/*\n   b", [("toctree", "*a/*", 4), ("toctree", "b", 5)], id="glob"),
        pytest.param(".. image:: a.png\n   :target: b.rst\n.. |s| image:: c.png",
                     [("image", "a.png", 1), ("link", "b.rst", 2), ("image", "c.png", 3)], id="images"),
        pytest.param(".. include:: a.rst\n.. include:: <isonum.txt>\n.. literalinclude:: b.py",
                     [("file", "a.rst", 1), ("file", "b.py", 3)], id="files"),
        pytest.param("``a_`` ``:ref:`x```\n\n::\n\n   b_ `c <d>`_\n\n.. code-block:: py\n\n   e_\n\n>>> f_\n'g_'\n",
                     [], id="code"),
        pytest.param("Example::\n\n   a_\n\nb `c <d.rst>`_", [("link", "d.rst", 5)], id="literal block"),
        pytest.param(".. a comment_\n   more_\n\n..\n   and_ more", [], id="comments"),
        pytest.param(".. note:: see `a <b.rst>`_\n\n   and `c <d.rst>`_",
                     [("link", "b.rst", 1), ("link", "d.rst", 3)], id="note"),
        pytest.param("https://a.b/c_d, x_y __init__ a__ snake_case", [("link", "https://a.b/c_d", 1)], id="no names"),
        pytest.param("`a\nb <c.rst>`_", [("link", "c.rst", 1)], id="over two lines"),
        pytest.param(".. custom:: x\n\n   maybe_ a name", [("name", "maybe", 3)], id="unknown directive"),
        pytest.param(".. include:: x.rst\n\nmaybe_", [("file", "x.rst", 1), ("name", "maybe", 3)], id="included names"),
        pytest.param("`apply\\*/the`_\n\napply\\*/the\n-----------\n", [], id="a title with an escape"),
        pytest.param("`a <b_>`_\n\n.. _b: c.rst", [("link", "c.rst", 3)], id="a name as target"),
    ],
)  # fmt: skip
def test_links(text: str, found: list[tuple[str, str, int]]) -> None:
    document = scan(text)
    assert [(each.kind.value, each.target, each.line) for each in document.links] == found
    if "a__" not in text:
        assert not document.remarks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing_ here", "1:1 nothing defines the target `nothing`_"),
        ("x `no such`_ y", "1:3 nothing defines the target `no such`_"),
        ("`a`__ and `b`__\n\n__ x.rst", "1:11 2 anonymous references (`…`__) and 1 anonymous targets (__ …)"),
    ],
)
def test_names_that_nothing_defines(text: str, said: str) -> None:
    assert [f"{each.line}:{each.column} {each.message}" for each in scan(text).remarks] == [said]


def test_titles_targets_and_labels() -> None:
    document = scan(
        "====\nOver\n====\n\n.. _my label:\n\nUnder ``x``\n-----------\n\n_`inline` Over_ `Under x`_ inline_\n"
    )
    assert document.anchors >= {"over", "under-x", "my-label", "inline"}
    assert document.labels == {"my label"}
    assert not document.remarks
    assert not [each for each in document.links if each.kind is Kind.NAME]


def test_a_transition_is_no_title() -> None:
    assert scan("a\n\n----\n\nb\n").anchors == frozenset()


@pytest.mark.parametrize(
    ("title", "made"), [("A b, c!", "a-b-c"), ("1. Über", "uber"), ("---", ""), ("x_y", "x-y")]
)
def test_identifiers_of_docutils(title: str, made: str) -> None:
    assert identifier(title) == made
