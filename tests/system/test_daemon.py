"""The daemon: it polls when it starts, does what webhooks tell at once, and stops when it is asked to."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
import requests

from care_sync.application import open_application, site_settings
from care_sync.daemon import run_daemon
from care_sync.scheduler import StoppableClock
from connectors.sandbox.zendesk_state import ZendeskEvent
from tests.system.office import HOUR, INCIDENT, Office

WAIT_SECONDS = 300


class MovingClock(StoppableClock):
    """A stoppable clock whose sleep moves the office's clock, by which the products live, instead of waiting."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.clock)
        self._office = office

    def sleep(self, seconds: float) -> None:
        super().sleep(0)
        self._office.clock.sleep(seconds)


class Visitor(threading.Thread):
    """Acts while the daemon runs, and ends it; what it saw stands in ``seen``."""

    def __init__(self, office: Office, ticket: str) -> None:
        super().__init__(daemon=True)
        self.office, self.ticket = office, ticket
        self.listening = threading.Event()
        self.written = threading.Event()
        self.address = ""
        self.seen: dict[str, object] = {}
        office.account.listeners.append(self._heard)

    def _heard(self, event: ZendeskEvent) -> None:
        if event.kind == "comment_added":
            self.written.set()

    def announced(self, address: str) -> None:
        self.address = address
        self.listening.set()

    def run(self) -> None:
        try:
            self._act()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def _act(self) -> None:
        office = self.office
        assert self.listening.wait(WAIT_SECONDS)
        assert self.written.wait(WAIT_SECONDS)
        self.seen["at the start"] = office.ours(self.ticket)
        self.written.clear()
        office.zendesk.webhooks.waiting.clear()
        office.zendesk.webhooks.subscribe(f"{self.address}/webhooks/helpdesk/zendesk", "hook-4f1c9a7e2b8d")
        office.set_facts(self.ticket, cause="third_party")
        waiting = list(office.zendesk.webhooks.waiting)
        self.seen["answers"] = set(office.zendesk.webhooks.deliver())
        assert waiting
        assert self.written.wait(WAIT_SECONDS)
        self.seen["health"] = requests.get(f"{self.address}/health", timeout=WAIT_SECONDS).json()["status"]
        forged = requests.post(
            f"{self.address}/webhooks/helpdesk/zendesk", json={"ticket_id": "1"}, timeout=WAIT_SECONDS
        )
        self.seen["forged"] = forged.status_code


@pytest.mark.slow
def test_the_daemon_polls_is_woken_by_a_webhook_and_stops(office: Office, tmp_path: Path) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.later()
    clock = MovingClock(office)
    settings = site_settings(tmp_path / "config.yaml")
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": 0})})
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        with open_application(settings, clock) as application:
            visitor = Visitor(office, ticket)
            visitor.start()
            code = run_daemon(application, clock, visitor.announced)
            visitor.join(WAIT_SECONDS)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert code == 0
    assert visitor.seen == {
        "at the start": {"sla_undetermined", "route_pending", "next_ask"},
        "answers": {202},
        "health": "ok",
        "forged": 401,
    }
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    office.quiet()
    office.sync()
    assert len(office.replies(ticket)) == 1
