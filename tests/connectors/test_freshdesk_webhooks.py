"""Freshdesk's webhook calls: a shared secret is all that proves them, so it is compared with care."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.freshdesk.webhooks import HEADER, read_webhook
from tests.conformance.freshdesk_bed import WEBHOOK_SECRET, FreshdeskBed

PROOF = {HEADER: WEBHOOK_SECRET}


@pytest.fixture
def bed() -> Iterator[FreshdeskBed]:
    with FreshdeskBed.open() as bed:
        yield bed


def test_both_kinds_of_body_name_the_ticket(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()

    for is_simple in (False, True):
        headers, body = bed.webhook_call(ticket_id, is_simple=is_simple)
        assert helpdesk.webhook(headers, body, bed.now()).ticket_ids == (ticket_id,)


@pytest.mark.parametrize(
    "secret", ["", "wrong", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", "sécret", WEBHOOK_SECRET.upper()]
)
def test_a_call_without_the_very_secret_is_refused(bed: FreshdeskBed, secret: str) -> None:
    with pytest.raises(BadSignature) as raised:
        bed.helpdesk().webhook({HEADER: secret}, b'{"ticket_id": 1}', bed.now())

    assert raised.value.remedy
    assert WEBHOOK_SECRET not in str(raised.value)


def test_without_a_configured_secret_every_call_is_refused(bed: FreshdeskBed) -> None:
    with pytest.raises(BadSignature) as raised:
        bed.helpdesk(webhook_secret=None).webhook({HEADER: ""}, b"{}", bed.now())

    assert "webhook_secret" in raised.value.remedy


def test_two_changes_of_one_ticket_are_two_deliveries_though_their_calls_are_alike(bed: FreshdeskBed) -> None:
    headers, body = bed.webhook_call(bed.file_ticket("Menu broken"))
    helpdesk, now = bed.helpdesk(), bed.now()

    first = helpdesk.webhook(headers, body, now)
    same = helpdesk.webhook(headers, body, now + timedelta(milliseconds=300))
    later = helpdesk.webhook(headers, body, now + timedelta(seconds=1))

    assert first.delivery_id == same.delivery_id
    assert first.delivery_id != later.delivery_id


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"null", b'"1"', b"[" * 100_000])
def test_a_body_of_another_kind_is_malformed(bed: FreshdeskBed, body: bytes) -> None:
    with pytest.raises(Malformed):
        read_webhook(PROOF, body, bed.now(), [SecretStr(WEBHOOK_SECRET)])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"ticket_id": null}',
        b'{"ticket_id": "INC-7"}',
        b'{"ticket_id": true}',
        b'{"ticket_id": [7]}',
        b'{"ticket_id": -7}',
        b'{"ticket_id": "../7"}',
        b'{"ticket": {"id": 7}}',
    ],
)
def test_a_body_that_names_no_ticket_points_at_none(bed: FreshdeskBed, body: bytes) -> None:
    assert read_webhook(PROOF, body, bed.now(), [SecretStr(WEBHOOK_SECRET)]).ticket_ids == ()


def test_a_number_as_text_is_a_ticket_too(bed: FreshdeskBed) -> None:
    assert read_webhook(PROOF, b'{"ticket_id": "7"}', bed.now(), [SecretStr(WEBHOOK_SECRET)]).ticket_ids == ("7",)
