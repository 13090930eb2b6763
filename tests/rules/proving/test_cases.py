"""The cases beside the rules: what they say and show, and that they catch every edit that changes the meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from care_sync.cli.main import run
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules
from rules.model.errors import RulesError
from rules.proving.cases import Case, as_yaml, neighbouring_cases, read_cases, run_cases
from rules.proving.coverage import coverage_of
from tests.rules.mutation import edits_tried

CASES = SHIPPED.with_name("care.cases.yaml")
EVERY = 31
"""Of the edits each 31st is tried, others in each part of the file; ``python -m tests.rules.mutation`` tries all."""


@pytest.fixture(scope="module")
def cases(book: RuleBook) -> list[Case]:
    return read_cases(CASES.read_text("utf-8"), "care.cases.yaml", book)


def test_the_shipped_rules_pass_their_cases(book: RuleBook, cases: list[Case]) -> None:
    assert [failure.lines() for failure in run_cases(book, cases)] == []


def test_the_cases_show_every_rule_that_is_told_every_clause_and_each_side_of_each_threshold(
    book: RuleBook, cases: list[Case]
) -> None:
    found = coverage_of(book, cases)
    assert (found.rules_missing, found.clauses_missing) == (frozenset(), frozenset())
    for threshold in (
        "expected_minutes small_below",
        "expected_minutes quote_above",
        "expected_minutes short_question",
    ):
        assert all(found.sides[threshold, side] for side in ("below", "at", "above")), threshold


def test_what_is_generated_shows_new_ways_and_waits_for_approval(book: RuleBook, cases: list[Case]) -> None:
    written = cases[:20]

    generated = neighbouring_cases(book, written)

    ways = [way_of(book, case) for case in generated]
    assert generated
    assert not any(case.approved for case in generated)
    assert len(set(ways)) == len(ways)
    assert set(ways).isdisjoint(way_of(book, case) for case in written)


def way_of(book: RuleBook, case: Case) -> tuple[object, ...]:
    """How the rules come to the answer of a case."""
    decision = book.decide(case.facts)
    return (decision.scope, decision.route, decision.next_step, decision.rules)


def test_a_single_edit_that_changes_the_meaning_is_caught(book: RuleBook, cases: list[Case]) -> None:
    tried = dict(edits_tried(book, cases, EVERY))

    assert [name for name, is_caught in tried.items() if not is_caught] == []
    assert len(tried) > 30


def test_a_mistake_in_a_case_is_told_with_its_place(book: RuleBook) -> None:
    text = "cases:\n  - {name: a, facts: {casue: care}, expect: included sla handel}\n  - {name: a, facts: {}}\n"
    with pytest.raises(RulesError) as refused:
        read_cases(text, "ours.cases.yaml", book)
    told = [str(one) for one in refused.value.problems]
    assert any(one.startswith("ours.cases.yaml:2:") and "did you mean 'cause'?" in one for one in told)
    assert any("'handel' is not an outcome of next_step" in one for one in told)
    assert any(one.startswith("ours.cases.yaml:3:") and "expect" in one for one in told)


def test_a_case_that_nobody_approved_fails_until_somebody_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "our.yaml"
    rules.write_text(SHIPPED.read_text("utf-8"), encoding="utf-8")
    ours = tmp_path / "our.cases.yaml"
    first = read_cases(CASES.read_text("utf-8"), "care.cases.yaml", load_rules())[0]
    ours.write_text("cases:\n" + as_yaml([first]), encoding="utf-8")
    assert run(["rules", "test", str(rules), "--generate"]) == 0
    assert "approved: no" in ours.read_text("utf-8")
    assert run(["rules", "test", str(rules)]) == 1
    assert "nobody has approved" in capsys.readouterr().out
    ours.write_text(ours.read_text("utf-8").replace(", approved: no", ""), encoding="utf-8")
    assert run(["rules", "test", str(rules)]) == 0


def test_a_wrong_answer_is_told_as_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "our.yaml"
    rules.write_text(SHIPPED.read_text("utf-8").replace("value: 45 minutes", "value: 30 minutes"), encoding="utf-8")
    (tmp_path / "our.cases.yaml").write_text(CASES.read_text("utf-8"), encoding="utf-8")
    assert run(["rules", "test", str(rules)]) == 1
    output = capsys.readouterr().out
    assert "  - next_step: do_now" in output
    assert "  + next_step: estimate" in output
