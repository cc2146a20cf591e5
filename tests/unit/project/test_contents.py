from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.project.contents import (
    FILES_FOR_TWO,
    PIECE,
    Expected,
    Wrong,
    digest_of,
    digests_of,
    listing,
    record_entries,
    with_digests,
    wrong_files,
)

SITE = "lib/python3.12/site-packages"


# --- RECORD ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a/b.py,sha256=x,12", Expected(f"{SITE}/a/b.py", "sha256=x", 12)),
        ("../../../bin/a,sha256=x,3", Expected("bin/a", "sha256=x", 3)),
        ("..\\..\\Scripts\\a.exe,sha256=x,3", Expected("lib/Scripts/a.exe", "sha256=x", 3)),
        ("a-1.dist-info/RECORD,,", Expected(f"{SITE}/a-1.dist-info/RECORD", "", -1)),
        ('"a,b/""c"".py",sha256=x,0', Expected(f'{SITE}/a,b/"c".py', "sha256=x", 0)),
        ("a/b.py,sha512=x,", Expected(f"{SITE}/a/b.py", "sha512=x", -1)),
    ],
    ids=["plain", "script", "backslashes", "itself", "quoted", "without a size"],
)
def test_a_line_of_a_record(line: str, expected: Expected) -> None:
    assert list(record_entries(line + "\n", SITE)) == [expected]


def test_a_record_is_told_of_rewritten_files_and_of_nothing_else() -> None:
    text = 'a/b.py,sha256=x,12\n"a,c.py",sha256=y,1\n../../../bin/a,sha256=old,3\na-1.dist-info/RECORD,,\n'
    after = with_digests(text, {"bin/a": ("sha256=new", 99)}, SITE)
    assert after == text.replace("sha256=old,3", "sha256=new,99")
    assert with_digests(text, {}, SITE) == text


# --- what is there -----------------------------------------------------------------------------------


def test_links_are_listed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lib" / "__pycache__").mkdir(parents=True)
    (tmp_path / "lib" / "a.py").touch()
    (tmp_path / "lib" / "__pycache__" / "a.pyc").touch()
    (tmp_path / "lib64").symlink_to("lib")
    found = listing(str(tmp_path))
    assert found.files == {"lib/a.py"}
    assert found.links == {"lib64": "lib"}
    assert found.bytecode == ["lib/__pycache__"]
    assert found.home_of("lib64/a.py") == "lib/a.py"
    assert found.home_of("lib64") == "lib64"


# --- every file ----------------------------------------------------------------------------------------


def files(folder: Path, count: int) -> list[Expected]:
    made = []
    for number in range(count):
        data = str(number).encode() * (number % 7)
        (folder / f"{number}").write_bytes(data)
        made.append(Expected(f"{number}", digest_of(data), len(data)))
    return made


@pytest.mark.parametrize("count", [5, FILES_FOR_TWO + 50], ids=["one process", "several"])
def test_every_difference_is_found(tmp_path: Path, count: int) -> None:
    expected = files(tmp_path, count)
    assert wrong_files(str(tmp_path), expected) == []
    (tmp_path / "1").write_bytes(b"2")
    (tmp_path / "2").unlink()
    (tmp_path / "3").write_bytes(b"")
    (tmp_path / "4").unlink()
    (tmp_path / "4").mkdir()
    assert wrong_files(str(tmp_path), expected) == [
        Wrong("1", "changed"),
        Wrong("2", "missing"),
        Wrong("3", "changed"),
        Wrong("4", "unreadable"),
    ]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_file_is_right_only_with_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, one: bytes, other: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "same").write_bytes(one)
    wrong = wrong_files(str(folder), [Expected("same", digest_of(other), len(other))])
    assert (wrong == []) == (one == other)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("known", [True, False], ids=["size known", "size unknown"])
def test_pieces_make_the_whole(tmp_path: Path, size: int, known: bool) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    (tmp_path / "file").write_bytes(data)
    right = Expected("file", digest_of(data), len(data) if known else -1)
    assert wrong_files(str(tmp_path), [right]) == []
    assert digests_of(str(tmp_path), ["file"]) == {"file": (right.digest, size)}
    with (tmp_path / "file").open("ab") as file:
        file.write(b"!")
    assert wrong_files(str(tmp_path), [right]) == [Wrong("file", "changed")]


@pytest.mark.parametrize("at", [0, PIECE - 5, PIECE - 1, PIECE, 2 * PIECE + 7])
def test_the_old_path_is_found_across_pieces(tmp_path: Path, at: int) -> None:
    data = b"." * at + b"/old/place/.venv" + b"." * 20
    (tmp_path / "file").write_bytes(data)
    expected = [Expected("file", digest_of(data), len(data))]
    assert wrong_files(str(tmp_path), expected, b"/old/place/.venv") == [Wrong("file", "mentions")]
    assert wrong_files(str(tmp_path), expected, b"/old/place/.venvs") == []


@pytest.mark.parametrize(
    ("algorithm", "how"), [("sha512", []), ("sha384", []), ("md5", ["unreadable"]), ("", ["unreadable"])]
)
def test_only_strong_digests_prove(tmp_path: Path, algorithm: str, how: list[str]) -> None:
    import base64

    (tmp_path / "file").write_bytes(b"x")
    raw = hashlib.new(algorithm or "md5", b"x").digest()
    value = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    wrong = wrong_files(str(tmp_path), [Expected("file", f"{algorithm}={value}", 1)])
    assert [each.how for each in wrong] == how
