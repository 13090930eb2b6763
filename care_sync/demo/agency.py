"""A believable web agency: one month of tickets and time.

Pure and repeatable: the same seed gives the same month, to the second. Nothing here knows a product; the demo lets
these people do what stands here in the sandbox servers.

Terms
    story    a kind of ticket that occurs in practice (:mod:`care_sync.demo.stories`)
    sitting  a stretch of work on one ticket, written down as one time entry
    worked   a time entry as a colleague wrote it, mistakes included
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from care_sync.demo.customers import Customer, customers
from care_sync.demo.diary import OPENS, Diaries, workdays
from care_sync.demo.stories import Story, stories

ZONE = ZoneInfo("Europe/Amsterdam")
FIRST_DAY = date(2026, 10, 1)
LAST_DAY = date(2026, 10, 29)
"""The month of the story; the night after it is the demo's first nightly pass."""

PEOPLE = (
    "Anna de Wit",
    "Bert Visser",
    "Chantal Mulder",
    "Daan Smit",
    "Eva Bakker",
    "Farid Amrani",
    "Guus Peters",
)
FIRST_NUMBER = 1001
TAGS = ("vip", "telefonisch_nagebeld", "wacht_op_klant", "huisstijl")
"""Tags of agents and other tools, which must survive everything."""
ACTIVITY_TAGS = {
    "administration": "administratie",
    "intake": "intake",
    "alignment": "afstemming",
    "extra_work": "meerwerk",
}
"""How the agency tags a kind of work in its time tracker; plain work has no tag."""
INTERNAL = "CARE intern"
"""The project of time that is for no customer."""
TICKET_ADDRESS = "https://care.zendesk.com/agent/tickets/"
DUPLICATES = 3


@dataclass(frozen=True, slots=True)
class FiledTicket:
    """A ticket as it stands at the end of the month; ``number`` counts from 1001.

    ``customer`` is ``None`` when nobody knows whose it is. ``facts`` are filled in at ``judged_at``; ``merged_into`` is
    the ticket that took it over.
    """

    number: int
    story: str
    customer: str | None
    requester: str
    locale: str
    subject: str
    description: str
    channel: str
    status: str
    assignee: str
    reported_at: datetime
    judged_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    merged_into: int | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Worked:
    """A time entry as it was written when the work ended.

    ``ticket_number`` is the ticket that it was for; the text may point elsewhere or nowhere.
    ``edited_from_seconds``: it was written with another length first. ``is_running``: a timer that nobody stopped;
    ``seconds`` is 0 then.
    """

    person: str
    customer: str | None
    ticket_number: int | None
    description: str
    started_at: datetime
    seconds: int
    tags: tuple[str, ...] = ()
    is_deleted: bool = False
    edited_from_seconds: int | None = None
    is_running: bool = False

    @property
    def written_at(self) -> datetime:
        """When it was written down: at its end, or at its start for a timer."""
        return self.started_at + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Agency:
    """Everything that happened."""

    customers: tuple[Customer, ...]
    people: tuple[str, ...]
    tickets: tuple[FiledTicket, ...]
    worked: tuple[Worked, ...] = field(repr=False)

    def ticket(self, number: int) -> FiledTicket:
        """A ticket of the month by its number. Raises :class:`LookupError`."""
        place = number - FIRST_NUMBER
        if not 0 <= place < len(self.tickets):
            raise LookupError(f"no ticket #{number} was filed in the month")
        return self.tickets[place]


@dataclass(slots=True, eq=False)
class _Case:
    """A ticket before it has a number."""

    story: Story | None
    customer: Customer | None
    reported_at: datetime
    duplicate_of: _Case | None = None
    number: int = 0


