"""What every helpdesk's connector promises about the reading of changes: nothing is missed, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import pytest

from connectors.conformance.helpdesk_bed import LONG_AGO, HelpdeskBed
from connectors.conformance.helpdesk_words import content, contents, drain, named, organizations, reply
from connectors.conformance.traits import needs
from connectors.records import TicketStatus

UNICODE = "Überprüfung 🧾 «naïef» 日本語 مرحبا بالعالم \u200fעברית & <b>niet vet</b>"


class ChangePromises:
    """Part of :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite`."""

    # ---- changes -----------------------------------------------------------------------------------

    def test_the_first_reading_tells_everything_since(self, bed: HelpdeskBed) -> None:
        ids = {bed.file_ticket(f"Question {number}") for number in range(3)}
        bed.settle()

        assert drain(bed, bed.helpdesk()).tickets.keys() >= ids

    def test_a_reading_of_many_pages_misses_nothing_of_one_second(self, bed: HelpdeskBed) -> None:
        ids = {bed.file_ticket(f"Question {number}") for number in range(bed.page_size() * 2 + 1)}
        bed.settle()

        read = drain(bed, bed.helpdesk())

        assert len(read.pages) >= 3 or not bed.traits.has_pages
        assert read.tickets.keys() >= ids

    def test_a_later_reading_tells_what_changed_meanwhile(self, bed: HelpdeskBed) -> None:
        old, untouched = bed.file_ticket("Old"), bed.file_ticket("Untouched")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(hours=2))
        new = bed.file_ticket("New")
        bed.edit(old, subject="Old, changed")
        bed.settle()

        read = drain(bed, bed.helpdesk(), cursor)

        assert read.tickets.keys() >= {old, new}
        assert read.tickets[old].subject == "Old, changed"
        if untouched in read.tickets:
            assert read.tickets[untouched].subject == "Untouched"

    @pytest.mark.parametrize("what", ["subject", "status", "tags", "field", "reply", "organization"])
    def test_every_kind_of_change_is_told(self, bed: HelpdeskBed, what: str) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(minutes=5))

        if what == "subject":
            bed.edit(ticket_id, subject="Menu gone")
        elif what == "status":
            bed.edit(ticket_id, status=TicketStatus.PENDING)
        elif what == "tags":
            bed.tag(ticket_id, "urgent")
        elif what == "field":
            bed.edit(ticket_id, cause="customer")
        elif what == "reply":
            bed.comment(ticket_id, reply("We are looking at it."))
        else:
            bed.move(ticket_id, "Globex")
        bed.settle()

        assert ticket_id in drain(bed, bed.helpdesk(), cursor).tickets

    def test_two_changes_of_one_second_are_both_told(self, bed: HelpdeskBed) -> None:
        first, second = bed.file_ticket("First"), bed.file_ticket("Second")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(hours=1))
        bed.edit(second, subject="Second, changed")
        cursor = drain(bed, bed.helpdesk(), cursor).cursor
        bed.edit(first, subject="First, changed")
        bed.settle()

        read = drain(bed, bed.helpdesk(), cursor)

        assert read.tickets[first].subject == "First, changed"

    def test_a_change_just_before_a_reading_is_told_by_that_one_or_the_next(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(hours=1))
        bed.edit(ticket_id, subject="Menu gone")

        at_once = drain(bed, bed.helpdesk(), cursor)
        bed.settle()
        afterwards = drain(bed, bed.helpdesk(), at_once.cursor)

        read_again = (at_once.tickets | afterwards.tickets)[ticket_id]
        assert read_again.subject == "Menu gone"

    def test_reading_again_with_the_same_cursor_tells_the_same(self, bed: HelpdeskBed) -> None:
        bed.file_ticket("Before")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(hours=1))
        bed.file_ticket("After")
        bed.settle()

        once, again = drain(bed, bed.helpdesk(), cursor), drain(bed, bed.helpdesk(), cursor)

        assert once.tickets == again.tickets

    def test_after_a_crash_between_two_pages_nothing_is_missing(self, bed: HelpdeskBed) -> None:
        ids: set[str] = set()
        for number in range(bed.page_size() * 2 + 1):
            ids.add(bed.file_ticket(f"Question {number}"))
            bed.later(timedelta(minutes=20))
        bed.settle()

        (page,) = islice(bed.helpdesk().changed_tickets(None, bed.now() - LONG_AGO), 1)
        after = drain(bed, bed.helpdesk(), page.cursor)

        assert {ticket.id for ticket in page.tickets} | after.tickets.keys() >= ids

    def test_when_nothing_happens_nothing_new_is_told(self, bed: HelpdeskBed) -> None:
        bed.file_ticket("Menu broken")
        bed.settle()
        first = drain(bed, bed.helpdesk())
        bed.settle()

        second = drain(bed, bed.helpdesk(), first.cursor)

        assert contents(second.tickets).items() <= contents(first.tickets).items()

    def test_both_ways_of_reading_read_alike(self, bed: HelpdeskBed) -> None:
        ids = [
            bed.file_ticket("Menu broken", tags=("vip",), cause="care", expected_minutes=30),
            bed.file_ticket(UNICODE, organization="Globex"),
        ]
        bed.settle()
        helpdesk = bed.helpdesk()

        changed = drain(bed, helpdesk).tickets

        assert {identity: content(changed[identity]) for identity in ids} == contents(named(helpdesk, *ids))

    def test_what_people_do_while_pages_are_read_hides_nothing(self, bed: HelpdeskBed) -> None:
        ids = [bed.file_ticket(f"Question {number}") for number in range(bed.page_size() * 3)]
        bed.settle()
        reading = bed.helpdesk().changed_tickets(None, bed.now() - LONG_AGO)
        page = next(reading)
        read_again = {ticket.id: ticket for ticket in page.tickets}
        bed.edit(ids[0], subject="The first, changed")
        bed.delete(ids[1])
        bed.edit(ids[-1], subject="The last, changed")
        new = bed.file_ticket("Meanwhile")

        for page in reading:
            read_again |= {ticket.id: ticket for ticket in page.tickets}
        bed.settle()
        read_again |= drain(bed, bed.helpdesk(), page.cursor).tickets

        assert read_again.keys() | {ids[1]} >= {*ids, new}
        assert (read_again[ids[0]].subject, read_again[ids[-1]].subject) == ("The first, changed", "The last, changed")

    @pytest.mark.parametrize("minutes", [-5, 5])
    def test_a_clock_that_differs_from_the_products_loses_no_change(self, bed: HelpdeskBed, minutes: int) -> None:
        ahead = timedelta(minutes=minutes)
        first = bed.file_ticket("First")
        helpdesk = bed.helpdesk(clock_ahead=ahead)
        early = drain(bed, helpdesk, since=bed.now() + ahead - LONG_AGO)
        bed.later(timedelta(minutes=1))
        second = bed.file_ticket("Second")
        bed.settle()

        late = drain(bed, helpdesk, early.cursor, since=bed.now() + ahead - LONG_AGO)

        assert early.tickets.keys() | late.tickets.keys() >= {first, second}

    def test_a_ticket_that_moves_has_the_other_organization(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", organization="Acme")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(minutes=5))

        bed.move(ticket_id, "Globex")
        bed.settle()

        helpdesk = bed.helpdesk()
        read_again = drain(bed, helpdesk, cursor).tickets[ticket_id]
        assert read_again.organization_id == organizations(helpdesk)["Globex"].id

    def test_a_deleted_ticket_is_told_as_deleted(self, bed: HelpdeskBed) -> None:
        needs(bed, "tells_deletions")
        ticket_id = bed.file_ticket("Menu broken")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(minutes=5))

        bed.delete(ticket_id)
        bed.settle()

        read_again = drain(bed, bed.helpdesk(), cursor).tickets[ticket_id]
        assert read_again.status is TicketStatus.DELETED
        assert not read_again.status.is_writable

    def test_a_merged_ticket_tells_where_it_went(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_merges")
        gone, stays = bed.file_ticket("Menu broken"), bed.file_ticket("Menu does not open, see #123456")
        bed.settle()
        cursor = drain(bed, bed.helpdesk()).cursor
        bed.later(timedelta(minutes=5))

        bed.merge(gone, stays)
        bed.settle()

        read_again = drain(bed, bed.helpdesk(), cursor).tickets
        assert read_again[gone].merged_into == stays
        assert not read_again[gone].status.is_writable
        assert named(bed.helpdesk(), stays)[stays].merged_into is None

    def test_people_and_organizations_come_along(self, bed: HelpdeskBed) -> None:
        needs(bed, "side_loads")
        ticket_id = bed.file_ticket("Menu broken", organization="Globex")
        bed.settle()

        read = drain(bed, bed.helpdesk())

        ticket = read.tickets[ticket_id]
        assert read.organizations[ticket.organization_id or ""].name == "Globex"
        person = read.people[ticket.requester_id or ""]
        assert person.name
        assert person.organization_id == ticket.organization_id
