"""A database of an earlier version keeps what it holds when it is brought up to date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from alembic import command

from care_sync.model.agreement import ALWAYS
from care_sync.model.posted_entry import Basis
from care_sync.store import migrate, open_store
from care_sync.store.engine import connect, create_file, transaction
from care_sync.store.migrate import _configuration
from rules.model.words import Route

BEFORE = (
    "INSERT INTO transactions (transaction_id, kind, organization_id, entry_key, ticket_id, rules, clauses, period, "
    "work_date, booked_at, actor, reason, previous_hash, hash) "
    "VALUES (1, 'entry', '5', 'e', '9', '[]', '[]', '2026-09', '2026-09-07', 5, 'care-sync', '', '', 'h1')",
    "INSERT INTO entry_standing (entry_key, organization_id, ticket_id, period, basis, seconds, shares, "
    "transaction_id) "
    "VALUES ('e', '5', '9', '2026-09', '5|9|review|3600|600#other,more#X1', 3600, '[[\"review\",3600]]', 1)",
    "INSERT INTO verdicts (entry_key, charged_seconds, reason, actor, decided_at) "
    "VALUES ('e', 600, 'agreed', 'anna', 7)",
    "INSERT INTO periods (period, closed_at, closed_by) VALUES ('2026-09', 9, 'anna')",
    "UPDATE ledger_head SET transaction_id = 1, hash = 'h1'",
    "INSERT INTO organizations (organization_id, name, folded_name, fields, deleted, seen_at) "
    """VALUES ('5', 'Acme', 'acme', '{"covered_services":["mail"],"owner_email":"a@b","sla":true}', 0, 11)""",
    "INSERT INTO organizations (organization_id, name, folded_name, fields, deleted, seen_at) "
    """VALUES ('6', 'Globex', 'globex', '{"covered_services":"","sla":null}', 0, 12)""",
)


def test_standings_verdicts_and_closed_months_of_the_first_version_are_carried_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite"
    engine = connect(url)
    create_file(engine)
    with transaction(engine) as connection:
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
        for statement in BEFORE:
            connection.exec_driver_sql(statement)
    engine.dispose()

    migrate(url)

    store = open_store(url)
    with store.read() as work:
        stands = work.ledger.posted(["e"])["e"]
        (verdict,) = work.verdicts.get_many(["e"])["e"]
        (closed,) = work.periods.closed()
        agreed = work.agreed.of_organizations(["5", "6"])
    store.close()
    assert (stands.work_date.isoformat(), stands.basis.route.value) == ("2026-09-07", "review")
    assert stands.basis == Basis(
        "5", "9", Route.REVIEW, 3600, (3600, 600), date(2026, 9, 7), ("other", "more"), ("X1",)
    )
    assert (verdict.judged_seconds, verdict.charged_seconds, verdict.actor) == (3600, 600, "anna")
    assert (verdict.organization_id, verdict.ticket_id) == ("5", "9")
    assert (closed.transaction_id, closed.hash) == (1, "h1")
    assert {(one.organization_id, one.name, one.value, one.since) for many in agreed.values() for one in many} == {
        ("5", "sla", True, ALWAYS),
        ("5", "covered_services", ("mail",), ALWAYS),
        ("6", "sla", None, ALWAYS),
        ("6", "covered_services", "", ALWAYS),
    }
