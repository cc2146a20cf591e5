"""ci-docs on real repositories, and real servers on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.conftest import Repository
from tests.integration.asking import Answer, ask

from ci_actions.ci_docs import asking
from ci_actions.ci_docs.model import Answer as Said
from ci_actions.kit.clock import Clock

pytestmark = pytest.mark.integration

SPHINX = {
    "docs/conf.py": "project = 'x'\nextensions = []\n",
    "docs/index.rst": ".. toctree::\n\n   a\n\n.. _top:\n\nT\n=\n",
}


def docs(repository: Repository, files: Mapping[str, str], *options: str) -> Answer:
    repository.commit({".gitignore": "/.ci-actions/\n/made/\n", **files})
    return ask("ci-docs", repository.path, *options)


def broken(answer: Answer) -> list[str]:
    return [
        f"{each['path']}:{each['line']}:{each['column']} {each['message']}"
        for each in answer.report["details"]["findings"]
        if each["broken"]
    ]


def test_links_that_lead_somewhere(repository: Repository) -> None:
    answer = docs(
        repository,
        {
            "README.md": "# Top\n[a](docs/a.md#b-c) [d](docs) [d](docs/) [e](docs#a) [r](/docs/a.md?plain=1) [s](#top)\n"
            "[f](src/x.py#L2) [g](src/x.py#L1-L2) ![i](i%20j.png?raw=true) [h](../../issues) [m](mailto:a@b.c)\n"
            "<a id=z></a>[z](#z)\n"
            "[u](https://nobody.example/x)\n",
            "docs/a.md": "# A\n## B *c*\n[up](../README.md#top) [self](a.md)\n",
            "docs/README.md": "# A\n",
            "src/x.py": "1\n2\n",
            "i j.png": "",
        },
    )
    assert answer.code == 0, broken(answer)
    assert answer.outputs["broken"] == "0"
    assert answer.outputs["documents"] == "3"
    assert answer.outputs["not-checked"] == "0"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"a.md": "x [b](c.md)"}, ["a.md:1:3 'c.md' does not exist"], id="missing"),
        pytest.param(
            {"a.md": "[b](B.md)", "b.md": ""},
            ["a.md:1:1 'B.md' does not exist; names are case-sensitive, and there is 'b.md'"],
            id="case",
        ),
        pytest.param(
            {"a.md": "[b](b)", "b.md": ""}, ["a.md:1:1 'b' does not exist; did you mean 'b.md'?"], id="suffix"
        ),
        pytest.param(
            {"a.md": "[b](b.html)", "b.md": ""},
            ["a.md:1:1 'b.html' does not exist; did you mean 'b.md'?"],
            id="page",
        ),
        pytest.param(
            {"a.md": "[b](b.md/)", "b.md": ""},
            ["a.md:1:1 'b.md/' is no folder but a file: leave out the / at the end"],
            id="no folder",
        ),
        pytest.param(
            {"a.md": "[b](made/x.md)", "made/x.md": ""},
            ["a.md:1:1 'made/x.md' is there, but git does not track it: add it, or nobody else has it"],
            id="not tracked",
        ),
        pytest.param(
            {"a.md": "# Set up\n[b](#setup)"},
            ["a.md:2:1 there is no '#setup' in this document; did you mean '#set-up'?"],
            id="anchor",
        ),
        pytest.param(
            {"a.md": "[b](b.md#x)", "b.md": ""},
            ["a.md:1:1 there is no '#x' in 'b.md'"],
            id="anchor elsewhere",
        ),
        pytest.param(
            {"a.md": "[b](x.py#L3)", "x.py": "1\n2\n"},
            ["a.md:1:1 'x.py' has 2 lines, and no line 3"],
            id="line",
        ),
        pytest.param(
            {"a.md": "[b](../x.md)"},
            ["a.md:1:1 '../x.md' leads out of the repository"],
            id="out of the repository",
        ),
        pytest.param(
            {"a.md": "[b][c]\n\n![i](x.png)"},
            ["a.md:1:1 nothing defines the label [c]", "a.md:3:1 'x.png' does not exist"],
            id="several",
        ),
        pytest.param(
            {"a.rst": "`b <c.rst>`_ d_"},
            ["a.rst:1:1 'c.rst' does not exist", "a.rst:1:14 nothing defines the target `d`_"],
            id="rst",
        ),
        pytest.param(
            {**SPHINX, "docs/a.rst": ":ref:`top` :ref:`no` :doc:`index` :doc:`/x`"},
            [
                "docs/a.rst:1:12 nothing is labelled 'no'",
                "docs/a.rst:1:35 no document is 'docs/x' (.rst, .md)",
            ],
            id="Sphinx",
        ),
        pytest.param(SPHINX, ["docs/index.rst:3:4 no document is 'docs/a' (.rst, .md)"], id="toctree"),
    ],
)
def test_links_that_lead_nowhere(repository: Repository, files: Mapping[str, str], said: list[str]) -> None:
    answer = docs(repository, files)
    assert answer.code == 1
    assert broken(answer) == said
    assert answer.outputs["broken"] == str(len(said))


def test_a_wrong_case_of_an_anchor_is_a_warning(repository: Repository) -> None:
    answer = docs(repository, {"a.md": "# Bcd\n[b](#Bcd)"})
    assert answer.code == 0
    assert "'#Bcd' is spelled '#bcd'" in answer.messages


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.md": "[b]({{x}}/c.md)"}, "a template fills it in"),
        ({"a.md": "[b](x.html#c)", "x.html": ""}, "the anchors of 'x.html' are not known"),
        (
            {
                **SPHINX,
                "docs/conf.py": "project = 'x'\nextensions = ['sphinx.ext.intersphinx']",
                "docs/a.rst": ":ref:`no`",
            },
            "it may be a label",
        ),
        ({"docs/a.rst": ":ref:`no`"}, "it may be a label"),
    ],
)
def test_what_nobody_can_decide_is_counted_apart(
    repository: Repository, files: Mapping[str, str], why: str
) -> None:
    answer = docs(repository, files)
    assert answer.code == 0, broken(answer)
    (only,) = answer.report["details"]["not-checked"]
    assert why in only["why"]
    assert answer.outputs["not-checked"] == "1"


def test_a_submodule_is_not_looked_into(repository: Repository) -> None:
    repository.git("init", "--quiet", "sub")
    inner = Repository(repository.path / "sub")
    inner.commit({"x.md": ""})
    answer = docs(repository, {"a.md": "[b](sub/x.md) [c](sub)"})
    assert answer.code == 0, broken(answer)
    assert answer.outputs["not-checked"] == "2"


def test_what_may_be_missing_is_named(repository: Repository) -> None:
    files = {"a.md": "[b](made/x.md) [c](#d)\n[e][f]\n", "sub/a.md": "[b](../made/y.md)"}
    answer = docs(repository, files, "--allow", "made/**,#d,no/such/*")
    assert [each.partition(" ")[0] for each in broken(answer)] == ["a.md:2:1"]
    assert "nothing that is missing fits 'no/such/*'" in answer.messages


def test_paths_and_exclude_choose_the_documents(repository: Repository) -> None:
    files = {
        "a.md": "[x](no)",
        "docs/b.md": "[a](../a.md#nothing)",
        "docs/c.md": "[x](no)",
        "d.txt": "[x](no)",
    }
    answer = docs(repository, files, "--paths", "docs/**,d.txt", "--exclude", "docs/c.md")
    assert broken(answer) == ["docs/b.md:1:1 there is no '#nothing' in 'a.md'"]
    assert answer.outputs["documents"] == "1"


def test_paths_are_relative_to_the_working_directory(repository: Repository) -> None:
    repository.commit({"a.md": "[x](no)", "sub/b.md": "[a](../a.md) [x](no)"})
    answer = ask("ci-docs", repository.path / "sub")
    assert broken(answer) == ["sub/b.md:1:14 'sub/no' does not exist"]


@pytest.mark.parametrize(
    ("index", "lost"),
    [
        ("[a](a.md) [s](sub/README.md)", []),
        ("[a](a.md) [s](sub)", []),
        ("[a](a.md) [b](sub/b.md)", ["docs/sub/README.md:1:1", "docs/sub/c.md:1:1"]),
        ("[s](sub/)", ["docs/a.md:1:1"]),
    ],
)
def test_an_index_leads_to_every_document(repository: Repository, index: str, lost: list[str]) -> None:
    files = {
        "docs/index.md": index,
        "docs/a.md": "[not an index](sub/c.md)",
        "docs/sub/README.md": "[b](b.md) [c](c.md)",
        "docs/sub/b.md": "",
        "docs/sub/c.md": "",
    }
    answer = docs(repository, files, "--index", "docs/index.md => docs/**")
    assert [each.partition(" ")[0] for each in broken(answer)] == lost


@pytest.mark.parametrize(
    ("files", "options", "code", "said"),
    [
        ({"a.txt": ""}, [], 3, "There is no document to look at"),
        ({"a.md": ""}, ["--paths", "docs/**"], 3, "There is no document to look at"),
        ({"a.md": ""}, ["--index", "b.md => *"], 2, "input 'index' names b.md"),
        ({"a.md": ""}, ["--index", "b.md"], 2, "must be a document and a glob"),
    ],
)
def test_no_verdict(
    repository: Repository, files: Mapping[str, str], options: list[str], code: int, said: str
) -> None:
    answer = docs(repository, files, *options)
    assert answer.code == code
    assert said in answer.messages


def test_a_document_that_is_no_text_is_no_verdict(repository: Repository) -> None:
    (repository.path / "a.md").write_bytes(b"\xff\xfe[a](b)")
    answer = docs(repository, {"b.md": ""})
    assert answer.code == 3
    assert "a.md cannot be read" in answer.messages


# --- other servers ---------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Answers by path: `/404`, `/405` to HEAD only, `/later` at the second time, `/slow` never."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.leave = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/").partition("?")[0]
        if name == "slow":
            self.server.leave.wait(30)
        status = int(name) if name.isdigit() else 200
        if name == "405" and self.command == "GET":
            status = 200
        if name == "later":
            status = 503 if self.server.asked.count(f"GET {self.path}") < 2 else 200
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/404")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.leave.set()
    made.shutdown()
    made.server_close()


class Hasty(Clock):
    """A clock on which nobody waits."""

    def sleep(self, seconds: float) -> None:
        """Wait no time."""


def asked(addresses: list[str]) -> dict[str, Said]:
    found = asking.ask(addresses, timeout=1, clock=Hasty(), progress=lambda _: None, reserved=lambda _: False)
    return {address: each.answer for address, each in found.items()}


def test_what_servers_answer(server: Server) -> None:
    there = server.address
    said = {
        f"{there}/200": Said.ALIVE,
        f"{there}/404": Said.DEAD,
        f"{there}/410": Said.DEAD,
        f"{there}/405": Said.ALIVE,
        f"{there}/403": Said.UNKNOWN,
        f"{there}/500": Said.UNKNOWN,
        f"{there}/later": Said.ALIVE,
        f"{there}/moved": Said.DEAD,
        f"{there}/slow": Said.UNKNOWN,
        "http://127.0.0.1:9/": Said.UNKNOWN,
        "http://no-such-host.invalid/": Said.DEAD,
    }
    assert asked(list(said)) == said
    assert [each for each in server.asked if each.endswith("/200")] == ["HEAD /200"]
    assert server.asked.count("GET /500") == asking.TRIES


def test_without_a_network_no_name_counts_for_anything() -> None:
    assert asked(["http://no-such-host.invalid/", "http://127.0.0.1:9/"]) == {
        "http://no-such-host.invalid/": Said.UNKNOWN,
        "http://127.0.0.1:9/": Said.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        ("https://example.com/x", True),
        ("https://api.example.org", True),
        ("http://localhost:8000/", True),
        ("http://127.0.0.1/", True),
        ("http://x.test/", True),
        ("http://[broken", True),
        ("https://github.com/x", False),
        ("https://myexample.com", False),
    ],
)
def test_addresses_that_nobody_expects_to_answer(address: str, reserved: bool) -> None:
    assert asking.is_reserved(address) is reserved


def test_nothing_is_asked_unless_somebody_says_so(repository: Repository, server: Server) -> None:
    assert docs(repository, {"a.md": f"[a]({server.address}/404)"}).code == 0
    assert not server.asked


def test_reserved_addresses_are_counted_apart(repository: Repository) -> None:
    answer = docs(
        repository, {"a.md": "[a](https://example.com/x) [b](http://localhost:1/)"}, "--external", "check"
    )
    assert answer.code == 0
    assert answer.outputs["not-checked"] == "2"
