"""Reports as nightly.yml and maintenance.yml leave them."""

from __future__ import annotations

from typing import Any

GHSA = "GHSA-2qrg-x229-3v8q"


def section(title: str = "test 3.13", *rows: str) -> dict[str, Any]:
    return {"title": title, "rows": list(rows or ("tests/test_money.py::test_refund",))}


def critical(id: str = GHSA, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "title": "log4j-like: remote code execution",
        "url": f"https://github.com/advisories/{id}",
    } | more


def report(result: str = "failed", *sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a report; one that failed has a section without being asked."""
    shown = sections or ((section(),) if result == "failed" else ())
    return {
        "schema": "ci-actions-issue/1",
        "title": "nightly of orders",
        "result": result,
        "sections": list(shown),
        "critical": [],
    } | more
