"""The demo's stage: the agency, its products, and CareSync between them, at some moment of the story."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import chain
from pathlib import Path

from care_sync.application import Application, open_application, site_settings
from care_sync.audit.books import audit_books
from care_sync.audit.products import audit_helpdesk, audit_tracker
from care_sync.demo.agency import FIRST_DAY, LAST_DAY, ZONE, Agency, invent
from care_sync.demo.clock import StoryClock
from care_sync.demo.outcome import Outcome, read_outcome
from care_sync.demo.site import make_room, settings_text, take_cards_over
from care_sync.demo.workplace import Workplace
from care_sync.errors import CareSyncError, IntegrityError
from care_sync.logs import configure_logs
from care_sync.pipeline.pull import pull_organizations
from care_sync.pipeline.run import PassKind, PassReport, Scope
from care_sync.progress import watching
from care_sync.settings import Settings
from care_sync.store import migrate

NIGHT = time(2, 30)
DAY = LAST_DAY + timedelta(days=1)
"""The day after the month: its night is the first, and on it things change."""

BEFORE = datetime.combine(FIRST_DAY, time(6), ZONE)


@dataclass(slots=True)
class Stage:
    """Everything that plays a part; ``config`` is the settings file, and the store lies beside it."""

    agency: Agency
    clock: StoryClock
    workplace: Workplace
    settings: Settings
    config: Path
    application: Application

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, seed: int = 7) -> Iterator[Stage]:
        """Live through the month, write the settings, make the store, and open CareSync in the night after."""
        config = make_room(folder)
        agency = invent(seed)
        clock = StoryClock(BEFORE)
        with Workplace.open(clock) as workplace:
            workplace.move_in(agency)
            workplace.live_through(agency)
            clock.move_to(datetime.combine(DAY, NIGHT, ZONE))
            config.write_text(settings_text(workplace, agency), encoding="utf-8")
            settings = site_settings(config)
            configure_logs(clock=clock, level="warning", style="auto", secrets=settings.secrets())
            migrate(settings.store.url.get_secret_value())
            with open_application(settings, clock) as application:
                yield cls(agency, clock, workplace, settings, config, application)

    def enter_cards(self) -> int:
        """Read the customers, and take over the cards that they had bought before CareSync came; gives how many."""
        pull_organizations(self.application.store, self.application.site.helpdesk, self.clock)
        return take_cards_over(self.application, self.agency, self.config.parent)

    def run(self, kind: PassKind, *, is_watched: bool = False) -> PassReport:
        """Run a pass. Raises :class:`CareSyncError` when it could not do everything."""
        if is_watched:
            with watching() as bars:
                report = self.application.run(Scope(kind), bars)
        else:
            report = self.application.run(Scope(kind))
        if report.failures:
            raise CareSyncError("; ".join(report.failures))
        return report

    def outcome(self) -> Outcome:
        """What stands now."""
        return read_outcome(self.application, FIRST_DAY, DAY)

    def transactions(self) -> int:
        """How many transactions the ledger holds."""
        with self.application.store.read() as work:
            return work.ledger.count()

    def prove(self) -> int:
        """Prove everything as ``care-sync audit`` does; gives how many transactions were proven.

        Raises :class:`IntegrityError` for the first that does not agree.
        """
        site = self.application.site
        with self.application.store.read() as work:
            differences = chain(
                audit_books(work, site.settings),
                audit_helpdesk(work, site.helpdesk, site.settings.write_back.tag_prefix),
                *(audit_tracker(work, name, one, FIRST_DAY, DAY) for name, one in site.trackers.items()),
            )
            for difference in differences:
                raise IntegrityError(f"{difference.where} {difference.subject}: {difference.message}")
            return work.ledger.count()
