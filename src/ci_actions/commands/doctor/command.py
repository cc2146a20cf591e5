"""Reads the files, asks the rules, and says what they found."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ci_actions import home
from ci_actions.commands import ours
from ci_actions.commands.doctor import gathering
from ci_actions.commands.doctor.document import document
from ci_actions.commands.doctor.judging import judge
from ci_actions.commands.doctor.model import Judged, Level
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.text import lines
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.kit.errors import Exit, Unavailable, worst
from ci_actions.kit.inputs import BOOLEAN, PATH, Common, declare, read
from ci_actions.kit.run import flags, parse_arguments, working_directory

REPOSITORY = "org/ci-actions"
_MANY = 100


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions doctor`."""

    repository: str = declare(
        ours.REPOSITORY, default=REPOSITORY, help="What our repository is called in the workflows."
    )
    sarif: str = declare(PATH, default="", help="Write the findings to this file too, as SARIF 2.1.0.")
    list: bool = declare(BOOLEAN, default=False, help="Print the rules and end.")


def doctor(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Do what is asked and return the exit code.

    Raises BadInput for paths that cannot be meant, CannotJudge when there is nothing to look at, Unavailable when a file
    cannot be written.
    """
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    arguments = parse_arguments(words, flags(Config))
    config = read(Config, options=arguments.options, environ={})
    from ci_actions.commands.doctor.rules import RULES

    if config.list:
        width = max(len(each.id) for each in RULES)
        for each in RULES:
            print(f"{each.id.ljust(width)}  {each.level.value}  {each.question}", file=out)
        return Exit.PASSED
    repository = _gathered(config, working_directory(arguments, {}, here), arguments.words, environ)
    judged = judge(repository, RULES, _apart(repository, environ))
    code = worst(_codes(judged))
    if config.dry_run and code is Exit.NOT_MET:
        code = Exit.PASSED
    if config.sarif:
        _write_sarif(here / config.sarif, judged, repository)
    people = err if arguments.json else out
    for line in lines(judged, repository.files, code):
        print(line, file=people)
    if environ.get("GITHUB_ACTIONS") == "true":
        _annotate(judged, people)
    if arguments.json:
        people.flush()
        # A file's text may hold what the runner takes for a command wherever it stands in a line.
        print(json.dumps(document(judged, code), indent=1).replace("##[", "##\\u005b"), file=out)
    return code


def _apart(repository: Repository, environ: Mapping[str, str]) -> Apart:
    """Return who looks at the files: a second process pays from a hundred of them on."""
    if len(repository.files) < _MANY:
        return one_by_one
    from ci_actions.kit.forks import Forks
    from ci_actions.kit.jobs import Jobs

    return Forks(Jobs.from_environ(environ))


def _codes(judged: Judged) -> Iterator[Exit]:
    if judged.unreadable:
        yield Exit.CANNOT_JUDGE
    if judged.problems:
        yield Exit.NOT_MET


def _gathered(config: Config, here: Path, words: Sequence[str], environ: Mapping[str, str]) -> Repository:
    from ci_actions.commands.doctor import native

    parser = native.parser()
    root, kept = _root(here, environ)
    chosen = gathering.choose(root, here, words, gathering.listed(root, kept))
    return gathering.read(chosen, gathering.this_version(config.repository, parser), parser)


def _root(
    here: Path, environ: Mapping[str, str]
) -> tuple[Path, Callable[[Sequence[str]], Collection[str]] | None]:
    """Return the root of the repository, and what tells which files git does not ignore; without one the folder itself."""
    from ci_actions.kit.settings import git_root

    root = git_root(here)
    if not (root / ".git").exists():
        return here, None

    def kept(paths: Sequence[str]) -> Collection[str]:
        from ci_actions.kit.git import Git
        from ci_actions.kit.process import Process

        git = Git(Process(environ), root, environ=environ)
        found = git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
        return found.text.split("\0")

    return root, kept


def _write_sarif(path: Path, judged: Judged, repository: Repository) -> None:
    from ci_actions.commands.doctor.rules import RULES
    from ci_actions.commands.doctor.sarif_out import render
    from ci_actions.kit.emit import write_atomically

    try:
        write_atomically(path, render(judged, repository.files, RULES, home.version()))
    except OSError as denied:
        raise Unavailable(f"{path} cannot be written: {denied.strerror}.") from denied


def _annotate(judged: Judged, to: TextIO) -> None:
    from ci_actions.kit.emit import commands
    from ci_actions.kit.report import Annotation
    from ci_actions.kit.report import Level as Shown

    shown = {Level.PROBLEM: Shown.ERROR, Level.REMARK: Shown.NOTICE}
    found = [
        Annotation(
            level=shown[each.level],
            title=f"doctor: {each.rule}",
            message=f"{each.message}. Fix: {each.fix}",
            file=each.path,
            line=each.place.line,
            column=each.place.column,
        )
        for each in (*judged.unreadable, *judged.found)
    ]
    for line in commands(found):
        print(line, file=to)


def _usage() -> str:
    from ci_actions.commands.help import options

    return "\n".join(
        [
            "ci-actions doctor [PATH…]: what is wrong with the workflows here, with file, line, column and fix",
            "",
            "Reads .github/workflows and every action.yml of the repository, or the files and folders that are named. Problems",
            "end with exit code 1, remarks do not; a file that cannot be read ends with 3, and so does finding none.",
            "A comment accepts a finding of its line, or of the line below:  # ci-actions: ignore[RULE] reason",
            "",
            "options",
            *options(Config),
        ]
    )
