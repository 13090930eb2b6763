"""How fast a history is decided by two rule books: beside the bare decisions of the same facts, in the same run.

    python -m benchmarks.replay_speed            (100,000 tickets; --tickets for another number)

A history in memory: tickets with the facts of the shipped cases, one kind of work on each, one time entry each, fifty
customers with an hour card. The new rules want a quote above three hours instead of four. What is timed is everything
that ``care-sync rules replay`` does but reading the store and printing. Ratios carry over to other machines, seconds do
not.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import process_time

from care_sync.model.allocation import CardCapacity
from care_sync.model.hour_card import HourCard
from care_sync.model.terms import Terms
from care_sync.replay.compare import FactReader, compare
from care_sync.replay.history import CustomerHistory, History, Subject, WorkedTime
from connectors.records import Organization, Ticket, TicketStatus
from rules.loading import SHIPPED, load_text
from rules.proving.cases import read_cases

SINCE = date(2026, 1, 1)
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
CUSTOMERS = 50
ROUNDS = 3


def history(number: int) -> History:
    """A history of so many tickets, the same each time."""
    chance = random.Random(1)
    book = load_text(SHIPPED.read_text(encoding="utf-8"))
    cases = read_cases(SHIPPED.with_name("care.cases.yaml").read_text(encoding="utf-8"), "care.cases.yaml", book)
    situations = [case.facts for case in cases if "activity" not in case.facts]
    subjects: list[Subject] = []
    tickets: dict[str, Ticket] = {}
    worked: dict[str, list[WorkedTime]] = {f"o{key}": [] for key in range(CUSTOMERS)}
    for key in range(number):
        ticket_id, organization_id = f"t{key}", f"o{chance.randrange(CUSTOMERS)}"
        at = BEGIN + timedelta(minutes=chance.randrange(300 * 24 * 60))
        facts = chance.choice(situations)
        tickets[ticket_id] = Ticket(
            ticket_id, ticket_id, "", TicketStatus.OPEN, at, at, organization_id=organization_id
        )
        for activity in ("", "work"):
            given = {**facts, "activity": activity} if activity else facts
            subjects.append(Subject(ticket_id, activity, given, at.date(), organization_id))
        worked[organization_id].append(
            WorkedTime(f"e{key}", ticket_id, "work", 60 * chance.randrange(5, 120), at.date(), at)
        )
    customers = {
        key: CustomerHistory(
            Organization(key, key),
            (HourCard(card_id, key, SINCE, 200 * 3600, Decimal(95), ""),),
            (CardCapacity(card_id, SINCE, 200 * 3600),),
            Terms(allowance=lambda _period: 3600),
            tuple(many),
        )
        for card_id, (key, many) in enumerate(worked.items(), 1)
    }
    return History(SINCE, tuple(subjects), customers, tickets)


def main() -> None:
    """Time it, and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    wanted = parser.parse_args().tickets
    text = SHIPPED.read_text(encoding="utf-8")
    changed = text.replace("quote_above: {value: 4 hours", "quote_above: {value: 3 hours")
    assert changed != text
    old, new = load_text(text), load_text(changed)
    past = history(wanted)
    read = FactReader(old)
    known = [(read(one.facts), one.on, one.organization_id) for one in past.subjects]

    def bare() -> None:
        for facts, on, organization_id in known:
            for book in (old, new):
                book.outcomes_of_read(facts, on=on, organization=organization_id)

    whole = _fastest(lambda: _told(compare(past, old, new, lambda _year: Decimal(100)).subjects))
    decisions = _fastest(bare)
    sys.stdout.write(
        f"{wanted} tickets, {len(past.subjects)} subjects, two rule books\n"
        f"  compared, time laid over cards and allowances  {whole:6.2f} s\n"
        f"  bare decisions of facts read before            {decisions:6.2f} s\n"
        f"  times the bare decisions                       {whole / decisions:6.1f}\n"
    )


def _told(subjects: int) -> None:
    assert subjects


def _fastest(work: Callable[[], None]) -> float:
    """Seconds of the processor, the least of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        gc.collect()
        begun = process_time()
        work()
        taken.append(process_time() - begun)
    return min(taken)


if __name__ == "__main__":
    main()
