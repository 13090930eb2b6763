"""The self-check: what a site must have before CareSync can work with it, one line each. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.errors import ConnectorError
from connectors.http import server_time
from connectors.records import CheckResult
from connectors.request_tracker.client import RequestTrackerClient
from connectors.request_tracker.customers import catalog_id, read_customers
from connectors.request_tracker.definitions import OF_ASSETS, OF_TICKETS, OF_TRANSACTIONS
from connectors.request_tracker.settings import RequestTrackerSettings, SiteSettings
from connectors.request_tracker.value_reader import READ
from connectors.request_tracker.visibility import queue_ids, require_utc
from connectors.self_check import check_clock, check_reading, check_that

RIGHTS = {"comment": "CommentOnTicket", "correspond": "ReplyToTicket"}


def check_helpdesk(
    client: RequestTrackerClient, settings: RequestTrackerSettings, now: datetime
) -> Iterator[CheckResult]:
    """Everything that the helpdesk needs."""
    results, queues = _site(client, settings, now)
    yield from results
    if not queues:
        return
    names = {f"ticket field {name}": field for name, field in settings.fields.items()}
    names["ticket field for tags"] = settings.tags_field
    if settings.customers.ticket_field is not None:
        names["ticket field for the customer"] = settings.customers.ticket_field
    yield from _tried("ticket fields", lambda: _fields(client, "queue", queues, OF_TICKETS, names))
    yield from _tried("customers", lambda: _customers(client, settings))
    yield from _tried("rights on tickets", lambda: _rights(client, queues))
    yield _webhooks(settings)


def check_time(
    client: RequestTrackerClient, settings: SiteSettings, transaction_fields: Mapping[str, str], now: datetime
) -> Iterator[CheckResult]:
    """Everything that the time tracker needs; ``transaction_fields`` are custom fields by what they are for."""
    results, queues = _site(client, settings, now)
    yield from results
    if queues:
        names = {f"transaction field for {use}": field for use, field in transaction_fields.items()}
        yield from _tried("transaction fields", lambda: _fields(client, "queue", queues, OF_TRANSACTIONS, names))


def _site(client: RequestTrackerClient, settings: SiteSettings, now: datetime) -> tuple[list[CheckResult], list[str]]:
    """The token, the time zone, the clock and the queues; and the numbers of those, where they are seen."""
    try:
        me = client.me()
    except ConnectorError as error:
        return [CheckResult("token", passed=False, remedy=str(error))], []
    results = [CheckResult("token", passed=True)]
    results.append(check_reading("time zone", lambda: require_utc(me)))
    results.append(check_clock(now, server_time(me)))
    try:
        queues = queue_ids(client, settings.queues)
        return [*results, CheckResult("queues", passed=True)], queues
    except ConnectorError as error:
        return [*results, CheckResult("queues", passed=False, remedy=str(error))], []


def _webhooks(settings: SiteSettings) -> CheckResult:
    remedy = "Set webhook_secret and create the scrip (care-sync setup); until then changes wait for a poll."
    return check_that("webhook secret", settings.webhook_secret is not None, remedy)


def _fields(
    client: RequestTrackerClient, kind: str, numbers: Sequence[str], lookup: str, names: Mapping[str, str]
) -> Iterator[CheckResult]:
    """Whether each field is there, applied to every one of these queues (or catalogs)."""
    there = [
        {name for name, field in client.custom_fields(kind, number).items() if field.get("LookupType") == lookup}
        for number in numbers
    ]
    for subject, field in names.items():
        remedy = f'There is no custom field "{field}" that is applied to each {kind} and that we may see.'
        yield check_that(subject, all(field in applied for applied in there), remedy)


def _customers(client: RequestTrackerClient, settings: RequestTrackerSettings) -> Iterator[CheckResult]:
    customers = read_customers(client, settings)
    shared = ", ".join(sorted(customers.shared))
    yield CheckResult(
        "customers", not shared, f"Two customers are called {shared}; give each its own." if shared else ""
    )
    names = {f"organization field {name}": field for name, field in settings.organization_fields.items()}
    if settings.customers.key_field is not None:
        names["customer field for the key"] = settings.customers.key_field
    if names:
        yield from _fields(client, "catalog", [catalog_id(client, settings)], OF_ASSETS, names)


def _rights(client: RequestTrackerClient, queues: Sequence[str]) -> Iterator[CheckResult]:
    """What we may do with the newest ticket; without any ticket nothing is known."""
    newest = client.newest_ticket(queues)
    if newest is None:
        return
    may = {str(link.get("ref")) for link in READ.objects(newest.get("_hyperlinks") or [], "_hyperlinks")}
    for verb, right in RIGHTS.items():
        yield check_that(f"right to {verb}", verb in may, f"Give the user the right {right}.")


def _tried(subject: str, check: Callable[[], Iterator[CheckResult]]) -> Iterator[CheckResult]:
    try:
        yield from check()
    except ConnectorError as error:
        yield CheckResult(subject, passed=False, remedy=str(error))
