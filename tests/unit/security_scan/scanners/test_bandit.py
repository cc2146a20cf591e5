from __future__ import annotations

from typing import Any

import pytest
from tests.doubles.scanning import ask, config, ended, tree

from ci_actions.findings.model import Kind, Region, Severity
from ci_actions.kit.apart import one_by_one
from ci_actions.kit.forks import Forks
from ci_actions.kit.jobs import Jobs
from ci_actions.security_scan.model import Marker, State
from ci_actions.security_scan.scanners import Ended, NoAnswer, Reading, bandit

COUNTS = {
    f"{name}.{level}": 0
    for name in ("CONFIDENCE", "SEVERITY")
    for level in ("UNDEFINED", "LOW", "MEDIUM", "HIGH")
}


def result(**changes: Any) -> dict[str, Any]:
    """One result as bandit 1.9 writes it."""
    return {
        "code": '1 import subprocess\n2 subprocess.call("ls", shell=True)\n',
        "col_offset": 0,
        "end_col_offset": 33,
        "filename": "./a.py",
        "issue_confidence": "HIGH",
        "issue_cwe": {"id": 78, "link": "https://cwe.mitre.org/data/definitions/78.html"},
        "issue_severity": "HIGH",
        "issue_text": "subprocess call with shell=True identified, security issue.",
        "line_number": 2,
        "line_range": [2],
        "more_info": "https://bandit.readthedocs.io/en/1.9.4/plugins/b602.html",
        "test_id": "B602",
        "test_name": "subprocess_popen_with_shell_equals_true",
        **changes,
    }


def report(*results: dict[str, Any], files: tuple[str, ...] = ("a.py",), **more: Any) -> dict[str, Any]:
    """A report of bandit that counts what it reports."""
    metrics: dict[str, Any] = {}
    for path in files:
        mine = [row for row in results if row["filename"] == f"./{path}"]
        metrics[f"./{path}"] = {**COUNTS, "loc": 9, "nosec": 0, "skipped_tests": 0}
        for row in mine:
            metrics[f"./{path}"][f"SEVERITY.{row['issue_severity']}"] += 1
    metrics["_totals"] = {"loc": 9}
    return {"errors": [], "generated_at": "", "metrics": metrics, "results": list(results), **more}


def read(output: object, *, code: int = 0, files: tuple[str, ...] = ("a.py",), **more: Any) -> Reading:
    return bandit.classify(ask(files, **more), [ended(output, code=code, asked=files)])


class TestApplies:
    def test_without_python_there_is_nothing_to_do(self) -> None:
        assert bandit.applies(config(), tree(["a.js"])).reason == "no Python file"

    def test_tests_are_left_out(self) -> None:
        choice = bandit.applies(
            config(), tree(["src/a.py", "tests/test_a.py", "src/test_b.py", "conftest.py"])
        )
        assert choice.files == ("src/a.py",)
        assert choice.reason == "1 Python file, without 3 tests"

    def test_tests_alone_are_no_reason_to_run_and_said_to_be_why(self) -> None:
        choice = bandit.applies(config(), tree(["tests/test_a.py"]))
        assert not choice.applies
        assert "scan-tests" in choice.reason

    def test_tests_count_where_they_are_asked_for(self) -> None:
        assert bandit.applies(config(scan_tests="true"), tree(["tests/test_a.py"])).files == (
            "tests/test_a.py",
        )


class TestTasks:
    def test_each_file_is_in_one_shard(self) -> None:
        sizes = {f"m{number}.py": 500_000 for number in range(7)}
        files = tree(list(sizes))
        object.__setattr__(files, "sizes", sizes)
        made = bandit.tasks(ask(list(sizes), over=files, jobs=2))
        assert len(made) == 2
        assert sorted(path for task in made for path in task.asked) == sorted(sizes)
        assert made[0].stdin.split(b"\0")[0].startswith(b"./")

    def test_a_small_tree_is_one_process(self) -> None:
        assert len(bandit.tasks(ask(["a.py", "b.py"], jobs=8))) == 1

    def test_a_project_configures_it(self) -> None:
        files = {"a.py": "", "pyproject.toml": "[tool.bandit]\nskips = ['B101']\n", ".bandit": "[bandit]\n"}
        (made,) = bandit.tasks(ask(files, chosen=["a.py"]))
        assert " ".join(made.argv).endswith("-c pyproject.toml --ini .bandit")


