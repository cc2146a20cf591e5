"""Analyses coverage.py data files, in the interpreter and the environment that made them.

One file, standard library only, Python 3.6 syntax, imported by nothing: `python agent.py` reads a request
(JSON) on stdin and answers with one JSON document on stdout, whatever the user's plugins print.

    request  {"data": [paths], "root": folder, "rcfile": path|null, "only": [paths]|null, "jobs": n,
              "vendor": path|null}
    answer   {"format": "ci-actions-coverage", "version": 1, "tool": …, "files": …, "problems": …}
    failure  {"error": {"reason": …, "message": …, "detail": …}}

The numbers are those of `coverage json` in the same interpreter: coverage itself selects and analyses every
file; what is left out is what nobody asked for (regions, formatting, a second analysis for the branches).
Every file's numbers are compared with coverage's own; where the private names that this needs are missing
or disagree, the public interface answers.
"""

# The folder of this file holds modules called `config`, `model` and `formats`; a user's plugin that imports
# its own `config` must not get ours. Nothing but sys and os, which are loaded already, may come before this.
import os
import sys

if sys.path and os.path.realpath(sys.path[0] or os.curdir) == os.path.dirname(os.path.realpath(__file__)):
    del sys.path[0]

# Nor may a file of the workspace stand in for the standard library below: PYTHONPATH waits until that is loaded.
_EVERYWHERE = list(sys.path)
_ASKED_FOR = {os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path}
sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) not in _ASKED_FOR]

import collections
import contextlib
import gc
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import token

sys.path[:] = _EVERYWHERE

FORMAT = "ci-actions-coverage"
VERSION = 1
#: Schema of the SQLite data files of coverage 5 to 7.
SCHEMA = 7
#: The first coverage with that schema in a release.
OLDEST_COVERAGE = (5, 0)
#: What our own coverage, in vendor/, asks of the interpreter.
VENDORED_NEEDS = (3, 10)
#: How long a test process may still hold the data file, in seconds.
LOCK_PATIENCE = 3
#: Less source than this (bytes) is analysed before another process has started.
WORTH_A_WORKER = 150000
#: Source bytes a worker gets at a time: small enough that no worker waits long for the last one.
BATCH = 200000

PYTHON = "{}.{}.{}".format(*sys.version_info[:3])

#: What an older parser stumbles over: the version that brought the syntax, and how its line looks.
NEWER_SYNTAX = (
    ((3, 8), re.compile(r":=|\bdef\s+\w+\(.*/\s*[,)]|\bf(['\"]).*=\}.*\1")),
    ((3, 10), re.compile(r"^\s*(match\b.*|case\b.*):\s*(#.*)?$|^\s*(async\s+)?with\s*\(")),
    ((3, 11), re.compile(r"^\s*except\s*\*")),
    ((3, 12), re.compile(r"^\s*type\s+\w+.*=|^\s*(async\s+def|def|class)\s+\w+\s*\[")),
    ((3, 14), re.compile(r"\b[tT][rR]?['\"]|^\s*except\s+[\w.]+\s*,")),
    ((3, 15), re.compile(r"^\s*lazy\s+(import|from)\b")),
)


class Refusal(Exception):
    """The whole request cannot be answered; becomes `{"error": …}`."""

    def __init__(self, reason, message, detail=""):
        Exception.__init__(self, message)
        self.reason = reason
        self.message = message
        self.detail = detail


# --- entry ----------------------------------------------------------------------------------------


def main():
    """Answer the request on stdin, or serve another agent's batches."""
    source, sink = own_streams()
    stop_measuring_us()
    if sys.argv[1:] == ["--worker"]:
        serve(source, sink)
        return
    try:
        answer(json.loads(source.read()), sink)
    except Refusal as refusal:
        error = {"reason": refusal.reason, "message": refusal.message, "detail": refusal.detail}
        sink.write(json.dumps({"error": error}))
    sink.flush()


def own_streams():
    """Return stdin and stdout for ourselves; what others print goes to stderr, what they read is empty."""
    source = os.fdopen(os.dup(0), "r", encoding="utf-8", errors="surrogateescape")
    sink = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, sink


