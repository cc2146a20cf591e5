"""Edge: starts the services, waits for them, runs the command; and always keeps their logs and takes them down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_actions.ci_compose import engine
from ci_actions.ci_compose.config import Config
from ci_actions.ci_compose.engine import Engine
from ci_actions.ci_compose.model import Facts, Log, Readiness, Service, Step
from ci_actions.ci_compose.states import readiness
from ci_actions.kit import dotenv, emit
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.following import follow
from ci_actions.kit.interruption import interruptible, uninterrupted
from ci_actions.kit.masking import hider, secrets_in
from ci_actions.kit.run import Edges
from ci_actions.kit.waiting import complaint

NAME = "ci-compose"
#: Seconds between two looks at services that are not ready, and for which all must be ready before that is believed.
PAUSE = 0.5
SETTLED = 1.0


@dataclass
class _Course:
    """How far it came; what is known when something interrupts it is told all the same."""

    up: Step
    ready: tuple[Service, ...] = ()
    silent: tuple[tuple[str, str], ...] = ()
    waited: float = 0.0
    command: Step | None = None
    after: tuple[Service, ...] = ()


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what happened.

    Raises BadInput for a Compose file that is not there or cannot be understood, CannotJudge for one without services,
    Unavailable where there is no Compose or no engine.
    """
    file = edges.directory / config.compose_file
    if not file.is_file():
        raise BadInput(f"input 'compose-file' is '{config.compose_file}', but there is no such file")
    variables, hide = _variables(config, edges)
    project = engine.project_name(edges.context, str(edges.root), edges.prefix)
    compose = engine.find(edges, file=file, project=project, env=variables)
    expected = compose.services()
    if not expected:
        raise CannotJudge(f"{config.compose_file} has no service: nothing would be tested.")
    if strange := sorted(set(config.may_end) - set(expected)):
        raise BadInput(
            f"input 'may-end' names {', '.join(strange)}, but {config.compose_file} has no such service"
        )
    folder = _folder(config, edges)

    def say(line: str) -> None:
        edges.progress(hide(line))

    def step(words: Sequence[str], seconds: float, more: Mapping[str, str], name: str) -> Step:
        output = folder / f"{name}.log"
        ended = follow(
            edges.process, words, say, output=output, cwd=edges.directory, env={**variables, **more}, limit=seconds,
            clock=edges.clock,
        )  # fmt: skip
        output.write_text(hide(output.read_text("utf-8", "replace")), encoding="utf-8")
        return Step(code=ended.code, seconds=ended.seconds, tail=tuple(map(hide, ended.tail)))

    with interruptible():
        try:
            course = _Course(up=step(compose.up, config.timeout * 60, {}, "up"))
            if course.up.code == 0:
                _use(config, edges, compose, expected, course, step)
        finally:
            with uninterrupted():
                try:
                    logs = _logs(compose, folder, hide)
                finally:
                    down = step(compose.down, engine.DOWN_SECONDS, {}, "down")
                    left = compose.remove_what_is_left()
    return Facts(
        compose=compose.version,
        project=project,
        up=course.up,
        ready=course.ready,
        silent=course.silent,
        waited=course.waited,
        command=course.command,
        after=course.after,
        logs=logs,
        down=down,
        left=left,
        folder=str(folder),
    )


def _use(
    config: Config,
    edges: Edges[Config],
    compose: Engine,
    expected: Sequence[str],
    course: _Course,
    step: Callable[[Sequence[str], float, Mapping[str, str], str], Step],
) -> None:
    """Wait for the services, and run the command if all of them are ready."""
    if not _await(config, edges, compose, expected, course):
        return
    bash = edges.which("bash")
    if bash is None:
        raise Unavailable(
            "The input command is run by bash, and there is none on PATH.", advice="Install bash."
        )
    words = [bash, "-eo", "pipefail", "-c", config.command]
    course.command = step(words, config.timeout * 60, compose.variables, "command")
    course.after = compose.state(expected)


def _await(
    config: Config, edges: Edges[Config], compose: Engine, expected: Sequence[str], course: _Course
) -> bool:
    """Return whether all services are ready, and stay so for a moment, before the time is over."""
    begin = edges.clock.monotonic()
    since: float | None = None
    while True:
        course.ready = compose.state(expected)
        found = {readiness(each, config.may_end) for each in course.ready}
        course.silent = tuple((each.shown, why) for each in config.wait_for if (why := complaint(each)))
        now = edges.clock.monotonic()
        course.waited = now - begin
        if Readiness.ENDED in found:
            return False
        if found == {Readiness.READY} and not course.silent:
            since = now if since is None else since
            if now - since >= SETTLED:
                edges.progress(f"{len(expected)} services are ready after {course.waited:.1f} s")
                return True
        else:
            since = None
            if course.waited >= config.wait_seconds:
                return False
        edges.clock.sleep(PAUSE)


def _variables(config: Config, edges: Edges[Config]) -> tuple[Mapping[str, str], Callable[[str], str]]:
    """Return the variables for the services and the command, and what hides their values."""
    found = dotenv.read(config.test_env)
    if found.problems:
        raise BadInput(*(f"input 'test-env', {each}" for each in found.problems))
    secrets = secrets_in(found.variables.values())
    for each in secrets:
        edges.mask(each)
    return found.variables, hider(secrets)


def _logs(compose: Engine, folder: Path, hide: Callable[[str], str]) -> tuple[Log, ...]:
    """Keep what each container printed, without secrets."""
    kept = []
    place = folder / "logs"
    place.mkdir(exist_ok=True)
    for service, container in compose.containers():
        text = hide(compose.log(container))
        name = f"{service}-{container[:12]}.log"
        (place / name).write_text(text, encoding="utf-8")
        # The time in front of each line is for the file.
        lines = tuple(line.partition(" ")[2] for line in text.splitlines()[-60:])
        kept.append(Log(service=service, file=f"logs/{name}", tail=lines))
    return tuple(kept)


def _folder(config: Config, edges: Edges[Config]) -> Path:
    """Return the folder for all files, without logs of an earlier run."""
    from shutil import rmtree

    temp = emit.Targets.from_environ(edges.environ, json=False, terminal=False).temp
    folder = emit.report_folder(NAME, config.report_dir, temp, root=edges.root, directory=edges.directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rmtree(folder / "logs", ignore_errors=True)
    except OSError as denied:
        raise Unavailable(
            f"Cannot write {folder}: {denied.strerror}.",
            advice="Name a folder for the files with report-dir.",
        ) from denied
    return folder.resolve()
