"""What a product may send, and how slowly: answers have a deadline and a largest size, and nothing goes elsewhere."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from care_sync.clock import ManualClock
from connectors.conformance.environment import environment
from connectors.errors import ConnectorError, Limited, Malformed, Redirected, Unavailable, WrongCredentials
from connectors.http import LONGEST_ABSENCE_SECONDS, HttpClient, Limits
from connectors.product_settings import NetworkSettings
from connectors.sandbox.server import Answer, Request, SandboxServer
from connectors.transport import DeadlineAdapter

START = datetime(2026, 10, 26, 11, 0, tzinfo=UTC)
SOON = 0.2
"""Seconds of a deadline that is always missed: the product goes on until we hang up."""


@dataclass(frozen=True, slots=True)
class RawAnswer(Answer):
    """An answer of these very bytes."""

    raw: bytes = b""

    @property
    def body(self) -> bytes:
        return self.raw


class Shop(SandboxServer):
    """A product that answers what it is told to."""

    takes_anything = True

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock.now)
        self.next: Answer = Answer(data={"ok": True})

    def answer(self, request: Request) -> Answer:
        return self.next


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def shop(clock: ManualClock) -> Iterator[Shop]:
    with Shop(clock) as server:
        yield server


def client(
    address: str,
    clock: ManualClock,
    *,
    token: str = "never-to-be-seen",
    network: NetworkSettings | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    deadline: float = 60.0,
) -> HttpClient:
    proof = {"Authorization": SecretStr(token)}
    adapter = partial(DeadlineAdapter, deadline)
    return HttpClient("shop", address, proof, environment(clock), limits, network=network, adapter=adapter)


@contextmanager
def endless(first: bytes, then: bytes) -> Iterator[str]:
    """A product that sends ``first``, and then ``then`` again and again until its client hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with suppress(OSError), connection:
                        connection.settimeout(0.05)
                        connection.recv(65536)
                        connection.sendall(first)
                        while True:
                            connection.sendall(then)
                            with suppress(TimeoutError):
                                if not connection.recv(1):
                                    break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"", b"H"),
    ],
    ids=["a body of a length", "a body without one", "chunks", "a header", "a status line"],
)
def test_an_answer_that_drips_is_given_up_at_its_deadline(clock: ManualClock, first: bytes, then: bytes) -> None:
    with endless(first, then) as address, pytest.raises((Unavailable, Malformed)) as raised:
        client(address, clock, deadline=SOON).request("POST", "/things", json={})

    assert raised.value.uncertain
    assert "in time" in str(raised.value) or "cut off" in str(raised.value)


def test_an_answer_without_end_is_too_large(shop: Shop, clock: ManualClock) -> None:
    bomb = gzip.compress(b" " * 80 * 1024 * 1024, compresslevel=1)
    shop.next = RawAnswer(headers={"Content-Encoding": "gzip"}, raw=bomb)

    with pytest.raises(Malformed, match="larger"):
        client(shop.base_url, clock).request("POST", "/things", json={})


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b"[" * 150 + b"]" * 150, "nested too deeply"),
        (b'{"name": "Gr\xfc\xdfe"}', "not UTF-8"),
        ('{"name": "x"}'.encode("utf-16"), "not UTF-8"),
        (b"<html></html>", "not JSON"),
    ],
    ids=["200 KB of brackets", "nested deeply", "latin-1", "utf-16", "html"],
)
def test_what_is_no_sane_json_is_malformed_in_words(shop: Shop, clock: ManualClock, raw: bytes, problem: str) -> None:
    shop.next = RawAnswer(raw=raw)

    with pytest.raises(Malformed, match=problem):
        client(shop.base_url, clock).request("GET", "/things")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "when", ["Fri, 31 Dec 9999 23:59:59 GMT", "999999999", "1e8", "Fri, 31 Dec 9999 23:59:59 -1400"]
)
def test_no_product_keeps_us_away_for_ever(shop: Shop, clock: ManualClock, status: int, when: str) -> None:
    shop.next = Answer(status, {}, {"Retry-After": when})

    with pytest.raises((Limited, Unavailable)) as raised:
        client(shop.base_url, clock).request("GET", "/things")

    assert raised.value.retry_after_seconds is not None
    assert 0 < raised.value.retry_after_seconds <= LONGEST_ABSENCE_SECONDS


def test_a_budget_that_fills_up_in_a_hundred_years_is_asked_tomorrow(shop: Shop, clock: ManualClock) -> None:
    limits = Limits(account="shop:1", remaining="X-Left", resets_in="X-Resets-In")
    shop.next = Answer(data={}, headers={"X-Left": "0", "X-Resets-In": "999999999"})
    asking = client(shop.base_url, clock, limits=limits)
    asking.request("GET", "/things")

    with pytest.raises(Limited) as raised:
        asking.request("GET", "/things")

    assert raised.value.retry_after_seconds == LONGEST_ABSENCE_SECONDS


