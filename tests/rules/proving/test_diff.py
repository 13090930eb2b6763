"""What changed in meaning: equal when nothing did, and otherwise every situation that is decided differently."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rules.deciding.rule_book import RuleBook
from rules.loading import load_text
from rules.proving.diff import RulesDiff, diff_rules
from rules.reading.definition_file import read_definition
from tests.rules.oracle import Oracle
from tests.rules.random_tickets import given, random_ticket
from tests.rules.small import SMALL, changed

ANSWER = ("scope", "route", "next_step")


def difference(old: str, new: str) -> RulesDiff:
    return diff_rules(read_definition(old), read_definition(new))


def answer(book: RuleBook, facts: dict[str, Any]) -> dict[str, str]:
    decision = book.decide(facts)
    return {"scope": decision.scope, "route": decision.route, "next_step": decision.next_step}


def test_a_file_is_equal_to_itself(book: RuleBook) -> None:
    assert diff_rules(book.definition, book.definition).is_none


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: {kind: [incident, change]}", "when: {kind: not other}"),
        ("more than long", "more than 45 minutes and at least long"),
        ("when: {sla: no}", "when: {sla: no, minutes: at least 0 minutes}"),
        ('nl: "Gratis."', 'nl: "Voor niets."'),
        ("id: free", "id: gratis"),
        ("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2027-01-01, is: 45 minutes}]"),
    ],
)
def test_what_is_written_otherwise_and_means_the_same_is_equal(old: str, new: str) -> None:
    assert difference(SMALL, changed(old, new)).is_none


def test_the_order_of_rules_means_nothing() -> None:
    lines = SMALL.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if "- id: go" in line)
    turned = "".join(lines[:first] + lines[first + 6 :] + lines[first : first + 6])

    assert difference(SMALL, turned).is_none


def test_a_moved_number_shows_what_lies_between() -> None:
    found = difference(SMALL, changed("value: 45 minutes", "value: 60 minutes"))

    (region,) = found.regions
    assert region.boxes == ({"sla": ["yes"], "minutes": ["more than 45 minutes and at most 1 hour"]},)
    assert region.before == {"scope": "not_included", "route": "invoice"}
    assert region.after == {"scope": "included", "route": "sla"}
    assert region.example == {"sla": True, "minutes": 46}
    assert (region.rules_before, region.rules_after) == (("too-long", "charged"), ("inside", "free"))
    assert not region.while_open


def test_one_whole_minute_is_a_difference_and_half_a_minute_is_none() -> None:
    fraction = difference(SMALL, changed("value: 45 minutes", "value: 45.5 minutes"))
    minute = difference(SMALL, changed("value: 45 minutes", "value: 46 minutes"))

    assert fraction.is_none
    assert [region.boxes for region in minute.regions] == [({"sla": ["yes"], "minutes": ["exactly 46 minutes"]},)]


def test_what_differs_only_while_something_is_not_known_is_told_apart() -> None:
    old = "when: {scope: undetermined}\n        then: pending"
    found = difference(SMALL, changed(old, old.replace("then: pending", "then: sla")))

    assert [region.while_open for region in found.regions] == [True]
    assert found.regions[0].before == {"route": "pending"}
    assert None in found.regions[0].example.values()


def test_a_number_that_changes_on_a_day_differs_from_that_day_on() -> None:
    text = changed("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2027-01-01, is: 60 minutes}]")

    assert [region.judged_by for region in difference(SMALL, text).regions] == ["from 2027-01-01"]


def test_a_customers_own_number_differs_for_that_customer() -> None:
    text = SMALL + 'agreements:\n  - {organization: "4711", parameters: {long: 60 minutes}, because: "x"}\n'

    found = difference(SMALL, text)

    assert found.notes == ("the agreement of 4711 is new",)
    assert [region.judged_by for region in found.regions] == ["for 4711"]


def test_a_new_value_of_a_fact_is_told() -> None:
    text = changed("values: [incident, change, other]", "values: [incident, change, training, other]").replace(
        "when: {kind: other}", "when: {kind: [other, training]}"
    )

    found = difference(SMALL, text)

    assert "training is a new value of kind" in found.notes


EDITS = [
    ("quote_above: {value: 4 hours", "quote_above: {value: 5 hours"),
    ("small_below: {value: 45 minutes", "small_below: {value: 30 minutes"),
    ("warranty: {value: 6 months", "warranty: {value: 5 months"),
    ("when: {cause: customer}", "when: {cause: [customer, care]}"),
    ("when: {worked_before: no}", "when: {worked_before: no, service_covered: no}"),
    ("when: {quote: accepted, quote_basis: time_and_materials}", "when: {quote: accepted}"),
    ("when: {channel: phone, sla: no}", "when: {channel: phone}"),
    ("when: {activity: [whole_ticket, work]}", "when: {activity: [whole_ticket, work, intake]}"),
    ("fair_use_left_minutes: at most allowance_used_up", "fair_use_left_minutes: less than allowance_used_up"),
    ("when: {acceptance: approved}", "when: {acceptance: [approved, delivered]}"),
]


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_every_situation_that_is_decided_otherwise_lies_in_a_region_and_no_other(
    book: RuleBook, old: str, new: str
) -> None:
    """Tried on thousands of tickets, half of them near an example of a difference."""
    assert old in book.text
    other = load_text(book.text.replace(old, new, 1))
    found = diff_rules(book.definition, other.definition)
    oracle, source = Oracle(book.text), random.Random(old)
    changes = {(str(region.before), str(region.after)) for region in found.regions if not region.while_open}
    seen = set()
    for number in range(3000):
        facts = random_ticket(oracle, source)
        if found.regions and number % 2:
            facts |= _as_given(source.choice(found.regions).example)
        one, another = answer(book, given(facts)), answer(other, given(facts))
        before = {name: one[name] for name in ANSWER if one[name] != another[name]}
        after = {name: another[name] for name in ANSWER if one[name] != another[name]}
        if before:
            assert (str(before), str(after)) in changes, facts
            seen.add((str(before), str(after)))
    assert found.regions
    assert seen


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_every_example_is_decided_otherwise(book: RuleBook, old: str, new: str) -> None:
    other = load_text(book.text.replace(old, new, 1))

    for region in diff_rules(book.definition, other.definition).regions:
        if region.while_open:
            continue
        facts = {**_everything(book), **region.example}
        one, another = answer(book, facts), answer(other, facts)
        assert {name: one[name] for name in region.before} == region.before, region.example
        assert {name: another[name] for name in region.after} == region.after, region.example


def _everything(book: RuleBook) -> dict[str, Any]:
    """A value of every fact, so that examples, which leave out what makes no difference, are known in full."""
    facts: dict[str, Any] = {"delivered_on": "2026-01-01", "reported_on": "2026-02-01", "service": "website"}
    for name, fact in book.facts.items():
        if fact.type == "choice" and fact.absent is None:
            facts[name] = fact.values[0]
        elif fact.type == "yes or no":
            facts[name] = True
        elif fact.type == "number":
            facts[name] = 10
    return facts


def _as_given(example: Any) -> dict[str, Any]:
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) else value
        for name, value in example.items()
        if value is not None and not name.endswith("_on")
    }
