"""Reusable GitHub Actions for Python services, backed by one command line."""
