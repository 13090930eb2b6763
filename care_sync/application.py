"""Putting the parts together: the one place that knows which class does what.

The command line, the daemon and the demo work with an :class:`Application`; nothing else makes connectors or opens
the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from care_sync.clock import Clock
from care_sync.messages import Messages
from care_sync.model.linking import Linking
from care_sync.pipeline.run import PassKind, PassReport, Scope, Watcher, run_pass
from care_sync.pipeline.site import Site
from care_sync.pipeline.tell import remember_beginning
from care_sync.rules_in_force import RulesInForce
from care_sync.settings import Settings, load_settings
from care_sync.store import Store, open_store
from care_sync.store.seal import Seal
from connectors.credentials import ForgottenTokens, TokenStorage
from connectors.products import SettingsClasses
from connectors.protocols import Bookkeeping, Environment, Helpdesk, TimeTracker
from connectors.registry import BOOKKEEPINGS, HELPDESKS, TIME_TRACKERS


@dataclass(frozen=True, slots=True)
class Application:
    """A site with its store, ready to work. ``started_with`` is the site as it was opened."""

    started_with: Site
    store: Store
    rules: RulesInForce

    @property
    def site(self) -> Site:
        """The site with the rules that are in force now."""
        return replace(self.started_with, rules=self.rules.book)

    @property
    def settings(self) -> Settings:
        """What was configured."""
        return self.started_with.settings

    def run(self, scope: Scope | None = None, watcher: Watcher | None = None) -> PassReport:
        """Run one pass; one that decides takes changed rules first."""
        if scope is None or scope.kind is not PassKind.PUSH:
            self.rules.look(self.store, self.started_with.now())
        return run_pass(self.store, self.site, scope, watcher)

    def rehearse(self, store: Store, scope: Scope, watcher: Watcher | None = None) -> PassReport:
        """Run a pass on ``store``, a rehearsal's, and write nothing to the helpdesk."""
        return run_pass(store, self.site, replace(scope, pushes=False), watcher)

    def nightly(self) -> str:
        """Everything, once a day."""
        return self.run(Scope(PassKind.FULL)).summary

    def poll(self) -> str:
        """What the products know to have changed."""
        return self.run(Scope(PassKind.POLL)).summary

    def wake(self) -> str:
        """What webhooks named."""
        return self.run(Scope(PassKind.WAKE)).summary

    def push(self) -> str:
        """What is planned and could not be written yet."""
        with self.store.read() as work:
            now = self.site.now()
            mails = work.mails.due_count(now) if self.settings.mail.host is not None else 0
            if work.outbox.due_count(now) + mails == 0:
                return "nothing due"
        return self.run(Scope(PassKind.PUSH)).summary


def site_settings(path: Path | None) -> Settings:
    """Read the settings, with the products that are registered. Raises :class:`care_sync.errors.UserError`."""
    return load_settings(
        path,
        helpdesks=SettingsClasses(HELPDESKS),
        time_trackers=SettingsClasses(TIME_TRACKERS),
        bookkeepings=SettingsClasses(BOOKKEEPINGS),
    )


def environment_of(settings: Settings, clock: Clock, store: Store) -> Environment:
    """What connectors get from a site: its clock, and budgets and tokens that outlive the process.

    Without a key for them, tokens do not: each process asks for its own.
    """
    return Environment(clock.now, clock.sleep, store.budgets, tokens_of(settings, clock, store))


def tokens_of(settings: Settings, clock: Clock, store: Store) -> TokenStorage:
    """Where the tokens of a site are kept."""
    keys = settings.store.token_keys
    return store.tokens(Seal(keys), clock.sleep) if keys else ForgottenTokens()


def connect_bookkeeping(settings: Settings, environment: Environment) -> Bookkeeping | None:
    """The bookkeeping that is configured, ``None`` where there is none."""
    section = settings.bookkeeping
    if section is None:
        return None
    return BOOKKEEPINGS[section.product].connect(section.options, environment)


@contextmanager
def open_application(settings: Settings, clock: Clock) -> Iterator[Application]:
    """Open store, rules and connectors; what a person can mend raises :class:`care_sync.errors.UserError`."""
    rules = RulesInForce(settings)
    messages = Messages(settings.messages.templates, default_locale=settings.company.locale)
    messages.check()
    store = open_store(settings.store.url.get_secret_value())
    try:
        with store.begin() as work:
            remember_beginning(work, clock.now())
        environment = environment_of(settings, clock, store)
        helpdesk: Helpdesk = HELPDESKS[settings.helpdesk.product].connect(settings.helpdesk.options, environment)
        trackers: dict[str, TimeTracker] = {
            name: TIME_TRACKERS[one.product].connect(one.options, environment)
            for name, one in settings.time_trackers.items()
        }
        linking = Linking.of(settings.linking, helpdesk.ticket_url, f"{helpdesk.product}:{helpdesk.account}")
        site = Site(settings, rules.book, messages, helpdesk, trackers, linking, clock)
        yield Application(site, store, rules)
    finally:
        store.close()
