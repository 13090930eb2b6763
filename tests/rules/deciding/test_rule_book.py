"""Facts that are not known, agreements, versions, suggestions: what deciding promises."""

from __future__ import annotations

from datetime import date

import pytest

from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_text
from rules.model.errors import RulesError
from tests.rules.policy import CHANGE, INCIDENT, QUESTION
from tests.rules.small import SMALL, changed


def test_facts_that_are_known_and_facts_as_they_were_written_decide_alike(book: RuleBook) -> None:
    written = {**INCIDENT, "cause": "quoted_assignment", "delivered_on": "2026-03-01", "covered_services": ["website"]}
    known = {
        **written,
        "sla": True,
        "hour_card": True,
        "worked_before": True,
        "delivered_on": date(2026, 3, 1),
        "reported_on": date(2026, 8, 15),
        "covered_services": frozenset({"website"}),
    }

    assert book.decide(known) == book.decide(written)


def test_null_is_as_unknown_as_absent(book: RuleBook) -> None:
    without = {name: value for name, value in INCIDENT.items() if name != "cause"}

    assert book.decide({**INCIDENT, "cause": None}) == book.decide(without)


def test_questions_stand_with_the_most_telling_first(book: RuleBook) -> None:
    questions = book.decide({**INCIDENT, "cause": None}).questions

    assert questions[0] == "cause"
    assert set(questions) == {"cause", "fix_adopted", "delivered_on"}


def test_an_empty_set_of_services_covers_nothing_whatever_the_service(book: RuleBook) -> None:
    decision = book.decide({**INCIDENT, "covered_services": [], "service": None})

    assert (decision.scope, decision.questions) == ("not_included", ())


def test_the_website_is_covered_when_nothing_is_said(book: RuleBook) -> None:
    assert book.decide(INCIDENT).scope == "included"
    assert book.decide({**INCIDENT, "covered_services": ["mail"]}).scope == "not_included"


def test_a_fact_of_the_wrong_type_is_named_with_what_it_takes(book: RuleBook) -> None:
    with pytest.raises(RulesError) as caught:
        book.decide(
            {"kind": "incidnt", "sla": "maybe", "expected_minutes": 1.5, "delivered_on": "2026-02-30", "csuse": "care"}
        )

    told = str(caught.value)
    assert "did you mean 'incident'?" in told
    assert "sla: 'maybe' is not valid: it must be yes or no" in told
    assert "expected_minutes: 1.5 is not valid: it must be a whole number of at least 0" in told
    assert "delivered_on: '2026-02-30' is not a day of the calendar" in told
    assert "'csuse' is not a fact - did you mean 'cause'?" in told


@pytest.mark.parametrize("value", ["1_000", "1e3", "nan", "inf", True, -1, "", [], 10**400])
def test_what_is_no_number_of_minutes_is_refused(book: RuleBook, value: object) -> None:
    with pytest.raises(RulesError, match="expected_minutes"):
        book.decide({"expected_minutes": value})


@pytest.mark.parametrize("value", [1, 0, 1.0, "1", [True]])
def test_what_is_no_yes_or_no_is_refused(book: RuleBook, value: object) -> None:
    with pytest.raises(RulesError, match="sla"):
        book.decide({"sla": value})


def test_a_derived_fact_cannot_be_given(book: RuleBook) -> None:
    with pytest.raises(RulesError, match="'months_since_delivery' is not a fact"):
        book.decide({"months_since_delivery": 3})
    with pytest.raises(RulesError, match="'months_since_delivery' is not a fact"):
        book.decide({"months_since_delivery": None})


def test_a_decision_reads_as_the_contract_says(book: RuleBook) -> None:
    shown = book.decide({**INCIDENT, "cause": "third_party"}).as_json()

    assert list(shown) == ["scope", "route", "next_step", "questions", "rules", "clauses", "reason"]
    assert shown["rules"][0] == "scope-third-party"
    assert "I3a" in shown["clauses"]
    assert shown["reason"]["nl"].startswith("De oorzaak ligt bij derden.")
    assert shown["reason"]["en"].startswith("The cause lies with a third party.")


def test_where_several_rules_may_have_led_here_all_are_told_as_possible(book: RuleBook) -> None:
    decision = book.decide({**INCIDENT, "cause": "third_party", "sla": None})

    assert decision.scope == "not_included"
    assert {"scope-no-sla", "scope-third-party"} <= set(decision.rules)
    assert (
        "Either: The customer has no SLA: nothing is included. Or: The cause lies with a third party."
        in (decision.reason["en"])
    )


def test_the_hash_names_the_text(book: RuleBook) -> None:
    other = load_text(book.text + "# a comment\n")

    assert load_text(book.text).hash == book.hash
    assert other.hash != book.hash
    assert book.text == SHIPPED.read_text(encoding="utf-8")


def test_questions_are_put_in_the_language_of_the_reader(book: RuleBook) -> None:
    assert book.question("sla", "nl_NL") == "Heeft deze klant een SLA?"
    assert book.question("sla", "en") == "Does this customer have an SLA?"
    assert book.question("sla", "fr") == "Does this customer have an SLA?"


def with_agreements(*agreements: str) -> RuleBook:
    text = SHIPPED.read_text(encoding="utf-8")
    lines = "".join(f"  - {agreement}\n" for agreement in agreements)
    return load_text(text.replace("agreements: []\n", f"agreements:\n{lines}"))