def stop_measuring_us():
    """End a measurement that the user's environment started in this process; workers get none."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        os.environ.pop(name, None)
    startup = getattr(sys.modules.get("coverage"), "process_startup", None)
    running = getattr(startup, "coverage", None)
    if running is not None:
        running.stop()
        running._auto_save = False


def answer(request, sink):
    """Write the document for the request.

    Raises Refusal when there is none.
    """
    try:
        os.chdir(request["root"])
    except OSError as wrong:
        raise Refusal("config", f"The working directory cannot be entered: {wrong}") from wrong
    coverage = import_coverage(request.get("vendor"))
    session = Session(coverage, request.get("rcfile"))
    scratch = tempfile.mkdtemp(prefix="ci-actions-coverage-")
    try:
        copies = [copied(path, number, scratch) for number, path in enumerate(request["data"])]
        facts = [look_into(path, copy, schema_of(coverage)) for path, copy in copies]
        refuse_mixture(facts)
        session.open(combined(session, copies, scratch))
        measured = session.measured()
        wanted = selected(measured, request.get("only"))
        found = analyse_all(session, wanted, request)
        refuse_emptiness(request, measured, found)
        head = document_head(coverage, session, facts)
        # That a file was measured matters also where its numbers do not.
        head["others"] = [shown_name(path) for path in sorted(set(measured) - set(wanted))]
        write_document(head, found, sink)
    finally:
        session.close()  # Windows removes no open file.
        shutil.rmtree(scratch, ignore_errors=True)


def document_head(coverage, session, facts):
    """Return the document without its files and problems."""
    versions = sorted({fact["version"] for fact in facts if fact["version"]})
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": {
            "python": PYTHON,
            "coverage": coverage.__version__,
            "data": versions[0] if len(versions) == 1 else None,
        },
        "branches": session.has_arcs(),
        "root": os.getcwd(),
        "timestamp": max(fact["mtime"] for fact in facts),
    }


def write_document(head, found, sink):
    """Write head, files and problems; the files are JSON text already, in the order of their paths."""
    problems = [json.loads(text) for kind, _, text in found if kind == "problem"]
    problems.sort(key=lambda problem: problem["path"])
    files = sorted({path: text for kind, path, text in found if kind == "file"}.items())
    sink.write(json.dumps(head)[:-1])
    sink.write(', "files": {')
    sink.write(",\n".join(f"{json.dumps(path)}: {text}" for path, text in files))
    sink.write(f'}}, "problems": {json.dumps(problems)}}}\n')


# --- the coverage library -------------------------------------------------------------------------


def import_coverage(vendor):
    """Return the package `coverage`: the user's own, else ours if the interpreter is new enough for it.

    Raises Refusal: no-coverage.
    """
    try:
        import coverage
    except ImportError as missing:
        if not vendor or sys.version_info < VENDORED_NEEDS:
            raise no_coverage("no coverage", missing) from missing
        sys.path.append(vendor)
        try:
            import coverage
        except ImportError as broken:
            raise no_coverage("no coverage", broken) from broken
    if getattr(coverage, "version_info", (0,))[:2] < OLDEST_COVERAGE:
        version = getattr(coverage, "__version__", "(unknown)")
        raise no_coverage(f"coverage {version}, and 5.0 is the oldest that will do")
    return coverage


def no_coverage(found, why=""):
    """Return the Refusal for an interpreter that has no usable coverage."""
    advice = "Install coverage there, or name the interpreter that ran the tests with `python`."
    return Refusal("no-coverage", f"Python {PYTHON} ({sys.executable}) has {found}. {advice}", str(why))


def schema_of(coverage):
    """Return the schema of the data files that this coverage reads."""
    return getattr(getattr(coverage, "sqldata", None), "SCHEMA_VERSION", SCHEMA)


class Session:
    """The user's configured coverage, with one data file open.

    Raises Refusal: config, plugin.
    """

    def __init__(self, coverage, rcfile):
        self.coverage = coverage
        self.rcfile = rcfile
        self.cov = None
        self._data = None
        self._open = contextlib.ExitStack()

    def configured(self, data_file):
        """Return a `Coverage` with the user's settings and plugins on `data_file`."""
        try:
            cov = self.coverage.Coverage(data_file=data_file, config_file=self.rcfile or True)
        except Exception as wrong:
            message = f"The coverage configuration cannot be read: {wrong}"
            raise Refusal("config", message, repr(wrong)) from wrong
        try:
            cov.get_exclude_list()  # Imports the plugins, where their failure can be told from every other.
        except Exception as wrong:
            # A Coverage whose plugins failed once does not try again: take a new one.
            if isinstance(wrong, ImportError) and root_has_a_plugin(cov):
                return self.configured(data_file)
            raise plugin_refusal(cov, wrong) from wrong
        return cov

    def open(self, data_file):
        """Read `data_file`, which is ours."""
        self.cov = self.configured(data_file)
        try:
            self.cov.load()
        except self.coverage.CoverageException as wrong:
            raise Refusal("schema", f"The data cannot be read: {wrong}", repr(wrong)) from wrong
        self._data = self.cov.get_data()
        contexts = self.cov.get_option("report:contexts")
        if contexts:
            self._data.set_query_contexts(contexts)
        # Otherwise every query opens and closes the file, three times per source file.
        with contextlib.suppress(AttributeError, TypeError):
            self._open.enter_context(self._data._connect())
        self._data.arcs = remembering_last(self._data.arcs)

    def close(self):
        """Let go of the data file."""
        self._open.close()

    @property
    def data_file(self):
        """The path of the data file."""
        return self._data.data_filename()

    def has_arcs(self):
        """Whether branches were measured."""
        return bool(self._data.has_arcs())

    def measured(self):
        """Return the paths as the data file has them."""
        return sorted(self._data.measured_files())

    def tracer(self, path):
        """Return the name of the plugin that measured `path`, "" for none."""
        return self._data.file_tracer(path) or ""

    def executed(self, path):
        """Return the lines of `path` that were executed."""
        return self._data.lines(path) or ()

    def ran(self, path):
        """Return whether the data says that a line of `path` was executed."""
        return bool(self.executed(path))


def remembering_last(function):
    """Return `function` with its last answer kept: coverage asks for a file's arcs twice in a row."""
    last = [None, None]

    def remembering(key):
        if last[0] != key:
            last[:] = key, function(key)
        return last[1]

    return remembering


def root_has_a_plugin(cov):
    """Put the root on sys.path if a plugin lives there: `coverage report` finds it only under `python -m`.

    Returns whether it did.
    """
    root = os.getcwd()
    if root in sys.path:
        return False
    for plugin in cov.get_option("run:plugins") or []:
        path = os.path.join(root, plugin.split(".")[0])
        if os.path.isdir(path) or os.path.isfile(path + ".py"):
            sys.path.append(root)
            return True
    return False


