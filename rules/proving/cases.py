"""Cases: situations with the answer that they must get, kept in YAML beside the rules.

    cases:
      - {name: a cause at a third party is outside, clauses: [I3a], facts: {…}, expect: not_included hour_card handle}

Terms
    written     a case that a person made, naming the clause that it is an example of
    generated   a neighbour of another case: one fact changed, where the rules answer by another way
    approved    somebody has looked at the answer and found it right; a case that nobody approved fails

Promise: cases are read with the place of every mistake. Generating only adds: what stands in a file stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.deciding.rule_book import RuleBook
from rules.model.errors import Problem, RulesError, nearest
from rules.model.facts import parse_facts
from rules.proving.representative_values import representative_values
from rules.reading.positioned_yaml import ListNode, MapNode, Node, TextNode, read_yaml
from rules.reading.reader import Reader

PARTS = ("scope", "route", "next_step")


@dataclass(frozen=True, slots=True)
class Case:
    """Facts as they were read, and what must be said of them: scope, route and next step."""

    name: str
    facts: Mapping[str, Any]
    expect: tuple[str, str, str]
    clauses: tuple[str, ...] = ()
    approved: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A case that got another answer, or that nobody approved."""

    case: Case
    got: tuple[str, str, str]

    def lines(self) -> list[str]:
        """What was expected and what came, as a diff."""
        lines = [f"{self.case.name} (line {self.case.line})"]
        if not self.case.approved:
            return [*lines, f"  ? nobody has approved {' · '.join(self.case.expect)}"]
        for part, wanted, came in zip(PARTS, self.case.expect, self.got, strict=True):
            if wanted != came:
                lines += [f"  - {part}: {wanted}", f"  + {part}: {came}"]
        return lines


def read_cases(text: str, source: str, book: RuleBook) -> list[Case]:
    """Read a file of cases. Raises :class:`RulesError` with every mistake and its place."""
    root = read_yaml(text, source)
    reader = Reader(source)
    cases: list[Case] = []
    names: set[str] = set()

    def read_case(node: Node) -> None:
        table = reader.fields(
            node, "a case", ("name", "clauses", "facts", "expect", "approved"), ("name", "facts", "expect")
        )
        case = _case(reader, table, book, source)
        if case.name in names:
            reader.problem(table.at("name"), f"two cases are called {case.name!r}")
        names.add(case.name)
        cases.append(case)

    fields = reader.fields(root, "a file of cases", ("cases",), ("cases",))
    reader.each(reader.items(fields.at("cases"), "'cases'"), read_case)
    if reader.problems:
        raise RulesError(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
    return cases


def _case(reader: Reader, table: MapNode, book: RuleBook, source: str) -> Case:
    given = reader.table(table.at("facts"), "'facts'")
    raw: dict[str, Any] = {
        name: [str(item) for item in value] if isinstance(value, ListNode) else value for name, value in given.items()
    }
    try:
        facts = parse_facts(raw, book.facts, source)
    except RulesError as error:
        for problem in error.problems:
            reader.problems.append(
                Problem(
                    problem.message,
                    source,
                    problem.line or given.line,
                    problem.column or given.column,
                    problem.suggestion,
                )
            )
        facts = {}
    expect = reader.text(table.at("expect"), "'expect'")
    words = tuple(expect.split())
    if len(words) != len(PARTS):
        raise reader.refuse(expect, "'expect' names scope, route and next step, as in: included sla handle")
    for part, word in zip(PARTS, words, strict=True):
        decision = book.definition.decisions[part]
        known = (*decision.outcomes, decision.undetermined)
        if word not in known:
            reader.problem(expect, f"{word!r} is not an outcome of {part}", nearest(word, known))
    clauses: tuple[str, ...] = ()
    if "clauses" in table:
        written = reader.words(table.at("clauses"), "a clause")
        for clause in written:
            if clause not in book.clauses:
                reader.problem(clause, f"{str(clause)!r} is not a clause", nearest(str(clause), book.clauses))
        clauses = tuple(map(str, written))
    approved = table.find("approved")
    name = reader.text(table.at("name"), "'name'")
    return Case(
        str(name),
        facts,
        (words[0], words[1], words[2]),
        clauses,
        not (isinstance(approved, TextNode) and approved.casefold() == "no"),
        name.line,
    )


def answer(book: RuleBook, facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """What the rules say of facts that were read."""
    outcomes = book.outcomes_of_read(facts)
    return (outcomes.scope, outcomes.route, outcomes.next_step)


def run_cases(book: RuleBook, cases: Iterable[Case]) -> Iterator[CaseFailure]:
    """The cases that fail."""
    for case in cases:
        got = answer(book, case.facts)
        if got != case.expect or not case.approved:
            yield CaseFailure(case, got)


def neighbouring_cases(book: RuleBook, cases: Sequence[Case]) -> list[Case]:
    """Neighbours of ``cases``: one fact changed or unknown, for each way in which the rules come to an answer.

    They are not approved yet. Ways that a case shows already are not shown again.
    """
    shown = {_way(book, case.facts) for case in cases}
    names = {case.name for case in cases}
    generated: list[Case] = []
    for case in cases:
        for facts, name, value in _neighbours(book, case.facts):
            way = _way(book, facts)
            title = f"{case.name}; {name} {'unknown' if value is None else _said(value)}"
            if way in shown or title in names:
                continue
            shown.add(way)
            names.add(title)
            generated.append(Case(title, facts, answer(book, facts), approved=False))
    return generated


def _neighbours(book: RuleBook, facts: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for name, fact in book.facts.items():
        if fact.type.is_derived:
            continue
        for value in (*representative_values(book, fact, facts), None):
            if value != facts.get(name):
                changed = {key: given for key, given in facts.items() if key != name}
                yield ({**changed, name: value} if value is not None else changed), name, value


def _way(book: RuleBook, facts: Mapping[str, Any]) -> tuple[object, ...]:
    """How the rules come to an answer."""
    decision = book.decide(facts)
    return (decision.scope, decision.route, decision.next_step, decision.rules)


def as_yaml(cases: Iterable[Case]) -> str:
    """Cases as lines of the file."""
    return "".join(
        f"  - {{name: {_quoted(case.name)}, "
        + (f"clauses: [{', '.join(case.clauses)}], " if case.clauses else "")
        + f"facts: {{{', '.join(f'{name}: {_written(value)}' for name, value in case.facts.items())}}}, "
        + f"expect: {' '.join(case.expect)}{'' if case.approved else ', approved: no'}}}\n"
        for case in cases
    )


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (set, frozenset)):
        return f"[{', '.join(_quoted(text) for text in sorted(value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _said(value: Any) -> str:
    return _written(value).replace('"', "")


def _quoted(text: str) -> str:
    return text if text.replace("_", "").isalnum() else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
