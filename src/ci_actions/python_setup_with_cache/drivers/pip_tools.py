"""Edge: pip-tools, and requirements files that `uv pip compile` wrote: pip installs them, pip-compile renews them."""

from __future__ import annotations

import os
from pathlib import Path

from ci_actions.kit.errors import CannotJudge
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.pip import Pip


class PipTools(Pip):
    """The compiled files are installed by pip, which insists on their hashes."""

    manager = Manager.PIP_TOOLS
    are_compiled = True

    def own_pip(self) -> tuple[str, ...]:
        """Return the pip that pip-tools works with, which lies beside it."""
        python = Path(self.tool.argv[0]).with_name("python.exe" if os.name == "nt" else "python")
        return (str(python), "-I", "-m", "pip")

    def lock(self) -> None:
        """Compile every lock anew from its `.in` file beside it, or from pyproject.toml, in the environment's Python."""
        for name in self.job.detected.locks:
            source = f"{name.removesuffix('.txt')}.in"
            if source not in self.job.files:
                source = "pyproject.toml"
            if source not in self.job.files:
                raise CannotJudge(
                    f"{name} has no source: neither {name.removesuffix('.txt')}.in nor pyproject.toml"
                )
            hashed = b"--hash=" in self.job.files.bytes(name)
            words = ["--quiet", "--no-emit-index-url", *(["--generate-hashes"] if hashed else [])]
            self.run([*words, "--output-file", name, source], f"compiling {name}")


DRIVER = PipTools
