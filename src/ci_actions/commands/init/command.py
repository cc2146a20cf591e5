"""`ci-actions init`: looks at a repository, shows what it would write, asks, and writes; or sets up a git hook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ci_actions.commands.init.model import PIECES, Release, State
from ci_actions.commands.ours import REPOSITORY
from ci_actions.kit.emit import harmless
from ci_actions.kit.errors import BadInput, CannotJudge, Exit
from ci_actions.kit.inputs import BOOLEAN, LIST, Common, Kind, declare, read, suggestion
from ci_actions.kit.run import flags, parse_arguments, working_directory
from ci_actions.kit.settings import git_root

if TYPE_CHECKING:
    from ci_actions.commands.init.model import Change

PRE_COMMIT, PRE_PUSH = "pre-commit", "pre-push"
#: What each hook has `check` look at.
HOOKS = {PRE_COMMIT: "--staged", PRE_PUSH: "--changed"}
#: Asks a person and returns the answer; there is none where nobody sits at a terminal.
Ask = Callable[[str], str]


def _hook(text: str) -> str:
    """Return the hook that is meant; the bare option means the first."""
    name = PRE_COMMIT if text == "true" else text
    if name not in HOOKS:
        raise ValueError
    return name


def _ref(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", text) or ".." in text:
        raise ValueError
    return text


_HOOK: Kind[str] = Kind("one of: " + ", ".join(HOOKS), _hook, tuple(HOOKS), flag=True)
_REF: Kind[str] = Kind("a tag, a branch or a SHA, like v1", _ref)


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions init`."""

    only: tuple[str, ...] = declare(
        LIST, default=(), help=f"What to write, of: {', '.join(PIECES)}. Everything without it."
    )
    yes: bool = declare(BOOLEAN, default=False, help="Write without asking.")
    force: bool = declare(
        BOOLEAN,
        default=False,
        help="Also write workflows in the place of those that init did not write, or that somebody edited.",
    )
    repository: str = declare(
        REPOSITORY,
        default="",
        help="What our repository is called, where yours is a copy of it: owner/name.",
    )
    ref: str = declare(
        _REF,
        default="",
        help="The ref of ours that the workflows name; the major version of this program without it.",
    )
    hook: str = declare(
        _HOOK,
        default="",
        help="Install a git hook that runs `ci-actions check`, and write nothing else: --hook is a pre-commit hook and "
        "checks what is staged, --hook=pre-push checks what has changed. One that is there already is never overwritten.",
    )
    remove: bool = declare(
        BOOLEAN, default=False, help="Remove the hook instead, if it is the one that was installed this way."
    )
    dry_run: bool = declare(BOOLEAN, default=False, help="Say what would be done, and do nothing.")

    def problems(self) -> Iterable[str]:
        """What goes with the hook goes with nothing else."""
        if self.remove and not self.hook:
            yield "--remove needs --hook: workflows are removed with git rm"
        if self.hook and (self.only or self.yes or self.force):
            yield "--hook sets up a hook and nothing else: --only, --yes and --force are for workflows"
        for each in self.only:
            if each not in PIECES:
                yield f"--only names '{each}', which is none of: {', '.join(PIECES)}{suggestion(each, PIECES)}"

    @property
    def pieces(self) -> tuple[str, ...]:
        """What is to be written."""
        return self.only or PIECES


def init(
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    here: Path,
    out: TextIO,
    program: Path,
    ask: Ask | None = None,
) -> int:
    """Do what is asked and return the exit code.

    `program` is the file that this process was started from; `ask` is None where nobody can answer. Raises BadInput for
    what cannot be meant, CannotJudge when git fails, Unavailable when something cannot be written.
    """
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    arguments = parse_arguments(words, flags(Config))
    config = read(Config, options=arguments.options, environ={})
    if arguments.words:
        hint = f": write --hook={arguments.words[0]}" if arguments.words[0] in HOOKS else ""
        raise BadInput(f"'{' '.join(arguments.words)}' is not understood{hint}; see --help")
    directory = working_directory(arguments, {}, here)
    if config.hook:
        return _set_up_hook(config, directory, environ, out, program)
    return _Writer(config, environ, directory, out, ask).write()


def _set_up_hook(
    config: Config, directory: Path, environ: Mapping[str, str], out: TextIO, program: Path
) -> int:
    from ci_actions.commands.init import hooks

    place = hooks.find(directory, config.hook, environ)
    if config.remove:
        answer = hooks.remove(place, dry_run=config.dry_run)
    else:
        answer = hooks.install(place, HOOKS[config.hook], program, dry_run=config.dry_run)
    print(answer.text, file=out)
    return answer.code


