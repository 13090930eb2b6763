"""What YAML is famous for going wrong goes wrong loudly, with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.loading import load_rules, load_text
from rules.model.errors import RulesError
from rules.proving.proof import prove
from rules.reading.definition_file import read_definition
from tests.rules.small import SMALL, changed


def problems_of(text: str) -> list[str]:
    with pytest.raises(RulesError) as caught:
        load_text(text, "my.yaml")
    return list(map(str, caught.value.problems))


def problem_of(text: str) -> str:
    problems = problems_of(text)
    assert len(problems) == 1, problems
    return problems[0]


def line_of(text: str, wanted: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if wanted in line)


def test_the_small_file_loads() -> None:
    book = load_text(SMALL)

    assert book.decide({"sla": "yes", "minutes": 10, "kind": "change"}).scope == "included"


# what YAML does to values


def test_no_is_a_word_and_not_a_boolean() -> None:
    """The Norway problem: a value called ``no`` stays text until a yes-or-no fact reads it."""
    text = changed("values: [incident, change, other]", "values: [incident, change, other, no]").replace(
        "kind: other", "kind: [other, no]"
    )

    book = load_text(text)

    assert book.facts["kind"].values[-1] == "no"
    assert book.decide({"kind": "no", "sla": "no"}).next_step == "ask"


def test_a_number_that_begins_with_zero_is_decimal() -> None:
    book = load_text(changed("value: 45 minutes", "value: 045 minutes"))

    assert book.parameters["long"].values == ((None, 45),)


def test_a_number_with_colons_is_refused_and_not_read_to_base_sixty() -> None:
    text = changed("value: 45 minutes", "value: 0:45")

    assert problem_of(text).startswith("my.yaml:4:17: parameter long: '0:45' is neither a quantity")


def test_a_tilde_is_nothing_and_not_a_value() -> None:
    assert "'then' of rule inside is a text and is not left empty" in problem_of(changed("then: included", "then: ~"))


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain, windows = load_text(SMALL), load_text("\ufeff" + SMALL.replace("\n", "\r\n"))

    assert windows.definition.rules == plain.definition.rules


# what YAML allows and rules do not


def test_a_key_that_is_written_twice_is_refused_with_both_lines() -> None:
    text = changed("        basis: text\n", "        basis: text\n        basis: inference\n")
    line = line_of(text, "basis: inference")

    assert problem_of(text) == f"my.yaml:{line}:9: 'basis' is written twice (first at line {line - 1})"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[A1]", "&a [A1]", "anchors and aliases are not used here"),
        ("[A1]", "*a", "anchors and aliases are not used here"),
        ("{sla: yes}", "{<<: {sla: yes}}", "merge keys"),
        ("then: included", "then: !!str included", "tags"),
        ("then: included", "then: !thing included", "tags"),
        ("then: included", 'then: !!python/object/apply:os.system ["true"]', "tags"),
        ("    rules:\n", "\trules:\n", "found a tab character that violates indentation"),
        ("then: included", "then: [included", "did not find expected"),
        ("  scope:\n", "  ? [scope]\n  :\n", "a key is a plain word"),
    ],
)
def test_it_is_refused_at_its_place(old: str, new: str, message: str) -> None:
    text = changed(old, new)
    first = problems_of(text)[0]

    assert message in first
    assert first.startswith("my.yaml:")
    assert first.split(":")[1].isdigit()


def test_a_second_document_is_refused() -> None:
    assert problem_of(f"{SMALL}---\npolicy: other\n") == (
        f"my.yaml:{SMALL.count(chr(10)) + 1}:1: one file holds one document; a second begins here"
    )


def test_a_bomb_of_references_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
    )

    assert "anchors and aliases" in problem_of(bomb)


def test_forty_one_levels_are_too_deep() -> None:
    assert "nested deeper than 40 levels" in problem_of("policy: " + "[" * 41 + "]" * 41)
    assert "maximum nesting depth" in problem_of("policy: " + "[" * 100_000)


def test_more_than_two_megabytes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(SMALL + "#" * 2_000_000)

    with pytest.raises(RulesError, match="larger than 2 MB"):
        load_rules(file)
    assert "larger than 2 MB" in problem_of(SMALL + "#" * 2_000_000)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("policy: café".encode("latin-1"))

    with pytest.raises(RulesError, match="is not UTF-8 text"):
        load_rules(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_rules(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "- a list\n", "a text\n", "policy\n"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert "a mapping is wanted here" in problem_of(text)


# names


@pytest.mark.parametrize(
    ("old", "new", "message", "suggestion"),
    [
        ("{sla: yes}", "{slaa: yes}", "'slaa' is neither a fact that can be tested nor a decision", "sla"),
        ("kind: [incident, change]", "kind: [incidnt, change]", "'incidnt' is not a value of kind", "incident"),
        ("then: included", "then: inclded", "'inclded' is not an outcome of scope", "included"),
        ("scope: included}", "scope: includd}", "'includd' is not a value of scope", "included"),
        ("more than long", "more than lng", "'lng' is neither a parameter nor a quantity", "long"),
        ("clauses: [A1]\n        basis: text", "clauses: [a1]\n        basis: text", "'a1' is not a clause", "A1"),
        ("Meer dan {long}", "Meer dan {lang}", "{lang} is not a parameter", "long"),
        ("basis: decision", "basis: decison", "'basis' is one of text, inference, decision", "decision"),
        ("type: choice", "type: chioce", "the type of fact kind is one of", "choice"),
        ("        then: included", "        than: included", "a rule has no 'than'", "then"),
        ("parameters:", "params:", "a rules file has no 'params'", "parameters"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_told_with_the_right_one(old: str, new: str, message: str, suggestion: str) -> None:
    text = changed(old, new)
    first = problems_of(text)[0]

    assert message in first
    assert first.endswith(f"did you mean {suggestion!r}?")
    wrong = new.replace(old, "") or new
    assert int(first.split(":")[1]) in {
        number for number, line in enumerate(text.splitlines(), 1) if any(part in line for part in wrong.split())
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', en: "With an SLA."', "", "the reason of rule inside lacks 'en'"),
        (', en: "Kind?"', "", "the question of fact kind lacks 'en'"),
        (', en: "Long work"', "", "clause A1 lacks 'en'"),
        ("        then: included\n", "", "a rule lacks 'then'"),
        ("        ask_owner: \"Wat dan?\"\n", "", "a decision of the owner carries 'ask_owner'"),
        ("{sla: yes}", "{}", "'when' of rule inside has at least one condition"),
        ("{sla: yes}", "{sla: maybe}", "sla is yes or no"),
        ("more than long", "over long", "'over long' is not a comparison"),
        ("more than long", "more than 2 months", "minutes is in minutes, '2 months' is not"),
        ("value: 45 minutes", "value: 6 months", "minutes is in minutes, long in months"),
        ("  sla:\n", "  has-sla:\n", "the name of a fact is made of small letters"),
        ("  long:", "  Long:", "the name of a parameter is made of small letters"),
        ("value: 45 minutes", "value: 45 parsecs", "'parsecs' is not a unit"),
        ("2026-01-01", "2026-02-30", "'effective_from' is a date such as 2026-01-31"),
        ("id: outside", "id: inside", "rule inside is written twice (first at line"),
        ("Meer dan {long}.", "Meer dan {long.", "braces in a reason"),
        ("Meer dan {long}.", "Meer dan {long.real.imag:>99999999}.", "braces in a reason"),
        ("    ask: {nl: \"Soort?\", en: \"Kind?\"}\n", "", "fact kind lacks 'ask'"),
        ("values: [incident, change, other]", "values: [incident, change, other, change]", "stands twice"),
        ("undetermined: pending", "undetermined: waiting", "'waiting' is not an outcome of decision route"),
        ("kept_by: ledger", "kept_by: nobody", "'kept_by' is ledger"),
        ("    shown: yes\n    named: yes\n", "    named: yes\n", "'scope' is missing, or lacks 'shown: yes'"),
        ("{minutes: more than long}", "{minutes: more than 45 minutes}", "parameter 'long' is used by no rule"),
        ("when: {scope: undetermined}", "when: {next_step: ask}", "'next_step' is neither a fact"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(old: str, new: str, message: str) -> None:
    problems = problems_of(changed(old, new))

    assert any(message in problem for problem in problems)
    assert all(one.startswith("my.yaml:") and one.split(":")[1].isdigit() for one in problems)


def test_every_mistake_is_told_at_once() -> None:
    text = changed("then: included", "then: inclded").replace("more than long", "more than lng")

    assert len(problems_of(text)) == 2


def test_a_file_full_of_mistakes_is_told_in_part() -> None:
    lines = "".join(f"  x{number}: 1\n" for number in range(200))

    assert len(problems_of(changed("facts:\n", f"facts:\n{lines}"))) <= 51


def test_a_fact_is_tested_in_one_way_only() -> None:
    """Otherwise an answer could rest on two facts that cannot be as they are taken to be."""
    more_facts = """\
  about:
    type: text
    ask: {nl: "Waarover?", en: "What about?"}
  covered:
    type: set of texts
    absent: [website]
    ask: {nl: "Gedekt?", en: "Covered?"}
  is_covered: {type: contained, text: about, set: covered}
