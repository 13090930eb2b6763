"""A database of an earlier version keeps what it holds when it is brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command

from care_sync.model.agreement import ALWAYS
from care_sync.model.notices import OUTSIDE_BEFORE
from care_sync.model.posted_entry import Basis
from care_sync.pipeline.tell import BEGAN
from care_sync.store import Store, migrate, open_store
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


OUTSIDE = '{"clauses":["I3a","I4"],"route":"hour_card","scope":"not_included"}'
UNKNOWN = '{"clauses":["I4"],"route":"pending","scope":"undetermined"}'
DECIDED = (
    "INSERT INTO decisions (ticket_id, activity, facts, sources, rules_hash, outcome, decided_at, pass_id) "
    "VALUES ('{ticket}', '{activity}', '{{}}', '{{}}', '', '{outcome}', 0, 'p')"
)
SHOWN = "INSERT INTO shown (ticket_id, explanation_hash, notices, sequence) VALUES ('{ticket}', 'h', '{notices}', 4)"
TICKET = (
    "INSERT INTO tickets (ticket_id, number, subject, description, status, channel, tags, fields, created_at, "
    "updated_at, content_hash, seen_at) VALUES ('1', '1', '', '', 'open', 'web', '[]', '{}', 5, 7000000, '', 9)"
)


def upgraded(tmp_path: Path, version: str, statements: Sequence[str]) -> Store:
    """A store of an earlier version that holds what is inserted, brought up to date."""
    url = f"sqlite:///{tmp_path}/old.sqlite"
    engine = connect(url)
    create_file(engine)
    with transaction(engine) as connection:
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, version)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    migrate(url)
    return open_store(url)


def test_customers_of_tickets_that_are_outside_at_the_upgrade_count_as_told_and_no_others(tmp_path: Path) -> None:
    outcomes = {"1": OUTSIDE, "2": OUTSIDE, "3": OUTSIDE, "4": UNKNOWN}
    statements = [
        "INSERT INTO rule_versions (rules_hash, text, first_used_at) VALUES ('', '', 0)",
        TICKET,
        *(DECIDED.format(ticket=ticket, activity="", outcome=outcome) for ticket, outcome in outcomes.items()),
        DECIDED.format(ticket="5", activity="", outcome=OUTSIDE),
        DECIDED.format(ticket="5", activity="", outcome=UNKNOWN),
        DECIDED.format(ticket="4", activity="work", outcome=OUTSIDE),
        SHOWN.format(ticket="2", notices='["turned_outside"]'),
        SHOWN.format(ticket="3", notices='["turned_outside","credited_back"]'),
    ]
    store = upgraded(tmp_path, "0016", statements)
    with store.read() as work:
        shown = work.shown.get_many(["1", "2", "3", "4", "5"])
        changed_at = work.tickets.changed_at(["1"])
        began = work.cursors.get(BEGAN)
    store.close()
    assert {ticket_id: row.notices for ticket_id, row in shown.items()} == {
        "1": (OUTSIDE_BEFORE,),
        "2": ("turned_outside",),
        "3": ("turned_outside", "credited_back", OUTSIDE_BEFORE),
    }
    assert (shown["3"].explanation_hash, shown["3"].sequence) == ("h", 4)
    assert changed_at == {"1": datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)}
    assert began is not None
    assert datetime.fromisoformat(began) < datetime(2026, 1, 1, tzinfo=UTC)


def test_a_store_in_which_nothing_was_decided_begins_when_it_is_opened(tmp_path: Path) -> None:
    store = upgraded(tmp_path, "0016", ())
    with store.read() as work:
        assert work.cursors.get(BEGAN) is None
    store.close()


def test_standings_verdicts_and_closed_months_of_the_first_version_are_carried_over(tmp_path: Path) -> None:
    store = upgraded(tmp_path, "0001", BEFORE)
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
