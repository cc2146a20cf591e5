"""The jobs of `ci.yml`: what plans and verdicts call them. Their names are public."""

from __future__ import annotations

#: The jobs that a plan decides about, in the order in which they are reported.
JOBS = ("quality", "docs", "security", "test", "build", "frontend", "coverage")
PLAN = "plan"
#: The jobs that each one waits for: it does not run when one of them is not green.
AFTER = {
    "quality": (PLAN,),
    "docs": (PLAN,),
    "security": (PLAN,),
    "test": ("quality", "docs"),
    "build": ("quality", "docs"),
    "frontend": ("quality", "docs"),
    "coverage": ("test",),
}
