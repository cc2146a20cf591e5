"""Edge: what the repository holds, now or at its base."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ci_actions.findings import suppressions
from ci_actions.kit.base import Base
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.globs import matcher
from ci_actions.security_scan.config import Config, ToolSettings
from ci_actions.security_scan.scanners import Scanner, Tree

#: Somebody else's code, where it is checked in.
VENDORED = (
    "node_modules", "vendor", "vendored", "_vendor", "third_party", "third-party", "bower_components", "site-packages",
    ".venv", "venv", ".tox", ".nox", ".eggs", "__pypackages__", "Pods", ".git", ".ci-actions",
)  # fmt: skip
#: Of the scan itself; what they say of secrets is not a secret.
OURS = (".security-suppressions.toml",)


def files_of(root: Path, prefix: str, git: Git) -> tuple[tuple[str, ...], bool]:
    """Return the files below the working directory that are tracked or not ignored, and whether git said so."""
    if not (root / ".git").exists():
        return tuple(sorted(_walked(root / prefix, root))), False
    return git.files(*([prefix] if prefix else [])), True


def _walked(folder: Path, root: Path) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in VENDORED]
        for name in names:
            yield Path(where, name).relative_to(root).as_posix()


def tree_of(config: Config, root: Path, prefix: str, names: Iterable[str], *, git: bool) -> Tree:
    """Return what there is to look at. A link is no file of its own, and a submodule is another repository."""
    sizes = {}
    for name in names:
        path = root / name
        try:
            if path.is_file() and not path.is_symlink():
                sizes[name] = path.stat().st_size
        except OSError:
            # It is there and cannot be looked at: the scanner will say so.
            sizes[name] = 0
    whole = Tree(
        root=str(root), directory=prefix, everything=tuple(sizes), sizes=sizes, read=_reader(root), git=git
    )
    return replace(whole, files=_left(config, config.settings_of(""), whole))


def narrowed(config: Config, tool: str, tree: Tree) -> Tree:
    """Return the tree with the files that `paths` and `exclude` leave for a scanner."""
    own = config.settings_of(tool)
    # What holds for all is done already: `tree_of` asked for it.
    return replace(tree, files=_left(config, own, tree)) if own.paths or own.exclude else tree


def _left(config: Config, own: ToolSettings, tree: Tree) -> tuple[str, ...]:
    wanted = own.paths or config.paths
    fits = matcher(wanted, tree.directory) if wanted else lambda _: True
    left_out = matcher((*VENDORED, *OURS))
    excluded = matcher((*config.exclude, *own.exclude), tree.directory)
    return tuple(path for path in tree.everything if fits(path) and not left_out(path) and not excluded(path))


def emptied(config: Config, scanner: Scanner, tree: Tree) -> bool:
    """Whether a scanner has nothing to look at only because `exclude` leaves it nothing."""
    own = config.settings_of(scanner.name)
    if not (config.exclude or own.exclude):
        return False
    whole = _left(replace(config, exclude=()), replace(own, exclude=()), tree)
    return scanner.applies(config, replace(tree, files=whole)).applies


def misspelt(config: Config, tree: Tree) -> Iterator[str]:
    """Yield what is wrong with files that are named and not there.

    A scan of nothing would be found clean, and nobody would learn why an accepted finding counts.
    """
    places = [
        ("input 'paths'", config.paths),
        ("input 'requirements'", config.requirements),
        *((f"[[tool]] {own.name}: 'paths'", own.paths) for own in config.tool),
    ]
    for name, globs in places:
        for glob in globs:
            if not any(map(matcher((glob,), tree.directory), tree.everything)):
                yield f"{name} is '{glob}', but no file of the repository fits it (globs count from the working directory)"
    named = "/".join(part for part in (tree.directory, config.suppressions) if part)
    if config.suppressions != suppressions.FILE and tree.read(named) is None:
        yield f"input 'suppressions' is '{config.suppressions}', but there is no such file"


def _reader(root: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    return read


#: What `git log --shortstat` says of a commit that changes lines; binary files, modes and renames have none.
_CHANGED_LINES = re.compile(rb"(?m)^ \d+ files? changed,.* [1-9]\d* (?:insertion|deletion).*$")


def with_history(config: Config, tree: Tree, git: Git, base: Base | None) -> Tree:
    """Return the tree with the commits that a scanner of the history reads: those of the change, else all."""
    if not tree.git:
        return tree
    ranged = base is not None and base.patch_file is None and config.history == "change"
    revisions = ("--all",)
    if ranged and base is not None:
        revisions = (f"{base.sha}..{base.head or 'HEAD'}",)
    try:
        if git.resolve("HEAD") is None:
            return replace(tree, revisions=revisions)
        listed = ("--full-history", *revisions, "--", tree.directory or ".")
        # A commit that only renames, removes, or changes what is no text holds nothing that gitleaks reads or counts.
        done = git.run("log", "--no-merges", "--diff-filter=d", "--format=", "--shortstat", *listed)
        commits = len(_CHANGED_LINES.findall(done.stdout)) if done.ok else 0
        merged = git.run("rev-list", "--count", "--merges", *listed)
        merges = int(merged.stdout or b"0") if merged.ok else 0
        # Since git 2.35: the difference to what git itself would have made of both sides.
        shows_merges = not merges or git.run("log", "-1", "--format=", "--remerge-diff", "HEAD").ok
        shallow = git.is_shallow()
    except (CannotJudge, ValueError) as why:
        return replace(
            tree, revisions=revisions, commits=1, cut_off=f"the history could not be listed: {why}"
        )
    cut_off = ""
    if not done.ok:
        commits, cut_off = 1, "git could not list the commits"
    elif shallow and not (ranged and base is not None and git.proves([base.sha], base.head or "HEAD")):
        cut_off = "the clone is shallow, so older commits were not read (fetch-depth: 0 brings them)"
    return replace(
        tree,
        revisions=revisions,
        commits=commits,
        cut_off=cut_off,
        merges=merges,
        shows_merges=shows_merges,
    )


def checked_out(git: Git, sha: str, prefix: str, folder: Path) -> tuple[str, ...]:
    """Write the files of a commit to a folder, and return their names; no index and no ref of the clone is touched."""
    index = {"GIT_INDEX_FILE": str(folder.with_suffix(".index"))}
    folder.mkdir(parents=True)
    read = git.run("read-tree", sha, env=index)
    listed = git.run("ls-files", "-z", "--", *([prefix] if prefix else []), env=index)
    names = tuple(name for name in listed.text.split("\0") if name)
    given = "\0".join(names).encode("utf-8", "surrogateescape")
    written = git.run("checkout-index", "-z", "--stdin", f"--prefix={folder}/", env=index, stdin=given)
    if not (read.ok and listed.ok and written.ok):
        raise CannotJudge(f"The files of {sha[:12]} cannot be had from this clone.")
    return names
