"""What every helpdesk's connector promises about writing once: what happened is known, or is called uncertain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.conformance.helpdesk_bed import Fault, HelpdeskBed
from connectors.conformance.helpdesk_words import apply, note, outcomes, reply, same_value, says, write_once
from connectors.conformance.traits import needs
from connectors.records import Comment, TicketChange

REFERENCE = "CS-00000000-0001"
OTHER = "CS-00000000-0002"
UNICODE = "Binnen de SLA ✔ (I3d) – 1:30 uur 🧾 «naïef» 日本語 مرحبا & <b>niet vet</b>"


class CertaintyPromises:
    """Part of :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite`."""

    # ---- once, and known ---------------------------------------------------------------------------

    def test_a_reference_is_found_again_on_its_ticket_alone(self, bed: HelpdeskBed) -> None:
        ticket_id, another = bed.file_ticket("Menu broken"), bed.file_ticket("Another")
        helpdesk = bed.helpdesk()
        apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))
        asked = frozenset({REFERENCE, OTHER})

        assert helpdesk.applied_references(ticket_id, asked) == {REFERENCE}
        assert helpdesk.applied_references(another, asked) == frozenset()

    def test_several_references_of_one_ticket_are_all_found(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk = bed.helpdesk()
        apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))
        bed.later(timedelta(minutes=1))
        bed.comment(ticket_id, reply("We are looking at it."))
        apply(helpdesk, TicketChange(ticket_id, OTHER, comment=reply("Buiten de SLA.")))

        assert helpdesk.applied_references(ticket_id, frozenset({REFERENCE, OTHER})) == {REFERENCE, OTHER}

    def test_a_reference_is_found_again_on_a_closed_ticket(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk = bed.helpdesk()
        apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))
        bed.close(ticket_id)

        assert helpdesk.applied_references(ticket_id, frozenset({REFERENCE})) == {REFERENCE}

    def test_a_ticket_that_never_was_has_no_reference(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        never = str(int(ticket_id) + 77_777) if ticket_id.isdecimal() else f"{ticket_id}-never"

        assert bed.helpdesk().applied_references(never, frozenset({REFERENCE})) == frozenset()

    def test_a_write_whose_answer_was_lost_is_uncertain_and_found(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), comment=note("Binnen de SLA.")
        )
        bed.lose_writes(after_their_effect=True)

        results = apply(bed.helpdesk(), change)

        bed.mend()
        bed.settle()
        assert outcomes(results) == ["uncertain"]
        assert bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})) == {REFERENCE}
        assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 1

    def test_a_write_that_was_lost_on_its_way_is_uncertain_and_may_be_sent_again(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        change = TicketChange(
            ticket_id, REFERENCE, add_tags=frozenset({"sla_included"}), comment=note("Binnen de SLA.")
        )
        bed.lose_writes(after_their_effect=False)
        lost = apply(bed.helpdesk(), change)
        bed.mend()
        bed.settle()

        assert outcomes(lost) == ["uncertain"]
        assert bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})) == frozenset()
        assert outcomes(apply(bed.helpdesk(), change)) == ["applied"]
        assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 1
        assert bed.seen(ticket_id).tags == {"vip", "sla_included"}

    @pytest.mark.parametrize("fault", [Fault.CUT_OFF, Fault.MALFORMED, Fault.WRONG_SHAPE, Fault.NULL])
    def test_an_answer_that_cannot_be_read_tells_no_success(self, bed: HelpdeskBed, fault: Fault) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk = bed.helpdesk()
        first = TicketChange(ticket_id, OTHER, fields={"care_scope": "undetermined"})
        assert outcomes(apply(helpdesk, first)) == ["applied"]
        bed.break_down(fault)

        results = apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

        bed.mend()
        bed.settle()
        stands = helpdesk.applied_references(ticket_id, frozenset({REFERENCE})) == {REFERENCE}
        assert results[0].outcome.value in (("uncertain",) if stands else ("uncertain", "failed"))
        assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == int(stands)

    @pytest.mark.parametrize("kind", [note, reply], ids=["note", "reply"])
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_an_error_of_the_server_after_its_effect_makes_nothing_twice(
        self, bed: HelpdeskBed, status: int, kind: Callable[[str], Comment]
    ) -> None:
        needs(bed, "has_faults")
        ticket_id, comment = bed.file_ticket("Menu broken", tags=("vip",)), kind("Binnen de SLA.")
        change = TicketChange(
            ticket_id,
            REFERENCE,
            add_tags=frozenset({"sla_included"}),
            fields={"care_scope": "included"},
            comment=comment,
        )
        bed.lose_writes(after_their_effect=True, status=status)

        results = apply(bed.helpdesk(), change)

        bed.mend()
        bed.settle()
        assert outcomes(results) == ["uncertain"]
        if not bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})):
            write_once(bed, change)
        seen = bed.seen(ticket_id)
        assert says(seen, comment) == 1
        assert seen.tags == {"vip", "sla_included"}
        assert same_value(bed, seen.fields["care_scope"], "included")

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_an_error_of_the_server_before_its_effect_loses_nothing(self, bed: HelpdeskBed, status: int) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken")
        change = TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA."))
        bed.lose_writes(after_their_effect=False, status=status)

        results = apply(bed.helpdesk(), change)

        bed.mend()
        bed.settle()
        assert outcomes(results) == ["uncertain"]
        write_once(bed, change)
        assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 1

    @pytest.mark.parametrize("fault", [Fault.LIMITED])
    def test_what_certainly_did_not_happen_may_be_tried_again(self, bed: HelpdeskBed, fault: Fault) -> None:
        needs(bed, "has_faults")
        ids = [bed.file_ticket(f"Question {number}") for number in range(bed.changes_a_call() + 1)]
        helpdesk = bed.helpdesk()
        begin = TicketChange(ids[0], OTHER, fields={"care_scope": "undetermined"})
        assert outcomes(apply(helpdesk, begin)) == ["applied"]
        changes = [
            TicketChange(identity, f"CS-{number:08}-0001", comment=note("Binnen de SLA."))
            for number, identity in enumerate(ids)
        ]
        bed.break_down(fault)

        results = apply(helpdesk, *changes)

        bed.mend()
        assert set(outcomes(results)) == {"failed"}
        assert set(outcomes(apply(helpdesk, *changes))) == {"applied"}
        assert all(says(bed.seen(identity), note("Binnen de SLA.")) == 1 for identity in ids)

    def test_the_same_tags_and_fields_written_twice_change_nothing_more(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        helpdesk, before = bed.helpdesk(), bed.seen(ticket_id)
        for reference in (REFERENCE, OTHER):
            change = TicketChange(
                ticket_id, reference, add_tags=frozenset({"sla_included"}), fields={"care_scope": "included"}
            )
            assert outcomes(apply(helpdesk, change)) == ["applied"]

        seen = bed.seen(ticket_id)
        assert seen.tags == {"vip", "sla_included"}
        assert seen.comments == before.comments
