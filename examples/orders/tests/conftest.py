import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from orders.app import App
from orders.store import Store

TODAY = date(2026, 5, 20)

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def call(store: Store) -> Call:
    """`call("POST", "/orders", {...})` returns status and decoded body."""
    app = App(store, today=lambda: TODAY)

    def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content),
        }
        setup_testing_defaults(environ)
        statuses: list[str] = []

        def start_response(status: str, *_: object) -> Any:
            statuses.append(status)

        answer = b"".join(app(environ, start_response))
        return int(statuses[0].split()[0]), json.loads(answer)

    return ask
