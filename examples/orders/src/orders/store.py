"""Orders in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date

from orders.model import Line, Order
from orders.money import Money

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,
    placed TEXT NOT NULL,
    currency TEXT NOT NULL,
    refunded INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS lines (
    number INTEGER NOT NULL REFERENCES orders,
    article TEXT NOT NULL,
    pieces INTEGER NOT NULL CHECK (pieces > 0),
    price INTEGER NOT NULL CHECK (price >= 0),
    PRIMARY KEY (number, article)
);
"""


class NotFound(LookupError):
    """No order has this number."""


class Store:
    """All orders in one database; `path` may be `:memory:`."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def add(self, placed: date, lines: Sequence[Line]) -> Order:
        """Keep a new order and return it with its number."""
        currency = lines[0].price.currency
        with self._database, closing(self._database.cursor()) as cursor:
            cursor.execute(
                "INSERT INTO orders (placed, currency) VALUES (?, ?)", (placed.isoformat(), currency)
            )
            number = cursor.lastrowid
            cursor.executemany(
                "INSERT INTO lines VALUES (?, ?, ?, ?)",
                [(number, line.article, line.pieces, line.price.cents) for line in lines],
            )
        assert number is not None
        return self.get(number)

    def get(self, number: int) -> Order:
        """Return one order; raises NotFound."""
        found = self._database.execute(
            "SELECT placed, currency, refunded FROM orders WHERE number = ?", (number,)
        ).fetchone()
        if found is None:
            raise NotFound(f"there is no order {number}")
        placed, currency, refunded = found
        rows = self._database.execute(
            "SELECT article, pieces, price FROM lines WHERE number = ? ORDER BY rowid", (number,)
        )
        lines = tuple(Line(article, pieces, Money(price, currency)) for article, pieces, price in rows)
        return Order(number, date.fromisoformat(placed), lines, Money(refunded, currency))

    def refund(self, order: Order, amount: Money) -> None:
        """Note that so much of an order went back."""
        with self._database:
            self._database.execute(
                "UPDATE orders SET refunded = refunded + ? WHERE number = ?", (amount.cents, order.number)
            )
