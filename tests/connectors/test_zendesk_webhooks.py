"""Zendesk's webhook calls: both kinds of body, proof, age, and delivery over real HTTP, twice and out of order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.errors import BadSignature, Malformed
from connectors.records import WebhookCall
from connectors.sandbox.zendesk_webhooks import Delivery, Webhook
from connectors.zendesk.webhooks import OLDEST, SIGNATURE_HEADER, TIMESTAMP_HEADER
from tests.conformance.zendesk_bed import WEBHOOK_SECRET, ZendeskBed
from tests.connectors.zendesk_recorded import recorded

HOOK = Webhook(1, "http://127.0.0.1/hook", WEBHOOK_SECRET)


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        yield bed


def read(bed: ZendeskBed, delivery: Delivery) -> WebhookCall:
    return bed.helpdesk().webhook(delivery.headers, delivery.body, bed.now())


def signed(bed: ZendeskBed, body: bytes) -> Delivery:
    return bed.server.webhooks.sign(HOOK, body)


@contextmanager
def receiver(bed: ZendeskBed) -> Iterator[tuple[str, list[WebhookCall]]]:
    """A place on loopback that takes calls as the daemon does."""
    taken: list[WebhookCall] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                taken.append(bed.helpdesk().webhook(headers, body, bed.now()))
                self.send_response(200)
            except BadSignature:
                self.send_response(401)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/zendesk", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_signature_is_that_of_the_published_procedure(bed: ZendeskBed) -> None:
    stamp, body = "2026-10-26T11:00:00Z", b'{"ticket_id": "1001"}'
    digest = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode() + body, hashlib.sha256).digest()
    headers = {SIGNATURE_HEADER: base64.b64encode(digest).decode(), TIMESTAMP_HEADER: stamp}

    assert bed.helpdesk().webhook(headers, body, bed.now()).ticket_ids == ("1001",)


def test_an_event_of_any_kind_points_at_its_ticket(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.tag(ticket_id, "vip")
    bed.edit(ticket_id, subject="Menu gone", cause="care")
    bed.move(ticket_id, "Globex")
    bed.delete(ticket_id)
    kinds = [one.kind for one in bed.server.webhooks.waiting]

    calls = [read(bed, bed.server.webhooks.call(one, HOOK)) for one in bed.server.webhooks.waiting]

    assert {"created", "tags_changed", "subject_changed", "organization_changed", "soft_deleted"} <= set(kinds)
    assert {one.ticket_ids for one in calls} == {(ticket_id,)}
    assert len({one.delivery_id for one in calls}) == len(calls)


def test_the_envelope_of_an_event_has_the_recorded_names(bed: ZendeskBed, shared_fixtures: Path) -> None:
    _, told, _ = recorded(shared_fixtures, "GET", r"webhooks/\w+/invocations/\w+/attempts")
    sent = told["attempts"][0]["request"]
    bed.file_ticket("Menu broken")

    ours = bed.server.webhooks.call(bed.server.webhooks.waiting[0], HOOK)

    theirs = json.loads(sent["payload"])
    assert list(json.loads(ours.body)) == list(theirs)
    assert {one["key"].lower() for one in sent["headers"]} <= set(ours.headers)


def test_a_triggers_call_points_at_its_ticket(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    headers, body = bed.webhook_call(ticket_id, by_trigger=True)

    assert bed.helpdesk().webhook(headers, body, bed.now()).ticket_ids == (ticket_id,)


@pytest.mark.parametrize(
    ("body", "ticket_ids"),
    [
        (b"", ()),
        (b"{}", ()),
        (b'{"ticket_id": 1001}', ("1001",)),
        (b'{"ticket_id": "1001"}', ("1001",)),
        (b'{"ticket": {"id": 1001}}', ("1001",)),
        (b'{"ticket_id": "1001; DROP TABLE"}', ()),
        (b'{"ticket_id": null}', ()),
        (b'{"ticket": [1]}', ()),
        (b'{"type": "zen:event-type:user.created", "id": "x", "detail": {"id": "7"}}', ()),
        (b'{"type": "zen:event-type:ticket.created", "id": "x", "detail": {"id": "7"}}', ("7",)),
        (b'{"type": "zen:event-type:ticket.created", "id": "x", "detail": null}', ()),
    ],
)
def test_a_body_is_a_hint_and_no_more(bed: ZendeskBed, body: bytes, ticket_ids: tuple[str, ...]) -> None:
    assert read(bed, signed(bed, body)).ticket_ids == ticket_ids


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"null", b'"x"', b"\xff\xfe", b'{"ticket_id":', b"[" * 100_000])
def test_a_genuine_call_with_another_body_is_malformed(bed: ZendeskBed, body: bytes) -> None:
    with pytest.raises(Malformed):
        read(bed, signed(bed, body))


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-10-26T11:00:00", "1793012400", "\ud800"])
def test_a_time_stamp_that_is_no_time_is_refused(bed: ZendeskBed, stamp: str) -> None:
    body = b'{"ticket_id": "1001"}'
    digest = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode(errors="replace") + body, hashlib.sha256).digest()
    headers = {SIGNATURE_HEADER: base64.b64encode(digest).decode(), TIMESTAMP_HEADER: stamp}

    with pytest.raises(BadSignature):
        bed.helpdesk().webhook(headers, body, bed.now())


@pytest.mark.parametrize("off_by", [-OLDEST, OLDEST])
def test_a_call_at_the_end_of_its_time_is_still_taken(bed: ZendeskBed, off_by: timedelta) -> None:
    delivery = signed(bed, b'{"ticket_id": "1001"}')

    assert bed.helpdesk().webhook(delivery.headers, delivery.body, bed.now() + off_by).ticket_ids == ("1001",)
    with pytest.raises(BadSignature):
        bed.helpdesk().webhook(delivery.headers, delivery.body, bed.now() + off_by + off_by / 300)


def test_a_time_stamp_that_was_exchanged_is_refused(bed: ZendeskBed) -> None:
    delivery = signed(bed, b'{"ticket_id": "1001"}')
    bed.later(timedelta(hours=1))
    fresh = signed(bed, b"{}").headers[TIMESTAMP_HEADER]

    with pytest.raises(BadSignature):
        bed.helpdesk().webhook({**delivery.headers, TIMESTAMP_HEADER: fresh}, delivery.body, bed.now())


def test_without_a_configured_secret_nothing_is_believed(bed: ZendeskBed) -> None:
    delivery = signed(bed, b'{"ticket_id": "1001"}')

    with pytest.raises(BadSignature, match="no secret"):
        bed.helpdesk(webhook_secret=None).webhook(delivery.headers, delivery.body, bed.now())


@pytest.mark.parametrize("by_trigger", [False, True])
def test_calls_come_twice_and_out_of_order_over_the_line(bed: ZendeskBed, by_trigger: bool) -> None:
    with receiver(bed) as (url, taken):
        bed.server.webhooks.subscribe(url, WEBHOOK_SECRET, by_trigger=by_trigger)
        bed.server.webhooks.sends_twice = bed.server.webhooks.newest_first = True
        first = bed.file_ticket("First")
        second = bed.file_ticket("Second")

        statuses = bed.server.webhooks.deliver()

    assert statuses == [200] * 4
    assert [one.ticket_ids[0] for one in taken] == [second, first, second, first]
    assert len({one.delivery_id for one in taken}) == 2
    assert bed.server.webhooks.waiting == []


def test_a_call_signed_with_another_secret_is_turned_away(bed: ZendeskBed) -> None:
    with receiver(bed) as (url, taken):
        bed.server.webhooks.subscribe(url, "another secret")
        bed.file_ticket("Menu broken")

        assert bed.server.webhooks.deliver() == [401]
    assert taken == []
