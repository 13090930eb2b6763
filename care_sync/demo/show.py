"""Showing what a pass decided, posted and wrote: tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from care_sync.demo.layout import rows, told
from care_sync.demo.outcome import WITHOUT_CUSTOMER, Amount, Outcome
from care_sync.demo.workplace import Calls, Written
from care_sync.messages.formats import whole_minutes
from care_sync.model.duration import rounded_clock
from care_sync.model.time_entry import LinkState
from care_sync.pipeline.run import PassReport
from care_sync.terminal import print_table, say
from rules.deciding.rule_book import RuleBook
from rules.model.words import NextStep, Route, Scope

LOW_SECONDS = 5 * 3600
ACCOUNTS = {
    "sla": "inside the SLA",
    "card": "hour cards",
    "invoice": "invoice of October",
    "quote": "quotes",
    "fair_use": "fair use",
    "pending": "held: cause unknown",
    "review": "waits for review",
    "waived": "not charged",
}
LINKS = {
    LinkState.LINKED.value: "linked to a ticket of the same customer",
    WITHOUT_CUSTOMER: "linked to a ticket of nobody's",
    LinkState.UNLINKED.value: "points at no ticket",
    LinkState.UNKNOWN_TICKET.value: "points at a ticket that is not there",
    LinkState.OTHER_CUSTOMER.value: "points at another customer's ticket",
    LinkState.COPY.value: "copy of an entry of another tracker",
    LinkState.IGNORED.value: "never counted: breaks, leave, internal",
}
CLAUSES_A_LINE = 12


def show_pass(report: PassReport, outcome: Outcome, calls: Calls, written: Written) -> None:
    """What a first pass read, decided, posted and wrote."""
    count = report.counts
    told(
        "read",
        f"{count['tickets_changed']} tickets, {outcome.living} time entries, {outcome.deleted} that were deleted",
    )
    told("decided", f"{count['decisions']} decisions: on each ticket, and on each kind of work on it")
    told("posted", f"{count['transactions']} ledger transactions")
    told(
        "written",
        f"{written.updates} updates of {written.tickets} tickets: tags, fields, {written.notes} notes to colleagues, "
        f"{written.replies} replies to customers",
    )
    told("left alone", f"{count['tickets_closed']} tickets that are closed or deleted and take no update any more")
    show_calls(calls)


def show_calls(calls: Calls) -> None:
    """API calls, as the products counted them."""
    told(
        "API calls",
        f"Zendesk: {calls.zendesk_reads} read, {calls.zendesk_writes} write · "
        f"Toggl: {calls.toggl_reads} read, {calls.toggl_writes} write",
    )


def show_outcome(outcome: Outcome, rules: RuleBook) -> None:
    """All that stands."""
    _show_tickets(outcome)
    _show_time(outcome)
    _show_cards(outcome)
    _show_questions(outcome, rules)
    _show_clauses(outcome, rules)


def _show_tickets(outcome: Outcome) -> None:
    lines: list[Sequence[object]] = []
    for route in Route:
        counts = [outcome.tickets[route, scope] for scope in Scope]
        if any(counts):
            lines.append((route, *(number or "" for number in counts), sum(counts)))
    totals = [sum(outcome.tickets[route, scope] for route in Route) for scope in Scope]
    lines.append(("all tickets", *totals, sum(totals)))
    columns = ("route", *Scope, "tickets")
    print_table("\nTickets by route and scope", columns, lines, right=columns[1:])
    steps = [f"{step} {outcome.next_steps[step]}" for step in NextStep if outcome.next_steps[step]]
    say("")
    told("next steps", " · ".join(steps))


def _show_time(outcome: Outcome) -> None:
    by_account = {ACCOUNTS[kind]: amount for kind, amount in outcome.time.items()}
    split = _show_amounts("\nMinutes by account", "account", by_account, "all time that counts")
    if split:
        say(f"{split} entries stand on two accounts: where a card ended, or the month's fair use.")
    links = {LINKS[state]: amount for state, amount in outcome.links.items() if amount.entries}
    _show_amounts("\nTime entries", "link", links, "all entries")
    if outcome.running:
        say(f"{outcome.running} timer runs still; it counts nothing until it stops.")
    linked = outcome.links[LinkState.LINKED.value].seconds
    same = "the same, to the second" if linked == outcome.standing_seconds else "THEY DIFFER"
    say(f"Linked {linked:,} seconds, on accounts {outcome.standing_seconds:,} seconds: {same}.")


def _show_amounts(title: str, what: str, amounts: Mapping[str, Amount], total: str) -> int:
    """Print amounts with their total; gives how many entries are part of two of them."""
    minutes = whole_minutes([amount.seconds for amount in amounts.values()])
    lines: list[Sequence[object]] = [
        (name, len(amount.entries), number, rounded_clock(number * 60))
        for (name, amount), number in zip(amounts.items(), minutes, strict=True)
    ]
    entries = set[str]().union(*(amount.entries for amount in amounts.values()))
    lines.append((total, len(entries), sum(minutes), rounded_clock(sum(minutes) * 60)))
    columns = (what, "entries", "minutes", "hours")
    print_table(title, columns, lines, right=columns[1:])
    return sum(len(amount.entries) for amount in amounts.values()) - len(entries)


def _show_cards(outcome: Outcome) -> None:
    lines = [
        (
            card.state.card.card_id,
            card.customer,
            card.state.card.bought_on,
            rounded_clock(card.state.card.seconds),
            rounded_clock(card.state.left + card.drawn),
            rounded_clock(card.drawn),
            rounded_clock(card.state.left),
            _remark(card.state.left),
        )
        for card in outcome.cards
    ]
    columns = ("card", "customer", "bought", "hours", "before", "October", "left", "")
    print_table("\nHour cards", columns, lines, right=("card", "hours", "before", "October", "left"))


def _remark(left: int) -> str:
    return "used up" if left == 0 else "runs low" if left <= LOW_SECONDS else ""


def _show_questions(outcome: Outcome, rules: RuleBook) -> None:
    say("")
    say(f"Questions that wait for an answer, on {sum(outcome.asked.values())} tickets")
    for fact, number in outcome.asked.most_common():
        told(f"{number:>5}", f"{fact}: {rules.question(fact, 'en')}")
    say("")
    say("Needs attention")
    for item in outcome.attention:
        told(item.subject.split(":")[0], item.message)


def _show_clauses(outcome: Outcome, rules: RuleBook) -> None:
    decidable = [name for name, clause in rules.clauses.items() if not clause.kept_by_ledger]
    cited = [name for name in decidable if outcome.clauses[name]]
    say("")
    say(f"Clauses that decided, with the number of their tickets: {len(cited)} of {len(decidable)}")
    words = [f"{f'{name} {outcome.clauses[name]}':9}" for name in cited]
    lines = ["".join(words[start : start + CLAUSES_A_LINE]) for start in range(0, len(words), CLAUSES_A_LINE)]
    rows("", lines)
