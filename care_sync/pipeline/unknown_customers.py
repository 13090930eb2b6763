"""Names of customers that mean nobody: in the settings, and clients of the time trackers.

Terms
    unresolved name   a customer's name in the settings that means no organization of the helpdesk, or several
    unknown client    a client of a time tracker that neither the settings nor an organization's name explains

Promise: neither moves money. Time of an unresolved name stays where it is, and both are reported until they are mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from care_sync.model.duration import rounded_clock
from care_sync.model.entry_customer import configured_names, customer_of, unresolved
from care_sync.model.linking import Linking
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.lookup import StoreLookup
from care_sync.store import Store, UnitOfWork

UNRESOLVED_NAME = "unresolved_customer"
"""The kind of attention for a name in the settings; its subject is the place, such as ``linking.clients.Acme``."""

UNKNOWN_CLIENT = "unknown_client"
"""The kind of attention for a client; its subject is ``<tracker>:<client>``."""

REMEDY = "Write the name that the organization has in the helpdesk."


@dataclass(frozen=True, slots=True)
class UnknownClient:
    """A client with its time: ``seconds`` of ``entries`` entries. ``needs`` says what would make it known."""

    tracker: str
    client: str
    entries: int
    seconds: int
    needs: str


def unresolved_names(work: UnitOfWork, linking: Linking, now: datetime | None = None) -> dict[str, str]:
    """Names in the settings that mean nobody: why, by place. Those that mean somebody are remembered as of ``now``."""
    lookup = StoreLookup(work, linking.helpdesk, now)
    reasons = {
        place: unresolved(place, name, lookup.organizations_meant(place, name))
        for place, name in configured_names(linking.settings)
    }
    return {place: why for place, why in reasons.items() if why}


def report_unresolved_names(store: Store, linking: Linking, now: datetime) -> int:
    """Remember what names in the settings mean, and report those that mean nobody; return how many there are."""
    with store.begin() as work:
        reasons = unresolved_names(work, linking, now)
        for place, why in reasons.items():
            message = f"{why}. {REMEDY} Its time stays where it is until then, and new time of it waits."
            work.attention.raise_(UNRESOLVED_NAME, place, message, now)
        _resolve_others(work, UNRESOLVED_NAME, reasons)
        configured = {place for place, _ in configured_names(linking.settings)}
        remembered = work.customer_names.all(linking.helpdesk)
        dropped = {place for place in remembered if place.startswith("linking.") and place not in configured}
        work.customer_names.forget(linking.helpdesk, dropped)
    return len(reasons)


def unknown_clients(work: UnitOfWork, linking: Linking, first: date) -> list[UnknownClient]:
    """Clients of work since ``first`` that match no organization, those with most time first."""
    lookup = StoreLookup(work, linking.helpdesk)
    names = {organization.name for organization in work.organizations.all() if not organization.deleted}
    needs: dict[tuple[str, str], str] = {}
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for stored in _worked(work, first):
        customer = customer_of(stored.entry, lookup, linking.settings)
        if not stored.entry.client_name or not (customer.unmatched or customer.unresolved):
            continue
        key = (stored.entry.tracker, stored.entry.client_name)
        entries, seconds = counted.get(key, (0, 0))
        counted[key] = (entries + 1, seconds + stored.entry.seconds)
        needs[key] = customer.unresolved or _needed(stored.entry.client_name, names)
    clients = [UnknownClient(*key, *counted[key], needs[key]) for key in counted]
    return sorted(clients, key=lambda client: (-client.seconds, client.tracker, client.client))


def report_unknown_clients(store: Store, linking: Linking, now: datetime, first: date) -> int:
    """Report each client of work since ``first`` whose tickets nobody can check; return how many there are."""
    with store.begin() as work:
        clients = unknown_clients(work, linking, first)
        happens = "waits" if linking.settings.unknown_clients == "hold" else "counts for the ticket that it names"
        for client in clients:
            message = (
                f"{client.client} of {client.tracker} is no organization that we know, so nobody can check whether its "
                f"{client.entries} time entries ({rounded_clock(client.seconds)} hours) name tickets of the same "
                f"customer; its time {happens}. To mend it: {client.needs}."
            )
            work.attention.raise_(UNKNOWN_CLIENT, f"{client.tracker}:{client.client}", message, now)
        _resolve_others(work, UNKNOWN_CLIENT, [f"{client.tracker}:{client.client}" for client in clients])
    return len(clients)


def _worked(work: UnitOfWork, first: date) -> Iterator[StoredEntry]:
    yield from work.entries.counting_since(first)
    yield from (stored for stored in work.entries.unlinked() if stored.entry.work_date >= first)


def _needed(client: str, names: Iterable[str]) -> str:
    alike = get_close_matches(client.casefold(), [name.casefold() for name in names], n=1, cutoff=0.7)
    meant = next((name for name in sorted(names) if alike and name.casefold() == alike[0]), None)
    organization = f'"{meant}"' if meant else "<the organization's name in the helpdesk>"
    return f'linking.clients: {{"{client}": {organization}}}'


def _resolve_others(work: UnitOfWork, kind: str, standing: Iterable[str]) -> None:
    subjects = {attention.subject for attention in work.attention.all(kind)}
    work.attention.resolve(kind, sorted(subjects.difference(standing)))
