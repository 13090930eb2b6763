"""Webhooks of the real products over real HTTP: genuine ones mark work, however they come; bad ones leave no trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from care_sync.pipeline.run import PassKind
from care_sync.web import WebContext, WebServer, create_app
from care_sync.web.app import LARGEST_BODY
from connectors.sandbox.toggl_webhooks import TogglWebhooks
from connectors.sandbox.toggl_webhooks import sign as toggl_sign
from connectors.sandbox.zendesk_webhooks import Webhook
from tests.system.dump import dump
from tests.system.office import HOUR, INCIDENT, Office, open_office

SECRET = "hook-4f1c9a7e2b8d"


@dataclass
class Door:
    """The office's web server, and the products that call it."""

    office: Office
    address: str
    zendesk: Webhook
    toggl: TogglWebhooks
    woken: list[bool]

    @property
    def helpdesk_url(self) -> str:
        return f"{self.address}/webhooks/helpdesk/zendesk"

    @property
    def tracker_url(self) -> str:
        return f"{self.address}/webhooks/tracker/toggl"

    def call(self, body: bytes, **headers: str) -> requests.Response:
        """A signed call of Zendesk, with some of its headers something else."""
        signed = self.office.zendesk.webhooks.sign(self.zendesk, body)
        sent = {**signed.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return requests.post(self.helpdesk_url, data=body, headers=sent, timeout=10)


@pytest.fixture
def door(tmp_path: Path, sqlite_store_url: str) -> Iterator[Door]:
    with open_office(tmp_path, sqlite_store_url) as office:
        office.add_customer("Acme")
        woken: list[bool] = []
        site, store = office.application.site, office.application.store
        context = WebContext(store, site.clock, site.helpdesk, site.trackers, lambda: woken.append(True), 900)
        server = WebServer(create_app(context), "127.0.0.1", 0)
        server.start()
        url = f"{server.address}/webhooks/helpdesk/zendesk"
        toggl = TogglWebhooks(office.toggl.workspace)
        yield Door(office, server.address, office.zendesk.webhooks.subscribe(url, SECRET), toggl, woken)
        server.stop()


def test_calls_that_come_twice_and_out_of_order_end_where_one_would(door: Door) -> None:
    office, webhooks = door.office, door.office.zendesk.webhooks
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    webhooks.waiting.clear()
    webhooks.sends_twice = webhooks.newest_first = True
    for cause in ("care", "customer", "third_party"):
        office.set_facts(ticket, cause=cause)
    answers = webhooks.deliver()
    assert sorted(set(answers)) == [200, 202]
    assert answers.count(202) == len(answers) / 2
    office.sync(PassKind.WAKE)
    assert office.balances() == {"invoice:2026-10": HOUR}
    office.quiet()
    office.sync(PassKind.WAKE)
    assert len(office.replies(ticket)) == 1
    webhooks.deliver()
    office.sync(PassKind.WAKE)
    assert office.sync(PassKind.WAKE).summary == "nothing new"


def test_toggl_shakes_hands_and_tells_of_edits_and_deletions(door: Door) -> None:
    office = door.office
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync()
    assert door.toggl.subscribe(door.tracker_url, SECRET).validated
    assert not door.toggl.subscribe(door.tracker_url, "another-secret").validated
    entry, gone = office.work(ticket, 60), office.work(ticket, 10)
    office.toggl.workspace.edit(entry, duration=30 * 60)
    office.toggl.workspace.delete(gone)
    assert set(door.toggl.deliver()) == {202}
    office.sync(PassKind.WAKE)
    assert office.balances() == {"sla": 30 * 60}


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 202),
    "no JSON": (b"{", 400),
    "a list": (b"[1]", 400),
    "text": (b'"1001"', 400),
    "null": (b"null", 400),
    "bytes that are no text": (b"\xff\xfe\x00", 400),
    "very deep": (b"[" * 200_000, 400),
    "no ticket": (b"{}", 202),
    "a ticket that is an object": (b'{"ticket_id": {"id": 1}}', 202),
    "a ticket that is no number": (b'{"ticket_id": "1001; DROP TABLE tickets"}', 202),
    "a ticket of ten thousand digits": (json.dumps({"ticket_id": "9" * 10_000}).encode(), 202),
    "another event": (b'{"type": "zen:event-type:user.created", "detail": {"id": "1"}, "id": "e1"}', 202),
    "too large": (b"{" + b" " * LARGEST_BODY + b"}", 413),
}


