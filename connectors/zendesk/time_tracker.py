"""Zendesk's Time Tracking app as a time tracker: time that agents submit with their updates of tickets.

Terms
    total      the app's ticket field of all seconds that were spent on a ticket
    time       what one update brought, rebuilt from the ticket's audits (:mod:`connectors.zendesk.time_rebuild`)
    export     tickets that changed; it leaves out what changed within the minute before the request
    newest     tickets by their last update: what the export leaves out

Promises. A ticket whose time was spent on a day was changed on that day or later, so the export from the window's
first day on, with the newest, holds every ticket that has any. An entry's id is ``<ticket>-<audit>``; it belongs to
its ticket, and its work date is the day on which it was submitted. Time that was taken back is gone; so is that of a
deleted ticket, but only to a token that sees every ticket, an administrator's.

Audits are read ticket by ticket; those of a ticket that has not changed since are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import BadSignature, ConnectorError, Malformed, NotFound, PermissionMissing
from connectors.http import HttpClient, Limits
from connectors.protocols import BudgetState, Environment
from connectors.records import (
    CheckResult,
    EntryKind,
    EntryPage,
    EntryState,
    TicketReference,
    TimeEntry,
    UnreadableRecord,
    WebhookCall,
)
from connectors.unreadable import ORGANIZATION, TIME_ENTRY, read_records
from connectors.value_reader import is_number
from connectors.zendesk.access import NOT_ADMINISTRATOR, WRONG_CREDENTIALS, check_access, check_end, credentials_of
from connectors.zendesk.client import ExportPage, Object, ZendeskClient
from connectors.zendesk.fields import ticket_field
from connectors.zendesk.limits import left_of_account, left_of_exports
from connectors.zendesk.settings import PRODUCT, TIME_SCOPES, ZendeskTimeSettings
from connectors.zendesk.time_rebuild import SpentTime, rebuilt
from connectors.zendesk.value_reader import READ

LAST_MINUTES = timedelta(minutes=3)
"""More than the export leaves out, and than clocks differ."""
MOST_REMEMBERED = 5000
TOTAL, LAST_UPDATE = "total_field", "last_update_field"


class ZendeskTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for the Time Tracking app of a Zendesk account."""

    def __init__(self, settings: ZendeskTimeSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        budget = f"{PRODUCT}:{settings.subdomain}"
        of_account = Limits(account=budget, left=left_of_account, reserve=settings.reserved_requests)
        of_exports = Limits(account=f"{budget}:exports", left=left_of_exports)
        self._credentials = credentials_of(settings, environment, TIME_SCOPES)
        http = HttpClient(PRODUCT, settings.address, self._credentials, environment, of_account, network=settings)
        exports = HttpClient(
            PRODUCT, settings.address, self._credentials, environment, of_exports, within=http, network=settings
        )
        self._http = http
        self._client = ZendeskClient(http, exports, settings.export_page_size)
        self._found_fields: FieldMap | None = None
        self._remembered: dict[str, tuple[str, tuple[SpentTime, ...]]] = {}
        self._names: dict[str, str] = {}

    @property
    def product(self) -> str:
        """``zendesk``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The subdomain."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield all time of the tickets that changed. A cursor that the export refuses raises
        :class:`connectors.errors.Invalid`."""
        while True:
            page = self._client.export(cursor, since, self._now())
            cursor = page.cursor or cursor
            entries, unreadable = self._entries(page)
            yield EntryPage(tuple(entries), cursor, last=page.is_last, unreadable=unreadable)
            if page.is_last:
                return

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, ticket by ticket."""
        now = self._now()
        begin = datetime.combine(first, time(), self._settings.zone).astimezone(UTC)
        yielded: set[str] = set()
        for page in self._tickets_since(begin, now):
            read, unreadable = self._entries(page)
            entries = [entry for entry in read if first <= entry.work_date <= last and entry.id not in yielded]
            yielded.update(entry.id for entry in entries)
            yield EntryPage(tuple(entries), None, last=False, unreadable=unreadable)
        yield EntryPage((), None, last=True)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when its ticket is gone, or no longer holds it, and the token sees everything."""
        ticket_id, _, audit_id = entry_id.partition("-")
        if not is_number(ticket_id) or not is_number(audit_id):
            return None
        self._remembered.pop(ticket_id, None)
        page = self._client.show_many([ticket_id])
        entries, unreadable = self._entries(page)
        for entry in entries:
            if entry.id == entry_id:
                return entry
        if unreadable:
            raise Malformed(PRODUCT, unreadable[0].reason)
        if page.tickets:
            return None
        if not self._is_administrator():
            detail = f"cannot tell whether the time {entry_id} is gone or out of sight"
            raise PermissionMissing(PRODUCT, detail, remedy=NOT_ADMINISTRATOR)
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Zendesk's webhooks tell of tickets and go to the helpdesk's address."""
        problem = "tells of time with its tickets alone"
        raise BadSignature(PRODUCT, problem, remedy="Let the webhook call the helpdesk's address, /webhooks/helpdesk.")

    def budget(self) -> BudgetState | None:
        """Requests left of the account's limit a minute, as the last answer told."""
        return self._http.budget()

    def check_end(self) -> Sequence[CheckResult]:
        """When the way in ends."""
        return tuple(check_end(self._settings, self._credentials, self._now()))

    def check(self) -> Sequence[CheckResult]:
        """Try the credentials, the role, and the app's two fields."""
        try:
            me = READ.an_object(READ.an_object(self._client.me().data, "the answer").get("user"), "user")
        except ConnectorError as error:
            return (CheckResult("credentials", passed=False, remedy=str(error)),)
        if me.get("id") is None:
            return (CheckResult("credentials", passed=False, remedy=WRONG_CREDENTIALS),)
        is_administrator = me.get("role") == "admin"
        results = [
            CheckResult("credentials", passed=True),
            *check_access(self._settings, self._credentials, self._client, self._now(), TIME_SCOPES),
            CheckResult("administrator", is_administrator, "" if is_administrator else NOT_ADMINISTRATOR),
        ]
        self._found_fields = None
        try:
            missing = self._fields().missing
        except ConnectorError as error:
            return (*results, CheckResult("ticket fields", passed=False, remedy=str(error)))
        for name, wanted in ((TOTAL, self._settings.total_field), (LAST_UPDATE, self._settings.last_update_field)):
            remedy = f'There is no active ticket field "{wanted}": install the Time Tracking app or correct {name}.'
            results.append(
                CheckResult(f'ticket field "{wanted}"', name not in missing, remedy if name in missing else "")
            )
        return tuple(results)

    def _tickets_since(self, begin: datetime, now: datetime) -> Iterator[ExportPage]:
        """Every ticket that changed since ``begin``: by the export, and then those that it left out for being fresh.

        The fresh ones come last: whatever changes while the export is read is fresh then.
        """
        cursor: str | None = None
        while True:
            page = self._client.export(cursor, begin, now)
            cursor = page.cursor or cursor
            yield page
            if page.is_last:
                break
        for page in self._client.newest_changed():
            fresh = [ticket for ticket in page.tickets if self._is_since(ticket, now - LAST_MINUTES)]
            yield ExportPage(fresh, (), page.organizations, None, is_last=False)
            if len(fresh) < len(page.tickets):
                return

    def _entries(self, page: ExportPage) -> tuple[list[TimeEntry], tuple[UnreadableRecord, ...]]:
        """The time of a page's tickets; deleted tickets have none. A ticket whose time cannot be read is set aside."""
        total = self._field(TOTAL)
        customers = dict(
            read_records(
                ORGANIZATION,
                page.organizations,
                lambda item: (
                    READ.identity(item.get("id"), "organization.id"),
                    READ.text(item.get("name"), "organization.name"),
                ),
            )
        )
        tickets = read_records(TIME_ENTRY, page.tickets, lambda ticket: self._entries_of(ticket, total, customers))
        return [entry for entries in tickets for entry in entries], tickets.unreadable

    def _entries_of(self, ticket: Object, total: str, customers: Mapping[str, str]) -> list[TimeEntry]:
        if ticket.get("status") == "deleted" or not _has_value(ticket, total):
            return []
        ticket_id = READ.identity(ticket.get("id"), "ticket.id")
        customer_id = READ.identity_or_none(ticket.get("organization_id"), "ticket.organization_id")
        return [
            self._translated(ticket_id, spent, customer_id, customers.get(customer_id or ""))
            for spent in self._spent_on(ticket_id, ticket)
        ]

    def _spent_on(self, ticket_id: str, ticket: Object) -> tuple[SpentTime, ...]:
        """A ticket's time, rebuilt when the ticket changed since."""
        changed_at = READ.text(ticket.get("updated_at"), "ticket.updated_at")
        known = self._remembered.get(ticket_id)
        if known is not None and known[0] == changed_at and not self._is_fresh(ticket):
            return known[1]
        audits: list[Object] = []
        try:
            for page, users in self._client.audits_with_authors(ticket_id):
                audits.extend(page)
                self._names.update(_names(users))
        except NotFound:
            return ()
        spent = tuple(rebuilt(audits, self._field(TOTAL), self._fields_id(LAST_UPDATE)))
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[ticket_id] = (changed_at, spent)
        return spent

    def _translated(self, ticket_id: str, spent: SpentTime, customer_id: str | None, customer: str | None) -> TimeEntry:
        return TimeEntry(
            tracker=PRODUCT,
            account=self.account,
            id=f"{ticket_id}-{spent.audit_id}",
            state=EntryState.STOPPED,
            kind=EntryKind.WORK,
            seconds=spent.seconds,
            work_date=spent.submitted_at.astimezone(self._settings.zone).date(),
            person_id=spent.author_id,
            person_name=self._names.get(spent.author_id or ""),
            client_id=customer_id,
            client_name=customer,
            references=(TicketReference("ticket", ticket_id=ticket_id),),
            source_updated_at=spent.submitted_at,
        )

    def _is_since(self, ticket: Object, since: datetime) -> bool:
        """Whether a ticket changed since; one whose time cannot be read may have."""
        try:
            return READ.instant(ticket.get("updated_at"), "ticket.updated_at") >= since
        except Malformed:
            return True

    def _is_fresh(self, ticket: Object) -> bool:
        """Whether the same second may still bring another change."""
        return self._is_since(ticket, self._now() - LAST_MINUTES)

    def _is_administrator(self) -> bool:
        user = READ.an_object(self._client.me().data, "the answer").get("user")
        return READ.an_object(user, "user").get("role") == "admin"

    def _fields(self) -> FieldMap:
        if self._found_fields is None:
            definitions = [ticket_field(item) for item in self._client.ticket_fields()]
            wanted = {TOTAL: self._settings.total_field, LAST_UPDATE: self._settings.last_update_field}
            self._found_fields = mapped(wanted, [definition for definition in definitions if definition is not None])
        return self._found_fields

    def _fields_id(self, name: str) -> str | None:
        existing = self._fields().by_name.get(name)
        return existing.name if existing else None

    def _field(self, name: str) -> str:
        """The number of a field that has to be there. Raises :class:`PermissionMissing`."""
        existing = self._fields_id(name)
        if existing is None:
            self._found_fields = None
            wanted = getattr(self._settings, name)
            detail = f'the ticket field "{wanted}" does not exist'
            raise PermissionMissing(
                PRODUCT, detail, remedy=f"Install the Time Tracking app, or correct {name} in the settings."
            )
        return existing


def _has_value(ticket: Object, field_id: str) -> bool:
    values = READ.objects(ticket.get("custom_fields") or [], "ticket.custom_fields")
    return any(
        READ.identity(definition.get("id"), "ticket.custom_fields.id") == field_id
        and definition.get("value") not in (None, "")
        for definition in values
    )


def _names(users: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        READ.identity(definition.get("id"), "user.id"): READ.text(definition.get("name"), "user.name")
        for definition in users
    }
