"""What every time tracker's connector promises about failures, webhooks and its self-check."""

from __future__ import annotations

import pytest

from connectors.conformance.tracker_bed import (
    TOKEN,
    Fault,
    TrackerBed,
    at,
    needs,
    window,
)
from connectors.errors import BadSignature, ConnectorError, Limited, Unavailable, WrongCredentials


class FailurePromises:
    """Part of :class:`connectors.conformance.tracker_suite.TrackerSuite`."""

    # ---- failures ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.CUT_OFF, Fault.MALFORMED, Fault.WRONG_SHAPE])
    def test_a_window_that_cannot_be_read_is_an_error_and_never_an_absence(self, bed: TrackerBed, fault: Fault) -> None:
        needs(bed.traits.has_faults, "the product does not fail on demand")
        entry_id = bed.write_down(at(9), 900, project="Site")
        bed.break_down(fault)
        with pytest.raises(ConnectorError) as raised:
            window(bed.tracker())
        with pytest.raises(ConnectorError):
            bed.tracker().entry(entry_id)

        bed.mend()

        assert raised.value.retryable
        assert [entry.id for entry in window(bed.tracker())] == [entry_id]

    def test_a_product_that_is_down_is_called_unavailable(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_faults, "the product does not fail on demand")
        bed.break_down(Fault.DOWN)

        with pytest.raises(Unavailable):
            window(bed.tracker())

    def test_a_limit_is_told_with_the_time_to_come_back(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_faults, "the product does not fail on demand")
        bed.break_down(Fault.LIMITED)

        with pytest.raises(Limited) as raised:
            window(bed.tracker())

        assert raised.value.retry_after_seconds > 0

    def test_wrong_credentials_are_called_that(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_credentials, "the product knows nobody")
        with pytest.raises(WrongCredentials):
            window(bed.tracker_with_wrong_credentials())

    def test_no_error_shows_the_secret(self, bed: TrackerBed, caplog: pytest.LogCaptureFixture) -> None:
        needs(bed.traits.has_faults, "the product does not fail on demand")
        caplog.set_level("DEBUG")
        for fault in Fault:
            bed.break_down(fault)
            with pytest.raises(ConnectorError) as raised:
                window(bed.tracker())
            assert TOKEN not in f"{raised.value} {raised.value!r} {raised.value.__dict__}"

        assert TOKEN not in caplog.text

    # ---- webhooks and the self-check ---------------------------------------------------------------

    def test_a_genuine_webhook_call_points_at_the_entry(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_webhooks, "the product has no webhooks")
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

    def test_the_self_check_passes_where_all_is_well(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 900)

        results = bed.tracker().check()

        assert [result for result in results if not result.passed] == []
        assert results

    def test_the_self_check_says_what_to_do_and_does_not_raise(self, bed: TrackerBed) -> None:
        failed = [result for result in bed.tracker_with_wrong_credentials().check() if not result.passed]

        assert failed
        assert all(result.remedy for result in failed)
