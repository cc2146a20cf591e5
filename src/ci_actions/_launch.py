"""Started by start.sh with any Python it finds: refuses an old one, hands over to the rest.

Valid in Python 2.7 and 3.6, so that an old interpreter can say that it is one; start.sh then goes on to
the next. It is a script and therefore compiled at every start: everything else is in `bootstrap`.
"""

import os.path
import sys

FLOOR = (3, 11)
TOO_OLD = 97


def launch(root, argv):
    """Return the status for start.sh: 97, or what `bootstrap.run` says."""
    if sys.version_info < FLOOR:
        return TOO_OLD
    # Before everything else, and nothing but the standard library behind it: -I and -S have kept out the
    # working directory, PYTHONPATH, site-packages and every .pth file of the consumer's environment.
    root = os.path.abspath(root)
    sys.path.insert(0, os.path.join(root, "src"))
    from ci_actions import bootstrap

    return bootstrap.run(root, argv)


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1], sys.argv[2:]))