class _Writer:
    """Shows what is to be written, asks, and writes."""

    def __init__(
        self, config: Config, environ: Mapping[str, str], directory: Path, out: TextIO, ask: Ask | None
    ) -> None:
        self._config = config
        self._environ = environ
        self._directory = directory
        self._out = out
        self._ask = ask

    def write(self) -> int:
        """Return the exit code: 1 where a file was left although it differs, 2 where nobody could be asked, 130 for Ctrl-C."""
        from signal import SIGINT

        from ci_actions.commands.init import facts, looking, plan, words, writing
        from ci_actions.kit.git import REPOSITORY_VARIABLES, Git
        from ci_actions.kit.process import Process

        clean = {name: value for name, value in self._environ.items() if name not in REPOSITORY_VARIABLES}
        if not (git_root(self._directory) / ".git").exists():
            raise CannotJudge(
                f"{self._directory} is in no git repository.",
                advice="Workflows belong to the root of one; `git init` makes it.",
            )
        git = Git(Process(clean), self._directory, environ=clean)
        root = git.root()
        if root != self._directory:
            self._say(f"{root} is the repository around this folder, and the whole of it is looked at")
        there = facts.gather(git)
        projects = looking.projects(there)
        release = _release(self._config)
        for line in words.found(there, projects):
            self._say(line)
        changes = plan.changes(there, projects, release, self._config.pieces, force=self._config.force)
        self._show(changes)
        written = [each for each in changes if each.writes]
        conflicts = [each for each in changes if each.state is State.CONFLICT]
        code = Exit.NOT_MET if conflicts and not self._config.dry_run else Exit.PASSED
        if not written:
            self._say("Nothing is to be done." if not conflicts else "Nothing was written.")
            return code
        try:
            agreed = self._agreed(len(written))
        except KeyboardInterrupt:
            self._say("")
            self._say("interrupted (SIGINT): nothing was written")
            return 128 + SIGINT
        if not agreed:
            return Exit.PASSED if self._config.dry_run or self._ask else Exit.BAD_INPUT
        writing.write(root, written)
        self._say(f"{_files(len(written))} written.")
        self._say("")
        if "ci" not in self._config.pieces:
            return code
        for line in words.next_steps(there, projects, release):
            self._say(line)
        return code

    def _say(self, line: str) -> None:
        print(harmless(line) if line.strip() else "", file=self._out)

    def _show(self, changes: Sequence[Change]) -> None:
        from ci_actions.commands.init import words

        colour = (
            self._out.isatty() and "NO_COLOR" not in self._environ and self._environ.get("TERM") != "dumb"
        )
        for change in changes:
            if change.state is State.SAME:
                continue
            print(file=self._out)
            for line in words.difference(change):
                print(words.painted(line, colour=colour), file=self._out)
        print(file=self._out)
        for line in words.listed(changes):
            self._say(line)
        print(file=self._out)

    def _agreed(self, number: int) -> bool:
        if self._config.dry_run:
            self._say(f"--dry-run: {_files(number)} would be written.")
            return False
        if self._config.yes:
            return True
        if self._ask is None:
            self._say(
                "Nothing was written, because nobody can be asked here: --yes writes, --dry-run only shows."
            )
            return False
        try:
            answer = self._ask(f"Write {'this file' if number == 1 else f'these {number} files'}? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() in ("y", "yes"):
            return True
        self._say("Nothing was written.")
        return False


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _release(config: Config) -> Release:
    """Return what the workflows are to name: by default the major version that is running."""
    from ci_actions import home
    from ci_actions.publish import act_tree

    version = home.version()
    major = "v1" if version == home.UNRELEASED else f"v{version.partition('.')[0]}"
    return Release(repository=config.repository or act_tree.REPOSITORY, ref=config.ref or major)


def _usage() -> str:
    from ci_actions.commands.help import options

    return "\n".join(
        [
            "ci-actions init: write the workflows that call ours, fitted to this repository",
            "",
            "Looks at the repository, says what it found and why, shows the difference, asks, and writes. Files that it",
            "wrote and nobody edited are brought up to date by the next run; others are never overwritten without --force.",
            "",
            "options",
            *options(Config, json=False),
        ]
    )
