"""Runs pytest in the user's interpreter: divides what is collected, and records what becomes of each test.

Standard library only, Python 3.6 syntax, imported by nothing of ours. `running.py` lays it beside `request.json` and a
loader, `ci_actions_ci_test.py`, which is what Python starts and what pytest and the workers of pytest-xdist import as
a plugin. The loader runs this text under a name that is no file's: coverage.py would measure a file.

request.json     {"shard": [index, total], "durations": {node id: seconds}, "coverage": "auto" | "true" | "false",
                 "again": [node id] | null}; with "again" it is those that run, and the files that an earlier run
                 left stay as they are: nothing is measured, and JUnit XML goes elsewhere
record.jsonl     one event a line, each written before the next thing happens: what a crash leaves is still true
collection-X     what process X collected and which of it is this shard's: the only one, or one for each worker

Nothing of this is seen by the tests: no variable, no folder on the path that they would look into first.
PYTEST_DONT_REWRITE: there is nothing to rewrite, and pytest would warn that it comes too late.
"""

import hashlib
import heapq
import io
import json
import os
import sys

PLUGIN = "ci_actions_ci_test"
#: A part may be so much longer than the ideal before a file is divided.
TOLERANCE = 1.05
#: Every test costs something, in microseconds; so tests of no time are divided by their number.
LEAST = 1000
#: What a test is taken for where no time is known at all.
UNKNOWN = 1000000
#: A part of a file is cut between two classes or functions if that leaves the smaller half at least so much.
SMALLER_HALF = 0.25
#: Characters of what pytest says of a failure.
TEXT = 20000
#: Failures of which that is kept; of the others the message is enough.
TEXTS = 200
MESSAGE = 2000
NO_PYTEST = 97


# --- the plan -------------------------------------------------------------------------------------


def plan(ids, durations, shards):
    """Return the node ids of each shard, as sorted lists, and the files that are in more than one.

    Depends on the set of ids, the durations and the number of shards only, not on an order or a hash: each shard
    computes it for itself. Longest processing time first, by whole files; files are halved only as long as a shard is
    more than 5 % longer than the ideal, which is what dividing test by test would give. Sums are of whole microseconds,
    because sums of floats depend on their order.
    """
    ids = sorted(set(ids))
    cost = costs(ids, durations)
    ideal = max(longest_first([[each] for each in ids], cost, shards)[1])
    units = [sorted(each) for each in by_file(ids).values()]
    while True:
        shares, loads = longest_first(units, cost, shards)
        wide = []
        for share, load in zip(shares, loads):
            divisible = [unit for unit in share if len(unit) > 1]
            if load > ideal * TOLERANCE and divisible:
                wide.append(max(divisible, key=lambda unit: (sum(cost[each] for each in unit), unit[0])))
        if not wide:
            break
        cut = {unit[0] for unit in wide}
        units = [unit for unit in units if unit[0] not in cut]
        for unit in wide:
            units.extend(halves(unit, cost))
    shares = [sorted(each for unit in share for each in unit) for share in shares]
    homes = {}
    for number, share in enumerate(shares):
        for each in share:
            homes.setdefault(file_of(each), set()).add(number)
    return shares, sorted(path for path, numbers in homes.items() if len(numbers) > 1)


