"""What the store promises, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import inspect

from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.model.account import SLA, WORKED, Leg
from care_sync.model.decision import StoredDecision
from care_sync.model.lease import SendState
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.time_entry import Link, LinkState
from care_sync.model.transaction import StoredTransaction, TransactionKind
from care_sync.store import Store, migrate, open_store
from care_sync.store.engine import connect
from connectors.records import (
    Channel,
    Comment,
    CommentKind,
    EntryKind,
    EntryState,
    Organization,
    Ticket,
    TicketChange,
    TicketReference,
    TicketStatus,
    TimeEntry,
)
from rules.model.words import Route

NOW = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)

TICKET = Ticket(
    id="900",
    number="12",
    subject="Formulier stuk 🙈",
    status=TicketStatus.OPEN,
    created_at=NOW - timedelta(days=3, microseconds=7),
    updated_at=NOW,
    channel=Channel.PHONE,
    description="x" * 70_000,
    organization_id="5",
    tags=frozenset({"vip", "b"}),
    fields={"cause": "care", "delivered_on": date(2026, 1, 31), "expected_minutes": 30, "services": ("a", "b")},
)  # fmt: skip

ENTRY = TimeEntry(
    tracker="toggl",
    account="1",
    id="77",
    state=EntryState.STOPPED,
    kind=EntryKind.WORK,
    seconds=1800,
    work_date=date(2026, 10, 31),
    description="#12 werk",
    started_at=NOW - timedelta(hours=2),
    tags=("intake",),
    billable=None,
    references=(TicketReference("custom", "900", None),),
)


def test_a_ticket_comes_back_as_it_was_stored(store: Store) -> None:
    with store.begin() as work:
        assert [one.before for one in work.tickets.upsert([TICKET], NOW)] == [None]
    with store.read() as work:
        assert work.tickets.get("900") == TICKET
        assert work.tickets.by_number("12") == TICKET


def test_a_ticket_seen_again_with_only_another_time_stamp_has_not_moved(store: Store) -> None:
    with store.begin() as work:
        work.tickets.upsert([TICKET], NOW)
        later = replace(TICKET, updated_at=NOW + timedelta(hours=1))
        assert work.tickets.upsert([later], NOW) == []
        moved = work.tickets.upsert([replace(TICKET, tags=frozenset({"b"}))], NOW)
    assert [(one.before, one.after.tags) for one in moved] == [(later, frozenset({"b"}))]


def test_what_we_wrote_to_a_ticket_does_not_come_back_as_news(store: Store) -> None:
    change = TicketChange("900", "CS-1", frozenset({"sla_included"}), frozenset({"b"}), {"care_scope": "included"})
    with store.begin() as work:
        work.tickets.upsert([TICKET], NOW)
        work.tickets.note_written(change, now=NOW)
        read_back = replace(
            TICKET, tags=frozenset({"vip", "sla_included"}), fields={**TICKET.fields, "care_scope": "included"}
        )
        assert work.tickets.upsert([read_back], NOW) == []


def test_a_number_that_a_product_gives_back_as_text_is_no_news(store: Store) -> None:
    with store.begin() as work:
        work.tickets.upsert([TICKET], NOW)
        work.tickets.note_written(TicketChange("900", "CS-1", fields={"care_minutes": 90}), now=NOW)
        as_text = replace(TICKET, fields={**TICKET.fields, "care_minutes": "90"})
        assert work.tickets.upsert([as_text], NOW) == []
        assert work.tickets.upsert([replace(as_text, fields={**as_text.fields, "care_minutes": "91"})], NOW) != []


def test_an_entry_comes_back_as_it_was_stored_and_counts_its_revisions(store: Store) -> None:
    with store.begin() as work:
        work.entries.upsert([ENTRY], NOW)
        assert work.entries.upsert([ENTRY], NOW) == []
        moved = work.entries.upsert([replace(ENTRY, seconds=60)], NOW)
        stored = work.entries.get(ENTRY.key)
    assert [(one.before and one.before.revision, one.after.revision) for one in moved] == [(1, 2)]
    assert stored is not None
    assert stored.entry == replace(ENTRY, seconds=60)


def test_an_entry_waits_for_the_ticket_that_it_points_at(store: Store) -> None:
    with store.begin() as work:
        work.entries.upsert([ENTRY], NOW)
        work.entries.set_links({ENTRY.key: Link(LinkState.UNKNOWN_TICKET, wanted_ticket="12")})
        assert [one.entry.id for one in work.entries.wanting(["12"])] == ["77"]
        work.entries.set_links({ENTRY.key: Link(LinkState.LINKED, "900", "5", "work", "number", "", "12")})
        assert work.entries.wanting(["12"]) == []
        assert [one.entry for one in work.entries.of_tickets(["900"])["900"]] == [ENTRY]


def test_an_organization_seen_twice_has_not_moved(store: Store) -> None:
    record = Organization("5", "Bakker", {"sla": True, "covered_services": ("website",)})
    with store.begin() as work:
        assert len(work.organizations.upsert([record], NOW)) == 1
        assert work.organizations.upsert([record], NOW) == []
        assert work.organizations.by_name("BAKKER") == record


def test_what_a_unit_of_work_did_is_gone_when_it_raises(store: Store) -> None:
    def die_half_way() -> None:
        with store.begin() as work:
            work.tickets.upsert([TICKET], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        die_half_way()
    with store.read() as work:
        assert work.tickets.count() == 0


def test_a_dry_run_is_taken_back(store: Store) -> None:
    with store.begin() as work:
        with work.undone():
            work.tickets.upsert([TICKET], NOW)
        assert work.tickets.count() == 0


def test_a_mark_made_while_the_work_was_under_way_is_not_lost(store: Store) -> None:
    with store.begin() as work:
        work.dirty.mark(DirtyKind.TICKET, ["1", "2"], "changed", NOW)
        taken = work.dirty.take(DirtyKind.TICKET)
        work.dirty.mark(DirtyKind.TICKET, ["2"], "changed again", NOW)
        work.dirty.clear(DirtyKind.TICKET, taken)
        assert list(work.dirty.take(DirtyKind.TICKET)) == ["2"]


def test_the_ledger_refuses_to_be_changed(store: Store) -> None:
    transaction = StoredTransaction(
        1, TransactionKind.ENTRY, "5", Month("2026-10"), date(2026, 10, 31), NOW, "care-sync", "",
        (Leg(SLA, 60), Leg(WORKED, -60)),
        entry_key="e", entry_revision=1, hash="h",
    )  # fmt: skip
    basis = Basis("5", "900", Route.SLA, 60, None, date(2026, 10, 5), ("incident",), ("W2",))
    with store.begin() as work:
        work.ledger.append([transaction])
        work.ledger.put_posted(
            [PostedEntry("e", "5", "900", Month("2026-10"), basis, 60, (Leg(SLA, 60),), 1, date(2026, 10, 5))]
        )
    with store.read() as work:
        assert work.ledger.of_entry("e") == [transaction]
        assert work.ledger.balances("5") == {"sla": 60, "worked": -60}
        assert work.ledger.summed_balances() == work.ledger.all_balances()
        assert work.ledger.posted_of_tickets(["900"])["900"][0].basis == basis
    for statement in (
        "UPDATE postings SET seconds = 1",
        "DELETE FROM postings",
        "UPDATE transactions SET reason = 'x'",
    ):
        with pytest.raises(Exception, match="append-only"), store.begin() as work:
            work.ledger._connection.exec_driver_sql(statement)


def test_the_newest_decision_of_a_subject_stands(store: Store) -> None:
    def decision(activity: str, scope: str) -> StoredDecision:
        return StoredDecision("900", activity, {"sla": True}, {"sla": "organization"}, "r", {"scope": scope}, NOW, "p")

    with store.begin() as work:
        work.decisions.keep_rules("r", "text", NOW)
        work.decisions.keep_rules("r", "text", NOW)
        work.decisions.append([decision("", "undetermined"), decision("work", "undetermined")])
        work.decisions.append([decision("", "included")])
        standing = work.decisions.current(["900", "901"])
    assert {key: one.outcome["scope"] for key, one in standing.items()} == {
        ("900", ""): "included",
        ("900", "work"): "undetermined",
    }


def change(ticket: str, reference: str, body: str | None = None, kind: CommentKind = CommentKind.NOTE) -> TicketChange:
    return TicketChange(ticket, reference, comment=None if body is None else Comment(kind, body))


def test_the_outbox_gives_each_ticket_its_oldest_write_first(store: Store) -> None:
    lease = NOW + timedelta(minutes=5)
    with store.begin() as work:
        assert work.outbox.plan(change("1", "a"), "c", NOW)
        assert work.outbox.plan(change("1", "b"), "c", NOW)
        assert work.outbox.plan(change("2", "c"), "c", NOW)
        assert not work.outbox.plan(change("2", "c"), "c", NOW)
    with store.begin() as work:
        claimed = work.outbox.claim(NOW, lease)
        assert [one.change.reference for one in claimed] == ["a", "c"]
        assert work.outbox.claim(NOW, lease) == []
        assert work.outbox.finish(claimed[0], SendState.DONE)
        assert [one.change.reference for one in work.outbox.claim(NOW, lease)] == ["b"]


def test_a_claim_whose_daemon_died_becomes_uncertain(store: Store) -> None:
    with store.begin() as work:
        work.outbox.plan(change("1", "a", "hallo"), "c", NOW)
        work.outbox.claim(NOW, NOW + timedelta(minutes=5))
        later = NOW + timedelta(minutes=6)
        again = work.outbox.claim(later, later + timedelta(minutes=5))
    assert [(one.state, one.change) for one in again] == [(SendState.UNCERTAIN, change("1", "a", "hallo"))]


def test_who_lost_a_claim_settles_nothing_any_more(store: Store) -> None:
    with store.begin() as work:
        work.outbox.plan(change("1", "a", "hallo"), "c", NOW)
        (lost,) = work.outbox.claim(NOW, NOW + timedelta(minutes=5))
        later = NOW + timedelta(minutes=6)
        (taken,) = work.outbox.claim(later, later + timedelta(minutes=5))
        assert not work.outbox.finish(lost, SendState.PLANNED, due_at=NOW)
        assert work.outbox.finish(taken, SendState.DONE)
        assert not work.outbox.finish(lost, SendState.FAILED)
        assert work.outbox.counts() == {"done": 1}


def test_a_newer_plan_withdraws_what_nobody_began_but_never_a_reply(store: Store) -> None:
    with store.begin() as work:
        work.outbox.plan(change("1", "a"), "c", NOW)
        work.outbox.plan(change("2", "b", "note"), "c", NOW)
        work.outbox.plan(change("3", "c", "reply", CommentKind.REPLY), "c", NOW)
        assert work.outbox.supersede(["1", "2", "3"]) == {"2"}
        assert work.outbox.unfinished(["1", "2"]) == {}
        assert [one.change.reference for one in work.outbox.unfinished(["3"])["3"]] == ["c"]


def test_a_note_that_somebody_began_to_write_is_not_withdrawn(store: Store) -> None:
    with store.begin() as work:
        work.outbox.plan(change("1", "a", "note"), "c", NOW)
        work.outbox.claim(NOW, NOW + timedelta(minutes=5))
        assert work.outbox.supersede(["1"]) == frozenset()
        assert len(work.outbox.unfinished(["1"])["1"]) == 1


def test_a_due_run_and_a_delivery_happen_once(store: Store) -> None:
    with store.begin() as work:
        assert work.jobs.claim("nightly", NOW, NOW)
        assert not work.jobs.claim("nightly", NOW, NOW)
        assert work.deliveries.take("zendesk", "1", NOW)
        assert not work.deliveries.take("zendesk", "1", NOW)


def test_a_run_whose_daemon_died_is_taken_over_once(store: Store) -> None:
    later = NOW + timedelta(hours=2)
    with store.begin() as work:
        assert work.jobs.claim("nightly", NOW, NOW)
        assert not work.jobs.claim("nightly", NOW, later, abandoned_before=NOW)
        assert work.jobs.claim("nightly", NOW, later, abandoned_before=NOW + timedelta(hours=1))
        assert not work.jobs.claim("nightly", NOW, later, abandoned_before=NOW + timedelta(hours=1))
        work.jobs.finish("nightly", NOW, later, "done")
        assert not work.jobs.claim("nightly", NOW, later, abandoned_before=later + timedelta(days=1))


def test_a_run_that_is_given_back_can_be_claimed_again_unless_it_ended(store: Store) -> None:
    with store.begin() as work:
        assert work.jobs.claim("nightly", NOW, NOW)
        work.jobs.release("nightly", NOW)
        assert work.jobs.claim("nightly", NOW, NOW)
        work.jobs.finish("nightly", NOW, NOW, "done")
        work.jobs.release("nightly", NOW)
        assert not work.jobs.claim("nightly", NOW, NOW)


def test_the_last_good_pass_is_the_newest_that_ended_without_an_error(store: Store) -> None:
    with store.begin() as work:
        assert work.passes.last_good() is None
        for number, error in enumerate(["", "", "the tracker is down"]):
            work.passes.start(f"p{number}", "poll", NOW + timedelta(minutes=number))
            work.passes.finish(f"p{number}", NOW + timedelta(minutes=number), {"tickets": 1}, error)
        work.passes.start("p9", "poll", NOW + timedelta(hours=1))
        last = work.passes.last_good()
        assert last is not None
        assert last.pass_id == "p1"


def test_attention_keeps_the_date_that_it_was_first_raised(store: Store, clock: ManualClock) -> None:
    with store.begin() as work:
        work.attention.raise_("closed", "1", "m", NOW)
        work.attention.raise_("closed", "1", "n", NOW + timedelta(days=1))
        (row,) = work.attention.all()
        assert (row.message, row.since) == ("n", NOW)
        work.attention.resolve("closed", ["1"])
        assert work.attention.all() == []


def test_migrating_twice_is_migrating_once(store_url: str) -> None:
    before = _schema(store_url)
    migrate(store_url)

    assert len(before) > 1
    assert _schema(store_url) == before


def _schema(store_url: str) -> dict[str, list[str]]:
    """The columns of each table, as the database tells them."""
    engine = connect(store_url)
    inspector = inspect(engine)
    columns = {
        table: [f"{column['name']} {column['type']}" for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return columns


def test_a_database_of_a_newer_version_is_refused(store_url: str) -> None:
    store = open_store(store_url)
    with store.begin() as work:
        work.ledger._connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffff'")
    store.close()
    with pytest.raises(UserError, match="does not know"):
        open_store(store_url)
    with pytest.raises(UserError, match="does not know"):
        migrate(store_url)


def test_a_database_without_tables_says_what_to_do(tmp_path: object) -> None:
    with pytest.raises(UserError, match="store migrate"):
        open_store(f"sqlite:///{tmp_path}/empty.sqlite")


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", ""])
def test_a_url_that_is_no_database_of_ours_says_what_to_write(url: str) -> None:
    with pytest.raises(UserError, match="sqlite:///"):
        open_store(url)


def test_the_tables_are_those_that_the_migrations_make(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from care_sync.store.schema import metadata

    with store.read() as work:
        context = MigrationContext.configure(work.ledger._connection)
        assert compare_metadata(context, metadata) == []
