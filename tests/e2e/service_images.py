"""Images for `ci.yml`: a PostgreSQL with the variables of the official one, a Redis, one that ends at once, one for jobs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.e2e.engine import NOBODY, Engine, layer
from tests.integration import servers

POSTGRES, REDIS, BROKEN, RUNNER = "postgres:here", "redis:here", "postgres:broken", "runner:here"

#: What https://hub.docker.com/_/postgres does with its variables; by TCP only a password opens it.
_START = """\
#!/bin/bash
set -euo pipefail
printf %s "$POSTGRES_PASSWORD" >/tmp/password
initdb --pgdata=/data --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 --no-sync
echo 'host all all all scram-sha-256' >>/data/pg_hba.conf
echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D /data -c fsync=off postgres
exec postgres -D /data -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
"""
_USERS = {"etc/passwd": f"root:x:0:0::/root:/bin/bash\nnobody:x:{NOBODY}:{NOBODY}::/:/bin/bash\n"}
_SHELL = ("/bin/bash", "/bin/sh")


def load(engine: Engine) -> None:
    """Give the engine the images."""
    programs = servers.postgresql_programs()
    version = programs.parent
    modules = [version / "lib" / name for name in ("plpgsql.so", "dict_snowball.so")]
    engine.load(
        POSTGRES,
        layer(
            [*_SHELL, *(programs / name for name in ("initdb", "postgres")), *modules],
            [Path("/usr/share/postgresql", version.name)],
            texts={"start": _START, **_USERS},
            places={"data": 0o700, "etc": 0o755, "tmp": 0o1777},
        ),
        f"ENV PATH={programs}:/bin LANG=C",
        f"USER {NOBODY}",
        "EXPOSE 5432",
        'CMD ["/start"]',
    )
    redis = servers.redis_program()
    engine.load(
        REDIS,
        layer([redis], places={"data": 0o700}),
        f"USER {NOBODY}",
        "WORKDIR /data",
        "EXPOSE 6379",
        f'CMD ["{redis}", "--protected-mode", "no", "--save", ""]',
    )
    engine.load(BROKEN, layer(_SHELL), "EXPOSE 5432", 'CMD ["/bin/sh", "-c", "exit 3"]')


def load_runner(engine: Engine) -> list[str]:
    """Give the engine an image for jobs, and return the options of its containers.

    It holds no more than links: its programs are this machine's own, which the options mount.
    """
    roots = [name for name in ("bin", "sbin", "lib", "lib64") if Path("/", name).is_dir()]
    links = {name: f"usr/{name}" for name in roots if Path("/", name).is_symlink()}
    mounted = ["/usr", *(f"/{name}" for name in roots if name not in links)]
    programs = [found for name in ("node", "git", "bash") if (found := shutil.which(name))]
    prefixes = [sys.base_prefix, *(str(Path(each).resolve().parents[1]) for each in programs)]
    for prefix in prefixes:
        if not any(Path(prefix).is_relative_to(each) for each in mounted):
            mounted.append(prefix)
    path = os.pathsep.join(dict.fromkeys([*(f"{each}/bin" for each in prefixes), "/usr/bin", "/bin"]))
    engine.load(
        RUNNER,
        layer([], texts=_USERS, places={"etc": 0o755, "tmp": 0o1777}, links=links),
        f"ENV PATH={path}",
    )
    return [f"--volume={each}:{each}:ro" for each in mounted]
