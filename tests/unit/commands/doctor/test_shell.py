"""The commands of a script, and where they begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.doctor.rules.scripts import gate_of
from ci_actions.commands.doctor.shell import Command, commands, shell_of
from ci_actions.workflows import reading


def told(script: str) -> list[tuple[str, str]]:
    return [(each.text, each.sign) for each in commands(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a | b", [("a", "|"), ("b", "")]),
        ("a|&b||c&&d;e&f", [("a", "|"), ("b", "||"), ("c", "&&"), ("d", ";"), ("e", "&"), ("f", "")]),
        ("a 2>&1 | b &> c >| d", [("a 2>&1", "|"), ("b &> c >| d", "")]),
        ("a 'x | y' \"p | $(q | 'r')\" `s | t` | u", [("a 'x | y' \"p | $(q | 'r')\" `s | t`", "|"), ("u", "")]),
        ("a \\\n  --x | b", [("a \\\n  --x", "|"), ("b", "")]),
        ("a \\| b", [("a \\| b", "")]),
        ("a # b | c\nd#e | f", [("a", ""), ("d#e", "|"), ("f", "")]),
        ("cat <<EOF | tee x\na | b\nEOF\nc", [("cat <<EOF", "|"), ("tee x", ""), ("c", "")]),
        ("cat <<-'A' <<B\n1|2\n\tA\n3|4\nB\nc | d", [("cat <<-'A' <<B", ""), ("c", "|"), ("d", "")]),
        ("x=${{ a || b }} | y", [("x=${{ a || b }}", "|"), ("y", "")]),
        ("diff <(a | b) >(c; d)", [("diff <(a | b) >(c; d)", "")]),
        ("", []),
        ("'never closed | x", [("'never closed | x", "")]),
    ],
)  # fmt: skip
def test_a_script_is_taken_apart(script: str, expected: list[tuple[str, str]]) -> None:
    assert [(text, sign.strip()) for text, sign in told(script)] == expected


def test_each_command_knows_its_line_and_column() -> None:
    script = "a\n  b | c\ncat <<E\nx\ny\nE\n\n\n d 'x\ny' ; e"
    found = {each.text.split()[0]: (each.line, each.column) for each in commands(script)}
    assert found == {"a": (1, 1), "b": (2, 3), "c": (2, 7), "cat": (3, 1), "d": (9, 2), "e": (10, 6)}


@given(st.text("ab |&;\n\\'\"`$(){}<>#!E"))
def test_any_text_comes_to_an_end_and_places_are_inside_of_it(script: str) -> None:
    lines = script.split("\n")
    for each in commands(script):
        first = each.text.splitlines()[0]
        assert lines[each.line - 1][each.column - 1 :].startswith(first)


@given(
    st.lists(
        st.sampled_from(["ls -l", "echo 'a | b'", 'x "$(y | z)"', "make\\\n  all"]), min_size=1, max_size=5
    )
)
def test_what_is_joined_is_taken_apart_again(parts: list[str]) -> None:
    assert [each.text for each in commands(" | ".join(parts))] == parts


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("pytest -q", "pytest"),
        ("sudo A=1 python3 -m pytest", "pytest"),
        ("uv run --frozen pytest", "pytest"),
        (".venv/bin/mypy .", "mypy"),
        ("npx eslint .", "eslint"),
        ("go test ./...", "go test"),
        ("make -j2 test", "make test"),
        ("ci-actions coverage-gate --min-overall 80", "ci-actions coverage-gate"),
        ("coverage run -m pytest", "pytest"),
        ("go list ./...", ""),
        ("make install", ""),
        ("pytest --version", ""),
        ("ci-actions --version", ""),
        ("echo pytest", ""),
        ("X=1", ""),
    ],
)
def test_gates_are_known_behind_what_starts_them(text: str, gate: str) -> None:
    assert gate_of(Command(text=text, line=1, column=1, sign="")) == gate


@pytest.mark.parametrize(
    ("workflow", "shell"),
    [
        (b"defaults: {run: {shell: bash}}\njobs: {a: {steps: [{run: x}]}}", "bash"),
        (
            b"defaults: {run: {shell: bash}}\njobs: {a: {defaults: {run: {shell: sh}}, steps: [{run: x}]}}",
            "sh",
        ),
        (b"jobs: {a: {defaults: {run: {shell: sh}}, steps: [{run: x, shell: pwsh}]}}", "pwsh"),
        (b"defaults: {run: {working-directory: x}}\njobs: {a: {steps: [{run: x}]}}", ""),
    ],
)
def test_the_nearest_shell_counts(workflow: bytes, shell: str) -> None:
    read = reading.workflow(b"on: push\n" + workflow)
    assert shell_of(read, read.jobs["a"], read.jobs["a"].steps[0]) == shell
