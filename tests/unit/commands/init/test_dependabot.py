"""Which entries there are to be, and that a file keeps everything that was in it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.commands.init.trees import facts

from ci_actions.commands.init import dependabot, looking
from ci_actions.commands.init.dependabot import Entry

PIP = Entry("pip", ("/",))
ACTIONS = Entry("github-actions", ("/",))
TOML = '[project]\nname = "a"\nrequires-python = ">=3.12"\n'


def found(*paths: str, **files: str) -> dict[str, tuple[str, ...]]:
    there = facts({**dict.fromkeys(paths, ""), **files})
    return {each.ecosystem: each.folders for each in dependabot.wanted(there, looking.projects(there))}


@pytest.mark.parametrize(
    ("paths", "files", "expected"),
    [
        ((), {}, {}),
        ((), {"pyproject.toml": TOML}, {"pip": ("/",)}),
        (("uv.lock",), {"pyproject.toml": TOML, "uv.lock": "version = 1\n"}, {"uv": ("/",)}),
        ((), {"a/pyproject.toml": TOML, "b/pyproject.toml": TOML}, {"pip": ("/a", "/b")}),
        (
            ("packages/a/tests/test_a.py",),
            {
                "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
                "uv.lock": "version = 1\n",
                "packages/a/pyproject.toml": TOML,
            },
            {"uv": ("/",)},
        ),
        (
            ("packages/a/tests/test_a.py", "packages/b/tests/test_b.py"),
            {
                "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
                "uv.lock": "version = 1\n",
                "packages/a/pyproject.toml": f'{TOML}[dependency-groups]\ndev = ["pytest"]\n',
                "packages/b/pyproject.toml": TOML,
            },
            {"uv": ("/",)},
        ),
        (("web/package-lock.json", "node_modules/x/yarn.lock"), {}, {"npm": ("/web",)}),
        (("Dockerfile", "deploy/api.Dockerfile", "compose.yml"), {}, {"docker": ("/", "/deploy"), "docker-compose": ("/",)}),
        (("go.mod", "Cargo.lock", "x/Gemfile"), {}, {"gomod": ("/",), "cargo": ("/",), "bundler": ("/x",)}),
        ((".pre-commit-config.yaml", "x/.pre-commit-config.yaml"), {}, {"pre-commit": ("/",)}),
        (("tests/fixtures/go.mod",), {}, {}),
    ],
)  # fmt: skip
def test_ecosystems_that_are_there(
    paths: tuple[str, ...], files: dict[str, str], expected: dict[str, tuple[str, ...]]
) -> None:
    assert found(*paths, **files) == {**expected, "github-actions": ("/",)}


def test_actions_of_the_repository_have_folders() -> None:
    assert found(".github/actions/x/action.yml", "action.yml", "tests/action.yaml")["github-actions"] == (
        "/",
        "/.github/actions/x",
    )


def test_a_new_file() -> None:
    text = dependabot.new((PIP, ACTIONS))
    parsed = yaml.safe_load(text)
    assert parsed["version"] == 2
    assert [each["package-ecosystem"] for each in parsed["updates"]] == ["pip", "github-actions"]
    assert parsed["updates"][0] == {
        "package-ecosystem": "pip",
        "directory": "/",
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": 7},
        "groups": {"pip": {"patterns": ["*"], "update-types": ["minor", "patch"]}},
    }
    assert dependabot.merged(text.encode(), (PIP, ACTIONS)) == text.encode()


THERE = """\
version: 2 # do not touch

registries: {}
updates:
# ours
- package-ecosystem: "pip"   # Python
  directory: "/"
  schedule: {interval: daily}
  # the end of it
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(THERE, id="at the end"),
        pytest.param(THERE + "\n# of the file\n", id="comments behind"),
        pytest.param(THERE.rstrip("\n"), id="no last line end"),
        pytest.param(THERE.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param("\ufeff" + THERE, id="a mark at the beginning"),
        pytest.param(THERE.replace("version: 2", "x: 2") + "\n# about it\nversion: 2\n", id="a key behind"),
        pytest.param(
            "version: 2\nupdates:\n\n    - package-ecosystem: pip\n      directory: /\n", id="deeper"
        ),
        pytest.param("---\n" + THERE + "...\n", id="marks of documents"),
        pytest.param(
            THERE.replace("  # the end of it\n", "  labels:\n    - |\n      a\n\n"), id="a block at the end"
        ),
        pytest.param(
            THERE.replace("  # the end of it\n", "  labels:\n    - |+\n      a\n\n\n"),
            id="a block with its blank lines",
        ),
    ],
)
def test_what_is_there_stays(text: str) -> None:
    content = text.encode()
    merged = dependabot.merged(content, (PIP, ACTIONS))
    assert merged is not None
    old, now = yaml.safe_load(content), yaml.safe_load(merged)
    assert now["updates"][:-1] == old["updates"]
    assert now["updates"][-1]["package-ecosystem"] == "github-actions"
    assert {**old, "updates": 0} == {**now, "updates": 0}
    assert _kept(content, merged)
    assert dependabot.merged(merged, (PIP, ACTIONS)) == merged
    assert (b"\r\n" in merged) == (b"\r\n" in content)
    assert merged.count(b"\r\n") in (0, merged.count(b"\n"))


