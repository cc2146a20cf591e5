"""The edge that reads: what the repository holds, what the scanners say of it and of its base -> Facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

from ci_actions.findings import compare, fingerprints, read_sarif
from ci_actions.findings.model import Finding, Kind, Severity
from ci_actions.findings.redaction import Redactor
from ci_actions.kit.base import Base, NoBase, resolve_base
from ci_actions.kit.change import changed
from ci_actions.kit.diff import Change
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.security_scan import installed, loosened, osv_records, pins, work_tree
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Facts, Scan, State, Trouble
from ci_actions.security_scan.packages import is_lock
from ci_actions.security_scan.preparing import AGENT, Ready, Supply, machine
from ci_actions.security_scan.running import Runner, Work, scratch
from ci_actions.security_scan.scanners import Ask, Ended, NoAnswer, Place, Reading, Scanner, Tree, reports
from ci_actions.security_scan.scanners.all import SCANNERS

#: These look at something else than the files of a commit: there is no base of it.
WITHOUT_BASE = ("gitleaks", "trivy-image")

#: Messages about these are made of our words, of names of rules and packages, and of published advisories.
IN_OUR_WORDS = (Kind.SECRET, Kind.DEPENDENCY)
#: Of so many texts it is remembered what they are without secrets.
REMEMBERED = 4096


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what all scanners say; a scanner that fails is a fact.

    Raises BadInput for `paths`, a baseline, a `tool-lock` or an interpreter that cannot be meant.
    """
    names, git = work_tree.files_of(edges.root, edges.prefix, edges.git)
    tree = work_tree.tree_of(config, edges.root, edges.prefix, names, git=git)
    if problems := tuple(work_tree.misspelt(config, tree)):
        raise BadInput(*problems)
    change = (
        _ChangeUnderTest.find(config, edges) if git else _ChangeUnderTest(no_change="not a git repository")
    )
    tree = work_tree.with_history(config, tree, edges.git, change.base) if git else tree
    if not any(map(is_lock, tree.everything)):
        tree = installed.with_environment(tree, edges.directory, edges.environ)
    redactor = Redactor([config.safety_key, config.github_token])
    with scratch() as folder:
        scanning = _Scanning(config, edges, folder, redactor)
        scans = scanning.scans(tree)
        before = _before(config, edges, change, scans, scanning, folder)
    scans = (*scans, *_of_reports(config, edges, tree, [scan.tool for scan in scans]))
    found = [finding for scan in scans for finding in scan.findings]
    # The base too, though nobody shows it: where a line is missing, the message is what fingerprints compare.
    hide(before.findings or (), redactor)
    return Facts(
        scans=tuple(clean(scan, redactor) for scan in scans),
        sources=sources(found, tree.read),
        before=before.findings,
        before_sources=before.sources,
        before_problem=redactor.sentence(before.problem),
        renames=compare.renames(change.change) if change.change else {},
        base=change.base.sha if change.base else "",
        base_how=change.base.how if change.base else "",
        head=change.head,
        blob_url=_blob_url(edges, change.head),
        directory=edges.prefix,
        now=edges.clock.now(),
        apart=edges.apart,
        suppressions=tree.read(_beside(edges, config.suppressions)),
        suppressions_before=_shown(edges, change, config.suppressions),
        loosened=tuple(_loosened(config, edges, change, tree)) if change.base else (),
        warnings=change.warnings,
    )


# --- the change ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _ChangeUnderTest:
    """The change under test, or why there is none."""

    base: Base | None = None
    change: Change | None = None
    head: str = ""
    no_change: str = ""
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def find(cls, config: Config, edges: Edges[Config]) -> _ChangeUnderTest:
        """Ask git; what keeps it from answering is a fact: most of the verdict needs no base."""
        head = ""
        try:
            head = edges.git.resolve("HEAD") or ""
            base = resolve_base(config.base, config.deepen, edges.context, edges.git)
            if isinstance(base, NoBase):
                return cls(head=head, no_change=base.reason)
            change = changed(edges.git, base)
        except CannotJudge as why:
            return cls(head=head, problem=" ".join(why.problems))
        return cls(base=base, change=change, head=head, warnings=base.warnings)


# --- scanning --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """One scan that is to be made, and why."""

    scanner: Scanner
    target: str
    reason: str
    ask: Ask
    ready: Ready


