"""What is kept of the locked wheels, where the result goes, and what is said when it cannot be made."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ci_actions import home, vendoring

Completed = subprocess.CompletedProcess[str]


def tree(root: Path, lock: bytes = b"six==1.16.0\n") -> Path:
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "runtime.txt").write_bytes(lock)
    return root


def files(root: Path, names: Iterable[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


def listing(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


CACHE = {"XDG_CACHE_HOME": "/cache"}


class TestWhere:
    def test_a_released_tree_carries_its_folder(self, tmp_path: Path) -> None:
        (tmp_path / "vendor").mkdir()
        assert home.vendor_folder(str(tmp_path), CACHE, (3, 12)) == str(tmp_path / "vendor")

    def test_a_source_tree_has_one_for_its_lock_and_interpreter(self, tmp_path: Path) -> None:
        lock = b"six==1.16.0\n"
        digest = hashlib.sha256(lock).hexdigest()[:16]
        folder = home.vendor_folder(str(tree(tmp_path, lock)), CACHE, (3, 12, 1))
        assert folder == f"/cache/ci-actions/vendor/{digest}-cp312"

    def test_another_lock_is_another_folder_but_other_line_ends_are_not(self, tmp_path: Path) -> None:
        one, same, other = (
            home.vendor_folder(str(tree(tmp_path / str(number), lock)), CACHE, (3, 11))
            for number, lock in enumerate([b"a==1\n", b"a==1\r\n", b"a==2\n"])
        )
        assert one == same != other

    @pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 1000])
    def test_the_digest_is_sha256(self, data: bytes) -> None:
        assert home.sha256(data) == hashlib.sha256(data).hexdigest()

    @pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX systems")
    @pytest.mark.parametrize(
        ("environ", "expected"),
        [
            ({"XDG_CACHE_HOME": "/x", "HOME": "/h", "RUNNER_TEMP": "/r"}, "/x"),
            ({"HOME": "/h", "RUNNER_TEMP": "/r"}, "/h/.cache"),
            ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache"),
            ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache"),
            ({"RUNNER_TEMP": "/r"}, "/r"),
            ({"HOME": "", "RUNNER_TEMP": "/r"}, "/r"),
        ],
    )
    def test_cache_home(self, environ: dict[str, str], expected: str) -> None:
        assert home.cache_home(environ) == expected

    @pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of POSIX systems")
    def test_a_user_without_a_home_gets_a_folder_that_nobody_else_could_fill(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        usual = Path(home.cache_home({}))
        assert usual.parent == tmp_path
        assert usual.stat().st_mode & 0o077 == 0
        assert Path(home.cache_home({})) == usual
        usual.chmod(0o777)
        assert Path(home.cache_home({})) != usual


class TestPrune:
    @pytest.mark.parametrize(
        "dropped",
        [
            "yaml/_yaml.cpython-311-x86_64-linux-gnu.so",
            "yaml/_yaml.cp311-win_amd64.pyd",
            "81d243bd2c585b0f4821__mypyc.cpython-311-x86_64-linux-gnu.so",
            "a1_coverage.pth",
            "bin/normalizer",
            "tests/test_top.py",
            "certifi/tests/test_certify.py",
            "certifi/__pycache__/core.cpython-311.pyc",
            "_yaml/__init__.py",
            "requests-2.0.dist-info/RECORD",
            "requests-2.0.dist-info/direct_url.json",
        ],
    )
    def test_drops(self, tmp_path: Path, dropped: str) -> None:
        files(tmp_path, [dropped, "yaml/__init__.py"])
        vendoring.prune(tmp_path)
        assert listing(tmp_path) == {"yaml/__init__.py"}

    @pytest.mark.parametrize(
        "kept",
        [
            "certifi/cacert.pem",
            "coverage/htmlfiles/style.css",
            "jinja2/tests.py",
            "requests-2.0.dist-info/METADATA",
            "requests-2.0.dist-info/licenses/LICENSE",
            "urllib3/py.typed",
        ],
    )
    def test_keeps(self, tmp_path: Path, kept: str) -> None:
        files(tmp_path, [kept])
        vendoring.prune(tmp_path)
        assert listing(tmp_path) == {kept}


class TestVerify:
    def module(self, folder: Path, name: str, text: str) -> Path:
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
        return folder

    @pytest.fixture(autouse=True)
    def only_what_the_folder_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vendoring, "PURE_FALLBACKS", ())

    def test_accepts_what_imports(self, tmp_path: Path) -> None:
        vendoring.verify(self.module(tmp_path, "fine", "import json"), sys.executable)

    def test_names_what_does_not(self, tmp_path: Path) -> None:
        folder = self.module(tmp_path, "broken", "import no_such_module")
        with pytest.raises(vendoring.VendoringError, match="No module named 'no_such_module'"):
            vendoring.verify(folder, sys.executable)

    def test_does_not_see_the_packages_of_the_interpreter(self, tmp_path: Path) -> None:
        folder = self.module(tmp_path, "borrows", "import pytest")
        with pytest.raises(vendoring.VendoringError, match="No module named 'pytest'"):
            vendoring.verify(folder, sys.executable)


class TestPipEnvironment:
    def test_keeps_where_packages_come_from(self) -> None:
        environ = {
            "PIP_INDEX_URL": "mirror",
            "PIP_CERT": "c",
            "PIP_FIND_LINKS": "w",
            "HTTPS_PROXY": "p",
            "PATH": "b",
        }
        assert environ.items() <= vendoring.pip_environment(environ).items()

    @pytest.mark.parametrize(
        "name", ["INPUT_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN"]
    )
    def test_hands_on_no_secret(self, name: str) -> None:
        assert "s3cret" not in vendoring.pip_environment({name: "s3cret"}).values()

    @pytest.mark.parametrize("name", ["PIP_TARGET", "PIP_PREFIX", "PIP_CONSTRAINT"])
    def test_drops_where_packages_would_go(self, name: str) -> None:
        assert name not in vendoring.pip_environment({name: "x"})

    def test_overrules_the_configuration_file(self) -> None:
        assert vendoring.pip_environment({"PIP_USER": "1"})["PIP_USER"] == "0"


class TestBuild:
    """The real pip is tested by tests/integration/test_start.py; here it is a function that makes files."""

    @pytest.fixture(autouse=True)
    def only_what_the_folder_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vendoring, "PURE_FALLBACKS", ())

    @pytest.fixture
    def pip(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], None]], None]:
        def use(install: Callable[[Path], None]) -> None:
            monkeypatch.setattr(vendoring, "install", lambda lock, made, python, environ: install(made))

        return use

    def test_leaves_nothing_beside_the_result(
        self, tmp_path: Path, pip: Callable[[Callable[[Path], None]], None]
    ) -> None:
        pip(lambda made: void(files(made, ["one/__init__.py", "one/fast.so"])))
        vendoring.build(tmp_path / "lock", tmp_path / "cache" / "made", sys.executable)
        assert listing(tmp_path) == {"cache/made/one/__init__.py"}
        assert [path.name for path in (tmp_path / "cache").iterdir()] == ["made"]

    def test_a_failed_build_leaves_nothing_at_all(
        self, tmp_path: Path, pip: Callable[[Callable[[Path], None]], None]
    ) -> None:
        pip(lambda made: void((files(made, ["one.py"]) / "one.py").write_text("import no_such_module")))
        with pytest.raises(vendoring.VendoringError):
            vendoring.build(tmp_path / "lock", tmp_path / "cache" / "made", sys.executable)
        assert list((tmp_path / "cache").iterdir()) == []

    def test_the_first_of_two_wins(
        self, tmp_path: Path, pip: Callable[[Callable[[Path], None]], None]
    ) -> None:
        target = tmp_path / "made"

        def install_while_another_finishes(made: Path) -> None:
            files(made, ["late.py"])
            files(target, ["first.py"])

        pip(install_while_another_finishes)
        vendoring.build(tmp_path / "lock", target, sys.executable)
        assert listing(target) == {"first.py"}

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(vendoring.VendoringError, match="XDG_CACHE_HOME"):
            vendoring.build(tmp_path / "lock", tmp_path / "file" / "made", sys.executable)


def void(_: object) -> None:
    """Make a statement of an expression."""


class TestPip:
    def test_its_last_words_and_the_remedy_are_passed_on(self, tmp_path: Path) -> None:
        lock = tree(tmp_path, b"six==1.16.0\n") / "requirements" / "runtime.txt"
        with pytest.raises(
            vendoring.VendoringError, match=r"(?s)No matching distribution.*PIP_INDEX_URL"
        ) as caught:
            vendoring.install(lock, tmp_path / "made", sys.executable, {"PIP_NO_INDEX": "1"})
        assert caught.value.exit_code == 4

    def test_an_interpreter_without_it_is_named_with_the_command_that_mends_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vendoring, "has_pip", lambda python, environ: False)
        with pytest.raises(vendoring.VendoringError, match="ensurepip"):
            vendoring.python_with_pip({})

    def test_that_of_the_interpreter_below_an_environment_is_preferred(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "_base_executable", "/below/python", raising=False)
        monkeypatch.setattr(vendoring, "has_pip", lambda python, environ: True)
        assert vendoring.python_with_pip({}) == "/below/python"
