"""Trivy: vulnerabilities, secrets and misconfigurations in the files, and in images. https://trivy.dev

It exits with 1 for what it found and for fatal errors alike, so it runs with `--exit-code 0` and we decide. A lock
that it cannot parse it passes over without a word: every lock and Dockerfile must be among its targets. Its own masks
leave parts of some secrets, so no line of source is taken from its report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.scanners import (
    Ask,
    Choice,
    Ended,
    NoAnswer,
    Pin,
    Reading,
    Scanner,
    Task,
    Tree,
    chosen,
    not_chosen,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    listed,
    number,
    relative,
    rows,
    said,
    severity,
    table,
    text,
    words,
)

#: https://trivy.dev/latest/docs/coverage/language/ — those that Trivy reads in a repository.
LOCKS = frozenset(
    {
        "bun.lock", "Cargo.lock", "composer.lock", "conan.lock", "conda-lock.yml", "Gemfile.lock", "go.mod",
        "gradle.lockfile", "mix.lock", "package-lock.json", "packages.lock.json", "Pipfile.lock", "Podfile.lock",
        "pnpm-lock.yaml", "poetry.lock", "pom.xml", "pubspec.lock", "requirements.txt", "uv.lock", "yarn.lock",
    }
)  # fmt: skip
#: What a lock holds as soon as it names a package; one without is no target of Trivy's, and that is no gap.
_NAMES_A_PACKAGE = {
    "Cargo.lock": b"checksum", "go.mod": b"require", "package-lock.json": b'version":', "pom.xml": b"<dependency>",
    "poetry.lock": b"[[package]]", "requirements.txt": b"==", "uv.lock": b"registry", "yarn.lock": b"resolved",
}  # fmt: skip
_CONFIGURATIONS = (".tf", ".tf.json", ".bicep")
#: Never of the project itself, and large.
SKIPPED = ("**/node_modules", "**/.venv", "**/venv", "**/.tox", "**/.nox", "**/.git", "**/__pycache__")
IGNORES = (".trivyignore.yaml", ".trivyignore")
_NO_DATABASE = (
    b"db error",
    b"first run cannot skip",
    b"vulndb",
    b"javadb",
    b"failed to download",
    b"database error",
)
_EVERY_SEVERITY = "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"


def fs_applies(_config: Config, tree: Tree) -> Choice:
    """Locks of any language, Dockerfiles, infrastructure as code."""
    files = [path for path in tree.files if _is_lock(path) or _is_configuration(path)]
    if not files:
        return not_chosen("no lock, no Dockerfile, no infrastructure as code")
    return chosen(f"{count(len(files), 'file')}: {listed(files)}", files)


def image_applies(config: Config, _tree: Tree) -> Choice:
    """Images that the user names."""
    return chosen(listed(config.image)) if config.image else not_chosen("no `image` is given")


def image_targets(config: Config) -> tuple[str, ...]:
    """Return the images, each once."""
    return tuple(dict.fromkeys(config.image))


def _is_lock(path: str) -> bool:
    return path.rpartition("/")[2] in LOCKS


def _is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        name in ("Dockerfile", "Containerfile")
        or name.startswith("Dockerfile.")
        or name.endswith(".Dockerfile")
    )


def _is_configuration(path: str) -> bool:
    return _is_dockerfile(path) or path.endswith(_CONFIGURATIONS) or path.rpartition("/")[2] == "Chart.yaml"


def fs_tasks(ask: Ask) -> tuple[Task, ...]:
    """Return the one process for the files below the working directory."""
    options = ["fs", "--scanners", "vuln,secret,misconfig", *_common(ask)]
    skipped = [option for pattern in SKIPPED for option in ("--skip-dirs", pattern)]
    return (
        _task(
            ask,
            [*options, *skipped, ask.tree.directory or "."],
            4 + sum(ask.tree.sizes.values()) / 10_000_000,
        ),
    )


def image_tasks(ask: Ask) -> tuple[Task, ...]:
    """Return the one process for one image."""
    options = ["image", "--scanners", "vuln,secret", *_common(ask)]
    kind, _, path = ask.target.partition(":")
    where = ["--input", path] if kind in ("oci", "docker-archive") else [ask.target]
    return (_task(ask, [*options, *where], 30),)


def _common(ask: Ask) -> list[str]:
    config, place, tree = ask.config, ask.place, ask.tree
    options = [
        "--format",
        "json",
        "--output",
        f"{place.folder}/trivy.json",
        "--exit-code",
        "0",
        "--no-progress",
    ]
    options += ["--cache-dir", f"{place.cache}/trivy", "--list-all-pkgs", "--show-suppressed"]
    # The checks of a pinned binary are pinned too; a word like `severity: CRITICAL` in a file would hide the rest.
    options += ["--severity", _EVERY_SEVERITY, "--timeout", f"{config.timeout}m"]
    options += ["--skip-check-update"] if ask.target == "." else []
    held = place.read(metadata_path(ask)) is not None
    if config.db_mode == "offline" or (config.db_mode == "cache" and held):
        options += ["--skip-db-update", "--skip-java-db-update"]
    else:
        options += [option for mirror in config.db_mirrors for option in ("--db-repository", mirror)]
    options += ["--offline-scan"] if config.db_mode == "offline" else []
    own = config.settings_of("trivy-fs" if ask.target == "." else "trivy-image").config
    options += ["--config", own] if own else []
    ignores = ("/".join(part for part in (tree.directory, name) if part) for name in IGNORES)
    found = next((path for path in ignores if tree.read(path) is not None), "")
    return [*options, "--ignorefile", found] if found else options


def _task(ask: Ask, options: Sequence[str], weight: float) -> Task:
    env = {"TRIVY_SKIP_VERSION_CHECK": "true", "TRIVY_DISABLE_TELEMETRY": "true", "TRIVY_QUIET": "false"}
    if ask.target != "." and ask.place.home:
        # Where `docker login` left the credentials for the registry.
        env["DOCKER_CONFIG"] = f"{ask.place.home}/.docker"
    report = f"{ask.place.folder}/trivy.json"
    return Task(argv=(ask.place.program, *options), asked=ask.files, output=report, env=env, weight=weight)


def metadata_path(ask: Ask) -> str:
    """Return where Trivy writes down how old its database is."""
    return f"{ask.place.cache}/trivy/db/metadata.json"


def age(metadata: bytes | None, now: float) -> float | None:
    """Return the age of the database in hours, None when it cannot be told."""
    try:
        updated = json.loads(metadata or b"")["UpdatedAt"]
        when = datetime.fromisoformat(updated)
    except (ValueError, TypeError, KeyError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (now - when.timestamp()) / 3600)


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return what Trivy found in the files or in the image, and what it did not look at."""
    (only,) = ended
    if (only.code or 0) > 0 and any(sign in only.errors.lower() for sign in _NO_DATABASE):
        raise NoAnswer(f"It has no database of vulnerabilities{said(only)}.", Trouble.ENVIRONMENT)
    ended_well(only, 0)
    found = document(only)
    if isinstance(found, list):
        found = {"SchemaVersion": 1, "Results": found}
    found = table(found, "report of Trivy")
    if found.get("SchemaVersion") not in (1, 2):
        raise NoAnswer(f"Its report has schema {text(str(found.get('SchemaVersion')))}, which is not known.")
    results = rows(found.get("Results"), "results", optional=True)
    findings = [each for row in results for each in _findings(row, ask) if _is_wanted(each, ask)]
    hours = age(ask.place.read(metadata_path(ask)), ask.now)
    gaps = _fs_gaps(ask, results) if ask.target == "." else _image_gaps(results)
    if hours is None:
        gaps.append("nobody can say how old its database of vulnerabilities is")
    return Reading(
        findings=tuple(findings),
        examined=_examined(results, ask),
        gaps=tuple(gaps),
        notes=tuple(_notes(found, ask)),
        held_back=sum(
            len(rows(row.get("ExperimentalModifiedFindings"), "suppressed findings", optional=True))
            for row in results
        ),
        database="trivy-db",
        database_age_hours=hours,
        trouble=Trouble.ENVIRONMENT if hours is None and len(gaps) == 1 else Trouble.EVIDENCE,
    )


