"""Freshdesk as a :class:`connectors.protocols.Helpdesk`.

What is read how
    changed tickets   four lists, each from its own position on: contacts, the trash, spam, and living tickets, which
                      come last; :mod:`connectors.paged_changes` says how no ticket is missed
    named tickets     one request each; an archived one needs a second
    organizations     the list of companies; tickets bring along those that this connector has not met
    merged tickets    nothing but a note tells them: the conversations of closed tickets are read, once per change
    writes            see :mod:`connectors.freshdesk.writing`

An agent without global access gets lists with tickets left out, and no word about it. So every reading begins by asking
who we are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import ConnectorError, NotFound
from connectors.freshdesk import translate
from connectors.freshdesk.client import (
    PRODUCT,
    READ,
    SEES_TOO_LITTLE,
    FreshdeskClient,
    http_client,
    sees_everything,
)
from connectors.freshdesk.preparation import FreshdeskPreparation
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.freshdesk.webhooks import read_webhook
from connectors.freshdesk.writing import write
from connectors.http import Response, server_time
from connectors.paged_changes import SETTLES_IN, ChangedRows, read_changes
from connectors.protocols import Environment
from connectors.records import (
    ChangeResult,
    CheckResult,
    Organization,
    Person,
    Ticket,
    TicketChange,
    TicketPage,
    WebhookCall,
)
from connectors.self_check import check_clock, check_fields, check_reading, check_that
from connectors.unreadable import ORGANIZATION, PERSON, TICKET, ReadRecords, id_of_row, read_records
from connectors.value_reader import Object, is_number

LIVING, DELETED, SPAM = None, "deleted", "spam"


@dataclass(frozen=True, slots=True)
class Position:
    """Where each of the lists goes on; ``people`` is ``None`` until every contact was read once."""

    living: datetime
    deleted: datetime
    spam: datetime
    people: datetime | None = None

    @classmethod
    def read(cls, cursor: str | None, since: datetime) -> Position:
        """The position that a cursor names. Raises :class:`Invalid` for one that is none of ours."""
        if cursor is None:
            return cls(since, since, since)
        parts = cursor.split(" ")
        if len(parts) != 4 or not all(parts[:3]):
            raise READ.not_our_cursor()
        living, deleted, spam = (READ.cursor_instant(part) for part in parts[:3])
        return cls(living, deleted, spam, READ.cursor_instant(parts[3]) if parts[3] else None)

    @property
    def cursor(self) -> str:
        """The text to store."""
        instants = (self.living, self.deleted, self.spam, self.people)
        return " ".join(instant.isoformat() if instant else "" for instant in instants)


class FreshdeskHelpdesk:
    """One Freshdesk account."""

    def __init__(self, settings: FreshdeskSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._sleep = environment.sleep
        self._client = FreshdeskClient(http_client(settings, environment), settings.page_size)
        self.preparation = FreshdeskPreparation(self._client, settings.webhook_secret)
        self._ticket_fields: FieldMap | None = None
        self._company_fields: FieldMap | None = None
        self._met_companies: set[str] = set()
        self._merged_into: dict[str, tuple[str, str | None]] = {}

    @property
    def product(self) -> str:
        """``freshdesk``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The domain."""
        return self._settings.domain

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield what changed. A cursor that is none of ours raises :class:`Invalid`."""
        position = Position.read(cursor, since)
        self._client.require_global_access()
        self._read_missing_fields_again()
        for people, at in self._changed_people(position.people):
            position = replace(position, people=at)
            yield TicketPage((), (), tuple(people), position.cursor, last=False, unreadable=people.unreadable)
        for page in self._changes(position.deleted, DELETED):
            position = replace(position, deleted=page.position)
            yield self._page(page.rows, position, is_gone=True)
        for page in self._changes(position.spam, SPAM):
            position = replace(position, spam=page.position)
            yield self._page(page.rows, position, is_gone=True)
        for page in self._changes(position.living, LIVING):
            position = replace(position, living=page.position)
            yield self._page(page.rows, position, is_last=page.is_last)

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, one request each. Ids that are no numbers do not exist."""
        wanted = list(dict.fromkeys(ticket_id for ticket_id in ticket_ids if is_number(ticket_id)))
        existing = [item for ticket_id in wanted if (item := self._item_now(ticket_id)) is not None]
        if len(existing) < len(wanted):
            self._client.require_account()
        tickets = read_records(
            TICKET, existing, lambda item: self._ticket(item[0], is_archived=item[1]), lambda item: id_of_row(item[0])
        )
        organizations = self._unmet_organizations(tickets)
        unreadable = (*tickets.unreadable, *organizations.unreadable)
        return TicketPage(tuple(tickets), tuple(organizations), (), cursor=None, last=True, unreadable=unreadable)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every company."""
        self._read_missing_fields_again()
        for page in self._client.companies():
            companies = read_records(ORGANIZATION, page, self._organization)
            self._met_companies.update(company.id for company in companies)
            yield companies

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write one by one, and alike values together."""
        if changes:
            yield from write(changes, self._client, self._fields_of_tickets(), self._sleep)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through the ticket's notes and replies for our marks; a ticket that is gone has none."""
        if not is_number(ticket_id):
            return frozenset()
        applied: set[str] = set()
        try:
            for conversation in self._client.conversations(ticket_id):
                applied.update(reference for reference in references if translate.has_mark(conversation, reference))
                if len(applied) == len(references):
                    break
        except NotFound:
            self._client.require_account()
        return frozenset(applied)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its secret, and read the ticket that it points at."""
        return read_webhook(headers, body, now, self._settings.webhook_secrets)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check(self) -> Sequence[CheckResult]:
        """Try the key, what it sees, the clock, the configured fields, and whether calls can be proven."""
        try:
            me, answer = self._client.me()
            sees_all = sees_everything(me)
        except ConnectorError as error:
            return (CheckResult("API key", passed=False, remedy=str(error)),)
        yesterday = self._now() - timedelta(days=1)
        return (
            CheckResult("API key", passed=True),
            check_that("sees every ticket", sees_all, SEES_TOO_LITTLE),
            check_reading("tickets can be read", lambda: self._client.tickets(yesterday, 1)),
            check_reading("contacts can be read", lambda: next(self._client.contacts(yesterday))),
            check_reading("companies can be read", lambda: next(self._client.companies())),
            check_clock(self._now(), server_time(answer)),
            *check_fields(PRODUCT, "ticket field", "helpdesk.fields", self._fields_of_tickets),
            *check_fields(PRODUCT, "company field", "helpdesk.organization_fields", self._fields_of_companies),
            check_that(
                "webhook secret",
                self._settings.webhook_secret is not None,
                "Set webhook_secret; until then changes are seen by polling alone.",
            ),
        )

    # ---- readings ----------------------------------------------------------------------------------

    def _changed_people(self, since: datetime | None) -> Iterator[tuple[ReadRecords[Person], datetime | None]]:
        """Yield contacts in pages; how far they were read comes with the last one alone, for pages have no order."""
        pages = self._client.contacts(since)
        rows, answer = next(pages)
        served_at = server_time(answer)
        until = max(filter(None, (since, served_at and served_at - SETTLES_IN)), default=None)
        for following in pages:
            yield read_records(PERSON, rows, translate.person_from_api), since
            rows, _ = following
        yield read_records(PERSON, rows, translate.person_from_api), until

    def _changes(self, since: datetime, filter_name: str | None) -> Iterator[ChangedRows]:
        def ask(position: datetime, page: int) -> tuple[Sequence[Object], Response]:
            return self._client.tickets(position, page, filter_name)

        return read_changes(ask, since, self._client.page_size, READ)

    def _page(
        self, rows: Sequence[Object], position: Position, *, is_gone: bool = False, is_last: bool = False
    ) -> TicketPage:
        tickets = read_records(TICKET, rows, lambda row: self._ticket({**row, "deleted": True} if is_gone else row))
        organizations = self._unmet_organizations(tickets)
        unreadable = (*tickets.unreadable, *organizations.unreadable)
        return TicketPage(tuple(tickets), tuple(organizations), (), position.cursor, is_last, unreadable)

    def _item_now(self, ticket_id: str) -> tuple[Object, bool] | None:
        """A ticket as it is now, and whether it is archived."""
        with suppress(NotFound):
            return self._client.ticket(ticket_id), False
        with suppress(NotFound):
            return self._client.archived_ticket(ticket_id), True
        return None

    def _ticket(self, item: Object, *, is_archived: bool = False) -> Ticket:
        return translate.ticket_from_api(
            item,
            self._fields_of_tickets(),
            self._settings.address,
            is_archived=is_archived,
            merged_into=self._target_of(item),
        )

    def _target_of(self, item: Object) -> str | None:
        """Where a ticket went that was merged; asked again when it changed."""
        if not self._settings.merge_notes or not translate.may_be_merged(item):
            return None
        ticket_id = READ.identity(item.get("id"), "ticket.id")
        changed_at = READ.text(item.get("updated_at"), "ticket.updated_at")
        if self._merged_into.get(ticket_id, ("", None))[0] != changed_at:
            try:
                conversations = self._client.conversations(ticket_id)
                target = translate.merge_target(conversations, ticket_id, self._settings.merge_notes)
            except NotFound:
                target = None
            self._merged_into[ticket_id] = changed_at, target
        return self._merged_into[ticket_id][1]

    def _unmet_organizations(self, tickets: Sequence[Ticket]) -> ReadRecords[Organization]:
        """Companies that were made since the list was read. What was met before is left to the list, which is newer."""
        wanted = {ticket.organization_id for ticket in tickets if ticket.organization_id} - self._met_companies
        companies: list[Object] = []
        for company_id in sorted(wanted):
            with suppress(NotFound):
                companies.append(self._client.company(company_id))
            self._met_companies.add(company_id)
        return read_records(ORGANIZATION, companies, self._organization)

    def _organization(self, item: Object) -> Organization:
        return translate.organization_from_api(item, self._fields_of_companies())

    # ---- fields ------------------------------------------------------------------------------------

    def _read_missing_fields_again(self) -> None:
        """A configured field that was not there may have been made since."""
        if self._ticket_fields is not None and self._ticket_fields.missing:
            self._ticket_fields = None
        if self._company_fields is not None and self._company_fields.missing:
            self._company_fields = None

    def _fields_of_tickets(self) -> FieldMap:
        if self._ticket_fields is None:
            wanted = self._settings.fields
            definitions = self._client.ticket_fields() if wanted else ()
            self._ticket_fields = mapped(wanted, [translate.field_from_api(item) for item in definitions])
        return self._ticket_fields

    def _fields_of_companies(self) -> FieldMap:
        if self._company_fields is None:
            wanted = self._settings.organization_fields
            definitions = self._client.company_fields() if wanted else ()
            self._company_fields = mapped(wanted, [translate.field_from_api(item) for item in definitions])
        return self._company_fields
