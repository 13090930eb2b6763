"""What every helpdesk's connector promises about reading: tickets, named tickets, organizations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.conformance.helpdesk_bed import ORGANIZATION_FIELDS, TICKET_FIELDS, HelpdeskBed
from connectors.conformance.helpdesk_words import at_most, drain, named, organizations, same_value, ticket_of
from connectors.conformance.traits import needs
from connectors.protocols import Helpdesk
from connectors.records import TicketStatus

UNICODE = "Überprüfung 🧾 «naïef» 日本語 مرحبا بالعالم \u200fעברית & <b>niet vet</b>"


class ReadingPromises:
    """Part of :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite`."""

    def test_it_keeps_the_protocol(self, bed: HelpdeskBed) -> None:
        helpdesk = bed.helpdesk()

        assert isinstance(helpdesk, Helpdesk)
        assert helpdesk.product
        assert helpdesk.account

    # ---- one ticket --------------------------------------------------------------------------------

    def test_a_ticket_is_read_with_everything_the_product_says(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", "It does not open.", tags=("vip",), cause="care")
        helpdesk = bed.helpdesk()

        ticket = ticket_of(helpdesk, ticket_id)

        assert ticket.id == ticket_id
        assert ticket.number
        assert ticket.subject == "Menu broken"
        assert "It does not open." in ticket.description
        assert ticket.status in (TicketStatus.NEW, TicketStatus.OPEN)
        assert ticket.tags >= {"vip"}
        assert ticket.organization_id == organizations(helpdesk)["Acme"].id
        assert ticket.requester_id
        assert ticket.merged_into is None
        assert ticket.url == helpdesk.ticket_url(ticket_id)
        assert same_value(bed, ticket.fields["cause"], "care")

    def test_instants_are_aware_in_utc_and_right(self, bed: HelpdeskBed) -> None:
        before = bed.now() - timedelta(seconds=1)
        ticket_id = bed.file_ticket("Menu broken")
        after = bed.now() + timedelta(seconds=1)

        ticket = ticket_of(bed.helpdesk(), ticket_id)

        assert ticket.created_at.utcoffset() == ticket.updated_at.utcoffset() == timedelta()
        assert before <= ticket.created_at <= after
        assert before <= ticket.updated_at <= after

    def test_the_hour_that_comes_twice_keeps_its_order(self, bed: HelpdeskBed) -> None:
        needs(bed, "moves_time")
        first_half_past_two = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
        bed.later(first_half_past_two - bed.now())
        first = bed.file_ticket("Summer time")
        bed.later(timedelta(hours=1))
        second = bed.file_ticket("Winter time")

        read = named(bed.helpdesk(), first, second)

        assert read[first].created_at == first_half_past_two
        assert read[second].created_at - read[first].created_at == timedelta(hours=1)

    def test_every_language_comes_through(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket(UNICODE, UNICODE)

        ticket = ticket_of(bed.helpdesk(), ticket_id)

        assert ticket.subject == UNICODE
        assert "日本語 مرحبا" in ticket.description

    def test_very_long_text_comes_through(self, bed: HelpdeskBed) -> None:
        subject = "x" * bed.traits.longest_subject
        body = ("0123456789" * (bed.traits.longest_comment // 10))[: bed.traits.longest_comment]
        ticket_id = bed.file_ticket(subject, body)

        ticket = ticket_of(bed.helpdesk(), ticket_id)

        assert ticket.subject == subject
        assert body in ticket.description

    def test_fields_are_read_by_our_names_and_their_types(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", cause="third_party", expected_minutes=90, fix_adopted=True)

        fields = ticket_of(bed.helpdesk(), ticket_id).fields

        assert same_value(bed, fields["cause"], "third_party")
        assert same_value(bed, fields["expected_minutes"], 90)
        assert same_value(bed, fields["fix_adopted"], True)

    def test_a_field_that_is_empty_is_there_and_says_nothing(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")

        fields = ticket_of(bed.helpdesk(), ticket_id).fields

        assert fields.keys() == TICKET_FIELDS.keys()
        assert fields["cause"] is None
        assert fields["expected_minutes"] is None
        assert fields["fix_adopted"] in (None, False)

    @pytest.mark.parametrize("status", [TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.SOLVED])
    def test_a_status_is_read_in_the_shared_words(self, bed: HelpdeskBed, status: TicketStatus) -> None:
        ticket_id = bed.file_ticket("Menu broken")

        bed.edit(ticket_id, status=status)

        assert ticket_of(bed.helpdesk(), ticket_id).status is status

    def test_a_closed_ticket_is_read_as_final(self, bed: HelpdeskBed) -> None:
        needs(bed, "is_closed_final")
        ticket_id = bed.file_ticket("Menu broken")

        bed.close(ticket_id)

        ticket = ticket_of(bed.helpdesk(), ticket_id)
        assert ticket.status is TicketStatus.CLOSED
        assert not ticket.status.is_writable

    def test_a_ticket_field_that_is_gone_stops_no_reading(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", cause="care")
        bed.remove_ticket_field("care_scope")

        ticket = ticket_of(bed.helpdesk(), ticket_id)

        assert same_value(bed, ticket.fields["cause"], "care")
        assert ticket.fields.get("care_scope") is None

    # ---- named tickets -----------------------------------------------------------------------------

    def test_named_tickets_are_read_as_they_are_this_moment(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk = bed.helpdesk()
        ticket_of(helpdesk, ticket_id)

        bed.edit(ticket_id, subject="Menu gone")

        assert ticket_of(helpdesk, ticket_id).subject == "Menu gone"

    def test_tickets_that_do_not_exist_are_absent(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        never = str(int(ticket_id) + 77_777) if ticket_id.isdecimal() else f"{ticket_id}-never"

        assert named(bed.helpdesk(), ticket_id, never, "no id at all").keys() == {ticket_id}

    def test_a_ticket_that_is_named_twice_is_read_once(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")

        assert named(bed.helpdesk(), ticket_id, ticket_id).keys() == {ticket_id}

    def test_naming_nothing_asks_nothing(self, bed: HelpdeskBed) -> None:
        needs(bed, "counts_requests")
        helpdesk = bed.helpdesk()

        with at_most(bed, 0):
            assert named(helpdesk) == {}

    def test_a_deleted_ticket_is_not_read_as_if_it_lived(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")

        bed.delete(ticket_id)

        read = named(bed.helpdesk(), ticket_id)
        assert ticket_id not in read or read[ticket_id].status is TicketStatus.DELETED

    # ---- organizations -----------------------------------------------------------------------------

    def test_every_organization_is_listed(self, bed: HelpdeskBed) -> None:
        names = {f"Customer {number} ŠČ" for number in range(120)}
        for name in sorted(names):
            bed.add_organization(name)

        assert organizations(bed.helpdesk()).keys() >= names | {"Acme", "Globex"}

    def test_organizations_have_their_fields(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_organization_fields")
        bed.add_organization("Initech", sla=True, covered_services="website, webshop")

        listed = organizations(bed.helpdesk())

        assert listed["Initech"].fields.keys() == ORGANIZATION_FIELDS.keys()
        assert same_value(bed, listed["Initech"].fields["sla"], True)
        assert same_value(bed, listed["Initech"].fields["covered_services"], "website, webshop")
        assert listed["Acme"].fields["covered_services"] is None

    def test_a_renamed_organization_is_the_same_one(self, bed: HelpdeskBed) -> None:
        organization_id = bed.add_organization("Initech")

        bed.edit_organization("Initech", new_name="Initrode")

        listed = organizations(bed.helpdesk())
        assert listed["Initrode"].id == organization_id
        assert "Initech" not in listed

    def test_an_edited_field_of_an_organization_is_read(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_organization_fields")
        helpdesk = bed.helpdesk()
        organizations(helpdesk)

        bed.edit_organization("Acme", covered_services="website")

        assert same_value(bed, organizations(helpdesk)["Acme"].fields["covered_services"], "website")

    # ---- how much is asked -------------------------------------------------------------------------

    def test_reading_costs_near_the_least_that_the_product_allows(self, bed: HelpdeskBed) -> None:
        needs(bed, "counts_requests")
        count = bed.page_size() * 3
        ids = [bed.file_ticket(f"Question {number}") for number in range(count)]
        bed.settle()
        helpdesk = bed.helpdesk()

        with at_most(bed, bed.requests_to_begin() + bed.requests_to_read(count)):
            cursor = drain(bed, helpdesk).cursor
        with at_most(bed, bed.requests_to_read(0)):
            drain(bed, helpdesk, cursor)
        with at_most(bed, bed.requests_to_read_named(count)):
            named(helpdesk, *ids)
