"""Edge: Compose, whichever is there, and the engine behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_actions.ci_compose import states
from ci_actions.ci_compose.config import Config
from ci_actions.ci_compose.model import Service
from ci_actions.kit.context import Context
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.process import Completed, Process
from ci_actions.kit.run import Edges
from ci_actions.kit.strict import Unreadable

#: The plugin of the CLI, and the program of its own that was there before it and still is in distributions.
_WAYS = (("docker", "compose"), ("docker-compose",))
#: Seconds for a question, and for everything to be taken down.
PATIENCE = 60.0
DOWN_SECONDS = 180.0
#: Seconds that a container has to end by itself.
_STOP = "10"
#: Lines of a log that are kept.
_LINES = "100000"
_LABEL = "com.docker.compose.project"


def project_name(context: Context, root: str, prefix: str) -> str:
    """Return a name that no other run, attempt, job or folder has: lower case, as Compose wants it.

    https://docs.docker.com/compose/how-tos/project-name/
    """
    from hashlib import sha256
    from os import getpid

    place = sha256(f"{root}\0{prefix}".encode("utf-8", "surrogateescape")).hexdigest()[:8]
    run = context.run_id or str(getpid())
    job = re.sub("[^a-z0-9]+", "-", context.job.lower()).strip("-") or "here"
    return f"ci-actions-{run}-{context.run_attempt}-{job}-{place}"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One project of one Compose file."""

    words: tuple[str, ...]
    docker: str
    version: str
    project: str
    file: Path
    process: Process
    env: Mapping[str, str]

    @property
    def variables(self) -> Mapping[str, str]:
        """What lets a command find the same project by Compose."""
        return {"COMPOSE_FILE": str(self.file), "COMPOSE_PROJECT_NAME": self.project}

    @property
    def up(self) -> list[str]:
        """The command that starts everything."""
        return [*self.words, "up", "--detach"]

    @property
    def down(self) -> list[str]:
        """The command that takes everything down."""
        return [*self.words, "down", "--volumes", "--remove-orphans", "--timeout", _STOP]

    def services(self) -> tuple[str, ...]:
        """Return the names of the services. Raises BadInput for a file that Compose does not understand."""
        done = self._asked(*self.words, "config", "--services")
        if not done.ok:
            said = done.complaint.splitlines()[-5:]
            raise BadInput(
                f"input 'compose-file': Compose does not understand {self.file.name}: {' '.join(said)}"
            )
        return tuple(sorted(done.text.split()))

    def containers(self) -> list[tuple[str, str]]:
        """Return service and id of each container, ended ones too; none where the engine does not answer any more."""
        return [(each.name, each.container) for each in self._inspected(()) if each.container]

    def state(self, expected: Sequence[str]) -> tuple[Service, ...]:
        """Return the services as they are now."""
        return self._inspected(expected)

    def log(self, container: str) -> str:
        """Return what a container printed, each line with its time."""
        done = self._asked(self.docker, "logs", "--timestamps", "--tail", _LINES, container)
        lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        # Both streams, in the order of time, which is what a line begins with.
        return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.partition(" ")[0]))

    def remove_what_is_left(self) -> tuple[str, ...]:
        """Remove what `down` left; return what is there even then."""
        for _, listed, removed in self._kinds():
            if found := self._names(listed):
                self._asked(self.docker, *removed, *found)
        return tuple(f"{kind} {name}" for kind, listed, _ in self._kinds() for name in self._names(listed))

    def _kinds(self) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
        return (
            ("container", ("ps", "--all", "--quiet"), ("rm", "--force", "--volumes")),
            ("volume", ("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
            ("network", ("network", "ls", "--quiet"), ("network", "rm")),
        )

    def _names(self, listed: Sequence[str]) -> list[str]:
        return self._asked(self.docker, *listed, "--filter", f"label={_LABEL}={self.project}").text.split()

    def _inspected(self, expected: Sequence[str]) -> tuple[Service, ...]:
        ids = self._names(("ps", "--all", "--quiet", "--no-trunc"))
        done = self._asked(self.docker, "inspect", *ids) if ids else None
        try:
            return states.services(done.stdout if done else b"[]", expected)
        except Unreadable as wrong:
            raise CannotJudge(f"What docker inspect says cannot be understood: {wrong}.") from None

    def _asked(self, *words: str) -> Completed:
        try:
            return self.process.run(words, env=self.env, cwd=self.file.parent, timeout=PATIENCE)
        except OSError as wrong:
            raise Unavailable(f"{words[0]} cannot be started: {wrong.strerror}.") from wrong


def find(edges: Edges[Config], *, file: Path, project: str, env: Mapping[str, str]) -> Engine:
    """Return Compose, for a file and a project. Raises Unavailable where there is none, or no engine that answers."""
    docker = edges.which("docker")
    if docker is None:
        raise Unavailable(
            "There is no program 'docker' on PATH, which the services need.",
            advice="Install Docker: https://docs.docker.com/engine/install/; on Debian, apt-get install docker.io.",
        )
    said = edges.process.run([docker, "version", "--format", "{{.Server.Version}}"], timeout=PATIENCE)
    if not said.ok:
        raise Unavailable(
            f"No Docker engine answers: {said.complaint.splitlines()[-1] if said.complaint else said.code}",
            advice="Is the engine started, and may this user talk to it?",
        )
    for way in _WAYS:
        program = edges.which(way[0])
        if program is None:
            continue
        words = (program, *way[1:])
        version = edges.process.run([*words, "version", "--short"], timeout=PATIENCE)
        if version.ok and version.text.strip():
            return Engine(
                words=(*words, "--file", str(file), "--project-name", project),
                docker=docker,
                version=f"{' '.join(way)} {version.text.strip().splitlines()[-1]}",
                project=project,
                file=file,
                process=edges.process,
                env=env,
            )
    raise Unavailable(
        "There is neither `docker compose` nor `docker-compose`.",
        advice="Install the plugin: https://docs.docker.com/compose/install/; on Debian, apt-get install docker-compose.",
    )
