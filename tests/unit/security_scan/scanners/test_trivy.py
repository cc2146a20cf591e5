from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.doubles.scanning import NOW, ask, config, ended, tree

from ci_actions.findings.model import Kind, Package, Region, Severity
from ci_actions.security_scan.model import State, Trouble
from ci_actions.security_scan.scanners import NoAnswer, Reading, trivy

METADATA = "/cache/trivy/db/metadata.json"
FILES = {"requirements.txt": "flask==0.5\n", "Dockerfile": "FROM x\n", "k.py": ""}
VULNERABILITY = {
    "VulnerabilityID": "CVE-2018-1000656",
    "VendorIDs": ["GHSA-562c-5r94-xh97"],
    "PkgName": "flask",
    "InstalledVersion": "0.5",
    "FixedVersion": "0.12.3, 1.0",
    "Severity": "HIGH",
    "CVSS": {"nvd": {"V3Score": 7.5, "V2Score": 5.0}, "ghsa": {"V3Score": 7.1}},
    "Title": "flask: denial of service",
    "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2018-1000656",
}
SECRET = {
    "RuleID": "slack-access-token",
    "Severity": "HIGH",
    "Title": "Slack token",
    "StartLine": 2,
    "EndLine": 2,
    "Code": {"Lines": [{"Content": 'slack = "****-AbCdEfGhIjKlMnOpQrStUvWx"'}]},
    "Match": 'slack = "****-AbCdEfGhIjKlMnOpQrStUvWx"',
}
CHECK = {
    "ID": "DS001",
    "AVDID": "AVD-DS-0001",
    "Title": "':latest' tag used",
    "Message": "Specify a tag",
    "Severity": "MEDIUM",
    "Status": "FAIL",
    "Resolution": "Add a tag",
    "CauseMetadata": {"StartLine": 1, "EndLine": 3},
}
LOCK = {"Target": "requirements.txt", "Class": "lang-pkgs", "Type": "pip", "Packages": [{"Name": "flask"}]}
SYSTEM = {
    "Target": "app:1 (debian 12)",
    "Class": "os-pkgs",
    "Type": "debian",
    "Packages": [{"Name": "openssl"}],
}
DOCKERFILE = {"Target": "Dockerfile", "Class": "config", "Type": "dockerfile"}


def metadata(hours: float = 1.0) -> dict[str, bytes]:
    updated = datetime.fromtimestamp(NOW - hours * 3600, UTC).isoformat()
    return {METADATA: json.dumps({"Version": 2, "UpdatedAt": updated}).encode()}


def report(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": 2,
        "ArtifactName": ".",
        "ArtifactType": "filesystem",
        "Results": list(results),
        **more,
    }


def read(output: object, code: int = 0, errors: str = "", hours: float = 1.0, **more: Any) -> Reading:
    request = ask(FILES, chosen=["requirements.txt", "Dockerfile"], kept=metadata(hours), **more)
    return trivy.classify(request, [ended(output, code=code, errors=errors)])


def image(output: object, **more: Any) -> Reading:
    return trivy.classify(ask(FILES, target="app:1", kept=metadata(), **more), [ended(output)])


class TestApplies:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("go.mod", True), ("Dockerfile", True), ("x/Dockerfile.dev", True), ("main.tf", True), ("Chart.yaml", True),
            ("web.Dockerfile", True), ("a.py", False), ("README.md", False),
        ],
    )  # fmt: skip
    def test_files(self, path: str, expected: bool) -> None:
        assert trivy.fs_applies(config(), tree([path])).applies is expected

    def test_images(self) -> None:
        assert not trivy.image_applies(config(), tree([])).applies
        assert trivy.image_targets(config(image="a:1,b:2,a:1")) == ("a:1", "b:2")


