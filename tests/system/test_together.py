"""Several daemons on one store: passes at the same moment come to what one of them would have come to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from care_sync.application import Application, open_application, site_settings
from care_sync.audit.books import audit_books
from care_sync.pipeline.run import PassKind, PassReport, Scope
from tests.system.office import INCIDENT, Office

CUSTOMERS = ("Acme", "Globex", "Initech")
ROUNDS = 4


@pytest.mark.slow
def test_daemons_that_work_at_the_same_moment_do_everything_once(office: Office) -> None:
    for name in CUSTOMERS[1:]:
        office.add_customer(name, sla=name == "Globex")
    office.buy_card(1)
    tickets: list[tuple[str, str]] = []
    kinds = (PassKind.FULL, PassKind.POLL, PassKind.FULL)
    with ExitStack() as stack, ThreadPoolExecutor(len(kinds)) as pool:
        daemons = [stack.enter_context(open_application(site_settings(office.config), office.clock)) for _ in kinds]
        for number in range(ROUNDS):
            for name in CUSTOMERS:
                ticket = office.file_ticket(customer=name, **INCIDENT)
                tickets.append((name, ticket))
                for minutes in (20, 25):
                    office.work(ticket, minutes, customer=name)
            if number:
                for _, ticket in tickets[-2 * len(CUSTOMERS) : -len(CUSTOMERS)]:
                    office.set_facts(ticket, cause="care" if number % 2 else "third_party")
            office.later()
            reports = list(pool.map(one_pass, daemons, kinds))
            assert [one.failures for one in reports] == [[], [], []]
    office.sync()
    assert office.sync().summary == "nothing new"
    for name, ticket in tickets:
        decided = 1 if name == "Initech" or ticket in [one for _, one in tickets[-len(CUSTOMERS) :]] else 2
        assert len(office.notes(ticket)) == decided, ticket
    references = [
        audit.custom["care_sync"]["reference"]
        for audits in office.account.records.audits.values()
        for audit in audits
        if audit.custom
    ]
    assert len(references) == len(set(references))
    with office.application.store.read() as work:
        assert list(audit_books(work, office.application.settings)) == []
        assert work.dirty.count() == {}
    assert sum(seconds for seconds in office.balances("Globex").values()) == ROUNDS * 45 * 60


def one_pass(daemon: Application, kind: PassKind) -> PassReport:
    return daemon.run(Scope(kind))
