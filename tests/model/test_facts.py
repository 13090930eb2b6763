"""Facts of a ticket, each with its source: the ticket's field, a tag, the default; never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from care_sync.model.facts import Collected, FromLedger, collect
from connectors.records import Organization, Ticket, TicketStatus
from rules.loading import load_rules

REPORTED = date(2026, 10, 5)
FACTS = load_rules().facts


@dataclass
class Answers:
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


def gather(
    fields: Mapping[str, object] | None = None,
    *,
    tags: tuple[str, ...] = (),
    customer: Mapping[str, object] | None = None,
    ledger: FromLedger | None = None,
    answers: Answers | None = None,
) -> Collected:
    moment = datetime(2026, 10, 5, 9, tzinfo=UTC)
    ticket = Ticket("1", "1", "x", TicketStatus.OPEN, moment, moment, tags=frozenset(tags), fields=dict(fields or {}))  # type: ignore[arg-type]
    organization = None if customer is None else Organization("5", "Bakkerij", dict(customer))  # type: ignore[arg-type]
    return collect(ticket, organization, ledger, FACTS, answers or Answers(), REPORTED)


def test_the_field_says_more_than_the_tag_and_the_tag_more_than_the_default() -> None:
    answers = Answers(defaults={"kind": "other"})
    assert gather({"kind": "change"}, tags=("kind_incident",), answers=answers).facts["kind"] == "change"
    assert gather(tags=("kind_incident",), answers=answers).facts["kind"] == "incident"
    by_default = gather(answers=answers)
    assert (by_default.facts["kind"], by_default.sources["kind"]) == ("other", "setting facts.defaults.kind")


@pytest.mark.parametrize("option", ["third_party", "Third party", "cause_third_party", "third-party"])
def test_an_option_is_the_rules_word_or_has_its_fact_before_it(option: str) -> None:
    assert gather({"cause": option}).facts["cause"] == "third_party"


def test_a_site_can_translate_its_options() -> None:
    answers = Answers(values={"cause": {"Bij derden": "third_party"}})
    assert gather({"cause": "bij derden"}, answers=answers).facts["cause"] == "third_party"


def test_what_cannot_be_read_is_unknown_and_a_problem_and_no_default_takes_its_place() -> None:
    collected = gather({"cause": "the moon"}, answers=Answers(defaults={"cause": "care"}))
    assert "cause" not in collected.facts
    assert "'the moon'" in collected.problems["cause"]


def test_two_tags_that_contradict_each_other_say_nothing() -> None:
    assert "kind" not in gather(tags=("kind_incident", "kind_change")).facts


def test_without_a_customer_nothing_is_known_of_agreements_and_cards() -> None:
    assert {"sla", "covered_services", "hour_card"}.isdisjoint(gather().facts)


def test_the_ledger_says_whether_a_card_pays_and_what_is_free() -> None:
    collected = gather(customer={"sla": True}, ledger=FromLedger(hour_card=True, fair_use_minutes=60))
    assert (collected.facts["hour_card"], collected.facts["fair_use_left_minutes"]) == (True, 60)
    assert collected.sources["hour_card"] == "ledger"


def test_a_kind_of_work_has_the_facts_of_its_ticket_and_its_own() -> None:
    collected = gather({"kind": "change"})
    assert collected.of_activity("intake") == {**collected.facts, "activity": "intake"}
