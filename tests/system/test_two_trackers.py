"""Whole passes over two time trackers at once: what either holds is counted, and what both hold once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from care_sync.pipeline.run import PassKind
from tests.conformance.redmine_bed import TICKET_FIELD, RedmineBed
from tests.system.office import HOUR, INCIDENT, Office


@pytest.fixture(params=["sandbox", pytest.param("real", marks=pytest.mark.slow)])
def redmine(request: pytest.FixtureRequest, office: Office) -> Iterator[RedmineBed]:
    """A Redmine beside the office's Toggl."""

    def beside(bed: RedmineBed) -> RedmineBed:
        section = f"  redmine: {{base_url: {bed.url}, api_key: {bed.key}, ticket_field: {TICKET_FIELD}}}\n"
        settings = office.config.read_text(encoding="utf-8")
        office.config.write_text(settings.replace("store: {", f"{section}store: {{"), encoding="utf-8")
        office.start()
        return bed

    if request.param == "real":
        yield beside(RedmineBed.on(request.getfixturevalue("real_redmine")))
        return
    with RedmineBed.open() as sandbox:
        yield beside(sandbox)


def test_what_either_tracker_holds_is_counted_and_what_both_hold_once(office: Office, redmine: RedmineBed) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    issue = redmine.open_issue("Formulier", ticket=ticket)
    began = office.clock.now() - timedelta(hours=2)
    in_toggl = office.work(ticket, 60)
    copy = redmine.write_down(began, HOUR, f"#{ticket} werk", issue=issue)
    redmine.write_down(began, 1800, "Gebeld met de klant", issue=issue)

    office.sync()
    assert office.balances() == {"sla": HOUR + 1800}
    assert office.sync(PassKind.POLL).summary == "nothing new"

    office.toggl.workspace.delete(in_toggl)
    office.sync()
    assert office.balances() == {"sla": HOUR + 1800}

    redmine.delete(copy)
    office.sync()
    assert office.balances() == {"sla": 1800}
    assert office.field(ticket, "care_minutes") == "30"
