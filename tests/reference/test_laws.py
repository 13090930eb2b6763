"""What holds whatever happens: order of arrival, repetition, conservation, cards above zero, closed months."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reference import events as heard
from tests.reference.histories import (
    CARDS,
    CUSTOMERS,
    START,
    agreements,
    cards,
    deleted,
    histories,
    opened,
    play,
    purchase_days,
    purchases,
    recorded,
)
from tests.reference.office import Office

laws = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

corrections = st.builds(heard.CardCorrected, cards, st.sampled_from([5 * 3600, 70 * 3600]), purchase_days)
facts = st.tuples(
    st.lists(recorded(st.just(1)), unique_by=lambda event: event.entry, min_size=3, max_size=8),  # type: ignore[union-attr]
    st.lists(
        recorded(st.just(2)) | deleted(st.just(2)),
        unique_by=lambda event: event.entry,  # type: ignore[union-attr]
        max_size=4,
    ),
    st.lists(purchases, unique_by=lambda event: event.card, min_size=1, max_size=3),
    st.lists(corrections, unique_by=lambda event: event.card, max_size=2),
    st.lists(agreements, unique_by=lambda event: (event.customer, event.term, event.since), max_size=3),
    st.lists(st.just(heard.PassMade()), max_size=3),
)


def balances(office: Office) -> dict[str, dict[str, int]]:
    return {customer: office.balances(customer) for customer in CUSTOMERS}


def played(events: list[heard.Event]) -> Office:
    office = opened()
    at = START
    for event in events:
        at += timedelta(days=4)
        office.hear(at, event)
    office.hear(datetime.fromisoformat("2026-12-31 12:00"), heard.PassMade())
    return office


@laws
@given(facts, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing_while_no_month_closes(facts, random) -> None:  # type: ignore[no-untyped-def]
    first, second, bought, corrected, agreed, passes = facts
    chains = [[event] for event in [*first, *second, *agreed, *passes]]
    chains += [[event, *(late for late in corrected if late.card == event.card)] for event in bought]

    def arrival() -> list[heard.Event]:
        waiting = [list(chain) for chain in chains]
        order = [index for index, chain in enumerate(chains) for _ in chain]
        random.shuffle(order)
        return [waiting[index].pop(0) for index in order]

    offices = [played(arrival()) for _ in range(2)]

    assert balances(offices[0]) == balances(offices[1])
    assert offices[0].laid().left == offices[1].laid().left
    assert offices[0].recalculations() == offices[1].recalculations()


REPEATED = (heard.EntryRecorded, heard.EntryDeleted, heard.Decided, heard.TicketPlaced, heard.CardBought, heard.Agreed)


@laws
@given(histories)
def test_what_is_heard_twice_counts_once(history) -> None:  # type: ignore[no-untyped-def]
    once, twice = opened(), opened()
    play(once, history)
    play(twice, history, REPEATED)

    assert balances(once) == balances(twice)
    assert once.laid().left == twice.laid().left


@laws
@given(histories)
def test_every_second_stands_once_and_cards_stay_above_zero(history) -> None:  # type: ignore[no-untyped-def]
    office = opened()
    play(office, history)
    standing = Counter[str]()
    for posting in office.postings():
        standing[posting.entry] += posting.seconds
    stays = set(office.laid().stays)
    for key, entry in office.world.entries.items():
        settled = sum(piece.seconds for piece in office.books.pieces.get(key, []))
        counts = not entry.deleted and key not in office.nobodys() and key not in office.held()
        expected = settled if key in stays else entry.seconds if counts else 0
        assert standing[key] == expected
        accounts = Counter[str]()
        for (_, account), seconds in office.entry(key).items():
            accounts[account] += seconds
        assert all(seconds >= 0 for account, seconds in accounts.items() if ":" not in account)
    assert all(left >= 0 for left in office.laid().left.values())
    for number in office.laid().left:
        card = office.world.cards[number]
        drawn = sum(posting.seconds for posting in office.postings() if posting.account == f"card:{number}")
        changes = sum(
            due.change
            for (of, day), due in office.recalculations().items()
            if of == number and due.state == "applied" and day in office.world.due_days(card, date.max)
        )
        bought = 0 if card.void else card.seconds + sum(seconds for seconds, _ in card.adjustments)
        assert office.card_left(number) == bought + changes - drawn
    assert set(office.laid().left) <= set(CARDS)


@laws
@given(histories)
def test_a_closed_month_never_changes(history) -> None:  # type: ignore[no-untyped-def]
    office = opened()
    closings = [number for number, event in enumerate(history) if isinstance(event, heard.MonthClosed)]
    play(office, history[: closings[1] + 1])
    settled = office.books.postings.copy()

    later = opened()
    play(later, history)

    assert later.books.postings[: len(settled)] == settled
    assert not {posting.month for posting in later.postings()[len(settled) :]} & {"2026-08", "2026-09"}
