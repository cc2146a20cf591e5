"""Lets the modules of this folder be imported by their full name."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # `python -m pytest` puts it there, the command `pytest` does not
    sys.path.insert(0, str(ROOT))
