"""Releases of this very checkout: built, built again elsewhere, tampered with, installed, and run without a network."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="start.sh is run here with the bash of POSIX systems"),
]

ROOT = Path(__file__).resolve().parents[2]
#: Where nothing answers: whoever wants to fetch something fails.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "UV_OFFLINE": "1",
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
}
COVERAGE = (
    '<?xml version="1.0" ?><coverage version="7"><packages><package name="."><classes>'
    '<class name="app" filename="app.py"><methods/><lines><line number="1" hits="1"/></lines></class>'
    "</classes></package></packages></coverage>"
)
SETTINGS = '[tool.ci-actions.coverage-gate]\nfiles = ["coverage.xml"]\nmin-overall = 50\n'


@dataclass(frozen=True)
class Built:
    """A checkout, the release that was built of it, and what is attached to it."""

    checkout: Path
    tree: Path
    assets: Path

    @property
    def wheel(self) -> Path:
        (found,) = self.assets.glob("*.whl")
        return found


def run(
    *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


def release(*words: str | Path, **keys: Any) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "ci_actions", "release", *words, **keys)


def git(folder: Path, *words: str, day: int = 1) -> str:
    dates = {f"GIT_{who}_DATE": f"2026-01-0{day}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    done = run("git", *words, cwd=folder, env=dates)
    assert done.returncode == 0, done.stderr
    return done.stdout


def checkout(folder: Path) -> Path:
    """Commit what git knows of this checkout, or would add, in a repository of its own."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "feat: everything")
    return folder


