"""Real git, real repositories, a real bare remote. Nothing of the machine's own configuration is used."""

from __future__ import annotations

import base64
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ci_actions.kit.base import Base, NoBase, resolve_base
from ci_actions.kit.change import changed, changed_paths
from ci_actions.kit.clock import Clock
from ci_actions.kit.context import ZEROS, Context
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import DIFF, Git
from ci_actions.kit.lines import numbers
from ci_actions.kit.process import Completed, Process

pytestmark = pytest.mark.integration

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/app"}


class Machine:
    """A home folder, the variables that keep git in it, and repositories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_AUTHOR_DATE": "1700000000 +0000",
            "GIT_COMMITTER_DATE": "1700000000 +0000",
        }
        if "SYSTEMROOT" in os.environ:
            self.environ["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        (self.home / ".gitconfig").write_text("[init]\ndefaultBranch = main\n[commit]\ngpgsign = false\n")

    def configure(self, text: str) -> None:
        with (self.home / ".gitconfig").open("a", encoding="utf-8") as file:
            file.write(text)

    def repo(self, name: str) -> Repo:
        path = self.folder / name
        path.mkdir()
        repo = Repo(self, path)
        repo("init", "--quiet")
        return repo

    def remote(self, name: str = "remote.git") -> Repo:
        path = self.folder / name
        path.mkdir()
        repo = Repo(self, path)
        repo("init", "--quiet", "--bare")
        return repo

    def clone(self, remote: Repo, *options: str, name: str = "clone") -> Repo:
        Repo(self, self.folder)("clone", "--quiet", *options, remote.url, name)
        return Repo(self, self.folder / name)

    def checkout(self, remote: Repo, ref: str, *, depth: int = 1, name: str = "checkout") -> Repo:
        """What actions/checkout does: init, fetch one ref, detach."""
        repo = self.repo(name)
        repo("remote", "add", "origin", remote.url)
        options = ["--no-tags", f"--depth={depth}"] if depth else []
        want = f"+{remote.sha(ref)}:refs/remotes/pull/merge"
        repo("fetch", "--quiet", *options, "origin", want)
        repo("checkout", "--quiet", "--detach", "refs/remotes/pull/merge")
        return repo


class Repo:
    """A repository; calling it runs git there as a user would."""

    def __init__(self, machine: Machine, path: Path) -> None:
        self.machine = machine
        self.path = path

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=self.machine.environ,
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr.decode())
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, name: str, content: str | bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(
        self, name: str = "app.py", content: str | bytes | None = None, message: str = "change"
    ) -> str:
        """Write a file (by default: append one line), commit everything, return the SHA."""
        if content is None:
            path = self.path / name
            old = path.read_bytes() if path.exists() else b""
            content = old + b"line %d\n" % (old.count(b"\n") + 1)
        self.write(name, content)
        self("add", "--all")
        self("commit", "--quiet", "--message", message)
        return self.sha()

    def commits(self, count: int, name: str = "app.py") -> list[str]:
        """Append one line in each of so many commits, in three processes; return the SHAs in order."""
        path = self.path / name
        content = path.read_bytes() if path.exists() else b""
        branch = self("symbolic-ref", "HEAD")
        stream = b""
        for number in range(count):
            content += b"line %d\n" % (content.count(b"\n") + 1)
            start = f"from {branch}^0\n" if not number else ""
            head = f"commit {branch}\ncommitter Ann <ann@example.org> 1700000000 +0000\ndata 0\n{start}"
            stream += head.encode() + b"M 100644 inline %s\ndata %d\n%s\n" % (
                name.encode(),
                len(content),
                content,
            )
        self("fast-import", "--quiet", stdin=stream)
        self("reset", "--quiet", "--hard")
        return self("rev-list", "--reverse", f"--max-count={count}", "HEAD").split()

    def sha(self, rev: str = "HEAD") -> str:
        return self("rev-parse", "--verify", f"{rev}^{{commit}}")

    def git(
        self,
        process: Process | None = None,
        directory: Path | None = None,
        *,
        token: str = "",
        server_url: str = "https://github.com",
    ) -> Git:
        return Git(
            process or Process(self.machine.environ),
            directory or self.path,
            token=token,
            server_url=server_url,
        )


class Recorder(Process):
    """The real edge, with a list of what was asked for; `drop` hides settings from git."""

    def __init__(self, environ: Mapping[str, str], drop: str = "nothing") -> None:
        super().__init__(environ)
        self.drop = drop
        self.calls: list[tuple[str, ...]] = []
        self.environments: list[dict[str, str]] = []

    def run(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Completed:
        self.calls.append(tuple(os.fspath(word) for word in argv))
        given = {key: "old.git" if value == self.drop else value for key, value in (env or {}).items()}
        self.environments.append(given)
        return super().run(argv, cwd=cwd, env=given, stdin=stdin, timeout=timeout)

    @property
    def verbs(self) -> list[str]:
        return [call[1] for call in self.calls]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def remote(machine: Machine) -> Repo:
    return machine.remote()


@pytest.fixture
def author(machine: Machine, remote: Repo) -> Repo:
    """Somebody's clone, with main pushed."""
    repo = machine.repo("author")
    repo("remote", "add", "origin", remote.url)
    repo.commit("app.py", "a = 1\n")
    repo("push", "--quiet", "origin", "main")
    return repo


