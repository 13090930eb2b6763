"""Finding the ticket that a time entry belongs to. Pure: what is known of tickets comes in as a lookup.

Terms
    pointer    what an entry says of a ticket: an id, or the number that people see
    customer   the organizations that the entry's project or client can be (:mod:`care_sync.model.entry_customer`)
    survivor   the ticket that took over a merged one, followed to the end

Promise: nothing is guessed. The first method that points at anything decides: when its ticket is not there or
belongs to somebody else, no weaker hint is tried. Where several pointers of that method fit different tickets, the
entry belongs to none of them until a person says which. One that opens the description must fit itself, and tells the
customer where nothing else does. A number of another tool (``PR #45``) points nowhere, but what it fits as well makes
the others doubtful. A bare number is never a reference; it is only suggested to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from care_sync.model.entry_customer import CustomerLookup, EntryCustomer, customer_of
from care_sync.model.link_rules import LinkMethod, LinkRules, plain_tag
from care_sync.model.patterns import (
    compile_template,
    compile_url,
    compile_wildcards,
    compile_words_before,
    find_templates,
)
from care_sync.model.time_entry import Link, LinkState
from connectors.records import EntryKind, Ticket, TimeEntry
from rules.model.words import Activity

LONGEST_TEXT = 5_000
"""Characters of a description that are read."""
MOST_POINTERS = 20
LONGEST_MERGE = 50
LONGEST_WORD = 60
"""Characters before a number in which a word such as ``PR`` or ``kleur`` is looked for."""
_SAMPLE_ID = "9081726354"
_BARE_NUMBER = re.compile(r"(?<![\w.,:/#-])[0-9]{2,12}(?![\w%:/-]|[.,][0-9])")


class TicketLookup(CustomerLookup, Protocol):
    """What linking asks about the helpdesk."""

    def ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket with this id."""

    def ticket_numbered(self, number: str) -> Ticket | None:
        """The ticket with this number, as people see it."""


@dataclass(frozen=True, slots=True)
class Linking:
    """The settings, with the address of the helpdesk's own tickets beside those that were configured.

    ``helpdesk`` is the account whose organizations the settings name.
    """

    settings: LinkRules
    urls: tuple[re.Pattern[str], ...]
    helpdesk: str = ""

    @classmethod
    def of(cls, settings: LinkRules, ticket_url: Callable[[str], str], helpdesk: str = "") -> Linking:
        """Prepare ``settings`` for a helpdesk that gives a ticket's address by ``ticket_url``."""
        own = ticket_url(_SAMPLE_ID).replace(_SAMPLE_ID, "{id}")
        return cls(settings, tuple(compile_url(url) for url in (own, *settings.urls)), helpdesk)


@dataclass(frozen=True, slots=True)
class _Pointer:
    """``elsewhere`` is the word that makes it a number of another tool, as it was written."""

    value: str
    is_id: bool
    at_start: bool = False
    elsewhere: str = ""

    def __str__(self) -> str:
        return f"ticket {self.value}" if self.is_id else f"#{self.value}"


def link_entry(entry: TimeEntry, lookup: TicketLookup, linking: Linking, standing: Link | None = None) -> Link:
    """Say where ``entry`` belongs, by what, and if nowhere, why. ``standing`` is the link that it has."""
    settings = linking.settings
    if reason := _why_ignored(entry, settings):
        return Link(LinkState.IGNORED, reason=reason)
    activity = _activity(entry, settings)
    customer = customer_of(entry, lookup, settings)
    elsewhere: list[_Pointer] = []
    for method in settings.methods:
        pointers = list(_POINTERS[method](entry, linking))[:MOST_POINTERS]
        if any(not pointer.elsewhere for pointer in pointers):
            link = _resolve(method, pointers, customer, activity, lookup)
            return _checked(link, customer, standing, lookup, settings)
        elsewhere += pointers
    reason = _why_unlinked(entry, elsewhere, lookup)
    return Link(LinkState.UNLINKED, organization_id=customer.only, activity=activity, reason=reason)


def _checked(
    link: Link, customer: EntryCustomer, standing: Link | None, lookup: TicketLookup, settings: LinkRules
) -> Link:
    """The link, unless nothing could tell whether the ticket is of the entry's customer and it must not be guessed.

    A name in the settings that means nobody (any more) moves no money: an entry stays on its ticket and takes no other.
    """
    if link.state is not LinkState.LINKED or not (customer.unresolved or customer.unmatched):
        return link
    if customer.unresolved:
        stays = standing is not None and _ticket_after(standing, lookup) == link.ticket_id
        if not stays:
            return replace(
                link, state=LinkState.UNLINKED, ticket_id=None, organization_id=None, reason=customer.unresolved
            )
        return replace(link, reason=customer.unresolved)
    if settings.unknown_clients == "hold":
        return replace(link, state=LinkState.UNLINKED, ticket_id=None, organization_id=None, reason=customer.unmatched)
    return replace(link, reason="; ".join(filter(None, (link.reason, customer.unmatched))))


