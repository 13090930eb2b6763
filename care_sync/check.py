"""Everything that must be right before a first pass, tried without writing anything: one line each.

Promise: each line tells what was tried, whether it holds, and what to do if not. What one part cannot tell does not
keep the others from being tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import requests

from care_sync.application import connect_bookkeeping, tokens_of
from care_sync.clock import Clock
from care_sync.errors import CareSyncError, UserError
from care_sync.messages import Messages
from care_sync.model.linking import Linking
from care_sync.pipeline.unknown_customers import REMEDY, unresolved_names
from care_sync.rules_in_force import site_rules, sound_rules
from care_sync.settings import Settings
from care_sync.store import open_store
from care_sync.store.seal import Seal
from connectors.errors import ConnectorError
from connectors.oauth_settings import OauthSettings
from connectors.protocols import BudgetState, Environment, Helpdesk
from connectors.records import CheckResult
from connectors.registry import HELPDESKS, TIME_TRACKERS

TIMEOUT_SECONDS = 10


class ForgottenBudgets:
    """Request budgets that live as long as the check, which must not need a store."""

    def __init__(self) -> None:
        self._kept: dict[str, BudgetState] = {}

    def load(self, account: str) -> BudgetState | None:
        """What was told since the check began."""
        return self._kept.get(account)

    def save(self, account: str, state: BudgetState) -> None:
        """Keep it until the check ends."""
        self._kept[account] = state


def check_site(settings: Settings) -> Iterator[CheckResult]:
    """What can be checked without asking a product: rules, message templates, store and migrations."""
    attempts: Mapping[str, Callable[[], object]] = {
        "rules": lambda: sound_rules(settings),
        "message templates": Messages(settings.messages.templates, default_locale=settings.company.locale).check,
        "store": lambda: open_store(settings.store.url.get_secret_value()).close(),
        "customers' agreements": lambda: _check_agreements(settings),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except CareSyncError as error:
            yield CheckResult(name, passed=False, remedy=str(error))
        else:
            yield CheckResult(name, passed=True)


def _check_agreements(settings: Settings) -> None:
    """Agreements in the rules go by the helpdesk's id of a customer; one of an unknown id would never apply."""
    try:
        agreed = dict.fromkeys(agreement.organization for agreement in site_rules(settings).definition.agreements)
    except CareSyncError:
        return  # the line of the rules tells what is wrong with them
    if not agreed:
        return
    store = open_store(settings.store.url.get_secret_value())
    try:
        with store.read() as work:
            known = work.organizations.get_many(agreed)
            meant = {item: work.organizations.by_name(item) for item in agreed if item not in known}
    finally:
        store.close()
    if meant:
        unknown = [one if named is None else f"{one} (its id is {named.id})" for one, named in meant.items()]
        raise UserError(
            f"The rules hold agreements of customers that are not known by that id: {', '.join(unknown)}. "
            "Write the id that the helpdesk gives the organization; customers are known after the first pass."
        )


def check_token_keys(settings: Settings) -> Iterator[CheckResult]:
    """Whether what people connected can be read, and whether a key that was replaced is still needed.

    Tokens that a client asks for are left out: whatever their key, another is had for the asking.
    """
    keys = settings.store.token_keys
    connected = {
        connection.options.oauth.name
        for connection in settings.connections.values()
        if isinstance(connection.options, OauthSettings) and connection.options.is_connected
    }
    try:
        store = open_store(settings.store.url.get_secret_value())
    except CareSyncError:
        return  # the line of the store tells it
    try:
        with store.read() as work:
            kept = {row.name: row.key_name for row in work.tokens.all() if row.name in connected and row.sealed}
    finally:
        store.close()
    known = [Seal([key]).key_name for key in keys]
    unreadable = sorted(name for name, key_name in kept.items() if key_name not in known)
    older = sorted(name for name, key_name in kept.items() if key_name in known[1:])
    if unreadable:
        remedy = f"No key of these settings opens {', '.join(unreadable)}: restore store.token_key, or connect anew."
        yield CheckResult("token keys", passed=False, remedy=remedy)
    elif older:
        remedy = f"store.previous_token_key still opens {', '.join(older)}; with the next renewal it is not needed."
        yield CheckResult("token keys", passed=True, remedy=remedy)
    elif len(keys) > 1:
        remedy = "Nothing needs store.previous_token_key any more: take it out of the settings."
        yield CheckResult("token keys", passed=True, remedy=remedy)


@contextmanager
def _environment(settings: Settings, clock: Clock) -> Iterator[Environment]:
    """The site's own tokens where there is a store, for those that were connected lie nowhere else."""
    try:
        store = open_store(settings.store.url.get_secret_value())
    except CareSyncError:
        yield Environment(clock.now, clock.sleep, ForgottenBudgets())
        return
    try:
        yield Environment(clock.now, clock.sleep, ForgottenBudgets(), tokens_of(settings, clock, store))
    finally:
        store.close()


def check_products(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """What helpdesk, time trackers and bookkeeping say of credentials, permissions, fields and the clock."""
    with _environment(settings, clock) as environment:
        yield from _check_products(settings, environment)


def _check_products(settings: Settings, environment: Environment) -> Iterator[CheckResult]:
    product = settings.helpdesk.product
    helpdesk = HELPDESKS[product].connect(settings.helpdesk.options, environment)
    yield from _named(product, helpdesk.check)
    yield _check_names(settings, helpdesk)
    for name, connection in settings.time_trackers.items():
        tracker = TIME_TRACKERS[connection.product].connect(connection.options, environment)
        yield from _named(name, tracker.check)
    bookkeeping = connect_bookkeeping(settings, environment)
    if bookkeeping is not None:
        yield from _named("bookkeeping", bookkeeping.check)


def _check_names(settings: Settings, helpdesk: Helpdesk) -> CheckResult:
    """Names of customers in the settings mean one organization each, as far as organizations were read by now."""
    subject = "customers' names"
    try:
        linking = Linking.of(settings.linking, helpdesk.ticket_url, f"{helpdesk.product}:{helpdesk.account}")
        store = open_store(settings.store.url.get_secret_value())
        try:
            with store.read() as work:
                reasons = unresolved_names(work, linking) if work.organizations.all() else {}
        finally:
            store.close()
    except (CareSyncError, ConnectorError) as error:
        return CheckResult(subject, passed=False, remedy=str(error))
    return CheckResult(subject, not reasons, f"{'; '.join(reasons.values())}. {REMEDY}" if reasons else "")


def check_webhooks(settings: Settings) -> CheckResult:
    """Whether a daemon answers where the products send their webhooks."""
    subject = "webhook address"
    url = settings.web.public_url
    if url is None:
        remedy = "Set web.public_url to where products reach the daemon; until then changes are seen by polling."
        return CheckResult(subject, passed=False, remedy=remedy)
    try:
        answer = requests.get(f"{str(url).rstrip('/')}/health", timeout=TIMEOUT_SECONDS)
        is_ours = answer.ok and "lag_seconds" in answer.json()
    except (requests.RequestException, ValueError, TypeError):
        is_ours = False
    remedy = (
        "" if is_ours else f"No daemon answers at {url}health: start `care-sync run`, and look at the proxy before it."
    )
    return CheckResult(subject, is_ours, remedy)


def _named(name: str, check: Callable[[], Sequence[CheckResult]]) -> Iterator[CheckResult]:
    try:
        for result in check():
            yield replace(result, subject=f"{name}: {result.subject}")
    except ConnectorError as error:
        yield CheckResult(f"{name}: reached", passed=False, remedy=str(error))