def pull_request(base: str, head: str, **more: object) -> Context:
    event = {
        "number": 1,
        "pull_request": {"number": 1, "base": {"sha": base, "ref": "main"}, "head": {"sha": head}},
        "repository": {"default_branch": "main"},
    }
    name = str(more.get("event_name", "pull_request"))
    return Context.from_environ(
        {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_REF": "refs/pull/1/merge"}, event
    )


def push(before: str, after: str, *, ref: str = "refs/heads/main", forced: bool = False) -> Context:
    event = {"before": before, "after": after, "forced": forced, "repository": {"default_branch": "main"}}
    return Context.from_environ({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": ref}, event)


LAPTOP = Context()


def base_of(found: Base | NoBase) -> Base:
    assert isinstance(found, Base), found
    return found


def added(files: Sequence[ChangedFile]) -> dict[str, list[int]]:
    return {file.path: list(numbers(file.added)) for file in files}


# The repository


def test_root_head_branch_from_a_subfolder(author: Repo) -> None:
    (author.path / "deep" / "er").mkdir(parents=True)
    git = author.git(directory=author.path / "deep" / "er")
    assert git.root().resolve() == author.path.resolve()
    assert git.head() == author.sha()
    assert git.branch() == "main"
    assert not git.is_shallow()
    assert git.remote() == "origin"


def test_no_repository_says_so(machine: Machine) -> None:
    (machine.folder / "plain").mkdir()
    git = Git(
        Process({**machine.environ, "GIT_CEILING_DIRECTORIES": str(machine.folder)}), machine.folder / "plain"
    )
    with pytest.raises(CannotJudge, match="is not in a git repository") as raised:
        git.root()
    assert "actions/checkout" in raised.value.advice


def test_missing_folder_says_so(machine: Machine) -> None:
    with pytest.raises(CannotJudge, match="does not exist"):
        Git(Process(machine.environ), machine.folder / "nowhere").root()


def test_missing_git_says_so(machine: Machine) -> None:
    with pytest.raises(CannotJudge, match="git is not installed") as raised:
        Git(_NoGit(machine.environ), machine.folder).root()
    assert "Install git" in raised.value.advice


class _NoGit(Process):
    def run(self, *_: object, **__: object) -> Completed:
        raise FileNotFoundError


def test_bare_repository_is_refused(remote: Repo) -> None:
    with pytest.raises(CannotJudge, match="bare"):
        remote.git().root()


def test_no_commit_yet(machine: Machine) -> None:
    repo = machine.repo("empty")
    git = repo.git()
    assert git.root().resolve() == repo.path.resolve()
    assert git.branch() == ""
    with pytest.raises(CannotJudge, match="no commit yet"):
        git.head()
    assert resolve_base("", "auto", LAPTOP, git) == NoBase(reason="nothing is committed yet")


@pytest.mark.parametrize("drop", ["nothing", "safe.directory"], ids=["new git", "git before 2.38"])
def test_a_checkout_that_belongs_to_somebody_else(author: Repo, drop: str) -> None:
    environ = {**author.machine.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    git = author.git(Recorder(environ, drop))
    (author.path / "sub").mkdir()
    assert git.root().resolve() == author.path.resolve()
    assert git.head() == author.sha()
    below = Git(Recorder(environ, drop), author.path / "sub")
    assert below.root().resolve() == author.path.resolve()


def test_the_token_goes_by_environment_to_the_server_alone(machine: Machine) -> None:
    seen: list[tuple[str, list[str]]] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get_all("Authorization", [])))
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        repo = machine.repo("app")
        repo.commit()
        repo("remote", "add", "origin", f"{url}/acme/app.git")
        # As actions/checkout leaves it with persist-credentials: true.
        repo("config", f"http.{url}/.extraheader", "AUTHORIZATION: basic b2xk")
        process = Recorder(machine.environ)
        why = repo.git(process, token="s3cr3t", server_url=url).fetch("0" * 39 + "1")
        elsewhere = repo.git(token="s3cr3t", server_url="http://127.0.0.1:1").fetch("0" * 39 + "1")
        server.shutdown()
    encoded = base64.b64encode(b"x-access-token:s3cr3t").decode()
    assert seen[0][1] == [f"basic {encoded}"]
    assert [headers for _, headers in seen if headers == ["basic b2xk"]], elsewhere
    assert "not found" in why
    assert "s3cr3t" not in repr(process.calls)
    assert encoded not in repr(process.calls)


def test_no_message_holds_the_token(author: Repo) -> None:
    author("remote", "set-url", "origin", "https://me:hunter2@127.0.0.1:1/acme/s3cr3t.git")
    why = author.git(token="s3cr3t").fetch("0" * 39 + "1")
    assert why
    assert "hunter2" not in why
    assert "s3cr3t" not in why


def test_settings_of_the_job_are_kept(author: Repo) -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Kept"}
    process = Process({**author.machine.environ, **given})
    assert Git(process, author.path, environ=given).run("config", "user.name").text.strip() == "Kept"


# Commits and files


def test_commits_of_every_shape(author: Repo) -> None:
    first = author.sha()
    author("checkout", "--quiet", "-b", "one")
    one = author.commit("one.py")
    author("checkout", "--quiet", "-b", "two", "main")
    two = author.commit("two.py")
    author("checkout", "--quiet", "main")
    three = author.commit("three.py")
    author("merge", "--quiet", "--no-edit", "one", "two")
    author("tag", "--annotate", "--message", "x", "v1")
    git = author.git()
    assert git.parents("HEAD") == (three, one, two)
    assert git.resolve("v1") == author.sha()
    assert git.resolve("nothing") is None
    assert git.has(one)
    assert not git.has("1" * 40)
    assert git.commit_time("HEAD") == 1700000000
    assert git.merge_base("one", "two") == first


@pytest.mark.parametrize(
    "rev", ["", "-x", "--upload-pack=x", "a..b", "^main", "a b", "a\nb", ":/x", ":0:app.py"]
)
def test_revisions_that_are_none(author: Repo, rev: str) -> None:
    with pytest.raises(BadInput):
        author.git().resolve(rev)


ODD = [
    "with space.py",
    'täb\tquote".py',
    "new\nline.py",
    "back\\slash.py",
    "-dash.py",
    ":(top)magic.py",
    "b/a/x.py",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_odd_names(author: Repo) -> None:
    for name in ODD:
        author.write(name, "1\n")
    with open(os.fsencode(author.path) + b"/latin-\xe9.py", "wb") as file:  # noqa: PTH123
        file.write(b"1\n2\n")
    git = author.git()
    names = {*ODD, "latin-\udce9.py"}
    assert set(git.untracked()) == names
    assert set(git.files()) == names | {"app.py"}
    on_disk = changed(git, Base(sha=author.sha(), head=None, how=""))
    author.commit()
    assert set(git.tracked()) == names | {"app.py"}
    assert git.tracked("-dash.py", ":(top)magic.py") == ("-dash.py", ":(top)magic.py")
    for name in ODD:
        assert git.show("HEAD", name) == b"1\n"
    assert git.show("HEAD", "nothing") is None
    assert git.show("HEAD^", ODD[2]) is None
    committed = changed(git, Base(sha=author.sha("HEAD^"), head=author.sha(), how=""))
    assert added(committed.files) == {**{name: [1] for name in ODD}, "latin-\udce9.py": [1, 2], "app.py": [2]}
    assert added(on_disk.files) == {**{name: [1] for name in ODD}, "latin-\udce9.py": [1, 2]}


HOSTILE = """
[diff]
    noprefix = true
    mnemonicPrefix = true
    renames = false
    renameLimit = 1
    algorithm = patience
    external = false
    interHunkContext = 30
    context = 9
    indentHeuristic = false
    orderFile = /nonexistent
    relative = true
    submodule = log
    ignoreSubmodules = all
    wordRegex = .
    colorMoved = zebra
    colorMovedWS = ignore-all-space
    suppressBlankEmpty = true
    dirstat = files
    wsErrorHighlight = all
    autoRefreshIndex = false
    trustExitCode = true
[diff "python"]
    textconv = false
    command = false
    binary = true
[color]
    ui = always
    diff = always
[core]
    quotePath = true
    pager = false
    fsmonitor = false
    hooksPath = /nonexistent
    attributesFile = ATTRIBUTES
[log]
    showSignature = true
[status]
    renames = false
"""


def test_no_setting_of_the_user_changes_the_answer(author: Repo) -> None:
    author.write("pkg/old name.py", "".join(f"{number}\n" for number in range(40)))
    author.write("pkg/über.py", "x\n\n\ny\n")
    base = author.commit()
    author("mv", "pkg/old name.py", "pkg/new name.py")
    author.write("pkg/new name.py", "".join(f"{number}\n" for number in range(40)) + "more\n")
    author.write("pkg/über.py", "x\n\n\nz\n")
    head = author.commit()
    git = author.git(directory=author.path / "pkg")
    plain = [git.diff(base, head).stdout, git.diff(base, None).stdout]
    attributes = author.machine.home / "attributes"
    attributes.write_text("*.py diff=python\n*.py -text\n")
    author.machine.configure(HOSTILE.replace("ATTRIBUTES", attributes.as_posix()))
    environ = {
        **author.machine.environ,
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "--unified=5",
        "GIT_PAGER": "false",
        "GIT_CONFIG_PARAMETERS": "'core.quotePath'='true'",
        "GIT_ICASE_PATHSPECS": "1",
        "LC_ALL": "de_DE.UTF-8",
    }
    git = author.git(Process(environ), directory=author.path / "pkg")
    assert [git.diff(base, head).stdout, git.diff(base, None).stdout] == plain
    assert added(changed(git, Base(sha=base, head=head, how="")).files) == {
        "app.py": [3],
        "pkg/new name.py": [41],
        "pkg/über.py": [4],
    }


def test_attributes_cannot_hide_new_lines(author: Repo) -> None:
    author.write("old.py", "".join(f"{number}\n" for number in range(20)))
    author.write("logo.png", b"\x89PNG\0\0")
    base = author.commit()
    author.write(".gitattributes", "*.py -diff\n*.png binary\n")
    author("mv", "old.py", "new.py")
    author.write("new.py", "".join(f"{number}\n" for number in range(20)) + "evil\n")
    author.write("logo.png", b"\x89PNG\0\0\n\n")
    author.write("gone.py", "x\n")
    head = author.commit()
    for tip in (head, None):
        files = changed(author.git(), Base(sha=base, head=tip, how="")).files
        assert added(files) == {
            ".gitattributes": [1, 2],
            "app.py": [3],
            "gone.py": [1],
            "logo.png": [],
            "new.py": [21],
        }
        assert {file.path: file.kind for file in files}["logo.png"] == "binary"
        assert {file.path: file.old_path for file in files}["new.py"] == "old.py"


def test_what_has_no_lines(author: Repo, machine: Machine) -> None:
    inner = machine.repo("inner")
    inner.commit()
    author("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "sub")
    author.write("mode.py", "x\n")
    author.write("link.py", "x\n")
    author.write("renamed.py", "1\n2\n3\n4\n")
    author.write("deleted.py", "x\n")
    base = author.commit()
    inner.commit()
    author("-C", "sub", "-c", "protocol.file.allow=always", "pull", "--quiet")
    author("mv", "renamed.py", "moved.py")
    author("rm", "--quiet", "deleted.py")
    (author.path / "link.py").unlink()
    (author.path / "link.py").symlink_to("app.py")
    author("update-index", "--chmod=+x", "mode.py")
    (author.path / "mode.py").chmod(0o755)
    author.write("empty.py", "")
    author.write("blob.bin", b"\0\n\n")
    author.write("crlf.py", "a\r\nb\r\n")
    author("add", "--all")
    author("commit", "--quiet", "--message", "x")
    for tip in (author.sha(), None):
        files = changed(author.git(), Base(sha=base, head=tip, how="")).files
        assert {(file.path, file.status, file.kind, file.added) for file in files} == {
            ("blob.bin", "A", "binary", 0),
            ("crlf.py", "A", "text", 0b110),
            ("deleted.py", "D", "text", 0),
            ("empty.py", "A", "text", 0),
            ("link.py", "T", "symlink", 0),
            ("mode.py", "M", "text", 0),
            ("moved.py", "R", "text", 0),
            ("sub", "M", "submodule", 0),
        }


def test_a_conflict_in_the_working_tree(author: Repo) -> None:
    base = author.sha()
    author("checkout", "--quiet", "-b", "feature")
    author.commit("app.py", "a = 2\n")
    author("checkout", "--quiet", "main")
    author.commit("app.py", "a = 3\n")
    subprocess.run(
        ["git", "merge", "feature"],
        cwd=author.path,
        env=author.machine.environ,
        capture_output=True,
        check=False,
    )
    files = changed(author.git(), Base(sha=base, head=None, how="")).files
    assert added(files) == {"app.py": [1, 2, 3, 4, 5]}


def test_line_ends_and_untouched_files_are_no_change(author: Repo) -> None:
    author.write(".gitattributes", "* text=auto eol=crlf\n")
    author.write("dos.py", "a\r\nb\r\n")
    base = author.commit("dos.py", "a\r\nb\r\n")
    os.utime(author.path / "dos.py", (1, 1))
    assert changed(author.git(), Base(sha=base, head=None, how="")).files == ()


def test_a_patch_file(author: Repo) -> None:
    base = author.sha()
    author.commit("pkg/x.py", "1\n2\n")
    (author.path / "diff.patch").write_text(author("diff", "HEAD^", "HEAD") + "\n")
    found = base_of(resolve_base("file:diff.patch", "auto", LAPTOP, author.git()))
    assert added(changed(author.git(), found).files) == {"pkg/x.py": [1, 2]}
    assert base != author.sha()
    with pytest.raises(CannotJudge, match=r"nope\.patch cannot be read"):
        changed(author.git(), base_of(resolve_base("file:nope.patch", "auto", LAPTOP, author.git())))


# Paths alone


def test_paths_under_their_old_and_new_names(author: Repo) -> None:
    author.write("old name.py", "a = 1\n" * 20)
    base = author.commit("gone.py", "1\n")
    author("mv", "old name.py", "pkg é.py")
    author("rm", "--quiet", "gone.py")
    head = author.commit("new.py", "1\n")
    author.write("untracked.py", "1\n")
    committed = Base(sha=base, head=head, how="")
    assert changed_paths(author.git(), committed) == {"old name.py", "pkg é.py", "gone.py", "new.py"}
    on_disk = Base(sha=head, head=None, how="")
    assert changed_paths(author.git(), on_disk) == {"untracked.py"}
    author.write("new.py", "2\n")
    assert changed_paths(author.git(), on_disk) == {"untracked.py", "new.py"}


def test_paths_are_the_same_whatever_the_machine_sets(author: Repo) -> None:
    base = author.sha()
    head = author.commit("pkg/x.py", "1\n")
    for name, value in (
        ("diff.relative", "true"),
        ("diff.renames", "copies"),
        ("diff.orderFile", "nope"),
        ("diff.noprefix", "true"),
    ):
        author("config", name, value)
    assert changed_paths(author.git(), Base(sha=base, head=head, how="")) == {"pkg/x.py"}


def test_paths_of_a_patch_file(author: Repo) -> None:
    author.commit("pkg/x.py", "1\n2\n")
    author("mv", "pkg/x.py", "pkg/y.py")
    (author.path / "diff.patch").write_text(author("diff", "HEAD") + "\n")
    found = base_of(resolve_base("file:diff.patch", "auto", LAPTOP, author.git()))
    assert changed_paths(author.git(), found) == {"pkg/x.py", "pkg/y.py"}


# Bases: pull requests


def pull(author: Repo, *, ahead: int = 2, behind: int = 3) -> tuple[str, str, str, str]:
    """Push a pull request with GitHub's test merge; return fork point, base, head and merge."""
    fork = author.sha("main")
    author("checkout", "--quiet", "-b", "feature", "main")
    head = author.commits(ahead, "feature.py")[-1]
    author("checkout", "--quiet", "main")
    base = author.commits(behind, "main.py")[-1] if behind else fork
    author("checkout", "--quiet", "--detach", "main")
    author("merge", "--quiet", "--no-ff", "-m", f"Merge {head} into {base}", "feature")
    merge = author.sha()
    author(
        "push",
        "--quiet",
        "origin",
        "main",
        "feature",
        f"{merge}:refs/pull/1/merge",
        f"{head}:refs/pull/1/head",
    )
    return fork, base, head, merge


@pytest.mark.parametrize("depth", [1, 2, 0])
def test_the_merge_commit_of_a_pull_request(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    _, base, head, merge = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge", depth=depth)
    process = Recorder(machine.environ)
    git = checkout.git(process)
    found = base_of(resolve_base("", "auto", pull_request(base, head), git))
    assert found.how == f"first parent {base[:7]} of the merge commit {merge[:7]}"
    assert (found.sha, found.head, found.warnings) == (base, merge, ())
    assert added(changed(git, found).files) == {"feature.py": [1, 2]}
    if depth != 1:
        assert process.verbs == ["rev-parse", "cat-file", "diff"]
    assert ("fetch" in process.verbs) == (depth == 1)
    assert checkout("for-each-ref", "--format=%(refname)") == "refs/remotes/pull/merge"


def test_the_merge_commit_when_the_head_moved_on(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, _, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge")
    found = base_of(resolve_base("", "auto", pull_request("1" * 40, "2" * 40), checkout.git()))
    assert found.sha == base


def test_depth_one_and_deepen_never(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge")
    with pytest.raises(
        CannotJudge, match=f"Cannot find the base commit {base[:7]} in this shallow clone"
    ) as raised:
        resolve_base("", "never", pull_request(base, head), checkout.git())
    assert "deepen is never" in raised.value.message
    assert raised.value.advice == "Use actions/checkout with fetch-depth: 0, or pass base:."


def test_depth_one_and_the_remote_is_away(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge")
    shutil.rmtree(remote.path)
    with pytest.raises(CannotJudge, match="does not appear to be a git repository"):
        resolve_base("", "auto", pull_request(base, head), checkout.git())
    checkout("remote", "remove", "origin")
    with pytest.raises(CannotJudge, match="no remote"):
        resolve_base("", "auto", pull_request(base, head), checkout.git())


@pytest.mark.parametrize("depth", [1, 2, 5, 0])
@pytest.mark.parametrize(("ahead", "behind"), [(1, 0), (2, 3), (30, 50)])
def test_the_head_of_a_pull_request(
    machine: Machine, remote: Repo, author: Repo, depth: int, ahead: int, behind: int
) -> None:
    author.commits(20)
    fork, base, head, _ = pull(author, ahead=ahead, behind=behind)
    checkout = machine.checkout(remote, "refs/pull/1/head", depth=depth)
    git = checkout.git()
    found = base_of(resolve_base("", "auto", pull_request(base, head), git))
    assert (found.sha, found.head, found.warnings) == (fork, head, ())
    assert added(changed(git, found).files) == {"feature.py": list(range(1, ahead + 1))}
    if not depth:
        assert not git.is_shallow()


def test_deepening_stops_at_the_limit(machine: Machine, remote: Repo, author: Repo) -> None:
    fork, base, head, _ = pull(author, ahead=60, behind=3)
    checkout = machine.checkout(remote, "refs/pull/1/head")
    git = checkout.git()
    with pytest.raises(CannotJudge, match="in this shallow clone after deepening to 20"):
        resolve_base("", "20", pull_request(base, head), git)
    assert git.is_shallow()
    asked: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> str:
        asked.append((one, other))
        return fork

    found = base_of(resolve_base("", "20", pull_request(base, head), git, compare))
    assert (found.sha, asked) == (fork, [(base, head)])
    assert found.how.endswith("as GitHub's compare API says")


def wrong_base(author: Repo) -> tuple[str, str, str]:
    """A history in which a shallow clone sees an older merge base than the right one.

    main:     o1 - … - o9 - fork - … - base
    feature:  o1 ------------(merge of main at fork, long ago) - … - head, and beside it a short way to o1
    """
    old = author.sha()
    author("checkout", "--quiet", "-b", "feature")
    author.commit("short.py")
    author("branch", "short")
    author("checkout", "--quiet", "main")
    fork = author.commits(3, "main.py")[-1]
    author("checkout", "--quiet", "feature")
    author("merge", "--quiet", "--no-edit", "main")
    author.commits(6, "feature.py")
    author("merge", "--quiet", "--no-edit", "--no-ff", "-s", "ours", "short")
    author("checkout", "--quiet", "-b", "quick", "short")
    author.commit("quick.py")
    author("checkout", "--quiet", "feature")
    author("merge", "--quiet", "--no-edit", "quick")
    head = author.commit("feature.py")
    author("checkout", "--quiet", "main")
    author.commit("main.py")
    author("push", "--quiet", "origin", "main", "feature")
    return old, fork, head


def test_a_merge_base_that_is_too_old_is_never_trusted(machine: Machine, remote: Repo, author: Repo) -> None:
    """https://github.com/ocaml/ocaml/pull/12862"""
    old, fork, head = wrong_base(author)
    base = author.sha("main")
    assert author.git().merge_base(base, head) == fork
    checkout = machine.repo("checkout")
    checkout("remote", "add", "origin", remote.url)
    checkout("fetch", "--quiet", "--depth=6", "origin", base, head)
    checkout("checkout", "--quiet", "--detach", head)
    git = checkout.git()
    assert git.merge_bases(base, head) == (old,), "the trap is set"
    assert not git.proves((old,), base, head)
    found = base_of(resolve_base("", "auto", pull_request(base, head), git))
    assert found.sha == fork


def test_a_proof_needs_no_complete_history(machine: Machine, remote: Repo, author: Repo) -> None:
    author.commits(60)
    fork, base, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/head")
    git = checkout.git()
    process = Recorder(machine.environ)
    git = checkout.git(process)
    assert base_of(resolve_base("", "auto", pull_request(base, head), git)).sha == fork
    assert git.is_shallow()
    assert process.verbs.count("fetch") == 1


def test_unrelated_histories(machine: Machine, remote: Repo, author: Repo) -> None:
    author("checkout", "--quiet", "--orphan", "other")
    head = author.commit("other.py")
    author("push", "--quiet", "origin", "other")
    for depth in (0, 1):
        checkout = machine.checkout(remote, "refs/heads/other", depth=depth, name=f"checkout{depth}")
        with pytest.raises(CannotJudge, match="no common history"):
            resolve_base("", "auto", pull_request(author.sha("main"), head), checkout.git())


def test_several_merge_bases(machine: Machine, author: Repo) -> None:
    author("checkout", "--quiet", "-b", "feature")
    one = author.commit("one.py")
    author("checkout", "--quiet", "main")
    two = author.commit("two.py")
    author("merge", "--quiet", "--no-edit", "feature")
    author("checkout", "--quiet", "feature")
    author("merge", "--quiet", "--no-edit", two)
    author.commit("three.py")
    git = author.git()
    context = pull_request(author.sha("main"), author.sha("feature"))
    assert set(git.merge_bases("main", "feature")) == {one, two}
    found = base_of(resolve_base("", "auto", context, git))
    assert "2 merge bases" in found.warnings[0]
    assert base_of(resolve_base("", "auto", context, git, lambda *_: one)) == Base(
        sha=one, head=author.sha(), how=f"merge base {one[:7]} with main"
    )
    odd = base_of(resolve_base("", "auto", context, git, lambda *_: "5" * 40))
    assert "compare API names 5555555" in odd.warnings[0]


def test_pull_request_target_checks_out_the_base(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/heads/main")
    with pytest.raises(CannotJudge, match="holds nothing of this pull request"):
        resolve_base("", "auto", pull_request(base, head, event_name="pull_request_target"), checkout.git())


def test_a_pull_request_event_that_could_not_be_read(machine: Machine, remote: Repo, author: Repo) -> None:
    fork, _, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/head")
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    found = base_of(resolve_base("", "auto", Context.from_environ(environ, {}), checkout.git()))
    assert (found.sha, found.head) == (fork, head)
    del environ["GITHUB_BASE_REF"]
    with pytest.raises(CannotJudge, match="names no base commit"):
        resolve_base("", "auto", Context.from_environ(environ, {}), checkout.git())


# Bases: merge queue and pushes


@pytest.mark.parametrize("depth", [1, 2, 0])
def test_a_merge_group_of_three(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    base = author.commits(4)[-1]
    author("push", "--quiet", "origin", "main")
    head = author.commits(3, "queued.py")[-1]
    author("push", "--quiet", "origin", "HEAD:refs/heads/gh-readonly-queue/main/pr-3")
    checkout = machine.checkout(remote, "refs/heads/gh-readonly-queue/main/pr-3", depth=depth)
    event = {"merge_group": {"base_sha": base, "head_sha": head}}
    context = Context.from_environ({**GITHUB, "GITHUB_EVENT_NAME": "merge_group"}, event)
    git = checkout.git()
    found = base_of(resolve_base("", "auto", context, git))
    assert found == Base(sha=base, head=head, how=f"the base {base[:7]} of the merge group")
    assert added(changed(git, found).files) == {"queued.py": [1, 2, 3]}


@pytest.mark.parametrize("depth", [1, 3, 0])
def test_a_push(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    before = author.commits(4)[-1]
    after = author.commits(2, "new.py")[-1]
    author("push", "--quiet", "origin", "main")
    checkout = machine.checkout(remote, "refs/heads/main", depth=depth)
    git = checkout.git()
    found = base_of(resolve_base("", "auto", push(before, after), git))
    assert found == Base(sha=before, head=after, how=f"{before[:7]}, the tip of main before this push")
    assert added(changed(git, found).files) == {"new.py": [1, 2]}


@pytest.mark.parametrize("depth", [1, 0])
def test_a_forced_push_whose_before_the_remote_still_has(
    machine: Machine, remote: Repo, author: Repo, depth: int
) -> None:
    author("checkout", "--quiet", "-b", "feature")
    before = author.commit("x.py", "1\n")
    author("push", "--quiet", "origin", "feature")
    author("reset", "--quiet", "--hard", "HEAD^")
    after = author.commit("x.py", "1\n2\n")
    author("push", "--quiet", "--force", "origin", "feature")
    checkout = machine.checkout(remote, "refs/heads/feature", depth=depth)
    git = checkout.git()
    found = base_of(resolve_base("", "auto", push(before, after, ref="refs/heads/feature", forced=True), git))
    assert found.sha == before
    assert found.how.endswith("before this forced push")
    assert added(changed(git, found).files) == {"x.py": [2]}


@pytest.mark.parametrize("depth", [1, 0])
def test_a_push_whose_before_is_gone(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    fork = author.sha()
    author("checkout", "--quiet", "-b", "feature")
    after = author.commits(2, "x.py")[-1]
    author("push", "--quiet", "origin", "feature")
    checkout = machine.checkout(remote, "refs/heads/feature", depth=depth)
    gone = "3" * 40
    found = base_of(
        resolve_base("", "auto", push(gone, after, ref="refs/heads/feature", forced=True), checkout.git())
    )
    assert (found.sha, found.head) == (fork, after)
    assert "3333333 from before this forced push is gone" in found.warnings[0]
    with pytest.raises(CannotJudge, match="Cannot find the base commit 3333333"):
        resolve_base("", "auto", push(gone, after), checkout.git())


@pytest.mark.parametrize("depth", [1, 2, 0])
def test_the_first_push_of_a_branch(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    fork = author.commits(3)[-1]
    author("push", "--quiet", "origin", "main")
    author("checkout", "--quiet", "-b", "feature")
    after = author.commits(2, "x.py")[-1]
    author("push", "--quiet", "origin", "feature", "feature~2:refs/heads/same")
    checkout = machine.checkout(remote, "refs/heads/feature", depth=depth)
    found = base_of(resolve_base("", "auto", push(ZEROS, after, ref="refs/heads/feature"), checkout.git()))
    assert found == Base(sha=fork, head=after, how=f"merge base {fork[:7]} with main")
    same = machine.checkout(remote, "refs/heads/same", depth=depth, name="same")
    none = resolve_base("", "auto", push(ZEROS, fork, ref="refs/heads/same"), same.git())
    assert none == NoBase(reason=f"the commit under test, {fork[:7]}, is part of main")


def test_pushes_without_a_change(author: Repo) -> None:
    git, head = author.git(), author.sha()
    first = resolve_base("", "auto", push(ZEROS, head), git)
    assert first == NoBase(reason="this push created the default branch main")
    again = resolve_base("", "auto", push(head, head), git)
    assert again == NoBase(reason=f"nothing was pushed since {head[:7]}")


# Bases: the input


@pytest.mark.parametrize("depth", [1, 0])
@pytest.mark.parametrize("spec", ["main", "v1", "{sha}"])
def test_a_base_that_is_given(machine: Machine, remote: Repo, author: Repo, depth: int, spec: str) -> None:
    fork, base, head, _ = pull(author)
    author("tag", "--annotate", "--message", "x", "v1", base)
    author("push", "--quiet", "origin", "v1")
    checkout = machine.checkout(remote, "refs/pull/1/head", depth=depth)
    schedule = Context.from_environ({**GITHUB, "GITHUB_EVENT_NAME": "schedule"}, {})
    found = base_of(resolve_base(spec.format(sha=base), "auto", schedule, checkout.git()))
    assert (found.sha, found.head, found.warnings) == (fork, head, ())


def test_a_base_that_is_given_and_never_deepened(machine: Machine, remote: Repo, author: Repo) -> None:
    fork, _, head, _ = pull(author, ahead=1, behind=0)
    checkout = machine.checkout(remote, "refs/pull/1/head", depth=2)
    assert base_of(resolve_base(fork, "never", pull_request(fork, head), checkout.git())).warnings == ()
    with pytest.raises(CannotJudge, match="names no commit here and none on the remote origin"):
        resolve_base("nothing", "auto", LAPTOP, checkout.git())
    with pytest.raises(CannotJudge, match="Cannot find the base commit 4444444"):
        resolve_base("4" * 40, "auto", LAPTOP, checkout.git())


def test_a_given_base_without_common_history_is_taken_as_it_is(author: Repo) -> None:
    main = author.sha()
    author("checkout", "--quiet", "--orphan", "other")
    author.commit("other.py")
    found = base_of(resolve_base("main", "auto", LAPTOP, author.git()))
    assert found.sha == main
    assert "no common history" in found.warnings[0]


@pytest.mark.parametrize("depth", [1, 0])
def test_merge_parent(machine: Machine, remote: Repo, author: Repo, depth: int) -> None:
    _, base, _, _ = pull(author)
    schedule = Context.from_environ({**GITHUB, "GITHUB_EVENT_NAME": "schedule"}, {})
    checkout = machine.checkout(remote, "refs/pull/1/merge", depth=depth)
    assert base_of(resolve_base("merge-parent", "auto", schedule, checkout.git())).sha == base
    plain = machine.checkout(remote, "refs/heads/main", depth=depth, name="plain")
    with pytest.raises(CannotJudge, match="is no merge"):
        resolve_base("merge-parent", "auto", schedule, plain.git())


# Bases: a laptop


def test_a_branch_on_a_laptop(machine: Machine, remote: Repo, author: Repo) -> None:
    laptop = machine.clone(remote, name="laptop")
    fork = laptop.sha()
    laptop("checkout", "--quiet", "-b", "feature")
    laptop.commit("x.py", "1\n")
    laptop.write("x.py", "1\n2\n")
    laptop.write("y.py", "1")
    process = Recorder(machine.environ)
    git = laptop.git(process)
    found = base_of(resolve_base("", "auto", LAPTOP, git))
    assert found == Base(sha=fork, head=None, how=f"merge base {fork[:7]} with origin/HEAD")
    assert added(changed(git, found).files) == {"x.py": [1, 2], "y.py": [1]}
    assert process.verbs == ["rev-parse", "cat-file", "cat-file", "merge-base", "diff", "ls-files"]


def test_the_default_branch_on_a_laptop(machine: Machine, remote: Repo, author: Repo) -> None:
    laptop = machine.clone(remote, name="laptop")
    upstream = laptop.sha()
    laptop.write("app.py", "a = 1\nb = 2\n")
    git = laptop.git()
    clean = base_of(resolve_base("", "auto", LAPTOP, git))
    assert clean.sha == upstream
    assert clean.how.startswith("the last commit")
    assert added(changed(git, clean).files) == {"app.py": [2]}
    laptop.commit("ahead.py")
    assert base_of(resolve_base("", "auto", LAPTOP, git)).sha == upstream


@pytest.mark.parametrize("branch", ["main", "master"])
def test_no_remote(machine: Machine, branch: str) -> None:
    repo = machine.repo("alone")
    repo("checkout", "--quiet", "-b", branch)
    first = repo.commit()
    assert base_of(resolve_base("", "auto", LAPTOP, repo.git())).sha == first
    repo("checkout", "--quiet", "--detach")
    repo.commit()
    assert base_of(resolve_base("", "auto", LAPTOP, repo.git())).sha == first
    repo("branch", "--quiet", "-m", branch, "trunk")
    with pytest.raises(CannotJudge, match="no origin/HEAD, main or master"):
        resolve_base("", "auto", LAPTOP, repo.git())


def test_act_with_an_empty_event(author: Repo) -> None:
    fork = author.sha()
    author("checkout", "--quiet", "-b", "feature")
    author.commit("x.py", "1\n")
    author.write("x.py", "1\n2\n")
    for event in ("push", "pull_request"):
        context = Context.from_environ({**GITHUB, "ACT": "true", "GITHUB_EVENT_NAME": event}, {})
        found = base_of(resolve_base("", "auto", context, author.git()))
        assert (found.sha, found.head) == (fork, None)


def test_grafts_and_replacements_are_not_history(author: Repo) -> None:
    first = author.sha()
    author("checkout", "--quiet", "-b", "feature")
    middle, head = author.commits(2, "x.py")
    author("replace", "--graft", head)
    (author.path / ".git" / "info" / "grafts").write_text(f"{middle}\n")
    git = author.git()
    assert git.parents(head) == (middle,)
    assert base_of(resolve_base("", "auto", LAPTOP, git)).sha == first


# Fetching


def test_fetching_never_cuts_what_is_there(machine: Machine, remote: Repo, author: Repo) -> None:
    author.commits(5)
    author("push", "--quiet", "origin", "main")
    clone = machine.clone(remote)
    author("checkout", "--quiet", "-b", "other")
    other = author.commit("o.py")
    author("push", "--quiet", "origin", "other")
    git = clone.git()
    assert git.fetch(other, depth=1) == ""
    assert git.fetch(other, deepen=1) == ""
    assert not git.is_shallow()
    assert git.depth("HEAD") == 6
    assert git.has(other)


def test_a_locked_clone_is_tried_again(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, _ = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge")
    lock = checkout.path / ".git" / "shallow.lock"
    lock.touch()
    git = Git(Process(machine.environ), checkout.path, clock=_Unlocks(lock))
    assert base_of(resolve_base("", "auto", pull_request(base, head), git)).sha == base


class _Unlocks(Clock):
    def __init__(self, lock: Path) -> None:
        self.lock = lock

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.lock.unlink()


def test_gates_side_by_side(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, _ = pull(author, ahead=20)
    checkout = machine.checkout(remote, "refs/pull/1/head")
    with ThreadPoolExecutor(4) as pool:
        context = pull_request(base, head)
        found = list(pool.map(lambda _: resolve_base("", "auto", context, checkout.git()), range(4)))
    assert len({base_of(one).sha for one in found}) == 1


def test_the_remote_and_its_default_branch(machine: Machine, remote: Repo, author: Repo) -> None:
    author("push", "--quiet", "origin", "main:refs/heads/release/1")
    remote("symbolic-ref", "HEAD", "refs/heads/release/1")
    clone = machine.clone(remote)
    assert clone.git().default_branch() == "release/1"
    assert author.git().default_branch() is None
    assert clone.git().remote_ref("main") == author.sha()
    assert clone.git().remote_ref("mai*") is None
    clone("remote", "rename", "origin", "upstream")
    assert clone.git().remote() == "upstream"
    clone("remote", "add", "mine", remote.url)
    assert clone.git().remote() is None
    assert clone.git().fetch("1" * 40) == "this clone has no remote"
    assert clone.git().remote_ref("main") is None


def test_a_linked_working_tree_of_a_shallow_clone(machine: Machine, remote: Repo, author: Repo) -> None:
    _, base, head, merge = pull(author)
    checkout = machine.checkout(remote, "refs/pull/1/merge")
    checkout("worktree", "add", "--quiet", "--detach", "../linked")
    linked = Repo(machine, machine.folder / "linked")
    git = linked.git()
    assert git.boundary() == {merge}
    assert base_of(resolve_base("", "auto", pull_request(base, head), git)).sha == base


def test_git_says_when_it_did_not_look_for_renames(author: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        author.write(f"old{number}.py", "".join(f"{number} {line}\n" for line in range(20)))
    base = author.commit()
    for number in range(3):
        author("mv", f"old{number}.py", f"new{number}.py")
        author.write(f"new{number}.py", "".join(f"{number} {line}\n" for line in range(21)))
    head = author.commit()
    assert changed(author.git(), Base(sha=base, head=head, how="")).warnings == ()
    few = tuple("-l1" if option == "-l1000" else option for option in DIFF)
    monkeypatch.setattr("ci_actions.kit.git.DIFF", few)
    (warning,) = changed(author.git(), Base(sha=base, head=head, how="")).warnings
    assert "did not look for renames" in warning


def test_a_damaged_clone_is_no_verdict(author: Repo) -> None:
    base = author.sha()
    head = author.commit()
    blob = author("rev-parse", "HEAD:app.py")
    path = author.path / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.unlink()
    with pytest.raises(CannotJudge, match=r"git diff failed \(128\): "):
        changed(author.git(), Base(sha=base, head=head, how=""))


def test_git_that_does_not_end(author: Repo) -> None:
    git = author.git(_Slow(author.machine.environ))
    assert git.fetch("1" * 40) == "no answer in time"
    with pytest.raises(CannotJudge, match="git cat-file did not end in time"):
        git.head()


class _Slow(Process):
    def run(self, argv: Sequence[str | os.PathLike[str]], **options: object) -> Completed:
        if argv[1] in ("fetch", "cat-file"):
            return Completed(argv=tuple(map(str, argv)), code=None, stdout=b"", stderr=b"")
        return super().run(argv, **options)  # type: ignore[arg-type]


def test_untracked_files_of_every_kind(author: Repo) -> None:
    author.write(".gitignore", "ignored.py\n")
    author.commit()
    author.write("ignored.py", "1\n")
    author.write("empty.py", "")
    author.write("bin.py", b"\0")
    author.write("nested/inner.py", "1\n")
    # As a cache brings it back: without the `.gitignore` that we put there.
    author.write("service/.ci-actions/durations.json", "{}")
    Repo(author.machine, author.path / "nested")("init", "--quiet")
    (author.path / "link.py").symlink_to("nowhere")
    files = changed(author.git(), Base(sha=author.sha(), head=None, how="")).files
    assert {(file.path, file.kind, file.added) for file in files} == {
        ("empty.py", "text", 0),
        ("bin.py", "binary", 0),
        ("link.py", "symlink", 0),
    }
    author.write("app.py", "changed\n")
    assert author.git().modified() == ("app.py",)
    assert author.git().tracked("app.py") == ("app.py",)
    assert "service/.ci-actions/durations.json" not in author.git().files()


def test_raw_diff_and_patch(author: Repo) -> None:
    base = author.sha()
    head = author.commit()
    git = author.git()
    assert git.raw_diff(base, head).startswith(b":100644 100644 ")
    assert git.patch(base, head).endswith(b"@@ -1,0 +2 @@ a = 1\n+line 2\n")


def test_a_shallow_clone_with_commits_of_its_own(machine: Machine, remote: Repo, author: Repo) -> None:
    author.commits(40)
    author("push", "--quiet", "origin", "main", "main~30:refs/heads/old")
    fork = author.sha("main~30")
    laptop = machine.clone(remote, "--depth=2", "--branch=old", name="laptop")
    laptop("checkout", "--quiet", "-b", "feature")
    laptop.commits(3, "mine.py")
    git = laptop.git()
    found = base_of(resolve_base("main", "auto", LAPTOP, git))
    assert (found.sha, found.warnings) == (fork, ())
    assert added(changed(git, found).files) == {"mine.py": [1, 2, 3]}


def test_a_commit_that_is_not_there(author: Repo) -> None:
    with pytest.raises(CannotJudge, match="There is no commit nothing in this clone"):
        author.git().commit_time("nothing")


def test_a_patch_file_that_holds_none(author: Repo) -> None:
    author.write("empty.patch", "")
    base = base_of(resolve_base("file:empty.patch", "auto", LAPTOP, author.git()))
    with pytest.raises(CannotJudge, match=r"The patch \S+empty\.patch cannot be used: it holds no diff"):
        changed(author.git(), base)


def test_git_that_cannot_be_started(author: Repo) -> None:
    with pytest.raises(CannotJudge, match="git cannot be started: Permission denied"):
        author.git(_Refused(author.machine.environ)).root()


class _Refused(Process):
    def run(self, *_: object, **__: object) -> Completed:
        raise PermissionError(13, "Permission denied")