class TestTasks:
    def argv(self, **more: Any) -> tuple[str, ...]:
        return trivy.fs_tasks(ask(FILES, **more))[0].argv

    def test_we_decide_and_every_severity_is_reported(self) -> None:
        argv = self.argv()
        assert argv[argv.index("--exit-code") + 1] == "0"
        assert argv[argv.index("--severity") + 1] == "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"

    def test_mirrors_are_tried_in_their_order(self) -> None:
        argv = self.argv(db_mirrors="b/x:2,a/x:2")
        assert [argv[at + 1] for at, word in enumerate(argv) if word == "--db-repository"] == [
            "b/x:2",
            "a/x:2",
        ]

    @pytest.mark.parametrize(
        ("mode", "kept", "skips"),
        [
            ("online", metadata(), False),
            ("cache", metadata(), True),
            ("cache", {}, False),
            ("offline", {}, True),
        ],
    )
    def test_the_mode_of_the_database(self, mode: str, kept: dict[str, bytes], skips: bool) -> None:
        argv = self.argv(db_mode=mode, kept=kept)
        assert ("--skip-db-update" in argv) is skips
        assert ("--db-repository" in argv) is not skips
        assert ("--offline-scan" in argv) is (mode == "offline")

    @pytest.mark.parametrize(
        ("target", "last"),
        [
            ("app:1", ("app:1",)),
            ("oci:out/image", ("--input", "out/image")),
            ("docker-archive:a.tar", ("--input", "a.tar")),
        ],
    )
    def test_images(self, target: str, last: tuple[str, ...]) -> None:
        (task,) = trivy.image_tasks(ask(FILES, target=target))
        assert task.argv[-len(last) :] == last
        assert task.env["DOCKER_CONFIG"] == "/home/me/.docker"

    def test_the_projects_ignore_file_is_honoured(self) -> None:
        argv = trivy.fs_tasks(ask({**FILES, ".trivyignore.yaml": ""}))[0].argv
        assert argv[argv.index("--ignorefile") + 1] == ".trivyignore.yaml"


