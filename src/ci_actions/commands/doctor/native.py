"""Edge: libyaml for reading many files, where this interpreter's environment has PyYAML with it.

A released wheel brings PyYAML without its native half, which takes seven times as long. The native half of the
environment that the wheel is installed in (`pip install pyyaml` beside it) knows the same classes; nothing else of
that environment is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import machinery, util
from typing import TYPE_CHECKING, Any

from ci_actions.workflows.document import Parser, pure

if TYPE_CHECKING:
    from yaml.events import Event


def parser() -> Parser:
    """Return the fastest parser that there is.

    What `pure` reads is the same to both; libyaml also reads a few things that are no YAML, such as `|#`, and
    sees some values that are not there at another place.
    """
    made = _libyaml()
    if made is None:
        return pure

    def events(text: str) -> Iterator[Event]:
        found = made(text)
        while found.check_event():
            yield found.get_event()

    return events


def _libyaml() -> Any:
    """Return the class of libyaml's parser, None where there is none."""
    import yaml

    if yaml.__with_libyaml__:
        from yaml import _yaml

        return _yaml.CParser
    if sys.flags.no_site:
        # The runner of an action: the environment is the job's, and nothing of it is loaded.
        return None
    import sysconfig

    spec = machinery.PathFinder.find_spec("yaml._yaml", [sysconfig.get_path("platlib") + "/yaml"])
    if spec is None or not isinstance(spec.loader, machinery.ExtensionFileLoader):
        return None
    try:
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, AttributeError):
        return None
    return getattr(module, "CParser", None)
