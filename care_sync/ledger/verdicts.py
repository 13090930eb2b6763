"""Which judgement holds for an entry where it is now (K1, O4, X1).

A verdict judges an entry at a customer and ticket. Time that moves to another one waits for a judgement there; time
that moves back finds its own again. A ticket that was merged lives on in another one: that is the same place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from care_sync.model.linking import LONGEST_MERGE
from care_sync.model.review import Verdict
from care_sync.store import UnitOfWork

Place = tuple[str, str]
"""A customer's id and a ticket's id."""


def verdicts_at(work: UnitOfWork, places: Mapping[str, Place]) -> dict[str, Verdict]:
    """The newest verdict on each entry that was given at its place, by entry; ``places`` says where each entry is."""
    given = work.verdicts.get_many(places)
    tickets = {verdict.ticket_id for verdicts in given.values() for verdict in verdicts}
    lives_on = tickets_that_stay(work, {*tickets, *(places[key][1] for key in given)})
    holding: dict[str, Verdict] = {}
    for entry_key, verdicts in given.items():
        organization_id, ticket_id = places[entry_key]
        for verdict in verdicts:
            if (verdict.organization_id, lives_on[verdict.ticket_id]) == (organization_id, lives_on[ticket_id]):
                holding[entry_key] = verdict
    return holding


def tickets_that_stay(work: UnitOfWork, ticket_ids: Iterable[str]) -> dict[str, str]:
    """The ticket in which each of these lives on: itself where it was never merged."""
    lives_on = {ticket_id: ticket_id for ticket_id in ticket_ids}
    for _ in range(LONGEST_MERGE):
        tickets = work.tickets.get_many(sorted(set(lives_on.values())))
        after = {key: ticket.merged_into for key, ticket in tickets.items() if ticket.merged_into not in (None, key)}
        if not after:
            break
        lives_on = {key: after.get(now) or now for key, now in lives_on.items()}
    return lives_on
