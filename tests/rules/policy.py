"""The policy, clause by clause, as situations with the answer that the policy gives.

Each situation names the clauses that it is an example of. Facts are complete unless leaving one out is the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CUSTOMER = {"sla": "yes", "hour_card": "yes", "fair_use_left_minutes": 60, "channel": "email"}
INCIDENT = {
    **CUSTOMER,
    "kind": "incident",
    "service": "website",
    "worked_before": "yes",
    "cause": "care",
    "reported_on": "2026-08-15",
    "expected_minutes": 30,
}
OUTSIDE = {
    **INCIDENT,
    "cause": "third_party",
    "expected_minutes": 60,
    "quote": "none",
    "estimate": "none",
    "acceptance": "none",
}
CHANGE = {
    **CUSTOMER,
    "kind": "change",
    "expected_minutes": 30,
    "clear": "yes",
    "quote": "none",
    "acceptance": "none",
    "estimate": "none",
}
QUESTION = {**CUSTOMER, "kind": "short_question", "expected_minutes": 10}
QUOTED = {**CUSTOMER, "kind": "new_build", "quote": "none", "acceptance": "none"}
ADVICE = {**CUSTOMER, "kind": "consultancy", "expected_minutes": 30, "quote": "none", "estimate": "none"}
OTHER = {**CUSTOMER, "kind": "other", "expected_minutes": 20, "estimate": "none"}


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts and what must be said of them; ``questions`` in any order, where they are given."""

    name: str
    clauses: tuple[str, ...]
    facts: Mapping[str, Any]
    scope: str
    route: str
    next_step: str
    questions: frozenset[str] | None = None


def situation(
    name: str, clauses: str, facts: Mapping[str, Any], answer: str, questions: str | None = None, **changed: Any
) -> Situation:
    """``answer`` is ``scope route next_step``; a fact that is changed to ``None`` is not known."""
    scope, route, next_step = answer.split()
    return Situation(
        name,
        tuple(clauses.split()),
        {**facts, **changed},
        scope,
        route,
        next_step,
        None if questions is None else frozenset(questions.split()),
    )


