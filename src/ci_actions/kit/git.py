"""Edge: git, the same for everyone: no configuration, attribute or variable of the machine changes an answer.

Every call gets through the environment, never on the command line: `safe.directory` (in a container
job the checkout belongs to somebody else), the token as an HTTP header for the server alone (so
`persist-credentials: false` works), and settings that keep hooks, monitors and prompts out.
Variables: https://git-scm.com/docs/git#_environment_variables and
https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ci_actions.kit.clock import Clock
from ci_actions.kit.diff import split
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.process import Completed, Process, Running

LOCAL_SECONDS = 300.0
REMOTE_SECONDS = 900.0

#: Variables that would change what git prints or asks; a set but empty one counts as unset.
_NEUTRAL = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    # Would beat the settings below.
    "GIT_CONFIG_PARAMETERS": "",
    # Beats -U on the command line.
    "GIT_DIFF_OPTS": "",
}

_SETTINGS = (
    ("safe.directory", "*"),
    ("core.quotePath", "false"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.attributesFile", os.devnull),
    ("diff.autoRefreshIndex", "true"),
    ("diff.suppressBlankEmpty", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("advice.detachedHead", "false"),
    ("advice.graftFileDeprecated", "false"),
)

#: One process gives both, the raw records for names and the patch for lines. Each option pins a setting that
#: users have: https://git-scm.com/docs/diff-config; without them a laptop and a runner see different changes
#: (`diff.renames=false` turns a pure rename into new code).
DIFF = (
    "diff",
    "--raw",
    "-z",
    "--patch",
    "--no-abbrev",
    "--full-index",
    "--irreversible-delete",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--color-moved=no",
    "--word-diff=none",
    "--find-renames=50%",
    "-l1000",
    "--unified=0",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-relative",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "-O/dev/null",
)

#: What git tells its hooks about the repository they run in. It means another one for a program that looks for its
#: own, so it must not reach any: https://git-scm.com/docs/githooks#_description
REPOSITORY_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)

#: In a partial clone asking for an object would fetch it.
_LOCAL_ONLY = {"GIT_NO_LAZY_FETCH": "1"}

TRACKED = ("ls-files", "-z", "--cached", "--")
#: Our own folder is not the project's, whoever made it: a cache may bring it without its `.gitignore`.
_UNKNOWN = ("--others", "--exclude-standard", "--exclude=.ci-actions/")
UNTRACKED = ("ls-files", "-z", *_UNKNOWN, "--")

_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: What may be asked of a remote by name: no refspec, no pattern, no option.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@+-]*")
_USER_IN_URL = re.compile(r"(?<=://)[^/\s]+@")
_DUBIOUS = b"dubious ownership"
_LOCKED = re.compile(rb"(?:shallow|\.lock)[^\n]*File exists|shallow file has changed since we read it")


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit as its object tells it: a shallow clone names parents that it does not hold."""

    sha: str
    parents: tuple[str, ...]
    time: int
    message: str


class _State(NamedTuple):
    """What one `git rev-parse` says about the repository. `branch` is "" when HEAD is detached."""

    root: Path
    shallow_file: Path
    branch: str