def _examined(results: Sequence[Mapping[str, Any]], ask: Ask) -> int:
    if ask.target == ".":
        return sum(
            1 for row in results if row.get("Class") in ("lang-pkgs", "config", "os-pkgs", "secret", None)
        )
    return sum(len(rows(row.get("Packages"), "packages", optional=True)) for row in results)


def _fs_gaps(ask: Ask, results: Sequence[Mapping[str, Any]]) -> list[str]:
    targets = {_path(text(row.get("Target")), ask) for row in results}
    expected = [
        path
        for path in ask.files
        if (_is_lock(path) and _has_packages(path, ask.tree)) or _is_dockerfile(path)
    ]
    missed = [path for path in expected if path not in targets]
    return [f"{count(len(missed), 'file')} could not be read ({listed(missed)})"] if missed else []


def _has_packages(path: str, tree: Tree) -> bool:
    sign = _NAMES_A_PACKAGE.get(path.rpartition("/")[2], b"")
    return sign in (tree.read(path) or b"")


def _image_gaps(results: Sequence[Mapping[str, Any]]) -> list[str]:
    if any(rows(row.get("Packages"), "packages", optional=True) for row in results):
        return []
    return ["the image holds no database of packages and no lock: nobody can say what is in it"]


def _notes(found: Mapping[str, Any], ask: Ask) -> Iterator[str]:
    if ask.target != ".":
        metadata = table(found.get("Metadata") or {}, "metadata")
        digest = next(iter(words(metadata.get("RepoDigests"))), "") or text(metadata.get("ImageID"))
        yield f"{ask.target} is {digest.rpartition('@')[2]}." if digest else f"{ask.target} has no digest."


