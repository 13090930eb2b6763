"""The audit finds nothing wrong in a whole ledger, and whatever somebody changed behind its back."""

from __future__ import annotations

import pytest

from care_sync.ledger import audit
from care_sync.model.month import Month
from care_sync.store import Store
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, TODAY, buy, close, entry, judge, post


@pytest.fixture
def kept(store: Store) -> Store:
    """A ledger with a bit of everything: cards, a closed month, corrections, verdicts."""
    with store.begin() as work:
        buy(work, 50)
        worked = [entry("a", HOUR, Route.HOUR_CARD), entry("b", HOUR, Route.PENDING), entry("c", HOUR, Route.REVIEW)]
        close(work, Month("2026-09"))
        close(work, Month("2026-10"), *worked)
        judge(work, "c", judged=HOUR, charged=600)
        post(work, entry("a", 60, Route.SLA), *worked[1:], entry("d", HOUR, Route.FAIR_USE, TODAY), allowance=60)
        post(work, worked[2], entry("d", HOUR, Route.FAIR_USE, TODAY), gone=("a",), allowance=60)
    return store


def test_a_ledger_that_is_whole_has_no_findings(kept: Store) -> None:
    with kept.read() as work:
        assert list(audit.verify(work)) == []


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("UPDATE postings SET seconds = seconds + 60 WHERE transaction_id = 2 AND line = 1", "transaction 2"),
        ("UPDATE transactions SET reason = 'agreed' WHERE transaction_id = 3", "transaction 3"),
        ("UPDATE transactions SET hash = 'x' WHERE transaction_id = 4", "transaction 4"),
        ("DELETE FROM postings WHERE transaction_id = 2", "transaction 2"),
        ("UPDATE balances SET seconds = seconds - 60 WHERE account = 'card:1'", "5 card:1"),
        ("DELETE FROM balances WHERE account = 'worked'", "5 worked"),
        ("UPDATE entry_standing SET seconds = 1 WHERE entry_key = 'd'", "entry d"),
        ("DELETE FROM entry_standing WHERE entry_key = 'd'", "entry d"),
        ("UPDATE entry_standing SET shares = '[[\"sla\",3600]]' WHERE entry_key = 'd'", "entry d"),
        ("UPDATE periods SET hash = 'x' WHERE period = '2026-10'", "month 2026-10"),
        ("UPDATE periods SET transaction_id = 2 WHERE period = '2026-10'", "month 2026-10"),
        ("UPDATE transactions SET period = '2026-10' WHERE transaction_id = 7", "transaction 7"),
        ("UPDATE ledger_head SET hash = 'x'", "the end of the chain"),
    ],
)
def test_what_somebody_changed_is_found(kept: Store, statement: str, subject: str) -> None:
    with kept.begin() as work:
        connection = work.ledger._connection
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()
            for (name,) in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)
    with kept.read() as work:
        assert subject in [finding.subject for finding in audit.verify(work)]
