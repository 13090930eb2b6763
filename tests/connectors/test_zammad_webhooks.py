"""Zammad's webhook calls are proven by their signature, and believed in nothing but the ticket's id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.zammad.webhooks import SIGNATURE_HEADER, read_webhook, signature
from tests.conformance.zammad_bed import WEBHOOK_SECRET, ZammadBed

SECRET = SecretStr(WEBHOOK_SECRET)


@pytest.fixture
def bed() -> Iterator[ZammadBed]:
    with ZammadBed.open() as bed:
        yield bed


def signed(body: bytes, delivery: str = "1") -> dict[str, str]:
    return {SIGNATURE_HEADER: signature(SECRET, body), "x-zammad-delivery": delivery}


def test_the_signature_is_an_hmac_of_the_body() -> None:
    # The published test vector of HMAC-SHA1 with the key "Jefe" (RFC 2202, case 2).
    told = signature(SecretStr("Jefe"), b"what do ya want for nothing?")

    assert told == "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"


def test_the_usual_body_and_our_own_name_the_ticket() -> None:
    for body in (
        b'{"ticket": {"id": 7, "number": "53007"}, "article": {}}',
        b'{"ticket_id": 7}',
        b'{"ticket_id": "7"}',
    ):
        assert read_webhook(signed(body), body, [SECRET]).ticket_ids == ("7",)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "sha1="},
        {SIGNATURE_HEADER: signature(SecretStr("other"), b"{}")},
        {SIGNATURE_HEADER: signature(SECRET, b"{}").removeprefix("sha1=")},
        {SIGNATURE_HEADER: signature(SECRET, b"{}").replace("sha1", "sha256")},
        {SIGNATURE_HEADER: "sha1=é"},
    ],
)
def test_a_call_that_is_not_signed_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature) as raised:
        read_webhook(headers, b"{}", [SECRET])

    assert raised.value.remedy
    assert WEBHOOK_SECRET not in str(raised.value)


def test_without_a_configured_secret_every_call_is_refused(bed: ZammadBed) -> None:
    with pytest.raises(BadSignature) as raised:
        bed.helpdesk(webhook_secret=None).webhook(signed(b"{}"), b"{}", bed.now())

    assert "webhook_secret" in raised.value.remedy


def test_a_call_that_is_tried_again_is_the_same_delivery_and_a_new_one_is_not() -> None:
    body = b'{"ticket_id": 7}'

    once, again, later = (read_webhook(signed(body, told), body, [SECRET]).delivery_id for told in ("1", "1", "2"))

    assert once == again
    assert once != later


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b"null", b"[" * 100_000])
def test_a_body_of_another_kind_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_webhook(signed(body), body, [SECRET])


@pytest.mark.parametrize(
    "body", [b"{}", b'{"ticket": null}', b'{"ticket": {"id": null}}', b'{"ticket_id": true}', b'{"ticket_id": "../7"}']
)
def test_a_body_that_names_no_ticket_points_at_none(body: bytes) -> None:
    assert read_webhook(signed(body), body, [SECRET]).ticket_ids == ()


def test_what_the_sandbox_sends_is_genuine_and_sent_again_until_it_is_taken(bed: ZammadBed) -> None:
    bed.server.webhooks.subscribe(f"{bed.server.base_url}/nowhere", WEBHOOK_SECRET)
    ticket_id = bed.file_ticket("Menu broken")
    (waiting,) = bed.server.webhooks.waiting

    call = bed.helpdesk().webhook(waiting.headers, waiting.body, bed.now())
    tried = [bed.server.webhooks.deliver() for _ in range(6)]

    assert call.ticket_ids == (ticket_id,)
    assert [len(one) for one in tried] == [1, 1, 1, 1, 1, 0]
