"""The real scanners on seeded repositories: what they find, and every way in which they could fall silent."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.doubles.advisories import FLASK_AT_GITHUB, Advisories, serving
from tests.integration.scanning import Machine, names, new_machine, new_repository, only, rules

from ci_actions.findings.model import Kind, Severity
from ci_actions.security_scan.model import Facts, Scan, State, Trouble
from ci_actions.security_scan.preparing import AGENT
from ci_actions.security_scan.running import Runner

pytestmark = pytest.mark.integration

#: The kinds of weakness that bandit's own examples show, one a line.
WEAK = """import hashlib
import pickle
import subprocess
import tempfile

import yaml

DB_PASSWORD = "hunter2-is-no-password"


def weak(data, name):
    subprocess.call("ls " + name, shell=True)
    hashlib.md5(data)
    pickle.loads(data)
    yaml.load(data)
    eval(name)
    tempfile.mktemp()
    "SELECT * FROM t WHERE x = '%s'" % name
    try:
        exec(name)  # nosec
    except Exception:
        pass
    return open("/tmp/x")  # nosec B108
"""
SLACK = "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
GITHUB = "ghp_1234567890abcdefghijABCDEFGHIJ123456"
KEYS = f'github = "{GITHUB}"\nslack = "{SLACK}"\n'
WORKFLOW = """on: pull_request_target
permissions: {}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.pull_request.title }}
"""
PACKAGE_LOCK = {
    "name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": True,
    "packages": {"": {"name": "x", "version": "1.0.0"}, "node_modules/lodash": {"version": "4.17.20"}},
}  # fmt: skip
TRIVY_FLASK = {
    "source": "pip::GitHub Security Advisory pip", "package": "flask", "id": "CVE-2023-30861",
    "patched": ["2.2.5"], "vulnerable": ["< 2.2.5"], "severity": "HIGH", "title": "Flask may disclose a cookie",
}  # fmt: skip


@pytest.fixture
def machine() -> Iterator[Machine]:
    with new_machine() as made:
        yield made


@pytest.fixture
def open_repository(machine: Machine) -> Repository:
    return new_repository(machine.folder / "repository")


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with serving() as service:
        yield service


def plain(machine: Machine, repository: Repository, tool: str, module: str, *options: str) -> bytes:
    """What a scanner prints when it is started by hand, in the environment that we made for it."""
    python = next(machine.folder.glob(f"cache/ci-actions/environments/{tool}-*/bin/python"))
    done = subprocess.run(
        [python, "-I", "-m", module, *options], cwd=repository.path, capture_output=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


class TestBandit:
    def test_it_finds_what_plain_bandit_finds_however_many_shards(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        files = {
            f"pkg/m{number}.py": WEAK + f"x{number} = {number}\n" * (200 * number) for number in range(8)
        }
        open_repository.commit(files)
        whole = only(machine.scan(open_repository.path, "bandit", jobs="1"), "bandit")
        divided = only(machine.scan(open_repository.path, "bandit", jobs="3"), "bandit")
        assert whole.findings == divided.findings
        assert (whole.state, whole.examined) == (State.FINDINGS, 8)
        found = json.loads(plain(machine, open_repository, "bandit", "bandit", "-r", "-f", "json", "-q", "."))
        expected = [
            (row["test_id"], row["filename"].removeprefix("./"), row["line_number"])
            for row in found["results"]
        ]
        assert sorted(rules(divided)) == sorted(expected)
        assert {"B105", "B602", "B324", "B301", "B506", "B307", "B306", "B608", "B110"} <= names(
            divided.findings
        )

    def test_its_report_is_the_same_to_the_letter(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        """What our start of bandit leaves undone (see agent.py) changes nothing, in odd files neither."""
        odd = {
            "loud.py": "exec(a)  # NOSEC\nassert b  # nosec B101\nexec(c)  # nosec: B102 why\nexec(d)  # nosec B999\n",
            "quiet.py": "exec(a)  # noqa\n# no sec\n",
            "in_text.py": "A = '# nosec'\nexec(A)\n",
            "open.py": 'exec(a)  # nosec\nb = """\n',
            "tabs.py": "if a:\n\texec(b)\n        exec(c)\n",
            "latin.py": "# -*- coding: latin-1 -*-\nexec('a')\n",
            "unknown.py": "# -*- coding: klingon -*-\nexec('a')  # nosec\n",
            "nul.py": "exec('a')\n\0",
            "bom.py": "\ufeffexec('a')\n",
            "weak.py": WEAK,
        }
        undeclared = {"early.py": b"# \xe9\nexec('a')\n", "late.py": b"exec('a')\n\n\n# \xe9\n"}
        for name, data in undeclared.items():
            (open_repository.path / name).write_bytes(data)
        open_repository.commit(odd)
        machine.scan(open_repository.path, "bandit")
        names = [f"./{name}" for name in (*odd, *undeclared)]
        said = json.loads(plain(machine, open_repository, "bandit", "bandit", "-q", "-f", "json", *names))
        python = next(machine.folder.glob("cache/ci-actions/environments/bandit-*/bin/python"))
        ours = subprocess.run(
            [python, "-I", AGENT, "bandit", "-q", "-f", "json"], cwd=open_repository.path, capture_output=True,
            input="\0".join(names).encode(), check=False,
        )  # fmt: skip
        assert ours.returncode == 1
        assert json.loads(ours.stdout) | {"generated_at": ""} == said | {"generated_at": ""}
        assert len(said["errors"]) >= 5

    def test_markers(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"a.py": WEAK})
        scan = only(machine.scan(open_repository.path, "bandit"), "bandit")
        assert scan.markers == 2
        assert [(each.path, each.line) for each in scan.bare_markers] == [("a.py", 20)]

    def test_the_password_is_nowhere(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"a.py": WEAK})
        found = machine.scan(open_repository.path, "bandit")
        assert "hunter2" not in repr((found.scans, machine.lines))

    def test_a_file_that_cannot_be_parsed(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"a.py": "x = 1\n", "b.py": "def broken(:\n", "c d/é.py": "y = 2\n"})
        scan = only(machine.scan(open_repository.path, "bandit"), "bandit")
        assert (scan.state, scan.examined) == (State.INCOMPLETE, 2)
        assert "b.py" in scan.gaps[0]

    def test_nothing_to_find(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"-x.py": "x = 1\n"})
        scan = only(machine.scan(open_repository.path, "bandit"), "bandit")
        assert (scan.state, scan.examined, scan.version) == (State.CLEAN, 1, locked("bandit"))

    def test_a_configuration_of_the_machine_is_not_read(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({"a.py": WEAK})
        home = machine.folder / "home"
        (home / ".config" / "bandit").mkdir(parents=True)
        (home / ".config" / "bandit" / "bandit.yaml").write_text("skips: [B602]\n")
        environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
        scan = only(
            machine.scan(open_repository.path, "bandit", environ={**environ, "XDG_CACHE_HOME": ""}), "bandit"
        )
        assert "B602" in names(scan.findings)


def locked(name: str) -> str:
    from ci_actions.security_scan.preparing import locked_version

    lock = Path(__file__).parents[2] / "requirements" / "scanners" / f"{name}.txt"
    return locked_version(lock.read_text(), name)


class TestDetectSecrets:
    def baseline(self, machine: Machine, repository: Repository, *options: str) -> str:
        """A baseline that the real program makes of the repository as it is now."""
        only(machine.scan(repository.path, "detect-secrets"), "detect-secrets")
        return plain(machine, repository, "detect-secrets", "detect_secrets", "scan", *options).decode()

    def test_it_finds_secrets_and_nobody_sees_them(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({"k.py": KEYS, "latin.py": "x = 1\n"})
        (open_repository.path / "latin.py").write_bytes(b"# caf\xe9\npassword = 'hunter2-latin-1'\n")
        found = machine.scan(open_repository.path, "detect-secrets")
        scan = only(found, "detect-secrets")
        assert {("github-token", "k.py", 1), ("slack-token", "k.py", 2)} <= set(rules(scan))
        assert ("secret-keyword", "latin.py", 2) in rules(scan)
        assert all(each.kind is Kind.SECRET for each in scan.findings)
        assert not any(
            value in repr((found.scans, machine.lines)) for value in (GITHUB, SLACK, "hunter2-latin-1")
        )

    @pytest.mark.parametrize("options", [(), ("--slim",)], ids=["whole", "slim"])
    def test_a_baseline_holds_them_back_though_lines_move_and_files_are_renamed(
        self, machine: Machine, open_repository: Repository, options: tuple[str, ...]
    ) -> None:
        open_repository.commit({"k.py": KEYS, "other.py": 'password = "hunter3-is-known"\n'})
        text = self.baseline(machine, open_repository, *options)
        open_repository.git("mv", "other.py", "moved.py")
        open_repository.commit({"k.py": "# a line\n\n" + KEYS, ".secrets.baseline": text})
        scan = only(machine.scan(open_repository.path, "detect-secrets"), "detect-secrets")
        assert (scan.findings, scan.state) == ((), State.CLEAN)
        assert scan.held_back >= 3
        assert (open_repository.path / ".secrets.baseline").read_text() == text
        open_repository.commit({"fresh.py": 'password = "hunter4-is-new"\n'})
        scan = only(machine.scan(open_repository.path, "detect-secrets"), "detect-secrets")
        assert [each.path for each in scan.findings] == ["fresh.py"]

    def test_its_plugins_and_those_of_a_newer_version(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({"k.py": KEYS})
        document = json.loads(self.baseline(machine, open_repository))
        document |= {"results": {}, "version": "9.9.9"}
        document["plugins_used"] = [{"name": "GitHubTokenDetector"}, {"name": "QuantumDetector"}]
        open_repository.commit({".secrets.baseline": json.dumps(document)})
        scan = only(machine.scan(open_repository.path, "detect-secrets"), "detect-secrets")
        assert names(scan.findings) == {"github-token"}
        assert scan.state is State.INCOMPLETE
        assert "QuantumDetector" in scan.gaps[0]

    def test_a_plugin_of_the_projects_own(self, machine: Machine, open_repository: Repository) -> None:
        plugin = (
            "import re\nfrom detect_secrets.plugins.base import RegexBasedDetector\n"
            "class Acme(RegexBasedDetector):\n    secret_type = 'Acme Token'\n    denylist = [re.compile(r'acme-[0-9]{6}')]\n"
        )
        open_repository.commit({"plugin.py": plugin, "a.txt": "acme-123456\n"})
        path = open_repository.path / "plugin.py"
        document = {
            "version": "1.5.0",
            "plugins_used": [{"name": "Acme", "path": f"file://{path}"}],
            "results": {},
        }
        open_repository.commit({".secrets.baseline": json.dumps({**document, "filters_used": []})})
        scan = only(machine.scan(open_repository.path, "detect-secrets"), "detect-secrets")
        assert ("acme-token", "a.txt", 1) in rules(scan)


class TestPipAudit:
    def scan(
        self,
        machine: Machine,
        repository: Repository,
        advisories: Advisories,
        service: str = "pypi",
        **more: Any,
    ) -> Scan:
        address = advisories.address + ("/v1/query" if service == "osv" else "")
        options: dict[str, Any] = {
            "vulnerability_service": service,
            "vulnerability_service_url": address,
            "osv_url": advisories.address,
        }
        return only(machine.scan(repository.path, "pip-audit", **{**options, **more}), "pip-audit")

    @pytest.mark.parametrize("service", ["pypi", "osv"])
    def test_a_vulnerability_with_the_severity_of_its_other_name(
        self, machine: Machine, open_repository: Repository, advisories: Advisories, service: str
    ) -> None:
        open_repository.commit(
            {"requirements.txt": "flask==0.5 ; sys_platform == 'win32'\nrequests==2.19.0\n"}
        )
        scan = self.scan(machine, open_repository, advisories, service)
        assert (scan.state, scan.examined) == (State.FINDINGS, 2)
        assert {(each.severity, each.score) for each in scan.findings} == {(Severity.HIGH, 7.5)}
        assert {each.path for each in scan.findings} == {"requirements.txt"}
        (package,) = {each.package for each in scan.findings}
        assert package is not None
        assert (package.name, package.version, package.fixed) == ("flask", "0.5", ("2.2.5",))

    def test_every_lock_is_read(
        self, machine: Machine, open_repository: Repository, advisories: Advisories
    ) -> None:
        uv = 'version = 1\n[[package]]\nname = "flask"\nversion = "1.0"\nsource = { registry = "https://index.example/simple" }\n'
        open_repository.commit({"a/requirements.txt": "flask==0.5\n", "b/uv.lock": uv})
        scan = self.scan(machine, open_repository, advisories)
        assert {each.path for each in scan.findings} == {"a/requirements.txt", "b/uv.lock"}

    def test_a_package_that_the_service_does_not_know(
        self, machine: Machine, open_repository: Repository, advisories: Advisories
    ) -> None:
        open_repository.commit({"requirements.txt": "requests==2.19.0\nacme-core==2.1\n"})
        scan = self.scan(machine, open_repository, advisories)
        assert (scan.state, scan.trouble) == (State.INCOMPLETE, Trouble.EVIDENCE)
        assert "acme-core 2.1" in scan.gaps[0]
        assert self.scan(machine, open_repository, advisories, internal="acme_core").state is State.CLEAN

    @pytest.mark.parametrize("mode", ["truncated", "refuses", "nonsense"])
    @pytest.mark.parametrize("service", ["pypi", "osv"])
    def test_a_service_that_is_broken(
        self, machine: Machine, open_repository: Repository, advisories: Advisories, service: str, mode: str
    ) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        advisories.mode = mode
        assert self.scan(machine, open_repository, advisories, service).state is State.FAILED
        assert advisories.asked

    def test_a_service_that_is_away(
        self, machine: Machine, open_repository: Repository, advisories: Advisories
    ) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        options = {"vulnerability_service_url": "http://127.0.0.1:9", "osv_url": "http://127.0.0.1:9"}
        scan = self.scan(machine, open_repository, advisories, **options)
        assert (scan.state, scan.trouble) == (State.FAILED, Trouble.ENVIRONMENT)

    def test_a_severity_that_nobody_tells_stays_unknown(
        self, machine: Machine, open_repository: Repository, advisories: Advisories
    ) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        scan = self.scan(machine, open_repository, advisories, osv_url="http://127.0.0.1:9")
        assert [each.severity for each in scan.findings] == [Severity.UNKNOWN]


class TestZizmor:
    def test_findings_and_a_workflow_that_cannot_be_parsed(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({".github/workflows/ci.yml": WORKFLOW})
        scan = only(machine.scan(open_repository.path, "zizmor"), "zizmor")
        assert ("template-injection", ".github/workflows/ci.yml", 7) in rules(scan)
        assert (scan.state, scan.examined) == (State.FINDINGS, 1)
        open_repository.commit({".github/workflows/broken.yml": "on: [push\njobs:\n"})
        scan = only(machine.scan(open_repository.path, "zizmor"), "zizmor")
        assert (scan.state, scan.examined) == (State.INCOMPLETE, 1)
        assert "broken.yml" in scan.gaps[0]

    def test_only_a_workflow_that_cannot_be_parsed(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({".github/workflows/broken.yml": "on: [push\njobs:\n"})
        scan = only(machine.scan(open_repository.path, "zizmor"), "zizmor")
        assert scan.state in (State.FAILED, State.INCOMPLETE)

    def test_a_workflow_without_a_weakness(self, machine: Machine, open_repository: Repository) -> None:
        calm = (
            WORKFLOW.replace("pull_request_target", "push").partition("      - run")[0]
            + "      - run: echo\n"
        )
        open_repository.commit({".github/workflows/ci.yml": calm})
        assert only(machine.scan(open_repository.path, "zizmor"), "zizmor").state is State.CLEAN


class TestGitleaks:
    def test_a_secret_that_is_gone_from_the_files(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        machine.use("gitleaks")
        open_repository.commit({"a.py": "x = 1\n"})
        bad = open_repository.commit({"k.py": KEYS})
        open_repository.commit({"k.py": "pass\n"})
        found = machine.scan(open_repository.path, "gitleaks", history="all")
        scan = only(found, "gitleaks")
        assert (scan.state, scan.examined) == (State.FINDINGS, 3)
        assert {each.commit for each in scan.findings} == {bad[:12]}
        assert names(scan.findings) == {"github-pat", "slack-bot-token"}
        assert not any(value in repr((found.scans, machine.lines)) for value in (GITHUB, SLACK))

    def test_the_commits_of_the_change_alone(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("gitleaks")
        open_repository.commit({"k.py": KEYS})
        base = open_repository.commit({"k.py": "pass\n"})
        open_repository.commit({"a.py": "x = 1\n"})
        scan = only(machine.scan(open_repository.path, "gitleaks", base=base), "gitleaks")
        assert (scan.state, scan.examined, scan.findings) == (State.CLEAN, 1, ())

    def test_a_shallow_clone(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("gitleaks")
        open_repository.commit({"k.py": KEYS})
        open_repository.commit({"k.py": "pass\n"})
        clone = machine.folder / "clone"
        subprocess.run(
            ["git", "clone", "--quiet", "--depth=1", open_repository.path.as_uri(), clone], check=True
        )
        scan = only(machine.scan(clone, "gitleaks", history="all"), "gitleaks")
        assert scan.state is State.INCOMPLETE
        assert "shallow" in scan.gaps[0]

    def test_its_own_marker_and_ignore_file(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("gitleaks")
        commit = open_repository.commit({"k.py": KEYS})
        ignored = "\n".join(f"{commit}:k.py:{rule}" for rule in ("github-pat:1", "slack-bot-token:2"))
        open_repository.commit({".gitleaksignore": ignored + "\n"})
        scan = only(machine.scan(open_repository.path, "gitleaks", history="all"), "gitleaks")
        assert (scan.findings, scan.markers) == ((), 2)

    @pytest.mark.parametrize("conflict", [False, True], ids=["slipped in", "a conflict that was resolved"])
    def test_a_secret_that_only_a_merge_brings_in(
        self, machine: Machine, open_repository: Repository, conflict: bool
    ) -> None:
        machine.use("gitleaks")
        open_repository.commit({"k.py": "x = 1\n", "a.py": "a = 1\n"})
        open_repository.git("checkout", "--quiet", "-b", "side")
        open_repository.commit({"k.py" if conflict else "side.py": "x = 2\n"})
        open_repository.git("checkout", "--quiet", "main")
        open_repository.commit({"k.py" if conflict else "a.py": "x = 3\n"})
        subprocess.run(
            ["git", "merge", "--quiet", "--no-commit", "side"], cwd=open_repository.path, check=False
        )
        merge = open_repository.commit({"k.py": KEYS})
        open_repository.commit({"k.py": "pass\n"})
        scan = only(machine.scan(open_repository.path, "gitleaks", history="all"), "gitleaks")
        assert (scan.state, scan.gaps, scan.examined) == (State.FINDINGS, (), 5)
        assert {each.commit for each in scan.findings} == {merge[:12]}
        assert names(scan.findings) == {"github-pat", "slack-bot-token"}

    @pytest.mark.parametrize("merged", [False, True], ids=["a line", "a merge"])
    def test_it_counts_the_commits_that_git_counts(
        self, machine: Machine, open_repository: Repository, merged: bool
    ) -> None:
        machine.use("gitleaks")
        for number in range(5):
            open_repository.commit({f"a{number}.py": f"x = {number}\n"})
        open_repository.commit(message="empty")
        (open_repository.path / "b.bin").write_bytes(bytes(range(256)) * 10)
        open_repository.commit({"link": "x"})
        if merged:
            open_repository.git("checkout", "--quiet", "-b", "side", "HEAD~2")
            open_repository.commit({"side.py": "y = 1\n"})
            open_repository.git("merge", "--quiet", "--no-edit", "main")
        scan = only(machine.scan(open_repository.path, "gitleaks", history="all"), "gitleaks")
        assert (scan.state, scan.gaps) == (State.CLEAN, ())


class TestOsvScanner:
    FILES = {"requirements.txt": "flask==0.5\n", "web/package-lock.json": json.dumps(PACKAGE_LOCK)}  # noqa: RUF012

    def test_vulnerabilities_from_a_local_database(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        machine.use("osv-scanner")
        open_repository.commit(self.FILES)
        machine.osv_database("PyPI", FLASK_AT_GITHUB)
        machine.osv_database("npm")
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert (scan.state, scan.examined) == (State.FINDINGS, 2)
        (one,) = scan.findings
        assert (one.rule, one.severity, one.path) == (
            "GHSA-m2qf-hxjv-5gpq",
            Severity.HIGH,
            "requirements.txt",
        )

    def test_the_database_of_one_ecosystem_is_missing(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        machine.use("osv-scanner")
        open_repository.commit(self.FILES)
        machine.osv_database("PyPI", FLASK_AT_GITHUB)
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert scan.state is not State.CLEAN
        assert "npm" in " ".join((*scan.gaps, scan.reason))

    def test_no_database(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("osv-scanner")
        open_repository.commit(self.FILES)
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert (scan.state, scan.trouble) == (State.FAILED, Trouble.ENVIRONMENT)

    def test_a_stale_and_a_truncated_database(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("osv-scanner")
        open_repository.commit({"requirements.txt": "requests==2.19.0\n"})
        path = machine.osv_database("PyPI", FLASK_AT_GITHUB, hours=216)
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert scan.database_age_hours == pytest.approx(216, abs=0.1)
        path.write_bytes(path.read_bytes()[:100])
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert scan.state in (State.FAILED, State.INCOMPLETE)

    def test_a_broken_lock(self, machine: Machine, open_repository: Repository) -> None:
        machine.use("osv-scanner")
        open_repository.commit({**self.FILES, "web/package-lock.json": json.dumps(PACKAGE_LOCK)[:90]})
        machine.osv_database("PyPI")
        machine.osv_database("npm")
        scan = only(machine.scan(open_repository.path, "osv-scanner", db_mode="offline"), "osv-scanner")
        assert scan.state in (State.FAILED, State.INCOMPLETE)


class TestTrivy:
    FILES = {"requirements.txt": "flask==0.5\n", "Dockerfile": "FROM debian:12\nUSER root\n", "k.py": KEYS}  # noqa: RUF012

    def scan(self, machine: Machine, repository: Repository) -> Facts:
        machine.use("trivy")
        return machine.scan(repository.path, "trivy-fs", db_mode="offline")

    def test_vulnerabilities_secrets_and_misconfigurations(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit(self.FILES)
        machine.trivy_database(TRIVY_FLASK)
        found = self.scan(machine, open_repository)
        scan = only(found, "trivy-fs")
        assert scan.state is State.FINDINGS, (scan.reason, scan.gaps)
        kinds = {each.kind: each for each in scan.findings}
        assert set(kinds) == {Kind.DEPENDENCY, Kind.SECRET, Kind.MISCONFIGURATION}
        assert (kinds[Kind.DEPENDENCY].rule, kinds[Kind.DEPENDENCY].severity) == (
            "CVE-2023-30861",
            Severity.HIGH,
        )
        assert kinds[Kind.DEPENDENCY].path == "requirements.txt"
        assert scan.database_age_hours == pytest.approx(1, abs=0.1)
        assert not any(value in repr((found.scans, machine.lines)) for value in (GITHUB, SLACK, SLACK[17:]))

    def test_a_severity_that_the_database_does_not_know(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        machine.trivy_database({**TRIVY_FLASK, "severity": ""})
        (one,) = only(self.scan(machine, open_repository), "trivy-fs").findings
        assert one.severity is Severity.UNKNOWN

    def test_no_database(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit(self.FILES)
        scan = only(self.scan(machine, open_repository), "trivy-fs")
        assert (scan.state, scan.trouble) == (State.FAILED, Trouble.ENVIRONMENT)

    def test_a_registry_that_is_away(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit(self.FILES)
        machine.use("trivy")
        mirrors = "localhost:9/trivy-db:2,localhost:8/trivy-db:2"
        scan = only(machine.scan(open_repository.path, "trivy-fs", db_mirrors=mirrors), "trivy-fs")
        assert (scan.state, scan.trouble) == (State.FAILED, Trouble.ENVIRONMENT)

    def test_a_stale_and_a_truncated_database(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"requirements.txt": "requests==2.19.0\n"})
        folder = machine.trivy_database(TRIVY_FLASK, hours=216)
        scan = only(self.scan(machine, open_repository), "trivy-fs")
        assert scan.database_age_hours == pytest.approx(216, abs=0.1)
        database = folder / "trivy.db"
        database.write_bytes(database.read_bytes()[:5000])
        scan = only(self.scan(machine, open_repository), "trivy-fs")
        assert scan.state is State.FAILED

    def test_locks_that_it_passes_over_in_silence(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        broken = {"package-lock.json": json.dumps(PACKAGE_LOCK)[:130], "Dockerfile": "FROM x\nRUNN y\n"}
        open_repository.commit({"requirements.txt": "requests==2.19.0\n", **broken})
        machine.trivy_database(TRIVY_FLASK)
        scan = only(self.scan(machine, open_repository), "trivy-fs")
        assert scan.state is State.INCOMPLETE
        assert "package-lock.json" in scan.gaps[0]


class TestSafety:
    def test_the_users_own_database(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        scan = only(
            machine.scan(open_repository.path, "safety", safety_db=machine.safety_database()), "safety"
        )
        assert scan.state is State.FINDINGS, (scan.reason, scan.gaps)
        assert names(scan.findings) == {"SAFETY-25820"}
        assert scan.database_age_hours == pytest.approx(1, abs=0.1)

    def test_a_layout_in_which_it_would_find_nothing(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        open_repository.commit({"requirements.txt": "flask==0.5\n"})
        folder = Path(machine.safety_database())
        content = json.dumps({"meta": {}, "vulnerable_packages": {"flask": [{"specs": ["<0.12.3"]}]}})
        (folder / "insecure_full.json").write_text(content)
        (folder / "insecure.json").write_text(content)
        scan = only(machine.scan(open_repository.path, "safety", safety_db=str(folder)), "safety")
        assert (scan.state, scan.trouble) == (State.FAILED, Trouble.ENVIRONMENT)


class TestTogether:
    def test_auto_says_why_of_every_scanner(self, machine: Machine, open_repository: Repository) -> None:
        open_repository.commit({"a.py": "x = 1\n", "README.md": "hello\n"})
        found = machine.scan(open_repository.path, history="change")
        states = {scan.tool: scan.state for scan in found.scans}
        assert set(states) == {
            "bandit", "pip-audit", "osv-scanner", "trivy-fs", "trivy-image", "detect-secrets", "gitleaks", "zizmor", "safety",
        }  # fmt: skip
        assert states["bandit"] is State.CLEAN
        assert states["zizmor"] is State.NOT_APPLICABLE
        assert all(scan.reason for scan in found.scans)
        assert any(line.startswith("zizmor: not-applicable: no workflow") for line in machine.lines)

    def test_new_findings_are_told_from_those_of_the_base(
        self, machine: Machine, open_repository: Repository
    ) -> None:
        base = open_repository.commit({"a.py": WEAK})
        open_repository.commit({"b.py": "eval(input())\n"})
        found = machine.scan(open_repository.path, "bandit", scope="new", base=base)
        assert found.before is not None
        assert {each.path for each in found.before} == {"a.py"}
        assert found.before_sources["a.py"] == WEAK
        assert {each.path for each in only(found, "bandit").findings} == {"a.py", "b.py"}
        assert open_repository.git("status", "--porcelain") == ""


def _kill_after(runner: Runner, delay: float, done: threading.Event, killed: list[int]) -> None:
    """Kill the first scanner that runs, so many seconds after it began."""
    while not runner._running and not done.is_set():
        time.sleep(0.001)
    time.sleep(delay)
    for each in list(runner._running):
        try:
            os.kill(each.group._child.pid, signal.SIGKILL)
            killed.append(each.group._child.pid)
        except ProcessLookupError:
            pass


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
@pytest.mark.parametrize(
    "tool",
    ["bandit", "detect-secrets", "pip-audit", "zizmor", "gitleaks", "osv-scanner", "trivy-fs", "safety"],
)
def test_a_scanner_that_is_killed_at_any_point_is_never_clean(
    tool: str,
    machine: Machine,
    open_repository: Repository,
    advisories: Advisories,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each scanner has something to find; killed, it either had said so already, or gave no answer."""
    open_repository.commit(
        {"a.py": WEAK, "k.py": KEYS, "requirements.txt": "flask==0.5\n", ".github/workflows/ci.yml": WORKFLOW}
    )
    if tool in ("gitleaks", "osv-scanner", "trivy-fs"):
        machine.use(tool.removesuffix("-fs"))
    if tool == "trivy-fs":
        machine.trivy_database(TRIVY_FLASK)
    machine.osv_database("PyPI", FLASK_AT_GITHUB)
    options: dict[str, Any] = {
        "history": "all",
        "vulnerability_service_url": advisories.address,
        "osv_url": advisories.address,
        "safety_db": machine.safety_database(),
        "jobs": "1",
    }
    if tool in ("osv-scanner", "trivy-fs"):
        options["db_mode"] = "offline"
    undisturbed = only(machine.scan(open_repository.path, tool, **options), tool)
    assert undisturbed.state is State.FINDINGS, (undisturbed.reason, undisturbed.gaps)
    killed: list[int] = []
    run = Runner.run
    delay = 0.0

    def disturbed(self: Runner, works: object) -> object:
        done = threading.Event()
        thread = threading.Thread(target=_kill_after, args=(self, delay, done, killed))
        thread.start()
        try:
            return run(self, works)  # type: ignore[arg-type]
        finally:
            done.set()
            thread.join()

    monkeypatch.setattr(Runner, "run", disturbed)
    chosen = random.Random(tool)
    for _ in range(4):
        delay = chosen.uniform(0.0, undisturbed.seconds)
        before = len(killed)
        scan = only(machine.scan(open_repository.path, tool, **options), tool)
        assert scan.state in (State.FAILED, State.FINDINGS), (scan.state, scan.reason)
        if scan.state is State.FINDINGS:
            assert scan.findings == undisturbed.findings
        else:
            assert len(killed) > before
            assert "killed by signal 9" in scan.reason
    assert killed
