"""Pure: the records of the shards + the earlier history -> which tests are flaky, and the history with this run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ci_actions.ci_flaky import history
from ci_actions.ci_flaky.config import Config
from ci_actions.ci_flaky.model import Facts, Outcome, Seen
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.strict import Unreadable
from ci_actions.workflows.shards import FAILED, FLAKY, Record, record


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what is flaky. Raises CannotJudge where a record cannot be understood, or where there is none."""
    records = _records(facts.files)
    earlier, warnings = _earlier(config, facts)
    later = history.with_run(earlier, records, facts.now)
    flaky = _seen(records, (FLAKY,), later)
    failed = _seen(records, FAILED, later)
    now = {each.id for each in flaky}
    return Outcome(
        tests=len({name for each in records for name in each.tests}),
        flaky=flaky,
        failed=failed,
        before=tuple((name, past) for name, past in later.items() if past.flaky and name not in now),
        history=later,
        is_met=not flaky or config.flaky == "report",
        warnings=warnings,
    )


def _records(files: Mapping[str, bytes | None]) -> list[Record]:
    if not files:
        raise CannotJudge(
            "There is no shard.json: nobody knows which tests passed only when they were run again.",
            advice="The input shards takes the folder with what ci-test left in each job.",
        )
    found = []
    for path, content in files.items():
        if content is None:
            raise CannotJudge(f"{path} cannot be opened.")
        try:
            found.append(record(content, path))
        except Unreadable as wrong:
            raise CannotJudge(f"{path} cannot be understood: {wrong}.") from None
    return found


def _earlier(config: Config, facts: Facts) -> tuple[history.History, tuple[str, ...]]:
    """Return the earlier history; one that cannot be understood is begun anew, and that is said."""
    problem = facts.problem
    if facts.history is not None:
        try:
            return history.parse(facts.history), ()
        except Unreadable as wrong:
            problem = str(wrong)
    said = f"The history in {config.history} cannot be used, and begins anew: {problem}."
    return {}, (said,) if problem else ()


def _seen(records: Iterable[Record], outcomes: Collection[str], later: history.History) -> tuple[Seen, ...]:
    """Return the tests that ended so somewhere, those with the longest past of it first."""
    shards: dict[str, list[str]] = {}
    messages: dict[str, str] = {}
    for each in records:
        for name, test in each.tests.items():
            if test.outcome in outcomes:
                shards.setdefault(name, []).append(each.id)
                messages[name] = messages.get(name) or test.message
    found = [
        Seen(id=name, shards=tuple(where), message=messages[name], past=later[name])
        for name, where in shards.items()
        if name in later
    ]
    return tuple(sorted(found, key=lambda each: (-each.past.flaky - each.past.failures, each.id)))
