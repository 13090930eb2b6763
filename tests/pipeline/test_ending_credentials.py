"""Credentials that end are reported two weeks before, and leave the list when they are renewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from care_sync.clock import ManualClock
from care_sync.pipeline.ending_credentials import CREDENTIALS_END, report_ending_credentials
from care_sync.store import Store
from connectors.conformance.environment import environment
from connectors.zendesk.connector import ZendeskHelpdesk
from connectors.zendesk.settings import ZendeskSettings, ZendeskTimeSettings
from connectors.zendesk.time_tracker import ZendeskTimeTracker
from tests.pipeline.products import FakeTracker

SOON = datetime(2027, 4, 16, tzinfo=UTC)


def zendesk(clock: ManualClock, **way_in: object) -> ZendeskHelpdesk:
    return ZendeskHelpdesk(ZendeskSettings.model_validate({"subdomain": "care", **way_in}), environment(clock))


def reported(store: Store) -> list[str]:
    with store.read() as work:
        return [f"{item.subject} {item.message}" for item in work.attention.all(CREDENTIALS_END)]


def test_an_api_token_is_reported_two_weeks_before_it_stops(store: Store, clock: ManualClock) -> None:
    helpdesk = zendesk(clock, email="a@care.example", api_token="t")
    clock.move_to(SOON - timedelta(seconds=1))
    assert report_ending_credentials(store, (helpdesk, FakeTracker()), clock) == 0

    clock.move_to(SOON)
    assert report_ending_credentials(store, (helpdesk, FakeTracker()), clock) == 1

    (line,) = reported(store)
    assert line.startswith("zendesk:care API token (ends on 2027-04-30, in 14 days). ")
    assert "care-sync connect zendesk" in line

    by_client = zendesk(clock, auth={"client_id": "care-sync", "client_secret": "s"})
    assert report_ending_credentials(store, (by_client, FakeTracker()), clock) == 0
    assert reported(store) == []


def test_two_connectors_of_one_account_are_one_report(sqlite_store: Store, clock: ManualClock) -> None:
    clock.move_to(SOON)
    way_in = {"email": "a@care.example", "api_token": "t"}
    settings = ZendeskTimeSettings.model_validate({"subdomain": "care", "time_zone": "Europe/Amsterdam", **way_in})
    tracker = ZendeskTimeTracker(settings, environment(clock))

    assert report_ending_credentials(sqlite_store, (zendesk(clock, **way_in), tracker), clock) == 1

    assert len(reported(sqlite_store)) == 1
