"""An index of Python packages on loopback (PEP 503), with wheels and source archives made on the spot.

It stands in for a registry where a test must be quick, must count what was fetched, or must have the index go away.
https://packaging.python.org/specifications/simple-repository-api/
"""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

LONG_AGO = (2020, 2, 2, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Package:
    """What one version of a distribution holds. `scripts` are its console scripts, as in `name = module:function`."""

    name: str
    version: str
    requires: Sequence[str] = ()
    extras: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    requires_python: str = ">=3.6"
    as_source: bool = False

    @property
    def module(self) -> str:
        return self.name.replace("-", "_").replace(".", "_")

    @property
    def stem(self) -> str:
        return f"{self.module}-{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.stem}.tar.gz" if self.as_source else f"{self.stem}-py3-none-any.whl"

    @property
    def metadata(self) -> str:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Requires-Python: {self.requires_python}"]
        lines += [f"Requires-Dist: {each}" for each in self.requires]
        for extra, requires in self.extras.items():
            lines.append(f"Provides-Extra: {extra}")
            lines += [f"Requires-Dist: {each} ; extra == '{extra}'" for each in requires]
        return "\n".join(lines) + "\n"

    def contents(self) -> dict[str, str]:
        told = f"VERSION = {self.version!r}\n\n\ndef main():\n    print({self.name!r}, VERSION)\n"
        return {f"{self.module}/__init__.py": told, **self.files}

    def built(self) -> bytes:
        return self._source() if self.as_source else self._wheel()

    def _wheel(self) -> bytes:
        info = f"{self.stem}.dist-info"
        files = {
            **self.contents(),
            f"{info}/METADATA": self.metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if self.scripts:
            listed = "".join(f"{name} = {target}\n" for name, target in self.scripts.items())
            files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{listed}"
        rows = [f"{name},{digest(text)},{len(text.encode())}" for name, text in files.items()]
        files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text)
        return out.getvalue()

    def _source(self) -> bytes:
        setup = f"from setuptools import setup\nsetup(name={self.name!r}, version={self.version!r}, packages=[{self.module!r}])\n"
        files = {**self.contents(), "setup.py": setup, "PKG-INFO": self.metadata}
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(f"{self.stem}/{name}")
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        return out.getvalue()


def digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Index:
    """The server. `fetched` are the names of the files that were downloaded, in order."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._files: dict[str, bytes] = {}
        self._pages: dict[str, list[Package]] = {}
        self.add(*packages)
        self.fetched: list[str] = []
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def add(self, *packages: Package) -> None:
        """Publish more, as time goes by."""
        for each in packages:
            self._files[each.file_name] = each.built()
            self._pages.setdefault(each.name.lower().replace("_", "-").replace(".", "-"), []).append(each)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/simple/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> tuple[bytes, str] | None:
        self.asked += 1
        parts = [part for part in path.partition("?")[0].split("/") if part]
        if len(parts) == 2 and parts[0] == "files" and parts[1] in self._files:
            self.fetched.append(parts[1])
            return self._files[parts[1]], "application/octet-stream"
        if len(parts) == 2 and parts[0] == "simple" and parts[1] in self._pages:
            links = []
            for each in self._pages[parts[1]]:
                name = each.file_name
                sha = hashlib.sha256(self._files[name]).hexdigest()
                needs = each.requires_python.replace(">", "&gt;").replace("<", "&lt;")
                links.append(
                    f'<a href="/files/{name}#sha256={sha}" data-requires-python="{needs}">{name}</a><br>'
                )
            return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode(), "text/html"
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = index.answer(self.path)
                body, kind = found or (b"not here", "text/plain")
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815 - the name is the protocol's

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