@pytest.mark.parametrize("body", BODIES)
def test_what_a_genuine_call_cannot_mean_marks_nothing(door: Door, body: str) -> None:
    content, status = BODIES[body]
    before = dump(door.office.application.store, but=frozenset({"deliveries"}))
    answer = door.call(content)
    assert answer.status_code == status
    assert dump(door.office.application.store, but=frozenset({"deliveries"})) == before
    assert door.woken == []
    assert SECRET not in answer.text


FORGED: dict[str, Callable[[Door, bytes], requests.Response]] = {
    "no signature": lambda door, body: door.call(body, x_zendesk_webhook_signature=""),
    "another signature": lambda door, body: door.call(body, x_zendesk_webhook_signature="AAAA"),
    "a signature that is no text": lambda door, body: door.call(body, x_zendesk_webhook_signature="Ã©â¬"),
    "another time": lambda door, body: door.call(body, x_zendesk_webhook_signature_timestamp="2026-10-12T08:00:01Z"),
    "no time": lambda door, body: door.call(body, x_zendesk_webhook_signature_timestamp=""),
    "another secret": lambda door, body: requests.post(
        door.helpdesk_url,
        data=body,
        headers=door.office.zendesk.webhooks.sign(replace(door.zendesk, secret="guessed"), body).headers,
        timeout=10,
    ),
    "another body": lambda door, body: requests.post(
        door.helpdesk_url,
        data=body.replace(b"1001", b"1002"),
        headers=door.office.zendesk.webhooks.sign(door.zendesk, body).headers,
        timeout=10,
    ),
    "toggl's signature": lambda door, body: requests.post(
        door.helpdesk_url, data=body, headers=toggl_sign(SECRET, {}).headers, timeout=10
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", FORGED)
def test_a_forged_call_leaves_no_trace(door: Door, way: str) -> None:
    before = dump(door.office.application.store)
    answer = FORGED[way](door, b'{"ticket_id": "1001"}')
    assert (answer.status_code, answer.json()) == (401, {"error": "the signature does not hold"})
    assert dump(door.office.application.store) == before
    assert door.woken == []


def test_a_call_that_was_kept_and_sent_again_is_refused(door: Door) -> None:
    body = b'{"ticket_id": "1001"}'
    kept = door.office.zendesk.webhooks.sign(door.zendesk, body)

    def send() -> int:
        return requests.post(door.helpdesk_url, data=body, headers=kept.headers, timeout=10).status_code

    assert send() == 202
    assert send() == 200
    door.office.clock.advance(timedelta(minutes=6))
    assert send() == 401
    assert door.woken == [True]


@pytest.mark.parametrize(
    "event",
    [
        {"event_id": 1, "metadata": None, "payload": "ping"},
        {"event_id": 2, "metadata": {"model": "time_entry", "time_entry_id": ["x"]}, "payload": {}},
        {"event_id": 3, "metadata": {"model": "time_entry", "workspace_id": "1", "time_entry_id": "5"}, "payload": {}},
        {"event_id": 4, "metadata": {"model": "project", "project_id": "5"}, "payload": {"id": 5}},
        {"event_id": 5, "metadata": {"model": "time_entry", "time_entry_id": "9" * 10_000}, "payload": {}},
        {"event_id": {"a": 1}, "metadata": [], "payload": []},
    ],
)
def test_events_of_toggl_that_name_no_entry_of_ours_mark_nothing(door: Door, event: dict[str, Any]) -> None:
    signed = toggl_sign(SECRET, event)
    answer = requests.post(door.tracker_url, data=signed.body, headers=signed.headers, timeout=10)
    assert answer.status_code in (202, 400)
    door.office.sync(PassKind.WAKE)
    with door.office.application.store.read() as work:
        assert work.dirty.count() == {}
        assert work.entries.count() == 0
