"""What every time tracker's connector promises about failures, webhooks and its self-check."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from connectors.conformance.tracker_bed import (
    TODAY,
    TOKEN,
    Fault,
    TrackerBed,
    at,
    by_id,
    drain,
    faults_of,
    rest_of,
    window,
)
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


def needs_limits(bed: TrackerBed, fault: Fault) -> None:
    """Skip the fault that is a limit where there is none."""
    if fault is Fault.LIMITED:
        needs(bed, "has_limits")


class FailurePromises:
    """Part of :class:`connectors.conformance.tracker_suite.TrackerSuite`."""

    # ---- failures ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("fault", list(Fault))
    def test_a_window_that_cannot_be_read_is_an_error_and_never_an_absence(self, bed: TrackerBed, fault: Fault) -> None:
        needs(bed, "has_faults")
        needs_limits(bed, fault)
        entry_id = bed.write_down(at(9), 900, project="Site")
        bed.break_down(fault)
        with pytest.raises(ConnectorError) as raised:
            window(bed.tracker())
        with pytest.raises(ConnectorError):
            bed.tracker().entry(entry_id)

        bed.mend()

        assert raised.value.retryable
        assert [entry.id for entry in window(bed.tracker())] == [entry_id]

    @pytest.mark.parametrize("fault", list(Fault))
    def test_changes_that_cannot_be_read_are_an_error_and_move_no_cursor(self, bed: TrackerBed, fault: Fault) -> None:
        needs(bed, "has_faults")
        needs_limits(bed, fault)
        bed.write_down(at(8), 900)
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(hours=1))
        entry_id = bed.write_down(at(9), 900, project="Site")
        bed.clock.advance(timedelta(minutes=5))
        bed.break_down(fault)
        with pytest.raises(ConnectorError) as raised:
            drain(bed.tracker(), cursor)

        bed.mend()

        assert raised.value.retryable
        if bed.traits.lists_changes:
            assert entry_id in by_id(drain(bed.tracker(), cursor)[0])

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.LIMITED, Fault.CUT_OFF])
    def test_a_window_that_breaks_off_between_two_pages_is_not_taken_for_whole(
        self, bed: TrackerBed, fault: Fault
    ) -> None:
        needs(bed, "has_faults")
        needs_limits(bed, fault)
        ids = {bed.write_down(at(8, minute=number), 900) for number in range(bed.page_size() * 2 + 1)}
        pages = bed.tracker().entries_between(TODAY, TODAY)
        read = {entry.id for entry in next(pages).entries}
        bed.break_down(fault)

        rest = rest_of(pages)

        assert rest is None or read | set(rest) == ids

    def test_a_product_that_is_down_is_called_unavailable(self, bed: TrackerBed) -> None:
        needs(bed, "has_faults")
        bed.break_down(Fault.DOWN)

        with pytest.raises(Unavailable):
            window(bed.tracker())

    def test_a_limit_is_told_with_the_time_to_come_back(self, bed: TrackerBed) -> None:
        needs(bed, "has_faults")
        needs(bed, "has_limits")
        bed.break_down(Fault.LIMITED)

        with pytest.raises(Limited) as raised:
            window(bed.tracker())

        assert raised.value.retry_after_seconds > 0

    def test_wrong_credentials_are_called_that(self, bed: TrackerBed) -> None:
        needs(bed, "has_credentials")
        with pytest.raises(WrongCredentials):
            window(bed.tracker_with_wrong_credentials())

    def test_no_error_shows_the_secret(self, bed: TrackerBed, caplog: pytest.LogCaptureFixture) -> None:
        needs(bed, "has_faults")
        caplog.set_level("DEBUG")
        for fault in faults_of(bed):
            bed.break_down(fault)
            with pytest.raises(ConnectorError) as raised:
                window(bed.tracker())
            bed.mend()
            assert TOKEN not in f"{raised.value} {raised.value!r} {raised.value.__dict__}"

        assert TOKEN not in caplog.text

    def test_one_entry_that_cannot_be_read_is_set_aside_and_the_others_are_read(self, bed: TrackerBed) -> None:
        needs(bed, "has_faults")
        first, month = TODAY - timedelta(days=40), "2026-09"
        odd = bed.write_down(at(10, day=date(2026, 9, 21)), 900)
        others = {bed.write_down(at(9), 900, person=person) for person in ("Anna", "Bert")}
        bed.misread(month, f"1026{month[4:]}")
        tracker = bed.tracker()

        for pages in (
            list(tracker.entries_between(first, TODAY)),
            list(tracker.changed_entries(None, at(12, day=first))),
        ):
            assert {entry.id for page in pages for entry in page.entries} == others
            unreadable = [record for page in pages for record in page.unreadable]
            assert unreadable
            assert all(record.id and record.reason for record in unreadable)
            assert any(record.covers(odd) for record in unreadable)
            assert not any(record.covers(other) for record in unreadable for other in others)
        with pytest.raises(Malformed):
            assert tracker.entry(odd) is not None
        bed.mend()
        assert {entry.id for entry in window(bed.tracker(), first)} == {odd, *others}

    def test_text_that_terminals_obey_is_made_harmless(self, bed: TrackerBed) -> None:
        needs(bed, "has_faults")
        needs(bed, "has_descriptions")
        bed.write_down(at(9), 900, "menu \x1b]52;c;cm0gLXJm\x07 \x9b2J gone")

        (entry,) = window(bed.tracker())

        assert "menu" in entry.description
        assert "gone" in entry.description

    def test_a_credential_that_does_not_see_colleagues_is_refused_for_reading(self, bed: TrackerBed) -> None:
        needs(bed, "tells_forbidden_from_gone")
        bed.write_down(at(9), 900, person="Bert")
        bed.take_permission_away()

        for reading in (lambda: window(bed.tracker()), lambda: drain(bed.tracker(), None)):
            with pytest.raises(PermissionMissing) as raised:
                reading()
            assert raised.value.remedy

    # ---- webhooks and the self-check ---------------------------------------------------------------

    def test_a_genuine_webhook_call_points_at_the_entry(self, bed: TrackerBed) -> None:
        needs(bed, "has_webhooks")
        entry_id = bed.write_down(at(9), 900)
        headers, body = bed.webhook_call(entry_id)

        call = bed.tracker().webhook(headers, body, bed.clock.now())

        assert call.entry_ids == (entry_id,)
        assert call.delivery_id

    def test_a_webhook_call_that_proves_nothing_is_refused(self, bed: TrackerBed) -> None:
        entry_id = bed.write_down(at(9), 900)
        body = bed.webhook_call(entry_id)[1] if bed.traits.has_webhooks else b"{}"

        with pytest.raises(BadSignature):
            bed.tracker().webhook({}, body, bed.clock.now())

    def test_a_webhook_call_that_was_tampered_with_is_refused(self, bed: TrackerBed) -> None:
        needs(bed, "has_webhooks")
        needs(bed, "signs_body")
        headers, body = bed.webhook_call(bed.write_down(at(9), 900))

        with pytest.raises(BadSignature):
            bed.tracker().webhook(headers, body + b" ", bed.clock.now())

    def test_the_self_check_passes_where_all_is_well(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 900)

        results = bed.tracker().check()

        assert [result for result in results if not result.passed] == []
        assert results

    def test_the_self_check_says_what_to_do_and_does_not_raise(self, bed: TrackerBed) -> None:
        failed = [result for result in bed.tracker_with_wrong_credentials().check() if not result.passed]

        assert failed
        assert all(result.remedy for result in failed)

    def test_the_self_check_tells_a_permission_that_is_missing(self, bed: TrackerBed) -> None:
        needs(bed, "tells_forbidden_from_gone")
        bed.write_down(at(9), 900, person="Bert")
        bed.take_permission_away()

        failed = [result for result in bed.tracker().check() if not result.passed]

        assert failed
        assert all(result.remedy for result in failed)

    def test_the_self_check_survives_every_fault(self, bed: TrackerBed) -> None:
        needs(bed, "has_faults")
        for fault in faults_of(bed):
            bed.break_down(fault)
            failed = [result for result in bed.tracker().check() if not result.passed]
            bed.mend()

            assert failed
            assert all(result.remedy for result in failed)