decisions:
"""
    text = SMALL.replace("decisions:\n", more_facts, 1)
    text = text.replace("{minutes: more than long}", "{minutes: more than long, is_covered: yes}")
    load_text(text)

    assert "about and is_covered both rest on about" in problem_of(text.replace("{sla: no}", "{sla: no, about: mail}"))


def test_rules_that_overlap_in_too_many_ways_are_told_by_the_proof() -> None:
    """Each of a score of rules says the same of its own; which of them do is another matter for every situation."""
    rules = "".join(rule_about(f"r{number}", f"f{number}: yes", "included") for number in range(20))
    rules += rule_about("long", "minutes: more than long", "included")
    violation = prove(read_definition(many_facts(20, rules))).violations[0]

    assert violation.kind == "too entangled"


def many_facts(count: int, rules: str) -> str:
    """The small file with yes-or-no facts more, and rules about them in place of its own."""
    facts = "".join(f'  f{number}: {{type: yes or no, ask: {{nl: "?", en: "?"}}}}\n' for number in range(count))
    text = SMALL.replace("decisions:\n", f"{facts}decisions:\n")
    first, last = text.index("      - id: inside"), text.index("  route:\n")
    return text[:first] + rules + text[last:]


def rule_about(name: str, when: str, then: str) -> str:
    reason = '{nl: "?", en: "?"}'
    return f"      - {{id: {name}, clauses: [A1], basis: text, when: {{{when}}}, then: {then}, reason: {reason}}}\n"


def test_rules_whose_combinations_cannot_be_looked_through_are_refused_and_do_not_hang() -> None:
    """Pairs of facts that lie far apart: the diagram of their order has no small form."""
    half = 20
    rules = "".join(
        rule_about(f"r{number}", f"f{number}: yes, f{number + half}: yes, minutes: at most long", "included")
        for number in range(half)
    )

    assert "too many facts against each other" in problem_of(many_facts(2 * half, rules))


def test_more_facts_than_can_be_proven_over_are_refused() -> None:
    rules = rule_about("r", "sla: [yes, no], minutes: at most long", "included")

    assert "there are 203 facts" in problems_of(many_facts(200, rules))[0]
