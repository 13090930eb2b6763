"""What every helpdesk's connector promises about writing: only what is named changes, once, and it is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_words import (
    apply,
    at_most,
    content,
    drain,
    note,
    outcomes,
    reply,
    same_value,
    says,
    ticket_of,
    write_once,
)
from connectors.conformance.traits import needs
from connectors.errors import PermissionMissing, WrongCredentials
from connectors.records import Comment, CommentKind, TicketChange, TicketStatus

REFERENCE = "CS-00000000-0001"
OTHER = "CS-00000000-0002"
UNICODE = "Binnen de SLA ✔ (I3d) – 1:30 uur 🧾 «naïef» 日本語 مرحبا & <b>niet vet</b>"


class WritingPromises:
    """Part of :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite`."""

    # ---- tags --------------------------------------------------------------------------------------

    def test_our_tags_are_added_and_taken_away(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("sla_undetermined",))
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), remove_tags=frozenset({"sla_undetermined"})
        )

        results = apply(bed.helpdesk(), change)

        assert outcomes(results) == ["applied"]
        assert bed.seen(ticket_id).tags == {"sla_included"}

    def test_tags_of_agents_and_of_other_tools_stay(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip", "callback", "sla_undetermined"))
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), remove_tags=frozenset({"sla_undetermined"})
        )

        apply(bed.helpdesk(), change)

        assert bed.seen(ticket_id).tags == {"vip", "callback", "sla_included"}

    def test_a_tag_that_an_agent_added_since_we_read_stays(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        helpdesk = bed.helpdesk()
        ticket_of(helpdesk, ticket_id)
        bed.tag(ticket_id, "urgent")

        apply(helpdesk, TicketChange(ticket_id, REFERENCE, add_tags=frozenset({"sla_included"})))

        assert bed.seen(ticket_id).tags == {"vip", "urgent", "sla_included"}

    def test_taking_away_a_tag_that_is_not_there_does_nothing(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))

        results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, remove_tags=frozenset({"sla_included"})))

        assert outcomes(results) == ["applied"]
        assert bed.seen(ticket_id).tags == {"vip"}

    # ---- fields ------------------------------------------------------------------------------------

    def test_our_fields_are_set_and_others_stay(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", cause="care", expected_minutes=30)

        results = apply(
            bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"care_scope": "included", "care_minutes": 75})
        )

        fields = bed.seen(ticket_id).fields
        assert outcomes(results) == ["applied"]
        assert same_value(bed, fields["care_scope"], "included")
        assert same_value(bed, fields["care_minutes"], 75)
        assert same_value(bed, fields["cause"], "care")
        assert same_value(bed, fields["expected_minutes"], 30)

    def test_a_field_is_emptied(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", care_scope="included")

        apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"care_scope": None}))

        assert bed.seen(ticket_id).fields["care_scope"] is None

    def test_a_field_that_an_agent_set_since_we_read_stays(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", cause="care")
        helpdesk = bed.helpdesk()
        ticket_of(helpdesk, ticket_id)
        bed.edit(ticket_id, cause="customer", subject="Menu gone")

        apply(helpdesk, TicketChange(ticket_id, REFERENCE, fields={"care_scope": "included"}))

        assert same_value(bed, bed.seen(ticket_id).fields["cause"], "customer")
        assert ticket_of(helpdesk, ticket_id).subject == "Menu gone"

    def test_what_we_wrote_is_what_we_read(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        helpdesk = bed.helpdesk()
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), fields={"care_scope": "included"}
        )

        apply(helpdesk, change)
        bed.settle()

        ticket = ticket_of(helpdesk, ticket_id)
        assert ticket.tags == {"vip", "sla_included"}
        assert same_value(bed, ticket.fields["care_scope"], "included")
        assert content(drain(bed, helpdesk).tickets[ticket_id]) == content(ticket)

    # ---- comments ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", [CommentKind.NOTE, CommentKind.REPLY])
    def test_a_comment_reaches_whom_it_is_for_and_nobody_else(self, bed: HelpdeskBed, kind: CommentKind) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        comment = Comment(kind, "Binnen de SLA.\n\nKlok: 1:30 uur")

        results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=comment))

        seen = bed.seen(ticket_id)
        other = Comment(CommentKind.NOTE if kind is CommentKind.REPLY else CommentKind.REPLY, comment.body)
        assert outcomes(results) == ["applied"]
        assert says(seen, comment) == 1
        assert says(seen, other) == 0

    def test_a_note_in_every_language_comes_through(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")

        apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note(UNICODE)))

        assert says(bed.seen(ticket_id), note(UNICODE)) == 1

    def test_a_very_long_note_comes_through(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        body = ("0123456789" * (bed.traits.longest_comment // 10))[: bed.traits.longest_comment - 100]

        apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note(body)))

        assert says(bed.seen(ticket_id), note(body)) == 1

    def test_our_reference_is_no_part_of_the_text(self, bed: HelpdeskBed) -> None:
        needs(bed, "hides_references")
        ticket_id = bed.file_ticket("Menu broken")

        apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

        assert not any(REFERENCE in comment.body for comment in bed.seen(ticket_id).comments)

    def test_a_status_is_not_ours_to_change(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        bed.edit(ticket_id, status=TicketStatus.PENDING)

        apply(
            bed.helpdesk(),
            TicketChange(ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), comment=note("Binnen de SLA.")),
        )

        assert bed.seen(ticket_id).status is TicketStatus.PENDING

    # ---- many at once ------------------------------------------------------------------------------

    def test_many_changes_have_one_result_each_in_their_order(self, bed: HelpdeskBed) -> None:
        count = bed.changes_a_call() * 2 + 1
        ids = [bed.file_ticket(f"Question {number}") for number in range(count)]
        changes = [
            TicketChange(identity, f"CS-{number:08}-0001", add_tags=frozenset({f"sla_{number}"}))
            for number, identity in enumerate(ids)
        ]

        results = apply(bed.helpdesk(), *changes)

        assert outcomes(results) == ["applied"] * count
        assert all(bed.seen(identity).tags == {f"sla_{number}"} for number, identity in enumerate(ids))

    def test_writing_nothing_asks_nothing(self, bed: HelpdeskBed) -> None:
        needs(bed, "counts_requests")
        helpdesk = bed.helpdesk()

        with at_most(bed, 0):
            assert apply(helpdesk) == []

    def test_writing_costs_near_the_least_that_the_product_allows(self, bed: HelpdeskBed) -> None:
        needs(bed, "counts_requests")
        count = bed.changes_a_call() * 2
        changes = [
            TicketChange(
                bed.file_ticket(f"Question {number}"),
                f"CS-{number:08}-0001",
                add_tags=frozenset({"sla_included"}),
                fields={"care_minutes": number + 1},
                comment=note("Binnen de SLA."),
            )
            for number in range(count)
        ]
        helpdesk = bed.helpdesk()

        with at_most(bed, bed.requests_to_begin() + bed.requests_to_write(count)):
            apply(helpdesk, *changes)

    # ---- what cannot be written --------------------------------------------------------------------

    def test_a_ticket_that_was_closed_since_we_read_is_refused_for_good(self, bed: HelpdeskBed) -> None:
        needs(bed, "is_closed_final")
        closed, open_ = bed.file_ticket("Closed", tags=("vip",)), bed.file_ticket("Open")
        helpdesk = bed.helpdesk()
        ticket_of(helpdesk, closed)
        bed.close(closed)
        tags = frozenset({"sla_included"})

        results = apply(
            helpdesk,
            TicketChange(closed, REFERENCE, add_tags=tags, comment=note("Binnen de SLA.")),
            TicketChange(open_, OTHER, add_tags=tags),
        )

        assert outcomes(results) == ["refused_closed", "applied"]
        assert bed.seen(closed).tags == {"vip"}
        assert says(bed.seen(closed), note("Binnen de SLA.")) == 0
        assert bed.seen(open_).tags == tags

    def test_a_ticket_that_was_deleted_since_we_read_is_refused_for_good(self, bed: HelpdeskBed) -> None:
        deleted, living = bed.file_ticket("Deleted"), bed.file_ticket("Living")
        bed.delete(deleted)
        tags = frozenset({"sla_included"})

        results = apply(
            bed.helpdesk(),
            TicketChange(deleted, REFERENCE, add_tags=tags),
            TicketChange(living, OTHER, add_tags=tags),
        )

        assert outcomes(results) == ["refused_closed", "applied"]

    def test_a_field_that_nobody_configured_is_refused_and_harms_no_other(self, bed: HelpdeskBed) -> None:
        first, second = bed.file_ticket("First"), bed.file_ticket("Second")

        results = apply(
            bed.helpdesk(),
            TicketChange(first, REFERENCE, fields={"no_such_field": "x"}, add_tags=frozenset({"sla_included"})),
            TicketChange(second, OTHER, add_tags=frozenset({"sla_included"})),
        )

        assert outcomes(results) == ["refused", "applied"]
        assert "no_such_field" in results[0].message
        assert bed.seen(first).tags == frozenset()

    def test_a_field_that_an_administrator_removed_is_refused_by_name(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        bed.remove_ticket_field("care_scope")

        results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"care_scope": "included"}))

        assert outcomes(results) == ["refused"]
        assert "care_scope" in results[0].message

    def test_an_option_that_does_not_exist_is_refused_and_harms_no_other(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_choices")
        first, second = bed.file_ticket("First", cause="care"), bed.file_ticket("Second")

        results = apply(
            bed.helpdesk(),
            TicketChange(first, REFERENCE, fields={"cause": "moon_phase"}),
            TicketChange(second, OTHER, fields={"cause": "customer"}),
        )

        assert outcomes(results) == ["refused", "applied"]
        assert results[0].message
        assert same_value(bed, bed.seen(first).fields["cause"], "care")
        assert same_value(bed, bed.seen(second).fields["cause"], "customer")

    def test_wrong_credentials_write_nothing(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_credentials")
        ticket_id = bed.file_ticket("Menu broken")

        with pytest.raises(WrongCredentials):
            apply(
                bed.helpdesk_with_wrong_credentials(),
                TicketChange(ticket_id, REFERENCE, add_tags=frozenset({"sla_included"})),
            )

        assert bed.seen(ticket_id).tags == frozenset()

    def test_a_permission_that_is_missing_gives_no_write_up_for_good(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_permissions")
        ticket_id = bed.file_ticket("Menu broken")
        bed.take_permission_away()
        change = TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA."))

        with suppress(PermissionMissing):
            assert outcomes(apply(bed.helpdesk(), change)) in (["failed"], ["applied"])

    # ---- an agent at work while we write -----------------------------------------------------------

    @pytest.mark.parametrize("what", ["tag", "field", "reply", "status"])
    def test_what_an_agent_does_while_we_write_stays(self, bed: HelpdeskBed, what: str) -> None:
        needs(bed, "has_faults")
        if what == "tag":
            needs(bed, "adds_tags")
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",), cause="care")
        acts: dict[str, Callable[[], object]] = {
            "tag": lambda: bed.tag(ticket_id, "urgent"),
            "field": lambda: bed.edit(ticket_id, cause="customer"),
            "reply": lambda: bed.comment(ticket_id, reply("We are looking at it.")),
            "status": lambda: bed.edit(ticket_id, status=TicketStatus.PENDING),
        }
        bed.while_we_write(acts[what])

        write_once(
            bed,
            TicketChange(
                ticket_id,
                REFERENCE,
                add_tags=frozenset({"sla_included"}),
                fields={"care_scope": "included"},
                comment=note("Binnen de SLA."),
            ),
        )

        seen = bed.seen(ticket_id)
        assert seen.tags >= {"vip", "sla_included", *(("urgent",) if what == "tag" else ())}
        assert same_value(bed, seen.fields["care_scope"], "included")
        assert same_value(bed, seen.fields["cause"], "customer" if what == "field" else "care")
        assert says(seen, note("Binnen de SLA.")) == 1
        assert says(seen, reply("We are looking at it.")) == int(what == "reply")
        if what == "status":
            assert seen.status is TicketStatus.PENDING

    def test_a_ticket_that_is_closed_while_we_write_is_refused_for_good(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        needs(bed, "is_closed_final")
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        bed.while_we_write(lambda: bed.close(ticket_id))
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), comment=note("Binnen de SLA.")
        )

        results = apply(bed.helpdesk(), change)

        assert outcomes(results) == ["refused_closed"]
        assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 0
