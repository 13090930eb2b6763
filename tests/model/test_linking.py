"""How a time entry finds its ticket, and when it must not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from care_sync.errors import UserError
from care_sync.model.linking import Linking, link_entry
from care_sync.model.patterns import compile_template, compile_url, compile_wildcards
from care_sync.model.time_entry import Link, LinkState
from care_sync.settings import load_settings
from care_sync.settings.linking import LinkSettings
from connectors.records import (
    EntryKind,
    EntryState,
    Organization,
    Ticket,
    TicketReference,
    TicketStatus,
    TimeEntry,
)

NOW = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
ENTRY = TimeEntry("toggl", "1", "7", EntryState.STOPPED, EntryKind.WORK, 1800, date(2026, 10, 30))
BAKER, CARPENTER = Organization("5", "Bakkerij Van Dam"), Organization("6", "Timmerman")


def ticket(identity: str, number: str | None = None, **changes: object) -> Ticket:
    base = Ticket(identity, number or identity, "Formulier stuk", TicketStatus.OPEN, NOW, NOW, organization_id="5")
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass
class Lookup:
    """What the helpdesk is known to hold."""

    tickets: Iterable[Ticket] = field(default_factory=lambda: [ticket("12"), ticket("13", organization_id="6")])
    organizations: Iterable[Organization] = (BAKER, CARPENTER)

    def ticket(self, ticket_id: str) -> Ticket | None:
        return next((one for one in self.tickets if one.id == ticket_id), None)

    def ticket_numbered(self, number: str) -> Ticket | None:
        return next((one for one in self.tickets if one.number == number), None)

    def organizations_meant(self, place: str, name: str) -> frozenset[str]:
        return frozenset(one.id for one in self.organizations if one.name.casefold() == name.casefold())

    def organization_name(self, organization_id: str) -> str | None:
        return next((one.name for one in self.organizations if one.id == organization_id), None)


class NoOptions(BaseModel):
    """A product without settings."""


def linking(**settings: object) -> Linking:
    return Linking.of(
        LinkSettings.model_validate(settings), lambda key: f"https://acme.zendesk.com/agent/tickets/{key}"
    )


def link(entry: TimeEntry, lookup: Lookup | None = None, **settings: object) -> Link:
    return link_entry(entry, lookup or Lookup(), linking(**settings))


def text(description: str, **changes: object) -> TimeEntry:
    return replace(ENTRY, description=description, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "description",
    [
        "#12 Formulier stuk",
        "  #12: Formulier",
        "[#12] Formulier",
        "[##12] Formulier",
        "Formulier stuk (#12)",
        "Bug #12 hersteld",
        "#12",
        "Zie #12, daarna getest",
        "#12 vervolg op #13",
    ],
)
def test_a_number_as_the_browser_buttons_write_it_links(description: str) -> None:
    assert link(text(description)) == Link(
        LinkState.LINKED, "12", "5", activity="work", via="number", wanted_ticket="12"
    )


@pytest.mark.parametrize(
    "description",
    ["12 Formulier", "Formulier 12", "abc#12", "kleur &#12; gezet", "pagina/#12", "#12a", "#", "", "#1234567890123"],
)
def test_what_is_no_reference_does_not_link(description: str) -> None:
    assert link(text(description)).state is LinkState.UNLINKED


def test_a_bare_number_is_only_suggested() -> None:
    found = link(text("12 Formulier stuk"))
    assert (found.state, found.ticket_id) == (LinkState.UNLINKED, None)
    assert found.reason == "nothing points at a ticket; if 12 is one, write #12"
    assert link(text("14 dagen gewerkt")).reason == "nothing points at a ticket"


@pytest.mark.parametrize(
    ("description", "ticket_id"),
    [
        ("zie https://acme.zendesk.com/agent/tickets/12", "12"),
        ("http://ACME.zendesk.com/agent/tickets/12?page=2", "12"),
        ("acme.zendesk.com/agent/tickets/12.", "12"),
        ("https://evil-acme.zendesk.com/agent/tickets/12", None),
        ("https://other.zendesk.com/agent/tickets/12", None),
        ("https://example.org/?u=x.acme.zendesk.com/agent/tickets/12", None),
    ],
)
def test_the_address_of_a_ticket_of_our_helpdesk_links(description: str, ticket_id: str | None) -> None:
    assert link(text(description)).ticket_id == ticket_id


def test_a_number_that_is_not_the_id_is_looked_up_as_people_see_it() -> None:
    lookup = Lookup([ticket("900", "12"), ticket("12", "20012")])
    assert link(text("#12"), lookup).ticket_id == "900"
    assert link(text("https://acme.zendesk.com/agent/tickets/12"), lookup).ticket_id == "12"


def test_methods_are_tried_in_the_configured_order() -> None:
    entry = text(
        "#13 en https://acme.zendesk.com/agent/tickets/14",
        tags=("zd-15",),
        references=(TicketReference("issue", "16"),),
        project_name="Onderhoud 17",
    )
    lookup = Lookup([ticket(str(number)) for number in range(12, 18)])
    projects = [{"project": "Onderhoud {number}"}]
    orders = ["reference", "url", "number", "tag", "project"]
    found = [link(entry, lookup, methods=orders[start:], projects=projects).ticket_id for start in range(5)]
    assert found == ["16", "14", "13", "15", "17"]
    assert link(entry, lookup, methods=["tag", "reference"]).ticket_id == "15"


def test_a_reference_into_another_product_says_nothing_here() -> None:
    elsewhere = TicketReference("external_reference", "12", "https://jira.example.org/browse/12")
    assert link(replace(ENTRY, references=(elsewhere,))).state is LinkState.UNLINKED
    ours = TicketReference("external_reference", "12", "https://acme.zendesk.com/agent/tickets/12")
    assert link(replace(ENTRY, references=(ours,))).via == "reference"
    assert link(replace(ENTRY, references=(replace(ours, ticket_id=None),))).ticket_id == "12"


def test_a_tag_links_whatever_its_case() -> None:
    assert link(replace(ENTRY, tags=("vip", "ZD-12"))).ticket_id == "12"
    assert link(replace(ENTRY, tags=("zd-12-oud",))).state is LinkState.UNLINKED
    assert link(replace(ENTRY, tags=("cw12",)), tags=["cw{number}"]).ticket_id == "12"


def test_a_project_can_stand_for_a_ticket() -> None:
    entry = replace(ENTRY, project_name="Migratie Van Dam")
    assert link(entry, projects=[{"project": "Migratie *", "ticket": "#12"}]).ticket_id == "12"
    assert link(entry, projects=[{"project": "migratie", "ticket": "12"}]).state is LinkState.UNLINKED


def test_a_ticket_that_the_helpdesk_does_not_have_is_waited_for_and_nothing_weaker_is_tried() -> None:
    found = link(text("#99 en #12", tags=("zd-12",)))
    assert (found.state, found.wanted_ticket, found.ticket_id) == (LinkState.UNKNOWN_TICKET, "99", None)
    assert found.reason == "the helpdesk has shown no #99"


def test_the_first_mention_in_running_text_that_fits_the_customer_is_taken() -> None:
    assert link(text("over #13 en #12", client_name="bakkerij van dam")).ticket_id == "12"


def test_a_ticket_of_another_customer_is_never_charged() -> None:
    found = link(text("#13 formulier", client_name="Bakkerij Van Dam"))
    assert found == Link(
        LinkState.OTHER_CUSTOMER,
        organization_id="5",
        activity="work",
        via="number",
        reason="#13 is of Timmerman, the entry of Bakkerij Van Dam",
        wanted_ticket="13",
    )


def test_a_ticket_without_organization_does_not_fit_a_known_customer() -> None:
    lookup = Lookup([ticket("12", organization_id=None)])
    assert link(text("#12", client_name="Timmerman"), lookup).state is LinkState.OTHER_CUSTOMER
    assert link(text("#12"), lookup).state is LinkState.LINKED


@pytest.mark.parametrize(
    ("entry", "settings"),
    [
        (text("#13", client_name="BVD"), {"clients": {"BVD*": "Bakkerij Van Dam"}}),
        (text("#13", project_name="Bakkerij Van Dam"), {}),
        (
            text("#13", project_name="VD onderhoud", client_name="Timmerman"),
            {"projects": [{"project": "VD *", "organization": "Bakkerij Van Dam"}]},
        ),
    ],
)
def test_the_customer_is_known_by_configured_project_or_client_or_by_name(
    entry: TimeEntry, settings: dict[str, object]
) -> None:
    assert link(entry, **settings).state is LinkState.OTHER_CUSTOMER


def test_an_unknown_client_stops_nothing() -> None:
    assert link(text("#13", client_name="Wij zelf")).state is LinkState.LINKED


def test_two_customers_of_one_name_are_both_possible() -> None:
    lookup = Lookup(organizations=(BAKER, Organization("8", "bakkerij van dam"), CARPENTER))
    assert link(text("#12", client_name=BAKER.name), lookup).ticket_id == "12"
    assert link(text("werk", client_name=BAKER.name), lookup).organization_id is None


def test_an_entry_without_a_ticket_still_knows_its_customer() -> None:
    found = link(text("overleg", client_name="Timmerman"))
    assert (found.state, found.organization_id) == (LinkState.UNLINKED, "6")


def test_a_merged_ticket_is_followed_to_the_one_that_lives_on() -> None:
    merged = [ticket("10", merged_into="11"), ticket("11", merged_into="12"), ticket("12")]
    found = link(text("#10"), Lookup(merged))
    assert (found.ticket_id, found.reason) == ("12", "#10 was merged into #12")
    waiting = link(text("#10"), Lookup(merged[:2]))
    assert (waiting.state, waiting.wanted_ticket) == (LinkState.UNKNOWN_TICKET, "12")


def test_tickets_merged_in_a_circle_come_to_an_end() -> None:
    circle = [ticket("10", merged_into="11"), ticket("11", merged_into="10")]
    assert link(text("#10"), Lookup(circle)).state is LinkState.LINKED


@pytest.mark.parametrize("kind", [EntryKind.BREAK, EntryKind.LEAVE])
def test_breaks_and_leave_never_count(kind: EntryKind) -> None:
    assert link(text("#12", kind=kind)).state is LinkState.IGNORED


@pytest.mark.parametrize(
    "entry",
    [
        text("#12", tags=("Pauze",)),
        text("#12", project_name="Intern overleg"),
        text("Lunch met #12"),
        text("#12", seconds=-260),
    ],
)
def test_what_the_configuration_leaves_out_never_counts(entry: TimeEntry) -> None:
    ignored = {"projects": ["Intern*"], "tags": ["pauze"], "descriptions": ["lunch*"]}
    found = link(entry, ignored=ignored)
    assert found.state is LinkState.IGNORED
    assert found.reason


@pytest.mark.parametrize(
    ("tags", "activity"),
    [
        ((), "work"),
        (("vip",), "work"),
        (("Administratie",), "administration"),
        (("intake",), "intake"),
        (("afstemming",), "alignment"),
        (("Extra werk",), "extra_work"),
        (("extra-work",), "extra_work"),
        (("meerwerk", "administratie"), "administration"),
    ],
)
def test_the_activity_comes_by_tag(tags: tuple[str, ...], activity: str) -> None:
    assert link(text("#12", tags=tags)).activity == activity


def test_activity_tags_can_be_named_by_the_site() -> None:
    assert link(text("#12", tags=("ops",)), activities={"ops": "administration"}).activity == "administration"


@pytest.mark.parametrize(
    ("settings", "field_name", "told"),
    [
        ({"numbers": ["{number}"]}, ("numbers", 0), "a bare number is no reference"),
        ({"numbers": ["#123"]}, ("numbers", 0), "needs exactly one {number} or {id}"),
        ({"tags": ["zd-{nummer}"]}, ("tags", 0), "unknown placeholder {nummer}"),
        ({"urls": ["tickets/{id}"]}, ("urls", 0), "is not an address"),
        ({"urls": ["https://a.nl/" + "x" * 300 + "{id}"]}, ("urls", 0), "longer than 200"),
        ({"projects": [{"project": "Acme"}]}, ("projects", 0), "says nothing"),
        ({"projects": [{"project": "{id} {number}"}]}, ("projects", 0, "project"), "more than one placeholder"),
        ({"ignored": {"projects": [" "]}}, ("ignored", "projects", 0), "is empty"),
        ({"ignored": {"projects": ["a{"]}}, ("ignored", "projects", 0), "brace"),
        ({"methods": ["guess"]}, ("methods", 0), "reference"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(
    settings: dict[str, object], field_name: tuple[str | int, ...], told: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        LinkSettings.model_validate(settings)
    (problem,) = caught.value.errors()
    assert problem["loc"] == field_name
    assert told in problem["msg"]


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("Acme", "acme", True),
        ("Acme", "Acme BV", False),
        ("Acme*", "Acme BV", True),
        ("*intern*", "Ons Intern overleg", True),
        ("*a*b*c", "xxaxxbxxc", True),
        ("*a*b*c", "xxbxxaxxc", False),
        ("*", "", True),
        ("[Acme] (a+b)?", "[acme] (a+b)?", True),
        ("a*a", "a", False),
    ],
)
def test_wildcards_cover_the_whole_name(pattern: str, name: str, matches: bool) -> None:
    assert bool(compile_wildcards(pattern).match(name)) is matches


def test_a_number_after_a_wildcard_is_taken_whole() -> None:
    match = compile_wildcards("*{number}").match("Project 4711")
    assert match is not None
    assert match["number"] == "4711"


@pytest.mark.parametrize(
    "hostile", ["a" * 100_000, "#" * 100_000, "#1" * 50_000, "https://" * 10_000, "1." * 50_000, "[##" * 30_000]
)
def test_no_text_makes_matching_slow(hostile: str) -> None:
    ignored = {"projects": ["*a" * 90 + "b"], "descriptions": ["*a*a*a*a*a*a*a*a*b"]}
    entry = text(hostile, project_name=hostile, client_name=hostile, tags=(hostile,))
    assert link(entry, ignored=ignored).state in (LinkState.UNLINKED, LinkState.UNKNOWN_TICKET)


@given(st.text(max_size=60), st.integers(min_value=1, max_value=10**12 - 1))
def test_a_template_finds_exactly_the_number_that_it_marks(noise: str, number: int) -> None:
    match = compile_template("#{number}").search(f"#{number} {noise}")
    assert match is not None
    assert match["number"] == str(number)
    match = compile_url("https://acme.nl/t/{id}").search(f"https://acme.nl/t/{number} {noise}")
    assert match is not None
    assert match["id"] == str(number)


def test_a_mistake_in_the_file_is_named_with_line_value_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "company: {name: CARE}\nhelpdesk: {product: desk}\nlinking:\n  numbers:\n    - '{number}'\n"
        "  activities:\n    overleg: talking\n",
        encoding="utf-8",
    )
    with pytest.raises(UserError) as caught:
        load_settings(file, helpdesks={"desk": NoOptions}, time_trackers={})
    number, activity = sorted(caught.value.problems, key=lambda one: "activities" in one)
    assert number == (
        f'{file}:5:7: linking.numbers.0: "{{number}}" needs a mark before the placeholder, such as #{{number}}: '
        "a bare number is no reference."
    )
    assert "linking.activities.overleg" in activity
    assert "talking" in activity
