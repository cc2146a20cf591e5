from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.scanning import config

from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.process import Process
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.pins import PINS, Binary
from ci_actions.security_scan.preparing import Ready, Supply, locked_version, machine
from ci_actions.security_scan.scanners import NoAnswer, gitleaks, trivy
from ci_actions.security_scan.scanners.all import SCANNERS

ROOT = Path(__file__).parents[3]


def supply(
    folder: Path,
    found: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    **more: Any,
) -> Supply:
    options = {name: more.pop(name) for name in ("python", "cache_dir") if name in more}
    return Supply(
        config=config(**options),
        environ=environ or {"XDG_CACHE_HOME": str(folder / "cache")},
        process=Process(os.environ),
        directory=folder,
        into=folder / "programs",
        which=(found or {}).get,
        progress=lambda _: None,
        **more,
    )


def shim(folder: Path, version: str) -> str:
    """A program that says it is Python of another version."""
    path = folder / f"python{version}"
    path.write_text(f"#!/bin/sh\necho {version.replace('.', ' ')}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "scanner", [each for each in SCANNERS if each.pin.name == "LOCK"], ids=lambda each: each.name
)
def test_every_python_scanner_has_a_lock_with_hashes_and_without_addresses(scanner: Any) -> None:
    text = (ROOT / "requirements" / "scanners" / f"{scanner.lock}.txt").read_text()
    assert locked_version(text, scanner.lock)
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert (ROOT / "requirements" / "scanners" / f"{scanner.lock}.in").is_file()


@pytest.mark.parametrize(
    "scanner", [each for each in SCANNERS if each.pin.name == "BINARY"], ids=lambda each: each.name
)
def test_every_binary_has_pins(scanner: Any) -> None:
    assert "linux-amd64" in PINS[scanner.lock]


def test_a_lock_that_does_not_name_its_scanner() -> None:
    with pytest.raises(CannotJudge):
        locked_version("other==1.0\n", "bandit")
    assert locked_version("bandit[toml]==1.9.4 \\\n", "bandit") == "1.9.4"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no shell scripts")
class TestInterpreter:
    def test_the_jobs_own_where_it_is_new_enough(self, tmp_path: Path) -> None:
        found = {"python3": shim(tmp_path, "3.12"), "python3.13": shim(tmp_path, "3.13")}
        assert supply(tmp_path, found).interpreter() == found["python3"]

    def test_else_the_newest(self, tmp_path: Path) -> None:
        found = {name: shim(tmp_path, version) for name, version in
                 (("python3", "3.9"), ("python3.12", "3.12"), ("python3.13", "3.13"))}  # fmt: skip
        assert supply(tmp_path, found).interpreter() == found["python3.13"]

    def test_else_ours(self, tmp_path: Path) -> None:
        assert supply(tmp_path).interpreter() == sys.executable

    def test_the_activated_environment_is_the_jobs_own(self, tmp_path: Path) -> None:
        active = str(Path("/env", "bin", "python"))
        found = {active: shim(tmp_path, "3.13"), "python3": shim(tmp_path, "3.12")}
        environ = {"VIRTUAL_ENV": "/env", "XDG_CACHE_HOME": str(tmp_path)}
        assert supply(tmp_path, found, environ).interpreter() == found[active]

    @pytest.mark.parametrize("found", [{}, {"python3.9": "3.9"}], ids=["not there", "too old"])
    def test_a_choice_that_cannot_be_meant(self, tmp_path: Path, found: dict[str, str]) -> None:
        there = {name: shim(tmp_path, version) for name, version in found.items()}
        with pytest.raises(BadInput, match=r"input 'python' is 'python3\.9'"):
            supply(tmp_path, there, python="python3.9").interpreter()


class TestBinaries:
    def own(self, folder: Path, content: bytes, digest: str = "") -> dict[str, Binary]:
        (folder / "gitleaks").write_bytes(content)
        sum_ = digest or hashlib.sha256(content).hexdigest()
        return {"gitleaks": Binary(name="gitleaks", version="1", sha256=sum_, path="gitleaks")}

    def test_the_users_own(self, tmp_path: Path) -> None:
        ready = supply(tmp_path, own=self.own(tmp_path, b"program")).bring([gitleaks.SCANNER])["gitleaks"]
        assert isinstance(ready, Ready)
        assert Path(ready.program).read_bytes() == b"program"
        assert ready.pin.endswith("the user's")

    def test_one_that_was_changed_is_never_started(self, tmp_path: Path) -> None:
        found = supply(tmp_path, own=self.own(tmp_path, b"program", "0" * 64)).bring([gitleaks.SCANNER])[
            "gitleaks"
        ]
        assert isinstance(found, NoAnswer)
        assert found.trouble is Trouble.EVIDENCE

    @pytest.mark.skipif(machine() not in PINS["trivy"], reason="another operating system")
    def test_one_that_cannot_be_fetched(self, tmp_path: Path) -> None:
        def fetch(address: str, target: Path) -> None:
            assert address.startswith("https://github.com/aquasecurity/trivy/")
            raise Unavailable("GET failed.")

        found = supply(tmp_path, fetch=fetch).bring([trivy.FS, trivy.IMAGE])
        assert list(found) == ["trivy"]
        assert isinstance(found["trivy"], NoAnswer)
        assert found["trivy"].trouble is Trouble.ENVIRONMENT

    @pytest.mark.skipif(machine() not in PINS["trivy"], reason="another operating system")
    def test_what_came_instead_is_never_started(self, tmp_path: Path) -> None:
        def fetch(_address: str, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"stealer")

        found = supply(tmp_path, fetch=fetch).bring([trivy.FS])["trivy"]
        assert isinstance(found, NoAnswer)
        assert not (tmp_path / "programs").exists() or not any((tmp_path / "programs").iterdir())
