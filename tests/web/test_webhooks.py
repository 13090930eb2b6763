"""Webhooks over real HTTP: what is taken, what is refused, and that refusals leave no trace."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests

from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.model.mark import DirtyKind
from care_sync.store import Store
from care_sync.web import WebContext, WebServer, create_app
from care_sync.web.app import LARGEST_BODY
from connectors.errors import BadSignature, Malformed
from connectors.protocols import Helpdesk, TimeTracker
from connectors.records import WebhookCall

SECRET = b"hush"


@dataclass
class SigningProduct:
    """A product that signs its calls, as helpdesk and as time tracker."""

    product: str
    account: str = "42"

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        if not hmac.compare_digest(headers.get("x-signature", ""), sign(body)):
            raise BadSignature(self.product, f"signature of {SECRET!r} does not match")
        try:
            content = json.loads(body)
        except ValueError:
            raise Malformed(self.product, "not JSON at byte 17 of a secret body") from None
        if "challenge" in content:
            return WebhookCall("", answer={"validation_code": content["challenge"]})
        return WebhookCall(
            content["id"], ticket_ids=tuple(content.get("tickets", ())), entry_ids=tuple(content.get("entries", ()))
        )


@dataclass
class Site:
    """A running server, and what it was asked to do."""

    store: Store
    clock: ManualClock
    address: str = ""
    woken: list[bool] = field(default_factory=list)

    def post(self, path: str, content: Any = None, *, body: bytes | None = None, **headers: str) -> requests.Response:
        body = json.dumps(content).encode() if body is None else body
        return requests.post(self.address + path, data=body, headers={"X-Signature": sign(body), **headers}, timeout=10)

    def marked(self) -> dict[str, list[str]]:
        with self.store.read() as work:
            return {kind.value: sorted(keys) for kind in DirtyKind if (keys := work.dirty.take(kind))}


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


@pytest.fixture
def site(sqlite_store: Store, clock: ManualClock) -> Iterator[Site]:
    running = Site(sqlite_store, clock)
    context = WebContext(
        store=sqlite_store,
        clock=clock,
        helpdesk=cast("Helpdesk", SigningProduct("desk")),
        trackers={"ours": cast("TimeTracker", SigningProduct("tracker"))},
        wake=lambda: running.woken.append(True),
        late_after_seconds=900,
    )
    server = WebServer(create_app(context), "127.0.0.1", 0)
    server.start()
    running.address = server.address
    yield running
    server.stop()


def test_a_ticket_that_changed_is_marked_to_be_read_and_the_daemon_is_woken(site: Site) -> None:
    answer = site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7", "8"]})

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert site.marked() == {"fetch_ticket": ["7", "8"]}
    assert site.woken == [True]


def test_an_entry_that_changed_is_marked_by_its_full_key(site: Site) -> None:
    assert site.post("/webhooks/tracker/ours", {"id": "d1", "entries": ["99"]}).status_code == 202
    assert site.marked() == {"fetch_entry": ["tracker:42:99"]}


def test_a_replay_is_answered_kindly_and_does_nothing(site: Site) -> None:
    site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7"]})
    with site.store.begin() as work:
        work.dirty.clear(DirtyKind.FETCH_TICKET, work.dirty.take(DirtyKind.FETCH_TICKET))

    answer = site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7"]})

    assert (answer.status_code, answer.json()) == (200, {"status": "seen before"})
    assert site.marked() == {}
    assert site.woken == [True]


def test_of_the_same_delivery_many_times_at_once_one_is_taken(site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7"]}), range(8))
        )

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]


def test_a_handshake_is_answered_with_what_the_product_asks(site: Site) -> None:
    answer = site.post("/webhooks/tracker/ours", {"challenge": "c0de"})

    assert (answer.status_code, answer.json()) == (200, {"validation_code": "c0de"})
    assert site.marked() == {}


@pytest.mark.parametrize("signature", ["", "forged", "0" * 64])
def test_a_call_that_is_not_genuine_leaves_no_trace_and_learns_nothing(site: Site, signature: str) -> None:
    answer = site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7"]}, **{"X-Signature": signature})

    assert (answer.status_code, answer.json()) == (401, {"error": "the signature does not hold"})
    assert site.marked() == {}
    assert site.post("/webhooks/helpdesk/desk", {"id": "d1", "tickets": ["7"]}).status_code == 202


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"<html>"])
def test_a_body_that_cannot_be_read_is_refused_without_details(site: Site, body: bytes) -> None:
    answer = site.post("/webhooks/helpdesk/desk", body=body)

    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not what this product sends"})
    assert site.marked() == {}


def test_a_body_over_the_limit_is_refused_by_its_announced_length(site: Site) -> None:
    answer = site.post("/webhooks/helpdesk/desk", body=b"x" * (LARGEST_BODY + 1))

    assert answer.status_code == 413
    assert site.marked() == {}


def test_a_body_over_the_limit_is_refused_while_it_comes_in(site: Site) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 1000 + 2):
            yield b"x" * 1000

    try:
        status = requests.post(f"{site.address}/webhooks/helpdesk/desk", data=endless(), timeout=10).status_code
    except requests.ConnectionError:  # the server may hang up while we still send
        status = 413

    assert status == 413
    assert site.marked() == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/webhooks/helpdesk/other", 404),
        ("POST", "/webhooks/tracker/tracker", 404),
        ("POST", "/webhooks/helpdesk/desk/more", 404),
        ("GET", "/webhooks/helpdesk/desk", 405),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/", 404),
    ],
)
def test_there_is_nothing_else_here(site: Site, method: str, path: str, status: int) -> None:
    assert requests.request(method, site.address + path, timeout=10).status_code == status


def test_what_goes_wrong_inside_is_answered_as_temporary_and_tells_nothing(site: Site) -> None:
    answer = site.post("/webhooks/helpdesk/desk", {"no": "id"})  # the product's own code fails on it

    assert (answer.status_code, answer.json()) == (503, {"error": "temporarily unavailable"})
    assert answer.headers["Retry-After"] == "30"
    assert "server" not in answer.headers


def test_health_tells_how_late_we_are(site: Site) -> None:
    assert requests.get(f"{site.address}/health", timeout=10).json()["status"] == "late"
    with site.store.begin() as work:
        work.passes.start("p1", "poll", site.clock.now())
        work.passes.finish("p1", site.clock.now(), {})
    site.clock.advance(timedelta(minutes=5))

    health = requests.get(f"{site.address}/health", timeout=10).json()

    assert (health["status"], health["lag_seconds"]) == ("ok", 300)
    site.clock.advance(timedelta(minutes=15))
    assert requests.get(f"{site.address}/health", timeout=10).json()["status"] == "late"


def test_a_port_that_is_taken_is_told(site: Site) -> None:
    port = urlsplit(site.address).port or 0

    with pytest.raises(UserError, match=f"cannot listen on 127.0.0.1:{port}"):
        WebServer(create_app(cast("WebContext", None)), "127.0.0.1", port).start()


def test_a_caller_that_hangs_up_does_no_harm(site: Site) -> None:
    port = urlsplit(site.address).port or 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST /webhooks/helpdesk/desk HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")

    assert requests.get(f"{site.address}/health", timeout=10).status_code == 200
    assert site.marked() == {}
