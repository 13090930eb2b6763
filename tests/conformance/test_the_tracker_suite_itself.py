"""A wrong connector does not pass: for each usual mistake there is a promise of the suite that it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.conformance.tracker_bed import Fault
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance import wrong_trackers as wrong
from tests.conformance.toggl_bed import TogglBed

CAUGHT = (AssertionError, KeyError, pytest.fail.Exception)
MISTAKES: list[tuple[type[wrong.WrongTracker], str, dict[str, Any]]] = [
    (wrong.DropsTheLastOfAFullPage, "a_window_of_many_pages_is_complete_and_holds_nothing_twice", {}),
    (wrong.TellsAnEntryOnTwoPages, "a_window_of_many_pages_is_complete_and_holds_nothing_twice", {}),
    (
        wrong.TakesABrokenPageForTheLast,
        "a_window_that_breaks_off_between_two_pages_is_not_taken_for_whole",
        {"fault": Fault.CUT_OFF},
    ),
    (
        wrong.TakesAnErrorForNothing,
        "a_window_that_cannot_be_read_is_an_error_and_never_an_absence",
        {"fault": Fault.LIMITED},
    ),
    (wrong.TakesForbiddenForGone, "forbidden_is_not_gone", {}),
    (wrong.TakesForbiddenForGone, "what_a_window_leaves_out_for_want_of_permission_is_not_called_gone", {}),
    (wrong.GivesAnEmptyEntryForNone, "a_deleted_entry_is_gone", {"person": "Bert"}),
    (wrong.GivesAnEmptyEntryForNone, "an_entry_that_never_was_is_gone", {}),
    (wrong.TellsADeletionAsAnEdit, "a_deletion_that_is_told_is_told_as_one", {}),
    (wrong.SeesTheTokensOwnerAlone, "every_colleague_is_seen", {}),
    (wrong.CountsByTheClockOnTheWall, "a_night_in_which_summer_time_ends_has_the_hours_it_had", {}),
    (wrong.CountsByTheClockOnTheWall, "a_day_on_which_summer_time_begins_keeps_its_entries", {}),
    (wrong.ForgetsWhichOfTheTwoHours, "work_in_the_hour_that_comes_twice_keeps_its_times", {}),
    (wrong.CutsTheDateOffTheInstant, "the_work_date_is_the_local_one", {}),
    (wrong.BelievesTheMachinesZone, "the_time_zone_of_this_machine_plays_no_part", {"zone": "America/Los_Angeles"}),
    (wrong.KnowsOneZoneOnly, "the_work_date_is_that_of_the_configured_zone", {"zone": "Asia/Tokyo"}),
    (wrong.SplitsAtMidnight, "an_entry_over_midnight_stands_whole_on_the_day_it_began", {}),
    (wrong.ReadsARunningEntryAsStopped, "a_running_timer_counts_nothing", {}),
    (wrong.ReadsARunningEntryAsStopped, "a_running_timer_exists", {}),
    (wrong.HasFloatingSeconds, "an_entry_is_read_with_everything_the_product_says", {}),
    (wrong.HasLocalInstants, "an_entry_is_read_with_everything_the_product_says", {}),
    (wrong.CutsLongText, "every_language_and_very_long_text_come_through", {}),
    (wrong.LosesTagsInTheWindow, "both_lanes_read_an_entry_alike", {}),
    (wrong.GoesOnBehindTheNewestChange, "two_changes_in_the_same_second_are_both_told", {}),
    (
        wrong.GoesOnFromItsOwnClock,
        "a_clock_that_differs_from_the_products_loses_no_change",
        {"minutes": 5, "has_work": False},
    ),
    (wrong.MovesTheCursorBeforeItsLastPage, "after_a_crash_between_two_pages_nothing_is_missing", {}),
    (wrong.BelievesEveryCall, "a_webhook_call_that_was_tampered_with_is_refused", {}),
    (wrong.BelievesEveryCall, "a_webhook_call_that_proves_nothing_is_refused", {}),
    (wrong.ShowsItsSecret, "no_error_shows_the_secret", {}),
    (wrong.DropsWhatItCannotRead, "one_entry_that_cannot_be_read_is_set_aside_and_the_others_are_read", {}),
    (wrong.CallsUnreadableGone, "one_entry_that_cannot_be_read_is_set_aside_and_the_others_are_read", {}),
    (wrong.PassesEscapesOn, "text_that_terminals_obey_is_made_harmless", {}),
    (wrong.ReadsWhatItMaySee, "a_credential_that_does_not_see_colleagues_is_refused_for_reading", {}),
]
FIXTURES = {
    "the_time_zone_of_this_machine_plays_no_part": "monkeypatch",
    "no_error_shows_the_secret": "caplog",
}
"""What a promise is given by pytest."""


@pytest.fixture
def bed() -> Iterator[TogglBed]:
    with TogglBed.open() as bed:
        yield bed


def keep(bed: TogglBed, promise: str, given: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """Hold a promise of the suite against the connectors of the bed."""
    fixture = FIXTURES.get(promise)
    more = {fixture: request.getfixturevalue(fixture)} if fixture else {}
    getattr(TrackerSuite(), f"test_{promise}")(bed, **given, **more)


@pytest.mark.parametrize(
    ("mistake", "promise", "given"), MISTAKES, ids=[f"{mistake.__name__}-{promise}" for mistake, promise, _ in MISTAKES]
)
def test_a_wrong_tracker_is_caught(
    bed: TogglBed,
    mistake: type[wrong.WrongTracker],
    promise: str,
    given: dict[str, Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = bed.tracker

    def tracker(**settings: Any) -> wrong.WrongTracker:
        return mistake(right(**settings), bed, settings.get("clock_ahead", timedelta()))

    monkeypatch.setattr(bed, "tracker", tracker)

    with pytest.raises(CAUGHT):
        keep(bed, promise, given, request)


@pytest.mark.parametrize(("promise", "given"), [(promise, given) for _, promise, given in MISTAKES])
def test_the_right_tracker_keeps_what_a_wrong_one_breaks(
    bed: TogglBed,
    promise: str,
    given: dict[str, Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = bed.tracker
    monkeypatch.setattr(bed, "tracker", lambda **settings: wrong.WrongTracker(right(**settings), bed))

    keep(bed, promise, given, request)


def test_every_mistake_is_tried() -> None:
    known = {one for one in vars(wrong).values() if isinstance(one, type) and issubclass(one, wrong.WrongTracker)}

    assert {mistake for mistake, _, _ in MISTAKES} == known - {wrong.WrongTracker}
