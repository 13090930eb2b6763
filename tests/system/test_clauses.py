"""Every clause of the policy, from a ticket and its time to tags, account and the clause that is cited.

One office, one customer and ticket for each case, one pass. Clauses of cards alone (H1-H6) stand at the end: they
concern no ticket.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.model.recalculation import RecalculationState
from care_sync.store import migrate
from rules.loading import load_rules
from tests.system.office import HOUR, Office, open_office

CHANGE = {
    "kind": "change", "expected_minutes": 30, "clear": "yes", "quote": "none", "estimate": "none", "acceptance": "none",
}  # fmt: skip
INCIDENT = {"kind": "incident", "service": "website", "worked_before": "yes", "expected_minutes": 30}
LARGE_INCIDENT = {**INCIDENT, "cause": "third_party", "expected_minutes": 60, "estimate": "none", "quote": "none"}
ADVICE = {"kind": "consultancy", "expected_minutes": 30, "quote": "none", "estimate": "none"}
QUOTE = {"kind": "quote_request", "quote": "requested", "expected_minutes": 600}
INSIDE, OUTSIDE, UNKNOWN = "included", "not_included", "undetermined"
INVOICE = "invoice:2026-10"


@dataclass(frozen=True)
class Case:
    """What stands in the helpdesk and the tracker, and what must come of it.

    ``accounts`` are minutes, of one hour of work unless ``minutes`` says otherwise. ``clause`` is cited in the ticket's
    note; with an ``activity``, which is treated apart from its ticket, it is cited by the posting.
    """

    clause: str
    facts: dict[str, Any]
    scope: str
    route: str
    step: str
    accounts: dict[str, int]
    about: str = ""
    sla: bool = True
    channel: str = "web"
    minutes: int = 60
    activity: str = ""
    card: tuple[int, date] | None = None
    customer_fields: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.clause} {self.about}".strip()


CASES = [
    Case("Q1", {**CHANGE, "quote": "accepted", "quote_basis": "fixed"}, OUTSIDE, "quote", "handle", {"quote": 60}),
    Case("Q2", {**CHANGE, "quote": "accepted", "quote_basis": "time_and_materials"}, OUTSIDE, "invoice", "handle",
         {INVOICE: 60}),
    Case("Q3", {**CHANGE, "expected_minutes": 241}, OUTSIDE, "quote", "rough_estimate", {"quote": 60}),
    Case("Q3", {**CHANGE, "expected_minutes": 240}, OUTSIDE, "invoice", "estimate",
         {INVOICE: 60}, "exactly four hours"),
    Case("Q4", {"kind": "new_build", "quote": "none", "expected_minutes": 10}, OUTSIDE, "quote", "rough_estimate",
         {"quote": 60}),
    Case("Q5", CHANGE, OUTSIDE, "invoice", "do_now", {INVOICE: 60}),
    Case("H2", CHANGE, OUTSIDE, "hour_card", "do_now", {"card": 0, INVOICE: 30}, minutes=90,
         card=(1, date(2026, 9, 1))),
    Case("H2", CHANGE, OUTSIDE, "hour_card", "do_now", {"card": -540}, "a card never expires (H3)",
         card=(10, date(2012, 1, 1))),
    Case("S1", {**INCIDENT, "cause": "care"}, INSIDE, "sla", "handle", {"sla": 60}),
    Case("S2", {**INCIDENT, "cause": "care", "service": "mail"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("I2", {**INCIDENT, "cause": "care", "service": "mail"}, INSIDE, "sla", "handle", {"sla": 60},
         "of a service that was agreed (S2)", customer_fields={"covered_services": "website, mail"}),
    Case("S3", {**INCIDENT, "cause": "care"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}, sla=False),
    Case("I1", {**INCIDENT, "worked_before": "no"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("I2", {**INCIDENT, "cause": "customer"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}, "outside"),
    Case("I3a", {**INCIDENT, "cause": "third_party"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("I3b", {**INCIDENT, "cause": "general_development", "fix_adopted": "no"}, OUTSIDE, "invoice", "handle",
         {INVOICE: 60}),
    Case("I3b", {**INCIDENT, "cause": "general_development", "fix_adopted": "yes"}, INSIDE, "sla", "handle",
         {"sla": 60}, "adopted"),
    Case("I3c", {**INCIDENT, "cause": "hourly_assignment"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("I3d", {**INCIDENT, "cause": "quoted_assignment", "delivered_on": "2026-04-11"}, OUTSIDE, "invoice", "handle",
         {INVOICE: 60}),
    Case("I3d", {**INCIDENT, "cause": "quoted_assignment", "delivered_on": "2026-04-12"}, INSIDE, "sla", "handle",
         {"sla": 60}, "exactly six months"),
    Case("I4", INCIDENT, UNKNOWN, "pending", "ask", {"pending": 60}),
    Case("C1", CHANGE, OUTSIDE, "invoice", "do_now", {"sla": 60}, activity="administration"),
    Case("C2", {"kind": "admin_question"}, INSIDE, "sla", "handle", {"sla": 60}),
    Case("N1", {**INCIDENT, "cause": "third_party"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("N2", CHANGE, OUTSIDE, "invoice", "do_now", {INVOICE: 60}),
    Case("N3", ADVICE, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("N4", {**ADVICE, "kind": "training"}, OUTSIDE, "invoice", "handle", {INVOICE: 60}),
    Case("N5", {"kind": "short_question", "expected_minutes": 10}, OUTSIDE, "invoice", "handle", {INVOICE: 60},
         channel="voice"),
    Case("W2", {**INCIDENT, "cause": "care"}, INSIDE, "sla", "handle", {"sla": 60}, "by telephone (N5)",
         channel="voice"),
    Case("W1", CHANGE, OUTSIDE, "invoice", "do_now", {"sla": 60}, activity="intake"),
    Case("W2", {**INCIDENT, "cause": "care"}, INSIDE, "sla", "handle", {"sla": 60}),
    Case("W3", {**INCIDENT, "cause": "care"}, INSIDE, "sla", "handle", {INVOICE: 60}, activity="extra_work"),
    Case("K1", {"kind": "short_question", "expected_minutes": 15}, OUTSIDE, "fair_use", "handle",
         {"fair_use:2026-10": 60}),
    Case("K1", {"kind": "short_question", "expected_minutes": 15}, OUTSIDE, "review", "handle",
         {"fair_use:2026-10": 60, "review": 30}, "beyond the allowance", minutes=90),
    Case("M1", {**CHANGE, "expected_minutes": 44}, OUTSIDE, "invoice", "do_now", {INVOICE: 60}),
    Case("M2", {**CHANGE, "acceptance": "on_acceptance"}, OUTSIDE, "invoice", "await_approval", {INVOICE: 60}),
    Case("M2", {**CHANGE, "acceptance": "approved"}, OUTSIDE, "invoice", "deliver", {INVOICE: 60}, "approved"),
    Case("M3", {**CHANGE, "expected_minutes": 46}, OUTSIDE, "invoice", "estimate", {INVOICE: 60}),
    Case("M3", {**CHANGE, "expected_minutes": 45}, OUTSIDE, "invoice", "estimate", {INVOICE: 60}, "exactly 45 minutes"),
    Case("M4", {**CHANGE, "expected_minutes": 46}, OUTSIDE, "invoice", "estimate", {INVOICE: 60}),
    Case("M5", CHANGE, OUTSIDE, "invoice", "do_now", {"fair_use:2026-10": 60}, activity="alignment"),
    Case("O1", QUOTE, OUTSIDE, "quote", "rough_estimate", {"quote": 60}),
    Case("O2", {**QUOTE, "quote": "interested"}, OUTSIDE, "quote", "make_quote", {"quote": 60}),
    Case("O3", QUOTE, OUTSIDE, "quote", "rough_estimate", {"quote": 60}, activity="alignment"),
    Case("O4", {**QUOTE, "quote": "declined"}, OUTSIDE, "review", "review", {"review": 60}),
    Case("X1", {"kind": "other", "expected_minutes": 30, "estimate": "none"}, OUTSIDE, "review", "review",
         {"review": 60}),
    Case("X1", LARGE_INCIDENT, OUTSIDE, "invoice", "estimate", {INVOICE: 60}, "an incident outside"),
    Case("Q3", {**LARGE_INCIDENT, "expected_minutes": 300}, OUTSIDE, "invoice", "rough_estimate", {INVOICE: 60},
         "an incident outside"),
    Case("X1", {"kind": "other", "expected_minutes": 50, "estimate": "none"}, OUTSIDE, "review", "estimate",
         {"review": 60}, "over 45 minutes"),
]  # fmt: skip
OF_CARDS = frozenset({"H1", "H3", "H4", "H5", "H6"})


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, str]]]:
    """An office in which every case was filed and one pass has run, and the ticket of each case."""
    folder = tmp_path_factory.mktemp("clauses")
    migrate(f"sqlite:///{folder / 'store.sqlite'}")
    with open_office(folder, f"sqlite:///{folder / 'store.sqlite'}") as office:
        tickets = {}
        for case in CASES:
            office.add_customer(case.name, sla=case.sla, **case.customer_fields)
            if case.card is not None:
                hours, bought_on = case.card
                office.buy_card(hours, customer=case.name, bought_on=bought_on)
            tickets[case.name] = office.file_ticket(customer=case.name, channel=case.channel, **case.facts)
            office.work(tickets[case.name], case.minutes, *filter(None, [case.activity]), customer=case.name)
        office.sync()
        yield office, tickets


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_clause_from_the_ticket_to_its_account(agency: tuple[Office, dict[str, str]], case: Case) -> None:
    office, tickets = agency
    ticket = tickets[case.name]
    assert office.ours(ticket) == {f"sla_{case.scope}", f"route_{case.route}", f"next_{case.step}"}
    balances = {account.partition(":")[0]: seconds for account, seconds in office.balances(case.name).items()}
    expected = {account.partition(":")[0]: minutes * 60 for account, minutes in case.accounts.items() if minutes}
    assert balances == expected
    (note,) = office.notes(ticket)
    if case.activity:
        assert case.clause in clauses_of_posting(office, ticket)
    else:
        assert any(line.startswith(f"{case.clause}: ") for line in note.splitlines()), note


def clauses_of_posting(office: Office, ticket: str) -> tuple[str, ...]:
    with office.application.store.read() as work:
        (standing,) = work.ledger.posted_of_tickets([ticket])[ticket]
        transaction = work.ledger.transaction(standing.transaction_id)
    assert transaction is not None
    return transaction.clauses


def test_no_clause_of_the_policy_is_without_a_case() -> None:
    assert {case.clause for case in CASES} | OF_CARDS == set(load_rules().clauses)


def test_h1_a_card_below_the_minimum_is_refused_without_a_reason(agency: tuple[Office, dict[str, str]]) -> None:
    office, _ = agency
    with pytest.raises(UserError, match="at least 50 hours"), office.application.store.begin() as work:
        cards.buy(
            work, str(office.organization("Q5")), hours=Decimal(49), rate=Decimal(90), bought_on=date(2026, 10, 1),
            reference="", now=office.clock.now(),
        )  # fmt: skip


def test_h4_h5_h6_cards_are_recalculated_a_year_later_unless_they_are_used_up(
    tmp_path: Path, sqlite_store_url: str
) -> None:
    with open_office(tmp_path, sqlite_store_url) as office:
        found = {}
        for name, hours_used in (("Half", 25), ("Nine tenths", 45), ("Used up", 46)):
            office.add_customer(name)
            found[office.buy_card(50, customer=name, bought_on=date(2025, 10, 13))] = name
            office.work(office.file_ticket(customer=name, **CHANGE), hours_used * 60, customer=name)
        office.sync()
        office.clock.advance(timedelta(days=2))
        office.sync()
        with office.application.store.read() as work:
            due = work.recalculations.all()
        states = {found[one.card_id]: (one.state, one.left_before, one.left_after) for one in due}
        assert states["Half"] == (RecalculationState.PROPOSED, 25 * HOUR, round(25 * HOUR * 90 / 92.5))
        assert states["Nine tenths"] == (RecalculationState.PROPOSED, 5 * HOUR, round(5 * HOUR * 90 / 92.5))
        assert states["Used up"][0] is RecalculationState.SETTLED