def _is_wanted(each: Finding, ask: Ask) -> bool:
    """Whether a finding is in what is looked at; Trivy walks through folders, also through ignored files."""
    return ask.target != "." or not each.path or each.path in ask.tree.looked_at


def _path(target: str, ask: Ask) -> str:
    """Return a target of the file scan as a path from the git root: Trivy names them from where it began."""
    path = relative(target, ask.tree.root)
    directory = ask.tree.directory
    return path if not directory or path.startswith(directory + "/") else f"{directory}/{path}"


def _findings(row: Mapping[str, Any], ask: Ask) -> Iterator[Finding]:
    target = text(row.get("Target"))
    path = _path(target, ask) if ask.target == "." else ""
    where = "" if ask.target == "." else ask.target
    tool = "trivy-fs" if ask.target == "." else "trivy-image"
    for each in rows(row.get("Vulnerabilities"), "vulnerabilities", optional=True):
        yield vulnerability(each, tool, path, where, text(row.get("Type")))
    for each in rows(row.get("Secrets"), "secrets", optional=True):
        yield secret(each, tool, path, where, target)
    for each in rows(row.get("Misconfigurations"), "misconfigurations", optional=True):
        if each.get("Status") in ("FAIL", None):
            yield misconfiguration(each, tool, path, where)
    for each in rows(row.get("Licenses"), "licenses", optional=True):
        yield licence(each, tool, path, where)


