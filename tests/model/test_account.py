"""Accounts: every name says what it is for and what it is of, and no other text is an account."""

from __future__ import annotations

import pytest

from care_sync.model.account import CONTRA, PENDING, SLA, Account, AccountKind
from care_sync.model.month import Month

OCTOBER = Month("2026-10")


@pytest.mark.parametrize(
    ("account", "kind", "of", "card_id", "month"),
    [
        (Account.card(7), AccountKind.CARD, "7", 7, None),
        (Account.invoice(OCTOBER), AccountKind.INVOICE, "2026-10", None, OCTOBER),
        (Account.fair_use(OCTOBER), AccountKind.FAIR_USE, "2026-10", None, OCTOBER),
        (Account.quote("Q:1 2"), AccountKind.QUOTE, "Q_1_2", None, None),
        (SLA, AccountKind.SLA, "", None, None),
        (PENDING, AccountKind.PENDING, "", None, None),
    ],
)
def test_a_name_says_what_it_is_for_and_what_it_is_of(
    account: Account, kind: AccountKind, of: str, card_id: int | None, month: Month | None
) -> None:
    assert (account.kind, account.of, account.card_id, account.month) == (kind, of, card_id, month)
    assert Account(account) == account


@pytest.mark.parametrize(
    "name",
    ["", "card:", "card:0", "card:07", "card:x", "invoice:2026-13", "invoice", "sla:1", "quote:", "quote:a:b", "x"],
)
def test_another_text_is_no_account(name: str) -> None:
    assert not Account.is_valid(name)
    with pytest.raises(ValueError, match="there is no account"):
        Account(name)


def test_only_accounts_of_a_month_move_to_another_month() -> None:
    november = OCTOBER.next
    assert Account.invoice(OCTOBER).in_month(november) == Account.invoice(november)
    assert Account.fair_use(OCTOBER).in_month(november) == Account.fair_use(november)
    assert Account.card(7).in_month(november) == Account.card(7)
    assert SLA.in_month(november) == SLA


def test_a_customer_pays_for_what_stands_on_cards_and_invoices() -> None:
    assert {kind for kind in AccountKind if kind.is_charged} == {AccountKind.CARD, AccountKind.INVOICE}
    assert Account.card(7).is_charged
    assert not SLA.is_charged


def test_no_entry_stands_on_a_contra_account() -> None:
    assert {account.kind for account in CONTRA} == {kind for kind in AccountKind if kind.is_contra}
