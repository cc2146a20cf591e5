"""Edge: starts the server, waits for it, loads it with Locust, and always stops it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ci_actions import home
from ci_actions.ci_load.config import Config
from ci_actions.ci_load.decide import FAILURES
from ci_actions.ci_load.model import Facts, Server
from ci_actions.kit import dotenv, emit
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.following import PULSE, Followed, follow
from ci_actions.kit.interruption import interruptible
from ci_actions.kit.masking import hider, secrets_in
from ci_actions.kit.run import Edges
from ci_actions.kit.waiting import complaint
from ci_actions.project import interpreters, own_interpreter
from ci_actions.supply.environments import locked_environment

NAME = "ci-load"
#: The oldest Python that the locked Locust runs with.
FLOOR = (3, 11)
#: Seconds that users have to end what they are at, and that Locust has to end itself after that.
STOP = 10
GRACE = 60.0
#: Seconds between two questions to a server that does not answer yet.
PAUSE = 0.25
#: Locust without it tells its last second to nobody but the screen.
_JSON = "--json-file"
_PLAIN = {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb", "PYTHONUNBUFFERED": "1"}


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return how the load went.

    Raises BadInput for a locustfile that is not there and for variables that cannot be meant, Unavailable for a server
    that does not answer, CannotJudge for one that was there before, and where Locust cannot be started.
    """
    if not (edges.directory / config.locust_file).is_file():
        raise BadInput(f"input 'locust-file' is '{config.locust_file}', but there is no such file")
    variables, hide = _variables(config, edges)

    def say(line: str) -> None:
        edges.progress(hide(line))

    words, how, version = _locust(config, edges)
    folder = _folder(config, edges)
    with interruptible(), _server(config, edges, folder, variables, say) as server:
        ended = follow(
            edges.process,
            [*words, *_arguments(config, folder)],
            say,
            output=folder / "locust.log",
            cwd=edges.directory,
            env={**_PLAIN, **variables},
            limit=config.seconds + STOP + GRACE,
            clock=edges.clock,
        )
        found = Server(code=server.poll(), tail=tuple(map(hide, server.tail))) if server else None
    for log in ("locust.log", "server.log"):
        _masked(folder / log, hide)
    return Facts(
        locust=version,
        how=how,
        code=ended.code,
        seconds=ended.seconds,
        tail=tuple(map(hide, ended.tail)),
        stats=_content(folder / "locust.json"),
        exceptions=_content(folder / "locust_exceptions.csv"),
        server=found,
        folder=str(folder),
    )


def _arguments(config: Config, folder: Path) -> Iterator[str]:
    yield from ("-f", config.locust_file, "--headless", "--host", config.host)
    yield from ("--users", str(config.users), "--spawn-rate", str(config.spawn_rate or config.users))
    yield from ("--run-time", f"{config.seconds}s", "--stop-timeout", str(STOP))
    # Locust puts the end to both names.
    yield from ("--csv", str(folder / "locust"), _JSON, str(folder / "locust"))
    yield from ("--exit-code-on-error", str(FAILURES), *config.args)


def _variables(config: Config, edges: Edges[Config]) -> tuple[Mapping[str, str], Callable[[str], str]]:
    """Return the variables for the server and for Locust, and what hides their values."""
    found = dotenv.read(config.test_env)
    if found.problems:
        raise BadInput(*(f"input 'test-env', {each}" for each in found.problems))
    secrets = secrets_in(found.variables.values())
    for each in secrets:
        edges.mask(each)
    return found.variables, hider(secrets)


# --- Locust ---------------------------------------------------------------------------------------


def _locust(config: Config, edges: Edges[Config]) -> tuple[list[str], str, str]:
    """Return the words that start Locust, where it is from, and its version: the project's own, else ours."""
    found = own_interpreter.find(
        config.python, edges.directory, edges.root, edges.environ, edges.process, edges.which
    )
    own = [found.python, "-m", "locust"]
    said = edges.process.run([*own, "--version"], cwd=edges.directory, timeout=60)
    how = found.how
    if not said.ok:
        programs = locked_environment(
            Path(home.root(), "requirements", "tools", "locust.txt"),
            python=_newer(found.python, edges),
            cache=Path(home.cache_home(edges.environ)),
            process=edges.process,
            environ=edges.environ,
            progress=edges.progress,
        )
        own = [str(programs / ("python.exe" if os.name == "nt" else "python")), "-m", "locust"]
        how = "an environment of its own, as the project has no Locust"
        said = edges.process.run([*own, "--version"], cwd=edges.directory, timeout=60)
    version = " ".join(said.text.split()[:2])
    if not said.ok:
        raise CannotJudge(f"Locust ({how}) does not start: {said.complaint or said.code}")
    if _JSON not in edges.process.run([*own, "--help"], cwd=edges.directory, timeout=60).text:
        raise CannotJudge(
            f"{version} ({how}) does not know {_JSON}, without which its last second is told to nobody but the screen.",
            advice="Install a newer one in the project, or none: then ci-load brings its own.",
        )
    return own, how, version