def plugin_refusal(cov, wrong):
    """Return the Refusal for a coverage plugin that cannot be loaded."""
    plugins = cov.get_option("run:plugins") or []
    named = ", ".join([name for name in plugins if not importable(name)] or plugins)
    if not named:
        return Refusal("config", f"The coverage configuration cannot be used: {wrong}", repr(wrong))
    message = (
        f"The coverage plugin {named} cannot be loaded in Python {PYTHON} ({sys.executable}): {wrong}. "
        "Install it in this interpreter, or name the one that ran the tests with `python`."
    )
    return Refusal("plugin", message, repr(wrong))


def importable(name):
    """Return whether the module can be imported; a plugin may fail in any way it likes."""
    try:
        __import__(name)
    except Exception:
        return False
    return True


# --- data files -----------------------------------------------------------------------------------


def copied(path, number, scratch):
    """Return the path and that of its copy; the original is only read.

    A journal beside it is copied too: SQLite would otherwise show a half-written file.
    Raises Refusal: no-data, locked.
    """
    if not os.path.isfile(path):
        raise Refusal("no-data", f"There is no data file {path}.")
    if not os.path.getsize(path):
        raise Refusal("no-data", f"The data file {path} is empty (0 bytes). Did the test run end early?")
    refuse_lock(path)
    # The name ends as the original's: coverage knows duplicates by the hash in it.
    copy = os.path.join(scratch, str(number), os.path.basename(path))
    os.mkdir(os.path.dirname(copy))
    try:
        for ending in ("", "-journal", "-wal"):
            if not ending or os.path.isfile(path + ending):
                shutil.copyfile(path + ending, copy + ending)
    except OSError as wrong:
        reason = "locked" if isinstance(wrong, PermissionError) else "no-data"
        raise Refusal(reason, f"The data file {path} cannot be read: {wrong}") from wrong
    return path, copy


def refuse_lock(path):
    """Raise Refusal (locked) when another process is in the middle of writing."""
    try:
        with contextlib.closing(connect_read_only(path, LOCK_PATIENCE)) as db:
            db.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError as wrong:
        if "locked" in str(wrong):
            raise Refusal(
                "locked",
                f"The data file {path} is locked: another process is still writing it. "
                "Run the gate after every test process has ended.",
                str(wrong),
            ) from wrong
    except sqlite3.DatabaseError:
        pass  # look_into says what is wrong with it.


def connect_read_only(path, timeout):
    """Return a connection that cannot change the file."""
    from urllib.request import pathname2url

    return sqlite3.connect(f"file:{pathname2url(path)}?mode=ro", uri=True, timeout=timeout)


def look_into(path, copy, schema):
    """Return what the data file says of itself.

    Raises Refusal: not-sqlite, truncated, schema.
    """
    with open(copy, "rb") as file:
        header = file.read(100)
    refuse_other_formats(path, header, os.path.getsize(copy))
    try:
        with contextlib.closing(sqlite3.connect(copy)) as db:
            return facts_of(path, db, schema)
    except sqlite3.DatabaseError as wrong:
        raise Refusal(
            "truncated", f"The data file {path} is damaged: {wrong}. Run the tests again."
        ) from wrong


def refuse_other_formats(path, header, size):
    """Raise Refusal for what is no whole SQLite database by its header (https://sqlite.org/fileformat.html)."""
    if header.startswith(b"!coverage.py: This is a private format"):
        raise Refusal("schema", f"The data file {path} was written by coverage 4, which this cannot read.")
    if not header.startswith(b"SQLite format 3\0"):
        raise Refusal("not-sqlite", f"{path} is not a coverage.py data file: it is no SQLite database.")
    page = int.from_bytes(header[16:18], "big")
    whole = int.from_bytes(header[28:32], "big") * (65536 if page == 1 else page)
    counted = header[24:28] == header[92:96]
    if len(header) < 100 or (counted and size < whole):
        message = f"The data file {path} is truncated: {size} bytes of {max(whole, 100)} are there."
        raise Refusal("truncated", message + " Was its upload or download cut off?")


def facts_of(path, db, schema):
    """Return version, has_arcs (None where nothing was measured), path and mtime of an open data file."""
    tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    if "coverage_schema" not in tables:
        found = ", ".join(sorted(tables)) or "no tables"
        raise Refusal("not-sqlite", f"{path} is a SQLite database, but not of coverage.py (it has {found}).")
    row = db.execute("select version from coverage_schema").fetchone() or (None,)
    meta = dict(db.execute("select key, value from meta")) if "meta" in tables else {}
    if row[0] != schema:
        writer = meta.get("version", "(unknown)")
        raise Refusal(
            "schema",
            f"The data file {path} has schema {row[0]}, written by coverage {writer}; the coverage in "
            f"Python {PYTHON} reads schema {schema}. Name the interpreter that ran the tests with `python`.",
        )
    arcs = meta.get("has_arcs")
    return {
        "path": path,
        "version": meta.get("version"),
        "has_arcs": None if arcs is None else bool(int(arcs)),
        "mtime": os.path.getmtime(path),
    }


