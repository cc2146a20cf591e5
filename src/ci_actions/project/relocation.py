"""Edge: makes a verified environment work at another path than it was made at, and proves that it does.

Environments carry their own path: in the first line of every script, in `pyvenv.cfg`, in what activates them, in the
`.pth` files of what is installed in place. Under act and on self-hosted runners a restored environment lies elsewhere
in every run. What can be rewritten is; what is left over and names the old path is a reason to make it again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.project.contents import digests_of, with_digests
from ci_actions.project.environments import (
    SETTINGS,
    Environment,
    Installed,
    Rejected,
    Verified,
    drop_bytecode,
    installed,
    read,
    write,
)
from ci_actions.project.marker import NAME, Distribution, Marker

if TYPE_CHECKING:
    from ci_actions.kit.process import Process

#: Longer first lines are cut by some kernels; installers draw the line here too (pip's distlib, uv).
SHEBANG_LIMIT = 127

START_LIMIT_SECONDS = 60

_INSTALLED_IN_PLACE = (".pth", "direct_url.json", "_finder.py", ".egg-link")
#: `#!/bin/sh`, then a line that sh takes for a command and Python for the start of a string.
_TRAMPOLINE = re.compile(rb"""#!/bin/sh\n'''exec' (?P<words>[^\n]+?) "\$0" "\$@"\n' '''\n""")
_SHEBANG = re.compile(rb"#!(?P<program>[^\n]+)\n")