def test_an_agreement_widens_the_services_of_one_customer() -> None:
    book = with_agreements('{organization: "4711", facts: {covered_services: [Mail]}, because: "Overeenkomst 17"}')
    mail = {**INCIDENT, "service": "mail"}

    assert book.decide(mail, organization="4711").scope == "included"
    assert book.decide({**INCIDENT, "covered_services": ["website"]}, organization="4711").scope == "included"
    assert book.decide(mail, organization="4712").scope == "not_included"
    assert book.decide(mail).scope == "not_included"


def test_an_agreement_moves_a_threshold_for_one_customer() -> None:
    book = with_agreements('{organization: Bakkerij Jansen, parameters: {short_question: 30 minutes}, because: "A 18"}')
    question = {**QUESTION, "expected_minutes": 30, "quote": "none"}

    decision = book.decide(question, organization="bakkerij jansen")

    assert decision.route == "fair_use"
    assert decision.reason["nl"].startswith("Een vraag van hooguit 30 minuten.")
    assert book.decide(question).route == "hour_card"


def test_an_agreement_may_turn_the_order_of_thresholds_round() -> None:
    book = with_agreements('{organization: a, parameters: {small_below: 5 hours}, because: "A"}')

    assert book.decide({**CHANGE, "expected_minutes": 240}, organization="a").next_step == "do_now"
    assert book.decide({**CHANGE, "expected_minutes": 250}, organization="a").route == "quote"


def test_an_agreement_holds_on_its_days_only() -> None:
    book = with_agreements(
        '{organization: a, facts: {covered_services: [mail]}, from: 2026-03-01, until: 2026-03-31, because: "A"}'
    )
    mail = {**INCIDENT, "service": "mail"}

    scopes = [
        book.decide(mail, organization="a", on=date(2026, *day)).scope for day in [(2, 28), (3, 1), (3, 31), (4, 1)]
    ]

    assert scopes == ["not_included", "included", "included", "not_included"]


def test_two_agreements_of_one_customer_on_one_day_are_refused() -> None:
    with pytest.raises(RulesError, match="two agreements of 'A' hold on the same day"):
        with_agreements('{organization: a, because: "1"}', '{organization: A, from: 2026-01-01, because: "2"}')


@pytest.mark.parametrize(
    ("agreement", "message"),
    [
        ('{organization: a, facts: {covred: [x]}, because: "1"}', "'covred' is not a fact"),
        ('{organization: a, parameters: {shrt_question: 1 hour}, because: "1"}', "did you mean 'short_question'"),
        ('{organization: a, parameters: {short_question: 1 month}, because: "1"}', "short_question is in minutes"),
        ('{organization: a}', "an agreement lacks 'because'"),
        ('{organization: a, from: 2026-02-01, until: 2026-01-01, because: "1"}', "'until' lies before 'from'"),
    ],
)  # fmt: skip
def test_a_wrong_agreement_is_refused(agreement: str, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        with_agreements(agreement)


def test_older_time_keeps_its_numbers() -> None:
    text = changed("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2026-07-01, is: 60 minutes}]")
    book = load_text(text)
    facts = {"sla": "yes", "minutes": 50, "kind": "change"}

    assert book.decide(facts, on=date(2026, 6, 30)).scope == "not_included"
    assert book.decide(facts, on=date(2026, 7, 1)).scope == "included"
    assert book.decide(facts).scope == "included"
    assert book.decide(facts, on=date(2020, 1, 1)).scope == "not_included"


def test_older_time_keeps_its_rules() -> None:
    text = changed("          - id: too-long\n", "          - id: too-long\n            until: 2026-06-30\n")
    book = load_text(text)
    facts = {"sla": "yes", "minutes": 50, "kind": "change"}

    assert book.decide(facts, on=date(2026, 6, 30)).scope == "not_included"
    assert book.decide(facts, on=date(2026, 7, 1)).scope == "included"


def test_words_of_a_ticket_suggest_a_kind(book: RuleBook) -> None:
    nl = book.suggest("Contactformulier werkt niet meer", "Sinds gisteren krijgen we een foutmelding.")
    en = book.suggest("Question", "How do I add a news item?")

    assert nl is not None
    assert en is not None
    assert (nl.kind, en.kind) == ("incident", "short_question")
    assert "werkt niet meer" in nl.words


def test_no_kind_is_suggested_by_parts_of_words_or_by_nothing(book: RuleBook) -> None:
    assert book.suggest("Vijfhonderd15000", "unexchangeable") is None
    assert book.suggest("", "") is None


def test_a_rules_file_may_compare_dates_and_texts() -> None:
    more_facts = """\
  since:
    type: date
    ask: {nl: "Sinds?", en: "Since?"}
  about:
    type: text
    ask: {nl: "Waarover?", en: "What about?"}
decisions:
"""
    text = SMALL.replace("decisions:\n", more_facts, 1).replace(
        "{minutes: more than long}", "{minutes: more than long, since: on or after 2026-02-01, about: not Website}"
    )
    book = load_text(text)
    facts = {"sla": "yes", "minutes": 50, "kind": "change", "since": "2026-02-01", "about": "mail"}

    assert book.decide(facts).scope == "not_included"
    assert book.decide({**facts, "since": "2026-01-31"}).scope == "included"
    assert book.decide({**facts, "about": "WEBSITE"}).scope == "included"
    assert book.decide({**facts, "about": None}).questions == ("about",)
