"""Which numbers in a text are tickets, and what happens when several are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from care_sync.model.linking import link_entry
from care_sync.model.time_entry import Link, LinkState
from tests.model.test_linking import ENTRY, Lookup, linking, text, ticket

NUMBERS = ("1", "3", "10", "12", "45", "123", "1001", "1002", "123456")
LOOKUP = Lookup([*(ticket(f"id-{number}", number) for number in NUMBERS), ticket("1052", "7"), ticket("9", "1052")])


def link(description: str, **settings: object) -> Link:
    return link_entry(text(description), LOOKUP, linking(**settings))


@pytest.mark.parametrize(
    "description",
    [
        "Bijgewerkt naar #3.2",
        "#3.2 uitgerold",
        "#3.2.1",
        "korting #10%",
        "factuur #12/2024",
        "factuur #12-2024",
        "om #12:30 gebeld",
        "Kamer #12.5",
        "#1,5 uur",
        "#12-3",
        "color:#123",
        "color: #123456",
        "kleur #123456",
        "Background (#123) aangepast",
        "#1a2b",
        "#123abc",
        "issue #45",
        "Issue: #45",
        "PR #45",
        "pr#45",
        "merge  request #45",
        "https://example.org/12/#45",
    ],
)
def test_a_version_a_share_a_day_a_time_a_colour_or_a_number_of_another_tool_is_no_ticket(description: str) -> None:
    found = link(description)
    assert (found.state, found.ticket_id) == (LinkState.UNLINKED, None)


@pytest.mark.parametrize(
    "description",
    [
        "#1001: gebeld",
        "#1001, gebeld",
        "(#1001)",
        "#1001-gebeld",
        "Gebeld over #1001.",
        "#1001. Gebeld",
        "#1001/gebeld",
        "spr #1001",
        "#1001 #1001",
        "#1001/#1001",
        "#1001 op 100%",
        "[Ticket#1001] gebeld",
        "ticket#1001",
        "RE: [Ticket#1001] Vraag",
        "#3.2 uitgerold voor #1001",
        "PR #99 nagekeken voor #1001",
        "kleur #123abc gezet (#1001)",
    ],
)
def test_a_number_with_punctuation_around_it_is_a_ticket(description: str) -> None:
    assert link(description).ticket_id == "id-1001"


def test_the_number_that_zammad_shows_is_a_number_and_no_id() -> None:
    assert link("[Ticket#1052] gebeld").ticket_id == "9"


def test_a_number_of_another_tool_is_named_with_what_to_write_instead() -> None:
    assert link("PR #45").reason == "PR #45 is a number of another tool; if it is the ticket, write just #45"
    assert link("PR #99").reason == "nothing points at a ticket"


def test_a_site_says_which_words_stand_before_numbers_of_other_tools() -> None:
    assert link("issue #45", other_numbers=["pr"]).ticket_id == "id-45"
    assert link("PR #45", other_numbers=[]).ticket_id == "id-45"
    assert link("Kamer #12", other_numbers=["kamer"]).state is LinkState.UNLINKED


@pytest.mark.parametrize(
    ("description", "numbers"),
    [
        ("PR #45 nagekeken voor #1001", "#45, #1001"),
        ("#45 nagekeken voor #1001", "#45, #1001"),
        ("#1001 vervolg op #45", "#1001, #45"),
        ("#1001/#1002", "#1001, #1002"),
        ("over #1001 en #1002", "#1001, #1002"),
        ("#1001 #1002 #45", "#1001, #1002, #45"),
    ],
)
def test_several_numbers_that_fit_different_tickets_link_to_none_of_them(description: str, numbers: str) -> None:
    found = link(description)
    assert (found.state, found.ticket_id, found.organization_id) == (LinkState.UNLINKED, None, "5")
    assert found.reason == f"it fits several tickets: {numbers}; name the one that it is for, or split it"


def test_tags_and_addresses_of_different_tickets_link_to_none_of_them() -> None:
    tagged = link_entry(replace(ENTRY, tags=("zd-45", "zd-1001")), LOOKUP, linking())
    assert (tagged.state, tagged.reason[:23]) == (LinkState.UNLINKED, "it fits several tickets")
    addresses = "acme.zendesk.com/agent/tickets/id-45 en acme.zendesk.com/agent/tickets/id-1001"
    assert link(addresses).state is LinkState.UNLINKED


def test_numbers_of_merged_tickets_fit_the_one_that_lives_on() -> None:
    lookup = Lookup([ticket("10", merged_into="11"), ticket("11")])
    found = link_entry(text("#10 en #11"), lookup, linking())
    assert (found.state, found.ticket_id) == (LinkState.LINKED, "11")


def test_a_number_of_another_customers_ticket_makes_nothing_doubtful() -> None:
    lookup = Lookup([ticket("12"), ticket("13", organization_id="6")])
    named = text("over #13 en #12", client_name="Bakkerij Van Dam")
    assert link_entry(named, lookup, linking()).ticket_id == "12"
    assert link_entry(text("#12 vervolg op #13"), lookup, linking()).ticket_id == "12"
    assert link_entry(text("over #12 en #13"), lookup, linking()).state is LinkState.UNLINKED


def test_the_first_rule_of_a_project_that_names_a_ticket_decides() -> None:
    rules = [{"project": "Migratie Acme", "ticket": "1001"}, {"project": "Migratie *", "ticket": "1002"}]
    found = link_entry(replace(ENTRY, project_name="Migratie Acme"), LOOKUP, linking(projects=rules))
    assert found.ticket_id == "id-1001"


@pytest.mark.parametrize("hostile", ["#12/" * 1_250, "pr " * 1_600 + "#1", "pull " * 1_000, "#1%" * 1_600, "[" * 5_000])
def test_no_run_of_numbers_or_words_makes_matching_slow(hostile: str) -> None:
    assert link(hostile).state in (LinkState.UNLINKED, LinkState.LINKED)
