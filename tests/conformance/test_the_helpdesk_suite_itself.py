"""A wrong connector does not pass: for each usual mistake there is a promise of the suite that it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.conformance.helpdesk_bed import Fault
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from connectors.conformance.helpdesk_words import note
from connectors.records import CommentKind
from tests.conformance import wrong_helpdesks as wrong
from tests.conformance.zammad_bed import ZammadBed
from tests.conformance.zendesk_bed import ZendeskBed

CAUGHT = (AssertionError, KeyError, pytest.fail.Exception)
MISTAKES: list[tuple[type[wrong.WrongHelpdesk], str, dict[str, Any]]] = [
    (wrong.DropsTheLastOfAFullPage, "a_reading_of_many_pages_misses_nothing_of_one_second", {}),
    (wrong.MovesTheCursorBeforeItsLastPage, "after_a_crash_between_two_pages_nothing_is_missing", {}),
    (wrong.GoesOnBehindTheNewestChange, "two_changes_of_one_second_are_both_told", {}),
    (wrong.GoesOnFromItsOwnClock, "a_clock_that_differs_from_the_products_loses_no_change", {"minutes": 5}),
    (wrong.IgnoresDeletions, "a_deleted_ticket_is_told_as_deleted", {}),
    (wrong.ForgetsWhereAMergedTicketWent, "a_merged_ticket_tells_where_it_went", {}),
    (
        wrong.TakesAnErrorForNothing,
        "what_cannot_be_read_is_an_error_and_never_an_absence",
        {"fault": Fault.CUT_OFF, "way": "named"},
    ),
    (
        wrong.TakesAnErrorForNothing,
        "what_cannot_be_read_is_an_error_and_never_an_absence",
        {"fault": Fault.LIMITED, "way": "organizations"},
    ),
    (
        wrong.TakesAnErrorForNoReference,
        "what_cannot_be_read_is_an_error_and_never_an_absence",
        {"fault": Fault.DOWN, "way": "references"},
    ),
    (
        wrong.TakesForbiddenForNoReference,
        "a_permission_that_is_missing_is_called_that_and_never_an_absence",
        {"way": "references"},
    ),
    (wrong.ReplacesTheTags, "tags_of_agents_and_of_other_tools_stay", {}),
    (wrong.WritesTagsFromWhatItReadBefore, "a_tag_that_an_agent_added_since_we_read_stays", {}),
    (wrong.WritesEveryFieldBack, "a_field_that_an_agent_set_since_we_read_stays", {}),
    (wrong.WritesAgainAtOnce, "a_write_whose_answer_was_lost_is_uncertain_and_found", {}),
    (wrong.CallsDoubtAFailure, "a_write_whose_answer_was_lost_is_uncertain_and_found", {}),
    (wrong.CallsEverythingApplied, "what_certainly_did_not_happen_may_be_tried_again", {"fault": Fault.LIMITED}),
    (wrong.DropsWhatItCannotRead, "one_ticket_that_cannot_be_read_is_set_aside_and_the_others_are_read", {}),
    (wrong.PassesEscapesOn, "text_that_terminals_obey_is_made_harmless", {}),
    (
        wrong.TakesAServerErrorForNothingDone,
        "an_error_of_the_server_after_its_effect_makes_nothing_twice",
        {"status": 503, "kind": note},
    ),
    (
        wrong.CallsEverythingApplied,
        "an_error_of_the_server_before_its_effect_loses_nothing",
        {"status": 502},
    ),
    (wrong.CallsEverythingApplied, "a_ticket_that_was_deleted_since_we_read_is_refused_for_good", {}),
    (wrong.TriesAClosedTicketForever, "a_ticket_that_was_closed_since_we_read_is_refused_for_good", {}),
    (wrong.TriesAClosedTicketForever, "a_ticket_that_is_closed_while_we_write_is_refused_for_good", {}),
    (wrong.TellsTheCustomer, "a_comment_reaches_whom_it_is_for_and_nobody_else", {"kind": CommentKind.NOTE}),
    (wrong.StopsAtTheFirstThatIsRefused, "a_field_that_nobody_configured_is_refused_and_harms_no_other", {}),
    (wrong.MixesUpTheResults, "many_changes_have_one_result_each_in_their_order", {}),
    (wrong.LosesFieldsThatNobodyConfigured, "a_field_that_nobody_configured_is_refused_and_harms_no_other", {}),
    (wrong.CutsLongNotes, "a_very_long_note_comes_through", {}),
    (wrong.ReopensTickets, "a_status_is_not_ours_to_change", {}),
]
TRIED_ON_ZAMMAD = (wrong.TakesForbiddenForNoReference, wrong.GoesOnBehindTheNewestChange)
"""Zendesk lets every agent read single tickets, and shows no change before its second is over."""


@pytest.fixture
def bed(mistake: type[wrong.WrongHelpdesk]) -> Iterator[Any]:
    """Zendesk, which has every trait, or Zammad, where Zendesk leaves no room for the mistake."""
    with (ZammadBed if mistake in TRIED_ON_ZAMMAD else ZendeskBed).open() as bed:
        yield bed


def keep(bed: Any, promise: str, given: dict[str, Any]) -> None:
    """Hold a promise of the suite against the connectors of the bed."""
    getattr(HelpdeskSuite(), f"test_{promise}")(bed, **given)


@pytest.mark.parametrize(
    ("mistake", "promise", "given"), MISTAKES, ids=[f"{mistake.__name__}-{promise}" for mistake, promise, _ in MISTAKES]
)
def test_a_wrong_helpdesk_is_caught(
    bed: Any,
    mistake: type[wrong.WrongHelpdesk],
    promise: str,
    given: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = bed.helpdesk
    monkeypatch.setattr(bed, "helpdesk", lambda **settings: mistake(right(**settings), bed, **settings))

    with pytest.raises(CAUGHT):
        keep(bed, promise, given)


@pytest.mark.parametrize(("mistake", "promise", "given"), MISTAKES)
def test_the_right_helpdesk_keeps_what_a_wrong_one_breaks(
    bed: Any,
    mistake: type[wrong.WrongHelpdesk],
    promise: str,
    given: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = bed.helpdesk
    monkeypatch.setattr(bed, "helpdesk", lambda **settings: wrong.WrongHelpdesk(right(**settings), bed, **settings))

    keep(bed, promise, given)


def test_every_mistake_is_tried() -> None:
    known = {one for one in vars(wrong).values() if isinstance(one, type) and issubclass(one, wrong.WrongHelpdesk)}

    assert {mistake for mistake, _, _ in MISTAKES} == known - {wrong.WrongHelpdesk}
