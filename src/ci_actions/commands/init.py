"""`ci-actions init`: what a project needs once. Today that is a git hook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ci_actions.kit.errors import BadInput, Exit
from ci_actions.kit.inputs import BOOLEAN, Common, Kind, declare, read
from ci_actions.kit.run import flags, parse_arguments, working_directory

PRE_COMMIT, PRE_PUSH = "pre-commit", "pre-push"
#: What each hook has `check` look at.
HOOKS = {PRE_COMMIT: "--staged", PRE_PUSH: "--changed"}


def _hook(text: str) -> str:
    """Return the hook that is meant; the bare option means the first."""
    name = PRE_COMMIT if text == "true" else text
    if name not in HOOKS:
        raise ValueError
    return name


_HOOK: Kind[str] = Kind("one of: " + ", ".join(HOOKS), _hook, tuple(HOOKS), flag=True)


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions init`."""

    hook: str = declare(
        _HOOK,
        default="",
        help="Install a git hook that runs `ci-actions check`: --hook is a pre-commit hook and checks what is staged, "
        "--hook=pre-push checks what has changed. One that is there already is never overwritten.",
    )
    remove: bool = declare(
        BOOLEAN, default=False, help="Remove the hook instead, if it is the one that was installed this way."
    )
    dry_run: bool = declare(BOOLEAN, default=False, help="Say what would be done, and do nothing.")

    def problems(self) -> Iterable[str]:
        """Something is to be done."""
        if not self.hook:
            yield "say what is wanted: --hook or --hook=pre-push"


def init(
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    here: Path,
    out: TextIO,
    program: Path,
) -> int:
    """Do what is asked and return the exit code; `program` is the file that this process was started from.

    Raises BadInput for what cannot be meant, CannotJudge when git fails.
    """
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    arguments = parse_arguments(words, flags(Config))
    config = read(Config, options=arguments.options, environ={})
    if arguments.words:
        hint = f": write --hook={arguments.words[0]}" if arguments.words[0] in HOOKS else ""
        raise BadInput(f"'{' '.join(arguments.words)}' is not understood{hint}; see --help")
    from ci_actions.commands import hooks

    place = hooks.find(working_directory(arguments, {}, here), config.hook, environ)
    if config.remove:
        answer = hooks.remove(place, dry_run=config.dry_run)
    else:
        answer = hooks.install(place, HOOKS[config.hook], program, dry_run=config.dry_run)
    print(answer.text, file=out)
    return answer.code


def _usage() -> str:
    from ci_actions.commands.help import options

    return "\n".join(
        ["ci-actions init: set up what a project needs once", "", "options", *options(Config, json=False)]
    )