SITUATIONS = (
    # quote or hour card
    situation(
        "time on an accepted fixed price is covered by the quote",
        "Q1",
        QUOTED,
        "not_included quote handle",
        quote="accepted",
        quote_basis="fixed",
    ),
    situation(
        "a small change on an accepted fixed price is covered by the quote",
        "Q1",
        CHANGE,
        "not_included quote handle",
        quote="accepted",
        quote_basis="fixed",
    ),
    situation(
        "exactly four hours on an accepted fixed price is covered by the quote",
        "Q1",
        CHANGE,
        "not_included quote handle",
        expected_minutes=240,
        quote="accepted",
        quote_basis="fixed",
    ),
    situation(
        "a long question for which there is a quote is covered by it",
        "Q1",
        QUESTION,
        "not_included quote handle",
        expected_minutes=60,
        quote="accepted",
        quote_basis="fixed",
    ),
    situation(
        "a part on actual hours goes to the hour card",
        "Q2",
        QUOTED,
        "not_included hour_card handle",
        quote="accepted",
        quote_basis="time_and_materials",
    ),
    situation(
        "a part on actual hours goes to the invoice without a card",
        "Q2",
        QUOTED,
        "not_included invoice handle",
        quote="accepted",
        quote_basis="time_and_materials",
        hour_card="no",
    ),
    situation(
        "an accepted quote of unknown basis is asked for",
        "Q1 Q2",
        QUOTED,
        "not_included pending handle",
        "quote_basis",
        quote="accepted",
    ),
    situation(
        "more than four hours needs a quote", "Q3", CHANGE, "not_included quote rough_estimate", expected_minutes=241
    ),
    situation(
        "a long question of more than four hours needs a quote",
        "Q3",
        QUESTION,
        "not_included quote rough_estimate",
        expected_minutes=300,
        quote="none",
    ),
    situation(
        "something new needs a quote however small",
        "Q4",
        QUOTED,
        "not_included quote rough_estimate",
        expected_minutes=10,
    ),
    situation("work under four hours is deducted from the hour card", "Q5 H2", CHANGE, "not_included hour_card do_now"),
    situation(
        "work under four hours is invoiced without a card", "Q5", CHANGE, "not_included invoice do_now", hour_card="no"
    ),
    situation(
        "exactly four hours needs no quote and gets an estimate",
        "Q3 Q5",
        CHANGE,
        "not_included hour_card estimate",
        expected_minutes=240,
    ),
    # incidents
    situation("an incident on the website caused by CARE is included", "S1 I2 W2", INCIDENT, "included sla handle", ""),
    situation(
        "an incident with another service is outside", "S2", INCIDENT, "not_included hour_card handle", service="mail"
    ),
    situation(
        "an incident with a service of the agreement is inside",
        "S2",
        INCIDENT,
        "included sla handle",
        service="Mail",
        covered_services=["website", "mail"],
    ),
    situation("nothing is included without an SLA", "S3", INCIDENT, "not_included hour_card handle", "", sla="no"),
    situation(
        "without an SLA the cause is never asked for",
        "S3",
        CUSTOMER,
        "not_included invoice handle",
        "",
        kind="incident",
        sla="no",
        hour_card="no",
        expected_minutes=30,
    ),
    situation(
        "what never worked is no incident", "I1 N1", INCIDENT, "not_included hour_card handle", worked_before="no"
    ),
    situation(
        "a cause at the customer is outside", "I2 N1", INCIDENT, "not_included hour_card handle", cause="customer"
    ),
    situation(
        "a cause at a third party is outside", "I3a N1", INCIDENT, "not_included hour_card handle", cause="third_party"
    ),
    situation(
        "a general development is outside",
        "I3b N1",
        INCIDENT,
        "not_included hour_card handle",
        cause="general_development",
        fix_adopted="no",
    ),
    situation(
        "a general development whose fix CARE adopts is inside",
        "I3b",
        INCIDENT,
        "included sla handle",
        cause="general_development",
        fix_adopted="yes",
    ),
    situation(
        "a general development is open until CARE says whether it adopts the fix",
        "I3b I4",
        INCIDENT,
        "undetermined pending ask",
        "fix_adopted",
        cause="general_development",
    ),
    situation(
        "what follows from an assignment by the hour is outside",
        "I3c N1",
        INCIDENT,
        "not_included hour_card handle",
        cause="hourly_assignment",
    ),
    situation(
        "what was delivered more than six months before is outside",
        "I3d N1",
        INCIDENT,
        "not_included hour_card handle",
        cause="quoted_assignment",
        delivered_on="2026-02-14",
    ),
    situation(
        "exactly six months after delivery is still inside",
        "I3d",
        INCIDENT,
        "included sla handle",
        cause="quoted_assignment",
        delivered_on="2026-02-15",
    ),
    situation(
        "six months after the last of August end on the last of February",
        "I3d",
        INCIDENT,
        "included sla handle",
        cause="quoted_assignment",
        delivered_on="2025-08-31",
        reported_on="2026-02-28",
    ),
    situation(
        "a quoted assignment is open until its delivery is known",
        "I3d I4",
        INCIDENT,
        "undetermined pending ask",
        "delivered_on",
        cause="quoted_assignment",
    ),
    situation(
        "an incident of unknown cause is held and the cause is asked for",
        "I4",
        INCIDENT,
        "undetermined pending ask",
        "cause fix_adopted delivered_on",
        cause=None,
    ),
    situation(
        "an incident outside is charged on actual hours",
        "I4 N1 Q5",
        INCIDENT,
        "not_included invoice handle",
        cause="third_party",
        hour_card="no",
    ),
    # incidents outside the SLA that are large
    situation(
        "a small incident outside is solved at once",
        "X1 N1",
        OUTSIDE,
        "not_included hour_card handle",
        "",
        expected_minutes=44,
        quote=None,
        estimate=None,
        acceptance=None,
    ),
    situation(
        "an incident outside of exactly 45 minutes gets an estimate first",
        "X1 M3",
        OUTSIDE,
        "not_included hour_card estimate",
        "",
        expected_minutes=45,
    ),
    situation("a large incident outside gets an estimate first", "X1 M3", OUTSIDE, "not_included hour_card estimate"),
    situation(
        "a large incident gets an estimate first without an SLA",
        "X1 S3",
        OUTSIDE,
        "not_included hour_card estimate",
        sla="no",
        cause="care",
    ),
    situation("a large incident inside is solved at once", "W2", OUTSIDE, "included sla handle", "", cause="care"),
    situation(
        "a large incident of unknown cause is held and its cause is asked for first",
        "I4",
        OUTSIDE,
        "undetermined pending ask",
        "cause fix_adopted delivered_on",
        cause=None,
    ),
    situation(
        "an incident outside of exactly four hours gets an estimate",
        "X1 Q3",
        OUTSIDE,
        "not_included hour_card estimate",
        expected_minutes=240,
    ),
    situation(
        "an incident outside of more than four hours gets a rough estimate",
        "Q3 O1",
        OUTSIDE,
        "not_included hour_card rough_estimate",
        expected_minutes=241,
    ),
    situation(
        "more than four hours with an estimate needs no rough one",
        "Q3 M3",
        OUTSIDE,
        "not_included hour_card await_approval",
        expected_minutes=300,
        estimate="given",
    ),
    situation(
        "a quote that was asked for on an incident outside does not stand yet",
        "X1 O1",
        OUTSIDE,
        "not_included hour_card estimate",
        quote="requested",
    ),
    situation(
        "how long an incident outside takes is asked for",
        "X1 M3",
        OUTSIDE,
        "not_included hour_card ask",
        "expected_minutes",
        expected_minutes=None,
    ),
    situation(
        "how long an incident outside takes decides whether there is an estimate",
        "X1 M3",
        OUTSIDE,
        "not_included hour_card ask",
        "expected_minutes quote estimate acceptance",
        expected_minutes=None,
        quote=None,
        estimate=None,
        acceptance=None,
    ),
    situation(
        "whether an estimate was given on a large incident outside is asked for",
        "M3",
        OUTSIDE,
        "not_included hour_card ask",
        "estimate",
        estimate=None,
    ),
    situation(
        "the customer agrees to the estimate of an incident outside first",
        "M3",
        OUTSIDE,
        "not_included hour_card await_approval",
        "",
        estimate="given",
        acceptance=None,
    ),
    situation(
        "an agreed estimate of an incident outside is carried out",
        "M3 M1",
        OUTSIDE,
        "not_included hour_card do_now",
        "",
        estimate="agreed",
    ),
    situation(
        "an agreed incident outside on acceptance waits for approval",
        "M2",
        OUTSIDE,
        "not_included hour_card await_approval",
        estimate="agreed",
        acceptance="on_acceptance",
    ),
    situation(
        "an agreed incident outside that was approved is delivered",
        "M2",
        OUTSIDE,
        "not_included hour_card deliver",
        estimate="agreed",
        acceptance="approved",
    ),
    situation(
        "an agreed incident outside that was delivered is done",
        "M2",
        OUTSIDE,
        "not_included hour_card none",
        estimate="agreed",
        acceptance="delivered",
    ),
    situation(
        "a rough estimate of an incident outside waits for interest",
        "O2",
        OUTSIDE,
        "not_included hour_card await_approval",
        "",
        quote="estimated",
        estimate=None,
        acceptance=None,
    ),
    situation(
        "serious interest in solving an incident outside gets a quote",
        "O2",
        OUTSIDE,
        "not_included hour_card make_quote",
        quote="interested",
    ),
    situation(
        "a quote for an incident outside waits for its answer",
        "O2",
        OUTSIDE,
        "not_included hour_card await_approval",
        quote="sent",
    ),
    situation(
        "an incident outside on an accepted quote stays on actual hours",
        "O2 I4",
        OUTSIDE,
        "not_included invoice handle",
        quote="accepted",
        quote_basis="fixed",
        hour_card="no",
    ),
    situation(
        "a quoted incident outside on acceptance waits for approval",
        "M2",
        OUTSIDE,
        "not_included hour_card await_approval",
        quote="accepted",
        acceptance="on_acceptance",
    ),
    situation(
        "a quoted incident outside that was approved is delivered",
        "M2",
        OUTSIDE,
        "not_included hour_card deliver",
        quote="accepted",
        acceptance="approved",
    ),
    situation(
        "a quoted incident outside that was delivered is done",
        "M2",
        OUTSIDE,
        "not_included hour_card none",
        quote="accepted",
        acceptance="delivered",
    ),
    situation(
        "a declined quote for an incident outside is judged",
        "O4",
        OUTSIDE,
        "not_included hour_card review",
        quote="declined",
    ),
    situation(
        "a small incident outside does not wait for a quote",
        "X1",
        OUTSIDE,
        "not_included hour_card handle",
        expected_minutes=30,
        quote="sent",
    ),
    situation(
        "work on a large incident outside gets an estimate first",
        "X1",
        OUTSIDE,
        "not_included hour_card estimate",
        activity="work",
    ),
    situation(
        "the intake of a large incident outside asks no step of its own",
        "W1",
        OUTSIDE,
        "included sla none",
        "",
        activity="intake",
    ),
    situation(
        "administration of a large incident outside asks no step of its own",
        "C1",
        OUTSIDE,
        "included sla none",
        "",
        activity="administration",
    ),
    situation(
        "alignment on a large incident outside is part of its handling",
        "M5 I4",
        OUTSIDE,
        "not_included hour_card none",
        "",
        activity="alignment",
    ),
    situation(
        "extra work on a large incident outside is charged",
        "W3",
        OUTSIDE,
        "not_included hour_card none",
        "",
        activity="extra_work",
    ),
    # included, and not
    situation(
        "administration is included whatever the ticket turns out to be",
        "C1",
        CUSTOMER,
        "included sla none",
        "",
        activity="administration",
    ),
    situation("administration is included on a change", "C1", CHANGE, "included sla none", activity="administration"),
    situation(
        "administration follows the ticket without an SLA",
        "C1 S3",
        CHANGE,
        "not_included hour_card none",
        activity="administration",
        sla="no",
    ),
    situation(
        "a short administrative question is included", "C2", CUSTOMER, "included sla handle", "", kind="admin_question"
    ),
    situation(
        "an administrative question is fair use without an SLA",
        "C2 S3",
        CUSTOMER,
        "not_included fair_use handle",
        kind="admin_question",
        sla="no",
    ),
    situation(
        "an administrative question without an SLA is judged beyond the allowance",
        "C2 K1",
        CUSTOMER,
        "not_included review review",
        kind="admin_question",
        sla="no",
        fair_use_left_minutes=0,
    ),
    situation(
        "an administrative question by telephone is included",
        "C2 N5",
        CUSTOMER,
        "included sla handle",
        kind="admin_question",
        channel="phone",
    ),
    situation(
        "an administrative question by telephone is phone support without an SLA",
        "N5 S3",
        CUSTOMER,
        "not_included hour_card handle",
        kind="admin_question",
        channel="phone",
        sla="no",
    ),
    situation("a change is not included", "N2", CHANGE, "not_included hour_card do_now"),
    situation("consultancy is not included", "N3", ADVICE, "not_included hour_card handle"),
    situation("training is not included", "N4", ADVICE, "not_included hour_card handle", kind="training"),
    situation(
        "training of more than four hours needs a quote",
        "N4 Q3",
        ADVICE,
        "not_included quote rough_estimate",
        kind="training",
        expected_minutes=480,
    ),
    situation(
        "a question by telephone is phone support", "N5", QUESTION, "not_included hour_card handle", channel="phone"
    ),
    situation(
        "a long question by telephone is phone support",
        "N5",
        QUESTION,
        "not_included hour_card handle",
        channel="phone",
        expected_minutes=60,
    ),
    situation(
        "an incident inside the scope by telephone is included",
        "N5 W2",
        INCIDENT,
        "included sla handle",
        channel="phone",
    ),
    situation(
        "an incident outside the scope by telephone is charged",
        "N5 N1",
        INCIDENT,
        "not_included hour_card handle",
        channel="phone",
        cause="third_party",
    ),
    # way of working
    situation(
        "the first intake of every ticket is included", "W1", CUSTOMER, "included sla none", "", activity="intake"
    ),
    situation(
        "the intake follows the ticket without an SLA",
        "W1 S3",
        CHANGE,
        "not_included hour_card none",
        activity="intake",
        sla="no",
    ),
    situation(
        "work on an incident inside the scope is included", "W2", INCIDENT, "included sla handle", activity="work"
    ),
    situation(
        "alignment on an incident is part of its handling", "W2", INCIDENT, "included sla none", activity="alignment"
    ),
    situation(
        "extra work is charged on an incident inside the scope",
        "W3",
        INCIDENT,
        "not_included hour_card none",
        activity="extra_work",
    ),
    situation(
        "extra work is charged on a ticket that nobody judged yet",
        "W3",
        CUSTOMER,
        "not_included invoice none",
        "",
        activity="extra_work",
        hour_card="no",
    ),
    situation(
        "further requests are charged beside a fixed price",
        "M4 W3",
        QUOTED,
        "not_included hour_card none",
        activity="extra_work",
        quote="accepted",
        quote_basis="fixed",
    ),
    situation("a ticket that nobody judged yet is held", "W1", CUSTOMER, "undetermined pending ask"),
    situation("a short question is free within fair use", "K1", QUESTION, "not_included fair_use handle", ""),
    situation(
        "exactly fifteen minutes is a short question",
        "K1",
        QUESTION,
        "not_included fair_use handle",
        expected_minutes=15,
    ),
    situation(
        "a question of more than fifteen minutes is consultancy",
        "K1 N3",
        QUESTION,
        "not_included hour_card handle",
        expected_minutes=16,
        quote="none",
    ),
    situation(
        "a short question is free for customers without an SLA too",
        "K1",
        QUESTION,
        "not_included fair_use handle",
        sla="no",
    ),
    situation(
        "a short question is judged beyond the allowance",
        "K1",
        QUESTION,
        "not_included review review",
        fair_use_left_minutes=0,
    ),
    situation("a small clear change is done now", "M1", CHANGE, "not_included hour_card do_now", expected_minutes=44),
    situation("an unclear small change is aligned first", "M1", CHANGE, "not_included hour_card ask", clear="no"),
    situation(
        "exactly 45 minutes gets an estimate", "M1 M3", CHANGE, "not_included hour_card estimate", expected_minutes=45
    ),
    situation(
        "more than 45 minutes gets an estimate", "M3", CHANGE, "not_included hour_card estimate", expected_minutes=46
    ),
    situation(
        "a given estimate waits for the customer",
        "M3",
        CHANGE,
        "not_included hour_card await_approval",
        expected_minutes=45,
        estimate="given",
    ),
    situation(
        "an agreed estimate is carried out",
        "M3",
        CHANGE,
        "not_included hour_card do_now",
        expected_minutes=90,
        estimate="agreed",
    ),
    situation(
        "expected work that is unknown is asked for",
        "M1 M3",
        CHANGE,
        "not_included pending ask",
        "expected_minutes",
        expected_minutes=None,
    ),
    situation(
        "a change on acceptance waits for approval",
        "M1 M2",
        CHANGE,
        "not_included hour_card await_approval",
        acceptance="on_acceptance",
    ),
    situation(
        "an approved change is delivered to production",
        "M2",
        CHANGE,
        "not_included hour_card deliver",
        acceptance="approved",
    ),
    situation(
        "a delivered change asks nothing more", "M2", CHANGE, "not_included hour_card none", acceptance="delivered"
    ),
    situation("alignment beforehand is fair use", "M5", CHANGE, "not_included fair_use none", activity="alignment"),
    situation(
        "alignment beforehand is judged beyond the allowance",
        "M5 K1",
        CHANGE,
        "not_included review none",
        activity="alignment",
        fair_use_left_minutes=-5,
    ),
    situation(
        "advice of more than 45 minutes gets an estimate",
        "M3 N3",
        ADVICE,
        "not_included hour_card estimate",
        expected_minutes=60,
    ),
    situation(
        "advice waits for its estimate",
        "M3 N3",
        ADVICE,
        "not_included hour_card await_approval",
        expected_minutes=60,
        estimate="given",
    ),
    situation(
        "advice is given after its estimate",
        "M3 N3",
        ADVICE,
        "not_included hour_card handle",
        expected_minutes=60,
        estimate="agreed",
    ),
    situation(
        "a quote starts with a rough estimate",
        "O1",
        QUOTED,
        "not_included quote rough_estimate",
        kind="quote_request",
        quote="requested",
    ),
    situation(
        "a rough estimate waits for interest", "O1 O2", QUOTED, "not_included quote await_approval", quote="estimated"
    ),
    situation("serious interest leads to a quote", "O2", QUOTED, "not_included quote make_quote", quote="interested"),
    situation(
        "a quote that was sent waits for the customer", "O2", QUOTED, "not_included quote await_approval", quote="sent"
    ),
    situation(
        "alignment for a quote is part of its price",
        "O3",
        QUOTED,
        "not_included quote none",
        activity="alignment",
        quote="accepted",
    ),
    situation(
        "alignment for a declined quote is judged",
        "O4",
        QUOTED,
        "not_included review none",
        activity="alignment",
        quote="declined",
    ),
    situation("time on a declined quote is judged", "O4", QUOTED, "not_included review review", quote="declined"),
    situation(
        "quoted work on acceptance waits for approval",
        "M2",
        QUOTED,
        "not_included quote await_approval",
        quote="accepted",
        quote_basis="fixed",
        acceptance="on_acceptance",
    ),
    situation(
        "approved quoted work is delivered",
        "M2",
        QUOTED,
        "not_included quote deliver",
        quote="accepted",
        quote_basis="fixed",
        acceptance="approved",
    ),
    situation(
        "delivered quoted work asks nothing more",
        "M2",
        QUOTED,
        "not_included quote none",
        quote="accepted",
        quote_basis="fixed",
        acceptance="delivered",
    ),
    situation("anything else is judged by a person", "X1", OTHER, "not_included review review", ""),
    situation(
        "anything else of 45 minutes gets an estimate first",
        "X1",
        OTHER,
        "not_included review estimate",
        expected_minutes=45,
    ),
    situation(
        "anything else waits for its estimate",
        "X1",
        OTHER,
        "not_included review await_approval",
        expected_minutes=60,
        estimate="given",
    ),
    situation(
        "anything else is judged after its estimate",
        "X1",
        OTHER,
        "not_included review review",
        expected_minutes=60,
        estimate="agreed",
    ),
    # unknown facts
    situation(
        "whether there is a card decides between card and invoice",
        "Q5",
        CHANGE,
        "not_included pending do_now",
        "hour_card",
        hour_card=None,
    ),
    situation(
        "whether there is an SLA decides an incident caused by CARE",
        "S3 I4",
        INCIDENT,
        "undetermined pending ask",
        "sla",
        sla=None,
    ),
    situation(
        "a third party is outside whether or not there is an SLA",
        "I3a S3",
        INCIDENT,
        "not_included hour_card handle",
        "",
        cause="third_party",
        sla=None,
        service=None,
        worked_before=None,
    ),
    situation(
        "whether there is a quote decides a small change",
        "Q1 Q5",
        CHANGE,
        "not_included pending ask",
        "quote quote_basis",
        quote=None,
    ),
    situation(
        "who pays for an administrative question depends on the SLA",
        "C2 S3",
        CUSTOMER,
        "undetermined pending handle",
        "sla",
        kind="admin_question",
        sla=None,
    ),
)
