"""What every helpdesk's connector promises when things go wrong: one clear error, no secret, nothing taken for granted;
and what it promises about webhook calls and its own check."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

import pytest

from connectors.conformance.helpdesk_bed import TOKEN, Fault, HelpdeskBed
from connectors.conformance.helpdesk_words import apply, drain, named, note, organizations
from connectors.conformance.traits import needs
from connectors.errors import (
    BadSignature,
    ConnectorError,
    Limited,
    Malformed,
    PermissionMissing,
    Unavailable,
    WrongCredentials,
)
from connectors.protocols import Helpdesk
from connectors.records import TicketChange
from connectors.unreadable import TICKET

UNREADABLE = [Fault.CUT_OFF, Fault.MALFORMED, Fault.WRONG_SHAPE, Fault.NULL]


class FailurePromises:
    """Part of :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite`."""

    @pytest.mark.parametrize("way", ["changes", "named", "organizations", "references"])
    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.LIMITED, *UNREADABLE])
    def test_what_cannot_be_read_is_an_error_and_never_an_absence(
        self, bed: HelpdeskBed, fault: Fault, way: str
    ) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken")
        bed.settle()
        helpdesk = bed.helpdesk()
        ways: dict[str, Callable[[], object]] = {
            "changes": lambda: drain(bed, helpdesk),
            "named": lambda: named(helpdesk, ticket_id),
            "organizations": lambda: organizations(helpdesk),
            "references": lambda: helpdesk.applied_references(ticket_id, frozenset({"CS-00000000-0001"})),
        }
        bed.break_down(fault)

        with pytest.raises(ConnectorError) as raised:
            ways[way]()

        bed.mend()
        assert raised.value.retryable
        kinds = {Fault.DOWN: Unavailable, Fault.LIMITED: Limited}
        assert isinstance(raised.value, kinds.get(fault, Malformed))
        ways[way]()

    def test_a_fault_in_the_middle_of_a_reading_gives_what_came_before(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        ids = {bed.file_ticket(f"Question {number}") for number in range(bed.page_size() * 2 + 1)}
        bed.settle()
        reading = bed.helpdesk().changed_tickets(None, bed.now() - timedelta(days=7))
        page = next(reading)
        bed.break_down(Fault.CUT_OFF)
        with pytest.raises(ConnectorError):
            next(reading)

        bed.mend()

        after = drain(bed, bed.helpdesk(), page.cursor)
        assert {ticket.id for ticket in page.tickets} | after.tickets.keys() >= ids

    def test_a_limit_is_told_with_the_time_to_come_back(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        bed.break_down(Fault.LIMITED)

        with pytest.raises(Limited) as raised:
            drain(bed, bed.helpdesk())

        assert raised.value.retry_after_seconds > 0

    @pytest.mark.parametrize("way", ["changes", "named", "organizations", "references"])
    def test_wrong_credentials_are_called_that(self, bed: HelpdeskBed, way: str) -> None:
        needs(bed, "has_credentials")
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk = bed.helpdesk_with_wrong_credentials()
        ways: dict[str, Callable[[], object]] = {
            "changes": lambda: drain(bed, helpdesk),
            "named": lambda: named(helpdesk, ticket_id),
            "organizations": lambda: organizations(helpdesk),
            "references": lambda: helpdesk.applied_references(ticket_id, frozenset({"CS-00000000-0001"})),
        }

        with pytest.raises(WrongCredentials) as raised:
            ways[way]()

        assert raised.value.remedy

    @pytest.mark.parametrize("way", ["changes", "named", "references"])
    def test_a_permission_that_is_missing_is_called_that_and_never_an_absence(self, bed: HelpdeskBed, way: str) -> None:
        needs(bed, "has_permissions")
        ticket_id, reference = bed.file_ticket("Menu broken"), "CS-00000000-0001"
        apply(bed.helpdesk(), TicketChange(ticket_id, reference, comment=note("Binnen de SLA.")))
        bed.settle()
        bed.take_permission_away()
        helpdesk = bed.helpdesk()
        ways: dict[str, Callable[[], Collection[str]]] = {
            "changes": lambda: drain(bed, helpdesk).tickets,
            "named": lambda: named(helpdesk, ticket_id),
            "references": lambda: helpdesk.applied_references(ticket_id, frozenset({reference})),
        }

        try:
            shown = ways[way]()
        except PermissionMissing as error:
            remedy = error.remedy
        else:
            # Some permissions close one way and leave another open, which then tells what is there.
            assert {ticket_id, reference} & set(shown)
            remedy = "none needed"

        assert remedy

    def test_a_fault_in_the_middle_of_the_organizations_is_not_taken_for_their_end(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        names = {f"Customer {number}" for number in range(120)}
        for name in sorted(names):
            bed.add_organization(name)
        reading = bed.helpdesk().organizations()
        listed = {organization.name for organization in next(reading)}
        bed.break_down(Fault.CUT_OFF)

        try:
            listed |= {organization.name for page in reading for organization in page}
        except ConnectorError:
            return

        assert listed >= names

    def test_no_error_shows_the_secret(self, bed: HelpdeskBed, caplog: pytest.LogCaptureFixture) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu broken")
        change = TicketChange(ticket_id, "CS-00000000-0001", comment=note("Binnen de SLA."))
        caplog.set_level("DEBUG")
        shown = []
        for fault in Fault:
            bed.break_down(fault)
            with pytest.raises(ConnectorError) as raised:
                drain(bed, bed.helpdesk())
            shown.append(f"{raised.value} {raised.value!r} {raised.value.__dict__}")
            try:
                shown += [result.message for result in bed.helpdesk().apply([change])]
            except ConnectorError as error:
                shown.append(f"{error} {error!r} {error.__dict__}")
            bed.mend()

        assert TOKEN not in " ".join(shown)
        assert TOKEN not in caplog.text
        assert TOKEN not in repr(vars(bed.helpdesk()))

    def test_one_ticket_that_cannot_be_read_is_set_aside_and_the_others_are_read(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        needs(bed, "moves_time")
        day = bed.now().date().isoformat()
        odd = bed.file_ticket("Odd")
        bed.later(timedelta(days=2))
        others = {bed.file_ticket(f"Question {number}") for number in range(bed.page_size() + 1)}
        bed.settle()
        bed.misread(day, f"1026{day[4:]}")
        helpdesk = bed.helpdesk()

        changed = drain(bed, helpdesk)
        page = helpdesk.tickets(sorted({odd, *others}))

        assert changed.tickets.keys() == {ticket.id for ticket in page.tickets} == others
        for unreadable in ([record for part in changed.pages for record in part.unreadable], page.unreadable):
            assert {(record.kind, record.id) for record in unreadable} == {(TICKET, odd)}
            assert all(record.reason for record in unreadable)
        bed.mend()
        assert named(helpdesk, odd).keys() == {odd}

    def test_text_that_terminals_obey_is_made_harmless(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        ticket_id = bed.file_ticket("Menu \x1b]52;c;cm0gLXJm\x07 \x9b2J", "It does \x1b[2J not open.")

        ticket = named(bed.helpdesk(), ticket_id)[ticket_id]

        assert "Menu" in ticket.subject
        assert "not open" in ticket.description

    # ---- webhook calls -----------------------------------------------------------------------------

    def test_a_genuine_webhook_call_points_at_the_ticket(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_webhooks")
        ticket_id = bed.file_ticket("Menu broken")
        headers, body = bed.webhook_call(ticket_id)

        call = bed.helpdesk().webhook(headers, body, bed.now())

        assert call.ticket_ids == (ticket_id,)
        assert call.delivery_id

    def test_the_same_call_has_the_same_delivery_and_another_has_another(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_webhooks")
        first, second = bed.file_ticket("First"), bed.file_ticket("Second")
        helpdesk = bed.helpdesk()
        once = bed.webhook_call(first)

        def delivery(call: tuple[object, object]) -> str:
            return helpdesk.webhook(*call, bed.now()).delivery_id  # type: ignore[arg-type]

        assert delivery(once) == delivery(once)
        assert delivery(once) != delivery(bed.webhook_call(second))

    def test_a_webhook_call_that_proves_nothing_is_refused(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        body = bed.webhook_call(ticket_id)[1] if bed.traits.has_webhooks else b"{}"

        with pytest.raises(BadSignature) as raised:
            bed.helpdesk().webhook({}, body, bed.now())

        assert raised.value.remedy

    def test_a_webhook_call_that_was_tampered_with_is_refused(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_webhooks")
        needs(bed, "signs_body")
        headers, body = bed.webhook_call(bed.file_ticket("Menu broken"))

        with pytest.raises(BadSignature):
            bed.helpdesk().webhook(headers, body + b" ", bed.now())

    @pytest.mark.parametrize("hours", [-1, 1])
    def test_a_webhook_call_of_another_time_is_refused(self, bed: HelpdeskBed, hours: int) -> None:
        needs(bed, "has_webhooks")
        needs(bed, "signs_time")
        headers, body = bed.webhook_call(bed.file_ticket("Menu broken"))

        with pytest.raises(BadSignature):
            bed.helpdesk().webhook(headers, body, bed.now() + timedelta(hours=hours))

    # ---- the self-check ----------------------------------------------------------------------------

    def test_the_self_check_passes_where_all_is_well(self, bed: HelpdeskBed) -> None:
        results = bed.helpdesk().check()

        assert [result for result in results if not result.passed] == []
        assert results

    def test_the_self_check_writes_nothing(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
        before = bed.seen(ticket_id)

        bed.helpdesk().check()

        assert bed.seen(ticket_id) == before

    def test_the_self_check_says_what_to_do_and_does_not_raise(self, bed: HelpdeskBed) -> None:
        failed = [result for result in bed.helpdesk_with_wrong_credentials().check() if not result.passed]

        assert failed
        assert all(result.remedy for result in failed)

    def test_the_self_check_names_a_field_that_is_gone(self, bed: HelpdeskBed) -> None:
        bed.remove_ticket_field("care_scope")

        (failed,) = [result for result in bed.helpdesk().check() if not result.passed]

        assert "care_scope" in failed.subject
        assert failed.remedy

    @pytest.mark.parametrize("minutes", [-5, 5])
    def test_the_self_check_tells_a_clock_that_differs(self, bed: HelpdeskBed, minutes: int) -> None:
        needs(bed, "tells_time")
        (failed,) = [
            result for result in bed.helpdesk(clock_ahead=timedelta(minutes=minutes)).check() if not result.passed
        ]

        assert "clock" in failed.subject
        assert failed.remedy

    def test_the_self_check_survives_every_fault(self, bed: HelpdeskBed) -> None:
        needs(bed, "has_faults")
        for fault in Fault:
            bed.break_down(fault)
            failed = [result for result in bed.helpdesk().check() if not result.passed]
            bed.mend()

            assert failed
            assert all(result.remedy for result in failed)

    def test_an_agent_can_open_a_ticket_by_its_address(self, bed: HelpdeskBed) -> None:
        ticket_id = bed.file_ticket("Menu broken")
        helpdesk: Helpdesk = bed.helpdesk()

        assert helpdesk.ticket_url(ticket_id).startswith("http")
        assert ticket_id in helpdesk.ticket_url(ticket_id)
