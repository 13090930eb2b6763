"""Putting the parts together: the one place that knows which class does what.

The command line, the daemon and the demo work with an :class:`Application`; nothing else makes connectors or opens
the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from care_sync.clock import Clock
from care_sync.messages import Messages
from care_sync.settings import Settings, load_settings
from care_sync.store import Store, open_store
from connectors.protocols import Bookkeeping, Environment, Helpdesk, TimeTracker
from connectors.registry import BOOKKEEPINGS, HELPDESKS, TIME_TRACKERS, settings_classes


@dataclass(frozen=True, slots=True)
class Application:
    """A site, ready to work."""

    settings: Settings
    clock: Clock
    store: Store
    messages: Messages
    helpdesk: Helpdesk
    trackers: Mapping[str, TimeTracker]


def site_settings(path: Path | None) -> Settings:
    """Read the settings, with the products that are registered. Raises :class:`care_sync.errors.UserError`."""
    return load_settings(
        path,
        helpdesks=settings_classes(HELPDESKS),
        time_trackers=settings_classes(TIME_TRACKERS),
        bookkeepings=settings_classes(BOOKKEEPINGS),
    )


def connect_bookkeeping(settings: Settings, clock: Clock, store: Store) -> Bookkeeping | None:
    """The bookkeeping that is configured, ``None`` where there is none."""
    section = settings.bookkeeping
    if section is None:
        return None
    return BOOKKEEPINGS[section.product].connect(section.options, Environment(clock.now, clock.sleep, store.budgets))


@contextmanager
def open_application(settings: Settings, clock: Clock) -> Iterator[Application]:
    """Open store, rules and connectors; what a person can mend raises :class:`care_sync.errors.UserError`."""
    store = open_store(settings.store.url.get_secret_value())
    try:
        environment = Environment(clock.now, clock.sleep, store.budgets)
        helpdesk = HELPDESKS[settings.helpdesk.product].connect(settings.helpdesk.options, environment)
        trackers = {
            name: TIME_TRACKERS[one.product].connect(one.options, environment)
            for name, one in settings.time_trackers.items()
        }
        yield Application(
            settings=settings,
            clock=clock,
            store=store,
            messages=Messages(settings.messages.templates, default_locale=settings.company.locale),
            helpdesk=helpdesk,
            trackers=trackers,
        )
    finally:
        store.close()
