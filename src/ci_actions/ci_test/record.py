"""Pure: what the agent wrote down -> what became of each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ci_actions.ci_test.model import WORST_FIRST, Collection, Recorded, State, Test, Trouble

Event = Mapping[str, Any]


def events(text: str) -> Iterator[Event]:
    """Yield the events of a record; of one that a crash cut off, those that are whole."""
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "event" in found:
            yield found


def collection(text: str) -> Collection:
    """Return what one process collected. Raises ValueError or KeyError for what the agent did not write."""
    found = json.loads(text)
    return Collection(
        count=found["count"],
        sha256=found["sha256"],
        mine=tuple(found["mine"]),
        aliases=found["aliases"],
        deselected=found["deselected"],
        divided=tuple(found["divided"]),
        unknown=found["unknown"],
        shares=tuple((number, seconds) for number, seconds in found["shares"]),
    )


def recorded(
    happened: Iterable[Event], collections: Iterable[Collection], hide: Callable[[str], str]
) -> Recorded:
    """Return what the events say together; `hide` takes secrets out of every text."""
    everywhere = tuple(collections)
    aliases = {alias: name for each in everywhere for alias, name in each.aliases.items()}
    runs: dict[str, _Run] = {}
    said: dict[str, Event] = {}
    uncollected: dict[str, Trouble] = {}
    for event in happened:
        kind = event["event"]
        if kind in ("begin", "phase", "end"):
            name = str(event["id"])
            name = aliases.get(name, name)
            runs.setdefault(name, _Run(name, hide)).add(event)
        elif kind == "uncollected":
            uncollected.setdefault(event["id"], _trouble(event["id"], event, hide))
        else:
            said[kind] = event
    start = said.get("start", {})
    return Recorded(
        started="start" in said,
        python=start.get("python", ""),
        interpreter=start.get("interpreter", ""),
        has_pytest=start.get("pytest", True),
        pytest=said.get("configured", {}).get("pytest", ""),
        coverage=start.get("coverage", ""),
        coverage_problem=hide(said.get("coverage-refused", {}).get("why", "")),
        no_cov=said.get("pytest-cov", {}).get("off", False),
        fail_under_ignored="fail-under-ignored" in said,
        collections=everywhere,
        tests={name: run.test() for name, run in runs.items()},
        uncollected=tuple(uncollected.values()),
        internal_error=hide(said.get("internal-error", {}).get("text", "")),
        finished="finish" in said,
        exited="exit" in said,
        beside=said.get("finish", {}).get("beside", 0),
        running=tuple(name for name, run in runs.items() if run.is_open),
    )


@dataclass
class _Run:
    """All that was said of one node id; one that is there twice is two attempts, of which the worse one counts."""

    id: str
    hide: Callable[[str], str]
    is_open: bool = False
    again: bool = False
    phases: list[Event] = field(default_factory=list)
    before: list[Test] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Take the next event in."""
        if event["event"] == "begin":
            if self.phases and not self.is_open:
                self.before.append(self._attempt())
                self.phases = []
                self.again = False
            self.is_open = True
        elif event["event"] == "end":
            self.is_open = False
        elif event["outcome"] == "rerun":
            self.phases = []
            self.again = True
        else:
            self.phases.append(event)

    def test(self) -> Test:
        """Return what became of the test."""
        found = [*self.before, self._attempt()]
        worst = min(found, key=lambda each: WORST_FIRST.index(each.state))
        return replace(worst, seconds=sum(each.seconds for each in found))

    def _attempt(self) -> Test:
        state, decisive = self._state()
        ran = any(each["when"] in ("teardown", "???") for each in self.phases)
        if not ran and state not in (State.FAILED, State.ERROR):
            # It began, and nobody saw its end: whatever it did until then is no pass.
            state, decisive = State.ERROR, None
        trouble = None
        if state in (State.FAILED, State.ERROR):
            trouble = (
                _trouble(self.id, decisive, self.hide)
                if decisive
                else Trouble(id=self.id, message="It began and did not end.")
            )
        return Test(
            id=self.id,
            state=state,
            seconds=round(sum(each["seconds"] for each in self.phases), 6),
            ran=ran,
            trouble=trouble,
            reason=self.hide(decisive.get("message") or "") if decisive and state is State.SKIPPED else "",
        )

    def _state(self) -> tuple[State, Event | None]:
        """Return what the phases say together, and the one that decides it."""
        failed = [each for each in self.phases if each["outcome"] == "failed"]
        for each in failed:
            if each["when"] == "call":
                return State.FAILED, each
        if failed:
            return State.ERROR, failed[0]
        # A part of a test (a subtest) may be skipped, or fail as expected, without the test itself.
        for each in self.phases:
            if each["part"]:
                continue
            if each["outcome"] == "skipped":
                return (State.XFAILED if each["expected"] else State.SKIPPED), each
            if each["outcome"] == "passed" and each["expected"]:
                return State.XPASSED, each
        return (State.RERUN_PASSED if self.again else State.PASSED), None


def _trouble(name: str, event: Event, hide: Callable[[str], str]) -> Trouble:
    return Trouble(
        id=name,
        message=hide(event.get("message") or ""),
        text=hide(event.get("text") or ""),
        file=event.get("file") or "",
        line=event.get("line") or 0,
    )
