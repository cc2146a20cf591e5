"""Pure: what the engine says of containers -> the services, and whether they are ready."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ci_actions.ci_compose.model import EXITED, RUNNING, Readiness, Service
from ci_actions.kit.strict import Unreadable, a_text, a_whole_number, an_object, parsed

_SERVICE = "com.docker.compose.service"
#: States out of which no container comes by itself.
_ENDS = (EXITED, "dead", "removing")


def services(content: bytes, expected: Sequence[str]) -> tuple[Service, ...]:
    """Return the services from `docker inspect`, each container once, those without any too. Raises Unreadable."""
    found = parsed(content)
    if not isinstance(found, list):
        raise Unreadable("it is no JSON array")
    containers = [_service(an_object(each, "a container")) for each in found]
    there = {each.name for each in containers}
    missing = [Service(name=name) for name in expected if name not in there]
    return tuple(sorted((*containers, *missing), key=lambda each: (each.name, each.container)))


def _service(found: Mapping[str, Any]) -> Service:
    state = an_object(found.get("State"), "its State")
    labels = an_object(an_object(found.get("Config"), "its Config").get("Labels"), "its Labels")
    health = state.get("Health")
    return Service(
        name=a_text(labels, _SERVICE, "a container"),
        container=a_text(found, "Id", "a container"),
        state=a_text(state, "Status", "a container"),
        code=a_whole_number(state, "ExitCode", "a container", lowest=-(2**31)),
        health=a_text(health, "Status", "its Health") if isinstance(health, dict) else "",
    )


def readiness(service: Service, may_end: Collection[str]) -> Readiness:
    """Return what a look at a service says: a health check decides where there is one."""
    if service.state in _ENDS:
        is_done = service.name in may_end and service.state == EXITED and not service.code
        return Readiness.READY if is_done else Readiness.ENDED
    if service.state != RUNNING or service.name in may_end:
        return Readiness.NOT_YET
    # Docker says `none` of a check that the file switches off.
    return Readiness.READY if service.health in ("", "none", "healthy") else Readiness.NOT_YET