class TestClassify:
    def test_nothing_found(self) -> None:
        found = read(report())
        assert (found.state, found.examined, found.findings) == (State.CLEAN, 1, ())

    def test_a_finding(self) -> None:
        found = read(report(result()), code=1)
        (one,) = found.findings
        assert found.state is State.FINDINGS
        assert (one.rule, one.kind, one.severity, one.confidence) == (
            "B602",
            Kind.CODE,
            Severity.HIGH,
            Severity.HIGH,
        )
        assert (one.path, one.region) == ("a.py", Region(2, 1, 2, 34))

    def test_shards_are_read_as_one_in_the_order_of_the_files(self) -> None:
        first = report(result(filename="./b.py"), files=("b.py", "c.py"))
        second = report(result(), files=("a.py",))
        request = ask(["a.py", "b.py", "c.py"])
        shards = [ended(first, code=1, asked=["b.py", "c.py"]), ended(second, code=1, asked=["a.py"])]
        found = bandit.classify(request, shards)
        assert [each.path for each in found.findings] == ["a.py", "b.py"]
        assert found.examined == 3

    @pytest.mark.parametrize(
        ("output", "code", "says"),
        [
            pytest.param(b"", 0, "wrote no result", id="nothing written"),
            pytest.param(b'{"errors": [], "met', 0, "only the beginning", id="truncated"),
            pytest.param(report(), 2, "exit code 2", id="bad configuration"),
            pytest.param(report(), 1, "exit code 1 and reported 0 findings", id="red without a finding"),
            pytest.param(
                report(result()), 0, "exit code 0 and reported 1 finding", id="green with a finding"
            ),
            pytest.param([], 0, "no report", id="a list"),
            pytest.param(
                {"errors": [], "results": None, "metrics": {}}, 0, "no list of results", id="results null"
            ),
            pytest.param(report(), None, "within 20 minutes", id="too slow"),
            pytest.param(report(), -9, "signal 9", id="killed"),
        ],
    )
    def test_what_is_no_answer(self, output: object, code: int | None, says: str) -> None:
        with pytest.raises(NoAnswer, match=says):
            bandit.classify(ask(["a.py"]), [ended(output, code=code, asked=["a.py"])])

    @pytest.mark.parametrize(
        ("changes", "absent", "field", "expected"),
        [
            pytest.param({}, "more_info", "url", "", id="no address"),
            pytest.param({}, "issue_text", "message", "", id="no message"),
            pytest.param({"test_name": ["a"]}, "", "title", "", id="a list for a name"),
            pytest.param({"issue_severity": 3}, "", "severity", Severity.UNKNOWN, id="a number for a word"),
            pytest.param({"issue_text": "two\n  lines"}, "", "message", "two lines", id="two lines"),
        ],
    )
    def test_a_result_that_is_not_whole_is_a_finding_still(
        self, changes: dict[str, Any], absent: str, field: str, expected: object
    ) -> None:
        whole = report(result())
        whole["results"] = [
            {key: value for key, value in result(**changes).items() if key != absent},
            result(line_number=9, line_range=[9]),
        ]
        whole["metrics"]["./a.py"]["SEVERITY.HIGH"] = 2
        first, second = read(whole, code=1).findings
        assert (getattr(first, field), first.rule, first.line) == (expected, "B602", 2)
        assert (second.message, second.title) == (
            "subprocess call with shell=True identified, security issue.",
            "subprocess popen with shell equals true",
        )

    def test_the_passwords_of_all_shards_are_learned(self) -> None:
        def shard(path: str, value: str) -> Any:
            text = f"Possible hardcoded password: '{value}'"
            row = result(filename=f"./{path}", test_id="B105", issue_text=text)
            return ended(report(row, files=(path,)), code=1, asked=[path])

        found = bandit.classify(ask(["a.py", "b.py"]), [shard("a.py", "hunter2"), shard("b.py", "s3same")])
        assert found.secrets == ("hunter2", "s3same")
        assert {each.message for each in found.findings} == {"Possible hardcoded password"}

    def test_results_that_were_lost_are_no_answer(self) -> None:
        whole = report(result(), result(test_id="B404", line_number=1))
        whole["results"].pop()
        with pytest.raises(NoAnswer, match="counted 2 findings and reported 1"):
            read(whole, code=1)

    def test_levels_in_the_projects_own_file_make_results_fewer(self) -> None:
        whole = report(result(), result(test_id="B404", line_number=1))
        whole["results"].pop()
        files = {"a.py": "", ".bandit": "[bandit]\nlevel = 3\n"}
        found = bandit.classify(ask(files, chosen=["a.py"]), [ended(whole, code=1, asked=["a.py"])])
        assert len(found.findings) == 1
        assert found.notes == ("bandit is configured by .bandit.",)

    def test_a_file_that_cannot_be_parsed_is_a_gap(self) -> None:
        output = report(errors=[{"filename": "./b.py", "reason": "syntax error while parsing AST from file"}])
        output["metrics"]["./b.py"] = {"loc": 1, "nosec": 0, "skipped_tests": 0}
        found = read(output, files=("a.py", "b.py"))
        assert (found.state, found.examined) == (State.INCOMPLETE, 1)
        assert found.gaps[0].startswith("1 file could not be parsed (b.py: syntax error")

    def test_a_file_that_is_gone_is_a_gap(self) -> None:
        output = report(errors=[{"filename": "./b.py", "reason": "No such file or directory"}])
        assert "could not be read (b.py: “No such file" in read(output, files=("a.py", "b.py")).gaps[0]

    def test_a_file_that_is_nowhere_is_a_gap(self) -> None:
        assert "did not appear in its report (b.py)" in read(report(), files=("a.py", "b.py")).gaps[0]

    def test_a_file_that_the_projects_configuration_leaves_out_is_none(self) -> None:
        files = {"a.py": "", "b.py": "", "pyproject.toml": "[tool.bandit]\nexclude_dirs = ['b.py']\n"}
        found = bandit.classify(
            ask(files, chosen=["a.py", "b.py"]), [ended(report(), asked=["a.py", "b.py"])]
        )
        assert (found.gaps, found.examined) == ((), 1)

    def test_no_file_at_all_is_not_clean(self) -> None:
        output = report(
            files=(), errors=[{"filename": "./a.py", "reason": "syntax error while parsing AST from file"}]
        )
        found = read(output)
        assert found.state is State.INCOMPLETE
        assert "it looked at no file" in found.gaps

    def test_its_own_word_that_all_went_well_means_nothing(self) -> None:
        assert read({**report(files=()), "executionSuccessful": True}).state is State.INCOMPLETE


