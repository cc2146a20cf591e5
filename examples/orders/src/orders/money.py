"""Amounts of money: a whole number of cents and a currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"(?P<whole>\d{1,12})(?:\.(?P<cents>\d{2}))? (?P<currency>[A-Z]{3})")


class CurrencyMismatch(ValueError):
    """Two currencies in one sum."""


@dataclass(frozen=True)
class Money:
    """An amount, written `19.90 EUR`."""

    cents: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """Return the amount that `text` names; raises ValueError for anything else."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            raise ValueError(f"'{text}' is no amount; write it like '19.90 EUR'")
        return cls(int(found["whole"]) * 100 + int(found["cents"] or 0), found["currency"])

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02} {self.currency}"

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.cents - other.cents, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.cents * count, self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} cannot be added up")
