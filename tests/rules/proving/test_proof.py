"""The proof finds what does not hold, shows the smallest example of it, and finds nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED
from rules.proving.proof import Proof, prove
from rules.proving.text_only import left_open, questions_to_owner
from rules.proving.violations import Violation
from rules.reading.definition_file import read_definition
from tests.rules.small import SMALL, changed


def proof_of(text: str) -> Proof:
    return prove(read_definition(text, "my.yaml"))


def only_violation(text: str) -> Violation:
    violations = proof_of(text).violations
    assert len(violations) == 1, [one.message for one in violations]
    return violations[0]


def line_of(text: str, wanted: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if wanted in line)


def without_rule(text: str, rule: str) -> str:
    """The small file without one of its six-line rules."""
    lines = text.splitlines(keepends=True)
    first = line_of(text, f"- id: {rule}") - 1
    return "".join(lines[:first] + lines[first + 6 :])


def with_property(text: str, written: str) -> str:
    return f'{text}properties:\n  - {{id: p, {written}, because: {{nl: "Daarom.", en: "Because."}}}}\n'


def test_the_shipped_policy_holds(book: RuleBook) -> None:
    proof = prove(book.definition)

    assert [one.message for one in proof.violations] == []
    assert proof.holds
    assert proof.situations > 10**11
    assert (proof.rules, proof.shapes) == (len(book.rules), 1)


def test_the_small_file_holds() -> None:
    proof = proof_of(SMALL)

    assert proof.holds
    # kind: 3 words or unknown; sla: 2 or unknown; minutes: below, at, above 45, or unknown
    assert proof.situations == 4 * 3 * 4


def test_a_gap_is_shown_at_its_decision_with_its_smallest_example() -> None:
    text = without_rule(SMALL, "outside").replace("never", "never")

    violation = only_violation(text)

    assert violation.kind == "gap"
    assert (violation.line, violation.column) == (line_of(text, "  scope:"), 3)
    assert violation.example == {"sla": False}
    assert violation.message == "scope is not decided where sla is no, for example {sla: no}: no rule applies"


def test_a_gap_at_a_single_number_is_found() -> None:
    text = changed("{minutes: more than long}", "{minutes: more than long}").replace(
        "when: {sla: yes}", "when: {sla: yes, minutes: less than long}"
    )
    text = text.replace("{minutes: more than long}", "{minutes: less than 10 minutes}")

    assert only_violation(text).example == {"sla": True, "minutes": 45}


def test_gaps_that_have_nothing_in_common_are_shown_apart() -> None:
    text = changed("when: {kind: [incident, change]}", "when: {kind: incident, minutes: at most long}")

    examples = [violation.example for violation in proof_of(text).violations]

    assert examples == [{"kind": "change"}, {"kind": "incident", "minutes": 46}]


def test_a_conflict_is_shown_at_its_first_rule_with_both_outcomes() -> None:
    text = changed("when: {sla: no}", "when: {minutes: at least long}")
    text = text.replace("{minutes: more than long}", "{sla: yes, minutes: more than 2 hours}")

    conflict = next(one for one in proof_of(text).violations if one.kind == "conflict")

    assert conflict.rules == ("inside", "outside")
    assert conflict.line == line_of(text, "id: inside")
    assert conflict.example == {"sla": True, "minutes": 45}
    assert "says included" in conflict.message
    assert "says not_included" in conflict.message
    assert conflict.remedy.startswith("move the one that is to win, inside (line")


def test_a_conflict_with_a_rule_that_applies_to_less_says_under_which_unless_it_belongs() -> None:
    special = """\
      - id: special
        clauses: [A1]
        basis: text
        when: {sla: no, kind: incident}
        then: included
        reason: {nl: "x", en: "x"}
  route:
"""
    text = changed("  route:\n", special)

    violation = only_violation(text)

    special_line, general_line = line_of(text, "id: special"), line_of(text, "id: outside")
    assert violation.remedy == (
        f"special applies to less than outside: to let it win, move it (line {special_line}) under `unless` of outside "
        f"(line {general_line})"
    )


def test_doing_what_a_conflict_says_mends_it() -> None:
    exception = """\
        reason: {nl: "Zonder SLA.", en: "Without an SLA."}
        unless:
          - id: special
            clauses: [A1]
            basis: text
            when: {kind: incident}
            then: included
            reason: {nl: "x", en: "x"}
