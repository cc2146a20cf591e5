"""From a bare interpreter to `ci_actions.cli.main`: the part of the start that may use our own Python.

Runs at every start of every action, so it imports nothing that costs (`hashlib` is 3 ms, `pathlib` 10 ms).
It reads the environment and chooses the exit status because `cli` cannot run before it has.
"""

from __future__ import annotations

import os
import sys

from ci_actions import home

HANDSHAKE = 180
"""Added to every exit code of ours and taken off by start.sh. An interpreter that never reached this file
(a stub that prints an advertisement, a Python without its library) exits with 0, 1 or 2 as well, and must
be told from a verdict."""

OUR_CODES = frozenset({0, 1, 2, 3, 4, 5, 70})
INTERRUPTED = 130
DEFECT = 70
UNAVAILABLE = 4


class Deferred(type(sys)):  # type: ignore[misc]
    """Stands for a module of the standard library until somebody asks it for something."""

    def __getattr__(self, name: str) -> object:
        """Return what the real module holds, from the first question on."""
        if name.startswith("__"):  # who walks through all modules asks for their files, not for inspect
            raise AttributeError(name)
        own: str = self.__dict__["__name__"]
        if sys.modules.get(own) is self:
            del sys.modules[own]
        real = __import__(own)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def spare_inspect() -> None:
    """Keep `dataclasses` from loading `inspect` and with it a parser, a tokenizer and a disassembler.

    Up to Python 3.12 it needs them only to describe classes without a docstring, and ours have one: 5 ms of 30.
    """
    sys.modules.setdefault("inspect", Deferred("inspect"))


def run(root: str, argv: list[str]) -> int:
    """Run the program of the tree `root`; return its exit code as a status for start.sh."""
    spare_inspect()
    hear_interrupts()
    try:
        code = start(root, argv)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else DEFECT if leaving.code else 0
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
    except KeyboardInterrupt:
        return interrupted()
    except BaseException:
        # The excepthook, not the traceback module: a defect may well be a failing import.
        sys.excepthook(*sys.exc_info())
        code = DEFECT
    if code not in OUR_CODES:
        print(f"ci-actions: defect: exit code {code} is none of ours", file=sys.stderr)
        code = DEFECT
    return HANDSHAKE + flushed(code)


def start(root: str, argv: list[str]) -> int:
    """Put the dependencies on the path, then call the program."""
    folder = dependencies(root)
    if not folder:
        return UNAVAILABLE
    sys.path.insert(1, folder)  # behind ourselves, before the standard library
    from ci_actions.cli import main

    return main(argv)


def interrupted() -> int:
    """Say that the user or the runner ended the run, and return what a shell returns then."""
    print("\nci-actions: interrupted: there is no verdict", file=sys.stderr)
    return INTERRUPTED


def dependencies(root: str) -> str:
    """Return the folder of the dependencies, made now if need be; "" when that failed, and was reported."""
    folder = home.vendor_folder(root, os.environ)
    if not os.path.isdir(folder):
        from ci_actions import vendoring

        try:
            vendoring.fill(root, folder, os.environ)
        except vendoring.VendoringError as error:
            report(error)
            return ""
    return folder


def hear_interrupts() -> None:
    """Undo that bash makes a child in the background deaf to SIGINT; start.sh hands cancellations on."""
    try:
        import _signal  # the public module costs the import of enum
    except ImportError:
        import signal as _signal
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def flushed(code: int) -> int:
    """Write out what is buffered; a report that could not be written is never a pass."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        give_up_stdout()  # the reader has seen enough (`… | head`): the verdict stands
    except OSError as error:
        print(f"ci-actions: cannot write the output: {error}", file=sys.stderr)
        give_up_stdout()
        return DEFECT
    return code


def give_up_stdout() -> None:
    """Keep the interpreter from flushing again at its end, which would replace our exit code with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def report(error: Exception) -> None:
    """Print an error of the start itself; `kit` cannot be used yet, it needs the dependencies."""
    text = str(error)
    print(f"ci-actions: {text}", file=sys.stderr)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::error title=ci-actions cannot start::{escaped}")
