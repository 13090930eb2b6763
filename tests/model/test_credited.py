"""What is given back of a ticket's time, as the ledger tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from care_sync.model.account import PENDING, SLA, WORKED, Account, Leg
from care_sync.model.credited import credited_time
from care_sync.model.month import Month
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.transaction import StoredTransaction, TransactionKind
from rules.model.words import Route

SEPTEMBER, OCTOBER = Month("2026-09"), Month("2026-10")
CARD, INVOICE = Account.card(7), Account.invoice(SEPTEMBER)


def booked(
    number: int, account: Account, seconds: int, key: str = "a", corrects: int | None = None
) -> StoredTransaction:
    return StoredTransaction(
        transaction_id=number,
        kind=TransactionKind.ENTRY,
        organization_id="5",
        period=OCTOBER,
        work_date=date(2026, 9, 7),
        booked_at=datetime(2026, 10, 1, tzinfo=UTC),
        actor="care-sync",
        reason="",
        legs=(Leg(account, seconds), Leg(WORKED, -seconds)),
        entry_key=key,
        corrects=corrects,
    )


def stands(account: Account, seconds: int, key: str = "a") -> PostedEntry:
    basis = Basis("5", "1", Route.SLA, seconds, None, date(2026, 9, 7))
    return PostedEntry(key, "5", "1", OCTOBER, basis, seconds, (Leg(account, seconds),), 1, date(2026, 9, 7))


def parts(*transactions: StoredTransaction, standing: list[PostedEntry]) -> tuple[dict[Account, int], Month | None]:
    time, month = credited_time(transactions, standing, {1: SEPTEMBER})
    return {part.account: part.seconds for part in time}, month


def test_what_was_charged_in_a_closed_month_and_is_free_now_is_credited_with_its_month() -> None:
    story = (booked(1, INVOICE, 3600), booked(2, INVOICE, -3600, corrects=1), booked(3, SLA, 3600))
    assert parts(*story, standing=[stands(SLA, 3600)]) == ({SLA: 3600}, SEPTEMBER)


def test_what_was_never_charged_is_no_credit() -> None:
    held = (booked(1, PENDING, 1800, "b"), booked(2, PENDING, -1800, "b"), booked(3, SLA, 1800, "b"))
    assert parts(*held, standing=[stands(SLA, 1800, "b")]) == ({}, None)


def test_what_is_still_charged_is_no_credit() -> None:
    moved = (booked(1, INVOICE, 3600), booked(2, INVOICE, -3600), booked(3, CARD, 3600))
    assert parts(*moved, standing=[stands(CARD, 3600)]) == ({}, None)


def test_hours_that_were_a_typing_error_are_not_given_back() -> None:
    story = (booked(1, CARD, 36000), booked(2, CARD, -36000), booked(3, CARD, 3600), booked(4, CARD, -3600))
    assert parts(*story, standing=[stands(SLA, 3600)]) == ({SLA: 3600}, None)


def test_a_deleted_entry_is_no_credit() -> None:
    assert parts(booked(1, CARD, 3600), booked(2, CARD, -3600), standing=[]) == ({}, None)