"""
    text = changed('        reason: {nl: "Zonder SLA.", en: "Without an SLA."}\n', exception)

    assert proof_of(text).holds


def test_two_exceptions_that_disagree_are_a_conflict() -> None:
    second = """\
          - id: too-short
            clauses: [A1]
            basis: text
            when: {minutes: at least 50 minutes}
            then: included
            reason: {nl: "x", en: "x"}
      - id: outside
"""
    text = changed("      - id: outside\n", second)

    violation = only_violation(text)

    assert (violation.kind, violation.rules) == ("conflict", ("too-long", "too-short"))


def test_a_rule_that_can_never_win_is_found() -> None:
    text = changed("when: {minutes: more than long}", "when: {minutes: more than long, sla: no}")

    violation = only_violation(text)

    assert (violation.kind, violation.rules) == ("dead rule", ("too-long",))
    assert violation.line == line_of(text, "id: too-long")


def test_a_rule_whose_exceptions_leave_it_nothing_is_found() -> None:
    text = changed("when: {minutes: more than long}", "when: {minutes: at least 0 minutes}").replace(
        "when: {sla: no}", "when: {sla: no, minutes: at least long}"
    )

    kinds = {(one.kind, one.rules) for one in proof_of(text).violations}

    assert ("dead rule", ("inside",)) in kinds
    assert ("unused outcome", ("included",)) in kinds


def test_a_rule_that_rests_on_what_an_earlier_decision_never_says_is_found() -> None:
    text = without_rule(SMALL, "outside").replace("when: {sla: yes}", "when: {sla: [yes, no]}")
    text = text.replace("then: not_included", "then: included")

    kinds = {(one.kind, one.rules) for one in proof_of(text).violations}

    assert ("dead rule", ("charged",)) in kinds


def test_a_rule_that_speaks_of_the_undetermined_is_not_dead() -> None:
    assert proof_of(SMALL).holds


def test_a_gap_that_shows_only_while_something_is_not_known_is_found() -> None:
    text = without_rule(SMALL, "held")

    violation = next(one for one in proof_of(text).violations if one.kind == "gap")

    assert violation.message.startswith("route is not decided always")
    assert ", scope undetermined" in violation.message


def test_a_decision_that_cannot_be_undetermined_needs_no_rule_for_it() -> None:
    text = without_rule(without_rule(SMALL, "held"), "outside").replace("when: {sla: yes}", "when: {sla: [yes, no]}")
    text = text.replace("{minutes: more than long}", "{sla: yes, minutes: more than long}").replace(
        "then: not_included", "then: included", 1
    )

    assert not [one for one in proof_of(text).violations if one.kind == "gap"]


def test_a_clause_that_no_rule_cites_is_found() -> None:
    text = changed('  A2: {kept_by: ledger, nl: "Kaart", en: "Card"}', '  A2: {nl: "Kaart", en: "Card"}')

    violation = only_violation(text)

    assert (violation.kind, violation.line, violation.column) == ("unused clause", line_of(text, "A2:"), 3)


def test_an_outcome_that_no_rule_gives_is_found() -> None:
    violation = only_violation(changed("outcomes: [handle, ask]", "outcomes: [handle, ask, wait]"))

    assert (violation.kind, violation.rules) == ("unused outcome", ("wait",))


@pytest.mark.parametrize(
    ("written", "example"),
    [
        ("never: {sla: no, route: invoice}", {"sla": False}),
        ("never: {sla: yes, route: invoice}", {"sla": True, "minutes": 46}),
        ("never: {scope: undetermined, sla: yes}", {"sla": True, "minutes": None}),
        ("never: {sla: unknown, route: pending}", {"sla": None, "minutes": 44}),
        ("never: {minutes: unknown, route: sla}", None),
        ("never: {sla: unknown, scope: included}", None),
        ("never: {minutes: more than long, sla: unknown, scope: undetermined}", None),
        ("never: {minutes: at most long, sla: unknown, scope: undetermined}", {"sla": None, "minutes": 44}),
        ("monotone: [scope, route, next_step]", None),
    ],
)
def test_a_property_is_kept_or_refuted_by_the_smallest_example(written: str, example: Mapping[str, Any] | None) -> None:
    proof = proof_of(with_property(SMALL, written))

    assert [one.example for one in proof.violations] == ([] if example is None else [example])


def test_a_property_is_refuted_at_its_place_with_its_reason() -> None:
    text = with_property(SMALL, "never: {sla: no, route: invoice}")

    violation = only_violation(text)

    assert (violation.line, violation.column) == (line_of(text, "{id: p"), 10)
    assert violation.message.endswith("Because.")


def test_an_answer_that_turns_a_settled_outcome_is_found() -> None:
    text = without_rule(SMALL, "held").replace("when: {scope: included}", "when: {scope: [included, undetermined]}")

    violation = next(
        one for one in proof_of(with_property(text, "monotone: [route]")).violations if one.kind == "monotone"
    )

    assert "route is sla" in violation.message
    assert violation.example is not None
    assert None in violation.example.values()


def test_what_holds_until_a_number_changes_is_shown_with_the_day() -> None:
    text = changed("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2027-01-01, is: 5 minutes}]")
    text = text.replace("when: {kind: other}", "when: {kind: other, minutes: at least 0 minutes}")
    text = with_property(text, "never: {minutes: exactly 10 minutes, sla: yes, route: invoice}")

    violation = only_violation(text)

    assert violation.judged_by == "from 2027-01-01"
    assert "(from 2027-01-01)" in violation.message


def test_what_holds_for_all_but_one_customer_is_shown_with_the_agreement() -> None:
    text = SMALL + 'agreements:\n  - {organization: "4711", parameters: {long: 5 minutes}, because: "x"}\n'
    text = with_property(text, "never: {minutes: exactly 10 minutes, sla: yes, route: invoice}")

    violation = only_violation(text)

    assert violation.judged_by == "by the agreement of 4711"


def test_agreements_whose_numbers_stand_in_the_same_order_are_proven_once(book: RuleBook) -> None:
    lines = "".join(
        f"  - {{organization: c{number}, parameters: {{short_question: {16 + number % 20} minutes}}, because: x}}\n"
        for number in range(500)
    )
    text = book.text.replace("agreements: []\n", f"agreements:\n{lines}")

    proof = proof_of(text)

    assert proof.holds
    assert (proof.agreements, proof.shapes) == (500, 1)


def test_a_rule_that_wins_for_one_customer_only_is_not_dead() -> None:
    text = changed("when: {minutes: more than long}", "when: {minutes: more than long and at most 30 minutes}")
    agreement = 'agreements:\n  - {organization: "4711", parameters: {long: 5 minutes}, because: "x"}\n'

    assert [one.rules for one in proof_of(text).violations] == [("too-long",)]
    assert proof_of(text + agreement).holds


def test_the_text_alone_leaves_open_what_had_to_be_decided(book: RuleBook) -> None:
    open_ = {one.decision: one for one in left_open(book.definition)}

    examples = [region.example for region in open_["work"].open_regions]
    assert {"kind": "change", "expected_minutes": 240, "quote": "none"} in examples
    causes = [region.words.get("cause") for region in open_["scope"].open_regions]
    assert ["customer"] in causes


def test_every_decision_of_the_owner_comes_with_its_question(book: RuleBook) -> None:
    asked = {one.about for one in questions_to_owner(book.definition)}

    decided = {f"rule {rule.id}" for rule in book.rules.values() if rule.basis == "decision"}
    assert decided <= asked
    assert "parameter short_question" in asked


def test_the_proof_of_the_shipped_text_names_its_hash(book: RuleBook) -> None:
    assert prove(read_definition(SHIPPED.read_text(encoding="utf-8"))).as_json()["hash"] == book.hash
