"""The inputs of ci-compose, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.endpoints import Endpoint, parse
from ci_actions.kit.inputs import LIST, PATH, TEXT, Common, Kind, declare, items, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "services": "How many services there were.",
    "project": "Name of the Compose project, which no other run has.",
    "report-dir": "Folder with everything, the log of each service in `logs/`.",
}

ENDPOINTS: Kind[tuple[Endpoint, ...]] = items(parse)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which services, when they are ready, and what is run against them."""

    compose_file: str = declare(PATH, default="", help="The Compose file.")
    command: str = declare(
        TEXT,
        default="",
        help="Shell command that tests against the services, by `bash -eo pipefail`. COMPOSE_FILE and "
        "COMPOSE_PROJECT_NAME are set, so that `docker compose exec` finds them.",
    )
    wait_for: tuple[Endpoint, ...] = declare(
        ENDPOINTS,
        default=(),
        help="What must answer beside the health checks of the services, one a line: `tcp://localhost:5432`, "
        "`http://localhost:8000/health=200`.",
    )
    may_end: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Services that may end, with exit code 0, such as one that only migrates a database.",
    )
    wait_seconds: int = declare(
        whole(0, 3600), default=120, help="Seconds that the services have to be ready."
    )
    timeout: int = declare(
        whole(1, 1440),
        default=30,
        help="Minutes that the start of the services, and the command, may each take.",
    )
    test_env: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Variables for the services and the command, as lines of a dotenv file; every value is masked.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    def problems(self) -> Iterable[str]:
        """Return what is missing."""
        if not self.compose_file:
            yield "input 'compose-file' is missing: it names the services"
        if not self.command:
            yield "input 'command' is missing: services alone test nothing"
