"""Zammad as a :class:`connectors.protocols.Helpdesk`.

What is read how
    changed tickets   a search by condition, from the database, read by :mod:`connectors.paged_changes`; then each
                      ticket with everything that belongs to it, one request each: lists tell neither tags nor texts
    named tickets     one request each
    organizations     the list; a ticket brings its own along
    merged tickets    the state tells, and a link to the ticket that took it over
    deleted tickets   leave no trace, and nothing is known of them
    writes            see :mod:`connectors.zammad.writing`
    what setup makes  see :mod:`connectors.zammad.preparation`

An agent sees the tickets of the groups that he has access to, and no word about others. So every reading begins by
asking which those are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import ConnectorError, NotFound, PermissionMissing
from connectors.http import server_time
from connectors.paged_changes import read_changes
from connectors.protocols import Environment
from connectors.records import ChangeResult, CheckResult, Organization, Ticket, TicketChange, TicketPage, WebhookCall
from connectors.self_check import check_clock, check_fields, check_reading, check_that
from connectors.unreadable import ORGANIZATION, PERSON, TICKET, ReadRecords, id_of_row, read_records
from connectors.value_reader import Object, is_number
from connectors.zammad import translate
from connectors.zammad.client import GIVE_ACCESS, PRODUCT, READ, ZammadClient, http_client
from connectors.zammad.preparation import ZammadPreparation
from connectors.zammad.settings import ZammadSettings
from connectors.zammad.webhooks import read_webhook
from connectors.zammad.writing import ZammadWriter

LONGEST_MERGE = 10
"""How often a ticket is followed into the one that took it over."""
TICKETS, ORGANIZATIONS = "Ticket", "Organization"
"""The objects that have attributes, in Zammad's words."""


