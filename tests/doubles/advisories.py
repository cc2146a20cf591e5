"""A service of advisories on loopback, in the formats of PyPI's JSON API and of OSV, and how it can be broken.

The JSON API of the Python package index and https://google.github.io/osv.dev/api/
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: GitHub's record of a session cookie that flask discloses, shortened.
FLASK = {
    "schema_version": "1.6.0",
    "id": "PYSEC-2023-62",
    "modified": "2024-01-01T00:00:00Z",
    "published": "2023-05-02T18:15:00Z",
    "aliases": ["CVE-2023-30861", "GHSA-m2qf-hxjv-5gpq"],
    "summary": "Flask may disclose a permanent session cookie",
    "details": "When all of the following conditions are met, a response may be cached.",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI", "purl": "pkg:pypi/flask"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.2.5"}]}],
        }
    ],
}
#: The same by its other name: only this one says how bad it is.
FLASK_AT_GITHUB = {
    **FLASK,
    "id": "GHSA-m2qf-hxjv-5gpq",
    "aliases": ["CVE-2023-30861", "PYSEC-2023-62"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "database_specific": {"severity": "HIGH"},
}


@dataclass
class Advisories:
    """What the service knows, and how it behaves: `well`, `truncated`, `refuses` or `nonsense`."""

    records: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {each["id"]: each for each in (FLASK, FLASK_AT_GITHUB)}  # type: ignore[misc]
    )
    known: frozenset[str] = frozenset({"flask", "requests"})
    mode: str = "well"
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def of_package(self, name: str) -> list[Mapping[str, Any]]:
        """Return the records about a package."""
        return [
            each
            for each in self.records.values()
            if any(affected["package"]["name"] == name for affected in each["affected"])
        ]

    def answer(self, path: str, body: bytes) -> tuple[int, object]:
        """Return status and JSON for a request."""
        self.asked.append(path)
        parts = path.strip("/").split("/")
        if parts[0] == "pypi":
            return self._pypi(parts[1]) if parts[1] in self.known else (404, {"message": "Not Found"})
        if path == "/v1/query":
            records = self.of_package(json.loads(body)["package"]["name"])
            return 200, {"vulns": records} if records else {}
        record = self.records.get(parts[-1])
        return (200, record) if record else (404, {"code": 5, "message": "Bug not found."})

    def _pypi(self, name: str) -> tuple[int, object]:
        rows = [
            {
                "id": each["id"],
                "aliases": each["aliases"],
                "details": each["details"],
                "summary": each["summary"],
                "fixed_in": ["2.2.5"],
                "link": f"https://osv.dev/vulnerability/{each['id']}",
                "source": "osv",
                "withdrawn": None,
            }
            for each in self.of_package(name)
            if each["id"].startswith("PYSEC-")
        ]
        return 200, {"info": {"name": name}, "vulnerabilities": rows}


@contextmanager
def serving() -> Iterator[Advisories]:
    """Serve advisories on loopback."""
    advisories = Advisories()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            status, value = advisories.answer(self.path, body)
            content = json.dumps(value).encode()
            if advisories.mode == "refuses":
                status, content = 503, b"{}"
            if advisories.mode == "nonsense":
                content = b"<html>Please log in</html>"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if advisories.mode == "truncated":
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
                return
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    advisories.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield advisories
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