class TestMarkers:
    def test_they_are_counted_and_bare_ones_are_named(self) -> None:
        output = report()
        output["metrics"]["./a.py"] |= {"nosec": 2, "skipped_tests": 1}
        source = "a()  # nosec\nb()  # nosec B602\nc()  # nosec: subprocess_popen_with_shell_equals_true\nd()  #nosec: why not\n"
        found = bandit.classify(ask({"a.py": source}), [ended(output, asked=["a.py"])])
        assert found.markers == 3
        assert found.bare_markers == (
            Marker(path="a.py", line=1, text="# nosec"),
            Marker(path="a.py", line=4, text="# nosec"),
        )


class TestPasswords:
    @pytest.mark.parametrize(
        ("text", "values"),
        [
            pytest.param("Possible hardcoded password: 'hunter2'", ("hunter2",), id="B105"),
            pytest.param('Possible hardcoded password: "it\'s 1"', ("it's 1",), id="quotes"),
            pytest.param(
                "Possible hardcoded password: 'a: 'b1''", ("a: 'b1'",), id="quotes and a colon inside"
            ),
            pytest.param(
                "Possible hardcoded password: 'tab\\there1'", ("tab\\there1", "tab\there1"), id="escapes"
            ),
            pytest.param("Possible hardcoded password: 'github-token'", (), id="a plain word"),
            pytest.param("Possible hardcoded password: ''", (), id="empty"),
        ],
    )
    def test_they_are_learned_and_not_in_the_message(self, text: str, values: tuple[str, ...]) -> None:
        row = result(test_id="B105", issue_text=text)
        assert tuple(bandit.passwords(row)) == values
        assert bandit.finding(row).message == "Possible hardcoded password"
        assert bandit.finding(row).kind is Kind.SECRET

    def test_other_messages_stay(self) -> None:
        assert not tuple(bandit.passwords(result(issue_text="Chmod 0o777 on: 'x9'")))


class TestRegion:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            pytest.param({}, Region(2, 1, 2, 34), id="one line"),
            pytest.param(
                {
                    "line_number": 1,
                    "line_range": [1, 2, 3],
                    "end_col_offset": 1,
                    "code": "1 f(\n2   x,\n3 )\n",
                },
                Region(1, 1, 3, 2),
                id="a statement of three lines ends on the last",
            ),
            pytest.param({"end_col_offset": 0}, Region(2, 1, 2), id="an end before the beginning is none"),
            pytest.param(
                {"code": '2 é = "ü"; x()\n', "col_offset": 11, "end_col_offset": 14},
                Region(2, 10, 2, 13),
                id="columns are characters",
            ),
            pytest.param({"col_offset": -1, "end_col_offset": -1}, Region(2, 0, 2), id="no column"),
        ],
    )
    def test_where_it_is(self, changes: dict[str, Any], expected: Region) -> None:
        assert bandit.region(result(**changes)) == expected


class TestSideBySide:
    """Several processes read what one does."""

    def outputs(self) -> list[Ended]:
        odd = result(filename="./ü.py", code="2 x = 'ü' + call()\n", col_offset=9, end_col_offset=15)
        password = result(test_id="B105", issue_text="Possible hardcoded password: 'Tr0ub4dor&3'")
        broken = {"filename": "./c.py", "reason": "syntax error while parsing AST from file"}
        reports = [
            report(result(), password),
            report(odd, files=("ü.py",)),
            report(files=("c.py",), errors=[broken]),
        ]
        return [ended(each, asked=("a.py",), code=1) for each in reports]

    def test_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bandit, "OUTPUT_FOR_TWO", 1)
        together = [*bandit.reports(self.outputs(), "", Forks(Jobs(3)))]
        assert together == [*bandit.reports(self.outputs(), "", one_by_one)]
        assert [len(each.findings) for each in together] == [2, 1, 0]
        assert together[0].secrets == ["Tr0ub4dor&3"]
        assert together[2].errors == {"c.py": "syntax error while parsing AST from file"}

    def test_what_nobody_can_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bandit, "OUTPUT_FOR_TWO", 1)
        with pytest.raises(NoAnswer, match="no JSON"):
            [*bandit.reports([*self.outputs(), ended(b"{", code=1)], "", Forks(Jobs(3)))]