class ZammadHelpdesk:
    """One Zammad site."""

    def __init__(self, settings: ZammadSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = http_client(settings, environment)
        self._client = ZammadClient(http, settings.page_size, settings.ignored_groups)
        self.preparation = ZammadPreparation(self._client, settings.webhook_secret)
        self._fields: dict[str, FieldMap] | None = None
        self._states: dict[str, str] | None = None

    @property
    def product(self) -> str:
        """``zammad``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield what changed. A cursor that is none of ours raises :class:`Invalid`."""
        begin = since if cursor is None else READ.cursor_instant(cursor)
        self._client.require_every_group()
        self._read_definitions_again()
        for page in read_changes(self._client.changed, begin, self._client.page_size, READ):
            ids = read_records(TICKET, page.rows, lambda row: READ.identity(row.get("id"), "ticket.id"))
            tickets = self._page(ids, page.position.isoformat(), is_last=page.is_last)
            yield replace(tickets, unreadable=(*ids.unreadable, *tickets.unreadable))

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, one request each. Ids that are no numbers do not exist."""
        wanted = list(dict.fromkeys(ticket_id for ticket_id in ticket_ids if is_number(ticket_id)))
        page = self._page(wanted, None, is_last=True)
        if len(page.tickets) < len(wanted):
            self._client.require_site()
        return page

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every organization."""
        self._read_definitions_again()
        for page in self._client.organizations():
            yield read_records(ORGANIZATION, page, self._organization)

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write one by one."""
        if changes:
            writer = ZammadWriter(self._client, self._fields_of(TICKETS), self._state_types(), self._settings.address)
            yield from writer.write(changes)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through the ticket's articles for our marks, and through those of the ticket that took it over.

        A ticket that is gone has none.
        """
        if not is_number(ticket_id):
            return frozenset()
        applied: set[str] = set()
        asked = ticket_id
        try:
            for _ in range(LONGEST_MERGE):
                for article in self._client.articles(asked):
                    applied.update(reference for reference in references if translate.has_mark(article, reference))
                if applied == references:
                    break
                ticket = self._ticket(self._client.whole(asked))
                if ticket.merged_into is None:
                    break
                asked = ticket.merged_into
        except NotFound:
            self._client.require_site()
        return frozenset(applied)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its signature, and read the ticket that it points at."""
        return read_webhook(headers, body, self._settings.webhook_secrets)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the groups that it sees, the clock, the configured fields, and whether calls can be proven."""
        try:
            _, answer = self._client.me()
        except ConnectorError as error:
            return (CheckResult("access token", passed=False, remedy=str(error)),)
        yesterday = self._now() - timedelta(days=1)
        return (
            CheckResult("access token", passed=True),
            self._check_groups(),
            check_reading("tickets can be read", lambda: self._client.changed(yesterday, 1)),
            check_reading("states can be read", self._state_types),
            check_reading("organizations can be read", lambda: next(self._client.organizations())),
            check_clock(self._now(), server_time(answer)),
            *check_fields(PRODUCT, "ticket attribute", "helpdesk.fields", lambda: self._fields_of(TICKETS)),
            *check_fields(
                PRODUCT,
                "organization attribute",
                "helpdesk.organization_fields",
                lambda: self._fields_of(ORGANIZATIONS),
            ),
            check_that(
                "webhook secret",
                self._settings.webhook_secret is not None,
                "Set webhook_secret; until then changes are seen by polling alone.",
            ),
        )

    # ---- readings ----------------------------------------------------------------------------------

    def _page(self, ticket_ids: Sequence[str], cursor: str | None, *, is_last: bool) -> TicketPage:
        wholes = [whole for ticket_id in ticket_ids if (whole := self._whole(ticket_id)) is not None]
        tickets = read_records(TICKET, wholes, self._ticket, lambda whole: id_of_row({"id": whole.get("ticket_id")}))
        organizations: ReadRecords[Organization] = read_records(
            ORGANIZATION, translate.assets_of(wholes, "organization_id", "Organization"), self._organization
        )
        people = read_records(PERSON, translate.assets_of(wholes, "customer_id", "User"), translate.person_from_api)
        return TicketPage(
            tickets=tuple(tickets),
            organizations=tuple(organizations),
            people=tuple(people),
            cursor=cursor,
            last=is_last,
            unreadable=(*tickets.unreadable, *organizations.unreadable, *people.unreadable),
        )

    def _organization(self, item: Object) -> Organization:
        return translate.organization_from_api(item, self._fields_of(ORGANIZATIONS))

    def _whole(self, ticket_id: str) -> Object | None:
        """A ticket, unless it is gone or out of bounds: a single one in a group that is ignored stops nobody."""
        try:
            return self._client.whole(ticket_id)
        except NotFound:
            return None
        except PermissionMissing:
            self._client.require_every_group()
            return None

    def _ticket(self, whole: Object) -> Ticket:
        if translate.state_of(whole) not in self._state_types():
            self._states = None  # an administrator made a state since
        return translate.ticket_from_whole(whole, self._fields_of(TICKETS), self._state_types(), self._settings.address)

    # ---- definitions -------------------------------------------------------------------------------

    def _read_definitions_again(self) -> None:
        """A configured attribute that was not there may have been made since."""
        if self._fields is not None and any(fields.missing for fields in self._fields.values()):
            self._fields = None

    def _state_types(self) -> dict[str, str]:
        if self._states is None:
            self._states = {
                READ.identity(state.get("id"), "state.id"): READ.text(state.get("state_type"), "state.state_type")
                for state in self._client.states()
            }
        return self._states

    def _fields_of(self, kind: str) -> FieldMap:
        if self._fields is None:
            wanted = {TICKETS: self._settings.fields, ORGANIZATIONS: self._settings.organization_fields}
            definitions = self._client.attributes() if any(wanted.values()) else ()
            self._fields = {
                kind_of_object: mapped(
                    names,
                    [
                        field
                        for item in definitions
                        if item.get("object") == kind_of_object
                        and (field := translate.field_from_api(item)) is not None
                    ],
                )
                for kind_of_object, names in wanted.items()
            }
        return self._fields[kind]

    def _check_groups(self) -> CheckResult:
        try:
            closed = self._client.closed_groups()
        except ConnectorError as error:
            return CheckResult("sees every group", passed=False, remedy=str(error))
        remedy = f"It may not read and change the tickets of {', '.join(closed)}. {GIVE_ACCESS}"
        return check_that("sees every group", not closed, remedy)
