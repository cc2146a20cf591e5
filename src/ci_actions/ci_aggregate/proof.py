"""Pure: do the records of the shards prove that every collected test ran once, on every version, and passed?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ci_actions.ci_aggregate.model import Expected, File, Plan, Proof
from ci_actions.kit.strict import Unreadable
from ci_actions.workflows import shards as recorded
from ci_actions.workflows.shards import FAILED, Record

#: How many names a sentence lists.
_NAMES = 3
_MINOR = re.compile(r"[0-9]+\.[0-9]+")
#: pytest's own: no test was selected. https://docs.pytest.org/en/stable/reference/exit-codes.html
_NO_TESTS = 5
_TESTS_FAILED = 1


def prove(plan: Plan, files: Sequence[File]) -> Proof:
    """Return what the files prove about the tests that the plan asked for."""
    records, problems = _read(files)
    problems += _misplaced(plan.shards, records)
    expected = {each.id: each for each in plan.shards}
    known = [each for each in records if each.id in expected]
    for each in known:
        problems += _strange(expected[each.id], plan.runner, each)
    if not problems:
        # Shards that are not what they should be prove nothing together.
        problems += _incomplete(expected, known)
    failures, broken = _exits(known)
    return Proof(
        records=tuple(known),
        problems=(*problems, *broken),
        failures=tuple(failures),
        notes=tuple(_notes(expected, known)),
        complete=not problems and not broken,
    )


def digest(tests: Iterable[str]) -> str:
    """Return the digest of a set of tests: SHA-256 over their ids in order, a line end behind each."""
    from hashlib import sha256

    text = "".join(f"{each}\n" for each in sorted(tests))
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _read(files: Sequence[File]) -> tuple[list[Record], list[str]]:
    records, problems = [], []
    for each in files:
        if each.content is None:
            problems.append(f"{each.path} cannot be opened.")
            continue
        try:
            records.append(recorded.record(each.content, each.path))
        except Unreadable as wrong:
            problems.append(f"{each.path} cannot be understood: {wrong}.")
    return records, problems


def _misplaced(expected: Sequence[Expected], records: Sequence[Record]) -> Iterator[str]:
    """Yield which shards brought no record, several, or one that nobody asked for."""
    by_id: dict[str, list[Record]] = {}
    for record in records:
        by_id.setdefault(record.id, []).append(record)
    for each in expected:
        found = by_id.pop(each.id, [])
        if not found:
            yield f"Shard {each.id} brought no shard.json: nobody knows what it tested."
        elif len(found) > 1:
            yield f"Shard {each.id} brought {len(found)} records: {_some([one.path for one in found])}."
    for name, found in by_id.items():
        yield f"{found[0].path} is of the shard {name}, which the plan does not know."


def _strange(expected: Expected, runner: str, record: Record) -> Iterator[str]:
    """Yield what a shard is that it should not be."""
    if record.shard != expected.shard:
        yield f"Shard {record.id} ran part {record.shard}, but the plan asked for {expected.shard}."
    if wrong := _other_python(expected.python, record):
        yield f"Shard {record.id} ran on {wrong}, but the plan asked for {expected.python}."
    if runner and record.runner != runner:
        yield f"The tests of shard {record.id} were run by a {record.runner}, but the plan asked for {runner}."
    if record.runner == "pytest" and record.collected is None:
        yield f"Shard {record.id} does not say which tests it collected."
    elif record.collected and not record.collected.count:
        yield f"Shard {record.id} collected no test."


def _other_python(expected: str, record: Record) -> str:
    """Return the interpreter of a record that is not the expected one: `3.12`, `3.13t`, `3.12.4`, `pypy3.10`.

    A command may be of another language, and have none.
    """
    if not expected or (record.runner == "command" and not record.interpreter):
        return ""
    name = next((each for each in ("pypy", "graalpy") if expected.lower().startswith(each)), "cpython")
    if not record.interpreter.lower().startswith(name):
        return record.interpreter or "an unknown interpreter"
    wanted, found = _MINOR.search(expected), _MINOR.search(record.python)
    # The versions of GraalPy are not those of the language.
    if name != "graalpy" and wanted and (not found or found[0] != wanted[0]):
        return f"Python {record.python}"
    return ""


# --- all shards of one version -------------------------------------------------------------------------


def _incomplete(expected: Mapping[str, Expected], records: Sequence[Record]) -> Iterator[str]:
    by_python: dict[str, list[Record]] = {}
    for each in records:
        if each.runner == "pytest":
            by_python.setdefault(expected[each.id].python, []).append(each)
    for python, shards in by_python.items():
        on = f" on Python {python}" if python else ""
        yield from _differing(on, shards)
        yield from _overlapping(on, shards)
        others = [each for name, group in by_python.items() if name != python for each in group]
        yield from _left_out(on, shards, others)


def _differing(on: str, shards: Sequence[Record]) -> Iterator[str]:
    """Yield which shards collected other tests than the first: then shares of one list are none of the other."""
    first = shards[0]
    for each in shards[1:]:
        if each.collected != first.collected:
            assert each.collected
            assert first.collected
            yield (
                f"The shards {first.id} and {each.id} collected different tests{on} ({first.collected.count} and "
                f"{each.collected.count}): names of tests must not depend on the time, chance, or the order of a set."
            )


def _overlapping(on: str, shards: Sequence[Record]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for each in shards:
        if twice := sorted(set(each.tests) & set(seen)):
            yield f"{_tests(len(twice))}{on} ran in {seen[twice[0]]} and in {each.id}: {_some(twice)}."
        seen |= dict.fromkeys(each.tests, each.id)


def _left_out(on: str, shards: Sequence[Record], others: Sequence[Record]) -> Iterator[str]:
    """Yield which tests were collected and ran nowhere, or ran and were not collected."""
    collected = shards[0].collected
    assert collected
    ran = {test for each in shards for test in each.tests}
    if len(ran) == collected.count and digest(ran) == collected.sha256:
        return
    missing = collected.count - len(ran)
    if missing > 0:
        # Only a version that collected the same tests can tell their names.
        known = {test for each in others if each.collected == collected for test in each.tests} - ran
        names = f": {_some(sorted(known))}" if known else ""
        yield f"{_tests(missing)} of {collected.count}{on} ran in no shard{names}."
    else:
        yield f"The {len(ran)} tests that ran{on} are not the {collected.count} that were collected."


# --- how they ended ------------------------------------------------------------------------------------


def _exits(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    """Return what failed, and what ended so that nobody knows."""
    failures, broken = [], []
    for each in records:
        failed = sorted(name for name, test in each.tests.items() if test.outcome in FAILED)
        if failed:
            failures.append(f"{_tests(len(failed))} failed in {each.id}: {_some(failed)}.")
        elif each.exit == 0 or (each.exit == _NO_TESTS and not each.tests and each.collected):
            continue
        elif each.runner == "command" or each.exit == _TESTS_FAILED:
            failures.append(f"Shard {each.id} says itself that it failed: exit {each.exit}.")
        else:
            broken.append(f"The tests of shard {each.id} did not come to an end: exit {each.exit}.")
    return failures, broken


def _notes(expected: Mapping[str, Expected], records: Sequence[Record]) -> Iterator[str]:
    """Yield which versions tested nothing although every shard is green."""
    by_python: dict[str, set[str]] = {}
    for each in records:
        outcomes = by_python.setdefault(expected[each.id].python, set())
        outcomes.update(test.outcome for test in each.tests.values())
    for python, outcomes in by_python.items():
        if outcomes == {"skipped"}:
            yield f"Every test{f' on Python {python}' if python else ''} was skipped."


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
