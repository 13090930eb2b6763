"""The ledger as a plain-text journal that accounting tools read: hledger, and Beancount.

Terms
    journal    every transaction with its legs, in whole seconds, as text; the commodity is ``SEC``
    account    our account below one of the five roots that both tools know: ``card:7`` of customer 360001 is
               ``Liabilities:Customer-360001:Card:7``
    assertion  what an account must come to in the end; the tools refuse the journal when it does not

Every transaction stands in the month that it was booked in: on the day of the work where that day lies in it,
otherwise on the month's first day. So the tools' monthly
balances are the ledger's periods. The day of the work, the entry, the
ticket, clauses, and what a transaction takes back or corrects are written beside it.

Promise: the tools come to the same balance as the ledger for every account, to the second; the same ledger gives the
same text. Works through the chain in pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from care_sync.billing.texts import one_line
from care_sync.model.account import WORKED
from care_sync.model.month import Month
from care_sync.model.transaction import StoredTransaction
from care_sync.store import UnitOfWork

COMMODITY = "SEC"
_ROOTS = {
    "sla": "Expenses",
    "fair_use": "Expenses",
    "quote": "Expenses",
    "waived": "Expenses",
    "invoice": "Assets",
    "pending": "Assets",
    "review": "Assets",
    "card": "Liabilities",
    WORKED: "Income",
}
"""By the kind of account; every other is equity: it is where cards come from and go to."""


class Tool(StrEnum):
    """Whom the journal is for."""

    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


@dataclass(frozen=True, slots=True)
class _Summary:
    """What must be known before the first line: every account, what it comes to, and the days between."""

    balances: Mapping[tuple[str, str], int]
    first_day: date
    last_day: date


def journal(work: UnitOfWork, tool: Tool, organization_id: str | None = None) -> Iterator[str]:
    """Yield the journal line by line, of one customer or of all."""
    summary = _summarise(work, organization_id)
    if summary is None:
        yield _comment(tool, "The ledger is empty.")
        return
    names = {organization.id: organization.name for organization in work.organizations.all()}
    yield _comment(tool, "The ledger of CareSync, in whole seconds.")
    yield from _BEGINNINGS[tool]
    for organization_id_, account in sorted(summary.balances):
        yield from _OPENINGS[tool](
            name_of(organization_id_, account), names.get(organization_id_, ""), summary.first_day
        )
    for transaction in _chosen(work, organization_id):
        yield ""
        yield from _TRANSACTIONS[tool](transaction)
    yield ""
    yield from _ASSERTIONS[tool](summary)


def name_of(organization_id: str, account: str) -> str:
    """What both tools call an account: letters, digits and hyphens between colons."""
    kind, _, reference = account.partition(":")
    parts = [_ROOTS.get(kind, "Equity"), f"Customer-{_encoded(organization_id)}", kind.title().replace("_", "")]
    if reference:
        parts.append(_encoded(reference) if kind == "quote" else reference)
    return ":".join(parts)


def day_of(transaction: StoredTransaction) -> date:
    """The day that a transaction stands on in the journal: in its own month, whatever month the work was done in."""
    if Month.of(transaction.work_date) == transaction.period:
        return transaction.work_date
    return date.fromisoformat(f"{transaction.period}-01")


def _summarise(work: UnitOfWork, organization_id: str | None) -> _Summary | None:
    balances: dict[tuple[str, str], int] = {}
    days: list[date] = []
    for transaction in _chosen(work, organization_id):
        day = day_of(transaction)
        days = [min([day, *days]), max([day, *days])]
        for leg in transaction.legs:
            key = (transaction.organization_id, leg.account)
            balances[key] = balances.get(key, 0) + leg.seconds
    return _Summary(balances, *days) if days else None


def _chosen(work: UnitOfWork, organization_id: str | None) -> Iterator[StoredTransaction]:
    for transaction in work.ledger.each():
        if organization_id in (None, transaction.organization_id):
            yield transaction


def _details(transaction: StoredTransaction) -> dict[str, str]:
    """What is written beside a transaction."""
    details = {
        "transaction": str(transaction.transaction_id),
        "entry": transaction.entry_key or "",
        "revision": str(transaction.entry_revision or ""),
        "ticket": transaction.ticket_id or "",
        "workdate": transaction.work_date.isoformat(),
        "booked": transaction.booked_at.isoformat(),
        "rules": " ".join(transaction.rules),
        "clauses": " ".join(transaction.clauses),
        "reverses": str(transaction.reverses or ""),
        "corrects": str(transaction.corrects or ""),
        "actor": transaction.actor,
        "hash": transaction.hash,
    }
    return {name: one_line(value) for name, value in details.items() if value}


def _encoded(text: str) -> str:
    """Letters and digits as they are, every other sign as its code point, so that no two ids become one."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in text)


