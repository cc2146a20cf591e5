from __future__ import annotations

from typing import Any

import pytest
from tests.doubles.scanning import ask, config, ended, tree

from ci_actions.findings.model import Package, Severity
from ci_actions.security_scan.model import State, Trouble
from ci_actions.security_scan.packages import Pinned
from ci_actions.security_scan.scanners import NoAnswer, Reading, pip_audit

LOCK = {"requirements.txt": "flask==0.5\nrequests==2.19.0\n"}
ASKED = ["flask==0.5", "requests==2.19.0"]
CLEAN = {"name": "requests", "version": "2.19.0", "vulns": []}
VULN = {
    "id": "PYSEC-2018-66",
    "fix_versions": ["0.12.3", "1.0"],
    "aliases": ["CVE-2018-1000656", "GHSA-562c-5r94-xh97", "PYSEC-2018-66"],
    "description": "Flask is vulnerable.",
}
BAD = {"name": "flask", "version": "0.5", "vulns": [VULN]}


def report(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(rows), "fixes": []}


def read(output: object, code: int = 0, files: dict[str, str] | None = None, **options: Any) -> Reading:
    asked = ASKED if files is None else [f"{n}=={v}" for part in lists(files) for n, v in part]
    return pip_audit.classify(ask(files or LOCK, **options), [ended(output, code=code, asked=asked)])


def lists(files: dict[str, str]) -> list[list[tuple[str, str]]]:
    return pip_audit.lists(pip_audit.locked(ask(files)).pinned)


class TestApplies:
    def test_locks(self) -> None:
        assert pip_audit.applies(config(), tree(LOCK)).files == ("requirements.txt",)

    def test_what_the_user_names_beats_what_is_found(self) -> None:
        files = {**LOCK, "ci/pins.txt": "a==1\n"}
        assert pip_audit.applies(config(requirements="ci/*.txt"), tree(files)).files == ("ci/pins.txt",)

    def test_what_requirements_include_is_audited_whatever_it_is_called(self) -> None:
        files = {
            "deps/requirements.txt": "-r base.txt\n-c ../pins.txt\n-r https://e.org/x.txt\n-r ${HOME}/y.txt\n",
            "deps/base.txt": "flask==0.5\n-r requirements.txt\n--requirement=more.txt\n",
            "deps/more.txt": "six==1.5\n",
            "pins.txt": "requests==2.19.0\n",
        }
        assert set(pip_audit.applies(config(), tree(files)).files) == files.keys()
        assert lists(files) == [[("flask", "0.5"), ("requests", "2.19.0"), ("six", "1.5")]]

    def test_an_included_file_that_is_not_there_is_a_gap(self) -> None:
        project = tree({"requirements.txt": "-r base.txt\nflask==0.5\n"})
        assert pip_audit.read(pip_audit.locks(config(), project), project).broken == (
            "base.txt cannot be opened",
        )

    @pytest.mark.parametrize(
        ("files", "reason"),
        [
            ({"a.js": ""}, "no Python dependencies"),
            ({"pyproject.toml": "[tool.ruff]\n"}, "no Python dependencies"),
            ({"uv.lock": "version = 1\n"}, "uv.lock names no package"),
        ],
    )
    def test_nothing_to_audit(self, files: dict[str, str], reason: str) -> None:
        choice = pip_audit.applies(config(), tree(files))
        assert (choice.applies, choice.reason) == (False, reason)

    def test_dependencies_that_nobody_locks_are_a_gap(self) -> None:
        files = {"pyproject.toml": "[project]\ndependencies = ['flask']\n"}
        assert pip_audit.applies(config(), tree(files)).applies
        assert pip_audit.tasks(ask(files)) == ()
        found = pip_audit.classify(ask(files), [])
        assert (found.state, found.examined) == (State.INCOMPLETE, 0)
        assert "no lock says which versions" in found.gaps[0]

    def test_without_a_lock_what_is_installed_is_audited(self) -> None:
        files = tree(
            {"pyproject.toml": "dependencies = []"}, installed=(("Flask", "0.5"),), environment=".venv"
        )
        choice = pip_audit.applies(config(), files)
        assert choice.reason == "no lock; 1 package installed in .venv"
        (task,) = pip_audit.tasks(ask(over=files, chosen=choice.files))
        assert task.asked == ("flask==0.5",)


class TestTasks:
    def test_two_versions_of_a_package_are_two_lists(self) -> None:
        files = {"a/requirements.txt": "x==1\ny==1\n", "b/requirements.txt": "x==2\ny==1\n"}
        assert lists(files) == [[("x", "1"), ("y", "1")], [("x", "2")]]

    def test_nothing_is_resolved(self) -> None:
        (task,) = pip_audit.tasks(ask(LOCK))
        assert {"--disable-pip", "--no-deps"} <= set(task.argv)
        assert task.waits

    def test_markers_do_not_hide_a_package(self) -> None:
        (task,) = pip_audit.tasks(ask({"requirements.txt": "colorama==0.4.6 ; sys_platform == 'win32'\n"}))
        assert task.stdin == b"colorama==0.4.6"

    @pytest.mark.parametrize(
        ("service", "words"),
        [("osv", ("--osv-url", "http://h/v1/query")), ("pypi", ("--service", "http://h/v1/query"))],
    )
    def test_a_mirror(self, service: str, words: tuple[str, str]) -> None:
        request = ask(LOCK, vulnerability_service=service, vulnerability_service_url="http://h/v1/query")
        argv = pip_audit.tasks(request)[0].argv
        assert argv[argv.index(words[0]) + 1] == words[1]


