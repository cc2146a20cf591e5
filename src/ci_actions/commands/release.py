"""`ci-actions release …`: what the maintainers of this repository do to release it.

`plan`, `build` and `verify` read and write files and touch no branch, no tag and no server; what they print and
their exit codes are the same in CI and on a laptop. `publish` and `retract` are in modules of their own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TextIO, TypeVar

from ci_actions.kit.errors import BadInput, Exit
from ci_actions.kit.git import Git
from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, PATH, Common, declare, read, suggestion
from ci_actions.kit.process import Process
from ci_actions.kit.run import flags, parse_arguments, working_directory

PLAN, BUILD, VERIFY = "plan", "build", "verify"
ELSEWHERE = {
    "publish": "ci_actions.publish.publishing",
    "retract": "ci_actions.publish.retract",
    "check-commits": "ci_actions.publish.commit_check",
}
QUESTIONS = {
    PLAN: "which version is next, why, and its section of the changelog",
    BUILD: "write the tree of a release, and what is attached to it, into folders; touches no branch",
    VERIFY: "whether a folder, a tag or a branch is, byte for byte, the release it says it is",
    "publish": "push a verified release, tag it, and move vX.Y and vX",
    "retract": "move vX.Y and vX back to the release before",
    "check-commits": "whether commit messages and a pull request's title follow the convention",
}
Options = TypeVar("Options", bound=Common)


@dataclass(frozen=True, kw_only=True)
class Plan(Common):
    """The options of `release plan`."""

    version: str = declare(ARGUMENT, default="", help="The version to plan for, if it is not to be computed.")
    previous: str = declare(
        ARGUMENT, default="", help="The release before; without it the newest vX.Y.Z that is an ancestor."
    )
    commit: str = declare(ARGUMENT, default="HEAD", help="The commit to release.")


@dataclass(frozen=True, kw_only=True)
class Build(Common):
    """The options of `release build`."""

    version: str = declare(
        ARGUMENT, default="", help="The version, like 1.2.3; needed unless --for-… is given."
    )
    to: str = declare(PATH, help="The folder for the tree: new or empty.")
    assets: str = declare(
        PATH, default="", help="A new or empty folder for archive, wheel, SBOM, provenance and checksums."
    )
    commit: str = declare(ARGUMENT, default="HEAD", help="The commit to release.")
    for_act: str = declare(
        ARGUMENT,
        default="",
        help="Write the tree for act instead: `$/x` becomes `org/ci-actions/x@REF`, as act does not know `$/`.",
    )
    for_actionlint: bool = declare(
        BOOLEAN, default=False, help="Write the tree for actionlint instead: `$/x` becomes `./x`."
    )

    def problems(self) -> Sequence[str]:
        """Exactly one kind of tree."""
        given = [bool(self.version), bool(self.for_act), self.for_actionlint]
        if sum(given[1:]) == 2:
            return ["--for-act and --for-actionlint are two trees: give one of them"]
        if not any(given):
            return ["--version is missing, like --version=1.2.3"]
        return []


@dataclass(frozen=True, kw_only=True)
class Verify(Common):
    """The options of `release verify`."""

    against: str = declare(
        ARGUMENT,
        default="",
        help="The commit of main that it must be made of; for a tag or branch the one it names itself.",
    )
    rebuild: bool = declare(
        BOOLEAN, default=False, help="Build vendor/ anew from the lock, and compare; needs an index."
    )


def release(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Run one of the commands and return its exit code.

    Raises BadInput for what cannot be meant, CannotJudge when git fails, Unavailable when an index does.
    """
    word, rest = (words[0], words[1:]) if words else ("--help", ())
    if word in ("--help", "-h"):
        print(_usage(), file=out)
        return Exit.PASSED if words else Exit.BAD_INPUT
    if word in ELSEWHERE:
        return int(import_module(ELSEWHERE[word]).main(rest, environ, here=here, out=out, err=err))
    commands = {PLAN: _plan, BUILD: _build, VERIFY: _verify}
    if word not in commands:
        raise BadInput(f"'release {word}' is no command{suggestion(word, QUESTIONS)}; see release --help")
    if "--help" in rest or "-h" in rest:
        print(_page(word), file=out)
        return Exit.PASSED
    return commands[word](rest, environ, here, out)


