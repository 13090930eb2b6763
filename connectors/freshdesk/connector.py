"""Freshdesk as a :class:`connectors.protocols.Helpdesk`.

What is read how
    changed tickets   four lists, each from its own position on: contacts, the trash, spam, and living tickets, which
                      come last; :mod:`connectors.walking` says how no ticket is missed
    named tickets     one request each; an archived one needs a second
    organizations     the list of companies; tickets bring along those that this connector has not met
    merged tickets    nothing but a note tells them: the conversations of closed tickets are read, once per change
    writes            see :mod:`connectors.freshdesk.writing`

An agent without global access gets lists with tickets left out, and no word about it. So every reading begins by asking
who we are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import ConnectorError, Invalid, NotFound
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
from connectors.protocols import Environment
from connectors.reading import Object, is_number
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
from connectors.walking import SETTLES_IN, Stretch, walk

LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)
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
        try:
            told = [datetime.fromisoformat(one) if one else None for one in cursor.split(" ")]
            living, deleted, spam, people = told
        except ValueError:
            raise Invalid(PRODUCT, "the stored cursor is not one of ours") from None
        if living is None or deleted is None or spam is None or not all(one.tzinfo for one in told if one):
            raise Invalid(PRODUCT, "the stored cursor is not one of ours")
        return cls(living, deleted, spam, people)

    @property
    def cursor(self) -> str:
        """The text to store."""
        return " ".join(one.isoformat() if one else "" for one in (self.living, self.deleted, self.spam, self.people))


class FreshdeskHelpdesk:
    """One Freshdesk account."""

    def __init__(self, settings: FreshdeskSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._sleep = environment.sleep
        http = http_client(settings.address, settings.domain, settings.api_key, settings.reserved_requests, environment)
        self._client = FreshdeskClient(http, settings.page_size)
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
            yield TicketPage((), (), people, position.cursor, last=False)
        for stretch in self._walk(position.deleted, DELETED):
            position = replace(position, deleted=stretch.position)
            yield self._page(stretch.rows, position, is_gone=True)
        for stretch in self._walk(position.spam, SPAM):
            position = replace(position, spam=stretch.position)
            yield self._page(stretch.rows, position, is_gone=True)
        for stretch in self._walk(position.living, LIVING):
            position = replace(position, living=stretch.position)
            yield self._page(stretch.rows, position, is_last=stretch.is_last)

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, one request each. Ids that are no numbers do not exist."""
        wanted = list(dict.fromkeys(one for one in ticket_ids if is_number(one)))
        found = [ticket for ticket_id in wanted if (ticket := self._ticket_now(ticket_id)) is not None]
        if len(found) < len(wanted):
            self._client.require_account()
        return TicketPage(tuple(found), self._unmet_organizations(found), (), cursor=None, last=True)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every company."""
        self._read_missing_fields_again()
        for page in self._client.companies():
            found = [translate.organization_from_api(item, self._fields_of_companies()) for item in page]
            self._met_companies.update(one.id for one in found)
            yield found

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write one by one, and alike values together."""
        if changes:
            yield from write(changes, self._client, self._fields_of_tickets(), self._sleep)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through the ticket's notes and replies for our marks; a ticket that is gone has none."""
        if not is_number(ticket_id):
            return frozenset()
        found: set[str] = set()
        try:
            for one in self._client.conversations(ticket_id):
                found.update(reference for reference in references if translate.has_mark(one, reference))
                if len(found) == len(references):
                    break
        except NotFound:
            self._client.require_account()
        return frozenset(found)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its secret, and read the ticket that it points at."""
        return read_webhook(headers, body, now, self._settings.webhook_secret)

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
        is_proven = self._settings.webhook_secret is not None
        return (
            CheckResult("API key", passed=True),
            CheckResult("sees every ticket", sees_all, "" if sees_all else SEES_TOO_LITTLE),
            _tried("tickets", lambda: self._client.tickets(yesterday, 1)),
            _tried("contacts", lambda: next(self._client.contacts(yesterday))),
            _tried("companies", lambda: next(self._client.companies())),
            self._check_clock(server_time(answer)),
            *self._check_fields("ticket field", self._fields_of_tickets, "helpdesk.fields"),
            *self._check_fields("company field", self._fields_of_companies, "helpdesk.organization_fields"),
            CheckResult(
                "webhook secret",
                is_proven,
                "" if is_proven else "Set webhook_secret; until then changes are seen by polling alone.",
            ),
        )

    # ---- readings ----------------------------------------------------------------------------------

    def _changed_people(self, since: datetime | None) -> Iterator[tuple[tuple[Person, ...], datetime | None]]:
        """Yield contacts in pages; how far they were read is told with the last one alone, for pages have no order."""
        pages = self._client.contacts(since)
        rows, answer = next(pages)
        served_at = server_time(answer)
        until = max(filter(None, (since, served_at and served_at - SETTLES_IN)), default=None)
        for following in pages:
            yield tuple(translate.person_from_api(item) for item in rows), since
            rows, _ = following
        yield tuple(translate.person_from_api(item) for item in rows), until

    def _walk(self, since: datetime, filter_name: str | None) -> Iterator[Stretch]:
        def ask(position: datetime, page: int) -> tuple[Sequence[Object], Response]:
            return self._client.tickets(position, page, filter_name)

        return walk(ask, since, self._client.page_size, READ)

    def _page(
        self, rows: Sequence[Object], position: Position, *, is_gone: bool = False, is_last: bool = False
    ) -> TicketPage:
        tickets = tuple(self._ticket({**row, "deleted": True} if is_gone else row) for row in rows)
        return TicketPage(tickets, self._unmet_organizations(tickets), (), position.cursor, is_last)

    def _ticket_now(self, ticket_id: str) -> Ticket | None:
        try:
            return self._ticket(self._client.ticket(ticket_id))
        except NotFound:
            pass
        try:
            return self._ticket(self._client.archived_ticket(ticket_id), is_archived=True)
        except NotFound:
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
        """Where a ticket went that was merged; asked anew when it changed."""
        if not self._settings.merge_notes or not translate.may_be_merged(item):
            return None
        ticket_id = READ.identity(item.get("id"), "ticket.id")
        changed_at = READ.text(item.get("updated_at"), "ticket.updated_at")
        if self._merged_into.get(ticket_id, ("", None))[0] != changed_at:
            try:
                told = self._client.conversations(ticket_id)
                target = translate.merge_target(told, ticket_id, self._settings.merge_notes)
            except NotFound:
                target = None
            self._merged_into[ticket_id] = changed_at, target
        return self._merged_into[ticket_id][1]

    def _unmet_organizations(self, tickets: Sequence[Ticket]) -> tuple[Organization, ...]:
        """Companies that were made since the list was read. What was met before is left to the list, which is newer."""
        wanted = {ticket.organization_id for ticket in tickets if ticket.organization_id} - self._met_companies
        found: list[Organization] = []
        for company_id in sorted(wanted):
            try:
                item = self._client.company(company_id)
                found.append(translate.organization_from_api(item, self._fields_of_companies()))
            except NotFound:
                pass
            self._met_companies.add(company_id)
        return tuple(found)

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

    def _check_clock(self, theirs: datetime | None) -> CheckResult:
        difference = abs(self._now() - theirs) if theirs else timedelta()
        passed = difference <= LARGEST_CLOCK_DIFFERENCE
        told = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
        return CheckResult("clock", passed, "" if passed else told)

    def _check_fields(self, kind: str, read: Callable[[], FieldMap], where: str) -> Iterator[CheckResult]:
        try:
            fields = read()
        except ConnectorError as error:
            yield CheckResult(f"{kind}s", passed=False, remedy=str(error))
            return
        for name in fields.by_name:
            yield CheckResult(f"{kind} {name}", passed=True)
        for name, wanted in fields.missing.items():
            remedy = f'There is no {kind} "{wanted}": make it in Freshdesk or mend {where}.{name}.'
            yield CheckResult(f"{kind} {name}", passed=False, remedy=remedy)


def _tried(subject: str, read: Callable[[], object]) -> CheckResult:
    try:
        read()
    except ConnectorError as error:
        return CheckResult(f"{subject} can be read", passed=False, remedy=str(error))
    return CheckResult(f"{subject} can be read", passed=True)
