"""Two webhook secrets count while one is replaced by the other, whatever the product; what is named is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.conformance.tracker_bed import at
from connectors.errors import BadSignature, Malformed
from connectors.webhook_proof import MOST_IDS, content_of, named_ids, require_proof
from tests.conformance import freshdesk_bed, redmine_bed, toggl_bed, zammad_bed, zendesk_bed

NEW = "5e21b7c49d3f0a11f6e8"
HELPDESKS = [
    (freshdesk_bed.FreshdeskBed, freshdesk_bed.WEBHOOK_SECRET),
    (zammad_bed.ZammadBed, zammad_bed.WEBHOOK_SECRET),
    (zendesk_bed.ZendeskBed, zendesk_bed.WEBHOOK_SECRET),
]
TRACKERS = [(toggl_bed.TogglBed, toggl_bed.WEBHOOK_SECRET), (redmine_bed.RedmineBed, redmine_bed.WEBHOOK_SECRET)]


@pytest.fixture(params=HELPDESKS, ids=lambda pair: pair[0].__name__)
def helpdesk(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    kind, secret = request.param
    with kind.open() as bed:
        yield bed, secret


def test_a_helpdesks_call_of_the_previous_secret_counts_while_it_is_kept(helpdesk: tuple[Any, str]) -> None:
    bed, old = helpdesk
    ticket_id = bed.file_ticket("Menu broken")
    headers, body = bed.webhook_call(ticket_id)

    rotating = bed.helpdesk(webhook_secret=NEW, previous_webhook_secret=old)
    assert rotating.webhook(headers, body, bed.now()).ticket_ids == (ticket_id,)
    with pytest.raises(BadSignature):
        bed.helpdesk(webhook_secret=NEW).webhook(headers, body, bed.now())


@pytest.fixture(params=TRACKERS, ids=lambda pair: pair[0].__name__)
def tracker(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    kind, secret = request.param
    with kind.open() as bed:
        yield bed, secret


def test_a_trackers_call_of_the_previous_secret_counts_while_it_is_kept(tracker: tuple[Any, str]) -> None:
    bed, old = tracker
    entry_id = bed.write_down(at(9), 900)
    headers, body = bed.webhook_call(entry_id)

    rotating = bed.tracker(webhook_secret=NEW, previous_webhook_secret=old)
    assert rotating.webhook(headers, body, bed.clock.now()).entry_ids == (entry_id,)
    with pytest.raises(BadSignature):
        bed.tracker(webhook_secret=NEW).webhook(headers, body, bed.clock.now())


@pytest.mark.parametrize("given", ["", "é", "\ud83d", "right", "x" * 1_000_000])
def test_no_secret_is_proven_by_nothing(given: str) -> None:
    for secrets in ([], [SecretStr("other-secret-0001")]):
        with pytest.raises(BadSignature) as raised:
            require_proof("shop", given, secrets, lambda secret: secret.decode(), setting="secret", source="the shop")
        assert raised.value.remedy


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff", b"[]", b"null", b'"x"', b"", b"nothing"])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"the body of a webhook call is (not|nested)"):
        content_of("shop", body)


def test_ids_are_of_the_products_form_each_once_and_not_too_many() -> None:
    odd: list[object] = [None, True, 1.5, "", "../7", "7 ", "x" * 900_000, "１２", [7], {"id": 7}, 10**30]

    assert named_ids([7, "7", *odd, 8]) == ("7", "8")
    assert len(named_ids(range(111_000))) == MOST_IDS