def invent(seed: int = 7, *, tickets: int = 540) -> Agency:
    """Tell one month of the agency. ``tickets`` is how many are filed; entries follow from the work."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
    diaries = Diaries(PEOPLE, LAST_DAY, ZONE)
    worked = list(_internal_time(chance, diaries))
    filed: list[FiledTicket] = []
    for case in _cases(chance, tickets):
        ticket = _file(chance, case, filed)
        filed.append(ticket)
        worked.extend(_work(chance, ticket, case, diaries))
    worked.extend(_time_without_a_ticket(chance, diaries))
    worked = [_with_mistakes(chance, entry, filed) for entry in worked]
    worked.sort(key=lambda entry: (entry.written_at, entry.person, entry.description))
    return Agency(customers(), PEOPLE, tuple(filed), tuple(worked))


def _cases(chance: random.Random, tickets: int) -> list[_Case]:
    """Who writes about what and when, in order of time: every story at least once and early, the rest by weight."""
    everything = list(stories())
    weights = [story.weight for story in everything]
    early = everything + chance.choices(everything, weights, k=max(0, tickets * 6 // 10 - len(everything)))
    late = chance.choices(everything, weights, k=max(0, tickets - len(early) - DUPLICATES - 2))
    chance.shuffle(early)
    moments = sorted(_moment(chance) for _ in range(len(early) + len(late)))
    cases = []
    for story, moment in zip(early + late, moments, strict=True):
        choice = [customer for customer in customers() if story.is_for(customer)]
        customer = chance.choices(choice, [item.size for item in choice])[0]
        cases.append(_Case(story, customer, moment))
    twice = [case for case in cases if case.story and case.story.id == "stopped_working"][:DUPLICATES]
    cases += [_Case(None, case.customer, case.reported_at + timedelta(minutes=25), duplicate_of=case) for case in twice]
    cases += [_Case(None, None, _moment(chance)) for _ in range(2)]
    cases.sort(key=lambda case: case.reported_at)
    for number, case in enumerate(cases, start=FIRST_NUMBER):
        case.number = number
    return cases


def _moment(chance: random.Random) -> datetime:
    """When somebody writes to us: on a working day that leaves a day for our answer."""
    day = chance.choice(workdays(FIRST_DAY, LAST_DAY - timedelta(days=1)))
    return datetime.combine(day, time(chance.randrange(7, 18), chance.randrange(60), chance.randrange(60)), ZONE)


def _file(chance: random.Random, case: _Case, filed: list[FiledTicket]) -> FiledTicket:
    if case.duplicate_of is not None:
        return _duplicate(case, filed[case.duplicate_of.number - FIRST_NUMBER])
    if case.story is None or case.customer is None:
        return _of_nobody(case, is_spam=any(case.customer is None for case in filed))
    story, customer = case.story, case.customer
    requester = chance.choice(customer.people)
    subject, message = chance.choice(story.letters[customer.locale])
    greeting, closing = ("Beste CARE,", "Groet,") if customer.locale == "nl" else ("Dear CARE,", "Kind regards,")
    return FiledTicket(
        number=case.number,
        story=story.id,
        customer=customer.name,
        requester=requester,
        locale=customer.locale,
        subject=subject,
        description=message
        if story.channel == "phone"
        else f"{greeting}\n\n{message}\n\n{closing}\n{requester}\n{customer.name}",
        channel=story.channel or chance.choice(["email", "email", "email", "web", "web", "chat"]),
        status=chance.choice(story.statuses),
        assignee=chance.choice(PEOPLE),
        reported_at=case.reported_at,
        judged_at=case.reported_at + timedelta(minutes=chance.randrange(4, 50)),
        facts=story.facts_on(case.reported_at.date()),
        tags=tuple(chance.sample(TAGS, chance.choice([0, 0, 1]))),
    )


def _duplicate(case: _Case, original: FiledTicket) -> FiledTicket:
    """The same disturbance, told again by the same customer; an agent merges it."""
    again = "Nogmaals: " if original.locale == "nl" else "Again: "
    return FiledTicket(
        number=case.number,
        story="told_twice",
        customer=original.customer,
        requester=original.requester,
        locale=original.locale,
        subject=again + original.subject,
        description=original.description,
        channel="email",
        status="open",
        assignee=original.assignee,
        reported_at=case.reported_at,
        judged_at=case.reported_at + timedelta(minutes=20),
        merged_into=original.number,
    )


def _of_nobody(case: _Case, *, is_spam: bool) -> FiledTicket:
    """A ticket without an organization: somebody new, or nobody at all."""
    subject, message = (
        ("Boost your ranking to #1 !!!", "Dear owner, we guarantee you the first page of every search engine.")
        if is_spam
        else ("Kunnen jullie onze site overnemen?", "Wij zoeken een nieuw bureau. Wat is daarvoor nodig?")
    )
    return FiledTicket(
        number=case.number,
        story="spam" if is_spam else "somebody_new",
        customer=None,
        requester="Rank Booster" if is_spam else "Pieter Noordhoek",
        locale="en" if is_spam else "nl",
        subject=subject,
        description=message,
        channel="email",
        status="open",
        assignee=PEOPLE[0],
        reported_at=case.reported_at,
        judged_at=case.reported_at + timedelta(minutes=15),
        is_deleted=is_spam,
    )


def _work(chance: random.Random, ticket: FiledTicket, case: _Case, diaries: Diaries) -> Iterator[Worked]:
    """The entries of one ticket: often in several sittings, and sometimes by several people."""
    if ticket.is_deleted:
        return
    moment, person = ticket.judged_at, ticket.assignee
    for activity, minutes in _pieces(chance, case):
        sittings = chance.choices([1, 2, 3], [3, 3, 1])[0] if minutes > 25 else 1
        for _ in range(sittings):
            seconds = max(60, minutes * 60 // sittings + chance.randint(-40, 40))
            person = chance.choice(PEOPLE) if chance.random() < 0.15 else person
            start = diaries.book(person, moment, seconds)
            if start is None:
                return
            tag = ACTIVITY_TAGS.get(activity)
            yield Worked(
                person=person,
                customer=ticket.customer,
                ticket_number=ticket.number,
                description=f"#{ticket.number} {ticket.subject}",
                started_at=start,
                seconds=seconds,
                tags=(tag,) if tag else (),
            )
            moment = start + timedelta(seconds=seconds, minutes=chance.randrange(2, 300))


def _pieces(chance: random.Random, case: _Case) -> list[tuple[str, int]]:
    """Activity and minutes of the work, one after the other; administration comes again while a ticket lasts."""
    if case.story is None:
        return [("intake", chance.randint(3, 12))]
    pieces = [(item.activity, chance.randint(item.fewest, item.most)) for item in case.story.work]
    if any(activity == "work" for activity, _ in pieces) and chance.random() < 0.5:
        pieces.append(("administration", chance.randint(3, 8)))
    return pieces


def _internal_time(chance: random.Random, diaries: Diaries) -> Iterator[Worked]:
    """Breaks, leave, and the meeting that begins a week: never counted, but for some entered first."""
    days = workdays(FIRST_DAY, LAST_DAY)
    on_leave = {person: chance.choice(days) for person in PEOPLE[1:]}
    for day in days:
        for person in PEOPLE:
            if on_leave.get(person) == day:
                start = diaries.take(person, datetime.combine(day, OPENS, ZONE), 8 * 3600)
                yield Worked(person, None, None, "Verlof", start, 8 * 3600, ("verlof",))
                continue
            if day.weekday() == 0:
                start = diaries.take(person, datetime.combine(day, time(9), ZONE), 1800)
                yield Worked(person, INTERNAL, None, "Weekstart", start, 1800)
            noon = datetime.combine(day, time(12, chance.randrange(30)), ZONE)
            yield Worked(person, None, None, "Lunch", diaries.take(person, noon, 1800), 1800, ("pauze",))


def _time_without_a_ticket(chance: random.Random, diaries: Diaries) -> Iterator[Worked]:
    """Work that nobody linked: the ticket was to follow, or the number is of another system."""
    for day in workdays(FIRST_DAY, LAST_DAY):
        morning = datetime.combine(day, OPENS, ZONE)
        for text, likely in (("Overleg, ticket volgt", 0.6), ("#9{day:04} uit het oude systeem", 0.25)):
            person, seconds = chance.choice(PEOPLE), chance.randint(10, 40) * 60
            if chance.random() < likely and (start := diaries.book(person, morning, seconds)) is not None:
                customer = chance.choice(customers()).name
                yield Worked(person, customer, None, text.format(day=day.day), start, seconds)
    yesterday = datetime.combine(LAST_DAY, time(17, 12), ZONE)
    yield Worked(PEOPLE[0], None, None, "", yesterday, 0, is_running=True)


def _with_mistakes(chance: random.Random, entry: Worked, filed: list[FiledTicket]) -> Worked:
    """How browser buttons and hurried people write a ticket down; some correct it, some forget it."""
    if entry.is_running:
        latest = next(item for item in reversed(filed) if item.story == "small_clear_change")
        return _running(entry, latest)
    if entry.ticket_number is None:
        return entry
    ticket = filed[entry.ticket_number - FIRST_NUMBER]
    other = filed[chance.randrange(len(filed))]
    forms = (
        (f"#{ticket.number} {ticket.subject}", ()),
        (f"[#{ticket.number}] {ticket.subject}", ()),
        (f"{ticket.subject} (#{ticket.number})", ()),
        (f"{TICKET_ADDRESS}{ticket.number}", ()),
        (ticket.subject, (f"zd-{ticket.number}",)),
        (ticket.subject, ()),
        (f"#{other.number} {ticket.subject}", ()),
    )
    description, tags = chance.choices(forms, [840, 50, 40, 20, 20, 24, 6])[0]
    return Worked(
        person=entry.person,
        customer=entry.customer,
        ticket_number=entry.ticket_number,
        description=description,
        started_at=entry.started_at,
        seconds=entry.seconds,
        tags=entry.tags + tags,
        is_deleted=chance.random() < 0.02,
        edited_from_seconds=entry.seconds * 2 if chance.random() < 0.05 else None,
    )


def _running(entry: Worked, ticket: FiledTicket) -> Worked:
    """The timer that was forgotten yesterday evening."""
    return Worked(
        person=entry.person,
        customer=ticket.customer,
        ticket_number=ticket.number,
        description=f"#{ticket.number} {ticket.subject}",
        started_at=entry.started_at,
        seconds=0,
        is_running=True,
    )