def _plan(words: Sequence[str], environ: Mapping[str, str], here: Path, out: TextIO) -> int:
    from ci_actions.publish import plan

    config, others, as_json, directory = _options(Plan, words, here)
    _none_left(others)
    made = plan.plan(
        _git(directory, environ), commit=config.commit, previous=config.previous, version=config.version
    )
    print(json.dumps(made.as_json()) if as_json else made.text(), file=out)
    return Exit.PASSED


def _build(words: Sequence[str], environ: Mapping[str, str], here: Path, out: TextIO) -> int:
    from ci_actions.publish import tree

    config, others, _, directory = _options(Build, words, here)
    _none_left(others)
    git, to = _git(directory, environ), here / config.to
    for folder in (to, *([here / config.assets] if config.assets else [])):
        tree.refuse_full(folder)
    if config.for_act or config.for_actionlint:
        return _rewritten(config, git, environ, to, out)
    made = tree.build(git, config.version, sys.executable, environ, config.commit)
    tree.write(made.files, to, made.source.time)
    print(f"{to}: {made.version} of {made.source.commit[:12]}, {len(made.files)} files", file=out)
    print(f"doors: {', '.join(made.doors)}", file=out)
    if config.assets:
        from ci_actions.publish import assets

        for asset in assets.write(made, here / config.assets, _process(environ), sys.executable):
            print(f"{asset.stat().st_size:>9} {asset}", file=out)
    return Exit.PASSED


def _rewritten(config: Build, git: Git, environ: Mapping[str, str], to: Path, out: TextIO) -> int:
    from ci_actions.publish import act_tree, tree

    source = tree.read_commit(git, config.commit)
    if config.for_actionlint:
        files = act_tree.for_actionlint(source.files)
    else:
        tree.refuse_dirt(git)
        version = config.version or "0.0.0-act"
        made = tree.build(git, version, sys.executable, environ, config.commit)
        files = act_tree.for_act(made.files, config.for_act)
    tree.write(files, to, source.time)
    print(f"{to}: {len(files)} files, with {act_tree.changed(source.files, files)} rewritten", file=out)
    return Exit.PASSED


def _verify(words: Sequence[str], environ: Mapping[str, str], here: Path, out: TextIO) -> int:
    from ci_actions.publish import tree, verify

    config, others, as_json, directory = _options(Verify, words, here)
    if len(others) != 1:
        raise BadInput("release verify takes one folder, tag or branch")
    (what,) = others
    git = _git(directory, environ)
    folder = here / what
    files = tree.read_folder(folder) if folder.is_dir() else tree.read_commit(git, what).files
    against = config.against or ("" if folder.is_dir() else verify.commit_named_by(files))
    main = tree.read_commit(git, against) if against else None
    vendor = None
    if config.rebuild and tree.LOCK in files:
        vendor = tree.vendored(files[tree.LOCK].data, sys.executable, environ)
    found = verify.problems(files, against=main, vendor=vendor)
    if as_json:
        print(json.dumps({"problems": [{"path": each.path, "text": each.text} for each in found]}), file=out)
    else:
        for each in found:
            print(each, file=out)
        print(verify.conclusion(what, files, found, main, rebuilt=vendor is not None), file=out)
    return Exit.CANNOT_JUDGE if found else Exit.PASSED


def _options(
    config: type[Options], words: Sequence[str], here: Path
) -> tuple[Options, tuple[str, ...], bool, Path]:
    arguments = parse_arguments(words, flags(config))
    made = read(config, options=arguments.options, environ={})
    return made, arguments.words, arguments.json, working_directory(arguments, {}, here)


def _none_left(words: Sequence[str]) -> None:
    if words:
        raise BadInput(f"'{' '.join(words)}' is not understood: this command takes options only; see --help")


def _process(environ: Mapping[str, str]) -> Process:
    return Process(environ)


def _git(directory: Path, environ: Mapping[str, str]) -> Git:
    return Git(_process(environ), directory, environ=environ)


def _usage() -> str:
    width = max(map(len, QUESTIONS))
    lines = [f"  ci-actions release {name.ljust(width)}  {text}" for name, text in QUESTIONS.items()]
    return "\n".join(
        ["ci-actions release: for the maintainers of this repository; see RELEASING.md", "", *lines]
    )


def _page(word: str) -> str:
    from ci_actions.commands.help import options

    config = {PLAN: Plan, BUILD: Build, VERIFY: Verify}[word]
    what = " FOLDER|TAG|BRANCH" if word == VERIFY else ""
    return "\n".join([f"ci-actions release {word}{what}: {QUESTIONS[word]}", "", *options(config)])
