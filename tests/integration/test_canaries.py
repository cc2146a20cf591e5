"""Seeded secrets, the real scanners, the real command line: no byte that leaves us holds a secret, or a hash of one.

The secrets are put together here, so that neither a scanner of ours nor GitHub's push protection takes this file for a leak.
Each must have been found: a canary that nobody detects proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from tests.conftest import Repository
from tests.integration.scanning import Machine, new_machine, new_repository

pytestmark = pytest.mark.integration

SIGNS = "Zq7Lw2Xk9Vb4Nt6Rm3Hc8Jd5Gf1PsTyUoAeKiWzBvQxCnMh"
HEX = "9f2c47e1b85d03a6f7142cbe90d83571"


def random(length: int, start: int = 0) -> str:
    """Return signs that look random, the same ones in each run."""
    return (SIGNS[start:] + SIGNS * (length // len(SIGNS) + 1))[:length]


def json_web_token() -> str:
    """Return a token as a login service makes it."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "1234567890", "name": "Canary", "admin": True})
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    return ".".join((*encoded, random(43)))


def private_key(seed: bytes) -> str:
    """Return what looks like a private key, of many lines."""
    body = base64.b64encode(
        b"".join(hashlib.sha512(seed * times).digest() for times in range(1, 11))
    ).decode()
    kind = "RSA " + "PRIVATE KEY"
    return "\n".join((f"-----BEGIN {kind}-----", *textwrap.wrap(body, 64), f"-----END {kind}-----"))


@dataclass(frozen=True)
class Canary:
    """A secret, the file it stands in, and what stands around it; one of the `past` is gone from the files."""

    name: str
    value: str
    path: str
    around: str = "{}"
    past: bool = False


CANARIES = (
    Canary("AWS key", "AKIA" + "Q3EGWZ7X5KJM2NPT", "deploy.yaml", "access_key_id: {}"),
    Canary("AWS secret key", random(40, 3), "src/cloud.py", "aws_secret_access_key = '{}'"),
    Canary("GitHub", "ghp_" + random(36, 1), "src/release.py", "GITHUB = '{}'"),
    Canary("GitLab", "glpat-" + random(20, 5), "settings.json", '{{"gitlab": "{}"}}'),
    Canary("Slack", "xoxb-" + "209876543210-2098765432109-" + random(24, 2), "service.env", "SLACK={}"),
    Canary(
        "Slack webhook", f"T{random(9).upper()}/B{random(9, 7).upper()}/{random(24, 4)}",
        "alerts.yaml", "hook: https://hooks.slack." + "com/services/{}",
    ),
    Canary("Stripe", "sk_" + "live_" + random(24, 8), "src/pay.py", "STRIPE = '{}'"),
    Canary("JSON web token", json_web_token(), "src/login.py", "SESSION = '{}'"),
    Canary("npm", "npm_" + random(36, 6), "npm.cfg", "//registry.example/:_auth" + "Token={}"),
    Canary("PyPI", "pypi-" + "AgEIcHlwaS5vcmc" + random(80, 9), "publish.cfg", "password: {}"),
    Canary("SendGrid", f"SG.{random(22, 1)}.{random(43, 11)}", "src/mail.py", "MAIL = '{}'"),
    Canary("Mailchimp", HEX + "-us12", "src/news.py", "NEWS = '{}'"),
    Canary("Telegram", "1098765432:" + random(35, 13), "bot.txt"),
    Canary("Twilio", "SK" + HEX[::-1], "src/phone.py", "PHONE = '{}'"),
    Canary("Square", "sq0" + "csp-" + random(43, 10), "src/shop.py", "SHOP = '{}'"),
    Canary("Azure storage", random(86, 12) + "==", "src/blob.py", "BLOB = 'AccountName=shop;Account" + "Key={}'"),
    Canary("password in an address", "Tr0ub4dor-" + random(8), "src/db.py", "DSN = 'postgres://shop:{}@db/shop'"),
    Canary("OpenAI", "sk-" + random(20, 14) + "T3Blbk" + "FJ" + random(20, 20), "src/chat.py", "CHAT = '{}'"),
    Canary("Artifactory", "AKC" + random(40, 15), "src/artifacts.py", "STORE = '{}'"),
    Canary("private key", private_key(b"file"), "deploy_key.txt"),
    Canary("private key in code", private_key(b"code"), "src/key.py", 'KEY = """{}"""'),
    Canary("base64", base64.b64encode(hashlib.sha256(b"canary").digest()).decode(), "src/seal.py", "SEAL = '{}'"),
    Canary("hexadecimal", hashlib.md5(b"canary").hexdigest(), "seal.json", '{{"seal": "{}"}}'),
    Canary("password that is a word", "swordfishes", "src/gate.py", "gate_password = '{}'"),
    Canary("password of words", "correct-horse-battery", "vault.yaml", "password: '{}'"),
    Canary("password in a default", "hunter2-canary", "src/door.py", "def open_door(password='{}'): ..."),
    Canary("password beyond ASCII", "Zürich-42-geheim", "src/vault.py", "vault_password = '{}'"),
    Canary("password of signs", "p@ss/<w>&+%ord 7", "src/signs.py", "signs_password = '{}'"),
    Canary(
        "workflow", "gho_" + random(36, 17), ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    env:\n      TOKEN: {}\n    steps:\n      - run: 'true'",
    ),
    Canary("GitHub, in the history alone", "ghp_" + random(36, 19), "old.py", "GITHUB = '{}'", past=True),
    Canary("private key, in the history alone", private_key(b"past"), "old.pem", past=True),
)  # fmt: skip
#: An ordinary word as a secret must be found, and must not make our own sentences unreadable.
WORDS = "SECRET = 'secret'\n\ntoken = 'token'\n"