def refuse_mixture(facts):
    """Raise Refusal (mixed) when some files have branches and others only lines: they cannot be combined."""
    with_branches = [fact["path"] for fact in facts if fact["has_arcs"] is True]
    with_lines = [fact["path"] for fact in facts if fact["has_arcs"] is False]
    if with_branches and with_lines:
        message = (
            f"The data files cannot be combined: {with_branches[0]} was measured with branches, "
            f"{with_lines[0]} without. Use the same `branch` setting in every test run."
        )
        detail = "with: {}; without: {}".format(", ".join(with_branches), ", ".join(with_lines))
        raise Refusal("mixed", message, detail)


def combined(session, copies, scratch):
    """Return the path of one data file with everything in it, the paths mapped as `[paths]` says.

    Raises Refusal: combine.
    """
    target = os.path.join(scratch, ".coverage")
    cov = session.configured(target)
    if len(copies) == 1 and not getattr(getattr(cov, "config", None), "paths", True):
        return copies[0][1]
    try:
        cov.combine([copy for _, copy in copies], strict=True, keep=True)
        cov.save()
    except session.coverage.CoverageException as wrong:
        names = ", ".join(path for path, _ in copies)
        message = f"The data files cannot be combined: {wrong} ({names})"
        raise Refusal("combine", message, repr(wrong)) from wrong
    return target


def refuse_emptiness(request, measured, found):
    """Raise Refusal (no-data) when nothing is there; only a question about some files may have no answer."""
    names = ", ".join(request["data"])
    if not measured:
        raise Refusal("no-data", f"{names}: no file was measured. Did the tests import the code under test?")
    if not found and request.get("only") is None:
        message = f"{names}: the coverage configuration (include, omit) leaves none of {len(measured)} files."
        raise Refusal("no-data", message)


def selected(measured, only):
    """Return those of the measured paths that were asked for, all for None; the largest sources first.

    Largest first lets several processes end at about the same time.
    """
    if only is not None:
        asked = {form for path in only for form in forms(path)}
        names = {os.path.basename(path) for path in asked}
        # A link is followed only where the name fits: 10 000 times realpath is half a second.
        measured = [
            path
            for path in measured
            if os.path.normcase(os.path.abspath(path)) in asked
            or (os.path.normcase(os.path.basename(path)) in names and asked & forms(path))
        ]
    return sorted(measured, key=lambda path: (-size_of(path), path))


def forms(path):
    """Return the absolute path as written and with links resolved."""
    return {os.path.normcase(os.path.abspath(path)), os.path.normcase(os.path.realpath(path))}


def size_of(path):
    """Return how many bytes the source has, 0 where it cannot be told."""
    try:
        return os.path.getsize(path)
    except (OSError, ValueError):
        return 0


# --- many files -----------------------------------------------------------------------------------


