"""A PostgreSQL server of the tests' own: on loopback, in a temporary folder, gone with the session.

It is started when the machine has the binaries; nothing is installed here.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPERUSER = "care_sync"


def binaries() -> Path | None:
    """The folder that holds ``initdb`` and ``postgres``, newest version first; ``None`` where there is none."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (found := shutil.which("initdb")) is not None:
        candidates.append(Path(found).resolve().parent)
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    return None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server in ``folder``; give the URL up to, and without, the database's name."""
    found = binaries()
    assert found is not None, "ask binaries() first"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    as_user = _unprivileged(folder)
    _run([*as_user, str(found / "initdb"), "-D", str(data), "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])  # fmt: skip  # noqa: E501
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c max_connections=60"  # noqa: E501
    log = data / "server.log"
    _run([*as_user, str(found / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-w", "start"])
    try:
        yield f"postgresql://{SUPERUSER}@127.0.0.1:{port}/"
    finally:
        _run([*as_user, str(found / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"])


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as another user, who is given ``folder``."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return []


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[-1]).name}: {done.stderr or done.stdout}")
