"""The edge that acts: Codecov's own program sends the reports, from a private environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ci_actions import home
from ci_actions.ci_codecov.config import Config
from ci_actions.ci_codecov.model import Facts
from ci_actions.kit.context import load_event
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.supply.environments import locked_environment

LOCK = "codecov-cli"


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return how the upload went.

    Raises CannotJudge where a glob fits no report, Unavailable where the program cannot be installed.
    """
    found = dict.fromkeys(path for glob in config.files for path in _reports(edges.directory, glob))
    # By the paths that the report names its sources from.
    files = tuple(Path(os.path.relpath(each, edges.root)).as_posix() for each in found)
    lock = Path(home.root(), "requirements", "tools", f"{LOCK}.txt")
    programs = locked_environment(
        lock,
        python=sys.executable,
        cache=Path(home.cache_home(edges.environ)),
        process=edges.process,
        environ=edges.environ,
        progress=edges.progress,
    )
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line.replace(config.token, "***") if config.token else line)
        edges.progress(lines[-1])

    program = programs / ("codecovcli.exe" if os.name == "nt" else "codecovcli")
    began = edges.clock.monotonic()
    done = edges.process.follow(
        [program, *_words(config, edges, files)],
        say,
        cwd=edges.root,
        # Not on the command line, which any process of the machine may read.
        env={"CODECOV_TOKEN": config.token} if config.token else {},
        timeout=config.timeout * 60,
    )
    return Facts(
        files=files,
        code=done.code,
        lines=tuple(lines),
        seconds=edges.clock.monotonic() - began,
        version=_version(lock),
        token=bool(config.token),
        fork=edges.context.fork,
    )


def _reports(directory: Path, pattern: str) -> list[Path]:
    """Return the files that fit, ignored ones too: reports are mostly not committed. Raises CannotJudge for none."""
    from glob import glob

    named = [pattern] if (directory / pattern).is_file() else []
    found = named or glob(pattern, root_dir=directory, recursive=True, include_hidden=True)  # noqa: PTH207 - keeps paths as typed
    files = [directory / each for each in sorted(found) if (directory / each).is_file()]
    if not files:
        raise CannotJudge(
            f"files: '{pattern}' fits no report (looked in {directory}).",
            advice="Was it written, and downloaded?",
        )
    return files


def _words(config: Config, edges: Edges[Config], files: tuple[str, ...]) -> Iterator[str]:
    """Yield the arguments: only the reports that are named, no plugin, no telemetry."""
    yield "--disable-telem"
    if config.url:
        yield f"--url={config.url.rstrip('/')}"
    yield from (
        "upload-coverage",
        "--fail-on-error",
        "--disable-search",
        "--plugin",
        "noop",
        "--git-service",
        "github",
    )
    context = edges.context
    # A shallow clone of a merge commit does not tell its second parent, which is the commit under test.
    if context.head_sha:
        yield f"--sha={context.head_sha}"
    if context.repository:
        yield f"--slug={context.repository}"
    if context.fork and not config.token and (label := _label(edges)):
        # Codecov takes reports without a token for branches with the name of their owner before them.
        yield f"--branch={label}"
    if config.name:
        yield f"--name={config.name}"
    for flag in config.flags:
        yield f"--flag={flag}"
    for file in files:
        yield f"--file={file}"


def _label(edges: Edges[Config]) -> str:
    """Return the branch of a fork as `owner:branch`."""
    pull = load_event(edges.environ.get("GITHUB_EVENT_PATH", "")).get("pull_request")
    head = pull.get("head") if isinstance(pull, dict) else None
    label = head.get("label") if isinstance(head, dict) else None
    return label if isinstance(label, str) else ""


def _version(lock: Path) -> str:
    text = lock.read_text(encoding="utf-8")
    return next(
        (line.partition("==")[2].split()[0] for line in text.splitlines() if line.startswith(f"{LOCK}==")), ""
    )
