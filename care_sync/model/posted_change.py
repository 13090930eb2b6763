"""What posting did to one entry: the shares before and after."""

from __future__ import annotations

from dataclasses import dataclass

from care_sync.model.account import Leg
from care_sync.model.month import Month


@dataclass(frozen=True, slots=True)
class PostedChange:
    """What happened to one entry: the shares before and after.

    ``corrected_period`` is the closed month that is corrected, ``was_charged_undetermined`` whether that month had
    charged it because its cause was unknown (I4).
    """

    entry_key: str
    ticket_id: str
    before: tuple[Leg, ...]
    after: tuple[Leg, ...]
    corrected_period: Month | None = None
    was_charged_undetermined: bool = False
