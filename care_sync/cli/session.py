"""What commands share: the options before the command, and opening what they work on.

care-sync --config FILE --verbose COMMAND …
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from care_sync.application import Application, open_application, site_settings
from care_sync.cli.options import Options
from care_sync.clock import Clock, SystemClock
from care_sync.logs import configure_logs
from care_sync.settings import Settings
from care_sync.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Session:
    """The options that stand before the command."""

    config: Path | None
    verbose: bool
    clock: Clock

    @classmethod
    def of(cls, context: typer.Context) -> Session:
        """Return the session of the command that runs."""
        given = context.find_root().obj
        if isinstance(given, cls):
            return given
        options = given if isinstance(given, Options) else Options()
        return cls(options.config, options.verbose, SystemClock())

    def settings(self, *, for_daemon: bool = False) -> Settings:
        """Read the settings and let the logs begin.

        A command answers by what it prints: it logs warnings only, unless ``--verbose`` asks for more.
        """
        settings = site_settings(self.config)
        level = settings.logs.level if for_daemon or self.verbose else "warning"
        configure_logs(clock=self.clock, level=level, style=settings.logs.format, secrets=settings.secrets())
        return settings

    @contextmanager
    def store(self) -> Iterator[tuple[Settings, Store]]:
        """Open the store alone, for commands that need no product."""
        settings = self.settings()
        store = open_store(settings.store.url.get_secret_value())
        try:
            yield settings, store
        finally:
            store.close()

    @contextmanager
    def application(self) -> Iterator[Application]:
        """Open everything: store, rules, connectors."""
        with open_application(self.settings(), self.clock) as application:
            yield application
