"""A believable web agency: its customers, its people, and one month of tickets and time.

Pure and repeatable: the same seed gives the same agency, to the second. Nothing here knows a product; the
demo files what stands here in the sandbox servers through their own doors.

Terms
    story       a kind of ticket that occurs in practice, with the clauses it touches (``stories.yaml``)
    customer    an organization with or without SLA, with hour cards and agreements
    worked      one time entry as a colleague wrote it, mistakes included
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

ZONE = ZoneInfo("Europe/Amsterdam")
MONTH = date(2026, 10, 1)
LAST_DAY = date(2026, 10, 29)
"""The month that is told; the day after it is the demo's first nightly pass."""

PEOPLE = (
    "Anna de Wit",
    "Bert Visser",
    "Chantal Mulder",
    "Daan Smit",
    "Eva Bakker",
    "Farid Amrani",
    "Guus Peters",
)
TAGS = ("vip", "telefonisch_nagebeld", "wacht_op_klant", "huisstijl")
"""Tags of agents and other tools, which must survive everything."""
NAMES = (
    ("Bakkerij Van Dam", "nl"), ("Tandartspraktijk De Lelie", "nl"), ("Hovenier Groenrijk", "nl"),
    ("Northwind Trading", "en"), ("Stichting Zorgkring", "nl"), ("Makelaardij Het Baken", "nl"),
    ("Fietsfabriek Noord", "nl"), ("Blue Harbour Hotels", "en"), ("Gemeente Oudewater", "nl"),
    ("Installatiebedrijf Kramer", "nl"), ("Museum De Vest", "nl"), ("Advocaten Vos & Partners", "nl"),
    ("Greenfield Seeds", "en"), ("Drukkerij Anker", "nl"), ("Woonwinkel Thuis", "nl"),
    ("Kinderopvang Zonnestraal", "nl"), ("Lakeside Consulting", "en"), ("Bouwgroep Meerman", "nl"),
    ("Sportcentrum Olympia", "nl"), ("Theater De Kroon", "nl"), ("Reisbureau Kompas", "nl"),
    ("Orion Logistics", "en"), ("Apotheek Centrum", "nl"), ("Restaurant Het Veerhuis", "nl"),
    ("Scholengroep De Brug", "nl"), ("Waterschap Midden", "nl"), ("Harper & Lane Design", "en"),
    ("Uitvaartzorg Linde", "nl"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """An hour card as it was bought: whole hours at an hourly rate in euro.

    ``used_minutes`` is what was drawn from it before the month began.
    """

    bought_on: date
    hours: int
    rate: Decimal
    used_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization of the agency; ``covered_services`` empty means: as the policy says."""

    name: str
    locale: str
    sla: bool
    covered_services: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A row of ``stories.yaml``."""

    id: str
    clauses: tuple[str, ...]
    weight: int
    sla: bool | None
    channel: str | None
    facts: Mapping[str, Any]
    subjects: Mapping[str, tuple[str, ...]]
    work: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class FiledTicket:
    """A ticket as it stands at the end of the month; ``number`` counts from 1001."""

    number: int
    story: str
    customer: str
    subject: str
    description: str
    channel: str
    status: str
    reported_at: datetime
    facts: Mapping[str, Any]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """A time entry as it was written. ``ticket_number`` is what the text points at, if anything."""

    person: str
    customer: str | None
    ticket_number: int | None
    description: str
    started_at: datetime
    seconds: int
    tags: tuple[str, ...] = ()
    deleted: bool = False
    edited_from_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    """Everything that happened."""

    customers: tuple[Customer, ...]
    people: tuple[str, ...]
    tickets: tuple[FiledTicket, ...]
    worked: tuple[Worked, ...] = field(repr=False)


@cache
def stories() -> tuple[Story, ...]:
    """Read ``stories.yaml``."""
    rows = yaml.safe_load(files("care_sync.demo").joinpath("stories.yaml").read_text(encoding="utf-8"))
    return tuple(
        Story(
            id=row["id"],
            clauses=tuple(row["clauses"]),
            weight=row["weight"],
            sla=None if row["sla"] == "any" else row["sla"],
            channel=row.get("channel"),
            facts=row["facts"],
            subjects={"nl": tuple(row["nl"]), "en": tuple(row["en"])},
            work=tuple((activity, least, most) for activity, least, most in row["work"]),
        )
        for row in rows
    )


def invent(seed: int = 7, *, tickets: int = 430) -> Agency:
    """Tell one month of the agency. ``tickets`` is how many are filed; entries follow from the work."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
    customers = tuple(_customers(chance))
    filed: list[FiledTicket] = []
    worked: list[Worked] = []
    for number, story in enumerate(_told(chance, tickets), start=1001):
        customer = chance.choice([one for one in customers if story.sla in (None, one.sla)])
        ticket = _file(chance, number, story, customer)
        filed.append(ticket)
        worked.extend(_work(chance, ticket, story))
    worked.extend(_internal_time(chance, customers))
    worked.sort(key=lambda entry: (entry.started_at, entry.person, entry.description))
    return Agency(customers, PEOPLE, tuple(filed), tuple(worked))


def _told(chance: random.Random, tickets: int) -> list[Story]:
    """Every story at least once, the rest by weight."""
    all_stories = list(stories())
    told = all_stories + chance.choices(
        all_stories, [story.weight for story in all_stories], k=tickets - len(all_stories)
    )
    chance.shuffle(told)
    return told


def _customers(chance: random.Random) -> Iterator[Customer]:
    for index, (name, locale) in enumerate(NAMES):
        sla = index % 3 != 2
        covered = ("website", "mail") if index % 7 == 0 and sla else ()
        cards: list[Card] = []
        if index % 5 != 4:
            cards.append(Card(date(2025, 10, 1) + timedelta(days=chance.randrange(200)), 50, Decimal("105.00")))
        if index % 6 == 0:
            cards.append(Card(date(2026, 9, 1) + timedelta(days=chance.randrange(25)), 60, Decimal("110.00")))
        yield Customer(name, locale, sla, covered, tuple(cards))


def _file(chance: random.Random, number: int, story: Story, customer: Customer) -> FiledTicket:
    reported_at = _workday_moment(chance, latest=LAST_DAY - timedelta(days=1))
    subject = chance.choice(story.subjects[customer.locale])
    greeting, closing = (
        ("Beste CARE,", "Met vriendelijke groet,") if customer.locale == "nl" else ("Dear CARE,", "Kind regards,")
    )
    facts = {name: _fact(value, reported_at.date()) for name, value in story.facts.items()}
    return FiledTicket(
        number=number,
        story=story.id,
        customer=customer.name,
        subject=subject,
        description=f"{greeting}\n\n{subject}.\n\n{closing}\n{customer.name}",
        channel=story.channel or chance.choice(["email", "email", "email", "web", "web", "chat"]),
        status=chance.choices(["open", "pending", "solved", "closed"], [10, 4, 12, 1])[0],
        reported_at=reported_at,
        facts=facts,
        tags=tuple(chance.sample(TAGS, chance.choice([0, 0, 1]))),
    )


def _fact(value: Any, reported_on: date) -> Any:
    """A fact as agents filled it in; ``{days:60}`` is the date 60 days before the report."""
    if isinstance(value, str) and (match := re.fullmatch(r"\{days:(\d+)\}", value)):
        return reported_on - timedelta(days=int(match[1]))
    return value


def _work(chance: random.Random, ticket: FiledTicket, story: Story) -> Iterator[Worked]:
    """The entries of one ticket: usually in several sittings, sometimes corrected or written twice."""
    moment = ticket.reported_at + timedelta(minutes=chance.randrange(5, 90))
    person = chance.choice(PEOPLE)
    for activity, least, most in story.work:
        minutes = chance.randint(least, most)
        sittings = chance.choices([1, 2, 3], [3, 3, 1])[0] if minutes > 25 else 1
        for _ in range(sittings):
            seconds = max(60, minutes * 60 // sittings + chance.randint(-40, 40))
            yield Worked(
                person=person,
                customer=ticket.customer,
                ticket_number=ticket.number,
                description=_description(chance, ticket),
                started_at=moment,
                seconds=seconds,
                tags=() if activity == "work" else (activity,),
                deleted=chance.random() < 0.02,
                edited_from_seconds=seconds * 2 if chance.random() < 0.05 else None,
            )
            moment = _within_hours(moment + timedelta(seconds=seconds, minutes=chance.randrange(10, 400)))
            if chance.random() < 0.2:
                person = chance.choice(PEOPLE)
    for _ in range(chance.choice([0, 1, 1, 2])):
        yield Worked(
            person=person,
            customer=ticket.customer,
            ticket_number=ticket.number,
            description=_description(chance, ticket),
            started_at=moment,
            seconds=chance.randint(3, 9) * 60,
            tags=("administration",),
        )
        moment = _within_hours(moment + timedelta(minutes=chance.randrange(15, 200)))


def _description(chance: random.Random, ticket: FiledTicket) -> str:
    """How browser buttons and hurried people write a ticket down; a few forget to."""
    forms = (
        f"#{ticket.number} {ticket.subject}",
        f"[#{ticket.number}] {ticket.subject}",
        f"{ticket.subject} (#{ticket.number})",
        ticket.subject,
    )
    return chance.choices(forms, [88, 5, 4, 3])[0]


def _internal_time(chance: random.Random, customers: tuple[Customer, ...]) -> Iterator[Worked]:
    """Time that belongs to no ticket: breaks, leave, meetings, and work nobody linked."""
    day = MONTH
    while day <= LAST_DAY:
        if day.weekday() < 5:
            for person in PEOPLE:
                noon = datetime(day.year, day.month, day.day, 12, chance.randrange(0, 30), tzinfo=ZONE)
                yield Worked(person, None, None, "Lunch", noon, 1800, ("pauze",))
            yield Worked(
                chance.choice(PEOPLE), None, None, "Weekstart en planning",
                datetime(day.year, day.month, day.day, 9, 0, tzinfo=ZONE), 1800,
            )  # fmt: skip
            if chance.random() < 0.8:
                yield Worked(
                    chance.choice(PEOPLE), chance.choice(customers).name, None, "Overleg, ticket volgt",
                    _at(day, chance), chance.randint(10, 45) * 60,
                )  # fmt: skip
            if chance.random() < 0.3:
                yield Worked(
                    chance.choice(PEOPLE), None, 99_000 + day.day, f"#{99_000 + day.day} onbekend ticket",
                    _at(day, chance), chance.randint(10, 30) * 60,
                )  # fmt: skip
        day += timedelta(days=1)


def _at(day: date, chance: random.Random) -> datetime:
    return datetime(day.year, day.month, day.day, chance.randrange(9, 17), chance.randrange(60), tzinfo=ZONE)


def _workday_moment(chance: random.Random, *, latest: date) -> datetime:
    days = [MONTH + timedelta(days=offset) for offset in range((latest - MONTH).days + 1)]
    return _at(chance.choice([day for day in days if day.weekday() < 5]), chance)


def _within_hours(moment: datetime) -> datetime:
    """Move a moment into office hours of a working day that has already been."""
    if moment.hour >= 18 or moment.hour < 8:
        moment = (moment + timedelta(hours=12)).replace(hour=9, minute=moment.minute)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    if moment.date() > LAST_DAY:
        moment = moment.replace(year=LAST_DAY.year, month=LAST_DAY.month, day=LAST_DAY.day)
    return moment
