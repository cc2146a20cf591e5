"""Looks at the user's environment and compiles the user's files, in the user's interpreter.

One file, standard library only, Python 3.6 syntax, imported by nothing. `python -I agent.py` answers with one JSON
document on stdout:

    probe            -> {"version", "prefix", "base", "scripts", "python", "versions": {name: version}, "editable": [urls],
                         "compiled"}
    compile FILE     with {"root": folder, "files": [paths]} in FILE
                     -> {"problems": [[path, rule, line, column, message]…]}

Nothing is imported from the environment and nothing of the project is run: distributions are read from the names of
their metadata folders, and files are compiled, not executed.
"""

import io
import json
import os
import sys


def main():
    """Answer the one question on the command line."""
    if sys.argv[1] == "probe":
        answer = probe()
    else:
        with io.open(sys.argv[2], encoding="ascii") as file:
            answer = check(json.load(file))
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def probe():
    """Return where this interpreter is and what is installed for it."""
    import sysconfig

    versions, urls, compiled = {}, [], True
    for folder in sys.path:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        if folder.endswith(("site-packages", "dist-packages")):
            compiled = any(os.path.isdir(os.path.join(folder, name, "__pycache__")) for name in names)
        for name in names:
            stem, end = os.path.splitext(name)
            if end == ".egg-link":
                urls.append("file://?")
            if end not in (".dist-info", ".egg-info"):
                continue
            distribution, _, version = stem.partition("-")
            versions.setdefault(normalised(distribution), version.split("-py")[0])
            if end == ".dist-info":
                urls += editable(os.path.join(folder, name, "direct_url.json"))
    return {
        "version": "{}.{}.{}".format(*sys.version_info[:3]),
        "python": sys.executable,
        "prefix": sys.prefix,
        "base": getattr(sys, "base_prefix", sys.prefix),
        "scripts": sysconfig.get_path("scripts"),
        "versions": versions,
        "editable": urls,
        "compiled": compiled,
    }


def normalised(name):
    """Return a distribution's name in its normal form."""
    return name.replace("_", "-").replace(".", "-").lower()


def editable(path):
    """Return the address of the folder that an editable installation points at, nothing for any other."""
    try:
        with io.open(path, encoding="utf-8") as file:
            about = json.load(file)
    except (OSError, ValueError):
        return []
    if not about.get("dir_info", {}).get("editable"):
        return []
    return [about.get("url", "file://?")]


def check(request):
    """Return what keeps each file from being Python of this version."""
    import warnings

    warnings.simplefilter("ignore")
    # Deep nesting is the compiler's to refuse, with an error of its own.
    problems = []
    for path in request["files"]:
        found = compiled(os.path.join(request["root"], path))
        if found:
            problems.append((path, *found))
    return {"problems": problems}


def compiled(path):
    """Return rule, line, column and message of what is wrong with a file, None for nothing."""
    import tokenize

    try:
        with io.open(path, "rb") as file:
            content = file.read()
    except OSError as why:
        return ("unreadable", 0, 0, "cannot be read: {}".format(why.strerror or why))
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        return ("nul-byte", line, 0, "holds a NUL byte: Python does not read it, and some tools pass over it")
    try:
        # The encoding that the file declares, UTF-8 without; a wrong byte has a line only here.
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        except SyntaxError:
            encoding = "utf-8"
        try:
            content.decode(encoding)
        except UnicodeDecodeError as wrong:
            line = content[: wrong.start].count(b"\n") + 1
            return ("undecodable", line, 0, "is not {}: {}".format(encoding, wrong.reason))
        compile(content, path, "exec", dont_inherit=True)
    except SyntaxError as wrong:
        said = str(wrong.msg or wrong)
        rule = "undecodable" if "encoding" in said or "codec" in said else "syntax-error"
        return (rule, wrong.lineno or 0, column(wrong), said)
    except (ValueError, RecursionError, MemoryError, OverflowError) as wrong:
        return ("syntax-error", 0, 0, "cannot be compiled: {}".format(wrong or type(wrong).__name__))
    return None


def column(wrong):
    """Return the 1-based column of a syntax error, 0 where its unit cannot be trusted."""
    text = wrong.text or ""
    if not wrong.offset or any(ord(sign) > 127 for sign in text):
        return 0
    return max(wrong.offset, 1)


if __name__ == "__main__":
    main()
