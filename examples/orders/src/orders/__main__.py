"""`python -m orders [PORT]`: serves the API on this machine, with its data in orders.sqlite3."""

import sys
from wsgiref.simple_server import make_server

from orders.app import App
from orders.store import Store


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, App(Store("orders.sqlite3"))) as server:
        print(f"http://127.0.0.1:{server.server_port}/health")
        server.serve_forever()


if __name__ == "__main__":
    main()