def costs(ids, durations):
    """Return the microseconds that each test is taken for: a test without a time costs the median of the others."""
    known = {each: micros(durations[each]) for each in ids if each in durations}
    ordered = sorted(known.values())
    usual = ordered[(len(ordered) - 1) // 2] if ordered else UNKNOWN
    return {each: known.get(each, usual) for each in ids}


def micros(seconds):
    """Return whole microseconds."""
    return max(round(seconds * 1e6), LEAST)


def by_file(ids):
    """Return the node ids of each file."""
    files = {}
    for each in ids:
        files.setdefault(file_of(each), []).append(each)
    return files


def file_of(each):
    """Return the file that a node id begins with."""
    return each.partition("::")[0]


def family_of(each):
    """Return the class or the function that a node id belongs to; parameters may hold anything."""
    return "::".join(each.partition("[")[0].split("::")[:2])


def longest_first(units, cost, shards):
    """Return the units of each shard and its microseconds: the longest unit first, each to the shortest shard."""
    sized = sorted(
        ((-sum(cost[each] for each in unit), unit) for unit in units), key=lambda pair: (pair[0], pair[1][0])
    )
    heap = [(0, number) for number in range(shards)]
    shares = [[] for _ in range(shards)]
    loads = [0] * shards
    for size, unit in sized:
        load, number = heapq.heappop(heap)
        shares[number].append(unit)
        loads[number] = load - size
        heapq.heappush(heap, (loads[number], number))
    return shares, loads


def halves(unit, cost):
    """Return the two parts of a unit that are nearest to equal, between two classes or functions if that is near."""
    whole = sum(cost[each] for each in unit)
    places = []
    before = 0
    for place in range(1, len(unit)):
        before += cost[unit[place - 1]]
        inside = family_of(unit[place - 1]) == family_of(unit[place])
        small = min(before, whole - before) < whole * SMALLER_HALF
        places.append((inside or small, abs(whole - 2 * before), place))
    cut = min(places)[2]
    return unit[:cut], unit[cut:]


def digest(ids):
    """Return the SHA-256 of sorted node ids, each with a newline."""
    found = hashlib.sha256()
    for each in ids:
        try:
            found.update(each.encode("utf-8", "surrogateescape") + b"\n")
        except UnicodeEncodeError:
            found.update(each.encode("utf-8", "surrogatepass") + b"\n")
    return found.hexdigest()


# --- the record -----------------------------------------------------------------------------------


class Record(object):
    """Writes events to a file, one line each; a forked child of a test writes nothing."""

    def __init__(self, path):
        """Open the file for the process that we are now."""
        self.pid = os.getpid()
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, event, **more):
        """Write an event."""
        if os.getpid() == self.pid:
            line = json.dumps(dict(more, event=event)).encode("ascii") + b"\n"
            while line:
                line = line[os.write(self.file, line) :]


class Run(object):
    """What this process has been asked, where it answers, and what it measures with."""

    def __init__(self, folder):
        """Read the request in a folder."""
        self.folder = folder
        with io.open(os.path.join(folder, "request.json"), encoding="ascii") as file:
            self.request = json.load(file)
        self.record = Record(os.path.join(folder, "record.jsonl"))
        self.here = self.root = os.getcwd()
        self.coverage = None

    def measure(self, suffix=None):
        """Start coverage.py as `coverage run` does, with the project's own configuration, where it is wanted.

        With a `suffix` the data file has a name of its own beside others, else as the project has configured it.
        """
        if self.request["coverage"] == "false":
            return
        try:
            import coverage

            make = coverage.Coverage
        except (ImportError, AttributeError):
            return
        if getattr(make, "current", lambda: None)() is not None:
            return
        try:
            self.coverage = make(data_suffix=suffix, check_preimported=True)
            self.coverage.start()
        except Exception as why:
            self.coverage = None
            self.record.note("coverage-refused", why="{}: {}".format(type(why).__name__, why))

    def stop_measuring(self, save):
        """Stop what `measure` started, and write its data file."""
        measuring, self.coverage = self.coverage, None
        if measuring is None or os.getpid() != self.record.pid:
            return
        try:
            measuring.stop()
            if save:
                measuring.save()
        except Exception as why:
            self.record.note("coverage-refused", why="{}: {}".format(type(why).__name__, why))

    def write(self, name, value):
        """Write a whole file or nothing."""
        path = os.path.join(self.folder, name)
        with io.open(path + ".new", "w", encoding="ascii") as file:
            file.write(json.dumps(value))
        os.replace(path + ".new", path)


# --- the plugin -----------------------------------------------------------------------------------


