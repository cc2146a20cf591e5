"""The rule about skips (tests/README.md), tried on a test that skips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"


@pytest.mark.parametrize(
    ("ci", "reason", "outcome"),
    [
        ("true", "no act here; run: make peers", "1 failed"),
        ("", "no act here; run: make peers", "1 skipped"),
        ("true", "another operating system", "1 skipped"),
        ("true", "no Python 3.9 on this machine", "1 skipped"),
    ],
)
@pytest.mark.parametrize("whole_file", [False, True])
def test_a_skip_in_ci(tmp_path: Path, ci: str, reason: str, outcome: str, whole_file: bool) -> None:
    (tmp_path / "conftest.py").write_bytes(CONFTEST.read_bytes())
    skip = f"import pytest\npytest.skip({reason!r}, allow_module_level=True)\n"
    inner = f"import pytest\ndef test_x() -> None:\n    pytest.skip({reason!r})\n"
    (tmp_path / "test_x.py").write_text(skip if whole_file else inner)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    expected = "1 error" if whole_file and "failed" in outcome else outcome
    assert expected in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) is ("skipped" in outcome) or (whole_file and done.returncode == 5)
