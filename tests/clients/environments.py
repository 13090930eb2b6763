"""The environments of the clients that others wrote: one a group of dependencies, each where its versions agree.

``make clients`` builds them below ``.venv-clients``; a test whose environment is missing skips with the reason. Clients
run as programs of their own, because some pin old versions of what CareSync itself depends on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".venv-clients"
SCRIPTS = Path(__file__).parent / "scripts"
GROUPS = ("clients", "clients-toggl", "clients-tap-zendesk", "clients-tap-freshdesk", "clients-tap-harvest")
SECONDS = 120


def read_by(client: str, group: str, **asked: Any) -> Mapping[str, int]:
    """How much of each kind a client reads; ``asked`` is what its script is told, such as an address and a token."""
    python = ENVIRONMENTS / group / "bin" / "python"
    if not (ENVIRONMENTS / group / ".installed").exists():
        pytest.skip(f"no environment for {client}: make clients")
    script = SCRIPTS / f"read_{client.replace('-', '_')}.py"
    done = subprocess.run(
        [python, script, json.dumps(asked)], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    counts: Mapping[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


def build(group: str) -> None:
    """Make the environment of a group anew, unless it is there."""
    place = ENVIRONMENTS / group
    if (place / ".installed").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
    pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "pip>=25.1"], check=True)
    subprocess.run([*pip, "--group", f"{ROOT / 'pyproject.toml'}:{group}"], check=True)
    (place / ".installed").touch()


if __name__ == "__main__":
    for each in GROUPS:
        build(each)
