"""Reads the consumer's workflows, writes the tree, and prints act's command line or runs it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ci_actions import home
from ci_actions.commands import ours
from ci_actions.commands.act.consumer import FOLDER, Note, Ours, Survey, survey
from ci_actions.kit.emit import harmless
from ci_actions.kit.errors import BadInput, Exit, Unavailable, worst
from ci_actions.kit.git import Git
from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, PATH, Common, declare, read
from ci_actions.kit.process import Process
from ci_actions.kit.run import flags, parse_arguments, working_directory
from ci_actions.publish.act_tree import REPOSITORY

if TYPE_CHECKING:
    from ci_actions.publish.tree import Files
    from ci_actions.workflows.model import Workflow

#: What act and the jobs need of the environment; act hands all that it has to every step.
_KEPT = frozenset(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TERM TMPDIR CI_ACTIONS_PYTHON".split()
    + "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR".split()
    # By name: DOCKER_AUTH_CONFIG is a secret.
    + "DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_CERT_PATH DOCKER_TLS_VERIFY".split()
    # Windows finds nothing without these.
    + "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP USERPROFILE APPDATA LOCALAPPDATA OS".split()
)
_KEPT_PREFIXES = ("LC_", "XDG_")
#: Options of act that take `NAME=value`, or `NAME` alone for what the environment holds.
_FROM_ENVIRONMENT = ("-s", "--secret", "--env", "--var")
#: Every option of these that we use came later than the others.
_NEEDED = ("--local-repository", "--concurrent-jobs")
_INSTALL = "Install it (https://nektosact.com/installation), or leave --run out and take the printed command elsewhere."


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions act`."""

    to: str = declare(
        PATH,
        help="A folder for the tree that act takes for our repository, and for act's caches and artifacts: new, empty, "
        "or made by this command before.",
    )
    ref: str = declare(
        ARGUMENT, default="v1", help="The ref of ours that the workflows name, and that the tree stands for."
    )
    repository: str = declare(
        ours.REPOSITORY, default=REPOSITORY, help="What our repository is called in the workflows."
    )
    event: str = declare(ARGUMENT, default="push", help="The event that act plays.")
    workflow: str = declare(
        PATH,
        default="",
        help=f"One workflow, by its name in {FOLDER} or its path; else all that the event starts.",
    )
    run: bool = declare(
        BOOLEAN,
        default=False,
        help="Run act, and end with 0 only if each job ran and none failed: 1 when act failed, 3 when it skipped a job "
        "in silence or ran none, 4 when it is not installed.",
    )
    docker: bool = declare(
        BOOLEAN,
        default=False,
        help="Map no label: act runs jobs in its own images, or those of your .actrc. Else they run on this machine, "
        "in your environment but with the variables of a few names only.",
    )
    offline: bool = declare(
        BOOLEAN, default=False, help="Fetch no action that act has already, and fail for the others."
    )
    dry_run: bool = declare(BOOLEAN, default=False, help="Write nothing and run nothing: say and print only.")

    def problems(self) -> Iterator[str]:
        """A dry run runs nothing."""
        if self.run and self.dry_run:
            yield "--run and --dry-run contradict each other: give one of them"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be run, from which folder, and what there is to know about it."""

    argv: tuple[str, ...]
    root: Path
    survey: Survey
    notes: tuple[Note, ...]


def act(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Do what is asked and return the exit code; the command line goes to `out`, all else to `err`.

    Raises BadInput for what cannot be meant, CannotJudge when git fails, Unavailable when act or a folder cannot be had.
    """
    words, extra = _split(words)
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    arguments = parse_arguments(words, flags(Config))
    config = read(Config, options=arguments.options, environ={})
    if arguments.words:
        raise BadInput(
            f"'{' '.join(arguments.words)}' is not understood; what is meant for act stands behind --"
        )
    from ci_actions.commands.act import tree
    from ci_actions.publish import act_tree

    to = here / config.to
    tree.refuse_others(to)
    clean = _scrubbed(environ)
    git = Git(Process(clean), working_directory(arguments, {}, here), environ=clean)
    files = act_tree.for_act(tree.program(environ), config.ref, config.repository)
    plan = _plan(config, git, files, to.resolve(), here, extra)
    for note in plan.notes:
        print(f"note: {harmless(str(note))}", file=err)
    if not config.dry_run:
        about = {"repository": config.repository, "ref": config.ref, "version": home.version()}
        place, written = tree.write(files, to, about, apart=not config.docker)
        done = f"{len(files)} files written" if written else "it is there already"
        print(f"tree: {place}: {config.repository}@{config.ref}, {home.version()}, {done}", file=err)
    if not config.run:
        _print(plan, out, as_json=arguments.json)
        return Exit.PASSED
    return _run(plan, _environment(environ, extra), environ.get("PATH", ""), out, err, as_json=arguments.json)


