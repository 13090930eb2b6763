"""Zendesk Support as a :class:`connectors.protocols.Helpdesk`.

What is read how
    changed tickets   the incremental export by cursor, with users and organizations beside; ten requests a minute
    named tickets     ``show_many``, a hundred a request
    organizations     the list, a hundred a page (their export has no cursor, and an edited field moves no ticket)
    merged tickets    the export tells that a ticket was merged; where to is read from its audits, once
    writes            ``update_many`` jobs: see :mod:`connectors.zendesk.writing`

The last-minute gap: the export leaves out what changed within the minute before the request, so that polling alone is
at least a minute late. Nothing is lost: the cursor stands behind what was given, and the rest comes with the next
request. Webhooks, whose tickets are read by ``show_many``, close the gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import ConnectorError, NotFound, Unavailable
from connectors.http import HttpClient, Limits, server_time
from connectors.protocols import Environment
from connectors.records import ChangeResult, CheckResult, Organization, TicketChange, TicketPage, WebhookCall
from connectors.self_check import check_clock, check_fields, check_that
from connectors.unreadable import ORGANIZATION, PERSON, TICKET, read_records
from connectors.value_reader import is_number
from connectors.zendesk import translate
from connectors.zendesk.access import NOT_ADMINISTRATOR, WRONG_CREDENTIALS, check_access, check_end, credentials_of
from connectors.zendesk.client import ROWS_A_PAGE, ExportPage, Object, ZendeskClient
from connectors.zendesk.fields import organization_field, ticket_field
from connectors.zendesk.jobs import is_under_way
from connectors.zendesk.limits import left_of_account, left_of_exports
from connectors.zendesk.preparation import ZendeskPreparation
from connectors.zendesk.settings import HELPDESK_SCOPES, PRODUCT, SETUP_SCOPES, ZendeskSettings
from connectors.zendesk.value_reader import READ
from connectors.zendesk.webhooks import read_webhook
from connectors.zendesk.writing import references_in, write

IDLE_IS_BELIEVED_FOR = timedelta(seconds=30)
"""Shorter than the least time after which an uncertain write is looked for: another daemon may have made it."""


class ZendeskHelpdesk:
    """One Zendesk Support account."""

    def __init__(self, settings: ZendeskSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._sleep = environment.sleep
        budget = f"{PRODUCT}:{settings.subdomain}"
        of_account = Limits(account=budget, left=left_of_account, reserve=settings.reserved_requests)
        of_exports = Limits(account=f"{budget}:exports", left=left_of_exports)
        self._credentials = credentials_of(settings, environment, HELPDESK_SCOPES)
        http = HttpClient(PRODUCT, settings.address, self._credentials, environment, of_account, network=settings)
        exports = HttpClient(
            PRODUCT, settings.address, self._credentials, environment, of_exports, within=http, network=settings
        )
        self._client = ZendeskClient(http, exports, settings.export_page_size)
        wider = credentials_of(settings, environment, SETUP_SCOPES)
        self.preparation = ZendeskPreparation(
            HttpClient(PRODUCT, settings.address, wider, environment, of_account, network=settings)
        )
        self._ticket_fields: FieldMap | None = None
        self._organization_fields: FieldMap | None = None
        self._merged_into: dict[str, str | None] = {}
        self._idle_at: datetime | None = None

    @property
    def product(self) -> str:
        """``zendesk``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The subdomain."""
        return self._settings.subdomain

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield what the export tells, up to its end. A cursor that it refuses raises :class:`Invalid`."""
        self._read_missing_fields_again()
        while True:
            page = self._client.export(cursor, since, self._now())
            # Without a result the answer may name no cursor: then the one that we have stays good.
            cursor = page.cursor or cursor
            yield replace(self._page(page), cursor=cursor)
            if page.is_last:
                return

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, a hundred a request. Ids that are no numbers do not exist."""
        wanted = list(dict.fromkeys(ticket_id for ticket_id in ticket_ids if is_number(ticket_id)))
        pages = [
            self._page(self._client.show_many(wanted[start : start + ROWS_A_PAGE]))
            for start in range(0, len(wanted), ROWS_A_PAGE)
        ]
        return TicketPage(
            tickets=tuple(ticket for page in pages for ticket in page.tickets),
            organizations=tuple({item.id: item for page in pages for item in page.organizations}.values()),
            people=tuple({item.id: item for page in pages for item in page.people}.values()),
            cursor=None,
            last=True,
            unreadable=tuple(record for page in pages for record in page.unreadable),
        )

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every organization, a hundred a page."""
        self._read_missing_fields_again()
        for page in self._client.organizations():
            yield read_records(ORGANIZATION, page, self._organization)

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write through ``update_many`` jobs, and follow them to their end."""
        if changes:
            self._idle_at = None
            fields = self._fields_of_tickets()
            yield from write(changes, self._client, fields, self._sleep, self._settings.changes_a_call)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through the ticket's audits for our marks; a ticket that is gone has none.

        A job whose id was lost with its answer may still be under way: a mark that is not there means something only
        when no job is. Raises :class:`Unavailable` until then.
        """
        if not is_number(ticket_id):
            return frozenset()
        under_way = self._jobs_are_under_way()
        applied: set[str] = set()
        try:
            for audit in self._client.audits(ticket_id):
                applied.update(references_in(audit, references))
                if len(applied) == len(references):
                    break
        except NotFound:
            return frozenset()
        if under_way and len(applied) < len(references):
            problem = f"a job is still under way, and what it will do to ticket {ticket_id} is not known"
            raise Unavailable(PRODUCT, problem, remedy="Ask again later.")
        return frozenset(applied)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its signature and age, and read the ticket that it points at."""
        return read_webhook(headers, body, now, self._settings.webhook_secrets)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check_end(self) -> Sequence[CheckResult]:
        """When the way in ends."""
        return tuple(check_end(self._settings, self._credentials, self._now()))

    def check(self) -> Sequence[CheckResult]:
        """Try the credentials, the role, the clock, the configured fields, and whether calls can be proven."""
        try:
            answer = self._client.me()
            me = READ.an_object(READ.an_object(answer.data, "the answer").get("user"), "user")
        except ConnectorError as error:
            return (CheckResult("credentials", passed=False, remedy=str(error)),)
        # Zendesk answers an unknown visitor with a user that has no id.
        if me.get("id") is None:
            return (CheckResult("credentials", passed=False, remedy=WRONG_CREDENTIALS),)
        is_administrator = me.get("role") == "admin"
        return (
            CheckResult("credentials", passed=True),
            *check_access(self._settings, self._credentials, self._client, self._now(), HELPDESK_SCOPES),
            check_that("administrator", is_administrator, NOT_ADMINISTRATOR),
            check_clock(self._now(), server_time(answer)),
            *check_fields(PRODUCT, "ticket field", "helpdesk.fields", self._fields_of_tickets),
            *check_fields(PRODUCT, "organization field", "helpdesk.organization_fields", self._fields_of_organizations),
            check_that(
                "webhook secret",
                self._settings.webhook_secret is not None,
                "Set webhook_secret; until then changes are seen by polling, a minute late.",
            ),
        )

    def _page(self, page: ExportPage) -> TicketPage:
        fields = self._fields_of_tickets()
        tickets = read_records(
            TICKET,
            page.tickets,
            lambda item: translate.ticket_from_api(item, fields, self._settings.address, self._target_of(item)),
        )
        organizations = read_records(ORGANIZATION, page.organizations, self._organization)
        people = read_records(PERSON, page.users, translate.person_from_api)
        return TicketPage(
            tickets=tuple(tickets),
            organizations=tuple(organizations),
            people=tuple(people),
            cursor=page.cursor,
            last=page.is_last,
            unreadable=(*tickets.unreadable, *organizations.unreadable, *people.unreadable),
        )

    def _organization(self, item: Object) -> Organization:
        return translate.organization_from_api(item, self._fields_of_organizations())

    def _target_of(self, item: Object) -> str | None:
        """Where a merged ticket went; asked once, because a merge is final."""
        if not translate.was_merged(item):
            return None
        ticket_id = READ.identity(item.get("id"), "ticket.id")
        if ticket_id not in self._merged_into:
            try:
                self._merged_into[ticket_id] = translate.merge_target(self._client.audits(ticket_id), ticket_id)
            except NotFound:
                self._merged_into[ticket_id] = None
        return self._merged_into[ticket_id]

    def _jobs_are_under_way(self) -> bool:
        """Whether any job is; asked again after a write of ours, and half a minute later at the latest."""
        now = self._now()
        if self._idle_at is not None and now - self._idle_at < IDLE_IS_BELIEVED_FOR:
            return False
        if any(is_under_way(job) for job in self._client.every_job()):
            return True
        self._idle_at = now
        return False

    def _read_missing_fields_again(self) -> None:
        """A configured field that was not there may have been made since."""
        if self._ticket_fields is not None and self._ticket_fields.missing:
            self._ticket_fields = None
        if self._organization_fields is not None and self._organization_fields.missing:
            self._organization_fields = None

    def _fields_of_tickets(self) -> FieldMap:
        if self._ticket_fields is None:
            definitions = [ticket_field(item) for item in self._client.ticket_fields()] if self._settings.fields else []
            self._ticket_fields = mapped(self._settings.fields, [field for field in definitions if field is not None])
        return self._ticket_fields

    def _fields_of_organizations(self) -> FieldMap:
        if self._organization_fields is None:
            wanted = self._settings.organization_fields
            definitions = [organization_field(item) for item in self._client.organization_fields()] if wanted else []
            self._organization_fields = mapped(wanted, [field for field in definitions if field is not None])
        return self._organization_fields
