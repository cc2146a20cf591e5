"""The inputs of ci-load, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ci_actions.kit import endpoints
from ci_actions.kit.endpoints import LIKE, Endpoint
from ci_actions.kit.inputs import PATH, RATE, TEXT, Common, Kind, declare, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "requests": "How many requests were answered, or failed.",
    "requests-per-second": "Requests, divided by the seconds that were asked for.",
    "p95-ms": "Milliseconds within which 95 of 100 requests were answered; empty when none was.",
    "error-rate": "Percentage of the requests that failed; empty when there was none.",
    "report-dir": "Folder with everything that Locust and the server left.",
}


def _positive(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not value.is_finite() or value <= 0:
        raise ValueError
    return value


def _arguments(text: str) -> tuple[str, ...]:
    import shlex

    return tuple(shlex.split(text))


POSITIVE: Kind[Decimal | None] = Kind("a number above 0, like '50' or '0.5'", _positive)
ARGUMENTS: Kind[tuple[str, ...]] = Kind("arguments, quoted as in a shell", _arguments)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """What is asked of the server, by how many, and what it must keep."""

    locust_file: str = declare(PATH, default="", help="The locustfile: what users do.")
    host: str = declare(TEXT, default="", help="Address of the server, like `http://127.0.0.1:8000`.")
    users: int = declare(whole(1, 10_000), default=10, help="How many users there are at once.")
    spawn_rate: Decimal | None = declare(
        POSITIVE, default=None, help="How many of them start in a second; all of them without it."
    )
    seconds: int = declare(whole(1, 7200), default=60, help="How long they ask, in seconds.")
    args: tuple[str, ...] = declare(
        ARGUMENTS, default=(), help="More arguments for Locust, quoted as in a shell, like `--tags checkout`."
    )
    min_requests_per_second: Decimal | None = declare(
        POSITIVE,
        default=None,
        help="Requests a second that must be reached; without it any rate above 0 will do.",
    )
    max_p95_ms: Decimal | None = declare(
        POSITIVE,
        default=None,
        help="Milliseconds within which 95 of 100 requests must be answered; no limit without it.",
    )
    max_error_rate: Decimal = declare(
        RATE, default=Decimal(0), help="Percentage of the requests that may fail."
    )
    start_command: str = declare(
        TEXT,
        default="",
        help="Shell command that starts the server, by `bash -eo pipefail`, and stays; it is stopped at the end.",
    )
    wait_for: str = declare(
        TEXT,
        default="",
        help="What must answer before the load begins, like `http://127.0.0.1:8000/health=200`; else the host.",
    )
    wait_seconds: int = declare(whole(0, 3600), default=60, help="Seconds that the server has to answer.")
    python: str = declare(
        TEXT,
        default="",
        help="Interpreter of the project's environment; without it VIRTUAL_ENV, .venv, the manager's own, or the job's decides.",
    )
    test_env: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Variables for the server and for Locust, as lines of a dotenv file; every value is masked.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    @property
    def awaited(self) -> Endpoint:
        """What must answer before the load begins."""
        return endpoints.parse(self.wait_for or self.host)

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if not self.locust_file:
            yield "input 'locust-file' is missing: it names what users do"
        for name, text in (("host", self.host), ("wait-for", self.wait_for)):
            if (text or name == "host") and not _is_endpoint(text, "host" if name == "host" else ""):
                like = "like 'http://127.0.0.1:8000'" if name == "host" else LIKE
                yield f"input '{name}' is '{text}' but must be an address, {like}"


def _is_endpoint(text: str, kind: str) -> bool:
    try:
        found = endpoints.parse(text)
    except ValueError:
        return False
    return kind != "host" or (found.scheme != "tcp" and not found.status)
