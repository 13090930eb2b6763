"""What the store proves by itself: nothing is found in sound books, and whatever is broken is named with its repair."""

from __future__ import annotations

from decimal import Decimal

import pytest

from care_sync.audit.books import audit_books
from care_sync.audit.discrepancy import RESTORE, Discrepancy
from care_sync.billing.invoice import read_invoice
from care_sync.billing.issue import issue
from care_sync.model.invoice import InvoiceDraft
from care_sync.model.lease import SendState
from care_sync.model.time_entry import Link, LinkState
from care_sync.store import Store, UnitOfWork
from connectors.records import EntryState
from rules.model.words import Route
from tests.billing.books import CUSTOMER, HOUR, NOW, TODAY, buy, close, enter, fill, post, settings, worked


def found(work: UnitOfWork, **invoice: object) -> list[Discrepancy]:
    return list(audit_books(work, settings(**invoice)))


def sound(work: UnitOfWork) -> str:
    """Books of a card, an entry on it, and one that counts nowhere; gives the entry's key."""
    fill(work)
    buy(work, 50)
    entry = enter(work, "a", HOUR)
    enter(work, "running", 0, state=EntryState.RUNNING)
    post(work, worked(entry.key, HOUR, Route.HOUR_CARD))
    return entry.key


def test_sound_books_agree(store: Store) -> None:
    with store.begin() as work:
        sound(work)
        assert found(work) == []


def test_a_tampered_leg_is_found_and_only_a_backup_helps(sqlite_store: Store) -> None:
    with sqlite_store.begin() as work:
        sound(work)
        connection = work.ledger._connection
        connection.exec_driver_sql("DROP TRIGGER postings_frozen_update")
        connection.exec_driver_sql("UPDATE postings SET seconds = seconds + 60 WHERE transaction_id = 2 AND line = 1")
        told = {(one.where, one.subject, one.repair) for one in found(work)}

    assert ("ledger", "transaction 2", RESTORE) in told


def test_a_card_below_zero_is_found_unless_the_settings_allow_it(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 1)
        entry = enter(work, "a", 2 * HOUR)
        post(work, worked(entry.key, 2 * HOUR, Route.HOUR_CARD), overdraft=HOUR)
        (below,) = found(work)
        allowed = settings()
        card = allowed.ledger.hour_card.model_copy(update={"overdraft_hours": Decimal(1)})
        ledger = allowed.ledger.model_copy(update={"hour_card": card})
        assert list(audit_books(work, allowed.model_copy(update={"ledger": ledger}))) == []

    assert "below zero" in below.message


def test_an_entry_that_was_edited_and_not_posted_again_is_named_with_its_command(store: Store) -> None:
    with store.begin() as work:
        key = sound(work)
        enter(work, "a", 2 * HOUR)
        assert found(work) == [
            Discrepancy("entries", key, "it lasts 2:00 and 1:00 is booked", "care-sync sync --ticket 1001")
        ]


@pytest.mark.parametrize("gone", ["deleted", "unlinked"])
def test_what_is_booked_and_does_not_count_any_more_is_named(store: Store, gone: str) -> None:
    with store.begin() as work:
        key = sound(work)
        if gone == "deleted":
            enter(work, "a", HOUR, state=EntryState.DELETED)
        else:
            work.entries.set_links({key: Link(LinkState.UNLINKED, reason="no number")})
        (one,) = found(work)

    assert one.message == f"1:00 is booked, but the entry does not count ({gone})"
    assert one.repair == "care-sync sync --ticket 1001"


def test_what_counts_and_is_not_booked_is_named(store: Store) -> None:
    with store.begin() as work:
        sound(work)
        missing = enter(work, "b", 60, ticket_id="2")
        assert found(work) == [
            Discrepancy("entries", missing.key, "it lasts 0:01 and nothing is booked", "care-sync sync --ticket 1002")
        ]


def test_what_is_booked_for_another_ticket_and_what_nobody_knows_are_named(store: Store) -> None:
    with store.begin() as work:
        key = sound(work)
        work.entries.set_links({key: Link(LinkState.LINKED, "2", "5", None, "number", "")})
        post(work, worked(key, HOUR, Route.HOUR_CARD), worked("unknown", 60, Route.SLA))
        told = {one.subject: one.message for one in found(work)}

    assert told[key] == "it is of customer 5, ticket 2, and is booked for customer 5, ticket 1"
    assert told["unknown"] == "0:01 is booked for an entry that the store does not know"


def test_an_invoice_that_would_come_to_something_else_now_is_named(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        entry = enter(work, "a", HOUR)
        close(work, "2026-10", worked(entry.key, HOUR))
        issue(work, read_invoice(work, CUSTOMER, "2026-10", settings()), settings(), today=TODAY, actor="anna")
        assert found(work) == []
        (dearer,) = found(work, rates={2026: "99.00"})
        (missing,) = found(work, rates={})

    assert (dearer.subject, dearer.repair) == ("CS2026-0001", "set ledger.invoice back to what was charged")
    assert "would come to 119.79 now" in dearer.message
    assert "no hourly rate" in missing.message


def test_a_draft_that_was_begun_and_not_finished_is_named_with_its_command(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        entry = enter(work, "a", HOUR)
        close(work, "2026-10", worked(entry.key, HOUR))
        work.invoice_drafts.finish(claim(work), SendState.UNCERTAIN, NOW, error="no answer")
        (uncertain,) = found(work)
        work.invoice_drafts.finish(claim(work), SendState.DONE, NOW, external_id="1")
        assert found(work) == []

    assert uncertain.message == "its draft is uncertain: no answer"
    assert uncertain.repair == 'care-sync invoices push 2026-10 "Bakkerij Van Dam"'


def claim(work: UnitOfWork) -> InvoiceDraft:
    draft = work.invoice_drafts.claim(
        "5", "2026-10", reference="CS-2026-10-5", total=Decimal("114.95"), now=NOW, lease_until=NOW
    )
    assert draft is not None
    return draft
