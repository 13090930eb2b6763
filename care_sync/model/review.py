"""Reviewed time: what waits for a person, and what the person says about it (K1, O4, X1).

Terms
    waiting    seconds of an entry that stand on ``review``: beyond fair use, after a declined quote, or of another kind
    ruling     what a person says: charge all, nothing, or so many seconds of what waits
    verdict    the ruling as it is kept for one entry at one customer and ticket; all are kept, the newest stands there
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from care_sync.model.account import REVIEW, WAIVED
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from connectors.records import FieldValue

FIELD = "care_review"
"""Our name of the ticket field in which an agent decides; an option of it, or a tag, begins with it too."""

REASON_FIELD = "care_review_reason"
"""Our name of the ticket field in which the agent says why."""

ALL = frozenset({"all", "alles", "charge_all"})
NOTHING = frozenset({"none", "nothing", "niets", "charge_none", "charge_nothing"})
_MINUTES = re.compile(r"(\d{1,5})(?:[ _]?(?:m|min|minutes|minuten))?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's judgement of reviewed time: of ``judged_seconds``, ``charged_seconds`` are charged.

    It holds for the entry as time of this customer on this ticket. What an entry holds beyond what was judged waits for
    a judgement of its own.
    """

    entry_key: str
    organization_id: str
    ticket_id: str
    judged_seconds: int
    charged_seconds: int
    reason: str
    actor: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reviewed time of one entry.

    ``seconds`` wait; ``judged_seconds`` were judged before and ``charged_seconds`` of them are charged.
    """

    entry_key: str
    organization_id: str
    ticket_id: str
    period: Month
    work_date: date
    seconds: int
    judged_seconds: int
    charged_seconds: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """How much of what waits is charged: all of it (``None``) or at most so many seconds."""

    charged_seconds: int | None


def ruling_of(fields: Mapping[str, FieldValue], tags: Iterable[str]) -> Ruling | None:
    """What a ticket says about its reviewed time; ``None`` when it says nothing. Pure.

    The field ``care_review`` holds ``all``, ``none`` (or ``alles``, ``niets``) or a number of minutes, also with
    ``care_review_`` before it; so does a tag, such as ``care_review_all`` or ``care_review_30``. Raises
    :class:`ValueError` for what cannot be understood, and when the ticket says two things.
    """
    value = fields.get(FIELD)
    said = [] if value is None or str(value).strip() == "" else [str(value)]
    said += [tag for tag in sorted(tags) if tag.casefold().startswith(f"{FIELD}_")]
    rulings = {_ruling(item) for item in said}
    if len(rulings) > 1:
        raise ValueError(f"it says {' and '.join(said)}: which of them?")
    return rulings.pop() if rulings else None


def waiting_of(standing: PostedEntry) -> Waiting:
    """Reviewed time by what the entry stands on: a verdict has charged or waived what does not wait any more."""
    waits = charged = waived = 0
    for leg in standing.shares:
        if leg.account == REVIEW:
            waits += leg.seconds
        elif leg.account == WAIVED:
            waived += leg.seconds
        elif not leg.account.is_fair_use:
            charged += leg.seconds
    return Waiting(
        standing.entry_key,
        standing.organization_id,
        standing.ticket_id,
        standing.period,
        standing.work_date,
        waits,
        charged + waived,
        charged,
    )


def _ruling(text: str) -> Ruling:
    word = text.strip().casefold().removeprefix(f"{FIELD}_")
    if word in ALL:
        return Ruling(None)
    if word in NOTHING:
        return Ruling(0)
    if (minutes := _MINUTES.fullmatch(word)) is not None:
        return Ruling(int(minutes[1]) * 60)
    raise ValueError(f'"{text.strip()}" says nothing that is known here.')