@dataclass(frozen=True)
class Move:
    """From where to where. `old` and `new` are the environments, absolute; beside them lies the project."""

    old: str
    new: str

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return what is replaced by what, the longer first."""
        folders = os.path.dirname(self.old), os.path.dirname(self.new)
        # A project at the root of the disk would match every path.
        return ((self.old, self.new), *([folders] if folders[0].count(os.sep) > 1 else []))

    def apply(self, text: str) -> str:
        """Return the text with the old paths as the new ones; only where a whole name ends."""
        for old, new in self.pairs():
            if old in text:
                text = new.join(re.split(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])", text))
        return text

    def left_in(self, data: bytes) -> bool:
        """Return whether a file names the old environment."""
        old, new = (each.encode("utf-8", "surrogateescape") for each in (self.old, self.new))
        return old in (data.replace(new, b"") if old in new else data)


class CannotMove(Exception):
    """The environment cannot be made right here; the message says why."""


def relocate(verified: Verified, process: Process) -> Verified | Rejected:
    """Return the environment working where it lies now, its note brought up to date, or why that cannot be."""
    environment, marker = verified.environment, verified.marker
    new = os.path.abspath(environment.path)
    move = Move(marker.made_at, new)
    try:
        _can_move(environment, move, marker)
        touched = _rewrite(environment, move)
        _nothing_left(set(verified.mentions) - touched)
        # It names its sources by the old path, and nobody proved it.
        drop_bytecode(environment)
        moved = _brought_up_to_date(environment, marker, touched, new)
        _prove(environment, move, process)
        write(environment.path, moved)
    except (CannotMove, OSError) as wrong:
        return Rejected((f"it was made at {marker.made_at} and cannot be moved: {wrong}",))
    return replace(verified, environment=read(environment.path), marker=moved, mentions=())


def _can_move(environment: Environment, move: Move, marker: Marker) -> None:
    if environment.scripts == "Scripts":
        raise CannotMove("Windows launchers hold the path of their interpreter")
    if any(sign in move.new for sign in "\n\r'\"$`\\"):
        raise CannotMove(f"the path {move.new!r} has signs that shells understand")
    if marker.in_place and len(move.pairs()) == 1:
        raise CannotMove(f"{os.path.dirname(move.old)} is too short a name to look for")


def _nothing_left(mentions: set[str]) -> None:
    if mentions:
        raise CannotMove(f"{', '.join(sorted(mentions)[:3])} names that path")


# --- rewriting -----------------------------------------------------------------------------------


def _rewrite(environment: Environment, move: Move) -> set[str]:
    """Rewrite every file that is known to carry the path, and return which ones did."""
    root = environment.path
    touched = set()
    for path in sorted(environment.content.files):
        if path == NAME or not _may_carry(environment, path):
            continue
        before = (root / path).read_bytes()
        in_scripts = path.startswith(f"{environment.scripts}/")
        after = with_first_line(before, move) if in_scripts else before
        if b"\0" not in after:
            after = _replaced(path, after.decode("utf-8", "surrogateescape"), move).encode(
                "utf-8", "surrogateescape"
            )
        if after != before:
            _write(root / path, after)
            touched.add(path)
    for path, target in environment.content.links.items():
        if target == move.old or target.startswith(move.old + os.sep):
            (root / path).unlink()
            (root / path).symlink_to(move.new + target[len(move.old) :])
            touched.add(path)
    return touched


def _may_carry(environment: Environment, path: str) -> bool:
    return (
        path == SETTINGS
        or path.startswith(f"{environment.scripts}/")
        or (path.endswith(_INSTALLED_IN_PLACE) and "/site-packages/" in path)
    )


def _replaced(path: str, text: str, move: Move) -> str:
    name = path.rpartition("/")[2]
    if name.startswith("activate"):
        text = _quoted(text, move)
    return move.apply(text)


def _quoted(text: str, move: Move) -> str:
    """Return a script that activates with quotes around the path, where it had none and needs them now."""
    from shlex import quote

    if quote(move.new) == move.new:
        return text
    return re.sub(rf"(?<==){re.escape(move.old)}(?=$|\s)", f"'{move.new}'", text, flags=re.MULTILINE)


def with_first_line(data: bytes, move: Move) -> bytes:
    """Return a script whose interpreter lay in the old environment with the one of the new; others as they are."""
    old = move.old.encode("utf-8", "surrogateescape")
    for form in (_TRAMPOLINE, _SHEBANG):
        match = form.match(data)
        if match is None:
            continue
        words = match[1].decode("utf-8", "surrogateescape")
        program, arguments = _program(words, move.old)
        if not program:
            return data
        assert old in match[0]
        return first_line(move.new + program[len(move.old) :], arguments) + data[match.end() :]
    return data


def _program(words: str, old: str) -> tuple[str, str]:
    """Return the program in the first line of a script and its arguments; empty if it is not of this environment."""
    bare = words.strip()
    quote = bare[:1] if bare[:1] in ("'", '"') else ""
    bare = bare.removeprefix(quote)
    if not bare.startswith(old + os.sep):
        return "", ""
    end = bare.find(quote, 1) if quote else bare.find(" ", len(old))
    program = bare[:end] if end >= 0 else bare
    rest = bare[len(program) :].removeprefix(quote) if end >= 0 else ""
    return program, rest.strip()


def first_line(program: str, arguments: str = "") -> bytes:
    """Return what a script begins with to be run by `program`: directly where kernels can, else through sh."""
    words = f"{program} {arguments}".rstrip()
    direct = f"#!{words}\n".encode("utf-8", "surrogateescape")
    if " " not in program and len(direct) <= SHEBANG_LIMIT:
        return direct
    more = f" {arguments}" if arguments else ""
    return f"#!/bin/sh\n'''exec' \"{program}\"{more} \"$0\" \"$@\"\n' '''\n".encode(
        "utf-8", "surrogateescape"
    )


def _write(path: Path, data: bytes) -> None:
    """Replace a file and keep its mode; never through a link that shares its content with another."""
    mode = path.stat().st_mode
    beside = path.with_name(path.name + ".moved")
    beside.write_bytes(data)
    beside.chmod(mode)
    beside.replace(path)


# --- the note and the RECORDs --------------------------------------------------------------------


def _brought_up_to_date(environment: Environment, marker: Marker, touched: set[str], new: str) -> Marker:
    """Return the note of the moved environment, after the RECORDs were told of the rewritten files."""
    root = str(environment.path)
    files = sorted(touched & environment.content.files)
    digests = digests_of(root, files)
    distributions = dict(marker.distributions)
    for each in installed(environment):
        if each.has_record and each.name in distributions:
            distributions[each.name] = _record(environment, each, digests, distributions[each.name])
    links = {name: os.readlink(environment.path / name) for name in marker.links}
    noted = {name: digests[name][0] if name in digests else digest for name, digest in marker.files.items()}
    return replace(marker, made_at=new, distributions=distributions, files=noted, links=links)


def _record(
    environment: Environment, each: Installed, digests: Mapping[str, tuple[str, int]], before: Distribution
) -> Distribution:
    path = f"{each.folder}/RECORD"
    text = environment.text(path)
    after = with_digests(text, digests, each.site) if any(_named(text, digests)) else text
    if after == text:
        return before
    _write(environment.path / path, after.encode("utf-8", "surrogateescape"))
    return replace(before, record=digests_of(str(environment.path), [path])[path][0])


def _named(text: str, paths: Mapping[str, object]) -> Iterator[bool]:
    return (path.rpartition("/")[2] in text for path in paths)


# --- the proof -----------------------------------------------------------------------------------


def _prove(environment: Environment, move: Move, process: Process) -> None:
    """Show that nothing names the old path, that scripts start here, and that activating leads here."""
    heads = set()
    for path in sorted(environment.content.files):
        if path == NAME or not _may_carry(environment, path):
            continue
        data = (environment.path / path).read_bytes()
        if move.left_in(data):
            raise CannotMove(f"{path} still names that path")
        if path.startswith(f"{environment.scripts}/"):
            heads.add(_head(data, move))
    for head in sorted(heads - {b""}):
        _prove_start(environment, head, move, process)
    if (environment.path / environment.scripts / "activate").is_file():
        _prove_activation(environment, move, process)


def _head(data: bytes, move: Move) -> bytes:
    """Return how a script begins, if it is run by the environment's own interpreter."""
    for form in (_TRAMPOLINE, _SHEBANG):
        match = form.match(data)
        if match and (move.new.encode("utf-8", "surrogateescape") in match[0] or b"realpath" in match[0]):
            return match[0]
    return b""


def _prove_start(environment: Environment, head: bytes, move: Move, process: Process) -> None:
    """Run a script of our own that begins like theirs, where theirs lie: theirs would do what they are for."""
    script = environment.path / environment.scripts / ".ci-actions-start"
    try:
        script.write_bytes(head + b"import sys\nsys.stdout.write(sys.prefix)\n")
        script.chmod(0o755)
        done = process.run([script], timeout=START_LIMIT_SECONDS)
    finally:
        script.unlink(missing_ok=True)
    if not done.ok or os.path.realpath(done.text) != os.path.realpath(move.new):
        said = done.complaint.splitlines()[-1:] or [done.text.strip() or f"exit code {done.code}"]
        raise CannotMove(f"its scripts do not start: {said[0]}")


def _prove_activation(environment: Environment, move: Move, process: Process) -> None:
    command = '. "$0/activate" && printf %s "$VIRTUAL_ENV"'
    done = process.run(
        ["sh", "-c", command, str(environment.path / environment.scripts)], timeout=START_LIMIT_SECONDS
    )
    if not done.ok or os.path.realpath(done.text) != os.path.realpath(move.new):
        raise CannotMove(f"activating it leads to {done.text.strip() or '(nowhere)'}")
