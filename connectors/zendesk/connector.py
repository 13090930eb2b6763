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

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import SecretStr

from connectors.errors import ConnectorError, NotFound, Unavailable
from connectors.http import HttpClient, Limits, server_time
from connectors.protocols import Environment
from connectors.reading import is_number
from connectors.records import ChangeResult, CheckResult, Organization, TicketChange, TicketPage, WebhookCall
from connectors.zendesk import translate
from connectors.zendesk.client import ROWS_A_PAGE, ExportPage, Object, ZendeskClient
from connectors.zendesk.fields import FieldMap, mapped, organization_field, ticket_field
from connectors.zendesk.limits import left_of_account, left_of_exports
from connectors.zendesk.preparation import ZendeskPreparation
from connectors.zendesk.reading import PRODUCT, an_object, identity
from connectors.zendesk.settings import ZendeskAccess, ZendeskSettings
from connectors.zendesk.webhooks import read_webhook
from connectors.zendesk.writing import is_under_way, reference_of, write

IDLE_IS_BELIEVED_FOR = timedelta(seconds=30)
"""Shorter than the least time after which an uncertain write is looked for: another daemon may have made it."""
LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)
NOT_ADMINISTRATOR = "Use the token of an administrator: others may not use the incremental export."


def authorization(settings: ZendeskAccess) -> Mapping[str, SecretStr]:
    """The header that proves who we are: Basic ``email/token:api_token``, or Bearer."""
    if settings.oauth_token is not None:
        return {"Authorization": SecretStr(f"Bearer {settings.oauth_token.get_secret_value()}")}
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    pair = base64.b64encode(f"{settings.email}/token:{token}".encode()).decode()
    return {"Authorization": SecretStr(f"Basic {pair}")}


class ZendeskHelpdesk:
    """One Zendesk Support account."""

    def __init__(self, settings: ZendeskSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._sleep = environment.sleep
        budget = f"{PRODUCT}:{settings.subdomain}"
        of_account = Limits(account=budget, left=left_of_account, reserve=settings.reserved_requests)
        of_exports = Limits(account=f"{budget}:exports", left=left_of_exports)
        proof = authorization(settings)
        http = HttpClient(PRODUCT, settings.address, proof, environment, of_account)
        exports = HttpClient(PRODUCT, settings.address, proof, environment, of_exports, within=http)
        self._client = ZendeskClient(http, exports, settings.export_page_size)
        self.preparation = ZendeskPreparation(http)
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
        wanted = list(dict.fromkeys(one for one in ticket_ids if is_number(one)))
        pages = [
            self._page(self._client.show_many(wanted[start : start + ROWS_A_PAGE]))
            for start in range(0, len(wanted), ROWS_A_PAGE)
        ]
        return TicketPage(
            tickets=tuple(ticket for page in pages for ticket in page.tickets),
            organizations=tuple({one.id: one for page in pages for one in page.organizations}.values()),
            people=tuple({one.id: one for page in pages for one in page.people}.values()),
            cursor=None,
            last=True,
        )

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every organization, a hundred a page."""
        self._read_missing_fields_again()
        for page in self._client.organizations():
            yield [translate.organization_from_api(item, self._fields_of_organizations()) for item in page]

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
        found: set[str] = set()
        try:
            for audit in self._client.audits(ticket_id):
                reference = reference_of(audit)
                if reference in references:
                    found.add(reference)
                if len(found) == len(references):
                    break
        except NotFound:
            return frozenset()
        if under_way and len(found) < len(references):
            told = f"a job is still under way, and what it will do to ticket {ticket_id} is not known"
            raise Unavailable(PRODUCT, told, remedy="Ask again later.")
        return frozenset(found)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its signature and age, and read the ticket that it points at."""
        return read_webhook(headers, body, now, self._settings.webhook_secret)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check(self) -> Sequence[CheckResult]:
        """Try the credentials, the role, the clock, the configured fields, and whether calls can be proven."""
        try:
            answer = self._client.me()
            me = an_object(an_object(answer.data, "the answer").get("user"), "user")
        except ConnectorError as error:
            return (CheckResult("credentials", passed=False, remedy=str(error)),)
        # Zendesk answers an unknown visitor with a user that has no id.
        if me.get("id") is None:
            return (CheckResult("credentials", passed=False, remedy="Set email and api_token anew in the settings."),)
        is_administrator = me.get("role") == "admin"
        is_signed = self._settings.webhook_secret is not None
        return (
            CheckResult("credentials", passed=True),
            CheckResult("administrator", is_administrator, "" if is_administrator else NOT_ADMINISTRATOR),
            self._check_clock(server_time(answer)),
            *self._check_fields("ticket field", self._fields_of_tickets, "helpdesk.fields"),
            *self._check_fields("organization field", self._fields_of_organizations, "helpdesk.organization_fields"),
            CheckResult(
                "webhook secret",
                is_signed,
                "" if is_signed else "Set webhook_secret; until then changes are seen by polling, a minute late.",
            ),
        )

    def _page(self, page: ExportPage) -> TicketPage:
        return TicketPage(
            tickets=tuple(
                translate.ticket_from_api(
                    item, self._fields_of_tickets(), self._settings.address, self._target_of(item)
                )
                for item in page.tickets
            ),
            organizations=tuple(
                translate.organization_from_api(item, self._fields_of_organizations()) for item in page.organizations
            ),
            people=tuple(translate.person_from_api(item) for item in page.users),
            cursor=page.cursor,
            last=page.is_last,
        )

    def _target_of(self, item: Object) -> str | None:
        """Where a merged ticket went; asked once, because a merge is final."""
        if not translate.was_merged(item):
            return None
        ticket_id = identity(item.get("id"), "ticket.id")
        if ticket_id not in self._merged_into:
            try:
                self._merged_into[ticket_id] = translate.merge_target(self._client.audits(ticket_id), ticket_id)
            except NotFound:
                self._merged_into[ticket_id] = None
        return self._merged_into[ticket_id]

    def _jobs_are_under_way(self) -> bool:
        """Whether any job is; asked anew after a write of ours, and half a minute later at the latest."""
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
            self._ticket_fields = mapped(self._settings.fields, [one for one in definitions if one is not None])
        return self._ticket_fields

    def _fields_of_organizations(self) -> FieldMap:
        if self._organization_fields is None:
            wanted = self._settings.organization_fields
            definitions = [organization_field(item) for item in self._client.organization_fields()] if wanted else []
            self._organization_fields = mapped(wanted, [one for one in definitions if one is not None])
        return self._organization_fields

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
            remedy = f'There is no active {kind} "{wanted}": make it in Zendesk or mend {where}.{name}.'
            yield CheckResult(f"{kind} {name}", passed=False, remedy=remedy)