class _Scanning:
    """Runs the scanners that were asked for over a tree."""

    def __init__(self, config: Config, edges: Edges[Config], folder: Path, redactor: Redactor) -> None:
        self._config = config
        self._edges = edges
        self._folder = folder
        self._redactor = redactor
        self._supply = Supply(
            config=config,
            environ=edges.environ,
            process=edges.process,
            directory=edges.directory,
            into=folder / "programs",
            which=edges.which,
            progress=edges.progress,
            own=_own_binaries(config, edges.directory),
        )
        self._ready: dict[str, Ready | NoAnswer] = {}
        self._jobs = config.jobs or edges.jobs.total

    def scans(self, tree: Tree, only: Sequence[str] | None = None, label: str = "") -> tuple[Scan, ...]:
        """Return one scan per scanner and target, in the order of the report; `only` leaves the other scanners out."""
        done: dict[tuple[str, str], Scan] = {}
        wanted: list[tuple[Scanner, Tree, str, tuple[str, ...]]] = []
        for scanner in SCANNERS:
            if only is not None and scanner.name not in only:
                continue
            mine = work_tree.narrowed(self._config, scanner.name, tree)
            decision = self._decision(scanner, mine)
            if isinstance(decision, Scan):
                done[scanner.name, decision.target] = decision
                self._say(f"{scanner.name}: {decision.state.value}: {decision.reason}")
            elif decision is not None:
                wanted.append((scanner, mine, *decision))
        missing = [scanner for scanner, *_ in wanted if scanner.lock not in self._ready]
        self._ready |= self._supply.bring(missing)
        planned = []
        for position, (scanner, mine, reason, files) in enumerate(wanted):
            for number, target in enumerate(scanner.targets(self._config)):
                ready = self._ready[scanner.lock]
                if isinstance(ready, NoAnswer):
                    done[scanner.name, target] = failed(scanner, target, ready)
                    self._say(f"{scanner.name}: failed: it cannot be had")
                    continue
                folder = self._folder / f"{label}{position}-{number}"
                ask = self._ask(mine, files, target, ready, folder)
                planned.append(_Planned(scanner=scanner, target=target, reason=reason, ask=ask, ready=ready))
                self._say(
                    f"{scanner.name} {ready.version}: {reason}" + (f": {target}" if target != "." else "")
                )
        done |= self._run(planned)
        order = [each.name for each in SCANNERS]
        return tuple(done[key] for key in sorted(done, key=lambda key: (order.index(key[0]), key[1])))

    def _decision(self, scanner: Scanner, tree: Tree) -> Scan | tuple[str, tuple[str, ...]] | None:
        """Return why a scanner runs and over which files, or the scan that says why not; None for one nobody asked for."""
        named = scanner.name in self._config.tools
        if not named and "auto" not in self._config.tools:
            return None
        choice = scanner.applies(self._config, tree)
        if not choice.applies:
            reason = choice.reason
            if work_tree.emptied(self._config, scanner, tree):
                reason = f"`exclude` leaves it nothing: {reason}"
            return Scan(tool=scanner.name, state=State.NOT_APPLICABLE, reason=reason, unit=scanner.unit)
        if self._config.db_mode == "offline" and scanner.needs_network:
            why = f"{choice.reason}; but it has no database of its own, and db-mode is 'offline'"
            return self._unable(scanner, why, named=named)
        if not self._supply.offered(scanner):
            why = f"{choice.reason}; but no verified {scanner.lock} is known for {machine()}: bring your own with tool-lock"
            return self._unable(scanner, why, named=named)
        return choice.reason, choice.files

    @staticmethod
    def _unable(scanner: Scanner, why: str, *, named: bool) -> Scan:
        """Return the scan that cannot be made: `auto` does without it, and says so."""
        return Scan(
            tool=scanner.name,
            state=State.FAILED if named else State.SKIPPED,
            reason=why,
            unit=scanner.unit,
            trouble=Trouble.ENVIRONMENT if named else None,
        )

    def _ask(self, tree: Tree, files: tuple[str, ...], target: str, ready: Ready, folder: Path) -> Ask:
        folder.mkdir(parents=True, exist_ok=True)
        databases = self._supply.databases
        databases.mkdir(parents=True, exist_ok=True)
        config = self._config
        if config.safety_db:
            config = replace(config, safety_db=str(self._edges.directory / config.safety_db))
        place = Place(
            program=ready.program,
            python=ready.python,
            folder=str(folder),
            cache=str(databases),
            apart=self._edges.apart,
            jobs=self._jobs,
            home=self._edges.environ.get("HOME", ""),
            agent=str(AGENT),
            read=_read,
            modified=_modified,
        )
        return Ask(
            config=config, tree=tree, place=place, files=files, target=target, now=self._edges.clock.now()
        )

    def _run(self, planned: Sequence[_Planned]) -> dict[tuple[str, str], Scan]:
        works = [
            Work(
                name=each.scanner.name if each.target == "." else f"{each.scanner.name} {each.target}",
                tasks=each.scanner.tasks(each.ask),
                folder=Path(each.ask.place.folder),
                minutes=self._config.settings_of(each.scanner.name).timeout or self._config.timeout,
            )
            for each in planned
        ]
        if not planned:
            return {}
        runner = Runner(
            self._edges.environ,
            Path(planned[0].ask.tree.root),
            jobs=self._jobs,
            take=self._edges.jobs.take_for_worker,
            clock=self._edges.clock,
            progress=self._say,
        )
        ended = runner.run(works)
        done = {}
        for each, processes in zip(planned, ended, strict=True):
            scan = self._read(each, processes)
            self._say(f"{scan.tool}: {scan.state.value}")
            done[each.scanner.name, each.target] = scan
        return done

    def _read(self, plan: _Planned, processes: Sequence[Ended]) -> Scan:
        """Return what the processes of a scan say; what nobody can read is a failed scan."""
        try:
            reading = plan.scanner.classify(plan.ask, processes)
        except NoAnswer as why:
            scan = failed(plan.scanner, plan.target, why)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
            # Its values are not shown: they may be what must not be seen.
            scan = failed(
                plan.scanner,
                plan.target,
                NoAnswer("Its result is built otherwise than this version builds it."),
            )
        else:
            for secret in reading.secrets:
                self._redactor.learn(secret)
            scan = self._scan(plan, reading)
        codes = [each.code for each in processes]
        return replace(
            scan,
            version=plan.ready.version,
            pin=plan.ready.pin,
            seconds=max((each.seconds for each in processes), default=0.0),
            cpu_seconds=sum(each.cpu_seconds for each in processes),
            exit_code=next((code for code in codes if code), codes[0] if codes else None),
        )

    def _scan(self, plan: _Planned, reading: Reading) -> Scan:
        found = reading.findings
        if any(finding.severity is Severity.UNKNOWN and finding.package for finding in found):
            found = osv_records.Records(self._config, self._supply.databases, self._edges.clock).rated(found)
        return Scan(
            tool=plan.scanner.name,
            target=plan.target,
            state=reading.state,
            reason=plan.reason,
            findings=found,
            examined=reading.examined,
            unit=plan.scanner.unit,
            gaps=reading.gaps,
            notes=reading.notes,
            markers=reading.markers,
            bare_markers=reading.bare_markers,
            held_back=reading.held_back,
            database=reading.database,
            database_age_hours=reading.database_age_hours,
            trouble=reading.trouble if reading.state is State.INCOMPLETE else None,
        )

    def _say(self, line: str) -> None:
        self._edges.progress(self._redactor.sentence(line))


