"""The command of an installed wheel, and `python -m ci_actions`: dependencies first, then the program.

A wheel of a release carries its dependencies as data. They are put on the path of this process alone, in front:
in the environment that the wheel is installed in they are visible to nobody, and what is there is not used here.
An editable install is a developer's: its environment has them from requirements/dev.txt.
"""

from __future__ import annotations

import os
import sys

from ci_actions import bootstrap, home


def main() -> int:
    """Run the program and return its exit code."""
    root = home.root()
    if os.path.basename(root) == home.PACKAGED:
        folder = bootstrap.dependencies(root)
        if not folder:
            return bootstrap.UNAVAILABLE
        sys.path.insert(0, folder)
    from ci_actions import cli

    try:
        return cli.main()
    except KeyboardInterrupt:
        return bootstrap.interrupted()


if __name__ == "__main__":
    sys.exit(main())
