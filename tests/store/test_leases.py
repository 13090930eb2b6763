"""One recipe for everything that goes out: what holds for planned writes holds for mail and for drafts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from care_sync.model.lease import SendState
from care_sync.model.month import Month
from care_sync.store import Store, UnitOfWork
from connectors.records import Comment, CommentKind, TicketChange

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
LEASE = timedelta(minutes=10)
LATER = NOW + LEASE
OCTOBER = Month("2026-10")


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is planned, claimed, finished and counted."""

    plan: Callable[[UnitOfWork], Any]
    claim: Callable[[UnitOfWork, datetime], list[Any]]
    finish: Callable[..., bool]
    state: Callable[[UnitOfWork], str]


def _claim_draft(work: UnitOfWork, now: datetime) -> list[Any]:
    draft = work.invoice_drafts.claim(
        "5", OCTOBER, reference="CS-2026-10-5", total=Decimal("92.50"), now=now, lease_until=now + LEASE
    )
    return [] if draft is None else [draft]


NOTE = TicketChange("900", "CS-900-1", comment=Comment(CommentKind.NOTE, "hallo"))
KINDS = {
    "write": Kind(
        lambda work: work.outbox.plan(NOTE, "decision", NOW),
        lambda work, now: work.outbox.claim(now, now + LEASE),
        lambda work, row, state, due_at=None: work.outbox.finish(row, state, due_at=due_at),
        lambda work: next(iter(work.outbox.counts())),
    ),
    "mail": Kind(
        lambda work: work.mails.plan("<1@care.example>", "anna@care.example", "Hallo", "x", NOW),
        lambda work, now: work.mails.claim(now, now + LEASE),
        lambda work, mail, state, due_at=None: work.mails.finish(mail, state, due_at=due_at),
        lambda work: next(iter(work.mails.counts())),
    ),
    "draft": Kind(
        lambda _work: None,
        _claim_draft,
        lambda work, draft, state, due_at=None: work.invoice_drafts.finish(draft, state, NOW, not_before=due_at),
        lambda work: work.invoice_drafts.all()[0].state.value,
    ),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest, store: Store) -> Kind:
    chosen = KINDS[request.param]
    with store.begin() as work:
        chosen.plan(work)
    return chosen


def test_what_one_has_claimed_no_other_gets(store: Store, kind: Kind) -> None:
    with store.begin() as work:
        assert len(kind.claim(work, NOW)) == 1
    with store.begin() as work:
        assert kind.claim(work, NOW + LEASE / 2) == []


def test_a_claim_that_ran_out_is_free_for_another(store: Store, kind: Kind) -> None:
    with store.begin() as work:
        kind.claim(work, NOW)
    with store.begin() as work:
        assert len(kind.claim(work, LATER)) == 1


@pytest.mark.parametrize("late", [SendState.PLANNED, SendState.UNCERTAIN, SendState.FAILED, SendState.DONE])
def test_who_lost_a_claim_changes_nothing_any_more(store: Store, kind: Kind, late: SendState) -> None:
    with store.begin() as work:
        (slow,) = kind.claim(work, NOW)
    with store.begin() as work:
        (quick,) = kind.claim(work, LATER)
    with store.begin() as work:
        assert not kind.finish(work, slow, late, NOW)
    with store.begin() as work:
        assert kind.finish(work, quick, SendState.DONE)
        assert not kind.finish(work, slow, late, NOW)
        assert kind.state(work) == "done"


def test_what_is_done_is_never_claimed_again(store: Store, kind: Kind) -> None:
    with store.begin() as work:
        (claimed,) = kind.claim(work, NOW)
        kind.finish(work, claimed, SendState.DONE)
    with store.begin() as work:
        assert kind.claim(work, NOW + timedelta(days=30)) == []


def test_nobody_takes_it_up_before_it_is_due_again(store: Store, kind: Kind) -> None:
    with store.begin() as work:
        (claimed,) = kind.claim(work, NOW)
        assert kind.finish(work, claimed, SendState.UNCERTAIN, NOW + timedelta(minutes=5))
    with store.begin() as work:
        assert kind.claim(work, NOW + timedelta(minutes=4)) == []
        assert len(kind.claim(work, NOW + timedelta(minutes=5))) == 1


def test_a_note_that_the_push_lane_claims_while_it_is_withdrawn_is_kept(store: Store) -> None:
    """The plan reads an unbegun note, the push lane claims it and commits, then the plan deletes: nothing goes."""
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite queues whole transactions: nothing comes in between")
    with store.begin() as work:
        work.outbox.plan(NOTE, "decision", NOW)
    claimed: list[Any] = []
    with store.begin() as planning:
        connection = planning.outbox._connection
        execute = connection.execute

        def claim_before_the_delete(statement: Any, *arguments: Any) -> Any:
            if getattr(statement, "is_delete", False) and not claimed:
                with store.begin() as pushing:
                    claimed.extend(pushing.outbox.claim(NOW, LATER))
            return execute(statement, *arguments)

        planning.outbox._connection = type("Interleaved", (), {"execute": staticmethod(claim_before_the_delete)})()
        assert planning.outbox.supersede(["900"]) == frozenset()
    assert len(claimed) == 1
    with store.begin() as work:
        assert work.outbox.finish(claimed[0], SendState.DONE)
