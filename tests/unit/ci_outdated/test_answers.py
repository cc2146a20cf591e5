"""What an index says, as JSON and as HTML."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci_actions.ci_outdated.answers import JSON, Unreadable, releases, version_in
from ci_actions.ci_outdated.model import Release


@pytest.mark.parametrize(
    ("name", "file", "version"),
    [
        ("six", "six-1.16.0-py2.py3-none-any.whl", "1.16.0"),
        ("six", "six-1.16.0-1-py2.py3-none-any.whl", "1.16.0"),
        ("six", "six-1.16.0.tar.gz", "1.16.0"),
        ("zope-interface", "zope.interface-5.0.tar.gz", "5.0"),
        ("zope-interface", "zope_interface-5.0-py3-none-any.whl", "5.0"),
        ("python-dateutil", "python-dateutil-2.8.2.zip", "2.8.2"),
        ("a", "a-b-1.0.tar.gz", "b-1.0"),
        ("six", "seven-1.0.tar.gz", ""),
        ("six", "six-1.0.exe", ""),
        ("six", "six-1.0-py3-none-any.whl.metadata", ""),
        ("six", "six.whl", ""),
        ("pytz", "pytz-2004b.tar.bz2", "2004b"),
    ],
)
def test_versions_in_names(name: str, file: str, version: str) -> None:
    assert version_in(name, file) == version


def told(*files: dict[str, Any]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "six", "files": list(files)}).encode()


def file(name: str, **more: Any) -> dict[str, Any]:
    return {
        "filename": name,
        "url": "x",
        "hashes": {},
        **{key.replace("_", "-"): value for key, value in more.items()},
    }


WHEEL, SDIST = "six-1.0-py3-none-any.whl", "six-1.0.tar.gz"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param((file(SDIST),), Release(version="1.0"), id="bare"),
        pytest.param(
            (file(SDIST, requires_python=">=3.8", upload_time="2026-01-02T03:04:05Z"),),
            Release(version="1.0", requires_python=">=3.8", uploaded="2026-01-02"), id="with everything",
        ),
        pytest.param((file(SDIST, yanked=True),), Release(version="1.0", yanked=True), id="yanked"),
        pytest.param((file(SDIST, yanked=""),), Release(version="1.0", yanked=True), id="yanked without a reason"),
        pytest.param((file(SDIST, yanked=False),), Release(version="1.0"), id="not yanked"),
        pytest.param(
            (file(SDIST, yanked="broken"), file(WHEEL, requires_python=">=3.9")),
            Release(version="1.0", requires_python=">=3.9"), id="one file is left",
        ),
        pytest.param(
            (file(WHEEL, upload_time="2026-01-03T00:00:00Z"), file(SDIST, upload_time="2026-01-02T00:00:00Z")),
            Release(version="1.0", uploaded="2026-01-02"), id="the day of the first file",
        ),
        pytest.param((file(SDIST), file("six-1.0.0-py3-none-any.whl")), Release(version="1.0"), id="1.0 is 1.0.0"),
        pytest.param((file(SDIST), file("six-nightly.tar.gz"), file("x")), Release(version="1.0"), id="what is no version"),
    ],
)  # fmt: skip
def test_json(files: tuple[dict[str, Any], ...], expected: Release) -> None:
    assert releases("six", told(*files), JSON) == (expected,)


def test_versions_stand_in_their_order() -> None:
    files = [file(f"six-{each}.tar.gz") for each in ("1.10", "1.9", "2.0rc1", "1.9.post1")]
    assert [each.version for each in releases("Six", told(*files), f"{JSON}; charset=utf-8")] == [
        "1.9", "1.9.post1", "1.10", "2.0rc1",
    ]  # fmt: skip


PAGE = b"""<!DOCTYPE html><html><body><h1>Links</h1>
<a href="six-1.0.tar.gz#sha256=0" data-requires-python="&gt;=3.8">six-1.0.tar.gz</a><br/>
<A HREF="x" data-yanked="">six-1.1-py3-none-any.whl</A>
<a href="six-1.2.tar.gz"> six-1.2.tar.gz
</a></body></html>"""


def test_html() -> None:
    assert releases("six", PAGE, "text/html") == (
        Release(version="1.0", requires_python=">=3.8"),
        Release(version="1.1", yanked=True),
        Release(version="1.2"),
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", JSON), (b"{", JSON), (b"[]", JSON), (b'{"files": 3}', JSON), (b'{"files": [3]}', JSON),
        (b'{"files": [{}]}', JSON), (b'{"files": [{"filename": 3}]}', "application/json"), (b"nothing", "text/html"), (b"", ""),
    ],
)  # fmt: skip
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        releases("six", body, kind)


def test_a_page_without_links_has_no_releases() -> None:
    assert releases("six", b"<html></html>", "text/html") == ()
