"""A rules file as small as one can be, for tests that change a line of it."""

from __future__ import annotations

SMALL = """\
policy: {nl: "Proef", en: "Trial"}
effective_from: 2026-01-01
parameters:
  long: {value: 45 minutes, clauses: [A1]}
clauses:
  A1: {nl: "Lang werk", en: "Long work"}
  A2: {kept_by: ledger, nl: "Kaart", en: "Card"}
facts:
  kind:
    type: choice
    values: [incident, change, other]
    ask: {nl: "Soort?", en: "Kind?"}
  sla:
    type: yes or no
    ask: {nl: "SLA?", en: "SLA?"}
  minutes:
    type: number
    unit: minutes
    whole: yes
    minimum: 0
    ask: {nl: "Minuten?", en: "Minutes?"}
decisions:
  scope:
    title: {nl: "Bereik", en: "Scope"}
    outcomes: [included, not_included]
    shown: yes
    named: yes
    rules:
      - id: inside
        clauses: [A1]
        basis: text
        when: {sla: yes}
        then: included
        reason: {nl: "Met SLA.", en: "With an SLA."}
        unless:
          - id: too-long
            clauses: [A1]
            basis: text
            when: {minutes: more than long}
            then: not_included
            reason: {nl: "Meer dan {long}.", en: "More than {long}."}
      - id: outside
        clauses: [A1]
        basis: text
        when: {sla: no}
        then: not_included
        reason: {nl: "Zonder SLA.", en: "Without an SLA."}
  route:
    title: {nl: "Route", en: "Route"}
    outcomes: [sla, invoice, pending]
    undetermined: pending
    shown: yes
    rules:
      - id: free
        clauses: [A1]
        basis: text
        when: {scope: included}
        then: sla
        reason: {nl: "Gratis.", en: "Free."}
      - id: charged
        clauses: [A1]
        basis: text
        when: {scope: not_included}
        then: invoice
        reason: {nl: "Op de factuur.", en: "On the invoice."}
      - id: held
        clauses: [A1]
        basis: text
        when: {scope: undetermined}
        then: pending
        reason: {nl: "Vastgehouden.", en: "Held."}
  next_step:
    title: {nl: "Stap", en: "Step"}
    outcomes: [handle, ask]
    undetermined: ask
    shown: yes
    rules:
      - id: go
        clauses: [A1]
        basis: text
        when: {kind: [incident, change]}
        then: handle
        reason: {nl: "Doen.", en: "Do it."}
      - id: wonder
        clauses: [A1]
        basis: decision
        ask_owner: "Wat dan?"
        when: {kind: other}
        then: ask
        reason: {nl: "Vragen.", en: "Ask."}
"""


def changed(old: str, new: str, count: int = 1) -> str:
    """The small file with one thing written otherwise."""
    assert old in SMALL, old
    return SMALL.replace(old, new, count)


FACTS_OF_CARE_SYNC = """\
  channel:
    type: choice
    values: [email, web, phone, chat, api, other]
    ask: {nl: "Kanaal?", en: "Channel?"}
  reported_on: {type: date, ask: {nl: "Gemeld?", en: "Reported?"}}
  expected_minutes: {type: number, unit: minutes, ask: {nl: "Verwacht?", en: "Expected?"}}
  estimate: {type: choice, values: [none, agreed], ask: {nl: "Schatting?", en: "Estimate?"}}
  covered_services: {type: set of texts, absent: [website], ask: {nl: "Diensten?", en: "Services?"}}
  hour_card: {type: yes or no, ask: {nl: "Kaart?", en: "Card?"}}
  activity:
    type: choice
    values: [work, intake, administration, alignment, extra_work]
    absent: whole_ticket
    ask: {nl: "Werk?", en: "Work?"}
  fair_use_left_minutes: {type: number, unit: minutes, ask: {nl: "Over?", en: "Left?"}}
"""


def for_care_sync(text: str) -> str:
    """The small file with everything that CareSync expects of a rules file, for whoever reads it as CareSync does."""
    told = '  I4: {kept_by: ledger, nl: "De klant hoort het.", en: "The customer is told."}\n'
    return text.replace("facts:\n", f"{told}facts:\n", 1).replace(
        "decisions:\n", f"{FACTS_OF_CARE_SYNC}decisions:\n", 1
    )
