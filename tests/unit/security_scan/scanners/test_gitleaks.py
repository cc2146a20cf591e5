from __future__ import annotations

from typing import Any

import pytest
from tests.doubles.scanning import ask, config, ended, tree

from ci_actions.findings.model import Kind, Severity
from ci_actions.security_scan.model import State
from ci_actions.security_scan.scanners import Ask, NoAnswer, Reading, Tree, gitleaks

COMMIT = "5ca758094ee9a87f33e1fea179ef0c0eb6b1ea57"


def leak(**changes: Any) -> dict[str, Any]:
    """One leak as gitleaks 8.30 writes it with --redact."""
    return {
        "RuleID": "slack-bot-token",
        "Description": "Identified a Slack Bot token.",
        "StartLine": 2,
        "EndLine": 2,
        "StartColumn": 11,
        "EndColumn": 66,
        "Match": "REDACTED",
        "Secret": "REDACTED",
        "File": "k.py",
        "Commit": COMMIT,
        "Author": "somebody",
        "Email": "somebody@example.com",
        "Message": "a change",
        "Fingerprint": f"{COMMIT}:k.py:slack-bot-token:2",
        **changes,
    }


def log(commits: int = 3, leaks: int = 0) -> str:
    said = f"WRN leaks found: {leaks}" if leaks else "INF no leaks found"
    return f"1:44PM INF {commits} commits scanned.\n1:44PM INF scanned ~119 bytes (119 bytes) in 44ms\n1:44PM {said}\n"


def history(files: dict[str, str] | None = None, **more: Any) -> Tree:
    return tree(files or {}, **{"revisions": ("abc..HEAD",), "commits": 3, **more})


def request(files: dict[str, str] | None = None, **more: Any) -> Ask:
    return ask(over=history(files, **more))


def read(
    output: object, errors: str, code: int = 0, files: dict[str, str] | None = None, **more: Any
) -> Reading:
    return gitleaks.classify(request(files, **more), [ended(output, code=code, errors=errors)])


@pytest.mark.parametrize(
    ("more", "applies", "reason"),
    [
        ({}, True, "3 commits of the change"),
        ({"revisions": ("--all",)}, True, "3 commits in the history"),
        ({"merges": 1}, True, "3 commits and 1 merge of the change"),
        ({"commits": 0, "merges": 1}, True, "0 commits and 1 merge of the change"),
        ({"commits": 0}, False, "no commit changes a line"),
        ({"commits": 0, "revisions": ()}, False, "no commit"),
        ({"git": False}, False, "not a git repository"),
    ],
)
def test_applies(more: dict[str, Any], applies: bool, reason: str) -> None:
    choice = gitleaks.applies(config(), history(**more))
    assert (choice.applies, choice.reason) == (applies, reason)


def test_it_hides_the_secrets_itself_and_reads_the_change() -> None:
    (task,) = gitleaks.tasks(request())
    assert "--redact=100" in task.argv
    assert task.argv[task.argv.index("--log-opts") + 1] == "--full-history abc..HEAD"
    assert task.output == "/scratch/gitleaks.json"


def test_what_merges_bring_in_is_asked_for_by_itself() -> None:
    commits, merges = gitleaks.tasks(request(merges=2))
    assert commits.argv[commits.argv.index("--log-opts") + 1] == "--full-history abc..HEAD"
    assert (
        merges.argv[merges.argv.index("--log-opts") + 1] == "--full-history --merges --remerge-diff abc..HEAD"
    )
    assert merges.output != commits.output


def test_a_leak_in_a_merge() -> None:
    two = [ended([leak()], errors=log(leaks=1)), ended([leak(File="m.py")], errors=log(1, leaks=1))]
    found = gitleaks.classify(request(merges=2), two)
    assert [each.path for each in found.findings] == ["k.py", "m.py"]
    assert (found.examined, found.gaps) == (4, ())


def test_merges_do_not_stand_for_commits_that_were_not_read() -> None:
    two = [ended([], errors=log(commits=1)), ended([], errors=log(commits=2))]
    assert gitleaks.classify(request(merges=2), two).gaps == ("2 of 3 commits were not read",)


def test_a_git_that_cannot_show_merges_is_said() -> None:
    asked = request(merges=2, shows_merges=False)
    assert len(gitleaks.tasks(asked)) == 1
    assert "git 2.35" in gitleaks.classify(asked, [ended([], errors=log())]).notes[0]


def test_a_baseline_of_its_own_is_used() -> None:
    (task,) = gitleaks.tasks(request({".gitleaks-baseline.json": "[]"}))
    assert task.argv[task.argv.index("--baseline-path") + 1] == ".gitleaks-baseline.json"


@pytest.mark.parametrize("output", [[], None], ids=["an empty list", "null"])
def test_nothing_found(output: object) -> None:
    found = read(output, log())
    assert (found.state, found.examined) == (State.CLEAN, 3)


def test_a_leak() -> None:
    found = read([leak()], log(leaks=1))
    (one,) = found.findings
    assert (one.rule, one.kind, one.severity) == ("slack-bot-token", Kind.SECRET, Severity.HIGH)
    assert (one.path, one.line, one.commit) == ("k.py", 2, COMMIT[:12])
    assert "somebody" not in repr(one)


def test_a_private_key_is_the_worst() -> None:
    assert gitleaks.finding(leak(RuleID="private-key", EndLine=9)).severity is Severity.CRITICAL


def test_excluded_paths_are_left_out() -> None:
    asked = ask(over=history(), exclude="*.py")
    assert gitleaks.classify(asked, [ended([leak()], errors=log(leaks=1))]).findings == ()


def test_commits_that_were_not_read_are_a_gap() -> None:
    found = read([], log(commits=1))
    assert (found.state, found.gaps) == (State.INCOMPLETE, ("2 of 3 commits were not read",))


def test_a_history_that_is_cut_off_is_a_gap() -> None:
    assert read([], log(), cut_off="the clone is shallow").gaps == ("the clone is shallow",)


def test_its_own_ignore_list_is_counted() -> None:
    files = {".gitleaksignore": f"# why\n{COMMIT}:k.py:slack-bot-token:2\n\n"}
    assert read([], log(), files=files).markers == 1


@pytest.mark.parametrize(
    ("output", "errors", "code", "says"),
    [
        pytest.param(
            [],
            "1:44PM ERR [git] fatal: ambiguous argument\n1:44PM INF 0 commits scanned.\n1:44PM INF no leaks found\n",
            0,
            "met an error and went on",
            id="git failed, and it said that it found nothing",
        ),
        pytest.param([], "1:44PM INF no leaks found\n", 0, "how many commits", id="no count"),
        pytest.param([leak()], log(leaks=2), 0, "counted 2 leaks and reported 1", id="a leak was lost"),
        pytest.param([], log(leaks=1), 0, "counted 1 leaks and reported 0", id="all leaks were lost"),
        pytest.param([leak()], log(), 0, "counted 0 leaks and reported 1", id="more than it counted"),
        pytest.param(b"", log(), 0, "wrote no result", id="nothing written"),
        pytest.param(b'[{"RuleID": "sl', log(leaks=1), 0, "only the beginning", id="truncated"),
        pytest.param([], log(), 1, "exit code 1", id="an error"),
        pytest.param([], log(), 126, "exit code 126", id="an unknown flag"),
        pytest.param([], log(), -9, "signal 9", id="killed"),
    ],
)
def test_what_is_no_answer(output: object, errors: str, code: int, says: str) -> None:
    with pytest.raises(NoAnswer, match=says):
        read(output, errors, code)