def analyse_all(session, wanted, request):
    """Return (kind, path, JSON text) for every file, analysed by this process and its workers."""
    batches = collections.deque(batched(wanted))
    left = sum(size_of(path) for path in wanted)
    jobs = min(int(request.get("jobs") or 1), 1 + left // WORTH_A_WORKER, max(len(batches), 1))
    workers = [Worker(session, request, batches) for _ in range(jobs - 1 if sys.executable else 0)]
    found = []
    analyst = Analyst(session)
    while True:
        try:
            batch = batches.popleft()
        except IndexError:
            break
        found.extend(item for path in batch for item in analyst.examine(path))
    for worker in workers:
        found.extend(worker.result())
    return found


def batched(paths):
    """Yield the paths in lists of about the same amount of source."""
    batch, size = [], 0
    for path in paths:
        batch.append(path)
        size += size_of(path)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Worker(threading.Thread):
    """Another agent, which takes batches from the same queue until it is empty.

    A process of its own rather than a fork: the same on every system, and safe whatever threads plugins
    have started.
    """

    def __init__(self, session, request, batches):
        threading.Thread.__init__(self, daemon=True)
        self._batches = batches
        self._found = []
        self._wrong = ""
        self._task = {
            "root": os.getcwd(),
            "rcfile": request.get("rcfile"),
            "vendor": request.get("vendor"),
            "data": session.data_file,
        }
        self._process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.start()

    def run(self):
        """Hand out batches and keep the answers."""
        try:
            self._send(self._task)
            while True:
                try:
                    batch = self._batches.popleft()
                except IndexError:
                    break
                self._send(batch)
                self._receive()
        except (OSError, ValueError) as wrong:
            self._wrong = str(wrong) or repr(wrong)
        finally:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()

    def _send(self, value):
        self._process.stdin.write(json.dumps(value).encode("ascii") + b"\n")
        self._process.stdin.flush()

    def _receive(self):
        """Take the lines of one batch, which end with an empty one."""
        for line in iter(self._process.stdout.readline, b"\n"):
            if not line:
                raise ValueError(f"a worker ended before its work (exit code {self._process.wait()})")
            kind, path, text = line.decode("ascii").rstrip("\n").split("\t", 2)
            self._found.append((kind, json.loads(path), text))

    def result(self):
        """Return what was found.

        Raises RuntimeError when the worker did not do its work: a partial answer is none.
        """
        self.join()
        if self._wrong or self._process.returncode:
            raise RuntimeError("worker failed: %s" % (self._wrong or self._process.returncode))
        return self._found


def serve(source, sink):
    """Analyse the batches of another agent, one per line, until there are no more."""
    task = json.loads(source.readline())
    os.chdir(task["root"])
    session = Session(import_coverage(task["vendor"]), task["rcfile"])
    session.open(task["data"])
    analyst = Analyst(session)
    for line in source:
        for path in json.loads(line):
            for kind, name, text in analyst.examine(path):
                sink.write(f"{kind}\t{json.dumps(name)}\t{text}\n")
        sink.write("\n")
        sink.flush()
    session.close()


# --- one file -------------------------------------------------------------------------------------


class Analyst:
    """Analyses measured files one by one, as `coverage json` selects and counts them."""

    def __init__(self, session):
        self._session = session
        self._cov = session.cov
        self._to_report = reporting_function()
        use_outlines()
        use_short_walks()
        self._seen = 0
        # The syntax trees of a file are large and free of cycles; the collector only walks them in vain.
        gc.disable()
        if hasattr(gc, "freeze"):
            gc.freeze()

    def examine(self, path):
        """Return the file or the problem with it as [(kind, path, JSON text)], nothing if it is left out."""
        self._seen += 1
        if self._seen % 100 == 0:
            gc.collect()
        try:
            found = [("file", name, json.dumps(value)) for name, value in self._analysed(path)]
            return found + (self._staleness(path) if found else [])
        except MemoryError:
            raise
        except Exception as wrong:
            if isinstance(wrong, sqlite3.Error) or type(wrong).__name__ == "DataError":
                message = f"The data file is damaged: {wrong}. Run the tests again."
                raise Refusal("truncated", message, repr(wrong)) from wrong
            problem = self._problem(path, wrong)
            return [("problem", problem["path"], json.dumps(problem))]

    def _analysed(self, path):
        if self._to_report is not None:
            try:
                return self._by_private_names(path)
            except (AttributeError, TypeError, Disagreement):
                pass  # Not the coverage that we know; if the file is to blame, the next line says so.
        return self._by_public_names(path)

    def _by_private_names(self, path):
        found = []
        try:
            for reporter, analysis in self._to_report(self._cov, [path]):
                branches = branches_of(analysis) if self._session.has_arcs() else {}
                value = described(analysis.statements, analysis.missing, analysis.excluded, branches)
                check(value, analysis)
                value["digest"] = digest(reporter.filename)
                found.append((slashed(reporter.relative_filename()), value))
        except Exception as wrong:
            if not is_left_out(wrong):
                raise
        return found

    def _by_public_names(self, path):
        """The same through `Coverage.json_report` of one file, at three times the cost."""
        handle, name = tempfile.mkstemp(suffix=".json")
        os.close(handle)
        try:
            self._cov.json_report(morfs=[path], outfile=name)
            with open(name, encoding="utf-8") as file:
                report = json.load(file)
        except Exception as wrong:
            if is_left_out(wrong):
                return []
            raise
        finally:
            os.remove(name)
        found = []
        for relative, file in report["files"].items():
            statements = file["executed_lines"] + file["missing_lines"]
            branches = self._public_branches(path, file) if self._session.has_arcs() else {}
            value = described(statements, file["missing_lines"], file["excluded_lines"], branches)
            value["digest"] = digest(os.path.abspath(path))
            found.append((slashed(relative), value))
        return found

    def _public_branches(self, path, file):
        taken, missed = collections.defaultdict(list), collections.defaultdict(list)
        for target, arcs in ((taken, file["executed_branches"]), (missed, file["missing_branches"])):
            for start, end in arcs:
                target[start].append(end)
        return {
            line: ways(taken[line], missed[line], total)
            for line, (total, _) in self._cov.branch_stats(path).items()
        }

    def _staleness(self, path):
        """Return the problem if the data cannot be of this source: a line ran that is empty, or not there at all."""
        if self._session.tracer(path):
            return []  # A plugin's lines are its own affair.
        line = impossible_line(self._session.executed(path), path)
        if not line:
            return []
        shown = shown_name(path)
        message = (
            f"{shown} has changed since it was measured: line {line} ran, but there is no code on it. "
            "Run the tests again."
        )
        return [("problem", shown, json.dumps({"path": shown, "reason": "stale", "message": message}))]

    def _problem(self, path, wrong):
        shown = shown_name(path)
        reason, message = self._explained(path, shown, wrong)
        return {"path": shown, "reason": reason, "message": message}

    def _explained(self, path, shown, wrong):
        """Return reason and message for what coverage raised."""
        kind = type(wrong).__name__
        tracer = self._session.tracer(path)
        if kind in ("NoSource", "NoCode"):
            return "no-source", no_source_message(shown)
        if kind == "NotPython" or isinstance(wrong, SyntaxError):
            return syntax_problem(path, shown, wrong, self._session.ran(path))
        if tracer and isinstance(wrong, KeyError):
            message = (
                f"{shown} was measured by the coverage plugin {tracer}, which the coverage configuration"
            )
            return "plugin", message + " here does not name."
        if tracer:
            return "plugin", f"{shown}: the coverage plugin {tracer} failed: {wrong}"
        version = self._session.coverage.__version__
        message = "%s cannot be analysed by coverage %s in Python %s: %s: %s"
        return "analysis", message % (shown, version, PYTHON, kind, wrong)


class Disagreement(Exception):
    """Our numbers of a file are not coverage's own."""


def reporting_function():
    """Return coverage's own generator of (file reporter, analysis), which knows include and ignore_errors.

    Private, under two names since 5.0; None where it is neither.
    """
    for module in ("coverage.report_core", "coverage.report"):
        try:
            found = getattr(
                __import__(module, fromlist=["get_analysis_to_report"]), "get_analysis_to_report", None
            )
        except ImportError:
            continue
        if found is not None:
            return found
    return None


def is_left_out(wrong):
    """Return whether the exception only says that include or omit leave out the one file in question."""
    return "No data to report" in str(wrong)


def described(statements, missing, excluded, branches):
    """Return the file as the document has it, but for the digest."""
    return {
        "digest": "",
        "lines": runs(statements),
        "missed": runs(missing),
        "excluded": runs(excluded),
        "branches": {str(line): branches[line] for line in sorted(branches)},
    }


def runs(numbers):
    """Return the runs of consecutive numbers as a flat list: first, last, first, last."""
    flat = []
    last = None
    for number in sorted(numbers):
        if last is None or number != last + 1:
            if last is not None:
                flat.append(last)
            flat.append(number)
        last = number
    if last is not None:
        flat.append(last)
    return flat


def branches_of(analysis):
    """Return {line: {"taken": […], "missed": […]}} for every line from which more than one way leads.

    Ways to excluded lines are none; those of a line marked `no branch` all count as taken (coverage's rules).
    """
    lines = {line: count for line, count in analysis.exit_counts.items() if count > 1}
    if not lines:
        return {}
    possible = analysis.arc_possibilities
    leaving = collections.defaultdict(list)
    for start, end in possible() if callable(possible) else possible:
        if start in lines and end not in analysis.excluded:
            leaving[start].append(end)
    missed = analysis.missing_branch_arcs()
    return {
        line: ways(
            [end for end in leaving[line] if end not in missed.get(line, ())], missed.get(line, []), count
        )
        for line, count in lines.items()
    }


def ways(taken, missed, total):
    """Return the branches of one line, as many as coverage counts.

    Where those are less than the ways that are there (coverage before 7.6 takes one off a class statement),
    a taken one is left out.
    """
    count = total - len(missed)
    taken = [str(end) for end in sorted(taken)[:count]]
    taken += [f"?{number}" for number in range(count - len(taken))]
    return {"taken": taken, "missed": [str(end) for end in sorted(missed)]}


def check(value, analysis):
    """Raise Disagreement unless the totals are those that coverage itself reports for the file."""
    numbers = analysis.numbers
    missed = {line: len(both["missed"]) for line, both in value["branches"].items()}
    ours = (
        count(value["lines"]),
        count(value["missed"]),
        count(value["excluded"]),
        sum(len(both["taken"]) + len(both["missed"]) for both in value["branches"].values()),
        sum(missed.values()),
        sum(number for line, number in missed.items() if int(line) not in analysis.missing),
    )
    theirs = (
        numbers.n_statements,
        numbers.n_missing,
        numbers.n_excluded,
        numbers.n_branches,
        numbers.n_missing_branches,
        numbers.n_partial_branches,
    )
    if ours != theirs:
        raise Disagreement(f"{analysis.filename}: {ours} is not {theirs}")


def count(flat):
    """Return how many numbers the flat runs hold."""
    return sum(flat[1::2]) - sum(flat[::2]) + len(flat) // 2


def digest(path):
    """Return the SHA-256 (hex) of the source with LF line ends, "" where it is no file of its own (a zip)."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()
    except OSError:
        return ""


def impossible_line(executed, path):
    """Return the first executed line that is empty in the source or beyond its end, 0 when there is none.

    Lines 0 and 1 say nothing: a module itself begins there, whatever stands there.
    """
    try:
        with open(path, "rb") as file:
            source = file.read().splitlines()
    except OSError:
        return 0
    late = (line for line in sorted(executed) if line > 1)
    return next((line for line in late if line > len(source) or not source[line - 1].strip()), 0)


def shown_name(path):
    """Return a measured path as people know it: relative to the root where it lies below."""
    return slashed(os.path.relpath(path) if inside(path, os.getcwd()) else path)


def slashed(path):
    """Return the path with `/`, as the document has it on every system."""
    return path.replace(os.sep, "/")


def inside(path, folder):
    """Return whether the path lies below the folder."""
    return os.path.abspath(path).startswith(folder.rstrip(os.sep) + os.sep)


# --- fewer tokens ---------------------------------------------------------------------------------
#
# Half the time of an analysis in Python 3.11 goes to `tokenize`, whose tokens PythonParser._raw_parse uses
# for three things only: where logical lines start and end, how deep they are indented, and where their colons
# are. `Outline` finds those, and nothing else, with one regular expression per stretch of text. It gives way
# to `tokenize` whenever it meets something that it does not know for sure.


class Unsure(Exception):
    """The text has something for which only the real tokenizer will do."""


def string_pattern(quote, no_prefix):
    """Return a pattern for a string on one line; `no_prefix` keeps it from f-strings of Python 3.12."""
    pattern = r"Q(?!QQ)[^Q\\\n]*(?:\\[^\n][^Q\\\n]*)*Q"
    return (no_prefix + pattern).replace("Q", quote)


def field_string_pattern(quote, inside):
    """Return a pattern for an f-string whose fields hold no quote of its own and no brace in a string.

    Only then does Python 3.12 end it where older ones do.
    """
    field = r"\{[^B{}#]*(?:\{[^B'\"{}#]*\}[^B{}#]*)*\}"
    return r"(?:I|\\.|\{\{|\}\}|F)*".replace("I", inside).replace("F", field).replace("B", quote + r"\\")


NESTED_FIELDS = sys.version_info >= (3, 12)
_NOT_AFTER_F = r"(?<![fFtT])(?<![fFtT][rR])" if NESTED_FIELDS else ""
_STRING = "(?:{}|{})".format(string_pattern('"', _NOT_AFTER_F), string_pattern("'", _NOT_AFTER_F))
_PLAIN = r"[^\"'#()\[\]{}\\\n]*"
_BRACKETS = "|".join(
    opening + _PLAIN + "(?:" + _STRING + _PLAIN + ")*" + closing
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]"), (r"\{", r"\}"))
)


def stretch_pattern(plain):
    """Return a pattern for text with nothing to look at but strings and brackets that end on their line."""
    return re.compile(f"{plain}(?:(?:{_STRING}|{_BRACKETS}){plain})*")


#: Outside brackets a colon is to be looked at, inside it is not.
_STRETCH = stretch_pattern(_PLAIN.replace(r"\n]", r"\n:]"))
_STRETCH_INSIDE = stretch_pattern(_PLAIN)
#: Blank lines and comments before a logical line, and its indentation.
_BETWEEN = re.compile(r"((?:[ \t]*(?:#[^\n]*)?\n)*)([ \t]*)")
_LONG_STRINGS = {
    quote: re.compile(
        r"QQQ[^Q\\]*(?:(?:\\.|Q(?!QQ))[^Q\\]*)*QQQ|Q(?!QQ)[^Q\\\n]*(?:\\.[^Q\\\n]*)*Q".replace("Q", quote),
        re.DOTALL,
    )
    for quote in "\"'"
}
_FIELD_STRINGS = {
    quote: re.compile(
        "{}{}{}|{}(?!{}){}{}".format(
            quote * 3,
            field_string_pattern(quote, rf"[^{quote}\\{{}}]|{quote}(?!{quote * 2})"),
            quote * 3,
            quote,
            quote * 2,
            field_string_pattern(quote + r"\n", rf"[^{quote}\\\n{{}}]"),
            quote,
        ),
        re.DOTALL,
    )
    for quote in "\"'"
}
_NESTING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_PREFIXES = frozenset(("", "r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"))


class Outline:
    """The logical lines of a source text, as the few tokens that `_raw_parse` has a use for.

    `colons` says whether colons and indentation matter: only where a line is excluded.
    """

    def __init__(self, text, colons):
        self._text = text
        self._colons = colons
        self._line = 1
        self._pos = 0
        self._indents = [0]

    def tokens(self):
        """Return the tokens.

        Raises Unsure.
        """
        found = []
        text, size = self._text, len(self._text)
        if not text.endswith("\n"):
            raise Unsure
        while True:
            gap = _BETWEEN.match(text, self._pos)
            self._line += gap.group(1).count("\n")
            self._pos = gap.end()
            if self._pos == size:
                return found
            if self._colons:
                found.extend(self._indentation(gap.group(2)))
            first = self._line
            first_end, colons = self._logical_line()
            last = self._line
            self._line += 1
            if self._colons or last != first or not found:
                found.append((token.NAME, "x", (first, 0), (first_end, 0), ""))
                found.extend((token.OP, ":", (line, 0), (line, 1), "") for line in colons)
                found.append((token.NEWLINE, "\n", (last, 0), (last, 1), ""))

    def _indentation(self, blanks):
        """Return INDENT or DEDENT tokens, as the language reference counts columns (2.1.8)."""
        column = len(blanks) if "\t" not in blanks else len(blanks.expandtabs(8))
        indents = self._indents
        if column == indents[-1]:
            return []
        here = (self._line, 0)
        if column > indents[-1]:
            indents.append(column)
            return [(token.INDENT, "", here, here, "")]
        found = []
        while column < indents[-1]:
            indents.pop()
            found.append((token.DEDENT, "", here, here, ""))
        if column != indents[-1]:
            raise Unsure
        return found

    def _logical_line(self):
        """Move behind a logical line; return the line its first token ends on, and those of its colons."""
        text, pos = self._text, self._pos
        start, nesting, colons = pos, 0, []
        first_end = self._line
        if text[pos] == "\\":
            raise Unsure
        while True:
            pos = (_STRETCH_INSIDE if nesting else _STRETCH).match(text, pos).end()
            char = text[pos : pos + 1]
            if char == "\n":
                pos += 1
                if not nesting:
                    self._pos = pos
                    return first_end, colons
                self._line += 1
            elif char == ":":
                if not text.startswith(":=", pos) and colons[-1:] != [self._line]:
                    colons.append(self._line)
                pos += 1
            elif char in _NESTING:
                nesting += _NESTING[char]
                pos += 1
                if nesting < 0:
                    raise Unsure
            else:
                end = self._end_of(char, pos)
                self._line += text.count("\n", pos, end)
                if char in _LONG_STRINGS and text[start:pos].lower() in _PREFIXES:
                    first_end = self._line
                pos = end

    def _end_of(self, char, pos):
        """Return where the comment, continued line or string ends that starts at `pos` with `char`."""
        text = self._text
        if char == "#":
            return text.index("\n", pos)
        if text.startswith("\\\n", pos):
            return pos + 2
        patterns = _LONG_STRINGS
        if NESTED_FIELDS and re.search(r"[fFtT][rR]?\Z", text[max(pos - 2, 0) : pos]):
            patterns = _FIELD_STRINGS
        found = char in patterns and patterns[char].match(text, pos)
        if not found:
            raise Unsure
        return found.end()


#: What `_raw_parse` may look at in a version of coverage for `Outline` to be enough.
_KNOWN_NAMES = frozenset(
    "AssertionError AsyncFunctionDef ByteParser COMMENT ClassDef Constant DEDENT Expr FunctionDef INDENT "
    "Module NEWLINE OP PYBEHAVIOR _ast_root _case_is_irrefutable _find_statements _multiline add ast body "
    "cast decorator_list end_lineno env exclude excluded filename find_statements first_lines "
    "generate_tokens get int intersection isinstance lineno lines_matching list match_case min "
    "module_firstline_1 multiline_map multiline_map_from_tokens nice_pair pattern print range "
    "raw_classdefs raw_docstrings raw_excluded raw_statements set show_tokens str strip text tok_name "
    "token tokenize update value walk walk_statement_nodes".split()
)
_KNOWN_WORDS = frozenset(
    (
        "%10s %5s %-20r %r",
        ">10",
        " ",
        ">5",
        "20",
        ":",
        "([{",
        ")]}",
        "PythonParser._raw_parse.<locals>.<genexpr>",
    )
)


def use_outlines():
    """Make coverage's parser take its tokens from `Outline`, if it is one of those known to need no others.

    Returns whether it does.
    """
    try:
        from coverage import parser

        raw_parse, tokens_of = parser.PythonParser._raw_parse, parser.generate_tokens
        code = raw_parse.__code__
    except (ImportError, AttributeError):
        return False
    words = {const for const in code.co_consts[1:] if isinstance(const, str)}
    needed = {"_ast_root", "raw_excluded", "generate_tokens"}
    if not (needed <= set(code.co_names) <= _KNOWN_NAMES and words <= _KNOWN_WORDS):
        return False
    latest = []

    def parse(self):
        latest[:] = [self]
        try:
            raw_parse(self)
        finally:
            del latest[:]

    def generate_tokens(text):
        if latest and latest[0].text is text:
            try:
                return Outline(text, colons=bool(latest[0].raw_excluded)).tokens()
            except Unsure:
                pass
        return tokens_of(text)

    parser.PythonParser._raw_parse = parse
    parser.generate_tokens = generate_tokens
    return True


def use_short_walks():
    """Make coverage walk from statement to statement by the fields that it names, not by every one there is.

    Returns whether it does: only if both ways see the same nodes of a sample, in the same order.
    """
    try:
        from coverage import parser
        from coverage.regions import STATEMENT_FIELDS

        walk, sample = parser.walk_statement_nodes, parser.ast.parse(COMPOUND_SAMPLE)
    except (ImportError, AttributeError, SyntaxError):
        return False
    fields = {}

    def short_walk(root):
        todo = [root]
        while todo:
            node = todo.pop()
            yield node
            kind = type(node)
            if kind not in fields:
                fields[kind] = [name for name in kind._fields if name in STATEMENT_FIELDS]
            for name in fields[kind]:
                todo.extend(getattr(node, name))

    if list(walk(sample)) != list(short_walk(sample)):
        return False
    parser.walk_statement_nodes = short_walk
    return True


COMPOUND_SAMPLE = """
@deco
def f(a=lambda: 0):
    for x in [y for y in z]:
        if a: pass
        elif b: break
        else: continue
    else:
        while w: pass
        else: del x
async def g():
    async for x in y: await z
    else: return
    async with a as b: yield
class C(metaclass=M):
    try: raise X
    except A: pass
    except B as b: pass
    else: import q
    finally: assert not q
    with u, v: x = y if z else w
match p:
    case 1 if g: global h
    case [2, *_] | {}: m = 3
    case _: pass
"""


# --- what to say about a file ---------------------------------------------------------------------


def no_source_message(shown):
    """Return the words for a measured file that is not here."""
    foreign = shown.startswith("/") if os.name == "nt" else re.match(r"[A-Za-z]:[\\/]|\\\\", shown)
    if foreign:
        return (
            f"{shown} was measured on another operating system. Set `relative_files = true` in the coverage "
            "configuration, or map the folder in its `[paths]`."
        )
    return (
        f"The source of {shown} is not here. If it was measured in another folder, map it in `[paths]` of "
        "the coverage configuration; if it was generated and removed, omit it there."
    )


def syntax_problem(path, shown, wrong, ran):
    """Return reason and message for a file that this interpreter cannot parse."""
    line = error_line(wrong)
    needs = newer_syntax(text_line(path, line))
    if needs is not None:
        message = (
            f"{shown} needs a newer Python than {PYTHON}: line {line} has syntax of {needs[0]}.{needs[1]}. "
            "Analyse it with the interpreter that ran the tests (`python`)."
        )
        return "interpreter-too-old", message
    message = (
        "{} is no valid Python {}.{}: ".format(shown, *sys.version_info[:2]) + str(wrong).rstrip(".") + "."
    )
    if ran:
        message += " But the data says that it ran: has it changed since, or did another Python run it?"
    return "syntax", message


def error_line(wrong):
    """Return the line number an exception speaks of, 0 for none."""
    cause = wrong.__cause__ or wrong
    if getattr(cause, "lineno", None):
        return cause.lineno
    found = re.search(r"at line (\d+)", str(wrong))
    return int(found.group(1)) if found else 0


def text_line(path, number):
    """Return one line of a file, "" where there is none."""
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return ""
    return lines[number - 1].decode("utf-8", "replace") if 0 < number <= len(lines) else ""


def newer_syntax(line):
    """Return the version of Python whose syntax the line seems to have, None if that is not after ours."""
    for version, pattern in NEWER_SYNTAX:
        if version > sys.version_info[:2] and pattern.search(line):
            return version
    return None


if __name__ == "__main__":
    main()