def vulnerability(row: Mapping[str, Any], tool: str, path: str, target: str, ecosystem: str) -> Finding:
    """Return one vulnerability of one package."""
    rule = text(row.get("VulnerabilityID"))
    name, version = text(row.get("PkgName")), text(row.get("InstalledVersion"))
    fixed = tuple(part.strip() for part in text(row.get("FixedVersion")).split(",") if part.strip())
    mend = f"; fixed in {', '.join(fixed)}" if fixed else "; no version mends it"
    return Finding(
        tool=tool,
        rule=rule,
        kind=Kind.DEPENDENCY,
        severity=severity(row.get("Severity")),
        score=_score(row),
        message=f"{name} {version} has a known vulnerability, {rule}{mend}",
        title=text(row.get("Title"))[:200],
        path=path or ("" if target else text(row.get("PkgPath"))),
        target=target,
        aliases=tuple(sorted({*words(row.get("VendorIDs"))} - {rule})),
        url=text(row.get("PrimaryURL")),
        package=Package(name, version, ecosystem, fixed),
        fix=f"{name} {fixed[-1]}" if fixed else "",
    )


def _score(row: Mapping[str, Any]) -> float | None:
    sources = row.get("CVSS")
    scores = [
        float(each["V3Score"])
        for each in (sources.values() if isinstance(sources, dict) else ())
        if isinstance(each, dict) and isinstance(each.get("V3Score"), int | float)
    ]
    return max(scores, default=None)


def secret(row: Mapping[str, Any], tool: str, path: str, target: str, file: str) -> Finding:
    """Return one secret, without anything of the line it stands on."""
    title = text(row.get("Title"))
    line, last = number(row.get("StartLine")), number(row.get("EndLine"))
    return Finding(
        tool=tool,
        rule=text(row.get("RuleID")),
        kind=Kind.SECRET,
        severity=max(severity(row.get("Severity")), Severity.HIGH),
        message=f"{title} in {file if target else 'the source'}: revoke it, and read it from a secret store instead",
        title=title,
        path=path,
        target=target,
        region=Region(line, 0, last if last > line else 0) if line and not target else None,
    )


def misconfiguration(row: Mapping[str, Any], tool: str, path: str, target: str) -> Finding:
    """Return one failed check."""
    cause = row.get("CauseMetadata") if isinstance(row.get("CauseMetadata"), dict) else {}
    line, last = number((cause or {}).get("StartLine")), number((cause or {}).get("EndLine"))
    rule = text(row.get("ID"))
    other = text(row.get("AVDID"))
    return Finding(
        tool=tool,
        rule=rule,
        kind=Kind.MISCONFIGURATION,
        severity=severity(row.get("Severity")),
        message=text(row.get("Message")) or text(row.get("Title")),
        title=text(row.get("Title")),
        path=path,
        target=target,
        region=Region(line, 0, last if last > line else 0) if line else None,
        aliases=(other,) if other and other != rule else (),
        url=text(row.get("PrimaryURL")),
        fix=text(row.get("Resolution")),
    )


def licence(row: Mapping[str, Any], tool: str, path: str, target: str) -> Finding:
    """Return one licence that Trivy's configuration objects to."""
    name = text(row.get("Name"))
    package = text(row.get("PkgName"))
    return Finding(
        tool=tool,
        rule=name,
        kind=Kind.LICENSE,
        severity=severity(row.get("Severity")),
        message=f"{package or 'a file'} is under {name} ({text(row.get('Category')) or 'unknown category'})",
        title=name,
        path=text(row.get("FilePath")) or path,
        target=target,
        package=Package(package) if package else None,
        url=text(row.get("Link")),
    )


FS = Scanner(
    name="trivy-fs",
    pin=Pin.BINARY,
    unit="targets",
    source="trivy",
    applies=fs_applies,
    tasks=fs_tasks,
    classify=classify,
)
IMAGE = Scanner(
    name="trivy-image",
    pin=Pin.BINARY,
    unit="packages",
    source="trivy",
    applies=image_applies,
    targets=image_targets,
    tasks=image_tasks,
    classify=classify,
)
