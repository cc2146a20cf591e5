"""Runs a scanner in the private environment of that scanner, on what standard input names.

A command line has room for a few thousand names at most, detect-secrets tells nobody which files it did not read, and
pip-audit asks the public index even where packages come from a mirror.
This file knows nothing of ours; standard input holds names with NUL between them.

    python -I agent.py bandit OPTION …
    python -I agent.py detect-secrets [--baseline FILE] [--plugin FILE …]
    python -I agent.py pip-audit [--service ADDRESS] OPTION …
"""

import gc
import json
import logging
import sys
import tempfile
import tokenize


def named():
    """Return the names on standard input."""
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return [name for name in text.split("\0") if name]


def bandit(options):
    """Run bandit as its own command line does, without work that it does for nothing."""
    from bandit.cli.main import main
    from bandit.core import manager

    manager.tokenize = Suppressing()
    for name in [each for each in logging.root.manager.loggerDict if each.startswith("bandit.")]:
        # Four lines of debugging for each node of a syntax tree, of which none is printed.
        logging.getLogger(name).debug = silent
    sys.argv = ["bandit"] + options + ["--"] + named()
    return main()


class Suppressing:
    """The module `tokenize` as bandit's manager knows it: it is there for comments with `nosec`, and most files have none."""

    def __getattr__(self, name):
        return getattr(tokenize, name)

    def tokenize(self, readline):
        """Return the tokens of a file that may suppress something, or may not be what Python can decode."""
        file = readline.__self__
        data = file.read()
        file.seek(0)
        plain = data.isascii() and b"coding" not in b"".join(data.splitlines()[:2])
        return () if plain and b"nosec" not in data.lower() else tokenize.tokenize(readline)


def silent(*_words, **_more):
    """Print nothing."""


def detect_secrets(options):
    """Print what detect-secrets finds, and which files it could read, as JSON.

    Secrets are printed as they are: whoever reads this pipe has to hide them.
    """
    from detect_secrets.__version__ import VERSION
    from detect_secrets.core import scan
    from detect_secrets.core.usage import ParserBuilder

    baseline, plugins = arguments(options)
    unknown = []
    words = ["scan", "--no-verify"]
    if baseline:
        with open(baseline, encoding="utf-8-sig") as file:
            usable, unknown = supported(json.load(file))
        # A copy without results: detect-secrets takes only its settings from it, and could not rewrite the original.
        copy = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8", delete=False)
        with copy:
            json.dump(usable, copy)
        words += ["--baseline", copy.name]
    for plugin in plugins:
        words += ["--plugin", plugin]
    ParserBuilder().add_console_use_arguments().parse_args(words)
    files = {}
    for name in named():
        files[name[2:] if name.startswith("./") else name] = searched(name, scan)
    report = {"version": VERSION, "unknown_plugins": unknown, "files": files}
    sys.stdout.write(json.dumps(report))
    return 0


def pip_audit(options):
    """Run pip-audit as its own command line does, on requirements like `name==1.0`."""
    from pip_audit._cli import audit
    from pip_audit._service.pypi import PyPIService

    if options[:1] == ["--service"]:
        address = options[1].rstrip("/")
        options = options[2:]
        make = PyPIService.__init__

        def make_for_mirror(self, *positional, **named):
            make(self, *positional, **named)
            get = self.session.get
            self.session.get = lambda url, **more: get(
                url=address + "/pypi/" + url.partition("/pypi/")[2], **more
            )

        PyPIService.__init__ = make_for_mirror
    requirements = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", delete=False)
    with requirements:
        requirements.write("\n".join(named()))
    sys.argv = ["pip-audit"] + options + ["--requirement", requirements.name]
    return audit()


def arguments(options):
    """Return the baseline and the plugins that the options name."""
    baseline = None
    plugins = []
    for option, value in zip(options[::2], options[1::2]):
        if option == "--baseline":
            baseline = value
        else:
            plugins.append(value)
    return baseline, plugins


def supported(baseline):
    """Return the settings in a baseline without results, and without plugins that this version does not have."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    builtin = set()
    for plugin in get_mapping_from_secret_type_to_class().values():
        builtin.add(plugin.__name__)
    plugins = []
    unknown = []
    for plugin in baseline.get("plugins_used", []):
        if plugin.get("name") in builtin or plugin.get("path"):
            plugins.append(plugin)
        else:
            unknown.append(str(plugin.get("name")))
    # It has looked before the settings name the project's own plugins.
    get_mapping_from_secret_type_to_class.cache_clear()
    return dict(baseline, results={}, plugins_used=plugins), unknown


def searched(name, scan):
    """Return what became of one file: `state` is read, binary, filtered or unreadable; and its secrets."""
    try:
        with open(name, "rb") as file:
            content = file.read()
    except OSError:
        return {"state": "unreadable", "secrets": []}
    if b"\0" in content[:8000]:
        return {"state": "binary", "secrets": []}
    if scan._is_filtered_out(required_filter_parameters=["filename"], filename=name):
        return {"state": "filtered", "secrets": []}
    try:
        content.decode("utf-8")
        found = scan.scan_file(name)
    except UnicodeDecodeError:
        # detect-secrets passes over such a file without a word.
        lines = list(enumerate(content.decode("latin-1").splitlines(keepends=True), 1))
        found = scan._process_line_based_plugins(lines=lines, filename=name)
    secrets = [
        {
            "type": secret.type,
            "line": secret.line_number,
            "hash": secret.secret_hash,
            "value": secret.secret_value,
            "verified": secret.is_verified,
        }
        for secret in sorted(found, key=lambda each: (each.line_number, each.type, each.secret_hash))
    ]
    allowed = content.count(b"allowlist secret") + content.count(b"whitelist secret")
    return {"state": "read", "secrets": secrets, "allowed": allowed}


if __name__ == "__main__":
    # They make millions of objects and hardly a cycle: looking for those takes an eighth of the time.
    gc.set_threshold(100000, 50, 100)
    programs = {"bandit": bandit, "detect-secrets": detect_secrets, "pip-audit": pip_audit}
    sys.exit(programs[sys.argv[1]](sys.argv[2:]))
