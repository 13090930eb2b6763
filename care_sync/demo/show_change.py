"""Showing what followed from one change: the ticket's difference, what people read, and the ledger's story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from care_sync.demo.follow import CardMoved, Followed
from care_sync.demo.layout import quoted, rows, told
from care_sync.model.account import CONTRA
from care_sync.model.duration import clock
from care_sync.model.transaction import StoredTransaction

MOST_TRANSACTIONS = 8
MOST_OTHERS = 8
LINES_OF_DECISION = 5
"""Scope, route, next step, an empty line, and the reason."""


def show_followed(number: int, subject: str, found: Mapping[int, Followed], *, is_brief: bool = False) -> None:
    """The ticket in full, and the others in a line for those to which the same happened.

    ``is_brief`` leaves out of notes to colleagues what comes after the decision.
    """
    if number in found:
        told("ticket", f"#{number} {subject}")
        _show_ticket(found[number], is_brief=is_brief)
    else:
        told("ticket", f"#{number} {subject}: shows what it showed before")
    others: dict[str, list[int]] = {}
    for other, followed in sorted(found.items()):
        if other != number:
            others.setdefault(_short(followed), []).append(other)
    for short, numbers in others.items():
        listed = ", ".join(f"#{number}" for number in numbers[:MOST_OTHERS])
        more = f" and {len(numbers) - MOST_OTHERS} more" if len(numbers) > MOST_OTHERS else ""
        told("as well", f"{listed}{more}: {short}")


def show_ledger(transactions: Sequence[StoredTransaction], cards: Iterable[CardMoved]) -> None:
    """Transactions in their order, and what is left on the cards that they moved."""
    lines = [_transaction(transaction) for transaction in transactions[:MOST_TRANSACTIONS]]
    if len(transactions) > MOST_TRANSACTIONS:
        lines.append(f"      and {len(transactions) - MOST_TRANSACTIONS} more")
    rows("ledger", lines)
    for card in cards:
        told("card", f"{card.card_id} of {card.customer}: {_left(card.before)} left before, {_left(card.after)} now")


def _transaction(one: StoredTransaction) -> str:
    what = one.kind if one.reverses is None else f"{one.kind} of {one.reverses}"
    legs = ", ".join(f"{leg.account} {_signed(leg.seconds)}" for leg in one.legs if leg.account not in CONTRA)
    clauses = f"   {' '.join(one.clauses)}" if one.reverses is None and one.clauses else ""
    return f"{one.transaction_id:>5} {what:19}{f'{one.work_date:%-d %b}':>7}  {legs}{clauses}"


def _show_ticket(followed: Followed, *, is_brief: bool) -> None:
    if followed.removed_tags:
        told("tags", "  ".join(f"- {tag}" for tag in followed.removed_tags), style="red")
    if followed.added_tags:
        added = "  ".join(f"+ {tag}" for tag in followed.added_tags)
        told("" if followed.removed_tags else "tags", added, style="green")
    rows("fields", [f"{title}: {_text(old)} → {_text(new)}" for title, (old, new) in followed.fields.items()])
    for body in followed.notes:
        quoted("note", "\n".join([*body.splitlines()[:LINES_OF_DECISION], "…"]) if is_brief else body)
    for body in followed.replies:
        quoted("reply", body)


def _short(followed: Followed) -> str:
    parts = [f"- {tag}" for tag in followed.removed_tags] + [f"+ {tag}" for tag in followed.added_tags]
    parts += ["a note"] * len(followed.notes) + ["a reply to the customer"] * len(followed.replies)
    return "  ".join(parts or followed.fields)


def _signed(seconds: int) -> str:
    return f"{'−' if seconds < 0 else '+'}{clock(abs(seconds), with_seconds=True)}"


def _left(seconds: int) -> str:
    return clock(seconds, with_seconds=True)


def _text(value: object) -> str:
    return "empty" if value in (None, "") else str(value)
