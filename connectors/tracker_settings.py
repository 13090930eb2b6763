"""What the settings of every time tracker share.

A tracker's settings class derives from :class:`TimeTrackerSettings` and says which account its section is about,
so that one account is never configured twice.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f'"{name}" is not a time zone; write one such as Europe/Amsterdam') from error
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""A name such as ``Europe/Amsterdam``. A setting ``time_zone`` that is not given is the company's."""


class TimeTrackerSettings(BaseModel):
    """The section of one time tracker: unknown settings are refused, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    @abstractmethod
    def account_name(self) -> str:
        """The account or workspace that this is about: what :attr:`connectors.protocols.TimeTracker.account` gives."""
