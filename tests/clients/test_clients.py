"""Clients that others wrote read everything that the filled sandboxes hold.

Nobody here wrote them, so they judge what the sandboxes answer: shapes, pages, filters and errors. Each reads all there
is, and the counts are compared. Strict sandboxes refuse what they do not know: a filter is applied, or the test fails.
 Clients for Zendesk (zenpy), Freshdesk (python-freshdesk) and Zammad (zammad-py) that agree with our
own dependencies are in the tests of those sandboxes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.conformance.helpdesk_bed import START, TOKEN
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from tests.clients.environments import read_by
from tests.conformance.clockify_bed import ClockifyBed
from tests.conformance.freshdesk_bed import FreshdeskBed
from tests.conformance.harvest_bed import HarvestBed
from tests.conformance.kimai_bed import KimaiBed
from tests.conformance.redmine_bed import RedmineBed
from tests.conformance.toggl_bed import TogglBed
from tests.conformance.zendesk_bed import ZendeskBed

MANY = 7


def fill(bed: Any) -> None:
    """Some hours of two people, on a project."""
    for number in range(MANY):
        person = ("Anna", "Bert")[number % 2]
        bed.write_down(START - timedelta(hours=number + 1), 1800, f"#{number} Menu", person=person, project="Site")


def test_tap_zendesk_reads_every_ticket_audit_and_organization() -> None:
    with ZendeskBed.open(requests_a_minute=10_000, exports_a_minute=1_000) as bed:
        tickets = [bed.file_ticket(f"Question {number}", tags=("vip",)) for number in range(MANY)]
        bed.edit(tickets[0], subject="Changed")
        bed.settle()
        bed.server.oauth.issue(bed.anna, "a-token", scopes=frozenset({"read"}))
        bed.server.is_strict = False  # it asks for parts of the product that we do without
        records = bed.account.records

        read = read_by("tap-zendesk", "clients-tap-zendesk", url=bed.server.base_url, token="a-token")

        assert read["tickets"] == len(records.tickets) == MANY
        assert read["ticket_audits"] == sum(map(len, records.audits.values()))
        assert (read["users"], read["organizations"]) == (len(records.users), len(records.organizations))
        assert (read["groups"], read["tags"]) == (1, 1)
        assert read["ticket_comments"] == MANY


def test_zdesk_reads_every_ticket_and_person() -> None:
    with ZendeskBed.open() as bed:
        for number in range(MANY):
            bed.file_ticket(f"Question {number}")
        records = bed.account.records

        read = read_by("zdesk", "clients", url=bed.server.base_url, email="anna@example.com", token=TOKEN)

        assert (read["tickets"], read["users"]) == (MANY, len(records.users))
        assert read["organizations"] == len(records.organizations)


def test_tap_freshdesk_reads_every_ticket_conversation_and_hour() -> None:
    with FreshdeskBed.open() as bed:
        agent_id = next(iter(bed.account.records.agents))
        for number in range(MANY):
            ticket_id = int(bed.file_ticket(f"Question {number}"))
            bed.account.write_down(ticket_id, agent_id, 30, START)
            bed.account.note(ticket_id, agent_id, "<div>x</div>")
        bed.settle()
        bed.server.is_strict = False  # it asks for contacts and companies by a filter that Freshdesk ignores

        read = read_by("tap-freshdesk", "clients-tap-freshdesk", url=bed.server.base_url, token=TOKEN)

        records = bed.account.records
        assert (read["tickets"], read["time_entries"], read["conversations"]) == (MANY, MANY, MANY)
        assert (read["companies"], read["agents"]) == (len(records.companies), len(records.agents))
        assert read["contacts"] == len(records.contacts)


def test_toggl_api_wrapper_reads_every_entry_of_its_owner() -> None:
    with TogglBed.open() as bed:
        fill(bed)
        workspace = bed.workspace

        asked = {"url": bed.server.base_url, "token": TOKEN, "workspace": workspace.workspace_id}
        read = read_by("toggl-api-wrapper", "clients", **asked)

        assert read["entries"] == sum(entry.user_id == min(workspace.users) for entry in workspace.entries.values())
        assert (read["projects"], read["clients"]) == (len(workspace.projects), len(workspace.clients))


def test_toggl_python_reads_every_entry_and_the_whole_shape_of_projects() -> None:
    with TogglBed.open() as bed:
        fill(bed)
        workspace = bed.workspace

        asked = {"url": bed.server.base_url, "token": TOKEN, "workspace": workspace.workspace_id}
        read = read_by("toggl-python", "clients-toggl", **asked)

        own = sum(entry.user_id == min(workspace.users) for entry in workspace.entries.values())
        assert read == {"entries": own, "projects": len(workspace.projects), "workspaces": 1}


def test_tap_harvest_reads_every_hour_person_client_and_project() -> None:
    with HarvestBed.open() as bed:
        fill(bed)
        anna = min(bed.harvest.users)
        client = bed.server.oauth.register("tap", anna)
        token = bed.server.oauth.issue(anna, "old", scopes=frozenset({"harvest:all"}))
        token.client_id, token.refresh_token = client.identifier, "refresh"
        oauth = {"client_id": "tap", "client_secret": client.secret, "refresh_token": "refresh"}

        read = read_by("tap-harvest", "clients-tap-harvest", url=bed.server.base_url, oauth=oauth)

        assert (read["time_entries"], read["users"]) == (MANY, len(bed.harvest.users))
        assert (read["projects"], read["clients"]) == (len(bed.harvest.projects), 1)


def test_python_harvest_redux_reads_clients_and_projects() -> None:
    with HarvestBed.open() as bed:
        fill(bed)

        asked = {"url": bed.server.api_url, "token": TOKEN, "account_id": bed.harvest.account_id}
        read = read_by("python-harvest-redux", "clients", **asked)

        assert read == {"clients": 1, "projects": len(bed.harvest.projects), "tasks": 1}


def test_clockify_sdk_reads_everybodys_entries() -> None:
    with ClockifyBed.open() as bed:
        fill(bed)
        workspace = bed.server.workspace

        asked = {"core": bed.server.core_url, "reports": bed.server.reports_url, "token": TOKEN}
        read = read_by("clockify-sdk", "clients", **asked)

        assert (read["users"], read["entries"]) == (len(workspace.users), MANY)
        assert (read["projects"], read["clients"]) == (len(workspace.projects), 1)


def test_kimai_python_reads_every_timesheet_customer_and_project() -> None:
    with KimaiBed.open() as bed:
        fill(bed)

        read = read_by("kimai-python", "clients", url=bed.server.base_url, token=TOKEN)

        assert (read["timesheets"], read["users"]) == (MANY, len(bed.kimai.users))
        assert read["projects"] == len(bed.kimai.projects)


def test_python_redmine_reads_every_hour_and_a_project_by_its_identifier() -> None:
    with RedmineBed.open() as bed:
        fill(bed)
        site = bed.server.site
        project = next(project for project in site.projects.values() if project.name == "Site")

        asked = {"url": bed.server.base_url, "token": bed.administrator_key, "project": project.identifier}
        read = read_by("python-redmine", "clients", **asked)

        assert (read["time_entries"], read["of_project"]) == (MANY, MANY)
        assert (read["projects"], read["users"]) == (len(site.projects), len(site.users))


def test_moneybird_cli_reads_every_contact_and_invoice() -> None:
    own = MoneybirdAdministration(lambda: START)
    for number in range(MANY):
        contact_id = own.add_contact(f"Customer {number}", str(number))
        own.make({"contact_id": contact_id, "details_attributes": [{"price": "1", "tax_rate_id": "21"}]})
    with SandboxMoneybird(own) as server:
        asked = {"url": server.api_url, "token": own.access_token, "administration": own.administration_id}
        read = read_by("moneybird-cli", "clients", **asked)

    assert read == {"administrations": 1, "contacts": MANY, "invoices": MANY, "tax_rates": len(own.tax_rates)}