def failed(scanner: Scanner, target: str, why: NoAnswer) -> Scan:
    """Return the scan that gave no answer."""
    return Scan(
        tool=scanner.name,
        target=target,
        state=State.FAILED,
        reason=why.reason,
        unit=scanner.unit,
        trouble=why.trouble,
    )


def _of_reports(config: Config, edges: Edges[Config], tree: Tree, taken: Sequence[str]) -> tuple[Scan, ...]:
    """Return what other programs found: of the base they say nothing, so all of it is new."""
    if not config.reports:
        return ()
    # A file that two globs fit is one report.
    formats = {
        path: each.format
        for each in config.reports
        for path in _fitting(edges.directory, each.glob) or (each.glob,)
    }
    given = [
        reports.Given(path=path, content=_read(str(edges.directory / path)), format=kind)
        for path, kind in formats.items()
    ]
    locks = {
        path: fingerprints.decoded(content)
        for path in tree.everything
        if path.rpartition("/")[2] == "Cargo.lock" and (content := tree.read(path)) is not None
    }
    return reports.scans(given, root=str(edges.root), locks=locks, now=edges.clock.now(), taken=taken)


def clean(scan: Scan, redactor: Redactor) -> Scan:
    """Return the scan without a secret in any of its texts."""
    ours = redactor.sentence
    hide(scan.findings, redactor)
    return replace(
        scan,
        reason=ours(scan.reason),
        gaps=tuple(map(ours, scan.gaps)),
        notes=tuple(map(ours, scan.notes)),
        target=redactor.text(scan.target),
    )


def hide(findings: Iterable[Finding], redactor: Redactor) -> None:
    """Take every secret out of the texts of findings. Scanners say the same few things again and again."""
    sentence, text = lru_cache(REMEMBERED)(redactor.sentence), lru_cache(REMEMBERED)(redactor.text)
    for finding in findings:
        hidden = sentence if finding.kind in IN_OUR_WORDS else text
        finding.message = hidden(finding.message)
        finding.title = hidden(finding.title)
        finding.fix = hidden(finding.fix)


