"""The diff parsers: tables for each rule, and properties against what git itself prints."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ci_actions.kit.diff import Change, ChangedFile, parse, parse_patch_file, quoted, split
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import DIFF
from ci_actions.kit.lines import from_numbers, numbers

ONE = "1" * 40
TWO = "2" * 40


def raw(status: str, *names: str, modes: str = "100644 100644") -> bytes:
    return f":{modes} {ONE} {TWO} {status}\0".encode() + b"".join(name.encode() + b"\0" for name in names)


def patch(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def added(files: Sequence[ChangedFile]) -> dict[str, list[int]]:
    return {file.path: list(numbers(file.added)) for file in files}


# What git prints


def test_split_at_the_lone_nul() -> None:
    records = raw("M", "x") + raw("R100", "old", "new")
    assert split(records + b"\0" + b"diff --git a/x b/x\n") == (records, b"diff --git a/x b/x\n")
    assert split(b"") == (b"", b"")
    assert split(records) == (records, b"")


@pytest.mark.parametrize(
    "output", [b"fatal: no", b":100644", raw("M", "x")[:-1], raw("R100", "old"), raw("M", "x") + b"?"]
)
def test_split_refuses_what_is_cut_off(output: bytes) -> None:
    with pytest.raises(CannotJudge, match="output of git diff cannot be understood"):
        split(output)


def test_lines_that_look_like_headers_are_content() -> None:
    files = parse(
        raw("M", "x"),
        patch(
            "diff --git a/x b/x",
            "index 1..2 100644",
            "--- a/x",
            "+++ b/x",
            "@@ -1,2 +1,4 @@ def f():",
            "--- a/other",
            "-diff --git a/y b/y",
            "+++ b/other",
            "+@@ -1 +1 @@",
            "+diff --git a/y b/y",
            "+",
            "\\ No newline at end of file",
            "@@ -9 +10,0 @@",
            "-gone",
        ),
    )
    assert files == (ChangedFile(path="x", old_path="x", added=from_numbers([1, 2, 3, 4])),)


def test_sections_are_matched_by_name_and_what_has_none_is_skipped() -> None:
    files = parse(
        raw("M", "stat-only")
        + raw("T", "now-a-link", modes="100644 120000")
        + raw("T", "was-a-link", modes="120000 100644")
        + raw("U", "conflict", modes="000000 000000")
        + raw("M", "conflict")
        + raw("M", "sub", modes="160000 160000")
        + raw("D", "gone", modes="100644 000000")
        + raw("A", "pic", modes="000000 100644"),
        patch(
            "diff --git a/now-a-link b/now-a-link",
            "deleted file mode 100644",
            "diff --git a/now-a-link b/now-a-link",
            "new file mode 120000",
            "--- /dev/null",
            "+++ b/now-a-link",
            "@@ -0,0 +1 @@",
            "+target",
            "diff --git a/was-a-link b/was-a-link",
            "deleted file mode 120000",
            "diff --git a/was-a-link b/was-a-link",
            "new file mode 100644",
            "--- /dev/null",
            "+++ b/was-a-link",
            "@@ -0,0 +1,2 @@",
            "+1",
            "+2",
            "* Unmerged path conflict",
            "diff --git a/conflict b/conflict",
            "--- a/conflict",
            "+++ b/conflict",
            "@@ -3,0 +4 @@",
            "+x",
            "diff --git a/sub b/sub",
            "--- a/sub",
            "+++ b/sub",
            "@@ -1 +1 @@",
            "-Subproject commit 1",
            "+Subproject commit 2",
            "diff --git a/gone b/gone",
            "deleted file mode 100644",
            "diff --git a/pic b/pic",
            "new file mode 100644",
            "Binary files /dev/null and b/pic differ",
        ),
    )
    assert [(file.path, file.status, file.kind, list(numbers(file.added))) for file in files] == [
        ("stat-only", "M", "text", []),
        ("now-a-link", "T", "symlink", []),
        ("was-a-link", "T", "text", [1, 2]),
        ("conflict", "M", "text", [4]),
        ("sub", "M", "submodule", []),
        ("gone", "D", "text", []),
        ("pic", "A", "binary", []),
    ]
    assert "gone" not in Change(files=files).by_path


def test_data_with_more_lines_than_source_has_is_binary() -> None:
    lines = ("diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -20000000,0 +20000001 @@", "+1")
    assert parse(raw("M", "x"), patch(*lines))[0].kind == "binary"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("diff --git a/other b/other",), "belongs to no raw record"),
        (("warning: odd",), "stands where a section should"),
        (("diff --git a/x b/x", "@@ -1 +1,2 @@", "-a", "+b"), "a hunk is cut off"),
        (("diff --git a/x b/x", "@@ -1 +1 @@", "-a", "-b"), "does not fit"),
        (("diff --git a/x b/x", "@@ -1,2 +1,2 @@", " a"), "a hunk is cut off"),
        (("diff --git a/x b/x", "@@ -1 +1 @@", "-a", "+b", "+c"), "stands where a section should"),
    ],
)
def test_a_patch_that_is_not_what_git_prints(lines: Sequence[str], message: str) -> None:
    with pytest.raises(CannotJudge, match=message):
        parse(raw("M", "x"), patch(*lines))


def test_a_file_with_many_hunks() -> None:
    hunks = [line for number in range(2, 12_000, 4) for line in (f"@@ -{number},0 +{number} @@", "+x")]
    (file,) = parse(raw("M", "x"), patch("diff --git a/x b/x", "--- a/x", "+++ b/x", *hunks))
    assert list(numbers(file.added)) == list(range(2, 12_000, 4))


def test_an_unknown_status() -> None:
    with pytest.raises(CannotJudge, match="status 'X' is unknown"):
        parse(raw("X", "x"), b"")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"plain name.py", b"plain name.py"),
        ("über".encode(), "über".encode()),
        (b"a\tb", b'"a\\tb"'),
        (b'q"\\', b'"q\\"\\\\"'),
        (b"\x01\x7f\n", b'"\\001\\177\\n"'),
    ],
)
def test_quoted(name: bytes, expected: bytes) -> None:
    assert quoted(name) == expected


# Patch files


MAIL = b"From 1\nSubject: x\n---\n x | 1 +\n\n"
HUNK = ("@@ -1 +1,2 @@", " x", "+y")


def git_patch(old: str, new: str, *more: str) -> bytes:
    return patch(
        f"diff --git {old} {new}",
        "index 1..2 100644",
        f"--- {old}",
        f"+++ {new}",
        "@@ -1 +1,2 @@",
        " x",
        "+y",
        *more,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (git_patch("a/x.py", "b/x.py"), "x.py"),
        (git_patch("i/x.py", "w/x.py"), "x.py"),
        (git_patch("x.py", "x.py"), "x.py"),
        (git_patch("a/x.py", "a/x.py"), "a/x.py"),
        (git_patch("a/a/x.py", "b/a/x.py"), "a/x.py"),
        (git_patch("a/b/a/x.py", "b/b/a/x.py"), "b/a/x.py"),
        (git_patch("old/x.py", "new/x.py"), "x.py"),
        (git_patch('"a/\\303\\251\\t\\"\\\\.py"', '"b/\\303\\251\\t\\"\\\\.py"'), 'é\t"\\.py'),
        (git_patch('"a/\\351.py"', '"b/\\351.py"'), "\udce9.py"),
        (git_patch("a/x.py", "b/x.py").replace(b"\n", b"\r\n"), "x.py"),
        (b"\xef\xbb\xbf" + git_patch("a/x.py", "b/x.py"), "x.py"),
        (MAIL + git_patch("a/x.py", "b/x.py", "-- ", "2.39.5", ""), "x.py"),
        (patch("--- a/x.py\t2020-01-01 00:00:00", "+++ b/x.py\t2020-01-01", *HUNK), "x.py"),
        (patch("--- x.py", "+++ x.py", "@@ -1 +1,2 @@", " x", "+y"), "x.py"),
        (patch("diff -ru old/x.py new/x.py", "--- old/x.py", "+++ new/x.py", *HUNK), "x.py"),
        (patch("diff --git a/a b.py b/a b.py", "--- a/a b.py\t", "+++ b/a b.py\t", *HUNK), "a b.py"),
    ],
)  # fmt: skip
def test_the_name_in_a_patch_file(text: bytes, expected: str) -> None:
    assert parse_patch_file(text) == (ChangedFile(path=expected, old_path=expected, added=0b100),)


def test_every_kind_of_section() -> None:
    files = parse_patch_file(
        patch(
            "diff --git a/mode b/mode", "old mode 100644", "new mode 100755",
            "diff --git a/a b b/a b", "new file mode 100644", "index 0..1",
            "diff --git a/old b/new", "similarity index 100%", "rename from old", "rename to new",
            'diff --git a/one "b/t\\two"', "similarity index 90%", "copy from one", 'copy to "t\\two"',
            "index 1..2 100644", "--- a/one", '+++ "b/t\\two"', "@@ -0,0 +1 @@", "+x",
            "diff --git a/pic b/pic", "index 1..2 100644", "GIT binary patch", "literal 3", "Kc$~{k", "",
            "literal 0", "Hc$@<O00001", "",
            "diff --git a/pic2 b/pic2", "index 1..2 100644", "Binary files a/pic2 and b/pic2 differ",
            "diff --git a/sub b/sub", "index 1..2 160000", "--- a/sub", "+++ b/sub",
            "@@ -1 +1 @@", "-S 1", "+S 2",
            "diff --git a/link b/link", "new file mode 120000", "index 0..1", "--- /dev/null", "+++ b/link",
            "@@ -0,0 +1 @@", "+to", "\\ No newline at end of file",
            "diff --git a/gone b/gone", "deleted file mode 100644", "index 1..0", "--- a/gone",
            "+++ /dev/null",
            "@@ -1 +0,0 @@", "-x",
            "diff --git a/fresh b/fresh", "new file mode 100644", "index 0..1", "--- /dev/null",
            "+++ b/fresh",
            "@@ -0,0 +1,2 @@", "+--- a/x", "++++ b/x",
        )
    )  # fmt: skip
    assert [(file.path, file.old_path, file.status, file.kind, file.added) for file in files] == [
        ("mode", "mode", "M", "text", 0),
        ("a b", None, "A", "text", 0),
        ("new", "old", "R", "text", 0),
        ("t\two", "one", "C", "text", 0b10),
        ("pic", "pic", "M", "binary", 0),
        ("pic2", "pic2", "M", "binary", 0),
        ("sub", "sub", "M", "submodule", 0),
        ("link", None, "A", "symlink", 0),
        ("gone", "gone", "D", "text", 0),
        ("fresh", None, "A", "text", 0b110),
    ]


NEW = ("--- /dev/null", "+++ {}", "@@ -0,0 +1 @@", "+x")


@pytest.mark.parametrize(
    ("name", "expected"), [("b/x.py", "x.py"), ("x.py", "x.py"), ("src/x.py", "src/x.py")]
)
def test_a_single_new_file_without_git(name: str, expected: str) -> None:
    (file,) = parse_patch_file(patch(*NEW).replace(b"{}", name.encode()))
    assert (file.path, file.status) == (expected, "A")


@pytest.mark.parametrize(("name", "expected"), [("b/new", "b/new"), ("new", "new")])
def test_a_rename_tells_whether_there_are_prefixes(name: str, expected: str) -> None:
    names = ("rename from old", f"rename to {expected}", "--- x", f"+++ {name}")
    text = patch("diff --git o n", "similarity index 90%", *names, *HUNK)
    assert parse_patch_file(text)[0].path == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "holds no diff"),
        (b"<html>no</html>", "holds no diff"),
        (git_patch("a/x", "b/x").decode().encode("utf-16"), "UTF-16"),
        (patch("diff --cc x", "--- a/x", "+++ b/x", "@@@ -1 -1 +1 @@@", "++x"), "combined diff"),
        (git_patch("a/x", "b/x") * 2, "changes x twice"),
        (git_patch("a/x", "b/x")[:-4], "a hunk is cut off"),
        (git_patch("a/x", "b/x", "+z"), "longer than it says"),
        (patch("@@ -1 +1 @@", "-x", "+y"), "starts a hunk without a file"),
        (patch("--- a/x", "+++ b/x", "no hunk"), "no hunk follows"),
        (patch("--- /dev/null", "+++ /dev/null", "@@ -1 +1 @@", "-x", "+y"), "names no file"),
        (git_patch("a/x", "b/x") + git_patch("y", "y"), "some names carry prefixes and some do not"),
        (git_patch("x/y/f", "z/w/f"), "cannot be told apart"),
        (git_patch("a/x", "b/y"), "cannot be told apart"),
        (patch("--- a/x", "+++ b/y", "@@ -1 +1 @@", "-x", "+y"), "are not one file"),
        (git_patch("a/x", "b/x") + patch(*NEW).replace(b"{}", b"new"), "has no prefix"),
        (git_patch('"a/x', '"b/x'), "quoted and never ends|cannot be told apart"),
        (git_patch('"a/\\x"', '"b/\\x"'), "no escape that git writes"),
    ],
)
def test_patches_that_cannot_be_used(text: bytes, message: str) -> None:
    with pytest.raises(CannotJudge, match=message):
        parse_patch_file(text)


# Against git

LINES = st.one_of(
    st.sampled_from(
        [b"", b" ", b"x", b"y", b"+", b"-", b"+++ b/x", b"--- a/x", b"++ b/x", b"-- a/x", b"-- ",
         b"@@ -1 +1 @@",
         b"diff --git a/x b/x", b"\\ No newline at end of file", b"\r", b"x\r", b"\x0c", b"\xe9",
         b"* Unmerged path x",
         b"Binary files a/x and b/x differ", b"    return", b"}"]
    ),
    st.binary(max_size=4).map(lambda line: line.replace(b"\n", b"")),
)  # fmt: skip
CONTENT = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""),
    st.lists(LINES, max_size=12),
    st.booleans(),
)
NAMES = st.builds(
    lambda folder, name: folder + b"n" + name,
    st.sampled_from([b"", b"a/", b"b/", b"a b/", b'"/', b"a/b/"]),
    st.lists(
        st.sampled_from([b" ", b"\t", b"\n", b"\r", b'"', b"\\", "é".encode(), b"\xe9",
                         b"-", b" b", b"x", b"\x01", b"\x7f"]),
        max_size=4,
    ).map(b"".join),
)  # fmt: skip


class File(NamedTuple):
    mode: bytes
    content: bytes


FILES = st.builds(
    lambda kind, content: File(kind, content.replace(b"\0", b"") or b"t" if kind == b"120000" else content),
    st.sampled_from([b"100644"] * 6 + [b"100755", b"120000"]),
    CONTENT,
)
TREES = st.dictionaries(NAMES, FILES, max_size=4)


@st.composite
def changes(draw: st.DrawFn) -> tuple[dict[bytes, File], dict[bytes, File]]:
    """Two trees: files come, go, move and are edited."""
    old = draw(TREES)
    new: dict[bytes, File] = {}
    for name, file in old.items():
        kept = draw(st.sampled_from(["same", "edited", "gone", "moved", "other"]))
        target = draw(NAMES) if kept == "moved" else name
        if kept == "edited":
            at = draw(st.integers(0, len(file.content)))
            lines = draw(st.lists(LINES, min_size=1, max_size=3))
            file = File(file.mode, file.content[:at] + b"\n".join(lines) + b"\n" + file.content[at:])  # noqa: PLW2901
        if kept != "gone":
            new[target] = draw(FILES) if kept == "other" else file
    return old, {**new, **draw(TREES)}


class Lab:
    """A repository into which two trees go in one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
        }
        self.git("init", "--quiet", "--bare")
        self.git("config", "core.quotePath", "false")

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def load(self, **trees: dict[bytes, File]) -> None:
        stream = b""
        for branch, tree in trees.items():
            ref = f"refs/heads/{branch}"
            stream += f"reset {ref}\ncommit {ref}\ncommitter A <a> 0 +0000\ndata 0\ndeleteall\n".encode()
            for name, file in tree.items():
                stream += b"M %s inline %s\ndata %d\n%s\n" % (
                    file.mode,
                    quoted(name),
                    len(file.content),
                    file.content,
                )
        self.git("fast-import", "--quiet", "--force", stdin=stream)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("lab"))