class Git:
    """One repository, seen from `directory`.

    `token` is sent to `server_url` only. `environ` names the GIT_CONFIG_* variables that a job has set
    already: ours are appended. Every method raises CannotJudge when git is missing, when `directory` is
    in no repository, or when git fails; no message ever holds the token.
    """

    def __init__(
        self,
        process: Process,
        directory: Path,
        *,
        token: str = "",
        server_url: str = "https://github.com",
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.directory = directory
        self._process = process
        self._clock = clock or Clock()
        self._secrets: tuple[str, ...] = ()
        self._started: dict[tuple[str, ...], Running] = {}
        settings = list(_SETTINGS)
        if token:
            settings += self._authentication(token, server_url)
        self._env = {**_NEUTRAL, **settings_as_variables(settings, environ or {})}

    def _authentication(self, token: str, server_url: str) -> list[tuple[str, str]]:
        """Return the settings that send the token, as actions/checkout does, and remember what to hide.

        The empty value comes first: it drops the header of a checkout that kept its credentials, as two
        make GitHub answer 400. https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
        """
        import base64

        encoded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        self._secrets = (encoded, token)
        key = f"http.{server_url.rstrip('/')}/.extraheader"
        return [(key, ""), (key, f"AUTHORIZATION: basic {encoded}")]

    # Running

    def run(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        timeout: float = LOCAL_SECONDS,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run `git` with these arguments from the root of the repository, and return how it went."""
        where = cwd or self.root()
        if started := self._started.pop(arguments, None):
            return started.wait(timeout)
        try:
            return self._process.run(
                ["git", *arguments], cwd=where, env={**self._env, **(env or {})}, stdin=stdin, timeout=timeout
            )
        except FileNotFoundError:
            if not where.is_dir():
                raise CannotJudge(f"The folder {where} does not exist.") from None
            raise CannotJudge(
                "git is not installed, or not on PATH.",
                advice="Install git in the image of this job: without it actions/checkout leaves no history.",
            ) from None
        except OSError as why:
            raise CannotJudge(f"git cannot be started: {why.strerror or why}.") from None

    def start(self, *arguments: str) -> None:
        """Start a command now; whoever runs it with the same arguments later gets its answer, once."""
        try:
            self._started[arguments] = self._process.start(
                ["git", *arguments], cwd=self.root(), env=self._env
            )
        except OSError:
            return  # `run` will say why

    def _expect(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        done = self.run(*arguments, stdin=stdin)
        if not done.ok:
            raise self.failed(done)
        return done.stdout

    def failed(self, done: Completed) -> CannotJudge:
        """Return the error for a command that failed, in git's words."""
        how = "did not end in time" if done.code is None else f"failed ({done.code})"
        return CannotJudge(f"git {done.argv[1]} {how}: {self._complaint(done)}".rstrip(": "))

    def _complaint(self, done: Completed) -> str:
        """What git said, on one line, without the token and without credentials in addresses."""
        text = _USER_IN_URL.sub("***@", " ".join(done.complaint.split()))
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    # The repository

    @cached_property
    def _state(self) -> _State:
        asked = ("rev-parse", "--show-toplevel", "--git-path", "shallow", "--symbolic-full-name", "HEAD")
        done = self.run(*asked, cwd=self.directory)
        if not done.ok and _DUBIOUS in done.stderr:
            # git before 2.38 takes safe.directory from files alone; but it does not ask who owns a
            # repository that it is told about.
            self._env |= _told(self.directory)
            done = self.run(*asked, cwd=self.directory)
        # Before the first commit the last question fails, with the answers to the others printed.
        root, shallow, head, *_ = [*done.text.split("\n"), "", "", ""]
        if not root or not shallow:
            raise self._no_repository(done)
        return _State(
            root=Path(root),
            shallow_file=self.directory / shallow,
            branch=head.removeprefix("refs/heads/") if head.startswith("refs/heads/") else "",
        )

    def _no_repository(self, done: Completed) -> CannotJudge:
        if b"must be run in a work tree" in done.stderr:
            return CannotJudge(f"{self.directory} is in a bare git repository, which has no files.")
        if b"not a git repository" not in done.stderr:
            return self.failed(done)
        return CannotJudge(
            f"{self.directory} is not in a git repository.",
            advice="Run actions/checkout first. Without git it unpacked an archive that has no history: "
            "install git before it.",
        )

    def root(self) -> Path:
        """Return the top folder of the working tree."""
        return self._state.root

    def branch(self) -> str:
        """Return the name of the branch that is checked out, "" for a detached HEAD."""
        return self._state.branch

    def head(self) -> str:
        """Return the commit that is checked out; CannotJudge when there is no commit yet."""
        (found,) = self.commits("HEAD")
        if found is None:
            raise CannotJudge("This repository has no commit yet.")
        return found.sha

    def is_shallow(self) -> bool:
        """Whether history is cut off."""
        return bool(self.boundary())

    def boundary(self) -> frozenset[str]:
        """Return the commits whose parents were cut off. Read anew each time: fetching moves them.

        Format: https://git-scm.com/docs/shallow
        """
        try:
            return frozenset(self._state.shallow_file.read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def default_branch(self) -> str | None:
        """Return the remote's default branch as this clone knows it: actions/checkout writes none down."""
        done = self.run("symbolic-ref", "--quiet", f"refs/remotes/{self.remote() or 'origin'}/HEAD")
        return done.text.strip().split("/", 3)[3] if done.ok else None

    def remote(self) -> str | None:
        """Return the remote to fetch from: origin, else the only one; None when there is none to choose."""
        return self._remote

    @cached_property
    def _remote(self) -> str | None:
        names = self._expect("remote").decode("utf-8", "surrogateescape").split()
        if "origin" in names:
            return "origin"
        return names[0] if len(names) == 1 else None

    # Commits

    def commits(self, *revs: str) -> tuple[Commit | None, ...]:
        """Return one commit per revision, None where there is none; all in one process.

        Objects are asked for as they are, so parents are real even where history is cut off. Raises
        BadInput for a revision that git could take for something else.
        """
        for rev in revs:
            check_revision(rev)
        asked = "".join(f"{rev}^{{commit}}\n" for rev in revs)
        done = self.run(
            "cat-file", "--batch", stdin=asked.encode("utf-8", "surrogateescape"), env=_LOCAL_ONLY
        )
        if not done.ok:
            raise self.failed(done)
        return tuple(_commits(done.stdout, len(revs)))

    def resolve(self, rev: str) -> str | None:
        """Return the commit that a revision names, None when it names none here."""
        (found,) = self.commits(rev)
        return found.sha if found else None

    def parents(self, rev: str) -> tuple[str, ...]:
        """Return the parents of a commit, also those that a shallow clone lacks."""
        return self._commit(rev).parents

    def commit_time(self, rev: str) -> int:
        """Return when a commit was made, in seconds since the epoch."""
        return self._commit(rev).time

    def _commit(self, rev: str) -> Commit:
        (found,) = self.commits(rev)
        if found is None:
            raise CannotJudge(f"There is no commit {rev} in this clone.")
        return found

    def has(self, sha: str) -> bool:
        """Whether this clone holds the commit."""
        return self.resolve(sha) is not None

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return the best common ancestors that this clone can see, none for unrelated histories.

        On a shallow clone they can be wrong: see `proves`.
        """
        done = self.run("merge-base", "--all", "--", one, other)
        if done.code not in (0, 1):
            raise self.failed(done)
        return tuple(done.text.split())

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the first of `merge_bases`."""
        return next(iter(self.merge_bases(one, other)), None)

    def proves(self, bases: Sequence[str], *tips: str) -> bool:
        """Whether these merge bases of the tips would also be found in the complete history.

        On a shallow clone git can name one that is too old (https://github.com/ocaml/ocaml/pull/12862),
        as a path to the right one may run through commits that were cut off. If no commit between the
        bases and the tips lost its parents, no such path exists.
        """
        boundary = self.boundary()
        if not boundary:
            return True
        if not bases:
            return False
        between = self._expect("rev-list", *tips, "--not", *bases).decode("ascii").split()
        return boundary.isdisjoint(between)

    def depth(self, *tips: str) -> int:
        """Return how many commits are reachable here: at least the depth of a shallow clone."""
        return int(self._expect("rev-list", "--count", *tips))

    # Fetching

    def fetch(self, *wants: str, depth: int = 0, deepen: int = 0) -> str:
        """Fetch commits by SHA; return "" when that worked, else why it did not, in git's words.

        `depth` counts from the wants, `deepen` from where history is cut off now; both are ignored where
        it is complete, because they would truncate it. Writes no ref, fetches no tag and no submodule.
        """
        remote = self.remote()
        if remote is None:
            return "this clone has no remote"
        for want in wants:
            check_revision(want)
        options = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-prune"]
        options += ["--refmap="]
        if self.is_shallow():
            options += [f"--depth={depth}"] if depth else [f"--deepen={deepen}"] if deepen else []
        command = ("fetch", *options, "--", remote, *wants)
        done = self.run(*command, timeout=REMOTE_SECONDS)
        for attempt in range(1, 6):
            # Gates that run side by side in one clone lock each other out for a moment.
            if done.ok or not _LOCKED.search(done.stderr):
                break
            self._clock.sleep(0.2 * attempt)
            done = self.run(*command, timeout=REMOTE_SECONDS)
        if done.ok:
            return ""
        return self._complaint(done) or ("no answer in time" if done.code is None else f"exit {done.code}")

    def remote_ref(self, name: str) -> str | None:
        """Return the commit of a branch or tag on the remote, asking it; None when it has none or is away."""
        remote = self.remote()
        if remote is None or not _NAME.fullmatch(name):
            return None
        refs = (f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}")
        done = self.run("ls-remote", "--quiet", "--", remote, *refs, timeout=REMOTE_SECONDS)
        lines = (line.partition("\t") for line in done.text.splitlines())
        found = {ref: sha for sha, _, ref in lines}
        return next((found[ref] for ref in refs if _OBJECT.fullmatch(found.get(ref, ""))), None)

    # Files

    def tracked(self, *paths: str) -> tuple[str, ...]:
        """Return the tracked files, relative to the root, under these literal paths or all."""
        return _names(self._expect(*TRACKED, *paths))

    def untracked(self, *paths: str) -> tuple[str, ...]:
        """Return the files that are neither tracked nor ignored."""
        return _names(self._expect(*UNTRACKED, *paths))

    def files(self, *paths: str) -> tuple[str, ...]:
        """Return tracked and untracked files that are not ignored, in one process."""
        return _names(self._expect("ls-files", "-z", "--cached", *_UNKNOWN, "--", *paths))

    def modified(self) -> tuple[str, ...]:
        """Return the tracked files that differ from HEAD."""
        return _names(
            self._expect("diff", "--name-only", "-z", "--no-relative", "--ignore-submodules=dirty", "HEAD")
        )

    def show(self, rev: str, path: str) -> bytes | None:
        """Return the bytes of a file in a commit, None when the commit has no such file."""
        check_revision(rev)
        name = path.encode("utf-8", "surrogateescape")
        asked = rev.encode("utf-8", "surrogateescape") + b":" + name
        if b"\n" in name:
            listed = self._expect("ls-tree", "-z", "--full-tree", rev, "--", path)
            if not listed:
                return None
            asked = listed.split(b"\t", 1)[0].split(b" ")[2]
        answer = self._expect("cat-file", "--batch", stdin=asked + b"\n")
        head, _, rest = answer.partition(b"\n")
        found = re.fullmatch(rb"[0-9a-f]+ blob ([0-9]+)", head)
        return rest[: int(found[1])] if found else None

    # Differences

    def diff(
        self, base: str, head: str | None, *, text: bool = False, paths: Iterable[str] = ()
    ) -> Completed:
        """Run `git diff --raw -z --patch` from `base` to `head`, or to the working tree for None.

        `text` shows the lines of files that attributes call binary.
        """
        done = self.run(*diff_arguments(base, head, text=text, paths=paths))
        if not done.ok:
            raise self.failed(done)
        return done

    def raw_diff(self, base: str, head: str | None) -> bytes:
        """Return the raw records of `diff`."""
        return split(self.diff(base, head).stdout)[0]

    def patch(self, base: str, head: str | None) -> bytes:
        """Return the patch of `diff`, without context lines."""
        return split(self.diff(base, head).stdout)[1]

    def changed_names(self, base: str, head: str | None) -> tuple[str, ...]:
        """Return the files that differ between `base` and `head`, or the working tree for None.

        A rename is two names: what was moved away is missed where it was.
        """
        revs = [base] if head is None else [base, head]
        for rev in revs:
            check_revision(rev)
        names = ("diff", "--name-only", "-z", "--no-renames", "--no-relative", "--ignore-submodules=dirty")
        return _names(self._expect(*names, "-O/dev/null", *revs, "--"))


def diff_arguments(
    base: str, head: str | None, *, text: bool = False, paths: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the arguments of `Git.diff`, for whoever starts it ahead."""
    revs = [base] if head is None else [base, head]
    for rev in revs:
        check_revision(rev)
    return (*DIFF, *(["--text"] if text else []), *revs, "--", *paths)


def check_revision(rev: str) -> None:
    """Raise BadInput for a revision that git could take for an option, a range or several lines."""
    wrong = not rev or rev.startswith(("-", "^", ":")) or ".." in rev
    if wrong or any(character.isspace() or ord(character) < 32 for character in rev):
        raise BadInput(f"'{rev}' is no commit, branch or tag; write for example 'main', 'v1.2.0' or a SHA.")


def settings_as_variables(settings: Sequence[tuple[str, str]], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that add these settings after those the environment holds already."""
    given = environ.get("GIT_CONFIG_COUNT", "")
    start = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    found = {"GIT_CONFIG_COUNT": str(start + len(settings))}
    for number, (key, value) in enumerate(settings, start):
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value
    return found


def _told(directory: Path) -> dict[str, str]:
    """Return the variables that name the repository around a folder, none when there is none."""
    for folder in (directory.absolute(), *directory.absolute().parents):
        if (folder / ".git").exists():
            return {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)}
    return {}


def _names(output: bytes) -> tuple[str, ...]:
    """Return NUL-terminated names, each once: a file in conflict is listed per side."""
    names = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return tuple(dict.fromkeys(names))


def _commits(answer: bytes, count: int) -> Iterable[Commit | None]:
    """Read what `git cat-file --batch` says: `SHA commit SIZE`, the object, or `NAME missing`."""
    at = 0
    for _ in range(count):
        end = answer.index(b"\n", at)
        words = answer[at:end].split(b" ")
        at = end + 1
        if len(words) != 3 or words[1] != b"commit":
            yield None
            continue
        size = int(words[2])
        yield _commit(words[0].decode("ascii"), answer[at : at + size])
        at += size + 1


_COMMITTER = re.compile(r"^committer .* (-?\d+) [+-]\d+$", re.MULTILINE)


def _commit(sha: str, body: bytes) -> Commit:
    head, _, message = body.decode("utf-8", "replace").partition("\n\n")
    time = _COMMITTER.search(head)
    parents = tuple(line[7:] for line in head.split("\n") if line.startswith("parent "))
    return Commit(sha=sha, parents=parents, time=int(time[1]) if time else 0, message=message)
