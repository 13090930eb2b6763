"""A customer is not its name, and a name that means nobody moves no money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from care_sync.clock import ManualClock
from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import Link, LinkState
from care_sync.pipeline.ingest import ingest_entries, ingest_organizations, relink_entries
from care_sync.pipeline.unknown_customers import (
    UNKNOWN_CLIENT,
    UNRESOLVED_NAME,
    UnknownClient,
    report_unknown_clients,
    report_unresolved_names,
    unknown_clients,
)
from care_sync.settings.linking import LinkSettings
from care_sync.store import Store
from connectors.records import Organization, TimeEntry
from tests.pipeline.products import a_ticket, an_entry

ACME, GLOBEX = Organization("5", "Acme"), Organization("6", "Globex")
FIRST = date(2026, 9, 1)


@dataclass
class Office:
    """A store with two customers and a ticket of each: 12 is Acme's, 13 Globex's."""

    store: Store
    clock: ManualClock
    settings: LinkSettings = field(default_factory=LinkSettings)

    def __post_init__(self) -> None:
        self.call(ACME, GLOBEX)
        with self.store.begin() as work:
            work.tickets.upsert([a_ticket("12"), a_ticket("13", organization_id="6")], self.clock.now())

    @property
    def linking(self) -> Linking:
        return Linking.of(self.settings, lambda key: f"https://acme.example.org/tickets/{key}", "fake:acme")

    def configure(self, **settings: object) -> None:
        self.settings = LinkSettings.model_validate(settings)

    def call(self, *organizations: Organization) -> None:
        with self.store.begin() as work:
            ingest_organizations(work, organizations, self.clock.now())

    def enter(self, *entries: TimeEntry) -> None:
        with self.store.begin() as work:
            ingest_entries(work, entries, self.linking, self.clock.now())

    def look_again(self) -> int:
        """What a full pass does: every entry of the window is searched again."""
        with self.store.begin() as work:
            work.dirty.clear(DirtyKind.TICKET, work.dirty.versions(DirtyKind.TICKET, work.dirty.take(DirtyKind.TICKET)))
            moved = relink_entries(
                work, [stored for page in work.entries.each() for stored in page], self.linking, self.clock.now()
            )
        self.report()
        return moved

    def report(self) -> None:
        report_unresolved_names(self.store, self.linking, self.clock.now())
        report_unknown_clients(self.store, self.linking, self.clock.now(), FIRST)

    def link(self, identity: str = "1") -> Link:
        with self.store.read() as work:
            stored = work.entries.get(f"fake:1:{identity}")
        assert stored is not None
        return stored.link

    def attention(self) -> dict[tuple[str, str], str]:
        with self.store.read() as work:
            return {
                (attention.kind, attention.subject): attention.message
                for kind in (UNRESOLVED_NAME, UNKNOWN_CLIENT)
                for attention in work.attention.all(kind)
            }

    def marked(self) -> set[str]:
        with self.store.read() as work:
            return set(work.dirty.take(DirtyKind.TICKET))


@pytest.fixture
def office(store: Store, clock: ManualClock) -> Office:
    return Office(store, clock)


WORK = an_entry("1", client_name="Acme")


@pytest.mark.parametrize(
    ("settings", "entry"),
    [
        ({"clients": {"Acme": "Acme"}}, WORK),
        ({"clients": {"A*": " ACME "}}, replace(WORK, client_name="ACM")),
        ({"projects": [{"project": "Onderhoud *", "organization": "Acme"}]}, an_entry("1", project_name="Onderhoud A")),
        ({}, WORK),
        ({}, an_entry("1", project_name="acme")),
    ],
)
def test_renaming_an_organization_moves_nothing(office: Office, settings: dict[str, object], entry: TimeEntry) -> None:
    office.configure(**settings)
    office.enter(entry)
    before = office.link()

    office.call(replace(ACME, name="Acme B.V."))

    assert (office.look_again(), office.link(), office.marked()) == (0, before, set())
    office.enter(replace(entry, id="2", description="#13"))
    assert office.link("2").state is LinkState.OTHER_CUSTOMER
    assert office.attention() == {}


def test_a_new_customer_of_the_old_name_takes_nothing_over(office: Office) -> None:
    office.configure(clients={"Acme": "Acme"})
    office.enter(WORK)

    office.call(replace(ACME, name="Acme B.V."), Organization("8", "Acme"))

    assert office.look_again() == 0
    assert office.link().organization_id == "5"


def test_a_setting_whose_text_changes_is_looked_up_anew(office: Office) -> None:
    office.configure(clients={"Acme": "Acme"})
    office.enter(WORK)
    office.call(replace(ACME, name="Acme B.V."))

    office.configure(clients={"Acme": "Globex"})
    office.look_again()
    assert office.link().state is LinkState.OTHER_CUSTOMER

    office.configure(clients={"Acme": "Acme"})
    office.look_again()
    assert office.attention().keys() == {(UNRESOLVED_NAME, "linking.clients.Acme"), (UNKNOWN_CLIENT, "fake:Acme")}

    office.configure(clients={"Acme": "Acme B.V."})
    office.look_again()
    assert (office.link().state, office.attention()) == (LinkState.LINKED, {})


def test_a_line_that_left_the_settings_is_forgotten(office: Office) -> None:
    office.configure(clients={"Acme": "Acme"})
    office.report()
    office.configure(clients={})
    office.report()

    with office.store.read() as work:
        assert work.customer_names.all("fake:acme") == {}


@pytest.mark.parametrize(
    ("organizations", "why"),
    [
        ((replace(ACME, name="Acme B.V."),), "no organization"),
        (
            (replace(ACME, name="Acme B.V."), Organization("8", "Anders"), Organization("9", "ANDERS")),
            "2 organizations",
        ),
    ],
)
def test_a_name_that_means_nobody_or_two_is_reported_and_its_entries_stay(
    office: Office, organizations: tuple[Organization, ...], why: str
) -> None:
    office.enter(WORK, replace(WORK, id="2", description="#12", client_name="Nieuw"))
    office.call(*organizations)

    office.configure(clients={"*": "Anders"})
    office.look_again()
    office.enter(replace(WORK, id="3"), replace(WORK, id="4", description="#13"))

    assert [office.link(key).state for key in "12"] == [LinkState.LINKED] * 2
    assert {office.link(key).state for key in "34"} == {LinkState.UNLINKED}
    message = office.attention()[(UNRESOLVED_NAME, "linking.clients.*")]
    assert message.startswith(f'linking.clients.*: "Anders" is the name of {why} of the helpdesk')
    assert why in office.link("3").reason


def test_an_entry_of_an_unresolved_name_stays_on_its_ticket_and_takes_no_other(office: Office) -> None:
    office.enter(WORK)
    office.configure(clients={"Acme": "Anders"})

    office.enter(replace(WORK, seconds=60))
    assert office.link().ticket_id == "12"
    office.enter(replace(WORK, description="#13"))
    assert (office.link().state, office.link().ticket_id) == (LinkState.UNLINKED, None)
    office.enter(replace(WORK, description="#12"))
    assert office.link().state is LinkState.UNLINKED

    office.call(Organization("8", "Anders"), replace(ACME, name="Acme B.V."))
    office.look_again()
    assert office.link().state is LinkState.OTHER_CUSTOMER


def test_the_name_of_a_deleted_organization_means_nobody(office: Office) -> None:
    office.configure(clients={"Acme": "Acme"})
    office.enter(WORK)

    office.call(replace(ACME, deleted=True))
    office.look_again()

    assert office.link().ticket_id == "12"
    assert (UNRESOLVED_NAME, "linking.clients.Acme") in office.attention()


def test_clients_of_two_trackers_that_match_no_organization_are_listed_and_reported(office: Office) -> None:
    other = replace(WORK, tracker="other", client_name="Globex NV", description="#13 werk", seconds=7200)
    office.enter(WORK, replace(WORK, id="2", client_name="Acme bv"), other, replace(WORK, id="4", client_name="Intern"))
    office.enter(replace(WORK, id="5", client_name="Intern", description="zonder ticket"))
    office.report()

    with office.store.read() as work:
        clients = unknown_clients(work, office.linking, FIRST)
    assert clients == [
        UnknownClient("other", "Globex NV", 1, 7200, 'linking.clients: {"Globex NV": "Globex"}'),
        UnknownClient(
            "fake", "Intern", 2, 3600, 'linking.clients: {"Intern": <the organization\'s name in the helpdesk>}'
        ),
        UnknownClient("fake", "Acme bv", 1, 1800, 'linking.clients: {"Acme bv": "Acme"}'),
    ]
    assert office.attention().keys() == {
        (UNKNOWN_CLIENT, "other:Globex NV"),
        (UNKNOWN_CLIENT, "fake:Intern"),
        (UNKNOWN_CLIENT, "fake:Acme bv"),
    }
    assert "could not be checked" in office.link("2").reason

    office.configure(clients={"Acme bv": "Acme", "Intern": "Acme", "Globex NV": "Globex"})
    office.report()
    assert office.attention() == {}


def test_time_of_a_client_that_matches_nobody_can_be_told_to_wait(office: Office) -> None:
    office.configure(unknown_clients="hold")
    office.enter(replace(WORK, client_name="Intern"), replace(WORK, id="2"), replace(WORK, id="3", client_name=None))

    assert (office.link().state, office.link().ticket_id) == (LinkState.UNLINKED, None)
    assert "could not be checked" in office.link().reason
    assert [office.link(key).state for key in "23"] == [LinkState.LINKED] * 2

    office.configure(unknown_clients="hold", clients={"Intern": "Acme"})
    office.look_again()
    assert office.link().state is LinkState.LINKED
