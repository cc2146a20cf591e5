"""The tree of a release: what it is made of, what is refused, and that it is the same every time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish import tree
from ci_actions.publish.tree import EXECUTABLE, LINK, PLAIN, SUBMODULE, File, Files, Source


class Repo(Protocol):
    path: Path

    def git(self, *words: str) -> str: ...
    def write(self, files: Mapping[str, str]) -> None: ...
    def commit(self, files: Mapping[str, str] | None = None, message: str = "") -> str: ...


COMMIT, TIME = "c" * 40, 1_700_000_000


def plain(**texts: str) -> dict[str, File]:
    return {path: File(text.encode()) for path, text in texts.items()}


MAIN = {
    **plain(
        **{
            "README.md": "read me",
            "actions/gate/README.md": "a gate",
            "actions/gate/action.yml": "name: gate",
            "actions/ci-plan/action.yml": "name: plan",
            "actions/lib/helper.py": "no action here",
            "requirements/runtime.txt": "six==1\n",
            "src/a.py": "",
        }
    ),
    "actions/gate/start.sh": File(b"#!/bin/sh\n", EXECUTABLE),
}
VENDOR = plain(**{"vendor/six.py": "", "vendor/six-1.dist-info/METADATA": "Name: six\nVersion: 1\n"})


def made(version: str = "1.2.3", main: Files = MAIN, vendor: Files = VENDOR) -> tree.Release:
    return tree.make(Source(COMMIT, TIME, main), version, vendor)


def git(folder: Path) -> Git:
    return Git(Process(os.environ), folder, environ=os.environ)


class TestMaking:
    def test_main_a_door_the_dependencies_and_the_manifest_are_all_there_is(self) -> None:
        release = made()
        doors = {"gate/README.md", "gate/action.yml", "gate/start.sh"}
        assert set(release.files) == {*MAIN, *VENDOR, *doors, "release.json"}
        assert set(release.generated) == {*VENDOR, *doors, "release.json"}
        assert all(release.files[path] == MAIN[path] for path in MAIN)
        assert all(release.files[path] == MAIN[f"actions/{path}"] for path in doors)
        assert release.doors == ("gate",)

    def test_the_manifest_names_every_other_file(self) -> None:
        release = made()
        document = json.loads(release.files["release.json"].data)
        assert document["files"].keys() == release.files.keys() - {"release.json"}
        assert document["files"]["README.md"] == hashlib.sha256(b"read me").hexdigest()
        assert document["files"]["gate/start.sh"].endswith(" 100755")
        assert (document["version"], document["commit"], document["time"]) == ("1.2.3", COMMIT, TIME)
        assert document["lock"] == hashlib.sha256(b"six==1\n").hexdigest()

    @given(st.permutations(sorted(MAIN)))
    def test_the_order_in_which_files_come_changes_nothing(self, order: list[str]) -> None:
        release = made(main={path: MAIN[path] for path in order})
        assert list(release.files) == sorted(release.files)
        assert release.files == made().files


#: What is refused, with words of the message.
REFUSED: list[tuple[dict[str, File], str]] = [
    ({"link": File(b"README.md", LINK)}, "link is a symbolic link"),
    ({"actions/gate/link": File(b"../x", LINK)}, "actions/gate/link is a symbolic link"),
    ({"sub": File(b"", SUBMODULE)}, "sub is a submodule"),
    ({"gate/x": File(b"")}, "'gate' is to be added to the root, which holds 'gate'"),
    ({"Gate/x": File(b"")}, "which holds 'Gate'"),
    ({"GATE": File(b"")}, "which holds 'GATE'"),
    ({"vendor/x": File(b"")}, "'vendor' is to be added"),
    ({"Vendor": File(b"")}, "'vendor' is to be added"),
    ({"release.json": File(b"")}, "'release.json' is to be added"),
    ({"actions/vendor/action.yml": File(b"")}, "actions 'vendor' and 'vendor' would be one folder"),
    ({"actions/docs/action.yml": File(b""), "docs/x": File(b"")}, "'docs' is to be added to the root"),
    ({"actions/GATE/action.yml": File(b"")}, "actions 'GATE' and 'gate' would be one folder"),
    ({"src/A.py": File(b"")}, "src/A.py and src/a.py are one on Windows and macOS"),
    ({"SRC/b.py": File(b"")}, "SRC and src are one on Windows and macOS"),
    ({"e\u0301.md": File(b""), "\u00e9.md": File(b"")}, "are one on Windows and macOS"),
    ({"src/con.py": File(b"")}, "cannot be unpacked on Windows"),
    ({"src/a:b": File(b"")}, "cannot be unpacked on Windows"),
    ({"src/a.": File(b"")}, "cannot be unpacked on Windows"),
    ({"src/fast.so": File(b"")}, "src/fast.so is native code"),
    ({"src/fast.pyd": File(b"")}, "src/fast.pyd is native code"),
    ({"src/tool": File(b"\x7fELF\x02\x01")}, "src/tool is native code"),
    ({"big.bin": File(b"version https://git-lfs.github.com/spec/v1\n")}, "big.bin is in Git LFS"),
]


class TestRefusals:
    @pytest.mark.parametrize(("more", "words"), REFUSED)
    def test_what_has_no_place_in_a_release(self, more: dict[str, File], words: str) -> None:
        with pytest.raises(BadInput) as refusal:
            made(main={**MAIN, **more})
        assert words in str(refusal.value)

    @pytest.mark.parametrize(
        "version", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3+x", "1.2.3 ", "1.2.3-01"]
    )
    def test_versions_that_are_none(self, version: str) -> None:
        with pytest.raises(BadInput, match="must be like"):
            made(version)

    @pytest.mark.parametrize("version", ["1.2.3", "0.0.1", "10.20.30", "1.2.3-rc.1", "1.2.3-alpha-1.x"])
    def test_versions_that_are_some(self, version: str) -> None:
        assert made(version).version == version

    def test_all_of_it_at_once(self) -> None:
        with pytest.raises(BadInput) as refusal:
            made("one", main={**MAIN, "link": File(b"x", LINK), "Gate": File(b"")})
        assert len(refusal.value.problems) == 3

    def test_native_code_in_a_dependency(self) -> None:
        with pytest.raises(BadInput, match=r"vendor/x\.so is native code"):
            made(vendor={**VENDOR, "vendor/x.so": File(b"")})

    def test_nothing_to_release(self) -> None:
        with pytest.raises(BadInput, match="no public action"):
            made(main=plain(**{"README.md": "", "actions/ci-plan/action.yml": ""}))


class TestGit:
    def test_the_files_of_a_commit_are_those_that_were_committed(
        self, new_repository: Callable[[], Repo]
    ) -> None:
        repository = new_repository()
        repository.write({"a/b.txt": "one\n", "ä.txt": "zwei\n", ".gitattributes": "* text=auto\n"})
        path = repository.path
        (path / "run.sh").write_bytes(b"#!/bin/sh\n")
        (path / "run.sh").chmod(0o755)
        (path / "link").symlink_to("ä.txt")
        sha = repository.commit()
        (path / "a" / "b.txt").write_text("changed, not committed")
        source = tree.read_commit(git(path))
        assert source.commit == sha
        assert source.files["a/b.txt"] == File(b"one\n", PLAIN)
        assert source.files["run.sh"].mode == EXECUTABLE
        assert source.files["link"] == File("ä.txt".encode(), LINK)
        assert tree.tree_id(source.files) == repository.git("rev-parse", "HEAD^{tree}").strip()

    def test_a_revision_that_is_none(self, new_repository: Callable[[], Repo]) -> None:
        repository = new_repository()
        repository.commit({"a": ""})
        with pytest.raises(CannotJudge, match="names no commit"):
            tree.read_commit(git(repository.path), "v9.9.9")

    @pytest.mark.parametrize("kind", ["changed", "staged", "new", "deleted"])
    def test_a_dirty_tree_is_refused_with_the_names(
        self, kind: str, new_repository: Callable[[], Repo]
    ) -> None:
        repository = new_repository()
        repository.commit({"a b.txt": "one", ".gitignore": "ignored\n"})
        path = repository.path
        (path / "ignored").write_text("")
        tree.refuse_dirt(git(path))
        name = "new.txt" if kind == "new" else "a b.txt"
        if kind == "deleted":
            (path / name).unlink()
        else:
            (path / name).write_text("two")
        if kind == "staged":
            repository.git("add", name)
        with pytest.raises(BadInput, match=f"uncommitted: {name}"):
            tree.refuse_dirt(git(path))


class TestWriting:
    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
    def test_modes_and_times_are_fixed(self, umask: int, tmp_path: Path) -> None:
        before = os.umask(umask)
        try:
            tree.write(made().files, tmp_path / "to", TIME)
        finally:
            os.umask(before)
        paths = [tmp_path / "to", *(tmp_path / "to").rglob("*")]
        assert {int(path.stat().st_mtime) for path in paths} == {TIME}
        assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o755}
        assert {path.name for path in paths if path.is_file() and path.stat().st_mode & 0o111} == {"start.sh"}
        assert tree.read_folder(tmp_path / "to") == made().files

    def test_a_folder_with_something_in_it_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("mine")
        with pytest.raises(BadInput, match="holds something already"):
            tree.write(made().files, tmp_path, TIME)
        assert [path.name for path in tmp_path.iterdir()] == ["x"]

    def test_an_archive_holds_the_files_and_nothing_of_the_machine(self) -> None:
        files = made().files
        packed = tree.tar_gz(files, "top", TIME)
        assert packed == tree.tar_gz(dict(sorted(files.items(), reverse=True)), "top", TIME)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            members = archive.getmembers()
            assert {each.name for each in members} == {f"top/{path}" for path in files}
            assert {(each.mtime, each.uid, each.gid, each.uname) for each in members} == {(TIME, 0, 0, "")}
            assert {each.name for each in members if each.mode & 0o111} == {
                "top/gate/start.sh", "top/actions/gate/start.sh"
            }  # fmt: skip

    def test_a_zip_as_well(self) -> None:
        files = made().files
        packed = tree.zipped(files, "top", TIME)
        assert packed == tree.zipped(files, "top", TIME)
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            assert archive.read("top/gate/start.sh") == b"#!/bin/sh\n"
            assert {each.date_time for each in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}

    def test_archives_leave_out_what_attributes_say(self) -> None:
        attributes = "# x export-ignore\n* text=auto\n/tests export-ignore\n/docs -text export-ignore\n"
        files = plain(
            **{".gitattributes": attributes, "tests/a": "", "docs/b": "", "src/tests/c": "", "x": ""}
        )
        assert set(tree.kept_in_archives(files)) == {".gitattributes", "src/tests/c", "x"}