def forms(value: str) -> Iterator[str]:
    """Yield what must not be seen of a value: itself, its usual encodings, and its hashes, cut ones too."""
    lines = [line for line in value.splitlines() if not line.startswith("-----")]
    for text in {value, *lines}:
        data = text.encode()
        yield from {text, json.dumps(text)[1:-1], repr(text)[1:-1], html.escape(text), data.hex()}
        yield from {quote(text), quote(text, safe=""), quote_plus(text)}
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
            inner = whole[(0, 2, 3)[before] : len(whole) - (1 if (before + len(data)) % 3 else 0)]
            yield from {inner, inner.replace("+", "-").replace("/", "_")}
        for make in (hashlib.sha1, hashlib.sha256):
            digest = make(data)
            yield from {digest.hexdigest()[:10], digest.hexdigest()[:10].upper()}
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield encode(digest.digest()).decode()[:14]


def leaks(texts: Mapping[str, bytes]) -> list[str]:
    """Return which canary can be seen where."""
    return [
        f"{canary.name} in {where}: {form!r}"
        for canary in CANARIES
        for form in set(forms(canary.value))
        for where, content in texts.items()
        if form.encode() in content
    ]


def test_every_form_of_a_canary_would_be_noticed() -> None:
    for canary in CANARIES:
        data = canary.value.encode()
        for shown in (
            data,
            base64.b64encode(data),
            hashlib.sha1(data).hexdigest().encode(),
            quote(data).encode(),
        ):
            assert any(each.startswith(f"{canary.name} in log") for each in leaks({"log": b"x " + shown}))


