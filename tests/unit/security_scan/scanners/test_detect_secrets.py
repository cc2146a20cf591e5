from __future__ import annotations

import json
from typing import Any

import pytest
from tests.doubles.scanning import ask, config, ended, tree

from ci_actions.findings.model import Severity
from ci_actions.kit.errors import BadInput
from ci_actions.security_scan.model import State
from ci_actions.security_scan.scanners import NoAnswer, Reading, detect_secrets

HASH = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"


def secret(**changes: Any) -> dict[str, Any]:
    return {
        "type": "Secret Keyword",
        "line": 3,
        "hash": HASH,
        "value": "hunter2!",
        "verified": False,
        **changes,
    }


def entry(**changes: Any) -> dict[str, Any]:
    made = {
        "type": "Secret Keyword",
        "filename": "a.py",
        "hashed_secret": HASH,
        "is_verified": False,
        "line_number": 99,
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not ...}


def baseline(version: str = "1.5.0", **results: list[dict[str, Any]]) -> str:
    named = {name.replace("_", "."): rows for name, rows in results.items()}
    return json.dumps({"version": version, "plugins_used": [], "filters_used": [], "results": named})


def read(files: dict[str, str], said: dict[str, Any], **more: Any) -> Reading:
    chosen = [path for path in files if path != ".secrets.baseline"]
    report = {"version": "1.5.0", "unknown_plugins": [], "files": said, **more}
    return detect_secrets.classify(ask(files, chosen=chosen), [ended(report, asked=chosen)])


def seen(*secrets: dict[str, Any], state: str = "read", allowed: int = 0) -> dict[str, Any]:
    return {"state": state, "secrets": list(secrets), "allowed": allowed}


class TestWithoutABaseline:
    def test_a_secret(self) -> None:
        found = read({"a.py": ""}, {"a.py": seen(secret())})
        (one,) = found.findings
        assert (found.state, found.examined) == (State.FINDINGS, 1)
        assert (one.rule, one.severity, one.path, one.line) == ("secret-keyword", Severity.HIGH, "a.py", 3)
        assert found.secrets == ("hunter2!",)

    def test_neither_the_secret_nor_its_hash_is_in_a_finding(self) -> None:
        found = read({"a.py": ""}, {"a.py": seen(secret())})
        assert "hunter2!" not in repr(found.findings)
        assert HASH not in repr((found.findings, found.notes, found.gaps))

    @pytest.mark.parametrize(
        "changes", [{"verified": True}, {"type": "Private Key"}], ids=["verified", "a private key"]
    )
    def test_the_worst(self, changes: dict[str, Any]) -> None:
        (one,) = read({"a.py": ""}, {"a.py": seen(secret(**changes))}).findings
        assert one.severity is Severity.CRITICAL

    def test_markers_are_counted(self) -> None:
        assert read({"a.py": ""}, {"a.py": seen(allowed=2)}).markers == 2

    def test_a_file_that_cannot_be_read_is_a_gap(self) -> None:
        found = read({"a.py": "", "b.py": ""}, {"a.py": seen(), "b.py": seen(state="unreadable")})
        assert (found.state, found.examined) == (State.INCOMPLETE, 1)
        assert "b.py" in found.gaps[0]

    def test_pictures_and_locks_are_none(self) -> None:
        said = {"a.py": seen(), "b.png": seen(state="binary"), "c.lock": seen(state="filtered")}
        found = read({"a.py": "", "b.png": "", "c.lock": ""}, said)
        assert (found.state, found.examined) == (State.CLEAN, 1)
        assert found.notes == ("Not searched, as they hold no text or are locks: 1 binary, 1 filtered.",)

    def test_pictures_alone_are_not_clean(self) -> None:
        assert read({"b.png": ""}, {"b.png": seen(state="binary")}).state is State.INCOMPLETE

    def test_a_file_it_does_not_mention_is_no_answer(self) -> None:
        with pytest.raises(NoAnswer, match=r"1 file it was asked for \(b.py\)"):
            read({"a.py": "", "b.py": ""}, {"a.py": seen()})

    def test_a_crash_is_no_answer(self) -> None:
        with pytest.raises(NoAnswer, match="exit code 1"):
            detect_secrets.classify(ask(["a.py"]), [ended(b"", code=1, asked=["a.py"])])


