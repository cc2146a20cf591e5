"""`maintenance.yml` and `housekeeping.yml` under real act, called by consumers: green, red, and with what could not be asked.

GitHub's API and the package index are doubles on loopback. The run of each workflow that is not slow samples the others.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.doubles.github_answers import user
from tests.doubles.github_api import Api, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.doubles.package_index import Index, Package
from tests.doubles.upkeeping import HOUSEKEEPER, READER, SWEEPER, TOKENS
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import SCANNERS, Consumer, Pipeline, pipeline
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "issue-report.schema.json").read_text())
MAINTENANCE = "org/ci-actions/.github/workflows/maintenance.yml@v1"
HOUSEKEEPING = "org/ci-actions/.github/workflows/housekeeping.yml@v1"
PINNED = "a" * 40
KEEPER = "upkeep-keeper"
PACKAGES = (
    Package(name="six", version="1.16.0"),
    Package(name="six", version="1.17.0"),
    Package(name="idna", version="3.10"),
)
PROTECTION = "branches:\n  main:\n    required-checks: [ci / all-green]\n"
LIES = f"""\
on: push
jobs:
  a:
    uses: org/ci-actions/.github/workflows/comment.yml@{"b" * 40} # v1.0.0
"""
OVER = """\
[[suppression]]
rule = "B602"
path = "tools/**"
reason = "Arguments are constants."
owner = "platform"
expires = 2026-01-01
"""


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def api(description: Description, tmp_path: Path) -> Iterator[Api]:
    bare = tmp_path / "bare"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    with served(description, bare, "acme/shop") as api:
        api.tokens |= {**TOKENS, KEEPER: {**TOKENS[HOUSEKEEPER], **TOKENS[SWEEPER]}}
        api.upkeep.branches["main"] = None
        api.upkeep.rule(
            "main", "required_status_checks", strict_required_status_checks_policy=False,
            required_status_checks=[{"context": "ci / all-green"}],
        )  # fmt: skip
        api.upkeep.tags["org/ci-actions"] = {"v1": PINNED, "v1.0.0": PINNED}
        yield api


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(PACKAGES) as index:
        yield index


@pytest.fixture
def shop(machine: tuple[World, Path], new_repository: Callable[[], Repository], tmp_path: Path) -> Consumer:
    """A small service with pinned requirements."""
    world, tree = machine
    repository = new_repository()
    repository.git("checkout", "--quiet", "main")
    repository.git("rm", "-r", "--quiet", ".")
    repository.write(
        {
            "requirements.txt": "six==1.17.0\nidna==3.10\n",
            "shop.py": "TOTAL = 1\n",
            ".github/branch-protection.yml": PROTECTION,
        }
    )
    repository.commit("shop", "main")
    return Consumer(world, repository, tmp_path / "shop", stands_for(stand_ins_or_skip()), tree)


def maintained(
    shop: Consumer, api: Api, index: Index, *, files: Mapping[str, str] | None = None, **given: str
) -> Pipeline:
    """Run maintenance.yml as a schedule does; `fail_on_outdated="any"` is its input fail-on-outdated."""
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    job = {
        "uses": MAINTENANCE,
        "permissions": {"contents": "read"},
        "with": {"quality": "false", "security-tools": SCANNERS, **inputs},
    }
    workflow = {"name": "m", "on": {"schedule": [{"cron": "0 4 * * 1"}]}, "jobs": {"maintenance": job}}
    return acted(shop, workflow, files or {}, api, READER, {"PIP_INDEX_URL": index.url})


def acted(
    shop: Consumer,
    workflow: Mapping[str, Any],
    files: Mapping[str, str],
    api: Api,
    token: str,
    env: Mapping[str, str],
) -> Pipeline:
    shop.repository.write({".github/workflows/ci.yml": json.dumps(workflow), **files})
    shop.repository.commit("the caller", "main")
    # Nothing is fetched; act takes the name of the repository from here.
    origin = shop.repository.git("remote", "get-url", "origin")
    shop.repository.git("remote", "set-url", "origin", "https://github.com/acme/shop")
    done = shop.world.run(
        shop.repository.path,
        "schedule",
        payload={"schedule": "0 4 * * 1", "repository": {"default_branch": "main", "full_name": "acme/shop"}},
        env={**shop.environ(), "GITHUB_API_URL": api.url, **env},
        stand_ins=shop.stand_ins,
        caches=shop.folder / "caches",
        artifacts=shop.folder / "artifacts",
        tree=shop.tree,
        token=token,
    )
    shop.repository.git("remote", "set-url", "origin", origin)
    return pipeline(done.code, done.text)


def told(shop: Consumer) -> dict[str, Any]:
    """Return the report that the run left for report-issue.yml."""
    (packed,) = (shop.folder / "artifacts").glob("*/*-maintenance-report*")
    files = [packed] if packed.is_file() else [each for each in packed.rglob("*") if each.is_file()]
    with zipfile.ZipFile(files[0]) as archive:
        assert archive.namelist() == ["report.json"]
        found: dict[str, Any] = json.loads(archive.read("report.json"))
    jsonschema.validate(found, SCHEMA)
    return found


JOBS = ("plan", "security", "outdated", "protection", "all-green")


def test_nothing_is_behind_and_nothing_has_drifted(shop: Consumer, api: Api, index: Index) -> None:
    run = maintained(shop, api, index, security="false")
    assert run.code == 0, run.text
    assert run.results("maintenance") == dict.fromkeys((*JOBS[:1], *JOBS[2:]), "success")
    assert (told(shop)["result"], index.asked) == ("passed", 2)


@pytest.mark.slow(reason="with the scanners; test_nothing_is_behind_and_nothing_has_drifted samples it")
def test_everything_is_up_to_date(shop: Consumer, api: Api, index: Index) -> None:
    run = maintained(shop, api, index)
    assert run.code == 0, run.text
    assert run.results("maintenance") == dict.fromkeys(JOBS, "success")
    report = told(shop)
    assert report["result"] == "passed"
    assert report["critical"] == []
    assert [each["title"] for each in report["sections"][1:]] == [
        "Vulnerabilities and other findings", "Suppressions of findings", "Outdated dependencies", "Actions and hooks",
        "Branch protection",
    ]  # fmt: skip


@pytest.mark.slow(
    reason="one red run for each part; test_nothing_is_behind_and_nothing_has_drifted samples them"
)
@pytest.mark.parametrize(
    ("files", "given", "red", "row"),
    [
        (
            {"requirements.txt": "six==1.16.0\n"},
            {"fail_on_outdated": "any", "security": "false"},
            "outdated",
            "six 1.16.0 → 1.17.0 (minor, direct)",
        ),
        ({".security-suppressions.toml": OVER}, {}, "security", "B602 in tools/** was over on 2026-01-01 (platform)"),
        (
            {".github/branch-protection.yml": PROTECTION.replace("ci /", "ci2 /")},
            {"security": "false"},
            "protection",
            "main: required-checks lacks ci2 / all-green and has ci / all-green, which nobody declared",
        ),
        (
            {".github/workflows/other.yml": LIES},
            {"security": "false"},
            "outdated",
            f"it says v1.0.0, which is {PINNED[:12]}; no tag means its commit",
        ),
    ],
    ids=["a package is behind", "a suppression is over", "protection has drifted", "a pin lies"],
)  # fmt: skip
def test_each_part_turns_it_red_and_is_told(
    shop: Consumer, api: Api, index: Index, files: dict[str, str], given: dict[str, str], red: str, row: str
) -> None:
    run = maintained(shop, api, index, files=files, **given)
    assert run.code == 1, run.text
    jobs = (name for name in JOBS if name != "security" or red == "security")
    expected = dict.fromkeys(jobs, "success") | {red: "failure", "all-green": "failure"}
    assert run.results("maintenance") == expected
    report = told(shop)
    assert report["result"] == "failed"
    rows = [each for section in report["sections"] for each in section["rows"]]
    assert any(row in each for each in rows), rows


def housekept(shop: Consumer, api: Api, token: str, **given: bool) -> Pipeline:
    job = {
        "uses": HOUSEKEEPING,
        "permissions": {"issues": "write", "pull-requests": "write", "actions": "write", "contents": "read"},
        "with": given,
    }
    workflow = {"name": "h", "on": {"schedule": [{"cron": "0 4 * * 1"}]}, "jobs": {"housekeeping": job}}
    return acted(shop, workflow, {}, api, token, {})


@pytest.mark.parametrize(
    "apply",
    [pytest.param(False, marks=pytest.mark.slow(reason="the other one samples it")), True],
    ids=["a dry run", "done"],
)
def test_housekeeping(shop: Consumer, api: Api, apply: bool) -> None:
    number = api.issues.open("old", "text", user("eve", 901), (), updated_at="2026-01-01T00:00:00Z")["number"]
    cache = api.upkeep.cache("refs/heads/gone", "pip-1", "2026-11-20T00:00:00Z")
    run = housekept(shop, api, KEEPER, **({"apply": True} if apply else {}))
    assert run.code == 0, run.text
    assert run.results("housekeeping") == dict.fromkeys(("stale", "caches", "all-green"), "success")
    assert (len(api.pulls.bodies(number)), cache in api.upkeep.caches) == (int(apply), not apply)


@pytest.mark.slow(reason="test_housekeeping samples it")
def test_housekeeping_without_the_rights_is_red(shop: Consumer, api: Api) -> None:
    run = housekept(shop, api, READER, apply=True)
    assert run.code == 1
    assert run.results("housekeeping") == dict.fromkeys(("stale", "caches", "all-green"), "failure")
    assert "`actions: write`" in run.jobs["housekeeping / caches"].log