class Plugin(object):
    """Divides, records and, in a worker of pytest-xdist, measures."""

    def __init__(self, run):
        """Nothing has happened yet."""
        self.run = run
        self.deselected = 0
        self.failures = 0
        self.counted = 0
        self.worker = False

    def pytest_load_initial_conftests(self, early_config):
        """Leave measuring to pytest-cov where the project asks for it; before it begins."""
        options = early_config.known_args_namespace
        if self.run.request["again"] is not None:
            # pytest-cov would write what these few tests measure over what all of them did.
            options.cov_source = []
        elif getattr(options, "cov_source", None) or getattr(options, "no_cov", False):
            self.run.stop_measuring(save=False)
            self.run.record.note("pytest-cov", off=bool(getattr(options, "no_cov", False)))
        yield

    def pytest_configure(self, config):
        """Measure in a worker, too; and let no part be judged as if it were the whole."""
        self.worker = hasattr(config, "workerinput")
        self.run.root = str(getattr(config, "rootpath", None) or config.rootdir)
        if self.run.request["again"] is not None and getattr(config.option, "xmlpath", None):
            config.option.xmlpath = os.path.join(self.run.folder, "junit.xml")
        if not self.worker:
            self.run.record.note("configured", pytest=sys.modules["pytest"].__version__)
        if self.worker and config.workerinput.get(PLUGIN):
            self.run.measure(suffix=True)
        theirs = config.pluginmanager.get_plugin("_cov")
        options = getattr(theirs, "options", None)
        if self.run.request["shard"][1] > 1 and getattr(options, "cov_fail_under", None):
            options.cov_fail_under = 0
            self.run.record.note("fail-under-ignored")

    def pytest_configure_node(self, node):
        """Tell a worker of pytest-xdist whether it is ours to measure."""
        node.workerinput[PLUGIN] = self.run.coverage is not None

    def pytest_collection_modifyitems(self, config, items):
        """Divide, after every other plugin has reordered and deselected."""
        yield
        names = [name_of(item) for item in items]
        ids = sorted(set(names))
        index, shards = self.run.request["shard"]
        shares, divided = plan(ids, self.run.request["durations"], shards)
        again = self.run.request["again"]
        mine = set(shares[index - 1] if again is None else again) & set(ids)
        worker = getattr(config, "workerinput", {}).get("workerid", "only")
        cost = costs(ids, self.run.request["durations"])
        self.run.write(
            "collection-{}.json".format(worker),
            {
                "count": len(ids),
                "sha256": digest(ids),
                "mine": sorted(mine),
                "aliases": {
                    item.nodeid: name
                    for item, name in zip(items, names)
                    if name in mine and item.nodeid != name
                },
                "deselected": self.deselected,
                "divided": divided,
                "unknown": sum(1 for each in ids if each not in self.run.request["durations"]),
                "shares": [[len(share), sum(cost[each] for each in share) / 1e6] for share in shares],
            },
        )
        others = [item for item, name in zip(items, names) if name not in mine]
        items[:] = [item for item, name in zip(items, names) if name in mine]
        if others:
            config.hook.pytest_deselected(items=others)

    def pytest_deselected(self, items):
        """Count what the project itself leaves out; what we do comes after that was written."""
        self.deselected += len(items)

    def pytest_collectreport(self, report):
        """Record a file that cannot be collected."""
        self.counted += counts(report)
        if report.failed and not self.worker:
            file, line, message = place(report, self.run)
            self.run.record.note(
                "uncollected",
                id=report.nodeid,
                file=file,
                line=line,
                message=message,
                text=text_of(report),
            )

    def pytest_runtest_logstart(self, nodeid):
        """Record that a test begins: what crashes is known by its beginning without an end."""
        if not self.worker:
            self.run.record.note("begin", id=nodeid)

    def pytest_runtest_logreport(self, report):
        """Record how one phase of a test ended."""
        if self.worker:
            return
        self.counted += counts(report)
        more = {}
        if report.outcome in ("failed", "rerun"):
            self.failures += 1
            file, line, message = place(report, self.run)
            text = text_of(report) if self.failures <= TEXTS else ""
            more = {"file": file, "line": line, "message": message, "text": text}
        elif report.outcome == "skipped" and isinstance(report.longrepr, tuple):
            more = {"message": str(report.longrepr[2])[:MESSAGE]}
        self.run.record.note(
            "phase",
            id=report.nodeid,
            when=report.when,
            outcome=report.outcome,
            seconds=getattr(report, "duration", 0.0),
            expected=hasattr(report, "wasxfail"),
            part=hasattr(report, "context"),
            **more,
        )

    def pytest_runtest_logfinish(self, nodeid):
        """Record that a test is over."""
        if not self.worker:
            self.run.record.note("end", id=nodeid)

    def pytest_internalerror(self, excrepr):
        """Record that pytest, or a plugin, has failed itself."""
        self.run.record.note("internal-error", text=str(excrepr)[-TEXT:])

    def pytest_sessionfinish(self, session):
        """Record that pytest came to its end; what others do then may be to end the process at once.

        `beside` are failures that no report told of, as pytest-cov counts a percentage that is not reached.
        A worker writes what it has measured before pytest-xdist tells that it is through: from then on it may be killed.
        """
        if not self.worker:
            self.run.record.note("finish", beside=getattr(session, "testsfailed", 0) - self.counted)
        yield
        if self.worker:
            self.run.stop_measuring(save=True)