def _comment(_tool: Tool, text: str) -> str:
    return f"; {text}"


# --- hledger ------------------------------------------------------------------------------------------------------


def _hledger_account(name: str, customer: str, _day: date) -> Iterator[str]:
    text = f"  ; customer: {_tag(customer)}" if customer else ""
    yield f"account {name}{text}"


def _hledger_transaction(transaction: StoredTransaction) -> Iterator[str]:
    text = one_line(transaction.reason).replace(";", ",").replace("|", "/")
    yield f"{day_of(transaction)} * ({transaction.transaction_id}) {transaction.kind} | {text}".rstrip()
    for name, value in _details(transaction).items():
        yield f"    ; {name}: {_tag(value)}"
    for leg in transaction.legs:
        yield f"    {name_of(transaction.organization_id, leg.account)}  {leg.seconds} {COMMODITY}"


def _hledger_assertions(summary: _Summary) -> Iterator[str]:
    yield f"{summary.last_day + timedelta(days=1)} * balances | what every account must come to"
    for (organization_id, account), seconds in sorted(summary.balances.items()):
        yield f"    {name_of(organization_id, account)}  0 {COMMODITY} = {seconds} {COMMODITY}"


def _tag(value: str) -> str:
    """A tag's value ends at a comma, and at the end of its line."""
    return one_line(value).replace(",", " ")


# --- Beancount ----------------------------------------------------------------------------------------------------


def _beancount_account(name: str, customer: str, day: date) -> Iterator[str]:
    yield f"{day} open {name} {COMMODITY}"
    if customer:
        yield f"  customer: {_quoted(customer)}"


def _beancount_transaction(transaction: StoredTransaction) -> Iterator[str]:
    yield f"{day_of(transaction)} * {_quoted(transaction.kind)} {_quoted(transaction.reason)}"
    for name, value in _details(transaction).items():
        yield f"  {name}: {_quoted(value)}"
    for leg in transaction.legs:
        yield f"  {name_of(transaction.organization_id, leg.account)}  {leg.seconds} {COMMODITY}"


def _beancount_assertions(summary: _Summary) -> Iterator[str]:
    for (organization_id, account), seconds in sorted(summary.balances.items()):
        day = summary.last_day + timedelta(days=1)
        yield f"{day} balance {name_of(organization_id, account)}  {seconds} {COMMODITY}"


def _quoted(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_BEGINNINGS: Mapping[Tool, tuple[str, ...]] = {
    Tool.HLEDGER: (f"commodity 1. {COMMODITY}", ""),
    Tool.BEANCOUNT: ('option "title" "CareSync"', f'option "operating_currency" "{COMMODITY}"', ""),
}
_OPENINGS: Mapping[Tool, Callable[[str, str, date], Iterator[str]]] = {
    Tool.HLEDGER: _hledger_account,
    Tool.BEANCOUNT: _beancount_account,
}
_TRANSACTIONS: Mapping[Tool, Callable[[StoredTransaction], Iterator[str]]] = {
    Tool.HLEDGER: _hledger_transaction,
    Tool.BEANCOUNT: _beancount_transaction,
}
_ASSERTIONS: Mapping[Tool, Callable[[_Summary], Iterator[str]]] = {
    Tool.HLEDGER: _hledger_assertions,
    Tool.BEANCOUNT: _beancount_assertions,
}