def _kept(before: bytes, after: bytes) -> bool:
    """Whether one piece was put in, and nothing taken away but that the last line got its end."""
    return any(after.startswith(before[:at]) and after.endswith(before[at:]) for at in range(len(before) + 1))


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "version: 2\nupdates: []\n",
        "version: 2\nupdates: [{package-ecosystem: npm, directory: /}]\n",
        "version: 2\nupdates: {}\n",
        "- a\n",
        "version: 2\nversion: 2\n",
        "a: [\n",
        "",
    ],
)
def test_where_no_place_can_be_told(text: str) -> None:
    assert dependabot.merged(text.encode(), (PIP,)) is None


@pytest.mark.parametrize(
    ("entry", "wanted", "lacks"),
    [
        ({"package-ecosystem": "pip", "directory": "/"}, PIP, ()),
        ({"package-ecosystem": "pip", "directory": "."}, PIP, ()),
        ({"package-ecosystem": "pip", "directory": "/"}, Entry("uv", ("/",)), ()),
        ({"package-ecosystem": "npm", "directory": "/"}, PIP, ("/",)),
        ({"package-ecosystem": "pip", "directory": "/a"}, Entry("pip", ("/a", "/b")), ("/b",)),
        ({"package-ecosystem": "pip", "directories": ["/services/*"]}, Entry("pip", ("/services/a", "/b")), ("/b",)),
        ({"package-ecosystem": "pip", "directories": ["**/*"]}, Entry("pip", ("/services/a",)), ()),
    ],
)  # fmt: skip
def test_an_entry_that_stands_for_it(entry: dict[str, Any], wanted: Entry, lacks: tuple[str, ...]) -> None:
    content = yaml.safe_dump({"version": 2, "updates": [entry]}).encode()
    merged = dependabot.merged(content, (wanted,))
    assert merged is not None
    added = yaml.safe_load(merged)["updates"][1:]
    folders = [each for new in added for each in new.get("directories", [new.get("directory")])]
    assert tuple(folders) == lacks


SCALARS = st.text(st.characters(categories=["L", "N"], include_characters=" #:-'\""), max_size=12)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "package-ecosystem": st.sampled_from(["npm", "docker", "pip"]),
            "directory": st.sampled_from(["/", "/a", "/b"]),
        },
        optional={
            "labels": st.lists(SCALARS, max_size=3),
            "milestone": st.integers(),
            "ignore": st.dictionaries(SCALARS, SCALARS),
        },
    ),
    min_size=1,
    max_size=4,
)
COMMENTS = st.lists(st.sampled_from(["# a comment\n", "\n", "  # indented\n"]), max_size=3).map("".join)


@settings(max_examples=40)
@given(
    ENTRIES,
    st.booleans(),
    st.sampled_from([None, "|", ">"]),
    COMMENTS,
    COMMENTS,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_file_keeps_what_it_had(
    entries: list[dict[str, Any]],
    first: bool,
    style: str | None,
    before: str,
    behind: str,
    end: str,
    ended: bool,
) -> None:
    updates = yaml.safe_dump({"updates": entries}, sort_keys=False, default_style=style, allow_unicode=True)
    rest = "version: 2\n"
    text = before + (f"{updates}{behind}{rest}" if first else f"{rest}{before}{updates}{behind}")
    text = (text if ended else text.rstrip("\n")).replace("\n", end)
    content = text.encode()
    wanted = (PIP, Entry("npm", ("/", "/c")), ACTIONS)
    merged = dependabot.merged(content, wanted)
    assert merged is not None
    old, now = yaml.safe_load(content), yaml.safe_load(merged)
    assert now["updates"][: len(entries)] == old["updates"]
    assert now["version"] == 2
    assert _kept(content, merged)
    assert dependabot.merged(merged, wanted) == merged