class TestClassify:
    def test_nothing_found(self) -> None:
        found = read(report({**CLEAN, "name": "Flask", "version": "0.5"}, CLEAN))
        assert (found.state, found.examined) == (State.CLEAN, 2)

    def test_a_vulnerability(self) -> None:
        found = read(report(BAD, CLEAN), 1)
        (one,) = found.findings
        assert (one.rule, one.severity) == ("PYSEC-2018-66", Severity.UNKNOWN)
        assert one.aliases == ("CVE-2018-1000656", "GHSA-562c-5r94-xh97")
        assert one.package == Package("flask", "0.5", "PyPI", ("0.12.3", "1.0"))
        assert (one.path, one.line, one.fix) == ("requirements.txt", 1, "flask==1.0")

    def test_without_a_fix(self) -> None:
        (one,) = read(report({**BAD, "vulns": [{**VULN, "fix_versions": []}]}, CLEAN), 1).findings
        assert one.message.endswith("no version mends it")
        assert one.fix == ""

    def test_it_is_found_at_every_lock_that_names_it_and_once_in_each(self) -> None:
        files = {"a/requirements.txt": "flask==0.5\n", "b/requirements.txt": "flask==0.5\nflask==0.5 ; x\n"}
        found = read(report(BAD), 1, files)
        assert [each.path for each in found.findings] == ["a/requirements.txt", "b/requirements.txt"]

    def test_the_list_that_old_versions_write(self) -> None:
        assert len(read([BAD, CLEAN], 1).findings) == 1

    def test_what_the_service_does_not_know_is_a_gap(self) -> None:
        found = read(report({"name": "flask", "skip_reason": "Dependency not found on PyPI"}, CLEAN))
        assert (found.state, found.examined) == (State.INCOMPLETE, 1)
        assert found.gaps[0].startswith(
            "1 of 2 dependencies was not audited: the service does not know flask 0.5"
        )

    def test_unless_it_is_the_users_own(self) -> None:
        found = read(
            report({"name": "flask", "skip_reason": "Dependency not found on PyPI"}, CLEAN), internal="Flask"
        )
        assert (found.state, found.notes) == (State.CLEAN, ("Not audited, as internal: flask 0.5.",))

    def test_nothing_known_at_all_is_not_clean(self) -> None:
        rows = [{"name": name, "skip_reason": "not found"} for name in ("flask", "requests")]
        assert read(report(*rows)).state is State.INCOMPLETE

    def test_a_requirement_without_a_version_is_a_gap(self) -> None:
        files = {"requirements.txt": "flask==0.5\nloose>=1\n"}
        found = read(report({**CLEAN, "name": "flask", "version": "0.5"}), 0, files)
        assert found.gaps[0].startswith("1 dependency without an exact version could not be audited (loose")

    def test_a_lock_that_is_broken_is_a_gap(self) -> None:
        files = {**LOCK, "uv.lock": "[[package]\n"}
        assert "uv.lock cannot be read" in read(report({**CLEAN, "name": "flask"}, CLEAN), 0, files).gaps[0]

    @pytest.mark.parametrize(
        ("output", "code", "says"),
        [
            pytest.param(b"", 1, "could not ask its service", id="no network"),
            pytest.param(b"", 0, "wrote no result", id="nothing written"),
            pytest.param(b'{"dependencies": [{"na', 0, "only the beginning", id="truncated"),
            pytest.param(report(BAD, CLEAN), 0, "exit code 0 and reported 1", id="green with a finding"),
            pytest.param(
                report(CLEAN, {**CLEAN, "name": "flask"}), 1, "exit code 1 and reported 0", id="red without"
            ),
            pytest.param(
                report(CLEAN), 0, r"1 package it was asked for \(flask==0.5\)", id="a package is missing"
            ),
            pytest.param({"fixes": []}, 0, "no list of dependencies", id="no dependencies"),
            pytest.param(report(BAD, CLEAN), -9, "signal 9", id="killed"),
            pytest.param(report(BAD, CLEAN), 2, "exit code 2", id="bad options"),
        ],
    )
    def test_what_is_no_answer(self, output: object, code: int, says: str) -> None:
        with pytest.raises(NoAnswer, match=says):
            read(output, code)

    def test_a_service_that_is_away_is_the_environments_fault(self) -> None:
        errors = "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed"
        with pytest.raises(NoAnswer) as why:
            pip_audit.classify(ask(LOCK), [ended(b"", code=1, errors=errors, asked=ASKED)])
        assert why.value.trouble is Trouble.ENVIRONMENT


def test_aliases_never_hold_the_name_itself() -> None:
    assert pip_audit.finding(Pinned("a", "1", "x"), {"id": "A", "aliases": ["A", "B"]}).aliases == ("B",)