def build(source: Path, place: Path, **keys: Any) -> Built:
    made = Built(source, place / "a tree", place / "assets")
    words = [
        "--version=1.2.3",
        f"--to={made.tree}",
        f"--assets={made.assets}",
        f"--working-directory={source}",
    ]
    done = release("build", *words, **keys)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(checkout(tmp_path_factory.mktemp("main")), tmp_path_factory.mktemp("one place"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A consumer: one file, all of it covered."""
    folder = tmp_path / "a project"
    folder.mkdir()
    for name, text in {"app.py": "x = 1\n", "coverage.xml": COVERAGE, "pyproject.toml": SETTINGS}.items():
        (folder / name).write_text(text)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    return folder


def listing(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every path with mode, time and digest."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode,
            int(path.lstat().st_mtime),
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def copied(built: Built, place: Path) -> Path:
    return Path(shutil.copytree(built.tree, place / "copy"))


class TestBuild:
    def test_a_second_one_elsewhere_and_at_another_time_is_the_same_to_the_byte(
        self, built: Built, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "quite another place"
        git(tmp_path, "clone", "--quiet", str(built.checkout), str(elsewhere))
        odd = {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
        other = build(elsewhere, tmp_path / "other", umask=0o077, env=odd)
        assert listing(other.tree) == listing(built.tree)
        assert listing(other.assets) == listing(built.assets)

    def test_it_is_mains_tree_and_what_was_generated(self, built: Built) -> None:
        files = {path for path, about in listing(built.tree).items() if about[2]}
        tracked = set(filter(None, git(built.checkout, "ls-files", "-z").split("\0")))
        assert tracked <= files
        doors = json.loads((built.tree / "release.json").read_text())["doors"]
        actions = {each.name for each in (ROOT / "actions").iterdir() if not each.name.startswith("ci-")}
        assert set(doors) == actions
        assert {path.split("/")[0] for path in files - tracked} == {"release.json", "vendor", *doors}
        for name in doors:
            assert listing(built.tree / name) == listing(built.tree / "actions" / name)

    def test_nothing_of_the_machine_is_in_it(self, built: Built) -> None:
        places = [str(built.checkout).encode(), str(Path.home()).encode(), sys.prefix.encode()]
        for path in [*built.tree.rglob("*"), *built.assets.iterdir()]:
            if path.is_file():
                data = path.read_bytes()
                assert not any(place in data for place in places), path
        names = {path.name for path in (built.tree / "vendor").rglob("*")}
        assert not names & {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "WHEEL", "__pycache__"}
        assert {"LICENSE", "METADATA"} <= names

    def test_no_branch_tag_or_file_of_the_checkout_is_touched(self, built: Built, tmp_path: Path) -> None:
        before = git(built.checkout, "for-each-ref"), listing(built.checkout)
        build(built.checkout, tmp_path)
        after = git(built.checkout, "for-each-ref"), listing(built.checkout)
        # git refreshes its index, and that is all.
        for _, files in (before, after):
            files.pop(".git/index", None)
            files.pop(".git", None)
        assert before == after

    def test_the_archive_is_small_enough_for_every_job_to_download(self, built: Built) -> None:
        assert (built.assets / "ci-actions-1.2.3.tar.gz").stat().st_size <= 3_000_000

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("changed", "uncommitted: README.md"),
            ("new", "uncommitted: forgotten.txt"),
            ("link", "actions/coverage-gate/link is a symbolic link"),
            ("door", "'Coverage-Gate'"),
            ("version", "version 'v1' must be like"),
            ("folder", "holds something already"),
        ],
    )
    def test_what_it_refuses(self, kind: str, words: str, built: Built, tmp_path: Path) -> None:
        source = tmp_path / "source"
        git(tmp_path, "clone", "--quiet", str(built.checkout), str(source))
        to = tmp_path / "to"
        version = "v1" if kind == "version" else "1.2.3"
        if kind == "changed":
            (source / "README.md").write_text("other")
        elif kind == "new":
            (source / "forgotten.txt").write_text("")
        elif kind == "link":
            (source / "actions/coverage-gate/link").symlink_to("action.yml")
        elif kind == "door":
            (source / "Coverage-Gate").mkdir()
            (source / "Coverage-Gate" / "x").write_text("")
        elif kind == "folder":
            to.mkdir()
            (to / "mine").write_text("")
        if kind in ("link", "door"):
            git(source, "add", "--all")
            git(source, "commit", "--quiet", "--message", "x")
        done = release("build", f"--version={version}", f"--to={to}", f"--working-directory={source}")
        assert done.returncode == 2, done.stderr
        assert words in done.stdout
        assert kind == "folder" or not to.exists()


class TestVerify:
    def test_a_folder_against_main_and_the_lock(self, built: Built) -> None:
        where = f"--working-directory={built.checkout}"
        done = release("verify", built.tree, "--against=HEAD", "--rebuild", where)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "with the lock, built anew" in done.stdout

    @pytest.mark.parametrize(
        "path",
        [
            "README.md",
            "coverage-gate/start.sh",
            "vendor/yaml/__init__.py",
            "src/ci_actions/cli.py",
            "release.json",
        ],
    )
    def test_one_byte(self, path: str, built: Built, tmp_path: Path) -> None:
        file = copied(built, tmp_path) / path
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        done = release("verify", tmp_path / "copy", cwd=tmp_path)
        assert done.returncode == 3
        # Of a changed manifest it is told what it now says wrongly.
        assert path in done.stdout.splitlines()[0]

    def test_one_file_more_and_one_link(self, built: Built, tmp_path: Path) -> None:
        tree = copied(built, tmp_path)
        (tree / "vendor" / "sitecustomize.py").write_text("")
        (tree / "LICENSE").unlink()
        (tree / "LICENSE").symlink_to("README.md")
        done = release("verify", tree, "--json", cwd=tmp_path)
        assert done.returncode == 3
        paths = [each["path"] for each in json.loads(done.stdout)["problems"]]
        assert sorted(set(paths)) == ["LICENSE", "vendor/sitecustomize.py"]

    def test_a_tag_is_compared_with_the_commit_that_it_names(self, built: Built, tmp_path: Path) -> None:
        repository = tmp_path / "repository"
        git(tmp_path, "clone", "--quiet", str(built.checkout), str(repository))
        shutil.copytree(built.tree, repository, dirs_exist_ok=True)
        git(repository, "add", "--all", "--force")
        git(repository, "commit", "--quiet", "--message", "release")
        git(repository, "tag", "v1.2.3")
        done = release("verify", "v1.2.3", cwd=repository)
        assert done.returncode == 0, done.stdout
        assert "compared with main's" in done.stdout
        (repository / "vendor" / "yaml" / "__init__.py").write_text("evil = True\n")
        git(repository, "commit", "--quiet", "--all", "--message", "evil")
        done = release("verify", "HEAD", cwd=repository)
        assert done.returncode == 3
        assert "vendor/yaml/__init__.py: has other content" in done.stdout

    def test_the_archive_that_a_runner_unpacks(self, built: Built, tmp_path: Path) -> None:
        with tarfile.open(built.assets / "ci-actions-1.2.3.tar.gz") as archive:
            archive.extractall(tmp_path, filter="data")
        done = release("verify", tmp_path / "ci-actions-1.2.3", cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        assert "which archives leave out" in done.stdout


class TestAttachments:
    def test_the_sums_are_right(self, built: Built) -> None:
        done = run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=built.assets)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count(": OK") == len(list(built.assets.iterdir())) - 1

    def test_the_sbom_is_what_the_schema_of_cyclonedx_wants(self, built: Built) -> None:
        import cyclonedx
        from jsonschema import Draft7Validator, FormatChecker
        from referencing import Registry, Resource

        schemas = Path(next(iter(cyclonedx.__path__)), "schema", "_res")
        loaded = {
            name: json.loads((schemas / f"{name}.SNAPSHOT.schema.json").read_text())
            for name in ("bom-1.6", "spdx", "jsf-0.82")
        }
        names = [(each, f"{name}.SNAPSHOT.schema.json") for name, each in loaded.items()]
        base = loaded["bom-1.6"]["$id"].rpartition("/")[0]
        resources = [
            (where, Resource.from_contents(each))
            for each, name in names
            for where in (each["$id"], name, f"{base}/{name}")
        ]
        registry: Registry[Any] = Registry().with_resources(resources)
        validator = Draft7Validator(loaded["bom-1.6"], registry=registry, format_checker=FormatChecker())
        document = json.loads((built.assets / "ci-actions-1.2.3.cdx.json").read_text())
        validator.validate(document)
        assert not validator.is_valid({**document, "bomFormat": "other"})
        locked = (ROOT / "requirements" / "runtime.txt").read_text()
        assert len(document["components"]) == locked.count("==")
        assert all(each["hashes"] for each in document["components"])

    def test_the_provenance_names_every_other_attachment(self, built: Built) -> None:
        made = json.loads((built.assets / "ci-actions-1.2.3.intoto.jsonl").read_text())
        digests = {each["name"]: each["digest"]["sha256"] for each in made["subject"]}
        for name, digest in digests.items():
            assert hashlib.sha256((built.assets / name).read_bytes()).hexdigest() == digest
        assert len(digests) == len(list(built.assets.iterdir())) - 2


class TestRunning:
    def test_a_released_action_starts_without_a_network_and_says_its_version(
        self, built: Built, project: Path, tmp_path: Path
    ) -> None:
        start = copied(built, tmp_path) / "coverage-gate" / "start.sh"
        env = {**OFFLINE, "CI_ACTIONS_PYTHON": sys.executable, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        assert run("bash", start, "--version", env=env).stdout == "ci-actions 1.2.3\n"
        done = run("bash", start, "coverage-gate", "--json", cwd=project, env=env)
        assert json.loads(done.stdout)["result"] == "passed", done.stderr
        assert not (tmp_path / "cache").exists()

    def test_a_wheel_runs_without_a_network_and_shows_its_dependencies_to_nobody(
        self, built: Built, project: Path, environment: Callable[[Path], Path], tmp_path: Path
    ) -> None:
        python = environment(built.wheel)
        env = {**OFFLINE, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = run(python.parent / "ci-actions", "check", cwd=project, env=env)
        assert done.returncode == 0, done.stderr
        assert "every gate passed" in done.stdout
        assert run(python.parent / "ci-actions", "--version", env=env).stdout == "ci-actions 1.2.3\n"
        assert run(python, "-m", "ci_actions", "check", cwd=project, env=env).returncode == 0
        assert not (tmp_path / "cache").exists()
        assert "No module named 'jinja2'" in run(python, "-c", "import ci_actions, jinja2").stderr
        home = run(python, "-c", "from ci_actions import home; print(home.root())").stdout.strip()
        assert Path(home, "actions", "coverage-gate", "action.yml").is_file()

    def test_a_wheel_makes_the_tree_for_act_that_its_release_makes(
        self, built: Built, project: Path, environment: Callable[[Path], Path], tmp_path: Path
    ) -> None:
        workflow = "on: push\njobs: {a: {runs-on: x, steps: [{uses: org/ci-actions/quality@v1}]}}\n"
        (project / ".github" / "workflows").mkdir(parents=True)
        (project / ".github" / "workflows" / "ci.yml").write_text(workflow)
        start = copied(built, tmp_path) / "coverage-gate" / "start.sh"
        command = environment(built.wheel).parent / "ci-actions"
        env = {**OFFLINE, "CI_ACTIONS_PYTHON": sys.executable, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        made = {}
        for name, words in (("wheel", [command]), ("release", ["bash", start])):
            to = tmp_path / f"for act by the {name}"
            done = run(*words, "act", f"--to={to}", cwd=project, env=env)
            assert done.returncode == 0, done.stderr
            assert f"org/ci-actions@v1={to}/tree" in done.stdout
            assert "org/ci-actions@v1, 1.2.3" in done.stderr
            assert "this version has no" not in done.stderr
            assert (to / "tree" / "quality" / "start.sh").is_file()
            made[name] = {
                path.relative_to(to / "program").as_posix(): path.read_bytes()
                for path in (to / "program").rglob("*")
                if path.is_file()
            }
        missing = made["release"].keys() - made["wheel"].keys()
        # What a wheel leaves out is what nobody calls: our own workflows, and the locks of development.
        assert all(path.startswith((".github/workflows/", "requirements/")) for path in missing), missing
        assert not {path for path in missing if path.endswith(".yml")} - {
            path for path in missing if path.startswith(".github/workflows/_")
        }
        assert made["wheel"].items() <= made["release"].items()
        unchanged = [path for path, data in made["wheel"].items() if (built.tree / path).read_bytes() == data]
        assert len(unchanged) > 0.9 * len(made["wheel"])

    def test_a_wheel_of_a_source_tree_fetches_its_lock_or_says_why_not(
        self, built: Built, project: Path, environment: Callable[[Path], Path], tmp_path: Path
    ) -> None:
        words: list[str | Path] = [
            "-m",
            "hatchling",
            "build",
            "--target",
            "wheel",
            "--directory",
            tmp_path / "dist",
        ]
        assert run(sys.executable, *words, cwd=built.checkout).returncode == 0
        (wheel,) = (tmp_path / "dist").glob("*.whl")
        assert "0.0.0.dev0" in wheel.name
        command = environment(wheel).parent / "ci-actions"
        cache = tmp_path / "cache"
        done = run(command, "check", cwd=project, env={**OFFLINE, "XDG_CACHE_HOME": str(cache)})
        assert done.returncode == 4, done.stderr
        assert "Without a network" in done.stderr
        # The same folder that a source tree makes: here it is there already.
        lock = (built.tree / "requirements" / "runtime.txt").read_bytes()
        name = f"{hashlib.sha256(lock).hexdigest()[:16]}-cp{sys.version_info[0]}{sys.version_info[1]}"
        shutil.copytree(built.tree / "vendor", cache / "ci-actions" / "vendor" / name)
        done = run(command, "check", cwd=project, env={**OFFLINE, "XDG_CACHE_HOME": str(cache)})
        assert done.returncode == 0, done.stderr

    def test_uvx_from_a_tag_and_then_without_a_network(
        self, built: Built, project: Path, tmp_path: Path
    ) -> None:
        tree = copied(built, tmp_path)
        git(tree, "init", "--quiet")
        git(tree, "add", "--all", "--force")
        git(tree, "commit", "--quiet", "--message", "release")
        git(tree, "tag", "v1")
        uv = Path(sys.executable).with_name("uv")
        source = f"git+{tree.as_uri()}@v1"
        env = {
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(backend(tmp_path / "backend")),
        }
        first = run(uv, "tool", "run", "--from", source, "ci-actions", "check", cwd=project, env=env)
        assert first.returncode == 0, first.stderr
        assert "every gate passed" in first.stdout
        again = run(
            uv,
            "tool",
            "run",
            "--from",
            source,
            "ci-actions",
            "--version",
            cwd=project,
            env={**env, **OFFLINE},
        )
        assert again.stdout == "ci-actions 1.2.3\n", again.stderr


def backend(folder: Path) -> Path:
    """Fetch the wheels that building ours needs, in the versions of this environment."""
    names = ("hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers")
    wanted = [f"{name}=={importlib.metadata.version(name)}" for name in names]
    done = run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *wanted)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[Path], Path]:
    """Makes an environment with a wheel in it and nothing else; returns its Python."""

    def make(wheel: Path) -> Path:
        folder = tmp_path / "environment"
        made = run(sys.executable, "-m", "venv", "--without-pip", folder)
        assert made.returncode == 0, made.stderr
        python = folder / "bin" / "python"
        quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
        done = run(sys.executable, "-m", "pip", "--python", python, "install", *quiet, wheel)
        assert done.returncode == 0, done.stderr
        return python

    return make


@pytest.mark.slow
def test_trees_for_tools_that_do_not_know_self_references(built: Built, tmp_path: Path) -> None:
    """Slow: two trees of a release in full; test_a_wheel_makes_the_tree_for_act_that_its_release_makes samples it."""
    source = tmp_path / "source"
    git(tmp_path, "clone", "--quiet", str(built.checkout), str(source))
    workflow = source / ".github" / "workflows" / "probe.yml"
    workflow.parent.mkdir(parents=True, exist_ok=True)
    workflow.write_text(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: $/actions/coverage-gate\n"
    )
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message", "x")
    for option, reference in (
        ("--for-act=v1", "org/ci-actions/actions/coverage-gate@v1"),
        ("--for-actionlint", "./actions/coverage-gate"),
    ):
        to = tmp_path / option.strip("-")
        done = release("build", option, f"--to={to}", f"--working-directory={source}")
        assert done.returncode == 0, done.stderr
        assert f"uses: {reference}\n" in (to / ".github/workflows/probe.yml").read_text()
        assert (to / "vendor").is_dir() == option.startswith("--for-act=")
