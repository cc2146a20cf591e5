"""`ci-actions check`: every gate that a project configures, side by side, one exit code, one page.

Each gate runs in a process of its own with `--json` and without GitHub's command files, so that gates cannot
disturb each other and the verdict is the one the action gives.
"""
