"""Rules and settings that change: everything that rests on them is looked at again, once."""

from __future__ import annotations

from datetime import timedelta

from care_sync.pipeline.run import PassKind
from tests.system.office import HOUR, INCIDENT, Office


def test_a_changed_setting_decides_all_open_time_anew_and_once(office: Office) -> None:
    still_open, closed = office.file_ticket(**INCIDENT), office.file_ticket(**INCIDENT)
    office.work(still_open, 60)
    office.work(closed, 30)
    office.sync()
    office.account.close(int(closed))
    office.sync()
    assert office.balances() == {"pending": 90 * 60}

    office.restart("facts: {defaults: {cause: care}}\n")
    report = office.sync(PassKind.POLL)
    assert report.counts["tickets_decided"] == 2
    assert office.balances() == {"sla": 90 * 60}
    assert office.ours(still_open) == {"sla_included", "route_sla", "next_handle"}
    assert office.sync(PassKind.POLL).summary == "nothing new"


def test_what_closed_months_hold_is_not_decided_anew(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    office.account.close(int(ticket))
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    office.restart("facts: {defaults: {cause: care}}\n")
    assert office.sync().counts["tickets_decided"] == 0
    assert office.balances() == {"invoice:2026-10": HOUR}
