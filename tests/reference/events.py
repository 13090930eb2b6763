"""What can become known to the office, one record each.

An event is heard at a moment (`Office.hear(at, event)`, local time of the office), and the moment of hearing is not
the moment of happening: a card bought in September may be typed in October. Durations are whole seconds, rates are
`Decimal` euros an hour, months are `yyyy-mm`. Names of customers, tickets, entries and cards are the driver's own.

The rules are not under test here. A decision comes as a *route*: `sla`, `hour_card` and `invoice` (both mean
chargeable; the cards decide which it becomes), `quote:<ref>`, `fair_use`, `pending`, `review`. What an SLA, its
services and the facts of a ticket mean reaches the office through that route alone. So does a field that disappears:
its facts keep their last value (section E), so no decision changes, and there is no event for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

HOUR = 3600


# Customers


@dataclass(frozen=True)
class CustomerAppeared:
    customer: str
    name: str


@dataclass(frozen=True)
class CustomerRenamed:
    """The helpdesk calls the organization otherwise. A customer is not its name: nothing moves."""

    customer: str
    name: str


@dataclass(frozen=True)
class CustomerDeleted:
    customer: str


@dataclass(frozen=True)
class OrganizationsMerged:
    """The helpdesk gave the old organization's people and tickets to the new one and deleted the old one.

    Closed months stay. Open time and cards follow when the operator says so (`CustomersMerged`), not before.
    """

    old: str
    new: str


@dataclass(frozen=True)
class CustomersMerged:
    """`care-sync customers merge OLD NEW`: open time and cards of the old customer are the new one's."""

    old: str
    new: str


@dataclass(frozen=True)
class CustomersMergeReversed:
    old: str


@dataclass(frozen=True)
class Agreed:
    """What a customer has from a day on, until something else is agreed.

    `fair_use_seconds` a month, `carried_months`, `overdraft_seconds` (how far the newest card may fall below zero).
    """

    customer: str
    term: Literal["fair_use_seconds", "carried_months", "overdraft_seconds"]
    value: int
    since: date


# Settings


@dataclass(frozen=True)
class RateSet:
    """From this day to the end of its calendar year an hour costs so much; `None` takes the line out again."""

    first_day: date
    rate: Decimal | None


@dataclass(frozen=True)
class SettingChanged:
    """A line of the settings: `recalculation` is `off`, `propose` or `automatic`."""

    name: Literal["recalculation", "recalculate_yearly", "replies", "quiet_seconds", "most_card_hours"]
    value: str | bool | int | None


# Cards


@dataclass(frozen=True)
class CardBought:
    card: int
    customer: str
    bought_on: date
    seconds: int
    rate: Decimal
    reference: str = ""
    again: bool = False
    reason: str = ""


@dataclass(frozen=True)
class CardCorrected:
    """A typing error is mended: what was really bought, and when. Afterwards it is as if it had never been."""

    card: int
    seconds: int | None = None
    bought_on: date | None = None


@dataclass(frozen=True)
class CardAdjusted:
    """Hours are given (positive) or taken (negative, at most what is left) by a person."""

    card: int
    seconds: int
    on: date


@dataclass(frozen=True)
class CardWrittenOff:
    """What is left at this moment is gone."""

    card: int
    on: date


@dataclass(frozen=True)
class CardVoided:
    """The purchase is taken back: whatever was drawn moves on."""

    card: int


@dataclass(frozen=True)
class CardMoved:
    """The card was this customer's all the time: whatever another customer drew from it moves on."""

    card: int
    customer: str


@dataclass(frozen=True)
class RecalculationDecided:
    card: int
    due_on: date
    approved: bool


# Tickets and decisions


@dataclass(frozen=True)
class TicketPlaced:
    """A ticket appears at a customer, or a person gives it to another one, or to none."""

    ticket: str
    customer: str | None


@dataclass(frozen=True)
class TicketsMerged:
    ticket: str
    into: str


@dataclass(frozen=True)
class Decided:
    """The rules' outcome for one kind of work on a ticket.

    `because`: `facts` when something about the ticket or its customer changed, `settings` when only the rules or the
    settings did. `tell`: the decision cites I4, the customer has to be told that it turned out to be outside.
    """

    ticket: str
    route: str
    activity: str = "work"
    because: Literal["facts", "settings"] = "facts"
    tell: bool = False


# Time


@dataclass(frozen=True)
class EntryRecorded:
    """A time entry as its tracker holds it. A version that is not newer than what is known is not taken (section F).

    `standing`: `ignored` and `copy` count for nobody, as does an entry without a ticket. `start` is in seconds after
    midnight.
    """

    entry: str
    version: int
    ticket: str | None
    seconds: int
    day: date
    start: int = 9 * HOUR
    person: str = "anna"
    text: str = ""
    activity: str = "work"
    standing: Literal["counts", "ignored", "copy"] = "counts"


@dataclass(frozen=True)
class EntryDeleted:
    entry: str
    version: int


@dataclass(frozen=True)
class EntriesAccepted:
    """`care-sync entries accept`: these are right as they are now. One that is edited later is looked at anew."""

    entries: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A verdict on an entry at the customer and ticket where it is now; the newest verdict there holds.

    Of the entry's reviewed seconds `judged_seconds` are judged, and `charged_seconds` of those are charged.
    """

    entry: str
    judged_seconds: int
    charged_seconds: int


@dataclass(frozen=True)
class ReviewFilledIn:
    """An agent fills in `care_review` on a ticket: `all`, `none`, or seconds, of what waits at this moment."""

    ticket: str
    charge: Literal["all", "none"] | int


# Time passing


@dataclass(frozen=True)
class PassMade:
    """The software read both products without failures; `full` reads everything."""

    full: bool = True


@dataclass(frozen=True)
class MonthClosed:
    month: str


Event = (
    CustomerAppeared
    | CustomerRenamed
    | CustomerDeleted
    | OrganizationsMerged
    | CustomersMerged
    | CustomersMergeReversed
    | Agreed
    | RateSet
    | SettingChanged
    | CardBought
    | CardCorrected
    | CardAdjusted
    | CardWrittenOff
    | CardVoided
    | CardMoved
    | RecalculationDecided
    | TicketPlaced
    | TicketsMerged
    | Decided
    | EntryRecorded
    | EntryDeleted
    | EntriesAccepted
    | Judged
    | ReviewFilledIn
    | PassMade
    | MonthClosed
)


@dataclass
class Refused(Exception):
    """The office does not take this; nothing changed."""

    why: str
    details: list[str] = field(default_factory=list)
