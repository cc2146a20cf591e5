"""The edge that reads, on real repositories with real git: what the runner hands to `decide`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ci_actions.capabilities import load
from ci_actions.coverage_gate import facts, reading, work_tree
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.discovery import Found
from ci_actions.coverage_gate.formats import cobertura_fast
from ci_actions.coverage_gate.model import Facts
from ci_actions.kit import run
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.lines import from_numbers
from ci_actions.kit.process import Completed, Process
from ci_actions.kit.report import Report, Result

SHA1 = "0" * 40


def lcov(*files: tuple[str, dict[int, int]]) -> str:
    parts = []
    for path, hits in files:
        lines = "".join(f"DA:{line},{count}\n" for line, count in hits.items())
        parts.append(f"SF:{path}\n{lines}LF:{len(hits)}\nLH:{sum(map(bool, hits.values()))}\nend_of_record\n")
    return "".join(parts)


@pytest.fixture
def project(repository: Any) -> Any:
    """main has src/a.py; the branch adds two lines to it, of which a report knows one as covered."""
    repository.commit(
        {
            "src/a.py": "a = 1\nb = 2\n",
            "pyproject.toml": "[tool.ci-actions.coverage-gate]\nmin-overall = 50\n",
        }
    )
    repository.git("switch", "--quiet", "-c", "feature")
    repository.commit({"src/a.py": "a = 1\nb = 2\nc = 3\nd = 4\n"})
    repository.write({"lcov.info": lcov(("src/a.py", {1: 1, 2: 1, 3: 1, 4: 0}))})
    return repository


def edges(here: Path, environ: dict[str, str] | None = None) -> run.Edges[Config]:
    return run.Edges(
        root=here,
        directory=here,
        environ={**os.environ, **(environ or {})},
        clock=Clock(),
        progress=lambda line: None,
        token="",
        config_at=lambda git, revision: Config(),
    )


def gathered(project: Any, environ: dict[str, str] | None = None, **config: Any) -> Facts:
    return facts.gather(Config(**config), edges(project.path, environ))


def judged(project: Any, *words: str, below: str = "", environ: dict[str, str] | None = None) -> Report:
    capability = load("coverage-gate")
    return run.judge(
        capability,
        run.parse_arguments(words, run.flags(capability.config)),
        environ={**os.environ, **(environ or {})},
        here=project.path / below,
        sections=("coverage-gate", "check"),
        progress=lambda line: None,
        clock=Clock(),
    )


# --- everything together -----------------------------------------------------------------------


def test_facts_of_a_small_change(project: Any) -> None:
    found = gathered(project)
    assert [each.file for each in found.reports] == ["lcov.info"]
    assert list(found.files) == ["src/a.py"]
    assert found.change is not None
    by_path = {each.path: each.added for each in found.change}
    assert by_path["src/a.py"] == from_numbers([3, 4])
    assert (found.base, found.head) == (project.commits[0], project.commits[1])
    assert found.checkout["src/a.py"].lines == 4
    assert found.everything
    assert (found.no_change, found.change_problem, found.loosened, found.blob_url) == ("", "", (), "")


def test_the_verdict(project: Any) -> None:
    report = judged(project)
    assert report.result is Result.FAILED
    assert report.outputs["new-code"] == "50.00"
    assert report.outputs["overall"] == "75.00"


def test_outside_of_git_there_is_no_change_to_see(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("a = 1\n")
    (tmp_path / "lcov.info").write_text(lcov(("src/a.py", {1: 1})))
    found = facts.gather(Config(), edges(tmp_path))
    assert found.change is None
    assert found.change_problem
    assert list(found.files) == ["src/a.py"]


def test_an_event_without_a_change_says_so(project: Any) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REPOSITORY": "acme/app"}
    found = gathered(project, environ)
    assert (found.change, found.no_change) == (None, "the event schedule brings no change")
    assert found.blob_url == f"https://github.com/acme/app/blob/{project.commits[-1]}"


def test_paths_below_a_working_directory(repository: Any) -> None:
    repository.commit({"svc/src/a.py": "a = 1\n", "src/a.py": "a = 1\n"})
    repository.write(
        {
            "svc/lcov.info": lcov(("src/a.py", {1: 1})),
            "svc/pyproject.toml": "[tool.ci-actions.coverage-gate]\n",
        }
    )
    report = judged(repository, below="svc")
    assert report.details["files"] == {"svc/src/a.py": [1, 1]}


# --- reports -----------------------------------------------------------------------------------


def test_several_reports_are_merged_and_twins_are_noticed(project: Any) -> None:
    text = (project.path / "lcov.info").read_text()
    project.write({"two.info": lcov(("src/a.py", {4: 1})), "twin.info": text})
    found = gathered(project, files=("lcov.info", "two.info", "twin.info"))
    assert found.files["src/a.py"].hit == from_numbers([1, 2, 3, 4])
    assert "twin.info and lcov.info are byte for byte the same report." in found.warnings


def test_two_names_of_one_file_are_one_file(project: Any) -> None:
    project.write({"lcov.info": lcov(("src/a.py", {1: 1}), (f"{project.path}/src/a.py", {2: 1}))})
    found = gathered(project)
    assert list(found.files) == ["src/a.py"]
    assert found.files["src/a.py"].hit == from_numbers([1, 2])


def test_a_file_that_git_does_not_track_is_found_all_the_same(project: Any) -> None:
    project.write(
        {"src/generated.py": "x = 1\n", "lcov.info": lcov((f"{project.path}/src/generated.py", {1: 1}))}
    )
    assert list(gathered(project).files) == ["src/generated.py"]


@pytest.mark.parametrize("content", [b"", b"<html><body>404</body></html>", b"\x00\x01"])
def test_what_cannot_be_read_is_no_verdict(project: Any, content: bytes) -> None:
    (project.path / "lcov.info").write_bytes(content)
    report = judged(project)
    assert (report.result, report.exit_code) == (Result.ERROR, 3)


def test_a_folder_with_a_reports_name_is_not_read(project: Any) -> None:
    with pytest.raises(CannotJudge):
        gathered(project, files=("src",))


def test_a_large_report_is_read_the_same_way(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    small = gathered(project).files
    monkeypatch.setattr(reading, "LARGE", 1)
    assert gathered(project).files == small


def test_what_is_found_out_beside_reading_is_the_same(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f'<line number="{number}" hits="1"/>' for number in range(1, 5))
    report = (
        '<?xml version="1.0" ?><coverage version="7"><packages><package name="."><classes>'
        + "".join(
            f'<class name="x" filename="{name}"><methods/><lines>{lines}</lines></class>'
            for name in ("src/a.py", "src/b.py")
        )
        + "</classes></package></packages></coverage>"
    )
    project.write({"coverage.xml": report})
    after = gathered(project, files=("coverage.xml",))
    monkeypatch.setattr(reading, "LARGE", 1)
    monkeypatch.setattr(cobertura_fast, "SIZE_FOR_TWO", 0)
    monkeypatch.setattr(cobertura_fast, "_may_fork", lambda: True)
    beside = gathered(project, files=("coverage.xml",))
    assert (beside.files, beside.change, beside.checkout) == (after.files, after.change, after.checkout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("jobs", "forks"), [("1", 0), ("2", 1)])
def test_a_second_process_reads_only_within_the_budget(
    project: Any, monkeypatch: pytest.MonkeyPatch, jobs: str, forks: int
) -> None:
    lines = "".join(f'<line number="{number}" hits="1"/>' for number in range(1, 5))
    classes = "".join(
        f'<class name="x" filename="src/{name}.py"><methods/><lines>{lines}</lines></class>' for name in "ab"
    )
    project.write(
        {
            "coverage.xml": '<?xml version="1.0" ?><coverage version="7"><packages><package name="."><classes>'
            f"{classes}</classes></package></packages></coverage>"
        }
    )
    forked = []
    fork = os.fork

    def counted() -> int:
        forked.append(1)
        return fork()

    monkeypatch.setattr(reading, "LARGE", 1)
    monkeypatch.setattr(cobertura_fast, "SIZE_FOR_TWO", 0)
    monkeypatch.setattr(cobertura_fast, "_may_fork", lambda: True)
    monkeypatch.setattr("os.fork", counted)
    found = edges(project.path, {"CI_ACTIONS_JOBS": jobs})
    facts.gather(Config(files=("coverage.xml",)), found)
    assert len(forked) == forks
    # What was held is given back.
    with found.jobs.spare(9) as got:
        assert got == int(jobs) - 1


@pytest.mark.parametrize(("jobs", "taken", "asked_for"), [("1", 0, 1), ("4", 0, 4), ("4", 2, 2)])
def test_the_agent_gets_what_is_free(project: Any, jobs: str, taken: int, asked_for: int) -> None:
    asked = []

    class Agent(Process):
        def run(self, argv: Any, *, stdin: bytes | None = None, **_: Any) -> Completed:
            asked.append(json.loads(stdin or b"")["jobs"])
            return Completed(argv=tuple(argv), code=1, stdout=b"", stderr=b"enough")

    found = edges(project.path, {"CI_ACTIONS_JOBS": jobs})
    found.process = Agent({})
    with found.jobs.spare(taken), pytest.raises(CannotJudge, match="enough"):
        reading.collect(Config(), found, [Found(project.path / ".coverage", ".coverage")])
    assert asked == [asked_for]


# --- the work tree -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", 0),
        (b"a", 1),
        (b"a\n", 1),
        (b"a\nb", 2),
        (b"a\r\nb\r\n", 2),
        (b"a\rb\r", 2),
        (b"a\rb", 2),
        (b"\n\n", 2),
    ],
)
def test_lines_are_counted_whatever_ends_them(content: bytes, lines: int) -> None:
    assert work_tree.line_count(content) == lines


def test_a_digest_knows_no_line_ends() -> None:
    assert work_tree.digest(b"a\r\nb\n") == work_tree.digest(b"a\nb\n") != work_tree.digest(b"a\nc\n")


def test_a_stale_report_is_noticed_also_when_only_sizes_are_known(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"lcov.info": lcov(("src/a.py", {1: 1, 500: 1}))})
    assert judged(project).exit_code == 3
    monkeypatch.setattr(facts, "READ_ALL", 0)
    assert judged(project).exit_code == 3


# --- what the change makes milder --------------------------------------------------------------


def test_a_change_that_loosens_is_told_on(project: Any) -> None:
    project.commit({
        "pyproject.toml": "[tool.ci-actions.coverage-gate]\nmin-overall = 40\n[tool.coverage.run]\nomit = ['src/x.py']\n",
        "src/a.py": "a = 1\nb = 2\nc = 3\nif d:  # pragma: no cover\n    e = 5\n",
    })  # fmt: skip
    report = judged(project)
    assert report.details["loosened"] == [
        "min-overall goes from 50 to 40",
        "pyproject.toml: coverage.py's omit gains 'src/x.py'",
        "src/a.py:4: new '# pragma: no cover' or 'no branch'",
    ]
    strict = judged(project, "--config-from=base", "--min-new-code=off")
    assert [gate["minimum"] for gate in _gates(strict)] == ["50"]


def test_a_change_that_removes_the_settings_is_told_on(project: Any) -> None:
    project.git("switch", "--quiet", "main")
    project.commit({"pyproject.toml": "[tool.ci-actions.coverage-gate]\nmin-overall = 95\n"})
    project.git("switch", "--quiet", "-c", "removing")
    project.commit({"pyproject.toml": "[project]\nname = 'x'\n"})
    assert judged(project).details["loosened"] == ["min-overall goes from 95 to 80"]


def _gates(report: Report) -> Any:
    return json.loads(json.dumps(report.details["gates"]))


# --- who may write a baseline ------------------------------------------------------------------

MAIN = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}


@pytest.mark.parametrize(
    ("update", "environ", "expected"),
    [
        ("default-branch", MAIN, True),
        ("default-branch", MAIN | {"GITHUB_REF": "refs/heads/other"}, False),
        ("default-branch", MAIN | {"GITHUB_EVENT_NAME": "pull_request"}, False),
        ("default-branch", MAIN | {"GITHUB_ACTIONS": ""}, False),
        ("always", {}, True),
        ("never", MAIN, False),
    ],
)
def test_only_the_default_branch_writes_a_baseline(
    tmp_path: Path, update: str, environ: dict[str, str], expected: bool
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    made = edges(tmp_path, {**environ, "GITHUB_EVENT_PATH": str(event)})
    assert facts._may_update(Config(ratchet_update=update), made) is expected
