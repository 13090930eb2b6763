"""Several daemons at once on one ledger: they queue, and what the slowest writes is never older than what stands."""

from __future__ import annotations

import itertools
import random
import threading
from datetime import date
from decimal import Decimal

from care_sync.ledger import audit, cards
from care_sync.ledger.posting import post_customer
from care_sync.model.decided_time import DecidedTime
from care_sync.model.terms import Terms
from care_sync.model.time_entry import Link, LinkState
from care_sync.store import Store, UnitOfWork
from connectors.records import EntryKind, EntryState, TimeEntry
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, NOW

CUSTOMERS = ("5", "6")
DAEMONS = 4
STEPS = 12


def put(work: UnitOfWork, number: int, customer: str, seconds: int) -> None:
    one = TimeEntry(
        tracker="toggl", account="1", id=str(number), state=EntryState.STOPPED, kind=EntryKind.WORK,
        seconds=seconds, work_date=date(2026, 10, 1 + number), description=f"{customer} {seconds}",
    )  # fmt: skip
    work.entries.upsert([one], NOW)
    work.entries.set_links({one.key: Link(LinkState.LINKED, customer, customer)})


def post(work: UnitOfWork, customer: str) -> int:
    work.ledger.lock_head()
    worked = [
        DecidedTime(one.key, one.entry.seconds, Route.HOUR_CARD, one.entry.work_date, customer, one.revision)
        for one in work.entries.of_organization_since(customer, date.min)
    ]
    return len(post_customer(work, customer, worked, terms=Terms(), now=NOW).transactions)


def test_daemons_that_post_at_once_leave_a_whole_ledger_that_says_what_was_read_last(store: Store) -> None:
    with store.begin() as work:
        for customer in CUSTOMERS:
            cards.buy(
                work, customer, hours=Decimal(5), rate=Decimal(1), bought_on=date(2026, 9, 1), reference="",
                again=True, now=NOW,
                override_reason="small",
            )  # fmt: skip
    errors: list[BaseException] = []
    together = threading.Barrier(DAEMONS)

    def daemon(chance: random.Random) -> None:
        try:
            together.wait()
            for _ in range(STEPS):
                number, customer = chance.randrange(6), chance.choice(CUSTOMERS)
                with store.begin() as work:
                    put(work, number, customer, chance.randrange(1, 3 * HOUR))
                for touched in chance.sample(CUSTOMERS, 2):
                    with store.begin() as work:
                        post(work, touched)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=daemon, args=(random.Random(seed),)) for seed in range(DAEMONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with store.begin() as work:
        # Whoever wrote an entry posted both customers afterwards, from what it read then: nothing is left to do.
        assert [post(work, customer) for customer in CUSTOMERS] == [0, 0]
        assert list(audit.verify(work)) == []
        read = itertools.chain(*(work.entries.of_organization_since(one, date.min) for one in CUSTOMERS))
        worked = {one.entry.key: (one.link.organization_id, one.entry.seconds) for one in read}
        stands = work.ledger.posted(worked)
        assert {key: (one.organization_id, one.seconds) for key, one in stands.items()} == worked
