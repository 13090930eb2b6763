"""The demo that stays: a process with products and daemon, in which a visitor changes something."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from care_sync.store import open_store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "care_sync", "demo", "--keep", "--folder", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT
    ) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_what_a_visitor_changes_is_followed_by_webhook_and_the_demo_stops_when_asked(
    kept: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert kept.stdout is not None
    assert kept.stderr is not None
    told = ""
    for line in kept.stdout:
        told += line
        if "rules explain" in line and "--config" in line:
            break
    (token,) = re.findall(r"curl -s -H 'Authorization: (Bearer [^']+)'", told)
    address, number = re.findall(r"(http://\S+/tickets/(\d+)\.json)", told)[0]
    change = json.loads(re.findall(r"-d '(.+)' > /dev/null", told)[0])

    assert requests.put(address, json=change, headers={"Authorization": token}, timeout=10).status_code == 200

    for line in kept.stderr:
        event = json.loads(line)
        if event.get("event") == "pass done" and event.get("writes_made"):
            break
    kept.send_signal(signal.SIGINT)
    kept.communicate()
    assert kept.returncode == 0
    store = open_store(f"sqlite:///{tmp_path / 'care-sync.sqlite'}")
    with store.read() as work:
        ticket = work.tickets.get(number)
    store.close()
    assert ticket is not None
    assert "sla_not_included" in ticket.tags