def _newer(python: str, edges: Edges[Config]) -> str:
    """Return an interpreter that our Locust runs with: the project's own if it is new enough."""
    chosen = interpreters.find(
        lambda each: tuple(map(int, each.version.split("."))) >= FLOOR,
        process=edges.process,
        environ=edges.environ,
        near=[python],
    )
    if chosen is None:
        raise CannotJudge(
            f"There is no Python {FLOOR[0]}.{FLOOR[1]} or newer for Locust.",
            advice="Install Locust in the project's environment, or set a newer Python up beside it.",
        )
    return chosen.path


# --- the server -----------------------------------------------------------------------------------


@contextmanager
def _server(
    config: Config,
    edges: Edges[Config],
    folder: Path,
    variables: Mapping[str, str],
    say: Callable[[str], None],
) -> Iterator[Followed | None]:
    """Start the server and wait for it; whatever becomes of the load, it is stopped."""
    if not config.start_command:
        _await(config, edges, None)
        yield None
        return
    if not complaint(config.awaited):
        raise CannotJudge(
            f"{config.awaited.shown} answers already, before start-command: another server would be loaded.",
            advice="Stop it, or choose another port.",
        )
    bash = edges.which("bash")
    if bash is None:
        raise Unavailable(
            "The input start-command is run by bash, and there is none on PATH.", advice="Install bash."
        )
    words = [bash, "-eo", "pipefail", "-c", config.start_command]
    with Followed(
        edges.process,
        words,
        lambda line: say(f"server: {line}"),
        output=folder / "server.log",
        cwd=edges.directory,
        env=variables,
    ) as server:
        _await(config, edges, server)
        yield server


def _await(config: Config, edges: Edges[Config], server: Followed | None) -> None:
    """Return when the server answers. Raises Unavailable, with the last lines of a server that ended."""
    awaited = config.awaited
    begin = edges.clock.monotonic()
    while why := complaint(awaited):
        code = server.poll() if server else None
        if server and code is not None:
            last = "\n".join(server.tail[-10:])
            raise Unavailable(
                f"input 'start-command' ended with exit code {code} before {awaited.shown} answered.\n{last}".rstrip(),
                advice="It must stay: without `&` and without options that send it into the background.",
            )
        if edges.clock.monotonic() - begin >= config.wait_seconds:
            raise Unavailable(
                f"{awaited.shown} did not answer within {config.wait_seconds} s: {why}.",
                advice="wait-seconds says how long is waited, wait-for what must answer.",
            )
        edges.clock.sleep(max(PAUSE, PULSE))
    edges.progress(f"{awaited.shown} answers after {edges.clock.monotonic() - begin:.1f} s")


# --- files ----------------------------------------------------------------------------------------


def _folder(config: Config, edges: Edges[Config]) -> Path:
    """Return the folder for all files, without what an earlier run left there."""
    temp = emit.Targets.from_environ(edges.environ, json=False, terminal=False).temp
    folder = emit.report_folder(NAME, config.report_dir, temp, root=edges.root, directory=edges.directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (
            *folder.glob("locust*.csv"),
            folder / "locust.json",
            folder / "locust.log",
            folder / "server.log",
        ):
            old.unlink(missing_ok=True)
    except OSError as denied:
        raise Unavailable(
            f"Cannot write {folder}: {denied.strerror}.",
            advice="Name a folder for the files with report-dir.",
        ) from denied
    return folder.resolve()


def _masked(log: Path, hide: Callable[[str], str]) -> None:
    """Take the secrets out of a log that becomes an artifact."""
    if log.is_file():
        log.write_text(hide(log.read_text("utf-8", "replace")), encoding="utf-8")


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
