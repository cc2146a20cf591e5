"""What a distribution says of itself, and what is wrong with one that says nothing."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ci_actions.ci_build.archives import read

METADATA = "Metadata-Version: 2.1\nName: pk\nVersion: 1.2\n"


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return path


def tarred(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as made:
        for name, text in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(text.encode())
            made.addfile(about, io.BytesIO(text.encode()))
    return path


def test_a_wheel(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "pk-1.2-py2.py3-none-any.whl",
        {"pk/": "", "pk/a.py": "", "pk-1.2.dist-info/METADATA": METADATA},
    )
    found = read(path)
    assert (found.name, found.version, found.named, found.problem) == ("pk", "1.2", "1.2", "")
    assert found.members == ("pk/a.py", "pk-1.2.dist-info/METADATA")
    assert found.tags == ("py2-none-any", "py3-none-any")
    assert (found.bytes, len(found.sha256)) == (path.stat().st_size, 64)


@pytest.mark.parametrize("name", ["pk-1.2.tar.gz", "pk-1.2.zip"])
def test_a_source_distribution(tmp_path: Path, name: str) -> None:
    make = zipped if name.endswith(".zip") else tarred
    found = read(
        make(
            tmp_path / name, {"pk-1.2/PKG-INFO": METADATA, "pk-1.2/src/pk.py": "", "pk-1.2/pk/PKG-INFO": "no"}
        )
    )
    assert (found.name, found.version, found.problem) == ("pk", "1.2", "")
    assert found.members == ("PKG-INFO", "src/pk.py", "pk/PKG-INFO")


@pytest.mark.parametrize(
    ("name", "files", "problem"),
    [
        ("pk-1.2-py3-none-any.whl", {"pk/a.py": ""}, "it holds 0 times *.dist-info/METADATA"),
        ("pk.whl", {}, "its name is none of a wheel"),
        ("pk-1.2-py3-none-any.whl", {"pk-1.2.dist-info/METADATA": "Name: pk\n"}, "its metadata lack Version"),
        ("pk-1.2.tar.gz", {"pk-1.2/a.py": ""}, "it holds no PKG-INFO"),
        (
            "pk-1.2.tar.gz",
            {"pk-1.2/PKG-INFO": METADATA, "etc/passwd": ""},
            "it holds 2 folders at the top, not one (etc, pk-1.2)",
        ),
        ("pk-1.2.tar.gz", {}, "it holds 0 folders at the top"),
        ("pk.tar.gz", {}, "its name is none of a source distribution"),
    ],
)
def test_what_is_broken(tmp_path: Path, name: str, files: Mapping[str, str], problem: str) -> None:
    make = tarred if name.endswith(".tar.gz") else zipped
    assert problem in read(make(tmp_path / name, files)).problem


@pytest.mark.parametrize("name", ["pk-1.2-py3-none-any.whl", "pk-1.2.tar.gz", "pk-1.2.zip"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
def test_what_is_no_archive(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert "it cannot be read" in read(tmp_path / name).problem
