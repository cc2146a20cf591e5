"""Pure: config + what happened -> the verdict. A command that was never run has passed nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ci_actions.ci_compose.config import Config
from ci_actions.ci_compose.model import Facts, Outcome, Readiness, Service, Step
from ci_actions.ci_compose.states import readiness


def decide(config: Config, facts: Facts) -> Outcome:
    """Return whether the tests passed against services that were all there."""
    problems = tuple(_problems(config, facts))
    return Outcome(
        facts=facts,
        problems=problems,
        complaints=() if problems else tuple(_complaints(config, facts)),
        warnings=tuple(_warnings(facts)),
    )


def _problems(config: Config, facts: Facts) -> Iterator[str]:
    up, command = facts.up, facts.command
    if up.code != 0:
        yield f"The services did not start: `up` {_ended(up, config.timeout)}.{_last(up)}"
        return
    if ended := [each for each in facts.ready if readiness(each, config.may_end) is Readiness.ENDED]:
        yield f"{_each(ended)} while the services were waited for.{_log_of(facts, ended[0])}"
    elif command is None:
        waiting = [each for each in facts.ready if readiness(each, config.may_end) is not Readiness.READY]
        reasons = [
            *([_each(waiting)] if waiting else []),
            *(f"{where}: {why}" for where, why in facts.silent),
        ]
        first = f"{_log_of(facts, waiting[0])}" if waiting else ""
        yield f"The services were not ready within {config.wait_seconds} s: {'; '.join(reasons)}.{first}"
    elif command.code is None:
        yield f"The command did not end within {config.timeout} minutes and was stopped."
    elif command.code in (126, 127):
        yield f"The command could not be run (exit code {command.code}).{_last(command)}"
    elif command.code < 0:
        yield f"The command was killed by signal {-command.code}.{_last(command)}"


def _complaints(config: Config, facts: Facts) -> Iterator[str]:
    command = facts.command
    if command and command.code:
        yield f"The command ended with exit code {command.code}.{_last(command)}"
    known = {each.container for each in facts.ready}
    gone = [
        each
        for each in facts.after
        if readiness(each, config.may_end) is Readiness.ENDED
        and (each.container in known or not each.container)
    ]
    missing = [each for each in facts.after if not each.container]
    if gone or missing:
        first = (gone or missing)[0]
        yield f"{_each([*gone, *missing])} while the command ran.{_log_of(facts, first)}"


def _warnings(facts: Facts) -> Iterator[str]:
    if facts.down and facts.down.code != 0:
        yield f"The services were not taken down in order: `down` {_ended(facts.down, 0)}.{_last(facts.down)}"
    if facts.left:
        yield f"Left behind, and not to be removed: {', '.join(facts.left)}."


def _each(services: list[Service]) -> str:
    return ", ".join(f"{each.name} ({each.shown})" for each in services)


def _ended(step: Step, minutes: int) -> str:
    if step.code is None:
        return f"did not end within {minutes} minutes" if minutes else "did not end"
    return f"ended with exit code {step.code}"


def _last(step: Step) -> str:
    lines = [line.strip() for line in step.tail if line.strip()]
    return f" It said: {lines[-1][:500]}" if lines else ""


def _log_of(facts: Facts, service: Service) -> str:
    tail = next((each.tail for each in facts.logs if each.service == service.name), ())
    lines = [line.strip() for line in tail if line.strip()]
    return f" {service.name} said: {lines[-1][:500]}" if lines else ""
