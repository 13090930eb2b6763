"""What the settings of every time tracker share.

A tracker's settings class derives from :class:`TimeTrackerSettings` and says which account its section is about,
so that one account is never configured twice.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from connectors.product_settings import ProductSettings


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f'"{name}" is not a time zone; write one such as Europe/Amsterdam') from error
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""A name such as ``Europe/Amsterdam``. A setting ``time_zone`` that is not given is the company's."""


class TimeTrackerSettings(ProductSettings):
    """The section of one time tracker."""

    @property
    @abstractmethod
    def account_name(self) -> str:
        """The account or workspace that this is about: what :attr:`connectors.protocols.TimeTracker.account` gives."""


class ColleaguesSettings(TimeTrackerSettings):
    """Of a time tracker whose credentials may see one person's time alone.

    ``sees_only``  ``own`` where that is meant. Without it a credential that does not see every colleague is refused:
                   hours that nobody reads are charged to nobody
    """

    sees_only: Literal["own"] | None = None


class ZonedSettings(TimeTrackerSettings):
    """Of a time tracker that tells instants; ``time_zone`` is the zone whose calendar gives time its work date."""

    time_zone: TimeZoneName = "Europe/Amsterdam"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)
