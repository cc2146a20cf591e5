"""One byte changed anywhere, and the tree is no longer the release it says it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ci_actions.publish import tree, verify
from ci_actions.publish.tree import EXECUTABLE, LINK, File, Files, Source

MAIN = {
    path: File(text)
    for path, text in {
        ".gitattributes": b"/tests export-ignore\n",
        "README.md": b"read me",
        "actions/gate/action.yml": b"name: gate",
        "actions/gate/start.sh": b"start",
        "actions/ci-plan/action.yml": b"name: plan",
        "requirements/runtime.txt": b"six==1\n",
        "tests/test_a.py": b"a",
    }.items()
}
VENDOR = {"vendor/six.py": File(b"six"), "vendor/six-1.dist-info/METADATA": File(b"Name: six")}
SOURCE = Source("c" * 40, 1_700_000_000, MAIN)
RELEASE = tree.make(SOURCE, "1.2.3", VENDOR)


def told(files: Files, *, against: Source | None = SOURCE, vendor: Files | None = VENDOR) -> dict[str, str]:
    return {each.path: each.text for each in verify.problems(files, against=against, vendor=vendor)}


def remade(released: Files, **claims: object) -> Files:
    """The manifest made again, as a forger would."""
    claim = verify.read_claim(released["release.json"].data)
    sources = {path: file for path, file in released.items() if not tree.is_generated(path, claim.doors)}
    data = tree.manifest("1.2.3", replace(SOURCE, files=sources), released, claim.doors)
    return {
        **released,
        "release.json": File(json.dumps({**json.loads(data), **claims}, indent=1).encode() + b"\n"),
    }


def test_a_good_one_is_good() -> None:
    assert told(RELEASE.files) == {}
    assert told(RELEASE.files, against=None, vendor=None) == {}


@pytest.mark.parametrize("path", sorted(RELEASE.files))
def test_one_byte_changed_anywhere_is_named(path: str) -> None:
    data = RELEASE.files[path].data
    changed = {**RELEASE.files, path: File(data[:-1] + bytes([data[-1] ^ 1]), RELEASE.files[path].mode)}
    assert path in told(changed, against=None, vendor=None)
    assert path in told(changed)


@pytest.mark.parametrize("path", sorted(RELEASE.files))
def test_a_file_that_is_gone_is_named(path: str) -> None:
    found = told({name: file for name, file in RELEASE.files.items() if name != path}, against=None)
    if path.startswith("tests/"):  # archives leave it out
        assert found == {}
    else:
        assert "missing" in found[path]


@pytest.mark.parametrize("path", ["extra", "gate/extra", "vendor/json.py", "src/__pycache__/a.pyc", "Gate/x"])
def test_a_file_that_was_added_is_named(path: str) -> None:
    assert path in told({**RELEASE.files, path: File(b"")}, against=None, vendor=None)


def test_a_mode_that_was_changed_is_named() -> None:
    changed = {**RELEASE.files, "gate/start.sh": replace(RELEASE.files["gate/start.sh"], mode=EXECUTABLE)}
    assert "mode 100755" in told(changed, against=None, vendor=None)["gate/start.sh"] or (
        "differs" in told(changed)["gate/start.sh"]
    )


def test_a_link_in_place_of_a_file_is_named() -> None:
    changed = {**RELEASE.files, "gate/action.yml": File(RELEASE.files["gate/action.yml"].data, LINK)}
    assert "gate/action.yml" in told(changed, against=None, vendor=None)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("README.md", "differs from main's commit"),
        ("vendor/six.py", "differs from what the lock installs"),
        ("gate/action.yml", "differs from actions/gate/action.yml"),
        ("actions/gate/action.yml", "differs from main's commit"),
    ],
)
def test_a_forged_manifest_helps_nobody(path: str, words: str) -> None:
    assert told(remade({**RELEASE.files, path: File(b"evil")}))[path] == words


def test_the_id_of_mains_tree_is_checked_without_main() -> None:
    claim = json.loads(RELEASE.files["release.json"].data)
    forged = remade({**RELEASE.files, "README.md": File(b"evil")}, tree=claim["tree"])
    assert "main's tree" in told(forged, against=None, vendor=None)["release.json"]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"commit": "d" * 40}, "was made of commit"),
        ({"time": 5}, "was made at 5"),
        ({"version": "one"}, "must be like 1.2.3"),
        ({"doors": []}, "names the actions"),
        ({"lock": "0" * 64}, "is not what this tree gives"),
        ({"schema": 2}, "has schema 2"),
        ({"files": {"../x": "0"}}, "outside the tree"),
        ({"files": 7}, "is no manifest"),
    ],
)
def test_what_a_manifest_claims_is_checked(claims: dict[str, object], words: str) -> None:
    problems = verify.problems(remade(RELEASE.files, **claims), against=SOURCE)
    assert any(words in each.text for each in problems if each.path == "release.json"), problems


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {path: file for path, file in files.items() if path != "release.json"},
        lambda files: {**files, "release.json": File(b"{")},
        lambda files: {**files, "release.json": File(b"[]")},
        lambda files: {**files, "release.json": File(b"{}")},
        lambda files: {},
    ],
)
def test_what_is_no_release_is_none(change: Callable[[Files], Files]) -> None:
    assert list(told(change(RELEASE.files))) == ["release.json"]


def test_a_missing_dependency_and_one_that_the_lock_does_not_name() -> None:
    more = {**VENDOR, "vendor/new.py": File(b"")}
    assert told(RELEASE.files, vendor=more)["vendor/new.py"].startswith("is missing")
    assert "is not in what the lock installs" in told(RELEASE.files, vendor={})["vendor/six.py"]


def test_an_archive_is_verified_without_what_it_leaves_out() -> None:
    archive = tree.kept_in_archives(RELEASE.files)
    assert told(archive) == {}
    assert "without tests" in verify.conclusion("x", archive, (), None, rebuilt=False)
    # Some of a folder is not what an archive does.
    assert "tests/other.py" in told({**archive, "tests/other.py": File(b"")})
    assert "README.md" in told({**archive, "README.md": File(b"evil")}, against=None, vendor=None)


def test_native_code_is_told_even_if_it_was_released() -> None:
    assert (
        "is native code"
        in told(remade({**RELEASE.files, "vendor/x.so": File(b"")}), vendor=None)["vendor/x.so"]
    )
