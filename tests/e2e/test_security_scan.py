"""security-scan under real act, called as a consumer calls it, and code-scanning.yml as the second job behind it.

The jobs find the scanners' environments of this machine's cache, as the second run on a runner of one's own would. Artifacts go
through act's server and stand-ins on GitHub's own client library; code scanning itself is a stand-in that uploads nothing and
says what it was given (tools/stand-ins).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from tests.e2e.acting import Job, Repository, Run, Step, World, always, gate, job
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SCAN = "org/ci-actions/security-scan@v1"
TELL = always('echo "told: ${{ steps.gate.outcome }} ${{ steps.gate.outputs.result }}"')
WEAK = "import subprocess\nsubprocess.call(input(), shell=True)\n"


def scan(**inputs: str) -> Step:
    """Return the step that scans, with the two scanners that need no network."""
    return gate(SCAN, tools="bandit,detect-secrets", **inputs)


JOBS = {
    "green": job(
        scan(html="true", sarif_dir="sarif"),
        TELL,
        'test -s "${{ steps.gate.outputs.html }}" && test -s "${{ steps.gate.outputs.comment-payload }}"',
        'test -s "${{ steps.gate.outputs.sarif-file }}" && test -s sarif/bandit.sarif',
    ),
    "red": job("cp weak.txt src/weak.py", scan(), TELL),
    "secret": job(
        """printf "pass%s = 'hunter2-%s'\\n" word $((6 * 7))-canary > src/settings.py""", scan(), TELL
    ),
    "dry-run": job("cp weak.txt src/weak.py", scan(dry_run="true"), TELL),
    "broken": job("echo 'def broken(:' > src/broken.py", scan(), TELL),
    "bad-input": job(scan(fail_on="severe"), TELL),
    "nothing": job("rm -r src tests", gate(SCAN, tools="bandit"), TELL),
}


@pytest.fixture(scope="module")
def scanners(world: World) -> None:
    """Let the jobs find the environments of scanners that this machine has made already."""
    kept = Path(os.environ["XDG_CACHE_HOME"], "ci-actions", "environments")
    kept.mkdir(parents=True, exist_ok=True)
    here = world.cache / "ci-actions" / "environments"
    here.parent.mkdir(parents=True, exist_ok=True)
    if not here.exists():
        here.symlink_to(kept)


@pytest.fixture(scope="module")
def run(world: World, scanners: None, new_repository: Callable[[], Repository]) -> Run:
    repository = new_repository()
    repository.with_workflow(JOBS, {"weak.txt": WEAK})
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    return world.run(repository.path, env=pip)


def test_that_act_ran_every_job(run: Run) -> None:
    assert {name for name in JOBS if run.job(name).result} == set(JOBS)


@pytest.mark.parametrize(
    ("name", "exit_code", "result"),
    [
        ("green", 0, "passed"),
        ("red", 1, "failed"),
        ("secret", 1, "failed"),
        ("dry-run", 0, "would-fail"),
        ("broken", 3, "error"),
        ("bad-input", 2, "error"),
        ("nothing", 0, "skipped"),
    ],
)
def test_how_each_job_ends(run: Run, name: str, exit_code: int, result: str) -> None:
    found = run.job(name)
    assert (found.exit_code, found.gate["result"]) == (exit_code, result), found.log
    assert found.result == ("failure" if exit_code else "success"), found.log
    assert f"told: {'failure' if exit_code else 'success'} {result}" in found.log


def test_a_green_job(run: Run) -> None:
    found = run.job("green")
    states = json.loads(found.gate["tool-status-json"])
    assert states["detect-secrets"]["state"] == "clean"
    assert states["bandit"]["examined"] == 4
    assert found.said("error") == []
    assert found.summary.startswith("### ✅ security-scan: nothing to mend, 2 scanners looked")


def test_a_finding_is_annotated_where_it_is(run: Run) -> None:
    found = run.job("red")
    (one,) = [each for each in found.annotations if each.level == "error"]
    assert (one.file, one.line) == ("src/weak.py", "2")
    assert found.gate["findings-gating"] == "1"
    assert "mend B602 in src/weak.py:2" in found.summary


def test_a_secret_is_not_shown(run: Run) -> None:
    assert "revoke the secret in src/settings.py:1" in run.job("secret").summary
    assert "hunter2-42" not in run.text


def test_a_broken_file_is_no_verdict(run: Run) -> None:
    assert any("src/broken.py" in each for each in run.job("broken").said("error"))


# --- code scanning ---------------------------------------------------------------------------------


def reusable(repository: Repository) -> None:
    """Put the workflow where a consumer's own would be: act runs those of this repository only."""
    repository.write(
        {".github/workflows/code-scanning.yml": (ROOT / ".github/workflows/code-scanning.yml").read_text()}
    )


def upload_of_the_example() -> Step:
    """Return the step with which the example hands its log on; here the scan has the id `gate`."""
    example = yaml.safe_load((ROOT / "examples/workflows/security-scan.yml").read_text())
    (found,) = [
        each for each in example["jobs"]["scan"]["steps"] if "upload-artifact" in str(each.get("uses"))
    ]
    renamed: Step = json.loads(json.dumps(found).replace("steps.scan.", "steps.gate."))
    return renamed


def uploading(
    world: World,
    repository: Repository,
    folder: Path,
    *,
    upload: bool = True,
    env: Mapping[str, str] | None = None,
) -> tuple[Run, Job]:
    """Scan, upload the artifact as the example does, and call code-scanning.yml behind it."""
    reusable(repository)
    repository.with_workflow(
        {
            "scan": job(scan(fail_on="critical"), *([upload_of_the_example()] if upload else [])),
            "code-scanning": {
                "needs": "scan",
                "if": "always()",
                "permissions": {"security-events": "write", "actions": "read", "contents": "read"},
                "uses": "./.github/workflows/code-scanning.yml",
            },
        },
        {"src/weak.py": WEAK},
    )
    artifacts = folder / "artifacts"
    shutil.rmtree(artifacts, ignore_errors=True)
    done = world.run(repository.path, env=env, stand_ins=stands_for(stand_ins_or_skip()), artifacts=artifacts)
    (name,) = [name for name in done.jobs if name not in ("scan", "code-scanning")] or ["code-scanning"]
    assert done.job("scan").result == "success", done.text
    return done, done.job(name)


def test_what_was_scanned_reaches_code_scanning(
    world: World, scanners: None, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    done, found = uploading(world, new_repository(), tmp_path)
    assert done.code == 0, done.text
    assert found.result == "success"
    assert "code scanning takes: bandit ci-actions/security-scan/bandit/" in found.log
    assert "code scanning takes: detect-secrets ci-actions/security-scan/detect-secrets/" in found.log
    assert found.said("notice") == []


def test_without_the_artifact_it_stays_green_and_says_so(
    world: World, scanners: None, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    done, found = uploading(world, new_repository(), tmp_path, upload=False)
    assert (done.code, found.result) == (0, "success"), done.text
    assert found.said("notice") == ["This run has no artifact '*-sarif'."]
    assert "code scanning takes" not in done.text


def test_an_upload_that_is_refused_stays_green_and_says_so(
    world: World, scanners: None, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    why = {"CODE_SCANNING_REFUSES": "Resource not accessible by integration"}
    done, found = uploading(world, new_repository(), tmp_path, env=why)
    assert (done.code, found.result) == (0, "success"), done.text
    assert "Resource not accessible by integration" in found.log
    (notice,) = found.said("notice")
    assert notice.startswith("The upload was refused, see the step before.")