class TestWithABaseline:
    @pytest.mark.parametrize(
        "row",
        [
            pytest.param(entry(), id="the line moved"),
            pytest.param(entry(line_number=..., filename=...), id="slim, without lines"),
            pytest.param(entry(is_secret=False), id="audited as none"),
            pytest.param(entry(is_secret=True), id="audited as one"),
            pytest.param(entry(is_secret=None), id="not audited"),
        ],
    )
    def test_what_it_lists_is_held_back(self, row: dict[str, Any]) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline(a_py=[row])}
        found = read(files, {"a.py": seen(secret())})
        assert (found.findings, found.held_back, found.state) == ((), 1, State.CLEAN)
        assert found.secrets == ("hunter2!",)

    @pytest.mark.parametrize(
        "row",
        [
            pytest.param(entry(hashed_secret="0" * 40), id="another secret"),
            pytest.param(entry(type="Base64 High Entropy String"), id="another type"),
        ],
    )
    def test_what_it_does_not_list_is_found(self, row: dict[str, Any]) -> None:
        found = read({"a.py": "", ".secrets.baseline": baseline(a_py=[row])}, {"a.py": seen(secret())})
        assert (len(found.findings), found.held_back) == (1, 0)

    def test_a_renamed_file_keeps_its_entries(self) -> None:
        found = read({"a.py": "", ".secrets.baseline": baseline(old_py=[entry()])}, {"a.py": seen(secret())})
        assert (found.findings, found.held_back) == ((), 1)
        assert "1 secret of the baseline moved with a renamed file." in found.notes

    @pytest.mark.parametrize("value", ["BEGIN RSA " + "PRIVATE KEY", "ghp"])
    def test_an_entry_of_a_file_that_is_gone_is_no_licence_for_what_merely_begins_alike(
        self, value: str
    ) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline(old_py=[entry()])}
        assert len(read(files, {"a.py": seen({**secret(), "value": value})}).findings) == 1

    def test_an_entry_of_a_file_that_is_still_there_is_no_licence_for_others(self) -> None:
        files = {"a.py": "", "b.py": "", ".secrets.baseline": baseline(b_py=[entry()])}
        assert len(read(files, {"a.py": seen(secret()), "b.py": seen()}).findings) == 1

    @pytest.mark.parametrize(
        ("kind", "value", "listed", "found"),
        [
            pytest.param("Private Key", "BEGIN RSA " + "PRIVATE KEY", 1, [9], id="another private key"),
            pytest.param("GitHub Token", "ghp", 1, [9], id="another token"),
            pytest.param("GitHub Token", "ghp", 2, [], id="two, and both are listed"),
            pytest.param("Secret Keyword", "test", 1, [], id="one short password, used twice"),
            pytest.param("Secret Keyword", "hunter2!", 1, [], id="one password, used twice"),
        ],
    )
    def test_an_entry_holds_back_no_more_than_it_names(
        self, kind: str, value: str, listed: int, found: list[int]
    ) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline(a_py=[entry(type=kind)] * listed)}
        same = {"type": kind, "value": value}
        reading = read(files, {"a.py": seen(secret(**same), secret(**same, line=9))})
        assert [each.line for each in reading.findings] == found
        assert reading.held_back == 2 - len(found)

    def test_a_real_secret_that_is_still_there_is_said(self) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline(a_py=[entry(is_secret=True)])}
        assert "1 of them were audited as real" in read(files, {"a.py": seen(secret())}).notes[0]

    def test_entries_nobody_audited_are_said(self) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline(a_py=[entry(), entry(hashed_secret="0" * 40)])}
        notes = read(files, {"a.py": seen(secret())}).notes
        assert "2 of 2 secrets in .secrets.baseline were never audited." in notes
        assert "1 entry of .secrets.baseline matched nothing." in notes

    def test_a_plugin_that_only_a_newer_version_has_is_a_gap(self) -> None:
        files = {"a.py": "", ".secrets.baseline": baseline("9.0.0")}
        found = read(files, {"a.py": seen()}, unknown_plugins=["QuantumDetector"])
        assert found.state is State.INCOMPLETE
        assert "asks for QuantumDetector" in found.gaps[0]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "{}",
            '{"results": []}',
            '{"version": "1", "results": {"a": [{"type": "x"}]}}',
            '{"results": null}',
        ],
    )
    def test_what_is_no_baseline_is_bad_input(self, text: str) -> None:
        with pytest.raises(BadInput, match=r"\.secrets\.baseline is no baseline"):
            read({"a.py": "", ".secrets.baseline": text}, {"a.py": seen()})

    def test_one_that_was_named_and_is_not_there_is_bad_input(self) -> None:
        with pytest.raises(BadInput, match="'secrets-baseline' is 'gone', but there is no such file"):
            detect_secrets.applies(config(secrets_baseline="gone"), tree({"a.py": ""}))

    def test_it_is_not_searched_itself(self) -> None:
        choice = detect_secrets.applies(config(), tree({"a.py": "", ".secrets.baseline": baseline()}))
        assert choice.files == ("a.py",)