def _ticket_after(standing: Link, lookup: TicketLookup) -> str | None:
    """The ticket that an entry is on, where it lives on by now."""
    if standing.state not in (LinkState.LINKED, LinkState.COPY) or standing.ticket_id is None:
        return None
    ticket = lookup.ticket(standing.ticket_id)
    lives_on = survivor(ticket, lookup) if ticket is not None else standing.ticket_id
    return lives_on if isinstance(lives_on, str) else lives_on.id


def survivor(ticket: Ticket, lookup: TicketLookup) -> Ticket | str:
    """Follow merges to the ticket that lives on; its id alone when it is not known (yet)."""
    for _ in range(LONGEST_MERGE):
        if ticket.merged_into is None or ticket.merged_into == ticket.id:
            break
        after = lookup.ticket(ticket.merged_into)
        if after is None:
            return ticket.merged_into
        ticket = after
    return ticket


def _resolve(
    method: LinkMethod, pointers: Sequence[_Pointer], customer: EntryCustomer, activity: str, lookup: TicketLookup
) -> Link:
    """The link to the one ticket that fits; where none or several do, why the entry has none."""
    links = [(pointer, _link(method, pointer, customer, activity, lookup)) for pointer in pointers]
    ours = [(pointer, link) for pointer, link in links if not pointer.elsewhere]
    opening, first = ours[0]
    fitting = [link for _, link in links if link.state is LinkState.LINKED]
    best = first if opening.at_start else next((link for _, link in ours if link in fitting), first)
    if best not in fitting:
        return best
    if opening.at_start:  # what opens the description tells the customer, too
        fitting = [link for link in fitting if link.organization_id == best.organization_id]
    if len({link.ticket_id for link in fitting}) == 1:
        return best
    return _doubtful(method, fitting, customer, activity, lookup)


def _doubtful(
    method: LinkMethod, fitting: Sequence[Link], customer: EntryCustomer, activity: str, lookup: TicketLookup
) -> Link:
    """Whoever paid for the one named first would pay by chance: nobody does until the entry names one ticket."""
    tickets = {str(link.ticket_id): lookup.ticket(str(link.ticket_id)) for link in fitting}
    numbers = [f"#{ticket.number}" for ticket in tickets.values() if ticket is not None]
    owners = {link.organization_id for link in fitting}
    return Link(
        LinkState.UNLINKED,
        organization_id=owners.pop() if len(owners) == 1 else customer.only,
        activity=activity,
        via=method.value,
        reason=f"it fits several tickets: {', '.join(numbers)}; name the one that it is for, or split it",
        wanted_ticket=next(iter(tickets)),
    )


def _link(method: LinkMethod, pointer: _Pointer, customer: EntryCustomer, activity: str, lookup: TicketLookup) -> Link:
    named = lookup.ticket(pointer.value) if pointer.is_id else lookup.ticket_numbered(pointer.value)
    found = pointer.value if named is None else survivor(named, lookup)
    if isinstance(found, str):
        merged = f", which {pointer} was merged into" if named else ""
        what = str(pointer) if named is None else f"ticket {found}"
        return Link(
            LinkState.UNKNOWN_TICKET,
            organization_id=customer.only,
            activity=activity,
            via=method.value,
            reason=f"the helpdesk has shown no {what}{merged}",
            wanted_ticket=found,
        )
    if not customer.may_be(found.organization_id):
        owner = found.organization_id and lookup.organization_name(found.organization_id)
        return Link(
            LinkState.OTHER_CUSTOMER,
            organization_id=customer.only,
            activity=activity,
            via=method.value,
            reason=f"#{found.number} is of {owner or 'no known organization'}, the entry of {customer.name}",
            wanted_ticket=found.id,
        )
    return Link(
        LinkState.LINKED,
        ticket_id=found.id,
        organization_id=found.organization_id,
        activity=activity,
        via=method.value,
        reason=f"{pointer} was merged into #{found.number}" if named is not None and named.id != found.id else "",
        wanted_ticket=pointer.value,
    )


