"""Hours, dates and accounts as readers write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.messages.formats import Language, whole_minutes, words
from care_sync.model.account import Account
from care_sync.model.month import Month

NL, EN, US = Language.of("nl"), Language.of("en-GB"), Language.of("en-US")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (11_700, "3:15"),
        (0, "0:00"),
        (29, "0:00"),
        (30, "0:01"),
        (-1_800, "-0:30"),
        (-10, "0:00"),
        (360_000, "100:00"),
    ],
)
def test_hours_are_written_to_the_nearest_minute(seconds: int, written: str) -> None:
    assert NL.hours(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "dutch", "english"),
    [
        (11_700, "3,25 uur", "3.25 hours"),
        (3_600, "1 uur", "1 hour"),
        (0, "0 uur", "0 hours"),
        (180_000, "50 uur", "50 hours"),
        (4_000_000, "1.111,11 uur", "1,111.11 hours"),
    ],
)
def test_hours_in_words_follow_the_language(seconds: int, dutch: str, english: str) -> None:
    assert NL.hours_in_words(seconds) == dutch
    assert EN.hours_in_words(seconds) == english


def test_minutes_have_their_plural() -> None:
    assert [NL.minutes_in_words(60), NL.minutes_in_words(120)] == ["1 minuut", "2 minuten"]
    assert [EN.minutes_in_words(60), EN.minutes_in_words(-120)] == ["1 minute", "-2 minutes"]


def test_dates_and_months_follow_the_region() -> None:
    assert NL.date(date(2026, 10, 5)) == "5 oktober 2026"
    assert EN.date(date(2026, 10, 5)) == "5 October 2026"
    assert US.date(date(2026, 10, 5)) == "October 5, 2026"
    assert (NL.month(Month("2026-10")), EN.month(Month("2026-10"))) == ("oktober 2026", "October 2026")


@pytest.mark.parametrize(
    ("account", "dutch", "english"),
    [
        ("card:7", "strippenkaart 7", "hour card 7"),
        ("invoice:2026-10", "factuur van oktober 2026", "invoice of October 2026"),
        ("fair_use:2026-09", "fair use van september 2026", "fair use of September 2026"),
        ("quote:1042", "offerte van ticket 1042", "quote of ticket 1042"),
        ("pending", "aangehouden", "held"),
    ],
)
def test_accounts_have_a_name_that_people_know(account: str, dutch: str, english: str) -> None:
    assert NL.account(Account(account)) == dutch
    assert EN.account(Account(account)) == english


def test_both_languages_know_the_same_words() -> None:
    assert {group: set(keys) for group, keys in words("nl").items()} == {
        group: set(keys) for group, keys in words("en").items()
    }


@given(st.text(max_size=20))
def test_any_locale_a_product_may_send_gives_a_language(locale: str) -> None:
    assert Language.of(locale).code in ("nl", "en")


def test_minutes_of_parts_add_up_to_the_minutes_of_all_of_them() -> None:
    assert whole_minutes([30 * 60 + 30, 30 * 60 + 31, 29]) == [31, 31, 0]
    assert whole_minutes([90, 90]) == [2, 1]
    assert whole_minutes([]) == []