class TestClassify:
    def test_nothing_found(self) -> None:
        found = read(report(LOCK, DOCKERFILE))
        assert (found.state, found.examined) == (State.CLEAN, 2)
        assert found.database_age_hours == pytest.approx(1.0)

    def test_a_vulnerability(self) -> None:
        (one,) = read(report({**LOCK, "Vulnerabilities": [VULNERABILITY]}, DOCKERFILE)).findings
        assert (one.rule, one.severity, one.score) == ("CVE-2018-1000656", Severity.HIGH, 7.5)
        assert one.package == Package("flask", "0.5", "pip", ("0.12.3", "1.0"))
        assert (one.path, one.aliases, one.target) == ("requirements.txt", ("GHSA-562c-5r94-xh97",), "")

    def test_one_advisory_in_two_packages_is_two_findings(self) -> None:
        other = {**VULNERABILITY, "PkgName": "flask-api"}
        found = read(report({**LOCK, "Vulnerabilities": [VULNERABILITY, other]}, DOCKERFILE))
        assert [each.package and each.package.name for each in found.findings] == ["flask", "flask-api"]

    def test_an_unknown_severity_stays_unknown(self) -> None:
        row = {**VULNERABILITY, "Severity": "UNKNOWN"}
        (one,) = read(report({**LOCK, "Vulnerabilities": [row]}, DOCKERFILE)).findings
        assert one.severity is Severity.UNKNOWN

    def test_misconfigurations_and_secrets_together(self) -> None:
        passed = {**CHECK, "ID": "DS002", "Status": "PASS"}
        secrets = {"Target": "k.py", "Class": "secret", "Secrets": [SECRET]}
        found = read(report(LOCK, {**DOCKERFILE, "Misconfigurations": [CHECK, passed]}, secrets))
        check, secret = found.findings
        assert (check.kind, check.rule, check.region) == (Kind.MISCONFIGURATION, "DS001", Region(1, 0, 3))
        assert (secret.kind, secret.path, secret.line) == (Kind.SECRET, "k.py", 2)

    def test_nothing_of_the_line_of_a_secret_is_taken_over(self) -> None:
        secrets = {"Target": "k.py", "Class": "secret", "Secrets": [SECRET]}
        assert "AbCdEf" not in repr(read(report(LOCK, DOCKERFILE, secrets)))

    def test_ignored_files_are_not_looked_at(self) -> None:
        secrets = {"Target": "build/k.py", "Class": "secret", "Secrets": [SECRET]}
        assert read(report(LOCK, DOCKERFILE, secrets)).findings == ()

    def test_a_lock_that_it_passed_over_is_a_gap(self) -> None:
        found = read(report(DOCKERFILE))
        assert (found.state, found.gaps) == (
            State.INCOMPLETE,
            ("1 file could not be read (requirements.txt)",),
        )

    def test_a_lock_without_a_package_is_none(self) -> None:
        files = {"requirements.txt": "# nothing yet\n", "Dockerfile": ""}
        request = ask(files, kept=metadata())
        assert trivy.classify(request, [ended(report(DOCKERFILE))]).state is State.CLEAN

    def test_no_results_at_all_are_not_clean(self) -> None:
        assert read({"SchemaVersion": 2, "ArtifactName": "."}).state is State.INCOMPLETE

    def test_schema_1(self) -> None:
        (one,) = read([{**LOCK, "Vulnerabilities": [VULNERABILITY]}, DOCKERFILE]).findings
        assert one.rule == "CVE-2018-1000656"

    def test_suppressed_findings_are_counted(self) -> None:
        row = {**LOCK, "ExperimentalModifiedFindings": [{"Type": "vulnerability", "Status": "ignored"}]}
        assert read(report(row, DOCKERFILE)).held_back == 1

    def test_paths_are_those_from_the_git_root(self) -> None:
        files = tree({"api/requirements.txt": "flask==0.5\n"}, directory="api")
        request = ask(over=files, chosen=["api/requirements.txt"], kept=metadata())
        row = {**LOCK, "Vulnerabilities": [VULNERABILITY]}
        (one,) = trivy.classify(request, [ended(report(row))]).findings
        assert one.path == "api/requirements.txt"

    @pytest.mark.parametrize(
        ("output", "code", "errors", "says", "trouble"),
        [
            pytest.param(
                b"", 1, "FATAL Fatal error init error: DB error: database error: --skip-update cannot be specified",
                "no database", Trouble.ENVIRONMENT, id="no database",
            ),
            pytest.param(
                b"", 1, "FATAL failed to download vulnerability DB: TOOMANYREQUESTS", "no database",
                Trouble.ENVIRONMENT, id="the registry refuses",
            ),
            pytest.param(b"", 1, "FATAL walk error", "exit code 1", Trouble.EVIDENCE, id="another fatal error"),
            pytest.param(b"", 0, "", "wrote no result", Trouble.EVIDENCE, id="nothing written"),
            pytest.param(b'{"SchemaVersion": 2, "Res', 0, "", "only the beginning", Trouble.EVIDENCE, id="truncated"),
            pytest.param({"SchemaVersion": 3}, 0, "", "schema 3", Trouble.EVIDENCE, id="a schema nobody knows"),
            pytest.param({}, 0, "", "schema None", Trouble.EVIDENCE, id="no schema"),
            pytest.param(report(LOCK), -9, "vulndb", "signal 9", Trouble.EVIDENCE, id="killed"),
            pytest.param(report(LOCK), None, "", "within 20 minutes", Trouble.EVIDENCE, id="too slow"),
        ],
    )  # fmt: skip
    def test_what_is_no_answer(
        self, output: object, code: int, errors: str, says: str, trouble: Trouble
    ) -> None:
        with pytest.raises(NoAnswer, match=says) as why:
            read(output, code, errors)
        assert why.value.trouble is trouble

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b'{"UpdatedAt": 3}', b'{"UpdatedAt": "soon"}', b'{"Upda']
    )
    def test_a_database_of_unknown_age_is_a_gap(self, content: bytes) -> None:
        request = ask(FILES, chosen=["requirements.txt", "Dockerfile"], kept={METADATA: content})
        found = trivy.classify(request, [ended(report(LOCK, DOCKERFILE))])
        assert (found.state, found.trouble) == (State.INCOMPLETE, Trouble.ENVIRONMENT)

    def test_the_age_is_told(self) -> None:
        assert read(report(LOCK, DOCKERFILE), hours=216).database_age_hours == pytest.approx(216)

    def test_nanoseconds_are_read_too(self) -> None:
        content = json.dumps({"UpdatedAt": "2026-11-18T00:00:00.123456789Z"}).encode()
        assert trivy.age(content, NOW) is not None


class TestImages:
    def test_findings_name_the_image_and_no_file(self) -> None:
        found = image(report({**SYSTEM, "Vulnerabilities": [VULNERABILITY]}))
        (one,) = found.findings
        assert (one.tool, one.target, one.path) == ("trivy-image", "app:1", "")
        assert found.examined == 1

    def test_the_digest_is_recorded(self) -> None:
        found = image(report(SYSTEM, Metadata={"RepoDigests": ["app@sha256:0123"]}))
        assert found.notes == ("app:1 is sha256:0123.",)

    def test_an_image_without_any_package_is_not_clean(self) -> None:
        found = image(report(Metadata={"ImageID": "sha256:9"}))
        assert found.state is State.INCOMPLETE
        assert "nobody can say what is in it" in found.gaps[0]