# --- what is to be run ---------------------------------------------------------------------------


def _plan(config: Config, git: Git, files: Files, to: Path, here: Path, extra: Sequence[str]) -> Plan:
    from ci_actions.commands.act.tree import TREE

    root = git.root()
    workflows = _workflows(root)
    started = _started(config, root, here, workflows)

    def content(path: str) -> bytes | None:
        return files[path].data if path in files else None

    ours = Ours(repository=config.repository, ref=config.ref, file=content)
    found = survey(workflows, started, ours, docker=config.docker)
    remotes = git.run("remote").text.split()
    only = f".github/workflows/{Path(started[0]).name}" if config.workflow else FOLDER
    argv = ["act", config.event, "--workflows", only]
    if root != here:
        argv[1:1] = ["--directory", str(root)]
    if not config.docker:
        argv += [word for label in found.labels for word in ("--platform", f"{label}=-self-hosted")]
    argv += ["--local-repository", f"{ours.key}={to / TREE}"]
    # Jobs side by side share an unguarded map of local repositories: https://github.com/nektos/act/issues/2390
    argv += ["--concurrent-jobs", "1"]
    # Without these act asks which address leads out, and is lost on a machine that has none.
    argv += ["--cache-server-path", str(to / "cache"), "--cache-server-addr", "127.0.0.1"]
    argv += ["--artifact-server-path", str(to / "artifacts"), "--artifact-server-addr", "127.0.0.1"]
    argv += ["--action-offline-mode", "--pull=false"] if config.offline else []
    if "origin" not in remotes and len(remotes) == 1:
        argv += ["--remote-name", remotes[0]]
    notes = (*found.notes, *_about(git, remotes, found, offline=config.offline))
    return Plan(argv=(*argv, *extra), root=root, survey=found, notes=notes)


def _workflows(root: Path) -> dict[str, Workflow]:
    """Return the workflows of a repository by their paths. Raises BadInput for one that nobody can read: act stops at it."""
    from ci_actions.workflows import reading

    folder = root / FOLDER
    paths = sorted(each for each in folder.glob("*") if each.suffix in (".yml", ".yaml") and each.is_file())
    if not paths:
        raise BadInput(f"{folder} holds no workflow: run this in the repository that calls ours")
    found = {f"{FOLDER}/{path.name}": reading.workflow(path.read_bytes()) for path in paths}
    broken = [
        f"{path}:{problem.place}: {problem.text}"
        for path, workflow in found.items()
        if not workflow.jobs
        for problem in workflow.problems
    ]
    if broken:
        raise BadInput(*broken)
    return found


def _started(config: Config, root: Path, here: Path, workflows: Mapping[str, Workflow]) -> list[str]:
    """Return the workflows that act is to start. Raises BadInput when there are none."""
    chosen = list(workflows)
    if config.workflow:
        places = [here / config.workflow, root / config.workflow, root / FOLDER / config.workflow]
        known = {(root / path).resolve(): path for path in workflows}
        chosen = [known[place.resolve()] for place in places if place.resolve() in known][:1]
        if not chosen:
            raise BadInput(f"--workflow '{config.workflow}' is none of: {', '.join(workflows)}")
    started = [path for path in chosen if config.event in workflows[path].events]
    if not started:
        events = sorted({event for path in chosen for event in workflows[path].events})
        raise BadInput(
            f"--event '{config.event}' starts none of {', '.join(chosen)}; they have: {', '.join(events)}"
        )
    return started


