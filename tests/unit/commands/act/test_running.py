"""act's log: what is shown of it, and how a run is taken."""

from __future__ import annotations

import json

import pytest

from ci_actions.commands.act.running import Log
from ci_actions.kit.errors import worst

SKIPPED = "🚧  Skipping unsupported platform -- Try running with `-P windows-2025=...`"


def line(msg: str, job: str = "ci/a ", **keys: object) -> str:
    return json.dumps({"job": job, "level": "info", "msg": msg, **keys})


def fed(*lines: str) -> tuple[Log, list[str]]:
    log = Log()
    return log, [shown for each in lines for shown in log.take(each)]


ENDED = line("🏁  Job succeeded", jobResult="success")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (line("⭐ Run Main x"), ["[ci/a] ⭐ Run Main x"]),
        (line("out\n", raw_output=True), ["[ci/a]   | out"]),
        (line("\n", raw_output=True), ["[ci/a]   | "]),
        (line("one\ntwo\n", raw_output=True), ["[ci/a]   | one", "[ci/a]   | two"]),
        (json.dumps({"level": "warning", "msg": "no docker"}), ["warning: no docker"]),
        (json.dumps({"level": "info", "msg": "server"}), ["server"]),
        (line("LocalRepositoryCache matched x"), []),
        ("Error: no JSON", ["Error: no JSON"]),
        ("12", ["12"]),
        ("", [""]),
    ],
)
def test_what_is_shown(text: str, shown: list[str]) -> None:
    assert fed(text)[1] == shown


@pytest.mark.parametrize(
    ("lines", "code", "expected"),
    [
        ([ENDED], 0, 0),
        ([ENDED], 1, 1),
        ([ENDED, line(SKIPPED, "ci/b")], 0, 3),
        ([ENDED, line(SKIPPED, "ci/b")], 1, 3),
        ([], 0, 3),
        ([json.dumps({"level": "error", "msg": "no stages"})], 1, 3),
        ([ENDED], -2, 3),
        ([ENDED], None, 3),
    ],
    ids=["green", "red", "skipped", "red-and-skipped", "nothing", "no-stage", "signal", "no-end"],
)
def test_how_a_run_is_taken(lines: list[str], code: int | None, expected: int) -> None:
    assert worst(fed(*lines)[0].codes(code)) == expected


def test_a_job_that_prints_the_same_words_is_not_skipped() -> None:
    log, _ = fed(ENDED, line(f"{SKIPPED}\n", raw_output=True))
    assert log.skipped == {}


def test_the_conclusion_names_job_and_label() -> None:
    log, _ = fed(
        ENDED,
        line("🏁  Job failed", "ci/c", jobResult="failure"),
        line(SKIPPED, "ci/b"),
        line(SKIPPED.replace("windows-2025", "big"), "ci/b"),
    )
    skipped, ended = log.conclusion(0)
    assert skipped.startswith(
        "act skipped ci/b in silence: nothing is mapped to its label 'windows-2025', 'big'; "
    )
    assert skipped.endswith("add `-- -P windows-2025=-self-hosted -P big=-self-hosted`")
    assert ended == "act ended with 0: 1 failure, 1 success, 1 skipped in silence"


def test_the_conclusion_of_nothing() -> None:
    assert list(Log().conclusion(None)) == [
        "act ran no job: none is started by this event, or `if:` keeps each of them out",
        "act was ended by a signal: no job",
    ]