def lines_of(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1] if content.endswith(b"\n") else content.split(b"\n") if content else []


def is_subsequence(some: Sequence[bytes], every: Sequence[bytes]) -> bool:
    rest = iter(every)
    return all(line in rest for line in some)


def walked(patch_text: bytes) -> Iterator[list[int]]:
    """The added lines of each file that has some, from a patch with all its context: another way to count."""
    lines = iter(patch_text.split(b"\n"))
    for line in lines:
        if not line.startswith(b"@@ "):
            continue
        old, new = line.split(b" ")[1:3]
        left = [int([*old.split(b","), b"1"][1]), int([*new.split(b","), b"1"][1])]
        number = int(new[1:].split(b",")[0])
        found = []
        while any(left):
            mark = next(lines)[:1]
            left[0] -= mark in b"- "
            left[1] -= mark in b"+ "
            if mark == b"+":
                found.append(number)
            number += mark in b"+ "
        if found:
            yield found


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees=changes())
@example(trees=({}, {}))
@example(trees=({b"n": File(b"100644", b"")}, {b"n": File(b"120000", b"n")}))
@example(trees=({b"n": File(b"120000", b"n")}, {b"n": File(b"100644", b"n\nm")}))
def test_added_lines_are_those_that_git_says(
    lab: Lab, trees: tuple[dict[bytes, File], dict[bytes, File]]
) -> None:
    old, new = trees
    assume(not any(other.startswith(name + b"/") for tree in trees for name in tree for other in tree))
    lab.load(old=old, new=new)
    files = parse(*split(lab.git(*DIFF, "old", "new", "--")))
    for file in files:
        path = file.path.encode("utf-8", "surrogateescape")
        before = file.old_path and old[file.old_path.encode("utf-8", "surrogateescape")]
        if file.status == "D":
            assert path in old
            assert path not in new
            continue
        assert (file.status == "A") == (not before)
        content = lines_of(new[path].content)
        numbered = set(numbers(file.added))
        if file.kind != "text":
            assert not numbered
            continue
        kept = [line for number, line in enumerate(content, 1) if number not in numbered]
        if before and before.mode != b"120000":
            assert is_subsequence(kept, lines_of(before.content)) or not before.content.endswith(b"\n")
        else:
            assert not kept
    touched = {file.path.encode("utf-8", "surrogateescape") for file in files}
    assert touched >= {name for name, file in new.items() if old.get(name) != file}
    context = lab.git(
        *(option for option in DIFF if not option.startswith(("--raw", "-z", "--unified"))),
        "--unified=1000",
        "old",
        "new",
        "--",
    )
    mine = [list(numbers(file.added)) for file in files if file.added]
    # Links are walked too: their one line is no code.
    links = {file.path for file in files if file.kind == "symlink"}
    if not links:
        assert list(walked(context)) == mine


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    trees=changes(),
    style=st.sampled_from(
        [(), ("--no-prefix",), ("--src-prefix=i/", "--dst-prefix=w/"), ("--unified=0",), ("--binary",)]
    ),
    quote=st.booleans(),
)
def test_a_patch_file_says_the_same(
    lab: Lab, trees: tuple[dict[bytes, File], dict[bytes, File]], style: tuple[str, ...], quote: bool
) -> None:
    old, new = trees
    assume(not any(other.startswith(name + b"/") for tree in trees for name in tree for other in tree))
    lab.load(old=old, new=new)
    files = parse(*split(lab.git(*DIFF, "old", "new", "--")))
    assume(files)
    text = lab.git("-c", f"core.quotePath={quote}", "diff", "--find-renames=50%", *style, "old", "new", "--")
    # A patch does not say what a file is that was renamed only.
    assert [
        replace(file, kind="text") if file.status == "R" else file for file in parse_patch_file(text)
    ] == [replace(file, kind="text") if file.status == "R" else file for file in files]