@pytest.mark.parametrize("token", ["tok€n", "tok\nen", "tok\ud83den"])
def test_a_token_that_no_header_carries_is_a_wrong_credential(shop: Shop, clock: ManualClock, token: str) -> None:
    with pytest.raises(WrongCredentials, match="characters") as raised:
        client(shop.base_url, clock, token=token).request("GET", "/things")

    assert token not in str(raised.value)
    assert shop.requests == []


# ---- elsewhere -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_reported_with_where_it_leads_and_not_followed(
    shop: Shop, clock: ManualClock, status: int
) -> None:
    with Shop(clock) as elsewhere:
        shop.next = Answer(status, {}, {"Location": f"{elsewhere.base_url}/login?token=secret"})

        with pytest.raises(Redirected) as raised:
            client(shop.base_url, clock).request("GET", "/things")

        assert f"{elsewhere.base_url}/login " in str(raised.value)
        assert "secret" not in str(raised.value)
        assert elsewhere.requests == []


def test_a_redirect_to_nowhere_is_reported_too(shop: Shop, clock: ManualClock) -> None:
    shop.next = Answer(302, {}, {"Location": "http://[not an address"})

    with pytest.raises(Redirected, match="cannot be read"):
        client(shop.base_url, clock).request("GET", "/things")


# ---- certificates and proxies ----------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(shop: Shop, authority: trustme.CA) -> str:
    """The shop behind TLS, with a certificate of a private authority; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    shop._server.socket = context.wrap_socket(shop._server.socket, server_side=True)
    return shop.base_url.replace("http://", "https://")


def trusting(authority: trustme.CA, folder: Path) -> NetworkSettings:
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return NetworkSettings(ca_file=path)


def test_a_private_authority_is_trusted_where_the_settings_say_so(
    secure: str, clock: ManualClock, authority: trustme.CA, tmp_path: Path
) -> None:
    answer = client(secure, clock, network=trusting(authority, tmp_path)).request("GET", "/things")

    assert answer.data == {"ok": True}


@pytest.mark.parametrize("other", [False, True], ids=["no authority", "another authority"])
def test_a_certificate_that_nobody_vouches_for_is_reported_as_one_and_nothing_is_sent(
    secure: str, shop: Shop, clock: ManualClock, tmp_path: Path, other: bool
) -> None:
    network = trusting(trustme.CA(), tmp_path) if other else None

    with pytest.raises(Unavailable, match="certificate cannot be verified") as raised:
        client(secure, clock, network=network).request("POST", "/things", json={})

    assert "ca_file" in raised.value.remedy
    assert not raised.value.uncertain
    assert shop.requests == []


def test_a_certificate_of_another_host_is_reported_as_one(
    secure: str, clock: ManualClock, authority: trustme.CA, tmp_path: Path
) -> None:
    address = secure.replace("127.0.0.1", "localhost")

    with pytest.raises(Unavailable, match="certificate cannot be verified"):
        client(address, clock, network=trusting(authority, tmp_path)).request("GET", "/things")


def test_a_ca_file_that_is_not_there_is_reported(secure: str, clock: ManualClock, tmp_path: Path) -> None:
    network = NetworkSettings(ca_file=tmp_path / "nowhere.pem")

    with pytest.raises(Unavailable, match="cannot be asked") as raised:
        client(secure, clock, network=network).request("GET", "/things")

    assert "ca_file" in raised.value.remedy


def test_requests_go_through_the_proxy_of_the_settings(shop: Shop, clock: ManualClock) -> None:
    network = NetworkSettings(proxy=SecretStr(shop.base_url))

    answer = client("http://shop.invalid", clock, network=network).request("GET", "/things")

    assert answer.data == {"ok": True}
    assert shop.requests[0].path == "/things"


def test_a_proxy_of_the_environment_is_not_used(
    shop: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert client(shop.base_url, clock).request("GET", "/things").data == {"ok": True}


def test_a_proxy_that_is_not_there_proves_that_nothing_was_done(clock: ManualClock) -> None:
    network = NetworkSettings(proxy=SecretStr("http://127.0.0.1:1"))

    with pytest.raises(Unavailable, match="proxy") as raised:
        client("http://shop.invalid", clock, network=network).request("POST", "/things", json={})

    assert not raised.value.uncertain


@pytest.mark.parametrize(
    "send", [lambda asking: asking.request("GET", "/things"), lambda asking: asking.request("POST", "/things", json={})]
)
def test_nothing_but_our_own_errors_comes_out(
    shop: Shop, clock: ManualClock, send: Callable[[HttpClient], object]
) -> None:
    for headers in ({"Content-Encoding": "gzip"}, {"Content-Length": "-5"}, {"Transfer-Encoding": "chunked"}):
        shop.next = RawAnswer(headers=headers, raw=b"\x1f\x8bno gzip")
        with pytest.raises(ConnectorError):
            send(client(shop.base_url, clock, deadline=SOON))
