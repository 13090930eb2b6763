"""What every step of a pass works with: one site, put together once.

The steps take a :class:`Site` and a store or unit of work; they reach for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from care_sync.clock import Clock
from care_sync.messages import Messages
from care_sync.model.linking import Linking
from care_sync.settings import Settings
from connectors.protocols import Helpdesk, TimeTracker
from rules.deciding.rule_book import RuleBook


@dataclass(frozen=True, slots=True)
class Site:
    """Settings, rules, texts and products of one site.

    ``trackers`` is keyed by the names that the settings give.
    """

    settings: Settings
    rules: RuleBook
    messages: Messages
    helpdesk: Helpdesk
    trackers: Mapping[str, TimeTracker]
    linking: Linking
    clock: Clock

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return self.clock.now()

    def today(self) -> date:
        """The local date of the company."""
        return self.local_date(self.clock.now())

    def local_date(self, instant: datetime) -> date:
        """The policy's date of an instant: the local one of the company."""
        return instant.astimezone(self.settings.company.zone).date()