#: What pytest is told of some hooks: pytest itself is imported only when it runs anyway.
HOOKS = {
    "pytest_load_initial_conftests": {"hookwrapper": True},
    "pytest_configure_node": {"optionalhook": True},
    "pytest_collection_modifyitems": {"hookwrapper": True, "tryfirst": True},
    "pytest_sessionfinish": {"hookwrapper": True},
}


def plugin(run):
    """Return the plugin as pytest takes it."""
    import pytest

    for name, options in HOOKS.items():
        pytest.hookimpl(**options)(getattr(Plugin, name))
    return Plugin(run)


def name_of(item):
    """Return the node id, without the group that pytest-xdist appends to it for `--dist loadgroup`."""
    marks = list(item.iter_markers("xdist_group"))
    if marks:
        groups = {str(mark.args[0] if mark.args else mark.kwargs.get("name", "default")) for mark in marks}
        for group in ["_".join(sorted(groups))] + sorted(groups):
            if item.nodeid.endswith("@" + group):
                return item.nodeid[: -len(group) - 1]
    return item.nodeid


def place(report, run):
    """Return file, line and message of a failure: the last line of the test's own file, else where it was raised."""
    whole = report.longrepr
    crash = getattr(whole, "reprcrash", None)
    message = str(getattr(crash, "message", "") or whole or "")[:MESSAGE]
    home = os.path.basename(file_of(report.nodeid))
    places = [(crash.path, crash.lineno)] if crash is not None else []
    for entry in getattr(getattr(whole, "reprtraceback", None), "reprentries", ()):
        at = getattr(entry, "reprfileloc", None)
        if at is not None:
            places.append((at.path, at.lineno))
    own = [(path, line) for path, line in places if os.path.basename(path) == home]
    if places:
        path, line = own[-1] if own else places[0]
        return os.path.realpath(os.path.join(run.here, path)), line, message
    path, line = (getattr(report, "location", None) or (None, None))[:2]
    return path and os.path.realpath(os.path.join(run.root, path)), (line or 0) + 1, message


def counts(report):
    """Return whether pytest counts a report as a failure: https://github.com/pytest-dev/pytest/blob/main/src/_pytest/main.py."""
    return bool(report.failed and not hasattr(report, "wasxfail"))


def text_of(report):
    """Return what pytest says of a failure, the end of it."""
    try:
        return str(report.longreprtext)[-TEXT:]
    except Exception as why:
        return "({} while it was written)".format(type(why).__name__)


# --- starting -------------------------------------------------------------------------------------

RUNS = {}


def current():
    """Return the run of this process; `FOLDER` is the loader's."""
    if "run" not in RUNS:
        RUNS["run"] = Run(FOLDER)  # noqa: F821 - where the loader lies
    return RUNS["run"]


def pytest_addoption(pluginmanager):
    """Give pytest the plugin; it is made only here, where pytest is imported anyway."""
    pluginmanager.register(plugin(current()), PLUGIN + "_hooks")


def launch():
    """Run `python -m pytest`, measured where that is wanted, with the words of the command line."""
    run = current()
    run.measure()
    version = getattr(sys.modules.get("coverage"), "__version__", "")
    # As `python -m` does; our own folder comes last, where only its one name is looked for.
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = run.here
    sys.path.append(run.folder)
    try:
        import importlib.util

        found = importlib.util.find_spec("pytest")
    except (ImportError, ValueError):
        found = None
    run.record.note(
        "start",
        python="{}.{}".format(*sys.version_info[:2]),
        interpreter="{} {}.{}.{}".format(implementation(), *sys.version_info[:3]),
        pytest=found is not None,
        coverage=version,
    )
    if found is None:
        run.stop_measuring(save=False)
        sys.exit(NO_PYTEST)
    import runpy

    sys.argv[0] = "pytest"
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit:
        # A plugin that fails after the last test ends Python with the exit code of failed tests, and a traceback.
        run.record.note("exit")
        raise
    finally:
        run.stop_measuring(save=True)


def implementation():
    """Return the interpreter's name as it is written: CPython, PyPy."""
    import platform

    return platform.python_implementation()