def _own_binaries(config: Config, directory: Path) -> Mapping[str, pins.Binary]:
    if not config.tool_lock:
        return {}
    try:
        content = (directory / config.tool_lock).read_bytes()
    except OSError as why:
        raise BadInput(
            f"input 'tool-lock' is '{config.tool_lock}', which cannot be read: {why.strerror}"
        ) from why
    return pins.read_lock(content, config.tool_lock, machine())


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _fitting(directory: Path, pattern: str) -> list[str]:
    """Return the files that fit, ignored ones too: reports are mostly not committed."""
    from glob import glob

    named = [pattern] if (directory / pattern).is_file() else []
    found = named or glob(pattern, root_dir=directory, recursive=True, include_hidden=True)  # noqa: PTH207 - keeps paths as typed
    return sorted(each.replace("\\", "/") for each in found if (directory / each).is_file())


def _modified(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return None


# --- the base --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Base:
    """The findings of the base, or why there are none."""

    findings: tuple[Finding, ...] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def _before(
    config: Config,
    edges: Edges[Config],
    change: _ChangeUnderTest,
    scans: Sequence[Scan],
    scanning: _Scanning,
    folder: Path,
) -> _Base:
    """Return what was there before the change: from a SARIF log, else by scanning the base with what found something."""
    if config.scope != "new":
        return _Base()
    if config.base_sarif:
        return _Base(findings=_from_sarif(config, edges))
    if change.base is None or change.base.patch_file is not None:
        return _Base(problem=change.problem or ("a patch file holds no base to scan" if change.base else ""))
    names = [scan.tool for scan in scans if scan.findings and scan.tool not in WITHOUT_BASE]
    return _scanned(config, edges, change.base.sha, names, scanning, folder) if names else _Base(findings=())


def _scanned(
    config: Config,
    edges: Edges[Config],
    sha: str,
    names: Sequence[str],
    scanning: _Scanning,
    folder: Path,
) -> _Base:
    edges.progress(f"security-scan: the base {sha[:7]} is scanned for what it had already")
    root = folder / "base"
    files = work_tree.checked_out(edges.git, sha, edges.prefix, root)
    tree = work_tree.tree_of(config, root, edges.prefix, files, git=False)
    before = scanning.scans(tree, names, label="base-")
    broken = [scan for scan in before if scan.state is State.FAILED]
    if broken:
        return _Base(problem=f"at the base {broken[0].tool} failed: {broken[0].reason}")
    found = tuple(finding for scan in before for finding in scan.findings)
    return _Base(findings=found, sources=sources(found, tree.read))


def _from_sarif(config: Config, edges: Edges[Config]) -> tuple[Finding, ...]:
    path = edges.directory / config.base_sarif
    content = _read(str(path))
    if content is None:
        raise BadInput(f"input 'base-sarif' is '{config.base_sarif}', but there is no such file")
    runs = read_sarif.read(content, name=config.base_sarif, root=str(edges.root))
    return tuple(finding for run in runs for finding in (*run.findings, *run.suppressed))


def sources(findings: Iterable[Finding], read: Callable[[str], bytes | None]) -> dict[str, str]:
    """Return the texts of the files that have findings."""
    found = {}
    for path in {finding.path for finding in findings if finding.path}:
        content = read(path)
        if content is not None:
            found[path] = fingerprints.decoded(content)
    return found


# --- around it -------------------------------------------------------------------------------------


def _beside(edges: Edges[Config], path: str) -> str:
    return "/".join(part for part in (edges.prefix, path) if part)


def _shown(edges: Edges[Config], change: _ChangeUnderTest, path: str) -> bytes | None:
    if change.base is None or change.base.patch_file is not None:
        return None
    return edges.git.show(change.base.sha, _beside(edges, path))


def _blob_url(edges: Edges[Config], head: str) -> str:
    context = edges.context
    return f"{context.server_url}/{context.repository}/blob/{head}" if context.repository and head else ""


def _loosened(config: Config, edges: Edges[Config], change: _ChangeUnderTest, tree: Tree) -> Iterator[str]:
    """Yield what the change makes milder: our settings, ignore files, the baseline of secrets, remarks in changed lines."""
    base = change.base
    if base is None or change.change is None:
        return
    if base.patch_file is None:
        before = edges.config_at(base.sha)
        if before is not None:
            yield from loosened.settings(before, config)
        touched = {each.path for each in change.change.files}
        shown = partial(edges.git.show, base.sha)
        for name in loosened.IGNORE_FILES:
            path = _beside(edges, name)
            if path in touched:
                yield from loosened.ignore_file(path, shown(path), tree.read(path))
        baseline = _beside(edges, config.secrets_baseline or ".secrets.baseline")
        if baseline in touched:
            yield from loosened.secrets_baseline(baseline, shown(baseline), tree.read(baseline))
    for each in change.change.files:
        if each.added and each.path in tree.looked_at:
            text = fingerprints.decoded(tree.read(each.path) or b"").splitlines()
            yield from loosened.markers(each.path, text, each.added)
