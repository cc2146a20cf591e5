"""All rules on all files: what cannot be read, what is the same in several processes, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from tests.unit.commands.doctor.repositories import WORKFLOW, judged, ours, steps

from ci_actions.commands.doctor import document, sarif_out, text
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.judging import judge
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.rules import RULES
from ci_actions.kit.errors import Exit
from ci_actions.workflows.document import Place

PIPE = "- run: pytest | tee x # ::error::\n- uses: o/r@v1 # ci-actions: ignore[unpinned] ours"


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ("on: push\njobs: {a: [}", Place(2, 12), "is no YAML"),
        ("", Place(1, 1), "is empty"),
        ("on: push\njobs: {}\n", Place(1, 1), "holds no job"),
        ("on: push\n", Place(1, 1), "'jobs' is missing"),
        ("- a\n", Place(1, 1), "must be a mapping"),
        ("on: push\njobs:\n  a: 1\n", Place(3, 6), "must be a mapping"),
    ],
)
def test_what_cannot_be_judged_is_named_with_its_place(content: str, place: Place, said: str) -> None:
    answer = judged({WORKFLOW: content, ".github/workflows/b.yml": steps("- run: x")})
    assert answer.found == []
    assert answer.files == 2
    assert [said in each.message for each in answer.unreadable if each.place == place] == [True]


def test_what_github_refuses_is_a_problem_although_the_rest_is_judged() -> None:
    answer = judged({WORKFLOW: steps("- run: x\n  run: y\n- uses: o/r@v1")})
    assert [each.rule for each in answer.found] == ["syntax", "unpinned"]


def test_what_an_alias_repeats_is_one_finding() -> None:
    content = steps("- &checkout\n  uses: o/r@v1\n- *checkout")
    assert [each.rule for each in judged({WORKFLOW: content}).found] == ["unpinned"]


def repository() -> Repository:
    files = {
        WORKFLOW: steps(PIPE),
        "action.yml": "runs: {using: composite, steps: [{run: x}]}\n",
        "b/action.yml": "[",
    }
    return Repository(
        files={path: File(path, content.encode()) for path, content in files.items()}, ours=ours()
    )


def elsewhere(
    work: Callable[[Any], Any],
    parts: Sequence[Any],
    *,
    pack: Callable[[Any], Any],
    unpack: Callable[[Any], Any],
) -> Iterator[Any]:
    """Do the work as another process would: what comes back went through a pipe."""
    import marshal

    for part in parts:
        yield unpack(marshal.loads(marshal.dumps(pack(work(part)))))


def test_another_process_finds_the_same() -> None:
    assert judge(repository(), RULES, elsewhere) == judge(repository(), RULES)  # type: ignore[arg-type]


def test_people_read_it_by_file_with_the_line_and_the_fix() -> None:
    shown = repository()
    answer = judge(shown, RULES)
    lines = list(text.lines(answer, shown.files, Exit.CANNOT_JUDGE))
    assert lines[0] == WORKFLOW
    assert lines[1].startswith("  9:14  problem  no-pipefail: a failure of `pytest` is not seen")
    assert lines[2] == "      | - run: pytest | tee x # ::error::"
    assert lines[3].startswith("      fix: ")
    assert lines[-1] == "⛔ doctor: 2 problems, 0 remarks, 1 suppressed, 1 file unreadable in 3 files"
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_json_holds_all_of_it() -> None:
    answer = judge(repository(), RULES)
    made = json.loads(json.dumps(document.document(answer, Exit.CANNOT_JUDGE)))
    assert [each["rule"] for each in made["findings"]] == ["no-pipefail", "no-shell"]
    assert [(each["rule"], each["reason"]) for each in made["suppressed"]] == [("unpinned", "ours")]
    assert [(each["file"], each["line"]) for each in made["unreadable"]] == [("b/action.yml", 1)]
    assert (made["result"], made["exit-code"]) == ("error", 3)


def test_sarif_holds_what_is_accepted_and_says_what_was_not_looked_at() -> None:
    shown = repository()
    log = json.loads(sarif_out.render(judge(shown, RULES), shown.files, RULES, "1.2.3"))
    [run] = log["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    results = {each["ruleId"]: each for each in run["results"]}
    region = results["no-pipefail"]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (9, 14)
    assert results["unpinned"]["suppressions"][0]["justification"] == "ours"
    assert "syntax" in results


def test_ids_are_told_apart_and_questions_are_questions() -> None:
    assert len({each.id for each in RULES}) == len(RULES)
    assert all(each.question.endswith("?") and each.why.endswith(".") for each in RULES)