def _about(git: Git, remotes: Sequence[str], found: Survey, *, offline: bool) -> Iterator[Note]:
    """Yield what there is to know of the repository and of act's network."""
    from ci_actions.publish import tree

    if not remotes:
        yield Note("", "this repository has no remote, so act calls it nektos/act: git remote add origin …")
    if dirty := tree.dirt(git):
        shown = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
        yield Note("", f"not committed, so CI would not see it, but act does: {shown}")
    if found.fetched and not offline:
        yield Note("", f"act fetches these once: {', '.join(found.fetched)}")


def _print(plan: Plan, out: TextIO, *, as_json: bool) -> None:
    print(json.dumps(_document(plan)) if as_json else shlex.join(plan.argv), file=out)


def _document(plan: Plan) -> dict[str, object]:
    return {
        "command": plan.argv,
        "directory": str(plan.root),
        "labels": plan.survey.labels,
        "fetched": plan.survey.fetched,
        "notes": [asdict(note) for note in plan.notes],
    }


# --- running it ----------------------------------------------------------------------------------


def _run(
    plan: Plan, environ: Mapping[str, str], path: str, out: TextIO, err: TextIO, *, as_json: bool
) -> int:
    from shutil import which

    from ci_actions.commands.act.running import Log

    program = which("act", path=path)
    if program is None:
        raise Unavailable("act is not on PATH.", advice=_INSTALL)
    process = Process({})
    known = process.run([program, "--help"], env=environ, cwd=plan.root)
    if missing := [name for name in _NEEDED if name not in known.text]:
        raise Unavailable(f"{program} does not know {', '.join(missing)}: it is too old.", advice=_INSTALL)
    log, to = Log(), err if as_json else out

    def say(line: str) -> None:
        for shown in log.take(line):
            print(harmless(shown), file=to, flush=True)

    argv = [program, *plan.argv[1:], "--json", *_port(plan.argv)]
    done = process.follow(argv, say, cwd=plan.root, env=environ)
    code = worst(log.codes(done.code))
    for line in log.conclusion(done.code):
        print(harmless(line), file=err)
    if as_json:
        ended = {"exit-code": int(code), "jobs": log.results, "skipped-jobs": log.skipped}
        print(json.dumps({**_document(plan), **ended}), file=out)
    return code


def _port(argv: Sequence[str]) -> list[str]:
    """Return the option for a port that is free, as act's own default may be another run's."""
    import socket

    if any(word.startswith("--artifact-server-port") for word in argv):
        return []
    with socket.create_server(("127.0.0.1", 0)) as server:
        return ["--artifact-server-port", str(server.getsockname()[1])]


def _scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if name.upper() in _KEPT or name.upper().startswith(_KEPT_PREFIXES)
    }


def _environment(environ: Mapping[str, str], extra: Sequence[str]) -> dict[str, str]:
    """Return the environment for act: nothing that could be a secret, but what its own options ask for by name."""
    given = {}
    for word, following in pairwise((*extra, "")):
        for option in _FROM_ENVIRONMENT:
            name = following if word == option else word.removeprefix(f"{option}=")
            if name != word and name in environ:
                given[name] = environ[name]
    return {**_scrubbed(environ), **given}


def _split(words: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return our own words, and those behind `--`, which are act's."""
    if "--" not in words:
        return words, ()
    at = list(words).index("--")
    return words[:at], tuple(words[at + 1 :])


def _usage() -> str:
    from ci_actions.commands.help import options

    return "\n".join(
        [
            "ci-actions act --to FOLDER [--run] [-- ACT'S OPTIONS]: run workflows that call ours on this machine, under act",
            "",
            "Writes a tree that act takes for this version of ours, and prints act's command line for the repository here;",
            "with --run it runs it. act copies the work tree without what git ignores, and reads .secrets, .env, .vars and",
            ".actrc of the repository. A secret is handed on where you name it: -- -s NAME",
            "",
            "options",
            *options(Config),
        ]
    )
