from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ci_actions.kit import run
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, CannotJudge, Exit
from ci_actions.kit.inputs import BOOLEAN, TEXT, ChangeInputs, declare, whole
from ci_actions.kit.report import Annotation, Level, Report, Result
from ci_actions.kit.run import Arguments, Capability, Edges, Phase, Steps, parse_arguments

# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "options", "others", "json"),
    [
        ([], {}, (), False),
        (["--jobs", "3"], {"jobs": ["3"]}, (), False),
        (["--jobs=3"], {"jobs": ["3"]}, (), False),
        (["--jobs="], {"jobs": [""]}, (), False),
        (["--jobs", "-3"], {"jobs": ["-3"]}, (), False),
        (["--map=a => b=c"], {"map": ["a => b=c"]}, (), False),
        (["--files", "a", "--files=b"], {"files": ["a", "b"]}, (), False),
        (["--html"], {"html": ["true"]}, (), False),
        (["--html=false"], {"html": ["false"]}, (), False),
        (["--html=ture"], {"html": ["ture"]}, (), False),
        (["--html", "judge"], {"html": ["true"]}, ("judge",), False),
        (["--html", "false", "judge"], {"html": ["false"]}, ("judge",), False),
        (["--html=true", "false"], {"html": ["true"]}, ("false",), False),
        (["judge", "--html", "--jobs", "3"], {"html": ["true"], "jobs": ["3"]}, ("judge",), False),
        (["--json"], {}, (), True),
        (["--json=false"], {}, (), False),
        (["--json", "--json=False"], {}, (), False),
        (["-x", "--"], {}, ("-x", "--"), False),
    ],
)
def test_words(words: list[str], options: dict[str, list[str]], others: tuple[str, ...], json: bool) -> None:
    assert parse_arguments(words, {"html", "json"}) == Arguments(options, others, json)


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (["--jobs"], ["option '--jobs' needs a value: --jobs=…"]),
        (["--jobs", "--html"], ["option '--jobs' needs a value: --jobs=…"]),
        (
            ["--jobs", "--files"],
            ["option '--jobs' needs a value: --jobs=…", "option '--files' needs a value: --files=…"],
        ),
        (["--json=ture"], ["option '--json' takes no value, or must be 'true' or 'false'"]),
    ],
)
def test_words_that_cannot_be_meant(words: list[str], problems: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        parse_arguments(words, {"html", "json"})
    assert list(refused.value.problems) == problems


# --- a capability ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Config(ChangeInputs):
    level: int = declare(whole(0, 100), default=50, help="What is needed.")
    name: str = declare(TEXT, default="x", help="A name.")
    plan: bool = declare(BOOLEAN, default=False, help="Only plan.")

    def problems(self) -> Iterable[str]:
        if self.level == 99:
            yield "99 is never reached"


@dataclass(frozen=True)
class Seen:
    config: Config
    edges: Edges[Config]


class Probe:
    """A capability that remembers what it was given; `value` is what it finds."""

    def __init__(self, value: int = 60) -> None:
        self.value = value
        self.seen: list[Seen] = []
        self.loaded: list[str] = []
        self.capability = Capability(
            name="probe",
            question="Is it enough?",
            config=Config,
            outputs={},
            phases=(
                Phase("plan", lambda: self.steps("plan"), when=lambda config: config.plan),
                Phase("judge", lambda: self.steps("judge")),
            ),
        )

    def steps(self, name: str) -> Steps[Config]:
        self.loaded.append(name)
        applied = (lambda config, outcome, edges: outcome + 1) if name == "plan" else None
        return Steps(self.gather, self.decide, self.report, applied)

    def gather(self, config: Config, edges: Edges[Config]) -> int:
        self.seen.append(Seen(config, edges))
        if self.value < 0:
            raise CannotJudge("Nothing was measured.")
        return self.value

    def decide(self, config: Config, facts: int) -> int:
        return facts - config.level

    def report(self, config: Config, outcome: int) -> Report:
        good = outcome >= 0
        return Report(
            capability="probe",
            result=Result.PASSED if good else Result.FAILED,
            exit_code=Exit.PASSED if good else Exit.NOT_MET,
            headline=f"probe: {outcome}",
            annotations=(
                Annotation(level=Level.ERROR, message="no"),
                Annotation(level=Level.NOTICE, message="so"),
            ),
        )

    def judge(self, *words: str, here: Path, environ: dict[str, str] | None = None) -> Report:
        return run.judge(
            self.capability,
            parse_arguments(words, run.flags(Config)),
            environ=environ or {},
            here=here,
            sections=("probe", "check"),
            progress=lambda line: None,
            clock=Clock(),
        )


def test_from_words_to_report(tmp_path: Path) -> None:
    probe = Probe()
    report = probe.judge("--level=60", here=tmp_path)
    assert (report.result, report.exit_code, report.headline) == (Result.PASSED, Exit.PASSED, "probe: 0")
    assert probe.loaded == ["judge"]
    assert (probe.seen[0].edges.root, probe.seen[0].edges.directory) == (tmp_path, tmp_path)


def test_phases_by_config_and_by_name(tmp_path: Path) -> None:
    probe = Probe()
    assert probe.judge("--plan", here=tmp_path).headline == "probe: 11", "plan has something to apply"
    assert probe.judge("judge", "--plan", here=tmp_path).headline == "probe: 10"
    assert probe.judge("plan", here=tmp_path).headline == "probe: 11"
    assert probe.loaded == ["plan", "judge", "plan"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--level", "x"), 2, "option '--level' is 'x'"),
        (("--level=99",), 2, "99 is never reached"),
        (("--lvl=9",), 2, "option '--lvl' is unknown (did you mean '--level'?)"),
        (
            ("levle",),
            2,
            "'levle' is not understood: probe takes options only (did you mean '--level'?); see --help",
        ),
        (("judge", "now"), 2, "'judge now' is not understood"),
        (("--working-directory=nowhere",), 2, "working-directory 'nowhere' is no folder"),
        (("--config-from=ture",), 2, "must be one of: head, base"),
    ],
)
def test_bad_input_comes_back_as_a_report(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    probe = Probe()
    report = probe.judge(*words, here=tmp_path)
    assert (report.result, report.exit_code) == (Result.ERROR, code)
    assert said in report.annotations[0].message
    assert not probe.seen


def test_no_verdict_comes_back_as_a_report(tmp_path: Path) -> None:
    report = Probe(-1).judge(here=tmp_path)
    assert (report.result, report.exit_code, report.headline) == (Result.ERROR, 3, "probe: cannot judge")


def test_a_defect_does_not(tmp_path: Path) -> None:
    probe = Probe()
    probe.value = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        probe.judge(here=tmp_path)


# --- dry runs ----------------------------------------------------------------------------------


def test_a_dry_run_makes_only_not_met_green(tmp_path: Path) -> None:
    report = Probe(10).judge("--dry-run", here=tmp_path)
    assert (report.result, report.exit_code) == (Result.WOULD_FAIL, Exit.PASSED)
    assert [each.level for each in report.annotations] == [Level.WARNING, Level.NOTICE]
    assert Probe(60).judge("--dry-run", here=tmp_path).result is Result.PASSED
    assert Probe(-1).judge("--dry-run", here=tmp_path).exit_code == 3
    assert Probe(60).judge("--dry-run", "--level=x", here=tmp_path).exit_code == 2


@pytest.mark.parametrize("code", [each for each in Exit if each is not Exit.NOT_MET])
def test_no_other_code_is_made_milder(code: Exit) -> None:
    report = Report(capability="x", result=Result.ERROR, exit_code=code, headline="x")
    assert run.would_fail(report) is report
    assert run.would_fail(replace(report, exit_code=Exit.NOT_MET)).exit_code == 0


# --- places ------------------------------------------------------------------------------------


def test_the_working_directory_says_where_settings_are(repository: Any) -> None:
    repository.write({
        "pyproject.toml": "[tool.ci-actions.probe]\nlevel = 1",
        "svc/ci-actions.toml": "[probe]\nlevel = 2",
        "svc/deep/x": "",
    })  # fmt: skip
    probe = Probe()
    assert probe.judge(here=repository.path).headline == "probe: 59"
    assert probe.judge("--working-directory=svc", here=repository.path).headline == "probe: 58"
    assert probe.judge(here=repository.path / "svc" / "deep").headline == "probe: 58"
    environ = {"INPUT_WORKING_DIRECTORY": "svc"}
    assert probe.judge(here=repository.path, environ=environ).headline == "probe: 58"
    assert probe.judge("--working-directory=.", here=repository.path, environ=environ).headline == "probe: 59"
    assert {seen.edges.root for seen in probe.seen} == {repository.path}
    assert probe.seen[1].edges.directory == repository.path / "svc"


def test_settings_that_cannot_be_read(repository: Any) -> None:
    repository.write({"pyproject.toml": "[tool.ci-actions.prob]\nlevel = 1"})
    report = Probe().judge(here=repository.path)
    assert report.exit_code == 2
    assert report.annotations[0].message.endswith("is no capability (did you mean 'probe'?)")
    assert report.annotations[0].file == "pyproject.toml"


# --- the settings of the base ------------------------------------------------------------------

STRICT = {"pyproject.toml": "[tool.ci-actions.probe]\nlevel = 70"}


def milder(repository: Any, how: str) -> None:
    if how == "edited":
        repository.commit({"pyproject.toml": "[tool.ci-actions.probe]\nlevel = 10"})
    elif how == "removed":
        (repository.path / "pyproject.toml").unlink()
        repository.commit()
    elif how == "emptied":
        repository.commit({"pyproject.toml": "[project]\nname = 'x'"})
    else:
        repository.commit({"svc/ci-actions.toml": "[probe]\nlevel = 10"})


@pytest.mark.parametrize("how", ["edited", "removed", "emptied", "nearer"])
def test_config_from_base_ignores_what_the_change_does_to_the_settings(repository: Any, how: str) -> None:
    before = repository.commit({**STRICT, "svc/x": ""})
    repository.git("switch", "--quiet", "-c", "milder")
    milder(repository, how)
    here = repository.path / "svc"
    assert Probe(60).judge(here=here).result is Result.PASSED
    assert Probe(60).judge("--config-from=base", here=here).result is Result.FAILED
    probe = Probe(60)
    probe.judge(here=here)
    at_base = probe.seen[0].edges.config_at(before)
    assert at_base is not None
    assert at_base.level == 70


def test_settings_of_the_base_that_cannot_be_read_are_no_defaults(repository: Any) -> None:
    repository.commit({"pyproject.toml": "[tool.ci-actions.probe]\nlevel = 'x'"})
    repository.git("switch", "--quiet", "-c", "mended")
    repository.commit(STRICT)
    report = Probe(60).judge("--config-from=base", here=repository.path)
    assert report.exit_code == 2
    assert "config-from: base cannot be met" in report.annotations[0].message


def test_options_beat_the_settings_of_the_base(repository: Any) -> None:
    repository.commit(STRICT)
    repository.git("switch", "--quiet", "-c", "other")
    repository.commit({"a": ""})
    assert Probe(60).judge("--config-from=base", "--level=60", here=repository.path).result is Result.PASSED


def test_every_capability_has_the_common_outputs() -> None:
    assert set(run.COMMON_OUTPUTS) == {"result", "report", "summary-file"}


def test_what_is_to_be_hidden_reaches_whoever_prints(tmp_path: Path) -> None:
    probe = Probe()
    hidden: list[str] = []
    run.judge(
        probe.capability,
        parse_arguments((), run.flags(Config)),
        environ={},
        here=tmp_path,
        sections=(),
        progress=lambda line: None,
        clock=Clock(),
        mask=hidden.append,
    )
    probe.seen[0].edges.mask("hunter2")
    assert hidden == ["hunter2"]
    probe.judge(here=tmp_path)
    probe.seen[1].edges.mask("hunter2")
    assert hidden == ["hunter2"], "without a runner there is nobody to tell"