@dataclass(frozen=True)
class Said:
    """Everything that one run let out, by what it is."""

    code: int
    texts: Mapping[str, bytes]

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report on standard output."""
        found: dict[str, Any] = json.loads(self.texts["stdout"])
        return found

    @property
    def everything(self) -> str:
        """All of it as text."""
        return b"\n".join(self.texts.values()).decode()


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with new_machine() as made:
        yield made


@pytest.fixture(scope="module")
def seeded(machine: Machine) -> Repository:
    """A repository with all canaries."""
    repository = new_repository(machine.folder / "repository")
    present: dict[str, str] = {"words.py": WORDS, "requirements.txt": "requests==2.31.0\n"}
    past: dict[str, str] = {}
    for each in CANARIES:
        (past if each.past else present)[each.path] = each.around.format(each.value) + "\n"
    repository.commit(past)
    for path in past:
        (repository.path / path).unlink()
    repository.commit(present)
    return repository


SCANNERS = ["bandit", "detect-secrets", "gitleaks", "zizmor"]


@pytest.fixture(scope="module")
def scanners(machine: Machine) -> list[str]:
    """The scanners that see secrets: trivy-fs where its peer is."""
    machine.use("gitleaks")
    try:
        machine.use("trivy")
    except pytest.skip.Exception:
        return SCANNERS
    machine.trivy_database()
    return [*SCANNERS, "trivy-fs"]


def run(
    machine: Machine,
    repository: Repository,
    scanners: list[str],
    *,
    on_github: bool,
    lock: str = "tools.toml",
) -> Said:
    """Run the command line over the repository and return every byte that it printed and wrote."""
    out = Path(repository.path.parent, f"out-{len(list(repository.path.parent.glob('out-*')))}")
    (out / "files").mkdir(parents=True)
    words = [
        sys.executable, "-m", "ci_actions", "security-scan", "--json", "--html", f"--tools={','.join(scanners)}", "--history=all",
        "--db-mode=offline", "--annotations=50", "--fail-on=low", "--confidence=low", f"--cache-dir={machine.cache()}",
        f"--tool-lock={machine.folder / lock}", f"--report-dir={out}/reports",
        f"--sarif-file={out}/merged.sarif", f"--sarif-dir={out}/sarif",
    ]  # fmt: skip
    environ = dict(os.environ)
    if on_github:
        environ |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/shop",
            "RUNNER_TEMP": str(out / "temp"),
        }
        for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "STATE", "PATH"):
            (out / "files" / name).touch()
            environ[f"GITHUB_{name}"] = str(out / "files" / name)
    done = subprocess.run(words, cwd=repository.path, env=environ, capture_output=True, check=False)
    texts = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert repository.git("status", "--porcelain") == ""
    return Said(done.returncode, {"stdout": done.stdout, "stderr": done.stderr, **texts})


@pytest.fixture(scope="module", params=[False, True], ids=["on a laptop", "on GitHub"])
def found(request: pytest.FixtureRequest, machine: Machine, seeded: Repository, scanners: list[str]) -> Said:
    return run(machine, seeded, scanners, on_github=request.param)


def test_no_byte_holds_a_secret(found: Said) -> None:
    assert leaks(found.texts) == []


def test_all_that_people_and_machines_read_was_looked_at(found: Said, request: pytest.FixtureRequest) -> None:
    assert found.code == 1, found.everything
    assert {row["state"] for row in found.report["details"]["scans"]} <= {"findings", "clean"}
    written = {name.rpartition("/")[2] for name, content in found.texts.items() if content}
    assert {"stdout", "stderr", "merged.sarif", "security.json", "security.html", "comment.json"} <= written
    assert {"bandit.sarif", "detect-secrets.sarif", "gitleaks.sarif"} <= written
    if "on GitHub" in request.node.name:
        assert {"OUTPUT", "STEP_SUMMARY"} <= written
        assert b"::error" in found.texts["stderr"] + found.texts["stdout"]


@pytest.mark.parametrize("canary", CANARIES, ids=lambda each: each.name)
def test_every_canary_was_found(found: Said, canary: Canary) -> None:
    (name,) = [name for name in found.texts if name.endswith("security.json")]
    places = {
        (row["path"], row["line"])
        for row in json.loads(found.texts[name])["findings"]
        if row["kind"] == "secret" and bool(row["commit"]) >= canary.past
    }
    lines = canary.around.format(canary.value).splitlines()
    line = next(number for number, line in enumerate(lines, 1) if canary.value.splitlines()[0] in line)
    assert (canary.path, line) in places


def test_our_own_words_can_be_read(found: Said) -> None:
    assert "read it from a secret store instead" in found.everything
    assert "revoke it, and read it from a ***" not in found.everything
    assert "hardcoded ***" not in found.everything


#: What a scanner does that falls over the files it reads: it says all of them, in several encodings, and how it ends.
FALLS = """#!{python}
import base64, hashlib, pathlib, subprocess, sys
said = b"".join(path.read_bytes() for path in sorted(pathlib.Path(".").rglob("*")) if path.is_file() and ".git/" not in str(path))
said += subprocess.run(["git", "log", "-p"], capture_output=True).stdout
lines = said.splitlines()
for line in lines:
    for word in (line, *line.replace(b"'", b" ").replace(b'"', b" ").split()):
        sys.stderr.buffer.write(b"ERR cannot read " + word + b"\\n" + base64.b64encode(word) + b"\\n")
        sys.stderr.buffer.write(hashlib.sha1(word).hexdigest().encode() + b" is bad\\n")
sys.stderr.buffer.write(b"it fell over\\nlast it saw swordfishes and stopped\\n")
output = [b for a, b in zip(sys.argv, sys.argv[1:]) if a in ("--report-path", "--output")]
for path in output:
    pathlib.Path(path).write_bytes({report})
sys.stdout.buffer.write(said)
sys.exit({code})
"""


@pytest.mark.parametrize(
    ("report", "code"),
    [
        pytest.param("b''", 1, id="it crashes"),
        pytest.param("said", 0, id="its report is the source"),
        pytest.param('b\'[{"Secret": "\' + said', 0, id="its report is cut short"),
    ],
)
def test_a_scanner_that_says_everything_and_falls(
    report: str, code: int, machine: Machine, seeded: Repository
) -> None:
    script = machine.folder / "falls"
    script.write_text(FALLS.format(python=sys.executable, report=report, code=code))
    script.chmod(0o755)
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    names = ("gitleaks", "trivy", "osv-scanner")
    (machine.folder / "falling.toml").write_text(
        "".join(f'[{name}]\nversion = "1"\npath = "{script}"\nsha256 = "{digest}"\n' for name in names)
    )
    tools = ["bandit", "detect-secrets", "gitleaks", "trivy-fs"]
    found = run(machine, seeded, tools, on_github=True, lock="falling.toml")
    assert leaks(found.texts) == []
    states = {row["tool"]: row["state"] for row in found.report["details"]["scans"]}
    assert (found.code, found.report["result"]) == (3, "error")
    assert (states["gitleaks"], states["trivy-fs"]) == ("failed", "failed")
    if code:
        # What it said is told all the same, without the word that is a password.
        assert "last it saw *** and stopped" in found.everything
