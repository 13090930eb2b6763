"""A customer is not its name, and closed time stays where it was settled, whatever becomes of its customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from care_sync.audit.books import audit_books
from tests.system.office import HOUR, INCIDENT, Office


def attention(office: Office) -> dict[str, str]:
    with office.application.store.read() as work:
        return {f"{row.kind} {row.subject}": row.message for row in work.attention.all()}


def assert_sound(office: Office) -> None:
    """Another pass changes nothing, and the books prove it."""
    assert office.sync().summary == "nothing new"
    with office.application.store.read() as work:
        assert list(audit_books(work, office.application.settings)) == []


def closed_hour_and_open_half_hour(office: Office) -> tuple[str, int]:
    """An hour in October, which is closed, and half an hour in November; the ticket, and the closed entry."""
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    entry = office.work(ticket, 60)
    office.sync()
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.work(ticket, 30)
    office.sync()
    return ticket, entry


CLOSED, OPEN = {"invoice:2026-10": HOUR}, {"invoice:2026-11": HOUR // 2}


def test_renaming_an_organization_that_the_settings_name_moves_nothing(office: Office) -> None:
    office.restart("linking: {clients: {Acme: Acme}}\n")
    closed_hour_and_open_half_hour(office)
    assert office.balances() == CLOSED | OPEN

    office.account.edit_organization(office.organization("Acme"), name="Acme B.V.")
    office.sync()

    assert office.balances() == CLOSED | OPEN
    assert attention(office) == {}
    assert_sound(office)


def test_a_name_in_the_settings_that_means_nobody_moves_nothing_and_is_reported(office: Office) -> None:
    ticket, _ = closed_hour_and_open_half_hour(office)

    office.restart("linking: {clients: {Acme: Acme N.V.}}\n")
    office.sync()
    assert office.balances() == CLOSED | OPEN
    assert attention(office).keys() == {"unresolved_customer linking.clients.Acme", "unknown_client toggl:Acme"}
    assert_sound(office)

    office.work(ticket, 15)
    office.sync()
    assert office.balances() == CLOSED | OPEN


def unlink(office: Office, ticket: str, entry: int) -> None:
    office.toggl.workspace.edit(entry, description="zonder nummer")


def leave_out(office: Office, ticket: str, entry: int) -> None:
    office.toggl.workspace.edit(entry, tags=["pauze"])


def point_at_another_customers_ticket(office: Office, ticket: str, entry: int) -> None:
    office.add_customer("Globex", sla=False)
    other = office.file_ticket(customer="Globex", **INCIDENT)
    office.toggl.workspace.edit(entry, description=f"#{other} werk")


def point_at_no_ticket(office: Office, ticket: str, entry: int) -> None:
    office.toggl.workspace.edit(entry, description="#99999 werk")


def point_at_a_ticket_without_a_customer(office: Office, ticket: str, entry: int) -> None:
    other = office.file_ticket(**INCIDENT)
    office.account.update(int(other), office.agent, {"organization_id": None})
    office.toggl.workspace.move(entry, None)
    office.toggl.workspace.edit(entry, description=f"#{other} werk")


@pytest.mark.parametrize(
    "change",
    [
        unlink,
        leave_out,
        point_at_another_customers_ticket,
        point_at_no_ticket,
        point_at_a_ticket_without_a_customer,
    ],
)
def test_closed_time_that_becomes_nobodys_stays_until_it_is_somebodys_or_deleted(
    office: Office, change: Callable[[Office, str, int], None]
) -> None:
    ticket, entry = closed_hour_and_open_half_hour(office)

    change(office, ticket, entry)
    office.sync()
    assert office.balances() == CLOSED | OPEN
    (message,) = [text for name, text in attention(office).items() if name.startswith("closed_time_stays toggl:")]
    assert message.startswith("Acme: 1:00 hours of 2026-10-12 were settled in a month that is closed and stay there")
    assert_sound(office)

    office.toggl.workspace.delete(entry)
    office.sync()
    assert office.balances() == CLOSED | {"invoice:2026-11": -HOUR // 2}
    assert not [name for name in attention(office) if name.startswith("closed_time_stays")]
    assert_sound(office)


def test_closed_time_that_is_somebodys_again_leaves_the_list(office: Office) -> None:
    ticket, entry = closed_hour_and_open_half_hour(office)
    unlink(office, ticket, entry)
    office.sync()

    office.toggl.workspace.edit(entry, description=f"#{ticket} werk")
    office.sync()

    assert office.balances() == CLOSED | OPEN
    assert attention(office) == {}
    assert_sound(office)


def test_open_time_that_becomes_nobodys_is_taken_back(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    entry = office.work(ticket, 60)
    office.sync()

    unlink(office, ticket, entry)
    office.sync()

    assert office.balances() == {}
    assert attention(office) == {}
