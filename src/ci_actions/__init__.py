"""Reusable GitHub Actions for Python services, backed by one command line."""

__version__ = "0.1.0"
