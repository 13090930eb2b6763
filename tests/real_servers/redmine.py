"""A real Redmine of the tests' own: Debian's package, on loopback, in a temporary folder, gone with the session.

It is started where the machine has the package; nothing is installed here (``.ci/run`` does that).

Terms
    instance   Debian's Redmine runs any number of sites from one installation; the folder of a site (its settings,
               database and logs) stands in its folder ``instances`` and is named by ``REDMINE_INSTANCE``. Ours is
               named by a path that leads out of there, so that no right to write there is needed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INSTALLATION = Path("/usr/share/redmine")
INSTANCES = INSTALLATION / "instances"
SEED = Path(__file__).with_name("redmine_seed.rb")
STEP_SECONDS = 100
"""The longest that one step of making or stopping the site may take."""
_LISTENING = re.compile(r"Listening on (http://127\.0\.0\.1:\d+)")
_READY = "Use Ctrl-C to stop"


@dataclass(frozen=True, slots=True)
class RealRedmine:
    """A running site: its address, and the API key of its administrator."""

    url: str
    administrator_key: str


def absent() -> str | None:
    """Why no Redmine can be started on this machine; ``None`` when it can."""
    missing = [name for name in ("bundle", "puma") if shutil.which(name) is None]
    if missing or not (INSTALLATION / "config.ru").exists() or not INSTANCES.is_dir():
        return "Redmine is not on this machine (Debian: apt-get install redmine redmine-sqlite puma)"
    return None


@contextmanager
def running(folder: Path) -> Iterator[RealRedmine]:
    """Make a new site in ``folder``, serve it, and stop it afterwards."""
    assert (reason := absent()) is None, reason
    environment = _make_instance(folder)
    _run(["bundle", "exec", "rake", "db:migrate"], environment)
    key_file = folder / "administrator.key"
    _run(["bundle", "exec", "rails", "runner", str(SEED)], {**environment, "KEY_FILE": str(key_file)})
    with _served(folder, environment) as url:
        yield RealRedmine(url, key_file.read_text())


def _make_instance(folder: Path) -> dict[str, str]:
    """Lay the site's folders and settings out; give the environment that leads Redmine to them."""
    for name in ("config", "log", "files", "tmp/cache", "tmp/pids", "db", "public/plugin_assets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    database = {"adapter": "sqlite3", "database": folder / "db" / "redmine.sqlite3", "timeout": 10_000, "pool": 10}
    lines = [f"  {name}: {value}" for name, value in database.items()]
    (folder / "config" / "database.yml").write_text("\n".join(["production:", *lines, ""]))
    (folder / "config" / "secret_key.txt").write_text(secrets.token_hex(32))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "Etc/UTC",
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": "../" * len(INSTANCES.parts) + str(folder.resolve().relative_to("/")),
        "SCHEMA": os.devnull,
        "BUNDLE_SILENCE_ROOT_WARNING": "1",
    }


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=INSTALLATION, env=environment, capture_output=True, text=True, check=False, timeout=STEP_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


@contextmanager
def _served(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run the web server on a free port; it tells by itself which one, and when it is ready."""
    command = ["puma", "-C", "-", "-e", "production", "-b", "tcp://127.0.0.1:0", "-t", "1:4", "-w", "0"]
    with (
        (folder / "log" / "puma.log").open("w") as log,
        subprocess.Popen(
            [*command, "--dir", str(INSTALLATION)],
            cwd=INSTALLATION,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        try:
            yield _address(server, folder)
        finally:
            server.terminate()
            try:
                server.communicate(timeout=STEP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


def _address(server: subprocess.Popen[str], folder: Path) -> str:
    assert server.stdout is not None
    told, url = [], None
    for line in server.stdout:
        told.append(line)
        if found := _LISTENING.search(line):
            url = found[1]
        if _READY in line and url is not None:
            return url
    raise RuntimeError(f"Redmine did not start: {''.join(told[-20:])} (see {folder / 'log' / 'puma.log'})")