def _by_reference(entry: TimeEntry, linking: Linking) -> Iterator[_Pointer]:
    """A reference whose address is not of our helpdesk points into another product: it says nothing here."""
    for reference in entry.references:
        addressed = list(_in_text(reference.url[:LONGEST_TEXT], linking.urls)) if reference.url else []
        if reference.ticket_id and (addressed or not reference.url):
            yield _Pointer(reference.ticket_id, is_id=True)
        elif reference.ticket_number:
            yield _Pointer(reference.ticket_number, is_id=False)
        else:
            yield from addressed


def _by_url(entry: TimeEntry, linking: Linking) -> Iterator[_Pointer]:
    return _in_text(entry.description[:LONGEST_TEXT], linking.urls)


def _by_number(entry: TimeEntry, linking: Linking) -> Iterator[_Pointer]:
    text = entry.description[:LONGEST_TEXT].lstrip()
    words = compile_words_before(tuple(linking.settings.other_numbers))
    for match in find_templates(text, [compile_template(number) for number in linking.settings.numbers]):
        other = words.search(text, max(0, match.start() - LONGEST_WORD), match.start())
        yield _pointer(match, at_start=match.start() == 0, elsewhere=other["word"] if other else "")


def _by_tag(entry: TimeEntry, linking: Linking) -> Iterator[_Pointer]:
    for tag in sorted(entry.tags):
        for template in linking.settings.tags:
            if match := compile_template(template).fullmatch(tag.strip()):
                yield _pointer(match)


def _by_project(entry: TimeEntry, linking: Linking) -> Iterator[_Pointer]:
    """The first rule that names a ticket decides: whoever wrote the rules put them in order."""
    for rule in linking.settings.projects:
        match = compile_wildcards(rule.project).match(entry.project_name or "")
        if match and rule.ticket is not None:
            yield _Pointer(rule.ticket.lstrip("#"), is_id=False)
            return
        if match and match.groupdict():
            yield _pointer(match)
            return


_POINTERS: dict[LinkMethod, Callable[[TimeEntry, Linking], Iterator[_Pointer]]] = {
    LinkMethod.REFERENCE: _by_reference,
    LinkMethod.URL: _by_url,
    LinkMethod.NUMBER: _by_number,
    LinkMethod.TAG: _by_tag,
    LinkMethod.PROJECT: _by_project,
}


def _in_text(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[_Pointer]:
    """Pointers in the order in which they stand in the text."""
    matches = [match for pattern in patterns for match in pattern.finditer(text)]
    for match in sorted(matches, key=lambda match: (match.start(), -match.end())):
        yield _pointer(match, at_start=match.start() == 0)


def _pointer(match: re.Match[str], *, at_start: bool = False, elsewhere: str = "") -> _Pointer:
    ((name, value),) = match.groupdict().items()
    return _Pointer(value, is_id=name == "id", at_start=at_start, elsewhere=elsewhere)


def _activity(entry: TimeEntry, settings: LinkRules) -> str:
    """Where tags contradict each other, the activity that the settings name first holds."""
    tags = {plain_tag(tag) for tag in entry.tags}
    for tag, activity in settings.activities.items():
        if plain_tag(tag) in tags:
            return activity.value
    return Activity.WORK.value


def _why_ignored(entry: TimeEntry, settings: LinkRules) -> str:
    if entry.kind is not EntryKind.WORK:
        return f"{entry.kind.value} is not work"
    if entry.seconds < 0:
        return "its duration is negative; correct it in the time tracker"
    ignored = settings.ignored
    if ignored.before is not None and entry.work_date < ignored.before:
        return f"work from before {ignored.before} is settled elsewhere"
    tags = {plain_tag(tag) for tag in ignored.tags}
    for tag in entry.tags:
        if plain_tag(tag) in tags:
            return f"entries with the tag {tag} are left out"
    if entry.project_name and _matches(entry.project_name, ignored.projects):
        return f"entries of the project {entry.project_name} are left out"
    if _matches(entry.description[:LONGEST_TEXT].strip(), ignored.descriptions):
        return "entries with this description are left out"
    return ""


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(compile_wildcards(pattern).match(text) for pattern in patterns)


def _why_unlinked(entry: TimeEntry, elsewhere: Sequence[_Pointer], lookup: TicketLookup) -> str:
    for pointer in elsewhere:
        if lookup.ticket_numbered(pointer.value):
            return (
                f"{pointer.elsewhere} {pointer} is a number of another tool; if it is the ticket, write just {pointer}"
            )
    for match in list(_BARE_NUMBER.finditer(entry.description[:LONGEST_TEXT]))[:MOST_POINTERS]:
        if lookup.ticket_numbered(match[0]):
            return f"nothing points at a ticket; if {match[0]} is one, write #{match[0]}"
    return "nothing points at a ticket"
